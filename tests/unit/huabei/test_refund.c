/* SPDX-License-Identifier: Apache-2.0 */
/* Refunds: what is asked, and that only certainty ends one. */
#include "tests/unit/huabei/huabei_test.h"

#define REFUND_NODE "alipay_trade_refund_response"
#define QUERY_NODE  "alipay_trade_fastpay_refund_query_response"
#define REFUSAL                                                     \
    "{\"code\":\"40004\",\"msg\":\"Business Failed\",\"sub_code\":" \
    "\"ACQ.TRADE_HAS_FINISHED\",\"sub_msg\":\"over\"}"
#define NO_REFUND "{\"code\":\"10000\",\"msg\":\"Success\"}"

static void judge_refund(const char *content)
{
    test_answer_of(REFUND_NODE, content);
    test_resume(&fenqi_adapter()->refund);
}

static void judge_query(const char *content)
{
    test_answer_of(QUERY_NODE, content);
    test_resume(&fenqi_adapter()->query_refund);
}

static int setup(void **state)
{
    int r = test_setup(state);
    test_call.object = FQ_OBJECT_REFUND;
    return r;
}

/* ---- what is asked ---- */

static void a_refund_names_our_number_and_its_amount(void **state)
{
    (void)state;
    test_begin(&fenqi_adapter()->refund);
    struct fq_pairs fields = test_sent_post();
    assert_slice(fq_pairs_get(fields, "method"), "alipay.trade.refund");
    assert_slice(fq_pairs_get(fields, "biz_content"),
                 "{\"out_trade_no\":\"" TEST_ORDER "\",\"out_request_no\":\"" TEST_REFUND
                 "\",\"refund_amount\":\"100.50\",\"refund_reason\":\"坏了\"}");
}

static void a_repeated_refund_asks_the_same(void **state)
{
    (void)state;
    test_begin(&fenqi_adapter()->refund);
    struct fq_str first = test_verdict.message.body;
    test_call.now_unix_ms += 60000;
    test_begin(&fenqi_adapter()->refund);
    assert_true(fq_slice_equal(first, test_verdict.message.body));
}

static void a_refund_without_number_or_amount_is_a_fault(void **state)
{
    (void)state;
    test_call.refund_amount.minor = 0;
    assert_int_equal(
        fenqi_adapter()->refund.begin(test_self, &test_host.host, &test_call, &test_verdict), -1);
    test_call.refund_amount.minor = 1;
    test_call.refund_number.len = 0;
    assert_int_equal(
        fenqi_adapter()->refund.begin(test_self, &test_host.host, &test_call, &test_verdict), -1);
}

static void a_refund_is_asked_about_by_both_numbers(void **state)
{
    (void)state;
    test_begin(&fenqi_adapter()->query_refund);
    struct fq_pairs fields = test_sent_post();
    assert_slice(fq_pairs_get(fields, "method"), "alipay.trade.fastpay.refund.query");
    assert_slice(fq_pairs_get(fields, "biz_content"),
                 "{\"out_trade_no\":\"" TEST_ORDER "\",\"out_request_no\":\"" TEST_REFUND "\"}");
}

/* ---- the refund's own answer ---- */

static void a_good_answer_is_accepted_and_no_more(void **state)
{
    (void)state;
    static const char *const cases[] = { "Y", "N" };
    for (size_t i = 0; i < 2; i++) {
        judge_refund(test_printf("{\"code\":\"10000\",\"fund_change\":\"%s\",\"out_trade_no\":"
                                 "\"" TEST_ORDER "\",\"refund_fee\":\"200.50\"}",
                                 cases[i])
                         .ptr);
        assert_outcome(FQ_OUTCOME_ACCEPTED);
        assert_int_equal(test_verdict.object, FQ_OBJECT_REFUND);
        assert_slice(test_verdict.number, TEST_REFUND);
        assert_int_equal(test_verdict.amount.minor, 0); /* refund_fee is cumulative */
        assert_int_equal(test_verdict.memory.n_items, 0);
    }
}

static void a_refusal_asks_first_and_is_noted(void **state)
{
    (void)state;
    judge_refund(REFUSAL);
    assert_int_equal(test_verdict.step, FQ_STEP_ASK);
    assert_int_equal(test_verdict.outcome, FQ_OUTCOME_UNSET);
    assert_int_equal(test_verdict.object, FQ_OBJECT_REFUND);
    assert_slice(test_verdict.number, TEST_REFUND);
    assert_int_equal(test_verdict.memory.n_items, 1);
    assert_slice(test_verdict.memory.items[0].name, "refused");
    assert_slice(test_verdict.memory.items[0].value, "1773540672345|40004/ACQ.TRADE_HAS_FINISHED");
}

static void an_unheard_of_error_asks_first_and_is_not_noted(void **state)
{
    (void)state;
    judge_refund("{\"code\":\"40004\",\"sub_code\":\"ACQ.SOMETHING_NEW\"}");
    assert_int_equal(test_verdict.step, FQ_STEP_ASK);
    assert_int_equal(test_verdict.memory.n_items, 0);
}

static void what_may_be_repeated_is_unknown(void **state)
{
    (void)state;
    static const char *const cases[] = { "40004\",\"sub_code\":\"ACQ.SYSTEM_ERROR",
                                         "40004\",\"sub_code\":\"ACQ.SELLER_BALANCE_NOT_ENOUGH",
                                         "40004\",\"sub_code\":\"ACQ.REASON_TRADE_BEEN_FREEZEN",
                                         "40004\",\"sub_code\":\"ACQ.TRADE_SETTLE_ERROR",
                                         "20000",
                                         "40002",
                                         "40006" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge_refund(test_printf("{\"code\":\"%s\"}", cases[i]).ptr);
        assert_outcome(FQ_OUTCOME_UNKNOWN);
        assert_int_equal(test_verdict.memory.n_items, 0);
    }
}

static void an_unsigned_refusal_is_unknown_and_not_noted(void **state)
{
    (void)state;
    judge_refund(REFUSAL);
    test_answer.body = fq_slice("{\"" REFUND_NODE "\":" REFUSAL "}");
    test_resume(&fenqi_adapter()->refund);
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    assert_int_equal(test_verdict.memory.n_items, 0);
}

/* ---- what became of it ---- */

#define REFUNDED_BODY                                                                     \
    "{\"code\":\"10000\",\"msg\":\"Success\",\"out_request_no\":\"" TEST_REFUND "\","     \
    "\"out_trade_no\":\"" TEST_ORDER "\",\"refund_amount\":\"100.50\",\"refund_status\":" \
    "\"REFUND_SUCCESS\",\"total_amount\":\"6999.00\",\"trade_no\":\"" TEST_TRADE "\"}"

static void a_refund_that_was_done_is_refunded(void **state)
{
    (void)state;
    judge_query(REFUNDED_BODY);
    assert_outcome(FQ_OUTCOME_REFUNDED);
    assert_int_equal(test_verdict.object, FQ_OBJECT_REFUND);
    assert_slice(test_verdict.number, TEST_REFUND);
    assert_slice(test_verdict.order_number, TEST_ORDER);
    assert_int_equal(test_verdict.amount.minor, 10050);
    assert_slice(test_verdict.platform_ref, TEST_TRADE);
    assert_slice(test_verdict.proof, "refund_status=REFUND_SUCCESS");
}

static void the_fee_that_went_back_stands_beside_the_proof_only(void **state)
{
    (void)state;
    static const char *const fees[][2] = {
        { "23.00", "refund_status=REFUND_SUCCESS, refund_charge_amount=23.00" },
        { "0.00", "refund_status=REFUND_SUCCESS, refund_charge_amount=0.00" },
        { "much", "refund_status=REFUND_SUCCESS" },
    };
    for (size_t i = 0; i < 3; i++) {
        judge_query(test_printf("%.*s,\"refund_charge_amount\":\"%s\"}",
                                (int)sizeof(REFUNDED_BODY) - 2, REFUNDED_BODY, fees[i][0])
                        .ptr);
        assert_outcome(FQ_OUTCOME_REFUNDED);
        assert_int_equal(test_verdict.amount.minor, 10050);
        assert_slice(test_verdict.proof, fees[i][1]);
    }
}

static void a_refund_without_a_status_is_pending(void **state)
{
    (void)state;
    judge_query(NO_REFUND);
    assert_outcome(FQ_OUTCOME_PENDING);
    judge_query("{\"code\":\"10000\",\"out_request_no\":\"" TEST_REFUND "\",\"refund_amount\":"
                "\"100.50\",\"out_trade_no\":\"" TEST_ORDER "\"}");
    assert_outcome(FQ_OUTCOME_PENDING);
}

static void a_refund_that_is_not_named_whole_is_unknown(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{\"code\":\"10000\",\"refund_status\":\"REFUND_SUCCESS\"}",
        "{\"code\":\"10000\",\"refund_status\":\"REFUND_SUCCESS\",\"out_request_no\":\"" TEST_REFUND
        "\",\"out_trade_no\":\"" TEST_ORDER "\"}",
        "{\"code\":\"10000\",\"refund_status\":\"REFUND_SUCCESS\",\"out_request_no\":\"R2\","
        "\"out_trade_no\":\"" TEST_ORDER "\",\"refund_amount\":\"100.50\"}",
        "{\"code\":\"10000\",\"refund_status\":\"REFUND_SUCCESS\",\"out_request_no\":\"" TEST_REFUND
        "\",\"out_trade_no\":\"T2\",\"refund_amount\":\"100.50\"}",
        "{\"code\":\"10000\",\"refund_status\":\"REFUND_MAYBE\",\"out_request_no\":\"" TEST_REFUND
        "\",\"out_trade_no\":\"" TEST_ORDER "\",\"refund_amount\":\"100.50\"}",
        "{\"code\":\"10000\",\"out_request_no\":\"R2\"}",
        "{\"code\":\"40004\",\"sub_code\":\"ACQ.SYSTEM_ERROR\"}",
        "{\"code\":\"40004\",\"sub_code\":\"ACQ.INVALID_PARAMETER\"}",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge_query(cases[i]);
        assert_outcome(FQ_OUTCOME_UNKNOWN);
    }
}

static void an_unknown_trade_is_not_found_with_and_without_prefix(void **state)
{
    (void)state;
    judge_query("{\"code\":\"40004\",\"sub_code\":\"ACQ.TRADE_NOT_EXIST\"}");
    assert_outcome(FQ_OUTCOME_NOT_FOUND);
    judge_query("{\"code\":\"40004\",\"sub_code\":\"TRADE_NOT_EXIST\"}");
    assert_outcome(FQ_OUTCOME_NOT_FOUND);
}

/* ---- refused, and then ---- */

/* The daemon's part: what a verdict remembers comes back in later calls. */
static void remember(void)
{
    if (test_verdict.memory.n_items > 0)
        test_call.memory = test_verdict.memory;
}

static void a_refused_refund_fails_ten_seconds_later_and_not_before(void **state)
{
    (void)state;
    judge_refund(REFUSAL);
    remember();
    test_call.now_unix_ms += 9999;
    judge_query(NO_REFUND);
    assert_outcome(FQ_OUTCOME_PENDING);
    assert_true(test_verdict.retry_after_ms == 1);
    test_call.now_unix_ms += 1;
    judge_query(NO_REFUND);
    assert_outcome(FQ_OUTCOME_REFUND_FAILED);
    assert_int_equal(test_verdict.object, FQ_OBJECT_REFUND);
    assert_slice(test_verdict.number, TEST_REFUND);
    assert_slice(test_verdict.platform_code, "40004/ACQ.TRADE_HAS_FINISHED");
}

static void a_refused_refund_with_an_unreadable_status_is_unknown(void **state)
{
    (void)state;
    static const char *const cases[] = { "null", "{}", "\"\"", "\"\\u0000\"" };
    judge_refund(REFUSAL);
    remember();
    test_call.now_unix_ms += 60000;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge_query(test_printf("{\"code\":\"10000\",\"refund_status\":%s}", cases[i]).ptr);
        assert_outcome(FQ_OUTCOME_UNKNOWN);
    }
}

static void a_refused_refund_of_an_unknown_trade_fails_too(void **state)
{
    (void)state;
    judge_refund("{\"code\":\"40004\",\"sub_code\":\"ACQ.TRADE_NOT_EXIST\"}");
    remember();
    test_call.now_unix_ms += 10000;
    judge_query("{\"code\":\"40004\",\"sub_code\":\"TRADE_NOT_EXIST\"}");
    assert_outcome(FQ_OUTCOME_REFUND_FAILED);
}

static void a_refused_refund_that_was_done_before_is_refunded(void **state)
{
    (void)state;
    judge_refund(REFUSAL);
    remember();
    test_call.now_unix_ms += 60000;
    judge_query(REFUNDED_BODY);
    assert_outcome(FQ_OUTCOME_REFUNDED);
}

static void a_new_try_wipes_the_note(void **state)
{
    (void)state;
    judge_refund(REFUSAL);
    remember();
    test_begin(&fenqi_adapter()->refund);
    assert_int_equal(test_verdict.memory.n_items, 1);
    remember();
    test_call.now_unix_ms += 60000;
    judge_query(NO_REFUND);
    assert_outcome(FQ_OUTCOME_PENDING);
}

static void the_answer_of_a_new_try_wipes_the_note_too(void **state)
{
    (void)state;
    judge_refund(REFUSAL);
    remember();
    test_answer.transport = FQ_TRANSPORT_LOST;
    test_resume(&fenqi_adapter()->refund);
    remember();
    test_call.now_unix_ms += 60000;
    judge_query(NO_REFUND);
    assert_outcome(FQ_OUTCOME_PENDING);
}

static void a_clock_that_went_back_waits(void **state)
{
    (void)state;
    judge_refund(REFUSAL);
    remember();
    test_call.now_unix_ms -= 1;
    judge_query(NO_REFUND);
    assert_outcome(FQ_OUTCOME_PENDING);
    assert_true(test_verdict.retry_after_ms == 10000);
}

/* ---- every code of a refund ---- */

static void every_listed_code_is_of_its_class(void **state)
{
    (void)state;
    static const char *const final[] = {
        "INVALID_PARAMETER",
        "REFUND_AMT_NOT_EQUAL_TOTAL",
        "TRADE_NOT_EXIST",
        "TRADE_HAS_FINISHED",
        "TRADE_HAS_CLOSE",
        "TRADE_STATUS_ERROR",
        "REASON_TRADE_STATUS_INVALID",
        "TRADE_NOT_ALLOW_REFUND",
        "NOT_ALLOW_PARTIAL_REFUND",
        "DISCORDANT_REPEAT_REQUEST",
        "REASON_TRADE_REFUND_FEE_ERR",
        "REFUND_FEE_ERROR",
        "BUYER_NOT_EXIST",
        "BUYER_ENABLE_STATUS_FORBID",
        "BUYER_ERROR",
        "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND",
        "CURRENCY_NOT_SUPPORT",
        "ALLOC_AMOUNT_VALIDATE_ERROR",
        "USER_NOT_MATCH_ERR",
        "REFUND_CHARGE_ERROR",
        "ENTERPRISE_PAY_BIZ_ERROR",
        "OVERDRAFT_ASSIGN_ACCOUNT_INVALID",
        "OVERDRAFT_AGREEMENT_NOT_MATCH",
        "REFUND_ACCOUNT_NOT_EXIST",
        "CUSTOMER_VALIDATE_ERROR",
        "REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST",
        "REFUNDALLOC_UNAUTH_LIMIT",
    };
    for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
        struct fq_str sub_code = test_printf("ACQ.%s", final[i]);
        assert_int_equal(huabei_classify(HUABEI_REFUND, fq_slice("40004"), sub_code), HUABEI_FINAL);
    }
    assert_int_equal(huabei_classify(HUABEI_REFUND, fq_slice("40004"), fq_slice("")), HUABEI_ASK);
    assert_int_equal(huabei_classify(HUABEI_QUERY, fq_slice("40004"), fq_slice("ACQ.BUYER_ERROR")),
                     HUABEI_FINAL);
    assert_int_equal(huabei_classify(HUABEI_CLOSE, fq_slice("40004"), fq_slice("ACQ.BUYER_ERROR")),
                     HUABEI_ASK);
}

#define refund_test(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        refund_test(a_refund_names_our_number_and_its_amount),
        refund_test(a_repeated_refund_asks_the_same),
        refund_test(a_refund_without_number_or_amount_is_a_fault),
        refund_test(a_refund_is_asked_about_by_both_numbers),
        refund_test(a_good_answer_is_accepted_and_no_more),
        refund_test(a_refusal_asks_first_and_is_noted),
        refund_test(an_unheard_of_error_asks_first_and_is_not_noted),
        refund_test(what_may_be_repeated_is_unknown),
        refund_test(an_unsigned_refusal_is_unknown_and_not_noted),
        refund_test(a_refund_that_was_done_is_refunded),
        refund_test(the_fee_that_went_back_stands_beside_the_proof_only),
        refund_test(a_refund_without_a_status_is_pending),
        refund_test(a_refund_that_is_not_named_whole_is_unknown),
        refund_test(an_unknown_trade_is_not_found_with_and_without_prefix),
        refund_test(a_refused_refund_fails_ten_seconds_later_and_not_before),
        refund_test(a_refused_refund_with_an_unreadable_status_is_unknown),
        refund_test(a_refused_refund_of_an_unknown_trade_fails_too),
        refund_test(a_refused_refund_that_was_done_before_is_refunded),
        refund_test(a_new_try_wipes_the_note),
        refund_test(the_answer_of_a_new_try_wipes_the_note_too),
        refund_test(a_clock_that_went_back_waits),
        refund_test(every_listed_code_is_of_its_class),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
