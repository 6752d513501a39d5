/* SPDX-License-Identifier: Apache-2.0 */
/* Writes, reads and checks quotes. */
#include "daemon/core/plan.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/fact.h"
#include "daemon/core/money.h"

#define QUOTE_TEXTS_SIZE sizeof(((struct fq_quote *)NULL)->texts_digest)
#define QUOTE_TYPICAL    640 /* bytes that most quotes fit into */

static const unsigned char quote_no_texts[QUOTE_TEXTS_SIZE];

/* ---- writing: what is 0 or empty is not said ---- */

static void quote_add_some(struct fq_buf *buf, const char *name, int64_t value)
{
    if (value != 0)
        fq_fact_add_int(buf, name, value);
}

/* "58325+4378,11*58325+4374": instalments that are alike are counted. */
static void quote_add_lines(struct fq_buf *buf, const struct fq_quote *quote)
{
    fq_buf_add(buf, fq_lit("lines="));
    for (uint32_t i = 0, end = 0; i < quote->instalments; i = end) {
        const struct fq_plan_line *line = &quote->lines[i];
        for (end = i + 1; end < quote->instalments; end++) {
            if (quote->lines[end].principal_minor != line->principal_minor ||
                quote->lines[end].fee_minor != line->fee_minor)
                break;
        }
        if (i > 0)
            fq_buf_add_char(buf, ',');
        if (end > i + 1) {
            fq_buf_add_int(buf, end - i);
            fq_buf_add_char(buf, '*');
        }
        fq_buf_add_int(buf, line->principal_minor);
        fq_buf_add_char(buf, '+');
        fq_buf_add_int(buf, line->fee_minor);
    }
    fq_buf_add_char(buf, '\n');
}

void fq_quote_write(const struct fq_quote *quote, struct fq_buf *buf)
{
    fq_buf_reserve(buf, QUOTE_TYPICAL);
    fq_fact_add_text(buf, "form", "quote.2");
    fq_fact_add(buf, "id", quote->quote_id);
    fq_fact_add(buf, "merchant", quote->merchant_id);
    fq_fact_add(buf, "channel", quote->channel);
    fq_fact_add_int(buf, "amount", quote->amount.minor);
    fq_fact_add_text(buf, "currency", quote->amount.currency);
    fq_fact_add_int(buf, "exponent", quote->amount.exponent);
    fq_fact_add_int(buf, "instalments", quote->instalments);
    fq_fact_add_int(buf, "bearer", quote->bearer);
    quote_add_some(buf, "merchant_percent", quote->merchant_percent);
    quote_add_some(buf, "rate_ppm", quote->rate_ppm);
    if (quote->issuer.len > 0)
        fq_fact_add(buf, "issuer", quote->issuer);
    if (quote->campaign.len > 0)
        fq_fact_add(buf, "campaign", quote->campaign);
    quote_add_some(buf, "fee_timing", quote->fee_timing);
    quote_add_some(buf, "indicative", quote->indicative);
    quote_add_some(buf, "buyer_fee", quote->buyer_fee_minor);
    quote_add_some(buf, "merchant_fee", quote->merchant_fee_minor);
    quote_add_lines(buf, quote);
    quote_add_some(buf, "nominal_annual_bp", quote->nominal_annual_bp);
    quote_add_some(buf, "effective_annual_bp", quote->effective_annual_bp);
    quote_add_some(buf, "simple_annual_bp", quote->simple_annual_bp);
    if (memcmp(quote->texts_digest, quote_no_texts, QUOTE_TEXTS_SIZE) != 0)
        fq_fact_add_hex(buf, "texts", quote->texts_digest, QUOTE_TEXTS_SIZE);
    fq_fact_add_int(buf, "first_due_month", quote->first_due_month);
    fq_fact_add_int(buf, "issued", quote->issued_ms);
    fq_fact_add_int(buf, "expires", quote->expires_ms);
}

int fq_quote_encode(const struct fq_quote *quote, struct fq_arena *arena, struct fq_str *ret_text)
{
    struct fq_buf buf;
    fq_buf_init(&buf, arena, FQ_QUOTE_TEXT_MAX);
    fq_quote_write(quote, &buf);
    FQ_TRY(fq_buf_finish(&buf, ret_text));
    return 0;
}

/* ---- reading ---- */

/* The first thing that is wrong sticks. */
struct quote_reader {
    struct fq_pairs facts;
    struct fq_arena *arena;
    bool is_first_form; /* quote.1: zeroes are written, instalments stand one by one */
    bool is_bad;
};

static int64_t quote_read_int(struct quote_reader *reader, const char *name, int64_t max)
{
    int64_t value = 0;
    if (fq_facts_get_int(reader->facts, name, 0, max, &value) != 0)
        reader->is_bad = true;
    return value;
}

static uint32_t quote_read_small(struct quote_reader *reader, const char *name, uint32_t max)
{
    return (uint32_t)quote_read_int(reader, name, max);
}

/* What may be 0. */
static int64_t quote_read_some(struct quote_reader *reader, const char *name, int64_t max)
{
    int64_t value = 0;
    if (reader->is_first_form)
        return quote_read_int(reader, name, max);
    int r = fq_facts_get_int(reader->facts, name, 1, max, &value);
    if (r != 0 && r != FQ_FACT_E_ABSENT)
        reader->is_bad = true;
    return value;
}

static bool quote_read_line(struct fq_str text, struct fq_plan_line *ret)
{
    struct fq_str principal, fee;
    return fq_str_cut(text, '+', &principal, &fee) &&
           fq_str_to_int64(principal, 0, INT64_MAX, &ret->principal_minor) == 0 &&
           fq_str_to_int64(fee, 0, INT64_MAX, &ret->fee_minor) == 0;
}

static bool quote_read_lines_one_by_one(const struct quote_reader *reader, uint32_t instalments,
                                        struct fq_plan_line *ret)
{
    for (uint32_t i = 0; i < instalments; i++) {
        struct fq_str name = fq_arena_printf(reader->arena, "line.%u", i + 1);
        if (name.ptr == NULL || !quote_read_line(fq_facts_get(reader->facts, name.ptr), &ret[i]))
            return false;
    }
    return true;
}

static bool quote_read_lines_counted(struct fq_str text, uint32_t instalments,
                                     struct fq_plan_line *ret)
{
    uint32_t n = 0;
    bool is_more = true;
    while (is_more) {
        struct fq_str item, rest, count;
        struct fq_plan_line line;
        int64_t times = 1;
        is_more = fq_str_cut(text, ',', &item, &text);
        if (fq_str_cut(item, '*', &count, &rest)) {
            if (fq_str_to_int64(count, 2, FQ_TERMS_MAX, &times) != 0)
                return false;
            item = rest;
        }
        if (!quote_read_line(item, &line) || times > instalments - n)
            return false;
        while (times-- > 0)
            ret[n++] = line;
    }
    return n == instalments;
}

static const struct fq_plan_line *quote_read_lines(struct quote_reader *reader,
                                                   uint32_t instalments)
{
    struct fq_plan_line *lines = fq_arena_array(reader->arena, instalments, sizeof(*lines));
    if (lines == NULL ||
        !(reader->is_first_form
              ? quote_read_lines_one_by_one(reader, instalments, lines)
              : quote_read_lines_counted(fq_facts_get(reader->facts, "lines"), instalments, lines)))
        reader->is_bad = true;
    return lines;
}

static void quote_read_texts(struct quote_reader *reader, unsigned char ret[QUOTE_TEXTS_SIZE])
{
    int r = fq_facts_get_hex(reader->facts, "texts", ret, QUOTE_TEXTS_SIZE);
    if ((r != 0 && r != FQ_FACT_E_ABSENT) ||
        (r == 0 && memcmp(ret, quote_no_texts, QUOTE_TEXTS_SIZE) == 0))
        reader->is_bad = true;
}

/* What a quote.1 did not have. */
static void quote_read_second_form(struct quote_reader *reader, struct fq_quote *ret)
{
    ret->issuer = fq_facts_get(reader->facts, "issuer");
    ret->campaign = fq_facts_get(reader->facts, "campaign");
    ret->fee_timing = (uint32_t)quote_read_some(reader, "fee_timing", FQ_FEE_TIMING_FIRST);
    ret->nominal_annual_bp = quote_read_some(reader, "nominal_annual_bp", INT64_MAX);
    ret->effective_annual_bp = quote_read_some(reader, "effective_annual_bp", INT64_MAX);
    ret->simple_annual_bp = quote_read_some(reader, "simple_annual_bp", INT64_MAX);
    quote_read_texts(reader, ret->texts_digest);
    if (__builtin_add_overflow(ret->amount.minor, ret->buyer_fee_minor, &ret->buyer_total_minor))
        reader->is_bad = true;
}

static void quote_read(struct quote_reader *reader, struct fq_quote *ret)
{
    struct fq_str currency = fq_facts_get(reader->facts, "currency");
    int64_t amount = quote_read_int(reader, "amount", INT64_MAX);
    ret->quote_id = fq_facts_get(reader->facts, "id");
    ret->merchant_id = fq_facts_get(reader->facts, "merchant");
    ret->channel = fq_facts_get(reader->facts, "channel");
    ret->amount = fq_money_of(amount, currency, quote_read_small(reader, "exponent", 6));
    ret->instalments = quote_read_small(reader, "instalments", FQ_TERMS_MAX);
    ret->bearer = quote_read_small(reader, "bearer", FQ_BEARER_SHARED);
    ret->merchant_percent = (uint32_t)quote_read_some(reader, "merchant_percent", 100);
    ret->rate_ppm = (uint32_t)quote_read_some(reader, "rate_ppm", 1000000);
    ret->indicative = quote_read_some(reader, "indicative", 1) != 0;
    ret->buyer_fee_minor = quote_read_some(reader, "buyer_fee", INT64_MAX);
    ret->merchant_fee_minor = quote_read_some(reader, "merchant_fee", INT64_MAX);
    ret->lines = quote_read_lines(reader, ret->instalments);
    ret->first_due_month = quote_read_small(reader, "first_due_month", 999912);
    ret->issued_ms = quote_read_int(reader, "issued", INT64_MAX);
    ret->expires_ms = quote_read_int(reader, "expires", INT64_MAX);
    if (reader->is_first_form)
        ret->buyer_total_minor = quote_read_int(reader, "buyer_total", INT64_MAX);
    else
        quote_read_second_form(reader, ret);
}

int fq_quote_decode(struct fq_str text, struct fq_arena *arena, struct fq_quote *ret)
{
    struct fq_quote quote = { 0 };
    struct quote_reader reader = { .arena = arena };
    if (text.len > FQ_QUOTE_TEXT_MAX || fq_facts_read(text, arena, &reader.facts) != 0)
        return FQ_QUOTE_E_MALFORMED;
    struct fq_str form = fq_facts_get(reader.facts, "form");
    reader.is_first_form = fq_str_equal(form, fq_lit("quote.1"));
    if (!reader.is_first_form && !fq_str_equal(form, fq_lit("quote.2")))
        return FQ_QUOTE_E_MALFORMED;
    quote_read(&reader, &quote);
    if (reader.is_bad || !fq_quote_validate(&quote))
        return FQ_QUOTE_E_MALFORMED;
    *ret = quote;
    return 0;
}

/* ---- checking ---- */

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
