/* SPDX-License-Identifier: Apache-2.0 */
/* A channel as configured: an account at a platform. conf/ fills it, plugin/ and flow/ read it. */
#ifndef FQ_CORE_CHANNEL_CONF_H
#define FQ_CORE_CHANNEL_CONF_H

#include "daemon/core/plan.h"

/* Slices live as long as the configuration. */
struct fq_channel_conf {
    struct fq_str name;             /* 1..32 of [0-9a-z-]; appears in URLs: /notify/<name> */
    struct fq_str adapter;          /* "huabei" -> <adapters_dir>/huabei.so */
    const struct fq_pair *settings; /* for the adapter's open() */
    size_t n_settings;
    const struct fq_pair *keys; /* key name -> absolute path */
    size_t n_keys;
    const struct fq_str *hosts; /* the only host[:port]s that requests and redirects may go to */
    size_t n_hosts;
    struct fq_str ca_file; /* trust store for TLS to the platform; empty = the system's */
    int64_t timeout_ms;    /* of one HTTP exchange */
    struct fq_rates rates;
    uint32_t rounding;          /* fq_rounding; 0: the adapter's own */
    uint32_t remainder;         /* fq_remainder */
    uint32_t fee_timing;        /* fq_fee_timing */
    struct fq_str issuers_file; /* where the issuers stand; empty: there are none */
    const struct fq_issuer *issuers;
    size_t n_issuers;
    const struct fq_campaign *campaigns;
    size_t n_campaigns;
    struct fq_disclosure_texts texts;
    int64_t amount_min_minor;
    int64_t amount_max_minor;
    int64_t payment_life_ms; /* default life of a payment */
    int64_t attempt_life_ms; /* of one try at the platform; 0: as long as the payment lives */
    bool undo_same_day;      /* a whole refund on the payment's settlement day is sent as an undo */
    bool wants_statements;   /* the settlement file is fetched every day */
    int64_t quote_life_ms;
    uint32_t n_calls_max;        /* exchanges with the platform at once */
    uint32_t n_breaker_failures; /* without an answer, in a row: the channel is paused; 0: never */
    int64_t breaker_pause_ms;    /* the first time */
};

#endif
