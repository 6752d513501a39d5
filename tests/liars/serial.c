/* SPDX-License-Identifier: Apache-2.0 */
/* No liar: wants one call at a time, and notices when it gets two. */
#define LIAR_THREADS      FQ_THREADS_SERIAL
#define LIAR_QUERY_RESUME liar_query_resume
#include <sched.h>

#include "tests/liars/liar.h"

static int n_inside;

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    int alone = __atomic_add_fetch(&n_inside, 1, __ATOMIC_SEQ_CST) == 1;
    (void)self;
    (void)call;
    (void)message;
    for (int i = 0; i < 50; i++) {
        (void)sched_yield();
        alone = alone && __atomic_load_n(&n_inside, __ATOMIC_SEQ_CST) == 1;
    }
    (void)__atomic_sub_fetch(&n_inside, 1, __ATOMIC_SEQ_CST);
    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_PENDING;
    return alone ? 0 : host->fail(host, "two calls at once");
}

LIAR_REGISTER
