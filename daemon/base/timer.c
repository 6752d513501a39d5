/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the loop's timers in a binary heap; places[1] is due first. */
#include "daemon/base/timer.h"

#include <string.h>

#include "daemon/base/err.h"

struct fq_timers {
    struct fq_timer **places;
    size_t n_timers;
    size_t size;
};

struct fq_timers *fq_timers_new(void)
{
    return fq_zalloc(sizeof(struct fq_timers));
}

void fq_timers_free(struct fq_timers *timers)
{
    if (timers == NULL)
        return;
    fq_free(timers->places);
    fq_free(timers);
}

static void timers_put(struct fq_timers *timers, size_t place, struct fq_timer *timer)
{
    timers->places[place] = timer;
    timer->place = place;
}

static void timers_rise(struct fq_timers *timers, size_t place)
{
    struct fq_timer *timer = timers->places[place];
    while (place > 1 && timers->places[place / 2]->due_mono_ms > timer->due_mono_ms) {
        timers_put(timers, place, timers->places[place / 2]);
        place /= 2;
    }
    timers_put(timers, place, timer);
}

static void timers_sink(struct fq_timers *timers, size_t place)
{
    struct fq_timer *timer = timers->places[place];
    for (;;) {
        size_t child = place * 2;
        if (child > timers->n_timers)
            break;
        if (child < timers->n_timers &&
            timers->places[child + 1]->due_mono_ms < timers->places[child]->due_mono_ms)
            child++;
        if (timers->places[child]->due_mono_ms >= timer->due_mono_ms)
            break;
        timers_put(timers, place, timers->places[child]);
        place = child;
    }
    timers_put(timers, place, timer);
}

static void timers_grow(struct fq_timers *timers)
{
    if (timers->n_timers + 1 < timers->size)
        return;
    size_t size = timers->size > 0 ? timers->size * 2 : 64;
    struct fq_timer **places = fq_zalloc_array(size, sizeof(struct fq_timer *));
    if (timers->places != NULL)
        memcpy(places, timers->places, timers->size * sizeof(struct fq_timer *));
    fq_free(timers->places);
    timers->places = places;
    timers->size = size;
}

void fq_timers_start(struct fq_timers *timers, struct fq_timer *timer, int64_t due_mono_ms)
{
    fq_timers_stop(timers, timer);
    timers_grow(timers);
    timer->due_mono_ms = due_mono_ms;
    timers_put(timers, ++timers->n_timers, timer);
    timers_rise(timers, timer->place);
}

void fq_timers_stop(struct fq_timers *timers, struct fq_timer *timer)
{
    size_t place = timer->place;
    if (place == 0)
        return;
    fq_assert(place <= timers->n_timers && timers->places[place] == timer);
    struct fq_timer *last = timers->places[timers->n_timers--];
    timer->place = 0;
    if (last == timer)
        return;
    timers_put(timers, place, last);
    timers_rise(timers, place);
    timers_sink(timers, last->place);
}

int64_t fq_timers_wait_ms(const struct fq_timers *timers, int64_t now_mono_ms, int64_t max_ms)
{
    if (timers->n_timers == 0)
        return max_ms;
    int64_t wait = timers->places[1]->due_mono_ms - now_mono_ms;
    if (wait < 0)
        wait = 0;
    return wait < max_ms ? wait : max_ms;
}

void fq_timers_fire(struct fq_timers *timers, int64_t now_mono_ms)
{
    for (size_t n = timers->n_timers; n > 0 && timers->n_timers > 0; n--) {
        struct fq_timer *timer = timers->places[1];
        if (timer->due_mono_ms > now_mono_ms)
            return;
        fq_timers_stop(timers, timer);
        timer->fire(timer);
    }
}
