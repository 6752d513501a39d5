/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration as settings: numbers as they would be written, and what differs between two. */
#include "daemon/conf/settings.h"
#include "tests/unit/conf/fixture.h"

/* ---- numbers ---- */

static void numbers_are_told_as_they_would_be_written(void **state)
{
    (void)state;

    static const struct {
        uint32_t kind;
        int64_t number;
        const char *text;
    } cases[] = {
        { FQ_CONF_INTEGER, 0, "0" },
        { FQ_CONF_INTEGER, 4096, "4096" },
        { FQ_CONF_DURATION, 0, "0s" },
        { FQ_CONF_DURATION, 1500, "1500ms" },
        { FQ_CONF_DURATION, 90000, "90s" },
        { FQ_CONF_DURATION, 1800000, "30min" },
        { FQ_CONF_DURATION, 7200000, "2h" },
        { FQ_CONF_DURATION, 259200000, "3d" },
        { FQ_CONF_SECONDS, 90, "90s" },
        { FQ_CONF_SECONDS, 120, "2min" },
        { FQ_CONF_SIZE, 0, "0B" },
        { FQ_CONF_SIZE, 1000, "1000B" },
        { FQ_CONF_SIZE, 65536, "64KiB" },
        { FQ_CONF_SIZE, 1048576, "1MiB" },
        { FQ_CONF_MONEY, 1, "0.01" },
        { FQ_CONF_MONEY, 5000000, "50000.00" },
        { FQ_CONF_PERCENT, 75000, "7.50%" },
        { FQ_CONF_PERCENT, 0, "0.00%" },
        { FQ_CONF_PERCENT, 12345, "1.2345%" },
        { FQ_CONF_PERCENT, 1000000, "100.00%" },
        { FQ_CONF_TIME, 1793462400000, "2026-11-01 00:00:00" },
    };

    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    for (size_t i = 0; i < fq_array_size(cases); i++)
        assert_text(fq_conf_number_text(cases[i].kind, cases[i].number, arena), cases[i].text);
}

static void what_is_told_is_read_as_the_same(void **state)
{
    (void)state;
    static const uint32_t kinds[] = { FQ_CONF_INTEGER, FQ_CONF_DURATION, FQ_CONF_SECONDS,
                                      FQ_CONF_SIZE,    FQ_CONF_MONEY,    FQ_CONF_PERCENT,
                                      FQ_CONF_TIME };
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4 * FQ_ARENA_SIZE_MAX);
    uint64_t number = 1;
    for (unsigned int i = 0; i < 20000; i++) {
        number = number * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t kind = kinds[i % fq_array_size(kinds)];
        int64_t value = (int64_t)(number >> 24) >> (i % 36);
        int64_t back = -1;
        if (kind == FQ_CONF_TIME)
            value = value % INT64_C(253370000000) * 1000;
        struct fq_str text = fq_conf_number_text(kind, value, arena);
        assert_int_equal(fq_conf_number(kind, text, &back), 0);
        assert_int_equal(back, value);
    }
}

/* ---- changes ---- */

struct prints {
    const char *token; /* what is in the token key's file */
};

static struct fq_str print_of(const void *ctx, struct fq_str path)
{
    const struct prints *prints = ctx;
    return fq_str_ends(path, fq_lit("token")) ? fq_str_of(prints->token) : fq_lit("11112222");
}

static void expect_changes(const struct change *main_change, const struct change *merchant_change,
                           const char *token, const char *const *expected, size_t n_expected)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    FQ_CLEANUP(fq_conf) *before = expect_right(NULL);
    FQ_CLEANUP(fq_conf) *after = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    const struct prints was = { "aaaaaaaa" }, is = { token };
    struct fq_conf_changes changes;
    assert_int_equal(load_with(main_change, main_change != NULL ? 1 : 0, merchant_change,
                               merchant_change != NULL ? 1 : 0, &after, &errors),
                     0);
    const struct fq_conf_side from = { before, print_of, &was }, to = { after, print_of, &is };
    fq_conf_compare(&from, &to, arena, &changes);
    for (size_t i = 0; i < changes.n && i < n_expected; i++) {
        const struct fq_conf_change *one = &changes.items[i];
        struct fq_str line = fq_arena_printf(arena, "%.*s: %.*s -> %.*s%s", fq_str_arg(one->key),
                                             fq_str_arg(one->from), fq_str_arg(one->to),
                                             one->is_fixed ? " (fixed)" : "");
        assert_string_equal(line.ptr, expected[i]);
    }
    assert_int_equal(changes.n, n_expected);
    assert_int_equal(changes.n_more, 0);
}

#define EXPECT(main_change, merchant_change, token, ...)                                       \
    expect_changes((main_change), (merchant_change), (token), (const char *[]){ __VA_ARGS__ }, \
                   sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *))

static void the_same_twice_has_no_changes(void **state)
{
    (void)state;
    expect_changes(NULL, NULL, "aaaaaaaa", NULL, 0);
}

static void other_words_for_the_same_are_no_change(void **state)
{
    (void)state;
    const struct change change = { 15,
                                   "hosts = [ \"openapi.alipay.com\" ]; amount_max = \"500.00\"; "
                                   "payment_life = \"1800s\"; quote_life = \"900s\";" };
    expect_changes(&change, NULL, "aaaaaaaa", NULL, 0);
}

static void a_value_is_told_before_and_after(void **state)
{
    (void)state;
    const struct change rate = { 19, "{ instalments = 3; bearer = \"buyer\"; rate = \"2.5%\"; }," };
    EXPECT(&rate, NULL, "aaaaaaaa", "channels.huabei.rates[0].rate: 2.30% -> 2.50%");
    const struct change timeout = { 15, "hosts = [ \"openapi.alipay.com\" ]; amount_max = "
                                        "\"500.00\"; timeout = \"20s\";" };
    EXPECT(&timeout, NULL, "aaaaaaaa", "channels.huabei.timeout: 15s -> 20s");
    const struct change setting = { 16, "settings: { app_id = \"2022\"; };" };
    EXPECT(&setting, NULL, "aaaaaaaa", "channels.huabei.settings.app_id: 2021 -> 2022");
}

static void what_cannot_change_is_marked(void **state)
{
    (void)state;
    const struct change prefix = { 2, "order_prefix = \"Q\";" };
    EXPECT(&prefix, NULL, "aaaaaaaa", "order_prefix: P -> Q (fixed)");
    const struct change control = { 23, "control: { path = \"/run/x\"; };" };
    EXPECT(&control, NULL, "aaaaaaaa", "control.path:  -> /run/x (fixed)");
}

static void of_a_key_the_digest_is_told(void **state)
{
    (void)state;
    EXPECT(NULL, NULL, "bbbbbbbb",
           "signing.token_key_file: /run/keys/token (sha-256 aaaaaaaa) -> /run/keys/token (sha-256 "
           "bbbbbbbb) (fixed)");
}

static void a_key_that_only_moved_may_move(void **state)
{
    (void)state;
    const struct change moved = { 10, "  token_key_file = \"/etc/keys/token\";" };
    EXPECT(&moved, NULL, "aaaaaaaa",
           "signing.token_key_file: /run/keys/token (sha-256 aaaaaaaa) -> /etc/keys/token (sha-256 "
           "aaaaaaaa)");
}

static void of_a_list_what_came_and_what_went(void **state)
{
    (void)state;
    const struct change key = { 3, "client_keys = [ \"" KEY_B "\" ];" };
    EXPECT(NULL, &key, "aaaaaaaa", "merchants.shop.client_keys: " KEY_A " -> ",
           "merchants.shop.client_keys:  -> " KEY_B);
}

static void a_group_that_came_or_went_is_one_change(void **state)
{
    (void)state;
    const struct change id = { 1, "id = \"other\";" };
    EXPECT(NULL, &id, "aaaaaaaa", "merchants.shop: is there -> ", "merchants.other:  -> is there");
    const struct change rate = { 20,
                                 "{ instalments = 6; bearer = \"buyer\"; rate = \"3%\"; },"
                                 "{ instalments = 3; bearer = \"merchant\"; rate = \"1.8%\"; }" };
    EXPECT(&rate, NULL, "aaaaaaaa", "channels.huabei.rates[1].instalments: 3 -> 6",
           "channels.huabei.rates[1].bearer: merchant -> buyer",
           "channels.huabei.rates[1].merchant_percent: 100 -> 0",
           "channels.huabei.rates[1].rate: 1.80% -> 3.00%",
           "channels.huabei.rates[2].instalments:  -> 3",
           "channels.huabei.rates[2].bearer:  -> merchant",
           "channels.huabei.rates[2].merchant_percent:  -> 100",
           "channels.huabei.rates[2].rate:  -> 1.80%");
}

/* Whatever the tables have is seen: each option of the commented file that is set or has a default.
 */
static void count_settings(void *ctx, const struct fq_setting *setting)
{
    size_t *n = ctx;
    assert_true(setting->key.len > 0);
    assert_true(setting->value.len > 0 || setting->kind == FQ_SETTING_ELEMENT);
    (*n)++;
}

static void the_shipped_configuration_is_visited_whole(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    FQ_CLEANUP(fq_conf) *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    size_t n = 0;
    assert_int_equal(fq_conf_load("conf/fenqid.conf", &conf, &errors), 0);
    fq_conf_visit(conf, arena, count_settings, &n);
    assert_true(n > 300); /* the banks have many rates */
    assert_false(fq_arena_is_full(arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_told_as_they_would_be_written),
        cmocka_unit_test(what_is_told_is_read_as_the_same),
        cmocka_unit_test(the_same_twice_has_no_changes),
        cmocka_unit_test(other_words_for_the_same_are_no_change),
        cmocka_unit_test(a_value_is_told_before_and_after),
        cmocka_unit_test(what_cannot_change_is_marked),
        cmocka_unit_test(of_a_key_the_digest_is_told),
        cmocka_unit_test(a_key_that_only_moved_may_move),
        cmocka_unit_test(of_a_list_what_came_and_what_went),
        cmocka_unit_test(a_group_that_came_or_went_is_one_change),
        cmocka_unit_test(the_shipped_configuration_is_visited_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
