/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a client: a DEALER under CURVE, and the keys that it believes. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "proto/client/client.h"

#define Z85_KEY_SIZE          40
#define RECONNECT_MS          100
#define RECONNECT_MAX_MS      5000
#define HEARTBEAT_MS          10000
#define HEARTBEAT_TIMEOUT_MS  30000
#define HANDSHAKE_INTERVAL_MS 10000

const char *fenqi_error_name(int error)
{
    static const char *const names[] = {
        [FENQI_OK] = "FENQI_OK",
        [FENQI_E_ARGUMENT] = "FENQI_E_ARGUMENT",
        [FENQI_E_TIMEOUT] = "FENQI_E_TIMEOUT",
        [FENQI_E_MALFORMED] = "FENQI_E_MALFORMED",
        [FENQI_E_UNKNOWN_KEY] = "FENQI_E_UNKNOWN_KEY",
        [FENQI_E_SIGNATURE] = "FENQI_E_SIGNATURE",
        [FENQI_E_FILE] = "FENQI_E_FILE",
        [FENQI_E_SYSTEM] = "FENQI_E_SYSTEM",
    };
    if (error < 0 || (size_t)error >= sizeof(names) / sizeof(names[0]))
        return "FENQI_E_?";
    return names[error];
}

static int connect_options(void *socket)
{
    static const struct {
        int name;
        int value;
    } options[] = {
        { ZMQ_LINGER, 0 },
        { ZMQ_IMMEDIATE, 1 }, /* nothing waits for a connection, to be sent when nobody asks */
        { ZMQ_RECONNECT_IVL, RECONNECT_MS },
        { ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS },
        { ZMQ_HANDSHAKE_IVL, HANDSHAKE_INTERVAL_MS },
        { ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS },
        { ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS },
        { ZMQ_IPV6, 1 },
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (zmq_setsockopt(socket, options[i].name, &options[i].value, sizeof(int)) != 0)
            return FENQI_E_SYSTEM;
    }
    int64_t size_max = (int64_t)FENQI_REPLY_SIZE_MAX;
    if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &size_max, sizeof(size_max)) != 0)
        return FENQI_E_SYSTEM;
    return FENQI_OK;
}

static int connect_key(void *socket, int option, const char *key)
{
    if (key == NULL || strlen(key) != Z85_KEY_SIZE ||
        zmq_setsockopt(socket, option, key, Z85_KEY_SIZE) != 0)
        return FENQI_E_ARGUMENT;
    return FENQI_OK;
}

static int connect_open(struct fenqi_client *client, const char *endpoint, const char *server_key,
                        const char *client_public, const char *client_secret)
{
    client->context = zmq_ctx_new();
    client->socket = client->context != NULL ? zmq_socket(client->context, ZMQ_DEALER) : NULL;
    if (client->socket == NULL || zmq_has("curve") != 1 ||
        connect_options(client->socket) != FENQI_OK)
        return FENQI_E_SYSTEM;
    if (connect_key(client->socket, ZMQ_CURVE_SERVERKEY, server_key) != FENQI_OK ||
        connect_key(client->socket, ZMQ_CURVE_PUBLICKEY, client_public) != FENQI_OK ||
        connect_key(client->socket, ZMQ_CURVE_SECRETKEY, client_secret) != FENQI_OK)
        return FENQI_E_ARGUMENT;
    if (endpoint == NULL || zmq_connect(client->socket, endpoint) != 0)
        return FENQI_E_ARGUMENT;
    return FENQI_OK;
}

struct fenqi_client *fenqi_client_new(const char *endpoint, const char *server_key,
                                      const char *client_public, const char *client_secret,
                                      int *reterr)
{
    struct fenqi_client *client = calloc(1, sizeof(*client));
    int error = client == NULL
                    ? FENQI_E_SYSTEM
                    : connect_open(client, endpoint, server_key, client_public, client_secret);
    if (error == FENQI_OK)
        return client;
    fenqi_client_free(client);
    if (reterr != NULL)
        *reterr = error;
    return NULL;
}

void fenqi_client_free(struct fenqi_client *client)
{
    if (client == NULL)
        return;
    if (client->socket != NULL)
        (void)zmq_close(client->socket);
    if (client->context != NULL)
        (void)zmq_ctx_term(client->context);
    free(client);
}

int fenqi_client_pin(struct fenqi_client *client, const char *key_id,
                     const unsigned char *public_key)
{
    if (client == NULL || key_id == NULL || public_key == NULL)
        return FENQI_E_ARGUMENT;
    size_t n_key_id = strlen(key_id);
    if (n_key_id == 0 || n_key_id > FENQI_KEY_ID_SIZE_MAX)
        return FENQI_E_ARGUMENT;
    for (size_t i = 0; i < client->n_keys; i++) {
        if (strcmp(client->keys[i].key_id, key_id) != 0)
            continue;
        bool is_same = memcmp(client->keys[i].public_key, public_key, FENQI_KEY_SIZE) == 0;
        return is_same ? FENQI_OK : FENQI_E_ARGUMENT;
    }
    if (client->n_keys == FENQI_KEYS_MAX)
        return FENQI_E_ARGUMENT;
    struct fenqi_key *key = &client->keys[client->n_keys++];
    memcpy(key->key_id, key_id, n_key_id + 1);
    memcpy(key->public_key, public_key, FENQI_KEY_SIZE);
    return FENQI_OK;
}

int fenqi_client_pin_file(struct fenqi_client *client, const char *path)
{
    struct fenqi_key keys[FENQI_KEYS_MAX];
    size_t n_keys = 0;
    int error = fenqi_keys_load(path, keys, FENQI_KEYS_MAX, &n_keys);
    for (size_t i = 0; i < n_keys && error == FENQI_OK; i++)
        error = fenqi_client_pin(client, keys[i].key_id, keys[i].public_key);
    return error;
}
