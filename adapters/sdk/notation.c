/* SPDX-License-Identifier: Apache-2.0 */
/* Whole texts in the notations of platforms, and comparisons of texts. */
#include "adapters/sdk/notation.h"

#include <string.h>

bool fq_notation_hex(const struct fq_host *host, struct fq_str bytes, struct fq_str *ret)
{
    static const char digits[] = "0123456789abcdef";
    struct fq_text text;
    fq_text_init(&text, host, 2 * bytes.len + 1);
    for (size_t i = 0; i < bytes.len; i++) {
        fq_text_add_char(&text, digits[(unsigned char)bytes.ptr[i] >> 4]);
        fq_text_add_char(&text, digits[(unsigned char)bytes.ptr[i] & 0xF]);
    }
    return fq_text_finish(&text, ret);
}

bool fq_notation_base64(const struct fq_host *host, struct fq_str bytes, struct fq_str *ret)
{
    struct fq_text text;
    fq_text_init(&text, host, bytes.len / 3 * 4 + 4);
    fq_text_add_base64(&text, bytes);
    return fq_text_finish(&text, ret);
}

bool fq_notation_beijing(const struct fq_host *host, int64_t unix_ms, struct fq_str *ret)
{
    struct fq_text text;
    fq_text_init(&text, host, sizeof("yyyy-mm-dd HH:MM:SS"));
    fq_text_add_beijing(&text, unix_ms);
    return fq_text_finish(&text, ret);
}

bool fq_notation_beijing_compact(const struct fq_host *host, int64_t unix_ms, struct fq_str *ret)
{
    struct fq_text text;
    fq_text_init(&text, host, sizeof("yyyymmddHHMMSS"));
    fq_text_add_beijing_compact(&text, unix_ms);
    return fq_text_finish(&text, ret);
}

const char *fq_notation_name(const struct fq_host *host, struct fq_str s)
{
    char *copy = host->alloc(host, s.len + 1);
    if (copy != NULL && s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

struct fq_str fq_notation_code(const struct fq_host *host, struct fq_str code,
                               struct fq_str sub_code)
{
    const size_t part_max = 63;
    struct fq_str joined = { NULL, 0 };
    struct fq_text text;
    fq_text_init(&text, host, 2 * part_max + 1);
    fq_text_add(&text, fq_slice_clip(code, part_max));
    fq_text_add_of(&text, sub_code.len > 0 ? "/" : "");
    fq_text_add(&text, fq_slice_clip(sub_code, part_max));
    fq_text_finish(&text, &joined);
    return joined;
}

/* ---- HTML ---- */

/* Adds what `s` begins with, one character or one reference; returns how much of `s` it was. */
static size_t notation_add_reference(struct fq_text *text, struct fq_str s)
{
    static const struct {
        struct fq_str reference;
        char character;
    } references[] = {
        { fq_slice("&amp;"), '&' },  { fq_slice("&lt;"), '<' },    { fq_slice("&gt;"), '>' },
        { fq_slice("&quot;"), '"' }, { fq_slice("&apos;"), '\'' }, { fq_slice("&#39;"), '\'' },
    };

    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
        if (!fq_slice_starts(s, references[i].reference))
            continue;
        fq_text_add_char(text, references[i].character);
        return references[i].reference.len;
    }
    fq_text_add_char(text, s.ptr[0]);
    return 1;
}

bool fq_notation_from_html(const struct fq_host *host, struct fq_str s, struct fq_str *ret)
{
    struct fq_text text;
    fq_text_init(&text, host, s.len + 1);
    for (size_t i = 0; i < s.len;)
        i += notation_add_reference(&text, (struct fq_str){ s.ptr + i, s.len - i });
    return fq_text_finish(&text, ret);
}

/* ---- comparing ---- */

bool fq_slice_is_listed(struct fq_str word, const char *list)
{
    struct fq_str entry, rest = fq_slice_of(list);
    while (rest.len > 0) {
        fq_slice_cut(rest, ' ', &entry, &rest);
        struct fq_str compared = word;
        if (entry.len > 0 && entry.ptr[entry.len - 1] == '*' && word.len >= entry.len - 1)
            compared.len = --entry.len;
        if (entry.len > 0 && fq_slice_equal_any_case(compared, entry))
            return true;
    }
    return false;
}

bool fq_slice_find(struct fq_str s, struct fq_str needle, struct fq_str *ret)
{
    const char *found =
        s.len > 0 && needle.len > 0 ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
    if (found == NULL)
        return false;
    *ret = (struct fq_str){ found, s.len - (size_t)(found - s.ptr) };
    return true;
}

bool fq_slice_is_hex(struct fq_str s, size_t len)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.ptr[i] < '0' || s.ptr[i] > '9') && (s.ptr[i] < 'a' || s.ptr[i] > 'f'))
            return false;
    return s.len == len;
}

bool fq_slice_has_any(struct fq_str s, const char *set)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\0' || strchr(set, s.ptr[i]) != NULL)
            return true;
    return false;
}

bool fq_notation_difference(const struct fq_host *host, const char *front, struct fq_str ours,
                            struct fq_str theirs, struct fq_str *ret)
{
    struct fq_str digest, hex;
    struct fq_text text;
    size_t at = 0;
    if (host->digest(host, FQ_DIGEST_SHA256, ours, &digest) != 0 ||
        !fq_notation_hex(host, digest, &hex))
        return false;
    while (at < ours.len && at < theirs.len && ours.ptr[at] == theirs.ptr[at])
        at++;
    fq_text_init(&text, host, strlen(front) + 96 + hex.len);
    fq_text_add_of(&text, front);
    fq_text_add_of(&text, at == ours.len ? "no difference, so it is the key: "
                                         : "first difference at byte ");
    if (at < ours.len) {
        fq_text_add_number(&text, (int64_t)at);
        fq_text_add_of(&text, " of ");
    }
    fq_text_add_number(&text, (int64_t)ours.len);
    fq_text_add_of(&text, at == ours.len ? " bytes, sha256 " : ", sha256 ");
    fq_text_add(&text, hex);
    return fq_text_finish(&text, ret);
}
