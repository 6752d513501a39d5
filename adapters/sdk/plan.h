/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts and plans by what the adapter describes of itself, to the smallest unit. */
#ifndef FQ_SDK_PLAN_H
#define FQ_SDK_PLAN_H

#include "adapters/sdk/text.h"

/* Fills an adapter's describe() with what both sides know. Returns 0. */
int fq_plan_describe(const struct fq_description *about, struct fq_description *ret);

/* Why this cannot be asked for; NULL if it can. */
const char *fq_plan_refuse(const struct fq_description *about, struct fq_money amount,
                           uint32_t instalments, uint32_t bearer);

/* Amounts as decimal text ("6999.00"), to and fro. False: none, or none that the description
 * allows. */
bool fq_plan_read(const struct fq_description *about, struct fq_str text, struct fq_money *ret);
bool fq_plan_write(const struct fq_host *host, const struct fq_description *about,
                   struct fq_money amount, struct fq_str *ret);

#define FQ_PLAN_PPM 1000000 /* 100 % */

/* amount_minor by rate_ppm / 1000000 in whole units, as fq_rounding says; unset: halves to the even
 * unit. At most 9.2 * 10^12 units at 100 %. */
int64_t fq_plan_fee_by(int64_t amount_minor, uint32_t rate_ppm, uint32_t rounding);

/* The same with halves to the even unit. */
int64_t fq_plan_fee(int64_t amount_minor, uint32_t rate_ppm);

/* The plan of a fee, by the rules that `in` names; unset, or an older daemon: both remainders on
 * the first instalment, a part of the fee with each, halves to the even unit. The amount and the
 * buyer's fee are split evenly. A shared fee is the buyer's to 100 - merchant_percent, rounded by
 * the same rule, and the merchant's for the rest. 0, or -1 after host->fail(). */
int fq_plan_spread(const struct fq_host *host, const struct fq_quote_in *in, int64_t fee_minor,
                   struct fq_quote_out *ret);

/* All of a quote(): the fee by rate and rounding, spread. 0, or -1 after host->fail(). */
int fq_plan_quote(const struct fq_host *host, const struct fq_quote_in *in,
                  struct fq_quote_out *ret);

#endif
