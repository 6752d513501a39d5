/* SPDX-License-Identifier: Apache-2.0 */
/* The cashier: what the buyer does there, from login to payment; plain forms, no script. */
#include "tests/sandbox/alipay_cashier.h"

#include <stdlib.h>
#include <string.h>

enum { CASHIER_PASSWORDS_MAX = 3 };

const struct cashier_channel CASHIER_CHANNELS[CASHIER_CHANNELS_N] = {
    { ALIPAY_INSTALMENT, 3, "花呗分期 3 期" },
    { ALIPAY_INSTALMENT, 6, "花呗分期 6 期" },
    { ALIPAY_INSTALMENT, 12, "花呗分期 12 期" },
    { "pcredit", 0, "花呗（下月还）" },
    { "balance", 0, "账户余额" },
    { "debitCardExpress", 0, "储蓄卡快捷支付" },
};

bool cashier_offers(const struct alipay_order *order, const struct cashier_channel *channel)
{
    if (!alipay_order_allows(order, channel->name))
        return false;
    return channel->instalments == 0 || order->hb_fq_num[0] == '\0' ||
           strtoul(order->hb_fq_num, NULL, 10) == channel->instalments;
}

bool cashier_affords(const struct alipay *alipay, const struct alipay_order *order,
                     const struct cashier_channel *channel)
{
    return strncmp(channel->name, "pcredit", 7) != 0 ||
           order->total_cents <= alipay->settings.credit_cents;
}

/* After a form was posted the browser fetches the page anew, so that a reload posts nothing. */
static void cashier_redirect(unsigned status, const char *location, struct sandbox_response *ret)
{
    ret->status = status;
    ret->content_type = "text/html;charset=utf-8";
    ret->location = text_copy(location);
    ret->body = text_copy("");
}

static void cashier_again(const struct alipay_page *page, struct sandbox_response *ret)
{
    TEXT_CLEANUP location = { 0 };
    text_printf(&location, "/cashier?token=%s", page->token);
    cashier_redirect(303, location.bytes, ret);
}

static void cashier_login(struct alipay *alipay, struct alipay_page *page,
                          struct sandbox_response *ret)
{
    const char *refusal = alipay_buyer_open(alipay, page);
    if (refusal == NULL)
        page->step = ALIPAY_STEP_IDENTITY;
    if (refusal != NULL && page->number->trade == NULL)
        refusal = NULL; /* the page itself says that its time is over */
    if (refusal != NULL && strcmp(refusal, "ACQ.CONTEXT_INCONSISTENT") == 0)
        cashier_show_error(refusal, "此订单号已用于另一笔订单，请返回商家重新下单", 200, ret);
    else
        cashier_again(page, ret);
}

static void cashier_verify(struct alipay_page *page, const struct form *form)
{
    const char *method = form_get(form, "method");
    const char *password = form_get(form, "password");
    if (page->step != ALIPAY_STEP_IDENTITY)
        return;
    if (method != NULL && strcmp(method, "face") == 0) {
        page->step = ALIPAY_STEP_CONFIRM;
    } else if (method != NULL && strcmp(method, "face_failed") == 0) {
        page->message = "刷脸未通过，请重试或改用支付密码";
    } else if (page->n_wrong_passwords >= CASHIER_PASSWORDS_MAX) {
        page->message = "支付密码已锁定，请改用刷脸验证";
    } else if (password != NULL && strcmp(password, ALIPAY_PASSWORD) == 0) {
        page->step = ALIPAY_STEP_CONFIRM;
        page->n_wrong_passwords = 0;
    } else if (++page->n_wrong_passwords == CASHIER_PASSWORDS_MAX) {
        page->message = "支付密码不正确次数过多，已锁定，请改用刷脸验证";
    } else {
        page->message = "支付密码不正确，请重试";
    }
}

static void cashier_decline(struct alipay_page *page)
{
    page->number->trade->n_declines++;
    page->message = "花呗额度不足，请更换付款方式或稍后再试";
}

static void cashier_pay(struct alipay *alipay, struct alipay_page *page, const struct form *form,
                        struct sandbox_response *ret)
{
    const char *chosen = form_get(form, "channel");
    size_t index = chosen != NULL ? strtoul(chosen, NULL, 10) : CASHIER_CHANNELS_N;
    struct alipay_trade *trade = page->number->trade;
    if (trade == NULL || trade->state != ALIPAY_WAIT_BUYER_PAY ||
        page->step != ALIPAY_STEP_CONFIRM) {
        cashier_again(page, ret);
        return;
    }
    if (index >= CASHIER_CHANNELS_N || !cashier_offers(&page->order, &CASHIER_CHANNELS[index])) {
        cashier_show_error("ACQ.NOT_SUPPORT_PAYMENT_INST", "此订单不支持所选的付款方式", 200, ret);
        return;
    }
    const struct cashier_channel *channel = &CASHIER_CHANNELS[index];
    if (!cashier_affords(alipay, &page->order, channel)) {
        cashier_decline(page);
        cashier_again(page, ret);
        return;
    }
    const char *refusal =
        alipay_buyer_pay(alipay, trade, channel->name, channel->instalments, false);
    if (refusal != NULL) {
        cashier_show_error(refusal, "付款未成功", 200, ret);
        return;
    }
    STRING_CLEANUP link = alipay_return_link(alipay, trade, page);
    if (link[0] != '\0')
        cashier_redirect(302, link, ret);
    else
        cashier_again(page, ret);
}

/* The order stays; a mobile buyer goes where the shop wants him. */
static void cashier_leave(struct alipay_page *page, struct sandbox_response *ret)
{
    page->step = ALIPAY_STEP_LEFT;
    if (page->order.quit_url[0] != '\0')
        cashier_redirect(302, page->order.quit_url, ret);
    else
        cashier_again(page, ret);
}

static void cashier_act(struct alipay *alipay, struct alipay_page *page, const struct form *form,
                        struct sandbox_response *ret)
{
    const char *posted = form_get(form, "action");
    const char *action = posted != NULL ? posted : "";
    if (strcmp(action, "login") == 0) {
        cashier_login(alipay, page, ret);
        return;
    }
    if (strcmp(action, "pay") == 0) {
        cashier_pay(alipay, page, form, ret);
        return;
    }
    if (strcmp(action, "leave") == 0) {
        cashier_leave(page, ret);
        return;
    }
    if (strcmp(action, "verify") == 0)
        cashier_verify(page, form);
    else if (strcmp(action, "decline") == 0 && page->number->trade != NULL)
        cashier_decline(page);
    else if (strcmp(action, "resume") == 0 && page->step == ALIPAY_STEP_LEFT)
        page->step = page->number->trade != NULL ? ALIPAY_STEP_IDENTITY : ALIPAY_STEP_LOGIN;
    cashier_again(page, ret);
}

void alipay_cashier(struct alipay *alipay, const struct sandbox_request *request,
                    struct sandbox_response *ret)
{
    FORM_CLEANUP form = { 0 };
    bool is_post = strcmp(request->method, "POST") == 0;
    bool decoded = form_decode(&form, request->query, strlen(request->query)) &&
                   (!is_post || form_decode(&form, request->body, request->body_size));
    const char *token = form_get(&form, "token");
    struct alipay_page *page =
        decoded && token != NULL ? alipay_page_by_token(alipay, token) : NULL;
    if (page == NULL)
        cashier_show_error("ACQ.TRADE_NOT_EXIST", "找不到这笔订单，请返回商家重新付款", 404, ret);
    else if (is_post)
        cashier_act(alipay, page, &form, ret);
    else
        cashier_show(alipay, page, ret);
}
