/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of options. */
#include "daemon/conf/schema.h"

#include <stddef.h>

#include "daemon/base/log.h"
#include "daemon/conf/value.h"

#define MEMBER(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define LIST(type, member, count) \
    offsetof(struct type, member), sizeof(void *), offsetof(struct type, count)

/* One row each; the columns are those of struct fq_conf_row. */
#define NUMBER(name, kind, min, max, fallback, type, member)                                \
    {                                                                                       \
        name, FQ_CONF_##kind, min, max, fallback, MEMBER(type, member), 0, NULL, NULL, NULL \
    }
#define TEXT(name, form, fallback, type, member)                                                  \
    {                                                                                             \
        name, FQ_CONF_TEXT, NULL, NULL, fallback, MEMBER(type, member), 0, &fq_form_##form, NULL, \
            NULL                                                                                  \
    }
#define PATH(name, fallback, type, member)                                                      \
    {                                                                                           \
        name, FQ_CONF_PATH, NULL, NULL, fallback, MEMBER(type, member), 0, &fq_form_path, NULL, \
            NULL                                                                                \
    }
#define WORD(name, words, fallback, type, member)                                            \
    {                                                                                        \
        name, FQ_CONF_WORD, NULL, NULL, fallback, MEMBER(type, member), 0, NULL, words, NULL \
    }
#define BOOL(name, fallback, type, member)                                                  \
    {                                                                                       \
        name, FQ_CONF_BOOL, NULL, NULL, fallback, MEMBER(type, member), 0, NULL, NULL, NULL \
    }
#define TEXTS(name, form, min, max, fallback, type, member, count)                                 \
    {                                                                                              \
        name, FQ_CONF_TEXTS, min, max, fallback, LIST(type, member, count), &fq_form_##form, NULL, \
            NULL                                                                                   \
    }
#define FILES(name, max, type, member, count)                                                   \
    {                                                                                           \
        name, FQ_CONF_FILES, "0", max, "", LIST(type, member, count), &fq_form_path, NULL, NULL \
    }
#define PAIRS(name, kind, form, type, member, count)                                           \
    {                                                                                          \
        name, FQ_CONF_##kind, "0", "64", "", LIST(type, member, count), &fq_form_##form, NULL, \
            NULL                                                                               \
    }
#define GROUP(name, table)                                                 \
    {                                                                      \
        name, FQ_CONF_GROUP, NULL, NULL, "", 0, 0, 0, NULL, NULL, &(table) \
    }
#define GROUPS(name, table, min, max, fallback, type, member, count)                              \
    {                                                                                             \
        name, FQ_CONF_GROUPS, min, max, fallback, LIST(type, member, count), NULL, NULL, &(table) \
    }

#define TABLE(rows, type, named_by, finish)                              \
    {                                                                    \
        rows, fq_array_size(rows), sizeof(struct type), named_by, finish \
    }

/* clang-format off */

/*      option                    kind      from      to         default                   member */
static const struct fq_conf_row front_rows[] = {
  TEXTS("endpoints", endpoint,              "1",      "8",       "tcp://127.0.0.1:7766",   fq_conf, endpoints, n_endpoints),
  PATH("curve_secret_file",                                      NULL,                     fq_conf, curve_secret_file),
  NUMBER("message_size_max",      SIZE,     "4KiB",   "1MiB",    "64KiB",                  fq_conf, message_size_max),
  NUMBER("in_flight_max",         INTEGER,  "1",      "100000",  "4096",                   fq_conf, n_in_flight_max),
  NUMBER("in_flight_per_merchant",INTEGER,  "1",      "100000",  "1024",                   fq_conf, n_in_flight_per_merchant),
  NUMBER("rate_per_second",       INTEGER,  "1",      "1000000", "500",                    fq_conf, rate_per_second),
  NUMBER("rate_burst",            INTEGER,  "1",      "1000000", "1000",                   fq_conf, rate_burst),
};
static const struct fq_conf_table front_table = TABLE(front_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row web_rows[] = {
  TEXT("address", address,                                       "127.0.0.1:8080",         fq_conf, web_address),
  TEXT("public_url", public_url,                                 NULL,                     fq_conf, public_url),
  NUMBER("body_size_max",         SIZE,     "4KiB",   "512KiB",  "128KiB",                 fq_conf, web_body_size_max),
  NUMBER("connections_max",       INTEGER,  "1",      "60000",   "1024",                   fq_conf, n_web_connections_max),
};
static const struct fq_conf_table web_table = TABLE(web_rows, fq_conf, NULL, NULL);

static const struct fq_conf_word mode_words[] = {
  { "0660", 0660 }, { "0600", 0600 }, { NULL, 0 },
};
static const struct fq_conf_row control_rows[] = {
  PATH("path",                                                   "",                       fq_conf, control_path),
  WORD("mode",  mode_words,                                      "0660",                   fq_conf, control_mode),
};
static const struct fq_conf_table control_table = TABLE(control_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row store_rows[] = {
  PATH("path",                                                   "/var/lib/fenqid/fenqid.db", fq_conf, store_path),
};
static const struct fq_conf_table store_table = TABLE(store_rows, fq_conf, NULL, NULL);

static const struct fq_conf_word sink_words[] = {
  { "stderr", FQ_LOG_SINK_STDERR }, { "syslog", FQ_LOG_SINK_SYSLOG }, { "journal", FQ_LOG_SINK_JOURNAL }, { NULL, 0 },
};
static const struct fq_conf_word level_words[] = {
  { "error", LOG_ERR }, { "warning", LOG_WARNING }, { "notice", LOG_NOTICE }, { "info", LOG_INFO }, { "debug", LOG_DEBUG },
  { NULL, 0 },
};
static const struct fq_conf_row log_rows[] = {
  WORD("sink",  sink_words,                                      "stderr",                 fq_conf, log_sink),
  WORD("level", level_words,                                     "info",                   fq_conf, log_level),
};
static const struct fq_conf_table log_table = TABLE(log_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row signing_key_rows[] = {
  TEXT("id", key_id,                                             NULL,                     fq_signing_key_conf, key_id),
  PATH("file",                                                   NULL,                     fq_signing_key_conf, file),
  BOOL("signing",                                                "true",                   fq_signing_key_conf, is_signing),
};
static const struct fq_conf_table signing_key_table = TABLE(signing_key_rows, fq_signing_key_conf, "id", NULL);

static const struct fq_conf_row signing_rows[] = {
  GROUPS("keys", signing_key_table,         "1",      "8",       NULL,                     fq_conf, signing_keys, n_signing_keys),
  PATH("token_key_file",                                         NULL,                     fq_conf, token_key_file),
  FILES("payer_key_files",                            "8",                                 fq_conf, payer_key_files, n_payer_key_files),
};
static const struct fq_conf_table signing_table = TABLE(signing_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row work_rows[] = {
  NUMBER("workers",               INTEGER,  "0",      "256",     "0",                      fq_conf, n_workers),
  PATH("adapters_dir",                                           FQ_PREFIX "/lib/fenqid/adapters", fq_conf, adapters_dir),
};
static const struct fq_conf_table work_table = TABLE(work_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row poll_rows[] = {
  NUMBER("first",                 DURATION, "100ms",  "10min",   "10s",                    fq_conf, poll_first_ms),
  NUMBER("max",                   DURATION, "100ms",  "1h",      "5min",                   fq_conf, poll_max_ms),
};
static const struct fq_conf_table poll_table = TABLE(poll_rows, fq_conf, NULL, NULL);

static const struct fq_conf_word bearer_words[] = {
  { "buyer", FQ_BEARER_BUYER }, { "merchant", FQ_BEARER_MERCHANT }, { "shared", FQ_BEARER_SHARED }, { NULL, 0 },
};
static const struct fq_conf_row rate_rows[] = {
  NUMBER("instalments",           INTEGER,  "1",      "60",      NULL,                     fq_rate, instalments),
  WORD("bearer", bearer_words,                                   NULL,                     fq_rate, bearer),
  NUMBER("merchant_percent",      INTEGER,  "1",      "99",      "0",                      fq_rate, merchant_percent),
  NUMBER("rate",                  PERCENT,  "0%",     "100%",    NULL,                     fq_rate, rate_ppm),
  NUMBER("amount_min",            MONEY,    "0.01",   "99999999.99", "",                   fq_rate, amount_min_minor),
  NUMBER("amount_max",            MONEY,    "0.01",   "99999999.99", "",                   fq_rate, amount_max_minor),
};
/* clang-format on */

_Static_assert(FQ_TERMS_MAX == 60, "the range of `instalments`");

/* Who bears all says how much: only a shared fee has a percentage of its own. */
static void rate_finish(void *element)
{
    struct fq_rate *rate = element;
    if (rate->bearer == FQ_BEARER_MERCHANT && rate->merchant_percent == 0)
        rate->merchant_percent = 100;
}

/* clang-format off */
static const struct fq_conf_table rate_table = TABLE(rate_rows, fq_rate, NULL, rate_finish);

static const struct fq_conf_word rounding_words[] = {
  { "half_even", FQ_ROUNDING_HALF_EVEN }, { "half_up", FQ_ROUNDING_HALF_UP }, { "down", FQ_ROUNDING_DOWN }, { "up", FQ_ROUNDING_UP },
  { NULL, 0 },
};
static const struct fq_conf_word remainder_words[] = {
  { "first", FQ_REMAINDER_FIRST }, { "last", FQ_REMAINDER_LAST }, { NULL, 0 },
};
static const struct fq_conf_word fee_timing_words[] = {
  { "spread", FQ_FEE_TIMING_SPREAD }, { "first", FQ_FEE_TIMING_FIRST }, { NULL, 0 },
};

static const struct fq_conf_row issuer_rows[] = {
  TEXT("id", id,                                                 NULL,                     fq_issuer, id),
  TEXT("title_zh", title,                                        NULL,                     fq_issuer, title_zh),
  TEXT("title_en", title,                                        NULL,                     fq_issuer, title_en),
  TEXTS("bins", bin,                        "0",      "1024",    "",                       fq_issuer, bins, n_bins),
  NUMBER("amount_min",            MONEY,    "0.01",   "99999999.99", "",                   fq_issuer, amount_min_minor),
  NUMBER("amount_max",            MONEY,    "0.01",   "99999999.99", "",                   fq_issuer, amount_max_minor),
  WORD("rounding", rounding_words,                               "",                       fq_issuer, rounding),
  WORD("remainder", remainder_words,                             "",                       fq_issuer, remainder),
  WORD("fee_timing", fee_timing_words,                           "",                       fq_issuer, fee_timing),
  GROUPS("rates", rate_table,               "0",      "256",     "",                       fq_issuer, rates.items, rates.n_items),
};
static const struct fq_conf_table issuer_table = TABLE(issuer_rows, fq_issuer, "id", NULL);

static const struct fq_conf_row issuers_rows[] = {
  GROUPS("issuers", issuer_table,           "1",      "256",     NULL,                     fq_channel_conf, issuers, n_issuers),
};
const struct fq_conf_table fq_conf_issuers_table = TABLE(issuers_rows, fq_channel_conf, NULL, NULL);

static const struct fq_conf_row campaign_rows[] = {
  TEXT("id", id,                                                 NULL,                     fq_campaign, id),
  NUMBER("from",                  TIME,     "2000-01-01 00:00", "9999-12-31 23:59", NULL,  fq_campaign, from_ms),
  NUMBER("until",                 TIME,     "2000-01-01 00:00", "9999-12-31 23:59", NULL,  fq_campaign, until_ms),
  TEXTS("merchants", merchant,              "1",      "256",     "",                       fq_campaign, merchants, n_merchants),
  TEXTS("issuers", id,                      "1",      "256",     "",                       fq_campaign, issuers, n_issuers),
  GROUPS("rates", rate_table,               "1",      "256",     NULL,                     fq_campaign, rates.items, rates.n_items),
};
static const struct fq_conf_table campaign_table = TABLE(campaign_rows, fq_campaign, "id", NULL);

static const struct fq_conf_row disclosure_rows[] = {
  TEXT("collector_zh", words,                                    "",                       fq_channel_conf, texts.collector_zh),
  TEXT("collector_en", words,                                    "",                       fq_channel_conf, texts.collector_en),
  TEXT("default_zh", words,                                      "",                       fq_channel_conf, texts.default_zh),
  TEXT("default_en", words,                                      "",                       fq_channel_conf, texts.default_en),
};
static const struct fq_conf_table disclosure_table = TABLE(disclosure_rows, fq_channel_conf, NULL, NULL);

static const struct fq_conf_row channel_rows[] = {
  TEXT("name", channel,                                          NULL,                     fq_channel_conf, name),
  TEXT("adapter", adapter,                                       NULL,                     fq_channel_conf, adapter),
  TEXTS("hosts", host,                      "1",      "16",      NULL,                     fq_channel_conf, hosts, n_hosts),
  PATH("ca_file",                                                "",                       fq_channel_conf, ca_file),
  NUMBER("timeout",               DURATION, "100ms",  "120s",    "15s",                    fq_channel_conf, timeout_ms),
  NUMBER("amount_min",            MONEY,    "0.01",   "99999999.99", "0.01",               fq_channel_conf, amount_min_minor),
  NUMBER("amount_max",            MONEY,    "0.01",   "99999999.99", NULL,                 fq_channel_conf, amount_max_minor),
  NUMBER("payment_life",          DURATION, "1min",   "30d",     "30min",                  fq_channel_conf, payment_life_ms),
  NUMBER("attempt_life",          DURATION, "0s",     "1d",      "0s",                     fq_channel_conf, attempt_life_ms),
  NUMBER("quote_life",            DURATION, "10s",    "1d",      "15min",                  fq_channel_conf, quote_life_ms),
  NUMBER("calls_max",             INTEGER,  "1",      "1000",    "64",                     fq_channel_conf, n_calls_max),
  NUMBER("breaker_failures",      INTEGER,  "0",      "1000",    "5",                      fq_channel_conf, n_breaker_failures),
  NUMBER("breaker_pause",         DURATION, "1s",     "5min",    "10s",                    fq_channel_conf, breaker_pause_ms),
  BOOL("undo_same_day",                                          "false",                  fq_channel_conf, undo_same_day),
  BOOL("statements",                                             "false",                  fq_channel_conf, wants_statements),
  PAIRS("settings", PAIRS, any,                                                            fq_channel_conf, settings, n_settings),
  PAIRS("keys", PATHS, path,                                                               fq_channel_conf, keys, n_keys),
  GROUPS("rates", rate_table,               "1",      "256",     NULL,                     fq_channel_conf, rates.items, rates.n_items),
  WORD("rounding", rounding_words,                               "",                       fq_channel_conf, rounding),
  WORD("remainder", remainder_words,                             "",                       fq_channel_conf, remainder),
  WORD("fee_timing", fee_timing_words,                           "",                       fq_channel_conf, fee_timing),
  PATH("issuers_file",                                           "",                       fq_channel_conf, issuers_file),
  GROUPS("campaigns", campaign_table,       "0",      "64",      "",                       fq_channel_conf, campaigns, n_campaigns),
  GROUP("disclosure", disclosure_table),
};
static const struct fq_conf_table channel_table = TABLE(channel_rows, fq_channel_conf, "name", NULL);

static const struct fq_conf_row main_rows[] = {
  TEXT("instance", instance,                                     NULL,                     fq_conf_main, conf.instance),
  TEXT("order_prefix", order_prefix,                             NULL,                     fq_conf_main, conf.order_prefix),
  GROUP("front", front_table),
  GROUP("web", web_table),
  GROUP("control", control_table),
  GROUP("store", store_table),
  GROUP("log", log_table),
  GROUP("signing", signing_table),
  GROUP("work", work_table),
  GROUP("poll", poll_table),
  GROUPS("channels", channel_table,         "1",      "256",     NULL,                     fq_conf_main, conf.channels, conf.n_channels),
  PATH("merchants_dir",                                          "merchants.d",            fq_conf_main, merchants_dir),
};
const struct fq_conf_table fq_conf_main_table = TABLE(main_rows, fq_conf_main, NULL, NULL);

static const struct fq_conf_word policy_words[] = {
  { "event", FQ_POLICY_EVENT }, { "refund", FQ_POLICY_REFUND }, { NULL, 0 },
};
static const struct fq_conf_word reopen_words[] = {
  { "wait", false }, { "allow", true }, { NULL, 0 },
};
static const struct fq_conf_row merchant_rates_rows[] = {
  TEXT("channel", channel,                                       NULL,                     fq_merchant_rates, channel),
  GROUPS("rates", rate_table,               "1",      "256",     NULL,                     fq_merchant_rates, rates.items, rates.n_items),
};
static const struct fq_conf_table merchant_rates_table = TABLE(merchant_rates_rows, fq_merchant_rates, "channel", NULL);

static const struct fq_conf_row risk_rows[] = {
  TEXT("hours", hours,                                           "",                       fq_merchant, risk.hours),
  NUMBER("amount_max",            MONEY,    "0.01",   "99999999.99", "",                   fq_merchant, risk.amount_max_minor),
  NUMBER("buyer_payments_per_day",INTEGER,  "0",      "100",     "0",                      fq_merchant, risk.n_buyer_payments_per_day),
  NUMBER("buyer_amount_per_day",  MONEY,    "0.01",   "99999999.99", "",                   fq_merchant, risk.buyer_amount_per_day_minor),
  NUMBER("buyer_refunds_per_week",INTEGER,  "0",      "100",     "0",                      fq_merchant, risk.n_buyer_refunds_per_week),
  NUMBER("payments_per_hour",     INTEGER,  "0",      "10000",   "0",                      fq_merchant, risk.n_payments_per_hour),
};
/* clang-format on */

_Static_assert(FQ_RISK_PAYMENTS_MAX > 100, "the range of buyer_payments_per_day");

static void risk_finish(void *element)
{
    struct fq_risk_rules *risk = &((struct fq_merchant *)element)->risk;
    (void)fq_risk_hours_read(risk->hours, &risk->from_minute, &risk->until_minute);
}

/* clang-format off */
static const struct fq_conf_table risk_table = TABLE(risk_rows, fq_merchant, NULL, risk_finish);

static const struct fq_conf_row merchant_rows[] = {
  TEXT("id", merchant,                                           NULL,                     fq_merchant, id),
  TEXT("name", title,                                            NULL,                     fq_merchant, name),
  TEXTS("client_keys", client_key,          "1",      "16",      NULL,                     fq_merchant, client_keys, n_client_keys),
  TEXTS("channels", channel,                "1",      "64",      NULL,                     fq_merchant, channels, n_channels),
  TEXTS("return_urls", url_prefix,          "0",      "32",      "",                       fq_merchant, return_urls, n_return_urls),
  BOOL("raw_actions",                                            "false",                  fq_merchant, raw_actions),
  WORD("on_late_success", policy_words,                          "event",                  fq_merchant, on_late_success),
  WORD("on_double_paid", policy_words,                           "event",                  fq_merchant, on_double_paid),
  WORD("reopen", reopen_words,                                   "wait",                   fq_merchant, reopen),
  GROUPS("rates", merchant_rates_table,     "0",      "64",      "",                       fq_merchant, rates, n_rates),
  NUMBER("rate_per_second",       INTEGER,  "0",      "1000000", "0",                      fq_merchant, rate_per_second),
  NUMBER("rate_burst",            INTEGER,  "0",      "1000000", "0",                      fq_merchant, rate_burst),
  NUMBER("disclosure_min",        SECONDS,  "0s",     "1h",      "0s",                     fq_merchant, disclosure_seconds_min),
  GROUP("risk", risk_table),
};
const struct fq_conf_table fq_conf_merchant_table = TABLE(merchant_rows, fq_merchant, "id", NULL);

/* clang-format on */

int fq_conf_number(uint32_t kind, struct fq_str text, int64_t *ret)
{
    int64_t ms = 0;
    switch (kind) {
    case FQ_CONF_INTEGER:
        return fq_value_integer(text, ret);
    case FQ_CONF_DURATION:
        return fq_value_duration(text, ret);
    case FQ_CONF_SECONDS:
        if (fq_value_duration(text, &ms) != 0 || ms % 1000 != 0)
            return FQ_VALUE_E_MALFORMED;
        *ret = ms / 1000;
        return 0;
    case FQ_CONF_SIZE:
        return fq_value_size(text, ret);
    case FQ_CONF_MONEY:
        return fq_value_money(text, ret);
    case FQ_CONF_PERCENT:
        return fq_value_percent(text, ret);
    case FQ_CONF_TIME:
        return fq_value_time(text, ret);
    default:
        return FQ_VALUE_E_MALFORMED;
    }
}
