/* SPDX-License-Identifier: Apache-2.0 */
/* Which days are still to be fetched. */
#include "daemon/core/days.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

static void test_what_comes_after_the_newest_is_wanted(void **state)
{
    (void)state;
    struct fq_days days = { .newest = 100 };
    assert_false(fq_days_wants(&days, 99));
    assert_false(fq_days_wants(&days, 100));
    assert_true(fq_days_wants(&days, 101));
    fq_days_took(&days, 101);
    fq_days_took(&days, 101);
    assert_false(fq_days_wants(&days, 101));
    assert_int_equal(days.missing, 0);
}

static void test_a_day_that_was_passed_over_stays_wanted_until_it_is_taken(void **state)
{
    (void)state;
    struct fq_days days = { .newest = 100 };
    fq_days_took(&days, 103);
    assert_true(fq_days_wants(&days, 101));
    assert_true(fq_days_wants(&days, 102));
    assert_false(fq_days_wants(&days, 103));
    assert_false(fq_days_wants(&days, 100));
    fq_days_took(&days, 101);
    assert_false(fq_days_wants(&days, 101));
    assert_true(fq_days_wants(&days, 102));
    fq_days_took(&days, 104);
    assert_true(fq_days_wants(&days, 102));
    assert_false(fq_days_wants(&days, 101));
}

static void test_a_missing_day_is_given_up_after_a_week(void **state)
{
    (void)state;
    struct fq_days days = { .newest = 100 };
    fq_days_took(&days, 102);
    assert_int_equal(fq_days_too_old(&days, 101 + FQ_DAYS_KEPT - 1), 0);
    assert_int_equal(fq_days_too_old(&days, 101 + FQ_DAYS_KEPT), 101);
    fq_days_took(&days, 101);
    assert_int_equal(fq_days_too_old(&days, 101 + FQ_DAYS_KEPT), 0);
}

static void test_days_that_nobody_asked_for_in_time_are_given_up_one_by_one(void **state)
{
    (void)state;
    struct fq_days days = { .newest = 100 };
    int64_t last = 110;
    assert_int_equal(fq_days_too_old(&days, last), 101);
    fq_days_took(&days, 101);
    assert_int_equal(fq_days_too_old(&days, last), 102);
    fq_days_took(&days, 102);
    assert_int_equal(fq_days_too_old(&days, last), 103);
    fq_days_took(&days, 103);
    assert_int_equal(fq_days_too_old(&days, last), 0);
}

static void test_a_far_leap_forgets_without_harm(void **state)
{
    (void)state;
    struct fq_days days = { .newest = 100 };
    fq_days_took(&days, 102);
    fq_days_took(&days, 100000);
    assert_int_equal(days.newest, 100000);
    assert_true(fq_days_wants(&days, 99999));
    assert_false(fq_days_wants(&days, 101));
    assert_int_equal(fq_days_too_old(&days, 100000), 100000 - 31);
    fq_days_took(&days, 5);
    assert_int_equal(days.newest, 100000);
}

static void test_days_that_a_clock_ahead_gave_up_are_wanted_when_they_come(void **state)
{
    (void)state;
    struct fq_days days = { .newest = 100 };
    for (int64_t day = 101; day < 120; day++)
        fq_days_took(&days, day);
    fq_days_rewind(&days, 120);
    assert_int_equal(days.newest, 119);
    assert_int_equal(days.missing, 0);
    fq_days_rewind(&days, 104);
    assert_false(fq_days_wants(&days, 104 - FQ_DAYS_KEPT));
    for (int64_t day = 104 - FQ_DAYS_KEPT + 1; day <= 105; day++) {
        assert_true(fq_days_wants(&days, day));
        fq_days_took(&days, day);
        assert_false(fq_days_wants(&days, day));
    }
    assert_int_equal(days.newest, 105);
    assert_int_equal(days.missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_comes_after_the_newest_is_wanted),
        cmocka_unit_test(test_a_day_that_was_passed_over_stays_wanted_until_it_is_taken),
        cmocka_unit_test(test_a_missing_day_is_given_up_after_a_week),
        cmocka_unit_test(test_days_that_nobody_asked_for_in_time_are_given_up_one_by_one),
        cmocka_unit_test(test_a_far_leap_forgets_without_harm),
        cmocka_unit_test(test_days_that_a_clock_ahead_gave_up_are_wanted_when_they_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
