/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of results: an aligned table for people, a list in JSON for programs. */
#include <stdio.h>

#include "tests/bench/bench.h"

#define ROWS_MAX 64
#define GAPS_MAX 16

static struct bench_row rows[ROWS_MAX];
static size_t n_rows;
static const char *gaps[GAPS_MAX];
static size_t n_gaps;

void bench_row_add(struct bench_row row)
{
    bench_check(n_rows < ROWS_MAX);
    rows[n_rows++] = row;
}

void bench_gap_add(const char *what)
{
    bench_check(n_gaps < GAPS_MAX);
    gaps[n_gaps++] = what;
}

static double row_ratio(const struct bench_row *row)
{
    return row->limit > 0 ? row->value / row->limit : 0;
}

static bool row_is_over(const struct bench_row *row)
{
    double measured = row->limit > 0 ? row_ratio(row) : row->value;
    if (row->budget <= 0)
        return false;
    return row->at_least ? measured < row->budget : measured > row->budget;
}

static void row_print_number(FILE *out, double value, int width, const char *nothing)
{
    if (value <= 0)
        (void)fprintf(out, "%*s", width, nothing);
    else
        (void)fprintf(out, "%*.*f", width, value >= 1000 ? 0 : value >= 10 ? 1 : 2, value);
}

static void rows_print(void)
{
    (void)printf("%-58s %9s %-8s %9s %7s %8s\n", "", "value", "unit", "limit", "ratio", "budget");
    for (size_t i = 0; i < n_rows; i++) {
        const struct bench_row *row = &rows[i];
        (void)printf("%-58s ", row->name);
        row_print_number(stdout, row->value, 9, "0");
        (void)printf(" %-8s ", row->unit);
        row_print_number(stdout, row->limit, 9, "-");
        row_print_number(stdout, row_ratio(row), 8, "-");
        row_print_number(stdout, row->budget, 9, "-");
        (void)printf("  %s\n", row->budget <= 0 ? "" : row_is_over(row) ? "OVER" : "pass");
    }
    (void)printf("\nnot measured:\n");
    for (size_t i = 0; i < n_gaps; i++)
        (void)printf("  %s\n", gaps[i]);
}

static void row_write_number(FILE *out, const char *name, double value)
{
    if (value > 0)
        (void)fprintf(out, ",\"%s\":%.4f", name, value);
    else
        (void)fprintf(out, ",\"%s\":null", name);
}

static void rows_write(const char *path)
{
    FILE *out = fopen(path, "we");
    bench_check(out != NULL);
    (void)fputs("[\n", out);
    for (size_t i = 0; i < n_rows; i++) {
        const struct bench_row *row = &rows[i];
        (void)fprintf(out, " {\"name\":\"%s\",\"value\":%.4f,\"unit\":\"%s\"", row->name,
                      row->value, row->unit);
        row_write_number(out, "limit", row->limit);
        row_write_number(out, "ratio", row_ratio(row));
        row_write_number(out, "budget", row->budget);
        (void)fprintf(out, "%s}%s\n", row->at_least ? ",\"at_least\":true" : "",
                      i + 1 < n_rows + n_gaps ? "," : "");
    }
    for (size_t i = 0; i < n_gaps; i++)
        (void)fprintf(out, " {\"not_measured\":\"%s\"}%s\n", gaps[i], i + 1 < n_gaps ? "," : "");
    (void)fputs("]\n", out);
    bench_check(fclose(out) == 0);
}

size_t bench_rows_finish(const char *path)
{
    size_t n_over = 0;
    for (size_t i = 0; i < n_rows; i++)
        n_over += row_is_over(&rows[i]) ? 1 : 0;
    rows_print();
    rows_write(path);
    return n_over;
}
