/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 of RFC 4648, and all that is not quite base64. */
#include "tests/unit/crypto/support.h"

static const struct {
    const char *plain;
    const char *text;
} pairs[] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
    { "\xfb\xff\xfe", "+//+" },
};

static void encodes_as_rfc_4648(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    for (size_t i = 0; i < fq_array_size(pairs); i++) {
        struct fq_str text = fq_base64_encode(fq_str_of(pairs[i].plain), arena);
        assert_non_null(text.ptr);
        assert_text(text, pairs[i].text);
    }
}

static void decodes_as_rfc_4648(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    for (size_t i = 0; i < fq_array_size(pairs); i++) {
        struct fq_str plain;
        assert_int_equal(fq_base64_decode(fq_str_of(pairs[i].text), false, arena, &plain), 0);
        assert_text(plain, pairs[i].plain);
    }
}

static void every_byte_comes_back(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    char bytes[256];
    struct fq_str back;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    for (size_t len = 0; len <= sizeof(bytes); len += 17) {
        struct fq_str text = fq_base64_encode((struct fq_str){ bytes, len }, arena);
        assert_int_equal(fq_base64_decode(text, false, arena, &back), 0);
        assert_int_equal(back.len, len);
        assert_memory_equal(back.ptr, bytes, len);
    }
}

static void one_value_has_one_text(void **state)
{
    (void)state;
    static const struct fq_str bad[] = {
        { "Z", 1 },        { "Zg", 2 },      { "Zg=", 3 },    { "Zg===", 5 },
        { "Zm9", 3 },      { "Zm9v=", 5 },   { "Zm9v==", 6 }, { "=", 1 },
        { "====", 4 },     { "Z===", 4 },    { "Zh==", 4 }, /* unused bits set */
        { "Zm9=", 4 },                                      /* unused bits set */
        { "Zg==Zg==", 8 }, { "Z=g=", 4 },    { "=Zg=", 4 },   { "-__-", 4 },
        { "Zm9v\n", 5 },   { " Zm9v", 5 },   { "Zm 9v", 5 },  { "Zm9\0", 4 },
        { "Zm9v\0", 5 },   { "Zm9\xc3", 4 }, { "Zm9v!", 5 },
    };
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str plain;
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        if (fq_base64_decode(bad[i], false, arena, &plain) != FQ_BASE64_E_MALFORMED)
            fail_msg("accepted: %s", bad[i].ptr);
    }
}

static void spaces_only_where_allowed(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str plain;
    assert_int_equal(fq_base64_decode(fq_lit(" Zm9v\r\n\tYg= =\n"), true, arena, &plain), 0);
    assert_text(plain, "foob");
    assert_int_equal(fq_base64_decode(fq_lit("Zm9v\vYg=="), true, arena, &plain),
                     FQ_BASE64_E_MALFORMED);
    assert_int_equal(fq_base64_decode(fq_lit("Zm9v Yg"), true, arena, &plain),
                     FQ_BASE64_E_MALFORMED);
}

static void no_room_is_not_malformed(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(16);
    FQ_CLEANUP(fq_arena) *other = fq_arena_new(16);
    struct fq_str plain;
    assert_int_equal(fq_base64_decode(fq_lit("Zm9vYmFyZm9vYmFyZm9vYmFy"), false, arena, &plain),
                     -ENOMEM);
    assert_null(fq_base64_encode(fq_lit("foobarfoobarfoobar"), other).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_as_rfc_4648),       cmocka_unit_test(decodes_as_rfc_4648),
        cmocka_unit_test(every_byte_comes_back),     cmocka_unit_test(one_value_has_one_text),
        cmocka_unit_test(spaces_only_where_allowed), cmocka_unit_test(no_room_is_not_malformed),
    };
    return cmocka_run_group_tests_name("crypto/base64", tests, NULL, NULL);
}
