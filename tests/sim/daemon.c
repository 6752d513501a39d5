/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's lives: what is configured, starts, deaths, and turns of its loop. */
#include "tests/sim/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/crypto/keyring.h"
#include "daemon/flow/parts.h"
#include "daemon/plugin/fetched.h"
#include "daemon/plugin/leafs.h"
#include "tests/sim/certificates.h"
#include "tests/sim/consumer.h"
#include "tests/sim/heap.h"
#include "tests/sim/platform.h"

#define ADAPTERS_DIR  "adapters"
#define CARD_VARIANTS 2                   /* a notification makes us ask, or is the word itself */
#define CARD_CHANNELS (2 * CARD_VARIANTS) /* and both once more, with payers encrypted */
#define SIGNER        "中国银联股份有限公司"

/* ---- what is configured ---- */

static const struct fq_rate daemon_rates[] = {
    { 3, FQ_BEARER_BUYER, 0, 23000, 0, 0 },
    { 6, FQ_BEARER_BUYER, 0, 45000, 0, 0 },
    { 12, FQ_BEARER_MERCHANT, 100, 75000, 0, 0 },
};
static const struct fq_str daemon_hosts[] = { { "platform.example", 16 } };
static const struct fq_str daemon_channels[] = { { "huabei", 6 }, { "bankcard", 8 } };
static const struct fq_str daemon_return_urls[] = { { "https://shop.example/", 21 } };
static const struct fq_pair daemon_settings[] = {
    { fq_lit("app_id"), fq_lit("2021000122671080") },
    { fq_lit("seller_id"), fq_lit("2088721003899159") },
    { fq_lit("gateway"), fq_lit("https://platform.example/gateway.do") },
};
static const struct fq_pair daemon_card_settings[CARD_VARIANTS][5] = {
    { { fq_lit("mer_id"), fq_lit(SIM_MER_ID) },
      { fq_lit("gateway"), fq_lit("https://platform.example") },
      { fq_lit("partial_refund"), fq_lit("yes") },
      { fq_lit("confirm_by_query"), fq_lit("yes") },
      { fq_lit("encrypt"), fq_lit("yes") } },
    { { fq_lit("mer_id"), fq_lit(SIM_MER_ID) },
      { fq_lit("gateway"), fq_lit("https://platform.example") },
      { fq_lit("partial_refund"), fq_lit("yes") },
      { fq_lit("confirm_by_query"), fq_lit("no") },
      { fq_lit("encrypt"), fq_lit("yes") } },
};
static struct fq_pair daemon_keys[2];
static struct fq_pair daemon_card_keys[4]; /* the last, as the last setting, if it encrypts */
static struct fq_merchant daemon_merchants[SIM_MERCHANTS];
static struct sim_disk *daemon_empty_disk;
/* Huabei, and bank cards in their variants; the channels keep the adapters loaded between lives. */
static struct fq_channel_conf daemon_confs[1 + CARD_CHANNELS];
static struct fq_channel *daemon_anchors[1 + CARD_CHANNELS];
/* The certificate that UnionPay signs with, checked once. */
static struct fq_leafs_name daemon_leaf_name;
static struct fq_keyring *daemon_leaf;
static char daemon_adapters_dir[512];
static bool daemon_doomed;

static struct fq_channel_conf daemon_channel_conf(enum sim_channel channel)
{
    return (struct fq_channel_conf){
        .name = daemon_channels[channel],
        .adapter = daemon_channels[channel],
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
}

static void daemon_configure_channels(const struct sim_keys *keys)
{
    daemon_keys[0] = (struct fq_pair){ fq_lit("app"), fq_str_of(keys->app_path) };
    daemon_keys[1] = (struct fq_pair){ fq_lit("alipay"), fq_str_of(keys->platform_path) };
    daemon_card_keys[0] = (struct fq_pair){ fq_lit("sign"), fq_str_of(keys->merchant_path) };
    daemon_card_keys[1] =
        (struct fq_pair){ fq_lit("sign_cert"), fq_str_of(keys->merchant_cert_path) };
    daemon_card_keys[2] = (struct fq_pair){ fq_lit("roots"), fq_str_of(keys->roots_path) };
    daemon_card_keys[3] = (struct fq_pair){ fq_lit("encrypt"), fq_str_of(keys->encrypt_path) };
    daemon_confs[0] = daemon_channel_conf(SIM_HUABEI);
    daemon_confs[0].settings = daemon_settings;
    daemon_confs[0].n_settings = fq_array_size(daemon_settings);
    daemon_confs[0].keys = daemon_keys;
    daemon_confs[0].n_keys = fq_array_size(daemon_keys);
    for (size_t i = 0; i < CARD_CHANNELS; i++) {
        struct fq_channel_conf *conf = &daemon_confs[1 + i];
        size_t n_unused = i < CARD_VARIANTS ? 1 : 0;
        *conf = daemon_channel_conf(SIM_BANKCARD);
        conf->settings = daemon_card_settings[i % CARD_VARIANTS];
        conf->n_settings = fq_array_size(daemon_card_settings[0]) - n_unused;
        conf->keys = daemon_card_keys;
        conf->n_keys = fq_array_size(daemon_card_keys) - n_unused;
    }
}

/* The second shop lets policies act: of two tries of one payment that are paid, the later goes
 * back. */
static void daemon_configure_merchants(void)
{
    for (size_t i = 0; i < SIM_MERCHANTS; i++)
        daemon_merchants[i] = (struct fq_merchant){
            .id = i == 0 ? fq_lit("shop") : fq_lit("boutique"),
            .name = fq_lit("A shop"),
            .channels = daemon_channels,
            .n_channels = fq_array_size(daemon_channels),
            .return_urls = daemon_return_urls,
            .n_return_urls = 1,
            .on_late_success = i == 0 ? FQ_POLICY_EVENT : FQ_POLICY_REFUND,
            .on_double_paid = i == 0 ? FQ_POLICY_EVENT : FQ_POLICY_REFUND,
            .reopen = i != 0,
        };
}

/* What the seed decides, for all lives of a history. */
static void daemon_configure_history(const struct sim *sim)
{
    for (size_t i = 0; i < fq_array_size(daemon_confs); i++) {
        daemon_confs[i].n_breaker_failures = sim->seed % 3 == 0 ? 0 : 5;
        daemon_confs[i].breaker_pause_ms = 5000;
        daemon_confs[i].undo_same_day = sim->seed % 2 == 0;
        daemon_confs[i].wants_statements = i > 0 && sim_takes_statements(sim);
        daemon_confs[i].attempt_life_ms = i > 0 && sim->seed % 5 < 2 ? 480000 : 0;
    }
}

const struct fq_merchant *sim_merchant(size_t i)
{
    return &daemon_merchants[i];
}

static int daemon_open_channel(size_t i, struct fq_channel **ret)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str key = { NULL, 0 };
    struct fq_str reason = { NULL, 0 };
    int r = fq_channel_open(&daemon_confs[i], daemon_adapters_dir, arena, ret, &key, &reason);
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

/* As it stands in messages: with the line ends of those that were seen. */
static struct fq_str daemon_signer_text(struct fq_arena *arena)
{
    struct fq_str pem = fq_str_of(sim_certificate_of_signer());
    char *text = fq_arena_alloc(arena, 2 * pem.len);
    size_t n = 0;
    for (size_t i = 0; i < pem.len; i++) {
        if (pem.ptr[i] == '\n' && i + 1 == pem.len)
            break;
        if (pem.ptr[i] == '\n')
            text[n++] = '\r';
        text[n++] = pem.ptr[i];
    }
    return (struct fq_str){ text, n };
}

static void daemon_check_leaf(void)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str pem = daemon_signer_text(arena);
    const struct fq_chain_rule rule = { "roots", NULL, fq_lit(SIGNER), SIM_START_MS };
    const char *reason = NULL;
    fq_assert(fq_chain_verify(daemon_anchors[1]->keyring, &rule, pem, &daemon_leaf, &reason) == 0);
    daemon_leaf_name = fq_leafs_name(pem, rule.roots, rule.name);
    fq_arena_free(arena);
}

void sim_daemon_prepare(struct sim *sim, const struct sim_keys *keys)
{
    struct sim_daemon daemon = { .sim = sim };
    daemon_locate_adapters();
    daemon_configure_channels(keys);
    daemon_configure_merchants();
    sim_heap_rest();
    for (size_t i = 0; i < fq_array_size(daemon_anchors); i++) {
        if (daemon_open_channel(i, &daemon_anchors[i]) != 0) {
            (void)fprintf(stderr, "sim: %s\n", fq_trace());
            exit(2);
        }
        fq_leafs_free(FQ_TAKE(daemon_anchors[i]->leafs)); /* each life has its own */
        fq_fetched_free(FQ_TAKE(daemon_anchors[i]->fetched));
    }
    daemon_check_leaf();
    sim->disk = sim_disk_new(sim);
    sim_vfs_register();
    sim_vfs_use(sim, sim->disk);
    fq_assert(sim_store_open(&daemon) == 0);
    sim_store_close(&daemon);
    daemon_empty_disk = FQ_TAKE(sim->disk);
}

void sim_daemon_unprepare(void)
{
    fq_keyring_free(FQ_TAKE(daemon_leaf));
    for (size_t i = 0; i < fq_array_size(daemon_anchors); i++)
        fq_channel_free(FQ_TAKE(daemon_anchors[i]));
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
                                           .n_channels = SIM_CHANNELS };
    const struct fq_flow_conf conf = {
        .world = &daemon->world,
        .catalog = &daemon->catalog,
        .instance = fq_lit("01"),
        .order_prefix = fq_lit("S"),
        .public_url = fq_lit(SIM_PUBLIC_URL),
        .version = fq_lit("sim"),
        .lease_ms = sim_lease_ms(sim),
        .schedule = { .first_ms = sim_hurry(sim) == 1 ? 3000 : 10000,
                      .max_ms = sim->seed % 12 == 0 ? 60000 : 600000 },
    };
    daemon->flow = fq_flow_new(&conf);
    fq_flow_start(daemon->flow);
    sim_consumers_return(sim);
}

static size_t daemon_card_channel(const struct sim *sim)
{
    return 1 + (size_t)(sim->seed / 2 % CARD_VARIANTS) + (sim_renews_keys(sim) ? CARD_VARIANTS : 0);
}

/* Opening one costs as much as a payment, walking a chain of certificates, too: mostly those are
 * taken that are open already. They keep nothing of an earlier life. */
static int daemon_take_channel(struct sim_daemon *daemon, enum sim_channel channel)
{
    struct sim *sim = daemon->sim;
    size_t i = channel == SIM_HUABEI ? 0 : daemon_card_channel(sim);
    daemon->has_own[channel] = sim_draw(sim) % 16 == 0;
    if (daemon->has_own[channel])
        return daemon_open_channel(i, &daemon->channels[channel]);
    daemon->channels[channel] = daemon_anchors[i];
    *daemon_anchors[i]->n_calls = 0;
    daemon_anchors[i]->leafs = fq_leafs_new();
    daemon_anchors[i]->fetched = fq_fetched_new();
    fq_leafs_keep(daemon_anchors[i]->leafs, &daemon_leaf_name, daemon_leaf);
    return 0;
}

static int daemon_take_channels(struct sim_daemon *daemon)
{
    FQ_TRY(daemon_take_channel(daemon, SIM_HUABEI));
    FQ_TRY(daemon_take_channel(daemon, SIM_BANKCARD));
    return 0;
}

static void daemon_give_channels(struct sim_daemon *daemon)
{
    for (size_t i = 0; i < SIM_CHANNELS; i++) {
        struct fq_channel *channel = FQ_TAKE(daemon->channels[i]);
        if (channel == NULL)
            continue;
        if (daemon->has_own[i]) {
            fq_channel_free(channel);
            continue;
        }
        fq_leafs_free(FQ_TAKE(channel->leafs));
        fq_fetched_free(FQ_TAKE(channel->fetched));
    }
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
    daemon_configure_history(sim);
    int r = sim_store_open(daemon);
    if (r == 0)
        r = daemon_take_channels(daemon);
    if (r != 0) {
        sim_say(sim, "daemon", "cannot start", 0);
        if (sim->is_told)
            printf("    %s\n", fq_trace());
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
    daemon_give_channels(daemon);
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
    /* One chore follows the other: it looks once more. */
    if (sim_has_chores(sim) && daemon->has_worked) {
        daemon->has_worked = false;
        return false;
    }
    *ret_due_ms = sim_store_first_due_ms(daemon);
    return *ret_due_ms > sim_now_ms(sim);
}
