/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts: what may be paid, and how they are shown. Integers of minor units, never floating point.
 */
#ifndef FQ_CORE_MONEY_H
#define FQ_CORE_MONEY_H

#include "daemon/base/arena.h"

/* The most that is ever computed with: 99,999,999.99 in a currency of two digits. */
#define FQ_MONEY_MINOR_MAX INT64_C(9999999999)

/* Three capital letters. */
bool fq_money_is_currency(const char currency[4]);

/* 1..FQ_MONEY_MINOR_MAX of a three-letter currency with at most 6 digits behind the point. */
bool fq_money_is_payable(struct fq_money money);
bool fq_money_equal(struct fq_money a, struct fq_money b);

/* {minor, currency, exponent}; a currency that is not three capital letters makes an unpayable one.
 */
struct fq_money fq_money_of(int64_t minor, struct fq_str currency, uint32_t exponent);

/* "6999.00": for people and journals. */
struct fq_str fq_money_text(int64_t minor, uint32_t exponent, struct fq_arena *arena);

#endif
