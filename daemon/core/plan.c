/* SPDX-License-Identifier: Apache-2.0 */
/* Writes, reads and checks quotes. */
#include "daemon/core/plan.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/fact.h"
#include "daemon/core/money.h"

#define QUOTE_TEXT_SIZE_MAX 6144
#define QUOTE_TEXTS_SIZE    sizeof(((struct fq_quote *)NULL)->texts_digest)

static const unsigned char quote_no_texts[QUOTE_TEXTS_SIZE];

/* Facts that came later: written only if there is something to say, so that an older quote reads
 * the same. */
static void quote_add_later(struct fq_buf *buf, const struct fq_quote *quote)
{
    if (quote->issuer.len > 0)
        fq_fact_add(buf, "issuer", quote->issuer);
    if (quote->campaign.len > 0)
        fq_fact_add(buf, "campaign", quote->campaign);
    if (quote->fee_timing != FQ_FEE_TIMING_UNSET)
        fq_fact_add_int(buf, "fee_timing", quote->fee_timing);
    if (quote->nominal_annual_bp != 0)
        fq_fact_add_int(buf, "nominal_annual_bp", quote->nominal_annual_bp);
    if (quote->effective_annual_bp != 0)
        fq_fact_add_int(buf, "effective_annual_bp", quote->effective_annual_bp);
    if (quote->simple_annual_bp != 0)
        fq_fact_add_int(buf, "simple_annual_bp", quote->simple_annual_bp);
    if (memcmp(quote->texts_digest, quote_no_texts, sizeof(quote_no_texts)) != 0)
        fq_fact_add_hex(buf, "texts", quote->texts_digest, sizeof(quote->texts_digest));
}

int fq_quote_encode(const struct fq_quote *quote, struct fq_arena *arena, struct fq_str *ret_text)
{
    struct fq_buf buf;
    fq_buf_init(&buf, arena, QUOTE_TEXT_SIZE_MAX);
    fq_fact_add_text(&buf, "form", "quote.1");
    fq_fact_add(&buf, "id", quote->quote_id);
    fq_fact_add(&buf, "merchant", quote->merchant_id);
    fq_fact_add(&buf, "channel", quote->channel);
    fq_fact_add_int(&buf, "amount", quote->amount.minor);
    fq_fact_add_text(&buf, "currency", quote->amount.currency);
    fq_fact_add_int(&buf, "exponent", quote->amount.exponent);
    fq_fact_add_int(&buf, "instalments", quote->instalments);
    fq_fact_add_int(&buf, "bearer", quote->bearer);
    fq_fact_add_int(&buf, "merchant_percent", quote->merchant_percent);
    fq_fact_add_int(&buf, "rate_ppm", quote->rate_ppm);
    fq_fact_add_int(&buf, "indicative", quote->indicative);
    fq_fact_add_int(&buf, "buyer_fee", quote->buyer_fee_minor);
    fq_fact_add_int(&buf, "merchant_fee", quote->merchant_fee_minor);
    fq_fact_add_int(&buf, "buyer_total", quote->buyer_total_minor);
    fq_fact_add_int(&buf, "first_due_month", quote->first_due_month);
    fq_fact_add_int(&buf, "issued", quote->issued_ms);
    fq_fact_add_int(&buf, "expires", quote->expires_ms);
    quote_add_later(&buf, quote);
    for (uint32_t i = 0; i < quote->instalments; i++) {
        fq_buf_add(&buf, fq_lit("line."));
        fq_buf_add_int(&buf, i + 1);
        fq_buf_add_char(&buf, '=');
        fq_buf_add_int(&buf, quote->lines[i].principal_minor);
        fq_buf_add_char(&buf, '+');
        fq_buf_add_int(&buf, quote->lines[i].fee_minor);
        fq_buf_add_char(&buf, '\n');
    }
    FQ_TRY(fq_buf_finish(&buf, ret_text));
    return 0;
}

static int quote_read_int(struct fq_pairs facts, const char *name, int64_t max, int64_t *ret)
{
    return fq_facts_get_int(facts, name, 0, max, ret) == 0 ? 0 : FQ_QUOTE_E_MALFORMED;
}

static int quote_read_small(struct fq_pairs facts, const char *name, int64_t max, uint32_t *ret)
{
    int64_t value = 0;
    if (quote_read_int(facts, name, max, &value) != 0)
        return FQ_QUOTE_E_MALFORMED;
    *ret = (uint32_t)value;
    return 0;
}

static int quote_read_lines(struct fq_pairs facts, struct fq_arena *arena, struct fq_quote *quote)
{
    struct fq_plan_line *lines = fq_arena_array(arena, quote->instalments, sizeof(*lines));
    for (uint32_t i = 0; i < quote->instalments; i++) {
        struct fq_str name = fq_arena_printf(arena, "line.%u", i + 1);
        struct fq_str principal, fee;
        if (lines == NULL || name.ptr == NULL)
            return FQ_QUOTE_E_MALFORMED;
        if (!fq_str_cut(fq_facts_get(facts, name.ptr), '+', &principal, &fee) ||
            fq_str_to_int64(principal, 0, INT64_MAX, &lines[i].principal_minor) != 0 ||
            fq_str_to_int64(fee, 0, INT64_MAX, &lines[i].fee_minor) != 0)
            return FQ_QUOTE_E_MALFORMED;
    }
    quote->lines = lines;
    return 0;
}

/* Absent: 0. */
static int quote_read_later_int(struct fq_pairs facts, const char *name, int64_t max, int64_t *ret)
{
    int r = fq_facts_get_int(facts, name, 1, max, ret);
    return r == 0 || r == FQ_FACT_E_ABSENT ? 0 : FQ_QUOTE_E_MALFORMED;
}

static int quote_read_texts(struct fq_pairs facts, unsigned char ret[QUOTE_TEXTS_SIZE])
{
    int r = fq_facts_get_hex(facts, "texts", ret, QUOTE_TEXTS_SIZE);
    if (r == 0 && memcmp(ret, quote_no_texts, QUOTE_TEXTS_SIZE) == 0)
        return FQ_QUOTE_E_MALFORMED;
    return r == 0 || r == FQ_FACT_E_ABSENT ? 0 : FQ_QUOTE_E_MALFORMED;
}

static int quote_read_later(struct fq_pairs facts, struct fq_quote *quote)
{
    int64_t fee_timing = 0;
    quote->issuer = fq_facts_get(facts, "issuer");
    quote->campaign = fq_facts_get(facts, "campaign");
    if (quote_read_later_int(facts, "fee_timing", FQ_FEE_TIMING_FIRST, &fee_timing) ||
        quote_read_later_int(facts, "nominal_annual_bp", INT64_MAX, &quote->nominal_annual_bp) ||
        quote_read_later_int(facts, "effective_annual_bp", INT64_MAX,
                             &quote->effective_annual_bp) ||
        quote_read_later_int(facts, "simple_annual_bp", INT64_MAX, &quote->simple_annual_bp) ||
        quote_read_texts(facts, quote->texts_digest))
        return FQ_QUOTE_E_MALFORMED;
    quote->fee_timing = (uint32_t)fee_timing;
    return 0;
}

int fq_quote_decode(struct fq_str text, struct fq_arena *arena, struct fq_quote *ret)
{
    struct fq_quote quote = { 0 };
    struct fq_pairs facts;
    uint32_t indicative = 0;
    if (text.len > QUOTE_TEXT_SIZE_MAX || fq_facts_read(text, arena, &facts) != 0 ||
        !fq_str_equal(fq_facts_get(facts, "form"), fq_lit("quote.1")))
        return FQ_QUOTE_E_MALFORMED;
    quote.quote_id = fq_facts_get(facts, "id");
    quote.merchant_id = fq_facts_get(facts, "merchant");
    quote.channel = fq_facts_get(facts, "channel");
    struct fq_str currency = fq_facts_get(facts, "currency");
    if (currency.len != 3 || quote_read_int(facts, "amount", INT64_MAX, &quote.amount.minor) ||
        quote_read_small(facts, "exponent", 6, &quote.amount.exponent) ||
        quote_read_small(facts, "instalments", FQ_TERMS_MAX, &quote.instalments) ||
        quote_read_small(facts, "bearer", FQ_BEARER_SHARED, &quote.bearer) ||
        quote_read_small(facts, "merchant_percent", 100, &quote.merchant_percent) ||
        quote_read_small(facts, "rate_ppm", 1000000, &quote.rate_ppm) ||
        quote_read_small(facts, "indicative", 1, &indicative) ||
        quote_read_int(facts, "buyer_fee", INT64_MAX, &quote.buyer_fee_minor) ||
        quote_read_int(facts, "merchant_fee", INT64_MAX, &quote.merchant_fee_minor) ||
        quote_read_int(facts, "buyer_total", INT64_MAX, &quote.buyer_total_minor) ||
        quote_read_small(facts, "first_due_month", 999912, &quote.first_due_month) ||
        quote_read_int(facts, "issued", INT64_MAX, &quote.issued_ms) ||
        quote_read_int(facts, "expires", INT64_MAX, &quote.expires_ms) ||
        quote_read_later(facts, &quote) || quote_read_lines(facts, arena, &quote))
        return FQ_QUOTE_E_MALFORMED;
    memcpy(quote.amount.currency, currency.ptr, 3);
    quote.indicative = indicative != 0;
    if (!fq_quote_validate(&quote))
        return FQ_QUOTE_E_MALFORMED;
    *ret = quote;
    return 0;
}

bool fq_quote_validate(const struct fq_quote *quote)
{
    int64_t principal = 0, fee = 0, total = 0;
    if (!fq_money_is_payable(quote->amount) || quote->instalments == 0 ||
        quote->instalments > FQ_TERMS_MAX || quote->lines == NULL || quote->buyer_fee_minor < 0 ||
        quote->merchant_fee_minor < 0 || quote->bearer == FQ_BEARER_UNSET ||
        quote->merchant_percent > 100)
        return false;
    for (uint32_t i = 0; i < quote->instalments; i++) {
        const struct fq_plan_line *line = &quote->lines[i];
        if (line->principal_minor < 0 || line->fee_minor < 0 ||
            __builtin_add_overflow(principal, line->principal_minor, &principal) ||
            __builtin_add_overflow(fee, line->fee_minor, &fee))
            return false;
    }
    if (__builtin_add_overflow(principal, fee, &total))
        return false;
    return principal == quote->amount.minor && fee == quote->buyer_fee_minor &&
           total == quote->buyer_total_minor &&
           (quote->bearer != FQ_BEARER_BUYER || quote->merchant_fee_minor == 0) &&
           (quote->bearer != FQ_BEARER_MERCHANT || quote->buyer_fee_minor == 0);
}
