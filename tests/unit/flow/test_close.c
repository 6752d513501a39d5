/* SPDX-License-Identifier: Apache-2.0 */
/* ClosePayment: the wish at once, CLOSED with evidence only. */
#include "tests/unit/flow/fake_ask.h"

static void close_opened(struct fake_ask *created)
{
    struct fake_page page;
    fake_create(created, "key-00000001", "order-1");
    fake_open(&page, created);
}

static void test_with_nothing_sent_it_is_closed_at_once(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    fake_create(&created, "key-00000001", "order-1");
    for (int i = 0; i < 2; i++) {
        fake_close(&closed, created.payment_id);
        assert_int_equal(closed.state, FQ_PAYMENT_CLOSED);
        assert_int_equal(closed.close_reason, FQ_CLOSE_REQUESTED);
        assert_int_equal(closed.action, 0);
    }
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_CLOSED), 1);
}

static void test_with_a_live_order_it_closes_when_the_platform_says_so(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    close_opened(&created);
    fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_CLOSED);
    for (int i = 0; i < 2; i++) {
        fake_close(&closed, created.payment_id);
        assert_int_equal(closed.state, FQ_PAYMENT_CLOSED);
        assert_int_equal(closed.close_reason, FQ_CLOSE_REQUESTED);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_CLOSE_ORDER], 1);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_DEAD);
}

static void test_an_order_that_the_platform_does_not_know_stays_open(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    close_opened(&created);
    for (int i = 0; i < 2; i++) {
        fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_NOT_FOUND);
        fake_close(&closed, created.payment_id);
        assert_int_equal(closed.state, FQ_PAYMENT_OPEN);
        assert_true(closed.closing);
        assert_int_equal(closed.closes_by_ms, FAKE_DEADLINE_MS + FAKE_MARGIN_MS);
        assert_int_equal(closed.action, 0);
    }
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_CLOSED), 0);
}

static void test_a_close_without_a_signature_closes_nothing(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    close_opened(&created);
    fake_word_of(fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_CLOSED))->is_unverified = true;
    fake_close(&closed, created.payment_id);
    assert_int_equal(closed.state, FQ_PAYMENT_OPEN);
    assert_true(closed.closing);
}

/* The platform would not close it: asked, it says that the buyer was faster. */
static void test_query_first_finds_it_paid(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    close_opened(&created);
    fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_UNSET)->step = FQ_STEP_ASK;
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_close(&closed, created.payment_id);
    assert_int_equal(closed.state, FQ_PAYMENT_PAID);
    assert_false(closed.closing);
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_PAID), 1);
    fake_close(&closed, created.payment_id);
    assert_int_equal(closed.state, FQ_PAYMENT_PAID);
}

static void test_a_lost_answer_leaves_it_closing_and_is_asked_about(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    close_opened(&created);
    fake.transport = FQ_TRANSPORT_LOST;
    fake_close(&closed, created.payment_id);
    assert_int_equal(closed.state, FQ_PAYMENT_OPEN);
    assert_true(closed.closing);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_CLOSED);
    fq_flow_start(fake.flow);
    fake_pass(3000);
    assert_int_equal(fake_ledger(0)->payment.close_reason, FQ_CLOSE_REQUESTED);
}

/* A query finds it still open: then it is closed at the platform too. */
static void test_a_wanted_close_is_tried_again_by_the_rounds(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    close_opened(&created);
    fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_NOT_FOUND);
    fake_close(&closed, created.payment_id);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_DECLINED);
    fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_CLOSED);
    fq_flow_start(fake.flow);
    fake_pass(5000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_CLOSED);
    assert_int_equal(fake.n_sent[FQ_CALL_CLOSE_ORDER], 2);
}

static void test_where_the_platform_cannot_close_it_is_queried(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    fake.adapter.close_order = (struct fq_exchange){ NULL, NULL };
    close_opened(&created);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
    fake_close(&closed, created.payment_id);
    assert_true(closed.closing);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
}

static void test_a_paid_payment_stays_paid(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    char number[64];
    fake_pay(&created, "key-00000001", "order-1", number);
    int64_t version = fake_ledger(0)->payment.version;
    fake_close(&closed, created.payment_id);
    assert_int_equal(closed.code, FQ_CODE_OK);
    assert_int_equal(closed.state, FQ_PAYMENT_PAID);
    assert_int_equal(closed.version, version);
}

static void test_another_merchants_payment_does_not_exist(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    fake_create(&created, "key-00000001", "order-1");
    struct fq_operation *operation = fake_request(&closed, FQ_OP_CLOSE_PAYMENT);
    operation->merchant = &fake.merchants[1];
    operation->close_payment.payment_id = fake_copied(operation, created.payment_id);
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(closed.code, FQ_CODE_NOT_FOUND);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
}

static void test_an_id_with_another_secret_does_not_exist(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    fake_create(&created, "key-00000001", "order-1");
    created.payment_id[20] = created.payment_id[20] == '0' ? '1' : '0';
    fake_close(&closed, created.payment_id);
    assert_int_equal(closed.code, FQ_CODE_NOT_FOUND);
    fake_close(&closed, "p");
    assert_int_equal(closed.code, FQ_CODE_INVALID_ARGUMENT);
}

static void test_a_store_fault_is_answered_and_nothing_is_sent(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    close_opened(&created);
    fake.store.n_tx_faults = 1;
    fake_close(&closed, created.payment_id);
    assert_int_equal(closed.code, FQ_CODE_INTERNAL);
    fake.store.n_tx_faults = 1;
    fake.store.tx_fault = -EBUSY;
    fake_close(&closed, created.payment_id);
    fake_assert_unavailable(&closed);
    assert_int_equal(fake.n_sent[FQ_CALL_CLOSE_ORDER], 0);
    assert_int_equal(fake_ledger(0)->payment.close_requested_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_with_nothing_sent_it_is_closed_at_once),
        FAKE_TEST(test_with_a_live_order_it_closes_when_the_platform_says_so),
        FAKE_TEST(test_an_order_that_the_platform_does_not_know_stays_open),
        FAKE_TEST(test_a_close_without_a_signature_closes_nothing),
        FAKE_TEST(test_query_first_finds_it_paid),
        FAKE_TEST(test_a_lost_answer_leaves_it_closing_and_is_asked_about),
        FAKE_TEST(test_a_wanted_close_is_tried_again_by_the_rounds),
        FAKE_TEST(test_where_the_platform_cannot_close_it_is_queried),
        FAKE_TEST(test_a_paid_payment_stays_paid),
        FAKE_TEST(test_another_merchants_payment_does_not_exist),
        FAKE_TEST(test_an_id_with_another_secret_does_not_exist),
        FAKE_TEST(test_a_store_fault_is_answered_and_nothing_is_sent),
    };
    return cmocka_run_group_tests_name("close", tests, NULL, NULL);
}
