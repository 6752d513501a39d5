/* SPDX-License-Identifier: Apache-2.0 */
/* What is due: of all kinds, channel by channel, each as much as is wished of it. */
#include "tests/unit/store/rig.h"

static struct look *look_due(int64_t now_ms, uint32_t n_max)
{
    struct look *look = look_new(FQ_READ_DUE);
    look->read.now_ms = now_ms;
    look->read.n_max = n_max;
    return look;
}

static const struct fq_due_wish all_of_ours = { { "alipay-cn", 9 }, 10 };

static struct look *look_wished(int64_t now_ms, uint32_t n_max, const struct fq_due_wish *wishes,
                                uint32_t n_wishes)
{
    struct look *look = look_due(now_ms, n_max);
    look->read.wishes = wishes;
    look->read.n_wishes = n_wishes;
    return look;
}

/* Due: refund of 1 now, attempt of 2 in one second, payment 3 when it expires. */
static void rig_create_due(const struct rig *rig)
{
    for (int64_t seq = 3; seq >= 1; seq--)
        rig_create(rig, seq);
    rig_open_attempt(rig, 2, "FQ2");
    rig_pay(rig, 1, "FQ1");
    rig_refund(rig, 1, "FR1");
}

static void test_due_work_of_three_kinds_payments_first(void **state)
{
    rig_create_due(*state);
    FQ_CLEANUP(look) *look = look_wished(RIG_NOW_MS + 900000, 10, &all_of_ours, 1);
    assert_int_equal(rig_look(*state, look), 0);
    static const struct fq_due expected[] = {
        { .seq = 3, .kind = 3, .n = 0, .due_ms = RIG_NOW_MS + 900000, .wish = 1 },
        { .seq = 1, .kind = 2, .n = 1, .due_ms = RIG_NOW_MS },
        { .seq = 2, .kind = 1, .n = 1, .due_ms = RIG_NOW_MS + 1000 },
    };
    assert_int_equal(look->read.n_rows, 3);
    for (size_t i = 0; i < fq_array_size(expected); i++) {
        assert_int_equal(look->read.due[i].seq, expected[i].seq);
        assert_int_equal(look->read.due[i].kind, expected[i].kind);
        assert_int_equal(look->read.due[i].n, expected[i].n);
        assert_int_equal(look->read.due[i].due_ms, expected[i].due_ms);
        assert_int_equal(look->read.due[i].wish, expected[i].wish);
    }
}

static void test_what_is_due_later_is_left_out(void **state)
{
    rig_create_due(*state);
    FQ_CLEANUP(look) *look = look_wished(RIG_NOW_MS + 999, 10, &all_of_ours, 1);
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.n_rows, 1);
}

/* Only a clock that was ahead can have written it; a payment may well end in days. */
static void test_what_is_due_too_far_ahead_is_due_now(void **state)
{
    rig_create_due(*state);
    FQ_CLEANUP(look) *look = look_wished(RIG_NOW_MS - FQ_DUE_AHEAD_MAX_MS, 10, &all_of_ours, 1);
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.n_rows, 1);
    assert_int_equal(look->read.due[0].seq, 2);
    look_free(FQ_TAKE(look));
    look = look_wished(RIG_NOW_MS - FQ_DUE_AHEAD_MAX_MS - 1, 10, &all_of_ours, 1);
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.n_rows, 2);
    assert_int_equal(look->read.due[0].kind, 2);
    assert_int_equal(look->read.due[1].kind, 1);
}

static void test_each_list_of_due_work_stops_at_its_limit(void **state)
{
    static const struct fq_due_wish one = { { "alipay-cn", 9 }, 1 };
    rig_create_due(*state);
    rig_create(*state, 4);
    FQ_CLEANUP(look) *look = look_wished(RIG_NOW_MS + 900000, 1, &one, 1);
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.n_rows, 2);
    assert_int_equal(look->read.due[0].kind, 3);
    assert_int_equal(look->read.due[1].seq, 1);
}

/* Three channels, two attempts each, all due at once. */
static void rig_create_channels(const struct rig *rig)
{
    static const char *const channels[] = { "b-full", "a-asked", "c-gone" };
    for (int64_t seq = 1; seq <= 6; seq++) {
        char number[8];
        FQ_CLEANUP(deed) *deed = deed_create(seq);
        deed->channel = channels[(seq - 1) / 2];
        assert_int_equal(rig_do(rig, deed), 0);
        (void)snprintf(number, sizeof(number), "FQ%d", (int)seq);
        rig_open_attempt(rig, seq, number);
    }
}

static void test_each_channel_gives_what_is_wished_of_it(void **state)
{
    static const struct fq_due_wish wishes[] = { { { "b-full", 6 }, 0 },
                                                 { { "a-asked", 7 }, 2 },
                                                 { { "none", 4 }, 9 } };
    rig_create_channels(*state);
    FQ_CLEANUP(look) *look = look_wished(RIG_NOW_MS + 2000, 1, wishes, 3);
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.n_rows, 3);
    const int64_t seqs[] = { 3, 4, 5 };
    const uint32_t of[] = { 1, 1, 3 };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(look->read.due[i].seq, seqs[i]);
        assert_int_equal(look->read.due[i].wish, of[i]);
    }
}

static void test_channels_that_nobody_wishes_share_one_limit(void **state)
{
    rig_create_channels(*state);
    FQ_CLEANUP(look) *look = look_wished(RIG_NOW_MS + 2000, 5, NULL, 0);
    assert_int_equal(rig_look(*state, look), 0);
    assert_int_equal(look->read.n_rows, 5);
}

static void test_wishes_without_measure_are_a_fault(void **state)
{
    static const struct fq_due_wish wish = { { "alipay-cn", 9 }, UINT32_MAX };
    FQ_CLEANUP(look) *look = look_wished(RIG_NOW_MS, 1, &wish, 1);
    assert_int_equal(rig_look(*state, look), -ENOMEM);
}

static void test_a_list_larger_than_its_arena_is_a_fault(void **state)
{
    FQ_CLEANUP(look) *look = look_due(RIG_NOW_MS, UINT32_MAX);
    assert_int_equal(rig_look(*state, look), -ENOMEM);
}

/* ---- the order of channels ---- */

/* What each channel has, of attempts and refunds to ask about; by bytes "B" comes before "a". */
static const struct {
    const char *channel;
    bool has_first, has_second;
} channels_due[] = {
    { "b", false, true }, { "a", true, false },  { "B", true, true },    { "c", true, false },
    { "d", true, false }, { "0", false, false }, { "a-2", false, true }, { "A", false, true },
};

/* kind: what it then has to ask about, as in fq_due; 0: nothing, it is paid. */
static void rig_create_on(const struct rig *rig, int64_t seq, const char *channel, uint32_t kind)
{
    char number[16];
    FQ_CLEANUP(deed) *deed = deed_create(seq);
    deed->channel = channel;
    assert_int_equal(rig_do(rig, deed), 0);
    (void)snprintf(number, sizeof(number), "FQ%d", (int)seq);
    if (kind == 1)
        rig_open_attempt(rig, seq, number);
    else
        rig_pay(rig, seq, number);
    if (kind == 2)
        rig_refund(rig, seq, number);
}

/* `first` and `second` are kinds, 1 attempt, 2 refund. A payment's seq is 10 times the line of its
 * channel above, and its kind. */
static void rig_create_channels_due(const struct rig *rig, uint32_t first, uint32_t second)
{
    for (size_t i = 0; i < fq_array_size(channels_due); i++) {
        int64_t seq = 10 * (int64_t)(i + 1);
        rig_create_on(rig, seq, channels_due[i].channel, 0);
        if (channels_due[i].has_first)
            rig_create_on(rig, seq + first, channels_due[i].channel, first);
        if (channels_due[i].has_second)
            rig_create_on(rig, seq + second, channels_due[i].channel, second);
    }
}

static void rig_expect_due(const struct rig *rig, const int64_t *seqs, uint32_t n)
{
    FQ_CLEANUP(look) *look = look_due(RIG_NOW_MS + 2000, 20);
    assert_int_equal(rig_look(rig, look), 0);
    assert_int_equal(look->read.n_rows, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(look->read.due[i].seq, seqs[i]);
        assert_int_equal(look->read.due[i].kind, seqs[i] % 10);
    }
}

/* Of one channel the refund comes first: it is due at once, an attempt in a second. */
static void test_channels_come_in_order_whichever_has_attempts_or_refunds(void **state)
{
    static const int64_t seqs[] = { 82, 32, 31, 21, 72, 12, 41, 51 };
    rig_create_channels_due(*state, 1, 2);
    rig_expect_due(*state, seqs, fq_array_size(seqs));
}

static void test_channels_come_in_order_the_other_way_round(void **state)
{
    static const int64_t seqs[] = { 81, 32, 31, 22, 71, 11, 42, 52 };
    rig_create_channels_due(*state, 2, 1);
    rig_expect_due(*state, seqs, fq_array_size(seqs));
}

static void test_where_nothing_is_due_no_channel_comes(void **state)
{
    rig_expect_due(*state, NULL, 0);
    rig_create_on(*state, 1, "a", 0);
    rig_expect_due(*state, NULL, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
        TEST(test_due_work_of_three_kinds_payments_first),
        TEST(test_what_is_due_later_is_left_out),
        TEST(test_what_is_due_too_far_ahead_is_due_now),
        TEST(test_each_list_of_due_work_stops_at_its_limit),
        TEST(test_each_channel_gives_what_is_wished_of_it),
        TEST(test_channels_that_nobody_wishes_share_one_limit),
        TEST(test_wishes_without_measure_are_a_fault),
        TEST(test_a_list_larger_than_its_arena_is_a_fault),
        TEST(test_channels_come_in_order_whichever_has_attempts_or_refunds),
        TEST(test_channels_come_in_order_the_other_way_round),
        TEST(test_where_nothing_is_due_no_channel_comes),
    };
    return cmocka_run_group_tests_name("store/due", tests, NULL, NULL);
}
