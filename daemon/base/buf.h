/* SPDX-License-Identifier: Apache-2.0 */
/* A text builder in an arena: its first failure sticks and is checked once, at the end. */
#ifndef FQ_BASE_BUF_H
#define FQ_BASE_BUF_H

#include "daemon/base/arena.h"

struct fq_buf {
    struct fq_arena *arena;
    char *bytes;
    size_t len;
    size_t size;
    size_t size_max;
    bool failed;
};

/* An empty builder that refuses to grow beyond `size_max`. */
void fq_buf_init(struct fq_buf *buf, struct fq_arena *arena, size_t size_max);

/* Makes room for `size` bytes in all at once, where so much is known to come. */
void fq_buf_reserve(struct fq_buf *buf, size_t size);

void fq_buf_add(struct fq_buf *buf, struct fq_str text);
void fq_buf_add_char(struct fq_buf *buf, char c);
void fq_buf_add_int(struct fq_buf *buf, int64_t value); /* in decimal */
void fq_buf_printf(struct fq_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For HTML text and attribute values: & < > " ' become entities. */
void fq_buf_add_html(struct fq_buf *buf, struct fq_str text);

enum {
    FQ_BUF_E_TOO_BIG = 1,
};

/* 0 and *ret (NUL-terminated behind its end), or FQ_BUF_E_TOO_BIG if any step failed. */
int fq_buf_finish(struct fq_buf *buf, struct fq_str *ret);

#endif
