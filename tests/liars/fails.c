/* SPDX-License-Identifier: Apache-2.0 */
/* Gives up, with a text that would forge a line of the log. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    (void)message;
    (void)ret;
    return host->fail(host, "no such luck\nfenqid: payment paid");
}

LIAR_REGISTER
