/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: the configuration is read again, checked whole, and taken at once or not at all. What
 * runs keeps the configuration that it began under. `fenqictl config` asks what would come of it.
 *
 * Thousands of merchants take a while to read and check: that is done on a thread of its own, while
 * the loop serves under what there is. */
#include <stdio.h>

#include <systemd/sd-daemon.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/settings.h"
#include "daemon/daemon.h"

#define LIVE_CHANNELS_MAX 1024
#define CHANGES_TOLD_MAX  200

/* A configuration that is read, and waits to hear which channels must stay. */
struct fq_reload {
    struct fq_daemon *daemon;
    struct fq_setup *next;            /* NULL: not even right by itself */
    struct fq_conf_errors *errors;    /* why it is not taken */
    struct fq_conf_changes changes;   /* what would be, or is, otherwise */
    struct fq_arena *texts;           /* of these */
    struct fq_setup *now;             /* what it is compared with; held */
    struct fq_job job;                /* reading it */
    int result;                       /* of that; a fault's trace stands in read.trace */
    struct fq_web_exchange *exchange; /* only asks what would come of it; NULL: it is taken */
    struct fq_reload_asker *asker;    /* who wants it taken; NULL: a signal */
    struct fq_read read;
};

static void reload_tell(struct fq_reload_asker *asker, const struct fq_conf_errors *errors,
                        const char *fault)
{
    if (asker != NULL)
        asker->told(asker, errors, fault);
}

static void reload_free(struct fq_reload *reload)
{
    fq_catalog_release(&reload->now->catalog); /* the changes tell what was there */
    fq_setup_free(reload->next);
    fq_conf_errors_free(reload->errors);
    fq_arena_free(reload->texts);
    fq_arena_free(reload->read.arena); /* and with it the reload */
}

/* ---- what cannot change while running ---- */

static struct fq_str reload_shown(struct fq_str value)
{
    return value.ptr != NULL ? value : fq_lit("not set");
}

static void reload_blame_fixed(struct fq_reload *reload)
{
    struct fq_conf_errors *errors = reload->errors;
    for (size_t i = 0; i < reload->changes.n; i++) {
        const struct fq_conf_change *one = &reload->changes.items[i];
        if (one->is_fixed)
            fq_conf_blame(reload->next->conf, errors, one->key,
                          fq_arena_printf(errors->arena,
                                          "cannot change while running: restart (is %.*s, would be "
                                          "%.*s)",
                                          fq_str_arg(reload_shown(one->from)),
                                          fq_str_arg(reload_shown(one->to))));
    }
}

/* ---- channels that must stay ---- */

static bool reload_has_channel(const struct fq_setup *setup, struct fq_str name)
{
    for (size_t i = 0; i < setup->catalog.n_channels; i++) {
        if (fq_str_equal(setup->catalog.channels[i]->conf->name, name))
            return true;
    }
    return false;
}

/* A channel with live payments cannot be removed: nobody else could ask about them. */
static void reload_blame_live(struct fq_reload *reload)
{
    const struct fq_read *read = &reload->read;
    for (uint32_t i = 0; i < read->n_rows; i++) {
        if (!reload_has_channel(reload->next, read->channels[i]))
            fq_conf_blame(reload->next->conf, reload->errors, fq_lit("channels"),
                          fq_arena_printf(read->arena,
                                          "%.*s has payments that are not final: keep it",
                                          fq_str_arg(read->channels[i])));
    }
}

/* ---- taking it ---- */

static void reload_idle(struct fq_catalog *catalog)
{
    struct fq_setup *setup = fq_container_of(catalog, struct fq_setup, catalog);
    if (setup->is_retired)
        fq_setup_free(setup);
}

static void reload_say_changes(const struct fq_conf_changes *changes)
{
    size_t n_told = 0;
    for (; n_told < changes->n && n_told < CHANGES_TOLD_MAX; n_told++) {
        const struct fq_conf_change *one = &changes->items[n_told];
        fq_log_always(LOG_NOTICE, FQ_MSG_RELOADED, "changed", FQ_LOG_STR("KEY", one->key),
                      FQ_LOG_STR("FROM", reload_shown(one->from)),
                      FQ_LOG_STR("TO", reload_shown(one->to)));
    }
    size_t n_more = changes->n - n_told + changes->n_more;
    if (n_more > 0)
        fq_log_always(LOG_NOTICE, FQ_MSG_RELOADED, "changed, too", FQ_LOG_INT("MORE", n_more));
}

/* Must not fail past this point. */
static void reload_take(struct fq_reload *reload)
{
    struct fq_daemon *daemon = reload->daemon;
    struct fq_setup *old = daemon->setup, *next = FQ_TAKE(reload->next);
    (void)pthread_mutex_lock(&daemon->setup_mutex);
    daemon->setup = next;
    (void)pthread_mutex_unlock(&daemon->setup_mutex);
    fq_flow_use(daemon->flow, &next->catalog, next->public_keys, next->n_public_keys,
                next->keys_json);
    fq_front_use_sealer(daemon->front, next->sealer);
    fq_log_level(next->conf->log_level);
    reload_say_changes(&reload->changes);
    fq_log(LOG_NOTICE, FQ_MSG_RELOADED, "reloaded",
           FQ_LOG_INT("CHANNELS", next->catalog.n_channels),
           FQ_LOG_INT("MERCHANTS", next->catalog.n_merchants),
           FQ_LOG_INT("SIGNING_KEYS", next->n_public_keys),
           FQ_LOG_INT("CHANGES", reload->changes.n + reload->changes.n_more));
    old->is_retired = true;
    old->catalog.idle = reload_idle;
    fq_catalog_release(fq_catalog_hold(&old->catalog)); /* frees it if nobody holds it now */
    (void)sd_notify(0, "READY=1\nSTATUS=serving");
}

static void reload_refuse(const struct fq_conf_errors *errors)
{
    for (size_t i = 0; i < errors->n; i++)
        fq_log_always(LOG_ERR, FQ_MSG_CONFIG_ERROR, "configuration error",
                      FQ_LOG_STR("ERROR", errors->lines[i]),
                      FQ_LOG_TEXT("NEXT", "correct the file; fenqid --check-config tests it"));
    fq_log(LOG_ERR, FQ_MSG_CONFIG_ERROR, "not reloaded", FQ_LOG_INT("ERRORS", errors->n),
           FQ_LOG_TEXT("NEXT", "the running configuration is kept"));
    (void)sd_notify(0, "READY=1\nSTATUS=serving; the last reload was refused: the log says why");
}

/* ---- its end ---- */

static void reload_finish(struct fq_reload *reload)
{
    struct fq_daemon *daemon = reload->daemon;
    if (reload->exchange != NULL) {
        fq_config_answer(reload->exchange, reload->errors, &reload->changes);
    } else {
        daemon->reload = NULL;
        bool is_refused = reload->errors->n > 0;
        if (is_refused)
            reload_refuse(reload->errors);
        else if (!daemon->is_stopping)
            reload_take(reload);
        reload_tell(reload->asker, is_refused ? reload->errors : NULL,
                    !is_refused && daemon->is_stopping ? "fenqid is stopping" : NULL);
    }
    reload_free(reload);
}

static void reload_fail(struct fq_reload *reload, const char *trace)
{
    fq_log(LOG_ERR, FQ_MSG_FAULT,
           reload->exchange != NULL ? "the configuration could not be looked at" : "not reloaded",
           FQ_LOG_TEXT("FAULT", "ours"), FQ_LOG_TEXT("TRACE", trace),
           FQ_LOG_TEXT("NEXT", "the running configuration is kept"));
    if (reload->exchange != NULL) {
        reload->exchange->status = 500;
        fq_web_answer(reload->exchange);
    } else {
        reload->daemon->reload = NULL;
        (void)sd_notify(0, "READY=1\nSTATUS=serving; the last reload failed: the log says why");
        reload_tell(reload->asker, NULL, trace);
    }
    reload_free(reload);
}

static void reload_read(struct fq_read *read)
{
    struct fq_reload *reload = read->flow;
    if (read->result < 0) {
        reload_fail(reload, read->trace);
        return;
    }
    reload_blame_live(reload);
    reload_finish(reload);
}

/* ---- its beginning ---- */

static int reload_load(struct fq_reload *reload)
{
    const struct fq_setup *now = reload->now;
    int r = fq_setup_load(reload->daemon->conf_path, &reload->next, &reload->errors);
    if (r != 0)
        return r;
    const struct fq_conf_side from = { now->conf, fq_prints_find, now };
    const struct fq_conf_side to = { reload->next->conf, fq_prints_find, reload->next };
    reload->errors = fq_conf_errors_new();
    fq_conf_compare(&from, &to, reload->texts, &reload->changes);
    if (fq_arena_is_full(reload->texts))
        return FQ_FAULT(-ENOMEM, "comparing configurations needs more than %zu bytes",
                        FQ_SETTINGS_SIZE_MAX);
    reload_blame_fixed(reload);
    return 0;
}

static struct fq_reload *reload_new(struct fq_daemon *daemon, struct fq_web_exchange *exchange)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_reload *reload = fq_arena_alloc(arena, sizeof(*reload));
    fq_assert(reload != NULL);
    reload->daemon = daemon;
    reload->exchange = exchange;
    reload->texts = fq_arena_new(FQ_SETTINGS_SIZE_MAX);
    reload->read = (struct fq_read){ .arena = arena,
                                     .kind = FQ_READ_LIVE_CHANNELS,
                                     .n_max = LIVE_CHANNELS_MAX,
                                     .done = reload_read,
                                     .flow = reload };
    return reload;
}

static void reload_run(struct fq_job *job)
{
    struct fq_reload *reload = fq_container_of(job, struct fq_reload, job);
    fq_trace_clear();
    reload->result = reload_load(reload);
    if (reload->result < 0)
        (void)snprintf(reload->read.trace, sizeof(reload->read.trace), "%s", fq_trace());
}

static void reload_loaded(struct fq_job *job)
{
    struct fq_reload *reload = fq_container_of(job, struct fq_reload, job);
    if (reload->result < 0)
        reload_fail(reload, reload->read.trace);
    else if (reload->result == FQ_CONF_E_INVALID)
        reload_finish(reload);
    else
        reload->daemon->world.read(reload->daemon->world.ctx, &reload->read);
}

static void reload_begin(struct fq_reload *reload)
{
    struct fq_daemon *daemon = reload->daemon;
    reload->now = daemon->setup;
    (void)fq_catalog_hold(&reload->now->catalog);
    reload->job = (struct fq_job){ .run = reload_run, .done = reload_loaded };
    if (fq_pool_run(daemon->reload_pool, &reload->job) == 0)
        return;
    (void)FQ_FAULT(-EAGAIN, "too many look at the configuration at once");
    reload_fail(reload, fq_trace());
}

void fq_reload_start(struct fq_daemon *daemon, struct fq_reload_asker *asker)
{
    char text[64];
    if (daemon->reload != NULL) {
        reload_tell(asker, NULL, "another reload is under way: ask again");
        return;
    }
    (void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
                   (long long)fq_clock_mono_us());
    (void)sd_notify(0, text);
    daemon->reload = reload_new(daemon, NULL);
    daemon->reload->asker = asker;
    reload_begin(daemon->reload);
}

void fq_reload_ask(struct fq_daemon *daemon, struct fq_web_exchange *exchange)
{
    reload_begin(reload_new(daemon, exchange));
}
