/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the listening socket. libmicrohttpd could, but would not say what failed, and its switch
 * for SO_REUSEADDR sets SO_REUSEPORT too, with which a second daemon would quietly share the port.
 */
#include "daemon/io/web_listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/str.h"

#define LISTEN_BACKLOG 511

union listen_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool listen_parse(const char *text, union listen_address *ret)
{
    char host[INET6_ADDRSTRLEN + 2];
    int64_t port = 0;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof(host) ||
        fq_str_to_int64(fq_str_of(colon + 1), 0, UINT16_MAX, &port) != 0)
        return false;
    size_t size = (size_t)(colon - text);
    memcpy(host, text, size);
    host[size] = '\0';
    memset(ret, 0, sizeof(*ret));
    if (size > 2 && host[0] == '[' && host[size - 1] == ']') {
        host[size - 1] = '\0';
        ret->v6.sin6_family = AF_INET6;
        ret->v6.sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host + 1, &ret->v6.sin6_addr) == 1;
    }
    ret->v4.sin_family = AF_INET;
    ret->v4.sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1;
}

static bool listen_bind(int fd, union listen_address *address)
{
    const int on = 1;
    bool is_v6 = address->any.sa_family == AF_INET6;
    socklen_t size = is_v6 ? sizeof(address->v6) : sizeof(address->v4);
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
           (!is_v6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
           bind(fd, &address->any, size) == 0 && listen(fd, LISTEN_BACKLOG) == 0 &&
           getsockname(fd, &address->any, &size) == 0;
}

static uint16_t listen_port(const union listen_address *address)
{
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

int fq_web_listen(const char *address, int *ret_fd, uint16_t *ret_port)
{
    union listen_address parsed;
    if (!listen_parse(address, &parsed))
        return FQ_FAULT(-EINVAL, "web address \"%s\": must be 1.2.3.4:port or [1::2]:port",
                        address);
    int fd = socket(parsed.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return FQ_FAULT(-errno, "web address %s: cannot open a socket", address);
    if (!listen_bind(fd, &parsed)) {
        int code = -errno;
        (void)close(fd);
        return FQ_FAULT(code, "web address %s: cannot listen", address);
    }
    *ret_fd = fd;
    *ret_port = listen_port(&parsed);
    return 0;
}

int fq_web_adopt(int fd, uint16_t *ret_port)
{
    union listen_address address = { 0 };
    socklen_t size = sizeof(address);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || getsockname(fd, &address.any, &size) != 0) {
        int code = -errno;
        (void)close(fd);
        return FQ_FAULT(code, "the web's socket that was handed over cannot be used");
    }
    *ret_port = listen_port(&address);
    return 0;
}
