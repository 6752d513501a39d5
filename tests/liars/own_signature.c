/* SPDX-License-Identifier: Apache-2.0 */
/* Signs the message itself and verifies that. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    struct fq_str signature = { NULL, 0 };
    if (host->sign(host, "ours", FQ_SCHEME_RSA_SHA256, message->body, &signature) != 0)
        return -1;
    (void)host->verify(host, "ours", FQ_SCHEME_RSA_SHA256, message->body, signature);
    return honest_tell(host, message->body, ret);
}

LIAR_REGISTER
