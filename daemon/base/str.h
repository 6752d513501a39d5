/* SPDX-License-Identifier: Apache-2.0 */
/* Slices of bytes: comparing, cutting, and reading numbers from them strictly. */
#ifndef FQ_BASE_STR_H
#define FQ_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/sdk/fenqi_adapter.h" /* struct fq_str: one slice type on both sides of the border */

/* A slice of a string literal, and of a NUL-terminated string (NULL: absent). */
#define fq_lit(literal) ((struct fq_str){ (literal), sizeof(literal) - 1 })
struct fq_str fq_str_of(const char *text);

/* printf("%.*s", FQ_STR_ARG(s)) */
#define fq_str_arg(s) (int)(s).len, (s).ptr != NULL ? (s).ptr : ""

static inline bool fq_str_is_empty(struct fq_str s)
{
    return s.len == 0;
}

bool fq_str_equal(struct fq_str a, struct fq_str b);
/* The time it takes tells only the lengths. For MACs, tokens, secrets. */
bool fq_str_equal_secret(struct fq_str a, struct fq_str b);
bool fq_str_starts(struct fq_str s, struct fq_str prefix);
bool fq_str_ends(struct fq_str s, struct fq_str suffix);
int fq_str_compare(struct fq_str a, struct fq_str b); /* by bytes, shorter first */

/* Cuts `s` at the first `separator`: *ret_head before it, *ret_tail behind it. False (and all of
 * `s` in *ret_head, nothing in *ret_tail) if there is none. */
bool fq_str_cut(struct fq_str s, char separator, struct fq_str *ret_head, struct fq_str *ret_tail);

struct fq_str fq_str_sub(struct fq_str s, size_t from, size_t len); /* clipped to s */

/* Every byte is one of [0-9A-Za-z] or of `also` (may be NULL); false for empty. */
bool fq_str_is_word(struct fq_str s, const char *also);

/* Well-formed UTF-8 without NUL (Unicode 15, table 3-7). */
bool fq_str_is_utf8(struct fq_str s);

/* Without NUL, line breaks and the other control characters of ASCII; true for empty. */
bool fq_str_is_line(struct fq_str s);

/* Strict numbers: digits only (a leading '-' where min < 0), no spaces, no '+', no leading zeros
 * beyond a lone 0; within [min, max]. */
enum {
    FQ_STR_E_NOT_A_NUMBER = 1,
    FQ_STR_E_RANGE,
};

int fq_str_to_int64(struct fq_str s, int64_t min, int64_t max, int64_t *ret);

/* Lower-case hexadecimal text of bytes: 2 * size characters and a NUL into `ret`. */
void fq_hex(const void *bytes, size_t size, char *ret);

#endif
