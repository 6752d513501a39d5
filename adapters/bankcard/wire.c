/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what comes from UnionPay, and proves that it does. */
#include "adapters/bankcard/bankcard.h"

/* ---- the form of an answer, which is no form ---- */

/*= fact sheet 1.3, the official automaton: no depth; any brace inside of a value opens, and the
 * first that fits closes. NUL: none is open. */
static char wire_closer(char closer, char c)
{
    if (closer != '\0' && c != closer)
        return closer;
    if (closer != '\0')
        return '\0';
    if (c == '{')
        return '}';
    return c == '[' ? ']' : '\0';
}

/* Takes one field off the front of *rest: "Values may contain =, & (only inside braces) and line
 * breaks". False: it was the last one. */
static bool wire_take_field(struct fq_str *rest, struct fq_pair *ret, char *closer)
{
    struct fq_str value;
    *closer = '\0';
    ret->value = fq_slice("");
    if (!fq_slice_cut(*rest, '=', &ret->name, &value))
        return false;
    ret->value = value;
    for (size_t i = 0; i < value.len; i++) {
        *closer = wire_closer(*closer, value.ptr[i]);
        if (value.ptr[i] != '&' || *closer != '\0')
            continue;
        *rest = (struct fq_str){ value.ptr + i + 1, value.len - i - 1 };
        ret->value.len = i;
        return true;
    }
    return false;
}

static bool wire_has(struct fq_pairs fields, struct fq_str name)
{
    for (size_t i = 0; i < fields.n_items; i++)
        if (fq_slice_equal(fields.items[i].name, name))
            return true;
    return false;
}

/* The official parser lets the last of two fields of one name win, a servlet the first: neither. */
const char *bankcard_parse(const struct fq_host *host, struct fq_str body, struct fq_pairs *ret,
                           bool *ret_is_open)
{
    struct fq_pair *items = host->alloc(host, FQ_FORM_FIELDS_MAX * sizeof(*items));
    bool is_more = body.len > 0;
    char closer = '\0';
    *ret = (struct fq_pairs){ items, 0 };
    if (items == NULL)
        return "there is no memory for the message";
    if (body.len >= 2 && body.ptr[0] == '{' && body.ptr[body.len - 1] == '}')
        body = (struct fq_str){ body.ptr + 1, body.len - 2 };
    while (is_more) {
        struct fq_pair *item = &items[ret->n_items];
        if (ret->n_items == FQ_FORM_FIELDS_MAX)
            return "the message has too many fields";
        is_more = wire_take_field(&body, item, &closer);
        if (wire_has(*ret, item->name))
            return "the message names a field twice";
        ret->n_items++;
    }
    *ret_is_open = closer != '\0';
    return NULL;
}

/* ---- whose certificate ---- */

/* True if `name` is one of the names between commas. */
static bool wire_is_named(struct fq_str name, struct fq_str names)
{
    struct fq_str entry;
    while (names.len > 0) {
        fq_slice_cut(names, ',', &entry, &names);
        if (entry.len > 0 && fq_slice_equal(entry, name))
            return true;
    }
    return false;
}

/*= fact sheet 2.1: "Take subject CN, split on @, part index 2 (third) must equal" the company. */
static bool wire_owner(const struct bankcard *self, struct fq_str cn, struct fq_str *ret)
{
    for (size_t part = 0; part < 3; part++)
        fq_slice_cut(cn, '@', ret, &cn);
    return wire_is_named(*ret, self->cn);
}

const char *bankcard_certificate(const struct bankcard *self, const struct fq_host *host,
                                 int64_t now_unix_ms, struct fq_str pem, const char **ret_key)
{
    struct fq_str cn, owner, not_after;
    int64_t not_after_unix_s;
    if (host->cert_field(host, NULL, pem, 0, FQ_CERT_SUBJECT_CN, &cn) != 0 ||
        host->cert_field(host, NULL, pem, 0, FQ_CERT_NOT_AFTER, &not_after) != 0 ||
        !fq_slice_to_number(not_after, INT64_MAX / 1000, &not_after_unix_s))
        return "the certificate cannot be read";
    if (now_unix_ms / 1000 > not_after_unix_s)
        return "the certificate has expired";
    if (!wire_owner(self, cn, &owner))
        return "the certificate is not UnionPay's";
    if (host->verify_chain(host, BANKCARD_KEY_ROOTS, pem, owner, ret_key) != 0)
        return "the certificate does not lead up to the roots";
    return NULL;
}

/* ---- the proof ---- */

/*= fact sheet 2.5: "Pin version and signMethod from configuration and reject everything else
 * first"; what a message says of itself chooses nothing. */
static const char *wire_refuse_form(struct fq_pairs fields)
{
    const struct fq_check checks[] = {
        { !fq_slice_equal(fq_pairs_get(fields, "version"), fq_slice(BANKCARD_VERSION)),
          "the message's version is not " BANKCARD_VERSION },
        { !fq_slice_equal(fq_pairs_get(fields, "signMethod"), fq_slice(BANKCARD_SIGN_METHOD)),
          "the message's signMethod is not " BANKCARD_SIGN_METHOD },
        { !fq_slice_equal_any_case(fq_pairs_get(fields, "encoding"), fq_slice("UTF-8")),
          "the message's encoding is not UTF-8" },
        { fq_pairs_find(fields, "") != NULL, "the message has a field without a name" },
        { fq_pairs_get(fields, "signature").len == 0, "the message has no signature" },
        { fq_pairs_get(fields, "signPubKeyCert").len == 0, "the message has no certificate" },
    };
    return fq_check_first(checks, BANKCARD_COUNT(checks));
}

/*= fact sheet 2.1: empty values: "the sample drops them for notify ... but keeps k= for sync
 * responses". */
static enum fq_canon_empty wire_empty(const struct bankcard *self, enum bankcard_channel channel)
{
    bool is_kept = fq_slice_equal(self->empty_values, fq_slice("keep"));
    bool is_skipped = fq_slice_equal(self->empty_values, fq_slice("skip"));
    return is_kept || (!is_skipped && channel == BANKCARD_ANSWER) ? FQ_CANON_KEEP_EMPTY
                                                                  : FQ_CANON_SKIP_EMPTY;
}

/*= fact sheet 2.1: "Rebuild S over all received fields except signature ... Do not trim, do not
 * drop, do not re-normalise line ends". */
const char *bankcard_verify(const struct bankcard *self, const struct fq_host *host,
                            int64_t now_unix_ms, struct fq_pairs fields,
                            enum bankcard_channel channel)
{
    static const char *const except[] = { "signature", NULL };
    const char *key = NULL;
    struct fq_str plain, signature;
    const char *why = wire_refuse_form(fields);
    if (why == NULL)
        why = bankcard_certificate(self, host, now_unix_ms, fq_pairs_get(fields, "signPubKeyCert"),
                                   &key);
    if (why != NULL)
        return why;
    if (!fq_canon_join(host, fields, except, wire_empty(self, channel), &plain))
        return "there is no memory for the string that was signed";
    if (!fq_slice_from_base64(host, fq_pairs_get(fields, "signature"), &signature) ||
        host->verify(host, key, BANKCARD_SCHEME, plain, signature) != 0)
        return "the message's signature is bad";
    if (!fq_slice_equal(fq_pairs_get(fields, "merId"), self->mer_id))
        return "the message is for another merchant";
    return NULL;
}

/* ---- an answer ---- */

static bool wire_is_about(struct fq_pairs fields, const char *name, struct fq_str asked)
{
    return asked.len == 0 || fq_slice_equal(fq_pairs_get(fields, name), asked);
}

/* What an answer says that nobody signed is told, and proves nothing: fact sheet 2.2. */
bool bankcard_read(const struct bankcard_asked *asked, const struct fq_message *message,
                   struct fq_verdict *ret, struct fq_pairs *ret_fields)
{
    bool is_open = false;
    const char *why = fq_answer_fault(message);
    fq_verdict_unknown(ret, why);
    if (why == NULL)
        why = bankcard_parse(asked->host, message->body, ret_fields, &is_open);
    if (why == NULL && is_open)
        why = "a brace of the message does not close";
    if (why == NULL) {
        bankcard_tell(asked->host, *ret_fields, "respCode", "respMsg", ret);
        why = bankcard_verify(asked->self, asked->host, asked->call->now_unix_ms, *ret_fields,
                              BANKCARD_ANSWER);
    }
    if (why == NULL && (!wire_is_about(*ret_fields, "orderId", asked->order_id) ||
                        !wire_is_about(*ret_fields, "txnTime", asked->txn_time)))
        why = "the answer is about another transaction";
    if (why != NULL)
        fq_verdict_unknown(ret, why);
    return why == NULL;
}
