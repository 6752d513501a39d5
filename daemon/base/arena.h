/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: memory that lives and dies with one request, under a hard cap. */
#ifndef FQ_BASE_ARENA_H
#define FQ_BASE_ARENA_H

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

/* What one request may hold in all: bodies, decoded messages, adapter calls, reply. */
#define FQ_ARENA_SIZE_MAX ((size_t)1 << 20)

struct fq_arena;

/* An empty arena that refuses to grow beyond `size_max` bytes. Not safe for two threads at once;
 * handing it from thread to thread (through a queue) is. */
struct fq_arena *fq_arena_new(size_t size_max);
void fq_arena_free(struct fq_arena *arena);
FQ_DEFINE_CLEANUP(fq_arena);

/* From now on it holds what must not stay behind, personal data say: freeing it overwrites all that
 * was handed out. */
void fq_arena_wipe_on_free(struct fq_arena *arena);

/* Zeroed, aligned for any type; NULL beyond the cap, and then always NULL (full is sticky). */
void *fq_arena_alloc(struct fq_arena *arena, size_t size);

/* A zeroed array; NULL beyond the cap or on overflow. */
void *fq_arena_array(struct fq_arena *arena, size_t n, size_t size);

/* A copy of `text` with a NUL behind it (not counted). {NULL, 0} beyond the cap or if absent. */
struct fq_str fq_arena_copy(struct fq_arena *arena, struct fq_str text);

/* Formatted text, NUL-terminated; {NULL, 0} beyond the cap. */
struct fq_str fq_arena_printf(struct fq_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* True once an allocation was refused: everything built since may be incomplete. */
int fq_arena_is_full(const struct fq_arena *arena);

#endif
