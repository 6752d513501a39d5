/* SPDX-License-Identifier: Apache-2.0 */
/* Packs what a shop is offered: the plans of QuotePlans, the channels of ListChannels. */
#include "daemon/base/err.h"
#include "daemon/core/disclosure.h"
#include "daemon/io/codec_pack.h"
#include "daemon/io/codec_wire.h"

/* The numbers of instalments that rates are for: a bit for each. */
static uint64_t offer_instalments(struct fq_rates rates)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < rates.n_items; i++) {
        if (rates.items[i].instalments >= 1 && rates.items[i].instalments <= FQ_TERMS_MAX)
            seen |= UINT64_C(1) << rates.items[i].instalments;
    }
    return seen;
}

/* ---- QuotePlans: the largest answer, and the one that is asked for most. Written by hand,
 * backwards, fields and elements from the last to the first ---- */

static void offer_put_row(struct fq_wire_out *out, const struct fq_cost_row *row)
{
    size_t end = out->at;
    fq_wire_put_number(out, 11, row->on_default);
    fq_wire_put_bytes(out, 10, row->collector_en);
    fq_wire_put_bytes(out, 9, row->collector_zh);
    fq_wire_put_int(out, 8, row->annual_bp);
    fq_wire_put_int(out, 7, row->amount_minor);
    fq_wire_put_bytes(out, 6, row->standard_en);
    fq_wire_put_bytes(out, 5, row->standard_zh);
    fq_wire_put_bytes(out, 4, row->charged_en);
    fq_wire_put_bytes(out, 3, row->charged_zh);
    fq_wire_put_bytes(out, 2, row->item_en);
    fq_wire_put_bytes(out, 1, row->item_zh);
    fq_wire_put_message(out, 1, end); /* CostTable.rows */
}

static void offer_put_schedule(struct fq_wire_out *out, const struct fq_quote *quote)
{
    uint32_t n = quote->lines != NULL ? quote->instalments : 0;
    uint32_t months = quote->first_due_month / 100 * 12 + quote->first_due_month % 100 - 1;
    while (n-- > 0) {
        size_t end = out->at;
        const struct fq_plan_line *line = &quote->lines[n];
        uint32_t month = months + n;
        fq_wire_put_number(out, 5, month / 12 * 100 + month % 12 + 1);
        fq_wire_put_int(out, 4, line->principal_minor + line->fee_minor);
        fq_wire_put_int(out, 3, line->fee_minor);
        fq_wire_put_int(out, 2, line->principal_minor);
        fq_wire_put_number(out, 1, n + 1);
        fq_wire_put_message(out, 11, end); /* Plan.schedule */
    }
}

static void offer_put_plan(struct fq_wire_out *out, const struct fq_plan_offer *plan)
{
    const struct fq_quote *quote = &plan->quote;
    size_t end = out->at;
    fq_wire_put_int(out, 2, quote->nominal_annual_bp);
    offer_put_row(out, &plan->cost);
    fq_wire_put_message(out, 18, end);
    fq_wire_put_bytes(out, 17, quote->campaign);
    fq_wire_put_int(out, 16, quote->simple_annual_bp);
    fq_wire_put_int(out, 15, quote->effective_annual_bp);
    fq_wire_put_int(out, 14, quote->nominal_annual_bp);
    fq_wire_put_int(out, 13, quote->expires_ms);
    fq_wire_put_number(out, 12, quote->indicative);
    offer_put_schedule(out, quote);
    fq_wire_put_int(out, 10, quote->buyer_total_minor);
    fq_wire_put_int(out, 9, quote->merchant_fee_minor);
    fq_wire_put_int(out, 8, quote->buyer_fee_minor);
    fq_wire_put_int(out, 7, quote->amount.minor);
    fq_wire_put_number(out, 6, quote->rate_ppm);
    fq_wire_put_number(out, 5, quote->merchant_percent);
    fq_wire_put_number(out, 4, quote->bearer);
    fq_wire_put_number(out, 3, quote->instalments);
    fq_wire_put_bytes(out, 2, quote->quote_id);
    fq_wire_put_bytes(out, 1, plan->signed_quote);
    fq_wire_put_message(out, 8, end); /* ChannelPlans.plans */
}

static void offer_put_common_cost(struct fq_wire_out *out, const struct fq_channel_offer *offer)
{
    ProtobufCBinaryData digest = fq_pack_digest(offer->texts_digest);
    size_t end = out->at;
    fq_wire_put_bytes(out, 5, (struct fq_str){ (const char *)digest.data, digest.len });
    fq_wire_put_bytes(out, 4, fq_lit(FQ_DISCLOSURE_METHOD_EN));
    fq_wire_put_bytes(out, 3, fq_lit(FQ_DISCLOSURE_METHOD_ZH));
    offer_put_row(out, &offer->late_cost);
    fq_wire_put_message(out, 15, end);
}

static void offer_put_issuer(struct fq_wire_out *out, const struct fq_issuer *issuer)
{
    uint64_t instalments = offer_instalments(issuer->rates);
    size_t end = out->at;
    for (uint32_t n = FQ_TERMS_MAX; n > 0; n--) {
        if ((instalments >> n & 1) != 0)
            fq_wire_put_varint(out, n);
    }
    if (instalments != 0)
        fq_wire_put_message(out, 6, end); /* packed */
    fq_wire_put_int(out, 5, issuer->amount_max_minor);
    fq_wire_put_int(out, 4, issuer->amount_min_minor);
    fq_wire_put_bytes(out, 3, issuer->title_en);
    fq_wire_put_bytes(out, 2, issuer->title_zh);
    fq_wire_put_bytes(out, 1, issuer->id);
    fq_wire_put_message(out, 14, end); /* ChannelPlans.issuer */
}

static void offer_put_channel(struct fq_wire_out *out, const struct fq_channel_offer *offer)
{
    size_t end = out->at;
    if (offer->n_plans > 0)
        offer_put_common_cost(out, offer);
    if (offer->issuer != NULL)
        offer_put_issuer(out, offer->issuer);
    fq_wire_put_int(out, 13, offer->highest_effective_annual_bp);
    fq_wire_put_int(out, 12, offer->highest_nominal_annual_bp);
    fq_wire_put_bytes(out, 11, offer->note_en);
    fq_wire_put_bytes(out, 10, offer->note_zh);
    fq_wire_put_number(out, 9, offer->indicative);
    for (size_t i = offer->n_plans; i > 0; i--)
        offer_put_plan(out, &offer->plans[i - 1]);
    fq_wire_put_bytes(out, 7, fq_str_of(offer->reason));
    fq_wire_put_number(out, 6, offer->eligible);
    fq_wire_put_bytes(out, 5, offer->fee_word_en);
    fq_wire_put_bytes(out, 4, offer->fee_word_zh);
    fq_wire_put_bytes(out, 3, offer->title_en);
    fq_wire_put_bytes(out, 2, offer->title_zh);
    fq_wire_put_bytes(out, 1, offer->channel);
    fq_wire_put_message(out, 2, end); /* QuotePlansResult.channels */
}

/* More than any of them takes: 12 bytes for a number, 4 for the header of a text, 40 for a line of
 * a schedule. Not much more: what is given out is zeroed. */
static size_t offer_size_row(const struct fq_cost_row *row)
{
    return 64 + row->item_zh.len + row->item_en.len + row->charged_zh.len + row->charged_en.len +
           row->standard_zh.len + row->standard_en.len + row->collector_zh.len +
           row->collector_en.len;
}

static size_t offer_size(const struct fq_operation *operation)
{
    size_t size = 64 + operation->quote_plans.currency.len;
    for (size_t i = 0; i < operation->n_offers; i++) {
        const struct fq_channel_offer *offer = &operation->offers[i];
        size += 512 + offer->title_zh.len + offer->title_en.len + offer->fee_word_zh.len +
                offer->fee_word_en.len + offer->note_zh.len + offer->note_en.len +
                offer_size_row(&offer->late_cost);
        if (offer->issuer != NULL)
            size += offer->issuer->title_zh.len + offer->issuer->title_en.len;
        for (size_t k = 0; k < offer->n_plans; k++)
            size += 304 + offer->plans[k].signed_quote.len + offer_size_row(&offer->plans[k].cost) +
                    40 * (size_t)offer->plans[k].quote.instalments;
    }
    return size;
}

ProtobufCMessageUnknownField *fq_pack_offers(struct fq_arena *arena,
                                             const struct fq_operation *operation)
{
    size_t size = offer_size(operation);
    ProtobufCMessageUnknownField *ret = fq_arena_alloc(arena, sizeof(*ret));
    struct fq_wire_out out = { .bytes = fq_arena_alloc(arena, size), .at = size };
    if (ret == NULL || out.bytes == NULL)
        return NULL;
    for (size_t i = operation->n_offers; i > 0; i--)
        offer_put_channel(&out, &operation->offers[i - 1]);
    size_t end = out.at;
    fq_wire_put_bytes(&out, 2, operation->quote_plans.currency);
    fq_wire_put_int(&out, 1, operation->quote_plans.amount.minor);
    fq_wire_put_message(&out, 1, end); /* QuotePlansResult.amount */
    fq_wire_put_varint(&out, size - out.at);
    fq_assert(!out.is_full);
    *ret = (ProtobufCMessageUnknownField){ .tag = FENQI__V1__REPLY__OUTCOME_QUOTE_PLANS,
                                           .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
                                           .len = size - out.at,
                                           .data = out.bytes + out.at };
    return ret;
}

/* ---- ListChannels ---- */

static void offer_list(struct fq_arena *arena, struct fq_rates rates, size_t *ret_n, int32_t **ret)
{
    uint64_t instalments = offer_instalments(rates);
    int32_t *list = fq_arena_array(arena, FQ_TERMS_MAX, sizeof(*list));
    for (int32_t n = 1; list != NULL && n <= FQ_TERMS_MAX; n++) {
        if ((instalments >> n & 1) != 0)
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
    offer_list(arena, issuer->rates, &out->n_instalments, &out->instalments);
    return out;
}

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
    offer_list(arena, info->rates, &out->n_instalments, &out->instalments);
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
