/* SPDX-License-Identifier: Apache-2.0 */
/* One history from its beginning to its rest: the loop, the healing, the end. */
#include "tests/sim/history.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "tests/sim/claims.h"
#include "tests/sim/consumer.h"
#include "tests/sim/daemon.h"
#include "tests/sim/heap.h"
#include "tests/sim/renewal.h"

#define ORDERS_MAX     40
#define CROWD_MAX      250
#define LONGEST_US     (60 * SIM_DAY_US)
#define CHORES_LATE_US (45 * SIM_MINUTE_US)
#define STOP_STEPS_MAX 10000
#define STEPS_MAX      4000000

static const struct sim_keys *history_keys;
static struct sim *history_now;

void sim_history_prepare(const struct sim_keys *keys)
{
    history_keys = keys;
}

/* ---- bad times of the surroundings ---- */

static void history_disk_ends(struct sim *sim, void *what, int64_t argument)
{
    (void)what;
    (void)argument;
    sim_say(sim, "disk", "has room again", 0);
    sim_disk_fill(sim->disk, false);
}

static void history_platform_ends(struct sim *sim, void *what, int64_t argument)
{
    (void)argument;
    struct sim_platform *platform = what;
    sim_say(sim, "is back", platform->calls->channel, 0);
    platform->is_down = false;
}

static void history_stop_ends(struct sim *sim, void *what, int64_t argument)
{
    (void)what;
    (void)argument;
    if (sim->daemon != NULL && sim->daemon->is_stopping)
        sim_daemon_stop_hard(sim);
}

static void history_draw_weather(struct sim *sim)
{
    if (sim_hit(sim, SIM_DISK_FULL)) {
        sim_disk_fill(sim->disk, true);
        sim_after(sim, sim_between(sim, SIM_SECOND_US, 10 * SIM_MINUTE_US), history_disk_ends, NULL,
                  0);
    }
    if (sim_hit(sim, SIM_PLATFORM_DOWN)) {
        struct sim_platform *platform = sim->platforms[sim_draw(sim) % SIM_CHANNELS];
        platform->is_down = true;
        sim_after(sim, sim_between(sim, SIM_SECOND_US, 30 * SIM_MINUTE_US), history_platform_ends,
                  platform, 0);
    }
    if (sim->daemon == NULL || sim->daemon->is_stopping)
        return;
    if (sim_hit(sim, SIM_DAEMON_STOPS)) {
        sim_daemon_stop(sim);
        sim_after_in_life(sim, 15 * SIM_SECOND_US, history_stop_ends, NULL, 0);
    }
    if (sim_hit(sim, SIM_CRASH_ANY_STEP))
        sim_daemon_doom(sim, "between two steps");
}

static void history_heal(struct sim *sim, void *what, int64_t argument)
{
    (void)what;
    (void)argument;
    sim_say(sim, "history", "heals", 0);
    sim->is_healed = true;
    sim->healed_us = sim->now_us;
    for (size_t i = 0; i < SIM_CHANNELS; i++)
        sim->platforms[i]->is_down = false;
    sim_disk_fill(sim->disk, false);
    sim_disk_die_at(sim->disk, 0);
}

/* ---- the loop ---- */

/* Nothing happens for long, but rounds that find nothing: time jumps to what is next. */
static bool history_jump(struct sim *sim, int64_t event_us, int64_t *ret_us)
{
    int64_t due_ms = INT64_MAX;
    if (!sim_daemon_is_idle(sim, &due_ms))
        return false;
    int64_t due_us = due_ms == INT64_MAX ? INT64_MAX : (due_ms - sim_begins_ms(sim)) * 1000;
    if (sim_has_chores(sim) && due_us > sim->now_us + CHORES_LATE_US)
        due_us = sim->now_us + CHORES_LATE_US; /* a file, a key may be there by then */
    *ret_us = due_us < event_us ? due_us : event_us;
    return *ret_us > sim->now_us;
}

/* False: there is nothing left that could happen. */
static bool history_step(struct sim *sim)
{
    int64_t event_us = INT64_MAX, jump_us = 0, timer_us = INT64_MAX;
    bool has_event = sim_agenda_next(sim, &event_us);
    if (sim->daemon != NULL)
        timer_us = sim_daemon_wakes_us(sim);
    if (sim->daemon != NULL && timer_us < event_us && history_jump(sim, event_us, &jump_us)) {
        if (jump_us == INT64_MAX)
            return false;
        sim->now_us = jump_us;
        if (jump_us < event_us || !has_event)
            sim_daemon_turn(sim);
        return true;
    }
    if (timer_us < event_us) {
        sim->now_us = timer_us;
        if (sim_hit(sim, SIM_LOOP_SLOW))
            sim->now_us += sim_between(sim, 1000, 2 * SIM_SECOND_US);
        sim_daemon_turn(sim);
        return true;
    }
    if (!has_event)
        return false;
    struct sim_event event = sim_agenda_take(sim);
    if (event.at_us > sim->now_us)
        sim->now_us = event.at_us;
    event.run(sim, event.what, event.argument);
    return true;
}

/* What only the operator can end is asked about for ever: then it rests while that goes on, and the
 * claims look whether it is only that. */
static bool history_rests(const struct sim *sim)
{
    return sim->is_healed && sim->now_us - sim->healed_us > SIM_RESTS_AFTER_US;
}

static void history_run(struct sim *sim)
{
    uint64_t n_steps = 0;
    while (sim->violation[0] == '\0' && !history_rests(sim) && history_step(sim)) {
        if (sim->daemon != NULL && sim_daemon_is_doomed())
            sim_daemon_bury(sim);
        else if (sim->daemon != NULL && sim->daemon->is_stopping)
            sim_daemon_try_stop(sim);
        history_draw_weather(sim);
        if (sim->daemon != NULL && sim_daemon_is_doomed())
            sim_daemon_bury(sim);
        if (sim->now_us > LONGEST_US || ++n_steps > STEPS_MAX) {
            sim_violate(sim, "nothing-left-due", "it never comes to rest");
            return;
        }
    }
}

/* ---- beginning and end ---- */

static void history_begin(struct sim *sim)
{
    int64_t n_orders = 0;
    sim_chance_seed(sim, sim->seed);
    sim_faults_pick(sim);
    sim->disk = sim_disk_new(sim);
    sim_vfs_use(sim, sim->disk);
    sim_keys_use(history_keys, sim->seed % 100 == 1);
    if (!sim_hit(sim, SIM_DISK_EMPTY))
        sim_disk_copy(sim->disk, sim_daemon_empty_disk());
    sim->platforms[SIM_HUABEI] = sim_alipay_new(sim, history_keys);
    sim->platforms[SIM_BANKCARD] = sim_unionpay_new(sim, history_keys);
    n_orders = sim_between(sim, 1, sim_is_crowd(sim) ? CROWD_MAX : ORDERS_MAX);
    for (int64_t i = 0; i < n_orders; i++)
        sim_renewal_order(sim);
    for (size_t i = 0; i < SIM_MERCHANTS; i++)
        sim_reader_begin(sim, i);
    sim_consumers_begin(sim);
    int64_t bad_us = sim_between(sim, 20 * SIM_MINUTE_US, 12 * 3600 * SIM_SECOND_US);
    sim_after(sim, bad_us + sim_renewal_lasts_us(sim), history_heal, NULL, 0);
    sim_daemon_start(sim);
}

/* In the end it stops as at an update: whatever it kept for longer than it needed shows now. */
static void history_end(struct sim *sim)
{
    sim->is_over = true;
    if (sim->daemon != NULL && sim->violation[0] == '\0') {
        sim_daemon_stop(sim);
        sim_daemon_try_stop(sim);
    }
    bool stops = sim->daemon != NULL && sim->daemon->is_stopping;
    for (int i = 0; stops && i < STOP_STEPS_MAX && sim->daemon != NULL && history_step(sim); i++)
        sim_daemon_try_stop(sim);
    if (sim->violation[0] == '\0' && sim->daemon != NULL)
        sim_violate(sim, "nothing-left-due", "it does not stop");
    if (sim->daemon != NULL) {
        sim_daemon_doom(sim, "the end");
        sim_daemon_bury(sim);
    }
    if (sim->violation[0] == '\0' || sim->is_told)
        sim_claims(sim);
}

/* A bug that the daemon found by itself (the linker's --wrap): it would end the process. */
void __wrap_fq_assert_failed(const char *file, int line, const char *condition);

void __wrap_fq_assert_failed(const char *file, int line, const char *condition)
{
    if (history_now == NULL)
        abort();
    sim_violate(history_now, "no-assertion-fails", "%s:%d: %s", file, line, condition);
    sim_report(history_now);
    exit(1);
}

bool sim_run(uint64_t seed, bool is_told, struct sim_totals *totals, uint64_t *ret_digest)
{
    struct sim sim = {
        .seed = seed, .is_told = is_told, .totals = totals, .digest = UINT64_C(0xcbf29ce484222325)
    };
    history_now = &sim;
    fq_log_level(is_told ? LOG_INFO : -1);
    history_begin(&sim);
    history_run(&sim);
    history_end(&sim);
    bool holds = sim.violation[0] == '\0';
    if (!holds)
        sim_report(&sim);
    for (int i = 0; i < SIM_FAULTS; i++)
        totals->hits[i] += sim.hits[i];
    totals->simulated_us += sim.now_us;
    *ret_digest = sim.digest;
    for (size_t i = 0; i < SIM_CHANNELS; i++)
        sim.platforms[i]->calls->free(sim.platforms[i]);
    history_now = NULL;
    sim_vfs_use(&sim, NULL);
    sim_disk_free(sim.disk);
    sim_memory_free(&sim);
    return holds;
}
