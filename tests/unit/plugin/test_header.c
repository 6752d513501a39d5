/* SPDX-License-Identifier: Apache-2.0 */
/* The contract header compiles alone, in the strictest C and in C++, and its macros with it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>

#include "adapters/sdk/fenqi_adapter.h"

#define WARNINGS "-I. -Wall -Wextra -Werror -pedantic-errors -fsyntax-only"

static const char program[] = "#include \"adapters/sdk/fenqi_adapter.h\"\n"
                              "static const struct fq_adapter adapter = {};\n"
                              "int knows_day(const struct fq_call *call);\n"
                              "int knows_day(const struct fq_call *call)\n"
                              "{ return FQ_HAS(call, day); }\n"
                              "FQ_REGISTER_ADAPTER(adapter)\n";

/* Feeds `text` to a compiler; its own words go to stderr. */
static int header_compile(const char *command, const char *text)
{
    FILE *compiler = popen(command, "we"); // NOLINT(cert-env33-c): constant commands
    assert_non_null(compiler);
    assert_true(fputs(text, compiler) >= 0);
    return pclose(compiler);
}

static void test_it_compiles_alone_as_c(void **state)
{
    const char *include = "#include \"adapters/sdk/fenqi_adapter.h\"\ntypedef int nothing;\n";
    (void)state;
    assert_int_equal(header_compile("gcc -x c -std=c11 " WARNINGS " -", include), 0);
    assert_int_equal(header_compile("clang -x c -std=c11 " WARNINGS " -", include), 0);
}

static void test_it_compiles_alone_as_cpp(void **state)
{
    (void)state;
    assert_int_equal(header_compile("g++ -x c++ -std=c++11 " WARNINGS
                                    " -Wno-missing-field-initializers -",
                                    program),
                     0);
    assert_int_equal(header_compile("clang++ -x c++ -std=c++11 " WARNINGS
                                    " -Wno-missing-field-initializers -",
                                    program),
                     0);
}

/* `= {}` is C23; everything else of the program is C11. */
static void test_its_macros_compile_as_c(void **state)
{
    (void)state;
    assert_int_equal(header_compile("sed 's/= {}/= { 0 }/' | gcc -x c -std=c11 " WARNINGS
                                    " -Wno-missing-field-initializers -",
                                    program),
                     0);
}

/* The daemon looks for the plain name, whatever the adapter is written in. */
static void test_the_symbol_is_not_mangled_in_cpp(void **state)
{
    (void)state;
    assert_int_equal(
        header_compile("g++ -x c++ -std=c++11 -I. -S -o - - | grep -q '^fenqi_adapter:'", program),
        0);
}

/* Sizes that stand in the field: embedded structs are frozen, the others only grow. */
static void test_frozen_structs_keep_their_sizes(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct fq_str), 16);
    assert_int_equal(sizeof(struct fq_pair), 32);
    assert_int_equal(sizeof(struct fq_pairs), 16);
    assert_int_equal(sizeof(struct fq_money), 16);
    assert_int_equal(sizeof(struct fq_exchange), 16);
    assert_int_equal(sizeof(struct fq_plan_line), 16);
    assert_int_equal(sizeof(struct fq_key_need), 16);
    assert_int_equal(sizeof(struct fq_message), 112);
}

static void test_growing_structs_keep_what_they_had(void **state)
{
    (void)state;
    assert_int_equal(offsetof(struct fq_adapter, browser_return), 216);
    assert_int_equal(offsetof(struct fq_host, convert), 96);
    assert_int_equal(offsetof(struct fq_call, day), 336);
    assert_int_equal(offsetof(struct fq_verdict, has_refunded_total), 384);
    assert_int_equal(offsetof(struct fq_description, n_keys), 136);
    assert_int_equal(offsetof(struct fq_quote_in, rate_ppm), 36);
    assert_int_equal(offsetof(struct fq_quote_out, merchant_fee_minor), 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_compiles_alone_as_c),
        cmocka_unit_test(test_it_compiles_alone_as_cpp),
        cmocka_unit_test(test_its_macros_compile_as_c),
        cmocka_unit_test(test_the_symbol_is_not_mangled_in_cpp),
        cmocka_unit_test(test_frozen_structs_keep_their_sizes),
        cmocka_unit_test(test_growing_structs_keep_what_they_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
