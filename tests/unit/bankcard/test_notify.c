/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications and the browser's return: verified over the body alone, believed only as far as the
 * setting goes. */
#include "tests/unit/bankcard/bankcard_test.h"

static int setup(void **state)
{
    int r = test_setup(state);
    test_call = (struct fq_call){ .struct_size = sizeof(test_call), .now_unix_ms = TEST_NOW_MS };
    test_order_message();
    test_drop("origRespCode");
    test_drop("origRespMsg");
    return r;
}

#define notify_test(function) cmocka_unit_test_setup(function, setup)

static int notify_as_it_stands(void)
{
    test_host.failure[0] = '\0';
    test_host.n_verified = 0;
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    return fenqi_adapter()->notification(test_self, &test_host.host, &test_call, &test_answer,
                                         &test_verdict);
}

static int notify(void)
{
    test_seal_by("platform", test_leaf_pem, FQ_CANON_SKIP_EMPTY);
    test_write_form();
    return notify_as_it_stands();
}

static void assert_refused(int r, const char *why)
{
    assert_int_equal(r, -1);
    assert_string_equal(test_host.failure, why);
    assert_int_equal(test_verdict.outcome, FQ_OUTCOME_UNSET);
    assert_int_equal(test_verdict.ack_body.len, 0);
}

static void as_a_refund(const char *txn_type)
{
    test_message(TEST_REFUND, txn_type, "00");
    test_put("txnAmt", "10050");
    test_put("currencyCode", "156");
    test_put("queryId", "052603151015427863998");
    test_put("origQryId", TEST_QUERY_ID);
}

/* ---- confirmed by a query ---- */

static void a_payment_is_asked_about_and_acknowledged(void **state)
{
    (void)state;
    assert_int_equal(notify(), 0);
    assert_asks(FQ_OBJECT_PAYMENT, TEST_ORDER);
    assert_int_equal(test_host.n_verified, 1);
    assert_slice(test_verdict.proof, "respCode=00/0000000");
    assert_slice(test_verdict.platform_code, "00/0000000");
    assert_slice(test_verdict.ack_content_type, "text/plain");
    assert_slice(test_verdict.ack_body, "ok");
    assert_int_equal(test_verdict.platform_ref.len, 0);
}

static void a_refund_and_an_undo_are_asked_about(void **state)
{
    (void)state;
    as_a_refund("04");
    assert_int_equal(notify(), 0);
    assert_asks(FQ_OBJECT_REFUND, TEST_REFUND);
    as_a_refund("31");
    test_put("respCode", "01");
    assert_int_equal(notify(), 0);
    assert_asks(FQ_OBJECT_REFUND, TEST_REFUND);
}

/* ---- the notification itself is the word ---- */

static void a_payment_is_paid_by_its_notification_where_the_setting_says_so(void **state)
{
    (void)state;
    assert_int_equal(test_open("confirm_by_query=no"), 0);
    assert_int_equal(notify(), 0);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_slice(test_verdict.platform_ref, TEST_QUERY_ID);
    assert_int_equal(test_verdict.amount.minor, 699900);
    assert_int_equal(test_verdict.instalments, 6);
    assert_int_equal(test_verdict.identity, FQ_IDENTITY_UNSET);
    assert_slice(test_verdict.ack_body, "ok");
    test_put("respCode", "A6");
    assert_int_equal(notify(), 0);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_slice(test_verdict.platform_code, "A6/0000000");
}

static void what_is_less_than_a_success_is_asked_about(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "respCode", "01" }, { "respCode", "05" },      { "respCode", "" },
        { "txnAmt", "" },     { "currencyCode", "840" }, { "currencyCode", "" },
    };
    assert_int_equal(test_open("confirm_by_query=no"), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)setup(state);
        assert_int_equal(test_open("confirm_by_query=no"), 0);
        test_put(cases[i][0], cases[i][1]);
        assert_int_equal(notify(), 0);
        assert_asks(FQ_OBJECT_PAYMENT, TEST_ORDER);
        assert_slice(test_verdict.ack_body, "ok");
    }
}

static void a_refund_ends_by_its_notification_where_the_setting_says_so(void **state)
{
    (void)state;
    assert_int_equal(test_open("confirm_by_query=no"), 0);
    as_a_refund("04");
    assert_int_equal(notify(), 0);
    assert_outcome(FQ_OUTCOME_REFUNDED);
    assert_int_equal(test_verdict.object, FQ_OBJECT_REFUND);
    assert_slice(test_verdict.number, TEST_REFUND);
    assert_int_equal(test_verdict.amount.minor, 10050);
    assert_int_equal(test_verdict.instalments, 0);
    as_a_refund("31");
    test_put("respCode", "62");
    assert_int_equal(notify(), 0);
    assert_outcome(FQ_OUTCOME_REFUND_FAILED);
    as_a_refund("04");
    test_put("respCode", "45");
    assert_int_equal(notify(), 0);
    assert_asks(FQ_OBJECT_REFUND, TEST_REFUND);
}

/* ---- what is refused ---- */

static void nothing_is_believed_of_the_query_string(void **state)
{
    (void)state;
    test_seal_by("platform", test_leaf_pem, FQ_CANON_SKIP_EMPTY);
    test_write_form();
    test_answer.url = fq_slice("/notify/cards?respCode=01&a=b");
    assert_int_equal(notify_as_it_stands(), 0);
    assert_asks(FQ_OBJECT_PAYMENT, TEST_ORDER);
    test_answer.body.len = 0;
    assert_refused(notify_as_it_stands(), "the message's version is not 5.1.0");
}

static void a_message_that_nobody_signed_is_refused(void **state)
{
    (void)state;
    test_seal_by("other", test_merchant_pem, FQ_CANON_SKIP_EMPTY);
    test_write_form();
    assert_refused(notify_as_it_stands(), "the certificate is not UnionPay's");
    test_seal_by("other", test_leaf_pem, FQ_CANON_SKIP_EMPTY);
    test_write_form();
    assert_refused(notify_as_it_stands(), "the message's signature is bad");
    test_drop("signature");
    test_write_form();
    assert_refused(notify_as_it_stands(), "the message has no signature");
}

static void a_downgrade_is_refused(void **state)
{
    (void)state;
    test_put("signMethod", "11");
    assert_refused(notify(), "the message's signMethod is not 01");
    test_put("signMethod", "01");
    test_put("version", "5.0.0");
    assert_refused(notify(), "the message's version is not 5.1.0");
}

static void a_form_that_is_none_is_refused(void **state)
{
    (void)state;
    struct fq_text text;
    test_seal_by("platform", test_leaf_pem, FQ_CANON_SKIP_EMPTY);
    test_write_form();
    fq_text_init(&text, &test_host.host, test_answer.body.len + 32);
    fq_text_add(&text, test_answer.body);
    fq_text_add_of(&text, "&respCode=00");
    assert_true(fq_text_finish(&text, &test_answer.body));
    assert_refused(notify_as_it_stands(), "the message names a field twice");
    test_answer.body = fq_slice("a=%");
    assert_refused(notify_as_it_stands(), "the message is no form");
}

static void line_ends_that_were_changed_are_refused(void **state)
{
    (void)state;
    test_seal_by("platform", test_leaf_pem, FQ_CANON_SKIP_EMPTY);
    test_put("signPubKeyCert", test_leaf_pem);
    test_write_form();
    assert_refused(notify_as_it_stands(), "the message's signature is bad");
}

static void what_is_not_ours_is_refused(void **state)
{
    (void)state;
    test_put("merId", "777290058110097");
    assert_refused(notify(), "the message is for another merchant");
    (void)setup(state);
    test_put("orderId", "a-b");
    assert_refused(notify(), "the message names no order of ours");
    (void)setup(state);
    test_put("txnType", "02");
    assert_refused(notify(), "the message is about no payment and no refund");
    (void)setup(state);
    test_put("txnSubType", "02");
    assert_refused(notify(), "the message is about no payment and no refund");
}

/* ---- the browser ---- */

static int come_back(void)
{
    test_host.failure[0] = '\0';
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    return fenqi_adapter()->browser_return(test_self, &test_host.host, &test_call, &test_answer,
                                           &test_verdict);
}

static void a_return_is_a_hint_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(test_open("confirm_by_query=no"), 0);
    test_seal_by("platform", test_leaf_pem, FQ_CANON_SKIP_EMPTY);
    test_write_form();
    assert_int_equal(come_back(), 0);
    assert_asks(FQ_OBJECT_PAYMENT, TEST_ORDER);
    assert_int_equal(test_verdict.ack_body.len, 0);
}

static void a_return_with_empty_hands_is_no_fault(void **state)
{
    (void)state;
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer),
                                       .method = fq_slice("GET"),
                                       .url = fq_slice("/back/abc") };
    assert_int_equal(come_back(), 0);
    assert_unknown("the browser brought nothing");
}

static void a_forged_return_is_refused(void **state)
{
    (void)state;
    test_seal_by("other", test_forged_pem, FQ_CANON_SKIP_EMPTY);
    test_write_form();
    assert_int_equal(come_back(), -1);
    assert_string_equal(test_host.failure, "the certificate does not lead up to the roots");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        notify_test(a_payment_is_asked_about_and_acknowledged),
        notify_test(a_refund_and_an_undo_are_asked_about),
        notify_test(a_payment_is_paid_by_its_notification_where_the_setting_says_so),
        notify_test(what_is_less_than_a_success_is_asked_about),
        notify_test(a_refund_ends_by_its_notification_where_the_setting_says_so),
        notify_test(nothing_is_believed_of_the_query_string),
        notify_test(a_message_that_nobody_signed_is_refused),
        notify_test(a_downgrade_is_refused),
        notify_test(a_form_that_is_none_is_refused),
        notify_test(line_ends_that_were_changed_are_refused),
        notify_test(what_is_not_ours_is_refused),
        notify_test(a_return_is_a_hint_and_no_more),
        notify_test(a_return_with_empty_hands_is_no_fault),
        notify_test(a_forged_return_is_refused),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
