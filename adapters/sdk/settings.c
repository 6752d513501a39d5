/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a channel's settings by a table. */
#include "adapters/sdk/settings.h"

#include <string.h>

static struct fq_str *settings_place(const struct fq_setting *setting, void *instance)
{
    return (struct fq_str *)(void *)((char *)instance + setting->offset);
}

static int settings_read_one(const struct fq_host *host, const struct fq_setting *table,
                             size_t n_table, const struct fq_pair *pair, void *instance)
{
    struct fq_text copy;
    for (size_t i = 0; i < n_table; i++) {
        if (!fq_slice_equal(pair->name, fq_slice_of(table[i].name)))
            continue;
        if (!table[i].is_good(pair->value))
            return host->fail(host, table[i].complaint);
        fq_text_init(&copy, host, pair->value.len + 1);
        fq_text_add(&copy, pair->value);
        if (!fq_text_finish(&copy, settings_place(&table[i], instance)))
            return host->fail(host, "no memory for the settings");
        return 0;
    }
    return host->fail(host, "unknown setting");
}

int fq_settings_read(const struct fq_host *host, const struct fq_setting *table, size_t n_table,
                     struct fq_pairs conf, void *instance, struct fq_str *reterr_key)
{
    for (size_t i = 0; i < conf.n_items; i++)
        if (settings_read_one(host, table, n_table, &conf.items[i], instance) != 0) {
            *reterr_key = conf.items[i].name;
            return -1;
        }
    for (size_t i = 0; i < n_table; i++)
        if (!table[i].is_optional && settings_place(&table[i], instance)->len == 0) {
            *reterr_key = fq_slice_of(table[i].name);
            return host->fail(host, "setting is missing");
        }
    return 0;
}

static bool setting_is_part_of_url(struct fq_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] <= ' ' || value.ptr[i] > '~' || strchr("?#\"<>\\", value.ptr[i]) != NULL)
            return false;
    return true;
}

bool fq_setting_is_url(struct fq_str value)
{
    return setting_is_part_of_url(value) && fq_slice_starts(value, fq_slice("https://")) &&
           value.len > sizeof("https://") - 1;
}

bool fq_setting_is_path(struct fq_str value)
{
    return setting_is_part_of_url(value) && fq_slice_starts(value, fq_slice("/"));
}

bool fq_setting_is_yes_or_no(struct fq_str value)
{
    return fq_slice_equal(value, fq_slice("yes")) || fq_slice_equal(value, fq_slice("no"));
}
