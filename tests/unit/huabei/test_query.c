/* SPDX-License-Identifier: Apache-2.0 */
/* What a query asks, and what each answer proves. */
#include "tests/unit/huabei/huabei_test.h"

#define NODE  "alipay_trade_query_response"
#define FRONT "{\"code\":\"10000\",\"msg\":\"Success\",\"out_trade_no\":\"" TEST_ORDER "\","
#define PAID_BODY                                                                   \
    FRONT "\"send_pay_date\":\"2026-03-15 10:12:00\",\"total_amount\":\"6999.00\"," \
          "\"trade_no\":\"" TEST_TRADE "\",\"trade_status\":\"TRADE_SUCCESS\"}"

static const struct fq_exchange *query(void)
{
    return &fenqi_adapter()->query;
}

static void judge(const char *content)
{
    test_answer_of(NODE, content);
    test_resume(query());
}

/* ---- what is asked ---- */

static void the_order_is_asked_for_by_our_number(void **state)
{
    (void)state;
    test_begin(query());
    struct fq_pairs fields = test_sent_post();
    assert_slice(fq_pairs_get(fields, "method"), "alipay.trade.query");
    assert_slice(fq_pairs_get(fields, "biz_content"), "{\"out_trade_no\":\"" TEST_ORDER "\"}");
    assert_slice(test_verdict.message.body,
                 "biz_content=%7B%22out_trade_no%22%3A%22" TEST_ORDER "%22%7D");
}

/* ---- answers that prove something ---- */

static void a_paid_order_is_paid(void **state)
{
    (void)state;
    judge(PAID_BODY);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_host.n_verified, 1);
    assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_slice(test_verdict.platform_ref, TEST_TRADE);
    assert_int_equal(test_verdict.amount.minor, 699900);
    assert_string_equal(test_verdict.amount.currency, "CNY");
    assert_int_equal(test_verdict.amount.exponent, 2);
    assert_int_equal(test_verdict.instalments, 0);
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_PLATFORM_LOGIN);
    assert_int_equal(test_verdict.has_refunded_total, 0);
    assert_slice(test_verdict.proof, "trade_status=TRADE_SUCCESS");
    assert_slice(test_verdict.platform_code, "10000");
}

static void a_bound_payers_order_says_whose_it_is(void **state)
{
    (void)state;
    judge(FRONT "\"passback_params\":\"need_check_info\",\"total_amount\":\"6999.00\","
                "\"trade_status\":\"TRADE_SUCCESS\"}");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_REAL_NAME_MATCHED);
    judge(FRONT "\"passback_params\":\"need_check_info\",\"total_amount\":\"6999.00\","
                "\"trade_status\":\"WAIT_BUYER_PAY\"}");
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_UNSET);
}

static void a_finished_order_is_paid(void **state)
{
    (void)state;
    judge(FRONT "\"total_amount\":\"6999\",\"trade_status\":\"TRADE_FINISHED\"}");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.amount.minor, 699900);
}

static void the_terms_used_are_read_in_every_spelling(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{\"user_install_num\":\"6\",\"fq_amount\":\"6999.00\"}",
        "{\"USER_INSTALL_NUM\":\"6\"}",
        "{\"User_Install_Num\":6}",
        "\"{\\\"user_install_num\\\":\\\"6\\\"}\"",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge(test_printf(FRONT "\"hb_fq_pay_info\":%s,\"total_amount\":\"6999.00\","
                                "\"trade_status\":\"TRADE_SUCCESS\"}",
                          cases[i])
                  .ptr);
        assert_outcome(FQ_OUTCOME_PAID);
        assert_int_equal(test_verdict.instalments, 6);
    }
}

static void terms_that_make_no_sense_do_not_spoil_the_payment(void **state)
{
    (void)state;
    static const char *const cases[] = { "{}",
                                         "[]",
                                         "\"\"",
                                         "\"{\"",
                                         "null",
                                         "6",
                                         "{\"user_install_num\":\"many\"}",
                                         "{\"user_install_num\":\"61\"}",
                                         "{\"user_install_num\":null}" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge(test_printf(FRONT "\"hb_fq_pay_info\":%s,\"total_amount\":\"6999.00\","
                                "\"trade_status\":\"TRADE_SUCCESS\"}",
                          cases[i])
                  .ptr);
        assert_outcome(FQ_OUTCOME_PAID);
        assert_int_equal(test_verdict.instalments, 0);
    }
}

static void another_amount_is_told_as_it_is(void **state)
{
    (void)state;
    judge(FRONT "\"total_amount\":\"0.01\",\"trade_status\":\"TRADE_SUCCESS\"}");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.amount.minor, 1);
}

static void an_order_that_waits_is_pending(void **state)
{
    (void)state;
    judge(FRONT "\"total_amount\":\"6999.00\",\"trade_status\":\"WAIT_BUYER_PAY\"}");
    assert_outcome(FQ_OUTCOME_PENDING);
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_UNSET);
}

static void an_order_closed_unpaid_is_closed(void **state)
{
    (void)state;
    judge(FRONT "\"total_amount\":\"6999.00\",\"trade_status\":\"TRADE_CLOSED\"}");
    assert_outcome(FQ_OUTCOME_CLOSED);
    assert_int_equal(test_verdict.has_refunded_total, 0);
    assert_slice(test_verdict.number, TEST_ORDER);
    judge(FRONT "\"send_pay_date\":\"\",\"total_amount\":\"6999.00\",\"trade_status\":"
                "\"TRADE_CLOSED\"}");
    assert_outcome(FQ_OUTCOME_CLOSED);
}

static void an_order_closed_after_payment_is_paid_and_refunded_in_full(void **state)
{
    (void)state;
    judge(FRONT "\"send_pay_date\":\"2026-03-15 10:12:00\",\"total_amount\":\"6999.00\","
                "\"trade_status\":\"TRADE_CLOSED\"}");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.has_refunded_total, 1);
    assert_int_equal(test_verdict.refunded_total_minor, 699900);
    assert_slice(test_verdict.proof,
                 "trade_status=TRADE_CLOSED, send_pay_date=\"2026-03-15 10:12:00\"");
}

static void an_order_that_does_not_exist_is_not_found(void **state)
{
    (void)state;
    judge("{\"code\":\"40004\",\"msg\":\"Business Failed\","
          "\"sub_code\":\"ACQ.TRADE_NOT_EXIST\",\"sub_msg\":\"交易不存在\"}");
    assert_outcome(FQ_OUTCOME_NOT_FOUND);
    assert_slice(test_verdict.platform_code, "40004/ACQ.TRADE_NOT_EXIST");
    assert_slice(test_verdict.platform_text, "交易不存在");
}

static void the_next_key_of_the_platform_is_good_too(void **state)
{
    (void)state;
    test_answer_signed_by("platform_next", NODE, PAID_BODY);
    test_resume(query());
    assert_outcome(FQ_OUTCOME_PAID);
}

/* ---- answers that prove nothing ---- */

static void a_lost_or_broken_answer_is_unknown(void **state)
{
    (void)state;
    test_answer_of(NODE, PAID_BODY);
    test_answer.transport = FQ_TRANSPORT_NOT_SENT;
    test_resume(query());
    assert_unknown("the request was not sent");
    test_answer.transport = FQ_TRANSPORT_LOST;
    test_resume(query());
    assert_unknown("no whole answer came");
    test_answer.transport = FQ_TRANSPORT_OK;
    test_answer.http_status = 502;
    test_resume(query());
    assert_unknown("the answer's HTTP status is not 200");
    test_answer.http_status = 200;
    test_answer.body.len--;
    test_resume(query());
    assert_unknown("the answer has no such node, or is not JSON");
}

static void a_changed_byte_makes_it_unknown(void **state)
{
    (void)state;
    test_answer_of(NODE, PAID_BODY);
    struct fq_str body = test_printf("%.*s", (int)test_answer.body.len, test_answer.body.ptr);
    char *changed = fq_arena_alloc(test_host.arena, body.len + 1);
    for (size_t i = 0; i < body.len; i += 7) { /* every seventh: RSA takes its time */
        memcpy(changed, body.ptr, body.len);
        changed[i] ^= 1;
        test_answer.body = (struct fq_str){ changed, body.len };
        struct fq_arena *kept = test_host.arena;
        test_host.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        test_resume(query());
        assert_outcome(FQ_OUTCOME_UNKNOWN);
        fq_arena_free(test_host.arena);
        test_host.arena = kept;
    }
}

static void an_unsigned_answer_is_unknown_whatever_it_says(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{\"" NODE "\":" PAID_BODY "}",
        "{\"" NODE "\":" PAID_BODY ",\"sign\":\"\"}",
        "{\"" NODE "\":" PAID_BODY ",\"sign\":null}",
        "{\"" NODE "\":" PAID_BODY ",\"sign\":\"AAAA\"}",
        "{\"" NODE "\":" PAID_BODY ",\"sign\":\"not base64\"}",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_answer_of(NODE, PAID_BODY);
        test_answer.body = fq_slice_of(cases[i]);
        test_resume(query());
        assert_unknown("the answer's signature is missing or bad");
        assert_int_equal(test_host.n_verified, 0);
    }
}

static void an_unsigned_not_exist_is_unknown(void **state)
{
    (void)state;
    test_answer_of(NODE, PAID_BODY);
    test_answer.body = fq_slice("{\"" NODE "\":{\"code\":\"40004\",\"sub_code\":"
                                "\"ACQ.TRADE_NOT_EXIST\",\"sub_msg\":\"?\"}}");
    test_resume(query());
    assert_outcome(FQ_OUTCOME_UNKNOWN);
}

static void an_error_response_is_told_but_proves_nothing(void **state)
{
    (void)state;
    test_answer_of("error_response", "{\"code\":\"40004\",\"msg\":\"x\",\"sub_code\":"
                                     "\"ACQ.TRADE_NOT_EXIST\",\"sub_msg\":\"y\"}");
    test_resume(query());
    assert_unknown("y");
    test_answer.body = fq_slice("{\"error_response\":{\"code\":\"40002\",\"msg\":\"Invalid\","
                                "\"sub_code\":\"isv.invalid-signature\"}}");
    test_resume(query());
    assert_unknown("Invalid");
    assert_slice(test_verdict.platform_code, "40002/isv.invalid-signature");
}

static void the_answer_to_another_method_is_unknown(void **state)
{
    (void)state;
    test_answer_of("alipay_trade_close_response", PAID_BODY);
    test_resume(query());
    assert_unknown("the answer has no such node, or is not JSON");
}

static void a_sign_inside_the_node_is_none(void **state)
{
    (void)state;
    struct fq_str sign = vector_host_seal(&test_host, "platform", fq_slice("{}"));
    test_answer_of(NODE, "{}");
    test_answer.body = test_printf("{\"" NODE "\":{\"sign\":\"%.*s\"}}", (int)sign.len, sign.ptr);
    test_resume(query());
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    assert_int_equal(test_host.n_verified, 0);
}

static void a_second_node_is_refused(void **state)
{
    (void)state;
    test_answer_of(NODE, PAID_BODY);
    test_answer.body = test_printf("{\"" NODE "\":{\"code\":\"10000\"},%.*s",
                                   (int)test_answer.body.len - 1, test_answer.body.ptr + 1);
    test_resume(query());
    assert_unknown("the answer has no such node, or is not JSON");
}

static void the_answer_about_another_order_is_unknown(void **state)
{
    (void)state;
    judge("{\"code\":\"10000\",\"out_trade_no\":\"" TEST_ORDER "1\",\"total_amount\":\"6999.00\","
          "\"trade_status\":\"TRADE_SUCCESS\"}");
    assert_unknown("the answer is about another order");
    judge("{\"code\":\"10000\",\"total_amount\":\"6999.00\",\"trade_status\":\"TRADE_SUCCESS\"}");
    assert_unknown("the answer is about another order");
}

static void an_answer_that_lacks_what_matters_is_unknown(void **state)
{
    (void)state;
    judge(FRONT "\"trade_status\":\"TRADE_SUCCESS\"}");
    assert_unknown("the answer says no amount");
    judge(FRONT "\"total_amount\":\"6,999.00\",\"trade_status\":\"TRADE_SUCCESS\"}");
    assert_unknown("the answer says no amount");
    judge(FRONT "\"total_amount\":\"6999.00\",\"trade_status\":\"TRADE_PAID\"}");
    assert_unknown("the answer's trade_status is unheard of");
    judge(FRONT "\"total_amount\":\"6999.00\"}");
    assert_unknown("the answer's trade_status is unheard of");
}

static void every_other_error_is_unknown(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "10003", "" },
        { "20000", "isp.unknow-error" },
        { "20001", "aop.invalid-auth-token" },
        { "40001", "" },
        { "40002", "isv.invalid-signature" },
        { "40003", "" },
        { "40006", "" },
        { "40004", "ACQ.SYSTEM_ERROR" },
        { "40004", "ACQ.INVALID_PARAMETER" },
        { "40004", "" },
        { "99999", "ACQ.TRADE_NOT_EXIST" },
        { "", "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge(test_printf("{\"code\":\"%s\",\"msg\":\"m\",\"sub_code\":\"%s\"}", cases[i][0],
                          cases[i][1])
                  .ptr);
        assert_outcome(FQ_OUTCOME_UNKNOWN);
    }
}

static void a_limit_of_calls_asks_for_patience(void **state)
{
    (void)state;
    judge("{\"code\":\"40005\",\"msg\":\"Call Limited\",\"sub_code\":\"isv.app-call-limited\"}");
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    assert_true(test_verdict.retry_after_ms > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        huabei_test(the_order_is_asked_for_by_our_number),
        huabei_test(a_paid_order_is_paid),
        huabei_test(a_bound_payers_order_says_whose_it_is),
        huabei_test(a_finished_order_is_paid),
        huabei_test(the_terms_used_are_read_in_every_spelling),
        huabei_test(terms_that_make_no_sense_do_not_spoil_the_payment),
        huabei_test(another_amount_is_told_as_it_is),
        huabei_test(an_order_that_waits_is_pending),
        huabei_test(an_order_closed_unpaid_is_closed),
        huabei_test(an_order_closed_after_payment_is_paid_and_refunded_in_full),
        huabei_test(an_order_that_does_not_exist_is_not_found),
        huabei_test(the_next_key_of_the_platform_is_good_too),
        huabei_test(a_lost_or_broken_answer_is_unknown),
        huabei_test(a_changed_byte_makes_it_unknown),
        huabei_test(an_unsigned_answer_is_unknown_whatever_it_says),
        huabei_test(an_unsigned_not_exist_is_unknown),
        huabei_test(an_error_response_is_told_but_proves_nothing),
        huabei_test(the_answer_to_another_method_is_unknown),
        huabei_test(a_sign_inside_the_node_is_none),
        huabei_test(a_second_node_is_refused),
        huabei_test(the_answer_about_another_order_is_unknown),
        huabei_test(an_answer_that_lacks_what_matters_is_unknown),
        huabei_test(every_other_error_is_unknown),
        huabei_test(a_limit_of_calls_asks_for_patience),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
