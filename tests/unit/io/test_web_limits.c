/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP in: what is refused before the loop, deadlines, the end, and addresses. */
#include "tests/unit/io/web_rig.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
