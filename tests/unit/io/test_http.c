/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP out: what comes home, what counts as no answer, and how it stops. */
#include "tests/unit/io/http_rig.h"

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
        http_test(test_too_many_at_once_are_refused),
        http_test(test_place_is_free_again_after_an_answer),
        http_test(test_stop_ends_what_was_sent_as_lost),
        http_test(test_stop_ends_what_waits_for_a_handshake_as_not_sent),
    };
    return cmocka_run_group_tests(tests, keys_set_up, keys_tear_down);
}
