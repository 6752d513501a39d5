/* SPDX-License-Identifier: Apache-2.0 */
/* What the control side shows: orders, notifications, calls. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"
#include "tests/sandbox/units.h"

static const char *const REPORT_STATES[] = { "OPEN", "PROCESSING", "SUCCEEDED", "FAILED" };

static void report_time(cJSON *json, const char *name, int64_t unix_ms)
{
    char text[BEIJING_SIZE];
    if (unix_ms > 0 && unix_ms < INT64_MAX)
        cJSON_AddStringToObject(json, name, beijing_format(unix_ms, text));
}

cJSON *unionpay_notification_json(const struct unionpay_notification *notification)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "order_id", notification->order_id);
    cJSON_AddStringToObject(json, "url", notification->url);
    cJSON_AddBoolToObject(json, "done", notification->done);
    cJSON_AddBoolToObject(json, "forged", notification->forged);
    report_time(json, "due", notification->done ? 0 : notification->due_unix_ms);
    cJSON *fields = cJSON_AddObjectToObject(json, "fields");
    for (size_t i = 0; i < notification->fields.n_fields; i++)
        cJSON_AddStringToObject(fields, notification->fields.fields[i].name,
                                notification->fields.fields[i].value);
    cJSON *deliveries = cJSON_AddArrayToObject(json, "deliveries");
    for (size_t i = 0; i < notification->n_attempts; i++) {
        const struct unionpay_attempt *attempt = &notification->attempts[i];
        cJSON *item = cJSON_CreateObject();
        report_time(item, "at", attempt->at_unix_ms);
        cJSON_AddNumberToObject(item, "status", (double)attempt->http_status);
        cJSON_AddStringToObject(item, "answer", attempt->answer);
        cJSON_AddStringToObject(item, "fault", attempt->fault);
        cJSON_AddItemToArray(deliveries, item);
    }
    return json;
}

static void report_order(struct unionpay *unionpay, const struct unionpay_order *order, cJSON *json)
{
    static const char *const ASKED[][2] = {
        { "mer_id", "merId" },     { "order_id", "orderId" },        { "txn_time", "txnTime" },
        { "txn_type", "txnType" }, { "txn_sub_type", "txnSubType" }, { "front_url", "frontUrl" },
        { "back_url", "backUrl" },
    };
    char date[5];
    for (size_t i = 0; i < sizeof(ASKED) / sizeof(ASKED[0]); i++)
        cJSON_AddStringToObject(json, ASKED[i][0], unionpay_order_get(order, ASKED[i][1]));
    cJSON_AddStringToObject(json, "state", REPORT_STATES[order->state]);
    cJSON_AddStringToObject(json, "code", unionpay_order_answer(unionpay, order));
    cJSON_AddStringToObject(json, "query_id", order->query_id);
    cJSON_AddNumberToObject(json, "amount_fen", (double)order->amount_fen);
    cJSON_AddBoolToObject(json, "charged", order->charged);
    report_time(json, "arrived", order->arrived_unix_ms);
    report_time(json, "settled", order->settled_unix_ms);
    if (order->charged) {
        unionpay_settle_date(unionpay_settle_day(unionpay, order->settled_unix_ms), date);
        cJSON_AddStringToObject(json, "settle_date", date);
    }
}

/* Refunds and undos in the order of their arrival, and what is left with the merchant. */
static void report_backs(struct unionpay *unionpay, const struct unionpay_order *order, cJSON *json)
{
    int64_t taken_fen = unionpay_order_taken_fen(order, true);
    cJSON *list = cJSON_AddArrayToObject(json, "backs");
    for (const struct unionpay_order *back = order->backs; back != NULL; back = back->beside) {
        cJSON *item = cJSON_CreateObject();
        report_order(unionpay, back, item);
        cJSON_InsertItemInArray(list, 0, item);
    }
    cJSON_AddNumberToObject(json, "charged_fen", order->charged ? (double)order->amount_fen : 0);
    cJSON_AddNumberToObject(json, "refunded_fen", (double)taken_fen);
}

cJSON *unionpay_order_json(struct unionpay *unionpay, const struct unionpay_order *order)
{
    cJSON *json = cJSON_CreateObject();
    report_order(unionpay, order, json);
    if (unionpay_order_is_consume(order)) {
        TEXT_CLEANUP path = { 0 };
        text_printf(&path, UNIONPAY_CASHIER "?token=%s", order->token);
        cJSON_AddStringToObject(json, "cashier_path", path.bytes);
        cJSON_AddNumberToObject(json, "instalments", order->instalments);
        cJSON_AddNumberToObject(json, "surcharge_fen", (double)order->surcharge_fen);
        cJSON_AddNumberToObject(json, "declines", order->n_declines);
        cJSON_AddBoolToObject(json, "late", order->late);
        report_time(json, "pay_timeout", order->times_out_unix_ms);
        report_backs(unionpay, order, json);
    } else {
        cJSON_AddStringToObject(json, "orig_order_id", order->original->order_id);
    }
    cJSON *request = cJSON_AddObjectToObject(json, "request");
    for (size_t i = 0; i < order->request.n_fields; i++)
        cJSON_AddStringToObject(request, order->request.fields[i].name,
                                order->request.fields[i].value);
    cJSON *customer = cJSON_AddObjectToObject(json, "customer");
    for (size_t i = 0; i < order->customer.n_fields; i++)
        cJSON_AddStringToObject(customer, order->customer.fields[i].name,
                                order->customer.fields[i].value);
    cJSON *list = cJSON_AddArrayToObject(json, "notifications");
    for (const struct unionpay_notification *at = order->number->notifications; at != NULL;
         at = at->older)
        cJSON_InsertItemInArray(list, 0, unionpay_notification_json(at));
    return json;
}

void unionpay_log_add(struct unionpay *unionpay, const struct unionpay_call *call)
{
    if (unionpay->n_log == unionpay->log_room) {
        unionpay->log_room = unionpay->log_room * 2 + 64;
        unionpay->log = realloc(unionpay->log, unionpay->log_room * sizeof(unionpay->log[0]));
        if (unionpay->log == NULL)
            abort();
    }
    unionpay->log[unionpay->n_log++] = (struct unionpay_log){
        .at_unix_ms = unionpay->now_unix_ms,
        .method = call->kind != NULL ? call->kind->method : "",
        .mer_id = text_copy(unionpay_call_get(call, "merId")),
        .order_id = text_copy(unionpay_call_get(call, "orderId")),
        .txn_time = text_copy(unionpay_call_get(call, "txnTime")),
        .code = text_copy(call->code),
        .text = text_copy(call->text),
        .fault = call->fault != NULL ? call->fault->kind : "",
    };
}

cJSON *unionpay_log_json(const struct unionpay *unionpay)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < unionpay->n_log; i++) {
        const struct unionpay_log *line = &unionpay->log[i];
        cJSON *item = cJSON_CreateObject();
        report_time(item, "at", line->at_unix_ms);
        cJSON_AddStringToObject(item, "method", line->method);
        cJSON_AddStringToObject(item, "mer_id", line->mer_id);
        cJSON_AddStringToObject(item, "order_id", line->order_id);
        cJSON_AddStringToObject(item, "txn_time", line->txn_time);
        cJSON_AddStringToObject(item, "code", line->code);
        cJSON_AddStringToObject(item, "text", line->text);
        cJSON_AddStringToObject(item, "fault", line->fault);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}
