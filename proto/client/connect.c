/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a client: the daemons that it may ask, its own keys, and those that it believes. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <zmq.h>

#include "proto/client/client.h"

#define CURVE_KEY_SIZE 32
#define PORT_MAX       65535

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
        [FENQI_E_REFUSED] = "FENQI_E_REFUSED",
        [FENQI_E_CLOSED] = "FENQI_E_CLOSED",
        [FENQI_E_EXPIRED] = "FENQI_E_EXPIRED",
        [FENQI_E_BUSY] = "FENQI_E_BUSY",
    };
    if (error < 0 || (size_t)error >= sizeof(names) / sizeof(names[0]))
        return "FENQI_E_?";
    return names[error];
}

/* ---- addresses ---- */

/* "tcp://HOST:PORT" or "ipc://PATH": libzmq says what it thinks of the rest when it connects. */
static bool connect_is_endpoint(const char *text)
{
    if (strncmp(text, "ipc://", 6) == 0)
        return text[6] != '\0';
    const char *port = strrchr(text, ':');
    if (strncmp(text, "tcp://", 6) != 0 || port == NULL || port <= text + 6)
        return false;
    char *end = NULL;
    long number = port[1] >= '0' && port[1] <= '9' ? strtol(port + 1, &end, 10) : 0;
    return number >= 1 && number <= PORT_MAX && *end == '\0';
}

static int connect_key(char ret[FENQI_CURVE_SIZE], const char *key)
{
    unsigned char decoded[CURVE_KEY_SIZE];
    if (key == NULL || strlen(key) != FENQI_CURVE_SIZE - 1 || zmq_z85_decode(decoded, key) == NULL)
        return FENQI_E_ARGUMENT;
    memcpy(ret, key, FENQI_CURVE_SIZE);
    OPENSSL_cleanse(decoded, sizeof(decoded));
    return FENQI_OK;
}

int fenqi_client_add(struct fenqi_client *client, const char *endpoint, const char *server_key)
{
    if (client == NULL || endpoint == NULL || !connect_is_endpoint(endpoint) ||
        client->n_addresses == FENQI_ADDRESSES_MAX)
        return FENQI_E_ARGUMENT;
    if (server_key == NULL && client->n_addresses > 0)
        server_key = client->addresses[0].server_key;
    struct fenqi_address *address = &client->addresses[client->n_addresses];
    if (connect_key(address->server_key, server_key) != FENQI_OK)
        return FENQI_E_ARGUMENT;
    address->endpoint = strdup(endpoint);
    if (address->endpoint == NULL)
        return FENQI_E_SYSTEM;
    client->n_addresses++;
    return FENQI_OK;
}

/* ---- the client ---- */

static int connect_open(struct fenqi_client *client, const char *endpoint, const char *server_key,
                        const char *client_public, const char *client_secret)
{
    client->context = zmq_ctx_new();
    client->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    client->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct epoll_event event = { .events = EPOLLIN };
    if (client->context == NULL || client->poll_fd < 0 || client->timer_fd < 0 ||
        zmq_has("curve") != 1 ||
        epoll_ctl(client->poll_fd, EPOLL_CTL_ADD, client->timer_fd, &event) != 0)
        return FENQI_E_SYSTEM;
    if (connect_key(client->client_public, client_public) != FENQI_OK ||
        connect_key(client->client_secret, client_secret) != FENQI_OK)
        return FENQI_E_ARGUMENT;
    int error = fenqi_client_add(client, endpoint, server_key);
    return error != FENQI_OK ? error : fenqi_link_open(&client->link, client, fenqi_now_ms());
}

struct fenqi_client *fenqi_client_new(const char *endpoint, const char *server_key,
                                      const char *client_public, const char *client_secret,
                                      int *reterr)
{
    struct fenqi_client *client = calloc(1, sizeof(*client));
    int error = FENQI_E_SYSTEM;
    if (client != NULL) {
        client->poll_fd = -1;
        client->timer_fd = -1;
        error = connect_open(client, endpoint, server_key, client_public, client_secret);
    }
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
    if (client->is_running)
        abort(); /* we would come back into what is freed */
    client->is_running = true;
    client->is_closing = true;
    fenqi_pending_end(client, FENQI_E_CLOSED);
    fenqi_subscriptions_end(client);
    fenqi_link_close(&client->link);
    if (client->context != NULL)
        (void)zmq_ctx_term(client->context);
    if (client->timer_fd >= 0)
        (void)close(client->timer_fd);
    if (client->poll_fd >= 0)
        (void)close(client->poll_fd);
    for (size_t i = 0; i < client->n_addresses; i++)
        free(client->addresses[i].endpoint);
    OPENSSL_cleanse(client->client_secret, sizeof(client->client_secret));
    free(client);
}

/* ---- whose answers are believed ---- */

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
