/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: the configuration is read again, checked whole, and taken at once or not at all. What
 * runs keeps the configuration that it began under. */
#include <stdio.h>

#include <systemd/sd-daemon.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/daemon.h"

#define LIVE_CHANNELS_MAX 1024

/* A configuration that is good by itself, and waits to hear which channels must stay. */
struct fq_reload {
    struct fq_daemon *daemon;
    struct fq_setup *next;
    struct fq_read read;
};

static void reload_end(struct fq_reload *reload)
{
    reload->daemon->reload = NULL;
    fq_setup_free(reload->next);
    fq_arena_free(reload->read.arena); /* and with it the reload */
    (void)sd_notify(0, "READY=1");
}

static void reload_refuse(const struct fq_conf_errors *errors)
{
    for (size_t i = 0; i < errors->n; i++)
        fq_log(LOG_ERR, FQ_MSG_CONFIG_ERROR, "configuration error",
               FQ_LOG_STR("ERROR", errors->lines[i]));
    fq_log(LOG_ERR, FQ_MSG_CONFIG_ERROR, "not reloaded", FQ_LOG_INT("ERRORS", errors->n),
           FQ_LOG_TEXT("NEXT", "the running configuration is kept"));
}

/* ---- what cannot change while running ---- */

static void reload_blame(const struct fq_conf *next, struct fq_conf_errors *errors, const char *key)
{
    fq_conf_blame(next, errors, fq_str_of(key), fq_lit("cannot change while running: restart"));
}

static void reload_check_texts(const struct fq_setup *now, const struct fq_setup *next,
                               struct fq_conf_errors *errors)
{
    const struct fq_conf *a = now->conf, *b = next->conf;

    const struct {
        const char *key;
        struct fq_str now, next;
    } texts[] = {
        { "instance", a->instance, b->instance },
        { "order_prefix", a->order_prefix, b->order_prefix },
        { "web.address", a->web_address, b->web_address },
        { "web.public_url", a->public_url, b->public_url },
        { "control.path", a->control_path, b->control_path },
        { "store.path", a->store_path, b->store_path },
        { "front.curve_secret_file", fq_str_of(now->curve_secret), fq_str_of(next->curve_secret) },
        { "signing.token_key_file",
          { (const char *)now->token_key, sizeof(now->token_key) },
          { (const char *)next->token_key, sizeof(next->token_key) } },
    };

    for (size_t i = 0; i < fq_array_size(texts); i++) {
        if (!fq_str_equal(texts[i].now, texts[i].next))
            reload_blame(b, errors, texts[i].key);
    }
}

static void reload_check_numbers(const struct fq_conf *a, const struct fq_conf *b,
                                 struct fq_conf_errors *errors)
{
    const struct {
        const char *key;
        int64_t now, next;
    } numbers[] = {
        { "front.message_size_max", a->message_size_max, b->message_size_max },
        { "front.in_flight_max", a->n_in_flight_max, b->n_in_flight_max },
        { "front.in_flight_per_merchant", a->n_in_flight_per_merchant,
          b->n_in_flight_per_merchant },
        { "front.rate_per_second", a->rate_per_second, b->rate_per_second },
        { "front.rate_burst", a->rate_burst, b->rate_burst },
        { "web.body_size_max", a->web_body_size_max, b->web_body_size_max },
        { "web.connections_max", a->n_web_connections_max, b->n_web_connections_max },
        { "control.mode", a->control_mode, b->control_mode },
        { "work.workers", a->n_workers, b->n_workers },
        { "poll.first", a->poll_first_ms, b->poll_first_ms },
        { "poll.max", a->poll_max_ms, b->poll_max_ms },
        { "log.sink", a->log_sink, b->log_sink },
    };

    for (size_t i = 0; i < fq_array_size(numbers); i++) {
        if (numbers[i].now != numbers[i].next)
            reload_blame(b, errors, numbers[i].key);
    }
}

static void reload_check_endpoints(const struct fq_conf *a, const struct fq_conf *b,
                                   struct fq_conf_errors *errors)
{
    bool is_same = a->n_endpoints == b->n_endpoints;
    for (size_t i = 0; is_same && i < a->n_endpoints; i++)
        is_same = fq_str_equal(a->endpoints[i], b->endpoints[i]);
    if (!is_same)
        reload_blame(b, errors, "front.endpoints");
}

/* ---- taking it ---- */

static bool reload_has_channel(const struct fq_setup *setup, struct fq_str name)
{
    for (size_t i = 0; i < setup->catalog.n_channels; i++) {
        if (fq_str_equal(setup->catalog.channels[i]->conf->name, name))
            return true;
    }
    return false;
}

static void reload_idle(struct fq_catalog *catalog)
{
    struct fq_setup *setup = fq_container_of(catalog, struct fq_setup, catalog);
    if (setup->is_retired)
        fq_setup_free(setup);
}

static void reload_say_channels(const struct fq_setup *from, const struct fq_setup *to,
                                const char *what)
{
    for (size_t i = 0; i < from->catalog.n_channels; i++) {
        struct fq_str name = from->catalog.channels[i]->conf->name;
        if (!reload_has_channel(to, name))
            fq_log(LOG_NOTICE, FQ_MSG_RELOADED, what, FQ_LOG_STR("CHANNEL", name));
    }
}

/* Must not fail past this point. */
static void reload_take(struct fq_daemon *daemon, struct fq_setup *next)
{
    struct fq_setup *old = daemon->setup;
    (void)pthread_mutex_lock(&daemon->setup_mutex);
    daemon->setup = next;
    (void)pthread_mutex_unlock(&daemon->setup_mutex);
    fq_flow_use(daemon->flow, &next->catalog, next->public_keys, next->n_public_keys,
                next->keys_json);
    fq_front_use_sealer(daemon->front, next->sealer);
    fq_log_level(next->conf->log_level);
    reload_say_channels(next, old, "channel added");
    reload_say_channels(old, next, "channel removed");
    fq_log(LOG_NOTICE, FQ_MSG_RELOADED, "reloaded",
           FQ_LOG_INT("CHANNELS", next->catalog.n_channels),
           FQ_LOG_INT("MERCHANTS", next->catalog.n_merchants),
           FQ_LOG_INT("SIGNING_KEYS", next->n_public_keys));
    old->is_retired = true;
    old->catalog.idle = reload_idle;
    fq_catalog_release(fq_catalog_hold(&old->catalog)); /* frees it if nobody holds it now */
}

/* A channel with live payments cannot be removed: nobody else could ask about them. */
static void reload_check_live(const struct fq_setup *next, const struct fq_read *read,
                              struct fq_conf_errors *errors)
{
    for (uint32_t i = 0; i < read->n_rows; i++) {
        if (!reload_has_channel(next, read->channels[i]))
            fq_conf_blame(next->conf, errors, fq_lit("channels"),
                          fq_arena_printf(read->arena,
                                          "%.*s has payments that are not final: keep it",
                                          fq_str_arg(read->channels[i])));
    }
}

static void reload_read(struct fq_read *read)
{
    struct fq_reload *reload = read->flow;
    FQ_CLEANUP(fq_conf_errors) *errors = fq_conf_errors_new();
    if (read->result < 0)
        fq_log(LOG_ERR, FQ_MSG_FAULT, "not reloaded", FQ_LOG_TEXT("FAULT", "ours"),
               FQ_LOG_TEXT("TRACE", read->trace));
    if (read->result < 0 || reload->daemon->is_stopping) {
        reload_end(reload);
        return;
    }
    reload_check_live(reload->next, read, errors);
    if (errors->n > 0)
        reload_refuse(errors);
    else
        reload_take(reload->daemon, FQ_TAKE(reload->next));
    reload_end(reload);
}

/* NULL, after saying why, if the file is not to be taken. */
static struct fq_setup *reload_load(struct fq_daemon *daemon)
{
    FQ_CLEANUP(fq_setup) *next = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    int r = fq_setup_load(daemon->conf_path, &next, &errors);
    if (r < 0) {
        fq_log(LOG_ERR, FQ_MSG_FAULT, "not reloaded", FQ_LOG_TEXT("FAULT", "ours"),
               FQ_LOG_TEXT("TRACE", fq_trace()));
        return NULL;
    }
    if (r == 0) {
        errors = fq_conf_errors_new();
        reload_check_texts(daemon->setup, next, errors);
        reload_check_numbers(daemon->setup->conf, next->conf, errors);
        reload_check_endpoints(daemon->setup->conf, next->conf, errors);
    }
    if (errors->n > 0) {
        reload_refuse(errors);
        return NULL;
    }
    return FQ_TAKE(next);
}

void fq_reload_start(struct fq_daemon *daemon)
{
    char text[64];
    if (daemon->reload != NULL)
        return; /* one is being taken already */
    (void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
                   (long long)fq_clock_mono_us());
    (void)sd_notify(0, text);
    struct fq_setup *next = reload_load(daemon);
    if (next == NULL) {
        (void)sd_notify(0, "READY=1");
        return;
    }
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_reload *reload = fq_arena_alloc(arena, sizeof(*reload));
    fq_assert(reload != NULL);
    reload->daemon = daemon;
    reload->next = next;
    reload->read = (struct fq_read){ .arena = arena,
                                     .kind = FQ_READ_LIVE_CHANNELS,
                                     .n_max = LIVE_CHANNELS_MAX,
                                     .done = reload_read,
                                     .flow = reload };
    daemon->reload = reload;
    daemon->world.read(daemon->world.ctx, &reload->read);
}
