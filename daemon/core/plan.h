/* SPDX-License-Identifier: Apache-2.0 */
/* An instalment plan as it is quoted: exact schedule, totals, validity; and its one text form. */
#ifndef FQ_CORE_PLAN_H
#define FQ_CORE_PLAN_H

#include "daemon/base/arena.h"

#define FQ_TERMS_MAX 60 /* 银保监规〔2022〕13号: at most 60 months */

/* One row of a channel's rate table, from the configuration. */
struct fq_rate {
    uint32_t instalments;      /* 1..60 */
    uint32_t bearer;           /* fq_bearer */
    uint32_t merchant_percent; /* of the fee: 0 for BUYER, 100 for MERCHANT */
    uint32_t rate_ppm;         /* total fee by the amount, in millionths: 7.5 % = 75000 */
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
    bool indicative; /* the platform's own page decides the terms */
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
int fq_quote_encode(const struct fq_quote *quote, struct fq_arena *arena, struct fq_str *ret_text);

enum {
    FQ_QUOTE_E_MALFORMED = 1,
};

/* Reads what fq_quote_encode wrote. Only after the MAC was checked over `text`. */
int fq_quote_decode(struct fq_str text, struct fq_arena *arena, struct fq_quote *ret);

/* Every invariant of a quote: sums, signs, counts. False names a bug or a lying adapter. */
bool fq_quote_validate(const struct fq_quote *quote);

#endif
