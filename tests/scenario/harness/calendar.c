/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded: the wall clock runs ahead by the nanoseconds in the file $FENQI_CALENDAR (8 bytes, as
 * the machine writes them); every other clock is the kernel's. Unlike libfaketime it goes with
 * sanitizers. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *calendar;

__attribute__((constructor)) static void calendar_open(void)
{
    const char *path = getenv("FENQI_CALENDAR");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = fd >= 0 ? mmap(NULL, sizeof(*calendar), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (map == MAP_FAILED)
        abort();
    (void)close(fd);
    calendar = map;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    long r = syscall(SYS_clock_gettime, clock, ret);
    if (r == 0 && clock == CLOCK_REALTIME && calendar != NULL) {
        int64_t ahead = *calendar + ret->tv_nsec;
        ret->tv_sec += ahead / 1000000000;
        ret->tv_nsec = ahead % 1000000000;
    }
    return (int)r;
}
