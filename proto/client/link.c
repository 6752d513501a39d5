/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: a DEALER under CURVE to one of the daemons, and what its monitor tells of it.
 *
 * libzmq connects again by itself. What it does not tell the socket's user is that there was a
 * break, in which requests, answers and subscriptions are lost: the monitor does. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include <zmq.h>

#include "proto/client/client.h"

#define CONNECT_WITHIN_MS     1000 /* or the next address is tried */
#define RECONNECT_MS          100
#define RECONNECT_MAX_MS      5000
#define HEARTBEAT_MS          10000
#define HEARTBEAT_TIMEOUT_MS  30000
#define HANDSHAKE_INTERVAL_MS 10000
#define SEND_N_MAX            (2 * FENQI_PENDING_MAX)
#define RECEIVE_N_MAX         20000 /* credit bounds what is pushed: twice its most */
#define TURN_N_MAX            256   /* messages */

#define EVENTS                                                                                  \
    (ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)

/* ---- opening ---- */

static int link_set(void *socket)
{
    static const struct {
        int name;
        int value;
    } options[] = {
        { ZMQ_LINGER, 0 },
        { ZMQ_IMMEDIATE, 1 }, /* nothing waits for a connection, to be sent when nobody asks */
        { ZMQ_SNDHWM, SEND_N_MAX },
        { ZMQ_RCVHWM, RECEIVE_N_MAX },
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

static int link_set_keys(void *socket, const struct fenqi_client *client, const char *server_key)
{
    const size_t n = FENQI_CURVE_SIZE - 1;
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, n) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, client->client_public, n) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, client->client_secret, n) != 0)
        return FENQI_E_ARGUMENT;
    return FENQI_OK;
}

static int link_set_monitor(struct fenqi_link *link)
{
    struct fenqi_client *client = link->client;
    char name[48];
    (void)snprintf(name, sizeof(name), "inproc://monitor-%u", client->n_monitors++);
    if (zmq_socket_monitor(link->socket, name, EVENTS) != 0)
        return FENQI_E_SYSTEM;
    int linger = 0;
    link->monitor = zmq_socket(client->context, ZMQ_PAIR);
    if (link->monitor == NULL ||
        zmq_setsockopt(link->monitor, ZMQ_LINGER, &linger, sizeof(linger)) != 0 ||
        zmq_connect(link->monitor, name) != 0)
        return FENQI_E_SYSTEM;
    return FENQI_OK;
}

static int link_poll(const struct fenqi_client *client, void *socket, int operation)
{
    struct epoll_event event = { .events = EPOLLIN };
    int fd = -1;
    size_t n = sizeof(fd);
    if (zmq_getsockopt(socket, ZMQ_FD, &fd, &n) != 0 ||
        epoll_ctl(client->poll_fd, operation, fd, &event) != 0)
        return FENQI_E_SYSTEM;
    return FENQI_OK;
}

static int link_fill(struct fenqi_link *link)
{
    struct fenqi_client *client = link->client;
    const struct fenqi_address *address = &client->addresses[link->at];
    link->socket = zmq_socket(client->context, ZMQ_DEALER);
    int error = link->socket != NULL ? link_set(link->socket) : FENQI_E_SYSTEM;
    if (error == FENQI_OK)
        error = link_set_keys(link->socket, client, address->server_key);
    if (error == FENQI_OK)
        error = link_set_monitor(link);
    if (error == FENQI_OK)
        error = link_poll(client, link->socket, EPOLL_CTL_ADD);
    if (error == FENQI_OK)
        error = link_poll(client, link->monitor, EPOLL_CTL_ADD);
    if (error == FENQI_OK && zmq_connect(link->socket, address->endpoint) != 0)
        error = FENQI_E_ARGUMENT;
    return error;
}

int fenqi_link_open(struct fenqi_link *link, struct fenqi_client *client, int64_t now_ms)
{
    *link = (struct fenqi_link){ .client = client, .at = link->at, .down_since_ms = now_ms };
    int error = link_fill(link);
    if (error != FENQI_OK)
        fenqi_link_close(link);
    return error;
}

void fenqi_link_close(struct fenqi_link *link)
{
    void *sockets[] = { link->monitor, link->socket };
    if (link->socket != NULL)
        (void)zmq_socket_monitor(link->socket, NULL, 0);
    for (size_t i = 0; i < 2; i++) {
        if (sockets[i] == NULL)
            continue;
        (void)link_poll(link->client, sockets[i], EPOLL_CTL_DEL);
        (void)zmq_close(sockets[i]);
    }
    link->socket = NULL;
    link->monitor = NULL;
    link->is_up = false;
    link->has_more = false;
}

int fenqi_link_next(struct fenqi_link *link, int64_t now_ms)
{
    struct fenqi_client *client = link->client;
    fenqi_link_close(link);
    link->at = (link->at + 1) % client->n_addresses;
    return fenqi_link_open(link, client, now_ms);
}

int64_t fenqi_link_give_up_ms(const struct fenqi_link *link)
{
    bool has_other = link->client->n_addresses > 1 || link->socket == NULL;
    return has_other && !link->is_up ? link->down_since_ms + CONNECT_WITHIN_MS : FENQI_NEVER;
}

/* ---- watching ---- */

/* The next event of the monitor: two frames, of which the first begins with its number. */
static bool link_event(const struct fenqi_link *link, uint16_t *ret)
{
    unsigned char head[6];
    int n = zmq_recv(link->monitor, head, sizeof(head), ZMQ_DONTWAIT);
    if (n < 0)
        return false;
    *ret = 0;
    if (n == (int)sizeof(head))
        memcpy(ret, head, sizeof(*ret));
    (void)zmq_recv(link->monitor, NULL, 0, ZMQ_DONTWAIT);
    return true;
}

enum fenqi_link_news fenqi_link_watch(struct fenqi_link *link, int64_t now_ms)
{
    enum fenqi_link_news news = FENQI_LINK_SAME;
    uint16_t event = 0;
    while (link->socket != NULL && link_event(link, &event)) {
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            link->is_up = true;
            link->is_refused = false;
        } else if (event == ZMQ_EVENT_DISCONNECTED && link->is_up) {
            link->is_up = false;
            link->down_since_ms = now_ms;
            news = FENQI_LINK_BROKE;
        } else if (event != ZMQ_EVENT_DISCONNECTED) {
            link->is_refused = true;
        }
    }
    return news;
}

/* ---- receiving, sending ---- */

/* One message of any number of frames; its body only if it is an empty frame and one more. */
static bool link_message(const struct fenqi_link *link, zmq_msg_t *body, bool *ret_is_answer)
{
    size_t n_frames = 0;
    bool has_envelope = false;
    bool has_more = true;
    while (has_more) {
        if (zmq_msg_recv(body, link->socket, ZMQ_DONTWAIT) < 0)
            return false;
        has_envelope = has_envelope || (n_frames == 0 && zmq_msg_size(body) == 0);
        has_more = zmq_msg_more(body) != 0;
        n_frames++;
    }
    *ret_is_answer = n_frames == 2 && has_envelope;
    return true;
}

void fenqi_link_receive(struct fenqi_link *link, fenqi_link_fn *fn, void *owner)
{
    zmq_msg_t body;
    (void)zmq_msg_init(&body);
    link->has_more = true;
    for (size_t n = 0; n < TURN_N_MAX && link->socket != NULL; n++) {
        bool is_answer = false;
        if (!link_message(link, &body, &is_answer)) {
            link->has_more = false; /* told by the descriptor from now on */
            break;
        }
        link->n_heard++;
        if (is_answer)
            fn(owner, zmq_msg_data(&body), zmq_msg_size(&body));
    }
    link->has_more = link->has_more && link->socket != NULL;
    (void)zmq_msg_close(&body);
}

bool fenqi_link_send(struct fenqi_link *link, const void *bytes, size_t n_bytes)
{
    int events = 0;
    size_t n = sizeof(events);
    if (!link->is_up)
        return false;
    /* Asking and sending take in news, of which the descriptor then says nothing any more. */
    link->has_more = true;
    /* A connection that was lost is forgotten here, and nothing is sent into it. */
    if (zmq_getsockopt(link->socket, ZMQ_EVENTS, &events, &n) != 0 || (events & ZMQ_POLLOUT) == 0 ||
        zmq_send(link->socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return false;
    return zmq_send(link->socket, bytes, n_bytes, ZMQ_DONTWAIT) >= 0;
}
