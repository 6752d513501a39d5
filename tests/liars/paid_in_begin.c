/* SPDX-License-Identifier: Apache-2.0 */
/* Knows that an order is paid before anybody was asked. */
#define LIAR_CREATE_BEGIN liar_create_begin
#include "tests/liars/liar.h"

static int liar_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                             struct fq_verdict *ret)
{
    if (honest_create_begin(self, host, call, ret) != 0)
        return -1;
    ret->action = FQ_ACTION_NONE;
    ret->outcome = FQ_OUTCOME_PAID;
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = call->order_number;
    ret->amount = call->amount;
    return 0;
}

LIAR_REGISTER
