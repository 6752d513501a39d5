/* SPDX-License-Identifier: Apache-2.0 */
/* Writes OpenMetrics text. */
#include "daemon/base/metric.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/err.h"

/* clang-format off */
const struct fq_bounds fq_bounds_request = { true, 14,
    { 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 2500000, 10000000, 30000000 } };
const struct fq_bounds fq_bounds_work = { true, 12,
    { 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 250000, 1000000 } };
const struct fq_bounds fq_bounds_exchange = { true, 13,
    { 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 120000000 } };
const struct fq_bounds fq_bounds_group = { false, 9,
    { 1, 2, 4, 8, 16, 32, 64, 128, 256 } };

/* clang-format on */

/* ---- counting ---- */

void fq_histogram_add(struct fq_histogram *histogram, const struct fq_bounds *bounds, int64_t value)
{
    uint32_t i = 0;
    if (value < 0)
        value = 0;
    while (i < bounds->n && value > bounds->upper[i])
        i++;
    fq_count(&histogram->buckets[i], 1);
    fq_count(&histogram->sum, (uint64_t)value);
}

uint64_t fq_histogram_n(const struct fq_histogram *histogram)
{
    uint64_t n = 0;
    for (size_t i = 0; i <= FQ_BOUNDS_MAX; i++)
        n += fq_counted(&histogram->buckets[i]);
    return n;
}

/* ---- telling ---- */

void fq_metric_family(struct fq_buf *buf, const char *name, uint32_t type, const char *unit,
                      const char *help)
{
    static const char *const types[] = { "?", "counter", "gauge", "histogram", "info", "stateset" };
    fq_buf_printf(buf, "# TYPE %s %s\n", name, types[type]);
    if (unit != NULL)
        fq_buf_printf(buf, "# UNIT %s %s\n", name, unit);
    fq_buf_printf(buf, "# HELP %s %s\n", name, help);
}

/* What a label may not hold as it is: the quote, the backslash, the end of the line. */
static void metric_label_value(struct fq_buf *buf, struct fq_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '"' || c == '\\')
            fq_buf_add_char(buf, '\\');
        if (c == '\n')
            fq_buf_add(buf, fq_lit("\\n"));
        else
            fq_buf_add_char(buf, c);
    }
}

/* `more`, which is whole, stands behind the labels; empty: nothing does. */
static void metric_labels(struct fq_buf *buf, const struct fq_label *labels, size_t n_labels,
                          struct fq_str more)
{
    if (n_labels == 0 && more.len == 0)
        return;
    fq_buf_add_char(buf, '{');
    for (size_t i = 0; i < n_labels; i++) {
        fq_buf_printf(buf, "%s%s=\"", i > 0 ? "," : "", labels[i].name);
        metric_label_value(buf, labels[i].value);
        fq_buf_add_char(buf, '"');
    }
    if (n_labels > 0 && more.len > 0)
        fq_buf_add_char(buf, ',');
    fq_buf_add(buf, more);
    fq_buf_add_char(buf, '}');
}

static const char *metric_suffix(uint32_t type)
{
    switch ((enum fq_metric_type)type) {
    case FQ_METRIC_COUNTER:
        return "_total";
    case FQ_METRIC_INFO:
        return "_info";
    case FQ_METRIC_GAUGE:
    case FQ_METRIC_HISTOGRAM:
    case FQ_METRIC_STATESET:
        break;
    }
    return "";
}

void fq_metric_int(struct fq_buf *buf, const char *name, uint32_t type,
                   const struct fq_label *labels, size_t n_labels, int64_t value)
{
    fq_buf_printf(buf, "%s%s", name, metric_suffix(type));
    metric_labels(buf, labels, n_labels, fq_lit(""));
    fq_buf_printf(buf, " %" PRId64 "\n", value);
}

void fq_metric_us(struct fq_buf *buf, const char *name, uint32_t type,
                  const struct fq_label *labels, size_t n_labels, int64_t value_us)
{
    fq_buf_printf(buf, "%s%s", name, metric_suffix(type));
    metric_labels(buf, labels, n_labels, fq_lit(""));
    fq_buf_printf(buf, " %" PRId64 ".%06d\n", value_us / 1000000, (int)(value_us % 1000000));
}

/* The canonical form that OpenMetrics wants of bounds: "0.25", "10.0". */
static struct fq_str metric_bound(const struct fq_bounds *bounds, uint32_t i,
                                  struct fq_arena *arena)
{
    const int64_t upper = bounds->upper[i];
    if (!bounds->are_times)
        return fq_arena_printf(arena, "le=\"%" PRId64 ".0\"", upper);
    int decimals = 6;
    int64_t fraction = upper % 1000000;
    while (decimals > 1 && fraction % 10 == 0) {
        fraction /= 10;
        decimals--;
    }
    return fq_arena_printf(arena, "le=\"%" PRId64 ".%0*" PRId64 "\"", upper / 1000000, decimals,
                           fraction);
}

static void metric_bucket(struct fq_buf *buf, const char *name, const struct fq_label *labels,
                          size_t n_labels, struct fq_str bound, uint64_t n)
{
    fq_buf_printf(buf, "%s_bucket", name);
    metric_labels(buf, labels, n_labels, bound);
    fq_buf_printf(buf, " %" PRIu64 "\n", n);
}

void fq_metric_histogram(struct fq_buf *buf, const char *name, const struct fq_label *labels,
                         size_t n_labels, const struct fq_histogram *histogram,
                         const struct fq_bounds *bounds)
{
    uint64_t n = 0;
    /* Read before the buckets: a sum is of what they count, or of less. */
    const int64_t sum = (int64_t)fq_counted(&histogram->sum);
    for (uint32_t i = 0; i < bounds->n; i++) {
        n += fq_counted(&histogram->buckets[i]);
        metric_bucket(buf, name, labels, n_labels, metric_bound(bounds, i, buf->arena), n);
    }
    n += fq_counted(&histogram->buckets[bounds->n]);
    metric_bucket(buf, name, labels, n_labels, fq_lit("le=\"+Inf\""), n);
    fq_buf_printf(buf, "%s_count", name);
    metric_labels(buf, labels, n_labels, fq_lit(""));
    fq_buf_printf(buf, " %" PRIu64 "\n%s_sum", n, name);
    metric_labels(buf, labels, n_labels, fq_lit(""));
    if (bounds->are_times)
        fq_buf_printf(buf, " %" PRId64 ".%06d\n", sum / 1000000, (int)(sum % 1000000));
    else
        fq_buf_printf(buf, " %" PRId64 "\n", sum);
}

void fq_metric_end(struct fq_buf *buf)
{
    fq_buf_add(buf, fq_lit("# EOF\n"));
}

void fq_metric_one(struct fq_buf *buf, const char *name, uint32_t type, const char *unit,
                   const char *help, int64_t value)
{
    fq_metric_family(buf, name, type, unit, help);
    fq_metric_int(buf, name, type, NULL, 0, value);
}
