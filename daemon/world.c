/* SPDX-License-Identifier: Apache-2.0 */
/* The real world behind flow/world.h. What is full answers through the same `done`, on the loop. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/daemon.h"

#define ANSWER_SIZE_MAX ((size_t)262144)

static int64_t world_now(void *ctx)
{
    (void)ctx;
    return fq_clock_unix_ms();
}

static int64_t world_now_mono(void *ctx)
{
    (void)ctx;
    return fq_clock_mono_ms();
}

static void world_random(void *ctx, void *ret, size_t size)
{
    (void)ctx;
    fq_random(ret, size);
}

static void world_sha256(void *ctx, struct fq_str text, unsigned char ret[32])
{
    (void)ctx;
    fq_sha256(text, ret);
}

/* Purposes are separated by deriving a key each, so that no MAC of one is a MAC of another. */
static const char *const world_purposes[] = { "quote", "open", "back", "status", "payer", "buyer" };
_Static_assert(fq_array_size(world_purposes) == FQ_PURPOSES_N, "a key for each purpose");

static struct fq_mac *world_mac_new(const struct fq_daemon *daemon, const char *purpose)
{
    unsigned char key[32];
    fq_hmac_sha256((struct fq_str){ (const char *)daemon->setup->token_key, FQ_TOKEN_KEY_SIZE },
                   fq_str_of(purpose), key);
    struct fq_mac *mac = fq_mac_new((struct fq_str){ (const char *)key, sizeof(key) });
    fq_wipe(key, sizeof(key));
    return mac;
}

static void world_mac(void *ctx, const char *purpose, struct fq_str text, unsigned char ret[32])
{
    const struct fq_daemon *daemon = ctx;
    size_t i = 0;
    while (strcmp(world_purposes[i], purpose) != 0)
        fq_assert(++i < fq_array_size(world_purposes));
    fq_mac_make(daemon->macs[i], text, ret);
}

static int world_sign_status(void *ctx, struct fq_str payload_type, struct fq_str payload,
                             struct fq_arena *arena, struct fq_str *ret_key_id,
                             struct fq_str *ret_signature)
{
    const struct fq_daemon *daemon = ctx;
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    FQ_TRY(fq_sealer_sign(daemon->setup->sealer, payload_type, payload, arena, &seals, &n_seals));
    if (n_seals == 0)
        return FQ_FAULT(-ENOKEY, "no signing key");
    *ret_key_id = seals[0].key_id;
    *ret_signature = seals[0].value;
    return 0;
}

/* The current configuration's keys: after a reload the new one seals. */
static int world_seal(void *ctx, struct fq_str context, struct fq_str plain, struct fq_arena *arena,
                      struct fq_str *ret)
{
    const struct fq_daemon *daemon = ctx;
    if (daemon->setup->payer_box == NULL)
        return FQ_WORLD_E_REFUSED;
    return fq_box_seal(daemon->setup->payer_box, context, plain, arena, ret);
}

static int world_unseal(void *ctx, struct fq_str context, struct fq_str sealed,
                        struct fq_arena *arena, struct fq_str *ret)
{
    const struct fq_daemon *daemon = ctx;
    if (daemon->setup->payer_box == NULL)
        return FQ_WORLD_E_REFUSED;
    int r = fq_box_open(daemon->setup->payer_box, context, sealed, arena, ret);
    return r == FQ_BOX_E_REFUSED ? FQ_WORLD_E_REFUSED : r;
}

/* ---- the store ---- */

static void world_transacted(struct fq_tx *tx)
{
    const struct fq_daemon *daemon = tx->world_ctx;
    if (tx->result == 0 && tx->ledger != NULL)
        fq_metrics_moved(daemon->metrics, tx->ledger);
    tx->done = tx->world_done; /* it may be asked for again */
    tx->done(tx);
}

static void world_transact_busy(struct fq_job *job)
{
    struct fq_tx *tx = fq_container_of(job, struct fq_tx, job);
    tx->done(tx);
}

static void world_transact(void *ctx, struct fq_tx *tx)
{
    struct fq_daemon *daemon = ctx;
    tx->world_ctx = daemon;
    tx->world_done = tx->done;
    tx->done = world_transacted;
    if (fq_store_transact(daemon->store, tx) == 0)
        return;
    tx->result = FQ_FAULT(-EAGAIN, "too many transactions are waiting");
    (void)strncpy(tx->trace, fq_trace(), sizeof(tx->trace) - 1);
    tx->job = (struct fq_job){ .done = world_transact_busy };
    fq_home_post(daemon->home, &tx->job);
}

static void world_read_busy(struct fq_job *job)
{
    struct fq_read *read = fq_container_of(job, struct fq_read, job);
    read->done(read);
}

static void world_read(void *ctx, struct fq_read *read)
{
    struct fq_daemon *daemon = ctx;
    if (fq_store_read(daemon->store, read) == 0)
        return;
    read->result = FQ_FAULT(-EAGAIN, "too many reads are waiting");
    (void)strncpy(read->trace, fq_trace(), sizeof(read->trace) - 1);
    read->job = (struct fq_job){ .done = world_read_busy };
    fq_home_post(daemon->home, &read->job);
}

/* ---- workers ---- */

static void world_adapt_run(struct fq_job *job)
{
    struct fq_adapt *adapt = fq_container_of(job, struct fq_adapt, job);
    const int64_t begun_us = fq_clock_mono_us();
    fq_channel_call(adapt->channel, adapt->kind, &adapt->call, adapt->message, adapt->arena,
                    &adapt->answer);
    adapt->world_took_us = fq_clock_mono_us() - begun_us;
}

/* A transaction follows it at once, so that a commit may wait a moment for company. */
static bool world_adapt_precedes_write(const struct fq_adapt *adapt)
{
    return adapt->kind == FQ_CALL_NOTIFICATION ||
           (adapt->kind == FQ_CALL_CREATE && adapt->message == NULL);
}

static void world_adapt_done(struct fq_job *job)
{
    struct fq_adapt *adapt = fq_container_of(job, struct fq_adapt, job);
    const struct fq_daemon *daemon = adapt->world_ctx;
    /* Before, or its own transaction would wait for it. */
    if (world_adapt_precedes_write(adapt))
        fq_store_expect(daemon->store, -1);
    if (!adapt->answer.is_busy)
        fq_metrics_adapted(daemon->metrics, adapt->channel->conf->name, adapt->kind,
                           adapt->message == NULL, adapt->answer.is_fault, adapt->world_took_us);
    adapt->done(adapt);
}

static void world_adapt(void *ctx, struct fq_adapt *adapt)
{
    struct fq_daemon *daemon = ctx;
    adapt->job = (struct fq_job){ .run = world_adapt_run, .done = world_adapt_done };
    adapt->world_ctx = daemon;
    if (world_adapt_precedes_write(adapt))
        fq_store_expect(daemon->store, 1);
    if (fq_pool_run(daemon->pool, &adapt->job) == 0)
        return;
    adapt->answer = (struct fq_answer){ .is_busy = true,
                                        .is_fault = true,
                                        .reason = fq_lit("too much work is waiting") };
    fq_home_post(daemon->home, &adapt->job);
}

/* ---- the network ---- */

struct world_send {
    struct fq_http_exchange exchange;
    struct fq_send *send;
    struct fq_daemon *daemon;
    int64_t begun_us;
};

static void world_send_done(struct fq_job *job)
{
    struct fq_http_exchange *exchange = fq_container_of(job, struct fq_http_exchange, job);
    struct world_send *self = fq_container_of(exchange, struct world_send, exchange);
    struct fq_send *send = self->send;
    send->answer = exchange->answer;
    send->answer.struct_size = sizeof(send->answer);
    send->reason = exchange->reason;
    send->trace_id = exchange->trace_id;
    --*send->channel->n_calls;
    if (!send->is_ours)
        fq_metrics_sent(self->daemon->metrics, send->channel->conf->name, send->kind,
                        send->answer.transport, fq_clock_mono_us() - self->begun_us);
    fq_free(self);
    send->done(send);
}

static void world_send(void *ctx, struct fq_send *send)
{
    struct fq_daemon *daemon = ctx;
    const struct fq_channel_conf *conf = send->channel->conf;
    struct world_send *self = fq_zalloc(sizeof(*self)); /* the arena may be full */
    self->send = send;
    self->daemon = daemon;
    self->begun_us = fq_clock_mono_us();
    self->exchange =
        (struct fq_http_exchange){ .job = { .done = world_send_done },
                                   .arena = send->arena,
                                   .request = send->request,
                                   .ca_file = conf->ca_file,
                                   .timeout_ms = conf->timeout_ms,
                                   .body_size_max = send->body_size_max > 0 ? send->body_size_max
                                                                            : ANSWER_SIZE_MAX };
    bool has_room = (*send->channel->n_calls)++ < conf->n_calls_max;
    if (has_room && daemon->http != NULL && fq_http_send(daemon->http, &self->exchange) == 0)
        return;
    self->exchange.answer.transport = FQ_TRANSPORT_NOT_SENT;
    self->exchange.reason = fq_lit("too many exchanges with the platform at once, or stopping");
    send->is_ours = true;
/* gcc 12's analyzer does not see that world_send_done finds it again by its job. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
    fq_home_post(daemon->home, &self->exchange.job);
#pragma GCC diagnostic pop
}

/* ---- timers ---- */

static void world_after(void *ctx, struct fq_timer *timer, int64_t delay_ms)
{
    struct fq_daemon *daemon = ctx;
    fq_timers_start(daemon->timers, timer, fq_clock_mono_ms() + delay_ms);
}

static void world_cancel(void *ctx, struct fq_timer *timer)
{
    struct fq_daemon *daemon = ctx;
    fq_timers_stop(daemon->timers, timer);
}

/* ---- for the operator ---- */

static int64_t world_file_size(struct fq_str path, const char *end)
{
    char name[4096];
    struct stat status = { 0 };
    int n = snprintf(name, sizeof(name), "%.*s%s", fq_str_arg(path), end);
    return n > 0 && (size_t)n < sizeof(name) && stat(name, &status) == 0 ? status.st_size : 0;
}

static void world_disk(struct fq_str path, struct fq_world_status *ret)
{
    struct statvfs disk = { 0 };
    if (statvfs(path.ptr, &disk) != 0)
        return;
    ret->disk_size = (int64_t)(disk.f_blocks * disk.f_frsize);
    ret->disk_free = (int64_t)(disk.f_bavail * disk.f_frsize);
}

static void world_status(void *ctx, struct fq_world_status *ret)
{
    const struct fq_daemon *daemon = ctx;
    struct fq_str path = daemon->setup->conf->store_path;
    ret->started_ms = daemon->started_ms;
    ret->n_in_flight = (int64_t)fq_front_n_in_flight(daemon->front);
    ret->log_size = world_file_size(path, "-wal");
    ret->store_size = world_file_size(path, "") + ret->log_size;
    world_disk(path, ret);
    ret->n_commits = (int64_t)fq_store_n_transactions(daemon->store);
    ret->n_reads = (int64_t)fq_store_n_reads(daemon->store);
    ret->n_adapts = (int64_t)fq_pool_n_waiting(daemon->pool);
    ret->n_replies = (int64_t)fq_pool_n_waiting(daemon->reply_pool);
}

static void world_metrics(void *ctx, struct fq_buf *buf)
{
    const struct fq_daemon *daemon = ctx;
    fq_metrics_tell(daemon->metrics, buf);
    fq_metrics_parts(daemon, buf);
}

void fq_world_fill(struct fq_daemon *daemon)
{
    daemon->world = (struct fq_world){
        .ctx = daemon,
        .now_unix_ms = world_now,
        .now_mono_ms = world_now_mono,
        .random = world_random,
        .sha256 = world_sha256,
        .mac = world_mac,
        .sign_status = world_sign_status,
        .seal = world_seal,
        .unseal = world_unseal,
        .transact = world_transact,
        .read = world_read,
        .adapt = world_adapt,
        .send = world_send,
        .after = world_after,
        .cancel = world_cancel,
        .status = world_status,
        .metrics = world_metrics,
    };
    for (size_t i = 0; i < fq_array_size(world_purposes); i++)
        daemon->macs[i] = world_mac_new(daemon, world_purposes[i]);
}

void fq_world_empty(struct fq_daemon *daemon)
{
    for (size_t i = 0; i < fq_array_size(world_purposes); i++)
        fq_mac_free(FQ_TAKE(daemon->macs[i]));
}
