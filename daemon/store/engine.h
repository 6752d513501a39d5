/* SPDX-License-Identifier: Apache-2.0 */
/* What the store needs of a database: statements, savepoints, one transaction at a time.
 *
 * One engine is one connection, used by one thread at a time. Faults worth telling apart: -ENOSPC
 * (the disk is full), -EEXIST (a unique index), -ERANGE (a CHECK). After any fault ask
 * is_in_transaction(): the whole transaction may be gone, not one statement. */
#ifndef FQ_STORE_ENGINE_H
#define FQ_STORE_ENGINE_H

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/store/queries.h"

#define FQ_CELLS_MAX 64

enum fq_cell_type {
    FQ_CELL_NULL = 0,
    FQ_CELL_NUMBER,
    FQ_CELL_TEXT,
    FQ_CELL_BYTES,
};

/* One value, of a parameter or of a row. */
struct fq_cell {
    uint32_t type; /* fq_cell_type */
    int64_t number;
    struct fq_str bytes; /* TEXT, BYTES; of a row: until on_row returns */
};

struct fq_row {
    struct fq_cell cells[FQ_CELLS_MAX];
    uint32_t n_cells;
};

static inline struct fq_cell fq_cell_number(int64_t number)
{
    return (struct fq_cell){ .type = FQ_CELL_NUMBER, .number = number };
}

static inline struct fq_cell fq_cell_text(struct fq_str text)
{
    return (struct fq_cell){ .type = FQ_CELL_TEXT, .bytes = text };
}

static inline struct fq_cell fq_cell_bytes(const void *bytes, size_t size)
{
    return (struct fq_cell){ .type = FQ_CELL_BYTES, .bytes = { bytes, size } };
}

/* Called for each row; 0 goes on, a fault ends the statement and is passed up. */
typedef int fq_on_row(void *ctx, const struct fq_row *row);

enum fq_engine_use {
    FQ_ENGINE_WRITE = 0, /* creates the file; the only one that writes */
    FQ_ENGINE_READ,
    FQ_ENGINE_CHECKPOINT,
};

enum {
    /* Readers hold an old snapshot, or another checkpoint runs: try later. */
    FQ_ENGINE_E_BUSY = 1,
};

struct fq_engine {
    const struct fq_engine_calls *calls;
    int64_t n_changed; /* rows, by the last run */
    /* A write or an fsync failed, for another reason than a full disk: what is on the disk is
     * unknown until a new process has read it. */
    bool disk_failed;
};

struct fq_engine_calls {
    void (*close)(struct fq_engine *engine); /* takes NULL */

    int (*begin)(struct fq_engine *engine); /* for writing, or reading, by its use */
    int (*commit)(struct fq_engine *engine);
    void (*rollback)(struct fq_engine *engine);
    int (*savepoint)(struct fq_engine *engine);
    int (*rollback_to)(struct fq_engine *engine); /* and forgets the savepoint */
    int (*release)(struct fq_engine *engine);
    bool (*is_in_transaction)(struct fq_engine *engine);

    /* Runs one statement of queries.h to its end; on_row may be NULL. */
    int (*run)(struct fq_engine *engine, uint32_t query, const struct fq_cell *parameters,
               size_t n_parameters, fq_on_row *on_row, void *ctx);

    /* Several statements as text, without rows: migrations. */
    int (*script)(struct fq_engine *engine, const char *text);
    int (*version)(struct fq_engine *engine, int64_t *ret); /* of the schema; 0 = empty */
    int (*set_version)(struct fq_engine *engine, int64_t version);

    /* Pages of the write-ahead log after the last commit; 0 where there is none. */
    int (*log_pages)(struct fq_engine *engine);
    /* Moves the log's pages to their place. `restart`: the log must begin anew with the next
     * commit, or FQ_ENGINE_E_BUSY. */
    int (*checkpoint)(struct fq_engine *engine, bool restart, int *ret_pages_moved);
};

int fq_engine_sqlite_open(const char *path, uint32_t use, struct fq_engine **ret);

static inline void fq_engine_free(struct fq_engine *engine)
{
    if (engine != NULL)
        engine->calls->close(engine);
}

FQ_DEFINE_CLEANUP(fq_engine);

#endif
