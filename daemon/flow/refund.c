/* SPDX-License-Identifier: Apache-2.0 */
/* CreateRefund: reserved in the same transaction that checks what is left, then sent. */
#include <string.h>

#include "daemon/core/beijing.h"
#include "daemon/core/fact.h"
#include "daemon/core/money.h"
#include "daemon/flow/parts.h"

struct refund {
    struct fq_flow *flow;
    struct fq_operation *operation;
    const struct fq_catalog *catalog; /* held by the operation */
    unsigned char secret[FQ_SECRET_SIZE];
    struct fq_refund plan;
    int64_t now_ms;
    struct fq_status refusal;
    struct fq_refund *made;
    bool is_new;
    struct fq_tx tx;
};

static int refund_digest(struct refund *refund)
{
    const struct fq_create_refund *request = &refund->operation->create_refund;
    struct fq_str text;
    struct fq_buf buf;
    fq_buf_init(&buf, refund->operation->arena, 4096);
    fq_fact_add_text(&buf, "form", "create_refund.1");
    fq_fact_add(&buf, "payment", request->payment_id);
    fq_fact_add_int(&buf, "amount", request->amount.minor);
    fq_fact_add(&buf, "currency", request->currency);
    fq_fact_add(&buf, "reason", request->reason);
    FQ_TRY(fq_buf_finish(&buf, &text));
    refund->flow->world->sha256(refund->flow->world->ctx, text, refund->plan.content_digest);
    return 0;
}

static struct fq_status refund_known(struct refund *refund, struct fq_tx *tx)
{
    refund->made = tx->known.kind == FQ_IDEMPOTENT_REFUND && tx->ledger != NULL
                       ? fq_ledger_refund(tx->ledger, tx->known.refund_n)
                       : NULL;
    if (refund->made != NULL &&
        memcmp(refund->made->content_digest, refund->plan.content_digest, FQ_DIGEST_SIZE) == 0)
        return (struct fq_status){ 0 };
    struct fq_status status =
        fq_status_refused(FQ_CODE_ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED",
                          fq_lit("this key was used for a request with other content"));
    status.field = "create_refund.idempotency_key";
    return status;
}

static struct fq_status refund_check(const struct refund *refund, const struct fq_ledger *ledger)
{
    const struct fq_create_refund *request = &refund->operation->create_refund;
    const struct fq_payment *payment = &ledger->payment;
    const struct fq_channel *channel = fq_catalog_channel(refund->catalog, payment->channel);
    if (!fq_str_equal(request->currency, fq_str_of(payment->amount.currency)))
        return fq_status_invalid("create_refund.amount.currency", "CURRENCY_MISMATCH",
                                 fq_lit("differs from the payment's currency"));
    if (payment->state != FQ_PAYMENT_PAID)
        return fq_status_refused(FQ_CODE_FAILED_PRECONDITION, "NOT_PAID",
                                 fq_lit("only a paid payment can be refunded"));
    if (channel == NULL || !fq_channel_can(channel, FQ_CALL_REFUND))
        return fq_status_refused(FQ_CODE_UNIMPLEMENTED, "REFUND_NOT_SUPPORTED",
                                 fq_lit("the channel cannot refund"));
    if (payment->n_refunds >= FQ_REFUNDS_MAX)
        return fq_status_refused(FQ_CODE_FAILED_PRECONDITION, "TOO_MANY_REFUNDS",
                                 fq_lit("a payment can have 10000 refunds at most"));
    const struct fq_attempt *attempt = fq_ledger_refundable(ledger);
    int64_t left = attempt != NULL ? fq_ledger_left(ledger, attempt) : 0;
    if (request->amount.minor > left)
        return fq_status_invalid("create_refund.amount.minor", "MORE_THAN_LEFT",
                                 fq_arena_printf(refund->operation->arena,
                                                 "%lld are left to be refunded", (long long)left));
    if (request->amount.minor < payment->amount.minor && !channel->about.partial_refund)
        return fq_status_invalid("create_refund.amount.minor", "PARTIAL_REFUND_NOT_SUPPORTED",
                                 fq_lit("this channel refunds whole payments only"));
    return (struct fq_status){ 0 };
}

/* An undo takes back a whole payment on the settlement day on which it was made: the money is there
 * at once. A few banks cannot: after a failure it is a refund. */
bool fq_undo_is_in_time(const struct fq_channel *channel, const struct fq_payment *payment,
                        int64_t now_ms)
{
    uint32_t ends = channel->about.day_ends_minute;
    return fq_beijing_day(payment->paid_ms, ends) == fq_beijing_day(now_ms, ends);
}

static uint32_t refund_way(const struct refund *refund, const struct fq_ledger *ledger,
                           const struct fq_attempt *attempt)
{
    const struct fq_payment *payment = &ledger->payment;
    const struct fq_channel *channel = fq_catalog_channel(refund->catalog, payment->channel);
    bool is_whole =
        refund->plan.amount_minor == payment->amount.minor && attempt->refund_counted_minor == 0;
    if (!is_whole || !channel->conf->undo_same_day || !fq_channel_can(channel, FQ_CALL_UNDO) ||
        (payment->flags & FQ_FLAG_UNDO_FAILED))
        return FQ_WAY_REFUND;
    return fq_undo_is_in_time(channel, payment, refund->now_ms) ? FQ_WAY_UNDO : FQ_WAY_REFUND;
}

static int refund_decide(struct fq_tx *tx)
{
    struct refund *refund = tx->flow;
    if (tx->known.kind != FQ_IDEMPOTENT_NONE) {
        refund->refusal = refund_known(refund, tx);
        return FQ_DECIDE_KEEP;
    }
    if (!fq_may_see(refund->operation, tx->ledger, refund->secret)) {
        refund->refusal = fq_not_found("create_refund.payment_id");
        return FQ_DECIDE_KEEP;
    }
    refund->refusal = refund_check(refund, tx->ledger);
    if (refund->refusal.code != FQ_CODE_OK)
        return FQ_DECIDE_KEEP;
    const struct fq_attempt *attempt = fq_ledger_refundable(tx->ledger);
    refund->plan.attempt_n = attempt->n;
    refund->plan.way = refund_way(refund, tx->ledger, attempt);
    FQ_TRY(fq_move_reserve_refund(tx->ledger, &refund->plan, refund->now_ms, &refund->made));
    tx->keep_key = true;
    refund->is_new = true;
    return FQ_DECIDE_WRITE;
}

/* Now if the channel has room, or else by the rounds. The drive copies what it needs: the answer
 * does not wait for the platform. */
static void refund_submit(const struct refund *refund)
{
    struct fq_flow *flow = refund->flow;
    const struct fq_ledger *ledger = refund->tx.ledger;
    const struct fq_channel *channel = fq_flow_channel(flow, ledger->payment.channel);
    struct fq_breaker *place = channel != NULL ? fq_channel_take(flow, channel) : NULL;
    if (place != NULL)
        fq_refund_submit(flow, ledger, refund->made, fq_channel_give, place);
}

static void refund_committed(struct fq_tx *tx)
{
    struct refund *refund = tx->flow;
    struct fq_flow *flow = refund->flow;
    if (tx->result < 0) {
        fq_say_fault_for("reserving a refund", tx->trace, tx->result, refund->operation);
        fq_finish_with(flow, refund->operation, fq_ledger_refused(tx->result));
        return;
    }
    if (refund->refusal.code != FQ_CODE_OK) {
        fq_finish_with(flow, refund->operation, refund->refusal);
        return;
    }
    if (refund->is_new) {
        fq_say_payment(LOG_NOTICE, FQ_MSG_REFUND_RESERVED, "refund reserved", tx->ledger);
        fq_wait_wake(flow, tx->ledger->payment.seq);
        refund_submit(refund);
    }
    fq_answer_refund(flow, refund->operation, tx->ledger, refund->made);
}

static struct fq_status refund_check_request(const struct fq_create_refund *request)
{
    if (request->idempotency_key.len < 8 || request->idempotency_key.len > 64 ||
        !fq_str_is_word(request->idempotency_key, "_-"))
        return fq_status_invalid("create_refund.idempotency_key", "KEY_INVALID",
                                 fq_lit("must be 8 to 64 of letters, digits, _ and -"));
    if (request->amount.minor < 1 || request->amount.minor > FQ_MONEY_MINOR_MAX)
        return fq_status_invalid("create_refund.amount.minor", "AMOUNT_NOT_POSITIVE",
                                 fq_lit("must be 1 to 9999999999"));
    return (struct fq_status){ 0 };
}

void fq_create_refund_run(struct fq_flow *flow, struct fq_operation *operation)
{
    const struct fq_create_refund *request = &operation->create_refund;
    struct fq_status status = refund_check_request(request);
    struct refund *refund = fq_arena_alloc(operation->arena, sizeof(*refund));
    int64_t seq = 0;
    if (refund != NULL && status.code == FQ_CODE_OK &&
        fq_id_parse_payment(request->payment_id, &seq, refund->secret) != 0)
        status = fq_status_invalid("create_refund.payment_id", "ID_INVALID",
                                   fq_lit("is not a payment id"));
    if (refund == NULL || status.code != FQ_CODE_OK) {
        fq_finish_with(flow, operation, refund == NULL ? fq_status_internal() : status);
        return;
    }
    refund->flow = flow;
    refund->operation = operation;
    refund->catalog = flow->conf.catalog;
    refund->now_ms = fq_flow_now(flow);
    refund->plan = (struct fq_refund){ .origin = FQ_ORIGIN_STOREFRONT,
                                       .number = fq_flow_order_number(flow, operation->arena),
                                       .amount_minor = request->amount.minor,
                                       .reason = request->reason };
    if (refund_digest(refund) < 0) {
        fq_say_fault_for("digesting a request", fq_trace(), 0, operation);
        fq_finish_with(flow, operation, fq_status_internal());
        return;
    }
    refund->tx = (struct fq_tx){ .arena = operation->arena,
                                 .lookup = FQ_LOOKUP_SEQ,
                                 .seq = seq,
                                 .merchant_id = operation->merchant->id,
                                 .idempotency_key = request->idempotency_key,
                                 .decide = refund_decide,
                                 .done = refund_committed,
                                 .flow = refund };
    fq_flow_transact(flow, &refund->tx);
}
