/* SPDX-License-Identifier: Apache-2.0 */
/* The one order of every exchange, against adapters that do what they should not. */
#include "daemon/plugin/fetched.h"
#include "tests/unit/flow/fake_ask.h"

static struct fake_ask created;

static void drive_opened(void)
{
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
}

static void drive_refresh(struct fake_ask *ask)
{
    struct fq_operation *operation = fake_get_request(ask, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask->n_finished, 1);
}

static void drive_say_send(void)
{
    struct fq_verdict *verdict = fake_say(FQ_CALL_QUERY, FQ_OUTCOME_UNSET);
    verdict->step = FQ_STEP_SEND;
    verdict->message.method = fq_lit("POST");
    verdict->message.url = fq_lit("https://pay.example/api");
    verdict->message.content_type = fq_lit("2"); /* FQ_CALL_QUERY */
}

static void test_an_adapter_that_eats_the_calls_memory_does_not_stop_the_settling(void **state)
{
    (void)state;
    struct fake_ask ask;
    drive_opened();
    fake_word_of(fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID))->eats_memory = true;
    drive_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_ledger(0)->attempts[0].n_asked, 1);
    assert_true(fake_ledger(0)->attempts[0].due_ms > fake.now_ms);
}

static void test_an_exchange_may_go_on_three_times(void **state)
{
    (void)state;
    struct fake_ask ask;
    drive_opened();
    drive_say_send();
    drive_say_send();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    drive_refresh(&ask);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 3);
    assert_int_equal(ask.state, FQ_PAYMENT_PAID);
}

static void test_a_fourth_message_is_not_sent(void **state)
{
    (void)state;
    struct fake_ask ask;
    drive_opened();
    for (int i = 0; i < 3; i++)
        drive_say_send();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    drive_refresh(&ask);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 3);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
}

static void test_a_message_to_a_strange_host_is_not_sent(void **state)
{
    (void)state;
    struct fake_ask ask;
    drive_opened();
    static const struct fq_str hosts[] = { { "other.example", 13 } };
    fake.channel_conf.hosts = hosts;
    drive_refresh(&ask);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 0);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
}

static void test_query_first_proves_nothing_by_itself(void **state)
{
    (void)state;
    struct fake_ask ask;
    drive_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_UNSET)->step = FQ_STEP_ASK;
    drive_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_SENT);
}

static void test_a_key_that_cannot_be_fetched_leaves_it_unknown(void **state)
{
    (void)state;
    struct fake_ask ask;
    drive_opened();
    struct fq_verdict *verdict = fake_say(FQ_CALL_QUERY, FQ_OUTCOME_UNSET);
    verdict->step = FQ_STEP_NEED_KEY;
    verdict->key_name = fq_lit("next");
    fake_word_of(verdict)->is_unverified = true;
    drive_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_ledger(0)->attempts[0].n_asked, 1);
}

static void drive_need_key(struct fq_verdict *verdict, const char *name)
{
    verdict->step = FQ_STEP_NEED_KEY;
    verdict->key_name = fq_str_of(name);
    fake_word_of(verdict)->is_unverified = true;
}

/* Anyone can write to us and name a key: the platform's own new one is fetched all the same. */
static void test_strangers_keep_no_key_from_being_fetched(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fake_page page;
    fake.adapter.fetch_key = fake_can;
    fake.channel.fetched = fq_fetched_new();
    drive_opened();
    for (int i = 0; i < 2; i++) {
        drive_need_key(fake_notify(&page, FQ_OUTCOME_UNSET, "T1"), "stranger");
        fake_run();
        assert_int_equal(page.status, 400);
        assert_int_equal(fake.n_begun[FQ_CALL_FETCH_KEY], 1);
    }
    drive_need_key(fake_say(FQ_CALL_QUERY, FQ_OUTCOME_UNSET), "next");
    drive_refresh(&ask);
    assert_int_equal(fake.n_begun[FQ_CALL_FETCH_KEY], 2);
    fq_fetched_free(FQ_TAKE(fake.channel.fetched));
}

/* The platform's other number for the same order: whose money it would be is not known. */
static void test_a_renamed_order_is_mistrusted(void **state)
{
    (void)state;
    struct fake_ask ask;
    drive_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING)->platform_ref = fq_lit("2026A");
    drive_refresh(&ask);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID)->platform_ref = fq_lit("2026B");
    drive_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    assert_true(ask.flags & FQ_FLAG_FOR_OPERATOR);
}

static void test_an_unverified_number_of_the_platforms_is_not_kept(void **state)
{
    (void)state;
    struct fake_ask ask;
    drive_opened();
    struct fq_verdict *verdict = fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
    verdict->platform_ref = fq_lit("forged");
    fake_word_of(verdict)->is_unverified = true;
    drive_refresh(&ask);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID)->platform_ref = fq_lit("2026A");
    drive_refresh(&ask);
    assert_int_equal(ask.state, FQ_PAYMENT_PAID);
    assert_string_equal(fake_ledger(0)->payment.platform_ref.ptr, "2026A");
}

static void test_memory_is_kept_and_given_back(void **state)
{
    (void)state;
    struct fake_ask ask;
    static const struct fq_pair pairs[] = { { { "opened", 6 }, { "1700", 4 } } };
    drive_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING)->memory = (struct fq_pairs){ pairs, 1 };
    drive_refresh(&ask);
    assert_string_equal(fake_ledger(0)->attempts[0].memory.ptr, "opened=1700\n");
    drive_refresh(&ask);
    assert_string_equal(fake_ledger(0)->attempts[0].memory.ptr, "opened=1700\n");
}

/* A reload while an exchange is under way: the old configuration stays until it is over. */
static void test_an_exchange_holds_the_configuration_that_it_began_under(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fq_catalog empty = { .n_holders = 0 };
    drive_opened();
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.refresh = true;
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fq_flow_operation(fake.flow, operation);
    fake_run_until(FAKE_ADAPT);
    assert_int_equal(fake.catalog.n_holders, 1);
    fq_flow_use(fake.flow, &empty, NULL, 0, fq_lit("{}"));
    fake_run();
    assert_int_equal(ask.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake.catalog.n_holders, 0);
}

static void test_small_pages_of_the_daemon(void **state)
{
    (void)state;
    struct fake_page page;
    fake_visit(&page, "GET", "/healthz");
    assert_string_equal(page.body, "ok\n");
    fake_visit(&page, "GET", "/readyz");
    assert_int_equal(page.status, 200);
    fake_visit(&page, "GET", "/.well-known/fenqi-keys");
    assert_string_equal(page.body, "{\"keys\":[]}\n");
    fake_visit(&page, "GET", "/etc/passwd");
    assert_int_equal(page.status, 404);
    fq_flow_drain(fake.flow);
    fake_visit(&page, "GET", "/readyz");
    assert_int_equal(page.status, 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_an_adapter_that_eats_the_calls_memory_does_not_stop_the_settling),
        FAKE_TEST(test_an_exchange_may_go_on_three_times),
        FAKE_TEST(test_a_fourth_message_is_not_sent),
        FAKE_TEST(test_a_message_to_a_strange_host_is_not_sent),
        FAKE_TEST(test_query_first_proves_nothing_by_itself),
        FAKE_TEST(test_a_key_that_cannot_be_fetched_leaves_it_unknown),
        FAKE_TEST(test_strangers_keep_no_key_from_being_fetched),
        FAKE_TEST(test_a_renamed_order_is_mistrusted),
        FAKE_TEST(test_an_unverified_number_of_the_platforms_is_not_kept),
        FAKE_TEST(test_memory_is_kept_and_given_back),
        FAKE_TEST(test_an_exchange_holds_the_configuration_that_it_began_under),
        FAKE_TEST(test_small_pages_of_the_daemon),
    };
    return cmocka_run_group_tests_name("drive", tests, NULL, NULL);
}
