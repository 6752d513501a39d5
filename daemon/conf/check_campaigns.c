/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the campaigns of a channel: which rates hold is never in doubt. */
#include "daemon/conf/check.h"
#include "daemon/conf/suggest.h"
#include "daemon/core/beijing.h"
#include "daemon/core/issuer.h"

/* ---- one campaign ---- */

static bool campaigns_has_merchant(const struct fq_conf *conf, struct fq_str id,
                                   struct fq_suggest *suggest)
{
    for (size_t i = 0; i < conf->n_merchants; i++) {
        fq_suggest_offer(suggest, conf->merchants[i].id);
        if (fq_str_equal(conf->merchants[i].id, id))
            return true;
    }
    return conf->n_merchants == 0; /* there are no files yet, or none that is right */
}

static bool campaigns_has_issuer(const struct fq_channel_conf *channel, struct fq_str id,
                                 struct fq_suggest *suggest)
{
    for (size_t i = 0; i < channel->n_issuers; i++)
        fq_suggest_offer(suggest, channel->issuers[i].id);
    /* a file without a right bank has its own mistakes */
    return fq_issuer_find(channel, id) != NULL ||
           (channel->n_issuers == 0 && channel->issuers_file.len > 0);
}

static struct fq_str campaigns_unknown(const struct fq_check *check, const char *what,
                                       const struct fq_suggest *suggest)
{
    bool has = suggest->best.len > 0;
    return fq_arena_printf(check->errors->arena, "must be the id of %s, is \"%.*s\"%s%.*s%s", what,
                           fq_str_arg(suggest->word), has ? " (did you mean " : "",
                           fq_str_arg(suggest->best), has ? "?)" : "");
}

static void campaigns_check_ids(const struct fq_check *check, const struct fq_channel_conf *channel,
                                const struct fq_campaign *campaign, struct fq_str key)
{
    struct fq_suggest suggest;
    for (size_t i = 0; i < campaign->n_merchants; i++) {
        struct fq_str id = campaign->merchants[i];
        struct fq_str reason = fq_check_repeated(check, campaign->merchants, i);
        fq_suggest_init(&suggest, id);
        if (reason.len == 0 && id.len > 0 && !campaigns_has_merchant(check->conf, id, &suggest))
            reason = campaigns_unknown(check, "a merchant", &suggest);
        if (reason.len > 0)
            fq_check_blame(check, reason, "%.*s.merchants[%zu]", fq_str_arg(key), i);
    }
    for (size_t i = 0; i < campaign->n_issuers; i++) {
        struct fq_str id = campaign->issuers[i];
        struct fq_str reason = fq_check_repeated(check, campaign->issuers, i);
        fq_suggest_init(&suggest, id);
        if (reason.len == 0 && id.len > 0 && !campaigns_has_issuer(channel, id, &suggest))
            reason = campaigns_unknown(check, "an issuer of this channel", &suggest);
        if (reason.len > 0)
            fq_check_blame(check, reason, "%.*s.issuers[%zu]", fq_str_arg(key), i);
    }
}

/* Both times were read. */
static bool campaigns_has_times(const struct fq_campaign *campaign)
{
    return campaign->from_ms > 0 && campaign->until_ms > 0;
}

static void campaigns_check_one(const struct fq_check *check, const struct fq_channel_conf *channel,
                                const struct fq_campaign *campaign)
{
    struct fq_str key = fq_arena_printf(check->conf->arena, "channels.%.*s.campaigns.%.*s",
                                        fq_str_arg(channel->name), fq_str_arg(campaign->id));
    if (campaigns_has_times(campaign) && campaign->until_ms <= campaign->from_ms)
        fq_check_blame(check, fq_lit("must be after from"), "%.*s.until", fq_str_arg(key));
    campaigns_check_ids(check, channel, campaign, key);
    fq_check_rates(check, campaign->rates,
                   fq_arena_printf(check->conf->arena, "%.*s.rates", fq_str_arg(key)));
}

/* ---- two campaigns ---- */

static bool campaigns_share(const struct fq_str *a, size_t n_a, const struct fq_str *b, size_t n_b)
{
    for (size_t i = 0; i < n_a; i++) {
        for (size_t k = 0; k < n_b; k++) {
            if (fq_str_equal(a[i], b[k]))
                return true;
        }
    }
    return n_a == 0 || n_b == 0; /* no list: all of them */
}

static bool campaigns_can_meet(const struct fq_campaign *a, const struct fq_campaign *b)
{
    return campaigns_has_times(a) && campaigns_has_times(b) && a->from_ms < b->until_ms &&
           b->from_ms < a->until_ms &&
           campaigns_share(a->merchants, a->n_merchants, b->merchants, b->n_merchants) &&
           campaigns_share(a->issuers, a->n_issuers, b->issuers, b->n_issuers);
}

static void campaigns_blame_row(const struct fq_check *check, const struct fq_channel_conf *channel,
                                const struct fq_campaign *later, size_t i,
                                const struct fq_campaign *earlier, size_t k)
{
    char from[20];
    fq_beijing_text(later->from_ms > earlier->from_ms ? later->from_ms : earlier->from_ms, from);
    struct fq_str reason =
        fq_arena_printf(check->errors->arena,
                        "must not be for the purchases that rates[%zu] of campaign %.*s is for: %u "
                        "instalments at %s",
                        k, fq_str_arg(earlier->id), later->rates.items[i].instalments, from);
    fq_check_blame(check, reason, "channels.%.*s.campaigns.%.*s.rates[%zu]",
                   fq_str_arg(channel->name), fq_str_arg(later->id), i);
}

/* One pair of rows is told, the rest is likely the same mistake. */
static void campaigns_check_two(const struct fq_check *check, const struct fq_channel_conf *channel,
                                const struct fq_campaign *later, const struct fq_campaign *earlier)
{
    if (!campaigns_can_meet(later, earlier))
        return;
    for (size_t i = 0; i < later->rates.n_items; i++) {
        for (size_t k = 0; k < earlier->rates.n_items; k++) {
            const struct fq_rate *a = &later->rates.items[i];
            const struct fq_rate *b = &earlier->rates.items[k];
            if (a->instalments == 0 || a->instalments != b->instalments ||
                !fq_check_rates_meet(a, b))
                continue;
            campaigns_blame_row(check, channel, later, i, earlier, k);
            return;
        }
    }
}

void fq_check_campaigns(const struct fq_check *check, const struct fq_channel_conf *channel)
{
    for (size_t i = 0; i < channel->n_campaigns; i++) {
        campaigns_check_one(check, channel, &channel->campaigns[i]);
        for (size_t k = 0; k < i; k++)
            campaigns_check_two(check, channel, &channel->campaigns[i], &channel->campaigns[k]);
    }
}
