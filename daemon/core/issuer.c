/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the bank of a card, and the rates of a purchase. */
#include "daemon/core/issuer.h"

#include "daemon/base/err.h"

/* ---- beginnings of card numbers ---- */

static int bin_read_digits(struct fq_str digits, struct fq_bin *ret)
{
    if (digits.len < FQ_BIN_DIGITS_MIN || digits.len > FQ_BIN_DIGITS_MAX)
        return FQ_BIN_E_MALFORMED;
    uint32_t first = 0;
    uint32_t n_cards = 1; /* of 8 digits that begin with these */
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return FQ_BIN_E_MALFORMED;
        first = first * 10 + (uint32_t)(digits.ptr[i] - '0');
    }
    for (size_t i = digits.len; i < FQ_BIN_DIGITS_MAX; i++)
        n_cards *= 10;
    *ret = (struct fq_bin){ first * n_cards, first * n_cards + n_cards - 1 };
    return 0;
}

int fq_bin_read(struct fq_str text, struct fq_bin *ret)
{
    struct fq_str from;
    struct fq_str to;
    struct fq_bin low;
    struct fq_bin high;
    bool is_range = fq_str_cut(text, '-', &from, &to);
    if (!is_range)
        return bin_read_digits(text, ret);
    if (from.len != to.len || bin_read_digits(from, &low) != 0 || bin_read_digits(to, &high) != 0 ||
        low.first > high.first)
        return FQ_BIN_E_MALFORMED;
    *ret = (struct fq_bin){ low.first, high.last };
    return 0;
}

/* ---- banks ---- */

const struct fq_issuer *fq_issuer_find(const struct fq_channel_conf *conf, struct fq_str id)
{
    for (size_t i = 0; i < conf->n_issuers; i++) {
        if (fq_str_equal(conf->issuers[i].id, id))
            return &conf->issuers[i];
    }
    return NULL;
}

/* How many of the cards in `wanted` are the bank's, its BINs not overlapping. */
static uint32_t issuer_n_cards(const struct fq_issuer *issuer, struct fq_bin wanted)
{
    uint32_t n_cards = 0;
    for (size_t i = 0; i < issuer->n_bins; i++) {
        struct fq_bin bin;
        if (fq_bin_read(issuer->bins[i], &bin) != 0)
            continue;
        uint32_t first = bin.first > wanted.first ? bin.first : wanted.first;
        uint32_t last = bin.last < wanted.last ? bin.last : wanted.last;
        n_cards += first <= last ? last - first + 1 : 0;
    }
    return n_cards;
}

int fq_issuer_of_card(const struct fq_channel_conf *conf, struct fq_str digits,
                      const struct fq_issuer **ret)
{
    struct fq_bin wanted;
    bool has_some = false;
    if (bin_read_digits(digits, &wanted) != 0)
        return FQ_ISSUER_E_MALFORMED;
    for (size_t i = 0; i < conf->n_issuers; i++) {
        uint32_t n_cards = issuer_n_cards(&conf->issuers[i], wanted);
        if (n_cards == wanted.last - wanted.first + 1) {
            *ret = &conf->issuers[i];
            return 0;
        }
        has_some = has_some || n_cards > 0;
    }
    return has_some ? FQ_ISSUER_E_AMBIGUOUS : FQ_ISSUER_E_NO_SUCH;
}

/* ---- rates ---- */

bool fq_rate_holds(const struct fq_rate *rate, int64_t amount_minor)
{
    return amount_minor >= rate->amount_min_minor &&
           (rate->amount_max_minor == 0 || amount_minor <= rate->amount_max_minor);
}

struct fq_rates fq_rates_base(const struct fq_purchase *purchase)
{
    const struct fq_merchant *merchant = purchase->merchant;
    for (size_t i = 0; i < merchant->n_rates; i++) {
        if (fq_str_equal(merchant->rates[i].channel, purchase->channel->name) &&
            merchant->rates[i].rates.n_items > 0)
            return merchant->rates[i].rates;
    }
    if (purchase->issuer != NULL && purchase->issuer->rates.n_items > 0)
        return purchase->issuer->rates;
    return purchase->channel->rates;
}

static bool rates_has_id(const struct fq_str *ids, size_t n_ids, struct fq_str id)
{
    for (size_t i = 0; i < n_ids; i++) {
        if (fq_str_equal(ids[i], id))
            return true;
    }
    return n_ids == 0;
}

static bool rates_is_in_campaign(const struct fq_purchase *purchase,
                                 const struct fq_campaign *campaign)
{
    struct fq_str issuer = purchase->issuer != NULL ? purchase->issuer->id : fq_lit("");
    return purchase->now_ms >= campaign->from_ms && purchase->now_ms < campaign->until_ms &&
           rates_has_id(campaign->merchants, campaign->n_merchants, purchase->merchant->id) &&
           rates_has_id(campaign->issuers, campaign->n_issuers, issuer);
}

static bool rates_is_before(const struct fq_rate *a, const struct fq_rate *b)
{
    if (a->instalments != b->instalments)
        return a->instalments < b->instalments;
    if (a->bearer != b->bearer)
        return a->bearer < b->bearer;
    return a->merchant_percent < b->merchant_percent;
}

/* A list under construction, in its order. */
struct rates_list {
    struct fq_rate_row *rows;
    size_t n_rows;
};

static void rates_insert(struct rates_list *list, struct fq_rate_row row)
{
    size_t i = list->n_rows++;
    for (; i > 0 && rates_is_before(row.rate, list->rows[i - 1].rate); i--)
        list->rows[i] = list->rows[i - 1];
    list->rows[i] = row;
}

static void rates_drop_base(struct rates_list *list, uint32_t instalments)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < list->n_rows; i++) {
        if (list->rows[i].campaign != NULL || list->rows[i].rate->instalments != instalments)
            list->rows[n_kept++] = list->rows[i];
    }
    list->n_rows = n_kept;
}

static void rates_add(struct rates_list *list, struct fq_rates rates, int64_t amount_minor,
                      const struct fq_campaign *campaign)
{
    for (size_t i = 0; i < rates.n_items; i++) {
        const struct fq_rate *rate = &rates.items[i];
        if (!fq_rate_holds(rate, amount_minor))
            continue;
        if (campaign != NULL)
            rates_drop_base(list, rate->instalments);
        rates_insert(list, (struct fq_rate_row){ rate, campaign });
    }
}

int fq_rates_for(const struct fq_purchase *purchase, struct fq_arena *arena,
                 struct fq_rate_rows *ret)
{
    const struct fq_channel_conf *channel = purchase->channel;
    struct fq_rates base = fq_rates_base(purchase);
    size_t n_max = base.n_items;
    for (size_t i = 0; i < channel->n_campaigns; i++)
        n_max += channel->campaigns[i].rates.n_items;
    struct rates_list list = { fq_arena_array(arena, n_max, sizeof(*list.rows)), 0 };
    if (list.rows == NULL)
        return FQ_FAULT(-ENOMEM, "no room for %zu rates", n_max);
    rates_add(&list, base, purchase->amount_minor, NULL);
    for (size_t i = 0; i < channel->n_campaigns; i++) {
        const struct fq_campaign *campaign = &channel->campaigns[i];
        if (rates_is_in_campaign(purchase, campaign))
            rates_add(&list, campaign->rates, purchase->amount_minor, campaign);
    }
    *ret = (struct fq_rate_rows){ list.rows, list.n_rows };
    return 0;
}
