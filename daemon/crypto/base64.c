/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, strictly: one text for one value. */
#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/material.h"

struct fq_str fq_base64_encode(struct fq_str bytes, struct fq_arena *arena)
{
    if (bytes.len > INT_MAX / 2)
        return (struct fq_str){ NULL, 0 };
    unsigned char *text = fq_arena_alloc(arena, (bytes.len + 2) / 3 * 4 + 1);
    if (text == NULL)
        return (struct fq_str){ NULL, 0 };
    int len = EVP_EncodeBlock(text, (const unsigned char *)bytes.ptr, (int)bytes.len);
    return (struct fq_str){ (const char *)text, (size_t)len };
}

/* The six bits of a digit, or -1. */
static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

static bool base64_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A last group of 2 or 3 digits is filled up with '=', and the bits that it does not use are zero:
 * otherwise many texts would mean one value. */
static bool base64_ends_well(size_t n_digits, size_t n_padding, uint32_t bits)
{
    static const uint32_t unused[4] = { 0, 0, 15, 3 };
    size_t last = n_digits % 4;
    return last != 1 && n_padding == (4 - last) % 4 && (bits & unused[last]) == 0;
}

int fq_base64_decode_into(struct fq_str text, bool spaces, unsigned char *ret, size_t *ret_size)
{
    uint32_t bits = 0;
    size_t n_digits = 0;
    size_t n_padding = 0;
    size_t size = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int digit = base64_digit(c);
        if (spaces && base64_is_space(c))
            continue;
        if (c == '=') {
            n_padding++;
            continue;
        }
        if (digit < 0 || n_padding > 0)
            return FQ_BASE64_E_MALFORMED;
        bits = bits << 6 | (uint32_t)digit;
        if (n_digits++ % 4 != 0)
            ret[size++] = (unsigned char)(bits >> (6 - 2 * ((n_digits - 1) % 4)));
    }
    if (!base64_ends_well(n_digits, n_padding, bits))
        return FQ_BASE64_E_MALFORMED;
    *ret_size = size;
    return 0;
}

int fq_base64_decode(struct fq_str text, bool spaces, struct fq_arena *arena, struct fq_str *ret)
{
    unsigned char *bytes = fq_arena_alloc(arena, text.len / 4 * 3 + 4);
    if (bytes == NULL)
        return FQ_FAULT(-ENOMEM, "no room for %zu bytes of base64", text.len);
    size_t size = 0;
    if (fq_base64_decode_into(text, spaces, bytes, &size) != 0)
        return FQ_BASE64_E_MALFORMED;
    *ret = (struct fq_str){ (const char *)bytes, size };
    return 0;
}
