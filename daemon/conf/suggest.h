/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the known word that is nearest to an unknown one. */
#ifndef FQ_CONF_SUGGEST_H
#define FQ_CONF_SUGGEST_H

#include "daemon/base/str.h"

/* Offers words one after the other; the best so far is in `best` (absent: none is near enough). */
struct fq_suggest {
    struct fq_str word;
    struct fq_str best;
    size_t best_distance;
};

void fq_suggest_init(struct fq_suggest *suggest, struct fq_str word);
void fq_suggest_offer(struct fq_suggest *suggest, struct fq_str candidate);

#endif
