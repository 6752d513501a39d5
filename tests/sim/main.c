/* SPDX-License-Identifier: Apache-2.0 */
/* sim --seeds N [--from K] | --seed K | --list FILE: runs histories and says what they showed. */
#include <malloc.h>
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
    const char *list; /* a file of seeds, one at the start of a line; NULL: none */
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
        } else if (i + 1 < argc && strcmp(argv[i], "--list") == 0) {
            ret->list = argv[++i];
        } else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            ret->from = strtoull(argv[++i], NULL, 10);
            ret->n_seeds = 1;
            ret->is_told = true;
        } else {
            return false;
        }
    }
    return ret->n_seeds > 0 || ret->list != NULL;
}

/* The next seed; false: there is none. */
static bool main_next(struct wish *wish, FILE *list, uint64_t *ret)
{
    char line[256];
    if (list == NULL) {
        *ret = wish->from++;
        return wish->n_seeds-- > 0;
    }
    while (fgets(line, sizeof(line), list) != NULL) {
        if (line[0] >= '0' && line[0] <= '9') {
            *ret = strtoull(line, NULL, 10);
            return true;
        }
    }
    return false;
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

static void main_say(const struct sim_totals *totals, double seconds)
{
    fprintf(stderr, "sim: %llu payments, %llu crashes, %llu answers in %.1f s: %.0f payments/s\n",
            (unsigned long long)totals->n_payments, (unsigned long long)totals->n_crashes,
            (unsigned long long)totals->n_answers, seconds,
            seconds > 0 ? (double)totals->n_payments / seconds : 0.0);
}

/* True: every claim held in every history. */
static bool main_run(struct wish *wish, FILE *list)
{
    struct sim_totals totals = { 0 };
    uint64_t n_violations = 0, n_seeds = 0, seed = 0, digest = 0;
    double began = main_cpu_seconds();
    while ((n_violations == 0 || !wish->stops) && main_next(wish, list, &seed)) {
        uint64_t one = 0;
        n_seeds++;
        n_violations += !sim_run(seed, wish->is_told, &totals, &one);
        digest = (digest ^ one) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    }
    if (wish->shows_faults)
        main_show_faults(&totals);
    main_say(&totals, main_cpu_seconds() - began);
    printf("sim: %llu seeds, %llu violations, %lld simulated days, digest %016llx\n",
           (unsigned long long)n_seeds, (unsigned long long)n_violations,
           (long long)(totals.simulated_us / SIM_DAY_US), (unsigned long long)digest);
    return n_violations == 0;
}

int main(int argc, char **argv)
{
    struct wish wish;
    struct sim_keys keys;
    struct sim_totals totals = { 0 };
    struct sim before = { .totals = &totals };
    if (!main_parse(argc, argv, &wish)) {
        fprintf(stderr,
                "usage: sim --seeds N [--from K] [--faults] [--stop] | --seed K | --list FILE\n");
        return 2;
    }
    FILE *list = wish.list != NULL ? fopen(wish.list, "re") : NULL;
    if (wish.list != NULL && list == NULL) {
        perror(wish.list);
        return 2;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    fq_log_level(-1);
    /* Memory that went back to the kernel would come again page by page. */
    (void)mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the most that is taken */
    (void)mallopt(M_TRIM_THRESHOLD, 512 << 20);
    (void)mallopt(M_TOP_PAD, 4 << 20);
    sim_keys_make(&keys);
    sim_daemon_prepare(&before, &keys);
    sim_history_prepare(&keys);
    bool holds = main_run(&wish, list);
    if (list != NULL)
        (void)fclose(list);
    sim_daemon_unprepare();
    sim_keys_free(&keys);
    return holds ? 0 : 1;
}
