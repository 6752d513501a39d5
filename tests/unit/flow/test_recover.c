/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds: what is due is asked about until the platform's own word ends it; time alone never does.
 */
#include "tests/unit/flow/fake_ask.h"

static struct fake_ask created;
static char number[64];

static void recover_opened(void)
{
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    memcpy(number, fake.number_asked, sizeof(number));
}

static void test_an_unopened_payment_expires(void **state)
{
    (void)state;
    fake_create(&created, "key-00000001", "order-1");
    fq_flow_start(fake.flow);
    fake_pass(FAKE_LIFE_MS - 1000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    fake_pass(2000);
    assert_int_equal(fake_ledger(0)->payment.close_reason, FQ_CLOSE_EXPIRED);
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_CLOSED), 1);
}

static void test_expiry_wakes_who_waits(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_create(&created, "key-00000001", "order-1");
    fq_flow_start(fake.flow);
    fake_pass(FAKE_LIFE_MS - 1000);
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.wait_ms = 25000;
    fq_flow_operation(fake.flow, operation);
    fake_pass(2000);
    assert_int_equal(ask.n_finished, 1);
    assert_int_equal(ask.state, FQ_PAYMENT_CLOSED);
}

static void test_a_sent_order_is_asked_about_on_schedule(void **state)
{
    (void)state;
    recover_opened();
    fq_flow_start(fake.flow);
    fake_pass(1900);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 0);
    fake_pass(700);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    fake_pass(60000);
    assert_true(fake.n_sent[FQ_CALL_QUERY] >= 5);
    assert_true(fake.n_sent[FQ_CALL_QUERY] <= 7);
    assert_string_equal(fake.number_sent, number);
}

static void test_a_round_finds_it_paid(void **state)
{
    (void)state;
    recover_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fq_flow_start(fake.flow);
    fake_pass(3000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    fake_pass(120000);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
}

/* The platform's notification is lost, and for a minute our clock is a year ahead: what was asked
 * about meanwhile is not put off for a year. */
static void test_a_clock_that_was_ahead_forgets_no_order(void **state)
{
    (void)state;
    const int64_t year_ms = INT64_C(365) * 86400000;
    recover_opened();
    for (int i = 0; i < 4; i++)
        fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
    fq_flow_start(fake.flow);
    fake.now_ms += year_ms;
    fake_pass(60000);
    assert_true(fake_ledger(0)->attempts[0].due_ms > fake.now_ms);
    fake.now_ms -= year_ms;
    fq_flow_drain(fake.flow); /* and a restart */
    fake_stop();
    fake_start();
    fake.n_words = 0;
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fq_flow_start(fake.flow);
    fake_pass(1000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

static void test_silence_ends_nothing(void **state)
{
    (void)state;
    recover_opened();
    fq_flow_start(fake.flow);
    fake_pass(FAKE_LIFE_MS + FAKE_MARGIN_MS + FQ_OPERATOR_AFTER_MS + 120000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_SENT);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 1);
}

static void recover_say_often(uint32_t outcome)
{
    for (int i = 0; i < 40; i++)
        fake_say(FQ_CALL_QUERY, outcome);
}

static void test_not_found_counts_from_deadline_and_margin_on(void **state)
{
    (void)state;
    recover_opened();
    recover_say_often(FQ_OUTCOME_NOT_FOUND);
    fq_flow_start(fake.flow);
    fake_pass(FAKE_LIFE_MS + FAKE_MARGIN_MS - 100);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    fake_pass(1000);
    assert_int_equal(fake_ledger(0)->payment.close_reason, FQ_CLOSE_EXPIRED);
}

static void test_what_is_still_open_after_its_deadline_is_closed_at_the_platform(void **state)
{
    (void)state;
    recover_opened();
    recover_say_often(FQ_OUTCOME_PENDING);
    fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_CLOSED);
    fq_flow_start(fake.flow);
    fake_pass(FAKE_LIFE_MS - 1000);
    assert_int_equal(fake.n_sent[FQ_CALL_CLOSE_ORDER], 0);
    fake_pass(90000);
    assert_int_equal(fake.n_sent[FQ_CALL_CLOSE_ORDER], 1);
    assert_int_equal(fake_ledger(0)->payment.close_reason, FQ_CLOSE_EXPIRED);
}

/* The answer takes longer than a round: it is waited for, not asked again. */
static void test_rounds_skip_what_somebody_asks_about(void **state)
{
    (void)state;
    recover_opened();
    fq_flow_start(fake.flow);
    fake.now_ms += 3000;
    fq_timers_fire(fake.timers, fake.now_ms);
    fake_run_until(FAKE_ADAPT);
    fake_step(fake_nth(FAKE_ADAPT, 0));
    assert_int_equal(fake_n_pending(FAKE_SEND), 1);
    for (int i = 0; i < 5; i++) {
        fake.now_ms += 500;
        fq_timers_fire(fake.timers, fake.now_ms);
        fake_step(fake_nth(FAKE_READ, 0));
    }
    assert_int_equal(fake_n_pending(FAKE_SEND), 1);
    assert_int_equal(fake_n_pending(FAKE_ADAPT), 0);
    fake_run();
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
}

static void test_a_payment_of_an_absent_channel_is_put_off(void **state)
{
    (void)state;
    recover_opened();
    fake.channel_conf.name = fq_lit("second-cn");
    fq_flow_start(fake.flow);
    fake_pass(30000);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 0);
    assert_true(fake_ledger(0)->attempts[0].due_ms > fake.now_ms);
    fake.channel_conf.name = fake.channel_names[0];
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_pass(61000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

/* Nobody can say more until it is configured again: a person has to know. */
static void test_what_nobody_can_be_asked_about_reaches_the_operator(void **state)
{
    (void)state;
    recover_opened();
    fake.channel_conf.name = fq_lit("second-cn");
    fq_flow_start(fake.flow);
    fake.now_ms = fake_ledger(0)->attempts[0].settle_after_ms;
    fake_pass(FQ_OPERATOR_AFTER_MS - 61000);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 0);
    fake_pass(FQ_OPERATOR_AFTER_MS * 2);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 1);
    assert_true(fake_ledger(0)->attempts[0].unknown_ms > 0);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_SENT);
    fake.channel_conf.name = fake.channel_names[0];
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_pass(FQ_OPERATOR_AFTER_MS);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake_ledger(0)->payment.flags & FQ_FLAG_FOR_OPERATOR, 0);
}

static void test_a_refund_of_an_absent_channel_reaches_the_operator(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_pay(&created, "key-00000001", "order-1", number);
    fake.transport = FQ_TRANSPORT_NOT_SENT;
    fake_refund(&ask, "refund-0001", created.payment_id, 5000);
    fake.channel_conf.name = fq_lit("second-cn");
    fake.now_ms += FQ_REFUND_DEADLINE_MS;
    fq_flow_start(fake.flow);
    fake_pass(120000);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 1);
    assert_true(fake_ledger(0)->refunds[0].unknown_ms > 0);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_RESERVED);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
    fake.channel_conf.name = fake.channel_names[0];
}

static void test_faults_of_the_store_are_survived(void **state)
{
    (void)state;
    recover_opened();
    fq_flow_start(fake.flow);
    fake.store.n_read_faults = 7;
    fake_pass(5000);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake.store.n_tx_faults = 1;
    fake_pass(70000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

static void test_a_draining_flow_starts_no_round(void **state)
{
    (void)state;
    recover_opened();
    fq_flow_start(fake.flow);
    fake_pass(100);
    fq_flow_drain(fake.flow);
    fake_pass(60000);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 0);
}

/* ---- late and double ---- */

static void recover_late(void)
{
    struct fake_page page;
    recover_opened();
    recover_say_often(FQ_OUTCOME_NOT_FOUND);
    fq_flow_start(fake.flow);
    fake_pass(FAKE_LIFE_MS + FAKE_MARGIN_MS + 1000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_CLOSED);
    for (int i = 0; i < 2; i++) {
        (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
        fake_run();
        assert_string_equal(page.body, "success");
    }
}

static void test_a_late_success_is_paid_and_told(void **state)
{
    (void)state;
    recover_late();
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_true(fake_ledger(0)->payment.flags & FQ_FLAG_LATE_SUCCESS);
    assert_int_equal(fake_n_events(FQ_EVENT_LATE_SUCCESS), 1);
    fake_pass(5000);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
}

static void test_a_late_success_goes_back_where_policy_says_so(void **state)
{
    (void)state;
    fake.merchants[0].on_late_success = FQ_POLICY_REFUND;
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    recover_late();
    const struct fq_payment *payment = &fake_ledger(0)->payment;
    assert_int_equal(payment->n_refunds, 1); /* with the win: no crash comes between */
    assert_int_equal(payment->refund_counted_minor, FAKE_AMOUNT);
    fake_pass(2000);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, FAKE_AMOUNT);
    assert_int_equal(fake_ledger(0)->refunds[0].origin, FQ_ORIGIN_AUTOMATIC);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
}

static void test_a_policy_that_cannot_be_carried_out_calls_the_operator(void **state)
{
    (void)state;
    fake.merchants[0].on_late_success = FQ_POLICY_REFUND;
    fake.adapter.refund = (struct fq_exchange){ NULL, NULL };
    recover_late();
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 1);
}

/* Two payments of one order; both are paid. */
static void recover_double(void)
{
    struct fake_ask second;
    struct fake_page page;
    recover_opened();
    struct fq_operation *operation = fake_create_request(&second, "key-00000002", "order-1");
    operation->create_payment.allow_parallel = true;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    fake_open(&page, &second);
    (void)fake_notify(&page, FQ_OUTCOME_PAID, fake.number_asked);
    fake_run();
    assert_int_equal(fake_n_events(FQ_EVENT_DOUBLE_PAID), 0);
    for (int i = 0; i < 2; i++) {
        (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
        fake_run();
        assert_string_equal(page.body, "success");
    }
}

static void test_an_order_paid_twice_is_told_once(void **state)
{
    (void)state;
    recover_double();
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake_ledger(1)->payment.state, FQ_PAYMENT_PAID);
    assert_true(fake_ledger(0)->payment.flags & FQ_FLAG_DOUBLE_PAID);
    assert_int_equal(fake_n_events(FQ_EVENT_DOUBLE_PAID), 1);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
}

static void test_of_an_order_paid_twice_the_later_goes_back_by_policy(void **state)
{
    (void)state;
    fake.merchants[0].on_double_paid = FQ_POLICY_REFUND;
    recover_double();
    assert_int_equal(fake_ledger(0)->payment.refund_counted_minor, FAKE_AMOUNT);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
    assert_int_equal(fake_ledger(1)->payment.n_refunds, 0);
}

/* The first order was proven dead, and is paid all the same, while a second one is open: that one
 * shall not be paid too. */
static void test_an_open_order_beside_a_paid_one_is_closed(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fake_page page;
    recover_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_CLOSED);
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    fake_open(&page, &created);
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
    fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_CLOSED);
    fq_flow_start(fake.flow);
    fake_pass(5000);
    assert_int_equal(fake_ledger(0)->attempts[1].state, FQ_ATTEMPT_DEAD);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_an_unopened_payment_expires),
        FAKE_TEST(test_expiry_wakes_who_waits),
        FAKE_TEST(test_a_sent_order_is_asked_about_on_schedule),
        FAKE_TEST(test_a_round_finds_it_paid),
        FAKE_TEST(test_a_clock_that_was_ahead_forgets_no_order),
        FAKE_TEST(test_silence_ends_nothing),
        FAKE_TEST(test_not_found_counts_from_deadline_and_margin_on),
        FAKE_TEST(test_what_is_still_open_after_its_deadline_is_closed_at_the_platform),
        FAKE_TEST(test_rounds_skip_what_somebody_asks_about),
        FAKE_TEST(test_a_payment_of_an_absent_channel_is_put_off),
        FAKE_TEST(test_what_nobody_can_be_asked_about_reaches_the_operator),
        FAKE_TEST(test_a_refund_of_an_absent_channel_reaches_the_operator),
        FAKE_TEST(test_faults_of_the_store_are_survived),
        FAKE_TEST(test_a_draining_flow_starts_no_round),
        FAKE_TEST(test_a_late_success_is_paid_and_told),
        FAKE_TEST(test_a_late_success_goes_back_where_policy_says_so),
        FAKE_TEST(test_a_policy_that_cannot_be_carried_out_calls_the_operator),
        FAKE_TEST(test_an_order_paid_twice_is_told_once),
        FAKE_TEST(test_of_an_order_paid_twice_the_later_goes_back_by_policy),
        FAKE_TEST(test_an_open_order_beside_a_paid_one_is_closed),
    };
    return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
