/* SPDX-License-Identifier: Apache-2.0 */
/* Named values as they travel in a query or a form body, and the string that is signed over them.
 */
#include "tests/sandbox/form.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/text.h"

bool utf8_count(const char *raw, size_t *ret_n_characters)
{
    static const uint32_t LEAST[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *at = (const unsigned char *)raw;
    size_t n_characters = 0;
    while (*at != '\0') {
        unsigned size = *at < 0x80       ? 1
                        : *at >> 5 == 6  ? 2
                        : *at >> 4 == 14 ? 3
                        : *at >> 3 == 30 ? 4
                                         : 0;
        if (size == 0)
            return false;
        uint32_t code = size == 1 ? *at : *at & (0xffu >> (size + 1));
        for (unsigned i = 1; i < size; i++) {
            if (at[i] >> 6 != 2)
                return false;
            code = code << 6 | (at[i] & 0x3fu);
        }
        if (code < LEAST[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return false;
        at += size;
        n_characters++;
    }
    *ret_n_characters = n_characters;
    return true;
}

static int form_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL for what the header calls broken. */
static char *form_decode_part(const char *wire, size_t size)
{
    char *part = text_alloc(size + 1);
    size_t n = 0;
    size_t n_characters;
    for (size_t i = 0; i < size; i++) {
        char c = wire[i];
        if (c == '%') {
            int high = i + 2 < size ? form_hex(wire[i + 1]) : -1;
            int low = high >= 0 ? form_hex(wire[i + 2]) : -1;
            if (low < 0)
                goto broken;
            c = (char)(high * 16 + low);
            i += 2;
        } else if ((unsigned char)c <= ' ' || (unsigned char)c >= 0x7f) {
            goto broken;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == '\0')
            goto broken;
        part[n++] = c;
    }
    if (utf8_count(part, &n_characters))
        return part;
broken:
    free(part);
    return NULL;
}

static void form_append(struct form *form, char *name, char *value)
{
    if (form->n_fields == form->room) {
        form->room = form->room * 2 + 16;
        form->fields = realloc(form->fields, form->room * sizeof(form->fields[0]));
        if (form->fields == NULL)
            abort();
    }
    form->fields[form->n_fields++] = (struct form_field){ name, value };
}

bool form_decode(struct form *form, const char *wire, size_t size)
{
    const char *end = wire + size;
    while (wire < end) {
        const char *next = memchr(wire, '&', (size_t)(end - wire));
        const char *stop = next != NULL ? next : end;
        const char *equals = memchr(wire, '=', (size_t)(stop - wire));
        const char *name_end = equals != NULL ? equals : stop;
        const char *value_at = equals != NULL ? equals + 1 : stop;
        if (stop > wire) {
            char *name = form_decode_part(wire, (size_t)(name_end - wire));
            char *value = form_decode_part(value_at, (size_t)(stop - value_at));
            if (name == NULL || value == NULL) {
                free(name);
                free(value);
                return false;
            }
            form_append(form, name, value);
        }
        wire = next != NULL ? next + 1 : end;
    }
    return true;
}

const char *form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->n_fields; i++) {
        if (strcmp(form->fields[i].name, name) == 0)
            return form->fields[i].value;
    }
    return NULL;
}

void form_set(struct form *form, const char *name, const char *value)
{
    for (size_t i = 0; i < form->n_fields; i++) {
        if (strcmp(form->fields[i].name, name) == 0) {
            char *replaced = form->fields[i].value;
            form->fields[i].value = text_copy(value);
            free(replaced);
            return;
        }
    }
    form_append(form, text_copy(name), text_copy(value));
}

const char *form_duplicate(const struct form *form)
{
    for (size_t i = 0; i < form->n_fields; i++) {
        if (form_get(form, form->fields[i].name) != form->fields[i].value)
            return form->fields[i].name;
    }
    return NULL;
}

static int form_compare(const void *a, const void *b)
{
    const struct form_field *const *left = a;
    const struct form_field *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

char *form_to_sign(const struct form *form, bool with_sign_type)
{
    struct text text = { 0 };
    size_t n_sorted = 0;
    const struct form_field **sorted = text_alloc(form->n_fields * sizeof(*sorted));
    for (size_t i = 0; i < form->n_fields; i++) {
        const struct form_field *field = &form->fields[i];
        if (field->name[0] == '\0' || field->value[0] == '\0' || strcmp(field->name, "sign") == 0)
            continue;
        if (!with_sign_type && strcmp(field->name, "sign_type") == 0)
            continue;
        sorted[n_sorted++] = field;
    }
    qsort(sorted, n_sorted, sizeof(*sorted), form_compare);
    for (size_t i = 0; i < n_sorted; i++)
        text_add_pair(&text, sorted[i]->name, sorted[i]->value);
    free(sorted);
    return text_take(&text);
}

char *form_encode(const struct form *form, unsigned times)
{
    struct text wire = { 0 };
    for (size_t i = 0; i < form->n_fields; i++) {
        char *value = text_copy(form->fields[i].value);
        for (unsigned pass = 0; pass < times; pass++) {
            struct text encoded = { 0 };
            text_add_form_value(&encoded, value);
            free(value);
            value = text_take(&encoded);
        }
        text_add(&wire, i > 0 ? "&" : "");
        text_add_form_value(&wire, form->fields[i].name);
        text_add(&wire, "=");
        text_add(&wire, value);
        free(value);
    }
    return text_take(&wire);
}

void form_copy(struct form *to, const struct form *from)
{
    for (size_t i = 0; i < from->n_fields; i++)
        form_append(to, text_copy(from->fields[i].name), text_copy(from->fields[i].value));
}

void form_free(struct form *form)
{
    for (size_t i = 0; i < form->n_fields; i++) {
        free(form->fields[i].name);
        free(form->fields[i].value);
    }
    free(form->fields);
    *form = (struct form){ 0 };
}
