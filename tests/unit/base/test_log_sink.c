/* SPDX-License-Identifier: Apache-2.0 */
/* The log's lines as syslog and journald receive them, in a file system of the test's own. */
#include "daemon/base/log.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"

/* Both sockets have fixed places. So each test is a process that sees empty file systems there; its
 * exit status is 0, the number of the line that went wrong, or CANNOT. */
#define CANNOT 255

#define expect(condition)              \
    do {                               \
        if (!(condition))              \
            _exit(__LINE__ % 254 + 1); \
    } while (0)

static void own_mounts(void)
{
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        _exit(CANNOT);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/dev", "tmpfs", 0, NULL) != 0 ||
        mount("none", "/run", "tmpfs", 0, NULL) != 0)
        _exit(CANNOT);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const struct timeval patience = { .tv_sec = 10 };
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    expect(fd >= 0);
    expect(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    expect(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
    return fd;
}

static void run_apart(void (*body)(void))
{
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        own_mounts();
        body();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CANNOT) {
        print_message("SKIPPED: this machine does not let a test mount its own /dev and /run\n");
        skip();
    }
    if (WEXITSTATUS(status) != 0)
        fail_msg("failed at a line whose number modulo 254 is %d", WEXITSTATUS(status) - 1);
}

/* ---- syslog ---- */

static void syslog_line(void)
{
    char line[1024] = "";
    int fd = listen_at("/dev/log");
    expect(fq_log_start(FQ_LOG_SINK_SYSLOG, LOG_INFO) == 0);
    fq_log(LOG_WARNING, FQ_MSG_LATE_SUCCESS, "late success %n", FQ_LOG_TEXT("PAYMENT", "p 1"));
    fq_log_stop();
    expect(recv(fd, line, sizeof(line) - 1, 0) > 0);
    expect(strncmp(line, "<28>", 4) == 0); /* daemon.warning */
    expect(strstr(line, "fenqid[") != NULL);
    expect(strstr(line, "]: late success %n PAYMENT=\"p 1\"") != NULL);
}

static void syslog_gets_one_line(void **state)
{
    (void)state;
    run_apart(syslog_line);
}

static void syslog_stuck(void)
{
    int reports[2];
    char report[256] = "";
    (void)listen_at("/dev/log"); /* and never reads */
    expect(pipe(reports) == 0);
    expect(dup2(reports[1], STDERR_FILENO) == STDERR_FILENO);
    expect(fq_log_start(FQ_LOG_SINK_SYSLOG, LOG_INFO) == 0);
    int64_t start_ms = fq_clock_mono_ms();
    for (int i = 0; i < 3000; i++)
        fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "line", FQ_LOG_INT("I", i));
    expect(fq_clock_mono_ms() - start_ms < 2000);
    fq_log_stop();
    expect(fq_clock_mono_ms() - start_ms < 6000);
    expect(read(reports[0], report, sizeof(report) - 1) > 0);
    expect(strstr(report, "warning: log lines lost LOST=") == report);
}

static void stuck_syslog_stops_nobody(void **state)
{
    (void)state;
    run_apart(syslog_stuck);
}

/* ---- journald ---- */

static void journal_fields(void)
{
    char fields[2048] = "\n";
    char id[33];
    char id_field[64];
    expect(mkdir("/run/systemd", 0755) == 0 && mkdir("/run/systemd/journal", 0755) == 0);
    int fd = listen_at("/run/systemd/journal/socket");
    expect(fq_log_start(FQ_LOG_SINK_JOURNAL, LOG_INFO) == 0);
    fq_log(LOG_WARNING, FQ_MSG_LATE_SUCCESS, "late success", FQ_LOG_TEXT("PAYMENT", "p \"1\"\nX=Y"),
           FQ_LOG_INT("LATENCY_MS", 7));
    fq_log_stop();
    expect(recv(fd, fields + 1, sizeof(fields) - 2, 0) > 0);
    fq_log_message_id(FQ_MSG_LATE_SUCCESS, id);
    (void)snprintf(id_field, sizeof(id_field), "\nMESSAGE_ID=%s\n", id);
    expect(strstr(fields, id_field) != NULL);
    expect(strstr(fields, "\nPRIORITY=4\n") != NULL);
    expect(strstr(fields, "\nMESSAGE=late success\n") != NULL);
    expect(strstr(fields, "\nPAYMENT=p \"1\"\\nX=Y\n") != NULL);
    expect(strstr(fields, "\nLATENCY_MS=7\n") != NULL);
}

static void journal_gets_fields(void **state)
{
    (void)state;
    run_apart(journal_fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syslog_gets_one_line),
        cmocka_unit_test(stuck_syslog_stops_nobody),
        cmocka_unit_test(journal_gets_fields),
    };
    return cmocka_run_group_tests_name("base/log_sink", tests, NULL, NULL);
}
