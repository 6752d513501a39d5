/* SPDX-License-Identifier: Apache-2.0 */
/* The front's lines: what is pushed after an answer, and to whom it is not. */
#include "daemon/base/mem.h"
#include "tests/unit/io/front_rig.h"

#define EVENTS_N 50

/* A Subscribe that is held, its line, and a push over it. */
struct talk {
    struct shop *shop;
    void *client;
    struct fq_str request;
    struct fq_operation *operation;
    struct fq_line *line;
    struct fq_push push;
    size_t n_done;
};

static const struct fq_event_row rows[EVENTS_N] = { { .cursor = 41, .kind = 1 },
                                                    { .cursor = 42, .kind = 2 } };

static struct fq_str subscribe_request(struct shop *shop)
{
    Fenqi__V1__Request request;
    Fenqi__V1__Subscribe subscribe;
    fenqi__v1__request__init(&request);
    fenqi__v1__subscribe__init(&subscribe);
    request.request_id = fq_unconst("sub-1");
    request.operation_case = FENQI__V1__REQUEST__OPERATION_SUBSCRIBE;
    request.subscribe = &subscribe;
    subscribe.group = fq_unconst("books");
    size_t size = fenqi__v1__request__get_packed_size(&request);
    char *bytes = fq_arena_alloc(shop->arena, size);
    (void)fenqi__v1__request__pack(&request, (uint8_t *)bytes);
    return (struct fq_str){ bytes, size };
}

static void talk_begin(struct talk *talk, struct shop *shop, void *client)
{
    *talk = (struct talk){ .shop = shop, .client = client, .request = subscribe_request(shop) };
    shop->holds = true;
    client_send(client, talk->request);
    shop_until(shop, shop->n_held > 0);
    talk->operation = shop->held[--shop->n_held];
    talk->line = talk->operation->keep_line(talk->operation);
    assert_non_null(talk->line);
    assert_true(talk->line->connection == talk->operation->connection);
}

static void talk_answer(struct talk *talk)
{
    talk->operation->subscription = (struct fq_subscription){ .group = fq_lit("books") };
    talk->operation->finish(FQ_TAKE(talk->operation));
}

static void talk_done(struct fq_push *push)
{
    struct talk *talk = fq_container_of(push, struct talk, push);
    talk->n_done++;
    fq_arena_free(push->arena);
}

static void talk_push(struct talk *talk, size_t n_events)
{
    talk->push = (struct fq_push){ .arena = fq_arena_new(FQ_ARENA_SIZE_MAX),
                                   .events = rows,
                                   .n_events = n_events,
                                   .subscription = { .group = fq_lit("books"), .is_active = true },
                                   .done = talk_done };
    talk->line->push(talk->line, &talk->push);
}

static uint32_t talk_push_through(struct talk *talk, size_t n_events)
{
    size_t n = talk->n_done;
    talk_push(talk, n_events);
    shop_until(talk->shop, talk->n_done == n + 1);
    return talk->push.result;
}

static void assert_events(struct talk *talk, size_t n, bool is_active)
{
    Fenqi__V1__Reply *reply = client_reply(talk->shop, talk->client, talk->request);
    assert_string_equal(reply->request_id, "sub-1");
    assert_string_equal(reply->merchant_id, "shop");
    assert_int_equal(reply->outcome_case, FENQI__V1__REPLY__OUTCOME_EVENTS);
    assert_int_equal(reply->events->n_events, n);
    assert_int_equal(reply->events->subscription->is_active, is_active);
    reply_free(reply);
}

static void pushes_come_after_the_answer(void **state)
{
    struct shop *shop = *state;
    struct talk talk;
    shop_open(shop);
    talk_begin(&talk, shop, client_open(shop, ZMQ_DEALER, SHOP));
    talk_push(&talk, 2);
    assert_still_serves(shop, SHOP);
    assert_silent(talk.client);
    assert_int_equal(talk.n_done, 0);
    talk_answer(&talk);
    assert_events(&talk, 0, false);
    assert_events(&talk, 2, true);
    shop_until(shop, talk.n_done == 1);
    assert_int_equal(talk.push.result, FQ_PUSH_SENT);
    assert_int_equal(talk_push_through(&talk, 1), FQ_PUSH_SENT);
    assert_events(&talk, 1, true);
    talk.line->release(talk.line);
}

static void a_line_may_go_before_its_answer(void **state)
{
    struct shop *shop = *state;
    struct talk talk;
    shop_open(shop);
    talk_begin(&talk, shop, client_open(shop, ZMQ_DEALER, SHOP));
    talk.line->release(talk.line);
    talk_answer(&talk);
    assert_events(&talk, 0, false);
}

static void connections_are_told_apart(void **state)
{
    struct shop *shop = *state;
    struct talk one, two, again;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    talk_begin(&one, shop, client);
    talk_begin(&two, shop, client_open(shop, ZMQ_DEALER, SHOP));
    talk_begin(&again, shop, client);
    assert_true(one.line->connection == again.line->connection);
    assert_true(one.line->connection != two.line->connection);
    struct talk *all[] = { &one, &two, &again };
    for (size_t i = 0; i < 3; i++) {
        all[i]->line->release(all[i]->line);
        talk_answer(all[i]);
    }
}

static void a_removed_key_is_told_nothing(void **state)
{
    struct shop *shop = *state;
    struct talk talk;
    shop_open(shop);
    talk_begin(&talk, shop, client_open(shop, ZMQ_DEALER, SHOP));
    talk_answer(&talk);
    assert_events(&talk, 0, false);
    __atomic_store_n(&shop->is_removed[SHOP], true, __ATOMIC_SEQ_CST);
    assert_int_equal(talk_push_through(&talk, 1), FQ_PUSH_GONE);
    assert_still_serves(shop, OTHER);
    assert_silent(talk.client);
    __atomic_store_n(&shop->is_removed[SHOP], false, __ATOMIC_SEQ_CST);
    talk.line->release(talk.line);
}

static void who_went_away_is_noticed(void **state)
{
    struct shop *shop = *state;
    struct talk talk;
    shop_open(shop);
    talk_begin(&talk, shop, client_open(shop, ZMQ_DEALER, SHOP));
    talk_answer(&talk);
    assert_events(&talk, 0, false);
    client_close(shop, talk.client);
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    while (talk_push_through(&talk, 1) != FQ_PUSH_GONE)
        assert_true(fq_clock_mono_ms() < until_ms);
    talk.line->release(talk.line);
}

/* A DEALER that forges an id of the form that libzmq makes. */
static void *client_forge(struct shop *shop, size_t key)
{
    void *client = client_new(shop, ZMQ_DEALER, key);
    (void)zmq_setsockopt(client, ZMQ_ROUTING_ID, "\0\1\2\3\4", 5);
    client_connect(shop, client);
    return client;
}

static void who_took_over_the_routing_id_is_told_nothing(void **state)
{
    struct shop *shop = *state;
    struct talk talk;
    shop_open(shop);
    talk_begin(&talk, shop, client_forge(shop, SHOP));
    talk_answer(&talk);
    assert_events(&talk, 0, false);
    client_close(shop, talk.client);
    void *thief = NULL;
    struct fq_str request = info_request(shop, "for-the-thief");
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    while (shop->n_held == 0) {
        assert_true(fq_clock_mono_ms() < until_ms);
        if (thief != NULL)
            client_close(shop, thief);
        thief = client_forge(shop, OTHER);
        client_send(thief, request);
        for (int i = 0; i < 10 && shop->n_held == 0; i++)
            (void)shop_turn(shop, NULL, 20);
    }
    assert_true(shop->held[0]->connection != talk.line->connection);
    assert_int_equal(talk_push_through(&talk, 1), FQ_PUSH_GONE);
    shop_release(shop);
    assert_info(shop, thief, request, "for-the-thief", "other");
    assert_silent(thief);
    talk.line->release(talk.line);
}

static void who_does_not_read_is_full_and_then_reads_on(void **state)
{
    struct shop *shop = *state;
    struct talk talk;
    const int few = 10;
    shop_open(shop);
    void *client = client_new(shop, ZMQ_DEALER, SHOP);
    (void)zmq_setsockopt(client, ZMQ_RCVHWM, &few, sizeof(few));
    client_connect(shop, client);
    talk_begin(&talk, shop, client);
    talk_answer(&talk);
    size_t n = 0;
    while (talk_push_through(&talk, EVENTS_N) == FQ_PUSH_SENT)
        assert_true(++n < 100000);
    assert_int_equal(talk.push.result, FQ_PUSH_FULL);
    assert_still_serves(shop, OTHER);
    assert_events(&talk, 0, false);
    for (size_t i = 0; i < n; i++)
        assert_events(&talk, EVENTS_N, true);
    assert_int_equal(talk_push_through(&talk, 1), FQ_PUSH_SENT);
    assert_events(&talk, 1, true);
    talk.line->release(talk.line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        front_test(pushes_come_after_the_answer),
        front_test(a_line_may_go_before_its_answer),
        front_test(connections_are_told_apart),
        front_test(a_removed_key_is_told_nothing),
        front_test(who_went_away_is_noticed),
        front_test(who_took_over_the_routing_id_is_told_nothing),
        front_test(who_does_not_read_is_full_and_then_reads_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
