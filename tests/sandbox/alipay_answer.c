/* SPDX-License-Identifier: Apache-2.0 */
/* From a finished call to the bytes of its answer: one signed JSON member, or a page. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_cashier.h"

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
    bool foreign =
        alipay_fault_is(call->fault, "wrong_key") || alipay_fault_is(call->fault, "foreign_cert");
    EVP_PKEY *key = foreign ? alipay_foreign_key(alipay) : alipay_platform_key(alipay);
    char *sign = key_sign(key, KEY_RSA2, node, strlen(node));
    if (alipay_fault_is(call->fault, "bad_signature"))
        sign[0] = sign[0] == 'A' ? 'B' : 'A';
    return sign;
}

/* Which certificate is said to have signed; "" in public-key mode. */
static const char *answer_cert_sn(struct alipay *alipay, const struct alipay_call *call,
                                  char ret_other[CERT_SN_SIZE])
{
    const char *sn = alipay_platform_sn(alipay);
    if (sn[0] == '\0')
        return "";
    if (alipay_fault_is(call->fault, "foreign_cert"))
        return alipay_forged_sn(alipay);
    if (!alipay_fault_is(call->fault, "other_cert_sn"))
        return sn;
    alipay_digits(alipay, ret_other, CERT_SN_SIZE - 1);
    return ret_other;
}

/* The node as it stands in the body: what went in encrypted comes out encrypted, unless it failed.
 */
static char *answer_content(struct alipay *alipay, const struct alipay_call *call)
{
    STRING_CLEANUP node = answer_node(call);
    struct text content = { 0 };
    if (!call->encrypted || alipay_call_failed(call)) {
        text_add(&content, node);
    } else {
        STRING_CLEANUP sealed = cipher_seal(alipay->content_key, node);
        text_printf(&content, "\"%s\"", sealed);
    }
    return text_take(&content);
}

char *alipay_answer_json(struct alipay *alipay, const struct alipay_call *call)
{
    char other_sn[CERT_SN_SIZE];
    struct text json = { 0 };
    const char *name = call->method != NULL ? call->method->node : "error_response";
    STRING_CLEANUP content = answer_content(alipay, call);
    STRING_CLEANUP sign = answer_sign(alipay, call, content);
    const char *cert_sn = answer_cert_sn(alipay, call, other_sn);
    if (alipay_fault_is(call->fault, "unsigned_error"))
        name = "error_response";
    text_printf(&json, "{\"%s\":%s", name, content);
    if (!alipay_fault_is(call->fault, "unsigned_error") &&
        !alipay_fault_is(call->fault, "unsigned")) {
        if (cert_sn[0] != '\0')
            text_printf(&json, ",\"alipay_cert_sn\":\"%s\"", cert_sn);
        text_printf(&json, ",\"sign\":\"%s\"", sign);
    }
    if (call->method != NULL && call->method->is_app)
        text_add(&json, ",\"sign_type\":\"RSA2\"");
    text_add(&json, "}");
    return text_take(&json);
}

void alipay_answer(struct alipay *alipay, struct alipay_call *call, struct sandbox_response *ret)
{
    char digits[20];
    ret->body = alipay_answer_json(alipay, call);
    ret->body_size = strlen(ret->body);
    alipay_digits(alipay, digits, 19);
    ret->status = 200;
    ret->content_type = "text/html;charset=utf-8";
    ret->trace_id = text_copy(digits);
}

void alipay_answer_page(const struct alipay_call *call, struct sandbox_response *ret)
{
    if (alipay_call_failed(call) || call->location == NULL) {
        cashier_show_error(call->sub_code, call->sub_msg, 200, ret);
        return;
    }
    ret->status = 302;
    ret->content_type = "text/html;charset=utf-8";
    ret->location = text_copy(call->location);
    ret->body = text_copy("");
}
