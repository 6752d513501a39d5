/* SPDX-License-Identifier: Apache-2.0 */
/* Who may read a private file that fenqictl makes: its owner, and the group of a folder that is
 * there for one. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"

static void expect_mode(mode_t folder_mode, bool is_private, mode_t expected)
{
    char folder[] = "/tmp/fenqictl-file-XXXXXX";
    char path[64];
    struct stat status = { 0 };
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, folder_mode), 0);
    (void)snprintf(path, sizeof(path), "%s/key", folder);
    assert_int_equal(ctl_file_make(path, is_private, fq_lit("secret\n")), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, expected);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void a_private_file_is_its_owners(void **state)
{
    (void)state;
    expect_mode(0700, true, 0600);
    expect_mode(0755, true, 0600);
    expect_mode(0700, false, 0644);
}

static void the_group_of_a_closed_folder_reads_it(void **state)
{
    (void)state;
    expect_mode(02750, true, 0640);
    expect_mode(02770, true, 0640);
}

static void but_not_where_others_may_enter(void **state)
{
    (void)state;
    expect_mode(02755, true, 0600);
    expect_mode(02751, true, 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_file_is_its_owners),
        cmocka_unit_test(the_group_of_a_closed_folder_reads_it),
        cmocka_unit_test(but_not_where_others_may_enter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
