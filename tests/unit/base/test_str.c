/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing, cutting, numbers and UTF-8. */
#include "daemon/base/str.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "daemon/base/mem.h"

static void equal_compares_bytes_and_length(void **state)
{
    (void)state;
    assert_true(fq_str_equal(fq_lit("abc"), (struct fq_str){ "abcd", 3 }));
    assert_false(fq_str_equal(fq_lit("abc"), fq_lit("abd")));
    assert_false(fq_str_equal(fq_lit("abc"), fq_lit("ab")));
    assert_true(fq_str_equal(fq_lit(""), (struct fq_str){ NULL, 0 }));
    assert_false(fq_str_equal((struct fq_str){ "a\0b", 3 }, (struct fq_str){ "a\0c", 3 }));
}

static void equal_secret_agrees_with_equal(void **state)
{
    (void)state;
    assert_true(fq_str_equal_secret(fq_lit("abc"), fq_lit("abc")));
    assert_false(fq_str_equal_secret(fq_lit("abc"), fq_lit("xbc")));
    assert_false(fq_str_equal_secret(fq_lit("abc"), fq_lit("abx")));
    assert_false(fq_str_equal_secret(fq_lit("abc"), fq_lit("abcd")));
    assert_true(fq_str_equal_secret(fq_lit(""), (struct fq_str){ NULL, 0 }));
}

static void starts_and_ends(void **state)
{
    (void)state;
    assert_true(fq_str_starts(fq_lit("https://x"), fq_lit("https://")));
    assert_false(fq_str_starts(fq_lit("http"), fq_lit("https")));
    assert_true(fq_str_ends(fq_lit("a.example"), fq_lit(".example")));
    assert_false(fq_str_ends(fq_lit("example"), fq_lit(".example")));
    assert_true(fq_str_ends(fq_lit("x"), fq_lit("")));
}

static void compare_orders_by_bytes_shorter_first(void **state)
{
    (void)state;
    assert_true(fq_str_compare(fq_lit("B"), fq_lit("a")) < 0);
    assert_true(fq_str_compare(fq_lit("ab"), fq_lit("abc")) < 0);
    assert_true(fq_str_compare(fq_lit("b"), fq_lit("abc")) > 0);
    assert_int_equal(fq_str_compare(fq_lit("abc"), fq_lit("abc")), 0);
    assert_true(fq_str_compare(fq_lit("\xff"), fq_lit("a")) > 0);
}

static void cut_takes_the_first_separator(void **state)
{
    (void)state;
    struct fq_str head;
    struct fq_str tail;
    assert_true(fq_str_cut(fq_lit("a=b=c"), '=', &head, &tail));
    assert_true(fq_str_equal(head, fq_lit("a")));
    assert_true(fq_str_equal(tail, fq_lit("b=c")));
}

static void cut_without_separator_gives_all(void **state)
{
    (void)state;
    struct fq_str head;
    struct fq_str tail;
    assert_false(fq_str_cut(fq_lit("abc"), '=', &head, &tail));
    assert_true(fq_str_equal(head, fq_lit("abc")));
    assert_null(tail.ptr);
}

static void sub_is_clipped(void **state)
{
    (void)state;
    assert_true(fq_str_equal(fq_str_sub(fq_lit("abc"), 1, 100), fq_lit("bc")));
    assert_int_equal(fq_str_sub(fq_lit("abc"), 9, 1).len, 0);
    assert_int_equal(fq_str_sub((struct fq_str){ NULL, 0 }, 1, 1).len, 0);
    assert_true(fq_str_equal(fq_str_sub(fq_lit("abc"), 1, SIZE_MAX), fq_lit("bc")));
}

static void word_is_alphanumeric_and_what_is_allowed(void **state)
{
    (void)state;
    assert_true(fq_str_is_word(fq_lit("Az09"), NULL));
    assert_false(fq_str_is_word(fq_lit("a_b"), NULL));
    assert_true(fq_str_is_word(fq_lit("a_b-c"), "-_"));
    assert_false(fq_str_is_word(fq_lit(""), NULL));
    assert_false(fq_str_is_word((struct fq_str){ "a\0b", 3 }, "-"));
}

static void utf8_accepts_what_is_well_formed(void **state)
{
    (void)state;
    assert_true(fq_str_is_utf8(fq_lit("")));
    assert_true(fq_str_is_utf8(fq_lit("plain")));
    assert_true(fq_str_is_utf8(fq_lit("花呗分期 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf")));
}

static void a_line_has_no_control_character(void **state)
{
    (void)state;
    assert_true(fq_str_is_line(fq_lit("")));
    assert_true(fq_str_is_line(fq_lit(" ~ 花呗")));
    assert_false(fq_str_is_line(fq_lit("a\nb")));
    assert_false(fq_str_is_line(fq_lit("a\r")));
    assert_false(fq_str_is_line(fq_lit("\0")));
    assert_false(fq_str_is_line(fq_lit("\x1f")));
    assert_false(fq_str_is_line(fq_lit("\x7f")));
}

static void utf8_refuses_the_rest(void **state)
{
    (void)state;
    static const struct fq_str bad[] = {
        { "\0", 1 },               /* NUL */
        { "\x80", 1 },             /* continuation alone */
        { "\xc0\x80", 2 },         /* overlong NUL */
        { "\xc1\xbf", 2 },         /* overlong */
        { "\xe0\x9f\xbf", 3 },     /* overlong */
        { "\xed\xa0\x80", 3 },     /* surrogate */
        { "\xf4\x90\x80\x80", 4 }, /* beyond U+10FFFF */
        { "\xf5\x80\x80\x80", 4 },
        { "\xe8\x8a", 2 }, /* cut off */
        { "a\xff", 2 },
    };
    for (size_t i = 0; i < fq_array_size(bad); i++)
        assert_false(fq_str_is_utf8(bad[i]));
}

static void numbers_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "01", "00", "1.0", "0x1", "-01" };
    int64_t value = 77;
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        assert_int_equal(fq_str_to_int64(fq_str_of(bad[i]), -100, 100, &value),
                         FQ_STR_E_NOT_A_NUMBER);
    }
    assert_int_equal(value, 77);
}

static void minus_needs_a_negative_range(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_int_equal(fq_str_to_int64(fq_lit("-5"), 0, 9, &value), FQ_STR_E_NOT_A_NUMBER);
    assert_int_equal(fq_str_to_int64(fq_lit("-5"), -9, 9, &value), 0);
    assert_int_equal(value, -5);
}

static void range_holds_at_its_ends(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_int_equal(fq_str_to_int64(fq_lit("10"), 10, 20, &value), 0);
    assert_int_equal(fq_str_to_int64(fq_lit("20"), 10, 20, &value), 0);
    assert_int_equal(fq_str_to_int64(fq_lit("9"), 10, 20, &value), FQ_STR_E_RANGE);
    assert_int_equal(fq_str_to_int64(fq_lit("21"), 10, 20, &value), FQ_STR_E_RANGE);
}

static void extremes_are_read_whole(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_int_equal(fq_str_to_int64(fq_lit("9223372036854775807"), INT64_MIN, INT64_MAX, &value),
                     0);
    assert_true(value == INT64_MAX);
    assert_int_equal(fq_str_to_int64(fq_lit("-9223372036854775808"), INT64_MIN, INT64_MAX, &value),
                     0);
    assert_true(value == INT64_MIN);
    assert_int_equal(fq_str_to_int64(fq_lit("9223372036854775808"), INT64_MIN, INT64_MAX, &value),
                     FQ_STR_E_RANGE);
    assert_int_equal(fq_str_to_int64(fq_lit("-9223372036854775809"), INT64_MIN, INT64_MAX, &value),
                     FQ_STR_E_RANGE);
}

static void hex_is_lower_case(void **state)
{
    (void)state;
    char text[9];
    fq_hex("\x00\xab\x7f\xff", 4, text);
    assert_string_equal(text, "00ab7fff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_compares_bytes_and_length),
        cmocka_unit_test(equal_secret_agrees_with_equal),
        cmocka_unit_test(starts_and_ends),
        cmocka_unit_test(compare_orders_by_bytes_shorter_first),
        cmocka_unit_test(cut_takes_the_first_separator),
        cmocka_unit_test(cut_without_separator_gives_all),
        cmocka_unit_test(sub_is_clipped),
        cmocka_unit_test(word_is_alphanumeric_and_what_is_allowed),
        cmocka_unit_test(utf8_accepts_what_is_well_formed),
        cmocka_unit_test(utf8_refuses_the_rest),
        cmocka_unit_test(a_line_has_no_control_character),
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(minus_needs_a_negative_range),
        cmocka_unit_test(range_holds_at_its_ends),
        cmocka_unit_test(extremes_are_read_whole),
        cmocka_unit_test(hex_is_lower_case),
    };
    return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
