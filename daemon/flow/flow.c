/* SPDX-License-Identifier: Apache-2.0 */
/* The flow: takes operations and visits in, sends each to its file, keeps count. */
#include "daemon/flow/flow.h"

#include "daemon/base/hash.h"
#include "daemon/flow/parts.h"

struct fq_busy {
    struct {
        int64_t seq;
        int64_t refund_n; /* 0: none */
    } key;

    size_t n_drives;
    UT_hash_handle hh;
};

struct fq_flow *fq_flow_new(const struct fq_flow_conf *conf)
{
    struct fq_flow *flow = fq_zalloc(sizeof(*flow));
    flow->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    flow->conf = *conf;
    flow->conf.instance = fq_arena_copy(flow->arena, conf->instance);
    flow->conf.order_prefix = fq_arena_copy(flow->arena, conf->order_prefix);
    flow->conf.public_url = fq_arena_copy(flow->arena, conf->public_url);
    flow->conf.ledger = fq_arena_copy(flow->arena, conf->ledger);
    flow->world = conf->world;
    uint32_t instance = 0;
    for (size_t i = 0; i < conf->instance.len; i++)
        instance = instance * 31 + (unsigned char)conf->instance.ptr[i];
    flow->sequence.instance = instance & 0xff;
    return flow;
}

void fq_flow_free(struct fq_flow *flow)
{
    if (flow == NULL)
        return;
    fq_assert(flow->busy == NULL);
    fq_assert(flow->waiters == NULL);
    fq_assert(flow->openings == NULL);
    fq_assert(flow->questions == NULL);
    fq_assert(flow->feeds == NULL);
    flow->world->cancel(flow->world->ctx, &flow->round_timer);
    fq_chores_stop(flow);
    fq_chores_free(flow);
    fq_breakers_free(flow);
    fq_pauses_free(flow);
    fq_floods_free(flow);
    fq_arena_free(flow->arena);
    fq_free(flow);
}

struct fq_catalog *fq_catalog_hold(struct fq_catalog *catalog)
{
    catalog->n_holders++;
    return catalog;
}

void fq_catalog_release(struct fq_catalog *catalog)
{
    fq_assert(catalog->n_holders > 0);
    if (--catalog->n_holders == 0 && catalog->idle != NULL)
        catalog->idle(catalog);
}

void fq_flow_use(struct fq_flow *flow, struct fq_catalog *catalog, const struct fq_public_key *keys,
                 size_t n_keys, struct fq_str keys_json)
{
    const struct fq_catalog *old = flow->conf.catalog;
    flow->conf.catalog = catalog;
    flow->conf.keys = keys;
    flow->conf.n_keys = n_keys;
    flow->conf.keys_json = keys_json;
    fq_chores_reloaded(flow, old);
}

size_t fq_flow_n_running(const struct fq_flow *flow)
{
    return flow->n_running;
}

void fq_flow_drain(struct fq_flow *flow)
{
    flow->is_draining = true;
    flow->world->cancel(flow->world->ctx, &flow->round_timer);
    fq_chores_stop(flow);
    fq_wait_wake_all(flow);
    fq_feeds_stop(flow);
}

/* ---- looking things up ---- */

const struct fq_merchant *fq_flow_merchant(const struct fq_flow *flow, struct fq_str id)
{
    return fq_catalog_merchant(flow->conf.catalog, id);
}

const struct fq_channel *fq_flow_channel(const struct fq_flow *flow, struct fq_str name)
{
    return fq_catalog_channel(flow->conf.catalog, name);
}

const struct fq_merchant *fq_catalog_merchant(const struct fq_catalog *catalog, struct fq_str id)
{
    for (size_t i = 0; i < catalog->n_merchants; i++) {
        if (fq_str_equal(catalog->merchants[i].id, id))
            return &catalog->merchants[i];
    }
    return NULL;
}

const struct fq_channel *fq_catalog_channel(const struct fq_catalog *catalog, struct fq_str name)
{
    for (size_t i = 0; i < catalog->n_channels; i++) {
        if (fq_str_equal(catalog->channels[i]->conf->name, name))
            return catalog->channels[i];
    }
    return NULL;
}

bool fq_merchant_may_use(const struct fq_merchant *merchant, struct fq_str channel)
{
    for (size_t i = 0; i < merchant->n_channels; i++) {
        if (fq_str_equal(merchant->channels[i], channel))
            return true;
    }
    return false;
}

struct fq_str fq_flow_order_number(struct fq_flow *flow, struct fq_arena *arena)
{
    unsigned char random[12];
    flow->world->random(flow->world->ctx, random, sizeof(random));
    return fq_order_number(flow->conf.order_prefix, flow->conf.instance, fq_flow_now(flow), random,
                           arena);
}

static void flow_transacted(struct fq_tx *tx)
{
    struct fq_flow *flow = tx->passed;
    fq_writable_heard(flow, tx);
    if (tx->result >= 0 && tx->ledger != NULL && tx->ledger->events != NULL)
        fq_feed_wake(flow, tx->ledger->payment.merchant_id);
    tx->done = tx->told; /* it may be asked for again */
    tx->done(tx);
}

void fq_flow_transact(struct fq_flow *flow, struct fq_tx *tx)
{
    tx->passed = flow;
    tx->told = tx->done;
    tx->done = flow_transacted;
    flow->world->transact(flow->world->ctx, tx);
}

/* ---- payments that a drive works on ---- */

static struct fq_busy *busy_find(const struct fq_flow *flow, int64_t seq, uint32_t refund_n)
{
    struct fq_busy *busy = NULL;
    const struct fq_busy sought = { .key = { seq, refund_n } };
    HASH_FIND(hh, flow->busy, &sought.key, sizeof(sought.key), busy);
    return busy;
}

bool fq_flow_is_busy(const struct fq_flow *flow, int64_t seq, uint32_t refund_n)
{
    return busy_find(flow, seq, refund_n) != NULL;
}

void fq_flow_busy(struct fq_flow *flow, int64_t seq, uint32_t refund_n)
{
    struct fq_busy *busy = busy_find(flow, seq, refund_n);
    if (busy == NULL) {
        busy = fq_zalloc(sizeof(*busy));
        busy->key.seq = seq;
        busy->key.refund_n = refund_n;
        HASH_ADD(hh, flow->busy, key, sizeof(busy->key), busy);
    }
    busy->n_drives++;
    flow->n_running++;
}

void fq_flow_idle(struct fq_flow *flow, int64_t seq, uint32_t refund_n)
{
    struct fq_busy *busy = busy_find(flow, seq, refund_n);
    fq_assert(busy != NULL);
    flow->n_running--;
    if (--busy->n_drives > 0)
        return;
    HASH_DEL(flow->busy, busy);
    fq_free(busy);
}

#define ASK_EVERY_MS 10000

bool fq_flow_may_ask(struct fq_flow *flow, int64_t seq)
{
    int64_t now_ms = fq_flow_now(flow);
    if (fq_flow_is_busy(flow, seq, 0))
        return false;
    for (size_t i = 0; i < FQ_ASKED_N; i++) {
        int64_t age_ms = now_ms - flow->asked[i].at_ms; /* below 0: of a clock that was ahead */
        if (flow->asked[i].seq == seq && age_ms >= 0 && age_ms < ASK_EVERY_MS)
            return false;
    }
    flow->asked[flow->n_asked++ % FQ_ASKED_N] = (struct fq_asked){ seq, now_ms };
    return true;
}

/* ---- operations ---- */

static void flow_get_keys(struct fq_flow *flow, struct fq_operation *operation)
{
    operation->keys = flow->conf.keys;
    operation->n_keys = flow->conf.n_keys;
    fq_finish(flow, operation);
}

static void flow_get_info(struct fq_flow *flow, struct fq_operation *operation)
{
    operation->info = (struct fq_info){ .version = flow->conf.version,
                                        .instance = flow->conf.instance,
                                        .now_ms = fq_flow_now(flow) };
    fq_finish(flow, operation);
}

void fq_flow_operation(struct fq_flow *flow, struct fq_operation *operation)
{
    flow->n_running++;
    if (operation->deadline_ms > 0 && fq_flow_now(flow) > operation->deadline_ms) {
        fq_finish_with(flow, operation,
                       fq_status_refused(FQ_CODE_DEADLINE_EXCEEDED, "DEADLINE_PASSED",
                                         fq_lit("the request's deadline had passed on arrival")));
        return;
    }
    switch ((enum fq_operation_kind)operation->kind) {
    case FQ_OP_QUOTE_PLANS:
        fq_quote_run(flow, operation);
        return;
    case FQ_OP_CREATE_PAYMENT:
        fq_create_run(flow, operation);
        return;
    case FQ_OP_GET_PAYMENT:
        fq_get_payment_run(flow, operation);
        return;
    case FQ_OP_CLOSE_PAYMENT:
        fq_close_run(flow, operation);
        return;
    case FQ_OP_CREATE_REFUND:
        fq_create_refund_run(flow, operation);
        return;
    case FQ_OP_GET_REFUND:
        fq_get_refund_run(flow, operation);
        return;
    case FQ_OP_LIST_EVENTS:
        fq_list_events_run(flow, operation);
        return;
    case FQ_OP_GET_KEYS:
        flow_get_keys(flow, operation);
        return;
    case FQ_OP_GET_INFO:
        flow_get_info(flow, operation);
        return;
    case FQ_OP_LIST_CHANNELS:
        fq_channels_run(flow, operation);
        return;
    case FQ_OP_SUBSCRIBE:
        fq_subscribe_run(flow, operation);
        return;
    case FQ_OP_ACK_EVENTS:
        fq_ack_events_run(flow, operation);
        return;
    case FQ_OP_UNSET:
        break;
    }
    fq_finish_with(flow, operation,
                   fq_status_refused(FQ_CODE_UNIMPLEMENTED, "OPERATION_UNKNOWN",
                                     fq_lit("this daemon does not know the operation")));
}

void fq_finish(struct fq_flow *flow, struct fq_operation *operation)
{
    fq_assert(flow->n_running > 0);
    flow->n_running--;
    if (operation->status.code != FQ_CODE_OK)
        fq_say_refused(operation);
    operation->finish(operation);
}

void fq_finish_with(struct fq_flow *flow, struct fq_operation *operation, struct fq_status status)
{
    operation->status = status;
    fq_finish(flow, operation);
}

/* ---- visits ---- */

static void visit_text(struct fq_flow *flow, struct fq_visit *visit, uint32_t status,
                       struct fq_str text)
{
    visit->status = status;
    visit->answer_type = fq_str_starts(text, fq_lit("{")) ? fq_lit("application/json")
                                                          : fq_lit("text/plain; charset=utf-8");
    visit->answer_body = text;
    fq_visit_finish(flow, visit);
}

void fq_visit_finish(struct fq_flow *flow, struct fq_visit *visit)
{
    fq_assert(flow->n_running > 0);
    struct fq_catalog *catalog = visit->catalog;
    flow->n_running--;
    visit->finish(visit);
    fq_catalog_release(catalog);
}

struct fq_message fq_visit_message(const struct fq_visit *visit)
{
    struct fq_str url = visit->path;
    if (visit->query.len > 0)
        url = fq_arena_printf(visit->arena, "%.*s?%.*s", fq_str_arg(visit->path),
                              fq_str_arg(visit->query));
    return (struct fq_message){ .struct_size = sizeof(struct fq_message),
                                .method = visit->method,
                                .url = url,
                                .content_type = visit->content_type,
                                .body = visit->body };
}

void fq_flow_visit(struct fq_flow *flow, struct fq_visit *visit)
{
    static const struct {
        const char *prefix;
        void (*run)(struct fq_flow *flow, struct fq_visit *visit, struct fq_str rest);
    } routes[] = {
        { "/r/", fq_open_visit },
        { "/back/", fq_back_visit },
        { "/notify/", fq_notify_visit },
    };

    flow->n_running++;
    visit->catalog = fq_catalog_hold(flow->conf.catalog);
    for (size_t i = 0; i < fq_array_size(routes); i++) {
        struct fq_str prefix = fq_str_of(routes[i].prefix);
        if (fq_str_starts(visit->path, prefix)) {
            routes[i].run(flow, visit, fq_str_sub(visit->path, prefix.len, visit->path.len));
            return;
        }
    }
    if (fq_str_equal(visit->path, fq_lit("/.well-known/fenqi-keys")))
        visit_text(flow, visit, 200, fq_arena_copy(visit->arena, flow->conf.keys_json));
    else if (fq_str_equal(visit->path, fq_lit("/healthz")))
        visit_text(flow, visit, 200, fq_lit("ok\n"));
    else if (fq_str_equal(visit->path, fq_lit("/readyz")))
        visit_text(flow, visit, flow->is_draining ? 503 : 200,
                   flow->is_draining ? fq_lit("stopping\n") : fq_lit("ready\n"));
    else
        visit_text(flow, visit, 404, fq_lit("not found\n"));
}
