/* SPDX-License-Identifier: Apache-2.0 */
/* Where log lines go: stderr, syslog(3) or journald. May block. Only for log.c. */
#ifndef FQ_BASE_LOG_SINK_H
#define FQ_BASE_LOG_SINK_H

#include "daemon/base/log_line.h"

void fq_log_sink_write(uint32_t sink, const struct fq_log_entry *entry);

#endif
