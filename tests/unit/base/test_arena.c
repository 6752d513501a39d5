/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that dies together, up to a cap. */
#include "daemon/base/arena.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdalign.h>
#include <string.h>

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    static const char zeroes[33];
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    for (size_t size = 1; size < sizeof(zeroes); size++) {
        char *memory = fq_arena_alloc(arena, size);
        assert_memory_equal(memory, zeroes, size);
        assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
        memset(memory, 0xff, size);
    }
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    unsigned char *pieces[100];
    for (size_t i = 0; i < 100; i++) {
        pieces[i] = fq_arena_alloc(arena, 100 + i);
        assert_non_null(pieces[i]);
        memset(pieces[i], (int)i, 100 + i);
    }
    for (size_t i = 0; i < 100; i++) {
        for (size_t k = 0; k < 100 + i; k++)
            assert_int_equal(pieces[i][k], i);
    }
}

static void cap_holds_to_the_byte(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *exact = fq_arena_new(8192);
    FQ_CLEANUP(fq_arena) *beyond = fq_arena_new(8192);
    assert_non_null(fq_arena_alloc(exact, 8192));
    assert_null(fq_arena_alloc(beyond, 8193));
}

static void cap_holds_over_many_pieces(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    size_t sum = 0;
    while (fq_arena_alloc(arena, 1000) != NULL)
        sum += 1000;
    assert_in_range(sum, 32768, 65536);
}

static void full_is_sticky(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    assert_non_null(fq_arena_alloc(arena, 16));
    assert_false(fq_arena_is_full(arena));
    assert_null(fq_arena_alloc(arena, 8192));
    assert_true(fq_arena_is_full(arena));
    assert_null(fq_arena_alloc(arena, 16));
}

static void array_refuses_overflow(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    assert_null(fq_arena_array(arena, SIZE_MAX / 2, 4));
}

static void copy_ends_with_a_nul(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str copy = fq_arena_copy(arena, (struct fq_str){ "abcdef", 3 });
    assert_int_equal(copy.len, 3);
    assert_string_equal(copy.ptr, "abc");
}

static void copy_keeps_absent_and_empty_apart(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    assert_null(fq_arena_copy(arena, (struct fq_str){ NULL, 0 }).ptr);
    assert_non_null(fq_arena_copy(arena, fq_lit("")).ptr);
}

static void printf_formats(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str text = fq_arena_printf(arena, "%s-%d", "a", 12);
    assert_int_equal(text.len, 4);
    assert_string_equal(text.ptr, "a-12");
}

static void printf_beyond_the_cap_is_absent(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(64);
    assert_null(fq_arena_printf(arena, "%100d", 1).ptr);
}

static void free_takes_null(void **state)
{
    (void)state;
    fq_arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(cap_holds_to_the_byte),
        cmocka_unit_test(cap_holds_over_many_pieces),
        cmocka_unit_test(full_is_sticky),
        cmocka_unit_test(array_refuses_overflow),
        cmocka_unit_test(copy_ends_with_a_nul),
        cmocka_unit_test(copy_keeps_absent_and_empty_apart),
        cmocka_unit_test(printf_formats),
        cmocka_unit_test(printf_beyond_the_cap_is_absent),
        cmocka_unit_test(free_takes_null),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
