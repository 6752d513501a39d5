/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of payments: filters, bounds, and where the next page begins. */
#include "tests/unit/store/rig.h"

static struct look *list_look(const struct rig *rig, const struct fq_list *list, uint32_t n_max)
{
    struct look *look = look_new(FQ_READ_LIST);
    look->read.list = list;
    look->read.n_max = n_max;
    assert_int_equal(rig_look(rig, look), 0);
    return look;
}

/* The numbers of what is found, as text: "3 1". */
static void assert_found(const struct rig *rig, struct fq_list list, const char *expected)
{
    char text[256] = "";
    list.seq_min = list.seq_min > 0 ? list.seq_min : 1;
    list.seq_max = list.seq_max > 0 ? list.seq_max : INT64_MAX;
    FQ_CLEANUP(look) *look = list_look(rig, &list, 10);
    for (uint32_t i = 0; i < look->read.n_rows; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%lld", i > 0 ? " " : "",
                       (long long)look->read.listed[i].seq);
    assert_string_equal(text, expected);
    assert_int_equal(look->read.listed_next, 0);
}

static void list_fill(const struct rig *rig)
{
    for (int64_t seq = 1; seq <= 4; seq++)
        rig_create(rig, seq);
    rig_pay(rig, 2, "FQ2");
}

static void test_each_filter(void **state)
{
    const struct rig *rig = *state;
    list_fill(rig);
    assert_found(rig, (struct fq_list){ 0 }, "4 3 2 1");
    assert_found(rig, (struct fq_list){ .state = FQ_PAYMENT_PAID }, "2");
    assert_found(rig, (struct fq_list){ .state = FQ_PAYMENT_OPEN }, "4 3 1");
    assert_found(rig, (struct fq_list){ .merchant_id = fq_lit("m-1") }, "4 3 2 1");
    assert_found(rig, (struct fq_list){ .merchant_id = fq_lit("m-2") }, "");
    assert_found(rig, (struct fq_list){ .channel = fq_lit("alipay-cn") }, "4 3 2 1");
    assert_found(rig, (struct fq_list){ .channel = fq_lit("alipay") }, "");
    assert_found(rig, (struct fq_list){ .seq_min = 2, .seq_max = 3 }, "3 2");
    assert_found(rig, (struct fq_list){ .seq_min = 2, .state = FQ_PAYMENT_OPEN }, "4 3");
}

static void test_one_order(void **state)
{
    const struct rig *rig = *state;
    const struct fq_str order = fq_lit("order-9");
    list_fill(rig);
    for (int64_t seq = 5; seq <= 6; seq++) {
        FQ_CLEANUP(deed) *deed = deed_create(seq);
        deed->tx.merchant_order_id = order;
        assert_int_equal(rig_do(rig, deed), 0);
    }
    assert_found(rig, (struct fq_list){ .merchant_order_id = order }, "6 5");
    assert_found(rig, (struct fq_list){ .merchant_id = fq_lit("m-1"), .merchant_order_id = order },
                 "6 5");
    assert_found(rig,
                 (struct fq_list){ .merchant_id = fq_lit("m-1"),
                                   .merchant_order_id = order,
                                   .seq_max = 5,
                                   .state = FQ_PAYMENT_OPEN },
                 "5");
    assert_found(rig, (struct fq_list){ .merchant_id = fq_lit("m-2"), .merchant_order_id = order },
                 "");
}

static void test_a_row_is_whole(void **state)
{
    const struct fq_list list = { .seq_min = 1, .seq_max = INT64_MAX };
    list_fill(*state);
    FQ_CLEANUP(look) *look = list_look(*state, &list, 10);
    const struct fq_listed *row = &look->read.listed[2];
    assert_int_equal(row->seq, 2);
    assert_int_equal(row->secret[0], 2);
    assert_true(fq_str_equal(row->merchant_id, fq_lit("m-1")));
    assert_true(fq_str_equal(row->channel, fq_lit("alipay-cn")));
    assert_int_equal(row->state, FQ_PAYMENT_PAID);
    assert_int_equal(row->close_reason, 0);
    assert_int_equal(row->amount.minor, 699900);
    assert_string_equal(row->amount.currency, "CNY");
    assert_int_equal(row->amount.exponent, 2);
    assert_int_equal(row->refunded_minor, 0);
    assert_true(row->instalments > 0);
    assert_true(row->created_ms > 0 && row->updated_ms >= row->created_ms);
}

static void test_pages(void **state)
{
    struct fq_list list = { .seq_min = 1, .seq_max = INT64_MAX };
    list_fill(*state);
    FQ_CLEANUP(look) *first = list_look(*state, &list, 3);
    assert_int_equal(first->read.n_rows, 3);
    assert_int_equal(first->read.listed_next, 1);
    list.seq_max = first->read.listed_next;
    FQ_CLEANUP(look) *second = list_look(*state, &list, 3);
    assert_int_equal(second->read.n_rows, 1);
    assert_int_equal(second->read.listed[0].seq, 1);
    assert_int_equal(second->read.listed_next, 0);
    list = (struct fq_list){ .seq_min = 2, .seq_max = INT64_MAX };
    FQ_CLEANUP(look) *bounded = list_look(*state, &list, 3);
    assert_int_equal(bounded->read.listed_next, 0); /* nothing is left above its lower bound */
}

int main(void)
{
#define list_test(function) cmocka_unit_test_setup_teardown(function, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        list_test(test_each_filter),
        list_test(test_one_order),
        list_test(test_a_row_is_whole),
        list_test(test_pages),
    };
    return cmocka_run_group_tests_name("store/list", tests, NULL, NULL);
}
