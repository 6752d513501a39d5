/* SPDX-License-Identifier: Apache-2.0 */
/* Rates, banks, campaigns and what merchants have of their own: what is read, and the exact line
 * for each kind of mistake. */
#include <unistd.h>

#include "tests/unit/conf/fixture.h"

#define CHANNEL "/etc/fenqid/t.conf:"
#define BANKS   "/etc/fenqid/banks.conf:"
#define SHOP    "/etc/fenqid/m.conf:"

/* ---- the small configuration with more in it ---- */

struct more {
    const char *rates;    /* in place of both rows, from line 19 */
    const char *channel;  /* more options of the channel, from line 22 */
    const char *banks;    /* its banks' file */
    const char *merchant; /* more options of the merchant, from line 6 */
};

static int load_more(const struct more *more, struct fq_conf **ret,
                     struct fq_conf_errors **ret_errors)
{
    FQ_CLEANUP(fq_conf_load) *load = fq_conf_load_new();
    char channel[2048];
    (void)snprintf(channel, sizeof(channel), "%s } );", more->channel != NULL ? more->channel : "");
    const struct change changes[] = { { 22, channel },
                                      { 19, more->rates != NULL ? more->rates : main_lines[18] },
                                      { 20, more->rates != NULL ? "" : main_lines[19] } };
    const struct change merchant = { 6, more->merchant != NULL ? more->merchant : "" };
    assert_true(
        fq_conf_load_main(load, "/etc/fenqid/t.conf", text_of(LINES(main_lines), changes, 3)));
    if (more->banks != NULL)
        fq_conf_load_issuers(load, 0, "/etc/fenqid/banks.conf", fq_str_of(more->banks));
    fq_conf_load_merchant(load, "/etc/fenqid/m.conf", text_of(LINES(merchant_lines), &merchant, 1));
    return fq_conf_load_finish(load, ret, ret_errors);
}

static void expect_more_mistake(const struct more *more, const char *expected)
{
    struct fq_conf *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    assert_int_equal(load_more(more, &conf, &errors), FQ_CONF_E_INVALID);
    expect_lines(errors, &expected, 1);
}

static struct fq_conf *expect_more_right(const struct more *more)
{
    struct fq_conf *conf = NULL;
    struct fq_conf_errors *errors = NULL;
    int r = load_more(more, &conf, &errors);
    if (errors != NULL)
        print_error("%s\n", errors->lines[0].ptr);
    assert_int_equal(r, 0);
    return conf;
}

/* ---- tiers of a table ---- */

#define ROW(amounts) "{ instalments = 3; bearer = \"buyer\"; rate = \"2%\"; " amounts " }"

static void a_table_may_have_tiers(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(&(struct more){
        .rates = ROW("amount_min = \"500.01\";") "," ROW(
            "amount_min = \"100.00\"; amount_max = \"500.00\";") ",{ instalments = 3; bearer = "
                                                                 "\"merchant\"; rate = \"1%\"; "
                                                                 "}" });
    const struct fq_rates *rates = &conf->channels[0].rates;
    assert_int_equal(rates->n_items, 3);
    assert_int_equal(rates->items[0].amount_min_minor, 50001);
    assert_int_equal(rates->items[0].amount_max_minor, 0);
    assert_int_equal(rates->items[1].amount_min_minor, 10000);
    assert_int_equal(rates->items[1].amount_max_minor, 50000);
    assert_int_equal(rates->items[2].amount_min_minor, 0);
}

static void tiers_that_overlap(void **state)
{
    (void)state;
    expect_more_mistake(
        &(struct more){ .rates =
                            ROW("amount_max = \"500.00\";") ",\n" ROW("amount_min = \"500.00\";") },
        CHANNEL
        "20: channels.huabei.rates[1]: must not overlap with rates[0]: both hold for 500.00");
}

static void tiers_that_leave_a_hole(void **state)
{
    (void)state;
    expect_more_mistake(&(struct more){ .rates = ROW("amount_min = \"500.02\";") ",\n" ROW(
                                            "amount_max = \"500.00\";") },
                        CHANNEL "19: channels.huabei.rates[0]: must begin at amount_min = "
                                "\"500.01\", because rates[1] ends at \"500.00\"");
}

static void a_hole_between_tiers_in_any_order(void **state)
{
    (void)state;
    expect_more_mistake(
        &(struct more){ .rates = ROW("amount_min = \"30.01\";") ",\n" ROW(
                            "amount_max = \"10.00\";") ",\n" ROW("amount_min = \"10.02\"; "
                                                                 "amount_max = \"30.00\";") },
        CHANNEL "21: channels.huabei.rates[2]: must begin at amount_min = \"10.01\", because "
                "rates[1] ends at \"10.00\"");
}

static void a_row_for_all_amounts_beside_a_tier(void **state)
{
    (void)state;
    expect_more_mistake(
        &(struct more){ .rates = ROW("amount_max = \"500.00\";") ",\n" ROW("") },
        CHANNEL "20: channels.huabei.rates[1]: must differ from rates[0] in instalments, bearer or "
                "amounts");
}

static void a_tier_that_ends_before_it_begins(void **state)
{
    (void)state;
    expect_more_mistake(
        &(struct more){ .rates = ROW("amount_min = \"5.01\";\namount_max = \"5.00\";") },
        CHANNEL "20: channels.huabei.rates[0].amount_max: must be at least amount_min");
}

static void an_amount_with_three_decimals(void **state)
{
    (void)state;
    expect_more_mistake(&(struct more){ .rates = ROW("amount_max = \"500.000\";") ",\n" ROW(
                                            "amount_min = \"500.01\";") },
                        CHANNEL "19: channels.huabei.rates[0].amount_max: must be "
                                "0.01..99999999.99, is \"500.000\"");
}

static void no_instalments_and_more_than_sixty(void **state)
{
    (void)state;
    expect_more_mistake(
        &(struct more){ .rates = "{ instalments = 0; bearer = \"buyer\"; rate = \"2%\"; }" },
        CHANNEL "19: channels.huabei.rates[0].instalments: must be 1..60, is 0");
    expect_more_mistake(
        &(struct more){ .rates = "{ instalments = 61; bearer = \"buyer\"; rate = \"2%\"; }" },
        CHANNEL "19: channels.huabei.rates[0].instalments: must be 1..60, is 61");
}

/* ---- a channel's other options ---- */

static void options_of_a_channel_reach_their_members(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(&(struct more){
        .channel = "attempt_life = \"10min\"; undo_same_day = true; statements = true;"
                   "rounding = \"half_even\"; remainder = \"last\"; fee_timing = \"first\";" });
    const struct fq_channel_conf *channel = &conf->channels[0];
    assert_int_equal(channel->attempt_life_ms, 600000);
    assert_true(channel->undo_same_day);
    assert_true(channel->wants_statements);
    assert_int_equal(channel->rounding, FQ_ROUNDING_HALF_EVEN);
    assert_int_equal(channel->remainder, FQ_REMAINDER_LAST);
    assert_int_equal(channel->fee_timing, FQ_FEE_TIMING_FIRST);
}

static void options_that_are_not_written_leave_it_to_the_adapter(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(&(struct more){ .channel = "" });
    const struct fq_channel_conf *channel = &conf->channels[0];
    assert_int_equal(channel->attempt_life_ms, 0);
    assert_false(channel->undo_same_day);
    assert_false(channel->wants_statements);
    assert_int_equal(channel->rounding, FQ_ROUNDING_UNSET);
    assert_int_equal(channel->remainder, FQ_REMAINDER_UNSET);
    assert_int_equal(channel->fee_timing, FQ_FEE_TIMING_UNSET);
    assert_int_equal(channel->n_issuers, 0);
    assert_int_equal(channel->n_campaigns, 0);
}

static void an_attempt_of_more_than_a_day(void **state)
{
    (void)state;
    expect_more_mistake(&(struct more){ .channel = "attempt_life = \"25h\";" },
                        CHANNEL "22: channels.huabei.attempt_life: must be 0s..1d, is \"25h\"");
}

static void the_words_of_a_disclosure(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(
        &(struct more){ .channel = "disclosure: { collector_zh = \"某银行\"; collector_en = \"A "
                                   "bank\"; default_zh = \"\"; default_en = \"18% a year\"; };" });
    const struct fq_disclosure_texts *texts = &conf->channels[0].texts;
    assert_text(texts->collector_zh, "某银行");
    assert_text(texts->collector_en, "A bank");
    assert_text(texts->default_zh, "");
    assert_text(texts->default_en, "18% a year");
}

static void a_disclosure_that_is_too_long(void **state)
{
    (void)state;
    char channel[640];
    (void)snprintf(channel, sizeof(channel), "disclosure: { default_zh = \"%0513d\"; };", 0);
    expect_more_mistake(&(struct more){ .channel = channel },
                        CHANNEL "22: channels.huabei.disclosure.default_zh: must be one line of at "
                                "most 512 bytes, is a string of 513 bytes");
}

/* ---- banks ---- */

#define BANK(id, more) "{ id = \"" id "\"; title_zh = \"银行\"; title_en = \"Bank\"; " more " }"
#define BANKS_OF(a, b) "issuers = (\n" a ",\n" b "\n);\n"

static void banks_come_from_a_file_of_their_own(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(&(struct more){
        .banks = BANKS_OF(BANK("icbc", "bins = [ \"622202\", \"62220300-62220399\" ]; amount_min = "
                                       "\"600.00\"; rounding = \"up\"; rates = ( " ROW("") " );"),
                          BANK("boc", "")) });
    const struct fq_channel_conf *channel = &conf->channels[0];
    assert_int_equal(channel->n_issuers, 2);
    assert_text(channel->issuers[0].id, "icbc");
    assert_text(channel->issuers[0].title_zh, "银行");
    assert_text(channel->issuers[0].bins[1], "62220300-62220399");
    assert_int_equal(channel->issuers[0].amount_min_minor, 60000);
    assert_int_equal(channel->issuers[0].rounding, FQ_ROUNDING_UP);
    assert_int_equal(channel->issuers[0].rates.items[0].rate_ppm, 20000);
    assert_int_equal(channel->issuers[1].n_bins, 0);
    assert_int_equal(channel->issuers[1].rates.n_items, 0);
    assert_int_equal(channel->amount_max_minor, 50000); /* as the main file says */
}

static void expect_banks(const char *a, const char *b, const char *expected)
{
    char banks[2048];
    (void)snprintf(banks, sizeof(banks), BANKS_OF("%s", "%s"), a, b);
    expect_more_mistake(&(struct more){ .banks = banks }, expected);
}

static void a_bin_in_two_banks(void **state)
{
    (void)state;
    expect_banks(BANK("icbc", "bins = [ \"4000\", \"622202\" ];"),
                 BANK("boc", "bins = [ \"622202\" ];"),
                 BANKS "3: channels.huabei.issuers.boc.bins[0]: must not overlap with bins[1] of "
                       "icbc, is \"622202\" and that is \"622202\"");
}

static void a_bin_that_begins_like_another(void **state)
{
    (void)state;
    expect_banks(BANK("icbc", "bins = [ \"62220212\" ];"), BANK("boc", "bins = [ \"6222\" ];"),
                 BANKS "3: channels.huabei.issuers.boc.bins[0]: must not overlap with bins[0] of "
                       "icbc, is \"6222\" and that is \"62220212\"");
}

static void a_bin_within_a_range(void **state)
{
    (void)state;
    expect_banks(BANK("icbc", "bins = [ \"622200-622209\" ];"),
                 BANK("boc", "bins = [ \"62220999\" ];"),
                 BANKS "3: channels.huabei.issuers.boc.bins[0]: must not overlap with bins[0] of "
                       "icbc, is \"62220999\" and that is \"622200-622209\"");
}

static void a_bin_twice_in_one_bank(void **state)
{
    (void)state;
    expect_banks(BANK("icbc", "bins = [ \"6222\", \"6222\" ];"), BANK("boc", ""),
                 BANKS "2: channels.huabei.issuers.icbc.bins[1]: must not overlap with bins[0] of "
                       "icbc, is \"6222\" and that is \"6222\"");
}

static void bins_that_only_touch(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(&(struct more){
        .banks = BANKS_OF(BANK("icbc", "bins = [ \"622210\", \"622200-622208\" ];"),
                          BANK("boc", "bins = [ \"622209\", \"62221100-62221199\" ];")) });
    assert_int_equal(conf->channels[0].n_issuers, 2);
}

static void bins_of_another_form(void **state)
{
    (void)state;
    static const char *const wrong[] = { "622202123", "622", "62220x", "622209-622200",
                                         "622200-62229" };
    for (size_t i = 0; i < fq_array_size(wrong); i++) {
        char bank[256];
        char expected[256];
        (void)snprintf(bank, sizeof(bank), BANK("icbc", "\nbins = [ \"%s\" ];"), wrong[i]);
        (void)snprintf(expected, sizeof(expected),
                       BANKS "3: channels.huabei.issuers.icbc.bins[0]: must be 4..8 digits, or a "
                             "range of them like 622200-622209, is \"%s\"",
                       wrong[i]);
        expect_banks(bank, BANK("boc", ""), expected);
    }
}

static void a_bank_that_stands_twice(void **state)
{
    (void)state;
    expect_banks(BANK("icbc", ""), BANK("icbc", ""),
                 BANKS
                 "3: channels.huabei.issuers: must have every id once, has \"icbc\" at line 2 "
                 "already");
}

static void a_hole_in_a_banks_table(void **state)
{
    (void)state;
    expect_banks(BANK("icbc", ""),
                 BANK("boc", "rates = ( " ROW("amount_max = \"1.00\";") ",\n" ROW(
                                 "amount_min = \"1.02\";") " );"),
                 BANKS "4: channels.huabei.issuers.boc.rates[1]: must begin at amount_min = "
                       "\"1.01\", because rates[0] ends at \"1.00\"");
}

static void a_banks_file_that_is_none(void **state)
{
    (void)state;
    expect_more_mistake(&(struct more){ .banks = "issuers = (\n{" }, BANKS "2: syntax error");
    expect_more_mistake(&(struct more){ .banks = "\n" },
                        BANKS "1: channels.huabei.issuers: must be set");
    expect_more_mistake(
        &(struct more){ .banks = "rates = ();\n" BANKS_OF(BANK("icbc", ""), BANK("boc", "")) },
        BANKS "1: channels.huabei.rates: unknown key");
}

static void what_the_banks_file_lacks_is_still_of_the_main_file(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf =
        expect_more_right(&(struct more){ .banks = BANKS_OF(BANK("icbc", ""), BANK("boc", "")) });
    FQ_CLEANUP(fq_conf_errors) *errors = fq_conf_errors_new();
    fq_conf_blame(conf, errors, fq_lit("channels.huabei.nothing"), fq_lit("is wrong"));
    fq_conf_blame(conf, errors, fq_lit("channels.huabei.issuers.boc.rates[3]"), fq_lit("is wrong"));
    const char *const expected[] = {
        CHANNEL "13: channels.huabei.nothing: is wrong",
        BANKS "3: channels.huabei.issuers.boc.rates[3]: is wrong",
    };
    expect_lines(errors, expected, fq_array_size(expected));
}

static void a_banks_file_that_is_not_there(void **state)
{
    (void)state;
    char path[] = "/tmp/fenqid-conf-XXXXXX";
    char expected[256];
    const struct change change = { 16, "issuers_file = \"/tmp/fenqid/none\";" };
    struct fq_str text = text_of(LINES(main_lines), &change, 1);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.ptr, text.len), text.len);
    assert_int_equal(close(fd), 0);
    struct fq_conf *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    int r = fq_conf_load(path, &conf, &errors);
    assert_int_equal(remove(path), 0);
    assert_int_equal(r, FQ_CONF_E_INVALID);
    (void)snprintf(expected, sizeof(expected),
                   "%s:16: channels.huabei.issuers_file: must be a file that can be read, "
                   "/tmp/fenqid/none: No such file or directory",
                   path);
    assert_text(errors->lines[0], expected);
}

/* ---- campaigns ---- */

#define CAMPAIGN(id, from, until, more)                                               \
    "{ id = \"" id "\"; from = \"2026-" from "\";\nuntil = \"2026-" until "\"; " more \
    " rates = ( " ROW("") " ); }"
#define CAMPAIGNS(list)     "campaigns = (\n" list "\n);"
#define NOVEMBER(more)      CAMPAIGN("november", "11-01 00:00", "11-12 00:00", more)
#define DOUBLE_ELEVEN(more) CAMPAIGN("double-11", "11-11 00:00", "11-11 12:30:59", more)

static void a_campaign_is_read(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(
        &(struct more){ .channel = CAMPAIGNS(NOVEMBER("merchants = [ \"shop\" ]; issuers = [ "
                                                      "\"boc\" ];")),
                        .banks = BANKS_OF(BANK("icbc", ""), BANK("boc", "")) });
    const struct fq_campaign *campaign = &conf->channels[0].campaigns[0];
    assert_text(campaign->id, "november");
    assert_int_equal(campaign->from_ms, INT64_C(1793462400000));
    assert_int_equal(campaign->until_ms, INT64_C(1794412800000));
    assert_text(campaign->merchants[0], "shop");
    assert_text(campaign->issuers[0], "boc");
    assert_int_equal(campaign->rates.items[0].rate_ppm, 20000);
}

static void expect_campaigns(const char *channel, const char *expected)
{
    expect_more_mistake(
        &(struct more){ .channel = channel, .banks = BANKS_OF(BANK("icbc", ""), BANK("boc", "")) },
        expected);
}

static void a_campaign_that_ends_before_it_begins(void **state)
{
    (void)state;
    expect_campaigns(CAMPAIGNS(CAMPAIGN("november", "11-01 00:00", "10-31 00:00", "")),
                     CHANNEL "24: channels.huabei.campaigns.november.until: must be after from");
    expect_campaigns(CAMPAIGNS(CAMPAIGN("november", "11-01 00:00", "11-01 00:00", "")),
                     CHANNEL "24: channels.huabei.campaigns.november.until: must be after from");
}

static void a_campaign_on_a_day_that_is_none(void **state)
{
    (void)state;
    expect_campaigns(CAMPAIGNS(CAMPAIGN("november", "11-01 00:00", "11-31 00:00", "")), CHANNEL
                     "24: channels.huabei.campaigns.november.until: must be a time in "
                     "Beijing, 2000-01-01 00:00..9999-12-31 23:59, is \"2026-11-31 00:00\"");
}

static void a_campaign_of_an_issuer_that_is_none(void **state)
{
    (void)state;
    expect_campaigns(CAMPAIGNS(NOVEMBER("issuers = [ \"icbc\", \"bocc\" ];")),
                     CHANNEL "24: channels.huabei.campaigns.november.issuers[1]: must be the id of "
                             "an issuer of this channel, is \"bocc\" (did you mean boc?)");
}

static void a_campaign_of_a_merchant_that_is_none(void **state)
{
    (void)state;
    expect_campaigns(CAMPAIGNS(NOVEMBER("merchants = [ \"market\" ];")),
                     CHANNEL "24: channels.huabei.campaigns.november.merchants[0]: must be the id "
                             "of a merchant, is \"market\"");
}

static void a_campaign_of_nobody(void **state)
{
    (void)state;
    expect_campaigns(CAMPAIGNS(NOVEMBER("merchants = [];")),
                     CHANNEL "24: channels.huabei.campaigns.november.merchants: must be a list of "
                             "1..256 strings: [ \"...\" ], has 0");
}

static void two_campaigns_for_one_purchase(void **state)
{
    (void)state;
    expect_campaigns(
        CAMPAIGNS(NOVEMBER("issuers = [ \"icbc\" ];") ",\n" DOUBLE_ELEVEN("merchants = [ "
                                                                          "\"shop\" ];")),
        CHANNEL "26: channels.huabei.campaigns.double-11.rates[0]: must not be for the purchases "
                "that rates[0] of campaign november is for: 3 instalments at 2026-11-11 00:00:00");
}

static void campaigns_that_never_meet(void **state)
{
    (void)state;
    static const char *const right[] = {
        CAMPAIGNS(NOVEMBER("issuers = [ \"icbc\" ];") "," DOUBLE_ELEVEN("issuers = [ \"boc\" ];")),
        CAMPAIGNS(NOVEMBER("") "," CAMPAIGN("after", "11-12 00:00", "11-13 00:00", "")),
        CAMPAIGNS(CAMPAIGN("after", "11-12 00:00", "11-13 00:00", "") "," NOVEMBER("")),
    };
    for (size_t i = 0; i < fq_array_size(right); i++) {
        FQ_CLEANUP(fq_conf) *conf = expect_more_right(&(struct more){
            .channel = right[i], .banks = BANKS_OF(BANK("icbc", ""), BANK("boc", "")) });
        assert_int_equal(conf->channels[0].n_campaigns, 2);
    }
}

#define TIER(id, amounts)                                                             \
    "{ id = \"" id "\"; from = \"2026-11-01 00:00\"; until = \"2026-11-12 00:00\";\n" \
    "rates = ( " ROW(amounts) " ); }"

static void campaigns_for_other_amounts_never_meet(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(
        &(struct more){ .channel = CAMPAIGNS(TIER("small", "amount_max = \"99.99\";") "," TIER(
                            "big", "amount_min = \"100.00\";")) });
    assert_int_equal(conf->channels[0].n_campaigns, 2);
    expect_campaigns(CAMPAIGNS(TIER("small", "amount_max = \"100.00\";") "," TIER(
                         "big", "amount_min = \"100.00\";")),
                     CHANNEL "25: channels.huabei.campaigns.big.rates[0]: must not be for the "
                             "purchases that rates[0] of campaign small is for: 3 instalments at "
                             "2026-11-01 00:00:00");
}

/* ---- what merchants have of their own ---- */

static void a_merchant_may_have_its_own_rates(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(&(struct more){
        .merchant = "rates = ( { channel = \"huabei\"; rates = ( " ROW("") " ); } );" });
    const struct fq_merchant *merchant = &conf->merchants[0];
    assert_int_equal(merchant->n_rates, 1);
    assert_text(merchant->rates[0].channel, "huabei");
    assert_int_equal(merchant->rates[0].rates.items[0].instalments, 3);
}

static void a_merchants_rates_for_a_channel_that_it_has_not(void **state)
{
    (void)state;
    expect_more_mistake(
        &(struct more){ .merchant =
                            "rates = ( { channel = \"card\"; rates = ( " ROW("") " ); } );" },
        SHOP "6: merchants.shop.rates.card.channel: must be one of the merchant's channels, is "
             "\"card\"");
}

static void a_merchants_rates_for_a_channel_twice(void **state)
{
    (void)state;
    expect_more_mistake(
        &(struct more){ .merchant = "rates = ( { channel = \"huabei\"; rates = ( " ROW(
                            "") " ); },\n{ channel = \"huabei\"; rates = ( " ROW("") " ); } );" },
        SHOP "7: merchants.shop.rates: must have every channel once, has "
             "\"huabei\" at line 6 already");
}

static void a_merchants_table_with_a_hole(void **state)
{
    (void)state;
    expect_more_mistake(
        &(struct more){
            .merchant = "rates = ( { channel = \"huabei\"; rates = (\n" ROW(
                "amount_max = \"1.00\";") ",\n" ROW("amount_min = \"2.00\";") " ); } );" },
        SHOP "8: merchants.shop.rates.huabei.rates[1]: must begin at amount_min = \"1.01\", "
             "because rates[0] ends at \"1.00\"");
}

static void a_second_try_beside_a_live_one(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_more_right(
        &(struct more){ .merchant = "reopen = \"allow\"; on_double_paid = \"refund\";" });
    assert_true(conf->merchants[0].reopen);
    FQ_CLEANUP(fq_conf) *other = expect_more_right(&(struct more){ .merchant = "" });
    assert_false(other->merchants[0].reopen);
}

static void a_second_try_that_nobody_would_refund(void **state)
{
    (void)state;
    expect_more_mistake(&(struct more){ .merchant = "reopen = \"allow\";" }, SHOP
                        "6: merchants.shop.reopen: must be \"wait\", or on_double_paid must be "
                        "\"refund\": of two tries at once both may be paid");
}

/* ---- keys for payers' data ---- */

static void payer_keys_start_at_the_folder_of_their_file(void **state)
{
    (void)state;
    const struct change change = {
        10, "  token_key_file = \"t\"; payer_key_files = [ \"keys/payer\", \"/run/payer.old\" ];"
    };
    FQ_CLEANUP(fq_conf) *conf = expect_right(&change);
    assert_int_equal(conf->n_payer_key_files, 2);
    assert_text(conf->payer_key_files[0], "/etc/fenqid/keys/payer");
    assert_text(conf->payer_key_files[1], "/run/payer.old");
}

static void a_payer_key_twice(void **state)
{
    (void)state;
    expect_mistake(10, "  token_key_file = \"t\"; payer_key_files = [ \"a\", \"/etc/fenqid/a\" ];",
                   CHANNEL "10: signing.payer_key_files[1]: must stand once, is also [0]");
}

static void a_payer_key_that_is_no_path(void **state)
{
    (void)state;
    expect_mistake(10, "  token_key_file = \"t\"; payer_key_files = [ 5 ];",
                   CHANNEL "10: signing.payer_key_files[0]: must be the path of a file, as a "
                           "string in quotes, is 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_may_have_tiers),
        cmocka_unit_test(tiers_that_overlap),
        cmocka_unit_test(tiers_that_leave_a_hole),
        cmocka_unit_test(a_hole_between_tiers_in_any_order),
        cmocka_unit_test(a_row_for_all_amounts_beside_a_tier),
        cmocka_unit_test(a_tier_that_ends_before_it_begins),
        cmocka_unit_test(an_amount_with_three_decimals),
        cmocka_unit_test(no_instalments_and_more_than_sixty),
        cmocka_unit_test(options_of_a_channel_reach_their_members),
        cmocka_unit_test(options_that_are_not_written_leave_it_to_the_adapter),
        cmocka_unit_test(an_attempt_of_more_than_a_day),
        cmocka_unit_test(the_words_of_a_disclosure),
        cmocka_unit_test(a_disclosure_that_is_too_long),
        cmocka_unit_test(banks_come_from_a_file_of_their_own),
        cmocka_unit_test(a_bin_in_two_banks),
        cmocka_unit_test(a_bin_that_begins_like_another),
        cmocka_unit_test(a_bin_within_a_range),
        cmocka_unit_test(a_bin_twice_in_one_bank),
        cmocka_unit_test(bins_that_only_touch),
        cmocka_unit_test(bins_of_another_form),
        cmocka_unit_test(a_bank_that_stands_twice),
        cmocka_unit_test(a_hole_in_a_banks_table),
        cmocka_unit_test(a_banks_file_that_is_none),
        cmocka_unit_test(what_the_banks_file_lacks_is_still_of_the_main_file),
        cmocka_unit_test(a_banks_file_that_is_not_there),
        cmocka_unit_test(a_campaign_is_read),
        cmocka_unit_test(a_campaign_that_ends_before_it_begins),
        cmocka_unit_test(a_campaign_on_a_day_that_is_none),
        cmocka_unit_test(a_campaign_of_an_issuer_that_is_none),
        cmocka_unit_test(a_campaign_of_a_merchant_that_is_none),
        cmocka_unit_test(a_campaign_of_nobody),
        cmocka_unit_test(two_campaigns_for_one_purchase),
        cmocka_unit_test(campaigns_that_never_meet),
        cmocka_unit_test(campaigns_for_other_amounts_never_meet),
        cmocka_unit_test(a_merchant_may_have_its_own_rates),
        cmocka_unit_test(a_merchants_rates_for_a_channel_that_it_has_not),
        cmocka_unit_test(a_merchants_rates_for_a_channel_twice),
        cmocka_unit_test(a_merchants_table_with_a_hole),
        cmocka_unit_test(a_second_try_beside_a_live_one),
        cmocka_unit_test(a_second_try_that_nobody_would_refund),
        cmocka_unit_test(payer_keys_start_at_the_folder_of_their_file),
        cmocka_unit_test(a_payer_key_twice),
        cmocka_unit_test(a_payer_key_that_is_no_path),
    };
    return cmocka_run_group_tests_name("conf: rates", tests, NULL, NULL);
}
