/* SPDX-License-Identifier: Apache-2.0 */
/* Channels that want a refund's request once: it is sent again only if it provably never left. */
#include "daemon/flow/parts.h"
#include "tests/unit/flow/fake_ask.h"

static struct fake_ask created;
static char kind[12]; /* of a refund's message, for the network */
static char number[64];
static char refund_number[64];

static int once_begin(void **state)
{
    (void)fake_begin_test(state);
    (void)snprintf(kind, sizeof(kind), "%d", FQ_CALL_REFUND);
    fake.channel.about.refund_once = 1;
    return 0;
}

/* A refund whose first request meets this. */
static void once_refund(uint32_t transport)
{
    struct fake_ask ask;
    fake_pay(&created, "key-00000001", "order-1", number);
    fake.transport = transport;
    for (int i = 0; i < 2; i++) {
        fake_refund(&ask, "refund-0001", created.payment_id, 100000);
        assert_int_equal(ask.code, FQ_CODE_OK);
    }
    memcpy(refund_number, fake.number_refund, sizeof(refund_number));
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
}

static const struct fq_refund *once_row(void)
{
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
    return &fake_ledger(0)->refunds[0];
}

static void once_say_refunded(void)
{
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
}

/* ---- what may have arrived ---- */

static void once_assert_never_sent_again(size_t n_queries_min)
{
    for (int i = 0; i < 20; i++)
        fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_NOT_FOUND)->platform_code = fq_lit("34");
    fq_flow_start(fake.flow);
    fake_pass(10 * FQ_RESUBMIT_AFTER_MS);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
    assert_int_equal(once_row()->state, FQ_REFUND_SUBMITTED);
    assert_true(fake.n_sent[FQ_CALL_QUERY_REFUND] >= n_queries_min);
    assert_string_equal(fake.number_sent, refund_number);
}

static void test_what_was_sent_and_is_not_shown_is_only_asked_about(void **state)
{
    (void)state;
    once_refund(FQ_TRANSPORT_OK);
    once_assert_never_sent_again(4);
}

static void test_what_was_lost_is_only_asked_about(void **state)
{
    (void)state;
    once_refund(FQ_TRANSPORT_LOST);
    assert_int_equal(once_row()->state, FQ_REFUND_SUBMITTED);
    once_assert_never_sent_again(4);
}

/* Elsewhere it is sent again, or the tests above show nothing. */
static void test_where_it_may_be_repeated_it_is_sent_again(void **state)
{
    (void)state;
    fake.channel.about.refund_once = 0;
    once_refund(FQ_TRANSPORT_LOST);
    for (int i = 0; i < 20; i++)
        fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_NOT_FOUND)->platform_code = fq_lit("34");
    fq_flow_start(fake.flow);
    fake_pass(10 * FQ_RESUBMIT_AFTER_MS);
    assert_true(fake.n_sent[FQ_CALL_REFUND] >= 2);
    assert_string_equal(fake.number_refund, refund_number);
}

static void test_unproven_for_a_day_it_is_shown_to_the_operator_and_still_not_sent(void **state)
{
    (void)state;
    once_refund(FQ_TRANSPORT_LOST);
    fake.now_ms += FQ_REFUND_DEADLINE_MS;
    once_assert_never_sent_again(1);
    assert_int_equal(fake_n_events(FQ_EVENT_FOR_OPERATOR), 1);
}

/* The submission is in the store, the process ends; whether a byte left, nobody knows any more. */
static void test_what_a_crash_left_submitted_is_only_asked_about(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_pay(&created, "key-00000001", "order-1", number);
    fq_flow_operation(fake.flow,
                      fake_refund_request(&ask, "refund-0001", created.payment_id, 100000));
    fake.transport = FQ_TRANSPORT_NOT_SENT;
    fake_run_until(FAKE_SEND);
    fake.store.n_tx_faults = 1; /* what came of the sending is not written */
    fake_run();
    memcpy(refund_number, fake.number_refund, sizeof(refund_number));
    assert_int_equal(once_row()->state, FQ_REFUND_SUBMITTED);
    fake_stop();
    fake_start();
    once_assert_never_sent_again(4);
}

/* ---- what never left ---- */

static void test_what_never_left_is_reserved_again(void **state)
{
    (void)state;
    once_refund(FQ_TRANSPORT_NOT_SENT);
    assert_int_equal(once_row()->state, FQ_REFUND_RESERVED);
    assert_int_equal(once_row()->submitted_ms, 0);
    assert_true(once_row()->due_ms > fake.now_ms);
    assert_int_equal(fake_ledger(0)->payment.refund_counted_minor, 100000);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY_REFUND], 0);
}

static void test_what_never_left_is_sent_by_the_next_round_under_its_number(void **state)
{
    (void)state;
    once_refund(FQ_TRANSPORT_NOT_SENT);
    once_say_refunded();
    fq_flow_start(fake.flow);
    fake_pass(60000);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 2);
    assert_string_equal(fake.number_refund, refund_number);
    assert_int_equal(once_row()->state, FQ_REFUND_REFUNDED);
}

static void test_it_may_fail_to_leave_again_and_again(void **state)
{
    (void)state;
    once_refund(FQ_TRANSPORT_NOT_SENT);
    fq_flow_start(fake.flow);
    for (int i = 0; i < 3; i++) {
        size_t n_sent = fake.n_sent[FQ_CALL_REFUND];
        fake.transport = FQ_TRANSPORT_NOT_SENT;
        for (int k = 0; k < 240 && fake.n_sent[FQ_CALL_REFUND] == n_sent; k++)
            fake_pass(500);
        assert_int_equal(fake.n_sent[FQ_CALL_REFUND], n_sent + 1);
        assert_int_equal(once_row()->state, FQ_REFUND_RESERVED);
    }
    once_say_refunded();
    fake_pass(60000);
    assert_string_equal(fake.number_refund, refund_number);
    assert_int_equal(once_row()->state, FQ_REFUND_REFUNDED);
}

/* The first message arrived; that the second one did not leave says nothing of the first. */
static void test_what_left_in_part_is_not_taken_back(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_pay(&created, "key-00000001", "order-1", number);
    struct fq_verdict *more = fake_say(FQ_CALL_REFUND, FQ_OUTCOME_UNSET);
    more->step = FQ_STEP_SEND;
    more->message.method = fq_lit("POST");
    more->message.url = fq_lit("https://pay.example/api");
    more->message.content_type = fq_str_of(kind);
    fq_flow_operation(fake.flow,
                      fake_refund_request(&ask, "refund-0001", created.payment_id, 100000));
    fake_run_until(FAKE_SEND);
    fake_step(0);
    fake_run_until(FAKE_SEND);
    fake.transport = FQ_TRANSPORT_NOT_SENT;
    fake_run();
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 2);
    assert_int_equal(once_row()->state, FQ_REFUND_SUBMITTED);
}

/* A repetition that did not leave takes back nothing: the first one may have arrived. */
static void test_a_repetition_that_never_left_is_not_taken_back(void **state)
{
    (void)state;
    fake.channel.about.refund_once = 0;
    once_refund(FQ_TRANSPORT_LOST);
    for (int i = 0; i < 20; i++)
        fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_NOT_FOUND)->platform_code = fq_lit("34");
    fq_flow_start(fake.flow);
    for (int i = 0; i < 240 && fake.n_begun[FQ_CALL_REFUND] < 2; i++) {
        fake.now_ms += 500;
        fq_timers_fire(fake.timers, fake.now_ms);
        while (fake.n_pending > 0) {
            const struct fq_send *send = fake.pending[0].what;
            if (fake.pending[0].work == FAKE_SEND &&
                fq_str_equal(send->request.content_type, fq_str_of(kind)))
                fake.transport = FQ_TRANSPORT_NOT_SENT;
            fake_step(0);
        }
    }
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 2);
    assert_int_equal(once_row()->state, FQ_REFUND_SUBMITTED);
}

/* Two see it reserved, a round and whoever reserved it, and one of them is slow: one message
 * leaves. Were there two, and one did not leave, the refund would be reserved again while the other
 * is on its way. */
static void test_two_that_send_it_send_it_once(void **state)
{
    (void)state;
    once_refund(FQ_TRANSPORT_NOT_SENT);
    const struct fq_refund seen = *once_row();
    assert_int_equal(seen.state, FQ_REFUND_RESERVED);
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_PENDING);
    fq_refund_submit(fake.flow, fake_ledger(0), &seen, NULL, NULL);
    fake_run();
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 2); /* with the one that never left */
    fake.now_ms += FQ_RESUBMIT_AFTER_MS;
    fake.transport = FQ_TRANSPORT_NOT_SENT;
    fq_refund_submit(fake.flow, fake_ledger(0), &seen, NULL, NULL);
    fake_run();
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 2);
    assert_int_equal(once_row()->state, FQ_REFUND_SUBMITTED);
}

/* A first sending is slow. Meanwhile a shop's question does not find it, and it is sent again. */
static struct fake_pending once_overtake(void)
{
    struct fake_ask ask, got;
    fake.channel.about.refund_once = 0;
    fake_pay(&created, "key-00000001", "order-1", number);
    fq_flow_operation(fake.flow,
                      fake_refund_request(&ask, "refund-0001", created.payment_id, 100000));
    fake_run_until(FAKE_SEND);
    struct fake_pending slow = fake.pending[0];
    fake.n_pending = 0;
    fake.now_ms += FQ_RESUBMIT_AFTER_MS;
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_NOT_FOUND)->platform_code = fq_lit("34");
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_PENDING);
    fake_get_refund(&got, ask.refund_id, true);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
    return slow;
}

/* The slow one fails: were the refund reserved now, an operator could give up what is on its way.
 */
static void test_what_was_sent_again_meanwhile_is_not_taken_back(void **state)
{
    (void)state;
    const struct fake_pending slow = once_overtake();
    fake.pending[fake.n_pending++] = slow;
    fake.transport = FQ_TRANSPORT_NOT_SENT;
    fake_run();
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 2);
    assert_int_equal(once_row()->state, FQ_REFUND_SUBMITTED);
}

/* The slow one is refused: what an adapter notes of that is not about the one that is on its way.
 */
static void test_what_an_overtaken_sending_wants_remembered_is_not(void **state)
{
    static const struct fq_pair refused = { { "refused", 7 }, { "1", 1 } };
    (void)state;
    const struct fake_pending slow = once_overtake();
    fake.pending[fake.n_pending++] = slow;
    struct fq_verdict *late = fake_say(FQ_CALL_REFUND, FQ_OUTCOME_UNKNOWN);
    late->memory = (struct fq_pairs){ &refused, 1 };
    fake_run();
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 2);
    assert_int_equal(once_row()->state, FQ_REFUND_SUBMITTED);
    assert_int_equal(once_row()->memory.len, 0);
}

#define ONCE_TEST(name) cmocka_unit_test_setup_teardown(name, once_begin, fake_end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONCE_TEST(test_what_was_sent_and_is_not_shown_is_only_asked_about),
        ONCE_TEST(test_what_was_lost_is_only_asked_about),
        ONCE_TEST(test_where_it_may_be_repeated_it_is_sent_again),
        ONCE_TEST(test_unproven_for_a_day_it_is_shown_to_the_operator_and_still_not_sent),
        ONCE_TEST(test_what_a_crash_left_submitted_is_only_asked_about),
        ONCE_TEST(test_what_never_left_is_reserved_again),
        ONCE_TEST(test_what_never_left_is_sent_by_the_next_round_under_its_number),
        ONCE_TEST(test_it_may_fail_to_leave_again_and_again),
        ONCE_TEST(test_what_left_in_part_is_not_taken_back),
        ONCE_TEST(test_a_repetition_that_never_left_is_not_taken_back),
        ONCE_TEST(test_two_that_send_it_send_it_once),
        ONCE_TEST(test_what_was_sent_again_meanwhile_is_not_taken_back),
        ONCE_TEST(test_what_an_overtaken_sending_wants_remembered_is_not),
    };
    return cmocka_run_group_tests_name("once", tests, NULL, NULL);
}
