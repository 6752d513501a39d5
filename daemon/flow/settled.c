/* SPDX-License-Identifier: Apache-2.0 */
/* What follows when an attempt has won: orders that are paid twice, and refunds by policy. */
#include "daemon/flow/parts.h"

void fq_settle_siblings(struct fq_tx *tx, uint32_t move, int64_t now_ms)
{
    if (move != FQ_MOVE_WIN)
        return;
    for (uint32_t i = 0; i < tx->n_siblings; i++) {
        const struct fq_sibling *sibling = &tx->siblings[i];
        if (sibling->state != FQ_PAYMENT_PAID)
            continue;
        fq_settle_double_paid(tx->ledger, now_ms,
                              fq_id_payment(sibling->seq, sibling->secret, tx->arena));
        return;
    }
}

/* ---- a refund by policy ---- */

struct automatic {
    struct fq_flow *flow;
    struct fq_refund plan;
    struct fq_refund *made;
    int64_t now_ms;
    struct fq_tx tx;
};

static int automatic_decide(struct fq_tx *tx)
{
    struct automatic *automatic = tx->flow;
    if (tx->ledger == NULL)
        return FQ_FAULT(-ENOENT, "the payment to be refunded is gone");
    int r =
        fq_move_reserve_refund(tx->ledger, &automatic->plan, automatic->now_ms, &automatic->made);
    if (r == FQ_MOVE_E_NOT_NOW || r == FQ_MOVE_E_TOO_MUCH) {
        automatic->made = NULL;
        return FQ_DECIDE_KEEP;
    }
    FQ_TRY(r);
    return FQ_DECIDE_WRITE;
}

static void automatic_committed(struct fq_tx *tx)
{
    struct automatic *automatic = tx->flow;
    struct fq_flow *flow = automatic->flow;
    if (tx->result < 0) {
        fq_say_fault("reserving an automatic refund", tx->trace);
    } else if (automatic->made == NULL) {
        fq_say_payment(LOG_ERR, FQ_MSG_UNKNOWN_FOR_OPERATOR,
                       "policy wants a refund, but too little is left: refund by hand", tx->ledger);
    } else {
        fq_say_payment(LOG_WARNING, FQ_MSG_REFUND_RESERVED, "refund by policy reserved",
                       tx->ledger);
        fq_refund_submit(flow, tx->ledger, automatic->made, NULL, NULL);
    }
    flow->n_running--;
    fq_arena_free(tx->arena);
}

static void settled_refund(struct fq_flow *flow, const struct fq_ledger *ledger, uint32_t attempt_n,
                           struct fq_str reason)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct automatic *automatic = fq_arena_alloc(arena, sizeof(*automatic));
    fq_assert(automatic != NULL);
    automatic->flow = flow;
    automatic->now_ms = fq_flow_now(flow);
    automatic->plan = (struct fq_refund){ .origin = FQ_ORIGIN_AUTOMATIC,
                                          .attempt_n = attempt_n,
                                          .number = fq_flow_order_number(flow, arena),
                                          .amount_minor = ledger->payment.amount.minor,
                                          .reason = reason };
    automatic->tx = (struct fq_tx){ .arena = arena,
                                    .lookup = FQ_LOOKUP_SEQ,
                                    .seq = ledger->payment.seq,
                                    .decide = automatic_decide,
                                    .done = automatic_committed,
                                    .flow = automatic };
    flow->n_running++;
    fq_flow_transact(flow, &automatic->tx);
}

void fq_after_settle(struct fq_flow *flow, const struct fq_ledger *ledger, uint32_t attempt_n,
                     uint32_t move)
{
    const struct fq_payment *payment = &ledger->payment;
    const struct fq_merchant *merchant = fq_flow_merchant(flow, payment->merchant_id);
    if (move != FQ_MOVE_WIN || merchant == NULL)
        return;
    if ((payment->flags & FQ_FLAG_DOUBLE_PAID) && merchant->on_double_paid == FQ_POLICY_REFUND)
        settled_refund(flow, ledger, attempt_n, fq_lit("order paid twice"));
    else if ((payment->flags & FQ_FLAG_LATE_SUCCESS) &&
             merchant->on_late_success == FQ_POLICY_REFUND)
        settled_refund(flow, ledger, attempt_n, fq_lit("paid after the order was closed"));
}
