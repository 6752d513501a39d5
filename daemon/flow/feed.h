/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of event consumers: who is in line, how far each group was sent. Private to feed.c, which
 * pushes, and subscribe.c, which lets in and hears. */
#ifndef FQ_FLOW_FEED_H
#define FQ_FLOW_FEED_H

#include "daemon/base/hash.h"
#include "daemon/flow/parts.h"

#define FQ_GROUPS_MAX        64 /* of a merchant, in the store */
#define FQ_GROUP_NAME_MAX    64
#define FQ_CONSUMERS_MAX     16 /* of a group, the active one included */
#define FQ_CREDIT_MAX        10000
#define FQ_FEED_PAGE         200 /* events in one push */
#define FQ_FEED_WORKING_MAX  4   /* pages of a merchant's groups on their way at once */
#define FQ_FEED_PAUSE_MIN_MS 20
#define FQ_FEED_PAUSE_MAX_MS 1000

/* One subscription. */
struct fq_consumer {
    struct fq_consumer *next;
    struct fq_group *group;
    struct fq_line *line;
    uint64_t number; /* of all that ever subscribed: never used again */
    int64_t credit;
    bool is_joined;  /* its Subscribe stands in the store, and is answered */
    bool is_pushing; /* something is on its way to it */
    bool must_tell; /* how things stand: it has changed, or it is asked whether it is still there */
    bool is_paused; /* it does not read, until the retry */
    bool is_unlinked; /* from its group; freed once its push came back */
};

struct fq_group {
    UT_hash_handle hh; /* of its feed, by name */
    struct fq_feed *feed;
    char name[FQ_GROUP_NAME_MAX];
    size_t name_size;
    size_t n_holders;              /* who will come back to it */
    struct fq_consumer *consumers; /* the first one is active, the others stand by in this order */
    size_t n_consumers;
    uint32_t epoch; /* rises when `sent` starts anew: what is on its way then does not count */
    int64_t acknowledged; /* durable */
    int64_t sent;
    int64_t floor;         /* up to here the log has nothing (any more) */
    bool has_more;         /* there may be events after `sent` */
    bool is_working;       /* a page is on its way */
    bool is_queued;        /* for its turn among the merchant's groups */
    bool is_silent;        /* the active one, for a lease, and nobody stood by */
    int64_t pause_ms;      /* the next one */
    struct fq_group *next; /* in the queue */
    struct fq_timer lease_timer;
    struct fq_timer retry_timer;
};

/* The groups of one merchant. */
struct fq_feed {
    UT_hash_handle hh; /* of the flow, by merchant */
    struct fq_flow *flow;
    char merchant_id[FQ_GROUP_NAME_MAX];
    size_t merchant_id_size;
    struct fq_group *groups;
    struct fq_group *first, *last; /* that wait for their turn */
    size_t n_working;
};

/* Held; NULL: there is none. */
struct fq_group *fq_group_find(struct fq_flow *flow, struct fq_str merchant_id, struct fq_str name);
struct fq_group *fq_group_make(struct fq_flow *flow, struct fq_str merchant_id, struct fq_str name);
/* Who looks at a group, or will, holds it: any push may be its last. */
void fq_group_release(struct fq_group *group);

struct fq_consumer *fq_group_consumer(const struct fq_group *group, uint64_t connection);

static inline bool fq_consumer_is_active(const struct fq_consumer *consumer)
{
    return consumer->group->consumers == consumer;
}

/* A new one takes the place of `old`, or the last one. The line is its own. */
struct fq_consumer *fq_group_add(struct fq_group *group, struct fq_line *line, int64_t credit,
                                 struct fq_consumer *old);
void fq_consumer_leave(struct fq_consumer *consumer);

/* The active one goes to the end of the line. */
void fq_group_take_over(struct fq_group *group);
/* The active one gave a sign of life. */
void fq_group_heard(struct fq_group *group);
/* It begins anew after what is acknowledged. */
void fq_group_begin(struct fq_group *group);
/* Tells and sends whatever can be now. */
void fq_group_go(struct fq_group *group);

struct fq_subscription fq_consumer_stands(const struct fq_consumer *consumer);

#endif
