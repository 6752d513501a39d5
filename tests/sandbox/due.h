/* SPDX-License-Identifier: Apache-2.0 */
/* What is to happen when: a heap of times, the earliest first. */
#ifndef SANDBOX_DUE_H
#define SANDBOX_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct due {
    int64_t at_unix_ms;
    uint64_t turn; /* of equal times the one that was added first */
    void *what;
    void *part; /* of it, or NULL */
};

/* Starts as { 0 }. Whoever takes an entry out asks whether it still holds. */
struct due_list {
    struct due *heap;
    size_t n_dues;
    size_t room;
    uint64_t n_turns;
};

void due_add(struct due_list *list, int64_t at_unix_ms, void *what, void *part);

/* The earliest, still in the list; NULL where the list is empty. */
const struct due *due_first(const struct due_list *list);
void due_remove_first(struct due_list *list);

/* All of them come so much sooner. */
void due_shift(struct due_list *list, int64_t by_ms);

void due_free(struct due_list *list);

#endif
