/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs out through a bounded queue, home through one inbox. */
#include "daemon/base/queue.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#define N_THREADS         4
#define N_JOBS_PER_THREAD 500

struct counted {
    struct fq_job job;
    atomic_int n_runs;
    int n_done;
};

static void counted_run(struct fq_job *job)
{
    atomic_fetch_add(&fq_container_of(job, struct counted, job)->n_runs, 1);
}

static void counted_done(struct fq_job *job)
{
    fq_container_of(job, struct counted, job)->n_done++;
}

static bool is_readable(int fd)
{
    struct pollfd poller = { .fd = fd, .events = POLLIN };
    return poll(&poller, 1, 0) == 1;
}

/* ---- out ---- */

static void take_keeps_the_order(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_queue) *queue = fq_queue_new(10);
    struct fq_job jobs[3] = { 0 };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fq_queue_put(queue, &jobs[i]), 0);
    struct fq_job *first = fq_queue_take(queue, 2);
    assert_ptr_equal(first, &jobs[0]);
    assert_ptr_equal(first->next, &jobs[1]);
    assert_null(first->next->next);
    assert_int_equal(fq_queue_size(queue), 1);
    assert_ptr_equal(fq_queue_take(queue, 2), &jobs[2]);
}

static void queue_can_be_filled_again_once_emptied(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_queue) *queue = fq_queue_new(10);
    struct fq_job job = { 0 };
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fq_queue_put(queue, &job), 0);
        assert_ptr_equal(fq_queue_take(queue, 5), &job);
        assert_int_equal(fq_queue_size(queue), 0);
    }
}

static void full_queue_refuses(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_queue) *queue = fq_queue_new(2);
    struct fq_job jobs[3] = { 0 };
    assert_int_equal(fq_queue_put(queue, &jobs[0]), 0);
    assert_int_equal(fq_queue_put(queue, &jobs[1]), 0);
    assert_int_equal(fq_queue_put(queue, &jobs[2]), FQ_QUEUE_E_FULL);
    assert_non_null(fq_queue_take(queue, 1));
    assert_int_equal(fq_queue_put(queue, &jobs[2]), 0);
    assert_non_null(fq_queue_take(queue, 2));
}

static void closed_queue_refuses_but_drains(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_queue) *queue = fq_queue_new(2);
    struct fq_job jobs[2] = { 0 };
    assert_int_equal(fq_queue_put(queue, &jobs[0]), 0);
    fq_queue_close(queue);
    assert_int_equal(fq_queue_put(queue, &jobs[1]), FQ_QUEUE_E_FULL);
    assert_ptr_equal(fq_queue_take(queue, 5), &jobs[0]);
    assert_null(fq_queue_take(queue, 5));
}

static void take_within_does_not_wait_for_ever(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_queue) *queue = fq_queue_new(2);
    struct fq_job job = { 0 };
    assert_null(fq_queue_take_within(queue, 1, 0));
    assert_null(fq_queue_take_within(queue, 1, 1500));
    assert_int_equal(fq_queue_put(queue, &job), 0);
    assert_ptr_equal(fq_queue_take_within(queue, 1, 0), &job);
}

static void *drain(void *argument)
{
    struct fq_queue *queue = argument;
    for (;;) {
        struct fq_job *jobs = fq_queue_take(queue, 7);
        if (jobs == NULL)
            return NULL;
        while (jobs != NULL) {
            struct fq_job *job = jobs;
            jobs = job->next;
            job->run(job);
        }
    }
}

static void closing_wakes_a_waiting_taker(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_queue) *queue = fq_queue_new(2);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, drain, queue), 0);
    fq_queue_close(queue);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void every_job_runs_once_whoever_takes_it(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_queue) *queue = fq_queue_new(64);
    static struct counted jobs[N_THREADS * N_JOBS_PER_THREAD];
    pthread_t threads[N_THREADS];
    for (size_t i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, drain, queue), 0);
    for (size_t i = 0; i < fq_array_size(jobs); i++) {
        jobs[i].job.run = counted_run;
        while (fq_queue_put(queue, &jobs[i].job) != 0)
            (void)sched_yield();
    }
    fq_queue_close(queue);
    for (size_t i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < fq_array_size(jobs); i++)
        assert_int_equal(atomic_load(&jobs[i].n_runs), 1);
}

/* ---- home ---- */

static void home_runs_in_order_and_within_bounds(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_home) *home = fq_home_new();
    struct counted jobs[3] = { 0 };
    for (size_t i = 0; i < 3; i++) {
        jobs[i].job.done = counted_done;
        jobs[i].job.next = i < 2 ? &jobs[i + 1].job : NULL;
    }
    fq_home_post(home, &jobs[0].job);
    assert_int_equal(fq_home_run(home, 2), 2);
    assert_int_equal(jobs[1].n_done, 1);
    assert_int_equal(jobs[2].n_done, 0);
    assert_int_equal(fq_home_run(home, 2), 1);
    assert_int_equal(jobs[2].n_done, 1);
}

static void home_stays_readable_while_jobs_wait(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_home) *home = fq_home_new();
    struct fq_job jobs[2] = { 0 };
    assert_false(is_readable(fq_home_fd(home)));
    fq_home_post(home, &jobs[0]);
    fq_home_post(home, &jobs[1]);
    assert_true(is_readable(fq_home_fd(home)));
    assert_int_equal(fq_home_run(home, 1), 1);
    assert_true(is_readable(fq_home_fd(home)));
    assert_int_equal(fq_home_run(home, 10), 1);
    assert_false(is_readable(fq_home_fd(home)));
}

static void home_wakes_again_after_it_was_emptied(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_home) *home = fq_home_new();
    struct fq_job job = { 0 };
    for (int i = 0; i < 3; i++) {
        fq_home_post(home, &job);
        assert_true(is_readable(fq_home_fd(home)));
        assert_int_equal(fq_home_run(home, 10), 1);
    }
    fq_home_post(home, NULL);
    assert_false(is_readable(fq_home_fd(home)));
}

struct poster {
    struct fq_home *home;
    struct counted *jobs;
};

static void *post_all(void *argument)
{
    struct poster *poster = argument;
    for (size_t i = 0; i < N_JOBS_PER_THREAD; i++)
        fq_home_post(poster->home, &poster->jobs[i].job);
    return NULL;
}

static void home_loses_no_job_and_no_wake_up(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_home) *home = fq_home_new();
    static struct counted jobs[N_THREADS * N_JOBS_PER_THREAD];
    struct poster posters[N_THREADS];
    pthread_t threads[N_THREADS];
    for (size_t i = 0; i < fq_array_size(jobs); i++)
        jobs[i].job.done = counted_done;
    for (size_t i = 0; i < N_THREADS; i++) {
        posters[i] = (struct poster){ home, &jobs[i * N_JOBS_PER_THREAD] };
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, &posters[i]), 0);
    }
    size_t n_home = 0;
    struct pollfd poller = { .fd = fq_home_fd(home), .events = POLLIN };
    while (n_home < fq_array_size(jobs)) {
        assert_int_equal(poll(&poller, 1, 10000), 1);
        n_home += fq_home_run(home, 16);
    }
    for (size_t i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < fq_array_size(jobs); i++)
        assert_int_equal(jobs[i].n_done, 1);
    assert_int_equal(fq_home_run(home, 16), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take_keeps_the_order),
        cmocka_unit_test(queue_can_be_filled_again_once_emptied),
        cmocka_unit_test(full_queue_refuses),
        cmocka_unit_test(closed_queue_refuses_but_drains),
        cmocka_unit_test(take_within_does_not_wait_for_ever),
        cmocka_unit_test(closing_wakes_a_waiting_taker),
        cmocka_unit_test(every_job_runs_once_whoever_takes_it),
        cmocka_unit_test(home_runs_in_order_and_within_bounds),
        cmocka_unit_test(home_stays_readable_while_jobs_wait),
        cmocka_unit_test(home_wakes_again_after_it_was_emptied),
        cmocka_unit_test(home_loses_no_job_and_no_wake_up),
    };
    return cmocka_run_group_tests_name("base/queue", tests, NULL, NULL);
}
