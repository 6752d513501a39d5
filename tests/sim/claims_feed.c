/* SPDX-License-Identifier: Apache-2.0 */
/* The claims about pushed events: nothing is left out, invented or another's; what is acknowledged
 * stays so; the active consumer keeps its turn. */
#include <string.h>

#include "tests/sim/claims.h"
#include "tests/sim/consumer.h"

#define UNREAD_US (10 * SIM_MINUTE_US) /* what came just before the end may be on its way */

static const char *const feed_merchants[SIM_MERCHANTS] = { "shop", "boutique" };

/* ---- a push as it leaves ---- */

static void feed_claim_same(struct sim *sim, const struct sim_group *group,
                            const struct fq_event_row *event)
{
    const struct sim_told now = { event->seq, event->payment_version, event->at_ms, event->kind,
                                  event->refund_n };
    if (event->cursor >= SIM_LOG_MAX)
        return;
    struct sim_told *told = &sim->told[group->merchant][event->cursor];
    if (told->kind == 0)
        *told = now;
    if (told->seq != now.seq || told->version != now.version || told->at_ms != now.at_ms ||
        told->kind != now.kind || told->refund_n != now.refund_n)
        sim_violate(sim, "pushed-events-are-the-log", "%s: event %lld was another one",
                    group->label, (long long)event->cursor);
}

/* Within its lease nobody takes the turn of one that is there and gives signs of life. */
static void feed_claim_turn(struct sim *sim, const struct sim_group *group)
{
    const struct sim_subscription *last = group->active;
    if (last == NULL || last->life != sim->life || last->is_gone || last->is_deaf ||
        last->consumer->subscription != last)
        return;
    if (sim->now_us / 1000 - last->heard_us / 1000 < sim_lease_ms(sim))
        sim_violate(sim, "active-keeps-its-turn", "%s: it was taken away", group->label);
}

static void feed_claim_events(struct sim *sim, struct sim_subscription *subscription,
                              const struct fq_push *push)
{
    struct sim_group *group = subscription->consumer->group;
    int64_t first = push->events[0].cursor;
    int64_t known =
        subscription->pushed > group->asked_cursor ? subscription->pushed : group->asked_cursor;
    int64_t last = first + (int64_t)push->n_events - 1;
    if (!push->subscription.is_active)
        sim_violate(sim, "active-keeps-its-turn", "%s: events for one that stands by",
                    group->label);
    if (first > known + 1)
        sim_violate(sim, "every-event-is-pushed", "%s: %lld after %lld", group->label,
                    (long long)first, (long long)known);
    if (group->n_sought == 0 && first <= group->acknowledged)
        sim_violate(sim, "acknowledged-stays-so", "%s: %lld comes again, and %lld was acknowledged",
                    group->label, (long long)first, (long long)group->acknowledged);
    if (last - group->asked_cursor > subscription->credit)
        sim_violate(sim, "no-more-than-credit", "%s: %lld are under way, credit is %lld",
                    group->label, (long long)(last - group->asked_cursor),
                    (long long)subscription->credit);
    for (size_t i = 0; i < push->n_events; i++) {
        if (push->events[i].cursor != first + (int64_t)i)
            sim_violate(sim, "every-event-is-pushed", "%s: not in order of cursors", group->label);
        feed_claim_same(sim, group, &push->events[i]);
    }
    subscription->pushed = last;
    sim->totals->n_pushed += push->n_events;
}

void sim_claim_push(struct sim *sim, struct sim_subscription *subscription,
                    const struct fq_push *push)
{
    struct sim_group *group = subscription->consumer->group;
    sim_say(sim, group->label, "is pushed, from", push->n_events > 0 ? push->events[0].cursor : 0);
    if (push->subscription.is_active != (group->active == subscription))
        feed_claim_turn(sim, group);
    if (push->subscription.is_active)
        group->active = subscription;
    else if (group->active == subscription)
        group->active = NULL;
    if (push->n_events > 0)
        feed_claim_events(sim, subscription, push);
}

/* ---- an answer ---- */

/* A place that a consumer asked for holds once it is answered, or as the next life tells. */
static void feed_claim_place(struct sim *sim, struct sim_group *group, const struct sim_ask *ask,
                             int64_t cursor)
{
    if (group->n_sought > 0 && (ask->is_seeking || sim->life != group->sought_life)) {
        group->n_sought = sim->life != group->sought_life ? 0 : group->n_sought - 1;
        group->acknowledged = cursor;
    }
    if (group->n_sought > 0)
        return;
    if (cursor < group->acknowledged)
        sim_violate(sim, "acknowledged-stays-so", "%s: %lld, and %lld was acknowledged",
                    group->label, (long long)cursor, (long long)group->acknowledged);
    if (cursor > group->asked_cursor)
        sim_violate(sim, "acknowledged-stays-so", "%s: nobody acknowledged %lld", group->label,
                    (long long)cursor);
    group->acknowledged = cursor;
}

void sim_claim_subscription(struct sim *sim, struct sim_ask *ask,
                            const struct fq_operation *operation)
{
    struct sim_subscription *subscription = ask->subscription;
    struct sim_group *group = subscription->consumer->group;
    int64_t cursor = operation->subscription.acknowledged_cursor;
    sim_say(sim, group->label, operation->status.code == 0 ? "stands at" : "is refused", cursor);
    if (operation->status.code != 0) {
        /* Of two refusals the place may have been taken before: the consumer was gone when it was.
         */
        bool may_be_taken = strcmp(operation->status.reason, "STOPPING") == 0 ||
                            operation->status.code == FQ_CODE_ABORTED;
        group->n_sought -= ask->is_seeking && !may_be_taken && group->n_sought > 0;
        return;
    }
    subscription->heard_us = ask->asked_us;
    feed_claim_place(sim, group, ask, cursor);
    if (ask->kind == FQ_OP_SUBSCRIBE) {
        if (subscription->pushed < cursor)
            subscription->pushed = cursor;
    } else if (group->n_sought == 0 && cursor < ask->cursor) {
        sim_violate(sim, "acknowledged-stays-so", "%s: acknowledged %lld, and it is %lld",
                    group->label, (long long)ask->cursor, (long long)cursor);
    }
}

/* ---- when all has come to rest ---- */

static void feed_claim_log(const struct claims *claims, size_t merchant)
{
    const struct sim_told *told = claims->sim->told[merchant];
    size_t n_told = 0, n_known = 0;
    for (size_t i = 0; i < SIM_LOG_MAX; i++)
        n_told += told[i].kind != 0;
    for (size_t i = 0; i < claims->n_events; i++) {
        const struct claims_event *event = &claims->events[i];
        if (strcmp(event->merchant_id, feed_merchants[merchant]) != 0 ||
            event->cursor >= SIM_LOG_MAX || told[event->cursor].kind == 0)
            continue;
        const struct sim_told *as = &told[event->cursor];
        const struct claims_payment *payment = claims_payment(claims, event->payment_seq);
        n_known += as->seq == event->payment_seq && as->kind == event->kind &&
                   as->refund_n == event->refund_n && as->at_ms == event->at_ms &&
                   as->version == event->payment_version && payment != NULL &&
                   strcmp(payment->merchant_id, feed_merchants[merchant]) == 0;
    }
    if (n_known != n_told)
        sim_violate(claims->sim, "pushed-events-are-the-log",
                    "%s was told of %zu events, %zu are its", feed_merchants[merchant], n_told,
                    n_known);
}

static void feed_claim_all_seen(const struct claims *claims, const struct sim_group *group)
{
    const struct sim *sim = claims->sim;
    bool is_cut = sim->now_us - sim->healed_us > SIM_RESTS_AFTER_US;
    for (size_t i = 0; i < claims->n_events; i++) {
        const struct claims_event *event = &claims->events[i];
        if (strcmp(event->merchant_id, feed_merchants[group->merchant]) != 0 ||
            event->cursor >= SIM_LOG_MAX || group->has_handled[event->cursor] ||
            (is_cut && event->at_ms > sim_now_ms(sim) - UNREAD_US / 1000))
            continue;
        sim_violate(claims->sim, "every-event-is-pushed", "%s never saw %lld", group->label,
                    (long long)event->cursor);
        return;
    }
}

static void feed_claim_row(const struct claims *claims, const struct sim_group *group)
{
    int64_t cursor = 0;
    for (size_t i = 0; i < claims->n_groups; i++) {
        const struct claims_group *row = &claims->groups[i];
        if (strcmp(row->name, group->name) == 0 &&
            strcmp(row->merchant_id, feed_merchants[group->merchant]) == 0)
            cursor = row->cursor;
    }
    if (group->n_sought == 0 && (cursor < group->acknowledged || cursor > group->asked_cursor))
        sim_violate(claims->sim, "acknowledged-stays-so", "%s: %lld in the ledger, not %lld",
                    group->label, (long long)cursor, (long long)group->acknowledged);
}

void claims_about_consumers(const struct claims *claims)
{
    for (size_t i = 0; i < SIM_MERCHANTS && claims->sim->told[i] != NULL; i++)
        feed_claim_log(claims, i);
    for (const struct sim_group *group = claims->sim->groups; group != NULL; group = group->next) {
        feed_claim_all_seen(claims, group);
        feed_claim_row(claims, group);
    }
}
