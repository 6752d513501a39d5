/* SPDX-License-Identifier: Apache-2.0 */
/* CreatePayment and the disclosure: what must have been shown, when, and what is kept of it. */
#include "daemon/core/plan.h"
#include "tests/unit/flow/fake_ask.h"

/* Half a minute after the quote was issued. */
static struct fq_operation *disclosed_request(struct fake_ask *ask, int64_t shown_ms,
                                              int64_t seconds, bool confirmed)
{
    struct fake_ask quoted;
    fake_quote(&quoted, FAKE_AMOUNT);
    fake.now_ms += 30000;
    struct fq_operation *operation = fake_create_request(ask, "key-00000001", "order-1");
    struct fq_create_payment *request = &operation->create_payment;
    request->quote =
        fq_arena_copy(operation->arena, (struct fq_str){ quoted.quote, quoted.quote_size });
    request->disclosure_shown_ms = shown_ms;
    request->disclosure_seconds = seconds;
    request->disclosure_confirmed = confirmed;
    return operation;
}

static void disclosed_run(struct fake_ask *ask, struct fq_operation *operation)
{
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask->n_finished, 1);
}

static void disclosed_refused(int64_t shown_ms, int64_t seconds, bool confirmed, const char *field,
                              const char *reason)
{
    struct fake_ask ask;
    fake.now_ms = FAKE_NOW_MS;
    disclosed_run(&ask, disclosed_request(&ask, shown_ms, seconds, confirmed));
    assert_int_equal(ask.code, FQ_CODE_INVALID_ARGUMENT);
    assert_string_equal(ask.reason, reason);
    assert_string_equal(ask.field, field);
    assert_int_equal(fake.store.n_payments, 0);
}

#define SHOWN_AT "create_payment.disclosure.shown_at_unix_ms"
#define SECONDS  "create_payment.disclosure.seconds"

static void test_the_shortest_reading_time_is_enough(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake.merchants[0].disclosure_seconds_min = 10;
    disclosed_run(&ask, disclosed_request(&ask, FAKE_NOW_MS + 1000, 10, true));
    assert_int_equal(ask.code, FQ_CODE_OK);
    const struct fq_payment *payment = &fake_ledger(0)->payment;
    assert_int_equal(payment->disclosure_shown_ms, FAKE_NOW_MS + 1000);
    assert_int_equal(payment->disclosure_seconds, 10);
    assert_true(payment->disclosure_confirmed);
}

static void test_what_is_too_little_is_refused(void **state)
{
    (void)state;
    fake.merchants[0].disclosure_seconds_min = 10;
    disclosed_refused(FAKE_NOW_MS, 10, false, "create_payment.disclosure.confirmed",
                      "DISCLOSURE_NOT_CONFIRMED");
    disclosed_refused(FAKE_NOW_MS, 9, true, SECONDS, "DISCLOSURE_TOO_SHORT");
    disclosed_refused(0, 10, true, SHOWN_AT, "DISCLOSURE_TIME_MISSING");
}

/* Whether or not the merchant must tell: what it tells has to be possible. */
static void test_what_cannot_be_is_refused(void **state)
{
    (void)state;
    disclosed_refused(0, 10, true, SHOWN_AT, "DISCLOSURE_TIME_MISSING");
    disclosed_refused(-1, 0, true, SHOWN_AT, "DISCLOSURE_TIME_MISSING");
    disclosed_refused(FAKE_NOW_MS + 32001, 0, true, SHOWN_AT, "DISCLOSURE_IN_FUTURE");
    disclosed_refused(INT64_MAX, 0, true, SHOWN_AT, "DISCLOSURE_IN_FUTURE");
    disclosed_refused(FAKE_NOW_MS - 2001, 0, true, SHOWN_AT, "DISCLOSURE_BEFORE_QUOTE");
    disclosed_refused(FAKE_NOW_MS + 10000, 23, true, SECONDS, "DISCLOSURE_TIME_IMPOSSIBLE");
    disclosed_refused(FAKE_NOW_MS, INT64_MAX, true, SECONDS, "DISCLOSURE_TIME_IMPOSSIBLE");
    disclosed_refused(FAKE_NOW_MS, INT64_MIN, true, SECONDS, "DISCLOSURE_TOO_SHORT");
}

static void test_clocks_may_differ_a_little(void **state)
{
    (void)state;
    struct fake_ask ask;
    disclosed_run(&ask, disclosed_request(&ask, FAKE_NOW_MS - 2000, 34, true));
    assert_int_equal(ask.code, FQ_CODE_OK);
}

static void test_nothing_need_be_told_where_nothing_is_asked(void **state)
{
    (void)state;
    struct fake_ask ask;
    disclosed_run(&ask, disclosed_request(&ask, 0, 0, false));
    assert_int_equal(ask.code, FQ_CODE_OK);
}

static void test_the_rates_stand_with_the_payment(void **state)
{
    (void)state;
    struct fake_ask ask;
    disclosed_run(&ask, disclosed_request(&ask, 0, 0, false));
    const struct fq_payment *payment = &fake_ledger(0)->payment;
    struct fq_quote quote;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    assert_int_equal(fq_quote_decode(payment->quote, arena, &quote), 0);
    assert_true(payment->nominal_annual_bp > 0);
    assert_int_equal(payment->nominal_annual_bp, quote.nominal_annual_bp);
    assert_int_equal(payment->effective_annual_bp, quote.effective_annual_bp);
    assert_int_equal(payment->simple_annual_bp, quote.simple_annual_bp);
}

/* ---- the words ---- */

static void disclosed_say(const char *text)
{
    fake.channel_conf.texts.text = fq_str_of(text);
    fq_sha256(fq_str_of(text), fake.channel_conf.texts.digest);
}

static void test_words_that_changed_are_quoted_again(void **state)
{
    (void)state;
    struct fake_ask ask;
    disclosed_say("one");
    struct fq_operation *operation = disclosed_request(&ask, 0, 0, false);
    disclosed_say("another");
    disclosed_run(&ask, operation);
    assert_int_equal(ask.code, FQ_CODE_FAILED_PRECONDITION);
    assert_string_equal(ask.reason, "DISCLOSURE_CHANGED");
    assert_int_equal(fake.store.n_payments, 0);
}

static void test_words_are_kept_once(void **state)
{
    (void)state;
    struct fake_ask ask;
    disclosed_say("one");
    fq_flow_operation(fake.flow, disclosed_request(&ask, 0, 0, false));
    size_t place = fake_nth(FAKE_TX, 0);
    fake_execute(place);
    const struct fq_tx *tx = fake.pending[place].what;
    assert_int_equal(tx->n_notes, 1);
    assert_true(fq_str_equal(tx->notes[0].owner, fq_lit("disclosure")));
    assert_true(fq_str_equal(tx->notes[0].value, fq_lit("one")));
    assert_int_equal(tx->notes[0].name.len, 64);
    assert_int_equal(tx->notes[0].at_ms, fake.now_ms);
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_OK);
    assert_memory_equal(fake_ledger(0)->payment.texts_digest, fake.channel_conf.texts.digest, 32);

    struct fq_operation *operation = disclosed_request(&ask, 0, 0, false);
    operation->create_payment.idempotency_key = fq_lit("key-00000002");
    operation->create_payment.merchant_order_id = fq_lit("order-2");
    fq_flow_operation(fake.flow, operation);
    place = fake_nth(FAKE_TX, 0);
    fake_execute(place);
    assert_int_equal(((const struct fq_tx *)fake.pending[place].what)->n_notes, 0);
    fake_run();
    assert_int_equal(ask.code, FQ_CODE_OK);
}

static void test_words_that_could_not_be_kept_are_tried_again(void **state)
{
    (void)state;
    struct fake_ask ask;
    disclosed_say("one");
    fake.store.n_tx_faults = 1;
    disclosed_run(&ask, disclosed_request(&ask, 0, 0, false));
    assert_int_equal(ask.code, FQ_CODE_INTERNAL);
    fq_flow_operation(fake.flow, disclosed_request(&ask, 0, 0, false));
    size_t place = fake_nth(FAKE_TX, 0);
    fake_execute(place);
    assert_int_equal(((const struct fq_tx *)fake.pending[place].what)->n_notes, 1);
    fake_run();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_the_shortest_reading_time_is_enough),
        FAKE_TEST(test_what_is_too_little_is_refused),
        FAKE_TEST(test_what_cannot_be_is_refused),
        FAKE_TEST(test_clocks_may_differ_a_little),
        FAKE_TEST(test_nothing_need_be_told_where_nothing_is_asked),
        FAKE_TEST(test_the_rates_stand_with_the_payment),
        FAKE_TEST(test_words_that_changed_are_quoted_again),
        FAKE_TEST(test_words_are_kept_once),
        FAKE_TEST(test_words_that_could_not_be_kept_are_tried_again),
    };
    return cmocka_run_group_tests_name("disclosed", tests, NULL, NULL);
}
