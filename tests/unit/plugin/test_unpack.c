/* SPDX-License-Identifier: Apache-2.0 */
/* Settlement files: what unpacks, and what is refused instead of believed. */
#include "daemon/plugin/unpack.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>
#include <zlib.h>

/* A zip that is built byte by byte, so that each number in it can lie. */
struct packer {
    unsigned char bytes[65536];
    size_t len;
    unsigned char directory[1024];
    size_t directory_len;
    unsigned n_entries;
};

static void packer_number(unsigned char *to, size_t *len, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[(*len)++] = (unsigned char)(i < sizeof(value) ? value >> (8 * i) : 0);
}

static size_t packer_deflate(const char *text, size_t size, unsigned char *to, size_t room,
                             int window_bits)
{
    z_stream stream = { 0 };
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (z_const Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)size;
    stream.next_out = to;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t packed = stream.total_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return packed;
}

struct packer_lie {
    uint32_t flags;
    uint32_t method; /* 0: stored, 8: deflated */
    int64_t size_more;
    uint32_t crc_xor;
    uint32_t local_at_more;
};

static void packer_add(struct packer *packer, const char *name, const char *text, size_t size,
                       const struct packer_lie *lie)
{
    static unsigned char packed[65536];
    const struct packer_lie honest = { .method = 8 };
    if (lie == NULL)
        lie = &honest;
    size_t packed_size = size;
    if (lie->method == 8)
        packed_size = packer_deflate(text, size, packed, sizeof(packed), -15);
    else
        memcpy(packed, text, size);
    const uint32_t crc = (uint32_t)crc32(0, (const Bytef *)text, (uInt)size) ^ lie->crc_xor;
    const uint32_t claimed = (uint32_t)((int64_t)size + lie->size_more);
    const uint32_t local_at = (uint32_t)packer->len + lie->local_at_more;
    size_t name_len = strlen(name);

    packer_number(packer->bytes, &packer->len, 0x04034b50, 4);
    packer_number(packer->bytes, &packer->len, 0, 22);
    packer_number(packer->bytes, &packer->len, (uint32_t)name_len, 2);
    packer_number(packer->bytes, &packer->len, 0, 2);
    memcpy(packer->bytes + packer->len, name, name_len);
    packer->len += name_len;
    memcpy(packer->bytes + packer->len, packed, packed_size);
    packer->len += packed_size;

    packer_number(packer->directory, &packer->directory_len, 0x02014b50, 4);
    packer_number(packer->directory, &packer->directory_len, 0, 4);
    packer_number(packer->directory, &packer->directory_len, lie->flags, 2);
    packer_number(packer->directory, &packer->directory_len, lie->method, 2);
    packer_number(packer->directory, &packer->directory_len, 0, 4);
    packer_number(packer->directory, &packer->directory_len, crc, 4);
    packer_number(packer->directory, &packer->directory_len, (uint32_t)packed_size, 4);
    packer_number(packer->directory, &packer->directory_len, claimed, 4);
    packer_number(packer->directory, &packer->directory_len, (uint32_t)name_len, 2);
    packer_number(packer->directory, &packer->directory_len, 0, 12);
    packer_number(packer->directory, &packer->directory_len, local_at, 4);
    memcpy(packer->directory + packer->directory_len, name, name_len);
    packer->directory_len += name_len;
    packer->n_entries++;
}

static struct fq_str packer_finish(struct packer *packer)
{
    uint32_t directory_at = (uint32_t)packer->len;
    memcpy(packer->bytes + packer->len, packer->directory, packer->directory_len);
    packer->len += packer->directory_len;
    packer_number(packer->bytes, &packer->len, 0x06054b50, 4);
    packer_number(packer->bytes, &packer->len, 0, 4);
    packer_number(packer->bytes, &packer->len, packer->n_entries, 2);
    packer_number(packer->bytes, &packer->len, packer->n_entries, 2);
    packer_number(packer->bytes, &packer->len, (uint32_t)packer->directory_len, 4);
    packer_number(packer->bytes, &packer->len, directory_at, 4);
    packer_number(packer->bytes, &packer->len, 0, 2);
    return (struct fq_str){ (const char *)packer->bytes, packer->len };
}

static int unpack_setup(void **state)
{
    *state = fq_arena_new(FQ_ARENA_SIZE_MAX);
    return 0;
}

static int unpack_teardown(void **state)
{
    fq_arena_free(*state);
    return 0;
}

static int unpack_one(struct fq_arena *arena, const struct packer_lie *lie)
{
    static struct packer packer;
    struct fq_str name = { NULL, 0 };
    struct fq_str content = { NULL, 0 };
    memset(&packer, 0, sizeof(packer));
    packer_add(&packer, "a.csv", "1,2,3,1,2,3,1,2,3", 17, lie);
    int r = fq_unpack_entry(packer_finish(&packer), 0, arena, &name, &content);
    if (r == 0)
        assert_true(fq_str_equal(content, fq_lit("1,2,3,1,2,3,1,2,3")));
    return r;
}

static void test_entries_are_unpacked_by_index(void **state)
{
    static struct packer packer;
    const struct packer_lie stored = { .method = 0 };
    struct fq_str name = { NULL, 0 };
    struct fq_str content = { NULL, 0 };
    packer_add(&packer, "one.csv", "first", 5, NULL);
    packer_add(&packer, "two.csv", "second", 6, &stored);
    packer_add(&packer, "empty.csv", "", 0, NULL);
    struct fq_str zip = packer_finish(&packer);
    assert_int_equal(fq_unpack_entry(zip, 0, *state, &name, &content), 0);
    assert_true(fq_str_equal(name, fq_lit("one.csv")));
    assert_true(fq_str_equal(content, fq_lit("first")));
    assert_int_equal(fq_unpack_entry(zip, 1, *state, &name, &content), 0);
    assert_true(fq_str_equal(name, fq_lit("two.csv")));
    assert_true(fq_str_equal(content, fq_lit("second")));
    assert_int_equal(fq_unpack_entry(zip, 2, *state, &name, &content), 0);
    assert_int_equal(content.len, 0);
    assert_int_equal(fq_unpack_entry(zip, 3, *state, &name, &content), FQ_UNPACK_E_NO_SUCH);
}

static void test_zlib_and_gzip_are_one_entry(void **state)
{
    const int window_bits[] = { 15, 15 + 16 };
    for (size_t i = 0; i < 2; i++) {
        unsigned char packed[256];
        struct fq_str name = fq_lit("x");
        struct fq_str content = { NULL, 0 };
        size_t size = packer_deflate("a zip inside", 12, packed, sizeof(packed), window_bits[i]);
        struct fq_str stream = { (const char *)packed, size };
        assert_int_equal(fq_unpack_entry(stream, 0, *state, &name, &content), 0);
        assert_true(fq_str_equal(content, fq_lit("a zip inside")));
        assert_int_equal(name.len, 0);
        assert_int_equal(fq_unpack_entry(stream, 1, *state, &name, &content), FQ_UNPACK_E_NO_SUCH);
        stream.len--;
        assert_int_equal(fq_unpack_entry(stream, 0, *state, &name, &content),
                         FQ_UNPACK_E_MALFORMED);
    }
}

static void test_lies_in_a_zip_are_refused(void **state)
{
    static const struct {
        struct packer_lie lie;
        int r;
    } rows[] = {
        { { .method = 8 }, 0 },
        { { .method = 0 }, 0 },
        { { .method = 8, .crc_xor = 1 }, FQ_UNPACK_E_MALFORMED },
        { { .method = 0, .crc_xor = 1 }, FQ_UNPACK_E_MALFORMED },
        { { .method = 8, .size_more = 1 }, FQ_UNPACK_E_MALFORMED },
        { { .method = 0, .size_more = 1 }, FQ_UNPACK_E_MALFORMED },
        { { .method = 8, .size_more = -1 }, FQ_UNPACK_E_MALFORMED },
        { { .method = 8, .size_more = -17 }, FQ_UNPACK_E_TOO_BIG },
        { { .method = 8, .size_more = 100 << 20 }, FQ_UNPACK_E_TOO_BIG },
        { { .method = 12 }, FQ_UNPACK_E_MALFORMED },
        { { .method = 8, .flags = 1 }, FQ_UNPACK_E_MALFORMED },
        { { .method = 8, .local_at_more = 1 }, FQ_UNPACK_E_MALFORMED },
        { { .method = 8, .local_at_more = 0xfffffff0 }, FQ_UNPACK_E_MALFORMED },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(unpack_one(*state, &rows[i].lie), rows[i].r);
}

/* Under ASan this also shows that no length in the file leads outside of it. */
static void test_a_zip_cut_anywhere_is_refused(void **state)
{
    static struct packer packer;
    struct fq_str name = { NULL, 0 };
    struct fq_str content = { NULL, 0 };
    packer_add(&packer, "a.csv", "some content", 12, NULL);
    struct fq_str zip = packer_finish(&packer);
    for (size_t len = 0; len < zip.len; len++) {
        FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        struct fq_str front = fq_arena_copy(arena, fq_str_sub(zip, 0, len));
        struct fq_str back = fq_arena_copy(arena, fq_str_sub(zip, zip.len - len, len));
        assert_int_not_equal(fq_unpack_entry(front, 0, arena, &name, &content), 0);
        assert_int_not_equal(fq_unpack_entry(back, 0, arena, &name, &content), 0);
    }
    (void)state;
}

/* 20 MB of zeroes in 20 KB: more than the call may hold. */
static void test_a_bomb_is_refused(void **state)
{
    static char zeroes[20 << 20];
    static unsigned char packed[65536];
    struct fq_str name = { NULL, 0 };
    struct fq_str content = { NULL, 0 };
    size_t size = packer_deflate(zeroes, sizeof(zeroes), packed, sizeof(packed), 15);
    assert_int_equal(
        fq_unpack_entry((struct fq_str){ (const char *)packed, size }, 0, *state, &name, &content),
        FQ_UNPACK_E_TOO_BIG);
}

static void test_what_is_no_archive_is_refused(void **state)
{
    struct fq_str name = { NULL, 0 };
    struct fq_str content = { NULL, 0 };
    assert_int_equal(
        fq_unpack_entry(fq_lit("<html>no bill today</html>"), 0, *state, &name, &content),
        FQ_UNPACK_E_MALFORMED);
    assert_int_equal(fq_unpack_entry(fq_lit(""), 0, *state, &name, &content),
                     FQ_UNPACK_E_MALFORMED);
}

static void test_gbk_and_utf8_are_converted(void **state)
{
    struct fq_str text = { NULL, 0 };
    assert_int_equal(fq_unpack_convert(FQ_CHARSET_GBK_TO_UTF8,
                                       fq_lit("\xd2\xb5\xce\xf1\xc3\xf7\xcf\xb8\t1.00"), *state,
                                       &text),
                     0);
    assert_true(fq_str_equal(text, fq_lit("业务明细\t1.00")));
    assert_int_equal(fq_unpack_convert(FQ_CHARSET_UTF8_TO_GBK, text, *state, &text), 0);
    assert_true(fq_str_equal(text, fq_lit("\xd2\xb5\xce\xf1\xc3\xf7\xcf\xb8\t1.00")));
    assert_int_equal(fq_unpack_convert(FQ_CHARSET_GBK_TO_UTF8, fq_lit(""), *state, &text), 0);
    assert_int_equal(text.len, 0);
}

static void test_text_without_counterpart_is_refused(void **state)
{
    struct fq_str text = { NULL, 0 };
    assert_int_equal(fq_unpack_convert(FQ_CHARSET_GBK_TO_UTF8, fq_lit("\xd2"), *state, &text),
                     FQ_UNPACK_E_MALFORMED);
    assert_int_equal(fq_unpack_convert(FQ_CHARSET_GBK_TO_UTF8, fq_lit("\xff\xff"), *state, &text),
                     FQ_UNPACK_E_MALFORMED);
    assert_int_equal(
        fq_unpack_convert(FQ_CHARSET_UTF8_TO_GBK, fq_lit("\xf0\x9f\x98\x80"), *state, &text),
        FQ_UNPACK_E_MALFORMED);
    assert_int_equal(fq_unpack_convert(FQ_CHARSET_UNSET, fq_lit("x"), *state, &text),
                     FQ_UNPACK_E_MALFORMED);
}

#define UNPACK_TEST(name) cmocka_unit_test_setup_teardown(name, unpack_setup, unpack_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNPACK_TEST(test_entries_are_unpacked_by_index),
        UNPACK_TEST(test_zlib_and_gzip_are_one_entry),
        UNPACK_TEST(test_lies_in_a_zip_are_refused),
        UNPACK_TEST(test_a_zip_cut_anywhere_is_refused),
        UNPACK_TEST(test_a_bomb_is_refused),
        UNPACK_TEST(test_what_is_no_archive_is_refused),
        UNPACK_TEST(test_gbk_and_utf8_are_converted),
        UNPACK_TEST(test_text_without_counterpart_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
