/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the commented configuration files from the tables of options. */
#include "daemon/conf/document.h"

#include <string.h>

#define LINE_WIDTH     118
#define COMMENT_COLUMN 50
#define STEP           ((size_t)4) /* of indentation */

/* ---- words ---- */

bool fq_document_is_quoted(const struct fq_conf_row *row)
{
    return row->kind < FQ_CONF_TEXTS && row->kind != FQ_CONF_BOOL && row->kind != FQ_CONF_INTEGER;
}

struct fq_str fq_document_line(struct fq_str *text, size_t width)
{
    struct fq_str line = *text;
    if (line.len > width) {
        size_t len = width + 1;
        while (len > 0 && line.ptr[len - 1] != ' ')
            len--;
        if (len == 0) {
            while (len < line.len && line.ptr[len] != ' ')
                len++;
            len++;
        }
        line = fq_str_sub(line, 0, len > 0 ? len - 1 : 0);
    }
    *text = fq_str_sub(*text, line.len + 1, text->len);
    return line;
}

struct fq_str fq_document_capital(struct fq_str text, struct fq_arena *arena)
{
    bool is_lower = text.len > 0 && text.ptr[0] >= 'a' && text.ptr[0] <= 'z';
    struct fq_str rest = fq_str_sub(text, 1, text.len);
    if (!is_lower)
        return text;
    return fq_arena_printf(arena, "%c%.*s", text.ptr[0] - 'a' + 'A', fq_str_arg(rest));
}

static void document_pad(struct fq_buf *buf, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fq_buf_add_char(buf, ' ');
}

/* Lines of their own, above what they are about. */
static void document_comment(struct fq_buf *buf, struct fq_str text, size_t indent)
{
    while (text.len > 0) {
        struct fq_str line = fq_document_line(&text, LINE_WIDTH - 2 - indent);
        document_pad(buf, indent);
        fq_buf_printf(buf, "# %.*s%s\n", fq_str_arg(line), text.len > 0 ? "" : ".");
    }
}

/* Lines of an example, moved to the right; `mark` is "" or "# ". */
static void document_raw(struct fq_buf *buf, const char *raw, size_t indent, const char *mark,
                         size_t inner)
{
    struct fq_str line, rest = fq_str_of(raw);
    while (rest.len > 0) {
        (void)fq_str_cut(rest, '\n', &line, &rest);
        if (line.len > 0) {
            document_pad(buf, indent);
            fq_buf_printf(buf, "%s", mark);
            document_pad(buf, inner);
        }
        fq_buf_printf(buf, "%.*s\n", fq_str_arg(line));
    }
}

/* ---- one option in a line ---- */

/* What may stand there, if the text does not say so itself. */
static void document_range(struct fq_buf *buf, const struct fq_conf_row *row)
{
    if (row->kind == FQ_CONF_WORD) {
        const char *comma = "";
        struct fq_str first = fq_arena_printf(buf->arena, "\"%s\"", row->words[0].name);
        if (first.ptr == NULL || strstr(row->text, first.ptr) != NULL)
            return;
        for (const struct fq_conf_word *word = row->words; word->name != NULL; word++) {
            fq_buf_printf(buf, "%s\"%s\"", comma, word->name);
            comma = ", ";
        }
        fq_buf_add(buf, fq_lit("; "));
    } else if (row->min != NULL && row->kind != FQ_CONF_TIME) {
        fq_buf_printf(buf, "%s..%s; ", row->min, row->max);
    }
}

static struct fq_str document_told(struct fq_arena *arena, const struct fq_conf_row *row)
{
    struct fq_buf buf;
    struct fq_str told = { NULL, 0 };
    fq_buf_init(&buf, arena, 4096);
    document_range(&buf, row);
    fq_buf_add(&buf, fq_str_of(row->text));
    if (row->flags & FQ_CONF_SHOWN && row->fallback[0] != '\0')
        fq_buf_printf(&buf, "; default \"%s\"", row->fallback);
    (void)fq_buf_finish(&buf, &told);
    return told;
}

static struct fq_str document_value(struct fq_arena *arena, const struct fq_conf_row *row)
{
    const char *quote = fq_document_is_quoted(row) ? "\"" : "";
    if (row->example != NULL)
        return fq_arena_printf(arena, "%s%s%s", quote, row->example, quote);
    if (row->kind == FQ_CONF_TEXTS)
        return fq_arena_printf(arena, "[ \"%s\" ]", row->fallback);
    return fq_arena_printf(arena, "%s%s%s", quote, row->fallback, quote);
}

/* A default stands behind "#", what may be set behind "# ". */
static const char *document_mark(const struct fq_conf_row *row)
{
    bool is_set = row->fallback == NULL || row->kind == FQ_CONF_GROUP || row->flags & FQ_CONF_SHOWN;
    if (is_set)
        return "";
    return row->example == NULL ? "#" : "# ";
}

static void document_option(struct fq_buf *buf, const struct fq_conf_row *row, size_t indent)
{
    struct fq_str value = document_value(buf->arena, row);
    struct fq_str left = fq_arena_printf(buf->arena, "%s%s = %.*s;", document_mark(row), row->name,
                                         fq_str_arg(value));
    struct fq_str text = document_told(buf->arena, row);
    size_t column = indent + left.len + 1;
    column = column < COMMENT_COLUMN ? COMMENT_COLUMN : column;
    bool is_crowded = column + text.len + 2 > LINE_WIDTH && column > COMMENT_COLUMN;
    if (is_crowded) { /* a long value: its text goes above */
        fq_buf_add_char(buf, '\n');
        document_comment(buf, fq_document_capital(text, buf->arena), indent);
    }
    document_pad(buf, indent);
    fq_buf_add(buf, left);
    if (is_crowded) {
        fq_buf_add_char(buf, '\n');
        return;
    }
    for (size_t at = indent + left.len; text.len > 0; at = 0) {
        document_pad(buf, column - at);
        struct fq_str line = fq_document_line(&text, LINE_WIDTH - 2 - column);
        fq_buf_printf(buf, "# %.*s\n", fq_str_arg(line));
    }
}

/* ---- groups ---- */

static void document_table(struct fq_buf *buf, const struct fq_conf_table *table, size_t indent);

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static void document_group(struct fq_buf *buf, const struct fq_conf_row *row, size_t indent)
{
    const char *mark = document_mark(row);
    bool is_list = row->kind == FQ_CONF_GROUPS;
    fq_buf_add_char(buf, '\n');
    document_comment(buf, fq_str_of(row->text), indent);
    document_pad(buf, indent);
    fq_buf_printf(buf, "%s%s%s\n", mark, row->name, is_list ? " = (" : ": {");
    if (row->kind == FQ_CONF_GROUP) {
        document_table(buf, row->table, indent + STEP);
    } else if (!is_list || row->flags & FQ_CONF_BRIEF) {
        document_raw(buf, row->example, indent, mark, STEP);
    } else {
        bool has_more = row->example[0] != '\0';
        document_pad(buf, indent + STEP);
        fq_buf_add(buf, fq_lit("{\n"));
        document_table(buf, row->table, indent + 2 * STEP);
        document_pad(buf, indent + STEP);
        fq_buf_add(buf, has_more ? fq_lit("},\n") : fq_lit("}\n"));
        document_raw(buf, row->example, indent + STEP, mark, 0);
    }
    document_pad(buf, indent);
    fq_buf_printf(buf, "%s%s\n", mark, is_list ? ");" : "};");
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void document_table(struct fq_buf *buf, const struct fq_conf_table *table, size_t indent)
{
    bool was_group = false;
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fq_conf_row *row = &table->rows[i];
        bool is_group = row->kind >= FQ_CONF_PAIRS;
        if (was_group && !is_group)
            fq_buf_add_char(buf, '\n');
        if (is_group)
            document_group(buf, row, indent);
        else
            document_option(buf, row, indent);
        was_group = is_group;
    }
}

/* ---- the files ---- */

static const char main_head[] =
    "# fenqid.conf: every option of fenqid.\n"
    "#\n"
    "# An option in a line like \"#level = ...\" (no space behind the #) stands there with its "
    "default; one "
    "like\n"
    "# \"# level = ...\" may be set. What is not in such a line must be set. Check the file with "
    "`fenqid "
    "--check-config`:\n"
    "# it tells every mistake with its line. fenqid.conf(5) tells more, and which options a reload "
    "does "
    "not change.\n"
    "#\n"
    "# Durations, sizes, amounts and rates are texts with a unit: \"30s\" (ms s min h d), "
    "\"64KiB\"\n"
    "# (B KiB MiB GiB), \"100.00\" (always two decimals), \"2.30%\". Times are Beijing's, "
    "\"2026-11-01 "
    "00:00\" or\n"
    "# with seconds. Paths are relative to this file's folder.\n"
    "# Private keys and secrets must not be readable by others, nor writable by the group.\n"
    "# This file is written from the tables in daemon/conf: `make shipped`.\n"
    "\n";

static const char merchant_head[] =
    "# One merchant: who may ask in its name, and what it may ask. Lines like \"#option = ...\" "
    "(no space\n"
    "# behind the #) show defaults, lines like \"# option = ...\" what may be set.\n"
    "\n";

void fq_document_main(struct fq_buf *buf)
{
    fq_buf_add(buf, fq_str_of(main_head));
    document_table(buf, &fq_conf_main_table, 0);
}

void fq_document_merchant(struct fq_buf *buf)
{
    fq_buf_add(buf, fq_str_of(merchant_head));
    document_table(buf, &fq_conf_merchant_table, 0);
}
