/* SPDX-License-Identifier: Apache-2.0 */
/* Forms: decoded once and strictly, encoded so that nothing can be mistaken. */
#include "adapters/sdk/form.h"
#include "tests/unit/sdk/sdk_host.h"

static struct fq_pairs form_of(const char *raw)
{
    struct fq_pairs pairs = { NULL, 0 };
    assert_int_equal(fq_form_decode(&sdk_host, fq_slice_of(raw), &pairs), 0);
    return pairs;
}

static int form_condition(const char *raw)
{
    struct fq_pairs pairs;
    return fq_form_decode(&sdk_host, fq_slice_of(raw), &pairs);
}

static void names_and_values_are_decoded_exactly_once(void **state)
{
    (void)state;
    struct fq_pairs form = form_of("a%3D=x%2By+z&b=%252B&%E8%8A%B1=%e5%91%97");
    assert_int_equal(form.n_items, 3);
    assert_slice(fq_pairs_get(form, "a="), "x+y z");
    assert_slice(fq_pairs_get(form, "b"), "%2B");
    assert_slice(fq_pairs_get(form, "花"), "呗");
}

static void a_value_may_hold_equal_signs(void **state)
{
    (void)state;
    assert_slice(fq_pairs_get(form_of("sign=ab=="), "sign"), "ab==");
}

static void nothing_between_ampersands_is_no_field(void **state)
{
    (void)state;
    struct fq_pairs form = form_of("&a=1&&b&");
    assert_int_equal(form.n_items, 2);
    assert_slice(fq_pairs_get(form, "b"), "");
    assert_int_equal(form_of("").n_items, 0);
}

static void an_absent_name_is_told_from_an_empty_value(void **state)
{
    (void)state;
    struct fq_pairs form = form_of("a=");
    assert_non_null(fq_pairs_get(form, "a").ptr);
    assert_null(fq_pairs_get(form, "A").ptr);
}

static void a_broken_escape_or_a_nul_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "a=%", "a=%2", "a=%2&b=1", "a=%G0", "a=%0G", "%=1", "a=%00"
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(form_condition(cases[i]), FQ_FORM_E_MALFORMED);
}

static void a_name_that_comes_twice_is_refused_however_it_is_spelt(void **state)
{
    (void)state;
    assert_int_equal(form_condition("a=1&b=2&a=1"), FQ_FORM_E_DUPLICATE);
    assert_int_equal(form_condition("a=1&%61=2"), FQ_FORM_E_DUPLICATE);
}

static void one_field_more_than_the_maximum_is_refused(void **state)
{
    (void)state;
    char raw[8 * (FQ_FORM_FIELDS_MAX + 1) + 1];
    size_t len = 0;
    for (int i = 0; i < FQ_FORM_FIELDS_MAX; i++)
        len += (size_t)snprintf(raw + len, sizeof(raw) - len, "n%d=&", i);
    assert_int_equal(form_of(raw).n_items, FQ_FORM_FIELDS_MAX);
    (void)snprintf(raw + len, sizeof(raw) - len, "one");
    assert_int_equal(form_condition(raw), FQ_FORM_E_TOO_BIG);
}

static void only_unreserved_bytes_stand_as_they_are(void **state)
{
    (void)state;
    struct fq_text text;
    fq_text_init(&text, &sdk_host, 128);
    fq_form_add_encoded(&text, fq_slice("aZ09-_.~ +/=&?%\"花"));
    assert_text(&text, "aZ09-_.~%20%2B%2F%3D%26%3F%25%22%E8%8A%B1");
}

static void fields_are_joined_behind_a_question_mark(void **state)
{
    (void)state;
    struct fq_text text;
    fq_text_init(&text, &sdk_host, 128);
    fq_text_add_of(&text, "https://example.com/?");
    fq_form_add(&text, fq_slice("a"), fq_slice("1"));
    fq_form_add(&text, fq_slice("b"), fq_slice("2 3"));
    assert_text(&text, "https://example.com/?a=1&b=2%203");
}

static void a_front_and_all_fields_but_one_are_joined(void **state)
{
    (void)state;
    const struct fq_pair items[] = { { fq_slice("a"), fq_slice("1 &") },
                                     { fq_slice("b"), fq_slice("2") },
                                     { fq_slice("c"), { NULL, 0 } } };
    const struct fq_pairs fields = { items, 3 };
    struct fq_str joined;
    assert_int_equal(fq_form_join(&sdk_host, fq_slice("https://x/"), fields, NULL, &joined), 0);
    assert_slice(joined, "https://x/?a=1%20%26&b=2&c=");
    assert_int_equal(fq_form_join(&sdk_host, fq_slice(""), fields, "b", &joined), 0);
    assert_slice(joined, "a=1%20%26&c=");
    const struct fq_pairs none = { NULL, 0 };
    assert_int_equal(fq_form_join(&sdk_host, fq_slice(""), none, NULL, &joined), 0);
    assert_slice(joined, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(names_and_values_are_decoded_exactly_once),
        sdk_test(a_value_may_hold_equal_signs),
        sdk_test(nothing_between_ampersands_is_no_field),
        sdk_test(an_absent_name_is_told_from_an_empty_value),
        sdk_test(a_broken_escape_or_a_nul_is_refused),
        sdk_test(a_name_that_comes_twice_is_refused_however_it_is_spelt),
        sdk_test(one_field_more_than_the_maximum_is_refused),
        sdk_test(only_unreserved_bytes_stand_as_they_are),
        sdk_test(fields_are_joined_behind_a_question_mark),
        sdk_test(a_front_and_all_fields_but_one_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
