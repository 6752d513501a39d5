/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator reads at night: a ledger that cannot be written, a clock that was set, a shop
 * that floods; said once, shown while it lasts, and over when it is. */
#include "tests/unit/flow/fake_ask.h"
#include "tests/unit/flow/fake_log.h"

#define ROUND_MS  500
#define MINUTE_MS 60000
#define HOUR_MS   3600000

static char status[16384]; /* as JSON */
static int64_t mono_ahead_ms;

static void trouble_visited(struct fq_visit *visit)
{
    assert_int_equal(visit->status, 200);
    (void)snprintf(status, sizeof(status), "%.*s", fq_str_arg(visit->answer_body));
    fq_arena_free(visit->arena);
}

static void trouble_ask(void)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_visit *visit = fq_arena_alloc(arena, sizeof(*visit));
    *visit = (struct fq_visit){ .arena = arena,
                                .method = fq_lit("GET"),
                                .path = fq_lit("/v1/status"),
                                .finish = trouble_visited };
    fq_flow_control(fake.flow, visit);
    fake_run();
}

static void assert_shown(const char *text)
{
    trouble_ask();
    if (strstr(status, text) == NULL)
        fail_msg("the status does not show \"%s\", but:\n%s", text, status);
}

/* None of what this file is about. */
static void assert_nothing_is_wrong(void)
{
    static const char *const troubles[] = { "cannot be written", "nearly full", "the clock was",
                                            "asks more", "too much to do" };
    trouble_ask();
    for (size_t i = 0; i < fq_array_size(troubles); i++) {
        if (strstr(status, troubles[i]) != NULL)
            fail_msg("the status shows:\n%s", status);
    }
}

static void fail_writes(uint32_t n, int fault)
{
    fake.store.n_tx_faults = n;
    fake.store.tx_fault = fault;
}

/* ---- the ledger ---- */

static void ledger_is_tried(int fault, const char *reason, const char *next)
{
    struct fake_ask ask;
    fq_flow_start(fake.flow);
    fake_pass(ROUND_MS);
    fail_writes(1000, fault);
    fake_listen();
    fake_create(&ask, "key-00000001", "order-1");
    fake_pass(3 * ROUND_MS);
    fake_heard();
    fake_assert_unavailable(&ask);
    fake_assert_said("fault MERCHANT=shop ORDER=order-1 FAULT=ours WHILE=\"creating a payment\" "
                     "REASON=\"the ledger cannot be written\"");
    fake_assert_said("critical: the ledger cannot be written REASON=");
    fake_assert_said(reason);
    assert_ptr_equal(strstr(strstr(fake_log.text, "critical:") + 1, "critical:"), NULL);
    assert_shown(reason);
    assert_shown(next);
    assert_shown("\"store_fault_since_unix_ms\":1700000000500");

    fake.store.n_tx_faults = 0;
    fake_listen();
    fake_pass(2 * ROUND_MS);
    fake_heard();
    fake_assert_said("notice: the ledger is written again FAILED=");
    assert_nothing_is_wrong();
    fake_create(&ask, "key-00000001", "order-1");
    assert_int_equal(ask.code, FQ_CODE_OK);
}

static void test_a_full_disk(void **state)
{
    (void)state;
    ledger_is_tried(-ENOSPC, "its disk is full", "df -h LEDGER; it goes on by itself");
}

static void test_somebody_elses_lock(void **state)
{
    (void)state;
    ledger_is_tried(-EBUSY, "another process keeps it locked", "not fenqid: fuser -v LEDGER");
}

static void create_fails_with(int fault, struct fake_ask *ret)
{
    fail_writes(1, fault);
    fake_create(ret, "key-00000001", "order-1");
    assert_int_equal(ret->may_repeat, true);
    assert_int_equal(fake.store.n_payments, 0);
}

static void test_who_is_told_to_come_back(void **state)
{
    static const int for_now[] = { -ENOSPC, -EBUSY, -EROFS, -EAGAIN };
    static const int faults[] = { -EIO, -EBADMSG, -ENOMEM, -EINVAL };
    struct fake_ask ask;
    (void)state;
    for (size_t i = 0; i < fq_array_size(for_now); i++) {
        create_fails_with(for_now[i], &ask);
        fake_assert_unavailable(&ask);
    }
    for (size_t i = 0; i < fq_array_size(faults); i++) {
        create_fails_with(faults[i], &ask);
        assert_int_equal(ask.code, FQ_CODE_INTERNAL);
    }
}

/* Only a write tells that it can be written; a fault of what was asked says nothing about it. */
static void test_what_says_nothing_about_the_ledger(void **state)
{
    struct fake_ask ask;
    (void)state;
    fail_writes(1, -ERANGE);
    fake_create(&ask, "key-00000001", "order-1");
    assert_int_equal(ask.code, FQ_CODE_INTERNAL);
    assert_nothing_is_wrong();
    fake_create(&ask, "key-00000001", "order-1");
    fail_writes(1, -ENOSPC);
    struct fake_ask other;
    fake_create(&other, "key-00000002", "order-2");
    fake_create(&ask, "key-00000001", "order-1"); /* known: nothing is written */
    assert_int_equal(ask.code, FQ_CODE_OK);
    assert_shown("its disk is full");
    fake_create(&other, "key-00000002", "order-2");
    assert_nothing_is_wrong();
}

static void test_a_fault_names_the_payment(void **state)
{
    struct fake_ask ask;
    struct fake_page page;
    char line[256];
    (void)state;
    fake_create(&ask, "key-00000001", "order-1");
    fail_writes(1, -ENOSPC);
    fake_listen();
    fake_visit(&page, "POST", ask.action_text);
    fake_heard();
    assert_int_equal(page.status, 503);
    (void)snprintf(line, sizeof(line), "fault PAYMENT=%s MERCHANT=shop CHANNEL=example-cn",
                   ask.payment_id);
    fake_assert_said(line);
    fake_assert_said("WHILE=\"noting a call before it is sent\"");
}

static void trouble_world_status(void *ctx, struct fq_world_status *ret)
{
    (void)ctx;
    ret->disk_size = INT64_C(1) << 40;
    ret->disk_free = (INT64_C(64) << 20) - 1;
}

static void test_a_disk_that_is_nearly_full(void **state)
{
    (void)state;
    fake.world.status = trouble_world_status;
    assert_shown("the ledger's disk is nearly full: 63 MiB are left");
}

/* ---- the clock ---- */

static int64_t trouble_mono(void *ctx)
{
    (void)ctx;
    return fake.now_ms + mono_ahead_ms;
}

static void clock_steps(int64_t by_ms, const char *said, const char *shown)
{
    fake.world.now_mono_ms = trouble_mono;
    fq_flow_start(fake.flow);
    fake_pass(2 * ROUND_MS);
    assert_nothing_is_wrong();
    mono_ahead_ms -= by_ms; /* against it the calendar moves */
    fake_listen();
    fake_pass(2 * ROUND_MS);
    fake_heard();
    fake_assert_said(said);
    assert_shown(shown);
    fake_pass(HOUR_MS + ROUND_MS);
    assert_nothing_is_wrong();
}

static void test_the_clock_goes_forward(void **state)
{
    (void)state;
    clock_steps(HOUR_MS, "warning: the clock was set forward BY_MS=3600000 FAULT=ours NEXT=",
                "the clock was set forward by 3600 s");
}

static void test_the_clock_goes_back(void **state)
{
    (void)state;
    clock_steps(-4999, "warning: the clock was set back BY_MS=-4999 FAULT=ours NEXT=",
                "the clock was set back by 5 s");
}

static void test_a_clock_that_is_adjusted(void **state)
{
    (void)state;
    fake.world.now_mono_ms = trouble_mono;
    fq_flow_start(fake.flow);
    for (int i = 0; i < 20; i++) {
        fake_pass(ROUND_MS);
        mono_ahead_ms += 1500;
    }
    assert_nothing_is_wrong();
}

/* ---- floods ---- */

static size_t trouble_n_said(const char *text)
{
    size_t n = 0;
    for (const char *at = fake_log.text; (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

static void test_a_flood(void **state)
{
    (void)state;
    fq_flow_start(fake.flow);
    fake_listen();
    for (int i = 0; i < 25; i++) {
        for (int k = 0; k < 1000; k++)
            fq_flow_limited(fake.flow, fq_lit("shop"), k % 2 == 0 ? "RATE" : "FLOOD");
        fake_pass(1000);
    }
    fake_heard();
    fake_assert_said("a limit refused a request MERCHANT=shop REASON=RATE FAULT=theirs REFUSED=1 ");
    fake_assert_said("MERCHANT=shop REASON=FLOOD FAULT=theirs REFUSED=2 ");
    assert_int_equal(trouble_n_said("a limit refused"), 4);
    assert_shown("shop asks more than it may: 25000 refused since");
    assert_shown("fenqictl merchant disable shop");
    fake_listen();
    fake_pass(MINUTE_MS);
    fake_heard();
    fake_assert_said("notice: it keeps within its limits again MERCHANT=shop REFUSED=25000");
    assert_nothing_is_wrong();
}

static void test_an_overload_is_ours(void **state)
{
    (void)state;
    fq_flow_limited(fake.flow, fq_lit("shop"), "RATE");
    fq_flow_limited(fake.flow, fq_lit("other"), "OVERLOAD");
    assert_shown("shop asks more than it may: 1 refused");
    assert_shown("fenqid has too much to do: 1 requests of other refused since");
}

static int trouble_begin(void **state)
{
    mono_ahead_ms = 0;
    return fake_begin_test(state);
}

#define TROUBLE_TEST(name) cmocka_unit_test_setup_teardown(name, trouble_begin, fake_end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TROUBLE_TEST(test_a_full_disk),
        TROUBLE_TEST(test_somebody_elses_lock),
        TROUBLE_TEST(test_who_is_told_to_come_back),
        TROUBLE_TEST(test_what_says_nothing_about_the_ledger),
        TROUBLE_TEST(test_a_fault_names_the_payment),
        TROUBLE_TEST(test_a_disk_that_is_nearly_full),
        TROUBLE_TEST(test_the_clock_goes_forward),
        TROUBLE_TEST(test_the_clock_goes_back),
        TROUBLE_TEST(test_a_clock_that_is_adjusted),
        TROUBLE_TEST(test_a_flood),
        TROUBLE_TEST(test_an_overload_is_ours),
    };
    return cmocka_run_group_tests_name("flow/trouble", tests, NULL, NULL);
}
