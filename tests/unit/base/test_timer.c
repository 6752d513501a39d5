/* SPDX-License-Identifier: Apache-2.0 */
/* The loop's timers: in order, once, restarted and stopped, also while they fire. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/base/timer.h"

#define N_TIMERS 300

static struct fq_timers *timers;
static struct fq_timer all[N_TIMERS];
static size_t order[N_TIMERS * 2];
static size_t n_fired;

static void timer_note(struct fq_timer *timer)
{
    order[n_fired++] = (size_t)(timer - all);
}

static int timer_begin(void **state)
{
    (void)state;
    timers = fq_timers_new();
    n_fired = 0;
    for (size_t i = 0; i < N_TIMERS; i++)
        all[i] = (struct fq_timer){ .fire = timer_note };
    return 0;
}

static int timer_end(void **state)
{
    (void)state;
    fq_timers_free(timers);
    return 0;
}

static void test_they_fire_in_the_order_of_their_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TIMERS; i++)
        fq_timers_start(timers, &all[i], (int64_t)(i * 7919 % N_TIMERS));
    fq_timers_fire(timers, N_TIMERS);
    assert_int_equal(n_fired, N_TIMERS);
    for (size_t i = 1; i < N_TIMERS; i++)
        assert_true(all[order[i - 1]].due_mono_ms <= all[order[i]].due_mono_ms);
}

static void test_what_is_not_due_does_not_fire(void **state)
{
    (void)state;
    fq_timers_start(timers, &all[0], 100);
    fq_timers_start(timers, &all[1], 101);
    fq_timers_fire(timers, 99);
    assert_int_equal(n_fired, 0);
    fq_timers_fire(timers, 100);
    assert_int_equal(n_fired, 1);
    fq_timers_fire(timers, 100);
    assert_int_equal(n_fired, 1);
    assert_int_equal(all[0].place, 0);
    assert_int_not_equal(all[1].place, 0);
}

static void test_a_stopped_one_does_not_fire(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TIMERS; i++)
        fq_timers_start(timers, &all[i], (int64_t)(N_TIMERS - i));
    for (size_t i = 0; i < N_TIMERS; i += 2) {
        fq_timers_stop(timers, &all[i]);
        fq_timers_stop(timers, &all[i]);
    }
    fq_timers_fire(timers, N_TIMERS);
    assert_int_equal(n_fired, N_TIMERS / 2);
    for (size_t i = 0; i < n_fired; i++)
        assert_int_equal(order[i] % 2, 1);
    for (size_t i = 1; i < n_fired; i++)
        assert_true(all[order[i - 1]].due_mono_ms < all[order[i]].due_mono_ms);
}

static void test_a_restarted_one_fires_once_at_its_new_time(void **state)
{
    (void)state;
    fq_timers_start(timers, &all[0], 10);
    fq_timers_start(timers, &all[1], 20);
    fq_timers_start(timers, &all[0], 30);
    fq_timers_fire(timers, 25);
    assert_int_equal(n_fired, 1);
    assert_int_equal(order[0], 1);
    fq_timers_fire(timers, 30);
    assert_int_equal(n_fired, 2);
}

static void test_the_wait_is_until_the_first(void **state)
{
    (void)state;
    assert_int_equal(fq_timers_wait_ms(timers, 0, 1000), 1000);
    fq_timers_start(timers, &all[0], 500);
    fq_timers_start(timers, &all[1], 300);
    assert_int_equal(fq_timers_wait_ms(timers, 100, 1000), 200);
    assert_int_equal(fq_timers_wait_ms(timers, 100, 50), 50);
    assert_int_equal(fq_timers_wait_ms(timers, 301, 1000), 0);
}

/* ---- while they fire ---- */

static void timer_again(struct fq_timer *timer)
{
    timer_note(timer);
    fq_timers_start(timers, timer, timer->due_mono_ms);
}

static void test_one_that_starts_itself_anew_does_not_hold_the_loop(void **state)
{
    (void)state;
    all[0].fire = timer_again;
    fq_timers_start(timers, &all[0], 1);
    fq_timers_fire(timers, 100);
    assert_int_equal(n_fired, 1);
    assert_int_not_equal(all[0].place, 0);
    fq_timers_stop(timers, &all[0]);
}

static void timer_stop_others(struct fq_timer *timer)
{
    timer_note(timer);
    for (size_t i = 1; i < N_TIMERS; i++)
        fq_timers_stop(timers, &all[i]);
}

static void test_one_may_stop_all_the_others(void **state)
{
    (void)state;
    all[0].fire = timer_stop_others;
    for (size_t i = 0; i < N_TIMERS; i++)
        fq_timers_start(timers, &all[i], (int64_t)i);
    fq_timers_fire(timers, N_TIMERS);
    assert_int_equal(n_fired, 1);
    assert_int_equal(fq_timers_wait_ms(timers, 0, 77), 77);
}

#define TIMER_TEST(name) cmocka_unit_test_setup_teardown(name, timer_begin, timer_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMER_TEST(test_they_fire_in_the_order_of_their_time),
        TIMER_TEST(test_what_is_not_due_does_not_fire),
        TIMER_TEST(test_a_stopped_one_does_not_fire),
        TIMER_TEST(test_a_restarted_one_fires_once_at_its_new_time),
        TIMER_TEST(test_the_wait_is_until_the_first),
        TIMER_TEST(test_one_that_starts_itself_anew_does_not_hold_the_loop),
        TIMER_TEST(test_one_may_stop_all_the_others),
    };
    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
