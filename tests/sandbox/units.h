/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts and times in the platforms' words: yuan with two decimals, the clock of Beijing. */
#ifndef SANDBOX_UNITS_H
#define SANDBOX_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#define YUAN_SIZE    32
#define BEIJING_SIZE 32

/* "12", "12.3", "12.34"; at most nine digits before the point. */
bool yuan_parse(const char *raw, int64_t *ret_cents);

/* Two decimals; returns `ret`. */
const char *yuan_format(int64_t cents, char ret[YUAN_SIZE]);

/* "2026-03-15 10:11:12" in GMT+8; returns `ret`. */
const char *beijing_format(int64_t unix_ms, char ret[BEIJING_SIZE]);
bool beijing_parse(const char *raw, int64_t *ret_unix_ms);

/* What Huabei charges for n instalments, in cents: rounded half to even. */
int64_t huabei_fee(int64_t cents, unsigned n_instalments, bool seller_pays);

/* What the buyer pays back: equal instalments, what is left over goes into the first. */
struct huabei_plan {
    unsigned n_instalments;
    int64_t principal;
    int64_t fee; /* the buyer's: 0 where the seller pays */
    int64_t each_principal;
    int64_t each_fee;
    int64_t first_principal;
    int64_t first_fee;
};

struct huabei_plan huabei_plan(int64_t cents, unsigned n_instalments, bool seller_pays);

#endif
