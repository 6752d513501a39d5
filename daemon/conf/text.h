/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file as text: read whole, and searched for what libconfig would misread. */
#ifndef FQ_CONF_TEXT_H
#define FQ_CONF_TEXT_H

#include "daemon/base/arena.h"

#define FQ_TEXT_SIZE_MAX ((size_t)1 << 20)

enum {
    FQ_TEXT_E_UNREADABLE = 1, /* errno says why; EFBIG beyond FQ_TEXT_SIZE_MAX */
};

/* A NUL stands behind the text. */
int fq_text_read(const char *path, struct fq_arena *arena, struct fq_str *ret);

/* The first line that is not UTF-8 (a NUL is not), or 0: all are. */
unsigned int fq_text_bad_line(struct fq_str text);

/* A walk over the text, token by token. */
struct fq_text_walk {
    struct fq_str text;
    size_t offset;
    unsigned int line;
    bool has_include; /* found on the way: the text must not be given to libconfig */
};

void fq_text_walk_init(struct fq_text_walk *walk, struct fq_str text);

/* The next place that libconfig takes without a word and understands otherwise than it is written,
 * or includes a file (one that cannot be read to its end would end the process); NULL: none is
 * left. *ret_line is where. */
const char *fq_text_next_trap(struct fq_text_walk *walk, unsigned int *ret_line);

#endif
