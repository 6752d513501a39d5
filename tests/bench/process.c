/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon as a process of its own: starts it, waits until it is ready, weighs it, ends it. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define READY_WITHIN_MS 60000

static int process_notify_socket(const struct bench_place *place, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
    /* Abstract: the folder's name may be too long for one in the file system. */
    (void)snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "fenqid-bench-%d",
                   place->front_port);
    socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(ret->sun_path + 1));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bench_check(fd >= 0 && bind(fd, (struct sockaddr *)ret, size) == 0);
    return fd;
}

static void process_exec(const struct bench_place *place, const char *build,
                         const struct sockaddr_un *notify)
{
    char program[600], name[128], log[600];
    (void)snprintf(program, sizeof(program), "%s/fenqid", build);
    (void)snprintf(name, sizeof(name), "@%s", notify->sun_path + 1);
    (void)snprintf(log, sizeof(log), "%s/log", place->folder);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (fd >= 0 && dup2(fd, STDERR_FILENO) >= 0 && setenv("NOTIFY_SOCKET", name, 1) == 0)
        (void)execl(program, program, "-c", place->conf, (char *)NULL);
    _exit(127);
}

static bool process_is_ready(int fd)
{
    char text[256];
    ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return strstr(text, "READY=1") != NULL;
}

void bench_process_start(struct bench_process *process, const struct bench_place *place,
                         const char *build)
{
    struct sockaddr_un notify;
    int fd = process_notify_socket(place, &notify);
    process->started_us = bench_now_us();
    process->pid = fork();
    bench_check(process->pid >= 0);
    if (process->pid == 0)
        process_exec(place, build, &notify);
    for (bool is_ready = false; !is_ready; is_ready = process_is_ready(fd)) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        int64_t until_us = process->started_us + (int64_t)READY_WITHIN_MS * 1000;
        while (poll(&wait, 1, 100) == 0) {
            bench_check(waitpid(process->pid, NULL, WNOHANG) == 0);
            bench_check(bench_now_us() < until_us);
        }
    }
    process->ready_us = bench_now_us();
    (void)close(fd);
}

void bench_process_stop(struct bench_process *process, int signal_number)
{
    int status = 0;
    if (process->pid <= 0)
        return;
    (void)kill(process->pid, signal_number);
    (void)waitpid(process->pid, &status, 0);
    process->pid = 0;
    if (signal_number == SIGTERM)
        bench_check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

double bench_cpu_us(pid_t pid)
{
    clockid_t clock;
    struct timespec time;
    bench_check(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

double bench_rss_mib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    bench_check(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    (void)fclose(file);
    return (double)kib / 1024;
}
