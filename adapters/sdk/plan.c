/* SPDX-License-Identifier: Apache-2.0 */
/* Checks amounts and plans against the adapter's own description, and computes fees. */
#include "adapters/sdk/plan.h"

#include <string.h>

int fq_plan_describe(const struct fq_description *about, struct fq_description *ret)
{
    uint64_t size = ret->struct_size < about->struct_size ? ret->struct_size : about->struct_size;
    memcpy((char *)ret + sizeof(ret->struct_size), (const char *)about + sizeof(about->struct_size),
           size - sizeof(ret->struct_size));
    return 0;
}

static bool plan_is_amount(const struct fq_description *about, struct fq_money amount)
{
    return memcmp(amount.currency, about->currency, sizeof(amount.currency)) == 0 &&
           amount.exponent == about->exponent && amount.minor >= about->amount_min_minor &&
           amount.minor <= about->amount_max_minor;
}

const char *fq_plan_refuse(const struct fq_description *about, struct fq_money amount,
                           uint32_t instalments, uint32_t bearer)
{
    if (!plan_is_amount(about, amount))
        return "the amount is out of range, or in another currency";
    if (bearer == FQ_BEARER_UNSET || bearer > FQ_BEARER_SHARED ||
        (about->bearers & 1u << bearer) == 0)
        return "the fee cannot be borne by that side";
    for (size_t i = 0; i < about->n_terms; i++)
        if (about->terms[i] == instalments)
            return NULL;
    return "no such number of instalments";
}

bool fq_plan_read(const struct fq_description *about, struct fq_str text, struct fq_money *ret)
{
    struct fq_money amount = { .exponent = about->exponent };
    memcpy(amount.currency, about->currency, sizeof(amount.currency));
    if (!fq_slice_to_minor(text, about->exponent, &amount.minor) || !plan_is_amount(about, amount))
        return false;
    *ret = amount;
    return true;
}

bool fq_plan_write(const struct fq_host *host, const struct fq_description *about,
                   struct fq_money amount, struct fq_str *ret)
{
    struct fq_text text;
    fq_text_init(&text, host, 32);
    fq_text_add_decimal(&text, amount.minor, about->exponent);
    return plan_is_amount(about, amount) && fq_text_finish(&text, ret);
}

/* ---- what it costs ---- */

struct plan_rules {
    uint32_t rounding;
    uint32_t remainder;
    uint32_t fee_timing;
};

/* False: a rule that this release does not know. */
static bool plan_read_rules(const struct fq_quote_in *in, struct plan_rules *ret)
{
    *ret = (struct plan_rules){
        .rounding = FQ_HAS(in, rounding) ? in->rounding : FQ_ROUNDING_UNSET,
        .remainder = FQ_HAS(in, remainder) ? in->remainder : FQ_REMAINDER_UNSET,
        .fee_timing = FQ_HAS(in, fee_timing) ? in->fee_timing : FQ_FEE_TIMING_UNSET,
    };
    return ret->rounding <= FQ_ROUNDING_UP && ret->remainder <= FQ_REMAINDER_LAST &&
           ret->fee_timing <= FQ_FEE_TIMING_FIRST;
}

int fq_plan_quote(const struct fq_host *host, const struct fq_quote_in *in,
                  struct fq_quote_out *ret)
{
    struct plan_rules rules;
    if (!plan_read_rules(in, &rules) || in->rate_ppm > FQ_PLAN_PPM)
        return host->fail(host, "an unknown rule for the fee, or a rate above 100 %");
    int64_t fee_minor = fq_plan_fee_by(in->amount.minor, in->rate_ppm, rules.rounding);
    return fq_plan_spread(host, in, fee_minor, ret);
}

int64_t fq_plan_fee(int64_t amount_minor, uint32_t rate_ppm)
{
    return fq_plan_fee_by(amount_minor, rate_ppm, FQ_ROUNDING_HALF_EVEN);
}

int64_t fq_plan_fee_by(int64_t amount_minor, uint32_t rate_ppm, uint32_t rounding)
{
    int64_t product = amount_minor * rate_ppm;
    int64_t fee = product / FQ_PLAN_PPM;
    int64_t rest = product % FQ_PLAN_PPM;
    switch (rounding) {
    case FQ_ROUNDING_DOWN:
        return fee;
    case FQ_ROUNDING_UP:
        return fee + (rest > 0);
    case FQ_ROUNDING_HALF_UP:
        return fee + (2 * rest >= FQ_PLAN_PPM);
    default:
        return fee + (2 * rest > FQ_PLAN_PPM || (2 * rest == FQ_PLAN_PPM && fee % 2 == 1));
    }
}

static int64_t plan_buyer_fee(const struct fq_quote_in *in, int64_t fee_minor, uint32_t rounding)
{
    switch (in->bearer) {
    case FQ_BEARER_BUYER:
        return fee_minor;
    case FQ_BEARER_SHARED:
        return fq_plan_fee_by(fee_minor, (100 - in->merchant_percent) * (FQ_PLAN_PPM / 100),
                              rounding);
    default:
        return 0;
    }
}

int fq_plan_spread(const struct fq_host *host, const struct fq_quote_in *in, int64_t fee_minor,
                   struct fq_quote_out *ret)
{
    uint32_t n = in->instalments;
    struct plan_rules rules;
    if (n == 0 || in->merchant_percent > 100 || !plan_read_rules(in, &rules))
        return host->fail(host, "no instalments, an unknown rule, or more than 100 percent");
    struct fq_plan_line *lines = host->alloc(host, n * sizeof(*lines));
    if (lines == NULL)
        return host->fail(host, "no memory for the plan");
    int64_t buyer_fee = plan_buyer_fee(in, fee_minor, rules.rounding);
    int64_t spread_fee = rules.fee_timing == FQ_FEE_TIMING_FIRST ? 0 : buyer_fee;
    for (uint32_t i = 0; i < n; i++)
        lines[i] = (struct fq_plan_line){ in->amount.minor / n, spread_fee / n };
    uint32_t odd = rules.remainder == FQ_REMAINDER_LAST ? n - 1 : 0;
    lines[odd].principal_minor += in->amount.minor % n;
    lines[odd].fee_minor += spread_fee % n;
    lines[0].fee_minor += buyer_fee - spread_fee;
    ret->lines = lines;
    ret->n_lines = n;
    ret->buyer_fee_minor = buyer_fee;
    ret->merchant_fee_minor = fee_minor - buyer_fee;
    return 0;
}
