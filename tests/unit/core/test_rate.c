/* SPDX-License-Identifier: Apache-2.0 */
/* Annual rates: published figures, closed forms, ties, order, and what has none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/core/money.h"
#include "daemon/core/rate.h"

static struct fq_plan_line lines[FQ_TERMS_MAX + 1];

/* Both spread evenly, the remainders in the first line. */
static void rate_spread(int64_t principal, int64_t fee, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        lines[k] = (struct fq_plan_line){ principal / n, fee / n };
    lines[0].principal_minor += principal % n;
    lines[0].fee_minor += fee % n;
}

static struct fq_annual_rates rate_of(int64_t principal, int64_t fee, uint32_t n)
{
    struct fq_annual_rates rates;
    rate_spread(principal, fee, n);
    assert_int_equal(fq_annual_rates(principal, lines, n, &rates), 0);
    return rates;
}

static void assert_rates(struct fq_annual_rates rates, struct fq_annual_rates expected)
{
    assert_int_equal(rates.nominal_ppm, expected.nominal_ppm);
    assert_int_equal(rates.nominal_bp, expected.nominal_bp);
    assert_int_equal(rates.effective_ppm, expected.effective_ppm);
    assert_int_equal(rates.effective_bp, expected.effective_bp);
    assert_int_equal(rates.simple_ppm, expected.simple_ppm);
    assert_int_equal(rates.simple_bp, expected.simple_bp);
}

/* The historic public table: 2.3 % in 3 instalments is 13.75 %, 14.65 % and 9.2 % a year, ... */
static void test_the_published_table_is_reproduced(void **state)
{
    (void)state;

    static const struct {
        int64_t fee_permille;
        uint32_t n;
        int64_t nominal_bp, effective_bp, simple_bp;
    } rows[] = { { 23, 3, 1375, 1465, 920 },
                 { 45, 6, 1527, 1638, 900 },
                 { 75, 12, 1357, 1444, 750 },
                 { 88, 12, 1586, 1707, 880 },
                 { 150, 24, 1380, 1470, 750 } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fq_annual_rates rates = rate_of(12000000, 12000 * rows[i].fee_permille, rows[i].n);
        assert_int_equal(rates.nominal_bp, rows[i].nominal_bp);
        assert_int_equal(rates.effective_bp, rows[i].effective_bp);
        assert_int_equal(rates.simple_bp, rows[i].simple_bp);
    }
}

/* 1.1^12 - 1 = 2.138428376721 */
static void test_one_payment_with_a_tenth_more(void **state)
{
    (void)state;
    assert_rates(rate_of(1000, 100, 1),
                 (struct fq_annual_rates){ 1200000, 12000, 2138428, 21384, 1200000, 12000 });
}

static void test_the_highest_rate_there_is(void **state)
{
    (void)state;
    struct fq_annual_rates most = { 12000000, 120000, 4095000000, 40950000, 12000000, 120000 };
    assert_rates(rate_of(1, 1, 1), most);
    assert_rates(rate_of(FQ_MONEY_MINOR_MAX, FQ_MONEY_MINOR_MAX, 1), most);
}

/* 104.04 / 1.02 + 104.04 / 1.02^2 = 202.00; 1.02^12 - 1 = 0.268241794562545... */
static void test_two_payments_at_two_percent_a_month(void **state)
{
    (void)state;
    assert_rates(rate_of(20200, 608, 2),
                 (struct fq_annual_rates){ 240000, 2400, 268242, 2682, 180594, 1806 });
}

/* 5 / 1.25 + 6.25 / 1.25^2 = 8: unequal payments, 1.25^12 - 1 = 13.551915228366851806640625 */
static void test_two_unequal_payments(void **state)
{
    (void)state;
    struct fq_annual_rates rates;
    lines[0] = (struct fq_plan_line){ 400, 100 };
    lines[1] = (struct fq_plan_line){ 400, 225 };
    assert_int_equal(fq_annual_rates(800, lines, 2, &rates), 0);
    assert_rates(rates,
                 (struct fq_annual_rates){ 3000000, 30000, 13551915, 135519, 2437500, 24375 });
}

/* Everything in the twelfth month: the effective rate is the fee itself. */
static void test_twelve_months_and_one_payment(void **state)
{
    (void)state;
    struct fq_annual_rates rates;
    memset(lines, 0, sizeof(lines));
    lines[11] = (struct fq_plan_line){ 100000, 12345 };
    assert_int_equal(fq_annual_rates(100000, lines, 12, &rates), 0);
    assert_int_equal(rates.effective_ppm, 123450);
    assert_int_equal(rates.effective_bp, 1235);
    assert_int_equal(rates.simple_bp, 1235);
}

static void test_halves_go_up(void **state)
{
    (void)state;
    /* r = fee / 512: 23437.5 ppm each, 234.375 bp */
    struct fq_annual_rates rates;
    for (int64_t fee = 1; fee < 512; fee += 2) {
        rates = rate_of(512, fee, 1);
        assert_int_equal(rates.nominal_ppm, (46875 * fee + 1) / 2);
        assert_int_equal(rates.simple_ppm, (46875 * fee + 1) / 2);
    }
    /* r = 1 / 512 in two payments: 2 * 513^2 for 512 * 513 + 512^2 */
    rates = rate_of(524800, 1538, 2);
    assert_int_equal(rates.nominal_ppm, 23438);
    assert_int_equal(rates.nominal_bp, 234);
    /* r = 1 / 128: 937.5 bp */
    rates = rate_of(32896, 386, 2);
    assert_int_equal(rates.nominal_ppm, 93750);
    assert_int_equal(rates.nominal_bp, 938);
}

/* 1234.4996 bp are 123449.96 ppm: 123450 ppm, but not 1235 bp. */
static void test_nothing_is_rounded_twice(void **state)
{
    (void)state;
    struct fq_annual_rates rates = rate_of(300000000, 3086249, 1);
    assert_int_equal(rates.nominal_ppm, 123450);
    assert_int_equal(rates.nominal_bp, 1234);
    assert_int_equal(rates.simple_ppm, 123450);
    assert_int_equal(rates.simple_bp, 1234);
}

static void test_no_fee_is_exactly_nothing(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= FQ_TERMS_MAX; n++)
        assert_rates(rate_of(FQ_MONEY_MINOR_MAX, 0, n), (struct fq_annual_rates){ 0 });
}

static void test_one_fen_more_raises_a_rate(void **state)
{
    (void)state;
    static const uint32_t terms[] = { 1, 2, 3, 24, 60 };
    for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        struct fq_annual_rates before = { 0 };
        for (int64_t fee = 1; fee <= 2000; fee++) {
            struct fq_annual_rates rates = rate_of(2000, fee, terms[i]);
            assert_true(rates.simple_ppm > before.simple_ppm);
            /* the remainder of the fee is paid first, so a fen may move to a later month */
            if (fee % terms[i] != 0 || terms[i] == 1) {
                assert_true(rates.nominal_ppm > before.nominal_ppm);
                assert_true(rates.effective_ppm > before.effective_ppm);
            }
            before = rates;
        }
    }
}

static void test_a_fee_paid_earlier_costs_more(void **state)
{
    (void)state;
    struct fq_annual_rates spread = rate_of(1200000, 90000, 12), first, last;
    rate_spread(1200000, 0, 12);
    lines[0].fee_minor = 90000;
    assert_int_equal(fq_annual_rates(1200000, lines, 12, &first), 0);
    lines[0].fee_minor = 0;
    lines[11].fee_minor = 90000;
    assert_int_equal(fq_annual_rates(1200000, lines, 12, &last), 0);
    assert_true(first.nominal_ppm > spread.nominal_ppm);
    assert_true(spread.nominal_ppm > last.nominal_ppm);
    assert_int_equal(first.simple_ppm, last.simple_ppm);
}

/* What is charged on what remains is always more than what is advertised. */
static void test_the_truth_is_above_the_advertisement(void **state)
{
    (void)state;
    for (uint32_t n = 2; n <= FQ_TERMS_MAX; n++)
        for (int64_t fee = 1000; fee <= 100000; fee += 9900) {
            struct fq_annual_rates rates = rate_of(100000, fee, n);
            assert_true(rates.simple_ppm < rates.nominal_ppm);
            assert_true(rates.nominal_ppm < rates.effective_ppm);
        }
}

static void test_what_has_no_rate(void **state)
{
    (void)state;
    struct fq_annual_rates rates = { .nominal_bp = -1 };
    rate_spread(6000, 600, 60);
    assert_int_equal(fq_annual_rates(6000, lines, 0, &rates), FQ_RATES_E_NONE);
    assert_int_equal(fq_annual_rates(6000, lines, FQ_TERMS_MAX + 1, &rates), FQ_RATES_E_NONE);
    assert_int_equal(fq_annual_rates(0, lines, 60, &rates), FQ_RATES_E_NONE);
    assert_int_equal(fq_annual_rates(-6000, lines, 60, &rates), FQ_RATES_E_NONE);
    assert_int_equal(fq_annual_rates(FQ_MONEY_MINOR_MAX + 1, lines, 60, &rates), FQ_RATES_E_NONE);
    assert_int_equal(fq_annual_rates(6601, lines, 60, &rates), FQ_RATES_E_NONE); /* too little */
    assert_int_equal(fq_annual_rates(3299, lines, 60, &rates), FQ_RATES_E_NONE); /* over 100 % */
    lines[0] = (struct fq_plan_line){ -1, 111 };
    assert_int_equal(fq_annual_rates(6000, lines, 60, &rates), FQ_RATES_E_NONE);
    lines[0] = (struct fq_plan_line){ 111, -1 };
    assert_int_equal(fq_annual_rates(6000, lines, 60, &rates), FQ_RATES_E_NONE);
    lines[0] = (struct fq_plan_line){ INT64_MAX, 1 };
    assert_int_equal(fq_annual_rates(6000, lines, 60, &rates), FQ_RATES_E_NONE);
    lines[0] = (struct fq_plan_line){ INT64_MAX, 0 };
    assert_int_equal(fq_annual_rates(6000, lines, 60, &rates), FQ_RATES_E_NONE);
    assert_int_equal(rates.nominal_bp, -1);
}

static void test_the_smallest_rate_of_the_largest_amount(void **state)
{
    (void)state;
    struct fq_annual_rates rates = rate_of(FQ_MONEY_MINOR_MAX, 1, 60);
    assert_rates(rates, (struct fq_annual_rates){ 0 });
    rates = rate_of(FQ_MONEY_MINOR_MAX, 500, 1); /* 0.6 ppm */
    assert_rates(rates, (struct fq_annual_rates){ 1, 0, 1, 0, 1, 0 });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_published_table_is_reproduced),
        cmocka_unit_test(test_one_payment_with_a_tenth_more),
        cmocka_unit_test(test_the_highest_rate_there_is),
        cmocka_unit_test(test_two_payments_at_two_percent_a_month),
        cmocka_unit_test(test_two_unequal_payments),
        cmocka_unit_test(test_twelve_months_and_one_payment),
        cmocka_unit_test(test_halves_go_up),
        cmocka_unit_test(test_nothing_is_rounded_twice),
        cmocka_unit_test(test_no_fee_is_exactly_nothing),
        cmocka_unit_test(test_one_fen_more_raises_a_rate),
        cmocka_unit_test(test_a_fee_paid_earlier_costs_more),
        cmocka_unit_test(test_the_truth_is_above_the_advertisement),
        cmocka_unit_test(test_what_has_no_rate),
        cmocka_unit_test(test_the_smallest_rate_of_the_largest_amount),
    };
    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
