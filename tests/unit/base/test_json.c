/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of whole numbers: read strictly, written so that it is read again. */
#include "daemon/base/json.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

static struct fq_arena *arena;

static int json_setup(void **state)
{
    (void)state;
    arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    return 0;
}

static int json_teardown(void **state)
{
    (void)state;
    fq_arena_free(arena);
    return 0;
}

static const struct fq_json *json_good(const char *text)
{
    const struct fq_json *value = NULL;
    assert_int_equal(fq_json_read(fq_str_of(text), arena, &value), 0);
    return value;
}

static void assert_text(struct fq_str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.ptr, expected, actual.len);
}

static void test_an_object_with_one_of_each(void **state)
{
    (void)state;
    const struct fq_json *value =
        json_good(" { \"a\" : \"x\", \"b\":-12,\"c\":true,\"d\":false,\"e\":null,"
                  "\"f\":[1,{\"g\":[]}, \"y\"] } \n");
    assert_text(fq_json_get_text(value, "a"), "x");
    assert_int_equal(fq_json_get_number(value, "b"), -12);
    assert_int_equal(fq_json_get_number(value, "c"), 1);
    assert_int_equal(fq_json_get_number(value, "d"), 0);
    assert_int_equal(fq_json_get(value, "d")->type, FQ_JSON_BOOL);
    assert_int_equal(fq_json_get(value, "e")->type, FQ_JSON_NULL);
    const struct fq_json *item = fq_json_get(value, "f")->first;
    assert_int_equal(item->number, 1);
    assert_null(fq_json_get(item->next, "g")->first);
    assert_text(item->next->next->text, "y");
    assert_null(item->next->next->next);
}

static void test_what_is_not_there_is_nothing(void **state)
{
    (void)state;
    const struct fq_json *value = json_good("{\"a\":1}");
    assert_null(fq_json_get(value, "b"));
    assert_null(fq_json_get(NULL, "a"));
    assert_null(fq_json_get(json_good("[1]"), "a"));
    assert_int_equal(fq_json_get_text(value, "a").len, 0);
    assert_int_equal(fq_json_get_number(value, "b"), 0);
}

static void test_escapes(void **state)
{
    (void)state;
    assert_text(json_good("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")->text, "\"\\/\b\f\n\r\t");
    assert_text(json_good("\"\\u0041\\u00e9\\u624b\\uD83d\\ude00\"")->text, "A\xc3\xa9手😀");
}

static void test_the_ends_of_numbers(void **state)
{
    (void)state;
    assert_true(json_good("9223372036854775807")->number == INT64_MAX);
    assert_true(json_good("-9223372036854775808")->number == INT64_MIN);
}

static void test_what_is_not_read(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[1,]",
        "[1 2]",
        "1.5",
        "1e3",
        "01",
        "+1",
        "-",
        "9223372036854775808",
        "nul",
        "True",
        "1 2",
        "\"",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u0000\"",
        "\"\xff\"",
        "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
    };
    (void)state;
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        const struct fq_json *value = NULL;
        if (fq_json_read(fq_str_of(bad[i]), arena, &value) != FQ_JSON_E_INVALID)
            fail_msg("was read: %s", bad[i]);
        assert_null(value);
    }
}

static void test_every_beginning_of_a_value_is_none(void **state)
{
    static const char text[] = "{\"a\":[true,\"\\u00e9\",{\"b\":null}],\"c\":\"手\"}";
    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        const struct fq_json *value = NULL;
        assert_int_equal(fq_json_read((struct fq_str){ text, n }, arena, &value),
                         FQ_JSON_E_INVALID);
    }
}

static void test_what_does_not_fit_is_not_read(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *small = fq_arena_new(512);
    char text[1024] = "[";
    for (int i = 0; i < 100; i++)
        strncat(text, "1,", 3);
    strncat(text, "1]", 3);
    const struct fq_json *value = NULL;
    assert_int_equal(fq_json_read(fq_str_of(text), small, &value), FQ_JSON_E_INVALID);
}

static void test_what_is_written_is_read_again(void **state)
{
    (void)state;
    struct fq_buf buf;
    struct fq_str text;
    fq_buf_init(&buf, arena, 4096);
    fq_buf_add_char(&buf, '{');
    fq_json_write_member(&buf, "text", fq_lit("\"\\\n\x01手\x7f"));
    fq_json_write_int(&buf, "number", INT64_MIN);
    fq_json_write_bool(&buf, "yes", true);
    fq_json_write_name(&buf, "more");
    fq_buf_add_char(&buf, '{');
    fq_json_write_bool(&buf, "no", false);
    fq_buf_add(&buf, fq_lit("}}"));
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    assert_text(text, "{\"text\":\"\\\"\\\\\\u000a\\u0001手\\u007f\","
                      "\"number\":-9223372036854775808,\"yes\":true,\"more\":{\"no\":false}}");
    const struct fq_json *value = json_good(text.ptr);
    assert_text(fq_json_get_text(value, "text"), "\"\\\n\x01手\x7f");
    assert_true(fq_json_get_number(value, "number") == INT64_MIN);
    assert_int_equal(fq_json_get_number(value, "yes"), 1);
}

#define JSON_TEST(name) cmocka_unit_test_setup_teardown(name, json_setup, json_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON_TEST(test_an_object_with_one_of_each),
        JSON_TEST(test_what_is_not_there_is_nothing),
        JSON_TEST(test_escapes),
        JSON_TEST(test_the_ends_of_numbers),
        JSON_TEST(test_what_is_not_read),
        JSON_TEST(test_every_beginning_of_a_value_is_none),
        JSON_TEST(test_what_does_not_fit_is_not_read),
        JSON_TEST(test_what_is_written_is_read_again),
    };
    return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
