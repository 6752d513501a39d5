/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP in over real sockets: what the loop gets to see, and what leaves. */
#include "daemon/io/web.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/io/web_peer.h"

#define WAIT_MS          10000
#define BODY_SIZE_MAX    64
#define ANSWER_WITHIN_MS 60000

/* ---- the loop ---- */

struct fixture {
    struct fq_home *home;
    struct fq_web *web;
    struct fq_web_exchange *exchange; /* the newest */
    int n_requests;
    char reply[65536];
    size_t reply_size;
};

static void fixture_on_request(void *ctx, struct fq_web_exchange *exchange)
{
    struct fixture *f = ctx;
    f->exchange = exchange;
    f->n_requests++;
}

static void fixture_open_web(struct fixture *f, const char *address, size_t n_connections_max,
                             int64_t receive_within_ms)
{
    const struct fq_web_conf conf = {
        .address = address,
        .body_size_max = BODY_SIZE_MAX,
        .n_connections_max = n_connections_max,
        .answer_within_ms = ANSWER_WITHIN_MS,
        .receive_within_ms = receive_within_ms,
        .home = f->home,
        .ctx = f,
        .on_request = fixture_on_request,
    };
    assert_int_equal(fq_web_open(&conf, &f->web), 0);
}

static int fixture_set_up(void **state)
{
    struct fixture *f = fq_zalloc(sizeof(*f));
    f->home = fq_home_new();
    fixture_open_web(f, "127.0.0.1:0", 16, 0);
    *state = f;
    return 0;
}

/* A web with other limits than the fixture's. */
static void fixture_reopen_web(struct fixture *f, const char *address, size_t n_connections_max,
                               int64_t receive_within_ms)
{
    fq_web_free(FQ_TAKE(f->web));
    fixture_open_web(f, address, n_connections_max, receive_within_ms);
}

static int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    fq_web_free(f->web);
    while (fq_home_run(f->home, 16) > 0)
        ;
    fq_home_free(f->home);
    fq_free(f);
    return 0;
}

/* Runs the loop until `n` requests were seen in all. */
static struct fq_web_exchange *loop_wait(struct fixture *f, int n)
{
    while (f->n_requests < n) {
        struct pollfd home = { .fd = fq_home_fd(f->home), .events = POLLIN };
        assert_int_equal(poll(&home, 1, WAIT_MS), 1);
        (void)fq_home_run(f->home, 16);
    }
    return f->exchange;
}

static void loop_answer(struct fq_web_exchange *exchange, uint32_t status, struct fq_str body)
{
    exchange->status = status;
    exchange->answer_type = fq_lit("text/html; charset=utf-8");
    exchange->answer_body = body;
    fq_web_answer(exchange);
}

/* ---- the client ---- */

static int client_open(const struct fixture *f)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    const struct timeval wait = { .tv_sec = WAIT_MS / 1000 };
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(fq_web_port(f->web)),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void client_send(int fd, struct fq_str bytes)
{
    assert_int_equal(send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL), bytes.len);
}

/* Opens, sends, and leaves the answer for client_read. */
static int client_ask(const struct fixture *f, struct fq_str bytes)
{
    int fd = client_open(f);
    client_send(fd, bytes);
    return fd;
}

/* Reads until the server closes, or a whole reply with Content-Length is there. */
static const char *client_read(struct fixture *f, int fd)
{
    f->reply_size = 0;
    for (;;) {
        ssize_t n = recv(fd, f->reply + f->reply_size, sizeof(f->reply) - 1 - f->reply_size, 0);
        assert_true(n >= 0);
        f->reply_size += (size_t)n;
        f->reply[f->reply_size] = '\0';
        const char *end = strstr(f->reply, "\r\n\r\n");
        const char *length = strstr(f->reply, "Content-Length: ");
        if (n == 0)
            return f->reply;
        if (end != NULL && length != NULL && length < end &&
            strlen(end + 4) >= strtoul(length + 16, NULL, 10))
            return f->reply;
    }
}

static const char *client_read_close(struct fixture *f, int fd)
{
    const char *reply = client_read(f, fd);
    (void)close(fd);
    return reply;
}

#define GET(target) fq_lit("GET " target " HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")

#define assert_contains(text, part) assert_non_null(strstr((text), (part)))
#define assert_lacks(text, part)    assert_null(strstr((text), (part)))

#define assert_str_equal(actual, expected)                         \
    do {                                                           \
        struct fq_str actual_ = (actual);                          \
        assert_int_equal(actual_.len, sizeof(expected) - 1);       \
        assert_memory_equal(actual_.ptr, (expected), actual_.len); \
    } while (0)

static void assert_protected(const char *reply)
{
    assert_contains(reply, "Cache-Control: no-store\r\n");
    assert_contains(reply, "Referrer-Policy: no-referrer\r\n");
    assert_contains(reply, "X-Content-Type-Options: nosniff\r\n");
    assert_contains(reply, "X-Frame-Options: DENY\r\n");
    assert_contains(reply, "Content-Security-Policy: default-src 'none'\r\n");
}

static void assert_refused(struct fixture *f, int fd, const char *status_line)
{
    const char *reply = client_read_close(f, fd);
    assert_memory_equal(reply, status_line, strlen(status_line));
    assert_protected(reply);
    assert_int_equal(fq_home_run(f->home, 16), 0);
    assert_int_equal(f->n_requests, 0);
}

/* ---- what the loop gets to see ---- */

static void test_get_arrives_undecoded(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/back/%74oken?sign=a%2Bb+c%3D&total=1.00?&x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_str_equal(exchange->method, "GET");
    assert_str_equal(exchange->path, "/back/%74oken");
    assert_str_equal(exchange->query, "sign=a%2Bb+c%3D&total=1.00?&x");
    assert_int_equal(exchange->body.len, 0);
    loop_answer(exchange, 200, fq_lit("ok"));
    assert_contains(client_read_close(f, fd), "HTTP/1.1 200 ");
}

static void test_missing_query_is_empty(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/healthz"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_str_equal(exchange->path, "/healthz");
    assert_int_equal(exchange->query.len, 0);
    loop_answer(exchange, 200, fq_lit("ok"));
    (void)close(fd);
}

static void test_post_body_arrives_byte_by_byte(void **state)
{
    struct fixture *f = *state;
    int fd =
        client_ask(f, fq_lit("POST /notify/huabei HTTP/1.1\r\nHost: shop\r\n"
                             "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
                             "Content-Length: 18\r\n\r\nsign=a%2Bb+\0\0\r\n&\xff"));
    client_send(fd, fq_lit("c"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_str_equal(exchange->method, "POST");
    assert_str_equal(exchange->body, "sign=a%2Bb+\0\0\r\n&\xff"
                                     "c");
    assert_str_equal(exchange->content_type, "application/x-www-form-urlencoded; charset=utf-8");
    loop_answer(exchange, 200, fq_lit("success"));
    assert_contains(client_read_close(f, fd), "\r\n\r\nsuccess");
}

static void test_chunked_body_arrives_joined(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(
        f, fq_lit("POST /notify/huabei HTTP/1.1\r\nHost: shop\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n4\r\n&b=2\r\n0\r\n\r\n"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_str_equal(exchange->body, "a=1&b=2");
    loop_answer(exchange, 200, fq_lit("ok"));
    (void)close(fd);
}

static void test_headers_of_interest_arrive(void **state)
{
    struct fixture *f = *state;
    char request[1024];
    (void)snprintf(request, sizeof(request),
                   "GET /r/x HTTP/1.1\r\nHost: shop\r\nUser-Agent: %0600d\r\n"
                   "Accept-Language: zh-CN,zh;q=0.9\r\n\r\n",
                   0);
    int fd = client_ask(f, fq_str_of(request));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_int_equal(exchange->user_agent.len, 512);
    assert_str_equal(exchange->accept_language, "zh-CN,zh;q=0.9");
    assert_null(exchange->content_type.ptr);
    assert_str_equal(exchange->peer, "127.0.0.1");
    loop_answer(exchange, 200, fq_lit("ok"));
    (void)close(fd);
}

static void test_connection_serves_one_request_after_the_other(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    for (int i = 1; i <= 3; i++) {
        client_send(fd, fq_lit("GET /r/x HTTP/1.1\r\nHost: shop\r\n\r\n"));
        loop_answer(loop_wait(f, i), 200, fq_lit("page"));
        assert_contains(client_read(f, fd), "\r\n\r\npage");
    }
    (void)close(fd);
}

/* ---- from where ---- */

static void peer_v4(struct sockaddr_storage *ret, const char *text)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    assert_int_equal(inet_pton(AF_INET, text, &v4.sin_addr), 1);
    memcpy(ret, &v4, sizeof(v4));
}

static void peer_v6(struct sockaddr_storage *ret, const char *text)
{
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    memcpy(ret, &v6, sizeof(v6));
}

static void assert_peer(const struct sockaddr_storage *address, const char *forwarded,
                        const char *expected)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str peer = fq_web_peer((const struct sockaddr *)address, fq_str_of(forwarded), arena);
    assert_int_equal(peer.len, strlen(expected));
    assert_memory_equal(peer.ptr, expected, peer.len);
}

static void test_forwarded_for_is_believed_from_loopback_only(void **state)
{
    (void)state;
    struct sockaddr_storage address = { 0 };
    peer_v4(&address, "203.0.113.9");
    assert_peer(&address, "198.51.100.7", "203.0.113.9");
    peer_v6(&address, "2001:db8::9");
    assert_peer(&address, "198.51.100.7", "2001:db8::9");
    peer_v4(&address, "127.3.2.1");
    assert_peer(&address, "198.51.100.7", "198.51.100.7");
    peer_v6(&address, "::1");
    assert_peer(&address, "2001:db8::7", "2001:db8::7");
}

static void test_forwarded_for_without_an_address_is_ignored(void **state)
{
    (void)state;
    struct sockaddr_storage address = { 0 };
    peer_v4(&address, "127.0.0.1");
    assert_peer(&address, NULL, "127.0.0.1");
    assert_peer(&address, "", "127.0.0.1");
    assert_peer(&address, "198.51.100.7, unknown", "127.0.0.1");
    assert_peer(&address, "198.51.100.7,", "127.0.0.1");
}

static void test_last_entry_of_the_last_line_counts(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, fq_lit("GET /r/x HTTP/1.1\r\nHost: shop\r\n"
                                  "X-Forwarded-For: 192.0.2.1\r\n"
                                  "x-forwarded-for: 192.0.2.2, 198.51.100.7 \r\n\r\n"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_str_equal(exchange->peer, "198.51.100.7");
    loop_answer(exchange, 200, fq_lit("ok"));
    (void)close(fd);
}

/* ---- what leaves ---- */

static void test_answer_leaves_as_filled(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/r/x"));
    loop_answer(loop_wait(f, 1), 404, fq_lit("<p>gone</p>"));
    const char *reply = client_read_close(f, fd);
    assert_contains(reply, "HTTP/1.1 404 ");
    assert_contains(reply, "Content-Type: text/html; charset=utf-8\r\n");
    assert_contains(reply, "\r\n\r\n<p>gone</p>");
    assert_lacks(reply, "Location:");
}

static void test_every_answer_is_protected(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/r/x"));
    loop_answer(loop_wait(f, 1), 200, fq_lit("page"));
    assert_protected(client_read_close(f, fd));
}

static void test_page_brings_its_own_policy(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/r/x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    exchange->content_security_policy = fq_lit("default-src 'none'; form-action https:");
    loop_answer(exchange, 200, fq_lit("page"));
    assert_contains(client_read_close(f, fd),
                    "Content-Security-Policy: default-src 'none'; form-action https:\r\n");
}

static void test_redirect_names_its_target(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/back/x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    exchange->location = fq_lit("https://shop.example/return?status=a%2Bb");
    loop_answer(exchange, 303, fq_lit(""));
    const char *reply = client_read_close(f, fd);
    assert_contains(reply, "HTTP/1.1 303 ");
    assert_contains(reply, "Location: https://shop.example/return?status=a%2Bb\r\n");
    assert_protected(reply);
}

static void test_full_arena_does_not_hold_an_answer_back(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/back/x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_null(fq_arena_alloc(exchange->arena, FQ_ARENA_SIZE_MAX));
    exchange->location = fq_lit("https://shop.example/");
    loop_answer(exchange, 303, fq_lit("ok"));
    assert_contains(client_read_close(f, fd), "HTTP/1.1 303 ");
}

static void test_line_break_in_a_location_is_refused(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/back/x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    exchange->location = fq_lit("https://shop.example/\r\nSet-Cookie: a=b");
    loop_answer(exchange, 303, fq_lit("body"));
    const char *reply = client_read_close(f, fd);
    assert_contains(reply, "HTTP/1.1 500 ");
    assert_lacks(reply, "Set-Cookie");
    assert_lacks(reply, "Location");
    assert_lacks(reply, "body");
    assert_protected(reply);
}

static void test_nul_in_a_location_is_refused(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/back/x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    exchange->location = fq_lit("https://shop.example\0.evil.example/");
    loop_answer(exchange, 303, fq_lit(""));
    assert_contains(client_read_close(f, fd), "HTTP/1.1 500 ");
}

static void test_line_break_in_a_policy_is_refused(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/r/x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    exchange->content_security_policy = fq_lit("default-src 'none'\nX-A: 1");
    loop_answer(exchange, 200, fq_lit("page"));
    assert_contains(client_read_close(f, fd), "HTTP/1.1 500 ");
}

static void test_unset_status_is_an_error(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/r/x"));
    loop_answer(loop_wait(f, 1), 0, fq_lit("page"));
    assert_contains(client_read_close(f, fd), "HTTP/1.1 500 ");
}

static void test_head_is_a_get_without_the_body(void **state)
{
    struct fixture *f = *state;
    int fd =
        client_ask(f, fq_lit("HEAD /readyz HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_str_equal(exchange->method, "GET");
    loop_answer(exchange, 200, fq_lit("ready"));
    const char *reply = client_read_close(f, fd);
    assert_contains(reply, "HTTP/1.1 200 ");
    assert_lacks(reply, "ready");
}

/* ---- what is refused without the loop ---- */

static void test_other_methods_are_refused(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, fq_lit("DELETE /r/x HTTP/1.1\r\nHost: shop\r\n\r\n"));
    assert_refused(f, fd, "HTTP/1.1 405 ");
    assert_contains(f->reply, "Allow: GET, HEAD, POST\r\n");
}

static void test_absolute_uri_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, client_ask(f, GET("http://other/r/x")), "HTTP/1.1 400 ");
}

static void test_body_at_the_cap_arrives(void **state)
{
    struct fixture *f = *state;
    char request[512];
    (void)snprintf(request, sizeof(request),
                   "POST /n HTTP/1.1\r\nHost: shop\r\nContent-Length: %d\r\n\r\n%0*d",
                   BODY_SIZE_MAX, BODY_SIZE_MAX, 7);
    int fd = client_ask(f, fq_str_of(request));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_int_equal(exchange->body.len, BODY_SIZE_MAX);
    assert_int_equal(exchange->body.ptr[BODY_SIZE_MAX - 1], '7');
    loop_answer(exchange, 200, fq_lit("ok"));
    (void)close(fd);
}

/* Refused by its announcement: not a byte of it is waited for. */
static void test_announced_body_over_the_cap_is_refused(void **state)
{
    struct fixture *f = *state;
    char request[128];
    (void)snprintf(request, sizeof(request),
                   "POST /n HTTP/1.1\r\nHost: shop\r\nContent-Length: %d\r\n\r\n",
                   BODY_SIZE_MAX + 1);
    assert_refused(f, client_ask(f, fq_str_of(request)), "HTTP/1.1 413 ");
}

static void test_chunked_body_over_the_cap_is_refused(void **state)
{
    struct fixture *f = *state;
    char request[512];
    (void)snprintf(request, sizeof(request),
                   "POST /n HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "%x\r\n%0*d\r\n1\r\nx\r\n0\r\n\r\n",
                   BODY_SIZE_MAX, BODY_SIZE_MAX, 7);
    assert_refused(f, client_ask(f, fq_str_of(request)), "HTTP/1.1 413 ");
}

static void test_endless_chunked_body_is_cut(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(
        f, fq_lit("POST /n HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n"));
    char chunk[1024 + 8];
    int size = snprintf(chunk, sizeof(chunk), "400\r\n%01024d\r\n", 0);
    ssize_t sent = 0;
    for (int i = 0; i < 10000 && sent >= 0; i++)
        sent = send(fd, chunk, (size_t)size, MSG_NOSIGNAL);
    assert_int_equal(sent, -1); /* 10 MB never left: the server closed */
    (void)close(fd);
    assert_int_equal(f->n_requests, 0);
}

static void test_huge_header_is_refused(void **state)
{
    struct fixture *f = *state;
    static char request[40000];
    int size = snprintf(request, sizeof(request),
                        "GET / HTTP/1.1\r\nHost: shop\r\nCookie: %035000d\r\n\r\n", 0);
    int fd = client_ask(f, (struct fq_str){ request, (size_t)size });
    char byte = 0;
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    (void)close(fd);
    assert_int_equal(fq_home_run(f->home, 16), 0);
    assert_int_equal(f->n_requests, 0);
}

/* True once the server has closed; sends a drop now and then meanwhile. */
static bool client_drips_until_closed(int fd, int64_t pause_ms)
{
    int64_t end_mono_ms = fq_clock_mono_ms() + WAIT_MS;
    while (fq_clock_mono_ms() < end_mono_ms) {
        struct pollfd closed = { .fd = fd, .events = POLLIN };
        if (poll(&closed, 1, (int)pause_ms) == 1)
            return true;
        if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
            return true;
    }
    return false;
}

static void test_dripping_body_is_cut(void **state)
{
    struct fixture *f = *state;
    fixture_reopen_web(f, "127.0.0.1:0", 16, 500);
    int fd = client_ask(f, fq_lit("POST /n HTTP/1.1\r\nHost: shop\r\nContent-Length: 64\r\n\r\nx"));
    assert_true(client_drips_until_closed(fd, 200)); /* whole after 13 s */
    (void)close(fd);
    assert_int_equal(f->n_requests, 0);
}

static void test_silent_connection_is_cut(void **state)
{
    struct fixture *f = *state;
    fixture_reopen_web(f, "127.0.0.1:0", 16, 500);
    int fd = client_ask(f, fq_lit("GET /r/x HT"));
    struct pollfd closed = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&closed, 1, WAIT_MS), 1);
    (void)close(fd);
}

static void test_connections_beyond_the_limit_wait_or_are_closed(void **state)
{
    struct fixture *f = *state;
    fixture_reopen_web(f, "127.0.0.1:0", 1, 0);
    int first = client_ask(f, GET("/r/1"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    int second = client_ask(f, GET("/r/2"));
    struct pollfd home = { .fd = fq_home_fd(f->home), .events = POLLIN };
    (void)fq_home_run(f->home, 16); /* lowers the signal of the first */
    (void)poll(&home, 1, 100);
    (void)fq_home_run(f->home, 16);
    assert_int_equal(f->n_requests, 1);
    loop_answer(exchange, 200, fq_lit("ok"));
    assert_contains(client_read_close(f, first), "HTTP/1.1 200 ");
    (void)close(second);
}

/* ---- deadlines and the end ---- */

static void test_slow_loop_gives_503_and_its_late_answer_is_harmless(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, fq_lit("POST /notify/huabei HTTP/1.1\r\nHost: shop\r\n"
                                  "Content-Length: 3\r\n\r\na=b"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    fq_web_tick(f->web, fq_clock_mono_ms() + ANSWER_WITHIN_MS);
    const char *reply = client_read_close(f, fd);
    assert_contains(reply, "HTTP/1.1 503 ");
    assert_lacks(reply, "success");
    assert_protected(reply);
    assert_str_equal(exchange->body, "a=b"); /* still the loop's */
    loop_answer(exchange, 200, fq_lit("success"));
}

static void test_deadline_does_not_come_early(void **state)
{
    struct fixture *f = *state;
    int64_t begun_mono_ms = fq_clock_mono_ms();
    int fd = client_ask(f, GET("/r/x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    fq_web_tick(f->web, begun_mono_ms + ANSWER_WITHIN_MS - 1);
    loop_answer(exchange, 200, fq_lit("page"));
    assert_contains(client_read_close(f, fd), "HTTP/1.1 200 ");
}

static void test_request_past_its_deadline_is_not_delivered(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/r/x"));
    struct pollfd home = { .fd = fq_home_fd(f->home), .events = POLLIN };
    assert_int_equal(poll(&home, 1, WAIT_MS), 1);
    fq_web_tick(f->web, fq_clock_mono_ms() + ANSWER_WITHIN_MS);
    assert_contains(client_read_close(f, fd), "HTTP/1.1 503 ");
    assert_int_equal(fq_home_run(f->home, 16), 1);
    assert_int_equal(f->n_requests, 0);
}

static void test_answer_for_a_client_that_left_is_harmless(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/r/x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    (void)close(fd);
    loop_answer(exchange, 200, fq_lit("page"));
}

static void test_stop_answers_open_requests_with_503(void **state)
{
    struct fixture *f = *state;
    int fds[3];
    struct fq_web_exchange *exchanges[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = client_ask(f, GET("/r/x"));
        exchanges[i] = loop_wait(f, i + 1);
    }
    fq_web_free(FQ_TAKE(f->web));
    for (int i = 0; i < 3; i++) {
        assert_contains(client_read_close(f, fds[i]), "HTTP/1.1 503 ");
        loop_answer(exchanges[i], 200, fq_lit("late"));
    }
}

static void test_stop_keeps_undelivered_requests_from_the_loop(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, GET("/r/x"));
    struct pollfd home = { .fd = fq_home_fd(f->home), .events = POLLIN };
    assert_int_equal(poll(&home, 1, WAIT_MS), 1);
    fq_web_free(FQ_TAKE(f->web));
    assert_int_equal(fq_home_run(f->home, 16), 1);
    assert_int_equal(f->n_requests, 0);
    assert_contains(client_read_close(f, fd), "HTTP/1.1 503 ");
}

static void test_stop_does_not_wait_for_half_a_request(void **state)
{
    struct fixture *f = *state;
    int fd = client_ask(f, fq_lit("POST /n HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n\r\nx"));
    int64_t begun_mono_ms = fq_clock_mono_ms();
    fq_web_free(FQ_TAKE(f->web));
    assert_true(fq_clock_mono_ms() - begun_mono_ms < 900);
    (void)close(fd);
}

static void test_stop_frees_the_port(void **state)
{
    struct fixture *f = *state;
    char address[32];
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)fq_web_port(f->web));
    int fd = client_ask(f, GET("/r/x")); /* leaves TIME_WAIT behind on the server's side */
    loop_answer(loop_wait(f, 1), 200, fq_lit("ok"));
    (void)client_read_close(f, fd);
    fixture_reopen_web(f, address, 16, 0);
    fd = client_ask(f, GET("/r/x"));
    loop_answer(loop_wait(f, 2), 200, fq_lit("again"));
    assert_contains(client_read_close(f, fd), "again");
}

/* ---- addresses ---- */

static void assert_cannot_open(struct fixture *f, const char *address)
{
    const struct fq_web_conf conf = { .address = address,
                                      .body_size_max = 64,
                                      .n_connections_max = 4,
                                      .answer_within_ms = 1000,
                                      .home = f->home,
                                      .on_request = fixture_on_request };
    struct fq_web *web = NULL;
    assert_true(fq_web_open(&conf, &web) < 0);
    assert_null(web);
    assert_contains(fq_trace(), address);
}

static void test_bad_addresses_are_named(void **state)
{
    struct fixture *f = *state;
    assert_cannot_open(f, "127.0.0.1");
    assert_cannot_open(f, "127.0.0.1:65536");
    assert_cannot_open(f, "127.0.0.1:8o80");
    assert_cannot_open(f, "::1:0");
    assert_cannot_open(f, "[::1]");
    assert_cannot_open(f, "[127.0.0.1]:0");
    assert_cannot_open(f, "localhost:0");
    assert_cannot_open(f, ":0");
    assert_cannot_open(f, "192.0.2.1:0"); /* not of this machine */
}

static void test_taken_port_is_not_shared(void **state)
{
    struct fixture *f = *state;
    char address[32];
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)fq_web_port(f->web));
    assert_cannot_open(f, address);
}

static void test_ipv6_is_served(void **state)
{
    struct fixture *f = *state;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(fd);
        skip();
    }
    fixture_reopen_web(f, "[::1]:0", 16, 0);
    address.sin6_port = htons(fq_web_port(f->web));
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    client_send(fd, GET("/r/x"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_str_equal(exchange->peer, "::1");
    loop_answer(exchange, 200, fq_lit("six"));
    assert_contains(client_read_close(f, fd), "six");
}

#define web_test(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        web_test(test_get_arrives_undecoded),
        web_test(test_missing_query_is_empty),
        web_test(test_post_body_arrives_byte_by_byte),
        web_test(test_chunked_body_arrives_joined),
        web_test(test_headers_of_interest_arrive),
        web_test(test_connection_serves_one_request_after_the_other),
        cmocka_unit_test(test_forwarded_for_is_believed_from_loopback_only),
        cmocka_unit_test(test_forwarded_for_without_an_address_is_ignored),
        web_test(test_last_entry_of_the_last_line_counts),
        web_test(test_answer_leaves_as_filled),
        web_test(test_every_answer_is_protected),
        web_test(test_page_brings_its_own_policy),
        web_test(test_redirect_names_its_target),
        web_test(test_full_arena_does_not_hold_an_answer_back),
        web_test(test_line_break_in_a_location_is_refused),
        web_test(test_nul_in_a_location_is_refused),
        web_test(test_line_break_in_a_policy_is_refused),
        web_test(test_unset_status_is_an_error),
        web_test(test_head_is_a_get_without_the_body),
        web_test(test_other_methods_are_refused),
        web_test(test_absolute_uri_is_refused),
        web_test(test_body_at_the_cap_arrives),
        web_test(test_announced_body_over_the_cap_is_refused),
        web_test(test_chunked_body_over_the_cap_is_refused),
        web_test(test_endless_chunked_body_is_cut),
        web_test(test_huge_header_is_refused),
        web_test(test_dripping_body_is_cut),
        web_test(test_silent_connection_is_cut),
        web_test(test_connections_beyond_the_limit_wait_or_are_closed),
        web_test(test_slow_loop_gives_503_and_its_late_answer_is_harmless),
        web_test(test_deadline_does_not_come_early),
        web_test(test_request_past_its_deadline_is_not_delivered),
        web_test(test_answer_for_a_client_that_left_is_harmless),
        web_test(test_stop_answers_open_requests_with_503),
        web_test(test_stop_keeps_undelivered_requests_from_the_loop),
        web_test(test_stop_does_not_wait_for_half_a_request),
        web_test(test_stop_frees_the_port),
        web_test(test_bad_addresses_are_named),
        web_test(test_taken_port_is_not_shared),
        web_test(test_ipv6_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
