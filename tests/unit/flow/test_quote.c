/* SPDX-License-Identifier: Apache-2.0 */
/* QuotePlans and ListChannels: who is offered what, at which rates, and what is refused by name. */
#include "daemon/core/rate.h"
#include "tests/unit/flow/fake_ask.h"

/* The answered operation, as long as the test lasts. */
static struct fq_operation *answered;

static struct fq_channel second;
static struct fq_channel_conf second_conf;
static struct fq_channel *both[2];
static struct fq_str both_names[2];

/* Cards of two banks; the first has rates and amounts of its own. */
static const struct fq_rate icbc_rates[] = { { 12, FQ_BEARER_BUYER, 0, 88000, 0, 0 },
                                             { 24, FQ_BEARER_BUYER, 0, 150000, 0, 0 } };
static const struct fq_str icbc_bins[] = { fq_lit("622202"), fq_lit("955880-955889") };
static const struct fq_str ccb_bins[] = { fq_lit("62228000") };
static const struct fq_issuer banks[] = { { .id = fq_lit("icbc"),
                                            .title_zh = fq_lit("工商银行"),
                                            .bins = icbc_bins,
                                            .n_bins = 2,
                                            .amount_min_minor = 60000,
                                            .amount_max_minor = 5000000,
                                            .rates = { icbc_rates, 2 },
                                            .fee_timing = FQ_FEE_TIMING_FIRST },
                                          { .id = fq_lit("ccb"), .bins = ccb_bins, .n_bins = 1 } };
static const struct fq_rate sale_rates[] = { { 12, FQ_BEARER_BUYER, 0, 10000, 0, 0 } };
static const struct fq_campaign sale = { .id = fq_lit("618"),
                                         .from_ms = FAKE_NOW_MS - 1000,
                                         .until_ms = FAKE_NOW_MS + 60000,
                                         .rates = { sale_rates, 1 } };

static void quote_finish(struct fq_operation *operation)
{
    assert_null(answered);
    answered = operation;
}

static void quote_forget(void)
{
    if (answered != NULL)
        fq_arena_free(answered->arena);
    answered = NULL;
}

static int quote_end(void **state)
{
    quote_forget();
    return fake_end_test(state);
}

static struct fq_operation *quote_request(int64_t minor)
{
    static struct fake_ask unused;
    struct fq_operation *operation = fake_request(&unused, FQ_OP_QUOTE_PLANS);
    operation->finish = quote_finish;
    operation->quote_plans = (struct fq_quote_plans){ .amount.minor = minor,
                                                      .currency = fq_lit("CNY"),
                                                      .terminal = FQ_TERMINAL_DESKTOP };
    return operation;
}

static const struct fq_channel_offer *quote_run(struct fq_operation *operation)
{
    quote_forget();
    fq_flow_operation(fake.flow, operation);
    assert_non_null(answered);
    assert_int_equal(answered->status.code, FQ_CODE_OK);
    return answered->offers;
}

static void quote_refused(struct fq_operation *operation, const char *field, const char *reason)
{
    quote_forget();
    fq_flow_operation(fake.flow, operation);
    assert_non_null(answered);
    assert_int_equal(answered->status.code, FQ_CODE_INVALID_ARGUMENT);
    assert_string_equal(answered->status.field, field);
    assert_string_equal(answered->status.reason, reason);
}

static void quote_has_banks(void)
{
    fake.channel_conf.issuers = banks;
    fake.channel_conf.n_issuers = 2;
}

/* A second channel, "bank", behind the first; `contracted`: the merchant may use it. */
static void quote_has_second(bool contracted)
{
    second_conf = fake.channel_conf;
    second_conf.name = fq_lit("bank");
    second_conf.issuers = banks;
    second_conf.n_issuers = 2;
    second = fake.channel;
    second.conf = &second_conf;
    both[0] = &fake.channel;
    both[1] = &second;
    fake.catalog.channels = both;
    fake.catalog.n_channels = 2;
    both_names[0] = fq_lit("bank");
    both_names[1] = fake.channel_names[0];
    if (contracted) {
        fake.merchants[0].channels = both_names;
        fake.merchants[0].n_channels = 2;
    }
}

static void assert_text(struct fq_str actual, const char *expected)
{
    assert_true(fq_str_equal(actual, fq_str_of(expected)));
}

/* ---- plans ---- */

static void test_a_plan_has_its_true_rates_and_its_costs(void **state)
{
    (void)state;
    const struct fq_channel_offer *offer = quote_run(quote_request(FAKE_AMOUNT));
    assert_int_equal(offer->n_plans, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct fq_plan_offer *plan = &offer->plans[i];
        struct fq_annual_rates annual;
        assert_int_equal(
            fq_annual_rates(FAKE_AMOUNT, plan->quote.lines, plan->quote.instalments, &annual), 0);
        assert_true(plan->quote.nominal_annual_bp > 0);
        assert_int_equal(plan->quote.nominal_annual_bp, annual.nominal_bp);
        assert_int_equal(plan->quote.effective_annual_bp, annual.effective_bp);
        assert_int_equal(plan->quote.simple_annual_bp, annual.simple_bp);
        assert_int_equal(plan->cost.amount_minor, plan->quote.buyer_fee_minor);
        assert_int_equal(plan->cost.annual_bp, annual.nominal_bp);
    }
    assert_true(offer->late_cost.on_default);
    assert_true(offer->late_cost.standard_zh.len > 0);
}

static void test_a_quote_names_the_texts_in_force(void **state)
{
    (void)state;
    memset(fake.channel_conf.texts.digest, 0x5a, 32);
    const struct fq_channel_offer *offer = quote_run(quote_request(FAKE_AMOUNT));
    assert_int_equal(offer->plans[0].quote.texts_digest[31], 0x5a);
    assert_non_null(strstr(offer->plans[0].signed_quote.ptr, "\ntexts=5a5a5a"));
}

static void test_a_campaign_ends_its_quotes(void **state)
{
    (void)state;
    fake.channel_conf.campaigns = &sale;
    fake.channel_conf.n_campaigns = 1;
    const struct fq_channel_offer *offer = quote_run(quote_request(FAKE_AMOUNT));
    assert_int_equal(offer->n_plans, 3);
    assert_text(offer->plans[2].quote.campaign, "618");
    assert_int_equal(offer->plans[2].quote.expires_ms, sale.until_ms);
    assert_int_equal(offer->plans[0].quote.campaign.len, 0);
    assert_int_equal(offer->plans[0].quote.expires_ms, FAKE_NOW_MS + 600000);
    fake.now_ms = sale.until_ms;
    offer = quote_run(quote_request(FAKE_AMOUNT));
    assert_int_equal(offer->plans[2].quote.campaign.len, 0);
    assert_int_equal(offer->plans[2].quote.rate_ppm, 75000);
}

static void test_what_a_platform_decides_is_indicative(void **state)
{
    (void)state;
    const struct fq_channel_offer *offer = quote_run(quote_request(FAKE_AMOUNT));
    assert_true(offer->indicative);
    assert_int_equal(offer->highest_nominal_annual_bp, offer->plans[0].quote.nominal_annual_bp);
    assert_non_null(strstr(offer->note_zh.ptr, "以支付平台页面为准"));
    assert_true(offer->note_en.len > 0);
    fake.channel.about.pins_terms = 1;
    offer = quote_run(quote_request(FAKE_AMOUNT));
    assert_false(offer->indicative);
    assert_int_equal(offer->note_zh.len, 0);
    assert_int_equal(offer->highest_nominal_annual_bp, offer->plans[0].quote.nominal_annual_bp);
}

/* Whoever has not named a bank may choose the dearest at the platform. */
static void test_the_highest_rate_is_the_dearest_banks(void **state)
{
    (void)state;
    static struct fq_rate dear[] = { { 3, FQ_BEARER_BUYER, 0, 75000, 0, 0 },
                                     { 3, FQ_BEARER_SHARED, 90, 400000, 0, 0 },
                                     { 3, FQ_BEARER_BUYER, 0, 90000, 0, 0 } };
    static struct fq_issuer more[2];
    quote_has_banks();
    more[0] = banks[0];
    more[1] = banks[1];
    more[1].rates = (struct fq_rates){ dear, 3 };
    fake.channel_conf.issuers = more;
    const struct fq_channel_offer *offer = quote_run(quote_request(FAKE_AMOUNT));
    struct fq_annual_rates annual;
    struct fq_plan_line lines[3] = { { 233300, 20997 }, { 233300, 20997 }, { 233300, 20997 } };
    assert_int_equal(fq_annual_rates(FAKE_AMOUNT, lines, 3, &annual), 0);
    assert_int_equal(offer->highest_nominal_annual_bp, annual.nominal_bp);
    assert_int_equal(offer->highest_effective_annual_bp, annual.effective_bp);
    assert_true(offer->plans[0].quote.nominal_annual_bp < annual.nominal_bp);
}

/* ---- banks ---- */

static void test_a_banks_rates_and_rules_hold_for_its_cards(void **state)
{
    (void)state;
    quote_has_banks();
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.issuer = fq_lit("icbc");
    const struct fq_channel_offer *offer = quote_run(operation);
    assert_int_equal(offer->n_plans, 2);
    assert_int_equal(offer->plans[0].quote.rate_ppm, 88000);
    assert_text(offer->plans[0].quote.issuer, "icbc");
    assert_int_equal(offer->plans[0].quote.fee_timing, FQ_FEE_TIMING_FIRST);
    assert_text(offer->issuer->id, "icbc");
    assert_int_equal(offer->issuer->amount_min_minor, 60000);
    assert_int_equal(offer->issuer->rates.n_items, 2);
}

static void test_a_bank_without_rates_has_the_channels(void **state)
{
    (void)state;
    quote_has_banks();
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.card_prefix = fq_lit("62228000");
    const struct fq_channel_offer *offer = quote_run(operation);
    assert_int_equal(offer->n_plans, 3);
    assert_text(offer->plans[0].quote.issuer, "ccb");
    assert_int_equal(offer->issuer->amount_max_minor, 100000000);
}

static void test_a_channel_without_banks_looks_at_none(void **state)
{
    (void)state;
    quote_has_second(true);
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.issuer = fq_lit("icbc");
    const struct fq_channel_offer *offers = quote_run(operation);
    assert_int_equal(answered->n_offers, 2);
    assert_int_equal(offers[0].n_plans, 3);
    assert_null(offers[0].issuer);
    assert_int_equal(offers[1].n_plans, 2);
}

static void quote_because(struct fq_operation *operation, const char *reason)
{
    const struct fq_channel_offer *offer = quote_run(operation);
    assert_false(offer->eligible);
    assert_int_equal(offer->n_plans, 0);
    assert_string_equal(offer->reason, reason);
}

static void test_a_banks_amounts_count(void **state)
{
    (void)state;
    quote_has_banks();
    struct fq_operation *operation = quote_request(59999);
    operation->quote_plans.issuer = fq_lit("icbc");
    quote_because(operation, "AMOUNT_TOO_SMALL");
    operation = quote_request(5000001);
    operation->quote_plans.issuer = fq_lit("icbc");
    quote_because(operation, "AMOUNT_TOO_LARGE");
}

static void test_a_card_of_no_bank_is_not_supported(void **state)
{
    (void)state;
    quote_has_banks();
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.card_prefix = fq_lit("40000000");
    quote_because(operation, "ISSUER_NOT_SUPPORTED");
}

static void test_plans_by_bank_need_the_bank(void **state)
{
    (void)state;
    quote_has_banks();
    fake.channel_conf.rates.n_items = 0;
    quote_because(quote_request(FAKE_AMOUNT), "ISSUER_NEEDED");
}

static void test_other_reasons(void **state)
{
    (void)state;
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.has_virtual_goods = true;
    quote_because(operation, "VIRTUAL_GOODS");
    operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.currency = fq_lit("USD");
    quote_because(operation, "CURRENCY_NOT_SUPPORTED");
    fake.channel.about.terminals = 1u << FQ_TERMINAL_APP;
    quote_because(quote_request(FAKE_AMOUNT), "TERMINAL_NOT_SUPPORTED");
    fake.channel.about.terminals = 0x1e;
    fake.channel_conf.rates.n_items = 0;
    quote_because(quote_request(FAKE_AMOUNT), "NO_PLANS");
}

static void test_a_channel_of_others_is_not_contracted(void **state)
{
    (void)state;
    quote_has_second(false);
    const struct fq_channel_offer *offers = quote_run(quote_request(FAKE_AMOUNT));
    assert_int_equal(answered->n_offers, 2);
    assert_true(offers[0].eligible);
    assert_string_equal(offers[1].reason, "NOT_CONTRACTED");
    const struct fq_str name = fq_lit("bank");
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.channels = &name;
    operation->quote_plans.n_channels = 1;
    offers = quote_run(operation);
    assert_int_equal(answered->n_offers, 1);
    assert_string_equal(offers[0].reason, "NOT_CONTRACTED");
}

static void test_channels_stand_as_they_are_configured(void **state)
{
    (void)state;
    quote_has_second(true); /* the merchant's list has them the other way round */
    const struct fq_channel_offer *offers = quote_run(quote_request(FAKE_AMOUNT));
    assert_text(offers[0].channel, "example-cn");
    assert_text(offers[1].channel, "bank");
}

/* ---- what is refused ---- */

static void test_a_bank_that_nobody_has_is_an_error(void **state)
{
    (void)state;
    quote_has_banks();
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.issuer = fq_lit("nobody");
    quote_refused(operation, "quote_plans.issuer", "ISSUER_UNKNOWN");
}

static void test_digits_of_a_card_are_strict(void **state)
{
    (void)state;
    static const char *const wrong[] = { "622", "622202001", "62220x", "6222-6223", "６２２２" };
    quote_has_banks();
    for (size_t i = 0; i < fq_array_size(wrong); i++) {
        struct fq_operation *operation = quote_request(FAKE_AMOUNT);
        operation->quote_plans.card_prefix = fq_str_of(wrong[i]);
        quote_refused(operation, "quote_plans.card_prefix", "CARD_PREFIX_INVALID");
    }
}

static void test_too_few_digits_are_ambiguous(void **state)
{
    (void)state;
    quote_has_banks();
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.card_prefix = fq_lit("6222");
    quote_refused(operation, "quote_plans.card_prefix", "CARD_PREFIX_AMBIGUOUS");
}

static void test_a_bank_is_named_once(void **state)
{
    (void)state;
    quote_has_banks();
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.issuer = fq_lit("icbc");
    operation->quote_plans.card_prefix = fq_lit("622202");
    quote_refused(operation, "quote_plans.card_prefix", "ISSUER_GIVEN_TWICE");
}

static void test_lines_sum_to_the_amount(void **state)
{
    (void)state;
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.has_line_amounts = true;
    operation->quote_plans.lines_total_minor = FAKE_AMOUNT - 1;
    quote_refused(operation, "quote_plans.lines", "LINES_SUM_MISMATCH");
    operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.has_unlike_lines = true;
    quote_refused(operation, "quote_plans.lines", "LINES_UNLIKE");
    operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.has_line_amounts = true;
    operation->quote_plans.lines_total_minor = FAKE_AMOUNT;
    assert_true(quote_run(operation)->eligible);
}

static void test_a_channel_that_is_none_is_an_error(void **state)
{
    (void)state;
    const struct fq_str name = fq_lit("nothing");
    struct fq_operation *operation = quote_request(FAKE_AMOUNT);
    operation->quote_plans.channels = &name;
    operation->quote_plans.n_channels = 1;
    quote_refused(operation, "quote_plans.channels", "CHANNEL_UNKNOWN");
}

/* ---- ListChannels ---- */

static const struct fq_channel_info *list_run(uint32_t terminal)
{
    static struct fake_ask unused;
    struct fq_operation *operation = fake_request(&unused, FQ_OP_LIST_CHANNELS);
    operation->finish = quote_finish;
    operation->list_channels.terminal = terminal;
    quote_forget();
    fq_flow_operation(fake.flow, operation);
    assert_int_equal(answered->status.code, FQ_CODE_OK);
    return answered->channels;
}

static void test_only_the_merchants_channels_are_listed(void **state)
{
    (void)state;
    quote_has_second(false);
    const struct fq_channel_info *list = list_run(FQ_TERMINAL_UNSET);
    assert_int_equal(answered->n_channels, 1);
    assert_text(list[0].conf->name, "example-cn");
    assert_int_equal(list[0].amount_min_minor, 100);
}

static void test_banks_are_listed_with_what_holds_for_them(void **state)
{
    (void)state;
    quote_has_second(true);
    const struct fq_channel_info *list = list_run(FQ_TERMINAL_UNSET);
    assert_int_equal(answered->n_channels, 2);
    assert_int_equal(list[0].n_issuers, 0);
    assert_int_equal(list[1].n_issuers, 2);
    assert_int_equal(list[1].issuers[0].rates.n_items, 2);
    assert_int_equal(list[1].issuers[0].amount_max_minor, 5000000);
    assert_int_equal(list[1].issuers[1].rates.n_items, 3);
    assert_int_equal(list[1].issuers[1].amount_max_minor, 100000000);
}

static void test_a_terminal_narrows_the_list(void **state)
{
    (void)state;
    quote_has_second(true);
    second.about.terminals = 1u << FQ_TERMINAL_APP;
    (void)list_run(FQ_TERMINAL_DESKTOP);
    assert_int_equal(answered->n_channels, 1);
    (void)list_run(FQ_TERMINAL_APP);
    assert_int_equal(answered->n_channels, 2);
}

#define QUOTE_TEST(name) cmocka_unit_test_setup_teardown(name, fake_begin_test, quote_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        QUOTE_TEST(test_a_plan_has_its_true_rates_and_its_costs),
        QUOTE_TEST(test_a_quote_names_the_texts_in_force),
        QUOTE_TEST(test_a_campaign_ends_its_quotes),
        QUOTE_TEST(test_what_a_platform_decides_is_indicative),
        QUOTE_TEST(test_the_highest_rate_is_the_dearest_banks),
        QUOTE_TEST(test_a_banks_rates_and_rules_hold_for_its_cards),
        QUOTE_TEST(test_a_bank_without_rates_has_the_channels),
        QUOTE_TEST(test_a_channel_without_banks_looks_at_none),
        QUOTE_TEST(test_a_banks_amounts_count),
        QUOTE_TEST(test_a_card_of_no_bank_is_not_supported),
        QUOTE_TEST(test_plans_by_bank_need_the_bank),
        QUOTE_TEST(test_other_reasons),
        QUOTE_TEST(test_a_channel_of_others_is_not_contracted),
        QUOTE_TEST(test_channels_stand_as_they_are_configured),
        QUOTE_TEST(test_a_bank_that_nobody_has_is_an_error),
        QUOTE_TEST(test_digits_of_a_card_are_strict),
        QUOTE_TEST(test_too_few_digits_are_ambiguous),
        QUOTE_TEST(test_a_bank_is_named_once),
        QUOTE_TEST(test_lines_sum_to_the_amount),
        QUOTE_TEST(test_a_channel_that_is_none_is_an_error),
        QUOTE_TEST(test_only_the_merchants_channels_are_listed),
        QUOTE_TEST(test_banks_are_listed_with_what_holds_for_them),
        QUOTE_TEST(test_a_terminal_narrows_the_list),
    };
    return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
