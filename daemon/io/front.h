/* SPDX-License-Identifier: Apache-2.0 */
/* The front: a ZeroMQ ROUTER under CURVE and ZAP, where storefronts ask. */
#ifndef FQ_IO_FRONT_H
#define FQ_IO_FRONT_H

#include "daemon/core/request.h"
#include "daemon/crypto/seal.h"
#include "daemon/io/pool.h"

struct fq_front;

struct fq_front_conf {
    const struct fq_str *endpoints;
    size_t n_endpoints;
    const char *curve_secret; /* Z85, 40 characters and a NUL */
    /* While keys change: likewise, for shops that have our next public key already. */
    const struct fq_str *next_endpoints;
    size_t n_next_endpoints;
    const char *next_curve_secret;
    size_t message_size_max;
    size_t n_in_flight_max;
    size_t n_in_flight_per_merchant;
    uint32_t rate_per_second; /* default per merchant */
    uint32_t rate_burst;
    struct fq_pool *pool;           /* replies are packed and signed there */
    const struct fq_sealer *sealer; /* until fq_front_use_sealer() */

    void *ctx;
    /* On the loop: what a request uses of the configuration (its merchant, the sealer) is held from
     * its arrival until it is answered and gone. Both NULL: everything lives as long as the front.
     */
    void *(*hold)(void *ctx);
    void (*release)(void *ctx, void *held);
    /* Client key (Z85) -> merchant in the current table, NULL = stranger. Called for every request
     * on the loop, and by ZAP on a thread of its own: must be safe there. */
    const struct fq_merchant *(*merchant_of)(void *ctx, struct fq_str client_key);
    /* A decoded request; the receiver calls operation->finish exactly once, on the loop. */
    void (*on_operation)(void *ctx, struct fq_operation *operation);
    int64_t (*now_unix_ms)(void *ctx);
    /* A limit refused a request, for `reason`; or it was thrown away unanswered. May be NULL. */
    void (*on_limited)(void *ctx, const struct fq_merchant *merchant, const char *reason);
    /* Its answer has left, or was thrown away, so long after it arrived. May be NULL. */
    void (*on_answered)(void *ctx, const struct fq_operation *operation, int64_t took_us);
};

/* Binds ZAP first (fails if it cannot), then the ROUTER to every endpoint. On failure the fault's
 * trace names the endpoint. */
int fq_front_open(const struct fq_front_conf *conf, struct fq_front **ret);
void fq_front_free(struct fq_front *front); /* nothing in flight any more */
FQ_DEFINE_CLEANUP(fq_front);

/* For the loop's zmq_poll. */
void *fq_front_socket(struct fq_front *front);
/* Reads at most `n_max` messages; returns how many. */
size_t fq_front_receive(struct fq_front *front, size_t n_max);
/* Requests that arrive from now on are sealed with this one. */
void fq_front_use_sealer(struct fq_front *front, const struct fq_sealer *sealer);
/* From now on every request is answered UNAVAILABLE (draining before stop). */
void fq_front_drain(struct fq_front *front);
size_t fq_front_n_in_flight(const struct fq_front *front);
/* The endpoint actually bound, with the port chosen for "tcp://...:0" or "tcp://...:*". */
struct fq_str fq_front_endpoint(const struct fq_front *front, size_t i);

struct fq_front_counters {
    uint64_t n_requests, n_refused, n_limited, n_undeliverable, n_strangers;
    uint64_t n_unanswered; /* of a merchant who is refused faster than refusals can be signed */
};

void fq_front_count(const struct fq_front *front, struct fq_front_counters *ret);

#endif
