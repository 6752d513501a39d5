/* SPDX-License-Identifier: Apache-2.0 */
/* A whole payment goes back as an undo on its own settlement day, and as a refund otherwise. */
#include "tests/unit/flow/fake_ask.h"

#define DAY_ENDS_MINUTE 1380                   /* 23:00 in Beijing */
#define PAID_MS         INT64_C(1700060280000) /* 2023-11-15 22:58 there */
#define ENDS_MS         INT64_C(1700060400000) /* 23:00 */
#define NEXT_ENDS_MS    (ENDS_MS + INT64_C(86400000))

static struct fake_ask created;
static char number[64];

static int undo_begin(void **state)
{
    (void)fake_begin_test(state);
    fake.adapter.undo = fake_can;
    fake.channel.about.day_ends_minute = DAY_ENDS_MINUTE;
    fake.channel_conf.undo_same_day = true;
    return 0;
}

static void undo_paid_at(int64_t now_ms)
{
    fake.now_ms = now_ms;
    fake_pay(&created, "key-00000001", "order-1", number);
}

/* A refund of `minor`, each time it is asked for anew. */
static void undo_ask_for(int64_t minor)
{
    static uint32_t n;
    char key[32];
    struct fake_ask ask;
    (void)snprintf(key, sizeof(key), "refund-%08u", ++n);
    for (int i = 0; i < 2; i++) {
        fake_refund(&ask, key, created.payment_id, minor);
        assert_int_equal(ask.code, FQ_CODE_OK);
    }
}

static void undo_assert_sent(size_t n_undos, size_t n_refunds)
{
    assert_int_equal(fake.n_sent[FQ_CALL_UNDO], n_undos);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], n_refunds);
}

static void test_the_last_moment_of_the_settlement_day_undoes(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    fake.now_ms = ENDS_MS - 1;
    undo_ask_for(FAKE_AMOUNT);
    undo_assert_sent(1, 0);
    assert_int_equal(fake_ledger(0)->refunds[0].way, FQ_WAY_UNDO);
}

static void test_the_first_moment_of_the_next_day_refunds(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    fake.now_ms = ENDS_MS;
    undo_ask_for(FAKE_AMOUNT);
    undo_assert_sent(0, 1);
    assert_int_equal(fake_ledger(0)->refunds[0].way, FQ_WAY_REFUND);
}

static void test_midnight_is_in_the_middle_of_a_settlement_day(void **state)
{
    (void)state;
    undo_paid_at(ENDS_MS);
    fake.now_ms = NEXT_ENDS_MS - 1;
    undo_ask_for(FAKE_AMOUNT);
    undo_assert_sent(1, 0);
}

static void test_a_day_later_it_is_a_refund(void **state)
{
    (void)state;
    undo_paid_at(ENDS_MS);
    fake.now_ms = NEXT_ENDS_MS;
    undo_ask_for(FAKE_AMOUNT);
    undo_assert_sent(0, 1);
}

static void test_a_part_is_refunded(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    undo_ask_for(FAKE_AMOUNT - 1);
    undo_ask_for(1);
    undo_assert_sent(0, 2);
}

/* What is left is no whole payment any more. */
static void test_beside_another_refund_the_rest_is_refunded(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    undo_ask_for(1);
    undo_ask_for(FAKE_AMOUNT - 1);
    undo_assert_sent(0, 2);
}

static void test_a_channel_that_cannot_undo_refunds(void **state)
{
    (void)state;
    fake.adapter.undo = (struct fq_exchange){ NULL, NULL };
    undo_paid_at(PAID_MS);
    undo_ask_for(FAKE_AMOUNT);
    undo_assert_sent(0, 1);
}

static void test_where_the_setting_is_off_it_is_a_refund(void **state)
{
    (void)state;
    fake.channel_conf.undo_same_day = false;
    undo_paid_at(PAID_MS);
    undo_ask_for(FAKE_AMOUNT);
    undo_assert_sent(0, 1);
}

/* ---- what becomes of an undo ---- */

static void test_an_undo_is_proven_as_a_refund_is(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    fake_say(FQ_CALL_UNDO, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    undo_ask_for(FAKE_AMOUNT);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_REFUNDED);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, FAKE_AMOUNT);
    assert_int_equal(fake_n_events(FQ_EVENT_REFUNDED), 1);
}

static void test_after_a_failed_undo_it_is_a_refund(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    fake_say(FQ_CALL_UNDO, FQ_OUTCOME_REFUND_FAILED);
    undo_ask_for(FAKE_AMOUNT);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_FAILED);
    assert_true(fake_ledger(0)->payment.flags & FQ_FLAG_UNDO_FAILED);
    undo_ask_for(FAKE_AMOUNT);
    undo_assert_sent(1, 1);
}

/* It is the undo that the bank cannot do, not the refund. */
static void test_after_a_failed_refund_an_undo_may_be_tried(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_REFUND_FAILED);
    undo_ask_for(100);
    undo_ask_for(FAKE_AMOUNT);
    undo_assert_sent(1, 1);
}

static void test_an_undo_without_an_answer_stays_an_undo(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    fake.transport = FQ_TRANSPORT_NOT_SENT;
    undo_ask_for(FAKE_AMOUNT);
    fake_say(FQ_CALL_UNDO, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fq_flow_start(fake.flow);
    fake_pass(5000);
    undo_assert_sent(2, 0);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_REFUNDED);
}

/* It waited for the platform until its day was over. */
static void test_a_late_undo_that_never_left_goes_as_a_refund(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    fake.now_ms = ENDS_MS - 1;
    fake.transport = FQ_TRANSPORT_NOT_SENT;
    undo_ask_for(FAKE_AMOUNT);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_RESERVED);
    char first[64];
    memcpy(first, fake.number_refund, sizeof(first));
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fq_flow_start(fake.flow);
    fake_pass(5000);
    undo_assert_sent(1, 1);
    assert_string_equal(fake.number_refund, first);
    assert_int_equal(fake_ledger(0)->refunds[0].way, FQ_WAY_REFUND);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_REFUNDED);
}

/* One that left is the platform's to refuse: under its number, both could be done. */
static void test_a_late_undo_that_left_stays_an_undo(void **state)
{
    (void)state;
    undo_paid_at(PAID_MS);
    fake.now_ms = ENDS_MS - 1;
    fake.transport = FQ_TRANSPORT_LOST;
    undo_ask_for(FAKE_AMOUNT);
    fq_flow_start(fake.flow);
    for (int i = 0; i < 10; i++) {
        fake.n_words = 0;
        fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_NOT_FOUND)->platform_code = fq_lit("34");
        fake_pass(FQ_RESUBMIT_AFTER_MS);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 0);
    assert_true(fake.n_sent[FQ_CALL_UNDO] > 1);
    assert_int_equal(fake_ledger(0)->refunds[0].way, FQ_WAY_UNDO);
}

#define UNDO_TEST(name) cmocka_unit_test_setup_teardown(name, undo_begin, fake_end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNDO_TEST(test_the_last_moment_of_the_settlement_day_undoes),
        UNDO_TEST(test_the_first_moment_of_the_next_day_refunds),
        UNDO_TEST(test_midnight_is_in_the_middle_of_a_settlement_day),
        UNDO_TEST(test_a_day_later_it_is_a_refund),
        UNDO_TEST(test_a_part_is_refunded),
        UNDO_TEST(test_beside_another_refund_the_rest_is_refunded),
        UNDO_TEST(test_a_channel_that_cannot_undo_refunds),
        UNDO_TEST(test_where_the_setting_is_off_it_is_a_refund),
        UNDO_TEST(test_an_undo_is_proven_as_a_refund_is),
        UNDO_TEST(test_after_a_failed_undo_it_is_a_refund),
        UNDO_TEST(test_after_a_failed_refund_an_undo_may_be_tried),
        UNDO_TEST(test_an_undo_without_an_answer_stays_an_undo),
        UNDO_TEST(test_a_late_undo_that_never_left_goes_as_a_refund),
        UNDO_TEST(test_a_late_undo_that_left_stays_an_undo),
    };
    return cmocka_run_group_tests_name("undo", tests, NULL, NULL);
}
