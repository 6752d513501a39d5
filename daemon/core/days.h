/* SPDX-License-Identifier: Apache-2.0 */
/* The days of a file that comes once a day: which were taken, which are still missing. */
#ifndef FQ_CORE_DAYS_H
#define FQ_CORE_DAYS_H

#include <stdbool.h>
#include <stdint.h>

/* A day that is not there for so long is given up. */
#define FQ_DAYS_KEPT 7

/* Days are numbered (fq_beijing_day). A file that is not there does not stand before later ones: a
 * day on which nothing happened has none. */
struct fq_days {
    int64_t newest;   /* the newest that was taken; 0: none ever */
    uint32_t missing; /* bit k: newest - k was passed over and is still wanted */
};

bool fq_days_wants(const struct fq_days *days, int64_t day);
void fq_days_took(struct fq_days *days, int64_t day);

/* If days behind `last`, the newest that can be had, were given up by a clock that was ahead: they
 * are wanted when they come, and so is the last week, of which nobody knows what else was. */
void fq_days_rewind(struct fq_days *days, int64_t last);

/* A day that is still wanted, and over a week old as seen from `last`, the newest that can be had;
 * 0: none. Take it, to be rid of it. */
int64_t fq_days_too_old(const struct fq_days *days, int64_t last);

#endif
