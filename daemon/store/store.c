/* SPDX-License-Identifier: Apache-2.0 */
/* The store's threads: one commits transactions in groups, one reads. */
#include "daemon/store/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/store/checkpoint.h"
#include "daemon/store/migrate.h"
#include "daemon/store/read.h"
#include "daemon/store/transact.h"

#define TRANSACTIONS_MAX 256  /* in one commit */
#define READS_MAX        64   /* in one snapshot */
#define COMPANY_US       1000 /* how long a commit waits for those that are on their way */
#define NAP_US           400  /* in which more of them come */
#define PATH_SIZE_MAX    4096

struct fq_store {
    struct fq_store_conf conf;
    char path[PATH_SIZE_MAX];
    int lock_fd;
    struct fq_engine *writer;
    struct fq_engine *reader;
    struct fq_checkpoint *checkpoint;
    struct fq_queue *transactions;
    struct fq_queue *reads;
    atomic_int n_expected;
    struct fq_store_meter meter;
    pthread_t write_thread;
    pthread_t read_thread;
    bool has_write_thread;
    bool has_read_thread;
};

/* ---- the lock ---- */

/* On the file itself, by whatever name it is reached; SQLite's own locks are of another kind. It
 * ends with the process. The descriptor must not be closed before the engines: SQLite's would go
 * with it. */
static int store_lock(struct fq_store *store)
{
    /* SQLite gives its log the permissions of the file. */
    store->lock_fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (store->lock_fd < 0)
        return FQ_FAULT(-errno, "cannot open %s", store->path);
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return FQ_STORE_E_LOCKED;
    return FQ_FAULT(-errno, "cannot lock %s", store->path);
}

/* ---- the store thread ---- */

/* Behind the last job; counts what it passes. */
static struct fq_job **store_end(struct fq_job **jobs, size_t *n)
{
    while (*jobs != NULL) {
        jobs = &(*jobs)->next;
        (*n)++;
    }
    return jobs;
}

/* Group commit does not form by itself: signing is slower than an fsync. */
static void store_wait_for_company(struct fq_store *store, struct fq_job *jobs)
{
    size_t n = 0;
    struct fq_job **end = store_end(&jobs, &n);
    const int64_t until_us = fq_clock_mono_us() + COMPANY_US;
    while (n < TRANSACTIONS_MAX && atomic_load(&store->n_expected) > 0 &&
           fq_clock_mono_us() < until_us) {
        /* Asleep, not on the queue: being woken for each of them would cost what a group saves. */
        const struct timespec nap = { .tv_nsec = NAP_US * 1000L };
        (void)nanosleep(&nap, NULL);
        *end = fq_queue_take_within(store->transactions, TRANSACTIONS_MAX - n, 0);
        end = store_end(end, &n);
    }
}

static void store_meter_commit(struct fq_store *store, struct fq_job *jobs, int64_t took_us)
{
    int64_t n = 0;
    for (struct fq_job *job = jobs; job != NULL; job = job->next, n++) {
        if (fq_container_of(job, struct fq_tx, job)->result < 0)
            fq_count(&store->meter.n_faults, 1);
    }
    fq_histogram_add(&store->meter.commit_size, &fq_bounds_group, n);
    fq_histogram_add(&store->meter.commit_us, &fq_bounds_request, took_us);
}

static void *store_write_loop(void *ctx)
{
    struct fq_store *store = ctx;
    struct fq_job *jobs = NULL;
    while ((jobs = fq_queue_take(store->transactions, TRANSACTIONS_MAX)) != NULL) {
        store_wait_for_company(store, jobs);
        const int64_t begun_us = fq_clock_mono_us();
        if (fq_transact(store->writer, store->conf.sha256_of2, jobs) != 0) {
            store->conf.end_process(fq_trace());
            fq_assert(false); /* it returned */
        }
        store_meter_commit(store, jobs, fq_clock_mono_us() - begun_us);
        fq_home_post(store->conf.home, jobs);
        fq_checkpoint_after_commit(store->checkpoint, store->writer);
    }
    return NULL;
}

/* ---- the reader's thread ---- */

static void *store_read_loop(void *ctx)
{
    struct fq_store *store = ctx;
    struct fq_job *jobs = NULL;
    while ((jobs = fq_queue_take(store->reads, READS_MAX)) != NULL) {
        const int64_t begun_us = fq_clock_mono_us();
        fq_read_all(store->reader, jobs);
        size_t n = 0;
        (void)store_end(&jobs, &n);
        fq_count(&store->meter.n_reads, n);
        fq_histogram_add(&store->meter.read_us, &fq_bounds_request, fq_clock_mono_us() - begun_us);
        fq_home_post(store->conf.home, jobs);
    }
    return NULL;
}

/* ---- opening ---- */

static int store_migrate(struct fq_store *store)
{
    int r = fq_migrate(store->writer);
    if (r == FQ_MIGRATE_E_NEWER)
        return FQ_STORE_E_NEWER;
    FQ_TRY(r);
    return 0;
}

static int store_open_engines(struct fq_store *store)
{
    FQ_TRY(fq_engine_sqlite_open(store->path, FQ_ENGINE_WRITE, &store->writer));
    int r = store_migrate(store);
    if (r != 0)
        return r;
    FQ_TRY(fq_engine_sqlite_open(store->path, FQ_ENGINE_READ, &store->reader));
    struct fq_engine *engine = NULL;
    FQ_TRY(fq_engine_sqlite_open(store->path, FQ_ENGINE_CHECKPOINT, &engine));
    FQ_TRY(fq_checkpoint_new(engine, store->conf.end_process, &store->checkpoint));
    return 0;
}

static int store_start(struct fq_store *store)
{
    int r = pthread_create(&store->write_thread, NULL, store_write_loop, store);
    if (r != 0)
        return FQ_FAULT(-r, "cannot start the store thread");
    (void)pthread_setname_np(store->write_thread, "fenqid-store");
    store->has_write_thread = true;
    r = pthread_create(&store->read_thread, NULL, store_read_loop, store);
    if (r != 0)
        return FQ_FAULT(-r, "cannot start the store's reader");
    (void)pthread_setname_np(store->read_thread, "fenqid-read");
    store->has_read_thread = true;
    return 0;
}

/* Signals are the loop's: the store's threads inherit a mask that lets none through. */
static int store_start_all(struct fq_store *store)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = store_open_engines(store);
    if (r == 0)
        r = store_start(store);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

int fq_store_open(const struct fq_store_conf *conf, struct fq_store **ret)
{
    FQ_CLEANUP(fq_store) *store = fq_zalloc(sizeof(*store));
    store->conf = *conf;
    store->lock_fd = -1;
    store->transactions = fq_queue_new(conf->n_waiting_max);
    store->reads = fq_queue_new(conf->n_waiting_max);
    if (snprintf(store->path, sizeof(store->path), "%s", conf->path) >= (int)sizeof(store->path))
        return FQ_FAULT(-ENAMETOOLONG, "the ledger's path is too long");
    int r = store_lock(store);
    if (r == 0)
        r = store_start_all(store);
    if (r != 0)
        return r;
    *ret = FQ_TAKE(store);
    return 0;
}

/* ---- asking ---- */

static void store_tell_transaction(struct fq_job *job)
{
    struct fq_tx *tx = fq_container_of(job, struct fq_tx, job);
    tx->done(tx);
}

int fq_store_transact(struct fq_store *store, struct fq_tx *tx)
{
    fq_assert(tx->decide != NULL && tx->done != NULL && tx->arena != NULL);
    tx->job.done = store_tell_transaction;
    return fq_queue_put(store->transactions, &tx->job) == 0 ? 0 : FQ_STORE_E_BUSY;
}

static void store_tell_read(struct fq_job *job)
{
    struct fq_read *read = fq_container_of(job, struct fq_read, job);
    read->done(read);
}

int fq_store_read(struct fq_store *store, struct fq_read *read)
{
    fq_assert(read->done != NULL && read->arena != NULL);
    read->job.done = store_tell_read;
    return fq_queue_put(store->reads, &read->job) == 0 ? 0 : FQ_STORE_E_BUSY;
}

void fq_store_expect(struct fq_store *store, int delta)
{
    (void)atomic_fetch_add(&store->n_expected, delta);
}

/* ---- what it counts ---- */

const struct fq_store_meter *fq_store_meter(const struct fq_store *store)
{
    return &store->meter;
}

size_t fq_store_n_transactions(const struct fq_store *store)
{
    return fq_queue_size(store->transactions);
}

size_t fq_store_n_reads(const struct fq_store *store)
{
    return fq_queue_size(store->reads);
}

/* ---- closing ---- */

void fq_store_free(struct fq_store *store)
{
    if (store == NULL)
        return;
    fq_queue_close(store->transactions);
    fq_queue_close(store->reads);
    if (store->has_write_thread)
        (void)pthread_join(store->write_thread, NULL);
    if (store->has_read_thread)
        (void)pthread_join(store->read_thread, NULL);
    /* The writer last: the last connection to close moves the log and removes it. */
    fq_checkpoint_free(store->checkpoint);
    fq_engine_free(store->reader);
    fq_engine_free(store->writer);
    fq_queue_free(store->transactions);
    fq_queue_free(store->reads);
    if (store->lock_fd >= 0)
        (void)close(store->lock_fd);
    fq_free(store);
}
