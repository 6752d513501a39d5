/* SPDX-License-Identifier: Apache-2.0 */
/* The front over real sockets: what is read, what is answered and signed, and how it opens. */
#include <dlfcn.h>

#include "tests/unit/io/front_rig.h"

/* ---- envelopes ---- */

static void answers_req(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    for (int i = 0; i < 3; i++) {
        struct fq_str request = info_request(shop, "r-1");
        client_send(client, request);
        assert_info(shop, client, request, "r-1", "shop");
    }
    assert_int_equal(shop->n_operations, 3);
    assert_int_equal(shop_count(shop).n_requests, 3);
}

static void answers_req_that_correlates(void **state)
{
    struct shop *shop = *state;
    const int on = 1;
    shop_open(shop);
    void *client = client_new(shop, ZMQ_REQ, SHOP);
    assert_int_equal(zmq_setsockopt(client, ZMQ_REQ_CORRELATE, &on, sizeof(on)), 0);
    client_connect(shop, client);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

static void answers_dealer_without_envelope(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

static void echoes_an_envelope_of_four_frames(void **state)
{
    struct shop *shop = *state;
    static const char *const envelope[] = { "one", "two", "three", "" };
    int more = 0;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    for (size_t i = 0; i < fq_array_size(envelope); i++)
        client_send_frame(client, envelope[i]);
    client_send(client, request);
    for (size_t i = 0; i < fq_array_size(envelope); i++) {
        struct fq_str frame = client_frame(shop, client, &more);
        assert_true(fq_str_equal(frame, fq_str_of(envelope[i])));
        assert_true(more);
    }
    assert_info(shop, client, request, "r-1", "shop");
}

static void drops_an_envelope_of_five_frames(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    for (int i = 0; i < 4; i++)
        client_send_frame(client, "x");
    client_send_frame(client, "");
    client_send(client, request);
    client_send(client, request); /* the next one is not lost with it */
    assert_info(shop, client, request, "r-1", "shop");
    assert_int_equal(shop_count(shop).n_refused, 1);
    assert_int_equal(shop->n_operations, 1);
}

static void drops_a_message_of_a_thousand_frames_bit_by_bit(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    for (int i = 0; i < 1000; i++)
        client_send_frame(client, "");
    client_send(client, request);
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
    assert_int_equal(shop_count(shop).n_refused, 1);
    assert_int_equal(shop->n_operations, 1);
}

static void drops_an_envelope_without_its_end(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send_frame(client, "x");
    client_send(client, request);
    assert_still_serves(shop, OTHER);
    shop_until(shop, shop_count(shop).n_refused == 1);
    assert_int_equal(shop->n_operations, 1);
    assert_silent(client);
}

static void drops_a_long_envelope(void **state)
{
    struct shop *shop = *state;
    char text[257];
    memset(text, 'x', 256);
    text[256] = '\0';
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    client_send_frame(client, "y");
    client_send_frame(client, text);
    client_send_frame(client, "");
    client_send(client, info_request(shop, "r-1"));
    shop_until(shop, shop_count(shop).n_refused == 1);
    assert_int_equal(shop->n_operations, 0);
}

static void drops_an_empty_payload(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    client_send(client, fq_lit(""));
    shop_until(shop, shop_count(shop).n_refused == 1);
    assert_int_equal(shop->n_operations, 0);
    assert_int_equal(fq_front_n_in_flight(shop->front), 0);
}

static void answers_over_ipc_too(void **state)
{
    struct shop *shop = *state;
    struct fq_str endpoints[] = {
        fq_lit("tcp://127.0.0.1:*"),
        fq_arena_printf(shop->arena, "ipc://%s/front", shop->folder),
    };
    shop->conf.endpoints = endpoints;
    shop->conf.n_endpoints = 2;
    shop_open(shop);
    void *client = client_new(shop, ZMQ_REQ, SHOP);
    assert_true(fq_str_equal(fq_front_endpoint(shop->front, 1), endpoints[1]));
    assert_int_equal(zmq_connect(client, endpoints[1].ptr), 0);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

static void reads_no_more_than_it_is_told(void **state)
{
    struct shop *shop = *state;
    shop->conf.n_in_flight_per_merchant = 8;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    for (int i = 0; i < 5; i++)
        client_send(client, info_request(shop, "r-1"));
    while (shop->n_operations < 5) {
        zmq_pollitem_t item = { .socket = fq_front_socket(shop->front), .events = ZMQ_POLLIN };
        size_t n_before = shop->n_operations;
        assert_true(fq_clock_mono_ms() < until_ms);
        (void)zmq_poll(&item, 1, 20);
        size_t n = fq_front_receive(shop->front, 2);
        assert_true(n <= 2);
        assert_int_equal(shop->n_operations - n_before, n);
    }
}

/* ---- what ---- */

static void answers_garbage_with_a_signed_refusal(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    struct fq_str request = fq_lit("\xff\xff not protobuf");
    client_send(client, request);
    Fenqi__V1__Reply *reply = client_reply(shop, client, request);
    assert_int_equal(reply->error->code, FENQI__V1__CODE__CODE_INVALID_ARGUMENT);
    assert_string_equal(reply->error->reason, "MALFORMED");
    assert_string_equal(reply->merchant_id, "shop");
    reply_free(reply);
    assert_int_equal(shop->n_operations, 0);
    assert_int_equal(shop_count(shop).n_refused, 1);
}

static void publishes_its_keys(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    struct fq_str request = request_of(shop, "r-1", FENQI__V1__REQUEST__OPERATION_GET_KEYS);
    client_send(client, request);
    Fenqi__V1__Reply *reply = client_reply(shop, client, request);
    assert_int_equal(reply->outcome_case, FENQI__V1__REPLY__OUTCOME_KEYS);
    assert_int_equal(reply->keys->n_keys, 1);
    assert_string_equal(reply->keys->keys[0]->key_id, "k1");
    assert_string_equal(reply->keys->keys[0]->algorithm, "ed25519");
    assert_int_equal(reply->keys->keys[0]->public_key.len, shop->seal_public.len);
    assert_memory_equal(reply->keys->keys[0]->public_key.data, shop->seal_public.ptr,
                        shop->seal_public.len);
    reply_free(reply);
}

static void an_answer_without_room_becomes_an_error(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    shop->holds = true;
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    shop_until(shop, shop->n_held == 1);
    assert_null(fq_arena_alloc(shop->held[0]->arena, 2 * FQ_ARENA_SIZE_MAX)); /* full for good */
    shop_release(shop);
    Fenqi__V1__Reply *reply = client_reply(shop, client, request);
    assert_int_equal(reply->error->code, FENQI__V1__CODE__CODE_INTERNAL);
    assert_string_equal(reply->request_id, "r-1");
    reply_free(reply);
}

/* ---- opening, with libzmq's bind watched ---- */

static char first_bound[64];
static bool zap_bind_fails;

int zmq_bind(void *socket, const char *address)
{
    int (*real)(void *, const char *) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "zmq_bind");
    if (first_bound[0] == '\0')
        (void)snprintf(first_bound, sizeof(first_bound), "%s", address);
    if (zap_bind_fails && strstr(address, "zeromq.zap") != NULL) {
        errno = EADDRINUSE;
        return -1;
    }
    return real(socket, address);
}

static void binds_zap_before_anything_else(void **state)
{
    struct shop *shop = *state;
    first_bound[0] = '\0';
    shop_open(shop);
    assert_string_equal(first_bound, "inproc://zeromq.zap.01");
}

static void does_not_open_without_zap(void **state)
{
    struct shop *shop = *state;
    zap_bind_fails = true;
    int r = fq_front_open(&shop->conf, &shop->front);
    zap_bind_fails = false;
    assert_int_equal(r, -EADDRINUSE);
    assert_non_null(strstr(fq_trace(), "inproc://zeromq.zap.01"));
    assert_null(shop->front);
}

static void names_the_endpoint_that_it_cannot_bind(void **state)
{
    struct shop *shop = *state;
    const struct fq_str endpoints[] = { fq_lit("tcp://127.0.0.1:*"), fq_lit("tcp://nowhere") };
    shop->conf.endpoints = endpoints;
    shop->conf.n_endpoints = 2;
    assert_true(fq_front_open(&shop->conf, &shop->front) < 0);
    assert_non_null(strstr(fq_trace(), "tcp://nowhere"));
    assert_null(shop->front);
}

static void refuses_a_secret_that_is_no_key(void **state)
{
    struct shop *shop = *state;
    shop->conf.curve_secret = "0123456789012345678901234567890123456\"\"\"";
    assert_true(fq_front_open(&shop->conf, &shop->front) < 0);
    assert_null(shop->front);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        front_test(answers_req),
        front_test(answers_req_that_correlates),
        front_test(answers_dealer_without_envelope),
        front_test(echoes_an_envelope_of_four_frames),
        front_test(drops_an_envelope_of_five_frames),
        front_test(drops_a_message_of_a_thousand_frames_bit_by_bit),
        front_test(drops_an_envelope_without_its_end),
        front_test(drops_a_long_envelope),
        front_test(drops_an_empty_payload),
        front_test(answers_over_ipc_too),
        front_test(reads_no_more_than_it_is_told),
        front_test(answers_garbage_with_a_signed_refusal),
        front_test(publishes_its_keys),
        front_test(an_answer_without_room_becomes_an_error),
        front_test(binds_zap_before_anything_else),
        front_test(does_not_open_without_zap),
        front_test(names_the_endpoint_that_it_cannot_bind),
        front_test(refuses_a_secret_that_is_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
