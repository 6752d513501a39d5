/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules against cash-out are told of the past: whose payments, of when, and which went
 * back. */
#include "daemon/core/id.h"
#include "tests/unit/store/rig.h"

#define BUYER_A "buyer A, 16 byte"
#define BUYER_B "buyer B, 16 byte"

/* A payment, as it shall be found. */
struct past {
    struct deed deed;
    const char *buyer; /* NULL: not known */
    bool is_counted;
    int64_t created_ms;
    uint32_t state;       /* fq_payment_state */
    int64_t refund_minor; /* 0: none */
    uint32_t refund_state;
    uint32_t refund_origin;
    int64_t refund_created_ms;
};

static int64_t last_seq;

static int past_decide(struct fq_tx *tx)
{
    const struct past *past = fq_container_of(deed_of(tx), const struct past, deed);
    FQ_TRY(decide_create(tx) == FQ_DECIDE_WRITE ? 0 : -EPROTO);
    struct fq_payment *payment = &tx->ledger->payment;
    payment->created_ms = past->created_ms;
    payment->buyer = fq_str_of(past->buyer);
    payment->is_counted = past->is_counted;
    payment->state = past->state;
    payment->close_reason = past->state == FQ_PAYMENT_CLOSED ? FQ_CLOSE_EXPIRED : FQ_CLOSE_NONE;
    return FQ_DECIDE_WRITE;
}

/* The ledger's own rules are not what is tested: rows are made as they would be in the end. */
static int past_decide_refund(struct fq_tx *tx)
{
    const struct past *past = fq_container_of(deed_of(tx), const struct past, deed);
    const struct fq_refund plan = { .attempt_n = 1,
                                    .number = fq_arena_printf(tx->arena, "R%lld",
                                                              (long long)past->deed.tx.seq),
                                    .origin = past->refund_origin,
                                    .amount_minor = past->refund_minor };
    struct fq_refund *refund = NULL;
    FQ_TRY(fq_move_reserve_refund(tx->ledger, &plan, RIG_NOW_MS, &refund));
    refund->created_ms = past->refund_created_ms;
    if (past->refund_state == FQ_REFUND_FAILED) {
        refund->state = FQ_REFUND_FAILED;
        fq_ledger_count_refund(tx->ledger, refund, -1);
    }
    return FQ_DECIDE_WRITE;
}

/* An open payment of buyer A's, made just now. */
static struct past past_open(void)
{
    return (struct past){ .buyer = BUYER_A, .created_ms = RIG_NOW_MS, .state = FQ_PAYMENT_OPEN };
}

static void past_run(const struct rig *rig, struct past *past, int (*decide)(struct fq_tx *tx))
{
    struct past *copy = fq_zalloc(sizeof(*copy));
    FQ_CLEANUP(deed) *deed = &copy->deed;
    *copy = *past;
    deed->tx.arena = fq_arena_new(RIG_ARENA_MAX);
    deed->tx.done = deed_done;
    deed->tx.decide = decide;
    assert_int_equal(rig_do(rig, deed), 0);
}

static int64_t past_make(const struct rig *rig, struct past past)
{
    past.deed.seq = fq_sequence_at(past.created_ms) + ++last_seq;
    past_run(rig, &past, past_decide);
    return past.deed.seq;
}

/* A payment of buyer A's of 6999.00, paid now, of which something went back. */
static void past_refund(const struct rig *rig, struct past past)
{
    char number[32];
    past.buyer = BUYER_A;
    past.created_ms = RIG_NOW_MS;
    past.state = FQ_PAYMENT_OPEN;
    int64_t seq = past_make(rig, past);
    (void)snprintf(number, sizeof(number), "N%lld", (long long)seq);
    rig_pay(rig, seq, number);
    past.deed.tx.lookup = FQ_LOOKUP_SEQ;
    past.deed.tx.seq = seq;
    past_run(rig, &past, past_decide_refund);
}

static struct look *past_look(const struct rig *rig, const char *buyer, int64_t n_in_hour)
{
    static struct fq_risk_query query;
    struct look *look = look_new(FQ_READ_HISTORY);
    query = (struct fq_risk_query){ .merchant_id = fq_lit("m-1"),
                                    .buyer = fq_str_of(buyer),
                                    .n_in_hour = n_in_hour,
                                    .now_ms = RIG_NOW_MS };
    look->read.risk = &query;
    assert_int_equal(rig_look(rig, look), 0);
    assert_non_null(look->read.history);
    return look;
}

static size_t past_count(const struct rig *rig, const char *buyer)
{
    FQ_CLEANUP(look) *look = past_look(rig, buyer, 0);
    return look->read.history->n_payments;
}

static int past_begin(void **state)
{
    last_seq = 0;
    return rig_set_up(state);
}

/* ---- a buyer's payments ---- */

static void test_a_buyers_payments_come_newest_first(void **state)
{
    struct past past = past_open();
    (void)past_make(*state, past);
    past.created_ms -= 5000;
    (void)past_make(*state, past);
    FQ_CLEANUP(look) *look = past_look(*state, BUYER_A, 0);
    const struct fq_risk_history *history = look->read.history;
    assert_int_equal(history->n_payments, 2);
    assert_int_equal(history->payments[0].created_ms, RIG_NOW_MS);
    assert_int_equal(history->payments[1].created_ms, RIG_NOW_MS - 5000);
    assert_int_equal(history->payments[1].amount_minor, 699900);
    assert_false(history->payments[1].went_back);
    assert_int_equal(history->nth_created_ms, 0);
}

static void test_another_buyer_another_shop_and_nobody_are_not_counted(void **state)
{
    struct past past = past_open();
    past.buyer = BUYER_B;
    (void)past_make(*state, past);
    past.buyer = NULL;
    (void)past_make(*state, past);
    past.buyer = BUYER_A;
    past.deed.tx.merchant_id = fq_lit("m-2");
    (void)past_make(*state, past);
    assert_int_equal(past_count(*state, BUYER_A), 0);
    assert_int_equal(past_count(*state, BUYER_B), 1);
}

static int past_decide_close(struct fq_tx *tx)
{
    fq_move_request_close(tx->ledger, RIG_NOW_MS + 1);
    return FQ_DECIDE_WRITE;
}

static void test_what_is_paid_counts_and_what_is_closed_does_not(void **state)
{
    struct past past = past_open();
    rig_pay(*state, past_make(*state, past), "N1");
    assert_int_equal(past_count(*state, BUYER_A), 1);
    past.deed.tx.seq = past_make(*state, past);
    past.deed.tx.lookup = FQ_LOOKUP_SEQ;
    assert_int_equal(past_count(*state, BUYER_A), 2);
    past_run(*state, &past, past_decide_close);
    assert_int_equal(past_count(*state, BUYER_A), 1);
}

static void test_what_is_older_than_a_week_is_not_read(void **state)
{
    struct past past = past_open();
    past.created_ms = RIG_NOW_MS - FQ_RISK_WEEK_MS;
    (void)past_make(*state, past);
    past.created_ms--;
    (void)past_make(*state, past);
    assert_int_equal(past_count(*state, BUYER_A), 1);
}

static void test_no_more_are_read_than_there_is_room_for(void **state)
{
    for (int i = 0; i < FQ_RISK_PAYMENTS_MAX + 3; i++)
        (void)past_make(*state, past_open());
    assert_int_equal(past_count(*state, BUYER_A), FQ_RISK_PAYMENTS_MAX);
}

/* ---- money that went back ---- */

static bool past_went_back(const struct rig *rig)
{
    FQ_CLEANUP(look) *look = past_look(rig, BUYER_A, 0);
    assert_int_equal(look->read.history->n_payments, 1);
    return look->read.history->payments[0].went_back;
}

#define WHOLE 699900

static void test_all_of_it_within_a_day(void **state)
{
    past_refund(*state, (struct past){ .refund_minor = WHOLE,
                                       .refund_origin = FQ_ORIGIN_STOREFRONT,
                                       .refund_created_ms = RIG_NOW_MS + FQ_RISK_DAY_MS });
    assert_true(past_went_back(*state));
}

static void test_given_back_in_the_platforms_console_counts_too(void **state)
{
    past_refund(*state, (struct past){ .refund_minor = WHOLE,
                                       .refund_origin = FQ_ORIGIN_PLATFORM,
                                       .refund_created_ms = RIG_NOW_MS });
    assert_true(past_went_back(*state));
}

static void test_all_of_it_after_more_than_a_day(void **state)
{
    past_refund(*state, (struct past){ .refund_minor = WHOLE,
                                       .refund_origin = FQ_ORIGIN_STOREFRONT,
                                       .refund_created_ms = RIG_NOW_MS + FQ_RISK_DAY_MS + 1 });
    assert_false(past_went_back(*state));
}

static void test_all_but_a_fen(void **state)
{
    past_refund(*state, (struct past){ .refund_minor = WHOLE - 1,
                                       .refund_origin = FQ_ORIGIN_STOREFRONT,
                                       .refund_created_ms = RIG_NOW_MS });
    assert_false(past_went_back(*state));
}

static void test_a_refund_that_failed(void **state)
{
    past_refund(*state, (struct past){ .refund_minor = WHOLE,
                                       .refund_origin = FQ_ORIGIN_STOREFRONT,
                                       .refund_state = FQ_REFUND_FAILED,
                                       .refund_created_ms = RIG_NOW_MS });
    assert_false(past_went_back(*state));
}

/* What our own policy gave back was paid twice, or too late: that is not the buyer's doing. */
static void test_what_policy_gave_back(void **state)
{
    past_refund(*state, (struct past){ .refund_minor = WHOLE,
                                       .refund_origin = FQ_ORIGIN_AUTOMATIC,
                                       .refund_created_ms = RIG_NOW_MS });
    assert_false(past_went_back(*state));
}

/* ---- the shop's hour ---- */

static int64_t past_nth(const struct rig *rig, int64_t n)
{
    FQ_CLEANUP(look) *look = past_look(rig, NULL, n);
    assert_int_equal(look->read.history->n_payments, 0);
    return look->read.history->nth_created_ms;
}

static void test_the_nth_newest_of_the_hour(void **state)
{
    struct past past = past_open();
    past.buyer = NULL;
    past.is_counted = true;
    for (int i = 0; i < 3; i++) {
        past.state = i == 1 ? FQ_PAYMENT_CLOSED : FQ_PAYMENT_OPEN;
        past.created_ms = RIG_NOW_MS - i * 1000;
        (void)past_make(*state, past);
    }
    assert_int_equal(past_nth(*state, 1), RIG_NOW_MS);
    assert_int_equal(past_nth(*state, 3), RIG_NOW_MS - 2000);
    assert_int_equal(past_nth(*state, 4), 0);
}

static void test_what_does_not_count_for_the_hour(void **state)
{
    struct past past = past_open();
    (void)past_make(*state, past); /* made without the rule */
    past.is_counted = true;
    past.created_ms = RIG_NOW_MS - FQ_RISK_HOUR_MS - 1;
    (void)past_make(*state, past);
    past.created_ms = RIG_NOW_MS;
    past.deed.tx.merchant_id = fq_lit("m-2");
    (void)past_make(*state, past);
    assert_int_equal(past_nth(*state, 1), 0);
}

/* ---- inside a transaction ---- */

static int past_seen(struct fq_tx *tx)
{
    if (tx->known.kind != FQ_IDEMPOTENT_NONE) {
        assert_null(tx->history);
        return FQ_DECIDE_KEEP;
    }
    assert_non_null(tx->history);
    assert_int_equal(tx->history->n_payments, 1);
    return decide_create(tx);
}

static void test_a_transaction_sees_it_unless_its_key_is_known(void **state)
{
    static const struct fq_risk_query query = { .merchant_id = fq_lit("m-1"),
                                                .buyer = fq_lit(BUYER_A),
                                                .now_ms = RIG_NOW_MS };
    (void)past_make(*state, past_open());
    for (int i = 0; i < 2; i++) {
        FQ_CLEANUP(deed) *deed = deed_create(7);
        deed->tx.decide = past_seen;
        deed->tx.risk = &query;
        deed->tx.idempotency_key = fq_lit("key");
        assert_int_equal(rig_do(*state, deed), 0);
    }
}

static int past_unseen(struct fq_tx *tx)
{
    assert_null(tx->history);
    return FQ_DECIDE_KEEP;
}

static void test_a_transaction_that_does_not_ask_reads_nothing(void **state)
{
    FQ_CLEANUP(deed) *deed = deed_create(7);
    deed->tx.decide = past_unseen;
    assert_int_equal(rig_do(*state, deed), 0);
}

#define PAST_TEST(name) cmocka_unit_test_setup_teardown(name, past_begin, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAST_TEST(test_a_buyers_payments_come_newest_first),
        PAST_TEST(test_another_buyer_another_shop_and_nobody_are_not_counted),
        PAST_TEST(test_what_is_paid_counts_and_what_is_closed_does_not),
        PAST_TEST(test_what_is_older_than_a_week_is_not_read),
        PAST_TEST(test_no_more_are_read_than_there_is_room_for),
        PAST_TEST(test_all_of_it_within_a_day),
        PAST_TEST(test_given_back_in_the_platforms_console_counts_too),
        PAST_TEST(test_all_of_it_after_more_than_a_day),
        PAST_TEST(test_all_but_a_fen),
        PAST_TEST(test_a_refund_that_failed),
        PAST_TEST(test_what_policy_gave_back),
        PAST_TEST(test_the_nth_newest_of_the_hour),
        PAST_TEST(test_what_does_not_count_for_the_hour),
        PAST_TEST(test_a_transaction_sees_it_unless_its_key_is_known),
        PAST_TEST(test_a_transaction_that_does_not_ask_reads_nothing),
    };
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
