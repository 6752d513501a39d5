/* SPDX-License-Identifier: Apache-2.0 */
/* Asking about an order, and closing it: both are answered with the order's state. */
#include "adapters/example/example.h"

static int query_send(const struct example *self, const struct fq_host *host,
                      const struct fq_call *call, const char *op, struct fq_verdict *ret)
{
    struct example_out out;
    struct fq_str line = { NULL, 0 };
    example_begin(&out, self, host, op);
    /* By our own number: it is known even when no answer ever came. */
    example_put(&out, "order", call->order_number);
    example_put(&out, "opened", example_remembered(call, "opened"));
    if (example_sign(&out, &line) != 0)
        return -1;
    return example_send(self, host, line, ret);
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
int example_tell_payment(const struct fq_host *host, struct fq_str said, struct fq_verdict *ret)
{
    const struct fq_str state = example_get(host, said, "state");
    const struct fq_str identity = example_get(host, said, "identity");
    const int64_t instalments = example_get_number(host, said, "instalments");
    const int64_t refunded = example_get_number(host, said, "refunded");

    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_UNKNOWN;
    for (size_t i = 0; i < sizeof(query_states) / sizeof(query_states[0]); i++) {
        if (example_equal(state, query_states[i].word))
            ret->outcome = query_states[i].outcome;
    }
    for (size_t i = 0; i < sizeof(query_identities) / sizeof(query_identities[0]); i++) {
        if (example_equal(identity, query_identities[i].word))
            ret->identity = query_identities[i].identity;
    }
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = example_get(host, said, "order");
    ret->platform_ref = example_get(host, said, "ref");
    ret->platform_code = state;
    ret->platform_text = example_get(host, said, "text");
    ret->proof = example_join(host, EXAMPLE_STR("state"), "=", state);
    ret->amount = example_get_amount(host, said);
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
    struct fq_str said = { NULL, 0 };
    (void)self;
    (void)call;
    int r = example_read(host, message, message->body, &said, ret);
    if (r != EXAMPLE_VERIFIED)
        return r == EXAMPLE_SETTLED ? 0 : -1;
    return example_tell_payment(host, said, ret);
}
