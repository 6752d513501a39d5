/* SPDX-License-Identifier: Apache-2.0 */
/* The one way to talk to a thread: jobs go out through a bounded queue and come home to the loop.
 */
#ifndef FQ_BASE_QUEUE_H
#define FQ_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/mem.h"

/* Embedded in whatever is to be done. `run` runs on the thread that takes it; `done` runs on the
 * loop, exactly once, after it was posted home. Either may be NULL. */
struct fq_job {
    struct fq_job *next;
    void (*run)(struct fq_job *job);
    void (*done)(struct fq_job *job);
};

/* ---- out: many threads put, many take ---- */

struct fq_queue;

struct fq_queue *fq_queue_new(size_t n_max);
void fq_queue_free(struct fq_queue *queue); /* must be empty */
FQ_DEFINE_CLEANUP(fq_queue);

enum {
    FQ_QUEUE_E_FULL = 1, /* n_max jobs wait already, or the queue is closed */
};

int fq_queue_put(struct fq_queue *queue, struct fq_job *job);

/* Takes up to `n_max` jobs in order, as a list by `next`; blocks while there are none. NULL once
 * the queue is closed and empty. */
struct fq_job *fq_queue_take(struct fq_queue *queue, size_t n_max);

/* The same, but waits at most `timeout_us` (0: not at all); NULL also means "none came". */
struct fq_job *fq_queue_take_within(struct fq_queue *queue, size_t n_max, long timeout_us);

void fq_queue_close(struct fq_queue *queue); /* takers drain what is there, then get NULL */
size_t fq_queue_size(struct fq_queue *queue);

/* ---- home: every thread posts, the loop runs `done` ---- */

struct fq_home;

struct fq_home *fq_home_new(void);
void fq_home_free(struct fq_home *home); /* must be empty */
FQ_DEFINE_CLEANUP(fq_home);

/* Posts a list of jobs (by `next`) in order. Never fails: what comes home was counted going out.
 * Wakes the loop once, and only if it sleeps. */
void fq_home_post(struct fq_home *home, struct fq_job *jobs);

int fq_home_fd(const struct fq_home *home); /* readable (poll) when there may be jobs */
size_t fq_home_size(struct fq_home *home);

/* On the loop: runs `done` of at most `n_max` jobs; returns how many ran. */
size_t fq_home_run(struct fq_home *home, size_t n_max);

#endif
