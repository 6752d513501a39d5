/* SPDX-License-Identifier: Apache-2.0 */
/* Hands over a key that nobody vouches for. */
#define LIAR_FETCH_KEY_RESUME liar_query_resume
#include "tests/liars/liar.h"

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    (void)host;
    ret->step = FQ_STEP_DONE;
    ret->key_name = LIAR_STR("platform");
    ret->key_data = message->body;
    return 0;
}

LIAR_REGISTER
