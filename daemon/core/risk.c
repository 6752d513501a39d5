/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a purchase looks like cash-out. */
#include "daemon/core/risk.h"

#include "daemon/base/mem.h"
#include "daemon/core/beijing.h"

#define DAY_MINUTES 1440
#define MINUTE_MS   60000

/* ---- hours ---- */

/* "05:30"; an end may be "24:00". */
static bool hours_read_time(struct fq_str text, uint32_t *ret_minute)
{
    int64_t part[2] = { 0 };
    if (text.len != 5 || text.ptr[2] != ':')
        return false;
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 3 * i; k < 3 * i + 2; k++) {
            if (text.ptr[k] < '0' || text.ptr[k] > '9')
                return false;
            part[i] = part[i] * 10 + (text.ptr[k] - '0');
        }
    }
    *ret_minute = (uint32_t)(part[0] * 60 + part[1]);
    return part[1] < 60 && *ret_minute <= DAY_MINUTES;
}

int fq_risk_hours_read(struct fq_str text, uint32_t *ret_from_minute, uint32_t *ret_until_minute)
{
    struct fq_str from, until;
    uint32_t from_minute = 0, until_minute = 0;
    if (!fq_str_cut(text, '-', &from, &until) || !hours_read_time(from, &from_minute) ||
        !hours_read_time(until, &until_minute) || from_minute == DAY_MINUTES)
        return FQ_RISK_E_MALFORMED;
    until_minute %= DAY_MINUTES;
    if (from_minute == until_minute)
        return FQ_RISK_E_MALFORMED;
    *ret_from_minute = from_minute;
    *ret_until_minute = until_minute;
    return 0;
}

/* ---- each rule: does it refuse, and until when (0: for ever)? ---- */

static bool risk_hours(const struct fq_risk_rules *rules, const struct fq_risk_facts *facts,
                       int64_t *ret_until_ms)
{
    uint32_t minute = fq_beijing_minute(facts->now_ms);
    uint32_t from = rules->from_minute;
    uint32_t until = rules->until_minute;
    bool is_inside = from < until ? minute >= from && minute < until
                                  : from != until && (minute >= from || minute < until);
    uint32_t n_minutes = (until + DAY_MINUTES - minute) % DAY_MINUTES;
    *ret_until_ms = facts->now_ms - facts->now_ms % MINUTE_MS + (int64_t)n_minutes * MINUTE_MS;
    return is_inside;
}

static bool risk_amount(const struct fq_risk_rules *rules, const struct fq_risk_facts *facts,
                        int64_t *ret_until_ms)
{
    *ret_until_ms = 0;
    return rules->amount_max_minor > 0 && facts->amount_minor > rules->amount_max_minor;
}

static bool risk_is_within(const struct fq_risk_facts *facts, int64_t at_ms, int64_t window_ms)
{
    return at_ms > facts->now_ms - window_ms;
}

/* The buyer's newest payments are counted until they are too many: as long as the last of these is
 * in its window, one more is refused. */
static bool risk_buyer_payments(const struct fq_risk_rules *rules,
                                const struct fq_risk_facts *facts, int64_t *ret_until_ms)
{
    int64_t n = 0;
    for (size_t i = 0; i < facts->history->n_payments; i++) {
        const struct fq_risk_payment *payment = &facts->history->payments[i];
        *ret_until_ms = payment->created_ms + FQ_RISK_DAY_MS;
        if (risk_is_within(facts, payment->created_ms, FQ_RISK_DAY_MS) &&
            ++n == rules->n_buyer_payments_per_day)
            return true;
    }
    return false;
}

static bool risk_buyer_amount(const struct fq_risk_rules *rules, const struct fq_risk_facts *facts,
                              int64_t *ret_until_ms)
{
    int64_t sum = facts->amount_minor;
    *ret_until_ms = 0;
    if (rules->buyer_amount_per_day_minor == 0)
        return false;
    for (size_t i = 0; i < facts->history->n_payments; i++) {
        const struct fq_risk_payment *payment = &facts->history->payments[i];
        if (sum > rules->buyer_amount_per_day_minor)
            break;
        *ret_until_ms = payment->created_ms + FQ_RISK_DAY_MS;
        if (risk_is_within(facts, payment->created_ms, FQ_RISK_DAY_MS))
            sum += payment->amount_minor;
    }
    return sum > rules->buyer_amount_per_day_minor;
}

static bool risk_buyer_refunds(const struct fq_risk_rules *rules, const struct fq_risk_facts *facts,
                               int64_t *ret_until_ms)
{
    int64_t n = 0;
    for (size_t i = 0; i < facts->history->n_payments; i++) {
        const struct fq_risk_payment *payment = &facts->history->payments[i];
        *ret_until_ms = payment->created_ms + FQ_RISK_WEEK_MS;
        if (payment->went_back && risk_is_within(facts, payment->created_ms, FQ_RISK_WEEK_MS) &&
            ++n == rules->n_buyer_refunds_per_week)
            return true;
    }
    return false;
}

static bool risk_burst(const struct fq_risk_rules *rules, const struct fq_risk_facts *facts,
                       int64_t *ret_until_ms)
{
    int64_t nth_ms = facts->history->nth_created_ms;
    *ret_until_ms = nth_ms + FQ_RISK_HOUR_MS;
    return rules->n_payments_per_hour > 0 && nth_ms > 0 &&
           risk_is_within(facts, nth_ms, FQ_RISK_HOUR_MS);
}

/* ---- all of them ---- */

/* clang-format off */
static const struct risk_row {
    const char *rule;
    bool wants_history;
    bool (*refuses)(const struct fq_risk_rules *, const struct fq_risk_facts *, int64_t *);
    const char *reason;
    struct fq_str text;
} risk_rows[] = {
    { "hours", false, risk_hours, "RISK_HOURS",
      fq_lit("the shop offers no instalments at this hour") },
    { "amount_max", false, risk_amount, "RISK_AMOUNT",
      fq_lit("the shop offers no instalments for so much") },
    { "buyer_payments_per_day", true, risk_buyer_payments, "RISK_BUYER_VELOCITY",
      fq_lit("this buyer has made too many payments in the last 24 hours") },
    { "buyer_amount_per_day", true, risk_buyer_amount, "RISK_BUYER_VELOCITY",
      fq_lit("it would be too much for this buyer in 24 hours") },
    { "buyer_refunds_per_week", true, risk_buyer_refunds, "RISK_BUYER_REFUNDS",
      fq_lit("too many of this buyer's payments went back within a day of being paid") },
    { "payments_per_hour", true, risk_burst, "RISK_BURST",
      fq_lit("the shop has made too many payments in the last hour") },
};

/* clang-format on */

bool fq_risk_wants_buyer(const struct fq_risk_rules *rules)
{
    return rules->n_buyer_payments_per_day > 0 || rules->buyer_amount_per_day_minor > 0 ||
           rules->n_buyer_refunds_per_week > 0;
}

struct fq_risk_verdict fq_risk_check(const struct fq_risk_rules *rules,
                                     const struct fq_risk_facts *facts)
{
    struct fq_risk_verdict verdict = { 0 };
    for (size_t i = 0; i < fq_array_size(risk_rows); i++) {
        const struct risk_row *row = &risk_rows[i];
        int64_t until_ms = 0;
        if ((row->wants_history && facts->history == NULL) ||
            !row->refuses(rules, facts, &until_ms))
            continue;
        verdict.rule = row->rule;
        verdict.status = fq_status_refused(FQ_CODE_FAILED_PRECONDITION, row->reason, row->text);
        verdict.status.retry_after_ms = until_ms > facts->now_ms ? until_ms - facts->now_ms : 0;
        break;
    }
    return verdict;
}
