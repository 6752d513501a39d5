/* SPDX-License-Identifier: Apache-2.0 */
/* Civil time at GMT+8, whatever the host's zone: all platforms and their bills use it. */
#ifndef FQ_CORE_BEIJING_H
#define FQ_CORE_BEIJING_H

#include <stdint.h>

struct fq_civil {
    uint32_t year, month, day, hour, minute, second; /* month, day from 1; the years 1970 to 9999 */
};

struct fq_civil fq_beijing(int64_t unix_ms);
void fq_beijing_compact(int64_t unix_ms, char ret[15]); /* yyyymmddHHMMSS */
void fq_beijing_text(int64_t unix_ms, char ret[20]);    /* yyyy-mm-dd HH:MM:SS */
/* Numbers the Beijing days, each of which ends at `ends_minute` (0: at midnight). */
int64_t fq_beijing_day(int64_t unix_ms, uint32_t ends_minute);
void fq_beijing_day_text(int64_t day, char ret[9]); /* yyyymmdd of a day that ends at midnight */
uint32_t fq_beijing_minute(int64_t unix_ms);        /* of the day: 0..1439 */
uint32_t fq_beijing_month_after(int64_t unix_ms, uint32_t n_months); /* yyyymm */

#endif
