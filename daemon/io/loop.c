/* SPDX-License-Identifier: Apache-2.0 */
/* One turn of the loop: sleep, jobs that came home, requests, timers, signals. */
#include "daemon/io/loop.h"

#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"

#define JOBS_PER_TURN     256
#define MESSAGES_PER_TURN 64

#define CROWD_N 16  /* jobs that keep the workers busy for longer than a nap */
#define NAP_US  100 /* in which more comes */

enum { ITEM_HOME = 0, ITEM_SIGNAL, ITEM_FRONT, N_ITEMS };

static void loop_signals(struct fq_loop *loop)
{
    struct signalfd_siginfo info;
    while (read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        loop->on_signal(loop->ctx, (int)info.ssi_signo);
}

/* Under load every job that comes home and every message would wake the loop for itself, which
 * costs more than handling it, and takes a core from the workers: let some of them gather. Nobody
 * waits longer for it, for the workers have enough to do. */
static void loop_nap(const struct fq_loop *loop)
{
    const struct timespec nap = { .tv_nsec = NAP_US * 1000L };
    if ((loop->pool != NULL && fq_pool_n_waiting(loop->pool) >= CROWD_N) ||
        (loop->reply_pool != NULL && fq_pool_n_waiting(loop->reply_pool) >= CROWD_N))
        (void)nanosleep(&nap, NULL);
}

int fq_loop_turn(struct fq_loop *loop, int64_t max_wait_ms)
{
    zmq_pollitem_t items[N_ITEMS] = {
        [ITEM_HOME] = { .fd = fq_home_fd(loop->home), .events = ZMQ_POLLIN },
        [ITEM_SIGNAL] = { .fd = loop->signal_fd, .events = ZMQ_POLLIN },
        [ITEM_FRONT] = { .socket = loop->front != NULL ? fq_front_socket(loop->front) : NULL,
                         .events = ZMQ_POLLIN },
    };
    loop_nap(loop);
    int64_t wait_ms = fq_timers_wait_ms(loop->timers, fq_clock_mono_ms(), max_wait_ms);
    int n = zmq_poll(items, loop->front != NULL ? N_ITEMS : ITEM_FRONT, (long)wait_ms);
    if (n < 0 && errno != EINTR)
        return FQ_FAULT(-errno, "zmq_poll");
    const int64_t begun_us = fq_clock_mono_us();
    fq_home_run(loop->home, JOBS_PER_TURN);
    if (items[ITEM_SIGNAL].revents != 0)
        loop_signals(loop);
    if (loop->front != NULL && items[ITEM_FRONT].revents != 0)
        fq_front_receive(loop->front, MESSAGES_PER_TURN);
    fq_timers_fire(loop->timers, fq_clock_mono_ms());
    fq_histogram_add(&loop->turn_us, &fq_bounds_request, fq_clock_mono_us() - begun_us);
    return 0;
}
