/* SPDX-License-Identifier: Apache-2.0 */
/* Pages for buyers: what they say, what they allow, and that no value can break out of them. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "daemon/crypto/crypto.h"
#include "daemon/flow/parts.h"

#define NASTY         "<script>alert('1')</script>&\""
#define NASTY_ESCAPED "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"

static struct fq_arena *arena;
static struct fq_visit visit;
static struct fq_merchant merchant;
static struct fq_payment payment;
static struct fq_pair field;
static struct fq_message form;
static struct fq_page_facts facts;
static struct fq_plan_line lines[12];
static struct fq_quote quote;

static int page_begin(void **state)
{
    (void)state;
    arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    visit = (struct fq_visit){ .arena = arena };
    merchant = (struct fq_merchant){ .id = fq_lit("shop"), .name = fq_lit(NASTY) };
    payment = (struct fq_payment){ .subject = fq_lit(NASTY),
                                   .amount = { 699900, "CNY", 2 },
                                   .instalments = 12 };
    for (size_t i = 0; i < 12; i++)
        lines[i] = (struct fq_plan_line){ 58325, i == 0 ? 4378 : 4374 };
    quote = (struct fq_quote){ .amount = payment.amount,
                               .instalments = 12,
                               .bearer = FQ_BEARER_BUYER,
                               .rate_ppm = 75000,
                               .nominal_annual_bp = 1357,
                               .buyer_fee_minor = 52492,
                               .buyer_total_minor = 752392,
                               .lines = lines };
    field = (struct fq_pair){ fq_lit("n" NASTY), fq_lit("v" NASTY) };
    form = (struct fq_message){ .url = fq_lit("https://pay.example/?a=1&b=" NASTY),
                                .fields = { &field, 1 } };
    facts = (struct fq_page_facts){ .merchant = &merchant,
                                    .payment = &payment,
                                    .title_zh = fq_lit(NASTY),
                                    .fee_word_zh = fq_lit("分期" NASTY),
                                    .fee_word_en = fq_lit("fee"),
                                    .shop_url = fq_lit("https://shop.example/?a=1&b=" NASTY) };
    return 0;
}

static int page_end(void **state)
{
    (void)state;
    fq_arena_free(arena);
    return 0;
}

static const char *page_fill(enum fq_page page)
{
    assert_int_equal(fq_quote_encode(&quote, arena, &payment.quote), 0);
    facts.form = page == FQ_PAGE_FORM ? &form : NULL;
    fq_page_fill(&visit, 200, page, &facts);
    return visit.answer_body.ptr;
}

static void test_every_page_is_whole_and_in_two_languages(void **state)
{
    (void)state;
    for (uint32_t page = FQ_PAGE_GO; page <= FQ_PAGE_TROUBLE; page++) {
        const char *body = page_fill(page);
        assert_int_equal(visit.status, 200);
        assert_true(fq_str_is_utf8(visit.answer_body));
        assert_int_equal(strncmp(body, "<!doctype html><html lang=\"zh-CN\">", 34), 0);
        assert_non_null(strstr(body, "<p lang=\"en\">"));
        assert_non_null(strstr(body, "</html>\n"));
        assert_true(fq_str_equal(visit.answer_type, fq_lit("text/html; charset=utf-8")));
    }
}

static void test_every_value_is_escaped(void **state)
{
    (void)state;
    for (uint32_t page = FQ_PAGE_GO; page <= FQ_PAGE_TROUBLE; page++) {
        const char *body = page_fill(page);
        assert_null(strstr(body, "<script>alert"));
        assert_null(strstr(body, "alert('"));
        assert_null(strstr(body, "a=1&b"));
        assert_non_null(strstr(body, NASTY_ESCAPED));
    }
}

static void test_a_form_carries_its_fields(void **state)
{
    (void)state;
    const char *body = page_fill(FQ_PAGE_FORM);
    assert_non_null(
        strstr(body, "<form method=\"post\" action=\"https://pay.example/?a=1&amp;b=" NASTY_ESCAPED
                     "\">"));
    assert_non_null(strstr(body, "<input type=\"hidden\" name=\"n" NASTY_ESCAPED
                                 "\" value=\"v" NASTY_ESCAPED "\">"));
}

/* Between <tag> and </tag>, of which there is one: what the policy names by its hash. */
static void assert_policy_allows_just(const char *body, const char *tag, const char *directive)
{
    unsigned char digest[32];
    const char *start = strstr(body, fq_arena_printf(arena, "<%s>", tag).ptr);
    assert_non_null(start);
    start += strlen(tag) + 2;
    const char *end = strstr(start, fq_arena_printf(arena, "</%s>", tag).ptr);
    assert_null(strstr(end, fq_arena_printf(arena, "<%s", tag).ptr));
    fq_sha256((struct fq_str){ start, (size_t)(end - start) }, digest);
    struct fq_str hash = fq_base64_encode((struct fq_str){ (char *)digest, 32 }, arena);
    struct fq_str wanted = fq_arena_printf(arena, "%s 'sha256-%.*s';", directive, fq_str_arg(hash));
    assert_non_null(strstr(visit.content_security_policy.ptr, wanted.ptr));
}

static void test_the_policy_allows_this_script_this_style_and_no_other(void **state)
{
    (void)state;
    for (uint32_t page = FQ_PAGE_GO; page <= FQ_PAGE_TROUBLE; page++) {
        const char *body = page_fill(page);
        assert_policy_allows_just(body, "style", "style-src");
        if (page == FQ_PAGE_GO || page == FQ_PAGE_FORM)
            assert_policy_allows_just(body, "script", "script-src");
        assert_null(strstr(body, "style=\""));
        assert_non_null(strstr(visit.content_security_policy.ptr, "default-src 'none'"));
        assert_non_null(strstr(visit.content_security_policy.ptr, "frame-ancestors 'none'"));
    }
}

static void test_only_pages_that_post_have_a_script(void **state)
{
    (void)state;
    for (uint32_t page = FQ_PAGE_EXPIRED; page <= FQ_PAGE_TROUBLE; page++)
        assert_null(strstr(page_fill(page), "<script>"));
}

static void test_only_the_waiting_page_reloads_itself(void **state)
{
    (void)state;
    for (uint32_t page = FQ_PAGE_GO; page <= FQ_PAGE_TROUBLE; page++) {
        bool reloads = strstr(page_fill(page), "http-equiv=\"refresh\"") != NULL;
        assert_int_equal(reloads, page == FQ_PAGE_WAITING);
    }
}

static void test_who_waits_may_leave_for_the_shop(void **state)
{
    (void)state;
    assert_non_null(strstr(page_fill(FQ_PAGE_WAITING), "返回商城 · Return to the shop</a>"));
    facts.shop_url = fq_lit("");
    assert_null(strstr(page_fill(FQ_PAGE_WAITING), "返回商城"));
}

/* Paid may rest on the operator's evidence; closed may be what a bank debited too late, and gives
 * back. */
static void test_no_page_claims_more_than_is_known(void **state)
{
    (void)state;
    assert_null(strstr(page_fill(FQ_PAGE_PAID), "平台"));
    assert_null(strstr(page_fill(FQ_PAGE_PAID), "platform"));
    assert_null(strstr(page_fill(FQ_PAGE_CLOSED), "扣款"));
}

static void test_the_amount_and_the_terms_are_shown(void **state)
{
    (void)state;
    const char *body = page_fill(FQ_PAGE_GO);
    assert_non_null(strstr(body, "<p class=\"sum\">¥6,999.00</p>"));
    assert_non_null(strstr(body, "12 instalments"));
}

static void test_amounts_are_written_as_buyers_know_them(void **state)
{
    static const struct {
        struct fq_money amount;
        const char *text;
    } rows[] = {
        { { 1, "CNY", 2 }, ">¥0.01<" },
        { { 99999, "CNY", 2 }, ">¥999.99<" },
        { { 100000, "CNY", 2 }, ">¥1,000.00<" },
        { { 123456789, "CNY", 2 }, ">¥1,234,567.89<" },
        { { 150000, "USD", 2 }, ">1,500.00 USD<" },
        { { 150000, "JPY", 0 }, ">150,000 JPY<" },
    };

    (void)state;
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        payment.amount = rows[i].amount;
        assert_non_null(strstr(page_fill(FQ_PAGE_WAITING), rows[i].text));
    }
}

static void test_what_the_buyer_agreed_to_is_shown(void **state)
{
    (void)state;
    const char *body = page_fill(FQ_PAGE_GO);
    assert_non_null(strstr(body, "<th>分期" NASTY_ESCAPED " <span lang=\"en\">fee</span></th>"));
    assert_non_null(
        strstr(body, "<tr><td>1</td><td>583.25</td><td>43.78</td><td>627.03</td></tr>"
                     "<tr><td>2–12</td><td>583.25</td><td>43.74</td><td>626.99</td></tr></table>"));
    assert_non_null(strstr(body, "还款总额 ¥7,523.92，综合年化成本（IRR）13.57%</p>"));
    assert_non_null(strstr(body, "In all ¥7,523.92, annual rate (IRR) 13.57%</p>"));
    assert_null(strstr(page_fill(FQ_PAGE_PAID), "<table>"));
}

static void test_who_bears_and_who_decides_is_said(void **state)
{
    (void)state;
    quote.bearer = FQ_BEARER_MERCHANT;
    quote.merchant_fee_minor = 52492;
    quote.buyer_fee_minor = quote.nominal_annual_bp = 0;
    quote.buyer_total_minor = 699900;
    quote.indicative = true;
    for (size_t i = 0; i < 12; i++)
        lines[i].fee_minor = 0;
    const char *body = page_fill(FQ_PAGE_FORM);
    assert_non_null(strstr(body, "<tr><td>1–12</td>"));
    assert_non_null(
        strstr(body, "（IRR）0.00%，费用由商家承担。实际期数与费用以支付平台页面为准。"));
    assert_non_null(strstr(body, "0.00%, the shop bears the cost. The platform's own page"));
}

static void test_an_older_quote_has_no_rate(void **state)
{
    (void)state;
    quote.nominal_annual_bp = 0;
    const char *body = page_fill(FQ_PAGE_GO);
    assert_non_null(strstr(body, "In all ¥7,523.92</p>"));
}

static void test_a_page_about_nothing_says_nothing(void **state)
{
    (void)state;
    facts = (struct fq_page_facts){ 0 };
    const char *body = page_fill(FQ_PAGE_UNKNOWN);
    assert_null(strstr(body, "class=\"sum\""));
    assert_null(strstr(body, "<a "));
}

#define PAGE_TEST(name) cmocka_unit_test_setup_teardown(name, page_begin, page_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGE_TEST(test_every_page_is_whole_and_in_two_languages),
        PAGE_TEST(test_every_value_is_escaped),
        PAGE_TEST(test_a_form_carries_its_fields),
        PAGE_TEST(test_the_policy_allows_this_script_this_style_and_no_other),
        PAGE_TEST(test_only_pages_that_post_have_a_script),
        PAGE_TEST(test_only_the_waiting_page_reloads_itself),
        PAGE_TEST(test_who_waits_may_leave_for_the_shop),
        PAGE_TEST(test_no_page_claims_more_than_is_known),
        PAGE_TEST(test_the_amount_and_the_terms_are_shown),
        PAGE_TEST(test_amounts_are_written_as_buyers_know_them),
        PAGE_TEST(test_what_the_buyer_agreed_to_is_shown),
        PAGE_TEST(test_who_bears_and_who_decides_is_said),
        PAGE_TEST(test_an_older_quote_has_no_rate),
        PAGE_TEST(test_a_page_about_nothing_says_nothing),
    };
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
