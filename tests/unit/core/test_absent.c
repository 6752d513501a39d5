/* SPDX-License-Identifier: Apache-2.0 */
/* "There is no such order", as the platform says it: when that ends an attempt, and when not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/core/settle.h"

#define CREATED      INT64_C(1000000)
#define EXPIRES      (CREATED + 600000)
#define SETTLE_AFTER (EXPIRES + 120000)

static const struct fq_schedule schedule = { .first_ms = 2000, .max_ms = 60000 };
static struct fq_arena *arena;
static struct fq_ledger *ledger;
static struct fq_verdict verdict;
static struct fq_judgement judgement;

static int absent_setup(void **state)
{
    (void)state;
    arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    ledger = fq_ledger_new(arena);
    struct fq_payment *payment = &ledger->payment;
    payment->seq = 1;
    payment->merchant_id = fq_lit("shop");
    payment->merchant_order_id = fq_lit("o-1");
    payment->channel = fq_lit("huabei");
    payment->amount = (struct fq_money){ 699900, "CNY", 2 };
    payment->instalments = 12;
    payment->expires_ms = EXPIRES;
    fq_move_create(ledger, CREATED);
    verdict = (struct fq_verdict){ .struct_size = sizeof(verdict), .step = FQ_STEP_DONE };
    judgement = (struct fq_judgement){ .verdict = &verdict,
                                       .evidence = { .kind = "answer" },
                                       .asked_ms = CREATED + 5000,
                                       .now_ms = CREATED + 5100,
                                       .schedule = &schedule };
    return 0;
}

static int absent_teardown(void **state)
{
    (void)state;
    fq_arena_free(arena);
    return 0;
}

static struct fq_attempt *absent_open(void)
{
    static const char *const numbers[] = { "T1", "T2", "T3" };
    struct fq_attempt plan = { .order_number = fq_str_of(numbers[ledger->payment.n_attempts]),
                               .deadline_ms = EXPIRES,
                               .settle_after_ms = SETTLE_AFTER };
    assert_int_equal(fq_move_open_attempt(ledger, &plan, false, CREATED + 1000, &schedule), 0);
    return fq_ledger_attempt(ledger, ledger->payment.n_attempts);
}

static uint32_t absent_say(struct fq_attempt *attempt, uint32_t outcome)
{
    verdict.outcome = outcome;
    return fq_settle_attempt(ledger, attempt, &judgement);
}

static void absent_after_the_deadline(void)
{
    judgement.asked_ms = SETTLE_AFTER;
    judgement.now_ms = SETTLE_AFTER + 50;
}

static size_t absent_events(uint32_t kind)
{
    size_t n = 0;
    for (const struct fq_event *event = ledger->events; event != NULL; event = event->next)
        n += event->kind == kind;
    return n;
}

static void test_not_found_before_the_deadline_proves_nothing(void **state)
{
    (void)state;
    struct fq_attempt *attempt = absent_open();
    assert_int_equal(absent_say(attempt, FQ_OUTCOME_NOT_FOUND), FQ_MOVE_ABSENT);
    assert_int_equal(attempt->state, FQ_ATTEMPT_SENT);
}

static void test_not_found_that_was_asked_too_early_proves_nothing(void **state)
{
    (void)state;
    struct fq_attempt *attempt = absent_open();
    judgement.asked_ms = SETTLE_AFTER - 1;
    judgement.now_ms = SETTLE_AFTER + 60000;
    absent_say(attempt, FQ_OUTCOME_NOT_FOUND);
    assert_int_equal(attempt->state, FQ_ATTEMPT_SENT);
}

static void test_not_found_after_deadline_and_margin_expires(void **state)
{
    (void)state;
    absent_after_the_deadline();
    absent_say(absent_open(), FQ_OUTCOME_NOT_FOUND);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_EXPIRED);
    assert_int_equal(absent_events(FQ_EVENT_PAYMENT_CLOSED), 1);
}

/* A signed "there is none" names no order: it may be the answer to another question. */
static void test_not_found_ends_no_order_that_was_seen(void **state)
{
    (void)state;
    static const char *const refs[] = { "", "2026001" };
    for (size_t i = 0; i < fq_array_size(refs); i++) {
        absent_teardown(state);
        absent_setup(state);
        struct fq_attempt *attempt = absent_open();
        verdict.platform_ref = fq_str_of(refs[i]);
        absent_say(attempt, FQ_OUTCOME_PENDING);
        verdict.platform_ref = fq_lit("");
        verdict.platform_code = fq_lit("40004/ACQ.TRADE_NOT_EXIST");
        absent_after_the_deadline();
        for (int n = 0; n < 3; n++)
            assert_int_equal(absent_say(attempt, FQ_OUTCOME_NOT_FOUND), FQ_MOVE_AGAIN);
        assert_int_equal(attempt->state, FQ_ATTEMPT_SENT);
        assert_int_equal(ledger->payment.state, FQ_PAYMENT_OPEN);
        assert_true(attempt->due_ms > judgement.now_ms);
        assert_int_equal(ledger->payment.flags, 0);
        judgement.asked_ms = SETTLE_AFTER + FQ_OPERATOR_AFTER_MS;
        judgement.now_ms = judgement.asked_ms + 1;
        absent_say(attempt, FQ_OUTCOME_NOT_FOUND);
        assert_int_equal(ledger->payment.n_unknown, 1);
        assert_int_equal(absent_events(FQ_EVENT_FOR_OPERATOR), 1);
        assert_string_equal(attempt->platform_code.ptr, "40004/ACQ.TRADE_NOT_EXIST");
        absent_say(attempt, FQ_OUTCOME_PAID);
        assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
        assert_int_equal(ledger->payment.n_unknown, 0);
    }
}

/* UnionPay's says which order it is about, and says so of each that nobody paid in time. */
static void test_not_found_that_names_the_order_ends_one_that_was_seen(void **state)
{
    (void)state;
    struct fq_attempt *attempt = absent_open();
    absent_say(attempt, FQ_OUTCOME_PENDING);
    verdict.number = attempt->order_number;
    assert_int_equal(absent_say(attempt, FQ_OUTCOME_NOT_FOUND), FQ_MOVE_ABSENT);
    assert_int_equal(attempt->state, FQ_ATTEMPT_SENT);
    absent_after_the_deadline();
    assert_int_equal(absent_say(attempt, FQ_OUTCOME_NOT_FOUND), FQ_MOVE_ABSENT);
    assert_int_equal(attempt->state, FQ_ATTEMPT_DEAD);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_EXPIRED);
}

/* A code that was refused, or an order that was only accepted, was never there to be seen. */
static void test_not_found_ends_an_order_that_was_only_accepted(void **state)
{
    (void)state;
    struct fq_attempt *attempt = absent_open();
    absent_say(attempt, FQ_OUTCOME_ACCEPTED);
    absent_after_the_deadline();
    assert_int_equal(absent_say(attempt, FQ_OUTCOME_NOT_FOUND), FQ_MOVE_ABSENT);
    assert_int_equal(attempt->state, FQ_ATTEMPT_DEAD);
}

static void test_not_found_calms_no_doubt_about_an_order_that_was_seen(void **state)
{
    (void)state;
    struct fq_attempt *attempt = absent_open();
    verdict.platform_ref = fq_lit("2026001");
    absent_say(attempt, FQ_OUTCOME_CLOSED);
    fq_move_ask_attempt(attempt, judgement.now_ms); /* a signed message hinted at a late success */
    judgement.asked_ms = judgement.now_ms;
    verdict.platform_ref = fq_lit("");
    assert_int_equal(absent_say(attempt, FQ_OUTCOME_NOT_FOUND), FQ_MOVE_AGAIN);
    assert_true(attempt->due_ms > judgement.now_ms);
    absent_say(attempt, FQ_OUTCOME_CLOSED);
    assert_int_equal(attempt->due_ms, 0);
}

#define ABSENT_TEST(name) cmocka_unit_test_setup_teardown(name, absent_setup, absent_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ABSENT_TEST(test_not_found_before_the_deadline_proves_nothing),
        ABSENT_TEST(test_not_found_that_was_asked_too_early_proves_nothing),
        ABSENT_TEST(test_not_found_after_deadline_and_margin_expires),
        ABSENT_TEST(test_not_found_ends_no_order_that_was_seen),
        ABSENT_TEST(test_not_found_that_names_the_order_ends_one_that_was_seen),
        ABSENT_TEST(test_not_found_ends_an_order_that_was_only_accepted),
        ABSENT_TEST(test_not_found_calms_no_doubt_about_an_order_that_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
