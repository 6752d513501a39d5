/* SPDX-License-Identifier: Apache-2.0 */
/* The UnionPay model without sockets, in a time of the test's own: its requests, its buyers, its
 * notifications; and genuine signed messages. */
#include "tests/sandbox/unit/unionpay_bench.h"
#include "tests/sandbox/unit/vectors.h"

/* ---- genuine messages ----------------------------------------------------------------------- */

static void test_genuine_messages_verify(void **state)
{
    static const char *const MESSAGES[][2] = {
        { "../unionpay/wire/notify_consume_2022.raw", "form" },
        { "../unionpay/wire/resp_query_2024.raw", "plain" },
        { "../unionpay/wire/resp_refund_2024.raw", "plain" },
        { "../unionpay/wire/query_34_2018.raw", "plain" },
        { "../unionpay/derived/pos_instal_notify.form", "form" },
        { "../unionpay/derived/pos_instal_query_resp.raw", "plain" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(MESSAGES) / sizeof(MESSAGES[0]); i++) {
        FORM_CLEANUP form = { 0 };
        STRING_CLEANUP text = vector_text(MESSAGES[i][0]);
        if (text == NULL)
            skip();
        if (strcmp(MESSAGES[i][1], "form") == 0)
            assert_true(form_decode(&form, text, strlen(text)));
        else
            answer_parse(text, &form);
        EVP_PKEY *key = cert_public_key(form_get(&form, "signPubKeyCert"));
        assert_non_null(key);
        assert_true(unionpay_verify(key, &form));
        EVP_PKEY_free(key);
    }
}

/* Their merchant's certificate is not at hand: they get as far as the signature. */
static void test_genuine_requests_are_read(void **state)
{
    struct bench *bench = *state;
    STRING_CLEANUP front = vector_text("../unionpay/derived/instal_front_request.form");
    STRING_CLEANUP back = vector_text("../unionpay/derived/instal_back_request.form");
    if (front == NULL || back == NULL)
        skip();
    bench->now = INT64_C(1662159300000);
    bench_send(bench, "POST", FRONT, front);
    assert_int_equal(bench->response.status, 200);
    assert_true(bench_has(bench, "[9100004]"));
    assert_true(unionpay_add_merchant(bench->unionpay, "777290058167151", merchant.pem, false));
    bench_control(bench, "/unionpay/settings", "{\"unknown_merchant\":\"signed\"}");
    bench_send(bench, "POST", BACK, back);
    assert_field(bench, "respCode", "11");
    assert_true(message_is_genuine(&bench->answer));
}

/* ---- requests ------------------------------------------------------------------------------- */

static void test_answers_look_like_the_genuine_ones(void **state)
{
    struct bench *bench = *state;
    bench_query(bench, "UNKNOWN01");
    assert_field(bench, "respCode", "34");
    assert_field(bench, "txnType", "00");
    assert_true(message_is_genuine(&bench->answer));
    assert_true(bench_has(bench, "respMsg=查无此交易[2600000]&"));
    assert_true(bench_has(bench, "&version=5.1.0&signPubKeyCert=-----BEGIN CERTIFICATE-----\r\n"));
    assert_true(bench_has(bench, "-----END CERTIFICATE-----&signature="));
    bench_control(bench, "/unionpay/settings", "{\"braces\":true}");
    bench_query(bench, "UNKNOWN01");
    assert_int_equal(bench->response.body[0], '{');
    assert_int_equal(bench->response.body[bench->response.body_size - 1], '}');
}

static void test_requests_are_checked(void **state)
{
    static const char *const CASES[][3] = {
        { "version=", "10", "version" },
        { "version=5.0.0", "10", "version" },
        { "encoding=GBK", "10", "encoding" },
        { "signMethod=11", "11", "signMethod" },
        { "certId=1", "11", "9100004" },
        { "certId=", "10", "certId" },
        { "merId=777290058110049", "31", "merId" },
        { "orderId=", "10", "orderId" },
        { "orderId=SHORT", "10", "orderId" },
        { "orderId=WITH_LINE", "10", "orderId" },
        { "txnTime=20260230101112", "10", "txnTime" },
        { "bizType=000401", "10", "bizType" },
        { "txnType=77", "10", "txnType" },
        { "accessType=1", "32", "accessType" },
    };
    struct bench *bench = *state;
    bench_control(bench, "/unionpay/settings", "{\"unknown_merchant\":\"signed\"}");
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        TEXT_CLEANUP wish = { 0 };
        text_printf(&wish,
                    "txnType=00&txnSubType=00&bizType=000000&orderId=ORDER0001&txnTime=" TIME "&%s",
                    CASES[i][0]);
        bench_ask(bench, QUERY, wish.bytes);
        if (strcmp(answer_get(bench, "respCode"), CASES[i][1]) != 0)
            print_message("%s\n", CASES[i][0]);
        assert_field(bench, "respCode", CASES[i][1]);
        assert_non_null(strstr(answer_get(bench, "respMsg"), CASES[i][2]));
        assert_true(message_is_genuine(&bench->answer));
    }
}

static void test_what_was_changed_after_signing_is_refused(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP form = { 0 };
    bench_common(bench, &form);
    form_set(&form, "txnType", "00");
    form_set(&form, "txnSubType", "00");
    form_set(&form, "bizType", "000000");
    form_set(&form, "orderId", "ORDER0001");
    form_set(&form, "txnTime", TIME);
    STRING_CLEANUP signature = unionpay_sign(merchant.private_key, &form);
    form_set(&form, "signature", signature);
    form_set(&form, "orderId", "ORDER0002");
    STRING_CLEANUP body = form_encode(&form, 1);
    bench_send(bench, "POST", QUERY, body);
    assert_field(bench, "respCode", "11");
}

static void test_merchants_know_nothing_of_each_other(void **state)
{
    struct bench *bench = *state;
    bench_paid(bench);
    bench->signer = &other_merchant;
    bench_query(bench, "ORDER0001");
    assert_field(bench, "respCode", "11");
    bench_ask(bench, QUERY,
              "txnType=00&txnSubType=00&bizType=000000&orderId=ORDER0001&txnTime=" TIME
              "&merId=" OTHER_MER_ID);
    assert_field(bench, "respCode", "34");
}

static void test_a_request_for_nobody_is_answered_unsigned(void **state)
{
    struct bench *bench = *state;
    bench_ask(bench, QUERY,
              "merId=777290058110099&certId=7&txnType=00&txnSubType=00&bizType=000000&"
              "orderId=ORDER0001&txnTime=" TIME);
    assert_field(bench, "respCode", "11");
    assert_null(form_get(&bench->answer, "signature"));
}

static void test_a_name_that_nobody_documented_is_bad(void **state)
{
    struct bench *bench = *state;
    bench_ask(bench, QUERY, "txnType=00&nonsense=1");
    assert_int_equal(bench->response.status, 400);
    assert_true(bench_has(bench, "nonsense"));
}

static void test_a_front_order_is_refused_on_a_page(void **state)
{
    static const char *const CASES[][2] = {
        { "&txnAmt=", "10" },
        { "&txnAmt=0", "10" },
        { "&txnAmt=99.00", "10" },
        { "&currencyCode=840", "10" },
        { "&channelType=05", "10" },
        { "&bizType=000401", "10" },
        { "&backUrl=", "10" },
        { "&customerInfo=?", "10" },
        { "&txnTime=20260315102200", "39" },
        { "&instalTransInfo={numberOfInstallments=05}", "10" },
        { "&instalTransInfo=numberOfInstallments=06", "10" },
        { "&instalTransInfo={numberOfInstallments=6}", "10" },
        { "&customerInfo=Y3VzdG9tZXJObT14", "10" }, /* customerNm=x without braces */
        { "&txnAmt=100000001", "33" },
        { "&accessType=2&subMerId=1&subMerName=A", "10" },
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        TEXT_CLEANUP shown = { 0 };
        bench_front(bench, CASES[i][0]);
        text_printf(&shown, "id=\"resp_code\">%s<", CASES[i][1]);
        if (!bench_has(bench, shown.bytes))
            print_message("%s\n", CASES[i][0]);
        assert_true(bench_has(bench, shown.bytes));
        assert_null(unionpay_order_newest(bench->unionpay, "ORDER0001"));
    }
    bench_front(bench, "");
    assert_true(bench_has(bench, "value=\"card\""));
    bench_front(bench, "");
    assert_true(bench_has(bench, "id=\"resp_code\">12<"));
}

/* ---- the buyer ------------------------------------------------------------------------------ */

static void test_a_buyer_pays_in_the_terms_he_chose(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_query(bench, "ORDER0001");
    assert_field(bench, "respCode", "34");
    bench_front(bench, "&reqReserved=cGF5MQ==");
    bench_query(bench, "ORDER0001");
    assert_field(bench, "origRespCode", "05");
    bench_step(bench, "do=card&" CARD);
    bench_step(bench, "do=terms&instalments=06");
    assert_false(bench_deliver(bench, 200, &notice));
    bench_step(bench, "do=code&sms_code=111111");
    assert_true(bench_has(bench, "id=\"paid\""));
    assert_true(bench_has(bench, "action=\"https://shop.example/back\""));
    bench_query(bench, "ORDER0001");
    assert_field(bench, "origRespCode", "00");
    assert_field(bench, "txnType", "01");
    assert_field(bench, "instalTransInfo", "{numberOfInstallments=06}");
    assert_field(bench, "accNo", "6221********0000");
    assert_field(bench, "reqReserved", "cGF5MQ==");
    assert_true(message_is_genuine(&bench->answer));
    assert_true(bench_deliver(bench, 200, &notice));
    assert_true(message_is_genuine(&notice));
    assert_string_equal(form_get(&notice, "respCode"), "00");
    assert_string_equal(form_get(&notice, "queryId"), answer_get(bench, "queryId"));
    assert_string_equal(form_get(&notice, "settleDate"), "0315");
    assert_false(bench_deliver(bench, 200, &notice));
}

static void test_terms_of_the_merchant_are_not_asked_for(void **state)
{
    struct bench *bench = *state;
    bench_front(bench, "&instalTransInfo={numberOfInstallments=03}");
    bench_step(bench, "do=card&" CARD);
    bench_step(bench, "do=code&sms_code=111111");
    assert_int_equal(unionpay_order_newest(bench->unionpay, "ORDER0001")->instalments, 3);
}

static void test_declines_are_provisional(void **state)
{
    static const char *const CASES[][2] = {
        { "do=card&card_number=1234", "61" },
        { "do=card&card_number=6216261000000000018", "68" },
        { "do=card&card_number=6250947000000014&customer_name=%E5%85%A8%E6%B8%A0%E9%81%93", "66" },
        { "do=card&" CARD "4", "65" },
        { "do=decline", "60" },
    };
    struct bench *bench = *state;
    bench_front(bench, "");
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        bench_step(bench, CASES[i][0]);
        bench_query(bench, "ORDER0001");
        assert_field(bench, "origRespCode", CASES[i][1]);
    }
    bench_step(bench, "do=retry");
    bench_step(bench, "do=card&" CARD);
    bench_step(bench, "do=terms&instalments=12");
    bench_step(bench, "do=code&sms_code=000000");
    bench_query(bench, "ORDER0001");
    assert_field(bench, "origRespCode", "71");
    bench_step(bench, "do=code&sms_code=111111");
    bench_query(bench, "ORDER0001");
    assert_field(bench, "origRespCode", "00");
}

static void bench_front_of(struct bench *bench, const char *customer, const char *more)
{
    TEXT_CLEANUP wish = { 0 };
    STRING_CLEANUP info = base64_encode(customer, strlen(customer));
    text_printf(&wish, "&customerInfo=%s%s", info, more);
    bench_front(bench, wish.bytes);
}

static void test_a_payer_whom_the_merchant_named_must_hold_the_card(void **state)
{
    struct bench *bench = *state;
    bench_front_of(bench, "{certifTp=01&certifId=510265790128303&customerNm=张三}", "");
    bench_step(bench, "do=card&" CARD);
    assert_true(bench_has(bench, "(66)"));
    bench_step(bench,
               "do=card&card_number=6250947000000014&phone=18100000000&expiry=1233&cvn2=123");
    assert_true(bench_has(bench, "value=\"terms\""));
}

static void test_what_is_encrypted_opens_before_and_after_a_rotation(void **state)
{
    struct bench *bench = *state;
    TEXT_CLEANUP customer = { 0 };
    TEXT_CLEANUP more = { 0 };
    struct unionpay_order *order;
    STRING_CLEANUP sealed = unionpay_encrypt(chain->encryption.private_key, "phoneNo=13552535506");
    text_printf(&customer, "{certifTp=01&customerNm=全渠道&encryptedInfo=%s}", sealed);
    text_printf(&more, "&encryptCertId=%s", chain->encryption.serial);
    assert_true(unionpay_add_merchant(bench->unionpay, MER_ID, merchant.pem, true));
    bench_front_of(bench, "{phoneNo=13552535506}", "");
    assert_true(bench_has(bench, "id=\"resp_code\">10<"));
    bench_control(bench, "/unionpay/rotate", "{\"what\":\"encryption\"}");
    bench_front_of(bench, customer.bytes, more.bytes);
    order = unionpay_order_newest(bench->unionpay, "ORDER0001");
    assert_string_equal(form_get(&order->customer, "phoneNo"), "13552535506");
    bench_control(bench, "/unionpay/rotate", "{\"what\":\"encryption\"}");
    more.size = 0;
    text_printf(&more, "&encryptCertId=%s&orderId=ORDER0002", chain->encryption.serial);
    bench_front_of(bench, customer.bytes, more.bytes);
    assert_true(bench_has(bench, "id=\"resp_code\">10<"));
}

/* Who has not renewed it a month later is not understood any more. */
static void test_the_certificate_before_opens_for_a_month(void **state)
{
    struct bench *bench = *state;
    TEXT_CLEANUP customer = { 0 };
    TEXT_CLEANUP more = { 0 };
    STRING_CLEANUP sealed = unionpay_encrypt(chain->encryption.private_key, "phoneNo=13552535506");
    text_printf(&customer, "{customerNm=全渠道&encryptedInfo=%s}", sealed);
    text_printf(&more, "&encryptCertId=%s", chain->encryption.serial);
    bench_control(bench, "/unionpay/settings", "{\"txn_time_tolerance_ms\":100000000000}");
    bench_control(bench, "/unionpay/rotate", "{\"what\":\"encryption\"}");
    bench->now += 30 * 24 * HOUR - 1;
    bench_front_of(bench, customer.bytes, more.bytes);
    assert_non_null(unionpay_order_newest(bench->unionpay, "ORDER0001"));
    text_add(&more, "&orderId=ORDER0002");
    bench->now += 1;
    bench_front_of(bench, customer.bytes, more.bytes);
    assert_true(bench_has(bench, "id=\"resp_code\">10<"));
    assert_null(unionpay_order_newest(bench->unionpay, "ORDER0002"));
}

/* ---- time ----------------------------------------------------------------------------------- */

static void test_after_pay_timeout_nobody_pays(void **state)
{
    struct bench *bench = *state;
    bench_front(bench, "&payTimeout=20260315102612");
    bench_step(bench, "do=card&" CARD);
    bench_step(bench, "do=terms&instalments=06");
    bench->now += 15 * MINUTE;
    bench_step(bench, "do=code&sms_code=111111");
    assert_true(bench_has(bench, "id=\"timed_out\""));
    bench_query(bench, "ORDER0001");
    assert_field(bench, "respCode", "34");
}

static void test_a_late_success_tells_nobody(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_control(bench, "/unionpay/settings", "{\"late_pay\":\"success\"}");
    bench_front(bench, "&payTimeout=20260315102612");
    bench->now += 15 * MINUTE;
    bench_step(bench, "do=card&" CARD);
    bench_step(bench, "do=terms&instalments=06");
    bench_step(bench, "do=code&sms_code=111111");
    bench_query(bench, "ORDER0001");
    assert_field(bench, "origRespCode", "00");
    assert_false(bench_deliver(bench, 200, &notice));
    assert_true(unionpay_order_newest(bench->unionpay, "ORDER0001")->late);
}

static void test_a_late_debit_may_be_given_back(void **state)
{
    struct bench *bench = *state;
    bench_front(bench, "&payTimeout=20260315102612");
    bench->now += 15 * MINUTE;
    bench_control(bench, "/unionpay/orders/ORDER0001/pay",
                  "{\"code\":\"42\",\"even_if_late\":true}");
    bench_query(bench, "ORDER0001");
    assert_field(bench, "origRespCode", "42");
    const struct unionpay_order *order = unionpay_order_newest(bench->unionpay, "ORDER0001");
    assert_int_equal(unionpay_order_taken_fen(order, true), 0);
    bench->now += INT64_C(8) * 24 * 60 * MINUTE;
    bench_query(bench, "ORDER0001");
    assert_int_equal(unionpay_order_taken_fen(order, true), order->amount_fen);
}

static void test_who_paid_in_time_is_told_of_however_late_it_settles(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_control(bench, "/unionpay/settings", "{\"pay_pending_ms\":3600000}");
    bench_front(bench, "&payTimeout=20260315102612");
    bench_step(bench, "do=card&" CARD);
    bench_step(bench, "do=terms&instalments=06");
    bench_step(bench, "do=code&sms_code=111111");
    bench->now += 61 * MINUTE;
    assert_true(bench_deliver(bench, 200, &notice));
    assert_false(unionpay_order_newest(bench->unionpay, "ORDER0001")->late);
}

static void test_a_payment_may_take_its_time(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_control(bench, "/unionpay/settings", "{\"pay_pending_ms\":60000}");
    bench_paid(bench);
    bench_query(bench, "ORDER0001");
    assert_field(bench, "origRespCode", "05");
    assert_false(bench_deliver(bench, 200, &notice));
    assert_int_equal(bench->platform.next_due_unix_ms(bench->platform.model), bench->now + MINUTE);
    bench->now += MINUTE;
    assert_true(bench_deliver(bench, 200, &notice));
    bench_query(bench, "ORDER0001");
    assert_field(bench, "origRespCode", "00");
}

static void test_the_settlement_day_ends_at_eleven(void **state)
{
    struct bench *bench = *state;
    bench_paid(bench);
    bench_query(bench, "ORDER0001");
    assert_field(bench, "settleDate", "0315");
    bench_control(bench, "/unionpay/clock", "{\"advance_ms\":46128000}"); /* 23:00:00 */
    bench_front(bench, "&orderId=ORDER0002&txnTime=20260315230000");
    bench_control(bench, "/unionpay/orders/ORDER0002/pay", "");
    bench_ask(bench, QUERY,
              "txnType=00&txnSubType=00&bizType=000000&orderId=ORDER0002&txnTime=20260315230000");
    assert_field(bench, "settleDate", "0316");
}

/* ---- notifications -------------------------------------------------------------------------- */

static void test_five_sends_and_no_more(void **state)
{
    static const int64_t AT_MINUTES[] = { 0, 0, 1, 3, 7 };
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_paid(bench);
    for (size_t i = 0; i < 5; i++) {
        bench->now = START + AT_MINUTES[i] * MINUTE - 1;
        if (AT_MINUTES[i] > 0)
            assert_false(bench_deliver(bench, 500, &notice));
        bench->now++;
        assert_true(bench_deliver(bench, 500, &notice));
    }
    bench->now += 100 * HOUR;
    assert_false(bench_deliver(bench, 500, &notice));
}

static void test_a_failed_payment_tells_nobody(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_front(bench, "");
    bench_control(bench, "/unionpay/orders/ORDER0001/pay", "{\"code\":\"64\"}");
    bench_query(bench, "ORDER0001");
    assert_field(bench, "origRespCode", "64");
    assert_false(bench_deliver(bench, 200, &notice));
}

static void test_a_redirect_is_an_acknowledgement(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_paid(bench);
    assert_true(bench_deliver(bench, 302, &notice));
    bench->now += HOUR;
    assert_false(bench_deliver(bench, 302, &notice));
}

static void test_a_clear_card_number_slips_out(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_control(bench, "/unionpay/faults", "{\"method\":\"notify\",\"kind\":\"clear_pan\"}");
    bench_paid(bench);
    assert_true(bench_deliver(bench, 200, &notice));
    assert_string_equal(form_get(&notice, "accNo"), "6221558812340000");
    assert_true(message_is_genuine(&notice));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_genuine_messages_verify),
        model_test(test_genuine_requests_are_read),
        model_test(test_answers_look_like_the_genuine_ones),
        model_test(test_requests_are_checked),
        model_test(test_what_was_changed_after_signing_is_refused),
        model_test(test_merchants_know_nothing_of_each_other),
        model_test(test_a_request_for_nobody_is_answered_unsigned),
        model_test(test_a_name_that_nobody_documented_is_bad),
        model_test(test_a_front_order_is_refused_on_a_page),
        model_test(test_a_buyer_pays_in_the_terms_he_chose),
        model_test(test_terms_of_the_merchant_are_not_asked_for),
        model_test(test_declines_are_provisional),
        model_test(test_a_payer_whom_the_merchant_named_must_hold_the_card),
        model_test(test_what_is_encrypted_opens_before_and_after_a_rotation),
        model_test(test_the_certificate_before_opens_for_a_month),
        model_test(test_after_pay_timeout_nobody_pays),
        model_test(test_a_late_success_tells_nobody),
        model_test(test_a_late_debit_may_be_given_back),
        model_test(test_who_paid_in_time_is_told_of_however_late_it_settles),
        model_test(test_a_payment_may_take_its_time),
        model_test(test_the_settlement_day_ends_at_eleven),
        model_test(test_five_sends_and_no_more),
        model_test(test_a_failed_payment_tells_nobody),
        model_test(test_a_redirect_is_an_acknowledgement),
        model_test(test_a_clear_card_number_slips_out),
    };
    return cmocka_run_group_tests(tests, keys_setup, keys_teardown);
}
