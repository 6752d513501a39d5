/* SPDX-License-Identifier: Apache-2.0 */
/* What the control side shows: trades, notifications and the log of calls, as JSON. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

static void report_time(cJSON *json, const char *name, int64_t unix_ms)
{
    char text[BEIJING_SIZE];
    if (unix_ms != 0)
        cJSON_AddStringToObject(json, name, beijing_format(unix_ms, text));
}

cJSON *alipay_notification_json(const struct alipay_notification *notification)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *deliveries = cJSON_CreateArray();
    const char *notify_id = form_get(&notification->fields, "notify_id");
    const char *trade_status = form_get(&notification->fields, "trade_status");
    cJSON_AddStringToObject(json, "notify_id", notify_id != NULL ? notify_id : "");
    cJSON_AddStringToObject(json, "trade_status", trade_status != NULL ? trade_status : "");
    cJSON_AddStringToObject(json, "url", notification->url);
    cJSON_AddBoolToObject(json, "forged", notification->forged);
    cJSON_AddBoolToObject(json, "done", notification->done);
    cJSON_AddItemToObject(json, "deliveries", deliveries);
    for (size_t i = 0; i < notification->n_attempts; i++) {
        const struct alipay_attempt *attempt = &notification->attempts[i];
        cJSON *item = cJSON_CreateObject();
        report_time(item, "at", attempt->at_unix_ms);
        cJSON_AddNumberToObject(item, "status", (double)attempt->http_status);
        cJSON_AddStringToObject(item, "answer", attempt->answer);
        cJSON_AddStringToObject(item, "fault", attempt->fault);
        cJSON_AddItemToArray(deliveries, item);
    }
    return json;
}

static void report_refunds(cJSON *json, const struct alipay_trade *trade)
{
    char yuan[YUAN_SIZE];
    cJSON *list = cJSON_AddArrayToObject(json, "refunds");
    for (const struct alipay_refund *refund = trade->refunds; refund != NULL;
         refund = refund->next) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "out_request_no", refund->out_request_no);
        cJSON_AddStringToObject(item, "refund_amount", yuan_format(refund->cents, yuan));
        cJSON_AddStringToObject(item, "status",
                                refund->settled_unix_ms != 0 ? "REFUND_SUCCESS" : "PENDING");
        cJSON_AddStringToObject(item, "origin", refund->from_console ? "console" : "api");
        cJSON_InsertItemInArray(list, 0, item);
    }
}

static void report_trade(const struct alipay *alipay, cJSON *json, const struct alipay_trade *trade)
{
    char yuan[YUAN_SIZE];
    cJSON_AddStringToObject(json, "state", alipay_state_name(trade->state));
    cJSON_AddStringToObject(json, "trade_no", trade->trade_no);
    report_time(json, "gmt_create", trade->created_unix_ms);
    report_time(json, "gmt_payment", trade->paid_unix_ms);
    report_time(json, "gmt_close", trade->closed_unix_ms);
    cJSON_AddStringToObject(json, "channel", trade->channel);
    cJSON_AddNumberToObject(json, "instalments", trade->instalments);
    cJSON_AddNumberToObject(json, "declines", trade->n_declines);
    cJSON_AddStringToObject(json, "refunded_amount",
                            yuan_format(alipay_refunds_sum(trade, true), yuan));
    report_refunds(json, trade);
    if (trade->paid_unix_ms != 0) {
        STRING_CLEANUP link = alipay_return_link(alipay, trade, trade->page);
        cJSON_AddStringToObject(json, "return_link", link);
    }
}

static void report_page(cJSON *json, const struct alipay_page *page)
{
    char yuan[YUAN_SIZE];
    TEXT_CLEANUP cashier = { 0 };
    text_printf(&cashier, "/cashier?token=%s", page->token);
    cJSON_AddStringToObject(json, "method", page->product->method);
    cJSON_AddStringToObject(json, "cashier_path", cashier.bytes);
    cJSON_AddStringToObject(json, "total_amount", yuan_format(page->order.total_cents, yuan));
    cJSON_AddStringToObject(json, "subject", page->order.subject);
    cJSON_AddStringToObject(json, "hb_fq_num", page->order.hb_fq_num);
    cJSON_AddStringToObject(json, "hb_fq_seller_percent", page->order.hb_fq_seller_percent);
    cJSON_AddStringToObject(json, "notify_url", page->order.notify_url);
    cJSON_AddStringToObject(json, "return_url", page->order.return_url);
    cJSON *payer = cJSON_GetObjectItemCaseSensitive(page->biz, "ext_user_info");
    if (payer != NULL)
        cJSON_AddItemToObject(json, "ext_user_info", cJSON_Duplicate(payer, true));
    report_time(json, "expires_at", page->order.expires_unix_ms);
    if (page->product->face_to_face)
        report_time(json, "code_expires_at", page->order.code_expires_unix_ms);
}

cJSON *alipay_trade_json(const struct alipay *alipay, const char *out_trade_no)
{
    const struct alipay_number *number = alipay_number_find(alipay, out_trade_no);
    unsigned n_pages = 0;
    if (number == NULL)
        return NULL;
    const struct alipay_trade *trade = number->trade;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "out_trade_no", out_trade_no);
    if (trade != NULL)
        report_trade(alipay, json, trade);
    else
        cJSON_AddStringToObject(json, "state", "NOT_OPENED");
    report_page(json, number->pages);
    for (const struct alipay_page *at = number->pages; at != NULL; at = at->older)
        n_pages++;
    cJSON_AddNumberToObject(json, "pages", n_pages);
    cJSON *list = cJSON_AddArrayToObject(json, "notifications");
    for (const struct alipay_notification *at = number->notifications; at != NULL; at = at->older)
        cJSON_InsertItemInArray(list, 0, alipay_notification_json(at));
    return json;
}

void alipay_log_add(struct alipay *alipay, const struct alipay_call *call)
{
    if (alipay->n_log == alipay->log_room) {
        alipay->log_room = alipay->log_room * 2 + 64;
        alipay->log = realloc(alipay->log, alipay->log_room * sizeof(alipay->log[0]));
        if (alipay->log == NULL)
            abort();
    }
    alipay->log[alipay->n_log++] = (struct alipay_log){
        .at_unix_ms = alipay->now_unix_ms,
        .method = text_copy(call->method_name),
        .out_trade_no = text_copy(call->out_trade_no),
        .out_request_no = text_copy(call->out_request_no),
        .code = text_copy(call->code),
        .sub_code = text_copy(call->sub_code),
        .fault = call->fault != NULL ? call->fault->kind : "",
    };
}

cJSON *alipay_log_json(const struct alipay *alipay)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < alipay->n_log; i++) {
        const struct alipay_log *line = &alipay->log[i];
        cJSON *item = cJSON_CreateObject();
        report_time(item, "at", line->at_unix_ms);
        cJSON_AddStringToObject(item, "method", line->method);
        cJSON_AddStringToObject(item, "out_trade_no", line->out_trade_no);
        cJSON_AddStringToObject(item, "out_request_no", line->out_request_no);
        cJSON_AddStringToObject(item, "code", line->code);
        cJSON_AddStringToObject(item, "sub_code", line->sub_code);
        cJSON_AddStringToObject(item, "fault", line->fault);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}
