/* SPDX-License-Identifier: Apache-2.0 */
/* Reads numbers with a unit, strictly. */
#include "daemon/conf/value.h"

#include "daemon/base/mem.h"
#include "daemon/core/beijing.h"

#define BEIJING_OFFSET_S 28800

struct unit {
    struct fq_str name;
    int64_t factor;
};

static bool value_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int fq_value_integer(struct fq_str text, int64_t *ret)
{
    return fq_str_to_int64(text, 0, INT64_MAX, ret) == 0 ? 0 : FQ_VALUE_E_MALFORMED;
}

static int value_with_unit(struct fq_str text, const struct unit *units, size_t n_units,
                           int64_t *ret)
{
    size_t n_digits = 0;
    while (n_digits < text.len && value_is_digit(text.ptr[n_digits]))
        n_digits++;
    int64_t number = 0;
    if (fq_value_integer(fq_str_sub(text, 0, n_digits), &number) != 0)
        return FQ_VALUE_E_MALFORMED;
    struct fq_str name = fq_str_sub(text, n_digits, text.len);
    for (size_t i = 0; i < n_units; i++) {
        if (!fq_str_equal(name, units[i].name))
            continue;
        int64_t product = 0;
        if (__builtin_mul_overflow(number, units[i].factor, &product))
            return FQ_VALUE_E_MALFORMED;
        *ret = product;
        return 0;
    }
    return FQ_VALUE_E_MALFORMED;
}

int fq_value_duration(struct fq_str text, int64_t *ret_ms)
{
    static const struct unit units[] = {
        { { "ms", 2 }, 1 },      { { "s", 1 }, 1000 },     { { "min", 3 }, 60000 },
        { { "h", 1 }, 3600000 }, { { "d", 1 }, 86400000 },
    };
    return value_with_unit(text, units, fq_array_size(units), ret_ms);
}

int fq_value_size(struct fq_str text, int64_t *ret_bytes)
{
    static const struct unit units[] = {
        { { "B", 1 }, 1 },
        { { "KiB", 3 }, 1024 },
        { { "MiB", 3 }, 1048576 },
        { { "GiB", 3 }, 1073741824 },
    };
    return value_with_unit(text, units, fq_array_size(units), ret_bytes);
}

/* "12.5" with scale 4 is 125000; from n_decimals_min to `scale` digits behind the point. */
static int value_decimal(struct fq_str text, size_t n_decimals_min, size_t scale, int64_t *ret)
{
    struct fq_str whole;
    struct fq_str decimals;
    bool has_point = fq_str_cut(text, '.', &whole, &decimals);
    if (has_point ? decimals.len == 0 : n_decimals_min > 0)
        return FQ_VALUE_E_MALFORMED;
    if (decimals.len < n_decimals_min || decimals.len > scale)
        return FQ_VALUE_E_MALFORMED;
    int64_t value = 0;
    if (fq_value_integer(whole, &value) != 0)
        return FQ_VALUE_E_MALFORMED;
    for (size_t i = 0; i < scale; i++) {
        int digit = i < decimals.len ? decimals.ptr[i] - '0' : 0;
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_add_overflow(value, (int64_t)digit, &value))
            return FQ_VALUE_E_MALFORMED;
    }
    *ret = value;
    return 0;
}

int fq_value_money(struct fq_str text, int64_t *ret_minor)
{
    return value_decimal(text, 2, 2, ret_minor);
}

int fq_value_percent(struct fq_str text, int64_t *ret_ppm)
{
    if (!fq_str_ends(text, fq_lit("%")))
        return FQ_VALUE_E_MALFORMED;
    return value_decimal(fq_str_sub(text, 0, text.len - 1), 0, 4, ret_ppm);
}

/* Days since 1970-01-01; wrong for dates that do not exist. */
static int64_t value_days(const struct fq_civil *civil)
{
    int64_t year = (int64_t)civil->year - (civil->month <= 2 ? 1 : 0);
    int64_t month_from_march = (civil->month + 9) % 12;
    return year * 365 + year / 4 - year / 100 + year / 400 + (153 * month_from_march + 2) / 5 +
           civil->day - 719469;
}

static uint32_t value_digits(struct fq_str text, size_t from, size_t len)
{
    uint32_t number = 0;
    for (size_t i = from; i < from + len; i++)
        number = number * 10 + (uint32_t)(text.ptr[i] - '0');
    return number;
}

int fq_value_time(struct fq_str text, int64_t *ret_ms)
{
    static const char form[] = "0000-00-00 00:00:00";
    char told[sizeof(form) + 1];
    if (text.len != sizeof(form) - 1 && text.len != sizeof(form) - 4)
        return FQ_VALUE_E_MALFORMED;
    for (size_t i = 0; i < text.len; i++) {
        if (form[i] == '0' ? !value_is_digit(text.ptr[i]) : text.ptr[i] != form[i])
            return FQ_VALUE_E_MALFORMED;
    }
    const struct fq_civil civil = {
        .year = value_digits(text, 0, 4),
        .month = value_digits(text, 5, 2),
        .day = value_digits(text, 8, 2),
        .hour = value_digits(text, 11, 2),
        .minute = value_digits(text, 14, 2),
        .second = text.len > 16 ? value_digits(text, 17, 2) : 0,
    };
    int64_t minutes = (value_days(&civil) * 24 + civil.hour) * 60 + civil.minute;
    int64_t ms = (minutes * 60 + civil.second - BEIJING_OFFSET_S) * 1000;
    /* a date or an hour that does not exist comes back as another */
    fq_beijing_text(ms, told);
    if (civil.year < 1970 || !fq_str_equal(fq_str_sub(fq_str_of(told), 0, text.len), text))
        return FQ_VALUE_E_MALFORMED;
    *ret_ms = ms;
    return 0;
}
