/* SPDX-License-Identifier: Apache-2.0 */
/* Compares, cuts and reads slices of bytes. */
#include "daemon/base/str.h"

#include <string.h>

#include "daemon/base/mem.h"

struct fq_str fq_str_of(const char *text)
{
    return (struct fq_str){ text, text != NULL ? strlen(text) : 0 };
}

bool fq_str_equal(struct fq_str a, struct fq_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool fq_str_equal_secret(struct fq_str a, struct fq_str b)
{
    if (a.len != b.len)
        return false;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < a.len; i++)
        difference = (unsigned char)(difference | (a.ptr[i] ^ b.ptr[i]));
    return difference == 0;
}

bool fq_str_starts(struct fq_str s, struct fq_str prefix)
{
    return s.len >= prefix.len && fq_str_equal(fq_str_sub(s, 0, prefix.len), prefix);
}

bool fq_str_ends(struct fq_str s, struct fq_str suffix)
{
    return s.len >= suffix.len &&
           fq_str_equal(fq_str_sub(s, s.len - suffix.len, suffix.len), suffix);
}

int fq_str_compare(struct fq_str a, struct fq_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int r = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;
    if (r != 0)
        return r;
    return (a.len > b.len) - (a.len < b.len);
}

bool fq_str_cut(struct fq_str s, char separator, struct fq_str *ret_head, struct fq_str *ret_tail)
{
    const char *at = s.len > 0 ? memchr(s.ptr, separator, s.len) : NULL;
    if (at == NULL) {
        *ret_head = s;
        *ret_tail = (struct fq_str){ NULL, 0 };
        return false;
    }
    size_t head = (size_t)(at - s.ptr);
    *ret_head = (struct fq_str){ s.ptr, head };
    *ret_tail = (struct fq_str){ at + 1, s.len - head - 1 };
    return true;
}

struct fq_str fq_str_sub(struct fq_str s, size_t from, size_t len)
{
    if (s.ptr == NULL)
        return (struct fq_str){ NULL, 0 };
    if (from > s.len)
        from = s.len;
    if (len > s.len - from)
        len = s.len - from;
    return (struct fq_str){ s.ptr + from, len };
}

bool fq_str_is_word(struct fq_str s, const char *also)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alphanumeric && (c == '\0' || also == NULL || strchr(also, c) == NULL))
            return false;
    }
    return s.len > 0;
}

/* The length of the well-formed sequence at `p`, or 0. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char first_min, first_max, second_min, second_max;
        size_t len;
    } rows[] = {
        { 0x01, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    size_t row = 0;
    while (row < fq_array_size(rows) && p[0] > rows[row].first_max)
        row++;
    if (row == fq_array_size(rows) || p[0] < rows[row].first_min || rows[row].len > left)
        return 0;
    if (rows[row].len > 1 && (p[1] < rows[row].second_min || p[1] > rows[row].second_max))
        return 0;
    for (size_t k = 2; k < rows[row].len; k++) {
        if (p[k] < 0x80 || p[k] > 0xbf)
            return 0;
    }
    return rows[row].len;
}

bool fq_str_is_utf8(struct fq_str s)
{
    const unsigned char *bytes = (const unsigned char *)s.ptr;
    for (size_t i = 0; i < s.len;) {
        size_t len = utf8_sequence(bytes + i, s.len - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

bool fq_str_is_line(struct fq_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
    }
    return true;
}

int fq_str_to_int64(struct fq_str s, int64_t min, int64_t max, int64_t *ret)
{
    bool negative = min < 0 && s.len > 0 && s.ptr[0] == '-';
    struct fq_str digits = negative ? fq_str_sub(s, 1, s.len) : s;
    if (digits.len == 0 || (digits.len > 1 && digits.ptr[0] == '0'))
        return FQ_STR_E_NOT_A_NUMBER;
    int64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        if (c < '0' || c > '9')
            return FQ_STR_E_NOT_A_NUMBER;
        int64_t digit = negative ? -(int64_t)(c - '0') : (int64_t)(c - '0');
        if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return FQ_STR_E_RANGE;
    }
    if (value < min || value > max)
        return FQ_STR_E_RANGE;
    *ret = value;
    return 0;
}

void fq_hex(const void *bytes, size_t size, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    for (size_t i = 0; i < size; i++) {
        ret[2 * i] = digits[p[i] >> 4];
        ret[2 * i + 1] = digits[p[i] & 15];
    }
    ret[2 * size] = '\0';
}
