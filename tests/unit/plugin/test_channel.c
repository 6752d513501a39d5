/* SPDX-License-Identifier: Apache-2.0 */
/* Which channels open, and which configuration key is to blame when one does not. */
#include <pthread.h>

#include "tests/unit/plugin/fixture.h"

static int channel_setup(void **state)
{
    return fixture_setup(state, "adapters");
}

/* ---- adapter and settings ---- */

static void test_a_sound_channel_opens(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    assert_string_equal(fixture->channel->about.title_en, "Example Pay instalments");
    assert_true(fq_channel_can(fixture->channel, FQ_CALL_NOTIFICATION));
    assert_false(fq_channel_can(fixture->channel, FQ_CALL_STATEMENT));
}

static void test_two_channels_share_an_adapter(void **state)
{
    struct fixture *fixture = *state;
    FQ_CLEANUP(fq_channel) *other = NULL;
    fixture_open(fixture);
    assert_int_equal(fq_channel_open(&fixture->conf, fixture->adapters_dir, fixture->arena, &other,
                                     &fixture->reterr_key, &fixture->reterr_reason),
                     0);
    assert_ptr_equal(other->loader, fixture->channel->loader);
    assert_ptr_not_equal(other->self, fixture->channel->self);
}

static void test_a_missing_adapter_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture->conf.adapter = fq_lit("nobody");
    fixture_assert_refused(fixture, "adapter", "nobody.so: No such file");
}

static void test_an_adapters_name_stays_in_its_folder(void **state)
{
    struct fixture *fixture = *state;
    fixture->conf.adapter = fq_lit("../adapters/example");
    fixture_assert_refused(fixture, "adapter", "the name must be letters, digits, - and _");
}

static void test_settings_are_blamed_by_name(void **state)
{
    struct fixture *fixture = *state;
    fixture->settings[0].value = fq_lit("http://pay.example");
    fixture_assert_refused(fixture, "settings.gateway", "must be https://host");
    fixture->settings[0] = (struct fq_pair){ fq_lit("gate_way"), fq_lit("https://pay.example") };
    fixture_assert_refused(fixture, "settings.gate_way", "unknown setting");
    fixture->conf.n_settings = 0;
    fixture_assert_refused(fixture, "settings.shop", "is missing");
}

static void test_a_payment_lives_no_longer_than_the_adapter_allows(void **state)
{
    struct fixture *fixture = *state;
    fixture->conf.payment_life_ms = 86401000;
    fixture_assert_refused(fixture, "payment_life",
                           "must be 86400s at most for adapter example, is 86401s");
    fixture->conf.payment_life_ms = 86400000;
    fixture_open(fixture);
}

/* ---- keys ---- */

static void test_a_missing_key_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture->conf.n_keys = 1;
    fixture_assert_refused(fixture, "keys.platform", "is missing");
}

static void test_an_optional_key_may_be_missing_or_there(void **state)
{
    struct fixture *fixture = *state;
    fixture->keys[2] =
        (struct fq_pair){ fq_lit("platform-next"), fixture_path(fixture, "platform.pub") };
    fixture->conf.n_keys = 3;
    fixture_open(fixture);
    assert_true(fq_keyring_has(fixture->channel->keyring, "platform-next"));
}

static void test_an_unknown_key_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture->keys[1].name = fq_lit("platfrom");
    fixture_assert_refused(fixture, "keys.platfrom", "unknown key");
}

static void test_an_unreadable_key_is_refused_with_its_file(void **state)
{
    struct fixture *fixture = *state;
    fixture->keys[1].value = fixture_path(fixture, "nothing.pub");
    fixture_assert_refused(fixture, "keys.platform", "nothing.pub: No such file");
}

static void test_a_key_of_the_wrong_kind_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture->keys[0].value = fixture_path(fixture, "ours.pub");
    fixture_assert_refused(fixture, "keys.shop", "ours.pub: ");
}

static void test_a_private_key_that_all_may_read_is_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(chmod(fixture->keys[0].value.ptr, 0644), 0);
    fixture_assert_refused(fixture, "keys.shop", "ours.key: ");
    assert_int_equal(chmod(fixture->keys[0].value.ptr, 0600), 0);
}

static void test_our_own_key_in_the_platforms_place_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture->keys[1].value = fixture_path(fixture, "ours.pub");
    fixture_assert_refused(fixture, "keys.platform",
                           "this is the public half of our own private key \"shop\"");
}

/* ---- rates ---- */

static void test_rates_are_terms_that_the_adapter_can_do(void **state)
{
    struct fixture *fixture = *state;
    fixture->rates[0].instalments = 24;
    fixture_assert_refused(fixture, "rates[0]", "the adapter cannot do 24 instalments");
}

static void test_rates_of_banks_and_campaigns_are_too(void **state)
{
    struct fixture *fixture = *state;
    struct fq_rate rates[2] = { fixture->rates[0], fixture->rates[0] };
    rates[1].instalments = 24;
    const struct fq_issuer issuer = { .id = fq_lit("icbc"), .rates = { rates, 2 } };
    fixture->conf.issuers = &issuer;
    fixture->conf.n_issuers = 1;
    fixture_assert_refused(fixture, "issuers.icbc.rates[1]",
                           "the adapter cannot do 24 instalments");
    const struct fq_campaign campaign = { .id = fq_lit("spring"), .rates = { rates + 1, 1 } };
    fixture->conf.n_issuers = 0;
    fixture->conf.campaigns = &campaign;
    fixture->conf.n_campaigns = 1;
    fixture_assert_refused(fixture, "campaigns.spring.rates[0]",
                           "the adapter cannot do 24 instalments");
    fixture->conf.n_campaigns = 0;
}

static void test_rates_of_a_merchant_are_too(void **state)
{
    struct fixture *fixture = *state;
    struct fq_rate rates[2] = { fixture->rates[0], fixture->rates[0] };
    size_t row = 9;
    rates[1].bearer = 40;
    fixture_open(fixture);
    struct fq_str reason = fq_channel_refuse_rates(fixture->channel, (struct fq_rates){ rates, 1 },
                                                   fixture->arena, &row);
    assert_int_equal(reason.len, 0);
    reason = fq_channel_refuse_rates(fixture->channel, (struct fq_rates){ rates, 2 },
                                     fixture->arena, &row);
    assert_string_equal(reason.ptr, "3 instalments: the adapter cannot let that side bear the fee");
    assert_int_equal(row, 1);
}

static void test_rates_are_borne_by_whom_the_adapter_can_charge(void **state)
{
    struct fixture *fixture = *state;
    fixture_find("liars", fixture->adapters_dir);
    fixture->conf.adapter = fq_lit("honest");
    fixture->keys[0].name = fq_lit("ours");
    fixture->rates[0].bearer = FQ_BEARER_MERCHANT;
    fixture_assert_refused(fixture, "rates[0]", "cannot let that side bear the fee");
    fixture->rates[0].bearer = 40;
    fixture_assert_refused(fixture, "rates[0]", "cannot let that side bear the fee");
}

/* ---- adapters that do not open ---- */

static void test_adapters_that_lie_about_themselves_are_refused(void **state)
{
    static const struct {
        const char *liar;
        const char *key;
        const char *why;
    } rows[] = {
        { "fails_open", "settings.shop", "must be a number" },
        { "endless_terms", "adapter", "describe: terms must be 1 to 60" },
        { "nameless_key", "adapter", "describe: a key has no name" },
        { "wrong_abi", "adapter", "is built for another version of the contract" },
    };
    struct fixture *fixture = *state;
    fixture_find("liars", fixture->adapters_dir);
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        fixture->conf.adapter = fq_str_of(rows[i].liar);
        fixture_assert_refused(fixture, rows[i].key, rows[i].why);
    }
}

/* ---- one call at a time ---- */

static void *channel_query(void *argument)
{
    const struct fq_channel *channel = argument;
    const struct fq_call call = fixture_call();
    const struct fq_message message = { .body = fq_lit("x") };
    size_t n_faults = 0;
    for (int i = 0; i < 200; i++) {
        FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        struct fq_answer answer;
        fq_channel_call(channel, FQ_CALL_QUERY, &call, &message, arena, &answer);
        n_faults += answer.is_fault;
    }
    return n_faults == 0 ? NULL : argument;
}

static void test_a_serial_adapter_is_called_once_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    pthread_t other;
    void *failed = NULL;
    fixture_find("liars", fixture->adapters_dir);
    fixture_open_liar(fixture, "serial");
    assert_int_equal(pthread_create(&other, NULL, channel_query, fixture->channel), 0);
    assert_null(channel_query(fixture->channel));
    assert_int_equal(pthread_join(other, &failed), 0);
    assert_null(failed);
}

/* ---- quotes ---- */

static void test_a_quote_adds_up(void **state)
{
    static const struct {
        int64_t minor;
        uint32_t bearer;
        uint32_t merchant_percent;
        int64_t buyer_fee, merchant_fee;
    } rows[] = {
        { 699900, FQ_BEARER_BUYER, 0, 52493, 0 },
        { 699900, FQ_BEARER_MERCHANT, 100, 0, 52493 },
        { 699900, FQ_BEARER_SHARED, 40, 31496, 20997 },
        { 100, FQ_BEARER_BUYER, 0, 8, 0 },
        { 1, FQ_BEARER_BUYER, 0, 0, 0 },
    };
    struct fixture *fixture = *state;
    fixture_open(fixture);
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        const struct fq_rate rate = { 12, rows[i].bearer, rows[i].merchant_percent, 75000, 0, 0 };
        const struct fq_money amount = { rows[i].minor, "CNY", 2 };
        struct fq_quote quote = { 0 };
        assert_int_equal(
            fq_channel_quote(fixture->channel, amount, &rate, NULL, fixture->arena, &quote), 0);
        assert_true(fq_quote_validate(&quote));
        assert_int_equal(quote.buyer_fee_minor, rows[i].buyer_fee);
        assert_int_equal(quote.merchant_fee_minor, rows[i].merchant_fee);
        assert_int_equal(quote.buyer_total_minor, rows[i].minor + rows[i].buyer_fee);
        fixture_assert_text(quote.channel, "example-cn");
        assert_false(quote.indicative);
    }
}

static void test_a_quote_that_does_not_add_up_is_refused(void **state)
{
    const struct fq_rate rate = { 3, FQ_BEARER_BUYER, 0, 0, 0, 0 };
    const struct fq_money amount = { 699900, "CNY", 2 };
    struct fixture *fixture = *state;
    struct fq_quote quote = { 0 };
    fixture_find("liars", fixture->adapters_dir);
    fixture_open_liar(fixture, "honest");
    assert_int_equal(
        fq_channel_quote(fixture->channel, amount, &rate, NULL, fixture->arena, &quote), 0);
    assert_true(quote.indicative);
    fq_channel_free(FQ_TAKE(fixture->channel));
    fixture_open_liar(fixture, "other_sums");
    assert_int_equal(
        fq_channel_quote(fixture->channel, amount, &rate, NULL, fixture->arena, &quote),
        FQ_CHANNEL_E_REFUSED);
}

/* ---- where URLs may lead ---- */

static void test_urls_lead_to_listed_hosts_only(void **state)
{
    static const struct {
        const char *url;
        bool is_allowed;
    } rows[] = {
        { "https://pay.example/api", true },
        { "https://pay.example", true },
        { "https://pay.example?x=1", true },
        { "https://pay.example:443/api", true },
        { "https://PAY.example/api", true },
        { "https://test.example:8443/api", true },
        { "https://test.example/api", false },
        { "https://pay.example:8443/api", false },
        { "https://pay.example:/api", false },
        { "http://pay.example/api", false },
        { "https://pay.example.evil.example/", false },
        { "https://evil.example/pay.example", false },
        { "https://evil.example?pay.example", false },
        { "https://pay.example@evil.example/", false },
        { "https://evil.example#@pay.example/", false },
        { "https://evil.example\\.pay.example/", false },
        { "https://evil.example\\@pay.example/", false },
        { "https://pay.example\\@evil.example/", false },
        { "https://pay.example/\r\nX-Forged: 1", false },
        { "https://pay.example/a b", false },
        { " https://pay.example/", false },
        { "https:///pay.example/", false },
        { "https://", false },
        { "https://:443/", false },
        { "//pay.example/", false },
        { "javascript:https://pay.example/", false },
        { "https://pay.ex\xc3\xa4mple/", false },
        { "", false },
    };
    const struct fq_str hosts[] = { fq_lit("pay.example"), fq_lit("test.example:8443") };
    const struct fq_channel_conf conf = { .hosts = hosts, .n_hosts = 2 };
    (void)state;
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        if (fq_channel_allows_url(&conf, fq_str_of(rows[i].url)) != rows[i].is_allowed)
            fail_msg("%s", rows[i].url);
    }
}

#define CHANNEL_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHANNEL_TEST(test_a_sound_channel_opens),
        CHANNEL_TEST(test_two_channels_share_an_adapter),
        CHANNEL_TEST(test_a_missing_adapter_is_refused),
        CHANNEL_TEST(test_an_adapters_name_stays_in_its_folder),
        CHANNEL_TEST(test_settings_are_blamed_by_name),
        CHANNEL_TEST(test_a_payment_lives_no_longer_than_the_adapter_allows),
        CHANNEL_TEST(test_a_missing_key_is_refused),
        CHANNEL_TEST(test_an_optional_key_may_be_missing_or_there),
        CHANNEL_TEST(test_an_unknown_key_is_refused),
        CHANNEL_TEST(test_an_unreadable_key_is_refused_with_its_file),
        CHANNEL_TEST(test_a_key_of_the_wrong_kind_is_refused),
        CHANNEL_TEST(test_a_private_key_that_all_may_read_is_refused),
        CHANNEL_TEST(test_our_own_key_in_the_platforms_place_is_refused),
        CHANNEL_TEST(test_rates_are_terms_that_the_adapter_can_do),
        CHANNEL_TEST(test_rates_of_banks_and_campaigns_are_too),
        CHANNEL_TEST(test_rates_of_a_merchant_are_too),
        CHANNEL_TEST(test_rates_are_borne_by_whom_the_adapter_can_charge),
        CHANNEL_TEST(test_adapters_that_lie_about_themselves_are_refused),
        CHANNEL_TEST(test_a_serial_adapter_is_called_once_at_a_time),
        CHANNEL_TEST(test_a_quote_adds_up),
        CHANNEL_TEST(test_a_quote_that_does_not_add_up_is_refused),
        CHANNEL_TEST(test_urls_lead_to_listed_hosts_only),
    };
    return cmocka_run_group_tests(tests, channel_setup, fixture_teardown);
}
