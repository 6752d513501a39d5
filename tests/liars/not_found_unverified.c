/* SPDX-License-Identifier: Apache-2.0 */
/* Takes an unsigned answer for proof that an order does not exist. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    (void)host;
    (void)message;
    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_NOT_FOUND;
    ret->object = FQ_OBJECT_PAYMENT;
    return 0;
}

LIAR_REGISTER
