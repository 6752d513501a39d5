/* SPDX-License-Identifier: Apache-2.0 */
/* Says what the message says, and forgot to verify it: PAID. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    return honest_tell(host, message->body, ret);
}

LIAR_REGISTER
