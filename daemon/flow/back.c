/* SPDX-License-Identifier: Apache-2.0 */
/* The buyer's browser comes back from the platform: a hint. The platform is asked, and the shop
 * gets a signed status. */
#include <string.h>

#include "daemon/core/fact.h"
#include "daemon/core/money.h"
#include "daemon/flow/parts.h"

#define STATUS_TYPE    "application/vnd.fenqi.v1.status"
#define STATUS_LIFE_MS INT64_C(600000)
/* The browser is shown the state by then, whatever the platform does: before the web's own limit.
 */
#define ASK_WITHIN_MS INT64_C(2500)

struct back {
    struct fq_flow *flow;
    struct fq_visit *visit;
    struct fq_str mac_text;
    int64_t now_ms;
    bool is_asked;
    bool is_replay; /* of what the platform once signed for a try that is over: anybody can */
    struct fq_read read;
    struct fq_message message;
    struct fq_adapt adapt;
    struct fq_tx tx;
};

static void back_page(struct back *back, uint32_t status, enum fq_page page,
                      const struct fq_ledger *ledger)
{
    struct fq_page_facts facts;
    fq_page_facts_of(back->flow, ledger, &facts);
    fq_page_fill(back->visit, status, page, &facts);
    fq_visit_finish(back->flow, back->visit);
}

/* ---- the signed compact status in the shop's URL ---- */

static void back_add_base64url(struct fq_buf *buf, struct fq_str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t bits = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
        if (left > 1)
            bits |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
        if (left > 2)
            bits |= (unsigned char)bytes.ptr[i + 2];
        fq_buf_add_char(buf, digits[bits >> 18]);
        fq_buf_add_char(buf, digits[bits >> 12 & 63]);
        if (left > 1)
            fq_buf_add_char(buf, digits[bits >> 6 & 63]);
        if (left > 2)
            fq_buf_add_char(buf, digits[bits & 63]);
    }
}

/* Names payment, order, amount and time, so that it cannot be shown for another one or much later.
 * It is a receipt only when it says PAID. */
static int back_status_text(const struct back *back, const struct fq_ledger *ledger,
                            struct fq_str *ret)
{
    const struct fq_payment *payment = &ledger->payment;
    struct fq_buf buf;
    fq_buf_init(&buf, back->visit->arena, 1024);
    fq_fact_add_text(&buf, "form", "status.1");
    fq_fact_add(&buf, "payment", fq_id_payment(payment->seq, payment->secret, back->visit->arena));
    fq_fact_add(&buf, "order", payment->merchant_order_id);
    fq_fact_add_text(&buf, "state", fq_payment_state_name(payment->state));
    fq_fact_add_int(&buf, "amount", payment->amount.minor);
    fq_fact_add_text(&buf, "currency", payment->amount.currency);
    if (fq_ledger_is_operators(ledger))
        fq_fact_add_text(&buf, "evidence", "operator");
    fq_fact_add_int(&buf, "version", payment->version);
    fq_fact_add_int(&buf, "issued", back->now_ms);
    fq_fact_add_int(&buf, "expires", back->now_ms + STATUS_LIFE_MS);
    FQ_TRY(fq_buf_finish(&buf, ret));
    return 0;
}

static int back_shop_url(struct back *back, const struct fq_ledger *ledger, struct fq_str *ret)
{
    const struct fq_world *world = back->flow->world;
    struct fq_str status, key_id, signature;
    struct fq_str url = ledger->payment.return_url;
    FQ_TRY(back_status_text(back, ledger, &status));
    FQ_TRY(world->sign_status(world->ctx, fq_lit(STATUS_TYPE), status, back->visit->arena, &key_id,
                              &signature));
    struct fq_buf buf;
    fq_buf_init(&buf, back->visit->arena, 4096);
    fq_buf_add(&buf, url);
    fq_buf_add(&buf, memchr(url.ptr, '?', url.len) != NULL ? fq_lit("&fenqi=") : fq_lit("?fenqi="));
    back_add_base64url(&buf, status);
    fq_buf_add_char(&buf, '.');
    fq_buf_add(&buf, key_id);
    fq_buf_add_char(&buf, '.');
    back_add_base64url(&buf, signature);
    FQ_TRY(fq_buf_finish(&buf, ret));
    return 0;
}

/* ---- show the state ---- */

static void back_show(struct back *back, struct fq_ledger *ledger)
{
    struct fq_str location;
    if (ledger->payment.state == FQ_PAYMENT_OPEN) {
        back_page(back, 200, FQ_PAGE_WAITING, ledger);
        return;
    }
    if (ledger->payment.return_url.len == 0) {
        back_page(back, 200,
                  ledger->payment.state == FQ_PAYMENT_PAID ? FQ_PAGE_PAID : FQ_PAGE_CLOSED, ledger);
        return;
    }
    if (back_shop_url(back, ledger, &location) < 0) {
        fq_say_fault_with("signing a status for a browser", fq_trace(), 0, ledger);
        back_page(back, 503, FQ_PAGE_TROUBLE, ledger);
        return;
    }
    back->visit->status = 303;
    back->visit->location = location;
    fq_visit_finish(back->flow, back->visit);
}

static void back_asked(void *asker)
{
    struct back *back = asker;
    back->flow->world->read(back->flow->world->ctx, &back->read);
}

/* The attempt that the platform's signed return names, even a dead one: it may be a late success.
 * Else the one that is open. */
static const struct fq_attempt *back_attempt(const struct back *back, struct fq_ledger *ledger)
{
    const struct fq_answer *answer = &back->adapt.answer;
    const struct fq_attempt *named =
        answer->verified && !answer->is_fault
            ? fq_ledger_attempt_by_number(ledger, answer->verdict.number)
            : NULL;
    return named != NULL ? named : fq_ledger_live_attempt(ledger);
}

/* One question at a time: a buyer who reloads waits for the one that is on its way. */
static void back_ask(struct back *back, struct fq_ledger *ledger)
{
    struct fq_flow *flow = back->flow;
    int64_t seq = ledger->payment.seq;
    const struct fq_attempt *attempt = back_attempt(back, ledger);
    if (attempt == NULL || ledger->payment.state == FQ_PAYMENT_PAID || back->is_replay) {
        back_asked(back);
        return;
    }
    if (!fq_flow_is_busy(flow, seq, 0))
        fq_ask_attempt(flow, ledger, attempt->n, NULL, NULL);
    fq_wait_add(flow, seq, ASK_WITHIN_MS, back_asked, back);
}

/* Only if the platform's message is about this payment: the link says which one it is. A try that
 * is over is asked about until the platform has said what it meant. */
static int back_decide(struct fq_tx *tx)
{
    struct back *back = tx->flow;
    struct fq_str number = back->adapt.answer.verdict.number;
    struct fq_attempt *attempt =
        tx->ledger != NULL ? fq_ledger_attempt_by_number(tx->ledger, number) : NULL;
    if (attempt == NULL)
        return FQ_DECIDE_KEEP;
    bool is_doubt = attempt->state == FQ_ATTEMPT_DEAD && attempt->due_ms == 0 && !back->is_replay;
    if (is_doubt)
        fq_move_ask_attempt(attempt, back->now_ms);
    if (tx->ledger->payment.verification != FQ_VERIFICATION_OPENED)
        return is_doubt ? FQ_DECIDE_WRITE : FQ_DECIDE_KEEP;
    fq_move_returned(tx->ledger, back->now_ms);
    return FQ_DECIDE_WRITE;
}

static void back_returned(struct fq_tx *tx)
{
    struct back *back = tx->flow;
    if (tx->result < 0 || tx->ledger == NULL) {
        fq_say_fault_with("noting a returned buyer", tx->trace, tx->result, back->read.ledger);
        back_page(back, 503, FQ_PAGE_TROUBLE, NULL);
        return;
    }
    fq_wait_wake(back->flow, tx->seq);
    back_ask(back, tx->ledger);
}

static void back_note(struct back *back)
{
    back->tx = (struct fq_tx){ .arena = back->visit->arena,
                               .lookup = FQ_LOOKUP_SEQ,
                               .seq = back->read.seq,
                               .decide = back_decide,
                               .done = back_returned,
                               .flow = back };
    fq_flow_transact(back->flow, &back->tx);
}

static void back_say_unbelieved(const struct back *back, struct fq_str reason)
{
    fq_log(LOG_WARNING, FQ_MSG_NOTIFICATION_REFUSED,
           "what a browser brought back is not the platform's",
           FQ_LOG_STR("CHANNEL", back->adapt.channel->conf->name), FQ_LOG_STR("REASON", reason),
           FQ_LOG_STR("PEER", back->visit->peer), FQ_LOG_TEXT("FAULT", "theirs"),
           FQ_LOG_TEXT("NEXT", "nothing was changed; the platform is asked"));
}

/* A return that the platform signed is noted; any other only makes us ask. Neither is believed. */
static void back_verified(struct fq_adapt *adapt)
{
    struct back *back = adapt->flow;
    if (adapt->answer.verified && !adapt->answer.is_fault) {
        const struct fq_attempt *attempt = back_attempt(back, back->read.ledger);
        back->is_replay = attempt != NULL && attempt->state == FQ_ATTEMPT_DEAD &&
                          !fq_flow_may_ask(back->flow, back->read.seq);
        back_note(back);
        return;
    }
    if (adapt->answer.is_fault)
        back_say_unbelieved(back, adapt->answer.reason);
    back_ask(back, back->read.ledger);
}

static void back_verify(struct back *back, struct fq_ledger *ledger)
{
    const struct fq_channel *channel = fq_flow_channel(back->flow, ledger->payment.channel);
    struct fq_visit *visit = back->visit;
    bool is_post = fq_str_equal(visit->method, fq_lit("POST"));
    if (channel == NULL || !fq_channel_can(channel, FQ_CALL_BROWSER_RETURN) ||
        (visit->query.len == 0 && !is_post)) {
        back_ask(back, ledger);
        return;
    }
    back->message = fq_visit_message(visit);
    back->adapt = (struct fq_adapt){ .channel = channel,
                                     .kind = FQ_CALL_BROWSER_RETURN,
                                     .call = { .struct_size = sizeof(struct fq_call),
                                               .now_unix_ms = back->now_ms },
                                     .message = &back->message,
                                     .arena = visit->arena,
                                     .done = back_verified,
                                     .flow = back };
    back->flow->world->adapt(back->flow->world->ctx, &back->adapt);
}

static void back_read(struct fq_read *read)
{
    struct back *back = read->flow;
    struct fq_ledger *ledger = read->ledger;
    if (read->result < 0) {
        fq_say_fault("reading a returning buyer's payment", read->trace);
        back_page(back, 503, FQ_PAGE_TROUBLE, NULL);
        return;
    }
    if (ledger == NULL || !fq_link_is_valid(back->flow, "back", &ledger->payment, back->mac_text,
                                            back->visit->arena)) {
        back_page(back, 404, FQ_PAGE_UNKNOWN, NULL);
        return;
    }
    if (back->is_asked || ledger->payment.state == FQ_PAYMENT_PAID) {
        back_show(back, ledger);
        return;
    }
    back->is_asked = true;
    back_verify(back, ledger);
}

void fq_back_visit(struct fq_flow *flow, struct fq_visit *visit, struct fq_str token)
{
    struct back *back = fq_arena_alloc(visit->arena, sizeof(*back));
    fq_assert(back != NULL);
    back->flow = flow;
    back->visit = visit;
    back->now_ms = fq_flow_now(flow);
    int64_t seq = 0;
    if (fq_token_parse(token, &seq, &back->mac_text) != 0) {
        back_page(back, 404, FQ_PAGE_UNKNOWN, NULL);
        return;
    }
    back->read = (struct fq_read){
        .arena = visit->arena, .kind = FQ_READ_PAYMENT, .seq = seq, .done = back_read, .flow = back
    };
    flow->world->read(flow->world->ctx, &back->read);
}
