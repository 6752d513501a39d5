/* SPDX-License-Identifier: Apache-2.0 */
/* Fees and schedules to the fen. */
#include "adapters/sdk/plan.h"

int64_t fq_plan_fee(int64_t amount_minor, uint32_t rate_ppm)
{
    int64_t product = amount_minor * rate_ppm;
    int64_t fee = product / FQ_PLAN_PPM;
    int64_t twice = 2 * (product % FQ_PLAN_PPM);
    return fee + (twice > FQ_PLAN_PPM || (twice == FQ_PLAN_PPM && fee % 2 == 1));
}

int fq_plan_spread(const struct fq_host *host, const struct fq_quote_in *in,
                   int64_t buyer_fee_minor, int64_t merchant_fee_minor, struct fq_quote_out *ret)
{
    uint32_t n = in->instalments;
    struct fq_plan_line *lines = host->alloc(host, n * sizeof(*lines));
    if (n == 0 || lines == NULL)
        return host->fail(host, "no memory for the plan, or no instalments in it");
    for (uint32_t i = 0; i < n; i++)
        lines[i] = (struct fq_plan_line){ in->amount.minor / n, buyer_fee_minor / n };
    lines[0].principal_minor += in->amount.minor % n;
    lines[0].fee_minor += buyer_fee_minor % n;
    ret->lines = lines;
    ret->n_lines = n;
    ret->buyer_fee_minor = buyer_fee_minor;
    ret->merchant_fee_minor = merchant_fee_minor;
    return 0;
}
