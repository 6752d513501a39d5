/* SPDX-License-Identifier: Apache-2.0 */
/* Takes requests off a ROUTER and sends signed replies back the way they came. */
#include "daemon/io/front.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/io/codec.h"
#include "daemon/io/front_listen.h"
#include "daemon/io/front_parts.h"

#define ENVELOPE_SIZE_MAX 256 /* bytes of all frames between the routing id and the payload */
#define SKIP_N_MAX        64  /* surplus frames that count as one message of a turn */

#define HANDSHAKE_MS      5000
#define HEARTBEAT_MS      10000
#define HEARTBEAT_DEAD_MS 30000
#define LINGER_MS         500
#define RECEIVE_N_MAX     256  /* per peer, before it is slowed down */
#define SEND_N_MAX        1000 /* per peer; more are counted as undeliverable */
#define BACKLOG_N_MAX     256

#define REFUSALS_N_MAX 256 /* per merchant, on their way; more are not answered at all */

#define RETRY_BUSY_MS     100
#define RETRY_DRAINING_MS 1000

/* One request with its envelope; lives in the operation's arena. */
struct front_request {
    struct fq_operation operation;
    struct fq_job job;
    struct fq_front *front;
    struct fq_limit *limit;
    bool is_served; /* otherwise it is refused */
    struct fq_peer *peer;
    uint32_t peer_turn;
    struct fq_front_message
        message;        /* kept until the reply is sent: the operation points into it */
    int64_t arrived_us; /* by the clock that never steps */
    struct fq_front_reply reply;
    struct fq_front_line *line; /* of a Subscribe that waits for its answer */
    void *held;                 /* keeps the configuration that it came under */
};

/* ---- opening ---- */

static bool front_is_known(void *ctx, struct fq_str client_key)
{
    const struct fq_front *front = ctx;
    return front->conf.merchant_of(front->conf.ctx, client_key) != NULL;
}

static int front_set(const struct fq_front *front, int option, int value)
{
    if (zmq_setsockopt(front->router, option, &value, sizeof(value)) != 0)
        return FQ_FAULT(-errno, "front: socket option %d", option);
    return 0;
}

/* Nothing is left to libzmq's defaults. A frame beyond twice the limit ends its connection; between
 * the two the sender gets an answer that says so. */
static int front_set_all(const struct fq_front *front)
{
    const int64_t frame_size_max = 2 * (int64_t)front->conf.message_size_max;
    const int options[][2] = {
        { ZMQ_CURVE_SERVER, 1 },
        { ZMQ_ROUTER_MANDATORY, 1 },
        { ZMQ_ROUTER_HANDOVER, 0 },
        { ZMQ_RCVHWM, RECEIVE_N_MAX },
        { ZMQ_SNDHWM, SEND_N_MAX },
        { ZMQ_LINGER, LINGER_MS },
        { ZMQ_BACKLOG, BACKLOG_N_MAX },
        { ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS },
        { ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS },
        { ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_DEAD_MS },
        { ZMQ_HEARTBEAT_TTL, HEARTBEAT_DEAD_MS },
    };
    for (size_t i = 0; i < fq_array_size(options); i++)
        FQ_TRY(front_set(front, options[i][0], options[i][1]));
    if (zmq_setsockopt(front->router, ZMQ_MAXMSGSIZE, &frame_size_max, sizeof(frame_size_max)) != 0)
        return FQ_FAULT(-errno, "front: message size");
    if (zmq_setsockopt(front->router, ZMQ_ZAP_DOMAIN, "fenqi", strlen("fenqi")) != 0)
        return FQ_FAULT(-errno, "front: ZAP domain");
    return 0;
}

static int front_bind(struct fq_front *front, struct fq_str endpoint)
{
    char bound[512];
    size_t size = sizeof(bound);
    struct fq_str address = fq_arena_copy(front->arena, endpoint);
    int fd = -1; /* -1 lets libzmq open it: ipc */
    if (fq_str_starts(endpoint, fq_lit("tcp://")))
        FQ_TRY(fq_front_listen(endpoint, &fd));
    FQ_TRY(front_set(front, ZMQ_USE_FD, fd));
    if (address.ptr == NULL || zmq_bind(front->router, address.ptr) != 0 ||
        zmq_getsockopt(front->router, ZMQ_LAST_ENDPOINT, bound, &size) != 0)
        return FQ_FAULT(address.ptr != NULL ? -errno : -ENOMEM, "cannot listen on %.*s",
                        fq_str_arg(endpoint));
    front->endpoints[front->n_endpoints++] = fq_arena_copy(front->arena, fq_str_of(bound));
    return 0;
}

/* What is bound keeps the key that the socket had then. */
static int front_bind_all(struct fq_front *front, const struct fq_str *endpoints, size_t n,
                          const char *secret)
{
    if (n > 0 && zmq_setsockopt(front->router, ZMQ_CURVE_SECRETKEY, secret, 41) != 0)
        return FQ_FAULT(-errno, "front: the CURVE secret key is not one");
    for (size_t i = 0; i < n; i++)
        FQ_TRY(front_bind(front, endpoints[i]));
    return 0;
}

static int front_fill(struct fq_front *front)
{
    front->context = zmq_ctx_new();
    if (front->context == NULL)
        return FQ_FAULT(-errno, "front: ZeroMQ context");
    FQ_TRY(fq_zap_open(front->context, front_is_known, front, &front->zap));
    front->router = zmq_socket(front->context, ZMQ_ROUTER);
    if (front->router == NULL)
        return FQ_FAULT(-errno, "front: ZeroMQ socket");
    FQ_TRY(front_set_all(front));
    const struct fq_front_conf *conf = &front->conf;
    FQ_TRY(front_bind_all(front, conf->endpoints, conf->n_endpoints, conf->curve_secret));
    FQ_TRY(front_bind_all(front, conf->next_endpoints, conf->n_next_endpoints,
                          conf->next_curve_secret));
    return 0;
}

int fq_front_open(const struct fq_front_conf *conf, struct fq_front **ret)
{
    FQ_CLEANUP(fq_front) *front = fq_zalloc(sizeof(*front));
    front->conf = *conf;
    front->limits = fq_limit_table_new(conf->rate_per_second, conf->rate_burst);
    front->peers = fq_peer_table_new();
    front->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    front->endpoints = fq_arena_array(front->arena, conf->n_endpoints + conf->n_next_endpoints,
                                      sizeof(*front->endpoints));
    if (front->endpoints == NULL)
        return FQ_FAULT(-ENOMEM, "front: too many endpoints");
    FQ_TRY(front_fill(front));
    front->conf.endpoints = NULL; /* the caller's, and the secret too */
    front->conf.curve_secret = NULL;
    front->conf.next_endpoints = NULL;
    front->conf.next_curve_secret = NULL;
    *ret = FQ_TAKE(front);
    return 0;
}

void fq_front_free(struct fq_front *front)
{
    if (front == NULL)
        return;
    fq_assert(front->n_in_flight == 0);
    if (front->router != NULL)
        (void)zmq_close(front->router);
    if (front->context != NULL)
        (void)zmq_ctx_shutdown(front->context);
    fq_zap_free(front->zap);
    while (front->context != NULL && zmq_ctx_term(front->context) != 0 && errno == EINTR)
        ;
    fq_peer_table_free(front->peers);
    fq_limit_table_free(front->limits);
    fq_arena_free(front->arena);
    fq_free(front);
}

/* ---- receiving ---- */

static void front_message_close(struct fq_front_message *message)
{
    for (size_t i = 0; i < message->n_frames; i++)
        (void)zmq_msg_close(&message->frames[i]);
    message->n_frames = 0;
}

enum {
    FRONT_E_NONE = 1, /* nothing has arrived */
    FRONT_E_SURPLUS,  /* more frames than any client sends */
};

/* Reads one message. libzmq hands over whole messages only, so its later frames are there. */
static int front_read(struct fq_front *front, struct fq_front_message *ret)
{
    int more = 1;
    ret->n_frames = 0;
    while (more) {
        if (ret->n_frames == FQ_FRAMES_N_MAX) {
            front->is_skipping = true;
            return FRONT_E_SURPLUS;
        }
        zmq_msg_t *frame = &ret->frames[ret->n_frames];
        (void)zmq_msg_init(frame);
        if (zmq_msg_recv(frame, front->router, ZMQ_DONTWAIT) < 0)
            return FRONT_E_NONE;
        ret->n_frames++;
        more = zmq_msg_more(frame);
    }
    return 0;
}

/* Throws away some of the frames of a message that has too many. */
static void front_skip(struct fq_front *front)
{
    for (size_t i = 0; i < SKIP_N_MAX && front->is_skipping; i++) {
        zmq_msg_t frame;
        (void)zmq_msg_init(&frame);
        front->is_skipping =
            zmq_msg_recv(&frame, front->router, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&frame) != 0;
        (void)zmq_msg_close(&frame);
    }
}

/* A routing id that libzmq made, an envelope that ends in an empty frame (or none, from a DEALER),
 * a payload. */
static bool front_is_well_formed(struct fq_front_message *message)
{
    size_t n = message->n_frames;
    if (n < 2)
        return false;
    struct fq_str routing_id = fq_front_frame(message, 0);
    if (routing_id.len != FQ_PEER_ROUTING_ID_SIZE || routing_id.ptr[0] != '\0')
        return false;
    size_t envelope_size = 0;
    for (size_t i = 1; i < n - 1; i++)
        envelope_size += fq_front_frame(message, i).len;
    if (envelope_size > ENVELOPE_SIZE_MAX)
        return false;
    return fq_front_frame(message, n - 1).len > 0 &&
           (n == 2 || fq_front_frame(message, n - 2).len == 0);
}

static void front_finish(struct fq_operation *operation);
static struct fq_line *front_keep_line(struct fq_operation *operation);

/* The routing id is a zero byte and a counter; a key that takes it over has another turn. */
static uint64_t front_connection(struct fq_str routing_id, uint32_t turn)
{
    uint64_t number = 0;
    for (size_t i = 1; i < routing_id.len; i++)
        number = number << 8 | (unsigned char)routing_id.ptr[i];
    return number << 32 | turn;
}

/* Moves the message into a request of its own. */
static struct front_request *front_request_new(struct fq_front *front,
                                               struct fq_front_message *message,
                                               const struct fq_merchant *merchant,
                                               struct fq_str client_key)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct front_request *request = fq_arena_alloc(arena, sizeof(*request));
    fq_assert(request != NULL);
    request->front = front;
    request->peer =
        fq_peer_hold(front->peers, fq_front_frame(message, 0).ptr, client_key, &request->peer_turn);
    for (size_t i = 0; i < message->n_frames; i++) {
        (void)zmq_msg_init(&request->message.frames[i]);
        (void)zmq_msg_move(&request->message.frames[i], &message->frames[i]);
    }
    request->message.n_frames = message->n_frames;
    request->operation.arena = arena;
    request->operation.merchant = merchant;
    request->operation.finish = front_finish;
    request->operation.keep_line = front_keep_line;
    request->operation.connection =
        front_connection(fq_front_frame(&request->message, 0), request->peer_turn);
    request->reply.operation = &request->operation;
    request->reply.sealer = front->conf.sealer;
    request->arrived_us = fq_clock_mono_us();
    if (front->conf.hold != NULL)
        request->held = front->conf.hold(front->conf.ctx);
    front->n_in_flight++;
    return request;
}

/* Which limit stands against one more request; code 0: none. */
static struct fq_status front_limit(const struct fq_front *front, struct fq_limit *limit,
                                    const struct fq_merchant *merchant, size_t size)
{
    int64_t retry_after_ms = 0;
    if (front->is_draining)
        return (struct fq_status){ .code = FQ_CODE_UNAVAILABLE,
                                   .blame = FQ_BLAME_DAEMON,
                                   .reason = "STOPPING",
                                   .may_repeat = true,
                                   .retry_after_ms = RETRY_DRAINING_MS,
                                   .text = fq_lit("the daemon stops") };
    if (size > front->conf.message_size_max)
        return fq_status_refused(FQ_CODE_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                                 fq_lit("the message is larger than any request"));
    if (fq_limit_take(limit, merchant, fq_clock_mono_ms(), &retry_after_ms) != 0)
        return fq_status_busy("RATE", retry_after_ms, fq_lit("more requests than agreed"));
    if (fq_limit_n_in_flight(limit) >= front->conf.n_in_flight_per_merchant)
        return fq_status_busy("IN_FLIGHT", RETRY_BUSY_MS,
                              fq_lit("too many requests of yours wait for an answer"));
    if (front->n_serving >= front->conf.n_in_flight_max) {
        struct fq_status status =
            fq_status_busy("OVERLOAD", RETRY_BUSY_MS, fq_lit("too many requests at once"));
        status.blame = FQ_BLAME_DAEMON;
        return status;
    }
    return (struct fq_status){ 0 };
}

static void front_say_limited(struct fq_front *front, const struct fq_merchant *merchant,
                              const char *reason)
{
    front->counters.n_limited++;
    if (front->conf.on_limited != NULL)
        front->conf.on_limited(front->conf.ctx, merchant, reason);
}

/* Decodes what may pass; the rest is decoded too, so that its answer can name the request. */
static void front_serve(struct front_request *request)
{
    struct fq_front *front = request->front;
    struct fq_operation *operation = &request->operation;
    struct fq_limit *limit = fq_limit_of(front->limits, operation->merchant);
    struct fq_str payload = fq_front_frame(&request->message, request->message.n_frames - 1);
    struct fq_status limited = front_limit(front, limit, operation->merchant, payload.len);
    bool is_refused = fq_codec_decode(payload, operation) != 0;
    if (is_refused || operation->kind == FQ_OP_CREATE_PAYMENT)
        fq_arena_wipe_on_free(operation->arena); /* it may name a person */
    fq_sha256(payload, operation->request_digest);
    request->limit = limit;
    if (limited.code != FQ_CODE_OK) {
        front_say_limited(front, operation->merchant, limited.reason);
        operation->status = limited;
    } else if (is_refused) {
        front->counters.n_refused++;
    } else {
        request->is_served = true;
        fq_limit_enter(limit);
        front->n_serving++;
        front->conf.on_operation(front->conf.ctx, operation);
        return;
    }
    fq_limit_refuse(limit);
    front_finish(operation);
}

/* A flood of refusals would keep the others' answers waiting for their signatures. */
static bool front_is_flooded(struct fq_front *front, const struct fq_merchant *merchant)
{
    struct fq_limit *limit = fq_limit_of(front->limits, merchant);
    if (fq_limit_n_refusals(limit) < REFUSALS_N_MAX)
        return false;
    front->counters.n_unanswered++;
    front_say_limited(front, merchant, "FLOOD");
    return true;
}

static void front_take(struct fq_front *front, struct fq_front_message *message)
{
    front->counters.n_requests++;
    if (!front_is_well_formed(message)) {
        front->counters.n_refused++;
        front_message_close(message);
        return;
    }
    /* The key is asked about for every request: its connection outlives its removal. */
    const char *user_id = zmq_msg_gets(&message->frames[message->n_frames - 1], "User-Id");
    const struct fq_merchant *merchant =
        user_id != NULL ? front->conf.merchant_of(front->conf.ctx, fq_str_of(user_id)) : NULL;
    if (merchant == NULL) {
        front->counters.n_strangers++;
        front_message_close(message);
        return;
    }
    if (front_is_flooded(front, merchant)) {
        front_message_close(message);
        return;
    }
    front_serve(front_request_new(front, message, merchant, fq_str_of(user_id)));
}

size_t fq_front_receive(struct fq_front *front, size_t n_max)
{
    size_t n = 0;
    for (; n < n_max; n++) {
        struct fq_front_message message;
        if (front->is_skipping) {
            front_skip(front);
            continue;
        }
        int r = front_read(front, &message);
        if (r == 0) {
            front_take(front, &message);
            continue;
        }
        front_message_close(&message);
        if (r == FRONT_E_NONE)
            break;
        front->counters.n_requests++;
        front->counters.n_refused++;
    }
    return n;
}

/* ---- answering ---- */

static void front_seal(struct fq_job *job)
{
    fq_front_reply_make(&fq_container_of(job, struct front_request, job)->reply);
}

static struct fq_line *front_keep_line(struct fq_operation *operation)
{
    struct front_request *request = fq_container_of(operation, struct front_request, operation);
    fq_assert(request->line == NULL);
    struct fq_front_line *line = fq_front_line_new(request->front, &request->message, operation,
                                                   request->peer, request->peer_turn);
    return line != NULL ? fq_front_line_of(line, &request->line) : NULL;
}

static void front_wipe_payload(struct fq_front_message *message)
{
    struct fq_str payload = fq_front_frame(message, message->n_frames - 1);
    fq_wipe(fq_unconst(payload.ptr), payload.len);
}

/* Sends or gives up: a peer that is gone or does not read is counted, never waited for. */
static bool front_deliver(struct front_request *request)
{
    struct fq_front_message *message = &request->message;
    void *router = request->front->router;
    if (fq_str_is_empty(request->reply.bytes) ||
        !fq_peer_is_same(request->peer, request->peer_turn))
        return false;
    for (size_t i = 0; i + 1 < message->n_frames; i++) {
        if (zmq_msg_send(&message->frames[i], router, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
            return false;
    }
    return zmq_send(router, request->reply.bytes.ptr, request->reply.bytes.len, ZMQ_DONTWAIT) >= 0;
}

static void front_send(struct fq_job *job)
{
    struct front_request *request = fq_container_of(job, struct front_request, job);
    struct fq_front *front = request->front;
    if (!front_deliver(request))
        front->counters.n_undeliverable++;
    if (request->line != NULL)
        fq_front_line_open(request->line);
    if (front->conf.on_answered != NULL)
        front->conf.on_answered(front->conf.ctx, &request->operation,
                                fq_clock_mono_us() - request->arrived_us);
    if (request->is_served) {
        fq_limit_leave(request->limit);
        front->n_serving--;
    } else {
        fq_limit_refused(request->limit);
    }
    fq_peer_release(front->peers, request->peer);
    front_wipe_payload(&request->message);
    front_message_close(&request->message);
    front->n_in_flight--;
    if (front->conf.release != NULL)
        front->conf.release(front->conf.ctx, request->held);
    fq_arena_free(request->reply.spare);
    fq_arena_free(request->operation.arena); /* and with it the request */
}

static void front_finish(struct fq_operation *operation)
{
    struct front_request *request = fq_container_of(operation, struct front_request, operation);
    const struct fq_front_conf *conf = &request->front->conf;
    fq_assert(request->job.run == NULL); /* once */
    request->reply.now_ms = conf->now_unix_ms(conf->ctx);
    request->job.run = front_seal;
    request->job.done = front_send;
    if (fq_pool_run(conf->pool, &request->job) != 0) {
        front_seal(&request->job);
        front_send(&request->job);
    }
}

/* ---- the rest ---- */

void *fq_front_socket(struct fq_front *front)
{
    return front->router;
}

void fq_front_use_sealer(struct fq_front *front, const struct fq_sealer *sealer)
{
    front->conf.sealer = sealer;
}

void fq_front_drain(struct fq_front *front)
{
    front->is_draining = true;
}

size_t fq_front_n_in_flight(const struct fq_front *front)
{
    return front->n_in_flight;
}

struct fq_str fq_front_endpoint(const struct fq_front *front, size_t i)
{
    fq_assert(i < front->n_endpoints);
    return front->endpoints[i];
}

void fq_front_count(const struct fq_front *front, struct fq_front_counters *ret)
{
    *ret = front->counters;
    ret->n_strangers += fq_zap_n_strangers(front->zap);
}
