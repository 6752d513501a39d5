/* SPDX-License-Identifier: Apache-2.0 */
/* Worker threads for CPU work: adapters, signatures, packing. */
#ifndef FQ_IO_POOL_H
#define FQ_IO_POOL_H

#include "daemon/base/queue.h"

struct fq_pool;

struct fq_pool *fq_pool_new(size_t n_threads, size_t n_waiting_max, struct fq_home *home);
void fq_pool_free(struct fq_pool *pool); /* runs what waits, joins */
FQ_DEFINE_CLEANUP(fq_pool);

size_t fq_pool_n_waiting(const struct fq_pool *pool);

/* job->run on a worker, then job->done on the loop. FQ_QUEUE_E_FULL: neither. */
int fq_pool_run(struct fq_pool *pool, struct fq_job *job);

#endif
