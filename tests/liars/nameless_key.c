/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for a key without saying how it is called. */
#define LIAR_DESCRIBE liar_describe
#include "tests/liars/liar.h"

static int liar_describe(void *self, struct fq_description *ret)
{
    static const struct fq_key_need keys[] = { { NULL, FQ_KEY_PUBLIC_VERIFY, 1 } };
    if (honest_describe(self, ret) != 0)
        return -1;
    ret->keys = keys;
    ret->n_keys = 1;
    return 0;
}

LIAR_REGISTER
