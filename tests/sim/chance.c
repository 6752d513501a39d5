/* SPDX-License-Identifier: Apache-2.0 */
/* The one source of chance of a history, and the faults that it brings. */
#include "tests/sim/sim.h"

static uint64_t chance_mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void sim_chance_seed(struct sim *sim, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        sim->chance[i] = chance_mix(&seed);
}

static uint64_t chance_turn(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

/* xoshiro256**, by Blackman and Vigna. */
uint64_t sim_draw(struct sim *sim)
{
    uint64_t *s = sim->chance;
    uint64_t drawn = chance_turn(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = chance_turn(s[3], 45);
    return drawn;
}

int64_t sim_between(struct sim *sim, int64_t low, int64_t high)
{
    uint64_t range = (uint64_t)(high - low) + 1;
    return low + (int64_t)(sim_draw(sim) % range);
}

bool sim_odds(struct sim *sim, uint32_t ppm)
{
    return sim_draw(sim) % 1000000 < ppm;
}

int64_t sim_people_us(struct sim *sim, int64_t low, int64_t high)
{
    return sim_between(sim, low, high) / sim_hurry(sim);
}

int64_t sim_moment_us(struct sim *sim)
{
    uint64_t drawn = sim_draw(sim);
    int64_t most = drawn % 64 == 0 ? 400000 : drawn % 8 == 0 ? 20000 : 1500;
    return 20 + (int64_t)((drawn >> 16) % (uint64_t)most);
}

static const struct {
    const char *name;
    uint32_t rate_max_ppm;
} faults[SIM_FAULTS] = {

#define SIM_FAULT_ROW(symbol, name, rate) [SIM_##symbol] = { name, rate },
    SIM_FAULT_TABLE(SIM_FAULT_ROW)
#undef SIM_FAULT_ROW
};

const char *sim_fault_name(enum sim_fault fault)
{
    return faults[fault].name;
}

static bool faults_are_here(const struct sim *sim, int fault)
{
    if (fault >= SIM_FAULT_OF_CONSUMERS)
        return sim_has_consumers(sim);
    return fault < SIM_FAULT_OF_KEYS || sim_renews_keys(sim);
}

/* Every eighth history is a truthful one; in the others some points are enabled, each at a rate of
 * its own. */
void sim_faults_pick(struct sim *sim)
{
    uint32_t share_ppm = sim_is_truthful(sim) ? 0 : (uint32_t)sim_between(sim, 50000, 600000);
    for (int i = 0; i < SIM_FAULTS; i++) {
        if (!faults_are_here(sim, i))
            continue;
        bool is_enabled = sim_odds(sim, share_ppm);
        int64_t most = faults[i].rate_max_ppm;
        sim->rates_ppm[i] = is_enabled ? (uint32_t)sim_between(sim, most / 20 + 1, most) : 0;
    }
}

bool sim_hit(struct sim *sim, enum sim_fault fault)
{
    if (sim->rates_ppm[fault] == 0 || sim->is_healed || sim->is_quiet ||
        !sim_odds(sim, sim->rates_ppm[fault]))
        return false;
    sim->hits[fault]++;
    sim_say(sim, "fault", faults[fault].name, 0);
    return true;
}
