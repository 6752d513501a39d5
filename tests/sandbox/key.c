/* SPDX-License-Identifier: Apache-2.0 */
/* RSA signatures in base64, as the platforms exchange them. */
#include "tests/sandbox/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "tests/sandbox/base64.h"

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
    return base64_encode(signature, signature_size);
}

bool key_verify(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size,
                const char *base64)
{
    size_t signature_size;
    unsigned char *signature = base64_decode(base64, &signature_size);
    if (signature == NULL)
        return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool verified = EVP_DigestVerifyInit(context, NULL, key_digest(scheme), NULL, key) == 1 &&
                    EVP_DigestVerify(context, signature, signature_size,
                                     (const unsigned char *)bytes, size) == 1;
    EVP_MD_CTX_free(context);
    free(signature);
    return verified;
}
