/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds are fair: no channel keeps another waiting, and none gets more than it can send now. */
#include "tests/unit/flow/fake_ask.h"

static struct fq_channel_conf slow_conf;
static struct fq_channel slow;
static struct fq_channel *channels[2];
static struct fq_catalog both;
static struct fake_ask created;
static char number[64];

/* A second channel, "slow-cn", that may send 4 at once. */
static int rounds_begin(void **state)
{
    (void)fake_begin_test(state);
    slow_conf = fake.channel_conf;
    slow_conf.name = fq_lit("slow-cn");
    slow_conf.n_calls_max = 4;
    slow = fake.channel;
    slow.conf = &slow_conf;
    channels[0] = &slow;
    channels[1] = &fake.channel;
    both = fake.catalog;
    both.channels = channels;
    both.n_channels = 2;
    fq_flow_use(fake.flow, &both, NULL, 0, fq_lit("{}"));
    return 0;
}

static void rounds_open(size_t i, struct fq_str channel)
{
    char key[32], order[32];
    struct fake_page page;
    (void)snprintf(key, sizeof(key), "key-%08zu", i);
    (void)snprintf(order, sizeof(order), "order-%zu", i);
    fake_create(&created, key, order);
    fake_open(&page, &created);
    fake_ledger(i)->payment.channel = channel;
}

/* The next round has read what is due and begun with it, up to what is sent. */
static void rounds_turn(int64_t ms)
{
    fake.now_ms += ms;
    fq_timers_fire(fake.timers, fake.now_ms);
    while (fake_n_pending(FAKE_READ) > 0)
        fake_step(fake_nth(FAKE_READ, 0));
    while (fake_n_pending(FAKE_ADAPT) > 0)
        fake_step(fake_nth(FAKE_ADAPT, 0));
}

static size_t rounds_n_sending(struct fq_str channel)
{
    size_t n = 0;
    for (size_t i = 0; i < fake.n_pending; i++) {
        const struct fq_send *send = fake.pending[i].what;
        n += fake.pending[i].work == FAKE_SEND && fq_str_equal(send->channel->conf->name, channel);
    }
    return n;
}

static void test_a_slow_channel_keeps_no_other_waiting(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++)
        rounds_open(i, slow_conf.name);
    fake.now_ms += 10; /* so that what is slow is older */
    rounds_open(8, fake.channel_names[0]);
    fq_flow_start(fake.flow);
    rounds_turn(3000);
    assert_int_equal(rounds_n_sending(slow_conf.name), 2);
    assert_int_equal(rounds_n_sending(fake.channel_names[0]), 1);
}

/* Half of what it can send is left to those who wait for an answer. */
static void test_a_channel_gets_no_more_than_it_can_send_while_nothing_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++)
        rounds_open(i, slow_conf.name);
    fq_flow_start(fake.flow);
    for (size_t i = 0; i < 20; i++)
        rounds_turn(500);
    assert_int_equal(rounds_n_sending(slow_conf.name), 2);
    fake_step(fake_nth(FAKE_SEND, 0));
    fake_step(fake_nth(FAKE_ADAPT, 0));
    fake_step(fake_nth(FAKE_TX, 0));
    assert_int_equal(rounds_n_sending(slow_conf.name), 1);
    rounds_turn(500);
    assert_int_equal(rounds_n_sending(slow_conf.name), 2);
}

static void test_whoever_waits_is_sent_beside_a_backlog(void **state)
{
    (void)state;
    static struct fake_ask ask; /* answered when the test has ended */
    for (size_t i = 0; i < 8; i++)
        rounds_open(i, slow_conf.name);
    fq_flow_start(fake.flow);
    rounds_turn(3000);
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
    rounds_turn(1);
    assert_int_equal(rounds_n_sending(slow_conf.name), 3);
}

static void test_a_backlog_goes_on_beside_those_who_wait(void **state)
{
    (void)state;
    static struct fake_ask asks[6];
    struct fake_ask made[8];
    for (size_t i = 0; i < fq_array_size(made); i++) {
        rounds_open(i, slow_conf.name);
        made[i] = created;
    }
    for (size_t i = 0; i < fq_array_size(asks); i++) {
        struct fq_operation *operation = fake_get_request(&asks[i], made[i].payment_id);
        operation->get_payment.refresh = true;
        fq_flow_operation(fake.flow, operation);
    }
    rounds_turn(1);
    assert_int_equal(rounds_n_sending(slow_conf.name), 6);
    fq_flow_start(fake.flow);
    rounds_turn(3000);
    assert_int_equal(rounds_n_sending(slow_conf.name), 7);
}

static void test_what_is_left_over_is_begun_soon(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++)
        rounds_open(i, slow_conf.name);
    fq_flow_start(fake.flow);
    fake_pass(2100);
    fake_pass(400);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 8);
}

static void rounds_pause(void)
{
    struct fake_ask ask;
    slow_conf.n_breaker_failures = 1;
    slow_conf.breaker_pause_ms = 60000;
    fake.transport = FQ_TRANSPORT_LOST;
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
}

static void test_a_paused_channel_is_not_even_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++)
        rounds_open(i, slow_conf.name);
    rounds_pause();
    fq_flow_start(fake.flow);
    fake.now_ms += 3000;
    fq_timers_fire(fake.timers, fake.now_ms);
    const struct fq_read *read = fake.pending[fake_nth(FAKE_READ, 0)].what;
    for (uint32_t i = 0; i < read->n_wishes; i++)
        assert_int_equal(read->wishes[i].n_max > 0,
                         !fq_str_equal(read->wishes[i].channel, slow_conf.name));
    size_t n_writes = fake.store.n_writes;
    fake_pass(50000);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    assert_int_equal(fake.store.n_writes, n_writes);
}

static void test_after_the_pause_one_row_tries(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++)
        rounds_open(i, slow_conf.name);
    rounds_pause();
    fq_flow_start(fake.flow);
    rounds_turn(60000);
    rounds_turn(500);
    assert_int_equal(rounds_n_sending(slow_conf.name), 1);
    fake_run();
    fake_pass(1000);
    assert_true(fake.n_sent[FQ_CALL_QUERY] >= 1 + 4);
}

/* ---- refunds ---- */

static void rounds_paid(void)
{
    fake_pay(&created, "key-00000000", "order-0", number);
    fake_ledger(0)->payment.channel = slow_conf.name;
}

static void rounds_refund(size_t i)
{
    char key[32];
    struct fake_ask *ask = test_malloc(sizeof(*ask));
    (void)snprintf(key, sizeof(key), "refund-%04zu", i);
    struct fq_operation *operation = fake_refund_request(ask, key, created.payment_id, 100);
    fq_flow_operation(fake.flow, operation);
    while (ask->n_finished == 0)
        fake_step(fake_nth(FAKE_TX, 0));
    assert_int_equal(ask->code, FQ_CODE_OK);
    assert_int_equal(ask->refund_state, FQ_REFUND_RESERVED);
    test_free(ask);
}

static size_t rounds_n_refunds(uint32_t state)
{
    size_t n = 0;
    for (uint32_t i = 0; i < fake_ledger(0)->n_refunds_loaded; i++)
        n += fake_ledger(0)->refunds[i].state == state;
    return n;
}

static void test_refunds_beyond_what_the_channel_can_send_wait_reserved(void **state)
{
    (void)state;
    rounds_paid();
    for (size_t i = 0; i < 8; i++)
        rounds_refund(i);
    fake_run_until(FAKE_SEND);
    assert_int_equal(rounds_n_sending(slow_conf.name), 2);
    assert_int_equal(rounds_n_refunds(FQ_REFUND_SUBMITTED), 2);
    assert_int_equal(rounds_n_refunds(FQ_REFUND_RESERVED), 6);
}

/* All of them are one payment's: one that is on its way does not stop the next. */
static void test_refunds_of_one_payment_go_side_by_side(void **state)
{
    (void)state;
    rounds_paid();
    for (size_t i = 0; i < 8; i++)
        rounds_refund(i);
    for (size_t i = 0; i < 40; i++) {
        fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
        if (i < 20)
            fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    }
    fq_flow_start(fake.flow);
    fake_pass(600);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 8);
    assert_int_equal(rounds_n_refunds(FQ_REFUND_REFUNDED), 8);
}

#define ROUNDS_TEST(name) cmocka_unit_test_setup_teardown(name, rounds_begin, fake_end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROUNDS_TEST(test_a_slow_channel_keeps_no_other_waiting),
        ROUNDS_TEST(test_a_channel_gets_no_more_than_it_can_send_while_nothing_comes_back),
        ROUNDS_TEST(test_whoever_waits_is_sent_beside_a_backlog),
        ROUNDS_TEST(test_a_backlog_goes_on_beside_those_who_wait),
        ROUNDS_TEST(test_what_is_left_over_is_begun_soon),
        ROUNDS_TEST(test_a_paused_channel_is_not_even_read),
        ROUNDS_TEST(test_after_the_pause_one_row_tries),
        ROUNDS_TEST(test_refunds_beyond_what_the_channel_can_send_wait_reserved),
        ROUNDS_TEST(test_refunds_of_one_payment_go_side_by_side),
    };
    return cmocka_run_group_tests_name("rounds", tests, NULL, NULL);
}
