/* SPDX-License-Identifier: Apache-2.0 */
/* A small fq_host for tests of adapters, and the way to the vectors' folder. */
#include "tests/vectors/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "daemon/base/arena.h"

static struct vector_host *host_self(const struct fq_host *host)
{
    return host->ctx;
}

static void *host_alloc(const struct fq_host *host, size_t size)
{
    return fq_arena_alloc(host_self(host)->arena, size);
}

static int host_fail(const struct fq_host *host, const char *text)
{
    (void)snprintf(host_self(host)->failure, sizeof(host_self(host)->failure), "%s", text);
    return -1;
}

static struct fq_str host_copy(const struct vector_host *self, const void *bytes, size_t len)
{
    return fq_arena_copy(self->arena, (struct fq_str){ bytes, len });
}

/* ---- signatures ---- */

static const char host_leaf[] = "leaf"; /* the handle of the certificate that was checked last */

static const struct vector_key *host_find(const struct vector_host *self, const char *name)
{
    for (size_t i = 0; name != NULL && i < self->n_keys; i++)
        if (strcmp(self->keys[i].name, name) == 0)
            return &self->keys[i];
    return NULL;
}

static EVP_PKEY *host_key(const struct vector_host *self, const char *name)
{
    const struct vector_key *found = host_find(self, name);
    return found != NULL ? found->key : NULL;
}

/* What is hashed and signed: the text, or the hex digits of its own hash. False: no such scheme. */
static bool host_prepare(uint32_t scheme, struct fq_str *text, char hex[65])
{
    unsigned char digest[32];
    if (scheme == FQ_SCHEME_RSA_SHA256)
        return true;
    if (scheme != FQ_SCHEME_RSA_SHA256_HEX ||
        EVP_Digest(text->ptr, text->len, digest, NULL, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = 0; i < sizeof(digest); i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    *text = (struct fq_str){ hex, 64 };
    return true;
}

static int host_sign(const struct fq_host *host, const char *key, uint32_t scheme,
                     struct fq_str text, struct fq_str *ret_signature)
{
    struct vector_host *self = host_self(host);
    EVP_PKEY *pkey = host_key(self, key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *bytes = fq_arena_alloc(self->arena, 512);
    size_t len = 512;
    char hex[65];
    int r = -1;
    self->signed_text = text;
    if (self->accepts_all && bytes != NULL) {
        *ret_signature = (struct fq_str){ (char *)bytes, 256 };
        r = 0;
    } else if (pkey != NULL && ctx != NULL && bytes != NULL && host_prepare(scheme, &text, hex) &&
               EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
               EVP_DigestSign(ctx, bytes, &len, (const unsigned char *)text.ptr, text.len) == 1) {
        *ret_signature = (struct fq_str){ (char *)bytes, len };
        r = 0;
    }
    EVP_MD_CTX_free(ctx);
    return r;
}

static int host_verify(const struct fq_host *host, const char *key, uint32_t scheme,
                       struct fq_str text, struct fq_str signature)
{
    struct vector_host *self = host_self(host);
    EVP_PKEY *pkey = strcmp(key, host_leaf) == 0 ? self->leaf : host_key(self, key);
    char hex[65];
    if (self->accepts_all)
        return strlen(key) == 32 ? -1 : 0;
    if (pkey == NULL || !host_prepare(scheme, &text, hex))
        return -1;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
                   EVP_DigestVerify(ctx, (const unsigned char *)signature.ptr, signature.len,
                                    (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    self->n_verified += is_good;
    return is_good ? 0 : 1;
}

static int host_digest(const struct fq_host *host, uint32_t kind, struct fq_str text,
                       struct fq_str *ret)
{
    const struct vector_host *self = host_self(host);
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
    unsigned int size = 16;
    const EVP_MD *md = kind == FQ_DIGEST_SHA256 ? EVP_sha256() : EVP_md5();
    if (!self->accepts_all && EVP_Digest(text.ptr, text.len, digest, &size, md, NULL) != 1)
        return -1;
    *ret = host_copy(self, digest, size);
    return ret->ptr != NULL ? 0 : -1;
}

/* ---- certificates ---- */

static STACK_OF(X509) * certificates_read(const char *pem, size_t len)
{
    STACK_OF(X509) *certificates = sk_X509_new_null();
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        if (sk_X509_push(certificates, certificate) <= 0)
            abort();
    BIO_free(bio);
    return certificates;
}

static struct fq_str certificate_issuer(const struct vector_host *self, const X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    (void)X509_NAME_print_ex(bio, X509_get_issuer_name(certificate), 0,
                             XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    long len = BIO_get_mem_data(bio, &text);
    struct fq_str issuer = host_copy(self, text, (size_t)len);
    BIO_free(bio);
    return issuer;
}

static struct fq_str certificate_cn(const struct vector_host *self, const X509 *certificate)
{
    const X509_NAME *name = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    unsigned char *text = NULL;
    int len = at < 0 ? 0
                     : ASN1_STRING_to_UTF8(&text,
                                           X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    struct fq_str cn = host_copy(self, len > 0 ? (char *)text : "", len > 0 ? (size_t)len : 0);
    OPENSSL_free(text);
    return cn;
}

static struct fq_str certificate_field(const struct vector_host *self, const X509 *certificate,
                                       uint32_t field)
{
    char text[256] = "";
    if (field == FQ_CERT_ISSUER_RFC2253)
        return certificate_issuer(self, certificate);
    if (field == FQ_CERT_SUBJECT_CN)
        return certificate_cn(self, certificate);
    if (field == FQ_CERT_SIGNATURE_OID) {
        const X509_ALGOR *algorithm;
        X509_get0_signature(NULL, &algorithm, certificate);
        (void)OBJ_obj2txt(text, sizeof(text), algorithm->algorithm, 1);
    } else if (field == FQ_CERT_SERIAL_DECIMAL) {
        BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
        char *decimal = BN_bn2dec(number);
        (void)snprintf(text, sizeof(text), "%s", decimal);
        OPENSSL_free(decimal);
        BN_free(number);
    }
    if (field == FQ_CERT_NOT_AFTER) {
        struct tm parts;
        if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) == 1)
            (void)snprintf(text, sizeof(text), "%lld", (long long)timegm(&parts));
    }
    return host_copy(self, text, strlen(text));
}

/* What every certificate says of itself to a host that accepts all; roots issue themselves. */
static const char *gullible_field(const struct vector_host *self, const char *key, uint32_t field)
{
    if (field == FQ_CERT_NOT_AFTER)
        return "253402300799";
    if (field == FQ_CERT_SUBJECT_CN && self->any_cn != NULL)
        return self->any_cn;
    if (field == FQ_CERT_SIGNATURE_OID)
        return "1.2.840.113549.1.1.11";
    if (field == FQ_CERT_SUBJECT_CN)
        return key != NULL && strstr(key, "root") != NULL ? "root" : "leaf";
    return "CN=root";
}

static int host_cert_field(const struct fq_host *host, const char *key, struct fq_str certificate,
                           size_t index, uint32_t field, struct fq_str *ret)
{
    const struct vector_host *self = host_self(host);
    const struct vector_key *found = certificate.ptr == NULL ? host_find(self, key) : NULL;
    STACK_OF(X509) *own = NULL;
    int r = 1;
    if (certificate.ptr == NULL && found == NULL && !self->accepts_all)
        return -1;
    if (self->accepts_all) {
        const char *text = gullible_field(self, key, field);
        *ret = host_copy(self, text, strlen(text));
        return index > 0 || (certificate.ptr != NULL && certificate.len < 10);
    }
    if (certificate.ptr != NULL)
        own = certificates_read(certificate.ptr, certificate.len);
    STACK_OF(X509) *certificates = certificate.ptr != NULL ? own : found->certificates;
    if (certificates != NULL && (int)index < sk_X509_num(certificates)) {
        *ret = certificate_field(self, sk_X509_value(certificates, (int)index), field);
        r = ret->ptr != NULL ? 0 : -1;
    }
    sk_X509_pop_free(own, X509_free);
    return r;
}

static bool chain_is_good(const struct vector_host *self, STACK_OF(X509) * roots,
                          STACK_OF(X509) * chain)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    for (int i = 0; i < sk_X509_num(roots); i++)
        (void)X509_STORE_add_cert(store, sk_X509_value(roots, i));
    bool is_good = X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) == 1;
    if (is_good && self->now_unix_ms != 0)
        X509_STORE_CTX_set_time(ctx, 0, (time_t)(self->now_unix_ms / 1000));
    else if (is_good)
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_NO_CHECK_TIME);
    if (is_good) /* the platforms' authorities sign with SHA-1 */
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), 0);
    is_good = is_good && X509_verify_cert(ctx) == 1;
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return is_good;
}

static int host_verify_chain(const struct fq_host *host, const char *roots,
                             struct fq_str certificate, struct fq_str name_rule,
                             const char **ret_key)
{
    struct vector_host *self = host_self(host);
    const struct vector_key *anchors = host_find(self, roots);
    *ret_key = host_leaf;
    if (self->accepts_all)
        return 0;
    if (anchors == NULL || anchors->certificates == NULL)
        return -1;
    STACK_OF(X509) *chain = certificates_read(certificate.ptr, certificate.len);
    bool is_good = sk_X509_num(chain) > 0 && chain_is_good(self, anchors->certificates, chain);
    if (is_good) {
        struct fq_str cn = certificate_cn(self, sk_X509_value(chain, 0));
        is_good = memmem(cn.ptr, cn.len, name_rule.ptr, name_rule.len) != NULL;
        EVP_PKEY_free(self->leaf);
        self->leaf = X509_get_pubkey(sk_X509_value(chain, 0));
    }
    sk_X509_pop_free(chain, X509_free);
    return is_good ? 0 : 1;
}

/* ---- content ---- */

static int host_crypt(const struct vector_host *self, const char *key, bool encrypts,
                      struct fq_str in, struct fq_str *ret)
{
    static const unsigned char iv[16] = { 0 };
    const struct vector_key *found = host_find(self, key);
    unsigned char *out = fq_arena_alloc(self->arena, in.len + 16);
    int n_body = 0, n_last = 0;
    if (self->accepts_all) {
        *ret = host_copy(self, in.ptr, in.len);
        return ret->ptr != NULL ? 0 : -1;
    }
    if (found == NULL || found->key != NULL || found->certificates != NULL || out == NULL)
        return -1;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool is_done =
        EVP_CipherInit_ex2(ctx, EVP_aes_128_cbc(), found->secret, iv, encrypts, NULL) == 1 &&
        EVP_CipherUpdate(ctx, out, &n_body, (const unsigned char *)in.ptr, (int)in.len) == 1 &&
        EVP_CipherFinal_ex(ctx, out + n_body, &n_last) == 1;
    EVP_CIPHER_CTX_free(ctx);
    *ret = (struct fq_str){ (char *)out, (size_t)n_body + (size_t)n_last };
    return is_done ? 0 : -1;
}

/* PKCS#1 v1.5, to or with the key of that name. */
static int host_crypt_rsa(const struct vector_host *self, const char *key, bool encrypts,
                          struct fq_str in, struct fq_str *ret)
{
    EVP_PKEY *pkey = host_key(self, key);
    unsigned char *out = fq_arena_alloc(self->arena, 512);
    const unsigned char *bytes = (const unsigned char *)in.ptr;
    size_t len = 512;
    if (self->accepts_all) {
        *ret = host_copy(self, in.ptr, in.len);
        return ret->ptr != NULL ? 0 : -1;
    }
    EVP_PKEY_CTX *ctx = pkey != NULL && out != NULL ? EVP_PKEY_CTX_new(pkey, NULL) : NULL;
    bool is_done = ctx != NULL &&
                   (encrypts ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                   (encrypts ? EVP_PKEY_encrypt(ctx, out, &len, bytes, in.len)
                             : EVP_PKEY_decrypt(ctx, out, &len, bytes, in.len)) == 1;
    EVP_PKEY_CTX_free(ctx);
    *ret = (struct fq_str){ (char *)out, len };
    return is_done ? 0 : -1;
}

static int host_encrypt(const struct fq_host *host, const char *key, uint32_t cipher,
                        struct fq_str plain, struct fq_str *ret)
{
    if (cipher == FQ_CIPHER_RSA_PKCS1)
        return host_crypt_rsa(host_self(host), key, true, plain, ret);
    if (cipher != FQ_CIPHER_AES128_CBC_ZERO_IV)
        return -1;
    return host_crypt(host_self(host), key, true, plain, ret);
}

static int host_decrypt(const struct fq_host *host, const char *key, uint32_t cipher,
                        struct fq_str secret, struct fq_str *ret)
{
    if (cipher == FQ_CIPHER_RSA_PKCS1)
        return host_crypt_rsa(host_self(host), key, false, secret, ret);
    if (cipher != FQ_CIPHER_AES128_CBC_ZERO_IV)
        return -1;
    return host_crypt(host_self(host), key, false, secret, ret);
}

/* Only the gullible host unpacks: everything is one entry, and its own content. */
static int host_inflate(const struct fq_host *host, struct fq_str packed, size_t index,
                        struct fq_str *ret_name, struct fq_str *ret)
{
    const struct vector_host *self = host_self(host);
    if (!self->accepts_all)
        return -1;
    *ret_name = (struct fq_str){ self->any_entry, strlen(self->any_entry) };
    *ret = packed;
    return index > 0;
}

/* ---- the host ---- */

void vector_host_init(struct vector_host *self)
{
    *self = (struct vector_host){
        .host = { .struct_size = sizeof(struct fq_host),
                  .alloc = host_alloc,
                  .fail = host_fail,
                  .sign = host_sign,
                  .verify = host_verify,
                  .verify_chain = host_verify_chain,
                  .cert_field = host_cert_field,
                  .digest = host_digest,
                  .encrypt = host_encrypt,
                  .decrypt = host_decrypt,
                  .inflate = host_inflate },
        .any_entry = "",
    };
    self->host.ctx = self;
    self->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
}

static void host_free_key(struct vector_key *key)
{
    EVP_PKEY_free(key->key);
    sk_X509_pop_free(key->certificates, X509_free);
}

void vector_host_deinit(struct vector_host *self)
{
    for (size_t i = 0; i < self->n_keys; i++)
        host_free_key(&self->keys[i]);
    EVP_PKEY_free(self->leaf);
    fq_arena_free(self->arena);
}

void vector_host_reset(struct vector_host *self, size_t size_max)
{
    fq_arena_free(self->arena);
    self->arena = fq_arena_new(size_max);
    self->failure[0] = '\0';
    self->n_verified = 0;
}

/* ---- its keys ---- */

void vector_host_drop(struct vector_host *self, const char *name)
{
    for (size_t i = 0; i < self->n_keys; i++)
        if (strcmp(self->keys[i].name, name) == 0) {
            host_free_key(&self->keys[i]);
            self->keys[i] = self->keys[--self->n_keys];
            return;
        }
}

static struct vector_key *host_add(struct vector_host *self, const char *name)
{
    vector_host_drop(self, name);
    if (self->n_keys == VECTOR_KEYS_MAX)
        abort();
    self->keys[self->n_keys] = (struct vector_key){ .name = name };
    return &self->keys[self->n_keys++];
}

void vector_host_add_pair(struct vector_host *self, const char *private_name,
                          const char *public_name)
{
    EVP_PKEY *pair = EVP_RSA_gen(2048);
    if (pair == NULL || EVP_PKEY_up_ref(pair) != 1)
        abort();
    host_add(self, private_name)->key = pair;
    host_add(self, public_name)->key = pair;
}

bool vector_host_add_public(struct vector_host *self, const char *name, const char *pem_path)
{
    FILE *file = fopen(pem_path, "re");
    EVP_PKEY *key = file != NULL ? PEM_read_PUBKEY(file, NULL, NULL, NULL) : NULL;
    if (file != NULL)
        (void)fclose(file);
    if (key == NULL)
        return false;
    host_add(self, name)->key = key;
    return true;
}

bool vector_host_add_certificates(struct vector_host *self, const char *name, const char *pem)
{
    STACK_OF(X509) *certificates = certificates_read(pem, strlen(pem));
    struct vector_key *key = host_add(self, name);
    key->certificates = certificates;
    if (sk_X509_num(certificates) == 0)
        return false;
    key->key = X509_get_pubkey(sk_X509_value(certificates, 0));
    return true;
}

bool vector_host_add_secret(struct vector_host *self, const char *name, const char *base64)
{
    unsigned char bytes[64];
    size_t len = strlen(base64);
    if (len > 64 || EVP_DecodeBlock(bytes, (const unsigned char *)base64, (int)len) < 16)
        return false;
    memcpy(host_add(self, name)->secret, bytes, 16);
    return true;
}

static void certificate_name(X509_NAME *name, const char *cn)
{
    const char *const parts[][2] = {
        { "C", "CN" }, { "O", "Fenqi Test" }, { "OU", "Certification Authority" }, { "CN", cn }
    };
    for (size_t i = 0; i < 4; i++)
        if (X509_NAME_add_entry_by_txt(name, parts[i][0], MBSTRING_UTF8,
                                       (const unsigned char *)parts[i][1], -1, -1, 0) != 1)
            abort();
}

char *vector_host_certify(const struct vector_host *self, const char *key, const char *cn,
                          const char *issuer_key, const char *issuer_cn, bool is_authority)
{
    static long serial = 4711;
    X509 *certificate = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    is_authority = is_authority || strcmp(key, issuer_key) == 0;
    certificate_name(X509_get_subject_name(certificate), cn);
    certificate_name(X509_get_issuer_name(certificate), issuer_cn);
    X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
                                                is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (X509_set_version(certificate, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++) != 1 ||
        ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20250101000000Z") != 1 ||
        ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20270101000000Z") != 1 ||
        X509_set_pubkey(certificate, host_key(self, key)) != 1 ||
        X509_add_ext(certificate, basic, -1) != 1 ||
        X509_sign(certificate, host_key(self, issuer_key), EVP_sha256()) == 0 ||
        PEM_write_bio_X509(bio, certificate) != 1)
        abort();
    size_t len = (size_t)BIO_get_mem_data(bio, &bytes);
    char *pem = calloc(1, len + 1);
    if (pem == NULL)
        abort();
    memcpy(pem, bytes, len);
    X509_EXTENSION_free(basic);
    X509_free(certificate);
    BIO_free(bio);
    return pem;
}

/* ---- what tests make of them ---- */

struct fq_str vector_host_seal_by(struct vector_host *self, const char *key, uint32_t scheme,
                                  struct fq_str text)
{
    struct fq_str signature, signed_text = self->signed_text;
    if (host_sign(&self->host, key, scheme, text, &signature) != 0)
        abort();
    self->signed_text = signed_text; /* of the adapter, not of the test */
    size_t size = 4 * ((signature.len + 2) / 3);
    unsigned char *base64 = fq_arena_alloc(self->arena, size + 1);
    if (base64 == NULL)
        abort();
    (void)EVP_EncodeBlock(base64, (const unsigned char *)signature.ptr, (int)signature.len);
    return (struct fq_str){ (char *)base64, size };
}

struct fq_str vector_host_seal(struct vector_host *self, const char *key, struct fq_str text)
{
    return vector_host_seal_by(self, key, FQ_SCHEME_RSA_SHA256, text);
}

char *vector_path(const char *path)
{
    const char *folder = getenv("FENQI_VECTORS"); // NOLINT(concurrency-mt-unsafe)
    char *full = NULL;
    if (asprintf(&full, "%s/%s", folder != NULL ? folder : "../shared/vectors", path) < 0)
        abort();
    return full;
}

char *vector_file(const char *path)
{
    char *full = vector_path(path);
    FILE *file = fopen(full, "re");
    char *text = NULL;
    size_t size = 0;
    if (file == NULL || getdelim(&text, &size, '\0', file) < 0) {
        (void)fprintf(stderr, "SKIPPED: no vectors at %s (set FENQI_VECTORS)\n", full);
        free(text);
        text = NULL;
    }
    if (file != NULL)
        (void)fclose(file);
    free(full);
    return text;
}
