/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket of the web that systemd hands over (fenqid-web.socket): it outlives a
 * restart, and with it whoever connects meanwhile. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <systemd/sd-daemon.h>

#include "daemon/base/err.h"
#include "daemon/daemon.h"

/* The socket's own name, its unit's, or what it has where nobody named it. */
static bool inherited_is_web(const char *name)
{
    return strcmp(name, "web") == 0 || strcmp(name, "unknown") == 0 ||
           fq_str_ends(fq_str_of(name), fq_lit(".socket"));
}

static int inherited_take(int n, char **names, int *ret_fd)
{
    if (n != 1)
        return FQ_FAULT(-EINVAL, "%d sockets were handed over: fenqid takes one, for the web", n);
    const char *name = names != NULL && names[0] != NULL ? names[0] : "unknown";
    if (!inherited_is_web(name))
        return FQ_FAULT(-EINVAL, "the socket \"%s\" was handed over: fenqid takes \"web\"", name);
    if (sd_is_socket(SD_LISTEN_FDS_START, AF_INET, SOCK_STREAM, 1) <= 0 &&
        sd_is_socket(SD_LISTEN_FDS_START, AF_INET6, SOCK_STREAM, 1) <= 0)
        return FQ_FAULT(-EINVAL, "the socket \"%s\" that was handed over must listen on TCP", name);
    *ret_fd = SD_LISTEN_FDS_START;
    return 0;
}

int fq_inherited_web(int *ret_fd)
{
    char **names = NULL;
    int n = sd_listen_fds_with_names(1, &names);
    int r = 0;
    if (n < 0)
        r = FQ_FAULT(n, "sd_listen_fds");
    else if (n > 0)
        r = inherited_take(n, names, ret_fd);
    for (char **name = names; name != NULL && *name != NULL; name++)
        free(*name);
    free((void *)names);
    return r;
}
