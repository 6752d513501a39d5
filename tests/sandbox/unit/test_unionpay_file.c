/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's reconciliation file by itself: its columns byte by byte, and its way into an answer
 * and out again. */
/* cmocka.h needs those before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/sandbox/base64.h"
#include "tests/sandbox/text.h"
#include "tests/sandbox/unionpay_file.h"

enum { LINE_SIZE = UNIONPAY_FILE_RECORD_SIZE + 2, LOCAL_HEAD_SIZE = 30 };

static const struct unionpay_file_record INSTALMENT = {
    .trade_no = "S56",
    .trace_no = "123456",
    .txn_time = "1123101112",
    .card_number = "622155******0000",
    .amount_fen = 120000,
    .query_id = "442611231011121234568",
    .order_id = "ORDER20261123001",
    .card_type = "02",
    .fee_fen = -720,
    .settle_fen = 120000,
    .pay_type = "0001",
    .txn_type = "01",
    .txn_sub_type = "03",
    .biz_type = "000201",
    .mer_reserved = "分期订单",
    .surcharge_fen = 4320,
    .n_instalments = 6,
    .orig_order_id = "FIRST0001",
};

static const struct unionpay_file_record REFUND = {
    .trade_no = "S30",
    .trace_no = "123457",
    .txn_time = "1123121314",
    .card_number = "622155******0000",
    .amount_fen = 100,
    .query_id = "442611231213141234578",
    .order_id = "REFUND0001",
    .orig_trace_no = "123456",
    .orig_txn_time = "1123101112",
    .settle_fen = -100,
    .txn_type = "04",
    .txn_sub_type = "00",
    .orig_query_id = "442611231011121234568",
    .surcharge_fen = -4320,
    .n_instalments = 12,
};

static struct unionpay_file file_of(const struct unionpay_file_record *records, size_t n_records,
                                    enum unionpay_file_flaw flaw)
{
    return (struct unionpay_file){
        .mer_id = "777290058110048",
        .mer_name = "中文商户",
        .settle_unix_ms = 1795406400000, /* 2026-11-23 12:00 in Beijing */
        .records = records,
        .n_records = n_records,
        .flaw = flaw,
    };
}

static void assert_at(const struct text *text, size_t offset, const char *expected)
{
    assert_true(offset + strlen(expected) <= text->size);
    assert_memory_equal(text->bytes + offset, expected, strlen(expected));
}

static void test_a_record_has_607_bytes_and_a_line_end(void **state)
{
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file_record records[] = { INSTALMENT, { 0 }, REFUND };
    struct unionpay_file file = file_of(records, 3, UNIONPAY_FILE_SOUND);
    (void)state;
    unionpay_file_details(&file, &details);
    assert_int_equal(details.size, 3 * LINE_SIZE);
    for (size_t i = 1; i <= 3; i++)
        assert_at(&details, i * LINE_SIZE - 2, "\r\n");
}

static void test_columns_are_parted_by_one_blank_at_their_offsets(void **state)
{
    /* Where each column but the first begins. */
    static const size_t OFFSETS[] = { 4,   16,  28,  35,  46,  66,  79,  84,  87,  109, 112,
                                      145, 148, 155, 166, 180, 194, 199, 215, 218, 221, 228,
                                      231, 236, 269, 271, 293, 309, 311, 327, 360, 374, 388,
                                      397, 430, 444, 458, 471, 474, 476, 509 };
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file file = file_of(&INSTALMENT, 1, UNIONPAY_FILE_SOUND);
    (void)state;
    unionpay_file_details(&file, &details);
    assert_int_equal(sizeof(OFFSETS) / sizeof(OFFSETS[0]), 41);
    for (size_t i = 0; i < 41; i++)
        assert_int_equal(details.bytes[OFFSETS[i] - 1], ' ');
}

static void test_what_is_known_stands_in_its_column(void **state)
{
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file file = file_of(&INSTALMENT, 1, UNIONPAY_FILE_SOUND);
    (void)state;
    unionpay_file_details(&file, &details);
    assert_at(&details, 0, "S56 ");
    assert_at(&details, 28, "123456 1123101112 622155******0000    000000120000 ");
    assert_at(&details, 87, "442611231011121234568 ");
    assert_at(&details, 112, "ORDER20261123001                 02 ");
    assert_at(&details, 166, "D000000000720 C000000120000 0001 ");
    assert_at(&details, 215, "01 03 000201 ");
    assert_at(&details, 293, "777290058110048 ");
    assert_at(&details, 374, "C000000119280 ");
}

static void test_instalments_stand_in_columns_38_39_and_41(void **state)
{
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file_record records[] = { INSTALMENT, REFUND };
    struct unionpay_file file = file_of(records, 2, UNIONPAY_FILE_SOUND);
    (void)state;
    unionpay_file_details(&file, &details);
    assert_at(&details, 458, "C00000004320 06 ");
    assert_at(&details, 476, "FIRST0001                        ");
    assert_at(&details, LINE_SIZE + 458, "D00000004320 12 ");
    assert_at(&details, LINE_SIZE + 476, "                                 ");
}

static void test_a_plain_consume_has_zeros_and_blanks_for_instalments(void **state)
{
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file_record record = INSTALMENT;
    struct unionpay_file file = file_of(&record, 1, UNIONPAY_FILE_SOUND);
    (void)state;
    record.n_instalments = 0;
    record.surcharge_fen = 0;
    unionpay_file_details(&file, &details);
    assert_at(&details, 458, "000000000000    ");
}

static void test_a_refund_names_its_payment_and_takes_money_back(void **state)
{
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file file = file_of(&REFUND, 1, UNIONPAY_FILE_SOUND);
    (void)state;
    unionpay_file_details(&file, &details);
    assert_at(&details, 148, "123456 1123101112 ");
    assert_at(&details, 180, "D000000000100 ");
    assert_at(&details, 271, "442611231011121234568 ");
}

static void test_chinese_is_gbk_and_columns_count_bytes(void **state)
{
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file file = file_of(&INSTALMENT, 1, UNIONPAY_FILE_SOUND);
    (void)state;
    unionpay_file_details(&file, &details);
    assert_at(&details, 397, "\xb7\xd6\xc6\xda\xb6\xa9\xb5\xa5                        ");
    assert_int_equal(details.size, LINE_SIZE);
}

static void test_what_is_too_wide_is_cut_between_characters(void **state)
{
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file_record record = INSTALMENT;
    struct unionpay_file file = file_of(&record, 1, UNIONPAY_FILE_SOUND);
    (void)state;
    record.mer_reserved = "x一一一一一一一一一一一一一一一一";
    record.order_id = "0123456789012345678901234567890123456789";
    unionpay_file_details(&file, &details);
    assert_int_equal(details.size, LINE_SIZE);
    assert_at(&details, 112, "01234567890123456789012345678901 ");
    assert_at(&details, 397, "x\xd2\xbb");
    assert_at(&details, 397 + 29, "\xd2\xbb  C");
}

static void test_a_value_cannot_begin_a_line(void **state)
{
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file_record record = INSTALMENT;
    struct unionpay_file file = file_of(&record, 1, UNIONPAY_FILE_SOUND);
    (void)state;
    record.mer_reserved = "a\r\nS56";
    unionpay_file_details(&file, &details);
    assert_at(&details, 397, "a  S56 ");
}

static void test_the_summary_adds_up_in_gbk(void **state)
{
    TEXT_CLEANUP summary = { 0 };
    struct unionpay_file_record records[] = { INSTALMENT, REFUND };
    struct unionpay_file file = file_of(records, 2, UNIONPAY_FILE_SOUND);
    (void)state;
    unionpay_file_summary(&file, &summary);
    assert_non_null(strstr(summary.bytes, "\xd6\xd0\xce\xc4\xc9\xcc\xbb\xa7\r\n")); /* 中文商户 */
    assert_non_null(strstr(summary.bytes, "2026-11-23\r\n"));
    assert_non_null(strstr(summary.bytes, "1200.00\xd4\xaa\r\n"));
    assert_non_null(strstr(summary.bytes, "1191.80\xd4\xaa\r\n"));
}

/* A file out of the archive, or NULL. */
static char *archive_file(const char *archive, size_t size, const char *name, size_t *ret_size)
{
    for (size_t at = 0; at + LOCAL_HEAD_SIZE < size && memcmp(archive + at, "PK\3\4", 4) == 0;) {
        uint32_t sizes[2];
        uint16_t name_size;
        memcpy(sizes, archive + at + 18, sizeof(sizes));
        memcpy(&name_size, archive + at + 26, sizeof(name_size));
        const char *packed = archive + at + LOCAL_HEAD_SIZE + name_size;
        if (name_size == strlen(name) && memcmp(packed - name_size, name, name_size) == 0) {
            z_stream stream = { .next_in = (z_const Bytef *)(uintptr_t)packed,
                                .avail_in = sizes[0] };
            char *bytes = text_alloc(sizes[1] + 1);
            stream.next_out = (Bytef *)bytes;
            stream.avail_out = sizes[1] + 1;
            assert_int_equal(inflateInit2(&stream, -MAX_WBITS), Z_OK);
            assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
            assert_int_equal(stream.total_out, sizes[1]);
            assert_int_equal(inflateEnd(&stream), Z_OK);
            *ret_size = sizes[1];
            return bytes;
        }
        at += LOCAL_HEAD_SIZE + name_size + sizes[0];
    }
    return NULL;
}

/* The archive out of what the answer carries, or NULL for a broken stream. */
static char *content_archive(const struct unionpay_file *file, size_t *ret_size)
{
    size_t size;
    uLongf room = 1 << 20;
    STRING_CLEANUP content = unionpay_file_content(file);
    unsigned char *packed = base64_decode(content, &size);
    assert_non_null(packed);
    char *archive = text_alloc(room);
    if (uncompress((Bytef *)archive, &room, packed, size) != Z_OK) {
        free(archive);
        archive = NULL;
    }
    free(packed);
    *ret_size = room;
    return archive;
}

static void test_the_content_holds_three_files(void **state)
{
    size_t size;
    size_t file_size;
    TEXT_CLEANUP details = { 0 };
    TEXT_CLEANUP summary = { 0 };
    struct unionpay_file file = file_of(&INSTALMENT, 1, UNIONPAY_FILE_SOUND);
    (void)state;
    unionpay_file_details(&file, &details);
    unionpay_file_summary(&file, &summary);
    STRING_CLEANUP archive = content_archive(&file, &size);
    assert_non_null(archive);
    STRING_CLEANUP zm = archive_file(archive, size, "INN26112388ZM_777290058110048", &file_size);
    assert_non_null(zm);
    assert_int_equal(file_size, LINE_SIZE);
    assert_memory_equal(zm, details.bytes, LINE_SIZE);
    STRING_CLEANUP zme = archive_file(archive, size, "INN26112388ZME_777290058110048", &file_size);
    assert_non_null(zme);
    assert_int_equal(file_size, 0);
    STRING_CLEANUP rd = archive_file(archive, size, "RD26112388_777290058110048", &file_size);
    assert_non_null(rd);
    assert_string_equal(rd, summary.bytes);
    STRING_CLEANUP name = unionpay_file_name(&file);
    assert_string_equal(name, "777290058110048_20261123.zip");
}

static void test_a_day_begins_in_beijing(void **state)
{
    struct unionpay_file file = file_of(NULL, 0, UNIONPAY_FILE_SOUND);
    (void)state;
    file.settle_unix_ms = 1795363200000; /* 2026-11-22 16:00 UTC */
    STRING_CLEANUP first = unionpay_file_name(&file);
    file.settle_unix_ms--;
    STRING_CLEANUP before = unionpay_file_name(&file);
    assert_string_equal(first, "777290058110048_20261123.zip");
    assert_string_equal(before, "777290058110048_20261122.zip");
}

static void test_a_day_without_records_has_empty_details(void **state)
{
    size_t size;
    size_t file_size;
    struct unionpay_file file = file_of(NULL, 0, UNIONPAY_FILE_SOUND);
    (void)state;
    STRING_CLEANUP archive = content_archive(&file, &size);
    STRING_CLEANUP zm = archive_file(archive, size, "INN26112388ZM_777290058110048", &file_size);
    assert_non_null(zm);
    assert_int_equal(file_size, 0);
}

static void test_a_hostile_name_leaves_its_folder(void **state)
{
    size_t size;
    size_t file_size;
    struct unionpay_file file = file_of(&INSTALMENT, 1, UNIONPAY_FILE_TRAVERSAL);
    (void)state;
    STRING_CLEANUP name = unionpay_file_name(&file);
    STRING_CLEANUP archive = content_archive(&file, &size);
    STRING_CLEANUP zm =
        archive_file(archive, size, "../../INN26112388ZM_777290058110048", &file_size);
    assert_string_equal(name, "../../777290058110048_20261123.zip");
    assert_non_null(zm);
}

static void test_a_bomb_is_small_and_expands(void **state)
{
    size_t size;
    size_t file_size;
    struct unionpay_file file = file_of(&INSTALMENT, 1, UNIONPAY_FILE_BOMB);
    (void)state;
    STRING_CLEANUP content = unionpay_file_content(&file);
    assert_true(strlen(content) < 16 << 10);
    STRING_CLEANUP archive = content_archive(&file, &size);
    STRING_CLEANUP zm = archive_file(archive, size, "INN26112388ZM_777290058110048", &file_size);
    assert_non_null(zm);
    assert_int_equal(file_size, UNIONPAY_FILE_BOMB_SIZE);
}

static void test_a_truncated_stream_does_not_inflate(void **state)
{
    size_t size;
    struct unionpay_file file = file_of(&INSTALMENT, 1, UNIONPAY_FILE_TRUNCATED);
    (void)state;
    STRING_CLEANUP archive = content_archive(&file, &size);
    assert_null(archive);
}

static void test_a_record_of_wrong_width_moves_what_follows(void **state)
{
    TEXT_CLEANUP details = { 0 };
    struct unionpay_file_record records[] = { REFUND, INSTALMENT };
    struct unionpay_file file = file_of(records, 2, UNIONPAY_FILE_WIDTH);
    (void)state;
    unionpay_file_details(&file, &details);
    assert_int_equal(details.size, 2 * LINE_SIZE - 1);
    assert_at(&details, 458, "D00000004320 12 ");
    assert_at(&details, LINE_SIZE + 112, "ORDER20261123001 ");
    assert_at(&details, LINE_SIZE + 457, "C00000004320 06 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_has_607_bytes_and_a_line_end),
        cmocka_unit_test(test_columns_are_parted_by_one_blank_at_their_offsets),
        cmocka_unit_test(test_what_is_known_stands_in_its_column),
        cmocka_unit_test(test_instalments_stand_in_columns_38_39_and_41),
        cmocka_unit_test(test_a_plain_consume_has_zeros_and_blanks_for_instalments),
        cmocka_unit_test(test_a_refund_names_its_payment_and_takes_money_back),
        cmocka_unit_test(test_chinese_is_gbk_and_columns_count_bytes),
        cmocka_unit_test(test_what_is_too_wide_is_cut_between_characters),
        cmocka_unit_test(test_a_value_cannot_begin_a_line),
        cmocka_unit_test(test_the_summary_adds_up_in_gbk),
        cmocka_unit_test(test_the_content_holds_three_files),
        cmocka_unit_test(test_a_day_begins_in_beijing),
        cmocka_unit_test(test_a_day_without_records_has_empty_details),
        cmocka_unit_test(test_a_hostile_name_leaves_its_folder),
        cmocka_unit_test(test_a_bomb_is_small_and_expands),
        cmocka_unit_test(test_a_truncated_stream_does_not_inflate),
        cmocka_unit_test(test_a_record_of_wrong_width_moves_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
