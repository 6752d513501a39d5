/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the configuration, written whole or not at all: beside their place, then renamed into
 * it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/ctl/ctl.h"

static struct fq_str replace_folder(struct ctl *ctl, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return fq_lit(".");
    return fq_arena_copy(ctl->arena,
                         (struct fq_str){ path, slash > path ? (size_t)(slash - path) : 1 });
}

/* As the file that was there; a new one is the folder's group's to read, as fenqid is in it. */
static int replace_permit(int fd, const char *path, const char *folder)
{
    struct stat model = { 0 };
    bool is_new = stat(path, &model) != 0;
    if (is_new && stat(folder, &model) != 0)
        return -errno;
    if (fchmod(fd, is_new ? 0640 : model.st_mode & 0777) != 0)
        return -errno;
    /* Only root gives files away. */
    if (fchown(fd, is_new ? (uid_t)-1 : model.st_uid, model.st_gid) != 0 && errno != EPERM)
        return -errno;
    return 0;
}

static int replace_write(int fd, struct fq_str content)
{
    while (content.len > 0) {
        ssize_t n = write(fd, content.ptr, content.len);
        if (n < 0 && errno != EINTR)
            return -errno;
        content = fq_str_sub(content, n > 0 ? (size_t)n : 0, content.len);
    }
    return fsync(fd) == 0 ? 0 : -errno;
}

static int replace_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd >= 0 && fsync(fd) == 0 ? 0 : -errno;
    if (fd >= 0)
        (void)close(fd);
    return r;
}

int ctl_file_replace(struct ctl *ctl, const char *path, struct fq_str content)
{
    struct fq_str folder = replace_folder(ctl, path);
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    /* With a point before it nobody takes it for a part of the configuration. */
    const char *beside =
        fq_arena_printf(ctl->arena, "%.*s/.%s.%d.new", fq_str_arg(folder), name, (int)getpid()).ptr;
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int r = fd >= 0 ? replace_permit(fd, path, folder.ptr) : -errno;
    if (r == 0)
        r = replace_write(fd, content);
    if (fd >= 0 && close(fd) != 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(beside, path) != 0)
        r = -errno;
    if (r == 0)
        return replace_sync_folder(folder.ptr) == 0
                   ? CTL_OK
                   : ctl_complain(CTL_REFUSED, "%s: cannot be synced", folder.ptr);
    if (fd >= 0)
        (void)unlink(beside);
    return ctl_complain(CTL_REFUSED, "%s: %s", path, strerrordesc_np(-r));
}
