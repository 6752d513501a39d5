/* SPDX-License-Identifier: Apache-2.0 */
/* The key that a channel's daily task brings: noted, then used, over restarts and reloads; and the
 * operator's, if it is configured later. */
#include "tests/unit/flow/fake_chores.h"

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
    assert_int_equal(fake.store.n_notes_written, 3);
    chores_later(DAY_MS);
    assert_int_equal(fake.store.n_notes_written, 4); /* the time alone */
    fake.now_ms += DAY_MS;
    chores_restart();
    assert_int_equal(chores_n_tasks(), 3);
    assert_int_equal(fake.store.n_notes_written, 5);
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
    assert_int_equal(fake.store.n_notes, 3);
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
    assert_int_equal(fake.store.n_notes_written, 4);
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

/* ---- the operator's later word ---- */

static void test_a_key_that_is_configured_later_is_used(void **state)
{
    (void)state;
    chores_reconfigure(2);
    chores_say_key(0);
    chores_start();
    chores_assert_key(&fake.channel, "11");
    chores_reconfigure(3);
    fake_listen();
    chores_restart();
    chores_later(HOUR_MS);
    fake_heard();
    assert_true(fq_chores_know_keys(fake.flow, &fake.channel));
    chores_assert_key(&fake.channel, "");
    const char *said = strstr(fake_log.text, "a renewed key gives way to the configured one");
    assert_non_null(said);
    assert_null(strstr(said + 1, "a renewed key gives way to the configured one"));
    fake_assert_said("CHANNEL=example-cn KEY=enc");
    assert_int_equal(chores_n_tasks(), 1);
}

static void test_the_operator_may_configure_what_was_configured(void **state)
{
    (void)state;
    chores_reconfigure(2);
    chores_say_key(0);
    chores_start();
    chores_reconfigure(3);
    chores_restart();
    chores_reconfigure(2);
    chores_restart();
    chores_assert_key(&fake.channel, "11");
}

/* The task knows better than the operator's older certificate: the same key counts once more. */
static void test_a_key_that_gave_way_is_renewed_again(void **state)
{
    (void)state;
    chores_reconfigure(2);
    chores_say_key(0);
    chores_say_key(0);
    chores_start();
    chores_reconfigure(3);
    chores_restart();
    chores_assert_key(&fake.channel, "");
    chores_later(DAY_MS);
    assert_int_equal(chores_n_tasks(), 2);
    chores_assert_key(&fake.channel, "11");
    chores_restart();
    chores_assert_key(&fake.channel, "11");
}

static void test_what_an_earlier_release_noted_is_used(void **state)
{
    (void)state;
    chores_reconfigure(2);
    chores_say_key(0);
    chores_start();
    struct fake_note *replaced =
        fake_find_note(&fake.store, fq_lit("channel.example-cn"), fq_lit("replaced.enc"));
    assert_non_null(replaced);
    replaced->owner[0] = 'x';
    chores_reconfigure(3);
    chores_restart();
    chores_assert_key(&fake.channel, "11");
}

/* ---- reload ---- */

static struct fq_channel reloaded;
static struct fq_channel *reloaded_channels[] = { &reloaded };
static struct fq_catalog reloaded_catalog;

static void chores_use_reloaded(void)
{
    reloaded.fetched = fq_fetched_new();
    reloaded_catalog = fake.catalog;
    reloaded_catalog.n_holders = 0;
    reloaded_catalog.channels = reloaded_channels;
    fq_flow_use(fake.flow, &reloaded_catalog, NULL, 0, fq_lit("{}"));
}

/* The same channel, opened anew. */
static void chores_reload(void)
{
    reloaded = fake.channel;
    chores_use_reloaded();
}

static void chores_reload_with(size_t i)
{
    reloaded = fake.channel;
    chores_configure(&reloaded, i);
    chores_use_reloaded();
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
    assert_true(fq_chores_know_keys(fake.flow, &reloaded)); /* at once */
    chores_assert_key(&reloaded, "11");
    fake_pass(3000);
    assert_true(fq_chores_know_keys(fake.flow, &reloaded));
    chores_assert_key(&reloaded, "11");
    assert_int_equal(chores_n_tasks(), 1);
    chores_end_reloaded();
}

/* The remedy for a task that fails: the key of the platform's console. */
static void test_a_key_that_is_configured_at_a_reload_is_used(void **state)
{
    (void)state;
    chores_reconfigure(2);
    for (int i = 0; i < 2; i++)
        chores_say_key(0);
    chores_start();
    chores_reload_with(3);
    assert_true(fq_chores_know_keys(fake.flow, &reloaded));
    chores_assert_key(&reloaded, "");
    fake_pass(3000);
    assert_true(fq_chores_know_keys(fake.flow, &reloaded));
    chores_assert_key(&reloaded, "");
    chores_later(DAY_MS); /* it was noted already, but over another */
    chores_assert_key(&reloaded, "11");
    assert_int_equal(fake.store.n_notes_written, 6);
    chores_end_reloaded();
    fq_keyring_free(reloaded.keyring);
}

static void test_before_the_notes_were_read_a_reload_knows_no_keys(void **state)
{
    (void)state;
    chores_say_key(0);
    chores_start();
    fake_stop();
    fake_start();
    chores_reload();
    assert_false(fq_chores_know_keys(fake.flow, &reloaded));
    fq_chores_start(fake.flow);
    fake_pass(3000);
    assert_true(fq_chores_know_keys(fake.flow, &reloaded));
    chores_end_reloaded();
}

/* Its notes are being read for the old configuration: the new one has nothing of it yet. */
static void test_a_reload_while_the_notes_are_read_knows_no_keys(void **state)
{
    (void)state;
    chores_say_key(0);
    chores_start();
    fake_stop();
    fake_start();
    fq_chores_start(fake.flow);
    for (int i = 0; i < 10 && fake_n_pending(FAKE_READ) == 0; i++) {
        fake.now_ms += 100;
        fq_timers_fire(fake.timers, fake.now_ms);
    }
    assert_int_equal(fake_n_pending(FAKE_READ), 1);
    chores_reload();
    fake_step(0);
    chores_assert_key(&reloaded, "");
    assert_false(fq_chores_know_keys(fake.flow, &reloaded));
    fake_pass(3000);
    assert_true(fq_chores_know_keys(fake.flow, &reloaded));
    chores_assert_key(&reloaded, "11");
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
    assert_true(fq_chores_know_keys(fake.flow, &reloaded)); /* none, while the task is done */
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
    static struct fq_channel last;
    static struct fq_channel *last_channels[] = { &last };
    static struct fq_catalog last_catalog;
    struct fq_channel_conf gone = *fake.channel.conf;
    (void)state;
    gone.name = fq_lit("gone-cn");
    for (int i = 0; i < 2; i++)
        chores_say_done();
    chores_start();
    reloaded = fake.channel;
    reloaded.conf = &gone;
    chores_use_reloaded();
    fake_pass(3000);
    assert_int_equal(chores_n_tasks(), 2);
    last = reloaded;
    last.conf = fake.channel.conf;
    last_catalog = reloaded_catalog;
    last_catalog.n_holders = 0;
    last_catalog.channels = last_channels;
    fq_flow_use(fake.flow, &last_catalog, NULL, 0, fq_lit("{}"));
    assert_false(fq_chores_know_keys(fake.flow, &last));
    fake_pass(3000);
    assert_true(fq_chores_know_keys(fake.flow, &last));
    chores_end_reloaded();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHORES_TEST(test_its_key_is_used_and_noted),
        CHORES_TEST(test_its_key_is_used_after_a_restart),
        CHORES_TEST(test_the_same_key_is_noted_once),
        CHORES_TEST(test_a_newer_key_takes_the_olders_place),
        CHORES_TEST(test_a_key_that_could_not_be_noted_is_not_used),
        CHORES_TEST(test_a_key_that_is_noted_is_used_when_it_comes_again),
        CHORES_TEST(test_its_keys_are_known_when_the_notes_were_read),
        CHORES_TEST(test_a_key_that_is_configured_later_is_used),
        CHORES_TEST(test_the_operator_may_configure_what_was_configured),
        CHORES_TEST(test_a_key_that_gave_way_is_renewed_again),
        CHORES_TEST(test_what_an_earlier_release_noted_is_used),
        CHORES_TEST(test_its_key_is_used_after_a_reload),
        CHORES_TEST(test_a_key_that_is_configured_at_a_reload_is_used),
        CHORES_TEST(test_before_the_notes_were_read_a_reload_knows_no_keys),
        CHORES_TEST(test_a_reload_while_the_notes_are_read_knows_no_keys),
        CHORES_TEST(test_a_reload_while_the_task_is_done_loses_no_key),
        CHORES_TEST(test_a_channel_that_is_gone_stands_in_nobodys_way),
    };
    return cmocka_run_group_tests_name("renewed", tests, chores_setup, NULL);
}
