/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, JSON and the words of enums, as fenqictl prints them. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ctl/ctl.h"

static int setup(void **state)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    *state = fq_arena_new(FQ_ARENA_SIZE_MAX);
    return 0;
}

static int teardown(void **state)
{
    fq_arena_free(*state);
    return 0;
}

static void assert_table(const struct ctl_table *table, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    ctl_table_print(table, file);
    (void)fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

static void test_chinese_takes_two_columns(void **state)
{
    (void)state;
    assert_int_equal(ctl_width(fq_lit("abc")), 3);
    assert_int_equal(ctl_width(fq_lit("分期手续费")), 10);
}

static void test_columns_are_aligned(void **state)
{
    struct ctl_table table;
    ctl_table_init(&table, *state, "lrl", 1);
    ctl_table_row(&table, fq_lit("费"), fq_lit("1.00"), fq_lit("x"));
    ctl_table_row(&table, fq_lit("fee"), fq_lit("手续费"), fq_lit("y"));
    ctl_table_row(&table, fq_lit("end"));
    assert_table(&table, " 费     1.00  x\n"
                         " fee  手续费  y\n"
                         " end\n");
}

static void test_no_text_moves_the_cursor(void **state)
{
    struct ctl_table table;
    ctl_table_init(&table, *state, "l", 0);
    ctl_table_row(&table, fq_lit("a\033[2Jb\nc\xff"));
    assert_table(&table, "a?[2Jb?c?\n");
}

static void assert_json(void **state, const ProtobufCMessage *message, const char *expected)
{
    struct fq_buf buf;
    struct fq_str text;
    fq_buf_init(&buf, *state, 4096);
    ctl_json_add(&buf, message);
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    assert_string_equal(text.ptr, expected);
}

static void test_json_of_scalars(void **state)
{
    static char currency[] = "C\"\\\n";
    Fenqi__V1__Money money;
    fenqi__v1__money__init(&money);
    money.minor = INT64_C(9999999999);
    money.currency = currency;
    assert_json(state, &money.base, "{\"minor\":9999999999,\"currency\":\"C\\\"\\\\\\u000a\"}");
}

static void test_json_of_a_oneof_shows_the_one_that_is_set(void **state)
{
    static char url[] = "https://pay.example/r/1";
    Fenqi__V1__NextAction action;
    fenqi__v1__next_action__init(&action);
    assert_json(state, &action.base, "{\"expires_at_unix_ms\":0}");
    action.action_case = FENQI__V1__NEXT_ACTION__ACTION_HOSTED_URL;
    action.hosted_url = url;
    assert_json(state, &action.base,
                "{\"expires_at_unix_ms\":0,\"hosted_url\":\"https://pay.example/r/1\"}");
}

static void test_json_of_lists_bytes_and_enums(void **state)
{
    static uint8_t bytes[] = { 0xfb, 0xff };
    Fenqi__V1__Plan plan;
    Fenqi__V1__ScheduleLine lines[2];
    Fenqi__V1__ScheduleLine *schedule[2] = { &lines[0], &lines[1] };
    fenqi__v1__plan__init(&plan);
    fenqi__v1__schedule_line__init(&lines[0]);
    fenqi__v1__schedule_line__init(&lines[1]);
    lines[1].number = 2;
    plan.quote = (ProtobufCBinaryData){ sizeof(bytes), bytes };
    plan.bearer = FENQI__V1__BEARER__BEARER_BUYER;
    plan.indicative = 1;
    plan.n_schedule = 2;
    plan.schedule = schedule;
    assert_json(
        state, &plan.base,
        "{\"quote\":\"+/8=\",\"quote_id\":\"\",\"instalments\":0,\"bearer\":\"BEARER_BUYER\","
        "\"merchant_percent\":0,\"rate_ppm\":0,\"principal_minor\":0,\"buyer_fee_minor\":0,"
        "\"merchant_fee_minor\":0,\"buyer_total_minor\":0,\"schedule\":["
        "{\"number\":0,\"principal_minor\":0,\"fee_minor\":0,\"total_minor\":0,"
        "\"due_month\":0},"
        "{\"number\":2,\"principal_minor\":0,\"fee_minor\":0,\"total_minor\":0,"
        "\"due_month\":0}],\"indicative\":true,\"expires_at_unix_ms\":0,"
        "\"nominal_annual_bp\":0,\"effective_annual_bp\":0,\"simple_annual_bp\":0,"
        "\"campaign\":\"\"}");
}

static void test_json_of_lists_of_numbers_and_words(void **state)
{
    static int32_t instalments[] = { 3, 12 };
    static Fenqi__V1__Terminal terminals[] = { FENQI__V1__TERMINAL__TERMINAL_DESKTOP,
                                               FENQI__V1__TERMINAL__TERMINAL_QR };
    Fenqi__V1__ChannelInfo info;
    fenqi__v1__channel_info__init(&info);
    info.n_terminals = 2;
    info.terminals = terminals;
    info.n_instalments = 2;
    info.instalments = instalments;
    assert_json(state, &info.base,
                "{\"channel\":\"\",\"title_zh\":\"\",\"title_en\":\"\",\"fee_word_zh\":\"\","
                "\"fee_word_en\":\"\",\"currency\":\"\",\"amount_min_minor\":0,"
                "\"amount_max_minor\":0,\"terminals\":[\"TERMINAL_DESKTOP\",\"TERMINAL_QR\"],"
                "\"instalments\":[3,12],\"indicative\":false,\"takes_payer\":false,"
                "\"partial_refund\":false,\"issuers\":[]}");
}

static void test_words_of_enums(void **state)
{
    struct ctl ctl = { .arena = *state };
    int value = 0;
    struct fq_str paid = ctl_word(&fenqi__v1__payment_state__descriptor,
                                  FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_PAID);
    assert_true(fq_str_equal(paid, fq_lit("PAID")));
    assert_true(ctl_word_read(&ctl, &fenqi__v1__terminal__descriptor, "mobile-web", &value));
    assert_int_equal(value, FENQI__V1__TERMINAL__TERMINAL_MOBILE_WEB);
    assert_false(ctl_word_read(&ctl, &fenqi__v1__terminal__descriptor, "unspecified", &value));
    assert_false(ctl_word_read(&ctl, &fenqi__v1__terminal__descriptor, "fax", &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chinese_takes_two_columns),
        cmocka_unit_test(test_columns_are_aligned),
        cmocka_unit_test(test_no_text_moves_the_cursor),
        cmocka_unit_test(test_json_of_scalars),
        cmocka_unit_test(test_json_of_a_oneof_shows_the_one_that_is_set),
        cmocka_unit_test(test_json_of_lists_bytes_and_enums),
        cmocka_unit_test(test_json_of_lists_of_numbers_and_words),
        cmocka_unit_test(test_words_of_enums),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
