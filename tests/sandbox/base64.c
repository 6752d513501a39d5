/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as one line of base64, and back. */
#include "tests/sandbox/base64.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/sandbox/text.h"

char *base64_encode(const void *bytes, size_t size)
{
    char *base64 = text_alloc((size + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)base64, bytes, (int)size);
    return base64;
}

unsigned char *base64_decode(const char *base64, size_t *ret_size)
{
    static const char ALPHABET[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = strlen(base64);
    size_t n_digits = strspn(base64, ALPHABET);
    size_t n_padding = strspn(base64 + n_digits, "=");
    if (size == 0 || size % 4 != 0 || n_padding > 2 || n_digits + n_padding != size)
        return NULL;
    unsigned char *bytes = text_alloc(size / 4 * 3 + 1);
    if (EVP_DecodeBlock(bytes, (const unsigned char *)base64, (int)size) < 0) {
        free(bytes);
        return NULL;
    }
    *ret_size = size / 4 * 3 - n_padding;
    bytes[*ret_size] = '\0';
    return bytes;
}
