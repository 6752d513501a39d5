/* SPDX-License-Identifier: Apache-2.0 */
/* Adapters that were built long ago: each walks through all of test_example.c. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/mem.h"

#define BINARIES "tests/abi/*.so"

struct abi {
    char build[64]; /* a private folder that looks like build/release */
    char adapter[128];
    char program[PATH_MAX];
};

static int abi_setup(void **state)
{
    static struct abi abi;
    const char *build = getenv("FENQI_BUILD");
    char folder[96];
    (void)snprintf(abi.program, sizeof(abi.program), "%s/tests/unit/plugin/test_example",
                   build != NULL ? build : "build/release");
    (void)snprintf(abi.build, sizeof(abi.build), "/tmp/fenqi-abi-XXXXXX");
    assert_non_null(mkdtemp(abi.build));
    (void)snprintf(folder, sizeof(folder), "%s/adapters", abi.build);
    (void)snprintf(abi.adapter, sizeof(abi.adapter), "%s/example.so", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    *state = &abi;
    return 0;
}

static int abi_teardown(void **state)
{
    const struct abi *abi = *state;
    char folder[96];
    (void)snprintf(folder, sizeof(folder), "%s/adapters", abi->build);
    (void)unlink(abi->adapter);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(abi->build), 0);
    return 0;
}

static int abi_run(const struct abi *abi, const char *binary)
{
    char path[PATH_MAX];
    int status = 0;
    assert_non_null(realpath(binary, path));
    (void)unlink(abi->adapter);
    assert_int_equal(symlink(path, abi->adapter), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)setenv("FENQI_BUILD", abi->build, 1);
        (void)execl(abi->program, abi->program, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void test_adapters_of_earlier_releases_still_work(void **state)
{
    glob_t found = { 0 };
#ifndef __x86_64__
    print_message("SKIPPED: the binaries in tests/abi are for x86-64\n");
    skip();
#endif
    assert_int_equal(glob(BINARIES, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        print_message("with %s:\n", found.gl_pathv[i]);
        assert_int_equal(abi_run(*state, found.gl_pathv[i]), 0);
    }
    globfree(&found);
}

/* The run says so when the adapter is not the one that the tests expect. */
static void test_something_else_does_not_pass(void **state)
{
    assert_int_not_equal(abi_run(*state, "README.md"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adapters_of_earlier_releases_still_work),
        cmocka_unit_test(test_something_else_does_not_pass),
    };
    return cmocka_run_group_tests(tests, abi_setup, abi_teardown);
}
