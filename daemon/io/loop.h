/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: the one thread that owns all changing state. Blocks only in zmq_poll (ZMQ_FD is
 * edge-triggered with side effects, so it is not used). */
#ifndef FQ_IO_LOOP_H
#define FQ_IO_LOOP_H

#include "daemon/base/metric.h"
#include "daemon/base/queue.h"
#include "daemon/base/timer.h"
#include "daemon/io/front.h"

struct fq_loop {
    struct fq_home *home;
    struct fq_timers *timers;
    struct fq_front *front; /* NULL: none yet */
    int signal_fd;          /* a signalfd, or -1 */
    /* The workers; NULL: none. While enough waits for them the loop does not hurry. */
    struct fq_pool *pool, *reply_pool;
    void *ctx;
    void (*on_signal)(void *ctx, int signal_number);
    struct fq_histogram turn_us; /* fq_bounds_request: of each turn, without its sleep */
};

/* One turn: waits at most `max_wait_ms`, then a bounded amount of work of every kind. */
int fq_loop_turn(struct fq_loop *loop, int64_t max_wait_ms);

#endif
