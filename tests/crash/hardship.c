/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded: the n-th allocation fails, or the n-th of one place in the code; writes to the ledger
 * are cut short, or find the disk full halfway. What strace cannot bring about; the numbers stand
 * in the file $FENQI_HARDSHIP, shared with the test (memory.mjs). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

/* A place that allocates: so many frames of libraries, and of the program that calls them. */
#define FRAMES_OF_LIBRARIES 2
#define FRAMES_OF_OURS      3
#define SITES_MAX           4096

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

struct site {
    _Atomic uint64_t name; /* 0: a free line of the table */
    _Atomic int64_t n;     /* so many allocations */
    char library[24];
};

/* As memory.mjs lists them. Something "from" 0 is never. */
struct hardship {
    _Atomic int64_t n_allocations, fail_from, fail_until;
    _Atomic int64_t n_writes, short_from, short_until;
    _Atomic int64_t full_from, full_until;
    _Atomic int64_t counts_sites; /* 1: the table is filled */
    _Atomic uint64_t fail_site;
    _Atomic int64_t fail_nth; /* of that site's */
    _Atomic int64_t n_hits;   /* so many calls were made to fail */
    struct site sites[SITES_MAX];
};

static struct hardship *hardship;
static _Thread_local int is_looking __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void hardship_open(void)
{
    const char *path = getenv("FENQI_HARDSHIP");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = fd >= 0 ? mmap(NULL, sizeof(*hardship), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                        : MAP_FAILED;
    if (map == MAP_FAILED)
        abort();
    (void)close(fd);
    hardship = map;
}

/* ---- where an allocation comes from ---- */

struct walk {
    uint64_t name;
    const char *library;
    int n_libraries;
    int n_ours;
};

static uint64_t mixed(uint64_t hash, uint64_t word)
{
    return (hash ^ word) * 0x100000001b3u;
}

static _Unwind_Reason_Code frame_look(struct _Unwind_Context *context, void *arg)
{
    struct walk *walk = arg;
    struct dl_find_object object;
    uintptr_t at = (uintptr_t)_Unwind_GetIP(context) - 1;
    if (_dl_find_object((void *)at, &object) != 0) /* NOLINT: an address */
        return _URC_END_OF_STACK;
    const char *path = object.dlfo_link_map->l_name;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    int is_ours = path[0] == '\0';
    if (strcmp(name, "hardship.so") == 0)
        return _URC_NO_REASON;
    if (is_ours && walk->library == NULL)
        return _URC_END_OF_STACK; /* the program's own, which ends where there is no memory */
    if (walk->library == NULL)
        walk->library = name;
    if ((is_ours ? walk->n_ours++ : walk->n_libraries++) <
        (is_ours ? FRAMES_OF_OURS : FRAMES_OF_LIBRARIES)) {
        for (const char *c = name; *c != '\0'; c++)
            walk->name = mixed(walk->name, (unsigned char)*c);
        walk->name = mixed(walk->name, at - object.dlfo_link_map->l_addr);
    }
    return walk->n_ours == FRAMES_OF_OURS ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/* The line of the site in the table; NULL if the table is full. */
static struct site *site_find(const struct walk *walk)
{
    for (size_t i = 0; i < SITES_MAX; i++) {
        struct site *site = &hardship->sites[(walk->name + i) % SITES_MAX];
        uint64_t name = 0;
        if (atomic_compare_exchange_strong(&site->name, &name, walk->name)) {
            (void)strncpy(site->library, walk->library, sizeof(site->library) - 1);
            return site;
        }
        if (name == walk->name)
            return site;
    }
    return NULL;
}

static int site_fails(void)
{
    if ((hardship->counts_sites == 0 && hardship->fail_site == 0) || is_looking)
        return 0;
    is_looking = 1;
    struct walk walk = { .name = 0xcbf29ce484222325u };
    (void)_Unwind_Backtrace(frame_look, &walk);
    struct site *site = walk.library != NULL ? site_find(&walk) : NULL;
    is_looking = 0;
    return site != NULL && atomic_fetch_add(&site->n, 1) + 1 == hardship->fail_nth &&
           walk.name == hardship->fail_site;
}

/* ---- what fails ---- */

static int is_within(int64_t at, int64_t from, int64_t until)
{
    return from > 0 && at >= from && at < until;
}

static int allocation_fails(void)
{
    if (hardship == NULL)
        return 0;
    int64_t at = atomic_fetch_add(&hardship->n_allocations, 1) + 1;
    if (!is_within(at, hardship->fail_from, hardship->fail_until) && !site_fails())
        return 0;
    hardship->n_hits++;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return allocation_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return allocation_fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
    return allocation_fails() ? NULL : __libc_realloc(memory, size);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    int64_t n = size > 1 && hardship != NULL ? atomic_fetch_add(&hardship->n_writes, 1) + 1 : 0;
    int is_full = n > 0 && is_within(n, hardship->full_from, hardship->full_until);
    if (is_full || (n > 0 && is_within(n, hardship->short_from, hardship->short_until)))
        hardship->n_hits++;
    else
        return syscall(SYS_pwrite64, fd, bytes, size, at);
    if (is_full && n > hardship->full_from) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, size / 2, at);
}
