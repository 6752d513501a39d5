/* SPDX-License-Identifier: Apache-2.0 */
/* Which key files are taken, and what is said of the others. */
#include "daemon/crypto/keyring.h"
#include "tests/unit/crypto/support.h"

struct keys {
    struct fq_arena *arena;
    EVP_PKEY *rsa;
    EVP_PKEY *other;
    EVP_PKEY *weak;
    EVP_PKEY *elliptic; /* P-256: no scheme uses it */
    X509 *certificate;
    struct folder folder;
};

static struct keys keys;

static int keys_make(void **state)
{
    (void)state;
    keys.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    keys.rsa = make_rsa(2048);
    keys.other = make_rsa(2048);
    keys.weak = make_rsa(1024);
    keys.elliptic = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    keys.certificate = make_certificate(&(struct certificate_plan){
        .cn = "self", .key = keys.rsa, .from_unix_s = 1000000000, .to_unix_s = 2000000000 });
    folder_make(&keys.folder);
    return 0;
}

static int keys_drop(void **state)
{
    (void)state;
    static const char *const names[] = { "key" };
    folder_remove(&keys.folder, names, fq_array_size(names));
    EVP_PKEY_free(keys.rsa);
    EVP_PKEY_free(keys.other);
    EVP_PKEY_free(keys.weak);
    EVP_PKEY_free(keys.elliptic);
    X509_free(keys.certificate);
    fq_arena_free(keys.arena);
    return 0;
}

static int add(uint32_t kind, struct fq_str data)
{
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    int r = fq_keyring_add(ring, "key", kind, data);
    assert_int_equal(fq_keyring_has(ring, "key"), r == 0);
    assert_int_equal(ERR_peek_error(), 0);
    return r;
}

static int load(uint32_t kind, struct fq_str text, mode_t mode)
{
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    const char *path = folder_write(&keys.folder, "key", text, mode, keys.arena);
    int r = fq_keyring_load(ring, "key", kind, path);
    assert_int_equal(fq_keyring_has(ring, "key"), r == 0);
    return r;
}

static struct fq_str base64_of_der(int (*encode)(const EVP_PKEY *, unsigned char **),
                                   const EVP_PKEY *pkey)
{
    unsigned char *der = NULL;
    int size = encode(pkey, &der);
    assert_true(size > 0);
    struct fq_str text =
        fq_base64_encode((struct fq_str){ (const char *)der, (size_t)size }, keys.arena);
    OPENSSL_free(der);
    return text;
}

static int encode_pkcs8(const EVP_PKEY *pkey, unsigned char **ret)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, ret);
    PKCS8_PRIV_KEY_INFO_free(info);
    return size;
}

/* ---- forms ---- */

static void private_key_in_every_form(void **state)
{
    (void)state;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, keys.rsa, NULL, NULL, 0, NULL, NULL),
                     1);
    struct fq_str pkcs1 = text_of_bio(bio, keys.arena);
    assert_true(fq_str_starts(pkcs1, fq_lit("-----BEGIN RSA "
                                            "PRIVATE KEY-----")));
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, pkcs1), 0);
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, pem_of_private(keys.rsa, keys.arena)), 0);
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, base64_of_der(i2d_PrivateKey, keys.rsa)), 0);
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, base64_of_der(encode_pkcs8, keys.rsa)), 0);
}

static void public_key_in_every_form(void **state)
{
    (void)state;
    struct fq_str bare = base64_of_der(i2d_PUBKEY, keys.rsa);
    struct fq_str with_newline = fq_arena_printf(keys.arena, "%.*s\n", fq_str_arg(bare));
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, pem_of_public(keys.rsa, keys.arena)), 0);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, bare), 0);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, with_newline), 0);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, base64_of_der(i2d_PublicKey, keys.rsa)), 0);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, pem_of_certificate(keys.certificate, keys.arena)),
                     0);
    assert_int_equal(add(FQ_KEY_PUBLIC_ENCRYPT, pem_of_certificate(keys.certificate, keys.arena)),
                     0);
}

/* It is for its fields and for telling whose it is: what it would verify is our own. */
static void certificate_for_encryption_verifies_nothing(void **state)
{
    (void)state;
    X509 *certificate = make_certificate(&(struct certificate_plan){ .cn = "encryption",
                                                                     .key = keys.rsa,
                                                                     .from_unix_s = 1000000000,
                                                                     .to_unix_s = 2000000000,
                                                                     .usage = "keyEncipherment" });
    struct fq_str pem = pem_of_certificate(certificate, keys.arena);
    X509_free(certificate);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, pem), FQ_KEYRING_E_KIND);
    assert_int_equal(add(FQ_KEY_PUBLIC_ENCRYPT, pem), 0);
}

static void shared_ring_lives_as_long_as_its_last_owner(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_keyring) *last = NULL;
    struct fq_keyring *first = fq_keyring_new();
    assert_int_equal(
        fq_keyring_add(first, "key", FQ_KEY_PUBLIC_VERIFY, pem_of_public(keys.rsa, keys.arena)), 0);
    last = fq_keyring_share(first);
    fq_keyring_free(first);
    assert_true(fq_keyring_has(last, "key"));
}

struct digest {
    unsigned char bytes[32];
};

static struct digest digest_of(uint32_t kind, struct fq_str data)
{
    struct digest digest;
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    if (data.len > 0)
        assert_int_equal(fq_keyring_add(ring, "key", kind, data), 0);
    fq_keyring_digest(ring, "key", digest.bytes);
    assert_int_equal(ERR_peek_error(), 0);
    return digest;
}

static bool digests_equal(struct digest a, struct digest b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

static void digest_tells_keys_apart(void **state)
{
    (void)state;
    const struct digest none = { 0 };
    struct fq_str pem = pem_of_public(keys.rsa, keys.arena);
    struct fq_str certificate = pem_of_certificate(keys.certificate, keys.arena);
    struct digest key = digest_of(FQ_KEY_PUBLIC_ENCRYPT, pem);
    struct digest certified = digest_of(FQ_KEY_PUBLIC_ENCRYPT, certificate);
    assert_true(digests_equal(none, digest_of(FQ_KEY_PUBLIC_ENCRYPT, fq_lit(""))));
    assert_true(digests_equal(none, digest_of(FQ_KEY_SECRET, fq_lit("c2VjcmV0"))));
    assert_false(digests_equal(none, key));
    assert_false(digests_equal(none, certified));
    assert_false(digests_equal(key, certified)); /* its serial may be what counts */
    assert_true(
        digests_equal(key, digest_of(FQ_KEY_PUBLIC_ENCRYPT, base64_of_der(i2d_PUBKEY, keys.rsa))));
    assert_false(digests_equal(
        key, digest_of(FQ_KEY_PUBLIC_ENCRYPT, pem_of_public(keys.other, keys.arena))));
    struct fq_str commented = fq_arena_printf(keys.arena, "new!\n%.*s", fq_str_arg(certificate));
    assert_true(digests_equal(certified, digest_of(FQ_KEY_PUBLIC_ENCRYPT, commented)));
}

static void own_certificate_is_a_certificate_and_verifies_nothing(void **state)
{
    (void)state;
    struct fq_str pem = pem_of_certificate(keys.certificate, keys.arena);
    struct fq_str serial;
    FQ_CLEANUP(fq_keyring) *keyring = fq_keyring_new();
    assert_int_equal(fq_keyring_add(keyring, "own", FQ_KEY_OWN_CERTIFICATE, pem), 0);
    assert_int_equal(
        fq_keyring_cert_field(keyring, "own", 0, FQ_CERT_SERIAL_DECIMAL, keys.arena, &serial), 0);
    assert_true(fq_keyring_verify(keyring, "own", FQ_SCHEME_RSA_SHA256, fq_lit("a"), fq_lit("b")) <
                0);
    fq_trace_clear();
    assert_int_equal(add(FQ_KEY_OWN_CERTIFICATE, pem_of_public(keys.rsa, keys.arena)),
                     FQ_KEYRING_E_KIND);
}

static void text_around_pem_is_ignored(void **state)
{
    (void)state;
    struct fq_str pem = pem_of_public(keys.rsa, keys.arena);
    struct fq_str text =
        fq_arena_printf(keys.arena, "the platform's key\n%.*s\nend\n", fq_str_arg(pem));
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, text), 0);
}

static void sm2_key_is_taken(void **state)
{
    (void)state;
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, pem_of_private(pkey, keys.arena)), 0);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, pem_of_public(pkey, keys.arena)), 0);
    EVP_PKEY_free(pkey);
}

static void secret_is_base64(void **state)
{
    (void)state;
    assert_int_equal(add(FQ_KEY_SECRET, fq_lit("aa4BtZ4tspm2wnXLb1ThQA==\n")), 0);
    assert_int_equal(add(FQ_KEY_SECRET, fq_lit("not base64!")), FQ_KEYRING_E_FORMAT);
    assert_int_equal(add(FQ_KEY_SECRET, fq_lit("")), FQ_KEYRING_E_FORMAT);
}

static void roots_are_a_bundle(void **state)
{
    (void)state;
    struct fq_str pem = pem_of_certificate(keys.certificate, keys.arena);
    struct fq_str bundle =
        fq_arena_printf(keys.arena, "%.*s%.*s", fq_str_arg(pem), fq_str_arg(pem));
    assert_int_equal(add(FQ_KEY_ROOTS, bundle), 0);
}

/* ---- refusals ---- */

static void rubbish_is_refused(void **state)
{
    (void)state;
    struct fq_str bare = base64_of_der(i2d_PUBKEY, keys.rsa);
    struct fq_str pem = pem_of_public(keys.rsa, keys.arena);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, fq_lit("")), FQ_KEYRING_E_FORMAT);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, fq_lit("hello")), FQ_KEYRING_E_FORMAT);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, fq_lit("aGVsbG8=")), FQ_KEYRING_E_FORMAT);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, fq_str_sub(bare, 0, bare.len - 8)),
                     FQ_KEYRING_E_FORMAT);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, fq_str_sub(pem, 0, pem.len - 60)),
                     FQ_KEYRING_E_FORMAT);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, fq_lit("-----BEGIN DH PARAMETERS-----\naGVsbG8=\n"
                                                      "-----END DH PARAMETERS-----\n")),
                     FQ_KEYRING_E_FORMAT);
}

static struct fq_str base64_with_a_tail(unsigned char *der, int size)
{
    assert_true(size > 0);
    char *longer = fq_arena_alloc(keys.arena, (size_t)size + 3);
    memcpy(longer, der, (size_t)size);
    OPENSSL_free(der);
    return fq_base64_encode((struct fq_str){ longer, (size_t)size + 3 }, keys.arena);
}

static void bytes_behind_a_key_are_refused(void **state)
{
    (void)state;
    unsigned char *key = NULL;
    unsigned char *certificate = NULL;
    int key_size = i2d_PUBKEY(keys.rsa, &key);
    int certificate_size = i2d_X509(keys.certificate, &certificate);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, base64_with_a_tail(key, key_size)),
                     FQ_KEYRING_E_FORMAT);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, base64_with_a_tail(certificate, certificate_size)),
                     FQ_KEYRING_E_FORMAT);
}

static void encrypted_key_is_refused_without_asking(void **state)
{
    (void)state;
    static unsigned char word[] = "word";
    BIO *pkcs8 = BIO_new(BIO_s_mem());
    BIO *pkcs1 = BIO_new(BIO_s_mem());
    assert_int_equal(
        PEM_write_bio_PKCS8PrivateKey(pkcs8, keys.rsa, EVP_aes_128_cbc(), "word", 4, NULL, NULL),
        1);
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(pkcs1, keys.rsa, EVP_aes_128_cbc(), word,
                                                          4, NULL, NULL),
                     1);
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, text_of_bio(pkcs8, keys.arena)), FQ_KEYRING_E_FORMAT);
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, text_of_bio(pkcs1, keys.arena)), FQ_KEYRING_E_FORMAT);
}

static void wrong_kind_is_refused(void **state)
{
    (void)state;
    struct fq_str private_pem = pem_of_private(keys.rsa, keys.arena);
    struct fq_str public_pem = pem_of_public(keys.rsa, keys.arena);
    struct fq_str certificate = pem_of_certificate(keys.certificate, keys.arena);
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, public_pem), FQ_KEYRING_E_KIND);
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, certificate), FQ_KEYRING_E_KIND);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, private_pem), FQ_KEYRING_E_KIND);
    assert_int_equal(add(FQ_KEY_PUBLIC_ENCRYPT, private_pem), FQ_KEYRING_E_KIND);
    assert_int_equal(add(FQ_KEY_ROOTS, public_pem), FQ_KEYRING_E_KIND);
    assert_int_equal(add(FQ_KEY_ROOTS, private_pem), FQ_KEYRING_E_KIND);
}

static void family_without_a_scheme_is_refused(void **state)
{
    (void)state;
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, pem_of_private(keys.elliptic, keys.arena)),
                     FQ_KEYRING_E_KIND);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, pem_of_public(keys.elliptic, keys.arena)),
                     FQ_KEYRING_E_KIND);
}

static void weak_key_is_refused(void **state)
{
    (void)state;
    assert_int_equal(add(FQ_KEY_PRIVATE_SIGN, pem_of_private(keys.weak, keys.arena)),
                     FQ_KEYRING_E_WEAK);
    assert_int_equal(add(FQ_KEY_PUBLIC_VERIFY, pem_of_public(keys.weak, keys.arena)),
                     FQ_KEYRING_E_WEAK);
    assert_int_equal(add(FQ_KEY_PUBLIC_ENCRYPT, pem_of_public(keys.weak, keys.arena)),
                     FQ_KEYRING_E_WEAK);
}

static void taken_name_is_refused(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    struct fq_str pem = pem_of_public(keys.rsa, keys.arena);
    assert_int_equal(fq_keyring_add(ring, "a", FQ_KEY_PUBLIC_VERIFY, pem), 0);
    assert_int_equal(fq_keyring_add(ring, "a", FQ_KEY_PUBLIC_VERIFY, pem), FQ_KEYRING_E_DUPLICATE);
    assert_int_equal(fq_keyring_add(ring, "a", FQ_KEY_SECRET, fq_lit("aGVsbG8=")),
                     FQ_KEYRING_E_DUPLICATE);
    assert_int_equal(fq_keyring_add(ring, "b", FQ_KEY_PUBLIC_VERIFY, pem), 0);
}

static void unknown_kind_is_a_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    struct fq_str pem = pem_of_public(keys.rsa, keys.arena);
    assert_true(fq_keyring_add(ring, "a", FQ_KEY_UNSET, pem) < 0);
    assert_true(fq_keyring_add(ring, "a", 99, pem) < 0);
}

/* ---- files ---- */

static void private_file_must_keep_strangers_out(void **state)
{
    (void)state;
    struct fq_str pem = pem_of_private(keys.rsa, keys.arena);
    assert_int_equal(load(FQ_KEY_PRIVATE_SIGN, pem, 0600), 0);
    assert_int_equal(load(FQ_KEY_PRIVATE_SIGN, pem, 0400), 0);
    assert_int_equal(load(FQ_KEY_PRIVATE_SIGN, pem, 0640), 0);
    assert_int_equal(load(FQ_KEY_PRIVATE_SIGN, pem, 0644), FQ_KEYRING_E_MODE);
    assert_int_equal(load(FQ_KEY_PRIVATE_SIGN, pem, 0604), FQ_KEYRING_E_MODE);
    assert_int_equal(load(FQ_KEY_PRIVATE_SIGN, pem, 0660), FQ_KEYRING_E_MODE);
    assert_int_equal(load(FQ_KEY_PRIVATE_SIGN, pem, 0602), FQ_KEYRING_E_MODE);
    assert_int_equal(load(FQ_KEY_SECRET, fq_lit("aGVsbG8="), 0644), FQ_KEYRING_E_MODE);
}

static void public_file_may_be_read_by_all(void **state)
{
    (void)state;
    assert_int_equal(load(FQ_KEY_PUBLIC_VERIFY, pem_of_public(keys.rsa, keys.arena), 0644), 0);
}

static void unreadable_file_says_why(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    errno = 0;
    assert_int_equal(fq_keyring_load(ring, "a", FQ_KEY_PUBLIC_VERIFY, "/nowhere/at/all"),
                     FQ_KEYRING_E_UNREADABLE);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(fq_keyring_load(ring, "a", FQ_KEY_PUBLIC_VERIFY, keys.folder.path),
                     FQ_KEYRING_E_UNREADABLE);
    assert_int_equal(errno, EISDIR);
}

static void huge_file_is_refused(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    char *bytes = fq_arena_alloc(arena, 300000);
    memset(bytes, 'A', 300000);
    assert_int_equal(load(FQ_KEY_SECRET, (struct fq_str){ bytes, 300000 }, 0600),
                     FQ_KEYRING_E_FORMAT);
}

static void every_condition_has_words_of_its_own(void **state)
{
    (void)state;
    for (int i = FQ_KEYRING_E_UNREADABLE; i <= FQ_KEYRING_E_DUPLICATE; i++) {
        for (int k = i + 1; k <= FQ_KEYRING_E_DUPLICATE + 1; k++)
            assert_string_not_equal(fq_keyring_reason(i), fq_keyring_reason(k));
    }
}

/* ---- pairs ---- */

static void our_own_public_key_is_recognised(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    struct fq_str other = pem_of_public(keys.other, keys.arena);
    struct fq_str certificate = pem_of_certificate(keys.certificate, keys.arena);
    assert_int_equal(
        fq_keyring_add(ring, "private", FQ_KEY_PRIVATE_SIGN, pem_of_private(keys.rsa, keys.arena)),
        0);
    assert_int_equal(
        fq_keyring_add(ring, "ours", FQ_KEY_PUBLIC_VERIFY, pem_of_public(keys.rsa, keys.arena)), 0);
    assert_int_equal(fq_keyring_add(ring, "ours-too", FQ_KEY_PUBLIC_VERIFY, certificate), 0);
    assert_int_equal(fq_keyring_add(ring, "platform", FQ_KEY_PUBLIC_VERIFY, other), 0);
    assert_int_equal(fq_keyring_add(ring, "secret", FQ_KEY_SECRET, fq_lit("aGVsbG8=")), 0);
    assert_true(fq_keyring_is_pair(ring, "private", "ours"));
    assert_true(fq_keyring_is_pair(ring, "private", "ours-too"));
    assert_false(fq_keyring_is_pair(ring, "private", "platform"));
    assert_false(fq_keyring_is_pair(ring, "ours", "private"));
    assert_false(fq_keyring_is_pair(ring, "private", "private"));
    assert_false(fq_keyring_is_pair(ring, "private", "secret"));
    assert_false(fq_keyring_is_pair(ring, "private", "nobody"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_key_in_every_form),
        cmocka_unit_test(public_key_in_every_form),
        cmocka_unit_test(certificate_for_encryption_verifies_nothing),
        cmocka_unit_test(shared_ring_lives_as_long_as_its_last_owner),
        cmocka_unit_test(digest_tells_keys_apart),
        cmocka_unit_test(own_certificate_is_a_certificate_and_verifies_nothing),
        cmocka_unit_test(text_around_pem_is_ignored),
        cmocka_unit_test(sm2_key_is_taken),
        cmocka_unit_test(secret_is_base64),
        cmocka_unit_test(roots_are_a_bundle),
        cmocka_unit_test(rubbish_is_refused),
        cmocka_unit_test(bytes_behind_a_key_are_refused),
        cmocka_unit_test(encrypted_key_is_refused_without_asking),
        cmocka_unit_test(wrong_kind_is_refused),
        cmocka_unit_test(family_without_a_scheme_is_refused),
        cmocka_unit_test(weak_key_is_refused),
        cmocka_unit_test(taken_name_is_refused),
        cmocka_unit_test(unknown_kind_is_a_fault),
        cmocka_unit_test(private_file_must_keep_strangers_out),
        cmocka_unit_test(public_file_may_be_read_by_all),
        cmocka_unit_test(unreadable_file_says_why),
        cmocka_unit_test(huge_file_is_refused),
        cmocka_unit_test(every_condition_has_words_of_its_own),
        cmocka_unit_test(our_own_public_key_is_recognised),
    };
    return cmocka_run_group_tests_name("crypto/keyring", tests, keys_make, keys_drop);
}
