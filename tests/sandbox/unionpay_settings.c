/* SPDX-License-Identifier: Apache-2.0 */
/* The switches of the UnionPay model: where its behaviour is unconfirmed or by contract. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"

enum setting_kind { SETTING_SWITCH, SETTING_NUMBER, SETTING_CODE, SETTING_CHOICE };

struct setting {
    const char *name;
    enum setting_kind kind;
    size_t offset;
    const char *const *choices; /* the first is the default; NULL behind the last */
};

static const char *const ACC_NO[] = { "masked", "encrypted", "absent", "clear", NULL };
static const char *const NOTIFY_MINUTES[] = { "0124", "1245", NULL };
static const char *const OPEN_ANSWER[] = { "05", "34", "70", NULL };
static const char *const EXPIRED_ANSWER[] = { "34", "01", NULL };
static const char *const LATE_PAY[] = { "refused", "success", "refund", NULL };
static const char *const UNKNOWN_MERCHANT[] = { "unsigned", "http_500", "signed", NULL };
static const char *const FILE_FLAW[] = { "none", "traversal", "bomb", "truncated", "width", NULL };

#define AT(member) offsetof(struct unionpay_settings, member)

static const struct setting SETTINGS[] = {
    { "txn_time_tolerance_ms", SETTING_NUMBER, AT(txn_time_tolerance_ms), NULL },
    { "arrival_delay_ms", SETTING_NUMBER, AT(arrival_delay_ms), NULL },
    { "pay_pending_ms", SETTING_NUMBER, AT(pay_pending_ms), NULL },
    { "refund_pending_ms", SETTING_NUMBER, AT(refund_pending_ms), NULL },
    { "late_refund_ms", SETTING_NUMBER, AT(late_refund_ms), NULL },
    { "refund_window_ms", SETTING_NUMBER, AT(refund_window_ms), NULL },
    { "cutoff_minutes", SETTING_NUMBER, AT(cutoff_minutes), NULL },
    { "file_ready_ms", SETTING_NUMBER, AT(file_ready_ms), NULL },
    { "key_grace_ms", SETTING_NUMBER, AT(key_grace_ms), NULL },
    { "fee_ppm", SETTING_NUMBER, AT(fee_ppm), NULL },
    { "subsidy_ppm", SETTING_NUMBER, AT(subsidy_ppm), NULL },
    { "surcharge_ppm_03", SETTING_NUMBER, AT(surcharge_ppm[0]), NULL },
    { "surcharge_ppm_06", SETTING_NUMBER, AT(surcharge_ppm[1]), NULL },
    { "surcharge_ppm_12", SETTING_NUMBER, AT(surcharge_ppm[2]), NULL },
    { "min_fen", SETTING_NUMBER, AT(min_fen), NULL },
    { "max_fen", SETTING_NUMBER, AT(max_fen), NULL },
    { "partial_refund", SETTING_SWITCH, AT(partial_refund), NULL },
    { "instalment_partial_refund", SETTING_SWITCH, AT(instalment_partial_refund), NULL },
    { "undo", SETTING_SWITCH, AT(undo), NULL },
    { "instal_trans_info", SETTING_SWITCH, AT(instal_trans_info), NULL },
    { "card_facts", SETTING_SWITCH, AT(card_facts), NULL },
    { "braces", SETTING_SWITCH, AT(braces), NULL },
    { "file_at_once", SETTING_SWITCH, AT(file_at_once), NULL },
    { "strict_names", SETTING_SWITCH, AT(strict_names), NULL },
    { "pay_code", SETTING_CODE, AT(pay_code), NULL },
    { "refund_code", SETTING_CODE, AT(refund_code), NULL },
    { "undo_code", SETTING_CODE, AT(undo_code), NULL },
    { "acc_no", SETTING_CHOICE, AT(acc_no), ACC_NO },
    { "notify_minutes", SETTING_CHOICE, AT(notify_minutes), NOTIFY_MINUTES },
    { "open_answer", SETTING_CHOICE, AT(open_answer), OPEN_ANSWER },
    { "expired_answer", SETTING_CHOICE, AT(expired_answer), EXPIRED_ANSWER },
    { "late_pay", SETTING_CHOICE, AT(late_pay), LATE_PAY },
    { "unknown_merchant", SETTING_CHOICE, AT(unknown_merchant), UNKNOWN_MERCHANT },
    { "file_flaw", SETTING_CHOICE, AT(file_flaw), FILE_FLAW },
};

enum { SETTINGS_N = sizeof(SETTINGS) / sizeof(SETTINGS[0]) };

void unionpay_settings_init(struct unionpay_settings *settings)
{
    *settings = (struct unionpay_settings){
        .txn_time_tolerance_ms = 600 * 1000,
        .late_refund_ms = INT64_C(7) * 86400 * 1000, /* five working days */
        .refund_window_ms = INT64_C(330) * 86400 * 1000,
        .cutoff_minutes = 23 * 60,
        .file_ready_ms = 9 * 3600 * 1000,
        .key_grace_ms = INT64_C(30) * 86400 * 1000,
        .fee_ppm = 6000,
        .surcharge_ppm = { 22500, 43500, 72000 },
        .min_fen = 1,
        .max_fen = INT64_C(100000000),
        .partial_refund = true,
        .instalment_partial_refund = true,
        .undo = true,
        .instal_trans_info = true,
        .card_facts = true,
        .strict_names = true,
        .pay_code = "00",
        .refund_code = "00",
        .undo_code = "00",
        .acc_no = ACC_NO[0],
        .notify_minutes = NOTIFY_MINUTES[0],
        .open_answer = OPEN_ANSWER[0],
        .expired_answer = EXPIRED_ANSWER[0],
        .late_pay = LATE_PAY[0],
        .unknown_merchant = UNKNOWN_MERCHANT[0],
        .file_flaw = FILE_FLAW[0],
    };
}

static bool setting_choose(const struct setting *setting, const char *wish, const char **ret)
{
    for (const char *const *choice = setting->choices; *choice != NULL; choice++) {
        if (strcmp(wish, *choice) == 0) {
            *ret = *choice;
            return true;
        }
    }
    return false;
}

static bool setting_apply(struct unionpay_settings *settings, const struct setting *setting,
                          const cJSON *wish)
{
    void *at = (char *)settings + setting->offset;
    switch (setting->kind) {
    case SETTING_SWITCH:
        *(bool *)at = cJSON_IsTrue(wish);
        return cJSON_IsBool(wish);
    case SETTING_NUMBER:
        if (!cJSON_IsNumber(wish) || wish->valuedouble < 0 || wish->valuedouble > 1e14)
            return false;
        *(int64_t *)at = (int64_t)wish->valuedouble;
        return true;
    case SETTING_CODE:
        if (!cJSON_IsString(wish) || strlen(wish->valuestring) != UNIONPAY_CODE_SIZE - 1)
            return false;
        memcpy(at, wish->valuestring, UNIONPAY_CODE_SIZE);
        return true;
    case SETTING_CHOICE:
        return cJSON_IsString(wish) && setting_choose(setting, wish->valuestring, at);
    }
    return false;
}

const char *unionpay_settings_apply(struct unionpay *unionpay, const cJSON *wish)
{
    struct unionpay_settings changed = unionpay->settings;
    const cJSON *item;
    cJSON_ArrayForEach(item, wish)
    {
        size_t i = 0;
        while (i < SETTINGS_N && strcmp(SETTINGS[i].name, item->string) != 0)
            i++;
        if (i == SETTINGS_N || !setting_apply(&changed, &SETTINGS[i], item))
            return item->string;
    }
    unionpay->settings = changed;
    return NULL;
}

cJSON *unionpay_settings_json(const struct unionpay_settings *settings)
{
    cJSON *json = cJSON_CreateObject();
    for (size_t i = 0; i < SETTINGS_N; i++) {
        const void *at = (const char *)settings + SETTINGS[i].offset;
        switch (SETTINGS[i].kind) {
        case SETTING_SWITCH:
            cJSON_AddBoolToObject(json, SETTINGS[i].name, *(const bool *)at);
            break;
        case SETTING_NUMBER:
            cJSON_AddNumberToObject(json, SETTINGS[i].name, (double)*(const int64_t *)at);
            break;
        case SETTING_CODE:
            cJSON_AddStringToObject(json, SETTINGS[i].name, at);
            break;
        case SETTING_CHOICE:
            cJSON_AddStringToObject(json, SETTINGS[i].name, *(const char *const *)at);
            break;
        }
    }
    return json;
}
