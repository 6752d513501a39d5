/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses a setting. */
#define LIAR_OPEN liar_open
#include "tests/liars/liar.h"

static int liar_open(const struct fq_host *host, const struct fq_pair *conf, size_t n_conf,
                     void **ret_self, struct fq_str *reterr_key)
{
    (void)conf;
    (void)n_conf;
    (void)ret_self;
    *reterr_key = LIAR_STR("shop");
    return host->fail(host, "must be a number");
}

LIAR_REGISTER
