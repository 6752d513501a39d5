/* SPDX-License-Identifier: Apache-2.0 */
/* The measures: what is asked of the daemon, in which order, and what each is held against. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define RUNS_MAX        64
#define IN_FLIGHT       256
#define IDLE_S          2
#define LATENCY_RATE    300
#define LATENCY_N       900
#define WARM_UP_PART    8 /* of a run goes before it */
#define WARM_UP_N       500
#define FILL_N          10000
#define BURST_N         500 /* payments that a kill finds in the log */
#define LIVE_EVENTS_N   2000
#define RSS_BUDGET_MIB  64
#define READY_BUDGET_MS 200
#define SERVE_BUDGET_MS 1000
#define GROWTH_BUDGET   1.15

enum measure_limit { LIMIT_NONE, LIMIT_PAGE, LIMIT_CREATE, LIMIT_ANSWER, LIMIT_NOTIFY };

static struct measure_item {
    const char *name;
    enum bench_kind kind;
    size_t n;
    size_t n_in_flight;
    enum measure_limit limit;
    double budget;
    double cpu_us[RUNS_MAX];
    double per_second[RUNS_MAX];
} items[] = {
    { "page payment (CreatePayment + POST /r/): CPU, saturated",
      BENCH_PAGE,
      5000,
      IN_FLIGHT,
      LIMIT_PAGE,
      1.35,
      { 0 },
      { 0 } },
    { "page payment: CPU, one in flight", BENCH_PAGE, 300, 1, LIMIT_PAGE, 2, { 0 }, { 0 } },
    { "card page payment, answered with a form: CPU, saturated",
      BENCH_CARD_PAGE,
      3000,
      IN_FLIGHT,
      LIMIT_PAGE,
      0,
      { 0 },
      { 0 } },
    { "CreatePayment alone: CPU, saturated",
      BENCH_CREATE,
      4000,
      IN_FLIGHT,
      LIMIT_CREATE,
      0,
      { 0 },
      { 0 } },
    { "CreatePayment alone: CPU, one in flight",
      BENCH_CREATE,
      500,
      1,
      LIMIT_CREATE,
      0,
      { 0 },
      { 0 } },
    { "GetPayment: CPU, saturated", BENCH_GET, 15000, IN_FLIGHT, LIMIT_ANSWER, 1.4, { 0 }, { 0 } },
    { "GetPayment: CPU, one in flight", BENCH_GET, 1000, 1, LIMIT_ANSWER, 0, { 0 }, { 0 } },
    { "QuotePlans, one channel, 4 plans: CPU, saturated",
      BENCH_QUOTE,
      10000,
      IN_FLIGHT,
      LIMIT_ANSWER,
      2,
      { 0 },
      { 0 } },
    { "QuotePlans, two channels, 8 plans: CPU, saturated",
      BENCH_QUOTES,
      6000,
      IN_FLIGHT,
      LIMIT_ANSWER,
      2,
      { 0 },
      { 0 } },
    { "GetInfo: CPU, saturated", BENCH_INFO, 15000, IN_FLIGHT, LIMIT_ANSWER, 0, { 0 }, { 0 } },
    { "notification: CPU, saturated", BENCH_NOTIFY, 1500, 64, LIMIT_NOTIFY, 3, { 0 }, { 0 } },
    { "notification: CPU, one in flight", BENCH_NOTIFY, 300, 1, LIMIT_NOTIFY, 0, { 0 }, { 0 } },
    { "GET /healthz over HTTP: CPU, saturated",
      BENCH_HEALTH,
      8000,
      64,
      LIMIT_NONE,
      0,
      { 0 },
      { 0 } },
};

struct measure {
    const struct bench_conf *conf;
    struct bench_place place;
    struct bench_process process;
    struct bench_load *load;
    struct bench_limits limits; /* medians */
    double idle_us;             /* CPU in a second */
    double start_empty_ms;
};

static struct measure measure;

static void measure_clean_up(void)
{
    bench_process_stop(&measure.process, SIGKILL);
    bench_place_remove(&measure.place);
}

static void measure_run(enum bench_kind kind, size_t n, size_t n_in_flight, struct bench_run *ret)
{
    *ret = (struct bench_run){ .kind = kind, .n = n, .n_in_flight = n_in_flight };
    bench_load_run(measure.load, ret);
}

/* ---- rounds: everything once, then everything again, so that a busy moment hits all alike ---- */

static bool measure_is_wanted(const struct measure_item *item)
{
    return measure.conf->only == NULL || strstr(item->name, measure.conf->only) != NULL;
}

static void measure_items(size_t round)
{
    for (size_t i = 0; i < BENCH_COUNT(items); i++) {
        struct bench_run run;
        if (!measure_is_wanted(&items[i]))
            continue;
        if (items[i].kind == BENCH_NOTIFY && bench_load_n_orders(measure.load) < items[i].n)
            measure_run(BENCH_PAGE, items[i].n, IN_FLIGHT, &run);
        if (items[i].kind == BENCH_NOTIFY)
            bench_load_sign_notifications(measure.load, items[i].n);
        else
            measure_run(items[i].kind, 1 + items[i].n / WARM_UP_PART, items[i].n_in_flight, &run);
        measure_run(items[i].kind, items[i].n, items[i].n_in_flight, &run);
        items[i].cpu_us[round] = run.cpu_us;
        items[i].per_second[round] = (double)run.n / run.wall_us * 1e6;
        if (items[i].kind == BENCH_QUOTES)
            bench_check(bench_load_n_plans(measure.load) == 8);
    }
}

static double measure_idle(void)
{
    double from_us = bench_cpu_us(measure.process.pid);
    (void)sleep(IDLE_S);
    return (bench_cpu_us(measure.process.pid) - from_us) / IDLE_S;
}

static void measure_rounds(void)
{
    struct bench_limits limits[RUNS_MAX];
    double *const ret = (double *)&measure.limits;
    double values[RUNS_MAX];
    for (size_t round = 0; round < measure.conf->n_runs; round++) {
        (void)fprintf(stderr, "bench: round %zu of %zu\n", round + 1, measure.conf->n_runs);
        if (round == 0 || measure.conf->only == NULL)
            bench_limits_measure(&measure.place, &limits[round]);
        else
            limits[round] = limits[0];
        measure_items(round);
    }
    for (size_t at = 0; at < sizeof(struct bench_limits) / sizeof(double); at++) {
        for (size_t round = 0; round < measure.conf->n_runs; round++)
            values[round] = ((const double *)&limits[round])[at];
        ret[at] = bench_median(values, measure.conf->n_runs);
    }
}

static double measure_limit(enum measure_limit limit)
{
    const struct bench_limits *limits = &measure.limits;
    switch (limit) {
    case LIMIT_PAGE:
        return limits->rsa_sign_us + limits->ed25519_sign_us;
    case LIMIT_CREATE:
        return limits->ed25519_sign_us + limits->echo_us + limits->row_us;
    case LIMIT_ANSWER:
        return limits->ed25519_sign_us + limits->echo_us;
    case LIMIT_NOTIFY:
        return limits->rsa_verify_us + limits->row_us;
    case LIMIT_NONE:
        break;
    }
    return 0;
}

static void measure_tell_rounds(void)
{
    const struct bench_limits *limits = &measure.limits;
    size_t n_runs = measure.conf->n_runs;
    for (size_t i = 0; i < BENCH_COUNT(items); i++) {
        if (measure_is_wanted(&items[i]))
            bench_row_add((struct bench_row){ .name = items[i].name,
                                              .unit = "us",
                                              .value = bench_median(items[i].cpu_us, n_runs),
                                              .limit = measure_limit(items[i].limit),
                                              .budget = items[i].budget });
    }
    if (measure_is_wanted(&items[0]))
        bench_row_add((struct bench_row){ .name = "page payments in a second, load beside it",
                                          .unit = "1/s",
                                          .value = bench_median(items[0].per_second, n_runs),
                                          .at_least = true });
    bench_row_add((struct bench_row){
        .name = "idle: CPU in a second", .unit = "us", .value = measure.idle_us });
    const struct bench_row parts[] = {
        { .name = "limit: RSA-2048 signature", .value = limits->rsa_sign_us },
        { .name = "limit: RSA-2048 verification", .value = limits->rsa_verify_us },
        { .name = "limit: Ed25519 signature", .value = limits->ed25519_sign_us },
        { .name = "limit: CURVE echo, full window", .value = limits->echo_us },
        { .name = "limit: one row, 64 in a commit", .value = limits->row_us },
        { .name = "beside them: Ed25519 signature of 7 KiB, as 8 plans have",
          .value = limits->ed25519_sign_long_us },
        { .name = "beside them: CPU of 4 KiB written and on disk", .value = limits->sync_us },
        { .name = "beside them: fdatasync, p50 of the wall", .value = limits->fdatasync_p50_us },
        { .name = "beside them: fdatasync, p99 of the wall", .value = limits->fdatasync_p99_us },
    };
    for (size_t i = 0; i < BENCH_COUNT(parts); i++) {
        struct bench_row row = parts[i];
        row.unit = "us";
        bench_row_add(row);
    }
}

/* ---- latency ---- */

static void measure_latency(enum bench_kind kind, const char *name_p50, const char *name_p99)
{
    double p50_us[RUNS_MAX], p99_us[RUNS_MAX];
    size_t n_runs = measure.conf->n_runs;
    for (size_t i = 0; i < n_runs; i++) {
        struct bench_run run = {
            .kind = kind, .n = LATENCY_N, .n_in_flight = IN_FLIGHT, .per_second = LATENCY_RATE
        };
        bench_load_run(measure.load, &run);
        p50_us[i] = run.p50_us;
        p99_us[i] = run.p99_us;
    }
    bench_row_add((struct bench_row){ .name = name_p50,
                                      .unit = "us",
                                      .value = bench_median(p50_us, n_runs),
                                      .limit = measure.limits.fdatasync_p50_us });
    bench_row_add((struct bench_row){ .name = name_p99,
                                      .unit = "us",
                                      .value = bench_median(p99_us, n_runs),
                                      .limit = measure.limits.fdatasync_p99_us });
}

/* ---- many payments ---- */

static void measure_fill(void)
{
    struct bench_run run;
    for (;;) {
        size_t n_payments = bench_load_n_payments(measure.load);
        if (n_payments >= measure.conf->n_payments)
            return;
        size_t n_left = measure.conf->n_payments - n_payments;
        measure_run(BENCH_CREATE, n_left < FILL_N ? n_left : FILL_N, IN_FLIGHT, &run);
    }
}

/* The first of its kind: saturated. */
static const struct measure_item *measure_item(enum bench_kind kind)
{
    const struct measure_item *item = items;
    while (item->kind != kind)
        bench_check(++item < items + BENCH_COUNT(items));
    return item;
}

/* The same as with few payments, once more. */
static void measure_again(const struct measure_item *item, const char *name)
{
    double cpu_us[RUNS_MAX], before_us[RUNS_MAX];
    size_t n_runs = measure.conf->n_runs;
    for (size_t i = 0; i < n_runs; i++) {
        struct bench_run run;
        measure_run(item->kind, item->n, item->n_in_flight, &run);
        cpu_us[i] = run.cpu_us;
    }
    memcpy(before_us, item->cpu_us, sizeof(before_us));
    bench_row_add((struct bench_row){ .name = name,
                                      .unit = "us",
                                      .value = bench_median(cpu_us, n_runs),
                                      .limit = bench_median(before_us, n_runs),
                                      .budget = GROWTH_BUDGET });
}

static double measure_start(void)
{
    bench_process_start(&measure.process, &measure.place, measure.conf->build);
    return (double)(measure.process.ready_us - measure.process.started_us) / 1e3;
}

static void measure_size(void)
{
    struct stat status;
    bench_check(stat(measure.place.store, &status) == 0);
    bench_row_add((struct bench_row){
        .name = "store: size of a payment (a third opened, some paid)",
        .unit = "bytes",
        .value = (double)status.st_size / (double)bench_load_n_payments(measure.load) });
}

/* Killed with a log full of payments; then the first answer about one of them. */
static double measure_kill(void)
{
    struct bench_run run;
    measure_run(BENCH_PAGE, BURST_N, IN_FLIGHT, &run);
    int64_t from_us = bench_now_us();
    bench_process_stop(&measure.process, SIGKILL);
    (void)measure_start();
    bench_load_connect(measure.load, measure.process.pid);
    measure_run(BENCH_GET, 1, 1, &run);
    return (double)(bench_now_us() - from_us) / 1e3;
}

static void measure_store(void)
{
    static char names[4][80];
    double ready_ms[RUNS_MAX], serve_ms[RUNS_MAX];
    size_t n_runs = measure.conf->n_runs;
    measure_fill();
    measure_again(measure_item(BENCH_PAGE), "page payment, saturated: many stored, against few");
    measure_again(measure_item(BENCH_GET), "GetPayment, saturated: many stored, against few");
    size_t n_payments = bench_load_n_payments(measure.load);
    double rss_mib = bench_rss_mib(measure.process.pid);
    for (size_t i = 0; i < n_runs; i++) {
        bench_process_stop(&measure.process, SIGTERM);
        if (i == 0)
            measure_size();
        ready_ms[i] = measure_start();
    }
    bench_load_connect(measure.load, measure.process.pid);
    for (size_t i = 0; i < n_runs; i++)
        serve_ms[i] = measure_kill();
    (void)snprintf(names[0], sizeof(names[0]), "memory, %zu payments stored", n_payments);
    (void)snprintf(names[1], sizeof(names[1]), "start to ready, %zu payments stored", n_payments);
    (void)snprintf(names[2], sizeof(names[2]), "kill -9 to serving, %zu payments stored",
                   n_payments);
    bench_row_add((struct bench_row){
        .name = names[0], .unit = "MiB", .value = rss_mib, .budget = RSS_BUDGET_MIB });
    bench_row_add((struct bench_row){
        .name = "start to ready, empty", .unit = "ms", .value = measure.start_empty_ms });
    bench_row_add((struct bench_row){ .name = names[1],
                                      .unit = "ms",
                                      .value = bench_median(ready_ms, n_runs),
                                      .budget = READY_BUDGET_MS });
    bench_row_add((struct bench_row){ .name = names[2],
                                      .unit = "ms",
                                      .value = bench_median(serve_ms, n_runs),
                                      .budget = SERVE_BUDGET_MS });
}

/* ---- events ---- */

static void measure_push(const char *name, const char *name_against,
                         const struct bench_events *events)
{
    double us[RUNS_MAX], plain_us[RUNS_MAX];
    size_t n_runs = measure.conf->n_runs;
    for (size_t i = 0; i < n_runs; i++) {
        const double n = (double)events[i].n_events;
        us[i] = (double)(events[i].last_us - events[i].first_us) / n;
        plain_us[i] = bench_plain_push_us(&events[i]) / n;
    }
    bench_row_add((struct bench_row){
        .name = name, .unit = "1/s", .value = 1e6 / bench_median(us, n_runs), .at_least = true });
    bench_row_add((struct bench_row){ .name = name_against,
                                      .unit = "us",
                                      .value = bench_median(us, n_runs),
                                      .limit = bench_median(plain_us, n_runs) });
}

/* As fast as notifications can be made durable. */
static void measure_live_events(void)
{
    struct bench_events events[RUNS_MAX];
    for (size_t i = 0; i < measure.conf->n_runs; i++) {
        struct bench_run run;
        measure_run(BENCH_PAGE, LIVE_EVENTS_N, IN_FLIGHT, &run);
        bench_load_sign_notifications(measure.load, LIVE_EVENTS_N);
        struct bench_consumer *consumer = bench_consumer_start(
            &measure.place, bench_events_newest(&measure.place), LIVE_EVENTS_N);
        measure_run(BENCH_NOTIFY, LIVE_EVENTS_N, 64, &run);
        events[i] = bench_consumer_join(consumer);
    }
    measure_push("events in a second, durable to consumer, load beside it",
                 "wall of such an event, against a plain ZeroMQ push", events);
}

static void measure_catching_up(void)
{
    static char name[80];
    struct bench_events events[RUNS_MAX];
    size_t n = measure.conf->n_events;
    bench_process_stop(&measure.process, SIGTERM);
    int64_t cursor = bench_events_newest(&measure.place);
    bench_events_fill(&measure.place, n);
    (void)measure_start();
    bench_load_connect(measure.load, measure.process.pid);
    for (size_t i = 0; i < measure.conf->n_runs; i++)
        events[i] = bench_consumer_join(bench_consumer_start(&measure.place, cursor, n));
    (void)snprintf(name, sizeof(name), "events in a second, from %zu behind", n);
    measure_push(name, "wall of one that is caught up with, against a plain push", events);
}

static void measure_events(void)
{
    if (measure.conf->only != NULL && strcmp(measure.conf->only, "events") != 0)
        return;
    measure_live_events();
    measure_catching_up();
}

/* The budgets speak of more than this has. */
static void measure_tell_gaps(void)
{
    static const char *const gaps[] = {
        "a payment opened by CreatePayment itself (app string): budget 1.25",
        "payments in a second per core, against the official SDK: budget 2.5",
        "3 M payments stored, 100 k of them open: as many are stored as BENCH_PAYMENTS says",
        "UnionPay's notifications; queries, closing, refunds, statements",
        "a network, nginx and another machine's load: everything is on this one's loopback",
    };
    if (measure.conf->only != NULL)
        bench_gap_add("everything that BENCH_ONLY left out: other rows, latency, memory, starts");
    for (size_t i = 0; i < BENCH_COUNT(gaps); i++)
        bench_gap_add(gaps[i]);
}

static void measure_rest(void)
{
    measure_latency(BENCH_CREATE, "CreatePayment at 300/s: latency p50, against fdatasync",
                    "CreatePayment at 300/s: latency p99, against fdatasync");
    measure_latency(BENCH_GET, "GetPayment at 300/s: latency p50, against fdatasync",
                    "GetPayment at 300/s: latency p99, against fdatasync");
    measure_store();
}

void bench_measure(const struct bench_conf *conf)
{
    struct bench_run run;
    bench_check(conf->n_runs > 0 && conf->n_runs <= RUNS_MAX);
    measure.conf = conf;
    (void)atexit(measure_clean_up);
    bench_place_make(&measure.place, conf->build);
    measure.start_empty_ms = measure_start();
    measure.load = bench_load_new(&measure.place);
    bench_load_connect(measure.load, measure.process.pid);
    measure_run(BENCH_QUOTE, 1, 1, &run);
    measure_run(BENCH_CARD_QUOTE, 1, 1, &run);
    measure_run(BENCH_PAGE, WARM_UP_N, IN_FLIGHT, &run);
    measure_rounds();
    measure.idle_us = measure_idle();
    measure_tell_rounds();
    if (conf->only == NULL)
        measure_rest();
    measure_events();
    measure_tell_gaps();
    bench_load_free(measure.load);
    bench_process_stop(&measure.process, SIGTERM);
}
