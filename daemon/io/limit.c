/* SPDX-License-Identifier: Apache-2.0 */
/* Counts what merchants ask. */
#include "daemon/io/limit.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

#define MERCHANT_ID_SIZE_MAX 64
#define TOKEN_MILLI          1000 /* a bucket counts thousandths, so that slow rates are exact */
#define REFILL_MAX_MS        3600000

struct fq_limit {
    UT_hash_handle hh;
    struct fq_limit_table *table;
    char merchant_id[MERCHANT_ID_SIZE_MAX];
    int64_t level_milli;
    int64_t filled_mono_ms;
    bool is_filled; /* once */
    size_t n_in_flight;
    size_t n_refusals;
};

struct fq_limit_table {
    struct fq_limit *limits;
    uint32_t rate_per_second;
    uint32_t rate_burst;
};

struct fq_limit_table *fq_limit_table_new(uint32_t rate_per_second, uint32_t rate_burst)
{
    struct fq_limit_table *table = fq_zalloc(sizeof(*table));
    table->rate_per_second = rate_per_second;
    table->rate_burst = rate_burst;
    return table;
}

void fq_limit_table_free(struct fq_limit_table *table)
{
    struct fq_limit *limit;
    struct fq_limit *next;
    if (table == NULL)
        return;
    HASH_ITER(hh, table->limits, limit, next)
    {
        HASH_DEL(table->limits, limit);
        fq_free(limit);
    }
    fq_free(table);
}

struct fq_limit *fq_limit_of(struct fq_limit_table *table, const struct fq_merchant *merchant)
{
    struct fq_limit *limit = NULL;
    fq_assert(merchant->id.len > 0 && merchant->id.len <= MERCHANT_ID_SIZE_MAX);
    HASH_FIND(hh, table->limits, merchant->id.ptr, merchant->id.len, limit);
    if (limit != NULL)
        return limit;
    limit = fq_zalloc(sizeof(*limit));
    limit->table = table;
    memcpy(limit->merchant_id, merchant->id.ptr, merchant->id.len);
    HASH_ADD(hh, table->limits, merchant_id, merchant->id.len, limit);
    return limit;
}

int fq_limit_take(struct fq_limit *limit, const struct fq_merchant *merchant, int64_t now_mono_ms,
                  int64_t *reterr_retry_after_ms)
{
    const struct fq_limit_table *table = limit->table;
    int64_t rate =
        merchant->rate_per_second > 0 ? merchant->rate_per_second : table->rate_per_second;
    int64_t burst = merchant->rate_burst > 0 ? merchant->rate_burst : table->rate_burst;
    if (rate == 0)
        return 0;
    int64_t full_milli = (burst > 0 ? burst : rate) * TOKEN_MILLI;
    int64_t elapsed_ms = now_mono_ms - limit->filled_mono_ms;
    if (elapsed_ms > REFILL_MAX_MS)
        elapsed_ms = REFILL_MAX_MS;
    if (elapsed_ms > 0)
        limit->level_milli += elapsed_ms * rate;
    if (limit->level_milli > full_milli || !limit->is_filled)
        limit->level_milli = full_milli;
    limit->is_filled = true;
    limit->filled_mono_ms = now_mono_ms;
    if (limit->level_milli < TOKEN_MILLI) {
        *reterr_retry_after_ms = (TOKEN_MILLI - limit->level_milli + rate - 1) / rate;
        return FQ_LIMIT_E_RATE;
    }
    limit->level_milli -= TOKEN_MILLI;
    return 0;
}

void fq_limit_enter(struct fq_limit *limit)
{
    limit->n_in_flight++;
}

void fq_limit_leave(struct fq_limit *limit)
{
    fq_assert(limit->n_in_flight > 0);
    limit->n_in_flight--;
}

size_t fq_limit_n_in_flight(const struct fq_limit *limit)
{
    return limit->n_in_flight;
}

void fq_limit_refuse(struct fq_limit *limit)
{
    limit->n_refusals++;
}

void fq_limit_refused(struct fq_limit *limit)
{
    fq_assert(limit->n_refusals > 0);
    limit->n_refusals--;
}

size_t fq_limit_n_refusals(const struct fq_limit *limit)
{
    return limit->n_refusals;
}
