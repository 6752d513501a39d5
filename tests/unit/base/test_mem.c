/* SPDX-License-Identifier: Apache-2.0 */
/* Owners, moves and wipes. */
#include "daemon/base/mem.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

struct thing {
    int *n_freed;
};

static void thing_free(struct thing *thing)
{
    if (thing == NULL)
        return;
    ++*thing->n_freed;
    fq_free(thing);
}

FQ_DEFINE_CLEANUP(thing);

static struct thing *thing_new(int *n_freed)
{
    struct thing *thing = fq_zalloc(sizeof(*thing));
    thing->n_freed = n_freed;
    return thing;
}

static void zalloc_gives_zeroes(void **state)
{
    (void)state;
    static const char zeroes[512];
    char *memory = fq_zalloc(sizeof(zeroes));
    assert_memory_equal(memory, zeroes, sizeof(zeroes));
    fq_free(memory);
}

static void zalloc_of_nothing_is_something(void **state)
{
    (void)state;
    void *memory = fq_zalloc(0);
    void *array = fq_zalloc_array(0, 8);
    assert_non_null(memory);
    assert_non_null(array);
    fq_free(memory);
    fq_free(array);
}

static void scope_end_frees(void **state)
{
    (void)state;
    int n_freed = 0;
    {
        FQ_CLEANUP(thing) *thing = thing_new(&n_freed);
        assert_int_equal(*thing->n_freed, 0);
    }
    assert_int_equal(n_freed, 1);
}

static void taken_is_not_freed(void **state)
{
    (void)state;
    int n_freed = 0;

    struct thing *kept = NULL;
    {
        FQ_CLEANUP(thing) *thing = thing_new(&n_freed);
        kept = FQ_TAKE(thing);
        assert_null(thing);
    }

    assert_int_equal(n_freed, 0);
    thing_free(kept);
}

static void cleanup_takes_null(void **state)
{
    (void)state;
    FQ_CLEANUP(thing) *thing = NULL;
    FQ_CLEANUP_FREE char *text = NULL;
    assert_null(thing);
    assert_null(text);
}

static void wipe_leaves_zeroes(void **state)
{
    (void)state;
    char secret[] = "secret";
    static const char zeroes[sizeof(secret)];
    fq_wipe(secret, sizeof(secret));
    assert_memory_equal(secret, zeroes, sizeof(secret));
    fq_wipe(NULL, 0);
}

static void container_of_finds_the_whole(void **state)
{
    (void)state;

    struct whole {
        char first;
        struct thing part;
    } whole;

    assert_ptr_equal(fq_container_of(&whole.part, struct whole, part), &whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zalloc_gives_zeroes),
        cmocka_unit_test(zalloc_of_nothing_is_something),
        cmocka_unit_test(scope_end_frees),
        cmocka_unit_test(taken_is_not_freed),
        cmocka_unit_test(cleanup_takes_null),
        cmocka_unit_test(wipe_leaves_zeroes),
        cmocka_unit_test(container_of_finds_the_whole),
    };
    return cmocka_run_group_tests_name("base/mem", tests, NULL, NULL);
}
