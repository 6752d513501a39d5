/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a missing answer for the end of an order. */
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
    ret->outcome = FQ_OUTCOME_CLOSED;
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = call->order_number;
    return 0;
}

LIAR_REGISTER
