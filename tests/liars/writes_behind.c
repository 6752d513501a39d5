/* SPDX-License-Identifier: Apache-2.0 */
/* Is built for a later contract and writes a member without testing FQ_HAS. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;

    struct later_verdict {
        struct fq_verdict known;
        uint64_t later;
    };

    if (honest_query_resume(self, host, call, message, ret) != 0)
        return -1;
    ((struct later_verdict *)(void *)ret)->later = 1;
    return 0;
}

LIAR_REGISTER
