/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to the terminal: complaints, and tables that stand straight with Chinese text too. */
#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#include "daemon/ctl/ctl.h"

#define GAP 2

int ctl_complain(int code, const char *format, ...)
{
    va_list arguments;
    (void)fflush(stdout);
    (void)fprintf(stderr, "fenqictl: ");
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    return code;
}

struct ctl_row {
    struct ctl_row *next;
    struct fq_str cells[CTL_COLUMNS_MAX];
};

/* One character of well-formed text: its bytes and its columns; what a terminal would not print
 * plainly has none. */
static size_t print_take(struct fq_str text, int *ret_width)
{
    wchar_t character = 0;
    mbstate_t state = { 0 };
    /* Its state is our own. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    size_t n = mbrtowc(&character, text.ptr, text.len, &state);
    *ret_width = -1;
    if (n == 0 || n > text.len)
        return 1;
    *ret_width = wcwidth(character);
    return n;
}

size_t ctl_width(struct fq_str text)
{
    size_t width = 0;
    while (text.len > 0) {
        int n_columns = 0;
        size_t n = print_take(text, &n_columns);
        width += n_columns >= 0 ? (size_t)n_columns : 1;
        text = fq_str_sub(text, n, text.len);
    }
    return width;
}

/* No text can move the cursor or forge a line. */
static struct fq_str print_clean(struct fq_arena *arena, struct fq_str text)
{
    struct fq_buf buf;
    struct fq_str clean = { NULL, 0 };
    fq_buf_init(&buf, arena, text.len + 1);
    while (text.len > 0) {
        int n_columns = 0;
        size_t n = print_take(text, &n_columns);
        fq_buf_add(&buf, n_columns >= 0 ? fq_str_sub(text, 0, n) : fq_lit("?"));
        text = fq_str_sub(text, n, text.len);
    }
    (void)fq_buf_finish(&buf, &clean);
    return clean;
}

void ctl_table_init(struct ctl_table *table, struct fq_arena *arena, const char *columns,
                    int indent)
{
    *table = (struct ctl_table){ .arena = arena, .columns = columns, .indent = indent };
    table->rows_end = &table->rows;
}

void ctl_table_add(struct ctl_table *table, const struct fq_str *cells, size_t n_cells)
{
    struct ctl_row *row = fq_arena_alloc(table->arena, sizeof(*row));
    if (row == NULL)
        return;
    for (size_t i = 0; i < n_cells && i < CTL_COLUMNS_MAX; i++)
        row->cells[i] = print_clean(table->arena, cells[i]);
    *table->rows_end = row;
    table->rows_end = &row->next;
}

static void print_pad(FILE *file, size_t n)
{
    (void)fprintf(file, "%*s", (int)n, "");
}

static bool print_is_last(const struct ctl_row *row, size_t column)
{
    for (size_t i = column + 1; i < CTL_COLUMNS_MAX; i++) {
        if (row->cells[i].len > 0)
            return false;
    }
    return true;
}

static void print_row(const struct ctl_table *table, const struct ctl_row *row,
                      const size_t *widths, FILE *file)
{
    print_pad(file, (size_t)table->indent);
    for (size_t i = 0; table->columns[i] != '\0'; i++) {
        struct fq_str cell = row->cells[i];
        size_t room = widths[i] - ctl_width(cell);
        bool is_last = print_is_last(row, i);
        if (table->columns[i] == 'r')
            print_pad(file, room);
        (void)fprintf(file, "%.*s", fq_str_arg(cell));
        if (is_last)
            break;
        print_pad(file, GAP + (table->columns[i] == 'l' ? room : 0));
    }
    (void)fputc('\n', file);
}

void ctl_table_print(const struct ctl_table *table, FILE *file)
{
    size_t widths[CTL_COLUMNS_MAX] = { 0 };
    for (const struct ctl_row *row = table->rows; row != NULL; row = row->next) {
        for (size_t i = 0; i < CTL_COLUMNS_MAX; i++) {
            size_t width = ctl_width(row->cells[i]);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    for (const struct ctl_row *row = table->rows; row != NULL; row = row->next)
        print_row(table, row, widths, file);
}
