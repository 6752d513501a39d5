/* SPDX-License-Identifier: Apache-2.0 */
/* Rules against cash-out: what QuotePlans says, what CreatePayment refuses, what is kept and told.
 */
#include "tests/unit/flow/fake_ask.h"
#include "tests/unit/flow/fake_log.h"

#define HOUR_MS INT64_C(3600000)

/* The clock stands at 06:13:20 in Beijing. */
static struct fq_risk_rules *risk_rules(void)
{
    return &fake.merchants[0].risk;
}

static void risk_close_hours(void)
{
    risk_rules()->from_minute = 300;
    risk_rules()->until_minute = 420;
}

/* ---- deeds ---- */

/* Its quote was made before there were rules. */
static struct fq_operation *risk_request(struct fake_ask *ask, const char *key, const char *order,
                                         const char *buyer)
{
    struct fq_risk_rules rules = *risk_rules();
    *risk_rules() = (struct fq_risk_rules){ 0 };
    struct fq_operation *operation = fake_create_request(ask, key, order);
    *risk_rules() = rules;
    if (buyer != NULL)
        operation->create_payment.buyer_reference = fake_copied(operation, buyer);
    return operation;
}

/* The order is the key. */
static void risk_create(struct fake_ask *ask, const char *key, const char *buyer)
{
    fq_flow_operation(fake.flow, risk_request(ask, key, key, buyer));
    fake_run();
    assert_int_equal(ask->n_finished, 1);
}

static void risk_created(const char *key, const char *buyer)
{
    struct fake_ask ask;
    risk_create(&ask, key, buyer);
    assert_int_equal(ask.code, FQ_CODE_OK);
}

static void risk_refused(const char *key, const char *buyer, const char *reason,
                         int64_t retry_after_ms)
{
    struct fake_ask ask;
    size_t n_payments = fake.store.n_payments;
    size_t n_keys = fake.store.n_keys;
    risk_create(&ask, key, buyer);
    assert_int_equal(ask.code, FQ_CODE_FAILED_PRECONDITION);
    assert_string_equal(ask.reason, reason);
    assert_int_equal(ask.retry_after_ms, retry_after_ms);
    assert_int_equal(fake.store.n_payments, n_payments);
    assert_int_equal(fake.store.n_keys, n_keys);
}

/* What the only channel says; "": it is eligible. */
static void risk_quote(const char *buyer, size_t n_reads, const char *reason)
{
    struct fake_ask ask;
    struct fq_operation *operation = fake_request(&ask, FQ_OP_QUOTE_PLANS);
    operation->quote_plans =
        (struct fq_quote_plans){ .amount.minor = FAKE_AMOUNT,
                                 .currency = fq_lit("CNY"),
                                 .terminal = FQ_TERMINAL_DESKTOP,
                                 .buyer_reference = fake_copied(operation, buyer) };
    fq_flow_operation(fake.flow, operation);
    assert_int_equal(fake_n_pending(FAKE_READ), n_reads);
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_OK);
    assert_string_equal(ask.offer_reason, reason);
    assert_int_equal(ask.n_plans, *reason == '\0' ? 3 : 0);
}

/* ---- QuotePlans ---- */

static void test_a_quote_in_closed_hours_or_for_too_much_says_risk(void **state)
{
    (void)state;
    risk_close_hours();
    risk_quote("", 0, "RISK");
    fake.now_ms += HOUR_MS;
    risk_quote("", 0, "");
    risk_rules()->amount_max_minor = FAKE_AMOUNT - 1;
    risk_quote("", 0, "RISK");
    risk_rules()->amount_max_minor = FAKE_AMOUNT;
    risk_quote("", 0, "");
}

static void test_a_quote_in_a_burst_says_risk(void **state)
{
    (void)state;
    risk_rules()->n_payments_per_hour = 1;
    risk_quote("", 1, "");
    risk_created("key-00000001", NULL);
    risk_quote("", 1, "RISK");
    fake.now_ms += HOUR_MS;
    risk_quote("", 1, "");
}

static void test_a_quote_for_a_buyer_says_risk_before_the_buyer_chooses(void **state)
{
    (void)state;
    risk_rules()->n_buyer_payments_per_day = 1;
    risk_created("key-00000001", "anna");
    risk_quote("anna", 1, "RISK");
    risk_quote("berta", 1, "");
    risk_quote("", 0, "");
}

static void test_a_reference_is_not_read_where_no_rule_asks(void **state)
{
    (void)state;
    risk_rules()->amount_max_minor = FAKE_AMOUNT;
    risk_quote("anna", 0, "");
}

static void test_a_quote_that_cannot_be_read_is_a_fault(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fq_operation *operation = fake_request(&ask, FQ_OP_QUOTE_PLANS);
    operation->quote_plans = (struct fq_quote_plans){ .amount.minor = FAKE_AMOUNT,
                                                      .currency = fq_lit("CNY"),
                                                      .terminal = FQ_TERMINAL_DESKTOP };
    risk_rules()->n_payments_per_hour = 1;
    fake.store.n_read_faults = 1;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_INTERNAL);
}

static void test_what_is_no_reference_in_a_quote(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fq_operation *operation = fake_request(&ask, FQ_OP_QUOTE_PLANS);
    operation->quote_plans = (struct fq_quote_plans){ .amount.minor = FAKE_AMOUNT,
                                                      .currency = fq_lit("CNY"),
                                                      .terminal = FQ_TERMINAL_DESKTOP,
                                                      .buyer_reference = fq_lit("张三") };
    fq_flow_operation(fake.flow, operation);
    assert_int_equal(ask.code, FQ_CODE_INVALID_ARGUMENT);
    assert_string_equal(ask.field, "quote_plans.buyer_reference");
}

/* ---- CreatePayment: hours, amount ---- */

static void test_in_closed_hours_no_payment_is_made(void **state)
{
    (void)state;
    risk_close_hours();
    int64_t until_ms = FAKE_NOW_MS - FAKE_NOW_MS % HOUR_MS + HOUR_MS;
    risk_refused("key-00000001", NULL, "RISK_HOURS", until_ms - FAKE_NOW_MS);
    fake.now_ms = until_ms;
    risk_created("key-00000001", NULL);
}

static void test_above_the_amount_no_payment_is_made(void **state)
{
    (void)state;
    risk_rules()->amount_max_minor = FAKE_AMOUNT - 1;
    risk_refused("key-00000001", NULL, "RISK_AMOUNT", 0);
    risk_rules()->amount_max_minor = FAKE_AMOUNT;
    risk_created("key-00000001", NULL);
}

static void test_what_was_made_before_is_answered(void **state)
{
    (void)state;
    struct fake_ask first, again;
    risk_rules()->n_buyer_payments_per_day = 1;
    risk_create(&first, "key-00000001", "anna");
    risk_close_hours();
    risk_create(&again, "key-00000001", "anna");
    assert_string_equal(again.payment_id, first.payment_id);
}

/* ---- CreatePayment: the buyer ---- */

static void test_a_rule_about_the_buyer_needs_to_know_the_buyer(void **state)
{
    (void)state;
    struct fake_ask ask;
    risk_created("key-00000001", NULL);
    risk_rules()->n_buyer_refunds_per_week = 1;
    risk_create(&ask, "key-00000002", NULL);
    assert_int_equal(ask.code, FQ_CODE_INVALID_ARGUMENT);
    assert_string_equal(ask.reason, "BUYER_REFERENCE_MISSING");
    assert_string_equal(ask.field, "create_payment.buyer.reference");
    risk_created("key-00000002", "anna");
}

static void test_what_is_no_reference(void **state)
{
    (void)state;
    struct fake_ask ask;
    static const char *const wrong[] = { "a\nb", "\x7f", "\xe5\xbc\xa0", "tab\t" };
    for (size_t i = 0; i < fq_array_size(wrong); i++) {
        risk_create(&ask, "key-00000001", wrong[i]);
        assert_string_equal(ask.reason, "BUYER_REFERENCE_INVALID");
        assert_string_equal(ask.field, "create_payment.buyer.reference");
    }
    risk_created("key-00000001", " !~");
}

static void test_a_buyer_who_pays_too_often_waits(void **state)
{
    (void)state;
    risk_rules()->n_buyer_payments_per_day = 2;
    risk_created("key-00000001", "anna");
    fake.now_ms += HOUR_MS;
    risk_created("key-00000002", "anna");
    risk_refused("key-00000003", "anna", "RISK_BUYER_VELOCITY", 23 * HOUR_MS);
    risk_created("key-00000004", "berta");
    fake.now_ms += 23 * HOUR_MS - 1;
    risk_refused("key-00000003", "anna", "RISK_BUYER_VELOCITY", 1);
    fake.now_ms += 1;
    risk_created("key-00000003", "anna");
}

static void test_a_buyer_who_pays_too_much_waits(void **state)
{
    (void)state;
    risk_rules()->buyer_amount_per_day_minor = 2 * FAKE_AMOUNT;
    risk_created("key-00000001", "anna");
    risk_created("key-00000002", "anna");
    risk_refused("key-00000003", "anna", "RISK_BUYER_VELOCITY", 24 * HOUR_MS);
}

static void test_what_is_closed_no_longer_counts(void **state)
{
    (void)state;
    struct fake_ask made, closed;
    risk_rules()->n_buyer_payments_per_day = 1;
    risk_create(&made, "key-00000001", "anna");
    risk_refused("key-00000002", "anna", "RISK_BUYER_VELOCITY", 24 * HOUR_MS);
    fake_close(&closed, made.payment_id);
    assert_int_equal(closed.state, FQ_PAYMENT_CLOSED);
    risk_created("key-00000002", "anna");
}

static void test_of_two_at_once_one_is_made(void **state)
{
    (void)state;
    struct fake_ask first, second;
    risk_rules()->n_buyer_payments_per_day = 1;
    struct fq_operation *one = risk_request(&first, "key-00000001", "order-1", "anna");
    struct fq_operation *other = risk_request(&second, "key-00000002", "order-2", "anna");
    fq_flow_operation(fake.flow, one);
    fq_flow_operation(fake.flow, other);
    fake_run();
    assert_int_equal(first.code, FQ_CODE_OK);
    assert_string_equal(second.reason, "RISK_BUYER_VELOCITY");
    assert_int_equal(fake.store.n_payments, 1);
}

static void test_a_buyer_whose_money_goes_back_at_once_is_refused(void **state)
{
    (void)state;
    struct fake_ask made, refund;
    struct fake_page page;
    risk_rules()->n_buyer_refunds_per_week = 1;
    risk_create(&made, "key-00000001", "anna");
    fake_open(&page, &made);
    char number[64];
    memcpy(number, fake.number_asked, sizeof(number));
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    risk_created("key-00000002", "anna");
    fake_refund(&refund, "key-refund-1", made.payment_id, FAKE_AMOUNT);
    assert_int_equal(refund.code, FQ_CODE_OK);
    risk_refused("key-00000003", "anna", "RISK_BUYER_REFUNDS", 7 * 24 * HOUR_MS);
    risk_created("key-00000003", "berta");
}

/* ---- CreatePayment: the shop ---- */

static void test_a_burst_of_any_buyers_is_refused(void **state)
{
    (void)state;
    risk_rules()->n_payments_per_hour = 2;
    risk_created("key-00000001", NULL);
    fake.now_ms += 1000;
    risk_created("key-00000002", "anna");
    risk_refused("key-00000003", NULL, "RISK_BURST", HOUR_MS - 1000);
    fake.now_ms += HOUR_MS - 1000;
    risk_created("key-00000003", NULL);
}

/* ---- what is kept ---- */

static void test_a_buyer_is_kept_as_a_mac(void **state)
{
    (void)state;
    unsigned char mac[32];
    risk_rules()->n_buyer_payments_per_day = 9;
    risk_created("key-00000001", "anna");
    const struct fq_payment *payment = &fake_ledger(0)->payment;
    fake_world_mac(NULL, "buyer", fq_lit("shop/anna"), mac);
    assert_int_equal(payment->buyer.len, FQ_BUYER_SIZE);
    assert_memory_equal(payment->buyer.ptr, mac, FQ_BUYER_SIZE);
    assert_false(payment->is_counted);
}

static void test_without_rules_about_buyers_none_is_kept(void **state)
{
    (void)state;
    risk_rules()->n_payments_per_hour = 9;
    risk_created("key-00000001", "anna");
    assert_int_equal(fake_ledger(0)->payment.buyer.len, 0);
    assert_true(fake_ledger(0)->payment.is_counted);
}

static void test_another_buyer_is_other_content(void **state)
{
    (void)state;
    struct fake_ask first, again, other;
    risk_create(&first, "key-00000001", "anna");
    risk_create(&again, "key-00000001", "anna");
    assert_string_equal(again.payment_id, first.payment_id);
    risk_create(&other, "key-00000001", "berta");
    assert_int_equal(other.code, FQ_CODE_ALREADY_EXISTS);
    risk_create(&other, "key-00000001", NULL);
    assert_int_equal(other.code, FQ_CODE_ALREADY_EXISTS);
}

/* ---- what is told ---- */

static void test_the_operator_hears_which_rule_refused_whom(void **state)
{
    (void)state;
    struct fake_ask ask;
    risk_rules()->amount_max_minor = FAKE_AMOUNT - 1;
    fake_listen();
    risk_create(&ask, "key-00000001", "anna");
    fake_heard();
    fake_assert_said("refused by a rule against cash-out MERCHANT=shop ORDER=key-00000001 "
                     "CHANNEL=example-cn AMOUNT_MINOR=699900 RULE=amount_max REASON=RISK_AMOUNT");
    fake_assert_not_said("anna");
}

static void test_a_rule_that_was_not_the_reason_is_not_told(void **state)
{
    (void)state;
    struct fake_ask ask;
    risk_created("key-00000001", "anna");
    risk_rules()->amount_max_minor = FAKE_AMOUNT - 1;
    fake_listen();
    risk_create(&ask, "key-00000001", "berta");
    fake_heard();
    assert_int_equal(ask.code, FQ_CODE_ALREADY_EXISTS);
    fake_assert_not_said("cash-out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_a_quote_in_closed_hours_or_for_too_much_says_risk),
        FAKE_TEST(test_a_quote_in_a_burst_says_risk),
        FAKE_TEST(test_a_quote_for_a_buyer_says_risk_before_the_buyer_chooses),
        FAKE_TEST(test_a_reference_is_not_read_where_no_rule_asks),
        FAKE_TEST(test_a_quote_that_cannot_be_read_is_a_fault),
        FAKE_TEST(test_what_is_no_reference_in_a_quote),
        FAKE_TEST(test_in_closed_hours_no_payment_is_made),
        FAKE_TEST(test_above_the_amount_no_payment_is_made),
        FAKE_TEST(test_what_was_made_before_is_answered),
        FAKE_TEST(test_a_rule_about_the_buyer_needs_to_know_the_buyer),
        FAKE_TEST(test_what_is_no_reference),
        FAKE_TEST(test_a_buyer_who_pays_too_often_waits),
        FAKE_TEST(test_a_buyer_who_pays_too_much_waits),
        FAKE_TEST(test_what_is_closed_no_longer_counts),
        FAKE_TEST(test_of_two_at_once_one_is_made),
        FAKE_TEST(test_a_buyer_whose_money_goes_back_at_once_is_refused),
        FAKE_TEST(test_a_burst_of_any_buyers_is_refused),
        FAKE_TEST(test_a_buyer_is_kept_as_a_mac),
        FAKE_TEST(test_without_rules_about_buyers_none_is_kept),
        FAKE_TEST(test_another_buyer_is_other_content),
        FAKE_TEST(test_the_operator_hears_which_rule_refused_whom),
        FAKE_TEST(test_a_rule_that_was_not_the_reason_is_not_told),
    };
    return cmocka_run_group_tests_name("risk", tests, NULL, NULL);
}
