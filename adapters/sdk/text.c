/* SPDX-License-Identifier: Apache-2.0 */
/* Slices, the bounded builder, and the notations that platforms use. */
#include "adapters/sdk/text.h"

#include <string.h>

/* ---- slices ---- */

struct fq_str fq_slice_of(const char *text)
{
    return (struct fq_str){ text, text != NULL ? strlen(text) : 0 };
}

bool fq_slice_equal(struct fq_str a, struct fq_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char slice_lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

bool fq_slice_equal_any_case(struct fq_str a, struct fq_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (slice_lower(a.ptr[i]) != slice_lower(b.ptr[i]))
            return false;
    return true;
}

bool fq_slice_starts(struct fq_str s, struct fq_str prefix)
{
    return s.len >= prefix.len && fq_slice_equal((struct fq_str){ s.ptr, prefix.len }, prefix);
}

int fq_slice_compare(struct fq_str a, struct fq_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool fq_slice_cut(struct fq_str s, char separator, struct fq_str *ret_head, struct fq_str *ret_tail)
{
    const char *found = s.len > 0 ? memchr(s.ptr, separator, s.len) : NULL;
    if (found == NULL) {
        *ret_head = s;
        *ret_tail = (struct fq_str){ NULL, 0 };
        return false;
    }
    size_t len = (size_t)(found - s.ptr);
    *ret_head = (struct fq_str){ s.ptr, len };
    *ret_tail = (struct fq_str){ found + 1, s.len - len - 1 };
    return true;
}

static bool slice_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool fq_slice_is_digits(struct fq_str s, size_t len_max)
{
    for (size_t i = 0; i < s.len; i++)
        if (!slice_is_digit(s.ptr[i]))
            return false;
    return s.len > 0 && s.len <= len_max;
}

bool fq_slice_is_word(struct fq_str s, size_t len_max)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = slice_lower(s.ptr[i]);
        if (!slice_is_digit(c) && (c < 'a' || c > 'z'))
            return false;
    }
    return s.len > 0 && s.len <= len_max;
}

bool fq_slice_to_number(struct fq_str s, int64_t max, int64_t *ret)
{
    int64_t number = 0;
    if (!fq_slice_is_digits(s, 19) || (s.len > 1 && s.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, s.ptr[i] - '0', &number))
            return false;
    if (number > max)
        return false;
    *ret = number;
    return true;
}

/* How long the character is that `s` begins with; 0 if it is none. */
static size_t slice_utf8_len(struct fq_str s)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char lead = (unsigned char)s.ptr[0];
    if (lead < 0x80)
        return 1;
    size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC0 || lead > 0xF7 || s.len < len)
        return 0;
    uint32_t character = lead & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)s.ptr[i] & 0xC0) != 0x80)
            return 0;
        character = character << 6 | ((unsigned char)s.ptr[i] & 0x3F);
    }
    bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
    return character < least[len] || character > 0x10FFFF || is_surrogate ? 0 : len;
}

bool fq_slice_is_utf8(struct fq_str s)
{
    for (size_t i = 0, len; i < s.len; i += len) {
        len = slice_utf8_len((struct fq_str){ s.ptr + i, s.len - i });
        if (len == 0)
            return false;
    }
    return true;
}

struct fq_str fq_slice_clip(struct fq_str s, size_t len_max)
{
    if (s.len <= len_max)
        return s;
    size_t len = len_max;
    while (len > 0 && ((unsigned char)s.ptr[len] & 0xC0) == 0x80)
        len--;
    return (struct fq_str){ s.ptr, len };
}

/* ---- the builder ---- */

void fq_text_init(struct fq_text *text, const struct fq_host *host, size_t size_max)
{
    *text = (struct fq_text){ .bytes = host->alloc(host, size_max), .size_max = size_max };
    text->failed = text->bytes == NULL;
}

void fq_text_add(struct fq_text *text, struct fq_str s)
{
    if (text->failed || s.len > text->size_max - text->len) {
        text->failed = true;
        return;
    }
    if (s.len > 0)
        memcpy(text->bytes + text->len, s.ptr, s.len);
    text->len += s.len;
}

void fq_text_add_of(struct fq_text *text, const char *s)
{
    fq_text_add(text, fq_slice_of(s));
}

void fq_text_add_char(struct fq_text *text, char c)
{
    fq_text_add(text, (struct fq_str){ &c, 1 });
}

/* Decimal digits of a number that is not negative, zeros in front up to `width`. */
static void text_add_digits(struct fq_text *text, uint64_t number, size_t width)
{
    char digits[20];
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (sizeof(digits) - first < width && first > 0)
        digits[--first] = '0';
    fq_text_add(text, (struct fq_str){ digits + first, sizeof(digits) - first });
}

void fq_text_add_number(struct fq_text *text, int64_t number)
{
    if (number < 0)
        fq_text_add_char(text, '-');
    text_add_digits(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 1);
}

bool fq_text_finish(const struct fq_text *text, struct fq_str *ret)
{
    if (text->failed)
        return false;
    *ret = (struct fq_str){ text->bytes, text->len };
    return true;
}

struct fq_str fq_slice_assign(const struct fq_host *host, const char *name, struct fq_str value)
{
    struct fq_text text;
    struct fq_str assigned = { NULL, 0 };
    fq_text_init(&text, host, strlen(name) + value.len + 1);
    fq_text_add_of(&text, name);
    fq_text_add_char(&text, '=');
    fq_text_add(&text, value);
    fq_text_finish(&text, &assigned);
    return assigned;
}

/* ---- amounts ---- */

#define TEXT_DIGITS_MAX 15

static uint64_t text_power_of_ten(uint32_t exponent)
{
    uint64_t power = 1;
    for (uint32_t i = 0; i < exponent; i++)
        power *= 10;
    return power;
}

void fq_text_add_decimal(struct fq_text *text, int64_t minor, uint32_t exponent)
{
    if (minor < 0 || exponent > TEXT_DIGITS_MAX) {
        text->failed = true;
        return;
    }
    uint64_t power = text_power_of_ten(exponent);
    text_add_digits(text, (uint64_t)minor / power, 1);
    if (exponent == 0)
        return;
    fq_text_add_char(text, '.');
    text_add_digits(text, (uint64_t)minor % power, exponent);
}

bool fq_slice_to_minor(struct fq_str s, uint32_t exponent, int64_t *ret)
{
    struct fq_str whole, decimals;
    int64_t minor;
    bool has_point = fq_slice_cut(s, '.', &whole, &decimals);
    if (has_point && !fq_slice_is_digits(decimals, exponent))
        return false;
    if (exponent > TEXT_DIGITS_MAX || whole.len + exponent > TEXT_DIGITS_MAX ||
        !fq_slice_to_number(whole, INT64_MAX, &minor))
        return false;
    for (size_t i = 0; i < exponent; i++)
        minor = minor * 10 + (i < decimals.len ? decimals.ptr[i] - '0' : 0);
    *ret = minor;
    return true;
}

/* ---- base64 ---- */

static const char text_base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void fq_text_add_base64(struct fq_text *text, struct fq_str bytes)
{
    const char *alphabet = text_base64_alphabet;
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3 && i + k < bytes.len; k++)
            group |= (uint32_t)(unsigned char)bytes.ptr[i + k] << (16 - 8 * k);
        for (size_t k = 0; k < 4; k++)
            fq_text_add(text, i + k <= bytes.len
                                  ? (struct fq_str){ alphabet + (group >> (18 - 6 * k) & 0x3F), 1 }
                                  : fq_slice("="));
    }
}

static int text_base64_value(char c)
{
    const char *found = c != '\0' ? strchr(text_base64_alphabet, c) : NULL;
    return found != NULL ? (int)(found - text_base64_alphabet) : -1;
}

/* One group of four characters, of which the last `n_padding` are '='. */
static bool text_base64_group(struct fq_text *text, const char *four, uint32_t n_padding)
{
    uint32_t group = 0;
    for (uint32_t i = 0; i < 4; i++) {
        int value = i < 4 - n_padding ? text_base64_value(four[i]) : 0;
        if (value < 0)
            return false;
        group = group << 6 | (uint32_t)value;
    }
    const char bytes[3] = { (char)(group >> 16), (char)(group >> 8 & 0xFF), (char)(group & 0xFF) };
    for (uint32_t i = 3 - n_padding; i < 3; i++)
        if (bytes[i] != 0)
            return false;
    fq_text_add(text, (struct fq_str){ bytes, 3 - n_padding });
    return true;
}

bool fq_slice_from_base64(const struct fq_host *host, struct fq_str s, struct fq_str *ret)
{
    struct fq_text text;
    if (s.len % 4 != 0)
        return false;
    fq_text_init(&text, host, s.len / 4 * 3 + 1);
    for (size_t i = 0; i < s.len; i += 4) {
        const char *four = s.ptr + i;
        bool is_last = i + 4 == s.len;
        uint32_t n_padding = !is_last || four[3] != '=' ? 0 : four[2] != '=' ? 1 : 2;
        if (!text_base64_group(&text, four, n_padding))
            return false;
    }
    return fq_text_finish(&text, ret);
}

/* ---- Beijing time ---- */

#define TEXT_BEIJING_OFFSET_S INT64_C(28800)
#define TEXT_DAY_S            86400
#define TEXT_YEAR_10000_S     INT64_C(253402300800)

/* Gregorian date of a day number since 1970-01-01, by eras of 400 years that begin in March. */
static void text_civil(int64_t day, uint64_t *ret_year, uint64_t *ret_month, uint64_t *ret_day)
{
    uint64_t shifted = (uint64_t)day + 719468;
    uint64_t era = shifted / 146097;
    uint64_t of_era = shifted % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153;
    *ret_day = of_year - (153 * month + 2) / 5 + 1;
    *ret_month = month < 10 ? month + 3 : month - 9;
    *ret_year = year + era * 400 + (*ret_month <= 2);
}

static void text_add_time(struct fq_text *text, int64_t unix_ms, const char *separators)
{
    int64_t seconds = unix_ms / 1000 + TEXT_BEIJING_OFFSET_S;
    if (unix_ms < 0 || seconds >= TEXT_YEAR_10000_S) {
        text->failed = true;
        return;
    }
    uint64_t of_day = (uint64_t)(seconds % TEXT_DAY_S);
    uint64_t parts[6] = { 0, 0, 0, of_day / 3600, of_day / 60 % 60, of_day % 60 };
    text_civil(seconds / TEXT_DAY_S, &parts[0], &parts[1], &parts[2]);
    for (size_t i = 0; i < 6; i++) {
        text_add_digits(text, parts[i], i == 0 ? 4 : 2);
        if (separators != NULL && i < 5)
            fq_text_add_char(text, separators[i]);
    }
}

void fq_text_add_beijing(struct fq_text *text, int64_t unix_ms)
{
    text_add_time(text, unix_ms, "-- ::");
}

void fq_text_add_beijing_compact(struct fq_text *text, int64_t unix_ms)
{
    text_add_time(text, unix_ms, NULL);
}
