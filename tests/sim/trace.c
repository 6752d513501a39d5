/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, as a digest, and as lines for whoever replays a seed. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"

static void trace_add(struct sim *sim, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t digest = sim->digest;
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ at[i]) * UINT64_C(0x100000001b3);
    sim->digest = digest;
}

static void trace_add_number(struct sim *sim, int64_t number)
{
    uint64_t bits = (uint64_t)number;
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(bits >> (8 * i));
    trace_add(sim, bytes, sizeof(bytes));
}

static void trace_print(const struct sim *sim, const char *what, const char *text, size_t size,
                        int64_t number)
{
    int64_t ms = sim->now_us / 1000;
    printf("%3lldd %02lld:%02lld:%02lld.%03lld %03lld  %-28s", (long long)(ms / 86400000),
           (long long)(ms / 3600000 % 24), (long long)(ms / 60000 % 60),
           (long long)(ms / 1000 % 60), (long long)(ms % 1000), (long long)(sim->now_us % 1000),
           what);
    if (size > 0)
        printf(" %.*s", (int)(size < 400 ? size : 400), text);
    if (number != 0)
        printf(" %lld", (long long)number);
    printf("\n");
}

void sim_say_text(struct sim *sim, const char *what, const char *text, size_t size, int64_t number)
{
    trace_add_number(sim, sim->now_us);
    trace_add(sim, what, strlen(what));
    trace_add_number(sim, (int64_t)size);
    trace_add(sim, text, size);
    trace_add_number(sim, number);
    if (sim->is_told)
        trace_print(sim, what, text, size, number);
}

void sim_say(struct sim *sim, const char *what, const char *detail, int64_t number)
{
    sim_say_text(sim, what, detail, strlen(detail), number);
}

void sim_violate(struct sim *sim, const char *claim, const char *format, ...)
{
    char text[SIM_REASON_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    sim_say(sim, claim, text, 0);
    if (sim->violation[0] == '\0')
        (void)snprintf(sim->violation, sizeof(sim->violation), "%.48s: %.400s", claim, text);
}
