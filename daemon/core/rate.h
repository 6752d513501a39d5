/* SPDX-License-Identifier: Apache-2.0 */
/* What a schedule of monthly payments really costs in a year. */
#ifndef FQ_CORE_RATE_H
#define FQ_CORE_RATE_H

#include "daemon/core/plan.h"

/* Each figure twice: in millionths and in hundredths of a percent, both rounded half up from the
 * real value (never one from the other). 100 % is 1000000 ppm, 10000 bp. */
struct fq_annual_rates {
    int64_t nominal_ppm; /* 12 r, where r is the monthly internal rate: what remains is charged */
    int64_t nominal_bp;
    int64_t effective_ppm; /* (1 + r)^12 - 1: at most 4095 times 100 % */
    int64_t effective_bp;
    int64_t simple_ppm; /* fee / principal * 12 / n: what is advertised, about half of the truth */
    int64_t simple_bp;
};

enum {
    FQ_RATES_E_NONE = 1, /* there is no such rate: no line or more than 60, a negative part, a
                            principal outside 1..FQ_MONEY_MINOR_MAX, paid back less than it, or
                            more than twice */
};

/* The rates of `principal_minor` lent today and paid back by lines[k] in k + 1 months. Before its
 * rounding a figure is within 0.00001 ppm of the real one. Without a fee all are exactly 0. */
int fq_annual_rates(int64_t principal_minor, const struct fq_plan_line *lines, uint32_t n,
                    struct fq_annual_rates *ret);

#endif
