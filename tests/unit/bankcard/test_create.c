/* SPDX-License-Identifier: Apache-2.0 */
/* The form that takes the buyer to UnionPay's page. */
#include "tests/unit/bankcard/bankcard_test.h"

static const struct fq_exchange *create(void)
{
    return &fenqi_adapter()->create;
}

static struct fq_pairs posted(void)
{
    test_begin(create());
    assert_int_equal(test_verdict.step, FQ_STEP_DONE);
    assert_int_equal(test_verdict.action, FQ_ACTION_FORM_POST);
    assert_signed(test_verdict.message.fields);
    return test_verdict.message.fields;
}

/* ---- the form ---- */

static void an_order_is_a_signed_form(void **state)
{
    (void)state;
    test_call.memory.n_items = 0;
    struct fq_pairs fields = posted();
    assert_slice(test_verdict.message.url,
                 "https://gateway.example.com/gateway/api/frontTransReq.do");
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_true(test_verdict.action_expires_unix_ms == TEST_DEADLINE_MS);
    assert_slice(fq_pairs_get(fields, "accessType"), "0");
    assert_fields(fields, "backUrl=https://pay.example.com/notify/cards&bizType=000201&"
                          "channelType=07&currencyCode=156&"
                          "frontUrl=https://pay.example.com/back/abc&orderId=" TEST_ORDER
                          "&payTimeout=20260315104112&txnAmt=699900&txnSubType=03&"
                          "txnTime=20260315101112&txnType=01");
}

static void the_time_is_remembered_before_anything_leaves(void **state)
{
    (void)state;
    test_begin(create());
    assert_int_equal(test_verdict.memory.n_items, 1);
    assert_memory("txn_time", TEST_TXN_TIME);
}

static void a_phone_browser_comes_by_another_channel(void **state)
{
    (void)state;
    test_call.terminal = FQ_TERMINAL_MOBILE_WEB;
    assert_slice(fq_pairs_get(posted(), "channelType"), "08");
    assert_int_equal(test_open("channel_type_mobile=16 channel_type_desktop=05"), 0);
    assert_slice(fq_pairs_get(posted(), "channelType"), "16");
    test_call.terminal = FQ_TERMINAL_DESKTOP;
    assert_slice(fq_pairs_get(posted(), "channelType"), "05");
}

static void one_instalment_is_a_plain_consume(void **state)
{
    (void)state;
    test_call.instalments = 1;
    assert_slice(fq_pairs_get(posted(), "txnSubType"), "01");
    test_call.instalments = 36;
    assert_slice(fq_pairs_get(posted(), "txnSubType"), "03");
}

/* ---- the payer ---- */

static struct fq_str customer_info(void)
{
    struct fq_str plain;
    assert_true(fq_slice_from_base64(
        &test_host.host, fq_pairs_get(test_verdict.message.fields, "customerInfo"), &plain));
    return plain;
}

static void put_payer(void)
{
    test_call.payer_name = fq_slice("全渠道");
    test_call.payer_document_type = fq_slice("IDENTITY_CARD");
    test_call.payer_document_number = fq_slice("341126197709218366");
    test_call.payer_phone = fq_slice("13552535506");
}

static void a_payer_is_passed_on(void **state)
{
    (void)state;
    put_payer();
    struct fq_pairs fields = posted();
    assert_slice(customer_info(), "{certifTp=01&certifId=341126197709218366&customerNm=全渠道&"
                                  "phoneNo=13552535506}");
    assert_null(fq_pairs_find(fields, "encryptCertId"));
    assert_int_equal(test_verdict.memory.n_items, 2);
    assert_memory("payer", "sent");
}

static void every_document_has_its_code(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "IDENTITY_CARD", "{certifTp=01&certifId=A1}" },
        { "PASSPORT", "{certifTp=03&certifId=A1}" },
        { "OFFICER_CARD", "{certifTp=02&certifId=A1}" },
        { "SOLDIER_CARD", "{certifTp=07&certifId=A1}" },
        { "HOKOU", "{certifTp=99&certifId=A1}" },
        { "", "{certifTp=01&certifId=A1}" },
    };
    test_call.payer_document_number = fq_slice("A1");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_call.payer_document_type = fq_slice_of(cases[i][0]);
        posted();
        assert_slice(customer_info(), cases[i][1]);
    }
}

static void a_merchant_that_encrypts_hides_the_phone(void **state)
{
    (void)state;
    struct fq_str serial, info, secret, plain;
    assert_int_equal(test_open("encrypt=yes"), 0);
    put_payer();
    struct fq_pairs fields = posted();
    assert_int_equal(test_host.host.cert_field(&test_host.host, "encrypt",
                                               (struct fq_str){ NULL, 0 }, 0,
                                               FQ_CERT_SERIAL_DECIMAL, &serial),
                     0);
    assert_true(fq_slice_equal(fq_pairs_get(fields, "encryptCertId"), serial));
    info = customer_info();
    static const char front[] =
        "{certifTp=01&certifId=341126197709218366&customerNm=全渠道&encryptedInfo=";
    assert_true(fq_slice_starts(info, fq_slice(front)));
    struct fq_str base64 = { info.ptr + sizeof(front) - 1, info.len - sizeof(front) };
    assert_true(fq_slice_from_base64(&test_host.host, base64, &secret));
    assert_int_equal(
        test_host.host.decrypt(&test_host.host, "opens", FQ_CIPHER_RSA_PKCS1, secret, &plain), 0);
    assert_slice(plain, "phoneNo=13552535506");
}

static void nothing_to_encrypt_names_no_certificate(void **state)
{
    (void)state;
    assert_int_equal(test_open("encrypt=yes"), 0);
    put_payer();
    test_call.payer_phone.len = 0;
    assert_null(fq_pairs_find(posted(), "encryptCertId"));
    assert_slice(customer_info(), "{certifTp=01&certifId=341126197709218366&customerNm=全渠道}");
}

static void a_payers_data_cannot_add_fields(void **state)
{
    (void)state;
    static const char why[] = "a payer's data holds one of & = { } [ ], or more than 64 bytes";
    put_payer();
    test_call.payer_name = fq_slice("a&cvn2=1");
    assert_begin_fails(create(), why);
    put_payer();
    test_call.payer_phone = fq_slice("1}");
    assert_begin_fails(create(), why);
    put_payer();
    test_call.payer_document_number =
        fq_slice("00000000000000000000000000000000000000000000000000000000000000000");
    assert_begin_fails(create(), why);
}

/* ---- what is refused ---- */

static void what_unionpay_would_refuse_is_not_sent(void **state)
{
    (void)state;
    static const char urls[] = "notify_url or return_url has a query, a ~, or more than 256 bytes";
    const struct fq_call good = test_call;
    test_call.terminal = FQ_TERMINAL_QR;
    assert_begin_fails(create(), "no such terminal");
    test_call = good;
    test_call.order_number = fq_slice("1234567");
    assert_begin_fails(create(), "the order number is not 8 to 32 of [0-9A-Za-z]");
    test_call.order_number = fq_slice("12345678-");
    assert_begin_fails(create(), "the order number is not 8 to 32 of [0-9A-Za-z]");
    test_call = good;
    test_call.notify_url = fq_slice("https://pay.example.com/notify?x=1");
    assert_begin_fails(create(), urls);
    test_call = good;
    test_call.return_url = fq_slice("https://pay.example.com/~me");
    assert_begin_fails(create(), urls);
    test_call = good;
    test_call.deadline_unix_ms = TEST_NOW_MS;
    assert_begin_fails(create(), "the deadline has passed");
    test_call = good;
    test_call.instalments = 5;
    assert_begin_fails(create(), "no such number of instalments");
    test_call = good;
    test_call.amount.minor = INT64_C(1000000000000);
    assert_begin_fails(create(), "the amount is out of range, or in another currency");
}

static void without_a_key_nothing_is_handed_out(void **state)
{
    (void)state;
    vector_host_drop(&test_host, "sign");
    assert_begin_fails(create(), "the request could not be signed");
    assert_int_equal(test_group_teardown(NULL), 0);
    assert_int_equal(test_group_setup(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bankcard_test(an_order_is_a_signed_form),
        bankcard_test(the_time_is_remembered_before_anything_leaves),
        bankcard_test(a_phone_browser_comes_by_another_channel),
        bankcard_test(one_instalment_is_a_plain_consume),
        bankcard_test(a_payer_is_passed_on),
        bankcard_test(every_document_has_its_code),
        bankcard_test(a_merchant_that_encrypts_hides_the_phone),
        bankcard_test(nothing_to_encrypt_names_no_certificate),
        bankcard_test(a_payers_data_cannot_add_fields),
        bankcard_test(what_unionpay_would_refuse_is_not_sent),
        bankcard_test(without_a_key_nothing_is_handed_out),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
