/* SPDX-License-Identifier: Apache-2.0 */
/* Seals against RFC 8032 and the DSSE encoding, and keys that must not seal. */
#include "daemon/crypto/keyring.h"
#include "daemon/crypto/seal.h"
#include "tests/unit/crypto/support.h"

/* RFC 8032, 7.1, TEST 1: the published example of a key pair. */
#define RFC_PUBLIC "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
static const unsigned char rfc_seed[32] = {
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
    0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
};

/* The example of the DSSE specification. */
#define DSSE_TYPE    "http://example.com/HelloWorld"
#define DSSE_PAYLOAD "hello world"
#define DSSE_ENCODED "DSSEv1 29 http://example.com/HelloWorld 11 hello world"

static struct folder folder;
static struct fq_arena *arena;

static int folder_begin(void **state)
{
    (void)state;
    folder_make(&folder);
    arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    return 0;
}

static int folder_end(void **state)
{
    (void)state;
    static const char *const names[] = { "key" };
    folder_remove(&folder, names, fq_array_size(names));
    fq_arena_free(arena);
    return 0;
}

static int load_pem(struct fq_sealer *sealer, const char *id, struct fq_str pem, mode_t mode,
                    bool is_signing)
{
    return fq_sealer_load(sealer, id, folder_write(&folder, "key", pem, mode, arena), is_signing);
}

static struct fq_str rfc_pem(void)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, rfc_seed, 32);
    struct fq_str pem = pem_of_private(pkey, arena);
    EVP_PKEY_free(pkey);
    return pem;
}

static struct fq_str new_pem(struct fq_str *ret_public)
{
    struct fq_str pem;
    assert_int_equal(fq_seal_keygen(arena, &pem, ret_public), 0);
    return pem;
}

/* ---- known answers ---- */

static void public_key_is_the_one_of_rfc_8032(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    struct fq_str id;
    struct fq_str public_key;
    assert_int_equal(load_pem(sealer, "k1", rfc_pem(), 0600, true), 0);
    fq_sealer_key(sealer, 0, &id, &public_key);
    assert_text(id, "k1");
    assert_bytes(public_key, RFC_PUBLIC);
}

static void seal_is_the_signature_of_the_encoding(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    assert_int_equal(load_pem(sealer, "k1", rfc_pem(), 0600, true), 0);
    assert_int_equal(
        fq_sealer_sign(sealer, fq_lit(DSSE_TYPE), fq_lit(DSSE_PAYLOAD), arena, &seals, &n_seals),
        0);
    assert_int_equal(n_seals, 1);
    assert_text(seals[0].key_id, "k1");
    assert_text(seals[0].algorithm, "ed25519");
    /* Computed over DSSE_ENCODED with two other implementations of RFC 8032. */
    assert_bytes(seals[0].value,
                 "e031d7dd99f8aa904abc48fb99a13c3bdbbd6e35c49cf2cb9f25d5509d8f5c94"
                 "7c0d22dc2f7403a45bdf24e8f7a41fd23c7b25e898386e8c6c31be8abee60007");
}

static void anyone_can_verify_with_the_encoding_alone(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    struct fq_str id;
    struct fq_str public_key;
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    assert_int_equal(load_pem(sealer, "k1", new_pem(&public_key), 0600, true), 0);
    assert_int_equal(
        fq_sealer_sign(sealer, fq_lit(DSSE_TYPE), fq_lit(DSSE_PAYLOAD), arena, &seals, &n_seals),
        0);
    fq_sealer_key(sealer, 0, &id, &public_key);
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                 (const unsigned char *)public_key.ptr, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey), 1);
    assert_int_equal(EVP_DigestVerify(context, (const unsigned char *)seals[0].value.ptr, 64,
                                      (const unsigned char *)DSSE_ENCODED, strlen(DSSE_ENCODED)),
                     1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
}

/* ---- verifying ---- */

static void seal_binds_type_payload_and_key(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    struct fq_str public_key;
    struct fq_str stranger;
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    assert_int_equal(load_pem(sealer, "k1", new_pem(&public_key), 0600, true), 0);
    (void)new_pem(&stranger);
    assert_int_equal(
        fq_sealer_sign(sealer, fq_lit("type"), fq_lit("body"), arena, &seals, &n_seals), 0);
    struct fq_str value = seals[0].value;
    char damaged[64];
    memcpy(damaged, value.ptr, 64);
    damaged[40] ^= 1;
    const struct fq_str bad = { damaged, 64 };
    const struct fq_str type = fq_lit("type");
    const struct fq_str body = fq_lit("body");
    assert_int_equal(fq_seal_verify(public_key, type, body, value), 0);
    assert_int_equal(fq_seal_verify(public_key, fq_lit("typ"), body, value), FQ_VERIFY_E_BAD);
    assert_int_equal(fq_seal_verify(public_key, type, fq_lit("bodY"), value), FQ_VERIFY_E_BAD);
    assert_int_equal(fq_seal_verify(stranger, type, body, value), FQ_VERIFY_E_BAD);
    assert_int_equal(fq_seal_verify(public_key, type, body, bad), FQ_VERIFY_E_BAD);
    assert_int_equal(ERR_peek_error(), 0);
}

static void wrong_sizes_are_bad(void **state)
{
    (void)state;
    const struct fq_str zeroes = { (const char[65]){ 0 }, 65 };
    const struct fq_str key = fq_str_sub(zeroes, 0, 32);
    const struct fq_str value = fq_str_sub(zeroes, 0, 64);
    const struct fq_str text = fq_lit("text");
    assert_int_equal(fq_seal_verify(fq_str_sub(key, 0, 31), text, text, value), FQ_VERIFY_E_BAD);
    assert_int_equal(fq_seal_verify((struct fq_str){ NULL, 0 }, text, text, value),
                     FQ_VERIFY_E_BAD);
    assert_int_equal(fq_seal_verify(key, text, text, fq_str_sub(value, 0, 63)), FQ_VERIFY_E_BAD);
    assert_int_equal(fq_seal_verify(key, text, text, zeroes), FQ_VERIFY_E_BAD);
}

static void empty_texts_seal_too(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    struct fq_str public_key;
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    const struct fq_str absent = { NULL, 0 };
    assert_int_equal(load_pem(sealer, "k1", new_pem(&public_key), 0600, true), 0);
    assert_int_equal(fq_sealer_sign(sealer, absent, absent, arena, &seals, &n_seals), 0);
    assert_int_equal(fq_seal_verify(public_key, fq_lit(""), fq_lit(""), seals[0].value), 0);
}

/* ---- rotation ---- */

static void every_signing_key_seals_and_all_are_published(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    struct fq_str keys[3];
    struct fq_str id;
    struct fq_str public_key;
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    assert_int_equal(load_pem(sealer, "old", new_pem(&keys[0]), 0600, false), 0);
    assert_int_equal(load_pem(sealer, "now", new_pem(&keys[1]), 0600, true), 0);
    assert_int_equal(load_pem(sealer, "next", new_pem(&keys[2]), 0600, true), 0);
    assert_int_equal(fq_sealer_n_keys(sealer), 3);
    for (size_t i = 0; i < 3; i++) {
        fq_sealer_key(sealer, i, &id, &public_key);
        assert_true(fq_str_equal(public_key, keys[i]));
    }
    assert_int_equal(
        fq_sealer_sign(sealer, fq_lit("type"), fq_lit("body"), arena, &seals, &n_seals), 0);
    assert_int_equal(n_seals, 2);
    assert_text(seals[0].key_id, "now");
    assert_text(seals[1].key_id, "next");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            fq_seal_verify(keys[i + 1], fq_lit("type"), fq_lit("body"), seals[i].value), 0);
    }
}

static void no_signing_key_is_a_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    struct fq_str public_key;
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    assert_int_equal(load_pem(sealer, "old", new_pem(&public_key), 0600, false), 0);
    assert_true(fq_sealer_sign(sealer, fq_lit("type"), fq_lit("body"), arena, &seals, &n_seals) <
                0);
}

/* ---- refusals ---- */

static void key_files_obey_the_rules_of_the_keyring(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    struct fq_str public_key;
    struct fq_str pem = new_pem(&public_key);
    EVP_PKEY *rsa = make_rsa(2048);
    struct fq_str rsa_pem = pem_of_private(rsa, arena);
    struct fq_str public_pem = pem_of_public(rsa, arena);
    EVP_PKEY_free(rsa);
    assert_int_equal(load_pem(sealer, "k", pem, 0644, true), FQ_KEYRING_E_MODE);
    assert_int_equal(load_pem(sealer, "k", pem, 0660, true), FQ_KEYRING_E_MODE);
    assert_int_equal(load_pem(sealer, "k", rsa_pem, 0600, true), FQ_KEYRING_E_KIND);
    assert_int_equal(load_pem(sealer, "k", public_pem, 0600, true), FQ_KEYRING_E_KIND);
    assert_int_equal(load_pem(sealer, "k", fq_lit("rubbish"), 0600, true), FQ_KEYRING_E_FORMAT);
    assert_int_equal(fq_sealer_load(sealer, "k", "/nowhere/at/all", true), FQ_KEYRING_E_UNREADABLE);
    assert_int_equal(fq_sealer_n_keys(sealer), 0);
    assert_int_equal(load_pem(sealer, "k", pem, 0640, true), 0);
    assert_int_equal(load_pem(sealer, "k", pem, 0600, true), FQ_KEYRING_E_DUPLICATE);
}

static void no_room_is_a_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    FQ_CLEANUP(fq_arena) *small = fq_arena_new(200);
    struct fq_str public_key;
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    assert_int_equal(load_pem(sealer, "k", new_pem(&public_key), 0600, true), 0);
    assert_int_equal(
        fq_sealer_sign(sealer, fq_lit("type"), fq_lit("body"), small, &seals, &n_seals), -ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_key_is_the_one_of_rfc_8032),
        cmocka_unit_test(seal_is_the_signature_of_the_encoding),
        cmocka_unit_test(anyone_can_verify_with_the_encoding_alone),
        cmocka_unit_test(seal_binds_type_payload_and_key),
        cmocka_unit_test(wrong_sizes_are_bad),
        cmocka_unit_test(empty_texts_seal_too),
        cmocka_unit_test(every_signing_key_seals_and_all_are_published),
        cmocka_unit_test(no_signing_key_is_a_fault),
        cmocka_unit_test(key_files_obey_the_rules_of_the_keyring),
        cmocka_unit_test(no_room_is_a_fault),
    };
    return cmocka_run_group_tests_name("crypto/seal", tests, folder_begin, folder_end);
}
