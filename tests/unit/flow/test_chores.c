/* SPDX-License-Identifier: Apache-2.0 */
/* A channel's daily task: done once a day, whatever ends in between. */
#include "tests/unit/flow/fake_chores.h"

/* ---- when ---- */

static void test_the_task_is_done_at_the_first_start_and_once(void **state)
{
    (void)state;
    chores_say_done();
    chores_start();
    fake_pass(120000);
    assert_int_equal(chores_n_tasks(), 1);
    assert_int_equal(fake.n_sent[FQ_CALL_TASK], 1);
    assert_non_null(chores_note("task.at"));
    assert_int_equal(fake.store.n_notes_written, 1);
}

static void test_it_is_done_again_after_its_time_and_not_before(void **state)
{
    (void)state;
    chores_say_done();
    chores_say_done();
    chores_start();
    int64_t done_ms = chores_note("task.at")->at_ms;
    fake.now_ms = done_ms + DAY_MS - 4000;
    fake_pass(3000);
    assert_int_equal(chores_n_tasks(), 1);
    fake_pass(3000);
    assert_int_equal(chores_n_tasks(), 2);
    assert_int_equal(fake.store.n_notes, 1);
    assert_true(chores_note("task.at")->at_ms >= done_ms + DAY_MS);
}

static void test_a_clock_that_was_ahead_does_not_put_it_off(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        chores_say_done();
    chores_start();
    for (int i = 0; i < 2; i++) {
        if (i == 1)
            fake.transport = FQ_TRANSPORT_LOST; /* and it is put off */
        chores_later(365 * DAY_MS);
        assert_int_equal(chores_n_tasks(), 2 + 2 * i);
        fake.now_ms -= (365 - i) * DAY_MS;
        chores_start(); /* timers are of a clock that only counts: set anew here */
        assert_int_equal(chores_n_tasks(), 3 + 2 * i);
    }
}

static void test_a_restart_does_not_repeat_it(void **state)
{
    (void)state;
    chores_say_done();
    chores_say_done();
    chores_start();
    fake.now_ms += DAY_MS - HOUR_MS;
    chores_restart();
    assert_int_equal(chores_n_tasks(), 1);
    chores_later(HOUR_MS);
    assert_int_equal(chores_n_tasks(), 2);
}

static void test_a_restart_after_its_time_does_it(void **state)
{
    (void)state;
    chores_say_done();
    chores_say_done();
    chores_start();
    fake.now_ms += DAY_MS;
    chores_restart();
    assert_int_equal(chores_n_tasks(), 2);
}

static void test_a_channel_without_a_task_does_nothing(void **state)
{
    (void)state;
    fake.adapter.task = (struct fq_exchange){ NULL, NULL };
    chores_start();
    fake.adapter.task = fake_can;
    fake.channel.about.task_every_ms = 0;
    chores_later(DAY_MS);
    assert_int_equal(chores_n_tasks(), 0);
    assert_int_equal(fake.store.n_notes, 0);
}

static void test_nothing_is_done_before_the_notes_could_be_read(void **state)
{
    (void)state;
    chores_say_done();
    chores_start();
    fake_stop();
    fake_start();
    fake.store.n_read_faults = 2;
    fq_chores_start(fake.flow);
    fake_pass(1500);
    assert_int_equal(fake.store.n_read_faults, 0);
    fake_pass(60000);
    assert_int_equal(chores_n_tasks(), 1);
}

static void test_a_draining_flow_does_nothing(void **state)
{
    (void)state;
    chores_say_done();
    fq_chores_start(fake.flow);
    fake_pass(500); /* the notes are read */
    fq_flow_drain(fake.flow);
    fake_pass(5000);
    assert_int_equal(chores_n_tasks(), 0);
}

/* ---- failures ---- */

/* It fails now; it is tried again after ten minutes and not before, and is done then. */
static void chores_assert_failed(void)
{
    size_t n = chores_n_tasks();
    assert_null(chores_note("task.at"));
    chores_later(600000 - 10000);
    assert_int_equal(chores_n_tasks(), n);
    chores_say_done();
    chores_later(10000);
    assert_int_equal(chores_n_tasks(), n + 1);
    assert_non_null(chores_note("task.at"));
}

static void test_without_an_answer_it_waits_ten_minutes(void **state)
{
    (void)state;
    fake.transport = FQ_TRANSPORT_LOST;
    chores_start();
    chores_assert_failed();
}

static size_t chores_n_overdue_said(void)
{
    static const char text[] = "daily task was not done for long CHANNEL=example-cn DAYS=";
    size_t n = 0;
    fake_heard();
    for (const char *at = fake_log.text; (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

/* Every ten minutes would be a flood. */
static void test_after_a_week_it_is_the_operators_once_a_day(void **state)
{
    (void)state;
    chores_say_done();
    chores_start();
    fake.transport = FQ_TRANSPORT_LOST;
    fake_listen();
    chores_later(7 * DAY_MS - HOUR_MS);
    assert_int_equal(chores_n_overdue_said(), 0);
    fake_listen();
    for (int i = 0; i < 25; i++)
        chores_later(HOUR_MS);
    assert_int_equal(chores_n_overdue_said(), 2);
    fake.transport = FQ_TRANSPORT_OK;
    chores_say_done();
    chores_later(HOUR_MS);
    fake.transport = FQ_TRANSPORT_LOST;
    fake_listen();
    chores_later(6 * DAY_MS);
    assert_int_equal(chores_n_overdue_said(), 0);
}

static void test_a_task_that_was_never_done_is_the_operators_after_a_week(void **state)
{
    (void)state;
    fake.transport = FQ_TRANSPORT_LOST;
    fake_listen();
    chores_start();
    chores_later(6 * DAY_MS);
    assert_int_equal(chores_n_overdue_said(), 0);
    fake_listen();
    chores_later(2 * DAY_MS);
    assert_int_equal(chores_n_overdue_said(), 1);
}

static void test_an_answer_that_proves_nothing_is_a_failure(void **state)
{
    (void)state;
    fake_say(FQ_CALL_TASK, FQ_OUTCOME_UNKNOWN);
    chores_start();
    chores_assert_failed();
}

static void test_an_adapter_that_cannot_plan_it_waits_too(void **state)
{
    (void)state;
    fake.begin_fault = FQ_CALL_TASK;
    chores_start();
    fake.begin_fault = 0;
    chores_assert_failed();
}

static void test_what_is_no_key_is_a_failure(void **state)
{
    (void)state;
    struct fq_verdict *verdict = chores_say_done();
    verdict->key_name = fq_lit("enc");
    verdict->key_data = fq_lit("no key");
    chores_start();
    chores_assert_key(&fake.channel, "");
    chores_assert_failed();
}

static void test_a_key_of_another_name_is_a_failure(void **state)
{
    (void)state;
    chores_say_key(0);
    fake.words[0].verdict.key_name = fq_lit("platform");
    chores_start();
    assert_null(chores_note("key.platform"));
    chores_assert_failed();
}

static void test_what_could_not_be_noted_is_done_again(void **state)
{
    (void)state;
    chores_say_done();
    fake.store.n_tx_faults = 1;
    chores_start();
    assert_int_equal(chores_n_tasks(), 1);
    chores_assert_failed();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHORES_TEST(test_the_task_is_done_at_the_first_start_and_once),
        CHORES_TEST(test_it_is_done_again_after_its_time_and_not_before),
        CHORES_TEST(test_a_clock_that_was_ahead_does_not_put_it_off),
        CHORES_TEST(test_a_restart_does_not_repeat_it),
        CHORES_TEST(test_a_restart_after_its_time_does_it),
        CHORES_TEST(test_a_channel_without_a_task_does_nothing),
        CHORES_TEST(test_nothing_is_done_before_the_notes_could_be_read),
        CHORES_TEST(test_a_draining_flow_does_nothing),
        CHORES_TEST(test_without_an_answer_it_waits_ten_minutes),
        CHORES_TEST(test_after_a_week_it_is_the_operators_once_a_day),
        CHORES_TEST(test_a_task_that_was_never_done_is_the_operators_after_a_week),
        CHORES_TEST(test_an_answer_that_proves_nothing_is_a_failure),
        CHORES_TEST(test_an_adapter_that_cannot_plan_it_waits_too),
        CHORES_TEST(test_what_is_no_key_is_a_failure),
        CHORES_TEST(test_a_key_of_another_name_is_a_failure),
        CHORES_TEST(test_what_could_not_be_noted_is_done_again),
    };
    return cmocka_run_group_tests_name("chores", tests, chores_setup, NULL);
}
