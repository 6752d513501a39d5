/* SPDX-License-Identifier: Apache-2.0 */
/* Huabei instalments through Alipay's gateway: the account, what it can do, what it costs. */
#include "adapters/huabei/huabei.h"

#include <string.h>

/* ---- settings ---- */

static bool huabei_is_app_id(struct fq_str value)
{
    return fq_slice_is_digits(value, 32);
}

static bool huabei_is_seller_id(struct fq_str value)
{
    return value.len == 16 && fq_slice_is_digits(value, 16) &&
           fq_slice_starts(value, fq_slice("2088"));
}

static const struct fq_setting huabei_settings[] = {
    { "app_id", offsetof(struct huabei, app_id), huabei_is_app_id, "app_id must be 1 to 32 digits",
      false },
    { "seller_id", offsetof(struct huabei, seller_id), huabei_is_seller_id,
      "seller_id must be 16 digits that begin with 2088", false },
    { "gateway", offsetof(struct huabei, gateway), fq_setting_is_url,
      "gateway must be an https URL without a query", false },
};

static int huabei_open(const struct fq_host *host, const struct fq_pair *conf, size_t n_conf,
                       void **ret_self, struct fq_str *reterr_key)
{
    struct huabei *self = host->alloc(host, sizeof(*self));
    if (self == NULL)
        return host->fail(host, "no memory for the channel");
    if (fq_settings_read(host, huabei_settings, HUABEI_COUNT(huabei_settings),
                         (struct fq_pairs){ conf, n_conf }, self, reterr_key) != 0)
        return -1;
    *ret_self = self;
    return 0;
}

static void huabei_close(void *self)
{
    (void)self; /* the host's memory */
}

/* ---- what it can do ---- */

static const uint32_t huabei_terms[] = { 3, 6, 12 };

/* Which of them belong together is for huabei_ready to say. */
static const struct fq_key_need huabei_keys[] = {
    { HUABEI_KEY_APP, FQ_KEY_PRIVATE_SIGN, 1 },
    { HUABEI_KEY_ALIPAY, FQ_KEY_PUBLIC_VERIFY, 0 },
    { HUABEI_KEY_ALIPAY_NEXT, FQ_KEY_PUBLIC_VERIFY, 0 },
    { HUABEI_KEY_APP_CERT, FQ_KEY_OWN_CERTIFICATE, 0 },
    { HUABEI_KEY_ALIPAY_CERT, FQ_KEY_PUBLIC_VERIFY, 0 },
    { HUABEI_KEY_ALIPAY_CERT_NEXT, FQ_KEY_PUBLIC_VERIFY, 0 },
    { HUABEI_KEY_ALIPAY_ROOT, FQ_KEY_ROOTS, 0 },
    { HUABEI_KEY_CONTENT, FQ_KEY_SECRET, 0 },
};

static int huabei_describe(void *self, struct fq_description *ret)
{
    (void)self;
    ret->title_zh = "花呗分期";
    ret->title_en = "Huabei instalments";
    ret->fee_word_zh = "分期手续费";
    ret->fee_word_en = "instalment fee";
    memcpy(ret->currency, HUABEI_CURRENCY, sizeof(HUABEI_CURRENCY));
    ret->exponent = HUABEI_EXPONENT;
    ret->terms = huabei_terms;
    ret->n_terms = HUABEI_COUNT(huabei_terms);
    ret->terminals = huabei_create_terminals(false);
    ret->bearers = 1u << FQ_BEARER_BUYER | 1u << FQ_BEARER_MERCHANT;
    ret->pins_terms = 1;
    ret->partial_refund = 1;
    ret->reopen_is_same_order = 1;
    ret->opens_at_create = huabei_create_terminals(true);
    ret->amount_min_minor = HUABEI_AMOUNT_MIN;
    ret->amount_max_minor = HUABEI_AMOUNT_MAX;
    /*= fact sheet 2.1: time_expire is "1 min .. 15 days ahead". */
    ret->deadline_min_ms = INT64_C(60) * 1000;
    ret->deadline_max_ms = INT64_C(15) * 86400 * 1000;
    /* The platform itself stops payments at time_expire, so what is left is the difference of two
     * clocks and a confirmation that was under way at that moment: seconds. A query, which decides,
     * does not wait for the notifications' retries of a day. */
    ret->settle_margin_ms = INT64_C(120) * 1000;
    ret->keys = huabei_keys;
    ret->n_keys = HUABEI_COUNT(huabei_keys);
    return 0;
}

/* ---- what it takes ---- */

static bool huabei_is_amount(struct fq_money amount)
{
    return memcmp(amount.currency, HUABEI_CURRENCY, sizeof(HUABEI_CURRENCY)) == 0 &&
           amount.exponent == HUABEI_EXPONENT && amount.minor >= HUABEI_AMOUNT_MIN &&
           amount.minor <= HUABEI_AMOUNT_MAX;
}

bool huabei_money_read(struct fq_str yuan, struct fq_money *ret)
{
    struct fq_money amount = { 0, HUABEI_CURRENCY, HUABEI_EXPONENT };
    if (!fq_slice_to_minor(yuan, HUABEI_EXPONENT, &amount.minor) || !huabei_is_amount(amount))
        return false;
    *ret = amount;
    return true;
}

bool huabei_money_write(const struct fq_host *host, struct fq_money amount, struct fq_str *ret)
{
    struct fq_text text;
    fq_text_init(&text, host, sizeof("100000000.00"));
    fq_text_add_decimal(&text, amount.minor, HUABEI_EXPONENT);
    return huabei_is_amount(amount) && fq_text_finish(&text, ret);
}

const char *huabei_refuse_plan(struct fq_money amount, uint32_t instalments, uint32_t bearer)
{
    if (!huabei_is_amount(amount))
        return "the amount is not 0.01 to 100000000.00 CNY";
    if (bearer != FQ_BEARER_BUYER && bearer != FQ_BEARER_MERCHANT)
        return "the fee is borne by the buyer or by the merchant";
    for (size_t i = 0; i < HUABEI_COUNT(huabei_terms); i++)
        if (huabei_terms[i] == instalments)
            return NULL;
    return "no such number of instalments";
}

/* ---- what it costs ---- */

/*= fact sheet 3.6: halves go to the even fen, "remainders go to instalment 1". At most 10^10 fen by
 * 10^6 millionths: far from overflow. */
static int huabei_quote(void *self, const struct fq_host *host, const struct fq_quote_in *in,
                        struct fq_quote_out *ret)
{
    (void)self;
    const char *refusal = huabei_refuse_plan(in->amount, in->instalments, in->bearer);
    if (refusal == NULL && in->rate_ppm > FQ_PLAN_PPM)
        refusal = "the rate is above 100 %";
    if (refusal != NULL)
        return host->fail(host, refusal);
    int64_t fee = fq_plan_fee(in->amount.minor, in->rate_ppm);
    int64_t buyer_fee = in->bearer == FQ_BEARER_BUYER ? fee : 0;
    return fq_plan_spread(host, in, buyer_fee, fee - buyer_fee, ret);
}

/* ---- the adapter ---- */

static const struct fq_adapter huabei_adapter = {
    .struct_size = sizeof(huabei_adapter),
    .abi_version = FQ_ABI_VERSION,
    .threads = FQ_THREADS_PARALLEL,
    .name = "huabei",
    .version = FQ_VERSION,
    .open = huabei_open,
    .close = huabei_close,
    .describe = huabei_describe,
    .quote = huabei_quote,
    .create = { huabei_create_begin, huabei_create_resume },
    .query = { huabei_query_begin, huabei_query_resume },
    .close_order = { huabei_close_begin, huabei_close_resume },
    .refund = { huabei_refund_begin, huabei_refund_resume },
    .query_refund = { huabei_query_refund_begin, huabei_query_refund_resume },
    .fetch_key = { huabei_fetch_key_begin, huabei_fetch_key_resume },
    .notification = huabei_notification,
    .browser_return = huabei_browser_return,
    .ready = huabei_ready,
};
FQ_REGISTER_ADAPTER(huabei_adapter)
