/* SPDX-License-Identifier: Apache-2.0 */
/* Wants 2049 bytes remembered. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    static char bytes[2048];
    static const struct fq_pair pair = { { "k", 1 }, { bytes, sizeof(bytes) } };
    memset(bytes, 'm', sizeof(bytes));
    if (honest_query_resume(self, host, call, message, ret) != 0)
        return -1;
    ret->memory = (struct fq_pairs){ &pair, 1 };
    return 0;
}

LIAR_REGISTER
