/* SPDX-License-Identifier: Apache-2.0 */
/* Huabei instalments through Alipay's gateway: the account, what it can do, what it costs. */
#include "adapters/huabei/huabei.h"

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

/* ---- what it can do ---- */

static const uint32_t huabei_terms[] = { 3, 6, 12 };

/* Which of them belong together is for huabei_ready to say. */
static const struct fq_key_need huabei_keys[] = {
    { "app", FQ_KEY_PRIVATE_SIGN, 1 },          { "alipay", FQ_KEY_PUBLIC_VERIFY, 0 },
    { "alipay_next", FQ_KEY_PUBLIC_VERIFY, 0 }, { "app_cert", FQ_KEY_OWN_CERTIFICATE, 0 },
    { "alipay_cert", FQ_KEY_PUBLIC_VERIFY, 0 }, { "alipay_cert_next", FQ_KEY_PUBLIC_VERIFY, 0 },
    { "alipay_root", FQ_KEY_ROOTS, 0 },         { "content", FQ_KEY_SECRET, 0 },
};

const struct fq_description huabei_about = {
    .struct_size = sizeof(huabei_about),
    .title_zh = "花呗分期",
    .title_en = "Huabei instalments",
    .fee_word_zh = "分期手续费",
    .fee_word_en = "instalment fee",
    .currency = "CNY",
    .exponent = 2,
    .terms = huabei_terms,
    .n_terms = HUABEI_COUNT(huabei_terms),
    .terminals = 1u << FQ_TERMINAL_DESKTOP | 1u << FQ_TERMINAL_MOBILE_WEB | 1u << FQ_TERMINAL_APP |
                 1u << FQ_TERMINAL_QR,
    .bearers = 1u << FQ_BEARER_BUYER | 1u << FQ_BEARER_MERCHANT,
    .pins_terms = 1,
    .partial_refund = 1,
    .reopen_is_same_order = 1,
    .opens_at_create = 1u << FQ_TERMINAL_APP | 1u << FQ_TERMINAL_QR,
    /*= fact sheet 2.1: amounts are "0.01 .. 100000000.00", time_expire "1 min .. 15 days ahead". */
    .amount_min_minor = 1,
    .amount_max_minor = INT64_C(10000000000),
    .deadline_min_ms = INT64_C(60) * 1000,
    .deadline_max_ms = INT64_C(15) * 86400 * 1000,
    /* The platform itself stops payments at time_expire, so what is left is the difference of two
     * clocks and a confirmation that was under way at that moment: seconds. A query, which decides,
     * does not wait for the notifications' retries of a day. */
    .settle_margin_ms = INT64_C(120) * 1000,
    .keys = huabei_keys,
    .n_keys = HUABEI_COUNT(huabei_keys),
    .takes_payer = 1,
};

static int huabei_describe(void *self, struct fq_description *ret)
{
    (void)self;
    return fq_plan_describe(&huabei_about, ret);
}

/* ---- what it costs ---- */

/*= fact sheet 3.6: halves go to the even fen, "remainders go to instalment 1". At most 10^10 fen by
 * 10^6 millionths: far from overflow. */
static int huabei_quote(void *self, const struct fq_host *host, const struct fq_quote_in *in,
                        struct fq_quote_out *ret)
{
    (void)self;
    const char *refusal = fq_plan_refuse(&huabei_about, in->amount, in->instalments, in->bearer);
    if (refusal != NULL)
        return host->fail(host, refusal);
    return fq_plan_quote(host, in, ret);
}

/* ---- the adapter ---- */

static const struct fq_adapter huabei_adapter = {
    .struct_size = sizeof(huabei_adapter),
    .abi_version = FQ_ABI_VERSION,
    .threads = FQ_THREADS_PARALLEL,
    .name = "huabei",
    .version = FQ_VERSION,
    .open = huabei_open,
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
