/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the write-ahead log short: a thread moves its pages while the writer goes on writing, and
 * the writer moves the few that are left and lets the log begin anew. (Alone, the thread never gets
 * there under load; alone, the writer would stand still for a whole log.) */
#ifndef FQ_STORE_CHECKPOINT_H
#define FQ_STORE_CHECKPOINT_H

#include "daemon/store/engine.h"

struct fq_checkpoint;

/* Starts the thread, on an engine of its own, which it takes, on failure too. end_process is
 * called, on either thread, if the disk failed. */
int fq_checkpoint_new(struct fq_engine *engine, void (*end_process)(const char *why),
                      struct fq_checkpoint **ret);
void fq_checkpoint_free(struct fq_checkpoint *checkpoint);
FQ_DEFINE_CLEANUP(fq_checkpoint);

/* On the writer's thread, between two transactions. */
void fq_checkpoint_after_commit(struct fq_checkpoint *checkpoint, struct fq_engine *writer);

#endif
