/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes: written and read back, and every broken sum refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/core/plan.h"

static struct fq_plan_line lines[3];
static struct fq_quote quote;

static int plan_setup(void **state)
{
    *state = fq_arena_new(1 << 20);
    lines[0] = (struct fq_plan_line){ 33334, 768 };
    lines[1] = (struct fq_plan_line){ 33333, 766 };
    lines[2] = (struct fq_plan_line){ 33333, 766 };
    quote = (struct fq_quote){ .quote_id = fq_lit("q1"),
                               .merchant_id = fq_lit("shop"),
                               .channel = fq_lit("huabei"),
                               .amount = { 100000, "CNY", 2 },
                               .instalments = 3,
                               .bearer = FQ_BEARER_BUYER,
                               .rate_ppm = 23000,
                               .buyer_fee_minor = 2300,
                               .buyer_total_minor = 102300,
                               .lines = lines,
                               .first_due_month = 202604,
                               .issued_ms = 1,
                               .expires_ms = 2 };
    return 0;
}

static int plan_teardown(void **state)
{
    fq_arena_free(*state);
    return 0;
}

static void test_a_quote_comes_back(void **state)
{
    struct fq_str text, again;
    struct fq_quote back;
    assert_int_equal(fq_quote_encode(&quote, *state, &text), 0);
    assert_int_equal(fq_quote_decode(text, *state, &back), 0);
    assert_int_equal(fq_quote_encode(&back, *state, &again), 0);
    assert_true(fq_str_equal(text, again));
    assert_int_equal(back.lines[0].fee_minor, 768);
}

static void test_what_came_later_comes_back(void **state)
{
    struct fq_str text, again;
    struct fq_quote back;
    quote.issuer = fq_lit("icbc");
    quote.campaign = fq_lit("618");
    quote.fee_timing = FQ_FEE_TIMING_FIRST;
    quote.nominal_annual_bp = 1375;
    quote.effective_annual_bp = 1465;
    quote.simple_annual_bp = 920;
    memset(quote.texts_digest, 0xa5, sizeof(quote.texts_digest));
    assert_int_equal(fq_quote_encode(&quote, *state, &text), 0);
    assert_int_equal(fq_quote_decode(text, *state, &back), 0);
    assert_true(fq_str_equal(back.issuer, quote.issuer));
    assert_true(fq_str_equal(back.campaign, quote.campaign));
    assert_int_equal(back.fee_timing, FQ_FEE_TIMING_FIRST);
    assert_int_equal(back.nominal_annual_bp, 1375);
    assert_int_equal(back.effective_annual_bp, 1465);
    assert_int_equal(back.simple_annual_bp, 920);
    assert_memory_equal(back.texts_digest, quote.texts_digest, sizeof(quote.texts_digest));
    assert_int_equal(fq_quote_encode(&back, *state, &again), 0);
    assert_true(fq_str_equal(text, again));
}

/* As it was written before there were banks, rates and texts. */
static const char before[] =
    "form=quote.1\nid=q1\nmerchant=shop\nchannel=huabei\namount=100\ncurrency=CNY\nexponent=2\n"
    "instalments=3\nbearer=1\nmerchant_percent=0\nrate_ppm=23000\nindicative=0\nbuyer_fee=3\n"
    "merchant_fee=0\nbuyer_total=103\nfirst_due_month=202604\nissued=1\nexpires=2\n";

static void test_an_older_quote_is_read(void **state)
{
    struct fq_quote back;
    struct fq_str text =
        fq_arena_printf(*state, "%sline.1=34+1\nline.2=33+1\nline.3=33+1\n", before);
    assert_int_equal(fq_quote_decode(text, *state, &back), 0);
    assert_int_equal(back.issuer.len, 0);
    assert_int_equal(back.nominal_annual_bp, 0);
    assert_int_equal(back.texts_digest[0], 0);
    assert_int_equal(back.lines[0].principal_minor, 34);
}

static void test_facts_are_read_strictly(void **state)
{
    static const char *const wrong[] = {
        "nominal_annual_bp=0",
        "nominal_annual_bp=x",
        "fee_timing=3",
        "simple_annual_bp=-1",
        "texts=00",
        "texts=",
        "merchant_fee=0",
        "lines=100+3",
        "lines=34+1,33+1",
        "lines=34+1,3*33+1",
        "lines=34+1,1*33+1,33+1",
        "lines=34+1,2*33+1,",
        "lines=34+1,2*33+2",
        "lines=0*34+1,34+1,2*33+1",
        "lines=",
        "lines=34+1,02*33+1",
        "buyer_fee=9223372036854775807",
    };
    static const char good[] = "form=quote.2\nid=q1\nmerchant=shop\nchannel=huabei\namount=100\n"
                               "currency=CNY\nexponent=2\ninstalments=3\nbearer=1\nbuyer_fee=3\n"
                               "first_due_month=202604\nissued=1\nexpires=2\n";
    struct fq_quote back;
    struct fq_str right = fq_arena_printf(*state, "%slines=34+1,2*33+1\n", good);
    assert_int_equal(fq_quote_decode(right, *state, &back), 0);
    assert_int_equal(back.lines[2].principal_minor, 33);
    assert_int_equal(back.buyer_total_minor, 103);
    for (size_t i = 0; i < fq_array_size(wrong); i++) {
        /* The first fact of a name is the one that is read. */
        struct fq_str text = fq_arena_printf(*state, "%s\n%slines=34+1,2*33+1\n", wrong[i], good);
        assert_int_equal(fq_quote_decode(text, *state, &back), FQ_QUOTE_E_MALFORMED);
    }
}

static void test_alike_instalments_are_counted(void **state)
{
    struct fq_str text;
    assert_int_equal(fq_quote_encode(&quote, *state, &text), 0);
    assert_non_null(strstr(text.ptr, "\nlines=33334+768,2*33333+766\n"));
}

static void test_the_longest_quote_fits(void **state)
{
    struct fq_plan_line many[FQ_TERMS_MAX];
    struct fq_str text;
    struct fq_quote back;
    int64_t each = 9999999999 / FQ_TERMS_MAX;
    for (size_t i = 0; i < FQ_TERMS_MAX; i++)
        many[i] = (struct fq_plan_line){ each, each };
    for (size_t i = 0; i < FQ_TERMS_MAX; i += 2) { /* no two alike */
        many[i].fee_minor--;
        many[i + 1].fee_minor++;
    }
    many[0].principal_minor += 9999999999 - each * FQ_TERMS_MAX;
    quote.instalments = FQ_TERMS_MAX;
    quote.lines = many;
    quote.amount.minor = 9999999999;
    quote.buyer_fee_minor = each * FQ_TERMS_MAX;
    quote.buyer_total_minor = quote.amount.minor + quote.buyer_fee_minor;
    quote.issuer = quote.campaign = quote.channel = quote.merchant_id =
        fq_lit("0123456789abcdef0123456789abcdef");
    quote.fee_timing = FQ_FEE_TIMING_SPREAD;
    quote.nominal_annual_bp = quote.effective_annual_bp = quote.simple_annual_bp = 40950000;
    memset(quote.texts_digest, 0xa5, sizeof(quote.texts_digest));
    assert_int_equal(fq_quote_encode(&quote, *state, &text), 0);
    assert_int_equal(fq_quote_decode(text, *state, &back), 0);
}

static void test_truncated_text_is_refused(void **state)
{
    struct fq_str text;
    struct fq_quote back;
    assert_int_equal(fq_quote_encode(&quote, *state, &text), 0);
    for (size_t len = 0; len < text.len; len++)
        assert_int_equal(fq_quote_decode(fq_str_sub(text, 0, len), *state, &back),
                         FQ_QUOTE_E_MALFORMED);
}

static void test_a_line_off_by_one_fen_is_refused(void **state)
{
    (void)state;
    assert_true(fq_quote_validate(&quote));
    lines[2].principal_minor--;
    assert_false(fq_quote_validate(&quote));
}

static void test_a_total_off_by_one_fen_is_refused(void **state)
{
    (void)state;
    quote.buyer_total_minor++;
    assert_false(fq_quote_validate(&quote));
}

static void test_a_free_plan_has_no_fee_for_the_buyer(void **state)
{
    (void)state;
    quote.bearer = FQ_BEARER_MERCHANT;
    assert_false(fq_quote_validate(&quote));
}

static void test_negative_parts_are_refused(void **state)
{
    (void)state;
    lines[0].principal_minor = -1;
    lines[1].principal_minor = 33333 + 33335;
    assert_false(fq_quote_validate(&quote));
}

static void test_sums_that_overflow_are_refused(void **state)
{
    (void)state;
    lines[0].principal_minor = INT64_MAX;
    lines[1].principal_minor = INT64_MAX;
    assert_false(fq_quote_validate(&quote));
}

#define PLAN_TEST(name) cmocka_unit_test_setup_teardown(name, plan_setup, plan_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_a_quote_comes_back),
        PLAN_TEST(test_what_came_later_comes_back),
        PLAN_TEST(test_an_older_quote_is_read),
        PLAN_TEST(test_facts_are_read_strictly),
        PLAN_TEST(test_alike_instalments_are_counted),
        PLAN_TEST(test_the_longest_quote_fits),
        PLAN_TEST(test_truncated_text_is_refused),
        PLAN_TEST(test_a_line_off_by_one_fen_is_refused),
        PLAN_TEST(test_a_total_off_by_one_fen_is_refused),
        PLAN_TEST(test_a_free_plan_has_no_fee_for_the_buyer),
        PLAN_TEST(test_negative_parts_are_refused),
        PLAN_TEST(test_sums_that_overflow_are_refused),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
