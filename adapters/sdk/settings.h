/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a channel's settings by a table: every one known, good, and there. */
#ifndef FQ_SDK_SETTINGS_H
#define FQ_SDK_SETTINGS_H

#include "adapters/sdk/text.h"

struct fq_setting {
    const char *name;
    size_t offset; /* of its struct fq_str in the instance */
    bool (*is_good)(struct fq_str value);
    const char *complaint; /* what it must be */
    bool is_optional;
};

/* Copies each setting into the host's memory and into `instance`. -1 after host->fail(), with
 * *reterr_key naming the setting that is unknown, wrong or missing. */
int fq_settings_read(const struct fq_host *host, const struct fq_setting *table, size_t n_table,
                     struct fq_pairs conf, void *instance, struct fq_str *reterr_key);

/* "https://" and something behind it, printable, without query, fragment or quotes. */
bool fq_setting_is_url(struct fq_str value);

/* "/path", printable, without query, fragment or quotes. */
bool fq_setting_is_path(struct fq_str value);

bool fq_setting_is_yes_or_no(struct fq_str value);

#endif
