/* SPDX-License-Identifier: Apache-2.0 */
/* Packs what a shop is offered: the plans of QuotePlans, the channels of ListChannels. */
#include "daemon/core/disclosure.h"
#include "daemon/io/codec_pack.h"

/* ---- QuotePlans ---- */

static void offer_schedule(struct fq_arena *arena, const struct fq_quote *quote,
                           Fenqi__V1__Plan *out)
{
    size_t n = quote->lines != NULL ? quote->instalments : 0;
    Fenqi__V1__ScheduleLine *lines = fq_arena_array(arena, n, sizeof(*lines));
    out->schedule = fq_pack_pointers(arena, n);
    if (lines == NULL || out->schedule == NULL)
        return;
    uint32_t year = quote->first_due_month / 100;
    uint32_t month = quote->first_due_month % 100;
    for (size_t i = 0; i < n; i++) {
        fenqi__v1__schedule_line__init(&lines[i]);
        lines[i].number = (int32_t)i + 1;
        lines[i].principal_minor = quote->lines[i].principal_minor;
        lines[i].fee_minor = quote->lines[i].fee_minor;
        lines[i].total_minor = quote->lines[i].principal_minor + quote->lines[i].fee_minor;
        lines[i].due_month = (int32_t)(year * 100 + month);
        month = month % 12 + 1;
        year += month == 1;
        out->schedule[out->n_schedule++] = &lines[i];
    }
}

static void offer_cost_row(struct fq_arena *arena, const struct fq_cost_row *row,
                           Fenqi__V1__CostRow *out)
{
    fenqi__v1__cost_row__init(out);
    out->item_zh = fq_pack_text(arena, row->item_zh);
    out->item_en = fq_pack_text(arena, row->item_en);
    out->charged_zh = fq_pack_text(arena, row->charged_zh);
    out->charged_en = fq_pack_text(arena, row->charged_en);
    out->standard_zh = fq_pack_text(arena, row->standard_zh);
    out->standard_en = fq_pack_text(arena, row->standard_en);
    out->amount_minor = row->amount_minor;
    out->annual_bp = row->annual_bp;
    out->collector_zh = fq_pack_text(arena, row->collector_zh);
    out->collector_en = fq_pack_text(arena, row->collector_en);
    out->on_default = row->on_default;
}

static Fenqi__V1__CostTable *offer_cost(struct fq_arena *arena, const struct fq_cost_row *row)
{
    Fenqi__V1__CostTable *out = fq_pack_new(arena, fenqi__v1__cost_table);
    Fenqi__V1__CostRow *packed = fq_arena_alloc(arena, sizeof(*packed));
    if (out == NULL || packed == NULL)
        return NULL;
    offer_cost_row(arena, row, packed);
    out->rows = fq_pack_pointers(arena, 1);
    if (out->rows != NULL)
        out->rows[out->n_rows++] = packed;
    return out;
}

static Fenqi__V1__Plan *offer_plan(struct fq_arena *arena, const struct fq_plan_offer *offer)
{
    const struct fq_quote *quote = &offer->quote;
    Fenqi__V1__Plan *out = fq_pack_new(arena, fenqi__v1__plan);
    if (out == NULL)
        return NULL;
    out->quote = fq_pack_bytes(offer->signed_quote);
    out->quote_id = fq_pack_text(arena, quote->quote_id);
    out->instalments = (int32_t)quote->instalments;
    out->bearer = quote->bearer;
    out->merchant_percent = (int32_t)quote->merchant_percent;
    out->rate_ppm = (int32_t)quote->rate_ppm;
    out->principal_minor = quote->amount.minor;
    out->buyer_fee_minor = quote->buyer_fee_minor;
    out->merchant_fee_minor = quote->merchant_fee_minor;
    out->buyer_total_minor = quote->buyer_total_minor;
    out->indicative = quote->indicative;
    out->expires_at_unix_ms = quote->expires_ms;
    out->nominal_annual_bp = quote->nominal_annual_bp;
    out->effective_annual_bp = quote->effective_annual_bp;
    out->simple_annual_bp = quote->simple_annual_bp;
    out->campaign = fq_pack_text(arena, quote->campaign);
    out->cost = offer_cost(arena, &offer->cost);
    if (out->cost != NULL)
        out->cost->total_annual_bp = quote->nominal_annual_bp;
    offer_schedule(arena, quote, out);
    return out;
}

/* What the cost tables of all its plans have in common. */
static Fenqi__V1__CostTable *offer_common_cost(struct fq_arena *arena,
                                               const struct fq_channel_offer *offer)
{
    Fenqi__V1__CostTable *out = offer_cost(arena, &offer->late_cost);
    if (out == NULL)
        return NULL;
    out->method_zh = fq_pack_static(FQ_DISCLOSURE_METHOD_ZH);
    out->method_en = fq_pack_static(FQ_DISCLOSURE_METHOD_EN);
    out->texts_digest = fq_pack_digest(offer->texts_digest);
    return out;
}

/* The numbers of instalments that the rates are for, rising, each once. */
static void offer_instalments(struct fq_arena *arena, struct fq_rates rates, size_t *ret_n,
                              int32_t **ret)
{
    uint64_t seen = 0;
    int32_t *list = fq_arena_array(arena, FQ_TERMS_MAX, sizeof(*list));
    for (size_t i = 0; i < rates.n_items; i++) {
        if (rates.items[i].instalments >= 1 && rates.items[i].instalments <= FQ_TERMS_MAX)
            seen |= UINT64_C(1) << rates.items[i].instalments;
    }
    for (int32_t n = 1; list != NULL && n <= FQ_TERMS_MAX; n++) {
        if ((seen >> n & 1) != 0)
            list[(*ret_n)++] = n;
    }
    *ret = list;
}

static Fenqi__V1__Issuer *offer_issuer(struct fq_arena *arena, const struct fq_issuer *issuer)
{
    Fenqi__V1__Issuer *out = fq_pack_new(arena, fenqi__v1__issuer);
    if (out == NULL)
        return NULL;
    out->issuer = fq_pack_text(arena, issuer->id);
    out->title_zh = fq_pack_text(arena, issuer->title_zh);
    out->title_en = fq_pack_text(arena, issuer->title_en);
    out->amount_min_minor = issuer->amount_min_minor;
    out->amount_max_minor = issuer->amount_max_minor;
    offer_instalments(arena, issuer->rates, &out->n_instalments, &out->instalments);
    return out;
}

static Fenqi__V1__ChannelPlans *offer_channel(struct fq_arena *arena,
                                              const struct fq_channel_offer *offer)
{
    Fenqi__V1__ChannelPlans *out = fq_pack_new(arena, fenqi__v1__channel_plans);
    if (out == NULL)
        return NULL;
    out->channel = fq_pack_text(arena, offer->channel);
    out->title_zh = fq_pack_text(arena, offer->title_zh);
    out->title_en = fq_pack_text(arena, offer->title_en);
    out->fee_word_zh = fq_pack_text(arena, offer->fee_word_zh);
    out->fee_word_en = fq_pack_text(arena, offer->fee_word_en);
    out->eligible = offer->eligible;
    out->reason = fq_pack_static(offer->reason);
    out->plans = fq_pack_pointers(arena, offer->n_plans);
    for (size_t i = 0; out->plans != NULL && i < offer->n_plans; i++)
        out->plans[out->n_plans++] = offer_plan(arena, &offer->plans[i]);
    out->indicative = offer->indicative;
    out->note_zh = fq_pack_text(arena, offer->note_zh);
    out->note_en = fq_pack_text(arena, offer->note_en);
    out->highest_nominal_annual_bp = offer->highest_nominal_annual_bp;
    out->highest_effective_annual_bp = offer->highest_effective_annual_bp;
    if (offer->issuer != NULL)
        out->issuer = offer_issuer(arena, offer->issuer);
    if (offer->n_plans > 0)
        out->cost = offer_common_cost(arena, offer);
    return out;
}

Fenqi__V1__QuotePlansResult *fq_pack_offers(struct fq_arena *arena,
                                            const struct fq_operation *operation)
{
    Fenqi__V1__QuotePlansResult *out = fq_pack_new(arena, fenqi__v1__quote_plans_result);
    if (out == NULL)
        return NULL;
    out->amount =
        fq_pack_money(arena, operation->quote_plans.amount.minor, operation->quote_plans.currency);
    out->channels = fq_pack_pointers(arena, operation->n_offers);
    for (size_t i = 0; out->channels != NULL && i < operation->n_offers; i++)
        out->channels[out->n_channels++] = offer_channel(arena, &operation->offers[i]);
    return out;
}

/* ---- ListChannels ---- */

static void offer_terminals(struct fq_arena *arena, uint32_t terminals, Fenqi__V1__ChannelInfo *out)
{
    out->terminals = fq_arena_array(arena, FQ_TERMINAL_QR, sizeof(*out->terminals));
    for (uint32_t i = FQ_TERMINAL_DESKTOP; out->terminals != NULL && i <= FQ_TERMINAL_QR; i++) {
        if ((terminals & 1u << i) != 0)
            out->terminals[out->n_terminals++] = i;
    }
}

static Fenqi__V1__ChannelInfo *offer_info(struct fq_arena *arena,
                                          const struct fq_channel_info *info)
{
    const struct fq_description *about = info->about;
    Fenqi__V1__ChannelInfo *out = fq_pack_new(arena, fenqi__v1__channel_info);
    if (out == NULL)
        return NULL;
    out->channel = fq_pack_text(arena, info->conf->name);
    out->title_zh = fq_pack_static(about->title_zh);
    out->title_en = fq_pack_static(about->title_en);
    out->fee_word_zh = fq_pack_static(about->fee_word_zh);
    out->fee_word_en = fq_pack_static(about->fee_word_en);
    out->currency = fq_pack_text(arena, fq_str_of(about->currency));
    out->amount_min_minor = info->amount_min_minor;
    out->amount_max_minor = info->amount_max_minor;
    offer_terminals(arena, about->terminals, out);
    offer_instalments(arena, info->rates, &out->n_instalments, &out->instalments);
    out->indicative = about->pins_terms == 0;
    out->takes_payer = about->takes_payer != 0;
    out->partial_refund = about->partial_refund != 0;
    out->issuers = fq_pack_pointers(arena, info->n_issuers);
    for (size_t i = 0; out->issuers != NULL && i < info->n_issuers; i++)
        out->issuers[out->n_issuers++] = offer_issuer(arena, &info->issuers[i]);
    return out;
}

Fenqi__V1__ChannelList *fq_pack_channels(struct fq_arena *arena,
                                         const struct fq_operation *operation)
{
    Fenqi__V1__ChannelList *out = fq_pack_new(arena, fenqi__v1__channel_list);
    if (out == NULL)
        return NULL;
    out->channels = fq_pack_pointers(arena, operation->n_channels);
    for (size_t i = 0; out->channels != NULL && i < operation->n_channels; i++)
        out->channels[out->n_channels++] = offer_info(arena, &operation->channels[i]);
    return out;
}
