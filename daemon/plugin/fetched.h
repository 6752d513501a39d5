/* SPDX-License-Identifier: Apache-2.0 */
/* Platform keys that were fetched while running: a few to verify with, beside the configured ones
 * and never in their place; and the newest of each declared key to encrypt to, in its place. Inside
 * plugin/ only. */
#ifndef FQ_PLUGIN_FETCHED_H
#define FQ_PLUGIN_FETCHED_H

#include "daemon/plugin/channel.h"

struct fq_fetched;

struct fq_fetched *fq_fetched_new(void);
void fq_fetched_free(struct fq_fetched *fetched);
FQ_DEFINE_CLEANUP(fq_fetched);

enum {
    FQ_FETCHED_E_NO_SUCH = 2, /* beside FQ_VERIFY_E_BAD */
};

/* Safe on any thread. */
int fq_fetched_verify(struct fq_fetched *fetched, struct fq_str name, uint32_t scheme,
                      struct fq_str text, struct fq_str signature);

/* The ring with what was fetched in the place of the declared key number `index`, under its name,
 * or NULL. The caller frees it. Safe on any thread. */
struct fq_keyring *fq_fetched_encrypt_key(struct fq_fetched *fetched, size_t index);

#endif
