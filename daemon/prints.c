/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the files of keys, as eight digits of a digest: so that a reload can tell that a key
 * changed whose file did not. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/conf/settings.h"
#include "daemon/daemon.h"

#define FILE_SIZE_MAX ((size_t)4 << 20)
#define PRINT_SIZE    8

struct fq_print {
    struct fq_print *next;
    struct fq_str path;
    struct fq_str digits;
};

/* False: it cannot be read, or not whole. */
static bool prints_read(int fd, char *bytes, size_t size)
{
    size_t n = 0;
    while (n < size) {
        ssize_t got = read(fd, bytes + n, size - n);
        if (got <= 0)
            return false;
        n += (size_t)got;
    }
    return true;
}

static struct fq_str prints_digits(const char *path, struct fq_arena *arena)
{
    struct fq_str print = { NULL, 0 };
    struct stat status = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return print;
    size_t size = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? (size_t)status.st_size : 0;
    if (size > 0 && size <= FILE_SIZE_MAX) {
        char *bytes = fq_zalloc(size);
        if (prints_read(fd, bytes, size)) {
            unsigned char digest[32];
            char digits[2 * sizeof(digest) + 1];
            fq_sha256((struct fq_str){ bytes, size }, digest);
            fq_hex(digest, sizeof(digest), digits);
            print = fq_arena_copy(arena, (struct fq_str){ digits, PRINT_SIZE });
        }
        fq_wipe(bytes, size);
        fq_free(bytes);
    }
    (void)close(fd);
    return print;
}

static void prints_visit(void *ctx, const struct fq_setting *setting)
{
    struct fq_setup *setup = ctx;
    if (setting->kind != FQ_SETTING_VALUE || (setting->row->flags & FQ_CONF_KEY) == 0)
        return;
    struct fq_print *print = fq_arena_alloc(setup->arena, sizeof(*print));
    if (print == NULL)
        return;
    print->path = setting->value;
    print->digits = prints_digits(setting->value.ptr, setup->arena);
    print->next = setup->prints;
    setup->prints = print;
}

void fq_prints_take(struct fq_setup *setup)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_SETTINGS_SIZE_MAX);
    fq_conf_visit(setup->conf, arena, prints_visit, setup);
}

struct fq_str fq_prints_find(const void *setup, struct fq_str path)
{
    const struct fq_setup *self = setup;
    for (const struct fq_print *print = self->prints; print != NULL; print = print->next) {
        if (fq_str_equal(print->path, path))
            return print->digits;
    }
    return (struct fq_str){ NULL, 0 };
}
