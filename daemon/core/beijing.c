/* SPDX-License-Identifier: Apache-2.0 */
/* Turns unix time into Beijing's calendar. */
#include "daemon/core/beijing.h"

#include <stdio.h>

#define MS_PER_DAY        INT64_C(86400000)
#define BEIJING_OFFSET_MS INT64_C(28800000)

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar, counted in eras of 400 years
 * that begin on 1 March, so that the leap day is the last of its year. */
static void civil_of_days(int64_t days, struct fq_civil *ret)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    ret->day = (uint32_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    ret->month = (uint32_t)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    ret->year = (uint32_t)(year_of_era + era * 400 + (ret->month <= 2 ? 1 : 0));
}

struct fq_civil fq_beijing(int64_t unix_ms)
{
    struct fq_civil civil = { 0 };
    int64_t local = unix_ms + BEIJING_OFFSET_MS;
    int64_t days = local / MS_PER_DAY;
    int64_t rest = local % MS_PER_DAY;
    if (rest < 0) {
        rest += MS_PER_DAY;
        days--;
    }
    civil_of_days(days, &civil);
    civil.hour = (uint32_t)(rest / 3600000);
    civil.minute = (uint32_t)(rest / 60000 % 60);
    civil.second = (uint32_t)(rest / 1000 % 60);
    return civil;
}

void fq_beijing_compact(int64_t unix_ms, char ret[15])
{
    struct fq_civil c = fq_beijing(unix_ms);
    (void)snprintf(ret, 15, "%04u%02u%02u%02u%02u%02u", c.year % 10000, c.month % 100, c.day % 100,
                   c.hour % 100, c.minute % 100, c.second % 100);
}

void fq_beijing_text(int64_t unix_ms, char ret[20])
{
    struct fq_civil c = fq_beijing(unix_ms);
    (void)snprintf(ret, 20, "%04u-%02u-%02u %02u:%02u:%02u", c.year % 10000, c.month % 100,
                   c.day % 100, c.hour % 100, c.minute % 100, c.second % 100);
}

uint32_t fq_beijing_month_after(int64_t unix_ms, uint32_t n_months)
{
    struct fq_civil c = fq_beijing(unix_ms);
    uint32_t months = c.year * 12 + (c.month - 1) + n_months;
    return months / 12 * 100 + months % 12 + 1;
}

int64_t fq_beijing_day(int64_t unix_ms, uint32_t ends_minute)
{
    int64_t shift_ms = ends_minute > 0 ? MS_PER_DAY - (int64_t)ends_minute * 60000 : 0;
    int64_t local = unix_ms + BEIJING_OFFSET_MS + shift_ms;
    int64_t day = local / MS_PER_DAY;
    return local % MS_PER_DAY < 0 ? day - 1 : day;
}

uint32_t fq_beijing_minute(int64_t unix_ms)
{
    struct fq_civil civil = fq_beijing(unix_ms);
    return civil.hour * 60 + civil.minute;
}

void fq_beijing_day_text(int64_t day, char ret[9])
{
    struct fq_civil c = fq_beijing(day * MS_PER_DAY - BEIJING_OFFSET_MS);
    (void)snprintf(ret, 9, "%04u%02u%02u", c.year % 10000, c.month % 100, c.day % 100);
}
