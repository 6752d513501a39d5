/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's cashier as the buyer sees it: plain values in, whole HTML documents out. */
#include "tests/sandbox/unionpay_page.h"

#include <string.h>
#include <strings.h>

#include "tests/sandbox/units.h"

static const char PAGE_STYLE[] =
    "*{box-sizing:border-box}"
    "body{margin:0;background:#f2f4f7;color:#1f2329;font:16px/1.6 system-ui,-apple-system,"
    "\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif}"
    "header{background:#fff;border-top:4px solid #c8102e;border-bottom:1px solid #d9dee5}"
    "header p{max-width:60rem;margin:0 auto;padding:.7rem 1rem;display:flex;gap:1rem;"
    "justify-content:space-between;align-items:center;font-size:1.1rem;font-weight:600}"
    "header b{color:#00508f}"
    "header small{font-size:.8rem;font-weight:400;color:#56606e;border:1px solid #9aa3ae;"
    "border-radius:1rem;padding:.05rem .6rem}"
    "main{max-width:60rem;margin:0 auto;padding:1rem;display:grid;gap:1rem;align-items:start}"
    "main.alone{max-width:32rem}"
    "@media(min-width:48rem){main{grid-template-columns:20rem 1fr;gap:1.5rem;padding:2rem 1rem}"
    "main.alone{grid-template-columns:1fr}}"
    "section{background:#fff;border-radius:8px;padding:1.25rem;min-width:0}"
    "h1{font-size:1.25rem;line-height:1.4;margin:0 0 1rem}h2{font-size:1rem;margin:0 0 .25rem}"
    "[lang=en]{display:block;font-size:.8rem;line-height:1.4;font-weight:400;color:#56606e}"
    ".amount{font-size:2.1rem;line-height:1.2;font-weight:600;color:#c8102e;margin:.1rem 0 .75rem;"
    "font-variant-numeric:tabular-nums}.amount small{font-size:1.2rem}"
    "dl{margin:0 0 1rem;display:grid;grid-template-columns:auto 1fr;gap:.3rem 1rem;"
    "font-size:.9rem}section>dl:last-child{margin-bottom:0}"
    "dt{color:#56606e}dd{margin:0;text-align:right;overflow-wrap:anywhere}"
    ".note{color:#56606e;font-size:.875rem;margin:.25rem 0;overflow-wrap:anywhere}"
    ".hint{background:#eaf3fa;color:#003c6b;border-radius:6px;padding:.5rem .8rem;margin:.5rem 0 "
    "1rem;"
    "font-size:.875rem;overflow-wrap:anywhere}"
    ".message{background:#fff1f0;color:#8a0c20;border-left:4px solid #c8102e;border-radius:4px;"
    "padding:.6rem .9rem;margin:0 0 1rem;overflow-wrap:anywhere}"
    "ol{list-style:none;display:flex;gap:.5rem;margin:0 0 1.25rem;padding:0;font-size:.85rem;"
    "color:#56606e}"
    "ol li{flex:1;border-top:4px solid #d0d6de;padding-top:.35rem}ol li.done{border-color:#00508f}"
    "ol li[aria-current]{border-color:#c8102e;color:#1f2329;font-weight:600}"
    ".field{display:block;font-weight:600;margin:0 0 .25rem}.row{margin:0 0 .9rem;min-width:0}"
    ".two{display:grid;grid-template-columns:1fr 1fr;gap:0 1rem;align-items:end}"
    "input:not([type=radio]):not([type=hidden]){width:100%;min-height:3rem;padding:.5rem .8rem;"
    "font:inherit;color:inherit;border:1px solid #7a8594;border-radius:6px;background:#fff}"
    "input::placeholder{color:#66707e;opacity:1}"
    "output{display:block;min-height:3rem;padding:.65rem .8rem;background:#f2f4f7;"
    "border-radius:6px;line-height:1.6;overflow-wrap:anywhere}"
    "button,a.button{display:block;width:100%;min-height:3rem;margin:.75rem 0 0;padding:.65rem "
    "1rem;font:inherit;text-align:center;text-decoration:none;border:1px solid #7a8594;"
    "border-radius:6px;background:#fff;color:#3d4652;cursor:pointer}"
    "button.main,a.button.main{background:#c8102e;border-color:#c8102e;color:#fff;font-weight:600}"
    "button.main:hover,a.button.main:hover{background:#a50d26}.main [lang=en]{color:#fff}"
    "a:focus-visible,button:focus-visible,input:focus-visible"
    "{outline:3px solid #1a7fd0;outline-offset:2px}"
    "fieldset{border:0;margin:0 0 1rem;padding:0;min-width:0}"
    "legend{padding:0;font-weight:600;margin-bottom:.4rem}"
    ".choice{display:grid;grid-template-columns:auto 1fr auto;gap:0 .75rem;align-items:center;"
    "border:1px solid #c9d1dc;border-radius:6px;margin:.5rem 0;padding:.7rem .9rem;"
    "cursor:pointer;font-variant-numeric:tabular-nums}"
    ".choice:focus-within,.choice:hover{border-color:#c8102e}"
    ".choice input{width:1.25rem;height:1.25rem;margin:0;accent-color:#c8102e}"
    ".choice .note{grid-column:2/-1;margin:0}"
    ".sign{width:3.5rem;height:3.5rem;border-radius:50%;display:grid;place-items:center;"
    "margin:0 auto .75rem;color:#fff;font-size:1.8rem;background:#56606e}"
    ".sign.good{background:#0a7d3c}.center{text-align:center}"
    ".aside{margin-top:1.25rem;padding-top:.5rem;border-top:1px dashed #c9d1dc}";

static const char *page_text(const char *raw)
{
    return raw != NULL ? raw : "";
}

static bool page_has(const char *raw)
{
    return page_text(raw)[0] != '\0';
}

/* Line ends as references: a browser would change the bare ones. */
static void page_add(struct text *html, const char *raw)
{
    char one[2] = { 0 };
    for (raw = page_text(raw); *raw != '\0'; raw++) {
        one[0] = *raw;
        if (*raw == '\r' || *raw == '\n')
            text_printf(html, "&#%d;", *raw);
        else
            text_add_html(html, one);
    }
}

/* All but the first and last characters become stars; all of them where there are not more. */
static void page_add_masked(struct text *html, const char *raw, size_t n_first, size_t n_last)
{
    TEXT_CLEANUP masked = { 0 };
    size_t n_characters = 0;
    size_t index = 0;
    for (const char *at = page_text(raw); *at != '\0'; at++)
        n_characters += ((unsigned char)*at & 0xc0) != 0x80;
    bool any = n_characters > n_first + n_last;
    bool shown = false;
    for (const char *at = page_text(raw); *at != '\0'; at++) {
        if (((unsigned char)*at & 0xc0) != 0x80) {
            shown = any && (index < n_first || index + n_last >= n_characters);
            index++;
            text_add(&masked, shown ? "" : "*");
        }
        if (shown)
            text_add_bytes(&masked, at, 1);
    }
    page_add(html, masked.bytes);
}

static void page_add_card(struct text *html, const char *card_number)
{
    page_add_masked(html, card_number, 6, 4);
}

static void page_head(struct text *html, const char *title, bool alone)
{
    text_printf(html,
                "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
                "style-src 'unsafe-inline';base-uri 'none'\">"
                "<title>%s - 银联在线支付（沙箱）</title><style>%s</style></head><body>"
                "<header><p><b>银联在线支付 <span lang=\"en\">UnionPay Online Payment</span></b>"
                "<small>沙箱 Sandbox · 不涉及真实资金</small></p></header><main%s>",
                title, PAGE_STYLE, alone ? " class=\"alone\"" : "");
}

static void page_end(struct text *html)
{
    text_add(html, "</section></main></body></html>\n");
}

static void page_term(struct text *html, const char *term, const char *value)
{
    if (!page_has(value))
        return;
    text_printf(html, "<dt>%s</dt><dd>", term);
    page_add(html, value);
    text_add(html, "</dd>");
}

static void page_card_term(struct text *html, const char *card_number)
{
    if (!page_has(card_number))
        return;
    text_add(html, "<dt>银行卡</dt><dd>");
    page_add_card(html, card_number);
    text_add(html, "</dd>");
}

/* What is bought, and until when: beside the steps on a desk, above them on a phone. */
static void page_order(struct text *html, const struct unionpay_page_order *order, bool open)
{
    char text[BEIJING_SIZE];
    text_printf(html,
                "<section aria-labelledby=\"order\"><h2 id=\"order\">订单信息 "
                "<span lang=\"en\">Your order</span></h2>"
                "<p class=\"amount\"><small>¥</small>%s</p><dl>",
                yuan_format(order->amount_fen, text));
    page_term(html, "商户名称", order->merchant_name);
    page_term(html, "订单编号", order->order_id);
    page_term(html, "商品描述", order->description);
    if (open && order->until_unix_ms != 0)
        page_term(html, "请在此前付款", beijing_format(order->until_unix_ms, text));
    text_add(html, "</dl></section><section>");
}

static void page_steps(struct text *html, const struct unionpay_page_order *order, size_t current)
{
    static const char *const STEPS[] = { "填写卡信息", "选择分期", "短信验证" };
    size_t n_shown = 0;
    text_add(html, "<ol aria-label=\"付款步骤\">");
    for (size_t i = 0; i < 3; i++) {
        if (i == 1 && !order->by_instalments)
            continue;
        text_printf(html, "<li%s>%zu %s</li>",
                    i < current    ? " class=\"done\""
                    : i == current ? " aria-current=\"step\""
                                   : "",
                    ++n_shown, STEPS[i]);
    }
    text_add(html, "</ol>");
}

static void page_title(struct text *html, const char *chinese, const char *english,
                       const char *message)
{
    text_printf(html, "<h1>%s <span lang=\"en\">%s</span></h1>", chinese, english);
    if (!page_has(message))
        return;
    text_add(html, "<p class=\"message\" role=\"alert\">");
    page_add(html, message);
    text_add(html, "</p>");
}

static void page_hint(struct text *html, const char *label, const char *hint)
{
    if (!page_has(hint))
        return;
    text_printf(html, "<p class=\"hint\">%s", label);
    page_add(html, hint);
    text_add(html, "</p>");
}

static void page_form(struct text *html, const struct unionpay_page_order *order, const char *what)
{
    text_add(html, "<form method=\"post\" action=\"");
    page_add(html, order->action);
    text_add(html, "\"><input type=\"hidden\" name=\"token\" value=\"");
    page_add(html, order->token);
    text_printf(html, "\"><input type=\"hidden\" name=\"do\" value=\"%s\">", what);
}

static void page_next(struct text *html, const char *chinese, const char *english)
{
    text_printf(html,
                "<button class=\"main\">%s <span lang=\"en\">%s</span></button>"
                "</form>",
                chinese, english);
}

static void page_one_button(struct text *html, const struct unionpay_page_order *order,
                            const char *what, const char *label)
{
    page_form(html, order, what);
    text_printf(html, "<button>%s</button></form>", label);
}

static void page_ways_out(struct text *html, const struct unionpay_page_order *order)
{
    page_one_button(html, order, "cancel", "取消付款 <span lang=\"en\">Cancel</span>");
    text_add(html, "<div class=\"aside\"><p class=\"note\">仅供测试 Test only</p>");
    page_one_button(html, order, "decline", "模拟：发卡银行拒绝");
    text_add(html, "</div>");
}

/* A field of the card's form. */
struct page_input {
    const char *name;
    const char *label;
    const char *english;
    const char *attributes;
    size_t n_first; /* characters of a known value that are shown */
    size_t n_last;
};

static const struct page_input PAGE_CARD_NUMBER = {
    "card_number",
    "银行卡号",
    "Card number",
    "type=\"text\" inputmode=\"numeric\" autocomplete=\"cc-number\" maxlength=\"23\" "
    "pattern=\"[0-9 ]{13,23}\" title=\"13 至 19 位数字\"",
    6,
    4
};
static const struct page_input PAGE_NAME = {
    "customer_name",
    "持卡人姓名",
    "Cardholder",
    "type=\"text\" autocomplete=\"cc-name\" maxlength=\"60\"",
    1,
    0
};
static const struct page_input PAGE_DOCUMENT = {
    "document_number",
    "证件号码",
    "ID document number",
    "type=\"text\" autocomplete=\"off\" maxlength=\"32\"",
    1,
    1
};
static const struct page_input PAGE_PHONE = {
    "phone",
    "银行预留手机号",
    "Phone number kept by the bank",
    "type=\"tel\" inputmode=\"numeric\" autocomplete=\"tel-national\" maxlength=\"11\" "
    "pattern=\"1[0-9]{10}\" title=\"11 位手机号\"",
    3,
    4
};
static const struct page_input PAGE_EXPIRY = {
    "expiry",
    "有效期（月/年）",
    "Expiry (MM/YY)",
    "type=\"text\" inputmode=\"numeric\" placeholder=\"MM/YY\" autocomplete=\"cc-exp\" "
    "maxlength=\"5\" "
    "pattern=\"(0[1-9]|1[0-2])/?[0-9]{2}\" title=\"月/年，例如 11/30\"",
    0,
    0
};
static const struct page_input PAGE_CVN2 = {
    "cvn2",
    "卡背面末三位",
    "CVN2",
    "type=\"password\" inputmode=\"numeric\" autocomplete=\"cc-csc\" maxlength=\"3\" "
    "pattern=\"[0-9]{3}\" title=\"3 位数字\"",
    0,
    0
};

static void page_input(struct text *html, const struct page_input *input,
                       const struct unionpay_page_known *known, bool required)
{
    bool is_known = page_has(known->value);
    bool locked = is_known && known->locked;
    text_printf(html, "<div class=\"row\"><%s class=\"field\"%s%s%s>%s <span lang=\"en\">%s</span>",
                locked ? "span" : "label", locked ? "" : " for=\"", locked ? "" : input->name,
                locked ? "" : "\"", input->label, input->english);
    if (locked) {
        text_printf(html, "</span><output id=\"%s\">", input->name);
        page_add_masked(html, known->value, input->n_first, input->n_last);
        text_add(html, "</output></div>");
        return;
    }
    text_printf(html, "</label><input id=\"%s\" name=\"%s\" %s", input->name, input->name,
                input->attributes);
    if (is_known) {
        text_add(html, " placeholder=\"");
        page_add_masked(html, known->value, input->n_first, input->n_last);
        text_printf(html,
                    "\" aria-describedby=\"%s-note\"><p class=\"note\" id=\"%s-note\">"
                    "留空则使用已有信息</p></div>",
                    input->name, input->name);
    } else {
        text_add(html, required ? " required></div>" : "></div>");
    }
}

void unionpay_page_card(struct text *html, const struct unionpay_page_order *order,
                        const struct unionpay_page_card *card)
{
    static const struct unionpay_page_known NEVER = { 0 };
    page_head(html, "填写卡信息", false);
    page_order(html, order, true);
    page_steps(html, order, 0);
    page_title(html, "填写银行卡信息", "Enter your card", order->message);
    page_hint(html, "测试卡 Test card：", card->test_hint);
    page_form(html, order, "card");
    page_input(html, &PAGE_CARD_NUMBER, &card->card_number, true);
    page_input(html, &PAGE_NAME, &card->customer_name, true);
    page_input(html, &PAGE_DOCUMENT, &card->document_number, true);
    page_input(html, &PAGE_PHONE, &card->phone, true);
    text_add(html, "<div class=\"two\">");
    page_input(html, &PAGE_EXPIRY, &NEVER, order->by_instalments);
    page_input(html, &PAGE_CVN2, &NEVER, order->by_instalments);
    text_printf(html, "</div><p class=\"note\">%s</p>",
                order->by_instalments ? "分期付款仅支持信用卡，有效期与末三位必填"
                                      : "信用卡请填写有效期与末三位，借记卡无需填写");
    page_next(html, "下一步", "Next");
    page_ways_out(html, order);
    page_end(html);
}

static void page_add_term_name(struct text *html, unsigned n_instalments)
{
    if (n_instalments == 0)
        text_add(html, "一次付清 <span lang=\"en\">All at once</span>");
    else
        text_printf(html, "%u 期 <span lang=\"en\">%u instalments</span>", n_instalments,
                    n_instalments);
}

static void page_choice(struct text *html, const struct unionpay_page_term *term, bool checked)
{
    char first[YUAN_SIZE];
    char each[YUAN_SIZE];
    char surcharge[YUAN_SIZE];
    yuan_format(term->first_fen, first);
    yuan_format(term->each_fen, each);
    yuan_format(term->surcharge_fen, surcharge);
    text_printf(html,
                "<label class=\"choice\"><input type=\"radio\" name=\"instalments\" "
                "value=\"%02u\"%s required><b>",
                term->n_instalments, checked ? " checked" : "");
    page_add_term_name(html, term->n_instalments);
    if (term->n_instalments == 0)
        text_printf(html, "</b><span>¥%s</span>", first);
    else
        text_printf(html,
                    "</b><span>每期 ¥%s</span><span class=\"note\">首期 ¥%s，手续费共 ¥%s"
                    "<span lang=\"en\">First ¥%s, then ¥%s each; fee ¥%s in all</span></span>",
                    each, first, surcharge, first, each, surcharge);
    text_add(html, "</label>");
}

void unionpay_page_terms(struct text *html, const struct unionpay_page_order *order,
                         const struct unionpay_page_terms *terms)
{
    size_t chosen = 0;
    for (size_t i = 0; i < terms->n_terms; i++) {
        if (terms->terms[i].n_instalments == terms->chosen)
            chosen = i;
    }
    page_head(html, "选择分期", false);
    page_order(html, order, true);
    page_steps(html, order, 1);
    page_title(html, "选择分期期数", "Choose the instalments", order->message);
    text_add(html, "<dl>");
    page_term(html, "发卡银行", terms->bank_name);
    page_card_term(html, terms->card_number);
    text_add(html, "</dl>");
    if (terms->n_terms > 0) {
        page_form(html, order, "terms");
        text_add(html, "<fieldset><legend>分期方案 <span lang=\"en\">Plans</span></legend>");
        for (size_t i = 0; i < terms->n_terms; i++)
            page_choice(html, &terms->terms[i], i == chosen);
        text_add(html, "</fieldset>");
        page_next(html, "下一步", "Next");
    } else {
        text_add(html, "<p class=\"message\" role=\"alert\">此卡或此金额不支持分期付款 "
                       "<span lang=\"en\">No instalments for this card or amount</span></p>");
    }
    page_ways_out(html, order);
    page_end(html);
}

/* What is about to be paid, once more. */
static void page_code_terms(struct text *html, const struct unionpay_page_code *code)
{
    char yuan[YUAN_SIZE];
    text_add(html, "<dl>");
    page_card_term(html, code->card_number);
    if (code->term != NULL) {
        text_add(html, "<dt>付款方式</dt><dd>");
        page_add_term_name(html, code->term->n_instalments);
        text_add(html, "</dd>");
        if (code->term->n_instalments > 0) {
            text_printf(html, "<dt>首期</dt><dd>¥%s</dd>",
                        yuan_format(code->term->first_fen, yuan));
            text_printf(html, "<dt>其余每期</dt><dd>¥%s</dd>",
                        yuan_format(code->term->each_fen, yuan));
            text_printf(html, "<dt>手续费</dt><dd>¥%s</dd>",
                        yuan_format(code->term->surcharge_fen, yuan));
        }
    }
    text_add(html, "</dl>");
}

void unionpay_page_code(struct text *html, const struct unionpay_page_order *order,
                        const struct unionpay_page_code *code)
{
    page_head(html, "短信验证", false);
    page_order(html, order, true);
    page_steps(html, order, 2);
    page_title(html, "输入短信验证码", "Enter the code from the message", order->message);
    page_code_terms(html, code);
    text_add(html, "<p class=\"note\">验证码已发送至银行预留手机号 ");
    page_add_masked(html, code->phone, 3, 4);
    text_add(html, "</p>");
    page_hint(html, "沙箱验证码 Test code：", code->test_hint);
    page_form(html, order, "code");
    text_add(html, "<div class=\"row\"><label class=\"field\" for=\"sms_code\">短信验证码 "
                   "<span lang=\"en\">One-time code</span></label>"
                   "<input id=\"sms_code\" name=\"sms_code\" type=\"text\" inputmode=\"numeric\" "
                   "autocomplete=\"one-time-code\" maxlength=\"6\" pattern=\"[0-9]{6}\" "
                   "title=\"6 位数字\" required></div>");
    page_next(html, "确认付款", "Pay");
    page_one_button(html, order, "resend",
                    "重新发送验证码 <span lang=\"en\">Send another code</span>");
    if (order->by_instalments)
        page_one_button(html, order, "terms_again",
                        "重新选择分期 <span lang=\"en\">Choose other terms</span>");
    page_ways_out(html, order);
    page_end(html);
}

static void page_return(struct text *html, const struct unionpay_page_result *result)
{
    static const char LABEL[] = "返回商户 <span lang=\"en\">Return to the merchant</span>";
    const char *url = page_text(result->return_url);
    if (strncasecmp(url, "https://", 8) != 0 && strncasecmp(url, "http://", 7) != 0) {
        text_add(html, "<p class=\"note center\">请回到商户查看订单 "
                       "<span lang=\"en\">Please look at your order there</span></p>");
        return;
    }
    if (result->n_fields == 0) {
        text_printf(html, "<a class=\"button%s\" id=\"return\" href=\"",
                    result->may_retry ? "" : " main");
        page_add(html, url);
        text_printf(html, "\">%s</a>", LABEL);
        return;
    }
    text_add(html, "<form method=\"post\" id=\"return\" action=\"");
    page_add(html, url);
    text_add(html, "\">");
    for (size_t i = 0; i < result->n_fields; i++) {
        text_add(html, "<input type=\"hidden\" name=\"");
        page_add(html, result->fields[i].name);
        text_add(html, "\" value=\"");
        page_add(html, result->fields[i].value);
        text_add(html, "\">");
    }
    text_printf(html, "<button%s>%s</button></form>", result->may_retry ? "" : " class=\"main\"",
                LABEL);
}

struct page_end_words {
    const char *sign;
    const char *id;
    const char *chinese;
    const char *english;
    const char *words;
};

static const struct page_end_words PAGE_ENDS[] = {
    [UNIONPAY_PAGE_PAID] = { "✓", "paid", "付款成功", "Paid", "此订单已付款，无需再次付款" },
    [UNIONPAY_PAGE_FAILED] = { "!", "failed", "付款失败", "Payment failed",
                               "请返回商户查看订单，或重新付款" },
    [UNIONPAY_PAGE_TIMED_OUT] = { "!", "timed_out", "订单已超时", "Timed out",
                                  "付款时间已过，请返回商户重新下单" },
    [UNIONPAY_PAGE_PROCESSING] = { "…", "processing", "正在处理", "Processing",
                                   "发卡银行正在处理，请勿重复付款" },
    [UNIONPAY_PAGE_LEFT] = { "!", "left", "尚未付款", "Not paid yet",
                             "订单已为您保留，到期前可随时继续付款" },
};

void unionpay_page_result(struct text *html, const struct unionpay_page_order *order,
                          const struct unionpay_page_result *result)
{
    char text[BEIJING_SIZE];
    const struct page_end_words *end = &PAGE_ENDS[result->outcome];
    page_head(html, end->chinese, false);
    page_order(html, order, false);
    text_printf(html,
                "<div class=\"center\"><div class=\"sign%s\" aria-hidden=\"true\">%s</div>"
                "<h1 id=\"%s\">%s <span lang=\"en\">%s</span></h1><p role=\"status\">%s</p></div>"
                "<dl>",
                result->outcome == UNIONPAY_PAGE_PAID ? " good" : "", end->sign, end->id,
                end->chinese, end->english, end->words);
    page_card_term(html, result->card_number);
    if (result->n_instalments > 0) {
        text_add(html, "<dt>分期</dt><dd>");
        page_add_term_name(html, result->n_instalments);
        text_add(html, "</dd>");
    }
    if (result->paid_unix_ms != 0)
        page_term(html, "付款时间", beijing_format(result->paid_unix_ms, text));
    page_term(html, "银联流水号", result->query_id);
    page_term(html, "应答码", result->code);
    page_term(html, "应答信息", result->text);
    text_add(html, "</dl>");
    if (result->may_retry) {
        page_form(html, order, "retry");
        page_next(html, "继续付款", "Try again");
    }
    page_return(html, result);
    page_end(html);
}

void unionpay_page_error(struct text *html, const char *code, const char *text)
{
    page_head(html, "无法继续支付", true);
    text_add(html, "<section class=\"center\"><div class=\"sign\" aria-hidden=\"true\">!</div>"
                   "<h1>无法继续支付 <span lang=\"en\">Cannot continue</span></h1>"
                   "<p role=\"alert\">");
    page_add(html, text);
    text_add(html, "</p><p class=\"note\">应答码 <code id=\"resp_code\">");
    page_add(html, code);
    text_add(html, "</code></p>");
    page_end(html);
}
