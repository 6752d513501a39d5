/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and shows amounts. */
#include "daemon/core/money.h"

#include <inttypes.h>
#include <string.h>

bool fq_money_is_currency(const char currency[4])
{
    for (size_t i = 0; i < 3; i++) {
        if (currency[i] < 'A' || currency[i] > 'Z')
            return false;
    }
    return currency[3] == '\0';
}

bool fq_money_is_payable(struct fq_money money)
{
    return money.minor >= 1 && money.minor <= FQ_MONEY_MINOR_MAX && money.exponent <= 6 &&
           fq_money_is_currency(money.currency);
}

bool fq_money_equal(struct fq_money a, struct fq_money b)
{
    return a.minor == b.minor && a.exponent == b.exponent &&
           memcmp(a.currency, b.currency, sizeof(a.currency)) == 0;
}

struct fq_money fq_money_of(int64_t minor, struct fq_str currency, uint32_t exponent)
{
    struct fq_money money = { .minor = minor, .exponent = exponent };
    if (currency.len == 3)
        memcpy(money.currency, currency.ptr, 3);
    return money;
}

struct fq_str fq_money_text(int64_t minor, uint32_t exponent, struct fq_arena *arena)
{
    uint64_t unit = 1;
    for (uint32_t i = 0; i < exponent && i < 6; i++)
        unit *= 10;
    uint64_t magnitude = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    const char *sign = minor < 0 ? "-" : "";
    if (unit == 1)
        return fq_arena_printf(arena, "%s%" PRIu64, sign, magnitude);
    return fq_arena_printf(arena, "%s%" PRIu64 ".%0*" PRIu64, sign, magnitude / unit, (int)exponent,
                           magnitude % unit);
}
