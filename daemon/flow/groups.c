/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl group list, group remove: a merchant may have so many groups of event consumers, and
 * names none of them off: the operator makes room. */
#include "daemon/flow/control.h"
#include "daemon/flow/feed.h"

#define LIST_MAX 500

/* ---- POST /v1/groups {"merchant"} ---- */

struct groups {
    struct fq_control *control;
    struct fq_read read;
};

static size_t groups_consumers(struct fq_flow *flow, struct fq_str merchant_id, struct fq_str name)
{
    struct fq_group *group = fq_group_find(flow, merchant_id, name);
    size_t n = group != NULL ? group->n_consumers : 0;
    if (group != NULL)
        fq_group_release(group);
    return n;
}

static void groups_row(struct fq_control *control, const struct fq_group_lag *row)
{
    struct fq_buf *buf = &control->answer;
    size_t n_consumers = groups_consumers(control->flow, row->merchant_id, row->name);
    fq_buf_add_char(buf, '{');
    fq_json_write_member(buf, "merchant", row->merchant_id);
    fq_json_write_member(buf, "group", row->name);
    fq_json_write_int(buf, "consumers", (int64_t)n_consumers);
    fq_json_write_int(buf, "cursor", row->cursor);
    fq_json_write_int(buf, "behind", row->newest_cursor - row->cursor);
    fq_json_write_int(buf, "acknowledged_unix_ms", row->at_ms);
    fq_buf_add_char(buf, '}');
}

static void groups_listed(struct fq_read *read)
{
    struct groups *self = read->flow;
    struct fq_buf *buf = &self->control->answer;
    if (read->result < 0) {
        fq_control_fault(self->control, "listing groups for the operator", read->trace);
        return;
    }
    fq_buf_add(buf, fq_lit("{\"groups\":["));
    for (uint32_t i = 0; i < read->n_rows; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",") : fq_lit(""));
        groups_row(self->control, &read->groups[i]);
    }
    fq_buf_add_char(buf, ']');
    fq_json_write_int(buf, "of_a_merchant_at_most", FQ_GROUPS_MAX);
    fq_json_write_bool(buf, "there_are_more", read->n_rows == LIST_MAX);
    fq_buf_add_char(buf, '}');
    fq_control_done(self->control);
}

void fq_control_groups(struct fq_control *control)
{
    struct groups *self = fq_arena_alloc(control->visit->arena, sizeof(*self));
    fq_assert(self != NULL); /* the arena is new */
    self->control = control;
    self->read = (struct fq_read){ .arena = control->visit->arena,
                                   .kind = FQ_READ_GROUPS,
                                   .merchant_id = fq_json_get_text(control->asked, "merchant"),
                                   .n_max = LIST_MAX,
                                   .done = groups_listed,
                                   .flow = self };
    control->flow->world->read(control->flow->world->ctx, &self->read);
}

/* ---- POST /v1/groups/remove {"merchant", "group", "force"} ---- */

struct ungroup {
    struct fq_control *control;
    size_t n_consumers; /* that it was taken from */
    struct fq_group_row row;
    struct fq_tx tx;
};

/* They are not told: as after a restart, their next sign of life is answered NOT_SUBSCRIBED. */
static size_t ungroup_consumers(struct fq_flow *flow, const struct fq_group_row *row)
{
    struct fq_group *group = fq_group_find(flow, row->merchant_id, row->name);
    size_t n = group != NULL ? group->n_consumers : 0;
    while (group != NULL && group->consumers != NULL)
        fq_consumer_leave(group->consumers);
    if (group != NULL)
        fq_group_release(group);
    return n;
}

static int ungroup_decide(struct fq_tx *tx)
{
    tx->group->is_removed = tx->group->is_dirty = tx->group->is_known;
    return tx->group->is_known ? FQ_DECIDE_WRITE : FQ_DECIDE_KEEP;
}

static void ungroup_say(const struct ungroup *self)
{
    const struct fq_visit *visit = self->control->visit;
    fq_log_always(LOG_NOTICE, FQ_MSG_OPERATOR, "the operator removed a group of event consumers",
                  FQ_LOG_STR("MERCHANT", self->row.merchant_id),
                  FQ_LOG_STR("GROUP", self->row.name), FQ_LOG_INT("ACKNOWLEDGED", self->row.cursor),
                  FQ_LOG_INT("CONSUMERS", (int64_t)self->n_consumers),
                  FQ_LOG_INT("UID", visit->peer_uid), FQ_LOG_INT("PID", visit->peer_pid),
                  FQ_LOG_TEXT("NEXT", "no event is lost: who subscribes under this name again "
                                      "begins with the first one, or at the cursor that it names"));
}

static void ungroup_answer(struct ungroup *self)
{
    struct fq_buf *buf = &self->control->answer;
    fq_buf_add_char(buf, '{');
    fq_json_write_member(buf, "merchant", self->row.merchant_id);
    fq_json_write_member(buf, "group", self->row.name);
    fq_json_write_int(buf, "cursor", self->row.cursor);
    fq_json_write_int(buf, "behind", self->row.newest_cursor - self->row.cursor);
    fq_json_write_int(buf, "consumers", (int64_t)self->n_consumers);
    fq_buf_add_char(buf, '}');
    fq_control_done(self->control);
}

static void ungroup_stored(struct fq_tx *tx)
{
    struct ungroup *self = tx->flow;
    if (tx->result < 0) {
        fq_control_unwritten(self->control, "removing a group of event consumers", tx);
    } else if (!self->row.is_known) {
        fq_control_refuse(self->control, 404, "GROUP_ABSENT",
                          fq_lit("this merchant has no group of that name"),
                          fq_lit("fenqictl group list"));
    } else {
        /* Whoever came meanwhile may have found the group that is gone now. */
        self->n_consumers += ungroup_consumers(self->control->flow, &self->row);
        ungroup_say(self);
        ungroup_answer(self);
    }
}

/* Its consumers, also those whose Subscribe is not answered yet. */
static bool ungroup_take_consumers(struct ungroup *self)
{
    struct fq_control *control = self->control;
    if (fq_json_get_number(control->asked, "force") != 0) {
        self->n_consumers = ungroup_consumers(control->flow, &self->row);
        return true;
    }
    if (groups_consumers(control->flow, self->row.merchant_id, self->row.name) == 0)
        return true;
    fq_control_say(control, "group remove", "GROUP_IN_USE");
    fq_control_refuse(
        control, 409, "GROUP_IN_USE",
        fq_lit("consumers are connected to it: they would begin with the first event"),
        fq_lit("stop them, or add --force"));
    return false;
}

void fq_control_ungroup(struct fq_control *control)
{
    struct ungroup *self = fq_arena_alloc(control->visit->arena, sizeof(*self));
    fq_assert(self != NULL); /* the arena is new */
    self->control = control;
    self->row = (struct fq_group_row){ .merchant_id = fq_json_get_text(control->asked, "merchant"),
                                       .name = fq_json_get_text(control->asked, "group") };
    if (self->row.merchant_id.len == 0 || self->row.name.len == 0) {
        fq_control_refuse(control, 400, "BODY_INVALID",
                          fq_lit("merchant and group must say which group is meant"), fq_lit(""));
        return;
    }
    if (!ungroup_take_consumers(self))
        return;
    self->tx = (struct fq_tx){ .arena = control->visit->arena,
                               .lookup = FQ_LOOKUP_NEW,
                               .group = &self->row,
                               .decide = ungroup_decide,
                               .done = ungroup_stored,
                               .flow = self };
    fq_flow_transact(control->flow, &self->tx);
}
