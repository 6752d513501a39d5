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

/* ---- the note of a refusal: refused = "<unix ms>|<code>", empty once wiped ---- */

#define REFUND_WAIT_MS 10000

static const char refund_note_name[] = "refused";

/* What an earlier try was told says nothing of this one. */
static int refund_wipe_note(const struct fq_host *host, const struct fq_call *call,
                            struct fq_verdict *ret)
{
    struct fq_str note = fq_pairs_get(call->memory, refund_note_name);
    return note.len > 0 ? fq_verdict_remember(host, refund_note_name, fq_slice(""), ret) : 0;
}

static int refund_note_refusal(const struct fq_host *host, const struct fq_call *call,
                               struct fq_verdict *ret)
{
    struct fq_text text;
    struct fq_str note;
    fq_text_init(&text, host, 24 + ret->platform_code.len);
    fq_text_add_number(&text, call->now_unix_ms);
    fq_text_add_char(&text, '|');
    fq_text_add(&text, ret->platform_code);
    if (!fq_text_finish(&text, &note))
        return host->fail(host, "no memory for the note of a refund");
    return fq_verdict_remember(host, refund_note_name, note, ret);
}

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
    if (refund_wipe_note(host, call, ret) != 0)
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
    if (refund_wipe_note(host, call, ret) != 0)
        return -1;
    enum huabei_class class = huabei_read(&asked, message, ret, &node);
    if (class == HUABEI_DONE)
        return refund_done(host, call, node, ret);
    if (class != HUABEI_ASK && class != HUABEI_FINAL)
        return 0;
    fq_verdict_ask(ret, FQ_OBJECT_REFUND, call->refund_number);
    return class == HUABEI_FINAL ? refund_note_refusal(host, call, ret) : 0;
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
    struct fq_str time, refusal;
    int64_t refused_unix_ms;
    ret->outcome = outcome;
    ret->number = call->refund_number;
    if (!fq_slice_cut(fq_pairs_get(call->memory, refund_note_name), '|', &time, &refusal) ||
        !fq_slice_to_number(time, INT64_MAX, &refused_unix_ms))
        return 0;
    int64_t age_ms = call->now_unix_ms - refused_unix_ms;
    if (age_ms < REFUND_WAIT_MS) {
        ret->outcome = FQ_OUTCOME_PENDING;
        ret->retry_after_ms = age_ms < 0 ? REFUND_WAIT_MS : REFUND_WAIT_MS - age_ms;
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
    struct fq_str status = fq_slice("refund_status=REFUND_SUCCESS");
    struct fq_str fee = fq_json_text(host, node, "refund_charge_amount");
    int64_t minor;
    return fq_slice_to_minor(fee, huabei_about.exponent, &minor)
               ? fq_slice_assign(host, "refund_status=REFUND_SUCCESS, refund_charge_amount", fee)
               : status;
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
