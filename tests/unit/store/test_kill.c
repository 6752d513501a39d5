/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 in the middle of the work: what was told as committed is there afterwards. */
#include <signal.h>
#include <sys/wait.h>

#include "daemon/store/write.h"
#include "tests/unit/store/rig.h"

#define ROUNDS       3
#define IN_FLIGHT    8
#define TOLD_ENOUGH  60    /* then the child is killed */
#define PAYMENTS_MAX 20000 /* of one round */

static int telling_fd;

/* One of the child's: creates payments for ever, and tells of each that was committed. */
struct toil {
    struct rig *rig;
    struct deed *deed;
    int64_t seq;
};

static void toil_on(struct toil *toil);

static void toil_done(struct fq_tx *tx)
{
    struct toil *toil = tx->flow;
    if (tx->result != 0 || write(telling_fd, &toil->seq, sizeof(toil->seq)) < 0)
        _exit(1);
    deed_free(toil->deed);
    toil->seq += IN_FLIGHT;
    toil_on(toil);
}

static void toil_on(struct toil *toil)
{
    toil->deed = deed_create(toil->seq);
    toil->deed->tx.flow = toil;
    toil->deed->tx.done = toil_done;
    if (fq_store_transact(toil->rig->store, &toil->deed->tx) != 0)
        _exit(2);
}

static void toil_for_ever(const struct rig *parent, int64_t first_seq)
{
    struct rig rig = *parent;
    struct toil toils[IN_FLIGHT];
    rig.home = fq_home_new();
    if (rig_open(&rig) != 0)
        _exit(3);
    for (int64_t i = 0; i < IN_FLIGHT; i++) {
        toils[i] = (struct toil){ .rig = &rig, .seq = first_seq + i };
        toil_on(&toils[i]);
    }
    bool never = false;
    rig_wait(&rig, &never);
    _exit(4);
}

static size_t toil_kill(const struct rig *rig, int64_t first_seq, int64_t *told)
{
    int ends[2];
    size_t n = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        telling_fd = ends[1];
        toil_for_ever(rig, first_seq);
    }
    (void)close(ends[1]);
    /* Less than PIPE_BUF is written whole. */
    while (n < PAYMENTS_MAX && read(ends[0], &told[n], sizeof(told[n])) == sizeof(told[n])) {
        if (++n == TOLD_ENOUGH)
            assert_int_equal(kill(child, SIGKILL), 0);
    }
    (void)close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return n;
}

static void payment_is_whole(const struct rig *rig, int64_t seq)
{
    static const unsigned char none[FQ_DIGEST_SIZE];
    unsigned char head[FQ_DIGEST_SIZE];
    FQ_CLEANUP(look) *look = rig_payment(rig, seq);
    FQ_CLEANUP(look) *journal = look_new(FQ_READ_JOURNAL);
    assert_non_null(look->read.ledger);
    journal->read.seq = seq;
    journal->read.n_max = 2;
    assert_int_equal(rig_look(rig, journal), 0);
    assert_int_equal(journal->read.n_rows, 1);
    fq_write_journal_hash(fq_sha256_of2, none, journal->read.journal[0].body, head);
    assert_memory_equal(head, look->read.ledger->payment.journal_head, sizeof(head));
}

static void test_what_was_told_survives(void **state)
{
    struct rig *rig = *state;
    int64_t *told = fq_zalloc_array(PAYMENTS_MAX, sizeof(*told));
    for (int round = 0; round < ROUNDS; round++) {
        rig_close(rig);
        size_t n = toil_kill(rig, 1 + (int64_t)round * 1000000, told);
        assert_true(n >= TOLD_ENOUGH);
        assert_int_equal(rig_open(rig), 0);
        for (size_t i = 0; i < n; i++)
            payment_is_whole(rig, told[i]);
    }
    fq_free(told);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_told_survives, rig_set_up, rig_tear_down),
    };
    return cmocka_run_group_tests_name("store/kill", tests, NULL, NULL);
}
