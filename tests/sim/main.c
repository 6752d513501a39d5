/* SPDX-License-Identifier: Apache-2.0 */
/* sim --seeds N [--from K] | --seed K: runs histories and says what they showed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/log.h"
#include "tests/sim/daemon.h"
#include "tests/sim/history.h"

void sim_report(const struct sim *sim)
{
    printf("seed %llu: %s\n", (unsigned long long)sim->seed, sim->violation);
}

struct wish {
    uint64_t from, n_seeds;
    bool is_told;
    bool shows_faults;
    bool stops;
};

static bool main_parse(int argc, char **argv, struct wish *ret)
{
    *ret = (struct wish){ .from = 1 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--faults") == 0) {
            ret->shows_faults = true;
        } else if (strcmp(argv[i], "--stop") == 0) {
            ret->stops = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--seeds") == 0) {
            ret->n_seeds = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--from") == 0) {
            ret->from = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            ret->from = strtoull(argv[++i], NULL, 10);
            ret->n_seeds = 1;
            ret->is_told = true;
        } else {
            return false;
        }
    }
    return ret->n_seeds > 0;
}

static void main_show_faults(const struct sim_totals *totals)
{
    unsigned n_hit = 0;
    for (int i = 0; i < SIM_FAULTS; i++) {
        printf("  %-32s %llu\n", sim_fault_name((enum sim_fault)i),
               (unsigned long long)totals->hits[i]);
        n_hit += totals->hits[i] > 0;
    }
    printf("sim: %u of %d fault points were hit\n", n_hit, SIM_FAULTS);
}

static double main_cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

int main(int argc, char **argv)
{
    struct wish wish;
    struct sim_keys keys;
    struct sim_totals totals = { 0 };
    struct sim before = { .totals = &totals };
    uint64_t n_violations = 0, digest = 0;
    if (!main_parse(argc, argv, &wish)) {
        fprintf(stderr, "usage: sim --seeds N [--from K] [--faults] [--stop] | --seed K\n");
        return 2;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    fq_log_level(-1);
    sim_keys_make(&keys);
    sim_daemon_prepare(&before, &keys);
    sim_history_prepare(&keys);
    double began = main_cpu_seconds();
    for (uint64_t i = 0; i < wish.n_seeds; i++) {
        uint64_t one = 0;
        n_violations += !sim_run(wish.from + i, wish.is_told, &totals, &one);
        digest = (digest ^ one) * UINT64_C(0x9e3779b97f4a7c15) + 1;
        if (n_violations > 0 && wish.stops)
            break;
    }
    double seconds = main_cpu_seconds() - began;
    if (wish.shows_faults)
        main_show_faults(&totals);
    fprintf(stderr, "sim: %llu payments, %llu crashes, %llu answers in %.1f s: %.0f payments/s\n",
            (unsigned long long)totals.n_payments, (unsigned long long)totals.n_crashes,
            (unsigned long long)totals.n_answers, seconds,
            seconds > 0 ? (double)totals.n_payments / seconds : 0.0);
    printf("sim: %llu seeds, %llu violations, %lld simulated days, digest %016llx\n",
           (unsigned long long)wish.n_seeds, (unsigned long long)n_violations,
           (long long)(totals.simulated_us / SIM_DAY_US), (unsigned long long)digest);
    sim_daemon_unprepare();
    sim_keys_free(&keys);
    return n_violations > 0 ? 1 : 0;
}
