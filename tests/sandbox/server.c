/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets around a platform model: its public side over TLS, its control side on loopback. */
#include "tests/sandbox/server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <microhttpd.h>

#include "tests/sandbox/text.h"

enum { SERVER_BODY_MAX = 1024 * 1024, SERVER_IDLE_S = 30 };

struct server_exchange {
    char *uri; /* as on the wire: signatures cover what was sent */
    struct text body;
    bool begun;
    bool too_big;
};

struct server_half {
    char *body;
    size_t size;
};

typedef void server_ask_fn(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                           struct sandbox_response *ret);

int64_t server_now_unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void server_init(struct server *server, struct sandbox_platform platform)
{
    *server = (struct server){ .platform = platform };
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
}

static void *server_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    (void)cls;
    (void)connection;
    struct server_exchange *exchange = text_alloc(sizeof(*exchange));
    exchange->uri = text_copy(uri);
    return exchange;
}

static void server_end(void *cls, struct MHD_Connection *connection, void **slot,
                       enum MHD_RequestTerminationCode why)
{
    struct server_exchange *exchange = *slot;
    (void)cls;
    (void)connection;
    (void)why;
    if (exchange == NULL)
        return;
    free(exchange->uri);
    text_free(&exchange->body);
    free(exchange);
    *slot = NULL;
}

static ssize_t server_half_read(void *cls, uint64_t position, char *ret, size_t room)
{
    const struct server_half *half = cls;
    if (position >= half->size / 2)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = half->size / 2 - (size_t)position;
    size_t size = left < room ? left : room;
    memcpy(ret, half->body + position, size);
    return (ssize_t)size;
}

static void server_half_free(void *cls)
{
    struct server_half *half = cls;
    free(half->body);
    free(half);
}

static struct MHD_Response *server_make(struct sandbox_response *answer)
{
    struct MHD_Response *response;
    if (answer->truncated) {
        struct server_half *half = text_alloc(sizeof(*half));
        *half = (struct server_half){ answer->body, answer->body_size };
        answer->body = NULL;
        response = MHD_create_response_from_callback(half->size, 4096, server_half_read, half,
                                                     server_half_free);
    } else {
        response =
            MHD_create_response_from_buffer(answer->body_size, answer->body, MHD_RESPMEM_MUST_COPY);
    }
    MHD_add_response_header(response, "Content-Type", answer->content_type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    if (answer->location != NULL)
        MHD_add_response_header(response, "Location", answer->location);
    if (answer->trace_id != NULL)
        MHD_add_response_header(response, "trace_id", answer->trace_id);
    return response;
}

static void server_sleep(uint64_t ms)
{
    struct timespec left = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
    nanosleep(&left, NULL);
}

static enum MHD_Result server_answer(struct server *server, server_ask_fn *ask,
                                     struct MHD_Connection *connection, const char *method,
                                     struct server_exchange *exchange)
{
    struct sandbox_response answer = { 0 };
    const char *type =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    const char *host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    char *query = strchr(exchange->uri, '?');
    if (query != NULL)
        *query++ = '\0';
    struct sandbox_request request = {
        .method = method,
        .path = exchange->uri,
        .query = query != NULL ? query : "",
        .host = host,
        .content_type = type != NULL ? type : "",
        .body = exchange->body.bytes != NULL ? exchange->body.bytes : "",
        .body_size = exchange->body.size,
    };
    pthread_mutex_lock(&server->lock);
    ask(server->platform.model, &request, server_now_unix_ms(), &answer);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    server_sleep(answer.delay_ms);
    enum MHD_Result result = MHD_NO;
    if (!answer.dropped) {
        struct MHD_Response *response = server_make(&answer);
        result = MHD_queue_response(connection, answer.status, response);
        MHD_destroy_response(response);
    }
    sandbox_response_free(&answer);
    return result;
}

static enum MHD_Result server_serve(struct server *server, server_ask_fn *ask,
                                    struct MHD_Connection *connection, const char *method,
                                    const char *data, size_t *data_size, void **slot)
{
    struct server_exchange *exchange = *slot;
    if (!exchange->begun) {
        exchange->begun = true;
        return MHD_YES;
    }
    if (*data_size > 0) {
        exchange->too_big = exchange->too_big || exchange->body.size + *data_size > SERVER_BODY_MAX;
        if (!exchange->too_big)
            text_add_bytes(&exchange->body, data, *data_size);
        *data_size = 0;
        return MHD_YES;
    }
    return exchange->too_big ? MHD_NO : server_answer(server, ask, connection, method, exchange);
}

static enum MHD_Result server_on_gateway(void *cls, struct MHD_Connection *connection,
                                         const char *url, const char *method, const char *version,
                                         const char *data, size_t *data_size, void **slot)
{
    struct server *server = cls;
    (void)url;
    (void)version;
    return server_serve(server, server->platform.serve, connection, method, data, data_size, slot);
}

static enum MHD_Result server_on_control(void *cls, struct MHD_Connection *connection,
                                         const char *url, const char *method, const char *version,
                                         const char *data, size_t *data_size, void **slot)
{
    struct server *server = cls;
    (void)url;
    (void)version;
    return server_serve(server, server->platform.control, connection, method, data, data_size,
                        slot);
}

static bool server_resolve(const char *listen, struct sockaddr_storage *ret)
{
    char host[64] = "";
    struct addrinfo *found = NULL;
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                              .ai_socktype = SOCK_STREAM };
    const char *colon = strrchr(listen, ':');
    if (colon == NULL || (size_t)(colon - listen) >= sizeof(host))
        return false;
    bool bracketed = listen[0] == '[' && colon[-1] == ']';
    size_t skip = bracketed ? 1 : 0;
    memcpy(host, listen + skip, (size_t)(colon - listen) - 2 * skip);
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return false;
    memcpy(ret, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

static bool server_is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *four = (const void *)address;
    const struct sockaddr_in6 *six = (const void *)address;
    if (address->ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
    return address->ss_family == AF_INET && ntohl(four->sin_addr.s_addr) >> 24 == 127;
}

static struct MHD_Daemon *server_listen(struct server *server, const char *listen,
                                        const struct sockaddr_storage *address, bool tls,
                                        const struct MHD_OptionItem *more, uint16_t *ret_port)
{
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     (tls ? MHD_USE_TLS : 0) | (address->ss_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, tls ? server_on_gateway : server_on_control, server,
        MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_URI_LOG_CALLBACK, server_begin, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, server_end, NULL, MHD_OPTION_CONNECTION_TIMEOUT, SERVER_IDLE_S,
        MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(stderr, "fenqi-sandbox: cannot listen on %s\n", listen);
        return NULL;
    }
    *ret_port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return daemon;
}

bool server_start_gateway(struct server *server, const char *listen, const char *certificate_pem,
                          const char *key_pem, uint16_t *ret_port)
{
    STRING_CLEANUP certificate = text_copy(certificate_pem);
    STRING_CLEANUP key = text_copy(key_pem);
    struct MHD_OptionItem more[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, certificate },
                                     { MHD_OPTION_HTTPS_MEM_KEY, 0, key },
                                     { MHD_OPTION_END, 0, NULL } };
    struct sockaddr_storage address = { 0 };
    if (!server_resolve(listen, &address)) {
        fprintf(stderr, "fenqi-sandbox: --listen must be address:port, not %s\n", listen);
        return false;
    }
    server->gateway = server_listen(server, listen, &address, true, more, ret_port);
    return server->gateway != NULL;
}

bool server_start_control(struct server *server, const char *listen, uint16_t *ret_port)
{
    struct MHD_OptionItem more[] = { { MHD_OPTION_END, 0, NULL } };
    struct sockaddr_storage address = { 0 };
    if (!server_resolve(listen, &address) || !server_is_loopback(&address)) {
        fprintf(stderr, "fenqi-sandbox: --control must be loopback:port, not %s\n", listen);
        return false;
    }
    server->control = server_listen(server, listen, &address, false, more, ret_port);
    return server->control != NULL;
}

void server_stop(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    if (server->gateway != NULL)
        MHD_stop_daemon(server->gateway);
    if (server->control != NULL)
        MHD_stop_daemon(server->control);
    server->gateway = NULL;
    server->control = NULL;
}

void server_deinit(struct server *server)
{
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
}
