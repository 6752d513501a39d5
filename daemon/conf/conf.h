/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: one libconfig file (and merchants.d/), checked by a schema table, as structs.
 */
#ifndef FQ_CONF_CONF_H
#define FQ_CONF_CONF_H

#include "daemon/base/arena.h"
#include "daemon/core/channel_conf.h"
#include "daemon/core/merchant.h"

struct fq_signing_key_conf {
    struct fq_str key_id;
    struct fq_str file;
    bool is_signing;
};

/* Everything the daemon needs to start. Immutable; slices live in `arena`. Paths are absolute
 * (taken relative to the file that names them). */
struct fq_conf {
    struct fq_arena *arena;

    struct fq_str instance;     /* 2 of [0-9A-Za-z], in order numbers: unique per ledger */
    struct fq_str order_prefix; /* 1..4 of [0-9A-Za-z]: one per environment */

    /* front */
    const struct fq_str *endpoints; /* "tcp://127.0.0.1:7766", "ipc:///run/fenqid/front" */
    size_t n_endpoints;
    struct fq_str curve_secret_file; /* Z85 secret key, 0600 */
    const struct fq_str
        *next_endpoints; /* where the next key serves already; none: there is none */
    size_t n_next_endpoints;
    struct fq_str next_curve_secret_file;
    int64_t message_size_max; /* bytes; 64KiB */
    int64_t n_in_flight_max;  /* requests inside the daemon at once */
    int64_t n_in_flight_per_merchant;
    int64_t rate_per_second; /* default per merchant */
    int64_t rate_burst;

    /* web */
    struct fq_str web_address; /* "127.0.0.1:8080"; port 0 = any free one (tests) */
    struct fq_str public_url; /* "https://pay.example.com": what buyers and platforms use; http only
                                 for loopback hosts */
    int64_t web_body_size_max;
    int64_t n_web_connections_max;
    const struct fq_str *metrics_from; /* who may GET /metrics there; none: nobody */
    size_t n_metrics_from;

    /* control: where fenqictl asks; empty: nowhere */
    struct fq_str control_path;
    uint32_t control_mode;            /* of that socket's file */
    struct fq_str control_audit_path; /* likewise, for those who may only look; empty: nowhere */

    /* store */
    struct fq_str store_path;

    /* log */
    uint32_t log_sink; /* fq_log_sink */
    int log_level;

    /* signing */
    const struct fq_signing_key_conf *signing_keys;
    size_t n_signing_keys;
    struct fq_str token_key_file;         /* 32 random bytes, base64, 0600 */
    const struct fq_str *payer_key_files; /* likewise, for payers' data at rest: the first seals,
                                             all open; none: payers are refused */
    size_t n_payer_key_files;

    /* work */
    int64_t n_workers; /* 0 = one per core */
    struct fq_str adapters_dir;

    /* asking the platform */
    int64_t poll_first_ms; /* first query of an opened attempt, then backing off to... */
    int64_t poll_max_ms;

    /* events */
    int64_t events_lease_ms; /* after so much silence another consumer of the group takes over */

    const struct fq_channel_conf *channels;
    size_t n_channels;
    struct fq_str merchants_dir;
    const struct fq_merchant *merchants;
    size_t n_merchants;
};

/* One mistake, ready to print: "/etc/fenqid/fenqid.conf:41: channel.huabei.timeout: must be
 * 100ms..120s, is "5min"". */
struct fq_conf_errors {
    struct fq_arena *arena;
    struct fq_str *lines;
    size_t n;
};

enum {
    FQ_CONF_E_INVALID = 1, /* at least one line in *ret_errors: all mistakes, not the first */
};

/* Reads and checks the file and what it includes. Opens no key and no adapter. */
int fq_conf_load(const char *path, struct fq_conf **ret, struct fq_conf_errors **ret_errors);

/* Where a value stands, for mistakes that only others can find (a key file that is swapped, a
 * setting that the adapter refuses): `key` like "channels.huabei.settings.app_id". Adds a line to
 * errors. */
void fq_conf_blame(const struct fq_conf *conf, struct fq_conf_errors *errors, struct fq_str key,
                   struct fq_str reason);

struct fq_conf_errors *fq_conf_errors_new(void);
void fq_conf_errors_free(struct fq_conf_errors *errors);
void fq_conf_free(struct fq_conf *conf);
FQ_DEFINE_CLEANUP(fq_conf);
FQ_DEFINE_CLEANUP(fq_conf_errors);

#endif
