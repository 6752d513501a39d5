/* SPDX-License-Identifier: Apache-2.0 */
/* For io/web alone: a listening socket that stands in the file system, whose permissions decide who
 * may connect. */
#ifndef FQ_IO_WEB_LOCAL_H
#define FQ_IO_WEB_LOCAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

/* The file that was made. */
struct fq_web_local {
    struct sockaddr_un address; /* sun_path empty: none */
    uint64_t device, inode;
};

static inline bool fq_web_is_local(const struct fq_web_local *local)
{
    return local->address.sun_path[0] != '\0';
}

/* Nobody can connect before the file has its mode. A socket that a dead process left there is
 * replaced; -EADDRINUSE: a living one listens. */
int fq_web_local_listen(const char *path, uint32_t mode, int *ret_fd, struct fq_web_local *ret);
/* Unless another process has made its own there meanwhile. */
void fq_web_local_remove(const struct fq_web_local *local);

/* Who has connected. */
bool fq_web_local_peer(int fd, uint32_t *ret_uid, uint32_t *ret_pid);

#endif
