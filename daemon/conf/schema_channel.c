/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of options: a channel, its rates, its banks, its campaigns. */
#include "daemon/conf/schema.h"
#include "daemon/conf/schema_rows.h"

_Static_assert(FQ_TERMS_MAX == 60, "the range of `instalments`");

/* clang-format off */

static const struct fq_conf_word bearer_words[] = {
  { "buyer", FQ_BEARER_BUYER }, { "merchant", FQ_BEARER_MERCHANT }, { "shared", FQ_BEARER_SHARED }, { NULL, 0 },
};
static const struct fq_conf_row rate_rows[] = {
  NUMBER("instalments",           INTEGER,  "1",      "60",      MUST("12"),                 fq_rate, instalments,
        "how many"),
  WORD("bearer", bearer_words,                                   MUST("buyer"),              fq_rate, bearer,
        "who pays the fee"),
  NUMBER("merchant_percent",      INTEGER,  "1",      "99",      DEFAULT("0"),               fq_rate, merchant_percent,
        "with bearer \"shared\", and only then: the shop's part of the fee, in percent"),
  NUMBER("rate",                  PERCENT,  "0%",     "100%",    MUST("7.50%"),              fq_rate, rate_ppm,
        "the whole fee by the amount"),
  NUMBER("amount_min",            MONEY,    "0.01",   "99999999.99", MAY("1000.00"),         fq_rate, amount_min_minor,
        "the row is for amounts from here on; left out: for small ones too"),
  NUMBER("amount_max",            MONEY,    "0.01",   "99999999.99", MAY("4999.99"),         fq_rate, amount_max_minor,
        "and up to here; left out: for large ones too"),
};

/* clang-format on */

/* Who bears all says how much: only a shared fee has a percentage of its own. */
static void rate_finish(void *element)
{
    struct fq_rate *rate = element;
    if (rate->bearer == FQ_BEARER_MERCHANT && rate->merchant_percent == 0)
        rate->merchant_percent = 100;
}

/* clang-format off */
const struct fq_conf_table fq_conf_rate_table = TABLE(rate_rows, fq_rate, NULL, rate_finish);

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
  TEXT("id", id,                                                 MUST("icbc"),               fq_issuer, id,
        "storefronts, quotes and journal name it"),
  TEXT("title_zh", title,                                        MUST("工商银行"),           fq_issuer, title_zh,
        "for buyers, in Chinese"),
  TEXT("title_en", title,                                        MUST("ICBC"),               fq_issuer, title_en,
        "and in English"),
  TEXTS("bins", bin,                        "0",      "1024",    MAY("[ \"622202\" ]"),      fq_issuer, bins, n_bins,
        "the first digits of its cards; none: it has to be named"),
  NUMBER("amount_min",            MONEY,    "0.01",   "99999999.99", MAY("600.00"),          fq_issuer, amount_min_minor,
        "left out: the channel's"),
  NUMBER("amount_max",            MONEY,    "0.01",   "99999999.99", MAY("50000.00"),        fq_issuer, amount_max_minor,
        "left out: the channel's"),
  WORD("rounding", rounding_words,                               MAY("half_up"),             fq_issuer, rounding,
        "left out: the channel's"),
  WORD("remainder", remainder_words,                             MAY("first"),               fq_issuer, remainder,
        "left out: the channel's"),
  WORD("fee_timing", fee_timing_words,                           MAY("first"),               fq_issuer, fee_timing,
        "left out: the channel's"),
  GROUPS("rates", fq_conf_rate_table,       "0",      "256",     MAY(""),                    fq_issuer, rates.items, rates.n_items,
        "its own, in place of the channel's", BRIEF),
};
static const struct fq_conf_table issuer_table = TABLE(issuer_rows, fq_issuer, "id", NULL);

static const struct fq_conf_row issuers_rows[] = {
  GROUPS("issuers", issuer_table,           "1",      "256",     MUST(""),                   fq_channel_conf, issuers, n_issuers,
        "The banks, each with its cards and rates"),
};
const struct fq_conf_table fq_conf_issuers_table = TABLE(issuers_rows, fq_channel_conf, NULL, NULL);

static const struct fq_conf_row campaign_rows[] = {
  TEXT("id", id,                                                 MUST("november-2026"),      fq_campaign, id,
        "quotes and journal name it"),
  NUMBER("from",                  TIME,     "2000-01-01 00:00", "9999-12-31 23:59", MUST("2026-11-01 00:00"), fq_campaign, from_ms,
        "when it begins"),
  NUMBER("until",                 TIME,     "2000-01-01 00:00", "9999-12-31 23:59", MUST("2026-11-12 00:00"), fq_campaign, until_ms,
        "at this very moment it is over"),
  TEXTS("merchants", merchant,              "1",      "256",     MAY("[ \"example\" ]"),     fq_campaign, merchants, n_merchants,
        "left out: all of them"),
  TEXTS("issuers", id,                      "1",      "256",     MAY("[ \"icbc\" ]"),        fq_campaign, issuers, n_issuers,
        "banks of issuers_file; left out: whatever the bank"),
  GROUPS("rates", fq_conf_rate_table,       "1",      "256",     MUST(""),                   fq_campaign, rates.items, rates.n_items,
        "take the place of all rows of the same number of instalments", BRIEF),
};
static const struct fq_conf_table campaign_table = TABLE(campaign_rows, fq_campaign, "id", NULL);

static const struct fq_conf_row disclosure_rows[] = {
  TEXT("collector_zh", words,                                    MAY("发卡银行"),            fq_channel_conf, texts.collector_zh,
        "who collects the fee; left out: the channel's title"),
  TEXT("collector_en", words,                                    MAY("the bank of the card"), fq_channel_conf, texts.collector_en,
        "the same in English"),
  TEXT("default_zh", words,                                      MAY("逾期按发卡银行信用卡领用合约计收违约金"), fq_channel_conf, texts.default_zh,
        "what it costs not to pay in time"),
  TEXT("default_en", words,                                      MAY("overdue: as the bank's card agreement says"), fq_channel_conf, texts.default_en,
        "the same in English"),
};
static const struct fq_conf_table disclosure_table = TABLE(disclosure_rows, fq_channel_conf, NULL, NULL);

static const struct fq_conf_row channel_rows[] = {
  TEXT("name", channel,                                          MUST("huabei"),             fq_channel_conf, name,
        "1..32 of 0-9 a-z -; the platform calls /notify/NAME"),
  TEXT("adapter", adapter,                                       MUST("huabei"),             fq_channel_conf, adapter,
        "adapters_dir/NAME.so"),
  TEXTS("hosts", host,                      "1",      "16",      MUST("[ \"openapi.alipay.com\" ]"), fq_channel_conf, hosts, n_hosts,
        "HOST or HOST:PORT; nothing is sent anywhere else"),
  PATH("ca_file",                                                MAY("keys/platform-ca.pem"), fq_channel_conf, ca_file,
        "roots for TLS to the platform; left out: the system's", KEY),
  NUMBER("timeout",               DURATION, "100ms",  "120s",    DEFAULT("15s"),             fq_channel_conf, timeout_ms,
        "of one exchange with the platform"),
  NUMBER("amount_min",            MONEY,    "0.01",   "99999999.99", DEFAULT_BUT("0.01", "100.00"), fq_channel_conf, amount_min_minor,
        "in the channel's currency; Alipay advises 100 yuan", SHOWN),
  NUMBER("amount_max",            MONEY,    "0.01",   "99999999.99", MUST("50000.00"),       fq_channel_conf, amount_max_minor,
        "of one payment"),
  NUMBER("payment_life",          DURATION, "1min",   "30d",     DEFAULT("30min"),           fq_channel_conf, payment_life_ms,
        "how long a buyer may take, unless the request says; an adapter may allow less: huabei 15d, bankcard 1d"),
  NUMBER("attempt_life",          DURATION, "0s",     "1d",      DEFAULT("0s"),              fq_channel_conf, attempt_life_ms,
        "of one try at the platform; \"0s\": as long as the payment"),
  NUMBER("quote_life",            DURATION, "10s",    "1d",      DEFAULT("15min"),           fq_channel_conf, quote_life_ms,
        "how long a quote holds"),
  NUMBER("calls_max",             INTEGER,  "1",      "1000",    DEFAULT("64"),              fq_channel_conf, n_calls_max,
        "exchanges with the platform at once"),
  NUMBER("breaker_failures",      INTEGER,  "0",      "1000",    DEFAULT("5"),               fq_channel_conf, n_breaker_failures,
        "exchanges without an answer, in a row, that pause the channel; 0: never"),
  NUMBER("breaker_pause",         DURATION, "1s",     "5min",    DEFAULT("10s"),             fq_channel_conf, breaker_pause_ms,
        "then one exchange tries; each time in vain it is doubled, up to 5min"),
  BOOL("undo_same_day",                                          DEFAULT("false"),           fq_channel_conf, undo_same_day,
        "true: a whole refund on the day of settlement is sent as an undo"),
  BOOL("statements",                                             DEFAULT("false"),           fq_channel_conf, wants_statements,
        "true: the settlement file is fetched every day"),
  PAIRS("settings", PAIRS, any,                                  MAY(fq_conf_example_settings),      fq_channel_conf, settings, n_settings,
        "For the adapter; which ones there are, the adapter says. All are texts, and none is a secret: secrets are keys", SHOWN),
  PAIRS("keys", PATHS, path,                                     MAY(fq_conf_example_keys),          fq_channel_conf, keys, n_keys,
        "The account's keys: a name that the adapter knows, and a file", KEY_SHOWN),
  GROUPS("rates", fq_conf_rate_table,       "1",      "256",     MUST(fq_conf_example_rates),        fq_channel_conf, rates.items, rates.n_items,
        "The plans on offer, by contract: `rate` is the whole fee by the amount. bearer \"merchant\" is free of charge for the "
        "buyer; \"shared\" also needs merchant_percent (1..99, of the fee). A row may be for some amounts only (amount_min, "
        "amount_max, both included); several of the same instalments, bearer and merchant_percent then follow each other "
        "without a hole", BRIEF),
  WORD("rounding", rounding_words,                               MAY("half_even"),           fq_channel_conf, rounding,
        "of the fee, by contract; left out, as the next two: as the platform does it"),
  WORD("remainder", remainder_words,                             MAY("first"),               fq_channel_conf, remainder,
        "the instalment that takes what is left over"),
  WORD("fee_timing", fee_timing_words,                           MAY("spread"),              fq_channel_conf, fee_timing,
        "\"spread\": a part of the fee with each instalment; \"first\": all with the first"),
  PATH("issuers_file",                                           MAY("issuers/unionpay-example.conf"), fq_channel_conf, issuers_file,
        "the banks, each with its cards and rates: a file of its own"),
  GROUPS("campaigns", campaign_table,       "0",      "64",      MAY(fq_conf_example_campaigns),     fq_channel_conf, campaigns, n_campaigns,
        "Other rates for a time: the rows take the place of all of the same number of instalments, also of a bank's or a "
        "merchant's own. No two campaigns may be for the same purchase at once", BRIEF),
  GROUP("disclosure", disclosure_table,
        "What the table of costs says in words, in both languages"),
};
const struct fq_conf_table fq_conf_channel_table = TABLE(channel_rows, fq_channel_conf, "name", NULL);

/* clang-format on */
