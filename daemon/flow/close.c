/* SPDX-License-Identifier: Apache-2.0 */
/* ClosePayment: the wish is durable and the link dead at once; CLOSED only with evidence. */
#include "daemon/flow/parts.h"

struct close {
    struct fq_flow *flow;
    struct fq_operation *operation;
    unsigned char secret[FQ_SECRET_SIZE];
    int64_t now_ms;
    bool is_ours;
    bool is_closed; /* at once: nothing was ever sent */
    struct fq_tx tx;
    struct fq_read read;
};

static int close_decide(struct fq_tx *tx)
{
    struct close *close = tx->flow;
    struct fq_ledger *ledger = tx->ledger;
    close->is_ours = fq_may_see(close->operation, ledger, close->secret);
    if (!close->is_ours || ledger->payment.state != FQ_PAYMENT_OPEN ||
        ledger->payment.close_requested_ms > 0)
        return FQ_DECIDE_KEEP;
    fq_move_request_close(ledger, close->now_ms);
    close->is_closed = ledger->payment.state == FQ_PAYMENT_CLOSED;
    return FQ_DECIDE_WRITE;
}

static void close_answer(struct fq_read *read)
{
    struct close *close = read->flow;
    if (read->result < 0 || read->ledger == NULL) {
        fq_say_fault_for("reading a closing payment", read->trace, read->result, close->operation);
        fq_finish_with(close->flow, close->operation, fq_status_internal());
        return;
    }
    fq_answer_payment(close->flow, close->operation, read->ledger);
}

static void close_driven(void *asker)
{
    struct close *close = asker;
    close->read = (struct fq_read){ .arena = close->operation->arena,
                                    .kind = FQ_READ_PAYMENT,
                                    .seq = close->tx.seq,
                                    .done = close_answer,
                                    .flow = close };
    close->flow->world->read(close->flow->world->ctx, &close->read);
}

static void close_committed(struct fq_tx *tx)
{
    struct close *close = tx->flow;
    if (tx->result < 0) {
        fq_say_fault_for("closing a payment", tx->trace, tx->result, close->operation);
        fq_finish_with(close->flow, close->operation, fq_ledger_refused(tx->result));
        return;
    }
    if (!close->is_ours) {
        fq_finish_with(close->flow, close->operation, fq_not_found("close_payment.payment_id"));
        return;
    }
    fq_wait_wake(close->flow, tx->seq);
    if (close->is_closed)
        fq_say_payment(LOG_INFO, FQ_MSG_PAYMENT_CLOSED, "payment closed", tx->ledger);
    if (tx->ledger->payment.state != FQ_PAYMENT_OPEN) {
        close_driven(close); /* closed at once, paid, or closed before: read it whole */
        return;
    }
    fq_close_at_platform(close->flow, tx->ledger, close_driven, close);
}

void fq_close_run(struct fq_flow *flow, struct fq_operation *operation)
{
    struct close *close = fq_arena_alloc(operation->arena, sizeof(*close));
    int64_t seq = 0;
    if (close == NULL) {
        fq_finish_with(flow, operation, fq_status_internal());
        return;
    }
    close->flow = flow;
    close->operation = operation;
    close->now_ms = fq_flow_now(flow);
    if (fq_id_parse_payment(operation->close_payment.payment_id, &seq, close->secret) != 0) {
        fq_finish_with(flow, operation,
                       fq_status_invalid("close_payment.payment_id", "ID_INVALID",
                                         fq_lit("is not a payment id")));
        return;
    }
    close->tx = (struct fq_tx){ .arena = operation->arena,
                                .lookup = FQ_LOOKUP_SEQ,
                                .seq = seq,
                                .decide = close_decide,
                                .done = close_committed,
                                .flow = close };
    fq_flow_transact(flow, &close->tx);
}
