/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what the daemon has counted, as OpenMetrics. */
#include "daemon/base/err.h"
#include "daemon/metrics.h"

/* Those of google.rpc.Code. */
static const char *const tell_codes[FQ_METRICS_CODES_N] = {
    "ok",
    "cancelled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal",
    "unavailable",
    "data_loss",
    "unauthenticated",
};

static const char *const tell_calls[FQ_METRICS_CALLS_N] = {
    [FQ_CALL_UNSET] = "unset",         [FQ_CALL_CREATE] = "create",
    [FQ_CALL_QUERY] = "query",         [FQ_CALL_CLOSE_ORDER] = "close",
    [FQ_CALL_REFUND] = "refund",       [FQ_CALL_QUERY_REFUND] = "query_refund",
    [FQ_CALL_UNDO] = "undo",           [FQ_CALL_STATEMENT] = "statement",
    [FQ_CALL_FETCH_KEY] = "fetch_key", [FQ_CALL_TASK] = "task",
    [FQ_CALL_NOTIFICATION] = "notify", [FQ_CALL_BROWSER_RETURN] = "return",
};

static const char *const tell_routes[FQ_METRICS_ROUTES_N] = { "link", "back", "notify", "other" };

#define LABEL(name, text)     \
    (struct fq_label)         \
    {                         \
        name, fq_str_of(text) \
    }

/* ---- requests ---- */

static const char *tell_operation_name(uint32_t i)
{
    return i < FQ_OP_N ? fq_operation_name(i) : "get_payment_waiting";
}

static const struct fq_metrics_operation *tell_operation(const struct fq_metrics *metrics,
                                                         uint32_t i)
{
    return i < FQ_OP_N ? &metrics->operations[i] : &metrics->waits;
}

static void tell_requests(const struct fq_metrics *metrics, struct fq_buf *buf)
{
    static const char total[] = "fenqid_requests";
    static const char took[] = "fenqid_request_seconds";
    fq_metric_family(buf, total, FQ_METRIC_COUNTER, NULL,
                     "Storefronts' requests by operation and outcome (google.rpc.Code).");
    for (uint32_t i = 0; i <= FQ_OP_N; i++) {
        for (uint32_t code = 0; code < FQ_METRICS_CODES_N; code++) {
            const struct fq_label labels[] = {
                LABEL("operation", tell_operation_name(i)),
                LABEL("code", tell_codes[code]),
            };
            const uint64_t n = fq_counted(&tell_operation(metrics, i)->answers[code]);
            if (n > 0)
                fq_metric_int(buf, total, FQ_METRIC_COUNTER, labels, 2, (int64_t)n);
        }
    }
    fq_metric_family(buf, took, FQ_METRIC_HISTOGRAM, "seconds",
                     "From a request's arrival until its signed answer has left. "
                     "get_payment_waiting waits because it is asked to.");
    for (uint32_t i = 0; i <= FQ_OP_N; i++) {
        const struct fq_label label = LABEL("operation", tell_operation_name(i));
        const struct fq_histogram *histogram = &tell_operation(metrics, i)->took_us;
        if (fq_histogram_n(histogram) > 0)
            fq_metric_histogram(buf, took, &label, 1, histogram, &fq_bounds_request);
    }
}

/* ---- the web ---- */

static void tell_web(const struct fq_metrics *metrics, struct fq_buf *buf)
{
    static const char total[] = "fenqid_web_answers";
    static const char took[] = "fenqid_web_answer_seconds";
    static const char *const classes[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };
    fq_metric_family(buf, total, FQ_METRIC_COUNTER, NULL,
                     "Answers of the web side: buyers' links and returns, platforms' "
                     "notifications.");
    for (uint32_t i = 0; i < FQ_METRICS_ROUTES_N; i++) {
        for (uint32_t k = 0; k < fq_array_size(classes); k++) {
            const struct fq_label labels[] = { LABEL("route", tell_routes[i]),
                                               LABEL("status", classes[k]) };
            const uint64_t n = fq_counted(&metrics->web[i].answers[k]);
            if (n > 0)
                fq_metric_int(buf, total, FQ_METRIC_COUNTER, labels, 2, (int64_t)n);
        }
    }
    fq_metric_family(buf, took, FQ_METRIC_HISTOGRAM, "seconds",
                     "How long an answer of the web side took inside the daemon.");
    for (uint32_t i = 0; i < FQ_METRICS_ROUTES_N; i++) {
        const struct fq_label label = LABEL("route", tell_routes[i]);
        if (fq_histogram_n(&metrics->web[i].took_us) > 0)
            fq_metric_histogram(buf, took, &label, 1, &metrics->web[i].took_us, &fq_bounds_request);
    }
}

/* ---- channels ---- */

static void tell_moves(struct fq_buf *buf, struct fq_str channel,
                       const struct fq_metrics_call *calls, const struct fq_metrics_move *moves)
{
    (void)calls;
    for (size_t i = 0; i < FQ_METRICS_MOVES_MAX && moves[i].object != NULL; i++) {
        const struct fq_label labels[] = { { "channel", channel },
                                           LABEL("object", moves[i].object),
                                           LABEL("move", moves[i].what) };
        fq_metric_int(buf, "fenqid_moves", FQ_METRIC_COUNTER, labels, 3,
                      (int64_t)fq_counted(&moves[i].n));
    }
}

static void tell_exchanges(struct fq_buf *buf, struct fq_str channel,
                           const struct fq_metrics_call *calls, const struct fq_metrics_move *moves)
{
    static const char *const transports[FQ_METRICS_TRANSPORTS_N] = { "answered", "not_sent",
                                                                     "lost" };
    (void)moves;
    for (uint32_t i = 0; i < FQ_METRICS_CALLS_N; i++) {
        for (uint32_t k = 0; k < FQ_METRICS_TRANSPORTS_N; k++) {
            const struct fq_label labels[] = { { "channel", channel },
                                               LABEL("call", tell_calls[i]),
                                               LABEL("outcome", transports[k]) };
            const uint64_t n = fq_counted(&calls[i].exchanges[k]);
            if (n > 0)
                fq_metric_int(buf, "fenqid_exchanges", FQ_METRIC_COUNTER, labels, 3, (int64_t)n);
        }
    }
}

static void tell_exchange_times(struct fq_buf *buf, struct fq_str channel,
                                const struct fq_metrics_call *calls,
                                const struct fq_metrics_move *moves)
{
    (void)moves;
    for (uint32_t i = 0; i < FQ_METRICS_CALLS_N; i++) {
        const struct fq_label labels[] = { { "channel", channel }, LABEL("call", tell_calls[i]) };
        if (fq_histogram_n(&calls[i].exchange_us) > 0)
            fq_metric_histogram(buf, "fenqid_exchange_seconds", labels, 2, &calls[i].exchange_us,
                                &fq_bounds_exchange);
    }
}

static void tell_work(struct fq_buf *buf, struct fq_str channel,
                      const struct fq_metrics_call *calls, const struct fq_metrics_move *moves)
{
    static const char *const halves[FQ_METRICS_HALVES_N] = { "begin", "resume" };
    (void)moves;
    for (uint32_t i = 0; i < FQ_METRICS_CALLS_N; i++) {
        for (uint32_t k = 0; k < FQ_METRICS_HALVES_N; k++) {
            const struct fq_label labels[] = { { "channel", channel },
                                               LABEL("call", tell_calls[i]),
                                               LABEL("step", halves[k]) };
            if (fq_histogram_n(&calls[i].work_us[k]) > 0)
                fq_metric_histogram(buf, "fenqid_adapter_seconds", labels, 3, &calls[i].work_us[k],
                                    &fq_bounds_work);
        }
    }
}

static void tell_faults(struct fq_buf *buf, struct fq_str channel,
                        const struct fq_metrics_call *calls, const struct fq_metrics_move *moves)
{
    uint64_t n = 0;
    const struct fq_label label = { "channel", channel };
    (void)moves;
    for (uint32_t i = 0; i < FQ_METRICS_CALLS_N; i++)
        n += fq_counted(&calls[i].n_faults);
    fq_metric_int(buf, "fenqid_adapter_faults", FQ_METRIC_COUNTER, &label, 1, (int64_t)n);
}

static void tell_channels(const struct fq_metrics *metrics, struct fq_buf *buf)
{
    fq_metric_family(buf, "fenqid_moves", FQ_METRIC_COUNTER, NULL,
                     "Moves of payments, attempts and refunds, as the journal names them.");
    fq_metrics_each_channel(metrics, tell_moves, buf);
    fq_metric_family(buf, "fenqid_exchanges", FQ_METRIC_COUNTER, NULL,
                     "Exchanges with the platform: answered, not_sent (not a byte left), lost "
                     "(asked about again).");
    fq_metrics_each_channel(metrics, tell_exchanges, buf);
    fq_metric_family(buf, "fenqid_exchange_seconds", FQ_METRIC_HISTOGRAM, "seconds",
                     "How long exchanges with the platform took, answered or not.");
    fq_metrics_each_channel(metrics, tell_exchange_times, buf);
    fq_metric_family(buf, "fenqid_adapter_seconds", FQ_METRIC_HISTOGRAM, "seconds",
                     "The adapter's own work, signatures included: planning (begin), reading what "
                     "came (resume).");
    fq_metrics_each_channel(metrics, tell_work, buf);
    fq_metric_family(buf, "fenqid_adapter_faults", FQ_METRIC_COUNTER, NULL,
                     "Calls in which the adapter failed or broke a rule of form.");
    fq_metrics_each_channel(metrics, tell_faults, buf);
}

void fq_metrics_tell(const struct fq_metrics *metrics, struct fq_buf *buf)
{
    tell_requests(metrics, buf);
    tell_web(metrics, buf);
    tell_channels(metrics, buf);
}
