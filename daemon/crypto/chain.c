/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: may this one be believed, and what does it say of itself? */
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "daemon/base/err.h"
#include "daemon/crypto/material.h"

#define CHAIN_DEPTH_MAX          5
#define CHAIN_N_CERTIFICATES_MAX 8 /* in one message */
#define CHAIN_RSA_BITS_MIN       2048

struct chain_span {
    int64_t from_unix_ms;
    int64_t until_unix_ms; /* not itself */
};

/* ---- the name ---- */

/* True if the subject has exactly one CN, and it contains `rule`. */
static bool chain_name_matches(const X509 *leaf, struct fq_str rule)
{
    const X509_NAME *subject = X509_get_subject_name(leaf);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return false;
    unsigned char *name = NULL;
    int len =
        ASN1_STRING_to_UTF8(&name, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    bool matches = len > 0 && memmem(name, (size_t)len, rule.ptr, rule.len) != NULL;
    OPENSSL_free(name);
    return matches;
}

/* ---- the chain ---- */

/* What OpenSSL's security level would refuse, if it could be told to accept SHA-1: the platforms'
 * own certificates are signed with it. The anchor is pinned and exempt. */
static const char *chain_weakness(STACK_OF(X509) * chain)
{
    for (int i = 0; i < sk_X509_num(chain) - 1; i++) {
        X509 *certificate = sk_X509_value(chain, i);
        const EVP_PKEY *key = X509_get0_pubkey(certificate);
        int digest = NID_undef;
        (void)X509_get_signature_info(certificate, &digest, NULL, NULL, NULL);
        if (digest == NID_md5 || digest == NID_md4 || digest == NID_md2)
            return "a certificate of the chain is signed with MD5 or older";
        if (key == NULL)
            return "a certificate of the chain has a key that cannot be used";
        if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) < CHAIN_RSA_BITS_MIN)
            return "a certificate of the chain has an RSA key of less than 2048 bits";
    }
    return NULL;
}

/* When all of the chain is valid: a second counts as valid until notAfter, as in OpenSSL. */
static bool chain_measure(STACK_OF(X509) * chain, struct chain_span *ret)
{
    *ret = (struct chain_span){ INT64_MIN, INT64_MAX };
    for (int i = 0; i < sk_X509_num(chain); i++) {
        const X509 *certificate = sk_X509_value(chain, i);
        struct tm from, until;
        if (ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &from) != 1 ||
            ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) != 1)
            return false;
        int64_t from_unix_ms = (int64_t)timegm(&from) * 1000;
        int64_t until_unix_ms = (int64_t)timegm(&until) * 1000;
        ret->from_unix_ms = from_unix_ms > ret->from_unix_ms ? from_unix_ms : ret->from_unix_ms;
        ret->until_unix_ms =
            until_unix_ms < ret->until_unix_ms ? until_unix_ms : ret->until_unix_ms;
    }
    return true;
}

static const char *chain_examine(STACK_OF(X509) * chain, struct chain_span *ret_span)
{
    const char *reason = chain_weakness(chain);
    if (reason == NULL && !chain_measure(chain, ret_span))
        reason = "a certificate of the chain has a time that cannot be read";
    return reason;
}

/* NULL: good; else why not. */
static const char *chain_check(X509_STORE *roots, X509 *leaf, STACK_OF(X509) * others,
                               int64_t at_unix_ms, struct chain_span *ret_span)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    fq_assert(context != NULL);
    const char *reason = NULL;
    if (X509_STORE_CTX_init(context, roots, leaf, others) != 1) {
        reason = "the chain cannot be checked";
    } else {
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_auth_level(param, 0);
        X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
        X509_VERIFY_PARAM_set_time(param, (time_t)(at_unix_ms / 1000));
        if (X509_verify_cert(context) == 1)
            reason = chain_examine(X509_STORE_CTX_get0_chain(context), ret_span);
        else
            reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
    }
    X509_STORE_CTX_free(context);
    return reason;
}

/* The certificates behind the first one of the message, and the ring's own; nothing is owned. */
static STACK_OF(X509) * chain_others(const struct fq_material *message, const struct fq_key *own)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    fq_assert(others != NULL);
    for (int i = 1; i < sk_X509_num(message->certificates); i++)
        fq_assert(sk_X509_push(others, sk_X509_value(message->certificates, i)) > 0);
    for (int i = 0; own != NULL && i < sk_X509_num(own->certificates); i++)
        fq_assert(sk_X509_push(others, sk_X509_value(own->certificates, i)) > 0);
    return others;
}

/* What the leaf's key may do by its key usage, or anything if there is none. */
static uint32_t chain_leaf_kind(X509 *leaf)
{
    uint32_t usage = X509_get_key_usage(leaf);
    if ((usage & KU_DIGITAL_SIGNATURE) != 0)
        return FQ_KEY_PUBLIC_VERIFY;
    bool encrypts = (usage & (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT)) != 0;
    return encrypts ? FQ_KEY_PUBLIC_ENCRYPT : FQ_KEY_UNSET;
}

static const char *chain_judge_leaf(const struct fq_chain_rule *rule, X509 *leaf)
{
    if (X509_check_ca(leaf) != 0 || (X509_get_extension_flags(leaf) & EXFLAG_CA) != 0)
        return "it is the certificate of an authority";
    if (chain_leaf_kind(leaf) == FQ_KEY_UNSET)
        return "its key usage is neither signatures nor encryption";
    if (rule->name.len > 0 && !chain_name_matches(leaf, rule->name))
        return "the subject's CN is not the one expected";
    return NULL;
}

/* NULL: good; else why not. */
static const char *chain_judge(const struct fq_chain_rule *rule, const struct fq_key *roots,
                               const struct fq_key *intermediates,
                               const struct fq_material *message, struct chain_span *ret_span)
{
    int n_certificates = sk_X509_num(message->certificates);
    if (n_certificates < 1 || n_certificates > CHAIN_N_CERTIFICATES_MAX)
        return "there is no certificate, or there are too many";
    X509 *leaf = sk_X509_value(message->certificates, 0);
    STACK_OF(X509) *others = chain_others(message, intermediates);
    const char *reason = chain_check(roots->store, leaf, others, rule->at_unix_ms, ret_span);
    sk_X509_free(others);
    return reason != NULL ? reason : chain_judge_leaf(rule, leaf);
}

/* The leaf's key in a ring of its own. Conditions of fq_keyring_add. */
static int chain_take_leaf(struct fq_material *message, const struct chain_span *span,
                           struct fq_keyring **ret)
{
    uint32_t kind = chain_leaf_kind(sk_X509_value(message->certificates, 0));
    /* Only the certificate was judged: no other key of the message may take its place. */
    EVP_PKEY_free(FQ_TAKE(message->public_key));
    FQ_CLEANUP(fq_keyring) *leaf = fq_keyring_new();
    int r = fq_keyring_take(leaf, "leaf", kind, message);
    if (r != 0)
        return r;
    leaf->valid_from_unix_ms = span->from_unix_ms;
    leaf->valid_until_unix_ms = span->until_unix_ms;
    *ret = FQ_TAKE(leaf);
    return 0;
}

int fq_chain_verify(const struct fq_keyring *keyring, const struct fq_chain_rule *rule,
                    struct fq_str certificate, struct fq_keyring **ret_key, const char **ret_reason)
{
    const struct fq_key *roots = fq_keyring_find(keyring, rule->roots);
    const struct fq_key *own =
        rule->intermediates != NULL ? fq_keyring_find(keyring, rule->intermediates) : NULL;
    if (roots == NULL || roots->kind != FQ_KEY_ROOTS)
        return FQ_FAULT(-ENOENT, "no bundle of roots %s", rule->roots);
    if (rule->intermediates != NULL && own == NULL)
        return FQ_FAULT(-ENOENT, "no bundle of intermediates %s", rule->intermediates);

    FQ_CLEANUP_MATERIAL message = { 0 };
    if (fq_material_parse(certificate, &message) != 0) {
        *ret_reason = "it is not a certificate";
        return FQ_CHAIN_E_REFUSED;
    }
    struct chain_span span = { 0, 0 }; /* never */
    const char *reason = chain_judge(rule, roots, own, &message, &span);
    ERR_clear_error();
    if (reason != NULL) {
        *ret_reason = reason;
        return FQ_CHAIN_E_REFUSED;
    }
    int r = chain_take_leaf(&message, &span, ret_key);
    if (r > 0) {
        *ret_reason = fq_keyring_reason(r);
        return FQ_CHAIN_E_REFUSED;
    }
    return r;
}

bool fq_chain_covers(const struct fq_keyring *leaf, int64_t at_unix_ms)
{
    return at_unix_ms >= leaf->valid_from_unix_ms && at_unix_ms < leaf->valid_until_unix_ms;
}

/* ---- the fields ---- */

/* Each leaves *ret absent if the certificate or the arena does not yield it. */

static void cert_serial(const X509 *certificate, struct fq_arena *arena, struct fq_str *ret)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *decimal = number != NULL ? BN_bn2dec(number) : NULL;
    *ret = fq_arena_copy(arena, fq_str_of(decimal));
    OPENSSL_free(decimal);
    BN_free(number);
}

static void cert_issuer(const X509 *certificate, struct fq_arena *arena, struct fq_str *ret)
{
    /* UTF-8 stays as it is, as the platforms' own libraries print it. */
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *bio = BIO_new(BIO_s_mem());
    fq_assert(bio != NULL);
    char *text = NULL;
    long len = -1;
    if (X509_NAME_print_ex(bio, X509_get_issuer_name(certificate), 0, flags) >= 0)
        len = BIO_get_mem_data(bio, &text);
    if (len >= 0)
        *ret = fq_arena_copy(arena, (struct fq_str){ text != NULL ? text : "", (size_t)len });
    BIO_free(bio);
}

static void cert_subject_cn(const X509 *certificate, struct fq_arena *arena, struct fq_str *ret)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const ASN1_STRING *data =
        at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)) : NULL;
    unsigned char *name = NULL;
    int len = data != NULL ? ASN1_STRING_to_UTF8(&name, data) : 0;
    struct fq_str text = { len > 0 ? (const char *)name : "", len > 0 ? (size_t)len : 0 };
    *ret = fq_arena_copy(arena, text);
    OPENSSL_free(name);
}

static void cert_signature_oid(const X509 *certificate, struct fq_arena *arena, struct fq_str *ret)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    char dotted[128];
    X509_get0_signature(NULL, &algorithm, certificate);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    if (OBJ_obj2txt(dotted, sizeof(dotted), object, 1) > 0)
        *ret = fq_arena_copy(arena, fq_str_of(dotted));
}

static void cert_not_after(const X509 *certificate, struct fq_arena *arena, struct fq_str *ret)
{
    struct tm when;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when) == 1)
        *ret = fq_arena_printf(arena, "%lld", (long long)timegm(&when));
}

static int cert_field_make(const X509 *certificate, uint32_t field, struct fq_arena *arena,
                           struct fq_str *ret)
{
    struct fq_str text = { NULL, 0 };
    switch ((enum fq_cert_field)field) {
    case FQ_CERT_SERIAL_DECIMAL:
        cert_serial(certificate, arena, &text);
        break;
    case FQ_CERT_ISSUER_RFC2253:
        cert_issuer(certificate, arena, &text);
        break;
    case FQ_CERT_SUBJECT_CN:
        cert_subject_cn(certificate, arena, &text);
        break;
    case FQ_CERT_SIGNATURE_OID:
        cert_signature_oid(certificate, arena, &text);
        break;
    case FQ_CERT_NOT_AFTER:
        cert_not_after(certificate, arena, &text);
        break;
    case FQ_CERT_FIELD_UNSET:
    default:
        return FQ_FAULT(-EINVAL, "no certificate field %u", field);
    }
    ERR_clear_error();
    if (text.ptr == NULL)
        return FQ_FAULT(-EBADMSG, "certificate field %u cannot be told", field);
    *ret = text;
    return 0;
}

static int cert_field_at(STACK_OF(X509) * certificates, size_t index, uint32_t field,
                         struct fq_arena *arena, struct fq_str *ret)
{
    int n_certificates = sk_X509_num(certificates);
    if (n_certificates <= 0 || index >= (size_t)n_certificates)
        return FQ_CHAIN_E_NO_SUCH;
    return cert_field_make(sk_X509_value(certificates, (int)index), field, arena, ret);
}

int fq_cert_field(struct fq_str pem, size_t index, uint32_t field, struct fq_arena *arena,
                  struct fq_str *ret)
{
    FQ_CLEANUP_MATERIAL material = { 0 };
    if (fq_material_parse(pem, &material) != 0)
        return FQ_CHAIN_E_NO_SUCH;
    return cert_field_at(material.certificates, index, field, arena, ret);
}

int fq_keyring_cert_field(const struct fq_keyring *keyring, const char *name, size_t index,
                          uint32_t field, struct fq_arena *arena, struct fq_str *ret)
{
    const struct fq_key *key = fq_keyring_find(keyring, name);
    if (key == NULL)
        return FQ_FAULT(-ENOENT, "no key %s", name);
    return cert_field_at(key->certificates, index, field, arena, ret);
}
