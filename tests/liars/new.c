/* SPDX-License-Identifier: Apache-2.0 */
/* No liar: an adapter of a later release, with members behind the end of ours, which it uses only
 * where the daemon has them. */
#define LIAR_QUERY_RESUME liar_query_resume
#include "tests/liars/liar.h"

struct later_verdict {
    struct fq_verdict known;
    uint64_t later;
};

static int liar_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                             const struct fq_message *message, struct fq_verdict *ret)
{
    if (honest_query_resume(self, host, call, message, ret) != 0)
        return -1;
    if (ret->struct_size >= sizeof(struct later_verdict))
        ((struct later_verdict *)(void *)ret)->later = 1;
    return 0;
}

static const struct {
    struct fq_adapter known;
    fq_begin_fn *later;
} later = {
    .known = {
        .struct_size = sizeof(later),
        .abi_version = FQ_ABI_VERSION,
        .threads = FQ_THREADS_PARALLEL,
        .name = "new",
        .version = "2.0",
        .open = honest_open,
        .describe = honest_describe,
        .query = { honest_query_begin, liar_query_resume },
    },
    .later = honest_query_begin,
};

FQ_REGISTER_ADAPTER(later.known)
