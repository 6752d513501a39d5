/* SPDX-License-Identifier: Apache-2.0 */
/* Closes an unpaid order, so that it can never be paid. */
#include "adapters/huabei/huabei.h"

int huabei_close_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                       struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_CLOSE };
    return huabei_send(&asked, ret);
}

static int close_done(const struct fq_host *host, const struct fq_call *call, struct fq_str node,
                      struct fq_verdict *ret)
{
    struct fq_str number = fq_json_text(host, node, "out_trade_no");
    if (!fq_slice_equal(number, call->order_number))
        return fq_verdict_unknown(ret, "the answer is about another order");
    ret->outcome = FQ_OUTCOME_CLOSED;
    ret->number = number;
    ret->platform_ref = fq_json_text(host, node, "trade_no");
    ret->proof = fq_slice("alipay.trade.close code=10000");
    return 0;
}

int huabei_close_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                        const struct fq_message *message, struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_CLOSE };
    struct fq_str node;
    ret->object = FQ_OBJECT_PAYMENT;
    enum huabei_class class = huabei_read(&asked, message, ret, &node);
    if (class == HUABEI_DONE)
        return close_done(host, call, node, ret);
    if (class == HUABEI_ASK) /* probably paid a moment ago */
        return fq_verdict_ask(ret, FQ_OBJECT_PAYMENT, call->order_number);
    if (class == HUABEI_ABSENT) {
        /* Nothing to close yet: the buyer may still open the link until it expires. */
        ret->outcome = FQ_OUTCOME_NOT_FOUND;
        ret->proof = fq_slice_assign(host, "sub_code", fq_json_text(host, node, "sub_code"));
    }
    return 0;
}
