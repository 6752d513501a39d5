/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of event consumers: who is sent what, who takes over when, and that nothing is skipped. */
#include "daemon/flow/parts.h"
#include "tests/unit/flow/fake_ask.h"

#define SEEN_MAX 1024

/* A storefront's connection, and what came over it. */
struct consumer {
    struct fq_line line;
    uint32_t result; /* of the next pushes: fq_push_result */
    bool holds;      /* pushes are kept on their way */
    struct fq_push *held;
    bool is_released;
    size_t n_pushes; /* that arrived */
    int64_t seen[SEEN_MAX];
    size_t n_seen;
    bool is_active; /* as it was told last */
    struct fake_ask ask;
};

static struct consumer one, two, three;
static struct consumer *asking; /* whose Subscribe runs */

/* ---- lines ---- */

static void line_end(struct consumer *self, struct fq_push *push)
{
    push->result = self->result;
    if (push->result == FQ_PUSH_SENT) {
        self->n_pushes++;
        self->is_active = push->subscription.is_active;
        for (size_t i = 0; i < push->n_events; i++) {
            assert_true(self->n_seen < SEEN_MAX);
            self->seen[self->n_seen++] = push->events[i].cursor;
        }
    }
    push->done(push);
}

static void line_push(struct fq_line *line, struct fq_push *push)
{
    struct consumer *self = fq_container_of(line, struct consumer, line);
    assert_false(self->is_released);
    assert_null(self->held);
    if (self->holds)
        self->held = push;
    else
        line_end(self, push);
}

static void line_let_go(struct consumer *self)
{
    self->holds = false;
    assert_non_null(self->held);
    line_end(self, FQ_TAKE(self->held));
}

static void line_release(struct fq_line *line)
{
    struct consumer *self = fq_container_of(line, struct consumer, line);
    assert_null(self->held);
    self->is_released = true;
}

static struct fq_line *keep_line(struct fq_operation *operation)
{
    asking->line.connection = operation->connection;
    asking->line.push = line_push;
    asking->line.release = line_release;
    asking->is_released = false;
    return &asking->line;
}

static int begin_test(void **state)
{
    one = (struct consumer){ .line.connection = 1 };
    two = (struct consumer){ .line.connection = 2 };
    three = (struct consumer){ .line.connection = 3 };
    return fake_begin_test(state);
}

#define feed_test(name) cmocka_unit_test_setup_teardown(name, begin_test, fake_end_test)

/* ---- asking ---- */

#define NO_CURSOR INT64_C(-1)

static void ask_subscribe(struct consumer *self, const char *group, int64_t cursor, int64_t credit)
{
    struct fq_operation *operation = fake_request(&self->ask, FQ_OP_SUBSCRIBE);
    operation->connection = self->line.connection;
    operation->keep_line = keep_line;
    operation->subscribe = (struct fq_subscribe){ .group = fq_str_of(group),
                                                  .has_cursor = cursor != NO_CURSOR,
                                                  .cursor = cursor != NO_CURSOR ? cursor : 0,
                                                  .credit = credit };
    asking = self;
    fq_flow_operation(fake.flow, operation);
}

static void subscribe(struct consumer *self, int64_t cursor, int64_t credit)
{
    ask_subscribe(self, "books", cursor, credit);
    fake_run();
    assert_int_equal(self->ask.code, FQ_CODE_OK);
}

static void ask_ack(struct consumer *self, int64_t cursor)
{
    struct fq_operation *operation = fake_request(&self->ask, FQ_OP_ACK_EVENTS);
    operation->connection = self->line.connection;
    operation->ack_events = (struct fq_ack_events){ fq_lit("books"), cursor };
    fq_flow_operation(fake.flow, operation);
}

static void ack(struct consumer *self, int64_t cursor)
{
    ask_ack(self, cursor);
    fake_run();
    assert_int_equal(self->ask.code, FQ_CODE_OK);
}

static void assert_refused(const struct consumer *self, uint32_t code, const char *reason)
{
    assert_int_equal(self->ask.n_finished, 1);
    assert_int_equal(self->ask.code, code);
    assert_string_equal(self->ask.reason, reason);
}

static void happen(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t cursor =
            fake.store.n_events > 0 ? fake.store.events[fake.store.n_events - 1].cursor + 1 : 1;
        fq_assert(fake.store.n_events < FAKE_EVENTS_MAX);
        fake.store.events[fake.store.n_events++] =
            (struct fq_event_row){ .cursor = cursor, .seq = 1, .kind = 1, .payment_version = 1 };
    }
    fq_feed_wake(fake.flow, fake.merchants[0].id);
}

/* From cursor `first` on, `n` events without a gap, and no more than these since `from`. */
static void assert_seen(const struct consumer *self, size_t from, int64_t first, size_t n)
{
    assert_int_equal(self->n_seen, from + n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(self->seen[from + i], first + (int64_t)i);
}

/* ---- pushing ---- */

static void test_a_new_group_begins_with_the_first_event(void **state)
{
    (void)state;
    happen(5);
    subscribe(&one, NO_CURSOR, 100);
    assert_seen(&one, 0, 1, 5);
    happen(1);
    fake_run();
    assert_seen(&one, 0, 1, 6);
    assert_true(one.is_active);
}

static void test_what_happens_while_a_page_is_read_follows(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    happen(1);
    fake_execute(0); /* read, not told yet */
    happen(2);
    fake_run();
    assert_seen(&one, 0, 1, 3);
}

static void test_what_happens_while_a_page_is_pushed_follows_in_one(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    one.holds = true;
    happen(1);
    fake_run();
    happen(3);
    happen(4);
    fake_run();
    size_t n_pushes = one.n_pushes;
    line_let_go(&one);
    fake_run();
    assert_seen(&one, 0, 1, 8);
    assert_int_equal(one.n_pushes, n_pushes + 2);
}

static void test_a_long_log_comes_in_pages(void **state)
{
    (void)state;
    happen(250);
    subscribe(&one, NO_CURSOR, 1000);
    assert_seen(&one, 0, 1, 250);
    assert_int_equal(one.n_pushes, 2);
}

static void test_a_commit_that_wrote_events_wakes(void **state)
{
    struct fake_ask created;
    struct fake_page page;
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&page, &created);
    fake_run();
    assert_int_equal(one.n_seen, 0);
    fake_notify(&page, FQ_OUTCOME_PAID, fake.number_asked);
    fake_run();
    assert_seen(&one, 0, 1, 1);
}

/* ---- credit ---- */

static void test_no_more_than_the_credit_is_unacknowledged(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 3);
    happen(10);
    fake_run();
    assert_seen(&one, 0, 1, 3);
    ack(&one, 2);
    assert_seen(&one, 0, 1, 5);
    ack(&one, 5);
    ack(&one, 8);
    assert_seen(&one, 0, 1, 10);
    assert_int_equal(fake.store.groups[0].cursor, 8);
}

static void test_credit_comes_back_when_the_acknowledgement_is_durable(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 1);
    happen(2);
    fake_run();
    ask_ack(&one, 1);
    assert_int_equal(one.ask.n_finished, 0);
    assert_seen(&one, 0, 1, 1);
    fake_run();
    assert_seen(&one, 0, 1, 2);
}

/* Where retention took the first events away, the cursors between cost no credit. */
static void test_what_the_log_has_no_more_costs_nothing(void **state)
{
    (void)state;
    happen(6);
    for (size_t i = 0; i < 6; i++)
        fake.store.events[i].cursor += 5000;
    subscribe(&one, NO_CURSOR, 4);
    assert_seen(&one, 0, 5001, 4);
    ack(&one, 5001);
    assert_seen(&one, 0, 5001, 5);
}

static void test_who_does_not_read_is_tried_again_more_and_more_seldom(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    ask_subscribe(&two, "mail", NO_CURSOR, 100);
    fake_run();
    one.result = FQ_PUSH_FULL;
    happen(1);
    fake_run();
    assert_seen(&two, 0, 1, 1);
    for (int i = 0; i < 20; i++) {
        fake_pass(1000);
        happen(1);
        fake_run();
    }
    assert_seen(&two, 0, 1, 21);
    assert_int_equal(one.n_seen, 0);
    one.result = FQ_PUSH_SENT;
    fake_pass(1000);
    assert_seen(&one, 0, 1, 21);
}

/* ---- who is active ---- */

static void test_the_first_is_active_the_others_stand_by(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    subscribe(&two, NO_CURSOR, 100);
    happen(2);
    fake_run();
    assert_seen(&one, 0, 1, 2);
    assert_int_equal(two.n_seen, 0);
    ask_ack(&two, 0);
    assert_refused(&two, FQ_CODE_FAILED_PRECONDITION, "NOT_ACTIVE");
    ask_ack(&three, 0);
    assert_refused(&three, FQ_CODE_FAILED_PRECONDITION, "NOT_SUBSCRIBED");
}

static void test_the_next_takes_over_what_was_not_acknowledged(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    subscribe(&two, NO_CURSOR, 100);
    subscribe(&three, NO_CURSOR, 100);
    happen(3);
    fake_run();
    ack(&one, 2);
    one.result = FQ_PUSH_GONE;
    happen(1);
    fake_run();
    assert_true(one.is_released);
    assert_true(two.is_active);
    assert_seen(&two, 0, 3, 2);
    assert_int_equal(three.n_seen, 0);
}

static void test_who_arrives_finds_out_whether_the_active_one_is_gone(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    one.result = FQ_PUSH_GONE;
    subscribe(&two, NO_CURSOR, 100);
    assert_true(one.is_released);
    happen(1);
    fake_run();
    assert_seen(&two, 0, 1, 1);
}

static void test_a_silent_one_is_replaced_after_its_lease(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    happen(2);
    fake_run();
    subscribe(&two, NO_CURSOR, 100);
    fake_pass(FAKE_LEASE_MS - 1);
    assert_int_equal(two.n_seen, 0);
    fake_pass(2);
    assert_false(one.is_active);
    assert_true(two.is_active);
    assert_seen(&two, 0, 1, 2);
    ask_ack(&one, 2);
    assert_refused(&one, FQ_CODE_FAILED_PRECONDITION, "NOT_ACTIVE");
    /* and back, if that one is silent too */
    fake_pass(FAKE_LEASE_MS + 1);
    assert_true(one.is_active);
    assert_int_equal(one.n_seen, 4);
}

/* The store took its time; the next one's page was read meanwhile. */
static void test_what_was_acknowledged_before_a_takeover_does_not_come_again(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    happen(2);
    fake_run();
    subscribe(&two, NO_CURSOR, 100);
    ask_ack(&one, 2);
    fake.now_ms += FAKE_LEASE_MS + 1;
    fq_timers_fire(fake.timers, fake.now_ms);
    assert_true(two.is_active);
    fake_execute(fake.n_pending - 1);
    fake_run();
    assert_int_equal(one.ask.code, FQ_CODE_OK);
    assert_int_equal(two.n_seen, 0);
    happen(1);
    fake_run();
    assert_seen(&two, 0, 3, 1);
}

static void test_a_sign_of_life_renews_the_lease(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    subscribe(&two, NO_CURSOR, 100);
    for (int i = 0; i < 10; i++) {
        fake_pass(FAKE_LEASE_MS / 2);
        ack(&one, 0);
    }
    assert_true(one.is_active);
    assert_false(two.is_active);
}

static void test_who_was_silent_alone_gives_way_to_the_next_at_once(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    fake_pass(2 * FAKE_LEASE_MS);
    assert_true(one.is_active || one.n_pushes == 0);
    subscribe(&two, NO_CURSOR, 100);
    happen(1);
    fake_run();
    assert_seen(&two, 0, 1, 1);
    assert_int_equal(one.n_seen, 0);
    assert_false(one.is_active);
}

/* What was read for one is not pushed to another. */
static void test_a_page_for_one_that_lost_its_place_is_read_anew(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 2);
    subscribe(&two, NO_CURSOR, 100);
    fake_pass(FAKE_LEASE_MS - 5);
    happen(3);
    fake.now_ms += 10;
    fq_timers_fire(fake.timers, fake.now_ms);
    fake_run();
    assert_int_equal(one.n_seen, 0);
    assert_seen(&two, 0, 1, 3);
}

static void test_what_is_on_its_way_when_the_place_is_lost_does_not_count(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    subscribe(&two, NO_CURSOR, 100);
    one.holds = true;
    happen(2);
    fake_run();
    fake_pass(FAKE_LEASE_MS + 1);
    assert_true(two.is_active);
    line_let_go(&one);
    fake_run();
    assert_seen(&two, 0, 1, 2);
    assert_false(one.is_active);
    happen(1);
    fake_run();
    assert_seen(&two, 0, 1, 3);
}

/* ---- again over the same connection ---- */

static void test_another_subscribe_keeps_the_place_and_moves_the_group(void **state)
{
    (void)state;
    happen(5);
    subscribe(&one, NO_CURSOR, 100);
    subscribe(&two, NO_CURSOR, 100);
    ack(&one, 5);
    struct consumer again = { .line.connection = 1 };
    subscribe(&again, 2, 100);
    assert_true(one.is_released);
    assert_seen(&again, 0, 3, 3);
    assert_int_equal(fake.store.groups[0].cursor, 2);
    struct consumer third = { .line.connection = 1 };
    subscribe(&third, NO_CURSOR, 100);
    assert_seen(&third, 0, 3, 3);
    assert_int_equal(two.n_seen, 0);
    third.result = FQ_PUSH_GONE;
    happen(1);
    fake_run();
}

static void test_who_stands_by_moves_nothing(void **state)
{
    (void)state;
    happen(5);
    subscribe(&one, NO_CURSOR, 100);
    ack(&one, 4);
    subscribe(&two, 1, 100);
    assert_int_equal(fake.store.groups[0].cursor, 4);
    one.result = FQ_PUSH_GONE;
    happen(1);
    fake_run();
    assert_seen(&two, 0, 5, 2);
}

static void test_replaced_before_it_was_answered(void **state)
{
    (void)state;
    struct consumer again = { .line.connection = 1 };
    ask_subscribe(&one, "books", NO_CURSOR, 100);
    ask_subscribe(&again, "books", NO_CURSOR, 100);
    fake_run();
    assert_refused(&one, FQ_CODE_ABORTED, "REPLACED");
    assert_int_equal(again.ask.code, FQ_CODE_OK);
    assert_true(one.is_released);
    fake_stop();
    fake_start();
}

/* ---- refusals ---- */

static void refuse(const char *group, int64_t cursor, int64_t credit, uint32_t code,
                   const char *reason, const char *field)
{
    one = (struct consumer){ .line.connection = 1 };
    ask_subscribe(&one, group, cursor, credit);
    fake_run();
    assert_refused(&one, code, reason);
    assert_string_equal(one.ask.field, field);
}

static void test_bad_requests(void **state)
{
    static const char long_name[] =
        "a2345678901234567890123456789012345678901234567890123456789012345";
    static const char *const names[] = { "", "Books", "a b", "a/b", long_name };
    (void)state;
    happen(3);
    for (size_t i = 0; i < fq_array_size(names); i++)
        refuse(names[i], NO_CURSOR, 1, FQ_CODE_INVALID_ARGUMENT, "GROUP_INVALID",
               "subscribe.group");
    const int64_t credits[] = { 0, -1, 10001, 2000000000, INT64_MAX };
    for (size_t i = 0; i < fq_array_size(credits); i++)
        refuse("books", NO_CURSOR, credits[i], FQ_CODE_INVALID_ARGUMENT, "OUT_OF_RANGE",
               "subscribe.credit");
    refuse("books", -2, 1, FQ_CODE_INVALID_ARGUMENT, "OUT_OF_RANGE", "subscribe.cursor");
    refuse("books", 4, 1, FQ_CODE_OUT_OF_RANGE, "CURSOR_AHEAD", "");
    assert_true(one.is_released);
    assert_int_equal(fake.store.n_groups, 0);
    subscribe(&one, 3, 10000);
    ask_ack(&one, 4);
    assert_refused(&one, FQ_CODE_OUT_OF_RANGE, "ACK_AHEAD");
    ask_ack(&one, -1);
    assert_refused(&one, FQ_CODE_INVALID_ARGUMENT, "OUT_OF_RANGE");
}

static void test_only_so_many_groups(void **state)
{
    (void)state;
    for (int i = 0; i < 64; i++) {
        struct fake_group *group = &fake.store.groups[fake.store.n_groups++];
        (void)snprintf(group->merchant_id, sizeof(group->merchant_id), "%.*s",
                       fq_str_arg(fake.merchants[0].id));
        (void)snprintf(group->name, sizeof(group->name), "group-%d", i);
    }
    ask_subscribe(&one, "books", NO_CURSOR, 1);
    fake_run();
    assert_refused(&one, FQ_CODE_RESOURCE_EXHAUSTED, "TOO_MANY_GROUPS");
    ask_subscribe(&two, "group-63", NO_CURSOR, 1);
    fake_run();
    assert_int_equal(two.ask.code, FQ_CODE_OK);
}

static void test_only_so_many_consumers_but_the_dead_make_room(void **state)
{
    static struct consumer many[16];
    (void)state;
    for (uint64_t i = 0; i < 16; i++) {
        many[i] = (struct consumer){ .line.connection = 100 + i };
        subscribe(&many[i], NO_CURSOR, 1);
    }
    many[7].result = FQ_PUSH_GONE;
    ask_subscribe(&one, "books", NO_CURSOR, 1);
    fake_run();
    assert_refused(&one, FQ_CODE_RESOURCE_EXHAUSTED, "TOO_MANY_CONSUMERS");
    assert_true(one.ask.may_repeat);
    assert_true(many[7].is_released);
    subscribe(&one, NO_CURSOR, 1);
}

/* ---- faults ---- */

static void test_a_store_that_fails_is_told(void **state)
{
    (void)state;
    fake.store.tx_fault = -ENOSPC;
    fake.store.n_tx_faults = 1;
    ask_subscribe(&one, "books", NO_CURSOR, 100);
    fake_run();
    fake_assert_unavailable(&one.ask);
    assert_true(one.is_released);
    subscribe(&one, NO_CURSOR, 100);
    happen(1);
    fake_run();
    fake.store.n_tx_faults = 1;
    ask_ack(&one, 1);
    fake_run();
    fake_assert_unavailable(&one.ask);
    assert_int_equal(fake.store.groups[0].cursor, 0);
    ack(&one, 1);
    assert_int_equal(fake.store.groups[0].cursor, 1);
}

static void test_a_page_that_cannot_be_read_is_read_later(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    fake.store.n_read_faults = 3;
    happen(2);
    fake_run();
    assert_int_equal(one.n_seen, 0);
    fake_pass(1000);
    assert_seen(&one, 0, 1, 2);
}

/* ---- many groups ---- */

static void test_a_few_groups_of_a_merchant_at_a_time(void **state)
{
    static struct consumer many[10];
    (void)state;
    for (uint64_t i = 0; i < 10; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "group-%d", (int)i);
        many[i] = (struct consumer){ .line.connection = 100 + i };
        ask_subscribe(&many[i], name, NO_CURSOR, 1000);
        fake_run();
    }
    happen(1);
    assert_int_equal(fake_n_pending(FAKE_READ), 4);
    many[2].holds = true;
    happen(4);
    fake_run();
    for (size_t i = 0; i < 10; i++) {
        if (i != 2)
            assert_seen(&many[i], 0, 1, 5);
    }
    line_let_go(&many[2]);
    fake_run();
    assert_seen(&many[2], 0, 1, 5);
}

static void test_another_merchants_group_of_the_same_name_is_another(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    struct fq_operation *operation = fake_request(&two.ask, FQ_OP_ACK_EVENTS);
    operation->merchant = &fake.merchants[1];
    operation->connection = one.line.connection;
    operation->ack_events.group = fq_lit("books");
    fq_flow_operation(fake.flow, operation);
    assert_refused(&two, FQ_CODE_FAILED_PRECONDITION, "NOT_SUBSCRIBED");
}

/* ---- stopping ---- */

static void test_stops_with_everything_on_its_way(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    one.holds = true;
    happen(2);
    fake_run(); /* a push is on its way */
    ask_ack(&one, 0);
    ask_subscribe(&two, "books", NO_CURSOR, 100); /* in the store */
    fq_flow_drain(fake.flow);
    assert_false(one.is_released);
    assert_true(two.is_released);
    line_let_go(&one);
    assert_true(one.is_released);
    fake_run();
    assert_refused(&two, FQ_CODE_UNAVAILABLE, "STOPPING");
    ask_subscribe(&three, "books", NO_CURSOR, 100);
    assert_refused(&three, FQ_CODE_UNAVAILABLE, "STOPPING");
    assert_int_equal(fq_flow_n_running(fake.flow), 0);
}

static void test_stops_while_a_page_is_read(void **state)
{
    (void)state;
    subscribe(&one, NO_CURSOR, 100);
    happen(2);
    fq_flow_drain(fake.flow);
    fake_run();
    assert_int_equal(one.n_seen, 0);
    assert_true(one.is_released);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        feed_test(test_a_new_group_begins_with_the_first_event),
        feed_test(test_what_happens_while_a_page_is_read_follows),
        feed_test(test_what_happens_while_a_page_is_pushed_follows_in_one),
        feed_test(test_a_long_log_comes_in_pages),
        feed_test(test_a_commit_that_wrote_events_wakes),
        feed_test(test_no_more_than_the_credit_is_unacknowledged),
        feed_test(test_credit_comes_back_when_the_acknowledgement_is_durable),
        feed_test(test_what_the_log_has_no_more_costs_nothing),
        feed_test(test_who_does_not_read_is_tried_again_more_and_more_seldom),
        feed_test(test_the_first_is_active_the_others_stand_by),
        feed_test(test_the_next_takes_over_what_was_not_acknowledged),
        feed_test(test_who_arrives_finds_out_whether_the_active_one_is_gone),
        feed_test(test_a_silent_one_is_replaced_after_its_lease),
        feed_test(test_what_was_acknowledged_before_a_takeover_does_not_come_again),
        feed_test(test_a_sign_of_life_renews_the_lease),
        feed_test(test_who_was_silent_alone_gives_way_to_the_next_at_once),
        feed_test(test_a_page_for_one_that_lost_its_place_is_read_anew),
        feed_test(test_what_is_on_its_way_when_the_place_is_lost_does_not_count),
        feed_test(test_another_subscribe_keeps_the_place_and_moves_the_group),
        feed_test(test_who_stands_by_moves_nothing),
        feed_test(test_replaced_before_it_was_answered),
        feed_test(test_bad_requests),
        feed_test(test_only_so_many_groups),
        feed_test(test_only_so_many_consumers_but_the_dead_make_room),
        feed_test(test_a_store_that_fails_is_told),
        feed_test(test_a_page_that_cannot_be_read_is_read_later),
        feed_test(test_a_few_groups_of_a_merchant_at_a_time),
        feed_test(test_another_merchants_group_of_the_same_name_is_another),
        feed_test(test_stops_with_everything_on_its_way),
        feed_test(test_stops_while_a_page_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
