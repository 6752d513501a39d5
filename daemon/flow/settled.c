/* SPDX-License-Identifier: Apache-2.0 */
/* What follows when an attempt has won: orders that are paid twice, and refunds by policy. */
#include "daemon/flow/parts.h"

static void settled_siblings(struct fq_tx *tx, int64_t now_ms)
{
    for (uint32_t i = 0; i < tx->n_siblings; i++) {
        const struct fq_sibling *sibling = &tx->siblings[i];
        if (sibling->state != FQ_PAYMENT_PAID)
            continue;
        fq_settle_double_paid(tx->ledger, now_ms,
                              fq_id_payment(sibling->seq, sibling->secret, tx->arena));
        return;
    }
}

/* ---- a refund by policy: reserved with the win, so that no crash comes between ---- */

/* Why the money goes back; NULL: it does not. */
static const char *settled_policy(const struct fq_catalog *catalog,
                                  const struct fq_payment *payment)
{
    const struct fq_merchant *merchant = fq_catalog_merchant(catalog, payment->merchant_id);
    if (merchant == NULL)
        return NULL;
    if ((payment->flags & FQ_FLAG_DOUBLE_PAID) && merchant->on_double_paid == FQ_POLICY_REFUND)
        return "order paid twice";
    if ((payment->flags & FQ_FLAG_LATE_SUCCESS) && merchant->on_late_success == FQ_POLICY_REFUND)
        return "paid after the order was closed";
    return NULL;
}

static bool settled_reserve(const struct fq_catalog *catalog, struct fq_ledger *ledger,
                            const struct fq_refund *plan, int64_t now_ms)
{
    const struct fq_channel *channel = fq_catalog_channel(catalog, ledger->payment.channel);
    struct fq_refund *made = NULL;
    return channel != NULL && fq_channel_can(channel, FQ_CALL_REFUND) &&
           fq_move_reserve_refund(ledger, plan, now_ms, &made) == 0;
}

void fq_settle_won(const struct fq_catalog *catalog, struct fq_tx *tx,
                   const struct fq_attempt *attempt, struct fq_str refund_number, int64_t now_ms)
{
    static const struct fq_evidence own = { .kind = "own" };
    struct fq_payment *payment = &tx->ledger->payment;
    settled_siblings(tx, now_ms);
    /* Policy gives money back on the platform's word only. */
    const char *reason = attempt->by_operator ? NULL : settled_policy(catalog, payment);
    if (reason == NULL)
        return;
    const struct fq_refund plan = { .origin = FQ_ORIGIN_AUTOMATIC,
                                    .attempt_n = attempt->n,
                                    .number = refund_number,
                                    .amount_minor = payment->amount.minor,
                                    .reason = fq_str_of(reason) };
    if (settled_reserve(catalog, tx->ledger, &plan, now_ms))
        return;
    payment->flags |= FQ_FLAG_FOR_OPERATOR | FQ_FLAG_TO_CHECK;
    fq_ledger_moved(tx->ledger, now_ms, "payment", 0, "a refund by policy cannot be made", &own);
    fq_ledger_event(tx->ledger, now_ms, FQ_EVENT_FOR_OPERATOR, 0);
}

static void settled_say_policy(const struct fq_flow *flow, const struct fq_ledger *ledger)
{
    bool is_reserved = false;
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++)
        is_reserved = is_reserved || ledger->refunds[i].is_new;
    if (is_reserved)
        fq_say_payment(LOG_WARNING, FQ_MSG_REFUND_RESERVED, "refund by policy reserved", ledger);
    else if (settled_policy(flow->conf.catalog, &ledger->payment) != NULL)
        fq_say_payment(LOG_ERR, FQ_MSG_UNKNOWN_FOR_OPERATOR,
                       "policy wants a refund that cannot be made: refund by hand", ledger);
}

void fq_after_settle(struct fq_flow *flow, const struct fq_ledger *ledger, uint32_t refund_n,
                     uint32_t move)
{
    fq_say_settled(ledger, refund_n, move);
    if (move == FQ_MOVE_WIN)
        settled_say_policy(flow, ledger);
    fq_wait_wake(flow, ledger->payment.seq);
}
