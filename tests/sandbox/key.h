/* SPDX-License-Identifier: Apache-2.0 */
/* RSA signatures in base64, as the platforms exchange them. */
#ifndef SANDBOX_KEY_H
#define SANDBOX_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

enum key_scheme {
    KEY_RSA2, /* SHA-256 with RSA, PKCS#1 v1.5 */
    KEY_RSA,  /* SHA-1: what a downgrade uses */
};

/* From a file that holds PEM or, as the platform's own tools write it, bare base64. NULL:
 * unreadable. */
EVP_PKEY *key_read_private(const char *path);
EVP_PKEY *key_read_public(const char *path);

/* A key that nobody knows. */
EVP_PKEY *key_generate(void);

/* One line of base64, the caller's to free. */
char *key_sign(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size);
bool key_verify(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size,
                const char *base64);

#endif
