/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to QuotePlans for people: a table per channel, and the schedules. */
#include <inttypes.h>

#include "daemon/ctl/ctl.h"

#define PPM_PER_BASIS_POINT 100

/* 75000 millionths: "7.50%"; as exact as the number is. */
static struct fq_str plans_rate(struct ctl *ctl, int32_t rate_ppm)
{
    int32_t basis_points = rate_ppm / PPM_PER_BASIS_POINT;
    int32_t rest = rate_ppm % PPM_PER_BASIS_POINT;
    if (rest != 0)
        return fq_arena_printf(ctl->arena, "%" PRId32 ".%02" PRId32 "%02" PRId32 "%%",
                               basis_points / 100, basis_points % 100, rest);
    return fq_arena_printf(ctl->arena, "%" PRId32 ".%02" PRId32 "%%", basis_points / 100,
                           basis_points % 100);
}

static struct fq_str plans_bearer(struct ctl *ctl, const Fenqi__V1__Plan *plan)
{
    switch (plan->bearer) {
    case FENQI__V1__BEARER__BEARER_BUYER:
        return fq_lit("the buyer");
    case FENQI__V1__BEARER__BEARER_MERCHANT:
        return fq_lit("the shop");
    case FENQI__V1__BEARER__BEARER_SHARED:
        return fq_arena_printf(ctl->arena, "the shop %" PRId32 "%%", plan->merchant_percent);
    case FENQI__V1__BEARER__BEARER_UNSPECIFIED:
    case _FENQI__V1__BEARER_IS_INT_SIZE:
    default:
        return fq_lit("?");
    }
}

static struct fq_str plans_line_total(struct ctl *ctl, const Fenqi__V1__Plan *plan, size_t i)
{
    return i < plan->n_schedule ? ctl_minor_text(ctl, plan->schedule[i]->total_minor)
                                : (struct fq_str){ NULL, 0 };
}

static void plans_table(struct ctl *ctl, const Fenqi__V1__ChannelPlans *channel)
{
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "rlrrrrr", 2);
    ctl_table_row(&table, fq_lit("instalments"), fq_lit("fee paid by"), fq_lit("first"),
                  fq_lit("each other"), fq_str_of(channel->fee_word_zh), fq_lit("rate"),
                  fq_lit("buyer pays"));
    for (size_t i = 0; i < channel->n_plans; i++) {
        const Fenqi__V1__Plan *plan = channel->plans[i];
        ctl_table_row(
            &table, fq_arena_printf(ctl->arena, "%" PRId32, plan->instalments),
            plans_bearer(ctl, plan), plans_line_total(ctl, plan, 0), plans_line_total(ctl, plan, 1),
            ctl_minor_text(ctl, plan->buyer_fee_minor + plan->merchant_fee_minor),
            plans_rate(ctl, plan->rate_ppm), ctl_minor_text(ctl, plan->buyer_total_minor));
    }
    ctl_table_print(&table, stdout);
}

static void plans_schedule(struct ctl *ctl, const Fenqi__V1__ChannelPlans *channel,
                           const Fenqi__V1__Plan *plan)
{
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "rlrrr", 4);
    ctl_table_row(&table, fq_lit("no."), fq_lit("month"), fq_lit("principal"),
                  fq_str_of(channel->fee_word_zh), fq_lit("together"));
    for (size_t i = 0; i < plan->n_schedule; i++) {
        const Fenqi__V1__ScheduleLine *line = plan->schedule[i];
        ctl_table_row(&table, fq_arena_printf(ctl->arena, "%" PRId32, line->number),
                      fq_arena_printf(ctl->arena, "%04" PRId32 "-%02" PRId32, line->due_month / 100,
                                      line->due_month % 100),
                      ctl_minor_text(ctl, line->principal_minor),
                      ctl_minor_text(ctl, line->fee_minor), ctl_minor_text(ctl, line->total_minor));
    }
    ctl_table_row(&table, fq_lit(""), fq_lit("sum"), ctl_minor_text(ctl, plan->principal_minor),
                  ctl_minor_text(ctl, plan->buyer_fee_minor),
                  ctl_minor_text(ctl, plan->buyer_total_minor));
    (void)printf("\n  %" PRId32 " instalments, fee paid by %.*s%s\n", plan->instalments,
                 fq_str_arg(plans_bearer(ctl, plan)),
                 plan->indicative ? " (indicative: the platform's own page decides)" : "");
    ctl_table_print(&table, stdout);
}

static void plans_channel(struct ctl *ctl, const Fenqi__V1__ChannelPlans *channel,
                          const Fenqi__V1__Money *amount)
{
    (void)printf("%s  %s, %s  %.*s %s\n", channel->channel, channel->title_zh, channel->title_en,
                 fq_str_arg(ctl_minor_text(ctl, amount->minor)), amount->currency);
    if (!channel->eligible) {
        (void)printf("  not on offer: %s\n", channel->reason);
        return;
    }
    plans_table(ctl, channel);
    for (size_t i = 0; i < channel->n_plans && ctl_has(ctl, CTL_SCHEDULE); i++)
        plans_schedule(ctl, channel, channel->plans[i]);
    if (channel->n_plans > 0)
        (void)printf("\n  quotes hold until %.*s; the %s (%s) is that of the contract\n",
                     fq_str_arg(ctl_time_text(ctl, channel->plans[0]->expires_at_unix_ms)),
                     channel->fee_word_en, channel->fee_word_zh);
}

void ctl_show_plans(struct ctl *ctl, const Fenqi__V1__QuotePlansResult *result)
{
    if (result->n_channels == 0)
        (void)puts("no channel: this merchant may use none");
    for (size_t i = 0; i < result->n_channels; i++) {
        if (i > 0)
            (void)putchar('\n');
        plans_channel(ctl, result->channels[i], result->amount);
    }
}
