/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, tokens and order numbers: written, read back, refused; and Beijing's calendar in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/core/beijing.h"
#include "daemon/core/id.h"
#include "daemon/core/money.h"

static const unsigned char secret[FQ_SECRET_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 255 };

static int id_setup(void **state)
{
    *state = fq_arena_new(65536);
    return 0;
}

static int id_teardown(void **state)
{
    fq_arena_free(*state);
    return 0;
}

static void test_a_payment_id_comes_back(void **state)
{
    int64_t seq = 0;
    unsigned char back[FQ_SECRET_SIZE];
    struct fq_str id = fq_id_payment(INT64_MAX - 5, secret, *state);
    assert_int_equal(id.len, FQ_PAYMENT_ID_LEN);
    assert_int_equal(fq_id_parse_payment(id, &seq, back), 0);
    assert_int_equal(seq, INT64_MAX - 5);
    assert_memory_equal(back, secret, sizeof(back));
}

static void test_a_refund_id_comes_back(void **state)
{
    int64_t seq = 0;
    uint32_t n = 0;
    unsigned char back[FQ_SECRET_SIZE];
    struct fq_str id = fq_id_refund(77, secret, 12, *state);
    assert_int_equal(fq_id_parse_refund(id, &seq, back, &n), 0);
    assert_int_equal(seq, 77);
    assert_int_equal(n, 12);
}

static void test_every_changed_character_is_another_id_or_none(void **state)
{
    struct fq_str id = fq_id_payment(1234567, secret, *state);
    for (size_t i = 0; i < id.len; i++) {
        char text[FQ_PAYMENT_ID_LEN];
        memcpy(text, id.ptr, sizeof(text));
        for (int c = 0; c < 256; c++) {
            int64_t seq = 0;
            unsigned char back[FQ_SECRET_SIZE];
            text[i] = (char)c;
            if (c == (unsigned char)id.ptr[i] ||
                fq_id_parse_payment((struct fq_str){ text, sizeof(text) }, &seq, back) != 0)
                continue;
            assert_true(seq != 1234567 || memcmp(back, secret, sizeof(back)) != 0);
        }
    }
}

static void test_other_lengths_are_refused(void **state)
{
    int64_t seq = 0;
    unsigned char back[FQ_SECRET_SIZE];
    struct fq_str id = fq_id_payment(1, secret, *state);
    for (size_t len = 0; len < id.len; len++)
        assert_int_equal(fq_id_parse_payment(fq_str_sub(id, 0, len), &seq, back),
                         FQ_ID_E_MALFORMED);
}

static void test_a_token_names_its_payment(void **state)
{
    unsigned char mac[32] = { 9, 8, 7 };
    int64_t seq = 0;
    struct fq_str mac_text;
    struct fq_str token = fq_token_text(42, mac, *state);
    assert_int_equal(token.len, FQ_TOKEN_LEN);
    assert_int_equal(fq_token_parse(token, &seq, &mac_text), 0);
    assert_int_equal(seq, 42);
    assert_int_equal(mac_text.len, 26);
}

static void test_sequences_rise_even_when_the_clock_falls(void **state)
{
    (void)state;
    struct fq_sequence sequence = { .instance = 7 };
    int64_t last = 0;
    int64_t now = INT64_C(1800000000000);
    for (int i = 0; i < 1000; i++) {
        int64_t next = fq_sequence_next(&sequence, now - i);
        assert_true(next > last);
        assert_int_equal(next & 0xff, 7);
        last = next;
    }
}

static void test_an_order_number_has_the_platforms_form(void **state)
{
    const unsigned char random[12] = { 0, 61, 62, 255, 1, 2, 3, 4, 5, 6, 7, 8 };
    /* 2026-03-15 02:11:12 UTC is 10:11:12 in Beijing. */
    struct fq_str number =
        fq_order_number(fq_lit("FQT1"), fq_lit("a1"), INT64_C(1773540672000), random, *state);
    assert_int_equal(number.len, FQ_ORDER_NUMBER_LEN_MAX);
    assert_true(fq_str_is_word(number, NULL));
    assert_true(fq_str_starts(number, fq_lit("FQT120260315101112a10z0")));
}

static void test_beijing_time_at_the_edges(void **state)
{
    static const struct {
        int64_t unix_ms;
        const char *text;
    } rows[] = {
        { 0, "1970-01-01 08:00:00" },
        { INT64_C(951782400000), "2000-02-29 08:00:00" },
        { INT64_C(1709222399999), "2024-02-29 23:59:59" },
        { INT64_C(1709222400000), "2024-03-01 00:00:00" },
        { INT64_C(1798732799000), "2026-12-31 23:59:59" },
        { INT64_C(4102444800000), "2100-01-01 08:00:00" },
    };

    (void)state;
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        char text[20];
        fq_beijing_text(rows[i].unix_ms, text);
        assert_string_equal(text, rows[i].text);
    }
    assert_int_equal(fq_beijing_month_after(INT64_C(1798732799000), 1), 202701);
}

static void test_amounts_are_shown_to_the_fen(void **state)
{
    assert_true(fq_str_equal(fq_money_text(699900, 2, *state), fq_lit("6999.00")));
    assert_true(fq_str_equal(fq_money_text(1, 2, *state), fq_lit("0.01")));
    assert_true(fq_str_equal(fq_money_text(-105, 2, *state), fq_lit("-1.05")));
    assert_true(fq_str_equal(fq_money_text(7, 0, *state), fq_lit("7")));
    assert_true(fq_str_equal(fq_money_text(INT64_MIN, 2, *state), fq_lit("-92233720368547758.08")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_payment_id_comes_back),
        cmocka_unit_test(test_a_refund_id_comes_back),
        cmocka_unit_test(test_every_changed_character_is_another_id_or_none),
        cmocka_unit_test(test_other_lengths_are_refused),
        cmocka_unit_test(test_a_token_names_its_payment),
        cmocka_unit_test(test_sequences_rise_even_when_the_clock_falls),
        cmocka_unit_test(test_an_order_number_has_the_platforms_form),
        cmocka_unit_test(test_beijing_time_at_the_edges),
        cmocka_unit_test(test_amounts_are_shown_to_the_fen),
    };
    return cmocka_run_group_tests_name("id", tests, id_setup, id_teardown);
}
