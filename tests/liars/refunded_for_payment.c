/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies, then calls a payment refunded. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    if (honest_query_resume(self, host, call, message, ret) != 0)
        return -1;
    ret->outcome = FQ_OUTCOME_REFUNDED;
    return 0;
}

LIAR_REGISTER
