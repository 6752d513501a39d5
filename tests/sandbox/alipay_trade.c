/* SPDX-License-Identifier: Apache-2.0 */
/* Trades: how they come to be, are paid, close, and what time alone does to them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

const char *alipay_state_name(enum alipay_state state)
{
    switch (state) {
    case ALIPAY_WAIT_BUYER_PAY:
        return "WAIT_BUYER_PAY";
    case ALIPAY_TRADE_SUCCESS:
        return "TRADE_SUCCESS";
    case ALIPAY_TRADE_CLOSED:
        return "TRADE_CLOSED";
    case ALIPAY_TRADE_FINISHED:
        return "TRADE_FINISHED";
    }
    return "";
}

struct alipay_page *alipay_page_by_token(const struct alipay *alipay, const char *token)
{
    return index_find(&alipay->pages_by_token, token);
}

struct alipay_number *alipay_number_find(const struct alipay *alipay, const char *out_trade_no)
{
    return index_find(&alipay->numbers, out_trade_no);
}

struct alipay_page *alipay_page_by_order(const struct alipay *alipay, const char *out_trade_no)
{
    const struct alipay_number *number = alipay_number_find(alipay, out_trade_no);
    return number != NULL ? number->pages : NULL;
}

struct alipay_trade *alipay_trade_find(const struct alipay *alipay, const char *out_trade_no)
{
    const struct alipay_number *number = alipay_number_find(alipay, out_trade_no);
    return number != NULL ? number->trade : NULL;
}

void alipay_page_add(struct alipay *alipay, struct alipay_page *page)
{
    struct alipay_number *number = alipay_number_find(alipay, page->order.out_trade_no);
    if (number == NULL) {
        number = text_alloc(sizeof(*number));
        index_add(&alipay->numbers, page->order.out_trade_no, number);
    }
    page->number = number;
    page->older = number->pages;
    number->pages = page;
    page->next = alipay->pages;
    alipay->pages = page;
    index_add(&alipay->pages_by_token, page->token, page);
}

struct alipay_trade *alipay_trade_named(const struct alipay *alipay, struct alipay_call *call)
{
    const char *trade_no = alipay_biz_text(call->biz, "trade_no");
    const char *out_trade_no = alipay_biz_text(call->biz, "out_trade_no");
    if (trade_no[0] == '\0' && out_trade_no[0] == '\0') {
        alipay_call_fail(call, "40004", "ACQ.INVALID_PARAMETER",
                         "参数无效：out_trade_no、trade_no 不能同时为空");
        return NULL;
    }
    struct alipay_trade *trade = trade_no[0] != '\0' ? index_find(&alipay->trades_by_no, trade_no)
                                                     : alipay_trade_find(alipay, out_trade_no);
    if (trade == NULL)
        alipay_call_fail(call, "40004", "ACQ.TRADE_NOT_EXIST", "交易不存在");
    return trade;
}

const char *alipay_buyer_open(struct alipay *alipay, struct alipay_page *page)
{
    char digits[16];
    char day[BEIJING_SIZE];
    struct alipay_trade *trade = page->number->trade;
    if (trade != NULL) {
        if (!alipay_order_same(trade->order, &page->order))
            return "ACQ.CONTEXT_INCONSISTENT";
        return trade->state == ALIPAY_WAIT_BUYER_PAY ? NULL
               : trade->state == ALIPAY_TRADE_CLOSED ? "ACQ.TRADE_HAS_CLOSE"
                                                     : "ACQ.TRADE_HAS_SUCCESS";
    }
    if (page->order.expires_unix_ms <= alipay->now_unix_ms ||
        (page->product->face_to_face && page->order.code_expires_unix_ms <= alipay->now_unix_ms))
        return "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR";
    trade = text_alloc(sizeof(*trade));
    trade->page = page;
    trade->order = &page->order;
    trade->state = ALIPAY_WAIT_BUYER_PAY;
    trade->created_unix_ms = alipay->now_unix_ms;
    trade->expires_unix_ms = page->order.expires_unix_ms;
    beijing_format(alipay->now_unix_ms, day);
    alipay_digits(alipay, digits, 15);
    snprintf(trade->trade_no, sizeof(trade->trade_no), "%.4s%.2s%.2s22001%.15s", day, day + 5,
             day + 8, digits);
    trade->next = alipay->trades;
    alipay->trades = trade;
    trade->number = page->number;
    page->number->trade = trade;
    index_add(&alipay->trades_by_no, trade->trade_no, trade);
    due_add(&alipay->dues, trade->expires_unix_ms, trade, NULL);
    return NULL;
}

const char *alipay_buyer_pay(struct alipay *alipay, struct alipay_trade *trade, const char *channel,
                             unsigned instalments, bool even_if_closed)
{
    bool late = even_if_closed && trade->state == ALIPAY_TRADE_CLOSED && trade->paid_unix_ms == 0;
    if (trade->state == ALIPAY_TRADE_CLOSED && !late)
        return "ACQ.TRADE_HAS_CLOSE";
    if (trade->state != ALIPAY_WAIT_BUYER_PAY && !late)
        return "ACQ.TRADE_HAS_SUCCESS";
    if (strlen(channel) >= sizeof(trade->channel) || !alipay_order_allows(trade->order, channel))
        return "ACQ.NOT_SUPPORT_PAYMENT_INST";
    bool by_instalments = strcmp(channel, ALIPAY_INSTALMENT) == 0;
    if (by_instalments != (instalments > 0))
        return "ACQ.INVALID_PARAMETER";
    trade->state = ALIPAY_TRADE_SUCCESS;
    trade->paid_unix_ms = alipay->now_unix_ms;
    trade->closed_unix_ms = 0;
    trade->finishes_unix_ms =
        alipay->now_unix_ms + alipay_scaled(alipay, alipay->settings.refund_window_ms);
    trade->cancel_until_unix_ms =
        alipay->now_unix_ms + alipay_scaled(alipay, alipay->settings.cancel_window_ms);
    due_add(&alipay->dues, trade->finishes_unix_ms, trade, NULL);
    snprintf(trade->channel, sizeof(trade->channel), "%s", channel);
    trade->instalments = instalments;
    alipay_notify(alipay, trade, NULL);
    return NULL;
}

const char *alipay_trade_close(struct alipay *alipay, struct alipay_trade *trade)
{
    if (trade->state == ALIPAY_TRADE_CLOSED)
        return "ACQ.REASON_TRADE_STATUS_INVALID";
    if (trade->state != ALIPAY_WAIT_BUYER_PAY)
        return "ACQ.TRADE_STATUS_ERROR";
    trade->state = ALIPAY_TRADE_CLOSED;
    trade->closed_unix_ms = alipay->now_unix_ms;
    if (alipay->settings.notify_closed)
        alipay_notify(alipay, trade, NULL);
    return NULL;
}

/* Does the entry still say when something happens? A paid trade does not expire any more. */
static bool trade_due_holds(const struct due *due)
{
    const struct alipay_trade *trade = due->what;
    const struct alipay_refund *refund = due->part;
    if (refund != NULL)
        return refund->settled_unix_ms == 0 && refund->settles_unix_ms == due->at_unix_ms;
    return (trade->state == ALIPAY_WAIT_BUYER_PAY && trade->expires_unix_ms == due->at_unix_ms) ||
           (trade->state == ALIPAY_TRADE_SUCCESS && trade->finishes_unix_ms == due->at_unix_ms);
}

static void trade_due_happens(struct alipay *alipay, const struct due *due)
{
    struct alipay_trade *trade = due->what;
    struct alipay_refund *refund = due->part;
    if (refund != NULL) {
        alipay_refund_settle(alipay, trade, refund);
    } else if (trade->state == ALIPAY_WAIT_BUYER_PAY) {
        alipay_trade_close(alipay, trade);
    } else {
        trade->state = ALIPAY_TRADE_FINISHED;
        if (alipay->settings.notify_closed)
            alipay_notify(alipay, trade, NULL);
    }
}

/* The next entry that holds; what does not is forgotten. */
static const struct due *trade_due_next(struct alipay *alipay)
{
    const struct due *due = due_first(&alipay->dues);
    while (due != NULL && !trade_due_holds(due)) {
        due_remove_first(&alipay->dues);
        due = due_first(&alipay->dues);
    }
    return due;
}

void alipay_advance(struct alipay *alipay, int64_t now_unix_ms)
{
    const struct due *due;
    alipay->now_unix_ms = now_unix_ms;
    while ((due = trade_due_next(alipay)) != NULL && due->at_unix_ms <= now_unix_ms) {
        struct due happens = *due;
        due_remove_first(&alipay->dues);
        trade_due_happens(alipay, &happens);
    }
}

void alipay_age(struct alipay *alipay, int64_t by_ms)
{
    for (struct alipay_page *page = alipay->pages; page != NULL; page = page->next) {
        page->order.expires_unix_ms -= by_ms;
        page->order.code_expires_unix_ms -= by_ms;
    }
    for (struct alipay_bill *bill = alipay->bills; bill != NULL; bill = bill->next)
        bill->expires_unix_ms -= by_ms;
    for (struct alipay_trade *trade = alipay->trades; trade != NULL; trade = trade->next) {
        trade->expires_unix_ms -= by_ms;
        trade->finishes_unix_ms -= by_ms;
        trade->cancel_until_unix_ms -= by_ms;
        trade->last_refund_unix_ms -= by_ms;
        for (struct alipay_refund *refund = trade->refunds; refund != NULL; refund = refund->next)
            refund->settles_unix_ms -= by_ms;
    }
    for (struct alipay_notification *notification = alipay->notifications; notification != NULL;
         notification = notification->next)
        notification->due_unix_ms -= by_ms;
    due_shift(&alipay->dues, by_ms);
    due_shift(&alipay->notify_dues, by_ms);
    alipay_advance(alipay, alipay->now_unix_ms);
}

int64_t alipay_next_due(void *model)
{
    struct alipay *alipay = model;
    const struct due *due = trade_due_next(alipay);
    int64_t notify_unix_ms = alipay_notify_next_due(alipay);
    return due != NULL && due->at_unix_ms < notify_unix_ms ? due->at_unix_ms : notify_unix_ms;
}
