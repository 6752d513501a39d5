/* SPDX-License-Identifier: Apache-2.0 */
/* Tells which of a channel's keys are missing, too many, or not what they should be. */
#include "adapters/sdk/keys.h"

#include "adapters/sdk/notation.h"

static bool keys_has(const struct fq_str *keys, size_t n_keys, struct fq_str name)
{
    for (size_t i = 0; i < n_keys; i++)
        if (fq_slice_equal(keys[i], name))
            return true;
    return false;
}

bool fq_keys_has(const struct fq_str *keys, size_t n_keys, const char *name)
{
    return keys_has(keys, n_keys, fq_slice_of(name));
}

int fq_keys_refuse(const struct fq_host *host, struct fq_str name, const char *why,
                   struct fq_str *reterr_key)
{
    struct fq_text key;
    fq_text_init(&key, host, name.len + sizeof("keys."));
    fq_text_add_of(&key, "keys.");
    fq_text_add(&key, name);
    fq_text_finish(&key, reterr_key);
    return host->fail(host, why);
}

static bool keys_in_set(const struct fq_key_set *set, struct fq_str name)
{
    return fq_slice_is_listed(name, set->required) || fq_slice_is_listed(name, set->optional);
}

/* The last set that the key is of; NULL: of none. */
static const struct fq_key_set *keys_set_of(const struct fq_key_set *sets, struct fq_str name)
{
    const struct fq_key_set *found = NULL;
    for (const struct fq_key_set *set = sets; set->required != NULL; set++)
        if (keys_in_set(set, name))
            found = set;
    return found;
}

int fq_keys_choose(const struct fq_host *host, const struct fq_key_set *sets,
                   const struct fq_str *keys, size_t n_keys, size_t *ret_set,
                   struct fq_str *reterr_key)
{
    const struct fq_key_set *chosen = sets;
    for (size_t i = 0; i < n_keys; i++) {
        const struct fq_key_set *set = keys_set_of(sets, keys[i]);
        if (set != NULL && set > chosen)
            chosen = set;
    }
    struct fq_str name, rest = fq_slice_of(chosen->required);
    while (rest.len > 0) {
        fq_slice_cut(rest, ' ', &name, &rest);
        if (!keys_has(keys, n_keys, name))
            return fq_keys_refuse(host, name, "is missing", reterr_key);
    }
    for (size_t i = 0; i < n_keys; i++)
        if (keys_set_of(sets, keys[i]) != NULL && !keys_in_set(chosen, keys[i]))
            return fq_keys_refuse(host, keys[i], "does not go together with the other keys",
                                  reterr_key);
    *ret_set = (size_t)(chosen - sets);
    return 0;
}

bool fq_keys_is_root(const struct fq_host *host, const char *key, size_t index)
{
    const struct fq_str none = { NULL, 0 };
    struct fq_str issuer, subject, cn, rest;
    if (host->cert_field(host, key, none, index, FQ_CERT_ISSUER_RFC2253, &issuer) != 0 ||
        host->cert_field(host, key, none, index, FQ_CERT_SUBJECT_CN, &subject) != 0)
        return false;
    fq_slice_cut(issuer, ',', &cn, &rest);
    return fq_slice_starts(cn, fq_slice("CN=")) &&
           fq_slice_equal((struct fq_str){ cn.ptr + 3, cn.len - 3 }, subject);
}
