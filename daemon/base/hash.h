/* SPDX-License-Identifier: Apache-2.0 */
/* uthash, with one plain hash function: its own has fall-throughs that clang warns about. Keys are
 * ours (sequences, configured client keys, routing ids of libzmq), none is a stranger's choice. */
#ifndef FQ_BASE_HASH_H
#define FQ_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/mem.h"

/* FNV-1a. */
static inline unsigned fq_hash(const void *key, size_t size)
{
    const unsigned char *bytes = key;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): keys have no gaps
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}

/* Memory as all of ours. */
#define uthash_malloc(size)       fq_zalloc(size)
#define uthash_free(memory, size) fq_free(memory)

#define HASH_FUNCTION(key, size, hash) (hash) = fq_hash((key), (size))

#include <uthash.h>

/* gcc 12's analyzer loses sight of what a table keeps, and reports each element as leaked. */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"

#endif
