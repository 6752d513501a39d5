/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the platform what became of an order. */
#include "adapters/huabei/huabei.h"

int huabei_query_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                       struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_QUERY };
    return huabei_send(&asked, ret);
}

static void query_paid(const struct fq_host *host, struct fq_str node, struct fq_verdict *ret)
{
    struct fq_str pay_info;
    ret->outcome = FQ_OUTCOME_PAID;
    ret->identity = huabei_identity(fq_json_text(host, node, "passback_params"));
    if (fq_json_member_any_case(node, fq_slice("hb_fq_pay_info"), &pay_info))
        ret->instalments = huabei_terms_read(host, pay_info);
}

/*= fact sheet 4.5: "TRADE_CLOSED is ambiguous: tell 'never paid' from 'fully refunded' by
 * send_pay_date". With it the order was paid, and all of it went back. */
static void query_closed(const struct fq_host *host, struct fq_str node, struct fq_verdict *ret)
{
    struct fq_str send_pay_date;
    ret->outcome = FQ_OUTCOME_CLOSED;
    if (!fq_json_member(node, fq_slice("send_pay_date"), &send_pay_date) ||
        !fq_json_is_string(send_pay_date) || fq_slice_equal(send_pay_date, fq_slice("\"\"")))
        return;
    query_paid(host, node, ret);
    ret->has_refunded_total = 1;
    ret->refunded_total_minor = ret->amount.minor;
    ret->proof = fq_slice_assign(host, "trade_status=TRADE_CLOSED, send_pay_date", send_pay_date);
}

static int query_found(const struct fq_host *host, const struct fq_call *call, struct fq_str node,
                       struct fq_verdict *ret)
{
    struct fq_str number = fq_json_text(host, node, "out_trade_no");
    struct fq_str status = fq_json_text(host, node, "trade_status");
    if (!fq_slice_equal(number, call->order_number))
        return fq_verdict_unknown(ret, "the answer is about another order");
    if (!fq_plan_read(&huabei_about, fq_json_text(host, node, "total_amount"), &ret->amount))
        return fq_verdict_unknown(ret, "the answer says no amount");
    ret->number = number;
    ret->platform_ref = fq_json_text(host, node, "trade_no");
    ret->proof = fq_slice_assign(host, "trade_status", status);
    if (fq_slice_equal(status, fq_slice("TRADE_SUCCESS")) ||
        fq_slice_equal(status, fq_slice("TRADE_FINISHED")))
        query_paid(host, node, ret);
    else if (fq_slice_equal(status, fq_slice("TRADE_CLOSED")))
        query_closed(host, node, ret);
    else if (fq_slice_equal(status, fq_slice("WAIT_BUYER_PAY")))
        ret->outcome = FQ_OUTCOME_PENDING;
    else
        return fq_verdict_unknown(ret, "the answer's trade_status is unheard of");
    return 0;
}

int huabei_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                        const struct fq_message *message, struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_QUERY };
    struct fq_str node;
    ret->object = FQ_OBJECT_PAYMENT;
    enum huabei_class class = huabei_read(&asked, message, ret, &node);
    if (class == HUABEI_DONE)
        return query_found(host, call, node, ret);
    if (class == HUABEI_ABSENT) {
        ret->outcome = FQ_OUTCOME_NOT_FOUND;
        ret->proof = fq_slice_assign(host, "sub_code", fq_json_text(host, node, "sub_code"));
    }
    return 0;
}
