/* SPDX-License-Identifier: Apache-2.0 */
/* The least host that the sdk needs: memory from an arena, and a last failure. */
#ifndef FQ_TESTS_SDK_HOST_H
#define FQ_TESTS_SDK_HOST_H

/* clang-format off */
/* cmocka.h wants the others before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#include "adapters/sdk/text.h"
#include "daemon/base/arena.h"

static struct fq_arena *sdk_arena;
static const char *sdk_failure;

static void *sdk_alloc(const struct fq_host *host, size_t size)
{
    (void)host;
    return fq_arena_alloc(sdk_arena, size);
}

static int sdk_fail(const struct fq_host *host, const char *text)
{
    (void)host;
    sdk_failure = text;
    return -1;
}

static const struct fq_host sdk_host = { .struct_size = sizeof(sdk_host),
                                         .alloc = sdk_alloc,
                                         .fail = sdk_fail };

static int sdk_setup(void **state)
{
    (void)state;
    sdk_failure = NULL;
    sdk_arena = fq_arena_new((size_t)1 << 20);
    return sdk_arena != NULL ? 0 : -1;
}

static int sdk_teardown(void **state)
{
    (void)state;
    fq_arena_free(sdk_arena);
    return 0;
}

#define sdk_test(function) cmocka_unit_test_setup_teardown(function, sdk_setup, sdk_teardown)

static inline void assert_slice(struct fq_str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    if (s.len > 0)
        assert_memory_equal(s.ptr, expected, s.len);
}

static inline void assert_text(const struct fq_text *text, const char *expected)
{
    struct fq_str s;
    assert_true(fq_text_finish(text, &s));
    assert_slice(s, expected);
}

#endif
