/* SPDX-License-Identifier: Apache-2.0 */
/* QuotePlans: arithmetic, nothing stored, read only for a rule that asks; and taking a quote back.
 */
#include "daemon/core/issuer.h"
#include "daemon/core/money.h"
#include "daemon/flow/parts.h"

struct quote {
    struct fq_flow *flow;
    struct fq_operation *operation;
    const struct fq_catalog *catalog; /* held by the operation */
    struct fq_risk_query risk;
    struct fq_read read;
};

static bool quote_wants(const struct fq_quote_plans *request, struct fq_str name)
{
    for (size_t i = 0; i < request->n_channels; i++) {
        if (fq_str_equal(request->channels[i], name))
            return true;
    }
    return request->n_channels == 0;
}

/* ---- what is wrong with the request itself; code 0: nothing ---- */

static struct fq_status quote_check_amount(const struct fq_quote_plans *request)
{
    if (request->amount.minor < 1)
        return fq_status_invalid("quote_plans.amount.minor", "AMOUNT_NOT_POSITIVE",
                                 fq_lit("the amount must be at least 1"));
    if (request->amount.minor > FQ_MONEY_MINOR_MAX)
        return fq_status_invalid("quote_plans.amount.minor", "AMOUNT_TOO_LARGE",
                                 fq_lit("the amount must be at most 9999999999"));
    if (!fq_money_is_payable(fq_money_of(1, request->currency, 2)))
        return fq_status_invalid("quote_plans.amount.currency", "CURRENCY_INVALID",
                                 fq_lit("the currency must be three capital letters"));
    if (request->has_unlike_lines)
        return fq_status_invalid(
            "quote_plans.lines", "LINES_UNLIKE",
            fq_lit("either all lines have an amount, in the order's currency, or none has"));
    if (request->has_line_amounts && request->lines_total_minor != request->amount.minor)
        return fq_status_invalid("quote_plans.lines", "LINES_SUM_MISMATCH",
                                 fq_lit("the lines do not sum to the amount"));
    return (struct fq_status){ 0 };
}

/* What was sent is never repeated: it may be more of a card number than anyone may know. */
static struct fq_status quote_check_card(const struct fq_quote_plans *request)
{
    struct fq_str digits = request->card_prefix;
    bool is_good = digits.len >= FQ_BIN_DIGITS_MIN && digits.len <= FQ_BIN_DIGITS_MAX;
    for (size_t i = 0; i < digits.len; i++)
        is_good = is_good && digits.ptr[i] >= '0' && digits.ptr[i] <= '9';
    if (digits.len > 0 && !is_good)
        return fq_status_invalid("quote_plans.card_prefix", "CARD_PREFIX_INVALID",
                                 fq_lit("must be the card's first 4 to 8 digits"));
    if (digits.len > 0 && request->issuer.len > 0)
        return fq_status_invalid("quote_plans.card_prefix", "ISSUER_GIVEN_TWICE",
                                 fq_lit("say which bank, or the card's first digits, not both"));
    return (struct fq_status){ 0 };
}

static struct fq_status quote_check_issuer(const struct fq_catalog *catalog,
                                           const struct fq_operation *operation)
{
    const struct fq_quote_plans *request = &operation->quote_plans;
    bool is_known = request->issuer.len == 0;
    for (size_t i = 0; i < catalog->n_channels; i++) {
        const struct fq_channel_conf *conf = catalog->channels[i]->conf;
        const struct fq_issuer *issuer = NULL;
        int r = fq_offer_issuer(conf, request, &issuer);
        is_known = is_known || issuer != NULL;
        if (r == FQ_ISSUER_E_AMBIGUOUS && quote_wants(request, conf->name) &&
            fq_merchant_may_use(operation->merchant, conf->name))
            return fq_status_invalid("quote_plans.card_prefix", "CARD_PREFIX_AMBIGUOUS",
                                     fq_lit("cards of several banks begin so; more digits, 8 at "
                                            "most, would tell"));
    }
    if (!is_known)
        return fq_status_invalid("quote_plans.issuer", "ISSUER_UNKNOWN",
                                 fq_lit("no channel has this bank; ListChannels names them"));
    return (struct fq_status){ 0 };
}

static struct fq_status quote_check(struct fq_flow *flow, const struct fq_operation *operation)
{
    const struct fq_quote_plans *request = &operation->quote_plans;
    struct fq_status status = quote_check_amount(request);
    if (status.code == FQ_CODE_OK && request->terminal == FQ_TERMINAL_UNSET)
        status = fq_status_invalid("quote_plans.terminal", "TERMINAL_MISSING",
                                   fq_lit("say where the buyer is: desktop, mobile web, app, QR"));
    for (size_t i = 0; i < request->n_channels && status.code == FQ_CODE_OK; i++) {
        if (fq_flow_channel(flow, request->channels[i]) == NULL)
            status = fq_status_invalid("quote_plans.channels", "CHANNEL_UNKNOWN",
                                       fq_lit("there is no such channel"));
    }
    if (status.code == FQ_CODE_OK)
        status = quote_check_card(request);
    if (status.code == FQ_CODE_OK)
        status = quote_check_issuer(flow->conf.catalog, operation);
    if (status.code == FQ_CODE_OK)
        status = fq_buyer_check(request->buyer_reference, "quote_plans.buyer_reference");
    return status;
}

/* ---- the answer ---- */

static void quote_offer(const struct quote *quote, const struct fq_risk_history *history)
{
    struct fq_operation *operation = quote->operation;
    const struct fq_catalog *catalog = quote->catalog;
    const struct fq_risk_facts facts = { .now_ms = fq_flow_now(quote->flow),
                                         .amount_minor = operation->quote_plans.amount.minor,
                                         .history = history };
    bool is_risky = fq_risk_check(&operation->merchant->risk, &facts).rule != NULL;
    struct fq_status status = { 0 };
    operation->offers =
        fq_arena_array(operation->arena, catalog->n_channels, sizeof(*operation->offers));
    for (size_t i = 0; operation->offers != NULL && i < catalog->n_channels; i++) {
        const struct fq_channel *channel = catalog->channels[i];
        if (!quote_wants(&operation->quote_plans, channel->conf->name))
            continue;
        struct fq_channel_offer *offer = &operation->offers[operation->n_offers++];
        if (fq_offer_run(quote->flow, operation, channel, is_risky, offer) < 0) {
            fq_say_fault("quoting plans", fq_trace());
            status = fq_status_internal();
            break;
        }
    }
    fq_finish_with(quote->flow, operation,
                   operation->offers != NULL ? status : fq_status_internal());
}

static void quote_history_read(struct fq_read *read)
{
    const struct quote *quote = read->flow;
    if (read->result < 0) {
        fq_say_fault_for("reading what a rule asks", read->trace, read->result, quote->operation);
        fq_finish_with(quote->flow, quote->operation, fq_status_internal());
        return;
    }
    quote_offer(quote, read->history);
}

void fq_quote_run(struct fq_flow *flow, struct fq_operation *operation)
{
    struct fq_status status = quote_check(flow, operation);
    struct quote *quote = fq_arena_alloc(operation->arena, sizeof(*quote));
    if (status.code != FQ_CODE_OK || quote == NULL) {
        fq_finish_with(flow, operation, quote != NULL ? status : fq_status_internal());
        return;
    }
    struct fq_str buyer = fq_buyer_name(flow, operation->merchant,
                                        operation->quote_plans.buyer_reference, operation->arena);
    quote->flow = flow;
    quote->operation = operation;
    quote->catalog = flow->conf.catalog;
    if (!fq_risk_ask(operation->merchant, buyer, fq_flow_now(flow), &quote->risk)) {
        quote_offer(quote, NULL);
        return;
    }
    quote->read = (struct fq_read){ .arena = operation->arena,
                                    .kind = FQ_READ_HISTORY,
                                    .risk = &quote->risk,
                                    .done = quote_history_read,
                                    .flow = quote };
    flow->world->read(flow->world->ctx, &quote->read);
}

/* ---- taking one back ---- */

int fq_quote_open(struct fq_flow *flow, struct fq_str signed_quote, struct fq_arena *arena,
                  struct fq_quote *ret, struct fq_str *ret_text)
{
    unsigned char mac[FQ_QUOTE_MAC_SIZE];
    if (signed_quote.len <= sizeof(mac))
        return FQ_QUOTE_E_FOREIGN;
    struct fq_str text = fq_str_sub(signed_quote, 0, signed_quote.len - sizeof(mac));
    struct fq_str given = fq_str_sub(signed_quote, text.len, sizeof(mac));
    flow->world->mac(flow->world->ctx, "quote", text, mac);
    if (!fq_str_equal_secret(given, (struct fq_str){ (const char *)mac, sizeof(mac) }))
        return FQ_QUOTE_E_FOREIGN;
    if (fq_quote_decode(text, arena, ret) != 0)
        return FQ_QUOTE_E_FOREIGN;
    *ret_text = text;
    return 0;
}
