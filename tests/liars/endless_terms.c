/* SPDX-License-Identifier: Apache-2.0 */
/* Offers instalments over more months than the law allows. */
#define LIAR_DESCRIBE liar_describe
#include "tests/liars/liar.h"

static int liar_describe(void *self, struct fq_description *ret)
{
    static const uint32_t terms[] = { 3, 61 };
    if (honest_describe(self, ret) != 0)
        return -1;
    ret->terms = terms;
    ret->n_terms = 2;
    return 0;
}

LIAR_REGISTER
