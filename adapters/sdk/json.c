/* SPDX-License-Identifier: Apache-2.0 */
/* Checks JSON, finds values in it without copying, and decodes strings on demand. */
#include "adapters/sdk/json.h"

#include <string.h>

struct json_reader {
    const char *at;
    const char *end;
};

static struct json_reader json_reader_of(struct fq_str s)
{
    return (struct json_reader){ s.ptr, s.len > 0 ? s.ptr + s.len : s.ptr };
}

static char json_peek(const struct json_reader *reader)
{
    if (reader->at == reader->end)
        return '\0';
    return *reader->at;
}

static bool json_take(struct json_reader *reader, char c)
{
    if (json_peek(reader) != c || reader->at == reader->end)
        return false;
    reader->at++;
    return true;
}

static bool json_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void json_skip_space(struct json_reader *reader)
{
    while (reader->at < reader->end && json_is_space(*reader->at))
        reader->at++;
}

/* ---- scalars ---- */

static bool json_skip_hex4(struct json_reader *reader)
{
    for (int i = 0; i < 4; i++) {
        char c = json_peek(reader);
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
        reader->at++;
    }
    return true;
}

/* Behind the backslash. */
static bool json_skip_escape(struct json_reader *reader)
{
    if (json_take(reader, 'u'))
        return json_skip_hex4(reader);
    char c = json_peek(reader);
    if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
        return false;
    reader->at++;
    return true;
}

static bool json_skip_string(struct json_reader *reader)
{
    if (!json_take(reader, '"'))
        return false;
    while (reader->at < reader->end) {
        char c = *reader->at++;
        if (c == '"')
            return true;
        if ((unsigned char)c < 0x20)
            return false;
        if (c == '\\' && !json_skip_escape(reader))
            return false;
    }
    return false;
}

static bool json_skip_digits(struct json_reader *reader)
{
    const char *first = reader->at;
    while (json_peek(reader) >= '0' && json_peek(reader) <= '9')
        reader->at++;
    return reader->at > first;
}

static bool json_skip_number(struct json_reader *reader)
{
    json_take(reader, '-');
    if (!json_take(reader, '0') && !json_skip_digits(reader))
        return false;
    if (json_take(reader, '.') && !json_skip_digits(reader))
        return false;
    if (json_take(reader, 'e') || json_take(reader, 'E')) {
        if (!json_take(reader, '+'))
            json_take(reader, '-');
        return json_skip_digits(reader);
    }
    return true;
}

static bool json_skip_word(struct json_reader *reader, struct fq_str word)
{
    struct fq_str rest = { reader->at, (size_t)(reader->end - reader->at) };
    if (!fq_slice_starts(rest, word))
        return false;
    reader->at += word.len;
    return true;
}

static bool json_skip_scalar(struct json_reader *reader)
{
    switch (json_peek(reader)) {
    case '"':
        return json_skip_string(reader);
    case 't':
        return json_skip_word(reader, fq_slice("true"));
    case 'f':
        return json_skip_word(reader, fq_slice("false"));
    case 'n':
        return json_skip_word(reader, fq_slice("null"));
    default:
        return json_skip_number(reader);
    }
}

/* ---- strings, one character at a time ---- */

/* What is no Unicode character (a lone surrogate, a stray byte), yet must compare equal to itself.
 */
#define JSON_NOT_UNICODE 0x80000000u

static uint32_t json_hex4(struct json_reader *reader)
{
    uint32_t value = 0;
    for (int i = 0; i < 4 && reader->at < reader->end; i++) {
        char c = *reader->at++;
        uint32_t digit = c <= '9' ? (uint32_t)c - '0' : ((uint32_t)c | 0x20) - 'a' + 10;
        value = value << 4 | digit;
    }
    return value;
}

static uint32_t json_next_escape(struct json_reader *reader)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    char c = json_peek(reader);
    if (c != 'u') {
        const char *found = c != '\0' ? strchr(letters, c) : NULL;
        reader->at += reader->at < reader->end;
        return (unsigned char)(found != NULL ? meanings[found - letters] : c);
    }
    reader->at++;
    uint32_t unit = json_hex4(reader);
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    struct json_reader ahead = *reader;
    if (unit > 0xDBFF || !json_take(&ahead, '\\') || !json_take(&ahead, 'u'))
        return JSON_NOT_UNICODE | unit;
    uint32_t low = json_hex4(&ahead);
    if (low < 0xDC00 || low > 0xDFFF)
        return JSON_NOT_UNICODE | unit;
    *reader = ahead;
    return 0x10000 + ((unit - 0xD800) << 10 | (low - 0xDC00));
}

static uint32_t json_next_utf8(struct json_reader *reader)
{
    unsigned char first = (unsigned char)*reader->at++;
    if (first < 0x80)
        return first;
    uint32_t n_more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    uint32_t least = first >= 0xF0 ? 0x10000 : first >= 0xE0 ? 0x800 : 0x80;
    uint32_t value = first & (0x3Fu >> n_more);
    if (first < 0xC2 || first > 0xF4 || (size_t)(reader->end - reader->at) < n_more)
        return JSON_NOT_UNICODE | first;
    for (uint32_t i = 0; i < n_more; i++) {
        unsigned char byte = (unsigned char)reader->at[i];
        if ((byte & 0xC0) != 0x80)
            return JSON_NOT_UNICODE | first;
        value = value << 6 | (byte & 0x3Fu);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return JSON_NOT_UNICODE | first;
    reader->at += n_more;
    return value;
}

static uint32_t json_next_character(struct json_reader *reader)
{
    return json_take(reader, '\\') ? json_next_escape(reader) : json_next_utf8(reader);
}

/* What stands between the quotes. */
static struct json_reader json_string_inside(struct fq_str value)
{
    return json_reader_of((struct fq_str){ value.ptr + 1, value.len - 2 });
}

static uint32_t json_lower(uint32_t character)
{
    return character >= 'A' && character <= 'Z' ? character - 'A' + 'a' : character;
}

static bool json_same_text(struct json_reader a, struct json_reader b, bool any_case)
{
    while (a.at < a.end && b.at < b.end) {
        uint32_t of_a = json_next_character(&a);
        uint32_t of_b = json_next_character(&b);
        if (of_a != of_b && !(any_case && json_lower(of_a) == json_lower(of_b)))
            return false;
    }
    return a.at == a.end && b.at == b.end;
}

/* ---- the check: an automaton with a stack of its own ---- */

struct json_level {
    char closer;
    size_t first_key; /* its keys are keys[first_key .. n_keys) */
};

struct json_check {
    struct json_reader reader;
    struct json_level levels[FQ_JSON_DEPTH_MAX];
    size_t depth;
    struct fq_str keys[FQ_JSON_KEYS_MAX];
    size_t n_keys;
};

static int json_check_key(struct json_check *check)
{
    struct json_reader *reader = &check->reader;
    json_skip_space(reader);
    const char *first = reader->at;
    if (!json_skip_string(reader))
        return FQ_JSON_E_MALFORMED;
    struct fq_str key = { first, (size_t)(reader->at - first) };
    json_skip_space(reader);
    if (!json_take(reader, ':'))
        return FQ_JSON_E_MALFORMED;
    for (size_t i = check->levels[check->depth - 1].first_key; i < check->n_keys; i++)
        if (json_same_text(json_string_inside(check->keys[i]), json_string_inside(key), false))
            return FQ_JSON_E_DUPLICATE;
    if (check->n_keys == FQ_JSON_KEYS_MAX)
        return FQ_JSON_E_TOO_BIG;
    check->keys[check->n_keys++] = key;
    return 0;
}

/* Behind a value: closes what ends here; *ret_more says that another value follows. */
static int json_check_behind(struct json_check *check, bool *ret_more)
{
    struct json_reader *reader = &check->reader;
    *ret_more = false;
    for (; check->depth > 0; check->depth--) {
        struct json_level *level = &check->levels[check->depth - 1];
        json_skip_space(reader);
        if (json_take(reader, ',')) {
            *ret_more = true;
            return level->closer == '}' ? json_check_key(check) : 0;
        }
        if (!json_take(reader, level->closer))
            return FQ_JSON_E_MALFORMED;
        check->n_keys = level->first_key;
    }
    json_skip_space(reader);
    return reader->at == reader->end ? 0 : FQ_JSON_E_MALFORMED;
}

/* At a value: opens a container or skips a scalar; *ret_inside says that a value follows in it. */
static int json_check_value(struct json_check *check, bool *ret_inside)
{
    struct json_reader *reader = &check->reader;
    char opener = json_peek(reader);
    *ret_inside = false;
    if (opener != '{' && opener != '[')
        return json_skip_scalar(reader) ? 0 : FQ_JSON_E_MALFORMED;
    if (check->depth == FQ_JSON_DEPTH_MAX)
        return FQ_JSON_E_TOO_BIG;
    char closer = opener == '{' ? '}' : ']';
    check->levels[check->depth++] = (struct json_level){ closer, check->n_keys };
    reader->at++;
    json_skip_space(reader);
    if (json_peek(reader) == closer)
        return 0; /* empty: json_check_behind closes it */
    *ret_inside = true;
    return opener == '{' ? json_check_key(check) : 0;
}

static struct fq_str json_trim(struct fq_str text)
{
    struct json_reader reader = json_reader_of(text);
    json_skip_space(&reader);
    while (reader.end > reader.at && json_is_space(reader.end[-1]))
        reader.end--;
    return (struct fq_str){ reader.at, (size_t)(reader.end - reader.at) };
}

int fq_json_check(struct fq_str text, struct fq_str *ret_value)
{
    struct json_check check;
    bool more = true;
    if (text.len > FQ_JSON_SIZE_MAX)
        return FQ_JSON_E_TOO_BIG;
    check.reader = json_reader_of(text);
    check.depth = 0;
    check.n_keys = 0;
    while (more) {
        json_skip_space(&check.reader);
        int r = json_check_value(&check, &more);
        if (r == 0 && !more)
            r = json_check_behind(&check, &more);
        if (r != 0)
            return r;
    }
    *ret_value = json_trim(text);
    return 0;
}

/* ---- finding values ---- */

/* Skips one value of checked text. */
static bool json_skip_value(struct json_reader *reader)
{
    size_t depth = 0;
    do {
        char c = json_peek(reader);
        if (c == '"') {
            if (!json_skip_string(reader))
                return false;
            continue;
        }
        if (depth == 0 && c != '{' && c != '[')
            return json_skip_scalar(reader);
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        reader->at++;
    } while (depth > 0 && reader->at < reader->end);
    return depth == 0;
}

bool fq_json_is_object(struct fq_str value)
{
    return value.len >= 2 && value.ptr[0] == '{';
}

bool fq_json_is_string(struct fq_str value)
{
    return value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';
}

bool fq_json_next(struct fq_str container, size_t *cursor, struct fq_str *ret_key,
                  struct fq_str *ret_value)
{
    if (container.len < 2 || *cursor >= container.len ||
        (container.ptr[0] != '{' && container.ptr[0] != '['))
        return false;
    struct json_reader reader = json_reader_of(container);
    reader.at += *cursor == 0 ? 1 : *cursor;
    json_skip_space(&reader);
    json_take(&reader, ',');
    json_skip_space(&reader);
    *ret_key = (struct fq_str){ NULL, 0 };
    if (container.ptr[0] == '{') {
        const char *first = reader.at;
        if (!json_skip_string(&reader))
            return false;
        *ret_key = (struct fq_str){ first, (size_t)(reader.at - first) };
        json_skip_space(&reader);
        json_take(&reader, ':');
        json_skip_space(&reader);
    }
    const char *first = reader.at;
    if (json_peek(&reader) == ']' || !json_skip_value(&reader))
        return false;
    *ret_value = (struct fq_str){ first, (size_t)(reader.at - first) };
    *cursor = (size_t)(reader.at - container.ptr);
    return true;
}

/* `key` is plain text, not JSON; a backslash in it would be read as an escape, so none is allowed.
 */
static bool json_find(struct fq_str object, struct fq_str key, bool any_case,
                      struct fq_str *ret_value)
{
    struct fq_str name, value;
    if (!fq_json_is_object(object) || (key.len > 0 && memchr(key.ptr, '\\', key.len) != NULL))
        return false;
    for (size_t cursor = 0; fq_json_next(object, &cursor, &name, &value);)
        if (json_same_text(json_string_inside(name), json_reader_of(key), any_case)) {
            *ret_value = value;
            return true;
        }
    return false;
}

bool fq_json_member(struct fq_str object, struct fq_str key, struct fq_str *ret_value)
{
    return json_find(object, key, false, ret_value);
}

bool fq_json_member_any_case(struct fq_str object, struct fq_str key, struct fq_str *ret_value)
{
    return json_find(object, key, true, ret_value);
}

/* ---- decoding and writing strings ---- */

static void json_add_utf8(struct fq_text *text, uint32_t character)
{
    if (character < 0x80) {
        fq_text_add_char(text, (char)character);
        return;
    }
    uint32_t n_more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    uint32_t lead = n_more == 1 ? 0xC0 : n_more == 2 ? 0xE0 : 0xF0;
    fq_text_add_char(text, (char)(lead | character >> 6 * n_more));
    while (n_more-- > 0)
        fq_text_add_char(text, (char)(0x80 | (character >> 6 * n_more & 0x3F)));
}

bool fq_json_scalar(const struct fq_host *host, struct fq_str value, struct fq_str *ret)
{
    if (value.len == 0 || value.ptr[0] == '{' || value.ptr[0] == '[' || value.ptr[0] == 'n')
        return false;
    if (value.ptr[0] != '"') {
        *ret = value;
        return true;
    }
    if (!fq_json_is_string(value))
        return false;
    struct fq_text text;
    fq_text_init(&text, host, value.len);
    for (struct json_reader reader = json_string_inside(value); reader.at < reader.end;) {
        uint32_t character = json_next_character(&reader);
        if (character == 0 || (character & JSON_NOT_UNICODE) != 0)
            return false;
        json_add_utf8(&text, character);
    }
    return fq_text_finish(&text, ret);
}

struct fq_str fq_json_text(const struct fq_host *host, struct fq_str object, const char *name)
{
    struct fq_str value, text = { NULL, 0 };
    if (fq_json_member(object, fq_slice_of(name), &value))
        fq_json_scalar(host, value, &text);
    return text;
}

void fq_json_add_string(struct fq_text *text, struct fq_str s)
{
    static const char digits[] = "0123456789abcdef";
    fq_text_add_char(text, '"');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '"' || c == '\\') {
            fq_text_add_char(text, '\\');
            fq_text_add_char(text, c);
        } else if ((unsigned char)c < 0x20) {
            char escape[6] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 0xF] };
            fq_text_add(text, (struct fq_str){ escape, sizeof(escape) });
        } else {
            fq_text_add_char(text, c);
        }
    }
    fq_text_add_char(text, '"');
}

void fq_json_add_member(struct fq_text *text, const char *name, struct fq_str value)
{
    if (!text->failed && text->len > 0 && text->bytes[text->len - 1] != '{')
        fq_text_add_char(text, ',');
    fq_json_add_string(text, fq_slice_of(name));
    fq_text_add_char(text, ':');
    fq_json_add_string(text, value);
}
