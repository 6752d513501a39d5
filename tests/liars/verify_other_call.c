/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies in its first call and takes every later message on the strength of that. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    int *trusts = self;
    if (!*trusts)
        *trusts = honest_verify(host, "platform", message->body) == 0;
    if (!*trusts)
        return host->fail(host, "the signature is not the platform's");
    return honest_tell(host, message->body, ret);
}

LIAR_REGISTER
