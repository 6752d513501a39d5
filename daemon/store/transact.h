/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions in one commit: each is loaded, decided and written. */
#ifndef FQ_STORE_TRANSACT_H
#define FQ_STORE_TRANSACT_H

#include "daemon/store/write.h"

enum {
    /* The disk failed: nobody knows what was written, and nobody may be answered. */
    FQ_TRANSACT_E_UNTRUSTED = 1,
};

/* Runs a list of jobs, each inside a struct fq_tx, and fills in their results; one that faults
 * leaves the others alone, unless the whole transaction went with it: then all have a fault. After
 * a fault all of them run once more, each in a savepoint. */
int fq_transact(struct fq_engine *engine, fq_sha256_of2_fn *sha256_of2, struct fq_job *jobs);

#endif
