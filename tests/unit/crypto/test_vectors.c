/* SPDX-License-Identifier: Apache-2.0 */
/* The keyring against what the platforms' own systems produced. */
#include "daemon/crypto/keyring.h"
#include "tests/unit/crypto/support.h"

/* A test without its vectors says so and is skipped. */
#define vector_or_skip(name, arena)                              \
    __extension__({                                              \
        struct fq_str vector_text_ = vector_read(name, (arena)); \
        if (vector_text_.ptr == NULL) {                          \
            fq_arena_free(FQ_TAKE(arena));                       \
            skip();                                              \
        }                                                        \
        vector_text_;                                            \
    })

static struct fq_str vector_in(const char *folder, struct fq_str name, struct fq_arena *arena)
{
    struct fq_str text =
        vector_read(fq_arena_printf(arena, "%s/%.*s", folder, fq_str_arg(name)).ptr, arena);
    assert_non_null(text.ptr);
    return text;
}

/* ---- Alipay: RSA2 ---- */

static int alipay_verify(struct fq_str json, struct fq_str content, struct fq_arena *arena)
{
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    struct fq_str key = vector_in("alipay", vector_field(json, "public_key", arena), arena);
    struct fq_str signature;
    assert_int_equal(fq_keyring_add(ring, "alipay", FQ_KEY_PUBLIC_VERIFY, key), 0);
    assert_int_equal(fq_base64_decode(vector_field(json, "sign", arena), false, arena, &signature),
                     0);
    return fq_keyring_verify(ring, "alipay", FQ_SCHEME_RSA_SHA256, content, signature);
}

static void genuine_alipay_messages_verify(void **state)
{
    (void)state;
    static const char *const names[] = {
        "alipay/sync/ysd-trade_query.json",          "alipay/sync/ysd-trade_refund.json",
        "alipay/sync/ysd-trade_precreate.json",      "alipay/sync/node-error-40003-decryption.json",
        "alipay/notify/ysd-trade-success-plus.json",
    };
    for (size_t i = 0; i < fq_array_size(names); i++) {
        FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        struct fq_str json = vector_or_skip(names[i], arena);
        struct fq_str content = vector_field(json, "expected_signed_content", arena);
        if (alipay_verify(json, content, arena) != 0)
            fail_msg("does not verify: %s", names[i]);
    }
}

static void altered_alipay_messages_do_not(void **state)
{
    (void)state;
    static const char *const names[] = { "alipay/sync/ysd-trade_precreate.json",
                                         "alipay/notify/ysd-trade-success-plus.json" };
    for (size_t i = 0; i < fq_array_size(names); i++) {
        FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        struct fq_str json = vector_or_skip(names[i], arena);
        struct fq_str content = vector_field(json, "must_fail_content", arena);
        assert_int_equal(alipay_verify(json, content, arena), FQ_VERIFY_E_BAD);
    }
}

/* ---- Alipay: serials of certificates ---- */

/* MD5 of issuer and serial, in hex: what Alipay calls a certificate's SN. */
static void alipay_sn(struct fq_str file, size_t index, struct fq_arena *arena, char ret[33])
{
    struct fq_str issuer;
    struct fq_str serial;
    struct fq_str digest;
    assert_int_equal(fq_cert_field(file, index, FQ_CERT_ISSUER_RFC2253, arena, &issuer), 0);
    assert_int_equal(fq_cert_field(file, index, FQ_CERT_SERIAL_DECIMAL, arena, &serial), 0);
    struct fq_str both = fq_arena_printf(arena, "%.*s%.*s", fq_str_arg(issuer), fq_str_arg(serial));
    assert_int_equal(fq_digest_make(FQ_DIGEST_MD5, both, arena, &digest), 0);
    fq_hex(digest.ptr, digest.len, ret);
}

static void alipay_certificates_have_the_expected_sn(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new((size_t)8 << 20);
    struct fq_str json = vector_or_skip("alipay/certs/cert-sn.json", arena);
    const char *at = json.ptr;
    struct fq_str name;
    size_t n_cases = 0;
    while (vector_next(&at, "file", arena, &name)) {
        struct fq_str expected;
        struct fq_str serial;
        char sn[33];
        assert_true(vector_next(&at, "serial_decimal", arena, &expected));
        struct fq_str file = vector_in("alipay", name, arena);
        assert_int_equal(fq_cert_field(file, 0, FQ_CERT_SERIAL_DECIMAL, arena, &serial), 0);
        assert_true(fq_str_equal(serial, expected));
        assert_true(vector_next(&at, "expected_sn", arena, &expected));
        alipay_sn(file, 0, arena, sn);
        assert_text(expected, sn);
        n_cases++;
    }
    assert_in_range(n_cases, 1, 100);
}

/* The SNs of those roots whose signature is of the RSA family, joined. */
static struct fq_str alipay_root_sn(const struct fq_keyring *ring, struct fq_str file,
                                    struct fq_arena *arena)
{
    struct fq_str joined = fq_lit("");
    struct fq_str oid;
    for (size_t i = 0;
         fq_keyring_cert_field(ring, "roots", i, FQ_CERT_SIGNATURE_OID, arena, &oid) == 0; i++) {
        char sn[33];
        if (!fq_str_starts(oid, fq_lit("1.2.840.113549.1.1.")))
            continue;
        alipay_sn(file, i, arena, sn);
        joined =
            fq_arena_printf(arena, "%.*s%s%s", fq_str_arg(joined), joined.len > 0 ? "_" : "", sn);
    }
    return joined;
}

static void alipay_root_bundles_have_the_expected_sn(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new((size_t)8 << 20);
    struct fq_str json = vector_or_skip("alipay/certs/root-cert-sn.json", arena);
    const char *at = json.ptr;
    struct fq_str name;
    struct fq_str expected;
    size_t n_cases = 0;
    while (vector_next(&at, "file", arena, &name)) {
        FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
        assert_true(vector_next(&at, "expected_root_sn", arena, &expected));
        struct fq_str file = vector_in("alipay", name, arena);
        /* The bundles hold certificates over curves that OpenSSL knows and does not know. */
        assert_int_equal(fq_keyring_add(ring, "roots", FQ_KEY_ROOTS, file), 0);
        assert_true(fq_str_equal(alipay_root_sn(ring, file, arena), expected));
        n_cases++;
    }
    assert_in_range(n_cases, 1, 100);
}

static void alipay_certificate_chains_up_to_its_root(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str roots = vector_or_skip("alipay/certs/easysdk-alipayRootCert.crt", arena);
    struct fq_str leaf =
        vector_in("alipay", fq_lit("certs/easysdk-alipayCertPublicKey_RSA2.crt"), arena);
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    FQ_CLEANUP(fq_keyring) *key = NULL;
    const char *reason = NULL;
    const struct fq_chain_rule rule = { "roots", NULL, fq_lit(""), INT64_C(1650000000) * 1000 };
    assert_int_equal(fq_keyring_add(ring, "roots", FQ_KEY_ROOTS, roots), 0);
    assert_int_equal(fq_chain_verify(ring, &rule, leaf, &key, &reason), 0);
    assert_true(fq_keyring_has(key, "leaf"));
}

/* ---- Alipay: content encryption ---- */

static void alipay_aes_is_understood(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new((size_t)4 << 20);
    struct fq_str json = vector_or_skip("alipay/crypto/aes-sm4.json", arena);
    const char *at = json.ptr;
    struct fq_str type;
    size_t n_cases = 0;
    while (vector_next(&at, "encrypt_type", arena, &type)) {
        FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
        struct fq_str key;
        struct fq_str plain;
        struct fq_str text;
        struct fq_str secret;
        struct fq_str made;
        assert_true(vector_next(&at, "key", arena, &key));
        assert_true(vector_next(&at, "plaintext", arena, &plain));
        assert_true(vector_next(&at, "ciphertext", arena, &text));
        if (!fq_str_equal(type, fq_lit("AES")))
            continue;
        const uint32_t cipher = FQ_CIPHER_AES128_CBC_ZERO_IV;
        assert_int_equal(fq_keyring_add(ring, "aes", FQ_KEY_SECRET, key), 0);
        assert_int_equal(fq_base64_decode(text, false, arena, &secret), 0);
        assert_int_equal(fq_keyring_encrypt(ring, "aes", cipher, plain, arena, &made), 0);
        assert_true(fq_str_equal(made, secret));
        assert_int_equal(fq_keyring_decrypt(ring, "aes", cipher, secret, arena, &made), 0);
        assert_true(fq_str_equal(made, plain));
        n_cases++;
    }
    assert_in_range(n_cases, 1, 100);
}

/* ---- UnionPay: chains ---- */

static void unionpay_signers_are_believed_in_their_time(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str root = vector_or_skip("unionpay/certs/acp_test_root.cer", arena);
    struct fq_str middle = vector_in("unionpay", fq_lit("certs/acp_test_middle.cer"), arena);
    struct fq_str signer = vector_in("unionpay", fq_lit("certs/acp_test_verify_2020.cer"), arena);
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    FQ_CLEANUP(fq_keyring) *key = NULL;
    const char *reason = NULL;
    const struct fq_chain_rule rule = { "root", "middle", fq_lit("中国银联股份有限公司"),
                                        INT64_C(1650000000) * 1000 };
    struct fq_chain_rule foreign = rule;
    foreign.name = fq_lit("somebody");
    struct fq_chain_rule late = rule;
    late.at_unix_ms = INT64_C(1780000000) * 1000;
    assert_int_equal(fq_keyring_add(ring, "root", FQ_KEY_ROOTS, root), 0);
    assert_int_equal(fq_keyring_add(ring, "middle", FQ_KEY_ROOTS, middle), 0);
    assert_int_equal(fq_chain_verify(ring, &foreign, signer, &key, &reason), FQ_CHAIN_E_REFUSED);
    assert_int_equal(fq_chain_verify(ring, &late, signer, &key, &reason), FQ_CHAIN_E_REFUSED);
    assert_int_equal(fq_chain_verify(ring, &rule, signer, &key, &reason), 0);
}

/* One pinned bundle of the middle and the root, the message's own time. All of it is signed with
 * SHA-1. */
static void unionpay_middle_may_stand_in_the_bundle(void **state)
{
    (void)state;

    static const struct {
        const char *file;
        int64_t at_unix_s;
        int64_t late_unix_s;
    } rows[] = {
        { "certs/acp_test_verify_2015.cer", 1480000000, 1530000000 },
        { "certs/acp_test_verify_2017.cer", 1530000000, 1620000000 },
        { "certs/acp_test_verify_2020.cer", 1650000000, 1780000000 },
    };

    FQ_CLEANUP(fq_arena) *arena = fq_arena_new((size_t)2 << 20);
    struct fq_str root = vector_or_skip("unionpay/certs/acp_test_root.cer", arena);
    struct fq_str middle = vector_in("unionpay", fq_lit("certs/acp_test_middle.cer"), arena);
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    struct fq_str both = fq_arena_printf(arena, "%.*s\n%.*s", fq_str_arg(middle), fq_str_arg(root));
    assert_int_equal(fq_keyring_add(ring, "roots", FQ_KEY_ROOTS, both), 0);
    assert_int_equal(fq_keyring_add(ring, "middle", FQ_KEY_ROOTS, middle), 0);
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        FQ_CLEANUP(fq_keyring) *key = NULL;
        FQ_CLEANUP(fq_keyring) *none = NULL;
        const char *reason = NULL;
        struct fq_str signer = vector_in("unionpay", fq_str_of(rows[i].file), arena);
        struct fq_chain_rule rule = { "roots", NULL, fq_lit("041@"), rows[i].at_unix_s * 1000 };
        assert_int_equal(fq_chain_verify(ring, &rule, signer, &key, &reason), 0);
        assert_true(fq_chain_covers(key, rows[i].at_unix_s * 1000));
        assert_false(fq_chain_covers(key, rows[i].late_unix_s * 1000));
        rule.roots = "middle"; /* is no anchor by itself */
        assert_int_equal(fq_chain_verify(ring, &rule, signer, &none, &reason), FQ_CHAIN_E_REFUSED);
        rule.roots = "roots";
        rule.at_unix_ms = rows[i].late_unix_s * 1000;
        assert_int_equal(fq_chain_verify(ring, &rule, signer, &none, &reason), FQ_CHAIN_E_REFUSED);
    }
}

static void unionpay_authorities_are_no_signers(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str root = vector_or_skip("unionpay/certs/acp_test_root.cer", arena);
    struct fq_str middle = vector_in("unionpay", fq_lit("certs/acp_test_middle.cer"), arena);
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    FQ_CLEANUP(fq_keyring) *key = NULL;
    const char *reason = NULL;
    const struct fq_chain_rule rule = { "root", NULL, fq_lit(""), INT64_C(1650000000) * 1000 };
    assert_int_equal(fq_keyring_add(ring, "root", FQ_KEY_ROOTS, root), 0);
    assert_int_equal(fq_chain_verify(ring, &rule, middle, &key, &reason), FQ_CHAIN_E_REFUSED);
    assert_string_equal(reason, "it is the certificate of an authority");
    assert_int_equal(fq_chain_verify(ring, &rule, root, &key, &reason), FQ_CHAIN_E_REFUSED);
}

static void unionpay_serial_is_the_cert_id(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str signer = vector_or_skip("unionpay/certs/acp_test_verify_2020.cer", arena);
    struct fq_str serial;
    assert_int_equal(fq_cert_field(signer, 0, FQ_CERT_SERIAL_DECIMAL, arena, &serial), 0);
    assert_text(serial, "69678957876");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genuine_alipay_messages_verify),
        cmocka_unit_test(altered_alipay_messages_do_not),
        cmocka_unit_test(alipay_certificates_have_the_expected_sn),
        cmocka_unit_test(alipay_root_bundles_have_the_expected_sn),
        cmocka_unit_test(alipay_certificate_chains_up_to_its_root),
        cmocka_unit_test(alipay_aes_is_understood),
        cmocka_unit_test(unionpay_signers_are_believed_in_their_time),
        cmocka_unit_test(unionpay_middle_may_stand_in_the_bundle),
        cmocka_unit_test(unionpay_authorities_are_no_signers),
        cmocka_unit_test(unionpay_serial_is_the_cert_id),
    };
    return cmocka_run_group_tests_name("crypto/vectors", tests, NULL, NULL);
}
