/* SPDX-License-Identifier: Apache-2.0 */
/* A merchant as configured: who may ask in its name, and what it may ask. */
#ifndef FQ_CORE_MERCHANT_H
#define FQ_CORE_MERCHANT_H

#include <stdint.h>

#include "daemon/core/plan.h"
#include "daemon/core/risk.h"

enum fq_policy {
    FQ_POLICY_EVENT = 0,  /* tell */
    FQ_POLICY_REFUND = 1, /* tell, and refund on verified evidence */
};

/* What a merchant pays or charges on one channel, in place of that channel's own rates. */
struct fq_merchant_rates {
    struct fq_str channel;
    struct fq_rates rates;
};

struct fq_merchant {
    struct fq_str id;                 /* 1..32 of [0-9A-Za-z_-] */
    struct fq_str file;               /* where all of this stands */
    bool is_disabled;                 /* nobody may ask in its name; what runs goes on */
    struct fq_str name;               /* for pages and logs */
    const struct fq_str *client_keys; /* CURVE public keys, Z85, 40 characters */
    size_t n_client_keys;
    const struct fq_str *channels; /* names of the channels it may use */
    size_t n_channels;
    const struct fq_str *return_urls; /* prefixes of a return_url, each ending in '/' */
    size_t n_return_urls;
    bool raw_actions;         /* may get redirect and form_post actions instead of hosted_url */
    uint32_t on_late_success; /* fq_policy */
    uint32_t on_double_paid;  /* fq_policy */
    bool reopen; /* a buyer may try again beside a try that is not proven dead; only with
                    on_double_paid = refund */
    const struct fq_merchant_rates *rates;
    size_t n_rates;
    uint32_t rate_per_second; /* requests; 0 = the daemon's default */
    uint32_t rate_burst;
    int64_t disclosure_seconds_min; /* reading time that CreatePayment must report; 0 = none */
    struct fq_risk_rules risk;
};

#endif
