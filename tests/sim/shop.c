/* SPDX-License-Identifier: Apache-2.0 */
/* Storefronts: they quote, create, repeat, race, poll, close, refund, and vanish. */
#include "tests/sim/shop.h"

#include <stdio.h>
#include <string.h>

#define TRIES_MAX 8
#define POLLS_MAX 4

static void shop_create(struct sim *sim, struct sim_intent *intent);
static void shop_try_create(struct sim *sim, void *what, int64_t argument);
static void shop_poll(struct sim *sim, void *what, int64_t argument);

static struct sim_ask *shop_ask(struct sim *sim, uint32_t kind, struct sim_intent *intent,
                                void (*then)(struct sim *sim, struct sim_ask *ask))
{
    struct sim_ask *ask = sim_ask_new(sim, kind, then);
    ask->order = intent->order;
    ask->intent = intent;
    return ask;
}

/* Worth another try: nobody answered, or something of theirs failed for now. */
static bool shop_is_unclear(const struct sim_ask *ask)
{
    return ask->code == -1 || ask->code == FQ_CODE_UNAVAILABLE || ask->code == FQ_CODE_INTERNAL ||
           ask->code == FQ_CODE_DEADLINE_EXCEEDED;
}

/* Before another try. */
static int64_t shop_pause_us(struct sim *sim)
{
    return sim_between(sim, SIM_SECOND_US / 2, 2 * SIM_MINUTE_US);
}

/* Whether it has been paid: more and more seldom, and for the last time when all should be over. */
static int64_t shop_looks_again_us(struct sim *sim, const struct sim_intent *intent)
{
    if (intent->n_polls + 1 == POLLS_MAX)
        return sim_between(sim, SIM_MINUTE_US, 7200 * SIM_SECOND_US);
    return sim_people_us(sim, SIM_SECOND_US / 2, 2 * SIM_MINUTE_US) * (1 + intent->n_polls);
}

/* ---- quote ---- */

static void shop_quote(struct sim *sim, void *what, int64_t argument);

/* The buyer stays with his first choice, mostly. */
static size_t shop_choose(struct sim *sim, const struct sim_order *order)
{
    size_t other = order->channel == SIM_HUABEI ? SIM_BANKCARD : SIM_HUABEI;
    return order->n_intents > 0 && sim_hit(sim, SIM_SHOP_OTHER_CHANNEL) ? other : order->channel;
}

static struct sim_intent *shop_add_intent(struct sim *sim, struct sim_order *order,
                                          const struct sim_ask *quoted)
{
    static const uint32_t terminals[] = { FQ_TERMINAL_DESKTOP, FQ_TERMINAL_MOBILE_WEB,
                                          FQ_TERMINAL_DESKTOP, FQ_TERMINAL_APP, FQ_TERMINAL_QR };
    size_t channel = shop_choose(sim, order);
    struct sim_intent *intent = &order->intents[order->n_intents++];
    intent->order = order;
    intent->n = order->n_intents;
    (void)snprintf(intent->key, sizeof(intent->key), "key-%s-%zu", order->id, order->n_intents);
    intent->channel = channel;
    intent->quote = quoted->quotes[channel];
    intent->terminal = terminals[sim_draw(sim) % (channel == SIM_BANKCARD ? 2 : 5)];
    bool takes_payer =
        channel == SIM_BANKCARD || (sim_has_payers(sim) && intent->terminal != FQ_TERMINAL_APP);
    intent->names_payer = takes_payer && (sim_draw(sim) % 4 == 0 || sim_renews_keys(sim));
    /* time_expire of a mobile page is five minutes away at least. */
    intent->expires_in_ms = sim_between(sim, 6, 90) * 60000;
    intent->allows_parallel = order->is_parallel;
    intent->shown_ms = sim_now_ms(sim);
    return intent;
}

static void shop_quoted(struct sim *sim, struct sim_ask *ask)
{
    struct sim_order *order = ask->order;
    if (ask->code != 0 || ask->quotes[SIM_HUABEI].len == 0 || ask->quotes[SIM_BANKCARD].len == 0) {
        if (shop_is_unclear(ask))
            sim_after(sim, shop_pause_us(sim), shop_quote, order, 0);
        return;
    }
    if (order->n_intents == SIM_INTENTS_MAX)
        return;
    /* The buyer reads what it costs first: twenty seconds of it are told (ask.c). */
    int64_t reads_us = 25 * SIM_SECOND_US + sim_people_us(sim, 0, 155 * SIM_SECOND_US);
    sim_after(sim, reads_us, shop_try_create, shop_add_intent(sim, order, ask), 0);
    if (order->n_intents == SIM_INTENTS_MAX ||
        !(order->is_parallel || sim_hit(sim, SIM_SHOP_RACES)))
        return;
    reads_us += sim_between(sim, 0, 5000);
    sim_after(sim, reads_us, shop_try_create, shop_add_intent(sim, order, ask), 0);
}

static void shop_quote(struct sim *sim, void *what, int64_t argument)
{
    struct sim_order *order = what;
    (void)argument;
    if (order->is_gone || (sim->is_healed && !sim_renews_keys(sim)))
        return;
    struct sim_ask *ask = sim_ask_new(sim, FQ_OP_QUOTE_PLANS, shop_quoted);
    ask->order = order;
    sim_ask_send(sim, ask);
}

/* ---- create ---- */

static void shop_close(struct sim *sim, void *what, int64_t argument);

static void shop_try_create(struct sim *sim, void *what, int64_t argument)
{
    (void)argument;
    shop_create(sim, what);
}

static void shop_created(struct sim *sim, struct sim_ask *ask)
{
    struct sim_intent *intent = ask->intent;
    if (ask->is_other || intent->order->is_gone)
        return;
    if (shop_is_unclear(ask)) {
        if (intent->n_tries < TRIES_MAX)
            sim_after(sim, shop_pause_us(sim), shop_try_create, intent, 0);
        return;
    }
    if (ask->code != 0) {
        intent->is_refused = true;
        return;
    }
    if (sim_hit(sim, SIM_SHOP_VANISHES)) {
        intent->order->is_gone = true;
    }
    if (!intent->has_buyer && intent->action != NULL) {
        intent->has_buyer = true;
        sim_buyer_begin(sim, intent);
        if (sim_hit(sim, SIM_SHOP_CLOSES))
            sim_after(sim, sim_people_us(sim, 0, 20 * SIM_MINUTE_US), shop_close, intent, 0);
    }
    if (intent->n_polls == 0)
        sim_after(sim, shop_looks_again_us(sim, intent), shop_poll, intent, 0);
}

static void shop_create(struct sim *sim, struct sim_intent *intent)
{
    intent->n_tries++;
    if (intent->n_tries == 1)
        sim->totals->n_payments++;
    sim_ask_send(sim, shop_ask(sim, FQ_OP_CREATE_PAYMENT, intent, shop_created));
    if (sim_hit(sim, SIM_SHOP_DUPLICATES))
        sim_ask_send(sim, shop_ask(sim, FQ_OP_CREATE_PAYMENT, intent, shop_created));
    if (sim_hit(sim, SIM_SHOP_REUSES_KEY)) {
        struct sim_ask *other = shop_ask(sim, FQ_OP_CREATE_PAYMENT, intent, shop_created);
        other->is_other = true;
        sim_ask_send(sim, other);
    }
}

/* ---- close ---- */

static void shop_closed(struct sim *sim, struct sim_ask *ask)
{
    if (shop_is_unclear(ask) && ask->intent->n_tries++ < 2 * TRIES_MAX)
        sim_after(sim, shop_pause_us(sim), shop_close, ask->intent, 0);
}

static void shop_close(struct sim *sim, void *what, int64_t argument)
{
    struct sim_intent *intent = what;
    (void)argument;
    if (!intent->order->is_gone && intent->payment_id != NULL)
        sim_ask_send(sim, shop_ask(sim, FQ_OP_CLOSE_PAYMENT, intent, shop_closed));
}

/* ---- refunds ---- */

static void shop_refund(struct sim *sim, void *what, int64_t argument);

static void shop_refund_seen(struct sim *sim, struct sim_ask *ask)
{
    (void)sim;
    (void)ask;
}

static void shop_get_refund(struct sim *sim, void *what, int64_t argument)
{
    struct sim_refund_wish *refund = what;
    (void)argument;
    if (refund->intent->order->is_gone || refund->refund_id == NULL)
        return;
    struct sim_ask *ask = shop_ask(sim, FQ_OP_GET_REFUND, refund->intent, shop_refund_seen);
    ask->refund = refund;
    sim_ask_send(sim, ask);
}

static void shop_refunded(struct sim *sim, struct sim_ask *ask)
{
    struct sim_refund_wish *refund = ask->refund;
    if (shop_is_unclear(ask) && refund->n_tries < TRIES_MAX)
        sim_after(sim, shop_pause_us(sim), shop_refund, refund, 0);
    for (int i = 0; ask->code == 0 && i < 2; i++)
        sim_after(sim, sim_between(sim, SIM_SECOND_US, 3600 * SIM_SECOND_US), shop_get_refund,
                  refund, 0);
}

static void shop_refund(struct sim *sim, void *what, int64_t argument)
{
    struct sim_refund_wish *refund = what;
    (void)argument;
    if (refund->intent->order->is_gone)
        return;
    refund->n_tries++;
    for (int i = sim_hit(sim, SIM_SHOP_DUPLICATES) ? 2 : 1; i > 0; i--) {
        struct sim_ask *ask = shop_ask(sim, FQ_OP_CREATE_REFUND, refund->intent, shop_refunded);
        ask->refund = refund;
        sim_ask_send(sim, ask);
    }
}

/* Until about the end of the settlement day, when an undo becomes too late. */
static int64_t shop_days_end_us(struct sim *sim)
{
    int64_t end_us = 7200 * SIM_SECOND_US + sim_between(sim, -90 * SIM_SECOND_US, SIM_SECOND_US);
    return end_us > sim->now_us ? end_us - sim->now_us : 0;
}

static void shop_want_refunds(struct sim *sim, struct sim_intent *intent)
{
    int64_t amount = intent->order->amount_minor;
    bool at_once = sim_hit(sim, SIM_SHOP_REFUNDS_AT_ONCE);
    bool too_much = sim_hit(sim, SIM_SHOP_OVERREFUNDS);
    size_t n = sim_draw(sim) % 3 != 0 ? 1 : (size_t)sim_between(sim, 2, SIM_REFUNDS_MAX);
    intent->is_refunded = true;
    if (sim_draw(sim) % 2 == 0)
        return;
    bool is_whole = sim_is_evening(sim) && sim_draw(sim) % 4 != 0;
    if (is_whole)
        n = 1;
    for (size_t i = 0; i < n; i++) {
        struct sim_refund_wish *refund = &intent->refunds[intent->n_refunds++];
        refund->intent = intent;
        (void)snprintf(refund->key, sizeof(refund->key), "back-%s-%zu-%zu", intent->order->id,
                       intent->n, intent->n_refunds);
        refund->amount_minor =
            n == 1 ? amount : sim_between(sim, 1, too_much ? amount : amount / (int64_t)n);
        sim->totals->n_refunds++;
        sim_after(sim,
                  is_whole  ? shop_days_end_us(sim)
                  : at_once ? 0
                            : sim_people_us(sim, 0, 3600 * SIM_SECOND_US),
                  shop_refund, refund, 0);
    }
}

/* ---- polling ---- */

static void shop_polled(struct sim *sim, struct sim_ask *ask)
{
    struct sim_intent *intent = ask->intent;
    struct sim_order *order = intent->order;
    if (order->is_gone)
        return;
    if (ask->code == 0 && ask->state == FQ_PAYMENT_PAID && !intent->is_refunded)
        shop_want_refunds(sim, intent);
    if (ask->code == 0 && ask->state == FQ_PAYMENT_CLOSED) {
        if (order->n_intents < SIM_INTENTS_MAX && !order->is_parallel && sim_draw(sim) % 3 == 0)
            sim_after(sim, shop_pause_us(sim), shop_quote, order, 0);
        return;
    }
    bool knows = ask->code == 0 && ask->state == FQ_PAYMENT_PAID && sim_draw(sim) % 4 != 0;
    if (!knows && intent->n_polls < POLLS_MAX)
        sim_after(sim, shop_looks_again_us(sim, intent), shop_poll, intent, 0);
}

static void shop_poll(struct sim *sim, void *what, int64_t argument)
{
    struct sim_intent *intent = what;
    (void)argument;
    intent->n_polls++;
    if (!intent->order->is_gone)
        sim_ask_send(sim, shop_ask(sim, FQ_OP_GET_PAYMENT, intent, shop_polled));
}

/* ---- an order ---- */

void sim_order_begin(struct sim *sim)
{
    static const uint32_t terms[] = { 3, 6, 12 };
    struct sim_order *order = sim_alloc(sim, sizeof(*order));
    order->sim = sim;
    order->next = sim->orders;
    sim->orders = order;
    order->merchant = (size_t)(sim_draw(sim) % SIM_MERCHANTS);
    (void)snprintf(order->id, sizeof(order->id), "order-%zu", ++sim->n_orders);
    (void)snprintf(order->subject, sizeof(order->subject), "Thing %zu", sim->n_orders);
    order->amount_minor = sim_between(sim, 10000, 900000);
    order->instalments = terms[sim_draw(sim) % 3];
    order->channel = (size_t)(sim_draw(sim) % SIM_CHANNELS);
    order->is_parallel = sim_hit(sim, SIM_SHOP_PARALLEL);
    sim_after(sim, sim_people_us(sim, 0, 30 * SIM_MINUTE_US), shop_quote, order, 0);
}

/* ---- events ---- */

static void reader_read(struct sim *sim, void *what, int64_t argument);

static void reader_heard(struct sim *sim, struct sim_ask *ask)
{
    /* At most a day and a half; after the healing until nothing is new. */
    if (!sim->is_healed && sim->now_us < SIM_DAY_US)
        sim_after(sim, sim_between(sim, SIM_SECOND_US, 3600 * SIM_SECOND_US), reader_read,
                  ask->reader, 0);
}

static void reader_read(struct sim *sim, void *what, int64_t argument)
{
    struct sim_ask *ask = sim_ask_new(sim, FQ_OP_LIST_EVENTS, reader_heard);
    (void)argument;
    ask->reader = what;
    sim_ask_send(sim, ask);
}

void sim_reader_begin(struct sim *sim, size_t merchant)
{
    struct sim_reader *reader = sim_alloc(sim, sizeof(*reader));
    reader->merchant = merchant;
    sim->readers[merchant] = reader;
    sim_after(sim, sim_between(sim, 0, SIM_MINUTE_US), reader_read, reader, 0);
}
