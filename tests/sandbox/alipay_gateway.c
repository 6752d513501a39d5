/* SPDX-License-Identifier: Apache-2.0 */
/* /gateway.do: one request from its bytes to its answer, with whatever fault was ordered. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/sandbox/alipay_model.h"

/* A further method is a further row. */
static const struct alipay_method METHODS[] = {
    { "alipay.trade.page.pay", "alipay_trade_page_pay_response", alipay_page_pay, true },
    { "alipay.trade.query", "alipay_trade_query_response", alipay_query, false },
    { "alipay.trade.close", "alipay_trade_close_response", alipay_close, false },
    { "alipay.trade.refund", "alipay_trade_refund_response", alipay_refund, false },
    { "alipay.trade.fastpay.refund.query", "alipay_trade_fastpay_refund_query_response",
      alipay_refund_query, false },
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

/* Query and body are one set of parameters; nothing is judged here. */
static void gateway_read(struct alipay_call *call, const struct sandbox_request *request)
{
    static const char FORM[] = "application/x-www-form-urlencoded";
    bool has_body = request->body_size > 0;
    call->code = "10000";
    call->msg = "Success";
    call->sub_code = "";
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
    const char *biz = form_get(&call->form, "biz_content");
    for (size_t i = 0; method != NULL && i < sizeof(METHODS) / sizeof(METHODS[0]); i++) {
        if (strcmp(METHODS[i].name, method) == 0)
            call->method = &METHODS[i];
    }
    call->biz = biz != NULL ? cJSON_ParseWithOpts(biz, NULL, true) : NULL;
    call->method_name = text_copy(method);
    call->out_trade_no = text_copy(alipay_biz_text(call->biz, "out_trade_no"));
    call->out_request_no = text_copy(alipay_biz_text(call->biz, "out_request_no"));
}

/* True where the fault keeps the call from being carried out. */
static bool gateway_fault_before(struct alipay_call *call)
{
    if (alipay_fault_is(call->fault, "system_error"))
        alipay_call_fail(call, "40004", "ACQ.SYSTEM_ERROR", "系统错误");
    else if (alipay_fault_is(call->fault, "code_20000"))
        alipay_call_fail(call, "20000", "isp.unknow-error", "系统繁忙");
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
        call->code = "10000";
        call->msg = "Success";
        call->sub_code = "";
        gateway_replace(call->fields, "out_trade_no", call->out_trade_no);
        gateway_replace(call->fields, "trade_status", "TRADE_SUCCESS");
        gateway_replace(call->fields, "send_pay_date", beijing_format(alipay->now_unix_ms, text));
    } else if (alipay_fault_is(call->fault, "system_error_after")) {
        alipay_call_fail(call, "40004", "ACQ.SYSTEM_ERROR", "系统错误");
    }
}

/* What happens to a finished answer on its way. */
static void gateway_fault_after(const struct alipay_call *call, struct sandbox_response *ret)
{
    const char *replaced = NULL;
    if (alipay_fault_is(call->fault, "http_500"))
        replaced = "<html><h1>500 Internal Server Error</h1></html>\n";
    else if (alipay_fault_is(call->fault, "garbage"))
        replaced = "<html>\xb7\xb1\xc3\xa6{\"alipay_trade_query_response\":{\"code\":";
    if (replaced != NULL) {
        free(ret->body);
        free(ret->location);
        ret->location = NULL;
        ret->body = text_copy(replaced);
        ret->body_size = strlen(replaced);
        ret->status = alipay_fault_is(call->fault, "http_500") ? 500 : 200;
    }
    ret->dropped =
        alipay_fault_is(call->fault, "drop_before") || alipay_fault_is(call->fault, "drop_after");
    ret->truncated = alipay_fault_is(call->fault, "truncate");
    if (alipay_fault_is(call->fault, "delay"))
        ret->delay_ms = (uint64_t)call->fault->delay_ms;
}

static void gateway_call_free(struct alipay_call *call)
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
    gateway_read(&call, request);
    call.fault = alipay_fault_take(alipay, call.method_name, NULL);
    if (!gateway_fault_before(&call) && alipay_check(alipay, &call))
        call.method->handle(alipay, &call);
    gateway_lie(alipay, &call);
    if (call.method != NULL && call.method->is_page)
        alipay_answer_page(&call, ret);
    else
        alipay_answer(alipay, &call, ret);
    gateway_fault_after(&call, ret);
    alipay_log_add(alipay, &call);
    gateway_call_free(&call);
}
