/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are about no payment: a key, a task, a statement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/core/verdict.h"

#define NOW_MS INT64_C(1700000000000)

static const struct fq_verdict silent = { .step = FQ_STEP_DONE };
static const struct fq_verdict statement = { .step = FQ_STEP_DONE, .has_statement = 1 };

static void errand_assert(bool is_begin, bool is_verified, const struct fq_verdict *verdict,
                          const char *why)
{
    const struct fq_verdict_context context = {
        .is_errand = true, .is_begin = is_begin, .verified = is_verified, .now_ms = NOW_MS
    };
    const char *reason = fq_verdict_refuse(&context, verdict);
    assert_string_equal(reason != NULL ? reason : "", why);
}

static void test_a_verified_statement_is_believed(void **state)
{
    (void)state;
    errand_assert(false, true, &statement, "");
}

static void test_an_unverified_statement_is_refused(void **state)
{
    (void)state;
    errand_assert(false, false, &statement, "statement without a verified signature");
}

static void test_begin_brings_no_statement(void **state)
{
    (void)state;
    errand_assert(true, true, &statement, "statement without a verified signature");
}

static void test_an_errand_may_end_without_an_outcome(void **state)
{
    (void)state;
    errand_assert(false, true, &silent, "");
    errand_assert(false, false, &silent, "");
}

static void test_nothing_else_may(void **state)
{
    (void)state;
    const struct fq_verdict_context context = { .verified = true, .now_ms = NOW_MS };
    assert_string_equal(fq_verdict_refuse(&context, &silent), "DONE without an outcome");
    assert_string_equal(fq_verdict_refuse(&context, &statement), "DONE without an outcome");
}

static void test_an_errand_is_no_way_round_a_signature(void **state)
{
    (void)state;
    struct fq_verdict verdict = { .step = FQ_STEP_DONE,
                                  .outcome = FQ_OUTCOME_PAID,
                                  .object = FQ_OBJECT_PAYMENT,
                                  .number = fq_lit("T1"),
                                  .amount = { 1, "CNY", 2 } };
    errand_assert(false, false, &verdict, "PAID without a verified signature");
    verdict = silent;
    verdict.platform_ref = fq_lit("2023");
    errand_assert(false, false, &verdict, "the platform's number without a verified signature");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_verified_statement_is_believed),
        cmocka_unit_test(test_an_unverified_statement_is_refused),
        cmocka_unit_test(test_begin_brings_no_statement),
        cmocka_unit_test(test_an_errand_may_end_without_an_outcome),
        cmocka_unit_test(test_nothing_else_may),
        cmocka_unit_test(test_an_errand_is_no_way_round_a_signature),
    };
    return cmocka_run_group_tests_name("verdict of an errand", tests, NULL, NULL);
}
