/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that values agree with each other. */
#include "daemon/conf/check.h"

#include "daemon/conf/suggest.h"

#define CONTROL_PATH_MAX 107 /* what the kernel takes as a socket's name */

static void check_control(const struct fq_check *check)
{
    const struct fq_conf *conf = check->conf;
    const struct fq_str too_long = fq_lit("must be at most 107 bytes, with the folders before it");
    if (conf->control_path.len > CONTROL_PATH_MAX)
        fq_check_blame(check, too_long, "control.path");
    if (conf->control_audit_path.len > CONTROL_PATH_MAX)
        fq_check_blame(check, too_long, "control.audit_path");
    if (conf->control_audit_path.len > 0 &&
        fq_str_equal(conf->control_audit_path, conf->control_path))
        fq_check_blame(check, fq_lit("must not be control.path"), "control.audit_path");
}

static void check_daemon(const struct fq_check *check)
{
    const struct fq_conf *conf = check->conf;
    if (conf->n_in_flight_per_merchant > conf->n_in_flight_max)
        fq_check_blame(check, fq_lit("must be at most in_flight_max"),
                       "front.in_flight_per_merchant");
    check_control(check);
    if (conf->poll_max_ms < conf->poll_first_ms)
        fq_check_blame(check, fq_lit("must be at least poll.first"), "poll.max");
    bool is_signing = conf->n_signing_keys == 0;
    for (size_t i = 0; i < conf->n_signing_keys; i++)
        is_signing = is_signing || conf->signing_keys[i].is_signing;
    if (!is_signing)
        fq_check_blame(check, fq_lit("must have a key with signing = true"), "signing.keys");
    for (size_t i = 0; i < conf->n_payer_key_files; i++) {
        struct fq_str reason = fq_check_repeated(check, conf->payer_key_files, i);
        if (reason.len > 0)
            fq_check_blame(check, reason, "signing.payer_key_files[%zu]", i);
    }
}

/* ---- channels ---- */

static void check_channel(const struct fq_check *check, const struct fq_channel_conf *channel)
{
    struct fq_str name = channel->name;
    if (channel->amount_max_minor > 0 && channel->amount_max_minor < channel->amount_min_minor)
        fq_check_blame(check, fq_lit("must be at least amount_min"), "channels.%.*s.amount_max",
                       fq_str_arg(name));
    fq_check_rates(check, channel->rates,
                   fq_arena_printf(check->conf->arena, "channels.%.*s.rates", fq_str_arg(name)));
    fq_check_issuers(check, channel);
    fq_check_campaigns(check, channel);
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

static struct fq_str check_channel_reason(const struct fq_check *check, struct fq_str name)
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

struct fq_str fq_check_repeated(const struct fq_check *check, const struct fq_str *texts, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (texts[i].len > 0 && fq_str_equal(texts[i], texts[k]))
            return fq_arena_printf(check->errors->arena, "must stand once, is also [%zu]", k);
    }
    return (struct fq_str){ NULL, 0 };
}

static void check_merchant_channels(const struct fq_check *check,
                                    const struct fq_merchant *merchant)
{
    for (size_t i = 0; i < merchant->n_channels; i++) {
        struct fq_str name = merchant->channels[i];
        struct fq_str reason = fq_check_repeated(check, merchant->channels, i);
        bool is_known = check->conf->n_channels == 0 || check_has_channel(check->conf, name);
        if (reason.len == 0 && name.len > 0 && !is_known)
            reason = check_channel_reason(check, name);
        if (reason.len > 0)
            fq_check_blame(check, reason, "merchants.%.*s.channels[%zu]", fq_str_arg(merchant->id),
                           i);
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
static void check_client_keys(const struct fq_check *check, size_t m)
{
    const struct fq_merchant *merchant = &check->conf->merchants[m];
    for (size_t i = 0; i < merchant->n_client_keys; i++) {
        struct fq_str key = merchant->client_keys[i];
        struct fq_str reason = fq_check_repeated(check, merchant->client_keys, i);
        for (size_t k = 0; k < m && key.len > 0 && reason.len == 0; k++) {
            const struct fq_merchant *other = &check->conf->merchants[k];
            if (check_has_key(other, key))
                reason = fq_arena_printf(check->errors->arena,
                                         "must be of one merchant only, is also of %.*s",
                                         fq_str_arg(other->id));
        }
        if (reason.len > 0)
            fq_check_blame(check, reason, "merchants.%.*s.client_keys[%zu]",
                           fq_str_arg(merchant->id), i);
    }
}

static void check_merchant_rates(const struct fq_check *check, const struct fq_merchant *merchant)
{
    for (size_t i = 0; i < merchant->n_rates; i++) {
        struct fq_str channel = merchant->rates[i].channel;
        struct fq_str key = fq_arena_printf(check->conf->arena, "merchants.%.*s.rates.%.*s",
                                            fq_str_arg(merchant->id), fq_str_arg(channel));
        bool is_its_own = channel.len == 0;
        for (size_t k = 0; k < merchant->n_channels; k++)
            is_its_own = is_its_own || fq_str_equal(merchant->channels[k], channel);
        if (!is_its_own)
            fq_check_blame(check,
                           fq_arena_printf(check->errors->arena,
                                           "must be one of the merchant's channels, is \"%.*s\"",
                                           fq_str_arg(channel)),
                           "%.*s.channel", fq_str_arg(key));
        fq_check_rates(check, merchant->rates[i].rates,
                       fq_arena_printf(check->conf->arena, "%.*s.rates", fq_str_arg(key)));
    }
}

static void check_reopen(const struct fq_check *check, const struct fq_merchant *merchant)
{
    if (merchant->reopen && merchant->on_double_paid != FQ_POLICY_REFUND)
        fq_check_blame(
            check,
            fq_lit("must be \"wait\", or on_double_paid must be \"refund\": of two tries "
                   "at once both may be paid"),
            "merchants.%.*s.reopen", fq_str_arg(merchant->id));
}

/* Amounts that are wrong by themselves are FQ_CONF_WRONG. */
static void check_risk(const struct fq_check *check, const struct fq_merchant *merchant)
{
    const struct fq_risk_rules *risk = &merchant->risk;
    if (risk->buyer_amount_per_day_minor > 0 &&
        risk->buyer_amount_per_day_minor < risk->amount_max_minor)
        fq_check_blame(check, fq_lit("must be at least amount_max"),
                       "merchants.%.*s.risk.buyer_amount_per_day", fq_str_arg(merchant->id));
}

void fq_conf_check(const struct fq_conf *conf, struct fq_conf_errors *errors)
{
    const struct fq_check check = { .conf = conf, .errors = errors };
    check_daemon(&check);
    for (size_t i = 0; i < conf->n_channels; i++)
        check_channel(&check, &conf->channels[i]);
    for (size_t i = 0; i < conf->n_merchants; i++) {
        check_merchant_channels(&check, &conf->merchants[i]);
        check_client_keys(&check, i);
        check_merchant_rates(&check, &conf->merchants[i]);
        check_reopen(&check, &conf->merchants[i]);
        check_risk(&check, &conf->merchants[i]);
    }
}
