/* SPDX-License-Identifier: Apache-2.0 */
/* Asynchronous notifications: what they say, how they are sealed, when they are sent again. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"

enum { NOTIFY_PATIENCE_MS = 10000 };

static struct unionpay_notification *notify_queue(struct unionpay *unionpay, const char *order_id,
                                                  const char *url)
{
    struct unionpay_notification *notification = text_alloc(sizeof(*notification));
    notification->id = ++unionpay->n_numbers;
    notification->order_id = text_copy(order_id);
    notification->url = text_copy(url);
    notification->signer = text_copy("");
    notification->due_unix_ms = unionpay->now_unix_ms;
    notification->fault = "";
    if (unionpay->newest_notification != NULL)
        unionpay->newest_notification->next = notification;
    else
        unionpay->notifications = notification;
    unionpay->newest_notification = notification;
    struct unionpay_number *number = index_find(&unionpay->numbers, order_id);
    if (number != NULL) {
        notification->older = number->notifications;
        number->notifications = notification;
    }
    return notification;
}

static void notify_due(struct unionpay *unionpay, struct unionpay_notification *notification)
{
    due_add(&unionpay->notify_dues, notification->due_unix_ms, notification, NULL);
}

void unionpay_notify(struct unionpay *unionpay, const struct unionpay_order *order)
{
    if (unionpay_order_get(order, "backUrl")[0] == '\0')
        return;
    struct unionpay_notification *notification =
        notify_queue(unionpay, order->order_id, unionpay_order_get(order, "backUrl"));
    unionpay_order_notice(unionpay, order, &notification->fields);
    const struct unionpay_fault *fault =
        unionpay_fault_take(unionpay, "notify", order->order_id, "never delay duplicate");
    notification->done = unionpay_fault_is(fault, "never");
    notification->n_extra = unionpay_fault_is(fault, "duplicate") ? 1 : 0;
    if (unionpay_fault_is(fault, "delay"))
        notification->due_unix_ms += fault->delay_ms;
    notify_due(unionpay, notification);
}

bool unionpay_notify_resend(struct unionpay *unionpay, const char *order_id)
{
    const struct unionpay_number *number = index_find(&unionpay->numbers, order_id);
    const struct unionpay_notification *newest = number != NULL ? number->notifications : NULL;
    while (newest != NULL && newest->forged)
        newest = newest->older;
    if (newest == NULL)
        return false;
    struct unionpay_notification *again = notify_queue(unionpay, order_id, newest->url);
    form_copy(&again->fields, &newest->fields);
    notify_due(unionpay, again);
    return true;
}

void unionpay_notify_forged(struct unionpay *unionpay, const struct unionpay_order *order,
                            const char *url, const char *signer, const cJSON *fields)
{
    const cJSON *field;
    struct unionpay_notification *notification =
        notify_queue(unionpay, order != NULL ? order->order_id : "", url);
    notification->forged = true;
    free(notification->signer);
    notification->signer = text_copy(signer[0] != '\0' ? signer : "self_made");
    if (order != NULL)
        unionpay_order_notice(unionpay, order, &notification->fields);
    cJSON_ArrayForEach(field, fields)
    {
        if (cJSON_IsString(field))
            form_set(&notification->fields, field->string, field->valuestring);
    }
    notify_due(unionpay, notification);
}

static void notify_clear_pan(const struct unionpay *unionpay, struct form *form)
{
    const struct unionpay_order *order = unionpay_order_newest(unionpay, form_get(form, "orderId"));
    const struct unionpay_card *card =
        order != NULL && order->card != NULL ? order->card : unionpay_card_default();
    form_set(form, "accNo", card->number);
}

/* The body of one delivery: sealed now, with the leaf of now. */
static char *notify_body(struct unionpay *unionpay, struct unionpay_notification *notification)
{
    FORM_CLEANUP form = { 0 };
    form_copy(&form, &notification->fields);
    if (notification->forged) {
        if (strcmp(notification->signer, "none") != 0)
            unionpay_seal_as(unionpay, notification->signer, &form);
        return form_encode(&form, 1);
    }
    const struct unionpay_fault *fault = unionpay_fault_take(
        unionpay, "notify", notification->order_id,
        "bad_signature unsigned wrong_cn expired_leaf self_made "
        "downgrade_version downgrade_method duplicate_key line_ends tamper lie "
        "extra_field blank_field drop_field open_brace reorder clear_pan double_encode");
    notification->fault = fault != NULL ? fault->kind : "";
    if (unionpay_fault_is(fault, "clear_pan"))
        notify_clear_pan(unionpay, &form);
    unionpay_seal(unionpay, fault, false, &form);
    return form_encode(&form, unionpay_fault_is(fault, "double_encode") ? 2 : 1);
}

/* The next one that is still to be sent; entries that no longer hold are forgotten. */
static struct unionpay_notification *notify_next(struct unionpay *unionpay)
{
    const struct due *due;
    while ((due = due_first(&unionpay->notify_dues)) != NULL) {
        struct unionpay_notification *notification = due->what;
        if (!notification->done && !notification->in_flight &&
            notification->due_unix_ms == due->at_unix_ms)
            return notification;
        due_remove_first(&unionpay->notify_dues);
    }
    return NULL;
}

int64_t unionpay_notify_next_due(struct unionpay *unionpay)
{
    const struct unionpay_notification *next = notify_next(unionpay);
    return next != NULL ? next->due_unix_ms : INT64_MAX;
}

bool unionpay_next_delivery(void *model, int64_t now_unix_ms, struct sandbox_delivery *ret)
{
    struct unionpay *unionpay = model;
    unionpay_advance(unionpay, now_unix_ms);
    struct unionpay_notification *next = notify_next(unionpay);
    if (next == NULL || next->due_unix_ms > unionpay->now_unix_ms)
        return false;
    due_remove_first(&unionpay->notify_dues);
    next->in_flight = true;
    next->next_in_flight = unionpay->in_flight;
    unionpay->in_flight = next;
    *ret = (struct sandbox_delivery){ .id = next->id,
                                      .url = text_copy(next->url),
                                      .body = notify_body(unionpay, next),
                                      .patience_ms = NOTIFY_PATIENCE_MS };
    return true;
}

static void notify_record(struct unionpay_notification *notification, int64_t now_unix_ms,
                          long http_status, const char *answer, size_t answer_size)
{
    struct text kept = { 0 };
    size_t room = sizeof(notification->attempts) / sizeof(notification->attempts[0]);
    if (notification->n_attempts == room)
        return;
    text_add_bytes(&kept, answer, answer_size < 256 ? answer_size : 256);
    notification->attempts[notification->n_attempts++] =
        (struct unionpay_attempt){ now_unix_ms, http_status, text_take(&kept),
                                   notification->fault };
}

/* Five sends; the minutes between them are a setting. */
static void notify_again(struct unionpay *unionpay, struct unionpay_notification *notification)
{
    int64_t minutes = unionpay->settings.notify_minutes[notification->n_sends - 1] - '0';
    notification->due_unix_ms =
        unionpay->now_unix_ms + minutes * 60 * 1000 / (int64_t)unionpay->config.time_scale;
    notify_due(unionpay, notification);
}

void unionpay_delivered(void *model, uint64_t id, int64_t now_unix_ms, long http_status,
                        const char *answer, size_t answer_size)
{
    struct unionpay *unionpay = model;
    struct unionpay_notification **at = &unionpay->in_flight;
    unionpay_advance(unionpay, now_unix_ms);
    while (*at != NULL && (*at)->id != id)
        at = &(*at)->next_in_flight;
    struct unionpay_notification *notification = *at;
    if (notification == NULL)
        return;
    *at = notification->next_in_flight;
    notification->in_flight = false;
    notification->n_sends++;
    notify_record(notification, unionpay->now_unix_ms, http_status, answer, answer_size);
    bool accepted = http_status == 200 || http_status == 302;
    if (accepted && notification->n_extra > 0) {
        notification->n_extra--;
        notification->due_unix_ms = unionpay->now_unix_ms;
        notify_due(unionpay, notification);
    } else if (accepted || notification->forged || notification->n_sends >= UNIONPAY_SENDS_MAX) {
        notification->done = true;
    } else {
        notify_again(unionpay, notification);
    }
}

void unionpay_notifications_free(struct unionpay *unionpay)
{
    while (unionpay->notifications != NULL) {
        struct unionpay_notification *notification = unionpay->notifications;
        unionpay->notifications = notification->next;
        for (size_t i = 0; i < notification->n_attempts; i++)
            free(notification->attempts[i].answer);
        form_free(&notification->fields);
        free(notification->order_id);
        free(notification->url);
        free(notification->signer);
        free(notification);
    }
}
