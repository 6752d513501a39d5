/* SPDX-License-Identifier: Apache-2.0 */
/* The bill of a time: a detail and a summary in GBK, zipped. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"
#include "tests/sandbox/gbk.h"
#include "tests/sandbox/zip.h"

static const char BILL_DASHES[] = "#-----------------------------------------";

/* A payment, or one of its refunds. */
struct bill_row {
    int64_t at_unix_ms;
    const struct alipay_trade *trade;
    const struct alipay_refund *refund; /* NULL: the payment */
};

struct bill_rows {
    struct bill_row *rows;
    size_t n_rows;
    size_t room;
};

struct bill_sums {
    unsigned n_payments;
    unsigned n_refunds;
    int64_t paid_cents;
    int64_t refunded_cents;
    int64_t service_cents;
};

static void bill_rows_add(struct bill_rows *list, struct bill_row row, int64_t from_unix_ms,
                          int64_t to_unix_ms)
{
    if (row.at_unix_ms < from_unix_ms || row.at_unix_ms >= to_unix_ms)
        return;
    if (list->n_rows == list->room) {
        list->room = list->room * 2 + 64;
        struct bill_row *rows = realloc(list->rows, list->room * sizeof(*rows));
        if (rows == NULL)
            abort();
        list->rows = rows;
    }
    list->rows[list->n_rows++] = row;
}

static int bill_rows_compare(const void *a, const void *b)
{
    const struct bill_row *left = a;
    const struct bill_row *right = b;
    if (left->at_unix_ms != right->at_unix_ms)
        return left->at_unix_ms < right->at_unix_ms ? -1 : 1;
    if ((left->refund == NULL) != (right->refund == NULL))
        return left->refund == NULL ? -1 : 1;
    return strcmp(left->trade->trade_no, right->trade->trade_no);
}

static struct bill_rows bill_collect(const struct alipay *alipay, int64_t from_unix_ms,
                                     int64_t to_unix_ms)
{
    struct bill_rows list = { 0 };
    for (const struct alipay_trade *trade = alipay->trades; trade != NULL; trade = trade->next) {
        bill_rows_add(&list, (struct bill_row){ trade->paid_unix_ms, trade, NULL }, from_unix_ms,
                      to_unix_ms);
        for (const struct alipay_refund *refund = trade->refunds; refund != NULL;
             refund = refund->next)
            bill_rows_add(&list, (struct bill_row){ refund->settled_unix_ms, trade, refund },
                          from_unix_ms, to_unix_ms);
    }
    if (list.n_rows > 0)
        qsort(list.rows, list.n_rows, sizeof(list.rows[0]), bill_rows_compare);
    return list;
}

/* What the merchant is charged (negative) or gets back: the rate of his contract, and the
 * instalment fee where he bears it. The buyer's fee is no money of his. */
static int64_t bill_service(const struct alipay *alipay, const struct bill_row *row)
{
    const struct alipay_order *order = row->trade->order;
    bool bears = row->trade->instalments > 0 && strcmp(order->hb_fq_seller_percent, "100") == 0;
    if (row->refund != NULL)
        return alipay_refund_fee_back(alipay, row->trade, row->refund);
    int64_t cents = (order->total_cents * alipay->settings.service_ppm + 500000) / 1000000;
    if (bears)
        cents += huabei_fee(order->total_cents, row->trade->instalments, true);
    return -cents;
}

static void bill_add_yuan(struct text *to, int64_t cents)
{
    char yuan[YUAN_SIZE];
    text_printf(to, "%s%s", cents < 0 ? "-" : "", yuan_format(cents < 0 ? -cents : cents, yuan));
}

/* Padded with a TAB, so that a spreadsheet keeps long digits as they are. */
static void bill_add_text(struct text *to, const char *value)
{
    text_printf(to, "%s\t,", value);
}

static void bill_add_row(struct text *to, const struct bill_row *row, int64_t service_cents)
{
    char text[BEIJING_SIZE];
    const struct alipay_order *order = row->trade->order;
    const struct alipay_refund *refund = row->refund;
    int64_t cents = refund != NULL ? -refund->cents : order->total_cents;
    bill_add_text(to, row->trade->trade_no);
    bill_add_text(to, order->out_trade_no);
    text_add(to, refund != NULL ? "退款," : "交易,");
    bill_add_text(to, order->subject);
    bill_add_text(to, beijing_format(row->trade->created_unix_ms, text));
    bill_add_text(to, beijing_format(row->at_unix_ms, text));
    bill_add_text(to, alipay_biz_text(row->trade->page->biz, "store_id"));
    text_add(to, ",");
    bill_add_text(to, alipay_biz_text(row->trade->page->biz, "operator_id"));
    bill_add_text(to, alipay_biz_text(row->trade->page->biz, "terminal_id"));
    bill_add_text(to, "*相(" ALIPAY_BUYER_LOGON_ID ")");
    bill_add_yuan(to, cents);
    text_add(to, ",");
    bill_add_yuan(to, cents);
    text_add(to, ",0.00,0.00,0.00,0.00,0.00,,0.00,0.00,");
    bill_add_text(to, refund != NULL ? refund->out_request_no : "");
    bill_add_yuan(to, service_cents);
    text_add(to, ",0.00,");
    text_printf(to, "%s\t\r\n", refund != NULL ? refund->reason : order->body);
}

static void bill_head(const struct alipay *alipay, struct text *to, const char *title,
                      int64_t from_unix_ms, int64_t to_unix_ms)
{
    char text[BEIJING_SIZE];
    static const char DATE[] = "%.4s年%.2s月%.2s日 %s";
    text_printf(to, "#支付宝%s查询\r\n#账号：[%s0156]\r\n#起始日期：[", title,
                alipay->config.seller_id);
    beijing_format(from_unix_ms, text);
    text_printf(to, DATE, text, text + 5, text + 8, text + 11);
    text_add(to, "]   终止日期：[");
    beijing_format(to_unix_ms, text);
    text_printf(to, DATE, text, text + 5, text + 8, text + 11);
    text_add(to, "]\r\n");
}

static void bill_foot(const struct alipay *alipay, struct text *to, const struct bill_sums *sums)
{
    char text[BEIJING_SIZE];
    text_printf(to, "#交易合计：%u笔，商家实收共", sums->n_payments);
    bill_add_yuan(to, sums->paid_cents);
    text_printf(to, "元，商家优惠共0.00元\r\n#退款合计：%u笔，商家实收退款共", sums->n_refunds);
    bill_add_yuan(to, -sums->refunded_cents);
    text_add(to, "元，商家优惠退款共0.00元\r\n#导出时间：[");
    beijing_format(alipay->now_unix_ms, text);
    text_printf(to, "%.4s年%.2s月%.2s日 %s]\r\n", text, text + 5, text + 8, text + 11);
}

static void bill_details(const struct alipay *alipay, struct text *to, const struct bill_rows *list,
                         struct bill_sums *sums)
{
    text_printf(to, "%s业务明细列表----------------------------------------\r\n", BILL_DASHES);
    text_add(to, "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,"
                 "操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,"
                 "集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
                 "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,"
                 "分润（元）,备注\r\n");
    for (size_t i = 0; i < list->n_rows; i++) {
        const struct bill_row *row = &list->rows[i];
        int64_t service_cents = bill_service(alipay, row);
        bill_add_row(to, row, service_cents);
        sums->service_cents += service_cents;
        if (row->refund != NULL) {
            sums->n_refunds++;
            sums->refunded_cents += row->refund->cents;
        } else {
            sums->n_payments++;
            sums->paid_cents += row->trade->order->total_cents;
        }
    }
    text_printf(to, "%s业务明细列表结束------------------------------------\r\n", BILL_DASHES);
}

static void bill_summary_row(struct text *to, const char *store, const struct bill_sums *sums)
{
    int64_t net_cents = sums->paid_cents - sums->refunded_cents;
    text_printf(to, "%s\t,,%u,%u,", store, sums->n_payments, sums->n_refunds);
    bill_add_yuan(to, net_cents);
    text_add(to, ",");
    bill_add_yuan(to, net_cents);
    text_add(to, ",0.00,0.00,0.00,");
    bill_add_yuan(to, sums->service_cents);
    text_add(to, ",0.00,");
    bill_add_yuan(to, net_cents + sums->service_cents);
    text_add(to, "\r\n");
}

static void bill_summary(struct text *to, const struct bill_sums *sums)
{
    text_printf(to, "%s业务汇总列表----------------------------------------\r\n", BILL_DASHES);
    text_add(to, "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,"
                 "支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,"
                 "实收净额（元）\r\n");
    bill_summary_row(to, "", sums);
    bill_summary_row(to, "合计", sums);
    text_printf(to, "%s业务汇总列表结束------------------------------------\r\n", BILL_DASHES);
}

static void bill_zip(const struct alipay *alipay, struct zip *zip, int64_t from_unix_ms,
                     const char *suffix, const struct text *csv)
{
    char text[BEIJING_SIZE];
    TEXT_CLEANUP name = { 0 };
    beijing_format(from_unix_ms, text);
    text_printf(&name, "%s0156_%.4s%.2s%.2s_%s.csv", alipay->config.seller_id, text, text + 5,
                text + 8, suffix);
    STRING_CLEANUP name_gbk = gbk_convert(name.bytes);
    STRING_CLEANUP csv_gbk = gbk_convert(csv->bytes);
    zip_add(zip, name_gbk, csv_gbk, alipay->now_unix_ms);
}

char *alipay_bill_file(const struct alipay *alipay, int64_t from_unix_ms, int64_t to_unix_ms,
                       bool empty, size_t *ret_size)
{
    struct zip zip = { 0 };
    struct bill_sums sums = { 0 };
    TEXT_CLEANUP details = { 0 };
    TEXT_CLEANUP summary = { 0 };
    struct bill_rows list = bill_collect(alipay, from_unix_ms, to_unix_ms);
    if (list.n_rows == 0 && !empty)
        return NULL;
    bill_head(alipay, &details, "业务明细", from_unix_ms, to_unix_ms);
    bill_details(alipay, &details, &list, &sums);
    bill_foot(alipay, &details, &sums);
    bill_head(alipay, &summary, "业务汇总", from_unix_ms, to_unix_ms);
    bill_summary(&summary, &sums);
    bill_foot(alipay, &summary, &sums);
    bill_zip(alipay, &zip, from_unix_ms, "业务明细", &details);
    bill_zip(alipay, &zip, from_unix_ms, "业务明细(汇总)", &summary);
    free(list.rows);
    return zip_finish(&zip, ret_size);
}
