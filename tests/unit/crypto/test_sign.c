/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures that must hold, and all those that must not. */
#include <pthread.h>

#include "daemon/crypto/keyring.h"
#include "tests/unit/crypto/support.h"

static struct fq_keyring *ring; /* a, b: RSA; s: SM2; each with its public half A, B, S */

static void ring_add_pair(EVP_PKEY *pkey, const char *private_name, const char *public_name)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    assert_int_equal(
        fq_keyring_add(ring, private_name, FQ_KEY_PRIVATE_SIGN, pem_of_private(pkey, arena)), 0);
    assert_int_equal(
        fq_keyring_add(ring, public_name, FQ_KEY_PUBLIC_VERIFY, pem_of_public(pkey, arena)), 0);
}

static EVP_PKEY *rsa;

static int ring_make(void **state)
{
    (void)state;
    ring = fq_keyring_new();
    rsa = make_rsa(2048);
    EVP_PKEY *other = make_rsa(2048);
    EVP_PKEY *sm2 = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    ring_add_pair(rsa, "a", "A");
    ring_add_pair(other, "b", "B");
    ring_add_pair(sm2, "s", "S");
    EVP_PKEY_free(other);
    EVP_PKEY_free(sm2);
    return 0;
}

static int ring_drop(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    fq_keyring_free(ring);
    return 0;
}

static struct fq_str sign(const char *name, uint32_t scheme, struct fq_str text,
                          struct fq_arena *arena)
{
    struct fq_str signature = { NULL, 0 };
    assert_int_equal(fq_keyring_sign(ring, name, scheme, text, arena, &signature), 0);
    return signature;
}

static const uint32_t schemes[] = { FQ_SCHEME_RSA_SHA256, FQ_SCHEME_RSA_SHA256_HEX,
                                    FQ_SCHEME_SM2_SM3 };

static const char *private_of(uint32_t scheme)
{
    return scheme == FQ_SCHEME_SM2_SM3 ? "s" : "a";
}

static const char *public_of(uint32_t scheme)
{
    return scheme == FQ_SCHEME_SM2_SM3 ? "S" : "A";
}

static void what_was_signed_verifies(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    static const struct fq_str texts[] = { { "text", 4 }, { "a\0b", 3 }, { "", 0 }, { NULL, 0 } };
    for (size_t i = 0; i < fq_array_size(schemes); i++) {
        for (size_t k = 0; k < fq_array_size(texts); k++) {
            struct fq_str signature = sign(private_of(schemes[i]), schemes[i], texts[k], arena);
            assert_int_equal(
                fq_keyring_verify(ring, public_of(schemes[i]), schemes[i], texts[k], signature), 0);
        }
    }
}

static void other_text_is_bad(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    for (size_t i = 0; i < fq_array_size(schemes); i++) {
        struct fq_str signature = sign(private_of(schemes[i]), schemes[i], fq_lit("text"), arena);
        assert_int_equal(
            fq_keyring_verify(ring, public_of(schemes[i]), schemes[i], fq_lit("texT"), signature),
            FQ_VERIFY_E_BAD);
        assert_int_equal(
            fq_keyring_verify(ring, public_of(schemes[i]), schemes[i], fq_lit("tex"), signature),
            FQ_VERIFY_E_BAD);
    }
}

static void every_damaged_byte_is_bad(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    for (size_t i = 0; i < fq_array_size(schemes); i++) {
        struct fq_str signature = sign(private_of(schemes[i]), schemes[i], fq_lit("text"), arena);
        char damaged[512];
        memcpy(damaged, signature.ptr, signature.len);
        for (size_t k = 0; k < signature.len; k += 7) {
            damaged[k] ^= 1;
            assert_int_equal(fq_keyring_verify(ring, public_of(schemes[i]), schemes[i],
                                               fq_lit("text"),
                                               (struct fq_str){ damaged, signature.len }),
                             FQ_VERIFY_E_BAD);
            damaged[k] ^= 1;
        }
    }
}

static void wrong_length_is_bad(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    for (size_t i = 0; i < fq_array_size(schemes); i++) {
        uint32_t scheme = schemes[i];
        struct fq_str signature = sign(private_of(scheme), scheme, fq_lit("text"), arena);
        char longer[512] = "";
        memcpy(longer, signature.ptr, signature.len);
        const struct fq_str bad[] = { { NULL, 0 },
                                      { "", 0 },
                                      { signature.ptr, signature.len - 1 },
                                      { longer, signature.len + 1 } };
        for (size_t k = 0; k < fq_array_size(bad); k++) {
            assert_int_equal(
                fq_keyring_verify(ring, public_of(scheme), scheme, fq_lit("text"), bad[k]),
                FQ_VERIFY_E_BAD);
        }
    }
}

static void bad_signature_leaves_no_error_behind(void **state)
{
    (void)state;
    assert_int_equal(
        fq_keyring_verify(ring, "A", FQ_SCHEME_RSA_SHA256, fq_lit("text"), fq_lit("bad")),
        FQ_VERIFY_E_BAD);
    assert_int_equal(ERR_peek_error(), 0);
}

/* OpenSSL 3.0 goes on with the first key when a used context is initialised with a second one. */
static void each_key_signs_for_itself(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    for (int i = 0; i < 2; i++) {
        struct fq_str by_a = sign("a", FQ_SCHEME_RSA_SHA256, fq_lit("text"), arena);
        struct fq_str by_b = sign("b", FQ_SCHEME_RSA_SHA256, fq_lit("text"), arena);
        const uint32_t scheme = FQ_SCHEME_RSA_SHA256;
        assert_int_equal(fq_keyring_verify(ring, "A", scheme, fq_lit("text"), by_a), 0);
        assert_int_equal(fq_keyring_verify(ring, "B", scheme, fq_lit("text"), by_a),
                         FQ_VERIFY_E_BAD);
        assert_int_equal(fq_keyring_verify(ring, "B", scheme, fq_lit("text"), by_b), 0);
        assert_int_equal(fq_keyring_verify(ring, "A", scheme, fq_lit("text"), by_b),
                         FQ_VERIFY_E_BAD);
    }
}

static void hex_scheme_signs_the_hex_digest(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    struct fq_str by_scheme = sign("a", FQ_SCHEME_RSA_SHA256_HEX, fq_lit("abc"), arena);
    struct fq_str by_hand =
        sign("a", FQ_SCHEME_RSA_SHA256,
             fq_lit("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), arena);
    assert_true(fq_str_equal(by_scheme, by_hand));
    assert_int_equal(fq_keyring_verify(ring, "A", FQ_SCHEME_RSA_SHA256, fq_lit("abc"), by_scheme),
                     FQ_VERIFY_E_BAD);
}

static void sm2_uses_the_agreed_signer_id(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    unsigned char signature[128];
    size_t size = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    assert_int_equal(EVP_DigestSignInit(context, &key_context, EVP_sm3(), NULL, pkey), 1);
    assert_true(EVP_PKEY_CTX_set1_id(key_context, "1234567812345678", 16) > 0);
    assert_int_equal(EVP_DigestSign(context, signature, &size, (const unsigned char *)"text", 4),
                     1);
    EVP_MD_CTX_free(context);
    FQ_CLEANUP(fq_keyring) *other = fq_keyring_new();
    assert_int_equal(fq_keyring_add(other, "X", FQ_KEY_PUBLIC_VERIFY, pem_of_public(pkey, arena)),
                     0);
    EVP_PKEY_free(pkey);
    assert_int_equal(fq_keyring_verify(other, "X", FQ_SCHEME_SM2_SM3, fq_lit("text"),
                                       (struct fq_str){ (const char *)signature, size }),
                     0);
}

static void sha1_reads_history_and_writes_none(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    unsigned char old[256];
    size_t size = sizeof(old);
    struct fq_str signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha1(), NULL, rsa), 1);
    assert_int_equal(EVP_DigestSign(context, old, &size, (const unsigned char *)"text", 4), 1);
    EVP_MD_CTX_free(context);
    assert_int_equal(fq_keyring_verify(ring, "A", FQ_SCHEME_RSA_SHA1, fq_lit("text"),
                                       (struct fq_str){ (const char *)old, size }),
                     0);
    assert_int_equal(fq_keyring_verify(ring, "A", FQ_SCHEME_RSA_SHA256, fq_lit("text"),
                                       (struct fq_str){ (const char *)old, size }),
                     FQ_VERIFY_E_BAD);
    assert_true(fq_keyring_sign(ring, "a", FQ_SCHEME_RSA_SHA1, fq_lit("text"), arena, &signature) <
                0);
}

static void wrong_key_is_a_fault_and_not_a_bad_signature(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    struct fq_str signature = sign("a", FQ_SCHEME_RSA_SHA256, fq_lit("text"), arena);
    struct fq_str ret;

    static const struct {
        const char *name;
        uint32_t scheme;
    } rows[] = {
        { "nobody", FQ_SCHEME_RSA_SHA256 }, { "a", FQ_SCHEME_RSA_SHA256 },
        { "S", FQ_SCHEME_RSA_SHA256 },      { "A", FQ_SCHEME_SM2_SM3 },
        { "A", FQ_SCHEME_UNSET },           { "A", 99 },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        assert_true(
            fq_keyring_verify(ring, rows[i].name, rows[i].scheme, fq_lit("text"), signature) < 0);
    }
    const uint32_t scheme = FQ_SCHEME_RSA_SHA256;
    assert_true(fq_keyring_sign(ring, "nobody", scheme, fq_lit("text"), arena, &ret) < 0);
    assert_true(fq_keyring_sign(ring, "A", scheme, fq_lit("text"), arena, &ret) < 0);
    assert_true(fq_keyring_sign(ring, "s", scheme, fq_lit("text"), arena, &ret) < 0);
    assert_true(fq_keyring_sign(ring, "a", FQ_SCHEME_SM2_SM3, fq_lit("text"), arena, &ret) < 0);
}

static void no_room_is_a_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(64);
    struct fq_str ret;
    assert_int_equal(fq_keyring_sign(ring, "a", FQ_SCHEME_RSA_SHA256, fq_lit("text"), arena, &ret),
                     -ENOMEM);
}

/* More threads than copies of a key, each with both keys in turn. */
static void *sign_on_thread(void *expected)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    const struct fq_str *signatures = expected;
    for (int i = 0; i < 4; i++) {
        struct fq_str by_a = { NULL, 0 };
        struct fq_str by_b = { NULL, 0 };
        const uint32_t scheme = FQ_SCHEME_RSA_SHA256;
        if (fq_keyring_sign(ring, "a", scheme, fq_lit("text"), arena, &by_a) != 0 ||
            fq_keyring_sign(ring, "b", scheme, fq_lit("text"), arena, &by_b) != 0 ||
            !fq_str_equal(by_a, signatures[0]) || !fq_str_equal(by_b, signatures[1]) ||
            fq_keyring_verify(ring, "A", scheme, fq_lit("text"), by_a) != 0)
            return expected;
    }
    return NULL;
}

static void ring_serves_many_threads(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    struct fq_str expected[2] = { sign("a", FQ_SCHEME_RSA_SHA256, fq_lit("text"), arena),
                                  sign("b", FQ_SCHEME_RSA_SHA256, fq_lit("text"), arena) };
    pthread_t threads[10];
    for (size_t i = 0; i < fq_array_size(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_on_thread, expected), 0);
    for (size_t i = 0; i < fq_array_size(threads); i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_signed_verifies),
        cmocka_unit_test(other_text_is_bad),
        cmocka_unit_test(every_damaged_byte_is_bad),
        cmocka_unit_test(wrong_length_is_bad),
        cmocka_unit_test(bad_signature_leaves_no_error_behind),
        cmocka_unit_test(each_key_signs_for_itself),
        cmocka_unit_test(hex_scheme_signs_the_hex_digest),
        cmocka_unit_test(sm2_uses_the_agreed_signer_id),
        cmocka_unit_test(sha1_reads_history_and_writes_none),
        cmocka_unit_test(wrong_key_is_a_fault_and_not_a_bad_signature),
        cmocka_unit_test(no_room_is_a_fault),
        cmocka_unit_test(ring_serves_many_threads),
    };
    return cmocka_run_group_tests_name("crypto/sign", tests, ring_make, ring_drop);
}
