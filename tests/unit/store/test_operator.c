/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator asks the store: what a person has to look at, how much waits. */
#include "tests/unit/store/rig.h"

static struct fq_evidence answer = { .kind = "answer" };

/* ---- getting there by the same moves as the daemon ---- */

static struct fq_verdict silence = { .struct_size = sizeof(silence),
                                     .step = FQ_STEP_DONE,
                                     .outcome = FQ_OUTCOME_UNKNOWN };

static struct fq_judgement operator_judge(int64_t now_ms)
{
    return (struct fq_judgement){ .verdict = &silence,
                                  .evidence = answer,
                                  .asked_ms = now_ms,
                                  .now_ms = now_ms,
                                  .schedule = &rig_schedule };
}

/* The platform says nothing; when, is told by deed->seq. */
static int decide_silence(struct fq_tx *tx)
{
    struct fq_judgement judgement = operator_judge(deed_of(tx)->seq);
    struct fq_refund *refund = fq_ledger_refund(tx->ledger, tx->refund_n);
    if (refund != NULL)
        (void)fq_settle_refund(tx->ledger, refund, &judgement);
    else
        (void)fq_settle_attempt(tx->ledger, &tx->ledger->attempts[0], &judgement);
    return FQ_DECIDE_WRITE;
}

static int decide_contradict(struct fq_tx *tx)
{
    const struct fq_verdict no = { .struct_size = sizeof(no),
                                   .step = FQ_STEP_DONE,
                                   .outcome = FQ_OUTCOME_NOT_FOUND };
    struct fq_judgement judgement = operator_judge(deed_of(tx)->seq);
    judgement.verdict = &no;
    (void)fq_settle_attempt(tx->ledger, &tx->ledger->attempts[0], &judgement);
    return FQ_DECIDE_WRITE;
}

static int decide_late_word(struct fq_tx *tx)
{
    const struct fq_verdict closed = { .struct_size = sizeof(closed),
                                       .step = FQ_STEP_DONE,
                                       .outcome = FQ_OUTCOME_CLOSED };
    struct fq_judgement judgement = operator_judge(deed_of(tx)->seq);
    judgement.verdict = &closed;
    (void)fq_settle_attempt(tx->ledger, &tx->ledger->attempts[0], &judgement);
    return FQ_DECIDE_WRITE;
}

static void operator_do(const struct rig *rig, int64_t seq, uint32_t refund_n, int64_t at_ms,
                        int (*decide)(struct fq_tx *tx))
{
    FQ_CLEANUP(deed) *deed = deed_new(decide);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = seq;
    deed->tx.refund_n = refund_n;
    deed->seq = at_ms;
    assert_int_equal(rig_do(rig, deed), 0);
}

#define PAST_ALL (RIG_NOW_MS + 660000 + FQ_OPERATOR_AFTER_MS + 1)

static struct look *operator_look(const struct rig *rig, uint32_t n_max)
{
    struct look *look = look_new(FQ_READ_UNKNOWN);
    look->read.n_max = n_max;
    assert_int_equal(rig_look(rig, look), 0);
    return look;
}

static void assert_text(struct fq_str actual, const char *expected)
{
    assert_true(fq_str_equal(actual, fq_str_of(expected)));
}

/* ---- what is unknown ---- */

static void test_what_is_on_its_way_is_not_unknown(void **state)
{
    rig_create(*state, 1);
    rig_open_attempt(*state, 1, "FQ1");
    operator_do(*state, 1, 0, RIG_NOW_MS + 5000, decide_silence);
    FQ_CLEANUP(look) *look = operator_look(*state, 10);
    assert_int_equal(look->read.n_rows, 0);
}

static void test_an_attempt_past_its_deadline_is_shown_whole(void **state)
{
    rig_create(*state, 1);
    rig_open_attempt(*state, 1, "FQ1");
    operator_do(*state, 1, 0, PAST_ALL, decide_silence);
    FQ_CLEANUP(look) *look = operator_look(*state, 10);
    assert_int_equal(look->read.n_rows, 1);
    const struct fq_unknown_row *row = look->read.unknown;
    assert_int_equal(row->seq, 1);
    assert_int_equal(row->secret[0], 1);
    assert_int_equal(row->kind, 1);
    assert_int_equal(row->n, 1);
    assert_int_equal(row->since_ms, PAST_ALL);
    assert_text(row->merchant_id, "m-1");
    assert_text(row->channel, "alipay-cn");
    assert_text(row->number, "FQ1");
    assert_int_equal(row->amount.minor, 699900);
    assert_string_equal(row->amount.currency, "CNY");
    assert_int_equal(row->amount.exponent, 2);
    assert_int_equal(row->state, FQ_ATTEMPT_SENT);
    assert_int_equal(row->n_asked, 1);
    assert_int_equal(row->deadline_ms, RIG_NOW_MS + 660000);
    assert_int_equal(row->due_ms, PAST_ALL + FQ_OPERATOR_AFTER_MS);
}

static void test_a_refund_past_its_deadline_is_shown_by_its_own_number_and_amount(void **state)
{
    rig_create(*state, 1);
    rig_pay(*state, 1, "FQ1");
    rig_refund(*state, 1, "FR1");
    operator_do(*state, 1, 1, RIG_NOW_MS + FQ_REFUND_DEADLINE_MS + 1, decide_silence);
    FQ_CLEANUP(look) *look = operator_look(*state, 10);
    assert_int_equal(look->read.n_rows, 1);
    assert_int_equal(look->read.unknown[0].kind, 2);
    assert_int_equal(look->read.unknown[0].n, 1);
    assert_int_equal(look->read.unknown[0].amount.minor, 100);
    assert_text(look->read.unknown[0].number, "FR1");
}

static void test_a_contradiction_is_shown_as_the_payment(void **state)
{
    rig_create(*state, 1);
    rig_pay(*state, 1, "FQ1");
    operator_do(*state, 1, 0, RIG_NOW_MS + 1, decide_contradict);
    FQ_CLEANUP(look) *look = operator_look(*state, 10);
    assert_int_equal(look->read.n_rows, 1);
    assert_int_equal(look->read.unknown[0].kind, 3);
    assert_int_equal(look->read.unknown[0].state, FQ_PAYMENT_PAID);
}

static void test_the_platforms_word_takes_it_off_the_list(void **state)
{
    rig_create(*state, 1);
    rig_open_attempt(*state, 1, "FQ1");
    operator_do(*state, 1, 0, PAST_ALL, decide_silence);
    operator_do(*state, 1, 0, PAST_ALL + 1, decide_late_word);
    FQ_CLEANUP(look) *look = operator_look(*state, 10);
    assert_int_equal(look->read.n_rows, 0);
    FQ_CLEANUP(look) *payment = rig_payment(*state, 1);
    assert_int_equal(payment->read.ledger->payment.flags, 0);
    assert_int_equal(payment->read.ledger->payment.n_unknown, 0);
}

static void test_the_oldest_come_first_and_no_more_than_wished(void **state)
{
    static const char *const numbers[] = { "FQ1", "FQ2", "FQ3" };
    for (int64_t seq = 1; seq <= 3; seq++) {
        rig_create(*state, seq);
        rig_open_attempt(*state, seq, numbers[seq - 1]);
        operator_do(*state, seq, 0, PAST_ALL + 10 - seq, decide_silence);
    }
    FQ_CLEANUP(look) *look = operator_look(*state, 2);
    assert_int_equal(look->read.n_rows, 2);
    assert_int_equal(look->read.unknown[0].seq, 3);
    assert_int_equal(look->read.unknown[1].seq, 2);
}

/* ---- how much waits ---- */

static void test_an_empty_store_has_no_work(void **state)
{
    FQ_CLEANUP(look) *look = look_new(FQ_READ_WORK);
    look->read.now_ms = RIG_NOW_MS;
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.work.n_waiting, 0);
    assert_int_equal(look->read.work.n_due, 0);
    assert_int_equal(look->read.work.due_ms, 0);
}

static void test_work_is_counted_over_attempts_refunds_and_payments(void **state)
{
    rig_create(*state, 1); /* expires */
    rig_create(*state, 2);
    rig_open_attempt(*state, 2, "FQ2"); /* asked about after a second */
    rig_create(*state, 3);
    rig_pay(*state, 3, "FQ3");
    rig_refund(*state, 3, "FR3"); /* due at once */
    FQ_CLEANUP(look) *look = look_new(FQ_READ_WORK);
    look->read.now_ms = RIG_NOW_MS + 1000;
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.work.n_waiting, 3);
    assert_int_equal(look->read.work.n_due, 2);
    assert_int_equal(look->read.work.due_ms, RIG_NOW_MS);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_what_is_on_its_way_is_not_unknown),
        STORE_TEST(test_an_attempt_past_its_deadline_is_shown_whole),
        STORE_TEST(test_a_refund_past_its_deadline_is_shown_by_its_own_number_and_amount),
        STORE_TEST(test_a_contradiction_is_shown_as_the_payment),
        STORE_TEST(test_the_platforms_word_takes_it_off_the_list),
        STORE_TEST(test_the_oldest_come_first_and_no_more_than_wished),
        STORE_TEST(test_an_empty_store_has_no_work),
        STORE_TEST(test_work_is_counted_over_attempts_refunds_and_payments),
    };
    return cmocka_run_group_tests_name("store/operator", tests, NULL, NULL);
}
