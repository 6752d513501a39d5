/* SPDX-License-Identifier: Apache-2.0 */
/* libfenqi only grows: each function that tests/abi/libfenqi.txt records is still in the shared
 * library, in the node with which it came; the structs and errors of its header stay where they
 * are. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/client/fenqi.h"

#define RECORD "tests/abi/libfenqi.txt"

#if __SIZEOF_POINTER__ == 8
#    define at(type, field, offset) \
        _Static_assert(offsetof(type, field) == (offset), #field " stays where it is")

at(struct fenqi_key, key_id, 0);
at(struct fenqi_key, public_key, 65);
_Static_assert(sizeof(struct fenqi_key) == 97, "programs make arrays of it");
at(struct fenqi_reply, bytes, 0);
at(struct fenqi_reply, n_bytes, 8);
at(struct fenqi_reply, reply, 16);
at(struct fenqi_reply, key_id, 24);
at(struct fenqi_status, payment_id, 0);
at(struct fenqi_status, merchant_order_id, 8);
at(struct fenqi_status, state, 16);
at(struct fenqi_status, amount_minor, 24);
at(struct fenqi_status, currency, 32);
at(struct fenqi_status, operator_evidence, 40);
at(struct fenqi_status, payment_version, 48);
at(struct fenqi_status, issued_at_unix_ms, 56);
at(struct fenqi_status, expires_at_unix_ms, 64);
at(struct fenqi_status, key_id, 72);
_Static_assert(FENQI_KEYS_MAX == 16, "programs make arrays of it");
#endif

static void errors_keep_their_numbers(void **state)
{
    (void)state;
    static const char *const names[] = {
        "FENQI_OK",          "FENQI_E_ARGUMENT",    "FENQI_E_TIMEOUT",
        "FENQI_E_MALFORMED", "FENQI_E_UNKNOWN_KEY", "FENQI_E_SIGNATURE",
        "FENQI_E_FILE",      "FENQI_E_SYSTEM",      "FENQI_E_REFUSED",
        "FENQI_E_CLOSED",    "FENQI_E_EXPIRED",     "FENQI_E_BUSY",
    };
    for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++)
        assert_string_equal(fenqi_error_name(i), names[i]);
    assert_string_equal(fenqi_error_name(-1), "FENQI_E_?");
    assert_string_equal(fenqi_error_name(1000), "FENQI_E_?");
}

static void what_was_exported_is_still_exported(void **state)
{
    (void)state;
    char path[512], line[128];
    size_t n_recorded = 0;
    size_t n_gone = 0;
    const char *build = getenv("FENQI_BUILD");
    (void)snprintf(path, sizeof(path), "%s/libfenqi.so", build != NULL ? build : "build/release");
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    FILE *file = fopen(RECORD, "re");
    if (library == NULL)
        fail_msg("%s", dlerror());
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *node = strchr(line, ' ');
        assert_non_null(node);
        *node++ = '\0';
        node[strcspn(node, "\n")] = '\0';
        n_recorded++;
        if (dlvsym(library, line, node) != NULL)
            continue;
        n_gone++;
        print_error("libfenqi.so: %s of %s was promised and is not there\n", line, node);
    }
    (void)fclose(file);
    (void)dlclose(library);
    assert_true(n_recorded > 10);
    assert_int_equal(n_gone, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_keep_their_numbers),
        cmocka_unit_test(what_was_exported_is_still_exported),
    };
    return cmocka_run_group_tests_name("client: abi", tests, NULL, NULL);
}
