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

int64_t fq_plan_fee(int64_t amount_minor, uint32_t rate_ppm)
{
    int64_t product = amount_minor * rate_ppm;
    int64_t fee = product / FQ_PLAN_PPM;
    int64_t twice = 2 * (product % FQ_PLAN_PPM);
    return fee + (twice > FQ_PLAN_PPM || (twice == FQ_PLAN_PPM && fee % 2 == 1));
}

int fq_plan_spread(const struct fq_host *host, const struct fq_quote_in *in, int64_t fee_minor,
                   struct fq_quote_out *ret)
{
    uint32_t n = in->instalments;
    int64_t buyer_fee = in->bearer == FQ_BEARER_BUYER ? fee_minor : 0;
    struct fq_plan_line *lines = host->alloc(host, n * sizeof(*lines));
    if (n == 0 || lines == NULL)
        return host->fail(host, "no memory for the plan, or no instalments in it");
    for (uint32_t i = 0; i < n; i++)
        lines[i] = (struct fq_plan_line){ in->amount.minor / n, buyer_fee / n };
    lines[0].principal_minor += in->amount.minor % n;
    lines[0].fee_minor += buyer_fee % n;
    ret->lines = lines;
    ret->n_lines = n;
    ret->buyer_fee_minor = buyer_fee;
    ret->merchant_fee_minor = fee_minor - buyer_fee;
    return 0;
}
