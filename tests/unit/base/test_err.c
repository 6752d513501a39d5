/* SPDX-License-Identifier: Apache-2.0 */
/* Faults and conditions on their way up. */
#include "daemon/base/err.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/mem.h"

static int pass_up(int r)
{
    FQ_TRY(r);
    return 0;
}

static int pass_up_twice(int r)
{
    FQ_TRY(pass_up(r));
    return 0;
}

static void fault_keeps_its_code(void **state)
{
    (void)state;
    assert_int_equal(FQ_FAULT(-ENOSPC, "disk"), -ENOSPC);
}

static void fault_code_is_never_positive(void **state)
{
    (void)state;
    assert_int_equal(FQ_FAULT(3, "a mistake of the caller"), -EINVAL);
    assert_int_equal(FQ_FAULT(0, "a mistake of the caller"), -EINVAL);
}

static void trace_says_what_and_where(void **state)
{
    (void)state;
    (void)FQ_FAULT(-ENOSPC, "disk %d", 7);
    assert_non_null(strstr(fq_trace(), "disk 7"));
    assert_non_null(strstr(fq_trace(), "ENOSPC"));
    assert_non_null(strstr(fq_trace(), "test_err.c:"));
}

static void trace_has_a_frame_per_caller(void **state)
{
    (void)state;
    assert_int_equal(pass_up_twice(FQ_FAULT(-EIO, "bottom")), -EIO);
    const char *first = strstr(fq_trace(), " < ");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, " < "));
}

static void success_passes_without_a_trace(void **state)
{
    (void)state;
    fq_trace_clear();
    assert_int_equal(pass_up(0), 0);
    assert_string_equal(fq_trace(), "");
}

static void condition_folds_into_a_fault(void **state)
{
    (void)state;
    assert_int_equal(pass_up(5), -ENOTRECOVERABLE);
    assert_non_null(strstr(fq_trace(), "unhandled condition 5"));
}

static void new_fault_forgets_the_old_one(void **state)
{
    (void)state;
    (void)FQ_FAULT(-EIO, "old");
    (void)FQ_FAULT(-EIO, "new");
    assert_null(strstr(fq_trace(), "old"));
}

static void clear_forgets(void **state)
{
    (void)state;
    (void)FQ_FAULT(-EIO, "old");
    fq_trace_clear();
    assert_string_equal(fq_trace(), "");
}

static void trace_of_many_frames_stays_within_bounds(void **state)
{
    (void)state;
    int r = FQ_FAULT(-EIO, "bottom");
    for (int i = 0; i < 200; i++)
        r = pass_up(r);
    assert_int_equal(r, -EIO);
    assert_true(strlen(fq_trace()) < 1024);
}

static void assertion_ends_the_process(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        (void)close(STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        fq_assert(1 + 1 == 3);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void zalloc_array_refuses_overflow(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        (void)close(STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        volatile size_t n = SIZE_MAX / 2;
        fq_free(fq_zalloc_array(n, 4));
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_keeps_its_code),
        cmocka_unit_test(fault_code_is_never_positive),
        cmocka_unit_test(trace_says_what_and_where),
        cmocka_unit_test(trace_has_a_frame_per_caller),
        cmocka_unit_test(success_passes_without_a_trace),
        cmocka_unit_test(condition_folds_into_a_fault),
        cmocka_unit_test(new_fault_forgets_the_old_one),
        cmocka_unit_test(clear_forgets),
        cmocka_unit_test(trace_of_many_frames_stays_within_bounds),
        cmocka_unit_test(assertion_ends_the_process),
        cmocka_unit_test(zalloc_array_refuses_overflow),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
