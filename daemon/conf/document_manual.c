/* SPDX-License-Identifier: Apache-2.0 */
/* Writes fenqid.conf(5) from the tables of options. */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/conf/document.h"

#define LINE_WIDTH 78
#define TABLES_MAX 32

/* One table under its name: "channels.rates". */
struct manual_part {
    const struct fq_conf_table *table;
    struct fq_str path;
};

/* Tables that are told, and that are to be told: a table that stands in several places is told
 * once. */
struct manual {
    struct fq_buf *buf;
    struct manual_part parts[TABLES_MAX];
    size_t n_parts;
};

/* ---- text ---- */

/* Cuts the first sentence off: each begins a line of its own. */
static struct fq_str manual_sentence(struct fq_str *text)
{
    const char *end = memmem(text->ptr, text->len, ". ", 2);
    size_t len = end != NULL ? (size_t)(end - text->ptr) + 1 : text->len;
    struct fq_str sentence = fq_str_sub(*text, 0, len);
    *text = fq_str_sub(*text, len + 1, text->len);
    return sentence;
}

/* A text line of mdoc: no macro at the beginning, no escape inside. */
static void manual_line(struct fq_buf *buf, struct fq_str line)
{
    if (line.len > 0 && (line.ptr[0] == '.' || line.ptr[0] == '\''))
        fq_buf_add(buf, fq_lit("\\&"));
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '\\')
            fq_buf_add(buf, fq_lit("\\e"));
        else
            fq_buf_add_char(buf, line.ptr[i]);
    }
    fq_buf_add_char(buf, '\n');
}

static void manual_text(struct fq_buf *buf, struct fq_str text)
{
    while (text.len > 0) {
        for (struct fq_str rest = manual_sentence(&text); rest.len > 0;) {
            struct fq_str line = fq_document_line(&rest, LINE_WIDTH);
            manual_line(buf, line);
        }
    }
}

static void manual_upper(struct fq_buf *buf, struct fq_str text)
{
    fq_buf_add(buf, fq_document_capital(text, buf->arena));
}

/* ---- one option ---- */

static void manual_may_be(struct fq_buf *buf, const struct fq_conf_row *row)
{
    const char *comma = "";
    switch (row->kind) {
    case FQ_CONF_BOOL:
        fq_buf_add(buf, fq_lit("true or false"));
        break;
    case FQ_CONF_WORD:
        for (const struct fq_conf_word *word = row->words; word->name != NULL; word++) {
            fq_buf_printf(buf, "%s\"%s\"", comma, word->name);
            comma = word[1].name == NULL || word[2].name != NULL ? ", " : " or ";
        }
        break;
    case FQ_CONF_TEXTS:
    case FQ_CONF_FILES:
        fq_buf_printf(buf, "%s to %s, each %s", row->min, row->max, row->form->must);
        break;
    case FQ_CONF_PAIRS:
    case FQ_CONF_PATHS:
        fq_buf_printf(buf, "At most %s names, each with %s", row->max, row->form->must);
        break;
    case FQ_CONF_GROUP:
        fq_buf_add(buf, fq_lit("A group"));
        break;
    case FQ_CONF_GROUPS:
        fq_buf_printf(buf, "A list of %s to %s groups", row->min, row->max);
        break;
    case FQ_CONF_TEXT:
    case FQ_CONF_PATH:
        manual_upper(buf, fq_str_of(row->form->must));
        break;
    default:
        fq_buf_printf(buf, "%s to %s", row->min, row->max);
    }
}

static void manual_default(struct fq_buf *buf, const struct fq_conf_row *row)
{
    const char *quote = fq_document_is_quoted(row) || row->kind == FQ_CONF_TEXTS ? "\"" : "";
    if (row->kind == FQ_CONF_GROUP)
        return;
    if (row->fallback == NULL)
        fq_buf_add(buf, fq_lit("; must be set"));
    else if (row->fallback[0] != '\0')
        fq_buf_printf(buf, "; default: %s%s%s", quote, row->fallback, quote);
}

static void manual_option(struct manual *manual, const struct fq_conf_row *row)
{
    struct fq_buf line;
    struct fq_str text = { NULL, 0 };
    fq_buf_init(&line, manual->buf->arena, 4096);
    manual_upper(&line, fq_str_of(row->text));
    fq_buf_add(&line, fq_lit(". "));
    manual_may_be(&line, row);
    manual_default(&line, row);
    fq_buf_add_char(&line, '.');
    if (row->flags & FQ_CONF_FIXED)
        fq_buf_add(&line, row->flags & FQ_CONF_KEY
                              ? fq_lit(" The key in it cannot change while fenqid runs.")
                              : fq_lit(" Cannot change while fenqid runs."));
    (void)fq_buf_finish(&line, &text);
    fq_buf_printf(manual->buf, ".It Ic %s\n", row->name);
    manual_text(manual->buf, text);
}

/* ---- tables, breadth first ---- */

static void manual_add_part(struct manual *manual, const struct fq_conf_table *table,
                            struct fq_str path)
{
    for (size_t i = 0; i < manual->n_parts; i++) {
        if (manual->parts[i].table == table)
            return;
    }
    fq_assert(manual->n_parts < TABLES_MAX);
    manual->parts[manual->n_parts++] = (struct manual_part){ table, path };
}

static void manual_part(struct manual *manual, const struct manual_part *part)
{
    if (part->path.len > 0)
        fq_buf_printf(manual->buf, ".Ss %.*s\n", fq_str_arg(part->path));
    fq_buf_add(manual->buf, fq_lit(".Bl -tag -width Ds\n"));
    for (size_t i = 0; i < part->table->n_rows; i++) {
        const struct fq_conf_row *row = &part->table->rows[i];
        manual_option(manual, row);
        if (row->table != NULL)
            manual_add_part(manual, row->table,
                            fq_arena_printf(manual->buf->arena, "%.*s%s%s", fq_str_arg(part->path),
                                            part->path.len > 0 ? "." : "", row->name));
    }
    fq_buf_add(manual->buf, fq_lit(".El\n"));
}

static void manual_file(struct manual *manual, const struct fq_conf_table *table)
{
    size_t i = manual->n_parts;
    manual_add_part(manual, table, (struct fq_str){ NULL, 0 });
    for (; i < manual->n_parts; i++)
        manual_part(manual, &manual->parts[i]);
}

/* ---- the page ---- */

static const char manual_head[] =
    ".\\\" SPDX-License-Identifier: Apache-2.0\n"
    ".\\\" Written from the tables in daemon/conf: `make shipped`.\n"
    ".Dd November 23, 2026\n"
    ".Dt FENQID.CONF 5\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm fenqid.conf\n"
    ".Nd configuration of the instalment payment daemon\n"
    ".Sh DESCRIPTION\n"
    "The main file, the files of banks that it names, and one file for each\n"
    "merchant are in the syntax of libconfig: options are\n"
    ".Ql \"name = value;\\&\" ,\n"
    "groups\n"
    ".Ql \"name: { ... };\\&\" ,\n"
    "lists of texts\n"
    ".Ql \"name = [ \\(dq...\\(dq ];\\&\" ,\n"
    "lists of groups\n"
    ".Ql \"name = ( { ... }, { ... } );\\&\" .\n"
    "A comment goes from # to the end of the line.\n"
    ".Pp\n"
    "Durations, sizes, amounts and rates are texts with a unit:\n"
    ".Qq 30s\n"
    "(ms, s, min, h, d),\n"
    ".Qq 64KiB\n"
    "(B, KiB, MiB, GiB),\n"
    ".Qq 100.00\n"
    "(yuan, always with two decimals),\n"
    ".Qq 2.30% .\n"
    "Times are Beijing's:\n"
    ".Qq 2026-11-01 00:00 ,\n"
    "with seconds or without.\n"
    "Paths are relative to the folder of the file that names them.\n"
    "A file with a private key or a secret must not be readable by others, nor\n"
    "writable by its group.\n"
    "Settings are no place for secrets: they are logged when they change.\n"
    ".Pp\n"
    ".Ql fenqid --check-config\n"
    "tells every mistake at once, each with file, line, option, value and reason.\n"
    ".Sh RELOAD\n"
    "On SIGHUP\n"
    ".Pq Ql systemctl reload fenqid\n"
    "all files and keys are read again and taken at once, or not at all.\n"
    "What changed is logged, option by option, with the old and the new value; of\n"
    "keys, the first eight digits of the SHA-256 of their files.\n"
    "A file that has a mistake, that changes an option which cannot change while\n"
    "fenqid runs, or that leaves out a channel with payments that are not final, is\n"
    "refused, and the log says why.\n"
    "Requests that are inside go on under the configuration that they began with.\n"
    ".Ql fenqictl config diff\n"
    "shows beforehand what a reload would change.\n";

static const char manual_tail[] =
    ".Sh FILES\n"
    ".Bl -tag -width Ds\n"
    ".It Pa /etc/fenqid/fenqid.conf\n"
    "The main file.\n"
    ".It Pa /etc/fenqid/keys\n"
    "Keys: root:fenqid, 0750, and the files in it 0640, so that a reload sees new\n"
    "ones.\n"
    ".It Pa /etc/fenqid/merchants.d\n"
    "Merchants' files.\n"
    ".El\n"
    ".Sh SEE ALSO\n"
    ".Xr fenqictl 1 ,\n"
    ".Xr systemd.exec 5 ,\n"
    ".Xr fenqid 8\n";

void fq_document_manual(struct fq_buf *buf)
{
    struct manual manual = { .buf = buf };
    fq_buf_add(buf, fq_str_of(manual_head));
    fq_buf_add(buf, fq_lit(".Sh MAIN FILE\n"));
    manual_file(&manual, &fq_conf_main_table);
    fq_buf_add(buf, fq_lit(".Sh FILES OF BANKS\nWhat\n.Ic issuers_file\nof a channel names.\n"));
    manual_file(&manual, &fq_conf_issuers_table);
    fq_buf_add(buf,
               fq_lit(".Sh MERCHANTS' FILES\nOne for each merchant, in\n.Ic merchants_dir .\n"));
    manual_file(&manual, &fq_conf_merchant_table);
    fq_buf_add(buf, fq_str_of(manual_tail));
}
