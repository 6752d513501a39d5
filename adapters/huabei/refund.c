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

static int refund_write_note(const struct fq_host *host, struct fq_str note, struct fq_verdict *ret)
{
    struct fq_pair *pair = host->alloc(host, sizeof(*pair));
    if (pair == NULL)
        return host->fail(host, "no memory for the note of a refund");
    *pair = (struct fq_pair){ fq_slice_of(refund_note_name), note };
    ret->memory = (struct fq_pairs){ pair, 1 };
    return 0;
}

/* What an earlier try was told says nothing of this one. */
static int refund_wipe_note(const struct fq_host *host, const struct fq_call *call,
                            struct fq_verdict *ret)
{
    struct fq_str note = fq_pairs_get(call->memory, refund_note_name);
    return note.len > 0 ? refund_write_note(host, fq_slice(""), ret) : 0;
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
    return refund_write_note(host, note, ret);
}

/* ---- the refund ---- */

int huabei_refund_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                        struct fq_verdict *ret)
{
    struct fq_text biz;
    struct fq_str refund_amount;
    if (call->refund_number.len == 0 ||
        !huabei_money_write(host, call->refund_amount, &refund_amount))
        return host->fail(host, "a refund needs a number and an amount in CNY");
    huabei_biz_begin(&biz, host, call);
    fq_json_add_member(&biz, "out_request_no", call->refund_number);
    fq_json_add_member(&biz, "refund_amount", refund_amount);
    if (call->refund_reason.len > 0)
        fq_json_add_member(&biz, "refund_reason", call->refund_reason);
    if (refund_wipe_note(host, call, ret) != 0)
        return -1;
    return huabei_send(self, host, call, HUABEI_REFUND, &biz, ret);
}

/*= fact sheet 2.9: "code 10000 does NOT mean the money moved", and refund_fee is cumulative: at
 * most ACCEPTED. */
static int refund_done(const struct fq_host *host, const struct fq_call *call, struct fq_str node,
                       struct fq_verdict *ret)
{
    if (!fq_slice_equal(huabei_field(host, node, "out_trade_no"), call->order_number))
        return huabei_unknown(ret, "the answer is about another order");
    ret->outcome = FQ_OUTCOME_ACCEPTED;
    ret->order_number = call->order_number;
    ret->proof = fq_slice_assign(host, "fund_change", huabei_field(host, node, "fund_change"));
    return 0;
}

int huabei_refund_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                         const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    struct fq_str node;
    ret->object = FQ_OBJECT_REFUND;
    ret->number = call->refund_number;
    if (refund_wipe_note(host, call, ret) != 0)
        return -1;
    enum huabei_class class = huabei_read(host, HUABEI_REFUND, message, ret, &node);
    if (class == HUABEI_DONE)
        return refund_done(host, call, node, ret);
    if (class != HUABEI_ASK && class != HUABEI_FINAL)
        return 0;
    ret->step = FQ_STEP_ASK;
    ret->outcome = FQ_OUTCOME_UNSET;
    if (class == HUABEI_ASK)
        return 0;
    return refund_note_refusal(host, call, ret);
}

/* ---- what became of it ---- */

int huabei_query_refund_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                              struct fq_verdict *ret)
{
    struct fq_text biz;
    huabei_biz_begin(&biz, host, call);
    fq_json_add_member(&biz, "out_request_no", call->refund_number);
    return huabei_send(self, host, call, HUABEI_QUERY_REFUND, &biz, ret);
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

static int refund_found(const struct fq_host *host, const struct fq_call *call, struct fq_str node,
                        struct fq_verdict *ret)
{
    struct fq_str number = huabei_field(host, node, "out_request_no");
    struct fq_str order_number = huabei_field(host, node, "out_trade_no");
    struct fq_str status;
    if ((number.len > 0 && !fq_slice_equal(number, call->refund_number)) ||
        (order_number.len > 0 && !fq_slice_equal(order_number, call->order_number)))
        return huabei_unknown(ret, "the answer is about another refund");
    if (!fq_json_member(node, fq_slice("refund_status"), &status))
        return refund_absent(host, call, FQ_OUTCOME_PENDING, ret);
    if (!fq_slice_equal(status, fq_slice("\"REFUND_SUCCESS\"")))
        return huabei_unknown(ret, "the answer's refund_status is unheard of");
    if (number.len == 0 || order_number.len == 0 ||
        !huabei_money_read(huabei_field(host, node, "refund_amount"), &ret->amount))
        return huabei_unknown(ret, "the answer does not name the refund and its amount");
    ret->outcome = FQ_OUTCOME_REFUNDED;
    ret->number = number;
    ret->order_number = order_number;
    ret->platform_ref = huabei_field(host, node, "trade_no");
    ret->proof = fq_slice("refund_status=REFUND_SUCCESS");
    return 0;
}

int huabei_query_refund_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                               const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self;
    struct fq_str node;
    ret->object = FQ_OBJECT_REFUND;
    enum huabei_class class = huabei_read(host, HUABEI_QUERY_REFUND, message, ret, &node);
    if (class == HUABEI_DONE)
        return refund_found(host, call, node, ret);
    if (class == HUABEI_ABSENT)
        return refund_absent(host, call, FQ_OUTCOME_NOT_FOUND, ret);
    return 0;
}
