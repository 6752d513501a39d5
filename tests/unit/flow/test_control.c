/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's side: what is unknown, asked about once more, and resolved by evidence; its paths
 * and the public ones never mix. */
#include "daemon/base/json.h"
#include "tests/unit/flow/fake_ask.h"

#define DIGEST "ab00000000000000000000000000000000000000000000000000000000000001"

static struct fake_ask created;
static char number[64];

/* ---- asking ---- */

struct control_page {
    uint32_t n_finished;
    uint32_t status;
    struct fq_arena *arena;
    struct fq_str body;
    const struct fq_json *json;
};

struct control_visit {
    struct fq_visit visit;
    struct control_page *page;
};

static struct control_page page;

static void control_visited(struct fq_visit *visit)
{
    struct control_page *told = fq_container_of(visit, struct control_visit, visit)->page;
    assert_int_equal(told->n_finished++, 0);
    told->status = visit->status;
    told->body = fq_arena_copy(told->arena, visit->answer_body);
    assert_int_equal(fq_json_read(told->body, told->arena, &told->json), 0);
    fq_arena_free(visit->arena);
}

static void control_start(const char *method, const char *path, const char *body)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct control_visit *self = fq_arena_alloc(arena, sizeof(*self));
    fq_arena_free(page.arena);
    page = (struct control_page){ .arena = fq_arena_new(FQ_ARENA_SIZE_MAX) };
    self->page = &page;
    self->visit = (struct fq_visit){ .arena = arena,
                                     .method = fq_arena_copy(arena, fq_str_of(method)),
                                     .path = fq_arena_copy(arena, fq_str_of(path)),
                                     .body = fq_arena_copy(arena, fq_str_of(body)),
                                     .peer_uid = 1001,
                                     .peer_pid = 77,
                                     .finish = control_visited };
    fq_flow_control(fake.flow, &self->visit);
}

static void control_ask(const char *method, const char *path, const char *body)
{
    control_start(method, path, body);
    fake_run();
    assert_int_equal(page.n_finished, 1);
}

static void control_resolve(const char *id, const char *as, const char *more)
{
    char body[1024];
    (void)snprintf(body, sizeof(body),
                   "{\"id\":\"%s\",\"as\":\"%s\",\"sha256\":\"" DIGEST
                   "\",\"by\":\"Li Lei\",\"and\":\"Han Meimei\"%s}",
                   id, as, more);
    control_ask("POST", "/v1/resolve", body);
}

static void control_retry(const char *id)
{
    char body[256];
    (void)snprintf(body, sizeof(body), "{\"id\":\"%s\"}", id);
    control_ask("POST", "/v1/retry", body);
}

static void assert_member(const struct fq_json *object, const char *name, const char *expected)
{
    struct fq_str text = fq_json_get_text(object, name);
    if (!fq_str_equal(text, fq_str_of(expected)))
        fail_msg("%s is %.*s, not %s", name, fq_str_arg(text), expected);
}

static void assert_refused(uint32_t status, const char *reason)
{
    assert_member(fq_json_get(page.json, "error"), "reason", reason);
    assert_int_equal(page.status, status);
}

/* ---- getting there ---- */

static void control_opened(void)
{
    struct fake_page seen;
    fake_create(&created, "key-00000001", "order-1");
    fake_open(&seen, &created);
    memcpy(number, fake.number_asked, sizeof(number));
}

/* Nobody answers, for longer than the last deadline and the time after it. */
static void control_unknown(void)
{
    control_opened();
    fq_flow_start(fake.flow);
    fake_pass(FAKE_LIFE_MS + FAKE_MARGIN_MS + FQ_OPERATOR_AFTER_MS + 120000);
    assert_true(fake_ledger(0)->attempts[0].unknown_ms > 0);
}

static void control_refund_unknown(struct fake_ask *refund)
{
    fake_pay(&created, "key-00000001", "order-1", number);
    fake_refund(refund, "key-00000002", created.payment_id, 5000);
    fq_flow_start(fake.flow);
    fake_pass(FQ_REFUND_DEADLINE_MS + 2 * FQ_OPERATOR_AFTER_MS);
    assert_true(fake_ledger(0)->refunds[0].unknown_ms > 0);
}

static int control_end_test(void **state)
{
    fq_arena_free(FQ_TAKE(page.arena));
    return fake_end_test(state);
}

/* ---- paths ---- */

static void test_public_paths_do_not_lead_here(void **state)
{
    static const char *const paths[] = { "/healthz",     "/r/abc", "/notify/example-cn", "/", "",
                                         "/v1/statuses", "/v1" };
    (void)state;
    for (size_t i = 0; i < fq_array_size(paths); i++) {
        control_ask("GET", paths[i], "");
        assert_refused(404, "QUESTION_UNKNOWN");
    }
}

static void test_control_paths_do_not_lead_there(void **state)
{
    static const char *const paths[] = { "/v1/status", "/v1/unknown", "/v1/resolve", "/v1/retry" };
    (void)state;
    for (size_t i = 0; i < fq_array_size(paths); i++) {
        struct fake_page seen;
        fake_visit(&seen, i < 2 ? "GET" : "POST", paths[i]);
        assert_int_equal(seen.status, 404);
    }
}

static void test_a_question_is_asked_in_its_own_way(void **state)
{
    (void)state;
    control_ask("POST", "/v1/status", "{}");
    assert_refused(404, "QUESTION_UNKNOWN");
    control_ask("GET", "/v1/resolve", "");
    assert_refused(404, "QUESTION_UNKNOWN");
    control_ask("POST", "/v1/retry", "{\"id\":");
    assert_refused(400, "BODY_INVALID");
    control_ask("POST", "/v1/retry", "[]");
    assert_refused(400, "BODY_INVALID");
    control_ask("POST", "/v1/retry", "{\"id\":7}");
    assert_refused(400, "ID_INVALID");
}

static void test_nothing_is_begun_while_the_daemon_stops(void **state)
{
    (void)state;
    control_unknown();
    fq_flow_drain(fake.flow);
    control_resolve(created.payment_id, "paid", "");
    assert_refused(503, "STOPPING");
    control_ask("GET", "/v1/status", "");
    assert_int_equal(page.status, 200);
    assert_int_equal(fq_json_get_number(page.json, "stopping"), 1);
}

/* ---- status ---- */

static void test_status(void **state)
{
    (void)state;
    control_unknown();
    control_ask("GET", "/v1/status", "");
    assert_int_equal(page.status, 200);
    assert_member(page.json, "version", "0");
    assert_int_equal(fq_json_get_number(page.json, "waiting"), 5);
    assert_int_equal(fq_json_get_number(page.json, "due"), 2);
    assert_int_equal(fq_json_get_number(page.json, "unknown"), 1);
    assert_true(fq_json_get_number(page.json, "oldest_unknown_unix_ms") > FAKE_DEADLINE_MS);
    assert_int_equal(fq_json_get_number(page.json, "running"), 0);
    const struct fq_json *channel = fq_json_get(page.json, "channels")->first;
    assert_member(channel, "channel", "example-cn");
    assert_member(channel, "state", "open");
    assert_true(fq_json_get_number(channel, "last_success_unix_ms") > FAKE_NOW_MS);
    assert_int_equal(fq_json_get_number(channel, "last_failure_unix_ms"), 0);
    assert_null(channel->next);
}

static void test_status_tells_of_a_failure(void **state)
{
    (void)state;
    control_opened();
    fake.transport = FQ_TRANSPORT_NOT_SENT;
    control_retry(created.payment_id);
    control_ask("GET", "/v1/status", "");
    const struct fq_json *channel = fq_json_get(page.json, "channels")->first;
    assert_int_equal(fq_json_get_number(channel, "failures_in_a_row"), 1);
    assert_int_equal(fq_json_get_number(channel, "last_failure_unix_ms"), fake.now_ms);
}

static void test_a_read_that_fails_is_a_fault(void **state)
{
    (void)state;
    fake.store.n_read_faults = 1;
    control_ask("GET", "/v1/status", "");
    assert_refused(500, "INTERNAL");
    fake.store.n_read_faults = 1;
    control_ask("GET", "/v1/unknown", "");
    assert_refused(500, "INTERNAL");
}

/* ---- unknown ---- */

static void test_nothing_is_unknown(void **state)
{
    (void)state;
    control_opened();
    control_ask("GET", "/v1/unknown", "");
    assert_null(fq_json_get(page.json, "unknown")->first);
    assert_int_equal(fq_json_get_number(page.json, "are_more"), 0);
}

static void test_an_unknown_payment_with_what_to_type(void **state)
{
    char next[256];
    (void)state;
    control_unknown();
    control_ask("GET", "/v1/unknown", "");
    const struct fq_json *row = fq_json_get(page.json, "unknown")->first;
    assert_member(row, "id", created.payment_id);
    assert_member(row, "what", "payment");
    assert_member(row, "order", "order-1");
    assert_member(row, "number", number);
    assert_member(row, "state", "SENT");
    assert_member(row, "fault", "theirs");
    assert_int_equal(fq_json_get_number(row, "amount_minor"), FAKE_AMOUNT);
    assert_true(fq_json_get_number(row, "asked") > 5);
    const struct fq_json *command = fq_json_get(row, "next")->first;
    (void)snprintf(next, sizeof(next), "fenqictl retry %s", created.payment_id);
    assert_true(fq_str_equal(command->text, fq_str_of(next)));
    (void)snprintf(next, sizeof(next),
                   "fenqictl resolve %s --as paid|unpaid --evidence FILE --by NAME --and NAME",
                   created.payment_id);
    assert_true(fq_str_equal(command->next->text, fq_str_of(next)));
    assert_null(row->next);
}

static void test_it_is_ours_if_its_channel_is_gone(void **state)
{
    (void)state;
    control_unknown();
    fake.channel_conf.name = fq_lit("second-cn");
    control_ask("GET", "/v1/unknown", "");
    assert_member(fq_json_get(page.json, "unknown")->first, "fault", "ours");
    fake.channel_conf.name = fake.channel_names[0];
}

static void test_an_unknown_refund(void **state)
{
    struct fake_ask refund;
    (void)state;
    control_refund_unknown(&refund);
    control_ask("GET", "/v1/unknown", "");
    const struct fq_json *row = fq_json_get(page.json, "unknown")->first;
    assert_member(row, "id", refund.refund_id);
    assert_member(row, "what", "refund");
    assert_int_equal(fq_json_get_number(row, "amount_minor"), 5000);
}

/* ---- retry ---- */

static void test_retry_asks_now_and_tells_what_came_of_it(void **state)
{
    (void)state;
    control_opened();
    size_t n_sent = fake.n_sent[FQ_CALL_QUERY];
    fake_say(FQ_CALL_QUERY, FQ_OUTCOME_PAID);
    control_retry(created.payment_id);
    assert_int_equal(page.status, 200);
    assert_int_equal(fq_json_get_number(page.json, "asked"), 1);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], n_sent + 1);
    const struct fq_json *payment = fq_json_get(page.json, "payment");
    assert_member(payment, "state", "PAID");
    assert_int_equal(fq_json_get_number(payment, "operator_evidence"), 0);
}

static void test_retry_has_nothing_to_ask(void **state)
{
    (void)state;
    fake_pay(&created, "key-00000001", "order-1", number);
    control_retry(created.payment_id);
    assert_int_equal(page.status, 200);
    assert_int_equal(fq_json_get_number(page.json, "asked"), 0);
    assert_int_equal(fake.n_sent[FQ_CALL_QUERY], 0);
}

static void test_retry_of_a_refund(void **state)
{
    struct fake_ask refund;
    (void)state;
    control_refund_unknown(&refund);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    control_retry(refund.refund_id);
    assert_int_equal(fq_json_get_number(page.json, "asked"), 1);
    const struct fq_json *made = fq_json_get(fq_json_get(page.json, "payment"), "refunds")->first;
    assert_member(made, "state", "REFUNDED");
    assert_int_equal(fake_ledger(0)->payment.flags, 0);
}

static void test_retry_of_a_payment_asks_about_its_refund_too(void **state)
{
    struct fake_ask refund;
    (void)state;
    control_refund_unknown(&refund);
    fake_say(FQ_CALL_QUERY_REFUND, FQ_OUTCOME_REFUNDED);
    control_retry(created.payment_id);
    assert_int_equal(fq_json_get_number(page.json, "asked"), 1);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_REFUNDED);
}

static void test_retry_where_nobody_can_be_asked(void **state)
{
    (void)state;
    control_opened();
    fake.channel_conf.name = fq_lit("second-cn");
    control_retry(created.payment_id);
    assert_refused(409, "CHANNEL_ABSENT");
    fake.channel_conf.name = fake.channel_names[0];
}

static void test_a_payment_that_is_not_there(void **state)
{
    char other[128];
    (void)state;
    control_opened();
    (void)snprintf(other, sizeof(other), "%s", created.payment_id);
    other[20] = other[20] == '0' ? '1' : '0'; /* the same sequence, another secret */
    control_retry(other);
    assert_refused(404, "NOT_FOUND");
    control_resolve(other, "paid", "");
    assert_refused(404, "NOT_FOUND");
    (void)snprintf(other, sizeof(other), "%s-r1", created.payment_id);
    control_resolve(other, "refunded", "");
    assert_refused(404, "NOT_FOUND");
    (void)snprintf(other, sizeof(other), "/v1/payments/%s-r1", created.payment_id);
    control_ask("GET", other, "");
    assert_refused(404, "NOT_FOUND");
}

/* ---- one payment ---- */

static void test_a_payment_is_shown_without_its_buyer(void **state)
{
    char path[128];
    (void)state;
    fake_pay(&created, "key-00000001", "order-1", number);
    (void)snprintf(path, sizeof(path), "/v1/payments/%s", created.payment_id);
    control_ask("GET", path, "");
    assert_int_equal(page.status, 200);
    assert_member(page.json, "state", "PAID");
    const struct fq_json *attempt = fq_json_get(page.json, "attempts")->first;
    assert_member(attempt, "state", "WON");
    assert_member(attempt, "number", number);
    assert_null(strstr(page.body.ptr, "192.0.2.7"));
    assert_null(strstr(page.body.ptr, "phone"));
}

/* ---- resolve ---- */

static void test_resolved_as_paid(void **state)
{
    (void)state;
    control_unknown();
    control_resolve(created.payment_id, "paid", ",\"amount_minor\":699900,\"note\":\"line 7\"");
    assert_int_equal(page.status, 200);
    assert_member(page.json, "evidence", "operator");
    assert_int_equal(fq_json_get_number(page.json, "was_so_already"), 0);
    const struct fq_json *payment = fq_json_get(page.json, "payment");
    assert_member(payment, "state", "PAID");
    assert_int_equal(fq_json_get_number(payment, "operator_evidence"), 1);
    assert_int_equal(fake_n_events(FQ_EVENT_PAYMENT_PAID), 1);
    assert_int_equal(fake_ledger(0)->payment.flags, 0);
}

static void test_resolved_again_it_is_the_same(void **state)
{
    (void)state;
    control_unknown();
    control_resolve(created.payment_id, "unpaid", "");
    size_t n_events = fake.store.n_events;
    control_resolve(created.payment_id, "unpaid", "");
    assert_int_equal(page.status, 200);
    assert_int_equal(fq_json_get_number(page.json, "was_so_already"), 1);
    assert_member(fq_json_get(page.json, "payment"), "state", "CLOSED");
    assert_int_equal(fake.store.n_events, n_events);
}

static void test_a_resolved_refund(void **state)
{
    struct fake_ask refund;
    (void)state;
    control_refund_unknown(&refund);
    control_resolve(refund.refund_id, "not-refunded", "");
    assert_int_equal(page.status, 200);
    assert_int_equal(fake_ledger(0)->refunds[0].state, FQ_REFUND_FAILED);
    assert_int_equal(fake_ledger(0)->payment.refund_counted_minor, 0);
}

static void test_who_waits_for_the_payment_hears_of_it(void **state)
{
    struct fake_ask ask;
    (void)state;
    control_unknown();
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.wait_ms = 25000;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask.n_finished, 0);
    control_resolve(created.payment_id, "paid", "");
    assert_int_equal(ask.n_finished, 1);
    assert_int_equal(ask.state, FQ_PAYMENT_PAID);
}

static void test_policy_gives_nothing_back_on_the_operators_word(void **state)
{
    (void)state;
    fake.merchants[0].on_late_success = FQ_POLICY_REFUND;
    control_unknown();
    control_resolve(created.payment_id, "unpaid", "");
    control_resolve(created.payment_id, "paid", "");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_true(fake_ledger(0)->payment.flags & FQ_FLAG_LATE_SUCCESS);
    assert_int_equal(fake_ledger(0)->payment.n_refunds, 0);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    control_opened();
    control_resolve(created.payment_id, "paid", "");
    assert_refused(409, "CAN_BE_ASKED");
    char next[128];
    (void)snprintf(next, sizeof(next), "fenqictl retry %s", created.payment_id);
    assert_member(fq_json_get(page.json, "error"), "next", next);
    control_resolve(created.payment_id, "paid", ",\"amount_minor\":1");
    assert_refused(409, "AMOUNT_DIFFERS");
    control_resolve(created.payment_id, "refunded", "");
    assert_refused(400, "OTHER_OBJECT");
    control_resolve(created.payment_id, "paid", ",\"attempt\":2");
    assert_refused(404, "NOT_FOUND");
    control_resolve(created.payment_id, "checked", "");
    assert_refused(409, "NO_DOUBT");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
}

static void test_a_paused_platform_cannot_be_asked(void **state)
{
    (void)state;
    control_opened();
    fake.channel_conf.n_breaker_failures = 1;
    fake.channel_conf.breaker_pause_ms = 2 * (FAKE_LIFE_MS + FQ_OPERATOR_AFTER_MS);
    fake.transport = FQ_TRANSPORT_NOT_SENT;
    control_retry(created.payment_id);
    control_retry(created.payment_id);
    assert_refused(503, "CHANNEL_PAUSED");
    control_resolve(created.payment_id, "paid", "");
    assert_refused(409, "CAN_BE_ASKED");
    fake.now_ms += FAKE_LIFE_MS + FAKE_MARGIN_MS + FQ_OPERATOR_AFTER_MS + 1;
    control_resolve(created.payment_id, "paid", "");
    assert_int_equal(page.status, 200);
}

static void test_a_request_that_proves_nothing(void **state)
{
    static const struct {
        const char *name, *value;
    } changes[] = {
        { "as", "\"won\"" },
        { "sha256", "\"ab\"" },
        { "sha256", "\"0000000000000000000000000000000000000000000000000000000000000000\"" },
        { "sha256", "\"AB00000000000000000000000000000000000000000000000000000000000001\"" },
        { "by", "\"\"" },
        { "by", "\"Li\\nLei\"" },
        { "and", "\"li lei\"" },
        { "and", "7" },
        { "note", "\"a\\nb\"" },
        { "amount_minor", "0" },
        { "attempt", "17" },
    };

    (void)state;
    control_unknown();
    for (size_t i = 0; i < fq_array_size(changes); i++) {
        static const char *const names[] = { "as", "sha256", "by", "and" };
        static const char *const values[] = { "\"paid\"", "\"" DIGEST "\"", "\"Li Lei\"",
                                              "\"Han Meimei\"" };
        char body[1024];
        int n = snprintf(body, sizeof(body), "{\"id\":\"%s\",\"%s\":%s", created.payment_id,
                         changes[i].name, changes[i].value);
        for (size_t k = 0; k < fq_array_size(names); k++) {
            if (strcmp(names[k], changes[i].name) != 0)
                n +=
                    snprintf(body + n, sizeof(body) - (size_t)n, ",\"%s\":%s", names[k], values[k]);
        }
        (void)snprintf(body + n, sizeof(body) - (size_t)n, "}");
        control_ask("POST", "/v1/resolve", body);
        assert_refused(400, "REQUEST_INVALID");
    }
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
}

static void test_a_store_that_fails_changes_nothing(void **state)
{
    (void)state;
    control_unknown();
    fake.store.n_tx_faults = 1;
    control_resolve(created.payment_id, "paid", "");
    assert_refused(500, "INTERNAL");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_OPEN);
    fake.store.n_read_faults = 1;
    control_resolve(created.payment_id, "paid", "");
    assert_refused(500, "INTERNAL");
    fake.store.n_read_faults = 1;
    control_retry(created.payment_id);
    assert_refused(500, "INTERNAL");
}

static void test_the_platform_speaks_while_it_is_resolved(void **state)
{
    struct fake_page seen;
    (void)state;
    control_unknown();
    char body[512];
    (void)snprintf(body, sizeof(body),
                   "{\"id\":\"%s\",\"as\":\"unpaid\",\"sha256\":\"" DIGEST
                   "\",\"by\":\"a\",\"and\":\"b\"}",
                   created.payment_id);
    control_start("POST", "/v1/resolve", body);
    fake_step(fake_nth(FAKE_READ, 0));
    (void)fake_notify(&seen, FQ_OUTCOME_PAID, number);
    fake_step(fake_nth(FAKE_ADAPT, 0));
    fake_step(fake_nth(FAKE_TX, 1)); /* the platform's word comes first */
    fake_run();
    assert_refused(409, "PROVEN");
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
}

#define CONTROL_TEST(name) cmocka_unit_test_setup_teardown(name, fake_begin_test, control_end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTROL_TEST(test_public_paths_do_not_lead_here),
        CONTROL_TEST(test_control_paths_do_not_lead_there),
        CONTROL_TEST(test_a_question_is_asked_in_its_own_way),
        CONTROL_TEST(test_nothing_is_begun_while_the_daemon_stops),
        CONTROL_TEST(test_status),
        CONTROL_TEST(test_status_tells_of_a_failure),
        CONTROL_TEST(test_a_read_that_fails_is_a_fault),
        CONTROL_TEST(test_nothing_is_unknown),
        CONTROL_TEST(test_an_unknown_payment_with_what_to_type),
        CONTROL_TEST(test_it_is_ours_if_its_channel_is_gone),
        CONTROL_TEST(test_an_unknown_refund),
        CONTROL_TEST(test_retry_asks_now_and_tells_what_came_of_it),
        CONTROL_TEST(test_retry_has_nothing_to_ask),
        CONTROL_TEST(test_retry_of_a_refund),
        CONTROL_TEST(test_retry_of_a_payment_asks_about_its_refund_too),
        CONTROL_TEST(test_retry_where_nobody_can_be_asked),
        CONTROL_TEST(test_a_payment_that_is_not_there),
        CONTROL_TEST(test_a_payment_is_shown_without_its_buyer),
        CONTROL_TEST(test_resolved_as_paid),
        CONTROL_TEST(test_resolved_again_it_is_the_same),
        CONTROL_TEST(test_a_resolved_refund),
        CONTROL_TEST(test_who_waits_for_the_payment_hears_of_it),
        CONTROL_TEST(test_policy_gives_nothing_back_on_the_operators_word),
        CONTROL_TEST(test_what_is_refused),
        CONTROL_TEST(test_a_paused_platform_cannot_be_asked),
        CONTROL_TEST(test_a_request_that_proves_nothing),
        CONTROL_TEST(test_a_store_that_fails_changes_nothing),
        CONTROL_TEST(test_the_platform_speaks_while_it_is_resolved),
    };
    return cmocka_run_group_tests_name("flow/control", tests, NULL, NULL);
}
