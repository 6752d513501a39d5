/* SPDX-License-Identifier: Apache-2.0 */
/* Reads: ledgers, journal, events, keys; of committed data only. */
#include <semaphore.h>

#include "daemon/store/write.h"
#include "tests/unit/store/rig.h"

/* ---- ledgers ---- */

static void test_no_such_payment(void **state)
{
    FQ_CLEANUP(look) *look = rig_payment(*state, 404);
    assert_null(look->read.ledger);
}

static void test_refunds_come_newest_first(void **state)
{
    rig_create(*state, 1);
    rig_pay(*state, 1, "FQ1");
    rig_refund(*state, 1, "FR1");
    rig_refund(*state, 1, "FR2");
    FQ_CLEANUP(look) *look = rig_payment(*state, 1);
    assert_int_equal(look->read.ledger->n_refunds_loaded, 2);
    assert_int_equal(look->read.ledger->refunds[0].n, 2);
    assert_int_equal(look->read.ledger->refunds[1].n, 1);
    assert_int_equal(look->read.ledger->payment.refund_counted_minor, 200);
}

static void test_an_order_shows_its_newest_payment(void **state)
{
    for (int64_t seq = 1; seq <= 3; seq++) {
        FQ_CLEANUP(deed) *deed = deed_create(seq);
        deed->tx.merchant_order_id = seq < 3 ? fq_lit("o-1") : fq_lit("o-2");
        assert_int_equal(rig_do(*state, deed), 0);
    }
    FQ_CLEANUP(look) *look = look_new(FQ_READ_BY_ORDER);
    look->read.merchant_id = fq_lit("m-1");
    look->read.merchant_order_id = fq_lit("o-1");
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.ledger->payment.seq, 2);
}

static void test_another_merchants_order_is_not_found(void **state)
{
    FQ_CLEANUP(deed) *deed = deed_create(1);
    deed->tx.merchant_order_id = fq_lit("o-1");
    assert_int_equal(rig_do(*state, deed), 0);
    FQ_CLEANUP(look) *look = look_new(FQ_READ_BY_ORDER);
    look->read.merchant_id = fq_lit("m-2");
    look->read.merchant_order_id = fq_lit("o-1");
    assert_int_equal(rig_look(*state, look), 0);
    assert_null(look->read.ledger);
}

static void test_a_key_shows_what_it_stands_for(void **state)
{
    FQ_CLEANUP(deed) *deed = deed_create(7);
    deed->tx.idempotency_key = fq_lit("key");
    assert_int_equal(rig_do(*state, deed), 0);
    FQ_CLEANUP(look) *look = look_new(FQ_READ_IDEMPOTENT);
    look->read.merchant_id = fq_lit("m-1");
    look->read.idempotency_key = fq_lit("key");
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.known.kind, FQ_IDEMPOTENT_PAYMENT);
    assert_int_equal(look->read.ledger->payment.seq, 7);
}

static void test_an_unknown_key_stands_for_nothing(void **state)
{
    FQ_CLEANUP(look) *look = look_new(FQ_READ_IDEMPOTENT);
    look->read.merchant_id = fq_lit("m-1");
    look->read.idempotency_key = fq_lit("key");
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.known.kind, FQ_IDEMPOTENT_NONE);
}

static void test_an_unset_kind_is_a_fault(void **state)
{
    FQ_CLEANUP(look) *look = look_new(FQ_READ_UNSET);
    assert_int_equal(rig_look(*state, look), -EINVAL);
}

/* ---- many refunds ---- */

static void rig_refund_often(const struct rig *rig, int n)
{
    rig_create(rig, 1);
    rig_pay(rig, 1, "FQ1");
    for (int i = 1; i <= n; i++) {
        char number[16];
        (void)snprintf(number, sizeof(number), "FR%d", i);
        rig_refund(rig, 1, number);
    }
}

static void test_a_refund_is_read_alone_however_old_it_is(void **state)
{
    rig_refund_often(*state, 103);
    FQ_CLEANUP(look) *look = look_new(FQ_READ_PAYMENT);
    look->read.seq = 1;
    look->read.refund_n = 2;
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.ledger->n_refunds_loaded, 1);
    assert_int_equal(look->read.ledger->refunds[0].n, 2);
    assert_int_equal(look->read.ledger->payment.n_refunds, 103);
}

static void test_of_many_refunds_the_newest_are_read(void **state)
{
    rig_refund_often(*state, 103);
    FQ_CLEANUP(look) *look = rig_payment(*state, 1);
    assert_int_equal(look->read.ledger->n_refunds_loaded, 100);
    assert_int_equal(look->read.ledger->refunds[0].n, 103);
    assert_int_equal(look->read.ledger->refunds[99].n, 4);
}

/* ---- the journal ---- */

static struct look *rig_journal(const struct rig *rig, int64_t from, uint32_t n_max)
{
    struct look *look = look_new(FQ_READ_JOURNAL);
    look->read.seq = 1;
    look->read.from = from;
    look->read.n_max = n_max;
    assert_int_equal(rig_look(rig, look), 0);
    return look;
}

/* The number of the first entry that does not follow from those before it; 0: all do, and the last
 * is the payment's head. */
static int64_t journal_verify(const struct fq_read *journal, const struct fq_payment *payment)
{
    unsigned char head[FQ_DIGEST_SIZE] = { 0 };
    for (uint32_t i = 0; i < journal->n_rows; i++) {
        const struct fq_journal_row *row = &journal->journal[i];
        fq_write_journal_hash(fq_sha256_of2, head, row->body, head);
        if (row->n != (int64_t)i + 1 || memcmp(head, row->hash, sizeof(head)) != 0)
            return (int64_t)i + 1;
    }
    bool is_whole = payment->n_journal == (int64_t)journal->n_rows &&
                    memcmp(head, payment->journal_head, sizeof(head)) == 0;
    return is_whole ? 0 : payment->n_journal;
}

static void test_the_journal_is_a_chain(void **state)
{
    rig_create(*state, 1);
    rig_pay(*state, 1, "FQ1");
    FQ_CLEANUP(look) *journal = rig_journal(*state, 1, 10);
    FQ_CLEANUP(look) *look = rig_payment(*state, 1);
    assert_int_equal(journal->read.n_rows, 3);
    assert_int_equal(journal->read.journal[2].at_ms, RIG_NOW_MS);
    assert_int_equal(journal_verify(&journal->read, &look->read.ledger->payment), 0);
}

static void test_a_hash_covers_length_and_predecessor(void **state)
{
    (void)state;
    /* SHA-256 of 32 zeroes, 00 00 00 00 00 00 00 03, "abc". */
    static const unsigned char previous[FQ_DIGEST_SIZE];
    unsigned char hash[FQ_DIGEST_SIZE];
    char hex[2 * FQ_DIGEST_SIZE + 1];
    fq_write_journal_hash(fq_sha256_of2, previous, fq_lit("abc"), hash);
    fq_hex(hash, sizeof(hash), hex);
    assert_string_equal(hex, "8a295b0cbf1f5a594280696ad7707164e2b8beb0e614ad52bc7d78ff8ac12a82");
}

static void test_a_changed_journal_breaks_the_chain(void **state)
{
    rig_create(*state, 1);
    rig_pay(*state, 1, "FQ1");
    FQ_CLEANUP(look) *journal = rig_journal(*state, 1, 10);
    FQ_CLEANUP(look) *look = rig_payment(*state, 1);
    journal->read.journal[1].body.len--;
    assert_int_equal(journal_verify(&journal->read, &look->read.ledger->payment), 2);
}

static void test_a_shortened_journal_misses_the_head(void **state)
{
    rig_create(*state, 1);
    rig_pay(*state, 1, "FQ1");
    FQ_CLEANUP(look) *journal = rig_journal(*state, 1, 2);
    FQ_CLEANUP(look) *look = rig_payment(*state, 1);
    assert_int_equal(journal_verify(&journal->read, &look->read.ledger->payment), 3);
}

static void test_the_journal_is_read_in_parts(void **state)
{
    rig_create(*state, 1);
    rig_pay(*state, 1, "FQ1");
    FQ_CLEANUP(look) *journal = rig_journal(*state, 2, 1);
    assert_int_equal(journal->read.n_rows, 1);
    assert_int_equal(journal->read.journal[0].n, 2);
}

/* ---- events ---- */

static struct look *rig_events(const struct rig *rig, struct fq_str merchant, int64_t from,
                               uint32_t n_max)
{
    struct look *look = look_new(FQ_READ_EVENTS);
    look->read.merchant_id = merchant;
    look->read.from = from;
    look->read.n_max = n_max;
    assert_int_equal(rig_look(rig, look), 0);
    return look;
}

static void rig_create_events(const struct rig *rig)
{
    static const char *const numbers[] = { "FQ1", "FQ2", "FQ3" };
    for (int64_t seq = 1; seq <= 3; seq++) {
        FQ_CLEANUP(deed) *deed = deed_create(seq);
        deed->tx.merchant_id = seq == 2 ? fq_lit("m-2") : fq_lit("m-1");
        assert_int_equal(rig_do(rig, deed), 0);
        rig_pay(rig, seq, numbers[seq - 1]);
    }
}

static void test_events_have_cursors_of_their_merchant(void **state)
{
    rig_create_events(*state);
    FQ_CLEANUP(look) *first = rig_events(*state, fq_lit("m-1"), 0, 10);
    FQ_CLEANUP(look) *second = rig_events(*state, fq_lit("m-2"), 0, 10);
    assert_int_equal(first->read.n_rows, 2);
    assert_int_equal(first->read.events[0].cursor, 1);
    assert_int_equal(first->read.events[0].seq, 1);
    assert_int_equal(first->read.events[1].cursor, 2);
    assert_int_equal(first->read.events[1].seq, 3);
    assert_int_equal(second->read.n_rows, 1);
    assert_int_equal(second->read.events[0].cursor, 1);
}

static void test_an_event_tells_all(void **state)
{
    rig_create_events(*state);
    FQ_CLEANUP(look) *look = rig_events(*state, fq_lit("m-2"), 0, 10);
    const struct fq_event_row *event = &look->read.events[0];
    assert_int_equal(event->secret[0], 2);
    assert_int_equal(event->kind, FQ_EVENT_PAYMENT_PAID);
    assert_int_equal(event->refund_n, 0);
    assert_int_equal(event->at_ms, RIG_NOW_MS);
    assert_int_equal(event->payment_version, 3);
}

static void test_events_go_on_behind_a_cursor(void **state)
{
    rig_create_events(*state);
    FQ_CLEANUP(look) *rest = rig_events(*state, fq_lit("m-1"), 1, 10);
    assert_int_equal(rest->read.n_rows, 1);
    assert_int_equal(rest->read.events[0].cursor, 2);
    FQ_CLEANUP(look) *end = rig_events(*state, fq_lit("m-1"), 2, 10);
    assert_int_equal(end->read.n_rows, 0);
}

/* ---- committed data only ---- */

static sem_t arrived;
static sem_t may_go;

static int decide_and_wait(struct fq_tx *tx)
{
    (void)tx;
    (void)sem_post(&arrived);
    (void)sem_wait(&may_go);
    return FQ_DECIDE_KEEP;
}

static void test_what_is_not_committed_is_not_seen(void **state)
{
    const struct rig *rig = *state;
    assert_int_equal(sem_init(&arrived, 0, 0), 0);
    assert_int_equal(sem_init(&may_go, 0, 0), 0);
    /* While the first holds the store thread, the others gather behind it: one commit. */
    FQ_CLEANUP(deed) *holder = deed_new(decide_and_wait);
    FQ_CLEANUP(deed) *writer = deed_create(1);
    FQ_CLEANUP(deed) *waiter = deed_new(decide_and_wait);
    assert_int_equal(fq_store_transact(rig->store, &holder->tx), 0);
    (void)sem_wait(&arrived);
    assert_int_equal(fq_store_transact(rig->store, &writer->tx), 0);
    assert_int_equal(fq_store_transact(rig->store, &waiter->tx), 0);
    (void)sem_post(&may_go);
    (void)sem_wait(&arrived);

    FQ_CLEANUP(look) *before = rig_payment(rig, 1);
    assert_null(before->read.ledger);
    assert_false(writer->is_done);

    (void)sem_post(&may_go);
    rig_wait(rig, &holder->is_done);
    rig_wait(rig, &waiter->is_done);
    assert_true(writer->is_done);
    FQ_CLEANUP(look) *after = rig_payment(rig, 1);
    assert_non_null(after->read.ledger);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
        TEST(test_no_such_payment),
        TEST(test_refunds_come_newest_first),
        TEST(test_an_order_shows_its_newest_payment),
        TEST(test_another_merchants_order_is_not_found),
        TEST(test_a_key_shows_what_it_stands_for),
        TEST(test_an_unknown_key_stands_for_nothing),
        TEST(test_an_unset_kind_is_a_fault),
        TEST(test_a_refund_is_read_alone_however_old_it_is),
        TEST(test_of_many_refunds_the_newest_are_read),
        TEST(test_the_journal_is_a_chain),
        cmocka_unit_test(test_a_hash_covers_length_and_predecessor),
        TEST(test_a_changed_journal_breaks_the_chain),
        TEST(test_a_shortened_journal_misses_the_head),
        TEST(test_the_journal_is_read_in_parts),
        TEST(test_events_have_cursors_of_their_merchant),
        TEST(test_an_event_tells_all),
        TEST(test_events_go_on_behind_a_cursor),
        TEST(test_what_is_not_committed_is_not_seen),
    };
    return cmocka_run_group_tests_name("store/read", tests, NULL, NULL);
}
