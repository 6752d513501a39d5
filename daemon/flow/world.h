/* SPDX-License-Identifier: Apache-2.0 */
/* The world as flow/ sees it: time, chance, secrets, threads, the store, the platforms. daemon.c
 * fills it with the real ones, tests/sim with a seeded model; flow/ reaches nothing else.
 *
 * Every function is called on the loop. Those with a `done` return at once and call it later, on
 * the loop, exactly once, never before they returned. When something of ours is full they call
 * `done` with a result that says so: the caller has one path. */
#ifndef FQ_FLOW_WORLD_H
#define FQ_FLOW_WORLD_H

#include "daemon/base/timer.h"
#include "daemon/core/tx.h"
#include "daemon/plugin/channel.h"

/* One call of an adapter function, on a worker. */
struct fq_adapt {
    struct fq_job job; /* the world's */
    const struct fq_channel *channel;
    uint32_t kind; /* fq_call_kind */
    struct fq_call call;
    const struct fq_message *message; /* NULL: begin */
    struct fq_arena *arena;
    struct fq_answer answer;
    void (*done)(struct fq_adapt *adapt);
    void *flow;
    void *world_ctx;       /* the world's, */
    int64_t world_took_us; /* likewise: how long it ran */
};

/* One HTTP exchange with a platform, on the net thread. */
struct fq_send {
    const struct fq_channel *channel; /* trust store, timeout */
    uint32_t kind;                    /* fq_call_kind: what it is for */
    struct fq_arena *arena;
    struct fq_message request;
    size_t body_size_max; /* of the answer; 0: the usual */
    struct fq_message answer;
    struct fq_str reason; /* why transport failed */
    bool is_ours;         /* with NOT_SENT: it failed here, the platform has no part in it */
    struct fq_str trace_id;
    void (*done)(struct fq_send *send);
    void *flow;
    struct fq_flow *passed;             /* fq_flow_send()'s */
    void (*told)(struct fq_send *send); /* likewise: the asker's done */
};

/* What the daemon around flow/ knows of itself, for the operator. */
struct fq_world_status {
    int64_t started_ms;
    int64_t n_in_flight; /* storefronts' requests */
    int64_t store_size;  /* bytes of the ledger's file with its log */
    int64_t log_size;    /* of them, those that are not in their place yet: how far it lags */
    int64_t disk_size;   /* of the disk that it lies on; 0: not known */
    int64_t disk_free;   /* of that, what fenqid may use */
    int64_t n_commits, n_reads;  /* that wait for the store */
    int64_t n_adapts, n_replies; /* that wait for a worker */
};

enum {
    FQ_WORLD_E_REFUSED = 1,
};

struct fq_world {
    void *ctx;
    int64_t (*now_unix_ms)(void *ctx);
    int64_t (*now_mono_ms)(void *ctx); /* only ever counts up; may be NULL */
    void (*random)(void *ctx, void *ret, size_t size);
    void (*sha256)(void *ctx, struct fq_str text, unsigned char ret[32]);
    /* MAC of text under the daemon's token key, separated by purpose: "quote", "open", "back",
     * "status", "payer", "buyer". */
    void (*mac)(void *ctx, const char *purpose, struct fq_str text, unsigned char ret[32]);
    /* An Ed25519 seal of a compact status for return URLs, by the first signing key. Rare: on the
     * loop. */
    int (*sign_status)(void *ctx, struct fq_str payload_type, struct fq_str payload,
                       struct fq_arena *arena, struct fq_str *ret_key_id,
                       struct fq_str *ret_signature);

    /* Personal data at rest: sealed under the payer key and bound to `context`.
     * FQ_WORLD_E_REFUSED: no such key is configured, or what is opened is not ours or altered. */
    int (*seal)(void *ctx, struct fq_str context, struct fq_str plain, struct fq_arena *arena,
                struct fq_str *ret);
    int (*unseal)(void *ctx, struct fq_str context, struct fq_str sealed, struct fq_arena *arena,
                  struct fq_str *ret);

    void (*transact)(void *ctx, struct fq_tx *tx);
    void (*read)(void *ctx, struct fq_read *read);
    void (*adapt)(void *ctx, struct fq_adapt *adapt);
    void (*send)(void *ctx, struct fq_send *send);
    void (*after)(void *ctx, struct fq_timer *timer,
                  int64_t delay_ms); /* restarts a running timer */
    void (*cancel)(void *ctx, struct fq_timer *timer);
    void (*status)(void *ctx, struct fq_world_status *ret); /* may be NULL */
    void (*metrics)(void *ctx, struct fq_buf *buf);         /* families of its own; may be NULL */
};

#endif
