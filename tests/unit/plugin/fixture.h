/* SPDX-License-Identifier: Apache-2.0 */
/* A private folder with fresh keys, a channel over one of the built adapters, and a platform that
 * signs. */
#ifndef TESTS_UNIT_PLUGIN_FIXTURE_H
#define TESTS_UNIT_PLUGIN_FIXTURE_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/core/payer.h"
#include "daemon/core/verdict.h"
#include "daemon/crypto/crypto.h"
#include "daemon/plugin/channel.h"

#define FIXTURE_MAYBE  __attribute__((unused)) static
#define FIXTURE_NOW_MS INT64_C(1700000000000)

struct fixture {
    const char *kind; /* "adapters" or "liars" */
    char folder[64];
    char adapters_dir[PATH_MAX]; /* absolute */
    struct fq_arena *arena;      /* replaced before every test */
    struct fq_keyring *platform; /* the platform's private key, named "private" */
    struct fq_pair keys[3];
    struct fq_pair settings[2];
    struct fq_str hosts[1];
    struct fq_rate rates[1];
    struct fq_channel_conf conf;
    struct fq_channel *channel;
    struct fq_str reterr_key;
    struct fq_str reterr_reason;
};

/* Where `make` put the shared objects: "adapters" or "liars". */
FIXTURE_MAYBE void fixture_find(const char *kind, char ret[PATH_MAX])
{
    const char *build = getenv("FENQI_BUILD");
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/%s", build != NULL ? build : "build/release", kind);
    if (realpath(path, ret) == NULL)
        fail_msg("%s: %s (set FENQI_BUILD)", path, strerrordesc_np(errno));
}

FIXTURE_MAYBE struct fq_str fixture_path(struct fixture *fixture, const char *name)
{
    return fq_arena_printf(fixture->arena, "%s/%s", fixture->folder, name);
}

FIXTURE_MAYBE void fixture_keygen(const struct fixture *fixture, const char *name)
{
    char command[512];
    (void)snprintf(command, sizeof(command),
                   "cd %s && umask 077 && openssl genpkey -algorithm RSA -pkeyopt "
                   "rsa_keygen_bits:2048 -out %s.key 2>openssl.log && openssl pkey -in %s.key "
                   "-pubout -out %s.pub",
                   fixture->folder, name, name, name);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): the test's own folder
}

/* Keys are made once per program. */
FIXTURE_MAYBE int fixture_setup(void **state, const char *kind)
{
    struct fixture *fixture = fq_zalloc(sizeof(*fixture));
    (void)snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/fenqi-plugin-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->kind = kind;
    fixture_keygen(fixture, "ours");
    fixture_keygen(fixture, "platform");
    fixture->platform = fq_keyring_new();
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/platform.key", fixture->folder);
    assert_int_equal(fq_keyring_load(fixture->platform, "private", FQ_KEY_PRIVATE_SIGN, path), 0);
    *state = fixture;
    return 0;
}

FIXTURE_MAYBE int fixture_teardown(void **state)
{
    static const char *const names[] = { "ours.key", "ours.pub", "platform.key", "platform.pub",
                                         "openssl.log" };
    struct fixture *fixture = *state;
    char path[128];
    if (fixture == NULL)
        return 0;
    for (size_t i = 0; i < fq_array_size(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", fixture->folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(fixture->folder), 0);
    fq_keyring_free(fixture->platform);
    fq_free(fixture);
    return 0;
}

/* A sound configuration for example.so and for the liars; each test spoils what it is about. */
FIXTURE_MAYBE int fixture_begin(void **state)
{
    struct fixture *fixture = *state;
    fixture->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    fixture_find(fixture->kind, fixture->adapters_dir);
    fixture->keys[0] = (struct fq_pair){ fq_lit("shop"), fixture_path(fixture, "ours.key") };
    fixture->keys[1] =
        (struct fq_pair){ fq_lit("platform"), fixture_path(fixture, "platform.pub") };
    fixture->settings[0] = (struct fq_pair){ fq_lit("gateway"), fq_lit("https://pay.example") };
    fixture->settings[1] = (struct fq_pair){ fq_lit("shop"), fq_lit("S1") };
    fixture->hosts[0] = fq_lit("pay.example");
    fixture->rates[0] = (struct fq_rate){ 3, FQ_BEARER_BUYER, 0, 75000, 0, 0 };
    fixture->conf = (struct fq_channel_conf){
        .name = fq_lit("example-cn"),
        .adapter = fq_lit("example"),
        .settings = fixture->settings,
        .n_settings = 2,
        .keys = fixture->keys,
        .n_keys = 2,
        .hosts = fixture->hosts,
        .n_hosts = 1,
        .rates = { fixture->rates, 1 },
    };
    return 0;
}

FIXTURE_MAYBE int fixture_end(void **state)
{
    struct fixture *fixture = *state;
    fq_channel_free(FQ_TAKE(fixture->channel));
    fq_arena_free(FQ_TAKE(fixture->arena));
    return 0;
}

FIXTURE_MAYBE int fixture_try_open(struct fixture *fixture)
{
    return fq_channel_open(&fixture->conf, fixture->adapters_dir, fixture->arena, &fixture->channel,
                           &fixture->reterr_key, &fixture->reterr_reason);
}

FIXTURE_MAYBE void fixture_open(struct fixture *fixture)
{
    int r = fixture_try_open(fixture);
    if (r != 0)
        fail_msg("refused: %.*s: %.*s %s", fq_str_arg(fixture->reterr_key),
                 fq_str_arg(fixture->reterr_reason), fq_trace());
}

/* The liars know the keys under other names. */
FIXTURE_MAYBE void fixture_open_liar(struct fixture *fixture, const char *name)
{
    fixture->keys[0].name = fq_lit("ours");
    fixture->conf.adapter = fq_str_of(name);
    fixture_open(fixture);
}

FIXTURE_MAYBE void fixture_assert_refused(struct fixture *fixture, const char *key,
                                          const char *reason)
{
    assert_int_equal(fixture_try_open(fixture), FQ_CHANNEL_E_REFUSED);
    assert_null(fixture->channel);
    struct fq_str found =
        fq_arena_printf(fixture->arena, "%.*s: %.*s", fq_str_arg(fixture->reterr_key),
                        fq_str_arg(fixture->reterr_reason));
    struct fq_str wanted = fq_arena_printf(fixture->arena, "%s: ", key);
    if (!fq_str_starts(found, wanted) || strstr(found.ptr, reason) == NULL)
        fail_msg("refused with \"%s\", wanted \"%s: ...%s\"", found.ptr, key, reason);
}

/* text + separator + the platform's signature in hex. */
FIXTURE_MAYBE struct fq_str fixture_signed(struct fixture *fixture, const char *text,
                                           const char *separator)
{
    struct fq_str signature = { NULL, 0 };
    assert_int_equal(fq_keyring_sign(fixture->platform, "private", FQ_SCHEME_RSA_SHA256,
                                     fq_str_of(text), fixture->arena, &signature),
                     0);
    char *hex = fq_arena_alloc(fixture->arena, 2 * signature.len + 1);
    assert_non_null(hex);
    fq_hex(signature.ptr, signature.len, hex);
    return fq_arena_printf(fixture->arena, "%s%s%s", text, separator, hex);
}

FIXTURE_MAYBE struct fq_call fixture_call(void)
{
    return (struct fq_call){
        .now_unix_ms = FIXTURE_NOW_MS,
        .object = FQ_OBJECT_PAYMENT,
        .order_number = fq_lit("FQ1"),
        .amount = { 699900, "CNY", 2 },
        .instalments = 3,
        .bearer = FQ_BEARER_BUYER,
        .terminal = FQ_TERMINAL_DESKTOP,
        .subject = fq_lit("手机 & case"),
        .created_unix_ms = FIXTURE_NOW_MS,
        .deadline_unix_ms = FIXTURE_NOW_MS + 900000,
        .notify_url = fq_lit("https://shop.example/notify/example-cn"),
        .return_url = fq_lit("https://shop.example/back/t"),
        .refund_number = fq_lit("RF1"),
        .refund_amount = { 10000, "CNY", 2 },
    };
}

FIXTURE_MAYBE struct fq_answer fixture_run(struct fixture *fixture, uint32_t kind,
                                           const struct fq_call *call,
                                           const struct fq_message *message)
{
    struct fq_answer answer;
    fq_channel_call(fixture->channel, kind, call, message, fixture->arena, &answer);
    return answer;
}

FIXTURE_MAYBE bool fixture_allows(const void *allowed, struct fq_str url)
{
    return fq_channel_allows_url(allowed, url);
}

/* What core/verdict says of an answer, as flow/ asks it. */
FIXTURE_MAYBE const char *fixture_judge(const struct fixture *fixture,
                                        const struct fq_answer *answer, bool is_begin,
                                        uint32_t n_sends)
{
    const struct fq_verdict_context context = {
        .verified = answer->verified,
        .is_begin = is_begin,
        .object = FQ_OBJECT_PAYMENT,
        .number = fq_lit("FQ1"),
        .amount = { 699900, "CNY", 2 },
        .now_ms = FIXTURE_NOW_MS,
        .n_sends = n_sends,
        .url_is_allowed = fixture_allows,
        .allowed = &fixture->conf,
    };
    return fq_verdict_refuse(&context, &answer->verdict);
}

/* The same of what create plans for a payer. */
FIXTURE_MAYBE const char *fixture_judge_with(const struct fixture *fixture,
                                             const struct fq_answer *answer,
                                             const struct fq_payer *payer)
{
    const struct fq_verdict_context context = {
        .is_begin = true,
        .object = FQ_OBJECT_PAYMENT,
        .now_ms = FIXTURE_NOW_MS,
        .url_is_allowed = fixture_allows,
        .allowed = &fixture->conf,
        .payer = payer,
    };
    return fq_verdict_refuse(&context, &answer->verdict);
}

FIXTURE_MAYBE void fixture_assert_contains(struct fq_str text, const char *part)
{
    struct fq_str needle = fq_str_of(part);
    for (size_t i = 0; i + needle.len <= text.len; i++) {
        if (fq_str_equal(fq_str_sub(text, i, needle.len), needle))
            return;
    }
    fail_msg("\"%s\" is not in \"%.*s\"", part, fq_str_arg(text));
}

FIXTURE_MAYBE void fixture_assert_text(struct fq_str text, const char *wanted)
{
    if (!fq_str_equal(text, fq_str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", fq_str_arg(text), wanted);
}

#endif
