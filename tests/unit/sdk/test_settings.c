/* SPDX-License-Identifier: Apache-2.0 */
/* Settings read by a table: copied, checked, and named when they are wrong. */
#include "adapters/sdk/settings.h"
#include "tests/unit/sdk/sdk_host.h"

struct place {
    struct fq_str url;
    struct fq_str note;
};

static bool is_anything(struct fq_str value)
{
    return value.len > 0;
}

static const struct fq_setting table[] = {
    { "url", offsetof(struct place, url), fq_setting_is_url, "url must be https", false },
    { "note", offsetof(struct place, note), is_anything, "note must not be empty", true },
};

static int read_settings(const struct fq_pair *conf, size_t n_conf, struct place *place,
                         struct fq_str *reterr_key)
{
    *reterr_key = (struct fq_str){ NULL, 0 };
    return fq_settings_read(&sdk_host, table, 2, (struct fq_pairs){ conf, n_conf }, place,
                            reterr_key);
}

static void settings_are_copied(void **state)
{
    (void)state;
    char value[] = "https://example.com/x";
    const struct fq_pair conf[] = { { fq_slice("url"), { value, sizeof(value) - 1 } } };
    struct place place = { 0 };
    struct fq_str key;
    assert_int_equal(read_settings(conf, 1, &place, &key), 0);
    memset(value, 'x', sizeof(value) - 1);
    assert_slice(place.url, "https://example.com/x");
    assert_null(place.note.ptr);
}

static void a_wrong_unknown_or_missing_setting_is_named(void **state)
{
    (void)state;
    const struct fq_pair good = { fq_slice("url"), fq_slice("https://example.com") };
    const struct fq_pair wrong[] = { good, { fq_slice("note"), fq_slice("") } };
    const struct fq_pair unknown[] = { good, { fq_slice("urls"), fq_slice("x") } };
    const struct fq_pair missing[] = { { fq_slice("note"), fq_slice("x") } };
    struct place place = { 0 };
    struct fq_str key;
    assert_int_equal(read_settings(wrong, 2, &place, &key), -1);
    assert_slice(key, "note");
    assert_int_equal(read_settings(unknown, 2, &place, &key), -1);
    assert_slice(key, "urls");
    assert_string_equal(sdk_failure, "unknown setting");
    memset(&place, 0, sizeof(place));
    assert_int_equal(read_settings(missing, 1, &place, &key), -1);
    assert_slice(key, "url");
}

static void only_a_plain_https_url_is_one(void **state)
{
    (void)state;
    assert_true(fq_setting_is_url(fq_slice("https://a.example/gateway.do")));
    static const char *const cases[] = { "",
                                         "https://",
                                         "http://a.example",
                                         "https://a b",
                                         "https://a/?x=1",
                                         "https://a/#x",
                                         "https://a\n",
                                         "https://\xe8\x8a\xb1",
                                         "HTTPS://a" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_false(fq_setting_is_url(fq_slice_of(cases[i])));
}

static void a_path_begins_with_a_slash(void **state)
{
    (void)state;
    assert_true(fq_setting_is_path(fq_slice("/")));
    assert_true(fq_setting_is_path(fq_slice("/gateway/api/x.do")));
    static const char *const cases[] = { "", "a", "/a b", "/?x", "/#", "/\"", "https://a/" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_false(fq_setting_is_path(fq_slice_of(cases[i])));
}

static void a_switch_is_yes_or_no(void **state)
{
    (void)state;
    assert_true(fq_setting_is_yes_or_no(fq_slice("yes")));
    assert_true(fq_setting_is_yes_or_no(fq_slice("no")));
    static const char *const cases[] = { "", "Yes", "true", "1", "yes " };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_false(fq_setting_is_yes_or_no(fq_slice_of(cases[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(settings_are_copied),
        sdk_test(a_wrong_unknown_or_missing_setting_is_named),
        sdk_test(only_a_plain_https_url_is_one),
        sdk_test(a_path_begins_with_a_slash),
        sdk_test(a_switch_is_yes_or_no),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
