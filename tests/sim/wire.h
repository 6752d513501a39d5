/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and replies as the bytes that travel: what a storefront packs the daemon's codec reads,
 * and the reverse. */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "tests/sim/shop.h"

/* `wish` packed as a storefront does, and decoded into ret, whose arena is set. False: the codec
 * refused it, or read another wish. */
bool sim_wire_request(const struct fq_operation *wish, struct fq_operation *ret);

/* NULL: the bytes of the answer say what the operation says; or what they say wrong. */
const char *sim_wire_reply(const struct fq_operation *operation, int64_t now_ms);

#endif
