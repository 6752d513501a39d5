/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the front share. Private to them. */
#ifndef FQ_IO_FRONT_PARTS_H
#define FQ_IO_FRONT_PARTS_H

#include <zmq.h>

#include "daemon/io/front.h"
#include "daemon/io/limit.h"
#include "daemon/io/peer.h"
#include "daemon/io/zap.h"

#define FQ_ENVELOPE_N_MAX 4 /* frames between the routing id and the payload */
#define FQ_FRAMES_N_MAX   (1 + FQ_ENVELOPE_N_MAX + 1)

struct fq_front {
    struct fq_front_conf conf;
    void *context;
    void *router;
    struct fq_zap *zap;
    struct fq_limit_table *limits;
    struct fq_peer_table *peers;
    struct fq_arena *arena; /* of the endpoints */
    struct fq_str *endpoints;
    size_t n_endpoints;
    size_t n_in_flight; /* every request that still owes a reply, and every push on its way */
    size_t n_serving;   /* of the requests, those that the receiver has */
    bool is_skipping;   /* the frames that come next belong to a message with too many */
    bool is_draining;
    struct fq_front_counters counters;
};

struct fq_front_message {
    zmq_msg_t frames[FQ_FRAMES_N_MAX];
    size_t n_frames;
};

static inline struct fq_str fq_front_frame(struct fq_front_message *message, size_t i)
{
    zmq_msg_t *frame = &message->frames[i];
    return (struct fq_str){ zmq_msg_data(frame), zmq_msg_size(frame) };
}

/* ---- packing and signing (front_reply.c) ---- */

struct fq_front_reply {
    struct fq_operation *operation;
    int64_t now_ms;
    const struct fq_sealer *sealer; /* of the configuration that the request came under */
    struct fq_arena *spare;         /* if the reply did not fit into the operation's arena */
    struct fq_str bytes;            /* empty: there is none */
};

/* On a worker. An answer that does not fit becomes an error that does. */
void fq_front_reply_make(struct fq_front_reply *reply);

/* ---- lines: what is said after the answer (front_line.c) ---- */

struct fq_front_line;

/* Of a Subscribe and its message, which may go before the line does. NULL: another key has taken
 * over the routing id meanwhile. */
struct fq_front_line *fq_front_line_new(struct fq_front *front, struct fq_front_message *message,
                                        const struct fq_operation *operation, struct fq_peer *peer,
                                        uint32_t peer_turn);
/* Until the Subscribe was answered, *owner is its line; set to NULL if the line goes before. */
struct fq_line *fq_front_line_of(struct fq_front_line *self, struct fq_front_line **owner);
/* The answer is out: what waited for it may follow. */
void fq_front_line_open(struct fq_front_line *self);

#endif
