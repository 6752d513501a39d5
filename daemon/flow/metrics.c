/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics: what the ledger and the channels are like now, then what the daemon around has counted.
 */
#include "daemon/base/metric.h"
#include "daemon/flow/parts.h"

#define TEXT_SIZE_MAX     (4 * FQ_ARENA_SIZE_MAX)
#define UNKNOWN_COUNT_MAX 1000

struct metrics {
    struct fq_flow *flow;
    struct fq_visit *visit;
    struct fq_arena *arena; /* of the text, which may be larger than any other answer */
    struct fq_buf text;
    struct fq_read work;
    struct fq_read unknown;
};

static void metrics_end(struct metrics *metrics, uint32_t status, struct fq_str type,
                        struct fq_str body)
{
    struct fq_arena *arena = metrics->arena;
    metrics->visit->status = status;
    metrics->visit->answer_type = type;
    metrics->visit->answer_body = body;
    fq_visit_finish(metrics->flow, metrics->visit);
    fq_arena_free(arena);
}

/* ---- channels ---- */

typedef int64_t metrics_of_channel_fn(struct metrics *metrics, const struct fq_channel *channel);

static void metrics_channels(struct metrics *metrics, const char *name, const char *unit,
                             const char *help, metrics_of_channel_fn *value_of)
{
    const struct fq_catalog *catalog = metrics->visit->catalog;
    fq_metric_family(&metrics->text, name, FQ_METRIC_GAUGE, unit, help);
    for (size_t i = 0; i < catalog->n_channels; i++) {
        const struct fq_label label = { "channel", catalog->channels[i]->conf->name };
        fq_metric_int(&metrics->text, name, FQ_METRIC_GAUGE, &label, 1,
                      value_of(metrics, catalog->channels[i]));
    }
}

static int64_t metrics_calls(struct metrics *metrics, const struct fq_channel *channel)
{
    (void)metrics;
    return channel->n_calls != NULL ? (int64_t)*channel->n_calls : 0;
}

static int64_t metrics_calls_max(struct metrics *metrics, const struct fq_channel *channel)
{
    (void)metrics;
    return channel->conf->n_calls_max;
}

static int64_t metrics_drives(struct metrics *metrics, const struct fq_channel *channel)
{
    return (int64_t)fq_channel_n_drives(metrics->flow, channel);
}

static int64_t metrics_failures(struct metrics *metrics, const struct fq_channel *channel)
{
    return fq_channel_health(metrics->flow, channel).n_failures;
}

static int64_t metrics_held(struct metrics *metrics, const struct fq_channel *channel)
{
    return fq_channel_is_held(metrics->flow, channel->conf->name, NULL);
}

static int64_t metrics_answered(struct metrics *metrics, const struct fq_channel *channel)
{
    return fq_channel_health(metrics->flow, channel).succeeded_ms / 1000;
}

static void metrics_states(struct metrics *metrics)
{
    static const char name[] = "fenqid_channel_state";
    static const char *const states[] = { "open", "paused", "trying" };
    const struct fq_catalog *catalog = metrics->visit->catalog;
    fq_metric_family(&metrics->text, name, FQ_METRIC_STATESET, NULL,
                     "Whether the platform is asked: open; paused: it did not answer; trying: "
                     "whether the pause may end.");
    for (size_t i = 0; i < catalog->n_channels; i++) {
        const struct fq_channel *channel = catalog->channels[i];
        const char *state = fq_channel_health(metrics->flow, channel).state;
        for (size_t k = 0; k < fq_array_size(states); k++) {
            const struct fq_label labels[] = { { "channel", channel->conf->name },
                                               { name, fq_str_of(states[k]) } };
            fq_metric_int(&metrics->text, name, FQ_METRIC_STATESET, labels, 2,
                          strcmp(states[k], state) == 0);
        }
    }
}

/* ---- certificates ---- */

static void metrics_expiries(struct metrics *metrics)
{
    static const char name[] = "fenqid_certificate_left_days";
    const struct fq_catalog *catalog = metrics->visit->catalog;
    const int64_t now_ms = fq_flow_now(metrics->flow);
    fq_metric_family(&metrics->text, name, FQ_METRIC_GAUGE, "days",
                     "Whole days until the certificate that stands for this key ends; -1: it "
                     "has ended. Of roots the one that lasts longest.");
    for (size_t i = 0; i < catalog->n_channels; i++) {
        const struct fq_channel *channel = catalog->channels[i];
        for (size_t k = 0; k < channel->about.n_keys; k++) {
            const int64_t until_ms = fq_channel_key_expires_ms(channel, k, metrics->arena);
            if (until_ms == 0)
                continue;
            const struct fq_label labels[] = {
                { "channel", channel->conf->name },
                { "key", fq_str_of(channel->about.keys[k].name) },
            };
            fq_metric_int(&metrics->text, name, FQ_METRIC_GAUGE, labels, 2,
                          fq_days_left(until_ms, now_ms));
        }
    }
}

/* ---- what is unknown, and what waits ---- */

static bool metrics_is_of(const struct fq_unknown_row *row, const struct fq_channel *channel)
{
    return fq_str_equal(row->channel, channel->conf->name);
}

static int64_t metrics_unknown(struct metrics *metrics, const struct fq_channel *channel)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < metrics->unknown.n_rows; i++)
        n += metrics_is_of(&metrics->unknown.unknown[i], channel);
    return n;
}

/* They come oldest first. */
static int64_t metrics_unknown_age(struct metrics *metrics, const struct fq_channel *channel)
{
    for (uint32_t i = 0; i < metrics->unknown.n_rows; i++) {
        const struct fq_unknown_row *row = &metrics->unknown.unknown[i];
        if (metrics_is_of(row, channel))
            return (fq_flow_now(metrics->flow) - row->since_ms) / 1000;
    }
    return 0;
}

static void metrics_work(struct metrics *metrics)
{
    const struct fq_work *work = &metrics->work.work;
    struct fq_buf *buf = &metrics->text;
    const int64_t late_ms = work->due_ms > 0 ? metrics->work.now_ms - work->due_ms : 0;
    fq_metric_one(buf, "fenqid_ledger_waiting", FQ_METRIC_GAUGE, NULL,
                  "Payments, attempts and refunds that wait for their time to be asked about.",
                  work->n_waiting);
    fq_metric_one(buf, "fenqid_ledger_due", FQ_METRIC_GAUGE, NULL,
                  "Of them, those whose time has come.", work->n_due);
    fq_metric_one(buf, "fenqid_ledger_late_seconds", FQ_METRIC_GAUGE, "seconds",
                  "For how long the first of them has been due.", late_ms > 0 ? late_ms / 1000 : 0);
    fq_metric_one(buf, "fenqid_event_groups", FQ_METRIC_GAUGE, NULL,
                  "Groups of storefronts' consumers of events.", work->n_groups);
    fq_metric_one(buf, "fenqid_event_groups_behind", FQ_METRIC_GAUGE, NULL,
                  "Events that the slowest group has not acknowledged.", work->n_behind);
    fq_metric_one(buf, "fenqid_event_groups_late_seconds", FQ_METRIC_GAUGE, "seconds",
                  "How long the first unacknowledged event has waited for its group.",
                  work->behind_ms > 0 ? (metrics->work.now_ms - work->behind_ms) / 1000 : 0);
    fq_metric_one(buf, "fenqid_flow_running", FQ_METRIC_GAUGE, NULL,
                  "Requests, visits and exchanges inside the loop, without this one.",
                  (int64_t)metrics->flow->n_running - 1);
}

/* ---- the text ---- */

static void metrics_write(struct metrics *metrics)
{
    const struct fq_world *world = metrics->flow->world;
    struct fq_str body;
    metrics_states(metrics);
    metrics_channels(metrics, "fenqid_channel_failures", NULL,
                     "Exchanges in a row that the platform did not answer.", metrics_failures);
    metrics_channels(metrics, "fenqid_channel_held", NULL,
                     "1: by the operator, no new payment goes there (fenqictl channel pause).",
                     metrics_held);
    metrics_channels(metrics, "fenqid_channel_answered_timestamp_seconds", "seconds",
                     "When the platform answered last; 0: not since the start.", metrics_answered);
    metrics_channels(metrics, "fenqid_channel_calls", NULL,
                     "Exchanges with the platform that are under way.", metrics_calls);
    metrics_channels(metrics, "fenqid_channel_calls_limit", NULL,
                     "How many may be under way at once (channel.calls_max).", metrics_calls_max);
    metrics_channels(metrics, "fenqid_channel_drives", NULL,
                     "Payments and refunds that are worked on.", metrics_drives);
    metrics_channels(metrics, "fenqid_unknown", NULL,
                     "What a person has to look at: fenqictl unknown. Counted up to 1000.",
                     metrics_unknown);
    metrics_channels(metrics, "fenqid_unknown_oldest_seconds", "seconds",
                     "How long the oldest of them has been unknown; 0: there is none.",
                     metrics_unknown_age);
    metrics_work(metrics);
    metrics_expiries(metrics);
    if (world->metrics != NULL)
        world->metrics(world->ctx, &metrics->text);
    fq_metric_end(&metrics->text);
    if (fq_buf_finish(&metrics->text, &body) == 0)
        metrics_end(metrics, 200, fq_lit(FQ_METRICS_TYPE), body);
    else
        metrics_end(metrics, 500, fq_lit("text/plain"), fq_lit("too many metrics\n"));
}

static void metrics_fault(struct metrics *metrics, const char *trace)
{
    fq_say_fault("reading for the metrics", trace);
    metrics_end(metrics, 503, fq_lit("text/plain"), fq_lit("the ledger cannot be read\n"));
}

static void metrics_read_unknown(struct fq_read *read)
{
    struct metrics *metrics = read->flow;
    if (read->result < 0)
        metrics_fault(metrics, read->trace);
    else
        metrics_write(metrics);
}

static void metrics_read_work(struct fq_read *read)
{
    struct metrics *metrics = read->flow;
    const struct fq_world *world = metrics->flow->world;
    if (read->result < 0) {
        metrics_fault(metrics, read->trace);
        return;
    }
    metrics->unknown = (struct fq_read){ .arena = metrics->arena,
                                         .kind = FQ_READ_UNKNOWN,
                                         .n_max = UNKNOWN_COUNT_MAX,
                                         .done = metrics_read_unknown,
                                         .flow = metrics };
    world->read(world->ctx, &metrics->unknown);
}

void fq_flow_metrics(struct fq_flow *flow, struct fq_visit *visit)
{
    struct fq_arena *arena = fq_arena_new(4 * TEXT_SIZE_MAX); /* the text grows by copies */
    struct metrics *metrics = fq_arena_alloc(arena, sizeof(*metrics));
    fq_assert(metrics != NULL); /* the arena is new */
    flow->n_running++;
    visit->catalog = fq_catalog_hold(flow->conf.catalog);
    metrics->flow = flow;
    metrics->visit = visit;
    metrics->arena = arena;
    fq_buf_init(&metrics->text, arena, TEXT_SIZE_MAX);
    metrics->work = (struct fq_read){ .arena = arena,
                                      .kind = FQ_READ_WORK,
                                      .now_ms = fq_flow_now(flow),
                                      .done = metrics_read_work,
                                      .flow = metrics };
    flow->world->read(flow->world->ctx, &metrics->work);
}
