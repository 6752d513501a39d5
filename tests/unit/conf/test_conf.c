/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: the shipped file, and the exact line for each kind of mistake. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/conf/schema.h"
#include "daemon/conf/text.h"
#include "tests/unit/conf/fixture.h"

/* ---- what is read ---- */

static void values_reach_their_members(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_right(NULL);
    assert_text(conf->instance, "01");
    assert_int_equal(conf->n_channels, 1);
    const struct fq_channel_conf *channel = &conf->channels[0];
    assert_text(channel->name, "huabei");
    assert_text(channel->hosts[0], "openapi.alipay.com");
    assert_int_equal(channel->amount_max_minor, 50000);
    assert_text(channel->settings[0].name, "app_id");
    assert_text(channel->settings[0].value, "2021");
    assert_int_equal(conf->n_merchants, 1);
    assert_text(conf->merchants[0].client_keys[0], KEY_A);
    assert_text(conf->merchants[0].return_urls[0], "https://shop.example.com/paid/");
}

static void what_is_not_written_has_its_default(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_right(NULL);
    assert_int_equal(conf->n_endpoints, 1);
    assert_text(conf->endpoints[0], "tcp://127.0.0.1:7766");
    assert_int_equal(conf->message_size_max, 65536);
    assert_int_equal(conf->control_path.len, 0);
    assert_int_equal(conf->control_mode, 0660);
    assert_int_equal(conf->log_level, LOG_INFO);
    assert_int_equal(conf->poll_first_ms, 10000);
    assert_true(conf->signing_keys[0].is_signing);
    assert_int_equal(conf->channels[0].timeout_ms, 15000);
    assert_int_equal(conf->channels[0].ca_file.len, 0);
    assert_int_equal(conf->merchants[0].on_double_paid, FQ_POLICY_EVENT);
}

static void paths_start_at_the_folder_of_their_file(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_right(NULL);
    assert_text(conf->curve_secret_file, "/etc/fenqid/keys/curve");
    assert_text(conf->token_key_file, "/run/keys/token");
    assert_text(conf->channels[0].keys[0].value, "/etc/fenqid/app.pem");
}

static void who_bears_the_fee_sets_the_percentage(void **state)
{
    (void)state;
    const struct change shared = {
        19,
        "    { instalments = 3; bearer = \"shared\"; merchant_percent = 40; rate = \"2.30%\"; },"
    };
    FQ_CLEANUP(fq_conf) *conf = expect_right(&shared);
    assert_int_equal(conf->channels[0].rates.items[0].merchant_percent, 40);
    assert_int_equal(conf->channels[0].rates.items[1].merchant_percent, 100);
    assert_int_equal(conf->channels[0].rates.items[1].rate_ppm, 18000);
}

/* ---- each kind of mistake ---- */

static void a_text_of_another_form(void **state)
{
    (void)state;
    expect_mistake(1, "instance = \"001\";",
                   "/etc/fenqid/t.conf:1: instance: must be 2 of 0-9 A-Z a-z, is \"001\"");
}

static void a_value_of_another_type(void **state)
{
    (void)state;
    expect_mistake(16, "  timeout = 15;",
                   "/etc/fenqid/t.conf:16: channels.huabei.timeout: must be 100ms..120s, as a "
                   "string in quotes, is 15");
}

static void a_number_out_of_its_range(void **state)
{
    (void)state;
    expect_mistake(23, "work: { workers = 257; };",
                   "/etc/fenqid/t.conf:23: work.workers: must be 0..256, is 257");
}

static void a_duration_out_of_its_range(void **state)
{
    (void)state;
    expect_mistake(16, "  timeout = \"5min\";",
                   "/etc/fenqid/t.conf:16: channels.huabei.timeout: must be 100ms..120s, is "
                   "\"5min\"");
}

static void an_integer_that_libconfig_would_wrap(void **state)
{
    (void)state;
    struct fq_conf *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    const struct change change = { 23, "work: { workers = 4294967298; };" };
    assert_int_equal(load_with(&change, 1, NULL, 0, &conf, &errors), FQ_CONF_E_INVALID);
    assert_string_equal(errors->lines[0].ptr,
                        "/etc/fenqid/t.conf:23: integer is too long for any option");
}

static void an_unknown_key_and_the_nearest_known_one(void **state)
{
    (void)state;
    expect_mistake(8, "  adress = \"127.0.0.1:1\"; };",
                   "/etc/fenqid/t.conf:8: web.adress: unknown key (did you mean address?)");
}

static void an_unknown_key_like_no_other(void **state)
{
    (void)state;
    expect_mistake(23, "colour = \"green\";", "/etc/fenqid/t.conf:23: colour: unknown key");
}

static void a_key_that_is_missing(void **state)
{
    (void)state;
    expect_mistake(4, "", "/etc/fenqid/t.conf:3: front.curve_secret_file: must be set");
}

static void an_option_in_another_group(void **state)
{
    (void)state;
    expect_mistake(23, "workers = 3;",
                   "/etc/fenqid/t.conf:23: workers: unknown key (did you mean work.workers?)");
    expect_mistake(23, "log: { public_url = \"https://x\"; };",
                   "/etc/fenqid/t.conf:23: log.public_url: unknown key (did you mean "
                   "web.public_url?)");
}

static void a_word_that_is_none(void **state)
{
    (void)state;
    expect_mistake(23, "log: { level = \"verbose\"; };",
                   "/etc/fenqid/t.conf:23: log.level: must be one of \"error\" \"warning\" "
                   "\"notice\" \"info\" \"debug\", is \"verbose\"");
    expect_mistake(23, "log: { level = \"warn\"; };",
                   "/etc/fenqid/t.conf:23: log.level: must be one of \"error\" \"warning\" "
                   "\"notice\" \"info\" \"debug\", is \"warn\"");
    expect_mistake(23, "log: { level = \"warnin\"; };",
                   "/etc/fenqid/t.conf:23: log.level: must be one of \"error\" \"warning\" "
                   "\"notice\" \"info\" \"debug\", is \"warnin\" (did you mean warning?)");
}

static void the_control_socket(void **state)
{
    (void)state;
    const struct change control = { 23, "control: { path = \"control\"; mode = \"0600\"; };" };
    FQ_CLEANUP(fq_conf) *conf = expect_right(&control);
    assert_text(conf->control_path, "/etc/fenqid/control");
    assert_int_equal(conf->control_mode, 0600);
    expect_mistake(23, "control: { mode = \"0666\"; };",
                   "/etc/fenqid/t.conf:23: control.mode: must be one of \"0660\" \"0600\", is "
                   "\"0666\" (did you mean 0660?)");
    expect_mistake(23, "control: { path = \"x\"; audit_path = \"/etc/fenqid/x\"; };",
                   "/etc/fenqid/t.conf:23: control.audit_path: must not be control.path");
}

static void a_control_socket_whose_name_no_kernel_takes(void **state)
{
    (void)state;
    char text[256];
    (void)snprintf(text, sizeof(text), "control: { path = \"/%0107d\"; };", 0);
    expect_mistake(23, text,
                   "/etc/fenqid/t.conf:23: control.path: must be at most 107 bytes, with the "
                   "folders before it");
    (void)snprintf(text, sizeof(text), "control: { path = \"/%0106d\"; };", 0);
    const struct change longest = { 23, text };
    FQ_CLEANUP(fq_conf) *conf = expect_right(&longest);
    assert_int_equal(conf->control_path.len, 107);
}

static void a_list_that_is_empty(void **state)
{
    (void)state;
    expect_mistake(15, "  hosts = []; amount_max = \"500.00\";",
                   "/etc/fenqid/t.conf:15: channels.huabei.hosts: must be a list of 1..16 strings: "
                   "[ \"...\" ], has 0");
}

static void a_setting_that_is_no_string(void **state)
{
    (void)state;
    expect_mistake(16, "  settings: { app_id = 2021; };",
                   "/etc/fenqid/t.conf:16: channels.huabei.settings.app_id: must be any text, as a "
                   "string in quotes, is 2021");
}

static void a_group_in_place_of_a_list(void **state)
{
    (void)state;
    expect_mistake(11, "keys = { };",
                   "/etc/fenqid/t.conf:11: signing.keys: must be a list of 1..8 groups: "
                   "( { ... } ), is a group");
}

static void a_name_that_is_taken(void **state)
{
    (void)state;
    expect_mistake(11,
                   "  keys = ( { id = \"k1\"; file = \"a\"; },"
                   " { id = \"k1\"; file = \"b\"; } );",
                   "/etc/fenqid/t.conf:11: signing.keys: must have every id once, has \"k1\" at "
                   "line 11 already");
}

static void a_rate_that_stands_twice(void **state)
{
    (void)state;
    expect_mistake(20, "    { instalments = 3; bearer = \"buyer\"; rate = \"2.50%\"; }",
                   "/etc/fenqid/t.conf:20: channels.huabei.rates[1]: must differ from rates[0] in "
                   "instalments, bearer or amounts");
}

static void a_shared_fee_without_its_percentage(void **state)
{
    (void)state;
    expect_mistake(20, "    { instalments = 3; bearer = \"shared\"; rate = \"2.50%\"; }",
                   "/etc/fenqid/t.conf:20: channels.huabei.rates[1]: must have merchant_percent, "
                   "because bearer is \"shared\"");
}

static void a_maximum_below_the_minimum(void **state)
{
    (void)state;
    expect_mistake(
        16, "  amount_min = \"500.01\";",
        "/etc/fenqid/t.conf:15: channels.huabei.amount_max: must be at least amount_min");
}

static void no_key_that_signs(void **state)
{
    (void)state;
    expect_mistake(11, "  keys = ( { id = \"k1\"; file = \"k1.pem\"; signing = false; } );",
                   "/etc/fenqid/t.conf:11: signing.keys: must have a key with signing = true");
}

static void a_file_that_is_no_configuration(void **state)
{
    (void)state;
    expect_mistake(12, "}; }", "/etc/fenqid/t.conf:12: syntax error");
}

static void a_setting_that_stands_twice(void **state)
{
    (void)state;
    expect_mistake(23, "instance = \"02\";", "/etc/fenqid/t.conf:23: duplicate setting name");
}

static void an_include(void **state)
{
    (void)state;
    expect_mistake(23, " @include \"/etc\"",
                   "/etc/fenqid/t.conf:23: @include is not read (merchants stand in "
                   "merchants_dir)");
}

static void a_string_that_would_be_cut_short(void **state)
{
    (void)state;
    expect_mistake(16, "  settings: { app_id = \"20\\x0021\"; };",
                   "/etc/fenqid/t.conf:16: \\x00 would cut the string short");
}

static void bytes_that_are_no_text(void **state)
{
    (void)state;
    expect_mistake(23, "# \xff", "/etc/fenqid/t.conf:23: is not UTF-8 text");
}

static void a_plain_http_url(void **state)
{
    (void)state;
    expect_mistake(7, "  public_url = \"http://pay.example.com\";",
                   "/etc/fenqid/t.conf:7: web.public_url: must be an https URL without '/' at its "
                   "end (http for loopback hosts only), is \"http://pay.example.com\"");
}

/* ---- merchants ---- */

static void a_return_url_that_could_be_continued(void **state)
{
    (void)state;
    expect_merchant_mistake(5, "return_urls = [ \"https://shop.example.com\" ];",
                            "/etc/fenqid/m.conf:5: merchants.shop.return_urls[0]: must be an https "
                            "URL that ends in '/' (http for loopback hosts only), is "
                            "\"https://shop.example.com\"");
}

static void a_channel_that_does_not_exist(void **state)
{
    (void)state;
    expect_merchant_mistake(4, "channels = [ \"huabai\" ];",
                            "/etc/fenqid/m.conf:4: merchants.shop.channels[0]: must be the name of "
                            "a channel, is \"huabai\" (did you mean huabei?)");
}

static void a_client_key_that_is_none(void **state)
{
    (void)state;
    expect_merchant_mistake(3, "client_keys = [ \"short\" ];",
                            "/etc/fenqid/m.conf:3: merchants.shop.client_keys[0]: must be a CURVE "
                            "public key (Z85, 40 characters), is \"short\"");
}

static void load_second_merchant(const struct change *changes, size_t n, const char *expected)
{
    FQ_CLEANUP(fq_conf_load) *load = fq_conf_load_new();
    struct fq_conf *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    struct fq_str text = text_of(main_lines, fq_array_size(main_lines), NULL, 0);
    assert_true(fq_conf_load_main(load, "t.conf", text));
    text = text_of(merchant_lines, fq_array_size(merchant_lines), NULL, 0);
    fq_conf_load_merchant(load, "a.conf", text);
    text = text_of(merchant_lines, fq_array_size(merchant_lines), changes, n);
    fq_conf_load_merchant(load, "b.conf", text);
    assert_int_equal(fq_conf_load_finish(load, &conf, &errors), FQ_CONF_E_INVALID);
    expect_lines(errors, &expected, 1);
}

static void a_client_key_of_two_merchants(void **state)
{
    (void)state;
    const struct change change = { 1, "id = \"other\";" };
    load_second_merchant(&change, 1,
                         "b.conf:3: merchants.other.client_keys[0]: must be of one merchant only, "
                         "is also of shop");
}

static void a_merchant_that_stands_in_two_files(void **state)
{
    (void)state;
    const struct change change = { 3, "client_keys = [ \"" KEY_B "\" ];" };
    load_second_merchant(&change, 1,
                         "b.conf:1: merchants.shop.id: must be unique, is in another file too");
}

/* ---- rules against cash-out ---- */

static struct fq_conf *risk_conf(const char *text)
{
    struct fq_conf *conf = NULL;
    struct fq_conf_errors *errors = NULL;
    const struct change change = { 6, text };
    assert_int_equal(load_with(NULL, 0, &change, 1, &conf, &errors), 0);
    return conf;
}

static void rules_that_are_not_written_are_off(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "risk: { };", "risk: { payments_per_hour = 0; };" };
    const struct fq_risk_rules none = { .hours = { NULL, 0 } };
    for (size_t i = 0; i < fq_array_size(texts); i++) {
        FQ_CLEANUP(fq_conf) *conf = risk_conf(texts[i]);
        assert_memory_equal(&conf->merchants[0].risk, &none, sizeof(none));
    }
}

static void rules_reach_their_members(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf =
        risk_conf("risk: { hours = \"23:15-05:30\"; amount_max = \"100.00\"; "
                  "buyer_payments_per_day = 3; buyer_amount_per_day = \"200.00\"; "
                  "buyer_refunds_per_week = 2; payments_per_hour = 50; };");
    const struct fq_risk_rules *risk = &conf->merchants[0].risk;
    assert_int_equal(risk->from_minute, 23 * 60 + 15);
    assert_int_equal(risk->until_minute, 5 * 60 + 30);
    assert_int_equal(risk->amount_max_minor, 10000);
    assert_int_equal(risk->n_buyer_payments_per_day, 3);
    assert_int_equal(risk->buyer_amount_per_day_minor, 20000);
    assert_int_equal(risk->n_buyer_refunds_per_week, 2);
    assert_int_equal(risk->n_payments_per_hour, 50);
}

static void hours_that_are_none(void **state)
{
    (void)state;
    expect_merchant_mistake(6, "risk: { hours = \"01:00-25:00\"; };",
                            "/etc/fenqid/m.conf:6: merchants.shop.risk.hours: must be two times in "
                            "Beijing like 01:00-05:30, not the same, is \"01:00-25:00\"");
    expect_merchant_mistake(6, "risk: { hours = \"05:30-05:30\"; };",
                            "/etc/fenqid/m.conf:6: merchants.shop.risk.hours: must be two times in "
                            "Beijing like 01:00-05:30, not the same, is \"05:30-05:30\"");
}

static void limits_out_of_their_range(void **state)
{
    (void)state;
    expect_merchant_mistake(6, "risk: { buyer_payments_per_day = 101; };",
                            "/etc/fenqid/m.conf:6: merchants.shop.risk.buyer_payments_per_day: "
                            "must be 0..100, is 101");
    expect_merchant_mistake(6, "risk: { amount_max = \"0.00\"; };",
                            "/etc/fenqid/m.conf:6: merchants.shop.risk.amount_max: must be "
                            "0.01..99999999.99, is \"0.00\"");
    expect_merchant_mistake(6, "risk: { payment_per_hour = 1; };",
                            "/etc/fenqid/m.conf:6: merchants.shop.risk.payment_per_hour: unknown "
                            "key (did you mean payments_per_hour?)");
}

static void a_day_that_is_less_than_one_payment(void **state)
{
    (void)state;
    expect_merchant_mistake(
        6, "risk: { amount_max = \"100.00\"; buyer_amount_per_day = \"99.99\"; };",
        "/etc/fenqid/m.conf:6: merchants.shop.risk.buyer_amount_per_day: must be at least "
        "amount_max");
}

/* ---- several mistakes, and mistakes that others find ---- */

static void all_mistakes_are_told_at_once(void **state)
{
    (void)state;
    struct fq_conf *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    const struct change main_change = { 2, "order_prefix = \"\";" };
    const struct change merchant_change = { 2, "name = 5;" };
    assert_int_equal(load_with(&main_change, 1, &merchant_change, 1, &conf, &errors),
                     FQ_CONF_E_INVALID);
    const char *const expected[] = {
        "/etc/fenqid/t.conf:2: order_prefix: must be 1..4 of 0-9 A-Z a-z, is \"\"",
        "/etc/fenqid/m.conf:2: merchants.shop.name: must be one line of 1..64 bytes, as a string "
        "in "
        "quotes, is 5",
    };
    expect_lines(errors, expected, fq_array_size(expected));
}

static void mistakes_beyond_the_maximum_are_one_line(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf_errors) *errors = fq_conf_errors_new();
    FQ_CLEANUP(fq_conf) *conf = expect_right(NULL);
    for (int i = 0; i < 600; i++)
        fq_conf_blame(conf, errors, fq_lit("instance"), fq_lit("must be better"));
    assert_int_equal(errors->n, 500);
    assert_text(errors->lines[499], "there are more mistakes: these first");
}

static void blame_finds_the_line_of_a_key(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_right(NULL);
    FQ_CLEANUP(fq_conf_errors) *errors = fq_conf_errors_new();
    fq_conf_blame(conf, errors, fq_lit("channels.huabei.settings.app_id"), fq_lit("is not ours"));
    fq_conf_blame(conf, errors, fq_lit("merchants.shop.channels[0]"), fq_lit("is closed"));
    const char *const expected[] = {
        "/etc/fenqid/t.conf:16: channels.huabei.settings.app_id: is not ours",
        "/etc/fenqid/m.conf:4: merchants.shop.channels[0]: is closed",
    };
    expect_lines(errors, expected, fq_array_size(expected));
}

static void blame_of_what_is_not_written_names_the_group(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = expect_right(NULL);
    FQ_CLEANUP(fq_conf_errors) *errors = fq_conf_errors_new();
    fq_conf_blame(conf, errors, fq_lit("channels.huabei.keys.alipay"), fq_lit("must be set"));
    fq_conf_blame(conf, errors, fq_lit("store.path"), fq_lit("is full"));
    const char *const expected[] = {
        "/etc/fenqid/t.conf:17: channels.huabei.keys.alipay: must be set",
        "/etc/fenqid/t.conf:1: store.path: is full",
    };
    expect_lines(errors, expected, fq_array_size(expected));
}

/* ---- files ---- */

static void the_shipped_configuration_loads(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_conf) *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    assert_int_equal(fq_conf_load("conf/fenqid.conf", &conf, &errors), 0);
    assert_int_equal(conf->n_channels, 2);
    assert_text(conf->channels[1].name, "bankcard");
    assert_int_equal(conf->channels[1].n_issuers, 15);
    assert_int_equal(conf->n_merchants, 1);
    assert_text(conf->merchants[0].id, "example");
    assert_int_equal(conf->curve_secret_file.ptr[0], '/');
}

/* "#option" (no space behind the #) becomes "option", "# prose" stays. */
static void uncomment(char *text, size_t len)
{
    bool is_first = true;
    for (size_t i = 0; i + 1 < len; i++) {
        if (is_first && text[i] == '#' && text[i + 1] >= 'a' && text[i + 1] <= 'z')
            text[i] = ' ';
        is_first = text[i] == '\n' || (is_first && text[i] == ' ');
    }
}

static struct fq_str uncommented_file(const char *path, struct fq_arena *arena)
{
    struct fq_str text = { NULL, 0 };
    assert_int_equal(fq_text_read(path, arena, &text), 0);
    char *copy = fq_arena_alloc(arena, text.len + 1);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    uncomment(copy, text.len);
    return (struct fq_str){ copy, text.len };
}

/* Every option of the table, groups within it included, stands in the text as "name =" or "name:".
 */
static void expect_all_named(const struct fq_conf_table *table, struct fq_str text)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fq_conf_row *row = &table->rows[i];
        char with_equals[64];
        char with_colon[64];
        (void)snprintf(with_equals, sizeof(with_equals), "%s = ", row->name);
        (void)snprintf(with_colon, sizeof(with_colon), "%s: {", row->name);
        bool is_named = memmem(text.ptr, text.len, with_equals, strlen(with_equals)) != NULL ||
                        memmem(text.ptr, text.len, with_colon, strlen(with_colon)) != NULL ||
                        strcmp(row->name, "merchant_percent") == 0; /* told in prose */
        if (!is_named)
            fail_msg("%s is not in the shipped file", row->name);
        if (row->table != NULL)
            expect_all_named(row->table, text);
    }
}

static void the_shipped_files_name_every_option(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    expect_all_named(&fq_conf_main_table, uncommented_file("conf/fenqid.conf", arena));
    expect_all_named(&fq_conf_issuers_table,
                     uncommented_file("conf/issuers/unionpay-example.conf", arena));
    expect_all_named(&fq_conf_merchant_table,
                     uncommented_file("conf/merchants.d/example.conf", arena));
}

static void write_file(const char *folder, const char *name, struct fq_str text)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *folder, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(remove(path), 0);
}

static void merchants_are_read_in_the_order_of_their_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/fenqid-conf-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char merchants[64];
    (void)snprintf(merchants, sizeof(merchants), "%s/merchants.d", folder);
    assert_int_equal(mkdir(merchants, 0700), 0);
    const struct change other[] = { { 1, "id = \"other\";" },
                                    { 3, "client_keys = [ \"" KEY_B "\" ];" } };
    write_file(folder, "t.conf", text_of(main_lines, fq_array_size(main_lines), NULL, 0));
    write_file(merchants, "20.conf",
               text_of(merchant_lines, fq_array_size(merchant_lines), NULL, 0));
    write_file(merchants, "10.conf",
               text_of(merchant_lines, fq_array_size(merchant_lines), other, 2));
    write_file(merchants, "00.conf.bak", fq_lit("not a configuration"));
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/t.conf", folder);
    FQ_CLEANUP(fq_conf) *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    int r = fq_conf_load(path, &conf, &errors);
    remove_file(merchants, "10.conf");
    remove_file(merchants, "20.conf");
    remove_file(merchants, "00.conf.bak");
    remove_file(folder, "merchants.d");
    remove_file(folder, "t.conf");
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(r, 0);
    assert_int_equal(conf->n_merchants, 2);
    assert_text(conf->merchants[0].id, "other");
    assert_text(conf->merchants[1].id, "shop");
}

static void a_file_that_is_not_there(void **state)
{
    (void)state;
    struct fq_conf *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    assert_int_equal(fq_conf_load("conf/none.conf", &conf, &errors), FQ_CONF_E_INVALID);
    const char *const expected = "conf/none.conf:1: cannot be read: No such file or directory";
    expect_lines(errors, &expected, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_reach_their_members),
        cmocka_unit_test(what_is_not_written_has_its_default),
        cmocka_unit_test(paths_start_at_the_folder_of_their_file),
        cmocka_unit_test(who_bears_the_fee_sets_the_percentage),
        cmocka_unit_test(a_text_of_another_form),
        cmocka_unit_test(a_value_of_another_type),
        cmocka_unit_test(a_number_out_of_its_range),
        cmocka_unit_test(a_duration_out_of_its_range),
        cmocka_unit_test(an_integer_that_libconfig_would_wrap),
        cmocka_unit_test(an_unknown_key_and_the_nearest_known_one),
        cmocka_unit_test(an_unknown_key_like_no_other),
        cmocka_unit_test(a_key_that_is_missing),
        cmocka_unit_test(an_option_in_another_group),
        cmocka_unit_test(a_word_that_is_none),
        cmocka_unit_test(the_control_socket),
        cmocka_unit_test(a_control_socket_whose_name_no_kernel_takes),
        cmocka_unit_test(a_list_that_is_empty),
        cmocka_unit_test(a_setting_that_is_no_string),
        cmocka_unit_test(a_group_in_place_of_a_list),
        cmocka_unit_test(a_name_that_is_taken),
        cmocka_unit_test(a_rate_that_stands_twice),
        cmocka_unit_test(a_shared_fee_without_its_percentage),
        cmocka_unit_test(a_maximum_below_the_minimum),
        cmocka_unit_test(no_key_that_signs),
        cmocka_unit_test(a_file_that_is_no_configuration),
        cmocka_unit_test(a_setting_that_stands_twice),
        cmocka_unit_test(an_include),
        cmocka_unit_test(a_string_that_would_be_cut_short),
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(a_plain_http_url),
        cmocka_unit_test(a_return_url_that_could_be_continued),
        cmocka_unit_test(a_channel_that_does_not_exist),
        cmocka_unit_test(a_client_key_that_is_none),
        cmocka_unit_test(a_client_key_of_two_merchants),
        cmocka_unit_test(a_merchant_that_stands_in_two_files),
        cmocka_unit_test(rules_that_are_not_written_are_off),
        cmocka_unit_test(rules_reach_their_members),
        cmocka_unit_test(hours_that_are_none),
        cmocka_unit_test(limits_out_of_their_range),
        cmocka_unit_test(a_day_that_is_less_than_one_payment),
        cmocka_unit_test(all_mistakes_are_told_at_once),
        cmocka_unit_test(mistakes_beyond_the_maximum_are_one_line),
        cmocka_unit_test(blame_finds_the_line_of_a_key),
        cmocka_unit_test(blame_of_what_is_not_written_names_the_group),
        cmocka_unit_test(the_shipped_configuration_loads),
        cmocka_unit_test(the_shipped_files_name_every_option),
        cmocka_unit_test(merchants_are_read_in_the_order_of_their_files),
        cmocka_unit_test(a_file_that_is_not_there),
    };
    return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
