/* SPDX-License-Identifier: Apache-2.0 */
/* The switches of the Alipay model: where the platform's behaviour is unconfirmed or by contract.
 */
#include <stddef.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

enum alipay_kind { ALIPAY_SWITCH, ALIPAY_NUMBER, ALIPAY_YUAN, ALIPAY_CHOICE };

struct alipay_setting {
    const char *name;
    enum alipay_kind kind;
    size_t offset;
    const char *const *choices; /* the first is the default; NULL behind the last */
};

static const char *const FEE_REFUND[] = { "none", "proportional", "full", NULL };
static const char *const CANCEL_UNKNOWN[] = { "success", "refused", NULL };
static const char *const PERMISSIONS[] = { "granted", "app", "user", NULL };
static const char *const PLATFORM_CERTIFICATE[] = { "first", "next", NULL };

#define ALIPAY_AT(member) offsetof(struct alipay_settings, member)

static const struct alipay_setting SETTINGS[] = {
    { "hb_fq_pay_info", ALIPAY_SWITCH, ALIPAY_AT(hb_fq_pay_info), NULL },
    { "upper_case_key", ALIPAY_SWITCH, ALIPAY_AT(upper_case_key), NULL },
    { "charge_info", ALIPAY_SWITCH, ALIPAY_AT(charge_info), NULL },
    { "notify_closed", ALIPAY_SWITCH, ALIPAY_AT(notify_closed), NULL },
    { "seller_pays_allowed", ALIPAY_SWITCH, ALIPAY_AT(seller_pays_allowed), NULL },
    { "refund_pending_ms", ALIPAY_NUMBER, ALIPAY_AT(refund_pending_ms), NULL },
    { "refund_interval_ms", ALIPAY_NUMBER, ALIPAY_AT(refund_interval_ms), NULL },
    { "refund_window_ms", ALIPAY_NUMBER, ALIPAY_AT(refund_window_ms), NULL },
    { "timestamp_tolerance_ms", ALIPAY_NUMBER, ALIPAY_AT(timestamp_tolerance_ms), NULL },
    { "time_expire_min_ms", ALIPAY_NUMBER, ALIPAY_AT(time_expire_min_ms), NULL },
    { "min_amount", ALIPAY_YUAN, ALIPAY_AT(min_cents), NULL },
    { "max_amount", ALIPAY_YUAN, ALIPAY_AT(max_cents), NULL },
    { "cancel_window_ms", ALIPAY_NUMBER, ALIPAY_AT(cancel_window_ms), NULL },
    { "bill_ready_ms", ALIPAY_NUMBER, ALIPAY_AT(bill_ready_ms), NULL },
    { "service_ppm", ALIPAY_NUMBER, ALIPAY_AT(service_ppm), NULL },
    { "credit_limit", ALIPAY_YUAN, ALIPAY_AT(credit_cents), NULL },
    { "bill_at_once", ALIPAY_SWITCH, ALIPAY_AT(bill_at_once), NULL },
    { "empty_bill", ALIPAY_SWITCH, ALIPAY_AT(empty_bill), NULL },
    { "encryption_required", ALIPAY_SWITCH, ALIPAY_AT(encryption_required), NULL },
    { "notify_cert_sn", ALIPAY_SWITCH, ALIPAY_AT(notify_cert_sn), NULL },
    { "fee_refund", ALIPAY_CHOICE, ALIPAY_AT(fee_refund), FEE_REFUND },
    { "cancel_unknown", ALIPAY_CHOICE, ALIPAY_AT(cancel_unknown), CANCEL_UNKNOWN },
    { "permissions", ALIPAY_CHOICE, ALIPAY_AT(permissions), PERMISSIONS },
    { "platform_certificate", ALIPAY_CHOICE, ALIPAY_AT(platform_certificate),
      PLATFORM_CERTIFICATE },
};

enum { SETTINGS_N = sizeof(SETTINGS) / sizeof(SETTINGS[0]) };

void alipay_settings_init(struct alipay_settings *settings)
{
    *settings = (struct alipay_settings){
        .hb_fq_pay_info = true,
        .upper_case_key = true,
        .seller_pays_allowed = true,
        .refund_window_ms = INT64_C(365) * 86400 * 1000,
        .timestamp_tolerance_ms = 600 * 1000,
        .time_expire_min_ms = 60 * 1000,
        .min_cents = 1,
        .max_cents = INT64_C(100000000) * 100,
        .cancel_window_ms = 86400 * 1000,
        .bill_ready_ms = 9 * 3600 * 1000,
        .service_ppm = 6000,
        .credit_cents = 50000 * 100,
        .fee_refund = FEE_REFUND[0],
        .cancel_unknown = CANCEL_UNKNOWN[0],
        .permissions = PERMISSIONS[0],
        .platform_certificate = PLATFORM_CERTIFICATE[0],
    };
}

static bool alipay_setting_apply(struct alipay_settings *settings,
                                 const struct alipay_setting *setting, const cJSON *wish)
{
    void *at = (char *)settings + setting->offset;
    switch (setting->kind) {
    case ALIPAY_SWITCH:
        *(bool *)at = cJSON_IsTrue(wish);
        return cJSON_IsBool(wish);
    case ALIPAY_NUMBER:
        if (!cJSON_IsNumber(wish) || wish->valuedouble < 0 || wish->valuedouble > 1e14)
            return false;
        *(int64_t *)at = (int64_t)wish->valuedouble;
        return true;
    case ALIPAY_YUAN:
        return cJSON_IsString(wish) && yuan_parse(wish->valuestring, at);
    case ALIPAY_CHOICE:
        for (const char *const *choice = setting->choices; *choice != NULL; choice++) {
            if (cJSON_IsString(wish) && strcmp(wish->valuestring, *choice) == 0) {
                *(const char **)at = *choice;
                return true;
            }
        }
        return false;
    }
    return false;
}

const char *alipay_settings_apply(struct alipay *alipay, const cJSON *wish)
{
    struct alipay_settings changed = alipay->settings;
    const cJSON *item;
    cJSON_ArrayForEach(item, wish)
    {
        size_t i = 0;
        while (i < SETTINGS_N && strcmp(SETTINGS[i].name, item->string) != 0)
            i++;
        if (i == SETTINGS_N || !alipay_setting_apply(&changed, &SETTINGS[i], item))
            return item->string;
    }
    if (changed.platform_certificate == PLATFORM_CERTIFICATE[1] &&
        alipay->certs.platform[1] == NULL)
        return "platform_certificate: there is no --alipay-cert-next";
    alipay->settings = changed;
    return NULL;
}

cJSON *alipay_settings_json(const struct alipay_settings *settings)
{
    char yuan[YUAN_SIZE];
    cJSON *json = cJSON_CreateObject();
    for (size_t i = 0; i < SETTINGS_N; i++) {
        const void *at = (const char *)settings + SETTINGS[i].offset;
        const char *name = SETTINGS[i].name;
        switch (SETTINGS[i].kind) {
        case ALIPAY_SWITCH:
            cJSON_AddBoolToObject(json, name, *(const bool *)at);
            break;
        case ALIPAY_NUMBER:
            cJSON_AddNumberToObject(json, name, (double)*(const int64_t *)at);
            break;
        case ALIPAY_YUAN:
            cJSON_AddStringToObject(json, name, yuan_format(*(const int64_t *)at, yuan));
            break;
        case ALIPAY_CHOICE:
            cJSON_AddStringToObject(json, name, *(const char *const *)at);
            break;
        }
    }
    return json;
}
