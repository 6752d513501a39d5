/* SPDX-License-Identifier: Apache-2.0 */
/* Speed, as ratios to limits that are measured in the same run: bench BUILD RESULT [--enforce]. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAYMENTS_DEFAULT 50000
#define EVENTS_DEFAULT   1000000
#define RUNS_DEFAULT     3

_Noreturn void bench_die(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "bench: %s:%d: %s\n", file, line, what);
    exit(EXIT_FAILURE);
}

int64_t bench_now_us(void)
{
    struct timespec now;
    bench_check(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int bench_compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double bench_percentile(double *values, size_t n, double percent)
{
    bench_check(n > 0);
    qsort(values, n, sizeof(double), bench_compare);
    size_t at = (size_t)((double)n * percent / 100);
    return values[at < n ? at : n - 1];
}

double bench_median(double *values, size_t n)
{
    return bench_percentile(values, n, 50);
}

static size_t bench_number(const char *name, size_t fallback)
{
    const char *text = getenv(name);
    char *end = NULL;
    if (text == NULL || text[0] == '\0')
        return fallback;
    unsigned long value = strtoul(text, &end, 10);
    if (*end != '\0' || value == 0)
        bench_die(__FILE__, __LINE__, name);
    return value;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--echo") == 0)
        return bench_echo_main();
    bool is_enforced = argc == 4 && strcmp(argv[3], "--enforce") == 0;
    if (argc != 3 && !is_enforced) {
        (void)fputs("usage: bench BUILD RESULT [--enforce]\n"
                    "\n"
                    "  BUILD      folder with fenqid and adapters/\n"
                    "  RESULT     file for the result, JSON\n"
                    "  --enforce  exit 1 if a budget is exceeded\n"
                    "\n"
                    "BENCH_PAYMENTS  payments stored for memory and starts (50000)\n"
                    "BENCH_EVENTS    events that a consumer is behind (1000000)\n"
                    "BENCH_RUNS      runs of which the median is taken (3)\n"
                    "BENCH_ONLY      measures only what has this in its name, for a profiler\n",
                    stderr);
        return 2;
    }
    struct bench_conf conf = { .build = argv[1],
                               .n_payments = bench_number("BENCH_PAYMENTS", PAYMENTS_DEFAULT),
                               .n_events = bench_number("BENCH_EVENTS", EVENTS_DEFAULT),
                               .n_runs = bench_number("BENCH_RUNS", RUNS_DEFAULT),
                               .only = getenv("BENCH_ONLY") };
    bench_measure(&conf);
    size_t n_over = bench_rows_finish(argv[2]);
    (void)printf("\n%zu over budget; %s\n", n_over, argv[2]);
    return is_enforced && n_over > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
