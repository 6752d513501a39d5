/* SPDX-License-Identifier: Apache-2.0 */
/* Counts more items than there can be. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    static const struct fq_pair pair = { { "k", 1 }, { "v", 1 } };
    if (honest_query_resume(self, host, call, message, ret) != 0)
        return -1;
    ret->memory = (struct fq_pairs){ &pair, SIZE_MAX };
    return 0;
}

LIAR_REGISTER
