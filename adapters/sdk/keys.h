/* SPDX-License-Identifier: Apache-2.0 */
/* A channel's keys, taken together: for ready(), which gets the names of those that are there. */
#ifndef FQ_SDK_KEYS_H
#define FQ_SDK_KEYS_H

#include "adapters/sdk/text.h"

/* Keys that belong together; names with single spaces between them. A list of sets ends with one
 * that requires NULL. */
struct fq_key_set {
    const char *required;
    const char *optional;
};

bool fq_keys_has(const struct fq_str *keys, size_t n_keys, const char *name);

/* Names the key in *reterr_key ("keys.app_cert") and fails with the reason. Returns -1. */
int fq_keys_refuse(const struct fq_host *host, struct fq_str name, const char *why,
                   struct fq_str *reterr_key);

/* Chooses among sets that exclude each other: the last of which any key is there, or else the
 * first. Keys of no set go with each. 0 and *ret_set; or -1 if one of its required keys is missing,
 * or a key of another set is there. */
int fq_keys_choose(const struct fq_host *host, const struct fq_key_set *sets,
                   const struct fq_str *keys, size_t n_keys, size_t *ret_set,
                   struct fq_str *reterr_key);

/* Whether the certificate `index` of key `key` was issued by its own subject. */
bool fq_keys_is_root(const struct fq_host *host, const char *key, size_t index);

#endif
