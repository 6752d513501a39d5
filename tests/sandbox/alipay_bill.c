/* SPDX-License-Identifier: Apache-2.0 */
/* alipay.data.dataservice.bill.downloadurl.query, and the link that it gives out. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

enum { BILL_LINK_MS = 30 * 1000, BILL_DAY_MS = 86400 * 1000, BILL_YEARS_KEPT = 6 };

static void bill_refuse(struct alipay_call *call, const char *sub_code, const char *words)
{
    alipay_call_fail(call, "40004", sub_code, words);
}

/* "2026-03-14" or "2026-03": the time from its beginning to its end. */
static bool bill_read_date(const char *raw, int64_t *ret_from_unix_ms, int64_t *ret_to_unix_ms)
{
    bool monthly = strlen(raw) == 7;
    TEXT_CLEANUP first = { 0 };
    TEXT_CLEANUP next = { 0 };
    text_printf(&first, "%s%s 00:00:00", raw, monthly ? "-01" : "");
    if (!beijing_parse(first.bytes, ret_from_unix_ms))
        return false;
    *ret_to_unix_ms = *ret_from_unix_ms + BILL_DAY_MS;
    if (monthly) {
        char text[BEIJING_SIZE];
        beijing_format(*ret_from_unix_ms + INT64_C(31) * BILL_DAY_MS, text);
        text_printf(&next, "%.7s-01 00:00:00", text);
        return beijing_parse(next.bytes, ret_to_unix_ms);
    }
    return true;
}

/* A day's bill is ready the next morning, a month's on the third of the next. */
static bool bill_is_ready(const struct alipay *alipay, int64_t from_unix_ms, int64_t to_unix_ms)
{
    bool monthly = to_unix_ms - from_unix_ms > BILL_DAY_MS;
    if (alipay->settings.bill_at_once)
        return from_unix_ms <= alipay->now_unix_ms;
    return to_unix_ms + (monthly ? 2 * BILL_DAY_MS : 0) + alipay->settings.bill_ready_ms <=
           alipay->now_unix_ms;
}

static bool bill_check(const struct alipay *alipay, struct alipay_call *call,
                       struct alipay_bill *ret)
{
    const char *type = alipay_biz_text(call->biz, "bill_type");
    const char *date = alipay_biz_text(call->biz, "bill_date");
    int64_t kept_ms = INT64_C(366) * BILL_YEARS_KEPT * BILL_DAY_MS;
    if (type[0] == '\0' || !bill_read_date(date, &ret->from_unix_ms, &ret->to_unix_ms))
        bill_refuse(call, "INVAILID_ARGUMENTS", "入参不合法");
    else if (strcmp(type, "trade") != 0)
        bill_refuse(call, "TYPE_NOT_SUPPORTED", "账单类型不支持");
    else if (ret->to_unix_ms < alipay->now_unix_ms - kept_ms)
        bill_refuse(call, "BILL_DATE_BEFORE_REGISTRATION", "账单日期早于注册日期");
    else if (!bill_is_ready(alipay, ret->from_unix_ms, ret->to_unix_ms))
        bill_refuse(call, "BILL_NOT_EXIST", "账单不存在");
    return !alipay_call_failed(call);
}

void alipay_bill_query(struct alipay *alipay, struct alipay_call *call)
{
    struct alipay_bill asked = { 0 };
    TEXT_CLEANUP link = { 0 };
    char text[BEIJING_SIZE];
    size_t size;
    if (!bill_check(alipay, call, &asked))
        return;
    STRING_CLEANUP file =
        alipay_bill_file(alipay, asked.from_unix_ms, asked.to_unix_ms, false, &size);
    if (file == NULL && !alipay->settings.empty_bill) {
        bill_refuse(call, "NO_BILL_DATA", "没有账单数据");
        return;
    }
    struct alipay_bill *bill = text_alloc(sizeof(*bill));
    *bill = asked;
    alipay_digits(alipay, bill->token, 32);
    bill->expires_unix_ms = alipay->now_unix_ms + BILL_LINK_MS;
    bill->next = alipay->bills;
    alipay->bills = bill;
    beijing_format(bill->from_unix_ms, text);
    text_printf(&link,
                "https://%s/downloadBillFile.resource?bizType=trade&userId=%s&fileType=csv.zip"
                "&bizDates=%.4s%.2s%.2s&token=%s",
                call->host, alipay->config.seller_id, text, text + 5, text + 8, bill->token);
    alipay_call_set(call, "bill_download_url", link.bytes);
    if (file == NULL)
        alipay_call_set(call, "bill_file_code", "EMPTY_DATA_WITH_BILL_FILE");
}

static void bill_answer(struct sandbox_response *ret, unsigned status, const char *words)
{
    ret->status = status;
    ret->content_type = "text/plain; charset=utf-8";
    ret->body = text_copy(words);
    ret->body_size = strlen(words);
}

void alipay_bill_serve(struct alipay *alipay, const struct sandbox_request *request,
                       struct sandbox_response *ret)
{
    FORM_CLEANUP form = { 0 };
    const struct alipay_bill *bill = alipay->bills;
    const struct alipay_fault *fault = alipay_fault_take(alipay, "bill_file", NULL);
    const char *token = form_decode(&form, request->query, strlen(request->query))
                            ? form_get(&form, "token")
                            : NULL;
    while (bill != NULL && (token == NULL || strcmp(bill->token, token) != 0))
        bill = bill->next;
    if (bill == NULL) {
        bill_answer(ret, 404, "no such bill\n");
    } else if (bill->expires_unix_ms <= alipay->now_unix_ms) {
        bill_answer(ret, 403, "the link has expired\n");
    } else {
        ret->status = 200;
        ret->content_type = "application/octet-stream";
        ret->body =
            alipay_bill_file(alipay, bill->from_unix_ms, bill->to_unix_ms, true, &ret->body_size);
    }
    alipay_fault_line(fault, ret);
}

void alipay_bills_free(struct alipay *alipay)
{
    while (alipay->bills != NULL) {
        struct alipay_bill *bill = alipay->bills;
        alipay->bills = bill->next;
        free(bill);
    }
}
