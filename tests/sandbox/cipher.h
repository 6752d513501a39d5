/* SPDX-License-Identifier: Apache-2.0 */
/* Content encryption as the platform does it: AES-128-CBC, a zero IV, PKCS#7, base64. */
#ifndef SANDBOX_CIPHER_H
#define SANDBOX_CIPHER_H

#include <stdbool.h>

enum { CIPHER_KEY_SIZE = 16 };

/* False where `base64` is not a key of that size. */
bool cipher_read_key(const char *base64, unsigned char ret[CIPHER_KEY_SIZE]);

/* Base64, the caller's to free. */
char *cipher_seal(const unsigned char key[CIPHER_KEY_SIZE], const char *clear);

/* NULL where it is not base64, not of this key, or holds a NUL. */
char *cipher_open(const unsigned char key[CIPHER_KEY_SIZE], const char *sealed);

#endif
