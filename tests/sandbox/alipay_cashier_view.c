/* SPDX-License-Identifier: Apache-2.0 */
/* The cashier: what the buyer sees, on a phone and on a desk. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_cashier.h"

static const char VIEW_STYLE[] =
    "*{box-sizing:border-box}"
    "body{margin:0;background:#eef1f5;color:#1f2329;font:16px/1.6 system-ui,-apple-system,"
    "\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif}"
    "header{background:#0b5cd5;color:#fff}"
    "header p{max-width:60rem;margin:0 auto;padding:.7rem 1rem;display:flex;"
    "justify-content:space-between;align-items:center;font-size:1.1rem;font-weight:600}"
    "header small{font-size:.8rem;font-weight:400;border:1px solid #fff;border-radius:1rem;"
    "padding:.05rem .6rem}"
    "main{max-width:60rem;margin:0 auto;padding:1rem;display:grid;gap:1rem;align-items:start}"
    "main.alone{max-width:32rem}"
    "@media(min-width:48rem){main{grid-template-columns:21rem 1fr;gap:1.5rem;padding:2rem 1rem}"
    "main.alone{grid-template-columns:1fr}}"
    "section{background:#fff;border-radius:12px;padding:1.25rem;min-width:0}"
    "h1{font-size:1.25rem;line-height:1.4;margin:0 0 1rem}h2{font-size:1rem;margin:0 0 .25rem}"
    "[lang=en]{font-size:.85em;font-weight:400;color:#56606e}"
    ".amount{font-size:2.1rem;line-height:1.2;font-weight:600;margin:.1rem 0 .75rem}"
    ".amount small{font-size:1.2rem}"
    "dl{margin:0;display:grid;grid-template-columns:auto 1fr;gap:.3rem 1rem;font-size:.9rem}"
    "dt{color:#56606e}dd{margin:0;text-align:right;overflow-wrap:anywhere}"
    ".note{color:#56606e;font-size:.875rem;margin:.25rem 0}"
    ".message{background:#fff4e0;color:#6b3d00;border-left:4px solid #c56a00;border-radius:4px;"
    "padding:.6rem .9rem;margin:0 0 1rem}"
    "ol.steps{list-style:none;display:flex;gap:.5rem;margin:0 0 1.25rem;padding:0;"
    "font-size:.85rem;color:#56606e}"
    "ol.steps li{flex:1;border-top:4px solid #c9d1dc;padding-top:.35rem}"
    "ol.steps li.done{border-color:#0b5cd5}"
    "ol.steps li[aria-current]{border-color:#0b5cd5;color:#0b5cd5;font-weight:600}"
    ".field{display:block;font-weight:600;margin:.25rem 0}"
    "input[type=text],input[type=password]{width:100%;min-height:3rem;padding:.5rem .8rem;"
    "font:inherit;color:inherit;border:1px solid #7a8594;border-radius:8px;background:#fff}"
    "button,a.button{display:block;width:100%;min-height:3rem;margin:.75rem 0 0;padding:.65rem "
    "1rem;"
    "font:inherit;text-align:center;text-decoration:none;border:1px solid #0b5cd5;"
    "border-radius:8px;background:#fff;color:#0b5cd5;cursor:pointer}"
    "button.main,a.main{background:#0b5cd5;color:#fff;font-weight:600}"
    "button.main:hover,a.main:hover{background:#084aad}"
    "button.plain{border-color:#7a8594;color:#3d4652}"
    "a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible"
    "{outline:3px solid #ffb020;outline-offset:2px}"
    "fieldset{border:0;margin:0 0 1rem;padding:0;min-width:0}"
    "legend{padding:0;font-weight:600;margin-bottom:.4rem}"
    ".choice{border:1px solid #c9d1dc;border-radius:8px;margin:.5rem 0;padding:0 .9rem}"
    ".choice:focus-within,.choice:hover{border-color:#0b5cd5}"
    ".choice label{display:flex;gap:.75rem;align-items:center;min-height:3rem;padding:.6rem 0;"
    "cursor:pointer}"
    ".choice input{width:1.25rem;height:1.25rem;margin:0;flex:none;accent-color:#0b5cd5}"
    ".choice b{flex:1}.choice.off label{color:#56606e;cursor:not-allowed}"
    ".choice .note{margin:-.35rem 0 .6rem 2rem}.choice details{margin:0 0 .75rem}"
    "summary{margin-left:2rem;color:#0b5cd5;font-size:.875rem;min-height:2rem;cursor:pointer}"
    "table{width:100%;border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}"
    "th,td{padding:.3rem .25rem;text-align:right;border-bottom:1px solid #e3e7ed;font-weight:400}"
    "th:first-child{text-align:left;white-space:nowrap}thead th{color:#56606e}tfoot th,tfoot "
    "td{font-weight:600}"
    ".or{display:flex;align-items:center;gap:.75rem;color:#56606e;font-size:.875rem;margin:1.25rem "
    "0 0}"
    ".or::before,.or::after{content:\"\";flex:1;border-top:1px solid #c9d1dc}"
    ".sign{width:3.5rem;height:3.5rem;border-radius:50%;display:grid;place-items:center;"
    "margin:0 auto .75rem;color:#fff;font-size:1.8rem;background:#56606e}"
    ".sign.good{background:#0a7d3c}.center{text-align:center}.aside{margin-top:1.25rem;"
    "padding-top:.5rem;border-top:1px dashed #c9d1dc}";

static void view_head(struct text *html, const char *title, const char *main_class)
{
    text_printf(html,
                "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                "<title>%s - 收银台（沙箱）</title><style>%s</style></head><body>"
                "<header><p><span>收银台</span>"
                "<small>沙箱 Sandbox · 不涉及真实资金</small></p></header><main%s>",
                title, VIEW_STYLE, main_class);
}

static void view_finish(struct text *html, unsigned status, struct sandbox_response *ret)
{
    text_add(html, "</section></main></body></html>\n");
    ret->status = status;
    ret->content_type = "text/html;charset=utf-8";
    ret->body_size = html->size;
    ret->body = text_take(html);
}

void cashier_show_error(const char *sub_code, const char *words, unsigned status,
                        struct sandbox_response *ret)
{
    TEXT_CLEANUP html = { 0 };
    view_head(&html, "无法继续支付", " class=\"alone\"");
    text_add(&html, "<section class=\"center\"><div class=\"sign\" aria-hidden=\"true\">!</div>"
                    "<h1>无法继续支付 <span lang=\"en\">Cannot continue</span></h1>"
                    "<p role=\"alert\">");
    text_add_html(&html, words);
    text_add(&html, "</p><p class=\"note\">错误代码 <code id=\"sub_code\">");
    text_add_html(&html, sub_code);
    text_add(&html, "</code></p>");
    view_finish(&html, status, ret);
}

static void view_term(struct text *html, const char *term, const char *value)
{
    if (value[0] == '\0')
        return;
    text_printf(html, "<dt>%s</dt><dd>", term);
    text_add_html(html, value);
    text_add(html, "</dd>");
}

/* What is bought, and until when: beside the steps on a desk, above them on a phone. */
static void view_order(struct text *html, const struct alipay_page *page, bool with_deadline)
{
    char text[BEIJING_SIZE];
    text_printf(html,
                "<section aria-labelledby=\"order\"><h2 id=\"order\">订单信息 "
                "<span lang=\"en\">Your order</span></h2>"
                "<p class=\"amount\"><small>¥</small>%s</p><dl>",
                yuan_format(page->order.total_cents, text));
    view_term(html, "商品", page->order.subject);
    view_term(html, "收款方", "沙箱商家");
    view_term(html, "订单号", page->order.out_trade_no);
    if (with_deadline)
        view_term(html, "请在此前付款", beijing_format(page->order.expires_unix_ms, text));
    text_add(html, "</dl></section><section>");
}

static void view_steps(struct text *html, size_t current)
{
    static const char *const STEPS[] = { "登录", "身份验证", "确认付款" };
    text_add(html, "<ol class=\"steps\" aria-label=\"付款步骤\">");
    for (size_t i = 0; i < 3; i++)
        text_printf(html, "<li%s>%zu %s</li>",
                    i < current    ? " class=\"done\""
                    : i == current ? " aria-current=\"step\""
                                   : "",
                    i + 1, STEPS[i]);
    text_add(html, "</ol>");
}

static void view_message(struct text *html, struct alipay_page *page)
{
    if (page->message != NULL)
        text_printf(html, "<p class=\"message\" role=\"alert\">%s</p>", page->message);
    page->message = NULL;
}

static void view_form(struct text *html, const struct alipay_page *page, const char *action)
{
    text_printf(html,
                "<form method=\"post\" action=\"/cashier\">"
                "<input type=\"hidden\" name=\"token\" value=\"%s\">"
                "<input type=\"hidden\" name=\"action\" value=\"%s\">",
                page->token, action);
}

static void view_leave(struct text *html, const struct alipay_page *page)
{
    view_form(html, page, "leave");
    text_add(html, "<button class=\"plain\">离开，暂不付款</button></form>");
}

static void view_login(struct text *html, struct alipay_page *page)
{
    view_steps(html, 0);
    text_add(html, "<h1>登录后付款 <span lang=\"en\">Log in</span></h1>");
    view_message(html, page);
    view_form(html, page, "login");
    text_add(html, "<label class=\"field\" for=\"account\">手机号或邮箱</label>"
                   "<input type=\"text\" id=\"account\" name=\"account\" "
                   "value=\"buyer@sandbox.com\" autocomplete=\"username\" "
                   "aria-describedby=\"account-note\" required>"
                   "<p class=\"note\" id=\"account-note\">沙箱中任意账号均可登录</p>"
                   "<button class=\"main\">登录并查看订单</button></form>");
    view_leave(html, page);
}

static void view_identity(struct text *html, struct alipay_page *page)
{
    view_steps(html, 1);
    text_add(html, "<h1>验证身份 <span lang=\"en\">Confirm that it is you</span></h1>");
    view_message(html, page);
    view_form(html, page, "verify");
    text_add(html,
             "<label class=\"field\" for=\"password\">支付密码</label>"
             "<input type=\"password\" id=\"password\" name=\"password\" "
             "inputmode=\"numeric\" autocomplete=\"off\" "
             "aria-describedby=\"password-note\" required>"
             "<p class=\"note\" id=\"password-note\">6 位数字；沙箱支付密码为 " ALIPAY_PASSWORD
             "</p><button class=\"main\">验证密码</button></form>"
             "<p class=\"or\">或</p>");
    view_form(html, page, "verify");
    text_add(html, "<button name=\"method\" value=\"face\">刷脸验证 "
                   "<span lang=\"en\">Face</span></button></form>"
                   "<p class=\"note\">沙箱中点击即为刷脸通过</p>");
    view_leave(html, page);
    text_add(html, "<div class=\"aside\"><p class=\"note\">仅供测试</p>");
    view_form(html, page, "verify");
    text_add(html, "<button class=\"plain\" name=\"method\" value=\"face_failed\">"
                   "模拟：刷脸未通过</button></form></div>");
}

static void view_schedule_row(struct text *html, const char *tag, const char *name,
                              int64_t principal, int64_t fee)
{
    char text[YUAN_SIZE];
    text_printf(html, "<tr><th scope=\"row\">%s</th>", name);
    text_printf(html, "<%s>%s</%s>", tag, yuan_format(principal, text), tag);
    text_printf(html, "<%s>%s</%s>", tag, yuan_format(fee, text), tag);
    text_printf(html, "<%s>%s</%s></tr>", tag, yuan_format(principal + fee, text), tag);
}

static void view_schedule(struct text *html, const struct huabei_plan *plan, bool open)
{
    text_printf(html,
                "<details%s><summary>每期本金与手续费（元）</summary><table><thead><tr>"
                "<th scope=\"col\">期数</th><th scope=\"col\">本金</th>"
                "<th scope=\"col\">手续费</th><th scope=\"col\">应还</th>"
                "</tr></thead><tbody>",
                open ? " open" : "");
    for (unsigned i = 0; i < plan->n_instalments; i++) {
        TEXT_CLEANUP name = { 0 };
        text_printf(&name, "第 %u 期", i + 1);
        view_schedule_row(html, "td", name.bytes,
                          i == 0 ? plan->first_principal : plan->each_principal,
                          i == 0 ? plan->first_fee : plan->each_fee);
    }
    text_add(html, "</tbody><tfoot>");
    view_schedule_row(html, "td", "合计", plan->principal, plan->fee);
    text_add(html, "</tfoot></table></details>");
}

static void view_plan(struct text *html, const struct alipay_order *order, unsigned n_instalments)
{
    char first[YUAN_SIZE];
    char each[YUAN_SIZE];
    char fee[YUAN_SIZE];
    bool seller_pays = strcmp(order->hb_fq_seller_percent, "100") == 0;
    struct huabei_plan plan = huabei_plan(order->total_cents, n_instalments, seller_pays);
    text_printf(html, "<p class=\"note\">首期 ¥%s，其余每期 ¥%s，手续费共 ¥%s%s</p>",
                yuan_format(plan.first_principal + plan.first_fee, first),
                yuan_format(plan.each_principal + plan.each_fee, each), yuan_format(plan.fee, fee),
                seller_pays ? "（由商家承担）" : "");
    view_schedule(html, &plan, order->hb_fq_num[0] != '\0');
}

/* One way to pay; returns whether it can be chosen. */
static bool view_choice(const struct alipay *alipay, struct text *html,
                        const struct alipay_order *order, size_t index, bool checked)
{
    char yuan[YUAN_SIZE];
    const struct cashier_channel *channel = &CASHIER_CHANNELS[index];
    bool affords = cashier_affords(alipay, order, channel);
    text_printf(html,
                "<div class=\"choice%s\"><label><input type=\"radio\" name=\"channel\" "
                "value=\"%zu\"%s required><b>%s</b></label>",
                affords ? "" : " off", index,
                !affords  ? " disabled"
                : checked ? " checked"
                          : "",
                channel->label);
    if (!affords)
        text_printf(html, "<p class=\"note\">花呗可用额度 ¥%s，额度不足</p>",
                    yuan_format(alipay->settings.credit_cents, yuan));
    else if (channel->instalments > 0)
        view_plan(html, order, channel->instalments);
    text_add(html, "</div>");
    return affords;
}

/* The channels by instalments, or the others, perhaps the first one checked; returns whether one
 * can be chosen. */
static bool view_choices(const struct alipay *alipay, struct text *html,
                         const struct alipay_order *order, bool by_instalments, bool checked)
{
    bool any = false;
    bool choosable = false;
    for (size_t i = 0; i < CASHIER_CHANNELS_N; i++) {
        if ((CASHIER_CHANNELS[i].instalments > 0) != by_instalments ||
            !cashier_offers(order, &CASHIER_CHANNELS[i]))
            continue;
        if (!any)
            text_printf(html, "<fieldset><legend>%s</legend>",
                        by_instalments ? "花呗分期 <span lang=\"en\">Huabei instalments</span>"
                                       : "其他付款方式 <span lang=\"en\">Other ways to pay</span>");
        any = true;
        choosable = view_choice(alipay, html, order, i, checked && !choosable) || choosable;
    }
    text_add(html, any ? "</fieldset>" : "");
    return choosable;
}

static void view_confirm(struct alipay *alipay, struct text *html, struct alipay_page *page)
{
    view_steps(html, 2);
    text_add(html, "<h1>选择付款方式 <span lang=\"en\">Choose how to pay</span></h1>");
    view_message(html, page);
    view_form(html, page, "pay");
    bool instalments = view_choices(alipay, html, &page->order, true, true);
    bool others = view_choices(alipay, html, &page->order, false, false);
    if (instalments || others)
        text_add(html, "<button class=\"main\">确认付款</button></form>");
    else
        text_add(html, "</form><p class=\"message\" role=\"alert\">花呗额度不足，"
                       "商家未开通其他付款方式</p>");
    view_leave(html, page);
    text_add(html, "<div class=\"aside\"><p class=\"note\">仅供测试</p>");
    view_form(html, page, "decline");
    text_add(html, "<button class=\"plain\">模拟：花呗额度不足</button></form></div>");
}

static void view_left(struct text *html, struct alipay_page *page)
{
    text_add(html, "<h1>您有一笔未付款的订单 <span lang=\"en\">Not paid yet</span></h1>"
                   "<p role=\"status\">订单已为您保留，到期前可随时回到本页继续付款。</p>");
    view_form(html, page, "resume");
    text_add(html, "<button class=\"main\">继续付款</button></form>");
}

static void view_end(struct text *html, const char *sign, const char *title, const char *words)
{
    text_printf(html,
                "<div class=\"center\"><div class=\"sign%s\" aria-hidden=\"true\">%s</div>"
                "<h1%s>%s</h1><p role=\"status\">%s</p></div>",
                sign[0] == '!' ? "" : " good", sign, sign[0] == '!' ? "" : " id=\"paid\"", title,
                words);
}

static const char *view_channel_label(const struct alipay_trade *trade)
{
    for (size_t i = 0; i < CASHIER_CHANNELS_N; i++) {
        if (strcmp(CASHIER_CHANNELS[i].name, trade->channel) == 0 &&
            CASHIER_CHANNELS[i].instalments == trade->instalments)
            return CASHIER_CHANNELS[i].label;
    }
    return trade->channel;
}

static void view_paid(struct alipay *alipay, struct text *html, const struct alipay_page *page)
{
    char text[BEIJING_SIZE];
    const struct alipay_trade *trade = page->number->trade;
    STRING_CLEANUP link = alipay_return_link(alipay, trade, page);
    view_end(html, "✓", "付款成功 <span lang=\"en\">Paid</span>", "此订单已付款，无需再次付款");
    text_add(html, "<dl>");
    view_term(html, "付款方式", view_channel_label(trade));
    view_term(html, "付款时间", beijing_format(trade->paid_unix_ms, text));
    view_term(html, "交易号", trade->trade_no);
    text_add(html, "</dl>");
    if (link[0] != '\0') {
        text_add(html, "<a class=\"button main\" href=\"");
        text_add_html(html, link);
        text_add(html, "\">返回商家</a>");
    } else {
        text_add(html, "<p class=\"note center\">请回到商家查看订单</p>");
    }
}

static void view_over(struct text *html, const struct alipay_trade *trade, const char *sub_code)
{
    if (trade != NULL && trade->paid_unix_ms != 0)
        view_end(html, "!", "订单已全额退款 <span lang=\"en\">Refunded</span>", "款项已按原路退回");
    else if (trade != NULL)
        view_end(html, "!", "订单已关闭 <span lang=\"en\">Closed</span>",
                 "未在规定时间内付款，或商家已取消。未扣款，请返回商家重新下单");
    else
        view_end(html, "!", "订单已过期 <span lang=\"en\">Expired</span>",
                 "付款时间已过。未扣款，请返回商家重新下单");
    text_printf(html, "<p class=\"note center\">错误代码 <code id=\"sub_code\">%s</code></p>",
                sub_code);
}

static bool view_is_expired(const struct alipay *alipay, const struct alipay_page *page)
{
    int64_t until = page->order.expires_unix_ms;
    if (page->product->face_to_face && page->order.code_expires_unix_ms < until)
        until = page->order.code_expires_unix_ms;
    return page->number->trade == NULL && until <= alipay->now_unix_ms;
}

void cashier_show(struct alipay *alipay, struct alipay_page *page, struct sandbox_response *ret)
{
    TEXT_CLEANUP html = { 0 };
    const struct alipay_trade *trade = page->number->trade;
    bool expired = view_is_expired(alipay, page);
    bool closed = trade != NULL && trade->state == ALIPAY_TRADE_CLOSED;
    bool paid = trade != NULL && !closed && trade->state != ALIPAY_WAIT_BUYER_PAY;
    view_head(&html, paid ? "付款成功" : closed || expired ? "订单已失效" : "付款", "");
    view_order(&html, page, !paid && !closed && !expired);
    if (paid)
        view_paid(alipay, &html, page);
    else if (closed || expired)
        view_over(&html, trade,
                  closed ? "ACQ.TRADE_HAS_CLOSE" : "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR");
    else if (page->step == ALIPAY_STEP_LEFT)
        view_left(&html, page);
    else if (trade == NULL || page->step == ALIPAY_STEP_LOGIN)
        view_login(&html, page);
    else if (page->step == ALIPAY_STEP_IDENTITY)
        view_identity(&html, page);
    else
        view_confirm(alipay, &html, page);
    view_finish(&html, 200, ret);
}
