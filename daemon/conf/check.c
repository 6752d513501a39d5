/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that values agree with each other. */
#include "daemon/conf/check.h"

#include "daemon/conf/suggest.h"

struct check {
    const struct fq_conf *conf;
    struct fq_conf_errors *errors;
};

/* The key is a format with arguments; the reason is plain. */
#define check_blame(check, reason, ...)           \
    fq_conf_blame((check)->conf, (check)->errors, \
                  fq_arena_printf((check)->errors->arena, __VA_ARGS__), (reason))

static void check_daemon(const struct check *check)
{
    const struct fq_conf *conf = check->conf;
    if (conf->n_in_flight_per_merchant > conf->n_in_flight_max)
        check_blame(check, fq_lit("must be at most in_flight_max"), "front.in_flight_per_merchant");
    if (conf->poll_max_ms < conf->poll_first_ms)
        check_blame(check, fq_lit("must be at least poll.first"), "poll.max");
    bool is_signing = conf->n_signing_keys == 0;
    for (size_t i = 0; i < conf->n_signing_keys; i++)
        is_signing = is_signing || conf->signing_keys[i].is_signing;
    if (!is_signing)
        check_blame(check, fq_lit("must have a key with signing = true"), "signing.keys");
}

/* ---- channels ---- */

static const char *check_rate_reason(const struct fq_rate *rate)
{
    if (rate->bearer == FQ_BEARER_SHARED && rate->merchant_percent == 0)
        return "must have merchant_percent, because bearer is \"shared\"";
    if (rate->bearer == FQ_BEARER_BUYER && rate->merchant_percent != 0)
        return "must not have merchant_percent, because bearer is \"buyer\"";
    if (rate->bearer == FQ_BEARER_MERCHANT && rate->merchant_percent != 100)
        return "must not have merchant_percent, because bearer is \"merchant\"";
    return NULL;
}

static bool check_rate_is_same(const struct fq_rate *a, const struct fq_rate *b)
{
    return a->instalments == b->instalments && a->bearer == b->bearer &&
           a->merchant_percent == b->merchant_percent;
}

static void check_rates(const struct check *check, const struct fq_channel_conf *channel)
{
    for (size_t i = 0; i < channel->rates.n_items; i++) {
        const struct fq_rate *rate = &channel->rates.items[i];
        const char *reason = check_rate_reason(rate);
        if (reason != NULL)
            check_blame(check, fq_str_of(reason), "channels.%.*s.rates[%zu]",
                        fq_str_arg(channel->name), i);
        for (size_t k = 0; k < i && rate->instalments != 0 && rate->bearer != 0; k++) {
            if (check_rate_is_same(rate, &channel->rates.items[k]))
                check_blame(check,
                            fq_arena_printf(check->errors->arena,
                                            "must differ from rates[%zu] in instalments or bearer",
                                            k),
                            "channels.%.*s.rates[%zu]", fq_str_arg(channel->name), i);
        }
    }
}

static void check_channel(const struct check *check, const struct fq_channel_conf *channel)
{
    if (channel->amount_max_minor != 0 && channel->amount_max_minor < channel->amount_min_minor)
        check_blame(check, fq_lit("must be at least amount_min"), "channels.%.*s.amount_max",
                    fq_str_arg(channel->name));
    check_rates(check, channel);
}

/* ---- merchants ---- */

static bool check_has_channel(const struct fq_conf *conf, struct fq_str name)
{
    for (size_t i = 0; i < conf->n_channels; i++) {
        if (fq_str_equal(conf->channels[i].name, name))
            return true;
    }
    return false;
}

static struct fq_str check_channel_reason(const struct check *check, struct fq_str name)
{
    struct fq_suggest suggest;
    fq_suggest_init(&suggest, name);
    for (size_t i = 0; i < check->conf->n_channels; i++)
        fq_suggest_offer(&suggest, check->conf->channels[i].name);
    bool has = suggest.best.len > 0;
    return fq_arena_printf(check->errors->arena,
                           "must be the name of a channel, is \"%.*s\"%s%.*s%s", fq_str_arg(name),
                           has ? " (did you mean " : "", fq_str_arg(suggest.best), has ? "?)" : "");
}

/* The reason why text i of a merchant's list is one too many, or absent. */
static struct fq_str check_repeated(const struct check *check, const struct fq_str *texts, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (texts[i].len > 0 && fq_str_equal(texts[i], texts[k]))
            return fq_arena_printf(check->errors->arena, "must stand once, is also [%zu]", k);
    }
    return (struct fq_str){ NULL, 0 };
}

static void check_merchant_channels(const struct check *check, const struct fq_merchant *merchant)
{
    for (size_t i = 0; i < merchant->n_channels; i++) {
        struct fq_str name = merchant->channels[i];
        struct fq_str reason = check_repeated(check, merchant->channels, i);
        bool is_known = check->conf->n_channels == 0 || check_has_channel(check->conf, name);
        if (reason.len == 0 && name.len > 0 && !is_known)
            reason = check_channel_reason(check, name);
        if (reason.len > 0)
            check_blame(check, reason, "merchants.%.*s.channels[%zu]", fq_str_arg(merchant->id), i);
    }
}

static bool check_has_key(const struct fq_merchant *merchant, struct fq_str key)
{
    for (size_t i = 0; i < merchant->n_client_keys; i++) {
        if (fq_str_equal(merchant->client_keys[i], key))
            return true;
    }
    return false;
}

/* A key names one merchant, or it would be asked in the name of two. */
static void check_client_keys(const struct check *check, size_t m)
{
    const struct fq_merchant *merchant = &check->conf->merchants[m];
    for (size_t i = 0; i < merchant->n_client_keys; i++) {
        struct fq_str key = merchant->client_keys[i];
        struct fq_str reason = check_repeated(check, merchant->client_keys, i);
        for (size_t k = 0; k < m && key.len > 0 && reason.len == 0; k++) {
            const struct fq_merchant *other = &check->conf->merchants[k];
            if (check_has_key(other, key))
                reason = fq_arena_printf(check->errors->arena,
                                         "must be of one merchant only, is also of %.*s",
                                         fq_str_arg(other->id));
        }
        if (reason.len > 0)
            check_blame(check, reason, "merchants.%.*s.client_keys[%zu]", fq_str_arg(merchant->id),
                        i);
    }
}

void fq_conf_check(const struct fq_conf *conf, struct fq_conf_errors *errors)
{
    const struct check check = { .conf = conf, .errors = errors };
    check_daemon(&check);
    for (size_t i = 0; i < conf->n_channels; i++)
        check_channel(&check, &conf->channels[i]);
    for (size_t i = 0; i < conf->n_merchants; i++) {
        check_merchant_channels(&check, &conf->merchants[i]);
        check_client_keys(&check, i);
    }
}
