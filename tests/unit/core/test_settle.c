/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: every pair of state and outcome is walked, and every move of our own. */
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

static int settle_setup(void **state)
{
    (void)state;
    arena = fq_arena_new(4 * FQ_ARENA_SIZE_MAX); /* a hundred refunds, made one by one */
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

static int settle_teardown(void **state)
{
    (void)state;
    fq_arena_free(arena);
    return 0;
}

static struct fq_attempt *settle_open(void)
{
    static const char *const numbers[] = { "T1", "T2", "T3" };
    struct fq_attempt plan = { .order_number = fq_str_of(numbers[ledger->payment.n_attempts]),
                               .deadline_ms = EXPIRES,
                               .settle_after_ms = SETTLE_AFTER };
    assert_int_equal(fq_move_open_attempt(ledger, &plan, false, CREATED + 1000, &schedule), 0);
    return fq_ledger_attempt(ledger, ledger->payment.n_attempts);
}

static uint32_t settle_say(struct fq_attempt *attempt, uint32_t outcome)
{
    verdict.outcome = outcome;
    return fq_settle_attempt(ledger, attempt, &judgement);
}

static void settle_after_the_deadline(void)
{
    judgement.asked_ms = SETTLE_AFTER;
    judgement.now_ms = SETTLE_AFTER + 50;
}

static size_t settle_events(uint32_t kind)
{
    size_t n = 0;
    for (const struct fq_event *event = ledger->events; event != NULL; event = event->next)
        n += event->kind == kind;
    return n;
}

static size_t settle_journal(void)
{
    size_t n = 0;
    for (const struct fq_journal_entry *entry = ledger->journal; entry != NULL; entry = entry->next)
        n++;
    return n;
}

/* ---- the tables, every cell ---- */

static void test_every_pair_of_attempt_state_and_outcome(void **state)
{
    /* By hand from the rules, not from the code: I ignore, A ask again, W win, C confirm, D
     * decline, X die, N absent, M mistrust, B bug. Outcomes: UNSET UNKNOWN PENDING ACCEPTED PAID
     * DECLINED CLOSED REFUNDED REFUND_FAILED NOT_FOUND. */
    static const char *const rows[] = { "BBBBBBBBBB", "BAAAWDXBBN", "BAAAWDXBBN", "BIIICMMBBM",
                                        "BIIIWIIBBI" };

    static const struct {
        char letter;
        uint32_t move;
    } letters[] = {
        { 'B', FQ_MOVE_BUG }, { 'I', FQ_MOVE_IGNORE },  { 'A', FQ_MOVE_AGAIN },
        { 'W', FQ_MOVE_WIN }, { 'C', FQ_MOVE_CONFIRM }, { 'D', FQ_MOVE_DECLINE },
        { 'X', FQ_MOVE_DIE }, { 'N', FQ_MOVE_ABSENT },  { 'M', FQ_MOVE_MISTRUST },
    };

    (void)state;
    for (uint32_t s = 0; s < 5; s++) {
        for (uint32_t o = 0; o < 10; o++) {
            for (size_t i = 0; i < fq_array_size(letters); i++) {
                if (letters[i].letter == rows[s][o])
                    assert_int_equal(fq_attempt_move(s, o), letters[i].move);
            }
        }
    }
    assert_int_equal(fq_attempt_move(5, 1), FQ_MOVE_BUG);
    assert_int_equal(fq_attempt_move(2, 10), FQ_MOVE_BUG);
}

static void test_every_pair_of_refund_state_and_outcome(void **state)
{
    static const char *const rows[] = { "BBBBBBBBBB", "BAIIBBBRII", "BAAABBBRFA", "BIIIBBBIMM",
                                        "BIIIBBBRII" };

    static const struct {
        char letter;
        uint32_t move;
    } letters[] = {
        { 'B', FQ_MOVE_BUG },      { 'I', FQ_MOVE_IGNORE }, { 'A', FQ_MOVE_AGAIN },
        { 'R', FQ_MOVE_REFUNDED }, { 'F', FQ_MOVE_FAIL },   { 'M', FQ_MOVE_MISTRUST },
    };

    (void)state;
    for (uint32_t s = 0; s < 5; s++) {
        for (uint32_t o = 0; o < 10; o++) {
            for (size_t i = 0; i < fq_array_size(letters); i++) {
                if (letters[i].letter == rows[s][o])
                    assert_int_equal(fq_refund_move(s, o), letters[i].move);
            }
        }
    }
}

/* Whatever is said in whatever state, twice: the ledger stays valid, and the second time is silent.
 */
static void test_every_word_leaves_a_valid_ledger_and_repeats_quietly(void **state)
{
    for (uint32_t attempt_state = FQ_ATTEMPT_SENT; attempt_state <= FQ_ATTEMPT_DEAD;
         attempt_state++) {
        for (uint32_t outcome = FQ_OUTCOME_UNKNOWN; outcome <= FQ_OUTCOME_NOT_FOUND; outcome++) {
            if (fq_attempt_move(attempt_state, outcome) == FQ_MOVE_BUG)
                continue;
            settle_teardown(state);
            settle_setup(state);
            struct fq_attempt *attempt = settle_open();
            if (attempt_state == FQ_ATTEMPT_WON)
                settle_say(attempt, FQ_OUTCOME_PAID);
            if (attempt_state == FQ_ATTEMPT_DEAD)
                settle_say(attempt, FQ_OUTCOME_CLOSED);
            assert_int_equal(attempt->state, attempt_state);
            settle_say(attempt, outcome);
            assert_true(fq_ledger_validate(ledger));
            size_t n_journal = settle_journal();
            int64_t version = ledger->payment.version;
            settle_say(attempt, outcome);
            assert_int_equal(settle_journal(), n_journal);
            assert_int_equal(ledger->payment.version, version);
        }
    }
}

/* ---- paying ---- */

static void test_paid_is_paid_once(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    assert_int_equal(settle_say(attempt, FQ_OUTCOME_PAID), FQ_MOVE_WIN);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    settle_say(attempt, FQ_OUTCOME_PAID);
    assert_int_equal(settle_events(FQ_EVENT_PAYMENT_PAID), 1);
    assert_int_equal(attempt->due_ms, 0);
}

static void test_terms_are_confirmed_different_or_unconfirmed(void **state)
{
    static const struct {
        uint32_t used, match;
    } rows[] = { { 12, FQ_TERMS_CONFIRMED },
                 { 6, FQ_TERMS_DIFFERENT },
                 { 0, FQ_TERMS_UNCONFIRMED } };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        settle_teardown(state);
        settle_setup(state);
        verdict.instalments = rows[i].used;
        settle_say(settle_open(), FQ_OUTCOME_PAID);
        assert_int_equal(ledger->payment.terms_match, rows[i].match);
        assert_int_equal(settle_events(FQ_EVENT_TERMS_DIFFER), rows[i].match == FQ_TERMS_DIFFERENT);
    }
}

static void test_terms_named_later_are_taken(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    settle_say(attempt, FQ_OUTCOME_PAID);
    verdict.instalments = 12;
    assert_int_equal(settle_say(attempt, FQ_OUTCOME_PAID), FQ_MOVE_CONFIRM);
    assert_int_equal(ledger->payment.terms_match, FQ_TERMS_CONFIRMED);
    assert_int_equal(settle_events(FQ_EVENT_PAYMENT_PAID), 1);
}

static void test_paid_after_closed_is_a_late_success(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    settle_after_the_deadline();
    settle_say(attempt, FQ_OUTCOME_NOT_FOUND);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_CLOSED);
    settle_say(attempt, FQ_OUTCOME_PAID);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    assert_true(ledger->payment.flags & FQ_FLAG_LATE_SUCCESS);
    assert_int_equal(settle_events(FQ_EVENT_LATE_SUCCESS), 1);
    assert_true(fq_ledger_validate(ledger));
}

static void test_two_paid_attempts_are_flagged(void **state)
{
    (void)state;
    struct fq_attempt *first = settle_open();
    settle_say(first, FQ_OUTCOME_CLOSED);
    struct fq_attempt *second = settle_open();
    settle_say(second, FQ_OUTCOME_PAID);
    settle_say(first, FQ_OUTCOME_PAID);
    assert_true(ledger->payment.flags & FQ_FLAG_DOUBLE_PAID);
    assert_int_equal(settle_events(FQ_EVENT_DOUBLE_PAID), 1);
    assert_int_equal(settle_events(FQ_EVENT_PAYMENT_PAID), 1);
}

static void test_what_was_refunded_elsewhere_is_told_once(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    verdict.has_refunded_total = 1;
    verdict.refunded_total_minor = 0;
    settle_say(attempt, FQ_OUTCOME_PAID);
    assert_int_equal(settle_events(FQ_EVENT_FOREIGN_REFUND), 0);
    verdict.refunded_total_minor = 699900;
    settle_say(attempt, FQ_OUTCOME_PAID);
    settle_say(attempt, FQ_OUTCOME_PAID);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    assert_true(ledger->payment.flags & FQ_FLAG_FOREIGN_REFUND);
    assert_int_equal(settle_events(FQ_EVENT_FOREIGN_REFUND), 1);
}

static void test_closed_on_a_paid_payment_closes_nothing(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    settle_say(attempt, FQ_OUTCOME_PAID);
    judgement.asked_ms = judgement.now_ms + 1;
    judgement.now_ms += 100;
    settle_say(attempt, FQ_OUTCOME_CLOSED);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    assert_true(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR);
}

/* The answer was on its way when the notification came. */
static void test_an_answer_asked_for_before_the_proof_contradicts_nothing(void **state)
{
    (void)state;
    static const uint32_t outcomes[] = { FQ_OUTCOME_DECLINED, FQ_OUTCOME_CLOSED,
                                         FQ_OUTCOME_NOT_FOUND };
    struct fq_attempt *attempt = settle_open();
    settle_say(attempt, FQ_OUTCOME_PAID);
    judgement.asked_ms = judgement.now_ms;
    judgement.now_ms += 100;
    for (size_t i = 0; i < fq_array_size(outcomes); i++)
        assert_int_equal(settle_say(attempt, outcomes[i]), FQ_MOVE_IGNORE);
    assert_int_equal(ledger->payment.flags, 0);
    judgement.asked_ms = 0; /* told, not asked for: it comes after */
    assert_int_equal(settle_say(attempt, FQ_OUTCOME_DECLINED), FQ_MOVE_MISTRUST);
}

static void test_another_number_of_the_platform_is_mistrusted(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    verdict.platform_ref = fq_lit("2026001");
    settle_say(attempt, FQ_OUTCOME_PENDING);
    verdict.platform_ref = fq_lit("2026002");
    assert_int_equal(settle_say(attempt, FQ_OUTCOME_PAID), FQ_MOVE_MISTRUST);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_OPEN);
    assert_true(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR);
    assert_true(attempt->due_ms > judgement.now_ms);
    verdict.platform_ref = fq_lit("2026001");
    settle_say(attempt, FQ_OUTCOME_PAID);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
}

/* ---- not paying ---- */

static void test_a_decline_before_the_deadline_is_provisional(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    settle_say(attempt, FQ_OUTCOME_DECLINED);
    assert_int_equal(attempt->state, FQ_ATTEMPT_SENT);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_OPEN);
    settle_say(attempt, FQ_OUTCOME_PAID);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
}

static void test_a_decline_after_the_deadline_closes(void **state)
{
    (void)state;
    settle_after_the_deadline();
    settle_say(settle_open(), FQ_OUTCOME_DECLINED);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_DECLINED);
}

static void test_time_alone_never_ends_an_attempt(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    judgement.asked_ms = SETTLE_AFTER + 100 * FQ_OPERATOR_AFTER_MS;
    judgement.now_ms = judgement.asked_ms;
    settle_say(attempt, FQ_OUTCOME_UNKNOWN);
    fq_move_expire(ledger, judgement.now_ms);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_OPEN);
    assert_int_equal(attempt->state, FQ_ATTEMPT_SENT);
    assert_true(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR);
    assert_true(attempt->due_ms > judgement.now_ms);
}

static void test_closed_in_time_lets_the_buyer_try_again(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    settle_say(attempt, FQ_OUTCOME_CLOSED);
    assert_int_equal(attempt->state, FQ_ATTEMPT_DEAD);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_OPEN);
    assert_int_equal(ledger->payment.due_ms, EXPIRES);
    settle_open();
}

static void test_the_back_off_doubles_up_to_its_maximum(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    static const int64_t delays[] = { 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
    for (size_t i = 0; i < fq_array_size(delays); i++) {
        settle_say(attempt, FQ_OUTCOME_PENDING);
        assert_int_equal(attempt->due_ms - judgement.now_ms, delays[i]);
    }
}

static void test_asking_does_not_sleep_past_the_deadline(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    attempt->n_asked = 10;
    judgement.now_ms = SETTLE_AFTER - 5000;
    settle_say(attempt, FQ_OUTCOME_PENDING);
    assert_int_equal(attempt->due_ms, SETTLE_AFTER);
}

static void test_an_adapter_puts_a_question_off_for_an_hour_at_most(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    judgement.now_ms = SETTLE_AFTER;
    verdict.retry_after_ms = 1500;
    settle_say(attempt, FQ_OUTCOME_PENDING);
    assert_int_equal(attempt->due_ms - judgement.now_ms, 1500);
    verdict.retry_after_ms = INT64_MAX;
    settle_say(attempt, FQ_OUTCOME_PENDING);
    assert_int_equal(attempt->due_ms - judgement.now_ms, FQ_RETRY_AFTER_MAX_MS);
}

static void test_a_move_whose_journal_entry_does_not_fit_is_not_written(void **state)
{
    (void)state;
    static char bytes[16384];
    memset(bytes, 'x', sizeof(bytes));
    struct fq_attempt *attempt = settle_open();
    assert_true(fq_ledger_validate(ledger));
    judgement.evidence.proof = (struct fq_str){ bytes, sizeof(bytes) };
    settle_say(attempt, FQ_OUTCOME_PAID);
    assert_false(fq_ledger_validate(ledger));
}

static void test_the_longest_evidence_fits(void **state)
{
    (void)state;
    static char bytes[512];
    memset(bytes, '%', sizeof(bytes));
    struct fq_attempt *attempt = settle_open();
    judgement.evidence.proof = (struct fq_str){ bytes, sizeof(bytes) };
    judgement.evidence.code = judgement.evidence.proof;
    judgement.evidence.key = judgement.evidence.proof;
    settle_say(attempt, FQ_OUTCOME_PAID);
    assert_true(fq_ledger_validate(ledger));
}

/* ---- closing ---- */

static void test_a_close_with_nothing_sent_closes_at_once(void **state)
{
    (void)state;
    uint32_t generation = ledger->payment.token_generation;
    fq_move_request_close(ledger, CREATED + 10);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_REQUESTED);
    assert_true(ledger->payment.token_generation > generation);
}

static void test_a_close_with_a_live_attempt_waits_for_proof(void **state)
{
    (void)state;
    struct fq_attempt *attempt = settle_open();
    uint32_t generation = ledger->payment.token_generation;
    fq_move_request_close(ledger, CREATED + 2000);
    fq_move_request_close(ledger, CREATED + 2001);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_OPEN);
    assert_int_equal(ledger->payment.token_generation, generation + 1);
    assert_int_equal(fq_closes_by_ms(ledger), SETTLE_AFTER);
    settle_say(attempt, FQ_OUTCOME_CLOSED);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_REQUESTED);
}

static void test_nothing_is_opened_once_a_close_was_asked_for(void **state)
{
    (void)state;
    struct fq_attempt plan = { .order_number = fq_lit("T9") };
    settle_say(settle_open(), FQ_OUTCOME_CLOSED);
    fq_move_request_close(ledger, CREATED + 2000);
    assert_int_equal(fq_move_open_attempt(ledger, &plan, false, CREATED + 3000, &schedule),
                     FQ_MOVE_E_NOT_NOW);
}

static void test_a_second_attempt_needs_the_first_one_dead(void **state)
{
    (void)state;
    struct fq_attempt plan = { .order_number = fq_lit("T9") };
    settle_open();
    assert_int_equal(fq_move_open_attempt(ledger, &plan, false, CREATED + 3000, &schedule),
                     FQ_MOVE_E_NOT_NOW);
}

static void test_an_unopened_payment_expires(void **state)
{
    (void)state;
    fq_move_expire(ledger, EXPIRES - 1);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_OPEN);
    fq_move_expire(ledger, EXPIRES);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_EXPIRED);
}

/* ---- refunds ---- */

static struct fq_refund *settle_refund(int64_t amount_minor, int expected)
{
    struct fq_refund plan = { .origin = FQ_ORIGIN_STOREFRONT,
                              .attempt_n = 1,
                              .number = fq_lit("R1"),
                              .amount_minor = amount_minor };
    struct fq_refund *refund = NULL;
    assert_int_equal(fq_move_reserve_refund(ledger, &plan, CREATED + 9000, &refund), expected);
    return refund;
}

static void settle_paid(void)
{
    settle_say(settle_open(), FQ_OUTCOME_PAID);
}

static struct fq_refund *settle_submitted(int64_t amount_minor, int64_t at_ms)
{
    settle_paid();
    struct fq_refund *refund = settle_refund(amount_minor, 0);
    fq_move_submit_refund(ledger, refund, at_ms, &schedule);
    return refund;
}

static uint32_t settle_say_refund(struct fq_refund *refund, uint32_t outcome)
{
    verdict.outcome = outcome;
    return fq_settle_refund(ledger, refund, &judgement);
}

static void test_refunds_never_exceed_what_was_paid(void **state)
{
    (void)state;
    settle_refund(1, FQ_MOVE_E_NOT_NOW);
    settle_paid();
    settle_refund(0, FQ_MOVE_E_TOO_MUCH);
    settle_refund(-1, FQ_MOVE_E_TOO_MUCH);
    settle_refund(699901, FQ_MOVE_E_TOO_MUCH);
    settle_refund(699899, 0);
    settle_refund(2, FQ_MOVE_E_TOO_MUCH);
    settle_refund(1, 0);
    settle_refund(1, FQ_MOVE_E_TOO_MUCH);
    assert_true(fq_ledger_validate(ledger));
}

static void test_refunds_of_ours_have_a_limit_and_the_platforms_none(void **state)
{
    (void)state;
    static const struct fq_evidence evidence = { .kind = "answer" };
    const struct fq_refund found = {
        .origin = FQ_ORIGIN_PLATFORM, .attempt_n = 1, .number = fq_lit("R2"), .amount_minor = 1
    };
    settle_paid();
    ledger->payment.n_refunds = FQ_REFUNDS_MAX - 1;
    settle_refund(1, 0);
    settle_refund(1, FQ_MOVE_E_NOT_NOW);
    assert_int_equal(fq_move_book_refund(ledger, &found, CREATED + 9000, &evidence), 0);
    assert_int_equal(ledger->payment.n_refunds, FQ_REFUNDS_MAX + 1);
    assert_true(fq_ledger_validate(ledger));
}

static void test_a_refund_that_cannot_be_planned_is_tried_later(void **state)
{
    (void)state;
    settle_paid();
    struct fq_refund *refund = settle_refund(100000, 0);
    assert_int_equal(settle_say_refund(refund, FQ_OUTCOME_UNKNOWN), FQ_MOVE_AGAIN);
    assert_int_equal(refund->state, FQ_REFUND_RESERVED);
    assert_int_equal(refund->due_ms, judgement.now_ms + schedule.first_ms);
}

static void test_accepted_is_not_refunded(void **state)
{
    (void)state;
    struct fq_refund *refund = settle_submitted(100000, CREATED + 9100);
    settle_say_refund(refund, FQ_OUTCOME_ACCEPTED);
    assert_int_equal(refund->state, FQ_REFUND_SUBMITTED);
    assert_int_equal(ledger->payment.refunded_minor, 0);
    settle_say_refund(refund, FQ_OUTCOME_REFUNDED);
    settle_say_refund(refund, FQ_OUTCOME_REFUNDED);
    assert_int_equal(ledger->payment.refunded_minor, 100000);
    assert_int_equal(settle_events(FQ_EVENT_REFUNDED), 1);
}

static void test_an_answer_asked_for_before_a_refund_was_proven_contradicts_nothing(void **state)
{
    (void)state;
    struct fq_refund *refund = settle_submitted(100000, CREATED + 4000);
    settle_say_refund(refund, FQ_OUTCOME_REFUNDED);
    judgement.asked_ms = judgement.now_ms;
    assert_int_equal(settle_say_refund(refund, FQ_OUTCOME_NOT_FOUND), FQ_MOVE_IGNORE);
    assert_int_equal(settle_say_refund(refund, FQ_OUTCOME_REFUND_FAILED), FQ_MOVE_IGNORE);
    assert_int_equal(ledger->payment.flags, 0);
    judgement.asked_ms++;
    assert_int_equal(settle_say_refund(refund, FQ_OUTCOME_REFUND_FAILED), FQ_MOVE_MISTRUST);
}

static void test_a_failed_refund_releases_its_reservation(void **state)
{
    (void)state;
    struct fq_refund *refund = settle_submitted(699900, CREATED + 4000);
    settle_say_refund(refund, FQ_OUTCOME_REFUND_FAILED);
    assert_int_equal(ledger->payment.refund_counted_minor, 0);
    settle_refund(699900, 0);
}

/* The answer is about the first sending; the second one may give the money back now. */
static void test_a_failure_asked_about_before_it_was_sent_again_ends_nothing(void **state)
{
    (void)state;
    struct fq_refund *refund = settle_submitted(699900, CREATED + 4000);
    fq_move_submit_refund(ledger, refund, CREATED + 5001, &schedule);
    assert_int_equal(settle_say_refund(refund, FQ_OUTCOME_REFUND_FAILED), FQ_MOVE_AGAIN);
    assert_int_equal(refund->state, FQ_REFUND_SUBMITTED);
    assert_int_equal(ledger->payment.refund_counted_minor, 699900);
    settle_refund(1, FQ_MOVE_E_TOO_MUCH);
    judgement.asked_ms = CREATED + 5001;
    assert_int_equal(settle_say_refund(refund, FQ_OUTCOME_REFUND_FAILED), FQ_MOVE_FAIL);
}

/* Two sendings were on their way: one was refused, the other one, which took longer, was not. */
static void test_a_failed_refund_that_is_accepted_after_all_is_asked_about(void **state)
{
    (void)state;
    struct fq_refund *refund = settle_submitted(699900, CREATED + 4000);
    settle_say_refund(refund, FQ_OUTCOME_REFUND_FAILED);
    assert_int_equal(refund->due_ms, 0);
    assert_int_equal(settle_say_refund(refund, FQ_OUTCOME_PENDING), FQ_MOVE_IGNORE);
    assert_int_equal(refund->due_ms, 0);
    assert_int_equal(settle_say_refund(refund, FQ_OUTCOME_ACCEPTED), FQ_MOVE_AGAIN);
    assert_int_equal(refund->state, FQ_REFUND_FAILED);
    assert_true(refund->due_ms > judgement.now_ms);
    assert_int_equal(settle_say_refund(refund, FQ_OUTCOME_NOT_FOUND), FQ_MOVE_IGNORE);
    assert_int_equal(refund->due_ms, 0);
}

static void test_a_failed_refund_that_moved_money_after_all_is_counted(void **state)
{
    (void)state;
    struct fq_refund *refund = settle_submitted(699900, CREATED + 4000);
    settle_say_refund(refund, FQ_OUTCOME_REFUND_FAILED);
    settle_say_refund(refund, FQ_OUTCOME_REFUNDED);
    assert_int_equal(ledger->payment.refunded_minor, 699900);
    assert_int_equal(ledger->payment.refund_counted_minor, 699900);
    settle_refund(1, FQ_MOVE_E_TOO_MUCH);
}

static void test_a_refund_unknown_for_a_day_is_shown_to_the_operator(void **state)
{
    (void)state;
    struct fq_refund *refund = settle_submitted(100, CREATED + 9100);
    judgement.now_ms = refund->deadline_ms + 1;
    settle_say_refund(refund, FQ_OUTCOME_PENDING);
    assert_int_equal(refund->state, FQ_REFUND_SUBMITTED);
    assert_int_equal(settle_events(FQ_EVENT_FOR_OPERATOR), 1);
}

static const struct fq_evidence evidence = { .kind = "answer" };
static const struct fq_refund found = { .attempt_n = 1,
                                        .origin = FQ_ORIGIN_PLATFORM,
                                        .number = { "console-1", 9 },
                                        .amount_minor = 600000 };

static void test_a_refund_found_at_the_platform_is_counted_once(void **state)
{
    (void)state;
    assert_int_equal(fq_move_book_refund(ledger, &found, CREATED, &evidence), FQ_MOVE_E_NOT_NOW);
    settle_paid();
    assert_int_equal(fq_move_book_refund(ledger, &found, CREATED + 9000, &evidence), 0);
    assert_int_equal(fq_move_book_refund(ledger, &found, CREATED + 9001, &evidence),
                     FQ_MOVE_E_NOT_NOW);
    assert_int_equal(ledger->payment.refunded_minor, 600000);
    assert_int_equal(settle_events(FQ_EVENT_FOREIGN_REFUND), 1);
    settle_refund(99901, FQ_MOVE_E_TOO_MUCH);
    settle_refund(99900, 0);
    assert_true(fq_ledger_validate(ledger));
}

static void test_a_refund_found_beyond_what_is_left_is_counted_and_flagged(void **state)
{
    (void)state;
    settle_paid();
    settle_refund(200000, 0);
    assert_int_equal(fq_move_book_refund(ledger, &found, CREATED + 9000, &evidence), 0);
    assert_true(ledger->payment.flags & FQ_FLAG_FOREIGN_REFUND);
    assert_true(fq_ledger_validate(ledger));
}

#define SETTLE_TEST(name) cmocka_unit_test_setup_teardown(name, settle_setup, settle_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SETTLE_TEST(test_every_pair_of_attempt_state_and_outcome),
        SETTLE_TEST(test_every_pair_of_refund_state_and_outcome),
        SETTLE_TEST(test_every_word_leaves_a_valid_ledger_and_repeats_quietly),
        SETTLE_TEST(test_paid_is_paid_once),
        SETTLE_TEST(test_terms_are_confirmed_different_or_unconfirmed),
        SETTLE_TEST(test_terms_named_later_are_taken),
        SETTLE_TEST(test_paid_after_closed_is_a_late_success),
        SETTLE_TEST(test_two_paid_attempts_are_flagged),
        SETTLE_TEST(test_what_was_refunded_elsewhere_is_told_once),
        SETTLE_TEST(test_closed_on_a_paid_payment_closes_nothing),
        SETTLE_TEST(test_an_answer_asked_for_before_the_proof_contradicts_nothing),
        SETTLE_TEST(test_another_number_of_the_platform_is_mistrusted),
        SETTLE_TEST(test_a_decline_before_the_deadline_is_provisional),
        SETTLE_TEST(test_a_decline_after_the_deadline_closes),
        SETTLE_TEST(test_time_alone_never_ends_an_attempt),
        SETTLE_TEST(test_closed_in_time_lets_the_buyer_try_again),
        SETTLE_TEST(test_the_back_off_doubles_up_to_its_maximum),
        SETTLE_TEST(test_asking_does_not_sleep_past_the_deadline),
        SETTLE_TEST(test_an_adapter_puts_a_question_off_for_an_hour_at_most),
        SETTLE_TEST(test_a_move_whose_journal_entry_does_not_fit_is_not_written),
        SETTLE_TEST(test_the_longest_evidence_fits),
        SETTLE_TEST(test_a_close_with_nothing_sent_closes_at_once),
        SETTLE_TEST(test_a_close_with_a_live_attempt_waits_for_proof),
        SETTLE_TEST(test_nothing_is_opened_once_a_close_was_asked_for),
        SETTLE_TEST(test_a_second_attempt_needs_the_first_one_dead),
        SETTLE_TEST(test_an_unopened_payment_expires),
        SETTLE_TEST(test_refunds_never_exceed_what_was_paid),
        SETTLE_TEST(test_refunds_of_ours_have_a_limit_and_the_platforms_none),
        SETTLE_TEST(test_a_refund_that_cannot_be_planned_is_tried_later),
        SETTLE_TEST(test_accepted_is_not_refunded),
        SETTLE_TEST(test_an_answer_asked_for_before_a_refund_was_proven_contradicts_nothing),
        SETTLE_TEST(test_a_failed_refund_releases_its_reservation),
        SETTLE_TEST(test_a_failure_asked_about_before_it_was_sent_again_ends_nothing),
        SETTLE_TEST(test_a_failed_refund_that_is_accepted_after_all_is_asked_about),
        SETTLE_TEST(test_a_failed_refund_that_moved_money_after_all_is_counted),
        SETTLE_TEST(test_a_refund_found_at_the_platform_is_counted_once),
        SETTLE_TEST(test_a_refund_found_beyond_what_is_left_is_counted_and_flagged),
        SETTLE_TEST(test_a_refund_unknown_for_a_day_is_shown_to_the_operator),
    };
    return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
