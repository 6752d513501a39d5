/* SPDX-License-Identifier: Apache-2.0 */
/* Calls through fq_http to the server of the test, and what may come of them. */
#ifndef FQ_TESTS_IO_HTTP_RIG_H
#define FQ_TESTS_IO_HTTP_RIG_H

#include <poll.h>

#include "daemon/io/http.h"
#include "tests/unit/io/http_server.h"

#define WAIT_MS 10000

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

static inline int fixture_set_up(void **state)
{
    struct fixture *f = fq_zalloc(sizeof(*f));
    server_open(&f->server);
    f->home = fq_home_new();
    f->http = fq_http_new(3, f->home);
    *state = f;
    return 0;
}

static inline int fixture_tear_down(void **state)
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

static inline void call_done(struct fq_job *job)
{
    struct fq_http_exchange *exchange = fq_container_of(job, struct fq_http_exchange, job);
    fq_container_of(exchange, struct call, exchange)->n_done++;
}

/* A GET of `path` at the server of the test, under its authority. */
static inline struct call *call_get(struct fixture *f, size_t i, const char *path)
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

static inline struct call *call_post(struct fixture *f, size_t i, const char *path,
                                     struct fq_str body)
{
    struct call *call = call_get(f, i, path);
    call->exchange.request.method = fq_lit("POST");
    call->exchange.request.content_type = fq_lit("application/x-www-form-urlencoded;charset=utf-8");
    call->exchange.request.body = body;
    return call;
}

static inline void call_wait(struct fixture *f, struct call *call)
{
    while (call->n_done == 0) {
        struct pollfd home = { .fd = fq_home_fd(f->home), .events = POLLIN };
        assert_int_equal(poll(&home, 1, WAIT_MS), 1);
        (void)fq_home_run(f->home, 16);
    }
}

static inline void call_run(struct fixture *f, struct call *call)
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

static inline void assert_not_sent(const struct call *call)
{
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_NOT_SENT);
    assert_int_equal(call->exchange.answer.http_status, 0);
    assert_true(call->exchange.reason.len > 0);
}

static inline void assert_lost(const struct call *call)
{
    assert_int_equal(call->exchange.answer.transport, FQ_TRANSPORT_LOST);
    assert_int_equal(call->exchange.answer.http_status, 0);
    assert_int_equal(call->exchange.answer.body.len, 0);
    assert_true(call->exchange.reason.len > 0);
}

#define http_test(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

#endif
