/* SPDX-License-Identifier: Apache-2.0 */
/* One simulated history: a seed, its chance, its clock, its faults, and what the parts share. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/faults.h"

struct sim_daemon;
struct sim_disk;
struct sim_platform;
struct sim_renewal;
struct sim_order;
struct sim_reader;
struct sim_group;
struct sim_told;

#define SIM_START_MS       INT64_C(1767225600000) /* 2026-01-01, UTC */
#define SIM_SECOND_US      INT64_C(1000000)
#define SIM_MINUTE_US      (60 * SIM_SECOND_US)
#define SIM_DAY_US         (86400 * SIM_SECOND_US)
#define SIM_MERCHANTS      2
#define SIM_RESTS_AFTER_US (2 * SIM_DAY_US) /* of the healing, if it does not rest by itself */
#define SIM_REASON_MAX     512

struct sim;

/* Something that happens at a time. Of two at the same time the one that was planned first. */
struct sim_event {
    int64_t at_us;
    uint64_t turn;
    void (*run)(struct sim *sim, void *what, int64_t argument);
    void *what;
    int64_t argument;
    uint32_t life; /* of the daemon it belongs to; 0: to the world outside */
};

struct sim_number {
    struct sim_number *next;
    const char *number;
};

/* What is counted over all histories. */
struct sim_totals {
    uint64_t hits[SIM_FAULTS];
    uint64_t n_payments, n_paid, n_refunds, n_crashes, n_answers, n_events, n_pushed;
    int64_t simulated_us;
};

struct sim {
    uint64_t seed;
    uint64_t chance[4];
    uint64_t digest;
    bool is_told; /* the trace is printed */

    int64_t now_us; /* since the history began */
    uint64_t n_turns;
    struct sim_event *agenda; /* a heap */
    size_t n_agenda, agenda_room;
    struct sim_block *memory;

    uint32_t rates_ppm[SIM_FAULTS]; /* 0: not in this history */
    uint64_t hits[SIM_FAULTS];
    bool is_healed; /* no more faults */
    int64_t healed_us;
    bool is_over;  /* the daemon is not started again */
    bool is_quiet; /* no faults just now: somebody looks from outside */
    bool real_signatures;

    struct sim_disk *disk;
    struct sim_daemon *daemon;         /* NULL: down */
    uint32_t life;                     /* counts its starts */
    struct sim_platform *platforms[2]; /* by sim_channel */
    struct sim_renewal *renewal;       /* of UnionPay's certificate; NULL: there is none */

    struct sim_number *acknowledged; /* payments whose notification the daemon took */
    struct sim_order *orders;        /* newest first */
    size_t n_orders;
    struct sim_reader *readers[SIM_MERCHANTS];
    struct sim_group *groups;             /* of event consumers */
    uint64_t n_connections;               /* of theirs */
    struct sim_told *told[SIM_MERCHANTS]; /* events, by cursor; NULL: nobody subscribes */

    char violation[SIM_REASON_MAX]; /* "claim: what"; empty: none */
    struct sim_totals *totals;
};

/* ---- chance (chance.c) ---- */

void sim_chance_seed(struct sim *sim, uint64_t seed);
uint64_t sim_draw(struct sim *sim);
int64_t sim_between(struct sim *sim, int64_t low, int64_t high); /* both included */
bool sim_odds(struct sim *sim, uint32_t ppm);
/* How long people take, who may hurry. */
int64_t sim_people_us(struct sim *sim, int64_t low, int64_t high);
/* How long a small thing takes: mostly moments, sometimes long. */
int64_t sim_moment_us(struct sim *sim);

/* Does this fault happen now? Never after the healing. */
bool sim_hit(struct sim *sim, enum sim_fault fault);

static inline bool sim_is_truthful(const struct sim *sim)
{
    return sim->seed % 8 == 0;
}

/* Picks the faults of a history and how often they happen. */
void sim_faults_pick(struct sim *sim);

/* ---- the trace (trace.c) ---- */

void sim_say(struct sim *sim, const char *what, const char *detail, int64_t number);
/* The same for a text that is no C string. */
void sim_say_text(struct sim *sim, const char *what, const char *text, size_t size, int64_t number);
/* The first one ends the history. */
void sim_violate(struct sim *sim, const char *claim, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- the agenda (agenda.c) ---- */

/* Mostly 8:00 in Beijing; in one history of eleven 21:00, two hours before the end of UnionPay's
 * settlement day: after it there is no undo any more, and what was on its way is answered late. */
static inline bool sim_is_evening(const struct sim *sim)
{
    return sim->seed % 11 == 1;
}

static inline int64_t sim_begins_ms(const struct sim *sim)
{
    return SIM_START_MS + (sim_is_evening(sim) ? INT64_C(13) * 3600000 : 0);
}

static inline int64_t sim_now_ms(const struct sim *sim)
{
    return sim_begins_ms(sim) + sim->now_us / 1000;
}

void sim_after(struct sim *sim, int64_t delay_us,
               void (*run)(struct sim *sim, void *what, int64_t argument), void *what,
               int64_t argument);
/* Forgotten if the daemon dies before. */
void sim_after_in_life(struct sim *sim, int64_t delay_us,
                       void (*run)(struct sim *sim, void *what, int64_t argument), void *what,
                       int64_t argument);
/* The next one that still counts; false: there is none. */
bool sim_agenda_next(struct sim *sim, int64_t *ret_at_us);
struct sim_event sim_agenda_take(struct sim *sim);

/* Zeroed memory that lives as long as the history. */
void *sim_alloc(struct sim *sim, size_t size);
char *sim_copy(struct sim *sim, const char *text, size_t size);
void sim_memory_free(struct sim *sim);

/* In one of seventeen UnionPay wants payers encrypted, and renews its certificate for that. */
static inline bool sim_renews_keys(const struct sim *sim)
{
    return sim->seed % 17 == 5;
}

/* One history in so many is a crowd: a sale begins, hundreds come within a minute, and commits,
 * rounds and starts are shared by more payments. */
#define SIM_CROWD_OF 5

static inline bool sim_is_crowd(const struct sim *sim)
{
    return sim->seed % SIM_CROWD_OF == 0 && !sim_renews_keys(sim); /* those last for days */
}

/* By how much people are quicker than they might be. In one small history of six they take their
 * time, and the platforms are asked while they do. */
static inline int64_t sim_hurry(const struct sim *sim)
{
    return sim_is_crowd(sim) ? 30 : sim->seed % 6 == 3 ? 1 : 10;
}

/* In one history of four UnionPay's settlement files are taken. */
static inline bool sim_takes_statements(const struct sim *sim)
{
    return sim->seed % 4 == 1;
}

/* The daemon does something by itself, though no payment wants it. */
static inline bool sim_has_chores(const struct sim *sim)
{
    return sim_takes_statements(sim) || sim_renews_keys(sim);
}

/* In one of thirteen Huabei, too, is told who is to pay. */
static inline bool sim_has_payers(const struct sim *sim)
{
    return sim->seed % 13 == 4;
}

/* In two of seven shops subscribe to their events. */
static inline bool sim_has_consumers(const struct sim *sim)
{
    return sim->seed % 7 == 3 || sim->seed % 7 == 6;
}

/* ---- one history (history.c) ---- */

/* True: every claim holds. */
bool sim_run(uint64_t seed, bool is_told, struct sim_totals *totals, uint64_t *ret_digest);

#endif
