/* SPDX-License-Identifier: Apache-2.0 */
/* Named values as they travel in a query or a form body, and the string that is signed over them.
 */
#ifndef SANDBOX_FORM_H
#define SANDBOX_FORM_H

#include <stdbool.h>
#include <stddef.h>

struct form_field {
    char *name;
    char *value;
};

/* Starts as { 0 }; keeps the order in which fields came. */
struct form {
    struct form_field *fields;
    size_t n_fields;
    size_t room;
};

/* Appends what `wire` holds, decoded exactly once ('+' is a space). False for a broken escape, a
 * NUL, a raw byte that no encoder leaves as it is, or a value that is not UTF-8. */
bool form_decode(struct form *form, const char *wire, size_t size);

/* NULL where the field is absent. */
const char *form_get(const struct form *form, const char *name);

/* Replaces, or appends. */
void form_set(struct form *form, const char *name, const char *value);

/* The name that stands there twice, or NULL. */
const char *form_duplicate(const struct form *form);

/* name=value joined by &, sorted by name; without `sign`, without empty values, and without
 * `sign_type` where a notification or a return is signed. The caller frees it. */
char *form_to_sign(const struct form *form, bool with_sign_type);

/* The wire form; a client that decodes once gets the values back if `times` is 1. */
char *form_encode(const struct form *form, unsigned times);

void form_copy(struct form *to, const struct form *from);
void form_free(struct form *form);

/* Valid UTF-8; counts its characters. */
bool utf8_count(const char *raw, size_t *ret_n_characters);

#define FORM_CLEANUP __attribute__((cleanup(form_free))) struct form

#endif
