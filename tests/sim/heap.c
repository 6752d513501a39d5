/* SPDX-License-Identifier: Apache-2.0 */
/* Stands before daemon/base/mem.c (by the linker's --wrap): keeps a list of what a life allocated.
 */
#include "tests/sim/heap.h"

#include <stdint.h>
#include <stdlib.h>

struct heap_piece {
    struct heap_piece *next;
    struct heap_piece *before;
};

static struct heap_piece heap_alive = { &heap_alive, &heap_alive };
static int heap_lives;

void *__wrap_fq_zalloc(size_t size);
void *__wrap_fq_zalloc_array(size_t n, size_t size);
void __wrap_fq_free(void *memory);

void sim_heap_live(void)
{
    heap_lives = 1;
}

void sim_heap_rest(void)
{
    heap_lives = 0;
}

void *__wrap_fq_zalloc(size_t size)
{
    struct heap_piece *piece = calloc(1, sizeof(*piece) + (size > 0 ? size : 1));
    if (piece == NULL)
        abort();
    if (heap_lives) {
        piece->next = heap_alive.next;
        piece->before = &heap_alive;
        heap_alive.next->before = piece;
        heap_alive.next = piece;
    }
    return piece + 1;
}

void *__wrap_fq_zalloc_array(size_t n, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(n, size, &total))
        abort();
    return __wrap_fq_zalloc(total);
}

static void heap_free(struct heap_piece *piece)
{
    if (piece->next != NULL) {
        piece->next->before = piece->before;
        piece->before->next = piece->next;
    }
    free(piece);
}

void __wrap_fq_free(void *memory)
{
    if (memory != NULL)
        heap_free((struct heap_piece *)memory - 1);
}

size_t sim_heap_die(void)
{
    size_t n = 0;
    while (heap_alive.next != &heap_alive) {
        heap_free(heap_alive.next);
        n++;
    }
    return n;
}
