/* SPDX-License-Identifier: Apache-2.0 */
/* The twin of daemon/world.c: flow/world.h over the clock, the chance and the network of a history.
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/flow/parts.h"
#include "tests/sim/daemon.h"
#include "tests/sim/network.h"

#define ROUND_MIN_MS  2000
#define ROUND_LATE_MS 8000
#define ROUND_OFTEN   8 /* one history of so many has them at their own pace */

static struct sim *world_sim(void *ctx)
{
    return ((struct sim_daemon *)ctx)->sim;
}

static int64_t world_now(void *ctx)
{
    return sim_now_ms(world_sim(ctx));
}

static void world_random(void *ctx, void *ret, size_t size)
{
    unsigned char *bytes = ret;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(sim_draw(world_sim(ctx)) >> 32);
}

static void world_sha256(void *ctx, struct fq_str text, unsigned char ret[32])
{
    (void)ctx;
    fq_sha256(text, ret);
}

static const char *const world_purposes[] = { "quote", "open", "back", "status", "payer", "buyer" };

static void world_mac(void *ctx, const char *purpose, struct fq_str text, unsigned char ret[32])
{
    const struct sim_daemon *daemon = ctx;
    size_t i = 0;
    while (strcmp(world_purposes[i], purpose) != 0)
        fq_assert(++i < fq_array_size(world_purposes));
    fq_mac_make(daemon->macs[i], text, ret);
}

static int world_sign_status(void *ctx, struct fq_str payload_type, struct fq_str payload,
                             struct fq_arena *arena, struct fq_str *ret_key_id,
                             struct fq_str *ret_signature)
{
    unsigned char mac[32];
    (void)payload_type;
    world_mac(ctx, "status", payload, mac);
    *ret_key_id = fq_lit("sim");
    *ret_signature = fq_arena_copy(arena, (struct fq_str){ (const char *)mac, sizeof(mac) });
    return ret_signature->ptr != NULL ? 0 : FQ_FAULT(-ENOMEM, "no room for a signature");
}

/* A stand-in for the box of payers: a MAC of place and text, and the text under a stream of MACs.
 */
static void world_stream(void *ctx, struct fq_str context, const char *in, size_t size, char *ret)
{
    unsigned char block[32];
    for (size_t i = 0; i < size; i++) {
        if (i % sizeof(block) == 0)
            world_mac(ctx, "payer", i == 0 ? context : (struct fq_str){ (char *)block, 32 }, block);
        ret[i] = (char)(in[i] ^ (char)block[i % sizeof(block)]);
    }
}

static int world_seal(void *ctx, struct fq_str context, struct fq_str plain, struct fq_arena *arena,
                      struct fq_str *ret)
{
    char *sealed = fq_arena_alloc(arena, 32 + plain.len);
    if (sealed == NULL)
        return FQ_FAULT(-ENOMEM, "no room for a payer");
    world_mac(ctx, "buyer", plain, (unsigned char *)sealed);
    world_stream(ctx, context, plain.ptr, plain.len, sealed + 32);
    *ret = (struct fq_str){ sealed, 32 + plain.len };
    return 0;
}

static int world_unseal(void *ctx, struct fq_str context, struct fq_str sealed,
                        struct fq_arena *arena, struct fq_str *ret)
{
    unsigned char mac[32];
    if (sealed.len < 32)
        return FQ_WORLD_E_REFUSED;
    char *plain = fq_arena_alloc(arena, sealed.len - 32 + 1);
    if (plain == NULL)
        return FQ_FAULT(-ENOMEM, "no room for a payer");
    world_stream(ctx, context, sealed.ptr + 32, sealed.len - 32, plain);
    *ret = (struct fq_str){ plain, sealed.len - 32 };
    world_mac(ctx, "buyer", *ret, mac);
    return memcmp(mac, sealed.ptr, 32) == 0 ? 0 : FQ_WORLD_E_REFUSED;
}

/* ---- what the dead do is nothing ---- */

static void world_transact(void *ctx, struct fq_tx *tx)
{
    if (!sim_daemon_is_doomed())
        sim_store_transact(ctx, tx);
}

static void world_read(void *ctx, struct fq_read *read)
{
    if (!sim_daemon_is_doomed())
        sim_store_read(ctx, read);
}

static void world_send(void *ctx, struct fq_send *send)
{
    if (!sim_daemon_is_doomed())
        sim_network_send(world_sim(ctx), send);
}

/* ---- workers ---- */

static void world_adapt_done(struct sim *sim, void *what, int64_t argument)
{
    struct fq_adapt *adapt = what;
    (void)sim;
    (void)argument;
    adapt->done(adapt);
}

static void world_adapt_run(struct sim *sim, void *what, int64_t argument)
{
    struct fq_adapt *adapt = what;
    (void)argument;
    fq_channel_call(adapt->channel, adapt->kind, &adapt->call, adapt->message, adapt->arena,
                    &adapt->answer);
    sim_after_in_life(sim, sim_moment_us(sim), world_adapt_done, adapt, 0);
}

static void world_adapt(void *ctx, struct fq_adapt *adapt)
{
    struct sim *sim = world_sim(ctx);
    if (sim_daemon_is_doomed())
        return;
    ((struct sim_daemon *)ctx)->has_worked = true;
    if (sim_hit(sim, SIM_WORKER_BUSY)) {
        adapt->answer = (struct fq_answer){ .is_busy = true,
                                            .is_fault = true,
                                            .reason = fq_lit("too much work is waiting") };
        sim_after_in_life(sim, 10, world_adapt_done, adapt, 0);
        return;
    }
    int64_t delay_us = sim_hit(sim, SIM_WORKER_SLOW) ? sim_between(sim, 1000, 5 * SIM_SECOND_US)
                                                     : sim_moment_us(sim);
    sim_after_in_life(sim, delay_us, world_adapt_run, adapt, 0);
}

/* ---- timers ---- */

/* In most histories the rounds come as seldom as on a loop that is very busy: they cost more than
 * all else. They are not late where something is due, unless the rounds before could not begin it:
 * it is in work, or its channel rests. */
static int64_t world_round_ms(struct sim_daemon *daemon, int64_t delay_ms)
{
    if (daemon->sim->seed % ROUND_OFTEN == 0)
        return delay_ms;
    int64_t left_ms = sim_store_first_due_ms(daemon) - world_now(daemon);
    if (left_ms <= ROUND_MIN_MS) {
        left_ms = ROUND_MIN_MS << (daemon->n_idle_rounds < 5 ? daemon->n_idle_rounds : 5);
        daemon->n_idle_rounds++;
    }
    return left_ms < ROUND_LATE_MS ? left_ms : ROUND_LATE_MS;
}

static void world_turn(struct sim *sim, void *what, int64_t argument)
{
    (void)what;
    (void)argument;
    sim_daemon_turn(sim);
}

static void world_after(void *ctx, struct fq_timer *timer, int64_t delay_ms)
{
    struct sim_daemon *daemon = ctx;
    bool is_round = daemon->flow != NULL &&
                    (timer == &daemon->flow->round_timer || timer == &daemon->flow->chore_timer);
    if (is_round && delay_ms > 1)
        delay_ms = world_round_ms(daemon, delay_ms);
    fq_timers_start(daemon->timers, timer, world_now(ctx) + delay_ms);
    /* A group's lease or pause: time does not jump over it. */
    if (!is_round && sim_has_consumers(daemon->sim))
        sim_after_in_life(daemon->sim, delay_ms * 1000 + 1000, world_turn, NULL, 0);
}

static void world_cancel(void *ctx, struct fq_timer *timer)
{
    const struct sim_daemon *daemon = ctx;
    fq_timers_stop(daemon->timers, timer);
}

void sim_world_fill(struct sim_daemon *daemon)
{
    daemon->world = (struct fq_world){
        .ctx = daemon,
        .now_unix_ms = world_now,
        .random = world_random,
        .sha256 = world_sha256,
        .mac = world_mac,
        .sign_status = world_sign_status,
        .seal = world_seal,
        .unseal = world_unseal,
        .transact = world_transact,
        .read = world_read,
        .adapt = world_adapt,
        .send = world_send,
        .after = world_after,
        .cancel = world_cancel,
    };
    for (size_t i = 0; i < fq_array_size(world_purposes); i++)
        daemon->macs[i] = fq_mac_new(fq_str_of(world_purposes[i]));
}

void sim_world_empty(struct sim_daemon *daemon)
{
    for (size_t i = 0; i < fq_array_size(world_purposes); i++)
        fq_mac_free(FQ_TAKE(daemon->macs[i]));
}
