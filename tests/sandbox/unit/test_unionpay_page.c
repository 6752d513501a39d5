/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's cashier pages by themselves: what they tell, what they hide, and that no value
 * becomes markup. */
/* cmocka.h needs those before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>

#include "tests/sandbox/text.h"
#include "tests/sandbox/unionpay_page.h"

static const struct unionpay_page_order ORDER = {
    .token = "TOKEN1",
    .action = "/unionpay/cashier",
    .merchant_name = "沙箱商户",
    .order_id = "ORDER20261123001",
    .description = "自行车",
    .amount_fen = 120000,
    .until_unix_ms = 1795406400000,
    .by_instalments = true,
};

static const struct unionpay_page_term TERMS[] = {
    { 3, 2760, 40920, 40920 },
    { 6, 4320, 20720, 20720 },
    { 12, 7920, 10663, 10660 },
};

/* A value that tries to become markup, and how it must come out. */
#define EVIL(n)    "<" n "&\"'>"
#define ESCAPED(n) "&lt;" n "&amp;&quot;&#39;&gt;"

static const struct unionpay_page_order EVIL_ORDER = {
    .token = EVIL("token"),
    .action = EVIL("action"),
    .merchant_name = EVIL("merchant"),
    .order_id = EVIL("order"),
    .description = EVIL("description"),
    .message = EVIL("message"),
    .by_instalments = true,
};

static void assert_has(const struct text *html, const char *part)
{
    if (strstr(html->bytes, part) == NULL) {
        print_error("not there: %s\n", part);
        fail();
    }
}

static void assert_lacks(const struct text *html, const char *part)
{
    if (strstr(html->bytes, part) != NULL) {
        print_error("there: %s\n", part);
        fail();
    }
}

/* Neither raw, nor lost. */
static void assert_escaped(const struct text *html, const char *const *names)
{
    for (; *names != NULL; names++) {
        char raw[64];
        char escaped[64];
        snprintf(raw, sizeof(raw), EVIL("%s"), *names);
        snprintf(escaped, sizeof(escaped), ESCAPED("%s"), *names);
        raw[strlen(*names) + 1] = '\0'; /* the bare "<name" */
        assert_lacks(html, raw);
        assert_has(html, escaped);
    }
}

static const char *const ORDER_VALUES[] = { "token",       "action",  "merchant", "order",
                                            "description", "message", NULL };

static void test_the_card_page_tells_the_order(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_card card = { 0 };
    (void)state;
    unionpay_page_card(&html, &ORDER, &card);
    assert_has(&html, "<html lang=\"zh-CN\">");
    assert_has(&html, "</small>1200.00</p>");
    assert_has(&html, "<dd>沙箱商户</dd>");
    assert_has(&html, "<dd>ORDER20261123001</dd>");
    assert_has(&html, "<dd>自行车</dd>");
    assert_has(&html, "<dd>2026-11-23 12:00:00</dd>");
}

static void test_the_card_form_asks_for_what_is_not_known(void **state)
{
    static const char *const FIELDS[] = { "card_number", "customer_name", "document_number",
                                          "phone",       "expiry",        "cvn2" };
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_card card = { .test_hint = "6221558812340000" };
    (void)state;
    unionpay_page_card(&html, &ORDER, &card);
    assert_has(&html, "<form method=\"post\" action=\"/unionpay/cashier\">"
                      "<input type=\"hidden\" name=\"token\" value=\"TOKEN1\">"
                      "<input type=\"hidden\" name=\"do\" value=\"card\">");
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        char name[64];
        snprintf(name, sizeof(name), "name=\"%s\"", FIELDS[i]);
        assert_has(&html, name);
    }
    assert_has(&html, "6221558812340000</p>");
    assert_has(&html, "name=\"do\" value=\"cancel\"");
    assert_has(&html, "name=\"do\" value=\"decline\"");
}

static void test_a_known_value_is_masked_and_may_be_left_empty(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_card card = {
        .card_number = { "6221558812340000", false },
        .customer_name = { "全渠道", false },
        .document_number = { "341126197709218366", false },
        .phone = { "13552535506", false },
    };
    (void)state;
    unionpay_page_card(&html, &ORDER, &card);
    assert_has(&html, "placeholder=\"622155******0000\" aria");
    assert_has(&html, "placeholder=\"全**\" aria");
    assert_has(&html, "placeholder=\"3****************6\" aria");
    assert_has(&html, "placeholder=\"135****5506\" aria");
    assert_lacks(&html, "6221558812340000");
    assert_lacks(&html, "全渠道");
    assert_lacks(&html, "341126197709218366");
    assert_lacks(&html, "13552535506");
}

static void test_a_locked_value_has_no_field(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_card card = { .card_number = { "6221558812340000", true } };
    (void)state;
    unionpay_page_card(&html, &ORDER, &card);
    assert_has(&html, "<output id=\"card_number\">622155******0000</output>");
    assert_lacks(&html, "name=\"card_number\"");
}

static void test_a_short_value_is_hidden_whole(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_card card = { .customer_name = { "全", true },
                                       .phone = { "1355250", true } };
    (void)state;
    unionpay_page_card(&html, &ORDER, &card);
    assert_has(&html, "<output id=\"customer_name\">*</output>");
    assert_has(&html, "<output id=\"phone\">*******</output>");
}

static void test_only_an_order_by_instalments_needs_a_credit_card(void **state)
{
    TEXT_CLEANUP by_instalments = { 0 };
    TEXT_CLEANUP plain = { 0 };
    struct unionpay_page_order order = ORDER;
    struct unionpay_page_card card = { 0 };
    (void)state;
    unionpay_page_card(&by_instalments, &order, &card);
    order.by_instalments = false;
    unionpay_page_card(&plain, &order, &card);
    assert_has(&by_instalments, "title=\"3 位数字\" required>");
    assert_has(&by_instalments, "2 选择分期");
    assert_has(&plain, "title=\"3 位数字\">");
    assert_lacks(&plain, "选择分期");
    assert_has(&plain, "2 短信验证");
}

static void test_terms_tell_their_surcharge_and_months(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_terms terms = { .terms = TERMS,
                                         .n_terms = 3,
                                         .chosen = 6,
                                         .bank_name = "测试银行",
                                         .card_number = "6221558812340000" };
    (void)state;
    unionpay_page_terms(&html, &ORDER, &terms);
    assert_has(&html, "name=\"do\" value=\"terms\"");
    assert_has(&html, "name=\"instalments\" value=\"03\" required>");
    assert_has(&html, "name=\"instalments\" value=\"06\" checked required>");
    assert_has(&html, "name=\"instalments\" value=\"12\" required>");
    assert_has(&html, "每期 ¥106.60</span><span class=\"note\">首期 ¥106.63，手续费共 ¥79.20");
    assert_has(&html, "<dd>622155******0000</dd>");
}

static void test_the_first_term_is_checked_where_none_was_chosen(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_terms terms = { .terms = TERMS, .n_terms = 3, .chosen = 24 };
    (void)state;
    unionpay_page_terms(&html, &ORDER, &terms);
    assert_has(&html, "value=\"03\" checked");
    assert_lacks(&html, "value=\"06\" checked");
}

static void test_a_card_without_terms_can_only_be_left(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_terms terms = { 0 };
    (void)state;
    unionpay_page_terms(&html, &ORDER, &terms);
    assert_lacks(&html, "name=\"do\" value=\"terms\"");
    assert_has(&html, "name=\"do\" value=\"cancel\"");
}

static void test_the_code_page_tells_what_is_paid_and_where_the_code_went(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_code code = { .phone = "13552535506",
                                       .card_number = "6221558812340000",
                                       .term = &TERMS[1],
                                       .test_hint = "111111" };
    (void)state;
    unionpay_page_code(&html, &ORDER, &code);
    assert_has(&html, "135****5506");
    assert_lacks(&html, "13552535506");
    assert_has(&html, "111111</p>");
    assert_has(&html, "6 期 ");
    assert_has(&html, "<dd>¥207.20</dd>");
    assert_has(&html, "<dd>¥43.20</dd>");
    assert_has(&html, "name=\"do\" value=\"code\"");
    assert_has(&html, "name=\"sms_code\"");
    assert_has(&html, "name=\"do\" value=\"resend\"");
    assert_has(&html, "name=\"do\" value=\"terms_again\"");
}

static void test_a_result_posts_its_fields_to_the_merchant(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_field fields[] = { { "orderId", "ORDER20261123001" },
                                            { "signPubKeyCert", "A\r\nB+/=\r\n" } };
    struct unionpay_page_result result = { .outcome = UNIONPAY_PAGE_PAID,
                                           .code = "00",
                                           .text = "成功[0000000]",
                                           .query_id = "442611231011121234568",
                                           .n_instalments = 6,
                                           .paid_unix_ms = 1795406400000,
                                           .return_url = "https://shop.test/back?a=1&b=2",
                                           .fields = fields,
                                           .n_fields = 2 };
    (void)state;
    unionpay_page_result(&html, &ORDER, &result);
    assert_has(&html, "<h1 id=\"paid\">");
    assert_has(&html, "<form method=\"post\" id=\"return\" "
                      "action=\"https://shop.test/back?a=1&amp;b=2\">"
                      "<input type=\"hidden\" name=\"orderId\" value=\"ORDER20261123001\">"
                      "<input type=\"hidden\" name=\"signPubKeyCert\" "
                      "value=\"A&#13;&#10;B+/=&#13;&#10;\">");
    assert_has(&html, "442611231011121234568");
    assert_lacks(&html, "TOKEN1");
}

static void test_outcomes_have_their_own_pages(void **state)
{
    TEXT_CLEANUP failed = { 0 };
    TEXT_CLEANUP timed_out = { 0 };
    struct unionpay_page_result result = { .outcome = UNIONPAY_PAGE_FAILED, .code = "61" };
    (void)state;
    unionpay_page_result(&failed, &ORDER, &result);
    result.outcome = UNIONPAY_PAGE_TIMED_OUT;
    unionpay_page_result(&timed_out, &ORDER, &result);
    assert_has(&failed, "<h1 id=\"failed\">");
    assert_has(&failed, "<dd>61</dd>");
    assert_has(&timed_out, "<h1 id=\"timed_out\">");
    assert_lacks(&timed_out, "id=\"paid\"");
}

static void test_who_may_still_pay_can_try_again(void **state)
{
    TEXT_CLEANUP left = { 0 };
    TEXT_CLEANUP processing = { 0 };
    struct unionpay_page_result result = { .outcome = UNIONPAY_PAGE_LEFT, .may_retry = true };
    (void)state;
    unionpay_page_result(&left, &ORDER, &result);
    result.outcome = UNIONPAY_PAGE_PROCESSING;
    result.may_retry = false;
    unionpay_page_result(&processing, &ORDER, &result);
    assert_has(&left, "<h1 id=\"left\">");
    assert_has(&left, "value=\"TOKEN1\"><input type=\"hidden\" name=\"do\" value=\"retry\">");
    assert_has(&processing, "<h1 id=\"processing\">");
    assert_lacks(&processing, "value=\"retry\"");
}

static void test_without_fields_the_way_back_is_a_link(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_result result = { .outcome = UNIONPAY_PAGE_FAILED,
                                           .return_url = "http://127.0.0.1:80/fail" };
    (void)state;
    unionpay_page_result(&html, &ORDER, &result);
    assert_has(&html, "id=\"return\" href=\"http://127.0.0.1:80/fail\"");
    assert_lacks(&html, "<form");
}

static void test_the_way_back_is_never_a_script(void **state)
{
    static const char *const BAD[] = { "javascript:alert(1)//https://",
                                       " https://shop.test/",
                                       "data:text/html,x",
                                       "help:https://shop.test/",
                                       "//shop.test/",
                                       "",
                                       NULL };
    struct unionpay_page_field field = { "a", "b" };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(BAD) / sizeof(BAD[0]); i++) {
        TEXT_CLEANUP html = { 0 };
        struct unionpay_page_result result = { .return_url = BAD[i / 2],
                                               .fields = &field,
                                               .n_fields = i % 2 };
        unionpay_page_result(&html, &ORDER, &result);
        assert_lacks(&html, "id=\"return\"");
    }
}

static void test_no_value_of_the_card_page_becomes_markup(void **state)
{
    static const char *const VALUES[] = { "hint", NULL };
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_card card = {
        .card_number = { "<<<<<<&\"'\">>>>", true },
        .customer_name = { "<<<", false },
        .document_number = { "\"x'", false },
        .phone = { "<'&>>>\">\"'", true },
        .test_hint = EVIL("hint"),
    };
    (void)state;
    unionpay_page_card(&html, &EVIL_ORDER, &card);
    assert_escaped(&html, ORDER_VALUES);
    assert_escaped(&html, VALUES);
    assert_has(&html, ">&lt;&lt;&lt;&lt;&lt;&lt;****&gt;&gt;&gt;&gt;</output>");
    assert_has(&html, "placeholder=\"&lt;**\"");
    assert_has(&html, "placeholder=\"&quot;*&#39;\"");
    assert_has(&html, ">&lt;&#39;&amp;***&quot;&gt;&quot;&#39;</output>");
}

static void test_no_value_of_the_terms_page_becomes_markup(void **state)
{
    static const char *const VALUES[] = { "bank", NULL };
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_terms terms = {
        .terms = TERMS, .n_terms = 3, .bank_name = EVIL("bank"), .card_number = "<<<<<<1234567>>>>"
    };
    (void)state;
    unionpay_page_terms(&html, &EVIL_ORDER, &terms);
    assert_escaped(&html, ORDER_VALUES);
    assert_escaped(&html, VALUES);
    assert_has(&html, "<dd>&lt;&lt;&lt;&lt;&lt;&lt;*******&gt;&gt;&gt;&gt;</dd>");
}

static void test_no_value_of_the_code_page_becomes_markup(void **state)
{
    static const char *const VALUES[] = { "hint", NULL };
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_code code = { .phone = "<<<12345>>>>",
                                       .card_number = "<<<<<<1234567>>>>",
                                       .test_hint = EVIL("hint") };
    (void)state;
    unionpay_page_code(&html, &EVIL_ORDER, &code);
    assert_escaped(&html, ORDER_VALUES);
    assert_escaped(&html, VALUES);
    assert_has(&html, " &lt;&lt;&lt;*****&gt;&gt;&gt;&gt;</p>");
    assert_has(&html, "<dd>&lt;&lt;&lt;&lt;&lt;&lt;*******&gt;&gt;&gt;&gt;</dd>");
}

static void test_no_value_of_the_result_page_becomes_markup(void **state)
{
    static const char *const VALUES[] = { "merchant", "order", "description", "answer", "text",
                                          "query",    "url",   "name",        "value",  NULL };
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_field field = { EVIL("name"), EVIL("value") };
    struct unionpay_page_result result = { .code = EVIL("answer"),
                                           .text = EVIL("text"),
                                           .query_id = EVIL("query"),
                                           .return_url = "https://" EVIL("url"),
                                           .fields = &field,
                                           .n_fields = 1 };
    (void)state;
    unionpay_page_result(&html, &EVIL_ORDER, &result);
    assert_escaped(&html, VALUES);
}

static void test_a_refused_request_is_told_without_markup(void **state)
{
    static const char *const VALUES[] = { "answer", "text", NULL };
    TEXT_CLEANUP html = { 0 };
    TEXT_CLEANUP evil = { 0 };
    (void)state;
    unionpay_page_error(&html, "11", "验证签名失败[9100004]");
    unionpay_page_error(&evil, EVIL("answer"), EVIL("text"));
    assert_has(&html, "<code id=\"resp_code\">11</code>");
    assert_has(&html, "验证签名失败[9100004]");
    assert_lacks(&html, "<form");
    assert_escaped(&evil, VALUES);
}

/* All of them in one text: no script, nothing from elsewhere. */
static void test_pages_stand_alone(void **state)
{
    TEXT_CLEANUP html = { 0 };
    struct unionpay_page_card card = { 0 };
    struct unionpay_page_terms terms = { .terms = TERMS, .n_terms = 3 };
    struct unionpay_page_code code = { 0 };
    struct unionpay_page_result result = { 0 };
    (void)state;
    unionpay_page_card(&html, &ORDER, &card);
    unionpay_page_terms(&html, &ORDER, &terms);
    unionpay_page_code(&html, &ORDER, &code);
    unionpay_page_result(&html, &ORDER, &result);
    unionpay_page_error(&html, "10", "x");
    assert_lacks(&html, "<script");
    assert_lacks(&html, "\" on");
    assert_lacks(&html, "src=");
    assert_lacks(&html, "url(");
    assert_lacks(&html, "http:");
    assert_lacks(&html, "https:");
    assert_has(&html, "default-src 'none'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_card_page_tells_the_order),
        cmocka_unit_test(test_the_card_form_asks_for_what_is_not_known),
        cmocka_unit_test(test_a_known_value_is_masked_and_may_be_left_empty),
        cmocka_unit_test(test_a_locked_value_has_no_field),
        cmocka_unit_test(test_a_short_value_is_hidden_whole),
        cmocka_unit_test(test_only_an_order_by_instalments_needs_a_credit_card),
        cmocka_unit_test(test_terms_tell_their_surcharge_and_months),
        cmocka_unit_test(test_the_first_term_is_checked_where_none_was_chosen),
        cmocka_unit_test(test_a_card_without_terms_can_only_be_left),
        cmocka_unit_test(test_the_code_page_tells_what_is_paid_and_where_the_code_went),
        cmocka_unit_test(test_a_result_posts_its_fields_to_the_merchant),
        cmocka_unit_test(test_outcomes_have_their_own_pages),
        cmocka_unit_test(test_who_may_still_pay_can_try_again),
        cmocka_unit_test(test_without_fields_the_way_back_is_a_link),
        cmocka_unit_test(test_the_way_back_is_never_a_script),
        cmocka_unit_test(test_no_value_of_the_card_page_becomes_markup),
        cmocka_unit_test(test_no_value_of_the_terms_page_becomes_markup),
        cmocka_unit_test(test_no_value_of_the_code_page_becomes_markup),
        cmocka_unit_test(test_no_value_of_the_result_page_becomes_markup),
        cmocka_unit_test(test_a_refused_request_is_told_without_markup),
        cmocka_unit_test(test_pages_stand_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
