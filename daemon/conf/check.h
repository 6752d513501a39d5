/* SPDX-License-Identifier: Apache-2.0 */
/* What no single value can show: values that must agree with each other. */
#ifndef FQ_CONF_CHECK_H
#define FQ_CONF_CHECK_H

#include "daemon/conf/conf.h"

/* Adds a line for every disagreement. */
void fq_conf_check(const struct fq_conf *conf, struct fq_conf_errors *errors);

/* ---- the parts of it ---- */

struct fq_check {
    const struct fq_conf *conf;
    struct fq_conf_errors *errors;
};

/* The key is a format with arguments; the reason is plain. */
#define fq_check_blame(check, reason, ...)        \
    fq_conf_blame((check)->conf, (check)->errors, \
                  fq_arena_printf((check)->errors->arena, __VA_ARGS__), (reason))

/* The reason why text i of a list is one too many, or absent. */
struct fq_str fq_check_repeated(const struct fq_check *check, const struct fq_str *texts, size_t i);

/* Is there an amount that both rows are for? There is none for a row whose amounts are wrong. */
bool fq_check_rates_meet(const struct fq_rate *a, const struct fq_rate *b);

/* Each row by itself, and amounts of rows of one kind, which leave neither doubt nor a hole.
 * `key` is where the table stands: "channels.huabei.rates". */
void fq_check_rates(const struct fq_check *check, struct fq_rates rates, struct fq_str key);

/* The banks of a channel, each by itself and no card in two of them. */
void fq_check_issuers(const struct fq_check *check, const struct fq_channel_conf *channel);

/* The campaigns of a channel, each by itself and no purchase in two of them. */
void fq_check_campaigns(const struct fq_check *check, const struct fq_channel_conf *channel);

#endif
