/* SPDX-License-Identifier: Apache-2.0 */
/* Solves a schedule for its monthly internal rate; the one file with floating point.
 *
 * Money is integers everywhere. A rate is no money: it is a root of a polynomial of degree 60,
 * which no integer holds, and it leaves this file as rounded integers. `make lint` refuses floating
 * point in any other file.
 *
 * With v = 1 / (1 + r) the rate r solves f(v) = c_1 v + c_2 v^2 + ... + c_n v^n - P = 0. No payment
 * c is negative and P <= sum(c) <= 2 P, so that f(1/2) <= 0 <= f(1) and f only rises between: there
 * is one root. f is convex as well, so that Newton's steps from v = 1 come down to the root without
 * passing it.
 *
 * How far off it can be, with a mantissa of 64 bits:
 *   f      2 n roundings of 2^-64 on sums of positive terms: at most 2^-57 P near the root
 *   v      f rises by at least P per unit of v, so that beyond 2^-57 of the root its sign is beyond
 *          doubt. A result is accepted only if the signs at v - 2^-56 and v + 2^-56 differ: it is
 *          within 2^-55 of the root, however it was found.
 *   r      1 / v^2 <= 4 times that, 2^-53: the nominal rate to 0.0000000014 ppm
 *   (1+r)^12   12 / v^13 <= 98304 times that of v: the effective rate to 0.0000028 ppm, and for
 *          rates below 100 % a year to 0.000000001 ppm */
#include "daemon/core/rate.h"

#include <float.h>

#include "daemon/base/err.h"
#include "daemon/core/money.h"

#define RATE_PPM 1000000
#define RATE_BP  10000

#define RATE_SURE             0x1p-56L /* the signs must differ this far on either side */
#define RATE_NEAR             0x1p-31L /* after a step this small the next is right, as steps square */
#define RATE_TIE              0x1p-29L /* ppm or bp: what is this little below a half is a half */
#define RATE_NEWTON_STEPS_MAX 16       /* eight is the most ever seen; then halving */
#define RATE_STEPS_MAX        (RATE_NEWTON_STEPS_MAX + 64)

_Static_assert(LDBL_MANT_DIG >= 64, "the error bounds are those of a mantissa of 64 bits");

struct rate_schedule {
    int64_t principal_minor;
    int64_t fee_minor; /* of all payments together */
    uint32_t n;
    long double payments[FQ_TERMS_MAX];
};

static bool rate_read(int64_t principal_minor, const struct fq_plan_line *lines, uint32_t n,
                      struct rate_schedule *ret)
{
    int64_t total = 0;
    if (n == 0 || n > FQ_TERMS_MAX || principal_minor <= 0 || principal_minor > FQ_MONEY_MINOR_MAX)
        return false;
    for (uint32_t k = 0; k < n; k++) {
        int64_t payment = 0;
        if (lines[k].principal_minor < 0 || lines[k].fee_minor < 0 ||
            __builtin_add_overflow(lines[k].principal_minor, lines[k].fee_minor, &payment) ||
            __builtin_add_overflow(total, payment, &total))
            return false;
        ret->payments[k] = (long double)payment;
    }
    ret->principal_minor = principal_minor;
    ret->fee_minor = total - principal_minor;
    ret->n = n;
    return total >= principal_minor && total <= 2 * principal_minor;
}

/* f(v), and its slope. */
static long double rate_value(const struct rate_schedule *schedule, long double v,
                              long double *ret_slope)
{
    long double sum = 0, rise = 0;
    for (uint32_t k = schedule->n; k-- > 0;) {
        rise = rise * v + sum;
        sum = sum * v + schedule->payments[k];
    }
    *ret_slope = rise * v + sum;
    return sum * v - (long double)schedule->principal_minor;
}

static bool rate_is_root(const struct rate_schedule *schedule, long double v)
{
    long double slope;
    return rate_value(schedule, v - RATE_SURE, &slope) <= 0 &&
           rate_value(schedule, v + RATE_SURE, &slope) >= 0;
}

/* Newton's steps in a bracket whose ends have opposite signs; halves it where a step leaves it. */
static int rate_find(const struct rate_schedule *schedule, long double *ret_v)
{
    long double low = 0.5L, high = 1, v = high;
    for (int steps = 0; steps < RATE_STEPS_MAX; steps++) {
        long double slope, value = rate_value(schedule, v, &slope);
        if (value >= 0)
            high = v;
        else
            low = v;
        long double next = v - value / slope;
        if (next < low || next > high || steps >= RATE_NEWTON_STEPS_MAX)
            next = low + (high - low) / 2;
        if (__builtin_fabsl(next - v) <= RATE_NEAR && rate_is_root(schedule, next)) {
            *ret_v = next;
            return 0;
        }
        v = next;
    }
    return FQ_FAULT(-ENOTRECOVERABLE, "no rate found within %d steps", RATE_STEPS_MAX);
}

/* value >= 0 */
static int64_t rate_round(long double value)
{
    return (int64_t)(value + 0.5L + RATE_TIE);
}

static int64_t rate_simple(const struct rate_schedule *schedule, int64_t unit)
{
    int64_t year = 12 * unit * schedule->fee_minor;
    int64_t whole = schedule->principal_minor * schedule->n;
    fq_assert(whole > 0);
    return (2 * year + whole) / (2 * whole);
}

int fq_annual_rates(int64_t principal_minor, const struct fq_plan_line *lines, uint32_t n,
                    struct fq_annual_rates *ret)
{
    struct rate_schedule schedule;
    long double v = 1;
    if (!rate_read(principal_minor, lines, n, &schedule))
        return FQ_RATES_E_NONE;
    if (schedule.fee_minor > 0)
        FQ_TRY(rate_find(&schedule, &v));
    long double nominal = 12 * (1 - v) / v;
    long double quarter = 1 / (v * v * v);
    long double effective = quarter * quarter * quarter * quarter - 1;
    *ret = (struct fq_annual_rates){ .nominal_ppm = rate_round(nominal * RATE_PPM),
                                     .nominal_bp = rate_round(nominal * RATE_BP),
                                     .effective_ppm = rate_round(effective * RATE_PPM),
                                     .effective_bp = rate_round(effective * RATE_BP),
                                     .simple_ppm = rate_simple(&schedule, RATE_PPM),
                                     .simple_bp = rate_simple(&schedule, RATE_BP) };
    return 0;
}
