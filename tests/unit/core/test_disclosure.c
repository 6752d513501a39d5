/* SPDX-License-Identifier: Apache-2.0 */
/* What the disclosure says of plans, word for word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/core/disclosure.h"

static const struct fq_description huabei = { .title_zh = "花呗分期",
                                              .title_en = "Huabei instalments",
                                              .fee_word_zh = "分期手续费",
                                              .fee_word_en = "instalment fee" };
static const struct fq_description card = { .title_zh = "银行卡分期",
                                            .title_en = "Bank card instalments",
                                            .fee_word_zh = "利息",
                                            .fee_word_en = "interest" };
static const struct fq_disclosure_texts no_texts;
static const struct fq_disclosure_texts texts = {
    .collector_zh = fq_lit("重庆蚂蚁消费金融有限公司"),
    .collector_en = fq_lit("Chongqing Ant Consumer Finance"),
    .default_zh = fq_lit("逾期本金按日0.05%计收罚息"),
    .default_en = fq_lit("0.05% of the principal overdue, each day"),
};

static struct fq_plan_line lines[3];
static struct fq_quote quote;
static struct fq_cost_row rows[2];

static int disclosure_setup(void **state)
{
    *state = fq_arena_new(1 << 16);
    lines[0] = (struct fq_plan_line){ 33334, 768 };
    lines[1] = (struct fq_plan_line){ 33333, 766 };
    lines[2] = (struct fq_plan_line){ 33333, 766 };
    quote = (struct fq_quote){ .amount = { 100000, "CNY", 2 },
                               .instalments = 3,
                               .bearer = FQ_BEARER_BUYER,
                               .rate_ppm = 23000,
                               .buyer_fee_minor = 2300,
                               .nominal_annual_bp = 1375,
                               .lines = lines };
    return 0;
}

static int disclosure_teardown(void **state)
{
    fq_arena_free(*state);
    return 0;
}

static void assert_text(struct fq_str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.ptr, expected, actual.len);
}

static void make_rows(void **state, const struct fq_description *about,
                      const struct fq_disclosure_texts *words)
{
    const struct fq_disclosure disclosure = { words, about };
    assert_true(fq_disclosure_row(&disclosure, &quote, *state, &rows[0]));
    rows[1] = fq_disclosure_late_row(&disclosure);
}

static void test_a_fee_is_itemised(void **state)
{
    make_rows(state, &huabei, &texts);
    assert_text(rows[0].item_zh, "分期手续费");
    assert_text(rows[0].item_en, "instalment fee");
    assert_text(rows[0].charged_zh, "每期收取");
    assert_text(rows[0].standard_zh, "3期，费率2.30%");
    assert_text(rows[0].standard_en, "3 instalments at 2.30%");
    assert_text(rows[0].collector_zh, "重庆蚂蚁消费金融有限公司");
    assert_int_equal(rows[0].amount_minor, 2300);
    assert_int_equal(rows[0].annual_bp, 1375);
    assert_false(rows[0].on_default);
}

static void test_a_bank_card_costs_interest(void **state)
{
    make_rows(state, &card, &texts);
    assert_text(rows[0].item_zh, "利息");
    for (size_t i = 0; i < 2; i++)
        assert_null(memmem(rows[i].item_zh.ptr, rows[i].item_zh.len, "手续费", 9));
}

static void test_default_is_a_row_without_an_amount(void **state)
{
    make_rows(state, &huabei, &texts);
    assert_true(rows[1].on_default);
    assert_text(rows[1].item_zh, "逾期费用");
    assert_text(rows[1].standard_zh, "逾期本金按日0.05%计收罚息");
    assert_text(rows[1].standard_en, "0.05% of the principal overdue, each day");
    assert_int_equal(rows[1].amount_minor, 0);
    assert_int_equal(rows[1].annual_bp, 0);
}

static void test_what_is_not_configured_has_words_too(void **state)
{
    make_rows(state, &huabei, &no_texts);
    assert_text(rows[0].collector_zh, "花呗分期");
    assert_text(rows[0].collector_en, "Huabei instalments");
    assert_text(rows[1].standard_zh, "以贷款人的合同及账单为准");
    assert_true(rows[1].standard_en.len > 0);
}

static void test_a_fee_in_the_first_instalment_is_charged_once(void **state)
{
    lines[0].fee_minor = 2300;
    lines[1].fee_minor = lines[2].fee_minor = 0;
    make_rows(state, &huabei, &texts);
    assert_text(rows[0].charged_zh, "首期一次性收取");
    assert_text(rows[0].charged_en, "once, with the first instalment");
}

static void test_what_the_shop_pays_is_said(void **state)
{
    quote.bearer = FQ_BEARER_MERCHANT;
    quote.buyer_fee_minor = 0;
    quote.merchant_fee_minor = 2305;
    quote.nominal_annual_bp = 0;
    for (size_t i = 0; i < 3; i++)
        lines[i].fee_minor = 0;
    make_rows(state, &huabei, &texts);
    assert_int_equal(rows[0].amount_minor, 0);
    assert_int_equal(rows[0].annual_bp, 0);
    assert_text(rows[0].standard_zh, "3期，费率2.30%，由商家承担23.05元，消费者免付");
    assert_text(rows[0].standard_en,
                "3 instalments at 2.30%; the shop pays 23.05 CNY, you pay none");
}

static void test_a_shared_fee_names_both_parts(void **state)
{
    quote.bearer = FQ_BEARER_SHARED;
    quote.merchant_fee_minor = 100;
    make_rows(state, &huabei, &texts);
    assert_int_equal(rows[0].amount_minor, 2300);
    assert_text(rows[0].standard_zh, "3期，费率2.30%，其中商家承担1.00元");
}

static void test_rates_are_as_exact_as_they_are(void **state)
{
    quote.rate_ppm = 23456;
    make_rows(state, &huabei, &texts);
    assert_text(rows[0].standard_zh, "3期，费率2.3456%");
    quote.rate_ppm = 1000000;
    make_rows(state, &huabei, &texts);
    assert_text(rows[0].standard_zh, "3期，费率100.00%");
    quote.rate_ppm = 500;
    make_rows(state, &huabei, &texts);
    assert_text(rows[0].standard_zh, "3期，费率0.05%");
}

static void test_the_text_names_every_word_that_may_change(void **state)
{
    const struct fq_disclosure with = { &texts, &huabei }, without = { &no_texts, &huabei };
    struct fq_str first, second;
    assert_int_equal(fq_disclosure_write(&with, *state, &first), 0);
    assert_int_equal(fq_disclosure_write(&without, *state, &second), 0);
    assert_non_null(strstr(first.ptr, "\ndefault_zh=逾期本金按日0.05%25计收罚息\n"));
    assert_non_null(strstr(first.ptr, "\ncollector_en=Chongqing Ant Consumer Finance\n"));
    assert_non_null(strstr(first.ptr, "\nfee_word_zh=分期手续费\n"));
    assert_false(fq_str_equal(first, second));
}

static void test_a_note_has_the_highest_rates(void **state)
{
    struct fq_str zh, en;
    assert_true(fq_disclosure_note(1825, 1986, *state, &zh, &en));
    assert_text(zh,
                "实际期数与费用以支付平台页面为准；最高年化利率（IRR）18.25%，实际年利率（复利）"
                "19.86%");
    assert_non_null(strstr(en.ptr, "highest annual rate (IRR) 18.25%, effective 19.86%"));
}

static void test_a_full_arena_is_told(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(64);
    const struct fq_disclosure disclosure = { &texts, &huabei };
    assert_false(fq_disclosure_row(&disclosure, &quote, arena, &rows[0]));
}

#define DISCLOSURE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, disclosure_setup, disclosure_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISCLOSURE_TEST(test_a_fee_is_itemised),
        DISCLOSURE_TEST(test_a_bank_card_costs_interest),
        DISCLOSURE_TEST(test_default_is_a_row_without_an_amount),
        DISCLOSURE_TEST(test_what_is_not_configured_has_words_too),
        DISCLOSURE_TEST(test_a_fee_in_the_first_instalment_is_charged_once),
        DISCLOSURE_TEST(test_what_the_shop_pays_is_said),
        DISCLOSURE_TEST(test_a_shared_fee_names_both_parts),
        DISCLOSURE_TEST(test_rates_are_as_exact_as_they_are),
        DISCLOSURE_TEST(test_the_text_names_every_word_that_may_change),
        DISCLOSURE_TEST(test_a_note_has_the_highest_rates),
        DISCLOSURE_TEST(test_a_full_arena_is_told),
    };
    return cmocka_run_group_tests_name("disclosure", tests, NULL, NULL);
}
