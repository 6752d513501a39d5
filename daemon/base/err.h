/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: one int, two kinds.
 *
 *   0          done
 *   negative   a fault: something is broken (a disk, a bug, a configuration). It carries -errno and
 *              leaves a trace; the caller passes it up unchanged with FQ_TRY.
 *   positive   a condition of the called module, listed in an enum in its header. The caller
 *              handles each one it names; FQ_TRY folds any other into a fault. A positive code is
 *              never passed up as it is.
 *
 * The trace of the last fault of this thread is text for the log: where it began, then each frame
 * it passed. Library folders never log; flow/ and daemon.c log it once, with fq_trace(). */
#ifndef FQ_BASE_ERR_H
#define FQ_BASE_ERR_H

#include <errno.h>

/* Begins a trace; returns `code`, which must be negative (0 and positive become -EINVAL). */
int fq_fault_at(const char *file, int line, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds a frame to a fault, or folds a positive condition into one. */
int fq_fault_pass(const char *file, int line, int r);

/* The trace of this thread's last fault; "" if none. Valid until the next fault. */
const char *fq_trace(void);

/* Forgets the trace, once it has been logged or handled. */
void fq_trace_clear(void);

/* So that compilers and analyzers know it too: a fault is negative. */
static inline int fq_fault_(int fault)
{
    return fault < 0 ? fault : -ENOTRECOVERABLE;
}

#define FQ_FAULT(code, ...) fq_fault_(fq_fault_at(__FILE__, __LINE__, (code), __VA_ARGS__))

#define FQ_TRY(expression)                                                  \
    do {                                                                    \
        int fq_try_r_ = (expression);                                       \
        if (fq_try_r_ != 0)                                                 \
            return fq_fault_(fq_fault_pass(__FILE__, __LINE__, fq_try_r_)); \
    } while (0)

/* A bug: says where and ends the process, in release builds too. A corrupted ledger costs more than
 * a restart. */
#define fq_assert(condition) \
    ((condition) ? (void)0 : fq_assert_failed(__FILE__, __LINE__, #condition))

void fq_assert_failed(const char *file, int line, const char *condition) __attribute__((noreturn));

#endif
