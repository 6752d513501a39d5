/* SPDX-License-Identifier: Apache-2.0 */
/* Finds records by a text: an order number, a token. */
#include "tests/sandbox/index.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/text.h"

enum { INDEX_SLOTS_LEAST = 64 };

/* FNV-1a */
static uint64_t index_hash(const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return hash;
}

/* Where the key stands, or the free slot where it would. */
static struct index_slot *index_slot(const struct index *index, const char *key)
{
    size_t at = index_hash(key) & (index->n_slots - 1);
    while (index->slots[at].key != NULL && strcmp(index->slots[at].key, key) != 0)
        at = (at + 1) & (index->n_slots - 1);
    return &index->slots[at];
}

void *index_find(const struct index *index, const char *key)
{
    return index->n_slots > 0 ? index_slot(index, key)->value : NULL;
}

static void index_grow(struct index *index)
{
    struct index bigger = { .n_slots =
                                index->n_slots > 0 ? index->n_slots * 2 : INDEX_SLOTS_LEAST };
    bigger.slots = text_alloc(bigger.n_slots * sizeof(bigger.slots[0]));
    bigger.n_used = index->n_used;
    for (size_t i = 0; i < index->n_slots; i++) {
        if (index->slots[i].key != NULL)
            *index_slot(&bigger, index->slots[i].key) = index->slots[i];
    }
    free(index->slots);
    *index = bigger;
}

void index_add(struct index *index, const char *key, void *value)
{
    if (index->n_used * 2 >= index->n_slots)
        index_grow(index);
    *index_slot(index, key) = (struct index_slot){ key, value };
    index->n_used++;
}

void index_free(struct index *index)
{
    free(index->slots);
    *index = (struct index){ 0 };
}
