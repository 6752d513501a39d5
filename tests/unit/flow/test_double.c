/* SPDX-License-Identifier: Apache-2.0 */
/* Two tries of one payment are both paid: each try's money goes back once, and no more than that.
 */
#include "tests/unit/flow/fake_ask.h"

static struct fake_ask created;
static char numbers[2][64]; /* of the tries, in the order in which they were opened */

static int double_begin(void **state)
{
    (void)fake_begin_test(state);
    fake.channel.about.reopen_is_same_order = 0;
    fake.merchants[0].reopen = true;
    return 0;
}

static void double_notify(const char *number)
{
    struct fake_page page;
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    assert_string_equal(page.body, "success");
}

/* Both are paid; `first`, 0 or 1, before the other. Each is told twice. */
static void double_paid(size_t first)
{
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    for (size_t i = 0; i < 2; i++) {
        fake_open(&page, &created);
        memcpy(numbers[i], fake.number_asked, sizeof(numbers[i]));
    }
    for (size_t i = 0; i < 4; i++)
        double_notify(numbers[i < 2 ? first : 1 - first]);
}

static const struct fq_refund *double_refund(uint32_t n)
{
    return fq_ledger_refund(fake_ledger(0), n);
}

static void double_ask(const char *key, int64_t minor, const char *reason)
{
    struct fake_ask ask;
    fake_refund(&ask, key, created.payment_id, minor);
    assert_string_equal(ask.reason, reason);
    assert_int_equal(ask.code, reason[0] == '\0' ? FQ_CODE_OK : FQ_CODE_INVALID_ARGUMENT);
}

static void test_both_are_won_and_it_is_told_once(void **state)
{
    (void)state;
    double_paid(0);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_WON);
    assert_int_equal(fake_ledger(0)->attempts[1].state, FQ_ATTEMPT_WON);
    assert_true(fake_ledger(0)->payment.flags & FQ_FLAG_DOUBLE_PAID);
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_PAID), 1);
    assert_int_equal(fake_n_events(FQ_EVENT_DOUBLE_PAID), 1);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
}

/* ---- by policy ---- */

static void double_say_refunded(void)
{
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
}

static void test_by_policy_the_later_ones_money_goes_back_whole(void **state)
{
    (void)state;
    fake.merchants[0].on_double_paid = FQ_POLICY_REFUND;
    double_paid(0);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
    assert_int_equal(double_refund(1)->attempt_n, 2);
    assert_int_equal(double_refund(1)->amount_minor, FAKE_AMOUNT);
    assert_int_equal(double_refund(1)->origin, FQ_ORIGIN_AUTOMATIC);
    double_say_refunded();
    fq_flow_start(fake.flow);
    fake_pass(60000);
    assert_int_equal(double_refund(1)->state, FQ_REFUND_REFUNDED);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
    assert_string_equal(fake.number_order[FQ_CALL_REFUND], numbers[1]);
    assert_string_equal(fake.number_order[FQ_CALL_QUERY_REFUND], numbers[1]);
}

/* Opened first, paid last: the later one is who was paid later. */
static void test_later_is_who_was_paid_later(void **state)
{
    (void)state;
    fake.merchants[0].on_double_paid = FQ_POLICY_REFUND;
    double_paid(1);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
    assert_int_equal(double_refund(1)->attempt_n, 1);
    assert_int_equal(fake_ledger(0)->attempts[0].refund_counted_minor, FAKE_AMOUNT);
    assert_int_equal(fake_ledger(0)->attempts[1].refund_counted_minor, 0);
}

static void test_beside_the_policys_the_first_ones_money_goes_back_once(void **state)
{
    (void)state;
    fake.merchants[0].on_double_paid = FQ_POLICY_REFUND;
    double_paid(0);
    double_say_refunded();
    double_ask("refund-0001", FAKE_AMOUNT, "");
    double_ask("refund-0001", FAKE_AMOUNT, ""); /* the same one */
    double_ask("refund-0002", 1, "MORE_THAN_LEFT");
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 2);
    assert_int_equal(double_refund(2)->attempt_n, 1);
    assert_int_equal(double_refund(2)->state, FQ_REFUND_REFUNDED);
    assert_string_equal(fake.number_order[FQ_CALL_REFUND], numbers[0]);
    assert_int_equal(fake_ledger(0)->payment.refund_counted_minor, 2 * FAKE_AMOUNT);
}

static void test_a_policys_refund_that_fails_may_be_made_by_the_storefront(void **state)
{
    (void)state;
    fake.merchants[0].on_double_paid = FQ_POLICY_REFUND;
    double_paid(0);
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_REFUND_FAILED);
    fq_flow_start(fake.flow);
    fake_pass(5000);
    assert_int_equal(double_refund(1)->state, FQ_REFUND_FAILED);
    assert_int_equal(fake_ledger(0)->attempts[1].refund_counted_minor, 0);
    double_ask("refund-0001", FAKE_AMOUNT, "");
    double_ask("refund-0002", FAKE_AMOUNT, "");
    double_ask("refund-0003", 1, "MORE_THAN_LEFT");
    assert_int_not_equal(double_refund(2)->attempt_n, double_refund(3)->attempt_n);
}

/* ---- by hand ---- */

static void test_without_a_policy_each_ones_money_goes_back_once(void **state)
{
    (void)state;
    double_paid(0);
    double_ask("refund-0001", FAKE_AMOUNT, "");
    double_ask("refund-0002", FAKE_AMOUNT, "");
    double_ask("refund-0003", 1, "MORE_THAN_LEFT");
    assert_int_equal(double_refund(1)->attempt_n, 2);
    assert_int_equal(double_refund(2)->attempt_n, 1);
    assert_int_equal(fake_ledger(0)->payment.refund_counted_minor, 2 * FAKE_AMOUNT);
}

static void test_no_refund_is_larger_than_what_one_try_has_left(void **state)
{
    (void)state;
    double_paid(0);
    double_ask("refund-0001", FAKE_AMOUNT + 1, "MORE_THAN_LEFT");
    double_ask("refund-0002", FAKE_AMOUNT - 100, "");
    double_ask("refund-0003", FAKE_AMOUNT - 100, "");
    double_ask("refund-0004", 101, "MORE_THAN_LEFT"); /* though 200 are left in all */
    double_ask("refund-0005", 100, "");
    double_ask("refund-0006", 100, "");
    double_ask("refund-0007", 1, "MORE_THAN_LEFT");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(fake_ledger(0)->attempts[i].refund_counted_minor, FAKE_AMOUNT);
}

#define DOUBLE_TEST(name) cmocka_unit_test_setup_teardown(name, double_begin, fake_end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOUBLE_TEST(test_both_are_won_and_it_is_told_once),
        DOUBLE_TEST(test_by_policy_the_later_ones_money_goes_back_whole),
        DOUBLE_TEST(test_later_is_who_was_paid_later),
        DOUBLE_TEST(test_beside_the_policys_the_first_ones_money_goes_back_once),
        DOUBLE_TEST(test_a_policys_refund_that_fails_may_be_made_by_the_storefront),
        DOUBLE_TEST(test_without_a_policy_each_ones_money_goes_back_once),
        DOUBLE_TEST(test_no_refund_is_larger_than_what_one_try_has_left),
    };
    return cmocka_run_group_tests_name("double", tests, NULL, NULL);
}
