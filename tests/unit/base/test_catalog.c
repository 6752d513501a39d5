/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of log line is explained to the operator. */
#include "daemon/base/log.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"

#define CATALOG "systemd/fenqid.catalog"

static char *catalog_read(void)
{
    FILE *file = fopen(CATALOG, "r");
    assert_non_null(file);
    char *text = fq_zalloc(65536);
    assert_in_range(fread(text, 1, 65535, file), 1000, 65534);
    (void)fclose(file);
    return text;
}

/* Cuts the entry of `msg` out of a copy of the catalog; NULL if it has none. */
static char *catalog_entry(char *catalog, uint32_t msg)
{
    char start[8 + 33] = "\n-- ";
    fq_log_message_id(msg, start + strlen(start));
    char *entry = strstr(catalog, start);
    if (entry == NULL)
        return NULL;
    entry += strlen(start);
    char *end = strstr(entry, "\n-- ");
    if (end != NULL)
        *end = '\0';
    return entry;
}

static void every_kind_has_an_entry(void **state)
{
    (void)state;
    for (uint32_t msg = FQ_MSG_NONE + 1; msg < FQ_MSG_N; msg++) {
        FQ_CLEANUP_FREE char *catalog = catalog_read();
        char *entry = catalog_entry(catalog, msg);
        if (entry == NULL)
            fail_msg("no entry for message %u", msg);
    }
}

static void every_entry_has_a_subject_and_says_what_to_do(void **state)
{
    (void)state;
    for (uint32_t msg = FQ_MSG_NONE + 1; msg < FQ_MSG_N; msg++) {
        FQ_CLEANUP_FREE char *catalog = catalog_read();
        const char *entry = catalog_entry(catalog, msg);
        assert_non_null(entry);
        assert_ptr_equal(strstr(entry, "\nSubject: "), entry);
        const char *what = strstr(entry, "\n\n");
        assert_non_null(what);
        assert_non_null(strstr(what + 2, "\n\n"));
    }
}

static void there_is_no_other_entry(void **state)
{
    (void)state;
    FQ_CLEANUP_FREE char *catalog = catalog_read();
    size_t n_entries = 0;
    for (const char *at = catalog; (at = strstr(at, "\n-- ")) != NULL; at++)
        n_entries++;
    assert_int_equal(n_entries, FQ_MSG_N - 1);
}

static void ids_differ_and_are_128_bits(void **state)
{
    (void)state;
    char one[33];
    char other[33];
    fq_log_message_id(1, one);
    fq_log_message_id(2, other);
    assert_int_equal(strlen(one), 32);
    assert_int_equal(strspn(one, "0123456789abcdef"), 32);
    assert_string_not_equal(one, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_an_entry),
        cmocka_unit_test(every_entry_has_a_subject_and_says_what_to_do),
        cmocka_unit_test(there_is_no_other_entry),
        cmocka_unit_test(ids_differ_and_are_128_bits),
    };
    return cmocka_run_group_tests_name("base/catalog", tests, NULL, NULL);
}
