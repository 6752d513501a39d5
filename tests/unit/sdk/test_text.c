/* SPDX-License-Identifier: Apache-2.0 */
/* Slices, the builder, amounts, base64 and Beijing time. */
#include "tests/unit/sdk/sdk_host.h"

static struct fq_text text_of(size_t size_max)
{
    struct fq_text text;
    fq_text_init(&text, &sdk_host, size_max);
    return text;
}

/* ---- slices ---- */

static void slices_compare_by_bytes_and_shorter_first(void **state)
{
    (void)state;
    assert_true(fq_slice_compare(fq_slice("a"), fq_slice("ab")) < 0);
    assert_true(fq_slice_compare(fq_slice("B"), fq_slice("a")) < 0);
    assert_true(fq_slice_compare(fq_slice("\xff"), fq_slice("a")) > 0);
    assert_int_equal(fq_slice_compare(fq_slice("x"), fq_slice("x")), 0);
}

static void cutting_splits_at_the_first_separator(void **state)
{
    (void)state;
    struct fq_str head, tail;
    assert_true(fq_slice_cut(fq_slice("a=b=c"), '=', &head, &tail));
    assert_slice(head, "a");
    assert_slice(tail, "b=c");
    assert_false(fq_slice_cut(fq_slice("abc"), '=', &head, &tail));
    assert_slice(head, "abc");
    assert_null(tail.ptr);
}

static void a_word_is_bounded_letters_and_digits(void **state)
{
    (void)state;
    assert_true(fq_slice_is_word(fq_slice("Az09"), 4));
    assert_false(fq_slice_is_word(fq_slice("Az09x"), 4));
    assert_false(fq_slice_is_word(fq_slice(""), 4));
    assert_false(fq_slice_is_word(fq_slice("a-b"), 4));
    assert_false(fq_slice_is_digits(fq_slice("12a"), 4));
}

static void numbers_are_read_strictly(void **state)
{
    (void)state;
    int64_t number;
    assert_true(fq_slice_to_number(fq_slice("9223372036854775807"), INT64_MAX, &number));
    assert_true(number == INT64_MAX);
    assert_false(fq_slice_to_number(fq_slice("9223372036854775808"), INT64_MAX, &number));
    assert_false(fq_slice_to_number(fq_slice("007"), INT64_MAX, &number));
    assert_false(fq_slice_to_number(fq_slice("-1"), INT64_MAX, &number));
    assert_false(fq_slice_to_number(fq_slice("61"), 60, &number));
    assert_true(fq_slice_to_number(fq_slice("0"), 60, &number));
}

static void what_is_not_utf8_is_known(void **state)
{
    (void)state;
    static const char *const good[] = {
        "", "a", "\x7f", "分期", "\xf0\x9f\x98\x80", "\xef\xbf\xbf"
    };
    static const char *const bad[] = { "\x80",
                                       "\xc3",
                                       "\xc3(",
                                       "\xc0\x80",
                                       "\xe0\x80\x80",
                                       "\xed\xa0\x80",
                                       "\xf4\x90\x80\x80",
                                       "\xf8\x88\x80\x80\x80",
                                       "a\xb7\xd6" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(fq_slice_is_utf8(fq_slice_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(fq_slice_is_utf8(fq_slice_of(bad[i])));
}

static void clipping_cuts_no_character(void **state)
{
    (void)state;
    assert_slice(fq_slice_clip(fq_slice("花呗"), 5), "花");
    assert_slice(fq_slice_clip(fq_slice("花呗"), 6), "花呗");
    assert_slice(fq_slice_clip(fq_slice("花"), 2), "");
}

/* ---- the builder ---- */

static void the_builder_fills_its_maximum_and_not_a_byte_more(void **state)
{
    (void)state;
    struct fq_text text = text_of(4);
    struct fq_str s;
    fq_text_add_of(&text, "abcd");
    assert_text(&text, "abcd");
    fq_text_add_char(&text, 'e');
    assert_false(fq_text_finish(&text, &s));
}

static void a_failure_of_the_builder_sticks(void **state)
{
    (void)state;
    struct fq_text text = text_of(4);
    struct fq_str s;
    fq_text_add_of(&text, "abcde");
    fq_text_add_char(&text, 'a');
    assert_false(fq_text_finish(&text, &s));
}

static void numbers_are_written_with_their_sign(void **state)
{
    (void)state;
    struct fq_text text = text_of(64);
    fq_text_add_number(&text, 0);
    fq_text_add_char(&text, ' ');
    fq_text_add_number(&text, INT64_MIN);
    assert_text(&text, "0 -9223372036854775808");
}

/* ---- amounts ---- */

static void amounts_are_written_with_all_their_decimals(void **state)
{
    (void)state;
    struct fq_text text = text_of(64);
    fq_text_add_decimal(&text, 1, 2);
    fq_text_add_char(&text, ' ');
    fq_text_add_decimal(&text, INT64_C(10000000000), 2);
    fq_text_add_char(&text, ' ');
    fq_text_add_decimal(&text, 350, 0);
    assert_text(&text, "0.01 100000000.00 350");
}

static void a_negative_amount_is_not_written(void **state)
{
    (void)state;
    struct fq_text text = text_of(64);
    struct fq_str s;
    fq_text_add_decimal(&text, -1, 2);
    assert_false(fq_text_finish(&text, &s));
}

static void amounts_are_read_with_up_to_all_their_decimals(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int64_t minor;
    } cases[] = { { "0", 0 },      { "1", 100 },  { "1.5", 150 },
                  { "1.50", 150 }, { "0.01", 1 }, { "100000000.00", INT64_C(10000000000) } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t minor = -1;
        assert_true(fq_slice_to_minor(fq_slice_of(cases[i].text), 2, &minor));
        assert_true(minor == cases[i].minor);
    }
}

static void what_is_no_amount_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",    ".",  "1.",    ".5",  "1.234", "-1",   "+1",  " 1",  "1 ",
        "1,5", "01", "00.10", "1e2", "1.5.",  "1..5", "0x1", "NaN", "99999999999999.00"
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t minor = -1;
        assert_false(fq_slice_to_minor(fq_slice_of(cases[i]), 2, &minor));
        assert_true(minor == -1);
    }
}

/* ---- base64 ---- */

static void base64_goes_both_ways(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "", "" },        { "f", "Zg==" },        { "fo", "Zm8=" },
        { "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "\xff\xef\xbf", "/++/" }
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fq_text text = text_of(16);
        struct fq_str bytes;
        fq_text_add_base64(&text, fq_slice_of(cases[i][0]));
        assert_text(&text, cases[i][1]);
        assert_true(fq_slice_from_base64(&sdk_host, fq_slice_of(cases[i][1]), &bytes));
        assert_slice(bytes, cases[i][0]);
    }
}

static void base64_that_is_not_strict_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = { "Zg",       "Zg=",    "Zh==", "Zm9=", "====", "Z===",
                                         "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm-_", "=m9v", "Zm9v=" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fq_str bytes;
        assert_false(fq_slice_from_base64(&sdk_host, fq_slice_of(cases[i]), &bytes));
    }
}

/* ---- Beijing time ---- */

static void beijing_time_is_eight_hours_ahead(void **state)
{
    (void)state;

    static const struct {
        int64_t unix_ms;
        const char *text;
    } cases[] = { { 0, "1970-01-01 08:00:00" },
                  { INT64_C(1709222399999), "2024-02-29 23:59:59" },
                  { INT64_C(1709222400000), "2024-03-01 00:00:00" },
                  { INT64_C(1773540672000), "2026-03-15 10:11:12" },
                  { INT64_C(253402271999999), "9999-12-31 23:59:59" } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fq_text text = text_of(32);
        fq_text_add_beijing(&text, cases[i].unix_ms);
        assert_text(&text, cases[i].text);
    }
}

static void years_divisible_by_100_are_no_leap_years(void **state)
{
    (void)state;
    struct fq_text text = text_of(32);
    fq_text_add_beijing_compact(&text, INT64_C(4107513600000)); /* 2100-02-28 16:00 UTC */
    assert_text(&text, "21000301000000");
}

static void times_out_of_range_are_not_written(void **state)
{
    (void)state;
    static const int64_t cases[] = { -1, INT64_MIN, INT64_MAX, INT64_C(253402272000000) };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fq_text text = text_of(32);
        struct fq_str s;
        fq_text_add_beijing(&text, cases[i]);
        assert_false(fq_text_finish(&text, &s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(slices_compare_by_bytes_and_shorter_first),
        sdk_test(cutting_splits_at_the_first_separator),
        sdk_test(a_word_is_bounded_letters_and_digits),
        sdk_test(numbers_are_read_strictly),
        sdk_test(what_is_not_utf8_is_known),
        sdk_test(clipping_cuts_no_character),
        sdk_test(the_builder_fills_its_maximum_and_not_a_byte_more),
        sdk_test(a_failure_of_the_builder_sticks),
        sdk_test(numbers_are_written_with_their_sign),
        sdk_test(amounts_are_written_with_all_their_decimals),
        sdk_test(a_negative_amount_is_not_written),
        sdk_test(amounts_are_read_with_up_to_all_their_decimals),
        sdk_test(what_is_no_amount_is_refused),
        sdk_test(base64_goes_both_ways),
        sdk_test(base64_that_is_not_strict_is_refused),
        sdk_test(beijing_time_is_eight_hours_ahead),
        sdk_test(years_divisible_by_100_are_no_leap_years),
        sdk_test(times_out_of_range_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
