/* SPDX-License-Identifier: Apache-2.0 */
/* alipay.trade.close, and alipay.trade.cancel for face-to-face orders. */
#include <string.h>

#include "tests/sandbox/alipay_model.h"

void alipay_close(struct alipay *alipay, struct alipay_call *call)
{
    struct alipay_trade *trade = alipay_trade_named(alipay, call);
    if (trade == NULL)
        return;
    const char *refusal = alipay_trade_close(alipay, trade);
    if (refusal != NULL) {
        alipay_call_fail(call, "40004", refusal, "交易状态不合法");
        return;
    }
    alipay_call_set(call, "out_trade_no", trade->order->out_trade_no);
    alipay_call_set(call, "trade_no", trade->trade_no);
}

/* Gives back what is left of the payment. NULL, or the sub_code. */
static const char *cancel_refund(struct alipay *alipay, struct alipay_trade *trade)
{
    char number[32] = "cancel";
    struct alipay_refund *refund;
    int64_t left_cents = trade->order->total_cents - alipay_refunds_sum(trade, false);
    if (trade->cancel_until_unix_ms <= alipay->now_unix_ms)
        return "ACQ.TRADE_CANCEL_TIME_OUT";
    alipay_digits(alipay, number + strlen(number), 20);
    return left_cents > 0
               ? alipay_refund_add(alipay, trade, number, left_cents, "撤销", false, &refund)
               : NULL;
}

/* NULL, or the sub_code of what stands against it. Repeating it changes nothing. */
static const char *cancel_do(struct alipay *alipay, struct alipay_trade *trade)
{
    const char *refusal = NULL;
    if (!trade->page->product->face_to_face)
        return "ACQ.CANCEL_NOT_ALLOWED";
    if (trade->state == ALIPAY_TRADE_FINISHED)
        return "ACQ.TRADE_HAS_FINISHED";
    if (trade->cancelled || trade->state == ALIPAY_TRADE_CLOSED)
        return NULL;
    if (trade->state == ALIPAY_WAIT_BUYER_PAY)
        refusal = alipay_trade_close(alipay, trade);
    else
        refusal = cancel_refund(alipay, trade);
    trade->cancelled = refusal == NULL;
    return refusal;
}

void alipay_cancel(struct alipay *alipay, struct alipay_call *call)
{
    const char *out_trade_no = alipay_biz_text(call->biz, "out_trade_no");
    struct alipay_trade *trade = alipay_trade_named(alipay, call);
    if (trade == NULL) {
        /* Whether a trade that does not exist is refused is told in two ways: a switch. */
        if (strcmp(call->sub_code, "ACQ.TRADE_NOT_EXIST") != 0 ||
            strcmp(alipay->settings.cancel_unknown, "refused") == 0)
            return;
        alipay_call_succeed(call);
        alipay_call_set(call, "out_trade_no", out_trade_no);
        alipay_call_set(call, "retry_flag", "N");
        return;
    }
    const char *refusal = cancel_do(alipay, trade);
    if (refusal != NULL) {
        alipay_call_fail(call, "40004", refusal, "交易不能撤销");
        return;
    }
    bool refunded = trade->paid_unix_ms != 0;
    alipay_call_set(call, "action", refunded ? "refund" : "close");
    if (refunded && trade->refunds != NULL && trade->refunds->settled_unix_ms != 0)
        alipay_call_set_time(call, "gmt_refund_pay", trade->refunds->settled_unix_ms);
    alipay_call_set(call, "out_trade_no", trade->order->out_trade_no);
    alipay_call_set(call, "retry_flag", "N");
    alipay_call_set(call, "trade_no", trade->trade_no);
}
