/* SPDX-License-Identifier: Apache-2.0 */
/* What is lent to an adapter for one call, and what the call did with it. Inside plugin/ only. */
#ifndef FQ_PLUGIN_HOST_H
#define FQ_PLUGIN_HOST_H

#include "daemon/plugin/channel.h"
#include "daemon/plugin/describe.h"

#define FQ_HOST_CHAINS_MAX  4 /* certificates that one call may check */
#define FQ_HOST_REASON_SIZE 512

/* A certificate that came in a message and reached a pinned root: good for this call only. */
struct fq_host_leaf {
    struct fq_str handle; /* "<roots>/<serial>": never the name of a configured key */
    struct fq_keyring *keyring;
};

struct fq_host_call {
    struct fq_host host; /* what the adapter sees; ctx points back here */
    const struct fq_channel *channel;
    struct fq_arena *arena;
    int64_t now_ms;

    bool verified;
    struct fq_str verified_key;
    struct fq_host_leaf leafs[FQ_HOST_CHAINS_MAX];
    size_t n_leafs;
    /* Bit and place by the number of the declared key. */
    uint32_t encrypt_seen;                                 /* looked for */
    struct fq_keyring *encrypt_keys[FQ_DESCRIBE_KEYS_MAX]; /* what was fetched, or NULL */
    char said[FQ_HOST_REASON_SIZE];                        /* what the adapter told host->fail */
    char trouble[FQ_HOST_REASON_SIZE]; /* the first service that could not be given, and why */
};

void fq_host_init(struct fq_host_call *lent, const struct fq_channel *channel,
                  struct fq_arena *arena, int64_t now_ms);
void fq_host_deinit(struct fq_host_call *lent);

/* Why the call failed, as far as is known, into `arena`; never empty. */
struct fq_str fq_host_reason(const struct fq_host_call *lent, struct fq_arena *arena);

#endif
