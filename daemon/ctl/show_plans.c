/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to QuotePlans for people: a table per channel, the schedules, what each plan costs. */
#include <inttypes.h>

#include "daemon/core/disclosure.h"
#include "daemon/ctl/ctl.h"

#define PERCENT_SIZE_MAX 32

/* ---- cells ---- */

static struct fq_str plans_rate(struct ctl *ctl, int32_t rate_ppm)
{
    struct fq_buf buf;
    struct fq_str text = { NULL, 0 };
    fq_buf_init(&buf, ctl->arena, PERCENT_SIZE_MAX);
    fq_percent_add_ppm(&buf, rate_ppm);
    (void)fq_buf_finish(&buf, &text);
    return text;
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

/* Who pays the fee, what of it the shop pays, and by which campaign. */
static struct fq_str plans_payer(struct ctl *ctl, const Fenqi__V1__Plan *plan)
{
    struct fq_buf buf;
    struct fq_str text = { NULL, 0 };
    fq_buf_init(&buf, ctl->arena, 256);
    fq_buf_add(&buf, plans_bearer(ctl, plan));
    if (plan->bearer != FENQI__V1__BEARER__BEARER_BUYER) {
        fq_buf_add(&buf, fq_lit(": "));
        fq_buf_add(&buf, ctl_minor_text(ctl, plan->merchant_fee_minor));
    }
    if (plan->campaign[0] != '\0')
        fq_buf_printf(&buf, " (%s)", plan->campaign);
    (void)fq_buf_finish(&buf, &text);
    return text;
}

static struct fq_str plans_line(struct ctl *ctl, const Fenqi__V1__Plan *plan, size_t i)
{
    if (i >= plan->n_schedule)
        return (struct fq_str){ NULL, 0 };
    const Fenqi__V1__ScheduleLine *line = plan->schedule[i];
    return fq_arena_printf(ctl->arena, "%.*s + %.*s",
                           fq_str_arg(ctl_minor_text(ctl, line->principal_minor)),
                           fq_str_arg(ctl_minor_text(ctl, line->fee_minor)));
}

/* ---- all plans of a channel ---- */

static size_t plans_count(const struct ctl_choice *choice, const Fenqi__V1__ChannelPlans *channel)
{
    size_t n = 0;
    for (size_t i = 0; i < channel->n_plans; i++)
        n += ctl_choice_fits(choice, channel->plans[i]);
    return n;
}

static void plans_table(struct ctl *ctl, const struct ctl_choice *choice,
                        const Fenqi__V1__ChannelPlans *channel)
{
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "rrrrrrrrl", 2);
    ctl_table_row(&table, fq_lit("instalments"), fq_lit("first"), fq_lit("each other"),
                  fq_str_of(channel->fee_word_zh), fq_lit("rate"), fq_lit("年化 IRR"),
                  fq_lit("effective"), fq_lit("buyer pays"), fq_lit("fee paid by"));
    for (size_t i = 0; i < channel->n_plans; i++) {
        const Fenqi__V1__Plan *plan = channel->plans[i];
        if (!ctl_choice_fits(choice, plan))
            continue;
        ctl_table_row(&table, fq_arena_printf(ctl->arena, "%" PRId32, plan->instalments),
                      plans_line(ctl, plan, 0), plans_line(ctl, plan, 1),
                      ctl_minor_text(ctl, plan->buyer_fee_minor), plans_rate(ctl, plan->rate_ppm),
                      ctl_percent_text(ctl, plan->nominal_annual_bp),
                      ctl_percent_text(ctl, plan->effective_annual_bp),
                      ctl_minor_text(ctl, plan->buyer_total_minor), plans_payer(ctl, plan));
    }
    ctl_table_print(&table, stdout);
}

/* ---- one plan ---- */

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
    ctl_table_print(&table, stdout);
}

/* Each row in Chinese, and below it in English. */
static void plans_cost_rows(struct ctl *ctl, struct ctl_table *table,
                            const Fenqi__V1__CostTable *cost)
{
    const struct fq_str none = { NULL, 0 };
    for (size_t i = 0; i < cost->n_rows; i++) {
        const Fenqi__V1__CostRow *row = cost->rows[i];
        ctl_table_row(table, fq_str_of(row->item_zh), fq_str_of(row->charged_zh),
                      fq_str_of(row->standard_zh),
                      row->on_default ? none : ctl_minor_text(ctl, row->amount_minor),
                      row->on_default ? none : ctl_percent_text(ctl, row->annual_bp),
                      fq_str_of(row->collector_zh));
        ctl_table_row(table, fq_str_of(row->item_en), fq_str_of(row->charged_en),
                      fq_str_of(row->standard_en), none, none, fq_str_of(row->collector_en));
    }
}

/* 综合融资成本明示表 */
static void plans_cost(struct ctl *ctl, const Fenqi__V1__ChannelPlans *channel,
                       const Fenqi__V1__Plan *plan)
{
    struct ctl_table table;
    if (plan->cost == NULL || channel->cost == NULL)
        return;
    ctl_table_init(&table, ctl->arena, "lllrrl", 4);
    ctl_table_row(&table, fq_lit("综合融资成本"), fq_lit("how charged"), fq_lit("by"),
                  fq_lit("amount"), fq_lit("a year"), fq_lit("collected by"));
    plans_cost_rows(ctl, &table, plan->cost);
    plans_cost_rows(ctl, &table, channel->cost);
    ctl_table_row(&table, fq_lit("综合年化成本"), fq_lit("in all"), fq_lit(""),
                  ctl_minor_text(ctl, plan->buyer_fee_minor),
                  ctl_percent_text(ctl, plan->cost->total_annual_bp));
    (void)putchar('\n');
    ctl_table_print(&table, stdout);
    (void)printf("    %s\n    %s; 单利 (simple rate): %.*s\n", channel->cost->method_zh,
                 channel->cost->method_en,
                 fq_str_arg(ctl_percent_text(ctl, plan->simple_annual_bp)));
}

static void plans_one(struct ctl *ctl, const Fenqi__V1__ChannelPlans *channel,
                      const Fenqi__V1__Plan *plan)
{
    (void)printf("\n  %" PRId32 " instalments, fee paid by %.*s%s\n", plan->instalments,
                 fq_str_arg(plans_payer(ctl, plan)),
                 plan->indicative ? "; indicative: the platform's own page decides" : "");
    plans_schedule(ctl, channel, plan);
    plans_cost(ctl, channel, plan);
}

/* ---- the answer ---- */

static void plans_heading(struct ctl *ctl, const Fenqi__V1__ChannelPlans *channel,
                          const Fenqi__V1__Money *amount)
{
    (void)printf("%s  %s, %s  %.*s %s\n", channel->channel, channel->title_zh, channel->title_en,
                 fq_str_arg(ctl_minor_text(ctl, amount->minor)), amount->currency);
    if (channel->issuer != NULL)
        (void)printf("  cards of %s, %s (%s): %.*s to %.*s\n", channel->issuer->title_zh,
                     channel->issuer->title_en, channel->issuer->issuer,
                     fq_str_arg(ctl_minor_text(ctl, channel->issuer->amount_min_minor)),
                     fq_str_arg(ctl_minor_text(ctl, channel->issuer->amount_max_minor)));
}

/* When the first of them ends: one of a campaign ends with it. */
static int64_t plans_expire(const Fenqi__V1__ChannelPlans *channel)
{
    int64_t until = channel->plans[0]->expires_at_unix_ms;
    for (size_t i = 1; i < channel->n_plans; i++) {
        if (channel->plans[i]->expires_at_unix_ms < until)
            until = channel->plans[i]->expires_at_unix_ms;
    }
    return until;
}

static void plans_channel(struct ctl *ctl, const struct ctl_choice *choice,
                          const Fenqi__V1__ChannelPlans *channel, const Fenqi__V1__Money *amount)
{
    size_t n_plans = plans_count(choice, channel);
    plans_heading(ctl, channel, amount);
    if (!channel->eligible) {
        (void)printf("  not on offer: %s\n", channel->reason);
        return;
    }
    if (n_plans == 0) {
        (void)puts("  none of its plans is like that");
        return;
    }
    plans_table(ctl, choice, channel);
    for (size_t i = 0; i < channel->n_plans; i++) {
        if (ctl_choice_fits(choice, channel->plans[i]) &&
            (ctl_has(ctl, CTL_SCHEDULE) || n_plans == 1))
            plans_one(ctl, channel, channel->plans[i]);
    }
    if (channel->indicative)
        (void)printf("\n  %s\n  %s\n", channel->note_zh, channel->note_en);
    (void)printf("\n  quotes hold until %.*s; the %s (%s) is that of the contract\n",
                 fq_str_arg(ctl_time_text(ctl, plans_expire(channel))), channel->fee_word_en,
                 channel->fee_word_zh);
}

void ctl_show_plans(struct ctl *ctl, const Fenqi__V1__QuotePlansResult *result)
{
    struct ctl_choice choice;
    (void)ctl_choice_read(ctl, &choice);
    if (result->n_channels == 0)
        (void)puts("no channel is configured");
    for (size_t i = 0; i < result->n_channels; i++) {
        if (i > 0)
            (void)putchar('\n');
        plans_channel(ctl, &choice, result->channels[i], result->amount);
    }
}
