/* SPDX-License-Identifier: Apache-2.0 */
/* What is lent to an adapter during a call, and what counts as the platform's word. */
#include <pthread.h>

#include "daemon/plugin/fetched.h"
#include "daemon/plugin/host.h"
#include "daemon/plugin/leafs.h"
#include "tests/unit/plugin/fixture.h"

/* One set of keys for all tests, and a call over them for each. */
struct bench {
    struct fixture *fixture;
    struct fq_channel channel;
    struct fq_host_call lent;
};

static const struct fq_key_need bench_needs[] = {
    { "ours", FQ_KEY_PRIVATE_SIGN, 1 },  { "platform", FQ_KEY_PUBLIC_VERIFY, 1 },
    { "roots", FQ_KEY_ROOTS, 1 },        { "secret", FQ_KEY_SECRET, 1 },
    { "enc", FQ_KEY_PUBLIC_ENCRYPT, 0 },
};

static void bench_make_certificates(const struct fixture *fixture)
{
    char command[1024];
    (void)snprintf(command, sizeof(command),
                   "cd %s && openssl req -x509 -new -key platform.key -subj /CN=Root -days 3650 "
                   "-set_serial 1 -out root.pem && openssl req -new -key ours.key -subj "
                   "'/CN=pay.example@1' -out leaf.csr && openssl x509 -req -in leaf.csr -CA "
                   "root.pem -CAkey platform.key -set_serial 4711 -days 3650 -out leaf.pem "
                   "2>openssl.log && openssl req -x509 -new -key ours.key -subj /CN=pay.example "
                   "-days 3650 -set_serial 9 -out stranger.pem && echo keyUsage=keyEncipherment "
                   ">enc.ext && openssl x509 -req -in leaf.csr -CA root.pem -CAkey platform.key "
                   "-set_serial 4712 -days 3650 -extfile enc.ext -out enc.pem 2>>openssl.log",
                   fixture->folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): the test's own folder
}

static int bench_setup(void **state)
{
    struct bench *bench = fq_zalloc(sizeof(*bench));
    void *fixture = NULL;
    (void)fixture_setup(&fixture, "adapters");
    bench->fixture = fixture;
    bench_make_certificates(bench->fixture);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    static const char *const names[] = { "root.pem",     "leaf.csr", "leaf.pem",
                                         "stranger.pem", "enc.ext",  "enc.pem" };
    struct bench *bench = *state;
    void *fixture = bench->fixture;
    char path[128];
    for (size_t i = 0; i < fq_array_size(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", bench->fixture->folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    (void)fixture_teardown(&fixture);
    fq_free(bench);
    return 0;
}

static void bench_load(struct bench *bench, const char *name, uint32_t kind, const char *file)
{
    assert_int_equal(
        fq_keyring_load(bench->channel.keyring, name, kind, fixture_path(bench->fixture, file).ptr),
        0);
}

/* Certificates are made now and checked now: the call's clock must agree with the wall clock. */
static int64_t bench_now_ms(const struct bench *bench)
{
    struct stat file = { 0 };
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/leaf.pem", bench->fixture->folder);
    assert_int_equal(stat(path, &file), 0);
    return (int64_t)file.st_mtime * 1000 + 60000;
}

static int bench_begin(void **state)
{
    struct bench *bench = *state;
    void *fixture = bench->fixture;
    (void)fixture_begin(&fixture);
    bench->channel = (struct fq_channel){
        .conf = &bench->fixture->conf,
        .about = { .keys = bench_needs, .n_keys = fq_array_size(bench_needs) },
        .keyring = fq_keyring_new(),
        .leafs = fq_leafs_new(),
        .fetched = fq_fetched_new(),
    };
    bench_load(bench, "ours", FQ_KEY_PRIVATE_SIGN, "ours.key");
    bench_load(bench, "platform", FQ_KEY_PUBLIC_VERIFY, "platform.pub");
    bench_load(bench, "roots", FQ_KEY_ROOTS, "root.pem");
    bench_load(bench, "enc", FQ_KEY_PUBLIC_ENCRYPT, "root.pem"); /* to the platform's own key */
    assert_int_equal(fq_keyring_add(bench->channel.keyring, "secret", FQ_KEY_SECRET,
                                    fq_lit("MDEyMzQ1Njc4OWFiY2RlZg==")),
                     0);
    fq_host_init(&bench->lent, &bench->channel, bench->fixture->arena, bench_now_ms(bench));
    return 0;
}

static int bench_end(void **state)
{
    struct bench *bench = *state;
    void *fixture = bench->fixture;
    fq_host_deinit(&bench->lent);
    fq_keyring_free(FQ_TAKE(bench->channel.keyring));
    fq_leafs_free(FQ_TAKE(bench->channel.leafs));
    fq_fetched_free(FQ_TAKE(bench->channel.fetched));
    (void)fixture_end(&fixture);
    return 0;
}

static struct fq_str bench_file(struct bench *bench, const char *name)
{
    char *text = fq_arena_alloc(bench->fixture->arena, 16384);
    FILE *file = fopen(fixture_path(bench->fixture, name).ptr, "re");
    assert_non_null(text);
    assert_non_null(file);
    size_t len = fread(text, 1, 16384, file);
    assert_int_equal(fclose(file), 0);
    return (struct fq_str){ text, len };
}

static struct fq_str bench_reason(struct bench *bench)
{
    return fq_host_reason(&bench->lent, bench->fixture->arena);
}

/* ---- signing and verifying ---- */

static void test_the_platforms_signature_counts(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str signature = { NULL, 0 };
    assert_int_equal(fq_keyring_sign(bench->fixture->platform, "private", FQ_SCHEME_RSA_SHA256,
                                     fq_lit("paid"), bench->fixture->arena, &signature),
                     0);
    assert_int_equal(
        host->verify(host, "platform", FQ_SCHEME_RSA_SHA256, fq_lit("not paid"), signature), 1);
    assert_false(bench->lent.verified);
    assert_int_equal(
        host->verify(host, "platform", FQ_SCHEME_RSA_SHA256, fq_lit("paid"), signature), 0);
    assert_true(bench->lent.verified);
    fixture_assert_text(bench->lent.verified_key, "platform");
}

static void test_our_own_signature_proves_nothing(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str signature = { NULL, 0 };
    assert_int_equal(host->sign(host, "ours", FQ_SCHEME_RSA_SHA256, fq_lit("paid"), &signature), 0);
    assert_int_equal(host->verify(host, "ours", FQ_SCHEME_RSA_SHA256, fq_lit("paid"), signature),
                     -1);
    assert_false(bench->lent.verified);
    fixture_assert_contains(bench_reason(bench), "\"ours\" is no key to verify with");
}

static void test_keys_do_only_what_they_were_declared_for(void **state)
{
    static const char *const names[] = { "platform", "roots", "secret", "nobody", "" };
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str signature = fq_lit("x");
    for (size_t i = 0; i < fq_array_size(names); i++)
        assert_int_equal(host->sign(host, names[i], FQ_SCHEME_RSA_SHA256, fq_lit("t"), &signature),
                         -1);
    assert_int_equal(host->sign(host, NULL, FQ_SCHEME_RSA_SHA256, fq_lit("t"), &signature), -1);
    assert_int_equal(host->verify(host, NULL, FQ_SCHEME_RSA_SHA256, fq_lit("t"), signature), -1);
    assert_int_equal(host->verify(host, "roots", FQ_SCHEME_RSA_SHA256, fq_lit("t"), signature), -1);
    assert_int_equal(host->verify(host, "leaf", FQ_SCHEME_RSA_SHA256, fq_lit("t"), signature), -1);
}

static void test_sha1_is_refused(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str signature = fq_lit("x");
    assert_int_equal(host->sign(host, "ours", FQ_SCHEME_RSA_SHA1, fq_lit("t"), &signature), -1);
    assert_int_equal(host->verify(host, "platform", FQ_SCHEME_RSA_SHA1, fq_lit("t"), signature),
                     -1);
    assert_int_equal(host->verify(host, "platform", FQ_SCHEME_UNSET, fq_lit("t"), signature), -1);
    fixture_assert_contains(bench_reason(bench), "RSA with SHA-1 is not allowed");
}

/* ---- certificates ---- */

static void test_a_certificate_counts_for_its_call(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str signature = { NULL, 0 };
    const char *key = NULL;
    /* The leaf holds "our" public key, so our own signing stands in for the platform's. */
    assert_int_equal(host->sign(host, "ours", FQ_SCHEME_RSA_SHA256, fq_lit("paid"), &signature), 0);
    assert_int_equal(host->verify_chain(host, "roots", bench_file(bench, "leaf.pem"),
                                        fq_lit("pay.example"), &key),
                     0);
    assert_false(bench->lent.verified);
    assert_string_equal(key, "roots/4711#0");
    assert_int_equal(host->verify(host, key, FQ_SCHEME_RSA_SHA256, fq_lit("paid"), signature), 0);
    assert_true(bench->lent.verified);
    fixture_assert_text(bench->lent.verified_key, "roots/4711#0");

    fq_host_deinit(&bench->lent);
    fq_host_init(&bench->lent, &bench->channel, bench->fixture->arena, 0);
    assert_int_equal(host->verify(host, key, FQ_SCHEME_RSA_SHA256, fq_lit("paid"), signature), -1);
    assert_false(bench->lent.verified);
}

static void test_certificates_of_strangers_are_refused(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    const char *key = NULL;
    struct fq_str leaf = bench_file(bench, "leaf.pem");
    assert_int_equal(host->verify_chain(host, "roots", bench_file(bench, "stranger.pem"),
                                        fq_lit("pay.example"), &key),
                     1);
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit("other.example"), &key), 1);
    assert_int_equal(host->verify_chain(host, "platform", leaf, fq_lit(""), &key), -1);
    assert_null(key);
}

static void test_an_expired_certificate_is_refused(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    const char *key = NULL;
    bench->lent.now_ms += INT64_C(3651) * 86400000;
    assert_int_equal(
        host->verify_chain(host, "roots", bench_file(bench, "leaf.pem"), fq_lit(""), &key), 1);
}

/* What another call may begin with. */
static void bench_next_call(struct bench *bench)
{
    fq_host_deinit(&bench->lent);
    fq_host_init(&bench->lent, &bench->channel, bench->fixture->arena, bench_now_ms(bench));
}

static void test_a_chain_is_walked_once(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str leaf = bench_file(bench, "leaf.pem");
    struct fq_str signature = { NULL, 0 };
    const char *key = NULL;
    assert_int_equal(host->sign(host, "ours", FQ_SCHEME_RSA_SHA256, fq_lit("paid"), &signature), 0);
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit("pay"), &key), 0);

    bench_next_call(bench);
    fq_keyring_free(bench->channel.keyring);
    bench->channel.keyring = fq_keyring_new(); /* no roots: nothing can be walked any more */
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit("other"), &key), -1);
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit(""), &key), -1);
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit("pay"), &key), 0);
    assert_string_equal(key, "roots/4711#0");
    assert_int_equal(host->verify(host, key, FQ_SCHEME_RSA_SHA256, fq_lit("paid"), signature), 0);
}

static void test_a_known_certificate_expires_all_the_same(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str leaf = bench_file(bench, "leaf.pem");
    const char *key = NULL;
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit(""), &key), 0);
    bench_next_call(bench);
    bench->lent.now_ms += INT64_C(3651) * 86400000;
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit(""), &key), 1);
    fixture_assert_contains(bench_reason(bench), "expired");
    bench_next_call(bench);
    bench->lent.now_ms -= INT64_C(2) * 86400000;
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit(""), &key), 1);
    bench_next_call(bench);
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit(""), &key), 0);
}

static void test_refused_certificates_are_not_known(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str stranger = bench_file(bench, "stranger.pem");
    const char *key = NULL;
    for (int i = 0; i < 2; i++)
        assert_int_equal(host->verify_chain(host, "roots", stranger, fq_lit(""), &key), 1);
    const struct fq_leafs_name name = fq_leafs_name(stranger, "roots", fq_lit(""));
    assert_null(fq_leafs_find(bench->channel.leafs, &name, bench->lent.now_ms));
}

static void test_a_handle_is_good_until_its_call_ends(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str leaf = bench_file(bench, "leaf.pem");
    struct fq_str signature = { NULL, 0 };
    const char *key = NULL;
    assert_int_equal(host->sign(host, "ours", FQ_SCHEME_RSA_SHA256, fq_lit("paid"), &signature), 0);
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit(""), &key), 0);
    FQ_CLEANUP(fq_keyring) *other = fq_keyring_new();
    for (size_t i = 0; i < FQ_LEAFS_MAX; i++) {
        const struct fq_leafs_name name =
            fq_leafs_name(fq_str_sub(leaf, 0, i), "roots", fq_lit(""));
        fq_leafs_keep(bench->channel.leafs, &name, other);
    }
    const struct fq_leafs_name name = fq_leafs_name(leaf, "roots", fq_lit(""));
    assert_null(fq_leafs_find(bench->channel.leafs, &name, bench->lent.now_ms));
    assert_int_equal(host->verify(host, key, FQ_SCHEME_RSA_SHA256, fq_lit("paid"), signature), 0);
}

static void test_a_certificate_for_encryption_verifies_nothing(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str signature = { NULL, 0 };
    const char *key = NULL;
    assert_int_equal(host->sign(host, "ours", FQ_SCHEME_RSA_SHA256, fq_lit("paid"), &signature), 0);
    assert_int_equal(
        host->verify_chain(host, "roots", bench_file(bench, "enc.pem"), fq_lit(""), &key), 0);
    assert_int_equal(host->verify(host, key, FQ_SCHEME_RSA_SHA256, fq_lit("paid"), signature), -1);
    assert_false(bench->lent.verified);
}

static void test_the_fifth_certificate_is_refused(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str leaf = bench_file(bench, "leaf.pem");
    const char *key = NULL;
    for (int i = 0; i < FQ_HOST_CHAINS_MAX; i++)
        assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit(""), &key), 0);
    assert_int_equal(host->verify_chain(host, "roots", leaf, fq_lit(""), &key), -1);
}

static void test_fields_of_certificates(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    const struct fq_str absent = { NULL, 0 };
    struct fq_str field = { NULL, 0 };
    assert_int_equal(host->cert_field(host, NULL, bench_file(bench, "leaf.pem"), 0,
                                      FQ_CERT_SERIAL_DECIMAL, &field),
                     0);
    fixture_assert_text(field, "4711");
    assert_int_equal(host->cert_field(host, "roots", absent, 0, FQ_CERT_SUBJECT_CN, &field), 0);
    fixture_assert_text(field, "Root");
    assert_int_equal(host->cert_field(host, "roots", absent, 1, FQ_CERT_SUBJECT_CN, &field), 1);
    assert_int_equal(host->cert_field(host, "nobody", absent, 0, FQ_CERT_SUBJECT_CN, &field), -1);
}

/* ---- keys to encrypt to ---- */

static struct fq_str bench_serial(struct bench *bench)
{
    const struct fq_host *host = &bench->lent.host;
    struct fq_str serial = { NULL, 0 };
    const struct fq_str absent = { NULL, 0 };
    assert_int_equal(host->cert_field(host, "enc", absent, 0, FQ_CERT_SERIAL_DECIMAL, &serial), 0);
    return serial;
}

/* "platform" or "ours": who can read what is encrypted to "enc". */
static const char *bench_reader(struct bench *bench)
{
    const struct fq_host *host = &bench->lent.host;
    struct fq_arena *arena = bench->fixture->arena;
    struct fq_str secret = { NULL, 0 }, text = { NULL, 0 };
    assert_int_equal(
        host->encrypt(host, "enc", FQ_CIPHER_RSA_PKCS1, fq_lit("13800000000"), &secret), 0);
    if (fq_keyring_decrypt(bench->fixture->platform, "private", FQ_CIPHER_RSA_PKCS1, secret, arena,
                           &text) == 0 &&
        fq_str_equal(text, fq_lit("13800000000")))
        return "platform";
    assert_int_equal(host->decrypt(host, "ours", FQ_CIPHER_RSA_PKCS1, secret, &text), 0);
    fixture_assert_text(text, "13800000000");
    return "ours";
}

static void test_keys_are_fetched_seldom_whatever_the_clock_does(void **state)
{
    const struct fq_channel *channel = &((struct bench *)*state)->channel;
    for (int is_answer = 0; is_answer < 2; is_answer++) { /* each by itself */
        assert_true(fq_channel_may_fetch(channel, is_answer, 1000000));
        assert_false(fq_channel_may_fetch(channel, is_answer, 1000000));
        assert_false(fq_channel_may_fetch(channel, is_answer, 1009999));
        assert_true(fq_channel_may_fetch(channel, is_answer, 1010000));
        assert_true(fq_channel_may_fetch(channel, is_answer, INT64_C(1) << 40)); /* it is ahead */
        assert_true(fq_channel_may_fetch(channel, is_answer, 1020000));
        assert_false(fq_channel_may_fetch(channel, is_answer, 1020000));
    }
}

static void test_a_fetched_key_takes_the_configured_ones_place(void **state)
{
    struct bench *bench = *state;
    fixture_assert_text(bench_serial(bench), "1");
    assert_string_equal(bench_reader(bench), "platform");

    assert_int_equal(
        fq_channel_keep_encrypt_key(&bench->channel, fq_lit("enc"), bench_file(bench, "enc.pem")),
        0);
    bench_next_call(bench);
    fixture_assert_text(bench_serial(bench), "4712");
    assert_string_equal(bench_reader(bench), "ours");

    assert_int_equal(
        fq_channel_keep_encrypt_key(&bench->channel, fq_lit("enc"), bench_file(bench, "leaf.pem")),
        0);
    bench_next_call(bench);
    fixture_assert_text(bench_serial(bench), "4711");
}

static void test_a_call_sees_one_key_until_it_ends(void **state)
{
    struct bench *bench = *state;
    struct fq_str renewed = bench_file(bench, "enc.pem");
    fixture_assert_text(bench_serial(bench), "1");
    assert_int_equal(fq_channel_keep_encrypt_key(&bench->channel, fq_lit("enc"), renewed), 0);
    assert_string_equal(bench_reader(bench), "platform");
    fixture_assert_text(bench_serial(bench), "1");

    bench_next_call(bench);
    assert_string_equal(bench_reader(bench), "ours");
    assert_int_equal(
        fq_channel_keep_encrypt_key(&bench->channel, fq_lit("enc"), bench_file(bench, "root.pem")),
        0);
    fixture_assert_text(bench_serial(bench), "4712"); /* freed by now, but for this call */
    assert_string_equal(bench_reader(bench), "ours");
}

static void test_only_declared_keys_to_encrypt_to_are_kept(void **state)
{
    struct bench *bench = *state;
    struct fq_str good = bench_file(bench, "enc.pem");
    static const char *const names[] = { "ours", "platform", "roots", "secret", "other", "", "en" };
    for (size_t i = 0; i < fq_array_size(names); i++)
        assert_int_equal(fq_channel_keep_encrypt_key(&bench->channel, fq_str_of(names[i]), good),
                         FQ_CHANNEL_E_REFUSED);
    const struct fq_str texts[] = { fq_lit(""), fq_lit("no key"), bench_file(bench, "ours.key"),
                                    fq_str_sub(good, 0, good.len / 2) };
    for (size_t i = 0; i < fq_array_size(texts); i++)
        assert_int_equal(fq_channel_keep_encrypt_key(&bench->channel, fq_lit("enc"), texts[i]),
                         FQ_CHANNEL_E_REFUSED);
    fixture_assert_text(bench_serial(bench), "1");
}

static void test_a_kept_key_to_encrypt_to_verifies_nothing(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str signature = { NULL, 0 };
    assert_int_equal(
        fq_channel_keep_encrypt_key(&bench->channel, fq_lit("enc"), bench_file(bench, "leaf.pem")),
        0);
    assert_int_equal(host->sign(host, "ours", FQ_SCHEME_RSA_SHA256, fq_lit("paid"), &signature), 0);
    assert_int_equal(host->verify(host, "enc", FQ_SCHEME_RSA_SHA256, fq_lit("paid"), signature),
                     -1);
    assert_false(bench->lent.verified);
}

struct bench_renewal {
    const struct fq_channel *channel;
    struct fq_str certificates[2];
};

static void *bench_renew(void *context)
{
    const struct bench_renewal *renewal = context;
    for (size_t i = 0; i < 100; i++)
        (void)fq_channel_keep_encrypt_key(renewal->channel, fq_lit("enc"),
                                          renewal->certificates[i % 2]);
    return NULL;
}

static void test_keys_are_renewed_beside_running_calls(void **state)
{
    struct bench *bench = *state;
    pthread_t thread;
    struct bench_renewal renewal = {
        &bench->channel, { bench_file(bench, "enc.pem"), bench_file(bench, "root.pem") }
    };
    assert_int_equal(pthread_create(&thread, NULL, bench_renew, &renewal), 0);
    for (size_t i = 0; i < 50; i++) {
        bench_next_call(bench);
        bool is_renewed = fq_str_equal(bench_serial(bench), fq_lit("4712"));
        assert_string_equal(bench_reader(bench), is_renewed ? "ours" : "platform");
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ---- the rest ---- */

static void test_digest_encrypt_and_convert(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str secret = { NULL, 0 };
    struct fq_str text = { NULL, 0 };
    assert_int_equal(host->digest(host, FQ_DIGEST_SHA256, fq_lit("abc"), &text), 0);
    assert_int_equal(text.len, 32);
    assert_memory_equal(text.ptr, "\xba\x78\x16\xbf", 4);
    assert_int_equal(
        host->encrypt(host, "secret", FQ_CIPHER_AES128_CBC_ZERO_IV, fq_lit("张三"), &secret), 0);
    assert_int_equal(host->decrypt(host, "secret", FQ_CIPHER_AES128_CBC_ZERO_IV, secret, &text), 0);
    fixture_assert_text(text, "张三");
    assert_int_equal(
        host->encrypt(host, "nobody", FQ_CIPHER_AES128_CBC_ZERO_IV, fq_lit("x"), &secret), -1);
    assert_int_equal(host->convert(host, FQ_CHARSET_GBK_TO_UTF8, fq_lit("\xd2\xb5"), &text), 0);
    fixture_assert_text(text, "业");
    assert_int_equal(host->convert(host, FQ_CHARSET_GBK_TO_UTF8, fq_lit("\xd2"), &text), -1);
    assert_int_equal(host->inflate(host, fq_lit("no zip"), 0, &secret, &text), -1);
    assert_int_equal(host->inflate(host, fq_lit("no zip"), 1, &secret, &text), 1);
}

static void test_memory_ends_with_a_null(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    const char *zeroed = host->alloc(host, 100);
    assert_non_null(zeroed);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(zeroed[i], 0);
    assert_null(host->alloc(host, FQ_ARENA_SIZE_MAX + 1));
    assert_null(host->alloc(host, SIZE_MAX));
}

static void test_the_reason_names_the_first_trouble(void **state)
{
    struct bench *bench = *state;
    const struct fq_host *host = &bench->lent.host;
    struct fq_str signature = { NULL, 0 };
    fixture_assert_text(bench_reason(bench), "the adapter gave no reason");
    (void)host->sign(host, "first", FQ_SCHEME_RSA_SHA256, fq_lit("t"), &signature);
    (void)host->sign(host, "second", FQ_SCHEME_RSA_SHA256, fq_lit("t"), &signature);
    assert_int_equal((host->fail)(host, "cannot sign"), -1);
    fixture_assert_text(bench_reason(bench), "cannot sign (sign: \"first\" is no signing key)");
    assert_int_equal((host->fail)(host, NULL), -1);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOST_TEST(test_the_platforms_signature_counts),
        HOST_TEST(test_our_own_signature_proves_nothing),
        HOST_TEST(test_keys_do_only_what_they_were_declared_for),
        HOST_TEST(test_sha1_is_refused),
        HOST_TEST(test_a_certificate_counts_for_its_call),
        HOST_TEST(test_certificates_of_strangers_are_refused),
        HOST_TEST(test_an_expired_certificate_is_refused),
        HOST_TEST(test_a_chain_is_walked_once),
        HOST_TEST(test_a_known_certificate_expires_all_the_same),
        HOST_TEST(test_refused_certificates_are_not_known),
        HOST_TEST(test_a_handle_is_good_until_its_call_ends),
        HOST_TEST(test_a_certificate_for_encryption_verifies_nothing),
        HOST_TEST(test_the_fifth_certificate_is_refused),
        HOST_TEST(test_fields_of_certificates),
        HOST_TEST(test_keys_are_fetched_seldom_whatever_the_clock_does),
        HOST_TEST(test_a_fetched_key_takes_the_configured_ones_place),
        HOST_TEST(test_a_call_sees_one_key_until_it_ends),
        HOST_TEST(test_only_declared_keys_to_encrypt_to_are_kept),
        HOST_TEST(test_a_kept_key_to_encrypt_to_verifies_nothing),
        HOST_TEST(test_keys_are_renewed_beside_running_calls),
        HOST_TEST(test_digest_encrypt_and_convert),
        HOST_TEST(test_memory_ends_with_a_null),
        HOST_TEST(test_the_reason_names_the_first_trouble),
    };
    return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
