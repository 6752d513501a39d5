/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on demand: which kind waits for which call, and how often. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"

/* What each kind does stands in README.md. */
static const char *const FAULT_KINDS[] = {
    /* the line */
    "drop_before",
    "drop_after",
    "delay",
    "truncate",
    "wrong_length",
    "http_500",
    "http_502",
    "garbage",
    /* codes */
    "refuse",
    "answer",
    "not_found",
    /* how a message is signed */
    "bad_signature",
    "unsigned",
    "wrong_cn",
    "expired_leaf",
    "self_made",
    "downgrade_version",
    "downgrade_method",
    "duplicate_key",
    "line_ends",
    "tamper",
    "lie",
    "extra_field",
    "blank_field",
    "drop_field",
    "open_brace",
    "reorder",
    /* notifications, besides delay */
    "never",
    "duplicate",
    "clear_pan",
    "double_encode",
};

bool unionpay_lists(const char *list, const char *item)
{
    size_t size = strlen(item);
    for (const char *at = strstr(list, item); size > 0 && at != NULL; at = strstr(at + 1, item)) {
        if ((at == list || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    }
    return false;
}

static const char *fault_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(FAULT_KINDS) / sizeof(FAULT_KINDS[0]); i++) {
        if (strcmp(FAULT_KINDS[i], name) == 0)
            return FAULT_KINDS[i];
    }
    return NULL;
}

bool unionpay_fault_add(struct unionpay *unionpay, const cJSON *wish)
{
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(wish, "count");
    const cJSON *delay_ms = cJSON_GetObjectItemCaseSensitive(wish, "delay_ms");
    const char *kind = fault_kind(unionpay_wish(wish, "kind"));
    const char *method = unionpay_wish(wish, "method");
    if (kind == NULL)
        return false;
    struct unionpay_fault *fault = text_alloc(sizeof(*fault));
    fault->kind = kind;
    fault->method = text_copy(method[0] != '\0' ? method : "*");
    fault->order_id = text_copy(unionpay_wish(wish, "order_id"));
    fault->field = text_copy(unionpay_wish(wish, "field"));
    fault->value = text_copy(unionpay_wish(wish, "value"));
    fault->delay_ms = cJSON_IsNumber(delay_ms) ? (int64_t)delay_ms->valuedouble : 1000;
    fault->count = cJSON_IsNumber(count) ? count->valueint : 1;
    struct unionpay_fault **end = &unionpay->faults;
    while (*end != NULL)
        end = &(*end)->next;
    *end = fault;
    return true;
}

static bool fault_meets(const struct unionpay_fault *fault, const char *method,
                        const char *order_id)
{
    if (fault->order_id[0] != '\0' && strcmp(fault->order_id, order_id) != 0)
        return false;
    if (strcmp(fault->method, method) == 0)
        return true;
    if (strcmp(fault->method, "back") == 0)
        return unionpay_lists("refund undo key", method);
    return strcmp(fault->method, "*") == 0 && !unionpay_lists("notify return", method);
}

const struct unionpay_fault *unionpay_fault_take(struct unionpay *unionpay, const char *method,
                                                 const char *order_id, const char *kinds)
{
    for (struct unionpay_fault *fault = unionpay->faults; fault != NULL; fault = fault->next) {
        if (fault->count == 0 || !fault_meets(fault, method, order_id))
            continue;
        if (kinds != NULL && !unionpay_lists(kinds, fault->kind))
            continue;
        if (fault->count > 0)
            fault->count--;
        return fault;
    }
    return NULL;
}

bool unionpay_fault_is(const struct unionpay_fault *fault, const char *kind)
{
    return fault != NULL && strcmp(fault->kind, kind) == 0;
}

static void fault_replace(struct sandbox_response *ret, unsigned status, const char *body)
{
    free(ret->body);
    ret->status = status;
    ret->body = text_copy(body);
    ret->body_size = strlen(body);
}

void unionpay_fault_line(const struct unionpay_fault *fault, struct sandbox_response *ret)
{
    if (unionpay_fault_is(fault, "http_500"))
        fault_replace(ret, 500, "<html><h1>500 Internal Server Error</h1></html>\n");
    else if (unionpay_fault_is(fault, "http_502"))
        fault_replace(ret, 502, "<html><h1>502 Bad Gateway</h1></html>\n");
    else if (unionpay_fault_is(fault, "garbage"))
        fault_replace(ret, 200, "<html>\xb7\xb1\xc3\xa6{respCode=00&");
    ret->dropped =
        unionpay_fault_is(fault, "drop_before") || unionpay_fault_is(fault, "drop_after");
    ret->truncated = unionpay_fault_is(fault, "truncate");
    if (unionpay_fault_is(fault, "wrong_length")) /* what is promised ends before the message */
        ret->body_size = ret->body_size > 16 ? ret->body_size - 16 : 0;
    if (unionpay_fault_is(fault, "delay"))
        ret->delay_ms = (uint64_t)fault->delay_ms;
}

void unionpay_faults_clear(struct unionpay *unionpay)
{
    while (unionpay->faults != NULL) {
        struct unionpay_fault *fault = unionpay->faults;
        unionpay->faults = fault->next;
        free(fault->method);
        free(fault->order_id);
        free(fault->field);
        free(fault->value);
        free(fault);
    }
}
