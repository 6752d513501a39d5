/* SPDX-License-Identifier: Apache-2.0 */
/* Which member of a struct stands in which column. */
#ifndef FQ_STORE_COLUMNS_H
#define FQ_STORE_COLUMNS_H

#include "daemon/core/payment.h"
#include "daemon/store/engine.h"

enum fq_column_type {
    FQ_COLUMN_INT64 = 0,
    FQ_COLUMN_UINT32,
    FQ_COLUMN_BOOL,
    FQ_COLUMN_TEXT,  /* struct fq_str */
    FQ_COLUMN_BLOB,  /* struct fq_str of any bytes */
    FQ_COLUMN_BYTES, /* an array of `size` bytes */
    FQ_COLUMN_WORD,  /* a NUL-terminated array of `size` bytes */
};

struct fq_column {
    const char *name;
    uint32_t type; /* fq_column_type */
    bool is_fixed; /* written once, when the row is new */
    size_t offset;
    size_t size;
};

struct fq_columns {
    const struct fq_column *items;
    size_t n_items;
};

/* The first column of each is its number: seq, n. The others' payment_seq is not among them. */
extern const struct fq_columns fq_payment_columns;
extern const struct fq_columns fq_attempt_columns;
extern const struct fq_columns fq_refund_columns;

/* One cell per column. */
void fq_columns_write(const struct fq_columns *columns, const void *object,
                      struct fq_cell *ret_cells);

/* Cells begin at `cells`; text is copied into the arena. A fault: a value that cannot be. */
int fq_columns_read(const struct fq_columns *columns, const struct fq_cell *cells,
                    struct fq_arena *arena, void *object);

#endif
