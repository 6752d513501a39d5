/* SPDX-License-Identifier: Apache-2.0 */
/* Hands out memory from a chain of blocks and frees it all at once. */
#include "daemon/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"

#define BLOCK_SIZE_FIRST 4096

struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

struct fq_arena {
    struct block *blocks; /* the newest first */
    size_t size;          /* of all blocks together */
    size_t size_max;
    int is_full;
    int wipes;
};

struct fq_arena *fq_arena_new(size_t size_max)
{
    struct fq_arena *arena = fq_zalloc(sizeof(*arena));
    arena->size_max = size_max;
    return arena;
}

void fq_arena_free(struct fq_arena *arena)
{
    if (arena == NULL)
        return;
    while (arena->blocks != NULL) {
        struct block *block = arena->blocks;
        arena->blocks = block->next;
        if (arena->wipes)
            fq_wipe(block->bytes, block->used);
        fq_free(block);
    }
    fq_free(arena);
}

void fq_arena_wipe_on_free(struct fq_arena *arena)
{
    arena->wipes = 1;
}

/* Blocks double, so that a large arena has few; a large request gets a block of its own size. */
static struct block *arena_grow(struct fq_arena *arena, size_t size)
{
    size_t wanted = arena->blocks != NULL ? arena->blocks->size * 2 : BLOCK_SIZE_FIRST;
    size_t left = arena->size_max - arena->size;
    if (wanted > left)
        wanted = left;
    if (wanted < size)
        wanted = size;
    if (wanted > left)
        return NULL;
    struct block *block = fq_zalloc(sizeof(*block) + wanted);
    block->size = wanted;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->size += wanted;
    return block;
}

void *fq_arena_alloc(struct fq_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (arena->is_full || size > arena->size_max) {
        arena->is_full = 1;
        return NULL;
    }
    size = (size + align - 1) / align * align;
    struct block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size)
        block = arena_grow(arena, size);
    if (block == NULL) {
        arena->is_full = 1;
        return NULL;
    }
    void *memory = block->bytes + block->used;
    block->used += size;
    return memory;
}

void *fq_arena_array(struct fq_arena *arena, size_t n, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(n, size, &total))
        total = SIZE_MAX;
    return fq_arena_alloc(arena, total);
}

struct fq_str fq_arena_copy(struct fq_arena *arena, struct fq_str text)
{
    if (text.ptr == NULL)
        return (struct fq_str){ NULL, 0 };
    char *copy = text.len < SIZE_MAX ? fq_arena_alloc(arena, text.len + 1) : NULL;
    if (copy == NULL)
        return (struct fq_str){ NULL, 0 };
    memcpy(copy, text.ptr, text.len);
    return (struct fq_str){ copy, text.len };
}

struct fq_str fq_arena_printf(struct fq_arena *arena, const char *format, ...)
{
    char brief[256]; /* most texts: printed once, not measured first */
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(brief, sizeof(brief), format, arguments);
    va_end(arguments);
    fq_assert(size >= 0);
    if ((size_t)size < sizeof(brief))
        return fq_arena_copy(arena, (struct fq_str){ brief, (size_t)size });
    char *text = fq_arena_alloc(arena, (size_t)size + 1);
    if (text == NULL)
        return (struct fq_str){ NULL, 0 };
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return (struct fq_str){ text, (size_t)size };
}

int fq_arena_is_full(const struct fq_arena *arena)
{
    return arena->is_full;
}
