/* SPDX-License-Identifier: Apache-2.0 */
/* Writes log lines out. */
#include "daemon/base/log_sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "daemon/base/mem.h"

#define SINK_N_PARTS_MAX 64

/* ---- stderr ---- */

static const char *sink_level_name(int level)
{
    static const char *const names[] = { "emergency", "alert",  "critical", "error",
                                         "warning",   "notice", "info",     "debug" };
    return names[level & 7];
}

/* One write per line, so that lines of several processes do not mix. */
static void sink_stderr(const struct fq_log_entry *entry)
{
    char line[FQ_LOG_LINE_SIZE_MAX + 16];
    char *at = stpcpy(stpcpy(line, sink_level_name(entry->level)), ": ");
    at += fq_log_entry_render(entry, at);
    *at++ = '\n';
    for (const char *from = line; from < at;) {
        ssize_t n = write(STDERR_FILENO, from, (size_t)(at - from));
        if (n < 0 && errno != EINTR)
            return;
        from += n > 0 ? n : 0;
    }
}

/* ---- syslog ---- */

static void sink_syslog(const struct fq_log_entry *entry)
{
    char line[FQ_LOG_LINE_SIZE_MAX];
    (void)fq_log_entry_render(entry, line);
    syslog(LOG_DAEMON | entry->level, "%s", line);
}

/* ---- journald ---- */

static void sink_add(struct iovec *parts, int *n_parts, const char *part)
{
    if (*n_parts == SINK_N_PARTS_MAX)
        return;
    parts[(*n_parts)++] = (struct iovec){ fq_unconst(part), strlen(part) };
}

static void sink_journal(const struct fq_log_entry *entry)
{
    struct iovec parts[SINK_N_PARTS_MAX];
    int n_parts = 0;
    char priority[16];
    char message_id[11 + 33] = "MESSAGE_ID="; // cppcheck-suppress variableScope; parts point to it
    (void)snprintf(priority, sizeof(priority), "PRIORITY=%d", entry->level & 7);
    sink_add(parts, &n_parts, priority);
    if (entry->msg != FQ_MSG_NONE) {
        fq_log_message_id(entry->msg, message_id + strlen(message_id));
        sink_add(parts, &n_parts, message_id);
    }
    const char *part = NULL;
    while ((part = fq_log_entry_part(entry, part)) != NULL)
        sink_add(parts, &n_parts, part);
    (void)sd_journal_sendv(parts, n_parts);
}

/* ---- either ---- */

void fq_log_sink_write(uint32_t sink, const struct fq_log_entry *entry)
{
    switch ((enum fq_log_sink)sink) {
    case FQ_LOG_SINK_SYSLOG:
        sink_syslog(entry);
        return;
    case FQ_LOG_SINK_JOURNAL:
        sink_journal(entry);
        return;
    case FQ_LOG_SINK_STDERR:
    default:
        sink_stderr(entry);
    }
}
