/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the parts, turns the loop, drains and stops. */
#include "daemon/daemon.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/crypto/crypto.h"

#define JOBS_WAITING_MAX     8192
#define RELOADS_WAITING_MAX  16
#define HTTP_EXCHANGES_MAX   256
#define WEB_ANSWER_WITHIN_MS 4000
#define WEB_TICK_MS          100
#define TURN_MS              1000
#define DRAIN_MS             10000
#define SETTLE_MS            5000
#define QUIESCE_MS           1000
#define QUIESCE_TURN_MS      10

/* ---- what comes in ---- */

static const struct fq_merchant *daemon_merchant_of(void *ctx, struct fq_str client_key)
{
    struct fq_daemon *daemon = ctx;
    (void)pthread_mutex_lock(&daemon->setup_mutex); /* ZAP asks on a thread of its own */
    const struct fq_merchant *merchant = fq_clients_find(daemon->setup->clients, client_key);
    (void)pthread_mutex_unlock(&daemon->setup_mutex);
    if (merchant == NULL)
        fq_log(LOG_WARNING, FQ_MSG_CLIENT_REFUSED, "a client was refused: no merchant has its key",
               FQ_LOG_STR("CLIENT_KEY", client_key), FQ_LOG_TEXT("FAULT", "theirs"),
               FQ_LOG_TEXT("NEXT", "if it is a shop of yours, add the key to its file"));
    return merchant;
}

static void *daemon_hold(void *ctx)
{
    struct fq_daemon *daemon = ctx;
    return fq_catalog_hold(&daemon->setup->catalog);
}

static void daemon_release(void *ctx, void *held)
{
    (void)ctx;
    fq_catalog_release(held);
}

static void daemon_on_operation(void *ctx, struct fq_operation *operation)
{
    struct fq_daemon *daemon = ctx;
    fq_flow_operation(daemon->flow, operation);
}

static int64_t daemon_now(void *ctx)
{
    (void)ctx;
    return fq_clock_unix_ms();
}

static void daemon_on_limited(void *ctx, const struct fq_merchant *merchant, const char *reason)
{
    const struct fq_daemon *daemon = ctx;
    fq_flow_limited(daemon->flow, merchant->id, reason);
}

static void daemon_on_answered(void *ctx, const struct fq_operation *operation, int64_t took_us)
{
    const struct fq_daemon *daemon = ctx;
    fq_metrics_answered(daemon->metrics, operation, took_us);
}

struct daemon_visit {
    struct fq_visit visit;
    struct fq_web_exchange *exchange;
    const struct fq_daemon *daemon;
    int64_t begun_us;
};

static void daemon_visited(struct fq_visit *visit)
{
    const struct daemon_visit *self = fq_container_of(visit, struct daemon_visit, visit);
    struct fq_web_exchange *exchange = self->exchange;
    fq_metrics_visited(self->daemon->metrics, visit->path, visit->status,
                       fq_clock_mono_us() - self->begun_us);
    exchange->status = visit->status;
    exchange->answer_type = visit->answer_type;
    exchange->answer_body = visit->answer_body;
    exchange->location = visit->location;
    exchange->content_security_policy = visit->content_security_policy;
    fq_web_answer(exchange);
}

/* To everyone else the path is as unknown as any. */
static bool daemon_may_see_metrics(const struct fq_daemon *daemon,
                                   const struct fq_web_exchange *exchange)
{
    const struct fq_conf *conf = daemon->setup->conf;
    if (!fq_str_equal(exchange->path, fq_lit("/metrics")) ||
        !fq_str_equal(exchange->method, fq_lit("GET")))
        return false;
    for (size_t i = 0; i < conf->n_metrics_from; i++) {
        if (fq_str_equal(exchange->peer, conf->metrics_from[i]))
            return true;
    }
    return false;
}

static void daemon_on_web(void *ctx, struct fq_web_exchange *exchange)
{
    struct fq_daemon *daemon = ctx;
    struct daemon_visit *self = fq_arena_alloc(exchange->arena, sizeof(*self));
    if (self == NULL) {
        exchange->status = 503;
        fq_web_answer(exchange);
        return;
    }
    self->exchange = exchange;
    self->daemon = daemon;
    self->begun_us = fq_clock_mono_us();
    self->visit = (struct fq_visit){ .arena = exchange->arena,
                                     .method = exchange->method,
                                     .path = exchange->path,
                                     .query = exchange->query,
                                     .content_type = exchange->content_type,
                                     .body = exchange->body,
                                     .user_agent = exchange->user_agent,
                                     .peer = exchange->peer,
                                     .finish = daemon_visited };
    if (daemon_may_see_metrics(daemon, exchange))
        fq_flow_metrics(daemon->flow, &self->visit);
    else
        fq_flow_visit(daemon->flow, &self->visit);
}

static void daemon_on_signal(void *ctx, int signal_number)
{
    struct fq_daemon *daemon = ctx;
    if (signal_number == SIGTERM || signal_number == SIGINT)
        daemon->is_stopping = true;
    else if (signal_number == SIGHUP && !daemon->is_stopping)
        fq_reload_start(daemon, NULL);
}

static void daemon_web_tick(struct fq_timer *timer)
{
    struct fq_daemon *daemon = fq_container_of(timer, struct fq_daemon, web_timer);
    int64_t now = fq_clock_mono_ms();
    fq_web_tick(daemon->web, now);
    if (daemon->control != NULL)
        fq_web_tick(daemon->control, now);
    if (daemon->audit != NULL)
        fq_web_tick(daemon->audit, now);
    fq_timers_start(daemon->timers, timer, now + WEB_TICK_MS);
}

/* The disk can no longer be trusted: nobody is answered, recovery reads the truth. */
static void daemon_end_process(const char *why)
{
    fq_log(LOG_CRIT, FQ_MSG_FAULT, "the ledger's disk failed: ending at once",
           FQ_LOG_TEXT("FAULT", "ours"), FQ_LOG_TEXT("REASON", why),
           FQ_LOG_TEXT("NEXT", "restart: recovery asks the platforms about what is open"));
    fq_log_stop();
    _exit(EXIT_FAILURE);
}

/* ---- start ---- */

static int daemon_start_store(struct fq_daemon *daemon)
{
    struct fq_store_conf conf = { .path = daemon->setup->conf->store_path.ptr,
                                  .home = daemon->home,
                                  .n_waiting_max = JOBS_WAITING_MAX,
                                  .sha256_of2 = fq_sha256_of2,
                                  .end_process = daemon_end_process };
    int r = fq_store_open(&conf, &daemon->store);
    if (r == FQ_STORE_E_LOCKED)
        return FQ_FAULT(-EBUSY, "another daemon has the ledger %s open: fuser -v tells which",
                        conf.path);
    if (r == FQ_STORE_E_NEWER)
        return FQ_FAULT(-ENOTSUP, "the ledger %s was written by a newer fenqid", conf.path);
    FQ_TRY(r);
    return 0;
}

static void daemon_start_flow(struct fq_daemon *daemon)
{
    const struct fq_conf *conf = daemon->setup->conf;
    struct fq_flow_conf flow = { .world = &daemon->world,
                                 .catalog = &daemon->setup->catalog,
                                 .instance = conf->instance,
                                 .order_prefix = conf->order_prefix,
                                 .public_url = conf->public_url,
                                 .version = fq_lit(FQ_VERSION),
                                 .ledger = conf->store_path,
                                 .schedule = { .first_ms = conf->poll_first_ms,
                                               .max_ms = conf->poll_max_ms },
                                 .lease_ms = conf->events_lease_ms,
                                 .keys = daemon->setup->public_keys,
                                 .n_keys = daemon->setup->n_public_keys,
                                 .keys_json = daemon->setup->keys_json };
    daemon->flow = fq_flow_new(&flow);
}

static int daemon_start_front(struct fq_daemon *daemon)
{
    const struct fq_conf *conf = daemon->setup->conf;
    struct fq_front_conf front = {
        .endpoints = conf->endpoints,
        .n_endpoints = conf->n_endpoints,
        .curve_secret = daemon->setup->curve_secret,
        .next_endpoints = conf->next_endpoints,
        .n_next_endpoints = conf->n_next_endpoints,
        .next_curve_secret = daemon->setup->next_curve_secret,
        .message_size_max = (size_t)conf->message_size_max,
        .n_in_flight_max = (size_t)conf->n_in_flight_max,
        .n_in_flight_per_merchant = (size_t)conf->n_in_flight_per_merchant,
        .rate_per_second = (uint32_t)conf->rate_per_second,
        .rate_burst = (uint32_t)conf->rate_burst,
        .pool = daemon->reply_pool,
        .sealer = daemon->setup->sealer,
        .ctx = daemon,
        .hold = daemon_hold,
        .release = daemon_release,
        .merchant_of = daemon_merchant_of,
        .on_operation = daemon_on_operation,
        .now_unix_ms = daemon_now,
        .on_limited = daemon_on_limited,
        .on_answered = daemon_on_answered,
    };
    FQ_TRY(fq_front_open(&front, &daemon->front));
    return 0;
}

static int daemon_start_web(struct fq_daemon *daemon)
{
    const struct fq_conf *conf = daemon->setup->conf;
    struct fq_web_conf web = { .address = conf->web_address.ptr,
                               .body_size_max = (size_t)conf->web_body_size_max,
                               .n_connections_max = (size_t)conf->n_web_connections_max,
                               .answer_within_ms = WEB_ANSWER_WITHIN_MS,
                               .home = daemon->home,
                               .ctx = daemon,
                               .on_request = daemon_on_web };
    int fd = -1;
    FQ_TRY(fq_inherited_web(&fd));
    web.is_inherited = fd >= 0;
    web.inherited_fd = fd;
    FQ_TRY(fq_web_open(&web, &daemon->web));
    daemon->web_timer.fire = daemon_web_tick;
    fq_timers_start(daemon->timers, &daemon->web_timer, fq_clock_mono_ms() + WEB_TICK_MS);
    return 0;
}

static int daemon_start_signals(struct fq_daemon *daemon)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)pthread_mutex_init(&daemon->setup_mutex, NULL);
    /* Before any thread exists, so that all inherit it and only the loop hears signals. */
    int r = pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (r != 0)
        return FQ_FAULT(-r, "pthread_sigmask");
    daemon->loop.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (daemon->loop.signal_fd < 0)
        return FQ_FAULT(-errno, "signalfd");
    return 0;
}

static int daemon_start(struct fq_daemon *daemon)
{
    const struct fq_conf *conf = daemon->setup->conf;
    long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n_workers = conf->n_workers > 0 ? (size_t)conf->n_workers
                       : n_cores > 0       ? (size_t)n_cores
                                           : 1;
    daemon->metrics = fq_metrics_new();
    daemon->home = fq_home_new();
    daemon->timers = fq_timers_new();
    daemon->loop.home = daemon->home;
    daemon->loop.timers = daemon->timers;
    daemon->loop.ctx = daemon;
    daemon->loop.on_signal = daemon_on_signal;
    daemon->pool = fq_pool_new(n_workers, JOBS_WAITING_MAX, daemon->home);
    daemon->reply_pool = fq_pool_new(n_workers, JOBS_WAITING_MAX, daemon->home);
    daemon->reload_pool = fq_pool_new(1, RELOADS_WAITING_MAX, daemon->home);
    daemon->loop.pool = daemon->pool;
    daemon->loop.reply_pool = daemon->reply_pool;
    daemon->http = fq_http_new(HTTP_EXCHANGES_MAX, daemon->home);
    FQ_TRY(daemon_start_store(daemon));
    fq_world_fill(daemon);
    daemon_start_flow(daemon);
    FQ_TRY(fq_pauses_load(daemon));
    FQ_TRY(daemon_start_front(daemon));
    daemon->loop.front = daemon->front;
    FQ_TRY(daemon_start_web(daemon));
    FQ_TRY(fq_control_open(daemon));
    daemon->started_ms = fq_clock_unix_ms();
    fq_flow_start(daemon->flow);
    return 0;
}

static void daemon_say_started(const struct fq_daemon *daemon)
{
    fq_log(LOG_NOTICE, FQ_MSG_STARTED, "started", FQ_LOG_TEXT("VERSION", FQ_VERSION),
           FQ_LOG_STR("INSTANCE", daemon->setup->conf->instance),
           FQ_LOG_STR("FRONT", fq_front_endpoint(daemon->front, 0)),
           FQ_LOG_INT("WEB_PORT", fq_web_port(daemon->web)),
           FQ_LOG_STR("CONTROL", daemon->setup->conf->control_path),
           FQ_LOG_STR("STORE", daemon->setup->conf->store_path),
           FQ_LOG_INT("CHANNELS", daemon->setup->catalog.n_channels),
           FQ_LOG_INT("MERCHANTS", daemon->setup->catalog.n_merchants));
    (void)sd_notify(0, "READY=1\nSTATUS=serving");
}

/* ---- stop ---- */

static int daemon_turn_until_idle(struct fq_daemon *daemon, int64_t at_most_ms)
{
    int64_t until = fq_clock_mono_ms() + at_most_ms;
    while (fq_flow_n_running(daemon->flow) > 0 || fq_front_n_in_flight(daemon->front) > 0) {
        int64_t left = until - fq_clock_mono_ms();
        if (left <= 0)
            return 0;
        FQ_TRY(fq_loop_turn(&daemon->loop, left < WEB_TICK_MS ? left : WEB_TICK_MS));
    }
    return 0;
}

/* Whoever has connected is answered as ever; whoever comes now waits for the next fenqid, if there
 * is a socket that outlives this one. Connections that a proxy keeps for later are not waited for.
 */
static int daemon_quiesce_web(struct fq_daemon *daemon)
{
    int64_t until = fq_clock_mono_ms() + QUIESCE_MS;
    if (!fq_web_is_inherited(daemon->web))
        return 0;
    fq_web_quiesce(daemon->web);
    while (fq_web_n_connections(daemon->web) > 0 && fq_clock_mono_ms() < until)
        FQ_TRY(fq_loop_turn(&daemon->loop, QUIESCE_TURN_MS));
    return 0;
}

/* Finishes what is inside. What a platform has not answered by then stays unknown, is durable, and
 * is asked about after the next start. */
static int daemon_drain(struct fq_daemon *daemon)
{
    (void)sd_notify(0, "STOPPING=1\nSTATUS=draining");
    fq_log(LOG_NOTICE, FQ_MSG_STOPPING, "stopping",
           FQ_LOG_INT("RUNNING", fq_flow_n_running(daemon->flow)));
    FQ_TRY(daemon_quiesce_web(daemon));
    fq_front_drain(daemon->front);
    fq_flow_drain(daemon->flow);
    FQ_TRY(daemon_turn_until_idle(daemon, DRAIN_MS));
    fq_http_free(FQ_TAKE(daemon->http));
    daemon->loop.front = NULL; /* who still asks keeps nobody from going */
    FQ_TRY(daemon_turn_until_idle(daemon, SETTLE_MS));
    return 0;
}

static void daemon_run_home(struct fq_daemon *daemon)
{
    while (daemon->home != NULL && fq_home_run(daemon->home, JOBS_WAITING_MAX) > 0)
        ;
}

/* In the reverse order of start; each part posts its last jobs home before the next one goes. */
static void daemon_stop(struct fq_daemon *daemon)
{
    size_t n_running = daemon->flow != NULL ? fq_flow_n_running(daemon->flow) : 0;
    size_t n_in_flight = daemon->front != NULL ? fq_front_n_in_flight(daemon->front) : 0;
    daemon->is_stopping = true; /* nothing is reloaded any more */
    if (n_running + n_in_flight > 0) {
        /* A part hangs. Everything that matters is durable: end as a crash would, but say so. */
        fq_log(LOG_ERR, FQ_MSG_STOPPED, "stopped with work inside: it is taken up again at start",
               FQ_LOG_INT("RUNNING", n_running), FQ_LOG_INT("IN_FLIGHT", n_in_flight),
               FQ_LOG_TEXT("FAULT", "ours"),
               FQ_LOG_TEXT("NEXT", "the next start asks the platforms about what is open"));
        fq_log_stop();
        _exit(EXIT_FAILURE);
    }
    if (daemon->timers != NULL)
        fq_timers_stop(daemon->timers, &daemon->web_timer);
    fq_http_free(FQ_TAKE(daemon->http));
    fq_web_free(FQ_TAKE(daemon->control));
    fq_web_free(FQ_TAKE(daemon->audit));
    fq_web_free(FQ_TAKE(daemon->web));
    daemon_run_home(daemon);
    fq_front_free(FQ_TAKE(daemon->front));
    fq_pool_free(FQ_TAKE(daemon->reply_pool));
    fq_pool_free(FQ_TAKE(daemon->pool));
    fq_pool_free(FQ_TAKE(daemon->reload_pool));
    daemon_run_home(daemon);
    fq_flow_free(FQ_TAKE(daemon->flow));
    fq_world_empty(daemon);
    fq_store_free(FQ_TAKE(daemon->store));
    daemon_run_home(daemon);
    fq_watchdog_stop(daemon);
    fq_timers_free(FQ_TAKE(daemon->timers));
    fq_home_free(FQ_TAKE(daemon->home));
    fq_metrics_free(FQ_TAKE(daemon->metrics));
    if (daemon->loop.signal_fd > 0)
        (void)close(daemon->loop.signal_fd);
}

int fq_daemon_run(struct fq_daemon *daemon)
{
    int r = daemon_start_signals(daemon);
    if (r == 0)
        r = fq_log_start(daemon->setup->conf->log_sink, daemon->setup->conf->log_level);
    if (r == 0)
        r = daemon_start(daemon);
    if (r == 0) {
        daemon_say_started(daemon);
        fq_watchdog_start(daemon);
    }
    while (r == 0 && !daemon->is_stopping)
        r = fq_loop_turn(&daemon->loop, TURN_MS);
    if (r == 0)
        r = daemon_drain(daemon);
    if (r < 0)
        fq_log(LOG_CRIT, FQ_MSG_FAULT, "cannot go on", FQ_LOG_TEXT("FAULT", "ours"),
               FQ_LOG_TEXT("TRACE", fq_trace()),
               FQ_LOG_TEXT("NEXT", "put right what the trace says; systemd starts it again"));
    daemon_stop(daemon);
    fq_log(LOG_NOTICE, FQ_MSG_STOPPED, "stopped", FQ_LOG_INT("RESULT", r));
    fq_log_stop();
    return r;
}
