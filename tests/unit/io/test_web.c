/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP in over real sockets: what the loop gets to see, and what leaves. */
#include "daemon/io/web_peer.h"
#include "tests/unit/io/web_rig.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
