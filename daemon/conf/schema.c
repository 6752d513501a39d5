/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of options: the main file, but for its channels. */
#include "daemon/conf/schema.h"

#include "daemon/base/log.h"
#include "daemon/conf/schema_rows.h"
#include "daemon/conf/value.h"

/* clang-format off */

/*      option                    kind      from      to         value                       member
        text                                                                                         */
static const struct fq_conf_row front_rows[] = {
  TEXTS("endpoints", endpoint,              "1",      "8",       DEFAULT("tcp://127.0.0.1:7766"), fq_conf, endpoints, n_endpoints,
        "\"tcp://HOST:PORT\" or \"ipc:///PATH\"; on a private network only", FIXED),
  PATH("curve_secret_file",                                      MUST("keys/curve.secret"),  fq_conf, curve_secret_file,
        "our CURVE secret key, Z85; `fenqictl keygen` makes it", FIXED_KEY),
  TEXTS("next_endpoints", endpoint,         "0",      "8",       MAY("[ \"tcp://127.0.0.1:7767\" ]"), fq_conf, next_endpoints, n_next_endpoints,
        "where shops that have our next key ask already, while it takes the place of the first: "
        "an endpoint has one key", FIXED),
  PATH("next_curve_secret_file",                                 MAY("keys/curve-next.secret"), fq_conf, next_curve_secret_file,
        "that next key; `fenqictl key rotate --curve` makes it and tells the steps", FIXED_KEY),
  NUMBER("message_size_max",      SIZE,     "4KiB",   "1MiB",    DEFAULT("64KiB"),           fq_conf, message_size_max,
        "of one request", FIXED),
  NUMBER("in_flight_max",         INTEGER,  "1",      "100000",  DEFAULT("4096"),            fq_conf, n_in_flight_max,
        "requests inside the daemon at once; more are told to come later", FIXED),
  NUMBER("in_flight_per_merchant",INTEGER,  "1",      "100000",  DEFAULT("1024"),            fq_conf, n_in_flight_per_merchant,
        "those of one merchant", FIXED),
  NUMBER("rate_per_second",       INTEGER,  "1",      "1000000", DEFAULT("500"),             fq_conf, rate_per_second,
        "requests of one merchant, unless its file says otherwise", FIXED),
  NUMBER("rate_burst",            INTEGER,  "1",      "1000000", DEFAULT("1000"),            fq_conf, rate_burst,
        "so many at once after a pause", FIXED),
};
static const struct fq_conf_table front_table = TABLE(front_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row web_rows[] = {
  TEXT("address", address,                                       DEFAULT("127.0.0.1:8080"),  fq_conf, web_address,
        "port 0: any free one; a socket that systemd hands over (fenqid-web.socket) takes its place", FIXED),
  TEXT("public_url", public_url,                                 MUST("https://pay.example.com"), fq_conf, public_url,
        "as seen from outside; no '/' at its end", FIXED),
  NUMBER("body_size_max",         SIZE,     "4KiB",   "512KiB",  DEFAULT("128KiB"),          fq_conf, web_body_size_max,
        "of one request", FIXED),
  NUMBER("connections_max",       INTEGER,  "1",      "60000",   DEFAULT("1024"),            fq_conf, n_web_connections_max,
        "at once", FIXED),
  TEXTS("metrics_from", peer,               "0",      "16",      MAY("[ \"127.0.0.1\" ]"),   fq_conf, metrics_from, n_metrics_from,
        "addresses that may read /metrics, as fenqid sees them: behind a proxy on this machine, its "
        "X-Forwarded-For; left out: only the control socket tells them"),
};
static const struct fq_conf_table web_table = TABLE(web_rows, fq_conf, NULL, NULL);

static const struct fq_conf_word mode_words[] = {
  { "0660", 0660 }, { "0600", 0600 }, { NULL, 0 },
};
static const struct fq_conf_row control_rows[] = {
  PATH("path",                                                   MAY("/run/fenqid/control"), fq_conf, control_path,
        "up to 107 bytes; left out: there is none", FIXED_SHOWN),
  WORD("mode",  mode_words,                                      DEFAULT("0660"),            fq_conf, control_mode,
        "\"0660\": fenqid and its group; \"0600\": fenqid (and root) alone", FIXED),
  PATH("audit_path",                                             MAY("/run/fenqid-audit/control"), fq_conf, control_audit_path,
        "a second one, for those who may look and change nothing: it belongs to its folder's group "
        "(fenqid-audit); left out: there is none", FIXED_SHOWN),
};
static const struct fq_conf_table control_table = TABLE(control_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row store_rows[] = {
  PATH("path",                                                   DEFAULT("/var/lib/fenqid/fenqid.db"), fq_conf, store_path,
        "on a disk that honours fsync", FIXED),
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
  WORD("sink",  sink_words,                                      DEFAULT_BUT("stderr", "journal"),fq_conf, log_sink,
        "where lines go: under systemd the journal", FIXED_SHOWN),
  WORD("level", level_words,                                     DEFAULT("info"),            fq_conf, log_level,
        "the least that is written"),
};
static const struct fq_conf_table log_table = TABLE(log_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row signing_key_rows[] = {
  TEXT("id", key_id,                                             MUST("2026-01"),            fq_signing_key_conf, key_id,
        "storefronts see it"),
  PATH("file",                                                   MUST("keys/signing-2026-01.pem"), fq_signing_key_conf, file,
        "Ed25519, PKCS#8; `fenqictl keygen` makes it", KEY),
  BOOL("signing",                                                DEFAULT("true"),            fq_signing_key_conf, is_signing,
        "false: it is only published"),
};
static const struct fq_conf_table signing_key_table = TABLE(signing_key_rows, fq_signing_key_conf, "id", NULL);

static const struct fq_conf_row signing_rows[] = {
  GROUPS("keys", signing_key_table,         "1",      "8",       MUST(""),                   fq_conf, signing_keys, n_signing_keys,
        "Every key is published; those with signing = true sign each answer. To rotate: add the new key with "
        "signing = false, have storefronts pin it, then swap the two"),
  PATH("token_key_file",                                         MUST("keys/token.key"),     fq_conf, token_key_file,
        "32 random bytes, base64; links and quotes are made with it", FIXED_KEY),
  FILES("payer_key_files",                            "8",       MAY("[ \"keys/payer-2026-01.key\" ]"), fq_conf, payer_key_files, n_payer_key_files,
        "likewise 32 bytes each: names and document numbers of payers are stored under them. The first seals, all open: "
        "to rotate, put a new one before the others; none: payers are refused", KEY),
};
static const struct fq_conf_table signing_table = TABLE(signing_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row work_rows[] = {
  NUMBER("workers",               INTEGER,  "0",      "256",     DEFAULT("0"),               fq_conf, n_workers,
        "threads for adapters and signatures; 0: one per core", FIXED),
  PATH("adapters_dir",                                           DEFAULT(FQ_PREFIX "/lib/fenqid/adapters"), fq_conf, adapters_dir,
        "NAME.so for each adapter"),
};
static const struct fq_conf_table work_table = TABLE(work_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row poll_rows[] = {
  NUMBER("first",                 DURATION, "100ms",  "10min",   DEFAULT("10s"),             fq_conf, poll_first_ms,
        "after it was opened", FIXED),
  NUMBER("max",                   DURATION, "100ms",  "1h",      DEFAULT("5min"),            fq_conf, poll_max_ms,
        "between two questions at last", FIXED),
};
static const struct fq_conf_table poll_table = TABLE(poll_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row events_rows[] = {
  NUMBER("lease",                 DURATION, "1s",     "10min",   DEFAULT("30s"),             fq_conf, events_lease_ms,
        "when the active consumer of a group acknowledges nothing for so long, another one takes over", FIXED),
};
static const struct fq_conf_table events_table = TABLE(events_rows, fq_conf, NULL, NULL);

static const struct fq_conf_row main_rows[] = {
  TEXT("instance", instance,                                     MUST("01"),                 fq_conf_main, conf.instance,
        "2 of 0-9 A-Z a-z; in order numbers; unique among the daemons on one ledger", FIXED),
  TEXT("order_prefix", order_prefix,                             MUST("P"),                  fq_conf_main, conf.order_prefix,
        "1..4 of 0-9 A-Z a-z; begins every order number; one per environment", FIXED),
  GROUP("front", front_table,
        "Where storefronts ask: ZeroMQ under CURVE"),
  GROUP("web", web_table,
        "Where buyers' browsers and the platforms come: http, with TLS in front of it (see nginx.conf)"),
  GROUP("control", control_table,
        "Where fenqictl asks: a socket in the file system, whose permissions decide who may"),
  GROUP("store", store_table,
        "The ledger, SQLite"),
  GROUP("log", log_table,
        "What fenqid tells, in lines with fields"),
  GROUP("signing", signing_table,
        "What fenqid signs its answers with"),
  GROUP("work", work_table,
        "Threads, and what they run"),
  GROUP("poll", poll_table,
        "How soon a platform is asked about an attempt that nobody has heard of, and how seldom at last"),
  GROUP("events", events_table,
        "Events, pushed to the shops' consumers"),
  GROUPS("channels", fq_conf_channel_table, "1",      "256",     MUST(fq_conf_example_second_channel), fq_conf_main, conf.channels, conf.n_channels,
        "The accounts at platforms. A channel with payments that are not final cannot be removed"),
  PATH("merchants_dir",                                          DEFAULT("merchants.d"),     fq_conf_main, merchants_dir,
        "a folder of files, one per merchant; those named *.conf are read, in the order of their names"),
};
const struct fq_conf_table fq_conf_main_table = TABLE(main_rows, fq_conf_main, NULL, NULL);

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
