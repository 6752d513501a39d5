/* SPDX-License-Identifier: Apache-2.0 */
/* What a close asks, and what each answer proves. */
#include "tests/unit/huabei/huabei_test.h"

#define NODE "alipay_trade_close_response"

static void judge(const char *content)
{
    test_answer_of(NODE, content);
    test_resume(&fenqi_adapter()->close_order);
}

static void the_order_is_closed_by_our_number(void **state)
{
    (void)state;
    test_begin(&fenqi_adapter()->close_order);
    struct fq_pairs fields = test_sent_post();
    assert_slice(fq_pairs_get(fields, "method"), "alipay.trade.close");
    assert_slice(fq_pairs_get(fields, "biz_content"), "{\"out_trade_no\":\"" TEST_ORDER "\"}");
}

static void a_close_that_was_done_is_closed(void **state)
{
    (void)state;
    judge("{\"code\":\"10000\",\"msg\":\"Success\",\"out_trade_no\":\"" TEST_ORDER "\","
          "\"trade_no\":\"" TEST_TRADE "\"}");
    assert_outcome(FQ_OUTCOME_CLOSED);
    assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_slice(test_verdict.platform_ref, TEST_TRADE);
}

static void the_close_of_another_order_is_unknown(void **state)
{
    (void)state;
    judge("{\"code\":\"10000\",\"out_trade_no\":\"T1\"}");
    assert_unknown("the answer is about another order");
}

static void nothing_to_close_is_not_found(void **state)
{
    (void)state;
    judge("{\"code\":\"40004\",\"sub_code\":\"ACQ.TRADE_NOT_EXIST\",\"sub_msg\":\"x\"}");
    assert_outcome(FQ_OUTCOME_NOT_FOUND);
}

static void an_order_in_another_state_is_asked_about_first(void **state)
{
    (void)state;
    static const char *const cases[] = { "ACQ.TRADE_STATUS_ERROR",
                                         "ACQ.REASON_TRADE_STATUS_INVALID",
                                         "ACQ.REASON_ILLEGAL_STATUS", "ACQ.SOMETHING_NEW" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge(test_printf("{\"code\":\"40004\",\"sub_code\":\"%s\"}", cases[i]).ptr);
        assert_int_equal(test_verdict.step, FQ_STEP_ASK);
        assert_int_equal(test_verdict.outcome, FQ_OUTCOME_UNSET);
        assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
        assert_slice(test_verdict.number, TEST_ORDER);
    }
}

static void a_failed_close_is_unknown(void **state)
{
    (void)state;
    judge("{\"code\":\"40004\",\"sub_code\":\"AQC.SYSTEM_ERROR\",\"sub_msg\":\"busy\"}");
    assert_unknown("busy");
    judge("{\"code\":\"40004\",\"sub_code\":\"ACQ.INVALID_PARAMETER\",\"sub_msg\":\"bad\"}");
    assert_unknown("bad");
    test_answer.body =
        fq_slice("{\"" NODE "\":{\"code\":\"10000\",\"out_trade_no\":\"" TEST_ORDER "\"}}");
    test_resume(&fenqi_adapter()->close_order);
    assert_unknown("the answer's signature is missing or bad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        huabei_test(the_order_is_closed_by_our_number),
        huabei_test(a_close_that_was_done_is_closed),
        huabei_test(the_close_of_another_order_is_unknown),
        huabei_test(nothing_to_close_is_not_found),
        huabei_test(an_order_in_another_state_is_asked_about_first),
        huabei_test(a_failed_close_is_unknown),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
