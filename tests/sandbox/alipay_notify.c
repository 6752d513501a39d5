/* SPDX-License-Identifier: Apache-2.0 */
/* Asynchronous notifications: what they say, how they are signed, when they are sent again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

/* 4 m, 10 m, 10 m, 1 h, 2 h, 6 h, 15 h: eight deliveries in all. */
static const int64_t NOTIFY_RETRIES_S[] = { 240, 600, 600, 3600, 7200, 21600, 54000 };

enum { NOTIFY_RETRIES_N = sizeof(NOTIFY_RETRIES_S) / sizeof(NOTIFY_RETRIES_S[0]) };

static void notify_set(struct form *form, const char *name, const char *value)
{
    if (value[0] != '\0')
        form_set(form, name, value);
}

static void notify_payment_fields(struct alipay *alipay, const struct alipay_trade *trade,
                                  struct form *ret)
{
    char text[BEIJING_SIZE];
    TEXT_CLEANUP json = { 0 };
    const char *total = yuan_format(trade->order->total_cents, text);
    bool by_huabei = strncmp(trade->channel, "pcredit", 7) == 0;
    notify_set(ret, "receipt_amount", total);
    notify_set(ret, "invoice_amount", total);
    notify_set(ret, "buyer_pay_amount", total);
    notify_set(ret, "point_amount", "0.00");
    text_printf(&json, "[{\"amount\":\"%s\",\"fundChannel\":\"%s\"}]", total,
                by_huabei ? "PCREDIT" : "ALIPAYACCOUNT");
    notify_set(ret, "fund_bill_list", json.bytes);
    notify_set(ret, "gmt_payment", beijing_format(trade->paid_unix_ms, text));
    if (trade->instalments > 0 && alipay->settings.hb_fq_pay_info) {
        text_free(&json);
        text_printf(&json, "{\"%s\":\"%u\"}",
                    alipay->settings.upper_case_key ? "USER_INSTALL_NUM" : "user_install_num",
                    trade->instalments);
        notify_set(ret, "hb_fq_pay_info", json.bytes);
    }
}

static void notify_refund_fields(const struct alipay_trade *trade,
                                 const struct alipay_refund *refund, struct form *ret)
{
    char text[BEIJING_SIZE];
    TEXT_CLEANUP at = { 0 };
    text_printf(&at, "%s.%03d", beijing_format(refund->settled_unix_ms, text),
                (int)(refund->settled_unix_ms % 1000));
    notify_set(ret, "gmt_refund", at.bytes);
    notify_set(ret, "out_biz_no", refund->out_request_no);
    notify_set(ret, "refund_fee", yuan_format(alipay_refunds_sum(trade, true), text));
}

void alipay_notify_fields(struct alipay *alipay, const struct alipay_trade *trade,
                          const struct alipay_refund *refund, struct form *ret)
{
    char text[BEIJING_SIZE];
    char notify_id[40];
    char digits[30];
    beijing_format(alipay->now_unix_ms, text);
    alipay_digits(alipay, digits, 26);
    snprintf(notify_id, sizeof(notify_id), "%.4s%.2s%.2s%s", text, text + 5, text + 8, digits);
    form_set(ret, "gmt_create", beijing_format(trade->created_unix_ms, text));
    form_set(ret, "charset", "utf-8");
    form_set(ret, "subject", trade->order->subject);
    form_set(ret, "buyer_id", ALIPAY_BUYER_ID);
    form_set(ret, "buyer_logon_id", ALIPAY_BUYER_LOGON_ID);
    form_set(ret, "version", "1.0");
    form_set(ret, "notify_id", notify_id);
    form_set(ret, "notify_type", "trade_status_sync");
    form_set(ret, "out_trade_no", trade->order->out_trade_no);
    form_set(ret, "total_amount", yuan_format(trade->order->total_cents, text));
    form_set(ret, "trade_status", alipay_state_name(trade->state));
    form_set(ret, "trade_no", trade->trade_no);
    form_set(ret, "auth_app_id", alipay->config.app_id);
    form_set(ret, "app_id", alipay->config.app_id);
    form_set(ret, "seller_id", alipay->config.seller_id);
    notify_set(ret, "body", trade->order->body);
    notify_set(ret, "passback_params", trade->order->passback_params);
    if (trade->paid_unix_ms != 0)
        notify_payment_fields(alipay, trade, ret);
    if (trade->closed_unix_ms != 0)
        notify_set(ret, "gmt_close", beijing_format(trade->closed_unix_ms, text));
    if (refund != NULL)
        notify_refund_fields(trade, refund, ret);
}

static struct alipay_notification *notify_queue(struct alipay *alipay, const char *out_trade_no,
                                                const char *url)
{
    struct alipay_notification *notification = text_alloc(sizeof(*notification));
    notification->id = ++alipay->n_numbers;
    notification->out_trade_no = text_copy(out_trade_no);
    notification->url = text_copy(url);
    notification->due_unix_ms = alipay->now_unix_ms;
    notification->fault = "";
    if (alipay->newest_notification != NULL)
        alipay->newest_notification->next = notification;
    else
        alipay->notifications = notification;
    alipay->newest_notification = notification;
    struct alipay_number *number = alipay_number_find(alipay, out_trade_no);
    if (number != NULL) {
        notification->older = number->notifications;
        number->notifications = notification;
    }
    return notification;
}

static void notify_due(struct alipay *alipay, struct alipay_notification *notification)
{
    due_add(&alipay->notify_dues, notification->due_unix_ms, notification, NULL);
}

void alipay_notify(struct alipay *alipay, const struct alipay_trade *trade,
                   const struct alipay_refund *refund)
{
    if (trade->order->notify_url[0] == '\0')
        return;
    struct alipay_notification *notification =
        notify_queue(alipay, trade->order->out_trade_no, trade->order->notify_url);
    alipay_notify_fields(alipay, trade, refund, &notification->fields);
    const struct alipay_fault *fault =
        alipay_fault_take(alipay, "notify", "never delay duplicate reorder");
    notification->done = alipay_fault_is(fault, "never");
    notification->extra = alipay_fault_is(fault, "duplicate") ? 1 : 0;
    if (alipay_fault_is(fault, "delay"))
        notification->due_unix_ms += fault->delay_ms;
    if (alipay_fault_is(fault, "reorder")) {
        notification->held = true;
        notification->next_waiting = alipay->held;
        alipay->held = notification;
    }
    notify_due(alipay, notification);
}

void alipay_notify_forged(struct alipay *alipay, const struct alipay_trade *trade, const char *url,
                          const char *key_name, const cJSON *fields)
{
    const cJSON *field;
    const char *out_trade_no = trade != NULL ? trade->order->out_trade_no : "";
    struct alipay_notification *notification = notify_queue(alipay, out_trade_no, url);
    notification->forged = true;
    notification->key_name = strcmp(key_name, "platform") == 0 ? "platform"
                             : strcmp(key_name, "none") == 0   ? "none"
                                                               : "foreign";
    if (trade != NULL)
        alipay_notify_fields(alipay, trade, NULL, &notification->fields);
    cJSON_ArrayForEach(field, fields)
    {
        if (cJSON_IsString(field))
            form_set(&notification->fields, field->string, field->valuestring);
    }
    notify_due(alipay, notification);
}

/* Sends the newest one of the order again, with the notify_id that it had. */
bool alipay_notify_resend(struct alipay *alipay, const char *out_trade_no)
{
    const struct alipay_number *number = alipay_number_find(alipay, out_trade_no);
    const struct alipay_notification *newest = number != NULL ? number->notifications : NULL;
    while (newest != NULL && newest->forged)
        newest = newest->older;
    if (newest == NULL)
        return false;
    struct alipay_notification *again = notify_queue(alipay, out_trade_no, newest->url);
    form_copy(&again->fields, &newest->fields);
    notify_due(alipay, again);
    return true;
}

/* Those that were held and are older than `id`. */
static void notify_release(struct alipay *alipay, uint64_t id)
{
    struct alipay_notification **at = &alipay->held;
    while (*at != NULL) {
        struct alipay_notification *held = *at;
        if (held->id >= id) {
            at = &held->next_waiting;
            continue;
        }
        *at = held->next_waiting;
        held->held = false;
        notify_due(alipay, held);
    }
}

void alipay_notify_release(struct alipay *alipay)
{
    notify_release(alipay, UINT64_MAX);
}

static char *notify_signature(struct alipay *alipay, const struct alipay_notification *notification,
                              const struct form *form)
{
    bool foreign = strcmp(notification->fault, "wrong_key") == 0 ||
                   (notification->forged && strcmp(notification->key_name, "platform") != 0);
    enum key_scheme scheme = strcmp(form_get(form, "sign_type"), "RSA") == 0 ? KEY_RSA : KEY_RSA2;
    STRING_CLEANUP built = form_to_sign(form, false);
    return key_sign(foreign ? alipay_foreign_key(alipay) : alipay_platform_key(alipay), scheme,
                    built, strlen(built));
}

static void notify_raise_amount(struct form *form)
{
    char yuan[YUAN_SIZE];
    int64_t cents = 0;
    const char *total = form_get(form, "total_amount");
    yuan_parse(total != NULL ? total : "", &cents);
    form_set(form, "total_amount", yuan_format(cents + 1, yuan));
}

/* One field lies after it was signed: the one that the fault names, or the amount. */
static void notify_tamper(const struct alipay_fault *fault, struct form *form)
{
    if (fault->field[0] != '\0')
        form_set(form, fault->field, fault->value);
    else
        notify_raise_amount(form);
}

/* The body of one delivery: notify_id stays, notify_time is now. */
static char *notify_body(struct alipay *alipay, struct alipay_notification *notification)
{
    char text[BEIJING_SIZE];
    FORM_CLEANUP form = { 0 };
    const struct alipay_fault *fault = NULL;
    if (!notification->forged)
        fault = alipay_fault_take(alipay, "notify",
                                  "tamper wrong_key downgrade double_encode lie_amount");
    notification->fault = fault != NULL ? fault->kind : "";
    form_set(&form, "notify_time", beijing_format(alipay->now_unix_ms, text));
    form_set(&form, "sign_type", alipay_fault_is(fault, "downgrade") ? "RSA" : "RSA2");
    for (size_t i = 0; i < notification->fields.n_fields; i++)
        form_set(&form, notification->fields.fields[i].name, notification->fields.fields[i].value);
    if (alipay_fault_is(fault, "lie_amount"))
        notify_raise_amount(&form);
    if (!notification->forged || strcmp(notification->key_name, "none") != 0) {
        STRING_CLEANUP sign = notify_signature(alipay, notification, &form);
        form_set(&form, "sign", sign);
    }
    /* Whether it stands there is unconfirmed; where it does, it is not signed. */
    if (alipay->settings.notify_cert_sn && alipay_platform_sn(alipay)[0] != '\0')
        form_set(&form, "alipay_cert_sn", alipay_platform_sn(alipay));
    if (fault != NULL && strcmp(fault->kind, "tamper") == 0)
        notify_tamper(fault, &form);
    return form_encode(&form, alipay_fault_is(fault, "double_encode") ? 2 : 1);
}

/* The next one that is still to be sent; entries that no longer hold are forgotten. */
static struct alipay_notification *notify_next(struct alipay *alipay)
{
    const struct due *due;
    while ((due = due_first(&alipay->notify_dues)) != NULL) {
        struct alipay_notification *notification = due->what;
        if (!notification->done && !notification->held && !notification->in_flight &&
            notification->due_unix_ms == due->at_unix_ms)
            return notification;
        due_remove_first(&alipay->notify_dues);
    }
    return NULL;
}

int64_t alipay_notify_next_due(struct alipay *alipay)
{
    const struct alipay_notification *next = notify_next(alipay);
    return next != NULL ? next->due_unix_ms : INT64_MAX;
}

bool alipay_next_delivery(void *model, int64_t now_unix_ms, struct sandbox_delivery *ret)
{
    struct alipay *alipay = model;
    alipay_advance(alipay, now_unix_ms);
    struct alipay_notification *next = notify_next(alipay);
    if (next == NULL || next->due_unix_ms > now_unix_ms)
        return false;
    due_remove_first(&alipay->notify_dues);
    next->in_flight = true;
    next->next_waiting = alipay->in_flight;
    alipay->in_flight = next;
    *ret = (struct sandbox_delivery){ .id = next->id,
                                      .url = text_copy(next->url),
                                      .body = notify_body(alipay, next) };
    return true;
}

static void notify_record(struct alipay_notification *notification, int64_t now_unix_ms,
                          long http_status, const char *answer, size_t answer_size)
{
    struct text kept = { 0 };
    if (notification->n_attempts == ALIPAY_ATTEMPTS_MAX)
        return;
    text_add_bytes(&kept, answer, answer_size < 256 ? answer_size : 256);
    notification->attempts[notification->n_attempts++] =
        (struct alipay_attempt){ now_unix_ms, http_status, text_take(&kept), notification->fault };
}

void alipay_delivered(void *model, uint64_t id, int64_t now_unix_ms, long http_status,
                      const char *answer, size_t answer_size)
{
    struct alipay *alipay = model;
    struct alipay_notification **at = &alipay->in_flight;
    while (*at != NULL && (*at)->id != id)
        at = &(*at)->next_waiting;
    struct alipay_notification *notification = *at;
    if (notification == NULL)
        return;
    *at = notification->next_waiting;
    bool accepted =
        http_status == 200 && answer_size == 7 && memcmp(answer, "success", answer_size) == 0;
    notification->in_flight = false;
    notify_record(notification, now_unix_ms, http_status, answer, answer_size);
    notify_release(alipay, id);
    if (accepted && notification->extra > 0) {
        notification->extra--;
        notification->due_unix_ms = now_unix_ms;
        notify_due(alipay, notification);
    } else if (accepted || notification->forged || notification->n_retries == NOTIFY_RETRIES_N) {
        notification->done = true;
    } else {
        int64_t wait_ms = NOTIFY_RETRIES_S[notification->n_retries++] * 1000;
        notification->due_unix_ms = now_unix_ms + alipay_scaled(alipay, wait_ms);
        notify_due(alipay, notification);
    }
}

void alipay_notifications_free(struct alipay *alipay)
{
    while (alipay->notifications != NULL) {
        struct alipay_notification *notification = alipay->notifications;
        alipay->notifications = notification->next;
        for (size_t i = 0; i < notification->n_attempts; i++)
            free(notification->attempts[i].answer);
        form_free(&notification->fields);
        free(notification->out_trade_no);
        free(notification->url);
        free(notification);
    }
}
