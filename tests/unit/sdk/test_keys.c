/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys of a channel belong together. */
#include "adapters/sdk/keys.h"
#include "tests/unit/sdk/sdk_host.h"

static const struct fq_key_set sets[] = {
    { "plain", "plain_next" },
    { "own their roots", "their_next" },
    { NULL, NULL },
};

static struct fq_str refused;
static size_t chosen;

static int choose(const char *list)
{
    struct fq_str keys[8];
    size_t n_keys = 0;
    for (struct fq_str rest = fq_slice_of(list); rest.len > 0; n_keys++)
        fq_slice_cut(rest, ' ', &keys[n_keys], &rest);
    refused = (struct fq_str){ NULL, 0 };
    chosen = 99;
    return fq_keys_choose(&sdk_host, sets, keys, n_keys, &chosen, &refused);
}

static void a_whole_set_is_chosen_with_keys_of_none(void **state)
{
    (void)state;
    assert_int_equal(choose("app plain"), 0);
    assert_int_equal(chosen, 0);
    assert_int_equal(choose("plain_next plain content"), 0);
    assert_int_equal(chosen, 0);
    assert_int_equal(choose("own roots app their"), 0);
    assert_int_equal(chosen, 1);
    assert_int_equal(choose("own roots their_next their"), 0);
    assert_int_equal(chosen, 1);
}

static void assert_refused(const char *list, const char *key, const char *why)
{
    assert_int_equal(choose(list), -1);
    assert_slice(refused, key);
    assert_string_equal(sdk_failure, why);
    assert_int_equal(chosen, 99);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    assert_refused("", "keys.plain", "is missing");
    assert_refused("app plain_next", "keys.plain", "is missing");
    assert_refused("own their", "keys.roots", "is missing");
    assert_refused("their_next", "keys.own", "is missing");
}

static void what_does_not_belong_is_named(void **state)
{
    (void)state;
    assert_refused("own their roots plain", "keys.plain",
                   "does not go together with the other keys");
    assert_refused("plain_next own their roots", "keys.plain_next",
                   "does not go together with the other keys");
}

static void a_key_is_there_by_its_whole_name(void **state)
{
    (void)state;
    const struct fq_str keys[] = { fq_slice("app"), fq_slice("app_cert") };
    assert_true(fq_keys_has(keys, 2, "app"));
    assert_true(fq_keys_has(keys, 2, "app_cert"));
    assert_false(fq_keys_has(keys, 1, "app_cert"));
    assert_false(fq_keys_has(NULL, 0, "app"));
}

/* ---- roots ---- */

static const char *said_issuer, *said_subject;

static int say_field(const struct fq_host *host, const char *key, struct fq_str certificate,
                     size_t index, uint32_t field, struct fq_str *ret)
{
    (void)host;
    assert_string_equal(key, "roots");
    assert_null(certificate.ptr);
    assert_int_equal(index, 2);
    const char *said = field == FQ_CERT_ISSUER_RFC2253 ? said_issuer : said_subject;
    *ret = fq_slice_of(said);
    return said != NULL ? 0 : 1;
}

static bool is_root(const char *issuer, const char *subject)
{
    struct fq_host host = sdk_host;
    host.cert_field = say_field;
    said_issuer = issuer;
    said_subject = subject;
    return fq_keys_is_root(&host, "roots", 2);
}

static void a_root_issues_itself(void **state)
{
    (void)state;
    assert_true(is_root("CN=Root A,O=x,C=CN", "Root A"));
    assert_true(is_root("CN=Root A", "Root A"));
    assert_false(is_root("CN=Root A,O=x", "Leaf"));
    assert_false(is_root("CN=Root A,O=x", "Root"));
    assert_false(is_root("O=x,CN=Root A", "Root A"));
    assert_false(is_root("", ""));
    assert_false(is_root(NULL, "Root A"));
    assert_false(is_root("CN=Root A", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(a_whole_set_is_chosen_with_keys_of_none),
        sdk_test(what_is_missing_is_named),
        sdk_test(what_does_not_belong_is_named),
        sdk_test(a_key_is_there_by_its_whole_name),
        sdk_test(a_root_issues_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
