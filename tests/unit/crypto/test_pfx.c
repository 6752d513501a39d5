/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#12 files, new and old: which open, and what is said of the others. */
#include "daemon/crypto/keyring.h"
#include "daemon/crypto/pfx.h"
#include "tests/unit/crypto/support.h"

#define FROM_S 1637884800 /* 2021-11-26 00:00:00 UTC */
#define TO_S   1795651200 /* 2026-11-26 00:00:00 UTC */

/* key.pem and its certificates, of which one is newer; other.pem, which belongs to other.key. */
static struct bench {
    struct fq_arena *arena;
    struct folder folder;
    EVP_PKEY *key, *other;
} bench;

static const char *const files[] = { "key.pem",    "old.pem",  "new.pem",    "other.pem",
                                     "others.pem", "weak.key", "weak.pem",   "ec.key",
                                     "ec.pem",     "out.pfx",  "openssl.log" };

static void bench_certificate(const char *name, EVP_PKEY *key, const char *cn, int64_t from_unix_s)
{
    X509 *certificate = make_certificate(&(struct certificate_plan){
        .cn = cn, .key = key, .from_unix_s = from_unix_s, .to_unix_s = TO_S });
    (void)folder_write(&bench.folder, name, pem_of_certificate(certificate, bench.arena), 0600,
                       bench.arena);
    X509_free(certificate);
}

static void bench_key(const char *name, EVP_PKEY *key)
{
    (void)folder_write(&bench.folder, name, pem_of_private(key, bench.arena), 0600, bench.arena);
}

static int bench_make(void **state)
{
    (void)state;
    bench.arena = fq_arena_new((size_t)8 << 20);
    folder_make(&bench.folder);
    bench.key = make_rsa(2048);
    bench.other = make_rsa(2048);
    bench_key("key.pem", bench.key);
    bench_certificate("old.pem", bench.key, "older", FROM_S - 1000);
    bench_certificate("new.pem", bench.key, "041@Z@700000000000001:SIGN@00000003", FROM_S);
    bench_certificate("other.pem", bench.other, "somebody", FROM_S + 1000);
    EVP_PKEY *weak = make_rsa(1024);
    EVP_PKEY *elliptic = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    bench_key("weak.key", weak);
    bench_certificate("weak.pem", weak, "weak", FROM_S);
    bench_key("ec.key", elliptic);
    bench_certificate("ec.pem", elliptic, "elliptic", FROM_S);
    EVP_PKEY_free(weak);
    EVP_PKEY_free(elliptic);
    return 0;
}

static int bench_drop(void **state)
{
    (void)state;
    folder_remove(&bench.folder, files, fq_array_size(files));
    EVP_PKEY_free(bench.key);
    EVP_PKEY_free(bench.other);
    fq_arena_free(bench.arena);
    return 0;
}

/* `openssl pkcs12 -export` with these options, then the bytes of the file. */
static struct fq_str made(const char *options)
{
    char command[512];
    (void)snprintf(command, sizeof(command),
                   "cd %s && openssl pkcs12 -export %s -out out.pfx 2>openssl.log",
                   bench.folder.path, options);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): the test's own folder
    (void)snprintf(command, sizeof(command), "%s/out.pfx", bench.folder.path);
    FILE *file = fopen(command, "re");
    assert_non_null(file);
    char *bytes = fq_arena_alloc(bench.arena, 65536);
    assert_non_null(bytes);
    size_t size = fread(bytes, 1, 65536, file);
    assert_int_equal(fclose(file), 0);
    return (struct fq_str){ bytes, size };
}

static int try_open(struct fq_str bytes, const char *password)
{
    struct fq_pfx pfx = { .n_certificates = SIZE_MAX };
    int r = fq_pfx_open(bytes, fq_str_of(password), bench.arena, &pfx);
    assert_int_equal(pfx.n_certificates != SIZE_MAX, r == 0);
    assert_int_equal(ERR_peek_error(), 0);
    return r;
}

/* The key and the newer certificate, and nothing else. */
static void assert_taken(struct fq_str bytes, const char *password, size_t n_certificates)
{
    struct fq_pfx pfx;
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    assert_int_equal(fq_pfx_open(bytes, fq_str_of(password), bench.arena, &pfx), 0);
    assert_int_equal(pfx.n_certificates, n_certificates);
    assert_true(fq_str_equal(pfx.key_pem, pem_of_private(bench.key, bench.arena)));
    assert_int_equal(fq_keyring_add(ring, "key", FQ_KEY_PRIVATE_SIGN, pfx.key_pem), 0);
    assert_int_equal(fq_keyring_add(ring, "own", FQ_KEY_OWN_CERTIFICATE, pfx.certificate_pem), 0);
    assert_true(fq_keyring_is_pair(ring, "key", "own"));
    assert_text(pfx.subject_cn, "041@Z@700000000000001:SIGN@00000003");
    assert_int_equal(pfx.from_unix_ms, INT64_C(1000) * FROM_S);
    assert_int_equal(pfx.until_unix_ms, INT64_C(1000) * TO_S);
    struct fq_str serial;
    assert_int_equal(
        fq_keyring_cert_field(ring, "own", 0, FQ_CERT_SERIAL_DECIMAL, bench.arena, &serial), 0);
    assert_true(fq_str_equal(pfx.serial, serial));
    assert_true(pfx.serial.len > 0);
}

/* ---- what opens ---- */

static void modern_file_opens(void **state)
{
    (void)state;
    assert_taken(made("-inkey key.pem -in new.pem -passout pass:000000"), "000000", 1);
}

static void file_of_2018_opens(void **state)
{
    (void)state;
    struct fq_str bytes = made("-legacy -inkey key.pem -in new.pem -passout pass:000000");
    assert_taken(bytes, "000000", 1);
    /* Nothing of the old ciphers stays behind: elsewhere they are still unknown. */
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "RC2-40-CBC", NULL);
    assert_null(cipher);
    ERR_clear_error();
}

static void file_of_2021_opens(void **state)
{
    (void)state;
    assert_taken(made("-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1 "
                      "-inkey key.pem -in new.pem -passout pass:000000"),
                 "000000", 1);
}

static void certificate_of_the_key_is_chosen_of_several(void **state)
{
    (void)state;
    assert_taken(made("-inkey key.pem -in new.pem -certfile other.pem -passout pass:a"), "a", 2);
    assert_taken(made("-legacy -inkey key.pem -in new.pem -certfile other.pem -passout pass:a"),
                 "a", 2);
}

static void newest_certificate_of_the_key_is_chosen(void **state)
{
    (void)state;
    assert_taken(made("-inkey key.pem -in new.pem -certfile old.pem -passout pass:a"), "a", 2);
    assert_taken(made("-inkey key.pem -in old.pem -certfile new.pem -passout pass:a"), "a", 2);
}

static void password_may_be_empty_or_missing(void **state)
{
    (void)state;
    struct fq_str bytes = made("-inkey key.pem -in new.pem -passout pass:");
    assert_taken(bytes, "", 1);
    assert_taken(bytes, NULL, 1);
}

/* ---- what does not ---- */

static void wrong_password_is_told(void **state)
{
    (void)state;
    struct fq_str modern = made("-inkey key.pem -in new.pem -passout pass:000000");
    struct fq_str old = made("-legacy -inkey key.pem -in new.pem -passout pass:000000");
    static const char *const passwords[] = { "000001", "", "00000", "0000000" };
    for (size_t i = 0; i < fq_array_size(passwords); i++) {
        assert_int_equal(try_open(modern, passwords[i]), FQ_PFX_E_PASSWORD);
        assert_int_equal(try_open(old, passwords[i]), FQ_PFX_E_PASSWORD);
    }
    struct fq_pfx pfx;
    char longer[FQ_PFX_PASSWORD_SIZE_MAX + 1] = "";
    memset(longer, '0', sizeof(longer));
    assert_int_equal(
        fq_pfx_open(modern, (struct fq_str){ longer, sizeof(longer) }, bench.arena, &pfx),
        FQ_PFX_E_PASSWORD);
    assert_int_equal(fq_pfx_open(modern, fq_lit("000000\0x"), bench.arena, &pfx),
                     FQ_PFX_E_PASSWORD);
}

static void missing_key_is_told(void **state)
{
    (void)state;
    assert_int_equal(try_open(made("-nokeys -in new.pem -passout pass:a"), "a"), FQ_PFX_E_NO_KEY);
}

static void missing_certificate_is_told(void **state)
{
    (void)state;
    assert_int_equal(try_open(made("-nocerts -inkey key.pem -passout pass:a"), "a"),
                     FQ_PFX_E_NO_CERTIFICATE);
}

static void keys_that_cannot_be_used_are_refused(void **state)
{
    (void)state;
    assert_int_equal(try_open(made("-inkey weak.key -in weak.pem -passout pass:a"), "a"),
                     FQ_PFX_E_KIND);
    assert_int_equal(try_open(made("-inkey ec.key -in ec.pem -passout pass:a"), "a"),
                     FQ_PFX_E_KIND);
}

static void rubbish_is_no_pfx(void **state)
{
    (void)state;
    struct fq_str bytes = made("-inkey key.pem -in new.pem -passout pass:a");
    assert_int_equal(try_open(fq_lit(""), "a"), FQ_PFX_E_FORMAT);
    assert_int_equal(try_open((struct fq_str){ NULL, 0 }, "a"), FQ_PFX_E_FORMAT);
    assert_int_equal(try_open(fq_lit("no file of that kind"), "a"), FQ_PFX_E_FORMAT);
    assert_int_equal(try_open(pem_of_private(bench.key, bench.arena), "a"), FQ_PFX_E_FORMAT);
    assert_int_equal(try_open(fq_str_sub(bytes, 0, bytes.len / 2), "a"), FQ_PFX_E_FORMAT);
    for (size_t len = 0; len < bytes.len; len += bytes.len / 8)
        assert_int_equal(try_open(fq_str_sub(bytes, 0, len), "a"), FQ_PFX_E_FORMAT);
}

static void file_without_a_mac_is_refused(void **state)
{
    (void)state;
    struct fq_str bytes = made("-nomac -inkey key.pem -in new.pem -passout pass:000000");
    assert_int_equal(try_open(bytes, "000000"), FQ_PFX_E_FORMAT);
}

static void altered_file_never_opens(void **state)
{
    (void)state;
    struct fq_str bytes = made("-iter 1 -macalg sha1 -inkey key.pem -in new.pem -passout pass:a");
    for (size_t i = 0; i < bytes.len - 100; i += 97) { /* the last bytes are the MAC's own */
        FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        struct fq_str altered = fq_arena_copy(arena, bytes);
        ((char *)fq_unconst(altered.ptr))[i] ^= 1;
        assert_in_range(try_open(altered, "a"), FQ_PFX_E_FORMAT, FQ_PFX_E_PASSWORD);
    }
}

static void missing_legacy_provider_is_told(void **state)
{
    (void)state;
    struct fq_str old = made("-legacy -inkey key.pem -in new.pem -passout pass:000000");
    struct fq_str modern = made("-inkey key.pem -in new.pem -passout pass:000000");
    assert_int_equal(setenv("OPENSSL_MODULES", bench.folder.path, 1), 0);
    int r = try_open(old, "000000");
    int r_of_wrong = try_open(old, "000001");
    int r_of_modern = try_open(modern, "000000");
    assert_int_equal(unsetenv("OPENSSL_MODULES"), 0);
    assert_int_equal(r, FQ_PFX_E_LEGACY);
    assert_int_equal(r_of_wrong, FQ_PFX_E_PASSWORD);
    assert_int_equal(r_of_modern, 0);
    assert_non_null(strstr(fq_pfx_reason(r), "legacy.so is missing"));
}

static void full_arena_is_a_fault(void **state)
{
    (void)state;
    struct fq_pfx pfx;
    struct fq_str bytes = made("-inkey key.pem -in new.pem -passout pass:a");
    for (size_t size = 64; size < 4096; size *= 4) {
        FQ_CLEANUP(fq_arena) *small = fq_arena_new(size);
        assert_true(fq_pfx_open(bytes, fq_lit("a"), small, &pfx) < 0);
    }
}

static void every_condition_has_words_of_its_own(void **state)
{
    (void)state;
    for (int i = FQ_PFX_E_FORMAT; i <= FQ_PFX_E_KIND; i++) {
        assert_string_not_equal(fq_pfx_reason(i), fq_pfx_reason(0));
        for (int k = FQ_PFX_E_FORMAT; k < i; k++)
            assert_string_not_equal(fq_pfx_reason(i), fq_pfx_reason(k));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modern_file_opens),
        cmocka_unit_test(file_of_2018_opens),
        cmocka_unit_test(file_of_2021_opens),
        cmocka_unit_test(certificate_of_the_key_is_chosen_of_several),
        cmocka_unit_test(newest_certificate_of_the_key_is_chosen),
        cmocka_unit_test(password_may_be_empty_or_missing),
        cmocka_unit_test(wrong_password_is_told),
        cmocka_unit_test(missing_key_is_told),
        cmocka_unit_test(missing_certificate_is_told),
        cmocka_unit_test(keys_that_cannot_be_used_are_refused),
        cmocka_unit_test(rubbish_is_no_pfx),
        cmocka_unit_test(file_without_a_mac_is_refused),
        cmocka_unit_test(altered_file_never_opens),
        cmocka_unit_test(missing_legacy_provider_is_told),
        cmocka_unit_test(full_arena_is_a_fault),
        cmocka_unit_test(every_condition_has_words_of_its_own),
    };
    return cmocka_run_group_tests_name("crypto/pfx", tests, bench_make, bench_drop);
}
