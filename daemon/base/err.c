/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the trace of this thread's last fault. */
#include "daemon/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACE_SIZE_MAX 1024

static _Thread_local char trace[TRACE_SIZE_MAX];

static void trace_append(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void trace_append(const char *format, ...)
{
    size_t used = strlen(trace);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(trace + used, sizeof(trace) - used, format, arguments);
    va_end(arguments);
}

int fq_fault_at(const char *file, int line, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(trace, sizeof(trace), format, arguments);
    va_end(arguments);
    if (code >= 0)
        code = -EINVAL;
    const char *name = strerrorname_np(-code);
    trace_append(" (%s) at %s:%d", name != NULL ? name : "?", file, line);
    return code;
}

int fq_fault_pass(const char *file, int line, int r)
{
    if (r > 0)
        return fq_fault_at(file, line, -ENOTRECOVERABLE, "unhandled condition %d", r);
    trace_append(" < %s:%d", file, line);
    return r;
}

const char *fq_trace(void)
{
    return trace;
}

void fq_trace_clear(void)
{
    trace[0] = '\0';
}

void fq_assert_failed(const char *file, int line, const char *condition)
{
    (void)fprintf(stderr, "fenqid: bug at %s:%d: %s\n", file, line, condition);
    abort();
}
