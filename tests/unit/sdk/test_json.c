/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what is accepted, what is found, what is decoded. */
#include "adapters/sdk/json.h"
#include "tests/unit/sdk/sdk_host.h"

static int json_condition(const char *text)
{
    struct fq_str value;
    return fq_json_check(fq_slice_of(text), &value);
}

static struct fq_str json_of(const char *text)
{
    struct fq_str value = { NULL, 0 };
    assert_int_equal(fq_json_check(fq_slice_of(text), &value), 0);
    return value;
}

/* ---- what is accepted ---- */

static void json_of_every_kind_is_accepted(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{}",
        "[]",
        " [ ] ",
        "{\"a\":1}",
        "[1,2,[3,{\"b\":null}]]",
        "0",
        "-0.5e+10",
        "1E-2",
        "true",
        "false",
        "null",
        "\"\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\t{ \"a\" : [ ] }\r\n",
        "\"\x7f\"",
        "[[],{}]",
        "{\"\":{\"\":\"\"}}",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(json_condition(cases[i]), 0);
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "[1,]",
        "[,1]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "[1 2]",
        "{\"a\" 1}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "0x1",
        "NaN",
        "tru",
        "nul",
        "True",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"a\nb\"",
        "{}{}",
        "{} x",
        "[}",
        "{]",
        "{\"a\":1]",
        "1,2",
        "/**/1",
        "\xef\xbb\xbf{}",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(json_condition(cases[i]), FQ_JSON_E_MALFORMED);
}

static void a_nul_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    struct fq_str value;
    assert_int_equal(fq_json_check(fq_slice("\"a\0b\""), &value), FQ_JSON_E_MALFORMED);
    assert_int_equal(fq_json_check(fq_slice("{}\0"), &value), FQ_JSON_E_MALFORMED);
    assert_int_equal(fq_json_check(fq_slice("\"\\\0\""), &value), FQ_JSON_E_MALFORMED);
}

static void a_key_that_comes_twice_is_refused_however_it_is_spelt(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"\xe8\x8a\xb1\":1,\"\\u82b1\":2}",
        "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\uDE00\":2}",
        "[{\"x\":{\"b\":1,\"c\":[{\"b\":1}],\"b\":2}}]",
        "{\"a\":{\"a\":{}},\"a\":1}",
        "{\"\\/\":1,\"/\":2}",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(json_condition(cases[i]), FQ_JSON_E_DUPLICATE);
}

static void the_same_key_in_different_objects_is_fine(void **state)
{
    (void)state;
    assert_int_equal(json_condition("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}],\"A\":3}"), 0);
    assert_int_equal(json_condition("{\"a\":1,\"a\\u0000\":1,\"ab\":1}"), 0);
}

static void one_level_more_than_the_maximum_is_refused(void **state)
{
    (void)state;
    char text[2 * (FQ_JSON_DEPTH_MAX + 1) + 1] = "";
    for (size_t depth = FQ_JSON_DEPTH_MAX; depth <= FQ_JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(json_condition(text), depth <= FQ_JSON_DEPTH_MAX ? 0 : FQ_JSON_E_TOO_BIG);
    }
}

static void one_key_more_than_the_maximum_is_refused(void **state)
{
    (void)state;
    char text[12 * (FQ_JSON_KEYS_MAX + 2)];
    size_t len = 1;
    text[0] = '{';
    for (int i = 0; i < FQ_JSON_KEYS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"k%d\":0", i > 0 ? "," : "", i);
    (void)snprintf(text + len, sizeof(text) - len, "}");
    assert_int_equal(json_condition(text), 0);
    (void)snprintf(text + len, sizeof(text) - len, ",\"k\":0}");
    assert_int_equal(json_condition(text), FQ_JSON_E_TOO_BIG);
}

static void one_byte_more_than_the_maximum_is_refused(void **state)
{
    (void)state;
    char *text = test_malloc(FQ_JSON_SIZE_MAX + 1);
    struct fq_str value;
    memset(text, ' ', FQ_JSON_SIZE_MAX + 1);
    text[0] = '1';
    assert_int_equal(fq_json_check((struct fq_str){ text, FQ_JSON_SIZE_MAX }, &value), 0);
    assert_slice(value, "1");
    assert_int_equal(fq_json_check((struct fq_str){ text, FQ_JSON_SIZE_MAX + 1 }, &value),
                     FQ_JSON_E_TOO_BIG);
    test_free(text);
}

/* ---- what is found ---- */

static void members_are_found_as_the_raw_bytes_they_are(void **state)
{
    (void)state;
    struct fq_str object =
        json_of(" {\"a\" : {\"x\":\"}\\\"\" , \"y\":[1, 2]} ,\"b\":\"\\/\",\"n\":-1 }");
    struct fq_str value;
    assert_true(fq_json_member(object, fq_slice("a"), &value));
    assert_slice(value, "{\"x\":\"}\\\"\" , \"y\":[1, 2]}");
    assert_true(fq_json_member(object, fq_slice("b"), &value));
    assert_slice(value, "\"\\/\"");
    assert_true(fq_json_member(object, fq_slice("n"), &value));
    assert_slice(value, "-1");
    assert_false(fq_json_member(object, fq_slice("x"), &value));
}

static void keys_are_compared_decoded_and_by_case_unless_asked(void **state)
{
    (void)state;
    struct fq_str object = json_of("{\"Us\\u0065r\":1}");
    struct fq_str value;
    assert_true(fq_json_member(object, fq_slice("User"), &value));
    assert_false(fq_json_member(object, fq_slice("user"), &value));
    assert_true(fq_json_member_any_case(object, fq_slice("USER"), &value));
}

static void an_array_is_walked_in_order(void **state)
{
    (void)state;
    struct fq_str array = json_of("[ 1, {\"a\":[]} ,\"x,]\" ]");
    static const char *const expected[] = { "1", "{\"a\":[]}", "\"x,]\"" };
    struct fq_str key, value;
    size_t cursor = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_true(fq_json_next(array, &cursor, &key, &value));
        assert_slice(value, expected[i]);
        assert_null(key.ptr);
    }
    assert_false(fq_json_next(array, &cursor, &key, &value));
}

static void an_empty_container_has_nothing_to_walk(void **state)
{
    (void)state;
    struct fq_str key, value;
    size_t cursor = 0;
    assert_false(fq_json_next(json_of("[ ]"), &cursor, &key, &value));
    assert_false(fq_json_next(json_of("{ }"), &cursor, &key, &value));
    assert_false(fq_json_next(json_of("\"[1]\""), &cursor, &key, &value));
}

/* ---- what is decoded ---- */

static void escapes_are_decoded(void **state)
{
    (void)state;
    struct fq_str text;
    assert_true(fq_json_scalar(
        &sdk_host, json_of("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u82b1\\u0041\\ud83d\\ude00花\""), &text));
    assert_slice(text, "\"\\/\b\f\n\r\t花A😀花");
}

static void numbers_and_truth_stand_as_they_are(void **state)
{
    (void)state;
    struct fq_str text;
    assert_true(fq_json_scalar(&sdk_host, json_of("-1.50"), &text));
    assert_slice(text, "-1.50");
    assert_true(fq_json_scalar(&sdk_host, json_of("true"), &text));
    assert_slice(text, "true");
}

static void what_is_no_text_is_not_decoded(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "null",
        "{}",
        "[]",
        "\"\\u0000\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83dx\"",
        "\"\\ud83d\\u0041\"",
        "\"\xff\"",
        "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"",
        "\"\xe8\x8a\"",
        "\"\xf4\x90\x80\x80\"",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fq_str text;
        assert_false(fq_json_scalar(&sdk_host, json_of(cases[i]), &text));
    }
}

static void unchecked_text_is_never_read_beyond_its_end(void **state)
{
    (void)state;
    static const char *const cases[] = { "{",       "{\"a", "{\"a\"", "{\"a\":",      "{\"a\":[",
                                         "[\"",     "[1,",  "{\"a\\", "{\"\\u00\":1", "\"",
                                         "\"a\\\"", "[}]" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *copy = test_malloc(strlen(cases[i])); /* no NUL behind it: ASan would tell */
        memcpy(copy, cases[i], strlen(cases[i]));
        struct fq_str raw = { copy, strlen(cases[i]) }, key, value;
        size_t cursor = 0;
        while (fq_json_next(raw, &cursor, &key, &value))
            assert_true(value.ptr + value.len <= copy + raw.len);
        (void)fq_json_member(raw, fq_slice("a"), &value);
        (void)fq_json_scalar(&sdk_host, raw, &value);
        test_free(copy);
    }
}

static void a_members_text_is_absent_if_it_is_none(void **state)
{
    (void)state;
    struct fq_str object = json_of("{\"a\":\"x\\/y\",\"b\":1.5,\"c\":{},\"d\":null}");
    assert_slice(fq_json_text(&sdk_host, object, "a"), "x/y");
    assert_slice(fq_json_text(&sdk_host, object, "b"), "1.5");
    assert_null(fq_json_text(&sdk_host, object, "c").ptr);
    assert_null(fq_json_text(&sdk_host, object, "d").ptr);
    assert_null(fq_json_text(&sdk_host, object, "e").ptr);
    assert_null(fq_json_text(&sdk_host, (struct fq_str){ NULL, 0 }, "a").ptr);
}

/* ---- what is written ---- */

static void strings_are_written_escaped(void **state)
{
    (void)state;
    struct fq_text text;
    fq_text_init(&text, &sdk_host, 128);
    fq_text_add_char(&text, '{');
    fq_json_add_member(&text, "a\"", fq_slice("\\ \n\x1f 花/"));
    fq_json_add_member(&text, "b", fq_slice(""));
    assert_text(&text, "{\"a\\\"\":\"\\\\ \\u000a\\u001f 花/\",\"b\":\"\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(json_of_every_kind_is_accepted),
        sdk_test(what_is_no_json_is_refused),
        sdk_test(a_nul_is_refused_wherever_it_stands),
        sdk_test(a_key_that_comes_twice_is_refused_however_it_is_spelt),
        sdk_test(the_same_key_in_different_objects_is_fine),
        sdk_test(one_level_more_than_the_maximum_is_refused),
        sdk_test(one_key_more_than_the_maximum_is_refused),
        sdk_test(one_byte_more_than_the_maximum_is_refused),
        sdk_test(members_are_found_as_the_raw_bytes_they_are),
        sdk_test(keys_are_compared_decoded_and_by_case_unless_asked),
        sdk_test(an_array_is_walked_in_order),
        sdk_test(an_empty_container_has_nothing_to_walk),
        sdk_test(escapes_are_decoded),
        sdk_test(numbers_and_truth_stand_as_they_are),
        sdk_test(what_is_no_text_is_not_decoded),
        sdk_test(unchecked_text_is_never_read_beyond_its_end),
        sdk_test(a_members_text_is_absent_if_it_is_none),
        sdk_test(strings_are_written_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
