/* SPDX-License-Identifier: Apache-2.0 */
/* The store without its threads: the real transactions and reads, in batches that chance makes. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/store/migrate.h"
#include "daemon/store/read.h"
#include "daemon/store/transact.h"
#include "tests/sim/daemon.h"
#include "tests/sim/renewal.h"

#define WRITES_PER_BATCH 14 /* about as many as one commit makes */
#define COMMITS_PER_LOG  64 /* then it begins anew: a short one stays in the processor's caches */

int sim_store_open(struct sim_daemon *daemon)
{
    FQ_TRY(fq_engine_sqlite_open(SIM_LEDGER, FQ_ENGINE_WRITE, &daemon->writer));
    FQ_TRY(fq_migrate(daemon->writer));
    FQ_TRY(fq_engine_sqlite_open(SIM_LEDGER, FQ_ENGINE_READ, &daemon->reader));
    FQ_TRY(fq_engine_sqlite_open(SIM_LEDGER, FQ_ENGINE_CHECKPOINT, &daemon->checkpoint));
    return 0;
}

/* In the order of fq_store_free. */
void sim_store_close(struct sim_daemon *daemon)
{
    fq_engine_free(FQ_TAKE(daemon->checkpoint));
    fq_engine_free(FQ_TAKE(daemon->reader));
    fq_engine_free(FQ_TAKE(daemon->writer));
}

/* The first few of them, as a list, as many as chance wants. */
static struct fq_job *store_take(struct sim *sim, struct sim_queue *queue, size_t n_max)
{
    size_t n = queue->n_items < n_max ? queue->n_items : n_max;
    if (n > 1)
        n = sim_hit(sim, SIM_STORE_SINGLY) ? 1 : (size_t)sim_between(sim, 1, (int64_t)n);
    for (size_t i = 0; i < n; i++)
        queue->items[i]->next = i + 1 < n ? queue->items[i + 1] : NULL;
    struct fq_job *first = queue->items[0];
    queue->n_items -= n;
    memmove(queue->items, queue->items + n, queue->n_items * sizeof(*queue->items));
    return first;
}

static void store_job_done(struct sim *sim, void *what, int64_t argument)
{
    struct fq_job *job = what;
    (void)sim;
    (void)argument;
    job->done(job);
}

/* Home to the loop, in order. Where consumers acknowledge, no batch overtakes another one: the
 * store has one thread, and a group's place is what was told last. */
static void store_post(struct sim *sim, struct fq_job *jobs, int64_t delay_us)
{
    if (sim_has_consumers(sim)) {
        int64_t *posted_us = &sim->daemon->posted_us;
        *posted_us = sim->now_us + delay_us > *posted_us ? sim->now_us + delay_us : *posted_us;
        delay_us = *posted_us - sim->now_us;
    }
    while (jobs != NULL) {
        struct fq_job *job = jobs;
        jobs = job->next;
        job->next = NULL;
        sim_after_in_life(sim, delay_us, store_job_done, job, 0);
    }
}

/* ---- transactions ---- */

static void store_tell_transaction(struct fq_job *job)
{
    struct fq_tx *tx = fq_container_of(job, struct fq_tx, job);
    tx->done(tx);
}

/* As fq_checkpoint_after_commit, when the log has grown, or when chance wants it. */
static void store_checkpoint(struct sim_daemon *daemon)
{
    int moved = 0;
    bool restarts =
        ++daemon->n_commits % COMMITS_PER_LOG == 0 || sim_hit(daemon->sim, SIM_CHECKPOINT_RESTART);
    struct fq_engine *engine = restarts ? daemon->writer : daemon->checkpoint;
    if (!restarts && !sim_hit(daemon->sim, SIM_CHECKPOINT_PASSIVE))
        return;
    (void)engine->calls->checkpoint(engine, restarts, &moved);
    if (engine->disk_failed)
        sim_daemon_doom(daemon->sim, "the disk failed under a checkpoint");
}

/* In a crowd the disk is a slow one, so that others come meanwhile and share its next commit. */
static int64_t store_delay_us(struct sim *sim)
{
    if (sim_hit(sim, SIM_STORE_SLOW))
        return sim_between(sim, 100000, 20 * SIM_SECOND_US);
    return sim_is_crowd(sim) ? sim_between(sim, 5000, 200000) : sim_moment_us(sim);
}

static void store_write(struct sim *sim, void *what, int64_t argument)
{
    struct sim_daemon *daemon = what;
    (void)argument;
    daemon->transactions.is_planned = false;
    if (sim_hit(sim, SIM_CRASH_BEFORE_BATCH)) {
        sim_daemon_doom(sim, "before a batch");
        return;
    }
    if (sim_hit(sim, SIM_CRASH_IN_WRITE))
        sim_disk_die_at(sim->disk, sim_between(sim, 1, WRITES_PER_BATCH));
    struct fq_job *jobs = store_take(sim, &daemon->transactions, 256);
    int r = fq_transact(daemon->writer, fq_sha256_of2, jobs);
    daemon->knows_first_due = false;
    daemon->n_idle_rounds = 0;
    if (r != 0 || sim_disk_is_dead(sim->disk)) {
        sim_claim_committed(sim, jobs, false);
        sim_daemon_doom(sim, r != 0 ? "the disk failed" : "in a write");
        return;
    }
    sim_disk_die_at(sim->disk, 0);
    sim_claim_committed(sim, jobs, true);
    if (sim_hit(sim, SIM_CRASH_AFTER_COMMIT)) {
        sim_daemon_doom(sim, "after a commit, before anybody heard");
        return;
    }
    sim_say(sim, "committed", "", 0);
    store_post(sim, jobs, sim_moment_us(sim));
    store_checkpoint(daemon);
    if (daemon->transactions.n_items > 0) {
        daemon->transactions.is_planned = true;
        sim_after_in_life(sim, store_delay_us(sim), store_write, daemon, 0);
    }
}

void sim_store_transact(struct sim_daemon *daemon, struct fq_tx *tx)
{
    struct sim *sim = daemon->sim;
    struct sim_queue *queue = &daemon->transactions;
    fq_assert(tx->decide != NULL && tx->done != NULL && tx->arena != NULL);
    tx->job.done = store_tell_transaction;
    if (queue->n_items == SIM_QUEUE_MAX || sim_hit(sim, SIM_STORE_BUSY)) {
        tx->result = FQ_FAULT(-EAGAIN, "too many transactions are waiting");
        sim_after_in_life(sim, 10, store_job_done, &tx->job, 0);
        return;
    }
    queue->items[queue->n_items++] = &tx->job;
    if (queue->is_planned)
        return;
    queue->is_planned = true;
    sim_after_in_life(sim, store_delay_us(sim), store_write, daemon, 0);
}

/* ---- reads ---- */

static void store_tell_read(struct fq_job *job)
{
    struct fq_read *read = fq_container_of(job, struct fq_read, job);
    read->done(read);
}

static void store_run_reads(struct sim *sim, void *what, int64_t argument)
{
    struct sim_daemon *daemon = what;
    (void)argument;
    daemon->reads.is_planned = false;
    struct fq_job *jobs = store_take(sim, &daemon->reads, 64);
    fq_read_all(daemon->reader, jobs);
    store_post(sim, jobs,
               sim_hit(sim, SIM_READ_STALE) ? sim_between(sim, 1000, 3 * SIM_SECOND_US)
                                            : sim_moment_us(sim));
    if (daemon->reads.n_items > 0) {
        daemon->reads.is_planned = true;
        sim_after_in_life(sim, sim_moment_us(sim), store_run_reads, daemon, 0);
    }
}

void sim_store_read(struct sim_daemon *daemon, struct fq_read *read)
{
    struct sim *sim = daemon->sim;
    struct sim_queue *queue = &daemon->reads;
    fq_assert(read->done != NULL && read->arena != NULL);
    read->job.done = store_tell_read;
    if (queue->n_items == SIM_QUEUE_MAX || sim_hit(sim, SIM_READ_BUSY) ||
        (read->kind == FQ_READ_NOTES && sim_hit(sim, SIM_NOTES_BUSY))) {
        read->result = FQ_FAULT(-EAGAIN, "too many reads are waiting");
        sim_after_in_life(sim, 10, store_job_done, &read->job, 0);
        return;
    }
    queue->items[queue->n_items++] = &read->job;
    if (queue->is_planned)
        return;
    queue->is_planned = true;
    sim_after_in_life(sim, sim_moment_us(sim), store_run_reads, daemon, 0);
}

/* ---- from outside ---- */

int64_t sim_store_first_due_ms(struct sim_daemon *daemon)
{
    int64_t due_ms = INT64_MAX;
    if (daemon->knows_first_due)
        return daemon->first_due_ms;
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    const struct fq_due_wish wishes[] = { { fq_lit("huabei"), 1 }, { fq_lit("bankcard"), 1 } };
    struct fq_read read = { .arena = arena,
                            .kind = FQ_READ_DUE,
                            .now_ms = INT64_MAX,
                            .n_max = 1,
                            .wishes = wishes,
                            .n_wishes = 2 };
    daemon->sim->is_quiet = true;
    fq_read_all(daemon->reader, &read.job);
    daemon->sim->is_quiet = false;
    for (uint32_t i = 0; i < read.n_rows; i++) {
        if (read.due[i].due_ms < due_ms)
            due_ms = read.due[i].due_ms;
    }
    fq_arena_free(arena);
    daemon->knows_first_due = read.result == 0;
    daemon->first_due_ms = due_ms;
    return due_ms;
}
