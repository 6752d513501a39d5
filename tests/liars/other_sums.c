/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes a schedule that does not add up to the amount. */
#define LIAR_QUOTE liar_quote
#include "tests/liars/liar.h"

static int liar_quote(void *self, const struct fq_host *host, const struct fq_quote_in *in,
                      struct fq_quote_out *ret)
{
    if (honest_quote(self, host, in, ret) != 0)
        return -1;
    ret->lines[0].principal_minor--;
    return 0;
}

LIAR_REGISTER
