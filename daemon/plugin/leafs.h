/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of messages that were believed: the few that a platform signs with, so that their
 * chain is not walked for every message. Inside plugin/ only. */
#ifndef FQ_PLUGIN_LEAFS_H
#define FQ_PLUGIN_LEAFS_H

#include "daemon/crypto/keyring.h"

#define FQ_LEAFS_MAX 16

struct fq_leafs; /* safe on any thread */

struct fq_leafs *fq_leafs_new(void);
void fq_leafs_free(struct fq_leafs *leafs);
FQ_DEFINE_CLEANUP(fq_leafs);

/* What a check was made of: the whole text of the certificate, the roots, the name rule. */
struct fq_leafs_name {
    unsigned char digest[32];
};

struct fq_leafs_name fq_leafs_name(struct fq_str certificate, const char *roots,
                                   struct fq_str name_rule);

/* The ring of the leaf (fq_chain_verify), or NULL if it is not here, or not valid at that time. The
 * caller frees it: it stays good even when the cache has forgotten it. */
struct fq_keyring *fq_leafs_find(struct fq_leafs *leafs, const struct fq_leafs_name *name,
                                 int64_t at_unix_ms);

/* Keeps the ring of a leaf that was believed, beside its owner; the oldest one gives way. */
void fq_leafs_keep(struct fq_leafs *leafs, const struct fq_leafs_name *name,
                   struct fq_keyring *leaf);

#endif
