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

#endif
