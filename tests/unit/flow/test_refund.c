/* SPDX-License-Identifier: Apache-2.0 */
/* Refunds: reserved, sent, proven; never twice, never more than was paid. */
#include "tests/unit/flow/fake_ask.h"

static struct fake_ask created;
static char number[64];

static void refund_paid(void)
{
    fake_pay(&created, "key-00000001", "order-1", number);
}

static const struct fq_refund *refund_row(uint32_t n)
{
    return fq_ledger_refund(fake_ledger(0), n);
}

static void test_a_refund_is_reserved_sent_queried_and_proven(void **state)
{
    (void)state;
    struct fake_ask ask, got;
    refund_paid();
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    assert_int_equal(ask.code, FQ_CODE_OK);
    assert_int_equal(ask.refund_state, FQ_REFUND_RESERVED);
    assert_int_equal(refund_row(1)->state, FQ_REFUND_REFUNDED);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 100000);
    assert_int_equal(fake_n_events(FQ_EVENT_REFUNDED), 1);
    fake_get_refund(&got, ask.refund_id, false);
    assert_int_equal(got.refund_state, FQ_REFUND_REFUNDED);
}

static void test_nothing_is_sent_before_the_reservation_is_committed(void **state)
{
    (void)state;
    struct fake_ask ask;
    refund_paid();
    fake.store.n_tx_faults = 1;
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    assert_int_equal(ask.code, FQ_CODE_INTERNAL);
    fake.store.n_tx_faults = 1;
    fake.store.tx_fault = -ENOSPC;
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    fake_assert_unavailable(&ask);
    assert_int_equal(fake.n_begun[FQ_CALL_REFUND], 0);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
}

static void test_the_same_key_and_content_is_the_same_refund(void **state)
{
    (void)state;
    struct fake_ask first, second;
    refund_paid();
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fake_refund(&first, "refund-0001", created.payment_id, 100000);
    fake_refund(&second, "refund-0001", created.payment_id, 100000);
    assert_string_equal(second.refund_id, first.refund_id);
    assert_int_equal(second.refund_state, FQ_REFUND_REFUNDED);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
}

static void test_the_same_key_with_other_content_is_a_conflict(void **state)
{
    (void)state;
    struct fake_ask ask;
    refund_paid();
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    fake_refund(&ask, "refund-0001", created.payment_id, 100001);
    assert_int_equal(ask.code, FQ_CODE_ALREADY_EXISTS);
    fake_refund(&ask, "key-00000001", created.payment_id, 100000);
    assert_int_equal(ask.code, FQ_CODE_ALREADY_EXISTS);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
}

static void test_refunds_together_never_exceed_what_was_paid(void **state)
{
    (void)state;
    struct fake_ask first, second;
    refund_paid();
    fq_flow_operation(fake.flow,
                      fake_refund_request(&first, "refund-0001", created.payment_id, 400000));
    fq_flow_operation(fake.flow,
                      fake_refund_request(&second, "refund-0002", created.payment_id, 400000));
    fake_step(fake_nth(FAKE_TX, 1));
    fake_run();
    assert_int_equal(second.code, FQ_CODE_OK);
    assert_string_equal(first.reason, "MORE_THAN_LEFT");
    assert_int_equal(fake_ledger(0)->payment.refund_counted_minor, 400000);
}

static void test_what_cannot_be_refunded_is_refused(void **state)
{
    (void)state;
    struct fake_ask unpaid, ask;
    fake_create(&unpaid, "key-00000009", "order-9");
    fake_refund(&ask, "refund-0001", unpaid.payment_id, 100);
    assert_string_equal(ask.reason, "NOT_PAID");
    refund_paid();
    fake_refund(&ask, "refund-0001", created.payment_id, 0);
    assert_string_equal(ask.reason, "AMOUNT_NOT_POSITIVE");
    fake_refund(&ask, "refund-0001", created.payment_id, INT64_MAX);
    assert_string_equal(ask.reason, "AMOUNT_NOT_POSITIVE");
    fake_refund(&ask, "refund-0001", created.payment_id, FAKE_AMOUNT + 1);
    assert_string_equal(ask.reason, "MORE_THAN_LEFT");
    fake_refund(&ask, "refund-0001", "p123", 100);
    assert_string_equal(ask.field, "create_refund.payment_id");
    fake.channel.about.partial_refund = 0;
    fake_refund(&ask, "refund-0001", created.payment_id, 100);
    assert_string_equal(ask.reason, "PARTIAL_REFUND_NOT_SUPPORTED");
    fake.adapter.refund = (struct fq_exchange){ NULL, NULL };
    fake_refund(&ask, "refund-0001", created.payment_id, FAKE_AMOUNT);
    assert_string_equal(ask.reason, "REFUND_NOT_SUPPORTED");
}

static void test_another_merchant_refunds_nothing_here(void **state)
{
    (void)state;
    struct fake_ask ask;
    refund_paid();
    struct fq_operation *operation =
        fake_refund_request(&ask, "refund-0001", created.payment_id, 100);
    operation->merchant = &fake.merchants[1];
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_NOT_FOUND);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
}

/* ---- what the platform answers ---- */

static void test_a_lost_answer_is_asked_about_then_sent_under_the_same_number(void **state)
{
    (void)state;
    struct fake_ask ask;
    char refund_number[64];
    refund_paid();
    fq_flow_start(fake.flow);
    fake.transport = FQ_TRANSPORT_LOST;
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    memcpy(refund_number, fake.number_refund, sizeof(refund_number));
    assert_int_equal(refund_row(1)->state, FQ_REFUND_SUBMITTED);
    for (int i = 0; i < 8; i++)
        fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_PENDING)->platform_code = fq_lit("10000");
    fake_pass(FQ_RESUBMIT_AFTER_MS + 20000);
    assert_true(fake.n_sent[FQ_CALL_REFUND] >= 2);
    assert_string_equal(fake.number_refund, refund_number);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
    fake.n_words = 0;
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fake_pass(90000);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 100000);
}

/* Each question puts the next round off: the shop's own must do what a round would. */
static void test_a_shop_that_asks_all_the_time_keeps_no_refund_from_being_sent_again(void **state)
{
    (void)state;
    struct fake_ask ask, got;
    refund_paid();
    fake.transport = FQ_TRANSPORT_LOST;
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    for (int i = 0; i < 30; i++) {
        fake.now_ms += FQ_RESUBMIT_AFTER_MS / 10;
        fake.n_words = 0;
        fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_NOT_FOUND)->platform_code = fq_lit("40004");
        fake_get_refund(&got, ask.refund_id, true);
    }
    assert_true(fake.n_sent[FQ_CALL_REFUND] >= 2);
    assert_true(fake.n_sent[FQ_CALL_REFUND] <= 4);
}

static void test_an_unheard_platform_gets_no_second_refund(void **state)
{
    (void)state;
    struct fake_ask ask;
    refund_paid();
    fake.transport = FQ_TRANSPORT_LOST;
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    fq_flow_start(fake.flow);
    for (int i = 0; i < 10; i++) {
        fake.transport = FQ_TRANSPORT_LOST;
        fake_pass(5000);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
    assert_true(fake.n_sent[FQ_CALL_QUERY_REFUND] >= 2);
}

static void test_accepted_alone_is_not_refunded(void **state)
{
    (void)state;
    struct fake_ask ask, got;
    refund_paid();
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_PENDING);
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    assert_int_equal(refund_row(1)->state, FQ_REFUND_SUBMITTED);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 0);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fake_get_refund(&got, ask.refund_id, true);
    assert_int_equal(got.refund_state, FQ_REFUND_REFUNDED);
}

static void test_a_refusal_releases_what_was_reserved(void **state)
{
    (void)state;
    struct fake_ask ask;
    refund_paid();
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_REFUND_FAILED)->platform_code = fq_lit("ACQ.NO");
    fake_refund(&ask, "refund-0001", created.payment_id, FAKE_AMOUNT);
    assert_int_equal(refund_row(1)->state, FQ_REFUND_FAILED);
    assert_int_equal(fake_ledger(0)->payment.refund_counted_minor, 0);
    assert_int_equal(fake_n_events(FQ_EVENT_REFUND_FAILED), 1);
    fake_refund(&ask, "refund-0002", created.payment_id, FAKE_AMOUNT);
    assert_int_equal(ask.code, FQ_CODE_OK);
}

static void test_a_refusal_without_a_signature_releases_nothing(void **state)
{
    (void)state;
    struct fake_ask ask;
    refund_paid();
    fake_word_of(fake_say(FQ_CALL_REFUND, FQ_OUTCOME_REFUND_FAILED))->is_unverified = true;
    fake_refund(&ask, "refund-0001", created.payment_id, FAKE_AMOUNT);
    assert_int_equal(refund_row(1)->state, FQ_REFUND_SUBMITTED);
    assert_int_equal(fake_ledger(0)->payment.refund_counted_minor, FAKE_AMOUNT);
}

static void test_another_refunds_amount_or_number_proves_nothing(void **state)
{
    (void)state;
    struct fake_ask ask, got;
    refund_paid();
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED)->amount =
        (struct fq_money){ 99999, "CNY", 2 };
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    assert_int_equal(refund_row(1)->state, FQ_REFUND_SUBMITTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED)->number = fq_lit("T1");
    fake_get_refund(&got, ask.refund_id, true);
    assert_int_equal(got.refund_state, FQ_REFUND_SUBMITTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED)->order_number = fq_lit("T1");
    fake_get_refund(&got, ask.refund_id, true);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY_REFUND], 3);
    assert_int_equal(refund_row(1)->state, FQ_REFUND_SUBMITTED);
}

static void test_a_refund_that_cannot_be_planned_backs_off(void **state)
{
    (void)state;
    struct fake_ask ask;
    refund_paid();
    fq_flow_start(fake.flow);
    fake.begin_fault = FQ_CALL_REFUND;
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    fake_pass(60000);
    assert_int_equal(refund_row(1)->state, FQ_REFUND_RESERVED);
    assert_true(fake.n_begun[FQ_CALL_REFUND] < 8);
    fake.begin_fault = 0;
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fake_pass(61000);
    assert_int_equal(refund_row(1)->state, FQ_REFUND_REFUNDED);
}

/* The process ended after the reservation: the next round takes it up. */
static void test_a_reserved_refund_is_submitted_by_the_rounds(void **state)
{
    (void)state;
    struct fake_ask ask;
    refund_paid();
    fq_flow_operation(fake.flow,
                      fake_refund_request(&ask, "refund-0001", created.payment_id, 100000));
    fake_step(0);
    fake_step(fake_nth(FAKE_ADAPT, 0));
    fake.store.n_tx_faults = 1; /* the commit of the submission */
    fake_run();
    assert_int_equal(refund_row(1)->state, FQ_REFUND_RESERVED);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 0);
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fq_flow_start(fake.flow);
    fake_pass(1000);
    assert_int_equal(refund_row(1)->state, FQ_REFUND_REFUNDED);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
}

/* ---- notifications of refunds ---- */

static void test_a_notification_proves_a_refund_once(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fake_page page;
    char refund_number[64];
    refund_paid();
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    memcpy(refund_number, fake.number_refund, sizeof(refund_number));
    for (int i = 0; i < 2; i++) {
        struct fq_verdict *verdict = fake_notify(&page, FQ_OUTCOME_REFUNDED, refund_number);
        verdict->object = FQ_OBJECT_REFUND;
        verdict->amount = (struct fq_money){ 100000, "CNY", 2 };
        fake_run();
        assert_string_equal(page.body, "success");
    }
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 100000);
    assert_int_equal(fake_n_events(FQ_EVENT_REFUNDED), 1);
}

static void test_a_notified_refund_of_another_amount_is_refused(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fake_page page;
    char refund_number[64];
    refund_paid();
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    memcpy(refund_number, fake.number_refund, sizeof(refund_number));
    struct fq_verdict *verdict = fake_notify(&page, FQ_OUTCOME_REFUNDED, refund_number);
    verdict->object = FQ_OBJECT_REFUND;
    verdict->amount = (struct fq_money){ FAKE_AMOUNT, "CNY", 2 };
    fake_run();
    assert_int_equal(page.status, 400);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 0);
}

static void refund_notify_foreign(struct fake_page *page)
{
    struct fq_verdict *verdict = fake_notify(page, FQ_OUTCOME_UNSET, "CONSOLE1");
    verdict->step = FQ_STEP_ASK;
    verdict->object = FQ_OBJECT_REFUND;
    verdict->order_number = fq_str_of(number);
    fake_run();
}

/* Made in the merchant's console: asked about, booked, counted, and only then acknowledged. */
static void test_a_refund_made_elsewhere_is_proven_and_booked_once(void **state)
{
    (void)state;
    struct fake_page page;
    refund_paid();
    refund_notify_foreign(&page);
    assert_int_equal(page.status, 503);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
    for (int i = 0; i < 2; i++) {
        fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED)->amount =
            (struct fq_money){ 5000, "CNY", 2 };
        refund_notify_foreign(&page);
        assert_string_equal(page.body, "success");
    }
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
    assert_int_equal(refund_row(1)->origin, FQ_ORIGIN_PLATFORM);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 5000);
    assert_int_equal(fake_n_events(FQ_EVENT_FOREIGN_REFUND), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_a_refund_is_reserved_sent_queried_and_proven),
        FAKE_TEST(test_nothing_is_sent_before_the_reservation_is_committed),
        FAKE_TEST(test_the_same_key_and_content_is_the_same_refund),
        FAKE_TEST(test_the_same_key_with_other_content_is_a_conflict),
        FAKE_TEST(test_refunds_together_never_exceed_what_was_paid),
        FAKE_TEST(test_what_cannot_be_refunded_is_refused),
        FAKE_TEST(test_another_merchant_refunds_nothing_here),
        FAKE_TEST(test_a_lost_answer_is_asked_about_then_sent_under_the_same_number),
        FAKE_TEST(test_a_shop_that_asks_all_the_time_keeps_no_refund_from_being_sent_again),
        FAKE_TEST(test_an_unheard_platform_gets_no_second_refund),
        FAKE_TEST(test_accepted_alone_is_not_refunded),
        FAKE_TEST(test_a_refusal_releases_what_was_reserved),
        FAKE_TEST(test_a_refusal_without_a_signature_releases_nothing),
        FAKE_TEST(test_another_refunds_amount_or_number_proves_nothing),
        FAKE_TEST(test_a_refund_that_cannot_be_planned_backs_off),
        FAKE_TEST(test_a_reserved_refund_is_submitted_by_the_rounds),
        FAKE_TEST(test_a_notification_proves_a_refund_once),
        FAKE_TEST(test_a_notified_refund_of_another_amount_is_refused),
        FAKE_TEST(test_a_refund_made_elsewhere_is_proven_and_booked_once),
    };
    return cmocka_run_group_tests_name("refund", tests, NULL, NULL);
}
