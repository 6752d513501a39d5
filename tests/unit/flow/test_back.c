/* SPDX-License-Identifier: Apache-2.0 */
/* The buyer's browser comes back: a hint, a question to the platform, a signed state for the shop.
 */
#include "tests/unit/flow/fake_ask.h"

static struct fake_ask created;
static char number[64];
static char back[128];

static void back_opened(void)
{
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    memcpy(number, fake.number_asked, sizeof(number));
    fake_back_path(0, back);
}

static void back_say_returned(const char *order_number)
{
    struct fq_verdict *verdict = fake_say(FQ_CALL_BROWSER_RETURN, FQ_OUTCOME_UNSET);
    verdict->step = FQ_STEP_ASK;
    verdict->object = FQ_OBJECT_PAYMENT;
    verdict->number = fq_str_of(order_number);
}

static void test_the_platform_is_asked_and_the_shop_gets_a_signed_state(void **state)
{
    (void)state;
    struct fake_page page;
    back_opened();
    back_say_returned(number);
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_visit_start(&page, "GET", back, "sign=1");
    fake_run();
    assert_int_equal(page.status, 303);
    assert_int_equal(strncmp(page.location, "https://shop.example/done?order=1&fenqi=", 40), 0);
    assert_non_null(strstr(page.location, ".k1."));
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(strncmp(fake.url_seen, back, strlen(back)), 0);
    assert_string_equal(fake.url_seen + strlen(back), "?sign=1");
}

static void test_a_return_is_no_evidence(void **state)
{
    (void)state;
    struct fake_page page;
    back_opened();
    for (int i = 0; i < 2; i++) {
        struct fq_verdict *verdict = fake_say(FQ_CALL_BROWSER_RETURN, FQ_OUTCOME_PAID);
        verdict->object = FQ_OBJECT_PAYMENT;
        verdict->number = fq_str_of(number);
        verdict->amount = (struct fq_money){ FAKE_AMOUNT, "CNY", 2 };
        fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
        fake_visit_start(&page, "GET", back, "sign=1");
        fake_run();
        assert_int_equal(page.status, 200);
        assert_non_null(strstr(page.body, "http-equiv=\"refresh\""));
    }
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_ledger(0)->payment.verification, FQ_VERIFICATION_RETURNED);
}

static void test_a_return_is_noted_once_and_only_for_its_own_payment(void **state)
{
    (void)state;
    struct fake_page page;
    back_opened();
    back_say_returned("T0000");
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
    fake_visit_start(&page, "GET", back, "sign=1");
    fake_run();
    assert_int_equal(fake_ledger(0)->payment.verification, FQ_VERIFICATION_OPENED);
    for (int i = 0; i < 2; i++) {
        back_say_returned(number);
        fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
        fake_visit_start(&page, "GET", back, "sign=1");
        fake_run();
        assert_int_equal(fake_ledger(0)->payment.version, 3);
    }
    assert_int_equal(fake_ledger(0)->payment.verification, FQ_VERIFICATION_RETURNED);
}

static void test_an_unsigned_return_only_makes_us_ask(void **state)
{
    (void)state;
    struct fake_page page;
    back_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PENDING);
    fake_visit(&page, "GET", back);
    assert_int_equal(page.status, 200);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
    assert_int_equal(fake_ledger(0)->payment.version, 2);
}

/* The platform does not answer: the buyer sees a page before the web gives up. */
static void test_a_slow_platform_does_not_keep_the_buyer(void **state)
{
    (void)state;
    struct fake_page page;
    back_opened();
    fake_visit_start(&page, "GET", back, "");
    fake_step(0);
    fake_step(fake_nth(FAKE_ADAPT, 0));
    assert_int_equal(fake_n_pending(FAKE_SEND), 1);
    fake.now_ms += 2500;
    fq_timers_fire(fake.timers, fake.now_ms);
    fake_step(fake_nth(FAKE_READ, 0));
    assert_int_equal(page.status, 200);
    fake_run();
}

static void test_a_buyer_who_reloads_puts_no_second_question(void **state)
{
    (void)state;
    struct fake_page first, second;
    back_opened();
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    fake_visit_start(&first, "GET", back, "");
    fake_step(0);
    fake_visit_start(&second, "GET", back, "");
    fake_run();
    assert_int_equal(first.status, 303);
    assert_int_equal(second.status, 303);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 1);
}

static void test_what_is_final_is_shown_without_asking(void **state)
{
    (void)state;
    struct fake_page page;
    fake_pay(&created, "key-00000001", "order-1", number);
    fake_back_path(0, back);
    for (int i = 0; i < 2; i++) {
        fake_visit(&page, "POST", back);
        assert_int_equal(page.status, 303);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 0);
}

static void test_who_never_left_waits_for_nothing(void **state)
{
    (void)state;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_back_path(0, back);
    fake_visit(&page, "GET", back);
    assert_int_equal(page.status, 200);
    assert_int_equal(fake.n_begun[FQ_CALL_QUERY], 0);
}

static void test_a_token_of_nobody_is_unknown(void **state)
{
    (void)state;
    struct fake_page page;
    back_opened();
    back[strlen(back) - 1] = back[strlen(back) - 1] == '0' ? '1' : '0';
    fake_visit(&page, "GET", back);
    assert_int_equal(page.status, 404);
    fake_visit(&page, "GET", "/back/x");
    assert_int_equal(page.status, 404);
    char open[128] = "/back/";
    memcpy(open + 6, strrchr(created.action_text, '/') + 1, FQ_TOKEN_LEN);
    fake_visit(&page, "GET", open);
    assert_int_equal(page.status, 404);
}

static void test_faults_are_pages(void **state)
{
    (void)state;
    struct fake_page page;
    back_opened();
    fake.store.n_read_faults = 1;
    fake_visit(&page, "GET", back);
    assert_int_equal(page.status, 503);
    back_say_returned(number);
    fake.store.n_tx_faults = 1;
    fake_visit_start(&page, "GET", back, "sign=1");
    fake_run();
    assert_int_equal(page.status, 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_the_platform_is_asked_and_the_shop_gets_a_signed_state),
        FAKE_TEST(test_a_return_is_no_evidence),
        FAKE_TEST(test_a_return_is_noted_once_and_only_for_its_own_payment),
        FAKE_TEST(test_an_unsigned_return_only_makes_us_ask),
        FAKE_TEST(test_a_slow_platform_does_not_keep_the_buyer),
        FAKE_TEST(test_a_buyer_who_reloads_puts_no_second_question),
        FAKE_TEST(test_what_is_final_is_shown_without_asking),
        FAKE_TEST(test_who_never_left_waits_for_nothing),
        FAKE_TEST(test_a_token_of_nobody_is_unknown),
        FAKE_TEST(test_faults_are_pages),
    };
    return cmocka_run_group_tests_name("back", tests, NULL, NULL);
}
