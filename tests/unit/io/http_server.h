/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS server on loopback with keys of its own, well-behaved and not. */
#ifndef FQ_TESTS_IO_HTTP_SERVER_H
#define FQ_TESTS_IO_HTTP_SERVER_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <microhttpd.h>

#include "daemon/base/err.h"

/* ---- keys and certificates, made for this run ---- */

struct keys {
    char folder[64];
    char key_file[96], ca_file[96], other_key_file[96], other_ca_file[96];
    char *key, *certificate;
};

static struct keys keys;

static inline char *keys_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = fq_zalloc(16384);
    assert_true(fread(text, 1, 16383, file) > 0);
    (void)fclose(file);
    return text;
}

/* A self-signed certificate for localhost, its own authority. */
static inline void keys_make(char *key_file, char *ca_file)
{
    char *arguments[] = { (char[]){ "openssl" },
                          (char[]){ "req" },
                          (char[]){ "-x509" },
                          (char[]){ "-newkey" },
                          (char[]){ "rsa:2048" },
                          (char[]){ "-nodes" },
                          (char[]){ "-days" },
                          (char[]){ "2" },
                          (char[]){ "-subj" },
                          (char[]){ "/CN=localhost" },
                          (char[]){ "-addext" },
                          (char[]){ "subjectAltName=DNS:localhost" },
                          (char[]){ "-keyout" },
                          key_file,
                          (char[]){ "-out" },
                          ca_file,
                          NULL };
    posix_spawn_file_actions_t quiet;
    assert_int_equal(posix_spawn_file_actions_init(&quiet), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", 1, 0), 0);
    pid_t child = 0;
    assert_int_equal(posix_spawnp(&child, "openssl", &quiet, NULL, arguments, environ), 0);
    (void)posix_spawn_file_actions_destroy(&quiet);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static inline int keys_set_up(void **state)
{
    (void)state;
    (void)snprintf(keys.folder, sizeof(keys.folder), "/tmp/fenqid-http-XXXXXX");
    assert_non_null(mkdtemp(keys.folder));
    (void)snprintf(keys.key_file, sizeof(keys.key_file), "%s/key.pem", keys.folder);
    (void)snprintf(keys.ca_file, sizeof(keys.ca_file), "%s/ca.pem", keys.folder);
    (void)snprintf(keys.other_key_file, sizeof(keys.other_key_file), "%s/key2.pem", keys.folder);
    (void)snprintf(keys.other_ca_file, sizeof(keys.other_ca_file), "%s/ca2.pem", keys.folder);
    keys_make(keys.key_file, keys.ca_file);
    keys_make(keys.other_key_file, keys.other_ca_file);
    keys.key = keys_read(keys.key_file);
    keys.certificate = keys_read(keys.ca_file);
    return 0;
}

static inline int keys_tear_down(void **state)
{
    (void)state;
    fq_free(keys.key);
    fq_free(keys.certificate);
    (void)unlink(keys.key_file);
    (void)unlink(keys.ca_file);
    (void)unlink(keys.other_key_file);
    (void)unlink(keys.other_ca_file);
    return rmdir(keys.folder);
}

/* ---- the platform: what it does stands in the path ---- */

struct server {
    struct MHD_Daemon *daemon;
    uint16_t port;
    atomic_int n_connections;
    atomic_int n_requests; /* read whole */
    pthread_mutex_t mutex; /* what follows */
    pthread_cond_t changed;
    struct MHD_Connection *held[4];
    size_t n_held;
    bool releasing;
    char method[8], url[256], body[1024], content_type[128], user_agent[64], extra[64];
    bool has_cookie, has_authorization;
    size_t body_size;
};

struct server_request {
    char body[1024];
    size_t size;
};

static inline void server_note(void *context, struct MHD_Connection *connection,
                               void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    (void)connection, (void)socket_context;
    struct server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        atomic_fetch_add(&server->n_connections, 1);
}

static inline void server_copy_header(struct MHD_Connection *connection, const char *name,
                                      char *ret, size_t size)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    (void)snprintf(ret, size, "%s", value != NULL ? value : "(none)");
}

static inline void server_record(struct server *server, struct MHD_Connection *connection,
                                 const char *url, const char *method,
                                 const struct server_request *request)
{
    atomic_fetch_add(&server->n_requests, 1);
    (void)pthread_mutex_lock(&server->mutex);
    (void)snprintf(server->method, sizeof(server->method), "%s", method);
    (void)snprintf(server->url, sizeof(server->url), "%s", url);
    memcpy(server->body, request->body, request->size);
    server->body_size = request->size;
    server_copy_header(connection, "Content-Type", server->content_type,
                       sizeof(server->content_type));
    server_copy_header(connection, "User-Agent", server->user_agent, sizeof(server->user_agent));
    server_copy_header(connection, "X-Extra", server->extra, sizeof(server->extra));
    server->has_cookie = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Cookie") != NULL;
    server->has_authorization =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization") != NULL;
    (void)pthread_mutex_unlock(&server->mutex);
}

/* Ten bytes and the end, without or with a word about how many they are. */
static inline ssize_t server_ten(void *context, uint64_t position, char *buffer, size_t size)
{
    (void)context;
    if (position > 0 || size < 10)
        return MHD_CONTENT_READER_END_OF_STREAM;
    memset(buffer, 'x', 10);
    return 10;
}

/* Ten bytes of the hundred that were promised, then the connection is cut. */
static inline ssize_t server_cut(void *context, uint64_t position, char *buffer, size_t size)
{
    (void)context;
    if (position > 0 || size < 10)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memset(buffer, 'x', 10);
    return 10;
}

static inline enum MHD_Result server_reply(struct server *server, struct MHD_Connection *connection,
                                           const char *url)
{
    static char big[4096 + 1];
    memset(big, 'b', 4096);
    unsigned status = 200;
    struct MHD_Response *response = NULL;
    if (strcmp(url, "/big") == 0) {
        response = MHD_create_response_from_buffer(4096, big, MHD_RESPMEM_PERSISTENT);
    } else if (strcmp(url, "/cut") == 0) {
        response = MHD_create_response_from_callback(100, 1024, server_cut, NULL, NULL);
    } else if (strcmp(url, "/chunks") == 0 || strcmp(url, "/open-end") == 0) {
        response =
            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, server_ten, NULL, NULL);
        if (url[1] == 'o')
            (void)MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    } else {
        response = MHD_create_response_from_buffer(4, (char[]){ "good" }, MHD_RESPMEM_MUST_COPY);
        (void)MHD_add_response_header(response, "Content-Type", "text/html;charset=utf-8");
        (void)MHD_add_response_header(response, "trace_id", "0b51a2f9-1");
        (void)MHD_add_response_header(response, "Set-Cookie", "session=1");
    }
    if (strcmp(url, "/moved") == 0) {
        char location[64];
        (void)snprintf(location, sizeof(location), "https://localhost:%u/ok",
                       (unsigned)server->port);
        (void)MHD_add_response_header(response, "Location", location);
        status = 302;
    } else if (strcmp(url, "/missing") == 0) {
        status = 404;
    } else if (strcmp(url, "/headers") == 0) {
        for (int i = 0; i < 12; i++)
            (void)MHD_add_response_header(response, "X-Long", big + 96);
    }
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Suspends the connection until the server is freed. */
static inline enum MHD_Result server_hold(struct server *server, struct MHD_Connection *connection)
{
    (void)pthread_mutex_lock(&server->mutex);
    bool releasing = server->releasing;
    if (!releasing) {
        assert_true(server->n_held < fq_array_size(server->held));
        server->held[server->n_held++] = connection;
        MHD_suspend_connection(connection);
        (void)pthread_cond_signal(&server->changed);
    }
    (void)pthread_mutex_unlock(&server->mutex);
    return releasing ? MHD_NO : MHD_YES;
}

static inline enum MHD_Result server_access(void *context, struct MHD_Connection *connection,
                                            const char *url, const char *method,
                                            const char *version, const char *data, size_t *size,
                                            void **request_context)
{
    (void)version;
    struct server *server = context;
    struct server_request *request = *request_context;
    if (request == NULL) {
        *request_context = fq_zalloc(sizeof(*request));
        return MHD_YES;
    }
    if (*size > 0) {
        if (*size > sizeof(request->body) - request->size)
            return MHD_NO;
        memcpy(request->body + request->size, data, *size);
        request->size += *size;
        *size = 0;
        return MHD_YES;
    }
    (void)pthread_mutex_lock(&server->mutex);
    bool releasing = server->releasing;
    (void)pthread_mutex_unlock(&server->mutex);
    if (!releasing)
        server_record(server, connection, url, method, request);
    if (strcmp(url, "/drop") == 0)
        return MHD_NO; /* read, understood, and not a word */
    if (strcmp(url, "/hold") == 0)
        return server_hold(server, connection);
    return server_reply(server, connection, url);
}

static inline void server_completed(void *context, struct MHD_Connection *connection,
                                    void **request, enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    fq_free(*request);
    *request = NULL;
}

static inline void server_open(struct server *server)
{
    memset(server, 0, sizeof(*server));
    assert_int_equal(pthread_mutex_init(&server->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&server->changed, NULL), 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        server_access, server, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_HTTPS_MEM_KEY, keys.key,
        MHD_OPTION_HTTPS_MEM_CERT, keys.certificate, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)128 * 1024, MHD_OPTION_NOTIFY_COMPLETED, server_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, server_note, server, MHD_OPTION_END);
    assert_non_null(server->daemon);
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static inline void server_wait_held(struct server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    while (server->n_held == 0)
        (void)pthread_cond_wait(&server->changed, &server->mutex);
    (void)pthread_mutex_unlock(&server->mutex);
}

static inline void server_close(struct server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    server->releasing = true;
    for (size_t i = 0; i < server->n_held; i++)
        MHD_resume_connection(server->held[i]);
    (void)pthread_mutex_unlock(&server->mutex);
    MHD_stop_daemon(server->daemon);
    (void)pthread_cond_destroy(&server->changed);
    (void)pthread_mutex_destroy(&server->mutex);
}

/* ---- a server that says nothing ---- */

/* A socket that is bound (and listens, if asked to), but that nobody serves. */
static inline int mute_open(bool listens, uint16_t *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listens ? listen(fd, 4) : 0, 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

#endif
