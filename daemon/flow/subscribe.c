/* SPDX-License-Identifier: Apache-2.0 */
/* Subscribe and AckEvents: who gets into a group's line, and what the group has handled. What a
 * group has acknowledged is in the store before anyone hears of it. */
#include "daemon/flow/feed.h"

#define FULL_RETRY_MS 1000

/* One Subscribe or AckEvents on its way through the store. */
struct subscribe {
    struct fq_flow *flow;
    struct fq_operation *operation;
    struct fq_group *group; /* held */
    uint64_t number;        /* of the consumer; it may be gone when the store answers */
    bool is_seeking;        /* the group shall stand at the cursor that the Subscribe names */
    struct fq_status refusal;
    struct fq_group_row row;
    struct fq_tx tx;
};

/* ---- what can be said at once ---- */

static bool subscribe_is_name(struct fq_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z')
            return false;
    }
    return name.len <= FQ_GROUP_NAME_MAX && fq_str_is_word(name, "._-");
}

static struct fq_status subscribe_check(const struct fq_subscribe *request)
{
    if (!subscribe_is_name(request->group))
        return fq_status_invalid("subscribe.group", "GROUP_INVALID",
                                 fq_lit("1 to 64 of a-z 0-9 . _ -"));
    if (request->credit < 1 || request->credit > FQ_CREDIT_MAX)
        return fq_status_invalid("subscribe.credit", "OUT_OF_RANGE", fq_lit("1 to 10000"));
    if (request->cursor < 0)
        return fq_status_invalid("subscribe.cursor", "OUT_OF_RANGE", fq_lit("0 or more"));
    return (struct fq_status){ 0 };
}

/* Nobody's fault. */
static struct fq_status subscribe_stopping(void)
{
    return (struct fq_status){ .code = FQ_CODE_UNAVAILABLE,
                               .reason = "STOPPING",
                               .may_repeat = true,
                               .retry_after_ms = FULL_RETRY_MS,
                               .text = fq_lit("the daemon stops") };
}

/* ---- through the store ---- */

static struct subscribe *subscribe_new(struct fq_flow *flow, struct fq_operation *operation,
                                       struct fq_group *group)
{
    struct subscribe *self = fq_arena_alloc(operation->arena, sizeof(*self));
    if (self == NULL) {
        fq_group_release(group);
        fq_finish_with(flow, operation, fq_status_internal());
        return NULL;
    }
    self->flow = flow;
    self->operation = operation;
    self->group = group;
    self->row = (struct fq_group_row){ .merchant_id = operation->merchant->id,
                                       .name = operation->kind == FQ_OP_SUBSCRIBE
                                                   ? operation->subscribe.group
                                                   : operation->ack_events.group };
    self->tx = (struct fq_tx){
        .arena = operation->arena, .lookup = FQ_LOOKUP_NEW, .group = &self->row, .flow = self
    };
    return self;
}

static struct fq_consumer *subscribe_consumer(const struct subscribe *self)
{
    struct fq_consumer *consumer = self->group->consumers;
    while (consumer != NULL && consumer->number != self->number)
        consumer = consumer->next;
    return consumer;
}

static void subscribe_finish(struct subscribe *self, struct fq_status status)
{
    struct fq_group *group = self->group;
    fq_finish_with(self->flow, self->operation, status);
    fq_group_go(group);
    fq_group_release(group);
}

/* The group's name is the request's: the group may go before the answer is packed. */
static void subscribe_answer(struct subscribe *self, const struct fq_consumer *consumer)
{
    struct fq_subscription *answer = &self->operation->subscription;
    *answer = fq_consumer_stands(consumer);
    answer->group = self->row.name;
    subscribe_finish(self, (struct fq_status){ 0 });
}

/* ---- Subscribe ---- */

static int subscribe_decide(struct fq_tx *tx)
{
    struct subscribe *self = tx->flow;
    const struct fq_subscribe *request = &self->operation->subscribe;
    struct fq_group_row *row = tx->group;
    self->refusal = (struct fq_status){ 0 };
    if (request->cursor > row->newest_cursor)
        self->refusal = fq_status_refused(FQ_CODE_OUT_OF_RANGE, "CURSOR_AHEAD",
                                          fq_lit("there is no event with this cursor yet"));
    else if (!row->is_known && row->n_of_merchant >= FQ_GROUPS_MAX)
        self->refusal = fq_status_refused(FQ_CODE_RESOURCE_EXHAUSTED, "TOO_MANY_GROUPS",
                                          fq_lit("at most 64 groups: use one of them, or have one "
                                                 "removed"));
    if (self->refusal.code != FQ_CODE_OK || (row->is_known && !self->is_seeking))
        return FQ_DECIDE_KEEP;
    if (self->is_seeking)
        row->cursor = request->cursor;
    row->is_dirty = true;
    return FQ_DECIDE_WRITE;
}

static void subscribe_stored(struct fq_tx *tx)
{
    struct subscribe *self = tx->flow;
    struct fq_consumer *consumer = subscribe_consumer(self);
    struct fq_status status = self->refusal;
    if (tx->result < 0) {
        fq_say_fault_for("subscribing to events", tx->trace, tx->result, self->operation);
        status = fq_ledger_refused(tx->result);
    } else if (consumer == NULL) {
        status = self->flow->is_draining
                     ? subscribe_stopping()
                     : fq_status_refused(FQ_CODE_ABORTED, "REPLACED",
                                         fq_lit("another Subscribe came over this connection"));
    }
    if (tx->result == 0 && self->refusal.code == FQ_CODE_OK)
        self->group->acknowledged = tx->group->cursor;
    if (status.code != FQ_CODE_OK) {
        if (consumer != NULL)
            fq_consumer_leave(consumer);
        subscribe_finish(self, status);
        return;
    }
    fq_assert(consumer != NULL);
    consumer->is_joined = true;
    consumer->must_tell = false;
    if (fq_consumer_is_active(consumer))
        fq_group_begin(self->group);
    subscribe_answer(self, consumer);
}

/* All places are taken: whoever of them is gone shows when it is told how things stand. */
static void subscribe_full(struct subscribe *self)
{
    for (struct fq_consumer *one = self->group->consumers; one != NULL; one = one->next)
        one->must_tell = true;
    subscribe_finish(self, fq_status_busy("TOO_MANY_CONSUMERS", FULL_RETRY_MS,
                                          fq_lit("at most 16 consumers of a group")));
}

static void subscribe_join(struct subscribe *self, struct fq_line *line)
{
    const struct fq_subscribe *request = &self->operation->subscribe;
    struct fq_group *group = self->group;
    struct fq_consumer *old = fq_group_consumer(group, self->operation->connection);
    struct fq_consumer *consumer = fq_group_add(group, line, request->credit, old);
    if (group->is_silent && !fq_consumer_is_active(consumer))
        fq_group_take_over(group);
    /* Is it still there? If not, nobody has to wait for its lease to end. */
    group->consumers->must_tell = true;
    self->number = consumer->number;
    self->is_seeking = request->has_cursor && fq_consumer_is_active(consumer);
    self->row.at_ms = fq_flow_now(self->flow);
    self->tx.decide = subscribe_decide;
    self->tx.done = subscribe_stored;
    fq_flow_transact(self->flow, &self->tx);
    fq_group_go(group);
}

void fq_subscribe_run(struct fq_flow *flow, struct fq_operation *operation)
{
    struct fq_status status = subscribe_check(&operation->subscribe);
    if (status.code == FQ_CODE_OK && flow->is_draining)
        status = subscribe_stopping();
    if (status.code != FQ_CODE_OK) {
        fq_finish_with(flow, operation, status);
        return;
    }
    struct subscribe *self = subscribe_new(
        flow, operation, fq_group_make(flow, operation->merchant->id, operation->subscribe.group));
    if (self == NULL)
        return;
    if (self->group->n_consumers >= FQ_CONSUMERS_MAX &&
        fq_group_consumer(self->group, operation->connection) == NULL) {
        subscribe_full(self);
        return;
    }
    struct fq_line *line = operation->keep_line != NULL ? operation->keep_line(operation) : NULL;
    if (line == NULL)
        subscribe_finish(self, fq_status_internal()); /* nobody will read it: the asker is gone */
    else
        subscribe_join(self, line);
}

/* ---- AckEvents ---- */

static int ack_decide(struct fq_tx *tx)
{
    const struct subscribe *self = tx->flow;
    int64_t cursor = self->operation->ack_events.cursor;
    if (tx->group->is_known && tx->group->cursor >= cursor)
        return FQ_DECIDE_KEEP;
    tx->group->cursor = cursor;
    tx->group->is_dirty = true;
    return FQ_DECIDE_WRITE;
}

static void ack_stored(struct fq_tx *tx)
{
    struct subscribe *self = tx->flow;
    struct fq_group *group = self->group;
    const struct fq_consumer *consumer = subscribe_consumer(self);
    if (tx->result < 0) {
        fq_say_fault_for("acknowledging events", tx->trace, tx->result, self->operation);
        subscribe_finish(self, fq_ledger_refused(tx->result));
        return;
    }
    group->acknowledged = tx->group->cursor;
    if (group->sent < group->acknowledged)
        group->sent = group->acknowledged;
    if (consumer != NULL) {
        subscribe_answer(self, consumer);
        return;
    }
    /* It has left meanwhile; what it acknowledged is durable all the same. */
    self->operation->subscription =
        (struct fq_subscription){ .group = self->row.name,
                                  .acknowledged_cursor = group->acknowledged,
                                  .sent_cursor = group->acknowledged,
                                  .lease_ms = self->flow->conf.lease_ms };
    subscribe_finish(self, (struct fq_status){ 0 });
}

static struct fq_status ack_check(const struct fq_operation *operation,
                                  const struct fq_consumer *consumer)
{
    const struct fq_ack_events *request = &operation->ack_events;
    if (request->cursor < 0)
        return fq_status_invalid("ack_events.cursor", "OUT_OF_RANGE", fq_lit("0 or more"));
    if (consumer == NULL || !consumer->is_joined)
        return fq_status_refused(
            FQ_CODE_FAILED_PRECONDITION, "NOT_SUBSCRIBED",
            fq_lit("no subscription to this group on this connection: subscribe again"));
    if (!fq_consumer_is_active(consumer))
        return fq_status_refused(FQ_CODE_FAILED_PRECONDITION, "NOT_ACTIVE",
                                 fq_lit("another consumer of the group has taken over"));
    if (request->cursor > consumer->group->sent)
        return fq_status_refused(FQ_CODE_OUT_OF_RANGE, "ACK_AHEAD",
                                 fq_lit("events up to this cursor were not pushed yet"));
    return (struct fq_status){ 0 };
}

void fq_ack_events_run(struct fq_flow *flow, struct fq_operation *operation)
{
    const struct fq_ack_events *request = &operation->ack_events;
    struct fq_group *group = fq_group_find(flow, operation->merchant->id, request->group);
    struct fq_consumer *consumer =
        group != NULL ? fq_group_consumer(group, operation->connection) : NULL;
    struct fq_status status = ack_check(operation, consumer);
    if (consumer != NULL && consumer->is_joined && fq_consumer_is_active(consumer))
        fq_group_heard(group);
    if (status.code != FQ_CODE_OK) {
        if (group != NULL)
            fq_group_release(group);
        fq_finish_with(flow, operation, status);
        return;
    }
    fq_assert(consumer != NULL);
    struct subscribe *self = subscribe_new(flow, operation, group);
    if (self == NULL)
        return;
    self->number = consumer->number;
    self->row.at_ms = fq_flow_now(flow);
    self->tx.decide = ack_decide;
    self->tx.done = ack_stored;
    if (request->cursor <= group->acknowledged)
        subscribe_answer(self, consumer); /* it is durable already: a sign of life */
    else
        fq_flow_transact(flow, &self->tx);
}
