/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the listening sockets of the front. libzmq could, but looks for interfaces of that name
 * first, and ends the process where it may not (it needs netlink sockets, which the unit does not
 * allow). */
#include "daemon/io/front_listen.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/err.h"

#define LISTEN_BACKLOG 511
#define HOST_SIZE_MAX  256
#define SCHEME_SIZE    6 /* tcp:// */

struct listen_name {
    char host[HOST_SIZE_MAX]; /* empty: any */
    char port[8];
    int family;
};

static bool listen_parse(struct fq_str address, struct listen_name *ret)
{
    const char *colon = memrchr(address.ptr, ':', address.len);
    if (colon == NULL)
        return false;
    struct fq_str host = fq_str_sub(address, 0, (size_t)(colon - address.ptr));
    struct fq_str port = fq_str_sub(address, host.len + 1, address.len);
    bool is_v6 = host.len > 2 && host.ptr[0] == '[';
    if (is_v6)
        host = fq_str_sub(host, 1, host.len - 2);
    if (host.len >= sizeof(ret->host) || port.len >= sizeof(ret->port))
        return false;
    bool is_any = fq_str_equal(host, fq_lit("*")), any_port = fq_str_equal(port, fq_lit("*"));
    (void)snprintf(ret->host, sizeof(ret->host), "%.*s", is_any ? 0 : (int)host.len, host.ptr);
    (void)snprintf(ret->port, sizeof(ret->port), "%.*s", any_port ? 1 : (int)port.len,
                   any_port ? "0" : port.ptr);
    ret->family = is_v6 ? AF_INET6 : AF_INET;
    return true;
}

static int listen_on(const struct addrinfo *info)
{
    const int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    int code = errno;
    (void)close(fd);
    errno = code;
    return -1;
}

int fq_front_listen(struct fq_str endpoint, int *ret_fd)
{
    struct listen_name name;
    struct addrinfo *found = NULL;
    if (!listen_parse(fq_str_sub(endpoint, SCHEME_SIZE, endpoint.len), &name))
        return FQ_FAULT(-EINVAL, "cannot listen on %.*s: must be tcp://HOST:PORT",
                        fq_str_arg(endpoint));
    const struct addrinfo hints = { .ai_family = name.family,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    int r = getaddrinfo(name.host[0] != '\0' ? name.host : NULL, name.port, &hints, &found);
    if (r != 0)
        return FQ_FAULT(-EADDRNOTAVAIL, "cannot listen on %.*s: %s", fq_str_arg(endpoint),
                        gai_strerror(r));
    int fd = listen_on(found);
    int code = errno;
    freeaddrinfo(found);
    if (fd < 0)
        return FQ_FAULT(-code, "cannot listen on %.*s", fq_str_arg(endpoint));
    *ret_fd = fd;
    return 0;
}
