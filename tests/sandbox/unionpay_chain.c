/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's certificates: a root, a middle one, and the leaves that its messages carry. */
#include "tests/sandbox/unionpay_chain.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "tests/sandbox/base64.h"
#include "tests/sandbox/key.h"
#include "tests/sandbox/text.h"

#define CHAIN_ENCRYPTION_NAME "041@8310000000083040@中国银联股份有限公司@00016496"

#define CHAIN_FROM     "20200101000000Z"
#define CHAIN_UNTIL    "20450101000000Z"
#define CHAIN_SIGNS    "digitalSignature,nonRepudiation"
#define CHAIN_ENCRYPTS "keyEncipherment,dataEncipherment"
#define CHAIN_ISSUES   "keyCertSign,cRLSign"
#define CHAIN_EXPIRED  "20250731011916Z"

/* What a certificate is to be; the issuer NULL: it signs itself. */
struct chain_wish {
    const char *common_name;
    const struct unionpay_leaf *issuer;
    const char *until;
    const char *usage;
    bool is_authority;
    bool sha1;
};

static X509 *chain_read(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return cert;
}

static char *chain_text(BIO *bio)
{
    char *bytes;
    struct text text = { 0 };
    long size = BIO_get_mem_data(bio, &bytes);
    text_add_bytes(&text, bytes, (size_t)size);
    BIO_free(bio);
    return text_take(&text);
}

static char *chain_serial(const X509 *cert)
{
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    char *decimal = BN_bn2dec(serial);
    char *copy = text_copy(decimal);
    OPENSSL_free(decimal);
    BN_free(serial);
    return copy;
}

/* Five bytes that begin with 0x10, as those that were seen. */
static void chain_number(X509 *cert)
{
    unsigned char bytes[5];
    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        abort();
    bytes[0] = 0x10;
    BIGNUM *serial = BN_bin2bn(bytes, sizeof(bytes), NULL);
    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert));
    BN_free(serial);
}

static void chain_name(X509_NAME *name, const char *common_name)
{
    const char *const parts[][2] = { { "C", "CN" },
                                     { "O", "SANDBOX ONLY - NOT UNIONPAY" },
                                     { "CN", common_name } };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (X509_NAME_add_entry_by_txt(name, parts[i][0], MBSTRING_UTF8,
                                       (const unsigned char *)parts[i][1], -1, -1, 0) != 1)
            abort();
    }
}

static void chain_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL || X509_add_ext(cert, extension, -1) != 1)
        abort();
    X509_EXTENSION_free(extension);
}

/* `ret` holds the key already. */
static void chain_issue(const struct chain_wish *wish, struct unionpay_leaf *ret)
{
    X509 *cert = X509_new();
    X509 *issuer = wish->issuer != NULL ? chain_read(wish->issuer->pem) : cert;
    EVP_PKEY *key = wish->issuer != NULL ? wish->issuer->private_key : ret->private_key;
    chain_number(cert);
    chain_name(X509_get_subject_name(cert), wish->common_name);
    if (X509_set_version(cert, X509_VERSION_3) != 1 ||
        X509_set_issuer_name(cert, X509_get_subject_name(issuer)) != 1 ||
        ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), CHAIN_FROM) != 1 ||
        ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), wish->until) != 1 ||
        X509_set_pubkey(cert, ret->private_key) != 1)
        abort();
    chain_extend(cert, issuer, NID_basic_constraints,
                 wish->is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    chain_extend(cert, issuer, NID_key_usage, wish->usage);
    chain_extend(cert, issuer, NID_subject_key_identifier, "hash");
    if (issuer != cert)
        chain_extend(cert, issuer, NID_authority_key_identifier, "keyid");
    if (X509_sign(cert, key, wish->sha1 ? EVP_sha1() : EVP_sha256()) == 0)
        abort();
    BIO *bio = BIO_new(BIO_s_mem());
    if (PEM_write_bio_X509(bio, cert) != 1)
        abort();
    ret->pem = chain_text(bio);
    ret->serial = chain_serial(cert);
    if (issuer != cert)
        X509_free(issuer);
    X509_free(cert);
}

void unionpay_leaf_make(const struct unionpay_chain *chain, const char *common_name, bool expired,
                        EVP_PKEY *key, struct unionpay_leaf *ret)
{
    struct chain_wish wish = { .common_name = common_name,
                               .issuer = &chain->middle,
                               .until = expired ? CHAIN_EXPIRED : CHAIN_UNTIL,
                               .usage = CHAIN_SIGNS,
                               .sha1 = chain->sha1 };
    unionpay_leaf_free(ret);
    if (key != NULL)
        EVP_PKEY_up_ref(key);
    ret->private_key = key != NULL ? key : key_generate();
    chain_issue(&wish, ret);
}

void unionpay_leaf_make_encryption(const struct unionpay_chain *chain, struct unionpay_leaf *ret)
{
    struct chain_wish wish = { .common_name = CHAIN_ENCRYPTION_NAME,
                               .issuer = &chain->middle,
                               .until = CHAIN_UNTIL,
                               .usage = CHAIN_ENCRYPTS,
                               .sha1 = chain->sha1 };
    unionpay_leaf_free(ret);
    ret->private_key = key_generate();
    chain_issue(&wish, ret);
}

void unionpay_leaf_forge(const char *common_name, EVP_PKEY *key, struct unionpay_leaf *ret)
{
    struct chain_wish wish = { .common_name = common_name,
                               .until = CHAIN_UNTIL,
                               .usage = CHAIN_SIGNS };
    unionpay_leaf_free(ret);
    EVP_PKEY_up_ref(key);
    ret->private_key = key;
    chain_issue(&wish, ret);
}

void unionpay_leaf_free(struct unionpay_leaf *leaf)
{
    EVP_PKEY_free(leaf->private_key);
    free(leaf->pem);
    free(leaf->serial);
    *leaf = (struct unionpay_leaf){ 0 };
}

struct unionpay_chain *unionpay_chain_make(bool sha1)
{
    struct unionpay_chain *chain = text_alloc(sizeof(*chain));
    struct chain_wish root = { "SANDBOX CS CA", NULL, CHAIN_UNTIL, CHAIN_ISSUES, true, sha1 };
    struct chain_wish middle = {
        "SANDBOX OCA1", &chain->root, CHAIN_UNTIL, CHAIN_ISSUES, true, sha1
    };
    chain->sha1 = sha1;
    chain->root.private_key = key_generate();
    chain_issue(&root, &chain->root);
    chain->middle.private_key = key_generate();
    chain_issue(&middle, &chain->middle);
    unionpay_leaf_make_encryption(chain, &chain->encryption);
    return chain;
}

void unionpay_chain_free(struct unionpay_chain *chain)
{
    if (chain == NULL)
        return;
    unionpay_leaf_free(&chain->root);
    unionpay_leaf_free(&chain->middle);
    unionpay_leaf_free(&chain->encryption);
    free(chain);
}

/* ---- in a folder ---------------------------------------------------------------------------- */

static char *chain_path(const char *folder, const char *name, const char *ending)
{
    struct text path = { 0 };
    text_printf(&path, "%s/%s.%s", folder, name, ending);
    return text_take(&path);
}

static bool chain_load(const char *folder, const char *name, struct unionpay_leaf *ret)
{
    STRING_CLEANUP key_path = chain_path(folder, name, "key");
    STRING_CLEANUP path = chain_path(folder, name, "crt");
    BIO *bio = BIO_new_file(path, "r");
    X509 *cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    ret->private_key = key_read_private(key_path);
    if (cert == NULL || ret->private_key == NULL ||
        X509_check_private_key(cert, ret->private_key) != 1) {
        X509_free(cert);
        return false;
    }
    bio = BIO_new(BIO_s_mem());
    if (PEM_write_bio_X509(bio, cert) != 1)
        abort();
    ret->pem = chain_text(bio);
    ret->serial = chain_serial(cert);
    X509_free(cert);
    return true;
}

static bool chain_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t size = strlen(text);
    bool written = fd >= 0 && write(fd, text, size) == (ssize_t)size;
    if (fd >= 0)
        written = close(fd) == 0 && written;
    return written;
}

static bool chain_save(const char *folder, const char *name, const struct unionpay_leaf *leaf)
{
    STRING_CLEANUP key_path = chain_path(folder, name, "key");
    STRING_CLEANUP path = chain_path(folder, name, "crt");
    BIO *bio = BIO_new(BIO_s_mem());
    if (PEM_write_bio_PKCS8PrivateKey(bio, leaf->private_key, NULL, NULL, 0, NULL, NULL) != 1)
        abort();
    STRING_CLEANUP key = chain_text(bio);
    bool written = chain_write(key_path, key) && chain_write(path, leaf->pem);
    OPENSSL_cleanse(key, strlen(key));
    return written;
}

struct unionpay_chain *unionpay_chain_keep(const char *folder, bool sha1)
{
    struct unionpay_chain *chain = text_alloc(sizeof(*chain));
    STRING_CLEANUP roots_path = chain_path(folder, "roots", "crt");
    TEXT_CLEANUP roots = { 0 };
    chain->sha1 = sha1;
    if (chain_load(folder, "root", &chain->root) && chain_load(folder, "middle", &chain->middle) &&
        chain_load(folder, "encryption", &chain->encryption))
        return chain;
    unionpay_chain_free(chain);
    chain = unionpay_chain_make(sha1);
    text_printf(&roots, "%s%s", chain->root.pem, chain->middle.pem);
    mkdir(folder, 0700);
    if (chain_save(folder, "root", &chain->root) && chain_save(folder, "middle", &chain->middle) &&
        chain_save(folder, "encryption", &chain->encryption) &&
        chain_write(roots_path, roots.bytes))
        return chain;
    fprintf(stderr, "fenqi-sandbox: cannot write into %s\n", folder);
    unionpay_chain_free(chain);
    return NULL;
}

/* ---- what else certificates are asked for --------------------------------------------------- */

char *unionpay_serial(const char *pem)
{
    X509 *cert = chain_read(pem);
    char *serial = cert != NULL ? chain_serial(cert) : NULL;
    X509_free(cert);
    return serial;
}

char *unionpay_encrypt(EVP_PKEY *public_key, const char *clear)
{
    unsigned char sealed[1024];
    size_t size = sizeof(sealed);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(public_key, NULL);
    if (EVP_PKEY_encrypt_init(context) != 1 ||
        EVP_PKEY_encrypt(context, sealed, &size, (const unsigned char *)clear, strlen(clear)) != 1)
        abort();
    EVP_PKEY_CTX_free(context);
    return base64_encode(sealed, size);
}

char *unionpay_decrypt(EVP_PKEY *private_key, const char *base64)
{
    unsigned char clear[1024];
    size_t sealed_size = 0;
    size_t size = sizeof(clear);
    struct text text = { 0 };
    unsigned char *sealed = base64_decode(base64, &sealed_size);
    if (sealed == NULL)
        return NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(private_key, NULL);
    bool opened = EVP_PKEY_decrypt_init(context) == 1 &&
                  EVP_PKEY_decrypt(context, clear, &size, sealed, sealed_size) == 1 &&
                  memchr(clear, '\0', size) == NULL;
    EVP_PKEY_CTX_free(context);
    free(sealed);
    if (!opened)
        return NULL;
    text_add_bytes(&text, (const char *)clear, size);
    return text_take(&text);
}
