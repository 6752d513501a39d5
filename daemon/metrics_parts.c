/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what the daemon's parts are like now, and what they have counted: queues, the store, the
 * log, the front, the process. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/daemon.h"

static void parts_gauge(struct fq_buf *buf, const char *name, const char *unit, const char *help,
                        int64_t value)
{
    fq_metric_one(buf, name, FQ_METRIC_GAUGE, unit, help, value);
}

static void parts_counter(struct fq_buf *buf, const char *name, const char *help, uint64_t value)
{
    fq_metric_one(buf, name, FQ_METRIC_COUNTER, NULL, help, (int64_t)value);
}

static void parts_histogram(struct fq_buf *buf, const char *name, const char *unit,
                            const char *help, const struct fq_histogram *histogram,
                            const struct fq_bounds *bounds)
{
    fq_metric_family(buf, name, FQ_METRIC_HISTOGRAM, unit, help);
    fq_metric_histogram(buf, name, NULL, 0, histogram, bounds);
}

/* ---- who waits ---- */

static void parts_queues(const struct fq_daemon *daemon, struct fq_buf *buf)
{
    static const char name[] = "fenqid_queue_jobs";

    const struct {
        const char *queue;
        size_t n;
    } queues[] = {
        { "loop", fq_home_size(daemon->home) },
        { "adapters", fq_pool_n_waiting(daemon->pool) },
        { "replies", fq_pool_n_waiting(daemon->reply_pool) },
        { "store", fq_store_n_transactions(daemon->store) },
        { "reads", fq_store_n_reads(daemon->store) },
    };

    fq_metric_family(buf, name, FQ_METRIC_GAUGE, NULL,
                     "Jobs that wait for the loop, a worker or the store.");
    for (size_t i = 0; i < fq_array_size(queues); i++) {
        const struct fq_label label = { "queue", fq_str_of(queues[i].queue) };
        fq_metric_int(buf, name, FQ_METRIC_GAUGE, &label, 1, (int64_t)queues[i].n);
    }
    parts_histogram(buf, "fenqid_loop_turn_seconds", "seconds",
                    "How long a turn of the loop kept everything else waiting.",
                    &daemon->loop.turn_us, &fq_bounds_request);
}

static void parts_front(const struct fq_daemon *daemon, struct fq_buf *buf)
{
    struct fq_front_counters counters;
    fq_front_count(daemon->front, &counters);
    parts_gauge(buf, "fenqid_requests_in_flight", NULL, "Requests that still owe an answer.",
                (int64_t)fq_front_n_in_flight(daemon->front));
    parts_gauge(buf, "fenqid_requests_in_flight_limit", NULL, "front.in_flight_max.",
                daemon->setup->conf->n_in_flight_max);
    parts_counter(buf, "fenqid_messages", "Messages that arrived, of whatever kind.",
                  counters.n_requests);
    parts_counter(buf, "fenqid_messages_refused", "Of them, those that are no request.",
                  counters.n_refused);
    parts_counter(buf, "fenqid_messages_limited", "Requests that a limit refused.",
                  counters.n_limited);
    parts_counter(buf, "fenqid_messages_unanswered", "Requests thrown away: their merchant floods.",
                  counters.n_unanswered);
    parts_counter(buf, "fenqid_answers_undelivered",
                  "Answers whose asker was gone or did not read.", counters.n_undeliverable);
    parts_counter(buf, "fenqid_strangers", "Connections and messages of unknown keys.",
                  counters.n_strangers);
}

/* ---- the store and the log ---- */

static void parts_store(const struct fq_daemon *daemon, struct fq_buf *buf)
{
    const struct fq_store_meter *meter = fq_store_meter(daemon->store);
    struct fq_world_status status = { 0 };
    daemon->world.status(daemon->world.ctx, &status);
    parts_histogram(buf, "fenqid_store_commit_seconds", "seconds",
                    "How long commits took, from the first statement to the disk's word.",
                    &meter->commit_us, &fq_bounds_request);
    parts_histogram(buf, "fenqid_store_commit_transactions", NULL,
                    "How many transactions shared a commit.", &meter->commit_size,
                    &fq_bounds_group);
    parts_counter(buf, "fenqid_store_faults", "Transactions that could not be committed.",
                  fq_counted(&meter->n_faults));
    parts_histogram(buf, "fenqid_store_read_seconds", "seconds",
                    "How long reads took, those of one snapshot together.", &meter->read_us,
                    &fq_bounds_request);
    parts_counter(buf, "fenqid_store_reads", "Reads.", fq_counted(&meter->n_reads));
    parts_gauge(buf, "fenqid_store_bytes", "bytes", "The ledger's file and its log.",
                status.store_size);
}

static void parts_log(struct fq_buf *buf)
{
    static const char name[] = "fenqid_log_lines";
    static const char *const levels[] = { "emergency", "alert",  "critical", "error",
                                          "warning",   "notice", "info",     "debug" };
    struct fq_log_counts counts;
    fq_log_count(&counts);
    fq_metric_family(buf, name, FQ_METRIC_COUNTER, NULL, "Log lines by level.");
    for (size_t i = LOG_CRIT; i < fq_array_size(levels); i++) {
        const struct fq_label label = { "level", fq_str_of(levels[i]) };
        fq_metric_int(buf, name, FQ_METRIC_COUNTER, &label, 1, (int64_t)counts.n_lines[i]);
    }
    parts_counter(buf, "fenqid_log_suppressed", "Log lines left out because they came too fast.",
                  counts.n_suppressed);
    parts_counter(buf, "fenqid_log_lost", "Log lines lost because nobody read them.",
                  counts.n_lost);
    parts_gauge(buf, "fenqid_log_waiting", NULL, "Log lines that wait for their reader.",
                (int64_t)counts.n_waiting);
}

/* ---- the process ---- */

static int64_t parts_resident_bytes(void)
{
    char text[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    if (fgets(text, sizeof(text), file) == NULL)
        text[0] = '\0';
    (void)fclose(file);
    const char *space = strchr(text, ' ');
    struct fq_str resident = { NULL, 0 };
    struct fq_str rest;
    int64_t n = 0;
    if (space == NULL)
        return 0;
    (void)fq_str_cut(fq_str_of(space + 1), ' ', &resident, &rest);
    if (fq_str_to_int64(resident, 0, INT64_MAX / sysconf(_SC_PAGESIZE), &n) != 0)
        return 0;
    return n * sysconf(_SC_PAGESIZE);
}

static int64_t parts_open_files(void)
{
    int64_t n = -3; /* ".", "..", and the folder itself */
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return 0;
    // cppcheck-suppress readdirCalled; a stream of our own: NOLINTNEXTLINE(concurrency-mt-unsafe)
    while (readdir(folder) != NULL)
        n++;
    (void)closedir(folder);
    return n;
}

static void parts_process(const struct fq_daemon *daemon, struct fq_buf *buf)
{
    struct rusage usage = { 0 };
    struct rlimit files = { 0 };
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    const int64_t cpu_us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    fq_metric_family(buf, "process_cpu_seconds", FQ_METRIC_COUNTER, "seconds",
                     "User and system time.");
    fq_metric_us(buf, "process_cpu_seconds", FQ_METRIC_COUNTER, NULL, 0, cpu_us);
    parts_gauge(buf, "process_start_time_seconds", "seconds", "When the daemon was started.",
                daemon->started_ms / 1000);
    parts_gauge(buf, "process_resident_memory_bytes", "bytes", "Resident memory.",
                parts_resident_bytes());
    parts_gauge(buf, "process_open_fds", NULL, "Open files and connections.", parts_open_files());
    parts_gauge(buf, "process_max_fds", NULL, "How many may be open (LimitNOFILE).",
                files.rlim_cur < INT64_MAX ? (int64_t)files.rlim_cur : INT64_MAX);
}

void fq_metrics_parts(const struct fq_daemon *daemon, struct fq_buf *buf)
{
    const struct fq_label labels[] = { { "version", fq_lit(FQ_VERSION) },
                                       { "instance_id", daemon->setup->conf->instance } };
    fq_metric_family(buf, "fenqid_build", FQ_METRIC_INFO, NULL, "What runs.");
    fq_metric_int(buf, "fenqid_build", FQ_METRIC_INFO, labels, 2, 1);
    parts_gauge(buf, "fenqid_stopping", NULL, "1 while it drains.", daemon->is_stopping);
    parts_queues(daemon, buf);
    parts_front(daemon, buf);
    parts_store(daemon, buf);
    parts_log(buf);
    parts_process(daemon, buf);
}
