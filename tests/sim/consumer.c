/* SPDX-License-Identifier: Apache-2.0 */
/* Consumers of events: they subscribe, handle, acknowledge, fall silent, die and come back. */
#include "tests/sim/consumer.h"

#include <stdio.h>
#include <string.h>

#include "tests/sim/daemon.h"

#define CONSUMERS_MAX 3 /* of a group */
#define TURNS_MAX     30

static void consumer_subscribe(struct sim *sim, void *what, int64_t argument);
static void consumer_ack(struct sim *sim, void *what, int64_t argument);

int64_t sim_lease_ms(const struct sim *sim)
{
    static const int64_t leases_ms[] = { 5000, 30000, 600000 };
    return leases_ms[sim->seed / 7 % 3];
}

static bool consumer_has(const struct sim_subscription *subscription)
{
    return subscription->consumer->subscription == subscription;
}

/* ---- coming and going ---- */

static void consumer_plan(struct sim *sim, struct sim_consumer *consumer, int64_t delay_us)
{
    if (consumer->is_asking || consumer->has_left)
        return;
    consumer->is_asking = true;
    sim_after(sim, delay_us, consumer_subscribe, consumer, 0);
}

static int64_t consumer_pause_us(struct sim *sim)
{
    return sim_between(sim, 20000, SIM_MINUTE_US);
}

static void consumer_is_seen_gone(struct sim *sim, void *what, int64_t argument)
{
    struct sim_subscription *subscription = what;
    (void)sim;
    (void)argument;
    subscription->is_gone = true;
}

static void consumer_leave(struct sim_consumer *consumer)
{
    if (consumer->subscription != NULL)
        consumer->subscription->is_gone = true;
    consumer->subscription = NULL;
}

/* It dies; what it had not handled is lost with it. */
static void consumer_die(struct sim *sim, struct sim_consumer *consumer)
{
    struct sim_subscription *subscription = consumer->subscription;
    if (subscription != NULL && sim_hit(sim, SIM_CONSUMER_UNSEEN)) {
        subscription->is_deaf = true;
        sim_after(sim, sim_between(sim, 0, 40 * SIM_SECOND_US), consumer_is_seen_gone, subscription,
                  0);
        consumer->subscription = NULL;
    }
    consumer_leave(consumer);
    consumer_plan(sim, consumer, consumer_pause_us(sim));
}

static void consumer_subscribed(struct sim *sim, struct sim_ask *ask)
{
    struct sim_subscription *subscription = ask->subscription;
    struct sim_consumer *consumer = subscription->consumer;
    consumer->is_asking = false;
    bool is_here = consumer_has(subscription); /* it did not die meanwhile */
    if (is_here && ask->code == 0)
        return;
    /* Without an answer it asks again over the same connection, or over another one. */
    if (is_here && (ask->code != -1 || sim_draw(sim) % 2 == 0))
        consumer_leave(consumer);
    consumer_plan(sim, consumer, consumer_pause_us(sim));
}

static struct sim_subscription *consumer_connect(struct sim *sim, struct sim_consumer *consumer)
{
    static const int64_t credits[] = { 1, 2, 7, 50, 10000 };
    const struct sim_subscription *old = consumer->subscription;
    struct sim_subscription *subscription = sim_alloc(sim, sizeof(*subscription));
    bool is_same = old != NULL && old->life == sim->life;
    subscription->consumer = consumer;
    subscription->connection = is_same ? old->connection : ++sim->n_connections;
    subscription->life = sim->life;
    subscription->credit = credits[sim_draw(sim) % 5];
    consumer->subscription = subscription;
    return subscription;
}

static void consumer_subscribe(struct sim *sim, void *what, int64_t argument)
{
    struct sim_consumer *consumer = what;
    struct sim_group *group = consumer->group;
    (void)argument;
    if (consumer->has_left)
        return;
    struct sim_ask *ask = sim_ask_new(sim, FQ_OP_SUBSCRIBE, consumer_subscribed);
    ask->subscription = consumer_connect(sim, consumer);
    if (group->acknowledged > 0 && sim->daemon != NULL && sim_hit(sim, SIM_CONSUMER_SEEKS)) {
        ask->is_seeking = true;
        ask->cursor = sim_between(sim, 0, group->acknowledged);
        group->n_sought++;
        group->sought_life = sim->life;
    }
    sim_ask_send(sim, ask);
}

void sim_consumers_return(struct sim *sim)
{
    for (struct sim_group *group = sim->groups; group != NULL; group = group->next) {
        for (struct sim_consumer *one = group->consumers; one != NULL; one = one->next) {
            if (one->subscription != NULL)
                consumer_plan(sim, one, consumer_pause_us(sim));
        }
    }
}

/* ---- handling ---- */

struct heard {
    struct sim_subscription *subscription;
    int64_t first, n;
};

static void consumer_will_ack(struct sim *sim, struct sim_subscription *subscription,
                              int64_t delay_us)
{
    if (subscription->will_ack)
        return;
    subscription->will_ack = true;
    sim_after(sim, delay_us, consumer_ack, subscription, 0);
}

static void consumer_handled(struct sim *sim, void *what, int64_t argument)
{
    const struct heard *heard = what;
    struct sim_subscription *subscription = heard->subscription;
    struct sim_consumer *consumer = subscription->consumer;
    (void)argument;
    if (!consumer_has(subscription))
        return;
    if (sim_hit(sim, SIM_CONSUMER_DIES)) {
        consumer_die(sim, consumer);
        return;
    }
    for (int64_t i = 0; i < heard->n && heard->first + i < SIM_LOG_MAX; i++)
        consumer->group->has_handled[heard->first + i] = true;
    subscription->handled = heard->first + heard->n - 1;
    bool is_silent = sim_hit(sim, SIM_CONSUMER_SILENT);
    consumer_will_ack(sim, subscription,
                      is_silent ? sim_between(sim, 0, sim_lease_ms(sim) * 3000)
                                : sim_moment_us(sim));
}

void sim_consumer_hear(struct sim_subscription *subscription, const struct fq_push *push)
{
    struct sim *sim = subscription->consumer->group->sim;
    int64_t takes_us = sim_moment_us(sim);
    if (push->n_events == 0)
        return;
    if (sim_hit(sim, SIM_CONSUMER_SLOW))
        takes_us += sim_between(sim, 0, sim_lease_ms(sim) * 2000);
    struct heard *heard = sim_alloc(sim, sizeof(*heard));
    *heard = (struct heard){ subscription, push->events[0].cursor, (int64_t)push->n_events };
    if (subscription->done_us < sim->now_us)
        subscription->done_us = sim->now_us;
    subscription->done_us += takes_us;
    sim_after(sim, subscription->done_us - sim->now_us, consumer_handled, heard, 0);
}

/* ---- acknowledging ---- */

static void consumer_acked(struct sim *sim, struct sim_ask *ask)
{
    struct sim_subscription *subscription = ask->subscription;
    struct sim_consumer *consumer = subscription->consumer;
    bool is_said = ask->code == 0 && ask->cursor >= subscription->handled;
    if (!consumer_has(subscription) || is_said || strcmp(ask->reason, "NOT_ACTIVE") == 0)
        return;
    if (strcmp(ask->reason, "NOT_SUBSCRIBED") == 0)
        consumer_plan(sim, consumer, sim_moment_us(sim));
    else
        consumer_will_ack(sim, subscription, consumer_pause_us(sim));
}

static void consumer_ack(struct sim *sim, void *what, int64_t argument)
{
    struct sim_subscription *subscription = what;
    struct sim_group *group = subscription->consumer->group;
    (void)argument;
    subscription->will_ack = false;
    if (!consumer_has(subscription))
        return;
    struct sim_ask *ask = sim_ask_new(sim, FQ_OP_ACK_EVENTS, consumer_acked);
    ask->subscription = subscription;
    ask->cursor = subscription->handled;
    if (sim_hit(sim, SIM_CONSUMER_ACKS_OLD))
        ask->cursor = sim_between(sim, 0, subscription->handled);
    else if (sim_hit(sim, SIM_CONSUMER_ACKS_AHEAD))
        ask->cursor = subscription->pushed + sim_between(sim, 1, 20);
    if (ask->cursor <= subscription->handled && ask->cursor > group->asked_cursor)
        group->asked_cursor = ask->cursor;
    sim_ask_send(sim, ask);
}

/* ---- a consumer's days ---- */

static void consumer_turn(struct sim *sim, void *what, int64_t argument)
{
    struct sim_consumer *consumer = what;
    (void)argument;
    if (consumer->n_turns == 0 || sim->is_healed) {
        consumer->has_left = !consumer->stays;
        if (consumer->has_left)
            consumer_leave(consumer);
        return;
    }
    consumer->n_turns--;
    if (sim_hit(sim, SIM_CONSUMER_DIES))
        consumer_die(sim, consumer);
    else if (consumer->subscription != NULL && sim_hit(sim, SIM_CONSUMER_AGAIN))
        consumer_plan(sim, consumer, 0);
    else if (consumer->subscription != NULL)
        consumer_will_ack(sim, consumer->subscription, 0); /* its sign of life */
    sim_after(sim, sim_between(sim, 1, sim_lease_ms(sim) * 1500), consumer_turn, consumer, 0);
}

static void consumer_begin(struct sim *sim, struct sim_group *group, bool stays)
{
    struct sim_consumer *consumer = sim_alloc(sim, sizeof(*consumer));
    consumer->group = group;
    consumer->stays = stays;
    consumer->n_turns = (uint32_t)sim_between(sim, 1, TURNS_MAX);
    consumer->next = group->consumers;
    group->consumers = consumer;
    int64_t comes_us = stays ? sim_between(sim, 0, 2 * SIM_MINUTE_US)
                             : sim_people_us(sim, 0, 3600 * SIM_SECOND_US);
    consumer_plan(sim, consumer, comes_us);
    sim_after(sim, comes_us, consumer_turn, consumer, 0);
}

static void group_begin(struct sim *sim, size_t merchant, int64_t n)
{
    struct sim_group *group = sim_alloc(sim, sizeof(*group));
    group->sim = sim;
    group->merchant = merchant;
    (void)snprintf(group->name, sizeof(group->name), "g%lld", (long long)n);
    (void)snprintf(group->label, sizeof(group->label), "%s of %s", group->name,
                   sim_merchant(merchant)->id.ptr);
    group->next = sim->groups;
    sim->groups = group;
    int64_t n_consumers = sim_between(sim, 1, CONSUMERS_MAX);
    for (int64_t i = 0; i < n_consumers; i++)
        consumer_begin(sim, group, i == 0);
}

void sim_consumers_begin(struct sim *sim)
{
    if (!sim_has_consumers(sim))
        return;
    for (size_t merchant = 0; merchant < SIM_MERCHANTS; merchant++) {
        sim->told[merchant] = sim_alloc(sim, SIM_LOG_MAX * sizeof(*sim->told[merchant]));
        int64_t n_groups = sim_between(sim, 1, SIM_GROUPS_MAX);
        for (int64_t i = 1; i <= n_groups; i++)
            group_begin(sim, merchant, i);
    }
}
