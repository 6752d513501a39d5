/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates are believed, and what is read from them. */
#include "daemon/crypto/keyring.h"
#include "tests/unit/crypto/support.h"

#define FROM_S    1600000000
#define TO_S      1800000000
#define WITHIN_MS (INT64_C(1700000000) * 1000)
#define RULE      "中国银联股份有限公司"
#define LEAF_CN   "041@8310000000083040@中国银联股份有限公司@00016495"

/* root -> middle -> leaf; and a stranger's root and leaf of the same names. */
static struct {
    struct fq_arena *arena;
    EVP_PKEY *root_key, *middle_key, *leaf_key, *weak_key;
    X509 *root, *middle, *leaf, *stranger;
    struct fq_keyring *ring; /* "roots": the root; "middles": the middle; "both" */
} world;

static struct fq_str pem(X509 *certificate)
{
    return pem_of_certificate(certificate, world.arena);
}

static struct fq_str joined(X509 *a, X509 *b)
{
    struct fq_str first = pem(a);
    struct fq_str second = pem(b);
    return fq_arena_printf(world.arena, "%.*s%.*s", fq_str_arg(first), fq_str_arg(second));
}

static struct certificate_plan leaf_plan(void)
{
    return (struct certificate_plan){ .cn = LEAF_CN,
                                      .key = world.leaf_key,
                                      .issuer = world.middle,
                                      .issuer_key = world.middle_key,
                                      .from_unix_s = FROM_S,
                                      .to_unix_s = TO_S };
}

static int world_make(void **state)
{
    (void)state;
    world.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    world.root_key = make_rsa(2048);
    world.middle_key = make_rsa(2048);
    world.leaf_key = make_rsa(2048);
    world.weak_key = make_rsa(1024);
    struct certificate_plan root = {
        .cn = "root", .key = world.root_key, .is_ca = true, .from_unix_s = FROM_S, .to_unix_s = TO_S
    };
    struct certificate_plan middle = { .cn = "middle",
                                       .key = world.middle_key,
                                       .issuer = NULL,
                                       .issuer_key = world.root_key,
                                       .is_ca = true,
                                       .from_unix_s = FROM_S,
                                       .to_unix_s = TO_S };
    struct certificate_plan leaf = leaf_plan();
    world.root = make_certificate(&root);
    middle.issuer = world.root;
    world.middle = make_certificate(&middle);
    leaf.issuer = world.middle;
    world.leaf = make_certificate(&leaf);
    root.key = world.leaf_key; /* the same name, signed by itself */
    root.cn = LEAF_CN;
    root.is_ca = false;
    world.stranger = make_certificate(&root);
    world.ring = fq_keyring_new();
    assert_int_equal(fq_keyring_add(world.ring, "roots", FQ_KEY_ROOTS, pem(world.root)), 0);
    assert_int_equal(fq_keyring_add(world.ring, "middles", FQ_KEY_ROOTS, pem(world.middle)), 0);
    assert_int_equal(
        fq_keyring_add(world.ring, "both", FQ_KEY_ROOTS, joined(world.middle, world.root)), 0);
    return 0;
}

static int world_drop(void **state)
{
    (void)state;
    fq_keyring_free(world.ring);
    X509_free(world.root);
    X509_free(world.middle);
    X509_free(world.leaf);
    X509_free(world.stranger);
    EVP_PKEY_free(world.root_key);
    EVP_PKEY_free(world.middle_key);
    EVP_PKEY_free(world.leaf_key);
    EVP_PKEY_free(world.weak_key);
    fq_arena_free(world.arena);
    return 0;
}

/* NULL: believed; else the reason. */
static const char *judge_by(const char *roots, const char *middles, struct fq_str certificate,
                            struct fq_str name, int64_t at_ms)
{
    FQ_CLEANUP(fq_keyring) *leaf = NULL;
    const char *reason = NULL;
    const struct fq_chain_rule rule = { roots, middles, name, at_ms };
    int r = fq_chain_verify(world.ring, &rule, certificate, &leaf, &reason);
    assert_true(r == 0 || r == FQ_CHAIN_E_REFUSED);
    assert_int_equal(leaf != NULL, r == 0);
    assert_int_equal(reason == NULL, r == 0);
    assert_int_equal(ERR_peek_error(), 0);
    return reason;
}

static const char *judge(struct fq_str certificate)
{
    return judge_by("roots", "middles", certificate, fq_lit(RULE), WITHIN_MS);
}

static const char *judge_made(const struct certificate_plan *plan)
{
    X509 *certificate = make_certificate(plan);
    const char *reason = judge(pem(certificate));
    X509_free(certificate);
    return reason;
}

/* ---- believed ---- */

static void middle_may_stand_in_the_bundle_or_the_message(void **state)
{
    (void)state;
    assert_null(judge(pem(world.leaf)));
    assert_null(judge_by("roots", NULL, joined(world.leaf, world.middle), fq_lit(RULE), WITHIN_MS));
    assert_null(judge_by("both", NULL, pem(world.leaf), fq_lit(RULE), WITHIN_MS));
}

static void crlf_in_pem_is_fine(void **state)
{
    (void)state;
    struct fq_str lines = pem(world.leaf);
    char *text = fq_arena_alloc(world.arena, lines.len * 2);
    size_t len = 0;
    for (size_t i = 0; i < lines.len; i++) {
        if (lines.ptr[i] == '\n')
            text[len++] = '\r';
        text[len++] = lines.ptr[i];
    }
    assert_null(judge((struct fq_str){ text, len }));
}

static void sha1_of_the_platforms_is_tolerated(void **state)
{
    (void)state;
    struct certificate_plan plan = leaf_plan();
    plan.digest = EVP_sha1();
    assert_null(judge_made(&plan));
}

static void leaf_key_verifies_and_is_only_the_leafs(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_keyring) *leaf = NULL;
    FQ_CLEANUP(fq_keyring) *signer = fq_keyring_new();
    const char *reason = NULL;
    struct fq_str signature;
    /* A public key smuggled in beside the certificate must not be taken for the leaf's. */
    struct fq_str smuggled = pem_of_public(world.middle_key, world.arena);
    struct fq_str certificate = pem(world.leaf);
    struct fq_str message =
        fq_arena_printf(world.arena, "%.*s%.*s", fq_str_arg(smuggled), fq_str_arg(certificate));
    assert_int_equal(fq_keyring_add(signer, "leaf", FQ_KEY_PRIVATE_SIGN,
                                    pem_of_private(world.leaf_key, world.arena)),
                     0);
    assert_int_equal(fq_keyring_add(signer, "middle", FQ_KEY_PRIVATE_SIGN,
                                    pem_of_private(world.middle_key, world.arena)),
                     0);
    const struct fq_chain_rule rule = { "roots", "middles", fq_lit(RULE), WITHIN_MS };
    assert_int_equal(fq_chain_verify(world.ring, &rule, message, &leaf, &reason), 0);
    const uint32_t scheme = FQ_SCHEME_RSA_SHA256;
    assert_int_equal(
        fq_keyring_sign(signer, "leaf", scheme, fq_lit("text"), world.arena, &signature), 0);
    assert_int_equal(fq_keyring_verify(leaf, "leaf", scheme, fq_lit("text"), signature), 0);
    assert_int_equal(
        fq_keyring_sign(signer, "middle", scheme, fq_lit("text"), world.arena, &signature), 0);
    assert_int_equal(fq_keyring_verify(leaf, "leaf", scheme, fq_lit("text"), signature),
                     FQ_VERIFY_E_BAD);
}

static void sha1_may_stand_in_the_whole_chain(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    FQ_CLEANUP(fq_keyring) *key = NULL;
    const char *reason = NULL;
    struct certificate_plan plan = leaf_plan();
    plan.digest = EVP_sha1();
    plan.is_ca = true;
    plan.cn = "old root";
    plan.key = plan.issuer_key = world.root_key;
    plan.issuer = NULL;
    X509 *root = make_certificate(&plan);
    plan.cn = "old middle";
    plan.key = world.middle_key;
    plan.issuer = root;
    X509 *middle = make_certificate(&plan);
    struct certificate_plan last = leaf_plan();
    last.digest = EVP_sha1();
    last.issuer = middle;
    X509 *leaf = make_certificate(&last);
    const struct fq_chain_rule rule = { "roots", NULL, fq_lit(RULE), WITHIN_MS };
    assert_int_equal(fq_keyring_add(ring, "roots", FQ_KEY_ROOTS, joined(middle, root)), 0);
    assert_int_equal(fq_chain_verify(ring, &rule, pem(leaf), &key, &reason), 0);
    X509_free(leaf);
    X509_free(middle);
    X509_free(root);
}

static int leaf_verifies(struct fq_keyring *leaf)
{
    FQ_CLEANUP(fq_keyring) *signer = fq_keyring_new();
    struct fq_str signature;
    assert_int_equal(fq_keyring_add(signer, "leaf", FQ_KEY_PRIVATE_SIGN,
                                    pem_of_private(world.leaf_key, world.arena)),
                     0);
    assert_int_equal(fq_keyring_sign(signer, "leaf", FQ_SCHEME_RSA_SHA256, fq_lit("text"),
                                     world.arena, &signature),
                     0);
    return fq_keyring_verify(leaf, "leaf", FQ_SCHEME_RSA_SHA256, fq_lit("text"), signature);
}

static void key_usage_says_what_the_leaf_may(void **state)
{
    (void)state;

    static const struct {
        const char *usage;
        bool is_believed;
        bool verifies;
    } rows[] = {
        { NULL, true, true },
        { "digitalSignature", true, true },
        { "critical,digitalSignature,nonRepudiation,keyEncipherment,keyAgreement", true, true },
        { "critical,keyEncipherment", true, false },
        { "dataEncipherment", true, false },
        { "keyAgreement", false, false },
        { "cRLSign", false, false },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        FQ_CLEANUP(fq_keyring) *key = NULL;
        const char *reason = NULL;
        struct certificate_plan plan = leaf_plan();
        plan.usage = rows[i].usage;
        X509 *certificate = make_certificate(&plan);
        const struct fq_chain_rule rule = { "both", NULL, fq_lit(RULE), WITHIN_MS };
        int r = fq_chain_verify(world.ring, &rule, pem(certificate), &key, &reason);
        X509_free(certificate);
        assert_int_equal(r, rows[i].is_believed ? 0 : FQ_CHAIN_E_REFUSED);
        if (key != NULL)
            assert_int_equal(leaf_verifies(key) == 0, rows[i].verifies);
    }
}

static void span_is_the_narrowest_of_the_chain(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_keyring) *key = NULL;
    const char *reason = NULL;
    struct certificate_plan plan = leaf_plan();
    plan.from_unix_s = FROM_S - 1000; /* before the others */
    plan.to_unix_s = WITHIN_MS / 1000 + 60;
    X509 *certificate = make_certificate(&plan);
    const struct fq_chain_rule rule = { "both", NULL, fq_lit(RULE), WITHIN_MS };
    const int64_t from_ms = INT64_C(1000) * FROM_S;
    const int64_t to_ms = WITHIN_MS + 60000;
    assert_int_equal(fq_chain_verify(world.ring, &rule, pem(certificate), &key, &reason), 0);
    assert_false(fq_chain_covers(key, from_ms - 1));
    assert_true(fq_chain_covers(key, from_ms));
    assert_true(fq_chain_covers(key, to_ms - 1));
    assert_false(fq_chain_covers(key, to_ms));
    /* The chain itself is judged no differently. */
    assert_null(judge_by("both", NULL, pem(certificate), fq_lit(RULE), to_ms - 1));
    assert_non_null(judge_by("both", NULL, pem(certificate), fq_lit(RULE), to_ms));
    assert_null(judge_by("both", NULL, pem(certificate), fq_lit(RULE), from_ms));
    assert_non_null(judge_by("both", NULL, pem(certificate), fq_lit(RULE), from_ms - 1));
    X509_free(certificate);
}

/* ---- refused ---- */

static void authority_is_no_signer(void **state)
{
    (void)state;
    struct certificate_plan plan = leaf_plan();
    plan.is_ca = true;
    assert_string_equal(judge_made(&plan), "it is the certificate of an authority");
    plan.usage = "digitalSignature"; /* which an authority without keyCertSign may say */
    assert_string_equal(judge_made(&plan), "it is the certificate of an authority");
    assert_non_null(judge_by("both", NULL, pem(world.middle), fq_lit(""), WITHIN_MS));
    assert_non_null(judge_by("both", NULL, pem(world.root), fq_lit(""), WITHIN_MS));
}

static void stranger_of_the_right_name_is_refused(void **state)
{
    (void)state;
    assert_non_null(judge(pem(world.stranger)));
    assert_non_null(judge(joined(world.stranger, world.root)));
}

static void missing_middle_is_refused(void **state)
{
    (void)state;
    assert_non_null(judge_by("roots", NULL, pem(world.leaf), fq_lit(RULE), WITHIN_MS));
}

static void middle_alone_is_no_anchor(void **state)
{
    (void)state;
    assert_non_null(judge_by("middles", NULL, pem(world.leaf), fq_lit(RULE), WITHIN_MS));
}

static void root_in_the_message_is_no_anchor(void **state)
{
    (void)state;
    struct certificate_plan plan = {
        .cn = "root", .key = world.weak_key, .is_ca = true, .from_unix_s = FROM_S, .to_unix_s = TO_S
    };
    X509 *forged_root = make_certificate(&plan);
    struct certificate_plan leaf = leaf_plan();
    leaf.issuer = forged_root;
    leaf.issuer_key = world.weak_key;
    X509 *forged = make_certificate(&leaf);
    assert_non_null(judge(joined(forged, forged_root)));
    X509_free(forged);
    X509_free(forged_root);
}

static void only_the_first_certificate_is_judged(void **state)
{
    (void)state;
    assert_non_null(judge(joined(world.stranger, world.leaf)));
}

static void leaf_cannot_issue(void **state)
{
    (void)state;
    struct certificate_plan plan = leaf_plan();
    plan.issuer = world.leaf;
    plan.issuer_key = world.leaf_key;
    X509 *grandchild = make_certificate(&plan);
    assert_non_null(judge(joined(grandchild, world.leaf)));
    X509_free(grandchild);
}

static void validity_is_judged_at_the_time_given(void **state)
{
    (void)state;
    const struct fq_str leaf = pem(world.leaf);
    const struct fq_str rule = fq_lit(RULE);
    const int64_t from_ms = INT64_C(1000) * FROM_S;
    const int64_t to_ms = INT64_C(1000) * TO_S;
    assert_null(judge_by("roots", "middles", leaf, rule, from_ms));
    assert_null(judge_by("roots", "middles", leaf, rule, to_ms - 1000));
    assert_non_null(judge_by("roots", "middles", leaf, rule, from_ms - 1000));
    assert_non_null(judge_by("roots", "middles", leaf, rule, to_ms + 1000));
}

static void name_must_contain_the_rule(void **state)
{
    (void)state;
    struct certificate_plan plan = leaf_plan();
    plan.cn = "041@Z@700000000000001:SIGN@00000003"; /* another customer of the same CA */
    assert_non_null(judge_made(&plan));
    assert_null(judge_by("roots", "middles", pem(world.leaf), fq_lit(""), WITHIN_MS));
}

static void second_name_does_not_help(void **state)
{
    (void)state;
    struct certificate_plan plan = leaf_plan();
    plan.cn = "somebody";
    plan.second_cn = LEAF_CN;
    assert_non_null(judge_made(&plan));
    plan.cn = LEAF_CN;
    plan.second_cn = "somebody";
    assert_non_null(judge_made(&plan));
}

static void weak_key_and_md5_are_refused(void **state)
{
    (void)state;
    struct certificate_plan weak = leaf_plan();
    struct certificate_plan md5 = leaf_plan();
    weak.key = world.weak_key;
    md5.digest = EVP_md5();
    assert_non_null(judge_made(&weak));
    assert_non_null(judge_made(&md5));
}

static void rubbish_is_refused(void **state)
{
    (void)state;
    struct fq_str leaf = pem(world.leaf);
    struct fq_str many = leaf;
    for (int i = 0; i < 8; i++)
        many = fq_arena_printf(world.arena, "%.*s%.*s", fq_str_arg(many), fq_str_arg(leaf));
    assert_non_null(judge(fq_lit("")));
    assert_non_null(judge((struct fq_str){ NULL, 0 }));
    assert_non_null(judge(fq_lit("-----BEGIN CERTIFICATE-----\naGVsbG8=\n"
                                 "-----END CERTIFICATE-----\n")));
    assert_non_null(judge(fq_str_sub(leaf, 0, leaf.len / 2)));
    assert_non_null(judge(pem_of_public(world.leaf_key, world.arena)));
    assert_non_null(judge(many));
}

static void missing_bundle_is_a_fault(void **state)
{
    (void)state;
    struct fq_keyring *leaf = NULL;
    const char *reason = NULL;
    struct fq_str text = pem(world.leaf);
    const struct fq_chain_rule rootless = { "nobody", NULL, fq_lit(RULE), WITHIN_MS };
    const struct fq_chain_rule middleless = { "roots", "nobody", fq_lit(RULE), WITHIN_MS };
    assert_true(fq_chain_verify(world.ring, &rootless, text, &leaf, &reason) < 0);
    assert_true(fq_chain_verify(world.ring, &middleless, text, &leaf, &reason) < 0);
}

/* ---- fields ---- */

static struct fq_str field_of(struct fq_str certificate, size_t index, uint32_t field)
{
    struct fq_str value = { NULL, 0 };
    assert_int_equal(fq_cert_field(certificate, index, field, world.arena, &value), 0);
    return value;
}

static void fields_are_told(void **state)
{
    (void)state;
    struct fq_str both = joined(world.leaf, world.middle);
    assert_text(field_of(both, 0, FQ_CERT_SUBJECT_CN), LEAF_CN);
    assert_text(field_of(both, 1, FQ_CERT_SUBJECT_CN), "middle");
    assert_text(field_of(both, 0, FQ_CERT_ISSUER_RFC2253), "CN=middle,O=Fenqi Test,C=CN");
    assert_text(field_of(both, 0, FQ_CERT_SIGNATURE_OID), "1.2.840.113549.1.1.11");
    assert_text(field_of(both, 0, FQ_CERT_NOT_AFTER), "1800000000");
}

static void issuer_in_chinese_stays_readable(void **state)
{
    (void)state;
    struct certificate_plan plan = leaf_plan();
    plan.issuer = world.leaf;
    X509 *certificate = make_certificate(&plan);
    assert_text(field_of(pem(certificate), 0, FQ_CERT_ISSUER_RFC2253),
                "CN=" LEAF_CN ",O=Fenqi Test,C=CN");
    X509_free(certificate);
}

static void serial_beyond_64_bits_is_decimal(void **state)
{
    (void)state;
    X509 *certificate = X509_dup(world.leaf);
    BIGNUM *serial = NULL;
    assert_true(BN_dec2bn(&serial, "95790491425698859646659490580052089075020051350") > 0);
    assert_non_null(BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)));
    BN_free(serial);
    assert_true(X509_sign(certificate, world.middle_key, EVP_sha256()) > 0);
    assert_text(field_of(pem(certificate), 0, FQ_CERT_SERIAL_DECIMAL),
                "95790491425698859646659490580052089075020051350");
    X509_free(certificate);
}

static void index_beyond_the_bundle_is_no_such(void **state)
{
    (void)state;
    struct fq_str value;
    struct fq_str both = joined(world.leaf, world.middle);
    assert_int_equal(fq_cert_field(both, 2, FQ_CERT_SUBJECT_CN, world.arena, &value),
                     FQ_CHAIN_E_NO_SUCH);
    assert_int_equal(fq_cert_field(both, SIZE_MAX, FQ_CERT_SUBJECT_CN, world.arena, &value),
                     FQ_CHAIN_E_NO_SUCH);
    assert_int_equal(fq_cert_field(fq_lit("x"), 0, FQ_CERT_SUBJECT_CN, world.arena, &value),
                     FQ_CHAIN_E_NO_SUCH);
    assert_true(fq_cert_field(both, 0, 99, world.arena, &value) < 0);
}

static void fields_of_a_key_are_those_of_its_file(void **state)
{
    (void)state;
    struct fq_str value;
    assert_int_equal(
        fq_keyring_cert_field(world.ring, "both", 1, FQ_CERT_SUBJECT_CN, world.arena, &value), 0);
    assert_text(value, "root");
    assert_int_equal(
        fq_keyring_cert_field(world.ring, "both", 2, FQ_CERT_SUBJECT_CN, world.arena, &value),
        FQ_CHAIN_E_NO_SUCH);
    assert_true(fq_keyring_cert_field(world.ring, "nobody", 0, FQ_CERT_SUBJECT_CN, world.arena,
                                      &value) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(middle_may_stand_in_the_bundle_or_the_message),
        cmocka_unit_test(crlf_in_pem_is_fine),
        cmocka_unit_test(sha1_of_the_platforms_is_tolerated),
        cmocka_unit_test(sha1_may_stand_in_the_whole_chain),
        cmocka_unit_test(leaf_key_verifies_and_is_only_the_leafs),
        cmocka_unit_test(key_usage_says_what_the_leaf_may),
        cmocka_unit_test(span_is_the_narrowest_of_the_chain),
        cmocka_unit_test(authority_is_no_signer),
        cmocka_unit_test(stranger_of_the_right_name_is_refused),
        cmocka_unit_test(missing_middle_is_refused),
        cmocka_unit_test(middle_alone_is_no_anchor),
        cmocka_unit_test(root_in_the_message_is_no_anchor),
        cmocka_unit_test(only_the_first_certificate_is_judged),
        cmocka_unit_test(leaf_cannot_issue),
        cmocka_unit_test(validity_is_judged_at_the_time_given),
        cmocka_unit_test(name_must_contain_the_rule),
        cmocka_unit_test(second_name_does_not_help),
        cmocka_unit_test(weak_key_and_md5_are_refused),
        cmocka_unit_test(rubbish_is_refused),
        cmocka_unit_test(missing_bundle_is_a_fault),
        cmocka_unit_test(fields_are_told),
        cmocka_unit_test(issuer_in_chinese_stays_readable),
        cmocka_unit_test(serial_beyond_64_bits_is_decimal),
        cmocka_unit_test(index_beyond_the_bundle_is_no_such),
        cmocka_unit_test(fields_of_a_key_are_those_of_its_file),
    };
    return cmocka_run_group_tests_name("crypto/chain", tests, world_make, world_drop);
}
