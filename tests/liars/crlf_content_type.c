/* SPDX-License-Identifier: Apache-2.0 */
/* Splits the request with a line break in the content type. */
#define LIAR_QUERY_BEGIN liar_query_begin
#include "tests/liars/liar.h"

static int liar_query_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                            struct fq_verdict *ret)
{
    if (honest_query_begin(self, host, call, ret) != 0)
        return -1;
    ret->message.content_type = LIAR_STR("text/plain\nX-Forged: 1");
    return 0;
}

LIAR_REGISTER
