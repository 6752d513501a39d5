/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the fields of messages that are proven: codes, amounts, terms. accNo is never looked at. */
#include "adapters/bankcard/bankcard.h"

#define FIELDS_TEXT_MAX  512
#define FIELDS_TERMS_MAX 60
#define FIELDS_REF_MAX   32

/*= fact sheet 6.1: "The seven-character code in respMsg[...] is more precise ...: Log it; never
 * branch only on it." */
static struct fq_str fields_bracket(struct fq_str text)
{
    struct fq_str front, code = { NULL, 0 };
    fq_slice_cut(text, '[', &front, &code);
    fq_slice_cut(code, ']', &code, &front);
    return fq_slice_is_word(code, 7) ? code : (struct fq_str){ NULL, 0 };
}

void bankcard_tell(const struct fq_host *host, struct fq_pairs fields, const char *code_name,
                   const char *text_name, struct fq_verdict *ret)
{
    struct fq_str code = fq_pairs_get(fields, code_name);
    struct fq_str text = fq_pairs_get(fields, text_name);
    if (!fq_slice_is_word(code, 2))
        return;
    ret->platform_code = fq_notation_code(host, code, fields_bracket(text));
    ret->platform_text = (struct fq_str){ NULL, 0 };
    if (fq_slice_is_utf8(text) && !fq_slice_has_any(text, ""))
        ret->platform_text = fq_slice_clip(text, FIELDS_TEXT_MAX);
}

bool bankcard_digits(struct fq_str text, int64_t *ret)
{
    int64_t number = 0;
    if (!fq_slice_is_digits(text, 12))
        return false;
    for (size_t i = 0; i < text.len; i++)
        number = 10 * number + (text.ptr[i] - '0');
    *ret = number;
    return true;
}

/* Undoes and refunds need not repeat the currency: their amount is one of the consume's. */
bool bankcard_money(struct fq_pairs fields, struct fq_money *ret)
{
    struct fq_money money = { 0, "CNY", 2 };
    struct fq_str currency = fq_pairs_get(fields, "currencyCode");
    bool is_consume = fq_slice_equal(fq_pairs_get(fields, "txnType"), fq_slice("01"));
    if (!fq_slice_equal(currency, fq_slice("156")) && (is_consume || currency.len > 0))
        return false;
    if (!bankcard_digits(fq_pairs_get(fields, "txnAmt"), &money.minor) || money.minor == 0)
        return false;
    *ret = money;
    return true;
}

/*= fact sheet 4.4: "a {k=v&k=v} combined field", "numberOfInstallments two digits". */
uint32_t bankcard_terms(const struct fq_host *host, struct fq_pairs fields)
{
    struct fq_pairs info;
    bool is_open;
    int64_t terms;
    if (bankcard_is_kind(fields, BANKCARD_CONSUME))
        return 1;
    if (bankcard_parse(host, fq_pairs_get(fields, "instalTransInfo"), &info, &is_open) != NULL ||
        !bankcard_digits(fq_pairs_get(info, "numberOfInstallments"), &terms) ||
        terms > FIELDS_TERMS_MAX)
        return 0;
    return (uint32_t)terms;
}

struct fq_str bankcard_query_id(struct fq_pairs fields)
{
    struct fq_str id = fq_pairs_get(fields, "queryId");
    return fq_slice_is_word(id, FIELDS_REF_MAX) ? id : (struct fq_str){ NULL, 0 };
}
