/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts and times in the platforms' words: yuan with two decimals, the clock of Beijing. */
#include "tests/sandbox/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BEIJING_OFFSET_S = 8 * 3600 };

bool yuan_parse(const char *raw, int64_t *ret_cents)
{
    size_t n_whole = strspn(raw, "0123456789");
    const char *fraction = raw + n_whole;
    size_t n_fraction = *fraction == '.' ? strspn(fraction + 1, "0123456789") : 0;
    bool has_point = *fraction == '.';
    if (n_whole == 0 || n_whole > 9 || (has_point && (n_fraction == 0 || n_fraction > 2)) ||
        fraction[(has_point ? 1 : 0) + n_fraction] != '\0')
        return false;
    int64_t cents = strtoll(raw, NULL, 10) * 100;
    if (n_fraction > 0)
        cents += (fraction[1] - '0') * 10;
    if (n_fraction > 1)
        cents += fraction[2] - '0';
    *ret_cents = cents;
    return true;
}

const char *yuan_format(int64_t cents, char ret[YUAN_SIZE])
{
    snprintf(ret, YUAN_SIZE, "%" PRId64 ".%02" PRId64, cents / 100, cents % 100);
    return ret;
}

const char *beijing_format(int64_t unix_ms, char ret[BEIJING_SIZE])
{
    time_t seconds = (time_t)(unix_ms / 1000 + BEIJING_OFFSET_S);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(ret, BEIJING_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
    return ret;
}

bool beijing_parse(const char *raw, int64_t *ret_unix_ms)
{
    char again[BEIJING_SIZE];
    struct tm parts = { 0 };
    const char *end = strptime(raw, "%Y-%m-%d %H:%M:%S", &parts);
    if (end == NULL || *end != '\0')
        return false;
    int64_t unix_ms = ((int64_t)timegm(&parts) - BEIJING_OFFSET_S) * 1000;
    if (strcmp(beijing_format(unix_ms, again), raw) != 0)
        return false;
    *ret_unix_ms = unix_ms;
    return true;
}

int64_t huabei_fee(int64_t cents, unsigned n_instalments, bool seller_pays)
{
    int64_t rate_ppm = n_instalments == 3   ? (seller_pays ? 18000 : 23000)
                       : n_instalments == 6 ? 45000
                                            : 75000;
    int64_t scaled = cents * rate_ppm;
    int64_t fee = scaled / 1000000;
    int64_t rest = scaled % 1000000;
    if (rest * 2 > 1000000 || (rest * 2 == 1000000 && fee % 2 == 1))
        fee++;
    return fee;
}

struct huabei_plan huabei_plan(int64_t cents, unsigned n_instalments, bool seller_pays)
{
    int64_t n = n_instalments;
    int64_t fee = seller_pays ? 0 : huabei_fee(cents, n_instalments, false);
    return (struct huabei_plan){
        .n_instalments = n_instalments,
        .principal = cents,
        .fee = fee,
        .each_principal = cents / n,
        .each_fee = fee / n,
        .first_principal = cents - cents / n * (n - 1),
        .first_fee = fee - fee / n * (n - 1),
    };
}
