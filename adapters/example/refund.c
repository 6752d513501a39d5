/* SPDX-License-Identifier: Apache-2.0 */
/* Giving money back, asking what became of it, and undoing a payment of the same day. */
#include "adapters/example/example.h"

/* The refund's number is ours: sent twice, it is still one refund. */
static int refund_send(const struct example *self, const struct fq_host *host,
                       const struct fq_call *call, const char *op, struct fq_verdict *ret)
{
    struct fq_text out;
    example_begin(&out, self, host, op);
    example_put(&out, "order", call->order_number);
    example_put(&out, "refund", call->refund_number);
    example_put_number(&out, "amount", call->refund_amount.minor);
    example_put(&out, "reason", call->refund_reason);
    return example_send(self, host, &out, ret);
}

int example_refund_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                         struct fq_verdict *ret)
{
    return refund_send(self, host, call, "refund", ret);
}

int example_query_refund_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                               struct fq_verdict *ret)
{
    return refund_send(self, host, call, "query_refund", ret);
}

int example_undo_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                       struct fq_verdict *ret)
{
    return refund_send(self, host, call, "undo", ret);
}

static const struct {
    const char *word;
    uint32_t outcome;
} refund_states[] = {
    { "ACCEPTED", FQ_OUTCOME_ACCEPTED }, { "RUNNING", FQ_OUTCOME_PENDING },
    { "REFUNDED", FQ_OUTCOME_REFUNDED }, { "FAILED", FQ_OUTCOME_REFUND_FAILED },
    { "ABSENT", FQ_OUTCOME_NOT_FOUND },
};

/* The amount is that of this one refund. Where a platform only tells the sum of all refunds so far,
 * leave `amount` alone: the daemon would take it for this refund's. */
int example_tell_refund(const struct fq_host *host, struct fq_pairs said, struct fq_verdict *ret)
{
    const struct fq_str state = fq_pairs_get(said, "state");
    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_UNKNOWN;
    for (size_t i = 0; i < sizeof(refund_states) / sizeof(refund_states[0]); i++) {
        if (fq_slice_equal(state, fq_slice_of(refund_states[i].word)))
            ret->outcome = refund_states[i].outcome;
    }
    ret->object = FQ_OBJECT_REFUND;
    ret->number = fq_pairs_get(said, "refund");
    ret->order_number = fq_pairs_get(said, "order");
    ret->platform_code = state;
    ret->platform_text = fq_pairs_get(said, "text");
    ret->proof = fq_slice_assign(host, "state", state);
    ret->amount = example_get_amount(said);
    return 0;
}

int example_refund_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                          const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_pairs said;
    (void)self;
    (void)call;
    int r = example_read(host, message, &said, ret);
    return r == EXAMPLE_VERIFIED ? example_tell_refund(host, said, ret) : r;
}
