/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL without memory ends the process instead of living on half built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "daemon/crypto/crypto.h"

#define TOO_MUCH ((size_t)1 << 50)

static void test_no_memory_ends_the_process(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(STDERR_FILENO);
        void *memory = OPENSSL_malloc(TOO_MUCH);
        _exit(memory == NULL ? 0 : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 2);
}

static void test_nothing_is_nothing(void **state)
{
    (void)state;
    assert_null(OPENSSL_malloc(0));
    void *memory = OPENSSL_malloc(8);
    memory = OPENSSL_realloc(memory, 16);
    assert_non_null(memory);
    assert_null(OPENSSL_realloc(memory, 0));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory_ends_the_process),
        cmocka_unit_test(test_nothing_is_nothing),
    };
    fq_crypto_own_memory();
    return cmocka_run_group_tests_name("crypto/memory", tests, NULL, NULL);
}
