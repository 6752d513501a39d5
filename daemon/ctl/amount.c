/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts and other numbers, strictly, from the command line. */
#include <inttypes.h>

#include "daemon/base/clock.h"
#include "daemon/conf/value.h"
#include "daemon/core/money.h"
#include "daemon/ctl/ctl.h"

int ctl_amount_read(struct fq_str text, int64_t *ret_minor)
{
    struct fq_str whole, fraction;
    int64_t major = 0, part = 0;
    bool has_point = fq_str_cut(text, '.', &whole, &fraction);
    if (has_point && (fraction.len < 1 || fraction.len > 2))
        return CTL_AMOUNT_E_FORM;
    int r = fq_str_to_int64(whole, 0, FQ_MONEY_MINOR_MAX / 100, &major);
    if (r != 0)
        return r == FQ_STR_E_RANGE ? CTL_AMOUNT_E_RANGE : CTL_AMOUNT_E_FORM;
    for (size_t i = 0; i < 2; i++) {
        int digit = has_point && i < fraction.len ? fraction.ptr[i] - '0' : 0;
        if (digit < 0 || digit > 9)
            return CTL_AMOUNT_E_FORM;
        part = part * 10 + digit;
    }
    int64_t minor = major * 100 + part;
    if (minor < 1 || minor > FQ_MONEY_MINOR_MAX)
        return CTL_AMOUNT_E_RANGE;
    *ret_minor = minor;
    return 0;
}

int ctl_number_read(const struct ctl *ctl, enum ctl_option option, int64_t min, int64_t max,
                    int64_t otherwise, int64_t *ret)
{
    const char *text = ctl->values[option];
    *ret = otherwise;
    if (text == NULL || fq_str_to_int64(fq_str_of(text), min, max, ret) == 0)
        return CTL_OK;
    return ctl_complain(CTL_USAGE, "\"%s\": must be a whole number, %" PRId64 " to %" PRId64, text,
                        min, max);
}

/* "2026-11-01" is that day's beginning. */
static bool moment_take(struct ctl *ctl, struct fq_str text, int64_t *ret)
{
    int64_t ago_ms = 0;
    if (fq_value_duration(text, &ago_ms) == 0) {
        *ret = fq_clock_unix_ms() - ago_ms;
        return *ret > 0;
    }
    if (fq_value_time(text, ret) == 0)
        return true;
    struct fq_str midnight = fq_arena_printf(ctl->arena, "%.*s 00:00", fq_str_arg(text));
    return text.len == 10 && fq_value_time(midnight, ret) == 0;
}

int ctl_moment_read(struct ctl *ctl, enum ctl_option option, int64_t *ret_unix_ms)
{
    const char *text = ctl->values[option];
    *ret_unix_ms = 0;
    if (text == NULL || moment_take(ctl, fq_str_of(text), ret_unix_ms))
        return CTL_OK;
    return ctl_complain(CTL_USAGE,
                        "\"%s\": must be a time like \"2026-11-01 08:00\" or \"2026-11-01\" "
                        "(Beijing), or so long ago, like 90min or 7d",
                        text);
}
