/* SPDX-License-Identifier: Apache-2.0 */
/* A storefront's request on its way to the daemon, and the answer on its way back. */
#include <string.h>

#include "tests/sim/consumer.h"
#include "tests/sim/daemon.h"
#include "tests/sim/shop.h"
#include "tests/sim/wire.h"

#define PATIENCE_US (30 * SIM_SECOND_US)

struct asking {
    struct fq_operation operation;
    struct sim_ask *ask;
    struct sim_line *line; /* a Subscribe's */
};

struct sim_ask *sim_ask_new(struct sim *sim, uint32_t kind,
                            void (*then)(struct sim *sim, struct sim_ask *ask))
{
    struct sim_ask *ask = sim_alloc(sim, sizeof(*ask));
    ask->sim = sim;
    ask->kind = kind;
    ask->then = then;
    ask->code = -1;
    ask->reason = "";
    return ask;
}

static void ask_tell(struct sim *sim, void *what, int64_t is_answer)
{
    struct sim_ask *ask = what;
    if (ask->is_told)
        return;
    ask->is_told = true;
    if (!is_answer)
        ask->code = -1;
    ask->then(sim, ask);
}

static const char *ask_name(uint32_t kind)
{
    static const char *const names[] = {
        [FQ_OP_QUOTE_PLANS] = "quote",      [FQ_OP_CREATE_PAYMENT] = "create",
        [FQ_OP_GET_PAYMENT] = "get",        [FQ_OP_CLOSE_PAYMENT] = "close",
        [FQ_OP_CREATE_REFUND] = "refund",   [FQ_OP_GET_REFUND] = "get refund",
        [FQ_OP_LIST_EVENTS] = "events",     [FQ_OP_SUBSCRIBE] = "subscribe",
        [FQ_OP_ACK_EVENTS] = "acknowledge",
    };
    return kind < fq_array_size(names) && names[kind] != NULL ? names[kind] : "?";
}

static void ask_take_offer(struct sim *sim, struct sim_ask *ask,
                           const struct fq_channel_offer *offer)
{
    size_t channel = fq_str_equal(offer->channel, fq_lit("bankcard")) ? SIM_BANKCARD : SIM_HUABEI;
    for (size_t i = 0; i < offer->n_plans; i++) {
        struct fq_str quote = offer->plans[i].signed_quote;
        if (offer->plans[i].quote.instalments == ask->order->instalments)
            ask->quotes[channel] =
                (struct fq_str){ sim_copy(sim, quote.ptr, quote.len), quote.len };
    }
}

/* What the shop keeps of it, however late or never it arrives. */
static void ask_take(struct sim *sim, struct sim_ask *ask, const struct fq_operation *operation)
{
    ask->code = operation->status.code;
    ask->reason = operation->status.reason != NULL ? operation->status.reason : "";
    ask->retry_after_ms = operation->status.retry_after_ms;
    if (ask->code == 0 && operation->payment.ledger != NULL)
        ask->state = operation->payment.ledger->payment.state;
    if (ask->code == 0 && operation->refund.refund != NULL)
        ask->state = operation->refund.refund->state;
    for (size_t i = 0; i < operation->n_offers; i++)
        ask_take_offer(sim, ask, &operation->offers[i]);
}

static void ask_finish(struct fq_operation *operation)
{
    const struct asking *asking = fq_container_of(operation, struct asking, operation);
    struct sim_ask *ask = asking->ask;
    struct sim *sim = ask->sim;
    if (sim_daemon_is_doomed())
        return;
    if (sim_hit(sim, SIM_CRASH_BEFORE_REPLY)) {
        sim_daemon_doom(sim, "before a reply left");
        return;
    }
    sim->totals->n_answers++;
    ask_take(sim, ask, operation);
    sim_say(sim, ask_name(ask->kind), ask->reason, (int64_t)(ask->code * 10 + ask->state));
    sim_claim_answer(sim, ask, operation);
    const char *wrong = sim_wire_reply(operation, sim_now_ms(sim));
    if (wrong != NULL)
        sim_violate(sim, "the-wire-says-the-same", "%s: %s", ask_name(ask->kind), wrong);
    if (!sim_hit(sim, SIM_SHOP_REPLY_LOST))
        sim_after(sim, sim_moment_us(sim), ask_tell, ask, 1);
    if (asking->line != NULL)
        sim_line_open(asking->line);
    fq_arena_free(operation->arena);
}

static struct fq_line *ask_keep_line(struct fq_operation *operation)
{
    struct asking *asking = fq_container_of(operation, struct asking, operation);
    return sim_line_keep(asking->ask->subscription, asking->ask->sim, &asking->line);
}

/* ---- the request ---- */

static struct fq_str ask_text(struct fq_arena *arena, const char *text)
{
    return fq_arena_copy(arena, fq_str_of(text));
}

static void ask_fill_create(const struct sim_ask *ask, struct fq_operation *operation)
{
    const struct sim_intent *intent = ask->intent;
    struct fq_arena *arena = operation->arena;
    operation->create_payment = (struct fq_create_payment){
        .idempotency_key = ask_text(arena, intent->key),
        .merchant_order_id = ask_text(arena, ask->order->id),
        .quote = fq_arena_copy(arena, intent->quote),
        .amount = { ask->order->amount_minor, "CNY", 2 },
        .currency = fq_lit("CNY"),
        .subject = ask_text(arena, ask->is_other ? "Something else" : ask->order->subject),
        .terminal = intent->terminal,
        .return_url = fq_lit("https://shop.example/done"),
        .buyer_ip = fq_lit("192.0.2.7"),
        .buyer_user_agent = fq_lit("simulated"),
        .expires_in_ms = intent->expires_in_ms,
        .allow_parallel = intent->allows_parallel,
        .disclosure_shown_ms = intent->shown_ms,
        .disclosure_seconds = 20,
        .disclosure_confirmed = true,
        .has_payer = intent->names_payer,
    };
    if (intent->names_payer)
        operation->create_payment.payer =
            (struct fq_payer){ fq_lit(SIM_PAYER_NAME), FQ_DOCUMENT_IDENTITY_CARD,
                               fq_lit(SIM_PAYER_DOCUMENT), fq_lit(SIM_PAYER_PHONE) };
}

static void ask_fill_get(const struct sim_ask *ask, struct fq_operation *operation)
{
    struct sim *sim = ask->sim;
    struct fq_get_payment *get = &operation->get_payment;
    uint64_t drawn = sim_draw(sim) % 8;
    if (ask->intent->payment_id != NULL && drawn > 1)
        get->payment_id = ask_text(operation->arena, ask->intent->payment_id);
    else if (drawn == 0 && ask->order->n_intents == 1)
        get->merchant_order_id = ask_text(operation->arena, ask->order->id);
    else
        get->idempotency_key = ask_text(operation->arena, ask->intent->key);
    get->refresh = drawn == 3;
    if (drawn == 4)
        get->wait_ms = sim_between(sim, 1000, 25000);
}

static void ask_fill(const struct sim_ask *ask, struct fq_operation *operation)
{
    struct fq_arena *arena = operation->arena;
    switch ((enum fq_operation_kind)ask->kind) {
    case FQ_OP_QUOTE_PLANS:
        operation->quote_plans = (struct fq_quote_plans){
            .amount = { ask->order->amount_minor, "CNY", 2 },
            .currency = fq_lit("CNY"),
            .terminal = FQ_TERMINAL_DESKTOP,
        };
        return;
    case FQ_OP_CREATE_PAYMENT:
        ask_fill_create(ask, operation);
        return;
    case FQ_OP_GET_PAYMENT:
        ask_fill_get(ask, operation);
        return;
    case FQ_OP_CLOSE_PAYMENT:
        operation->close_payment.payment_id = ask_text(arena, ask->intent->payment_id);
        return;
    case FQ_OP_CREATE_REFUND:
        operation->create_refund = (struct fq_create_refund){
            .idempotency_key = ask_text(arena, ask->refund->key),
            .payment_id = ask_text(arena, ask->intent->payment_id),
            .amount = { ask->refund->amount_minor, "CNY", 2 },
            .currency = fq_lit("CNY"),
            .reason = fq_lit("returned"),
        };
        return;
    case FQ_OP_GET_REFUND:
        operation->get_refund.refund_id = ask_text(arena, ask->refund->refund_id);
        operation->get_refund.refresh = sim_draw(ask->sim) % 3 == 0;
        return;
    case FQ_OP_LIST_EVENTS:
        operation->list_events.cursor = ask->reader->cursor;
        operation->list_events.n_max = (uint32_t)sim_between(ask->sim, 1, 20);
        return;
    case FQ_OP_SUBSCRIBE:
        operation->subscribe =
            (struct fq_subscribe){ .group =
                                       ask_text(arena, ask->subscription->consumer->group->name),
                                   .has_cursor = ask->is_seeking,
                                   .cursor = ask->cursor,
                                   .credit = ask->subscription->credit };
        return;
    case FQ_OP_ACK_EVENTS:
        operation->ack_events =
            (struct fq_ack_events){ ask_text(arena, ask->subscription->consumer->group->name),
                                    ask->cursor };
        return;
    case FQ_OP_UNSET:
    case FQ_OP_GET_KEYS:
    case FQ_OP_GET_INFO:
    case FQ_OP_LIST_CHANNELS:
        return;
    }
}

static size_t ask_merchant(const struct sim_ask *ask)
{
    if (ask->subscription != NULL)
        return ask->subscription->consumer->group->merchant;
    return ask->order != NULL ? ask->order->merchant : ask->reader->merchant;
}

void sim_ask_send(struct sim *sim, struct sim_ask *ask)
{
    bool is_up = sim->daemon != NULL && !sim_daemon_is_doomed() && !sim->daemon->is_stopping;
    ask->asked_us = sim->now_us;
    sim_after(sim, is_up ? PATIENCE_US : SIM_SECOND_US, ask_tell, ask, 0);
    if (!is_up)
        return;
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct asking *asking = fq_arena_alloc(arena, sizeof(*asking));
    asking->ask = ask;
    asking->operation = (struct fq_operation){ .arena = arena,
                                               .merchant = sim_merchant(ask_merchant(ask)),
                                               .finish = ask_finish };
    if (ask->subscription != NULL) {
        asking->operation.connection = ask->subscription->connection;
        asking->operation.keep_line = ask_keep_line;
    }
    struct fq_operation wish = { .arena = arena, .kind = ask->kind };
    ask_fill(ask, &wish);
    if (!sim_wire_request(&wish, &asking->operation)) {
        sim_violate(sim, "the-wire-says-the-same", "a request to %s was refused",
                    ask_name(ask->kind));
        fq_arena_free(arena);
        return;
    }
    fq_flow_operation(sim->daemon->flow, &asking->operation);
}
