/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl status: what runs, what waits, how the platforms answer, what a person has to look at.
 */
#include "daemon/flow/control.h"

#define UNKNOWN_COUNT_MAX 100
#define GROUPS_MAX        20

struct status {
    struct fq_control *control;
    struct fq_read work;
    struct fq_read unknown;
    struct fq_read groups;
};

/* When each key of the channel ends, if it is a certificate. */
static void status_certificates(struct fq_control *control, const struct fq_channel *channel)
{
    struct fq_buf *buf = &control->answer;
    int64_t now_ms = fq_flow_now(control->flow);
    const char *comma = "";
    fq_json_write_name(buf, "certificates");
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < channel->about.n_keys; i++) {
        int64_t until_ms = fq_channel_key_expires_ms(channel, i, control->visit->arena);
        if (until_ms == 0)
            continue;
        fq_buf_printf(buf, "%s{", comma);
        fq_json_write_member(buf, "key", fq_str_of(channel->about.keys[i].name));
        fq_json_write_int(buf, "until_unix_ms", until_ms);
        fq_json_write_int(buf, "days_left", fq_days_left(until_ms, now_ms));
        fq_buf_add_char(buf, '}');
        comma = ",";
    }
    fq_buf_add_char(buf, ']');
}

static void status_channel(struct fq_control *control, const struct fq_channel *channel)
{
    struct fq_buf *buf = &control->answer;
    const struct fq_channel_health health = fq_channel_health(control->flow, channel);
    struct fq_hold hold = { 0 };
    bool is_held = fq_channel_is_held(control->flow, channel->conf->name, &hold);
    fq_buf_add_char(buf, '{');
    fq_json_write_member(buf, "channel", channel->conf->name);
    fq_json_write_member(buf, "adapter", channel->conf->adapter);
    fq_json_write_member(buf, "state", fq_str_of(is_held ? "held" : health.state));
    fq_json_write_member(buf, "breaker", fq_str_of(health.state));
    fq_json_write_int(buf, "no_answer_since_unix_ms", health.since_ms);
    fq_json_write_int(buf, "held_since_unix_ms", hold.since_ms);
    fq_json_write_member(buf, "held_note", hold.note);
    fq_json_write_int(buf, "pause_ms", health.pause_ms);
    fq_json_write_int(buf, "failures_in_a_row", health.n_failures);
    fq_json_write_int(buf, "last_success_unix_ms", health.succeeded_ms);
    fq_json_write_int(buf, "last_failure_unix_ms", health.failed_ms);
    fq_json_write_int(buf, "calls", channel->n_calls != NULL ? (int64_t)*channel->n_calls : 0);
    fq_json_write_int(buf, "calls_max", channel->conf->n_calls_max);
    status_certificates(control, channel);
    fq_buf_add_char(buf, '}');
}

/* What waits inside; long queues are what makes it slow. */
static void status_queues(struct fq_buf *buf, const struct fq_world_status *world)
{
    const struct {
        const char *name;
        int64_t n;
    } queues[] = { { "commits", world->n_commits },
                   { "reads", world->n_reads },
                   { "adapters", world->n_adapts },
                   { "replies", world->n_replies } };

    fq_json_write_name(buf, "queues");
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < fq_array_size(queues); i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",{") : fq_lit("{"));
        fq_json_write_member(buf, "queue", fq_str_of(queues[i].name));
        fq_json_write_int(buf, "waiting", queues[i].n);
        fq_buf_add_char(buf, '}');
    }
    fq_buf_add_char(buf, ']');
}

static void status_ledger(struct fq_control *control, const struct fq_world_status *world)
{
    const struct fq_flow *flow = control->flow;
    struct fq_buf *buf = &control->answer;
    const int fault = flow->writable.fault;
    fq_json_write_int(buf, "store_bytes", world->store_size);
    fq_json_write_int(buf, "store_log_bytes", world->log_size);
    if (world->disk_size > 0)
        fq_json_write_int(buf, "disk_free_bytes", world->disk_free);
    if (fault == 0)
        return;
    fq_json_write_member(buf, "store_fault", fq_str_of(fq_ledger_fault_reason(fault)));
    fq_json_write_int(buf, "store_fault_since_unix_ms", flow->writable.since_ms);
}

static void status_daemon(struct fq_control *control, const struct fq_world_status *world)
{
    const struct fq_flow *flow = control->flow;
    struct fq_buf *buf = &control->answer;
    fq_json_write_member(buf, "version", flow->conf.version);
    fq_json_write_member(buf, "instance", flow->conf.instance);
    fq_json_write_int(buf, "now_unix_ms", fq_flow_now(flow));
    fq_json_write_int(buf, "started_unix_ms", world->started_ms);
    fq_json_write_bool(buf, "stopping", flow->is_draining);
    fq_json_write_int(buf, "requests_in_flight", world->n_in_flight);
    fq_json_write_int(buf, "running", (int64_t)flow->n_running - 1); /* without this one */
    status_ledger(control, world);
    status_queues(buf, world);
}

/* The furthest behind first. */
static void status_groups(struct fq_buf *buf, const struct fq_read *groups)
{
    fq_json_write_name(buf, "groups");
    fq_buf_add_char(buf, '[');
    for (uint32_t i = 0; i < groups->n_rows; i++) {
        const struct fq_group_lag *group = &groups->groups[i];
        fq_buf_add(buf, i > 0 ? fq_lit(",{") : fq_lit("{"));
        fq_json_write_member(buf, "merchant", group->merchant_id);
        fq_json_write_member(buf, "group", group->name);
        fq_json_write_int(buf, "behind", group->newest_cursor - group->cursor);
        fq_json_write_int(buf, "acknowledged_unix_ms", group->at_ms);
        fq_buf_add_char(buf, '}');
    }
    fq_buf_add_char(buf, ']');
}

static void status_answer(struct status *status)
{
    struct fq_control *control = status->control;
    struct fq_buf *buf = &control->answer;
    const struct fq_catalog *catalog = control->visit->catalog;
    const struct fq_read *unknown = &status->unknown;
    const struct fq_work *work = &status->work.work;
    struct fq_world_status world = { 0 };
    if (control->flow->world->status != NULL)
        control->flow->world->status(control->flow->world->ctx, &world);
    fq_buf_add_char(buf, '{');
    status_daemon(control, &world);
    fq_json_write_int(buf, "waiting", work->n_waiting);
    fq_json_write_int(buf, "due", work->n_due);
    fq_json_write_int(buf, "earliest_due_unix_ms", work->due_ms);
    fq_json_write_int(buf, "unknown", unknown->n_rows);
    fq_json_write_bool(buf, "unknown_are_more", unknown->n_rows == UNKNOWN_COUNT_MAX);
    fq_json_write_int(buf, "oldest_unknown_unix_ms",
                      unknown->n_rows > 0 ? unknown->unknown[0].since_ms : 0);
    fq_json_write_int(buf, "merchants", (int64_t)catalog->n_merchants);
    status_groups(buf, &status->groups);
    fq_control_write_troubles(control, &world, work, unknown, &status->groups);
    fq_json_write_name(buf, "channels");
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < catalog->n_channels; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",") : fq_lit(""));
        status_channel(control, catalog->channels[i]);
    }
    fq_buf_add(buf, fq_lit("]}"));
    fq_control_done(control);
}

static void status_read_groups(struct fq_read *read)
{
    struct status *status = read->flow;
    if (read->result < 0)
        fq_control_fault(status->control, "reading how far event consumers are", read->trace);
    else
        status_answer(status);
}

static void status_read_unknown(struct fq_read *read)
{
    struct status *status = read->flow;
    const struct fq_world *world = status->control->flow->world;
    if (read->result < 0) {
        fq_control_fault(status->control, "reading what is unknown", read->trace);
        return;
    }
    status->groups = (struct fq_read){ .arena = read->arena,
                                       .kind = FQ_READ_GROUPS,
                                       .n_max = GROUPS_MAX,
                                       .done = status_read_groups,
                                       .flow = status };
    world->read(world->ctx, &status->groups);
}

static void status_read_work(struct fq_read *read)
{
    struct status *status = read->flow;
    const struct fq_world *world = status->control->flow->world;
    if (read->result < 0) {
        fq_control_fault(status->control, "reading what waits", read->trace);
        return;
    }
    status->unknown = (struct fq_read){ .arena = read->arena,
                                        .kind = FQ_READ_UNKNOWN,
                                        .n_max = UNKNOWN_COUNT_MAX,
                                        .done = status_read_unknown,
                                        .flow = status };
    world->read(world->ctx, &status->unknown);
}

void fq_control_status(struct fq_control *control)
{
    const struct fq_world *world = control->flow->world;
    struct status *status = fq_arena_alloc(control->visit->arena, sizeof(*status));
    fq_assert(status != NULL); /* the arena is new */
    status->control = control;
    status->work = (struct fq_read){ .arena = control->visit->arena,
                                     .kind = FQ_READ_WORK,
                                     .now_ms = fq_flow_now(control->flow),
                                     .done = status_read_work,
                                     .flow = status };
    world->read(world->ctx, &status->work);
}
