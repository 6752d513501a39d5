/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a libconfig tree along the tables of options. Recursion here is as deep as the tables. */
#include "daemon/conf/reader.h"

#include <string.h>

#include <libconfig.h>

#include "daemon/base/err.h"
#include "daemon/conf/suggest.h"
#include "daemon/conf/text.h"

#define SHOWN_SIZE_MAX 80

/* ---- names of places ---- */

static struct fq_str reader_key(const struct fq_reader *reader, struct fq_str prefix,
                                struct fq_str name)
{
    if (prefix.len == 0)
        return name;
    return fq_arena_printf(reader->arena, "%.*s.%.*s", fq_str_arg(prefix), fq_str_arg(name));
}

static struct fq_str reader_key_of_index(const struct fq_reader *reader, struct fq_str prefix,
                                         unsigned int i)
{
    return fq_arena_printf(reader->arena, "%.*s[%u]", fq_str_arg(prefix), i);
}

/* The root of the tree has no line of its own. */
static unsigned int reader_line(const config_setting_t *setting)
{
    return setting != NULL && setting->line > 0 ? setting->line : 1;
}

static void reader_place(const struct fq_reader *reader, struct fq_str key,
                         const config_setting_t *setting)
{
    fq_places_add(reader->places, reader->arena, key, reader->file, reader_line(setting));
}

/* ---- words for messages ---- */

/* What stands in the file, for "..., is ...". */
static struct fq_str reader_shown(const struct fq_reader *reader, const config_setting_t *setting)
{
    struct fq_str text;
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        text = fq_str_of(config_setting_get_string(setting));
        if (text.len > SHOWN_SIZE_MAX)
            return fq_arena_printf(reader->arena, "a string of %zu bytes", text.len);
        return fq_arena_printf(reader->arena, "\"%.*s\"", fq_str_arg(text));
    case CONFIG_TYPE_INT:
        return fq_arena_printf(reader->arena, "%d", config_setting_get_int(setting));
    case CONFIG_TYPE_INT64:
        return fq_arena_printf(reader->arena, "%lldL", config_setting_get_int64(setting));
    case CONFIG_TYPE_FLOAT:
        return fq_lit("a number with a point");
    case CONFIG_TYPE_BOOL:
        return config_setting_get_bool(setting) ? fq_lit("true") : fq_lit("false");
    case CONFIG_TYPE_GROUP:
        return fq_lit("a group");
    default:
        return fq_lit("a list");
    }
}

/* What should stand there, for "must be ...". */
static struct fq_str reader_must(const struct fq_reader *reader, const struct fq_conf_row *row)
{
    struct fq_str text = fq_lit("one of");
    switch (row->kind) {
    case FQ_CONF_BOOL:
        return fq_lit("true or false");
    case FQ_CONF_INTEGER:
        return fq_arena_printf(reader->arena, "%s..%s", row->min, row->max);
    case FQ_CONF_WORD:
        for (const struct fq_conf_word *word = row->words; word->name != NULL; word++)
            text = fq_arena_printf(reader->arena, "%.*s \"%s\"", fq_str_arg(text), word->name);
        return text;
    case FQ_CONF_TIME:
        return fq_arena_printf(reader->arena, "a time in Beijing, %s..%s", row->min, row->max);
    case FQ_CONF_TEXTS:
    case FQ_CONF_FILES:
        return fq_arena_printf(reader->arena, "a list of %s..%s strings: [ \"...\" ]", row->min,
                               row->max);
    case FQ_CONF_PAIRS:
    case FQ_CONF_PATHS:
        return fq_arena_printf(reader->arena, "a group of at most %s strings: { name = \"...\"; }",
                               row->max);
    case FQ_CONF_GROUP:
        return fq_lit("a group: { ... }");
    case FQ_CONF_GROUPS:
        return fq_arena_printf(reader->arena, "a list of %s..%s groups: ( { ... } )", row->min,
                               row->max);
    case FQ_CONF_TEXT:
    case FQ_CONF_PATH:
        return fq_str_of(row->form->must);
    default: /* a number with its unit */
        return fq_arena_printf(reader->arena, "%s..%s", row->min, row->max);
    }
}

/* " (did you mean x?)", or nothing. */
static struct fq_str reader_meant(const struct fq_reader *reader, const struct fq_suggest *suggest)
{
    if (suggest->best.len == 0)
        return fq_lit("");
    return fq_arena_printf(reader->arena, " (did you mean %.*s?)", fq_str_arg(suggest->best));
}

/* Of a value that should be one of some words. */
static struct fq_str reader_meant_word(const struct fq_reader *reader,
                                       const struct fq_conf_row *row,
                                       const config_setting_t *setting)
{
    struct fq_suggest suggest;
    if (row->kind != FQ_CONF_WORD || config_setting_type(setting) != CONFIG_TYPE_STRING)
        return fq_lit("");
    fq_suggest_init(&suggest, fq_str_of(config_setting_get_string(setting)));
    for (const struct fq_conf_word *word = row->words; word->name != NULL; word++)
        fq_suggest_offer(&suggest, fq_str_of(word->name));
    return reader_meant(reader, &suggest);
}

static void reader_refuse(const struct fq_reader *reader, const struct fq_conf_row *row,
                          struct fq_str key, const config_setting_t *setting)
{
    struct fq_str meant = reader_meant_word(reader, row, setting);
    struct fq_str must = reader_must(reader, row);
    struct fq_str shown = reader_shown(reader, setting);
    bool wants_quotes = row->kind < FQ_CONF_TEXTS && row->kind != FQ_CONF_BOOL &&
                        row->kind != FQ_CONF_INTEGER &&
                        config_setting_is_scalar(setting) == CONFIG_TRUE &&
                        config_setting_type(setting) != CONFIG_TYPE_STRING;
    fq_conf_errors_add(reader->errors, reader->file, reader_line(setting), key,
                       "must be %.*s%s, is %.*s%.*s", fq_str_arg(must),
                       wants_quotes ? ", as a string in quotes" : "", fq_str_arg(shown),
                       fq_str_arg(meant));
}

/* ---- single values ---- */

static void reader_store(const struct fq_conf_row *row, void *base, const void *value, size_t size)
{
    fq_assert(size == row->size);
    memcpy((char *)base + row->offset, value, size);
}

static void reader_store_number(const struct fq_conf_row *row, void *base, int64_t number)
{
    uint32_t narrow = (uint32_t)number;
    bool flag = number != 0;
    if (row->size == sizeof(number))
        reader_store(row, base, &number, sizeof(number));
    else if (row->size == sizeof(narrow))
        reader_store(row, base, &narrow, sizeof(narrow));
    else
        reader_store(row, base, &flag, sizeof(flag));
}

/* So that an amount or a time that is wrong by itself is not taken for one that is not written, and
 * compared with others. */
static void reader_store_wrong(const struct fq_conf_row *row, void *base)
{
    if (row->kind == FQ_CONF_MONEY || row->kind == FQ_CONF_TIME)
        reader_store_number(row, base, FQ_CONF_WRONG);
}

static void reader_store_list(const struct fq_conf_row *row, void *base, const void *list, size_t n)
{
    reader_store(row, base, &list, sizeof(void *));
    memcpy((char *)base + row->n_offset, &n, sizeof(n));
}

static struct fq_str reader_path(const struct fq_reader *reader, struct fq_str path)
{
    if (fq_str_starts(path, fq_lit("/")))
        return fq_arena_copy(reader->arena, path);
    return fq_arena_printf(reader->arena, "%.*s/%.*s", fq_str_arg(reader->folder),
                           fq_str_arg(path));
}

static int64_t reader_limit(const struct fq_conf_row *row, const char *limit)
{
    int64_t number = 0;
    bool is_list = row->kind >= FQ_CONF_TEXTS;
    fq_assert(fq_conf_number(is_list ? FQ_CONF_INTEGER : row->kind, fq_str_of(limit), &number) ==
              0);
    return number;
}

/* A value as text: from a string in the file, or a default. False: not of that form. */
static bool reader_take_text(const struct fq_reader *reader, const struct fq_conf_row *row,
                             struct fq_str text, void *base)
{
    int64_t number = 0;
    struct fq_str value;
    switch (row->kind) {
    case FQ_CONF_TEXT:
    case FQ_CONF_PATH:
        /* kept even if it is wrong, so that what refers to it is not wrong as well */
        value = row->kind == FQ_CONF_PATH ? reader_path(reader, text)
                                          : fq_arena_copy(reader->arena, text);
        reader_store(row, base, &value, sizeof(value));
        return row->form->fits(text);
    case FQ_CONF_WORD:
        for (const struct fq_conf_word *word = row->words; word->name != NULL; word++) {
            if (!fq_str_equal(text, fq_str_of(word->name)))
                continue;
            reader_store_number(row, base, word->value);
            return true;
        }
        return false;
    default:
        if (fq_conf_number(row->kind, text, &number) != 0)
            return false;
        reader_store_number(row, base, number);
        return number >= reader_limit(row, row->min) && number <= reader_limit(row, row->max);
    }
}

static bool reader_take_scalar(const struct fq_reader *reader, const struct fq_conf_row *row,
                               const config_setting_t *setting, void *base)
{
    int type = config_setting_type(setting);
    if (row->kind == FQ_CONF_BOOL) {
        if (type == CONFIG_TYPE_BOOL)
            reader_store_number(row, base, config_setting_get_bool(setting));
        return type == CONFIG_TYPE_BOOL;
    }
    if (row->kind == FQ_CONF_INTEGER) {
        int64_t number = type == CONFIG_TYPE_INT ? config_setting_get_int(setting) : -1;
        if (number >= 0)
            reader_store_number(row, base, number);
        return number >= reader_limit(row, row->min) && number <= reader_limit(row, row->max);
    }
    return type == CONFIG_TYPE_STRING &&
           reader_take_text(reader, row, fq_str_of(config_setting_get_string(setting)), base);
}

static void reader_default(const struct fq_reader *reader, const struct fq_conf_row *row,
                           void *base)
{
    struct fq_str text = fq_str_of(row->fallback);
    if (text.len == 0)
        return;
    if (row->kind == FQ_CONF_BOOL) {
        reader_store_number(row, base, fq_str_equal(text, fq_lit("true")));
    } else if (row->kind == FQ_CONF_TEXTS) {
        struct fq_str *texts = fq_arena_array(reader->arena, 1, sizeof(*texts));
        if (texts == NULL)
            return;
        *texts = text;
        reader_store_list(row, base, texts, 1);
    } else {
        (void)reader_take_text(reader, row, text, base);
    }
}

/* ---- lists ---- */

static size_t reader_length(const config_setting_t *setting)
{
    int n = config_setting_length(setting);
    return n > 0 ? (size_t)n : 0;
}

static bool reader_counts(const struct fq_conf_row *row, const config_setting_t *setting)
{
    int64_t n = (int64_t)reader_length(setting);
    return n >= reader_limit(row, row->min) && n <= reader_limit(row, row->max);
}

/* Of a list that has too few or too many, "a list" would not say it. */
static void reader_refuse_count(const struct fq_reader *reader, const struct fq_conf_row *row,
                                struct fq_str key, const config_setting_t *setting)
{
    struct fq_str must = reader_must(reader, row);
    fq_conf_errors_add(reader->errors, reader->file, reader_line(setting), key,
                       "must be %.*s, has %zu", fq_str_arg(must), reader_length(setting));
}

static bool reader_is_text(const struct fq_conf_row *row, const config_setting_t *setting)
{
    return config_setting_type(setting) == CONFIG_TYPE_STRING &&
           row->form->fits(fq_str_of(config_setting_get_string(setting)));
}

static void reader_refuse_element(const struct fq_reader *reader, const struct fq_conf_row *row,
                                  struct fq_str key, const config_setting_t *element)
{
    struct fq_conf_row of_element = *row;
    of_element.kind = FQ_CONF_TEXT;
    reader_refuse(reader, &of_element, key, element);
}

static struct fq_str reader_element(const struct fq_reader *reader, const struct fq_conf_row *row,
                                    const config_setting_t *element)
{
    struct fq_str text = fq_str_of(config_setting_get_string(element));
    return row->kind == FQ_CONF_FILES ? reader_path(reader, text)
                                      : fq_arena_copy(reader->arena, text);
}

static void reader_take_texts(const struct fq_reader *reader, const struct fq_conf_row *row,
                              struct fq_str key, const config_setting_t *setting, void *base)
{
    size_t n = reader_length(setting);
    struct fq_str *texts = fq_arena_array(reader->arena, n, sizeof(*texts));
    if (texts == NULL)
        return;
    for (unsigned int i = 0; i < n; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, i);
        struct fq_str element_key = reader_key_of_index(reader, key, i);
        reader_place(reader, element_key, element);
        if (!reader_is_text(row, element))
            reader_refuse_element(reader, row, element_key, element);
        if (config_setting_type(element) == CONFIG_TYPE_STRING)
            texts[i] = reader_element(reader, row, element);
    }
    reader_store_list(row, base, texts, n);
}

static void reader_take_pairs(const struct fq_reader *reader, const struct fq_conf_row *row,
                              struct fq_str key, const config_setting_t *setting, void *base)
{
    size_t n = reader_length(setting);
    struct fq_pair *pairs = fq_arena_array(reader->arena, n, sizeof(*pairs));
    if (pairs == NULL)
        return;
    for (unsigned int i = 0; i < n; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, i);
        pairs[i].name = fq_arena_copy(reader->arena, fq_str_of(config_setting_name(element)));
        struct fq_str element_key = reader_key(reader, key, pairs[i].name);
        reader_place(reader, element_key, element);
        if (!reader_is_text(row, element)) {
            reader_refuse_element(reader, row, element_key, element);
            continue;
        }
        struct fq_str text = fq_str_of(config_setting_get_string(element));
        pairs[i].value = row->kind == FQ_CONF_PATHS ? reader_path(reader, text)
                                                    : fq_arena_copy(reader->arena, text);
    }
    reader_store_list(row, base, pairs, n);
}

/* ---- groups ---- */

static void reader_take_group(const struct fq_reader *reader, const struct fq_conf_table *table,
                              struct fq_str prefix, const config_setting_t *group, void *base);

/* The name that an element gives itself, or absent. */
static struct fq_str reader_name(const struct fq_reader *reader, const struct fq_conf_table *table,
                                 const config_setting_t *element)
{
    const char *name = NULL;
    if (table->named_by == NULL || config_setting_is_group(element) == CONFIG_FALSE ||
        config_setting_lookup_string(element, table->named_by, &name) != CONFIG_TRUE)
        return (struct fq_str){ NULL, 0 };
    struct fq_str text = fq_str_of(name);
    bool is_plain = text.len <= SHOWN_SIZE_MAX && fq_str_is_word(text, "_-.");
    return is_plain ? fq_arena_copy(reader->arena, text) : (struct fq_str){ NULL, 0 };
}

/* The key of element i: by its name if no earlier one has it, else by its number. */
static struct fq_str reader_key_of_element(const struct fq_reader *reader,
                                           const struct fq_conf_table *table, struct fq_str key,
                                           const config_setting_t *list, unsigned int i)
{
    const config_setting_t *element = config_setting_get_elem(list, i);
    struct fq_str name = reader_name(reader, table, element);
    for (unsigned int k = 0; k < i && name.len > 0; k++) {
        const config_setting_t *other = config_setting_get_elem(list, k);
        if (!fq_str_equal(reader_name(reader, table, other), name))
            continue;
        const config_setting_t *named = config_setting_get_member(element, table->named_by);
        fq_conf_errors_add(reader->errors, reader->file, reader_line(named), key,
                           "must have every %s once, has \"%.*s\" at line %u already",
                           table->named_by, fq_str_arg(name), reader_line(other));
        return reader_key_of_index(reader, key, i);
    }
    return name.len > 0 ? reader_key(reader, key, name) : reader_key_of_index(reader, key, i);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void reader_take_groups(const struct fq_reader *reader, const struct fq_conf_row *row,
                               struct fq_str key, const config_setting_t *setting, void *base)
{
    size_t n = reader_length(setting);
    size_t size = row->table->element_size;
    char *elements = fq_arena_array(reader->arena, n, size);
    if (elements == NULL)
        return;
    for (unsigned int i = 0; i < n; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, i);
        struct fq_str element_key = reader_key_of_element(reader, row->table, key, setting, i);
        reader_place(reader, element_key, element);
        if (config_setting_is_group(element) == CONFIG_FALSE)
            fq_conf_errors_add(reader->errors, reader->file, reader_line(element), element_key,
                               "must be a group: { ... }");
        else
            reader_take_group(reader, row->table, element_key, element, elements + i * size);
    }
    reader_store_list(row, base, elements, n);
}

static bool reader_is_of_kind(const struct fq_conf_row *row, const config_setting_t *setting)
{
    int type = config_setting_type(setting);
    if (row->kind == FQ_CONF_TEXTS || row->kind == FQ_CONF_FILES)
        return type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST;
    if (row->kind == FQ_CONF_GROUPS)
        return type == CONFIG_TYPE_LIST;
    return type == CONFIG_TYPE_GROUP; /* PAIRS, PATHS, GROUP */
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void reader_take(const struct fq_reader *reader, const struct fq_conf_row *row,
                        struct fq_str key, const config_setting_t *setting, void *base)
{
    reader_place(reader, key, setting);
    if (row->kind < FQ_CONF_TEXTS) {
        if (!reader_take_scalar(reader, row, setting, base)) {
            reader_refuse(reader, row, key, setting);
            reader_store_wrong(row, base);
        }
        return;
    }
    if (!reader_is_of_kind(row, setting)) {
        reader_refuse(reader, row, key, setting);
        return;
    }
    if (row->kind != FQ_CONF_GROUP && !reader_counts(row, setting)) {
        reader_refuse_count(reader, row, key, setting);
        return;
    }
    switch (row->kind) {
    case FQ_CONF_TEXTS:
    case FQ_CONF_FILES:
        reader_take_texts(reader, row, key, setting, base);
        break;
    case FQ_CONF_GROUP:
        reader_take_group(reader, row->table, key, setting, base);
        break;
    case FQ_CONF_GROUPS:
        reader_take_groups(reader, row, key, setting, base);
        break;
    default:
        reader_take_pairs(reader, row, key, setting, base);
    }
}

static const struct fq_conf_row *reader_row(const struct fq_conf_table *table, struct fq_str name)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        if (fq_str_equal(name, fq_str_of(table->rows[i].name)))
            return &table->rows[i];
    }
    return NULL;
}

/* Where in the main file an option of that name stands: "work.workers"; absent: nowhere. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static struct fq_str reader_elsewhere(const struct fq_reader *reader,
                                      const struct fq_conf_table *table, struct fq_str prefix,
                                      struct fq_str name)
{
    struct fq_str found = { NULL, 0 };
    for (size_t i = 0; i < table->n_rows && found.len == 0; i++) {
        const struct fq_conf_row *row = &table->rows[i];
        struct fq_str key = reader_key(reader, prefix, fq_str_of(row->name));
        if (fq_str_equal(name, fq_str_of(row->name)))
            found = key;
        else if (row->kind == FQ_CONF_GROUP)
            found = reader_elsewhere(reader, row->table, key, name);
    }
    return found;
}

static void reader_refuse_unknown(const struct fq_reader *reader, const struct fq_conf_table *table,
                                  struct fq_str key, const config_setting_t *setting)
{
    struct fq_suggest suggest;
    fq_suggest_init(&suggest, fq_str_of(config_setting_name(setting)));
    suggest.best = reader_elsewhere(reader, &fq_conf_main_table, (struct fq_str){ NULL, 0 },
                                    suggest.word); /* right, but in another group */
    bool is_elsewhere = suggest.best.len > 0;
    for (size_t i = 0; i < table->n_rows && !is_elsewhere; i++)
        fq_suggest_offer(&suggest, fq_str_of(table->rows[i].name));
    struct fq_str meant = reader_meant(reader, &suggest);
    fq_conf_errors_add(reader->errors, reader->file, reader_line(setting), key, "unknown key%.*s",
                       fq_str_arg(meant));
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void reader_take_members(const struct fq_reader *reader, const struct fq_conf_table *table,
                                struct fq_str prefix, const config_setting_t *group, void *base)
{
    for (unsigned int i = 0; i < reader_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, i);
        struct fq_str name = fq_arena_copy(reader->arena, fq_str_of(config_setting_name(member)));
        struct fq_str key = reader_key(reader, prefix, name);
        const struct fq_conf_row *row = reader_row(table, name);
        if (row == NULL)
            reader_refuse_unknown(reader, table, key, member);
        else
            reader_take(reader, row, key, member, base);
    }
}

/* What is not written: groups have their own defaults, the rest must have one. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void reader_take_missing(const struct fq_reader *reader, const struct fq_conf_table *table,
                                struct fq_str prefix, const config_setting_t *group, void *base)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fq_conf_row *row = &table->rows[i];
        if (group != NULL && config_setting_get_member(group, row->name) != NULL)
            continue;
        struct fq_str key = reader_key(reader, prefix, fq_str_of(row->name));
        if (row->kind == FQ_CONF_GROUP)
            reader_take_group(reader, row->table, key, NULL, base);
        else if (row->fallback == NULL)
            fq_conf_errors_add(reader->errors, reader->file, reader_line(group), key,
                               "must be set");
    }
}

/* Fills `base` with defaults, then from the members of `group` (NULL: it is not there). */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void reader_take_group(const struct fq_reader *reader, const struct fq_conf_table *table,
                              struct fq_str prefix, const config_setting_t *group, void *base)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        if (table->rows[i].fallback != NULL)
            reader_default(reader, &table->rows[i], base);
    }
    if (group != NULL)
        reader_take_members(reader, table, prefix, group, base);
    reader_take_missing(reader, table, prefix, group, base);
    if (table->finish != NULL)
        table->finish(base);
}

/* ---- the file ---- */

/* Tells what libconfig would misread; false: it must not see the text at all. */
static bool reader_is_readable(const struct fq_reader *reader, struct fq_str text)
{
    const struct fq_str no_key = { NULL, 0 };
    unsigned int line = fq_text_bad_line(text);
    if (line > 0) {
        fq_conf_errors_add(reader->errors, reader->file, line, no_key, "is not UTF-8 text");
        return false;
    }
    struct fq_text_walk walk;
    fq_text_walk_init(&walk, text);
    const char *reason;
    while ((reason = fq_text_next_trap(&walk, &line)) != NULL)
        fq_conf_errors_add(reader->errors, reader->file, line, no_key, "%s", reason);
    return !walk.has_include;
}

bool fq_reader_read(const struct fq_reader *reader, struct fq_str text,
                    const struct fq_conf_table *table, struct fq_str prefix, void *base)
{
    if (!reader_is_readable(reader, text))
        return false;
    __attribute__((cleanup(config_destroy))) config_t tree;
    config_init(&tree);
    if (config_read_string(&tree, text.ptr) != CONFIG_TRUE) {
        int line = config_error_line(&tree);
        fq_conf_errors_add(reader->errors, reader->file, line > 0 ? (unsigned int)line : 1,
                           (struct fq_str){ NULL, 0 }, "%s", config_error_text(&tree));
        return false;
    }
    const config_setting_t *root = config_root_setting(&tree);
    struct fq_str name = reader_name(reader, table, root);
    struct fq_str key = name.len > 0 ? reader_key(reader, prefix, name) : prefix;
    if (table->named_by != NULL)
        reader_place(reader, key, root);
    reader_take_group(reader, table, key, root, base);
    return true;
}
