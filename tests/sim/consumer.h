/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of event consumers, and what each was pushed: in histories that have them. */
#ifndef SIM_CONSUMER_H
#define SIM_CONSUMER_H

#include "daemon/core/request.h"
#include "tests/sim/shop.h"

#define SIM_LOG_MAX    2048 /* of a merchant's events; what is behind is not looked at */
#define SIM_GROUPS_MAX 2    /* of a merchant */

struct sim_consumer;

/* One Subscribe over one connection. */
struct sim_subscription {
    struct sim_consumer *consumer;
    uint64_t connection;
    uint32_t life; /* of the daemon */
    bool is_gone;  /* the daemon can see that nobody is there */
    bool is_deaf;  /* nobody is there, and that is not to be seen yet */
    int64_t credit;
    int64_t pushed; /* the newest event that left for it; or where the group stood before */
    int64_t handled;
    int64_t heard_us;   /* its last sign of life as the active one */
    int64_t arrives_us; /* what was sent last: nothing overtakes it */
    int64_t done_us;    /* when all that has arrived will be handled */
    bool will_ack;
};

struct sim_consumer {
    struct sim_consumer *next;
    struct sim_group *group;
    bool stays; /* to the end, and then alone */
    uint32_t n_turns;
    bool is_asking;                        /* to subscribe, or will soon */
    bool has_left;                         /* for good */
    struct sim_subscription *subscription; /* NULL: none */
};

/* A group over all lives of the daemon. */
struct sim_group {
    struct sim_group *next;
    struct sim *sim;
    size_t merchant;
    char name[8];   /* merchants may have the same */
    char label[24]; /* with its merchant's, in the trace */
    struct sim_consumer *consumers;
    const struct sim_subscription *active; /* who was pushed events last */
    int64_t acknowledged;                  /* answered so: never less again... */
    int64_t asked_cursor;                  /* the highest that was to be acknowledged */
    uint32_t n_sought;    /* ...but by a consumer that asks for an earlier place: on their way */
    uint32_t sought_life; /* when the last of them was sent */
    bool has_handled[SIM_LOG_MAX];
};

/* An event as somebody was told of it first. */
struct sim_told {
    int64_t seq, version, at_ms;
    uint32_t kind, refund_n; /* kind 0: nobody was */
};

/* consumer.c */
void sim_consumers_begin(struct sim *sim);
/* Their connections broke with the daemon's last life. */
void sim_consumers_return(struct sim *sim);
int64_t sim_lease_ms(const struct sim *sim);
/* A push reaches a consumer. */
void sim_consumer_hear(struct sim_subscription *subscription, const struct fq_push *push);

/* line.c: the way back of a Subscribe; NULL: the asker is gone. `owner` is told when it ends. */
struct sim_line;
struct fq_line *sim_line_keep(struct sim_subscription *subscription, struct sim *sim,
                              struct sim_line **owner);
/* The Subscribe is answered: what was pushed meanwhile follows. */
void sim_line_open(struct sim_line *line);

/* claims_feed.c: a push as it leaves, and an answer to Subscribe or AckEvents. */
void sim_claim_push(struct sim *sim, struct sim_subscription *subscription,
                    const struct fq_push *push);
void sim_claim_subscription(struct sim *sim, struct sim_ask *ask,
                            const struct fq_operation *operation);

#endif
