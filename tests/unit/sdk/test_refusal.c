/* SPDX-License-Identifier: Apache-2.0 */
/* The note of a refusal, from one call to the next. */
#include "adapters/sdk/refusal.h"
#include "tests/unit/sdk/sdk_host.h"

static void a_refusal_is_remembered_with_its_time(void **state)
{
    (void)state;
    struct fq_call call = { .struct_size = sizeof(call), .now_unix_ms = 1000 };
    struct fq_verdict verdict = { .struct_size = sizeof(verdict) };
    struct fq_str code;
    int64_t age_ms;
    assert_false(fq_refusal_read(&call, &age_ms, &code));
    verdict.platform_code = fq_slice("40004/ACQ.X|Y");
    assert_int_equal(fq_refusal_note(&sdk_host, &call, &verdict), 0);
    call.memory = verdict.memory;
    call.now_unix_ms = 3500;
    assert_true(fq_refusal_read(&call, &age_ms, &code));
    assert_int_equal(age_ms, 2500);
    assert_slice(code, "40004/ACQ.X|Y");
    call.now_unix_ms = 500; /* the clock was set back */
    assert_true(fq_refusal_read(&call, &age_ms, &code));
    assert_int_equal(age_ms, 0);
}

static void a_new_try_wipes_it_if_there_is_one(void **state)
{
    (void)state;
    struct fq_pair note = { fq_slice("refused"), fq_slice("1000|x") };
    struct fq_call call = { .struct_size = sizeof(call), .memory = { &note, 1 } };
    struct fq_verdict verdict = { .struct_size = sizeof(verdict) };
    struct fq_str code;
    int64_t age_ms;
    assert_int_equal(fq_refusal_wipe(&sdk_host, &call, &verdict), 0);
    assert_int_equal(verdict.memory.n_items, 1);
    call.memory = verdict.memory;
    assert_false(fq_refusal_read(&call, &age_ms, &code));
    verdict.memory = (struct fq_pairs){ NULL, 0 };
    assert_int_equal(fq_refusal_wipe(&sdk_host, &call, &verdict), 0);
    assert_int_equal(verdict.memory.n_items, 0);
}

static void a_note_that_makes_no_sense_is_none(void **state)
{
    (void)state;
    static const char *const notes[] = { "", "1000", "x|y", "-1|y", "99999999999999999999|y" };
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        struct fq_pair note = { fq_slice("refused"), fq_slice_of(notes[i]) };
        struct fq_call call = { .struct_size = sizeof(call), .memory = { &note, 1 } };
        struct fq_str code;
        int64_t age_ms;
        assert_false(fq_refusal_read(&call, &age_ms, &code));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(a_refusal_is_remembered_with_its_time),
        sdk_test(a_new_try_wipes_it_if_there_is_one),
        sdk_test(a_note_that_makes_no_sense_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
