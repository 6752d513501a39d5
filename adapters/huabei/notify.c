/* SPDX-License-Identifier: Apache-2.0 */
/* What comes unasked: the platform's notification, and the buyer's browser on its way back. */
#include "adapters/huabei/huabei.h"

/*= fact sheet 4.2, rule V1: drop sign AND sign_type, skip empty values; alipay_cert_sn is not
 * signed. */
static const char *const notify_unsigned[] = { "sign", "sign_type", "alipay_cert_sn", NULL };

/* Whether the verified message is for this account; NULL if it is. */
static const char *notify_refuse(const struct huabei *self, struct fq_pairs fields)
{
    if (!fq_slice_equal_any_case(fq_pairs_get(fields, "charset"), fq_slice("utf-8")))
        return "the message's charset is not utf-8";
    if (!fq_slice_equal(fq_pairs_get(fields, "app_id"), self->app_id))
        return "the message is for another app_id";
    if (!fq_slice_equal(fq_pairs_get(fields, "seller_id"), self->seller_id))
        return "the message is for another seller_id";
    if (!fq_slice_is_word(fq_pairs_get(fields, "out_trade_no"), 64))
        return "the message names no order of ours";
    return NULL;
}

/* Decodes once, verifies, and checks that it is ours. With a certificate that is not known, the
 * step becomes NEED_KEY. */
static int notify_read(const struct huabei *self, const struct fq_host *host, struct fq_str raw,
                       struct fq_verdict *ret, struct fq_pairs *ret_fields)
{
    struct fq_str plain, serial;
    int r = fq_form_decode(host, raw, ret_fields);
    if (r != 0)
        return host->fail(host, fq_form_reason(r));
    if (!fq_slice_equal(fq_pairs_get(*ret_fields, "sign_type"), fq_slice("RSA2")))
        return host->fail(host, "the message's sign_type is not RSA2");
    if (!fq_canon_join(host, *ret_fields, notify_unsigned, FQ_CANON_SKIP_EMPTY, &plain))
        return host->fail(host, "no memory for the string that was signed");
    serial = fq_pairs_get(*ret_fields, "alipay_cert_sn");
    enum huabei_proof proof =
        huabei_verify(self, host, plain, fq_pairs_get(*ret_fields, "sign"), serial);
    const char *refusal = proof == HUABEI_FORGED ? "the message's signature is missing or bad"
                                                 : notify_refuse(self, *ret_fields);
    if (refusal != NULL)
        return host->fail(host, refusal);
    return proof == HUABEI_STRANGE ? fq_verdict_need_key(ret, serial) : 0;
}

/*= fact sheet 4.4: "a refund has gmt_refund and/or refund_fee (and out_biz_no)". */
static bool notify_is_refund(struct fq_pairs fields)
{
    static const char *const names[] = { "gmt_refund", "refund_fee", "out_biz_no" };
    for (size_t i = 0; i < HUABEI_COUNT(names); i++)
        if (fq_pairs_get(fields, names[i]).len > 0)
            return true;
    return false;
}

#define NOTIFY_NUMBER_MAX 64

/* refund_fee is cumulative, so it is no amount of this refund: ask, and say the sum. A refund made
 * in the console goes by a number of theirs, or by the order's own (fact sheet 2.10); without any
 * it is a question about the payment. */
static int notify_ask_refund(struct fq_pairs fields, struct fq_verdict *ret)
{
    struct fq_str order_number = fq_pairs_get(fields, "out_trade_no");
    struct fq_str number = fq_pairs_get(fields, "out_biz_no");
    struct fq_money total;
    if (fq_plan_read(&huabei_about, fq_pairs_get(fields, "refund_fee"), &total)) {
        ret->has_refunded_total = 1;
        ret->refunded_total_minor = total.minor;
    }
    if (number.len == 0 || number.len > NOTIFY_NUMBER_MAX)
        return fq_verdict_ask(ret, FQ_OBJECT_PAYMENT, order_number);
    ret->order_number = order_number;
    return fq_verdict_ask(ret, FQ_OBJECT_REFUND, number);
}

static int notify_paid(const struct fq_host *host, struct fq_pairs fields, struct fq_verdict *ret)
{
    if (!fq_plan_read(&huabei_about, fq_pairs_get(fields, "total_amount"), &ret->amount))
        return host->fail(host, "the notification says no amount");
    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_PAID;
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = fq_pairs_get(fields, "out_trade_no");
    ret->instalments = huabei_terms_read(host, fq_pairs_get(fields, "hb_fq_pay_info"));
    ret->identity = huabei_identity(fq_pairs_get(fields, "passback_params"));
    return 0;
}

int huabei_notification(void *self, const struct fq_host *host, const struct fq_call *call,
                        const struct fq_message *message, struct fq_verdict *ret)
{
    (void)call;
    struct fq_pairs fields = { NULL, 0 };
    if (notify_read(self, host, message->body, ret, &fields) != 0)
        return -1;
    if (ret->step == FQ_STEP_NEED_KEY)
        return 0;
    struct fq_str status = fq_pairs_get(fields, "trade_status");
    if (notify_is_refund(fields))
        notify_ask_refund(fields, ret);
    else if (!fq_slice_is_listed(status, "TRADE_SUCCESS TRADE_FINISHED"))
        fq_verdict_ask(ret, FQ_OBJECT_PAYMENT, fq_pairs_get(fields, "out_trade_no"));
    else if (notify_paid(host, fields, ret) != 0)
        return -1;
    ret->platform_ref = fq_pairs_get(fields, "trade_no");
    ret->proof = fq_slice_assign(host, "trade_status", status);
    ret->ack_content_type = fq_slice("text/plain");
    ret->ack_body = fq_slice("success");
    return 0;
}

/*= fact sheet 4.6: "There is NO trade_status: show 'processing' and query." */
int huabei_browser_return(void *self, const struct fq_host *host, const struct fq_call *call,
                          const struct fq_message *message, struct fq_verdict *ret)
{
    (void)call;
    struct fq_pairs fields = { NULL, 0 };
    struct fq_str path, query;
    fq_slice_cut(message->url, '?', &path, &query);
    if (notify_read(self, host, query, ret, &fields) != 0)
        return -1;
    if (ret->step == FQ_STEP_NEED_KEY)
        return 0;
    ret->platform_ref = fq_pairs_get(fields, "trade_no");
    return fq_verdict_ask(ret, FQ_OBJECT_PAYMENT, fq_pairs_get(fields, "out_trade_no"));
}
