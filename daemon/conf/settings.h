/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration as a list of settings, and what differs between two: by the tables of options. */
#ifndef FQ_CONF_SETTINGS_H
#define FQ_CONF_SETTINGS_H

#include "daemon/conf/schema.h"

enum fq_setting_kind {
    FQ_SETTING_VALUE = 0,
    FQ_SETTING_MEMBER,  /* one text of a list whose order means nothing: many have that key */
    FQ_SETTING_ELEMENT, /* a group of a list that has a name: "channels.huabei" */
};

/* What is not set, and has no default, is no setting. */
struct fq_setting {
    const struct fq_conf_row *row;
    uint32_t kind;       /* fq_setting_kind */
    struct fq_str key;   /* as in mistakes: "channels.huabei.timeout" */
    struct fq_str value; /* as it would stand in the file, without quotes; paths are absolute */
};

typedef void fq_setting_fn(void *ctx, const struct fq_setting *setting);

/* Calls `visit` for each, in the order of the tables; texts live in `arena`, or in the
 * configuration. */
void fq_conf_visit(const struct fq_conf *conf, struct fq_arena *arena, fq_setting_fn *visit,
                   void *ctx);

/* A number of any numeric kind as it would stand in the file: "30min", "7.50%". */
struct fq_str fq_conf_number_text(uint32_t kind, int64_t number, struct fq_arena *arena);

/* ---- two of them ---- */

/* One that was read, with its keys: `print` tells what is in the file of a key, not its bytes
 * (eight digits of a digest); absent: unknown. */
struct fq_conf_side {
    const struct fq_conf *conf;
    struct fq_str (*print)(const void *ctx, struct fq_str path);
    const void *ctx;
};

struct fq_conf_change {
    struct fq_str key;
    struct fq_str from; /* absent: was not set */
    struct fq_str to;   /* absent: is not set any more */
    bool is_fixed;      /* it cannot change while fenqid runs */
};

struct fq_conf_changes {
    struct fq_conf_change *items;
    size_t n;
    size_t n_max; /* beyond: counted in n_more */
    size_t n_more;
};

#define FQ_CONF_CHANGES_MAX 500

/* What of `from` is otherwise in `to`, in the order of the tables; groups that came or went are one
 * change. */
void fq_conf_compare(const struct fq_conf_side *from, const struct fq_conf_side *to,
                     struct fq_arena *arena, struct fq_conf_changes *ret);

#endif
