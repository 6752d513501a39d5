/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps places and mistakes. */
#include "daemon/conf/places.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ERRORS_SIZE_MAX ((size_t)1 << 20)
#define REASON_SIZE_MAX 512

void fq_places_add(const struct fq_place **places, struct fq_arena *arena, struct fq_str key,
                   struct fq_str file, unsigned int line)
{
    struct fq_place *place = fq_arena_alloc(arena, sizeof(*place));
    if (place == NULL)
        return;
    *place = (struct fq_place){ .earlier = *places, .key = key, .file = file, .line = line };
    *places = place;
}

static struct fq_str places_parent(struct fq_str key)
{
    size_t len = key.len;
    while (len > 0 && key.ptr[len - 1] != '.' && key.ptr[len - 1] != '[')
        len--;
    return fq_str_sub(key, 0, len > 0 ? len - 1 : 0);
}

const struct fq_place *fq_places_find(const struct fq_place *places, struct fq_str key)
{
    for (; key.len > 0; key = places_parent(key)) {
        for (const struct fq_place *place = places; place != NULL; place = place->earlier) {
            if (fq_str_equal(place->key, key))
                return place;
        }
    }
    return NULL;
}

struct fq_conf_errors *fq_conf_errors_new(void)
{
    struct fq_conf_errors *errors = fq_zalloc(sizeof(*errors));
    errors->arena = fq_arena_new(ERRORS_SIZE_MAX);
    errors->lines = fq_zalloc_array(FQ_CONF_ERRORS_MAX, sizeof(*errors->lines));
    return errors;
}

void fq_conf_errors_free(struct fq_conf_errors *errors)
{
    if (errors == NULL)
        return;
    fq_arena_free(errors->arena);
    fq_free(errors->lines);
    fq_free(errors);
}

void fq_conf_errors_add(struct fq_conf_errors *errors, struct fq_str file, unsigned int line,
                        struct fq_str key, const char *format, ...)
{
    if (errors->n == FQ_CONF_ERRORS_MAX)
        return;
    char reason[REASON_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    if (errors->n == FQ_CONF_ERRORS_MAX - 1) {
        errors->lines[errors->n++] = fq_lit("there are more mistakes: these first");
        return;
    }
    struct fq_str text = fq_arena_printf(errors->arena, "%.*s:%u: %.*s%s%s", fq_str_arg(file), line,
                                         fq_str_arg(key), key.len > 0 ? ": " : "", reason);
    if (text.ptr != NULL)
        errors->lines[errors->n++] = text;
}
