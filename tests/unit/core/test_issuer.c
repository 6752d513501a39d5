/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a card is, and which rates hold: the edges of prefixes, tiers and campaigns. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/base/err.h"
#include "daemon/core/issuer.h"

/* 2026-11-01 00:00:00.000 and 2026-11-12 00:00:00.000 in Beijing */
#define NOVEMBER_MS INT64_C(1793462400000)
#define AFTER_MS    INT64_C(1794412800000)

#define LIST(array) (array), fq_array_size(array)

/* ---- a channel with two banks and a campaign ---- */

static const struct fq_rate channel_rates[] = {
    { 12, FQ_BEARER_BUYER, 0, 75000, 0, 0 },
    { 3, FQ_BEARER_MERCHANT, 100, 18000, 0, 0 },
    { 3, FQ_BEARER_BUYER, 0, 23000, 10000, 100000 },
    { 3, FQ_BEARER_BUYER, 0, 20000, 100001, 0 },
};
static const struct fq_rate bank_rates[] = { { 6, FQ_BEARER_BUYER, 0, 40000, 0, 0 } };
static const struct fq_rate own_rates[] = { { 9, FQ_BEARER_BUYER, 0, 50000, 0, 0 } };
static const struct fq_rate campaign_rates[] = {
    { 3, FQ_BEARER_MERCHANT, 100, 10000, 50000, 0 },
    { 24, FQ_BEARER_SHARED, 50, 90000, 0, 0 },
};

static const struct fq_str big_bins[] = { { "622200-622209", 13 }, { "6230", 4 } };
static const struct fq_str small_bins[] = { { "622210", 6 }, { "62221234", 8 } };

static const struct fq_issuer issuers[] = {
    { .id = { "big", 3 }, .bins = big_bins, .n_bins = 2, .rates = { LIST(bank_rates) } },
    { .id = { "small", 5 }, .bins = small_bins, .n_bins = 2 },
};

static const struct fq_channel_conf bare_channel = {
    .name = { "card", 4 },
    .rates = { LIST(channel_rates) },
    .issuers = issuers,
    .n_issuers = 2,
};

static const struct fq_merchant plain_merchant = { .id = { "shop", 4 } };

/* ---- cards ---- */

static void assert_card(const char *digits, const char *expected)
{
    const struct fq_issuer *issuer = NULL;
    assert_int_equal(fq_issuer_of_card(&bare_channel, fq_str_of(digits), &issuer), 0);
    assert_string_equal(issuer->id.ptr, expected);
}

static void refuse_card(const char *digits, int expected)
{
    const struct fq_issuer *issuer = NULL;
    assert_int_equal(fq_issuer_of_card(&bare_channel, fq_str_of(digits), &issuer), expected);
    assert_null(issuer);
}

static void test_a_bank_is_found_by_its_id(void **state)
{
    (void)state;
    assert_ptr_equal(fq_issuer_find(&bare_channel, fq_lit("small")), &issuers[1]);
    assert_null(fq_issuer_find(&bare_channel, fq_lit("smal")));
}

static void test_a_card_is_of_the_bank_whose_prefix_it_has(void **state)
{
    (void)state;
    assert_card("622210", "small");
    assert_card("62221099", "small");
    assert_card("62221234", "small");
    assert_card("6230", "big");
}

static void test_a_range_has_its_first_and_last(void **state)
{
    (void)state;
    assert_card("622200", "big");
    assert_card("62220000", "big");
    assert_card("62220999", "big");
    refuse_card("622199", FQ_ISSUER_E_NO_SUCH);
    refuse_card("622211", FQ_ISSUER_E_NO_SUCH);
}

static void test_digits_that_a_whole_range_covers_are_enough(void **state)
{
    (void)state;
    assert_card("62220", "big");
}

static void test_digits_that_others_share_are_too_few(void **state)
{
    (void)state;
    refuse_card("6222", FQ_ISSUER_E_AMBIGUOUS);
    refuse_card("62221", FQ_ISSUER_E_AMBIGUOUS);
    refuse_card("6222123", FQ_ISSUER_E_AMBIGUOUS); /* one of ten is the bank's */
}

static void test_a_prefix_of_no_bank(void **state)
{
    (void)state;
    refuse_card("4000", FQ_ISSUER_E_NO_SUCH);
    refuse_card("62221235", FQ_ISSUER_E_NO_SUCH);
}

static void test_four_to_eight_digits_and_nothing_else(void **state)
{
    (void)state;
    static const char *const wrong[] = { "",     "623",   "623000001", "62 30",
                                         "623O", "-6230", "6230-6231" };
    for (size_t i = 0; i < fq_array_size(wrong); i++)
        refuse_card(wrong[i], FQ_ISSUER_E_MALFORMED);
}

static void test_bins_are_prefixes_or_ranges_of_equal_length(void **state)
{
    (void)state;
    struct fq_bin bin;
    assert_int_equal(fq_bin_read(fq_lit("6222-6223"), &bin), 0);
    assert_int_equal(bin.first, 62220000);
    assert_int_equal(bin.last, 62239999);
    assert_int_equal(fq_bin_read(fq_lit("00000000"), &bin), 0);
    assert_int_equal(bin.last, 0);
    static const char *const wrong[] = { "622",
                                         "622200-62221",
                                         "622209-622200",
                                         "622200-",
                                         "-622200",
                                         "622200--622209",
                                         "622200 - 622209",
                                         "622200123",
                                         "62220012-622200129" };
    for (size_t i = 0; i < fq_array_size(wrong); i++)
        assert_int_equal(fq_bin_read(fq_str_of(wrong[i]), &bin), FQ_BIN_E_MALFORMED);
}

/* ---- rates ---- */

/* "3/2/18000 12/1/75000*": instalments, bearer, rate; * for a campaign's. */
static void assert_rates(const struct fq_purchase *purchase, const char *expected)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    struct fq_rate_rows rows;
    struct fq_str text = { "", 0 };
    assert_int_equal(fq_rates_for(purchase, arena, &rows), 0);
    for (size_t i = 0; i < rows.n_items; i++)
        text = fq_arena_printf(arena, "%s%s%u/%u/%u%s", text.ptr, i > 0 ? " " : "",
                               rows.items[i].rate->instalments, rows.items[i].rate->bearer,
                               rows.items[i].rate->rate_ppm,
                               rows.items[i].campaign != NULL ? "*" : "");
    assert_string_equal(text.ptr, expected);
}

static struct fq_purchase purchase_of(int64_t amount_minor)
{
    return (struct fq_purchase){ .channel = &bare_channel,
                                 .merchant = &plain_merchant,
                                 .amount_minor = amount_minor,
                                 .now_ms = NOVEMBER_MS };
}

static void test_rows_stand_by_instalments_then_bearer(void **state)
{
    (void)state;
    struct fq_purchase purchase = purchase_of(20000);
    assert_rates(&purchase, "3/1/23000 3/2/18000 12/1/75000");
}

static void test_a_tier_has_both_its_edges(void **state)
{
    (void)state;
    struct fq_purchase purchase = purchase_of(9999);
    assert_rates(&purchase, "3/2/18000 12/1/75000");
    purchase.amount_minor = 10000;
    assert_rates(&purchase, "3/1/23000 3/2/18000 12/1/75000");
    purchase.amount_minor = 100000;
    assert_rates(&purchase, "3/1/23000 3/2/18000 12/1/75000");
    purchase.amount_minor = 100001;
    assert_rates(&purchase, "3/1/20000 3/2/18000 12/1/75000");
}

static void test_a_named_bank_has_its_own_rates(void **state)
{
    (void)state;
    struct fq_purchase purchase = purchase_of(20000);
    purchase.issuer = &issuers[0];
    assert_rates(&purchase, "6/1/40000");
}

static void test_a_bank_without_rates_has_the_channels(void **state)
{
    (void)state;
    struct fq_purchase purchase = purchase_of(20000);
    purchase.issuer = &issuers[1];
    assert_rates(&purchase, "3/1/23000 3/2/18000 12/1/75000");
}

static void test_a_merchants_rates_go_before_a_banks(void **state)
{
    (void)state;
    static const struct fq_merchant_rates own[] = {
        { { "other", 5 }, { LIST(bank_rates) } },
        { { "card", 4 }, { LIST(own_rates) } },
    };
    const struct fq_merchant merchant = { .id = { "shop", 4 }, .rates = own, .n_rates = 2 };
    struct fq_purchase purchase = purchase_of(20000);
    purchase.merchant = &merchant;
    purchase.issuer = &issuers[0];
    assert_rates(&purchase, "9/1/50000");
}

/* ---- campaigns ---- */

/* The channel with one campaign in November, for some merchants and banks or all. */
struct campaign_world {
    struct fq_campaign campaign;
    struct fq_channel_conf channel;
    struct fq_purchase purchase;
};

static struct campaign_world *campaign_world(int64_t amount_minor)
{
    static struct campaign_world world;
    world.campaign = (struct fq_campaign){ .id = { "november", 8 },
                                           .from_ms = NOVEMBER_MS,
                                           .until_ms = AFTER_MS,
                                           .rates = { LIST(campaign_rates) } };
    world.channel = bare_channel;
    world.channel.campaigns = &world.campaign;
    world.channel.n_campaigns = 1;
    world.purchase = purchase_of(amount_minor);
    world.purchase.channel = &world.channel;
    return &world;
}

#define WITHOUT "3/1/23000 3/2/18000 12/1/75000"
#define WITH    "3/2/10000* 12/1/75000 24/3/90000*"

static void test_a_campaign_replaces_its_instalments_and_adds_others(void **state)
{
    (void)state;
    assert_rates(&campaign_world(60000)->purchase, WITH);
}

static void test_a_campaign_row_replaces_only_where_it_holds(void **state)
{
    (void)state;
    assert_rates(&campaign_world(49999)->purchase, "3/1/23000 3/2/18000 12/1/75000 24/3/90000*");
    assert_rates(&campaign_world(50000)->purchase, WITH);
}

static void test_a_campaign_begins_and_ends_at_midnight_to_the_millisecond(void **state)
{
    (void)state;
    struct fq_purchase *purchase = &campaign_world(60000)->purchase;
    purchase->now_ms = NOVEMBER_MS - 1;
    assert_rates(purchase, WITHOUT);
    purchase->now_ms = NOVEMBER_MS;
    assert_rates(purchase, WITH);
    purchase->now_ms = AFTER_MS - 1;
    assert_rates(purchase, WITH);
    purchase->now_ms = AFTER_MS;
    assert_rates(purchase, WITHOUT);
}

static void test_a_campaign_of_some_merchants(void **state)
{
    (void)state;
    static const struct fq_str merchants[] = { { "other", 5 }, { "shop", 4 } };
    struct campaign_world *world = campaign_world(60000);
    world->campaign.merchants = merchants;
    world->campaign.n_merchants = 1;
    assert_rates(&world->purchase, WITHOUT);
    world->campaign.n_merchants = 2;
    assert_rates(&world->purchase, WITH);
}

static void test_a_campaign_of_some_banks_needs_the_bank_named(void **state)
{
    (void)state;
    static const struct fq_str banks[] = { { "small", 5 } };
    struct campaign_world *world = campaign_world(60000);
    world->campaign.issuers = banks;
    world->campaign.n_issuers = 1;
    assert_rates(&world->purchase, WITHOUT);
    world->purchase.issuer = &issuers[0];
    assert_rates(&world->purchase, "6/1/40000");
    world->purchase.issuer = &issuers[1];
    assert_rates(&world->purchase, WITH);
}

static void test_a_full_arena_is_a_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(32);
    struct fq_purchase purchase = purchase_of(20000);
    struct fq_rate_rows rows;
    assert_int_equal(fq_rates_for(&purchase, arena, &rows), -ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bank_is_found_by_its_id),
        cmocka_unit_test(test_a_card_is_of_the_bank_whose_prefix_it_has),
        cmocka_unit_test(test_a_range_has_its_first_and_last),
        cmocka_unit_test(test_digits_that_a_whole_range_covers_are_enough),
        cmocka_unit_test(test_digits_that_others_share_are_too_few),
        cmocka_unit_test(test_a_prefix_of_no_bank),
        cmocka_unit_test(test_four_to_eight_digits_and_nothing_else),
        cmocka_unit_test(test_bins_are_prefixes_or_ranges_of_equal_length),
        cmocka_unit_test(test_rows_stand_by_instalments_then_bearer),
        cmocka_unit_test(test_a_tier_has_both_its_edges),
        cmocka_unit_test(test_a_named_bank_has_its_own_rates),
        cmocka_unit_test(test_a_bank_without_rates_has_the_channels),
        cmocka_unit_test(test_a_merchants_rates_go_before_a_banks),
        cmocka_unit_test(test_a_campaign_replaces_its_instalments_and_adds_others),
        cmocka_unit_test(test_a_campaign_row_replaces_only_where_it_holds),
        cmocka_unit_test(test_a_campaign_begins_and_ends_at_midnight_to_the_millisecond),
        cmocka_unit_test(test_a_campaign_of_some_merchants),
        cmocka_unit_test(test_a_campaign_of_some_banks_needs_the_bank_named),
        cmocka_unit_test(test_a_full_arena_is_a_fault),
    };
    return cmocka_run_group_tests_name("issuer", tests, NULL, NULL);
}
