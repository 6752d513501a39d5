/* SPDX-License-Identifier: Apache-2.0 */
/* A day's settlement file: each line is the platform's word about a payment or a refund. */
#include "daemon/flow/parts.h"
#include "tests/unit/flow/fake_ask.h"
#include "tests/unit/flow/fake_log.h"

#define DAY       INT64_C(19676) /* 2023-11-15 in Beijing */
#define LINES_MAX 48

static struct fake_ask created;
static char number[64];
static struct fq_statement_line lines[LINES_MAX];
static size_t n_lines;
static uint32_t n_done;
static const char *refusal;
static int64_t retry_after_ms;

static int statement_begin(void **state)
{
    (void)fake_begin_test(state);
    fake.adapter.statement = fake_can;
    n_lines = 0;
    return 0;
}

static void statement_opened(void)
{
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    memcpy(number, fake.number_asked, sizeof(number));
}

static void statement_paid(void)
{
    fake_pay(&created, "key-00000001", "order-1", number);
}

static struct fq_statement_line *statement_add(uint32_t object, const char *of, int64_t minor)
{
    assert_true(n_lines < LINES_MAX);
    struct fq_statement_line *line = &lines[n_lines++];
    *line = (struct fq_statement_line){ .struct_size = sizeof(*line),
                                        .object = object,
                                        .number = fq_str_of(of),
                                        .amount = { minor, "CNY", 2 },
                                        .proof = fq_lit("line") };
    return line;
}

static void statement_done(void *asker, const char *why, int64_t again_ms)
{
    assert_ptr_equal(asker, &n_done);
    n_done++;
    refusal = why;
    retry_after_ms = again_ms;
}

/* The platform gives the file of all lines that were added. */
static struct fq_verdict *statement_start(void)
{
    static const struct fq_statement_line *list[LINES_MAX];
    for (size_t i = 0; i < n_lines; i++)
        list[i] = &lines[i];
    struct fq_verdict *verdict = fake_say(FQ_CALL_STATEMENT, FQ_OUTCOME_UNSET);
    verdict->has_statement = 1;
    verdict->lines = list;
    verdict->n_lines = n_lines;
    n_done = 0;
    fq_statement_take(fake.flow, &fake.channel, DAY, statement_done, &n_done);
    return verdict;
}

static void statement_take(void)
{
    (void)statement_start();
    fake_run();
    assert_int_equal(n_done, 1);
}

/* What is said is limited per second: only where a test looks. */
static void statement_take_and_listen(void)
{
    fake_listen();
    statement_take();
    fake_heard();
}

/* The same file, twice: the second time nothing moves. */
static void statement_take_twice(void)
{
    statement_take();
    assert_null(refusal);
    int64_t version = fake_ledger(0)->payment.version;
    size_t n_journal = fake.store.n_journal;
    size_t n_events = fake.store.n_events;
    statement_take();
    assert_null(refusal);
    assert_int_equal(fake_ledger(0)->payment.version, version);
    assert_int_equal(fake.store.n_journal, n_journal);
    assert_int_equal(fake.store.n_events, n_events);
}

/* ---- money that came in ---- */

static void test_the_day_is_asked_for_by_its_date(void **state)
{
    (void)state;
    statement_take_and_listen();
    assert_string_equal(fake.days_asked[0], "20231115");
    assert_null(refusal);
    fake_assert_said("LINES=0");
}

static void test_a_line_settles_what_was_unknown(void **state)
{
    (void)state;
    statement_opened();
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT)->platform_ref = fq_lit("2023-1");
    statement_take_twice();
    const struct fq_payment *payment = &fake_ledger(0)->payment;
    assert_int_equal(payment->state, FQ_PAYMENT_PAID);
    assert_true(fq_str_equal(payment->platform_ref, fq_lit("2023-1")));
    assert_int_equal(payment->terms_match, FQ_TERMS_UNCONFIRMED);
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_PAID), 1);
}

static void test_a_line_wakes_who_waits(void **state)
{
    (void)state;
    struct fake_ask ask;
    statement_opened();
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.wait_ms = 25000;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask.n_finished, 0);
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT);
    statement_take();
    assert_int_equal(ask.n_finished, 1);
    assert_int_equal(ask.state, FQ_PAYMENT_PAID);
}

static void test_a_line_confirms_the_terms(void **state)
{
    (void)state;
    statement_paid();
    assert_int_equal(fake_ledger(0)->payment.terms_match, FQ_TERMS_UNCONFIRMED);
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT)->instalments = 12;
    statement_take_twice();
    assert_int_equal(fake_ledger(0)->payment.terms_match, FQ_TERMS_CONFIRMED);
    assert_int_equal(fake_n_events(FQ_EVENT_TERMS_DIFFER), 0);
}

static void test_a_line_names_other_terms(void **state)
{
    (void)state;
    statement_paid();
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT)->instalments = 6;
    statement_take_twice();
    assert_int_equal(fake_ledger(0)->payment.terms_match, FQ_TERMS_DIFFERENT);
    assert_int_equal(fake_ledger(0)->payment.instalments_used, 6);
    assert_int_equal(fake_n_events(FQ_EVENT_TERMS_DIFFER), 1);
}

static void test_a_line_of_a_dead_try_is_a_late_success(void **state)
{
    (void)state;
    struct fake_ask ask;
    fake.merchants[0].on_late_success = FQ_POLICY_REFUND;
    statement_opened();
    fake_say(FQ_CALL_CLOSE_ORDER, FQ_OUTCOME_CLOSED);
    fake_close(&ask, created.payment_id);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_CLOSED);
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT);
    statement_take_twice();
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_true(fake_ledger(0)->payment.flags & FQ_FLAG_LATE_SUCCESS);
    assert_int_equal(fake_n_events(FQ_EVENT_LATE_SUCCESS), 1);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1); /* by policy, once */
    assert_int_equal(fake_ledger(0)->refunds[0].origin, FQ_ORIGIN_AUTOMATIC);
}

static void test_two_lines_of_one_payment_are_paid_twice(void **state)
{
    (void)state;
    struct fake_page page;
    fake.channel.about.reopen_is_same_order = 0;
    fake.merchants[0].reopen = true;
    statement_opened();
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT);
    fake_open(&page, &created);
    statement_add(FQ_OBJECT_PAYMENT, fake.number_asked, FAKE_AMOUNT);
    statement_take_twice();
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_WON);
    assert_int_equal(fake_ledger(0)->attempts[1].state, FQ_ATTEMPT_WON);
    assert_int_equal(fake_n_events(FQ_EVENT_DOUBLE_PAID), 1);
}

/* ---- money that went back ---- */

/* A refund of ours that the platform took, and of which nothing more was heard. */
static void statement_refund(char ret[64])
{
    struct fake_ask ask;
    statement_paid();
    fake_say(FQ_CALL_REFUND, FQ_OUTCOME_ACCEPTED);
    fake_refund(&ask, "refund-0001", created.payment_id, 100000);
    memcpy(ret, fake.number_refund, 64);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_SUBMITTED);
}

static void test_a_line_proves_a_refund_of_ours(void **state)
{
    (void)state;
    char refund_number[64];
    statement_refund(refund_number);
    statement_add(FQ_OBJECT_REFUND, refund_number, 100000)->order_number = fq_str_of(number);
    statement_take_twice();
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_REFUNDED);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 100000);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
    assert_int_equal(fake_n_events(FQ_EVENT_REFUNDED), 1);
}

static void test_a_refund_line_of_another_amount_or_order_proves_nothing(void **state)
{
    (void)state;
    char refund_number[64];
    statement_refund(refund_number);
    statement_add(FQ_OBJECT_REFUND, refund_number, 100001);
    statement_add(FQ_OBJECT_REFUND, refund_number, 100000)->order_number = fq_lit("T0000");
    statement_take_and_listen();
    fake_assert_said("REFUSED=2");
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_SUBMITTED);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
}

static struct fq_statement_line *statement_add_found(const char *order_number)
{
    struct fq_statement_line *line = statement_add(FQ_OBJECT_REFUND, "CONSOLE1", 5000);
    line->order_number = fq_str_of(order_number);
    return line;
}

static void statement_assert_booked(void)
{
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
    assert_int_equal(fake_ledger(0)->refunds[0].origin, FQ_ORIGIN_PLATFORM);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_REFUNDED);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 5000);
    assert_int_equal(fake_ledger(0)->attempts[0].refund_counted_minor, 5000);
    assert_int_equal(fake_n_events(FQ_EVENT_FOREIGN_REFUND), 1);
}

static void test_a_refund_made_elsewhere_is_booked_once(void **state)
{
    (void)state;
    statement_paid();
    (void)statement_add_found(number);
    statement_take_twice();
    statement_assert_booked();
}

static void test_a_refund_made_elsewhere_is_said_loudly(void **state)
{
    (void)state;
    statement_paid();
    (void)statement_add_found(number);
    statement_take_and_listen();
    fake_assert_said("a refund was found that we did not send");
}

/* Whatever the order of the lines: what went back had come in. */
static void test_a_refund_may_stand_before_its_payment(void **state)
{
    (void)state;
    statement_opened();
    (void)statement_add_found(number);
    for (int i = 0; i < 40; i++)
        statement_add(FQ_OBJECT_PAYMENT, "T0000", FAKE_AMOUNT);
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT);
    statement_take_twice();
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    statement_assert_booked();
}

static void test_a_refund_made_elsewhere_in_other_money_is_refused(void **state)
{
    (void)state;
    statement_paid();
    memcpy(statement_add_found(number)->amount.currency, "USD", 4);
    statement_add_found(number)->amount.exponent = 0;
    statement_add_found(number)->amount.minor = 0;
    statement_take_and_listen();
    fake_assert_said("REFUSED=3");
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
}

static void test_a_refund_made_elsewhere_of_an_unpaid_order_is_refused(void **state)
{
    (void)state;
    statement_opened();
    (void)statement_add_found(number);
    statement_take_and_listen();
    fake_assert_said("REFUSED=1");
    fake_assert_said("NOT_OURS=0");
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
}

/* The payment is paid, but not by the try whose money is said to have gone back. */
static void test_a_refund_made_elsewhere_of_another_try_is_refused(void **state)
{
    (void)state;
    struct fake_page page;
    char other[64];
    fake.channel.about.reopen_is_same_order = 0;
    fake.merchants[0].reopen = true;
    statement_opened();
    fake_open(&page, &created);
    memcpy(other, fake.number_asked, sizeof(other));
    (void)fake_notify(&page, FQ_OUTCOME_PAID, other);
    fake_run();
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    (void)statement_add_found(number);
    statement_take_and_listen();
    fake_assert_said("money went back that is not known to have come in");
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
}

/* ---- what is refused, and what is not ours ---- */

static void test_another_amount_is_refused_and_said(void **state)
{
    (void)state;
    statement_opened();
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT - 1);
    statement_take_and_listen();
    assert_null(refusal);
    fake_assert_said("a line of the statement contradicts the ledger");
    fake_assert_said("amount is not ours");
    fake_assert_said(number);
    fake_assert_said("REFUSED=1");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    assert_int_equal(fake_ledger(0)->payment.version, 2);
}

static void test_another_currency_is_refused(void **state)
{
    (void)state;
    statement_opened();
    memcpy(statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT)->amount.currency, "USD", 4);
    statement_take_and_listen();
    fake_assert_said("currency is not ours");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
}

static void test_an_order_of_another_channel_is_refused(void **state)
{
    (void)state;
    statement_opened();
    fake_ledger(0)->payment.channel = fq_lit("second-cn");
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT);
    statement_take_and_listen();
    fake_assert_said("the order belongs to another channel");
    fake_assert_said("REFUSED=1");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
}

static void test_a_refund_of_another_channel_is_refused(void **state)
{
    (void)state;
    char refund_number[64];
    statement_refund(refund_number);
    fake_ledger(0)->payment.channel = fq_lit("second-cn");
    statement_add(FQ_OBJECT_REFUND, refund_number, 100000);
    (void)statement_add_found(number);
    statement_take_and_listen();
    fake_assert_said("REFUSED=2");
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_SUBMITTED);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 1);
    fake_ledger(0)->payment.channel = fake.channel_names[0];
}

static void test_an_unknown_number_is_not_ours(void **state)
{
    (void)state;
    statement_opened();
    statement_add(FQ_OBJECT_PAYMENT, "T0000", 1);
    statement_add(FQ_OBJECT_REFUND, "R0000", 1);
    statement_add(FQ_OBJECT_REFUND, "R0000", 1)->order_number = fq_lit("T0000");
    statement_take_and_listen();
    fake_assert_said("NOT_OURS=3");
    fake_assert_said("REFUSED=0");
    fake_assert_not_said("contradicts");
}

/* A refund's number on a line of money that came in, and the other way round. */
static void test_numbers_of_another_kind_are_not_ours(void **state)
{
    (void)state;
    char refund_number[64];
    statement_refund(refund_number);
    statement_add(FQ_OBJECT_PAYMENT, refund_number, 100000);
    statement_add(FQ_OBJECT_REFUND, number, FAKE_AMOUNT);
    statement_take_and_listen();
    fake_assert_said("NOT_OURS=2");
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 0);
}

/* ---- the file ---- */

static void test_an_unverified_file_is_refused(void **state)
{
    (void)state;
    statement_opened();
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT);
    fake_word_of(statement_start())->is_unverified = true;
    fake_run();
    assert_int_equal(n_done, 1);
    assert_string_equal(refusal, "statement without a verified signature");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
}

static void test_a_file_that_is_not_there_is_asked_for_when_the_adapter_says(void **state)
{
    (void)state;
    struct fq_verdict *verdict = statement_start();
    verdict->has_statement = 0;
    verdict->retry_after_ms = 1800000;
    fake_run();
    assert_int_equal(n_done, 1);
    assert_string_equal(refusal, "it is not there yet");
    assert_int_equal(retry_after_ms, 1800000);
}

static void test_no_answer_is_a_refusal(void **state)
{
    (void)state;
    fake.transport = FQ_TRANSPORT_LOST;
    (void)statement_start();
    fake_run();
    assert_int_equal(n_done, 1);
    assert_string_equal(refusal, "the platform gave no answer");
    assert_int_equal(retry_after_ms, 0);
}

static void test_a_fourth_message_for_a_file_is_not_sent(void **state)
{
    (void)state;
    char kind[12];
    (void)snprintf(kind, sizeof(kind), "%d", FQ_CALL_STATEMENT);
    for (int i = 0; i < 3; i++) {
        struct fq_verdict *verdict = fake_say(FQ_CALL_STATEMENT, FQ_OUTCOME_UNSET);
        verdict->step = FQ_STEP_SEND;
        verdict->message.method = fq_lit("POST");
        verdict->message.url = fq_lit("https://pay.example/api");
        verdict->message.content_type = fq_str_of(kind);
    }
    n_done = 0;
    fq_statement_take(fake.flow, &fake.channel, DAY, statement_done, &n_done);
    fake_run();
    assert_int_equal(fake.n_sent[FQ_CALL_STATEMENT], FQ_SENDS_MAX);
    assert_string_equal(refusal, "more than three SENDs");
}

static void test_a_store_fault_on_one_line_is_told_and_mended_by_the_whole_file(void **state)
{
    (void)state;
    char refund_number[64];
    statement_refund(refund_number);
    statement_add(FQ_OBJECT_PAYMENT, number, FAKE_AMOUNT)->instalments = 12;
    statement_add(FQ_OBJECT_REFUND, refund_number, 100000);
    fake.store.n_tx_faults = 1;
    statement_take_and_listen();
    assert_string_equal(refusal, "the store failed: the day is taken again");
    fake_assert_not_said("NEXT=nothing");
    assert_int_equal(fake_ledger(0)->payment.terms_match, FQ_TERMS_UNCONFIRMED);
    statement_take_twice();
    assert_int_equal(fake_ledger(0)->payment.terms_match, FQ_TERMS_CONFIRMED);
    assert_int_equal(fake_ledger(0)->payment.refunded_minor, 100000);
}

static void test_lines_wait_for_each_other(void **state)
{
    (void)state;
    size_t n_max = 0;
    for (int i = 0; i < 40; i++)
        statement_add(FQ_OBJECT_PAYMENT, "T0000", 1);
    (void)statement_start();
    while (fake.n_pending > 0) {
        fake_step(fake.n_pending - 1);
        n_max = fake_n_pending(FAKE_TX) > n_max ? fake_n_pending(FAKE_TX) : n_max;
    }
    assert_int_equal(n_max, 16);
    assert_int_equal(n_done, 1);
    assert_null(refusal);
}

#define STATEMENT_TEST(name) cmocka_unit_test_setup_teardown(name, statement_begin, fake_end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STATEMENT_TEST(test_the_day_is_asked_for_by_its_date),
        STATEMENT_TEST(test_a_line_settles_what_was_unknown),
        STATEMENT_TEST(test_a_line_wakes_who_waits),
        STATEMENT_TEST(test_a_line_confirms_the_terms),
        STATEMENT_TEST(test_a_line_names_other_terms),
        STATEMENT_TEST(test_a_line_of_a_dead_try_is_a_late_success),
        STATEMENT_TEST(test_two_lines_of_one_payment_are_paid_twice),
        STATEMENT_TEST(test_a_line_proves_a_refund_of_ours),
        STATEMENT_TEST(test_a_refund_line_of_another_amount_or_order_proves_nothing),
        STATEMENT_TEST(test_a_refund_made_elsewhere_is_booked_once),
        STATEMENT_TEST(test_a_refund_made_elsewhere_is_said_loudly),
        STATEMENT_TEST(test_a_refund_may_stand_before_its_payment),
        STATEMENT_TEST(test_a_refund_made_elsewhere_in_other_money_is_refused),
        STATEMENT_TEST(test_a_refund_made_elsewhere_of_an_unpaid_order_is_refused),
        STATEMENT_TEST(test_a_refund_made_elsewhere_of_another_try_is_refused),
        STATEMENT_TEST(test_another_amount_is_refused_and_said),
        STATEMENT_TEST(test_another_currency_is_refused),
        STATEMENT_TEST(test_an_order_of_another_channel_is_refused),
        STATEMENT_TEST(test_a_refund_of_another_channel_is_refused),
        STATEMENT_TEST(test_an_unknown_number_is_not_ours),
        STATEMENT_TEST(test_numbers_of_another_kind_are_not_ours),
        STATEMENT_TEST(test_an_unverified_file_is_refused),
        STATEMENT_TEST(test_a_file_that_is_not_there_is_asked_for_when_the_adapter_says),
        STATEMENT_TEST(test_no_answer_is_a_refusal),
        STATEMENT_TEST(test_a_fourth_message_for_a_file_is_not_sent),
        STATEMENT_TEST(test_a_store_fault_on_one_line_is_told_and_mended_by_the_whole_file),
        STATEMENT_TEST(test_lines_wait_for_each_other),
    };
    return cmocka_run_group_tests_name("statement", tests, NULL, NULL);
}
