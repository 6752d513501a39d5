/* SPDX-License-Identifier: Apache-2.0 */
/* Runs jobs on worker threads and sends them home. */
#include "daemon/io/pool.h"

#include <pthread.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"

#define TAKE_MAX      8    /* jobs that one worker takes at once, if there are enough for all */
#define POST_AFTER_US 1000 /* a finished job waits at most this long for those in the same hand */

struct fq_pool {
    struct fq_queue *queue;
    struct fq_home *home;
    pthread_t *threads;
    size_t n_threads;
};

int fq_pool_run(struct fq_pool *pool, struct fq_job *job)
{
    return fq_queue_put(pool->queue, job);
}

size_t fq_pool_n_waiting(const struct fq_pool *pool)
{
    return fq_queue_size(pool->queue);
}

/* Runs a list. Short jobs go home together, so that the loop is woken once for them. */
static void pool_work(const struct fq_pool *pool, struct fq_job *jobs)
{
    struct fq_job *finished = NULL;
    struct fq_job **end = &finished;
    int64_t since_us = fq_clock_mono_us();
    while (jobs != NULL) {
        struct fq_job *job = jobs;
        jobs = job->next;
        job->next = NULL;
        if (job->run != NULL)
            job->run(job);
        *end = job;
        end = &job->next;
        if (jobs == NULL || fq_clock_mono_us() - since_us >= POST_AFTER_US) {
            fq_home_post(pool->home, finished);
            finished = NULL;
            end = &finished;
            since_us = fq_clock_mono_us();
        }
    }
}

static void *pool_thread(void *argument)
{
    const struct fq_pool *pool = argument;
    for (;;) {
        /* A fair share: the other workers shall not stand idle beside a full hand. */
        size_t share = fq_queue_size(pool->queue) / (2 * pool->n_threads);
        if (share > TAKE_MAX)
            share = TAKE_MAX;
        struct fq_job *jobs = fq_queue_take(pool->queue, share > 0 ? share : 1);
        if (jobs == NULL)
            return NULL;
        pool_work(pool, jobs);
    }
}

struct fq_pool *fq_pool_new(size_t n_threads, size_t n_waiting_max, struct fq_home *home)
{
    struct fq_pool *pool = fq_zalloc(sizeof(*pool));
    fq_assert(n_threads > 0);
    pool->queue = fq_queue_new(n_waiting_max);
    pool->home = home;
    pool->threads = fq_zalloc_array(n_threads, sizeof(*pool->threads));
    pool->n_threads = n_threads;
    for (size_t i = 0; i < n_threads; i++) {
        fq_assert(pthread_create(&pool->threads[i], NULL, pool_thread, pool) == 0);
        (void)pthread_setname_np(pool->threads[i], "fenqid-work");
    }
    return pool;
}

void fq_pool_free(struct fq_pool *pool)
{
    if (pool == NULL)
        return;
    fq_queue_close(pool->queue);
    for (size_t i = 0; i < pool->n_threads; i++)
        fq_assert(pthread_join(pool->threads[i], NULL) == 0);
    fq_queue_free(pool->queue);
    fq_free(pool->threads);
    fq_free(pool);
}
