/* SPDX-License-Identifier: Apache-2.0 */
/* What a flow under test writes to the log between two moments. */
#ifndef TESTS_UNIT_FLOW_FAKE_LOG_H
#define TESTS_UNIT_FLOW_FAKE_LOG_H

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/flow/fake_world.h"

static struct fake_log {
    FILE *file;
    int kept;
    char text[16384]; /* what was said the last time */
} fake_log;

FAKE_MAYBE void fake_listen(void)
{
    fake_log.file = tmpfile();
    assert_non_null(fake_log.file);
    fake_log.kept = dup(STDERR_FILENO);
    assert_true(dup2(fileno(fake_log.file), STDERR_FILENO) >= 0);
    fq_log_level(LOG_DEBUG);
}

FAKE_MAYBE void fake_heard(void)
{
    fq_log_level(LOG_CRIT);
    assert_true(dup2(fake_log.kept, STDERR_FILENO) >= 0);
    (void)close(fake_log.kept);
    rewind(fake_log.file);
    size_t size = fread(fake_log.text, 1, sizeof(fake_log.text) - 1, fake_log.file);
    fake_log.text[size] = '\0';
    (void)fclose(fake_log.file);
}

FAKE_MAYBE void fake_assert_said(const char *text)
{
    if (strstr(fake_log.text, text) == NULL)
        fail_msg("the log does not say \"%s\", but:\n%s", text, fake_log.text);
}

FAKE_MAYBE void fake_assert_not_said(const char *text)
{
    if (strstr(fake_log.text, text) != NULL)
        fail_msg("the log says \"%s\":\n%s", text, fake_log.text);
}

#endif
