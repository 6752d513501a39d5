/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped configuration files and fenqid.conf(5) are what the tables of options say; --write
 * makes them so (make shipped). */
#include <errno.h>

#include "daemon/conf/document.h"
#include "daemon/conf/text.h"
#include "tests/unit/conf/fixture.h"

#define DOCUMENT_SIZE_MAX ((size_t)1 << 19)

static const struct shipped {
    const char *path;
    void (*write)(struct fq_buf *buf);
} shipped[] = {
    { "conf/fenqid.conf", fq_document_main },
    { "conf/merchants.d/example.conf", fq_document_merchant },
    { "conf/fenqid.conf.5", fq_document_manual },
};

static struct fq_str document_of(const struct shipped *one, struct fq_arena *arena)
{
    struct fq_buf buf;
    struct fq_str text = { NULL, 0 };
    fq_buf_init(&buf, arena, DOCUMENT_SIZE_MAX);
    one->write(&buf);
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    return text;
}

static void expect_shipped(const struct shipped *one)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4 * DOCUMENT_SIZE_MAX);
    struct fq_str here = document_of(one, arena);
    struct fq_str there = { NULL, 0 };
    assert_int_equal(fq_text_read(one->path, arena, &there), 0);
    for (unsigned int line = 1; here.len > 0 || there.len > 0; line++) {
        struct fq_str a, b;
        (void)fq_str_cut(here, '\n', &a, &here);
        (void)fq_str_cut(there, '\n', &b, &there);
        if (!fq_str_equal(a, b))
            fail_msg("%s:%u is \"%.*s\", but the tables say \"%.*s\": run `make shipped`",
                     one->path, line, fq_str_arg(b), fq_str_arg(a));
    }
}

static void the_main_file_is_what_the_tables_say(void **state)
{
    (void)state;
    expect_shipped(&shipped[0]);
}

static void the_merchants_file_is_what_the_tables_say(void **state)
{
    (void)state;
    expect_shipped(&shipped[1]);
}

static void the_manual_is_what_the_tables_say(void **state)
{
    (void)state;
    expect_shipped(&shipped[2]);
}

/* Every option, in every table that can be reached, has a text: a sentence without its point. */
static void expect_texts(const struct fq_conf_table *table)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fq_conf_row *row = &table->rows[i];
        struct fq_str text = fq_str_of(row->text);
        if (text.len < 3 || fq_str_ends(text, fq_lit(".")))
            fail_msg("%s: \"%s\"", row->name, row->text != NULL ? row->text : "");
        if (row->table != NULL)
            expect_texts(row->table);
    }
}

static void every_option_has_a_text(void **state)
{
    (void)state;
    expect_texts(&fq_conf_main_table);
    expect_texts(&fq_conf_issuers_table);
    expect_texts(&fq_conf_merchant_table);
}

static void long_texts_are_cut_between_words(void **state)
{
    (void)state;
    struct fq_str text = fq_lit("one two three-and-more four");
    assert_true(fq_str_equal(fq_document_line(&text, 7), fq_lit("one two")));
    assert_true(fq_str_equal(fq_document_line(&text, 7), fq_lit("three-and-more")));
    assert_true(fq_str_equal(fq_document_line(&text, 7), fq_lit("four")));
    assert_int_equal(text.len, 0);
}

static int write_all(void)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(8 * DOCUMENT_SIZE_MAX);
    for (size_t i = 0; i < fq_array_size(shipped); i++) {
        struct fq_str text = document_of(&shipped[i], arena);
        FILE *file = fopen(shipped[i].path, "we");
        if (file == NULL || fwrite(text.ptr, 1, text.len, file) != text.len || fclose(file) != 0) {
            perror(shipped[i].path);
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_file_is_what_the_tables_say),
        cmocka_unit_test(the_merchants_file_is_what_the_tables_say),
        cmocka_unit_test(the_manual_is_what_the_tables_say),
        cmocka_unit_test(every_option_has_a_text),
        cmocka_unit_test(long_texts_are_cut_between_words),
    };
    if (argc == 2 && strcmp(argv[1], "--write") == 0)
        return write_all();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
