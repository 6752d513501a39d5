/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's memory, so that a crash can take all of it at once. */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stddef.h>

/* What is allocated from now on belongs to the daemon that lives, or to nobody who dies. */
void sim_heap_live(void);
void sim_heap_rest(void);
/* Everything that the daemon left behind is gone; returns how many pieces that were. */
size_t sim_heap_die(void);

#endif
