/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs run on workers, come home to the loop, each exactly once. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/base/clock.h"
#include "daemon/io/pool.h"

#define N_JOBS 200

struct counted {
    struct fq_job job;
    pthread_t ran_on;
    int n_run;
    int n_done;
};

static void counted_run(struct fq_job *job)
{
    struct counted *counted = fq_container_of(job, struct counted, job);
    counted->ran_on = pthread_self();
    counted->n_run++;
}

static void counted_done(struct fq_job *job)
{
    fq_container_of(job, struct counted, job)->n_done++;
}

/* Holds its worker until it is let go. */
struct gate {
    struct fq_job job;
    sem_t entered;
    sem_t leave;
    int n_done;
};

static void gate_run(struct fq_job *job)
{
    struct gate *gate = fq_container_of(job, struct gate, job);
    (void)sem_post(&gate->entered);
    while (sem_wait(&gate->leave) != 0)
        continue;
}

static void gate_done(struct fq_job *job)
{
    fq_container_of(job, struct gate, job)->n_done++;
}

static void gate_init(struct gate *gate)
{
    *gate = (struct gate){ .job = { .run = gate_run, .done = gate_done } };
    assert_int_equal(sem_init(&gate->entered, 0, 0), 0);
    assert_int_equal(sem_init(&gate->leave, 0, 0), 0);
}

static size_t home_collect(struct fq_home *home, size_t n)
{
    int64_t until_ms = fq_clock_mono_ms() + 10000;
    size_t n_done = 0;
    while (n_done < n && fq_clock_mono_ms() < until_ms) {
        struct pollfd poll_fd = { .fd = fq_home_fd(home), .events = POLLIN };
        (void)poll(&poll_fd, 1, 100);
        n_done += fq_home_run(home, SIZE_MAX);
    }
    return n_done;
}

static void runs_every_job_once_and_sends_it_home(void **state)
{
    (void)state;
    static struct counted jobs[N_JOBS];
    FQ_CLEANUP(fq_home) *home = fq_home_new();
    FQ_CLEANUP(fq_pool) *pool = fq_pool_new(2, N_JOBS, home);
    for (size_t i = 0; i < N_JOBS; i++) {
        jobs[i] = (struct counted){ .job = { .run = counted_run, .done = counted_done } };
        assert_int_equal(fq_pool_run(pool, &jobs[i].job), 0);
    }
    assert_int_equal(home_collect(home, N_JOBS), N_JOBS);
    for (size_t i = 0; i < N_JOBS; i++) {
        assert_int_equal(jobs[i].n_run, 1);
        assert_int_equal(jobs[i].n_done, 1);
        assert_false(pthread_equal(jobs[i].ran_on, pthread_self()));
    }
}

static void takes_jobs_without_run(void **state)
{
    (void)state;
    struct counted counted = { .job = { .done = counted_done } };
    FQ_CLEANUP(fq_home) *home = fq_home_new();
    FQ_CLEANUP(fq_pool) *pool = fq_pool_new(1, 1, home);
    assert_int_equal(fq_pool_run(pool, &counted.job), 0);
    assert_int_equal(home_collect(home, 1), 1);
    assert_int_equal(counted.n_done, 1);
}

static void works_on_as_many_jobs_at_once_as_it_has_threads(void **state)
{
    (void)state;
    struct gate gates[3];
    FQ_CLEANUP(fq_home) *home = fq_home_new();
    FQ_CLEANUP(fq_pool) *pool = fq_pool_new(3, 3, home);
    for (size_t i = 0; i < 3; i++) {
        gate_init(&gates[i]);
        assert_int_equal(fq_pool_run(pool, &gates[i].job), 0);
    }
    for (size_t i = 0; i < 3; i++) /* all are inside before any may leave */
        assert_int_equal(sem_wait(&gates[i].entered), 0);
    for (size_t i = 0; i < 3; i++)
        (void)sem_post(&gates[i].leave);
    assert_int_equal(home_collect(home, 3), 3);
}

static void refuses_more_than_may_wait(void **state)
{
    (void)state;
    struct gate gate;
    struct counted waiting = { .job = { .run = counted_run, .done = counted_done } };
    struct counted refused = { .job = { .run = counted_run, .done = counted_done } };
    FQ_CLEANUP(fq_home) *home = fq_home_new();
    FQ_CLEANUP(fq_pool) *pool = fq_pool_new(1, 1, home);
    gate_init(&gate);
    assert_int_equal(fq_pool_run(pool, &gate.job), 0);
    assert_int_equal(sem_wait(&gate.entered), 0); /* no longer waiting: it runs */
    assert_int_equal(fq_pool_run(pool, &waiting.job), 0);
    assert_int_equal(fq_pool_run(pool, &refused.job), FQ_QUEUE_E_FULL);
    (void)sem_post(&gate.leave);
    assert_int_equal(home_collect(home, 2), 2);
    assert_int_equal(waiting.n_run, 1);
    assert_int_equal(refused.n_run + refused.n_done, 0);
}

static void finishes_what_waits_before_it_goes(void **state)
{
    (void)state;
    static struct counted jobs[N_JOBS];
    FQ_CLEANUP(fq_home) *home = fq_home_new();
    struct fq_pool *pool = fq_pool_new(1, N_JOBS, home);
    for (size_t i = 0; i < N_JOBS; i++) {
        jobs[i] = (struct counted){ .job = { .run = counted_run, .done = counted_done } };
        assert_int_equal(fq_pool_run(pool, &jobs[i].job), 0);
    }
    fq_pool_free(pool);
    assert_int_equal(fq_home_run(home, SIZE_MAX), N_JOBS);
    for (size_t i = 0; i < N_JOBS; i++)
        assert_int_equal(jobs[i].n_run, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_every_job_once_and_sends_it_home),
        cmocka_unit_test(takes_jobs_without_run),
        cmocka_unit_test(works_on_as_many_jobs_at_once_as_it_has_threads),
        cmocka_unit_test(refuses_more_than_may_wait),
        cmocka_unit_test(finishes_what_waits_before_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
