/* SPDX-License-Identifier: Apache-2.0 */
/* What any call or answer may come to. */
#include "adapters/sdk/answer.h"
#include "tests/unit/sdk/sdk_host.h"

static void the_first_bad_check_speaks(void **state)
{
    (void)state;
    const struct fq_check checks[] = { { false, "a" }, { true, "b" }, { true, "c" } };
    assert_string_equal(fq_check_first(checks, 3), "b");
    assert_null(fq_check_first(checks, 1));
    assert_null(fq_check_first(checks, 0));
}

static void only_a_whole_answer_can_be_looked_at(void **state)
{
    (void)state;
    struct fq_message message = { .struct_size = sizeof(message), .http_status = 200 };
    assert_null(fq_answer_fault(&message));
    message.http_status = 502;
    assert_string_equal(fq_answer_fault(&message), "the answer's HTTP status is not 200");
    message.transport = FQ_TRANSPORT_NOT_SENT;
    assert_string_equal(fq_answer_fault(&message), "the request was not sent");
    message.transport = FQ_TRANSPORT_LOST;
    message.http_status = 200;
    assert_string_equal(fq_answer_fault(&message), "no whole answer came");
    message.transport = 77;
    assert_string_equal(fq_answer_fault(&message), "no whole answer came");
}

static void a_verdict_says_one_thing_at_a_time(void **state)
{
    (void)state;
    struct fq_verdict verdict = { .struct_size = sizeof(verdict) };
    assert_int_equal(fq_verdict_unknown(&verdict, "why"), 0);
    assert_int_equal(verdict.step, FQ_STEP_DONE);
    assert_int_equal(verdict.outcome, FQ_OUTCOME_UNKNOWN);
    assert_slice(verdict.platform_text, "why");
    assert_int_equal(fq_verdict_ask(&verdict, FQ_OBJECT_REFUND, fq_slice("R1")), 0);
    assert_int_equal(verdict.step, FQ_STEP_ASK);
    assert_int_equal(verdict.outcome, FQ_OUTCOME_UNSET);
    assert_int_equal(verdict.object, FQ_OBJECT_REFUND);
    assert_slice(verdict.number, "R1");
    verdict.outcome = FQ_OUTCOME_UNKNOWN;
    assert_int_equal(fq_verdict_need_key(&verdict, fq_slice("k")), 0);
    assert_int_equal(verdict.step, FQ_STEP_NEED_KEY);
    assert_int_equal(verdict.outcome, FQ_OUTCOME_UNSET);
    assert_slice(verdict.key_name, "k");
}

static void one_text_is_remembered(void **state)
{
    (void)state;
    struct fq_verdict verdict = { .struct_size = sizeof(verdict) };
    assert_int_equal(fq_verdict_remember(&sdk_host, "a", fq_slice("b"), &verdict), 0);
    assert_int_equal(verdict.memory.n_items, 1);
    assert_slice(verdict.memory.items[0].name, "a");
    assert_slice(verdict.memory.items[0].value, "b");
}

static void what_has_a_value_is_remembered(void **state)
{
    (void)state;
    struct fq_verdict verdict = { .struct_size = sizeof(verdict) };
    const struct fq_pair pairs[] = { { fq_slice("a"), fq_slice("1") },
                                     { fq_slice("b"), fq_slice("") },
                                     { fq_slice("c"), { NULL, 0 } },
                                     { fq_slice("d"), fq_slice("4") } };
    assert_int_equal(fq_verdict_remember_all(&sdk_host, pairs, 4, &verdict), 0);
    assert_int_equal(verdict.memory.n_items, 2);
    assert_slice(verdict.memory.items[0].name, "a");
    assert_slice(verdict.memory.items[1].value, "4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(the_first_bad_check_speaks),
        sdk_test(only_a_whole_answer_can_be_looked_at),
        sdk_test(a_verdict_says_one_thing_at_a_time),
        sdk_test(one_text_is_remembered),
        sdk_test(what_has_a_value_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
