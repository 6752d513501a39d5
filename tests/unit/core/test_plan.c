/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes: written and read back, and every broken sum refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/core/plan.h"

static struct fq_plan_line lines[3];
static struct fq_quote quote;

static int plan_setup(void **state)
{
    *state = fq_arena_new(1 << 20);
    lines[0] = (struct fq_plan_line){ 33334, 768 };
    lines[1] = (struct fq_plan_line){ 33333, 766 };
    lines[2] = (struct fq_plan_line){ 33333, 766 };
    quote = (struct fq_quote){ .quote_id = fq_lit("q1"),
                               .merchant_id = fq_lit("shop"),
                               .channel = fq_lit("huabei"),
                               .amount = { 100000, "CNY", 2 },
                               .instalments = 3,
                               .bearer = FQ_BEARER_BUYER,
                               .rate_ppm = 23000,
                               .buyer_fee_minor = 2300,
                               .buyer_total_minor = 102300,
                               .lines = lines,
                               .first_due_month = 202604,
                               .issued_ms = 1,
                               .expires_ms = 2 };
    return 0;
}

static int plan_teardown(void **state)
{
    fq_arena_free(*state);
    return 0;
}

static void test_a_quote_comes_back(void **state)
{
    struct fq_str text, again;
    struct fq_quote back;
    assert_int_equal(fq_quote_encode(&quote, *state, &text), 0);
    assert_int_equal(fq_quote_decode(text, *state, &back), 0);
    assert_int_equal(fq_quote_encode(&back, *state, &again), 0);
    assert_true(fq_str_equal(text, again));
    assert_int_equal(back.lines[0].fee_minor, 768);
}

static void test_the_longest_quote_fits(void **state)
{
    struct fq_plan_line many[FQ_TERMS_MAX];
    struct fq_str text;
    struct fq_quote back;
    int64_t each = 9999999999 / FQ_TERMS_MAX;
    for (size_t i = 0; i < FQ_TERMS_MAX; i++)
        many[i] = (struct fq_plan_line){ each, each };
    many[0].principal_minor += 9999999999 - each * FQ_TERMS_MAX;
    quote.instalments = FQ_TERMS_MAX;
    quote.lines = many;
    quote.amount.minor = 9999999999;
    quote.buyer_fee_minor = each * FQ_TERMS_MAX;
    quote.buyer_total_minor = quote.amount.minor + quote.buyer_fee_minor;
    assert_int_equal(fq_quote_encode(&quote, *state, &text), 0);
    assert_int_equal(fq_quote_decode(text, *state, &back), 0);
}

static void test_truncated_text_is_refused(void **state)
{
    struct fq_str text;
    struct fq_quote back;
    assert_int_equal(fq_quote_encode(&quote, *state, &text), 0);
    for (size_t len = 0; len < text.len; len++)
        assert_int_equal(fq_quote_decode(fq_str_sub(text, 0, len), *state, &back),
                         FQ_QUOTE_E_MALFORMED);
}

static void test_a_line_off_by_one_fen_is_refused(void **state)
{
    (void)state;
    assert_true(fq_quote_validate(&quote));
    lines[2].principal_minor--;
    assert_false(fq_quote_validate(&quote));
}

static void test_a_total_off_by_one_fen_is_refused(void **state)
{
    (void)state;
    quote.buyer_total_minor++;
    assert_false(fq_quote_validate(&quote));
}

static void test_a_free_plan_has_no_fee_for_the_buyer(void **state)
{
    (void)state;
    quote.bearer = FQ_BEARER_MERCHANT;
    assert_false(fq_quote_validate(&quote));
}

static void test_negative_parts_are_refused(void **state)
{
    (void)state;
    lines[0].principal_minor = -1;
    lines[1].principal_minor = 33333 + 33335;
    assert_false(fq_quote_validate(&quote));
}

static void test_sums_that_overflow_are_refused(void **state)
{
    (void)state;
    lines[0].principal_minor = INT64_MAX;
    lines[1].principal_minor = INT64_MAX;
    assert_false(fq_quote_validate(&quote));
}

#define PLAN_TEST(name) cmocka_unit_test_setup_teardown(name, plan_setup, plan_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_a_quote_comes_back),
        PLAN_TEST(test_the_longest_quote_fits),
        PLAN_TEST(test_truncated_text_is_refused),
        PLAN_TEST(test_a_line_off_by_one_fen_is_refused),
        PLAN_TEST(test_a_total_off_by_one_fen_is_refused),
        PLAN_TEST(test_a_free_plan_has_no_fee_for_the_buyer),
        PLAN_TEST(test_negative_parts_are_refused),
        PLAN_TEST(test_sums_that_overflow_are_refused),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
