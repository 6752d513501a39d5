/* SPDX-License-Identifier: Apache-2.0 */
/* The other payments of an order, as a transaction is told of them. */
#include "tests/unit/store/rig.h"

static struct deed *deed_create_of_order(int64_t seq, struct fq_str order)
{
    struct deed *deed = deed_create(seq);
    deed->tx.merchant_order_id = order;
    return deed;
}

static void rig_create_of_order(const struct rig *rig, int64_t seq, struct fq_str order)
{
    FQ_CLEANUP(deed) *deed = deed_create_of_order(seq, order);
    assert_int_equal(rig_do(rig, deed), 0);
}

static void test_a_new_payment_sees_those_of_its_order(void **state)
{
    rig_create_of_order(*state, 1, fq_lit("o-1"));
    rig_create_of_order(*state, 2, fq_lit("o-2"));
    rig_create_of_order(*state, 3, fq_lit("o-1"));
    rig_open_attempt(*state, 1, "FQ1");
    FQ_CLEANUP(deed) *deed = deed_create_of_order(4, fq_lit("o-1"));
    assert_int_equal(rig_do(*state, deed), 0);
    assert_int_equal(deed->tx.n_siblings, 2);
    assert_int_equal(deed->tx.siblings[0].seq, 3);
    assert_int_equal(deed->tx.siblings[0].settle_after_ms, 0);
    assert_int_equal(deed->tx.siblings[1].seq, 1);
    assert_int_equal(deed->tx.siblings[1].secret[0], 1);
    assert_int_equal(deed->tx.siblings[1].state, FQ_PAYMENT_OPEN);
    assert_int_equal(deed->tx.siblings[1].expires_ms, RIG_NOW_MS + 900000);
    assert_int_equal(deed->tx.siblings[1].settle_after_ms, RIG_NOW_MS + 660000);
    assert_true(fq_str_equal(deed->tx.siblings[1].channel, fq_lit("alipay-cn")));
}

static void test_a_loaded_payment_is_not_its_own_sibling(void **state)
{
    rig_create_of_order(*state, 1, fq_lit("o-1"));
    rig_create_of_order(*state, 2, fq_lit("o-1"));
    FQ_CLEANUP(deed) *deed = deed_new(decide_keep);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = 1;
    deed->tx.want_siblings = true;
    assert_int_equal(rig_do(*state, deed), 0);
    assert_int_equal(deed->tx.n_siblings, 1);
    assert_int_equal(deed->tx.siblings[0].seq, 2);
}

static void test_siblings_are_the_newest_sixteen(void **state)
{
    for (int64_t seq = 1; seq <= FQ_SIBLINGS_MAX + 2; seq++)
        rig_create_of_order(*state, seq, fq_lit("o-1"));
    FQ_CLEANUP(deed) *deed = deed_create_of_order(100, fq_lit("o-1"));
    assert_int_equal(rig_do(*state, deed), 0);
    assert_int_equal(deed->tx.n_siblings, FQ_SIBLINGS_MAX);
    assert_int_equal(deed->tx.siblings[FQ_SIBLINGS_MAX - 1].seq, 3);
}

/* Or an order that is paid twice would not be seen behind many that are only open. */
static void test_a_paid_sibling_is_seen_behind_any_number_of_open_ones(void **state)
{
    for (int64_t seq = 1; seq <= FQ_SIBLINGS_MAX + 2; seq++)
        rig_create_of_order(*state, seq, fq_lit("o-1"));
    rig_pay(*state, 1, "FQ1");
    FQ_CLEANUP(deed) *deed = deed_create_of_order(100, fq_lit("o-1"));
    assert_int_equal(rig_do(*state, deed), 0);
    assert_int_equal(deed->tx.n_siblings, FQ_SIBLINGS_MAX);
    assert_int_equal(deed->tx.siblings[0].seq, 1);
    assert_int_equal(deed->tx.siblings[0].state, FQ_PAYMENT_PAID);
    assert_int_equal(deed->tx.siblings[1].seq, FQ_SIBLINGS_MAX + 2);
}

static void test_siblings_are_paid_then_open_the_newest_first_and_never_closed(void **state)
{
    static const int64_t expected[] = { 5, 2, 6, 3 };
    for (int64_t seq = 1; seq <= 6; seq++)
        rig_create_of_order(*state, seq, fq_lit("o-1"));
    rig_close_payment(*state, 1);
    rig_close_payment(*state, 4);
    rig_pay(*state, 2, "FQ2");
    rig_pay(*state, 5, "FQ5");
    FQ_CLEANUP(deed) *deed = deed_create_of_order(100, fq_lit("o-1"));
    assert_int_equal(rig_do(*state, deed), 0);
    assert_int_equal(deed->tx.n_siblings, fq_array_size(expected));
    for (size_t i = 0; i < fq_array_size(expected); i++)
        assert_int_equal(deed->tx.siblings[i].seq, expected[i]);
}

static void test_of_paid_siblings_too_sixteen_are_seen(void **state)
{
    for (int64_t seq = 1; seq <= FQ_SIBLINGS_MAX + 2; seq++) {
        char number[8];
        (void)snprintf(number, sizeof(number), "FQ%d", (int)seq);
        rig_create_of_order(*state, seq, fq_lit("o-1"));
        rig_pay(*state, seq, number);
    }
    FQ_CLEANUP(deed) *deed = deed_create_of_order(100, fq_lit("o-1"));
    assert_int_equal(rig_do(*state, deed), 0);
    assert_int_equal(deed->tx.n_siblings, FQ_SIBLINGS_MAX);
    assert_int_equal(deed->tx.siblings[0].seq, FQ_SIBLINGS_MAX + 2);
    assert_int_equal(deed->tx.siblings[FQ_SIBLINGS_MAX - 1].seq, 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
        TEST(test_a_new_payment_sees_those_of_its_order),
        TEST(test_a_loaded_payment_is_not_its_own_sibling),
        TEST(test_siblings_are_the_newest_sixteen),
        TEST(test_a_paid_sibling_is_seen_behind_any_number_of_open_ones),
        TEST(test_siblings_are_paid_then_open_the_newest_first_and_never_closed),
        TEST(test_of_paid_siblings_too_sixteen_are_seen),
    };
    return cmocka_run_group_tests_name("store/siblings", tests, NULL, NULL);
}
