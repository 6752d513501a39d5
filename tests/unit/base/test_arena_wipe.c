/* SPDX-License-Identifier: Apache-2.0 */
/* What an arena leaves behind in the memory that it gives back. In place of base/mem stands an
 * allocator that looks. */

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/base/arena.h"

#define CANARY "13800138000"
#define HEAD   16

static size_t n_freed, n_canaries;

void *fq_zalloc(size_t size)
{
    char *memory = calloc(1, HEAD + size);
    if (memory == NULL)
        abort();
    memcpy(memory, &size, sizeof(size));
    return memory + HEAD;
}

void *fq_zalloc_array(size_t n, size_t size)
{
    return fq_zalloc(n * size);
}

void fq_free(void *memory)
{
    size_t size = 0;
    if (memory == NULL)
        return;
    memcpy(&size, (char *)memory - HEAD, sizeof(size));
    n_freed++;
    n_canaries += memmem(memory, size, CANARY, strlen(CANARY)) != NULL;
    free((char *)memory - HEAD);
}

void fq_wipe(void *memory, size_t size)
{
    explicit_bzero(memory, size);
}

/* Several blocks, with a canary at the beginning and at the end of each. */
static struct fq_arena *arena_full_of_canaries(void)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    for (size_t i = 0; i < 2000; i++)
        assert_non_null(fq_arena_copy(arena, fq_lit(CANARY)).ptr);
    assert_non_null(fq_arena_alloc(arena, 100000));
    assert_non_null(fq_arena_printf(arena, "%s", CANARY).ptr);
    n_freed = 0;
    n_canaries = 0;
    return arena;
}

static void a_plain_arena_leaves_its_bytes(void **state)
{
    (void)state;
    fq_arena_free(arena_full_of_canaries());
    assert_true(n_freed > 3);
    assert_true(n_canaries > 2);
}

static void a_wiping_arena_leaves_nothing(void **state)
{
    (void)state;
    struct fq_arena *arena = arena_full_of_canaries();
    fq_arena_wipe_on_free(arena);
    fq_arena_free(arena);
    assert_true(n_freed > 3);
    assert_int_equal(n_canaries, 0);
}

static void an_empty_one_is_freed_too(void **state)
{
    (void)state;
    struct fq_arena *arena = fq_arena_new(16);
    fq_arena_wipe_on_free(arena);
    n_freed = 0;
    fq_arena_free(arena);
    assert_int_equal(n_freed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_arena_leaves_its_bytes),
        cmocka_unit_test(a_wiping_arena_leaves_nothing),
        cmocka_unit_test(an_empty_one_is_freed_too),
    };
    return cmocka_run_group_tests_name("base/arena wipe", tests, NULL, NULL);
}
