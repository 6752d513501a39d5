/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an order: a page for browsers, a string for apps, a QR code from the API. */
#include "adapters/example/example.h"

/* What every way of opening says. The order number is ours and is what makes a repeat harmless;
 * the deadline is told to the platform, so that nobody can pay after it. */
static int create_line(const struct example *self, const struct fq_host *host,
                       const struct fq_call *call, const char *op, struct fq_str *ret_line)
{
    struct example_out out;
    example_begin(&out, self, host, op);
    example_put(&out, "order", call->order_number);
    example_put_number(&out, "amount", call->amount.minor);
    example_put_number(&out, "instalments", call->instalments);
    example_put_number(&out, "bearer", call->bearer);
    example_put_number(&out, "merchant_percent", call->merchant_percent);
    example_put_number(&out, "deadline", call->deadline_unix_ms);
    example_put_number(&out, "opened", call->created_unix_ms);
    example_put(&out, "subject", call->subject);
    example_put(&out, "notify", call->notify_url);
    example_put(&out, "return", call->return_url);
    example_put(&out, "payer_name", call->payer_name);
    example_put(&out, "payer_document", call->payer_document_number);
    return example_sign(&out, ret_line);
}

/* The platform wants the opening time again in every later question about this order. What the
 * daemon remembers is committed before the first byte leaves. */
static int create_remember(const struct fq_host *host, const struct fq_call *call,
                           struct fq_verdict *ret)
{
    struct fq_pair *pair = host->alloc(host, sizeof(*pair));
    if (pair == NULL)
        return host->fail(host, "out of memory");
    pair->name = EXAMPLE_STR("opened");
    pair->value = example_number(host, call->created_unix_ms);
    ret->memory = (struct fq_pairs){ pair, 1 };
    return 0;
}

/* Browsers are redirected. Personal data must not stand in a URL, which ends up in logs and
 * histories: with it, the same line travels in a form. */
static int create_for_browser(const struct example *self, const struct fq_host *host,
                              const struct fq_call *call, struct fq_str line,
                              struct fq_verdict *ret)
{
    if (call->payer_name.len > 0) {
        struct fq_pair *field = host->alloc(host, sizeof(*field));
        if (field == NULL)
            return host->fail(host, "out of memory");
        *field = (struct fq_pair){ EXAMPLE_STR("request"), line };
        ret->action = FQ_ACTION_FORM_POST;
        ret->message.url = example_join(host, self->gateway, "/cashier", EXAMPLE_STR(""));
        ret->message.fields = (struct fq_pairs){ field, 1 };
    } else {
        ret->action = FQ_ACTION_REDIRECT;
        ret->message.url = example_join(host, self->gateway, "/cashier?", line);
    }
    return ret->message.url.ptr != NULL ? 0 : host->fail(host, "out of memory");
}

int example_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                         struct fq_verdict *ret)
{
    const int is_qr = call->terminal == FQ_TERMINAL_QR;
    const int is_app = call->terminal == FQ_TERMINAL_APP;
    struct fq_str line = { NULL, 0 };
    if (create_line(self, host, call, is_qr ? "qr" : "cashier", &line) != 0 ||
        create_remember(host, call, ret) != 0)
        return -1;
    if (is_qr)
        return example_send(self, host, line, ret);

    /* Nothing has reached the platform yet, so there is no outcome: only something to do. */
    ret->step = FQ_STEP_DONE;
    ret->action_expires_unix_ms = call->deadline_unix_ms;
    if (!is_app)
        return create_for_browser(self, host, call, line, ret);
    ret->action = FQ_ACTION_APP_SDK;
    ret->action_text = line;
    return 0;
}

/* Only QR codes come here: the others need no answer. */
int example_create_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                          const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_str said = { NULL, 0 };
    (void)self;
    int r = example_read(host, message, message->body, &said, ret);
    if (r != EXAMPLE_VERIFIED)
        return r == EXAMPLE_SETTLED ? 0 : -1;
    if (example_tell_payment(host, said, ret) != 0)
        return -1;
    struct fq_str code = example_get(host, said, "code");
    if (ret->outcome == FQ_OUTCOME_PENDING && code.len > 0) {
        ret->action = FQ_ACTION_QR_CODE;
        ret->action_text = code;
        ret->action_expires_unix_ms = call->deadline_unix_ms;
    }
    return 0;
}
