/* SPDX-License-Identifier: Apache-2.0 */
/* Whole texts in platforms' notations, lists of words, and where two texts differ. */
#include "adapters/sdk/notation.h"
#include "tests/unit/sdk/sdk_host.h"

static void bytes_become_hex_and_base64(void **state)
{
    (void)state;
    struct fq_str s;
    assert_true(fq_notation_hex(&sdk_host, (struct fq_str){ "\x00\x7f\xff", 3 }, &s));
    assert_slice(s, "007fff");
    assert_true(fq_notation_base64(&sdk_host, fq_slice("ab"), &s));
    assert_slice(s, "YWI=");
    assert_true(fq_notation_hex(&sdk_host, (struct fq_str){ NULL, 0 }, &s));
    assert_slice(s, "");
}

static void a_time_is_beijings(void **state)
{
    (void)state;
    struct fq_str s;
    assert_true(fq_notation_beijing(&sdk_host, INT64_C(1773540672345), &s));
    assert_slice(s, "2026-03-15 10:11:12");
    assert_false(fq_notation_beijing(&sdk_host, -1, &s));
    assert_true(fq_notation_beijing_compact(&sdk_host, INT64_C(1773540672345), &s));
    assert_slice(s, "20260315101112");
    assert_false(fq_notation_beijing_compact(&sdk_host, -1, &s));
}

static void a_name_ends_in_nul(void **state)
{
    (void)state;
    assert_string_equal(fq_notation_name(&sdk_host, (struct fq_str){ "abcdef", 3 }), "abc");
    assert_string_equal(fq_notation_name(&sdk_host, (struct fq_str){ NULL, 0 }), "");
}

static void a_code_and_its_sub_code_are_one_text(void **state)
{
    (void)state;
    char longest[80];
    memset(longest, 'x', sizeof(longest));
    struct fq_str code = { longest, sizeof(longest) };
    assert_slice(fq_notation_code(&sdk_host, fq_slice("40004"), fq_slice("ACQ.X")), "40004/ACQ.X");
    assert_slice(fq_notation_code(&sdk_host, fq_slice("10000"), fq_slice("")), "10000");
    assert_slice(fq_notation_code(&sdk_host, fq_slice(""), fq_slice("")), "");
    assert_int_equal(fq_notation_code(&sdk_host, code, code).len, 127);
}

static void hex_is_lower_case_and_of_its_length(void **state)
{
    (void)state;
    assert_true(fq_slice_is_hex(fq_slice("09af"), 4));
    assert_false(fq_slice_is_hex(fq_slice("09af"), 5));
    assert_false(fq_slice_is_hex(fq_slice("09aF"), 4));
    assert_false(fq_slice_is_hex(fq_slice("09ag"), 4));
    assert_false(fq_slice_is_hex((struct fq_str){ NULL, 0 }, 4));
}

static void html_is_undone_once(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "a=1&amp;b={&quot;c&quot;:&quot;&lt;d&gt;&quot;}", "a=1&b={\"c\":\"<d>\"}" },
        { "&#39;&apos;", "''" },
        { "&amp;amp;", "&amp;" },
        { "a&b&;&amp", "a&b&;&amp" },
        { "&AMP;&#x27;", "&AMP;&#x27;" },
        { "", "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fq_str s;
        assert_true(fq_notation_from_html(&sdk_host, fq_slice_of(cases[i][0]), &s));
        assert_slice(s, cases[i][1]);
    }
}

static void a_word_is_listed_whole(void **state)
{
    (void)state;
    static const char list[] = "ONE TWO BEYOND_* THREE";
    static const char *const in[] = { "ONE", "two", "THREE", "BEYOND_", "beyond_this" };
    static const char *const out[] = { "", "ON", "ONES", "ONE TWO", "BEYOND", "*", " ", "TWO " };
    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
        assert_true(fq_slice_is_listed(fq_slice_of(in[i]), list));
    for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
        assert_false(fq_slice_is_listed(fq_slice_of(out[i]), list));
    assert_false(fq_slice_is_listed(fq_slice("ONE"), ""));
    assert_false(fq_slice_is_listed((struct fq_str){ NULL, 0 }, list));
}

static void a_needle_is_found_with_what_follows(void **state)
{
    (void)state;
    struct fq_str s;
    assert_true(fq_slice_find(fq_slice("abcabd"), fq_slice("ab"), &s));
    assert_slice(s, "abcabd");
    assert_true(fq_slice_find(fq_slice("abcabd"), fq_slice("bd"), &s));
    assert_slice(s, "bd");
    assert_false(fq_slice_find(fq_slice("abc"), fq_slice("abcd"), &s));
    assert_false(fq_slice_find((struct fq_str){ NULL, 0 }, fq_slice("a"), &s));
    assert_false(fq_slice_find(fq_slice("abc"), fq_slice(""), &s));
}

static void bytes_of_a_set_are_found_and_nul_with_them(void **state)
{
    (void)state;
    assert_true(fq_slice_has_any(fq_slice("a/b"), "/=&"));
    assert_true(fq_slice_has_any((struct fq_str){ "a\0b", 3 }, "/"));
    assert_false(fq_slice_has_any(fq_slice("ab"), "/=&"));
    assert_false(fq_slice_has_any((struct fq_str){ NULL, 0 }, "/=&"));
}

/* ---- where two texts differ ---- */

static int digest_length(const struct fq_host *host, uint32_t kind, struct fq_str text,
                         struct fq_str *ret)
{
    (void)host;
    static char digest[1];
    assert_int_equal(kind, FQ_DIGEST_SHA256);
    digest[0] = (char)text.len;
    *ret = (struct fq_str){ digest, 1 };
    return 0;
}

static void assert_difference(const char *ours, const char *theirs, const char *expected)
{
    struct fq_host host = sdk_host;
    struct fq_str s;
    host.digest = digest_length;
    assert_true(fq_notation_difference(&host, "no: ", fq_slice_of(ours), fq_slice_of(theirs), &s));
    assert_slice(s, expected);
}

static void where_texts_differ_is_told_without_them(void **state)
{
    (void)state;
    assert_difference("secret", "sacred", "no: first difference at byte 1 of 6, sha256 06");
    assert_difference("secret", "", "no: first difference at byte 0 of 6, sha256 06");
    assert_difference("secret", "secre", "no: first difference at byte 5 of 6, sha256 06");
}

static void texts_that_do_not_differ_mean_the_key(void **state)
{
    (void)state;
    const char *expected = "no: no difference, so it is the key: 6 bytes, sha256 06";
    assert_difference("secret", "secret", expected);
    assert_difference("secret", "secret, and more", expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(bytes_become_hex_and_base64),
        sdk_test(a_time_is_beijings),
        sdk_test(a_name_ends_in_nul),
        sdk_test(a_code_and_its_sub_code_are_one_text),
        sdk_test(hex_is_lower_case_and_of_its_length),
        sdk_test(html_is_undone_once),
        sdk_test(a_word_is_listed_whole),
        sdk_test(a_needle_is_found_with_what_follows),
        sdk_test(bytes_of_a_set_are_found_and_nul_with_them),
        sdk_test(where_texts_differ_is_told_without_them),
        sdk_test(texts_that_do_not_differ_mean_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
