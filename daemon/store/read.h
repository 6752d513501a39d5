/* SPDX-License-Identifier: Apache-2.0 */
/* Reads of committed data, many in one read transaction. */
#ifndef FQ_STORE_READ_H
#define FQ_STORE_READ_H

#include "daemon/core/tx.h"
#include "daemon/store/engine.h"

/* Runs a list of jobs, each inside a struct fq_read, and fills in their results. */
void fq_read_all(struct fq_engine *engine, struct fq_job *jobs);

#endif
