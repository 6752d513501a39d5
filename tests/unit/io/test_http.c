/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP out against a TLS server of its own on loopback, well-behaved and not. */
#include "daemon/io/http.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/err.h"

#define WAIT_MS 10000

/* ---- keys and certificates, made for this run ---- */

struct keys {
    char folder[64];
    char key_file[96], ca_file[96], other_key_file[96], other_ca_file[96];
    char *key, *certificate;
};

static struct keys keys;

static char *keys_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = fq_zalloc(16384);
    assert_true(fread(text, 1, 16383, file) > 0);
    (void)fclose(file);
    return text;
}

/* A self-signed certificate for localhost, its own authority. */
static void keys_make(char *key_file, char *ca_file)
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

static int keys_set_up(void **state)
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

static int keys_tear_down(void **state)
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

static void server_note(void *context, struct MHD_Connection *connection, void **socket_context,
                        enum MHD_ConnectionNotificationCode code)
{
    (void)connection, (void)socket_context;
    struct server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        atomic_fetch_add(&server->n_connections, 1);
}

static void server_copy_header(struct MHD_Connection *connection, const char *name, char *ret,
                               size_t size)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    (void)snprintf(ret, size, "%s", value != NULL ? value : "(none)");
}

static void server_record(struct server *server, struct MHD_Connection *connection, const char *url,
                          const char *method, const struct server_request *request)
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
static ssize_t server_ten(void *context, uint64_t position, char *buffer, size_t size)
{
    (void)context;
    if (position > 0 || size < 10)
        return MHD_CONTENT_READER_END_OF_STREAM;
    memset(buffer, 'x', 10);
    return 10;
}

/* Ten bytes of the hundred that were promised, then the connection is cut. */
static ssize_t server_cut(void *context, uint64_t position, char *buffer, size_t size)
{
    (void)context;
    if (position > 0 || size < 10)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memset(buffer, 'x', 10);
    return 10;
}

static enum MHD_Result server_reply(struct server *server, struct MHD_Connection *connection,
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
static enum MHD_Result server_hold(struct server *server, struct MHD_Connection *connection)
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

static enum MHD_Result server_access(void *context, struct MHD_Connection *connection,
                                     const char *url, const char *method, const char *version,
                                     const char *data, size_t *size, void **request_context)
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

static void server_completed(void *context, struct MHD_Connection *connection, void **request,
                             enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    fq_free(*request);
    *request = NULL;
}

static void server_open(struct server *server)
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

static void server_wait_held(struct server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    while (server->n_held == 0)
        (void)pthread_cond_wait(&server->changed, &server->mutex);
    (void)pthread_mutex_unlock(&server->mutex);
}

static void server_close(struct server *server)
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

/* ---- the daemon's side ---- */

struct call {
    struct fq_http_exchange exchange;
    int n_done;
    char url[128];
};

struct fixture {
    struct server server;
    struct fq_home *home;
    struct fq_http *http;
    struct call calls[4];
};

static int fixture_set_up(void **state)
{
    struct fixture *f = fq_zalloc(sizeof(*f));
    server_open(&f->server);
    f->home = fq_home_new();
    f->http = fq_http_new(3, f->home);
    *state = f;
    return 0;
}

static int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    fq_http_free(f->http);
    while (fq_home_run(f->home, 16) > 0)
        ;
    fq_home_free(f->home);
    server_close(&f->server);
    for (size_t i = 0; i < fq_array_size(f->calls); i++)
        fq_arena_free(f->calls[i].exchange.arena);
    fq_free(f);
    return 0;
}

static void call_done(struct fq_job *job)
{
    struct fq_http_exchange *exchange = fq_container_of(job, struct fq_http_exchange, job);
    fq_container_of(exchange, struct call, exchange)->n_done++;
}

/* A GET of `path` at the server of the test, under its authority. */
static struct call *call_get(struct fixture *f, size_t i, const char *path)
{
    struct call *call = &f->calls[i];
    fq_arena_free(call->exchange.arena);
    memset(call, 0, sizeof(*call));
    (void)snprintf(call->url, sizeof(call->url), "https://localhost:%u%s", (unsigned)f->server.port,
                   path);
    call->exchange = (struct fq_http_exchange){
        .job = { .done = call_done },
        .arena = fq_arena_new(FQ_ARENA_SIZE_MAX),
        .request = { .method = fq_lit("GET"), .url = fq_str_of(call->url) },
        .ca_file = fq_str_of(keys.ca_file),
        .timeout_ms = WAIT_MS,
        .body_size_max = 1024,
    };
    return call;
}

static struct call *call_post(struct fixture *f, size_t i, const char *path, struct fq_str body)
{
    struct call *call = call_get(f, i, path);
    call->exchange.request.method = fq_lit("POST");
    call->exchange.request.content_type = fq_lit("application/x-www-form-urlencoded;charset=utf-8");
    call->exchange.request.body = body;
    return call;
}

static void call_wait(struct fixture *f, struct call *call)
{
    while (call->n_done == 0) {
        struct pollfd home = { .fd = fq_home_fd(f->home), .events = POLLIN };
        assert_int_equal(poll(&home, 1, WAIT_MS), 1);
        (void)fq_home_run(f->home, 16);
    }
}

static void call_run(struct fixture *f, struct call *call)
{
    assert_int_equal(fq_http_send(f->http, &call->exchange), 0);
    call_wait(f, call);
    assert_int_equal(call->n_done, 1);
}

#define assert_str_equal(actual, expected)                         \
    do {                                                           \
        struct fq_str actual_ = (actual);                          \
        assert_int_equal(actual_.len, strlen(expected));           \
        assert_memory_equal(actual_.ptr, (expected), actual_.len); \
    } while (0)

static void assert_not_sent(const struct call *call)
{
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_NOT_SENT);
    assert_int_equal(call->exchange.answer.http_status, 0);
    assert_true(call->exchange.reason.len > 0);
}

static void assert_lost(const struct call *call)
{
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_LOST);
    assert_int_equal(call->exchange.answer.http_status, 0);
    assert_int_equal(call->exchange.answer.body.len, 0);
    assert_true(call->exchange.reason.len > 0);
}

/* ---- answers ---- */

static void test_whole_answer_comes_home(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/ok?a=%2B");
    call_run(f, call);
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_OK);
    assert_int_equal(call->exchange.answer.http_status, 200);
    assert_str_equal(call->exchange.answer.body, "good");
    assert_str_equal(call->exchange.answer.content_type, "text/html;charset=utf-8");
    assert_str_equal(call->exchange.trace_id, "0b51a2f9-1");
    assert_string_equal(f->server.method, "GET");
}

static void test_post_sends_exact_bytes(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_post(f, 0, "/ok", fq_lit("sign=a%2Bb\0+&\r\n"));
    call_run(f, call);
    assert_string_equal(f->server.method, "POST");
    assert_int_equal(f->server.body_size, 15);
    assert_memory_equal(f->server.body, "sign=a%2Bb\0+&\r\n", 15);
    assert_string_equal(f->server.content_type, "application/x-www-form-urlencoded;charset=utf-8");
    assert_string_equal(f->server.user_agent, "fenqid/" FQ_VERSION);
}

static void test_empty_post_gets_no_invented_type(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_post(f, 0, "/ok", (struct fq_str){ NULL, 0 });
    call->exchange.request.content_type = (struct fq_str){ NULL, 0 };
    call_run(f, call);
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_OK);
    assert_string_equal(f->server.method, "POST");
    assert_int_equal(f->server.body_size, 0);
    assert_string_equal(f->server.content_type, "(none)");
}

static void test_headers_are_sent(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/ok");
    const struct fq_pair extra = { fq_lit("X-Extra"), fq_lit("one two") };
    call->exchange.request.headers = (struct fq_pairs){ &extra, 1 };
    call_run(f, call);
    assert_string_equal(f->server.extra, "one two");
}

static void test_other_status_is_an_answer(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/missing");
    call_run(f, call);
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_OK);
    assert_int_equal(call->exchange.answer.http_status, 404);
    assert_str_equal(call->exchange.answer.body, "good");
}

static void test_redirect_is_not_followed(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/moved");
    call_run(f, call);
    assert_int_equal(call->exchange.answer.http_status, 302);
    assert_int_equal(f->server.n_requests, 1);
    assert_string_equal(f->server.url, "/moved");
}

static void test_cookies_are_not_kept(void **state)
{
    struct fixture *f = *state;
    call_run(f, call_get(f, 0, "/ok"));
    call_run(f, call_get(f, 1, "/ok"));
    assert_int_equal(f->server.n_requests, 2);
    assert_false(f->server.has_cookie);
}

static void test_environment_names_no_proxy(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
    struct call *call = call_get(f, 0, "/ok");
    call_run(f, call);
    assert_int_equal(unsetenv("https_proxy"), 0);
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_OK);
}

/* ---- answers that are none ---- */

static void test_body_at_the_cap_is_whole(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/big");
    call->exchange.body_size_max = 4096;
    call_run(f, call);
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_OK);
    assert_int_equal(call->exchange.answer.body.len, 4096);
}

static void test_body_over_the_cap_is_lost(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/big");
    call->exchange.body_size_max = 4095;
    call_run(f, call);
    assert_lost(call);
    assert_str_equal(call->exchange.reason, "the answer's body is too large");
}

static void test_headers_over_the_cap_are_lost(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/headers");
    call_run(f, call);
    assert_lost(call);
    assert_str_equal(call->exchange.reason, "the answer's headers are too large");
}

static void test_answer_beyond_the_arena_is_lost(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/big");
    call->exchange.body_size_max = 4096;
    fq_arena_free(call->exchange.arena);
    call->exchange.arena = fq_arena_new(1024);
    call_run(f, call);
    assert_lost(call);
}

static void test_truncated_answer_is_lost(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/cut");
    call_run(f, call);
    assert_lost(call);
}

static void test_chunked_answer_is_whole(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/chunks");
    call_run(f, call);
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_OK);
    assert_str_equal(call->exchange.answer.body, "xxxxxxxxxx");
}

static void test_answer_without_a_marked_end_is_lost(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/open-end");
    call_run(f, call);
    assert_lost(call);
    assert_str_equal(call->exchange.reason, "the answer's end is not marked: it may be cut");
}

static void test_silent_server_is_lost(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/hold?secret=1");
    call->exchange.timeout_ms = 400;
    call_run(f, call);
    assert_lost(call);
    assert_null(memmem(call->exchange.reason.ptr, call->exchange.reason.len, "secret", 6));
}

static void test_closed_after_request_is_lost(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_post(f, 0, "/drop", fq_lit("a=b"));
    call_run(f, call);
    assert_lost(call);
    assert_int_equal(f->server.n_requests, 1);
}

/* ---- a request is sent once ---- */

static void test_connection_is_kept(void **state)
{
    struct fixture *f = *state;
    call_run(f, call_get(f, 0, "/ok"));
    call_run(f, call_post(f, 1, "/ok", fq_lit("a=b")));
    assert_int_equal(f->server.n_requests, 2);
    assert_int_equal(f->server.n_connections, 1);
}

/* A kept connection takes a second request, reads it whole, and dies without an answer. */
static void assert_sent_once(struct fixture *f, struct call *second)
{
    call_run(f, call_get(f, 0, "/ok"));
    int n_before = f->server.n_requests;
    call_run(f, second);
    assert_lost(second);
    assert_int_equal(f->server.n_requests - n_before, 1);
    assert_string_equal(f->server.url, "/drop");
}

static void test_post_on_a_dying_connection_is_sent_once(void **state)
{
    struct fixture *f = *state;
    assert_sent_once(f, call_post(f, 1, "/drop", fq_lit("total_amount=6999.00")));
}

static void test_empty_post_on_a_dying_connection_is_sent_once(void **state)
{
    struct fixture *f = *state;
    assert_sent_once(f, call_post(f, 1, "/drop", (struct fq_str){ NULL, 0 }));
}

static void test_get_on_a_dying_connection_is_sent_once(void **state)
{
    struct fixture *f = *state;
    assert_sent_once(f, call_get(f, 1, "/drop"));
}

/* ---- never sent ---- */

static void test_wrong_authority_is_not_sent(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/ok");
    call->exchange.ca_file = fq_str_of(keys.other_ca_file);
    call_run(f, call);
    assert_not_sent(call);
    assert_int_equal(f->server.n_requests, 0);
}

static void test_system_authorities_do_not_know_the_server(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/ok");
    call->exchange.ca_file = (struct fq_str){ NULL, 0 };
    call_run(f, call);
    assert_not_sent(call);
    assert_int_equal(f->server.n_requests, 0);
}

/* The kept connection was verified under another authority: it does not vouch for this one. */
static void test_kept_connection_of_another_authority_is_not_used(void **state)
{
    struct fixture *f = *state;
    call_run(f, call_get(f, 0, "/ok"));
    struct call *call = call_get(f, 1, "/ok");
    call->exchange.ca_file = fq_str_of(keys.other_ca_file);
    call_run(f, call);
    assert_not_sent(call);
    assert_int_equal(f->server.n_requests, 1);
}

static void test_wrong_name_is_not_sent(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/ok");
    (void)snprintf(call->url, sizeof(call->url), "https://127.0.0.1:%u/ok",
                   (unsigned)f->server.port);
    call->exchange.request.url = fq_str_of(call->url);
    call_run(f, call);
    assert_not_sent(call);
    assert_int_equal(f->server.n_requests, 0);
}

static void test_missing_authority_file_is_not_sent(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/ok");
    call->exchange.ca_file = fq_lit("/nonexistent/ca.pem");
    call_run(f, call);
    assert_not_sent(call);
}

static void assert_url_not_sent(struct fixture *f, struct fq_str url)
{
    struct call *call = call_get(f, 0, "/ok");
    call->exchange.request.url = url;
    call_run(f, call);
    assert_not_sent(call);
    assert_int_equal(f->server.n_connections, 0);
}

static void test_plain_http_is_refused(void **state)
{
    struct fixture *f = *state;
    char url[64];
    (void)snprintf(url, sizeof(url), "http://localhost:%u/ok", (unsigned)f->server.port);
    assert_url_not_sent(f, fq_str_of(url));
}

static void test_missing_scheme_is_refused(void **state)
{
    struct fixture *f = *state;
    char url[64];
    (void)snprintf(url, sizeof(url), "localhost:%u/ok", (unsigned)f->server.port);
    assert_url_not_sent(f, fq_str_of(url));
}

static void test_file_url_is_refused(void **state)
{
    assert_url_not_sent(*state, fq_lit("file:///etc/hostname"));
}

static void test_credentials_in_the_url_are_refused(void **state)
{
    struct fixture *f = *state;
    char url[64];
    (void)snprintf(url, sizeof(url), "https://user:word@localhost:%u/ok", (unsigned)f->server.port);
    assert_url_not_sent(f, fq_str_of(url));
}

static void test_nul_in_the_url_is_refused(void **state)
{
    struct fixture *f = *state;
    char url[64];
    int size =
        snprintf(url, sizeof(url), "https://localhost:%u/ok%cmore", (unsigned)f->server.port, '\0');
    assert_url_not_sent(f, (struct fq_str){ url, (size_t)size });
}

static void test_line_break_in_a_header_is_refused(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/ok");
    const struct fq_pair extra = { fq_lit("X-Extra"), fq_lit("1\r\nX-Smuggled: 2") };
    call->exchange.request.headers = (struct fq_pairs){ &extra, 1 };
    call_run(f, call);
    assert_not_sent(call);
}

static void test_other_method_is_refused(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_get(f, 0, "/ok");
    call->exchange.request.method = fq_lit("PUT");
    call_run(f, call);
    assert_not_sent(call);
}

/* A socket that is bound (and listens, if asked to), but that nobody serves. */
static int mute_open(bool listens, uint16_t *ret_port)
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

static void mute_run(struct fixture *f, bool listens)
{
    uint16_t port = 0;
    int fd = mute_open(listens, &port);
    struct call *call = call_get(f, 0, "/ok");
    (void)snprintf(call->url, sizeof(call->url), "https://localhost:%u/ok", (unsigned)port);
    call->exchange.request.url = fq_str_of(call->url);
    call->exchange.timeout_ms = listens ? 200 : WAIT_MS;
    call_run(f, call);
    (void)close(fd);
    assert_not_sent(call);
}

static void test_refused_port_is_not_sent(void **state)
{
    mute_run(*state, false);
}

static void test_handshake_without_an_answer_is_not_sent(void **state)
{
    mute_run(*state, true);
}

/* ---- limits and the end ---- */

static void test_too_many_at_once_are_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fq_http_send(f->http, &call_get(f, i, "/hold")->exchange), 0);
    assert_int_equal(fq_http_send(f->http, &call_get(f, 3, "/ok")->exchange), FQ_QUEUE_E_FULL);
    server_wait_held(&f->server);
    fq_http_free(FQ_TAKE(f->http));
    while (fq_home_run(f->home, 16) > 0)
        ;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(f->calls[i].n_done, 1);
    assert_int_equal(f->calls[3].n_done, 0);
}

static void test_place_is_free_again_after_an_answer(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 8; i++)
        call_run(f, call_get(f, 0, "/ok"));
    assert_int_equal(f->server.n_requests, 8);
}

static void test_stop_ends_what_was_sent_as_lost(void **state)
{
    struct fixture *f = *state;
    struct call *call = call_post(f, 0, "/hold", fq_lit("a=b"));
    assert_int_equal(fq_http_send(f->http, &call->exchange), 0);
    server_wait_held(&f->server);
    fq_http_free(FQ_TAKE(f->http));
    assert_int_equal(fq_home_run(f->home, 16), 1);
    assert_int_equal(call->n_done, 1);
    assert_lost(call);
}

static void test_stop_ends_what_waits_for_a_handshake_as_not_sent(void **state)
{
    struct fixture *f = *state;
    uint16_t port = 0;
    int fd = mute_open(true, &port);
    struct call *call = call_get(f, 0, "/ok");
    (void)snprintf(call->url, sizeof(call->url), "https://localhost:%u/ok", (unsigned)port);
    call->exchange.request.url = fq_str_of(call->url);
    assert_int_equal(fq_http_send(f->http, &call->exchange), 0);
    fq_http_free(FQ_TAKE(f->http));
    (void)close(fd);
    assert_int_equal(fq_home_run(f->home, 16), 1);
    assert_int_equal(call->n_done, 1);
    assert_not_sent(call);
}

#define http_test(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_whole_answer_comes_home),
        http_test(test_post_sends_exact_bytes),
        http_test(test_empty_post_gets_no_invented_type),
        http_test(test_headers_are_sent),
        http_test(test_other_status_is_an_answer),
        http_test(test_redirect_is_not_followed),
        http_test(test_cookies_are_not_kept),
        http_test(test_environment_names_no_proxy),
        http_test(test_body_at_the_cap_is_whole),
        http_test(test_body_over_the_cap_is_lost),
        http_test(test_headers_over_the_cap_are_lost),
        http_test(test_answer_beyond_the_arena_is_lost),
        http_test(test_truncated_answer_is_lost),
        http_test(test_chunked_answer_is_whole),
        http_test(test_answer_without_a_marked_end_is_lost),
        http_test(test_silent_server_is_lost),
        http_test(test_closed_after_request_is_lost),
        http_test(test_connection_is_kept),
        http_test(test_post_on_a_dying_connection_is_sent_once),
        http_test(test_empty_post_on_a_dying_connection_is_sent_once),
        http_test(test_get_on_a_dying_connection_is_sent_once),
        http_test(test_wrong_authority_is_not_sent),
        http_test(test_system_authorities_do_not_know_the_server),
        http_test(test_kept_connection_of_another_authority_is_not_used),
        http_test(test_wrong_name_is_not_sent),
        http_test(test_missing_authority_file_is_not_sent),
        http_test(test_plain_http_is_refused),
        http_test(test_missing_scheme_is_refused),
        http_test(test_file_url_is_refused),
        http_test(test_credentials_in_the_url_are_refused),
        http_test(test_nul_in_the_url_is_refused),
        http_test(test_line_break_in_a_header_is_refused),
        http_test(test_other_method_is_refused),
        http_test(test_refused_port_is_not_sent),
        http_test(test_handshake_without_an_answer_is_not_sent),
        http_test(test_too_many_at_once_are_refused),
        http_test(test_place_is_free_again_after_an_answer),
        http_test(test_stop_ends_what_was_sent_as_lost),
        http_test(test_stop_ends_what_waits_for_a_handshake_as_not_sent),
    };
    return cmocka_run_group_tests(tests, keys_set_up, keys_tear_down);
}
