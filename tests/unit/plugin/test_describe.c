/* SPDX-License-Identifier: Apache-2.0 */
/* What an adapter may say of itself. */
#include "daemon/plugin/describe.h"
#include "tests/unit/plugin/fixture.h"

static const uint32_t terms[] = { 1, 60, 0, 61 };

static struct fq_description describe_sound(void)
{
    return (struct fq_description){
        .struct_size = sizeof(struct fq_description),
        .title_zh = "t",
        .title_en = "t",
        .fee_word_zh = "f",
        .fee_word_en = "f",
        .currency = "CNY",
        .exponent = 2,
        .terms = terms,
        .n_terms = 2,
        .terminals = 1u << FQ_TERMINAL_DESKTOP,
        .bearers = 1u << FQ_BEARER_BUYER,
        .amount_min_minor = 1,
        .amount_max_minor = 100,
        .deadline_min_ms = 1,
        .deadline_max_ms = 100,
    };
}

static void describe_assert(const struct fq_description *about, const char *reason)
{
    const char *found = fq_describe_refuse(about);
    assert_non_null(found);
    assert_string_equal(found, reason);
}

static void test_a_sound_description(void **state)
{
    const struct fq_description about = describe_sound();
    (void)state;
    assert_null(fq_describe_refuse(&about));
}

static void test_terms_are_1_to_60(void **state)
{
    struct fq_description about = describe_sound();
    (void)state;
    about.n_terms = 3;
    describe_assert(&about, "describe: terms must be 1 to 60");
    about.terms = terms + 3;
    about.n_terms = 1;
    describe_assert(&about, "describe: terms must be 1 to 60");
    about.n_terms = 0;
    describe_assert(&about, "describe: the number of terms is out of range");
    about.n_terms = 61;
    describe_assert(&about, "describe: the number of terms is out of range");
    about = describe_sound();
    about.terms = NULL;
    describe_assert(&about, "describe: the number of terms is out of range");
}

static void test_words_are_there(void **state)
{
    struct fq_description about = describe_sound();
    (void)state;
    about.title_zh = NULL;
    describe_assert(&about, "describe: a title is missing");
    about = describe_sound();
    about.fee_word_zh = "";
    describe_assert(&about, "describe: the word for the fee is missing");
    about.fee_word_zh = "\xce\xf1";
    describe_assert(&about, "describe: the word for the fee is missing");
}

static void test_the_currency_is_three_capitals(void **state)
{
    struct fq_description about = describe_sound();
    (void)state;
    memcpy(about.currency, "cny", 3);
    describe_assert(&about, "describe: the currency is not three capital letters");
    memcpy(about.currency, "CNYX", 4);
    describe_assert(&about, "describe: the currency is not three capital letters");
    about = describe_sound();
    about.exponent = 7;
    describe_assert(&about, "describe: the exponent is out of range");
}

static void test_bits_are_known_bits(void **state)
{
    struct fq_description about = describe_sound();
    (void)state;
    about.terminals = 0;
    describe_assert(&about, "describe: terminals are out of range");
    about.terminals = 1;
    describe_assert(&about, "describe: terminals are out of range");
    about = describe_sound();
    about.bearers = 1u << 4;
    describe_assert(&about, "describe: bearers are out of range");
    about = describe_sound();
    about.opens_at_create = 1u << FQ_TERMINAL_QR;
    describe_assert(&about, "describe: opens_at_create names a terminal that it cannot serve");
}

static void test_ranges_are_ranges(void **state)
{
    struct fq_description about = describe_sound();
    (void)state;
    about.amount_min_minor = 101;
    describe_assert(&about, "describe: the amounts are out of range");
    about.amount_min_minor = -1;
    describe_assert(&about, "describe: the amounts are out of range");
    about = describe_sound();
    about.deadline_min_ms = 101;
    describe_assert(&about, "describe: the deadlines are out of range");
    about = describe_sound();
    about.settle_margin_ms = -1;
    describe_assert(&about, "describe: the deadlines are out of range");
}

static void test_keys_have_names_and_kinds(void **state)
{
    struct fq_key_need keys[] = { { "a", FQ_KEY_SECRET, 1 }, { "b", FQ_KEY_ROOTS, 0 } };
    struct fq_description about = describe_sound();
    (void)state;
    about.keys = keys;
    about.n_keys = 2;
    assert_null(fq_describe_refuse(&about));
    keys[1].name = "a";
    describe_assert(&about, "describe: a key is named twice");
    keys[1].name = "roots/1";
    describe_assert(&about, "describe: a key has no name");
    keys[1] = (struct fq_key_need){ "b", FQ_KEY_OWN_CERTIFICATE + 1, 0 };
    describe_assert(&about, "describe: a key is of no kind");
    about.n_keys = SIZE_MAX;
    describe_assert(&about, "describe: the number of keys is out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sound_description),
        cmocka_unit_test(test_terms_are_1_to_60),
        cmocka_unit_test(test_words_are_there),
        cmocka_unit_test(test_the_currency_is_three_capitals),
        cmocka_unit_test(test_bits_are_known_bits),
        cmocka_unit_test(test_ranges_are_ranges),
        cmocka_unit_test(test_keys_have_names_and_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
