/* SPDX-License-Identifier: Apache-2.0 */
/* One life of the daemon: the real flow, channels and store code over the simulated world. */
#ifndef SIM_DAEMON_H
#define SIM_DAEMON_H

#include "daemon/flow/flow.h"
#include "daemon/store/engine.h"
#include "tests/sim/disk.h"
#include "tests/sim/keys.h"

#define SIM_LEDGER     "ledger"
#define SIM_PUBLIC_URL "https://fenqi.example"
#define SIM_QUEUE_MAX  4096

/* What waits for the store's thread. */
struct sim_queue {
    struct fq_job *items[SIM_QUEUE_MAX];
    size_t n_items;
    bool is_planned; /* its next batch is */
};

struct sim_daemon {
    struct sim *sim;
    struct fq_world world;
    struct fq_timers *timers;
    struct fq_flow *flow;
    struct fq_channel *channels[2]; /* by sim_channel */
    bool has_own[2];                /* it is not the one that is kept between lives */
    struct fq_catalog catalog;
    struct fq_engine *writer, *reader, *checkpoint;
    struct sim_queue transactions, reads;
    int64_t posted_us; /* when the last of its answers is home */
    struct fq_mac *macs[6];
    int64_t first_due_ms; /* as of the last commit */
    bool knows_first_due;
    uint32_t n_idle_rounds; /* since the last commit */
    uint32_t n_commits;
    bool has_worked; /* since it was last found idle */
    bool is_stopping;
};

/* Once per process: what is configured, and a ledger without rows. */
void sim_daemon_prepare(struct sim *sim, const struct sim_keys *keys);
void sim_daemon_unprepare(void);
const struct fq_merchant *sim_merchant(size_t i);
/* The ledger as it is after its migrations. */
const struct sim_disk *sim_daemon_empty_disk(void);

/* A start, which may fail, and then is tried again. */
void sim_daemon_start(struct sim *sim);
/* The process is killed: from here on nothing that it does has an effect, and the history's loop
 * buries it as soon as it gets there. It is started again after a while. */
void sim_daemon_doom(struct sim *sim, const char *why);
bool sim_daemon_is_doomed(void);
void sim_daemon_bury(struct sim *sim);
/* Takes nothing new any more; is gone once nothing moves inside; is ended if that takes too long.
 */
void sim_daemon_stop(struct sim *sim);
void sim_daemon_try_stop(struct sim *sim);
void sim_daemon_stop_hard(struct sim *sim);
/* The timers that are due fire. */
void sim_daemon_turn(struct sim *sim);
/* When it wants to do something by itself; INT64_MAX: never. */
int64_t sim_daemon_wakes_us(struct sim *sim);
/* Nothing moves inside, and only rounds are due; when there is something to ask about (unix ms). */
bool sim_daemon_is_idle(struct sim *sim, int64_t *ret_due_ms);

/* ---- store.c, world.c ---- */

int sim_store_open(struct sim_daemon *daemon);
void sim_store_close(struct sim_daemon *daemon);
void sim_store_transact(struct sim_daemon *daemon, struct fq_tx *tx);
void sim_store_read(struct sim_daemon *daemon, struct fq_read *read);
/* When the first thing is due, of all; INT64_MAX: nothing ever. */
int64_t sim_store_first_due_ms(struct sim_daemon *daemon);
void sim_world_fill(struct sim_daemon *daemon);
void sim_world_empty(struct sim_daemon *daemon);

#endif
