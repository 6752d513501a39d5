/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as one line of base64, and back. */
#ifndef SANDBOX_BASE64_H
#define SANDBOX_BASE64_H

#include <stddef.h>

/* The caller's to free. */
char *base64_encode(const void *bytes, size_t size);

/* Strict: full groups, '=' at the end alone. NULL for anything else; else the caller's to free,
 * with a NUL behind. */
unsigned char *base64_decode(const char *base64, size_t *ret_size);

#endif
