/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the clocks. */
#include "daemon/base/clock.h"

#include <time.h>

static int64_t clock_us(clockid_t id)
{
    struct timespec now = { 0 };
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t fq_clock_unix_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

int64_t fq_clock_mono_ms(void)
{
    return clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t fq_clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}
