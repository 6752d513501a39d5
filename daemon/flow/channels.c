/* SPDX-License-Identifier: Apache-2.0 */
/* ListChannels: which channels a merchant may use, and whose cards they take. */
#include "daemon/core/issuer.h"
#include "daemon/flow/parts.h"

static const struct fq_issuer *channels_issuers(const struct fq_operation *operation,
                                                const struct fq_channel *channel)
{
    const struct fq_channel_conf *conf = channel->conf;
    struct fq_issuer *issuers = fq_arena_array(operation->arena, conf->n_issuers, sizeof(*issuers));
    for (size_t i = 0; issuers != NULL && i < conf->n_issuers; i++) {
        const struct fq_purchase purchase = { .channel = conf,
                                              .merchant = operation->merchant,
                                              .issuer = &conf->issuers[i] };
        issuers[i] = conf->issuers[i];
        issuers[i].rates = fq_rates_base(&purchase);
        fq_offer_amounts(channel, &conf->issuers[i], &issuers[i].amount_min_minor,
                         &issuers[i].amount_max_minor);
    }
    return issuers;
}

static bool channels_fill(const struct fq_operation *operation, const struct fq_channel *channel,
                          struct fq_channel_info *ret)
{
    const struct fq_purchase purchase = { .channel = channel->conf,
                                          .merchant = operation->merchant };
    *ret = (struct fq_channel_info){ .conf = channel->conf,
                                     .about = &channel->about,
                                     .rates = fq_rates_base(&purchase),
                                     .issuers = channels_issuers(operation, channel),
                                     .n_issuers = channel->conf->n_issuers };
    fq_offer_amounts(channel, NULL, &ret->amount_min_minor, &ret->amount_max_minor);
    return ret->issuers != NULL;
}

void fq_channels_run(struct fq_flow *flow, struct fq_operation *operation)
{
    const struct fq_catalog *catalog = flow->conf.catalog;
    uint32_t terminal = operation->list_channels.terminal;
    struct fq_channel_info *list =
        fq_arena_array(operation->arena, catalog->n_channels, sizeof(*list));
    bool is_whole = list != NULL;
    operation->channels = list;
    for (size_t i = 0; i < catalog->n_channels && is_whole; i++) {
        const struct fq_channel *channel = catalog->channels[i];
        if (fq_merchant_may_use(operation->merchant, channel->conf->name) &&
            (terminal == FQ_TERMINAL_UNSET || (channel->about.terminals & 1u << terminal) != 0))
            is_whole = channels_fill(operation, channel, &list[operation->n_channels++]);
    }
    if (is_whole)
        fq_finish(flow, operation);
    else
        fq_finish_with(flow, operation, fq_status_internal());
}
