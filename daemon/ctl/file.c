/* SPDX-License-Identifier: Apache-2.0 */
/* Files named on the command line: read whole, or made once. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/ctl/ctl.h"

#define LINE_SIZE_MAX 4096

/* ---- reading ---- */

static int file_read_all(struct ctl *ctl, int fd, size_t size_max, struct fq_str *ret)
{
    char *bytes = fq_arena_alloc(ctl->arena, size_max + 2);
    size_t n = 0;
    if (bytes == NULL)
        return -ENOMEM;
    while (n <= size_max) {
        ssize_t got = read(fd, bytes + n, size_max + 1 - n);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -errno;
        n += got > 0 ? (size_t)got : 0;
    }
    if (n > size_max)
        return -EFBIG;
    *ret = (struct fq_str){ bytes, n };
    return 0;
}

int ctl_file_read(struct ctl *ctl, const char *path, bool is_private, size_t size_max,
                  struct fq_str *ret)
{
    struct stat status = { 0 };
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    int r = fd < 0 || fstat(fd, &status) != 0 ? -errno : 0;
    bool is_open_to_others = is_private && !is_stdin && (status.st_mode & (S_IRWXO | S_IWGRP)) != 0;
    if (r == 0 && !is_open_to_others)
        r = file_read_all(ctl, fd, size_max, ret);
    if (fd >= 0)
        (void)close(fd);
    if (is_open_to_others)
        return ctl_complain(CTL_USAGE, "%s: is open to others: chmod 0600", path);
    if (r < 0)
        return ctl_complain(CTL_USAGE, "%s: %s", path, strerrordesc_np(-r));
    return CTL_OK;
}

int ctl_file_read_line(struct ctl *ctl, const char *path, bool is_private, struct fq_str *ret)
{
    struct fq_str text = { NULL, 0 }, rest;
    int status = ctl_file_read(ctl, path, is_private, LINE_SIZE_MAX, &text);
    if (status != CTL_OK)
        return status;
    (void)fq_str_cut(text, '\n', ret, &rest);
    if (fq_str_ends(*ret, fq_lit("\r")))
        ret->len--;
    *ret = fq_arena_copy(ctl->arena, *ret);
    return CTL_OK;
}

/* ---- writing ---- */

static int file_write_all(int fd, struct fq_str content)
{
    while (content.len > 0) {
        ssize_t n = write(fd, content.ptr, content.len);
        if (n < 0 && errno != EINTR)
            return -errno;
        content = fq_str_sub(content, n > 0 ? (size_t)n : 0, content.len);
    }
    return fsync(fd) == 0 || errno == EINVAL ? 0 : -errno; /* EINVAL: a pipe or a terminal */
}

static int file_write(const char *path, int flags, struct fq_str content, const mode_t *mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode != NULL ? 0600 : 0666);
    if (fd < 0)
        return -errno;
    int r = file_write_all(fd, content);
    if (r == 0 && mode != NULL && fchmod(fd, *mode) != 0)
        r = -errno;
    if (close(fd) != 0 && r == 0)
        r = -errno;
    return r;
}

/* A folder that gives its files its group, and is closed to others (/etc/fenqid/keys is
 * root:fenqid, 2750), is there for that group to read: fenqid takes new keys by a reload. */
static mode_t file_private_mode(const char *path)
{
    char folder[PATH_MAX] = ".";
    struct stat status = { 0 };
    const char *slash = strrchr(path, '/');
    if (slash != NULL)
        (void)snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - path), path);
    bool is_shared = stat(folder, &status) == 0 && (status.st_mode & S_ISGID) != 0 &&
                     (status.st_mode & S_IRWXO) == 0;
    return is_shared ? 0640 : 0600;
}

int ctl_file_make(const char *path, bool is_private, struct fq_str content)
{
    const mode_t mode = is_private ? file_private_mode(path) : 0644;
    int r = file_write(path, O_EXCL, content, &mode);
    if (r < 0 && r != -EEXIST)
        (void)unlink(path);
    return r;
}

int ctl_file_put(const char *path, struct fq_str content)
{
    int r = file_write(path, O_TRUNC, content, NULL);
    if (r < 0)
        return ctl_complain(CTL_USAGE, "%s: %s", path, strerrordesc_np(-r));
    return CTL_OK;
}

/* ---- several at once ---- */

static const char *file_path(struct ctl *ctl, const char *folder, const struct ctl_new_file *file)
{
    return fq_arena_printf(ctl->arena, "%s/%.*s", folder, fq_str_arg(file->name)).ptr;
}

static int file_make_all(struct ctl *ctl, const char *folder, const struct ctl_new_file *files,
                         size_t n_files)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return ctl_complain(CTL_USAGE, "%s: %s", folder, strerrordesc_np(errno));
    for (size_t i = 0; i < n_files; i++) {
        const char *path = file_path(ctl, folder, &files[i]);
        int r = ctl_file_make(path, files[i].is_private, files[i].content);
        if (r == 0)
            continue;
        while (i-- > 0)
            (void)unlink(file_path(ctl, folder, &files[i]));
        return ctl_complain(CTL_USAGE, "%s: %s; nothing was made", path, strerrordesc_np(-r));
    }
    return CTL_OK;
}

static void file_say_all(struct ctl *ctl, const char *folder, const struct ctl_new_file *files,
                         size_t n_files)
{
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "lll", 0);
    for (size_t i = 0; i < n_files; i++)
        ctl_table_row(&table, fq_str_of(file_path(ctl, folder, &files[i])),
                      files[i].is_private ? fq_lit("secret") : fq_lit("public"), files[i].where);
    ctl_table_print(&table, stdout);
}

static int file_make_and_say(struct ctl *ctl, const char *folder, const struct ctl_new_file *files,
                             size_t n_files, bool is_said)
{
    int status = file_make_all(ctl, folder, files, n_files);
    for (size_t i = 0; i < n_files; i++) {
        if (files[i].is_private && files[i].content.ptr != NULL)
            fq_wipe(fq_unconst(files[i].content.ptr), files[i].content.len);
    }
    if (status == CTL_OK && is_said)
        file_say_all(ctl, folder, files, n_files);
    return status;
}

int ctl_files_make(struct ctl *ctl, const char *folder, const struct ctl_new_file *files,
                   size_t n_files)
{
    return file_make_and_say(ctl, folder, files, n_files, true);
}

int ctl_files_make_quietly(struct ctl *ctl, const char *folder, const struct ctl_new_file *files,
                           size_t n_files)
{
    return file_make_and_say(ctl, folder, files, n_files, !ctl_has(ctl, CTL_JSON));
}
