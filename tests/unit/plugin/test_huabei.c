/* SPDX-License-Identifier: Apache-2.0 */
/* The Huabei adapter as the daemon loads it: its description, its link, its answers are believed.
 */
#include "tests/unit/plugin/fixture.h"

static struct fq_pair huabei_settings[3];

static int huabei_setup(void **state)
{
    return fixture_setup(state, "adapters");
}

static int huabei_begin(void **state)
{
    struct fixture *fixture;
    (void)fixture_begin(state);
    fixture = *state;
    huabei_settings[0] = (struct fq_pair){ fq_lit("app_id"), fq_lit("2021000122671080") };
    huabei_settings[1] = (struct fq_pair){ fq_lit("seller_id"), fq_lit("2088721003899159") };
    huabei_settings[2] =
        (struct fq_pair){ fq_lit("gateway"), fq_lit("https://pay.example/gateway.do") };
    fixture->keys[0].name = fq_lit("app");
    fixture->keys[1].name = fq_lit("alipay");
    fixture->conf.adapter = fq_lit("huabei");
    fixture->conf.settings = huabei_settings;
    fixture->conf.n_settings = 3;
    return 0;
}

/* The answer of a query that says `content`, signed by the platform. */
static struct fq_answer huabei_query(struct fixture *fixture, const char *content)
{
    const struct fq_call call = fixture_call();
    struct fq_str signature;
    assert_int_equal(fq_keyring_sign(fixture->platform, "private", FQ_SCHEME_RSA_SHA256,
                                     fq_str_of(content), fixture->arena, &signature),
                     0);
    struct fq_str sign = fq_base64_encode(signature, fixture->arena);
    const struct fq_message message = {
        .http_status = 200,
        .body = fq_arena_printf(fixture->arena,
                                "{\"alipay_trade_query_response\":%s,\"sign\":\"%.*s\"}", content,
                                fq_str_arg(sign)),
    };
    return fixture_run(fixture, FQ_CALL_QUERY, &call, &message);
}

static void test_a_wrong_setting_is_named_to_the_operator(void **state)
{
    huabei_settings[0].value = fq_lit("app");
    fixture_assert_refused(*state, "settings.app_id", "1 to 32 digits");
}

static void test_a_buyer_is_redirected_with_a_signed_link(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    struct fq_call call = fixture_call();
    call.subject = fq_lit("手机");
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
    assert_false(answer.is_fault);
    assert_null(fixture_judge(fixture, &answer, true, 0));
    assert_int_equal(answer.verdict.action, FQ_ACTION_REDIRECT);
    fixture_assert_contains(answer.verdict.message.url, "method=alipay.trade.page.pay");
}

static void test_a_subject_that_the_platform_forbids_is_a_fault(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    const struct fq_call call = fixture_call(); /* "手机 & case" */
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
    assert_true(answer.is_fault);
    fixture_assert_contains(answer.reason, "the subject holds one of / = &");
}

static void test_a_verified_payment_is_believed(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    struct fq_answer answer =
        huabei_query(fixture, "{\"code\":\"10000\",\"out_trade_no\":\"FQ1\",\"total_amount\":"
                              "\"6999.00\",\"trade_status\":\"TRADE_SUCCESS\"}");
    assert_false(answer.is_fault);
    assert_true(answer.verified);
    fixture_assert_text(answer.verified_key, "alipay");
    assert_null(fixture_judge(fixture, &answer, false, 1));
    assert_int_equal(answer.verdict.outcome, FQ_OUTCOME_PAID);
}

static void test_another_amount_is_not_believed(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    struct fq_answer answer =
        huabei_query(fixture, "{\"code\":\"10000\",\"out_trade_no\":\"FQ1\",\"total_amount\":"
                              "\"0.01\",\"trade_status\":\"TRADE_SUCCESS\"}");
    assert_string_equal(fixture_judge(fixture, &answer, false, 1), "amount is not ours");
}

static void test_a_quote_keeps_every_invariant(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    const struct fq_money amount = { 100000, "CNY", 2 };
    const struct fq_rate rate = { 12, FQ_BEARER_BUYER, 0, 75000, 0, 0 };
    struct fq_quote quote;
    assert_int_equal(
        fq_channel_quote(fixture->channel, amount, &rate, NULL, fixture->arena, &quote), 0);
    assert_int_equal(quote.buyer_total_minor, 107500);
}

#define huabei_test(function) cmocka_unit_test_setup_teardown(function, huabei_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        huabei_test(test_a_wrong_setting_is_named_to_the_operator),
        huabei_test(test_a_buyer_is_redirected_with_a_signed_link),
        huabei_test(test_a_subject_that_the_platform_forbids_is_a_fault),
        huabei_test(test_a_verified_payment_is_believed),
        huabei_test(test_another_amount_is_not_believed),
        huabei_test(test_a_quote_keeps_every_invariant),
    };
    return cmocka_run_group_tests(tests, huabei_setup, fixture_teardown);
}
