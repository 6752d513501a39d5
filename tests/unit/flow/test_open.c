/* SPDX-License-Identifier: Apache-2.0 */
/* The buyer's link: what a click does, twice, at once, too late. */
#include "tests/unit/flow/fake_ask.h"

static void test_looking_changes_nothing(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    for (int i = 0; i < 2; i++) {
        fake_visit(&page, "GET", created.action_text);
        assert_int_equal(page.status, 200);
    }
    assert_int_equal(fake_ledger(0)->payment.version, created.version);
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 0);
}

static void test_a_click_commits_the_order_and_leads_to_the_platform(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    const struct fq_attempt *attempt = &fake_ledger(0)->attempts[0];
    assert_int_equal(strncmp(page.location, "https://pay.example/cashier?T", 29), 0);
    assert_string_equal(page.location + 28, fake.number_asked);
    assert_int_equal(attempt->state, FQ_ATTEMPT_SENT);
    assert_int_equal(attempt->deadline_ms, FAKE_DEADLINE_MS);
    assert_int_equal(attempt->settle_after_ms, FAKE_DEADLINE_MS + FAKE_MARGIN_MS);
    assert_int_equal(fake_ledger(0)->payment.verification, FQ_VERIFICATION_OPENED);
}

static void test_nothing_leaves_before_the_order_is_committed(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_visit_start(&page, "POST", created.action_text, "");
    fake_run_until(FAKE_TX);
    assert_int_equal(page.n_finished, 0);
    fake_run();
    assert_int_equal(page.status, 303);
}

static void test_a_store_fault_at_commit_sends_nobody(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake.store.n_tx_faults = 1;
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 503);
    assert_string_equal(page.location, "");
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 0);
    fake_open(&page, &created);
}

static void test_a_second_click_opens_the_same_order(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page first, second;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&first, &created);
    fake.now_ms += 5000;
    fake_open(&second, &created);
    assert_string_equal(second.location, first.location);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 1);
}

/* Both have planned an order of their own; one is committed, the other click is led to it. */
static void test_two_clicks_at_once_open_one_order(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page first, second;
    fake_create(&created, "key-00000001", "order-1");
    fake_visit_start(&first, "POST", created.action_text, "");
    fake_visit_start(&second, "POST", created.action_text, "");
    fake_run_until(FAKE_ADAPT);
    assert_int_equal(fake_n_pending(FAKE_ADAPT), 2);
    fake_step(fake_nth(FAKE_ADAPT, 0));
    fake_step(fake_nth(FAKE_ADAPT, 0));
    fake_step(fake_nth(FAKE_TX, 1));
    fake_run();
    assert_int_equal(first.status, 303);
    assert_string_equal(first.location, second.location);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 1);
    assert_string_equal(second.location + 28, fake_ledger(0)->attempts[0].order_number.ptr);
}

/* The link was followed, planned, and then closed before the order was committed. */
static void test_a_close_in_between_opens_nothing(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_visit_start(&page, "POST", created.action_text, "");
    fake_run_until(FAKE_TX);
    fake_close_start(&closed, created.payment_id);
    fake_step(fake_nth(FAKE_TX, 1));
    fake_run();
    assert_int_equal(closed.state, FQ_PAYMENT_CLOSED);
    assert_int_equal(page.status, 410);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 0);
}

static void test_a_link_of_nobody_is_unknown(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    size_t last = strlen(created.action_text) - 1;
    created.action_text[last] = created.action_text[last] == '0' ? '1' : '0';
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 404);
    fake_visit(&page, "POST", "/r/");
    assert_int_equal(page.status, 404);
    fake_visit(&page, "POST", "/r/0000000000000000000000000000000000000000");
    assert_int_equal(page.status, 404);
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 0);
}

static void test_a_link_dies_with_its_payment(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    char number[64];
    fake_pay(&created, "key-00000001", "order-1", number);
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 200); /* the page says that it is paid */
    assert_string_equal(page.location, "");
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 1);
}

static void test_a_link_dies_with_a_close_that_is_not_proven_yet(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    fake_close(&closed, created.payment_id);
    assert_int_equal(closed.state, FQ_PAYMENT_OPEN);
    fake_visit(&page, "GET", created.action_text);
    assert_int_equal(page.status, 410);
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 410);
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 1);
}

/* Nobody knows yet that nothing was paid: a buyer who reads that it was not buys once more. */
static void test_while_a_try_may_be_paid_no_page_says_that_nothing_was(void **state)
{
    (void)state;
    struct fake_ask created, closed;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            fake.now_ms = FAKE_DEADLINE_MS - 1; /* too late for another click */
        else
            fake_close(&closed, created.payment_id);
        fake_visit(&page, "GET", created.action_text);
        assert_int_equal(page.status, 410);
        assert_null(strstr(page.body, "未"));
        assert_null(strstr(page.body, "重新下单"));
        assert_non_null(strstr(page.body, "请勿重复付款"));
    }
}

static void test_the_back_token_opens_nothing(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    char path[128] = "/r/";
    char back[128];
    fake_create(&created, "key-00000001", "order-1");
    fake_back_path(0, back);
    memcpy(path + 3, back + 6, strlen(back + 6) + 1);
    fake_visit(&page, "POST", path);
    assert_int_equal(page.status, 404);
}

static void test_too_little_time_is_left(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake.now_ms = FAKE_DEADLINE_MS - 59999;
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 410);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 0);
}

static void test_a_plan_that_leads_nowhere_is_not_committed(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake.begin_silent = FQ_CALL_CREATE;
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 503);
    fake.begin_silent = 0;
    fake.begin_fault = FQ_CALL_CREATE;
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 503);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 0);
}

static void test_where_reopening_is_another_order_the_buyer_waits(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake.channel.about.reopen_is_same_order = 0;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 200);
    assert_string_equal(page.location, "");
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 1);
}

/* The platform proves that the first order can never be paid: the next click is a new order. */
static void test_after_a_dead_order_a_click_opens_another(void **state)
{
    (void)state;
    struct fake_ask created, asked;
    struct fake_page first, second;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&first, &created);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_CLOSED);
    struct fq_operation *operation = fake_get_request(&asked, created.payment_id);
    operation->get_payment.refresh = true;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(asked.state, FQ_PAYMENT_OPEN);
    fake_open(&second, &created);
    assert_string_not_equal(first.location, second.location);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_DEAD);
    assert_int_equal(fake_ledger(0)->attempts[1].state, FQ_ATTEMPT_SENT);
}

/* ---- a try that is shorter than its payment ---- */

#define TRY_MS INT64_C(300000)

static void open_short_tries(void)
{
    fake.channel.about.reopen_is_same_order = 0;
    fake.channel_conf.attempt_life_ms = TRY_MS;
}

static void test_a_try_may_end_before_its_payment(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    open_short_tries();
    fake_create(&created, "key-00000001", "order-1");
    fake.now_ms += 1000;
    fake_open(&page, &created);
    const struct fq_attempt *attempt = &fake_ledger(0)->attempts[0];
    assert_int_equal(attempt->deadline_ms, FAKE_NOW_MS + 1000 + TRY_MS);
    assert_int_equal(attempt->settle_after_ms, FAKE_NOW_MS + 1000 + TRY_MS + FAKE_MARGIN_MS);
    assert_int_equal(fake_ledger(0)->payment.expires_ms, FAKE_DEADLINE_MS);
}

static void test_no_try_outlives_its_payment(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    open_short_tries();
    fake_create(&created, "key-00000001", "order-1");
    fake.now_ms = FAKE_DEADLINE_MS - TRY_MS + 1;
    fake_open(&page, &created);
    assert_int_equal(fake_ledger(0)->attempts[0].deadline_ms, FAKE_DEADLINE_MS);
}

/* The platform does not know the first order after its own deadline: the buyer may try again, as
 * another order, while the payment lives. */
static void test_after_a_try_has_died_the_buyer_opens_another(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page first, second;
    open_short_tries();
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&first, &created);
    for (int i = 0; i < 24; i++)
        fake_say(FQ_CALL_QUERY, FQ_OUTCOME_NOT_FOUND);
    fq_flow_start(fake.flow);
    fake_pass(TRY_MS + FAKE_MARGIN_MS - 1000);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_SENT);
    fake_pass(2000);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_DEAD);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    size_t n_asked = fake.n_sent[FQ_CALL_QUERY];
    fake_pass(65000);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], n_asked);

    fake_open(&second, &created);
    assert_string_not_equal(second.location, first.location);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 2);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_DEAD);
    assert_int_equal(fake_ledger(0)->attempts[1].state, FQ_ATTEMPT_SENT);
    fake_visit(&first, "POST", created.action_text); /* the second one lives: no third */
    assert_string_equal(first.location, "");
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 2);
}

/* ---- a buyer who waits for a try to be over ---- */

static void test_a_waiting_buyer_makes_us_ask_once_in_ten_seconds(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake.channel.about.reopen_is_same_order = 0;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    for (int i = 0; i < 3; i++) {
        fake_visit(&page, "POST", created.action_text);
        assert_int_equal(page.status, 200);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    fake.now_ms += 9999;
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    fake.now_ms += 1;
    for (int i = 0; i < 2; i++)
        fake_visit(&page, "POST", created.action_text);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 2);
    fake.now_ms -= 20000; /* the clock was ahead */
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 3);
}

static void test_what_a_waiting_buyers_question_brings_is_settled(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake.channel.about.reopen_is_same_order = 0;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

/* ---- reopen = allow ---- */

static void open_beside(void)
{
    fake.channel.about.reopen_is_same_order = 0;
    fake.merchants[0].reopen = true;
    fake.merchants[0].on_double_paid = FQ_POLICY_REFUND;
}

static void test_where_the_merchant_allows_it_a_try_runs_beside_a_live_one(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page first, second;
    open_beside();
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&first, &created);
    fake_open(&second, &created);
    assert_string_not_equal(second.location, first.location);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_SENT);
    assert_int_equal(fake_ledger(0)->attempts[1].state, FQ_ATTEMPT_SENT);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 0);
}

static void test_no_payment_has_more_than_sixteen_tries(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    open_beside();
    fake_create(&created, "key-00000001", "order-1");
    for (uint32_t i = 0; i < FQ_ATTEMPTS_MAX; i++)
        fake_open(&page, &created);
    int64_t version = fake_ledger(0)->payment.version;
    for (int i = 0; i < 2; i++) {
        fake_visit(&page, "POST", created.action_text);
        assert_int_equal(page.status, 410);
        assert_string_equal(page.location, "");
    }
    assert_int_equal(fake_ledger(0)->payment.n_attempts, FQ_ATTEMPTS_MAX);
    assert_int_equal(fake_ledger(0)->payment.version, version);
}

static void test_a_read_fault_is_a_page_that_asks_for_patience(void **state)
{
    (void)state;
    struct fake_ask created;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake.store.n_read_faults = 1;
    fake_visit(&page, "GET", created.action_text);
    assert_int_equal(page.status, 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_looking_changes_nothing),
        FAKE_TEST(test_a_click_commits_the_order_and_leads_to_the_platform),
        FAKE_TEST(test_nothing_leaves_before_the_order_is_committed),
        FAKE_TEST(test_a_store_fault_at_commit_sends_nobody),
        FAKE_TEST(test_a_second_click_opens_the_same_order),
        FAKE_TEST(test_two_clicks_at_once_open_one_order),
        FAKE_TEST(test_a_close_in_between_opens_nothing),
        FAKE_TEST(test_a_link_of_nobody_is_unknown),
        FAKE_TEST(test_a_link_dies_with_its_payment),
        FAKE_TEST(test_a_link_dies_with_a_close_that_is_not_proven_yet),
        FAKE_TEST(test_while_a_try_may_be_paid_no_page_says_that_nothing_was),
        FAKE_TEST(test_the_back_token_opens_nothing),
        FAKE_TEST(test_too_little_time_is_left),
        FAKE_TEST(test_a_plan_that_leads_nowhere_is_not_committed),
        FAKE_TEST(test_where_reopening_is_another_order_the_buyer_waits),
        FAKE_TEST(test_after_a_dead_order_a_click_opens_another),
        FAKE_TEST(test_a_try_may_end_before_its_payment),
        FAKE_TEST(test_no_try_outlives_its_payment),
        FAKE_TEST(test_after_a_try_has_died_the_buyer_opens_another),
        FAKE_TEST(test_a_waiting_buyer_makes_us_ask_once_in_ten_seconds),
        FAKE_TEST(test_what_a_waiting_buyers_question_brings_is_settled),
        FAKE_TEST(test_where_the_merchant_allows_it_a_try_runs_beside_a_live_one),
        FAKE_TEST(test_no_payment_has_more_than_sixteen_tries),
        FAKE_TEST(test_a_read_fault_is_a_page_that_asks_for_patience),
    };
    return cmocka_run_group_tests_name("open", tests, NULL, NULL);
}
