/* SPDX-License-Identifier: Apache-2.0 */
/* What a process that died left in the log goes to the disk once more before it is moved into the
 * ledger, or shown. Watched at the system calls: SQLite's are bound to those of this program. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "daemon/store/engine.h"
#include "tests/unit/store/rig.h"

#define LOG_MAX         ((size_t)1 << 20)
#define CHECKPOINT_LOCK 121 /* its byte in the -shm file */

/* Of one opening. */
static struct {
    const char *ledger; /* NULL: nobody watches */
    char log[176];
    unsigned char written[LOG_MAX]; /* which bytes of the log were */
    size_t log_size;
    size_t n_synced;       /* bytes of the log that were written and then synced */
    size_t n_moved;        /* writes to the ledger's own file */
    size_t n_moved_soon;   /* of them: while some of the log was not on the disk */
    bool is_checkpointing; /* somebody else */
} watch;

static bool watch_is(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

static void watch_write(int fd, size_t size, off_t offset)
{
    size_t at = (size_t)offset;
    if (watch.ledger == NULL)
        return;
    if (watch_is(fd, watch.log) && at + size <= LOG_MAX)
        memset(watch.written + at, 1, size);
    if (!watch_is(fd, watch.ledger))
        return;
    watch.n_moved++;
    watch.n_moved_soon += watch.n_synced < watch.log_size;
}

static void watch_sync(int fd)
{
    if (watch.ledger == NULL || !watch_is(fd, watch.log))
        return;
    watch.n_synced = 0;
    for (size_t i = 0; i < watch.log_size; i++)
        watch.n_synced += watch.written[i];
}

/* ---- the system calls ---- */

#define BOUND __attribute__((visibility("default")))

BOUND ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset);
BOUND ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset);
BOUND int fsync(int fd);
BOUND int fdatasync(int fd);
BOUND int fcntl(int fd, int command, ...);
BOUND int fcntl64(int fd, int command, ...);

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    watch_write(fd, size, offset);
    return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    return pwrite(fd, bytes, size, offset);
}

int fsync(int fd)
{
    watch_sync(fd);
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    watch_sync(fd);
    return (int)syscall(SYS_fdatasync, fd);
}

/* Recovery locks this byte, too, but others with it. */
static bool watch_refuses(int command, const void *argument)
{
    const struct flock *lock = argument;
    return watch.is_checkpointing && command == F_SETLK && lock->l_type == F_WRLCK &&
           lock->l_start == CHECKPOINT_LOCK && lock->l_len == 1;
}

int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (watch_refuses(command, argument)) {
        errno = EAGAIN;
        return -1;
    }
    return (int)syscall(SYS_fcntl, fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return fcntl(fd, command, argument);
}

/* ---- tests ---- */

static void rig_copy(const char *from, const char *to)
{
    static char bytes[LOG_MAX];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

/* Opens what a process has left that died just now. */
static void rig_take_over(struct rig *rig, bool is_checkpointing)
{
    char log[160], left[160];
    struct stat status;
    struct fq_engine *engine = NULL;
    rig_create(rig, 1);
    (void)snprintf(log, sizeof(log), "%s-wal", rig->path);
    (void)snprintf(left, sizeof(left), "%s/left", rig->folder);
    memset(&watch, 0, sizeof(watch));
    (void)snprintf(watch.log, sizeof(watch.log), "%s-wal", left);
    rig_copy(rig->path, left);
    rig_copy(log, watch.log);
    assert_int_equal(stat(watch.log, &status), 0);
    watch.log_size = (size_t)status.st_size;
    assert_in_range(watch.log_size, 1, LOG_MAX);

    watch.is_checkpointing = is_checkpointing;
    watch.ledger = left;
    int r = fq_engine_sqlite_open(left, FQ_ENGINE_WRITE, &engine);
    watch.ledger = NULL;
    watch.is_checkpointing = false;
    fq_engine_free(engine);
    assert_int_equal(unlink(left), 0);
    assert_int_equal(r, 0);
}

static void test_the_log_is_on_the_disk_before_it_is_moved(void **state)
{
    rig_take_over(*state, false);
    assert_true(watch.n_moved > 0);
    assert_int_equal(watch.n_moved_soon, 0);
}

/* It is read from: what is shown must not go with the power. */
static void test_a_log_that_cannot_be_moved_is_on_the_disk_too(void **state)
{
    rig_take_over(*state, true);
    assert_int_equal(watch.n_moved, 0);
    assert_int_equal(watch.n_synced, watch.log_size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_log_is_on_the_disk_before_it_is_moved, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_log_that_cannot_be_moved_is_on_the_disk_too,
                                        rig_set_up, rig_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
