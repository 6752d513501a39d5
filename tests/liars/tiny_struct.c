/* SPDX-License-Identifier: Apache-2.0 */
/* Assigns the whole verdict and forgets its size. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    const struct fq_verdict verdict = { .step = FQ_STEP_DONE, .outcome = FQ_OUTCOME_PENDING };
    (void)host;
    (void)message;
    *ret = verdict;
    return 0;
}

LIAR_REGISTER
