/* SPDX-License-Identifier: Apache-2.0 */
/* Wants the payer remembered, in clear, for the next time. */
#define LIAR_CREATE_BEGIN liar_create_begin
#include "tests/liars/liar.h"

static int liar_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                             struct fq_verdict *ret)
{
    if (honest_create_begin(self, host, call, ret) != 0)
        return -1;
    struct fq_pair *pair = host->alloc(host, sizeof(*pair));
    if (pair == NULL)
        return host->fail(host, "out of memory");
    *pair = (struct fq_pair){ LIAR_STR("document"), call->payer_document_number };
    ret->action = FQ_ACTION_FORM_POST;
    ret->memory = (struct fq_pairs){ pair, 1 };
    return 0;
}

LIAR_REGISTER
