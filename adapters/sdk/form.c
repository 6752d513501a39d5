/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes forms. */
#include "adapters/sdk/form.h"

#include <string.h>

const char *fq_form_reason(int condition)
{
    switch (condition) {
    case FQ_FORM_E_MALFORMED:
        return "the message is no form";
    case FQ_FORM_E_DUPLICATE:
        return "the message names a field twice";
    default:
        return "the message has too many fields";
    }
}

static int form_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* The byte that an escape stands for; -1 if there is no whole escape. */
static int form_unescape(struct fq_str escape)
{
    if (escape.len < 3)
        return -1;
    int high = form_hex(escape.ptr[1]);
    int low = form_hex(escape.ptr[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Decodes `raw` into `bytes` (never longer than raw). */
static int form_decode_part(struct fq_str raw, char *bytes, struct fq_str *ret)
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        int byte = (unsigned char)raw.ptr[i];
        if (byte == '+') {
            byte = ' ';
        } else if (byte == '%') {
            byte = form_unescape((struct fq_str){ raw.ptr + i, raw.len - i });
            i += 2;
        }
        if (byte <= 0)
            return FQ_FORM_E_MALFORMED;
        bytes[len++] = (char)byte;
    }
    *ret = (struct fq_str){ bytes, len };
    return 0;
}

static bool form_has(const struct fq_pair *items, size_t n_items, struct fq_str name)
{
    for (size_t i = 0; i < n_items; i++)
        if (fq_slice_equal(items[i].name, name))
            return true;
    return false;
}

int fq_form_decode(const struct fq_host *host, struct fq_str raw, struct fq_pairs *ret)
{
    struct fq_pair *items = host->alloc(host, FQ_FORM_FIELDS_MAX * sizeof(*items));
    char *bytes = host->alloc(host, raw.len + 1);
    size_t n_items = 0;
    if (items == NULL || bytes == NULL)
        return FQ_FORM_E_TOO_BIG;
    for (struct fq_str rest = raw; rest.len > 0;) {
        struct fq_str field, name, value;
        fq_slice_cut(rest, '&', &field, &rest);
        if (field.len == 0)
            continue;
        if (n_items == FQ_FORM_FIELDS_MAX)
            return FQ_FORM_E_TOO_BIG;
        struct fq_pair *item = &items[n_items];
        fq_slice_cut(field, '=', &name, &value);
        if (form_decode_part(name, bytes, &item->name) != 0)
            return FQ_FORM_E_MALFORMED;
        bytes += item->name.len;
        if (form_decode_part(value, bytes, &item->value) != 0)
            return FQ_FORM_E_MALFORMED;
        bytes += item->value.len;
        if (form_has(items, n_items, item->name))
            return FQ_FORM_E_DUPLICATE;
        n_items++;
    }
    *ret = (struct fq_pairs){ items, n_items };
    return 0;
}

const struct fq_pair *fq_pairs_find(struct fq_pairs pairs, const char *name)
{
    for (size_t i = 0; i < pairs.n_items; i++)
        if (fq_slice_equal(pairs.items[i].name, fq_slice_of(name)))
            return pairs.items + i;
    return NULL;
}

struct fq_str fq_pairs_get(struct fq_pairs pairs, const char *name)
{
    const struct fq_pair *found = fq_pairs_find(pairs, name);
    return found != NULL ? found->value : (struct fq_str){ NULL, 0 };
}

void fq_form_add_encoded(struct fq_text *text, struct fq_str value)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (fq_slice_is_word((struct fq_str){ &c, 1 }, 1) ||
            (c != '\0' && strchr("-_.~", c) != NULL)) {
            fq_text_add_char(text, c);
        } else {
            char escape[3] = { '%', digits[(unsigned char)c >> 4], digits[(unsigned char)c & 0xF] };
            fq_text_add(text, (struct fq_str){ escape, sizeof(escape) });
        }
    }
}

void fq_form_add(struct fq_text *text, struct fq_str name, struct fq_str value)
{
    if (!text->failed && text->len > 0 && strchr("?&", text->bytes[text->len - 1]) == NULL)
        fq_text_add_char(text, '&');
    fq_form_add_encoded(text, name);
    fq_text_add_char(text, '=');
    fq_form_add_encoded(text, value);
}

int fq_form_join(const struct fq_host *host, struct fq_str url, struct fq_pairs fields,
                 const char *except, struct fq_str *ret)
{
    struct fq_text text;
    size_t size = url.len + 2;
    for (size_t i = 0; i < fields.n_items; i++)
        size += 3 * (fields.items[i].name.len + fields.items[i].value.len) + 2;
    fq_text_init(&text, host, size);
    fq_text_add(&text, url);
    fq_text_add_of(&text, url.len > 0 ? "?" : "");
    for (size_t i = 0; i < fields.n_items; i++)
        if (!fq_slice_equal(fields.items[i].name, fq_slice_of(except)))
            fq_form_add(&text, fields.items[i].name, fields.items[i].value);
    return fq_text_finish(&text, ret) ? 0 : host->fail(host, "no memory for a URL or a form");
}
