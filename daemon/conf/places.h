/* SPDX-License-Identifier: Apache-2.0 */
/* Where each value stands, and the mistakes found in them. */
#ifndef FQ_CONF_PLACES_H
#define FQ_CONF_PLACES_H

#include "daemon/conf/conf.h"

struct fq_place {
    const struct fq_place *earlier;
    struct fq_str key; /* "channels.huabei.timeout" */
    struct fq_str file;
    unsigned int line;
};

/* Slices must live as long as the arena. */
void fq_places_add(const struct fq_place **places, struct fq_arena *arena, struct fq_str key,
                   struct fq_str file, unsigned int line);

/* The latest of that key, or of the nearest group around it; NULL if there is none. */
const struct fq_place *fq_places_find(const struct fq_place *places, struct fq_str key);

/* "file:line: key: text"; no "key: " for an empty key. Beyond the maximum, one line says that there
 * is more. */
#define FQ_CONF_ERRORS_MAX 500
void fq_conf_errors_add(struct fq_conf_errors *errors, struct fq_str file, unsigned int line,
                        struct fq_str key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
