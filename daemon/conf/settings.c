/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a configuration that was read along the tables of options. */
#include "daemon/conf/settings.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/core/beijing.h"

struct settings_walk {
    struct fq_arena *arena;
    fq_setting_fn *visit;
    void *ctx;
};

_Static_assert(offsetof(struct fq_conf_main, conf) == 0, "the tables are those of fq_conf_main");

/* ---- numbers as text ---- */

struct settings_unit {
    const char *name;
    int64_t factor;
};

/* In the largest unit that leaves no rest; the units end with one of factor 1. */
static struct fq_str settings_in_units(int64_t number, const struct settings_unit *units,
                                       const char *zero, struct fq_arena *arena)
{
    if (number == 0)
        return fq_str_of(zero);
    while (number % units->factor != 0)
        units++;
    return fq_arena_printf(arena, "%" PRId64 "%s", number / units->factor, units->name);
}

static struct fq_str settings_duration(int64_t ms, struct fq_arena *arena)
{
    static const struct settings_unit units[] = {
        { "d", 86400000 }, { "h", 3600000 }, { "min", 60000 }, { "s", 1000 }, { "ms", 1 },
    };
    return settings_in_units(ms, units, "0s", arena);
}

static struct fq_str settings_size(int64_t bytes, struct fq_arena *arena)
{
    static const struct settings_unit units[] = {
        { "GiB", 1073741824 },
        { "MiB", 1048576 },
        { "KiB", 1024 },
        { "B", 1 },
    };
    return settings_in_units(bytes, units, "0B", arena);
}

/* 75000 is "7.50%", 12345 is "1.2345%". */
static struct fq_str settings_percent(int64_t ppm, struct fq_arena *arena)
{
    if (ppm % 100 == 0)
        return fq_arena_printf(arena, "%" PRId64 ".%02" PRId64 "%%", ppm / 10000, ppm / 100 % 100);
    return fq_arena_printf(arena, "%" PRId64 ".%04" PRId64 "%%", ppm / 10000, ppm % 10000);
}

struct fq_str fq_conf_number_text(uint32_t kind, int64_t number, struct fq_arena *arena)
{
    char time[32];
    switch (kind) {
    case FQ_CONF_DURATION:
        return settings_duration(number, arena);
    case FQ_CONF_SECONDS:
        return settings_duration(number * 1000, arena);
    case FQ_CONF_SIZE:
        return settings_size(number, arena);
    case FQ_CONF_MONEY:
        return fq_arena_printf(arena, "%" PRId64 ".%02" PRId64, number / 100, number % 100);
    case FQ_CONF_PERCENT:
        return settings_percent(number, arena);
    case FQ_CONF_TIME:
        fq_beijing_text(number, time);
        return fq_arena_copy(arena, fq_str_of(time));
    default:
        return fq_arena_printf(arena, "%" PRId64, number);
    }
}

/* ---- single values ---- */

static void settings_tell(const struct settings_walk *walk, const struct fq_conf_row *row,
                          uint32_t kind, struct fq_str key, struct fq_str value)
{
    const struct fq_setting setting = { .row = row, .kind = kind, .key = key, .value = value };
    walk->visit(walk->ctx, &setting);
}

static int64_t settings_number(const struct fq_conf_row *row, const char *base)
{
    int64_t number = 0;
    uint32_t narrow = 0;
    bool flag = false;
    if (row->size == sizeof(number)) {
        memcpy(&number, base + row->offset, sizeof(number));
    } else if (row->size == sizeof(narrow)) {
        memcpy(&narrow, base + row->offset, sizeof(narrow));
        number = narrow;
    } else {
        memcpy(&flag, base + row->offset, sizeof(flag));
        number = flag;
    }
    return number;
}

/* Absent: it is not set. */
static struct fq_str settings_value(const struct fq_conf_row *row, const char *base,
                                    struct fq_arena *arena)
{
    struct fq_str text = { NULL, 0 };
    if (row->kind == FQ_CONF_TEXT || row->kind == FQ_CONF_PATH) {
        memcpy(&text, base + row->offset, sizeof(text));
        return text.len > 0 ? text : (struct fq_str){ NULL, 0 };
    }
    int64_t number = settings_number(row, base);
    if (row->kind == FQ_CONF_BOOL)
        return number != 0 ? fq_lit("true") : fq_lit("false");
    if (row->kind == FQ_CONF_WORD) {
        for (const struct fq_conf_word *word = row->words; word->name != NULL; word++) {
            if (word->value == number)
                return fq_str_of(word->name);
        }
        return text;
    }
    bool is_optional = row->fallback != NULL && row->fallback[0] == '\0';
    return is_optional && number == 0 ? text : fq_conf_number_text(row->kind, number, arena);
}

/* ---- lists ---- */

static const void *settings_list(const struct fq_conf_row *row, const char *base, size_t *ret_n)
{
    const void *list = NULL;
    memcpy(&list, base + row->offset, sizeof(list));
    memcpy(ret_n, base + row->n_offset, sizeof(*ret_n));
    return list;
}

static void settings_texts(const struct settings_walk *walk, const struct fq_conf_row *row,
                           struct fq_str key, const char *base)
{
    size_t n = 0;
    const struct fq_str *texts = settings_list(row, base, &n);
    for (size_t i = 0; i < n; i++) {
        if (row->kind == FQ_CONF_FILES)
            settings_tell(walk, row, FQ_SETTING_VALUE,
                          fq_arena_printf(walk->arena, "%.*s[%zu]", fq_str_arg(key), i), texts[i]);
        else
            settings_tell(walk, row, FQ_SETTING_MEMBER, key, texts[i]);
    }
}

static void settings_pairs(const struct settings_walk *walk, const struct fq_conf_row *row,
                           struct fq_str key, const char *base)
{
    size_t n = 0;
    const struct fq_pair *pairs = settings_list(row, base, &n);
    for (size_t i = 0; i < n; i++)
        settings_tell(
            walk, row, FQ_SETTING_VALUE,
            fq_arena_printf(walk->arena, "%.*s.%.*s", fq_str_arg(key), fq_str_arg(pairs[i].name)),
            pairs[i].value);
}

/* ---- groups ---- */

static void settings_table(const struct settings_walk *walk, const struct fq_conf_table *table,
                           struct fq_str prefix, const char *base);

/* The name that an element has; absent: it goes by its number. */
static struct fq_str settings_name(const struct fq_conf_table *table, const char *base)
{
    struct fq_str name = { NULL, 0 };
    for (size_t i = 0; i < table->n_rows && table->named_by != NULL; i++) {
        if (strcmp(table->rows[i].name, table->named_by) == 0)
            memcpy(&name, base + table->rows[i].offset, sizeof(name));
    }
    return name;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static void settings_element(const struct settings_walk *walk, const struct fq_conf_row *row,
                             const struct fq_conf_table *table, struct fq_str key, const char *base)
{
    struct fq_str name = settings_name(table, base);
    struct fq_str own =
        fq_arena_printf(walk->arena, "%.*s.%.*s", fq_str_arg(key), fq_str_arg(name));
    settings_tell(walk, row, FQ_SETTING_ELEMENT, own, (struct fq_str){ NULL, 0 });
    settings_table(walk, table, own, base);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void settings_groups(const struct settings_walk *walk, const struct fq_conf_row *row,
                            struct fq_str key, const char *base)
{
    size_t n = 0;
    const char *elements = settings_list(row, base, &n);
    for (size_t i = 0; i < n; i++) {
        const char *element = elements + i * row->table->element_size;
        if (row->table->named_by != NULL)
            settings_element(walk, row, row->table, key, element);
        else
            settings_table(walk, row->table,
                           fq_arena_printf(walk->arena, "%.*s[%zu]", fq_str_arg(key), i), element);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void settings_row(const struct settings_walk *walk, const struct fq_conf_row *row,
                         struct fq_str key, const char *base)
{
    struct fq_str value;
    switch (row->kind) {
    case FQ_CONF_TEXTS:
    case FQ_CONF_FILES:
        settings_texts(walk, row, key, base);
        break;
    case FQ_CONF_PAIRS:
    case FQ_CONF_PATHS:
        settings_pairs(walk, row, key, base);
        break;
    case FQ_CONF_GROUP:
        settings_table(walk, row->table, key, base);
        break;
    case FQ_CONF_GROUPS:
        settings_groups(walk, row, key, base);
        break;
    default:
        value = settings_value(row, base, walk->arena);
        if (value.ptr != NULL)
            settings_tell(walk, row, FQ_SETTING_VALUE, key, value);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void settings_table(const struct settings_walk *walk, const struct fq_conf_table *table,
                           struct fq_str prefix, const char *base)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fq_conf_row *row = &table->rows[i];
        settings_row(walk, row,
                     fq_arena_printf(walk->arena, "%.*s%s%s", fq_str_arg(prefix),
                                     prefix.len > 0 ? "." : "", row->name),
                     base);
    }
}

/* ---- all of it ---- */

void fq_conf_visit(const struct fq_conf *conf, struct fq_arena *arena, fq_setting_fn *visit,
                   void *ctx)
{
    const struct settings_walk walk = { .arena = arena, .visit = visit, .ctx = ctx };
    settings_table(&walk, &fq_conf_main_table, (struct fq_str){ NULL, 0 }, (const char *)conf);
    for (size_t i = 0; i < conf->n_channels; i++) /* what stands in the files of banks */
        settings_table(&walk, &fq_conf_issuers_table,
                       fq_arena_printf(arena, "channels.%.*s", fq_str_arg(conf->channels[i].name)),
                       (const char *)&conf->channels[i]);
    for (size_t i = 0; i < conf->n_merchants; i++)
        settings_element(&walk, NULL, &fq_conf_merchant_table, fq_lit("merchants"),
                         (const char *)&conf->merchants[i]);
}
