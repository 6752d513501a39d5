/* SPDX-License-Identifier: Apache-2.0 */
/* Brings the schema of a ledger up to date. */
#ifndef FQ_STORE_MIGRATE_H
#define FQ_STORE_MIGRATE_H

#include "daemon/store/engine.h"

enum {
    FQ_MIGRATE_E_NEWER = 1, /* written by a newer fenqid */
};

/* Runs the migrations that are missing, all in one transaction. */
int fq_migrate(struct fq_engine *engine);

/* For readers: FQ_MIGRATE_E_NEWER, or a fault if migrations are missing. */
int fq_migrate_check(struct fq_engine *engine);

#endif
