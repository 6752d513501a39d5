/* SPDX-License-Identifier: Apache-2.0 */
/* Who can be a payer, and in which texts one is found. */

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/core/payer.h"

#define NAME64 "1234567890123456789012345678901234567890123456789012345678901234"

static struct fq_payer a_payer(void)
{
    return (struct fq_payer){ .name = fq_lit("金丝雀"),
                              .document_type = FQ_DOCUMENT_IDENTITY_CARD,
                              .document_number = fq_lit("11010519491231002X"),
                              .phone = fq_lit("+86-13800138000") };
}

static void assert_good(const struct fq_payer *payer)
{
    struct fq_status status = fq_payer_check(payer);
    if (status.code != FQ_CODE_OK)
        fail_msg("refused: %s %s", status.field, status.reason);
}

static void assert_bad(const struct fq_payer *payer, const char *member, const char *reason)
{
    char field[64];
    struct fq_status status = fq_payer_check(payer);
    (void)snprintf(field, sizeof(field), "create_payment.payer.%s", member);
    assert_int_equal(status.code, FQ_CODE_INVALID_ARGUMENT);
    assert_string_equal(status.field, field);
    assert_string_equal(status.reason, reason);
    assert_true(status.text.len > 0);
    assert_false(fq_payer_shows(payer, status.text));
}

/* ---- who can be one ---- */

static void a_whole_payer_is_good(void **state)
{
    (void)state;
    struct fq_payer payer = a_payer();
    assert_good(&payer);
    payer.phone = (struct fq_str){ NULL, 0 };
    assert_good(&payer);
    payer.document_type = FQ_DOCUMENT_UNSET;
    payer.document_number = (struct fq_str){ NULL, 0 };
    assert_good(&payer);
}

static void a_name_is_1_to_64_bytes_of_text(void **state)
{
    (void)state;
    static const struct fq_str bad[] = {
        { NULL, 0 },       { "", 0 },          { NAME64 "5", 65 }, { "a\nb", 3 },
        { "a\0b", 3 },     { "a\x7f", 2 },     { "\xc2\x85", 2 },  { "\xff\xfe", 2 },
        { "\xe5\xbc", 2 }, { "a\xc2\x9f", 3 },
    };
    struct fq_payer payer = a_payer();
    payer.name = fq_lit(NAME64);
    assert_good(&payer);
    payer.name = fq_lit("\xc2\xa0 O'Neill & \"S\xc3\xb6hne\"");
    assert_good(&payer);
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        payer.name = bad[i];
        assert_bad(&payer, "name", "PAYER_NAME_INVALID");
    }
}

static void type_and_number_go_together(void **state)
{
    (void)state;
    struct fq_payer payer = a_payer();
    payer.document_type = FQ_DOCUMENT_UNSET;
    assert_bad(&payer, "document_type", "DOCUMENT_TYPE_INVALID");
    payer.document_type = FQ_DOCUMENT_HOKOU + 1;
    assert_bad(&payer, "document_type", "DOCUMENT_TYPE_INVALID");
    payer.document_type = UINT32_MAX;
    assert_bad(&payer, "document_type", "DOCUMENT_TYPE_INVALID");
    payer.document_type = FQ_DOCUMENT_PASSPORT;
    payer.document_number = (struct fq_str){ NULL, 0 };
    assert_bad(&payer, "document_number", "DOCUMENT_NUMBER_INVALID");
}

static void a_number_is_1_to_32_letters_and_digits(void **state)
{
    (void)state;
    static const struct fq_str bad[] = {
        { "123456789012345678901234567890123", 33 },
        { "E 123456", 8 },
        { "E1-23456", 8 },
        { "\xe5\xbc\xa0", 3 },
        { "E1\0", 3 },
    };
    struct fq_payer payer = a_payer();
    payer.document_type = FQ_DOCUMENT_PASSPORT;
    payer.document_number = fq_lit("12345678901234567890123456789012");
    assert_good(&payer);
    payer.document_number = fq_lit("e");
    assert_good(&payer);
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        payer.document_number = bad[i];
        assert_bad(&payer, "document_number", "DOCUMENT_NUMBER_INVALID");
    }
}

/* Numbers with each of the check characters, and every single wrong one of one number. */
static void an_identity_cards_check_digit_is_computed(void **state)
{
    (void)state;
    static const char *const good[] = { "11010519491231002X", "11010519491231002x",
                                        "440524188001010014" };
    static const char *const bad[] = { "440524188001010013", "440524188001010024",
                                       "44052418800101001X", "4405241880O1010014",
                                       "X40524188001010014" };
    struct fq_payer payer = a_payer();
    for (size_t i = 0; i < fq_array_size(good); i++) {
        payer.document_number = fq_str_of(good[i]);
        assert_good(&payer);
    }
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        payer.document_number = fq_str_of(bad[i]);
        assert_bad(&payer, "document_number", "DOCUMENT_NUMBER_INVALID");
    }
    for (char last = '0'; last <= '9'; last++) {
        char number[] = "11010519491231002X";
        number[17] = last;
        payer.document_number = fq_str_of(number);
        assert_bad(&payer, "document_number", "DOCUMENT_NUMBER_INVALID");
    }
}

static void every_changed_digit_of_a_card_is_seen(void **state)
{
    (void)state;
    struct fq_payer payer = a_payer();
    for (size_t i = 0; i < 17; i++) {
        char number[] = "11010519491231002X";
        number[i] = number[i] == '9' ? '0' : (char)(number[i] + 1);
        payer.document_number = fq_str_of(number);
        assert_bad(&payer, "document_number", "DOCUMENT_NUMBER_INVALID");
    }
}

/* Cards of 15 digits have no check digit, and other documents may have 18 characters. */
static void only_a_card_of_18_has_a_check_digit(void **state)
{
    (void)state;
    struct fq_payer payer = a_payer();
    payer.document_number = fq_lit("110105491231002");
    assert_good(&payer);
    payer.document_type = FQ_DOCUMENT_OFFICER_CARD;
    payer.document_number = fq_lit("110105194912310020");
    assert_good(&payer);
}

static void a_phone_is_5_to_20_of_digits_plus_and_minus(void **state)
{
    (void)state;
    static const struct fq_str bad[] = {
        { "1234", 4 }, { "123456789012345678901", 21 }, { "138 0013 8000", 13 }, { "13800\0", 6 }
    };
    struct fq_payer payer = a_payer();
    payer.phone = fq_lit("12345678901234567890");
    assert_good(&payer);
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        payer.phone = bad[i];
        assert_bad(&payer, "phone", "PAYER_PHONE_INVALID");
    }
}

static void documents_have_names(void **state)
{
    (void)state;
    assert_string_equal(fq_document_name(FQ_DOCUMENT_IDENTITY_CARD).ptr, "IDENTITY_CARD");
    assert_string_equal(fq_document_name(FQ_DOCUMENT_HOKOU).ptr, "HOKOU");
    assert_null(fq_document_name(FQ_DOCUMENT_UNSET).ptr);
    assert_null(fq_document_name(FQ_DOCUMENT_HOKOU + 1).ptr);
}

/* ---- the text ---- */

static void what_is_written_is_read(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_payer payer = a_payer(), read;
    struct fq_str text;
    payer.name = fq_lit("100% = O'Neill");
    assert_int_equal(fq_payer_write(&payer, arena, &text), 0);
    assert_int_equal(fq_payer_read(text, arena, &read), 0);
    assert_true(fq_str_equal(read.name, payer.name));
    assert_int_equal(read.document_type, payer.document_type);
    assert_true(fq_str_equal(read.document_number, payer.document_number));
    assert_true(fq_str_equal(read.phone, payer.phone));
}

static void what_is_no_payer_is_not_read(void **state)
{
    (void)state;
    static const struct fq_str bad[] = {
        { NULL, 0 },
        { "form=payer.2\nname=a\ndocument_type=0\n", 37 },
        { "form=payer.1\nname=a\n", 20 },
        { "form=payer.1\nname=a\ndocument_type=6\n", 37 },
        { "form=payer.1\nname", 17 },
    };
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_payer read;
    for (size_t i = 0; i < fq_array_size(bad); i++)
        assert_int_equal(fq_payer_read(bad[i], arena, &read), FQ_PAYER_E_MALFORMED);
}

/* ---- does one show? ---- */

static void assert_shows(const char *text)
{
    struct fq_payer payer = a_payer();
    if (!fq_payer_shows(&payer, fq_str_of(text)))
        fail_msg("not seen in %s", text);
}

static void a_payer_shows_in_every_dress(void **state)
{
    (void)state;
    assert_shows("金丝雀");
    assert_shows("{\"name\":\"金丝雀\"}");
    assert_shows("https://pay.example/?n=%E9%87%91%E4%B8%9D%E9%9B%80");
    assert_shows("https://pay.example/?n=%e9%87%91%e4%b8%9d%e9%9b%80&x=1");
    assert_shows("https://pay.example/?n=%25E9%2587%2591%25E4%25B8%259D%25E9%259B%2580");
    assert_shows("id=11010519491231002X");
    assert_shows("313130313035313934393132333130303258");
    assert_shows("e98791e4b89de99b80");
    assert_shows("xE98791E4B89DE99B80x");
    assert_shows("tel=%2B86-13800138000");
    assert_shows("tel=+86-13800138000");
}

/* printf '%s' ... | base64, with nothing, one and two bytes before it. */
static void a_payer_shows_in_base64_wherever_it_begins(void **state)
{
    (void)state;
    assert_shows("MTEwMTA1MTk0OTEyMzEwMDJY");
    assert_shows("eDExMDEwNTE5NDkxMjMxMDAyWA==");
    assert_shows("eHgxMTAxMDUxOTQ5MTIzMTAwMlg=");
    assert_shows("eyJuYW1lIjoi6YeR5Lid6ZuAIn0");
    assert_shows("Kzg2LTEzODAwMTM4MDAw");
}

/* Both alphabets, and plus and slash percent-encoded. */
static void base64_is_seen_in_urls_too(void **state)
{
    (void)state;
    struct fq_payer payer = a_payer();
    payer.name = fq_lit("~~~??\?>>>");
    assert_true(fq_payer_shows(&payer, fq_lit("fn5+Pz8/Pj4+")));
    assert_true(fq_payer_shows(&payer, fq_lit("fn5-Pz8_Pj4-")));
    assert_true(fq_payer_shows(&payer, fq_lit("fn5%2BPz8%2FPj4%2B")));
    assert_false(fq_payer_shows(&payer, fq_lit("fn5+Pz8/Pj4/")));
}

static void others_do_not_show(void **state)
{
    (void)state;
    static const char *const texts[] = { "",
                                         "https://pay.example/gateway.do?sign=abc%2B%",
                                         "金丝",
                                         "11010519491231002",
                                         "%E9%87%91%E4%B8%9D%E9%9B",
                                         "e98791e4b89de99b8",
                                         "MTEwMTA1MTk0OTEyMzEw" };
    struct fq_payer payer = a_payer();
    for (size_t i = 0; i < fq_array_size(texts); i++)
        assert_false(fq_payer_shows(&payer, fq_str_of(texts[i])));
    assert_false(fq_payer_shows(&payer, (struct fq_str){ NULL, 0 }));
}

static void short_values_are_not_looked_for(void **state)
{
    (void)state;
    struct fq_payer payer = { .name = fq_lit("Li Wu") };
    assert_false(fq_payer_shows(&payer, fq_lit("Li Wu")));
    payer.name = fq_lit("Li Wei");
    assert_true(fq_payer_shows(&payer, fq_lit("Li+Wei")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_payer_is_good),
        cmocka_unit_test(a_name_is_1_to_64_bytes_of_text),
        cmocka_unit_test(type_and_number_go_together),
        cmocka_unit_test(a_number_is_1_to_32_letters_and_digits),
        cmocka_unit_test(an_identity_cards_check_digit_is_computed),
        cmocka_unit_test(every_changed_digit_of_a_card_is_seen),
        cmocka_unit_test(only_a_card_of_18_has_a_check_digit),
        cmocka_unit_test(a_phone_is_5_to_20_of_digits_plus_and_minus),
        cmocka_unit_test(documents_have_names),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_no_payer_is_not_read),
        cmocka_unit_test(a_payer_shows_in_every_dress),
        cmocka_unit_test(a_payer_shows_in_base64_wherever_it_begins),
        cmocka_unit_test(base64_is_seen_in_urls_too),
        cmocka_unit_test(others_do_not_show),
        cmocka_unit_test(short_values_are_not_looked_for),
    };
    return cmocka_run_group_tests_name("core/payer", tests, NULL, NULL);
}
