/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing a ledger: one owner, migrations, strangers, views. */
#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/store/engine.h"
#include "daemon/store/migrate.h"
#include "tests/unit/store/rig.h"

static void test_a_ledger_has_one_owner(void **state)
{
    struct rig second = *(struct rig *)*state;
    second.store = NULL;
    assert_int_equal(rig_open(&second), FQ_STORE_E_LOCKED);
    assert_null(second.store);
}

/* Another name for the same file would be another log beside it. */
static void test_a_ledger_has_one_owner_under_all_its_names(void **state)
{
    struct rig second = *(struct rig *)*state;
    second.store = NULL;
    (void)snprintf(second.path, sizeof(second.path), "%s/other", second.folder);
    assert_int_equal(symlink("ledger", second.path), 0);
    assert_int_equal(rig_open(&second), FQ_STORE_E_LOCKED);
    assert_int_equal(unlink(second.path), 0);
    assert_int_equal(link(((struct rig *)*state)->path, second.path), 0);
    assert_int_equal(rig_open(&second), FQ_STORE_E_LOCKED);
    assert_int_equal(unlink(second.path), 0);
}

static void test_a_closed_ledger_can_be_opened_again(void **state)
{
    struct rig *rig = *state;
    rig_create(rig, 1);
    for (int i = 0; i < 3; i++) {
        rig_close(rig);
        assert_int_equal(rig_open(rig), 0);
    }
    FQ_CLEANUP(look) *look = rig_payment(rig, 1);
    assert_non_null(look->read.ledger);
}

static void test_closing_leaves_no_log_behind(void **state)
{
    struct rig *rig = *state;
    char log[160];
    (void)snprintf(log, sizeof(log), "%s-wal", rig->path);
    rig_create(rig, 1);
    assert_int_equal(access(log, F_OK), 0);
    rig_close(rig);
    assert_int_equal(access(log, F_OK), -1);
}

static void test_others_cannot_read_the_ledger(void **state)
{
    const struct rig *rig = *state;
    struct stat status;
    assert_int_equal(stat(rig->path, &status), 0);
    assert_int_equal(status.st_mode & 07, 0);
}

/* ---- the schema ---- */

static struct fq_engine *rig_engine(const struct rig *rig)
{
    struct fq_engine *engine = NULL;
    assert_int_equal(fq_engine_sqlite_open(rig->path, FQ_ENGINE_WRITE, &engine), 0);
    return engine;
}

static void test_migrating_twice_changes_nothing(void **state)
{
    struct rig *rig = *state;
    rig_close(rig);
    FQ_CLEANUP(fq_engine) *engine = rig_engine(rig);
    int64_t before = 0;
    int64_t after = 0;
    assert_int_equal(engine->calls->version(engine, &before), 0);
    assert_int_equal(fq_migrate(engine), 0);
    assert_int_equal(engine->calls->version(engine, &after), 0);
    assert_true(before > 0);
    assert_int_equal(before, after);
}

static void test_a_journal_without_its_payment_is_refused(void **state)
{
    struct rig *rig = *state;
    rig_close(rig);
    FQ_CLEANUP(fq_engine) *engine = rig_engine(rig);
    assert_true(engine->calls->script(engine, "INSERT INTO journal (payment_seq, n, at_ms, body, "
                                              "hash) VALUES (404, 1, 1, x'00', zeroblob(32))") < 0);
    assert_non_null(strstr(fq_trace(), "FOREIGN KEY"));
}

static void rig_make_newer(struct rig *rig)
{
    rig_close(rig);
    FQ_CLEANUP(fq_engine) *engine = rig_engine(rig);
    assert_int_equal(engine->calls->set_version(engine, 1000), 0);
}

static void test_a_newer_ledger_is_refused(void **state)
{
    struct rig *rig = *state;
    rig_make_newer(rig);
    assert_int_equal(rig_open(rig), FQ_STORE_E_NEWER);
}

static void test_a_refused_ledger_is_not_kept_locked(void **state)
{
    struct rig *rig = *state;
    rig_make_newer(rig);
    assert_int_equal(rig_open(rig), FQ_STORE_E_NEWER);
    assert_int_equal(rig_open(rig), FQ_STORE_E_NEWER);
}

static void test_another_programs_database_is_refused(void **state)
{
    struct rig *rig = *state;
    rig_close(rig);
    FQ_CLEANUP(fq_engine) *engine = rig_engine(rig);
    assert_int_equal(engine->calls->script(engine, "PRAGMA application_id = 7"), 0);
    fq_engine_free(FQ_TAKE(engine));
    assert_int_equal(rig_open(rig), -EBADMSG);
}

static void test_a_file_that_is_no_database_is_refused(void **state)
{
    struct rig *rig = *state;
    rig_close(rig);
    FILE *file = fopen(rig->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        assert_true(fputs("not a database ", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rig_open(rig), -EBADMSG);
}

static void test_a_missing_folder_is_a_fault(void **state)
{
    struct rig elsewhere = *(struct rig *)*state;
    (void)snprintf(elsewhere.path, sizeof(elsewhere.path), "%s/missing/ledger", elsewhere.folder);
    assert_int_equal(rig_open(&elsewhere), -ENOENT);
}

/* ---- views ---- */

static struct fq_store_view *rig_view(const struct rig *rig)
{
    struct fq_store_view *view = NULL;
    assert_int_equal(fq_store_view_open(rig->path, &view), 0);
    return view;
}

static void rig_view_finds(const struct rig *rig, int64_t seq)
{
    FQ_CLEANUP(fq_store_view) *view = rig_view(rig);
    FQ_CLEANUP(look) *look = look_new(FQ_READ_PAYMENT);
    look->read.seq = seq;
    assert_int_equal(fq_store_view_read(view, &look->read), 0);
    assert_non_null(look->read.ledger);
}

static void test_a_view_sees_while_the_store_runs(void **state)
{
    rig_create(*state, 1);
    rig_view_finds(*state, 1);
}

static void test_a_view_sees_when_no_store_runs(void **state)
{
    struct rig *rig = *state;
    rig_create(rig, 1);
    rig_close(rig);
    rig_view_finds(rig, 1);
}

static void test_a_view_does_not_stop_the_store(void **state)
{
    FQ_CLEANUP(fq_store_view) *view = rig_view(*state);
    rig_create(*state, 1);
    FQ_CLEANUP(look) *look = look_new(FQ_READ_PAYMENT);
    look->read.seq = 1;
    assert_int_equal(fq_store_view_read(view, &look->read), 0);
    assert_non_null(look->read.ledger);
}

static void test_a_view_of_a_newer_ledger_is_refused(void **state)
{
    struct rig *rig = *state;
    struct fq_store_view *view = NULL;
    rig_make_newer(rig);
    assert_int_equal(fq_store_view_open(rig->path, &view), FQ_STORE_E_NEWER);
}

static void test_a_view_creates_nothing(void **state)
{
    struct rig elsewhere = *(struct rig *)*state;
    struct fq_store_view *view = NULL;
    (void)snprintf(elsewhere.path, sizeof(elsewhere.path), "%s/none", elsewhere.folder);
    assert_int_equal(fq_store_view_open(elsewhere.path, &view), -ENOENT);
    assert_int_equal(access(elsewhere.path, F_OK), -1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
        TEST(test_a_ledger_has_one_owner),
        TEST(test_a_ledger_has_one_owner_under_all_its_names),
        TEST(test_a_closed_ledger_can_be_opened_again),
        TEST(test_closing_leaves_no_log_behind),
        TEST(test_others_cannot_read_the_ledger),
        TEST(test_migrating_twice_changes_nothing),
        TEST(test_a_journal_without_its_payment_is_refused),
        TEST(test_a_newer_ledger_is_refused),
        TEST(test_a_refused_ledger_is_not_kept_locked),
        TEST(test_another_programs_database_is_refused),
        TEST(test_a_file_that_is_no_database_is_refused),
        TEST(test_a_missing_folder_is_a_fault),
        TEST(test_a_view_sees_while_the_store_runs),
        TEST(test_a_view_sees_when_no_store_runs),
        TEST(test_a_view_does_not_stop_the_store),
        TEST(test_a_view_of_a_newer_ledger_is_refused),
        TEST(test_a_view_creates_nothing),
    };
    return cmocka_run_group_tests_name("store/open", tests, NULL, NULL);
}
