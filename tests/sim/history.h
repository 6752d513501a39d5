/* SPDX-License-Identifier: Apache-2.0 */
/* What the program needs to run histories. */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include "tests/sim/keys.h"
#include "tests/sim/sim.h"

void sim_history_prepare(const struct sim_keys *keys);
/* main.c: says which claim was broken by which seed. */
void sim_report(const struct sim *sim);

#endif
