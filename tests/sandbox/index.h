/* SPDX-License-Identifier: Apache-2.0 */
/* Finds records by a text: an order number, a token. */
#ifndef SANDBOX_INDEX_H
#define SANDBOX_INDEX_H

#include <stddef.h>

struct index_slot {
    const char *key;
    void *value;
};

/* Starts as { 0 }. Keys and values stay the caller's and must outlive the index. */
struct index {
    struct index_slot *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n_used;
};

/* NULL where the key is unknown. */
void *index_find(const struct index *index, const char *key);

/* The key must not be there yet. */
void index_add(struct index *index, const char *key, void *value);

void index_free(struct index *index);

#endif
