/* SPDX-License-Identifier: Apache-2.0 */
/* A platform that does not answer: the channel is paused, tried once, and taken up again. */
#include "tests/unit/flow/fake_ask.h"

#define FAILURES 3
#define PAUSE_MS 10000

static struct fake_ask created;
static char number[64];
static uint32_t down; /* FQ_TRANSPORT_* of every exchange */
static bool is_ours;
static uint32_t http_status;

static void breaker_world_send(void *ctx, struct fq_send *send)
{
    (void)ctx;
    fake.transport = down;
    fake.http_status = http_status;
    send->is_ours = is_ours;
    fake_put(FAKE_SEND, send);
}

static int breaker_begin(void **state)
{
    (void)fake_begin_test(state);
    down = FQ_TRANSPORT_OK;
    is_ours = false;
    http_status = 200;
    fake.world.send = breaker_world_send;
    fake.channel_conf.n_breaker_failures = FAILURES;
    fake.channel_conf.breaker_pause_ms = PAUSE_MS;
    return 0;
}

static void breaker_open(const char *key, const char *order)
{
    struct fake_page page;
    fake_create(&created, key, order);
    fake_open(&page, &created);
    memcpy(number, fake.number_asked, sizeof(number));
}

static void breaker_opened(void)
{
    breaker_open("key-00000001", "order-1");
}

static void breaker_refresh(struct fake_ask *ask)
{
    struct fq_operation *operation = fake_get_request(ask, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask->n_finished, 1);
    assert_int_equal(ask->code, FQ_CODE_OK);
}

static void breaker_ask(size_t n)
{
    struct fake_ask ask;
    for (size_t i = 0; i < n; i++)
        breaker_refresh(&ask);
}

static size_t breaker_n_queries(void)
{
    return fake.n_sent[FQ_CALL_QUERY];
}

/* The platform does not answer, and the channel is paused. */
static void breaker_paused(void)
{
    down = FQ_TRANSPORT_LOST;
    breaker_ask(FAILURES);
    assert_int_equal(breaker_n_queries(), FAILURES);
    assert_int_equal(fq_flow_n_running(fake.flow), 0);
}

/* ---- when it opens ---- */

static void test_a_paused_channel_is_not_asked_and_answers_what_is_known(void **state)
{
    (void)state;
    struct fake_ask ask;
    breaker_opened();
    breaker_paused();
    int64_t version = fake_ledger(0)->payment.version;
    int64_t due_ms = fake_ledger(0)->attempts[0].due_ms;
    breaker_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    assert_int_equal(breaker_n_queries(), FAILURES);
    assert_int_equal(fake_ledger(0)->payment.version, version);
    assert_int_equal(fake_ledger(0)->attempts[0].due_ms, due_ms);
}

static void test_an_answer_in_between_starts_the_count_again(void **state)
{
    (void)state;
    breaker_opened();
    down = FQ_TRANSPORT_LOST;
    breaker_ask(FAILURES - 1);
    down = FQ_TRANSPORT_OK;
    breaker_ask(1);
    down = FQ_TRANSPORT_LOST;
    breaker_ask(FAILURES - 1);
    down = FQ_TRANSPORT_OK;
    breaker_ask(1);
    assert_int_equal(breaker_n_queries(), 2 * FAILURES);
}

static void test_failures_far_apart_are_no_outage(void **state)
{
    (void)state;
    breaker_opened();
    down = FQ_TRANSPORT_NOT_SENT;
    for (size_t i = 0; i < FAILURES + 2; i++) {
        breaker_ask(1);
        fake.now_ms += 60001;
    }
    assert_int_equal(breaker_n_queries(), FAILURES + 2);
}

static void test_failures_as_far_apart_as_a_long_timeout_are_one(void **state)
{
    (void)state;
    breaker_opened();
    down = FQ_TRANSPORT_LOST;
    for (size_t i = 0; i < FAILURES; i++) {
        fake.now_ms += 60000;
        breaker_ask(1);
    }
    breaker_ask(2);
    assert_int_equal(breaker_n_queries(), FAILURES);
}

static void test_what_fails_on_our_side_is_not_the_platforms(void **state)
{
    (void)state;
    breaker_opened();
    down = FQ_TRANSPORT_NOT_SENT;
    is_ours = true;
    breaker_ask(FAILURES + 2);
    assert_int_equal(breaker_n_queries(), FAILURES + 2);
}

/* The body is none of the platform's; a 500 or 503 may be. */
static void test_a_gateway_that_cannot_reach_the_platform_is_no_answer(void **state)
{
    static const uint32_t statuses[] = { 502, 504, 500, 503 };
    for (size_t i = 0; i < fq_array_size(statuses); i++) {
        breaker_opened();
        http_status = statuses[i];
        size_t n = breaker_n_queries();
        breaker_ask(FAILURES + 1);
        assert_int_equal(breaker_n_queries() - n, i < 2 ? FAILURES : FAILURES + 1);
        assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_SENT);
        fake_end_test(state);
        breaker_begin(state);
    }
}

static void test_zero_failures_never_pause(void **state)
{
    (void)state;
    fake.channel_conf.n_breaker_failures = 0;
    breaker_opened();
    down = FQ_TRANSPORT_LOST;
    breaker_ask(FAILURES + 2);
    assert_int_equal(breaker_n_queries(), FAILURES + 2);
}

/* ---- what goes on meanwhile ---- */

static void test_a_browser_goes_to_the_platform_all_the_same(void **state)
{
    (void)state;
    struct fake_ask other;
    struct fake_page page;
    breaker_opened();
    breaker_paused();
    fake_create(&other, "key-00000002", "order-2");
    fake_open(&page, &other);
    assert_int_equal(fake_ledger(1)->attempts[0].state, FQ_ATTEMPT_SENT);
}

static void test_a_notification_is_taken_during_the_pause(void **state)
{
    (void)state;
    struct fake_page page;
    breaker_opened();
    breaker_paused();
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    assert_string_equal(page.body, "success");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

static void test_a_refund_waits_reserved_and_goes_after_the_pause(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fake_ask other;
    fake_pay(&other, "key-00000009", "order-9", number);
    breaker_opened();
    breaker_paused();
    fq_flow_start(fake.flow);
    fake_refund(&ask, "refund-0001", other.payment_id, 100);
    assert_int_equal(ask.refund_state, FQ_REFUND_RESERVED);
    fake_pass(PAUSE_MS - 1000);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 0);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_RESERVED);
    down = FQ_TRANSPORT_OK;
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    fake_pass(5000);
    assert_int_equal(fake.n_sent[FQ_CALL_REFUND], 1);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_REFUNDED);
}

static void test_a_close_is_wished_and_done_after_the_pause(void **state)
{
    (void)state;
    struct fake_ask ask;
    breaker_opened();
    breaker_paused();
    fake_close(&ask, created.payment_id);
    assert_true(ask.closing);
    assert_int_equal(fake.n_sent[FQ_CALL_CLOSE_ORDER], 0);
    down = FQ_TRANSPORT_OK;
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
    fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_CLOSED);
    fq_flow_start(fake.flow);
    fake_pass(PAUSE_MS + 1000);
    assert_int_equal(fake_ledger(0)->payment.close_reason, FQ_CLOSE_REQUESTED);
}

/* ---- CreatePayment that needs the platform ---- */

static void breaker_create_qr(struct fake_ask *ask, const char *key, const char *order)
{
    struct fq_operation *operation = fake_create_request(ask, key, order);
    operation->create_payment.terminal = FQ_TERMINAL_QR;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask->n_finished, 1);
}

static void assert_unavailable(const struct fake_ask *ask)
{
    assert_int_equal(ask->code, FQ_CODE_UNAVAILABLE);
    assert_string_equal(ask->reason, "CHANNEL_PAUSED");
    assert_true(ask->may_repeat);
    assert_in_range(ask->retry_after_ms, 1, PAUSE_MS);
}

static void test_a_code_is_refused_before_anything_is_kept(void **state)
{
    (void)state;
    struct fake_ask ask;
    breaker_opened();
    breaker_paused();
    breaker_create_qr(&ask, "key-00000002", "order-2");
    assert_unavailable(&ask);
    assert_int_equal(fake.store.n_payments, 1);
    assert_int_equal(fake.n_sent[FQ_CALL_CREATE], 0);
    down = FQ_TRANSPORT_OK;
    fake.now_ms += PAUSE_MS;
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    breaker_create_qr(&ask, "key-00000002", "order-2");
    assert_int_equal(ask.code, FQ_CODE_OK);
}

static void test_a_code_that_opened_the_breaker_is_found_again(void **state)
{
    (void)state;
    struct fake_ask first, second, third;
    fake.channel_conf.n_breaker_failures = 1;
    down = FQ_TRANSPORT_LOST;
    breaker_create_qr(&first, "key-00000001", "order-1");
    assert_unavailable(&first);
    breaker_create_qr(&second, "key-00000001", "order-1");
    assert_unavailable(&second);
    assert_int_equal(fake.n_sent[FQ_CALL_CREATE], 1);
    down = FQ_TRANSPORT_OK;
    fake.now_ms += PAUSE_MS;
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    breaker_create_qr(&third, "key-00000001", "order-1");
    assert_int_equal(third.code, FQ_CODE_OK);
    assert_true(third.action_text[0] != '\0');
    assert_int_equal(fake.store.n_payments, 1);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 1);
}

/* ---- how it ends ---- */

static void test_an_answer_ends_the_pause(void **state)
{
    (void)state;
    breaker_opened();
    breaker_paused();
    down = FQ_TRANSPORT_OK;
    fake.now_ms += PAUSE_MS - 1;
    breaker_ask(2);
    assert_int_equal(breaker_n_queries(), FAILURES);
    fake.now_ms += 1;
    breaker_ask(4);
    assert_int_equal(breaker_n_queries(), FAILURES + 4);
}

static void test_one_exchange_tries_at_a_time(void **state)
{
    (void)state;
    static const char *const orders[] = { "order-1", "order-2", "order-3" };
    static const char *const keys[] = { "key-00000001", "key-00000002", "key-00000003" };
    struct fake_ask ask[3], made[3];
    for (size_t i = 0; i < fq_array_size(made); i++) {
        breaker_open(keys[i], orders[i]);
        made[i] = created;
    }
    breaker_paused();
    down = FQ_TRANSPORT_OK;
    fake.now_ms += PAUSE_MS;
    for (size_t i = 0; i < fq_array_size(ask); i++) {
        struct fq_operation *operation = fake_get_request(&ask[i], made[i].payment_id);
        operation->get_payment.refresh = true;
        fq_flow_operation(fake.flow, operation);
    }
    while (fake_n_pending(FAKE_READ) > 0)
        fake_step(fake_nth(FAKE_READ, 0));
    while (fake_n_pending(FAKE_ADAPT) > 0)
        fake_step(fake_nth(FAKE_ADAPT, 0));
    assert_int_equal(fake_n_pending(FAKE_SEND), 1);
    fake_run();
    assert_int_equal(breaker_n_queries(), FAILURES + 1);
    for (size_t i = 0; i < fq_array_size(ask); i++)
        assert_int_equal(ask[i].code, FQ_CODE_OK);
}

static void test_each_vain_try_doubles_the_pause_up_to_five_minutes(void **state)
{
    (void)state;
    size_t n = FAILURES;
    breaker_opened();
    breaker_paused();
    for (int64_t pause_ms = PAUSE_MS, i = 0; i < 8; i++) {
        fake.now_ms += pause_ms - 1;
        breaker_ask(1);
        assert_int_equal(breaker_n_queries(), n);
        fake.now_ms += 1;
        breaker_ask(2);
        assert_int_equal(breaker_n_queries(), ++n);
        pause_ms = 2 * pause_ms < 300000 ? 2 * pause_ms : 300000;
    }
    down = FQ_TRANSPORT_OK;
    fake.now_ms += 300000;
    breaker_ask(1);
    down = FQ_TRANSPORT_LOST;
    breaker_ask(FAILURES);
    assert_int_equal(breaker_n_queries(), n + 1 + FAILURES);
    fake.now_ms += PAUSE_MS;
    breaker_ask(1);
    assert_int_equal(breaker_n_queries(), n + 2 + FAILURES);
}

static void test_what_was_sent_before_the_pause_may_end_it(void **state)
{
    (void)state;
    struct fake_ask ask;
    breaker_opened();
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
    fake_run_until(FAKE_SEND);
    fake_execute(fake_nth(FAKE_SEND, 0)); /* answered; nobody has heard it yet */
    struct fake_pending slow = fake.pending[0];
    fake.n_pending = 0;
    breaker_open("key-00000002", "order-2");
    down = FQ_TRANSPORT_LOST;
    breaker_ask(FAILURES + 1);
    assert_int_equal(breaker_n_queries(), 1 + FAILURES);
    fake.pending[fake.n_pending++] = slow;
    fake_run();
    assert_int_equal(ask.n_finished, 1);
    down = FQ_TRANSPORT_OK;
    breaker_ask(1);
    assert_int_equal(breaker_n_queries(), FAILURES + 2);
}

static void test_a_clock_that_goes_back_ends_the_pause(void **state)
{
    (void)state;
    breaker_opened();
    breaker_paused();
    down = FQ_TRANSPORT_OK;
    fake.now_ms -= 3600000;
    breaker_ask(1);
    assert_int_equal(breaker_n_queries(), FAILURES + 1);
}

static void test_a_reload_keeps_the_pause_by_the_channels_name(void **state)
{
    (void)state;
    struct fq_channel_conf conf = fake.channel_conf;
    struct fq_channel next = fake.channel;
    struct fq_channel *channels[] = { &next };
    struct fq_catalog catalog = fake.catalog;
    conf.name = fq_lit("example-cn");
    next.conf = &conf;
    catalog.channels = channels;
    breaker_opened();
    breaker_paused();
    fq_flow_use(fake.flow, &catalog, NULL, 0, fq_lit("{}"));
    breaker_ask(1);
    assert_int_equal(breaker_n_queries(), FAILURES);
    conf.name = fq_lit("example-us");
    fake_ledger(0)->payment.channel = conf.name;
    breaker_ask(1);
    assert_int_equal(breaker_n_queries(), FAILURES + 1);
    fq_flow_use(fake.flow, &fake.catalog, NULL, 0, fq_lit("{}"));
}

#define BREAKER_TEST(name) cmocka_unit_test_setup_teardown(name, breaker_begin, fake_end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BREAKER_TEST(test_a_paused_channel_is_not_asked_and_answers_what_is_known),
        BREAKER_TEST(test_an_answer_in_between_starts_the_count_again),
        BREAKER_TEST(test_failures_far_apart_are_no_outage),
        BREAKER_TEST(test_failures_as_far_apart_as_a_long_timeout_are_one),
        BREAKER_TEST(test_what_fails_on_our_side_is_not_the_platforms),
        BREAKER_TEST(test_a_gateway_that_cannot_reach_the_platform_is_no_answer),
        BREAKER_TEST(test_zero_failures_never_pause),
        BREAKER_TEST(test_a_browser_goes_to_the_platform_all_the_same),
        BREAKER_TEST(test_a_notification_is_taken_during_the_pause),
        BREAKER_TEST(test_a_refund_waits_reserved_and_goes_after_the_pause),
        BREAKER_TEST(test_a_close_is_wished_and_done_after_the_pause),
        BREAKER_TEST(test_a_code_is_refused_before_anything_is_kept),
        BREAKER_TEST(test_a_code_that_opened_the_breaker_is_found_again),
        BREAKER_TEST(test_an_answer_ends_the_pause),
        BREAKER_TEST(test_one_exchange_tries_at_a_time),
        BREAKER_TEST(test_each_vain_try_doubles_the_pause_up_to_five_minutes),
        BREAKER_TEST(test_what_was_sent_before_the_pause_may_end_it),
        BREAKER_TEST(test_a_clock_that_goes_back_ends_the_pause),
        BREAKER_TEST(test_a_reload_keeps_the_pause_by_the_channels_name),
    };
    return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
