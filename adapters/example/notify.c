/* SPDX-License-Identifier: Apache-2.0 */
/* What comes to us unasked: the platform's notification, and the buyer's browser coming back. */
#include "adapters/example/example.h"

/* Anybody can post to this address: the signature is all there is. The acknowledgement is given
 * after the verdict is on disk; until then the platform keeps repeating itself. */
int example_notification(void *self, const struct fq_host *host, const struct fq_call *call,
                         const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_pairs said;
    (void)self;
    (void)call;
    int r = example_read(host, message, &said, ret);
    if (r != EXAMPLE_VERIFIED)
        return r;
    ret->ack_content_type = fq_slice("text/plain");
    ret->ack_body = fq_slice("ok");
    if (fq_pairs_get(said, "refund").len > 0)
        return example_tell_refund(host, said, ret);
    return example_tell_payment(host, said, ret);
}

/* The buyer can change whatever the browser carries: a return never pays. ASK tells the daemon to
 * query the platform about this order now. */
int example_browser_return(void *self, const struct fq_host *host, const struct fq_call *call,
                           const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_str path, query, number = { NULL, 0 };
    struct fq_pairs fields;
    (void)self;
    if (fq_slice_cut(message->url, '?', &path, &query) && fq_form_decode(host, query, &fields) == 0)
        number = fq_pairs_get(fields, "order");
    return fq_verdict_ask(ret, FQ_OBJECT_PAYMENT, number.len > 0 ? number : call->order_number);
}
