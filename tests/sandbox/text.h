/* SPDX-License-Identifier: Apache-2.0 */
/* A growing text, and the escapes that pages, forms and links need. */
#ifndef SANDBOX_TEXT_H
#define SANDBOX_TEXT_H

#include <stddef.h>

/* Starts as { 0 }; `bytes` is NUL-terminated behind `size` once something was added. */
struct text {
    char *bytes;
    size_t size;
    size_t room;
};

void text_add(struct text *text, const char *more);
void text_add_bytes(struct text *text, const char *bytes, size_t size);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As it is, NAME=VALUE, behind a & if anything stands before it. */
void text_add_pair(struct text *text, const char *name, const char *value);

/* & < > " ' become entities. */
void text_add_html(struct text *text, const char *raw);

/* As a browser writes a form value: space is '+', all but [A-Za-z0-9*-._] is %XX. */
void text_add_form_value(struct text *text, const char *raw);

/* The bytes, now the caller's to free; "" where nothing was added. */
char *text_take(struct text *text);
void text_free(struct text *text);

/* Memory, or the end of the program. */
void *text_alloc(size_t size);
char *text_copy(const char *raw);

#define TEXT_CLEANUP   __attribute__((cleanup(text_free))) struct text
#define STRING_CLEANUP __attribute__((cleanup(string_free))) char *

static inline void string_free(char **owner)
{
    __builtin_free(*owner);
}

#endif
