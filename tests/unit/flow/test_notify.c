/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications: verified, compared, committed, and only then acknowledged. */
#include "tests/unit/flow/fake_ask.h"

static struct fake_ask created;
static char number[64];

static void notify_opened(void)
{
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    memcpy(number, fake.number_asked, sizeof(number));
}

static void notify_assert_unchanged(const struct fake_page *page, uint32_t status)
{
    assert_int_equal(page->n_finished, 1);
    assert_int_equal(page->status, status);
    assert_string_not_equal(page->body, "success");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_ledger(0)->payment.version, 2);
}

static void test_a_verified_word_pays_and_is_acknowledged(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    fake_notify(&page, FQ_OUTCOME_PAID, number)->instalments = 12;
    fake_run();
    assert_int_equal(page.status, 200);
    assert_string_equal(page.body, "success");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake_ledger(0)->payment.terms_match, FQ_TERMS_CONFIRMED);
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_PAID), 1);
}

static void test_it_is_acknowledged_after_the_commit(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_step(0);
    assert_int_equal(page.n_finished, 0);
    fake_step(fake_nth(FAKE_TX, 0));
    assert_int_equal(page.status, 200);
}

static void test_a_duplicate_is_acknowledged_and_changes_nothing(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    int64_t version = fake_ledger(0)->payment.version;
    size_t n_journal = fake.store.n_journal;
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    assert_int_equal(page.status, 200);
    assert_string_equal(page.body, "success");
    assert_int_equal(fake_ledger(0)->payment.version, version);
    assert_int_equal(fake.store.n_journal, n_journal);
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_PAID), 1);
}

static void test_an_unverified_one_is_refused(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    fake_word_of(fake_notify(&page, FQ_OUTCOME_PAID, number))->is_unverified = true;
    fake_run();
    notify_assert_unchanged(&page, 400);
    fake_word_of(fake_notify(&page, FQ_OUTCOME_PAID, number))->is_fault = true;
    fake_run();
    notify_assert_unchanged(&page, 400);
}

/* It would only make us ask, but whoever sent it is no platform: it is not acknowledged. */
static void test_an_unverified_hint_is_refused_too(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    struct fq_verdict *hint = fake_notify(&page, FQ_OUTCOME_UNSET, number);
    hint->step = FQ_STEP_ASK;
    fake_word_of(hint)->is_unverified = true;
    fake_run();
    notify_assert_unchanged(&page, 400);
}

static void test_another_amount_is_refused(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    fake_notify(&page, FQ_OUTCOME_PAID, number)->amount.minor--;
    fake_run();
    notify_assert_unchanged(&page, 400);
    memcpy(fake_notify(&page, FQ_OUTCOME_PAID, number)->amount.currency, "USD", 4);
    fake_run();
    notify_assert_unchanged(&page, 400);
    fake_notify(&page, FQ_OUTCOME_PAID, number)->amount.exponent = 0;
    fake_run();
    notify_assert_unchanged(&page, 400);
}

static void test_an_unknown_order_is_not_acknowledged(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    (void)fake_notify(&page, FQ_OUTCOME_PAID, "T0000");
    fake_run();
    notify_assert_unchanged(&page, 404);
    (void)fake_notify(&page, FQ_OUTCOME_PAID, "");
    fake_run();
    notify_assert_unchanged(&page, 400);
}

/* Not even whether there is such an order is known: it is sent again. */
static void test_a_foreign_refund_waits_for_the_ledger(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    struct fq_verdict *verdict = fake_notify(&page, FQ_OUTCOME_UNSET, "F0001");
    verdict->step = FQ_STEP_ASK;
    verdict->object = FQ_OBJECT_REFUND;
    verdict->order_number = fq_str_of(number);
    fake_step(0);
    fake_step(fake_nth(FAKE_TX, 0)); /* there is no such refund */
    fake.store.n_tx_faults = 1;
    fake.store.tx_fault = -EBUSY;
    fake_run();
    notify_assert_unchanged(&page, 503);
}

static void test_an_order_of_another_channel_is_refused(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    fake.channel_conf.name = fq_lit("second-cn");
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number); /* to the first one's address: gone */
    fake_run();
    assert_int_equal(page.status, 404);
    struct fq_verdict *verdict = fake_say(FQ_CALL_NOTIFICATION, FQ_OUTCOME_PAID);
    verdict->object = FQ_OBJECT_PAYMENT;
    verdict->number = fq_str_of(number);
    verdict->amount = (struct fq_money){ FAKE_AMOUNT, "CNY", 2 };
    fake_visit(&page, "POST", "/notify/second-cn");
    notify_assert_unchanged(&page, 400);
}

static void test_a_word_that_says_nothing_is_refused(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    (void)fake_notify(&page, FQ_OUTCOME_UNSET, number);
    fake_run();
    notify_assert_unchanged(&page, 400);
    struct fq_verdict *verdict = fake_notify(&page, FQ_OUTCOME_UNSET, number);
    verdict->step = FQ_STEP_SEND;
    verdict->message.method = fq_lit("POST");
    verdict->message.url = fq_lit("https://pay.example/api");
    fake_run();
    notify_assert_unchanged(&page, 400);
}

static void test_only_a_channel_that_hears_is_posted_to(void **state)
{
    (void)state;
    struct fake_page page;
    fake_visit(&page, "GET", "/notify/example-cn");
    assert_int_equal(page.status, 405);
    fake_visit(&page, "POST", "/notify/nobody");
    assert_int_equal(page.status, 404);
    fake.adapter.notification = NULL;
    fake_visit(&page, "POST", "/notify/example-cn");
    assert_int_equal(page.status, 405);
}

static void test_the_adapter_sees_path_and_query(void **state)
{
    (void)state;
    struct fake_page page;
    fake_visit_start(&page, "POST", "/notify/example-cn", "a=1");
    fake_run();
    assert_string_equal(fake.url_seen, "/notify/example-cn?a=1");
}

static void test_ask_makes_the_platform_be_asked_soon(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    fq_flow_start(fake.flow);
    fake_pass(100);
    fake_notify(&page, FQ_OUTCOME_UNSET, number)->step = FQ_STEP_ASK;
    fake_run();
    assert_string_equal(page.body, "success");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_pass(1000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

static void test_a_store_fault_is_not_acknowledged(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    fake.store.n_tx_faults = 1;
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    notify_assert_unchanged(&page, 503);
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    assert_string_equal(page.body, "success");
}

/* ---- at the same time as a query ---- */

static void notify_refresh(struct fake_ask *asked)
{
    struct fq_operation *operation = fake_get_request(asked, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
}

static void test_a_query_and_a_notification_pay_once(void **state)
{
    (void)state;
    struct fake_ask asked;
    struct fake_page page;
    notify_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    notify_refresh(&asked);
    fake_run_until(FAKE_SEND);
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_step(fake_nth(FAKE_ADAPT, 0));
    fake_step(fake_nth(FAKE_TX, 0));
    assert_int_equal(page.status, 200);
    fake_run();
    assert_int_equal(asked.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_PAID), 1);
}

/* The platform answered "not yet" before it told; the answer comes in after. */
static void test_an_older_answer_does_not_undo_the_notification(void **state)
{
    (void)state;
    struct fake_ask asked;
    struct fake_page page;
    notify_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
    notify_refresh(&asked);
    fake_run_until(FAKE_SEND);
    fake_execute(fake_nth(FAKE_SEND, 0));
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_step(fake_nth(FAKE_ADAPT, 0));
    fake_step(fake_nth(FAKE_TX, 0));
    fake_run();
    assert_int_equal(asked.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_WON);
}

static void test_closed_after_paid_undoes_nothing_and_calls_the_operator(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    for (int i = 0; i < 2; i++) {
        (void)fake_notify(&page, FQ_OUTCOME_CLOSED, number);
        fake_run();
        assert_int_equal(page.status, 200);
    }
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 1);
}

static void test_a_decline_in_time_is_provisional(void **state)
{
    (void)state;
    struct fake_page page;
    notify_opened();
    for (int i = 0; i < 2; i++) {
        (void)fake_notify(&page, FQ_OUTCOME_DECLINED, number);
        fake_run();
    }
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_n_events(FQ_EVENT_ATTEMPT_DECLINED), 1);
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_a_verified_word_pays_and_is_acknowledged),
        FAKE_TEST(test_it_is_acknowledged_after_the_commit),
        FAKE_TEST(test_a_duplicate_is_acknowledged_and_changes_nothing),
        FAKE_TEST(test_an_unverified_one_is_refused),
        FAKE_TEST(test_an_unverified_hint_is_refused_too),
        FAKE_TEST(test_another_amount_is_refused),
        FAKE_TEST(test_an_unknown_order_is_not_acknowledged),
        FAKE_TEST(test_a_foreign_refund_waits_for_the_ledger),
        FAKE_TEST(test_an_order_of_another_channel_is_refused),
        FAKE_TEST(test_a_word_that_says_nothing_is_refused),
        FAKE_TEST(test_only_a_channel_that_hears_is_posted_to),
        FAKE_TEST(test_the_adapter_sees_path_and_query),
        FAKE_TEST(test_ask_makes_the_platform_be_asked_soon),
        FAKE_TEST(test_a_store_fault_is_not_acknowledged),
        FAKE_TEST(test_a_query_and_a_notification_pay_once),
        FAKE_TEST(test_an_older_answer_does_not_undo_the_notification),
        FAKE_TEST(test_closed_after_paid_undoes_nothing_and_calls_the_operator),
        FAKE_TEST(test_a_decline_in_time_is_provisional),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
