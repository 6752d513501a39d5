/* SPDX-License-Identifier: Apache-2.0 */
/* From a finished call to the bytes of its answer: one signed JSON member, or a page. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

static int answer_compare(const void *a, const void *b)
{
    const cJSON *const *left = a;
    const cJSON *const *right = b;
    return strcmp((*left)->string, (*right)->string);
}

static void answer_add_member(struct text *json, const char *name, const cJSON *value)
{
    char *printed = cJSON_PrintUnformatted(value);
    text_printf(json, "%s\"%s\":%s", json->size > 1 ? "," : "", name, printed);
    cJSON_free(printed);
}

static void answer_add_text(struct text *json, const char *name, const char *value)
{
    cJSON *item = cJSON_CreateStringReference(value);
    answer_add_member(json, name, item);
    cJSON_Delete(item);
}

/* '/' stands only inside strings, and there the platform writes it as '\/'. */
static char *answer_escape_slashes(const char *json)
{
    struct text escaped = { 0 };
    for (; *json != '\0'; json++)
        text_add_bytes(&escaped, *json == '/' ? "\\/" : json, *json == '/' ? 2 : 1);
    return text_take(&escaped);
}

/* code, msg, sub_code, sub_msg, then the rest by name. */
static char *answer_node(const struct alipay_call *call)
{
    TEXT_CLEANUP json = { 0 };
    size_t n_sorted = 0;
    const cJSON *item;
    const cJSON **sorted = text_alloc((size_t)cJSON_GetArraySize(call->fields) * sizeof(*sorted));
    cJSON_ArrayForEach(item, call->fields) sorted[n_sorted++] = item;
    qsort(sorted, n_sorted, sizeof(*sorted), answer_compare);
    text_add(&json, "{");
    answer_add_text(&json, "code", call->code);
    answer_add_text(&json, "msg", call->msg);
    if (alipay_call_failed(call)) {
        answer_add_text(&json, "sub_code", call->sub_code);
        answer_add_text(&json, "sub_msg", call->sub_msg);
    }
    for (size_t i = 0; i < n_sorted && !alipay_call_failed(call); i++)
        answer_add_member(&json, sorted[i]->string, sorted[i]);
    text_add(&json, "}");
    free(sorted);
    return answer_escape_slashes(json.bytes);
}

static char *answer_sign(struct alipay *alipay, const struct alipay_call *call, const char *node)
{
    bool foreign = alipay_fault_is(call->fault, "wrong_key");
    EVP_PKEY *key = foreign ? alipay_foreign_key(alipay) : alipay->config.alipay_private;
    char *sign = key_sign(key, KEY_RSA2, node, strlen(node));
    if (alipay_fault_is(call->fault, "bad_signature"))
        sign[0] = sign[0] == 'A' ? 'B' : 'A';
    return sign;
}

void alipay_answer(struct alipay *alipay, struct alipay_call *call, struct sandbox_response *ret)
{
    char digits[20];
    TEXT_CLEANUP body = { 0 };
    STRING_CLEANUP node = answer_node(call);
    STRING_CLEANUP sign = answer_sign(alipay, call, node);
    if (alipay_fault_is(call->fault, "unsigned_error"))
        text_printf(&body, "{\"error_response\":%s}", node);
    else if (alipay_fault_is(call->fault, "unsigned"))
        text_printf(&body, "{\"%s\":%s}",
                    call->method != NULL ? call->method->node : "error_response", node);
    else
        text_printf(&body, "{\"%s\":%s,\"sign\":\"%s\"}",
                    call->method != NULL ? call->method->node : "error_response", node, sign);
    alipay_digits(alipay, digits, 19);
    ret->status = 200;
    ret->content_type = "text/html;charset=utf-8";
    ret->trace_id = text_copy(digits);
    ret->body_size = body.size;
    ret->body = text_take(&body);
}

void alipay_answer_page(const struct alipay_call *call, struct sandbox_response *ret)
{
    TEXT_CLEANUP page = { 0 };
    ret->content_type = "text/html;charset=utf-8";
    if (call->location != NULL) {
        ret->status = 302;
        ret->location = text_copy(call->location);
    } else {
        ret->status = 200;
        text_add(&page, "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">"
                        "<meta name=\"viewport\" content=\"width=device-width\">"
                        "<title>支付宝沙箱 - 错误</title><h1>订单信息无法识别</h1><p>");
        text_add_html(&page, call->sub_msg);
        text_add(&page, "<p>错误代码 <code id=\"sub_code\">");
        text_add_html(&page, call->sub_code);
        text_add(&page, "</code></html>\n");
    }
    ret->body_size = page.size;
    ret->body = text_take(&page);
}
