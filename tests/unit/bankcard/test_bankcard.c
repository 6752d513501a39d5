/* SPDX-License-Identifier: Apache-2.0 */
/* The bank-card channel itself: settings, keys, what it can do, what a plan costs. */
#include "tests/unit/bankcard/bankcard_test.h"

/* ---- settings ---- */

static void assert_refused(const struct fq_pair *conf, size_t n_conf, const char *setting,
                           const char *why)
{
    void *self = NULL;
    struct fq_str key = { NULL, 0 };
    assert_int_equal(fenqi_adapter()->open(&test_host.host, conf, n_conf, &self, &key), -1);
    assert_slice(key, setting);
    assert_string_equal(test_host.failure, why);
}

static void a_setting_that_is_wrong_is_named(void **state)
{
    (void)state;
    static const char *const gateway = "must be https://host, without a / at its end";
    static const char *const path = "must be /path, without a query";
    static const char *const digits = "must be two digits";
    static const char *const choice = "must be yes or no";
    static const char *const cases[][3] = {
        { "mer_id", "77729005816715", "must be 15 of 0-9 A-Z a-z" },
        { "mer_id", "77729005816715-", "must be 15 of 0-9 A-Z a-z" },
        { "gateway", "http://a.example", gateway },
        { "gateway", "https://a.example/", gateway },
        { "file_gateway", "https://a.example/?x=1", gateway },
        { "front_path", "gateway", path },
        { "back_path", "/a?b", path },
        { "query_path", "/a b", path },
        { "file_path", "", path },
        { "access_type", "1", "must be 0 or 2" },
        { "sub_mer_id", "a-b", "must be 1 to 15 of 0-9 A-Z a-z" },
        { "sub_mer_name", "a&b", "must be 1 to 120 bytes without & = { } [ ]" },
        { "sub_mer_abbr", " a", "must be 1 to 120 bytes without & = { } [ ]" },
        { "cn", "", "must be names between commas" },
        { "channel_type_desktop", "7", digits },
        { "channel_type_mobile", "ab", digits },
        { "empty_values", "yes", "must be sample, keep or skip" },
        { "encrypt", "1", choice },
        { "partial_refund", "true", choice },
        { "confirm_by_query", "YES!", choice },
        { "identity_is_checked", "", choice },
        { "pending_is_final_after_timeout", "maybe", choice },
        { "merid", "777290058167151", "unknown setting" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fq_pair conf = { fq_slice_of(cases[i][0]), fq_slice_of(cases[i][1]) };
        assert_refused(&conf, 1, cases[i][0], cases[i][2]);
    }
}

static void a_setting_that_is_missing_is_named(void **state)
{
    (void)state;
    const struct fq_pair conf[] = { { fq_slice("mer_id"), fq_slice(TEST_MER_ID) } };
    assert_refused(conf, 1, "gateway", "setting is missing");
}

static void a_platform_names_its_merchant_and_nobody_else_does(void **state)
{
    (void)state;
    assert_int_equal(test_open("access_type=2"), -1);
    assert_string_equal(test_host.failure,
                        "must be 2 with sub_mer_id, sub_mer_name and sub_mer_abbr, else 0");
    assert_int_equal(test_open("sub_mer_id=S1 sub_mer_name=店 sub_mer_abbr=店"), -1);
    assert_int_equal(test_open("access_type=2 sub_mer_id=S1 sub_mer_name=店"), -1);
    assert_int_equal(test_open("access_type=2 sub_mer_id=S1 sub_mer_name=店 sub_mer_abbr=店"), 0);
    test_begin(&fenqi_adapter()->create);
    assert_slice(fq_pairs_get(test_verdict.message.fields, "accessType"), "2");
    assert_slice(fq_pairs_get(test_verdict.message.fields, "subMerId"), "S1");
    assert_slice(fq_pairs_get(test_verdict.message.fields, "subMerName"), "店");
    assert_slice(fq_pairs_get(test_verdict.message.fields, "subMerAbbr"), "店");
}

static void paths_and_the_host_of_files_can_be_set(void **state)
{
    (void)state;
    assert_int_equal(test_open("front_path=/f back_path=/b query_path=/q file_path=/d "
                               "file_gateway=https://files.example.com"),
                     0);
    test_begin(&fenqi_adapter()->create);
    assert_slice(test_verdict.message.url, "https://gateway.example.com/f");
    test_begin(&fenqi_adapter()->query);
    assert_slice(test_verdict.message.url, "https://gateway.example.com/q");
    test_begin(&fenqi_adapter()->task);
    assert_slice(test_verdict.message.url, "https://gateway.example.com/b");
    test_call.day = fq_slice("20260314");
    test_begin(&fenqi_adapter()->statement);
    assert_slice(test_verdict.message.url, "https://files.example.com/d");
}

/* ---- keys ---- */

static void encryption_needs_its_certificate(void **state)
{
    (void)state;
    test_open("encrypt=yes");
    assert_int_equal(test_ready("sign sign_cert roots"), -1);
    assert_slice(test_refused_key, "keys.encrypt");
    assert_string_equal(test_host.failure, "is missing, and settings.encrypt is yes");
    test_open("");
    assert_int_equal(test_ready("sign sign_cert roots"), 0);
}

static void what_is_no_certificate_is_named(void **state)
{
    (void)state;
    vector_host_add_pair(&test_host, "bare", "sign_cert");
    assert_int_equal(test_ready("sign sign_cert roots"), -1);
    assert_slice(test_refused_key, "keys.sign_cert");
    assert_int_equal(test_group_teardown(NULL), 0);
    assert_int_equal(test_group_setup(NULL), 0);
    assert_int_equal(test_open(""), 0);
    vector_host_add_pair(&test_host, "bare", "encrypt");
    assert_int_equal(test_ready("sign sign_cert roots encrypt"), -1);
    assert_slice(test_refused_key, "keys.encrypt");
    assert_string_equal(test_host.failure, "holds no certificate");
    assert_int_equal(test_group_teardown(NULL), 0);
    assert_int_equal(test_group_setup(NULL), 0);
}

static void an_instance_that_was_never_ready_sends_nothing(void **state)
{
    (void)state;
    const struct fq_pair conf[] = {
        { fq_slice("mer_id"), fq_slice(TEST_MER_ID) },
        { fq_slice("gateway"), fq_slice("https://gateway.example.com") },
    };
    struct fq_str key;
    assert_int_equal(fenqi_adapter()->open(&test_host.host, conf, 2, &test_self, &key), 0);
    assert_begin_fails(&fenqi_adapter()->create, "the channel was never made ready");
    assert_begin_fails(&fenqi_adapter()->query, "the channel was never made ready");
}

/* ---- what it can do ---- */

static struct fq_description describe(void)
{
    struct fq_description about = { .struct_size = sizeof(about) };
    assert_int_equal(fenqi_adapter()->describe(test_self, &about), 0);
    return about;
}

static void it_describes_itself(void **state)
{
    (void)state;
    struct fq_description about = describe();
    assert_string_equal(about.title_zh, "银行卡分期");
    assert_string_equal(about.fee_word_zh, "利息");
    assert_string_equal(about.currency, "CNY");
    assert_int_equal(about.terms[0], 1);
    assert_int_equal(about.terms[about.n_terms - 1], 36);
    assert_int_equal(about.terminals, 1u << FQ_TERMINAL_DESKTOP | 1u << FQ_TERMINAL_MOBILE_WEB);
    assert_int_equal(about.opens_at_create, 0);
    assert_int_equal(about.pins_terms, 0);
    assert_int_equal(about.partial_refund, 0);
    assert_int_equal(about.reopen_is_same_order, 0);
    assert_int_equal(about.refund_once, 1);
    assert_int_equal(about.takes_payer, 1);
    assert_int_equal(about.day_ends_minute, 1380);
    assert_int_equal(about.task_every_ms, 0);
    assert_int_equal(about.n_keys, 4);
}

static void settings_change_the_description(void **state)
{
    (void)state;
    assert_int_equal(test_open("partial_refund=yes encrypt=yes"), 0);
    struct fq_description about = describe();
    assert_int_equal(about.partial_refund, 1);
    assert_int_equal(about.task_every_ms, 86400000);
}

static void an_older_daemon_gets_what_it_knows(void **state)
{
    (void)state;
    struct fq_description about = { .struct_size = offsetof(struct fq_description, takes_payer) };
    assert_int_equal(fenqi_adapter()->describe(test_self, &about), 0);
    assert_int_equal(about.takes_payer, 0);
    assert_int_equal(about.n_keys, 4);
}

static void what_is_not_offered_is_null(void **state)
{
    (void)state;
    assert_null(fenqi_adapter()->close_order.begin);
    assert_null(fenqi_adapter()->fetch_key.begin);
    assert_null(fenqi_adapter()->create.resume);
}

/* ---- what a plan costs ---- */

static int quote(int64_t minor, uint32_t instalments, uint32_t bearer, uint32_t rounding,
                 struct fq_quote_out *ret)
{
    struct fq_quote_in in = {
        .struct_size = sizeof(in),
        .amount = { minor, "CNY", 2 },
        .instalments = instalments,
        .bearer = bearer,
        .merchant_percent = bearer == FQ_BEARER_MERCHANT ? 100 : 0,
        .rate_ppm = 75000,
        .rounding = rounding,
        .remainder = FQ_REMAINDER_LAST,
        .fee_timing = FQ_FEE_TIMING_FIRST,
    };
    *ret = (struct fq_quote_out){ .struct_size = sizeof(*ret) };
    return fenqi_adapter()->quote(test_self, &test_host.host, &in, ret);
}

static void the_banks_rules_are_followed(void **state)
{
    (void)state;
    struct fq_quote_out out;
    assert_int_equal(quote(100010, 12, FQ_BEARER_BUYER, FQ_ROUNDING_UP, &out), 0);
    assert_int_equal(out.n_lines, 12);
    assert_int_equal(out.buyer_fee_minor, 7501);
    assert_int_equal(out.lines[0].fee_minor, 7501);
    assert_int_equal(out.lines[0].principal_minor, 8334);
    assert_int_equal(out.lines[11].principal_minor, 8336);
    assert_int_equal(quote(100010, 12, FQ_BEARER_MERCHANT, FQ_ROUNDING_DOWN, &out), 0);
    assert_int_equal(out.buyer_fee_minor, 0);
    assert_int_equal(out.merchant_fee_minor, 7500);
}

static void what_is_not_offered_is_not_quoted(void **state)
{
    (void)state;
    struct fq_quote_out out;
    assert_int_equal(quote(0, 3, FQ_BEARER_BUYER, 0, &out), -1);
    assert_int_equal(quote(INT64_C(1000000000000), 3, FQ_BEARER_BUYER, 0, &out), -1);
    assert_int_equal(quote(100, 4, FQ_BEARER_BUYER, 0, &out), -1);
    assert_int_equal(quote(100, 3, FQ_BEARER_SHARED, 0, &out), -1);
    assert_int_equal(quote(INT64_C(999999999999), 36, FQ_BEARER_BUYER, 0, &out), 0);
}

/* ---- codes ---- */

static void every_code_of_the_table_is_of_its_class(void **state)
{
    (void)state;

    static const struct {
        const char *code;
        enum bankcard_class class;
    } cases[] = {
        { "00", BANKCARD_DONE },     { "A6", BANKCARD_DONE },    { "01", BANKCARD_FAILED },
        { "02", BANKCARD_LATER },    { "03", BANKCARD_UNCLEAR }, { "04", BANKCARD_UNCLEAR },
        { "05", BANKCARD_WAITS },    { "06", BANKCARD_LATER },   { "10", BANKCARD_FAILED },
        { "11", BANKCARD_FAILED },   { "12", BANKCARD_TWICE },   { "34", BANKCARD_ABSENT },
        { "37", BANKCARD_BUSY },     { "42", BANKCARD_FAILED },  { "45", BANKCARD_ECHO },
        { "46", BANKCARD_FAILED },   { "60", BANKCARD_FAILED },  { "69", BANKCARD_FAILED },
        { "70", BANKCARD_WAITS },    { "71", BANKCARD_FAILED },  { "74", BANKCARD_DEBITED },
        { "75", BANKCARD_DEBITED },  { "79", BANKCARD_FAILED },  { "83", BANKCARD_WAITS },
        { "96", BANKCARD_FAILED },   { "98", BANKCARD_LATER },   { "99", BANKCARD_UNCLEAR },
        { "07", BANKCARD_UNCLEAR },  { "84", BANKCARD_UNCLEAR }, { "97", BANKCARD_UNCLEAR },
        { "", BANKCARD_UNCLEAR },    { "0", BANKCARD_UNCLEAR },  { "000", BANKCARD_UNCLEAR },
        { "0 A", BANKCARD_UNCLEAR }, { "ZZ", BANKCARD_UNCLEAR },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(bankcard_classify(fq_slice_of(cases[i].code)), cases[i].class);
}

/* Whatever the memory is, a call either works or fails, and says why. */
static void every_lack_of_memory_is_told(void **state)
{
    (void)state;
    const struct fq_adapter *adapter = fenqi_adapter();
    const struct fq_exchange *const exchanges[] = { &adapter->create, &adapter->query,
                                                    &adapter->task };
    bool has_worked = false;
    test_call.payer_name = fq_slice("张三");
    for (size_t size = 0; size < 40000; size += 97) {
        vector_host_reset(&test_host, FQ_ARENA_SIZE_MAX);
        assert_int_equal(test_open(""), 0);
        struct fq_arena *kept = test_host.arena;
        test_host.arena = fq_arena_new(size);
        for (size_t i = 0; i < 3; i++) {
            test_host.failure[0] = '\0';
            test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
            has_worked =
                exchanges[i]->begin(test_self, &test_host.host, &test_call, &test_verdict) == 0;
            assert_true(has_worked || test_host.failure[0] != '\0');
        }
        fq_arena_free(test_host.arena);
        test_host.arena = kept;
    }
    assert_true(has_worked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bankcard_test(a_setting_that_is_wrong_is_named),
        bankcard_test(a_setting_that_is_missing_is_named),
        bankcard_test(a_platform_names_its_merchant_and_nobody_else_does),
        bankcard_test(paths_and_the_host_of_files_can_be_set),
        bankcard_test(encryption_needs_its_certificate),
        bankcard_test(what_is_no_certificate_is_named),
        bankcard_test(an_instance_that_was_never_ready_sends_nothing),
        bankcard_test(it_describes_itself),
        bankcard_test(settings_change_the_description),
        bankcard_test(an_older_daemon_gets_what_it_knows),
        bankcard_test(what_is_not_offered_is_null),
        bankcard_test(the_banks_rules_are_followed),
        bankcard_test(what_is_not_offered_is_not_quoted),
        bankcard_test(every_code_of_the_table_is_of_its_class),
        bankcard_test(every_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
