/* SPDX-License-Identifier: Apache-2.0 */
/* GetPayment and ListEvents: what is committed, asked for, waited for. */
#include "tests/unit/flow/fake_ask.h"

static struct fake_ask created;
static char number[64];

static void get_opened(void)
{
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    memcpy(number, fake.number_asked, sizeof(number));
}

static void get_start(struct fake_ask *ask, int64_t wait_ms, int64_t known_version)
{
    struct fq_operation *operation = fake_get_request(ask, created.payment_id);
    operation->get_payment.wait_ms = wait_ms;
    operation->get_payment.known_version = known_version;
    fq_flow_operation(fake.flow, operation);
}

static void get_refresh(struct fake_ask *ask)
{
    struct fq_operation *operation = fake_get_request(ask, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
    fake_run();
}

/* ---- whose, by what ---- */

static void test_a_payment_is_found_by_id_order_and_key(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_create(&created, "key-00000001", "order-1");
    fake_get(&ask, created.payment_id);
    assert_string_equal(ask.action_text, created.action_text);
    struct fq_operation *operation = fake_request(&ask, FQ_OP_GET_PAYMENT);
    operation->get_payment.merchant_order_id = fake_copied(operation, "order-1");
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_string_equal(ask.payment_id, created.payment_id);
    operation = fake_request(&ask, FQ_OP_GET_PAYMENT);
    operation->get_payment.idempotency_key = fake_copied(operation, "key-00000001");
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_string_equal(ask.payment_id, created.payment_id);
}

static void test_what_another_merchant_has_does_not_exist(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_create(&created, "key-00000001", "order-1");
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->merchant = &fake.merchants[1];
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_NOT_FOUND);
    operation = fake_request(&ask, FQ_OP_GET_PAYMENT);
    operation->merchant = &fake.merchants[1];
    operation->get_payment.merchant_order_id = fake_copied(operation, "order-1");
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_NOT_FOUND);
    assert_string_equal(ask.field, "get_payment.merchant_order_id");
}

static void test_the_key_of_a_refund_names_no_payment(void **state)
{
    (void)state;
    struct fake_ask ask, refund;
    fake_pay(&created, "key-00000001", "order-1", number);
    fake_refund(&refund, "refund-0001", created.payment_id, 100);
    struct fq_operation *operation = fake_request(&ask, FQ_OP_GET_PAYMENT);
    operation->get_payment.idempotency_key = fake_copied(operation, "refund-0001");
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_NOT_FOUND);
    assert_string_equal(ask.field, "get_payment.idempotency_key");
}

static void test_something_must_be_named(void **state)
{
    (void)state;
    struct fake_ask ask;
    fq_flow_operation(fake.flow, fake_request(&ask, FQ_OP_GET_PAYMENT));
    assert_string_equal(ask.reason, "KEY_MISSING");
    fake_get(&ask, "nonsense");
    assert_int_equal(ask.code, FQ_CODE_NOT_FOUND);
    fake_get_refund(&ask, "nonsense", false);
    assert_int_equal(ask.code, FQ_CODE_NOT_FOUND);
}

static void test_a_read_fault_is_answered(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_create(&created, "key-00000001", "order-1");
    fake.store.n_read_faults = 1;
    fake_get(&ask, created.payment_id);
    assert_int_equal(ask.code, FQ_CODE_INTERNAL);
}

/* ---- asking the platform ---- */

static void test_refresh_asks_and_shows_what_came(void **state)
{
    (void)state;
    struct fake_ask ask;
    get_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    for (int i = 0; i < 2; i++) {
        get_refresh(&ask);
        assert_int_equal(ask.state, FQ_PAYMENT_PAID);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
}

static void test_a_timeout_is_unknown_not_declined(void **state)
{
    (void)state;
    struct fake_ask ask;
    get_opened();
    for (int i = 0; i < 2; i++) {
        fake.transport = i == 0 ? FQ_TRANSPORT_LOST : FQ_TRANSPORT_NOT_SENT;
        get_refresh(&ask);
        assert_int_equal(ask.code, FQ_CODE_OK);
        assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
        assert_int_equal(ask.version, 2);
    }
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_SENT);
    assert_true(fake_ledger(0)->attempts[0].due_ms > fake.now_ms);
}

static void get_assert_refused(struct fq_verdict *verdict)
{
    struct fake_ask ask;
    int64_t version = fake_ledger(0)->payment.version;
    size_t n_journal = fake.store.n_journal;
    (void)verdict;
    get_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_ledger(0)->payment.version, version);
    assert_int_equal(fake.store.n_journal, n_journal);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_SENT);
}

static void test_a_refused_verdict_changes_nothing(void **state)
{
    (void)state;
    get_opened();
    struct fq_verdict *verdict = fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_word_of(verdict)->is_unverified = true;
    get_assert_refused(verdict);
    verdict = fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    verdict->amount = (struct fq_money){ 1, "CNY", 2 };
    get_assert_refused(verdict);
    verdict = fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    verdict->number = fq_lit("T1");
    get_assert_refused(verdict);
    verdict = fake_say(FQ_CALL_QUERY, FQ_OUTCOME_REFUNDED);
    get_assert_refused(verdict);
    verdict = fake_say(FQ_CALL_QUERY, FQ_OUTCOME_UNSET);
    get_assert_refused(verdict);
    verdict = fake_say(FQ_CALL_QUERY, FQ_OUTCOME_CLOSED);
    fake_word_of(verdict)->is_fault = true;
    get_assert_refused(verdict);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 6);
}

static void test_a_store_fault_while_settling_is_settled_next_time(void **state)
{
    (void)state;
    struct fake_ask ask;
    get_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake.store.n_tx_faults = 1;
    get_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    get_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_PAID);
}

static void test_a_query_that_cannot_be_planned_is_unknown(void **state)
{
    (void)state;
    struct fake_ask ask;
    get_opened();
    fake.begin_fault = FQ_CALL_QUERY;
    get_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    fake.begin_fault = 0;
    fake.begin_silent = FQ_CALL_QUERY;
    get_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_ledger(0)->attempts[0].n_asked, 2);
}

/* ---- waiting ---- */

static void test_a_move_wakes_who_waits(void **state)
{
    (void)state;
    struct fake_ask first, second;
    struct fake_page page;
    get_opened();
    get_start(&first, 25000, 0);
    get_start(&second, 25000, 2);
    fake_run();
    assert_int_equal(first.n_finished + second.n_finished, 0);
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    assert_int_equal(first.state, FQ_PAYMENT_PAID);
    assert_int_equal(second.state, FQ_PAYMENT_PAID);
}

static void test_time_wakes_who_waits(void **state)
{
    (void)state;
    struct fake_ask ask;
    get_opened();
    get_start(&ask, 3000, 0);
    fake_pass(2999);
    assert_int_equal(ask.n_finished, 0);
    fake_pass(1);
    assert_int_equal(ask.n_finished, 1);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
}

/* It is set back by a year while somebody waits, and the payment moves without ending. */
static void test_a_clock_that_is_set_back_keeps_nobody_waiting(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    get_start(&ask, 5000, 0);
    fake_run();
    fake.now_ms -= INT64_C(365) * 86400000;
    fake_open(&page, &created);
    assert_int_equal(ask.n_finished, 0);
    fake_pass(25000);
    assert_int_equal(ask.n_finished, 1);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
}

static void test_draining_wakes_who_waits(void **state)
{
    (void)state;
    struct fake_ask ask, late;
    get_opened();
    get_start(&ask, 25000, 0);
    fake_run();
    fq_flow_drain(fake.flow);
    fake_run();
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    get_start(&late, 25000, 0);
    fake_run();
    assert_int_equal(late.n_finished, 1);
}

/* The read is older than the move, and comes home after it: nobody would wake who waited now. */
static void test_a_stale_read_does_not_sleep_through_its_own_event(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fake_page page;
    get_opened();
    get_start(&ask, 25000, 0);
    fake_execute(fake_nth(FAKE_READ, 0));
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_step(fake_nth(FAKE_ADAPT, 0));
    fake_step(fake_nth(FAKE_TX, 0));
    assert_int_equal(page.status, 200);
    fake_run();
    assert_int_equal(ask.n_finished, 1);
    assert_int_equal(ask.state, FQ_PAYMENT_PAID);
}

static void test_another_payments_move_does_not_answer(void **state)
{
    (void)state;
    static struct fake_ask ask; /* answered only when the test is over */
    struct fake_ask other, closed;
    get_opened();
    fake_create(&other, "key-00000002", "order-2");
    get_start(&ask, 25000, 0);
    fake_execute(fake_nth(FAKE_READ, 0));
    fake_close_start(&closed, other.payment_id);
    fake_step(fake_nth(FAKE_TX, 0));
    fake_run();
    assert_int_equal(closed.state, FQ_PAYMENT_CLOSED);
    assert_int_equal(ask.n_finished, 0);
}

static void test_a_final_payment_is_not_waited_for(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_pay(&created, "key-00000001", "order-1", number);
    get_start(&ask, 25000, 0);
    fake_run();
    assert_int_equal(ask.n_finished, 1);
    get_start(&ask, 25001, 0);
    assert_string_equal(ask.reason, "WAIT_OUT_OF_RANGE");
}

/* ---- events ---- */

static void test_events_are_read_from_a_cursor(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_pay(&created, "key-00000001", "order-1", number);
    struct fq_operation *operation = fake_request(&ask, FQ_OP_LIST_EVENTS);
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_true(ask.n_events >= 1);
    assert_int_equal(ask.event_kinds[0], FQ_EVENT_PAYMENT_PAID);
    size_t n = ask.n_events;
    operation = fake_request(&ask, FQ_OP_LIST_EVENTS);
    operation->list_events.cursor = (int64_t)n;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask.n_events, 0);
    operation = fake_request(&ask, FQ_OP_LIST_EVENTS);
    operation->list_events.cursor = -1;
    fq_flow_operation(fake.flow, operation);
    assert_string_equal(ask.reason, "CURSOR_INVALID");
}

static void test_keys_info_and_what_does_not_exist(void **state)
{
    (void)state;
    struct fake_ask ask;
    fq_flow_operation(fake.flow, fake_request(&ask, FQ_OP_GET_KEYS));
    assert_int_equal(ask.n_finished, 1);
    fq_flow_operation(fake.flow, fake_request(&ask, FQ_OP_GET_INFO));
    assert_int_equal(ask.n_finished, 1);
    fq_flow_operation(fake.flow, fake_request(&ask, FQ_OP_UNSET));
    assert_int_equal(ask.code, FQ_CODE_UNIMPLEMENTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_a_payment_is_found_by_id_order_and_key),
        FAKE_TEST(test_what_another_merchant_has_does_not_exist),
        FAKE_TEST(test_the_key_of_a_refund_names_no_payment),
        FAKE_TEST(test_something_must_be_named),
        FAKE_TEST(test_a_read_fault_is_answered),
        FAKE_TEST(test_refresh_asks_and_shows_what_came),
        FAKE_TEST(test_a_timeout_is_unknown_not_declined),
        FAKE_TEST(test_a_refused_verdict_changes_nothing),
        FAKE_TEST(test_a_store_fault_while_settling_is_settled_next_time),
        FAKE_TEST(test_a_query_that_cannot_be_planned_is_unknown),
        FAKE_TEST(test_a_move_wakes_who_waits),
        FAKE_TEST(test_time_wakes_who_waits),
        FAKE_TEST(test_a_clock_that_is_set_back_keeps_nobody_waiting),
        FAKE_TEST(test_draining_wakes_who_waits),
        FAKE_TEST(test_a_stale_read_does_not_sleep_through_its_own_event),
        FAKE_TEST(test_another_payments_move_does_not_answer),
        FAKE_TEST(test_a_final_payment_is_not_waited_for),
        FAKE_TEST(test_events_are_read_from_a_cursor),
        FAKE_TEST(test_keys_info_and_what_does_not_exist),
    };
    return cmocka_run_group_tests_name("get", tests, NULL, NULL);
}
