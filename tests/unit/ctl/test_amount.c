/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts from the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/ctl/ctl.h"

static int64_t amount_of(const char *text)
{
    int64_t minor = -1;
    return ctl_amount_read(fq_str_of(text), &minor) == 0 ? minor : -1;
}

static void test_amounts(void **state)
{
    (void)state;
    assert_int_equal(amount_of("6999.00"), 699900);
    assert_int_equal(amount_of("6999"), 699900);
    assert_int_equal(amount_of("6999.5"), 699950);
    assert_int_equal(amount_of("0.01"), 1);
    assert_int_equal(amount_of("0.1"), 10);
    assert_int_equal(amount_of("99999999.99"), INT64_C(9999999999));
}

static void test_no_amounts(void **state)
{
    (void)state;
    static const char *const texts[] = { "",     ".",  ".5",   "5.",    "1.234", "1,00", "+1",
                                         "-1",   " 1", "1 ",   "01",    "1e3",   "0x10", "1.-1",
                                         "1.2.", "１", "1.0a", "CNY 1", "1.2.3" };
    int64_t minor = 0;
    for (size_t i = 0; i < fq_array_size(texts); i++) {
        if (ctl_amount_read(fq_str_of(texts[i]), &minor) != CTL_AMOUNT_E_FORM)
            fail_msg("\"%s\" was taken", texts[i]);
    }
}

static void test_amounts_out_of_range(void **state)
{
    (void)state;
    static const char *const texts[] = { "0", "0.00", "100000000", "100000000.00",
                                         "99999999999999999999" };
    int64_t minor = 0;
    for (size_t i = 0; i < fq_array_size(texts); i++) {
        if (ctl_amount_read(fq_str_of(texts[i]), &minor) != CTL_AMOUNT_E_RANGE)
            fail_msg("\"%s\" was not out of range", texts[i]);
    }
}

static int64_t moment_of(const char *text)
{
    struct ctl ctl = { .arena = fq_arena_new(FQ_ARENA_SIZE_MAX) };
    FILE *hushed = stderr;
    int64_t moment = 0;
    ctl.values[CTL_SINCE] = text;
    stderr = fopen("/dev/null", "we");
    int status = ctl_moment_read(&ctl, CTL_SINCE, &moment);
    (void)fclose(stderr);
    stderr = hushed;
    fq_arena_free(ctl.arena);
    return status == CTL_OK ? moment : -1;
}

static void test_moments(void **state)
{
    (void)state;
    assert_int_equal(moment_of("2026-11-01 08:00"), INT64_C(1793491200000));
    assert_int_equal(moment_of("2026-11-01 08:00:30"), INT64_C(1793491230000));
    assert_int_equal(moment_of("2026-11-01"), INT64_C(1793462400000));
    assert_int_equal(moment_of(NULL), 0);
    int64_t ago_ms = fq_clock_unix_ms() - moment_of("90min");
    assert_true(ago_ms >= 90 * 60000 && ago_ms < 91 * 60000);
    static const char *const texts[] = { "",      "yesterday", "2026-11-31", "2026-1-1",
                                         "08:00", "7",         "-7d" };
    for (size_t i = 0; i < fq_array_size(texts); i++)
        assert_int_equal(moment_of(texts[i]), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_no_amounts),
        cmocka_unit_test(test_amounts_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
