/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts, plans and fees by an adapter's description. */
#include "adapters/sdk/plan.h"
#include "tests/unit/sdk/sdk_host.h"

static const uint32_t terms[] = { 3, 6 };
static const struct fq_description about = {
    .struct_size = sizeof(about),
    .title_en = "Test",
    .currency = "CNY",
    .exponent = 2,
    .terms = terms,
    .n_terms = 2,
    .bearers = 1u << FQ_BEARER_BUYER,
    .amount_min_minor = 100,
    .amount_max_minor = 100000,
    .settle_margin_ms = 7,
};

static void a_description_is_given_as_far_as_both_know_it(void **state)
{
    (void)state;
    struct fq_description whole = { .struct_size = sizeof(whole) };
    assert_int_equal(fq_plan_describe(&about, &whole), 0);
    assert_string_equal(whole.title_en, "Test");
    assert_int_equal(whole.settle_margin_ms, 7);
    struct fq_description older = { .struct_size = offsetof(struct fq_description, terms) };
    assert_int_equal(fq_plan_describe(&about, &older), 0);
    assert_string_equal(older.title_en, "Test");
    assert_int_equal(older.struct_size, offsetof(struct fq_description, terms));
    assert_null(older.terms);
}

static void only_what_is_described_can_be_asked_for(void **state)
{
    (void)state;
    struct fq_money good = { 100, "CNY", 2 };
    struct fq_money little = { 99, "CNY", 2 }, much = { 100001, "CNY", 2 };
    struct fq_money foreign = { 100, "USD", 2 }, coarse = { 100, "CNY", 0 };
    const char *amount = "the amount is out of range, or in another currency";
    assert_null(fq_plan_refuse(&about, good, 6, FQ_BEARER_BUYER));
    assert_string_equal(fq_plan_refuse(&about, little, 6, FQ_BEARER_BUYER), amount);
    assert_string_equal(fq_plan_refuse(&about, much, 6, FQ_BEARER_BUYER), amount);
    assert_string_equal(fq_plan_refuse(&about, foreign, 6, FQ_BEARER_BUYER), amount);
    assert_string_equal(fq_plan_refuse(&about, coarse, 6, FQ_BEARER_BUYER), amount);
    assert_non_null(fq_plan_refuse(&about, good, 12, FQ_BEARER_BUYER));
    assert_non_null(fq_plan_refuse(&about, good, 0, FQ_BEARER_BUYER));
    assert_non_null(fq_plan_refuse(&about, good, 6, FQ_BEARER_MERCHANT));
    assert_non_null(fq_plan_refuse(&about, good, 6, FQ_BEARER_UNSET));
    assert_non_null(fq_plan_refuse(&about, good, 6, 77));
}

static void amounts_are_read_and_written_within_the_range(void **state)
{
    (void)state;
    struct fq_money amount;
    struct fq_str text;
    assert_true(fq_plan_read(&about, fq_slice("10.5"), &amount));
    assert_int_equal(amount.minor, 1050);
    assert_string_equal(amount.currency, "CNY");
    assert_true(fq_plan_write(&sdk_host, &about, amount, &text));
    assert_slice(text, "10.50");
    static const char *const wrong[] = { "", "0.99", "1000.01", "1.001", "-1", "1e3", " 1" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(fq_plan_read(&about, fq_slice_of(wrong[i]), &amount));
    amount.minor = 99;
    assert_false(fq_plan_write(&sdk_host, &about, amount, &text));
}

static void halves_go_to_the_even_unit(void **state)
{
    (void)state;
    assert_int_equal(fq_plan_fee(500, 23000), 12);  /* 11.5 */
    assert_int_equal(fq_plan_fee(1500, 23000), 34); /* 34.5 */
    assert_int_equal(fq_plan_fee(1501, 23000), 35); /* 34.523 */
    assert_int_equal(fq_plan_fee(0, 23000), 0);
}

static void remainders_go_to_the_first_line(void **state)
{
    (void)state;
    struct fq_quote_in in = {
        .struct_size = sizeof(in),
        .amount = { 1000, "CNY", 2 },
        .instalments = 3,
        .bearer = FQ_BEARER_BUYER,
    };
    struct fq_quote_out out = { .struct_size = sizeof(out) };
    assert_int_equal(fq_plan_spread(&sdk_host, &in, 25, &out), 0);
    assert_int_equal(out.lines[0].principal_minor, 334);
    assert_int_equal(out.lines[0].fee_minor, 9);
    assert_int_equal(out.lines[2].principal_minor, 333);
    assert_int_equal(out.lines[2].fee_minor, 8);
    assert_int_equal(out.buyer_fee_minor, 25);
    in.bearer = FQ_BEARER_MERCHANT;
    assert_int_equal(fq_plan_spread(&sdk_host, &in, 25, &out), 0);
    assert_int_equal(out.lines[0].fee_minor, 0);
    assert_int_equal(out.merchant_fee_minor, 25);
    in.instalments = 0;
    assert_int_equal(fq_plan_spread(&sdk_host, &in, 25, &out), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(a_description_is_given_as_far_as_both_know_it),
        sdk_test(only_what_is_described_can_be_asked_for),
        sdk_test(amounts_are_read_and_written_within_the_range),
        sdk_test(halves_go_to_the_even_unit),
        sdk_test(remainders_go_to_the_first_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
