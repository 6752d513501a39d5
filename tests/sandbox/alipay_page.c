/* SPDX-License-Identifier: Apache-2.0 */
/* alipay.trade.page.pay and wap.pay: the browser's way from a signed link to the cashier, and back
 * to the shop. */
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

bool alipay_page_read(struct alipay *alipay, struct alipay_call *call, struct alipay_order *ret)
{
    return alipay_order_read(alipay, call, ret) && page_fits_trade(alipay, call, ret);
}

struct alipay_page *alipay_page_make(struct alipay *alipay, struct alipay_call *call,
                                     const struct alipay_order *order)
{
    struct alipay_page *page = text_alloc(sizeof(*page));
    alipay_digits(alipay, page->token, 32);
    page->product = alipay_product_of(call->method->name);
    page->order = *order;
    /* The order's texts live in these two. */
    page->request = call->form;
    page->biz = call->biz;
    call->form = (struct form){ 0 };
    call->biz = NULL;
    call->page = page;
    alipay_page_add(alipay, page);
    return page;
}

void alipay_page_pay(struct alipay *alipay, struct alipay_call *call)
{
    struct alipay_order order;
    if (!alipay_page_read(alipay, call, &order))
        return;
    const struct alipay_page *page = alipay_page_make(alipay, call, &order);
    struct text location = { 0 };
    text_printf(&location, "/cashier?token=%s", page->token);
    call->location = text_take(&location);
}

char *alipay_return_link(const struct alipay *alipay, const struct alipay_trade *trade,
                         const struct alipay_page *page)
{
    char text[BEIJING_SIZE];
    FORM_CLEANUP form = { 0 };
    const char *return_url = page->order.return_url;
    if (return_url[0] == '\0' || page->product->return_method == NULL)
        return text_copy("");
    form_set(&form, "charset", "utf-8");
    form_set(&form, "out_trade_no", trade->order->out_trade_no);
    form_set(&form, "method", page->product->return_method);
    form_set(&form, "total_amount", yuan_format(trade->order->total_cents, text));
    form_set(&form, "trade_no", trade->trade_no);
    form_set(&form, "auth_app_id", alipay->config.app_id);
    form_set(&form, "version", "1.0");
    form_set(&form, "app_id", alipay->config.app_id);
    form_set(&form, "sign_type", "RSA2");
    form_set(&form, "seller_id", alipay->config.seller_id);
    form_set(&form, "timestamp", beijing_format(alipay->now_unix_ms, text));
    STRING_CLEANUP built = form_to_sign(&form, false);
    STRING_CLEANUP sign = key_sign(alipay_platform_key(alipay), KEY_RSA2, built, strlen(built));
    form_set(&form, "sign", sign);
    STRING_CLEANUP query = form_encode(&form, 1);
    struct text link = { 0 };
    text_printf(&link, "%s%c%s", return_url, strchr(return_url, '?') != NULL ? '&' : '?', query);
    return text_take(&link);
}
