/* SPDX-License-Identifier: Apache-2.0 */
/* One request of the gateway: read, checked, carried out, answered. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/sandbox/unionpay_model.h"

#define FRONT_PATH "/gateway/api/frontTransReq.do"
#define BACK_PATH  "/gateway/api/backTransReq.do"
#define QUERY_PATH "/gateway/api/queryTrans.do"
#define FILE_PATH  "/"

#define ANY_BIZ "000000 000201 000301 000902"

static const struct unionpay_kind KINDS[] = {
    { "front", FRONT_PATH, "01", "01 03", "000201",
      "bizType channelType orderId txnTime txnAmt currencyCode frontUrl backUrl", unionpay_front,
      true },
    { "query", QUERY_PATH, "00", "00", ANY_BIZ, "bizType orderId txnTime", unionpay_query, false },
    { "refund", BACK_PATH, "04", "00", ANY_BIZ,
      "bizType channelType orderId txnTime txnAmt origQryId backUrl", unionpay_refund, false },
    { "undo", BACK_PATH, "31", "00", ANY_BIZ,
      "bizType channelType orderId txnTime txnAmt origQryId backUrl", unionpay_refund, false },
    { "key", BACK_PATH, "95", "00", "000000", "bizType channelType orderId txnTime certType",
      unionpay_key_update, false },
    { "file", FILE_PATH, "76", "01", "000000", "bizType settleDate txnTime fileType",
      unionpay_statement, false },
};

enum { KINDS_N = sizeof(KINDS) / sizeof(KINDS[0]) };

/* What an answer repeats of its request. */
static const char *const ECHOED[] = { "accessType", "bizType",   "encoding",    "merId",
                                      "orderId",    "txnTime",   "txnSubType",  "txnType",
                                      "txnAmt",     "origQryId", "reqReserved", "settleDate",
                                      "certType" };

bool unionpay_is_gateway(const char *path)
{
    for (size_t i = 0; i < KINDS_N; i++) {
        if (strcmp(KINDS[i].path, path) == 0)
            return true;
    }
    return false;
}

const char *unionpay_call_get(const struct unionpay_call *call, const char *name)
{
    const char *value = form_get(&call->form, name);
    return value != NULL ? value : "";
}

void unionpay_call_end(struct unionpay_call *call, const char *code, const char *detail)
{
    free(call->text);
    call->code = code;
    call->text = unionpay_code_text(code, detail);
}

static const struct unionpay_kind *gateway_kind(const struct unionpay_call *call)
{
    for (size_t i = 0; i < KINDS_N; i++) {
        if (strcmp(KINDS[i].path, call->path) == 0 &&
            strcmp(KINDS[i].txn_type, unionpay_call_get(call, "txnType")) == 0 &&
            unionpay_lists(KINDS[i].txn_sub_types, unionpay_call_get(call, "txnSubType")))
            return &KINDS[i];
    }
    return NULL;
}

static void gateway_read(struct unionpay_call *call, const struct sandbox_request *request)
{
    static const char FORM[] = "application/x-www-form-urlencoded";
    call->path = request->path;
    if (strcmp(request->method, "POST") != 0)
        call->unreadable = "the method must be POST";
    else if (strncasecmp(request->content_type, FORM, sizeof(FORM) - 1) != 0)
        call->unreadable = "the body must be application/x-www-form-urlencoded";
    else if (!form_decode(&call->form, request->body, request->body_size))
        call->unreadable = "the body is not decodable";
    call->kind = gateway_kind(call);
    unionpay_call_end(call, "00", NULL);
    if (call->unreadable != NULL)
        unionpay_call_end(call, "10", NULL);
}

/* True where the fault keeps the call from being carried out. */
static bool gateway_fault_before(struct unionpay_call *call)
{
    if (unionpay_fault_is(call->fault, "unsigned") && call->fault->value[0] != '\0') {
        unionpay_call_end(call, call->fault->value, NULL);
        return true;
    }
    if (unionpay_fault_is(call->fault, "refuse")) {
        const char *code = call->fault->value;
        unionpay_call_end(call, code[0] != '\0' ? code : "06", NULL);
        return true;
    }
    if (unionpay_fault_is(call->fault, "not_found")) {
        unionpay_call_end(call, "34", NULL);
        return true;
    }
    if (call->fault == NULL ||
        !unionpay_lists("drop_before http_500 http_502 garbage", call->fault->kind))
        return false;
    call->code = ""; /* nothing is said of it */
    return true;
}

static void gateway_fault_after(struct unionpay_call *call)
{
    if (unionpay_fault_is(call->fault, "answer"))
        unionpay_call_end(call, call->fault->value[0] != '\0' ? call->fault->value : "05", NULL);
}

static void gateway_html(struct sandbox_response *ret, unsigned status, const char *words,
                         const char *detail)
{
    TEXT_CLEANUP body = { 0 };
    text_printf(&body, "<html><body><h1>%u %s</h1><p>", status, words);
    text_add_html(&body, detail);
    text_add(&body, "</p></body></html>\n");
    ret->status = status;
    ret->content_type = "text/html;charset=UTF-8";
    ret->body_size = body.size;
    ret->body = text_take(&body);
}

static void gateway_answer(struct unionpay *unionpay, struct unionpay_call *call,
                           struct sandbox_response *ret)
{
    TEXT_CLEANUP body = { 0 };
    FORM_CLEANUP form = { 0 };
    for (size_t i = 0; i < sizeof(ECHOED) / sizeof(ECHOED[0]); i++) {
        const char *value = unionpay_call_get(call, ECHOED[i]);
        if (value[0] != '\0')
            form_set(&form, ECHOED[i], value);
    }
    for (size_t i = 0; i < call->fields.n_fields; i++)
        form_set(&form, call->fields.fields[i].name, call->fields.fields[i].value);
    form_set(&form, "respCode", call->code);
    form_set(&form, "respMsg", call->text);
    const struct unionpay_fault *fault = call->fault;
    struct unionpay_fault unsigned_one = { .kind = "unsigned", .field = NULL };
    if (call->unidentified && strcmp(unionpay->settings.unknown_merchant, "unsigned") == 0)
        fault = &unsigned_one;
    unionpay_seal(unionpay, fault, true, &form);
    STRING_CLEANUP plain = unionpay_write_plain(&form);
    text_printf(&body, unionpay->settings.braces ? "{%s}" : "%s", plain);
    ret->status = 200;
    ret->content_type = "text/html;charset=UTF-8";
    ret->body_size = body.size;
    ret->body = text_take(&body);
}

static void gateway_respond(struct unionpay *unionpay, struct unionpay_call *call,
                            struct sandbox_response *ret)
{
    if (call->unreadable != NULL)
        gateway_html(ret, 400, call->unreadable, call->text);
    else if (strcmp(call->path, FRONT_PATH) == 0 && call->order == NULL)
        unionpay_cashier_error(call->code, call->text, ret);
    else if (strcmp(call->path, FRONT_PATH) == 0)
        unionpay_cashier_show(unionpay, call->order, ret);
    else if (call->unidentified && strcmp(unionpay->settings.unknown_merchant, "http_500") == 0)
        gateway_html(ret, 500, "Internal Server Error", "");
    else
        gateway_answer(unionpay, call, ret);
    unionpay_fault_line(call->fault, ret);
}

void unionpay_gateway(struct unionpay *unionpay, const struct sandbox_request *request,
                      struct sandbox_response *ret)
{
    struct unionpay_call call = { 0 };
    gateway_read(&call, request);
    call.fault = unionpay_fault_take(unionpay, call.kind != NULL ? call.kind->method : "",
                                     unionpay_call_get(&call, "orderId"), NULL);
    if (!gateway_fault_before(&call) && unionpay_check(unionpay, &call))
        call.kind->handle(unionpay, &call);
    gateway_fault_after(&call);
    gateway_respond(unionpay, &call, ret);
    unionpay_log_add(unionpay, &call);
    form_free(&call.form);
    form_free(&call.fields);
    free(call.text);
}
