/* SPDX-License-Identifier: Apache-2.0 */
/* The front's listening sockets: addresses, names, any of them, and what is none. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/io/front_listen.h"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Listens, and returns where. */
static union address listened(const char *endpoint, int *ret_fd)
{
    union address address = { .any.sa_family = AF_UNSPEC };
    socklen_t size = sizeof(address);
    int is_listening = 0;
    socklen_t flag_size = sizeof(is_listening);
    assert_int_equal(fq_front_listen(fq_str_of(endpoint), ret_fd), 0);
    assert_int_equal(getsockopt(*ret_fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &flag_size), 0);
    assert_int_equal(is_listening, 1);
    assert_int_equal(getsockname(*ret_fd, &address.any, &size), 0);
    return address;
}

static void an_address_and_a_port(void **state)
{
    (void)state;
    int fd = -1, other = -1;
    char endpoint[64];
    union address address = listened("tcp://127.0.0.1:0", &fd);
    assert_int_equal(address.v4.sin_family, AF_INET);
    assert_int_equal(address.v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    (void)snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1:%u", ntohs(address.v4.sin_port));
    assert_int_equal(fq_front_listen(fq_str_of(endpoint), &other), -EADDRINUSE);
    assert_non_null(strstr(fq_trace(), endpoint));
    assert_int_equal(close(fd), 0);
    address = listened(endpoint, &fd); /* free again */
    assert_int_equal(close(fd), 0);
}

static void any_address_any_port(void **state)
{
    (void)state;
    int fd = -1;
    union address address = listened("tcp://*:*", &fd);
    assert_int_equal(address.v4.sin_family, AF_INET);
    assert_int_equal(address.v4.sin_addr.s_addr, htonl(INADDR_ANY));
    assert_true(address.v4.sin_port != 0);
    assert_int_equal(close(fd), 0);
}

static void a_name(void **state)
{
    (void)state;
    int fd = -1;
    union address address = listened("tcp://localhost:0", &fd);
    assert_int_equal(address.v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_int_equal(close(fd), 0);
}

static void an_address_in_brackets(void **state)
{
    (void)state;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 loopback = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
    bool has_v6 = fd >= 0 && bind(fd, (const struct sockaddr *)&loopback, sizeof(loopback)) == 0;
    if (fd >= 0)
        (void)close(fd);
    if (!has_v6)
        skip();
    union address address = listened("tcp://[::1]:0", &fd);
    assert_int_equal(address.v6.sin6_family, AF_INET6);
    assert_memory_equal(&address.v6.sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback));
    assert_int_equal(close(fd), 0);
}

static void what_is_none(void **state)
{
    (void)state;
    static const char *const endpoints[] = { "tcp://nowhere", "tcp://", "tcp://127.0.0.1:x",
                                             "tcp://127.0.0.1:123456789", "tcp://300.0.0.1:0" };
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        int fd = -1;
        assert_true(fq_front_listen(fq_str_of(endpoints[i]), &fd) < 0);
        assert_non_null(strstr(fq_trace(), endpoints[i]));
        assert_int_equal(fd, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_and_a_port),
        cmocka_unit_test(any_address_any_port),
        cmocka_unit_test(a_name),
        cmocka_unit_test(an_address_in_brackets),
        cmocka_unit_test(what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
