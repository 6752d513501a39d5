/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the opening of PKCS#12 files (daemon/crypto/pfx.h): any bytes, and files with a good MAC
 * whose inside is any bytes. A file that opens gives a key that the daemon takes, and its
 * certificate. The keys are made at the start, so no corpus holds one: most inputs are changes of
 * what was made.
 *
 *   first byte % 4    0: the rest is the file        1: the rest is what the MAC covers
 *                     2, 3: the next byte chooses one that was made, the rest changes it, three
 * bytes (where, where, what) each: 2 what the MAC covers, 3 the file */
#include <string.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "daemon/base/err.h"
#include "daemon/crypto/keyring.h"
#include "daemon/crypto/pfx.h"

#define PASSWORD     "p"
#define PFX_SIZE_MAX ((size_t)8 * 1024)
#define N_MADE       3

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct bytes {
    unsigned char at[PFX_SIZE_MAX];
    size_t n;
};

/* What the MAC covers (AuthenticatedSafe): in clear, encrypted as today, as long ago. */
static struct bytes made[N_MADE];

/* An integer of three bytes or more may be a count of iterations, which only takes long. */
static bool pfx_is_slow(const struct bytes *bytes)
{
    for (size_t i = 0; i + 1 < bytes->n; i++) {
        unsigned char length = bytes->at[i + 1];
        if (bytes->at[i] == 0x02 &&
            ((length >= 3 && length <= 8) || (length > 0x80 && length <= 0x84)))
            return true;
    }
    return false;
}

/* ---- what is made at the start ---- */

static X509 *pfx_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    fq_assert(X509_set_version(certificate, X509_VERSION_3) == 1);
    fq_assert(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7) == 1);
    fq_assert(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"c", -1,
                                         -1, 0) == 1);
    fq_assert(X509_set_issuer_name(certificate, name) == 1);
    fq_assert(ASN1_TIME_set(X509_getm_notBefore(certificate), 0) != NULL);
    fq_assert(ASN1_TIME_set(X509_getm_notAfter(certificate), 1) != NULL);
    fq_assert(X509_set_pubkey(certificate, key) == 1);
    fq_assert(X509_sign(certificate, key, EVP_sm3()) > 0);
    return certificate;
}

static void pfx_make(OSSL_LIB_CTX *context, int key_cipher, int certificate_cipher,
                     struct bytes *ret)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    X509 *certificate = pfx_certificate(key);
    PKCS12 *file = PKCS12_create_ex(PASSWORD, "n", key, certificate, NULL, key_cipher,
                                    certificate_cipher, 1, -1, 0, context, NULL);
    fq_assert(file != NULL);
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(file);
    unsigned char *der = NULL;
    int n = ASN1_item_i2d((const ASN1_VALUE *)safes, &der, ASN1_ITEM_rptr(PKCS12_AUTHSAFES));
    fq_assert(n > 0 && (size_t)n <= sizeof(ret->at));
    ret->n = (size_t)n;
    (void)memcpy(ret->at, der, ret->n);
    OPENSSL_free(der);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    PKCS12_free(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const int ciphers[N_MADE][2] = {
        { -1, -1 },
        { NID_aes_256_cbc, NID_aes_256_cbc },
        { NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And40BitRC2_CBC },
    };
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    (void)argc;
    (void)argv;
    OSSL_PROVIDER *usual = OSSL_PROVIDER_load(context, "default");
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(context, "legacy"); /* NULL: not there */
    fq_assert(usual != NULL);
    for (size_t i = 0; i < N_MADE; i++) {
        const int *pair = ciphers[i == 2 && legacy == NULL ? 1 : i];
        do {
            pfx_make(context, pair[0], pair[1], &made[i]);
        } while (pfx_is_slow(&made[i]));
    }
    if (legacy != NULL)
        (void)OSSL_PROVIDER_unload(legacy);
    (void)OSSL_PROVIDER_unload(usual);
    OSSL_LIB_CTX_free(context);
    return 0;
}

/* ---- a file of what the MAC covers ---- */

/* Puts a tag and a length before what is there. */
static void pfx_wrap(struct bytes *bytes, int tag, int class, bool is_constructed)
{
    int size = ASN1_object_size(is_constructed, (int)bytes->n, tag);
    size_t n_head = (size_t)size - bytes->n;
    unsigned char *at = bytes->at;
    fq_assert((size_t)size <= sizeof(bytes->at));
    (void)memmove(bytes->at + n_head, bytes->at, bytes->n);
    ASN1_put_object(&at, is_constructed, (int)bytes->n, tag, class);
    bytes->n = (size_t)size;
}

static void pfx_prepend(struct bytes *bytes, const unsigned char *head, size_t n)
{
    fq_assert(bytes->n + n <= sizeof(bytes->at));
    (void)memmove(bytes->at + n, bytes->at, bytes->n);
    (void)memcpy(bytes->at, head, n);
    bytes->n += n;
}

/* In place. */
static void pfx_seal(struct bytes *bytes)
{
    static const unsigned char data_oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                              0xf7, 0x0d, 0x01, 0x07, 0x01 };
    static const unsigned char version[] = { 0x02, 0x01, 0x03 };
    unsigned char salt[8] = "saltsalt";
    pfx_wrap(bytes, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL, false);
    pfx_wrap(bytes, 0, V_ASN1_CONTEXT_SPECIFIC, true);
    pfx_prepend(bytes, data_oid, sizeof(data_oid));
    pfx_wrap(bytes, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, true);
    pfx_prepend(bytes, version, sizeof(version));
    pfx_wrap(bytes, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, true);
    const unsigned char *in = bytes->at;
    PKCS12 *file = d2i_PKCS12(NULL, &in, (long)bytes->n);
    fq_assert(file != NULL);
    fq_assert(PKCS12_set_mac(file, PASSWORD, -1, salt, sizeof(salt), 1, EVP_sha256()) == 1);
    unsigned char *out = bytes->at;
    fq_assert((size_t)i2d_PKCS12(file, NULL) <= sizeof(bytes->at));
    bytes->n = (size_t)i2d_PKCS12(file, &out);
    PKCS12_free(file);
}

static void pfx_change(struct bytes *bytes, const unsigned char *changes, size_t n)
{
    for (; n >= 3; changes += 3, n -= 3)
        bytes->at[((size_t)changes[0] << 8 | changes[1]) % bytes->n] = changes[2];
}

/* ---- the property ---- */

static bool pfx_belongs(struct fq_str certificate_pem, struct fq_str key_pem)
{
    BIO *certificate_bio = BIO_new_mem_buf(certificate_pem.ptr, (int)certificate_pem.len);
    BIO *key_bio = BIO_new_mem_buf(key_pem.ptr, (int)key_pem.len);
    X509 *certificate = PEM_read_bio_X509(certificate_bio, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
    bool belongs = X509_check_private_key(certificate, key) == 1;
    EVP_PKEY_free(key);
    X509_free(certificate);
    BIO_free(key_bio);
    BIO_free(certificate_bio);
    return belongs;
}

static void pfx_check(const struct bytes *bytes, bool must_open)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    FQ_CLEANUP(fq_keyring) *keyring = fq_keyring_new();
    struct fq_pfx pfx;
    struct fq_str file = { (const char *)bytes->at, bytes->n };
    int r = fq_pfx_open(file, fq_lit(PASSWORD), arena, &pfx);
    fq_assert(r >= 0 && r <= FQ_PFX_E_KIND);
    fq_assert(r == 0 || !must_open);
    if (r != 0)
        return;
    fq_assert(pfx.n_certificates > 0 && pfx.serial.len > 0);
    fq_assert(fq_keyring_add(keyring, "key", FQ_KEY_PRIVATE_SIGN, pfx.key_pem) == 0);
    fq_assert(pfx_belongs(pfx.certificate_pem, pfx.key_pem));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct bytes bytes;
    if (size < 2 || size > PFX_SIZE_MAX / 2)
        return 0;
    unsigned mode = data[0] % 4;
    size_t n_head = mode >= 2 ? 2 : 1;
    bytes.n = size - n_head;
    (void)memcpy(bytes.at, data + n_head, bytes.n);
    if (mode >= 2)
        bytes = made[data[1] % N_MADE];
    if (mode == 2)
        pfx_change(&bytes, data + 2, size - 2);
    bool is_slow = pfx_is_slow(&bytes);
    if (mode != 0)
        pfx_seal(&bytes);
    if (mode == 3)
        pfx_change(&bytes, data + 2, size - 2);
    if (!is_slow && (mode == 1 || mode == 2 || !pfx_is_slow(&bytes)))
        pfx_check(&bytes, mode >= 2 && size < 5);
    return 0;
}
