/* SPDX-License-Identifier: Apache-2.0 */
/* The file that names a payer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ctl/ctl.h"

static struct ctl ctl;
static char path[] = "/tmp/fenqi-payer-XXXXXX";
static Fenqi__V1__Payer payer;

static int begin(void **state)
{
    (void)state;
    ctl = (struct ctl){ .arena = fq_arena_new(FQ_ARENA_SIZE_MAX) };
    memcpy(path, "/tmp/fenqi-payer-XXXXXX", sizeof(path));
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    ctl.values[CTL_PAYER_FILE] = path;
    return 0;
}

static int end(void **state)
{
    (void)state;
    fq_arena_free(ctl.arena);
    return unlink(path);
}

static int read_text(const char *text)
{
    bool is_given = false;
    assert_int_equal(ctl_file_put(path, fq_str_of(text)), CTL_OK);
    int status = ctl_payer_read(&ctl, &payer, &is_given);
    assert_true(is_given);
    return status;
}

static void a_whole_payer_is_read(void **state)
{
    (void)state;
    assert_int_equal(
        read_text("name=张三 O'Neill = 3\r\n\ndocument=identity-card:11010519491231002X\n"
                  "phone=+86-13800138000"),
        CTL_OK);
    assert_string_equal(payer.name, "张三 O'Neill = 3");
    assert_int_equal(payer.document_type, FENQI__V1__DOCUMENT_TYPE__DOCUMENT_TYPE_IDENTITY_CARD);
    assert_string_equal(payer.document_number, "11010519491231002X");
    assert_string_equal(payer.phone, "+86-13800138000");
}

static void a_name_is_enough(void **state)
{
    (void)state;
    assert_int_equal(read_text("name=a\n"), CTL_OK);
    assert_int_equal(payer.document_type, 0);
    assert_string_equal(payer.document_number, "");
    assert_string_equal(payer.phone, "");
}

static void no_file_is_no_payer(void **state)
{
    (void)state;
    bool is_given = true;
    ctl.values[CTL_PAYER_FILE] = NULL;
    assert_int_equal(ctl_payer_read(&ctl, &payer, &is_given), CTL_OK);
    assert_false(is_given);
}

static void other_lines_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "name", "Name=a", "name=a\ndocument=11010519491231002X",
                                       "document=driving-licence:1", "email=a@b" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(read_text(bad[i]), CTL_USAGE);
}

static void a_file_that_others_may_read_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_text("name=a\n"), CTL_OK);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(read_text("name=a\n"), CTL_USAGE);
}

static void a_pipe_will_do(void **state)
{
    (void)state;
    int ends[2];
    bool is_given = false;
    int kept = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "name=piped\n", 11), 11);
    (void)close(ends[1]);
    assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
    ctl.values[CTL_PAYER_FILE] = "-";
    int status = ctl_payer_read(&ctl, &payer, &is_given);
    assert_true(dup2(kept, STDIN_FILENO) >= 0);
    (void)close(kept);
    (void)close(ends[0]);
    assert_int_equal(status, CTL_OK);
    assert_string_equal(payer.name, "piped");
}

#define PAYER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAYER_TEST(a_whole_payer_is_read),
        PAYER_TEST(a_name_is_enough),
        PAYER_TEST(no_file_is_no_payer),
        PAYER_TEST(other_lines_are_refused),
        PAYER_TEST(a_file_that_others_may_read_is_refused),
        PAYER_TEST(a_pipe_will_do),
    };
    return cmocka_run_group_tests_name("ctl/payer", tests, NULL, NULL);
}
