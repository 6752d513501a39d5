/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's reconciliation file of a settlement day: details in fixed columns and a summary, in
 * GBK, zipped, deflated and in base64. */
#include "tests/sandbox/unionpay_file.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/sandbox/base64.h"
#include "tests/sandbox/gbk.h"
#include "tests/sandbox/units.h"
#include "tests/sandbox/zip.h"

enum {
    FILE_ACCOUNT_SIZE = 11,
    FILE_DIGITS_SIZE = 32,
    FILE_ORDER_ID_END = 144, /* in a record */
};

static const char FILE_NO_MONEY[] = "C000000000000";

/* In GBK, cut between characters where it is too wide; what would break the line is a space. */
static void file_column(struct text *to, size_t width, const char *utf8)
{
    STRING_CLEANUP gbk = gbk_convert(utf8 != NULL ? utf8 : "");
    size_t size = 0;
    while (gbk[size] != '\0') {
        size_t more = (unsigned char)gbk[size] > 0x80 && gbk[size + 1] != '\0' ? 2 : 1;
        if (size + more > width)
            break;
        if ((unsigned char)gbk[size] < ' ')
            gbk[size] = ' ';
        size += more;
    }
    text_add_bytes(to, gbk, size);
    text_printf(to, "%*s", (int)(width - size), "");
}

static void file_next(struct text *to, size_t width, const char *utf8)
{
    text_add(to, " ");
    file_column(to, width, utf8);
}

static const char *file_signed(char ret[FILE_DIGITS_SIZE], int n_digits, int64_t fen)
{
    snprintf(ret, FILE_DIGITS_SIZE, "%c%0*" PRId64, fen < 0 ? 'D' : 'C', n_digits,
             fen < 0 ? -fen : fen);
    return ret;
}

/* Columns 1 to 21: the transaction. */
static void file_transaction(struct text *to, const struct unionpay_file_record *record)
{
    char digits[FILE_DIGITS_SIZE];
    const char *acq = record->acq_ins_code != NULL ? record->acq_ins_code : "48020000";
    file_column(to, 3, record->trade_no);
    file_next(to, FILE_ACCOUNT_SIZE, acq);
    file_next(to, FILE_ACCOUNT_SIZE, "00049992");
    file_next(to, 6, record->trace_no);
    file_next(to, 10, record->txn_time);
    file_next(to, 19, record->card_number);
    snprintf(digits, sizeof(digits), "%012" PRId64, record->amount_fen);
    file_next(to, 12, digits);
    file_next(to, 4, "5311"); /* merCatCode */
    file_next(to, 2, "07");   /* termType */
    file_next(to, 21, record->query_id);
    file_next(to, 2, "");
    file_next(to, 32, record->order_id);
    file_next(to, 2, record->card_type);
    file_next(to, 6, record->orig_trace_no);
    file_next(to, 10, record->orig_txn_time);
    file_next(to, 13, file_signed(digits, 12, record->fee_fen));
    file_next(to, 13, file_signed(digits, 12, record->settle_fen));
    file_next(to, 4, record->pay_type);
    file_next(to, 15, "");
    file_next(to, 2, record->txn_type);
    file_next(to, 2, record->txn_sub_type);
}

/* Columns 22 to 35: the business, bills and splits. */
static void file_business(struct text *to, const struct unionpay_file *file,
                          const struct unionpay_file_record *record)
{
    char digits[FILE_DIGITS_SIZE];
    file_next(to, 6, record->biz_type);
    file_next(to, 2, "01"); /* accType */
    file_next(to, 4, "");
    file_next(to, 32, "");
    file_next(to, 1, "");
    file_next(to, 21, record->orig_query_id);
    file_next(to, 15, file->mer_id);
    file_next(to, 1, "0"); /* no split */
    file_next(to, 15, "");
    file_next(to, 32, "");
    file_next(to, 13, FILE_NO_MONEY);
    file_next(to, 13, file_signed(digits, 12, record->settle_fen + record->fee_fen));
    file_next(to, 8, "");
    file_next(to, 32, record->mer_reserved);
}

/* Columns 36 to 42: discounts and instalments. Genuine rows without instalments have zeros and
 * blanks there. */
static void file_instalments(struct text *to, const struct unionpay_file_record *record)
{
    char digits[FILE_DIGITS_SIZE];
    file_next(to, 13, FILE_NO_MONEY);
    file_next(to, 13, FILE_NO_MONEY);
    if (record->n_instalments > 0) {
        file_next(to, 12, file_signed(digits, 11, record->surcharge_fen));
        snprintf(digits, sizeof(digits), "%02u", record->n_instalments);
        file_next(to, 2, digits);
    } else {
        file_next(to, 12, "000000000000");
        file_next(to, 2, "");
    }
    file_next(to, 1, "");
    file_next(to, 32, record->orig_order_id);
    file_next(to, 98, "");
}

static void file_drop_byte(struct text *text, size_t at)
{
    memmove(text->bytes + at, text->bytes + at + 1, text->size - at);
    text->size--;
}

static void file_swell(struct text *text)
{
    size_t missing = UNIONPAY_FILE_BOMB_SIZE - text->size;
    char *blanks = text_alloc(missing);
    memset(blanks, ' ', missing);
    text_add_bytes(text, blanks, missing);
    free(blanks);
}

void unionpay_file_details(const struct unionpay_file *file, struct text *ret_gbk)
{
    size_t last = 0;
    text_add(ret_gbk, "");
    for (size_t i = 0; i < file->n_records; i++) {
        last = ret_gbk->size;
        file_transaction(ret_gbk, &file->records[i]);
        file_business(ret_gbk, file, &file->records[i]);
        file_instalments(ret_gbk, &file->records[i]);
        text_add(ret_gbk, "\r\n");
    }
    if (file->flaw == UNIONPAY_FILE_WIDTH && file->n_records > 0)
        file_drop_byte(ret_gbk, last + FILE_ORDER_ID_END - 1);
    if (file->flaw == UNIONPAY_FILE_BOMB && ret_gbk->size < UNIONPAY_FILE_BOMB_SIZE)
        file_swell(ret_gbk);
}

static void file_add_yuan(struct text *to, const char *label, int64_t fen)
{
    char yuan[YUAN_SIZE];
    text_printf(to, "%s%s%s元\r\n", label, fen < 0 ? "-" : "",
                yuan_format(fen < 0 ? -fen : fen, yuan));
}

void unionpay_file_summary(const struct unionpay_file *file, struct text *ret_gbk)
{
    TEXT_CLEANUP utf8 = { 0 };
    char day[BEIJING_SIZE];
    unsigned n_consumes = 0;
    int64_t consumed_fen = 0;
    int64_t returned_fen = 0;
    int64_t fee_fen = 0;
    int64_t settle_fen = 0;
    int64_t surcharge_fen = 0;
    for (size_t i = 0; i < file->n_records; i++) {
        const struct unionpay_file_record *record = &file->records[i];
        bool consume = record->txn_type != NULL && strcmp(record->txn_type, "01") == 0;
        n_consumes += consume;
        *(consume ? &consumed_fen : &returned_fen) += record->amount_fen;
        fee_fen += record->fee_fen;
        settle_fen += record->settle_fen;
        surcharge_fen += record->surcharge_fen;
    }
    beijing_format(file->settle_unix_ms, day);
    text_printf(&utf8, "中国银联清算汇总（沙箱）\r\n商户代码：%s\r\n商户名称：%s\r\n", file->mer_id,
                file->mer_name != NULL ? file->mer_name : "");
    text_printf(&utf8, "清算日期：%.10s\r\n消费笔数：%u\r\n", day, n_consumes);
    file_add_yuan(&utf8, "消费金额：", consumed_fen);
    text_printf(&utf8, "撤销与退货笔数：%zu\r\n", file->n_records - n_consumes);
    file_add_yuan(&utf8, "撤销与退货金额：", returned_fen);
    file_add_yuan(&utf8, "商户手续费：", fee_fen);
    file_add_yuan(&utf8, "分期付款附加手续费：", surcharge_fen);
    file_add_yuan(&utf8, "清算净额：", settle_fen + fee_fen);
    STRING_CLEANUP gbk = gbk_convert(utf8.bytes);
    text_add(ret_gbk, gbk);
}

static const char *file_prefix(const struct unionpay_file *file)
{
    return file->flaw == UNIONPAY_FILE_TRAVERSAL ? "../../" : "";
}

/* INN<yymmdd>88ZM_<merId> and its kin. */
static void file_pack(const struct unionpay_file *file, struct zip *zip, const char *head,
                      const char *tail, const char *bytes)
{
    char day[BEIJING_SIZE];
    TEXT_CLEANUP name = { 0 };
    beijing_format(file->settle_unix_ms, day);
    text_printf(&name, "%s%s%.2s%.2s%.2s88%s_%s", file_prefix(file), head, day + 2, day + 5,
                day + 8, tail, file->mer_id);
    zip_add(zip, name.bytes, bytes, file->settle_unix_ms);
}

char *unionpay_file_name(const struct unionpay_file *file)
{
    char day[BEIJING_SIZE];
    struct text name = { 0 };
    beijing_format(file->settle_unix_ms, day);
    text_printf(&name, "%s%s_%.4s%.2s%.2s.zip", file_prefix(file), file->mer_id, day, day + 5,
                day + 8);
    return text_take(&name);
}

char *unionpay_file_content(const struct unionpay_file *file)
{
    struct zip zip = { 0 };
    size_t size;
    TEXT_CLEANUP details = { 0 };
    TEXT_CLEANUP summary = { 0 };
    unionpay_file_details(file, &details);
    unionpay_file_summary(file, &summary);
    file_pack(file, &zip, "INN", "ZM", details.bytes);
    file_pack(file, &zip, "INN", "ZME", "");
    file_pack(file, &zip, "RD", "", summary.bytes);
    STRING_CLEANUP archive = zip_finish(&zip, &size);
    uLongf packed_size = compressBound(size);
    STRING_CLEANUP packed = text_alloc(packed_size);
    if (compress((Bytef *)packed, &packed_size, (const Bytef *)archive, size) != Z_OK)
        abort();
    if (file->flaw == UNIONPAY_FILE_TRUNCATED)
        packed_size /= 2;
    return base64_encode(packed, packed_size);
}
