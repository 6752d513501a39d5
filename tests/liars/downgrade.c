/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies by a scheme that has been broken for years. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    struct fq_str text = { NULL, 0 };
    struct fq_str signature = { NULL, 0 };
    if (honest_cut(host, message->body, &text, &signature) != 0 ||
        host->verify(host, "platform", FQ_SCHEME_RSA_SHA1, text, signature) != 0)
        return host->fail(host, "the signature is not the platform's");
    return honest_tell(host, message->body, ret);
}

LIAR_REGISTER
