/* SPDX-License-Identifier: Apache-2.0 */
/* What a payment keeps of its payer, how long, and what it says of the buyer's identity. */

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/core/settle.h"

#define NOW_MS     INT64_C(1000000)
#define EXPIRES_MS (NOW_MS + 600000)

static struct fq_arena *arena;
static struct fq_ledger *ledger;

static void identity_begin(bool is_asked)
{
    ledger = fq_ledger_new(arena);
    struct fq_payment *payment = &ledger->payment;
    payment->seq = 1;
    payment->merchant_id = fq_lit("shop");
    payment->amount = (struct fq_money){ 699900, "CNY", 2 };
    payment->expires_ms = EXPIRES_MS;
    payment->identity_asked = is_asked;
    payment->payer = is_asked ? fq_lit("sealed") : (struct fq_str){ NULL, 0 };
    fq_move_create(ledger, NOW_MS);
}

static int identity_setup(void **state)
{
    (void)state;
    arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    identity_begin(true);
    return 0;
}

static int identity_teardown(void **state)
{
    (void)state;
    fq_arena_free(arena);
    return 0;
}

static void identity_open(void)
{
    static const struct fq_schedule schedule = { .first_ms = 2000, .max_ms = 60000 };
    struct fq_attempt plan = { .order_number = fq_lit("T1"),
                               .deadline_ms = EXPIRES_MS,
                               .settle_after_ms = EXPIRES_MS };
    assert_int_equal(fq_move_open_attempt(ledger, &plan, false, NOW_MS + 1, &schedule), 0);
}

static void identity_say(uint32_t outcome, uint32_t identity, int64_t at_ms)
{
    static const struct fq_schedule schedule = { .first_ms = 2000, .max_ms = 60000 };
    const struct fq_verdict verdict = { .struct_size = sizeof(verdict),
                                        .step = FQ_STEP_DONE,
                                        .outcome = outcome,
                                        .identity = identity };
    const struct fq_judgement judgement = { .verdict = &verdict,
                                            .evidence = { .kind = "answer" },
                                            .asked_ms = at_ms,
                                            .now_ms = at_ms,
                                            .schedule = &schedule };
    (void)fq_settle_attempt(ledger, &ledger->attempts[0], &judgement);
}

/* ---- how long the payer is kept ---- */

static void the_payer_is_kept_while_the_buyer_may_still_pay(void **state)
{
    (void)state;
    assert_true(ledger->payment.payer.len > 0);
    identity_open();
    fq_move_returned(ledger, NOW_MS + 2);
    identity_say(FQ_OUTCOME_PENDING, FQ_IDENTITY_UNSET, NOW_MS + 3);
    identity_say(FQ_OUTCOME_DECLINED, FQ_IDENTITY_UNSET, NOW_MS + 4);
    identity_say(FQ_OUTCOME_CLOSED, FQ_IDENTITY_UNSET, NOW_MS + 5);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_OPEN);
    assert_true(ledger->payment.payer.len > 0);
}

static void paid_forgets_the_payer(void **state)
{
    (void)state;
    identity_open();
    identity_say(FQ_OUTCOME_PAID, FQ_IDENTITY_REAL_NAME_MATCHED, NOW_MS + 3);
    assert_int_equal(ledger->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(ledger->payment.payer.len, 0);
    assert_true(ledger->payment.identity_asked);
}

static void every_way_to_closed_forgets_the_payer(void **state)
{
    (void)state;
    fq_move_expire(ledger, EXPIRES_MS);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_EXPIRED);
    assert_int_equal(ledger->payment.payer.len, 0);

    identity_begin(true);
    fq_move_request_close(ledger, NOW_MS + 1);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_REQUESTED);
    assert_int_equal(ledger->payment.payer.len, 0);

    identity_begin(true);
    identity_open();
    identity_say(FQ_OUTCOME_DECLINED, FQ_IDENTITY_UNSET, EXPIRES_MS);
    assert_int_equal(ledger->payment.close_reason, FQ_CLOSE_DECLINED);
    assert_int_equal(ledger->payment.payer.len, 0);
}

/* ---- what is said of the identity ---- */

static void what_was_not_asked_is_not_claimed(void **state)
{
    (void)state;
    identity_begin(false);
    assert_int_equal(ledger->payment.identity, FQ_IDENTITY_NOT_ASKED);
    identity_open();
    identity_say(FQ_OUTCOME_PAID, FQ_IDENTITY_UNSET, NOW_MS + 3);
    assert_int_equal(ledger->payment.identity, FQ_IDENTITY_NOT_ASKED);
    assert_false(ledger->payment.identity_asked);
}

static void a_login_is_known_without_asking(void **state)
{
    (void)state;
    identity_begin(false);
    identity_open();
    identity_say(FQ_OUTCOME_PAID, FQ_IDENTITY_PLATFORM_LOGIN, NOW_MS + 3);
    assert_int_equal(ledger->payment.identity, FQ_IDENTITY_PLATFORM_LOGIN);
    assert_false(ledger->payment.identity_asked);
}

static void asked_and_not_answered_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(ledger->payment.identity, FQ_IDENTITY_UNKNOWN);
    identity_open();
    identity_say(FQ_OUTCOME_PAID, FQ_IDENTITY_UNSET, NOW_MS + 3);
    assert_int_equal(ledger->payment.identity, FQ_IDENTITY_UNKNOWN);
    assert_true(ledger->payment.identity_asked);
}

static void the_platforms_word_is_taken(void **state)
{
    (void)state;
    identity_open();
    identity_say(FQ_OUTCOME_PAID, FQ_IDENTITY_MISMATCH, NOW_MS + 3);
    assert_int_equal(ledger->payment.identity, FQ_IDENTITY_MISMATCH);
    assert_int_equal(ledger->payment.verification, FQ_VERIFICATION_FAILED);
}

/* A settlement file or a query may prove the payment first, a message that names the person come
 * later. */
static void a_word_about_the_person_may_come_after_the_money(void **state)
{
    (void)state;
    identity_open();
    identity_say(FQ_OUTCOME_PAID, FQ_IDENTITY_UNSET, NOW_MS + 3);
    int64_t version = ledger->payment.version;
    identity_say(FQ_OUTCOME_PAID, FQ_IDENTITY_REAL_NAME_MATCHED, NOW_MS + 4);
    assert_int_equal(ledger->payment.identity, FQ_IDENTITY_REAL_NAME_MATCHED);
    assert_int_equal(ledger->payment.version, version + 1);
}

static void what_was_said_of_the_person_stays(void **state)
{
    (void)state;
    const uint32_t later[] = { FQ_IDENTITY_UNSET, FQ_IDENTITY_UNKNOWN, FQ_IDENTITY_NOT_ASKED,
                               FQ_IDENTITY_REAL_NAME_MATCHED, FQ_IDENTITY_PLATFORM_LOGIN };
    identity_open();
    identity_say(FQ_OUTCOME_PAID, FQ_IDENTITY_MISMATCH, NOW_MS + 3);
    int64_t version = ledger->payment.version;
    for (size_t i = 0; i < fq_array_size(later); i++)
        identity_say(FQ_OUTCOME_PAID, later[i], NOW_MS + 4);
    assert_int_equal(ledger->payment.identity, FQ_IDENTITY_MISMATCH);
    assert_int_equal(ledger->payment.version, version);
}

#define IDENTITY_TEST(name) cmocka_unit_test_setup_teardown(name, identity_setup, identity_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IDENTITY_TEST(the_payer_is_kept_while_the_buyer_may_still_pay),
        IDENTITY_TEST(paid_forgets_the_payer),
        IDENTITY_TEST(every_way_to_closed_forgets_the_payer),
        IDENTITY_TEST(what_was_not_asked_is_not_claimed),
        IDENTITY_TEST(a_login_is_known_without_asking),
        IDENTITY_TEST(asked_and_not_answered_is_unknown),
        IDENTITY_TEST(the_platforms_word_is_taken),
        IDENTITY_TEST(a_word_about_the_person_may_come_after_the_money),
        IDENTITY_TEST(what_was_said_of_the_person_stays),
    };
    return cmocka_run_group_tests_name("core/identity", tests, NULL, NULL);
}
