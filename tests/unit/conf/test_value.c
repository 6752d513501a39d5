/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with a unit: what is read, and what is refused. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/base/mem.h"
#include "daemon/conf/value.h"

typedef int value_fn(struct fq_str text, int64_t *ret);

static void expect(value_fn *read, const char *text, int64_t expected)
{
    int64_t number = -1;
    assert_int_equal(read(fq_str_of(text), &number), 0);
    assert_int_equal(number, expected);
}

static void expect_refused(value_fn *read, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t number = -1;
        int r = read(fq_str_of(texts[i]), &number);
        if (r != FQ_VALUE_E_MALFORMED)
            fail_msg("\"%s\" was read as %lld", texts[i], (long long)number);
        assert_int_equal(number, -1);
    }
}

#define expect_all_refused(read, ...)                            \
    expect_refused((read), (const char *const[]){ __VA_ARGS__ }, \
                   fq_array_size(((const char *const[]){ __VA_ARGS__ })))

static void durations_become_milliseconds(void **state)
{
    (void)state;
    expect(fq_value_duration, "0s", 0);
    expect(fq_value_duration, "100ms", 100);
    expect(fq_value_duration, "30s", 30000);
    expect(fq_value_duration, "5min", 300000);
    expect(fq_value_duration, "2h", 7200000);
    expect(fq_value_duration, "7d", 604800000);
}

static void durations_of_another_form_are_refused(void **state)
{
    (void)state;
    expect_all_refused(fq_value_duration, "", "30", "s", "-1s", "+1s", "1.5s", "30 s", " 30s",
                       "30s ", "30S", "030s", "1m", "1min30s", "9223372036854775807s",
                       "99999999999999999999ms");
}

static void sizes_become_bytes(void **state)
{
    (void)state;
    expect(fq_value_size, "512B", 512);
    expect(fq_value_size, "64KiB", 65536);
    expect(fq_value_size, "1MiB", 1048576);
    expect(fq_value_size, "2GiB", 2147483648);
}

static void sizes_of_another_form_are_refused(void **state)
{
    (void)state;
    expect_all_refused(fq_value_size, "64", "64K", "64KB", "64kib", "0x10B",
                       "9223372036854775807KiB");
}

static void amounts_become_minor_units(void **state)
{
    (void)state;
    expect(fq_value_money, "0.00", 0);
    expect(fq_value_money, "0.01", 1);
    expect(fq_value_money, "100.00", 10000);
    expect(fq_value_money, "92233720368547758.07", INT64_MAX);
}

static void amounts_of_another_form_are_refused(void **state)
{
    (void)state;
    expect_all_refused(fq_value_money, "100", "100.0", "100.000", ".50", "1,00", "1.0a", "-1.00",
                       "01.00", "1.00 ", "92233720368547758.08");
}

static void rates_become_millionths(void **state)
{
    (void)state;
    expect(fq_value_percent, "0%", 0);
    expect(fq_value_percent, "7.5%", 75000);
    expect(fq_value_percent, "2.30%", 23000);
    expect(fq_value_percent, "0.0001%", 1);
    expect(fq_value_percent, "100%", 1000000);
}

static void rates_of_another_form_are_refused(void **state)
{
    (void)state;
    expect_all_refused(fq_value_percent, "", "%", "2.30", "2.%", ".5%", "2.30 %", "0.00001%", "-1%",
                       "2,3%");
}

static void times_are_beijings(void **state)
{
    (void)state;
    expect(fq_value_time, "1970-01-01 08:00", 0);
    expect(fq_value_time, "2026-11-01 00:00", INT64_C(1793462400000));
    expect(fq_value_time, "2026-11-01 00:00:01", INT64_C(1793462401000));
    expect(fq_value_time, "2028-02-29 23:59:59", INT64_C(1835452799000));
    expect(fq_value_time, "9999-12-31 23:59", INT64_C(253402271940000));
}

static void times_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    expect_all_refused(fq_value_time, "", "2026-11-01", "2026-11-01 00:00:00.0", "2026-11-01T00:00",
                       "2026-11-31 00:00", "2026-02-29 00:00", "2100-02-29 00:00",
                       "2026-00-01 00:00", "2026-13-01 00:00", "2026-11-00 00:00",
                       "2026-11-01 24:00", "2026-11-01 00:60", "2026-11-01 00:00:60",
                       "1969-12-31 23:59", "0000-00-00 00:00", "2026-11-01 00:0a",
                       "2026-11-1 00:00:0", " 2026-11-01 00:00", "2026-11-01 00:00+08");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_become_milliseconds),
        cmocka_unit_test(durations_of_another_form_are_refused),
        cmocka_unit_test(sizes_become_bytes),
        cmocka_unit_test(sizes_of_another_form_are_refused),
        cmocka_unit_test(amounts_become_minor_units),
        cmocka_unit_test(amounts_of_another_form_are_refused),
        cmocka_unit_test(rates_become_millionths),
        cmocka_unit_test(rates_of_another_form_are_refused),
        cmocka_unit_test(times_are_beijings),
        cmocka_unit_test(times_that_do_not_exist_are_refused),
    };
    return cmocka_run_group_tests_name("conf: value", tests, NULL, NULL);
}
