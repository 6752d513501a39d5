/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an order: a page for browsers, a string for apps, a QR code from the API. */
#include "adapters/example/example.h"

/* What every way of opening says. The order number is ours and is what makes a repeat harmless;
 * the deadline is told to the platform, so that nobody can pay after it. */
static void create_put(const struct example *self, const struct fq_host *host,
                       const struct fq_call *call, const char *op, struct fq_text *ret_out)
{
    example_begin(ret_out, self, host, op);
    example_put(ret_out, "order", call->order_number);
    example_put_number(ret_out, "amount", call->amount.minor);
    example_put_number(ret_out, "instalments", call->instalments);
    example_put_number(ret_out, "bearer", call->bearer);
    example_put_number(ret_out, "merchant_percent", call->merchant_percent);
    example_put_number(ret_out, "deadline", call->deadline_unix_ms);
    example_put_number(ret_out, "opened", call->created_unix_ms);
    example_put(ret_out, "subject", call->subject);
    example_put(ret_out, "notify", call->notify_url);
    example_put(ret_out, "return", call->return_url);
    example_put(ret_out, "payer_name", call->payer_name);
    example_put(ret_out, "payer_document", call->payer_document_number);
}

/* The platform wants the opening time again in every later question about this order. What the
 * daemon remembers is committed before the first byte leaves. */
static int create_remember(const struct fq_host *host, const struct fq_call *call,
                           struct fq_verdict *ret)
{
    struct fq_text number;
    struct fq_str opened;
    fq_text_init(&number, host, 24);
    fq_text_add_number(&number, call->created_unix_ms);
    if (!fq_text_finish(&number, &opened))
        return host->fail(host, "out of memory");
    return fq_verdict_remember(host, "opened", opened, ret);
}

/* Browsers are redirected. Personal data must not stand in a URL, which ends up in logs and
 * histories: with it, the same line travels in a form. */
static int create_for_browser(const struct example *self, const struct fq_host *host,
                              const struct fq_call *call, struct fq_str line,
                              struct fq_verdict *ret)
{
    if (call->payer_name.len == 0) {
        ret->action = FQ_ACTION_REDIRECT;
        return example_url(self, host, "/cashier?", line, &ret->message.url);
    }
    struct fq_pair *field = host->alloc(host, sizeof(*field));
    if (field == NULL)
        return host->fail(host, "out of memory");
    *field = (struct fq_pair){ fq_slice("request"), line };
    ret->action = FQ_ACTION_FORM_POST;
    ret->message.fields = (struct fq_pairs){ field, 1 };
    return example_url(self, host, "/cashier", fq_slice(""), &ret->message.url);
}

int example_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                         struct fq_verdict *ret)
{
    const bool is_qr = call->terminal == FQ_TERMINAL_QR;
    struct fq_text out;
    struct fq_str line;
    create_put(self, host, call, is_qr ? "qr" : "cashier", &out);
    if (create_remember(host, call, ret) != 0)
        return -1;
    if (is_qr)
        return example_send(self, host, &out, ret);
    if (example_sign(host, &out, &line) != 0)
        return -1;

    /* Nothing has reached the platform yet, so there is no outcome: only something to do. */
    ret->step = FQ_STEP_DONE;
    ret->action_expires_unix_ms = call->deadline_unix_ms;
    if (call->terminal != FQ_TERMINAL_APP)
        return create_for_browser(self, host, call, line, ret);
    ret->action = FQ_ACTION_APP_SDK;
    ret->action_text = line;
    return 0;
}

/* Only QR codes come here: the others need no answer. */
int example_create_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                          const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_pairs said;
    (void)self;
    int r = example_read(host, message, &said, ret);
    if (r != EXAMPLE_VERIFIED)
        return r;
    struct fq_str code = fq_pairs_get(said, "code");
    (void)example_tell_payment(host, said, ret);
    if (ret->outcome == FQ_OUTCOME_PENDING && code.len > 0) {
        ret->action = FQ_ACTION_QR_CODE;
        ret->action_text = code;
        ret->action_expires_unix_ms = call->deadline_unix_ms;
    }
    return 0;
}
