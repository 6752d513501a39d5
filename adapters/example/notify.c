/* SPDX-License-Identifier: Apache-2.0 */
/* What comes to us unasked: the platform's notification, and the buyer's browser coming back. */
#include <string.h>

#include "adapters/example/example.h"

/* Anybody can post to this address: the signature is all there is. The acknowledgement is given
 * after the verdict is on disk; until then the platform keeps repeating itself. */
int example_notification(void *self, const struct fq_host *host, const struct fq_call *call,
                         const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_str said = { NULL, 0 };
    (void)self;
    (void)call;
    int r = example_read(host, message, message->body, &said, ret);
    if (r != EXAMPLE_VERIFIED)
        return r == EXAMPLE_SETTLED ? 0 : -1;
    ret->ack_content_type = EXAMPLE_STR("text/plain");
    ret->ack_body = EXAMPLE_STR("ok");
    if (example_get(host, said, "refund").len > 0)
        return example_tell_refund(host, said, ret);
    return example_tell_payment(host, said, ret);
}

/* The buyer can change whatever the browser carries: a return never pays. ASK tells the daemon to
 * query the platform about this order now. */
int example_browser_return(void *self, const struct fq_host *host, const struct fq_call *call,
                           const struct fq_message *message, struct fq_verdict *ret)
{
    const char *query =
        message->url.len > 0 ? memchr(message->url.ptr, '?', message->url.len) : NULL;
    struct fq_str line = { NULL, 0 };
    (void)self;
    if (query != NULL)
        line =
            (struct fq_str){ query + 1, message->url.len - (size_t)(query + 1 - message->url.ptr) };
    ret->step = FQ_STEP_ASK;
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = example_get(host, line, "order");
    if (ret->number.len == 0)
        ret->number = call->order_number;
    return 0;
}
