/* SPDX-License-Identifier: Apache-2.0 */
/* Delivers what the platform model has to say: HTTP POST, the answer handed back. */
#ifndef SANDBOX_SENDER_H
#define SANDBOX_SENDER_H

#include "tests/sandbox/server.h"

enum { SENDER_THREADS = 4 };

struct sender {
    struct server *server;
    const char *ca_file; /* NULL: the system's */
    pthread_t threads[SENDER_THREADS];
    unsigned n_threads;
};

bool sender_start(struct sender *sender, struct server *server, const char *ca_file);

/* After server_stop; waits for deliveries under way. */
void sender_stop(struct sender *sender);

#endif
