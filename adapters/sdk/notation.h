/* SPDX-License-Identifier: Apache-2.0 */
/* Shorthands over the builder, each giving a whole text; lists of words; what two texts differ in.
 */
#ifndef FQ_SDK_NOTATION_H
#define FQ_SDK_NOTATION_H

#include "adapters/sdk/text.h"

/* Each false only if out of memory, or if there is no such time. */
bool fq_notation_hex(const struct fq_host *host, struct fq_str bytes, struct fq_str *ret);
bool fq_notation_base64(const struct fq_host *host, struct fq_str bytes, struct fq_str *ret);
bool fq_notation_beijing(const struct fq_host *host, int64_t unix_ms, struct fq_str *ret);
bool fq_notation_beijing_compact(const struct fq_host *host, int64_t unix_ms, struct fq_str *ret);

/* A copy with a NUL behind it, for the host's key names; NULL if out of memory. */
const char *fq_notation_name(const struct fq_host *host, struct fq_str s);

/* "40004/ACQ.SYSTEM_ERROR", or the code alone; each part cut to 63 bytes. */
struct fq_str fq_notation_code(const struct fq_host *host, struct fq_str code,
                               struct fq_str sub_code);

/* Undoes &amp; &lt; &gt; &quot; &apos; and &#39;, once; other text stays as it is. */
bool fq_notation_from_html(const struct fq_host *host, struct fq_str s, struct fq_str *ret);

/* True if `word` is one of `list`, words with single spaces between them; letters in any case. One
 * that ends in '*' stands for all that begin so. */
bool fq_slice_is_listed(struct fq_str word, const char *list);

/* The part of `s` from the first `needle` on; false if there is none. */
bool fq_slice_find(struct fq_str s, struct fq_str needle, struct fq_str *ret);

/* `len` digits of lower-case hex. */
bool fq_slice_is_hex(struct fq_str s, size_t len);

/* True if `s` holds one of the bytes of `set`, or a NUL. */
bool fq_slice_has_any(struct fq_str s, const char *set);

/* `front`, and where `theirs`, which may go on behind its end, differs from `ours`, and nothing of
 * what they say: "first difference at byte 123 of 456, sha256 <of ours>", or "no difference, so it
 * is the key: 456 bytes, sha256 <of ours>". False: out of memory. */
bool fq_notation_difference(const struct fq_host *host, const char *front, struct fq_str ours,
                            struct fq_str theirs, struct fq_str *ret);

#endif
