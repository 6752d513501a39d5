/* SPDX-License-Identifier: Apache-2.0 */
/* Gives an action that never expires. */
#define LIAR_CREATE_BEGIN liar_create_begin
#include "tests/liars/liar.h"

static int liar_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                             struct fq_verdict *ret)
{
    if (honest_create_begin(self, host, call, ret) != 0)
        return -1;
    ret->action_expires_unix_ms = 0;
    return 0;
}

LIAR_REGISTER
