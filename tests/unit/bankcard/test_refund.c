/* SPDX-License-Identifier: Apache-2.0 */
/* Refunds and undoes: what is asked, when, and that only certainty ends one. */
#include "tests/unit/bankcard/bankcard_test.h"

static const struct fq_pair refund_memory[] = {
    { fq_slice("kind"), fq_slice("refund") },
    { fq_slice("txn_time"), fq_slice(TEST_TXN_TIME) },
};
static const struct fq_pair undo_memory[] = {
    { fq_slice("kind"), fq_slice("undo") },
    { fq_slice("txn_time"), fq_slice(TEST_TXN_TIME) },
};
static const struct fq_pair refused_memory[] = {
    { fq_slice("kind"), fq_slice("refund") },
    { fq_slice("txn_time"), fq_slice(TEST_TXN_TIME) },
    { fq_slice("refused"), fq_slice("1773540672345|45/2010003") }, /* TEST_NOW_MS */
};

static const struct fq_exchange *refund(void)
{
    return &fenqi_adapter()->refund;
}

static const struct fq_exchange *query_refund(void)
{
    return &fenqi_adapter()->query_refund;
}

static int setup(void **state)
{
    int r = test_setup(state);
    test_call.object = FQ_OBJECT_REFUND;
    test_call.refund_number = fq_slice(TEST_REFUND);
    test_call.refund_amount = (struct fq_money){ 10050, "CNY", 2 };
    test_call.refund_created_unix_ms = TEST_NOW_MS;
    test_call.memory = (struct fq_pairs){ NULL, 0 };
    test_call.attempt_memory = (struct fq_pairs){ test_paid_memory, 2 };
    return r;
}

#define refund_test(function) cmocka_unit_test_setup(function, setup)

static void answer(const char *txn_type, const char *code)
{
    test_message(TEST_REFUND, txn_type, "00");
    test_put("respCode", code);
    test_put("respMsg", "x[2010003]");
    test_put("txnAmt", "10050");
    test_put("queryId", "052603151015427863998");
    test_put("origQryId", TEST_QUERY_ID);
    test_seal();
}

static void judge_refund(const char *code)
{
    answer("04", code);
    test_resume(refund());
}

static void judge_query(const char *txn_type, const char *code)
{
    answer(txn_type, "00");
    test_put("origRespCode", code);
    test_put("origRespMsg", "x[0000000]");
    test_seal();
    test_resume(query_refund());
}

static void judge_absent(void)
{
    test_message(TEST_REFUND, "00", "00");
    test_put("respCode", "34");
    test_put("respMsg", "查无此交易[2600000]");
    test_seal();
    test_resume(query_refund());
}

/* ---- what is asked ---- */

static void a_refund_is_a_transaction_of_its_own(void **state)
{
    (void)state;
    test_begin(refund());
    assert_fields(test_sent("https://gateway.example.com/gateway/api/backTransReq.do"),
                  "backUrl=https://pay.example.com/notify/cards&bizType=000201&channelType=07&"
                  "currencyCode=156&orderId=" TEST_REFUND "&origQryId=" TEST_QUERY_ID
                  "&txnAmt=10050&txnSubType=00&txnTime=20260315101112&txnType=04");
    assert_int_equal(test_verdict.memory.n_items, 2);
    assert_memory("kind", "refund");
    assert_memory("txn_time", TEST_TXN_TIME);
}

static void an_undo_takes_back_the_whole_payment(void **state)
{
    (void)state;
    assert_begin_fails(&fenqi_adapter()->undo, "only all of it can be undone");
    test_call.refund_amount.minor = 699900;
    test_begin(&fenqi_adapter()->undo);
    struct fq_pairs fields = test_sent("https://gateway.example.com/gateway/api/backTransReq.do");
    assert_slice(fq_pairs_get(fields, "txnType"), "31");
    assert_slice(fq_pairs_get(fields, "txnAmt"), "699900");
    assert_memory("kind", "undo");
}

static void a_request_that_never_left_keeps_its_time(void **state)
{
    (void)state;
    test_call.memory = (struct fq_pairs){ refund_memory, 2 };
    test_call.now_unix_ms += 60000;
    test_begin(refund());
    assert_slice(fq_pairs_get(test_sent("https://gateway.example.com/gateway/api/backTransReq.do"),
                              "txnTime"),
                 TEST_TXN_TIME);
    assert_memory("txn_time", TEST_TXN_TIME);
}

static void the_payments_number_may_come_from_its_notification(void **state)
{
    (void)state;
    test_call.attempt_memory.n_items = 1;
    assert_begin_fails(refund(), "the queryId of the payment is not known");
    test_call.platform_ref = fq_slice("782603151011126740281");
    test_begin(refund());
    assert_slice(fq_pairs_get(test_sent("https://gateway.example.com/gateway/api/backTransReq.do"),
                              "origQryId"),
                 "782603151011126740281");
    test_call.struct_size = offsetof(struct fq_call, attempt_memory);
    test_call.attempt_memory = (struct fq_pairs){ NULL, 7 }; /* an older daemon has none */
    test_begin(refund());
}

static void what_cannot_be_refunded_is_not_sent(void **state)
{
    (void)state;
    test_call.refund_amount.minor = 0;
    assert_begin_fails(refund(), "no such amount can be refunded");
    test_call.refund_amount.minor = 699901;
    assert_begin_fails(refund(), "no such amount can be refunded");
    test_call.refund_amount.minor = 1;
    test_call.refund_number = fq_slice("R1");
    assert_begin_fails(refund(), "the refund's number is not 8 to 32 of [0-9A-Za-z]");
}

static void a_refund_is_asked_about_by_its_own_key(void **state)
{
    (void)state;
    test_call.memory = (struct fq_pairs){ undo_memory, 2 };
    test_begin(query_refund());
    assert_fields(test_sent("https://gateway.example.com/gateway/api/queryTrans.do"),
                  "bizType=000000&orderId=" TEST_REFUND
                  "&txnSubType=00&txnTime=20260315101112&txnType=00");
    test_call.memory.n_items = 0;
    assert_begin_fails(query_refund(), "the transaction's txnTime is not known");
}

/* ---- the answer to the request ---- */

static void success_is_accepted_and_no_more(void **state)
{
    (void)state;
    judge_refund("00");
    assert_outcome(FQ_OUTCOME_ACCEPTED);
    assert_int_equal(test_verdict.object, FQ_OBJECT_REFUND);
    assert_slice(test_verdict.number, TEST_REFUND);
    assert_int_equal(test_verdict.amount.minor, 0);
    assert_int_equal(test_verdict.memory.n_items, 0);
}

static void what_is_unclear_is_unknown(void **state)
{
    (void)state;
    static const char *const codes[] = { "03", "04", "05", "34", "37", "70",
                                         "74", "75", "83", "99", "ZZ" };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        judge_refund(codes[i]);
        assert_outcome(FQ_OUTCOME_UNKNOWN);
        assert_int_equal(test_verdict.memory.n_items, 0);
    }
}

static void a_duplicate_is_asked_about(void **state)
{
    (void)state;
    judge_refund("12");
    assert_asks(FQ_OBJECT_REFUND, TEST_REFUND);
    assert_int_equal(test_verdict.memory.n_items, 0);
}

static void a_final_refusal_fails_the_refund(void **state)
{
    (void)state;
    static const char *const codes[] = { "01", "10", "11", "31", "33", "35", "36", "46", "62" };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        judge_refund(codes[i]);
        assert_outcome(FQ_OUTCOME_REFUND_FAILED);
        assert_slice(test_verdict.number, TEST_REFUND);
        assert_int_equal(test_host.n_verified, 1);
    }
}

static void a_refusal_that_may_be_an_echo_is_noted_and_asked_about(void **state)
{
    (void)state;
    static const char *const codes[] = { "45", "02", "06" };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        char note[64];
        judge_refund(codes[i]);
        assert_asks(FQ_OBJECT_REFUND, TEST_REFUND);
        (void)snprintf(note, sizeof(note), "1773540672345|%s/2010003", codes[i]);
        assert_memory("refused", note);
        assert_memory("kind", "refund");
        assert_memory("txn_time", TEST_TXN_TIME);
    }
}

static void an_unsigned_refusal_is_unknown(void **state)
{
    (void)state;
    answer("04", "01");
    test_drop("signature");
    test_write();
    test_resume(refund());
    assert_unknown("the message has no signature");
}

static void the_answer_to_another_kind_of_request_is_unknown(void **state)
{
    (void)state;
    answer("31", "01");
    test_resume(refund());
    assert_unknown("the answer is about another kind of transaction");
    answer("31", "01");
    test_resume(&fenqi_adapter()->undo);
    assert_outcome(FQ_OUTCOME_REFUND_FAILED);
}

/* ---- what became of it ---- */

static void a_refund_that_was_done_is_refunded(void **state)
{
    (void)state;
    test_call.memory = (struct fq_pairs){ refund_memory, 2 };
    judge_query("04", "00");
    assert_outcome(FQ_OUTCOME_REFUNDED);
    assert_int_equal(test_verdict.object, FQ_OBJECT_REFUND);
    assert_slice(test_verdict.number, TEST_REFUND);
    assert_int_equal(test_verdict.amount.minor, 10050);
    assert_string_equal(test_verdict.amount.currency, "CNY");
    assert_slice(test_verdict.proof, "origRespCode=00");
    assert_slice(test_verdict.order_number, "");
}

static void the_kind_is_that_of_the_request(void **state)
{
    (void)state;
    test_call.memory = (struct fq_pairs){ refund_memory, 2 };
    judge_query("31", "00");
    assert_unknown("the answer is about another kind of transaction");
    test_call.memory = (struct fq_pairs){ undo_memory, 2 };
    judge_query("31", "00");
    assert_outcome(FQ_OUTCOME_REFUNDED);
    judge_query("04", "00");
    assert_unknown("the answer is about another kind of transaction");
}

static void every_result_of_a_refund_has_its_outcome(void **state)
{
    (void)state;

    static const struct {
        const char *code;
        uint32_t outcome;
    } cases[] = {
        { "A6", FQ_OUTCOME_REFUNDED },      { "01", FQ_OUTCOME_REFUND_FAILED },
        { "45", FQ_OUTCOME_REFUND_FAILED }, { "36", FQ_OUTCOME_REFUND_FAILED },
        { "05", FQ_OUTCOME_PENDING },       { "03", FQ_OUTCOME_UNKNOWN },
        { "04", FQ_OUTCOME_UNKNOWN },       { "02", FQ_OUTCOME_UNKNOWN },
        { "06", FQ_OUTCOME_UNKNOWN },       { "12", FQ_OUTCOME_UNKNOWN },
        { "34", FQ_OUTCOME_UNKNOWN },       { "74", FQ_OUTCOME_UNKNOWN },
        { "99", FQ_OUTCOME_UNKNOWN },
    };

    test_call.memory = (struct fq_pairs){ refund_memory, 2 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge_query("04", cases[i].code);
        assert_outcome(cases[i].outcome);
    }
}

static void a_refund_in_another_currency_is_unknown(void **state)
{
    (void)state;
    test_call.memory = (struct fq_pairs){ refund_memory, 2 };
    answer("04", "00");
    test_put("origRespCode", "00");
    test_put("currencyCode", "840");
    test_seal();
    test_resume(query_refund());
    assert_unknown("the answer says no amount in CNY");
    test_put("currencyCode", "156");
    test_seal();
    test_resume(query_refund());
    assert_outcome(FQ_OUTCOME_REFUNDED);
}

static void a_refund_that_is_not_there_may_be_under_way(void **state)
{
    (void)state;
    test_call.memory = (struct fq_pairs){ refund_memory, 2 };
    test_call.now_unix_ms += INT64_C(86400000);
    judge_absent();
    assert_outcome(FQ_OUTCOME_NOT_FOUND);
    assert_slice(test_verdict.platform_code, "34/2600000");
}

static void a_refused_refund_fails_when_no_copy_of_it_can_come_any_more(void **state)
{
    (void)state;
    test_call.memory = (struct fq_pairs){ refused_memory, 3 };
    test_call.now_unix_ms = TEST_NOW_MS + 62999;
    judge_absent();
    assert_outcome(FQ_OUTCOME_PENDING);
    assert_true(test_verdict.retry_after_ms == 1);
    test_call.now_unix_ms = TEST_NOW_MS + 299999;
    judge_absent();
    assert_outcome(FQ_OUTCOME_PENDING);
    assert_true(test_verdict.retry_after_ms == 0);
    test_call.now_unix_ms++;
    judge_absent();
    assert_outcome(FQ_OUTCOME_REFUND_FAILED);
    assert_slice(test_verdict.number, TEST_REFUND);
    assert_slice(test_verdict.platform_code, "45/2010003");
    assert_slice(test_verdict.proof, "respCode=34 after code=45/2010003");
}

static void a_refused_refund_that_was_done_before_is_refunded(void **state)
{
    (void)state;
    test_call.memory = (struct fq_pairs){ refused_memory, 3 };
    test_call.now_unix_ms += 86400000;
    judge_query("04", "00");
    assert_outcome(FQ_OUTCOME_REFUNDED);
}

/* ---- when to ask again ---- */

static void questions_come_at_1_2_4_8_16_and_32_seconds(void **state)
{
    (void)state;
    static const int64_t cases[][2] = {
        { 0, 1000 },    { 999, 1 },       { 1000, 2000 },   { 3000, 4000 },
        { 7000, 8000 }, { 15000, 16000 }, { 31000, 32000 }, { 62999, 1 },
        { 63000, 0 },   { 86400000, 0 },  { -1, 0 },
    };
    test_call.memory = (struct fq_pairs){ refund_memory, 2 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_call.now_unix_ms = TEST_NOW_MS + cases[i][0];
        judge_query("04", "05");
        assert_true(test_verdict.retry_after_ms == cases[i][1]);
        judge_refund("00");
        assert_true(test_verdict.retry_after_ms == cases[i][1]);
    }
}

static void too_many_questions_ask_for_patience(void **state)
{
    (void)state;
    test_call.memory = (struct fq_pairs){ refund_memory, 2 };
    answer("00", "37");
    test_resume(query_refund());
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    assert_true(test_verdict.retry_after_ms == 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        refund_test(a_refund_is_a_transaction_of_its_own),
        refund_test(an_undo_takes_back_the_whole_payment),
        refund_test(a_request_that_never_left_keeps_its_time),
        refund_test(the_payments_number_may_come_from_its_notification),
        refund_test(what_cannot_be_refunded_is_not_sent),
        refund_test(a_refund_is_asked_about_by_its_own_key),
        refund_test(success_is_accepted_and_no_more),
        refund_test(what_is_unclear_is_unknown),
        refund_test(a_duplicate_is_asked_about),
        refund_test(a_final_refusal_fails_the_refund),
        refund_test(a_refusal_that_may_be_an_echo_is_noted_and_asked_about),
        refund_test(an_unsigned_refusal_is_unknown),
        refund_test(the_answer_to_another_kind_of_request_is_unknown),
        refund_test(a_refund_that_was_done_is_refunded),
        refund_test(the_kind_is_that_of_the_request),
        refund_test(every_result_of_a_refund_has_its_outcome),
        refund_test(a_refund_in_another_currency_is_unknown),
        refund_test(a_refund_that_is_not_there_may_be_under_way),
        refund_test(a_refused_refund_fails_when_no_copy_of_it_can_come_any_more),
        refund_test(a_refused_refund_that_was_done_before_is_refunded),
        refund_test(questions_come_at_1_2_4_8_16_and_32_seconds),
        refund_test(too_many_questions_ask_for_patience),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
