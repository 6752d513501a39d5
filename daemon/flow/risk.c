/* SPDX-License-Identifier: Apache-2.0 */
/* Rules against cash-out, around the pure part (core/risk.h): who the buyer is to us, what the past
 * is asked, what the operator is told. */
#include <string.h>

#include "daemon/flow/parts.h"

struct fq_status fq_buyer_check(struct fq_str reference, const char *field)
{
    for (size_t i = 0; i < reference.len; i++) {
        if (reference.ptr[i] < 0x20 || reference.ptr[i] > 0x7e)
            return fq_status_invalid(field, "BUYER_REFERENCE_INVALID",
                                     fq_lit("must be 1 to 64 of printable ASCII"));
    }
    return (struct fq_status){ 0 };
}

/* Customer ids are few enough to be guessed from a plain digest, and those of two shops are not to
 * be compared. */
struct fq_str fq_buyer_name(struct fq_flow *flow, const struct fq_merchant *merchant,
                            struct fq_str reference, struct fq_arena *arena)
{
    unsigned char mac[32];
    if (reference.len == 0)
        return (struct fq_str){ NULL, 0 };
    struct fq_str text =
        fq_arena_printf(arena, "%.*s/%.*s", fq_str_arg(merchant->id), fq_str_arg(reference));
    flow->world->mac(flow->world->ctx, "buyer", text, mac);
    return fq_arena_copy(arena, (struct fq_str){ (const char *)mac, FQ_BUYER_SIZE });
}

bool fq_risk_ask(const struct fq_merchant *merchant, struct fq_str buyer, int64_t now_ms,
                 struct fq_risk_query *ret)
{
    *ret = (struct fq_risk_query){ .merchant_id = merchant->id,
                                   .n_in_hour = merchant->risk.n_payments_per_hour,
                                   .now_ms = now_ms };
    if (fq_risk_wants_buyer(&merchant->risk))
        ret->buyer = buyer;
    return ret->buyer.len > 0 || ret->n_in_hour > 0;
}

void fq_say_risk(const struct fq_operation *operation, struct fq_str channel, const char *rule,
                 const struct fq_status *status)
{
    const struct fq_create_payment *request = &operation->create_payment;
    fq_log(LOG_NOTICE, FQ_MSG_RISK_REFUSED, "payment refused by a rule against cash-out",
           FQ_LOG_STR("MERCHANT", operation->merchant->id),
           FQ_LOG_STR("ORDER", request->merchant_order_id), FQ_LOG_STR("CHANNEL", channel),
           FQ_LOG_INT("AMOUNT_MINOR", request->amount.minor), FQ_LOG_TEXT("RULE", rule),
           FQ_LOG_TEXT("REASON", status->reason),
           FQ_LOG_INT("RETRY_AFTER_MS", status->retry_after_ms));
}
