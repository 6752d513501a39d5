/* SPDX-License-Identifier: Apache-2.0 */
/* A file of the configuration comes into its place whole, with the right mode, or not at all. */
#include "daemon/ctl/ctl.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ctl ctl;
static char folder[64];

static const char *replace_path(const char *name)
{
    return fq_arena_printf(ctl.arena, "%s/%s", folder, name).ptr;
}

static int replace_set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/fenqid-replace-XXXXXX");
    ctl = (struct ctl){ .arena = fq_arena_new(FQ_ARENA_SIZE_MAX) };
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int replace_tear_down(void **state)
{
    (void)state;
    (void)unlink(replace_path("a.conf"));
    int r = rmdir(folder); /* nothing else was left */
    fq_arena_free(ctl.arena);
    return r;
}

static void assert_is(const char *name, const char *text, mode_t mode)
{
    struct fq_str found = { NULL, 0 };
    struct stat status = { 0 };
    assert_int_equal(ctl_file_read(&ctl, replace_path(name), false, 1000, &found), CTL_OK);
    assert_true(fq_str_equal(found, fq_str_of(text)));
    assert_int_equal(stat(replace_path(name), &status), 0);
    assert_int_equal(status.st_mode & 0777, mode);
}

static void test_a_new_one_is_the_groups_to_read(void **state)
{
    (void)state;
    assert_int_equal(ctl_file_replace(&ctl, replace_path("a.conf"), fq_lit("one\n")), CTL_OK);
    assert_is("a.conf", "one\n", 0640);
}

static void test_another_keeps_the_mode(void **state)
{
    (void)state;
    assert_int_equal(ctl_file_replace(&ctl, replace_path("a.conf"), fq_lit("one\n")), CTL_OK);
    assert_int_equal(chmod(replace_path("a.conf"), 0604), 0);
    assert_int_equal(ctl_file_replace(&ctl, replace_path("a.conf"), fq_lit("two\n")), CTL_OK);
    assert_is("a.conf", "two\n", 0604);
}

static void test_what_cannot_be_written_leaves_nothing(void **state)
{
    FILE *hushed = stderr;
    (void)state;
    stderr = fopen("/dev/null", "we");
    assert_int_equal(ctl_file_replace(&ctl, replace_path("none/a.conf"), fq_lit("x")), CTL_REFUSED);
    assert_int_equal(mkdir(replace_path("a.conf"), 0700), 0); /* a folder stands in its place */
    assert_int_equal(ctl_file_replace(&ctl, replace_path("a.conf"), fq_lit("x")), CTL_REFUSED);
    (void)fclose(stderr);
    stderr = hushed;
    assert_int_equal(rmdir(replace_path("a.conf")), 0);
}

int main(void)
{
#define replace_test(function) \
    cmocka_unit_test_setup_teardown(function, replace_set_up, replace_tear_down)
    const struct CMUnitTest tests[] = {
        replace_test(test_a_new_one_is_the_groups_to_read),
        replace_test(test_another_keeps_the_mode),
        replace_test(test_what_cannot_be_written_leaves_nothing),
    };
    return cmocka_run_group_tests_name("ctl/replace", tests, NULL, NULL);
}
