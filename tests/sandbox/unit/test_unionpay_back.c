/* SPDX-License-Identifier: Apache-2.0 */
/* The UnionPay model behind a payment: refunds, undos, certificates, files, and lies on demand. */
#include "tests/sandbox/unit/unionpay_bench.h"

/* ---- refunds and undos ---------------------------------------------------------------------- */

static void test_refunds_never_exceed_what_was_paid(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    struct unionpay_order *paid = bench_paid(bench);
    assert_true(bench_deliver(bench, 200, &notice));
    bench_back(bench, "REFUND0001", "04", "60000");
    assert_field(bench, "respCode", "00");
    assert_true(bench_deliver(bench, 200, &notice));
    assert_string_equal(form_get(&notice, "txnType"), "04");
    assert_string_equal(form_get(&notice, "origQryId"), paid->query_id);
    bench_back(bench, "REFUND0002", "04", "40001");
    assert_field(bench, "respCode", "36");
    bench_back(bench, "REFUND0002", "04", "40000");
    assert_field(bench, "respCode", "00");
    bench_back(bench, "REFUND0003", "04", "1");
    assert_field(bench, "respCode", "45");
    bench_back(bench, "REFUND0001", "04", "60000");
    assert_field(bench, "respCode", "12");
    assert_true(bench_deliver(bench, 200, &notice));
    assert_int_equal(unionpay_order_taken_fen(paid, true), 100000);
}

static void test_nobody_refunds_what_another_was_paid(void **state)
{
    struct bench *bench = *state;
    TEXT_CLEANUP wish = { 0 };
    const struct unionpay_order *paid = bench_paid(bench);
    bench->signer = &other_merchant;
    text_printf(&wish,
                "merId=" OTHER_MER_ID "&txnType=04&txnSubType=00&bizType=000201&channelType=07&"
                "orderId=REFUND0001&txnTime=" TIME "&txnAmt=1&origQryId=%s&"
                "backUrl=https://shop.example/notify",
                paid->query_id);
    bench_ask(bench, BACK, wish.bytes);
    assert_field(bench, "respCode", "35");
}

static void test_an_accepted_refund_may_fail(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    struct unionpay_order *paid = bench_paid(bench);
    assert_true(bench_deliver(bench, 200, &notice));
    bench_control(bench, "/unionpay/settings",
                  "{\"refund_code\":\"60\",\"refund_pending_ms\":1000}");
    bench_back(bench, "REFUND0001", "04", "100000");
    assert_field(bench, "respCode", "00");
    bench_query(bench, "REFUND0001");
    assert_field(bench, "origRespCode", "05");
    bench->now += 1000;
    assert_true(bench_deliver(bench, 200, &notice));
    assert_string_equal(form_get(&notice, "respCode"), "60");
    assert_int_equal(unionpay_order_taken_fen(paid, false), 0);
}

static void test_partial_refunds_are_by_contract(void **state)
{
    struct bench *bench = *state;
    bench_paid(bench);
    bench_control(bench, "/unionpay/settings", "{\"instalment_partial_refund\":false}");
    bench_back(bench, "REFUND0001", "04", "1");
    assert_field(bench, "respCode", "36");
    bench_back(bench, "REFUND0001", "04", "100000");
    assert_field(bench, "respCode", "00");
}

static void test_refunds_end_after_eleven_months(void **state)
{
    struct bench *bench = *state;
    bench_paid(bench);
    bench_control(bench, "/unionpay/settings", "{\"txn_time_tolerance_ms\":1e14}");
    bench->now += 331 * 24 * HOUR;
    bench_back(bench, "REFUND0001", "04", "1");
    assert_field(bench, "respCode", "39");
}

static void test_an_undo_is_whole_and_of_the_day(void **state)
{
    struct bench *bench = *state;
    bench_paid(bench);
    bench_back(bench, "UNDO0001", "31", "99999");
    assert_field(bench, "respCode", "36");
    bench_control(bench, "/unionpay/settings", "{\"txn_time_tolerance_ms\":1e14}");
    bench_control(bench, "/unionpay/clock", "{\"advance_ms\":46128000}");
    bench_back(bench, "UNDO0002", "31", "100000");
    assert_field(bench, "respCode", "35");
}

static void test_the_portal_gives_back_without_a_word(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    struct unionpay_order *paid = bench_paid(bench);
    assert_true(bench_deliver(bench, 200, &notice));
    bench_control(bench, "/unionpay/refunds/console",
                  "{\"order_id\":\"ORDER0001\",\"amount_fen\":99999}");
    assert_int_equal(unionpay_order_taken_fen(paid, true), 99999);
    assert_false(bench_deliver(bench, 200, &notice));
    bench_back(bench, "REFUND0001", "04", "2");
    assert_field(bench, "respCode", "36");
}

static void test_after_an_undo_nothing_is_left(void **state)
{
    struct bench *bench = *state;
    struct unionpay_order *paid = bench_paid(bench);
    bench_back(bench, "UNDO0001", "31", "100000");
    assert_field(bench, "respCode", "00");
    bench_back(bench, "UNDO0002", "31", "100000");
    assert_field(bench, "respCode", "45");
    bench_back(bench, "REFUND0001", "04", "1");
    assert_field(bench, "respCode", "45");
    assert_int_equal(unionpay_order_taken_fen(paid, true), 100000);
}

/* ---- lies ----------------------------------------------------------------------------------- */

static void test_no_lie_passes_for_genuine(void **state)
{
    static const char *const LIES[] = {
        "bad_signature",     "unsigned",         "wrong_cn",      "expired_leaf", "self_made",
        "downgrade_version", "downgrade_method", "duplicate_key", "line_ends",    "tamper",
    };
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_paid(bench);
    assert_true(bench_deliver(bench, 200, &notice));
    for (size_t i = 0; i < sizeof(LIES) / sizeof(LIES[0]); i++) {
        TEXT_CLEANUP wish = { 0 };
        text_printf(&wish, "{\"method\":\"notify\",\"kind\":\"%s\",\"order_id\":\"ORDER0001\"}",
                    LIES[i]);
        bench_control(bench, "/unionpay/faults", wish.bytes);
        bench_control(bench, "/unionpay/notify/resend/ORDER0001", "{}");
        assert_true(bench_deliver(bench, 200, &notice));
        if (message_is_genuine(&notice))
            print_message("%s\n", LIES[i]);
        assert_false(message_is_genuine(&notice));
    }
    bench_control(bench, "/unionpay/notify/resend/ORDER0001", "{}");
    assert_true(bench_deliver(bench, 200, &notice));
    assert_true(message_is_genuine(&notice));
}

static void test_a_forger_has_the_name_but_not_the_chain(void **state)
{
    struct bench *bench = *state;
    FORM_CLEANUP notice = { 0 };
    bench_front(bench, "");
    bench_control(bench, "/unionpay/notify/forge",
                  "{\"order_id\":\"ORDER0001\",\"fields\":{\"respCode\":\"00\"}}");
    assert_true(bench_deliver(bench, 200, &notice));
    assert_string_equal(form_get(&notice, "respCode"), "00");
    EVP_PKEY *key = cert_public_key(form_get(&notice, "signPubKeyCert"));
    assert_true(unionpay_verify(key, &notice));
    EVP_PKEY_free(key);
    assert_false(message_is_genuine(&notice));
}

static void test_signed_oddities_are_genuine(void **state)
{
    struct bench *bench = *state;
    bench_paid(bench);
    bench_control(bench, "/unionpay/faults", "{\"method\":\"query\",\"kind\":\"extra_field\"}");
    bench_query(bench, "ORDER0001");
    assert_field(bench, "sandboxExtra", "{a=1&b=2}");
    assert_true(message_is_genuine(&bench->answer));
    bench_control(bench, "/unionpay/faults", "{\"method\":\"query\",\"kind\":\"reorder\"}");
    bench_query(bench, "ORDER0001");
    assert_int_equal(strncmp(bench->response.body, "signature=", 10), 0);
    assert_true(message_is_genuine(&bench->answer));
    bench_control(bench, "/unionpay/faults",
                  "{\"method\":\"query\",\"kind\":\"lie\",\"field\":\"instalTransInfo\","
                  "\"value\":\"{numberOfInstallments=12}\"}");
    bench_query(bench, "ORDER0001");
    assert_field(bench, "instalTransInfo", "{numberOfInstallments=12}");
    assert_true(message_is_genuine(&bench->answer));
}

static void test_blank_values_are_signed_or_not(void **state)
{
    struct bench *bench = *state;
    bench_control(bench, "/unionpay/faults",
                  "{\"method\":\"query\",\"kind\":\"blank_field\",\"value\":\"signed\"}");
    bench_query(bench, "UNKNOWN01");
    assert_true(bench_has(bench, "&sandboxBlank=&"));
    assert_true(message_is_genuine(&bench->answer));
    bench_control(bench, "/unionpay/faults", "{\"method\":\"query\",\"kind\":\"blank_field\"}");
    bench_query(bench, "UNKNOWN01");
    assert_true(bench_has(bench, "&sandboxBlank="));
    assert_false(message_is_genuine(&bench->answer));
}

static void test_a_failure_may_come_unsigned(void **state)
{
    struct bench *bench = *state;
    bench_paid(bench);
    bench_control(bench, "/unionpay/faults",
                  "{\"method\":\"refund\",\"kind\":\"unsigned\",\"value\":\"01\"}");
    bench_back(bench, "REFUND0001", "04", "1");
    assert_field(bench, "respCode", "01");
    assert_null(form_get(&bench->answer, "signature"));
    assert_null(unionpay_order_newest(bench->unionpay, "REFUND0001"));
}

static void test_an_open_brace_swallows_the_rest(void **state)
{
    struct bench *bench = *state;
    bench_control(bench, "/unionpay/faults",
                  "{\"method\":\"query\",\"kind\":\"open_brace\",\"field\":\"merId\"}");
    bench_query(bench, "UNKNOWN01");
    assert_null(form_get(&bench->answer, "respCode"));
}

static void test_codes_come_with_and_without_the_deed(void **state)
{
    struct bench *bench = *state;
    bench_paid(bench);
    bench_control(bench, "/unionpay/faults",
                  "{\"method\":\"refund\",\"kind\":\"answer\",\"value\":\"04\"}");
    bench_back(bench, "REFUND0001", "04", "1");
    assert_field(bench, "respCode", "04");
    assert_non_null(unionpay_order_newest(bench->unionpay, "REFUND0001"));
    bench_control(bench, "/unionpay/faults",
                  "{\"method\":\"back\",\"kind\":\"refuse\",\"value\":\"06\"}");
    bench_back(bench, "REFUND0002", "04", "1");
    assert_field(bench, "respCode", "06");
    assert_null(unionpay_order_newest(bench->unionpay, "REFUND0002"));
}

/* ---- certificates and files ----------------------------------------------------------------- */

static void test_a_rotated_leaf_is_as_good(void **state)
{
    struct bench *bench = *state;
    bench_query(bench, "UNKNOWN01");
    STRING_CLEANUP before = text_copy(answer_get(bench, "signPubKeyCert"));
    bench_control(bench, "/unionpay/rotate", "{\"what\":\"leaf\"}");
    bench_query(bench, "UNKNOWN01");
    assert_string_not_equal(answer_get(bench, "signPubKeyCert"), before);
    assert_true(message_is_genuine(&bench->answer));
}

static void test_the_encryption_certificate_is_handed_out(void **state)
{
    struct bench *bench = *state;
    bench_ask(bench, BACK,
              "txnType=95&txnSubType=00&bizType=000000&channelType=07&certType=01&"
              "orderId=KEY00001&txnTime=" TIME);
    assert_field(bench, "respCode", "00");
    STRING_CLEANUP serial = unionpay_serial(answer_get(bench, "encryptPubKeyCert"));
    assert_string_equal(serial, chain->encryption.serial);
}

static void bench_file(struct bench *bench)
{
    bench_ask(bench, "/",
              "txnType=76&txnSubType=01&bizType=000000&settleDate=0315&fileType=00&txnTime=" TIME);
}

static void test_the_file_is_there_the_next_morning(void **state)
{
    struct bench *bench = *state;
    bench_control(bench, "/unionpay/settings", "{\"txn_time_tolerance_ms\":1e14}");
    bench_paid(bench);
    bench_file(bench);
    assert_field(bench, "respCode", "98");
    bench->now = INT64_C(1773622800000) - 1; /* 2026-03-16 09:00:00 */
    bench_file(bench);
    assert_field(bench, "respCode", "98");
    bench->now++;
    bench_file(bench);
    assert_field(bench, "respCode", "00");
    assert_true(answer_get(bench, "fileContent")[0] != '\0');
    assert_true(message_is_genuine(&bench->answer));
}

static void test_what_was_never_charged_is_in_no_file(void **state)
{
    struct bench *bench = *state;
    bench_control(bench, "/unionpay/settings", "{\"file_at_once\":true}");
    bench_front(bench, "");
    bench_control(bench, "/unionpay/orders/ORDER0001/pay", "{\"code\":\"64\"}");
    bench_file(bench);
    assert_field(bench, "respCode", "98");
}

static void test_a_chain_is_kept_in_its_folder(void **state)
{
    char folder[] = "/tmp/fenqi-sandbox-XXXXXX";
    TEXT_CLEANUP path = { 0 };
    static const char *const FILES[] = { "root.key",   "root.crt",       "middle.key",
                                         "middle.crt", "encryption.key", "encryption.crt",
                                         "roots.crt" };
    (void)state;
    assert_non_null(mkdtemp(folder));
    struct unionpay_chain *made = unionpay_chain_keep(folder, true);
    struct unionpay_chain *kept = unionpay_chain_keep(folder, true);
    assert_string_equal(made->root.pem, kept->root.pem);
    assert_string_equal(made->encryption.serial, kept->encryption.serial);
    unionpay_chain_free(made);
    unionpay_chain_free(kept);
    for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
        path.size = 0;
        text_printf(&path, "%s/%s", folder, FILES[i]);
        assert_int_equal(remove(path.bytes), 0);
    }
    assert_int_equal(remove(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        model_test(test_refunds_never_exceed_what_was_paid),
        model_test(test_nobody_refunds_what_another_was_paid),
        model_test(test_an_accepted_refund_may_fail),
        model_test(test_partial_refunds_are_by_contract),
        model_test(test_refunds_end_after_eleven_months),
        model_test(test_an_undo_is_whole_and_of_the_day),
        model_test(test_the_portal_gives_back_without_a_word),
        model_test(test_after_an_undo_nothing_is_left),
        model_test(test_no_lie_passes_for_genuine),
        model_test(test_a_forger_has_the_name_but_not_the_chain),
        model_test(test_signed_oddities_are_genuine),
        model_test(test_blank_values_are_signed_or_not),
        model_test(test_a_failure_may_come_unsigned),
        model_test(test_an_open_brace_swallows_the_rest),
        model_test(test_codes_come_with_and_without_the_deed),
        model_test(test_a_rotated_leaf_is_as_good),
        model_test(test_the_encryption_certificate_is_handed_out),
        model_test(test_the_file_is_there_the_next_morning),
        model_test(test_what_was_never_charged_is_in_no_file),
        cmocka_unit_test(test_a_chain_is_kept_in_its_folder),
    };
    return cmocka_run_group_tests(tests, keys_setup, keys_teardown);
}
