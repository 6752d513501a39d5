/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl status, top: how fenqid and its channels are, and what is wrong. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "daemon/ctl/said.h"

#define EVERY_SECONDS     2
#define EVERY_SECONDS_MAX 3600
#define LOOK_SIZE_MAX     ((size_t)8 << 20)

/* The members of a list. */
static const struct fq_json *status_first(const struct fq_json *object, const char *name)
{
    const struct fq_json *list = fq_json_get(object, name);
    return list != NULL ? list->first : NULL;
}

/* ---- the channels ---- */

/* "open", "held since ...", "paused since ..., tried again in 8 s" */
static struct fq_str status_channel_state(struct ctl *ctl, const struct fq_json *channel)
{
    struct fq_str state = fq_json_get_text(channel, "state");
    int64_t held_ms = fq_json_get_number(channel, "held_since_unix_ms");
    int64_t silent_ms = fq_json_get_number(channel, "no_answer_since_unix_ms");
    int64_t pause_ms = fq_json_get_number(channel, "pause_ms");
    if (held_ms > 0)
        state = fq_arena_printf(ctl->arena, "PAUSED by its operator since %.*s",
                                fq_str_arg(ctl_time_text(ctl, held_ms)));
    if (silent_ms == 0)
        return state;
    return fq_arena_printf(ctl->arena, "%.*s, NO ANSWER since %.*s, tried %s%.*s",
                           fq_str_arg(state), fq_str_arg(ctl_time_text(ctl, silent_ms)),
                           pause_ms > 0 ? "again in " : "now",
                           fq_str_arg(pause_ms > 0 ? fq_arena_printf(ctl->arena, "%" PRId64 " s",
                                                                     (pause_ms + 999) / 1000)
                                                   : fq_lit("")));
}

/* The one that ends first. */
static struct fq_str status_certificate(struct ctl *ctl, const struct fq_json *channel)
{
    const struct fq_json *first = NULL;
    for (const struct fq_json *one = status_first(channel, "certificates"); one != NULL;
         one = one->next) {
        if (first == NULL ||
            fq_json_get_number(one, "until_unix_ms") < fq_json_get_number(first, "until_unix_ms"))
            first = one;
    }
    if (first == NULL)
        return fq_lit("-");
    int64_t days = fq_json_get_number(first, "days_left");
    if (days < 0)
        return fq_arena_printf(ctl->arena, "%.*s: ENDED",
                               fq_str_arg(fq_json_get_text(first, "key")));
    return fq_arena_printf(ctl->arena, "%.*s: %" PRId64 " days",
                           fq_str_arg(fq_json_get_text(first, "key")), days);
}

static void status_show_channels(struct ctl *ctl, const struct fq_json *status)
{
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "lllrrll", 0);
    ctl_table_row(&table, fq_lit("channel"), fq_lit("state"), fq_lit("last answer"),
                  fq_lit("calls"), fq_lit("failures"), fq_lit("last failure"),
                  fq_lit("certificate ends"));
    for (const struct fq_json *one = status_first(status, "channels"); one != NULL; one = one->next)
        ctl_table_row(
            &table, fq_json_get_text(one, "channel"), status_channel_state(ctl, one),
            ctl_said_time(ctl, one, "last_success_unix_ms"),
            fq_arena_printf(ctl->arena, "%" PRId64 "/%" PRId64, fq_json_get_number(one, "calls"),
                            fq_json_get_number(one, "calls_max")),
            ctl_said_number(ctl, one, "failures_in_a_row"),
            ctl_said_time(ctl, one, "last_failure_unix_ms"), status_certificate(ctl, one));
    ctl_table_print(&table, stdout);
}

/* ---- what is wrong ---- */

static void status_show_troubles(struct ctl *ctl, const struct fq_json *status)
{
    struct ctl_table table;
    const struct fq_json *one = status_first(status, "troubles");
    if (one == NULL) {
        (void)puts("nothing is wrong");
        return;
    }
    ctl_table_init(&table, ctl->arena, "lll", 0);
    ctl_table_row(&table, fq_lit("WRONG"), fq_lit("whose fault"), fq_lit("what next"));
    for (; one != NULL; one = one->next)
        ctl_table_row(&table, fq_json_get_text(one, "what"), fq_json_get_text(one, "fault"),
                      fq_json_get_text(one, "next"));
    ctl_table_print(&table, stdout);
}

/* ---- the daemon ---- */

static struct fq_str status_unknown(struct ctl *ctl, const struct fq_json *status)
{
    int64_t n = fq_json_get_number(status, "unknown");
    if (n == 0)
        return fq_lit("nothing");
    return fq_arena_printf(ctl->arena, "%" PRId64 "%s, the oldest since %.*s: fenqictl unknown", n,
                           fq_json_get_number(status, "unknown_are_more") ? " or more" : "",
                           fq_str_arg(ctl_said_time(ctl, status, "oldest_unknown_unix_ms")));
}

static struct fq_str status_waiting(struct ctl *ctl, const struct fq_json *status)
{
    int64_t n_due = fq_json_get_number(status, "due");
    int64_t now_ms = fq_json_get_number(status, "now_unix_ms");
    int64_t due_ms = fq_json_get_number(status, "earliest_due_unix_ms");
    struct fq_str late = fq_lit("");
    if (n_due > 0)
        late = fq_arena_printf(ctl->arena, ", late by %.*s",
                               fq_str_arg(ctl_span_text(ctl, now_ms - due_ms)));
    return fq_arena_printf(ctl->arena, "%" PRId64 ", %" PRId64 " of them due now%.*s",
                           fq_json_get_number(status, "waiting"), n_due, fq_str_arg(late));
}

static struct fq_str status_bytes(struct ctl *ctl, int64_t bytes)
{
    int64_t kib = (bytes + 1023) / 1024;
    if (kib < 10240)
        return fq_arena_printf(ctl->arena, "%" PRId64 " KiB", kib);
    if (kib < INT64_C(10240) * 1024)
        return fq_arena_printf(ctl->arena, "%" PRId64 " MiB", kib / 1024);
    return fq_arena_printf(ctl->arena, "%" PRId64 " GiB", kib / 1048576);
}

static struct fq_str status_ledger(struct ctl *ctl, const struct fq_json *status)
{
    int64_t log = fq_json_get_number(status, "store_log_bytes");
    struct fq_str fault = fq_json_get_text(status, "store_fault");
    struct fq_str text =
        fq_arena_printf(ctl->arena, "%.*s, %.*s of it in its log",
                        fq_str_arg(status_bytes(ctl, fq_json_get_number(status, "store_bytes"))),
                        fq_str_arg(status_bytes(ctl, log)));
    if (fq_json_get(status, "disk_free_bytes") != NULL)
        text = fq_arena_printf(
            ctl->arena, "%.*s; %.*s free on its disk", fq_str_arg(text),
            fq_str_arg(status_bytes(ctl, fq_json_get_number(status, "disk_free_bytes"))));
    if (fault.len > 0)
        text = fq_arena_printf(ctl->arena, "CANNOT BE WRITTEN: %.*s; %.*s", fq_str_arg(fault),
                               fq_str_arg(text));
    return text;
}

static struct fq_str status_queues(struct ctl *ctl, const struct fq_json *status)
{
    struct fq_str text = { NULL, 0 };
    for (const struct fq_json *one = status_first(status, "queues"); one != NULL; one = one->next)
        text = fq_arena_printf(ctl->arena, "%.*s%s%.*s %" PRId64, fq_str_arg(text),
                               text.len > 0 ? ", " : "", fq_str_arg(fq_json_get_text(one, "queue")),
                               fq_json_get_number(one, "waiting"));
    return text;
}

static struct fq_str status_groups(struct ctl *ctl, const struct fq_json *status)
{
    const struct fq_json *worst = status_first(status, "groups");
    int64_t behind = fq_json_get_number(worst, "behind");
    if (behind <= 0)
        return fq_lit("every group has taken them all");
    return fq_arena_printf(ctl->arena,
                           "%.*s of %.*s is furthest behind, by %" PRId64 ", since %.*s",
                           fq_str_arg(fq_json_get_text(worst, "group")),
                           fq_str_arg(fq_json_get_text(worst, "merchant")), behind,
                           fq_str_arg(ctl_said_time(ctl, worst, "acknowledged_unix_ms")));
}

static void status_show_daemon(struct ctl *ctl, const struct fq_json *said)
{
    struct ctl_table table;
    int64_t up_ms =
        fq_json_get_number(said, "now_unix_ms") - fq_json_get_number(said, "started_unix_ms");
    ctl_table_init(&table, ctl->arena, "ll", 0);
    ctl_table_row(&table, fq_lit("fenqid"),
                  fq_arena_printf(ctl->arena, "%.*s, instance %.*s%s",
                                  fq_str_arg(fq_json_get_text(said, "version")),
                                  fq_str_arg(fq_json_get_text(said, "instance")),
                                  fq_json_get_number(said, "stopping") ? ", STOPPING" : ""));
    ctl_table_row(&table, fq_lit("up"),
                  fq_arena_printf(ctl->arena, "%.*s, since %.*s",
                                  fq_str_arg(ctl_span_text(ctl, up_ms)),
                                  fq_str_arg(ctl_said_time(ctl, said, "started_unix_ms"))));
    ctl_table_row(&table, fq_lit("merchants"), ctl_said_number(ctl, said, "merchants"));
    ctl_table_row(&table, fq_lit("requests"),
                  fq_arena_printf(ctl->arena, "%" PRId64 " in flight, %" PRId64 " things under way",
                                  fq_json_get_number(said, "requests_in_flight"),
                                  fq_json_get_number(said, "running")));
    if (status_first(said, "queues") != NULL)
        ctl_table_row(&table, fq_lit("queues"), status_queues(ctl, said));
    ctl_table_row(&table, fq_lit("waiting"), status_waiting(ctl, said));
    ctl_table_row(&table, fq_lit("unknown"), status_unknown(ctl, said));
    if (status_first(said, "groups") != NULL)
        ctl_table_row(&table, fq_lit("events"), status_groups(ctl, said));
    ctl_table_row(&table, fq_lit("ledger"), status_ledger(ctl, said));
    ctl_table_print(&table, stdout);
}

static void status_show(struct ctl *ctl, const struct fq_json *said)
{
    status_show_daemon(ctl, said);
    (void)putchar('\n');
    status_show_channels(ctl, said);
    (void)putchar('\n');
    status_show_troubles(ctl, said);
}

int ctl_status(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    int status = ctl_control(ctl, "GET", "/v1/status", fq_lit(""), &said);
    if (status == CTL_OK && !ctl_has(ctl, CTL_JSON))
        status_show(ctl, said);
    return status;
}

/* ---- top: again and again ---- */

/* Clears the screen only once the answer is there. */
static int top_look(struct ctl *ctl, bool is_watched)
{
    const struct fq_json *said = NULL;
    int status = ctl_control(ctl, "GET", "/v1/status", fq_lit(""), &said);
    if (is_watched)
        (void)fputs("\033[H\033[2J", stdout);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    if (is_watched)
        (void)printf("%.*s  (Ctrl-C ends it)\n\n",
                     fq_str_arg(ctl_said_time(ctl, said, "now_unix_ms")));
    status_show(ctl, said);
    return fflush(stdout) == 0 ? CTL_OK : CTL_REFUSED;
}

int ctl_top(struct ctl *ctl)
{
    bool is_once = ctl_has(ctl, CTL_ONCE) || isatty(STDOUT_FILENO) == 0;
    int64_t every_s = 0;
    int status = ctl_number_read(ctl, CTL_EVERY, 1, EVERY_SECONDS_MAX, EVERY_SECONDS, &every_s);
    struct fq_arena *kept = ctl->arena;
    while (status == CTL_OK) {
        const struct timespec pause = { .tv_sec = every_s };
        ctl->arena = fq_arena_new(LOOK_SIZE_MAX);
        status = top_look(ctl, !is_once && !ctl_has(ctl, CTL_JSON));
        fq_arena_free(ctl->arena);
        ctl->arena = kept;
        if (is_once)
            break;
        /* While fenqid is restarted it does not answer: it is looked again. */
        status = status == CTL_NO_ANSWER ? CTL_OK : status;
        (void)nanosleep(&pause, NULL);
    }
    return status;
}
