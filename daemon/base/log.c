/* SPDX-License-Identifier: Apache-2.0 */
/* Takes log lines without ever waiting, and writes them on a thread of its own. */
#include "daemon/base/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log_line.h"
#include "daemon/base/log_sink.h"
#include "daemon/base/mem.h"

#define RING_N_ENTRIES_MAX 1024
#define STOP_WAIT_S        2

/* One per start: a thread that hangs in its sink keeps its ring when everyone else has moved on. */
struct log_ring {
    struct fq_log_entry entries[RING_N_ENTRIES_MAX];
    size_t first;
    size_t n_entries;
    size_t n_since_report;
    uint64_t n_lost;
    uint32_t sink;
    bool is_stopping;
    bool is_finished;
    bool is_abandoned;
    pthread_cond_t changed;
    pthread_t thread;
};

static atomic_int log_level_max = LOG_INFO;
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER; /* of all below, and of every site */
static struct log_ring *log_ring;                             /* NULL: straight to stderr */
static struct fq_log_counts log_counts;
static struct fq_log_site *log_sites; /* that left lines out since they were last told of */

void fq_log_message_id(uint32_t msg, char ret[33])
{
    (void)snprintf(ret, 33, "290b1c2bfd1a44c88fa09486100b%04x", msg & 0xffff);
}

/* ---- the caller's side ---- */

/* False if this site has had its share of this second; else how many lines it had swallowed. */
static bool log_site_admits(struct fq_log_site *site, int64_t *ret_n_suppressed)
{
    int64_t second = fq_clock_mono_ms() / 1000;
    if (site->second != second) {
        site->second = second;
        site->n_in_second = 0;
    }
    if (site->n_in_second >= FQ_LOG_SITE_LINES_MAX) {
        site->n_suppressed++;
        log_counts.n_suppressed++;
        if (!site->is_listed && log_ring != NULL) {
            site->next = log_sites;
            site->is_listed = true;
            log_sites = site;
            (void)pthread_cond_broadcast(&log_ring->changed);
        }
        return false;
    }
    site->n_in_second++;
    *ret_n_suppressed = site->n_suppressed;
    site->n_suppressed = 0;
    return true;
}

/* The mutex is held. */
static void ring_put(struct log_ring *ring, const struct fq_log_entry *entry, int64_t n_suppressed)
{
    if (ring->n_entries == RING_N_ENTRIES_MAX) {
        ring->n_lost += 1 + (uint64_t)n_suppressed;
        log_counts.n_lost++;
        return;
    }
    ring->entries[(ring->first + ring->n_entries) % RING_N_ENTRIES_MAX] = *entry;
    ring->n_entries++;
    (void)pthread_cond_broadcast(&ring->changed);
}

void fq_log_write(struct fq_log_site *site, int level, uint32_t msg, const char *text,
                  const struct fq_log_field *fields, size_t n_fields)
{
    int64_t n_suppressed = 0;
    if (level > atomic_load(&log_level_max))
        return;
    if (site != NULL) {
        (void)pthread_mutex_lock(&log_mutex);
        bool is_admitted = log_site_admits(site, &n_suppressed);
        if (!is_admitted) {
            site->level = level;
            site->msg = msg;
            site->text = text;
        }
        (void)pthread_mutex_unlock(&log_mutex);
        if (!is_admitted)
            return;
    }
    struct fq_log_entry entry;
    fq_log_entry_init(&entry, level, msg, text);
    if (n_suppressed > 0)
        fq_log_entry_add(&entry, &FQ_LOG_INT("SUPPRESSED", n_suppressed));
    for (size_t i = 0; i < n_fields; i++)
        fq_log_entry_add(&entry, &fields[i]);

    (void)pthread_mutex_lock(&log_mutex);
    log_counts.n_lines[level & 7]++;
    bool is_started = log_ring != NULL;
    if (is_started)
        ring_put(log_ring, &entry, n_suppressed);
    (void)pthread_mutex_unlock(&log_mutex);
    if (!is_started)
        fq_log_sink_write(FQ_LOG_SINK_STDERR, &entry);
}

void fq_log_count(struct fq_log_counts *ret)
{
    (void)pthread_mutex_lock(&log_mutex);
    *ret = log_counts;
    ret->n_waiting = log_ring != NULL ? log_ring->n_entries : 0;
    (void)pthread_mutex_unlock(&log_mutex);
}

void fq_log_level(int level_max)
{
    atomic_store(&log_level_max, level_max);
}

/* ---- the thread ---- */

static void log_make_loss(struct fq_log_entry *entry, uint64_t n_lost)
{
    fq_log_entry_init(entry, LOG_WARNING, FQ_MSG_LOG_LOST, "log lines lost");
    fq_log_entry_add(entry, &FQ_LOG_INT("LOST", n_lost));
    fq_log_entry_add(entry, &FQ_LOG_TEXT("NEXT", "payments go on; see to the log's reader"));
}

/* Takes a site off the list that has been silent for a second, or any if all has to be told. True:
 * there is something to tell. The mutex is held. */
static bool log_take_quiet(struct fq_log_entry *ret, bool is_last)
{
    const int64_t second = fq_clock_mono_ms() / 1000;
    for (struct fq_log_site **at = &log_sites; *at != NULL;) {
        struct fq_log_site *site = *at;
        if (site->n_suppressed > 0 && !is_last && second <= site->second + 1) {
            at = &site->next;
            continue;
        }
        const uint32_t n = site->n_suppressed;
        *at = site->next;
        site->is_listed = false;
        site->n_suppressed = 0;
        if (n == 0)
            continue;
        fq_log_entry_init(ret, site->level, site->msg, "lines left out");
        fq_log_entry_add(ret, &FQ_LOG_TEXT("LIKE", site->text));
        fq_log_entry_add(ret, &FQ_LOG_INT("SUPPRESSED", n));
        fq_log_entry_add(ret, &FQ_LOG_TEXT("NEXT", "there were too many in a second"));
        return true;
    }
    return false;
}

/* Until something changes; a second at most while lines that were left out are to be told of. */
static void ring_sleep(struct log_ring *ring)
{
    struct timespec until = { 0 };
    if (log_sites == NULL) {
        (void)pthread_cond_wait(&ring->changed, &log_mutex);
        return;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 1;
    (void)pthread_cond_timedwait(&ring->changed, &log_mutex, &until);
}

/* The next thing to write, waiting for one; false once there will be none. Losses are reported when
 * the ring has run empty, or once per ring if it never does. The mutex is held. */
static bool ring_next(struct log_ring *ring, struct fq_log_entry *ret)
{
    while (ring->n_entries == 0 && ring->n_lost == 0) {
        if (log_take_quiet(ret, ring->is_stopping))
            return true;
        if (ring->is_stopping)
            return false;
        ring_sleep(ring);
    }
    if (ring->n_lost > 0 && (ring->n_entries == 0 || ring->n_since_report >= RING_N_ENTRIES_MAX)) {
        log_make_loss(ret, ring->n_lost);
        ring->n_lost = 0;
        ring->n_since_report = 0;
        return true;
    }
    *ret = ring->entries[ring->first];
    ring->first = (ring->first + 1) % RING_N_ENTRIES_MAX;
    ring->n_entries--;
    ring->n_since_report++;
    return true;
}

static void ring_free(struct log_ring *ring)
{
    (void)pthread_cond_destroy(&ring->changed);
    fq_free(ring);
}

static void *ring_run(void *argument)
{
    struct log_ring *ring = argument;
    struct fq_log_entry entry;
    (void)pthread_mutex_lock(&log_mutex);
    while (!ring->is_abandoned && ring_next(ring, &entry)) {
        (void)pthread_mutex_unlock(&log_mutex);
        fq_log_sink_write(ring->sink, &entry);
        (void)pthread_mutex_lock(&log_mutex);
    }
    ring->is_finished = true;
    (void)pthread_cond_broadcast(&ring->changed);
    bool is_abandoned = ring->is_abandoned;
    (void)pthread_mutex_unlock(&log_mutex);
    if (is_abandoned)
        ring_free(ring);
    return NULL;
}

/* ---- start and stop ---- */

static struct log_ring *ring_new(uint32_t sink)
{
    struct log_ring *ring = fq_zalloc(sizeof(*ring));
    pthread_condattr_t attributes;
    fq_assert(pthread_condattr_init(&attributes) == 0);
    fq_assert(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    fq_assert(pthread_cond_init(&ring->changed, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
    ring->sink = sink;
    return ring;
}

int fq_log_start(uint32_t sink, int level_max)
{
    fq_assert(log_ring == NULL);
    fq_log_level(level_max);
    if (sink == FQ_LOG_SINK_SYSLOG)
        openlog("fenqid", LOG_PID, LOG_DAEMON);
    struct log_ring *ring = ring_new(sink);
    /* Signals are for the threads that wait for them. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&ring->thread, NULL, ring_run, ring);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        ring_free(ring);
        return FQ_FAULT(-r, "the log's thread does not start");
    }
    (void)pthread_setname_np(ring->thread, "fenqid-log");
    (void)pthread_mutex_lock(&log_mutex);
    log_ring = ring;
    (void)pthread_mutex_unlock(&log_mutex);
    return 0;
}

/* True once the thread is done; false if it still hangs after STOP_WAIT_S. The mutex is held. */
static bool ring_wait(struct log_ring *ring)
{
    struct timespec until = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_WAIT_S;
    while (!ring->is_finished) {
        if (pthread_cond_timedwait(&ring->changed, &log_mutex, &until) == ETIMEDOUT)
            break;
    }
    return ring->is_finished;
}

void fq_log_stop(void)
{
    (void)pthread_mutex_lock(&log_mutex);
    struct log_ring *ring = log_ring;
    log_ring = NULL;
    if (ring == NULL) {
        (void)pthread_mutex_unlock(&log_mutex);
        return;
    }
    ring->is_stopping = true;
    (void)pthread_cond_broadcast(&ring->changed);
    bool is_finished = ring_wait(ring);
    uint32_t sink = ring->sink;
    pthread_t thread = ring->thread;
    uint64_t n_lost = ring->n_entries + ring->n_lost;
    ring->is_abandoned = !is_finished;
    (void)pthread_mutex_unlock(&log_mutex);
    if (is_finished) {
        (void)pthread_join(thread, NULL);
        ring_free(ring);
        return;
    }
    (void)pthread_detach(thread);
    if (sink == FQ_LOG_SINK_STDERR || n_lost == 0)
        return;
    struct fq_log_entry entry;
    log_make_loss(&entry, n_lost);
    fq_log_sink_write(FQ_LOG_SINK_STDERR, &entry);
}
