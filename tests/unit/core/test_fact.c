/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: one text for a list, one list for a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/core/fact.h"

static int fact_setup(void **state)
{
    *state = fq_arena_new(65536);
    return 0;
}

static int fact_teardown(void **state)
{
    fq_arena_free(*state);
    return 0;
}

static struct fq_str fact_write(struct fq_arena *arena, const char *name, struct fq_str value)
{
    struct fq_buf buf;
    struct fq_str text;
    fq_buf_init(&buf, arena, 4096);
    fq_fact_add(&buf, name, value);
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    return text;
}

static void test_plain_text_stands_as_it_is(void **state)
{
    struct fq_str text = fact_write(*state, "subject", fq_lit("手机 a=b&c"));
    assert_true(fq_str_equal(text, fq_lit("subject=手机 a=b&c\n")));
}

static void test_controls_and_percent_are_escaped(void **state)
{
    struct fq_str text = fact_write(*state, "x", (struct fq_str){ "a\nb%\0c", 6 });
    assert_true(fq_str_equal(text, fq_lit("x=a%0Ab%25%00c\n")));
}

static void test_every_byte_comes_back(void **state)
{
    char bytes[256];
    struct fq_pairs facts;
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    struct fq_str text = fact_write(*state, "all", (struct fq_str){ bytes, sizeof(bytes) });
    assert_int_equal(fq_facts_read(text, *state, &facts), 0);
    assert_int_equal(facts.n_items, 1);
    assert_int_equal(facts.items[0].value.len, 256);
    assert_memory_equal(facts.items[0].value.ptr, bytes, 256);
    assert_int_equal(fq_fact_size(&facts.items[0]), text.len);
}

static void test_other_texts_of_the_same_are_refused(void **state)
{
    static const char *const bad[] = { "a=b",      "a\n",      "=b\n",      "A=b\n",   "a=%41\n",
                                       "a=%0a\n",  "a=%0\n",   "a=%\n",     "a=b\n\n", "a b=c\n",
                                       "a=\x01\n", "a=b\nc\n", "a=%2\n5\n", "a=%GG\n" };
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        struct fq_pairs facts;
        if (fq_facts_read(fq_str_of(bad[i]), *state, &facts) == 0)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void test_a_missing_name_is_absent_an_empty_value_is_not(void **state)
{
    struct fq_pairs facts;
    assert_int_equal(fq_facts_read(fq_lit("a=\n"), *state, &facts), 0);
    assert_non_null(fq_facts_get(facts, "a").ptr);
    assert_int_equal(fq_facts_get(facts, "a").len, 0);
    assert_null(fq_facts_get(facts, "b").ptr);
}

static void test_numbers_are_strict(void **state)
{
    struct fq_pairs facts;
    int64_t value = 0;
    assert_int_equal(fq_facts_read(fq_lit("a=12\nb=+1\nc=99\n"), *state, &facts), 0);
    assert_int_equal(fq_facts_get_int(facts, "a", 0, 50, &value), 0);
    assert_int_equal(value, 12);
    assert_int_equal(fq_facts_get_int(facts, "b", 0, 50, &value), FQ_FACT_E_MALFORMED);
    assert_int_equal(fq_facts_get_int(facts, "c", 0, 50, &value), FQ_FACT_E_MALFORMED);
    assert_int_equal(fq_facts_get_int(facts, "d", 0, 50, &value), FQ_FACT_E_ABSENT);
}

static void test_bytes_come_back(void **state)
{
    (void)state;
    static const unsigned char bytes[] = { 0x00, 0x7f, 0xa5, 0xff };
    unsigned char back[4] = { 1, 1, 1, 1 };
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_buf buf;
    struct fq_str text;
    struct fq_pairs facts;
    fq_buf_init(&buf, arena, 256);
    fq_fact_add_hex(&buf, "good", bytes, sizeof(bytes));
    fq_fact_add_text(&buf, "upper", "007FA5FF");
    fq_fact_add_text(&buf, "short", "007fa5");
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    assert_int_equal(fq_facts_read(text, arena, &facts), 0);
    assert_int_equal(fq_facts_get_hex(facts, "upper", back, 4), FQ_FACT_E_MALFORMED);
    assert_int_equal(fq_facts_get_hex(facts, "short", back, 4), FQ_FACT_E_MALFORMED);
    assert_int_equal(fq_facts_get_hex(facts, "none", back, 4), FQ_FACT_E_ABSENT);
    assert_int_equal(back[0], 1);
    assert_int_equal(fq_facts_get_hex(facts, "good", back, 4), 0);
    assert_memory_equal(back, bytes, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain_text_stands_as_it_is, fact_setup, fact_teardown),
        cmocka_unit_test_setup_teardown(test_controls_and_percent_are_escaped, fact_setup,
                                        fact_teardown),
        cmocka_unit_test_setup_teardown(test_every_byte_comes_back, fact_setup, fact_teardown),
        cmocka_unit_test_setup_teardown(test_other_texts_of_the_same_are_refused, fact_setup,
                                        fact_teardown),
        cmocka_unit_test_setup_teardown(test_a_missing_name_is_absent_an_empty_value_is_not,
                                        fact_setup, fact_teardown),
        cmocka_unit_test_setup_teardown(test_numbers_are_strict, fact_setup, fact_teardown),
        cmocka_unit_test(test_bytes_come_back),
    };
    return cmocka_run_group_tests_name("fact", tests, NULL, NULL);
}
