/* SPDX-License-Identifier: Apache-2.0 */
/* Asking about an order, and closing it: both are answered with the order's state. */
#include "adapters/example/example.h"

static int query_send(const struct example *self, const struct fq_host *host,
                      const struct fq_call *call, const char *op, struct fq_verdict *ret)
{
    struct fq_text out;
    example_begin(&out, self, host, op);
    /* By our own number: it is known even when no answer ever came. */
    example_put(&out, "order", call->order_number);
    example_put(&out, "opened", fq_pairs_get(call->memory, "opened"));
    return example_send(self, host, &out, ret);
}

int example_query_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                        struct fq_verdict *ret)
{
    return query_send(self, host, call, "query", ret);
}

int example_close_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                        struct fq_verdict *ret)
{
    return query_send(self, host, call, "close", ret);
}

/* ---- what the platform's words mean ---- */

/* A word that is not in the table is UNKNOWN, never a guess. "DECLINED" is this try only; "CLOSED"
 * means that nobody can pay this order any more. */
static const struct {
    const char *word;
    uint32_t outcome;
} query_states[] = {
    { "PAID", FQ_OUTCOME_PAID },         { "WAITING", FQ_OUTCOME_PENDING },
    { "DECLINED", FQ_OUTCOME_DECLINED }, { "CLOSED", FQ_OUTCOME_CLOSED },
    { "ABSENT", FQ_OUTCOME_NOT_FOUND },
};

static const struct {
    const char *word;
    uint32_t identity;
} query_identities[] = {
    { "LOGIN", FQ_IDENTITY_PLATFORM_LOGIN },
    { "MATCHED", FQ_IDENTITY_REAL_NAME_MATCHED },
    { "MISMATCH", FQ_IDENTITY_MISMATCH },
};

/* Numbers and amounts are repeated as the platform said them, not as we asked: the daemon compares.
 * An adapter that "helps" here hides somebody else's payment. */
int example_tell_payment(const struct fq_host *host, struct fq_pairs said, struct fq_verdict *ret)
{
    const struct fq_str state = fq_pairs_get(said, "state");
    const struct fq_str identity = fq_pairs_get(said, "identity");
    const int64_t instalments = example_get_number(said, "instalments");
    const int64_t refunded = example_get_number(said, "refunded");

    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_UNKNOWN;
    for (size_t i = 0; i < sizeof(query_states) / sizeof(query_states[0]); i++) {
        if (fq_slice_equal(state, fq_slice_of(query_states[i].word)))
            ret->outcome = query_states[i].outcome;
    }
    for (size_t i = 0; i < sizeof(query_identities) / sizeof(query_identities[0]); i++) {
        if (fq_slice_equal(identity, fq_slice_of(query_identities[i].word)))
            ret->identity = query_identities[i].identity;
    }
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = fq_pairs_get(said, "order");
    ret->platform_ref = fq_pairs_get(said, "ref");
    ret->platform_code = state;
    ret->platform_text = fq_pairs_get(said, "text");
    ret->proof = fq_slice_assign(host, "state", state);
    ret->amount = example_get_amount(said);
    if (instalments > 0 && instalments <= 60)
        ret->instalments = (uint32_t)instalments;
    if (refunded >= 0) {
        ret->refunded_total_minor = refunded;
        ret->has_refunded_total = 1;
    }
    return 0;
}

int example_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                         const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_pairs said;
    (void)self;
    (void)call;
    int r = example_read(host, message, &said, ret);
    return r == EXAMPLE_VERIFIED ? example_tell_payment(host, said, ret) : r;
}
