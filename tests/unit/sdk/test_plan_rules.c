/* SPDX-License-Identifier: Apache-2.0 */
/* Plans by named rules: each rule, and what holds for all of them over the whole range. */
#include <stdlib.h>

#include "adapters/sdk/plan.h"
#include "tests/unit/sdk/sdk_host.h"

#define AMOUNT_MAX INT64_C(9999999999)
#define TERMS_MAX  60

static const uint32_t roundings[] = { FQ_ROUNDING_UNSET, FQ_ROUNDING_HALF_EVEN, FQ_ROUNDING_HALF_UP,
                                      FQ_ROUNDING_DOWN, FQ_ROUNDING_UP };
#define N_ROUNDINGS 5

/* ---- one plan at a time, in the same memory ---- */

static struct fq_plan_line memory[TERMS_MAX];

static void *rules_alloc(const struct fq_host *host, size_t size)
{
    (void)host;
    assert_true(size <= sizeof(memory));
    return memset(memory, 0, sizeof(memory));
}

static const struct fq_host rules_host = { .struct_size = sizeof(rules_host),
                                           .alloc = rules_alloc,
                                           .fail = sdk_fail };

static struct fq_quote_in rules_in(int64_t amount_minor, uint32_t instalments, uint32_t rate_ppm)
{
    return (struct fq_quote_in){ .struct_size = sizeof(struct fq_quote_in),
                                 .amount = { amount_minor, "CNY", 2 },
                                 .instalments = instalments,
                                 .bearer = FQ_BEARER_BUYER,
                                 .rate_ppm = rate_ppm };
}

static struct fq_quote_out rules_quote(const struct fq_quote_in *in)
{
    struct fq_quote_out out = { .struct_size = sizeof(out) };
    assert_int_equal(fq_plan_quote(&rules_host, in, &out), 0);
    return out;
}

static void assert_line(struct fq_plan_line line, int64_t principal_minor, int64_t fee_minor)
{
    assert_int_equal(line.principal_minor, principal_minor);
    assert_int_equal(line.fee_minor, fee_minor);
}

/* ---- each rule ---- */

static void fees_are_rounded_as_named(void **state)
{
    (void)state;

    static const struct {
        int64_t amount_minor;
        int64_t fees[N_ROUNDINGS];
    } rows[] = {
        { 500, { 12, 12, 12, 11, 12 } },  /* 11.5 */
        { 1500, { 34, 34, 35, 34, 35 } }, /* 34.5 */
        { 1501, { 35, 35, 35, 34, 35 } }, /* 34.523 */
        { 1499, { 34, 34, 34, 34, 35 } }, /* 34.477 */
        { 1000, { 23, 23, 23, 23, 23 } }, { 0, { 0, 0, 0, 0, 0 } },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t k = 0; k < N_ROUNDINGS; k++)
            assert_int_equal(fq_plan_fee_by(rows[i].amount_minor, 23000, roundings[k]),
                             rows[i].fees[k]);
}

static void a_quote_rounds_by_its_rule(void **state)
{
    (void)state;
    struct fq_quote_in in = rules_in(1500, 3, 23000);
    assert_int_equal(rules_quote(&in).buyer_fee_minor, 34);
    in.rounding = FQ_ROUNDING_HALF_UP;
    assert_int_equal(rules_quote(&in).buyer_fee_minor, 35);
}

static void remainders_go_where_the_rule_says(void **state)
{
    (void)state;
    struct fq_quote_in in = rules_in(1000, 3, 25000);
    static const uint32_t first[] = { FQ_REMAINDER_UNSET, FQ_REMAINDER_FIRST };
    for (size_t i = 0; i < 2; i++) {
        in.remainder = first[i];
        struct fq_plan_line *lines = rules_quote(&in).lines;
        assert_line(lines[0], 334, 9);
        assert_line(lines[1], 333, 8);
        assert_line(lines[2], 333, 8);
    }
    in.remainder = FQ_REMAINDER_LAST;
    struct fq_plan_line *lines = rules_quote(&in).lines;
    assert_line(lines[0], 333, 8);
    assert_line(lines[1], 333, 8);
    assert_line(lines[2], 334, 9);
}

static void a_fee_is_paid_when_the_rule_says(void **state)
{
    (void)state;
    struct fq_quote_in in = rules_in(1000, 3, 25000);
    in.remainder = FQ_REMAINDER_LAST;
    in.fee_timing = FQ_FEE_TIMING_FIRST;
    struct fq_plan_line *lines = rules_quote(&in).lines;
    assert_line(lines[0], 333, 25);
    assert_line(lines[1], 333, 0);
    assert_line(lines[2], 334, 0);
    in.fee_timing = FQ_FEE_TIMING_SPREAD;
    assert_line(rules_quote(&in).lines[2], 334, 9);
}

static void a_shared_fee_is_split_by_the_same_rounding(void **state)
{
    (void)state;
    struct fq_quote_in in = rules_in(1000, 3, 25000);
    in.bearer = FQ_BEARER_SHARED;
    in.merchant_percent = 30; /* of 25: the buyer's 17.5, in its own way each */
    static const int64_t buyer[N_ROUNDINGS] = { 18, 18, 18, 17, 18 };
    for (size_t i = 0; i < N_ROUNDINGS; i++) {
        in.rounding = roundings[i];
        struct fq_quote_out out = rules_quote(&in);
        assert_int_equal(out.buyer_fee_minor, buyer[i]);
        assert_int_equal(out.merchant_fee_minor, 25 - buyer[i]);
    }
    in.merchant_percent = 100;
    assert_int_equal(rules_quote(&in).buyer_fee_minor, 0);
    in.merchant_percent = 0;
    assert_int_equal(rules_quote(&in).buyer_fee_minor, 25);
}

static void what_a_merchant_bears_is_in_no_line(void **state)
{
    (void)state;
    struct fq_quote_in in = rules_in(1000, 3, 25000);
    in.bearer = FQ_BEARER_MERCHANT;
    in.merchant_percent = 100;
    in.fee_timing = FQ_FEE_TIMING_FIRST;
    struct fq_quote_out out = rules_quote(&in);
    assert_line(out.lines[0], 334, 0);
    assert_int_equal(out.buyer_fee_minor, 0);
    assert_int_equal(out.merchant_fee_minor, 25);
}

static void an_older_daemon_names_no_rules(void **state)
{
    (void)state;
    struct fq_quote_in in = rules_in(1500, 4, 23000);
    in.struct_size = offsetof(struct fq_quote_in, rounding);
    in.rounding = FQ_ROUNDING_UP;
    in.remainder = FQ_REMAINDER_LAST;
    in.fee_timing = FQ_FEE_TIMING_FIRST;
    struct fq_quote_out out = rules_quote(&in);
    assert_int_equal(out.buyer_fee_minor, 34);
    assert_line(out.lines[0], 375, 10);
    assert_line(out.lines[3], 375, 8);
}

static void what_is_out_of_form_is_refused(void **state)
{
    (void)state;
    struct fq_quote_out out = { .struct_size = sizeof(out) };
    struct fq_quote_in wrong[6];
    for (size_t i = 0; i < 6; i++)
        wrong[i] = rules_in(1000, 3, 25000);
    wrong[0].rounding = FQ_ROUNDING_UP + 1;
    wrong[1].remainder = FQ_REMAINDER_LAST + 1;
    wrong[2].fee_timing = FQ_FEE_TIMING_FIRST + 1;
    wrong[3].instalments = 0;
    wrong[4].merchant_percent = 101;
    wrong[5].rate_ppm = FQ_PLAN_PPM + 1;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(fq_plan_quote(&rules_host, &wrong[i], &out), -1);
        if (i < 5)
            assert_int_equal(fq_plan_spread(&rules_host, &wrong[i], 25, &out), -1);
    }
    assert_null(out.lines);
}

/* ---- what holds for all of them ---- */

/* splitmix64, the same numbers every time */
static uint64_t rules_random(uint64_t limit)
{
    static uint64_t seed = 36;
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % limit;
}

/* Amounts of every number of digits, the ends among them. */
static int64_t rules_random_amount(void)
{
    static const int64_t ends[] = { 1, 2, AMOUNT_MAX - 1, AMOUNT_MAX };
    if (rules_random(16) == 0)
        return ends[rules_random(4)];
    int64_t amount = 1 + (int64_t)rules_random(UINT64_C(1) << (1 + rules_random(34)));
    return amount < AMOUNT_MAX ? amount : AMOUNT_MAX;
}

static uint32_t rules_random_rate(void)
{
    return rules_random(16) == 0 ? FQ_PLAN_PPM : (uint32_t)rules_random(FQ_PLAN_PPM);
}

static struct fq_quote_in rules_random_in(void)
{
    struct fq_quote_in in =
        rules_in(rules_random_amount(), 1 + (uint32_t)rules_random(TERMS_MAX), rules_random_rate());
    in.bearer = FQ_BEARER_BUYER + (uint32_t)rules_random(3);
    in.merchant_percent = in.bearer == FQ_BEARER_BUYER      ? 0
                          : in.bearer == FQ_BEARER_MERCHANT ? 100
                                                            : (uint32_t)rules_random(101);
    in.rounding = roundings[rules_random(N_ROUNDINGS)];
    in.remainder = (uint32_t)rules_random(FQ_REMAINDER_LAST + 1);
    in.fee_timing = (uint32_t)rules_random(FQ_FEE_TIMING_FIRST + 1);
    return in;
}

static void every_plan_adds_up(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct fq_quote_in in = rules_random_in();
        struct fq_quote_out out = rules_quote(&in);
        int64_t principal = 0, fee = 0;
        assert_int_equal(out.n_lines, in.instalments);
        for (size_t k = 0; k < out.n_lines; k++) {
            assert_true(out.lines[k].principal_minor >= 0 && out.lines[k].fee_minor >= 0);
            principal += out.lines[k].principal_minor;
            fee += out.lines[k].fee_minor;
        }
        assert_int_equal(principal, in.amount.minor);
        assert_int_equal(fee, out.buyer_fee_minor);
        assert_int_equal(out.buyer_fee_minor + out.merchant_fee_minor,
                         fq_plan_fee_by(in.amount.minor, in.rate_ppm, in.rounding));
        assert_true(out.buyer_fee_minor >= 0 && out.merchant_fee_minor >= 0);
        assert_true(in.bearer != FQ_BEARER_MERCHANT || out.buyer_fee_minor == 0);
        assert_true(in.bearer != FQ_BEARER_BUYER || out.merchant_fee_minor == 0);
    }
}

/* All lines but the one with the remainders (and the first, with a fee paid at once) are the same,
 * and that one is at most n - 1 units above them. */
static void every_split_is_even(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct fq_quote_in in = rules_random_in();
        in.fee_timing = FQ_FEE_TIMING_SPREAD;
        struct fq_quote_out out = rules_quote(&in);
        uint32_t n = in.instalments, odd = in.remainder == FQ_REMAINDER_LAST ? n - 1 : 0;
        struct fq_plan_line same = out.lines[odd == 0 ? n - 1 : 0];
        for (uint32_t k = 0; k < n; k++) {
            int64_t principal_above = out.lines[k].principal_minor - same.principal_minor;
            int64_t fee_above = out.lines[k].fee_minor - same.fee_minor;
            assert_in_range(principal_above, 0, k == odd ? n - 1 : 0);
            assert_in_range(fee_above, 0, k == odd ? n - 1 : 0);
        }
    }
}

/* Against the definition of each rule, by multiplication only. */
static void every_fee_is_the_nearest_by_its_rule(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        int64_t amount = rules_random_amount();
        uint32_t rate = rules_random_rate();
        int64_t exact = amount * rate; /* millionths */
        for (size_t k = 0; k < N_ROUNDINGS; k++) {
            int64_t fee = fq_plan_fee_by(amount, rate, roundings[k]);
            int64_t above = fee * FQ_PLAN_PPM - exact;
            assert_true(fee >= 0 && fee <= amount);
            if (roundings[k] == FQ_ROUNDING_DOWN)
                assert_true(above > -FQ_PLAN_PPM && above <= 0);
            else if (roundings[k] == FQ_ROUNDING_UP)
                assert_true(above >= 0 && above < FQ_PLAN_PPM);
            else if (roundings[k] == FQ_ROUNDING_HALF_UP)
                assert_true(2 * above > -FQ_PLAN_PPM && 2 * above <= FQ_PLAN_PPM);
            else
                assert_true(2 * llabs(above) < FQ_PLAN_PPM ||
                            (2 * llabs(above) == FQ_PLAN_PPM && fee % 2 == 0));
        }
    }
}

static void more_money_or_a_higher_rate_never_costs_less(void **state)
{
    (void)state;
    for (int i = 0; i < 50000; i++) {
        struct fq_quote_in in = rules_random_in();
        struct fq_quote_out before = rules_quote(&in);
        int64_t smallest = before.lines[in.instalments / 2].fee_minor;
        struct fq_quote_in more = in;
        if (i % 2 == 0)
            more.amount.minor +=
                (int64_t)rules_random((uint64_t)(AMOUNT_MAX - in.amount.minor) + 1);
        else
            more.rate_ppm += (uint32_t)rules_random(FQ_PLAN_PPM - in.rate_ppm + 1);
        struct fq_quote_out after = rules_quote(&more);
        assert_true(after.buyer_fee_minor >= before.buyer_fee_minor);
        assert_true(after.buyer_fee_minor + after.merchant_fee_minor >=
                    before.buyer_fee_minor + before.merchant_fee_minor);
        if (in.instalments > 2) /* a line without remainders */
            assert_true(after.lines[in.instalments / 2].fee_minor >= smallest);
    }
}

static void the_ends_of_the_range_hold(void **state)
{
    (void)state;
    struct fq_quote_in in = rules_in(AMOUNT_MAX, TERMS_MAX, FQ_PLAN_PPM);
    struct fq_quote_out out = rules_quote(&in);
    assert_int_equal(out.buyer_fee_minor, AMOUNT_MAX);
    assert_line(out.lines[0], 166666666 + 39, 166666666 + 39);
    assert_line(out.lines[59], 166666666, 166666666);
    in = rules_in(1, TERMS_MAX, 1);
    in.rounding = FQ_ROUNDING_UP;
    in.remainder = FQ_REMAINDER_LAST;
    out = rules_quote(&in);
    assert_line(out.lines[0], 0, 0);
    assert_line(out.lines[59], 1, 1);
    in.rounding = FQ_ROUNDING_HALF_UP;
    assert_line(rules_quote(&in).lines[59], 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(fees_are_rounded_as_named),
        sdk_test(a_quote_rounds_by_its_rule),
        sdk_test(remainders_go_where_the_rule_says),
        sdk_test(a_fee_is_paid_when_the_rule_says),
        sdk_test(a_shared_fee_is_split_by_the_same_rounding),
        sdk_test(what_a_merchant_bears_is_in_no_line),
        sdk_test(an_older_daemon_names_no_rules),
        sdk_test(what_is_out_of_form_is_refused),
        sdk_test(every_plan_adds_up),
        sdk_test(every_split_is_even),
        sdk_test(every_fee_is_the_nearest_by_its_rule),
        sdk_test(more_money_or_a_higher_rate_never_costs_less),
        sdk_test(the_ends_of_the_range_hold),
    };
    return cmocka_run_group_tests_name("plan rules", tests, NULL, NULL);
}
