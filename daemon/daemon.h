/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon: its parts, started and stopped in order. */
#ifndef FQ_DAEMON_H
#define FQ_DAEMON_H

#include <pthread.h>

#include "daemon/conf/settings.h"
#include "daemon/crypto/box.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/seal.h"
#include "daemon/flow/flow.h"
#include "daemon/io/front.h"
#include "daemon/io/http.h"
#include "daemon/io/loop.h"
#include "daemon/io/web.h"
#include "daemon/metrics.h"
#include "daemon/store/store.h"

#define FQ_TOKEN_KEY_SIZE    32
#define FQ_SETTINGS_SIZE_MAX ((size_t)64 << 20) /* of two configurations as settings */
#define FQ_PURPOSES_N        6                  /* of MACs (world.c) */

/* One configuration and all that was opened for it. Immutable; a reload makes another one. */
struct fq_setup {
    struct fq_catalog catalog;
    struct fq_conf *conf;
    struct fq_arena *arena;
    struct fq_sealer *sealer;
    struct fq_box *payer_box; /* NULL: no key, payers are refused */
    unsigned char token_key[FQ_TOKEN_KEY_SIZE];
    char curve_secret[41];
    char next_curve_secret[41]; /* of the next endpoints */
    struct fq_public_key *public_keys;
    size_t n_public_keys;
    struct fq_str keys_json;
    struct fq_client *clients; /* client key -> merchant (clients.c) */
    struct fq_print *prints;   /* what was in the files of keys (prints.c) */
    bool is_retired;           /* freed once nobody holds it */
};

struct fq_daemon {
    const char *conf_path;
    struct fq_setup *setup;      /* the current one */
    pthread_mutex_t setup_mutex; /* of `setup` as ZAP's thread sees it */
    struct fq_reload *reload;    /* one that waits for the store; NULL: none */

    /* running */
    struct fq_home *home;
    struct fq_timers *timers;
    struct fq_pool *pool;        /* adapters */
    struct fq_pool *reply_pool;  /* replies, so that reading never waits behind an RSA signature */
    struct fq_pool *reload_pool; /* one thread, on which a configuration is read */
    struct fq_http *http;
    struct fq_store *store;
    struct fq_front *front;
    struct fq_web *web;
    struct fq_web *control;       /* for fenqictl; NULL: none */
    struct fq_web *audit;         /* for those who may only look; NULL: none */
    struct fq_watchdog *watchdog; /* NULL: systemd wants none */
    struct fq_world world;
    struct fq_mac *macs[FQ_PURPOSES_N]; /* a reload keeps the token key */
    struct fq_flow *flow;
    struct fq_loop loop;
    struct fq_metrics *metrics;
    struct fq_timer web_timer;
    int64_t started_ms;
    bool is_stopping;
};

/* Reads the file and opens everything that can be checked without running: keys, adapters,
 * channels. 0 and *ret only if there was no mistake; otherwise FQ_CONF_E_INVALID and *ret_errors
 * says them all, with file and line. (setup.c) */
int fq_setup_load(const char *path, struct fq_setup **ret, struct fq_conf_errors **ret_errors);
void fq_setup_free(struct fq_setup *setup);
FQ_DEFINE_CLEANUP(fq_setup);

/* Opens the control sockets that are configured; fq_web_free() closes them. (control.c) */
int fq_control_open(struct fq_daemon *daemon);

/* Channels that the operator paused before this start. (pauses.c) */
int fq_pauses_load(struct fq_daemon *daemon);

/* Keeps what is in the files of keys, as it was when these were read; tells it for a path, absent
 * if it could not be read. (prints.c) */
void fq_prints_take(struct fq_setup *setup);
struct fq_str fq_prints_find(const void *setup, struct fq_str path);

/* Who wants to know what came of a reload: told once. Both NULL: it was taken; otherwise all
 * mistakes of the file, or a fault. */
struct fq_reload_asker {
    void (*told)(struct fq_reload_asker *asker, const struct fq_conf_errors *errors,
                 const char *fault);
};

/* SIGHUP (asker NULL), or the operator: all or nothing. (reload.c) */
void fq_reload_start(struct fq_daemon *daemon, struct fq_reload_asker *asker);
/* What would come of it, as the answer to a question. (reload.c, config.c) */
void fq_reload_ask(struct fq_daemon *daemon, struct fq_web_exchange *exchange);
void fq_config_answer(struct fq_web_exchange *exchange, const struct fq_conf_errors *errors,
                      const struct fq_conf_changes *changes);

/* What the operator asks of the daemon itself, not of its payments: the log's level, a reload, the
 * merchants, adapters and keys. False: this exchange asks nothing of that. (operator.c) */
bool fq_operator_request(struct fq_daemon *daemon, struct fq_web_exchange *exchange);

/* The merchant whose client key this is; NULL: a stranger. Safe on any thread. (clients.c) */
const struct fq_merchant *fq_clients_find(const struct fq_client *clients,
                                          struct fq_str client_key);
void fq_clients_add(struct fq_client **clients, struct fq_str client_key,
                    const struct fq_merchant *merchant);
void fq_clients_free(struct fq_client **clients);

/* What the parts are like, as families of metrics. (metrics_parts.c) */
void fq_metrics_parts(const struct fq_daemon *daemon, struct fq_buf *buf);

/* Fills daemon->world with the real clock, threads, store and network. (world.c) */
void fq_world_fill(struct fq_daemon *daemon);
void fq_world_empty(struct fq_daemon *daemon);

/* A listening socket that systemd handed over, for the web; *ret_fd stays as it is if there is
 * none. (inherited.c) */
int fq_inherited_web(int *ret_fd);

/* Pings systemd while everything is alive, if it wants to be. Stopped after the store. (watchdog.c)
 */
void fq_watchdog_start(struct fq_daemon *daemon);
void fq_watchdog_stop(struct fq_daemon *daemon);

/* Runs until SIGTERM or SIGINT, then drains. 0, or a fault. (daemon.c) */
int fq_daemon_run(struct fq_daemon *daemon);

#endif
