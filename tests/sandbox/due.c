/* SPDX-License-Identifier: Apache-2.0 */
/* What is to happen when: a heap of times, the earliest first. */
#include "tests/sandbox/due.h"

#include <stdlib.h>

static bool due_before(const struct due *a, const struct due *b)
{
    return a->at_unix_ms != b->at_unix_ms ? a->at_unix_ms < b->at_unix_ms : a->turn < b->turn;
}

static void due_swap(struct due *a, struct due *b)
{
    struct due kept = *a;
    *a = *b;
    *b = kept;
}

void due_add(struct due_list *list, int64_t at_unix_ms, void *what, void *part)
{
    if (list->n_dues == list->room) {
        list->room = list->room * 2 + 64;
        list->heap = realloc(list->heap, list->room * sizeof(list->heap[0]));
        if (list->heap == NULL)
            abort();
    }
    size_t at = list->n_dues++;
    list->heap[at] = (struct due){ at_unix_ms, list->n_turns++, what, part };
    while (at > 0 && due_before(&list->heap[at], &list->heap[(at - 1) / 2])) {
        due_swap(&list->heap[at], &list->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

const struct due *due_first(const struct due_list *list)
{
    return list->n_dues > 0 ? &list->heap[0] : NULL;
}

void due_remove_first(struct due_list *list)
{
    size_t at = 0;
    list->heap[0] = list->heap[--list->n_dues];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < list->n_dues && due_before(&list->heap[child + 1], &list->heap[child]))
            child++;
        if (child >= list->n_dues || !due_before(&list->heap[child], &list->heap[at]))
            return;
        due_swap(&list->heap[child], &list->heap[at]);
        at = child;
    }
}

void due_shift(struct due_list *list, int64_t by_ms)
{
    for (size_t i = 0; i < list->n_dues; i++)
        list->heap[i].at_unix_ms -= by_ms;
}

void due_free(struct due_list *list)
{
    free(list->heap);
    *list = (struct due_list){ 0 };
}
