/* SPDX-License-Identifier: Apache-2.0 */
/* Gives up without a word. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    (void)host;
    (void)message;
    (void)ret;
    return -1;
}

LIAR_REGISTER
