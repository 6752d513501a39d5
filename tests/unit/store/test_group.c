/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit: many transactions, one fate for the disk, each its own for its faults. The disk's
 * part is played here: SQLite's own calls of write and fsync pass through this program. */
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "daemon/store/migrate.h"
#include "daemon/store/transact.h"
#include "tests/unit/store/rig.h"

/* ---- the disk ---- */

static atomic_bool disk_is_full;
static atomic_bool disk_is_broken;
static atomic_int n_syncs;

__attribute__((visibility("default"))) ssize_t pwrite64(int fd, const void *bytes, size_t size,
                                                        off64_t offset)
{
    if (atomic_load(&disk_is_full)) {
        errno = ENOSPC;
        return -1;
    }
    return (ssize_t)syscall(SYS_pwrite64, fd, bytes, size, offset);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    (void)atomic_fetch_add(&n_syncs, 1);
    if (atomic_load(&disk_is_broken)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

/* ---- batches: whatever is asked while a first transaction holds the store thread ---- */

#define BATCH_N 12

struct batch {
    sem_t arrived;
    sem_t may_go;
    struct deed *holder;
    struct deed *deeds[BATCH_N];
};

static int decide_hold(struct fq_tx *tx)
{
    struct batch *batch = tx->flow;
    (void)sem_post(&batch->arrived);
    (void)sem_wait(&batch->may_go);
    return FQ_DECIDE_KEEP;
}

static void batch_begin(struct batch *batch, const struct rig *rig)
{
    assert_int_equal(sem_init(&batch->arrived, 0, 0), 0);
    assert_int_equal(sem_init(&batch->may_go, 0, 0), 0);
    batch->holder = deed_new(decide_hold);
    batch->holder->tx.flow = batch;
    assert_int_equal(fq_store_transact(rig->store, &batch->holder->tx), 0);
    (void)sem_wait(&batch->arrived);
    for (size_t i = 0; i < BATCH_N; i++)
        batch->deeds[i] = deed_create((int64_t)i + 1);
}

static void batch_ask(struct batch *batch, const struct rig *rig)
{
    for (size_t i = 0; i < BATCH_N; i++)
        assert_int_equal(fq_store_transact(rig->store, &batch->deeds[i]->tx), 0);
}

static void batch_end(struct batch *batch, const struct rig *rig)
{
    (void)sem_post(&batch->may_go);
    rig_wait(rig, &batch->holder->is_done);
    for (size_t i = 0; i < BATCH_N; i++)
        rig_wait(rig, &batch->deeds[i]->is_done);
}

static void batch_free(struct batch *batch)
{
    deed_free(batch->holder);
    for (size_t i = 0; i < BATCH_N; i++)
        deed_free(batch->deeds[i]);
}

static bool rig_has(const struct rig *rig, int64_t seq)
{
    FQ_CLEANUP(look) *look = rig_payment(rig, seq);
    return look->read.ledger != NULL;
}

static void test_many_share_one_fsync(void **state)
{
    struct batch batch;
    batch_begin(&batch, *state);
    batch_ask(&batch, *state);
    int before = atomic_load(&n_syncs);
    batch_end(&batch, *state);
    assert_int_equal(atomic_load(&n_syncs) - before, 1);
    for (size_t i = 0; i < BATCH_N; i++)
        assert_int_equal(batch.deeds[i]->tx.result, 0);
    batch_free(&batch);
}

static void test_each_is_told_once(void **state)
{
    struct batch batch;
    batch_begin(&batch, *state);
    batch_ask(&batch, *state);
    batch_end(&batch, *state);
    for (size_t i = 0; i < BATCH_N; i++)
        assert_int_equal(batch.deeds[i]->n_told, 1);
    batch_free(&batch);
}

static void test_one_fault_leaves_the_others(void **state)
{
    struct batch batch;
    batch_begin(&batch, *state);
    batch.deeds[4]->tx.decide = decide_fault;
    batch_ask(&batch, *state);
    batch_end(&batch, *state);
    for (size_t i = 0; i < BATCH_N; i++) {
        assert_int_equal(batch.deeds[i]->tx.result, i == 4 ? -EPROTO : 0);
        assert_int_equal(rig_has(*state, (int64_t)i + 1), i != 4);
    }
    assert_non_null(strstr(batch.deeds[4]->tx.trace, "a decision failed"));
    batch_free(&batch);
}

/* Its payment's row is written first, and then its key is taken. */
static void test_a_fault_halfway_takes_back_what_it_wrote(void **state)
{
    struct batch batch;
    batch_begin(&batch, *state);
    batch.deeds[3]->tx.idempotency_key = fq_lit("key");
    batch.deeds[4]->tx.idempotency_key = fq_lit("key");
    batch.deeds[4]->tx.decide = decide_create_blindly;
    batch_ask(&batch, *state);
    batch_end(&batch, *state);
    assert_int_equal(batch.deeds[4]->tx.result, -EEXIST);
    assert_true(rig_has(*state, 4));
    assert_false(rig_has(*state, 5));
    assert_true(rig_has(*state, 6));
    batch_free(&batch);
}

static int decide_create_with_bad_attempt(struct fq_tx *tx)
{
    int r = decide_create(tx);
    struct fq_ledger *ledger = tx->ledger;
    ledger->payment.n_attempts = 1;
    ledger->attempts[0] = (struct fq_attempt){
        .n = 1,
        .state = FQ_ATTEMPT_SENT,
        .order_number = fq_lit("FQ1"),
        .due_ms = -1, /* against a CHECK */
        .is_new = true,
    };
    return r;
}

static void test_a_broken_check_takes_back_its_payment(void **state)
{
    struct batch batch;
    batch_begin(&batch, *state);
    batch.deeds[4]->tx.decide = decide_create_with_bad_attempt;
    batch_ask(&batch, *state);
    batch_end(&batch, *state);
    assert_int_equal(batch.deeds[4]->tx.result, -ERANGE);
    assert_false(rig_has(*state, 5));
    assert_true(rig_has(*state, 4));
    assert_true(rig_has(*state, 6));
    batch_free(&batch);
}

static void test_later_ones_see_earlier_ones_of_the_batch(void **state)
{
    struct batch batch;
    batch_begin(&batch, *state);
    for (size_t i = 0; i < BATCH_N; i++)
        batch.deeds[i]->tx.idempotency_key = fq_lit("the same");
    batch_ask(&batch, *state);
    batch_end(&batch, *state);
    for (size_t i = 0; i < BATCH_N; i++) {
        assert_int_equal(batch.deeds[i]->tx.result, 0);
        assert_int_equal(batch.deeds[i]->tx.ledger->payment.seq, 1);
        assert_int_equal(rig_has(*state, (int64_t)i + 1), i == 0);
    }
    batch_free(&batch);
}

/* ---- waiting ---- */

static void test_more_than_may_wait_are_refused(void **state)
{
    const struct rig *rig = *state;
    struct batch batch;
    struct deed *waiting[RIG_WAITING];
    batch_begin(&batch, rig);
    for (size_t i = 0; i < RIG_WAITING; i++) {
        waiting[i] = deed_new(decide_keep);
        assert_int_equal(fq_store_transact(rig->store, &waiting[i]->tx), 0);
    }
    assert_int_equal(fq_store_transact(rig->store, &batch.deeds[0]->tx), FQ_STORE_E_BUSY);
    (void)sem_post(&batch.may_go);
    rig_wait(rig, &batch.holder->is_done);
    for (size_t i = 0; i < RIG_WAITING; i++) {
        rig_wait(rig, &waiting[i]->is_done);
        deed_free(waiting[i]);
    }
    assert_int_equal(batch.deeds[0]->n_told, 0);
    batch_free(&batch);
}

static void test_company_that_never_comes_is_not_waited_for(void **state)
{
    const struct rig *rig = *state;
    fq_store_expect(rig->store, 1);
    rig_create(rig, 1);
    assert_true(rig_has(rig, 1));
}

static void test_closing_runs_what_waits(void **state)
{
    struct rig *rig = *state;
    struct batch batch;
    batch_begin(&batch, rig);
    batch_ask(&batch, rig);
    (void)sem_post(&batch.may_go);
    rig_close(rig);
    for (size_t i = 0; i < BATCH_N; i++) {
        rig_wait(rig, &batch.deeds[i]->is_done);
        assert_int_equal(batch.deeds[i]->tx.result, 0);
    }
    batch_free(&batch);
    assert_int_equal(rig_open(rig), 0);
    assert_true(rig_has(rig, BATCH_N));
}

/* ---- a stale version ---- */

static struct fq_engine *rig_engine(struct rig *rig)
{
    struct fq_engine *engine = NULL;
    rig_close(rig);
    assert_int_equal(fq_engine_sqlite_open(rig->path, FQ_ENGINE_WRITE, &engine), 0);
    assert_int_equal(fq_migrate(engine), 0);
    return engine;
}

static int decide_return(struct fq_tx *tx)
{
    fq_move_returned(tx->ledger, RIG_NOW_MS);
    return FQ_DECIDE_WRITE;
}

/* Somebody else was faster: as it looks to a daemon that shares its ledger. */
static int decide_be_overtaken(struct fq_tx *tx)
{
    struct fq_engine *engine = tx->flow;
    FQ_TRY(engine->calls->script(engine, "UPDATE payment SET version = version + 1"));
    return decide_return(tx);
}

static void test_a_stale_version_is_not_written(void **state)
{
    struct rig *rig = *state;
    rig_create(rig, 1);
    rig_open_attempt(rig, 1, "FQ1");
    FQ_CLEANUP(fq_engine) *engine = rig_engine(rig);
    FQ_CLEANUP(deed) *deed = deed_new(decide_be_overtaken);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = 1;
    deed->tx.flow = engine;
    assert_int_equal(fq_transact(engine, fq_sha256_of2, &deed->tx.job), 0);
    assert_int_equal(deed->tx.result, -ESTALE);
}

/* ---- a full disk ---- */

/* A database that may not grow is SQLite's own way to say that the disk is full; as on a real one,
 * the whole transaction goes. */
static void test_a_full_disk_within_a_batch_fails_all_of_it(void **state)
{
    FQ_CLEANUP(fq_engine) *engine = rig_engine(*state);
    struct deed *deeds[64] = { NULL };
    for (size_t i = 0; i < fq_array_size(deeds); i++) {
        deeds[i] = deed_create((int64_t)i + 1);
        if (i > 0)
            deeds[i - 1]->tx.job.next = &deeds[i]->tx.job;
    }
    assert_int_equal(engine->calls->script(engine, "PRAGMA max_page_count = 1"), 0);
    assert_int_equal(fq_transact(engine, fq_sha256_of2, &deeds[0]->tx.job), 0);
    for (size_t i = 0; i < fq_array_size(deeds); i++)
        assert_int_equal(deeds[i]->tx.result, -ENOSPC);

    assert_int_equal(engine->calls->script(engine, "PRAGMA max_page_count = 10000"), 0);
    assert_int_equal(fq_transact(engine, fq_sha256_of2, &deeds[0]->tx.job), 0);
    for (size_t i = 0; i < fq_array_size(deeds); i++) {
        assert_int_equal(deeds[i]->tx.result, 0); /* none of them was there already */
        deed_free(deeds[i]);
    }
}

static void test_a_full_disk_at_commit_fails_all_and_passes(void **state)
{
    struct batch batch;
    batch_begin(&batch, *state);
    batch_ask(&batch, *state);
    atomic_store(&disk_is_full, true);
    batch_end(&batch, *state);
    atomic_store(&disk_is_full, false);
    for (size_t i = 0; i < BATCH_N; i++) {
        assert_int_equal(batch.deeds[i]->tx.result, -ENOSPC);
        assert_false(rig_has(*state, (int64_t)i + 1));
    }
    batch_free(&batch);
    rig_create(*state, 1);
    assert_true(rig_has(*state, 1));
}

/* ---- somebody's lock ---- */

static void test_somebodys_lock_fails_whoever_wants_to_write(void **state)
{
    const struct rig *rig = *state;
    FQ_CLEANUP(fq_engine) *other = NULL;
    assert_int_equal(fq_engine_sqlite_open(rig->path, FQ_ENGINE_WRITE, &other), 0);
    assert_int_equal(other->calls->begin(other), 0);
    struct deed *deed = deed_create(1);
    assert_int_equal(rig_do(rig, deed), -EBUSY);
    assert_false(deed->tx.has_written);
    assert_non_null(strstr(deed->tx.trace, "locked"));
    deed_free(deed);
    assert_false(rig_has(rig, 1)); /* reads are not held up */
    other->calls->rollback(other);
    deed = deed_create(1);
    assert_int_equal(rig_do(rig, deed), 0);
    assert_true(deed->tx.has_written);
    deed_free(deed);
    assert_true(rig_has(rig, 1));
}

/* ---- a broken disk ---- */

static void tell_nobody(struct fq_tx *tx)
{
    (void)tx;
    _exit(1);
}

/* In a child: the store ends its process with 77. */
static void break_disk(const struct rig *parent)
{
    struct rig rig = *parent;
    rig.home = fq_home_new();
    if (rig_open(&rig) != 0)
        _exit(2);
    rig_create(&rig, 3); /* it stands in the log */
    struct deed *deed = deed_create(2);
    deed->tx.done = tell_nobody;
    atomic_store(&disk_is_broken, true);
    if (fq_store_transact(rig.store, &deed->tx) != 0)
        _exit(3);
    bool never = false;
    rig_wait(&rig, &never);
    _exit(4);
}

static void test_a_failed_fsync_answers_nobody_and_ends_the_process(void **state)
{
    struct rig *rig = *state;
    rig_create(rig, 1);
    rig_close(rig);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        break_disk(rig);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 77);
    assert_int_equal(rig_open(rig), 0);
    assert_true(rig_has(rig, 1));
}

static off_t log_size(const struct rig *rig)
{
    struct stat about;
    char path[160];
    (void)snprintf(path, sizeof(path), "%s-wal", rig->path);
    return stat(path, &about) == 0 ? about.st_size : 0;
}

/* After a failed fsync the kernel shows pages that it will never write: whoever reads the log back
 * must not build upon it before all of it is in the ledger's own file, and synced. */
static void test_what_a_broken_disk_left_in_the_log_is_written_anew(void **state)
{
    struct rig *rig = *state;
    rig_create(rig, 1);
    rig_close(rig);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        break_disk(rig);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 77);
    assert_true(log_size(rig) > 0);
    FQ_CLEANUP(fq_engine) *engine = NULL;
    int n_before = atomic_load(&n_syncs);
    assert_int_equal(fq_engine_sqlite_open(rig->path, FQ_ENGINE_WRITE, &engine), 0);
    assert_int_equal(log_size(rig), 0);
    assert_true(atomic_load(&n_syncs) > n_before);
    fq_engine_free(FQ_TAKE(engine));
    assert_int_equal(rig_open(rig), 0);
    assert_true(rig_has(rig, 3));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
        TEST(test_many_share_one_fsync),
        TEST(test_each_is_told_once),
        TEST(test_one_fault_leaves_the_others),
        TEST(test_a_fault_halfway_takes_back_what_it_wrote),
        TEST(test_a_broken_check_takes_back_its_payment),
        TEST(test_later_ones_see_earlier_ones_of_the_batch),
        TEST(test_more_than_may_wait_are_refused),
        TEST(test_company_that_never_comes_is_not_waited_for),
        TEST(test_closing_runs_what_waits),
        TEST(test_a_stale_version_is_not_written),
        TEST(test_a_full_disk_within_a_batch_fails_all_of_it),
        TEST(test_a_full_disk_at_commit_fails_all_and_passes),
        TEST(test_somebodys_lock_fails_whoever_wants_to_write),
        TEST(test_a_failed_fsync_answers_nobody_and_ends_the_process),
        TEST(test_what_a_broken_disk_left_in_the_log_is_written_anew),
    };
    return cmocka_run_group_tests_name("store/group", tests, NULL, NULL);
}
