/* SPDX-License-Identifier: Apache-2.0 */
/* Days and minutes in Beijing, at their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/core/beijing.h"

#define MIDNIGHT INT64_C(1699977600000) /* 2023-11-15 00:00 in Beijing */
#define MINUTE   INT64_C(60000)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)

static void test_a_day_ends_at_midnight(void **state)
{
    (void)state;
    int64_t day = fq_beijing_day(MIDNIGHT, 0);
    assert_int_equal(fq_beijing_day(MIDNIGHT - 1, 0), day - 1);
    assert_int_equal(fq_beijing_day(MIDNIGHT + DAY - 1, 0), day);
    assert_int_equal(fq_beijing_day(MIDNIGHT + DAY, 0), day + 1);
}

static void test_a_settlement_day_ends_at_its_minute(void **state)
{
    (void)state;
    static const uint32_t minutes[] = { 1, 720, 1380, 1439 };
    for (size_t i = 0; i < fq_array_size(minutes); i++) {
        int64_t ends = MIDNIGHT + minutes[i] * MINUTE;
        int64_t day = fq_beijing_day(ends - 1, minutes[i]);
        assert_int_equal(fq_beijing_day(ends - DAY, minutes[i]), day);
        assert_int_equal(fq_beijing_day(ends - DAY - 1, minutes[i]), day - 1);
        assert_int_equal(fq_beijing_day(ends, minutes[i]), day + 1);
    }
}

/* Until it ends, a settlement day bears the same number as the calendar's. */
static void test_a_settlement_day_is_named_after_the_day_it_ends_on(void **state)
{
    (void)state;
    assert_int_equal(fq_beijing_day(MIDNIGHT, 1380), fq_beijing_day(MIDNIGHT, 0));
    assert_int_equal(fq_beijing_day(MIDNIGHT + 23 * HOUR - 1, 1380), fq_beijing_day(MIDNIGHT, 0));
    assert_int_equal(fq_beijing_day(MIDNIGHT + 23 * HOUR, 1380), fq_beijing_day(MIDNIGHT, 0) + 1);
}

static void test_days_before_1970_go_on_downwards(void **state)
{
    (void)state;
    assert_int_equal(fq_beijing_day(-8 * HOUR, 0), 0);
    assert_int_equal(fq_beijing_day(-8 * HOUR - 1, 0), -1);
    assert_int_equal(fq_beijing_day(-8 * HOUR - DAY, 0), -1);
    assert_int_equal(fq_beijing_day(-8 * HOUR - DAY - 1, 0), -2);
}

static void test_minutes_of_the_day(void **state)
{
    (void)state;

    static const struct {
        int64_t unix_ms;
        uint32_t minute;
    } rows[] = {
        { MIDNIGHT, 0 },
        { MIDNIGHT + MINUTE - 1, 0 },
        { MIDNIGHT + MINUTE, 1 },
        { MIDNIGHT + 23 * HOUR - 1, 1379 },
        { MIDNIGHT + 23 * HOUR, 1380 },
        { MIDNIGHT + DAY - 1, 1439 },
        { MIDNIGHT + DAY, 0 },
        { -8 * HOUR - 1, 1439 },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++)
        assert_int_equal(fq_beijing_minute(rows[i].unix_ms), rows[i].minute);
}

static void test_days_as_text(void **state)
{
    (void)state;

    static const struct {
        int64_t unix_ms;
        const char *text;
    } rows[] = {
        { MIDNIGHT - 1, "20231114" },
        { MIDNIGHT, "20231115" },
        { MIDNIGHT + DAY - 1, "20231115" },
        { INT64_C(1704038399999), "20231231" },
        { INT64_C(1704038400000), "20240101" },
        { INT64_C(1709135999999), "20240228" },
        { INT64_C(1709136000000), "20240229" },
        { INT64_C(1709222400000), "20240301" },
        { INT64_C(4107513600000), "21000301" },
        { INT64_C(4107513599999), "21000228" },
        { 0, "19700101" },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        char text[9];
        fq_beijing_day_text(fq_beijing_day(rows[i].unix_ms, 0), text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_day_ends_at_midnight),
        cmocka_unit_test(test_a_settlement_day_ends_at_its_minute),
        cmocka_unit_test(test_a_settlement_day_is_named_after_the_day_it_ends_on),
        cmocka_unit_test(test_days_before_1970_go_on_downwards),
        cmocka_unit_test(test_minutes_of_the_day),
        cmocka_unit_test(test_days_as_text),
    };
    return cmocka_run_group_tests_name("beijing", tests, NULL, NULL);
}
