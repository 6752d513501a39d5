/* SPDX-License-Identifier: Apache-2.0 */
/* What fenqid said over its control socket, in words for people. */
#include "daemon/ctl/said.h"

#include <inttypes.h>

struct fq_str ctl_said_time(struct ctl *ctl, const struct fq_json *object, const char *name)
{
    return ctl_time_text(ctl, fq_json_get_number(object, name));
}

struct fq_str ctl_said_money(struct ctl *ctl, const struct fq_json *object)
{
    return fq_arena_printf(
        ctl->arena, "%.*s %.*s",
        fq_str_arg(ctl_minor_text(ctl, fq_json_get_number(object, "amount_minor"))),
        fq_str_arg(fq_json_get_text(object, "currency")));
}

struct fq_str ctl_span_text(struct ctl *ctl, int64_t ms)
{
    int64_t s = ms > 0 ? ms / 1000 : 0;
    if (s >= 86400)
        return fq_arena_printf(ctl->arena, "%" PRId64 " d %02" PRId64 ":%02" PRId64, s / 86400,
                               s / 3600 % 24, s / 60 % 60);
    return fq_arena_printf(ctl->arena, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600,
                           s / 60 % 60, s % 60);
}

struct fq_str ctl_said_word(struct ctl *ctl, const struct fq_json *object)
{
    struct fq_str code = fq_json_get_text(object, "platform_code");
    if (code.len == 0)
        return fq_lit("nothing");
    return fq_arena_printf(ctl->arena, "%.*s %.*s", fq_str_arg(code),
                           fq_str_arg(fq_json_get_text(object, "platform_text")));
}

struct fq_str ctl_said_number(struct ctl *ctl, const struct fq_json *object, const char *name)
{
    return fq_arena_printf(ctl->arena, "%" PRId64, fq_json_get_number(object, name));
}
