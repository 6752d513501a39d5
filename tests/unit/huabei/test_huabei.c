/* SPDX-License-Identifier: Apache-2.0 */
/* The Huabei channel itself: settings, what it can do, what a plan costs. */
#include "tests/unit/huabei/huabei_test.h"

/* ---- settings ---- */

static void assert_refused(const struct fq_pair *conf, size_t n_conf, const char *setting)
{
    void *self = NULL;
    struct fq_str key = { NULL, 0 };
    assert_int_equal(fenqi_adapter()->open(&test_host.host, conf, n_conf, &self, &key), -1);
    assert_slice(key, setting);
    assert_true(test_host.failure[0] != '\0');
}

static void a_setting_that_is_wrong_is_named(void **state)
{
    (void)state;
    const struct fq_pair app_id = { fq_slice("app_id"), fq_slice("2021000122671080") };
    const struct fq_pair seller_id = { fq_slice("seller_id"), fq_slice("2088721003899159") };
    const struct fq_pair gateway = { fq_slice("gateway"),
                                     fq_slice("https://a.example/gateway.do") };
    const struct fq_pair wrong[][3] = {
        { { app_id.name, fq_slice("2021x") }, seller_id, gateway },
        { app_id, { seller_id.name, fq_slice("208872100389915") }, gateway },
        { app_id, { seller_id.name, fq_slice("2089721003899159") }, gateway },
        { app_id, seller_id, { gateway.name, fq_slice("http://a.example/gateway.do") } },
        { app_id, seller_id, { gateway.name, fq_slice("https://a.example/gateway.do?x=1") } },
        { app_id, seller_id, { fq_slice("gatewey"), gateway.value } },
    };
    const char *const named[] = { "app_id",  "seller_id", "seller_id",
                                  "gateway", "gateway",   "gatewey" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_refused(wrong[i], 3, named[i]);
}

static void a_setting_that_is_missing_is_named(void **state)
{
    (void)state;
    const struct fq_pair conf[] = { { fq_slice("app_id"), fq_slice("2021000122671080") } };
    assert_refused(conf, 1, "seller_id");
}

/* ---- what it can do ---- */

static void it_describes_itself(void **state)
{
    (void)state;
    struct fq_description about = { .struct_size = sizeof(about) };
    assert_int_equal(fenqi_adapter()->describe(test_self, &about), 0);
    assert_int_equal(about.takes_payer, 1);
    assert_string_equal(about.title_zh, "花呗分期");
    assert_string_equal(about.fee_word_zh, "分期手续费");
    assert_string_equal(about.currency, "CNY");
    assert_int_equal(about.n_terms, 3);
    assert_int_equal(about.terms[2], 12);
    assert_int_equal(about.terminals, 1u << FQ_TERMINAL_DESKTOP | 1u << FQ_TERMINAL_MOBILE_WEB |
                                          1u << FQ_TERMINAL_APP | 1u << FQ_TERMINAL_QR);
    assert_int_equal(about.bearers, 1u << FQ_BEARER_BUYER | 1u << FQ_BEARER_MERCHANT);
    assert_int_equal(about.opens_at_create, 1u << FQ_TERMINAL_APP | 1u << FQ_TERMINAL_QR);
    assert_true(about.amount_max_minor == INT64_C(10000000000));
    assert_string_equal(about.keys[0].name, "app");
    assert_int_equal(about.keys[0].required, 1);
}

static void what_is_not_offered_is_null(void **state)
{
    (void)state;
    const struct fq_adapter *adapter = fenqi_adapter();
    assert_null(adapter->undo.begin);
    assert_null(adapter->statement.begin);
    assert_null(adapter->task.begin);
}

/* ---- what a plan costs ---- */

static int quote(int64_t minor, uint32_t instalments, uint32_t bearer, uint32_t rate_ppm,
                 struct fq_quote_out *ret)
{
    struct fq_quote_in in = {
        .struct_size = sizeof(in),
        .amount = { minor, "CNY", 2 },
        .instalments = instalments,
        .bearer = bearer,
        .merchant_percent = bearer == FQ_BEARER_MERCHANT ? 100 : 0,
        .rate_ppm = rate_ppm,
    };
    *ret = (struct fq_quote_out){ .struct_size = sizeof(*ret) };
    return fenqi_adapter()->quote(test_self, &test_host.host, &in, ret);
}

static void remainders_go_to_the_first_instalment(void **state)
{
    (void)state;
    struct fq_quote_out out;
    assert_int_equal(quote(100000, 3, FQ_BEARER_BUYER, 23000, &out), 0);
    assert_int_equal(out.n_lines, 3);
    assert_int_equal(out.lines[0].principal_minor, 33334);
    assert_int_equal(out.lines[0].fee_minor, 768);
    assert_int_equal(out.lines[1].principal_minor, 33333);
    assert_int_equal(out.lines[2].fee_minor, 766);
    assert_int_equal(out.buyer_fee_minor, 2300);
    assert_int_equal(out.merchant_fee_minor, 0);
}

static void a_merchants_fee_is_none_of_the_buyers(void **state)
{
    (void)state;
    struct fq_quote_out out;
    assert_int_equal(quote(100001, 12, FQ_BEARER_MERCHANT, 75000, &out), 0);
    assert_int_equal(out.buyer_fee_minor, 0);
    assert_int_equal(out.merchant_fee_minor, 7500);
    assert_int_equal(out.lines[0].principal_minor, 8333 + 5);
    for (size_t i = 0; i < out.n_lines; i++)
        assert_int_equal(out.lines[i].fee_minor, 0);
}

static void ties_go_to_the_even_fen(void **state)
{
    (void)state;
    struct fq_quote_out out;
    assert_int_equal(quote(500, 3, FQ_BEARER_BUYER, 23000, &out), 0); /* 11.5 */
    assert_int_equal(out.buyer_fee_minor, 12);
    assert_int_equal(quote(1500, 3, FQ_BEARER_BUYER, 23000, &out), 0); /* 34.5 */
    assert_int_equal(out.buyer_fee_minor, 34);
}

static void the_largest_amount_at_the_highest_rate_does_not_overflow(void **state)
{
    (void)state;
    struct fq_quote_out out;
    assert_int_equal(quote(INT64_C(10000000000), 12, FQ_BEARER_BUYER, 1000000, &out), 0);
    assert_true(out.buyer_fee_minor == INT64_C(10000000000));
    int64_t total = 0;
    for (size_t i = 0; i < out.n_lines; i++)
        total += out.lines[i].principal_minor + out.lines[i].fee_minor;
    assert_true(total == INT64_C(20000000000));
}

static void what_is_not_offered_is_not_quoted(void **state)
{
    (void)state;
    struct fq_quote_out out;
    assert_int_equal(quote(0, 3, FQ_BEARER_BUYER, 23000, &out), -1);
    assert_int_equal(quote(INT64_C(10000000001), 3, FQ_BEARER_BUYER, 23000, &out), -1);
    assert_int_equal(quote(100, 24, FQ_BEARER_BUYER, 23000, &out), -1);
    assert_int_equal(quote(100, 0, FQ_BEARER_BUYER, 23000, &out), -1);
    assert_int_equal(quote(100, 3, FQ_BEARER_SHARED, 23000, &out), -1);
    assert_int_equal(quote(100, 3, FQ_BEARER_BUYER, 1000001, &out), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        huabei_test(a_setting_that_is_wrong_is_named),
        huabei_test(a_setting_that_is_missing_is_named),
        huabei_test(it_describes_itself),
        huabei_test(what_is_not_offered_is_null),
        huabei_test(remainders_go_to_the_first_instalment),
        huabei_test(a_merchants_fee_is_none_of_the_buyers),
        huabei_test(ties_go_to_the_even_fen),
        huabei_test(the_largest_amount_at_the_highest_rate_does_not_overflow),
        huabei_test(what_is_not_offered_is_not_quoted),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
