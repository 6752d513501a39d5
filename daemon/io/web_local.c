/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and removes the socket's file, and asks the kernel who is at its other end. */
#include "daemon/io/web_local.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"

#define LOCAL_BACKLOG 64

static const struct sockaddr *local_any(const struct sockaddr_un *address)
{
    return (const struct sockaddr *)(const void *)address;
}

/* Does anybody listen there? One whose backlog is full does, too. */
static bool local_is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_alive = fd >= 0 && (connect(fd, local_any(address), sizeof(*address)) == 0 ||
                                (errno != ECONNREFUSED && errno != ENOENT));
    if (fd >= 0)
        (void)close(fd);
    return is_alive;
}

/* Makes the place free, if only a dead process's socket stands there. */
static int local_clear(const struct sockaddr_un *address)
{
    struct stat status = { 0 };
    const char *path = address->sun_path;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? 0 : FQ_FAULT(-errno, "control socket %s: cannot look there", path);
    if (!S_ISSOCK(status.st_mode))
        return FQ_FAULT(-EEXIST, "control socket %s: something else has that name", path);
    if (local_is_alive(address))
        return FQ_FAULT(-EADDRINUSE, "control socket %s: another process listens there", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return FQ_FAULT(-errno, "control socket %s: cannot remove the old one", path);
    return 0;
}

/* The mode is the file's from the beginning, but for what umask takes away; that is given back
 * while nobody listens, so that nobody can connect before. */
static bool local_bind(int fd, const struct sockaddr_un *address, uint32_t mode)
{
    return fchmod(fd, mode) == 0 && bind(fd, local_any(address), sizeof(*address)) == 0 &&
           chmod(address->sun_path, mode) == 0 && listen(fd, LOCAL_BACKLOG) == 0;
}

int fq_web_local_listen(const char *path, uint32_t mode, int *ret_fd, struct fq_web_local *ret)
{
    struct fq_web_local local = { .address.sun_family = AF_UNIX };
    struct stat status = { 0 };
    if (path[0] == '\0' || strlen(path) >= sizeof(local.address.sun_path))
        return FQ_FAULT(-ENAMETOOLONG, "control socket %s: must be 1 to %zu bytes long", path,
                        sizeof(local.address.sun_path) - 1);
    memcpy(local.address.sun_path, path, strlen(path));
    FQ_TRY(local_clear(&local.address));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return FQ_FAULT(-errno, "control socket %s: cannot open a socket", path);
    if (!local_bind(fd, &local.address, mode) || lstat(path, &status) != 0) {
        int code = -errno;
        (void)close(fd);
        return FQ_FAULT(code, "control socket %s: cannot listen", path);
    }
    local.device = status.st_dev;
    local.inode = status.st_ino;
    *ret_fd = fd;
    *ret = local;
    return 0;
}

void fq_web_local_remove(const struct fq_web_local *local)
{
    struct stat status = { 0 };
    if (fq_web_is_local(local) && lstat(local->address.sun_path, &status) == 0 &&
        status.st_dev == local->device && status.st_ino == local->inode)
        (void)unlink(local->address.sun_path);
}

bool fq_web_local_peer(int fd, uint32_t *ret_uid, uint32_t *ret_pid)
{
    struct ucred peer = { 0 };
    socklen_t size = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof(peer))
        return false;
    *ret_uid = peer.uid;
    *ret_pid = (uint32_t)peer.pid;
    return true;
}
