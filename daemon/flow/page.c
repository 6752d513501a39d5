/* SPDX-License-Identifier: Apache-2.0 */
/* Pages for buyers: one sentence, one thing to do, Chinese first. No script is needed, none but the
 * one below is allowed. */
#include <string.h>

#include "daemon/core/disclosure.h"
#include "daemon/core/money.h"
#include "daemon/flow/parts.h"

#define PAGE_SIZE_MAX 65536

/* The only script: the page posts itself. Its hash stands in the policy; a test computes it anew.
 */
#define PAGE_SCRIPT      "document.forms[0].submit()"
#define PAGE_SCRIPT_HASH "sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE="

/* How it looks, in daylight and in the dark, on a phone first. Its hash stands there, too. */
/* clang-format off */
#define PAGE_STYLE \
    ":root{color-scheme:light dark;--back:#f4f5f7;--card:#fff;--text:#1b1c1e;" \
    "--soft:#5d6066;--line:#dfe1e5;--main:#0b62d6;--on:#fff}" \
    "@media(prefers-color-scheme:dark){:root{--back:#111214;--card:#1b1c1f;" \
    "--text:#ececea;--soft:#a6a9ae;--line:#34363b;--main:#7db8ff;--on:#0a1a2f}}" \
    "*{box-sizing:border-box}" \
    "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;" \
    "background:var(--back);color:var(--text);" \
    "font:16px/1.6 -apple-system,BlinkMacSystemFont,'HarmonyOS Sans SC'," \
    "'Noto Sans CJK SC','Microsoft YaHei','WenQuanYi Micro Hei',system-ui,sans-serif}" \
    "main{width:100%;max-width:27rem;padding:2rem 1.5rem;border-radius:16px;" \
    "background:var(--card);text-align:center;overflow-wrap:anywhere}" \
    "h1{font-size:1.5rem;line-height:1.3;font-weight:700;margin:0 0 .75rem}" \
    "p{margin:.5rem 0;text-wrap:pretty}" \
    "svg{width:3rem;fill:none;stroke:var(--main);stroke-width:3;stroke-linecap:round;" \
    "stroke-linejoin:round}" \
    "circle{stroke-width:2}" \
    ".shop,[lang=en]{color:var(--soft);font-size:.875rem}" \
    ".shop{margin:0 0 1rem}" \
    ".sum{font-size:2rem;line-height:1.3;font-weight:700;" \
    "font-variant-numeric:tabular-nums}" \
    "table{width:100%;margin:1.25rem 0;border-collapse:collapse;font-size:.9375rem;" \
    "font-variant-numeric:tabular-nums}" \
    "th,td{padding:.4rem .25rem;text-align:right;border-bottom:1px solid var(--line);" \
    "white-space:nowrap}" \
    "th{font-weight:400;font-size:.8125rem;vertical-align:top;white-space:normal}" \
    "th [lang=en]{display:block;font-size:.75rem}" \
    "th:first-child,td:first-child{text-align:left}" \
    "button,a.button{display:block;width:100%;min-height:3rem;margin-top:1.25rem;" \
    "padding:.7rem 1rem;border:1px solid var(--main);border-radius:999px;" \
    "background:var(--main);color:var(--on);font:inherit;font-weight:700;" \
    "text-decoration:none;cursor:pointer}" \
    "a.leave{margin-top:.75rem;background:none;color:var(--main)}" \
    "button:focus-visible,a.button:focus-visible{outline:3px solid var(--text);" \
    "outline-offset:2px}"

#define PAGE_STYLE_HASH "sha256-PHYRVUuYFKDASnQ4/xpdcj4d2QyBa2Gs2Y9TNtrot+4="
/* clang-format on */

/* form-action is left open for https: the answer to the form is a redirect to the platform, whose
 * own redirects a browser would check against it. */
#define PAGE_POLICY                                                                      \
    "default-src 'none'; style-src '" PAGE_STYLE_HASH "'; script-src '" PAGE_SCRIPT_HASH \
    "'; form-action 'self' https:; base-uri 'none'; frame-ancestors 'none'"

struct page_words {
    const char *title_zh, *text_zh, *button_zh;
    const char *title_en, *text_en, *button_en;
};

static const struct page_words words[] = {
    [FQ_PAGE_GO] = { "前往支付平台", "即将前往支付平台完成身份验证和付款。", "继续",
                     "Go to the payment platform",
                     "You will verify your identity and pay on the platform's own pages.",
                     "Continue" },
    [FQ_PAGE_FORM] = { "前往支付平台", "即将前往支付平台完成身份验证和付款。", "继续",
                       "Go to the payment platform",
                       "You will verify your identity and pay on the platform's own pages.",
                       "Continue" },
    [FQ_PAGE_EXPIRED] = { "支付链接已过期", "该订单未在有效时间内付款，请返回商城重新下单。",
                          "返回商城", "This link has expired",
                          "The order was not paid in time. Please return to the shop and order "
                          "again.",
                          "Return to the shop" },
    [FQ_PAGE_CLOSED] = { "订单已关闭", "该订单已关闭，不能再付款。如需购买，请返回商城重新下单。",
                         "返回商城", "This order is closed",
                         "Nothing further can be paid here. Please return to the shop.",
                         "Return to the shop" },
    [FQ_PAGE_WAITING] = { "正在确认付款结果",
                          "正在向支付平台确认结果，页面会自动刷新，请勿重复付款。", "刷新",
                          "Confirming your payment",
                          "We are asking the platform. This page reloads by itself; please do not "
                          "pay again.",
                          "Reload" },
    [FQ_PAGE_PAID] = { "付款成功", "您的付款已确认。", "返回商城", "Paid",
                       "Your payment is confirmed.", "Return to the shop" },
    [FQ_PAGE_UNKNOWN] = { "链接无效", "没有找到对应的订单，请检查链接或返回商城。", NULL,
                          "Unknown link", "There is no order behind this link.", NULL },
    [FQ_PAGE_TROUBLE] = { "请稍后再试", "系统暂时无法处理，订单未受影响，请稍后刷新页面。", NULL,
                          "Please try again in a moment",
                          "Nothing was changed. Please reload this page shortly.", NULL },
};

#define SIGN_OF(path)                                                                        \
    "<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\"><circle cx=\"24\" cy=\"24\" r=\"21\"/>" \
    "<path d=\"" path "\"/></svg>"

/* How things stand, at a glance: nothing while there is something to do. */
static const char *page_sign(enum fq_page page)
{
    switch (page) {
    case FQ_PAGE_GO:
    case FQ_PAGE_FORM:
        return "";
    case FQ_PAGE_PAID:
        return SIGN_OF("M14 25l7.5 7.5L35 17");
    case FQ_PAGE_WAITING:
        return SIGN_OF("M24 13v12l7 5");
    case FQ_PAGE_EXPIRED:
    case FQ_PAGE_CLOSED:
    case FQ_PAGE_UNKNOWN:
    case FQ_PAGE_TROUBLE:
    default:
        return SIGN_OF("M24 13v15M24 34v.5");
    }
}

static void page_add_head(struct fq_buf *buf, const struct page_words *word, bool reloads)
{
    fq_buf_add(buf, fq_lit("<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
                           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                           "<meta name=\"robots\" content=\"noindex\">"));
    if (reloads)
        fq_buf_add(buf, fq_lit("<meta http-equiv=\"refresh\" content=\"3\">"));
    fq_buf_printf(buf, "<title>%s · %s</title>", word->title_zh, word->title_en);
    fq_buf_add(buf, fq_lit("<style>" PAGE_STYLE "</style></head><body><main>"));
}

/* "6,999.00" */
static void page_add_grouped(struct fq_buf *buf, int64_t minor, uint32_t exponent)
{
    struct fq_str text = fq_money_text(minor, exponent, buf->arena);
    const char *point = memchr(text.ptr, '.', text.len);
    size_t n_whole = point != NULL ? (size_t)(point - text.ptr) : text.len;
    for (size_t i = 0; i < text.len; i++) {
        if (i > 0 && i < n_whole && (n_whole - i) % 3 == 0)
            fq_buf_add_char(buf, ',');
        fq_buf_add_char(buf, text.ptr[i]);
    }
}

/* "¥6,999.00", as buyers know it; another currency goes by its code. */
static void page_add_money(struct fq_buf *buf, int64_t minor, const struct fq_money *amount)
{
    bool is_yuan = strcmp(amount->currency, "CNY") == 0;
    fq_buf_add(buf, is_yuan ? fq_lit("¥") : fq_lit(""));
    page_add_grouped(buf, minor, amount->exponent);
    if (!is_yuan)
        fq_buf_printf(buf, " %s", amount->currency);
}

/* Which shop, what this page is about, and what is paid. */
static void page_add_payment(struct fq_buf *buf, enum fq_page page,
                             const struct fq_page_facts *facts)
{
    const struct fq_payment *payment = facts->payment;
    if (facts->merchant != NULL) {
        fq_buf_add(buf, fq_lit("<p class=\"shop\">"));
        fq_buf_add_html(buf, facts->merchant->name);
        fq_buf_add(buf, fq_lit("</p>"));
    }
    fq_buf_printf(buf, "%s<h1>%s</h1>", page_sign(page), words[page].title_zh);
    if (payment == NULL)
        return;
    fq_buf_add(buf, fq_lit("<p class=\"sum\">"));
    page_add_money(buf, payment->amount.minor, &payment->amount);
    fq_buf_add(buf, fq_lit("</p><p>"));
    fq_buf_add_html(buf, payment->subject);
    fq_buf_add(buf, fq_lit("</p><p>"));
    fq_buf_add_html(buf, facts->title_zh);
    if (payment->instalments > 0)
        fq_buf_printf(buf, " · %u 期 <span lang=\"en\">%u instalments</span>", payment->instalments,
                      payment->instalments);
    fq_buf_add(buf, fq_lit("</p>"));
}

static void page_add_cell(struct fq_buf *buf, const struct fq_quote *quote, int64_t minor)
{
    fq_buf_add(buf, fq_lit("<td>"));
    page_add_grouped(buf, minor, quote->amount.exponent);
    fq_buf_add(buf, fq_lit("</td>"));
}

/* Instalments that are alike stand in one row: "2-12". */
static void page_add_schedule(struct fq_buf *buf, const struct fq_quote *quote)
{
    for (uint32_t i = 0, end = 0; i < quote->instalments; i = end) {
        const struct fq_plan_line *line = &quote->lines[i];
        for (end = i + 1; end < quote->instalments; end++) {
            if (quote->lines[end].principal_minor != line->principal_minor ||
                quote->lines[end].fee_minor != line->fee_minor)
                break;
        }
        fq_buf_printf(buf, end > i + 1 ? "<tr><td>%u–%u</td>" : "<tr><td>%u</td>", i + 1, end);
        page_add_cell(buf, quote, line->principal_minor);
        page_add_cell(buf, quote, line->fee_minor);
        page_add_cell(buf, quote, line->principal_minor + line->fee_minor);
        fq_buf_add(buf, fq_lit("</tr>"));
    }
}

static void page_add_total(struct fq_buf *buf, const struct fq_quote *quote, const char *total,
                           const char *annual)
{
    fq_buf_add(buf, fq_str_of(total));
    page_add_money(buf, quote->buyer_total_minor, &quote->amount);
    if (quote->nominal_annual_bp > 0 || quote->buyer_fee_minor == 0) {
        fq_buf_add(buf, fq_str_of(annual));
        fq_percent_add_bp(buf, quote->nominal_annual_bp);
    }
}

/* What the buyer agreed to. */
static void page_add_plan(struct fq_buf *buf, const struct fq_page_facts *facts)
{
    struct fq_quote quote;
    if (facts->payment == NULL || fq_quote_decode(facts->payment->quote, buf->arena, &quote) != 0)
        return;
    bool is_free = quote.bearer == FQ_BEARER_MERCHANT;
    fq_buf_add(buf, fq_lit("<table><tr><th>期 <span lang=\"en\">no.</span></th>"
                           "<th>本金 <span lang=\"en\">principal</span></th><th>"));
    fq_buf_add_html(buf, facts->fee_word_zh);
    fq_buf_add(buf, fq_lit(" <span lang=\"en\">"));
    fq_buf_add_html(buf, facts->fee_word_en);
    fq_buf_add(buf, fq_lit("</span></th><th>每期应还 <span lang=\"en\">each</span></th></tr>"));
    page_add_schedule(buf, &quote);
    fq_buf_add(buf, fq_lit("</table><p>"));
    page_add_total(buf, &quote, "还款总额 ", "，综合年化成本（IRR）");
    fq_buf_add(buf, is_free ? fq_lit("，费用由商家承担") : fq_lit(""));
    fq_buf_add(buf, quote.indicative ? fq_lit("。实际期数与费用以支付平台页面为准。") : fq_lit(""));
    fq_buf_add(buf, fq_lit("</p><p lang=\"en\">"));
    page_add_total(buf, &quote, "In all ", ", annual rate (IRR) ");
    fq_buf_add(buf, is_free ? fq_lit(", the shop bears the cost") : fq_lit(""));
    fq_buf_add(buf, quote.indicative ? fq_lit(". The platform's own page decides the terms.")
                                     : fq_lit(""));
    fq_buf_add(buf, fq_lit("</p>"));
}

static void page_add_form(struct fq_buf *buf, const struct page_words *word,
                          const struct fq_message *form)
{
    fq_buf_add(buf, fq_lit("<form method=\"post\""));
    if (form != NULL) {
        fq_buf_add(buf, fq_lit(" action=\""));
        fq_buf_add_html(buf, form->url);
        fq_buf_add_char(buf, '"');
    }
    fq_buf_add_char(buf, '>');
    for (size_t i = 0; form != NULL && i < form->fields.n_items; i++) {
        fq_buf_add(buf, fq_lit("<input type=\"hidden\" name=\""));
        fq_buf_add_html(buf, form->fields.items[i].name);
        fq_buf_add(buf, fq_lit("\" value=\""));
        fq_buf_add_html(buf, form->fields.items[i].value);
        fq_buf_add(buf, fq_lit("\">"));
    }
    fq_buf_printf(buf, "<button>%s · %s</button></form><script>" PAGE_SCRIPT "</script>",
                  word->button_zh, word->button_en);
}

static void page_add_link(struct fq_buf *buf, const struct page_words *word, struct fq_str url)
{
    fq_buf_add(buf, fq_lit("<a class=\"button\" href=\""));
    fq_buf_add_html(buf, url);
    fq_buf_printf(buf, "\">%s · %s</a>", word->button_zh, word->button_en);
}

/* Nobody has to wait here: the shop hears of the result in any case. */
static void page_add_leave(struct fq_buf *buf, struct fq_str shop_url)
{
    const struct page_words *word = &words[FQ_PAGE_PAID];
    if (shop_url.len == 0)
        return;
    fq_buf_add(buf, fq_lit("<a class=\"button leave\" href=\""));
    fq_buf_add_html(buf, shop_url);
    fq_buf_printf(buf, "\">%s · %s</a>", word->button_zh, word->button_en);
}

void fq_page_fill(struct fq_visit *visit, uint32_t status, enum fq_page page,
                  const struct fq_page_facts *facts)
{
    const struct page_words *word = &words[page];
    struct fq_buf buf;
    fq_buf_init(&buf, visit->arena, PAGE_SIZE_MAX);
    page_add_head(&buf, word, page == FQ_PAGE_WAITING);
    page_add_payment(&buf, page, facts);
    if (page == FQ_PAGE_GO || page == FQ_PAGE_FORM)
        page_add_plan(&buf, facts);
    fq_buf_printf(&buf, "<p>%s</p><p lang=\"en\">%s</p>", word->text_zh, word->text_en);
    if (page == FQ_PAGE_GO || page == FQ_PAGE_FORM)
        page_add_form(&buf, word, facts->form);
    else if (page == FQ_PAGE_WAITING)
        page_add_link(&buf, word, fq_lit("?"));
    else if (word->button_zh != NULL && facts->shop_url.len > 0)
        page_add_link(&buf, word, facts->shop_url);
    if (page == FQ_PAGE_WAITING)
        page_add_leave(&buf, facts->shop_url);
    fq_buf_add(&buf, fq_lit("</main></body></html>\n"));
    visit->status = status;
    visit->answer_type = fq_lit("text/html; charset=utf-8");
    visit->content_security_policy = fq_lit(PAGE_POLICY);
    if (fq_buf_finish(&buf, &visit->answer_body) != 0) {
        visit->status = 500;
        visit->answer_body = fq_lit("<!doctype html><title>500</title>");
    }
}
