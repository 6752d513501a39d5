/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that prove nothing, each for its own reason; and those that prove something although they
 * look odd. */
#include "tests/unit/bankcard/bankcard_test.h"

static int setup(void **state)
{
    int r = test_setup(state);
    test_order_message();
    return r;
}

#define wire_test(function) cmocka_unit_test_setup(function, setup)

static void assert_refused(const char *why)
{
    test_resume(&fenqi_adapter()->query);
    assert_unknown(why);
    assert_int_equal(test_verdict.platform_ref.len, 0);
    assert_int_equal(test_verdict.number.len, 0);
}

/* Read as the query's answer, it is believed. */
static void assert_believed(void)
{
    test_resume(&fenqi_adapter()->query);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_host.n_verified, 1);
}

/* ---- what carries it ---- */

static void a_lost_or_refused_answer_proves_nothing(void **state)
{
    (void)state;
    test_seal();
    test_answer.transport = FQ_TRANSPORT_NOT_SENT;
    assert_refused("the request was not sent");
    test_answer.transport = FQ_TRANSPORT_LOST;
    assert_refused("no whole answer came");
    test_answer.transport = FQ_TRANSPORT_OK;
    test_answer.http_status = 500;
    assert_refused("the answer's HTTP status is not 200");
    test_answer.http_status = 200;
    assert_believed();
}

static void an_empty_answer_or_a_page_proves_nothing(void **state)
{
    (void)state;
    test_seal();
    test_answer.body.len = 0;
    assert_refused("the message's version is not 5.1.0");
    test_answer.body = fq_slice("<html><body>HTTP 400</body></html>");
    assert_refused("the message's version is not 5.1.0");
}

/* ---- its form ---- */

static void an_answer_may_stand_in_braces(void **state)
{
    (void)state;
    struct fq_text text;
    test_seal();
    fq_text_init(&text, &test_host.host, test_answer.body.len + 2);
    fq_text_add_char(&text, '{');
    fq_text_add(&text, test_answer.body);
    fq_text_add_char(&text, '}');
    assert_true(fq_text_finish(&text, &test_answer.body));
    assert_believed();
}

static void fields_that_nobody_knows_are_signed_and_ignored(void **state)
{
    (void)state;
    test_put("zzz", "[a&b=c] +%41");
    test_put("B", "\r\n x ");
    test_seal();
    assert_believed();
}

static void a_brace_that_swallows_the_rest_is_refused(void **state)
{
    (void)state;
    test_put("origRespMsg", "success");
    test_seal_by("platform", test_leaf_pem, FQ_CANON_KEEP_EMPTY);
    for (size_t i = test_n_fields; i-- > 0;)
        if (fq_slice_equal(test_fields[i].name, fq_slice("respMsg")))
            test_fields[i].value = fq_slice("成功[0000000");
    test_write();
    assert_refused("a brace of the message does not close");
}

static void a_field_that_comes_twice_is_refused(void **state)
{
    (void)state;
    struct fq_text text;
    test_seal();
    fq_text_init(&text, &test_host.host, test_answer.body.len + 32);
    fq_text_add_of(&text, "respCode=00&");
    fq_text_add(&text, test_answer.body);
    assert_true(fq_text_finish(&text, &test_answer.body));
    assert_refused("the message names a field twice");
}

static void a_field_without_a_name_is_refused(void **state)
{
    (void)state;
    struct fq_str body;
    struct fq_text text;
    test_seal();
    body = test_answer.body;
    fq_text_init(&text, &test_host.host, body.len + 8);
    fq_text_add(&text, body);
    fq_text_add_of(&text, "&");
    assert_true(fq_text_finish(&text, &test_answer.body));
    assert_refused("the message has a field without a name");
    fq_text_add_of(&text, "=x");
    assert_true(fq_text_finish(&text, &test_answer.body));
    assert_refused("the message has a field without a name");
}

static void too_many_fields_are_refused(void **state)
{
    (void)state;
    struct fq_text text;
    test_seal();
    fq_text_init(&text, &test_host.host, 8192);
    for (int64_t i = 0; i < 257; i++) {
        fq_text_add_of(&text, i > 0 ? "&f" : "f");
        fq_text_add_number(&text, i);
        fq_text_add_of(&text, "=1");
    }
    assert_true(fq_text_finish(&text, &test_answer.body));
    assert_refused("the message has too many fields");
}

/* ---- what is pinned ---- */

static void a_downgrade_is_refused_before_anything_is_verified(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        { "version", "5.0.0", "the message's version is not 5.1.0" },
        { "version", "5.1.0 ", "the message's version is not 5.1.0" },
        { "signMethod", "11", "the message's signMethod is not 01" },
        { "signMethod", "12", "the message's signMethod is not 01" },
        { "encoding", "GBK", "the message's encoding is not UTF-8" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_order_message();
        test_put(cases[i][0], cases[i][1]);
        test_seal();
        assert_refused(cases[i][2]);
        assert_int_equal(test_host.n_verified, 0);
    }
}

static void an_encoding_in_small_letters_is_the_same(void **state)
{
    (void)state;
    test_put("encoding", "utf-8");
    test_seal();
    assert_believed();
}

/* ---- who signed ---- */

static void a_message_without_signature_or_certificate_is_refused(void **state)
{
    (void)state;
    test_seal();
    test_drop("signature");
    test_write();
    assert_refused("the message has no signature");
    assert_slice(test_verdict.platform_code, "00/0000000");
    test_seal();
    test_drop("signPubKeyCert");
    test_write();
    assert_refused("the message has no certificate");
}

static void another_merchants_certificate_is_refused(void **state)
{
    (void)state;
    test_seal_by("other", test_merchant_pem, FQ_CANON_KEEP_EMPTY);
    test_write();
    assert_refused("the certificate is not UnionPay's");
}

static void a_self_made_certificate_with_the_right_name_is_refused(void **state)
{
    (void)state;
    test_seal_by("other", test_forged_pem, FQ_CANON_KEEP_EMPTY);
    test_write();
    assert_refused("the certificate does not lead up to the roots");
}

static void an_expired_certificate_is_refused(void **state)
{
    (void)state;
    test_seal();
    test_call.now_unix_ms = INT64_C(1798761601000); /* a second behind its end */
    test_host.now_unix_ms = test_call.now_unix_ms;
    assert_refused("the certificate has expired");
    test_call.now_unix_ms -= 1000;
    test_host.now_unix_ms = test_call.now_unix_ms - 1000;
    assert_believed();
}

static void a_certificate_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = { "x", "-----BEGIN CERTIFICATE-----\r\nAAAA\r\n"
                                              "-----END CERTIFICATE-----" };
    for (size_t i = 0; i < 2; i++) {
        test_order_message();
        test_seal();
        test_put("signPubKeyCert", cases[i]);
        test_write();
        assert_refused("the certificate cannot be read");
    }
}

/* The company must be the whole third part of the name. */
static void a_name_that_contains_the_company_is_not_enough(void **state)
{
    (void)state;
    static const char *const names[] = {
        "041@8310000000083040@中国银联股份有限公司上海分公司@00016495",
        "041@8310000000083040@x中国银联股份有限公司@00016495",
        "041@中国银联股份有限公司@Z12@00016495",
        "中国银联股份有限公司",
        "041@8310000000083040",
        "041@8310000000083040@@中国银联股份有限公司",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *pem = vector_host_certify(&test_host, "other", names[i], "middle", "OCA1", false);
        test_order_message();
        test_seal_by("other", pem, FQ_CANON_KEEP_EMPTY);
        test_write();
        assert_refused("the certificate is not UnionPay's");
        free(pem);
    }
}

static void a_name_without_a_fourth_part_is_enough(void **state)
{
    (void)state;
    char *pem = vector_host_certify(&test_host, "other", "041@831@中国银联股份有限公司", "middle",
                                    "OCA1", false);
    test_seal_by("other", pem, FQ_CANON_KEEP_EMPTY);
    test_write();
    assert_believed();
    free(pem);
}

static void a_test_environment_may_have_another_name(void **state)
{
    (void)state;
    char *pem = vector_host_certify(&test_host, "other", "041@Z12@00040000:SIGN@00000062", "middle",
                                    "OCA1", false);
    test_seal_by("other", pem, FQ_CANON_KEEP_EMPTY);
    test_write();
    assert_refused("the certificate is not UnionPay's");
    assert_int_equal(test_open("cn=中国银联股份有限公司,00040000:SIGN"), 0);
    assert_believed();
    test_order_message();
    test_seal();
    assert_believed();
    free(pem);
}

/* ---- what was signed ---- */

static void a_changed_byte_makes_it_unknown(void **state)
{
    (void)state;
    test_seal();
    struct fq_str body = test_copy(test_answer.body);
    char *changed = fq_arena_alloc(test_host.arena, body.len + 1);
    for (size_t i = 0; i < body.len; i += 31) { /* every 31st: RSA takes its time */
        struct fq_arena *kept = test_host.arena;
        memcpy(changed, body.ptr, body.len);
        changed[i] ^= 1;
        test_answer.body = (struct fq_str){ changed, body.len };
        test_host.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        test_resume(&fenqi_adapter()->query);
        assert_outcome(FQ_OUTCOME_UNKNOWN);
        fq_arena_free(test_host.arena);
        test_host.arena = kept;
    }
}

static void a_signature_that_is_no_base64_is_bad(void **state)
{
    (void)state;
    static const char *const cases[] = { "AAAA", "not base64", "=", " " };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_order_message();
        test_seal();
        test_put("signature", cases[i]);
        test_write();
        assert_refused("the message's signature is bad");
    }
}

/* As the sample does: signed in answers, left out of notifications. */
static void empty_values_follow_the_setting(void **state)
{
    (void)state;
    test_put("reqReserved", "");
    test_seal();
    assert_believed();
    assert_int_equal(test_open("empty_values=skip"), 0);
    assert_refused("the message's signature is bad");
    test_order_message();
    test_put("reqReserved", "");
    test_seal_by("platform", test_leaf_pem, FQ_CANON_SKIP_EMPTY);
    test_write();
    assert_believed();
    assert_int_equal(test_open("empty_values=keep"), 0);
    assert_refused("the message's signature is bad");
}

/* ---- about what ---- */

static void another_merchants_message_is_refused(void **state)
{
    (void)state;
    test_put("merId", "777290058110097");
    test_seal();
    assert_refused("the message is for another merchant");
    test_order_message();
    test_drop("merId");
    test_seal();
    assert_refused("the message is for another merchant");
}

static void another_transactions_answer_is_refused(void **state)
{
    (void)state;
    test_put("orderId", TEST_ORDER "1");
    test_seal();
    assert_refused("the answer is about another transaction");
    test_order_message();
    test_put("txnTime", "20260315101113");
    test_seal();
    assert_refused("the answer is about another transaction");
    test_order_message();
    test_drop("txnTime");
    test_seal();
    assert_refused("the answer is about another transaction");
}

static void what_is_told_is_text(void **state)
{
    (void)state;
    test_put("origRespMsg", "\xb3\xc9\xb9\xa6[0000000]");
    test_seal();
    assert_believed();
    assert_slice(test_verdict.platform_code, "00/0000000");
    assert_slice(test_verdict.platform_text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        wire_test(a_lost_or_refused_answer_proves_nothing),
        wire_test(an_empty_answer_or_a_page_proves_nothing),
        wire_test(an_answer_may_stand_in_braces),
        wire_test(fields_that_nobody_knows_are_signed_and_ignored),
        wire_test(a_brace_that_swallows_the_rest_is_refused),
        wire_test(a_field_that_comes_twice_is_refused),
        wire_test(a_field_without_a_name_is_refused),
        wire_test(too_many_fields_are_refused),
        wire_test(a_downgrade_is_refused_before_anything_is_verified),
        wire_test(an_encoding_in_small_letters_is_the_same),
        wire_test(a_message_without_signature_or_certificate_is_refused),
        wire_test(another_merchants_certificate_is_refused),
        wire_test(a_self_made_certificate_with_the_right_name_is_refused),
        wire_test(an_expired_certificate_is_refused),
        wire_test(a_certificate_that_is_none_is_refused),
        wire_test(a_name_that_contains_the_company_is_not_enough),
        wire_test(a_name_without_a_fourth_part_is_enough),
        wire_test(a_test_environment_may_have_another_name),
        wire_test(a_changed_byte_makes_it_unknown),
        wire_test(a_signature_that_is_no_base64_is_bad),
        wire_test(empty_values_follow_the_setting),
        wire_test(another_merchants_message_is_refused),
        wire_test(another_transactions_answer_is_refused),
        wire_test(what_is_told_is_text),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
