/* SPDX-License-Identifier: Apache-2.0 */
/* The web thread: collects requests, lends each to the loop, and sends what the loop answers.
 *
 *      libmicrohttpd's thread                      the loop
 *      web_begin      the URI as on the wire
 *      web_accept     method, headers
 *      web_collect    body
 *      web_lend       suspend, post ------------>  web_deliver -> on_request
 *                                                  fq_web_answer, or fq_web_tick: 503
 *      web_send       <------------------ resume   web_resolve
 *      web_complete
 *
 * Three traps of libmicrohttpd 0.9.75 shape this: stopping it with a suspended connection aborts
 * the process, a suspended connection never times out, and only its URI log callback shows the URI
 * undecoded. Responses are queued on its own thread, never on the loop.
 *
 * A lent request has two owners, the connection and the loop, and goes with the later one; each
 * request holds the web in turn. So an answer may come after the 503, or after fq_web_free. */
#include "daemon/io/web.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <time.h>

#include <microhttpd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/io/web_answer.h"
#include "daemon/io/web_listen.h"
#include "daemon/io/web_local.h"
#include "daemon/io/web_peer.h"

#define WEB_RECEIVE_WITHIN_MS   10000
#define WEB_HEADER_SIZE_MAX     ((size_t)32 * 1024) /* of the request line and all headers */
#define WEB_USER_AGENT_SIZE_MAX 512
#define WEB_ACCEPT_LANGUAGE_MAX 256
#define WEB_STOP_WITHIN_MS      1000                /* for last answers to leave */
#define WEB_WASTE_SIZE_MAX      ((size_t)64 * 1024) /* read of a body that is too large */

struct web_request {
    struct fq_web_exchange exchange;
    struct MHD_Connection *connection;
    atomic_uint n_owners;

    /* libmicrohttpd's thread's, until lent */
    bool is_accepted;
    bool is_lent;
    int64_t begun_mono_ms;
    char *body;
    size_t body_size;
    size_t body_room;

    /* under the web's mutex */
    TAILQ_ENTRY(web_request) waiting;
    bool is_waiting;
    bool is_leaving; /* answered by the loop, not yet on the wire */
    int64_t due_mono_ms;

    /* the loop's, until resumed */
    struct MHD_Response *response;
    uint32_t status;
};

struct fq_web {
    struct fq_web_conf conf;
    struct MHD_Daemon *daemon;
    uint16_t port;
    struct fq_web_local local;
    atomic_uint n_owners; /* who opened it, and every request */

    pthread_mutex_t mutex;
    pthread_cond_t left;
    // cppcheck-suppress unusedStructMember; the macros of sys/queue.h use them
    TAILQ_HEAD(, web_request) waiting; /* suspended; in the order in which they are due */
    size_t n_leaving;
    bool is_stopping;
};

static void web_drop(struct fq_web *web)
{
    if (atomic_fetch_sub(&web->n_owners, 1) > 1)
        return;
    (void)pthread_cond_destroy(&web->left);
    (void)pthread_mutex_destroy(&web->mutex);
    fq_free(web);
}

static void web_request_drop(struct web_request *request)
{
    if (atomic_fetch_sub(&request->n_owners, 1) > 1)
        return;
    struct fq_web *web = request->exchange.web;
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    fq_arena_free(request->exchange.arena);
    fq_free(request);
    web_drop(web);
}

/* ---- a request comes in, on libmicrohttpd's thread ---- */

/* Called with the request line, before anything is decoded. */
static void *web_begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct fq_web *web = context;
    struct web_request *request = fq_zalloc(sizeof(*request));
    (void)atomic_fetch_add(&web->n_owners, 1);
    atomic_init(&request->n_owners, 1);
    request->connection = connection;
    request->begun_mono_ms = fq_clock_mono_ms();
    struct fq_web_exchange *exchange = &request->exchange;
    exchange->web = web;
    exchange->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str copy = fq_arena_copy(exchange->arena, fq_str_of(uri));
    (void)fq_str_cut(copy, '?', &exchange->path, &exchange->query);
    return request;
}

static enum MHD_Result web_refuse(struct MHD_Connection *connection, uint32_t status)
{
    struct MHD_Response *response = fq_web_response_plain(status);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static struct fq_str web_header(const struct web_request *request, const char *name,
                                size_t size_max)
{
    const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
    return fq_arena_copy(request->exchange.arena, fq_str_sub(fq_str_of(value), 0, size_max));
}

/* A proxy may add a line of its own to those that came: the last line is the nearest one's. */
static enum MHD_Result web_keep_forwarded(void *context, enum MHD_ValueKind kind, const char *name,
                                          const char *value)
{
    (void)kind;
    struct fq_str *forwarded = context;
    if (strcasecmp(name, "X-Forwarded-For") == 0)
        *forwarded = fq_str_of(value);
    return MHD_YES;
}

static struct fq_str web_peer(const struct web_request *request)
{
    struct fq_str forwarded = { NULL, 0 };
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, web_keep_forwarded,
                                    &forwarded);
    if (info == NULL || info->client_addr == NULL)
        return (struct fq_str){ NULL, 0 };
    return fq_web_peer(info->client_addr, forwarded, request->exchange.arena);
}

/* False: it cannot be told who asks where that matters. */
static bool web_learn_peer(struct web_request *request)
{
    struct fq_web_exchange *exchange = &request->exchange;
    const union MHD_ConnectionInfo *info = NULL;
    if (!fq_web_is_local(&exchange->web->local)) {
        exchange->peer = web_peer(request);
        return true;
    }
    info = MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info != NULL &&
           fq_web_local_peer(info->connect_fd, &exchange->peer_uid, &exchange->peer_pid);
}

/* Makes room for the body: what is announced, or what may come where nothing is. False: too large.
 */
static bool web_make_room(struct web_request *request)
{
    const size_t size_max = request->exchange.web->conf.body_size_max;
    const char *length =
        MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Content-Length");
    bool is_chunked = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
                                                  "Transfer-Encoding") != NULL;
    int64_t announced = length != NULL ? (int64_t)size_max : 0;
    if (is_chunked)
        announced = (int64_t)size_max;
    else if (length != NULL &&
             fq_str_to_int64(fq_str_of(length), 0, (int64_t)size_max, &announced) == FQ_STR_E_RANGE)
        return false;
    request->body_room = (size_t)announced;
    request->body = fq_arena_alloc(request->exchange.arena, request->body_room + 1);
    return request->body != NULL;
}

static enum MHD_Result web_accept(struct web_request *request, const char *method)
{
    struct fq_web_exchange *exchange = &request->exchange;
    request->is_accepted = true;
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        exchange->method = fq_lit("GET");
    else if (strcmp(method, "POST") == 0)
        exchange->method = fq_lit("POST");
    else
        return web_refuse(request->connection, 405);
    if (!fq_str_starts(exchange->path, fq_lit("/")))
        return web_refuse(request->connection, 400);
    if (!web_make_room(request))
        return web_refuse(request->connection, 413);
    exchange->content_type = web_header(request, "Content-Type", WEB_HEADER_SIZE_MAX);
    exchange->user_agent = web_header(request, "User-Agent", WEB_USER_AGENT_SIZE_MAX);
    exchange->accept_language = web_header(request, "Accept-Language", WEB_ACCEPT_LANGUAGE_MAX);
    return web_learn_peer(request) ? MHD_YES : MHD_NO;
}

/* Of a body that is too large a little more is read, so that its sender gets to see the 413; but
 * neither for ever nor drop by drop, which libmicrohttpd's own (idle) timeout would allow. */
static enum MHD_Result web_collect(struct web_request *request, const char *data, size_t size)
{
    const struct fq_web_conf *conf = &request->exchange.web->conf;
    if (request->body_size + size > request->body_room + WEB_WASTE_SIZE_MAX ||
        fq_clock_mono_ms() - request->begun_mono_ms > conf->receive_within_ms)
        return MHD_NO;
    if (request->body_size + size <= request->body_room)
        memcpy(request->body + request->body_size, data, size);
    request->body_size += size;
    return MHD_YES;
}

/* ---- it is lent to the loop ---- */

static void web_deliver(struct fq_job *job);

static enum MHD_Result web_lend(struct web_request *request)
{
    struct fq_web_exchange *exchange = &request->exchange;
    struct fq_web *web = exchange->web;
    if (request->body_size > request->body_room)
        return web_refuse(request->connection, 413);
    exchange->body = (struct fq_str){ request->body, request->body_size };
    exchange->job.done = web_deliver;
    request->is_lent = true;
    request->due_mono_ms = fq_clock_mono_ms() + web->conf.answer_within_ms;

    (void)pthread_mutex_lock(&web->mutex);
    bool is_stopping = web->is_stopping;
    if (!is_stopping) {
        MHD_suspend_connection(request->connection);
        TAILQ_INSERT_TAIL(&web->waiting, request, waiting);
        request->is_waiting = true;
        (void)atomic_fetch_add(&request->n_owners, 1);
    }
    (void)pthread_mutex_unlock(&web->mutex);
    if (is_stopping)
        return web_refuse(request->connection, 503);
    fq_home_post(web->conf.home, &exchange->job);
    return MHD_YES;
}

/* ---- on the loop ---- */

/* Answered meanwhile: the loop was too slow even to look at it. */
static void web_deliver(struct fq_job *job)
{
    struct fq_web_exchange *exchange = fq_container_of(job, struct fq_web_exchange, job);
    struct web_request *request = fq_container_of(exchange, struct web_request, exchange);
    struct fq_web *web = exchange->web;
    (void)pthread_mutex_lock(&web->mutex);
    bool is_waiting = request->is_waiting;
    (void)pthread_mutex_unlock(&web->mutex);
    if (is_waiting)
        web->conf.on_request(web->conf.ctx, exchange);
    else
        web_request_drop(request);
}

/* Hands the response to libmicrohttpd's thread; only the first for a request goes there. Takes it.
 */
static void web_resolve(struct web_request *request, struct MHD_Response *response, uint32_t status)
{
    struct fq_web *web = request->exchange.web;
    (void)pthread_mutex_lock(&web->mutex);
    bool is_first = request->is_waiting;
    if (is_first) {
        TAILQ_REMOVE(&web->waiting, request, waiting);
        request->is_waiting = false;
        request->is_leaving = true;
        web->n_leaving++;
        request->response = response;
        request->status = status;
    }
    (void)pthread_mutex_unlock(&web->mutex);
    if (is_first)
        MHD_resume_connection(request->connection);
    else
        MHD_destroy_response(response);
}

void fq_web_answer(struct fq_web_exchange *exchange)
{
    struct web_request *request = fq_container_of(exchange, struct web_request, exchange);
    uint32_t status = 0;
    struct MHD_Response *response = fq_web_response(exchange, &status);
    web_resolve(request, response, status);
    web_request_drop(request);
}

/* Answers 503 to whatever is due by then. */
static void web_expire(struct fq_web *web, int64_t until_mono_ms)
{
    for (;;) {
        (void)pthread_mutex_lock(&web->mutex);
        struct web_request *request = TAILQ_FIRST(&web->waiting);
        bool is_due = request != NULL && request->due_mono_ms <= until_mono_ms;
        (void)pthread_mutex_unlock(&web->mutex);
        if (!is_due)
            return;
        web_resolve(request, fq_web_response_plain(503), 503);
    }
}

void fq_web_tick(struct fq_web *web, int64_t now_mono_ms)
{
    web_expire(web, now_mono_ms);
}

/* ---- the answer leaves, on libmicrohttpd's thread ---- */

static enum MHD_Result web_send(struct web_request *request)
{
    enum MHD_Result result =
        MHD_queue_response(request->connection, request->status, request->response);
    MHD_destroy_response(FQ_TAKE(request->response));
    return result;
}

static void web_complete(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    (void)connection, (void)code;
    struct fq_web *web = context;
    struct web_request *request = FQ_TAKE(*request_context);
    if (request == NULL)
        return;
    (void)pthread_mutex_lock(&web->mutex);
    if (request->is_leaving && --web->n_leaving == 0)
        (void)pthread_cond_signal(&web->left);
    (void)pthread_mutex_unlock(&web->mutex);
    web_request_drop(request);
}

/* libmicrohttpd calls this with the headers, with each part of the body, at the end of the request,
 * and once more after a resume. */
/* NOLINTNEXTLINE(readability-function-size): its signature */
static enum MHD_Result web_access(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **request_context)
{
    (void)context, (void)connection, (void)url, (void)version;
    struct web_request *request = *request_context;
    if (request == NULL)
        return MHD_NO;
    if (!request->is_accepted)
        return web_accept(request, method);
    if (*data_size > 0) {
        size_t size = *data_size;
        *data_size = 0;
        return web_collect(request, data, size);
    }
    if (!request->is_lent)
        return web_lend(request);
    return request->response != NULL ? web_send(request) : MHD_YES;
}

/* ---- opening and stopping ---- */

static struct MHD_Daemon *web_start(struct fq_web *web, int fd)
{
    int64_t idle_seconds = (web->conf.receive_within_ms + 999) / 1000;
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are not for its thread */
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL,
        web_access, web, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)web->conf.n_connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        WEB_HEADER_SIZE_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)idle_seconds,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, web_begin, web,
        MHD_OPTION_NOTIFY_COMPLETED, web_complete, web, MHD_OPTION_END);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

int fq_web_open(const struct fq_web_conf *conf, struct fq_web **ret)
{
    fq_assert(conf->answer_within_ms > 0 && conf->on_request != NULL);
    fq_assert(conf->body_size_max <= FQ_ARENA_SIZE_MAX / 2); /* or the answer has no room */
    int fd = conf->is_inherited ? conf->inherited_fd : -1;
    uint16_t port = 0;
    struct fq_web_local local = { 0 };
    if (conf->local_path != NULL)
        FQ_TRY(fq_web_local_listen(conf->local_path, conf->local_mode, &fd, &local));
    else if (conf->is_inherited)
        FQ_TRY(fq_web_adopt(conf->inherited_fd, &port));
    else
        FQ_TRY(fq_web_listen(conf->address, &fd, &port));
    struct fq_web *web = fq_zalloc(sizeof(*web));
    web->conf = *conf;
    web->conf.address = NULL; /* the caller's */
    web->conf.local_path = NULL;
    web->local = local;
    if (web->conf.receive_within_ms <= 0)
        web->conf.receive_within_ms = WEB_RECEIVE_WITHIN_MS;
    web->port = port;
    atomic_init(&web->n_owners, 1);
    fq_assert(pthread_mutex_init(&web->mutex, NULL) == 0);
    fq_assert(pthread_cond_init(&web->left, NULL) == 0);
    TAILQ_INIT(&web->waiting);
    web->daemon = web_start(web, fd);
    if (web->daemon == NULL) {
        fq_web_local_remove(&web->local);
        web_drop(web);
        return FQ_FAULT(-EIO, "web address %s: cannot serve",
                        conf->local_path != NULL ? conf->local_path : conf->address);
    }
    *ret = web;
    return 0;
}

uint16_t fq_web_port(const struct fq_web *web)
{
    return web->port;
}

bool fq_web_is_inherited(const struct fq_web *web)
{
    return web->conf.is_inherited;
}

void fq_web_quiesce(struct fq_web *web)
{
    fq_assert(web->conf.is_inherited);
    int fd = MHD_quiesce_daemon(web->daemon);
    if (fd != MHD_INVALID_SOCKET)
        (void)close(fd); /* ours now; its other holders keep it alive */
}

unsigned fq_web_n_connections(const struct fq_web *web)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info != NULL ? info->num_connections : 0;
}

/* Last answers get a moment to leave; a client that does not read them gets no more than that. */
static void web_wait_left(struct fq_web *web)
{
    struct timespec until = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WEB_STOP_WITHIN_MS / 1000;
    (void)pthread_mutex_lock(&web->mutex);
    while (web->n_leaving > 0)
        if (pthread_cond_clockwait(&web->left, &web->mutex, CLOCK_MONOTONIC, &until) != 0)
            break;
    (void)pthread_mutex_unlock(&web->mutex);
}

void fq_web_free(struct fq_web *web)
{
    if (web == NULL)
        return;
    (void)pthread_mutex_lock(&web->mutex);
    web->is_stopping = true; /* nothing is suspended from here on */
    (void)pthread_mutex_unlock(&web->mutex);
    fq_web_local_remove(&web->local);
    web_expire(web, INT64_MAX);
    web_wait_left(web);
    MHD_stop_daemon(web->daemon);
    web_drop(web);
}
