/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to ListChannels for people: the ways to pay, and the banks of each. */
#include <inttypes.h>

#include "daemon/ctl/ctl.h"

static struct fq_str channels_numbers(struct ctl *ctl, const int32_t *numbers, size_t n)
{
    struct fq_buf buf;
    struct fq_str text = { NULL, 0 };
    fq_buf_init(&buf, ctl->arena, 512);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            fq_buf_add_char(&buf, ' ');
        fq_buf_add_int(&buf, numbers[i]);
    }
    (void)fq_buf_finish(&buf, &text);
    return text.len > 0 ? text : fq_lit("-");
}

static struct fq_str channels_amounts(struct ctl *ctl, int64_t min, int64_t max)
{
    return fq_arena_printf(ctl->arena, "%.*s to %.*s", fq_str_arg(ctl_minor_text(ctl, min)),
                           fq_str_arg(ctl_minor_text(ctl, max)));
}

static struct fq_str channels_terminals(struct ctl *ctl, const Fenqi__V1__ChannelInfo *channel)
{
    struct fq_buf buf;
    struct fq_str text = { NULL, 0 };
    fq_buf_init(&buf, ctl->arena, 256);
    for (size_t i = 0; i < channel->n_terminals; i++) {
        if (i > 0)
            fq_buf_add(&buf, fq_lit(", "));
        fq_buf_add(&buf, ctl_word(&fenqi__v1__terminal__descriptor, (int)channel->terminals[i]));
    }
    (void)fq_buf_finish(&buf, &text);
    return text;
}

static void channels_banks(struct ctl *ctl, const Fenqi__V1__ChannelInfo *channel)
{
    struct ctl_table table;
    if (channel->n_issuers == 0)
        return;
    ctl_table_init(&table, ctl->arena, "lllll", 2);
    ctl_table_row(&table, fq_lit("bank"), fq_lit("instalments"), fq_lit("amounts"), fq_lit(""),
                  fq_lit(""));
    for (size_t i = 0; i < channel->n_issuers; i++) {
        const Fenqi__V1__Issuer *issuer = channel->issuers[i];
        ctl_table_row(&table, fq_str_of(issuer->issuer),
                      channels_numbers(ctl, issuer->instalments, issuer->n_instalments),
                      channels_amounts(ctl, issuer->amount_min_minor, issuer->amount_max_minor),
                      fq_str_of(issuer->title_zh), fq_str_of(issuer->title_en));
    }
    (void)putchar('\n');
    ctl_table_print(&table, stdout);
}

static void channels_one(struct ctl *ctl, const Fenqi__V1__ChannelInfo *channel)
{
    struct ctl_table table;
    (void)printf("%s  %s, %s\n", channel->channel, channel->title_zh, channel->title_en);
    ctl_table_init(&table, ctl->arena, "ll", 2);
    ctl_table_row(&table, fq_lit("amounts"),
                  fq_arena_printf(ctl->arena, "%.*s %s",
                                  fq_str_arg(channels_amounts(ctl, channel->amount_min_minor,
                                                              channel->amount_max_minor)),
                                  channel->currency));
    ctl_table_row(&table, fq_lit("instalments"),
                  channels_numbers(ctl, channel->instalments, channel->n_instalments));
    ctl_table_row(&table, fq_lit("terminals"), channels_terminals(ctl, channel));
    ctl_table_row(
        &table, fq_lit("cost"),
        fq_arena_printf(ctl->arena, "%s, %s", channel->fee_word_zh, channel->fee_word_en));
    ctl_table_row(&table, fq_lit("terms"),
                  channel->indicative ? fq_lit("the platform's own page decides")
                                      : fq_lit("as quoted"));
    ctl_table_row(&table, fq_lit("payer"),
                  channel->takes_payer ? fq_lit("can be named") : fq_lit("cannot be named"));
    ctl_table_row(&table, fq_lit("refunds"),
                  channel->partial_refund ? fq_lit("whole and partial") : fq_lit("whole only"));
    ctl_table_print(&table, stdout);
    channels_banks(ctl, channel);
}

void ctl_show_channels(struct ctl *ctl, const Fenqi__V1__ChannelList *list)
{
    if (list->n_channels == 0)
        (void)puts("no channel: this merchant may use none");
    for (size_t i = 0; i < list->n_channels; i++) {
        if (i > 0)
            (void)putchar('\n');
        channels_one(ctl, list->channels[i]);
    }
}
