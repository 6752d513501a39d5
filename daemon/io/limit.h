/* SPDX-License-Identifier: Apache-2.0 */
/* What each merchant may still ask: a token bucket, and a count of its requests in flight. */
#ifndef FQ_IO_LIMIT_H
#define FQ_IO_LIMIT_H

#include "daemon/base/mem.h"
#include "daemon/core/merchant.h"

struct fq_limit; /* of one merchant; lives as long as the table */
struct fq_limit_table;

struct fq_limit_table *fq_limit_table_new(uint32_t rate_per_second, uint32_t rate_burst);
void fq_limit_table_free(struct fq_limit_table *table);
FQ_DEFINE_CLEANUP(fq_limit_table);

/* By the merchant's id; a new one starts with a full bucket. */
struct fq_limit *fq_limit_of(struct fq_limit_table *table, const struct fq_merchant *merchant);

enum {
    FQ_LIMIT_E_RATE = 1,
};

/* Takes one token; rates that the merchant leaves 0 are the table's, and both 0 is no limit. */
int fq_limit_take(struct fq_limit *limit, const struct fq_merchant *merchant, int64_t now_mono_ms,
                  int64_t *reterr_retry_after_ms);

void fq_limit_enter(struct fq_limit *limit);
void fq_limit_leave(struct fq_limit *limit);
size_t fq_limit_n_in_flight(const struct fq_limit *limit);

/* Refusals on their way: those have to be signed, too. */
void fq_limit_refuse(struct fq_limit *limit);
void fq_limit_refused(struct fq_limit *limit);
size_t fq_limit_n_refusals(const struct fq_limit *limit);

#endif
