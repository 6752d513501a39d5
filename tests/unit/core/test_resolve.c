/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's word: only where the platform's is wanting, through the same moves, and never the
 * last one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/core/resolve.h"

#define CREATED      INT64_C(1000000)
#define EXPIRES      (CREATED + 600000)
#define SETTLE_AFTER (EXPIRES + 120000)
#define PAST_ALL     (SETTLE_AFTER + FQ_OPERATOR_AFTER_MS + 1)
#define LATER        (PAST_ALL + 60000)

static const struct fq_schedule schedule = { .first_ms = 2000, .max_ms = 60000 };
static struct fq_arena *arena;
static struct fq_ledger *ledger;
static struct fq_resolution resolution;

static void resolve_setup_payment(void)
{
    struct fq_payment *payment = &ledger->payment;
    payment->seq = 1;
    payment->merchant_id = fq_lit("shop");
    payment->channel = fq_lit("huabei");
    payment->amount = (struct fq_money){ 699900, "CNY", 2 };
    payment->instalments = 12;
    payment->expires_ms = EXPIRES;
    fq_move_create(ledger, CREATED);
}

static int resolve_setup(void **state)
{
    (void)state;
    arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    ledger = fq_ledger_new(arena);
    resolve_setup_payment();
    resolution = (struct fq_resolution){
        .as = FQ_RESOLVE_PAID,
        .evidence = { .kind = "operator",
                      .digest = { 0xab, 1 },
                      .by = fq_lit("Li Lei"),
                      .and_by = fq_lit("Han Meimei"),
                      .uid = fq_lit("1001") },
        .can_be_asked = true,
        .now_ms = LATER,
        .schedule = &schedule,
    };
    return 0;
}

/* Whatever a test did, the ledger is one that may be written. */
static int resolve_teardown(void **state)
{
    (void)state;
    assert_true(fq_ledger_validate(ledger));
    fq_arena_free(arena);
    return 0;
}

static struct fq_attempt *resolve_open(void)
{
    static const char *const numbers[] = { "T1", "T2", "T3" };
    struct fq_attempt plan = { .order_number = fq_str_of(numbers[ledger->payment.n_attempts]),
                               .deadline_ms = EXPIRES,
                               .settle_after_ms = SETTLE_AFTER };
    assert_int_equal(fq_move_open_attempt(ledger, &plan, true, CREATED + 1000, &schedule), 0);
    return fq_ledger_attempt(ledger, ledger->payment.n_attempts);
}

/* What the platform says of it, then. */
static struct fq_judgement resolve_word(struct fq_verdict *verdict, uint32_t outcome,
                                        int64_t now_ms)
{
    *verdict = (struct fq_verdict){ .struct_size = sizeof(*verdict),
                                    .step = FQ_STEP_DONE,
                                    .outcome = outcome,
                                    .platform_ref =
                                        outcome == FQ_OUTCOME_PAID ? fq_lit("2026") : fq_lit("") };
    return (struct fq_judgement){ .verdict = verdict,
                                  .evidence = { .kind = "answer" },
                                  .asked_ms = now_ms,
                                  .now_ms = now_ms,
                                  .schedule = &schedule };
}

static uint32_t resolve_say(struct fq_attempt *attempt, uint32_t outcome, int64_t now_ms)
{
    struct fq_verdict verdict;
    struct fq_judgement judgement = resolve_word(&verdict, outcome, now_ms);
    return fq_settle_attempt(ledger, attempt, &judgement);
}

static uint32_t resolve_say_refund(struct fq_refund *refund, uint32_t outcome, int64_t now_ms)
{
    struct fq_verdict verdict;
    struct fq_judgement judgement = resolve_word(&verdict, outcome, now_ms);
    return fq_settle_refund(ledger, refund, &judgement);
}

/* Asked about after its last deadline, and nobody said anything. */
static struct fq_attempt *resolve_open_unknown(void)
{
    struct fq_attempt *attempt = resolve_open();
    assert_int_equal(resolve_say(attempt, FQ_OUTCOME_UNKNOWN, PAST_ALL), FQ_MOVE_AGAIN);
    assert_int_equal(attempt->unknown_ms, PAST_ALL);
    assert_true(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR);
    return attempt;
}

static struct fq_refund *resolve_refund_submitted(void)
{
    struct fq_refund *refund = NULL;
    struct fq_attempt *attempt = resolve_open();
    assert_int_equal(resolve_say(attempt, FQ_OUTCOME_PAID, CREATED + 2000), FQ_MOVE_WIN);
    const struct fq_refund plan = { .attempt_n = 1,
                                    .number = fq_lit("R1"),
                                    .origin = FQ_ORIGIN_STOREFRONT,
                                    .amount_minor = 100000 };
    assert_int_equal(fq_move_reserve_refund(ledger, &plan, CREATED + 3000, &refund), 0);
    assert_int_equal(fq_move_submit_refund(ledger, refund, CREATED + 3000, &schedule), 0);
    resolution.refund_n = 1;
    resolution.as = FQ_RESOLVE_REFUNDED;
    resolution.now_ms = CREATED + FQ_REFUND_DEADLINE_MS + 10000;
    return refund;
}

static struct fq_refund *resolve_refund_unknown(void)
{
    struct fq_refund *refund = resolve_refund_submitted();
    (void)resolve_say_refund(refund, FQ_OUTCOME_UNKNOWN, resolution.now_ms - 1000);
    assert_true(refund->unknown_ms > 0);
    return refund;
}

static size_t resolve_events(uint32_t kind)
{
    size_t n = 0;
    for (const struct fq_event *event = ledger->events; event != NULL; event = event->next)
        n += event->kind == kind;
    return n;
}

/* A line of the last journal entry of an object's move. */
static bool resolve_journal_says(const char *line)
{
    for (const struct fq_journal_entry *entry = ledger->journal; entry != NULL;
         entry = entry->next) {
        if (strstr(entry->body.ptr, line) != NULL)
            return true;
    }
    return false;
}

/* Nothing was changed: neither version, nor events, nor states. */
static void resolve_refused(int expected)
{
    struct fq_payment before = ledger->payment;
    assert_int_equal(fq_resolve(ledger, &resolution), expected);
    assert_memory_equal(&ledger->payment, &before, sizeof(before));
}

/* ---- payments ---- */

static void test_paid(void **state)
{
    (void)state;
    struct fq_attempt *attempt = resolve_open_unknown();
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(resolution.move, FQ_MOVE_WIN);
    assert_int_equal(attempt->state, FQ_ATTEMPT_WON);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(resolve_events(FQ_EVENT_PAYMENT_PAID), 1);
    assert_true(fq_ledger_is_operators(ledger));
}

static void test_what_only_the_platform_knows_stays_unsaid(void **state)
{
    (void)state;
    (void)resolve_open_unknown();
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(ledger->payment.terms_match, FQ_TERMS_UNCONFIRMED);
    assert_int_equal(ledger->payment.verification, FQ_VERIFICATION_OPENED);
    assert_int_equal(ledger->payment.identity, FQ_IDENTITY_NOT_ASKED);
    assert_int_equal(ledger->payment.platform_ref.len, 0);
}

static void test_unpaid_after_the_buyers_time_closes(void **state)
{
    (void)state;
    (void)resolve_open_unknown();
    resolution.as = FQ_RESOLVE_UNPAID;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_CLOSED);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_EXPIRED);
    assert_int_equal(resolve_events(FQ_EVENT_PAYMENT_CLOSED), 1);
    assert_true(fq_ledger_is_operators(ledger));
}

static void test_the_journal_names_file_people_and_user(void **state)
{
    (void)state;
    (void)resolve_open_unknown();
    resolution.evidence.note = fq_lit("line 7 of the file");
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_true(resolve_journal_says("evidence=operator\n"));
    assert_true(resolve_journal_says("sha256=AB01") || resolve_journal_says("sha256=ab01"));
    assert_true(
        resolve_journal_says("by=Li Lei\nand=Han Meimei\nuid=1001\nnote=line 7 of the file\n"));
}

static void test_nobody_has_to_look_any_more(void **state)
{
    (void)state;
    struct fq_attempt *attempt = resolve_open_unknown();
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(attempt->unknown_ms, 0);
    assert_int_equal(ledger->payment.n_unknown, 0);
    assert_int_equal(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR, 0);
}

static void test_said_again_it_is_the_same(void **state)
{
    (void)state;
    (void)resolve_open_unknown();
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    int64_t version = ledger->payment.version;
    resolution.is_repeated = false;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_true(resolution.is_repeated);
    assert_int_equal(ledger->payment.version, version);
}

static void test_before_the_last_deadline_the_platform_is_to_be_asked(void **state)
{
    (void)state;
    (void)resolve_open();
    resolution.now_ms = SETTLE_AFTER;
    resolve_refused(FQ_RESOLVE_E_CAN_BE_ASKED);
}

static void test_past_it_but_not_asked_since_it_is_to_be_asked(void **state)
{
    (void)state;
    (void)resolve_open();
    resolve_refused(FQ_RESOLVE_E_CAN_BE_ASKED);
}

static void test_past_it_and_nobody_can_be_asked(void **state)
{
    (void)state;
    (void)resolve_open();
    resolution.can_be_asked = false;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
}

static void test_that_nobody_can_be_asked_is_no_reason_before(void **state)
{
    (void)state;
    (void)resolve_open();
    resolution.can_be_asked = false;
    resolution.now_ms = SETTLE_AFTER + FQ_OPERATOR_AFTER_MS;
    resolve_refused(FQ_RESOLVE_E_CAN_BE_ASKED);
}

static void test_never_against_what_the_platform_proved(void **state)
{
    (void)state;
    struct fq_attempt *attempt = resolve_open();
    assert_int_equal(resolve_say(attempt, FQ_OUTCOME_PAID, CREATED + 2000), FQ_MOVE_WIN);
    resolution.as = FQ_RESOLVE_UNPAID;
    resolve_refused(FQ_RESOLVE_E_PROVEN);
    resolution.as = FQ_RESOLVE_PAID;
    resolve_refused(FQ_RESOLVE_E_PROVEN);
}

static void test_nor_against_a_proven_death(void **state)
{
    (void)state;
    struct fq_attempt *attempt = resolve_open();
    assert_int_equal(resolve_say(attempt, FQ_OUTCOME_CLOSED, CREATED + 2000), FQ_MOVE_DIE);
    resolve_refused(FQ_RESOLVE_E_PROVEN);
}

static void test_nothing_was_sent(void **state)
{
    (void)state;
    resolve_refused(FQ_RESOLVE_E_NOT_SENT);
}

static void test_another_amount_than_ours(void **state)
{
    (void)state;
    (void)resolve_open_unknown();
    resolution.amount_minor = 699901;
    resolve_refused(FQ_RESOLVE_E_AMOUNT);
    resolution.amount_minor = 699900;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
}

static void test_of_several_unknown_ones_one_must_be_named(void **state)
{
    (void)state;
    (void)resolve_open_unknown();
    struct fq_attempt *second = resolve_open_unknown();
    resolve_refused(FQ_RESOLVE_E_SEVERAL);
    resolution.attempt_n = 3;
    resolve_refused(FQ_RESOLVE_E_ABSENT);
    resolution.attempt_n = 2;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(second->state, FQ_ATTEMPT_WON);
    assert_int_equal(ledger->attempts[0].state, FQ_ATTEMPT_SENT);
}

static void test_the_flag_stays_while_another_is_unknown(void **state)
{
    (void)state;
    (void)resolve_open_unknown();
    (void)resolve_open_unknown();
    resolution.as = FQ_RESOLVE_UNPAID;
    resolution.attempt_n = 1;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_OPEN);
    assert_true(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR);
    resolution.attempt_n = 2;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR, 0);
}

/* ---- and then the platform speaks after all ---- */

static void test_a_late_success_after_unpaid(void **state)
{
    (void)state;
    struct fq_attempt *attempt = resolve_open_unknown();
    resolution.as = FQ_RESOLVE_UNPAID;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(resolve_say(attempt, FQ_OUTCOME_PAID, LATER + 1), FQ_MOVE_WIN);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    assert_true(ledger->payment.flags & FQ_FLAG_LATE_SUCCESS);
    assert_false(fq_ledger_is_operators(ledger));
}

static void test_the_platform_proves_paid_too(void **state)
{
    (void)state;
    struct fq_attempt *attempt = resolve_open_unknown();
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(resolve_say(attempt, FQ_OUTCOME_PAID, LATER + 1), FQ_MOVE_CONFIRM);
    assert_false(fq_ledger_is_operators(ledger));
    assert_true(fq_str_equal(ledger->payment.platform_ref, fq_lit("2026")));
    assert_true(resolve_journal_says("move=proven by the platform too\n"));
    assert_int_equal(resolve_events(FQ_EVENT_PAYMENT_PAID), 1);
}

static void test_the_platform_denies_what_the_operator_said(void **state)
{
    (void)state;
    struct fq_attempt *attempt = resolve_open_unknown();
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(resolve_say(attempt, FQ_OUTCOME_CLOSED, LATER + 1), FQ_MOVE_MISTRUST);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    assert_true(ledger->payment.flags & FQ_FLAG_TO_CHECK);
    assert_int_equal(resolve_events(FQ_EVENT_FOR_OPERATOR), 2);
}

static void test_paid_after_unpaid_was_a_mistake(void **state)
{
    (void)state;
    (void)resolve_open_unknown();
    resolution.as = FQ_RESOLVE_UNPAID;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    resolution.as = FQ_RESOLVE_PAID;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    assert_true(fq_ledger_is_operators(ledger));
    resolution.as = FQ_RESOLVE_UNPAID;
    resolve_refused(FQ_RESOLVE_E_PROVEN);
}

/* ---- refunds ---- */

static void test_refunded(void **state)
{
    (void)state;
    struct fq_refund *refund = resolve_refund_unknown();
    resolution.amount_minor = 100000;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(refund->state, FQ_REFUND_REFUNDED);
    assert_true(refund->by_operator);
    assert_int_equal(ledger->payment.refunded_minor, 100000);
    assert_int_equal(resolve_events(FQ_EVENT_REFUNDED), 1);
    assert_int_equal(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR, 0);
    assert_false(fq_ledger_is_operators(ledger));
}

static void test_not_refunded_releases_the_money(void **state)
{
    (void)state;
    struct fq_refund *refund = resolve_refund_unknown();
    resolution.as = FQ_RESOLVE_NOT_REFUNDED;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(refund->state, FQ_REFUND_FAILED);
    assert_int_equal(ledger->payment.refund_counted_minor, 0);
    assert_int_equal(resolve_events(FQ_EVENT_REFUND_FAILED), 1);
    assert_int_equal(resolve_say_refund(refund, FQ_OUTCOME_REFUNDED, LATER), FQ_MOVE_REFUNDED);
    assert_false(refund->by_operator);
}

static void test_a_refund_said_again_is_the_same(void **state)
{
    (void)state;
    (void)resolve_refund_unknown();
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_true(resolution.is_repeated);
    assert_int_equal(ledger->payment.refunded_minor, 100000);
}

static void test_a_refund_that_can_be_asked_about(void **state)
{
    (void)state;
    (void)resolve_refund_submitted();
    resolve_refused(FQ_RESOLVE_E_CAN_BE_ASKED);
    resolution.can_be_asked = false;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
}

static void test_a_refund_that_was_proven(void **state)
{
    (void)state;
    struct fq_refund *refund = resolve_refund_submitted();
    (void)resolve_say_refund(refund, FQ_OUTCOME_REFUNDED, CREATED + 4000);
    resolution.as = FQ_RESOLVE_NOT_REFUNDED;
    resolve_refused(FQ_RESOLVE_E_PROVEN);
}

/* It cannot be planned, or the platform was never reached: it need not stay reserved for ever. */
static void test_a_refund_that_never_left_is_given_up(void **state)
{
    (void)state;
    struct fq_refund *refund = resolve_refund_unknown();
    fq_move_withdraw_refund(ledger, refund, resolution.now_ms);
    resolution.as = FQ_RESOLVE_NOT_REFUNDED;
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(resolution.move, FQ_MOVE_FAIL);
    assert_int_equal(refund->state, FQ_REFUND_FAILED);
    assert_true(refund->by_operator);
    assert_int_equal(refund->due_ms, 0);
    assert_int_equal(ledger->payment.refund_counted_minor, 0);
    assert_int_equal(ledger->payment.n_unknown, 0);
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_true(resolution.is_repeated);
}

static void test_a_refund_that_may_still_leave_is_not_given_up(void **state)
{
    (void)state;
    struct fq_refund *refund = resolve_refund_submitted();
    fq_move_withdraw_refund(ledger, refund, resolution.now_ms);
    resolution.now_ms = refund->deadline_ms - 1;
    resolution.as = FQ_RESOLVE_NOT_REFUNDED;
    resolve_refused(FQ_RESOLVE_E_CAN_BE_ASKED);
}

/* Failed, and then the platform hinted that money moved, and does not say more. */
static void test_a_failed_refund_in_doubt_is_resolved_either_way(void **state)
{
    static const uint32_t ways[] = { FQ_RESOLVE_NOT_REFUNDED, FQ_RESOLVE_REFUNDED };
    for (size_t i = 0; i < fq_array_size(ways); i++) {
        resolve_teardown(state);
        resolve_setup(state);
        struct fq_refund *refund = resolve_refund_submitted();
        (void)resolve_say_refund(refund, FQ_OUTCOME_REFUND_FAILED, CREATED + 4000);
        fq_move_ask_refund(refund, CREATED + 5000);
        (void)resolve_say_refund(refund, FQ_OUTCOME_PENDING, refund->deadline_ms + 1);
        assert_int_equal(ledger->payment.n_unknown, 1);
        resolution.now_ms = refund->deadline_ms + 2;
        resolution.refund_n = refund->n;
        resolution.as = ways[i];
        assert_int_equal(fq_resolve(ledger, &resolution), 0);
        assert_int_equal(refund->state, i == 0 ? FQ_REFUND_FAILED : FQ_REFUND_REFUNDED);
        assert_int_equal(refund->due_ms, 0);
        assert_int_equal(ledger->payment.n_unknown, 0);
        assert_int_equal(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR, 0);
    }
}

static void test_another_refund_amount_than_ours(void **state)
{
    (void)state;
    (void)resolve_refund_unknown();
    resolution.amount_minor = 699900;
    resolve_refused(FQ_RESOLVE_E_AMOUNT);
}

static void test_words_for_the_other_object(void **state)
{
    (void)state;
    (void)resolve_refund_unknown();
    resolution.as = FQ_RESOLVE_PAID;
    resolve_refused(FQ_RESOLVE_E_OTHER_OBJECT);
    resolution.refund_n = 0;
    resolution.as = FQ_RESOLVE_NOT_REFUNDED;
    resolve_refused(FQ_RESOLVE_E_OTHER_OBJECT);
    resolution.as = FQ_RESOLVE_REFUNDED;
    resolution.refund_n = 2;
    resolve_refused(FQ_RESOLVE_E_ABSENT);
}

/* ---- contradictions ---- */

static void test_a_contradiction_is_checked_off(void **state)
{
    (void)state;
    struct fq_attempt *attempt = resolve_open();
    (void)resolve_say(attempt, FQ_OUTCOME_PAID, CREATED + 2000);
    resolution.as = FQ_RESOLVE_CHECKED;
    resolve_refused(FQ_RESOLVE_E_NO_DOUBT);
    (void)resolve_say(attempt, FQ_OUTCOME_NOT_FOUND, CREATED + 3000);
    assert_true(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR);
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_int_equal(ledger->payment.flags, FQ_FLAG_CHECKED);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(fq_resolve(ledger, &resolution), 0);
    assert_true(resolution.is_repeated);
    (void)resolve_say(attempt, FQ_OUTCOME_NOT_FOUND, CREATED + 4000);
    assert_true(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR);
}

#define RESOLVE_TEST(name) cmocka_unit_test_setup_teardown(name, resolve_setup, resolve_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESOLVE_TEST(test_paid),
        RESOLVE_TEST(test_what_only_the_platform_knows_stays_unsaid),
        RESOLVE_TEST(test_unpaid_after_the_buyers_time_closes),
        RESOLVE_TEST(test_the_journal_names_file_people_and_user),
        RESOLVE_TEST(test_nobody_has_to_look_any_more),
        RESOLVE_TEST(test_said_again_it_is_the_same),
        RESOLVE_TEST(test_before_the_last_deadline_the_platform_is_to_be_asked),
        RESOLVE_TEST(test_past_it_but_not_asked_since_it_is_to_be_asked),
        RESOLVE_TEST(test_past_it_and_nobody_can_be_asked),
        RESOLVE_TEST(test_that_nobody_can_be_asked_is_no_reason_before),
        RESOLVE_TEST(test_never_against_what_the_platform_proved),
        RESOLVE_TEST(test_nor_against_a_proven_death),
        RESOLVE_TEST(test_nothing_was_sent),
        RESOLVE_TEST(test_another_amount_than_ours),
        RESOLVE_TEST(test_of_several_unknown_ones_one_must_be_named),
        RESOLVE_TEST(test_the_flag_stays_while_another_is_unknown),
        RESOLVE_TEST(test_a_late_success_after_unpaid),
        RESOLVE_TEST(test_the_platform_proves_paid_too),
        RESOLVE_TEST(test_the_platform_denies_what_the_operator_said),
        RESOLVE_TEST(test_paid_after_unpaid_was_a_mistake),
        RESOLVE_TEST(test_refunded),
        RESOLVE_TEST(test_not_refunded_releases_the_money),
        RESOLVE_TEST(test_a_refund_said_again_is_the_same),
        RESOLVE_TEST(test_a_refund_that_can_be_asked_about),
        RESOLVE_TEST(test_a_refund_that_was_proven),
        RESOLVE_TEST(test_a_refund_that_never_left_is_given_up),
        RESOLVE_TEST(test_a_refund_that_may_still_leave_is_not_given_up),
        RESOLVE_TEST(test_a_failed_refund_in_doubt_is_resolved_either_way),
        RESOLVE_TEST(test_another_refund_amount_than_ours),
        RESOLVE_TEST(test_words_for_the_other_object),
        RESOLVE_TEST(test_a_contradiction_is_checked_off),
    };
    return cmocka_run_group_tests_name("core/resolve", tests, NULL, NULL);
}
