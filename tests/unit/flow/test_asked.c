/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever asks the platform what it is being asked just now joins that question. */
#include "tests/unit/flow/fake_ask.h"

#define ASKS 20

static struct fake_ask created, asks[ASKS];
static char number[64];

static void asked_refresh(struct fake_ask *ask)
{
    struct fq_operation *operation = fake_get_request(ask, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
}

static void asked_refresh_refund(struct fake_ask *ask, const char *refund_id)
{
    struct fq_operation *operation = fake_request(ask, FQ_OP_GET_REFUND);
    operation->get_refund.refund_id = fake_copied(operation, refund_id);
    operation->get_refund.refresh = true;
    fq_flow_operation(fake.flow, operation);
}

/* Everything but what the platform answers. */
static void asked_run_to_the_network(void)
{
    for (size_t i = 0; i < fake.n_pending;) {
        if (fake.pending[i].work == FAKE_SEND)
            i++;
        else
            fake_step(i), i = 0;
    }
}

static void asked_opened(void)
{
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
}

static void test_refreshes_at_once_are_one_question(void **state)
{
    (void)state;
    asked_opened();
    for (size_t i = 0; i < ASKS; i++)
        asked_refresh(&asks[i]);
    asked_run_to_the_network();
    assert_int_equal(fake_n_pending(FAKE_SEND), 1);
    for (size_t i = 0; i < ASKS; i++)
        assert_int_equal(asks[i].n_finished, 0);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_run();
    for (size_t i = 0; i < ASKS; i++) {
        assert_int_equal(asks[i].n_finished, 1);
        assert_int_equal(asks[i].state, FQ_PAYMENT_PAID);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
}

static void test_the_next_one_is_another_question(void **state)
{
    (void)state;
    asked_opened();
    for (size_t i = 0; i < 3; i++) {
        asked_refresh(&asks[i]);
        fake.transport = i == 1 ? FQ_TRANSPORT_LOST : FQ_TRANSPORT_OK;
        fake_run();
        assert_int_equal(asks[i].n_finished, 1);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 3);
}

/* An order that shall not be paid any more is closed at once: all wait for that, too. */
static void test_the_close_that_follows_is_waited_for(void **state)
{
    (void)state;
    asked_opened();
    fake.now_ms = FAKE_DEADLINE_MS + FAKE_MARGIN_MS;
    asked_refresh(&asks[0]);
    asked_run_to_the_network();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
    fake_step(fake_nth(FAKE_SEND, 0));
    asked_run_to_the_network(); /* the close is on its way */
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    asked_refresh(&asks[1]);
    asked_run_to_the_network();
    fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_CLOSED);
    fake_run();
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(asks[i].state, FQ_PAYMENT_CLOSED);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    assert_int_equal(fake.n_sent[FQ_CALL_CLOSE_ORDER], 1);
}

static void test_a_paused_channel_answers_all(void **state)
{
    (void)state;
    asked_opened();
    fake.channel_conf.n_breaker_failures = 1;
    fake.channel_conf.breaker_pause_ms = 30000;
    for (size_t i = 0; i < ASKS; i++)
        asked_refresh(&asks[i]);
    fake.transport = FQ_TRANSPORT_LOST;
    fake_run();
    asked_refresh(&asks[0]);
    fake_run();
    for (size_t i = 0; i < ASKS; i++)
        assert_int_equal(asks[i].n_finished, 1);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
}

/* What is not shown there is sent once more and asked about again, within the one question. */
static void test_questions_about_a_refund_are_one_question(void **state)
{
    (void)state;
    struct fake_ask refund;
    fake_pay(&created, "key-00000001", "order-1", number);
    fake.transport = FQ_TRANSPORT_LOST;
    fake_refund(&refund, "refund-0001", created.payment_id, 100000);
    fake.now_ms += FQ_RESUBMIT_AFTER_MS;
    for (size_t i = 0; i < ASKS; i++)
        asked_refresh_refund(&asks[i], refund.refund_id);
    asked_run_to_the_network();
    assert_int_equal(fake_n_pending(FAKE_SEND), 1);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_NOT_FOUND)->platform_code = fq_lit("40004");
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fake_run();
    for (size_t i = 0; i < ASKS; i++) {
        assert_int_equal(asks[i].n_finished, 1);
        assert_int_equal(asks[i].refund_state, FQ_REFUND_REFUNDED);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY_REFUND], 2);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 2);
}

static void test_two_refunds_are_two_questions(void **state)
{
    (void)state;
    struct fake_ask refunds[2];
    fake_pay(&created, "key-00000001", "order-1", number);
    for (size_t i = 0; i < 2; i++) {
        fake.transport = FQ_TRANSPORT_LOST;
        fake_refund(&refunds[i], i == 0 ? "refund-0001" : "refund-0002", created.payment_id, 1000);
    }
    for (size_t i = 0; i < 2; i++)
        asked_refresh_refund(&asks[i], refunds[i].refund_id);
    asked_run_to_the_network();
    assert_int_equal(fake_n_pending(FAKE_SEND), 2);
    fake_run();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_refreshes_at_once_are_one_question),
        FAKE_TEST(test_the_next_one_is_another_question),
        FAKE_TEST(test_the_close_that_follows_is_waited_for),
        FAKE_TEST(test_a_paused_channel_answers_all),
        FAKE_TEST(test_questions_about_a_refund_are_one_question),
        FAKE_TEST(test_two_refunds_are_two_questions),
    };
    return cmocka_run_group_tests_name("asked", tests, NULL, NULL);
}
