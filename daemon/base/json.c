/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes JSON of whole numbers. */
#include "daemon/base/json.h"

#include <string.h>

#define DEPTH_MAX 16

struct json_reader {
    struct fq_str rest;
    struct fq_arena *arena;
    unsigned depth;
};

/* ---- reading ---- */

static void json_skip_space(struct json_reader *reader)
{
    size_t n = 0;
    while (n < reader->rest.len && strchr(" \t\r\n", reader->rest.ptr[n]) != NULL &&
           reader->rest.ptr[n] != '\0')
        n++;
    reader->rest = fq_str_sub(reader->rest, n, reader->rest.len);
}

static bool json_take(struct json_reader *reader, const char *word)
{
    struct fq_str prefix = fq_str_of(word);
    if (!fq_str_starts(reader->rest, prefix))
        return false;
    reader->rest = fq_str_sub(reader->rest, prefix.len, reader->rest.len);
    return true;
}

static bool json_take_hex4(struct json_reader *reader, uint32_t *ret)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    *ret = 0;
    if (reader->rest.len < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        char c = reader->rest.ptr[i];
        const char *digit = c != '\0' ? strchr(digits, c) : NULL;
        if (digit == NULL)
            return false;
        uint32_t value = (uint32_t)(digit - digits);
        *ret = *ret * 16 + (value < 16 ? value : value - 6);
    }
    reader->rest = fq_str_sub(reader->rest, 4, reader->rest.len);
    return true;
}

static void json_add_utf8(struct fq_buf *buf, uint32_t c)
{
    if (c < 0x80) {
        fq_buf_add_char(buf, (char)c);
        return;
    }
    if (c >= 0x10000) {
        fq_buf_add_char(buf, (char)(0xf0 | c >> 18));
        fq_buf_add_char(buf, (char)(0x80 | (c >> 12 & 0x3f)));
        fq_buf_add_char(buf, (char)(0x80 | (c >> 6 & 0x3f)));
    } else if (c >= 0x800) {
        fq_buf_add_char(buf, (char)(0xe0 | c >> 12));
        fq_buf_add_char(buf, (char)(0x80 | (c >> 6 & 0x3f)));
    } else {
        fq_buf_add_char(buf, (char)(0xc0 | c >> 6));
    }
    fq_buf_add_char(buf, (char)(0x80 | (c & 0x3f)));
}

/* Behind the backslash and the u. A lone half of a pair becomes bytes that are not UTF-8, which
 * json_read_text refuses. */
static bool json_read_unicode(struct json_reader *reader, struct fq_buf *buf)
{
    uint32_t c = 0, low = 0;
    if (!json_take_hex4(reader, &c))
        return false;
    if (c >= 0xd800 && c <= 0xdbff && json_take(reader, "\\u")) {
        if (!json_take_hex4(reader, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    json_add_utf8(buf, c);
    return true;
}

static bool json_read_escape(struct json_reader *reader, struct fq_buf *buf)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (json_take(reader, "u"))
        return json_read_unicode(reader, buf);
    const char *found = reader->rest.len > 0 && reader->rest.ptr[0] != '\0'
                            ? strchr(from, reader->rest.ptr[0])
                            : NULL;
    if (found == NULL)
        return false;
    fq_buf_add_char(buf, to[found - from]);
    reader->rest = fq_str_sub(reader->rest, 1, reader->rest.len);
    return true;
}

/* Behind the quote. */
static bool json_read_text(struct json_reader *reader, struct fq_str *ret)
{
    struct fq_buf buf;
    fq_buf_init(&buf, reader->arena, reader->rest.len);
    while (!json_take(reader, "\"")) {
        if (reader->rest.len == 0 || (unsigned char)reader->rest.ptr[0] < 0x20)
            return false;
        if (json_take(reader, "\\")) {
            if (!json_read_escape(reader, &buf))
                return false;
            continue;
        }
        fq_buf_add_char(&buf, reader->rest.ptr[0]);
        reader->rest = fq_str_sub(reader->rest, 1, reader->rest.len);
    }
    return fq_buf_finish(&buf, ret) == 0 && fq_str_is_utf8(*ret);
}

static bool json_read_number(struct json_reader *reader, int64_t *ret)
{
    size_t n = 0;
    while (n < reader->rest.len && reader->rest.ptr[n] != '\0' &&
           strchr("+-.0123456789Ee", reader->rest.ptr[n]) != NULL)
        n++;
    struct fq_str digits = fq_str_sub(reader->rest, 0, n);
    reader->rest = fq_str_sub(reader->rest, n, reader->rest.len);
    return fq_str_to_int64(digits, INT64_MIN, INT64_MAX, ret) == 0;
}

/* Bounded by DEPTH_MAX. NOLINTBEGIN(misc-no-recursion) */

static bool json_read_value(struct json_reader *reader, struct fq_json *ret);

/* The name of an object's next member, and the colon. */
static bool json_read_name(struct json_reader *reader, const struct fq_json *object,
                           struct fq_json *ret)
{
    if (!json_take(reader, "\"") || !json_read_text(reader, &ret->name))
        return false;
    for (const struct fq_json *member = object->first; member != NULL; member = member->next) {
        if (fq_str_equal(member->name, ret->name))
            return false;
    }
    json_skip_space(reader);
    return json_take(reader, ":");
}

/* Behind the bracket. */
static bool json_read_items(struct json_reader *reader, struct fq_json *container, const char *end)
{
    struct fq_json **last = &container->first;
    json_skip_space(reader);
    if (json_take(reader, end))
        return true;
    for (;;) {
        struct fq_json *item = fq_arena_alloc(reader->arena, sizeof(*item));
        json_skip_space(reader);
        if (item == NULL ||
            (container->type == FQ_JSON_OBJECT && !json_read_name(reader, container, item)) ||
            !json_read_value(reader, item))
            return false;
        *last = item;
        last = &item->next;
        json_skip_space(reader);
        if (json_take(reader, end))
            return true;
        if (!json_take(reader, ","))
            return false;
    }
}

static bool json_read_value(struct json_reader *reader, struct fq_json *ret)
{
    bool is_good = false;
    if (++reader->depth > DEPTH_MAX)
        return false;
    json_skip_space(reader);
    if (json_take(reader, "{")) {
        ret->type = FQ_JSON_OBJECT;
        is_good = json_read_items(reader, ret, "}");
    } else if (json_take(reader, "[")) {
        ret->type = FQ_JSON_LIST;
        is_good = json_read_items(reader, ret, "]");
    } else if (json_take(reader, "\"")) {
        ret->type = FQ_JSON_TEXT;
        is_good = json_read_text(reader, &ret->text);
    } else if (json_take(reader, "null")) {
        is_good = true;
    } else if (json_take(reader, "true") || json_take(reader, "false")) {
        ret->type = FQ_JSON_BOOL;
        ret->number = reader->rest.ptr[-4] == 't';
        is_good = true;
    } else {
        ret->type = FQ_JSON_NUMBER;
        is_good = json_read_number(reader, &ret->number);
    }
    reader->depth--;
    return is_good;
}

/* NOLINTEND(misc-no-recursion) */

int fq_json_read(struct fq_str text, struct fq_arena *arena, const struct fq_json **ret)
{
    struct json_reader reader = { .rest = text, .arena = arena };
    struct fq_json *value = fq_arena_alloc(arena, sizeof(*value));
    if (value == NULL || !json_read_value(&reader, value))
        return FQ_JSON_E_INVALID;
    json_skip_space(&reader);
    if (reader.rest.len > 0 || fq_arena_is_full(arena))
        return FQ_JSON_E_INVALID;
    *ret = value;
    return 0;
}

const struct fq_json *fq_json_get(const struct fq_json *object, const char *name)
{
    if (object == NULL || object->type != FQ_JSON_OBJECT)
        return NULL;
    for (const struct fq_json *member = object->first; member != NULL; member = member->next) {
        if (fq_str_equal(member->name, fq_str_of(name)))
            return member;
    }
    return NULL;
}

struct fq_str fq_json_get_text(const struct fq_json *object, const char *name)
{
    const struct fq_json *member = fq_json_get(object, name);
    return member != NULL ? member->text : (struct fq_str){ NULL, 0 };
}

int64_t fq_json_get_number(const struct fq_json *object, const char *name)
{
    const struct fq_json *member = fq_json_get(object, name);
    return member != NULL ? member->number : 0;
}

/* ---- writing ---- */

void fq_json_write_text(struct fq_buf *buf, struct fq_str text)
{
    fq_buf_add_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            fq_buf_printf(buf, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fq_buf_printf(buf, "\\u%04x", c);
        else
            fq_buf_add_char(buf, (char)c);
    }
    fq_buf_add_char(buf, '"');
}

void fq_json_write_name(struct fq_buf *buf, const char *name)
{
    if (buf->len > 0 && buf->bytes[buf->len - 1] != '{')
        fq_buf_add_char(buf, ',');
    fq_json_write_text(buf, fq_str_of(name));
    fq_buf_add_char(buf, ':');
}

void fq_json_write_member(struct fq_buf *buf, const char *name, struct fq_str text)
{
    fq_json_write_name(buf, name);
    fq_json_write_text(buf, text);
}

void fq_json_write_int(struct fq_buf *buf, const char *name, int64_t number)
{
    fq_json_write_name(buf, name);
    fq_buf_add_int(buf, number);
}

void fq_json_write_bool(struct fq_buf *buf, const char *name, bool is_true)
{
    fq_json_write_name(buf, name);
    fq_buf_add(buf, is_true ? fq_lit("true") : fq_lit("false"));
}
