/* SPDX-License-Identifier: Apache-2.0 */
/* Content encryption, there and back. */
#include "daemon/crypto/keyring.h"
#include "tests/unit/crypto/support.h"

static struct fq_keyring *ring; /* p: private; e: its public half to encrypt to; k: AES; t: too long
                                   for AES-128 */

static int ring_make(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    EVP_PKEY *rsa = make_rsa(2048);
    ring = fq_keyring_new();
    assert_int_equal(fq_keyring_add(ring, "p", FQ_KEY_PRIVATE_SIGN, pem_of_private(rsa, arena)), 0);
    assert_int_equal(fq_keyring_add(ring, "e", FQ_KEY_PUBLIC_ENCRYPT, pem_of_public(rsa, arena)),
                     0);
    assert_int_equal(fq_keyring_add(ring, "v", FQ_KEY_PUBLIC_VERIFY, pem_of_public(rsa, arena)), 0);
    assert_int_equal(fq_keyring_add(ring, "k", FQ_KEY_SECRET, fq_lit("aa4BtZ4tspm2wnXLb1ThQA==")),
                     0);
    assert_int_equal(fq_keyring_add(ring, "t", FQ_KEY_SECRET,
                                    fq_lit("aa4BtZ4tspm2wnXLb1ThQGmuAbWeLbKZtsJ1y29U4UA=")),
                     0);
    EVP_PKEY_free(rsa);
    return 0;
}

static int ring_drop(void **state)
{
    (void)state;
    fq_keyring_free(ring);
    return 0;
}

static void aes_gives_the_known_answer(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str secret;
    /* The zero IV makes the answer fixed: computed with `openssl enc -aes-128-cbc`. */
    assert_int_equal(fq_keyring_encrypt(ring, "k", FQ_CIPHER_AES128_CBC_ZERO_IV,
                                        fq_lit("known answer, two blocks"), arena, &secret),
                     0);
    assert_bytes(secret, "37a8d54928f297bae931d94f79fbf3b4bf648db384d879c830fae18e26c48418");
}

static void aes_comes_back(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    static const char bytes[100] = "some text";
    for (size_t len = 0; len < sizeof(bytes); len += 3) {
        struct fq_str secret;
        struct fq_str plain;
        assert_int_equal(fq_keyring_encrypt(ring, "k", FQ_CIPHER_AES128_CBC_ZERO_IV,
                                            (struct fq_str){ bytes, len }, arena, &secret),
                         0);
        assert_int_equal(secret.len, len / 16 * 16 + 16);
        assert_int_equal(
            fq_keyring_decrypt(ring, "k", FQ_CIPHER_AES128_CBC_ZERO_IV, secret, arena, &plain), 0);
        assert_int_equal(plain.len, len);
        assert_memory_equal(plain.ptr, bytes, len);
    }
}

static void damaged_aes_is_a_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str plain;
    assert_int_equal(fq_keyring_decrypt(ring, "k", FQ_CIPHER_AES128_CBC_ZERO_IV,
                                        fq_lit("fifteen bytes.."), arena, &plain),
                     -EBADMSG);
    assert_int_equal(
        fq_keyring_decrypt(ring, "k", FQ_CIPHER_AES128_CBC_ZERO_IV, fq_lit(""), arena, &plain),
        -EBADMSG);
    assert_int_equal(ERR_peek_error(), 0);
}

static void rsa_comes_back(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str secret;
    struct fq_str again;
    struct fq_str plain;
    const struct fq_str text = fq_lit("6226090000000048");
    assert_int_equal(fq_keyring_encrypt(ring, "e", FQ_CIPHER_RSA_PKCS1, text, arena, &secret), 0);
    assert_int_equal(fq_keyring_encrypt(ring, "e", FQ_CIPHER_RSA_PKCS1, text, arena, &again), 0);
    assert_int_equal(secret.len, 256);
    assert_false(fq_str_equal(secret, again));
    assert_int_equal(fq_keyring_decrypt(ring, "p", FQ_CIPHER_RSA_PKCS1, secret, arena, &plain), 0);
    assert_true(fq_str_equal(plain, text));
}

static void rsa_takes_245_bytes(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    static const char bytes[246];
    struct fq_str secret;
    assert_int_equal(fq_keyring_encrypt(ring, "e", FQ_CIPHER_RSA_PKCS1,
                                        (struct fq_str){ bytes, 245 }, arena, &secret),
                     0);
    assert_int_equal(fq_keyring_encrypt(ring, "e", FQ_CIPHER_RSA_PKCS1,
                                        (struct fq_str){ bytes, 246 }, arena, &secret),
                     -EBADMSG);
}

static void damaged_rsa_is_one_and_the_same_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    struct fq_str plain;
    char beyond[256];
    memset(beyond, 0xff, sizeof(beyond));
    const struct fq_str bad[] = {
        { (const char[256]){ 0 }, 256 }, /* decrypts to zeroes: no padding */
        { (const char[256]){ 0 }, 255 },
        { beyond, 256 }, /* not below the modulus */
        { "", 0 },
    };
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        assert_int_equal(fq_keyring_decrypt(ring, "p", FQ_CIPHER_RSA_PKCS1, bad[i], arena, &plain),
                         -EBADMSG);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void keys_serve_their_own_purpose_only(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    struct fq_str ret;

    static const struct {
        const char *name;
        uint32_t cipher;
    } rows[] = {
        { "nobody", FQ_CIPHER_AES128_CBC_ZERO_IV },
        { "t", FQ_CIPHER_AES128_CBC_ZERO_IV },
        { "p", FQ_CIPHER_AES128_CBC_ZERO_IV },
        { "nobody", FQ_CIPHER_RSA_PKCS1 },
        { "v", FQ_CIPHER_RSA_PKCS1 },
        { "k", FQ_CIPHER_RSA_PKCS1 },
        { "k", FQ_CIPHER_UNSET },
        { "k", 99 },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        const char *name = rows[i].name;
        assert_true(fq_keyring_encrypt(ring, name, rows[i].cipher, fq_lit("text"), arena, &ret) <
                    0);
        assert_true(fq_keyring_decrypt(ring, name, rows[i].cipher, fq_lit("text"), arena, &ret) <
                    0);
    }
    assert_true(fq_keyring_encrypt(ring, "p", FQ_CIPHER_RSA_PKCS1, fq_lit("text"), arena, &ret) <
                0);
    assert_true(fq_keyring_decrypt(ring, "e", FQ_CIPHER_RSA_PKCS1, fq_lit("text"), arena, &ret) <
                0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aes_gives_the_known_answer),
        cmocka_unit_test(aes_comes_back),
        cmocka_unit_test(damaged_aes_is_a_fault),
        cmocka_unit_test(rsa_comes_back),
        cmocka_unit_test(rsa_takes_245_bytes),
        cmocka_unit_test(damaged_rsa_is_one_and_the_same_fault),
        cmocka_unit_test(keys_serve_their_own_purpose_only),
    };
    return cmocka_run_group_tests_name("crypto/cipher", tests, ring_make, ring_drop);
}
