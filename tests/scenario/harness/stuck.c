/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded: while there is a file "store" in the folder $FENQI_STUCK no fsync returns, and while
 * there is a file "net" no wait of libcurl does: as if a disk, or the resolver, hung. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void stuck_wait(const char *part)
{
    const char *folder = getenv("FENQI_STUCK");
    char path[4096];
    const struct timespec nap = { .tv_nsec = 10000000 };
    if (folder == NULL)
        return;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, part);
    while (access(path, F_OK) == 0)
        (void)nanosleep(&nap, NULL);
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
