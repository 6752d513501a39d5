/* SPDX-License-Identifier: Apache-2.0 */
/* Strict readers of numbers with a unit, because libconfig's own numbers wrap silently. */
#ifndef FQ_CONF_VALUE_H
#define FQ_CONF_VALUE_H

#include "daemon/base/str.h"

enum {
    FQ_VALUE_E_MALFORMED = 1, /* not such a number, or no int64_t holds it */
};

/* One whole number and one unit, nothing between, before or behind. */
int fq_value_duration(struct fq_str text, int64_t *ret_ms); /* "100ms" "30s" "5min" "2h" "7d" */
int fq_value_size(struct fq_str text, int64_t *ret_bytes);  /* "512B" "64KiB" "1MiB" "2GiB" */
int fq_value_money(struct fq_str text, int64_t *ret_minor); /* "100.00": always two decimals */
int fq_value_percent(struct fq_str text, int64_t *ret_ppm); /* "2.30%": at most four decimals */
int fq_value_integer(struct fq_str text, int64_t *ret);     /* "8080" */

/* "2026-11-01 00:00" or "2026-11-01 00:00:30" in Beijing, of the years 1970 to 9999, as unix time.
 */
int fq_value_time(struct fq_str text, int64_t *ret_ms);

#endif
