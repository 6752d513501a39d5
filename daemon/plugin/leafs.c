/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what fq_chain_verify made, under the words it was made by. */
#include "daemon/plugin/leafs.h"

#include <pthread.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"

struct leafs_entry {
    struct fq_leafs_name name;
    struct fq_keyring *leaf; /* NULL: free */
};

struct fq_leafs {
    pthread_mutex_t mutex;
    struct leafs_entry entries[FQ_LEAFS_MAX];
    size_t n_kept; /* in all: the next one takes the place of the oldest */
};

struct fq_leafs *fq_leafs_new(void)
{
    struct fq_leafs *leafs = fq_zalloc(sizeof(*leafs));
    fq_assert(pthread_mutex_init(&leafs->mutex, NULL) == 0);
    return leafs;
}

void fq_leafs_free(struct fq_leafs *leafs)
{
    if (leafs == NULL)
        return;
    for (size_t i = 0; i < FQ_LEAFS_MAX; i++)
        fq_keyring_free(leafs->entries[i].leaf);
    (void)pthread_mutex_destroy(&leafs->mutex);
    fq_free(leafs);
}

/* A digest in front of each text: no two triples are the same bytes. */
struct fq_leafs_name fq_leafs_name(struct fq_str certificate, const char *roots,
                                   struct fq_str name_rule)
{
    struct fq_leafs_name name = { { 0 } };
    const struct fq_str digest = { (const char *)name.digest, sizeof(name.digest) };
    fq_sha256(certificate, name.digest);
    fq_sha256_of2(digest, fq_str_of(roots), name.digest);
    fq_sha256_of2(digest, name_rule, name.digest);
    return name;
}

static struct leafs_entry *leafs_entry(struct fq_leafs *leafs, const struct fq_leafs_name *name)
{
    for (size_t i = 0; i < FQ_LEAFS_MAX; i++) {
        struct leafs_entry *entry = &leafs->entries[i];
        if (entry->leaf != NULL && memcmp(&entry->name, name, sizeof(*name)) == 0)
            return entry;
    }
    return NULL;
}

struct fq_keyring *fq_leafs_find(struct fq_leafs *leafs, const struct fq_leafs_name *name,
                                 int64_t at_unix_ms)
{
    struct fq_keyring *leaf = NULL;
    (void)pthread_mutex_lock(&leafs->mutex);
    const struct leafs_entry *entry = leafs_entry(leafs, name);
    if (entry != NULL && fq_chain_covers(entry->leaf, at_unix_ms))
        leaf = fq_keyring_share(entry->leaf);
    (void)pthread_mutex_unlock(&leafs->mutex);
    return leaf;
}

void fq_leafs_keep(struct fq_leafs *leafs, const struct fq_leafs_name *name,
                   struct fq_keyring *leaf)
{
    (void)pthread_mutex_lock(&leafs->mutex);
    /* It may be here: two threads checked it at once, or by another way up at another time. */
    struct leafs_entry *entry = leafs_entry(leafs, name);
    if (entry == NULL)
        entry = &leafs->entries[leafs->n_kept++ % FQ_LEAFS_MAX];
    struct fq_keyring *before = entry->leaf;
    entry->name = *name;
    entry->leaf = fq_keyring_share(leaf);
    (void)pthread_mutex_unlock(&leafs->mutex);
    fq_keyring_free(before);
}
