/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of options: a merchant's file. */
#include "daemon/conf/schema.h"
#include "daemon/conf/schema_rows.h"

_Static_assert(FQ_RISK_PAYMENTS_MAX > 100, "the range of buyer_payments_per_day");

/* clang-format off */

static const struct fq_conf_word policy_words[] = {
  { "event", FQ_POLICY_EVENT }, { "refund", FQ_POLICY_REFUND }, { NULL, 0 },
};
static const struct fq_conf_word reopen_words[] = {
  { "wait", false }, { "allow", true }, { NULL, 0 },
};
static const struct fq_conf_row merchant_rates_rows[] = {
  TEXT("channel", channel,                                       MUST("huabei"),             fq_merchant_rates, channel,
        "its name"),
  GROUPS("rates", fq_conf_rate_table,       "1",      "256",     MUST(""),                   fq_merchant_rates, rates.items, rates.n_items,
        "the whole table", BRIEF),
};
static const struct fq_conf_table merchant_rates_table = TABLE(merchant_rates_rows, fq_merchant_rates, "channel", NULL);

static const struct fq_conf_row risk_rows[] = {
  TEXT("hours", hours,                                           MAY("01:00-05:30"),         fq_merchant, risk.hours,
        "no payments then, in Beijing; may cross midnight"),
  NUMBER("amount_max",            MONEY,    "0.01",   "99999999.99", MAY("20000.00"),        fq_merchant, risk.amount_max_minor,
        "of one payment"),
  NUMBER("buyer_payments_per_day",INTEGER,  "0",      "100",     DEFAULT("0"),               fq_merchant, risk.n_buyer_payments_per_day,
        "open or paid, of the last 24 hours; 0: any number"),
  NUMBER("buyer_amount_per_day",  MONEY,    "0.01",   "99999999.99", MAY("30000.00"),        fq_merchant, risk.buyer_amount_per_day_minor,
        "all of these together, and this one"),
  NUMBER("buyer_refunds_per_week",INTEGER,  "0",      "100",     DEFAULT("0"),               fq_merchant, risk.n_buyer_refunds_per_week,
        "a buyer with so many payments of the last 7 days that went back whole within 24 hours of being paid makes no "
        "more; 0: any number"),
  NUMBER("payments_per_hour",     INTEGER,  "0",      "10000",   DEFAULT("0"),               fq_merchant, risk.n_payments_per_hour,
        "of the whole shop, paid or not; 0: any number"),
};

/* clang-format on */

static void risk_finish(void *element)
{
    struct fq_risk_rules *risk = &((struct fq_merchant *)element)->risk;
    (void)fq_risk_hours_read(risk->hours, &risk->from_minute, &risk->until_minute);
}

/* clang-format off */
static const struct fq_conf_table risk_table = TABLE(risk_rows, fq_merchant, NULL, risk_finish);

static const struct fq_conf_row merchant_rows[] = {
  TEXT("id", merchant,                                           MUST("example"),            fq_merchant, id,
        "1..32 of 0-9 A-Z a-z _ -; never changes"),
  TEXT("name", title,                                            MUST("Example Shop"),       fq_merchant, name,
        "for pages and logs"),
  TEXTS("client_keys", client_key,          "1",      "16",      MUST("[ \"C$LY<^%&ghhQ8<9v{BRW8coVWqc35Ri&r4?RqP}Y\" ]"), fq_merchant, client_keys, n_client_keys,
        "the shop's CURVE public keys, Z85; each belongs to one merchant only. Nobody has the secret of an example's: put the "
        "shop's own in its place"),
  TEXTS("channels", channel,                "1",      "64",      MUST("[ \"huabei\", \"bankcard\" ]"), fq_merchant, channels, n_channels,
        "those that it may use"),
  TEXTS("return_urls", url_prefix,          "0",      "32",      MAY("[ \"https://shop.example.com/paid/\" ]"), fq_merchant, return_urls, n_return_urls,
        "buyers are sent back to nothing but URLs that begin with one of these; https, '/' at the end", SHOWN),
  BOOL("disabled",                                               DEFAULT("false"),           fq_merchant, is_disabled,
        "true: its keys stop at once, what runs goes on; `fenqictl merchant disable` writes it"),
  BOOL("raw_actions",                                            DEFAULT("false"),           fq_merchant, raw_actions,
        "true: may get redirects and forms instead of hosted links"),
  WORD("on_late_success", policy_words,                          DEFAULT("event"),           fq_merchant, on_late_success,
        "paid after it was closed: \"event\" tells, \"refund\" also refunds"),
  WORD("on_double_paid", policy_words,                           DEFAULT("event"),           fq_merchant, on_double_paid,
        "an order paid twice: likewise"),
  WORD("reopen", reopen_words,                                   DEFAULT("wait"),            fq_merchant, reopen,
        "a buyer who tries again waits until the last try is dead; \"allow\": does not (only with on_double_paid = \"refund\")"),
  GROUPS("rates", merchant_rates_table,     "0",      "64",      MAY(fq_conf_example_merchant_rates),         fq_merchant, rates, n_rates,
        "What is agreed with this shop alone: whole tables, in place of the channel's and its banks'", BRIEF),
  NUMBER("rate_per_second",       INTEGER,  "0",      "1000000", DEFAULT("0"),               fq_merchant, rate_per_second,
        "requests; 0: as in fenqid.conf"),
  NUMBER("rate_burst",            INTEGER,  "0",      "1000000", DEFAULT("0"),               fq_merchant, rate_burst,
        "likewise"),
  NUMBER("disclosure_min",        SECONDS,  "0s",     "1h",      DEFAULT("0s"),              fq_merchant, disclosure_seconds_min,
        "how long a buyer must have been shown the cost; \"0s\": any time"),
  GROUP("risk", risk_table,
        "Against cash-out (fictitious trade that turns a buyer's credit into money): what fenqid refuses by itself. All is "
        "off unless it is set. QuotePlans then says RISK, CreatePayment RISK_HOURS, RISK_AMOUNT, RISK_BUYER_VELOCITY, "
        "RISK_BUYER_REFUNDS or RISK_BURST, and the log names the rule. For the rules about a buyer the shop has to say who "
        "that is, by an id of its own (Buyer.reference: no name, phone or card number); fenqid keeps a keyed hash of it"),
};
const struct fq_conf_table fq_conf_merchant_table = TABLE(merchant_rows, fq_merchant, "id", NULL);

/* clang-format on */
