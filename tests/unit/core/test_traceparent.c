/* SPDX-License-Identifier: Apache-2.0 */
/* Which traceparents are passed on. */
#include "daemon/core/traceparent.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/base/mem.h"

#define ID     "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"
#define ZEROES "00000000000000000000000000000000"

static void those_of_the_specification_are(void **state)
{
    (void)state;
    static const char *const good[] = {
        "00-" ID "-" PARENT "-01", "00-" ID "-" PARENT "-00",         "00-" ID "-" PARENT "-ff",
        "cc-" ID "-" PARENT "-01", "01-" ID "-" PARENT "-01-what-is",
    };
    for (size_t i = 0; i < fq_array_size(good); i++) {
        struct fq_str text = fq_str_of(good[i]);
        assert_true(fq_traceparent_is_valid(text));
        assert_true(fq_str_equal(fq_traceparent_trace_id(text), fq_lit(ID)));
    }
}

static void others_are_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "00",
        "ff-" ID "-" PARENT "-01",
        "00-" ZEROES "-" PARENT "-01",
        "00-" ID "-0000000000000000-01",
        "00-" ID "-" PARENT "-0",
        "00-" ID "-" PARENT "-01-x",
        "00-" ID "-" PARENT "-01 ",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
        "0x-" ID "-" PARENT "-01",
        "00_" ID "-" PARENT "-01",
        "00-" ID "_" PARENT "-01",
        "00-" ID "-" PARENT "_01",
        "00-" ID "-" PARENT "-0g",
        "01-" ID "-" PARENT "-01.x",
        "01-" ID "-" PARENT "-01-\nFAULT=",
        "01-" ID "-" PARENT "-01-123456789",
    };
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        if (fq_traceparent_is_valid(fq_str_of(bad[i])))
            fail_msg("\"%s\" is taken", bad[i]);
    }
    assert_int_equal(fq_traceparent_trace_id(fq_lit("")).len, 0);
    assert_int_equal(fq_traceparent_trace_id((struct fq_str){ NULL, 0 }).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_of_the_specification_are),
        cmocka_unit_test(others_are_not),
    };
    return cmocka_run_group_tests_name("core/traceparent", tests, NULL, NULL);
}
