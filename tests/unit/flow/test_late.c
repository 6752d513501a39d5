/* SPDX-License-Identifier: Apache-2.0 */
/* A try that was proven dead, and of which the platform says something after all. */
#include "tests/unit/flow/fake_ask.h"
#include "tests/unit/flow/fake_log.h"

static struct fake_ask created;
static char number[64];
static char back[128];

/* The platform says that its order is closed: the try is dead, the payment may go on. */
static void late_dead(void)
{
    struct fake_ask ask;
    struct fake_page page;
    fake.channel.about.reopen_is_same_order = 0;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    memcpy(number, fake.number_asked, sizeof(number));
    fake_back_path(0, back);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_CLOSED);
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_DEAD);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    fake.n_sent[FQ_CALL_QUERY] = 0;
}

static void late_closed(void)
{
    struct fake_ask ask;
    late_dead();
    fake_close(&ask, created.payment_id);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_CLOSED);
}

static const struct fq_attempt *late_try(void)
{
    return &fake_ledger(0)->attempts[0];
}

/* ---- a notification that says: ask ---- */

static void late_notify(void)
{
    struct fake_page page;
    fake_notify(&page, FQ_OUTCOME_UNSET, number)->step = FQ_STEP_ASK;
    fake_run();
    assert_string_equal(page.body, "success");
}

static void test_a_hint_makes_a_dead_try_due(void **state)
{
    (void)state;
    late_closed();
    int64_t version = fake_ledger(0)->payment.version;
    for (int i = 0; i < 2; i++) {
        fake.now_ms += 5;
        late_notify();
        assert_int_equal(late_try()->due_ms, fake.now_ms);
    }
    assert_int_equal(late_try()->state, FQ_ATTEMPT_DEAD);
    assert_int_equal(fake_ledger(0)->payment.version, version);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_CLOSED);
}

static void test_what_the_question_brings_is_a_late_success(void **state)
{
    (void)state;
    late_closed();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fq_flow_start(fake.flow);
    for (int i = 0; i < 2; i++) {
        late_notify();
        fake_pass(60000);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    assert_int_equal(late_try()->state, FQ_ATTEMPT_WON);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_true(fake_ledger(0)->payment.flags & FQ_FLAG_LATE_SUCCESS);
    assert_int_equal(fake_n_events(FQ_EVENT_LATE_SUCCESS), 1);
}

static void test_each_plain_no_ends_the_asking(void **state)
{
    (void)state;
    static const uint32_t outcomes[] = { FQ_OUTCOME_CLOSED, FQ_OUTCOME_DECLINED,
                                         FQ_OUTCOME_NOT_FOUND };
    late_closed();
    fq_flow_start(fake.flow);
    for (size_t i = 0; i < fq_array_size(outcomes); i++) {
        fake_say(FQ_CALL_QUERY, outcomes[i]);
        late_notify();
        fake_pass(120000);
        assert_int_equal(fake.n_sent[FQ_CALL_QUERY], i + 1);
        assert_int_equal(late_try()->due_ms, 0);
        assert_int_equal(late_try()->state, FQ_ATTEMPT_DEAD);
    }
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_CLOSED);
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_CLOSED), 1);
}

static void test_no_answer_is_asked_for_again_less_and_less(void **state)
{
    (void)state;
    late_closed();
    fq_flow_start(fake.flow);
    late_notify();
    fake_pass(300000);
    assert_true(fake.n_sent[FQ_CALL_QUERY] >= 5);
    assert_true(fake.n_sent[FQ_CALL_QUERY] <= 11);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_pass(61000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

static void test_what_stays_unknown_reaches_the_operator_once(void **state)
{
    (void)state;
    late_closed();
    fq_flow_start(fake.flow);
    late_notify();
    fake.now_ms = late_try()->settle_after_ms + FQ_OPERATOR_AFTER_MS + 1;
    fake_listen();
    fake_pass(3 * FQ_OPERATOR_AFTER_MS);
    fake_heard();
    fake_assert_said("error: unknown past its last deadline");
    assert_true(fake_ledger(0)->payment.flags & FQ_FLAG_FOR_OPERATOR);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 1);
    assert_true(fake.n_sent[FQ_CALL_QUERY] <= 5); /* once an hour */
    assert_true(late_try()->due_ms > fake.now_ms);
}

/* A no that was told, and not asked for, is older than the hint, perhaps. */
static void test_a_no_that_was_told_does_not_end_the_asking(void **state)
{
    (void)state;
    struct fake_page page;
    late_closed();
    late_notify();
    int64_t due_ms = late_try()->due_ms;
    (void)fake_notify(&page, FQ_OUTCOME_CLOSED, number);
    fake_run();
    assert_int_equal(late_try()->due_ms, due_ms);
}

static void test_a_won_try_is_not_asked_about(void **state)
{
    (void)state;
    fake_pay(&created, "key-00000001", "order-1", number);
    late_notify();
    assert_int_equal(late_try()->due_ms, 0);
}

/* ---- a hint about a refund that failed ---- */

static const struct fq_refund *late_refund(void)
{
    return &fake_ledger(0)->refunds[0];
}

static void late_refund_failed(struct fake_ask *ask)
{
    fake_pay(&created, "key-00000001", "order-1", number);
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUND_FAILED);
    fake_refund(ask, "refund-0001", created.payment_id, 100000);
    assert_int_equal(late_refund()->state, FQ_REFUND_FAILED);
    assert_int_equal(late_refund()->due_ms, 0);
}

static void late_notify_refund(void)
{
    struct fake_page page;
    char refund_number[64];
    fake_keep_number(refund_number, late_refund()->number);
    struct fq_verdict *verdict = fake_notify(&page, FQ_OUTCOME_UNSET, refund_number);
    verdict->step = FQ_STEP_ASK;
    verdict->object = FQ_OBJECT_REFUND;
    fake_run();
}

static void test_a_hint_about_a_failed_refund_is_asked_about(void **state)
{
    (void)state;
    struct fake_ask ask;
    late_refund_failed(&ask);
    fq_flow_start(fake.flow);
    late_notify_refund();
    assert_true(late_refund()->due_ms > 0);
    fake_pass(30000); /* no answer */
    assert_true(fake.n_sent[FQ_CALL_QUERY_REFUND] >= 3);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fake_pass(61000);
    assert_int_equal(late_refund()->state, FQ_REFUND_REFUNDED);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 100000);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
}

static void test_a_plain_no_about_it_ends_the_asking(void **state)
{
    (void)state;
    static const uint32_t outcomes[] = { FQ_OUTCOME_REFUND_FAILED, FQ_OUTCOME_NOT_FOUND };
    struct fake_ask ask;
    late_refund_failed(&ask);
    fq_flow_start(fake.flow);
    for (size_t i = 0; i < fq_array_size(outcomes); i++) {
        fake_say(FQ_CALL_QUERY_REFUND, outcomes[i])->platform_code = fq_lit("X");
        late_notify_refund();
        fake_pass(120000);
        assert_int_equal(fake.n_sent[FQ_CALL_QUERY_REFUND], i + 2);
        assert_int_equal(late_refund()->due_ms, 0);
    }
    assert_int_equal(late_refund()->state, FQ_REFUND_FAILED);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
    assert_int_equal(fake_n_events(FQ_EVENT_REFUND_FAILED), 1);
}

static void test_what_stays_unknown_of_it_reaches_the_operator(void **state)
{
    (void)state;
    struct fake_ask ask;
    late_refund_failed(&ask);
    fq_flow_start(fake.flow);
    fake.now_ms = late_refund()->deadline_ms + 1;
    late_notify_refund();
    fake_pass(FQ_OPERATOR_AFTER_MS + 60000);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 1);
    assert_true(fake.n_sent[FQ_CALL_QUERY_REFUND] <= 3); /* once an hour */
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUND_FAILED);
    fake_pass(FQ_OPERATOR_AFTER_MS);
    assert_int_equal(fake_ledger(0)->payment.flags & FQ_FLAG_FOR_OPERATOR, 0);
}

/* ---- a browser that comes back ---- */

static void late_back(const char *order_number, bool is_verified)
{
    struct fake_page page;
    struct fq_verdict *verdict = fake_say(FQ_CALL_BROWSER_RETURN, FQ_OUTCOME_UNSET);
    verdict->step = FQ_STEP_ASK;
    verdict->object = FQ_OBJECT_PAYMENT;
    verdict->number = fq_str_of(order_number);
    fake_word_of(verdict)->is_unverified = !is_verified;
    fake_visit_start(&page, "GET", back, "sign=1");
    fake_pass(3000);
    assert_int_equal(page.n_finished, 1);
}

static void test_a_signed_return_asks_about_the_dead_try_that_it_names(void **state)
{
    (void)state;
    struct fake_page page;
    late_dead();
    fake_open(&page, &created); /* another one lives */
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    for (int i = 0; i < 2; i++)
        late_back(number, true);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    assert_string_equal(fake.number_order[FQ_CALL_QUERY], number);
    assert_int_equal(late_try()->state, FQ_ATTEMPT_WON);
    assert_int_equal(fake_ledger(0)->attempts[1].state, FQ_ATTEMPT_SENT);
}

static void test_it_asks_when_the_payment_is_closed_too(void **state)
{
    (void)state;
    late_closed();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    for (int i = 0; i < 2; i++)
        late_back(number, true);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_true(fake_ledger(0)->payment.flags & FQ_FLAG_LATE_SUCCESS);
}

static void test_a_signed_return_is_asked_about_until_the_platform_says(void **state)
{
    (void)state;
    late_closed();
    fq_flow_start(fake.flow);
    late_back(number, true);
    assert_true(late_try()->due_ms > 0);
    fake_pass(30000);
    assert_true(fake.n_sent[FQ_CALL_QUERY] >= 3);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_pass(61000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(late_try()->due_ms, 0);
}

static void test_what_a_return_hints_at_reaches_the_operator(void **state)
{
    (void)state;
    late_closed();
    fake.now_ms = late_try()->settle_after_ms + FQ_OPERATOR_AFTER_MS + 1;
    late_back(number, true);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 1);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_CLOSED);
    fq_flow_start(fake.flow);
    fake_pass(2 * FQ_OPERATOR_AFTER_MS);
    assert_int_equal(fake_ledger(0)->payment.flags & FQ_FLAG_FOR_OPERATOR, 0);
    assert_int_equal(late_try()->due_ms, 0);
}

static void test_a_return_that_nobody_signed_asks_about_no_dead_try(void **state)
{
    (void)state;
    late_closed();
    late_back(number, false);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 0);
}

static void test_a_return_that_nobody_signed_asks_about_the_live_try(void **state)
{
    (void)state;
    struct fake_page page;
    late_dead();
    fake_open(&page, &created);
    late_back(number, false);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    assert_string_equal(fake.number_order[FQ_CALL_QUERY], fake.number_asked);
    assert_string_not_equal(fake.number_asked, number);
}

static void test_a_signed_return_of_another_order_asks_about_no_dead_try(void **state)
{
    (void)state;
    late_closed();
    late_back("T0000", true);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_a_hint_makes_a_dead_try_due),
        FAKE_TEST(test_what_the_question_brings_is_a_late_success),
        FAKE_TEST(test_each_plain_no_ends_the_asking),
        FAKE_TEST(test_no_answer_is_asked_for_again_less_and_less),
        FAKE_TEST(test_what_stays_unknown_reaches_the_operator_once),
        FAKE_TEST(test_a_no_that_was_told_does_not_end_the_asking),
        FAKE_TEST(test_a_won_try_is_not_asked_about),
        FAKE_TEST(test_a_hint_about_a_failed_refund_is_asked_about),
        FAKE_TEST(test_a_plain_no_about_it_ends_the_asking),
        FAKE_TEST(test_what_stays_unknown_of_it_reaches_the_operator),
        FAKE_TEST(test_a_signed_return_asks_about_the_dead_try_that_it_names),
        FAKE_TEST(test_it_asks_when_the_payment_is_closed_too),
        FAKE_TEST(test_a_signed_return_is_asked_about_until_the_platform_says),
        FAKE_TEST(test_what_a_return_hints_at_reaches_the_operator),
        FAKE_TEST(test_a_return_that_nobody_signed_asks_about_no_dead_try),
        FAKE_TEST(test_a_return_that_nobody_signed_asks_about_the_live_try),
        FAKE_TEST(test_a_signed_return_of_another_order_asks_about_no_dead_try),
    };
    return cmocka_run_group_tests_name("late", tests, NULL, NULL);
}
