/* SPDX-License-Identifier: Apache-2.0 */
/* The front and its peers: who is answered, who is not, and how much one may ask for. */
#include "tests/unit/io/front_rig.h"

/* ---- who ---- */

static void a_stranger_gets_nothing(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, STRANGER);
    client_send(client, info_request(shop, "r-1"));
    shop_until(shop, shop_count(shop).n_strangers >= 1);
    assert_still_serves(shop, SHOP);
    assert_int_equal(shop->n_operations, 1);
    assert_int_equal(shop_count(shop).n_requests, 1);
    assert_silent(client);
}

/* Waits until the handshake of a client fails. */
static void assert_handshake_fails(struct shop *shop, void *client)
{
    static const uint16_t failures = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                                     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED;
    uint16_t event = 0;
    int more = 0;
    assert_int_equal(zmq_socket_monitor(client, "inproc://handshake", ZMQ_EVENT_ALL), 0);
    void *monitor = zmq_socket(shop->context, ZMQ_PAIR);
    assert_int_equal(zmq_connect(monitor, "inproc://handshake"), 0);
    client_connect(shop, client);
    client_send(client, info_request(shop, "r-1"));
    do {
        struct fq_str frame = client_frame(shop, monitor, &more);
        memcpy(&event, frame.ptr, sizeof(event));
        assert_true(event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        (void)client_frame(shop, monitor, &more); /* the address */
    } while ((event & failures) == 0);
    (void)zmq_close(monitor);
    assert_int_equal(shop->n_operations, 0);
    assert_silent(client);
}

static void the_wrong_server_key_gets_nowhere(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_new(shop, ZMQ_DEALER, SHOP);
    (void)zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, shop->clients[STRANGER].public_key, 41);
    assert_handshake_fails(shop, client);
}

static void a_client_without_curve_gets_nowhere(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_new(shop, ZMQ_DEALER, SHOP);
    (void)zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, NULL, 0);
    const int server = 0;
    (void)zmq_setsockopt(client, ZMQ_CURVE_SERVER, &server, sizeof(server));
    assert_handshake_fails(shop, client);
}

static void tells_merchants_apart(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *one = client_open(shop, ZMQ_DEALER, SHOP);
    void *two = client_open(shop, ZMQ_DEALER, OTHER);
    struct fq_str request = info_request(shop, "r-1");
    client_send(one, request);
    client_send(two, request);
    assert_info(shop, one, request, "r-1", "shop");
    assert_info(shop, two, request, "r-1", "other");
}

static void a_removed_key_stops_at_once(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
    __atomic_store_n(&shop->is_removed[SHOP], true, __ATOMIC_SEQ_CST);
    client_send(client, request); /* over the connection that still stands */
    shop_until(shop, shop_count(shop).n_strangers == 1);
    assert_int_equal(shop->n_operations, 1);
    assert_int_equal(fq_front_n_in_flight(shop->front), 0);
    assert_silent(client);
}

static void serves_no_routing_id_that_a_client_chose(void **state)
{
    struct shop *shop = *state;
    static const struct fq_str ids[] = { fq_lit("till-7"), fq_lit("\0abc"), fq_lit("abcde") };
    shop_open(shop);
    for (size_t i = 0; i < fq_array_size(ids); i++) {
        void *client = client_new(shop, ZMQ_DEALER, SHOP);
        (void)zmq_setsockopt(client, ZMQ_ROUTING_ID, ids[i].ptr, ids[i].len);
        client_connect(shop, client);
        client_send(client, info_request(shop, "r-1"));
        shop_until(shop, shop_count(shop).n_refused == i + 1);
    }
    assert_int_equal(shop->n_operations, 0);
}

/* A DEALER that forges an id of the form that libzmq makes. */
static void *client_forge(struct shop *shop, size_t key)
{
    void *client = client_new(shop, ZMQ_DEALER, key);
    (void)zmq_setsockopt(client, ZMQ_ROUTING_ID, "\0\1\2\3\4", 5);
    client_connect(shop, client);
    return client;
}

static void nobody_gets_the_replies_of_a_routing_id_taken_over(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    shop->holds = true;
    void *victim = client_forge(shop, SHOP);
    struct fq_str secret = info_request(shop, "for-the-victim");
    client_send(victim, secret);
    shop_until(shop, shop->n_held == 1);
    client_close(shop, victim);

    /* The thief gets the id as soon as libzmq has seen the victim go: it tries until it has. */
    struct fq_str request = info_request(shop, "for-the-thief");
    void *thief = NULL;
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    while (shop->n_held < 2) {
        assert_true(fq_clock_mono_ms() < until_ms);
        if (thief != NULL)
            client_close(shop, thief);
        thief = client_forge(shop, OTHER);
        client_send(thief, request);
        for (int i = 0; i < 10 && shop->n_held < 2; i++)
            (void)shop_turn(shop, NULL, 20);
    }
    shop_release(shop);
    assert_info(shop, thief, request, "for-the-thief", "other");
    shop_until(shop, fq_front_n_in_flight(shop->front) == 0);
    assert_silent(thief);
    assert_int_equal(shop_count(shop).n_undeliverable, 1);
}

/* Whether libzmq has seen the client go when its reply is due is a race: asked until it has. */
static void counts_what_it_cannot_deliver(void **state)
{
    struct shop *shop = *state;
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    shop_open(shop);
    while (shop_count(shop).n_undeliverable == 0) {
        assert_true(fq_clock_mono_ms() < until_ms);
        shop->holds = true;
        void *client = client_open(shop, ZMQ_DEALER, SHOP);
        client_send(client, info_request(shop, "r-1"));
        shop_until(shop, shop->n_held == 1);
        client_close(shop, client);
        assert_still_serves(shop, OTHER);
        shop_release(shop);
        shop_until(shop, fq_front_n_in_flight(shop->front) == 0);
    }
    assert_still_serves(shop, OTHER);
}

/* ---- limits ---- */

static void says_that_a_message_is_too_large(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    char *large = fq_arena_alloc(shop->arena, MESSAGE_MAX + 1);
    assert_non_null(large);
    memset(large, ' ', MESSAGE_MAX + 1);
    memcpy(large, request.ptr, request.len);
    request = (struct fq_str){ large, MESSAGE_MAX + 1 };
    client_send(client, request);
    Fenqi__V1__Reply *reply = client_reply(shop, client, request);
    assert_int_equal(reply->error->code, FENQI__V1__CODE__CODE_RESOURCE_EXHAUSTED);
    assert_string_equal(reply->error->reason, "MESSAGE_TOO_LARGE");
    assert_string_equal(reply->request_id, "r-1");
    assert_false(reply->error->may_repeat);
    reply_free(reply);
    assert_int_equal(shop->n_operations, 0);
    assert_int_equal(shop_count(shop).n_limited, 1);
}

static void takes_a_message_as_large_as_allowed(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    char *large = fq_arena_alloc(shop->arena, MESSAGE_MAX);
    assert_non_null(large);
    memcpy(large, request.ptr, request.len);
    size_t rest = MESSAGE_MAX - request.len - 4; /* an unknown field: number 50, two bytes length */
    memcpy(large + request.len, "\x92\x03", 2);
    large[request.len + 2] = (char)(0x80 | (rest & 0x7f));
    large[request.len + 3] = (char)(rest >> 7);
    request = (struct fq_str){ large, MESSAGE_MAX };
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

static void cuts_off_who_sends_twice_the_limit(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    char *large = fq_arena_alloc(shop->arena, 2 * MESSAGE_MAX + 64);
    assert_non_null(large);
    client_send(client, (struct fq_str){ large, 2 * MESSAGE_MAX + 64 });
    assert_still_serves(shop, OTHER);
    assert_int_equal(shop_count(shop).n_requests, 1);
    assert_silent(client);
}

static void says_when_to_come_back_after_too_many_requests(void **state)
{
    struct shop *shop = *state;
    shop->conf.rate_per_second = 1;
    shop->conf.rate_burst = 2;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    for (int i = 0; i < 2; i++) {
        client_send(client, request);
        assert_info(shop, client, request, "r-1", "shop");
    }
    client_send(client, request);
    assert_error(shop, client, request, FQ_CODE_RESOURCE_EXHAUSTED, "RATE", 1, 1000);
    assert_int_equal(shop->n_operations, 2);
    assert_int_equal(shop_count(shop).n_limited, 1);
    assert_still_serves(shop, OTHER);
}

static void shop_on_limited(void *ctx, const struct fq_merchant *merchant, const char *reason)
{
    (void)ctx;
    assert_true(fq_str_equal(merchant->id, fq_lit("shop")));
    assert_true(strcmp(reason, "IN_FLIGHT") == 0 || strcmp(reason, "FLOOD") == 0);
}

/* Refusals are signed, too: no more of them wait for that than keeps the others' answers prompt. */
static void answers_only_so_many_of_a_flood(void **state)
{
    struct shop *shop = *state;
    const uint64_t n = 300, n_refusals = 256;
    fq_pool_free(shop->pool);
    shop->conf.pool = shop->pool = fq_pool_new(1, 1024, shop->home);
    shop->conf.n_in_flight_per_merchant = 1;
    shop->conf.on_limited = shop_on_limited;
    shop->holds = true;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    for (uint64_t i = 0; i < n; i++)
        client_send(client, request);
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    while (shop_count(shop).n_requests < n && fq_clock_mono_ms() < until_ms)
        (void)fq_front_receive(shop->front, 16); /* and nothing that is answered comes home */
    assert_int_equal(shop_count(shop).n_requests, n);
    assert_int_equal(shop_count(shop).n_limited, n - 1);
    assert_int_equal(shop_count(shop).n_unanswered, n - 1 - n_refusals);
    assert_int_equal(fq_front_n_in_flight(shop->front), 1 + n_refusals);
    shop->holds = false;
    shop_release(shop);
    shop_until(shop, fq_front_n_in_flight(shop->front) == 0);
    client_send(client, request);
    shop_until(shop, shop_count(shop).n_requests == n + 1);
    assert_int_equal(shop_count(shop).n_unanswered, n - 1 - n_refusals);
    assert_still_serves(shop, OTHER);
}

static void bounds_what_one_merchant_has_in_flight(void **state)
{
    struct shop *shop = *state;
    shop->conf.n_in_flight_per_merchant = 1;
    shop_open(shop);
    shop->holds = true;
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    client_send(client, request);
    assert_error(shop, client, request, FQ_CODE_RESOURCE_EXHAUSTED, "IN_FLIGHT", 1, 1000);
    assert_int_equal(shop->n_held, 1);
    assert_still_serves(shop, OTHER);
    shop_release(shop);
    assert_info(shop, client, request, "r-1", "shop");
    shop->holds = false;
    client_send(client, request); /* its place is free again */
    assert_info(shop, client, request, "r-1", "shop");
}

static void bounds_what_all_have_in_flight(void **state)
{
    struct shop *shop = *state;
    shop->conf.n_in_flight_max = 1;
    shop_open(shop);
    shop->holds = true;
    void *one = client_open(shop, ZMQ_DEALER, SHOP);
    void *two = client_open(shop, ZMQ_DEALER, OTHER);
    struct fq_str request = info_request(shop, "r-1");
    client_send(one, request);
    shop_until(shop, shop->n_held == 1);
    client_send(two, request);
    assert_error(shop, two, request, FQ_CODE_RESOURCE_EXHAUSTED, "OVERLOAD", 1, 1000);
    shop_release(shop);
    assert_info(shop, one, request, "r-1", "shop");
}

static void answers_unavailable_while_draining(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    shop->holds = true;
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    shop_until(shop, shop->n_held == 1);
    fq_front_drain(shop->front);
    client_send(client, request);
    assert_error(shop, client, request, FQ_CODE_UNAVAILABLE, "STOPPING", 1, 10000);
    shop_release(shop); /* what was taken before is answered */
    assert_info(shop, client, request, "r-1", "shop");
    assert_int_equal(shop->n_operations, 1);
}

static void signs_on_the_loop_if_the_pool_is_full(void **state)
{
    struct shop *shop = *state;
    FQ_CLEANUP(fq_pool) *full = fq_pool_new(1, 0, shop->home);
    shop->conf.pool = full;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        front_test(a_stranger_gets_nothing),
        front_test(the_wrong_server_key_gets_nowhere),
        front_test(a_client_without_curve_gets_nowhere),
        front_test(tells_merchants_apart),
        front_test(a_removed_key_stops_at_once),
        front_test(serves_no_routing_id_that_a_client_chose),
        front_test(nobody_gets_the_replies_of_a_routing_id_taken_over),
        front_test(counts_what_it_cannot_deliver),
        front_test(says_that_a_message_is_too_large),
        front_test(takes_a_message_as_large_as_allowed),
        front_test(cuts_off_who_sends_twice_the_limit),
        front_test(says_when_to_come_back_after_too_many_requests),
        front_test(answers_only_so_many_of_a_flood),
        front_test(bounds_what_one_merchant_has_in_flight),
        front_test(bounds_what_all_have_in_flight),
        front_test(answers_unavailable_while_draining),
        front_test(signs_on_the_loop_if_the_pool_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
