/* SPDX-License-Identifier: Apache-2.0 */
/* What travels between the daemon and the platforms, and what happens to it on the way. */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "daemon/flow/world.h"
#include "tests/sim/platform.h"

/* As fq_world.send. */
void sim_network_send(struct sim *sim, struct fq_send *send);
/* A notification leaves the platform. */
void sim_network_notify(struct sim *sim, struct sim_platform *platform,
                        const struct sandbox_delivery *delivery);

#endif
