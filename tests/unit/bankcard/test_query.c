/* SPDX-License-Identifier: Apache-2.0 */
/* What a query asks, and what each verified answer means for an order. */
#include "tests/unit/bankcard/bankcard_test.h"

static const struct fq_exchange *query(void)
{
    return &fenqi_adapter()->query;
}

/* The order, with one field changed. */
static void judge(const char *name, const char *value)
{
    test_order_message();
    test_put(name, value);
    test_seal();
    test_resume(query());
}

/* ---- what is asked ---- */

static void the_order_is_asked_for_by_its_original_key(void **state)
{
    (void)state;
    test_call.now_unix_ms += 3600000;
    test_begin(query());
    assert_fields(test_sent("https://gateway.example.com/gateway/api/queryTrans.do"),
                  "bizType=000000&orderId=" TEST_ORDER
                  "&txnSubType=00&txnTime=20260315101112&txnType=00");
    assert_int_equal(test_verdict.memory.n_items, 0);
}

static void without_the_original_time_nothing_is_asked(void **state)
{
    (void)state;
    test_call.memory.n_items = 0;
    assert_begin_fails(query(), "the transaction's txnTime is not known");
}

/* ---- an order that is paid ---- */

static void a_paid_order_is_paid(void **state)
{
    (void)state;
    judge("respCode", "00");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_host.n_verified, 1);
    assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_slice(test_verdict.platform_ref, TEST_QUERY_ID);
    assert_int_equal(test_verdict.amount.minor, 699900);
    assert_string_equal(test_verdict.amount.currency, "CNY");
    assert_int_equal(test_verdict.amount.exponent, 2);
    assert_int_equal(test_verdict.instalments, 6);
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_NOT_ASKED);
    assert_slice(test_verdict.platform_code, "00/0000000");
    assert_slice(test_verdict.platform_text, "成功[0000000]");
    assert_slice(test_verdict.proof, "origRespCode=00");
}

static void what_refunds_will_want_is_remembered(void **state)
{
    (void)state;
    judge("respCode", "00");
    assert_int_equal(test_verdict.memory.n_items, 3);
    assert_memory("txn_time", TEST_TXN_TIME);
    assert_memory("query_id", TEST_QUERY_ID);
    assert_memory("settle_date", "0315");
    judge("settleDate", "15 March");
    assert_int_equal(test_verdict.memory.n_items, 2);
    assert_memory("query_id", TEST_QUERY_ID);
}

static void a_success_with_a_defect_is_paid_and_shows_it(void **state)
{
    (void)state;
    judge("origRespCode", "A6");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_slice(test_verdict.platform_code, "A6/0000000");
    assert_slice(test_verdict.proof, "origRespCode=A6");
}

static void the_terms_used_are_told_if_they_are_said(void **state)
{
    (void)state;

    static const struct {
        const char *info;
        uint32_t terms;
    } cases[] = {
        { "{numberOfInstallments=12}", 12 },
        { "{mchntFeeSubsidy=004320&numberOfInstallments=03}", 3 },
        { "numberOfInstallments=24", 24 },
        { "{numberOfInstallments=61}", 0 },
        { "{numberOfInstallments=}", 0 },
        { "{numberOfInstallments=six}", 0 },
        { "{numberOfInstallments=06&numberOfInstallments=12}", 0 },
        { "{}", 0 },
        { "", 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge("instalTransInfo", cases[i].info);
        assert_outcome(FQ_OUTCOME_PAID);
        assert_int_equal(test_verdict.instalments, cases[i].terms);
    }
}

static void a_plain_consume_has_one_instalment(void **state)
{
    (void)state;
    test_call.instalments = 1;
    judge("txnSubType", "01");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.instalments, 1);
}

static void whether_a_payer_was_compared_the_setting_says(void **state)
{
    (void)state;
    static const struct fq_pair memory[] = {
        { fq_slice("txn_time"), fq_slice(TEST_TXN_TIME) },
        { fq_slice("payer"), fq_slice("sent") },
    };
    test_call.memory = (struct fq_pairs){ memory, 2 };
    judge("respCode", "00");
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_UNKNOWN);
    assert_memory("payer", "sent");
    assert_int_equal(test_open("identity_is_checked=yes"), 0);
    judge("respCode", "00");
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_REAL_NAME_MATCHED);
    judge("origRespCode", "66");
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_UNSET);
}

static void another_amount_is_told_as_it_is(void **state)
{
    (void)state;
    judge("txnAmt", "1");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.amount.minor, 1);
}

/* ---- an order that is not ---- */

static void assert_code(const char *code, uint32_t outcome)
{
    judge("origRespCode", code);
    assert_outcome(outcome);
    assert_int_equal(test_verdict.platform_ref.len, 0); /* each try has one of its own */
    assert_int_equal(test_verdict.memory.n_items, 0);
}

static void a_failure_is_a_decline(void **state)
{
    (void)state;
    static const char *const codes[] = { "01", "11", "33", "42", "45", "60",
                                         "64", "66", "71", "82", "02", "06" };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_code(codes[i], FQ_OUTCOME_DECLINED);
        assert_slice(test_verdict.number, TEST_ORDER);
        assert_memory_equal(test_verdict.platform_code.ptr, codes[i], 2);
    }
}

static void an_order_under_way_is_pending(void **state)
{
    (void)state;
    static const char *const codes[] = { "05", "70", "83" };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_code(codes[i], FQ_OUTCOME_PENDING);
}

static void what_nobody_can_tell_is_unknown(void **state)
{
    (void)state;
    static const char *const codes[] = { "03", "04", "12", "34", "37", "99", "ZZ", "84" };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_code(codes[i], FQ_OUTCOME_UNKNOWN);
}

static void a_debit_without_a_posting_is_unknown_and_loud(void **state)
{
    (void)state;
    assert_code("74", FQ_OUTCOME_UNKNOWN);
    assert_slice(test_verdict.platform_text, "debited, but not posted: to be reconciled by hand");
    assert_code("75", FQ_OUTCOME_UNKNOWN);
    assert_slice(test_verdict.platform_code, "75/0000000");
}

static void an_order_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    test_message(TEST_ORDER, "00", "00");
    test_put("respCode", "34");
    test_put("respMsg", "查无此交易[2600000]");
    test_seal();
    test_resume(query());
    assert_outcome(FQ_OUTCOME_NOT_FOUND);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_slice(test_verdict.platform_code, "34/2600000");
    assert_slice(test_verdict.proof, "respCode=34");
}

static void pending_is_final_only_where_the_setting_says_so(void **state)
{
    (void)state;
    test_call.now_unix_ms = TEST_DEADLINE_MS + INT64_C(300001);
    assert_code("05", FQ_OUTCOME_PENDING);
    assert_code("03", FQ_OUTCOME_UNKNOWN);
    assert_int_equal(test_open("pending_is_final_after_timeout=yes"), 0);
    assert_code("05", FQ_OUTCOME_DECLINED);
    assert_code("03", FQ_OUTCOME_DECLINED);
    assert_code("74", FQ_OUTCOME_UNKNOWN);
    test_call.now_unix_ms--;
    assert_code("05", FQ_OUTCOME_PENDING);
    assert_code("03", FQ_OUTCOME_UNKNOWN);
}

/* ---- a query that is not answered ---- */

static void a_query_that_failed_says_nothing_of_the_order(void **state)
{
    (void)state;
    static const char *const codes[] = { "01", "03", "05", "10", "11", "12", "31", "99", "98" };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        judge("respCode", codes[i]);
        assert_outcome(FQ_OUTCOME_UNKNOWN);
        assert_int_equal(test_verdict.retry_after_ms, 0);
        assert_memory_equal(test_verdict.platform_code.ptr, codes[i], 2);
    }
}

static void too_many_questions_ask_for_patience(void **state)
{
    (void)state;
    judge("respCode", "37");
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    assert_true(test_verdict.retry_after_ms == 60000);
}

static void an_answer_without_a_result_is_unknown(void **state)
{
    (void)state;
    static const char *const codes[] = { "", "0", "00 ", "é" };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        judge("origRespCode", codes[i]);
        assert_outcome(FQ_OUTCOME_UNKNOWN);
    }
}

static void another_kind_of_transaction_is_unknown(void **state)
{
    (void)state;
    judge("txnType", "04");
    assert_unknown("the answer is about another kind of transaction");
    judge("txnSubType", "01");
    assert_unknown("the answer is about another kind of transaction");
    test_call.instalments = 1;
    judge("txnSubType", "03");
    assert_unknown("the answer is about another kind of transaction");
}

static void an_answer_without_an_amount_is_unknown(void **state)
{
    (void)state;
    static const char *const amounts[] = { "", "0", "-1", "1.00", "1234567890123", "699900 " };
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        judge("txnAmt", amounts[i]);
        assert_unknown("the answer says no amount in CNY");
    }
    judge("currencyCode", "840");
    assert_unknown("the answer says no amount in CNY");
    judge("currencyCode", "");
    assert_unknown("the answer says no amount in CNY");
}

/* It is told apart by its key; money is only looked at where there is some. */
static void a_decline_need_not_repeat_the_amount(void **state)
{
    (void)state;
    test_order_message();
    test_drop("txnAmt");
    test_drop("currencyCode");
    test_put("origRespCode", "64");
    test_seal();
    test_resume(query());
    assert_outcome(FQ_OUTCOME_DECLINED);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_string_equal(test_verdict.amount.currency, "");
    test_put("txnAmt", "0");
    test_seal();
    test_resume(query());
    assert_unknown("the answer says no amount in CNY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bankcard_test(the_order_is_asked_for_by_its_original_key),
        bankcard_test(without_the_original_time_nothing_is_asked),
        bankcard_test(a_paid_order_is_paid),
        bankcard_test(what_refunds_will_want_is_remembered),
        bankcard_test(a_success_with_a_defect_is_paid_and_shows_it),
        bankcard_test(the_terms_used_are_told_if_they_are_said),
        bankcard_test(a_plain_consume_has_one_instalment),
        bankcard_test(whether_a_payer_was_compared_the_setting_says),
        bankcard_test(another_amount_is_told_as_it_is),
        bankcard_test(a_failure_is_a_decline),
        bankcard_test(an_order_under_way_is_pending),
        bankcard_test(what_nobody_can_tell_is_unknown),
        bankcard_test(a_debit_without_a_posting_is_unknown_and_loud),
        bankcard_test(an_order_that_is_not_there_is_not_found),
        bankcard_test(pending_is_final_only_where_the_setting_says_so),
        bankcard_test(a_query_that_failed_says_nothing_of_the_order),
        bankcard_test(too_many_questions_ask_for_patience),
        bankcard_test(an_answer_without_a_result_is_unknown),
        bankcard_test(another_kind_of_transaction_is_unknown),
        bankcard_test(an_answer_without_an_amount_is_unknown),
        bankcard_test(a_decline_need_not_repeat_the_amount),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
