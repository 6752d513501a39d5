/* SPDX-License-Identifier: Apache-2.0 */
/* Which day's statement is taken when: each once, the oldest first, none forgotten. */
#include "daemon/core/beijing.h"
#include "daemon/core/days.h"
#include "daemon/flow/parts.h"
#include "tests/unit/flow/fake_ask.h"
#include "tests/unit/flow/fake_log.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS    (1440 * MINUTE_MS)
#define TODAY_MS  INT64_C(1699977600000)       /* 2023-11-15 00:00 in Beijing; now: 06:13:20 */
#define FROM_MS   (TODAY_MS + 540 * MINUTE_MS) /* 09:00 */
#define RETRY_MS  (10 * MINUTE_MS)

static struct fake_ask created;
static char number[64];

static int days_begin(void **state)
{
    (void)fake_begin_test(state);
    fake.adapter.statement = fake_can;
    fake.channel.about.statement_minute = 540;
    fake.channel_conf.wants_statements = true;
    return 0;
}

static void days_say(size_t n)
{
    for (size_t i = 0; i < n; i++)
        fake_say(FQ_CALL_STATEMENT, FQ_OUTCOME_UNSET)->has_statement = 1;
}

static void days_start(void)
{
    fq_chores_start(fake.flow);
    fake_pass(3000);
}

static void days_restart_at(int64_t now_ms)
{
    fake_stop();
    fake.now_ms = now_ms;
    fake_start();
    days_start();
}

static size_t days_n_asked(void)
{
    return fake.n_begun[FQ_CALL_STATEMENT];
}

static int64_t days_note(const char *name)
{
    int64_t value = 0;
    const struct fake_note *note =
        fake_find_note(&fake.store, fq_lit("channel.example-cn"), fq_str_of(name));
    assert_non_null(note);
    assert_int_equal(
        fq_str_to_int64((struct fq_str){ note->value, note->value_len }, 0, INT64_MAX, &value), 0);
    return value;
}

/* In the store: the newest day that was taken, and which before it are still wanted. */
static void days_assert_noted(const char *newest, uint32_t missing)
{
    char text[9];
    fq_beijing_day_text(days_note("statement.newest"), text);
    assert_string_equal(text, newest);
    assert_int_equal(days_note("statement.missing"), missing);
}

static void test_before_its_minute_the_day_before_yesterday_is_the_last(void **state)
{
    (void)state;
    days_say(3);
    days_start();
    assert_int_equal(days_n_asked(), 1);
    assert_string_equal(fake.days_asked[0], "20231113");
    days_assert_noted("20231113", 0);
    fake.now_ms = FROM_MS - 5000;
    fake_pass(4900);
    assert_int_equal(days_n_asked(), 1);
}

static void test_from_its_minute_on_yesterdays_is_taken_once(void **state)
{
    (void)state;
    days_say(3);
    days_start();
    fake.now_ms = FROM_MS;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 2);
    assert_string_equal(fake.days_asked[1], "20231114");
    days_assert_noted("20231114", 0);
    fake_pass(60000);
    fake.now_ms = FROM_MS + DAY_MS - 5000;
    fake_pass(4900);
    assert_int_equal(days_n_asked(), 2);
}

static void test_a_restart_does_not_take_it_again(void **state)
{
    (void)state;
    days_say(3);
    days_start();
    days_restart_at(FROM_MS - 60000);
    assert_int_equal(days_n_asked(), 1);
}

/* For a minute the clock is forty days ahead: a day is given up each second. Of the week before
 * nobody knows what was given up, too: it is taken once more, which changes nothing. */
static void test_a_clock_that_was_ahead_loses_no_day(void **state)
{
    (void)state;
    days_say(1);
    days_start();
    assert_int_equal(days_n_asked(), 1);
    fake.now_ms += 40 * DAY_MS;
    fake_pass(60000);
    fake.n_words = 0;
    days_say(9);
    size_t n_asked = days_n_asked();
    fake.now_ms = FROM_MS;
    days_start(); /* timers are of a clock that only counts: set anew here */
    fake_pass(20000);
    assert_int_equal(days_n_asked(), n_asked + FQ_DAYS_KEPT);
    assert_string_equal(fake.days_asked[n_asked + FQ_DAYS_KEPT - 1], "20231114");
    days_assert_noted("20231114", 0);
    fake.now_ms = FROM_MS + DAY_MS;
    fake_pass(3000);
    assert_string_equal(fake.days_asked[n_asked + FQ_DAYS_KEPT], "20231115");
}

static void test_missed_days_are_taken_in_order(void **state)
{
    (void)state;
    days_say(6);
    days_start();
    days_restart_at(FROM_MS + 4 * DAY_MS);
    fake_pass(10000);
    static const char *const days[] = { "20231113", "20231114", "20231115",
                                        "20231116", "20231117", "20231118" };
    assert_int_equal(days_n_asked(), fq_array_size(days));
    for (size_t i = 0; i < fq_array_size(days); i++)
        assert_string_equal(fake.days_asked[i], days[i]);
    days_assert_noted("20231118", 0);
}

static void test_the_first_of_all_is_the_newest_day(void **state)
{
    (void)state;
    days_say(3);
    fake.now_ms = FROM_MS;
    days_start();
    fake_pass(10000);
    assert_int_equal(days_n_asked(), 1);
    assert_string_equal(fake.days_asked[0], "20231114");
}

/* ---- what is not there ---- */

static void test_what_is_not_there_is_asked_for_again(void **state)
{
    (void)state;
    fake_say(FQ_CALL_STATEMENT, FQ_OUTCOME_UNSET);
    days_start();
    days_assert_noted("20231112", 0);
    fake.now_ms += RETRY_MS - 10000;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 1);
    days_say(1);
    fake.now_ms += 10000;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 2);
    assert_string_equal(fake.days_asked[1], fake.days_asked[0]);
    days_assert_noted("20231113", 0);
}

static void test_an_adapter_says_when_it_may_be_there(void **state)
{
    (void)state;
    fake_say(FQ_CALL_STATEMENT, FQ_OUTCOME_UNSET)->retry_after_ms = 30 * MINUTE_MS;
    days_start();
    days_say(1);
    fake.now_ms += 30 * MINUTE_MS - 10000;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 1);
    fake.now_ms += 10000;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 2);
}

static void test_an_adapter_puts_it_off_for_an_hour_at_most(void **state)
{
    (void)state;
    fake_say(FQ_CALL_STATEMENT, FQ_OUTCOME_UNSET)->retry_after_ms = INT64_MAX;
    days_start();
    fake_pass(60000);
    assert_int_equal(days_n_asked(), 1);
    fake_say(FQ_CALL_STATEMENT, FQ_OUTCOME_UNSET)->retry_after_ms = FQ_RETRY_AFTER_MAX_MS + 60000;
    fake.now_ms += FQ_RETRY_AFTER_MAX_MS;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 2);
    days_say(1);
    fake.now_ms += FQ_RETRY_AFTER_MAX_MS;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 3);
    days_assert_noted("20231113", 0);
}

static void test_no_answer_and_no_signature_are_tried_again(void **state)
{
    (void)state;
    fake.transport = FQ_TRANSPORT_LOST;
    days_start();
    days_assert_noted("20231112", 0);
    days_say(1);
    fake.words[0].is_unverified = true;
    fake.now_ms += RETRY_MS;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 2);
    days_assert_noted("20231112", 0);
    days_say(1);
    fake.now_ms += RETRY_MS;
    fake_pass(3000);
    days_assert_noted("20231113", 0);
}

/* Nothing happened on the 14th. */
static void days_quiet_day(void)
{
    days_say(1);
    days_start(); /* the 13th */
    fake_say(FQ_CALL_STATEMENT, FQ_OUTCOME_UNSET);
    days_say(6);
    fake.now_ms = FROM_MS + 6 * DAY_MS; /* the 20th can be there */
    fake_pass(10000);
}

static void test_what_is_not_there_does_not_stand_before_later_days(void **state)
{
    (void)state;
    days_quiet_day();
    assert_int_equal(days_n_asked(), 8);
    assert_string_equal(fake.days_asked[1], "20231114");
    assert_string_equal(fake.days_asked[2], "20231115");
    assert_string_equal(fake.days_asked[7], "20231120");
    days_assert_noted("20231120", 1u << 6);
}

static void test_what_was_passed_over_is_asked_for_again(void **state)
{
    (void)state;
    days_quiet_day();
    days_say(1);
    fake.now_ms += RETRY_MS;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 9);
    assert_string_equal(fake.days_asked[8], "20231114");
    days_assert_noted("20231120", 0);
    fake_pass(RETRY_MS);
    assert_int_equal(days_n_asked(), 9);
}

static void test_a_restart_does_not_forget_what_was_passed_over(void **state)
{
    (void)state;
    days_quiet_day();
    days_say(1);
    days_restart_at(fake.now_ms);
    assert_int_equal(days_n_asked(), 9);
    assert_string_equal(fake.days_asked[8], "20231114");
    days_assert_noted("20231120", 0);
}

static void test_what_never_comes_is_given_up_loudly_after_a_week(void **state)
{
    (void)state;
    days_quiet_day();
    fake.now_ms = FROM_MS + 7 * DAY_MS;
    days_say(1);
    fake_listen();
    fake_pass(4000);
    fake_heard();
    fake_assert_said("warning: a statement never came CHANNEL=example-cn DAY=20231114");
    assert_int_equal(days_n_asked(), 9);
    assert_string_equal(fake.days_asked[8], "20231121");
    days_assert_noted("20231121", 0);
}

/* Nobody was there for two weeks: of each day that is too old it is said, the others are taken. */
static void test_after_a_long_absence_the_last_week_is_taken(void **state)
{
    (void)state;
    days_say(1);
    days_start(); /* the 13th */
    days_say(7);
    fake_listen();
    days_restart_at(FROM_MS + 12 * DAY_MS); /* the 26th can be there */
    fake_pass(20000);
    fake_heard();
    fake_assert_said("DAY=20231114");
    fake_assert_said("a statement never came CHANNEL=example-cn DAY=20231119");
    fake_assert_not_said("a statement never came CHANNEL=example-cn DAY=20231120");
    assert_int_equal(days_n_asked(), 8);
    assert_string_equal(fake.days_asked[1], "20231120");
    assert_string_equal(fake.days_asked[7], "20231126");
    days_assert_noted("20231126", 0);
}

/* ---- only when all of it is in the store ---- */

static void days_say_line(void)
{
    static struct fq_statement_line line;
    static const struct fq_statement_line *const lines[] = { &line, &line };
    line = (struct fq_statement_line){ .struct_size = sizeof(line),
                                       .object = FQ_OBJECT_PAYMENT,
                                       .number = fq_str_of(number),
                                       .amount = { FAKE_AMOUNT, "CNY", 2 } };
    struct fq_verdict *verdict = fake_say(FQ_CALL_STATEMENT, FQ_OUTCOME_UNSET);
    verdict->has_statement = 1;
    verdict->lines = lines;
    verdict->n_lines = 2;
}

static void test_a_day_is_noted_after_each_line_was_committed(void **state)
{
    (void)state;
    struct fake_page page;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    memcpy(number, fake.number_asked, sizeof(number));
    days_say(1);
    days_start(); /* the 13th */
    days_say_line();
    fake.store.n_tx_faults = 1;
    fake.now_ms = FROM_MS;
    fake_pass(3000);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID); /* by the other line */
    days_assert_noted("20231113", 0);
    days_say_line();
    fake.now_ms += RETRY_MS;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 3);
    assert_string_equal(fake.days_asked[2], "20231114");
    days_assert_noted("20231114", 0);
}

static void test_a_day_that_could_not_be_noted_is_taken_again(void **state)
{
    (void)state;
    days_say(3);
    days_start(); /* the 13th */
    fake.store.n_tx_faults = 1;
    fake.now_ms = FROM_MS;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 2);
    days_assert_noted("20231113", 0);
    fake.now_ms += RETRY_MS;
    fake_pass(3000);
    assert_int_equal(days_n_asked(), 3);
    assert_string_equal(fake.days_asked[2], "20231114");
    days_assert_noted("20231114", 0);
}

/* From where it begins is the first thing that is noted. */
static void test_the_beginning_is_noted_before_anything_is_taken(void **state)
{
    (void)state;
    days_say(1);
    fake.store.n_tx_faults = 1;
    fq_chores_start(fake.flow);
    fake_pass(1500);
    assert_int_equal(days_n_asked(), 0);
    fake_pass(RETRY_MS);
    assert_int_equal(days_n_asked(), 1);
    days_assert_noted("20231113", 0);
}

/* ---- who wants none ---- */

static void test_who_wants_none_gets_none(void **state)
{
    (void)state;
    fake.adapter.task = fake_can; /* so that it is looked at */
    fake.channel_conf.wants_statements = false;
    days_start();
    assert_int_equal(days_n_asked(), 0);
}

static void test_who_has_none_gets_none(void **state)
{
    (void)state;
    fake.adapter.statement = (struct fq_exchange){ NULL, NULL };
    days_start();
    assert_int_equal(days_n_asked(), 0);
}

#define DAYS_TEST(name) cmocka_unit_test_setup_teardown(name, days_begin, fake_end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DAYS_TEST(test_before_its_minute_the_day_before_yesterday_is_the_last),
        DAYS_TEST(test_from_its_minute_on_yesterdays_is_taken_once),
        DAYS_TEST(test_a_restart_does_not_take_it_again),
        DAYS_TEST(test_a_clock_that_was_ahead_loses_no_day),
        DAYS_TEST(test_missed_days_are_taken_in_order),
        DAYS_TEST(test_the_first_of_all_is_the_newest_day),
        DAYS_TEST(test_what_is_not_there_is_asked_for_again),
        DAYS_TEST(test_an_adapter_says_when_it_may_be_there),
        DAYS_TEST(test_an_adapter_puts_it_off_for_an_hour_at_most),
        DAYS_TEST(test_no_answer_and_no_signature_are_tried_again),
        DAYS_TEST(test_what_is_not_there_does_not_stand_before_later_days),
        DAYS_TEST(test_what_was_passed_over_is_asked_for_again),
        DAYS_TEST(test_a_restart_does_not_forget_what_was_passed_over),
        DAYS_TEST(test_after_a_long_absence_the_last_week_is_taken),
        DAYS_TEST(test_what_never_comes_is_given_up_loudly_after_a_week),
        DAYS_TEST(test_a_day_is_noted_after_each_line_was_committed),
        DAYS_TEST(test_a_day_that_could_not_be_noted_is_taken_again),
        DAYS_TEST(test_the_beginning_is_noted_before_anything_is_taken),
        DAYS_TEST(test_who_wants_none_gets_none),
        DAYS_TEST(test_who_has_none_gets_none),
    };
    return cmocka_run_group_tests_name("days", tests, NULL, NULL);
}
