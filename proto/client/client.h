/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of libfenqi share. */
#ifndef FENQI_CLIENT_H
#define FENQI_CLIENT_H

#include "proto/client/fenqi.h"

/* More than any answer of the daemon. */
#define FENQI_REPLY_SIZE_MAX ((size_t)1 << 20)

struct fenqi_client {
    void *context;
    void *socket;
    struct fenqi_key keys[FENQI_KEYS_MAX];
    size_t n_keys;
};

#endif
