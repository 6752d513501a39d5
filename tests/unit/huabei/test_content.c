/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted content, and a signature of ours that the platform refuses. */
#include "tests/unit/huabei/huabei_test.h"

#define NODE "alipay_trade_query_response"
#define PAID                                                                                \
    "{\"code\":\"10000\",\"out_trade_no\":\"" TEST_ORDER "\",\"total_amount\":\"6999.00\"," \
    "\"trade_status\":\"TRADE_SUCCESS\"}"

static const struct fq_exchange *query(void)
{
    return &fenqi_adapter()->query;
}

static int setup_encrypted(void **state)
{
    (void)test_setup(state);
    assert_true(vector_host_add_secret(&test_host, "content", "aa4BtZ4tspm2wnXLb1ThQA=="));
    return test_open_with(TEST_APP_ID, TEST_SELLER_ID, "app alipay content");
}

static struct fq_str encrypted(const char *plain)
{
    struct fq_str secret, base64;
    assert_int_equal(test_host.host.encrypt(&test_host.host, "content",
                                            FQ_CIPHER_AES128_CBC_ZERO_IV, fq_slice_of(plain),
                                            &secret),
                     0);
    assert_true(fq_notation_base64(&test_host.host, secret, &base64));
    return base64;
}

static struct fq_str decrypted(struct fq_str base64)
{
    struct fq_str secret, plain;
    assert_true(fq_slice_from_base64(&test_host.host, base64, &secret));
    assert_int_equal(test_host.host.decrypt(&test_host.host, "content",
                                            FQ_CIPHER_AES128_CBC_ZERO_IV, secret, &plain),
                     0);
    return plain;
}

/* ---- out ---- */

static void content_is_encrypted_and_then_signed(void **state)
{
    (void)state;
    test_begin(query());
    struct fq_pairs fields = test_sent_post();
    assert_slice(fq_pairs_get(fields, "encrypt_type"), "AES");
    assert_slice(decrypted(fq_pairs_get(fields, "biz_content")),
                 "{\"out_trade_no\":\"" TEST_ORDER "\"}");
}

static void a_page_is_encrypted_too(void **state)
{
    (void)state;
    struct fq_str path, link;
    test_begin(&fenqi_adapter()->create);
    assert_true(fq_slice_cut(test_verdict.message.url, '?', &path, &link));
    struct fq_pairs fields = test_sent_fields(link);
    assert_slice(fq_pairs_get(fields, "encrypt_type"), "AES");
    assert_true(fq_slice_starts(decrypted(fq_pairs_get(fields, "biz_content")),
                                fq_slice("{\"out_trade_no\":\"" TEST_ORDER "\",")));
}

static void without_a_key_nothing_is_encrypted(void **state)
{
    (void)state;
    test_begin(query());
    assert_null(fq_pairs_get(test_sent_post(), "encrypt_type").ptr);
}

/* ---- back ---- */

static void answer_encrypted(const char *plain)
{
    struct fq_str base64 = encrypted(plain);
    test_answer_of(NODE, test_printf("\"%.*s\"", (int)base64.len, base64.ptr).ptr);
}

static void an_encrypted_answer_is_verified_and_read(void **state)
{
    (void)state;
    answer_encrypted(PAID);
    test_resume(query());
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.amount.minor, 699900);
    assert_slice(test_verdict.platform_code, "10000");
}

static void an_encrypted_answer_with_a_bad_signature_is_not_decrypted(void **state)
{
    (void)state;
    struct fq_str base64 = encrypted(PAID);
    test_answer_signed_by("app", NODE, test_printf("\"%.*s\"", (int)base64.len, base64.ptr).ptr);
    test_resume(query());
    assert_unknown("the answer's signature is missing or bad");
    assert_int_equal(test_verdict.platform_code.len, 0);
}

/* An error comes in clear: the first byte tells. */
static void an_error_in_clear_is_read(void **state)
{
    (void)state;
    test_answer_of(NODE, "{\"code\":\"40003\",\"msg\":\"Insufficient Conditions\",\"sub_code\":"
                         "\"isv.decryption-error-unknown\",\"sub_msg\":\"解密出错, 未知错误\"}");
    test_resume(query());
    assert_unknown("解密出错, 未知错误");
    assert_slice(test_verdict.platform_code, "40003/isv.decryption-error-unknown");
}

static void what_does_not_decrypt_to_an_object_is_unknown(void **state)
{
    (void)state;
    static const char *const contents[] = { "\"\"", "\"AAAA\"", "\"no base64\"",
                                            "\"AAAAAAAAAAAAAAAAAAAAAA==\"" };
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        test_answer_of(NODE, contents[i]);
        test_resume(query());
        assert_unknown("the answer does not decrypt to an object");
    }
    answer_encrypted("[]");
    test_resume(query());
    assert_unknown("the answer does not decrypt to an object");
    answer_encrypted("{\"code\":\"10000\"");
    test_resume(query());
    assert_unknown("the answer does not decrypt to an object");
}

static void an_encrypted_answer_to_a_channel_without_a_key_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(test_open(TEST_APP_ID, TEST_SELLER_ID), 0);
    answer_encrypted(PAID);
    test_resume(query());
    assert_unknown("the answer does not decrypt to an object");
}

/* ---- a signature that is refused ---- */

/* The platform's error that shows what it built, HTML-escaped. */
static void refuse(const char *node, struct fq_str shown)
{
    struct fq_text html;
    struct fq_str built;
    fq_text_init(&html, &test_host.host, 8192);
    for (size_t i = 0; i < shown.len; i++) {
        if (shown.ptr[i] == '&')
            fq_text_add_of(&html, "&amp;");
        else if (shown.ptr[i] == '"')
            fq_text_add_of(&html, "&quot;");
        else
            fq_text_add_char(&html, shown.ptr[i]);
    }
    assert_true(fq_text_finish(&html, &built));
    test_answer_of(node,
                   test_printf("{\"code\":\"40002\",\"msg\":\"Invalid Arguments\",\"sub_code\":"
                               "\"isv.invalid-signature\",\"sub_msg\":\"验签出错，"
                               "网关生成的验签字符串为：%.*s\"}",
                               (int)built.len, built.ptr)
                       .ptr);
}

static struct fq_str hex_digest(struct fq_str text)
{
    struct fq_str digest, hex;
    assert_int_equal(test_host.host.digest(&test_host.host, FQ_DIGEST_SHA256, text, &digest), 0);
    assert_true(fq_notation_hex(&test_host.host, digest, &hex));
    return hex;
}

static void the_same_text_on_both_sides_means_another_key(void **state)
{
    (void)state;
    test_begin(query());
    struct fq_str ours = test_host.signed_text;
    refuse(NODE, ours);
    test_call.now_unix_ms += 60000; /* the answer comes later than the question */
    test_resume(query());
    assert_unknown(test_printf("signature refused: no difference, so it is the key: %zu bytes, "
                               "sha256 %.64s",
                               ours.len, hex_digest(ours).ptr)
                       .ptr);
    assert_slice(test_verdict.platform_code, "40002/isv.invalid-signature");
}

static void where_the_texts_differ_is_told_and_nothing_of_them(void **state)
{
    (void)state;
    test_call.refund_reason = fq_slice("张三");
    test_begin(&fenqi_adapter()->refund);
    struct fq_str ours = test_host.signed_text, at;
    struct fq_str theirs = test_printf("%.*s", (int)ours.len, ours.ptr);
    assert_true(fq_slice_find(theirs, fq_slice("张三"), &at));
    theirs.len = (size_t)(at.ptr - theirs.ptr);
    struct fq_str shown =
        test_printf("%.*s??%s", (int)theirs.len, theirs.ptr, at.ptr + sizeof("张三") - 1);
    refuse("alipay_trade_refund_response", shown);
    test_call.now_unix_ms += 60000;
    test_resume(&fenqi_adapter()->refund);
    assert_unknown(test_printf("signature refused: first difference at byte %zu of %zu, sha256 "
                               "%.64s",
                               theirs.len, ours.len, hex_digest(ours).ptr)
                       .ptr);
}

static void a_text_that_is_cut_differs_at_its_end(void **state)
{
    (void)state;
    test_begin(query());
    struct fq_str ours = test_host.signed_text;
    refuse(NODE, (struct fq_str){ ours.ptr, ours.len - 4 });
    test_resume(query());
    assert_unknown(test_printf("signature refused: first difference at byte %zu of %zu, sha256 "
                               "%.64s",
                               ours.len - 4, ours.len, hex_digest(ours).ptr)
                       .ptr);
}

static void an_encrypted_request_is_compared_as_it_was_signed(void **state)
{
    (void)state;
    test_begin(query());
    refuse(NODE, test_host.signed_text);
    test_resume(query());
    assert_true(
        fq_slice_starts(test_verdict.platform_text, fq_slice("signature refused: no difference")));
}

static void a_text_that_is_not_shown_is_not_guessed(void **state)
{
    (void)state;
    static const char *const shown[] = { "", "timestamp=2026", "app_id=1&timestamp=2026",
                                         "x=1&timestamp=2026-03-15 10:11:12&version=1.0" };
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        refuse(NODE, fq_slice_of(shown[i]));
        test_resume(query());
        assert_unknown("signature refused, and what was built there is not shown");
    }
}

#define encrypted_test(function) cmocka_unit_test_setup(function, setup_encrypted)

int main(void)
{
    const struct CMUnitTest tests[] = {
        encrypted_test(content_is_encrypted_and_then_signed),
        encrypted_test(a_page_is_encrypted_too),
        huabei_test(without_a_key_nothing_is_encrypted),
        encrypted_test(an_encrypted_answer_is_verified_and_read),
        encrypted_test(an_encrypted_answer_with_a_bad_signature_is_not_decrypted),
        encrypted_test(an_error_in_clear_is_read),
        encrypted_test(what_does_not_decrypt_to_an_object_is_unknown),
        encrypted_test(an_encrypted_answer_to_a_channel_without_a_key_is_unknown),
        huabei_test(the_same_text_on_both_sides_means_another_key),
        huabei_test(where_the_texts_differ_is_told_and_nothing_of_them),
        huabei_test(a_text_that_is_cut_differs_at_its_end),
        encrypted_test(an_encrypted_request_is_compared_as_it_was_signed),
        huabei_test(a_text_that_is_not_shown_is_not_guessed),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
