/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets around a platform model: its public side over TLS, its control side on loopback. */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include <pthread.h>
#include <stdint.h>

#include "tests/sandbox/platform.h"

struct MHD_Daemon;

/* One platform, used by one thread at a time. */
struct server {
    struct sandbox_platform platform;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* something was asked, something may be due */
    struct MHD_Daemon *gateway;
    struct MHD_Daemon *control;
    bool stopping;
};

void server_init(struct server *server, struct sandbox_platform platform);

/* `listen` is "address:port", port 0 for any. False, with a line on stderr, where it cannot. */
bool server_start_gateway(struct server *server, const char *listen, const char *certificate_pem,
                          const char *key_pem, uint16_t *ret_port);
bool server_start_control(struct server *server, const char *listen, uint16_t *ret_port);

void server_stop(struct server *server);
void server_deinit(struct server *server);

int64_t server_now_unix_ms(void);

#endif
