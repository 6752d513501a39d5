/* SPDX-License-Identifier: Apache-2.0 */
/* The copy of a ledger that is open: whole, private, one file, and a ledger again. */
#include <sys/stat.h>

#include "daemon/store/backup.h"
#include "tests/unit/store/rig.h"

static void backup_path(const struct rig *rig, const char *name, char ret[160])
{
    (void)snprintf(ret, 160, "%s/%s", rig->folder, name);
}

static void test_what_is_committed_is_in_it(void **state)
{
    struct rig *rig = *state;
    struct fq_backup done = { 0 };
    struct stat file = { 0 };
    char path[160], part[160];
    rig_create(rig, 1);
    rig_pay(rig, 1, "FQ1");
    rig_create(rig, 2);
    backup_path(rig, "copy", path);
    backup_path(rig, "copy.part", part);
    assert_int_equal(fq_store_backup(rig->path, path, &done), 0);
    assert_int_equal(done.n_payments, 2);
    assert_int_equal(done.last_seq, 2);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_size, done.size);
    assert_int_equal(file.st_mode & 0777, 0600);
    assert_int_equal(access(part, F_OK), -1);

    rig_create(rig, 3); /* the ledger goes on, the copy does not */
    rig_close(rig);
    assert_int_equal(rename(path, rig->path), 0);
    rig_remove(rig, "-wal");
    rig_remove(rig, "-shm");
    assert_int_equal(rig_open(rig), 0);
    FQ_CLEANUP(look) *first = rig_payment(rig, 1);
    FQ_CLEANUP(look) *third = rig_payment(rig, 3);
    assert_int_equal(first->read.ledger->payment.state, FQ_PAYMENT_PAID);
    assert_null(third->read.ledger);
    rig_create(rig, 3);
}

static void test_nothing_is_overwritten(void **state)
{
    const struct rig *rig = *state;
    struct fq_backup done = { 0 };
    char path[160];
    backup_path(rig, "copy", path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(fq_store_backup(rig->path, path, &done), FQ_BACKUP_E_EXISTS);
    assert_int_equal(fq_store_backup(rig->path, rig->path, &done), FQ_BACKUP_E_EXISTS);
    assert_int_equal(unlink(path), 0);
}

static void test_what_is_no_ledger(void **state)
{
    const struct rig *rig = *state;
    struct fq_backup done = { 0 };
    char absent[160], path[160];
    backup_path(rig, "absent", absent);
    backup_path(rig, "copy", path);
    assert_int_equal(fq_store_backup(absent, path, &done), FQ_BACKUP_E_ABSENT);
    assert_int_equal(fq_store_backup("/dev/null", path, &done), FQ_BACKUP_E_ABSENT);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
#define backup_test(function) cmocka_unit_test_setup_teardown(function, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        backup_test(test_what_is_committed_is_in_it),
        backup_test(test_nothing_is_overwritten),
        backup_test(test_what_is_no_ledger),
    };
    return cmocka_run_group_tests_name("store/backup", tests, NULL, NULL);
}
