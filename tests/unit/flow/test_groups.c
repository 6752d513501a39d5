/* SPDX-License-Identifier: Apache-2.0 */
/* The operator removes a group of event consumers: not from under them, unless it is forced; and
 * whoever is connected begins anew. */
#include "daemon/flow/parts.h"
#include "tests/unit/flow/fake_ask.h"

/* A storefront's connection. */
struct consumer {
    struct fq_line line;
    bool holds; /* pushes are kept on their way */
    struct fq_push *held;
    bool is_released;
    size_t n_seen;
    struct fake_ask ask;
};

static struct consumer one, two;
static struct consumer *asking; /* whose Subscribe runs */
static uint32_t visit_status;

static void line_end(struct consumer *self, struct fq_push *push)
{
    self->n_seen += push->n_events;
    push->result = FQ_PUSH_SENT;
    push->done(push);
}

static void line_push(struct fq_line *line, struct fq_push *push)
{
    struct consumer *self = fq_container_of(line, struct consumer, line);
    if (self->holds)
        self->held = push;
    else
        line_end(self, push);
}

static void line_release(struct fq_line *line)
{
    fq_container_of(line, struct consumer, line)->is_released = true;
}

static struct fq_line *keep_line(struct fq_operation *operation)
{
    asking->line = (struct fq_line){ .connection = operation->connection,
                                     .push = line_push,
                                     .release = line_release };
    return &asking->line;
}

static int begin_test(void **state)
{
    one = (struct consumer){ .line.connection = 1 };
    two = (struct consumer){ .line.connection = 2 };
    int r = fake_begin_test(state);
    fake.store.events[fake.store.n_events++] =
        (struct fq_event_row){ .cursor = 1, .seq = 1, .kind = 1, .payment_version = 1 };
    return r;
}

#define groups_test(name) cmocka_unit_test_setup_teardown(name, begin_test, fake_end_test)

/* ---- asking ---- */

static void ask_subscribe(struct consumer *self)
{
    struct fq_operation *operation = fake_request(&self->ask, FQ_OP_SUBSCRIBE);
    operation->connection = self == &one ? 1 : 2;
    operation->keep_line = keep_line;
    operation->subscribe = (struct fq_subscribe){ .group = fq_lit("books"), .credit = 10 };
    asking = self;
    fq_flow_operation(fake.flow, operation);
}

static void subscribe(struct consumer *self)
{
    ask_subscribe(self);
    fake_run();
    assert_int_equal(self->ask.code, FQ_CODE_OK);
}

static void assert_ack(struct consumer *self, const char *refusal)
{
    struct fq_operation *operation = fake_request(&self->ask, FQ_OP_ACK_EVENTS);
    operation->connection = self == &one ? 1 : 2;
    operation->ack_events = (struct fq_ack_events){ fq_lit("books"), 1 };
    fq_flow_operation(fake.flow, operation);
    fake_run();
    if (refusal != NULL)
        assert_string_equal(self->ask.reason, refusal);
    else
        assert_int_equal(self->ask.code, FQ_CODE_OK);
}

static void visited(struct fq_visit *visit)
{
    visit_status = visit->status;
    fq_arena_free(visit->arena);
}

static void ask_remove(const char *group, bool force)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_visit *visit = fq_arena_alloc(arena, sizeof(*visit));
    *visit = (struct fq_visit){
        .arena = arena,
        .method = fq_lit("POST"),
        .path = fq_lit("/v1/groups/remove"),
        .body = fq_arena_printf(arena, "{\"merchant\":\"%.*s\",\"group\":\"%s\",\"force\":%s}",
                                fq_str_arg(fake.merchants[0].id), group, force ? "true" : "false"),
        .finish = visited
    };
    visit_status = 0;
    fq_flow_control(fake.flow, visit);
}

static void remove_group(const char *group, bool force, uint32_t status)
{
    ask_remove(group, force);
    fake_run();
    assert_int_equal(visit_status, status);
}

/* ---- what becomes of it ---- */

static void test_not_from_under_its_consumers(void **state)
{
    (void)state;
    ask_subscribe(&one);
    remove_group("books", false, 409); /* its Subscribe was in the store */
    assert_ack(&one, NULL);
    remove_group("books", false, 409);
    assert_int_equal(fake.store.n_groups, 1);
    assert_ack(&one, NULL);
}

static void test_by_force_all_begin_anew(void **state)
{
    (void)state;
    subscribe(&one);
    subscribe(&two);
    assert_int_equal(one.n_seen, 1);
    assert_ack(&one, NULL);
    remove_group("books", true, 200);
    assert_int_equal(fake.store.n_groups, 0);
    assert_true(one.is_released && two.is_released);
    assert_ack(&one, "NOT_SUBSCRIBED");
    assert_ack(&two, "NOT_SUBSCRIBED");
    subscribe(&two);
    assert_int_equal(two.n_seen, 1);
    assert_int_equal(fake.store.groups[0].cursor, 0);
}

static void test_a_push_on_its_way_comes_back_first(void **state)
{
    (void)state;
    one.holds = true;
    subscribe(&one);
    assert_non_null(one.held);
    remove_group("books", true, 200);
    assert_false(one.is_released);
    line_end(&one, FQ_TAKE(one.held));
    fake_run();
    assert_true(one.is_released);
    assert_int_equal(fq_flow_n_running(fake.flow), 0);
}

static void test_who_comes_meanwhile_finds_out(void **state)
{
    (void)state;
    subscribe(&one);
    ask_remove("books", true);
    ask_subscribe(&two);
    fake_run();
    assert_int_equal(visit_status, 200);
    assert_true(two.is_released);
    assert_ack(&two, "NOT_SUBSCRIBED");
    subscribe(&two);
    assert_ack(&two, NULL);
}

static void test_one_that_is_not_there(void **state)
{
    (void)state;
    remove_group("books", false, 404);
    remove_group("", true, 400);
    assert_int_equal(fq_flow_n_running(fake.flow), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        groups_test(test_not_from_under_its_consumers),
        groups_test(test_by_force_all_begin_anew),
        groups_test(test_a_push_on_its_way_comes_back_first),
        groups_test(test_who_comes_meanwhile_finds_out),
        groups_test(test_one_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
