/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one file's text along a table of options into a struct. The only file that sees libconfig.
 */
#ifndef FQ_CONF_READER_H
#define FQ_CONF_READER_H

#include "daemon/conf/places.h"
#include "daemon/conf/schema.h"

struct fq_reader {
    struct fq_arena *arena; /* for everything read; its being full is for the caller to see */
    struct fq_conf_errors *errors;  /* every mistake becomes a line */
    const struct fq_place **places; /* every value's place is added */
    struct fq_str file;             /* for messages */
    struct fq_str folder;           /* absolute; relative paths start here */
};

/* True if the text has the form of a configuration file; `base` is then filled, as far as values
 * are right. `prefix` goes before every key ("merchants" for a file that is one merchant). */
bool fq_reader_read(const struct fq_reader *reader, struct fq_str text,
                    const struct fq_conf_table *table, struct fq_str prefix, void *base);

#endif
