/* SPDX-License-Identifier: Apache-2.0 */
/* A text builder whose first failure sticks. */
#include "daemon/base/buf.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

static void builds_in_order(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_buf buf;
    struct fq_str text;
    fq_buf_init(&buf, arena, 100);
    fq_buf_add(&buf, fq_lit("a="));
    fq_buf_printf(&buf, "%d", 12);
    fq_buf_add_char(&buf, '&');
    fq_buf_add(&buf, (struct fq_str){ NULL, 0 });
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    assert_string_equal(text.ptr, "a=12&");
    assert_int_equal(text.len, 5);
}

static void empty_is_present(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_buf buf;
    struct fq_str text = { NULL, 9 };
    fq_buf_init(&buf, arena, 0);
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    assert_string_equal(text.ptr, "");
    assert_int_equal(text.len, 0);
}

static void maximum_holds_to_the_byte(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_buf exact;
    struct fq_buf beyond;
    struct fq_str text;
    fq_buf_init(&exact, arena, 3);
    fq_buf_init(&beyond, arena, 3);
    fq_buf_add(&exact, fq_lit("abc"));
    fq_buf_add(&beyond, fq_lit("abcd"));
    assert_int_equal(fq_buf_finish(&exact, &text), 0);
    assert_int_equal(fq_buf_finish(&beyond, &text), FQ_BUF_E_TOO_BIG);
}

static void printf_obeys_the_maximum(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_buf buf;
    struct fq_str text;
    fq_buf_init(&buf, arena, 10);
    fq_buf_printf(&buf, "%011d", 1);
    assert_int_equal(fq_buf_finish(&buf, &text), FQ_BUF_E_TOO_BIG);
}

static void failure_sticks(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_buf buf;
    struct fq_str text = { "untouched", 9 };
    fq_buf_init(&buf, arena, 3);
    fq_buf_add(&buf, fq_lit("abcd"));
    fq_buf_add(&buf, fq_lit("a"));
    assert_int_equal(fq_buf_finish(&buf, &text), FQ_BUF_E_TOO_BIG);
    assert_string_equal(text.ptr, "untouched");
}

static void full_arena_fails_it(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(1024);
    struct fq_buf buf;
    struct fq_str text;
    fq_buf_init(&buf, arena, 100000);
    for (int i = 0; i < 2000; i++)
        fq_buf_add_char(&buf, 'x');
    assert_int_equal(fq_buf_finish(&buf, &text), FQ_BUF_E_TOO_BIG);
}

static void growth_keeps_what_was_there(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    struct fq_buf buf;
    struct fq_str text;
    fq_buf_init(&buf, arena, 10000);
    for (int i = 0; i < 5000; i++)
        fq_buf_add_char(&buf, (char)('a' + i % 26));
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    assert_int_equal(text.len, 5000);
    for (size_t i = 0; i < text.len; i++)
        assert_int_equal(text.ptr[i], 'a' + i % 26);
}

static void html_leaves_no_way_out(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_buf buf;
    struct fq_str text;
    fq_buf_init(&buf, arena, 1000);
    fq_buf_add_html(&buf, fq_lit("<a href=\"x\" id='y'>&amp;花"));
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    assert_string_equal(text.ptr, "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;花");
}

static void integers_are_decimal(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_buf buf;
    struct fq_str text;
    fq_buf_init(&buf, arena, 256);
    const int64_t values[] = { 0, 7, -1, 1000000, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        fq_buf_add_int(&buf, values[i]);
        fq_buf_add_char(&buf, ' ');
    }
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    assert_string_equal(text.ptr, "0 7 -1 1000000 9223372036854775807 -9223372036854775808 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_in_order),          cmocka_unit_test(integers_are_decimal),
        cmocka_unit_test(empty_is_present),         cmocka_unit_test(maximum_holds_to_the_byte),
        cmocka_unit_test(printf_obeys_the_maximum), cmocka_unit_test(failure_sticks),
        cmocka_unit_test(full_arena_fails_it),      cmocka_unit_test(growth_keeps_what_was_there),
        cmocka_unit_test(html_leaves_no_way_out),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
