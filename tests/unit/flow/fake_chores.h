/* SPDX-License-Identifier: Apache-2.0 */
/* A channel with a daily task under test, and the keys that it may bring. */
#ifndef TESTS_UNIT_FLOW_FAKE_CHORES_H
#define TESTS_UNIT_FLOW_FAKE_CHORES_H

#include <stdlib.h>
#include <unistd.h>

#include "daemon/flow/parts.h"
#include "daemon/plugin/fetched.h"
#include "tests/unit/flow/fake_ask.h"
#include "tests/unit/flow/fake_log.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

static char keys[4][4096]; /* certificates with the serials 11, 12, ... */
static const struct fq_key_need needs[] = { { "enc", FQ_KEY_PUBLIC_ENCRYPT, 0 } };

/* Keys are made once per program. */
FAKE_MAYBE int chores_setup(void **state)
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

FAKE_MAYBE int chores_begin(void **state)
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

FAKE_MAYBE int chores_end(void **state)
{
    (void)fake_end_test(state);
    fq_fetched_free(fake.channel.fetched);
    fq_keyring_free(fake.channel.keyring);
    return 0;
}

FAKE_MAYBE void chores_start(void)
{
    fq_chores_start(fake.flow);
    fake_pass(3000);
}

/* The process ends and begins again: it knows no fetched key any more. */
FAKE_MAYBE void chores_restart(void)
{
    fake_stop();
    fq_fetched_free(fake.channel.fetched);
    fake.channel.fetched = fq_fetched_new();
    fake_start();
    chores_start();
}

/* In the place of what was. */
FAKE_MAYBE void chores_configure(struct fq_channel *channel, size_t i)
{
    channel->keyring = fq_keyring_new();
    assert_int_equal(
        fq_keyring_add(channel->keyring, "enc", FQ_KEY_PUBLIC_ENCRYPT, fq_str_of(keys[i])), 0);
}

FAKE_MAYBE void chores_reconfigure(size_t i)
{
    fq_keyring_free(fake.channel.keyring);
    chores_configure(&fake.channel, i);
}

FAKE_MAYBE void chores_later(int64_t ms)
{
    fake.now_ms += ms;
    fake_pass(3000);
}

FAKE_MAYBE struct fq_verdict *chores_say_done(void)
{
    return fake_say(FQ_CALL_TASK, FQ_OUTCOME_UNSET);
}

FAKE_MAYBE void chores_say_key(size_t i)
{
    struct fq_verdict *verdict = chores_say_done();
    verdict->key_name = fq_lit("enc");
    verdict->key_data = fq_str_of(keys[i]);
}

FAKE_MAYBE size_t chores_n_tasks(void)
{
    return fake.n_begun[FQ_CALL_TASK];
}

FAKE_MAYBE const struct fake_note *chores_note(const char *name)
{
    return fake_find_note(&fake.store, fq_lit("channel.example-cn"), fq_str_of(name));
}

/* The serial of the key that a channel encrypts to; "": the configured one. */
FAKE_MAYBE void chores_assert_key(const struct fq_channel *channel, const char *serial)
{
    FQ_CLEANUP(fq_keyring) *keyring = fq_fetched_encrypt_key(channel->fetched, 0);
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str found = fq_lit("");
    if (keyring != NULL)
        assert_int_equal(
            fq_keyring_cert_field(keyring, "enc", 0, FQ_CERT_SERIAL_DECIMAL, arena, &found), 0);
    assert_true(fq_str_equal(found, fq_str_of(serial)));
}

#define CHORES_TEST(name) cmocka_unit_test_setup_teardown(name, chores_begin, chores_end)

#endif
