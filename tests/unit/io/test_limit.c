/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets, counts in flight, and who speaks under a routing id. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/io/limit.h"
#include "daemon/io/peer.h"

static const struct fq_merchant shop = { .id = fq_lit("shop") };
static const struct fq_merchant other = { .id = fq_lit("other") };

static void starts_full_and_empties(void **state)
{
    (void)state;
    int64_t retry_ms = 0;
    FQ_CLEANUP(fq_limit_table) *table = fq_limit_table_new(10, 3);
    struct fq_limit *limit = fq_limit_of(table, &shop);
    for (int i = 0; i < 3; i++)
        assert_int_equal(fq_limit_take(limit, &shop, 5, &retry_ms), 0);
    assert_int_equal(fq_limit_take(limit, &shop, 5, &retry_ms), FQ_LIMIT_E_RATE);
    assert_int_equal(retry_ms, 100);
}

static void a_retry_at_the_time_named_succeeds_and_not_before(void **state)
{
    (void)state;
    int64_t retry_ms = 0;
    FQ_CLEANUP(fq_limit_table) *table = fq_limit_table_new(3, 1);
    struct fq_limit *limit = fq_limit_of(table, &shop);
    assert_int_equal(fq_limit_take(limit, &shop, 1000, &retry_ms), 0);
    assert_int_equal(fq_limit_take(limit, &shop, 1000, &retry_ms), FQ_LIMIT_E_RATE);
    assert_int_equal(retry_ms, 334);
    assert_int_equal(fq_limit_take(limit, &shop, 1333, &retry_ms), FQ_LIMIT_E_RATE);
    assert_int_equal(retry_ms, 1);
    assert_int_equal(fq_limit_take(limit, &shop, 1334, &retry_ms), 0);
}

static void never_saves_more_than_the_burst(void **state)
{
    (void)state;
    int64_t retry_ms = 0;
    int n = 0;
    FQ_CLEANUP(fq_limit_table) *table = fq_limit_table_new(UINT32_MAX, 2);
    struct fq_limit *limit = fq_limit_of(table, &shop);
    assert_int_equal(fq_limit_take(limit, &shop, 1, &retry_ms), 0);
    while (fq_limit_take(limit, &shop, INT64_MAX / 2, &retry_ms) == 0)
        n++;
    assert_int_equal(n, 2);
}

static void a_clock_that_steps_back_gives_nothing(void **state)
{
    (void)state;
    int64_t retry_ms = 0;
    FQ_CLEANUP(fq_limit_table) *table = fq_limit_table_new(1, 1);
    struct fq_limit *limit = fq_limit_of(table, &shop);
    assert_int_equal(fq_limit_take(limit, &shop, 100000, &retry_ms), 0);
    assert_int_equal(fq_limit_take(limit, &shop, 10, &retry_ms), FQ_LIMIT_E_RATE);
}

static void a_merchant_has_its_own_rate_and_bucket(void **state)
{
    (void)state;
    int64_t retry_ms = 0;
    struct fq_merchant fast = { .id = fq_lit("fast"), .rate_per_second = 100, .rate_burst = 2 };
    FQ_CLEANUP(fq_limit_table) *table = fq_limit_table_new(1, 1);
    struct fq_limit *limit = fq_limit_of(table, &fast);
    assert_int_equal(fq_limit_take(limit, &fast, 5, &retry_ms), 0);
    assert_int_equal(fq_limit_take(limit, &fast, 5, &retry_ms), 0);
    assert_int_equal(fq_limit_take(limit, &fast, 5, &retry_ms), FQ_LIMIT_E_RATE);
    assert_int_equal(retry_ms, 10);
    assert_int_equal(fq_limit_take(fq_limit_of(table, &other), &other, 5, &retry_ms), 0);
}

static void no_rate_is_no_limit(void **state)
{
    (void)state;
    int64_t retry_ms = 0;
    FQ_CLEANUP(fq_limit_table) *table = fq_limit_table_new(0, 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(fq_limit_take(fq_limit_of(table, &shop), &shop, 5, &retry_ms), 0);
}

static void counts_in_flight_by_merchant_id(void **state)
{
    (void)state;
    const struct fq_merchant reloaded = { .id = fq_lit("shop") };
    FQ_CLEANUP(fq_limit_table) *table = fq_limit_table_new(0, 0);
    fq_limit_enter(fq_limit_of(table, &shop));
    fq_limit_enter(fq_limit_of(table, &reloaded));
    assert_int_equal(fq_limit_n_in_flight(fq_limit_of(table, &shop)), 2);
    assert_int_equal(fq_limit_n_in_flight(fq_limit_of(table, &other)), 0);
    fq_limit_leave(fq_limit_of(table, &shop));
    assert_int_equal(fq_limit_n_in_flight(fq_limit_of(table, &shop)), 1);
}

static void another_key_ends_the_turn_of_the_first(void **state)
{
    (void)state;
    uint32_t first = 0;
    uint32_t again = 0;
    uint32_t thief = 0;
    FQ_CLEANUP(fq_peer_table) *table = fq_peer_table_new();
    struct fq_peer *peer = fq_peer_hold(table, "\0abcd", fq_lit("key-a"), &first);
    assert_ptr_equal(fq_peer_hold(table, "\0abcd", fq_lit("key-a"), &again), peer);
    assert_int_equal(first, again);
    assert_true(fq_peer_is_same(peer, first));
    assert_ptr_equal(fq_peer_hold(table, "\0abcd", fq_lit("key-b"), &thief), peer);
    assert_false(fq_peer_is_same(peer, first));
    assert_true(fq_peer_is_same(peer, thief));
    for (int i = 0; i < 3; i++)
        fq_peer_release(table, peer);
}

static void the_first_key_does_not_get_its_old_turn_back(void **state)
{
    (void)state;
    uint32_t first = 0;
    uint32_t turn = 0;
    FQ_CLEANUP(fq_peer_table) *table = fq_peer_table_new();
    struct fq_peer *peer = fq_peer_hold(table, "\0abcd", fq_lit("key-a"), &first);
    (void)fq_peer_hold(table, "\0abcd", fq_lit("key-b"), &turn);
    (void)fq_peer_hold(table, "\0abcd", fq_lit("key-a"), &turn);
    assert_false(fq_peer_is_same(peer, first));
    assert_true(fq_peer_is_same(peer, turn));
    for (int i = 0; i < 3; i++)
        fq_peer_release(table, peer);
}

static void other_routing_ids_are_other_peers(void **state)
{
    (void)state;
    uint32_t one = 0;
    uint32_t two = 0;
    FQ_CLEANUP(fq_peer_table) *table = fq_peer_table_new();
    struct fq_peer *a = fq_peer_hold(table, "\0abcd", fq_lit("key-a"), &one);
    struct fq_peer *b = fq_peer_hold(table, "\0abce", fq_lit("key-b"), &two);
    assert_ptr_not_equal(a, b);
    assert_true(fq_peer_is_same(a, one));
    fq_peer_release(table, a);
    fq_peer_release(table, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_full_and_empties),
        cmocka_unit_test(a_retry_at_the_time_named_succeeds_and_not_before),
        cmocka_unit_test(never_saves_more_than_the_burst),
        cmocka_unit_test(a_clock_that_steps_back_gives_nothing),
        cmocka_unit_test(a_merchant_has_its_own_rate_and_bucket),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(counts_in_flight_by_merchant_id),
        cmocka_unit_test(another_key_ends_the_turn_of_the_first),
        cmocka_unit_test(the_first_key_does_not_get_its_old_turn_back),
        cmocka_unit_test(other_routing_ids_are_other_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
