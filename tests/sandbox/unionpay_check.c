/* SPDX-License-Identifier: Apache-2.0 */
/* What UnionPay looks at before the business: names, signature, merchant, fields, time. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/sandbox/unionpay_model.h"

enum check_form {
    CHECK_ANY,
    CHECK_DIGITS,
    CHECK_ALNUM,
    CHECK_URL,
    CHECK_TIME,
};

/* Every name that a request may carry. */
struct check_field {
    const char *name;
    enum check_form form;
    size_t size_min;
    size_t size_max;
};

static const struct check_field FIELDS[] = {
    { "version", CHECK_ANY, 5, 5 },
    { "encoding", CHECK_ANY, 1, 20 },
    { "certId", CHECK_DIGITS, 1, 128 },
    { "signMethod", CHECK_DIGITS, 2, 12 },
    { "signature", CHECK_ANY, 1, 1024 },
    { "txnType", CHECK_DIGITS, 2, 2 },
    { "txnSubType", CHECK_DIGITS, 2, 2 },
    { "bizType", CHECK_DIGITS, 6, 6 },
    { "channelType", CHECK_DIGITS, 2, 2 },
    { "accessType", CHECK_DIGITS, 1, 1 },
    { "merId", CHECK_ALNUM, 15, 15 },
    { "orderId", CHECK_ALNUM, 8, 40 },
    { "txnTime", CHECK_TIME, 14, 14 },
    { "txnAmt", CHECK_DIGITS, 1, 12 },
    { "currencyCode", CHECK_DIGITS, 3, 3 },
    { "frontUrl", CHECK_URL, 1, 256 },
    { "backUrl", CHECK_URL, 1, 256 },
    { "frontFailUrl", CHECK_URL, 1, 256 },
    { "payTimeout", CHECK_TIME, 14, 14 },
    { "reqReserved", CHECK_ANY, 1, 1024 },
    { "reserved", CHECK_ANY, 1, 2048 },
    { "accNo", CHECK_ANY, 1, 1024 },
    { "accType", CHECK_DIGITS, 2, 2 },
    { "customerInfo", CHECK_ANY, 1, 1024 },
    { "encryptCertId", CHECK_DIGITS, 1, 128 },
    { "instalTransInfo", CHECK_ANY, 1, 1024 },
    { "riskRateInfo", CHECK_ANY, 1, 2048 },
    { "tokenPayData", CHECK_ANY, 1, 1024 },
    { "accSplitData", CHECK_ANY, 1, 512 },
    { "issInsCode", CHECK_ALNUM, 1, 20 },
    { "orderDesc", CHECK_ANY, 1, 256 },
    { "orderTimeout", CHECK_DIGITS, 1, 10 },
    { "defaultPayType", CHECK_DIGITS, 4, 4 },
    { "supPayType", CHECK_ANY, 1, 256 },
    { "customerIp", CHECK_ANY, 1, 40 },
    { "termId", CHECK_ALNUM, 1, 8 },
    { "userMac", CHECK_ANY, 1, 32 },
    { "ctrlRule", CHECK_ANY, 1, 32 },
    { "subMerId", CHECK_ANY, 1, 15 },
    { "subMerName", CHECK_ANY, 1, 120 },
    { "subMerAbbr", CHECK_ANY, 1, 48 },
    { "acqInsCode", CHECK_ALNUM, 1, 11 },
    { "merCatCode", CHECK_DIGITS, 4, 4 },
    { "merName", CHECK_ANY, 1, 120 },
    { "merAbbr", CHECK_ANY, 1, 48 },
    { "origQryId", CHECK_ALNUM, 1, 32 },
    { "settleDate", CHECK_DIGITS, 4, 4 },
    { "fileType", CHECK_DIGITS, 2, 2 },
    { "certType", CHECK_DIGITS, 2, 2 },
};

static const struct check_field *check_field_find(const char *name)
{
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        if (strcmp(FIELDS[i].name, name) == 0)
            return &FIELDS[i];
    }
    return NULL;
}

static bool check_characters(const char *value, bool letters_too)
{
    for (; *value != '\0'; value++) {
        if (!(*value >= '0' && *value <= '9') &&
            !(letters_too && isalpha((unsigned char)*value) != 0))
            return false;
    }
    return true;
}

static bool check_value(const struct check_field *field, const char *value)
{
    int64_t unix_ms;
    size_t size = strlen(value);
    if (size < field->size_min || size > field->size_max)
        return false;
    switch (field->form) {
    case CHECK_ANY:
        return true;
    case CHECK_DIGITS:
        return check_characters(value, false);
    case CHECK_ALNUM:
        return check_characters(value, true);
    case CHECK_URL:
        return strchr(value, '~') == NULL &&
               (strncmp(value, "https://", 8) == 0 || strncmp(value, "http://", 7) == 0);
    case CHECK_TIME:
        return unionpay_time_parse(value, &unix_ms);
    }
    return false;
}

static bool check_fail(struct unionpay_call *call, const char *code, const char *detail)
{
    unionpay_call_end(call, code, detail);
    return false;
}

/* What the gateway cannot even take apart it answers as a web server does. */
static bool check_names(const struct unionpay *unionpay, struct unionpay_call *call)
{
    for (size_t i = 0; i < call->form.n_fields; i++) {
        const char *name = call->form.fields[i].name;
        if (unionpay->settings.strict_names && check_field_find(name) == NULL) {
            call->unreadable = "a parameter that nobody documented";
            return check_fail(call, "10", name);
        }
    }
    const char *twice = form_duplicate(&call->form);
    return twice == NULL || check_fail(call, "10", twice);
}

static bool check_has(struct unionpay_call *call, const char *names)
{
    STRING_CLEANUP list = text_copy(names);
    char *rest = NULL;
    for (char *name = strtok_r(list, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
        if (unionpay_call_get(call, name)[0] == '\0')
            return check_fail(call, "10", name);
    }
    return true;
}

static const struct unionpay_merchant *check_owner(const struct unionpay *unionpay,
                                                   const char *cert_id)
{
    const struct unionpay_merchant *at = unionpay->merchants;
    while (at != NULL && strcmp(at->cert_id, cert_id) != 0)
        at = at->next;
    return at;
}

static bool check_signature(struct unionpay *unionpay, struct unionpay_call *call)
{
    const char *cert_id = unionpay_call_get(call, "certId");
    call->merchant = unionpay_merchant_find(unionpay, unionpay_call_get(call, "merId"));
    if (strcmp(unionpay_call_get(call, "signMethod"), "01") != 0)
        return check_fail(call, "11", "signMethod");
    /* Several merchants may share a certificate. */
    bool is_own = call->merchant != NULL && strcmp(call->merchant->cert_id, cert_id) == 0;
    const struct unionpay_merchant *signer =
        is_own ? call->merchant : check_owner(unionpay, cert_id);
    call->unidentified = signer == NULL;
    if (signer == NULL || !unionpay_verify(signer->public_key, &call->form))
        return check_fail(call, "11", NULL);
    if (call->merchant == NULL)
        return check_fail(call, "31", "merId");
    return is_own || check_fail(call, "11", "certId");
}

/* A platform names the merchant behind it; acquirers are not modelled. */
static bool check_access(struct unionpay_call *call)
{
    const char *access = unionpay_call_get(call, "accessType");
    bool is_money = unionpay_call_get(call, "txnAmt")[0] != '\0';
    if (strcmp(access, "2") == 0)
        return !is_money || check_has(call, "subMerId subMerName subMerAbbr");
    return strcmp(access, "0") == 0 || check_fail(call, "32", "accessType");
}

static bool check_fields(struct unionpay_call *call)
{
    for (size_t i = 0; i < call->form.n_fields; i++) {
        const struct check_field *field = check_field_find(call->form.fields[i].name);
        if (field != NULL && !check_value(field, call->form.fields[i].value))
            return check_fail(call, "10", field->name);
    }
    if (strcasecmp(unionpay_call_get(call, "encoding"), "UTF-8") != 0)
        return check_fail(call, "10", "encoding");
    if (!check_has(call, call->kind->required))
        return false;
    if (!unionpay_lists(call->kind->biz_types, unionpay_call_get(call, "bizType")))
        return check_fail(call, "10", "bizType");
    const char *currency = unionpay_call_get(call, "currencyCode");
    if (currency[0] != '\0' && strcmp(currency, "156") != 0)
        return check_fail(call, "10", "currencyCode");
    const char *amount = unionpay_call_get(call, "txnAmt");
    if (amount[0] == '0')
        return check_fail(call, "10", "txnAmt");
    return check_access(call);
}

/* A query names the time of another request. */
static bool check_time(const struct unionpay *unionpay, struct unionpay_call *call)
{
    int64_t asked_unix_ms = 0;
    if (strcmp(call->kind->method, "query") == 0)
        return true;
    unionpay_time_parse(unionpay_call_get(call, "txnTime"), &asked_unix_ms);
    int64_t off_ms = asked_unix_ms - unionpay->now_unix_ms;
    return llabs(off_ms) <= unionpay->settings.txn_time_tolerance_ms ||
           check_fail(call, "39", "txnTime");
}

bool unionpay_check(struct unionpay *unionpay, struct unionpay_call *call)
{
    if (call->unreadable != NULL || !check_names(unionpay, call))
        return false;
    if (!check_has(call, "version encoding signMethod txnType txnSubType accessType merId"))
        return false;
    if (strcmp(unionpay_call_get(call, "version"), "5.1.0") != 0)
        return check_fail(call, "10", "version");
    if (!check_has(call, "certId signature") || !check_signature(unionpay, call))
        return false;
    if (call->kind == NULL)
        return check_fail(call, "10", "txnType");
    return check_fields(call) && check_time(unionpay, call);
}
