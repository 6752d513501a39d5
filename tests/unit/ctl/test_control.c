/* SPDX-License-Identifier: Apache-2.0 */
/* One question over a local socket: every kind of answer, and of none. */
#include "daemon/ctl/ctl.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/json.h"

static struct {
    char folder[64];
    char path[128];
    int listen_fd;
    pthread_t thread;
    bool is_serving;

    const char *answer; /* of the next connection; NULL: closed without one */
    size_t n_repeats;   /* of it */
    bool is_silent;     /* nothing is said, and nothing closed, until the client goes */
    char request[4096];
    size_t request_size;
} server;

static struct ctl ctl;
static FILE *hushed;

/* ---- the other side ---- */

/* The head, and as much of a body as it announces. */
static bool server_has_all(void)
{
    const char *end = strstr(server.request, "\r\n\r\n");
    const char *length = strstr(server.request, "Content-Length: ");
    return end != NULL && length != NULL && strlen(end + 4) >= strtoul(length + 16, NULL, 10);
}

static void *server_run(void *nothing)
{
    (void)nothing;
    int fd = accept(server.listen_fd, NULL, NULL);
    while (fd >= 0 && !server_has_all()) {
        ssize_t n = recv(fd, server.request + server.request_size,
                         sizeof(server.request) - 1 - server.request_size, 0);
        if (n <= 0)
            break;
        server.request_size += (size_t)n;
    }
    for (size_t i = 0; i < server.n_repeats && server.answer != NULL; i++) {
        if (send(fd, server.answer, strlen(server.answer), MSG_NOSIGNAL) < 0)
            break;
    }
    char byte = 0;
    while (server.is_silent && recv(fd, &byte, 1, 0) > 0)
        ;
    (void)close(fd);
    return NULL;
}

static void server_start(const char *answer)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, server.path, strlen(server.path));
    server.answer = answer;
    server.n_repeats = 1;
    server.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(server.listen_fd, (const struct sockaddr *)(const void *)&address, sizeof(address)),
        0);
    assert_int_equal(listen(server.listen_fd, 1), 0);
}

static void server_serve(void)
{
    assert_int_equal(pthread_create(&server.thread, NULL, server_run, NULL), 0);
    server.is_serving = true;
}

/* ---- set up ---- */

static int control_set_up(void **state)
{
    (void)state;
    memset(&server, 0, sizeof(server));
    server.listen_fd = -1;
    (void)snprintf(server.folder, sizeof(server.folder), "/tmp/fenqid-ctl-XXXXXX");
    if (mkdtemp(server.folder) == NULL)
        return -1;
    (void)snprintf(server.path, sizeof(server.path), "%s/control", server.folder);
    ctl = (struct ctl){ .arena = fq_arena_new((size_t)32 << 20) };
    ctl.values[CTL_CONTROL] = server.path;
    ctl.values[CTL_TIMEOUT] = "20";
    hushed = stderr;
    stderr = fopen("/dev/null", "we");
    return 0;
}

static int control_tear_down(void **state)
{
    (void)state;
    (void)fclose(stderr);
    stderr = hushed;
    if (server.is_serving)
        (void)pthread_join(server.thread, NULL);
    if (server.listen_fd >= 0)
        (void)close(server.listen_fd);
    fq_arena_free(ctl.arena);
    (void)unlink(server.path);
    return rmdir(server.folder);
}

static int control_ask(const char *answer, const struct fq_json **ret)
{
    server_start(answer);
    server_serve();
    return ctl_control(&ctl, "POST", "/v1/retry", fq_lit("{\"id\":\"p1\"}"), ret);
}

/* ---- tests ---- */

static void test_a_question_and_its_answer(void **state)
{
    const struct fq_json *said = NULL;
    (void)state;
    assert_int_equal(control_ask("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}", &said),
                     CTL_OK);
    assert_int_equal(fq_json_get_number(said, "a"), 1);
    assert_int_equal(pthread_join(server.thread, NULL), 0);
    server.is_serving = false;
    assert_memory_equal(server.request, "POST /v1/retry HTTP/1.1\r\n", 25);
    assert_non_null(strstr(server.request, "Connection: close\r\n"));
    assert_non_null(strstr(server.request, "Content-Length: 11\r\n"));
    assert_non_null(strstr(server.request, "\r\n\r\n{\"id\":\"p1\"}"));
}

static void test_a_refusal(void **state)
{
    const struct fq_json *said = NULL;
    (void)state;
    assert_int_equal(control_ask("HTTP/1.1 409 Conflict\r\n\r\n{\"error\":{\"reason\":\"PROVEN\","
                                 "\"text\":\"t\",\"next\":\"n\"}}",
                                 &said),
                     CTL_REFUSED);
}

static void test_a_mistake_of_ours(void **state)
{
    const struct fq_json *said = NULL;
    (void)state;
    assert_int_equal(control_ask("HTTP/1.1 400 Bad Request\r\n\r\n{\"error\":{}}", &said),
                     CTL_USAGE);
}

static void test_what_is_no_answer(void **state)
{
    static const char *const answers[] = {
        NULL,
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n{\"a\":",
        "HTTP/1.1 999 ?\r\n\r\n{}",
        "HTTP/1.0 200 OK\r\n\r\n{}",
        "HTTP/1.1 503 Service Unavailable\r\n\r\nplease try again in a moment\n",
        "SSH-2.0-OpenSSH\r\n\r\n{}",
    };
    (void)state;
    for (size_t i = 0; i < fq_array_size(answers); i++) {
        const struct fq_json *said = NULL;
        assert_int_equal(control_ask(answers[i], &said), CTL_NO_ANSWER);
        (void)pthread_join(server.thread, NULL);
        (void)close(server.listen_fd);
        (void)unlink(server.path);
        server.is_serving = false;
        server.listen_fd = -1;
        server.request_size = 0;
        memset(server.request, 0, sizeof(server.request));
    }
}

static void test_an_answer_without_end(void **state)
{
    const struct fq_json *said = NULL;
    (void)state;
    server_start("HTTP/1.1 200 OK\r\n\r\n                                                  ");
    server.n_repeats = 100000;
    server_serve();
    assert_int_equal(ctl_control(&ctl, "GET", "/v1/status", fq_lit(""), &said), CTL_NO_ANSWER);
}

static void test_silence(void **state)
{
    const struct fq_json *said = NULL;
    (void)state;
    server_start(NULL);
    server.is_silent = true;
    server_serve();
    ctl.values[CTL_TIMEOUT] = "1";
    assert_int_equal(ctl_control(&ctl, "GET", "/v1/status", fq_lit(""), &said), CTL_NO_ANSWER);
}

static void test_nobody_is_there(void **state)
{
    const struct fq_json *said = NULL;
    (void)state;
    assert_int_equal(ctl_control(&ctl, "GET", "/v1/status", fq_lit(""), &said), CTL_NO_ANSWER);
    server_start(NULL);
    (void)close(server.listen_fd); /* the file stays */
    server.listen_fd = -1;
    assert_int_equal(ctl_control(&ctl, "GET", "/v1/status", fq_lit(""), &said), CTL_NO_ANSWER);
}

static void test_a_path_that_no_socket_has(void **state)
{
    const struct fq_json *said = NULL;
    char path[256];
    (void)state;
    (void)snprintf(path, sizeof(path), "/%0200d", 0);
    ctl.values[CTL_CONTROL] = path;
    assert_int_equal(ctl_control(&ctl, "GET", "/v1/status", fq_lit(""), &said), CTL_USAGE);
}

static void test_a_configuration_without_a_socket(void **state)
{
    const struct fq_json *said = NULL;
    (void)state;
    ctl.values[CTL_CONTROL] = NULL;
    ctl.values[CTL_CONFIG] = "/nonexistent/fenqid.conf";
    assert_int_equal(ctl_control(&ctl, "GET", "/v1/status", fq_lit(""), &said), CTL_USAGE);
}

#define CONTROL_TEST(name) cmocka_unit_test_setup_teardown(name, control_set_up, control_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTROL_TEST(test_a_question_and_its_answer),
        CONTROL_TEST(test_a_refusal),
        CONTROL_TEST(test_a_mistake_of_ours),
        CONTROL_TEST(test_what_is_no_answer),
        CONTROL_TEST(test_an_answer_without_end),
        CONTROL_TEST(test_silence),
        CONTROL_TEST(test_nobody_is_there),
        CONTROL_TEST(test_a_path_that_no_socket_has),
        CONTROL_TEST(test_a_configuration_without_a_socket),
    };
    return cmocka_run_group_tests_name("ctl/control", tests, NULL, NULL);
}
