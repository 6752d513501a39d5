/* SPDX-License-Identifier: Apache-2.0 */
/* The switches of the Alipay model: where the platform's behaviour is unconfirmed or by contract.
 */
#include <stddef.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

enum alipay_kind { ALIPAY_SWITCH, ALIPAY_MS, ALIPAY_YUAN, ALIPAY_POLICY };

struct alipay_setting {
    const char *name;
    enum alipay_kind kind;
    size_t offset;
};

#define ALIPAY_AT(member) offsetof(struct alipay_settings, member)

static const struct alipay_setting SETTINGS[] = {
    { "hb_fq_pay_info", ALIPAY_SWITCH, ALIPAY_AT(hb_fq_pay_info) },
    { "upper_case_key", ALIPAY_SWITCH, ALIPAY_AT(upper_case_key) },
    { "charge_info", ALIPAY_SWITCH, ALIPAY_AT(charge_info) },
    { "notify_closed", ALIPAY_SWITCH, ALIPAY_AT(notify_closed) },
    { "seller_pays_allowed", ALIPAY_SWITCH, ALIPAY_AT(seller_pays_allowed) },
    { "refund_pending_ms", ALIPAY_MS, ALIPAY_AT(refund_pending_ms) },
    { "refund_interval_ms", ALIPAY_MS, ALIPAY_AT(refund_interval_ms) },
    { "refund_window_ms", ALIPAY_MS, ALIPAY_AT(refund_window_ms) },
    { "timestamp_tolerance_ms", ALIPAY_MS, ALIPAY_AT(timestamp_tolerance_ms) },
    { "time_expire_min_ms", ALIPAY_MS, ALIPAY_AT(time_expire_min_ms) },
    { "min_amount", ALIPAY_YUAN, ALIPAY_AT(min_cents) },
    { "max_amount", ALIPAY_YUAN, ALIPAY_AT(max_cents) },
    { "fee_refund", ALIPAY_POLICY, ALIPAY_AT(fee_refund) },
};

static const char *const FEE_POLICIES[] = { "none", "proportional", "full" };

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
        .fee_refund = FEE_POLICIES[0],
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
    case ALIPAY_MS:
        if (!cJSON_IsNumber(wish) || wish->valuedouble < 0 || wish->valuedouble > 1e14)
            return false;
        *(int64_t *)at = (int64_t)wish->valuedouble;
        return true;
    case ALIPAY_YUAN:
        return cJSON_IsString(wish) && yuan_parse(wish->valuestring, at);
    case ALIPAY_POLICY:
        for (size_t i = 0; i < sizeof(FEE_POLICIES) / sizeof(FEE_POLICIES[0]); i++) {
            if (cJSON_IsString(wish) && strcmp(wish->valuestring, FEE_POLICIES[i]) == 0) {
                *(const char **)at = FEE_POLICIES[i];
                return true;
            }
        }
        return false;
    }
    return false;
}

const char *alipay_settings_apply(struct alipay_settings *settings, const cJSON *wish)
{
    struct alipay_settings changed = *settings;
    const cJSON *item;
    cJSON_ArrayForEach(item, wish)
    {
        size_t i = 0;
        while (i < SETTINGS_N && strcmp(SETTINGS[i].name, item->string) != 0)
            i++;
        if (i == SETTINGS_N || !alipay_setting_apply(&changed, &SETTINGS[i], item))
            return item->string;
    }
    *settings = changed;
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
        case ALIPAY_MS:
            cJSON_AddNumberToObject(json, name, (double)*(const int64_t *)at);
            break;
        case ALIPAY_YUAN:
            cJSON_AddStringToObject(json, name, yuan_format(*(const int64_t *)at, yuan));
            break;
        case ALIPAY_POLICY:
            cJSON_AddStringToObject(json, name, *(const char *const *)at);
            break;
        }
    }
    return json;
}
