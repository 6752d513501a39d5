/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a table of rates: each row by itself, and rows of one kind for different amounts. */
#include "daemon/conf/check.h"
#include "daemon/conf/schema.h"
#include "daemon/core/money.h"

#define EXPONENT 2 /* of amounts in the configuration */

/* ---- one row ---- */

static const char *rates_bearer_reason(const struct fq_rate *rate)
{
    if (rate->bearer == FQ_BEARER_SHARED && rate->merchant_percent == 0)
        return "must have merchant_percent, because bearer is \"shared\"";
    if (rate->bearer == FQ_BEARER_BUYER && rate->merchant_percent != 0)
        return "must not have merchant_percent, because bearer is \"buyer\"";
    if (rate->bearer == FQ_BEARER_MERCHANT && rate->merchant_percent != 100)
        return "must not have merchant_percent, because bearer is \"merchant\"";
    return NULL;
}

/* Its amounts were read, and are a range. */
static bool rates_has_range(const struct fq_rate *rate)
{
    return rate->amount_min_minor != FQ_CONF_WRONG && rate->amount_max_minor != FQ_CONF_WRONG &&
           (rate->amount_max_minor == 0 || rate->amount_max_minor >= rate->amount_min_minor);
}

static bool rates_is_for_all(const struct fq_rate *rate)
{
    return rate->amount_min_minor == 0 && rate->amount_max_minor == 0;
}

/* ---- rows of one kind ---- */

static bool rates_is_kind(const struct fq_rate *a, const struct fq_rate *b)
{
    return a->instalments != 0 && a->bearer != 0 && a->instalments == b->instalments &&
           a->bearer == b->bearer && a->merchant_percent == b->merchant_percent &&
           rates_has_range(a) && rates_has_range(b);
}

static bool rates_begins_within(const struct fq_rate *a, const struct fq_rate *b)
{
    return a->amount_min_minor >= b->amount_min_minor &&
           (b->amount_max_minor == 0 || a->amount_min_minor <= b->amount_max_minor);
}

bool fq_check_rates_meet(const struct fq_rate *a, const struct fq_rate *b)
{
    return rates_has_range(a) && rates_has_range(b) &&
           (rates_begins_within(a, b) || rates_begins_within(b, a));
}

static struct fq_str rates_amount(const struct fq_check *check, int64_t amount_minor)
{
    return fq_money_text(amount_minor, EXPONENT, check->errors->arena);
}

/* Why row i cannot stand beside an earlier row k of its kind; absent: it can. */
static struct fq_str rates_overlap_reason(const struct fq_check *check, struct fq_rates rates,
                                          size_t i, size_t k)
{
    const struct fq_rate *a = &rates.items[i];
    const struct fq_rate *b = &rates.items[k];
    if (!rates_is_kind(a, b) || !fq_check_rates_meet(a, b))
        return (struct fq_str){ NULL, 0 };
    if (rates_is_for_all(a) || rates_is_for_all(b))
        return fq_arena_printf(check->errors->arena,
                               "must differ from rates[%zu] in instalments, bearer or amounts", k);
    int64_t both =
        a->amount_min_minor > b->amount_min_minor ? a->amount_min_minor : b->amount_min_minor;
    struct fq_str amount = rates_amount(check, both > 0 ? both : 1);
    return fq_arena_printf(check->errors->arena,
                           "must not overlap with rates[%zu]: both hold for %.*s", k,
                           fq_str_arg(amount));
}

/* Why amounts right below row i have no rate, though still lower ones do; absent: they have. */
static struct fq_str rates_hole_reason(const struct fq_check *check, struct fq_rates rates,
                                       size_t i)
{
    const struct fq_rate *rate = &rates.items[i];
    const struct fq_rate *below = NULL;
    for (size_t k = 0; k < rates.n_items; k++) {
        const struct fq_rate *other = &rates.items[k];
        bool is_below = rates_is_kind(rate, other) && other->amount_max_minor > 0 &&
                        other->amount_max_minor < rate->amount_min_minor;
        if (is_below && (below == NULL || other->amount_max_minor > below->amount_max_minor))
            below = other;
    }
    if (below == NULL || below->amount_max_minor + 1 == rate->amount_min_minor)
        return (struct fq_str){ NULL, 0 };
    struct fq_str begin = rates_amount(check, below->amount_max_minor + 1);
    struct fq_str end = rates_amount(check, below->amount_max_minor);
    return fq_arena_printf(
        check->errors->arena,
        "must begin at amount_min = \"%.*s\", because rates[%zu] ends at \"%.*s\"",
        fq_str_arg(begin), (size_t)(below - rates.items), fq_str_arg(end));
}

static struct fq_str rates_tier_reason(const struct fq_check *check, struct fq_rates rates,
                                       size_t i)
{
    struct fq_str reason = { NULL, 0 };
    for (size_t k = 0; k < i && reason.len == 0; k++)
        reason = rates_overlap_reason(check, rates, i, k);
    return reason.len > 0 ? reason : rates_hole_reason(check, rates, i);
}

void fq_check_rates(const struct fq_check *check, struct fq_rates rates, struct fq_str key)
{
    for (size_t i = 0; i < rates.n_items; i++) {
        const struct fq_rate *rate = &rates.items[i];
        const char *bearer_reason = rates_bearer_reason(rate);
        if (bearer_reason != NULL)
            fq_check_blame(check, fq_str_of(bearer_reason), "%.*s[%zu]", fq_str_arg(key), i);
        if (rate->amount_max_minor > 0 && rate->amount_max_minor < rate->amount_min_minor)
            fq_check_blame(check, fq_lit("must be at least amount_min"), "%.*s[%zu].amount_max",
                           fq_str_arg(key), i);
        struct fq_str reason = rates_tier_reason(check, rates, i);
        if (reason.len > 0)
            fq_check_blame(check, reason, "%.*s[%zu]", fq_str_arg(key), i);
    }
}
