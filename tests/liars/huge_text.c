/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a text whose length is garbage. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    if (honest_query_resume(self, host, call, message, ret) != 0)
        return -1;
    ret->platform_text = (struct fq_str){ "short", SIZE_MAX / 2 };
    return 0;
}

LIAR_REGISTER
