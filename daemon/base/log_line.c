/* SPDX-License-Identifier: Apache-2.0 */
/* Makes log lines that nobody can forge from within a value. */
#include "daemon/base/log_line.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/base/err.h"
#include "daemon/base/siphash.h"

#define TRUNCATED_PART "TRUNCATED=1"

/* ---- making: escapes ---- */

/* Appends all of it, or nothing; keeps room for a NUL and the last part. */
static bool line_put(struct fq_log_entry *entry, const char *bytes, size_t size)
{
    const size_t size_max = sizeof(entry->parts) - 1 - sizeof(TRUNCATED_PART);
    if (size > size_max - entry->size)
        return false;
    memcpy(entry->parts + entry->size, bytes, size);
    entry->size += size;
    return true;
}

/* The character at the front of `text`: its length in bytes, 0 if it is not UTF-8. */
static size_t line_character(struct fq_str text)
{
    unsigned char first = (unsigned char)text.ptr[0];
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return first == 0 || (text.len >= len && fq_str_is_utf8(fq_str_sub(text, 0, len))) ? len : 0;
}

/* Characters that move the cursor, end a line or turn the direction of what follows: C0, DEL, C1,
 * U+200E..200F, U+2028..202E, U+2066..2069. */
static bool line_is_control(const char *character, size_t len)
{
    const unsigned char *c = (const unsigned char *)character;
    if (len == 1)
        return c[0] < 0x20 || c[0] == 0x7f;
    if (len == 2)
        return c[0] == 0xc2 && c[1] < 0xa0;
    if (len != 3 || c[0] != 0xe2)
        return false;
    return (c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae))) ||
           (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9);
}

static bool line_put_hex(struct fq_log_entry *entry, const char *bytes, size_t len)
{
    char escaped[4 * 4 + 1];
    size_t size = 0;
    for (size_t i = 0; i < len; i++)
        size += (size_t)snprintf(escaped + size, sizeof(escaped) - size, "\\x%02x",
                                 (unsigned char)bytes[i]);
    return line_put(entry, escaped, size);
}

static bool line_put_character(struct fq_log_entry *entry, const char *character, size_t len)
{
    switch (character[0]) {
    case '\n':
        return line_put(entry, "\\n", 2);
    case '\r':
        return line_put(entry, "\\r", 2);
    case '\t':
        return line_put(entry, "\\t", 2);
    case '\\':
        return line_put(entry, "\\\\", 2);
    default:
        return line_is_control(character, len) ? line_put_hex(entry, character, len)
                                               : line_put(entry, character, len);
    }
}

static bool line_put_escaped(struct fq_log_entry *entry, struct fq_str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = line_character(fq_str_sub(text, i, text.len));
        bool has_room = len > 0 ? line_put_character(entry, text.ptr + i, len)
                                : line_put_hex(entry, text.ptr + i, 1);
        if (!has_room)
            return false;
        i += len > 0 ? len : 1;
    }
    return true;
}

/* ---- making: fingerprints ---- */

static uint64_t fingerprint_key[2];

static void fingerprint_draw(void)
{
    fq_assert(getrandom(fingerprint_key, sizeof(fingerprint_key), 0) ==
              (ssize_t)sizeof(fingerprint_key));
}

/* ---- making: parts ---- */

static bool line_put_value(struct fq_log_entry *entry, const struct fq_log_field *field)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char text[48];
    switch ((enum fq_log_type)field->type) {
    case FQ_LOG_TYPE_STR:
        return line_put_escaped(entry, field->text);
    case FQ_LOG_TYPE_INT:
        return line_put(entry, text,
                        (size_t)snprintf(text, sizeof(text), "%" PRId64, field->number));
    case FQ_LOG_TYPE_SECRET:
        (void)pthread_once(&once, fingerprint_draw);
        return line_put(entry, text,
                        (size_t)snprintf(text, sizeof(text), "%08" PRIx32 "/%zu",
                                         (uint32_t)fq_siphash(fingerprint_key, field->text),
                                         field->text.len));
    case FQ_LOG_TYPE_NONE:
        break;
    }
    return true;
}

static void line_truncate(struct fq_log_entry *entry)
{
    memcpy(entry->parts + entry->size, TRUNCATED_PART, sizeof(TRUNCATED_PART));
    entry->size += sizeof(TRUNCATED_PART);
    entry->is_truncated = true;
}

void fq_log_entry_init(struct fq_log_entry *entry, int level, uint32_t msg, const char *text)
{
    entry->level = level;
    entry->msg = msg;
    entry->size = 0;
    entry->is_truncated = false;
    fq_log_entry_add(entry, &FQ_LOG_TEXT("MESSAGE", text));
}

void fq_log_entry_add(struct fq_log_entry *entry, const struct fq_log_field *field)
{
    bool is_absent = field->type == FQ_LOG_TYPE_STR && field->text.len == 0 && entry->size > 0;
    if (entry->is_truncated || is_absent) /* what is not known is not told */
        return;
    size_t start = entry->size;
    if (!line_put(entry, field->name, strlen(field->name)) || !line_put(entry, "=", 1)) {
        entry->size = start;
        line_truncate(entry);
        return;
    }
    bool is_whole = line_put_value(entry, field);
    entry->parts[entry->size++] = '\0';
    if (!is_whole)
        line_truncate(entry);
}

/* ---- laying out ---- */

const char *fq_log_entry_part(const struct fq_log_entry *entry, const char *part)
{
    const char *next = part != NULL ? part + strlen(part) + 1 : entry->parts;
    return next < entry->parts + entry->size ? next : NULL;
}

/* Copies a value, in quotes if it could be taken for anything else. */
static char *line_quote(char *at, const char *value)
{
    bool is_plain = value[0] != '\0' && strpbrk(value, " \"") == NULL;
    if (!is_plain)
        *at++ = '"';
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"')
            *at++ = '\\';
        *at++ = *c;
    }
    if (!is_plain)
        *at++ = '"';
    return at;
}

size_t fq_log_entry_render(const struct fq_log_entry *entry, char ret[FQ_LOG_LINE_SIZE_MAX])
{
    const char *part = fq_log_entry_part(entry, NULL);
    char *at = stpcpy(ret, part + strlen("MESSAGE="));
    while ((part = fq_log_entry_part(entry, part)) != NULL) {
        const char *value = strchr(part, '=') + 1;
        *at++ = ' ';
        at = mempcpy(at, part, (size_t)(value - part));
        at = line_quote(at, value);
    }
    *at = '\0';
    return (size_t)(at - ret);
}
