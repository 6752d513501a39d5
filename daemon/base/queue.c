/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded job queues between threads, and the loop's inbox. */
#include "daemon/base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/err.h"

struct fq_queue {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct fq_job *first;
    struct fq_job **last;
    size_t n_jobs;
    size_t n_max;
    bool is_closed;
};

struct fq_queue *fq_queue_new(size_t n_max)
{
    struct fq_queue *queue = fq_zalloc(sizeof(*queue));
    pthread_condattr_t attributes;
    fq_assert(pthread_mutex_init(&queue->mutex, NULL) == 0);
    fq_assert(pthread_condattr_init(&attributes) == 0);
    fq_assert(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    fq_assert(pthread_cond_init(&queue->filled, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
    queue->last = &queue->first;
    queue->n_max = n_max;
    return queue;
}

void fq_queue_free(struct fq_queue *queue)
{
    if (queue == NULL)
        return;
    fq_assert(queue->first == NULL);
    (void)pthread_cond_destroy(&queue->filled);
    (void)pthread_mutex_destroy(&queue->mutex);
    fq_free(queue);
}

int fq_queue_put(struct fq_queue *queue, struct fq_job *job)
{
    int r = 0;
    (void)pthread_mutex_lock(&queue->mutex);
    if (queue->is_closed || queue->n_jobs >= queue->n_max) {
        r = FQ_QUEUE_E_FULL;
    } else {
        job->next = NULL;
        *queue->last = job;
        queue->last = &job->next;
        queue->n_jobs++;
    }
    (void)pthread_mutex_unlock(&queue->mutex);
    if (r == 0) /* after: who wakes finds the mutex free */
        (void)pthread_cond_signal(&queue->filled);
    return r;
}

/* Cuts up to n_max jobs off the front; the mutex is held. */
static struct fq_job *queue_cut(struct fq_queue *queue, size_t n_max)
{
    struct fq_job *jobs = queue->first;
    struct fq_job **end = &queue->first;
    for (size_t n = 0; n < n_max && *end != NULL; n++) {
        end = &(*end)->next;
        queue->n_jobs--;
    }
    if (end == &queue->first)
        return NULL;
    queue->first = *end;
    if (queue->first == NULL)
        queue->last = &queue->first;
    *end = NULL;
    return jobs;
}

struct fq_job *fq_queue_take(struct fq_queue *queue, size_t n_max)
{
    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && !queue->is_closed)
        (void)pthread_cond_wait(&queue->filled, &queue->mutex);
    struct fq_job *jobs = queue_cut(queue, n_max);
    (void)pthread_mutex_unlock(&queue->mutex);
    return jobs;
}

struct fq_job *fq_queue_take_within(struct fq_queue *queue, size_t n_max, long timeout_us)
{
    struct timespec until = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nanoseconds = until.tv_nsec + (int64_t)timeout_us * 1000;
    until.tv_sec += (time_t)(nanoseconds / 1000000000);
    until.tv_nsec = (long)(nanoseconds % 1000000000);

    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && !queue->is_closed && timeout_us > 0) {
        if (pthread_cond_timedwait(&queue->filled, &queue->mutex, &until) == ETIMEDOUT)
            break;
    }
    struct fq_job *jobs = queue_cut(queue, n_max);
    (void)pthread_mutex_unlock(&queue->mutex);
    return jobs;
}

void fq_queue_close(struct fq_queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    (void)pthread_cond_broadcast(&queue->filled);
    (void)pthread_mutex_unlock(&queue->mutex);
}

size_t fq_queue_size(struct fq_queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    size_t n = queue->n_jobs;
    (void)pthread_mutex_unlock(&queue->mutex);
    return n;
}

struct fq_home {
    pthread_mutex_t mutex;
    struct fq_job *first;
    struct fq_job **last;
    size_t n_jobs;
    bool is_signalled; /* the eventfd is readable already */
    int fd;
};

struct fq_home *fq_home_new(void)
{
    struct fq_home *home = fq_zalloc(sizeof(*home));
    fq_assert(pthread_mutex_init(&home->mutex, NULL) == 0);
    home->last = &home->first;
    home->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fq_assert(home->fd >= 0);
    return home;
}

void fq_home_free(struct fq_home *home)
{
    if (home == NULL)
        return;
    fq_assert(home->first == NULL);
    (void)close(home->fd);
    (void)pthread_mutex_destroy(&home->mutex);
    fq_free(home);
}

void fq_home_post(struct fq_home *home, struct fq_job *jobs)
{
    if (jobs == NULL)
        return;
    size_t n = 1;
    struct fq_job **end = &jobs->next;
    for (; *end != NULL; n++)
        end = &(*end)->next;
    (void)pthread_mutex_lock(&home->mutex);
    *home->last = jobs;
    home->last = end;
    home->n_jobs += n;
    bool wake = !home->is_signalled;
    home->is_signalled = true;
    (void)pthread_mutex_unlock(&home->mutex);
    const uint64_t one = 1;
    if (wake)
        (void)!write(home->fd, &one, sizeof(one));
}

int fq_home_fd(const struct fq_home *home)
{
    return home->fd;
}

size_t fq_home_size(struct fq_home *home)
{
    (void)pthread_mutex_lock(&home->mutex);
    size_t n = home->n_jobs;
    (void)pthread_mutex_unlock(&home->mutex);
    return n;
}

size_t fq_home_run(struct fq_home *home, size_t n_max)
{
    size_t n = 0;
    for (; n < n_max; n++) {
        (void)pthread_mutex_lock(&home->mutex);
        struct fq_job *job = home->first;
        if (job != NULL) {
            home->first = job->next;
            home->n_jobs--;
            if (home->first == NULL)
                home->last = &home->first;
        } else if (home->is_signalled) {
            /* Emptied: the next post writes again. Reading under the mutex loses no wake-up. */
            uint64_t count = 0;
            (void)!read(home->fd, &count, sizeof(count));
            home->is_signalled = false;
        }
        (void)pthread_mutex_unlock(&home->mutex);
        if (job == NULL)
            break;
        job->next = NULL;
        if (job->done != NULL)
            job->done(job);
    }
    return n;
}
