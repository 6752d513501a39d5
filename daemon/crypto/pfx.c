/* SPDX-License-Identifier: Apache-2.0 */
/* Opens PKCS#12 files, old ones too. */
#include "daemon/crypto/pfx.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "daemon/base/err.h"
#include "daemon/crypto/material.h"

const char *fq_pfx_reason(int condition)
{
    switch (condition) {
    case FQ_PFX_E_FORMAT:
        return "is no PKCS#12 file, or has no MAC, or is damaged, or is encrypted in a way that is "
               "not known here";
    case FQ_PFX_E_PASSWORD:
        return "does not open with this password";
    case FQ_PFX_E_LEGACY:
        return "is encrypted with an old cipher (RC2 of 40 bits, as a rule), for which OpenSSL's "
               "legacy provider is needed: legacy.so is missing from its folder of modules";
    case FQ_PFX_E_NO_KEY:
        return "holds no private key";
    case FQ_PFX_E_NO_CERTIFICATE:
        return "holds no certificate that belongs to its private key";
    case FQ_PFX_E_KIND:
        return "holds a private key that is neither RSA of 2048 bits or more nor SM2";
    default:
        return "is refused";
    }
}

/* ---- a library of its own ---- */

/* The legacy provider would weaken whatever else shares a context with it. */
struct pfx_world {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *usual;
    OSSL_PROVIDER *legacy; /* NULL: not there */
    EVP_PKEY *key;
    STACK_OF(X509) * certificates;
};

static void pfx_world_deinit(struct pfx_world *world)
{
    EVP_PKEY_free(world->key);
    sk_X509_pop_free(world->certificates, X509_free);
    if (world->legacy != NULL)
        (void)OSSL_PROVIDER_unload(world->legacy);
    if (world->usual != NULL)
        (void)OSSL_PROVIDER_unload(world->usual);
    OSSL_LIB_CTX_free(world->context);
    ERR_clear_error();
}

#define PFX_CLEANUP_WORLD __attribute__((cleanup(pfx_world_deinit))) struct pfx_world

static int pfx_world_init(struct pfx_world *world)
{
    world->context = OSSL_LIB_CTX_new();
    if (world->context != NULL)
        world->usual = OSSL_PROVIDER_load(world->context, "default");
    if (world->usual == NULL)
        return FQ_FAULT(-EIO, "OpenSSL's default provider does not load");
    world->legacy = OSSL_PROVIDER_load(world->context, "legacy");
    return 0;
}

/* ---- what is in the file ---- */

static PKCS12 *pfx_decode(const struct pfx_world *world, struct fq_str bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.ptr;
    PKCS12 *file = PKCS12_init_ex(NID_pkcs7_data, world->context, NULL);
    fq_assert(file != NULL);
    if (bytes.len > 0 && bytes.len <= FQ_PFX_SIZE_MAX &&
        d2i_PKCS12(&file, &at, (long)bytes.len) != NULL)
        return file;
    PKCS12_free(file); /* NULL once the decoder has freed it */
    return NULL;
}

/* Why a file does not open. */
static int pfx_blame(const struct pfx_world *world)
{
    bool is_unsupported = false;
    unsigned long error;
    while ((error = ERR_get_error()) != 0) {
        is_unsupported = is_unsupported || ERR_GET_REASON(error) == ERR_R_UNSUPPORTED;
        if (ERR_GET_LIB(error) == ERR_LIB_PKCS12 &&
            ERR_GET_REASON(error) == PKCS12_R_MAC_VERIFY_FAILURE)
            return FQ_PFX_E_PASSWORD;
    }
    return is_unsupported && world->legacy == NULL ? FQ_PFX_E_LEGACY : FQ_PFX_E_FORMAT;
}

static int pfx_unpack(struct pfx_world *world, PKCS12 *file, const char *password)
{
    X509 *first = NULL; /* the one that PKCS12_parse would take */
    ERR_clear_error();
    if (PKCS12_mac_present(file) != 1)
        return FQ_PFX_E_FORMAT;
    if (PKCS12_parse(file, password, &world->key, &first, &world->certificates) != 1)
        return pfx_blame(world);
    if (world->certificates == NULL)
        world->certificates = sk_X509_new_null();
    fq_assert(world->certificates != NULL);
    if (first != NULL)
        fq_assert(sk_X509_push(world->certificates, first) > 0);
    return world->key != NULL ? 0 : FQ_PFX_E_NO_KEY;
}

/* ---- what is taken of it ---- */

static bool pfx_is_newer(const X509 *a, const X509 *b)
{
    return ASN1_TIME_compare(X509_get0_notBefore(a), X509_get0_notBefore(b)) > 0;
}

/* NULL: none belongs to the key. */
static X509 *pfx_choose(const struct pfx_world *world)
{
    X509 *chosen = NULL;
    for (int i = 0; i < sk_X509_num(world->certificates); i++) {
        X509 *certificate = sk_X509_value(world->certificates, i);
        if (X509_check_private_key(certificate, world->key) == 1 &&
            (chosen == NULL || pfx_is_newer(certificate, chosen)))
            chosen = certificate;
    }
    ERR_clear_error();
    return chosen;
}

/* Absent if the arena is full. */
static struct fq_str pfx_text(BIO *bio, bool is_written, struct fq_arena *arena)
{
    char *bytes = NULL;
    long len = is_written ? BIO_get_mem_data(bio, &bytes) : 0;
    struct fq_str text = { NULL, 0 };
    if (len > 0)
        text = fq_arena_copy(arena, (struct fq_str){ bytes, (size_t)len });
    BIO_free(bio); /* wipes */
    return text;
}

static int pfx_tell_key(const struct pfx_world *world, struct fq_arena *arena, struct fq_pfx *ret)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    fq_assert(bio != NULL);
    bool is_written =
        PEM_write_bio_PKCS8PrivateKey(bio, world->key, NULL, NULL, 0, NULL, NULL) == 1;
    ret->key_pem = pfx_text(bio, is_written, arena);
    if (ret->key_pem.ptr == NULL)
        return FQ_FAULT(-EIO, "the private key cannot be written");
    FQ_CLEANUP(fq_keyring) *judge = fq_keyring_new();
    int r = fq_keyring_add(judge, "key", FQ_KEY_PRIVATE_SIGN, ret->key_pem);
    return r > 0 ? FQ_PFX_E_KIND : r;
}

static bool pfx_unix_ms(const ASN1_TIME *time, int64_t *ret)
{
    struct tm civil;
    if (ASN1_TIME_to_tm(time, &civil) != 1)
        return false;
    *ret = (int64_t)timegm(&civil) * 1000;
    return true;
}

static int pfx_tell_certificate(X509 *certificate, struct fq_arena *arena, struct fq_pfx *ret)
{
    BIO *bio = BIO_new(BIO_s_mem());
    fq_assert(bio != NULL);
    ret->certificate_pem = pfx_text(bio, PEM_write_bio_X509(bio, certificate) == 1, arena);
    if (ret->certificate_pem.ptr == NULL)
        return FQ_FAULT(-EIO, "the certificate cannot be written");
    if (!pfx_unix_ms(X509_get0_notBefore(certificate), &ret->from_unix_ms) ||
        !pfx_unix_ms(X509_get0_notAfter(certificate), &ret->until_unix_ms))
        return FQ_PFX_E_FORMAT;
    FQ_TRY(fq_cert_field(ret->certificate_pem, 0, FQ_CERT_SERIAL_DECIMAL, arena, &ret->serial));
    FQ_TRY(fq_cert_field(ret->certificate_pem, 0, FQ_CERT_SUBJECT_CN, arena, &ret->subject_cn));
    return 0;
}

static int pfx_tell(const struct pfx_world *world, struct fq_arena *arena, struct fq_pfx *ret)
{
    struct fq_pfx pfx = { .n_certificates = (size_t)sk_X509_num(world->certificates) };
    X509 *certificate = pfx_choose(world);
    int r = certificate != NULL ? pfx_tell_certificate(certificate, arena, &pfx)
                                : FQ_PFX_E_NO_CERTIFICATE;
    if (r == 0)
        r = pfx_tell_key(world, arena, &pfx);
    if (r == 0)
        *ret = pfx;
    else if (pfx.key_pem.ptr != NULL)
        fq_wipe(fq_unconst(pfx.key_pem.ptr), pfx.key_pem.len);
    return r;
}

int fq_pfx_open(struct fq_str bytes, struct fq_str password, struct fq_arena *arena,
                struct fq_pfx *ret)
{
    char text[FQ_PFX_PASSWORD_SIZE_MAX + 1] = "";
    if (password.len > FQ_PFX_PASSWORD_SIZE_MAX)
        return FQ_PFX_E_PASSWORD;
    PFX_CLEANUP_WORLD world = { 0 };
    FQ_TRY(pfx_world_init(&world));
    PKCS12 *file = pfx_decode(&world, bytes);
    if (file == NULL)
        return FQ_PFX_E_FORMAT;
    (void)memcpy(text, password.len > 0 ? password.ptr : "", password.len);
    bool is_text = strlen(text) == password.len;
    int r = is_text ? pfx_unpack(&world, file, text) : FQ_PFX_E_PASSWORD;
    fq_wipe(text, sizeof(text));
    PKCS12_free(file);
    return r == 0 ? pfx_tell(&world, arena, ret) : r;
}
