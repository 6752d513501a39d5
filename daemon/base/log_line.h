/* SPDX-License-Identifier: Apache-2.0 */
/* One log line: made safe where it is logged, laid out for its reader where it is written. Only for
 * log.c and log_sink.c. */
#ifndef FQ_BASE_LOG_LINE_H
#define FQ_BASE_LOG_LINE_H

#include "daemon/base/log.h"

#define FQ_LOG_PARTS_SIZE_MAX 2048
#define FQ_LOG_LINE_SIZE_MAX  (2 * FQ_LOG_PARTS_SIZE_MAX) /* if every byte of it is a quote */

struct fq_log_entry {
    int level;
    uint32_t msg;
    bool is_truncated;
    size_t size;
    /* "MESSAGE=text", then "NAME=value" each; escaped; a NUL behind each. */
    char parts[FQ_LOG_PARTS_SIZE_MAX];
};

void fq_log_entry_init(struct fq_log_entry *entry, int level, uint32_t msg, const char *text);

/* What does not fit is cut or left out, and "TRUNCATED=1" says so. */
void fq_log_entry_add(struct fq_log_entry *entry, const struct fq_log_field *field);

/* The part behind `part`, or the first for NULL; NULL behind the last. */
const char *fq_log_entry_part(const struct fq_log_entry *entry, const char *part);

/* `text NAME=value NAME="a value"`; returns the length, without the NUL. */
size_t fq_log_entry_render(const struct fq_log_entry *entry, char ret[FQ_LOG_LINE_SIZE_MAX]);

#endif
