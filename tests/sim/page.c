/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser makes of a page with a form that posts itself. */
#include <string.h>

#include "tests/sandbox/text.h"
#include "tests/sim/visit.h"

/* The value of an attribute, its entities read. *at goes behind it; NULL: there is none. */
static char *page_attribute(const char **at, const char *start)
{
    static const struct {
        const char *name;
        const char *is;
    } entities[] = { { "&amp;", "&" }, { "&lt;", "<" },   { "&gt;", ">" },  { "&quot;", "\"" },
                     { "&#39;", "'" }, { "&#10;", "\n" }, { "&#13;", "\r" } };
    struct text value = { 0 };
    const char *c = strstr(*at, start);
    if (c == NULL)
        return NULL;
    for (c += strlen(start); *c != '"' && *c != '\0';) {
        size_t i = 0, n = sizeof(entities) / sizeof(entities[0]);
        while (i < n && strncmp(c, entities[i].name, strlen(entities[i].name)) != 0)
            i++;
        if (i < n)
            text_add(&value, entities[i].is);
        else
            text_add_bytes(&value, c, 1);
        c += i < n ? strlen(entities[i].name) : 1;
    }
    *at = c;
    return text_take(&value);
}

static void page_add_field(struct text *form, bool is_first, const char *name, const char *value)
{
    text_add(form, is_first ? "?" : "&");
    text_add_form_value(form, name);
    text_add(form, "=");
    text_add_form_value(form, value);
}

const char *sim_page_form(struct sim *sim, const char *html)
{
    TEXT_CLEANUP form = { 0 };
    const char *at = html;
    STRING_CLEANUP url = page_attribute(&at, "<form method=\"post\" action=\"");
    if (url == NULL || strncmp(url, "https://", 8) != 0)
        return NULL;
    text_add(&form, url);
    for (bool is_first = true;; is_first = false) {
        STRING_CLEANUP name = page_attribute(&at, "<input type=\"hidden\" name=\"");
        STRING_CLEANUP value = name != NULL ? page_attribute(&at, " value=\"") : NULL;
        if (value == NULL)
            return sim_copy(sim, form.bytes, form.size);
        page_add_field(&form, is_first, name, value);
    }
}
