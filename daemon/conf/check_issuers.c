/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the banks of a channel: a card belongs to one of them. */
#include <stdlib.h>

#include "daemon/conf/check.h"
#include "daemon/core/issuer.h"

/* ---- beginnings of card numbers ---- */

/* A BIN, and where in the file it stands. */
struct issuers_bin {
    struct fq_bin bin;
    const struct fq_issuer *issuer;
    size_t index;
};

static int issuers_by_first(const void *left, const void *right)
{
    const struct issuers_bin *a = left, *b = right;
    if (a->bin.first != b->bin.first)
        return a->bin.first < b->bin.first ? -1 : 1;
    if (a->issuer != b->issuer)
        return a->issuer < b->issuer ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static size_t issuers_n_bins(const struct fq_channel_conf *channel)
{
    size_t n_bins = 0;
    for (size_t i = 0; i < channel->n_issuers; i++)
        n_bins += channel->issuers[i].n_bins;
    return n_bins;
}

/* All that are of their form, by the first card. */
static size_t issuers_collect(const struct fq_channel_conf *channel, struct issuers_bin *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < channel->n_issuers; i++) {
        const struct fq_issuer *issuer = &channel->issuers[i];
        for (size_t k = 0; k < issuer->n_bins; k++) {
            ret[n] = (struct issuers_bin){ .issuer = issuer, .index = k };
            if (fq_bin_read(issuer->bins[k], &ret[n].bin) == 0)
                n++;
        }
    }
    qsort(ret, n, sizeof(*ret), issuers_by_first);
    return n;
}

/* The later one in the file is to blame. */
static void issuers_blame_bin(const struct fq_check *check, const struct fq_channel_conf *channel,
                              const struct issuers_bin *a, const struct issuers_bin *b)
{
    bool is_later = a->issuer != b->issuer ? a->issuer > b->issuer : a->index > b->index;
    const struct issuers_bin *later = is_later ? a : b;
    const struct issuers_bin *earlier = is_later ? b : a;
    struct fq_str reason = fq_arena_printf(
        check->errors->arena,
        "must not overlap with bins[%zu] of %.*s, is \"%.*s\" and that is \"%.*s\"", earlier->index,
        fq_str_arg(earlier->issuer->id), fq_str_arg(later->issuer->bins[later->index]),
        fq_str_arg(earlier->issuer->bins[earlier->index]));
    fq_check_blame(check, reason, "channels.%.*s.issuers.%.*s.bins[%zu]", fq_str_arg(channel->name),
                   fq_str_arg(later->issuer->id), later->index);
}

static void issuers_check_bins(const struct fq_check *check, const struct fq_channel_conf *channel)
{
    size_t n_max = issuers_n_bins(channel);
    if (n_max == 0)
        return;
    FQ_CLEANUP_FREE struct issuers_bin *bins = fq_zalloc_array(n_max, sizeof(*bins));
    size_t n = issuers_collect(channel, bins);
    size_t furthest = 0; /* the one that reaches furthest, so far */
    for (size_t i = 1; i < n; i++) {
        if (bins[i].bin.first <= bins[furthest].bin.last)
            issuers_blame_bin(check, channel, &bins[i], &bins[furthest]);
        if (bins[i].bin.last > bins[furthest].bin.last)
            furthest = i;
    }
}

/* ---- the banks ---- */

void fq_check_issuers(const struct fq_check *check, const struct fq_channel_conf *channel)
{
    for (size_t i = 0; i < channel->n_issuers; i++) {
        const struct fq_issuer *issuer = &channel->issuers[i];
        struct fq_str key = fq_arena_printf(check->conf->arena, "channels.%.*s.issuers.%.*s",
                                            fq_str_arg(channel->name), fq_str_arg(issuer->id));
        if (issuer->amount_max_minor > 0 && issuer->amount_max_minor < issuer->amount_min_minor)
            fq_check_blame(check, fq_lit("must be at least amount_min"), "%.*s.amount_max",
                           fq_str_arg(key));
        fq_check_rates(check, issuer->rates,
                       fq_arena_printf(check->conf->arena, "%.*s.rates", fq_str_arg(key)));
    }
    issuers_check_bins(check, channel);
}
