/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to the cashier besides the desktop page: phone browser, phone app, QR code; and the
 * payer's name. */
#include "tests/unit/huabei/huabei_test.h"

#define NODE "alipay_trade_precreate_response"

static const struct fq_exchange *create(void)
{
    return &fenqi_adapter()->create;
}

static int setup_qr(void **state)
{
    int r = test_setup(state);
    test_call.terminal = FQ_TERMINAL_QR;
    return r;
}

static struct fq_str biz_of(struct fq_pairs fields)
{
    struct fq_str biz;
    assert_int_equal(fq_json_check(fq_pairs_get(fields, "biz_content"), &biz), 0);
    return biz;
}

static struct fq_pairs sent_link(void)
{
    struct fq_str path, query;
    assert_true(fq_slice_cut(test_verdict.message.url, '?', &path, &query));
    return test_sent_fields(query);
}

static void assert_member(struct fq_str biz, const char *name, const char *expected)
{
    struct fq_str value;
    assert_true(fq_json_member(biz, fq_slice_of(name), &value));
    assert_slice(value, expected);
}

static void assert_no_member(struct fq_str biz, const char *name)
{
    struct fq_str value;
    assert_false(fq_json_member(biz, fq_slice_of(name), &value));
}

/* ---- the phone's browser ---- */

static void a_phone_browser_goes_to_wap_pay(void **state)
{
    (void)state;
    test_call.terminal = FQ_TERMINAL_MOBILE_WEB;
    test_begin(create());
    assert_int_equal(test_verdict.action, FQ_ACTION_REDIRECT);
    assert_true(test_verdict.action_expires_unix_ms == TEST_DEADLINE_MS);
    struct fq_pairs fields = sent_link();
    assert_slice(fq_pairs_get(fields, "method"), "alipay.trade.wap.pay");
    assert_slice(fq_pairs_get(fields, "return_url"), "https://pay.example.com/back/abc");
    struct fq_str biz = biz_of(fields);
    assert_member(biz, "product_code", "\"QUICK_WAP_WAY\"");
    assert_member(biz, "quit_url", "\"https://pay.example.com/back/abc\"");
    assert_member(biz, "goods_type", "\"1\"");
    assert_member(biz, "time_expire", "\"2026-03-15 10:41:12\"");
    assert_member(biz, "enable_pay_channels", "\"pcreditpayInstallment\"");
    assert_member(biz, "extend_params", "{\"hb_fq_num\":\"6\",\"hb_fq_seller_percent\":\"0\"}");
}

static void nowhere_to_go_back_to_is_no_quit_url(void **state)
{
    (void)state;
    test_call.terminal = FQ_TERMINAL_MOBILE_WEB;
    test_call.return_url = (struct fq_str){ NULL, 0 };
    test_begin(create());
    assert_no_member(biz_of(sent_link()), "quit_url");
}

/* ---- the phone's app ---- */

static void an_app_gets_a_signed_text_and_nothing_is_sent(void **state)
{
    (void)state;
    test_call.terminal = FQ_TERMINAL_APP;
    test_begin(create());
    assert_outcome(FQ_OUTCOME_UNSET);
    assert_int_equal(test_verdict.action, FQ_ACTION_APP_SDK);
    assert_true(test_verdict.action_expires_unix_ms == TEST_DEADLINE_MS);
    assert_int_equal(test_verdict.message.url.len, 0);
    struct fq_pairs fields = test_sent_fields(test_verdict.action_text);
    assert_slice(fq_pairs_get(fields, "method"), "alipay.trade.app.pay");
    assert_slice(fq_pairs_get(fields, "notify_url"), "https://pay.example.com/notify/huabei");
    assert_null(fq_pairs_get(fields, "return_url").ptr);
    assert_slice(fields.items[fields.n_items - 1].name, "sign");
    struct fq_str biz = biz_of(fields);
    assert_member(biz, "product_code", "\"QUICK_MSECURITY_PAY\"");
    assert_member(biz, "time_expire", "\"2026-03-15 10:41:12\"");
    assert_member(biz, "extend_params", "{\"hb_fq_num\":\"6\",\"hb_fq_seller_percent\":\"0\"}");
    assert_no_member(biz, "quit_url");
}

/* ---- the QR code: asked for ---- */

static void a_qr_code_is_asked_for(void **state)
{
    (void)state;
    test_begin(create());
    assert_int_equal(test_verdict.action, FQ_ACTION_NONE);
    struct fq_pairs fields = test_sent_post();
    assert_slice(fq_pairs_get(fields, "method"), "alipay.trade.precreate");
    assert_slice(fq_pairs_get(fields, "notify_url"), "https://pay.example.com/notify/huabei");
    assert_null(fq_pairs_get(fields, "return_url").ptr);
    struct fq_str biz = biz_of(fields);
    assert_member(biz, "out_trade_no", "\"" TEST_ORDER "\"");
    assert_member(biz, "product_code", "\"FACE_TO_FACE_PAYMENT\"");
    assert_member(biz, "time_expire", "\"2026-03-15 10:41:12\"");
    assert_member(biz, "qr_code_timeout_express", "\"31m\"");
    assert_member(biz, "extend_params", "{\"hb_fq_num\":\"6\",\"hb_fq_seller_percent\":\"0\"}");
    assert_no_member(biz, "goods_type");
}

/* The platform knows an order by its data: asked again later, they are the same. */
static void asking_again_asks_for_the_same_order(void **state)
{
    (void)state;
    test_begin(create());
    struct fq_str first = fq_pairs_get(test_sent_post(), "biz_content");
    test_call.now_unix_ms += 600000;
    test_begin(create());
    assert_true(fq_slice_equal(first, fq_pairs_get(test_sent_post(), "biz_content")));
}

/* ---- the QR code: what comes back ---- */

static void judge(const char *content)
{
    test_answer_of(NODE, content);
    test_resume(create());
}

#define QR_BODY                                                              \
    "{\"code\":\"10000\",\"msg\":\"Success\",\"out_trade_no\":\"" TEST_ORDER \
    "\",\"qr_code\":\"https:\\/\\/qr.alipay.com\\/bax07651xvtprxfkmxyf00a9\"}"

static void the_code_is_shown_until_the_deadline(void **state)
{
    (void)state;
    test_call.now_unix_ms += 2000;
    judge(QR_BODY);
    assert_outcome(FQ_OUTCOME_ACCEPTED);
    assert_int_equal(test_host.n_verified, 1);
    assert_int_equal(test_verdict.action, FQ_ACTION_QR_CODE);
    assert_slice(test_verdict.action_text, "https://qr.alipay.com/bax07651xvtprxfkmxyf00a9");
    assert_true(test_verdict.action_expires_unix_ms == TEST_DEADLINE_MS);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
}

static void the_code_is_shown_for_two_hours_at_most(void **state)
{
    (void)state;
    test_call.deadline_unix_ms = TEST_NOW_MS + INT64_C(86400000);
    test_begin(create());
    assert_member(biz_of(test_sent_post()), "qr_code_timeout_express", "\"121m\"");
    judge(QR_BODY);
    assert_true(test_verdict.action_expires_unix_ms == TEST_NOW_MS + INT64_C(7200000));
}

static void no_code_is_shown_that_was_not_signed(void **state)
{
    (void)state;
    test_answer_signed_by("app", NODE, QR_BODY);
    test_resume(create());
    assert_unknown("the answer's signature is missing or bad");
    assert_int_equal(test_verdict.action, FQ_ACTION_NONE);
}

static void the_code_of_another_order_is_not_shown(void **state)
{
    (void)state;
    judge("{\"code\":\"10000\",\"out_trade_no\":\"T2\",\"qr_code\":\"https://qr.alipay.com/x\"}");
    assert_unknown("the answer is about another order");
    assert_int_equal(test_verdict.action, FQ_ACTION_NONE);
}

static void a_code_that_is_no_link_is_not_shown(void **state)
{
    (void)state;
    judge("{\"code\":\"10000\",\"out_trade_no\":\"" TEST_ORDER "\",\"qr_code\":\"http://x\"}");
    assert_unknown("the answer brings no QR code");
    judge("{\"code\":\"10000\",\"out_trade_no\":\"" TEST_ORDER "\"}");
    assert_unknown("the answer brings no QR code");
}

static void judge_error(const char *code, const char *sub_code)
{
    judge(test_printf("{\"code\":\"%s\",\"msg\":\"m\",\"sub_code\":\"%s\",\"sub_msg\":\"s\"}", code,
                      sub_code)
              .ptr);
}

static void trouble_at_the_platform_is_unknown(void **state)
{
    (void)state;
    judge_error("20000", "aop.unknow-error");
    assert_unknown("s");
    judge_error("40004", "ACQ.SYSTEM_ERROR");
    assert_unknown("s");
    judge_error("40004", "ACQ.ACCESS_FORBIDDEN"); /* the operator's to mend */
    assert_unknown("s");
    judge_error("40004", "ACQ.SUB_MERCHANT_TYPE_INVALID");
    assert_unknown("s");
    judge_error("40005", "isv.app-call-limited");
    assert_unknown("s");
    assert_true(test_verdict.retry_after_ms > 0);
}

/* Paid, closed, or what nobody has heard of: only a query tells. */
static void what_may_be_an_order_already_is_asked_about(void **state)
{
    (void)state;
    static const char *const cases[] = { "ACQ.TRADE_HAS_SUCCESS", "ACQ.TRADE_HAS_CLOSE",
                                         "ACQ.NEVER_HEARD_OF_IT" };
    for (size_t i = 0; i < 3; i++) {
        judge_error("40004", cases[i]);
        assert_int_equal(test_verdict.step, FQ_STEP_ASK);
        assert_int_equal(test_verdict.outcome, FQ_OUTCOME_UNSET);
        assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
        assert_slice(test_verdict.number, TEST_ORDER);
    }
}

static void what_will_be_refused_again_is_declined(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "ACQ.INVALID_PARAMETER",       "ACQ.EXIST_FORBIDDEN_WORD",
        "ACQ.TOTAL_FEE_EXCEED",        "ACQ.BEYOND_PER_RECEIPT_RESTRICTION",
        "ACQ.CONTEXT_INCONSISTENT",    "ACQ.MERCHANT_PERM_RECEIPT_DAY_LIMIT",
        "ACQ.PAYMENT_REQUEST_HAS_RISK"
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge_error("40004", cases[i]);
        assert_outcome(FQ_OUTCOME_DECLINED);
        assert_slice(test_verdict.number, TEST_ORDER);
        assert_slice(test_verdict.proof, test_printf("sub_code=%s", cases[i]).ptr);
        assert_int_equal(test_verdict.action, FQ_ACTION_NONE);
    }
}

static void a_refusal_that_is_not_signed_declines_nothing(void **state)
{
    (void)state;
    test_answer = (struct fq_message){
        .struct_size = sizeof(test_answer),
        .http_status = 200,
        .body = fq_slice("{\"" NODE "\":{\"code\":\"40004\",\"msg\":\"m\",\"sub_code\":"
                         "\"ACQ.INVALID_PARAMETER\",\"sub_msg\":\"s\"}}"),
    };
    test_resume(create());
    assert_unknown("s");
}

/* ---- the payer's name ---- */

static void name_the_payer(void)
{
    test_call.payer_name = fq_slice("张\"三");
    test_call.payer_document_number = fq_slice("11010519491231002X");
}

static void a_named_payer_is_bound_and_always_posted(void **state)
{
    (void)state;
    static const uint32_t terminals[] = { FQ_TERMINAL_DESKTOP, FQ_TERMINAL_MOBILE_WEB };
    for (size_t i = 0; i < 2; i++) {
        test_call.terminal = terminals[i];
        name_the_payer();
        test_call.payer_phone = fq_slice("13800000000");
        test_begin(create());
        assert_int_equal(test_verdict.action, FQ_ACTION_FORM_POST);
        assert_slice(test_verdict.message.method, "POST");
        assert_int_equal(test_verdict.message.fields.n_items, 1);
        assert_null(memmem(test_verdict.message.url.ptr, test_verdict.message.url.len, "1101", 4));
        struct fq_str biz = biz_of(test_verdict.message.fields);
        assert_member(
            biz, "ext_user_info",
            "{\"name\":\"张\\\"三\",\"mobile\":\"13800000000\",\"cert_type\":\"IDENTITY_CARD\","
            "\"cert_no\":\"11010519491231002X\",\"need_check_info\":\"T\"}");
        assert_member(biz, "passback_params", "\"need_check_info\"");
    }
}

static void a_document_may_be_of_another_type_and_a_phone_missing(void **state)
{
    (void)state;
    name_the_payer();
    test_call.payer_document_type = fq_slice("PASSPORT");
    test_begin(create());
    assert_member(biz_of(test_verdict.message.fields), "ext_user_info",
                  "{\"name\":\"张\\\"三\",\"cert_type\":\"PASSPORT\",\"cert_no\":"
                  "\"11010519491231002X\",\"need_check_info\":\"T\"}");
}

static void a_qr_code_is_asked_for_with_the_payer(void **state)
{
    (void)state;
    name_the_payer();
    test_begin(create());
    struct fq_str value;
    assert_true(fq_json_member(biz_of(test_sent_post()), fq_slice("ext_user_info"), &value));
}

static void nobody_named_is_nobody_bound(void **state)
{
    (void)state;
    test_begin(create());
    struct fq_str biz = biz_of(test_sent_post());
    assert_no_member(biz, "ext_user_info");
    assert_no_member(biz, "passback_params");
}

/* Such an order is bound as well, but does not claim afterwards to prove who paid. */
static void a_name_alone_is_bound_and_proves_less(void **state)
{
    (void)state;
    test_call.payer_name = fq_slice("张三");
    test_begin(create());
    assert_int_equal(test_verdict.action, FQ_ACTION_FORM_POST);
    struct fq_str biz = biz_of(test_verdict.message.fields);
    assert_member(biz, "ext_user_info", "{\"name\":\"张三\",\"need_check_info\":\"T\"}");
    assert_no_member(biz, "passback_params");
}

static void every_document_type_is_one_of_the_platforms(void **state)
{
    (void)state;
    static const char *const types[] = { "IDENTITY_CARD", "PASSPORT", "OFFICER_CARD",
                                         "SOLDIER_CARD", "HOKOU" };
    for (size_t i = 0; i < HUABEI_COUNT(types); i++) {
        char wanted[32];
        name_the_payer();
        test_call.payer_document_type = fq_slice_of(types[i]);
        test_begin(create());
        (void)snprintf(wanted, sizeof(wanted), "\"cert_type\":\"%s\"", types[i]);
        struct fq_str biz = biz_of(test_verdict.message.fields);
        assert_non_null(memmem(biz.ptr, biz.len, wanted, strlen(wanted)));
    }
}

static void a_payer_without_a_name_or_with_an_odd_number_is_refused(void **state)
{
    (void)state;
    name_the_payer();
    test_call.payer_name = (struct fq_str){ NULL, 0 };
    assert_declined_call(create(), "a payer needs a name");
    name_the_payer();
    test_call.payer_document_number = fq_slice("1 OR 1");
    assert_declined_call(create(), "the number of a payer's document is not of [0-9A-Za-z]");
}

static void no_payer_goes_into_an_apps_text(void **state)
{
    (void)state;
    test_call.terminal = FQ_TERMINAL_APP;
    name_the_payer();
    assert_declined_call(create(), "a payer's data cannot travel in the text for an app");
}

#define qr_test(function) cmocka_unit_test_setup(function, setup_qr)

int main(void)
{
    const struct CMUnitTest tests[] = {
        huabei_test(a_phone_browser_goes_to_wap_pay),
        huabei_test(nowhere_to_go_back_to_is_no_quit_url),
        huabei_test(an_app_gets_a_signed_text_and_nothing_is_sent),
        qr_test(a_qr_code_is_asked_for),
        qr_test(asking_again_asks_for_the_same_order),
        qr_test(the_code_is_shown_until_the_deadline),
        qr_test(the_code_is_shown_for_two_hours_at_most),
        qr_test(no_code_is_shown_that_was_not_signed),
        qr_test(the_code_of_another_order_is_not_shown),
        qr_test(a_code_that_is_no_link_is_not_shown),
        qr_test(trouble_at_the_platform_is_unknown),
        qr_test(what_may_be_an_order_already_is_asked_about),
        qr_test(what_will_be_refused_again_is_declined),
        qr_test(a_refusal_that_is_not_signed_declines_nothing),
        huabei_test(a_named_payer_is_bound_and_always_posted),
        huabei_test(a_document_may_be_of_another_type_and_a_phone_missing),
        qr_test(a_qr_code_is_asked_for_with_the_payer),
        qr_test(nobody_named_is_nobody_bound),
        huabei_test(a_name_alone_is_bound_and_proves_less),
        huabei_test(every_document_type_is_one_of_the_platforms),
        huabei_test(a_payer_without_a_name_or_with_an_odd_number_is_refused),
        huabei_test(no_payer_goes_into_an_apps_text),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
