/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon counts, for /metrics: requests, the web's answers, adapters' work, exchanges with
 * platforms, moves. Written on the loop; what the threads count stands with them. */
#ifndef FQ_METRICS_H
#define FQ_METRICS_H

#include "daemon/base/metric.h"
#include "daemon/core/ledger.h"
#include "daemon/core/request.h"
#include "daemon/plugin/channel.h"

#define FQ_METRICS_CODES_N      17 /* fq_code */
#define FQ_METRICS_CALLS_N      12 /* fq_call_kind */
#define FQ_METRICS_TRANSPORTS_N 3  /* fq_transport */
#define FQ_METRICS_CHANNELS_MAX 300
#define FQ_METRICS_MOVES_MAX    64

enum fq_metrics_route {
    FQ_METRICS_ROUTE_LINK = 0, /* /r/ */
    FQ_METRICS_ROUTE_BACK,
    FQ_METRICS_ROUTE_NOTIFY,
    FQ_METRICS_ROUTE_OTHER,
    FQ_METRICS_ROUTES_N,
};

/* Whether an adapter plans or reads. */
enum fq_metrics_half { FQ_METRICS_BEGIN = 0, FQ_METRICS_RESUME, FQ_METRICS_HALVES_N };

struct fq_metrics_operation {
    struct fq_counter answers[FQ_METRICS_CODES_N];
    struct fq_histogram took_us; /* fq_bounds_request */
};

struct fq_metrics_web {
    struct fq_counter answers[6]; /* by the first digit of the status */
    struct fq_histogram took_us;  /* fq_bounds_request */
};

struct fq_metrics_call {
    struct fq_histogram work_us[FQ_METRICS_HALVES_N]; /* the adapter's, fq_bounds_work */
    struct fq_counter n_faults;                       /* it failed, or broke a rule of form */
    struct fq_histogram exchange_us;                  /* with the platform, fq_bounds_exchange */
    struct fq_counter exchanges[FQ_METRICS_TRANSPORTS_N];
};

struct fq_metrics_move {
    const char *object; /* NULL: free */
    const char *what;
    struct fq_counter n;
};

struct fq_metrics_channel; /* by name: a reload keeps it */

struct fq_metrics {
    struct fq_metrics_operation operations[FQ_OP_N];
    struct fq_metrics_operation waits; /* GetPayment with wait_ms: long on purpose */
    struct fq_metrics_web web[FQ_METRICS_ROUTES_N];
    struct fq_metrics_channel *channels;
    size_t n_channels;
};

struct fq_metrics *fq_metrics_new(void);
void fq_metrics_free(struct fq_metrics *metrics);

/* ---- counting (metrics.c); all on the loop ---- */

void fq_metrics_answered(struct fq_metrics *metrics, const struct fq_operation *operation,
                         int64_t took_us);
void fq_metrics_visited(struct fq_metrics *metrics, struct fq_str path, uint32_t status,
                        int64_t took_us);
void fq_metrics_adapted(struct fq_metrics *metrics, struct fq_str channel, uint32_t call,
                        bool is_begin, bool is_fault, int64_t took_us);
void fq_metrics_sent(struct fq_metrics *metrics, struct fq_str channel, uint32_t call,
                     uint32_t transport, int64_t took_us);
/* The moves of a ledger that was committed just now. */
void fq_metrics_moved(struct fq_metrics *metrics, const struct fq_ledger *ledger);

/* ---- telling (metrics_tell.c) ---- */

void fq_metrics_tell(const struct fq_metrics *metrics, struct fq_buf *buf);
/* For metrics_tell.c: calls tell() for each channel, with what it has counted. */
void fq_metrics_each_channel(const struct fq_metrics *metrics,
                             void (*tell)(struct fq_buf *buf, struct fq_str channel,
                                          const struct fq_metrics_call *calls,
                                          const struct fq_metrics_move *moves),
                             struct fq_buf *buf);

#endif
