/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions on one payment: what goes in comes out, keys, lookups, versions. */
#include "tests/unit/store/rig.h"

/* ---- every column ---- */

/* Compares a slice and blanks it on both sides; what is left is compared as bytes. */
static void same_text(struct fq_str *a, struct fq_str *b)
{
    assert_int_equal(a->len, b->len);
    if (a->len > 0)
        assert_memory_equal(a->ptr, b->ptr, a->len);
    *a = (struct fq_str){ NULL, 0 };
    *b = (struct fq_str){ NULL, 0 };
}

static void same_payment(struct fq_payment *a, struct fq_payment *b)
{
    same_text(&a->merchant_id, &b->merchant_id);
    same_text(&a->merchant_order_id, &b->merchant_order_id);
    same_text(&a->channel, &b->channel);
    same_text(&a->subject, &b->subject);
    same_text(&a->return_url, &b->return_url);
    same_text(&a->buyer_ip, &b->buyer_ip);
    same_text(&a->buyer_user_agent, &b->buyer_user_agent);
    same_text(&a->traceparent, &b->traceparent);
    same_text(&a->quote, &b->quote);
    same_text(&a->issuer, &b->issuer);
    same_text(&a->payer, &b->payer);
    same_text(&a->buyer, &b->buyer);
    same_text(&a->platform_ref, &b->platform_ref);
    assert_memory_equal(a, b, sizeof(*a));
}

static void same_attempt(struct fq_attempt *a, struct fq_attempt *b)
{
    same_text(&a->order_number, &b->order_number);
    same_text(&a->platform_ref, &b->platform_ref);
    same_text(&a->platform_code, &b->platform_code);
    same_text(&a->platform_text, &b->platform_text);
    same_text(&a->memory, &b->memory);
    same_text(&a->action_text, &b->action_text);
    a->is_new = a->is_dirty = false;
    assert_memory_equal(a, b, sizeof(*a));
}

static void same_refund(struct fq_refund *a, struct fq_refund *b)
{
    same_text(&a->number, &b->number);
    same_text(&a->reason, &b->reason);
    same_text(&a->platform_code, &b->platform_code);
    same_text(&a->platform_text, &b->platform_text);
    same_text(&a->memory, &b->memory);
    a->is_new = a->is_dirty = false;
    assert_memory_equal(a, b, sizeof(*a));
}

static void same_ledger(const struct rig *rig, struct fq_ledger *written)
{
    FQ_CLEANUP(look) *look = rig_payment(rig, written->payment.seq);
    struct fq_ledger *found = look->read.ledger;
    assert_non_null(found);
    same_payment(&written->payment, &found->payment);
    for (uint32_t i = 0; i < written->payment.n_attempts; i++)
        same_attempt(&written->attempts[i], &found->attempts[i]);
    assert_int_equal(found->n_refunds_loaded, written->n_refunds_loaded);
    for (uint32_t i = 0; i < written->n_refunds_loaded; i++)
        same_refund(&written->refunds[i], &found->refunds[i]);
}

/* No two values alike, none zero, so that no column can be missing or stand for another. */
static void fill_payment_fixed(struct fq_payment *payment)
{
    payment->seq = INT64_C(0x7000000000000001);
    memset(payment->secret, 0xa5, sizeof(payment->secret));
    payment->merchant_id = fq_lit("m-1");
    payment->merchant_order_id = fq_lit("order 1");
    payment->created_ms = RIG_NOW_MS + 1;
    payment->issuer = fq_lit("cmb");
    payment->nominal_annual_bp = 1357;
    payment->effective_annual_bp = 1444;
    payment->simple_annual_bp = 750;
    memset(payment->texts_digest, 0x5a, sizeof(payment->texts_digest));
    payment->identity_asked = true;
    payment->buyer = fq_lit("0123456789abcdef");
    payment->traceparent = fq_lit("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    payment->is_counted = true;
}

static void fill_payment(struct fq_payment *payment, int64_t base)
{
    payment->channel = base > 0 ? fq_lit("alipay-cn") : fq_lit("unionpay");
    payment->subject = base > 0 ? fq_lit("手机") : fq_lit("电脑");
    payment->amount = (struct fq_money){ base + 900000, "CNY", 2 };
    payment->return_url = base > 0 ? fq_lit("https://shop.example/a") : fq_lit("https://b.example");
    payment->buyer_ip = base > 0 ? fq_lit("192.0.2.1") : fq_lit("2001:db8::1");
    payment->buyer_user_agent = base > 0 ? fq_lit("Firefox") : fq_lit("Chrome");
    memset(payment->content_digest, (int)(base + 1), sizeof(payment->content_digest));
    payment->quote = base > 0 ? fq_lit("quote a") : fq_lit("quote b");
    payment->instalments = (uint32_t)base + 12;
    payment->bearer = (uint32_t)base + 2;
    payment->merchant_percent = (uint32_t)base + 33;
    payment->terminal = (uint32_t)base + 4;
    payment->buyer_fee_minor = base + 105;
    payment->merchant_fee_minor = base + 206;
    payment->disclosure_shown_ms = base + RIG_NOW_MS + 307;
    payment->disclosure_seconds = base + 408;
    payment->disclosure_confirmed = base > 0;
    payment->state = FQ_PAYMENT_CLOSED;
    payment->close_reason = base > 0 ? FQ_CLOSE_REQUESTED : FQ_CLOSE_DECLINED;
    payment->verification = (uint32_t)base + 1;
    payment->terms_match = (uint32_t)base + 2;
    payment->instalments_used = (uint32_t)base + 24;
    payment->identity = (uint32_t)base + 3;
    payment->flags = (uint32_t)base + (0x80000000u | FQ_FLAG_FOR_OPERATOR);
    payment->payer = base > 0 ? fq_lit("\x01\x00\xff") : fq_lit("\x02");
    payment->platform_ref = base > 0 ? fq_lit("2026000001") : fq_lit("2026000002");
    payment->updated_ms = base + RIG_NOW_MS + 10;
    payment->expires_ms = base + RIG_NOW_MS + 20;
    payment->due_ms = base + RIG_NOW_MS + 30;
    payment->paid_ms = base + RIG_NOW_MS + 40;
    payment->closed_ms = base + RIG_NOW_MS + 50;
    payment->close_requested_ms = base + RIG_NOW_MS + 60;
    payment->token_generation = (uint32_t)base + 70;
    payment->refund_counted_minor = base + 800;
    payment->n_unknown = (uint32_t)base + 3;
    payment->refunded_minor = base + 700;
}

static void fill_attempt(struct fq_attempt *attempt, int64_t base)
{
    attempt->state = base > 0 ? FQ_ATTEMPT_SENT : FQ_ATTEMPT_DEAD;
    attempt->platform_ref = base > 0 ? fq_lit("ref a") : fq_lit("ref b");
    attempt->sent_ms = base + 12;
    attempt->deadline_ms = base + 23;
    attempt->settle_after_ms = base + 34;
    attempt->due_ms = base + 45;
    attempt->n_asked = (uint32_t)base + 56;
    attempt->last_outcome = (uint32_t)base + 67;
    attempt->platform_code = base > 0 ? fq_lit("10003") : fq_lit("10000");
    attempt->platform_text = base > 0 ? fq_lit("等待") : fq_lit("成功");
    attempt->memory = base > 0 ? fq_lit("k=1") : fq_lit("k=2");
    attempt->action_text = base > 0 ? fq_lit("https://qr.example/1") : fq_lit("qr 2");
    attempt->action_expires_ms = base + 78;
    attempt->refund_counted_minor = base + 89;
    attempt->unknown_ms = base + 90;
    attempt->by_operator = base > 0;
}

static void fill_refund(struct fq_refund *refund, int64_t base)
{
    refund->state = base > 0 ? FQ_REFUND_SUBMITTED : FQ_REFUND_FAILED;
    refund->origin = base > 0 ? FQ_ORIGIN_AUTOMATIC : FQ_ORIGIN_PLATFORM;
    refund->amount_minor = base + 100;
    refund->reason = base > 0 ? fq_lit("broken") : fq_lit("late");
    memset(refund->content_digest, (int)(base + 7), sizeof(refund->content_digest));
    refund->submitted_ms = base + 19;
    refund->finished_ms = base + 28;
    refund->deadline_ms = base + 37;
    refund->due_ms = base + 46;
    refund->n_asked = (uint32_t)base + 55;
    refund->platform_code = base > 0 ? fq_lit("A1") : fq_lit("B2");
    refund->platform_text = base > 0 ? fq_lit("wait") : fq_lit("no");
    refund->memory = base > 0 ? fq_lit("m=1") : fq_lit("m=2");
    refund->unknown_ms = base + 64;
    refund->by_operator = base > 0;
}

static int decide_fill(struct fq_tx *tx)
{
    struct fq_ledger *ledger = fq_ledger_new(tx->arena);
    struct fq_payment *payment = &ledger->payment;
    fill_payment_fixed(payment);
    fill_payment(payment, 5);
    payment->version = 3;
    payment->n_attempts = 2;
    payment->n_refunds = 1;
    for (uint32_t i = 0; i < 2; i++) {
        struct fq_attempt *attempt = &ledger->attempts[i];
        attempt->n = i + 1;
        attempt->order_number = i == 0 ? fq_lit("FQ1") : fq_lit("FQ2");
        attempt->created_ms = 900 + i;
        fill_attempt(attempt, 5 + i);
        attempt->is_new = true;
    }
    ledger->refunds = fq_arena_array(tx->arena, 1, sizeof(*ledger->refunds));
    ledger->n_refunds_loaded = 1;
    ledger->refunds[0].n = 1;
    ledger->refunds[0].attempt_n = 2;
    ledger->refunds[0].way = FQ_WAY_UNDO;
    ledger->refunds[0].number = fq_lit("FR1");
    ledger->refunds[0].created_ms = 800;
    fill_refund(&ledger->refunds[0], 5);
    ledger->refunds[0].is_new = true;
    ledger->payment_is_new = true;
    tx->ledger = ledger;
    return FQ_DECIDE_WRITE;
}

static int decide_refill(struct fq_tx *tx)
{
    struct fq_ledger *ledger = tx->ledger;
    fill_payment(&ledger->payment, 0);
    ledger->payment.version = 4;
    ledger->payment_is_dirty = true;
    for (uint32_t i = 0; i < 2; i++) {
        fill_attempt(&ledger->attempts[i], 0);
        ledger->attempts[i].is_dirty = true;
    }
    fill_refund(&ledger->refunds[0], 0);
    ledger->refunds[0].is_dirty = true;
    return FQ_DECIDE_WRITE;
}

/* ---- notes ---- */

static struct fq_note notes_in_hand[2];

static int decide_notes(struct fq_tx *tx)
{
    tx->notes = notes_in_hand;
    tx->n_notes = fq_array_size(notes_in_hand);
    return FQ_DECIDE_WRITE;
}

static void notes_write(struct rig *rig, struct fq_str first, struct fq_str second)
{
    notes_in_hand[0] = (struct fq_note){ fq_lit("channel.a"), fq_lit("task"), first, 10 };
    notes_in_hand[1] = (struct fq_note){ fq_lit("channel.b"), fq_lit("task"), second, 20 };
    FQ_CLEANUP(deed) *deed = deed_new(decide_notes);
    assert_int_equal(rig_do(rig, deed), 0);
}

static void test_a_note_is_its_owners_and_the_last_one_stays(void **state)
{
    notes_write(*state, fq_lit("one"), fq_lit("other"));
    notes_write(*state, fq_lit("t\0wo"), fq_lit(""));
    FQ_CLEANUP(look) *look = look_new(FQ_READ_NOTES);
    look->read.owner = fq_lit("channel.a");
    look->read.n_max = 5;
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.n_rows, 1);
    assert_true(fq_str_equal(look->read.notes[0].name, fq_lit("task")));
    assert_true(fq_str_equal(look->read.notes[0].value, fq_lit("t\0wo")));
    assert_int_equal(look->read.notes[0].at_ms, 10);
}

static void test_every_column_comes_back_after_insert(void **state)
{
    FQ_CLEANUP(deed) *deed = deed_new(decide_fill);
    assert_int_equal(rig_do(*state, deed), 0);
    same_ledger(*state, deed->tx.ledger);
}

static void test_every_column_comes_back_after_update(void **state)
{
    FQ_CLEANUP(deed) *first = deed_new(decide_fill);
    assert_int_equal(rig_do(*state, first), 0);
    FQ_CLEANUP(deed) *second = deed_new(decide_refill);
    second->tx.lookup = FQ_LOOKUP_REFUND_NUMBER;
    second->tx.number = fq_lit("FR1");
    assert_int_equal(rig_do(*state, second), 0);
    same_ledger(*state, second->tx.ledger);
}

static int decide_ask_again(struct fq_tx *tx)
{
    tx->ledger->attempts[0].due_ms = RIG_NOW_MS + 5;
    tx->ledger->attempts[0].n_asked++;
    tx->ledger->attempts[0].is_dirty = true;
    return FQ_DECIDE_WRITE;
}

static void test_an_attempt_changes_without_its_payment(void **state)
{
    rig_create(*state, 1);
    rig_open_attempt(*state, 1, "FQ1");
    FQ_CLEANUP(deed) *deed = deed_new(decide_ask_again);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = 1;
    assert_int_equal(rig_do(*state, deed), 0);
    FQ_CLEANUP(look) *look = rig_payment(*state, 1);
    assert_int_equal(look->read.ledger->attempts[0].n_asked, 1);
    assert_int_equal(look->read.ledger->payment.version, 2);
}

/* ---- lookups ---- */

static void test_unknown_payment_loads_nothing(void **state)
{
    FQ_CLEANUP(deed) *deed = deed_new(decide_keep);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = 404;
    assert_int_equal(rig_do(*state, deed), 0);
    assert_null(deed->tx.ledger);
}

static void test_order_number_finds_its_payment(void **state)
{
    rig_create(*state, 1);
    rig_create(*state, 2);
    rig_open_attempt(*state, 2, "FQ2");
    FQ_CLEANUP(deed) *deed = deed_new(decide_keep);
    deed->tx.lookup = FQ_LOOKUP_ORDER_NUMBER;
    deed->tx.number = fq_lit("FQ2");
    assert_int_equal(rig_do(*state, deed), 0);
    assert_non_null(deed->tx.ledger);
    assert_int_equal(deed->tx.ledger->payment.seq, 2);
}

static void test_refund_number_loads_that_refund_alone(void **state)
{
    rig_create(*state, 1);
    rig_pay(*state, 1, "FQ1");
    rig_refund(*state, 1, "FR1");
    rig_refund(*state, 1, "FR2");
    FQ_CLEANUP(deed) *deed = deed_new(decide_keep);
    deed->tx.lookup = FQ_LOOKUP_REFUND_NUMBER;
    deed->tx.number = fq_lit("FR2");
    assert_int_equal(rig_do(*state, deed), 0);
    assert_int_equal(deed->tx.ledger->n_refunds_loaded, 1);
    assert_int_equal(deed->tx.ledger->refunds[0].n, 2);
}

/* ---- keys ---- */

static struct deed *deed_create_with_key(int64_t seq, struct fq_str merchant, struct fq_str key)
{
    struct deed *deed = deed_create(seq);
    deed->tx.merchant_id = merchant;
    deed->tx.idempotency_key = key;
    return deed;
}

static void test_a_repeated_key_finds_the_first_payment(void **state)
{
    FQ_CLEANUP(deed) *first = deed_create_with_key(1, fq_lit("m-1"), fq_lit("key"));
    assert_int_equal(rig_do(*state, first), 0);
    for (int i = 0; i < 3; i++) {
        FQ_CLEANUP(deed) *again = deed_create_with_key(2 + i, fq_lit("m-1"), fq_lit("key"));
        assert_int_equal(rig_do(*state, again), 0);
        assert_int_equal(again->tx.known.kind, FQ_IDEMPOTENT_PAYMENT);
        assert_int_equal(again->tx.ledger->payment.seq, 1);
        assert_int_equal(again->tx.ledger->payment.version, 1);
    }
}

static void test_another_merchants_key_is_another_key(void **state)
{
    FQ_CLEANUP(deed) *first = deed_create_with_key(1, fq_lit("m-1"), fq_lit("key"));
    FQ_CLEANUP(deed) *second = deed_create_with_key(2, fq_lit("m-2"), fq_lit("key"));
    assert_int_equal(rig_do(*state, first), 0);
    assert_int_equal(rig_do(*state, second), 0);
    assert_int_equal(second->tx.known.kind, FQ_IDEMPOTENT_NONE);
    assert_int_equal(second->tx.ledger->payment.seq, 2);
}

static struct deed *deed_refund_with_key(const char *number)
{
    struct deed *deed = deed_new(decide_refund);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = 1;
    deed->tx.merchant_id = fq_lit("m-1");
    deed->tx.idempotency_key = fq_lit("key");
    deed->number = number;
    return deed;
}

static void test_a_refunds_key_finds_that_refund(void **state)
{
    rig_create(*state, 1);
    rig_pay(*state, 1, "FQ1");
    rig_refund(*state, 1, "FR1");
    FQ_CLEANUP(deed) *first = deed_refund_with_key("FR2");
    FQ_CLEANUP(deed) *again = deed_refund_with_key("FR3");
    assert_int_equal(rig_do(*state, first), 0);
    assert_int_equal(rig_do(*state, again), 0);
    assert_int_equal(again->tx.known.kind, FQ_IDEMPOTENT_REFUND);
    assert_int_equal(again->tx.known.refund_n, 2);
    assert_int_equal(again->tx.ledger->n_refunds_loaded, 1);
    assert_true(fq_str_equal(again->tx.ledger->refunds[0].number, fq_lit("FR2")));
}

static void test_a_taken_key_is_a_fault(void **state)
{
    FQ_CLEANUP(deed) *first = deed_create_with_key(1, fq_lit("m-1"), fq_lit("key"));
    assert_int_equal(rig_do(*state, first), 0);
    FQ_CLEANUP(deed) *second = deed_create_with_key(2, fq_lit("m-1"), fq_lit("key"));
    second->tx.decide = decide_create_blindly;
    assert_int_equal(rig_do(*state, second), -EEXIST);
    assert_non_null(strstr(second->tx.trace, "idempotency"));
    FQ_CLEANUP(look) *look = rig_payment(*state, 2);
    assert_null(look->read.ledger);
}

static int decide_keep_key_of_nothing(struct fq_tx *tx)
{
    tx->keep_key = true;
    return FQ_DECIDE_WRITE;
}

static void test_a_key_for_nothing_is_a_fault(void **state)
{
    FQ_CLEANUP(deed) *deed = deed_create_with_key(1, fq_lit("m-1"), fq_lit("key"));
    deed->tx.decide = decide_keep_key_of_nothing;
    assert_int_equal(rig_do(*state, deed), -EINVAL);
}

/* ---- versions, invariants, arenas ---- */

static int decide_change_silently(struct fq_tx *tx)
{
    tx->ledger->payment.due_ms = 0;
    tx->ledger->payment_is_dirty = true;
    return FQ_DECIDE_WRITE;
}

static void test_a_change_without_a_new_version_is_a_fault(void **state)
{
    rig_create(*state, 1);
    FQ_CLEANUP(deed) *deed = deed_new(decide_change_silently);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = 1;
    assert_int_equal(rig_do(*state, deed), -EINVAL);
}

static int decide_break_invariant(struct fq_tx *tx)
{
    tx->ledger->payment.refund_counted_minor = tx->ledger->payment.amount.minor + 1;
    tx->ledger->payment.version++;
    tx->ledger->payment_is_dirty = true;
    return FQ_DECIDE_WRITE;
}

static void test_a_broken_invariant_is_not_written(void **state)
{
    rig_create(*state, 1);
    FQ_CLEANUP(deed) *deed = deed_new(decide_break_invariant);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = 1;
    assert_int_equal(rig_do(*state, deed), -EINVAL);
}

static int decide_create_in_full_arena(struct fq_tx *tx)
{
    int r = decide_create(tx);
    (void)fq_arena_alloc(tx->arena, RIG_ARENA_MAX);
    return r;
}

static void test_what_outgrew_its_arena_is_not_written(void **state)
{
    FQ_CLEANUP(deed) *deed = deed_create(1);
    deed->tx.decide = decide_create_in_full_arena;
    assert_int_equal(rig_do(*state, deed), -ENOMEM);
    FQ_CLEANUP(look) *look = rig_payment(*state, 1);
    assert_null(look->read.ledger);
}

static void test_a_kept_decision_writes_nothing(void **state)
{
    rig_create(*state, 1);
    FQ_CLEANUP(deed) *deed = deed_new(decide_keep);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = 1;
    assert_int_equal(rig_do(*state, deed), 0);
    FQ_CLEANUP(look) *look = rig_payment(*state, 1);
    assert_int_equal(look->read.ledger->payment.version, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
        TEST(test_a_note_is_its_owners_and_the_last_one_stays),
        TEST(test_every_column_comes_back_after_insert),
        TEST(test_every_column_comes_back_after_update),
        TEST(test_an_attempt_changes_without_its_payment),
        TEST(test_unknown_payment_loads_nothing),
        TEST(test_order_number_finds_its_payment),
        TEST(test_refund_number_loads_that_refund_alone),
        TEST(test_a_repeated_key_finds_the_first_payment),
        TEST(test_another_merchants_key_is_another_key),
        TEST(test_a_refunds_key_finds_that_refund),
        TEST(test_a_taken_key_is_a_fault),
        TEST(test_a_key_for_nothing_is_a_fault),
        TEST(test_a_change_without_a_new_version_is_a_fault),
        TEST(test_a_broken_invariant_is_not_written),
        TEST(test_what_outgrew_its_arena_is_not_written),
        TEST(test_a_kept_decision_writes_nothing),
    };
    return cmocka_run_group_tests_name("store/ledger", tests, NULL, NULL);
}
