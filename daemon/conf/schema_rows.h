/* SPDX-License-Identifier: Apache-2.0 */
/* For the tables of options alone: one macro for each kind of row. */
#ifndef FQ_CONF_SCHEMA_ROWS_H
#define FQ_CONF_SCHEMA_ROWS_H

#include <stddef.h>

#include "daemon/conf/schema.h"

/* schema_examples.c */
extern const char fq_conf_example_settings[];
extern const char fq_conf_example_keys[];
extern const char fq_conf_example_rates[];
extern const char fq_conf_example_campaigns[];
extern const char fq_conf_example_second_channel[];
extern const char fq_conf_example_merchant_rates[];

/* They become parts of an initializer.
 * NOLINTBEGIN(bugprone-macro-parentheses) */

/* The column "value": what holds where nothing is written, or what it may look like. */
#define DEFAULT(value)            .fallback = (value)
#define MUST(value)               .example = (value)
#define MAY(value)                .fallback = "", .example = (value)
#define DEFAULT_BUT(value, shown) .fallback = (value), .example = (shown) /* with SHOWN */

/* Behind the text. */
#define FIXED       .flags = FQ_CONF_FIXED
#define FIXED_SHOWN .flags = FQ_CONF_FIXED | FQ_CONF_SHOWN
#define KEY         .flags = FQ_CONF_KEY
#define KEY_SHOWN   .flags = FQ_CONF_KEY | FQ_CONF_SHOWN
#define FIXED_KEY   .flags = FQ_CONF_FIXED | FQ_CONF_KEY
#define BRIEF       .flags = FQ_CONF_BRIEF
#define SHOWN       .flags = FQ_CONF_SHOWN

/* NOLINTEND(bugprone-macro-parentheses) */

#define MEMBER(type, member) \
    .offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define LIST(type, member, count)                                    \
    .offset = offsetof(struct type, member), .size = sizeof(void *), \
    .n_offset = offsetof(struct type, count)

/* ... is the text, and what stands behind it. */
#define NUMBER(option, kind_, from, to, value, type, member, ...)                     \
    {                                                                                 \
        .name = (option), .kind = FQ_CONF_##kind_, .min = (from), .max = (to), value, \
        MEMBER(type, member), .text = __VA_ARGS__                                     \
    }
#define TEXT(option, form_, value, type, member, ...)                            \
    {                                                                            \
        .name = (option), .kind = FQ_CONF_TEXT, .form = &fq_form_##form_, value, \
        MEMBER(type, member), .text = __VA_ARGS__                                \
    }
#define PATH(option, value, type, member, ...)                                \
    {                                                                         \
        .name = (option), .kind = FQ_CONF_PATH, .form = &fq_form_path, value, \
        MEMBER(type, member), .text = __VA_ARGS__                             \
    }
#define WORD(option, words_, value, type, member, ...)                                          \
    {                                                                                           \
        .name = (option), .kind = FQ_CONF_WORD, .words = (words_), value, MEMBER(type, member), \
        .text = __VA_ARGS__                                                                     \
    }
#define BOOL(option, value, type, member, ...)                                                   \
    {                                                                                            \
        .name = (option), .kind = FQ_CONF_BOOL, value, MEMBER(type, member), .text = __VA_ARGS__ \
    }
#define TEXTS(option, form_, from, to, value, type, member, count, ...)                   \
    {                                                                                     \
        .name = (option), .kind = FQ_CONF_TEXTS, .form = &fq_form_##form_, .min = (from), \
        .max = (to), value, LIST(type, member, count), .text = __VA_ARGS__                \
    }
#define FILES(option, to, value, type, member, count, ...)                                       \
    {                                                                                            \
        .name = (option), .kind = FQ_CONF_FILES, .form = &fq_form_path, .min = "0", .max = (to), \
        value, LIST(type, member, count), .text = __VA_ARGS__                                    \
    }
#define PAIRS(option, kind_, form_, value, type, member, count, ...)                     \
    {                                                                                    \
        .name = (option), .kind = FQ_CONF_##kind_, .form = &fq_form_##form_, .min = "0", \
        .max = "64", value, LIST(type, member, count), .text = __VA_ARGS__               \
    }
#define GROUP(option, table_, ...)                                                   \
    {                                                                                \
        .name = (option), .kind = FQ_CONF_GROUP, .fallback = "", .table = &(table_), \
        .text = __VA_ARGS__                                                          \
    }
#define GROUPS(option, table_, from, to, value, type, member, count, ...)                         \
    {                                                                                             \
        .name = (option), .kind = FQ_CONF_GROUPS, .table = &(table_), .min = (from), .max = (to), \
        value, LIST(type, member, count), .text = __VA_ARGS__                                     \
    }

#define TABLE(rows, type, named_by, finish)                              \
    {                                                                    \
        rows, fq_array_size(rows), sizeof(struct type), named_by, finish \
    }

#endif
