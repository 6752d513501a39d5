/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the bench share: a place with keys, a daemon in it, load on it, rows of
 * results. */
#ifndef FQ_BENCH_BENCH_H
#define FQ_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/evp.h>

#include "proto/client/fenqi.h"

/* Ends the bench: what is measured cannot be trusted any more. */
_Noreturn void bench_die(const char *file, int line, const char *what);
#define bench_check(condition)                         \
    do {                                               \
        if (!(condition))                              \
            bench_die(__FILE__, __LINE__, #condition); \
    } while (0)

#define BENCH_COUNT(array) (sizeof(array) / sizeof((array)[0]))

int64_t bench_now_us(void);
double bench_median(double *values, size_t n); /* sorts them */
double bench_percentile(double *values, size_t n, double percent);

/* ---- rows (table.c) ---- */

struct bench_row {
    const char *name;
    const char *unit;
    double value;
    double limit;  /* what it is measured against, in the same unit; 0: nothing */
    double budget; /* of the ratio, or of the value where there is no limit; 0: only reported */
    bool at_least; /* more is better */
};

void bench_row_add(struct bench_row row);
/* What a reader of the table would look for in vain. */
void bench_gap_add(const char *what);
/* Prints the table and writes the file; returns how many rows are over their budget. */
size_t bench_rows_finish(const char *path);

/* ---- a private folder with keys and a configuration (place.c) ---- */

struct bench_place {
    char folder[512];
    char conf[600];
    char store[600];
    char front[64]; /* endpoint */
    int front_port;
    int web_port;
    char server_public[41], server_secret[41];
    char client_public[41], client_secret[41];
    EVP_PKEY *platform; /* what the platform signs with */
    struct fenqi_key signing_key;
};

void bench_place_make(struct bench_place *place, const char *build);
void bench_place_remove(struct bench_place *place);
#define BENCH_APP_ID    "2021000000000001"
#define BENCH_SELLER_ID "2088000000000001"
#define BENCH_CHANNEL   "huabei"
#define BENCH_CHANNEL_2 "huabei-2"
#define BENCH_CARDS     "bankcard"

/* ---- the daemon as a process of its own (process.c) ---- */

struct bench_process {
    pid_t pid;
    int64_t started_us;
    int64_t ready_us;
};

/* Returns once it says that it is ready. */
void bench_process_start(struct bench_process *process, const struct bench_place *place,
                         const char *build);
void bench_process_stop(struct bench_process *process, int signal_number);
double bench_cpu_us(pid_t pid); /* of all its threads so far */
double bench_rss_mib(pid_t pid);

/* ---- load (load.c, web.c) ---- */

enum bench_kind {
    BENCH_INFO,       /* GetInfo: the smallest answer */
    BENCH_QUOTE,      /* QuotePlans for one channel */
    BENCH_QUOTES,     /* QuotePlans for two channels */
    BENCH_CARD_QUOTE, /* QuotePlans for bank cards */
    BENCH_CREATE,     /* CreatePayment */
    BENCH_PAGE,       /* CreatePayment, then POST /r/<token> */
    BENCH_CARD_PAGE,  /* the same with a bank card: the answer is a form */
    BENCH_GET,        /* GetPayment */
    BENCH_NOTIFY,     /* POST /notify/<channel> */
    BENCH_HEALTH,     /* GET /healthz: what a request costs that does nothing */
};

struct bench_load; /* connections, and the payments that were made over them */

struct bench_run {
    enum bench_kind kind;
    size_t n;
    size_t n_in_flight;
    double per_second; /* 0: as many in flight as may be, always */

    double wall_us;        /* of the whole run */
    double cpu_us;         /* of the daemon, for one request */
    double p50_us, p99_us; /* from when it was due to its answer */
};

struct bench_load *bench_load_new(const struct bench_place *place);
void bench_load_free(struct bench_load *load);
/* Connects to a daemon, new or started again, and closes what was open to the one before. */
void bench_load_connect(struct bench_load *load, pid_t daemon);
void bench_load_run(struct bench_load *load, struct bench_run *run);
/* Signs notifications for `n` opened orders, for a run of BENCH_NOTIFY. */
void bench_load_sign_notifications(struct bench_load *load, size_t n);
size_t bench_load_n_payments(const struct bench_load *load); /* made so far */
size_t bench_load_n_orders(const struct bench_load *load);   /* that can be notified about */
size_t bench_load_n_plans(const struct bench_load *load);    /* in the last answer that had some */

/* ---- requests and answers (ask.c) ---- */

struct bench_ask {
    const char *request_id;
    enum bench_kind kind;
    const char *payment_id; /* GET */
    size_t number;          /* CREATE: makes the key and the order unique */
    const unsigned char *quote;
    size_t n_quote;
};

size_t bench_ask_pack(const struct bench_ask *ask, unsigned char *ret, size_t size);
void *bench_ask_socket(void *context, const struct bench_place *place);

/* One HTTP connection, kept alive; not blocking. */
struct bench_web {
    int fd;
    void *user;
    size_t n;
    char bytes[16384];
};

void bench_web_open(struct bench_web *web, int port);
bool bench_web_is_closed(const struct bench_web *web);
void bench_web_send(struct bench_web *web, const char *method, const char *path, const char *body);
/* True once a whole answer is there: its status and the value of Location, if any. */
bool bench_web_read(struct bench_web *web, int *ret_status, char *ret_location, size_t size);

/* The value of a form field or query parameter, decoded; false: there is none. */
bool bench_form_value(const char *query, const char *name, char *ret, size_t size);
/* The body of a signed notification that an order was paid; to be freed. */
char *bench_notification(const struct bench_place *place, const char *order_number,
                         const char *amount);

/* ---- limits, measured here and now (limits.c) ---- */

struct bench_limits {
    double rsa_sign_us;
    double rsa_verify_us;
    double ed25519_sign_us;
    double ed25519_sign_long_us;
    double echo_us;          /* of the server's CPU, for one message over CURVE, full window */
    double row_us;           /* of CPU, for one row of many in a commit */
    double sync_us;          /* of CPU, for 4 KiB written and on disk */
    double fdatasync_p50_us; /* of the wall */
    double fdatasync_p99_us;
};

void bench_limits_measure(const struct bench_place *place, struct bench_limits *ret);
int bench_echo_main(void); /* the echo server, a process of its own */

/* ---- pushed events (events.c) ---- */

struct bench_events {
    size_t n_events, n_messages, n_bytes;
    int64_t first_us, last_us; /* when the first and the last message came */
};

/* A consumer on a thread of its own, of a group that stands at `cursor`, until it has so many; one
 * at a time. Returns once it is subscribed. */
struct bench_consumer;
struct bench_consumer *bench_consumer_start(const struct bench_place *place, int64_t cursor,
                                            size_t n_wanted);
struct bench_events bench_consumer_join(struct bench_consumer *consumer);
int64_t bench_events_newest(const struct bench_place *place); /* its cursor */
/* Adds so many to the log; no daemon runs. */
void bench_events_fill(const struct bench_place *place, size_t n);
/* As many messages of their size through a plain PUSH and PULL, from the first that is sent to the
 * last that comes. */
double bench_plain_push_us(const struct bench_events *events);

/* ---- the measures (measure.c) ---- */

struct bench_conf {
    const char *build;
    size_t n_payments; /* stored, for memory and starts */
    size_t n_events;   /* that a consumer is behind */
    size_t n_runs;
    const char *only; /* part of the names of what is measured; NULL: everything */
};

void bench_measure(const struct bench_conf *conf);

#endif
