/* SPDX-License-Identifier: Apache-2.0 */
/* Platform keys that were fetched while running: a few, beside the configured ones, never in their
 * place. Inside plugin/ only. */
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

#endif
