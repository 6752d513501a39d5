/* SPDX-License-Identifier: Apache-2.0 */
/* Gives money back, and asks what became of a refund.
 *
 * A refusal of a refund is no proof that it never happened. The platform's error answers do not
 * repeat out_request_no, and a refund may be sent more than once: the first try may have been done
 * though its answer was lost, and then the second is refused for a reason that the first one made
 * (TRADE_HAS_CLOSE, REFUND_AMT_NOT_EQUAL_TOTAL). So a final refusal only says ASK, and is noted in
 * the refund's memory. REFUND_FAILED is said when, ten seconds after the refusal of the latest
 * try, a verified query_refund knows no such refund (fact sheet 2.10: "code 10000 WITHOUT
 * refund_status = not (yet) refunded: wait >= 10 s"). Every new try wipes the note. */
#include "adapters/huabei/huabei.h"
#include "adapters/sdk/refusal.h"

#define REFUND_WAIT_MS 10000

/* ---- the refund ---- */

int huabei_refund_biz(const struct huabei_question *asked, struct fq_text *biz)
{
    const struct fq_call *call = asked->call;
    struct fq_str refund_amount;
    if (call->refund_number.len == 0 ||
        !fq_plan_write(asked->host, &huabei_about, call->refund_amount, &refund_amount))
        return asked->host->fail(asked->host, "a refund needs a number and an amount in CNY");
    fq_json_add_member(biz, "out_trade_no", call->order_number);
    fq_json_add_member(biz, "out_request_no", call->refund_number);
    fq_json_add_member(biz, "refund_amount", refund_amount);
    if (call->refund_reason.len > 0)
        fq_json_add_member(biz, "refund_reason", call->refund_reason);
    return 0;
}

int huabei_refund_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                        struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_REFUND };
    if (fq_refusal_wipe(host, call, ret) != 0)
        return -1;
    return huabei_send(&asked, ret);
}

/*= fact sheet 2.9: "code 10000 does NOT mean the money moved", and refund_fee is cumulative: at
 * most ACCEPTED. */
static int refund_done(const struct fq_host *host, const struct fq_call *call, struct fq_str node,
                       struct fq_verdict *ret)
{
    if (!fq_slice_equal(fq_json_text(host, node, "out_trade_no"), call->order_number))
        return fq_verdict_unknown(ret, "the answer is about another order");
    ret->outcome = FQ_OUTCOME_ACCEPTED;
    ret->order_number = call->order_number;
    ret->proof = fq_slice_assign(host, "fund_change", fq_json_text(host, node, "fund_change"));
    return 0;
}

int huabei_refund_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                         const struct fq_message *message, struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_REFUND };
    struct fq_str node;
    ret->object = FQ_OBJECT_REFUND;
    ret->number = call->refund_number;
    if (fq_refusal_wipe(host, call, ret) != 0)
        return -1;
    enum huabei_class class = huabei_read(&asked, message, ret, &node);
    if (class == HUABEI_DONE)
        return refund_done(host, call, node, ret);
    if (class != HUABEI_ASK && class != HUABEI_FINAL)
        return 0;
    fq_verdict_ask(ret, FQ_OBJECT_REFUND, call->refund_number);
    return class == HUABEI_FINAL ? fq_refusal_note(host, call, ret) : 0;
}

/* ---- what became of it ---- */

int huabei_query_refund_biz(const struct huabei_question *asked, struct fq_text *biz)
{
    fq_json_add_member(biz, "out_trade_no", asked->call->order_number);
    fq_json_add_member(biz, "out_request_no", asked->call->refund_number);
    return 0;
}

int huabei_query_refund_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                              struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_QUERY_REFUND };
    return huabei_send(&asked, ret);
}

/* The platform knows no such refund; `outcome` is what that means while nothing was refused. */
static int refund_absent(const struct fq_host *host, const struct fq_call *call, uint32_t outcome,
                         struct fq_verdict *ret)
{
    struct fq_str refusal;
    int64_t age_ms;
    ret->outcome = outcome;
    ret->number = call->refund_number;
    if (!fq_refusal_read(call, &age_ms, &refusal))
        return 0;
    if (age_ms < REFUND_WAIT_MS) {
        ret->outcome = FQ_OUTCOME_PENDING;
        ret->retry_after_ms = REFUND_WAIT_MS - age_ms;
        return 0;
    }
    ret->outcome = FQ_OUTCOME_REFUND_FAILED;
    ret->platform_code = refusal;
    ret->platform_text = fq_slice("the platform refused the refund and knows no such refund");
    ret->proof = fq_slice_assign(host, "no refund_status after code", refusal);
    return 0;
}

/* The fee that went back, if the platform says so, stands beside the proof: what becomes of the
 * instalment fee is a matter of contracts (fact sheet 3.7), and none of its money is the refund's.
 */
static struct fq_str refund_proof(const struct fq_host *host, struct fq_str node)
{
    struct fq_str fee = fq_json_text(host, node, "refund_charge_amount");
    int64_t minor;
    if (!fq_slice_to_minor(fee, huabei_about.exponent, &minor))
        return fq_slice("refund_status=REFUND_SUCCESS");
    return fq_slice_assign(host, "refund_status=REFUND_SUCCESS, refund_charge_amount", fee);
}

static int refund_found(const struct fq_host *host, const struct fq_call *call, struct fq_str node,
                        struct fq_verdict *ret)
{
    struct fq_str number = fq_json_text(host, node, "out_request_no");
    struct fq_str order_number = fq_json_text(host, node, "out_trade_no");
    struct fq_str status;
    if ((number.len > 0 && !fq_slice_equal(number, call->refund_number)) ||
        (order_number.len > 0 && !fq_slice_equal(order_number, call->order_number)))
        return fq_verdict_unknown(ret, "the answer is about another refund");
    if (!fq_json_member(node, fq_slice("refund_status"), &status))
        return refund_absent(host, call, FQ_OUTCOME_PENDING, ret);
    if (!fq_slice_equal(status, fq_slice("\"REFUND_SUCCESS\"")))
        return fq_verdict_unknown(ret, "the answer's refund_status is unheard of");
    if (number.len == 0 || order_number.len == 0 ||
        !fq_plan_read(&huabei_about, fq_json_text(host, node, "refund_amount"), &ret->amount))
        return fq_verdict_unknown(ret, "the answer does not name the refund and its amount");
    ret->outcome = FQ_OUTCOME_REFUNDED;
    ret->number = number;
    ret->order_number = order_number;
    ret->platform_ref = fq_json_text(host, node, "trade_no");
    ret->proof = refund_proof(host, node);
    return 0;
}

int huabei_query_refund_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                               const struct fq_message *message, struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_QUERY_REFUND };
    struct fq_str node;
    ret->object = FQ_OBJECT_REFUND;
    enum huabei_class class = huabei_read(&asked, message, ret, &node);
    if (class == HUABEI_DONE)
        return refund_found(host, call, node, ret);
    if (class == HUABEI_ABSENT)
        return refund_absent(host, call, FQ_OUTCOME_NOT_FOUND, ret);
    return 0;
}
