/* SPDX-License-Identifier: Apache-2.0 */
/* Builds and signs what is sent to UnionPay. */
#include "adapters/bankcard/bankcard.h"

/*= fact sheet 4.2; a refund and an undo are of the business of their consume. */
const struct bankcard_codes bankcard_codes[] = {
    [BANKCARD_CONSUME] = { fq_slice("01"), fq_slice("01"), fq_slice("000201") },
    [BANKCARD_INSTALMENTS] = { fq_slice("01"), fq_slice("03"), fq_slice("000201") },
    [BANKCARD_QUERY] = { fq_slice("00"), fq_slice("00"), fq_slice("000000") },
    [BANKCARD_REFUND] = { fq_slice("04"), fq_slice("00"), fq_slice("000201") },
    [BANKCARD_UNDO] = { fq_slice("31"), fq_slice("00"), fq_slice("000201") },
    [BANKCARD_STATEMENT] = { fq_slice("76"), fq_slice("01"), fq_slice("000000") },
    [BANKCARD_RENEW_KEY] = { fq_slice("95"), fq_slice("00"), fq_slice("000000") },
};

bool bankcard_is_kind(struct fq_pairs fields, enum bankcard_kind kind)
{
    return fq_slice_equal(fq_pairs_get(fields, "txnType"), bankcard_codes[kind].txn_type) &&
           fq_slice_equal(fq_pairs_get(fields, "txnSubType"), bankcard_codes[kind].txn_sub_type);
}

void bankcard_request_add(struct bankcard_request *request, const char *name, struct fq_str value)
{
    if (value.len > 0 && request->n_items < BANKCARD_FIELDS_MAX)
        request->items[request->n_items++] = (struct fq_pair){ fq_slice_of(name), value };
}

int bankcard_request_init(struct bankcard_request *request, const struct bankcard *self,
                          const struct fq_host *host, enum bankcard_kind kind)
{
    *request = (struct bankcard_request){ .self = self, .host = host };
    if (self->cert_id.len == 0)
        return host->fail(host, "the channel was never made ready");
    bankcard_request_add(request, "version", fq_slice(BANKCARD_VERSION));
    bankcard_request_add(request, "encoding", fq_slice("UTF-8"));
    bankcard_request_add(request, "signMethod", fq_slice(BANKCARD_SIGN_METHOD));
    bankcard_request_add(request, "certId", self->cert_id);
    bankcard_request_add(request, "txnType", bankcard_codes[kind].txn_type);
    bankcard_request_add(request, "txnSubType", bankcard_codes[kind].txn_sub_type);
    bankcard_request_add(request, "bizType", bankcard_codes[kind].biz_type);
    bankcard_request_add(request, "accessType", self->access_type);
    bankcard_request_add(request, "merId", self->mer_id);
    return 0;
}

int bankcard_request_add_time(struct bankcard_request *request, const char *name, int64_t unix_ms,
                              struct fq_str *ret)
{
    if (!fq_notation_beijing_compact(request->host, unix_ms, ret))
        return request->host->fail(request->host, "no memory for a time, or no such time");
    bankcard_request_add(request, name, *ret);
    return 0;
}

/*= fact sheet 4.1: "txnAmt N1..12: fen, no decimal point"; "currencyCode N3: 156". */
int bankcard_request_add_money(struct bankcard_request *request, struct fq_money amount)
{
    const struct bankcard *self = request->self;
    struct fq_text text;
    struct fq_str fen;
    fq_text_init(&text, request->host, 20);
    fq_text_add_number(&text, amount.minor);
    if (!fq_text_finish(&text, &fen))
        return request->host->fail(request->host, "no memory for the amount");
    bankcard_request_add(request, "txnAmt", fen);
    bankcard_request_add(request, "currencyCode", fq_slice("156"));
    bankcard_request_add(request, "subMerId", self->sub_mer_id);
    bankcard_request_add(request, "subMerName", self->sub_mer_name);
    bankcard_request_add(request, "subMerAbbr", self->sub_mer_abbr);
    return 0;
}

/*= fact sheet 2.1: sorted by name in byte order, raw values; "H = lowercase hex of SHA-256(S)", and
 * the RSA step hashes H again, which is what the scheme does. */
int bankcard_request_sign(const struct bankcard_request *request, struct fq_pairs *ret)
{
    static const char *const except[] = { NULL };
    const struct fq_host *host = request->host;
    struct fq_pair *items = host->alloc(host, (request->n_items + 1) * sizeof(*items));
    struct fq_str plain, signature, base64;
    if (items == NULL || !fq_canon_join(host, (struct fq_pairs){ request->items, request->n_items },
                                        except, FQ_CANON_SKIP_EMPTY, &plain))
        return host->fail(host, "no memory for the string to sign");
    if (host->sign(host, BANKCARD_KEY_SIGN, BANKCARD_SCHEME, plain, &signature) != 0)
        return host->fail(host, "the request could not be signed");
    if (!fq_notation_base64(host, signature, &base64))
        return host->fail(host, "no memory for the signature");
    for (size_t i = 0; i < request->n_items; i++)
        items[i] = request->items[i];
    items[request->n_items] = (struct fq_pair){ fq_slice("signature"), base64 };
    *ret = (struct fq_pairs){ items, request->n_items + 1 };
    return 0;
}

int bankcard_request_send(const struct bankcard_request *request, struct fq_str url,
                          struct fq_verdict *ret)
{
    struct fq_pairs fields = { NULL, 0 };
    if (bankcard_request_sign(request, &fields) != 0 ||
        fq_form_join(request->host, fq_slice(""), fields, NULL, &ret->message.body) != 0)
        return -1;
    ret->step = FQ_STEP_SEND;
    ret->message.struct_size = sizeof(ret->message);
    ret->message.method = fq_slice("POST");
    ret->message.url = url;
    ret->message.content_type = fq_slice("application/x-www-form-urlencoded;charset=UTF-8");
    return 0;
}
