/* SPDX-License-Identifier: Apache-2.0 */
/* Merchants that ask more than they may: told to the log now and then instead of each time, and
 * shown to the operator while it goes on. */
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/flow/parts.h"

#define MERCHANT_ID_SIZE_MAX 64
#define SAY_MS               10000
#define OVER_MS              60000 /* so long after the last one it is over */
#define REASONS_MAX          8

/* By merchant, while it goes on. */
struct fq_flood {
    char merchant[MERCHANT_ID_SIZE_MAX];
    size_t merchant_len;
    const char *said[REASONS_MAX]; /* the reasons that were told */
    const char *reason;            /* the last one */
    uint64_t n_refused;
    int64_t since_ms;
    int64_t last_ms;
    int64_t said_ms;
    UT_hash_handle hh;
};

static struct fq_str flood_merchant(const struct fq_flood *flood)
{
    return (struct fq_str){ flood->merchant, flood->merchant_len };
}

static struct fq_flood *flood_of(struct fq_flow *flow, struct fq_str merchant)
{
    struct fq_flood *flood = NULL;
    fq_assert(merchant.len > 0 && merchant.len <= MERCHANT_ID_SIZE_MAX);
    HASH_FIND(hh, flow->floods, merchant.ptr, merchant.len, flood);
    if (flood != NULL)
        return flood;
    flood = fq_zalloc(sizeof(*flood));
    memcpy(flood->merchant, merchant.ptr, merchant.len);
    flood->merchant_len = merchant.len;
    flood->since_ms = fq_flow_now(flow);
    HASH_ADD(hh, flow->floods, merchant, merchant.len, flood);
    return flood;
}

/* A reason that was not told yet? Then it is from now on. */
static bool flood_is_new(struct fq_flood *flood, const char *reason)
{
    for (size_t i = 0; i < REASONS_MAX; i++) {
        if (flood->said[i] == NULL) {
            flood->said[i] = reason;
            return true;
        }
        if (strcmp(flood->said[i], reason) == 0)
            return false;
    }
    return false;
}

const char *fq_flood_fault(const char *reason)
{
    return strcmp(reason, "OVERLOAD") == 0 ? "ours" : "theirs";
}

void fq_flow_limited(struct fq_flow *flow, struct fq_str merchant, const char *reason)
{
    struct fq_flood *flood = flood_of(flow, merchant);
    flood->n_refused++;
    flood->reason = reason;
    flood->last_ms = fq_flow_now(flow);
    bool is_long_ago = flood->last_ms - flood->said_ms >= SAY_MS || flood->last_ms < flood->said_ms;
    if (!flood_is_new(flood, reason) && !is_long_ago)
        return;
    flood->said_ms = flood->last_ms;
    fq_log_always(LOG_WARNING, FQ_MSG_LIMITED, "a limit refused a request",
                  FQ_LOG_STR("MERCHANT", merchant), FQ_LOG_TEXT("REASON", reason),
                  FQ_LOG_TEXT("FAULT", fq_flood_fault(reason)),
                  FQ_LOG_INT("REFUSED", flood->n_refused),
                  FQ_LOG_TEXT("NEXT", "it is told when to come again, unless it floods; "
                                      "fenqictl status shows what to do"));
}

static void flood_end(struct fq_flow *flow, struct fq_flood *flood)
{
    HASH_DEL(flow->floods, flood);
    fq_free(flood);
}

void fq_floods_look(struct fq_flow *flow)
{
    struct fq_flood *flood = NULL;
    struct fq_flood *next = NULL;
    int64_t now_ms = fq_flow_now(flow);
    HASH_ITER(hh, flow->floods, flood, next)
    {
        if (now_ms >= flood->last_ms && now_ms - flood->last_ms < OVER_MS)
            continue;
        fq_log_always(LOG_NOTICE, FQ_MSG_LIMITED, "it keeps within its limits again",
                      FQ_LOG_STR("MERCHANT", flood_merchant(flood)),
                      FQ_LOG_INT("REFUSED", flood->n_refused),
                      FQ_LOG_TEXT("NEXT", "its requests are answered as ever"));
        flood_end(flow, flood);
    }
}

void fq_floods_free(struct fq_flow *flow)
{
    struct fq_flood *flood = NULL;
    struct fq_flood *next = NULL;
    HASH_ITER(hh, flow->floods, flood, next)
    {
        flood_end(flow, flood);
    }
}

const struct fq_flood *fq_flood_next(const struct fq_flow *flow, const struct fq_flood *before,
                                     struct fq_flood_facts *ret)
{
    const struct fq_flood *flood = before == NULL ? flow->floods : before->hh.next;
    if (flood != NULL)
        *ret = (struct fq_flood_facts){ flood_merchant(flood), flood->reason, flood->n_refused,
                                        flood->since_ms };
    return flood;
}
