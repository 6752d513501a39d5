/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads facts. */
#include "daemon/core/fact.h"

#include <string.h>

static bool fact_is_plain(char c)
{
    return c != '%' && (unsigned char)c >= 0x20 && c != 0x7f;
}

bool fq_fact_is_name(struct fq_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z')
            return false;
    }
    return fq_str_is_word(name, "_.");
}

size_t fq_fact_size(const struct fq_pair *fact)
{
    size_t size = fact->name.len + fact->value.len + 2;
    for (size_t i = 0; i < fact->value.len; i++)
        size += fact_is_plain(fact->value.ptr[i]) ? 0 : 2;
    return size;
}

static void fact_add_slice(struct fq_buf *buf, struct fq_str name, struct fq_str value)
{
    fq_buf_add(buf, name);
    fq_buf_add_char(buf, '=');
    size_t from = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (fact_is_plain(value.ptr[i]))
            continue;
        fq_buf_add(buf, fq_str_sub(value, from, i - from));
        fq_buf_printf(buf, "%%%02X", (unsigned)(unsigned char)value.ptr[i]);
        from = i + 1;
    }
    fq_buf_add(buf, fq_str_sub(value, from, value.len));
    fq_buf_add_char(buf, '\n');
}

void fq_fact_add(struct fq_buf *buf, const char *name, struct fq_str value)
{
    fact_add_slice(buf, fq_str_of(name), value);
}

void fq_fact_add_text(struct fq_buf *buf, const char *name, const char *value)
{
    fq_fact_add(buf, name, fq_str_of(value));
}

void fq_fact_add_int(struct fq_buf *buf, const char *name, int64_t value)
{
    fq_buf_add(buf, fq_str_of(name));
    fq_buf_add_char(buf, '=');
    fq_buf_add_int(buf, value);
    fq_buf_add_char(buf, '\n');
}

void fq_fact_add_hex(struct fq_buf *buf, const char *name, const void *bytes, size_t size)
{
    char text[2 * 64 + 1];
    fq_hex(bytes, size < 64 ? size : 64, text);
    fq_fact_add_text(buf, name, text);
}

static int fact_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The character at the beginning of `text`, plain or as %XX; how many bytes it took, 0: malformed.
 */
static size_t fact_read_char(struct fq_str text, char *ret)
{
    *ret = text.ptr[0];
    if (*ret != '%')
        return fact_is_plain(*ret) ? 1 : 0;
    int high = text.len > 2 ? fact_hex_digit(text.ptr[1]) : -1;
    int low = text.len > 2 ? fact_hex_digit(text.ptr[2]) : -1;
    *ret = (char)(high * 16 + low);
    return high >= 0 && low >= 0 && !fact_is_plain(*ret) ? 3 : 0;
}

static bool fact_is_all_plain(struct fq_str text)
{
    size_t n = 0;
    while (n < text.len && fact_is_plain(text.ptr[n]))
        n++;
    return n == text.len;
}

static int fact_read_value(struct fq_str text, struct fq_arena *arena, struct fq_str *ret)
{
    if (fact_is_all_plain(text)) {
        *ret = text.len > 0 ? text : fq_lit("");
        return 0;
    }
    char *value = fq_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (value == NULL)
        return FQ_FACT_E_MALFORMED;
    while (text.len > 0) {
        size_t taken = fact_read_char(text, &value[len++]);
        if (taken == 0)
            return FQ_FACT_E_MALFORMED;
        text = fq_str_sub(text, taken, text.len);
    }
    *ret = (struct fq_str){ value, len };
    return 0;
}

int fq_facts_read(struct fq_str text, struct fq_arena *arena, struct fq_pairs *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    struct fq_pair *items = fq_arena_array(arena, n, sizeof(*items));
    if (items == NULL)
        return FQ_FACT_E_MALFORMED;
    for (size_t i = 0; i < n; i++) {
        struct fq_str line, value;
        if (!fq_str_cut(text, '\n', &line, &text) ||
            !fq_str_cut(line, '=', &items[i].name, &value) || !fq_fact_is_name(items[i].name) ||
            fact_read_value(value, arena, &items[i].value) != 0)
            return FQ_FACT_E_MALFORMED;
    }
    if (text.len > 0)
        return FQ_FACT_E_MALFORMED;
    *ret = (struct fq_pairs){ items, n };
    return 0;
}

int fq_facts_write(struct fq_pairs pairs, struct fq_arena *arena, size_t size_max,
                   struct fq_str *ret)
{
    struct fq_buf buf;
    fq_buf_init(&buf, arena, size_max);
    for (size_t i = 0; i < pairs.n_items; i++) {
        if (!fq_fact_is_name(pairs.items[i].name))
            return FQ_FACT_E_MALFORMED;
        fact_add_slice(&buf, pairs.items[i].name, pairs.items[i].value);
    }
    return fq_buf_finish(&buf, ret) == 0 ? 0 : FQ_FACT_E_MALFORMED;
}

struct fq_str fq_facts_get(struct fq_pairs facts, const char *name)
{
    for (size_t i = 0; i < facts.n_items; i++) {
        if (fq_str_equal(facts.items[i].name, fq_str_of(name)))
            return facts.items[i].value;
    }
    return (struct fq_str){ NULL, 0 };
}

int fq_facts_get_int(struct fq_pairs facts, const char *name, int64_t min, int64_t max,
                     int64_t *ret)
{
    struct fq_str value = fq_facts_get(facts, name);
    if (value.ptr == NULL)
        return FQ_FACT_E_ABSENT;
    return fq_str_to_int64(value, min, max, ret) == 0 ? 0 : FQ_FACT_E_MALFORMED;
}

int fq_facts_get_hex(struct fq_pairs facts, const char *name, void *ret, size_t size)
{
    static const char digits[16] = "0123456789abcdef"; /* no NUL */
    unsigned char bytes[64];
    struct fq_str value = fq_facts_get(facts, name);
    if (value.ptr == NULL)
        return FQ_FACT_E_ABSENT;
    if (size > sizeof(bytes) || value.len != 2 * size)
        return FQ_FACT_E_MALFORMED;
    for (size_t i = 0; i < size; i++) {
        const char *high = memchr(digits, value.ptr[2 * i], sizeof(digits));
        const char *low = memchr(digits, value.ptr[2 * i + 1], sizeof(digits));
        if (high == NULL || low == NULL)
            return FQ_FACT_E_MALFORMED;
        bytes[i] = (unsigned char)((high - digits) * 16 + (low - digits));
    }
    memcpy(ret, bytes, size);
    return 0;
}
