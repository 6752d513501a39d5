/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same for every platform: its clock, its bad days, its notifications on their way. */
#include "tests/sim/platform.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/network.h"

int64_t sim_platform_now_ms(const struct sim_platform *platform)
{
    return sim_now_ms(platform->sim) + platform->skew_ms;
}

struct sim_platform *sim_platform_of(const struct sim *sim, const char *channel, size_t size)
{
    for (size_t i = 0; i < SIM_CHANNELS; i++) {
        const char *name = sim->platforms[i]->calls->channel;
        if (strlen(name) == size && memcmp(name, channel, size) == 0)
            return sim->platforms[i];
    }
    return NULL;
}

static void platform_draw_lie(struct sim_platform *platform)
{
    static const struct {
        enum sim_fault fault;
        enum sim_lie lie;
    } lies[] = {
        { SIM_PLATFORM_BAD_SIGNATURE, SIM_LIE_BAD_SIGNATURE },
        { SIM_PLATFORM_WRONG_KEY, SIM_LIE_WRONG_KEY },
        { SIM_PLATFORM_UNSIGNED, SIM_LIE_UNSIGNED },
        { SIM_PLATFORM_SYSTEM_ERROR, SIM_LIE_SYSTEM_ERROR },
        { SIM_PLATFORM_ERROR_AFTER, SIM_LIE_ERROR_AFTER },
        { SIM_PLATFORM_LIMITS, SIM_LIE_LIMITED },
        { SIM_PLATFORM_LIES_AMOUNT, SIM_LIE_AMOUNT },
        { SIM_CARD_DOWNGRADES, SIM_LIE_DOWNGRADED },
        { SIM_CARD_FIELD_TWICE, SIM_LIE_FIELD_TWICE },
        { SIM_CARD_EXPIRED_LEAF, SIM_LIE_EXPIRED_LEAF },
        { SIM_CARD_SELF_MADE_LEAF, SIM_LIE_SELF_MADE },
        { SIM_CARD_TAMPERED, SIM_LIE_TAMPERED },
        { SIM_CARD_OPEN_BRACE, SIM_LIE_OPEN_BRACE },
        { SIM_CARD_LINE_ENDS, SIM_LIE_LINE_ENDS },
    };

    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        if (platform->calls->can_lie(lies[i].lie) && sim_hit(platform->sim, lies[i].fault)) {
            platform->calls->lie(platform, lies[i].lie);
            return;
        }
    }
}

void sim_platform_serve(struct sim_platform *platform, const struct sandbox_request *request,
                        struct sandbox_response *ret)
{
    platform_draw_lie(platform);
    if (platform->calls->serve != NULL)
        platform->calls->serve(platform, request, ret);
    else
        platform->sandbox.serve(platform->sandbox.model, request, sim_platform_now_ms(platform),
                                ret);
    sim_platform_poke(platform);
}

/* ---- what it does by itself ---- */

static void platform_wake(struct sim *sim, void *what, int64_t planned_us)
{
    struct sim_platform *platform = what;
    struct sandbox_delivery delivery;
    if (planned_us != platform->wakes_us)
        return; /* another time was planned meanwhile */
    platform->wakes_us = 0;
    while (platform->sandbox.next_delivery(platform->sandbox.model, sim_platform_now_ms(platform),
                                           &delivery)) {
        sim_network_notify(sim, platform, &delivery);
        free(delivery.url);
        free(delivery.body);
    }
    sim_platform_poke(platform);
}

void sim_platform_poke(struct sim_platform *platform)
{
    struct sim *sim = platform->sim;
    int64_t due_ms = platform->sandbox.next_due_unix_ms(platform->sandbox.model);
    /* The end of the refund window is a year away. */
    if (due_ms == INT64_MAX || due_ms > sim_platform_now_ms(platform) + INT64_C(30) * 86400000)
        return;
    int64_t due_us = (due_ms - platform->skew_ms - sim_begins_ms(platform->sim)) * 1000;
    if (due_us < sim->now_us)
        due_us = sim->now_us;
    if (platform->wakes_us != 0 && platform->wakes_us <= due_us)
        return;
    if (due_us == 0)
        due_us = 1;
    platform->wakes_us = due_us;
    sim_after(sim, due_us - sim->now_us, platform_wake, platform, due_us);
}
