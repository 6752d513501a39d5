/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an order: the signed link or form that takes the buyer to the cashier. */
#include "tests/unit/huabei/huabei_test.h"

static const struct fq_exchange *create(void)
{
    return &fenqi_adapter()->create;
}

static struct fq_pairs sent_link(void)
{
    struct fq_str path, query;
    assert_true(fq_slice_cut(test_verdict.message.url, '?', &path, &query));
    assert_slice(path, "https://openapi.example.com/gateway.do");
    return test_sent_fields(query);
}

static void the_verdict_is_a_redirect_until_the_deadline(void **state)
{
    (void)state;
    test_begin(create());
    assert_outcome(FQ_OUTCOME_UNSET);
    assert_int_equal(test_verdict.action, FQ_ACTION_REDIRECT);
    assert_int_equal(test_verdict.object, FQ_OBJECT_PAYMENT);
    assert_slice(test_verdict.number, TEST_ORDER);
    assert_slice(test_verdict.message.method, "GET");
    assert_true(test_verdict.action_expires_unix_ms == TEST_DEADLINE_MS);
}

static void the_string_that_is_signed_does_not_drift(void **state)
{
    (void)state;
    test_begin(create());
    assert_slice(
        test_host.signed_text,
        "app_id=2021000122671080"
        "&biz_content={\"out_trade_no\":\"T20260315101112aB3\",\"total_amount\":\"6999.00\","
        "\"subject\":\"手机 \\\"X\\\" + 耳机\",\"product_code\":\"FAST_INSTANT_TRADE_PAY\","
        "\"time_expire\":\"2026-03-15 10:41:12\",\"goods_type\":\"1\","
        "\"enable_pay_channels\":\"pcreditpayInstallment\","
        "\"extend_params\":{\"hb_fq_num\":\"6\",\"hb_fq_seller_percent\":\"0\"}}"
        "&charset=utf-8&format=JSON&method=alipay.trade.page.pay"
        "&notify_url=https://pay.example.com/notify/huabei"
        "&return_url=https://pay.example.com/back/abc"
        "&sign_type=RSA2&timestamp=2026-03-15 10:11:12&version=1.0");
}

static void the_link_carries_what_was_signed(void **state)
{
    (void)state;
    test_begin(create());
    struct fq_pairs fields = sent_link();
    assert_int_equal(fields.n_items, 11);
    assert_slice(fq_pairs_get(fields, "method"), "alipay.trade.page.pay");
}

static void the_link_holds_only_bytes_of_urls(void **state)
{
    (void)state;
    test_begin(create());
    struct fq_str url = test_verdict.message.url;
    for (size_t i = 0; i < url.len; i++)
        assert_true(fq_slice_is_word((struct fq_str){ url.ptr + i, 1 }, 1) ||
                    strchr(":/.?=&%-_~", url.ptr[i]) != NULL);
}

static void a_merchant_who_bears_the_fee_is_100_percent(void **state)
{
    (void)state;
    struct fq_str extend_params, biz;
    test_call.bearer = FQ_BEARER_MERCHANT;
    test_call.instalments = 12;
    test_begin(create());
    assert_int_equal(fq_json_check(fq_pairs_get(sent_link(), "biz_content"), &biz), 0);
    assert_true(fq_json_member(biz, fq_slice("extend_params"), &extend_params));
    assert_slice(extend_params, "{\"hb_fq_num\":\"12\",\"hb_fq_seller_percent\":\"100\"}");
}

static void parameters_without_a_value_do_not_travel(void **state)
{
    (void)state;
    test_call.return_url = (struct fq_str){ NULL, 0 };
    test_call.notify_url = fq_slice("");
    test_begin(create());
    struct fq_pairs fields = sent_link();
    assert_null(fq_pairs_get(fields, "return_url").ptr);
    assert_null(fq_pairs_get(fields, "notify_url").ptr);
}

static void opening_twice_at_one_time_is_the_same_link(void **state)
{
    (void)state;
    test_begin(create());
    struct fq_str first = test_verdict.message.url;
    test_begin(create());
    assert_true(fq_slice_equal(first, test_verdict.message.url));
}

static void a_link_that_would_be_too_long_is_a_form(void **state)
{
    (void)state;
    char subject[256], url[256] = "https://pay.example.com/notify/";
    memset(url + 31, 'x', sizeof(url) - 31);
    test_call.notify_url = (struct fq_str){ url, sizeof(url) };
    memset(subject, 'x', sizeof(subject));
    for (size_t i = 0; i + 3 <= sizeof(subject); i += 3)
        memcpy(subject + i, "花", 3);
    test_call.subject = (struct fq_str){ subject, sizeof(subject) };
    test_begin(create());
    assert_int_equal(test_verdict.action, FQ_ACTION_FORM_POST);
    assert_slice(test_verdict.message.method, "POST");
    assert_true(test_verdict.message.url.len < 2048);
    assert_int_equal(test_verdict.message.fields.n_items, 1);
    assert_slice(test_verdict.message.fields.items[0].name, "biz_content");
    struct fq_text raw;
    fq_text_init(&raw, &test_host.host, 8192);
    fq_text_add(&raw, test_verdict.message.url);
    fq_form_add(&raw, fq_slice("biz_content"), test_verdict.message.fields.items[0].value);
    struct fq_str path, query = { raw.bytes, raw.len };
    assert_true(fq_slice_cut(query, '?', &path, &query));
    assert_int_equal(test_sent_fields(query).n_items, 11);
}

static void assert_fault(const char *why)
{
    assert_declined_call(create(), why);
}

static void a_subject_that_the_platform_forbids_is_a_fault(void **state)
{
    (void)state;
    static const char *const cases[] = { "a/b", "a=b", "a&b" };
    for (size_t i = 0; i < 3; i++) {
        test_call.subject = fq_slice_of(cases[i]);
        assert_fault("the subject holds one of / = &");
    }
    test_call.subject = fq_slice("");
    assert_fault("the subject is not 1 to 256 bytes");
}

static void a_call_that_makes_no_sense_is_a_fault(void **state)
{
    (void)state;
    struct fq_call good = test_call;
    test_call.terminal = FQ_TERMINAL_UNSET;
    assert_fault("no such terminal");
    test_call = good;
    test_call.order_number = fq_slice("a-b");
    assert_fault("the order number is not 1 to 64 of [0-9A-Za-z]");
    test_call = good;
    test_call.amount.minor = 0;
    assert_fault("the amount is out of range, or in another currency");
    test_call = good;
    memcpy(test_call.amount.currency, "USD", 4);
    assert_fault("the amount is out of range, or in another currency");
    test_call = good;
    test_call.instalments = 5;
    assert_fault("no such number of instalments");
    test_call = good;
    test_call.bearer = FQ_BEARER_SHARED;
    assert_fault("the fee cannot be borne by that side");
    test_call = good;
    test_call.deadline_unix_ms = TEST_NOW_MS;
    assert_fault("the deadline has passed");
    test_call = good;
    char url[257];
    memset(url, 'x', sizeof(url));
    test_call.return_url = (struct fq_str){ url, sizeof(url) };
    assert_fault("notify_url or return_url is longer than 256 bytes");
}

static void running_out_of_memory_is_a_fault_at_every_size(void **state)
{
    (void)state;
    size_t n_good = 0;
    for (size_t size = 256; size < 65536; size += 701) {
        vector_host_reset(&test_host, FQ_ARENA_SIZE_MAX);
        assert_int_equal(test_open(TEST_APP_ID, TEST_SELLER_ID), 0);
        struct huabei self = *(struct huabei *)test_self; /* outlives its arena: copied below */
        self.app_id = fq_slice(TEST_APP_ID);
        self.seller_id = fq_slice(TEST_SELLER_ID);
        self.gateway = fq_slice("https://openapi.example.com/gateway.do");
        vector_host_reset(&test_host, size);
        test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
        int r = create()->begin(&self, &test_host.host, &test_call, &test_verdict);
        assert_true(r == 0 || test_host.failure[0] != '\0');
        n_good += r == 0;
    }
    assert_in_range(n_good, 1, 92);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        huabei_test(the_verdict_is_a_redirect_until_the_deadline),
        huabei_test(the_string_that_is_signed_does_not_drift),
        huabei_test(the_link_carries_what_was_signed),
        huabei_test(the_link_holds_only_bytes_of_urls),
        huabei_test(a_merchant_who_bears_the_fee_is_100_percent),
        huabei_test(parameters_without_a_value_do_not_travel),
        huabei_test(opening_twice_at_one_time_is_the_same_link),
        huabei_test(a_link_that_would_be_too_long_is_a_form),
        huabei_test(a_subject_that_the_platform_forbids_is_a_fault),
        huabei_test(a_call_that_makes_no_sense_is_a_fault),
        huabei_test(running_out_of_memory_is_a_fault_at_every_size),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
