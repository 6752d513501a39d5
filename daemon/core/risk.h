/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of a merchant against cash-out (套现): fictitious trade that turns a buyer's credit into
 * money. They look at the hour, the amount, how often and how much the same buyer pays, how often
 * the money came back at once, and how many payments the shop makes. Facts in, the first rule that
 * refuses out. */
#ifndef FQ_CORE_RISK_H
#define FQ_CORE_RISK_H

#include "daemon/core/status.h"

#define FQ_RISK_HOUR_MS INT64_C(3600000)
#define FQ_RISK_DAY_MS  (24 * FQ_RISK_HOUR_MS)
#define FQ_RISK_WEEK_MS (7 * FQ_RISK_DAY_MS)

#define FQ_RISK_PAYMENTS_MAX 256 /* of a buyer, that are looked at: the newest */
#define FQ_BUYER_SIZE        16  /* bytes by which a buyer is known: of a MAC */

/* As configured; what is 0 is off. */
struct fq_risk_rules {
    struct fq_str hours; /* "01:00-05:30", in Beijing; empty: off */
    uint32_t from_minute, until_minute;
    int64_t amount_max_minor;
    int64_t n_buyer_payments_per_day;
    int64_t buyer_amount_per_day_minor;
    int64_t n_buyer_refunds_per_week;
    int64_t n_payments_per_hour;
};

enum {
    FQ_RISK_E_MALFORMED = 1,
};

/* "22:00-06:00" crosses midnight; "22:00-24:00" ends there. The two differ. */
int fq_risk_hours_read(struct fq_str text, uint32_t *ret_from_minute, uint32_t *ret_until_minute);

bool fq_risk_wants_buyer(const struct fq_risk_rules *rules);

/* ---- what the ledger has to say ---- */

struct fq_risk_query {
    struct fq_str merchant_id;
    struct fq_str buyer; /* FQ_BUYER_SIZE bytes; empty: no buyer is asked about */
    int64_t n_in_hour;   /* how long ago was the merchant's nth newest payment made? 0: not asked */
    int64_t now_ms;
};

/* A payment of the buyer's that is open or paid. */
struct fq_risk_payment {
    int64_t created_ms;
    int64_t amount_minor;
    bool went_back; /* all of it, or is about to, within a day of being paid */
};

struct fq_risk_history {
    struct fq_risk_payment *payments; /* of the last week, newest first */
    size_t n_payments;
    int64_t nth_created_ms; /* 0: fewer than n were made in the last hour */
};

/* ---- the rules ---- */

struct fq_risk_facts {
    int64_t now_ms;
    int64_t amount_minor;
    const struct fq_risk_history *history; /* NULL: only the rules that need none */
};

struct fq_risk_verdict {
    const char *rule;        /* as the option is called; NULL: none refuses */
    struct fq_status status; /* code 0: none refuses; retry_after_ms 0: no time heals it */
};

struct fq_risk_verdict fq_risk_check(const struct fq_risk_rules *rules,
                                     const struct fq_risk_facts *facts);

#endif
