/* SPDX-License-Identifier: Apache-2.0 */
/* The cashier in the buyer's browser: login, identity, plan, payment; plain forms, no script. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

static const char CASHIER_HEAD[] =
    "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<title>收银台（沙箱） Sandbox cashier</title><style>"
    "body{margin:0;background:#f2f4f7;color:#1f2329;font:16px/1.6 system-ui,sans-serif}"
    "main{max-width:26rem;margin:0 auto;padding:1.5rem 1rem}"
    "section{background:#fff;border-radius:8px;padding:1rem 1.25rem;margin:1rem 0}"
    "h1{font-size:1.15rem;margin:0}h2{font-size:1rem;margin:0 0 .5rem}"
    ".amount{font-size:2rem;font-weight:600}.note{color:#667085;font-size:.85rem}"
    ".message{background:#fff4e5;border-left:4px solid #d97706;padding:.5rem 1rem}"
    "label{display:block;margin:.5rem 0}input[type=text],input[type=password]{width:100%;"
    "box-sizing:border-box;padding:.6rem;font:inherit;border:1px solid #98a2b3;border-radius:6px}"
    "button,a.button{display:block;width:100%;box-sizing:border-box;margin:.6rem 0;padding:.7rem;"
    "font:inherit;text-align:center;text-decoration:none;border:1px solid #1260d4;"
    "border-radius:6px;background:#fff;color:#1260d4}"
    "button.main,a.main{background:#1260d4;color:#fff}</style></head><body><main>"
    "<h1>收银台 <span class=\"note\">沙箱 Sandbox，不涉及真实资金</span></h1>";

struct cashier_channel {
    const char *name;
    unsigned instalments;
    const char *label;
};

/* With terms in the order the cashier offers that term alone. */
static const struct cashier_channel CHANNELS[] = {
    { ALIPAY_INSTALMENT, 3, "花呗分期 3 期" },
    { ALIPAY_INSTALMENT, 6, "花呗分期 6 期" },
    { ALIPAY_INSTALMENT, 12, "花呗分期 12 期" },
    { "pcredit", 0, "花呗（下月还）" },
    { "balance", 0, "账户余额" },
    { "debitCardExpress", 0, "储蓄卡快捷支付" },
};

enum { CHANNELS_N = sizeof(CHANNELS) / sizeof(CHANNELS[0]) };

static bool cashier_offers(const struct alipay_order *order, const struct cashier_channel *channel)
{
    if (!alipay_order_allows(order, channel->name))
        return false;
    return channel->instalments == 0 || order->hb_fq_num[0] == '\0' ||
           strtoul(order->hb_fq_num, NULL, 10) == channel->instalments;
}

static void cashier_finish(struct text *html, unsigned status, struct sandbox_response *ret)
{
    text_add(html, "</main></body></html>\n");
    ret->status = status;
    ret->content_type = "text/html;charset=utf-8";
    ret->body_size = html->size;
    ret->body = text_take(html);
}

static void cashier_error(const char *sub_code, unsigned status, struct sandbox_response *ret)
{
    TEXT_CLEANUP html = { 0 };
    text_add(&html, CASHIER_HEAD);
    text_add(&html, "<section><h2>无法继续支付</h2><p>错误代码 <code id=\"sub_code\">");
    text_add_html(&html, sub_code);
    text_add(&html, "</code></section>");
    cashier_finish(&html, status, ret);
}

static void cashier_order(struct text *html, const struct alipay_page *page)
{
    char yuan[YUAN_SIZE];
    text_add(html, "<section><div>");
    text_add_html(html, page->order.subject);
    text_printf(html, "</div><div class=\"amount\">¥%s</div><div class=\"note\">订单号 ",
                yuan_format(page->order.total_cents, yuan));
    text_add_html(html, page->order.out_trade_no);
    text_add(html, "</div></section>");
}

static void cashier_form_start(struct text *html, const struct alipay_page *page,
                               const char *action)
{
    text_printf(html,
                "<form method=\"post\" action=\"/cashier\">"
                "<input type=\"hidden\" name=\"token\" value=\"%s\">"
                "<input type=\"hidden\" name=\"action\" value=\"%s\">",
                page->token, action);
}

static void cashier_login(struct text *html, const struct alipay_page *page)
{
    text_add(html, "<section><h2>第 1 步 登录 <span class=\"note\">Log in</span></h2>");
    cashier_form_start(html, page, "login");
    text_add(html, "<label>账号 <input type=\"text\" name=\"account\" "
                   "value=\"buyer@sandbox.com\" autocomplete=\"off\" required></label>"
                   "<button class=\"main\">登录并查看订单</button></form></section>");
}

static void cashier_identity(struct text *html, const struct alipay_page *page)
{
    text_add(html, "<section><h2>第 2 步 身份验证 <span class=\"note\">Identity</span></h2>");
    cashier_form_start(html, page, "verify");
    text_add(html, "<label>支付密码 <input type=\"password\" name=\"password\" "
                   "inputmode=\"numeric\" autocomplete=\"off\" required></label>"
                   "<p class=\"note\">沙箱支付密码为 " ALIPAY_PASSWORD "</p>"
                   "<button class=\"main\">验证</button></form></section>");
}

static void cashier_plan(struct text *html, const struct alipay_order *order, unsigned instalments)
{
    char first[YUAN_SIZE];
    char each[YUAN_SIZE];
    char fee_text[YUAN_SIZE];
    bool seller_pays = strcmp(order->hb_fq_seller_percent, "100") == 0;
    int64_t n = instalments;
    int64_t fee = seller_pays ? 0 : huabei_fee(order->total_cents, instalments, false);
    int64_t regular = order->total_cents / n + fee / n;
    text_printf(html, "<div class=\"note\">首期 ¥%s，其余每期 ¥%s，手续费共 ¥%s%s</div>",
                yuan_format(order->total_cents + fee - regular * (n - 1), first),
                yuan_format(regular, each), yuan_format(fee, fee_text),
                seller_pays ? "（商家承担）" : "");
}

static void cashier_confirm(struct text *html, const struct alipay_page *page)
{
    bool first = true;
    text_add(html, "<section><h2>第 3 步 确认付款 <span class=\"note\">Confirm</span></h2>");
    cashier_form_start(html, page, "pay");
    for (size_t i = 0; i < CHANNELS_N; i++) {
        if (!cashier_offers(&page->order, &CHANNELS[i]))
            continue;
        text_printf(html, "<label><input type=\"radio\" name=\"channel\" value=\"%zu\"%s> %s", i,
                    first ? " checked" : "", CHANNELS[i].label);
        if (CHANNELS[i].instalments > 0)
            cashier_plan(html, &page->order, CHANNELS[i].instalments);
        text_add(html, "</label>");
        first = false;
    }
    text_add(html, "<button class=\"main\">确认付款</button></form>");
    cashier_form_start(html, page, "decline");
    text_add(html, "<button>模拟：花呗额度不足</button></form>");
    cashier_form_start(html, page, "leave");
    text_add(html, "<button>离开，暂不付款</button></form></section>");
}

static void cashier_done(struct alipay *alipay, struct text *html, const struct alipay_page *page,
                         const struct alipay_trade *trade)
{
    STRING_CLEANUP link = alipay_return_link(alipay, trade, page->order.return_url);
    text_add(html, "<section><h2 id=\"paid\">付款成功</h2>");
    if (trade->instalments > 0)
        text_printf(html, "<p>花呗分期 %u 期</p>", trade->instalments);
    if (link[0] != '\0') {
        text_add(html, "<a class=\"button main\" href=\"");
        text_add_html(html, link);
        text_add(html, "\">返回商家</a>");
    }
    text_add(html, "</section>");
}

static void cashier_show(struct alipay *alipay, struct alipay_page *page,
                         struct sandbox_response *ret)
{
    TEXT_CLEANUP html = { 0 };
    const struct alipay_trade *trade = alipay_trade_find(alipay, page->order.out_trade_no);
    text_add(&html, CASHIER_HEAD);
    cashier_order(&html, page);
    if (page->message != NULL)
        text_printf(&html, "<p class=\"message\" role=\"status\">%s</p>", page->message);
    page->message = NULL;
    if (trade != NULL && trade->state == ALIPAY_TRADE_CLOSED) {
        cashier_error("ACQ.TRADE_HAS_CLOSE", 200, ret);
        return;
    }
    if (trade != NULL && trade->state != ALIPAY_WAIT_BUYER_PAY)
        cashier_done(alipay, &html, page, trade);
    else if (trade == NULL || page->step == ALIPAY_STEP_LOGIN)
        cashier_login(&html, page);
    else if (page->step == ALIPAY_STEP_IDENTITY)
        cashier_identity(&html, page);
    else
        cashier_confirm(&html, page);
    cashier_finish(&html, 200, ret);
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

static void cashier_pay(struct alipay *alipay, struct alipay_page *page, const struct form *form,
                        struct sandbox_response *ret)
{
    const char *chosen = form_get(form, "channel");
    size_t index = chosen != NULL ? strtoul(chosen, NULL, 10) : CHANNELS_N;
    struct alipay_trade *trade = alipay_trade_find(alipay, page->order.out_trade_no);
    if (trade == NULL || page->step != ALIPAY_STEP_CONFIRM) {
        cashier_again(page, ret);
        return;
    }
    if (index >= CHANNELS_N || !cashier_offers(&page->order, &CHANNELS[index])) {
        cashier_error("ACQ.NOT_SUPPORT_PAYMENT_INST", 200, ret);
        return;
    }
    const char *refusal =
        alipay_buyer_pay(alipay, trade, CHANNELS[index].name, CHANNELS[index].instalments, false);
    if (refusal != NULL) {
        cashier_error(refusal, 200, ret);
        return;
    }
    STRING_CLEANUP link = alipay_return_link(alipay, trade, page->order.return_url);
    if (link[0] != '\0')
        cashier_redirect(302, link, ret);
    else
        cashier_again(page, ret);
}

static void cashier_step(struct alipay *alipay, struct alipay_page *page, const struct form *form,
                         struct sandbox_response *ret)
{
    const char *action = form_get(form, "action");
    const char *password = form_get(form, "password");
    struct alipay_trade *trade = alipay_trade_find(alipay, page->order.out_trade_no);
    const char *refusal = NULL;
    if (action == NULL)
        action = "";
    if (strcmp(action, "pay") == 0) {
        cashier_pay(alipay, page, form, ret);
        return;
    }
    if (strcmp(action, "login") == 0) {
        refusal = alipay_buyer_open(alipay, page);
        if (refusal == NULL)
            page->step = ALIPAY_STEP_IDENTITY;
    } else if (strcmp(action, "verify") == 0 && page->step == ALIPAY_STEP_IDENTITY) {
        if (password != NULL && strcmp(password, ALIPAY_PASSWORD) == 0)
            page->step = ALIPAY_STEP_CONFIRM;
        else
            page->message = "支付密码不正确，请重试";
    } else if (strcmp(action, "decline") == 0 && trade != NULL) {
        trade->n_declines++;
        page->message = "花呗额度不足，请更换付款方式或稍后再试";
    } else if (strcmp(action, "leave") == 0) {
        page->message = "订单尚未付款，到期前可随时回到本页继续";
    }
    if (refusal != NULL)
        cashier_error(refusal, 200, ret);
    else
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
        cashier_error("ACQ.TRADE_NOT_EXIST", 404, ret);
    else if (is_post)
        cashier_step(alipay, page, &form, ret);
    else
        cashier_show(alipay, page, ret);
}
