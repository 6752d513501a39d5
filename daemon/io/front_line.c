/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: the envelope of a Subscribe, kept so that more answers can go the same way. Each is asked
 * again who stands at its other end: neither a key that was removed nor one that took over the
 * routing id is told anything. */
#include <errno.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/io/front_parts.h"

struct fq_front_line {
    struct fq_line line;
    struct fq_front *front;
    struct fq_front_line **owner; /* the request's, until it is answered */
    struct fq_arena *arena;       /* the line itself, and the texts below */
    struct fq_peer *peer;
    uint32_t peer_turn;
    struct fq_str client_key;
    struct fq_merchant merchant; /* its id only: the configuration may go */
    struct fq_str request_id;
    unsigned char request_digest[FQ_DIGEST_SIZE];
    struct fq_str frames[FQ_FRAMES_N_MAX]; /* all but the payload */
    size_t n_frames;

    struct fq_push *push; /* the one on its way, or waiting for the answer */
    struct fq_operation operation;
    struct fq_front_reply reply;
    struct fq_job job;
    void *held;
};

static struct fq_front_line *line_of(struct fq_line *line)
{
    return fq_container_of(line, struct fq_front_line, line);
}

/* ---- a push ---- */

static bool line_is_alive(const struct fq_front_line *self)
{
    const struct fq_front_conf *conf = &self->front->conf;
    const struct fq_merchant *merchant = conf->merchant_of(conf->ctx, self->client_key);
    return fq_peer_is_same(self->peer, self->peer_turn) && merchant != NULL &&
           fq_str_equal(merchant->id, self->merchant.id);
}

static void line_end(struct fq_front_line *self, uint32_t result)
{
    struct fq_push *push = FQ_TAKE(self->push);
    if (result == FQ_PUSH_GONE)
        self->front->counters.n_undeliverable++;
    self->front->n_in_flight--;
    push->result = result;
    push->done(push); /* which may release the line */
}

/* A full queue and a connection that is gone show at the first frame; the others follow it. */
static uint32_t line_deliver(struct fq_front_line *self)
{
    void *router = self->front->router;
    if (!line_is_alive(self))
        return FQ_PUSH_GONE;
    if (self->operation.status.code != FQ_CODE_OK || fq_str_is_empty(self->reply.bytes))
        return FQ_PUSH_FULL;
    for (size_t i = 0; i < self->n_frames; i++) {
        if (zmq_send(router, self->frames[i].ptr, self->frames[i].len, ZMQ_SNDMORE | ZMQ_DONTWAIT) <
            0)
            return errno == EAGAIN ? FQ_PUSH_FULL : FQ_PUSH_GONE;
    }
    return zmq_send(router, self->reply.bytes.ptr, self->reply.bytes.len, ZMQ_DONTWAIT) >= 0
               ? FQ_PUSH_SENT
               : FQ_PUSH_GONE;
}

static void line_seal(struct fq_job *job)
{
    fq_front_reply_make(&fq_container_of(job, struct fq_front_line, job)->reply);
}

static void line_send(struct fq_job *job)
{
    struct fq_front_line *self = fq_container_of(job, struct fq_front_line, job);
    const struct fq_front_conf *conf = &self->front->conf;
    uint32_t result = line_deliver(self);
    fq_arena_free(FQ_TAKE(self->reply.spare));
    if (conf->release != NULL)
        conf->release(conf->ctx, FQ_TAKE(self->held));
    line_end(self, result);
}

static void line_start(struct fq_front_line *self)
{
    const struct fq_front_conf *conf = &self->front->conf;
    const struct fq_push *push = self->push;
    self->front->n_in_flight++;
    if (!line_is_alive(self)) {
        line_end(self, FQ_PUSH_GONE);
        return;
    }
    self->operation = (struct fq_operation){ .arena = push->arena,
                                             .merchant = &self->merchant,
                                             .request_id = self->request_id,
                                             .kind = FQ_OP_SUBSCRIBE,
                                             .events = push->events,
                                             .n_events = push->n_events,
                                             .subscription = push->subscription };
    memcpy(self->operation.request_digest, self->request_digest, FQ_DIGEST_SIZE);
    self->reply = (struct fq_front_reply){ .operation = &self->operation,
                                           .now_ms = conf->now_unix_ms(conf->ctx),
                                           .sealer = conf->sealer };
    if (conf->hold != NULL)
        self->held = conf->hold(conf->ctx);
    self->job = (struct fq_job){ .run = line_seal, .done = line_send };
    if (fq_pool_run(conf->pool, &self->job) == 0)
        return;
    if (conf->release != NULL)
        conf->release(conf->ctx, FQ_TAKE(self->held));
    line_end(self, FQ_PUSH_FULL);
}

static void line_push(struct fq_line *line, struct fq_push *push)
{
    struct fq_front_line *self = line_of(line);
    fq_assert(self->push == NULL);
    self->push = push;
    if (self->owner == NULL)
        line_start(self);
}

/* ---- its life ---- */

static void line_release(struct fq_line *line)
{
    struct fq_front_line *self = line_of(line);
    fq_assert(self->push == NULL);
    if (self->owner != NULL)
        *self->owner = NULL;
    fq_peer_release(self->front->peers, self->peer);
    fq_arena_free(self->arena); /* and with it the line */
}

struct fq_front_line *fq_front_line_new(struct fq_front *front, struct fq_front_message *message,
                                        const struct fq_operation *operation, struct fq_peer *peer,
                                        uint32_t peer_turn)
{
    if (!fq_peer_is_same(peer, peer_turn))
        return NULL;
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_front_line *self = fq_arena_alloc(arena, sizeof(*self));
    fq_assert(self != NULL);
    self->line = (struct fq_line){ .connection = operation->connection,
                                   .push = line_push,
                                   .release = line_release };
    self->front = front;
    self->arena = arena;
    self->peer = fq_peer_hold_again(peer);
    self->peer_turn = peer_turn;
    self->client_key = fq_arena_copy(arena, fq_peer_key(peer));
    self->merchant.id = fq_arena_copy(arena, operation->merchant->id);
    self->request_id = fq_arena_copy(arena, operation->request_id);
    memcpy(self->request_digest, operation->request_digest, FQ_DIGEST_SIZE);
    for (size_t i = 0; i + 1 < message->n_frames; i++)
        self->frames[self->n_frames++] = fq_arena_copy(arena, fq_front_frame(message, i));
    fq_assert(!fq_arena_is_full(arena));
    return self;
}

struct fq_line *fq_front_line_of(struct fq_front_line *self, struct fq_front_line **owner)
{
    self->owner = owner;
    *owner = self;
    return &self->line;
}

void fq_front_line_open(struct fq_front_line *self)
{
    self->owner = NULL;
    if (self->push != NULL)
        line_start(self);
}
