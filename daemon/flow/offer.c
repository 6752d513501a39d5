/* SPDX-License-Identifier: Apache-2.0 */
/* What one channel offers for one purchase: its plans, each signed, or the reason why not. */
#include <string.h>

#include "daemon/core/beijing.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/issuer.h"
#include "daemon/core/money.h"
#include "daemon/core/rate.h"
#include "daemon/flow/parts.h"

#define OFFER_ID_RANDOM_SIZE 9

/* One channel's turn in one request. */
struct offer {
    struct fq_flow *flow;
    struct fq_operation *operation;
    struct fq_arena *arena;
    const struct fq_channel *channel;
    struct fq_purchase purchase;
    struct fq_money amount;
    uint32_t first_due_month;
    bool is_risky;
    struct fq_channel_offer *ret;
};

/* ---- is it eligible? ---- */

int fq_offer_issuer(const struct fq_channel_conf *conf, const struct fq_quote_plans *request,
                    const struct fq_issuer **ret)
{
    *ret = NULL;
    if (conf->n_issuers == 0 || request->issuer.len + request->card_prefix.len == 0)
        return 0;
    if (request->card_prefix.len > 0)
        return fq_issuer_of_card(conf, request->card_prefix, ret);
    *ret = fq_issuer_find(conf, request->issuer);
    return *ret != NULL ? 0 : FQ_ISSUER_E_NO_SUCH;
}

void fq_offer_amounts(const struct fq_channel *channel, const struct fq_issuer *issuer,
                      int64_t *ret_min, int64_t *ret_max)
{
    const struct fq_channel_conf *conf = channel->conf;
    const struct fq_description *about = &channel->about;
    *ret_min = conf->amount_min_minor > about->amount_min_minor ? conf->amount_min_minor
                                                                : about->amount_min_minor;
    *ret_max = conf->amount_max_minor < about->amount_max_minor ? conf->amount_max_minor
                                                                : about->amount_max_minor;
    if (issuer != NULL && issuer->amount_min_minor > *ret_min)
        *ret_min = issuer->amount_min_minor;
    if (issuer != NULL && issuer->amount_max_minor > 0 && issuer->amount_max_minor < *ret_max)
        *ret_max = issuer->amount_max_minor;
}

/* NULL: eligible. Otherwise the machine reason why not. */
static const char *offer_ineligible(struct offer *offer)
{
    const struct fq_quote_plans *request = &offer->operation->quote_plans;
    const struct fq_description *about = &offer->channel->about;
    int64_t min = 0, max = 0;
    if (!fq_merchant_may_use(offer->operation->merchant, offer->channel->conf->name))
        return "NOT_CONTRACTED";
    if (fq_channel_is_held(offer->flow, offer->channel->conf->name, NULL))
        return "CHANNEL_PAUSED";
    if (memcmp(offer->amount.currency, about->currency, sizeof(offer->amount.currency)) != 0)
        return "CURRENCY_NOT_SUPPORTED";
    if (request->has_virtual_goods)
        return "VIRTUAL_GOODS";
    if (!(about->terminals & 1u << request->terminal))
        return "TERMINAL_NOT_SUPPORTED";
    if (fq_offer_issuer(offer->channel->conf, request, &offer->purchase.issuer) != 0)
        return "ISSUER_NOT_SUPPORTED";
    fq_offer_amounts(offer->channel, offer->purchase.issuer, &min, &max);
    if (offer->amount.minor < min)
        return "AMOUNT_TOO_SMALL";
    if (offer->amount.minor > max)
        return "AMOUNT_TOO_LARGE";
    if (offer->is_risky)
        return "RISK";
    return NULL;
}

/* ---- plans ---- */

/* A plan of a rate, with its annual rates; positive: there is none for this amount. */
enum {
    OFFER_E_NONE = 1,
};

static int offer_compute(const struct offer *offer, const struct fq_rate *rate,
                         const struct fq_issuer *issuer, struct fq_quote *ret)
{
    struct fq_annual_rates annual;
    int r = fq_channel_quote(offer->channel, offer->amount, rate, issuer, offer->arena, ret);
    if (r == FQ_CHANNEL_E_REFUSED)
        return OFFER_E_NONE; /* e.g. fewer fen than instalments */
    FQ_TRY(r);
    if (fq_annual_rates(offer->amount.minor, ret->lines, ret->instalments, &annual) != 0)
        return OFFER_E_NONE; /* nobody lends like that */
    ret->nominal_annual_bp = annual.nominal_bp;
    ret->effective_annual_bp = annual.effective_bp;
    ret->simple_annual_bp = annual.simple_bp;
    return 0;
}

static struct fq_str offer_quote_id(const unsigned char *random, struct fq_arena *arena)
{
    char *id = fq_arena_alloc(arena, 2 * OFFER_ID_RANDOM_SIZE + 2);
    if (id == NULL)
        return (struct fq_str){ NULL, 0 };
    id[0] = 'q';
    fq_hex(random, OFFER_ID_RANDOM_SIZE, id + 1);
    return (struct fq_str){ id, 2 * OFFER_ID_RANDOM_SIZE + 1 };
}

static int offer_seal(const struct offer *offer, struct fq_plan_offer *plan)
{
    const struct fq_world *world = offer->flow->world;
    unsigned char mac[FQ_QUOTE_MAC_SIZE];
    struct fq_buf buf;
    fq_buf_init(&buf, offer->arena, FQ_QUOTE_TEXT_MAX + sizeof(mac));
    fq_quote_write(&plan->quote, &buf);
    world->mac(world->ctx, "quote", (struct fq_str){ buf.bytes, buf.len }, mac);
    fq_buf_add(&buf, (struct fq_str){ (const char *)mac, sizeof(mac) });
    FQ_TRY(fq_buf_finish(&buf, &plan->signed_quote));
    return 0;
}

static struct fq_disclosure offer_disclosure(const struct fq_channel *channel)
{
    return (struct fq_disclosure){ &channel->conf->texts, &channel->about };
}

static int offer_finish_plan(const struct offer *offer, const struct fq_campaign *campaign,
                             const unsigned char *random, struct fq_plan_offer *plan)
{
    const struct fq_channel_conf *conf = offer->channel->conf;
    const struct fq_disclosure disclosure = offer_disclosure(offer->channel);
    plan->quote.quote_id = offer_quote_id(random, offer->arena);
    plan->quote.merchant_id = offer->operation->merchant->id;
    plan->quote.channel = conf->name;
    plan->quote.first_due_month = offer->first_due_month;
    plan->quote.issued_ms = offer->purchase.now_ms;
    plan->quote.expires_ms = offer->purchase.now_ms + conf->quote_life_ms;
    if (campaign != NULL) {
        plan->quote.campaign = campaign->id;
        if (plan->quote.expires_ms > campaign->until_ms)
            plan->quote.expires_ms = campaign->until_ms;
    }
    memcpy(plan->quote.texts_digest, conf->texts.digest, sizeof(plan->quote.texts_digest));
    if (!fq_disclosure_row(&disclosure, &plan->quote, offer->arena, &plan->cost))
        return FQ_FAULT(-ENOMEM, "too many plans for one answer");
    return offer_seal(offer, plan);
}

static void offer_note_rates(struct fq_channel_offer *ret, const struct fq_quote *quote)
{
    if (quote->nominal_annual_bp > ret->highest_nominal_annual_bp)
        ret->highest_nominal_annual_bp = quote->nominal_annual_bp;
    if (quote->effective_annual_bp > ret->highest_effective_annual_bp)
        ret->highest_effective_annual_bp = quote->effective_annual_bp;
}

static int offer_plans(struct offer *offer, struct fq_rate_rows rows)
{
    const struct fq_world *world = offer->flow->world;
    struct fq_channel_offer *ret = offer->ret;
    /* All at once: most of a drawing's time does not depend on its size. */
    size_t n_random = rows.n_items * OFFER_ID_RANDOM_SIZE;
    unsigned char *random = fq_arena_alloc(offer->arena, n_random);
    ret->plans = fq_arena_array(offer->arena, rows.n_items, sizeof(*ret->plans));
    if (ret->plans == NULL || random == NULL)
        return FQ_FAULT(-ENOMEM, "too many plans for one answer");
    world->random(world->ctx, random, n_random);
    const struct fq_disclosure disclosure = offer_disclosure(offer->channel);
    ret->late_cost = fq_disclosure_late_row(&disclosure);
    memcpy(ret->texts_digest, disclosure.texts->digest, sizeof(ret->texts_digest));
    for (size_t i = 0; i < rows.n_items; i++) {
        struct fq_plan_offer *plan = &ret->plans[ret->n_plans];
        int r = offer_compute(offer, rows.items[i].rate, offer->purchase.issuer, &plan->quote);
        if (r == OFFER_E_NONE)
            continue;
        FQ_TRY(r);
        FQ_TRY(offer_finish_plan(offer, rows.items[i].campaign, random + i * OFFER_ID_RANDOM_SIZE,
                                 plan));
        offer_note_rates(ret, &plan->quote);
        ret->n_plans++;
    }
    return 0;
}

/* ---- where the platform's page decides ---- */

/* The dearest row of a number of instalments, by when its fee is paid. */
struct offer_dearest {
    const struct fq_rate *rate;
    const struct fq_issuer *issuer;
    uint64_t share; /* of the amount, that the buyer pays */
};

static uint64_t offer_share(const struct fq_rate *rate)
{
    uint32_t merchant_percent = rate->bearer == FQ_BEARER_MERCHANT ? 100
                                : rate->bearer == FQ_BEARER_SHARED ? rate->merchant_percent
                                                                   : 0;
    return (uint64_t)rate->rate_ppm * (100 - merchant_percent);
}

/* The buyer may choose any bank there: the highest rates are the dearest bank's. Of rows that
 * differ in nothing but their rate only the dearest is computed. */
static int offer_note_banks(struct offer *offer)
{
    const struct fq_channel_conf *conf = offer->channel->conf;
    struct offer_dearest dearest[FQ_TERMS_MAX + 1][2] = { { { 0 } } };
    struct fq_purchase purchase = offer->purchase;
    for (size_t i = 0; i < conf->n_issuers; i++) {
        struct fq_rate_rows rows;
        purchase.issuer = &conf->issuers[i];
        uint32_t timing = purchase.issuer->fee_timing;
        bool is_first = (timing != 0 ? timing : conf->fee_timing) == FQ_FEE_TIMING_FIRST;
        FQ_TRY(fq_rates_for(&purchase, offer->arena, &rows));
        for (size_t k = 0; k < rows.n_items; k++) {
            const struct fq_rate *rate = rows.items[k].rate;
            struct offer_dearest *best = &dearest[rate->instalments][is_first];
            if (best->rate == NULL || offer_share(rate) > best->share)
                *best = (struct offer_dearest){ rate, purchase.issuer, offer_share(rate) };
        }
    }
    for (size_t i = 0; i < 2 * fq_array_size(dearest); i++) {
        const struct offer_dearest *best = &dearest[i / 2][i % 2];
        struct fq_quote quote;
        if (best->rate == NULL)
            continue;
        int r = offer_compute(offer, best->rate, best->issuer, &quote);
        if (r == 0)
            offer_note_rates(offer->ret, &quote);
        else if (r != OFFER_E_NONE)
            FQ_TRY(r);
    }
    return 0;
}

static int offer_note(struct offer *offer)
{
    struct fq_channel_offer *ret = offer->ret;
    if (offer->purchase.issuer == NULL && offer->channel->conf->n_issuers > 0)
        FQ_TRY(offer_note_banks(offer));
    ret->indicative = true;
    if (!fq_disclosure_note(ret->highest_nominal_annual_bp, ret->highest_effective_annual_bp,
                            offer->arena, &ret->note_zh, &ret->note_en))
        return FQ_FAULT(-ENOMEM, "too many plans for one answer");
    return 0;
}

/* ---- one channel ---- */

/* The bank that was named, with what of it is on offer here. */
static int offer_name_issuer(struct offer *offer, struct fq_rate_rows rows)
{
    struct fq_rate *rates = fq_arena_array(offer->arena, rows.n_items, sizeof(*rates));
    struct fq_issuer *issuer = fq_arena_alloc(offer->arena, sizeof(*issuer));
    if (rates == NULL || issuer == NULL)
        return FQ_FAULT(-ENOMEM, "too many plans for one answer");
    for (size_t i = 0; i < rows.n_items; i++)
        rates[i] = *rows.items[i].rate;
    *issuer = *offer->purchase.issuer;
    issuer->rates = (struct fq_rates){ rates, rows.n_items };
    fq_offer_amounts(offer->channel, offer->purchase.issuer, &issuer->amount_min_minor,
                     &issuer->amount_max_minor);
    offer->ret->issuer = issuer;
    return 0;
}

static int offer_run(struct offer *offer)
{
    struct fq_channel_offer *ret = offer->ret;
    struct fq_rate_rows rows;
    ret->reason = offer_ineligible(offer);
    if (ret->reason != NULL)
        return 0;
    FQ_TRY(fq_rates_for(&offer->purchase, offer->arena, &rows));
    if (offer->purchase.issuer != NULL)
        FQ_TRY(offer_name_issuer(offer, rows));
    FQ_TRY(offer_plans(offer, rows));
    if (rows.n_items == 0)
        ret->reason = offer->purchase.issuer == NULL && offer->channel->conf->n_issuers > 0
                          ? "ISSUER_NEEDED"
                          : "NO_PLANS";
    else if (ret->n_plans == 0)
        ret->reason = "AMOUNT_TOO_SMALL";
    else if (offer->channel->about.pins_terms == 0)
        FQ_TRY(offer_note(offer));
    ret->eligible = ret->reason == NULL;
    return 0;
}

int fq_offer_run(struct fq_flow *flow, struct fq_operation *operation,
                 const struct fq_channel *channel, bool is_risky, struct fq_channel_offer *ret)
{
    const struct fq_quote_plans *request = &operation->quote_plans;
    const struct fq_description *about = &channel->about;
    int64_t now = fq_flow_now(flow);
    struct offer offer = {
        .flow = flow,
        .operation = operation,
        .arena = operation->arena,
        .channel = channel,
        .purchase = { .channel = channel->conf,
                      .merchant = operation->merchant,
                      .amount_minor = request->amount.minor,
                      .now_ms = now },
        .amount = fq_money_of(request->amount.minor, request->currency, about->exponent),
        .first_due_month = fq_beijing_month_after(now, 1),
        .is_risky = is_risky,
        .ret = ret,
    };
    *ret = (struct fq_channel_offer){ .channel = channel->conf->name,
                                      .title_zh = fq_str_of(about->title_zh),
                                      .title_en = fq_str_of(about->title_en),
                                      .fee_word_zh = fq_str_of(about->fee_word_zh),
                                      .fee_word_en = fq_str_of(about->fee_word_en) };
    return offer_run(&offer);
}
