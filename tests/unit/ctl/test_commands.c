/* SPDX-License-Identifier: Apache-2.0 */
/* Which command is meant, of one word or of two; and that the table holds together. */
#include "daemon/ctl/commands.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

static const char *found(int n_words, const char *first, const char *second, int *ret_n_words)
{
    char *words[] = { fq_unconst(first), fq_unconst(second) };
    const struct ctl_command *command = ctl_command_find(n_words, words, ret_n_words);
    return command != NULL ? command->name : "";
}

static void test_the_longer_name_is_meant(void **state)
{
    int n = 0;
    (void)state;
    assert_string_equal(found(2, "keygen", "keys", &n), "keygen");
    assert_int_equal(n, 1);
    assert_string_equal(found(2, "keygen", "client", &n), "keygen client");
    assert_int_equal(n, 2);
    assert_string_equal(found(1, "keygen", "client", &n), "keygen");
    assert_string_equal(found(2, "payments", "show", &n), "payments show");
}

static void test_none_is_meant(void **state)
{
    int n = 7;
    (void)state;
    assert_string_equal(found(0, "keygen", "client", &n), "");
    assert_int_equal(n, 0);
    assert_string_equal(found(2, "payments", "frobnicate", &n), "");
    assert_string_equal(found(2, "pay", "ments", &n), "pay");
    assert_string_equal(found(2, "keyge", "client", &n), "");
    assert_true(ctl_command_is_family("payments"));
    assert_false(ctl_command_is_family("payment"));
    assert_false(ctl_command_is_family("status"));
}

static void test_every_command_can_be_found_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ctl_n_commands; i++) {
        char name[64] = "";
        char *words[2] = { name, NULL };
        int n_words = 1, n = 0;
        assert_true(strlen(ctl_commands[i].name) < sizeof(name));
        memcpy(name, ctl_commands[i].name, strlen(ctl_commands[i].name) + 1);
        char *space = strchr(name, ' ');
        if (space != NULL) {
            *space = '\0';
            words[n_words++] = space + 1;
        }
        assert_ptr_equal(ctl_command_find(n_words, words, &n), &ctl_commands[i]);
        assert_int_equal(n, n_words);
        assert_non_null(ctl_commands[i].run);
        assert_true(ctl_commands[i].n_arguments_min <= ctl_commands[i].n_arguments_max);
        assert_true(ctl_commands[i].n_arguments_max <= CTL_ARGUMENTS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_longer_name_is_meant),
        cmocka_unit_test(test_none_is_meant),
        cmocka_unit_test(test_every_command_can_be_found_by_its_name),
    };
    return cmocka_run_group_tests_name("ctl/commands", tests, NULL, NULL);
}
