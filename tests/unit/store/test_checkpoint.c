/* SPDX-License-Identifier: Apache-2.0 */
/* Who moves the write-ahead log, and when: two engines that only pretend, then a real one. */
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "daemon/base/clock.h"
#include "daemon/store/checkpoint.h"
#include "daemon/store/migrate.h"
#include "daemon/store/transact.h"
#include "tests/unit/store/rig.h"

struct pretender {
    struct fq_engine engine;
    int log_pages;
    int pages_moved; /* what a checkpoint says */
    int result;
    bool breaks;
    atomic_int n_checkpoints;
    atomic_int n_restarts;
};

static struct pretender *pretender_of(struct fq_engine *engine)
{
    return fq_container_of(engine, struct pretender, engine);
}

static void pretender_close(struct fq_engine *engine)
{
    (void)engine;
}

static int pretender_log_pages(struct fq_engine *engine)
{
    return pretender_of(engine)->log_pages;
}

static int pretender_checkpoint(struct fq_engine *engine, bool restart, int *ret_pages_moved)
{
    struct pretender *pretender = pretender_of(engine);
    *ret_pages_moved = pretender->pages_moved;
    engine->disk_failed = pretender->breaks;
    (void)atomic_fetch_add(restart ? &pretender->n_restarts : &pretender->n_checkpoints, 1);
    return pretender->result;
}

static const struct fq_engine_calls pretender_calls = {
    .close = pretender_close,
    .log_pages = pretender_log_pages,
    .checkpoint = pretender_checkpoint,
};

static sem_t ended;

static void end_process(const char *why)
{
    (void)why;
    (void)sem_post(&ended);
}

struct stage {
    struct pretender writer;
    struct pretender mover;
    struct fq_checkpoint *checkpoint;
};

static int stage_set_up(void **state)
{
    struct stage *stage = fq_zalloc(sizeof(*stage));
    stage->writer.engine.calls = &pretender_calls;
    stage->mover.engine.calls = &pretender_calls;
    assert_int_equal(sem_init(&ended, 0, 0), 0);
    assert_int_equal(fq_checkpoint_new(&stage->mover.engine, end_process, &stage->checkpoint), 0);
    *state = stage;
    return 0;
}

static int stage_tear_down(void **state)
{
    struct stage *stage = *state;
    fq_checkpoint_free(stage->checkpoint);
    fq_free(stage);
    return 0;
}

static void stage_commit(struct stage *stage, int log_pages)
{
    stage->writer.log_pages = log_pages;
    fq_checkpoint_after_commit(stage->checkpoint, &stage->writer.engine);
}

/* Commits again and again, as a busy writer does, until the counter is there. */
static void stage_commit_until(struct stage *stage, int log_pages, atomic_int *counter, int n)
{
    int64_t until_ms = fq_clock_mono_ms() + RIG_PATIENCE;
    while (atomic_load(counter) < n) {
        assert_true(fq_clock_mono_ms() < until_ms);
        stage_commit(stage, log_pages);
        (void)sched_yield();
    }
}

static void test_a_short_log_is_left_alone(void **state)
{
    struct stage *stage = *state;
    stage_commit(stage, 4095);
    fq_checkpoint_free(FQ_TAKE(stage->checkpoint));
    assert_int_equal(stage->mover.n_checkpoints, 0);
    assert_int_equal(stage->writer.n_restarts, 0);
}

static void test_a_long_log_is_moved_by_the_thread(void **state)
{
    struct stage *stage = *state;
    stage_commit_until(stage, 4096, &stage->mover.n_checkpoints, 1);
    assert_int_equal(stage->writer.n_restarts, 0);
}

static void test_the_writer_moves_the_rest(void **state)
{
    struct stage *stage = *state;
    stage->mover.pages_moved = 4096;
    stage_commit_until(stage, 4096, &stage->mover.n_checkpoints, 1);
    stage_commit_until(stage, 5000, &stage->writer.n_restarts, 1);
    assert_int_equal(stage->writer.n_checkpoints, 0);
}

static void test_a_log_that_began_anew_is_left_alone(void **state)
{
    struct stage *stage = *state;
    stage->mover.pages_moved = 4096;
    stage_commit_until(stage, 5000, &stage->writer.n_restarts, 1);
    int before = stage->mover.n_checkpoints;
    stage_commit(stage, 10);
    fq_checkpoint_free(FQ_TAKE(stage->checkpoint));
    assert_int_equal(stage->mover.n_checkpoints, before);
    assert_int_equal(stage->writer.n_restarts, 1);
}

static void test_a_large_rest_is_the_threads_again(void **state)
{
    struct stage *stage = *state;
    stage->mover.pages_moved = 4096;
    stage_commit_until(stage, 4096 + 1024, &stage->mover.n_checkpoints, 2);
    assert_int_equal(stage->writer.n_restarts, 0);
}

static void test_a_log_at_its_limit_is_the_writers(void **state)
{
    struct stage *stage = *state;
    stage_commit(stage, 16384);
    assert_int_equal(stage->writer.n_restarts, 1);
}

static void test_a_held_log_is_not_tried_at_every_commit(void **state)
{
    struct stage *stage = *state;
    stage->writer.result = FQ_ENGINE_E_BUSY;
    stage_commit(stage, 16384);
    stage_commit(stage, 16384 + 1023);
    assert_int_equal(stage->writer.n_restarts, 1);
    stage_commit(stage, 16384 + 1024);
    assert_int_equal(stage->writer.n_restarts, 2);
}

static void test_a_broken_disk_ends_the_process(void **state)
{
    struct stage *stage = *state;
    stage->mover.breaks = true;
    stage->mover.result = -EIO;
    stage_commit(stage, 4096);
    assert_int_equal(sem_wait(&ended), 0);
}

static void test_a_real_log_begins_anew(void **state)
{
    struct rig *rig = *state;
    struct fq_engine *engine = NULL;
    int moved = 0;
    rig_close(rig);
    assert_int_equal(fq_engine_sqlite_open(rig->path, FQ_ENGINE_WRITE, &engine), 0);
    int before = 0;
    for (int64_t seq = 1; seq <= 20; seq++) {
        FQ_CLEANUP(deed) *deed = deed_create(seq);
        assert_int_equal(fq_transact(engine, fq_sha256_of2, &deed->tx.job), 0);
        assert_int_equal(deed->tx.result, 0);
        before = engine->calls->log_pages(engine);
    }
    assert_int_equal(engine->calls->checkpoint(engine, true, &moved), 0);
    assert_int_equal(moved, before);
    FQ_CLEANUP(deed) *deed = deed_create(21);
    assert_int_equal(fq_transact(engine, fq_sha256_of2, &deed->tx.job), 0);
    assert_true(engine->calls->log_pages(engine) < before);
    fq_engine_free(engine);
}

static void test_a_reader_holds_a_real_log(void **state)
{
    struct rig *rig = *state;
    struct fq_engine *engine = NULL;
    struct fq_engine *reader = NULL;
    int64_t version = 0;
    int moved = 0;
    rig_close(rig);
    assert_int_equal(fq_engine_sqlite_open(rig->path, FQ_ENGINE_WRITE, &engine), 0);
    FQ_CLEANUP(deed) *first = deed_create(1);
    FQ_CLEANUP(deed) *second = deed_create(2);
    assert_int_equal(fq_transact(engine, fq_sha256_of2, &first->tx.job), 0);
    assert_int_equal(fq_engine_sqlite_open(rig->path, FQ_ENGINE_READ, &reader), 0);
    assert_int_equal(reader->calls->begin(reader), 0);
    assert_int_equal(reader->calls->version(reader, &version), 0);
    assert_int_equal(fq_transact(engine, fq_sha256_of2, &second->tx.job), 0);
    assert_int_equal(engine->calls->checkpoint(engine, true, &moved), FQ_ENGINE_E_BUSY);
    reader->calls->rollback(reader);
    assert_int_equal(engine->calls->checkpoint(engine, true, &moved), 0);
    fq_engine_free(reader);
    fq_engine_free(engine);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)
        TEST(test_a_short_log_is_left_alone),
        TEST(test_a_long_log_is_moved_by_the_thread),
        TEST(test_the_writer_moves_the_rest),
        TEST(test_a_log_that_began_anew_is_left_alone),
        TEST(test_a_large_rest_is_the_threads_again),
        TEST(test_a_log_at_its_limit_is_the_writers),
        TEST(test_a_held_log_is_not_tried_at_every_commit),
        TEST(test_a_broken_disk_ends_the_process),
        cmocka_unit_test_setup_teardown(test_a_real_log_begins_anew, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_reader_holds_a_real_log, rig_set_up, rig_tear_down),
    };
    return cmocka_run_group_tests_name("store/checkpoint", tests, NULL, NULL);
}
