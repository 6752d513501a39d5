/* SPDX-License-Identifier: Apache-2.0 */
/* Checks an adapter's description, and rates against it. */
#include "daemon/plugin/describe.h"

#include <string.h>

#include "daemon/core/money.h"

#define WORD_SIZE_MAX     256
#define MINUTES_A_DAY     1440
#define TASK_EVERY_MIN_MS 60000
#define TERMINALS_MASK                                                                  \
    (1u << FQ_TERMINAL_DESKTOP | 1u << FQ_TERMINAL_MOBILE_WEB | 1u << FQ_TERMINAL_APP | \
     1u << FQ_TERMINAL_QR)
#define BEARERS_MASK (1u << FQ_BEARER_BUYER | 1u << FQ_BEARER_MERCHANT | 1u << FQ_BEARER_SHARED)

static bool describe_is_word(const char *text)
{
    if (text == NULL || text[0] == '\0' || strnlen(text, WORD_SIZE_MAX + 1) > WORD_SIZE_MAX)
        return false;
    return fq_str_is_utf8(fq_str_of(text));
}

static const char *describe_refuse_words(const struct fq_description *about)
{
    if (!describe_is_word(about->title_zh) || !describe_is_word(about->title_en))
        return "describe: a title is missing";
    if (!describe_is_word(about->fee_word_zh) || !describe_is_word(about->fee_word_en))
        return "describe: the word for the fee is missing";
    if (!fq_money_is_currency(about->currency))
        return "describe: the currency is not three capital letters";
    return about->exponent > 6 ? "describe: the exponent is out of range" : NULL;
}

static const char *describe_refuse_terms(const struct fq_description *about)
{
    if (about->terms == NULL || about->n_terms == 0 || about->n_terms > FQ_TERMS_MAX)
        return "describe: the number of terms is out of range";
    for (size_t i = 0; i < about->n_terms; i++) {
        if (about->terms[i] == 0 || about->terms[i] > FQ_TERMS_MAX)
            return "describe: terms must be 1 to 60";
    }
    return NULL;
}

static const char *describe_refuse_numbers(const struct fq_description *about)
{
    if (about->terminals == 0 || (about->terminals & ~TERMINALS_MASK) != 0)
        return "describe: terminals are out of range";
    if ((about->opens_at_create & ~about->terminals) != 0)
        return "describe: opens_at_create names a terminal that it cannot serve";
    if (about->bearers == 0 || (about->bearers & ~BEARERS_MASK) != 0)
        return "describe: bearers are out of range";
    if (about->amount_min_minor < 0 || about->amount_max_minor <= 0 ||
        about->amount_min_minor > about->amount_max_minor)
        return "describe: the amounts are out of range";
    if (about->deadline_min_ms < 0 || about->deadline_max_ms <= 0 ||
        about->deadline_min_ms > about->deadline_max_ms || about->settle_margin_ms < 0)
        return "describe: the deadlines are out of range";
    if (about->day_ends_minute >= MINUTES_A_DAY || about->statement_minute >= MINUTES_A_DAY)
        return "describe: a minute of the day is out of range";
    if (about->task_every_ms != 0 && about->task_every_ms < TASK_EVERY_MIN_MS)
        return "describe: task_every_ms is out of range";
    return NULL;
}

static const char *describe_refuse_keys(const struct fq_description *about)
{
    if (about->n_keys > FQ_DESCRIBE_KEYS_MAX || (about->keys == NULL && about->n_keys > 0))
        return "describe: the number of keys is out of range";
    for (size_t i = 0; i < about->n_keys; i++) {
        const struct fq_key_need *need = &about->keys[i];
        if (!describe_is_word(need->name) || !fq_str_is_word(fq_str_of(need->name), "_-"))
            return "describe: a key has no name";
        if (need->kind == FQ_KEY_UNSET || need->kind > FQ_KEY_OWN_CERTIFICATE)
            return "describe: a key is of no kind";
        for (size_t k = 0; k < i; k++) {
            if (strcmp(about->keys[k].name, need->name) == 0)
                return "describe: a key is named twice";
        }
    }
    return NULL;
}

const char *fq_describe_refuse(const struct fq_description *about)
{
    const char *reason = describe_refuse_words(about);
    if (reason == NULL)
        reason = describe_refuse_terms(about);
    if (reason == NULL)
        reason = describe_refuse_numbers(about);
    if (reason == NULL)
        reason = describe_refuse_keys(about);
    return reason;
}

static bool describe_has_terms(const struct fq_description *about, uint32_t instalments)
{
    for (size_t i = 0; i < about->n_terms; i++) {
        if (about->terms[i] == instalments)
            return true;
    }
    return false;
}

struct fq_str fq_describe_refuse_rates(const struct fq_description *about, struct fq_rates rates,
                                       struct fq_arena *arena, size_t *reterr_row)
{
    for (size_t i = 0; i < rates.n_items; i++) {
        const struct fq_rate *rate = &rates.items[i];
        *reterr_row = i;
        if (!describe_has_terms(about, rate->instalments))
            return fq_arena_printf(arena, "the adapter cannot do %u instalments",
                                   rate->instalments);
        if (rate->bearer > FQ_BEARER_SHARED || (about->bearers & 1u << rate->bearer) == 0)
            return fq_arena_printf(arena,
                                   "%u instalments: the adapter cannot let that side bear the fee",
                                   rate->instalments);
    }
    return (struct fq_str){ NULL, 0 };
}

/* A table as one of the lists of a channel has it. */
struct describe_table {
    const char *list; /* "issuers"; "": the channel's own */
    struct fq_str id;
    struct fq_rates rates;
};

static struct fq_str describe_refuse_table(const struct fq_description *about,
                                           const struct describe_table *table,
                                           struct fq_arena *arena, struct fq_str *reterr_key)
{
    size_t row = 0;
    const char *dot = table->list[0] != '\0' ? "." : "";
    struct fq_str reason = fq_describe_refuse_rates(about, table->rates, arena, &row);
    if (reason.len > 0)
        *reterr_key = fq_arena_printf(arena, "%s%s%.*s%srates[%zu]", table->list, dot,
                                      fq_str_arg(table->id), dot, row);
    return reason;
}

struct fq_str fq_describe_refuse_conf(const struct fq_description *about,
                                      const struct fq_channel_conf *conf, struct fq_arena *arena,
                                      struct fq_str *reterr_key)
{
    const struct describe_table own = { "", { NULL, 0 }, conf->rates };
    struct fq_str reason = describe_refuse_table(about, &own, arena, reterr_key);
    for (size_t i = 0; i < conf->n_issuers && reason.len == 0; i++) {
        const struct fq_issuer *issuer = &conf->issuers[i];
        const struct describe_table table = { "issuers", issuer->id, issuer->rates };
        reason = describe_refuse_table(about, &table, arena, reterr_key);
    }
    for (size_t i = 0; i < conf->n_campaigns && reason.len == 0; i++) {
        const struct fq_campaign *campaign = &conf->campaigns[i];
        const struct describe_table table = { "campaigns", campaign->id, campaign->rates };
        reason = describe_refuse_table(about, &table, arena, reterr_key);
    }
    return reason;
}
