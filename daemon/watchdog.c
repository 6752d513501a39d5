/* SPDX-License-Identifier: Apache-2.0 */
/* Tells systemd that fenqid is alive: only if the loop turns, the store commits and reads, and the
 * net thread goes round. Where one of them hangs it says which, and systemd restarts
 * (WatchdogSec=). */
#include <systemd/sd-daemon.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/daemon.h"

#define PROBES_PER_TIMEOUT 3

/* One question to a thread of the store at a time; what it answers does not matter. */
struct watchdog_probe {
    struct fq_arena *arena; /* NULL: none is under way */
    struct fq_tx tx;
    struct fq_read read;
};

struct fq_watchdog {
    struct fq_daemon *daemon;
    struct fq_timer timer;
    int64_t every_ms;
    struct watchdog_probe writing, reading;
    bool has_told; /* which part hangs */
};

/* ---- the store's threads ---- */

static void watchdog_came_home(struct watchdog_probe *probe)
{
    fq_arena_free(FQ_TAKE(probe->arena));
}

static int watchdog_decide(struct fq_tx *tx)
{
    (void)tx;
    return FQ_DECIDE_KEEP;
}

static void watchdog_written(struct fq_tx *tx)
{
    watchdog_came_home(fq_container_of(tx, struct watchdog_probe, tx));
}

static void watchdog_read(struct fq_read *read)
{
    watchdog_came_home(fq_container_of(read, struct watchdog_probe, read));
}

/* A store that takes no more is busy, which is no answer. */
static void watchdog_probe(struct fq_watchdog *watchdog)
{
    struct fq_store *store = watchdog->daemon->store;
    struct watchdog_probe *writing = &watchdog->writing, *reading = &watchdog->reading;
    writing->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    writing->tx = (struct fq_tx){ .arena = writing->arena,
                                  .lookup = FQ_LOOKUP_NEW,
                                  .decide = watchdog_decide,
                                  .done = watchdog_written };
    reading->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    reading->read = (struct fq_read){ .arena = reading->arena,
                                      .kind = FQ_READ_NOTES,
                                      .owner = fq_lit("watchdog"),
                                      .n_max = 1,
                                      .done = watchdog_read };
    if (fq_store_transact(store, &writing->tx) != 0)
        watchdog_came_home(writing);
    if (fq_store_read(store, &reading->read) != 0)
        watchdog_came_home(reading);
}

/* ---- the bark ---- */

/* The part that hangs; NULL: none does. */
static const char *watchdog_find(const struct fq_watchdog *watchdog)
{
    const struct fq_http *http = watchdog->daemon->http; /* NULL: it has stopped */
    if (watchdog->writing.arena != NULL)
        return "the store's writer";
    if (watchdog->reading.arena != NULL)
        return "the store's reader";
    if (http != NULL && fq_clock_mono_ms() - fq_http_alive_mono_ms(http) >
                            watchdog->every_ms + FQ_HTTP_ROUND_MS_MAX)
        return "the net thread";
    return NULL;
}

static void watchdog_fire(struct fq_timer *timer)
{
    struct fq_watchdog *watchdog = fq_container_of(timer, struct fq_watchdog, timer);
    const char *part = watchdog_find(watchdog);
    if (part == NULL) {
        (void)sd_notify(0, "WATCHDOG=1");
        watchdog_probe(watchdog);
    } else if (!watchdog->has_told) {
        fq_log(LOG_CRIT, FQ_MSG_FAULT, "a part hangs", FQ_LOG_TEXT("FAULT", "ours"),
               FQ_LOG_TEXT("PART", part),
               FQ_LOG_TEXT("NEXT", "systemd restarts fenqid; recovery asks about what is open"));
    }
    watchdog->has_told = part != NULL;
    fq_timers_start(watchdog->daemon->timers, timer, fq_clock_mono_ms() + watchdog->every_ms);
}

/* ---- its life ---- */

void fq_watchdog_start(struct fq_daemon *daemon)
{
    uint64_t timeout_us = 0;
    if (sd_watchdog_enabled(0, &timeout_us) <= 0)
        return;
    struct fq_watchdog *watchdog = fq_zalloc(sizeof(*watchdog));
    int64_t every_ms = (int64_t)(timeout_us / 1000 / PROBES_PER_TIMEOUT);
    watchdog->daemon = daemon;
    watchdog->every_ms = every_ms > 0 ? every_ms : 1;
    watchdog->timer.fire = watchdog_fire;
    daemon->watchdog = watchdog;
    watchdog_fire(&watchdog->timer);
}

/* Its probes have come home: the store is freed. */
void fq_watchdog_stop(struct fq_daemon *daemon)
{
    struct fq_watchdog *watchdog = FQ_TAKE(daemon->watchdog);
    if (watchdog == NULL)
        return;
    fq_assert(watchdog->writing.arena == NULL && watchdog->reading.arena == NULL);
    fq_timers_stop(daemon->timers, &watchdog->timer);
    fq_free(watchdog);
}
