/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP in over a local socket: whose file it is, who may connect, who has. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/io/web_local.h"
#include "tests/unit/io/web_rig.h"

static char folder[64];
static char path[256];

/* In place of the fixture's own. */
static int local_open(struct fixture *f, uint32_t mode)
{
    const struct fq_web_conf conf = {
        .local_path = path,
        .local_mode = mode,
        .body_size_max = BODY_SIZE_MAX,
        .n_connections_max = 16,
        .answer_within_ms = ANSWER_WITHIN_MS,
        .home = f->home,
        .ctx = f,
        .on_request = fixture_on_request,
    };
    fq_web_free(FQ_TAKE(f->web));
    return fq_web_open(&conf, &f->web);
}

static int local_set_up(void **state)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/fenqid-local-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/control", folder);
    return fixture_set_up(state);
}

static int local_tear_down(void **state)
{
    int r = fixture_tear_down(state);
    (void)unlink(path);
    return r == 0 ? rmdir(folder) : r;
}

static struct sockaddr_un local_address(const char *where)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    assert_true(strlen(where) < sizeof(address.sun_path));
    memcpy(address.sun_path, where, strlen(where));
    return address;
}

static int local_connect(void)
{
    const struct sockaddr_un address = local_address(path);
    const struct timeval wait = { .tv_sec = WAIT_MS / 1000 };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)),
                     0);
    return fd;
}

/* A socket of a process that is gone. */
static void local_leave_stale(void)
{
    const struct sockaddr_un address = local_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)), 0);
    (void)close(fd);
}

static struct stat local_stat(void)
{
    struct stat status = { 0 };
    assert_int_equal(lstat(path, &status), 0);
    return status;
}

/* ---- tests ---- */

static void test_a_request_goes_in_and_its_answer_out(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(local_open(f, 0660), 0);
    int fd = local_connect();
    client_send(fd, fq_lit("POST /v1/resolve HTTP/1.1\r\nHost: fenqid\r\n"
                           "X-Forwarded-For: 198.51.100.7\r\nContent-Length: 2\r\n\r\n{}"));
    struct fq_web_exchange *exchange = loop_wait(f, 1);
    assert_str_equal(exchange->path, "/v1/resolve");
    assert_str_equal(exchange->body, "{}");
    assert_int_equal(exchange->peer_uid, getuid());
    assert_int_equal(exchange->peer_pid, getpid());
    assert_int_equal(exchange->peer.len, 0);
    loop_answer(exchange, 200, fq_lit("answer"));
    assert_contains(client_read_close(f, fd), "\r\n\r\nanswer");
}

static void test_the_mode_does_not_depend_on_umask(void **state)
{
    struct fixture *f = *state;
    mode_t before = umask(0077);
    assert_int_equal(local_open(f, 0660), 0);
    assert_int_equal(local_stat().st_mode & 07777, 0660);
    (void)umask(0);
    assert_int_equal(local_open(f, 0600), 0);
    assert_int_equal(local_stat().st_mode & 07777, 0600);
    (void)umask(before);
}

static void test_a_dead_processs_socket_is_replaced(void **state)
{
    struct fixture *f = *state;
    local_leave_stale();
    assert_int_equal(local_open(f, 0660), 0);
    (void)close(local_connect());
}

static void test_a_living_ones_is_not(void **state)
{
    struct fixture *f = *state;
    const struct sockaddr_un address = local_address(path);
    int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(other, (const struct sockaddr *)(const void *)&address, sizeof(address)),
                     0);
    assert_int_equal(listen(other, 1), 0);
    ino_t before = local_stat().st_ino;
    assert_int_equal(local_open(f, 0660), -EADDRINUSE);
    assert_non_null(strstr(fq_trace(), path));
    assert_int_equal(local_stat().st_ino, before);
    (void)close(other);
}

static void test_another_file_of_that_name_stays(void **state)
{
    struct fixture *f = *state;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(local_open(f, 0660), -EEXIST);
    assert_true(S_ISREG(local_stat().st_mode));
}

static void test_a_path_that_is_too_long_or_leads_nowhere(void **state)
{
    struct fixture *f = *state;
    (void)snprintf(path, sizeof(path), "%s/%0100d", folder, 0);
    assert_int_equal(local_open(f, 0660), -ENAMETOOLONG);
    (void)snprintf(path, sizeof(path), "%s/none/control", folder);
    assert_int_equal(local_open(f, 0660), -ENOENT);
}

static void test_in_the_end_its_file_is_gone(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(local_open(f, 0660), 0);
    fq_web_free(FQ_TAKE(f->web));
    assert_int_equal(access(path, F_OK), -1);
}

static void test_but_not_a_successors(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(local_open(f, 0660), 0);
    assert_int_equal(unlink(path), 0);
    local_leave_stale();
    fq_web_free(FQ_TAKE(f->web));
    assert_int_equal(access(path, F_OK), 0);
}

#define LOCAL_TEST(name) cmocka_unit_test_setup_teardown(name, local_set_up, local_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL_TEST(test_a_request_goes_in_and_its_answer_out),
        LOCAL_TEST(test_the_mode_does_not_depend_on_umask),
        LOCAL_TEST(test_a_dead_processs_socket_is_replaced),
        LOCAL_TEST(test_a_living_ones_is_not),
        LOCAL_TEST(test_another_file_of_that_name_stays),
        LOCAL_TEST(test_a_path_that_is_too_long_or_leads_nowhere),
        LOCAL_TEST(test_in_the_end_its_file_is_gone),
        LOCAL_TEST(test_but_not_a_successors),
    };
    return cmocka_run_group_tests_name("io/web_local", tests, NULL, NULL);
}
