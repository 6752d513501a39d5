/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching a new key of the platform, after a message named one that we do not have. */
#include "adapters/example/example.h"

int example_fetch_key_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                            struct fq_verdict *ret)
{
    struct fq_text out;
    example_begin(&out, self, host, "key");
    example_put(&out, "name", call->key_name);
    return example_send(self, host, &out, ret);
}

/* A new key is believed because the old one signed it: here too, verify first. (A platform that
 * sends certificates has them checked by host->verify_chain up to pinned roots instead.) */
int example_fetch_key_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_pairs said;
    (void)self;
    (void)call;
    int r = example_read(host, message, &said, ret);
    if (r == EXAMPLE_SETTLED && ret->step == FQ_STEP_NEED_KEY)
        return host->fail(host, "the answer that brings a key is signed with an unknown key");
    if (r != EXAMPLE_VERIFIED)
        return r;
    ret->step = FQ_STEP_DONE;
    ret->key_name = fq_pairs_get(said, "name");
    ret->key_data = fq_pairs_get(said, "pem");
    return 0;
}
