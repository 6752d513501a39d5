/* SPDX-License-Identifier: Apache-2.0 */
/* Several platform models side by side, as one. */
#ifndef SANDBOX_PLATFORMS_H
#define SANDBOX_PLATFORMS_H

#include "tests/sandbox/platform.h"

enum { PLATFORMS_MAX = 4 };

/* Starts as { 0 }; must outlive what platforms_as_one returns. */
struct platforms {
    struct sandbox_platform each[PLATFORMS_MAX];
    size_t n_platforms;
};

void platforms_add(struct platforms *platforms, struct sandbox_platform platform);

/* A request goes to the first one that owns its path, else to the last one. */
struct sandbox_platform platforms_as_one(struct platforms *platforms);

#endif
