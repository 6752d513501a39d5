/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's lives: what is configured, starts, deaths, and turns of its loop. */
#include "tests/sim/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/flow/parts.h"
#include "tests/sim/heap.h"

#define ADAPTERS_DIR "adapters"

/* ---- what is configured ---- */

static const struct fq_rate daemon_rates[] = {
    { 3, FQ_BEARER_BUYER, 0, 23000, 0, 0 },
    { 6, FQ_BEARER_BUYER, 0, 45000, 0, 0 },
    { 12, FQ_BEARER_MERCHANT, 100, 75000, 0, 0 },
};
static const struct fq_str daemon_hosts[] = { { "platform.example", 16 } };
static const struct fq_str daemon_channels[] = { { "huabei", 6 } };
static const struct fq_str daemon_return_urls[] = { { "https://shop.example/", 21 } };
static struct fq_pair daemon_settings[3];
static struct fq_pair daemon_keys[2];
static struct fq_merchant daemon_merchants[SIM_MERCHANTS];
static struct fq_channel_conf daemon_channel_conf;
static struct sim_disk *daemon_empty_disk;
static struct fq_channel *daemon_anchor; /* keeps the adapter loaded between lives */
static char daemon_adapters_dir[512];
static bool daemon_doomed;

static void daemon_configure(const struct sim_keys *keys)
{
    daemon_settings[0] = (struct fq_pair){ fq_lit("app_id"), fq_lit("2021000122671080") };
    daemon_settings[1] = (struct fq_pair){ fq_lit("seller_id"), fq_lit("2088721003899159") };
    daemon_settings[2] =
        (struct fq_pair){ fq_lit("gateway"), fq_lit("https://platform.example/gateway.do") };
    daemon_keys[0] = (struct fq_pair){ fq_lit("app"), fq_str_of(keys->app_path) };
    daemon_keys[1] = (struct fq_pair){ fq_lit("alipay"), fq_str_of(keys->platform_path) };
    daemon_channel_conf = (struct fq_channel_conf){
        .name = daemon_channels[0],
        .adapter = fq_lit("huabei"),
        .settings = daemon_settings,
        .n_settings = fq_array_size(daemon_settings),
        .keys = daemon_keys,
        .n_keys = fq_array_size(daemon_keys),
        .hosts = daemon_hosts,
        .n_hosts = 1,
        .timeout_ms = 10000,
        .rates = { daemon_rates, fq_array_size(daemon_rates) },
        .amount_min_minor = 100,
        .amount_max_minor = 5000000,
        .payment_life_ms = 900000,
        .quote_life_ms = 900000,
        .n_calls_max = 64,
    };
    for (size_t i = 0; i < SIM_MERCHANTS; i++)
        daemon_merchants[i] = (struct fq_merchant){
            .id = i == 0 ? fq_lit("shop") : fq_lit("boutique"),
            .name = fq_lit("A shop"),
            .channels = daemon_channels,
            .n_channels = 1,
            .return_urls = daemon_return_urls,
            .n_return_urls = 1,
            .on_late_success = i == 0 ? FQ_POLICY_EVENT : FQ_POLICY_REFUND,
            .on_double_paid = i == 0 ? FQ_POLICY_EVENT : FQ_POLICY_REFUND,
        };
}

const struct fq_merchant *sim_merchant(size_t i)
{
    return &daemon_merchants[i];
}

static int daemon_open_channel(struct fq_channel **ret)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str key = { NULL, 0 };
    struct fq_str reason = { NULL, 0 };
    int r = fq_channel_open(&daemon_channel_conf, daemon_adapters_dir, arena, ret, &key, &reason);
    if (r != 0)
        r = FQ_FAULT(-EINVAL, "%.*s: %.*s", fq_str_arg(key), fq_str_arg(reason));
    fq_arena_free(arena);
    return r;
}

static void daemon_locate_adapters(void)
{
    char path[400];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
    fq_assert(size > 0);
    path[size] = '\0';
    /* <build>/tests/sim/sim -> <build>/adapters */
    for (int i = 0; i < 3; i++)
        *strrchr(path, '/') = '\0';
    (void)snprintf(daemon_adapters_dir, sizeof(daemon_adapters_dir), "%s/" ADAPTERS_DIR, path);
}

void sim_daemon_prepare(struct sim *sim, const struct sim_keys *keys)
{
    struct sim_daemon daemon = { .sim = sim };
    fq_log_level(-1);
    daemon_locate_adapters();
    daemon_configure(keys);
    sim_heap_rest();
    if (daemon_open_channel(&daemon_anchor) != 0) {
        (void)fprintf(stderr, "sim: %s\n", fq_trace());
        exit(2);
    }
    sim->disk = sim_disk_new(sim);
    sim_vfs_register();
    sim_vfs_use(sim, sim->disk);
    fq_assert(sim_store_open(&daemon) == 0);
    sim_store_close(&daemon);
    daemon_empty_disk = FQ_TAKE(sim->disk);
}

void sim_daemon_unprepare(void)
{
    fq_channel_free(FQ_TAKE(daemon_anchor));
    sim_disk_free(FQ_TAKE(daemon_empty_disk));
}

const struct sim_disk *sim_daemon_empty_disk(void)
{
    return daemon_empty_disk;
}

/* ---- birth ---- */

static void daemon_try_start(struct sim *sim, void *what, int64_t argument)
{
    (void)what;
    (void)argument;
    if (sim->daemon == NULL && !sim->is_over)
        sim_daemon_start(sim);
}

static void daemon_start_flow(struct sim_daemon *daemon)
{
    struct sim *sim = daemon->sim;
    daemon->catalog = (struct fq_catalog){ .merchants = daemon_merchants,
                                           .n_merchants = SIM_MERCHANTS,
                                           .channels = daemon->channels,
                                           .n_channels = 1 };
    const struct fq_flow_conf conf = {
        .world = &daemon->world,
        .catalog = &daemon->catalog,
        .instance = fq_lit("01"),
        .order_prefix = fq_lit("S"),
        .public_url = fq_lit(SIM_PUBLIC_URL),
        .version = fq_lit("sim"),
        .schedule = { .first_ms = 3000, .max_ms = sim->seed % 3 == 0 ? 60000 : 600000 },
    };
    daemon->flow = fq_flow_new(&conf);
    fq_flow_start(daemon->flow);
}

/* Opening one costs as much as a payment: mostly those are taken that are open already. They keep
 * nothing of an earlier life. */
static int daemon_take_channels(struct sim_daemon *daemon)
{
    daemon->has_own_channels = sim_draw(daemon->sim) % 16 == 0;
    if (daemon->has_own_channels)
        return daemon_open_channel(&daemon->channels[0]);
    daemon->channels[0] = daemon_anchor;
    *daemon_anchor->n_calls = 0;
    return 0;
}

void sim_daemon_start(struct sim *sim)
{
    struct sim_daemon *daemon = calloc(1, sizeof(*daemon));
    fq_assert(daemon != NULL);
    daemon->sim = sim;
    sim->daemon = daemon;
    sim->life++;
    daemon_doomed = false;
    sim_say(sim, "daemon", "starts", sim->life);
    sim_heap_live();
    if (sim_hit(sim, SIM_CRASH_AT_START))
        sim_disk_die_at(sim->disk, sim_between(sim, 1, 40));
    daemon->timers = fq_timers_new();
    daemon_channel_conf.n_breaker_failures = sim->seed % 3 == 0 ? 0 : 5;
    daemon_channel_conf.breaker_pause_ms = 5000;
    int r = sim_store_open(daemon);
    if (r == 0)
        r = daemon_take_channels(daemon);
    if (r != 0) {
        sim_say(sim, "daemon", sim->is_told ? fq_trace() : "cannot start", 0);
        sim_daemon_doom(sim, "it cannot start");
        return;
    }
    sim_world_fill(daemon);
    daemon_start_flow(daemon);
}

/* ---- death ---- */

void sim_daemon_doom(struct sim *sim, const char *why)
{
    if (daemon_doomed || sim->daemon == NULL)
        return;
    sim_say(sim, "daemon dies", why, 0);
    daemon_doomed = true;
    sim_disk_die(sim->disk);
}

bool sim_daemon_is_doomed(void)
{
    return daemon_doomed;
}

static void daemon_free(struct sim_daemon *daemon)
{
    sim_store_close(daemon);
    sim_world_empty(daemon);
    if (daemon->has_own_channels)
        fq_channel_free(FQ_TAKE(daemon->channels[0]));
}

void sim_daemon_bury(struct sim *sim)
{
    struct sim_daemon *daemon = FQ_TAKE(sim->daemon);
    daemon_free(daemon);
    (void)sim_heap_die();
    sim_heap_rest();
    free(daemon);
    daemon_doomed = false;
    sim_disk_crash(sim->disk, sim_hit(sim, SIM_CRASH_POWER));
    sim->totals->n_crashes++;
    int64_t down_us = sim_draw(sim) % 4 == 0 ? sim_between(sim, SIM_SECOND_US, 10 * SIM_MINUTE_US)
                                             : sim_between(sim, 50000, 3 * SIM_SECOND_US);
    sim_after(sim, down_us, daemon_try_start, NULL, 0);
}

/* ---- a stop ---- */

void sim_daemon_stop(struct sim *sim)
{
    sim_say(sim, "daemon", "stops", 0);
    sim->daemon->is_stopping = true;
    fq_flow_drain(sim->daemon->flow);
}

static void daemon_plan_start(struct sim *sim, int64_t at_most_us)
{
    sim_after(sim, sim_between(sim, 50000, at_most_us), daemon_try_start, NULL, 0);
}

void sim_daemon_try_stop(struct sim *sim)
{
    struct sim_daemon *daemon = sim->daemon;
    if (fq_flow_n_running(daemon->flow) > 0)
        return;
    fq_flow_free(FQ_TAKE(daemon->flow));
    fq_timers_free(FQ_TAKE(daemon->timers));
    daemon_free(daemon);
    size_t n_left = sim_heap_die();
    sim_heap_rest();
    free(FQ_TAKE(sim->daemon));
    sim_say(sim, "daemon", "has stopped", 0);
    if (sim_disk_is_dead(sim->disk)) /* killed in its very last moments */
        sim_disk_crash(sim->disk, sim_hit(sim, SIM_CRASH_POWER));
    if (n_left > 0)
        sim_violate(sim, "nothing-leaks", "%zu pieces of memory were left behind", n_left);
    if (!sim->is_over)
        daemon_plan_start(sim, 5 * SIM_SECOND_US);
}

void sim_daemon_stop_hard(struct sim *sim)
{
    sim_daemon_doom(sim, "it took too long to stop");
}

/* ---- its loop ---- */

void sim_daemon_turn(struct sim *sim)
{
    fq_timers_fire(sim->daemon->timers, sim_now_ms(sim));
}

int64_t sim_daemon_wakes_us(struct sim *sim)
{
    int64_t now_ms = sim_now_ms(sim);
    int64_t wait_ms = fq_timers_wait_ms(sim->daemon->timers, now_ms, INT64_C(1) << 40);
    if (wait_ms == INT64_C(1) << 40)
        return INT64_MAX;
    return wait_ms == 0 ? sim->now_us : (sim->now_us / 1000 + wait_ms) * 1000;
}

bool sim_daemon_is_idle(struct sim *sim, int64_t *ret_due_ms)
{
    struct sim_daemon *daemon = sim->daemon;
    if (fq_flow_n_running(daemon->flow) > 0)
        return false;
    *ret_due_ms = sim_store_first_due_ms(daemon);
    return *ret_due_ms > sim_now_ms(sim);
}
