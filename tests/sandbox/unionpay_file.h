/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's reconciliation file of a settlement day: details in fixed columns and a summary, in
 * GBK, zipped, deflated and in base64. */
#ifndef SANDBOX_UNIONPAY_FILE_H
#define SANDBOX_UNIONPAY_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/sandbox/text.h"

/* A line of the details. Texts are UTF-8, NULL is blank; what is wider than its column in GBK is
 * cut between characters. Amounts have no sign of their own where a comment gives them none. */
struct unionpay_file_record {
    const char *trade_no;      /* 1: "S56" for a consume */
    const char *acq_ins_code;  /* 2; NULL: one of the sandbox */
    const char *trace_no;      /* 4 */
    const char *txn_time;      /* 5: MMDDhhmmss */
    const char *card_number;   /* 6: goes in as it is, so masked */
    int64_t amount_fen;        /* 7 */
    const char *query_id;      /* 10 */
    const char *order_id;      /* 12 */
    const char *card_type;     /* 13: payCardType */
    const char *orig_trace_no; /* 14 */
    const char *orig_txn_time; /* 15: MMDDhhmmss */
    int64_t fee_fen;           /* 16: negative (D) where the merchant is charged, else C */
    int64_t settle_fen; /* 17, before the fee: C where the merchant receives, negative (D) where he
                         * gives; the net (33) is both together */
    const char *pay_type;      /* 18 */
    const char *txn_type;      /* 20 */
    const char *txn_sub_type;  /* 21 */
    const char *biz_type;      /* 22 */
    const char *orig_query_id; /* 27 */
    const char *mer_reserved;  /* 35 */
    int64_t surcharge_fen;     /* 38: the instalment surcharge; C, or D where negative */
    unsigned n_instalments;    /* 39: blank where 0 */
    const char *orig_order_id; /* 41 */
};

/* What a client must survive. */
enum unionpay_file_flaw {
    UNIONPAY_FILE_SOUND,
    UNIONPAY_FILE_TRAVERSAL, /* names with "../", of the file and inside of the archive */
    UNIONPAY_FILE_BOMB,      /* the details expand to UNIONPAY_FILE_BOMB_SIZE */
    UNIONPAY_FILE_TRUNCATED, /* the deflate stream ends halfway */
    UNIONPAY_FILE_WIDTH,     /* the last record lacks a byte, after its order number */
};

enum {
    UNIONPAY_FILE_RECORD_SIZE = 607, /* without CR LF */
    UNIONPAY_FILE_BOMB_SIZE = 64 << 20,
};

struct unionpay_file {
    const char *mer_id;
    const char *mer_name;   /* for the summary */
    int64_t settle_unix_ms; /* a moment of the settlement day, as Beijing counts days */
    const struct unionpay_file_record *records;
    size_t n_records;
    enum unionpay_file_flaw flaw;
};

/* ZM: GBK, CR LF behind each record. */
void unionpay_file_details(const struct unionpay_file *file, struct text *ret_gbk);

/* RD: GBK, for people. */
void unionpay_file_summary(const struct unionpay_file *file, struct text *ret_gbk);

/* What the answer's `fileName` and `fileContent` say; the caller's to free. */
char *unionpay_file_name(const struct unionpay_file *file);
char *unionpay_file_content(const struct unionpay_file *file);

#endif
