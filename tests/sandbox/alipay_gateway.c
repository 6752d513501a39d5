/* SPDX-License-Identifier: Apache-2.0 */
/* /gateway.do: one request from its bytes to its answer, with whatever fault was ordered. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/sandbox/alipay_model.h"

/* A further method is a further row. */
static const struct alipay_method METHODS[] = {
    { "alipay.trade.page.pay", "alipay_trade_page_pay_response", alipay_page_pay, true, false },
    { "alipay.trade.wap.pay", "alipay_trade_wap_pay_response", alipay_page_pay, true, false },
    { "alipay.trade.app.pay", "alipay_trade_app_pay_response", alipay_app_pay, false, true },
    { "alipay.trade.precreate", "alipay_trade_precreate_response", alipay_precreate, false, false },
    { "alipay.trade.query", "alipay_trade_query_response", alipay_query, false, false },
    { "alipay.trade.close", "alipay_trade_close_response", alipay_close, false, false },
    { "alipay.trade.cancel", "alipay_trade_cancel_response", alipay_cancel, false, false },
    { "alipay.trade.refund", "alipay_trade_refund_response", alipay_refund, false, false },
    { "alipay.trade.fastpay.refund.query", "alipay_trade_fastpay_refund_query_response",
      alipay_refund_query, false, false },
    { "alipay.data.dataservice.bill.downloadurl.query",
      "alipay_data_dataservice_bill_downloadurl_query_response", alipay_bill_query, false, false },
    { "alipay.open.app.alipaycert.download", "alipay_open_app_alipaycert_download_response",
      alipay_cert_download, false, false },
};

const char *alipay_biz_text(const cJSON *biz, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(biz, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

void alipay_call_set(struct alipay_call *call, const char *name, const char *value)
{
    if (value[0] != '\0')
        cJSON_AddStringToObject(call->fields, name, value);
}

void alipay_call_set_yuan(struct alipay_call *call, const char *name, int64_t cents)
{
    char yuan[YUAN_SIZE];
    alipay_call_set(call, name, yuan_format(cents, yuan));
}

void alipay_call_set_time(struct alipay_call *call, const char *name, int64_t unix_ms)
{
    char text[BEIJING_SIZE];
    alipay_call_set(call, name, beijing_format(unix_ms, text));
}

void alipay_call_fail(struct alipay_call *call, const char *code, const char *sub_code,
                      const char *sub_msg)
{
    static const char *const MESSAGES[][2] = {
        { "20000", "Service Currently Unavailable" },
        { "40001", "Missing Required Arguments" },
        { "40002", "Invalid Arguments" },
        { "40003", "Insufficient Conditions" },
        { "40004", "Business Failed" },
        { "40005", "Call Limited" },
        { "40006", "Insufficient Permissions" },
    };
    call->code = code;
    for (size_t i = 0; i < sizeof(MESSAGES) / sizeof(MESSAGES[0]); i++) {
        if (strcmp(MESSAGES[i][0], code) == 0)
            call->msg = MESSAGES[i][1];
    }
    call->sub_code = sub_code;
    free(call->sub_msg);
    call->sub_msg = text_copy(sub_msg);
}

void alipay_call_succeed(struct alipay_call *call)
{
    call->code = "10000";
    call->msg = "Success";
    call->sub_code = "";
}

bool alipay_call_failed(const struct alipay_call *call)
{
    return call->sub_code[0] != '\0';
}

bool alipay_call_asks(const struct alipay_call *call, const char *query_option)
{
    const cJSON *option;
    cJSON_ArrayForEach(option, cJSON_GetObjectItemCaseSensitive(call->biz, "query_options"))
    {
        if (cJSON_IsString(option) && strcmp(option->valuestring, query_option) == 0)
            return true;
    }
    return false;
}

void alipay_call_read_biz(struct alipay_call *call, const char *biz_content)
{
    cJSON_Delete(call->biz);
    free(call->out_trade_no);
    free(call->out_request_no);
    call->biz = biz_content != NULL ? cJSON_ParseWithOpts(biz_content, NULL, true) : NULL;
    call->out_trade_no = text_copy(alipay_biz_text(call->biz, "out_trade_no"));
    call->out_request_no = text_copy(alipay_biz_text(call->biz, "out_request_no"));
}

void alipay_call_read(struct alipay_call *call, const struct sandbox_request *request)
{
    static const char FORM[] = "application/x-www-form-urlencoded";
    bool has_body = request->body_size > 0;
    alipay_call_succeed(call);
    call->host = request->host != NULL ? request->host : "qr.alipay.com";
    call->sub_msg = text_copy("");
    call->fields = cJSON_CreateObject();
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "POST") != 0)
        call->undecodable = "method must be GET or POST";
    else if (has_body && strncasecmp(request->content_type, FORM, sizeof(FORM) - 1) != 0)
        call->undecodable = "body must be application/x-www-form-urlencoded";
    else if (!form_decode(&call->form, request->query, strlen(request->query)) ||
             !form_decode(&call->form, request->body, request->body_size))
        call->undecodable = "parameters are not decodable";
    const char *method = form_get(&call->form, "method");
    for (size_t i = 0; method != NULL && i < sizeof(METHODS) / sizeof(METHODS[0]); i++) {
        if (strcmp(METHODS[i].name, method) == 0)
            call->method = &METHODS[i];
    }
    call->method_name = text_copy(method);
    alipay_call_read_biz(call, form_get(&call->form, "biz_content"));
}

/* True where the fault keeps the call from being carried out. */
static bool gateway_fault_before(struct alipay_call *call)
{
    if (alipay_fault_is(call->fault, "system_error"))
        alipay_call_fail(call, "40004", "ACQ.SYSTEM_ERROR", "系统错误");
    else if (alipay_fault_is(call->fault, "code_20000"))
        alipay_call_fail(call, "20000", "isp.unknow-error", "系统繁忙");
    else if (alipay_fault_is(call->fault, "call_limited"))
        alipay_call_fail(call, "40005", "isv.app-call-limited", "应用调用次数超限");
    else if (alipay_fault_is(call->fault, "unsigned_error"))
        alipay_call_fail(call, "20000", "aop.unknow-error", "系统繁忙");
    else if (alipay_fault_is(call->fault, "sub_code"))
        alipay_call_fail(call, "40004",
                         call->fault->value[0] != '\0' ? call->fault->value : "ACQ.SYSTEM_ERROR",
                         "业务处理失败");
    else
        return alipay_fault_is(call->fault, "drop_before") ||
               alipay_fault_is(call->fault, "http_500") || alipay_fault_is(call->fault, "garbage");
    return true;
}

static void gateway_replace(cJSON *fields, const char *name, const char *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(fields, name);
    cJSON_AddStringToObject(fields, name, value);
}

/* Lies that are signed like the truth. */
static void gateway_lie(struct alipay *alipay, struct alipay_call *call)
{
    char text[BEIJING_SIZE];
    int64_t cents = 0;
    if (alipay_fault_is(call->fault, "lie_amount")) {
        yuan_parse(alipay_biz_text(call->fields, "total_amount"), &cents);
        gateway_replace(call->fields, "total_amount", yuan_format(cents + 1, text));
    } else if (alipay_fault_is(call->fault, "lie_paid")) {
        alipay_call_succeed(call);
        gateway_replace(call->fields, "out_trade_no", call->out_trade_no);
        gateway_replace(call->fields, "trade_status", "TRADE_SUCCESS");
        gateway_replace(call->fields, "send_pay_date", beijing_format(alipay->now_unix_ms, text));
    } else if (alipay_fault_is(call->fault, "system_error_after")) {
        alipay_call_fail(call, "40004", "ACQ.SYSTEM_ERROR", "系统错误");
    }
}

void alipay_call_run(struct alipay *alipay, struct alipay_call *call)
{
    if (!gateway_fault_before(call) && alipay_check(alipay, call))
        call->method->handle(alipay, call);
    gateway_lie(alipay, call);
}

void alipay_call_free(struct alipay_call *call)
{
    form_free(&call->form);
    cJSON_Delete(call->biz);
    cJSON_Delete(call->fields);
    free(call->method_name);
    free(call->out_trade_no);
    free(call->out_request_no);
    free(call->sub_msg);
    free(call->location);
}

void alipay_gateway(struct alipay *alipay, const struct sandbox_request *request,
                    struct sandbox_response *ret)
{
    struct alipay_call call = { 0 };
    alipay_call_read(&call, request);
    call.fault = alipay_fault_take(alipay, call.method_name, NULL);
    if (call.method != NULL && call.method->is_app)
        call.method = NULL;
    alipay_call_run(alipay, &call);
    if (call.method != NULL && call.method->is_page)
        alipay_answer_page(&call, ret);
    else
        alipay_answer(alipay, &call, ret);
    alipay_fault_line(call.fault, ret);
    alipay_log_add(alipay, &call);
    alipay_call_free(&call);
}
