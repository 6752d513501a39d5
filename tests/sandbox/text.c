/* SPDX-License-Identifier: Apache-2.0 */
/* A growing text, and the escapes that pages, forms and links need. */
#include "tests/sandbox/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *text_alloc(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);
    if (memory == NULL)
        abort();
    return memory;
}

char *text_copy(const char *raw)
{
    char *copy = strdup(raw != NULL ? raw : "");
    if (copy == NULL)
        abort();
    return copy;
}

void text_add_bytes(struct text *text, const char *bytes, size_t size)
{
    if (text->size + size + 1 > text->room) {
        size_t room = 2 * (text->size + size) + 64;
        char *bigger = realloc(text->bytes, room);
        if (bigger == NULL)
            abort();
        text->bytes = bigger;
        text->room = room;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
}

void text_add(struct text *text, const char *more)
{
    text_add_bytes(text, more, strlen(more));
}

void text_printf(struct text *text, const char *format, ...)
{
    char *line = NULL;
    va_list values;
    va_start(values, format);
    int size = vasprintf(&line, format, values);
    va_end(values);
    if (size < 0)
        abort();
    text_add_bytes(text, line, (size_t)size);
    free(line);
}

void text_add_pair(struct text *text, const char *name, const char *value)
{
    text_add(text, text->size > 0 ? "&" : "");
    text_add(text, name);
    text_add_bytes(text, "=", 1);
    text_add(text, value);
}

void text_add_html(struct text *text, const char *raw)
{
    for (; *raw != '\0'; raw++) {
        switch (*raw) {
        case '&':
            text_add(text, "&amp;");
            break;
        case '<':
            text_add(text, "&lt;");
            break;
        case '>':
            text_add(text, "&gt;");
            break;
        case '"':
            text_add(text, "&quot;");
            break;
        case '\'':
            text_add(text, "&#39;");
            break;
        default:
            text_add_bytes(text, raw, 1);
        }
    }
}

void text_add_form_value(struct text *text, const char *raw)
{
    static const char PLAIN[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._";
    for (; *raw != '\0'; raw++) {
        if (strchr(PLAIN, *raw) != NULL)
            text_add_bytes(text, raw, 1);
        else if (*raw == ' ')
            text_add(text, "+");
        else
            text_printf(text, "%%%02X", (unsigned char)*raw);
    }
}

char *text_take(struct text *text)
{
    char *bytes = text->bytes != NULL ? text->bytes : text_copy("");
    *text = (struct text){ 0 };
    return bytes;
}

void text_free(struct text *text)
{
    free(text->bytes);
    *text = (struct text){ 0 };
}
