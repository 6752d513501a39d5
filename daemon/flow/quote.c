/* SPDX-License-Identifier: Apache-2.0 */
/* QuotePlans: arithmetic only, nothing stored; and taking a quote back. */
#include <string.h>

#include "daemon/core/beijing.h"
#include "daemon/core/money.h"
#include "daemon/flow/parts.h"

#define QUOTE_ID_RANDOM_SIZE 9

/* NULL: eligible. Otherwise the machine reason why not. */
static const char *quote_ineligible(const struct fq_channel *channel,
                                    const struct fq_quote_plans *request, struct fq_money amount)
{
    const struct fq_description *about = &channel->about;
    if (memcmp(amount.currency, about->currency, sizeof(amount.currency)) != 0)
        return "CURRENCY_NOT_SUPPORTED";
    if (request->has_virtual_goods)
        return "VIRTUAL_GOODS";
    if (!(about->terminals & 1u << request->terminal))
        return "TERMINAL_NOT_SUPPORTED";
    if (amount.minor < channel->conf->amount_min_minor || amount.minor < about->amount_min_minor)
        return "AMOUNT_TOO_SMALL";
    if (amount.minor > channel->conf->amount_max_minor || amount.minor > about->amount_max_minor)
        return "AMOUNT_TOO_LARGE";
    if (channel->conf->rates.n_items == 0)
        return "NO_PLANS";
    return NULL;
}

static struct fq_str quote_id(const unsigned char *random, struct fq_arena *arena)
{
    char hex[2 * QUOTE_ID_RANDOM_SIZE + 1];
    fq_hex(random, QUOTE_ID_RANDOM_SIZE, hex);
    return fq_arena_printf(arena, "q%s", hex);
}

static int quote_seal(struct fq_flow *flow, struct fq_arena *arena, struct fq_plan_offer *offer)
{
    struct fq_str text;
    unsigned char mac[FQ_QUOTE_MAC_SIZE];
    FQ_TRY(fq_quote_encode(&offer->quote, arena, &text));
    flow->world->mac(flow->world->ctx, "quote", text, mac);
    struct fq_buf buf;
    fq_buf_init(&buf, arena, text.len + sizeof(mac));
    fq_buf_add(&buf, text);
    fq_buf_add(&buf, (struct fq_str){ (const char *)mac, sizeof(mac) });
    FQ_TRY(fq_buf_finish(&buf, &offer->signed_quote));
    return 0;
}

static int quote_offer_plans(struct fq_flow *flow, struct fq_operation *operation,
                             const struct fq_channel *channel, struct fq_money amount,
                             struct fq_channel_offer *offer)
{
    int64_t now = fq_flow_now(flow);
    offer->plans =
        fq_arena_array(operation->arena, channel->conf->rates.n_items, sizeof(*offer->plans));
    /* All at once: most of a drawing's time does not depend on its size. */
    size_t n_random = channel->conf->rates.n_items * QUOTE_ID_RANDOM_SIZE;
    unsigned char *random = fq_arena_alloc(operation->arena, n_random);
    if (offer->plans == NULL || random == NULL)
        return FQ_FAULT(-ENOMEM, "too many plans for one answer");
    flow->world->random(flow->world->ctx, random, n_random);
    for (size_t i = 0; i < channel->conf->rates.n_items; i++) {
        struct fq_plan_offer *plan = &offer->plans[offer->n_plans];
        int r = fq_channel_quote(channel, amount, &channel->conf->rates.items[i], operation->arena,
                                 &plan->quote);
        if (r == FQ_CHANNEL_E_REFUSED)
            continue; /* e.g. fewer fen than instalments */
        FQ_TRY(r);
        plan->quote.quote_id = quote_id(random + i * QUOTE_ID_RANDOM_SIZE, operation->arena);
        plan->quote.merchant_id = operation->merchant->id;
        plan->quote.channel = channel->conf->name;
        plan->quote.first_due_month = fq_beijing_month_after(now, 1);
        plan->quote.issued_ms = now;
        plan->quote.expires_ms = now + channel->conf->quote_life_ms;
        FQ_TRY(quote_seal(flow, operation->arena, plan));
        offer->n_plans++;
    }
    return 0;
}

static int quote_offer(struct fq_flow *flow, struct fq_operation *operation,
                       const struct fq_channel *channel, struct fq_channel_offer *offer)
{
    const struct fq_quote_plans *request = &operation->quote_plans;
    const struct fq_description *about = &channel->about;
    struct fq_money amount = fq_money_of(request->amount.minor, request->currency, about->exponent);
    *offer = (struct fq_channel_offer){ .channel = channel->conf->name,
                                        .title_zh = fq_str_of(about->title_zh),
                                        .title_en = fq_str_of(about->title_en),
                                        .fee_word_zh = fq_str_of(about->fee_word_zh),
                                        .fee_word_en = fq_str_of(about->fee_word_en) };
    offer->reason = quote_ineligible(channel, request, amount);
    if (offer->reason == NULL)
        FQ_TRY(quote_offer_plans(flow, operation, channel, amount, offer));
    if (offer->reason == NULL && offer->n_plans == 0)
        offer->reason = "AMOUNT_TOO_SMALL";
    offer->eligible = offer->reason == NULL;
    return 0;
}

/* What is wrong with the request itself; code 0: nothing. */
static struct fq_status quote_check(struct fq_flow *flow, const struct fq_operation *operation)
{
    const struct fq_quote_plans *request = &operation->quote_plans;
    if (request->amount.minor < 1)
        return fq_status_invalid("quote_plans.amount.minor", "AMOUNT_NOT_POSITIVE",
                                 fq_lit("the amount must be at least 1"));
    if (request->amount.minor > FQ_MONEY_MINOR_MAX)
        return fq_status_invalid("quote_plans.amount.minor", "AMOUNT_TOO_LARGE",
                                 fq_lit("the amount must be at most 9999999999"));
    if (!fq_money_is_payable(fq_money_of(1, request->currency, 2)))
        return fq_status_invalid("quote_plans.amount.currency", "CURRENCY_INVALID",
                                 fq_lit("the currency must be three capital letters"));
    if (request->terminal == FQ_TERMINAL_UNSET)
        return fq_status_invalid("quote_plans.terminal", "TERMINAL_MISSING",
                                 fq_lit("say where the buyer is: desktop, mobile web, app, QR"));
    for (size_t i = 0; i < request->n_channels; i++) {
        if (fq_flow_channel(flow, request->channels[i]) == NULL ||
            !fq_merchant_may_use(operation->merchant, request->channels[i]))
            return fq_status_invalid("quote_plans.channels", "CHANNEL_UNKNOWN",
                                     fq_lit("this merchant has no such channel"));
    }
    return (struct fq_status){ 0 };
}

static bool quote_wants(const struct fq_quote_plans *request, struct fq_str name)
{
    for (size_t i = 0; i < request->n_channels; i++) {
        if (fq_str_equal(request->channels[i], name))
            return true;
    }
    return request->n_channels == 0;
}

void fq_quote_run(struct fq_flow *flow, struct fq_operation *operation)
{
    const struct fq_merchant *merchant = operation->merchant;
    struct fq_status status = quote_check(flow, operation);
    if (status.code != FQ_CODE_OK) {
        fq_finish_with(flow, operation, status);
        return;
    }
    operation->offers =
        fq_arena_array(operation->arena, merchant->n_channels, sizeof(*operation->offers));
    for (size_t i = 0; operation->offers != NULL && i < merchant->n_channels; i++) {
        const struct fq_channel *channel = fq_flow_channel(flow, merchant->channels[i]);
        if (channel == NULL || !quote_wants(&operation->quote_plans, merchant->channels[i]))
            continue;
        struct fq_channel_offer *offer = &operation->offers[operation->n_offers++];
        if (quote_offer(flow, operation, channel, offer) < 0) {
            fq_say_fault("quoting plans", fq_trace());
            status = fq_status_internal();
            break;
        }
    }
    fq_finish_with(flow, operation, operation->offers != NULL ? status : fq_status_internal());
}

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
