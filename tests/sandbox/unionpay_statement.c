/* SPDX-License-Identifier: Apache-2.0 */
/* The reconciliation file of a settlement day, from the orders that stand in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_file.h"
#include "tests/sandbox/unionpay_model.h"

static const int64_t STATEMENT_DAY_MS = INT64_C(86400) * 1000;
static const int64_t STATEMENT_BEIJING_MS = INT64_C(8) * 3600 * 1000;

/* What a record points to, besides the order. */
struct statement_line {
    char *card_number;
    char txn_time[11];
    char orig_txn_time[11];
};

/* The newest settlement day of that name, today's included; -1: none. */
static int64_t statement_day(const struct unionpay *unionpay, const char *settle_date)
{
    char date[5];
    int64_t today = unionpay_settle_day(unionpay, unionpay->now_unix_ms);
    for (int64_t day = today; day > today - 366; day--) {
        unionpay_settle_date(day, date);
        if (strcmp(date, settle_date) == 0)
            return day;
    }
    return -1;
}

static bool statement_holds(const struct unionpay *unionpay, const struct unionpay_order *order,
                            const struct unionpay_merchant *merchant, int64_t day)
{
    return order->charged && order->merchant == merchant &&
           unionpay_settle_day(unionpay, order->settled_unix_ms) == day;
}

static struct unionpay_file_record statement_record(const struct unionpay *unionpay,
                                                    const struct unionpay_order *order,
                                                    struct statement_line *line)
{
    bool is_consume = unionpay_order_is_consume(order);
    const struct unionpay_order *paid = is_consume ? order : order->original;
    int64_t fee_fen = order->amount_fen * unionpay->settings.fee_ppm / 1000000;
    line->card_number = unionpay_card_masked(paid->card->number);
    snprintf(line->txn_time, sizeof(line->txn_time), "%s",
             unionpay_order_get(order, "txnTime") + 4);
    snprintf(line->orig_txn_time, sizeof(line->orig_txn_time), "%s",
             unionpay_order_get(paid, "txnTime") + 4);
    struct unionpay_file_record record = {
        .trade_no = is_consume ? "S56" : "S30",
        .acq_ins_code = "48020000",
        .trace_no = order->trace_no,
        .txn_time = line->txn_time,
        .card_number = line->card_number,
        .amount_fen = order->amount_fen,
        .query_id = order->query_id,
        .order_id = order->order_id,
        .card_type = paid->card->type,
        .fee_fen = is_consume ? -fee_fen : 0,
        .settle_fen = is_consume ? order->amount_fen : -order->amount_fen,
        .pay_type = "0001",
        .txn_type = unionpay_order_get(order, "txnType"),
        .txn_sub_type = unionpay_order_get(order, "txnSubType"),
        .biz_type = unionpay_order_get(order, "bizType"),
        .mer_reserved = unionpay_order_get(order, "reqReserved"),
        .surcharge_fen = is_consume ? order->surcharge_fen : 0,
        .n_instalments = is_consume ? order->instalments : 0,
    };
    if (!is_consume) {
        record.orig_trace_no = paid->trace_no;
        record.orig_txn_time = line->orig_txn_time;
        record.orig_query_id = paid->query_id;
        record.orig_order_id = paid->order_id;
    }
    return record;
}

static enum unionpay_file_flaw statement_flaw(const char *name)
{
    return strcmp(name, "traversal") == 0   ? UNIONPAY_FILE_TRAVERSAL
           : strcmp(name, "bomb") == 0      ? UNIONPAY_FILE_BOMB
           : strcmp(name, "truncated") == 0 ? UNIONPAY_FILE_TRUNCATED
           : strcmp(name, "width") == 0     ? UNIONPAY_FILE_WIDTH
                                            : UNIONPAY_FILE_SOUND;
}

static void statement_write(const struct unionpay *unionpay, struct unionpay_call *call,
                            int64_t day, size_t n_records)
{
    size_t n = 0;
    struct unionpay_file_record *records = text_alloc(n_records * sizeof(*records));
    struct statement_line *lines = text_alloc(n_records * sizeof(*lines));
    for (const struct unionpay_order *order = unionpay->orders; order != NULL && n < n_records;
         order = order->next) {
        if (statement_holds(unionpay, order, call->merchant, day)) {
            records[n_records - 1 - n] =
                statement_record(unionpay, order, &lines[n_records - 1 - n]);
            n++;
        }
    }
    struct unionpay_file file = {
        .mer_id = call->merchant->mer_id,
        .mer_name = "沙箱商户",
        .settle_unix_ms = day * STATEMENT_DAY_MS - STATEMENT_BEIJING_MS + STATEMENT_DAY_MS / 2,
        .records = records,
        .n_records = n_records,
        .flaw = statement_flaw(unionpay->settings.file_flaw),
    };
    STRING_CLEANUP name = unionpay_file_name(&file);
    STRING_CLEANUP content = unionpay_file_content(&file);
    form_set(&call->fields, "fileName", name);
    form_set(&call->fields, "fileContent", content);
    for (size_t i = 0; i < n_records; i++)
        free(lines[i].card_number);
    free(lines);
    free(records);
}

void unionpay_statement(struct unionpay *unionpay, struct unionpay_call *call)
{
    size_t n_records = 0;
    int64_t day = statement_day(unionpay, unionpay_call_get(call, "settleDate"));
    int64_t ready_unix_ms =
        (day + 1) * STATEMENT_DAY_MS - STATEMENT_BEIJING_MS + unionpay->settings.file_ready_ms;
    bool is_ready = unionpay->settings.file_at_once || unionpay->now_unix_ms >= ready_unix_ms;
    for (const struct unionpay_order *order = unionpay->orders; order != NULL; order = order->next)
        n_records += statement_holds(unionpay, order, call->merchant, day) ? 1 : 0;
    if (day < 0 || !is_ready || n_records == 0)
        unionpay_call_end(call, "98", NULL);
    else
        statement_write(unionpay, call, day, n_records);
}
