/* SPDX-License-Identifier: Apache-2.0 */
/* Asks an adapter for a plan and checks its sums. */
#include "daemon/plugin/host.h"

static int quote_ask(const struct fq_channel *channel, const struct fq_host *host,
                     const struct fq_quote_in *in, struct fq_quote_out *ret)
{
    if (channel->serial != NULL)
        (void)pthread_mutex_lock(channel->serial);
    int r = channel->adapter->quote(channel->self, host, in, ret);
    if (channel->serial != NULL)
        (void)pthread_mutex_unlock(channel->serial);
    return r;
}

/* The lines in our own memory; NULL if there are not as many as asked for. */
static const struct fq_plan_line *quote_copy_lines(const struct fq_quote_out *out,
                                                   uint32_t instalments, struct fq_arena *arena)
{
    if (out->lines == NULL || out->n_lines != instalments)
        return NULL;
    struct fq_plan_line *lines = fq_arena_array(arena, instalments, sizeof(*lines));
    for (size_t i = 0; lines != NULL && i < instalments; i++)
        lines[i] = out->lines[i];
    return lines;
}

static uint32_t quote_rule(uint32_t bank, uint32_t channel)
{
    return bank != 0 ? bank : channel;
}

int fq_channel_quote(const struct fq_channel *channel, struct fq_money amount,
                     const struct fq_rate *rate, const struct fq_issuer *issuer,
                     struct fq_arena *arena, struct fq_quote *ret)
{
    static const struct fq_issuer nobody;
    struct fq_host_call lent;
    struct fq_quote_out out = { .struct_size = sizeof(out) };
    if (issuer == NULL)
        issuer = &nobody;
    const struct fq_quote_in in = {
        .struct_size = sizeof(in),
        .amount = amount,
        .instalments = rate->instalments,
        .bearer = rate->bearer,
        .merchant_percent = rate->merchant_percent,
        .rate_ppm = rate->rate_ppm,
        .rounding = quote_rule(issuer->rounding, channel->conf->rounding),
        .remainder = quote_rule(issuer->remainder, channel->conf->remainder),
        .fee_timing = quote_rule(issuer->fee_timing, channel->conf->fee_timing),
    };
    if (channel->adapter->quote == NULL || rate->instalments == 0 ||
        rate->instalments > FQ_TERMS_MAX)
        return FQ_CHANNEL_E_REFUSED;

    fq_host_init(&lent, channel, arena, 0);
    int r = quote_ask(channel, &lent.host, &in, &out);
    fq_host_deinit(&lent);
    if (r != 0)
        return FQ_CHANNEL_E_REFUSED;

    struct fq_quote quote = {
        .channel = channel->conf->name,
        .amount = amount,
        .instalments = rate->instalments,
        .bearer = rate->bearer,
        .merchant_percent = rate->merchant_percent,
        .rate_ppm = rate->rate_ppm,
        .issuer = issuer->id,
        .fee_timing = in.fee_timing,
        .indicative = channel->about.pins_terms == 0,
        .buyer_fee_minor = out.buyer_fee_minor,
        .merchant_fee_minor = out.merchant_fee_minor,
        .lines = quote_copy_lines(&out, rate->instalments, arena),
    };
    if (__builtin_add_overflow(amount.minor, out.buyer_fee_minor, &quote.buyer_total_minor) ||
        !fq_quote_validate(&quote))
        return FQ_CHANNEL_E_REFUSED;
    *ret = quote;
    return 0;
}
