/* SPDX-License-Identifier: Apache-2.0 */
/* The log: fields with a message id, through a bounded ring, so that a stuck reader never stops a
 * payment.
 *
 *   fq_log(LOG_NOTICE, FQ_MSG_PAID, "payment paid", FQ_LOG_STR("PAYMENT", id),
 *          FQ_LOG_INT("LATENCY_MS", ms));
 *
 * journald gets fields and MESSAGE_ID; syslog(3) and stderr get `payment paid PAYMENT=...
 * LATENCY_MS=...`, stderr with the level before it. Control characters, bytes that are not UTF-8
 * and backslashes arrive escaped, values with spaces in quotes: no value can forge a line or a
 * field. A line longer than 2 KiB ends with TRUNCATED=1.
 *
 * A secret is logged as `FINGERPRINT/LENGTH`: 8 hex digits of a SipHash under a key that is drawn
 * at start and never leaves the process, so equal secrets look equal until the next start and
 * nothing can be guessed from them. Use FQ_LOG_SECRET. Personal data has no macro: it cannot be
 * logged. Only flow/, daemon.c, ctl/ and the thread owners in io/ and store/ (through a callback)
 * log; base/, core/, crypto/, conf/ and plugin/ return faults instead. */
#ifndef FQ_BASE_LOG_H
#define FQ_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

#include "daemon/base/str.h"

/* One id per kind of event; systemd/fenqid.catalog explains each. Append only. */
enum fq_msg {
    FQ_MSG_NONE = 0,
    FQ_MSG_STARTED,
    FQ_MSG_STOPPING,
    FQ_MSG_STOPPED,
    FQ_MSG_CONFIG_ERROR,
    FQ_MSG_RELOADED,
    FQ_MSG_FAULT, /* a fault of ours, with its trace */
    FQ_MSG_REQUEST_REFUSED,
    FQ_MSG_CLIENT_REFUSED, /* ZAP: a stranger */
    FQ_MSG_REPLY_UNDELIVERED,
    FQ_MSG_PAYMENT_CREATED,
    FQ_MSG_ATTEMPT_OPENED,
    FQ_MSG_ATTEMPT_DECLINED,
    FQ_MSG_ATTEMPT_DEAD,
    FQ_MSG_PAYMENT_PAID,
    FQ_MSG_PAYMENT_CLOSED,
    FQ_MSG_LATE_SUCCESS,
    FQ_MSG_DOUBLE_PAID,
    FQ_MSG_TERMS_DIFFER,
    FQ_MSG_REFUND_RESERVED,
    FQ_MSG_REFUND_SUBMITTED,
    FQ_MSG_REFUND_DONE,
    FQ_MSG_REFUND_FAILED,
    FQ_MSG_REFUND_FOUND, /* a refund at the platform that we did not send */
    FQ_MSG_NOTIFICATION_REFUSED,
    FQ_MSG_VERDICT_REFUSED,  /* an adapter said something that it must not */
    FQ_MSG_PLATFORM_UNCLEAR, /* no answer, or one that proves nothing: asked again */
    FQ_MSG_PLATFORM_REJECTS, /* configuration or signature refused by the platform: for the operator
                              */
    FQ_MSG_UNKNOWN_FOR_OPERATOR, /* unknown past the last deadline */
    FQ_MSG_LIMITED,              /* a limit refused work */
    FQ_MSG_LOG_LOST,             /* the ring was full: n lines are missing */
    FQ_MSG_KEY_FETCHED,
    FQ_MSG_KEY_RENEWED,       /* by a channel's daily task */
    FQ_MSG_STATEMENT_TAKEN,   /* a settlement file was read and its lines settled */
    FQ_MSG_STATEMENT_DIFFERS, /* one of its lines contradicts the ledger */
    FQ_MSG_STATEMENT_MISSING, /* it never came */
    FQ_MSG_CHANNEL_PAUSED,    /* its platform does not answer */
    FQ_MSG_CHANNEL_BACK,      /* it answers again */
    FQ_MSG_RISK_REFUSED,      /* a payment, by a merchant's rule against cash-out */
    FQ_MSG_OPERATOR,          /* asked for a change, over the control socket */
    FQ_MSG_RESOLVED,          /* a payment or refund, by the operator's evidence */
    FQ_MSG_CERTIFICATE_ENDS,  /* of a channel: soon, or it has */
    FQ_MSG_CONSUMER_SILENT,   /* another consumer of events takes over */
    FQ_MSG_LEDGER_STUCK,      /* it cannot be written: a full disk, somebody's lock */
    FQ_MSG_LEDGER_BACK,       /* it is written again */
    FQ_MSG_CLOCK_STEPPED,     /* the calendar was set forward or back */
    FQ_MSG_TASK_OVERDUE,      /* a channel's daily task was not done for a week */
    FQ_MSG_KEY_OUTDATED,      /* a renewed one: the operator configured another since */
    FQ_MSG_N
};

enum fq_log_type {
    FQ_LOG_TYPE_NONE = 0,
    FQ_LOG_TYPE_STR,
    FQ_LOG_TYPE_INT,
    FQ_LOG_TYPE_SECRET,
};

struct fq_log_field {
    const char *name; /* upper case, journald's rules */
    uint32_t type;
    struct fq_str text; /* STR: an empty one is left out of the line */
    int64_t number;
};

#define FQ_LOG_STR(name, slice) ((struct fq_log_field){ (name), FQ_LOG_TYPE_STR, (slice), 0 })
#define FQ_LOG_TEXT(name, text) \
    ((struct fq_log_field){ (name), FQ_LOG_TYPE_STR, fq_str_of(text), 0 })
#define FQ_LOG_INT(name, number) \
    ((struct fq_log_field){ (name), FQ_LOG_TYPE_INT, { NULL, 0 }, (int64_t)(number) })
#define FQ_LOG_SECRET(name, slice) ((struct fq_log_field){ (name), FQ_LOG_TYPE_SECRET, (slice), 0 })

enum fq_log_sink {
    FQ_LOG_SINK_STDERR = 0,
    FQ_LOG_SINK_SYSLOG,
    FQ_LOG_SINK_JOURNAL,
};

/* Before fq_log_start(), and after fq_log_stop(), lines go to stderr at once. */
int fq_log_start(uint32_t sink, int level_max);
void fq_log_stop(void);           /* drains the ring, waiting at most 2 s for a stuck reader */
void fq_log_level(int level_max); /* LOG_INFO if never called */

/* Since the process began. */
struct fq_log_counts {
    uint64_t n_lines[8];   /* by level, those that were to be written */
    uint64_t n_suppressed; /* by the limit of their call site */
    uint64_t n_lost;       /* the ring was full */
    size_t n_waiting;      /* in the ring, now */
};

void fq_log_count(struct fq_log_counts *ret);

/* Per call site: more than 20 lines in a second are counted, not written; the next line that gets
 * through says how many were swallowed (SUPPRESSED=n), or, where none comes for a second, a line of
 * its own ("lines left out LIKE=text SUPPRESSED=n"). LOG_WARNING and worse about one payment's
 * money are never limited: use fq_log_always. Static, like the text: it may be told of later. */
struct fq_log_site {
    int64_t second;
    uint32_t n_in_second;
    uint32_t n_suppressed;
    /* of what was left out, until it is told */
    struct fq_log_site *next;
    bool is_listed;
    int level;
    uint32_t msg;
    const char *text;
};

#define FQ_LOG_SITE_LINES_MAX 20

/* Never blocks, once started: what the ring does not hold is counted and reported by
 * FQ_MSG_LOG_LOST. site NULL: no limit. */
void fq_log_write(struct fq_log_site *site, int level, uint32_t msg, const char *text,
                  const struct fq_log_field *fields, size_t n_fields);

#define fq_log_fields_(...) ((const struct fq_log_field[]){ __VA_ARGS__ })
#define fq_log_n_(...)      (sizeof(fq_log_fields_(__VA_ARGS__)) / sizeof(struct fq_log_field))
#define fq_log(level, msg, text, ...)                                                    \
    do {                                                                                 \
        static struct fq_log_site fq_log_site_;                                          \
        fq_log_write(&fq_log_site_, (level), (msg), (text), fq_log_fields_(__VA_ARGS__), \
                     fq_log_n_(__VA_ARGS__));                                            \
    } while (0)
#define fq_log_always(level, msg, text, ...) \
    fq_log_write(NULL, (level), (msg), (text), fq_log_fields_(__VA_ARGS__), fq_log_n_(__VA_ARGS__))

/* MESSAGE_ID of a kind, 32 hex digits: fixed, made of one random prefix and the enum's number. */
void fq_log_message_id(uint32_t msg, char ret[33]);

#endif
