/* SPDX-License-Identifier: Apache-2.0 */
/* The money of each try: what is left of it, whose goes back next, what counts and what does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/core/settle.h"

#define AMOUNT INT64_C(699900)
#define NOW    INT64_C(1000000)

static const struct fq_schedule schedule = { .first_ms = 2000, .max_ms = 60000 };
static struct fq_arena *arena;
static struct fq_ledger *ledger;

/* Three tries: won, dead, won. */
static int ledger_setup(void **state)
{
    (void)state;
    static const uint32_t states[] = { FQ_ATTEMPT_WON, FQ_ATTEMPT_DEAD, FQ_ATTEMPT_WON };
    static const char *const numbers[] = { "T1", "T2", "T3" };
    arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    ledger = fq_ledger_new(arena);
    ledger->payment.seq = 1;
    ledger->payment.version = 1;
    ledger->payment.merchant_id = fq_lit("shop");
    ledger->payment.amount = (struct fq_money){ AMOUNT, "CNY", 2 };
    ledger->payment.state = FQ_PAYMENT_PAID;
    ledger->payment.paid_ms = NOW;
    ledger->payment.n_attempts = fq_array_size(states);
    for (uint32_t i = 0; i < fq_array_size(states); i++)
        ledger->attempts[i] = (struct fq_attempt){ .n = i + 1,
                                                   .state = states[i],
                                                   .order_number = fq_str_of(numbers[i]) };
    assert_true(fq_ledger_validate(ledger));
    return 0;
}

static int ledger_teardown(void **state)
{
    (void)state;
    fq_arena_free(arena);
    return 0;
}

static int64_t ledger_left(uint32_t n)
{
    return fq_ledger_left(ledger, &ledger->attempts[n - 1]);
}

static uint32_t ledger_refundable(void)
{
    const struct fq_attempt *attempt = fq_ledger_refundable(ledger);
    return attempt != NULL ? attempt->n : 0;
}

/* Reserved, and on its way. */
static struct fq_refund *ledger_refund(uint32_t attempt_n, int64_t minor, int expected)
{
    static const char *const numbers[] = { "R1", "R2", "R3", "R4", "R5", "R6" };
    const struct fq_refund plan = { .attempt_n = attempt_n,
                                    .origin = FQ_ORIGIN_STOREFRONT,
                                    .number = fq_str_of(numbers[ledger->payment.n_refunds]),
                                    .amount_minor = minor };
    struct fq_refund *refund = NULL;
    assert_int_equal(fq_move_reserve_refund(ledger, &plan, NOW, &refund), expected);
    if (refund != NULL)
        assert_int_equal(fq_move_submit_refund(ledger, refund, NOW, &schedule), 0);
    return refund;
}

static void ledger_say(uint32_t refund_n, uint32_t outcome)
{
    const struct fq_verdict verdict = { .struct_size = sizeof(verdict), .outcome = outcome };
    const struct fq_judgement judgement = { .verdict = &verdict,
                                            .evidence = { .kind = "answer" },
                                            .asked_ms = NOW,
                                            .now_ms = NOW + 1,
                                            .schedule = &schedule };
    (void)fq_settle_refund(ledger, fq_ledger_refund(ledger, refund_n), &judgement);
}

static void ledger_assert_counted(int64_t first, int64_t third)
{
    assert_int_equal(ledger->attempts[0].refund_counted_minor, first);
    assert_int_equal(ledger->attempts[2].refund_counted_minor, third);
    assert_int_equal(ledger->payment.refund_counted_minor, first + third);
}

/* ---- what is left, and of whom ---- */

static void test_only_a_won_try_has_something_left(void **state)
{
    (void)state;
    assert_int_equal(ledger_left(1), AMOUNT);
    assert_int_equal(ledger_left(2), 0);
    ledger->attempts[1].state = FQ_ATTEMPT_SENT;
    assert_int_equal(ledger_left(2), 0);
}

static void test_what_is_left_is_never_negative(void **state)
{
    (void)state;
    ledger->attempts[0].refund_counted_minor = AMOUNT - 1;
    assert_int_equal(ledger_left(1), 1);
    ledger->attempts[0].refund_counted_minor = AMOUNT + 1;
    assert_int_equal(ledger_left(1), 0);
}

static void test_of_equals_the_later_goes_back_first(void **state)
{
    (void)state;
    assert_int_equal(ledger_refundable(), 3);
}

static void test_of_two_the_one_with_more_left_goes_back_first(void **state)
{
    (void)state;
    ledger->attempts[2].refund_counted_minor = 1;
    assert_int_equal(ledger_refundable(), 1);
    ledger->attempts[0].refund_counted_minor = 2;
    assert_int_equal(ledger_refundable(), 3);
}

static void test_where_none_has_won_none_is_refundable(void **state)
{
    (void)state;
    ledger->attempts[0].state = FQ_ATTEMPT_SENT;
    ledger->attempts[2].state = FQ_ATTEMPT_DEAD;
    assert_int_equal(ledger_refundable(), 0);
}

/* ---- reserving ---- */

static void test_a_refund_counts_for_its_own_try(void **state)
{
    (void)state;
    ledger_refund(1, 100, 0);
    ledger_assert_counted(100, 0);
    ledger_refund(3, AMOUNT, 0);
    ledger_assert_counted(100, AMOUNT);
    assert_true(ledger->attempts[0].is_dirty);
    assert_true(fq_ledger_validate(ledger));
}

static void test_no_try_gives_back_more_than_its_own_money(void **state)
{
    (void)state;
    ledger_refund(1, AMOUNT + 1, FQ_MOVE_E_TOO_MUCH);
    ledger_refund(1, AMOUNT, 0);
    ledger_refund(1, 1, FQ_MOVE_E_TOO_MUCH);
    ledger_refund(2, 1, FQ_MOVE_E_TOO_MUCH);
    ledger_refund(4, 1, FQ_MOVE_E_NOT_NOW);
    ledger_refund(0, 1, FQ_MOVE_E_NOT_NOW);
    ledger_refund(3, AMOUNT, 0);
    ledger_refund(3, 1, FQ_MOVE_E_TOO_MUCH);
    ledger_assert_counted(AMOUNT, AMOUNT);
    assert_true(fq_ledger_validate(ledger));
}

/* ---- what came of it ---- */

static void test_a_failed_refund_counts_no_more_and_once(void **state)
{
    (void)state;
    ledger_refund(1, 500, 0);
    ledger_refund(1, 70, 0);
    for (int i = 0; i < 2; i++) {
        ledger_say(1, FQ_OUTCOME_REFUND_FAILED);
        ledger_assert_counted(70, 0);
    }
    assert_int_equal(ledger_left(1), AMOUNT - 70);
    assert_true(fq_ledger_validate(ledger));
}

static void test_a_done_refund_stays_counted(void **state)
{
    (void)state;
    ledger_refund(3, 500, 0);
    for (int i = 0; i < 2; i++) {
        ledger_say(1, FQ_OUTCOME_REFUNDED);
        ledger_assert_counted(0, 500);
        assert_int_equal(ledger->payment.refunded_minor, 500);
    }
}

static void test_a_failed_refund_that_is_done_after_all_counts_again(void **state)
{
    (void)state;
    ledger_refund(1, 500, 0);
    ledger_say(1, FQ_OUTCOME_REFUND_FAILED);
    for (int i = 0; i < 2; i++) {
        ledger_say(1, FQ_OUTCOME_REFUNDED);
        ledger_assert_counted(500, 0);
        assert_int_equal(ledger->payment.refunded_minor, 500);
    }
    assert_int_equal(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR, 0);
    assert_true(fq_ledger_validate(ledger));
}

/* Meanwhile its money was given back another time: of this try more went back than came in, though
 * the payment as a whole has enough. */
static void test_more_than_a_try_had_is_for_the_operator(void **state)
{
    (void)state;
    ledger_refund(1, AMOUNT, 0);
    ledger_say(1, FQ_OUTCOME_REFUND_FAILED);
    ledger_refund(1, 1, 0);
    ledger_say(1, FQ_OUTCOME_REFUNDED);
    ledger_assert_counted(AMOUNT + 1, 0);
    assert_true(ledger->payment.flags & FQ_FLAG_FOR_OPERATOR);
    assert_int_equal(ledger_left(1), 0);
    assert_int_equal(ledger_refundable(), 3);
    assert_true(fq_ledger_validate(ledger));
}

/* ---- what may be written ---- */

static void test_more_than_was_won_is_not_written(void **state)
{
    (void)state;
    ledger->payment.refund_counted_minor = 2 * AMOUNT;
    assert_true(fq_ledger_validate(ledger));
    ledger->payment.refund_counted_minor = 2 * AMOUNT + 1;
    assert_false(fq_ledger_validate(ledger));
    ledger->payment.flags = FQ_FLAG_FOREIGN_REFUND;
    assert_true(fq_ledger_validate(ledger));
}

static void test_a_count_below_zero_is_not_written(void **state)
{
    (void)state;
    ledger->attempts[1].refund_counted_minor = -1;
    assert_false(fq_ledger_validate(ledger));
}

/* ---- taking back a submission ---- */

static void test_only_a_submitted_refund_is_taken_back(void **state)
{
    (void)state;
    struct fq_refund *refund = ledger_refund(1, 500, 0);
    int64_t version = ledger->payment.version;
    for (int i = 0; i < 2; i++) {
        fq_move_withdraw_refund(ledger, refund, NOW + 1);
        assert_int_equal(refund->state, FQ_REFUND_RESERVED);
        assert_int_equal(refund->submitted_ms, 0);
        assert_int_equal(ledger->payment.version, version + 1);
    }
    ledger_assert_counted(500, 0);
    (void)fq_move_submit_refund(ledger, refund, NOW + 2, &schedule);
    ledger_say(1, FQ_OUTCOME_REFUNDED);
    fq_move_withdraw_refund(ledger, refund, NOW + 3);
    assert_int_equal(refund->state, FQ_REFUND_REFUNDED);
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, ledger_setup, ledger_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_only_a_won_try_has_something_left),
        LEDGER_TEST(test_what_is_left_is_never_negative),
        LEDGER_TEST(test_of_equals_the_later_goes_back_first),
        LEDGER_TEST(test_of_two_the_one_with_more_left_goes_back_first),
        LEDGER_TEST(test_where_none_has_won_none_is_refundable),
        LEDGER_TEST(test_a_refund_counts_for_its_own_try),
        LEDGER_TEST(test_no_try_gives_back_more_than_its_own_money),
        LEDGER_TEST(test_a_failed_refund_counts_no_more_and_once),
        LEDGER_TEST(test_a_done_refund_stays_counted),
        LEDGER_TEST(test_a_failed_refund_that_is_done_after_all_counts_again),
        LEDGER_TEST(test_more_than_a_try_had_is_for_the_operator),
        LEDGER_TEST(test_more_than_was_won_is_not_written),
        LEDGER_TEST(test_a_count_below_zero_is_not_written),
        LEDGER_TEST(test_only_a_submitted_refund_is_taken_back),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
