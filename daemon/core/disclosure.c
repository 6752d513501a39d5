/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the rows of the disclosure, in Chinese and in English. */
#include "daemon/core/disclosure.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/fact.h"
#include "daemon/core/money.h"

#define DISCLOSURE_LINE_MAX 512   /* of one cell that is written here */
#define DISCLOSURE_TEXT_MAX 16384 /* of all words together */

#define DEFAULT_ZH "以贷款人的合同及账单为准"
#define DEFAULT_EN "as the lender's contract and statement say"

/* ---- numbers in words ---- */

void fq_percent_add_bp(struct fq_buf *buf, int64_t bp)
{
    fq_buf_add_int(buf, bp / 100);
    fq_buf_add_char(buf, '.');
    fq_buf_add_char(buf, (char)('0' + bp / 10 % 10));
    fq_buf_add_char(buf, (char)('0' + bp % 10));
    fq_buf_add_char(buf, '%');
}

void fq_percent_add_ppm(struct fq_buf *buf, int64_t ppm)
{
    if (ppm % 100 == 0) {
        fq_percent_add_bp(buf, ppm / 100);
        return;
    }
    fq_buf_add_int(buf, ppm / 10000);
    fq_buf_add_char(buf, '.');
    for (int64_t place = 1000; place > 0; place /= 10)
        fq_buf_add_char(buf, (char)('0' + ppm / place % 10));
    fq_buf_add_char(buf, '%');
}

/* ---- cells ---- */

static void disclosure_add_shop(struct fq_buf *buf, const struct fq_quote *quote)
{
    fq_buf_add(buf, fq_money_text(quote->merchant_fee_minor, quote->amount.exponent, buf->arena));
}

/* "12期，费率7.50%", and what of it the shop pays. */
static struct fq_str disclosure_standard_zh(const struct fq_quote *quote, struct fq_arena *arena)
{
    struct fq_str text = { NULL, 0 };
    struct fq_buf buf;
    bool is_yuan = memcmp(quote->amount.currency, "CNY", 4) == 0;
    bool is_free = quote->bearer == FQ_BEARER_MERCHANT;
    fq_buf_init(&buf, arena, DISCLOSURE_LINE_MAX);
    fq_buf_add_int(&buf, quote->instalments);
    fq_buf_add(&buf, fq_lit("期，费率"));
    fq_percent_add_ppm(&buf, quote->rate_ppm);
    if (quote->bearer != FQ_BEARER_BUYER) {
        fq_buf_add(&buf, is_free ? fq_lit("，由商家承担") : fq_lit("，其中商家承担"));
        disclosure_add_shop(&buf, quote);
        fq_buf_add(&buf, is_yuan ? fq_lit("元") : fq_str_of(quote->amount.currency));
        fq_buf_add(&buf, is_free ? fq_lit("，消费者免付") : fq_lit(""));
    }
    (void)fq_buf_finish(&buf, &text);
    return text;
}

static struct fq_str disclosure_standard_en(const struct fq_quote *quote, struct fq_arena *arena)
{
    struct fq_str text = { NULL, 0 };
    struct fq_buf buf;
    bool is_free = quote->bearer == FQ_BEARER_MERCHANT;
    fq_buf_init(&buf, arena, DISCLOSURE_LINE_MAX);
    fq_buf_add_int(&buf, quote->instalments);
    fq_buf_add(&buf,
               quote->instalments == 1 ? fq_lit(" instalment at ") : fq_lit(" instalments at "));
    fq_percent_add_ppm(&buf, quote->rate_ppm);
    if (quote->bearer != FQ_BEARER_BUYER) {
        fq_buf_add(&buf, is_free ? fq_lit("; the shop pays ") : fq_lit("; of it the shop pays "));
        disclosure_add_shop(&buf, quote);
        fq_buf_add_char(&buf, ' ');
        fq_buf_add(&buf, fq_str_of(quote->amount.currency));
        fq_buf_add(&buf, is_free ? fq_lit(", you pay none") : fq_lit(""));
    }
    (void)fq_buf_finish(&buf, &text);
    return text;
}

/* As the schedule has it, which was checked; a rule of the contract only where it cannot tell. */
static bool disclosure_is_first(const struct fq_quote *quote)
{
    if (quote->instalments == 1 || quote->buyer_fee_minor == 0)
        return quote->fee_timing == FQ_FEE_TIMING_FIRST;
    return quote->lines[0].fee_minor == quote->buyer_fee_minor;
}

static struct fq_str disclosure_or(struct fq_str text, struct fq_str otherwise)
{
    return fq_str_is_empty(text) ? otherwise : text;
}

/* ---- the rows ---- */

bool fq_disclosure_row(const struct fq_disclosure *disclosure, const struct fq_quote *quote,
                       struct fq_arena *arena, struct fq_cost_row *ret)
{
    const struct fq_disclosure_texts *texts = disclosure->texts;
    const struct fq_description *about = disclosure->about;
    bool is_first = disclosure_is_first(quote);
    *ret = (struct fq_cost_row){
        .item_zh = fq_str_of(about->fee_word_zh),
        .item_en = fq_str_of(about->fee_word_en),
        .charged_zh = is_first ? fq_lit("首期一次性收取") : fq_lit("每期收取"),
        .charged_en =
            is_first ? fq_lit("once, with the first instalment") : fq_lit("with each instalment"),
        .standard_zh = disclosure_standard_zh(quote, arena),
        .standard_en = disclosure_standard_en(quote, arena),
        .collector_zh = disclosure_or(texts->collector_zh, fq_str_of(about->title_zh)),
        .collector_en = disclosure_or(texts->collector_en, fq_str_of(about->title_en)),
        .amount_minor = quote->buyer_fee_minor,
        .annual_bp = quote->nominal_annual_bp,
    };
    return ret->standard_zh.ptr != NULL && ret->standard_en.ptr != NULL;
}

struct fq_cost_row fq_disclosure_late_row(const struct fq_disclosure *disclosure)
{
    const struct fq_disclosure_texts *texts = disclosure->texts;
    const struct fq_description *about = disclosure->about;
    return (struct fq_cost_row){
        .item_zh = fq_lit("逾期费用"),
        .item_en = fq_lit("cost of paying late"),
        .charged_zh = fq_lit("仅在未按时还款时收取"),
        .charged_en = fq_lit("only if paid late"),
        .standard_zh = disclosure_or(texts->default_zh, fq_lit(DEFAULT_ZH)),
        .standard_en = disclosure_or(texts->default_en, fq_lit(DEFAULT_EN)),
        .collector_zh = disclosure_or(texts->collector_zh, fq_str_of(about->title_zh)),
        .collector_en = disclosure_or(texts->collector_en, fq_str_of(about->title_en)),
        .on_default = true,
    };
}

int fq_disclosure_write(const struct fq_disclosure *disclosure, struct fq_arena *arena,
                        struct fq_str *ret_text)
{
    const struct fq_disclosure_texts *texts = disclosure->texts;
    const struct fq_description *about = disclosure->about;
    struct fq_buf buf;
    fq_buf_init(&buf, arena, DISCLOSURE_TEXT_MAX);
    fq_fact_add_text(&buf, "form", "disclosure.1");
    fq_fact_add_text(&buf, "title_zh", about->title_zh);
    fq_fact_add_text(&buf, "title_en", about->title_en);
    fq_fact_add_text(&buf, "fee_word_zh", about->fee_word_zh);
    fq_fact_add_text(&buf, "fee_word_en", about->fee_word_en);
    fq_fact_add(&buf, "collector_zh",
                disclosure_or(texts->collector_zh, fq_str_of(about->title_zh)));
    fq_fact_add(&buf, "collector_en",
                disclosure_or(texts->collector_en, fq_str_of(about->title_en)));
    fq_fact_add(&buf, "default_zh", disclosure_or(texts->default_zh, fq_lit(DEFAULT_ZH)));
    fq_fact_add(&buf, "default_en", disclosure_or(texts->default_en, fq_lit(DEFAULT_EN)));
    fq_fact_add_text(&buf, "method_zh", FQ_DISCLOSURE_METHOD_ZH);
    fq_fact_add_text(&buf, "method_en", FQ_DISCLOSURE_METHOD_EN);
    FQ_TRY(fq_buf_finish(&buf, ret_text));
    return 0;
}

bool fq_disclosure_note(int64_t nominal_annual_bp, int64_t effective_annual_bp,
                        struct fq_arena *arena, struct fq_str *ret_zh, struct fq_str *ret_en)
{
    struct fq_buf zh, en;
    fq_buf_init(&zh, arena, DISCLOSURE_LINE_MAX);
    fq_buf_add(&zh, fq_lit("实际期数与费用以支付平台页面为准；最高年化利率（IRR）"));
    fq_percent_add_bp(&zh, nominal_annual_bp);
    fq_buf_add(&zh, fq_lit("，实际年利率（复利）"));
    fq_percent_add_bp(&zh, effective_annual_bp);
    fq_buf_init(&en, arena, DISCLOSURE_LINE_MAX);
    fq_buf_add(&en, fq_lit("The platform's own page decides the number of instalments and their "
                           "cost; highest annual rate (IRR) "));
    fq_percent_add_bp(&en, nominal_annual_bp);
    fq_buf_add(&en, fq_lit(", effective "));
    fq_percent_add_bp(&en, effective_annual_bp);
    return fq_buf_finish(&zh, ret_zh) == 0 && fq_buf_finish(&en, ret_en) == 0;
}
