/* SPDX-License-Identifier: Apache-2.0 */
/* A channel's daily task, and the key that it brings: done once a day, whatever ends in between. */
#include <stdlib.h>
#include <unistd.h>

#include "daemon/flow/parts.h"
#include "daemon/plugin/fetched.h"
#include "tests/unit/flow/fake_ask.h"
#include "tests/unit/flow/fake_log.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

static char keys[2][4096]; /* certificates with the serials 11 and 12 */
static const struct fq_key_need needs[] = { { "enc", FQ_KEY_PUBLIC_ENCRYPT, 0 } };

/* Keys are made once per program. */
static int chores_setup(void **state)
{
    (void)state;
    char folder[] = "/tmp/fenqi-chores-XXXXXX";
    char text[512];
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < fq_array_size(keys); i++) {
        (void)snprintf(text, sizeof(text),
                       "cd %s && umask 077 && openssl req -x509 -newkey rsa:2048 -nodes -keyout "
                       "key.pem -subj /CN=enc -days 3650 -set_serial %zu -out cert.pem 2>log",
                       folder, 11 + i);
        assert_int_equal(system(text), 0); // NOLINT(cert-env33-c): the test's own folder
        (void)snprintf(text, sizeof(text), "%s/cert.pem", folder);
        FILE *file = fopen(text, "r");
        assert_non_null(file);
        assert_true(fread(keys[i], 1, sizeof(keys[i]) - 1, file) > 0);
        (void)fclose(file);
    }
    static const char *const names[] = { "key.pem", "cert.pem", "log" };
    for (size_t i = 0; i < fq_array_size(names); i++) {
        (void)snprintf(text, sizeof(text), "%s/%s", folder, names[i]);
        assert_int_equal(unlink(text), 0);
    }
    return rmdir(folder);
}

static int chores_begin(void **state)
{
    (void)fake_begin_test(state);
    fake.adapter.task = fake_can;
    fake.channel.about.task_every_ms = DAY_MS;
    fake.channel.about.keys = needs;
    fake.channel.about.n_keys = 1;
    fake.channel.keyring = fq_keyring_new();
    fake.channel.fetched = fq_fetched_new();
    return 0;
}

static int chores_end(void **state)
{
    (void)fake_end_test(state);
    fq_fetched_free(fake.channel.fetched);
    fq_keyring_free(fake.channel.keyring);
    return 0;
}

static void chores_start(void)
{
    fq_chores_start(fake.flow);
    fake_pass(3000);
}

/* The process ends and begins again: it knows no fetched key any more. */
static void chores_restart(void)
{
    fake_stop();
    fq_fetched_free(fake.channel.fetched);
    fake.channel.fetched = fq_fetched_new();
    fake_start();
    chores_start();
}

static void chores_later(int64_t ms)
{
    fake.now_ms += ms;
    fake_pass(3000);
}

static struct fq_verdict *chores_say_done(void)
{
    return fake_say(FQ_CALL_TASK, FQ_OUTCOME_UNSET);
}

static void chores_say_key(size_t i)
{
    struct fq_verdict *verdict = chores_say_done();
    verdict->key_name = fq_lit("enc");
    verdict->key_data = fq_str_of(keys[i]);
}

static size_t chores_n_tasks(void)
{
    return fake.n_begun[FQ_CALL_TASK];
}

static const struct fake_note *chores_note(const char *name)
{
    return fake_find_note(&fake.store, fq_lit("channel.example-cn"), fq_str_of(name));
}

/* The serial of the key that a channel encrypts to; "": the configured one. */
static void chores_assert_key(const struct fq_channel *channel, const char *serial)
{
    FQ_CLEANUP(fq_keyring) *keyring = fq_fetched_encrypt_key(channel->fetched, 0);
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str found = fq_lit("");
    if (keyring != NULL)
        assert_int_equal(
            fq_keyring_cert_field(keyring, "enc", 0, FQ_CERT_SERIAL_DECIMAL, arena, &found), 0);
    assert_true(fq_str_equal(found, fq_str_of(serial)));
}

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

/* ---- the key ---- */

static void test_its_key_is_used_and_noted(void **state)
{
    (void)state;
    chores_say_key(0);
    chores_start();
    chores_assert_key(&fake.channel, "11");
    const struct fake_note *note = chores_note("key.enc");
    assert_non_null(note);
    assert_int_equal(note->value_len, strlen(keys[0]));
    assert_memory_equal(note->value, keys[0], note->value_len);
}

static void test_its_key_is_used_after_a_restart(void **state)
{
    (void)state;
    chores_say_key(0);
    chores_start();
    chores_restart();
    assert_int_equal(chores_n_tasks(), 1);
    chores_assert_key(&fake.channel, "11");
}

static void test_the_same_key_is_noted_once(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        chores_say_key(0);
    chores_start();
    assert_int_equal(fake.store.n_notes_written, 2);
    chores_later(DAY_MS);
    assert_int_equal(fake.store.n_notes_written, 3); /* the time alone */
    fake.now_ms += DAY_MS;
    chores_restart();
    assert_int_equal(chores_n_tasks(), 3);
    assert_int_equal(fake.store.n_notes_written, 4);
}

static void test_a_newer_key_takes_the_olders_place(void **state)
{
    (void)state;
    chores_say_key(0);
    chores_say_key(1);
    chores_start();
    chores_later(DAY_MS);
    chores_assert_key(&fake.channel, "12");
    chores_restart();
    chores_assert_key(&fake.channel, "12");
    assert_int_equal(fake.store.n_notes, 2);
}

/* An adapter offers what differs from the key in use: were it in use already, it would never get
 * into the store. */
static void test_a_key_that_could_not_be_noted_is_not_used(void **state)
{
    (void)state;
    chores_say_key(0);
    fake.store.n_tx_faults = 1;
    chores_start();
    assert_null(chores_note("key.enc"));
    chores_assert_key(&fake.channel, "");
    chores_say_key(0);
    chores_later(600000);
    assert_int_equal(chores_n_tasks(), 2);
    assert_non_null(chores_note("key.enc"));
    chores_assert_key(&fake.channel, "11");
    chores_restart();
    chores_assert_key(&fake.channel, "11");
}

/* What was noted and is offered again is taken, though nothing is to be noted. */
static void test_a_key_that_is_noted_is_used_when_it_comes_again(void **state)
{
    (void)state;
    chores_say_key(0);
    chores_say_key(0);
    chores_start();
    fq_fetched_free(fake.channel.fetched);
    fake.channel.fetched = fq_fetched_new();
    chores_later(DAY_MS);
    assert_int_equal(fake.store.n_notes_written, 3);
    chores_assert_key(&fake.channel, "11");
}

static void test_its_keys_are_known_when_the_notes_were_read(void **state)
{
    (void)state;
    chores_say_key(0);
    chores_start();
    fake_stop();
    fake_start();
    fake.store.n_read_faults = 1;
    fq_chores_start(fake.flow);
    fake_pass(500);
    assert_false(fq_chores_know_keys(fake.flow, &fake.channel));
    fake_pass(3000);
    assert_true(fq_chores_know_keys(fake.flow, &fake.channel));
    fake.channel.about.task_every_ms = 0;
    fake_stop();
    fake_start();
    assert_true(fq_chores_know_keys(fake.flow, &fake.channel));
}

/* ---- reload ---- */

static struct fq_channel reloaded;
static struct fq_channel *reloaded_channels[] = { &reloaded };
static struct fq_catalog reloaded_catalog;

/* The same channel, opened anew. */
static void chores_reload(void)
{
    reloaded = fake.channel;
    reloaded.fetched = fq_fetched_new();
    reloaded_catalog = fake.catalog;
    reloaded_catalog.n_holders = 0;
    reloaded_catalog.channels = reloaded_channels;
    fq_flow_use(fake.flow, &reloaded_catalog, NULL, 0, fq_lit("{}"));
}

static void chores_end_reloaded(void)
{
    fake_run();
    assert_int_equal(reloaded_catalog.n_holders, 0);
    fake_stop();
    fq_fetched_free(reloaded.fetched);
    fake_start();
}

static void test_its_key_is_used_after_a_reload(void **state)
{
    (void)state;
    chores_say_key(0);
    chores_start();
    chores_reload();
    chores_assert_key(&reloaded, "");
    assert_false(fq_chores_know_keys(fake.flow, &reloaded));
    fake_pass(3000);
    assert_true(fq_chores_know_keys(fake.flow, &reloaded));
    chores_assert_key(&reloaded, "11");
    assert_int_equal(chores_n_tasks(), 1);
    chores_end_reloaded();
}

/* The task began under the old configuration and ends there; the new one has its key from the
 * note. */
static void test_a_reload_while_the_task_is_done_loses_no_key(void **state)
{
    (void)state;
    chores_say_key(0);
    fq_chores_start(fake.flow);
    for (int i = 0; i < 10 && fake_n_pending(FAKE_SEND) == 0; i++) {
        fake.now_ms += 1000;
        fq_timers_fire(fake.timers, fake.now_ms);
        while (fake.n_pending > 0 && fake.pending[0].work != FAKE_SEND)
            fake_step(0);
    }
    chores_reload();
    fake.now_ms += 1000;
    fq_timers_fire(fake.timers, fake.now_ms);
    assert_int_equal(fake.catalog.n_holders, 2); /* the chore's and the errand's */
    fake_pass(3000);
    assert_int_equal(fake.catalog.n_holders, 0);
    chores_assert_key(&reloaded, "11");
    assert_int_equal(chores_n_tasks(), 1);
    chores_end_reloaded();
}

/* Whose place in memory is another channel's by now. */
static void test_a_channel_that_is_gone_stands_in_nobodys_way(void **state)
{
    static struct fq_catalog last_catalog;
    struct fq_channel_conf gone = *fake.channel.conf;
    (void)state;
    gone.name = fq_lit("gone-cn");
    for (int i = 0; i < 2; i++)
        chores_say_done();
    chores_start();
    chores_reload();
    reloaded.conf = &gone;
    fake_pass(3000);
    assert_int_equal(chores_n_tasks(), 2);
    last_catalog = reloaded_catalog;
    last_catalog.n_holders = 0;
    reloaded.conf = fake.channel.conf;
    fq_flow_use(fake.flow, &last_catalog, NULL, 0, fq_lit("{}"));
    assert_false(fq_chores_know_keys(fake.flow, &reloaded));
    fake_pass(3000);
    assert_true(fq_chores_know_keys(fake.flow, &reloaded));
    chores_end_reloaded();
}

#define CHORES_TEST(name) cmocka_unit_test_setup_teardown(name, chores_begin, chores_end)

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
        CHORES_TEST(test_its_key_is_used_and_noted),
        CHORES_TEST(test_its_key_is_used_after_a_restart),
        CHORES_TEST(test_the_same_key_is_noted_once),
        CHORES_TEST(test_a_newer_key_takes_the_olders_place),
        CHORES_TEST(test_a_key_that_could_not_be_noted_is_not_used),
        CHORES_TEST(test_a_key_that_is_noted_is_used_when_it_comes_again),
        CHORES_TEST(test_its_keys_are_known_when_the_notes_were_read),
        CHORES_TEST(test_its_key_is_used_after_a_reload),
        CHORES_TEST(test_a_reload_while_the_task_is_done_loses_no_key),
        CHORES_TEST(test_a_channel_that_is_gone_stands_in_nobodys_way),
    };
    return cmocka_run_group_tests_name("chores", tests, chores_setup, NULL);
}
