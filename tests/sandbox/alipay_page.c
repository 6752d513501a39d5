/* SPDX-License-Identifier: Apache-2.0 */
/* alipay.trade.page.pay: the browser's way from a signed link to the cashier, and back to the shop.
 */
#include <string.h>

#include "tests/sandbox/alipay_model.h"

static const char *page_words(const char *sub_code)
{
    if (strcmp(sub_code, "ACQ.CONTEXT_INCONSISTENT") == 0)
        return "交易信息被篡改";
    return strcmp(sub_code, "ACQ.TRADE_HAS_CLOSE") == 0 ? "交易已关闭" : "交易已被支付";
}

/* A trade that exists already takes the same order again while it is unpaid. */
static bool page_fits_trade(struct alipay *alipay, struct alipay_call *call,
                            const struct alipay_order *order)
{
    const struct alipay_trade *trade = alipay_trade_find(alipay, order->out_trade_no);
    const char *refusal = NULL;
    if (trade == NULL)
        return true;
    if (trade->state == ALIPAY_TRADE_CLOSED)
        refusal = "ACQ.TRADE_HAS_CLOSE";
    else if (trade->state != ALIPAY_WAIT_BUYER_PAY)
        refusal = "ACQ.TRADE_HAS_SUCCESS";
    else if (!alipay_order_same(trade->order, order))
        refusal = "ACQ.CONTEXT_INCONSISTENT";
    if (refusal != NULL)
        alipay_call_fail(call, "40004", refusal, page_words(refusal));
    return refusal == NULL;
}

void alipay_page_pay(struct alipay *alipay, struct alipay_call *call)
{
    struct alipay_order order;
    if (!alipay_order_read(alipay, call, &order))
        return;
    if (strcmp(alipay_biz_text(call->biz, "product_code"), "FAST_INSTANT_TRADE_PAY") != 0) {
        alipay_call_fail(call, "40004", "ACQ.INVALID_PARAMETER", "参数无效：product_code");
        return;
    }
    if (!page_fits_trade(alipay, call, &order))
        return;
    struct alipay_page *page = text_alloc(sizeof(*page));
    alipay_digits(alipay, page->token, 32);
    page->order = order;
    /* The order's texts live in these two, which move into the page. */
    page->request = call->form;
    page->biz = call->biz;
    call->form = (struct form){ 0 };
    call->biz = NULL;
    alipay_page_add(alipay, page);
    TEXT_CLEANUP location = { 0 };
    text_printf(&location, "/cashier?token=%s", page->token);
    call->location = text_take(&location);
}

char *alipay_return_link(const struct alipay *alipay, const struct alipay_trade *trade,
                         const char *return_url)
{
    char text[BEIJING_SIZE];
    FORM_CLEANUP form = { 0 };
    if (return_url[0] == '\0')
        return text_copy("");
    form_set(&form, "charset", "utf-8");
    form_set(&form, "out_trade_no", trade->order->out_trade_no);
    form_set(&form, "method", "alipay.trade.page.pay.return");
    form_set(&form, "total_amount", yuan_format(trade->order->total_cents, text));
    form_set(&form, "trade_no", trade->trade_no);
    form_set(&form, "auth_app_id", alipay->config.app_id);
    form_set(&form, "version", "1.0");
    form_set(&form, "app_id", alipay->config.app_id);
    form_set(&form, "sign_type", "RSA2");
    form_set(&form, "seller_id", alipay->config.seller_id);
    form_set(&form, "timestamp", beijing_format(alipay->now_unix_ms, text));
    STRING_CLEANUP built = form_to_sign(&form, false);
    STRING_CLEANUP sign = key_sign(alipay->config.alipay_private, KEY_RSA2, built, strlen(built));
    form_set(&form, "sign", sign);
    STRING_CLEANUP query = form_encode(&form, 1);
    struct text link = { 0 };
    text_printf(&link, "%s%c%s", return_url, strchr(return_url, '?') != NULL ? '&' : '?', query);
    return text_take(&link);
}
