/* SPDX-License-Identifier: Apache-2.0 */
/* Text for adapters: slices, a bounded builder over host->alloc, and the few notations that
 * platforms use: decimal amounts, base64, Beijing time. */
#ifndef FQ_SDK_TEXT_H
#define FQ_SDK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/sdk/fenqi_adapter.h"

/* ---- slices ---- */

#define fq_slice(literal) ((struct fq_str){ (literal), sizeof(literal) - 1 })
struct fq_str fq_slice_of(const char *text); /* NULL: absent */

bool fq_slice_equal(struct fq_str a, struct fq_str b);
bool fq_slice_equal_any_case(struct fq_str a, struct fq_str b); /* of ASCII letters */
bool fq_slice_starts(struct fq_str s, struct fq_str prefix);
int fq_slice_compare(struct fq_str a, struct fq_str b); /* by bytes, shorter first */

/* Cuts `s` at the first `separator`; false, with all of `s` in *ret_head, if there is none. */
bool fq_slice_cut(struct fq_str s, char separator, struct fq_str *ret_head,
                  struct fq_str *ret_tail);

/* 1..len_max bytes, each of [0-9A-Za-z]; each of [0-9]. */
bool fq_slice_is_word(struct fq_str s, size_t len_max);
bool fq_slice_is_digits(struct fq_str s, size_t len_max);

/* Strict: digits only, no leading zeros beyond a lone 0, at most `max`. */
bool fq_slice_to_number(struct fq_str s, int64_t max, int64_t *ret);

/* "name=value", e.g. a verdict's proof; absent if out of memory. */
struct fq_str fq_slice_assign(const struct fq_host *host, const char *name, struct fq_str value);

/* True if it is UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool fq_slice_is_utf8(struct fq_str s);

/* The longest beginning of UTF-8 text that fits and cuts no character. */
struct fq_str fq_slice_clip(struct fq_str s, size_t len_max);

/* ---- the builder: its first failure sticks and is checked once, at the end ---- */

struct fq_text {
    char *bytes;
    size_t len;
    size_t size_max;
    bool failed;
};

/* Takes `size_max` bytes from the host at once; adding beyond them fails. */
void fq_text_init(struct fq_text *text, const struct fq_host *host, size_t size_max);
void fq_text_add(struct fq_text *text, struct fq_str s);
void fq_text_add_of(struct fq_text *text, const char *s);
void fq_text_add_char(struct fq_text *text, char c);
void fq_text_add_number(struct fq_text *text, int64_t number);
bool fq_text_finish(const struct fq_text *text, struct fq_str *ret); /* false: a step failed */

/* ---- notations ---- */

/* 123456 with exponent 2 is "1234.56": always `exponent` decimals, never negative. */
void fq_text_add_decimal(struct fq_text *text, int64_t minor, uint32_t exponent);
/* The inverse, strict: digits, then at most `exponent` decimals ("1", "1.5", "1.50"); no sign, no
 * space, no leading zeros, at most 15 digits in all. */
bool fq_slice_to_minor(struct fq_str s, uint32_t exponent, int64_t *ret);

/* Standard alphabet, padded, in one line. */
void fq_text_add_base64(struct fq_text *text, struct fq_str bytes);
/* The inverse, strict: no white space, padding in full, no stray bits. */
bool fq_slice_from_base64(const struct fq_host *host, struct fq_str s, struct fq_str *ret);

/* The wall clock of Beijing, whatever the machine's zone; seconds are cut, not rounded. Fails
 * outside of the years 1970 to 9999. */
void fq_text_add_beijing(struct fq_text *text, int64_t unix_ms);         /* yyyy-mm-dd HH:MM:SS */
void fq_text_add_beijing_compact(struct fq_text *text, int64_t unix_ms); /* yyyymmddHHMMSS */

#endif
