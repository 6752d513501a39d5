/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates in PEM: the serials by which the platform names them, and their keys. */
#include "tests/sandbox/cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/sandbox/text.h"

static X509 *cert_read(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return cert;
}

/* "CN=...,OU=...,O=...,C=..." and the serial as a decimal number, one behind the other. */
static char *cert_sn_text(const X509 *cert)
{
    char *bytes;
    struct text text = { 0 };
    BIO *bio = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(bio, X509_get_issuer_name(cert), 0,
                       XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    long size = BIO_get_mem_data(bio, &bytes);
    text_add_bytes(&text, bytes, (size_t)size);
    BIO_free(bio);
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    char *decimal = BN_bn2dec(serial);
    text_add(&text, decimal);
    OPENSSL_free(decimal);
    BN_free(serial);
    return text_take(&text);
}

static void cert_sn_of(const X509 *cert, char ret[CERT_SN_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    STRING_CLEANUP text = cert_sn_text(cert);
    if (EVP_Digest(text, strlen(text), hash, NULL, EVP_md5(), NULL) != 1)
        abort();
    for (size_t i = 0; i < 16; i++)
        snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

bool cert_sn(const char *pem, char ret[CERT_SN_SIZE])
{
    X509 *cert = cert_read(pem);
    if (cert == NULL)
        return false;
    cert_sn_of(cert, ret);
    X509_free(cert);
    return true;
}

static bool cert_is_signed_with_rsa(const X509 *cert)
{
    static const char RSA_FAMILY[] = "1.2.840.113549.1.1.";
    char oid[80] = "";
    OBJ_obj2txt(oid, sizeof(oid), OBJ_nid2obj(X509_get_signature_nid(cert)), 1);
    return strncmp(oid, RSA_FAMILY, sizeof(RSA_FAMILY) - 1) == 0;
}

char *cert_root_sn(const char *pem)
{
    char *name;
    char *header;
    unsigned char *bytes;
    long size;
    struct text joined = { 0 };
    BIO *bio = BIO_new_mem_buf(pem, -1);
    while (PEM_read_bio(bio, &name, &header, &bytes, &size) == 1) {
        char sn[CERT_SN_SIZE];
        const unsigned char *at = bytes;
        X509 *cert = d2i_X509(NULL, &at, size);
        if (cert != NULL && cert_is_signed_with_rsa(cert)) {
            cert_sn_of(cert, sn);
            text_printf(&joined, "%s%s", joined.size > 0 ? "_" : "", sn);
        }
        X509_free(cert);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(bytes);
    }
    BIO_free(bio);
    return text_take(&joined);
}

EVP_PKEY *cert_public_key(const char *pem)
{
    X509 *cert = cert_read(pem);
    EVP_PKEY *key = cert != NULL ? X509_get_pubkey(cert) : NULL;
    X509_free(cert);
    return key;
}

bool cert_fits(const char *pem, EVP_PKEY *private_key)
{
    X509 *cert = cert_read(pem);
    bool fits = cert != NULL && X509_check_private_key(cert, private_key) == 1;
    X509_free(cert);
    return fits;
}

bool cert_is_valid_at(const char *pem, int64_t unix_ms)
{
    time_t at = (time_t)(unix_ms / 1000);
    X509 *cert = cert_read(pem);
    bool valid = cert != NULL && X509_cmp_time(X509_get0_notBefore(cert), &at) < 0 &&
                 X509_cmp_time(X509_get0_notAfter(cert), &at) > 0;
    X509_free(cert);
    return valid;
}

static char *cert_write(X509 *cert)
{
    char *bytes;
    struct text text = { 0 };
    BIO *bio = BIO_new(BIO_s_mem());
    if (PEM_write_bio_X509(bio, cert) != 1)
        abort();
    long size = BIO_get_mem_data(bio, &bytes);
    text_add_bytes(&text, bytes, (size_t)size);
    BIO_free(bio);
    return text_take(&text);
}

char *cert_forge(EVP_PKEY *private_key, const char *like_pem)
{
    X509 *like = cert_read(like_pem);
    X509 *cert = X509_new();
    if (like == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(cert), 666) != 1 ||
        X509_set_issuer_name(cert, X509_get_issuer_name(like)) != 1 ||
        X509_set_subject_name(cert, X509_get_subject_name(like)) != 1 ||
        X509_set1_notBefore(cert, X509_get0_notBefore(like)) != 1 ||
        X509_set1_notAfter(cert, X509_get0_notAfter(like)) != 1 ||
        X509_set_pubkey(cert, private_key) != 1 || X509_sign(cert, private_key, EVP_sha256()) == 0)
        abort();
    char *pem = cert_write(cert);
    X509_free(like);
    X509_free(cert);
    return pem;
}
