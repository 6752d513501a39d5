/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications and the browser's return: verified first, believed only as far as they go. */
#include "tests/unit/huabei/huabei_test.h"

/* The fields of a good payment notification; tests change single ones. */
static struct fq_pair fields[24];
static size_t n_fields;

static void put(const char *name, const char *value)
{
    for (size_t i = 0; i < n_fields; i++)
        if (fq_slice_equal(fields[i].name, fq_slice_of(name))) {
            fields[i].value = fq_slice_of(value);
            return;
        }
    assert_true(n_fields < 24);
    fields[n_fields++] = (struct fq_pair){ fq_slice_of(name), fq_slice_of(value) };
}

static int setup(void **state)
{
    n_fields = 0;
    put("app_id", TEST_APP_ID);
    put("auth_app_id", TEST_APP_ID);
    put("charset", "utf-8");
    put("notify_id", "2026031501222101226099160501632046");
    put("notify_type", "trade_status_sync");
    put("out_trade_no", TEST_ORDER);
    put("seller_id", TEST_SELLER_ID);
    put("sign_type", "RSA2");
    put("subject", "a+b & c=d 花");
    put("total_amount", "6999.00");
    put("trade_no", TEST_TRADE);
    put("trade_status", "TRADE_SUCCESS");
    put("version", "1.0");
    return test_setup(state);
}

/* The raw body, signed by rule V1 with `key`. */
static struct fq_str sealed_by(const char *key)
{
    static const char *const except[] = { "sign", "sign_type", "alipay_cert_sn", NULL };
    struct fq_pairs pairs = { fields, n_fields };
    struct fq_text raw;
    struct fq_str plain, body;
    assert_true(fq_canon_join(&test_host.host, pairs, except, FQ_CANON_SKIP_EMPTY, &plain));
    fq_text_init(&raw, &test_host.host, 8192);
    for (size_t i = 0; i < n_fields; i++)
        fq_form_add(&raw, fields[i].name, fields[i].value);
    fq_form_add(&raw, fq_slice("sign"), vector_host_seal(&test_host, key, plain));
    assert_true(fq_text_finish(&raw, &body));
    return body;
}

static int notify(struct fq_str body)
{
    test_host.failure[0] = '\0';
    test_host.n_verified = 0;
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer),
                                       .method = fq_slice("POST"),
                                       .url = fq_slice("/notify/huabei"),
                                       .body = body };
    return fenqi_adapter()->notification(test_self, &test_host.host, &test_call, &test_answer,
                                         &test_verdict);
}

static void assert_refused(struct fq_str body, const char *why)
{
    assert_int_equal(notify(body), -1);
    assert_string_equal(test_host.failure, why);
    assert_int_equal(test_verdict.outcome, FQ_OUTCOME_UNSET);
    assert_int_equal(test_verdict.ack_body.len, 0);
}

/* ---- what is believed ---- */

static void a_payment_is_paid_and_acknowledged(void **state)
{
    (void)state;
    put("hb_fq_pay_info", "{\"USER_INSTALL_NUM\":\"6\"}");
    assert_int_equal(notify(sealed_by("platform")), 0);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_host.n_verified, 1);
    assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_slice(test_verdict.platform_ref, TEST_TRADE);
    assert_int_equal(test_verdict.amount.minor, 699900);
    assert_string_equal(test_verdict.amount.currency, "CNY");
    assert_int_equal(test_verdict.instalments, 6);
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_PLATFORM_LOGIN);
    assert_slice(test_verdict.proof, "trade_status=TRADE_SUCCESS");
    assert_slice(test_verdict.ack_content_type, "text/plain");
    assert_slice(test_verdict.ack_body, "success");
}

static void a_finished_payment_is_paid(void **state)
{
    (void)state;
    put("trade_status", "TRADE_FINISHED");
    assert_int_equal(notify(sealed_by("platform_next")), 0);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.instalments, 0);
}

static void a_certificate_serial_is_not_signed(void **state)
{
    (void)state;
    put("alipay_cert_sn", "785f3229711cac640e81afbf6310e530");
    assert_int_equal(notify(sealed_by("platform")), 0);
    assert_outcome(FQ_OUTCOME_PAID);
}

static void empty_fields_are_not_signed(void **state)
{
    (void)state;
    put("passback_params", "");
    put("charset", "UTF-8");
    assert_int_equal(notify(sealed_by("platform")), 0);
    assert_outcome(FQ_OUTCOME_PAID);
}

static void another_status_only_asks(void **state)
{
    (void)state;
    static const char *const cases[] = { "WAIT_BUYER_PAY", "TRADE_CLOSED", "SOMETHING_NEW", "" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put("trade_status", cases[i]);
        assert_int_equal(notify(sealed_by("platform")), 0);
        assert_int_equal(test_verdict.step, FQ_STEP_ASK);
        assert_int_equal(test_verdict.outcome, FQ_OUTCOME_UNSET);
        assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
        assert_slice(test_verdict.number, TEST_ORDER);
        assert_slice(test_verdict.ack_body, "success");
    }
}

static void a_refund_is_no_second_payment_and_asks(void **state)
{
    (void)state;
    put("gmt_refund", "2026-03-16 10:00:00.123");
    put("refund_fee", "100.50");
    put("out_biz_no", TEST_REFUND);
    assert_int_equal(notify(sealed_by("platform")), 0);
    assert_int_equal(test_verdict.step, FQ_STEP_ASK);
    assert_int_equal(test_verdict.object, FQ_OBJECT_REFUND);
    assert_slice(test_verdict.number, TEST_REFUND);
    assert_slice(test_verdict.order_number, TEST_ORDER);
    assert_int_equal(test_verdict.amount.minor, 0);
}

/* By the console's own number, or the order's where it named none. */
static void a_refund_that_we_did_not_send_is_asked_about_too(void **state)
{
    (void)state;
    static const char *const cases[] = { "HZ01-2026", TEST_ORDER };
    put("refund_fee", "6999.00");
    put("trade_status", "TRADE_CLOSED");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put("out_biz_no", cases[i]);
        assert_int_equal(notify(sealed_by("platform")), 0);
        assert_int_equal(test_verdict.step, FQ_STEP_ASK);
        assert_int_equal(test_verdict.object, FQ_OBJECT_REFUND);
        assert_slice(test_verdict.number, cases[i]);
        assert_slice(test_verdict.order_number, TEST_ORDER);
    }
}

static void a_refund_without_a_number_asks_about_the_payment(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "", "R12345678901234567890123456789012345678901234567890123456789012345"
    };
    put("refund_fee", "6999.00");
    put("trade_status", "TRADE_CLOSED");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put("out_biz_no", cases[i]);
        assert_int_equal(notify(sealed_by("platform")), 0);
        assert_int_equal(test_verdict.step, FQ_STEP_ASK);
        assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
        assert_slice(test_verdict.number, TEST_ORDER);
    }
}

static void what_went_back_in_all_is_told_beside(void **state)
{
    (void)state;
    put("gmt_refund", "2026-03-16 10:00:00.123");
    put("out_biz_no", TEST_REFUND);
    put("refund_fee", "100.50");
    assert_int_equal(notify(sealed_by("platform")), 0);
    assert_int_equal(test_verdict.has_refunded_total, 1);
    assert_int_equal(test_verdict.refunded_total_minor, 10050);
    put("refund_fee", "much");
    assert_int_equal(notify(sealed_by("platform")), 0);
    assert_int_equal(test_verdict.has_refunded_total, 0);
}

/* The order says by itself that it let nobody else pay. */
static void a_bound_payers_payment_says_whose_it_is(void **state)
{
    (void)state;
    put("passback_params", "need_check_info");
    assert_int_equal(notify(sealed_by("platform")), 0);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_REAL_NAME_MATCHED);
    put("passback_params", "need_check_infos");
    assert_int_equal(notify(sealed_by("platform")), 0);
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_PLATFORM_LOGIN);
}

/* ---- what is refused ---- */

static void a_message_for_another_account_is_refused(void **state)
{
    (void)state;
    put("app_id", "2021000122671081");
    assert_refused(sealed_by("platform"), "the message is for another app_id");
    put("app_id", TEST_APP_ID);
    put("seller_id", "2088721003899150");
    assert_refused(sealed_by("platform"), "the message is for another seller_id");
    put("seller_id", "");
    assert_refused(sealed_by("platform"), "the message is for another seller_id");
}

static void another_charset_is_refused(void **state)
{
    (void)state;
    put("charset", "GBK");
    assert_refused(sealed_by("platform"), "the message's charset is not utf-8");
    put("charset", "");
    assert_refused(sealed_by("platform"), "the message's charset is not utf-8");
}

static void another_signature_scheme_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = { "RSA", "rsa2", "SM2", "" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put("sign_type", cases[i]);
        assert_refused(sealed_by("platform"), "the message's sign_type is not RSA2");
    }
}

static void another_key_is_refused(void **state)
{
    (void)state;
    assert_refused(sealed_by("app"), "the message's signature is missing or bad");
}

static void a_message_without_a_signature_is_refused(void **state)
{
    (void)state;
    struct fq_str body = sealed_by("platform");
    body.len -= 400; /* all of the sign, which stands last */
    while (body.ptr[body.len - 1] != '&')
        body.len--;
    assert_refused(body, "the message's signature is missing or bad");
    assert_refused(fq_slice(""), "the message's sign_type is not RSA2");
}

static void any_changed_field_is_refused(void **state)
{
    (void)state;
    struct fq_str good = sealed_by("platform");
    char *changed = fq_arena_alloc(test_host.arena, good.len);
    size_t n_tried = 0;
    for (size_t i = 0; i + 1 < good.len; i++) {
        if (good.ptr[i] != '=')
            continue;
        memcpy(changed, good.ptr, good.len);
        changed[i + 1] = (char)(changed[i + 1] == 'x' ? 'y' : 'x');
        assert_int_equal(notify((struct fq_str){ changed, good.len }), -1);
        n_tried++;
    }
    assert_int_equal(n_tried, n_fields + 1);
}

static void a_field_that_comes_twice_is_refused(void **state)
{
    (void)state;
    struct fq_str body = sealed_by("platform");
    assert_refused(test_printf("%.*s&total_amount=0.01", (int)body.len, body.ptr),
                   "the message names a field twice");
}

static void a_field_more_is_refused(void **state)
{
    (void)state;
    struct fq_str body = sealed_by("platform");
    assert_refused(test_printf("%.*s&_url=x", (int)body.len, body.ptr),
                   "the message's signature is missing or bad");
}

static void a_payment_without_a_readable_amount_is_refused(void **state)
{
    (void)state;
    put("total_amount", "6,999.00");
    assert_refused(sealed_by("platform"), "the notification says no amount");
}

static void a_message_without_an_order_is_refused(void **state)
{
    (void)state;
    put("out_trade_no", "");
    assert_refused(sealed_by("platform"), "the message names no order of ours");
}

/* ---- the browser ---- */

static int come_back(const char *format, struct fq_str query)
{
    test_host.failure[0] = '\0';
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    test_answer =
        (struct fq_message){ .struct_size = sizeof(test_answer), .method = fq_slice("GET") };
    char url[8192];
    int len = snprintf(url, sizeof(url), "%s%.*s", format, (int)query.len, query.ptr);
    test_answer.url = (struct fq_str){ url, (size_t)len };
    return fenqi_adapter()->browser_return(test_self, &test_host.host, &test_call, &test_answer,
                                           &test_verdict);
}

static void a_browser_that_comes_back_is_only_a_hint(void **state)
{
    (void)state;
    put("method", "alipay.trade.page.pay.return");
    assert_int_equal(come_back("/back/token?", sealed_by("platform")), 0);
    assert_int_equal(test_verdict.step, FQ_STEP_ASK);
    assert_int_equal(test_verdict.outcome, FQ_OUTCOME_UNSET);
    assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_int_equal(test_verdict.ack_body.len, 0);
}

static void an_unverifiable_return_is_refused(void **state)
{
    (void)state;
    assert_int_equal(come_back("/back/token?", sealed_by("app")), -1);
    assert_int_equal(come_back("/back/token", fq_slice("")), -1);
    put("seller_id", "2088000000000000");
    assert_int_equal(come_back("/back/token?", sealed_by("platform")), -1);
}

#define notify_test(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        notify_test(a_payment_is_paid_and_acknowledged),
        notify_test(a_finished_payment_is_paid),
        notify_test(a_certificate_serial_is_not_signed),
        notify_test(empty_fields_are_not_signed),
        notify_test(another_status_only_asks),
        notify_test(a_refund_is_no_second_payment_and_asks),
        notify_test(a_refund_that_we_did_not_send_is_asked_about_too),
        notify_test(a_refund_without_a_number_asks_about_the_payment),
        notify_test(what_went_back_in_all_is_told_beside),
        notify_test(a_bound_payers_payment_says_whose_it_is),
        notify_test(a_message_for_another_account_is_refused),
        notify_test(another_charset_is_refused),
        notify_test(another_signature_scheme_is_refused),
        notify_test(another_key_is_refused),
        notify_test(a_message_without_a_signature_is_refused),
        notify_test(any_changed_field_is_refused),
        notify_test(a_field_that_comes_twice_is_refused),
        notify_test(a_field_more_is_refused),
        notify_test(a_payment_without_a_readable_amount_is_refused),
        notify_test(a_message_without_an_order_is_refused),
        notify_test(a_browser_that_comes_back_is_only_a_hint),
        notify_test(an_unverifiable_return_is_refused),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
