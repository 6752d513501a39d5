/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of instalments, in integers. */
#ifndef FQ_SDK_PLAN_H
#define FQ_SDK_PLAN_H

#include "adapters/sdk/fenqi_adapter.h"

#define FQ_PLAN_PPM 1000000 /* 100 % */

/* amount_minor by rate_ppm / 1000000, halves to the even fen. At most 9.2 * 10^12 minor units at
 * 100 %. */
int64_t fq_plan_fee(int64_t amount_minor, uint32_t rate_ppm);

/* Spreads the amount and the buyer's part of `fee_minor` evenly over in->instalments lines; both
 * remainders go to the first. 0, or -1 after host->fail(). */
int fq_plan_spread(const struct fq_host *host, const struct fq_quote_in *in,
                   int64_t buyer_fee_minor, int64_t merchant_fee_minor, struct fq_quote_out *ret);

#endif
