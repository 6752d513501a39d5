/* SPDX-License-Identifier: Apache-2.0 */
/* Example Pay's way to write, sign, verify and read a message. */
#include <string.h>

#include "adapters/example/example.h"
#include "adapters/sdk/notation.h"

#define LINE_SIZE_MAX 8192
#define SIGN_FIELD    "&sign="

/* ---- writing ---- */

/* Memory comes from the host, for the length of the call; nothing is ever freed. When the call's
 * limit is reached, there is none: fail, do not guess. */
void example_begin(struct fq_text *out, const struct example *self, const struct fq_host *host,
                   const char *op)
{
    fq_text_init(out, host, LINE_SIZE_MAX);
    example_put(out, "op", fq_slice_of(op));
    example_put(out, "shop", self->shop);
}

void example_put(struct fq_text *out, const char *name, struct fq_str value)
{
    if (value.len > 0)
        fq_form_add(out, fq_slice_of(name), value);
}

void example_put_number(struct fq_text *out, const char *name, int64_t value)
{
    fq_form_add(out, fq_slice_of(name), fq_slice(""));
    fq_text_add_number(out, value);
}

/* The key stays in the daemon: the adapter names it and hands over the whole text. */
int example_sign(const struct fq_host *host, struct fq_text *out, struct fq_str *ret_line)
{
    struct fq_str text, signature, base64;
    if (!fq_text_finish(out, &text))
        return host->fail(host, "the message is too long");
    if (host->sign(host, EXAMPLE_KEY_SHOP, FQ_SCHEME_RSA_SHA256, text, &signature) != 0)
        return host->fail(host, "cannot sign");
    if (!fq_notation_base64(host, signature, &base64))
        return host->fail(host, "out of memory");
    example_put(out, "sign", base64);
    return fq_text_finish(out, ret_line) ? 0 : host->fail(host, "the message is too long");
}

int example_url(const struct example *self, const struct fq_host *host, const char *path,
                struct fq_str rest, struct fq_str *ret)
{
    struct fq_text url;
    fq_text_init(&url, host, self->gateway.len + strlen(path) + rest.len + 1);
    fq_text_add(&url, self->gateway);
    fq_text_add_of(&url, path);
    fq_text_add(&url, rest);
    return fq_text_finish(&url, ret) ? 0 : host->fail(host, "out of memory");
}

/* A verdict comes zeroed. Set the members you mean and leave the rest alone: never assign the whole
 * struct, a newer or an older daemon's is of another size. */
int example_send(const struct example *self, const struct fq_host *host, struct fq_text *out,
                 struct fq_verdict *ret)
{
    ret->step = FQ_STEP_SEND;
    ret->message.method = fq_slice("POST");
    ret->message.content_type = fq_slice("application/x-www-form-urlencoded");
    if (example_sign(host, out, &ret->message.body) != 0)
        return -1;
    return example_url(self, host, "/api", fq_slice(""), &ret->message.url);
}

/* ---- reading ---- */

/* Cuts the line into what is signed and its signature. False: it is no such line. */
static bool wire_cut(const struct fq_host *host, struct fq_str line, struct fq_str *ret_text,
                     struct fq_str *ret_signature)
{
    struct fq_str tail;
    struct fq_pairs sign;
    if (!fq_slice_find(line, fq_slice(SIGN_FIELD), &tail) ||
        fq_form_decode(host, tail, &sign) != 0 || sign.n_items != 1)
        return false; /* a field behind the signature would not be signed */
    *ret_text = (struct fq_str){ line.ptr, line.len - tail.len };
    return fq_slice_from_base64(host, sign.items[0].value, ret_signature);
}

/* The message says which key signed it. That is a claim, not a proof: it only chooses. */
static const char *wire_key_name(const struct fq_host *host, struct fq_pairs said)
{
    const struct fq_str named = fq_pairs_get(said, "key");
    return named.len > 0 ? fq_notation_name(host, named) : EXAMPLE_KEY_PLATFORM;
}

/* Only host->verify makes the daemon believe an outcome; forget it, and PAID is refused. */
int example_read(const struct fq_host *host, const struct fq_message *message,
                 struct fq_pairs *ret_said, struct fq_verdict *ret)
{
    struct fq_str text, signature;
    bool is_received = message->http_status == 0 && message->transport == FQ_TRANSPORT_OK;
    const char *why = is_received ? NULL : fq_answer_fault(message);
    /* No answer, or none that the platform wrote: the outcome is unknown, and that is what we say.
     * It is neither a fault nor a decline; the daemon asks again. */
    if (why != NULL) {
        (void)fq_verdict_unknown(ret, why);
        return EXAMPLE_SETTLED;
    }
    if (!wire_cut(host, message->body, &text, &signature) ||
        fq_form_decode(host, text, ret_said) != 0)
        return host->fail(host, "the message is no signed form");
    const char *key = wire_key_name(host, *ret_said);
    if (key == NULL)
        return host->fail(host, "out of memory");
    int r = host->verify(host, key, FQ_SCHEME_RSA_SHA256, text, signature);
    if (r < 0) {
        /* A key that we do not have: let the daemon fetch it and show us the message again. */
        (void)fq_verdict_need_key(ret, fq_slice_of(key));
        return EXAMPLE_SETTLED;
    }
    return r == 0 ? EXAMPLE_VERIFIED : host->fail(host, "the signature is not the platform's");
}

int64_t example_get_number(struct fq_pairs said, const char *name)
{
    int64_t value;
    return fq_slice_to_number(fq_pairs_get(said, name), INT64_MAX, &value) ? value : -1;
}

struct fq_money example_get_amount(struct fq_pairs said)
{
    const int64_t minor = example_get_number(said, "amount");
    const struct fq_money said_nothing = { 0, "", 0 };
    return minor >= 0 ? (struct fq_money){ minor, "CNY", 2 } : said_nothing;
}
