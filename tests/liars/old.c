/* SPDX-License-Identifier: Apache-2.0 */
/* No liar: an adapter of an earlier release, whose struct ended behind `query`. One byte read
 * behind its end is a byte of somebody else's. */
#include "tests/liars/liar.h"

struct old_adapter {
    uint64_t struct_size;
    uint32_t abi_version;
    uint32_t threads;
    const char *name;
    const char *version;
    int (*open)(const struct fq_host *, const struct fq_pair *, size_t, void **, struct fq_str *);
    void (*close)(void *);
    fq_describe_fn *describe;
    fq_quote_fn *quote;
    struct fq_exchange create;
    struct fq_exchange query;
};

static const struct {
    struct old_adapter adapter;
    unsigned char behind[256];
} old = {
    .adapter = {
        .struct_size = sizeof(struct old_adapter),
        .abi_version = FQ_ABI_VERSION,
        .threads = FQ_THREADS_SERIAL,
        .name = "old",
        .version = "0.9",
        .open = honest_open,
        .describe = honest_describe,
        .quote = honest_quote,
        .create = { honest_create_begin, NULL },
        .query = { honest_query_begin, honest_query_resume },
    },
    .behind = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
};

__attribute__((visibility("default"))) const struct fq_adapter *fenqi_adapter(void);

const struct fq_adapter *fenqi_adapter(void)
{
    const void *adapter = &old.adapter;
    return adapter;
}
