/* SPDX-License-Identifier: Apache-2.0 */
/* Timers of the loop: a heap by due time. */
#ifndef FQ_BASE_TIMER_H
#define FQ_BASE_TIMER_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/mem.h"

/* Embedded in its owner, zeroed at first. */
struct fq_timer {
    int64_t due_mono_ms;
    size_t place; /* 1.. in the heap; 0 = not running */
    void (*fire)(struct fq_timer *timer);
};

struct fq_timers;

struct fq_timers *fq_timers_new(void);
void fq_timers_free(struct fq_timers *timers);
FQ_DEFINE_CLEANUP(fq_timers);

void fq_timers_start(struct fq_timers *timers, struct fq_timer *timer,
                     int64_t due_mono_ms);                             /* or restarts */
void fq_timers_stop(struct fq_timers *timers, struct fq_timer *timer); /* no-op if not running */

/* How long until the first is due, at most `max_ms`; 0 if one is due now. */
int64_t fq_timers_wait_ms(const struct fq_timers *timers, int64_t now_mono_ms, int64_t max_ms);
/* Fires what is due, each stopped first; at most as many as were running. */
void fq_timers_fire(struct fq_timers *timers, int64_t now_mono_ms);

#endif
