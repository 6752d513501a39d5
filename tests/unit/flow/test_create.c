/* SPDX-License-Identifier: Apache-2.0 */
/* QuotePlans and CreatePayment: what is the same, what is another, what is refused. */
#include "tests/unit/flow/fake_ask.h"

static void test_a_quote_has_a_plan_per_rate_and_stores_nothing(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_quote(&ask, FAKE_AMOUNT);
    assert_int_equal(ask.code, FQ_CODE_OK);
    assert_int_equal(ask.n_offers, 1);
    assert_int_equal(ask.n_plans, 3);
    assert_int_equal(fake.n_pending, 0);
}

static void test_amounts_without_plans_have_a_reason(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_quote(&ask, 99);
    assert_string_equal(ask.offer_reason, "AMOUNT_TOO_SMALL");
    fake_quote(&ask, 100000001);
    assert_string_equal(ask.offer_reason, "AMOUNT_TOO_LARGE");
    fake_quote(&ask, 0);
    assert_string_equal(ask.reason, "AMOUNT_NOT_POSITIVE");
    fake_quote(&ask, INT64_MAX);
    assert_string_equal(ask.reason, "AMOUNT_TOO_LARGE");
}

static void test_a_payment_is_created_open_with_a_link(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_create(&ask, "key-00000001", "order-1");
    assert_int_equal(ask.code, FQ_CODE_OK);
    assert_int_equal(ask.state, FQ_PAYMENT_OPEN);
    assert_int_equal(ask.action, 1);
    assert_int_equal(strncmp(ask.action_text, "https://pay.shop.example/r/", 27), 0);
    assert_int_equal(fake.store.n_payments, 1);
}

static void test_the_same_key_and_content_is_the_same_payment(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fake_create(&first, "key-00000001", "order-1");
    fake_create(&second, "key-00000001", "order-1");
    assert_int_equal(second.code, FQ_CODE_OK);
    assert_string_equal(second.payment_id, first.payment_id);
    assert_string_equal(second.action_text, first.action_text);
    assert_int_equal(fake.store.n_payments, 1);
    assert_int_equal(fake.store.n_journal, 1);
}

static void test_what_a_retry_may_change_is_not_content(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fake_create(&first, "key-00000001", "order-1");
    struct fq_operation *operation = fake_create_request(&second, "key-00000001", "order-1");
    operation->request_id = fq_lit("another");
    operation->create_payment.buyer_ip = fq_lit("198.51.100.1");
    operation->create_payment.disclosure_seconds = 12;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_string_equal(second.payment_id, first.payment_id);
}

static void test_the_same_key_with_other_content_is_a_conflict(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fake_create(&first, "key-00000001", "order-1");
    for (int i = 0; i < 2; i++) {
        fake_create(&second, "key-00000001", "order-2");
        assert_int_equal(second.code, FQ_CODE_ALREADY_EXISTS);
        assert_string_equal(second.field, "create_payment.idempotency_key");
    }
    assert_int_equal(fake.store.n_payments, 1);
}

static void test_a_key_belongs_to_its_merchant(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fake_create(&first, "key-00000001", "order-1");
    struct fq_operation *operation = fake_create_request(&second, "key-00000001", "order-1");
    operation->merchant = &fake.merchants[1];
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_string_equal(second.reason, "QUOTE_OF_ANOTHER_MERCHANT");
}

static void test_a_repetition_is_answered_though_its_quote_expired(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fq_flow_operation(fake.flow, fake_create_request(&first, "key-00000001", "order-1"));
    struct fq_operation *later = fake_create_request(&second, "key-00000001", "order-1");
    fake_run();
    fake.now_ms += 600000;
    fq_flow_operation(fake.flow, later);
    fake_run();
    assert_string_equal(second.payment_id, first.payment_id);
    assert_string_equal(second.action_text, first.action_text);
}

static void test_an_expired_quote_makes_no_new_payment(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fq_operation *operation = fake_create_request(&ask, "key-00000001", "order-1");
    fake.now_ms += 600000;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_string_equal(ask.reason, "QUOTE_EXPIRED");
    assert_int_equal(fake.store.n_payments, 0);
}

/* The second arrives when its quote has expired, before the first is committed: it joins it. */
static void test_a_duplicate_joins_a_request_in_flight(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fq_flow_operation(fake.flow, fake_create_request(&first, "key-00000001", "order-1"));
    struct fq_operation *duplicate = fake_create_request(&second, "key-00000001", "order-1");
    fake.now_ms += 600000;
    fq_flow_operation(fake.flow, duplicate);
    fake_run();
    assert_int_equal(first.code, FQ_CODE_OK);
    assert_string_equal(second.payment_id, first.payment_id);
    assert_int_equal(fake.store.n_payments, 1);
}

static void test_a_repetition_shows_the_state_of_now(void **state)
{
    (void)state;
    struct fake_ask first, again, refund;
    char number[64];
    fake_pay(&first, "key-00000001", "order-1", number);
    fake_refund(&refund, "refund-0001", first.payment_id, 1000);
    fake_create(&again, "key-00000001", "order-1");
    assert_string_equal(again.payment_id, first.payment_id);
    assert_int_equal(again.state, FQ_PAYMENT_PAID);
    assert_int_equal(again.action, 0);
    assert_int_equal(again.n_refunds, 1);
}

static void test_an_order_with_a_live_payment_is_refused(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fake_create(&first, "key-00000001", "order-1");
    for (int i = 0; i < 2; i++) {
        fake_create(&second, "key-00000002", "order-1");
        assert_int_equal(second.code, FQ_CODE_FAILED_PRECONDITION);
        assert_string_equal(second.reason, "ORDER_HAS_LIVE_PAYMENT");
        assert_int_equal(second.retry_after_ms, FAKE_LIFE_MS);
    }
    assert_int_equal(fake.store.n_payments, 1);
}

static void test_a_refusal_does_not_burn_its_key(void **state)
{
    (void)state;
    struct fake_ask first, second, closed;
    fake_create(&first, "key-00000001", "order-1");
    fake_create(&second, "key-00000002", "order-1");
    assert_int_equal(second.code, FQ_CODE_FAILED_PRECONDITION);
    fake_close(&closed, first.payment_id);
    assert_int_equal(closed.state, FQ_PAYMENT_CLOSED);
    fake_create(&second, "key-00000002", "order-1");
    assert_int_equal(second.code, FQ_CODE_OK);
}

static void test_of_two_at_once_for_one_order_one_is_made(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fq_flow_operation(fake.flow, fake_create_request(&first, "key-00000001", "order-1"));
    fq_flow_operation(fake.flow, fake_create_request(&second, "key-00000002", "order-1"));
    fake_step(fake_nth(FAKE_TX, 1));
    fake_run();
    assert_int_equal(second.code, FQ_CODE_OK);
    assert_string_equal(first.reason, "ORDER_HAS_LIVE_PAYMENT");
    assert_int_equal(fake.store.n_payments, 1);
}

static void test_an_order_that_is_paid_is_refused(void **state)
{
    (void)state;
    struct fake_ask first, second;
    char number[64];
    fake_pay(&first, "key-00000001", "order-1", number);
    fake_create(&second, "key-00000002", "order-1");
    assert_string_equal(second.reason, "ORDER_PAID");
}

static void test_a_parallel_payment_must_be_asked_for(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fake_create(&first, "key-00000001", "order-1");
    struct fq_operation *operation = fake_create_request(&second, "key-00000002", "order-1");
    operation->create_payment.allow_parallel = true;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(second.code, FQ_CODE_OK);
    assert_string_not_equal(second.payment_id, first.payment_id);
}

/* However many a shop asks for: when one is paid, all the others are looked at. */
static void test_an_order_has_sixteen_parallel_payments_at_most(void **state)
{
    (void)state;
    char key[32];
    for (unsigned i = 0; i <= FQ_SIBLINGS_MAX; i++) {
        struct fake_ask ask;
        (void)snprintf(key, sizeof(key), "key-%08u", i);
        struct fq_operation *operation = fake_create_request(&ask, key, "order-1");
        operation->create_payment.allow_parallel = true;
        fq_flow_operation(fake.flow, operation);
        fake_run();
        if (i < FQ_SIBLINGS_MAX)
            assert_int_equal(ask.code, FQ_CODE_OK);
        else
            assert_string_equal(ask.reason, "ORDER_HAS_TOO_MANY_PAYMENTS");
    }
}

/* The longest field that the codec lets through, of bytes that take three each where it is
 * digested. */
static void test_a_quote_of_nothing_but_zeroes_is_the_callers_fault(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fq_operation *operation = fake_create_request(&ask, "key-00000001", "order-1");
    operation->create_payment.quote =
        (struct fq_str){ fq_arena_alloc(operation->arena, 8192), 8192 };
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_string_equal(ask.reason, "QUOTE_INVALID");
}

static void test_a_quote_with_one_byte_changed_is_refused(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fq_operation *operation = fake_create_request(&ask, "key-00000001", "order-1");
    struct fq_str quote = operation->create_payment.quote;
    char *bytes = fq_arena_alloc(operation->arena, quote.len);
    memcpy(bytes, quote.ptr, quote.len);
    bytes[quote.len / 2] ^= 1;
    operation->create_payment.quote = (struct fq_str){ bytes, quote.len };
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_string_equal(ask.reason, "QUOTE_INVALID");
}

static void create_with(void (*spoil)(struct fq_create_payment *request), const char *reason,
                        const char *field)
{
    struct fake_ask ask;
    struct fq_operation *operation = fake_create_request(&ask, "key-00000001", "order-1");
    spoil(&operation->create_payment);
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_string_equal(ask.reason, reason);
    assert_string_equal(ask.field, field);
    assert_int_equal(fake.store.n_payments, 0);
}

static void spoil_key(struct fq_create_payment *request)
{
    request->idempotency_key = fq_lit("short");
}

static void spoil_order(struct fq_create_payment *request)
{
    request->merchant_order_id = (struct fq_str){ NULL, 0 };
}

static void spoil_amount(struct fq_create_payment *request)
{
    request->amount.minor++;
}

static void spoil_currency(struct fq_create_payment *request)
{
    request->currency = fq_lit("USD");
}

static void spoil_subject(struct fq_create_payment *request)
{
    request->subject = fq_lit("a=b");
}

static void spoil_return_url(struct fq_create_payment *request)
{
    request->return_url = fq_lit("https://evil.example/");
}

static void spoil_fragment(struct fq_create_payment *request)
{
    request->return_url = fq_lit("https://shop.example/done#top");
}

static void spoil_terminal(struct fq_create_payment *request)
{
    request->terminal = FQ_TERMINAL_UNSET;
}

static void spoil_life(struct fq_create_payment *request)
{
    request->expires_in_ms = 60000;
}

static void spoil_life_below_zero(struct fq_create_payment *request)
{
    request->expires_in_ms = INT64_MIN;
}

static void spoil_life_beyond(struct fq_create_payment *request)
{
    request->expires_in_ms = INT64_MAX;
}

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    create_with(spoil_key, "KEY_INVALID", "create_payment.idempotency_key");
    create_with(spoil_order, "ORDER_ID_INVALID", "create_payment.merchant_order_id");
    create_with(spoil_amount, "AMOUNT_MISMATCH", "create_payment.amount.minor");
    create_with(spoil_currency, "CURRENCY_MISMATCH", "create_payment.amount.currency");
    create_with(spoil_subject, "SUBJECT_INVALID", "create_payment.subject");
    create_with(spoil_return_url, "RETURN_URL_NOT_ALLOWED", "create_payment.return_url");
    create_with(spoil_fragment, "RETURN_URL_INVALID", "create_payment.return_url");
    create_with(spoil_terminal, "TERMINAL_NOT_SUPPORTED", "create_payment.terminal");
    create_with(spoil_life, "EXPIRY_OUT_OF_RANGE", "create_payment.expires_in_ms");
    create_with(spoil_life_below_zero, "EXPIRY_OUT_OF_RANGE", "create_payment.expires_in_ms");
    create_with(spoil_life_beyond, "EXPIRY_OUT_OF_RANGE", "create_payment.expires_in_ms");
}

static void test_a_store_fault_is_answered_and_burns_nothing(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake.store.n_tx_faults = 1;
    fake_create(&ask, "key-00000001", "order-1");
    assert_int_equal(ask.code, FQ_CODE_INTERNAL);
    assert_true(ask.may_repeat);
    fake_create(&ask, "key-00000001", "order-1");
    assert_int_equal(ask.code, FQ_CODE_OK);
    assert_int_equal(fake.store.n_payments, 1);
}

static void test_a_request_after_its_deadline_is_not_begun(void **state)
{
    (void)state;
    struct fake_ask ask;
    struct fq_operation *operation = fake_create_request(&ask, "key-00000001", "order-1");
    operation->deadline_ms = fake.now_ms - 1;
    fq_flow_operation(fake.flow, operation);
    assert_int_equal(ask.code, FQ_CODE_DEADLINE_EXCEEDED);
    assert_int_equal(fake.n_pending, 0);
}

/* ---- QR codes and apps: opened at once ---- */

static struct fq_operation *create_for(struct fake_ask *ask, uint32_t terminal)
{
    struct fq_operation *operation = fake_create_request(ask, "key-00000001", "order-1");
    operation->create_payment.terminal = terminal;
    return operation;
}

static void test_an_app_string_is_committed_and_given_again(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fq_flow_operation(fake.flow, create_for(&first, FQ_TERMINAL_APP));
    fake_run();
    assert_int_equal(first.action, 3);
    assert_int_equal(strncmp(first.action_text, "app:T", 5), 0);
    fq_flow_operation(fake.flow, create_for(&second, FQ_TERMINAL_APP));
    fake_run();
    assert_string_equal(second.action_text, first.action_text);
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 1);
}

static void test_a_qr_code_is_fetched_and_given_again(void **state)
{
    (void)state;
    struct fake_ask first, second;
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    fq_flow_operation(fake.flow, create_for(&first, FQ_TERMINAL_QR));
    fake_run();
    assert_int_equal(first.action, 2);
    fq_flow_operation(fake.flow, create_for(&second, FQ_TERMINAL_QR));
    fake_run();
    assert_string_equal(second.action_text, first.action_text);
    assert_int_equal(fake.n_sent[FQ_CALL_CREATE], 1);
}

static void test_a_lost_qr_answer_is_asked_for_under_the_same_number(void **state)
{
    (void)state;
    struct fake_ask ask;
    char number[64];
    fake.transport = FQ_TRANSPORT_LOST;
    fq_flow_operation(fake.flow, create_for(&ask, FQ_TERMINAL_QR));
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_OK);
    assert_int_equal(ask.action, 0);
    memcpy(number, fake.number_sent, sizeof(number));
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    fq_flow_operation(fake.flow, create_for(&ask, FQ_TERMINAL_QR));
    fake_run();
    assert_string_equal(fake.number_sent, number);
    assert_int_equal(ask.action, 2);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 1);
}

static void test_a_qr_code_that_the_store_did_not_keep_is_not_given(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    fq_flow_operation(fake.flow, create_for(&ask, FQ_TERMINAL_QR));
    fake_run_until(FAKE_SEND);
    fake.store.n_tx_faults = 1;
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_OK);
    assert_int_equal(ask.action, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_a_quote_has_a_plan_per_rate_and_stores_nothing),
        FAKE_TEST(test_amounts_without_plans_have_a_reason),
        FAKE_TEST(test_a_payment_is_created_open_with_a_link),
        FAKE_TEST(test_the_same_key_and_content_is_the_same_payment),
        FAKE_TEST(test_what_a_retry_may_change_is_not_content),
        FAKE_TEST(test_the_same_key_with_other_content_is_a_conflict),
        FAKE_TEST(test_a_key_belongs_to_its_merchant),
        FAKE_TEST(test_a_repetition_is_answered_though_its_quote_expired),
        FAKE_TEST(test_an_expired_quote_makes_no_new_payment),
        FAKE_TEST(test_a_duplicate_joins_a_request_in_flight),
        FAKE_TEST(test_a_repetition_shows_the_state_of_now),
        FAKE_TEST(test_an_order_with_a_live_payment_is_refused),
        FAKE_TEST(test_a_refusal_does_not_burn_its_key),
        FAKE_TEST(test_of_two_at_once_for_one_order_one_is_made),
        FAKE_TEST(test_an_order_that_is_paid_is_refused),
        FAKE_TEST(test_a_parallel_payment_must_be_asked_for),
        FAKE_TEST(test_an_order_has_sixteen_parallel_payments_at_most),
        FAKE_TEST(test_a_quote_of_nothing_but_zeroes_is_the_callers_fault),
        FAKE_TEST(test_a_quote_with_one_byte_changed_is_refused),
        FAKE_TEST(test_what_is_wrong_is_named),
        FAKE_TEST(test_a_store_fault_is_answered_and_burns_nothing),
        FAKE_TEST(test_a_request_after_its_deadline_is_not_begun),
        FAKE_TEST(test_an_app_string_is_committed_and_given_again),
        FAKE_TEST(test_a_qr_code_is_fetched_and_given_again),
        FAKE_TEST(test_a_lost_qr_answer_is_asked_for_under_the_same_number),
        FAKE_TEST(test_a_qr_code_that_the_store_did_not_keep_is_not_given),
    };
    return cmocka_run_group_tests_name("create", tests, NULL, NULL);
}
