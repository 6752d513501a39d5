/* SPDX-License-Identifier: Apache-2.0 */
/* The twin of daemon/io/front_line.c: pushes over the connection of a Subscribe. */
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "tests/sim/consumer.h"
#include "tests/sim/daemon.h"
#include "tests/sim/wire.h"

struct sim_line {
    struct fq_line line;
    struct sim *sim;
    struct sim_line **owner; /* the request's, until it is answered */
    struct sim_subscription *subscription;
    struct fq_push *push; /* the one on its way, or waiting for the answer */
};

static void line_end(struct sim *sim, void *what, int64_t result)
{
    struct sim_line *self = what;
    struct fq_push *push = FQ_TAKE(self->push);
    static const char *const names[] = { "sent", "no room", "nobody is there" };
    sim_say(sim, "push", names[result], (int64_t)push->n_events);
    push->result = (uint32_t)result;
    push->done(push); /* which may release the line */
}

static void line_deliver(struct sim *sim, void *what, int64_t argument)
{
    struct sim_line *self = what;
    struct sim_subscription *subscription = self->subscription;
    int64_t result = FQ_PUSH_SENT;
    (void)argument;
    if (subscription->is_gone)
        result = FQ_PUSH_GONE;
    else if (sim_hit(sim, SIM_CONSUMER_FULL))
        result = FQ_PUSH_FULL;
    else if (!subscription->is_deaf)
        sim_consumer_hear(subscription, self->push);
    line_end(sim, self, result);
}

/* It is packed and signed as it stands now, and leaves a little later. */
static void line_start(struct sim_line *self)
{
    struct sim *sim = self->sim;
    const struct fq_push *push = self->push;
    struct fq_operation operation = { .arena = push->arena,
                                      .merchant = sim_merchant(
                                          self->subscription->consumer->group->merchant),
                                      .kind = FQ_OP_SUBSCRIBE,
                                      .events = push->events,
                                      .n_events = push->n_events,
                                      .subscription = push->subscription };
    const char *wrong = sim_wire_reply(&operation, sim_now_ms(sim));
    if (wrong != NULL)
        sim_violate(sim, "the-wire-says-the-same", "a push: %s", wrong);
    sim_claim_push(sim, self->subscription, push);
    sim_after_in_life(sim, sim_moment_us(sim), line_deliver, self, 0);
}

static void line_push(struct fq_line *line, struct fq_push *push)
{
    struct sim_line *self = fq_container_of(line, struct sim_line, line);
    if (sim_daemon_is_doomed())
        return;
    fq_assert(self->push == NULL);
    self->push = push;
    if (self->owner == NULL)
        line_start(self);
}

static void line_release(struct fq_line *line)
{
    struct sim_line *self = fq_container_of(line, struct sim_line, line);
    fq_assert(self->push == NULL);
    if (self->owner != NULL)
        *self->owner = NULL;
    fq_free(self);
}

struct fq_line *sim_line_keep(struct sim_subscription *subscription, struct sim *sim,
                              struct sim_line **owner)
{
    if (subscription->is_gone)
        return NULL;
    struct sim_line *self = fq_zalloc(sizeof(*self));
    self->line = (struct fq_line){ .connection = subscription->connection,
                                   .push = line_push,
                                   .release = line_release };
    self->sim = sim;
    self->subscription = subscription;
    self->owner = owner;
    *owner = self;
    return &self->line;
}

void sim_line_open(struct sim_line *line)
{
    line->owner = NULL;
    if (line->push != NULL)
        line_start(line);
}
