/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps book of the days whose file was taken. */
#include "daemon/core/days.h"

#define BITS 32

bool fq_days_wants(const struct fq_days *days, int64_t day)
{
    int64_t age = days->newest - day;
    return age < 0 || (age < BITS && (days->missing >> age & 1u) != 0);
}

void fq_days_took(struct fq_days *days, int64_t day)
{
    int64_t ahead = day - days->newest;
    if (ahead <= 0) {
        if (-ahead < BITS)
            days->missing &= ~(1u << -ahead);
        return;
    }
    /* Those between the two were passed over. */
    days->missing = ahead < BITS ? days->missing << ahead : 0;
    for (int64_t age = 1; age < ahead && age < BITS; age++)
        days->missing |= 1u << age;
    days->newest = day;
}

void fq_days_rewind(struct fq_days *days, int64_t last)
{
    if (days->newest <= last)
        return;
    days->newest = last;
    days->missing = (1u << FQ_DAYS_KEPT) - 1;
}

int64_t fq_days_too_old(const struct fq_days *days, int64_t last)
{
    for (int64_t age = BITS - 1; age > 0; age--) {
        int64_t day = days->newest - age;
        if ((days->missing >> age & 1u) != 0 && day <= last - FQ_DAYS_KEPT)
            return day;
    }
    return days->newest < last - FQ_DAYS_KEPT ? days->newest + 1 : 0;
}
