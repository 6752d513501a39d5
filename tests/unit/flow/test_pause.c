/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's pause: kept as a note before it counts, and what it stops. */
#include "daemon/base/json.h"
#include "daemon/flow/parts.h"
#include "tests/unit/flow/fake_ask.h"

struct pause_visit {
    struct fq_visit visit;
    uint32_t status;
};

static uint32_t pause_status;
static char pause_body[512];

static void pause_visited(struct fq_visit *visit)
{
    pause_status = visit->status;
    (void)snprintf(pause_body, sizeof(pause_body), "%.*s", fq_str_arg(visit->answer_body));
    fq_arena_free(visit->arena);
}

static uint32_t pause_ask(const char *body)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_visit *visit = fq_arena_alloc(arena, sizeof(*visit));
    *visit = (struct fq_visit){ .arena = arena,
                                .method = fq_lit("POST"),
                                .path = fq_lit("/v1/channels"),
                                .body = fq_arena_copy(arena, fq_str_of(body)),
                                .finish = pause_visited };
    pause_status = 0;
    fq_flow_control(fake.flow, visit);
    fake_run();
    return pause_status;
}

static bool pause_is_held(struct fq_hold *ret)
{
    return fq_channel_is_held(fake.flow, fake.channel.conf->name, ret);
}

static void pause_set(bool is_wanted, const char *note, uint32_t expected)
{
    char body[1024];
    (void)snprintf(body, sizeof(body), "{\"channel\":\"%.*s\",\"pause\":%s,\"note\":\"%s\"}",
                   fq_str_arg(fake.channel.conf->name), is_wanted ? "true" : "false", note);
    assert_int_equal(pause_ask(body), expected);
}

static void test_it_is_noted_and_counts(void **state)
{
    struct fq_hold hold = { 0 };
    (void)state;
    assert_false(pause_is_held(NULL));
    pause_set(true, "ticket 1", 200);
    assert_true(pause_is_held(&hold));
    assert_true(fq_str_equal(hold.note, fq_lit("ticket 1")));
    assert_true(hold.since_ms > 0);
    pause_set(true, "ticket 2", 200); /* another note is another pause */
    assert_true(pause_is_held(&hold));
    assert_true(fq_str_equal(hold.note, fq_lit("ticket 2")));
    pause_set(false, "", 200);
    assert_false(pause_is_held(NULL));
    pause_set(false, "", 200);
}

static void test_the_note_is_taken_at_a_start(void **state)
{
    struct fq_hold hold = { 0 };
    struct fq_note note = { .name = fake.channel.conf->name, .value = fq_lit("1 why"), .at_ms = 7 };
    (void)state;
    fq_flow_take_pause(fake.flow, &note);
    assert_true(pause_is_held(&hold));
    assert_int_equal(hold.since_ms, 7);
    assert_true(fq_str_equal(hold.note, fq_lit("why")));
    note.value = fq_lit("0"); /* resumed: there is no such pause any more */
    note.name = fq_lit("other");
    fq_flow_take_pause(fake.flow, &note);
    assert_false(fq_channel_is_held(fake.flow, note.name, NULL));
}

static void test_what_is_refused(void **state)
{
    char note[300];
    (void)state;
    memset(note, 'x', sizeof(note));
    note[257] = '\0';
    pause_set(true, note, 400);
    assert_int_equal(pause_ask("{\"channel\":\"nosuch\",\"pause\":true}"), 404);
    assert_int_equal(pause_ask("{\"channel\":\"nosuch\"}"), 400);
    assert_int_equal(pause_ask("[]"), 400);
    assert_false(pause_is_held(NULL));
}

static void test_a_ledger_that_cannot_be_written_is_called_so(void **state)
{
    (void)state;
    fake.store.n_tx_faults = 2;
    fake.store.tx_fault = -ENOSPC;
    pause_set(true, "", 503);
    assert_false(pause_is_held(NULL));
    assert_int_equal(fake.flow->writable.fault, -ENOSPC);
    fake.store.tx_fault = -EIO;
    pause_set(true, "", 500);
    pause_set(true, "", 200);
    assert_int_equal(fake.flow->writable.fault, 0);
}

/* The same word as the shops hear. */
static void test_what_time_does_not_heal_is_no_trouble_for_now(void **state)
{
    static const struct {
        int fault;
        uint32_t status;
        const char *reason, *text;
    } rows[] = {
        { -ENOSPC, 503, "\"LEDGER_UNAVAILABLE\"", "its disk is full: nothing was changed" },
        { -EBADMSG, 500, "\"INTERNAL\"", "it is damaged: nothing was changed" },
        { -EAGAIN, 503, "\"LEDGER_UNAVAILABLE\"", "nothing was changed" },
        { -EIO, 500, "\"INTERNAL\"", "its log has the trace" },
    };

    (void)state;
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        fake.store.n_tx_faults = 1;
        fake.store.tx_fault = rows[i].fault;
        pause_set(true, "", rows[i].status);
        assert_non_null(strstr(pause_body, rows[i].reason));
        assert_non_null(strstr(pause_body, rows[i].text));
        assert_false(pause_is_held(NULL));
    }
}

static void test_a_link_opens_no_new_try(void **state)
{
    struct fake_ask created;
    struct fake_page seen;
    (void)state;
    fake_create(&created, "key-00000001", "order-1");
    pause_set(true, "", 200);
    fake_visit(&seen, "POST", created.action_text);
    assert_int_equal(seen.status, 503);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 0);
    pause_set(false, "", 200);
    fake_open(&seen, &created);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 1);
}

int main(void)
{
#define pause_test(function) \
    cmocka_unit_test_setup_teardown(function, fake_begin_test, fake_end_test)
    const struct CMUnitTest tests[] = {
        pause_test(test_it_is_noted_and_counts),
        pause_test(test_the_note_is_taken_at_a_start),
        pause_test(test_what_is_refused),
        pause_test(test_a_ledger_that_cannot_be_written_is_called_so),
        pause_test(test_what_time_does_not_heal_is_no_trouble_for_now),
        pause_test(test_a_link_opens_no_new_try),
    };
    return cmocka_run_group_tests_name("flow/pause", tests, NULL, NULL);
}
