/* SPDX-License-Identifier: Apache-2.0 */
/* RSA signatures in base64, as the platforms exchange them. */
#include "tests/sandbox/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "tests/sandbox/text.h"

/* The file as PEM text: bare base64 gets its label. */
static BIO *key_open(const char *path, const char *label)
{
    char bytes[16384];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    size_t size = fread(bytes, 1, sizeof(bytes) - 1, file);
    fclose(file);
    bytes[size] = '\0';
    BIO *bio = BIO_new(BIO_s_mem());
    if (strstr(bytes, "-----BEGIN") != NULL) {
        BIO_puts(bio, bytes);
    } else {
        BIO_printf(bio, "-----BEGIN %s-----\n", label);
        size_t column = 0;
        for (size_t i = 0; i < size; i++) {
            if (strchr(" \t\r\n", bytes[i]) != NULL)
                continue;
            BIO_write(bio, &bytes[i], 1);
            if (++column % 64 == 0)
                BIO_puts(bio, "\n");
        }
        BIO_printf(bio, "\n-----END %s-----\n", label);
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return bio;
}

EVP_PKEY *key_read_private(const char *path)
{
    BIO *bio = key_open(path, "PRIVATE KEY");
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return key;
}

EVP_PKEY *key_read_public(const char *path)
{
    BIO *bio = key_open(path, "PUBLIC KEY");
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return key;
}

EVP_PKEY *key_generate(void)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    if (key == NULL)
        abort();
    return key;
}

static const EVP_MD *key_digest(enum key_scheme scheme)
{
    return scheme == KEY_RSA2 ? EVP_sha256() : EVP_sha1();
}

char *key_sign(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size)
{
    unsigned char signature[1024];
    size_t signature_size = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (EVP_DigestSignInit(context, NULL, key_digest(scheme), NULL, key) != 1 ||
        EVP_DigestSign(context, signature, &signature_size, (const unsigned char *)bytes, size) !=
            1)
        abort();
    EVP_MD_CTX_free(context);
    char *base64 = text_alloc(signature_size * 2);
    EVP_EncodeBlock((unsigned char *)base64, signature, (int)signature_size);
    return base64;
}

/* Strict: full groups, '=' at the end alone. False for anything else. */
static bool key_decode(const char *base64, unsigned char *ret, size_t room, size_t *ret_size)
{
    static const char ALPHABET[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = strlen(base64);
    size_t n_digits = strspn(base64, ALPHABET);
    size_t n_padding = strspn(base64 + n_digits, "=");
    if (size == 0 || size % 4 != 0 || n_padding > 2 || n_digits + n_padding != size ||
        size / 4 * 3 > room)
        return false;
    if (EVP_DecodeBlock(ret, (const unsigned char *)base64, (int)size) < 0)
        return false;
    *ret_size = size / 4 * 3 - n_padding;
    return true;
}

bool key_verify(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size,
                const char *base64)
{
    unsigned char signature[1024];
    size_t signature_size;
    if (!key_decode(base64, signature, sizeof(signature), &signature_size))
        return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool verified = EVP_DigestVerifyInit(context, NULL, key_digest(scheme), NULL, key) == 1 &&
                    EVP_DigestVerify(context, signature, signature_size,
                                     (const unsigned char *)bytes, size) == 1;
    EVP_MD_CTX_free(context);
    return verified;
}
