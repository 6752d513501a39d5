/* SPDX-License-Identifier: Apache-2.0 */
/* Giving money back, asking what became of it, and undoing a payment of the same day. */
#include "adapters/example/example.h"

/* The refund's number is ours: sent twice, it is still one refund. */
static int refund_send(const struct example *self, const struct fq_host *host,
                       const struct fq_call *call, const char *op, struct fq_verdict *ret)
{
    struct example_out out;
    struct fq_str line = { NULL, 0 };
    example_begin(&out, self, host, op);
    example_put(&out, "order", call->order_number);
    example_put(&out, "refund", call->refund_number);
    example_put_number(&out, "amount", call->refund_amount.minor);
    example_put(&out, "reason", call->refund_reason);
    if (example_sign(&out, &line) != 0)
        return -1;
    return example_send(self, host, line, ret);
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
int example_tell_refund(const struct fq_host *host, struct fq_str said, struct fq_verdict *ret)
{
    const struct fq_str state = example_get(host, said, "state");
    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_UNKNOWN;
    for (size_t i = 0; i < sizeof(refund_states) / sizeof(refund_states[0]); i++) {
        if (example_equal(state, refund_states[i].word))
            ret->outcome = refund_states[i].outcome;
    }
    ret->object = FQ_OBJECT_REFUND;
    ret->number = example_get(host, said, "refund");
    ret->order_number = example_get(host, said, "order");
    ret->platform_code = state;
    ret->platform_text = example_get(host, said, "text");
    ret->proof = example_join(host, EXAMPLE_STR("state"), "=", state);
    ret->amount = example_get_amount(host, said);
    return 0;
}

int example_refund_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                          const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_str said = { NULL, 0 };
    (void)self;
    (void)call;
    int r = example_read(host, message, message->body, &said, ret);
    if (r != EXAMPLE_VERIFIED)
        return r == EXAMPLE_SETTLED ? 0 : -1;
    return example_tell_refund(host, said, ret);
}
