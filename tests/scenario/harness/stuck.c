/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded: while there is a file "store" in the folder $FENQI_STUCK no fsync returns, and while
 * there is a file "net" no wait of libcurl does: as if a disk, or the resolver, hung. While there
 * is a file "full" the disk is full. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int stuck_is(const char *part)
{
    const char *folder = getenv("FENQI_STUCK");
    char path[4096];
    if (folder == NULL)
        return 0;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, part);
    return access(path, F_OK) == 0;
}

static void stuck_wait(const char *part)
{
    const struct timespec nap = { .tv_nsec = 10000000 };
    while (stuck_is(part))
        (void)nanosleep(&nap, NULL);
}

/* As SQLite writes its files. */
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    if (stuck_is("full")) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, size, at);
}

int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    stuck_wait("store");
    return real(fd);
}

int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    stuck_wait("store");
    return real(fd);
}

int curl_multi_poll(void *multi, void *fds, unsigned n_fds, int timeout_ms, int *ret_n);

int curl_multi_poll(void *multi, void *fds, unsigned n_fds, int timeout_ms, int *ret_n)
{
    int (*real)(void *, void *, unsigned, int, int *) =
        (int (*)(void *, void *, unsigned, int, int *))dlsym(RTLD_NEXT, "curl_multi_poll");
    stuck_wait("net");
    return real(multi, fds, n_fds, timeout_ms, ret_n);
}
