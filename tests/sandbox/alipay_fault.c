/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on demand: which kind waits for which method, and how often. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

/* What each kind does stands in README.md. */
static const char *const FAULT_KINDS[] = {
    /* answers of the gateway and of the page */
    "drop_before",
    "drop_after",
    "delay",
    "truncate",
    "bad_signature",
    "wrong_key",
    "other_cert_sn",
    "foreign_cert",
    "unsigned",
    "system_error",
    "system_error_after",
    "code_20000",
    "call_limited",
    "unsigned_error",
    "sub_code",
    "http_500",
    "garbage",
    "lie_amount",
    "lie_paid",
    /* notifications, besides delay, wrong_key and lie_amount */
    "tamper",
    "duplicate",
    "never",
    "reorder",
    "downgrade",
    "double_encode",
};

static const char *alipay_fault_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(FAULT_KINDS) / sizeof(FAULT_KINDS[0]); i++) {
        if (strcmp(FAULT_KINDS[i], name) == 0)
            return FAULT_KINDS[i];
    }
    return NULL;
}

bool alipay_fault_add(struct alipay *alipay, const cJSON *wish)
{
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(wish, "count");
    const cJSON *delay_ms = cJSON_GetObjectItemCaseSensitive(wish, "delay_ms");
    const char *kind = alipay_fault_kind(alipay_biz_text(wish, "kind"));
    const char *method = alipay_biz_text(wish, "method");
    if (kind == NULL)
        return false;
    struct alipay_fault *fault = text_alloc(sizeof(*fault));
    fault->kind = kind;
    fault->method = text_copy(method[0] != '\0' ? method : "*");
    fault->field = text_copy(alipay_biz_text(wish, "field"));
    fault->value = text_copy(alipay_biz_text(wish, "value"));
    fault->delay_ms = cJSON_IsNumber(delay_ms) ? (int64_t)delay_ms->valuedouble : 1000;
    fault->count = cJSON_IsNumber(count) ? count->valueint : 1;
    struct alipay_fault **end = &alipay->faults;
    while (*end != NULL)
        end = &(*end)->next;
    *end = fault;
    return true;
}

static bool alipay_fault_meets(const struct alipay_fault *fault, const char *method)
{
    if (strcmp(fault->method, method) == 0)
        return true;
    if (strcmp(fault->method, "page") == 0)
        return strcmp(method, "alipay.trade.page.pay") == 0 ||
               strcmp(method, "alipay.trade.wap.pay") == 0;
    return strcmp(fault->method, "*") == 0 && strcmp(method, "notify") != 0 &&
           strcmp(method, "bill_file") != 0;
}

static bool alipay_fault_among(const char *kind, const char *kinds)
{
    size_t size = strlen(kind);
    for (const char *at = strstr(kinds, kind); at != NULL; at = strstr(at + 1, kind)) {
        if ((at == kinds || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    }
    return false;
}

const struct alipay_fault *alipay_fault_take(struct alipay *alipay, const char *method,
                                             const char *kinds)
{
    for (struct alipay_fault *fault = alipay->faults; fault != NULL; fault = fault->next) {
        if (fault->count == 0 || !alipay_fault_meets(fault, method))
            continue;
        if (kinds != NULL && !alipay_fault_among(fault->kind, kinds))
            continue;
        if (fault->count > 0)
            fault->count--;
        return fault;
    }
    return NULL;
}

bool alipay_fault_is(const struct alipay_fault *fault, const char *kind)
{
    return fault != NULL && strcmp(fault->kind, kind) == 0;
}

void alipay_fault_line(const struct alipay_fault *fault, struct sandbox_response *ret)
{
    const char *replaced = NULL;
    if (alipay_fault_is(fault, "http_500"))
        replaced = "<html><h1>500 Internal Server Error</h1></html>\n";
    else if (alipay_fault_is(fault, "garbage"))
        replaced = "<html>\xb7\xb1\xc3\xa6{\"alipay_trade_query_response\":{\"code\":";
    if (replaced != NULL) {
        free(ret->body);
        free(ret->location);
        ret->location = NULL;
        ret->body = text_copy(replaced);
        ret->body_size = strlen(replaced);
        ret->status = alipay_fault_is(fault, "http_500") ? 500 : 200;
    }
    ret->dropped = alipay_fault_is(fault, "drop_before") || alipay_fault_is(fault, "drop_after");
    ret->truncated = alipay_fault_is(fault, "truncate");
    if (alipay_fault_is(fault, "delay"))
        ret->delay_ms = (uint64_t)fault->delay_ms;
}

void alipay_faults_clear(struct alipay *alipay)
{
    while (alipay->faults != NULL) {
        struct alipay_fault *fault = alipay->faults;
        alipay->faults = fault->next;
        free(fault->method);
        free(fault->field);
        free(fault->value);
        free(fault);
    }
}
