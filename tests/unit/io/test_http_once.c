/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP out: a request is sent once, and to nobody but the server that was meant. */
#include "tests/unit/io/http_rig.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, keys_set_up, keys_tear_down);
}
