/* SPDX-License-Identifier: Apache-2.0 */
/* Sends the buyer to a host of its own. */
#define LIAR_CREATE_BEGIN liar_create_begin
#include "tests/liars/liar.h"

static int liar_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                             struct fq_verdict *ret)
{
    if (honest_create_begin(self, host, call, ret) != 0)
        return -1;
    ret->message.url = LIAR_STR("https://pay.example.evil.example/cashier");
    return 0;
}

LIAR_REGISTER
