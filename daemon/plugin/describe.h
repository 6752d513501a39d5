/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what an adapter says it can do, and that the configuration asks for no more. Inside
 * plugin/ only. */
#ifndef FQ_PLUGIN_DESCRIBE_H
#define FQ_PLUGIN_DESCRIBE_H

#include "daemon/core/channel_conf.h"

#define FQ_DESCRIBE_KEYS_MAX 32

/* NULL: sound. Otherwise the reason, static. */
const char *fq_describe_refuse(const struct fq_description *about);

/* Empty: every rate of the table is one that the adapter can do. Otherwise why row *reterr_row is
 * not, in `arena`. */
struct fq_str fq_describe_refuse_rates(const struct fq_description *about, struct fq_rates rates,
                                       struct fq_arena *arena, size_t *reterr_row);

/* The same of all tables of a channel: its own, its banks', its campaigns'. *reterr_key is where,
 * like "issuers.icbc.rates[2]". */
struct fq_str fq_describe_refuse_conf(const struct fq_description *about,
                                      const struct fq_channel_conf *conf, struct fq_arena *arena,
                                      struct fq_str *reterr_key);

#endif
