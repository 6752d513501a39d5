/* SPDX-License-Identifier: Apache-2.0 */
/* Prints plans from the whole range with the daemon's rates of them: first the corners, then COUNT
 * random ones, the same for the same seed.
 *
 *      plans COUNT [SEED]
 *
 * A line: principal | payment of each month | nominal effective simple, in ppm then in bp. The last
 * says "end". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/core/money.h"
#include "daemon/core/rate.h"

static uint64_t plans_seed = 20260801;

struct plan {
    int64_t principal;
    int64_t fee;
    uint32_t n;
    bool fee_first;
    bool remainder_last;
};

/* splitmix64 */
static uint64_t plans_random(uint64_t limit)
{
    uint64_t z = plans_seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % limit;
}

static void plans_print(const struct plan *plan)
{
    struct fq_plan_line lines[FQ_TERMS_MAX];
    struct fq_annual_rates rates;
    int64_t n = plan->n, spread_fee = plan->fee_first ? 0 : plan->fee;
    uint32_t rest = plan->remainder_last ? plan->n - 1 : 0;
    for (uint32_t k = 0; k < plan->n; k++)
        lines[k] = (struct fq_plan_line){ plan->principal / n, spread_fee / n };
    lines[rest].principal_minor += plan->principal % n;
    lines[rest].fee_minor += spread_fee % n;
    lines[0].fee_minor += plan->fee - spread_fee;
    if (fq_annual_rates(plan->principal, lines, plan->n, &rates) != 0) {
        fprintf(stderr, "plans: no rate for %" PRId64 " + %" PRId64 " in %u\n", plan->principal,
                plan->fee, plan->n);
        exit(1);
    }
    printf("%" PRId64 "|", plan->principal);
    for (uint32_t k = 0; k < plan->n; k++)
        printf("%s%" PRId64, k == 0 ? "" : " ", lines[k].principal_minor + lines[k].fee_minor);
    printf("|%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n",
           rates.nominal_ppm, rates.effective_ppm, rates.simple_ppm, rates.nominal_bp,
           rates.effective_bp, rates.simple_bp);
}

static void plans_corners(void)
{
    static const int64_t principals[] = {
        1, 2, 11, 59, 60, 61, 128, 512, 699900, FQ_MONEY_MINOR_MAX - 1, FQ_MONEY_MINOR_MAX
    };
    static const uint32_t terms[] = { 1, 2, 3, 12, 59, 60 };
    for (size_t p = 0; p < sizeof(principals) / sizeof(principals[0]); p++)
        for (size_t t = 0; t < sizeof(terms) / sizeof(terms[0]); t++)
            for (unsigned way = 0; way < 16; way++) {
                int64_t principal = principals[p];
                int64_t fees[] = { 0, 1, (principal + 1) / 2, principal };
                plans_print(&(struct plan){ principal, fees[way / 4], terms[t], (way & 1) != 0,
                                            (way & 2) != 0 });
            }
}

/* Amounts of every number of digits; fees of every size, those of the trade more often. */
static void plans_any(void)
{
    uint64_t principal = 1 + plans_random(UINT64_C(1) << (1 + plans_random(34)));
    if (principal > FQ_MONEY_MINOR_MAX)
        principal = FQ_MONEY_MINOR_MAX - principal % 1000;
    static const uint64_t ppm_limits[] = { 1000001, 300001, 20001 };
    uint64_t kind = plans_random(4);
    uint64_t ppm = kind < 3 ? plans_random(ppm_limits[kind]) : 1000 * plans_random(301);
    uint64_t fee = (principal * ppm + 500000) / 1000000;
    plans_print(&(struct plan){ (int64_t)principal, (int64_t)fee,
                                1 + (uint32_t)plans_random(FQ_TERMS_MAX), plans_random(2) != 0,
                                plans_random(2) != 0 });
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    if (argc > 2)
        plans_seed = strtoull(argv[2], NULL, 10);
    plans_corners();
    for (long left = strtol(argv[1], NULL, 10); left > 0; left--)
        plans_any();
    puts("end");
    return fflush(stdout) != 0;
}
