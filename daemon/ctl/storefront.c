/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl get, close, refund, get-refund, events, info: what a storefront asks about payments. */
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/ctl/ctl.h"

#define WAIT_MS_MAX         25000 /* of one question */
#define WAIT_SECONDS_MAX    3600
#define REFUND_ASK_EVERY_MS 250
#define EVENTS_MAX          200

static char *storefront_text(const struct ctl *ctl, enum ctl_option option)
{
    return fq_unconst(ctl->values[option]);
}

static char *storefront_argument(const struct ctl *ctl)
{
    return fq_unconst(ctl->arguments[0]);
}

/* Asks once, prints the answer. */
static int storefront_ask(struct ctl *ctl, const Fenqi__V1__Request *request)
{
    struct fenqi_reply *reply = NULL;
    int status = ctl_ask(ctl, request, 0, &reply);
    if (status == CTL_OK)
        status = ctl_answer(ctl, reply);
    fenqi_reply_free(reply);
    return status;
}

/* ---- get ---- */

static int get_read_key(struct ctl *ctl, Fenqi__V1__GetPayment *get)
{
    if ((ctl->n_arguments == 1) + ctl_has(ctl, CTL_ORDER) + ctl_has(ctl, CTL_KEY) != 1)
        return ctl_complain(CTL_USAGE, "which payment? PAYMENT_ID, or --order, or --key");
    if (ctl->n_arguments == 1) {
        get->key_case = FENQI__V1__GET_PAYMENT__KEY_PAYMENT_ID;
        get->payment_id = storefront_argument(ctl);
    } else if (ctl_has(ctl, CTL_ORDER)) {
        get->key_case = FENQI__V1__GET_PAYMENT__KEY_MERCHANT_ORDER_ID;
        get->merchant_order_id = storefront_text(ctl, CTL_ORDER);
    } else {
        get->key_case = FENQI__V1__GET_PAYMENT__KEY_IDEMPOTENCY_KEY;
        get->idempotency_key = storefront_text(ctl, CTL_KEY);
    }
    return CTL_OK;
}

/* The daemon answers when the payment moves; a long wait is asked in parts. */
int ctl_get(struct ctl *ctl)
{
    Fenqi__V1__GetPayment get;
    Fenqi__V1__Request request;
    struct fenqi_reply *reply = NULL;
    int64_t seconds = 0;
    fenqi__v1__get_payment__init(&get);
    fenqi__v1__request__init(&request);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_PAYMENT;
    request.get_payment = &get;
    get.refresh = ctl_has(ctl, CTL_REFRESH);
    int status = get_read_key(ctl, &get);
    if (status == CTL_OK)
        status = ctl_number_read(ctl, CTL_WAIT, 1, WAIT_SECONDS_MAX, 0, &seconds);
    int64_t until_ms = fq_clock_mono_ms() + 1000 * seconds;
    bool asks_again = status == CTL_OK;
    while (asks_again) {
        int64_t left_ms = until_ms - fq_clock_mono_ms();
        get.wait_ms = (int32_t)(left_ms > WAIT_MS_MAX ? WAIT_MS_MAX : left_ms > 0 ? left_ms : 0);
        fenqi_reply_free(reply);
        reply = NULL;
        status = ctl_ask(ctl, &request, get.wait_ms, &reply);
        asks_again = status == CTL_OK && fq_clock_mono_ms() < until_ms &&
                     reply->reply->payment->state == FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_OPEN;
    }
    if (status == CTL_OK)
        status = ctl_answer(ctl, reply);
    fenqi_reply_free(reply);
    return status;
}

/* ---- close ---- */

int ctl_close(struct ctl *ctl)
{
    Fenqi__V1__ClosePayment close;
    Fenqi__V1__Request request;
    fenqi__v1__close_payment__init(&close);
    fenqi__v1__request__init(&request);
    close.payment_id = storefront_argument(ctl);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_CLOSE_PAYMENT;
    request.close_payment = &close;
    return storefront_ask(ctl, &request);
}

/* ---- refunds ---- */

int ctl_refund(struct ctl *ctl)
{
    Fenqi__V1__Money amount;
    Fenqi__V1__CreateRefund refund;
    Fenqi__V1__Request request;
    fenqi__v1__create_refund__init(&refund);
    fenqi__v1__request__init(&request);
    int status = ctl_money_read(ctl, &amount);
    if (status != CTL_OK)
        return status;
    if (!ctl_has(ctl, CTL_KEY))
        ctl->values[CTL_KEY] = ctl_key_make(ctl).ptr;
    refund.idempotency_key = storefront_text(ctl, CTL_KEY);
    refund.payment_id = storefront_argument(ctl);
    refund.amount = &amount;
    if (ctl_has(ctl, CTL_REASON))
        refund.reason = storefront_text(ctl, CTL_REASON);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_CREATE_REFUND;
    request.create_refund = &refund;
    status = storefront_ask(ctl, &request);
    if (status == CTL_NO_ANSWER || status == CTL_UNPROVEN)
        (void)fprintf(stderr, "the same command with --key %s asks again, and refunds once\n",
                      ctl->values[CTL_KEY]);
    return status;
}

static bool refund_is_decided(const Fenqi__V1__Refund *refund)
{
    return refund->state == FENQI__V1__REFUND_STATE__REFUND_STATE_REFUNDED ||
           refund->state == FENQI__V1__REFUND_STATE__REFUND_STATE_FAILED;
}

int ctl_get_refund(struct ctl *ctl)
{
    static const struct timespec pause = { .tv_nsec = REFUND_ASK_EVERY_MS * 1000000L };
    Fenqi__V1__GetRefund get;
    Fenqi__V1__Request request;
    struct fenqi_reply *reply = NULL;
    int64_t seconds = 0;
    fenqi__v1__get_refund__init(&get);
    fenqi__v1__request__init(&request);
    get.refund_id = storefront_argument(ctl);
    get.refresh = ctl_has(ctl, CTL_REFRESH);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_REFUND;
    request.get_refund = &get;
    int status = ctl_number_read(ctl, CTL_WAIT, 1, WAIT_SECONDS_MAX, 0, &seconds);
    int64_t until_ms = fq_clock_mono_ms() + 1000 * seconds;
    if (status == CTL_OK)
        status = ctl_ask(ctl, &request, 0, &reply);
    while (status == CTL_OK && !refund_is_decided(reply->reply->refund) &&
           fq_clock_mono_ms() < until_ms) {
        (void)nanosleep(&pause, NULL);
        fenqi_reply_free(reply);
        reply = NULL;
        status = ctl_ask(ctl, &request, 0, &reply);
    }
    if (status == CTL_OK)
        status = ctl_answer(ctl, reply);
    fenqi_reply_free(reply);
    return status;
}

/* ---- events, info ---- */

int ctl_events(struct ctl *ctl)
{
    int64_t limit = 0;
    Fenqi__V1__ListEvents list;
    Fenqi__V1__Request request;
    fenqi__v1__list_events__init(&list);
    fenqi__v1__request__init(&request);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_LIST_EVENTS;
    request.list_events = &list;
    int status = ctl_number_read(ctl, CTL_FROM, 0, INT64_MAX, 0, &list.cursor);
    if (status == CTL_OK)
        status = ctl_number_read(ctl, CTL_LIMIT, 1, EVENTS_MAX, 0, &limit);
    list.limit = (int32_t)limit;
    return status == CTL_OK ? storefront_ask(ctl, &request) : status;
}

int ctl_info(struct ctl *ctl)
{
    Fenqi__V1__GetInfo info;
    Fenqi__V1__Request request;
    fenqi__v1__get_info__init(&info);
    fenqi__v1__request__init(&request);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_INFO;
    request.get_info = &info;
    return storefront_ask(ctl, &request);
}
