/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, histograms, and how they are written down as OpenMetrics 1.0.
 *
 * A number has one thread that writes it; any thread reads it. Nothing locks and nothing allocates:
 * a count is a load and a store. Who has them keeps them in a fixed table; labels are names of the
 * configuration and of the code, never of a payment, a merchant's order or a buyer. */
#ifndef FQ_BASE_METRIC_H
#define FQ_BASE_METRIC_H

#include <stdatomic.h>

#include "daemon/base/buf.h"

/* ---- counting ---- */

struct fq_counter {
    atomic_uint_fast64_t n;
};

static inline void fq_count(struct fq_counter *counter, uint64_t n)
{
    uint64_t before = atomic_load_explicit(&counter->n, memory_order_relaxed);
    atomic_store_explicit(&counter->n, before + n, memory_order_relaxed);
}

static inline uint64_t fq_counted(const struct fq_counter *counter)
{
    return atomic_load_explicit(&counter->n, memory_order_relaxed);
}

#define FQ_BOUNDS_MAX 16

/* The buckets of a histogram: each holds what is at most its bound and above the one before. */
struct fq_bounds {
    bool are_times; /* microseconds, told in seconds; else plain numbers */
    uint32_t n;
    int64_t upper[FQ_BOUNDS_MAX]; /* ascending */
};

extern const struct fq_bounds fq_bounds_request;  /* 250 us .. 30 s: of what somebody waits for */
extern const struct fq_bounds fq_bounds_work;     /* 50 us .. 1 s: of what we do ourselves */
extern const struct fq_bounds fq_bounds_exchange; /* 5 ms .. 2 min: of what a platform does */
extern const struct fq_bounds fq_bounds_group;    /* 1 .. 256 */

struct fq_histogram {
    struct fq_counter buckets[FQ_BOUNDS_MAX + 1]; /* not cumulative; the last is above all bounds */
    struct fq_counter sum;
};

/* A value below 0 (no clock does that) counts as 0. */
void fq_histogram_add(struct fq_histogram *histogram, const struct fq_bounds *bounds,
                      int64_t value);
uint64_t fq_histogram_n(const struct fq_histogram *histogram);

/* ---- telling: one family at a time, each with all of its samples, then fq_metric_end() ---- */

struct fq_label {
    const char *name;
    struct fq_str value;
};

#define FQ_METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

enum fq_metric_type {
    FQ_METRIC_COUNTER = 1,
    FQ_METRIC_GAUGE,
    FQ_METRIC_HISTOGRAM,
    FQ_METRIC_INFO,
    FQ_METRIC_STATESET,
};

/* `unit` is the end of `name` ("seconds", "bytes", "days"), or NULL. A counter's name is without
 * "_total", an info's without "_info". */
void fq_metric_family(struct fq_buf *buf, const char *name, uint32_t type, const char *unit,
                      const char *help);

/* A sample of the family `name`, of the type that it was begun with: the suffix is added. */
void fq_metric_int(struct fq_buf *buf, const char *name, uint32_t type,
                   const struct fq_label *labels, size_t n_labels, int64_t value);
/* The same of a value in microseconds, told in seconds. */
void fq_metric_us(struct fq_buf *buf, const char *name, uint32_t type,
                  const struct fq_label *labels, size_t n_labels, int64_t value_us);
void fq_metric_histogram(struct fq_buf *buf, const char *name, const struct fq_label *labels,
                         size_t n_labels, const struct fq_histogram *histogram,
                         const struct fq_bounds *bounds);
void fq_metric_end(struct fq_buf *buf);

/* A family of one sample without labels. */
void fq_metric_one(struct fq_buf *buf, const char *name, uint32_t type, const char *unit,
                   const char *help, int64_t value);

#endif
