/* SPDX-License-Identifier: Apache-2.0 */
/* The rules against cash-out: each at its edges, their order, and when time heals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/core/risk.h"

#define MIDNIGHT_MS INT64_C(1700064000000) /* 2023-11-16 00:00 in Beijing */
#define MINUTE_MS   INT64_C(60000)

static struct fq_risk_rules rules;
static struct fq_risk_payment payments[FQ_RISK_PAYMENTS_MAX];
static struct fq_risk_history history;
static struct fq_risk_facts facts;

/* No rule, no past, noon. */
static int risk_begin(void **state)
{
    (void)state;
    rules = (struct fq_risk_rules){ 0 };
    history = (struct fq_risk_history){ .payments = payments };
    facts = (struct fq_risk_facts){ .now_ms = MIDNIGHT_MS + 12 * FQ_RISK_HOUR_MS,
                                    .amount_minor = 100000,
                                    .history = &history };
    return 0;
}

static void risk_hours_are(const char *hours)
{
    assert_int_equal(fq_risk_hours_read(fq_str_of(hours), &rules.from_minute, &rules.until_minute),
                     0);
}

/* Older than those before. */
static struct fq_risk_payment *risk_paid(int64_t ago_ms, int64_t amount_minor)
{
    struct fq_risk_payment *payment = &payments[history.n_payments++];
    *payment = (struct fq_risk_payment){ facts.now_ms - ago_ms, amount_minor, false };
    return payment;
}

static void risk_allowed(void)
{
    struct fq_risk_verdict verdict = fq_risk_check(&rules, &facts);
    assert_null(verdict.rule);
    assert_int_equal(verdict.status.code, FQ_CODE_OK);
}

static void risk_refused(const char *rule, const char *reason, int64_t retry_after_ms)
{
    struct fq_risk_verdict verdict = fq_risk_check(&rules, &facts);
    assert_non_null(verdict.rule);
    assert_string_equal(verdict.rule, rule);
    assert_int_equal(verdict.status.code, FQ_CODE_FAILED_PRECONDITION);
    assert_int_equal(verdict.status.blame, FQ_BLAME_CALLER);
    assert_string_equal(verdict.status.reason, reason);
    assert_true(verdict.status.text.len > 0);
    assert_int_equal(verdict.status.retry_after_ms, retry_after_ms);
}

static void test_without_rules_nothing_is_refused(void **state)
{
    (void)state;
    facts.amount_minor = INT64_C(9999999999);
    for (size_t i = 0; i < FQ_RISK_PAYMENTS_MAX; i++)
        risk_paid(0, INT64_C(9999999999))->went_back = true;
    history.nth_created_ms = facts.now_ms;
    for (int64_t minute = 0; minute < 1440; minute += 30) {
        facts.now_ms = MIDNIGHT_MS + minute * MINUTE_MS;
        risk_allowed();
    }
}

/* ---- hours ---- */

static void test_hours_are_refused_from_their_first_millisecond_to_their_last(void **state)
{
    (void)state;
    risk_hours_are("01:00-05:30");
    facts.now_ms = MIDNIGHT_MS + 60 * MINUTE_MS - 1;
    risk_allowed();
    facts.now_ms = MIDNIGHT_MS + 60 * MINUTE_MS;
    risk_refused("hours", "RISK_HOURS", 270 * MINUTE_MS);
    facts.now_ms = MIDNIGHT_MS + 330 * MINUTE_MS - 1;
    risk_refused("hours", "RISK_HOURS", 1);
    facts.now_ms = MIDNIGHT_MS + 330 * MINUTE_MS;
    risk_allowed();
}

static void test_hours_may_cross_midnight_in_beijing(void **state)
{
    (void)state;
    risk_hours_are("23:15-00:45");
    facts.now_ms = MIDNIGHT_MS - 45 * MINUTE_MS - 1;
    risk_allowed();
    facts.now_ms = MIDNIGHT_MS - 45 * MINUTE_MS;
    risk_refused("hours", "RISK_HOURS", 90 * MINUTE_MS);
    facts.now_ms = MIDNIGHT_MS - 1;
    risk_refused("hours", "RISK_HOURS", 45 * MINUTE_MS + 1);
    facts.now_ms = MIDNIGHT_MS;
    risk_refused("hours", "RISK_HOURS", 45 * MINUTE_MS);
    facts.now_ms = MIDNIGHT_MS + 45 * MINUTE_MS;
    risk_allowed();
}

static void test_hours_may_begin_or_end_at_midnight(void **state)
{
    (void)state;
    static const char *const evenings[] = { "22:00-24:00", "22:00-00:00" };
    for (size_t i = 0; i < fq_array_size(evenings); i++) {
        risk_hours_are(evenings[i]);
        facts.now_ms = MIDNIGHT_MS - 1;
        risk_refused("hours", "RISK_HOURS", 1);
        facts.now_ms = MIDNIGHT_MS;
        risk_allowed();
    }
    risk_hours_are("00:00-06:00");
    risk_refused("hours", "RISK_HOURS", 360 * MINUTE_MS);
    facts.now_ms = MIDNIGHT_MS - 1;
    risk_allowed();
}

static void test_what_are_no_hours(void **state)
{
    (void)state;
    static const char *const wrong[] = { "",
                                         "01:00",
                                         "1:00-05:30",
                                         "01:00-05:60",
                                         "24:00-05:00",
                                         "01:00-24:01",
                                         "01:00-01:00",
                                         "00:00-24:00",
                                         "01:00_05:30",
                                         "01:00-05:30 ",
                                         "-1:00-05:30",
                                         "0a:00-05:30" };
    for (size_t i = 0; i < fq_array_size(wrong); i++)
        assert_int_equal(
            fq_risk_hours_read(fq_str_of(wrong[i]), &rules.from_minute, &rules.until_minute),
            FQ_RISK_E_MALFORMED);
    assert_int_equal(rules.from_minute + rules.until_minute, 0);
}

/* ---- amount ---- */

static void test_an_amount_above_the_limit_is_refused_for_ever(void **state)
{
    (void)state;
    rules.amount_max_minor = 100000;
    risk_allowed();
    facts.amount_minor++;
    risk_refused("amount_max", "RISK_AMOUNT", 0);
}

/* ---- the buyer ---- */

static void test_a_buyers_payments_in_a_day_are_counted(void **state)
{
    (void)state;
    rules.n_buyer_payments_per_day = 2;
    risk_paid(1000, 1);
    risk_allowed();
    risk_paid(FQ_RISK_DAY_MS - 1, 1);
    risk_refused("buyer_payments_per_day", "RISK_BUYER_VELOCITY", 1);
    facts.now_ms++;
    risk_allowed();
}

/* Made under an earlier configuration: it heals when few enough are left. */
static void test_more_payments_than_are_allowed_heal_one_by_one(void **state)
{
    (void)state;
    rules.n_buyer_payments_per_day = 2;
    risk_paid(1000, 1);
    risk_paid(5000, 1);
    risk_paid(9000, 1);
    risk_refused("buyer_payments_per_day", "RISK_BUYER_VELOCITY", FQ_RISK_DAY_MS - 5000);
}

static void test_a_buyers_amounts_in_a_day_are_summed(void **state)
{
    (void)state;
    rules.buyer_amount_per_day_minor = 300000;
    risk_paid(1000, 100000);
    risk_paid(FQ_RISK_DAY_MS - 1, 100000);
    risk_paid(FQ_RISK_DAY_MS, 100000);
    risk_allowed();
    facts.amount_minor++;
    risk_refused("buyer_amount_per_day", "RISK_BUYER_VELOCITY", 1);
    facts.now_ms++;
    risk_allowed();
}

static void test_an_amount_heals_when_enough_of_the_others_has_gone(void **state)
{
    (void)state;
    rules.buyer_amount_per_day_minor = 300000;
    risk_paid(1000, 150000);
    risk_paid(2000, 60000);
    risk_paid(3000, 90000);
    risk_refused("buyer_amount_per_day", "RISK_BUYER_VELOCITY", FQ_RISK_DAY_MS - 2000);
    facts.amount_minor = 300001;
    risk_refused("buyer_amount_per_day", "RISK_BUYER_VELOCITY", 0);
}

static void test_a_buyer_whose_payments_go_back_at_once_is_refused(void **state)
{
    (void)state;
    rules.n_buyer_refunds_per_week = 2;
    risk_paid(1000, 1);
    risk_paid(2000, 1)->went_back = true;
    risk_allowed();
    risk_paid(FQ_RISK_WEEK_MS - 1, 1)->went_back = true;
    risk_refused("buyer_refunds_per_week", "RISK_BUYER_REFUNDS", 1);
    facts.now_ms++;
    risk_allowed();
}

/* ---- the shop ---- */

static void test_a_burst_is_over_an_hour_after_it_began(void **state)
{
    (void)state;
    rules.n_payments_per_hour = 3;
    risk_allowed();
    history.nth_created_ms = facts.now_ms - FQ_RISK_HOUR_MS + 1;
    risk_refused("payments_per_hour", "RISK_BURST", 1);
    facts.now_ms++;
    risk_allowed();
}

/* ---- together ---- */

static void test_the_first_rule_that_refuses_is_named(void **state)
{
    (void)state;
    static const char *const order[] = { "hours",
                                         "amount_max",
                                         "buyer_payments_per_day",
                                         "buyer_amount_per_day",
                                         "buyer_refunds_per_week",
                                         "payments_per_hour" };
    rules = (struct fq_risk_rules){ .from_minute = 600,
                                    .until_minute = 900,
                                    .amount_max_minor = 1,
                                    .n_buyer_payments_per_day = 1,
                                    .buyer_amount_per_day_minor = 1,
                                    .n_buyer_refunds_per_week = 1,
                                    .n_payments_per_hour = 1 };
    risk_paid(0, 1)->went_back = true;
    history.nth_created_ms = facts.now_ms;
    for (size_t i = 0; i < fq_array_size(order); i++) {
        assert_string_equal(fq_risk_check(&rules, &facts).rule, order[i]);
        if (i == 0)
            rules.until_minute = rules.from_minute;
        int64_t *const off[] = { NULL,
                                 &rules.amount_max_minor,
                                 &rules.n_buyer_payments_per_day,
                                 &rules.buyer_amount_per_day_minor,
                                 &rules.n_buyer_refunds_per_week,
                                 &rules.n_payments_per_hour };
        if (i > 0)
            *off[i] = 0;
    }
    risk_allowed();
}

static void test_without_a_past_only_hour_and_amount_are_looked_at(void **state)
{
    (void)state;
    rules.n_buyer_payments_per_day = 1;
    rules.buyer_amount_per_day_minor = 1;
    rules.n_buyer_refunds_per_week = 1;
    rules.n_payments_per_hour = 1;
    facts.history = NULL;
    risk_allowed();
    rules.amount_max_minor = 1;
    risk_refused("amount_max", "RISK_AMOUNT", 0);
}

static void test_which_rules_need_to_know_the_buyer(void **state)
{
    (void)state;
    int64_t *const wants[] = { &rules.n_buyer_payments_per_day, &rules.buyer_amount_per_day_minor,
                               &rules.n_buyer_refunds_per_week };
    risk_hours_are("01:00-05:30");
    rules.amount_max_minor = 1;
    rules.n_payments_per_hour = 1;
    assert_false(fq_risk_wants_buyer(&rules));
    for (size_t i = 0; i < fq_array_size(wants); i++) {
        *wants[i] = 1;
        assert_true(fq_risk_wants_buyer(&rules));
        *wants[i] = 0;
    }
}

#define RISK_TEST(name) cmocka_unit_test_setup(name, risk_begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RISK_TEST(test_without_rules_nothing_is_refused),
        RISK_TEST(test_hours_are_refused_from_their_first_millisecond_to_their_last),
        RISK_TEST(test_hours_may_cross_midnight_in_beijing),
        RISK_TEST(test_hours_may_begin_or_end_at_midnight),
        RISK_TEST(test_what_are_no_hours),
        RISK_TEST(test_an_amount_above_the_limit_is_refused_for_ever),
        RISK_TEST(test_a_buyers_payments_in_a_day_are_counted),
        RISK_TEST(test_more_payments_than_are_allowed_heal_one_by_one),
        RISK_TEST(test_a_buyers_amounts_in_a_day_are_summed),
        RISK_TEST(test_an_amount_heals_when_enough_of_the_others_has_gone),
        RISK_TEST(test_a_buyer_whose_payments_go_back_at_once_is_refused),
        RISK_TEST(test_a_burst_is_over_an_hour_after_it_began),
        RISK_TEST(test_the_first_rule_that_refuses_is_named),
        RISK_TEST(test_without_a_past_only_hour_and_amount_are_looked_at),
        RISK_TEST(test_which_rules_need_to_know_the_buyer),
    };
    return cmocka_run_group_tests_name("risk", tests, NULL, NULL);
}
