/* SPDX-License-Identifier: Apache-2.0 */
/* The store: a thread that runs transactions in groups, one commit for many, and another that
 * reads. */
#ifndef FQ_STORE_STORE_H
#define FQ_STORE_STORE_H

#include "daemon/base/metric.h"
#include "daemon/core/tx.h"

struct fq_store;

struct fq_store_conf {
    const char *path;     /* of the SQLite file; its folder must exist */
    struct fq_home *home; /* where finished transactions and reads are posted */
    size_t n_waiting_max; /* transactions, and reads, waiting at once; more are refused */
    /* The journal's hash. */
    void (*sha256_of2)(struct fq_str a, struct fq_str b, unsigned char ret[32]);
    /* Called on the store thread when the disk can no longer be trusted (an fsync failed): must end
     * the process; recovery reads the truth. */
    void (*end_process)(const char *why);
};

enum {
    FQ_STORE_E_LOCKED = 1, /* another daemon has this ledger open */
    FQ_STORE_E_NEWER = 2,  /* written by a newer fenqid */
    FQ_STORE_E_BUSY = 3,   /* too many are waiting: ask again later; `done` will not run */
};

/* Opens or creates the file, migrates it, starts the threads. */
int fq_store_open(const struct fq_store_conf *conf, struct fq_store **ret);
/* Runs what waits, then stops; every `done` was posted. */
void fq_store_free(struct fq_store *store);
FQ_DEFINE_CLEANUP(fq_store);

/* From the loop. 0: `done` will run there; FQ_STORE_E_BUSY: it will not. */
int fq_store_transact(struct fq_store *store, struct fq_tx *tx);
int fq_store_read(struct fq_store *store, struct fq_read *read);

/* How many requests are on their way to the store but have not reached it: while it is not 0 the
 * store thread may wait up to 1 ms for company before it commits. Any thread. */
void fq_store_expect(struct fq_store *store, int delta);

/* What the store's threads count. Of a commit: from the first statement to the disk's word. */
struct fq_store_meter {
    struct fq_histogram commit_us;   /* fq_bounds_request */
    struct fq_histogram commit_size; /* transactions, fq_bounds_group */
    struct fq_counter n_faults;      /* transactions that were to write and did not */
    struct fq_histogram read_us;     /* of what was read together, fq_bounds_request */
    struct fq_counter n_reads;
};

const struct fq_store_meter *fq_store_meter(const struct fq_store *store);
size_t fq_store_n_transactions(const struct fq_store *store); /* that wait */
size_t fq_store_n_reads(const struct fq_store *store);

/* For fenqictl: reads one file without starting threads or taking the lock; read-only. */
struct fq_store_view;
int fq_store_view_open(const char *path, struct fq_store_view **ret);
int fq_store_view_read(struct fq_store_view *view, struct fq_read *read); /* fills it at once */
void fq_store_view_free(struct fq_store_view *view);
FQ_DEFINE_CLEANUP(fq_store_view);

#endif
