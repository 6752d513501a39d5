/* SPDX-License-Identifier: Apache-2.0 */
/* One operation, visit or notification from its arrival to its answer. Runs on the loop and reaches
 * the world only through world.h. */
#ifndef FQ_FLOW_FLOW_H
#define FQ_FLOW_FLOW_H

#include "daemon/core/request.h"
#include "daemon/core/settle.h"
#include "daemon/flow/world.h"

/* What is configured at a time. Visits and exchanges hold the one they began under; `idle` is
 * called on the loop when nobody holds it any more. */
struct fq_catalog {
    const struct fq_merchant *merchants;
    size_t n_merchants;
    struct fq_channel *const *channels;
    size_t n_channels;
    size_t n_holders;
    void (*idle)(struct fq_catalog *catalog); /* may be NULL */
};
struct fq_catalog *fq_catalog_hold(struct fq_catalog *catalog);
void fq_catalog_release(struct fq_catalog *catalog);

struct fq_flow_conf {
    const struct fq_world *world;
    struct fq_catalog *catalog; /* the first one; fq_flow_use() changes it */
    struct fq_str instance;     /* 2 characters, in order numbers */
    struct fq_str order_prefix; /* 1..4 characters */
    struct fq_str public_url;   /* without a slash at its end */
    struct fq_str version;
    struct fq_str ledger;        /* its path, for the operator; may be empty */
    struct fq_schedule schedule; /* of asking the platform */
    int64_t
        lease_ms; /* how long an active consumer of events may be silent while others stand by */
    const struct fq_public_key *keys;
    size_t n_keys;
    struct fq_str keys_json; /* the same, as /.well-known/fenqi-keys gives them */
};

struct fq_flow;

struct fq_flow *fq_flow_new(const struct fq_flow_conf *conf);
void fq_flow_free(struct fq_flow *flow); /* nothing runs any more: fq_flow_n_running() == 0 */
FQ_DEFINE_CLEANUP(fq_flow);

/* A storefront's request; operation->finish is called exactly once, perhaps before this returns. */
void fq_flow_operation(struct fq_flow *flow, struct fq_operation *operation);

/* A request of this merchant was refused before it got here: RATE, IN_FLIGHT, FLOOD... `reason` is
 * static. */
void fq_flow_limited(struct fq_flow *flow, struct fq_str merchant, const char *reason);

/* A browser's or platform's HTTP request. finish is called exactly once. */
struct fq_visit {
    struct fq_arena *arena;
    struct fq_str method; /* "GET", "POST" */
    struct fq_str path;
    struct fq_str query;
    struct fq_str content_type;
    struct fq_str body;
    struct fq_str user_agent;
    struct fq_str peer;
    uint32_t peer_uid; /* of a control visit: who asks, as the kernel says */
    uint32_t peer_pid;
    bool may_only_look; /* over the control socket: nothing that changes something */

    uint32_t status;
    struct fq_str answer_type;
    struct fq_str answer_body;
    struct fq_str location;
    struct fq_str content_security_policy;
    void (*finish)(struct fq_visit *visit);

    struct fq_catalog *catalog; /* the flow's: held while the visit lasts */
};

void fq_flow_visit(struct fq_flow *flow, struct fq_visit *visit);

/* The same for what fenqictl asks over the control socket, JSON in and out. Its paths are not among
 * those above, and the reverse: who listens where decides. */
void fq_flow_control(struct fq_flow *flow, struct fq_visit *visit);

/* Channels that the operator has paused stand in the ledger, as notes of this owner: each is taken
 * before fq_flow_start(). (pause.c) */
#define FQ_PAUSES_OWNER "operator.pause"
void fq_flow_take_pause(struct fq_flow *flow, const struct fq_note *note);

/* The same for who may read the metrics, whatever the path; the answer is OpenMetrics text. */
void fq_flow_metrics(struct fq_flow *flow, struct fq_visit *visit);

/* From now on this is what is configured, and these are the published keys. */
void fq_flow_use(struct fq_flow *flow, struct fq_catalog *catalog, const struct fq_public_key *keys,
                 size_t n_keys, struct fq_str keys_json);

/* Starts asking the platforms about what is due, now and from then on; the first round is recovery.
 */
void fq_flow_start(struct fq_flow *flow);
/* Starts nothing new any more: no rounds, waiting requests are answered with what is known. */
void fq_flow_drain(struct fq_flow *flow);
size_t fq_flow_n_running(const struct fq_flow *flow);

#endif
