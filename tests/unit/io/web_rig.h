/* SPDX-License-Identifier: Apache-2.0 */
/* A web side on loopback, the loop behind it, and a client in front. */
#ifndef FQ_TESTS_IO_WEB_RIG_H
#define FQ_TESTS_IO_WEB_RIG_H

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
#include "daemon/io/web.h"

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

static inline void fixture_on_request(void *ctx, struct fq_web_exchange *exchange)
{
    struct fixture *f = ctx;
    f->exchange = exchange;
    f->n_requests++;
}

static inline void fixture_open_web(struct fixture *f, const char *address,
                                    size_t n_connections_max, int64_t receive_within_ms)
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

static inline int fixture_set_up(void **state)
{
    struct fixture *f = fq_zalloc(sizeof(*f));
    f->home = fq_home_new();
    fixture_open_web(f, "127.0.0.1:0", 16, 0);
    *state = f;
    return 0;
}

/* A web with other limits than the fixture's. */
static inline void fixture_reopen_web(struct fixture *f, const char *address,
                                      size_t n_connections_max, int64_t receive_within_ms)
{
    fq_web_free(FQ_TAKE(f->web));
    fixture_open_web(f, address, n_connections_max, receive_within_ms);
}

static inline int fixture_tear_down(void **state)
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
static inline struct fq_web_exchange *loop_wait(struct fixture *f, int n)
{
    while (f->n_requests < n) {
        struct pollfd home = { .fd = fq_home_fd(f->home), .events = POLLIN };
        assert_int_equal(poll(&home, 1, WAIT_MS), 1);
        (void)fq_home_run(f->home, 16);
    }
    return f->exchange;
}

static inline void loop_answer(struct fq_web_exchange *exchange, uint32_t status,
                               struct fq_str body)
{
    exchange->status = status;
    exchange->answer_type = fq_lit("text/html; charset=utf-8");
    exchange->answer_body = body;
    fq_web_answer(exchange);
}

/* ---- the client ---- */

static inline int client_open(const struct fixture *f)
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

static inline void client_send(int fd, struct fq_str bytes)
{
    assert_int_equal(send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL), bytes.len);
}

/* Opens, sends, and leaves the answer for client_read. */
static inline int client_ask(const struct fixture *f, struct fq_str bytes)
{
    int fd = client_open(f);
    client_send(fd, bytes);
    return fd;
}

/* Reads until the server closes, or a whole reply with Content-Length is there. */
static inline const char *client_read(struct fixture *f, int fd)
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

static inline const char *client_read_close(struct fixture *f, int fd)
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

static inline void assert_protected(const char *reply)
{
    assert_contains(reply, "Cache-Control: no-store\r\n");
    assert_contains(reply, "Referrer-Policy: no-referrer\r\n");
    assert_contains(reply, "X-Content-Type-Options: nosniff\r\n");
    assert_contains(reply, "X-Frame-Options: DENY\r\n");
    assert_contains(reply, "Content-Security-Policy: default-src 'none'\r\n");
}

static inline void assert_refused(struct fixture *f, int fd, const char *status_line)
{
    const char *reply = client_read_close(f, fd);
    assert_memory_equal(reply, status_line, strlen(status_line));
    assert_protected(reply);
    assert_int_equal(fq_home_run(f->home, 16), 0);
    assert_int_equal(f->n_requests, 0);
}

#define web_test(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

#endif
