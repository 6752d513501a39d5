/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator asks of the daemon itself: the log's level, a reload, merchants, adapters. */
#include "daemon/operator.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/log.h"
#include "daemon/plugin/loader.h"

/* ---- answers ---- */

void fq_operator_answer(struct fq_operator_ask *ask, uint32_t status)
{
    struct fq_web_exchange *exchange = ask->exchange;
    struct fq_str body = fq_lit("{\"error\":{\"reason\":\"TOO_LARGE\"}}\n");
    fq_buf_add_char(&ask->answer, '\n');
    exchange->status = fq_buf_finish(&ask->answer, &body) == 0 ? status : 500;
    exchange->answer_type = fq_lit("application/json");
    exchange->answer_body = body;
    fq_web_answer(exchange);
}

void fq_operator_refuse(struct fq_operator_ask *ask, uint32_t status, const char *reason,
                        struct fq_str text, const char *next)
{
    fq_buf_add(&ask->answer, fq_lit("{\"error\":{"));
    fq_json_write_member(&ask->answer, "reason", fq_str_of(reason));
    fq_json_write_member(&ask->answer, "text", text);
    fq_json_write_member(&ask->answer, "next", fq_str_of(next));
    fq_buf_add(&ask->answer, fq_lit("}}"));
    fq_operator_answer(ask, status);
}

static void operator_say(const struct fq_operator_ask *ask, const char *what, struct fq_str about)
{
    fq_log_always(LOG_NOTICE, FQ_MSG_OPERATOR, "the operator asked", FQ_LOG_TEXT("WHAT", what),
                  FQ_LOG_STR("ABOUT", about), FQ_LOG_INT("UID", ask->exchange->peer_uid),
                  FQ_LOG_INT("PID", ask->exchange->peer_pid));
}

/* ---- POST /v1/log {"level"} ---- */

static void operator_log_level(struct fq_operator_ask *ask)
{
    static const struct {
        const char *name;
        int level;
    } levels[] = { { "error", LOG_ERR },
                   { "warning", LOG_WARNING },
                   { "notice", LOG_NOTICE },
                   { "info", LOG_INFO },
                   { "debug", LOG_DEBUG } };
    struct fq_str wanted = fq_json_get_text(ask->asked, "level");
    for (size_t i = 0; i < fq_array_size(levels); i++) {
        if (!fq_str_equal(wanted, fq_str_of(levels[i].name)))
            continue;
        operator_say(ask, "log level", wanted);
        fq_log_level(levels[i].level);
        fq_buf_add_char(&ask->answer, '{');
        fq_json_write_member(&ask->answer, "level", wanted);
        fq_buf_add_char(&ask->answer, '}');
        fq_operator_answer(ask, 200);
        return;
    }
    fq_operator_refuse(ask, 400, "LEVEL_UNKNOWN",
                       fq_lit("a level is error, warning, notice, info or debug"), "");
}

/* ---- POST /v1/reload ---- */

static void operator_reloaded(struct fq_reload_asker *asker, const struct fq_conf_errors *errors,
                              const char *fault)
{
    struct fq_operator_ask *ask = fq_container_of(asker, struct fq_operator_ask, asker);
    struct fq_buf *buf = &ask->answer;
    if (fault != NULL) {
        fq_operator_refuse(ask, 503, "NOT_RELOADED", fq_str_of(fault), "");
        return;
    }
    fq_buf_add_char(buf, '{');
    if (errors != NULL) {
        fq_json_write_name(buf, "error");
        fq_buf_add_char(buf, '{');
        fq_json_write_member(buf, "reason", fq_lit("CONF_INVALID"));
        fq_json_write_member(buf, "text",
                             fq_lit("the configuration is not good: the running one "
                                    "is kept"));
        fq_json_write_member(buf, "next", fq_lit("fenqid --check-config"));
        fq_buf_add_char(buf, '}');
    }
    fq_json_write_bool(buf, "reloaded", errors == NULL);
    fq_json_write_name(buf, "mistakes");
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; errors != NULL && i < errors->n; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",") : fq_lit(""));
        fq_json_write_text(buf, errors->lines[i]);
    }
    fq_buf_add(buf, fq_lit("]}"));
    fq_operator_answer(ask, errors == NULL ? 200 : 409);
}

static void operator_reload(struct fq_operator_ask *ask)
{
    operator_say(ask, "reload", fq_lit(""));
    ask->asker.told = operator_reloaded;
    fq_reload_start(ask->daemon, &ask->asker);
}

/* ---- GET /v1/merchants ---- */

static void operator_texts(struct fq_buf *buf, const char *name, const struct fq_str *texts,
                           size_t n)
{
    fq_json_write_name(buf, name);
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < n; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",") : fq_lit(""));
        fq_json_write_text(buf, texts[i]);
    }
    fq_buf_add_char(buf, ']');
}

static void operator_merchants(struct fq_operator_ask *ask)
{
    const struct fq_catalog *catalog = &ask->daemon->setup->catalog;
    struct fq_buf *buf = &ask->answer;
    fq_buf_add(buf, fq_lit("{\"merchants\":["));
    for (size_t i = 0; i < catalog->n_merchants; i++) {
        const struct fq_merchant *merchant = &catalog->merchants[i];
        fq_buf_add(buf, i > 0 ? fq_lit(",{") : fq_lit("{"));
        fq_json_write_member(buf, "id", merchant->id);
        fq_json_write_member(buf, "name", merchant->name);
        fq_json_write_bool(buf, "disabled", merchant->is_disabled);
        operator_texts(buf, "client_keys", merchant->client_keys, merchant->n_client_keys);
        operator_texts(buf, "channels", merchant->channels, merchant->n_channels);
        fq_json_write_member(buf, "file", merchant->file);
        fq_buf_add_char(buf, '}');
    }
    fq_buf_add(buf, fq_lit("]}"));
    fq_operator_answer(ask, 200);
}

/* ---- GET /v1/adapters ---- */

static void operator_adapters(struct fq_operator_ask *ask)
{
    const struct fq_catalog *catalog = &ask->daemon->setup->catalog;
    struct fq_buf *buf = &ask->answer;
    fq_buf_add(buf, fq_lit("{\"adapters\":["));
    for (size_t i = 0; i < catalog->n_channels; i++) {
        const struct fq_channel *channel = catalog->channels[i];
        fq_buf_add(buf, i > 0 ? fq_lit(",{") : fq_lit("{"));
        fq_json_write_member(buf, "channel", channel->conf->name);
        fq_json_write_member(buf, "adapter", fq_str_of(channel->adapter->name));
        fq_json_write_member(buf, "version", fq_str_of(channel->adapter->version));
        fq_json_write_int(buf, "abi", channel->adapter->abi_version);
        fq_json_write_member(buf, "file", fq_str_of(fq_loader_path(channel->loader)));
        fq_json_write_bool(buf, "replaced", fq_loader_is_replaced(channel->loader));
        fq_buf_add_char(buf, '}');
    }
    fq_buf_add(buf, fq_lit("]}"));
    fq_operator_answer(ask, 200);
}

/* ---- an exchange ---- */

static const struct operator_route {
    const char *method;
    const char *path;
    void (*run)(struct fq_operator_ask *ask);
} operator_routes[] = {
    { "POST", "/v1/log", operator_log_level },      { "POST", "/v1/reload", operator_reload },
    { "GET", "/v1/merchants", operator_merchants }, { "GET", "/v1/adapters", operator_adapters },
    { "GET", "/v1/keys", fq_operator_keys },
};

static const struct operator_route *operator_find(const struct fq_web_exchange *exchange)
{
    for (size_t i = 0; i < fq_array_size(operator_routes); i++) {
        if (fq_str_equal(exchange->method, fq_str_of(operator_routes[i].method)) &&
            fq_str_equal(exchange->path, fq_str_of(operator_routes[i].path)))
            return &operator_routes[i];
    }
    return NULL;
}

/* What changes something says what it wants in JSON. */
static bool operator_take_body(struct fq_operator_ask *ask)
{
    if (ask->daemon->is_stopping) {
        fq_operator_refuse(ask, 503, "STOPPING", fq_lit("fenqid is stopping"), "");
        return false;
    }
    if (fq_json_read(ask->exchange->body, ask->exchange->arena, &ask->asked) != 0 ||
        ask->asked->type != FQ_JSON_OBJECT) {
        fq_operator_refuse(ask, 400, "BODY_INVALID", fq_lit("the body must be a JSON object"), "");
        return false;
    }
    return true;
}

bool fq_operator_request(struct fq_daemon *daemon, struct fq_web_exchange *exchange)
{
    const struct operator_route *route = operator_find(exchange);
    if (route == NULL)
        return false;
    struct fq_operator_ask *ask = fq_arena_alloc(exchange->arena, sizeof(*ask));
    if (ask == NULL) {
        exchange->status = 503;
        fq_web_answer(exchange);
        return true;
    }
    ask->daemon = daemon;
    ask->exchange = exchange;
    fq_buf_init(&ask->answer, exchange->arena, FQ_OPERATOR_ANSWER_MAX);
    if (route->method[0] == 'G' || operator_take_body(ask))
        route->run(ask);
    return true;
}
