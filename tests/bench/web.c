/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP as a browser and a platform speak it: one connection, kept alive. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

void bench_web_open(struct bench_web *web, int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    web->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    web->n = 0;
    bench_check(web->fd >= 0);
    bench_check(connect(web->fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    bench_check(setsockopt(web->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
}

bool bench_web_is_closed(const struct bench_web *web)
{
    char byte;
    ssize_t n = recv(web->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN);
}

void bench_web_send(struct bench_web *web, const char *method, const char *path, const char *body)
{
    char text[16384];
    int n = snprintf(text, sizeof(text),
                     "%s %s HTTP/1.1\r\nHost: pay.example.com\r\nUser-Agent: Mozilla/5.0 (X11; "
                     "Linux x86_64) Bench/1.0\r\nAccept: */*\r\n"
                     "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     method, path, strlen(body), body);
    bench_check(n > 0 && (size_t)n < sizeof(text));
    bench_check(send(web->fd, text, (size_t)n, MSG_NOSIGNAL) == n);
    web->n = 0;
}

static const char *web_header(const char *head, const char *name)
{
    for (const char *line = head; line != NULL; line = strstr(line, "\r\n")) {
        line += strncmp(line, "\r\n", 2) == 0 ? 2 : 0;
        if (strncasecmp(line, name, strlen(name)) == 0)
            return line + strlen(name);
    }
    return NULL;
}

bool bench_web_read(struct bench_web *web, int *ret_status, char *ret_location, size_t size)
{
    ssize_t n = recv(web->fd, web->bytes + web->n, sizeof(web->bytes) - 1 - web->n, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    bench_check(n > 0);
    web->n += (size_t)n;
    web->bytes[web->n] = '\0';
    char *end = strstr(web->bytes, "\r\n\r\n");
    if (end == NULL)
        return false;
    const char *length = web_header(web->bytes, "Content-Length:");
    size_t n_body = length != NULL ? strtoul(length, NULL, 10) : 0;
    if (web->n < (size_t)(end + 4 - web->bytes) + n_body)
        return false;
    bench_check(sscanf(web->bytes, "HTTP/1.1 %d", ret_status) == 1);
    const char *location = web_header(web->bytes, "Location: ");
    ret_location[0] = '\0';
    if (location != NULL)
        (void)snprintf(ret_location, size, "%.*s", (int)strcspn(location, "\r"), location);
    return true;
}
