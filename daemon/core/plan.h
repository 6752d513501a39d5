/* SPDX-License-Identifier: Apache-2.0 */
/* An instalment plan as it is quoted: exact schedule, totals, validity; and its one text form. */
#ifndef FQ_CORE_PLAN_H
#define FQ_CORE_PLAN_H

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"

#define FQ_TERMS_MAX 60 /* 银保监规〔2022〕13号: at most 60 months */

/* One row of a rate table, from the configuration. */
struct fq_rate {
    uint32_t instalments;      /* 1..60 */
    uint32_t bearer;           /* fq_bearer */
    uint32_t merchant_percent; /* of the fee: 0 for BUYER, 100 for MERCHANT */
    uint32_t rate_ppm;         /* total fee by the amount, in millionths: 7.5 % = 75000 */
    int64_t amount_min_minor;  /* for amounts from this... */
    int64_t amount_max_minor;  /* ...to this, both included; 0: no limit of its own */
};

struct fq_rates {
    const struct fq_rate *items;
    size_t n_items;
};

/* A card-issuing bank of a channel. */
struct fq_issuer {
    struct fq_str id; /* 1..32 of [0-9a-z-] */
    struct fq_str title_zh, title_en;
    const struct fq_str *bins; /* prefixes of card numbers, 4 to 8 digits; or ranges
                                  "622200-622209"; no two issuers of a channel overlap */
    size_t n_bins;
    int64_t amount_min_minor; /* 0: the channel's */
    int64_t amount_max_minor;
    struct fq_rates rates;
    uint32_t rounding;   /* fq_rounding; 0: the channel's */
    uint32_t remainder;  /* fq_remainder */
    uint32_t fee_timing; /* fq_fee_timing */
};

/* Other rates for a time: its rows take the place of all rows of the same number of instalments. */
struct fq_campaign {
    struct fq_str id;
    int64_t from_ms;                /* unix; included */
    int64_t until_ms;               /* excluded */
    const struct fq_str *merchants; /* ids; none: every merchant of the channel */
    size_t n_merchants;
    const struct fq_str *issuers; /* ids; none: whatever the bank */
    size_t n_issuers;
    struct fq_rates rates;
};

/* What the disclosure says in words (综合融资成本明示表). From the configuration. */
struct fq_disclosure_texts {
    struct fq_str collector_zh, collector_en; /* who collects the fee; empty: the channel's title */
    struct fq_str default_zh, default_en;     /* cost on default: by which standard */
    unsigned char digest[32];                 /* SHA-256 of `text` */
    struct fq_str text;                       /* all of them as facts: what is kept as evidence */
};

struct fq_quote {
    struct fq_str quote_id; /* unique; appears in the journal */
    struct fq_str merchant_id;
    struct fq_str channel;
    struct fq_money amount;
    uint32_t instalments;
    uint32_t bearer;
    uint32_t merchant_percent;
    uint32_t rate_ppm;
    struct fq_str issuer;   /* id of the bank whose rate it is; empty: none */
    struct fq_str campaign; /* id; empty: none */
    uint32_t fee_timing;    /* fq_fee_timing; 0: the adapter's own */
    int64_t nominal_annual_bp;
    int64_t effective_annual_bp;
    int64_t simple_annual_bp;
    unsigned char texts_digest[32]; /* fq_disclosure_texts in force */
    bool indicative;                /* the platform's own page decides the terms */
    int64_t buyer_fee_minor;
    int64_t merchant_fee_minor;
    int64_t buyer_total_minor;        /* = sum of the lines = amount + buyer_fee */
    const struct fq_plan_line *lines; /* n = instalments */
    uint32_t first_due_month; /* yyyymm, Beijing: the month after the purchase; the platform's bill
                                 governs */
    int64_t issued_ms;
    int64_t expires_ms;
};

/* The quote's signed bytes: its canonical text (core/fact.h), then the 32 bytes of the daemon's MAC
 * over that text. Opaque to storefronts. */
#define FQ_QUOTE_MAC_SIZE 32
#define FQ_QUOTE_TEXT_MAX 6144
void fq_quote_write(const struct fq_quote *quote, struct fq_buf *buf);
int fq_quote_encode(const struct fq_quote *quote, struct fq_arena *arena, struct fq_str *ret_text);

enum {
    FQ_QUOTE_E_MALFORMED = 1,
};

/* Reads what fq_quote_encode wrote, now or in an earlier release. Only after the MAC was checked
 * over `text`. */
int fq_quote_decode(struct fq_str text, struct fq_arena *arena, struct fq_quote *ret);

/* Every invariant of a quote: sums, signs, counts. False names a bug or a lying adapter. */
bool fq_quote_validate(const struct fq_quote *quote);

#endif
