/* SPDX-License-Identifier: Apache-2.0 */
/* Every option: its name, kind, range, default, meaning, and the member that it fills. What reads
 * the files, the commented configuration, fenqid.conf(5), and what a reload may change all follow
 * these tables. */
#ifndef FQ_CONF_SCHEMA_H
#define FQ_CONF_SCHEMA_H

#include "daemon/conf/conf.h"
#include "daemon/conf/form.h"

enum fq_conf_kind {
    FQ_CONF_UNSET = 0,
    FQ_CONF_TEXT,     /* struct fq_str, of `form` */
    FQ_CONF_PATH,     /* struct fq_str, made absolute */
    FQ_CONF_WORD,     /* one of `words` */
    FQ_CONF_BOOL,     /* bool */
    FQ_CONF_INTEGER,  /* a plain integer */
    FQ_CONF_DURATION, /* "30s", as milliseconds */
    FQ_CONF_SECONDS,  /* "30s", as seconds */
    FQ_CONF_SIZE,     /* "64KiB", as bytes */
    FQ_CONF_MONEY,    /* "100.00", as minor units */
    FQ_CONF_PERCENT,  /* "2.30%", as millionths */
    FQ_CONF_TIME,     /* "2026-11-01 00:00" in Beijing, as unix milliseconds */
    FQ_CONF_TEXTS,    /* const struct fq_str *, each of `form`, and their number */
    FQ_CONF_FILES,    /* the same, paths made absolute */
    FQ_CONF_PAIRS,    /* const struct fq_pair *, names and texts */
    FQ_CONF_PATHS,    /* the same, the values made absolute */
    FQ_CONF_GROUP,    /* one group of `table`, in the same struct */
    FQ_CONF_GROUPS,   /* a list of groups of `table`: an array, and their number */
};

/* Stands in an amount or a time that was refused. */
#define FQ_CONF_WRONG INT64_C(-1)

struct fq_conf_word {
    const char *name; /* NULL ends the list */
    uint32_t value;
};

struct fq_conf_table;

enum fq_conf_flag {
    FQ_CONF_FIXED = 1, /* cannot change while fenqid runs */
    FQ_CONF_KEY = 2,   /* a file of a key: told by what is in it, never by its bytes */
    FQ_CONF_SHOWN = 8, /* need not be set, but the commented file does */
    FQ_CONF_BRIEF = 4, /* groups: the commented file shows the example, the manual tells the rest */
};

struct fq_conf_row {
    const char *name;
    uint32_t kind;        /* fq_conf_kind */
    uint32_t flags;       /* fq_conf_flag */
    const char *min;      /* as it would stand in the file; of lists: how many */
    const char *max;      /* likewise */
    const char *fallback; /* the default, as it would stand in the file; NULL: must be set */
    const char *example;  /* where the default is no value; single ones without quotes, of groups:
                             what  stands between the braces behind the first one */
    const char *text;     /* what it is for, in a sentence without its point */
    size_t offset;        /* of the member */
    size_t size;          /* of the member */
    size_t n_offset;      /* lists and pairs: of the size_t that counts */
    const struct fq_conf_form *form;
    const struct fq_conf_word *words;
    const struct fq_conf_table *table;
};

struct fq_conf_table {
    const struct fq_conf_row *rows;
    size_t n_rows;
    size_t element_size;  /* of the struct that one group fills */
    const char *named_by; /* the option that names an element, unique in its list; NULL: [0], [1] */
    void (*finish)(void *element); /* derives what is not written; may be NULL */
};

/* What the main file fills; `conf` is what others see. */
struct fq_conf_main {
    struct fq_conf conf;
    struct fq_str merchants_dir;
};

extern const struct fq_conf_table fq_conf_main_table;     /* struct fq_conf_main */
extern const struct fq_conf_table fq_conf_issuers_table;  /* struct fq_channel_conf */
extern const struct fq_conf_table fq_conf_merchant_table; /* struct fq_merchant */
/* parts of these */
extern const struct fq_conf_table fq_conf_channel_table; /* struct fq_channel_conf */
extern const struct fq_conf_table fq_conf_rate_table;    /* struct fq_rate */

/* Reads a number of any numeric kind as it stands in the file. FQ_VALUE_E_MALFORMED. */
int fq_conf_number(uint32_t kind, struct fq_str text, int64_t *ret);

#endif
