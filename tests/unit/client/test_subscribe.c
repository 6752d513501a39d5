/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions: events are shown once and in order, acknowledged as far as they are handled, and
 * come back after whatever befalls the connection. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>

#include "tests/unit/client/fake.h"

#define LEASE_MS INT64_C(600000)

/* The one who is told. */
struct owner {
    struct fenqi_subscription *subscription;
    int64_t shown[32];
    size_t n_shown;
    unsigned n_ends;
    int error;
    char reason[64];
    bool must_leave; /* at the first event */
};

static void owner_event(void *context, const Fenqi__V1__Event *event,
                        const struct fenqi_reply *proof)
{
    struct owner *owner = context;
    assert_true(owner->n_shown < 32 && proof->n_bytes > 0);
    owner->shown[owner->n_shown++] = event->cursor;
    if (owner->must_leave)
        fenqi_unsubscribe(owner->subscription);
}

static void owner_end(void *context, int error, struct fenqi_reply *reply)
{
    struct owner *owner = context;
    owner->n_ends++;
    owner->error = error;
    if (reply != NULL)
        (void)snprintf(owner->reason, sizeof(owner->reason), "%s", reply->reply->error->reason);
    fenqi_reply_free(reply);
}

static void subscribe_from(struct rig *rig, struct owner *owner, int64_t cursor)
{
    char group[] = "books";
    Fenqi__V1__Subscribe wish = FENQI__V1__SUBSCRIBE__INIT;
    wish.group = group;
    if (cursor >= 0) {
        wish.start_case = FENQI__V1__SUBSCRIBE__START_CURSOR;
        wish.cursor = cursor;
    }
    assert_int_equal(
        fenqi_subscribe(rig->client, &wish, owner_event, owner_end, owner, &owner->subscription),
        FENQI_OK);
}

/* ---- what the daemon says ---- */

struct stand {
    bool is_active;
    int64_t acknowledged;
    int64_t lease_ms;
    int64_t from, to; /* events after the one, up to the other */
};

static void say_events(struct rig *rig, size_t i, struct heard *heard, struct stand stand)
{
    char group[] = "books";
    Fenqi__V1__Event events[16];
    Fenqi__V1__Event *pointers[16];
    size_t n = (size_t)(stand.to - stand.from);
    assert_true(n <= 16);
    Fenqi__V1__Subscription subscription = FENQI__V1__SUBSCRIPTION__INIT;
    Fenqi__V1__EventList list = FENQI__V1__EVENT_LIST__INIT;
    Fenqi__V1__Reply reply = FENQI__V1__REPLY__INIT;
    for (size_t k = 0; k < n; k++) {
        fenqi__v1__event__init(&events[k]);
        events[k].cursor = stand.from + 1 + (int64_t)k;
        pointers[k] = &events[k];
    }
    subscription.group = group;
    subscription.is_active = stand.is_active;
    subscription.acknowledged_cursor = stand.acknowledged;
    subscription.lease_ms = stand.lease_ms != 0 ? stand.lease_ms : LEASE_MS;
    list.events = pointers;
    list.n_events = n;
    list.subscription = &subscription;
    reply.outcome_case = FENQI__V1__REPLY__OUTCOME_EVENTS;
    reply.events = &list;
    fake_say(rig, i, heard, &reply);
}

/* A Subscribe, answered. */
static struct heard *hear_subscribe(struct rig *rig, size_t i, struct stand stand)
{
    struct heard *heard = rig_hear(rig, i);
    assert_int_equal(heard->request->operation_case, FENQI__V1__REQUEST__OPERATION_SUBSCRIBE);
    assert_string_equal(heard->request->subscribe->group, "books");
    assert_int_equal(heard->request->subscribe->credit, 100);
    say_events(rig, i, heard, stand);
    return heard;
}

/* An AckEvents of this cursor, answered. */
static void hear_ack(struct rig *rig, size_t i, int64_t cursor)
{
    struct heard *heard = rig_hear(rig, i);
    assert_int_equal(heard->request->operation_case, FENQI__V1__REQUEST__OPERATION_ACK_EVENTS);
    assert_int_equal(heard->request->ack_events->cursor, cursor);
    say_events(rig, i, heard, (struct stand){ .is_active = true, .acknowledged = cursor });
    heard_free(heard);
}

static void push(struct rig *rig, struct heard *subscribed, int64_t acknowledged, int64_t from,
                 int64_t to)
{
    say_events(
        rig, 0, subscribed,
        (struct stand){ .is_active = true, .acknowledged = acknowledged, .from = from, .to = to });
}

/* Subscribed and active, with events 1 to `n` shown. */
static struct heard *begin(struct rig *rig, struct owner *owner, int64_t n)
{
    subscribe_from(rig, owner, -1);
    struct heard *subscribed = hear_subscribe(rig, 0, (struct stand){ .is_active = true });
    if (n > 0)
        push(rig, subscribed, 0, 0, n);
    rig_until(rig, owner->n_shown == (size_t)n &&
                       fenqi_subscription_state(owner->subscription)->is_active);
    return subscribed;
}

/* ---- what must hold ---- */

static void events_are_shown_once_and_in_order(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    struct heard *subscribed = begin(rig, &owner, 3);
    push(rig, subscribed, 0, 3, 5);
    rig_until(rig, owner.n_shown == 5);
    for (int64_t i = 0; i < 5; i++)
        assert_int_equal(owner.shown[i], i + 1);
    heard_free(subscribed);
    rig_free(rig);
    assert_int_equal(owner.n_ends, 1);
    assert_int_equal(owner.error, FENQI_E_CLOSED);
}

static void what_is_handled_is_acknowledged(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    struct heard *subscribed = begin(rig, &owner, 3);
    assert_int_equal(fenqi_ack(owner.subscription, 4), FENQI_E_ARGUMENT);
    rig_silence(rig, 0, 50);
    assert_int_equal(fenqi_ack(owner.subscription, 1), FENQI_OK);
    assert_int_equal(fenqi_ack(owner.subscription, 2), FENQI_OK);
    hear_ack(rig, 0, 2); /* both in one */
    rig_until(rig, fenqi_subscription_state(owner.subscription)->acknowledged_cursor == 2);
    assert_int_equal(fenqi_ack(owner.subscription, 1), FENQI_OK);
    rig_silence(rig, 0, 50);
    heard_free(subscribed);
    rig_free(rig);
}

static void a_consumer_without_work_gives_signs_of_life(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    subscribe_from(rig, &owner, -1);
    struct heard *subscribed = hear_subscribe(
        rig, 0, (struct stand){ .is_active = true, .acknowledged = 7, .lease_ms = 300 });
    for (int i = 0; i < 3; i++) {
        struct heard *heard = rig_hear(rig, 0);
        assert_int_equal(heard->request->operation_case, FENQI__V1__REQUEST__OPERATION_ACK_EVENTS);
        assert_int_equal(heard->request->ack_events->cursor, 7);
        say_events(rig, 0, heard,
                   (struct stand){ .is_active = true, .acknowledged = 7, .lease_ms = 300 });
        heard_free(heard);
    }
    heard_free(subscribed);
    rig_free(rig);
}

static void one_that_stands_by_waits_for_its_turn(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    subscribe_from(rig, &owner, -1);
    struct heard *subscribed = hear_subscribe(rig, 0, (struct stand){ .acknowledged = 2 });
    rig_until(rig, fenqi_subscription_state(owner.subscription)->acknowledged_cursor == 2);
    rig_silence(rig, 0, 100);
    assert_false(fenqi_subscription_state(owner.subscription)->is_active);
    push(rig, subscribed, 3, 3, 5); /* the others have handled 3 */
    rig_until(rig, owner.n_shown == 2);
    assert_int_equal(owner.shown[0], 4);
    assert_true(fenqi_subscription_state(owner.subscription)->is_active);
    assert_int_equal(fenqi_ack(owner.subscription, 5), FENQI_OK);
    hear_ack(rig, 0, 5);
    heard_free(subscribed);
    rig_free(rig);
}

static void one_that_stands_by_asks_whether_it_is_in_line(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    subscribe_from(rig, &owner, -1);
    const struct stand aside = { .acknowledged = 2, .lease_ms = 300 };
    heard_free(hear_subscribe(rig, 0, aside));
    static const char *const words[] = { "NOT_ACTIVE", "NOT_SUBSCRIBED" };
    for (size_t i = 0; i < 2; i++) {
        struct heard *heard = rig_hear(rig, 0);
        assert_int_equal(heard->request->operation_case, FENQI__V1__REQUEST__OPERATION_ACK_EVENTS);
        assert_int_equal(heard->request->ack_events->cursor, 2);
        fake_refuse(rig, 0, heard, FENQI__V1__CODE__CODE_FAILED_PRECONDITION, words[i], -1);
        heard_free(heard);
    }
    heard_free(hear_subscribe(rig, 0, aside));
    assert_int_equal(owner.n_ends, 0);
    rig_free(rig);
}

static void after_a_break_it_subscribes_again(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    struct heard *subscribed = begin(rig, &owner, 3);
    assert_int_equal(fenqi_ack(owner.subscription, 1), FENQI_OK);
    hear_ack(rig, 0, 1);
    fake_stop(&rig->fakes[0]);
    rig_until(rig, !fenqi_subscription_state(owner.subscription)->is_active);
    assert_int_equal(fenqi_ack(owner.subscription, 3), FENQI_OK);
    heard_free(subscribed);
    fake_start(&rig->fakes[0]);
    subscribed = hear_subscribe(rig, 0, (struct stand){ .is_active = true, .acknowledged = 1 });
    assert_int_equal(subscribed->request->subscribe->start_case,
                     FENQI__V1__SUBSCRIBE__START__NOT_SET);
    rig_silence(rig, 0, 100); /* 3 was not pushed over this connection */
    push(rig, subscribed, 1, 1, 2);
    hear_ack(rig, 0, 2);
    push(rig, subscribed, 2, 2, 4);
    hear_ack(rig, 0, 3);
    rig_until(rig, owner.n_shown == 4); /* 2 and 3 are not shown again */
    assert_int_equal(owner.shown[3], 4);
    heard_free(subscribed);
    rig_free(rig);
}

static void a_daemon_that_forgot_is_subscribed_to_again(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    struct heard *subscribed = begin(rig, &owner, 2);
    heard_free(subscribed);
    assert_int_equal(fenqi_ack(owner.subscription, 2), FENQI_OK);
    struct heard *ack = rig_hear(rig, 0);
    fake_refuse(rig, 0, ack, FENQI__V1__CODE__CODE_FAILED_PRECONDITION, "NOT_SUBSCRIBED", -1);
    heard_free(ack);
    subscribed = hear_subscribe(rig, 0, (struct stand){ .is_active = true });
    hear_ack(rig, 0, 0); /* at once: is it in line again? */
    push(rig, subscribed, 0, 0, 2);
    hear_ack(rig, 0, 2);
    assert_int_equal(owner.n_shown, 2);
    heard_free(subscribed);
    rig_free(rig);
}

static void one_that_was_taken_over_stands_by(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    struct heard *subscribed = begin(rig, &owner, 2);
    assert_int_equal(fenqi_ack(owner.subscription, 2), FENQI_OK);
    struct heard *ack = rig_hear(rig, 0);
    fake_refuse(rig, 0, ack, FENQI__V1__CODE__CODE_FAILED_PRECONDITION, "NOT_ACTIVE", -1);
    heard_free(ack);
    rig_until(rig, !fenqi_subscription_state(owner.subscription)->is_active);
    rig_silence(rig, 0, 100);
    push(rig, subscribed, 0, 0, 3); /* the other one is gone, and had handled nothing */
    hear_ack(rig, 0, 2);
    rig_until(rig, owner.n_shown == 3);
    assert_int_equal(owner.n_ends, 0);
    heard_free(subscribed);
    rig_free(rig);
}

static void a_group_that_was_set_back_shows_them_again(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    struct heard *subscribed = begin(rig, &owner, 3);
    assert_int_equal(fenqi_ack(owner.subscription, 3), FENQI_OK);
    hear_ack(rig, 0, 3);
    push(rig, subscribed, 1, 1, 3);
    rig_until(rig, owner.n_shown == 5);
    assert_int_equal(owner.shown[3], 2);
    assert_int_equal(fenqi_ack(owner.subscription, 2), FENQI_OK);
    hear_ack(rig, 0, 2);
    heard_free(subscribed);
    rig_free(rig);
}

static void a_start_is_named_until_the_daemon_has_it(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    subscribe_from(rig, &owner, 5);
    struct heard *heard = rig_hear(rig, 0);
    assert_int_equal(heard->request->subscribe->start_case, FENQI__V1__SUBSCRIBE__START_CURSOR);
    heard_free(heard);
    fake_stop(&rig->fakes[0]);
    fake_start(&rig->fakes[0]);
    heard = hear_subscribe(rig, 0, (struct stand){ .is_active = true, .acknowledged = 5 });
    assert_int_equal(heard->request->subscribe->cursor, 5);
    rig_until(rig, fenqi_subscription_state(owner.subscription)->is_active);
    heard_free(heard);
    fake_stop(&rig->fakes[0]);
    fake_start(&rig->fakes[0]);
    heard = rig_hear(rig, 0);
    assert_int_equal(heard->request->subscribe->start_case, FENQI__V1__SUBSCRIBE__START__NOT_SET);
    heard_free(heard);
    rig_free(rig);
}

static void what_time_heals_is_asked_again(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    subscribe_from(rig, &owner, -1);
    struct heard *heard = rig_hear(rig, 0);
    fake_refuse(rig, 0, heard, FENQI__V1__CODE__CODE_RESOURCE_EXHAUSTED, "TOO_MANY_CONSUMERS", 150);
    int64_t refused_ms = now_ms();
    heard_free(heard);
    heard = hear_subscribe(rig, 0, (struct stand){ .is_active = true });
    assert_true(now_ms() - refused_ms >= 150);
    rig_until(rig, fenqi_subscription_state(owner.subscription)->is_active);
    assert_int_equal(owner.n_ends, 0);
    heard_free(heard);
    rig_free(rig);
}

static void what_could_not_be_written_is_acknowledged_again(void **state)
{
    (void)state;
    struct rig *rig = rig_new(2);
    struct owner owner = { 0 };
    struct heard *subscribed = begin(rig, &owner, 2);
    assert_int_equal(fenqi_ack(owner.subscription, 2), FENQI_OK);
    struct heard *ack = rig_hear(rig, 0);
    fake_refuse(rig, 0, ack, FENQI__V1__CODE__CODE_UNAVAILABLE, "LEDGER_UNAVAILABLE", 10);
    heard_free(ack);
    hear_ack(rig, 0, 2); /* over the same subscription */
    assert_int_equal(owner.n_shown, 2);
    heard_free(subscribed);
    rig_free(rig);
}

/* Who keeps silent for a lease is taken for dead. */
static void an_acknowledgement_is_put_off_within_the_lease(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    subscribe_from(rig, &owner, -1);
    struct heard *subscribed =
        hear_subscribe(rig, 0, (struct stand){ .is_active = true, .lease_ms = 300 });
    struct heard *ack = rig_hear(rig, 0);
    fake_refuse(rig, 0, ack, FENQI__V1__CODE__CODE_UNAVAILABLE, "LEDGER_UNAVAILABLE",
                2 * WITHIN_MS);
    heard_free(ack);
    hear_ack(rig, 0, 0);
    heard_free(subscribed);
    rig_free(rig);
}

static void a_refusal_for_good_ends_it(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    subscribe_from(rig, &owner, 99);
    struct heard *heard = rig_hear(rig, 0);
    fake_refuse(rig, 0, heard, FENQI__V1__CODE__CODE_OUT_OF_RANGE, "CURSOR_AHEAD", -1);
    rig_until(rig, owner.n_ends == 1);
    assert_int_equal(owner.error, FENQI_OK);
    assert_string_equal(owner.reason, "CURSOR_AHEAD");
    fenqi_unsubscribe(owner.subscription);
    heard_free(heard);
    rig_free(rig);
    assert_int_equal(owner.n_ends, 1);
}

static void a_push_that_does_not_verify_ends_it(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { 0 };
    struct heard *subscribed = begin(rig, &owner, 1);
    EVP_PKEY_free(rig->signer.private_key);
    signer_init(&rig->signer, "k1"); /* another key under the name of the first */
    push(rig, subscribed, 0, 1, 2);
    rig_until(rig, owner.n_ends == 1);
    assert_int_equal(owner.error, FENQI_E_SIGNATURE);
    assert_int_equal(owner.n_shown, 1);
    heard_free(subscribed);
    rig_free(rig);
}

static void it_moves_to_the_next_address(void **state)
{
    (void)state;
    struct rig *rig = rig_new(2);
    struct owner owner = { 0 };
    struct heard *subscribed = begin(rig, &owner, 2);
    heard_free(subscribed);
    fake_stop(&rig->fakes[0]);
    subscribed = hear_subscribe(rig, 1, (struct stand){ .is_active = true });
    say_events(rig, 1, subscribed, (struct stand){ .is_active = true, .from = 0, .to = 3 });
    rig_until(rig, owner.n_shown == 3);
    assert_int_equal(owner.shown[2], 3);
    heard_free(subscribed);
    rig_free(rig);
}

static void it_may_be_left_in_the_middle(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct owner owner = { .must_leave = true };
    subscribe_from(rig, &owner, -1);
    struct heard *subscribed =
        hear_subscribe(rig, 0, (struct stand){ .is_active = true, .from = 0, .to = 3 });
    rig_until(rig, owner.n_shown == 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(fenqi_client_run(rig->client, 5), FENQI_OK);
    heard_free(subscribed);
    rig_free(rig);
    assert_int_equal(owner.n_shown, 1);
    assert_int_equal(owner.n_ends, 0);
}

static void wishes_of_another_form_are_refused(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct fenqi_subscription *none = NULL;
    char group[] = "books", empty[] = "";
    Fenqi__V1__Subscribe wish = FENQI__V1__SUBSCRIBE__INIT;
    wish.group = empty;
    assert_int_equal(fenqi_subscribe(rig->client, &wish, owner_event, owner_end, NULL, &none),
                     FENQI_E_ARGUMENT);
    wish.group = group;
    assert_int_equal(fenqi_subscribe(rig->client, &wish, NULL, owner_end, NULL, &none),
                     FENQI_E_ARGUMENT);
    wish.credit = -1;
    assert_int_equal(fenqi_subscribe(rig->client, &wish, owner_event, owner_end, NULL, &none),
                     FENQI_E_ARGUMENT);
    assert_null(none);
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    struct fenqi_reply *reply = NULL;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_SUBSCRIBE;
    request.subscribe = &wish;
    assert_int_equal(fenqi_call(rig->client, &request, 1000, &reply), FENQI_E_ARGUMENT);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_shown_once_and_in_order),
        cmocka_unit_test(what_is_handled_is_acknowledged),
        cmocka_unit_test(a_consumer_without_work_gives_signs_of_life),
        cmocka_unit_test(one_that_stands_by_waits_for_its_turn),
        cmocka_unit_test(one_that_stands_by_asks_whether_it_is_in_line),
        cmocka_unit_test(after_a_break_it_subscribes_again),
        cmocka_unit_test(a_daemon_that_forgot_is_subscribed_to_again),
        cmocka_unit_test(one_that_was_taken_over_stands_by),
        cmocka_unit_test(a_group_that_was_set_back_shows_them_again),
        cmocka_unit_test(a_start_is_named_until_the_daemon_has_it),
        cmocka_unit_test(what_time_heals_is_asked_again),
        cmocka_unit_test(what_could_not_be_written_is_acknowledged_again),
        cmocka_unit_test(an_acknowledgement_is_put_off_within_the_lease),
        cmocka_unit_test(a_refusal_for_good_ends_it),
        cmocka_unit_test(a_push_that_does_not_verify_ends_it),
        cmocka_unit_test(it_moves_to_the_next_address),
        cmocka_unit_test(it_may_be_left_in_the_middle),
        cmocka_unit_test(wishes_of_another_form_are_refused),
    };
    return cmocka_run_group_tests_name("client: subscribe", tests, NULL, NULL);
}
