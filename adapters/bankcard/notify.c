/* SPDX-License-Identifier: Apache-2.0 */
/* What comes unasked: UnionPay's notification, and the buyer's browser on its way back. */
#include "adapters/bankcard/bankcard.h"

/*= fact sheet 5.6: "verify over the POST body only; never merge the query string". Decodes once,
 * verifies, and checks that it is about an order of ours. */
static int notify_read(const struct bankcard *self, const struct fq_host *host,
                       const struct fq_call *call, struct fq_str body, struct fq_pairs *ret_fields)
{
    int r = fq_form_decode(host, body, ret_fields);
    if (r != 0)
        return host->fail(host, fq_form_reason(r));
    const char *why = bankcard_verify(self, host, call->now_unix_ms, *ret_fields, BANKCARD_FORM);
    if (why == NULL && !fq_slice_is_word(fq_pairs_get(*ret_fields, "orderId"), 32))
        why = "the message names no order of ours";
    return why != NULL ? host->fail(host, why) : 0;
}

/* FQ_OBJECT_UNSET: of neither. */
static uint32_t notify_object(struct fq_pairs fields)
{
    if (bankcard_is_kind(fields, BANKCARD_INSTALMENTS) ||
        bankcard_is_kind(fields, BANKCARD_CONSUME))
        return FQ_OBJECT_PAYMENT;
    if (bankcard_is_kind(fields, BANKCARD_REFUND) || bankcard_is_kind(fields, BANKCARD_UNDO))
        return FQ_OBJECT_REFUND;
    return FQ_OBJECT_UNSET;
}

/* FQ_OUTCOME_UNSET: it proves nothing by itself. Front transactions are told of only when they
 * succeeded, back transactions also when they failed. */
static uint32_t notify_outcome(uint32_t object, struct fq_pairs fields, struct fq_money *ret_amount)
{
    enum bankcard_class class = bankcard_classify(fq_pairs_get(fields, "respCode"));
    if (!bankcard_money(fields, ret_amount))
        return FQ_OUTCOME_UNSET;
    if (class == BANKCARD_DONE)
        return object == FQ_OBJECT_PAYMENT ? FQ_OUTCOME_PAID : FQ_OUTCOME_REFUNDED;
    return class == BANKCARD_FAILED && object == FQ_OBJECT_REFUND ? FQ_OUTCOME_REFUND_FAILED
                                                                  : FQ_OUTCOME_UNSET;
}

/* The message's own word. Its txnTime cannot be compared here: nobody knows yet which order it is
 * about, so there is no memory. Nothing hangs on it: we sign one txnTime for one order number, and
 * the merchant, the number, the amount and the kind are compared. Nor is there a word about the
 * payer: whether one was sent, only the memory knows. */
static void notify_settle(const struct fq_host *host, uint32_t object, struct fq_pairs fields,
                          struct fq_verdict *ret)
{
    ret->outcome = notify_outcome(object, fields, &ret->amount);
    if (ret->outcome == FQ_OUTCOME_UNSET)
        return;
    ret->step = FQ_STEP_DONE;
    ret->platform_ref = bankcard_query_id(fields);
    ret->instalments = object == FQ_OBJECT_PAYMENT ? bankcard_terms(host, fields) : 0;
}

/*= fact sheet 5.8: "for money transactions do not settle on the notify alone; query". 5.3: "Answer
 * HTTP 200 ...; body text is not checked: sample prints ok". */
int bankcard_notification(void *instance, const struct fq_host *host, const struct fq_call *call,
                          const struct fq_message *message, struct fq_verdict *ret)
{
    const struct bankcard *self = instance;
    struct fq_pairs fields = { NULL, 0 };
    if (notify_read(self, host, call, message->body, &fields) != 0)
        return -1;
    uint32_t object = notify_object(fields);
    if (object == FQ_OBJECT_UNSET)
        return host->fail(host, "the message is about no payment and no refund");
    bankcard_tell(host, fields, "respCode", "respMsg", ret);
    fq_verdict_ask(ret, object, fq_pairs_get(fields, "orderId"));
    if (!bankcard_is_yes(self->confirm_by_query))
        notify_settle(host, object, fields, ret);
    ret->proof = fq_slice_assign(host, "respCode", ret->platform_code);
    ret->ack_content_type = fq_slice("text/plain");
    ret->ack_body = fq_slice("ok");
    return 0;
}

/*= fact sheet 5.10: "can be replayed, dropped or arrive before the notify. Use it only to show a
 * page and trigger a query. If frontUrl is visited by GET without fields, show processing." */
int bankcard_browser_return(void *self, const struct fq_host *host, const struct fq_call *call,
                            const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_pairs fields = { NULL, 0 };
    if (message->body.len == 0)
        return fq_verdict_unknown(ret, "the browser brought nothing");
    if (notify_read(self, host, call, message->body, &fields) != 0)
        return -1;
    return fq_verdict_ask(ret, FQ_OBJECT_PAYMENT, fq_pairs_get(fields, "orderId"));
}
