/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong just now, whose fault it is, and what to type next: the heart of fenqictl status.
 */
#include "daemon/core/beijing.h"
#include "daemon/flow/control.h"

#define LATE_MS    120000  /* what is due so long ago should have been asked about */
#define SILENT_MS  3600000 /* events wait, and nobody has acknowledged any for so long */
#define BEHIND_MAX 10000

#define DISK_FREE_MIN (INT64_C(64) << 20)

struct trouble {
    struct fq_control *control;
    size_t n;
};

static void trouble_add(struct trouble *self, const char *fault, struct fq_str what,
                        struct fq_str next)
{
    struct fq_buf *buf = &self->control->answer;
    fq_buf_add(buf, self->n++ > 0 ? fq_lit(",{") : fq_lit("{"));
    fq_json_write_member(buf, "what", what);
    fq_json_write_member(buf, "fault", fq_str_of(fault));
    fq_json_write_member(buf, "next", next);
    fq_buf_add_char(buf, '}');
}

static void trouble_unknown(struct trouble *self, const struct fq_read *unknown)
{
    struct fq_arena *arena = self->control->visit->arena;
    if (unknown->n_rows == 0)
        return;
    trouble_add(self, "theirs",
                fq_arena_printf(arena,
                                "the platform does not tell what became of %u%s payment%s or "
                                "refund%s",
                                unknown->n_rows,
                                unknown->n_rows == unknown->n_max ? " or more" : "",
                                unknown->n_rows == 1 ? "" : "s", unknown->n_rows == 1 ? "" : "s"),
                fq_lit("fenqictl unknown"));
}

/* Nothing else matters while this lasts. */
static void trouble_ledger(struct trouble *self)
{
    const struct fq_flow *flow = self->control->flow;
    struct fq_arena *arena = self->control->visit->arena;
    char since[20];
    if (flow->writable.fault == 0)
        return;
    fq_beijing_text(flow->writable.since_ms, since);
    trouble_add(self, "ours",
                fq_arena_printf(arena,
                                "the ledger cannot be written since %s, %s: no payment is made or "
                                "changes, none is lost",
                                since, fq_ledger_fault_reason(flow->writable.fault)),
                fq_ledger_fault_next(flow, arena));
}

static void trouble_disk(struct trouble *self, const struct fq_world_status *world)
{
    const struct fq_flow *flow = self->control->flow;
    struct fq_arena *arena = self->control->visit->arena;
    if (world->disk_size == 0 || world->disk_free >= DISK_FREE_MIN ||
        flow->writable.fault == -ENOSPC)
        return;
    trouble_add(self, "ours",
                fq_arena_printf(arena, "the ledger's disk is nearly full: %lld MiB are left",
                                (long long)(world->disk_free >> 20)),
                fq_arena_printf(arena, "make room: df -h %.*s", fq_str_arg(flow->conf.ledger)));
}

static void trouble_clock(struct trouble *self)
{
    const struct fq_flow *flow = self->control->flow;
    struct fq_arena *arena = self->control->visit->arena;
    int64_t by_ms = flow->stepped.by_ms;
    char at[20];
    if (!fq_stepped_lately(flow))
        return;
    fq_beijing_text(flow->stepped.at_ms, at);
    trouble_add(self, "ours",
                fq_arena_printf(arena, "the clock was set %s by %lld s, to %s",
                                by_ms > 0 ? "forward" : "back",
                                (long long)(((by_ms > 0 ? by_ms : -by_ms) + 500) / 1000), at),
                fq_lit("is it right now? timedatectl; payments may have expired early, or are "
                       "asked about late"));
}

/* All merchants together, or this one? */
static void trouble_flood(struct trouble *self, const struct fq_flood_facts *facts)
{
    struct fq_arena *arena = self->control->visit->arena;
    const char *fault = fq_flood_fault(facts->reason);
    char since[20];
    fq_beijing_text(facts->since_ms, since);
    if (fault[0] == 'o') {
        trouble_add(self, fault,
                    fq_arena_printf(arena,
                                    "fenqid has too much to do: %llu requests of %.*s refused "
                                    "since %s",
                                    (unsigned long long)facts->n_refused,
                                    fq_str_arg(facts->merchant), since),
                    fq_lit("fenqictl top; if the machine has room, raise front.in_flight_max"));
        return;
    }
    trouble_add(self, fault,
                fq_arena_printf(arena, "%.*s asks more than it may: %llu refused since %s, last %s",
                                fq_str_arg(facts->merchant), (unsigned long long)facts->n_refused,
                                since, facts->reason),
                fq_arena_printf(arena,
                                "call the shop; if it is in good order raise rate_per_second in "
                                "its file, if not: fenqictl merchant disable %.*s",
                                fq_str_arg(facts->merchant)));
}

static void trouble_floods(struct trouble *self)
{
    const struct fq_flow *flow = self->control->flow;
    struct fq_flood_facts facts;
    for (const struct fq_flood *flood = fq_flood_next(flow, NULL, &facts); flood != NULL;
         flood = fq_flood_next(flow, flood, &facts))
        trouble_flood(self, &facts);
}

/* What waits for a paused channel is late because of that. */
static void trouble_late(struct trouble *self, const struct fq_work *work, bool is_any_paused)
{
    struct fq_arena *arena = self->control->visit->arena;
    int64_t late_ms = fq_flow_now(self->control->flow) - work->due_ms;
    if (work->n_due == 0 || late_ms < LATE_MS || is_any_paused)
        return;
    trouble_add(self, "ours",
                fq_arena_printf(arena, "%lld questions to platforms are late, by up to %lld s",
                                (long long)work->n_due, (long long)(late_ms / 1000)),
                fq_lit("fenqictl top; is the machine, or calls_max of a channel, too small?"));
}

static void trouble_certificates(struct trouble *self, const struct fq_channel *channel)
{
    struct fq_arena *arena = self->control->visit->arena;
    int64_t now_ms = fq_flow_now(self->control->flow);
    for (size_t i = 0; i < channel->about.n_keys; i++) {
        int64_t until_ms = fq_channel_key_expires_ms(channel, i, arena);
        if (until_ms == 0 || !fq_ends_soon(until_ms, now_ms))
            continue;
        int64_t days = fq_days_left(until_ms, now_ms);
        struct fq_str when = days < 0    ? fq_lit("has ended: payments of this channel fail")
                             : days == 0 ? fq_lit("ends within a day")
                                         : fq_arena_printf(arena, "ends in %lld day%s",
                                                           (long long)days, days == 1 ? "" : "s");
        trouble_add(self, "ours",
                    fq_arena_printf(arena, "certificate %s of %.*s %.*s",
                                    channel->about.keys[i].name, fq_str_arg(channel->conf->name),
                                    fq_str_arg(when)),
                    fq_arena_printf(arena,
                                    "get the next one into channels.%.*s.keys; "
                                    "systemctl reload fenqid",
                                    fq_str_arg(channel->conf->name)));
    }
}

static void trouble_channel(struct trouble *self, const struct fq_channel *channel)
{
    struct fq_arena *arena = self->control->visit->arena;
    struct fq_str name = channel->conf->name;
    struct fq_channel_health health = fq_channel_health(self->control->flow, channel);
    struct fq_hold hold = { 0 };
    if (health.since_ms > 0)
        trouble_add(self, "theirs",
                    fq_arena_printf(arena, "the platform of %.*s does not answer: %.*s",
                                    fq_str_arg(name), fq_str_arg(health.reason)),
                    fq_arena_printf(arena,
                                    "it is tried by itself; if it lasts, call the platform, or: "
                                    "fenqictl channel pause %.*s",
                                    fq_str_arg(name)));
    if (fq_channel_is_held(self->control->flow, name, &hold))
        trouble_add(self, "none",
                    fq_arena_printf(arena, "channel %.*s is paused by its operator%s%.*s",
                                    fq_str_arg(name), hold.note.len > 0 ? ": " : "",
                                    fq_str_arg(hold.note)),
                    fq_arena_printf(arena, "fenqictl channel resume %.*s", fq_str_arg(name)));
    trouble_certificates(self, channel);
}

/* Several platforms at once are hardly their fault. */
static void trouble_network(struct trouble *self, const struct fq_catalog *catalog)
{
    size_t n_silent = 0;
    for (size_t i = 0; i < catalog->n_channels; i++)
        n_silent += fq_channel_health(self->control->flow, catalog->channels[i]).since_ms > 0;
    if (n_silent > 1 && n_silent == catalog->n_channels)
        trouble_add(self, "ours",
                    fq_arena_printf(self->control->visit->arena,
                                    "none of the %zu platforms answers: our own network?",
                                    n_silent),
                    fq_lit("ip route; resolvectl status; then the proxy or firewall before us"));
}

/* A shop that does not take its events does not know what was paid. */
static void trouble_groups(struct trouble *self, const struct fq_read *groups)
{
    struct fq_arena *arena = self->control->visit->arena;
    int64_t now_ms = fq_flow_now(self->control->flow);
    for (uint32_t i = 0; i < groups->n_rows; i++) {
        const struct fq_group_lag *group = &groups->groups[i];
        int64_t behind = group->newest_cursor - group->cursor;
        if (behind <= 0 || (behind < BEHIND_MAX && now_ms - group->at_ms < SILENT_MS))
            continue;
        trouble_add(self, "theirs",
                    fq_arena_printf(arena, "%.*s of %.*s does not take its events: %lld wait",
                                    fq_str_arg(group->name), fq_str_arg(group->merchant_id),
                                    (long long)behind),
                    fq_arena_printf(arena,
                                    "tell the shop: its consumer stands still; or, if nobody needs "
                                    "it any more: fenqictl group remove %.*s %.*s",
                                    fq_str_arg(group->merchant_id), fq_str_arg(group->name)));
    }
}

void fq_control_write_troubles(struct fq_control *control, const struct fq_world_status *world,
                               const struct fq_work *work, const struct fq_read *unknown,
                               const struct fq_read *groups)
{
    struct trouble self = { .control = control };
    const struct fq_catalog *catalog = control->visit->catalog;
    bool is_any_paused = false;
    fq_json_write_name(&control->answer, "troubles");
    fq_buf_add_char(&control->answer, '[');
    if (control->flow->is_draining)
        trouble_add(&self, "ours", fq_lit("fenqid is stopping"), fq_lit("systemctl status fenqid"));
    trouble_ledger(&self);
    trouble_disk(&self, world);
    trouble_clock(&self);
    trouble_unknown(&self, unknown);
    for (size_t i = 0; i < catalog->n_channels; i++) {
        trouble_channel(&self, catalog->channels[i]);
        is_any_paused |= fq_channel_pause_ms(control->flow, catalog->channels[i]) > 0;
    }
    trouble_network(&self, catalog);
    trouble_late(&self, work, is_any_paused);
    trouble_groups(&self, groups);
    trouble_floods(&self);
    fq_buf_add_char(&control->answer, ']');
}
