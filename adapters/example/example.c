/* SPDX-License-Identifier: Apache-2.0 */
/* What the adapter is: its settings, what it can do, what it costs, and its table of functions. */
#include "adapters/example/example.h"

#include <string.h>

#include "adapters/sdk/settings.h"

/* ---- opening a channel ---- */

static bool example_is_shop(struct fq_str value)
{
    return fq_slice_is_word(value, 32);
}

/* What is wrong is named: the operator reads "fenqid.conf:41: ...settings.gateway: must be ...". */
static const struct fq_setting example_settings[] = {
    { "shop", offsetof(struct example, shop), example_is_shop, "must be 1..32 of 0-9 A-Z a-z", 0 },
    { "gateway", offsetof(struct example, gateway), fq_setting_is_url, "must be https://host", 0 },
};

/* The configuration dies with open(); what the instance needs later is copied into memory of this
 * one host, which lives as long as the channel. */
static int example_open(const struct fq_host *host, const struct fq_pair *conf, size_t n_conf,
                        void **ret_self, struct fq_str *reterr_key)
{
    struct example *self = host->alloc(host, sizeof(*self));
    if (self == NULL)
        return host->fail(host, "out of memory");
    if (fq_settings_read(host, example_settings,
                         sizeof(example_settings) / sizeof(example_settings[0]),
                         (struct fq_pairs){ conf, n_conf }, self, reterr_key) != 0)
        return -1;
    *ret_self = self;
    return 0;
}

/* ---- what it can do ---- */

static const uint32_t example_terms[] = { 3, 6, 12 };

static const struct fq_key_need example_keys[] = {
    { EXAMPLE_KEY_SHOP, FQ_KEY_PRIVATE_SIGN, 1 },
    { EXAMPLE_KEY_PLATFORM, FQ_KEY_PUBLIC_VERIFY, 1 },
    { "platform-next", FQ_KEY_PUBLIC_VERIFY, 0 }, /* while the platform changes its key */
};

static int example_describe(void *self, struct fq_description *ret)
{
    (void)self;
    ret->title_zh = "示例分期";
    ret->title_en = "Example Pay instalments";
    ret->fee_word_zh = "分期手续费";
    ret->fee_word_en = "instalment fee";
    memcpy(ret->currency, "CNY", sizeof(ret->currency));
    ret->exponent = 2;
    ret->terms = example_terms;
    ret->n_terms = sizeof(example_terms) / sizeof(example_terms[0]);
    ret->terminals = 1u << FQ_TERMINAL_DESKTOP | 1u << FQ_TERMINAL_MOBILE_WEB |
                     1u << FQ_TERMINAL_APP | 1u << FQ_TERMINAL_QR;
    ret->bearers = 1u << FQ_BEARER_BUYER | 1u << FQ_BEARER_MERCHANT | 1u << FQ_BEARER_SHARED;
    ret->pins_terms = 1;
    ret->partial_refund = 1;
    ret->reopen_is_same_order = 1;
    ret->opens_at_create = 1u << FQ_TERMINAL_APP | 1u << FQ_TERMINAL_QR;
    ret->amount_min_minor = 100;
    ret->amount_max_minor = 5000000;
    ret->deadline_min_ms = 60000;
    ret->deadline_max_ms = 86400000;
    ret->settle_margin_ms = 30000;
    ret->keys = example_keys;
    ret->n_keys = sizeof(example_keys) / sizeof(example_keys[0]);
    if (FQ_HAS(ret, takes_payer))
        ret->takes_payer = 1;
    return 0;
}

/* ---- what it costs ---- */

/* Integers only. What does not divide goes to the first instalment, as this platform's bill does.
 */
static int example_quote(void *self, const struct fq_host *host, const struct fq_quote_in *in,
                         struct fq_quote_out *ret)
{
    (void)self;
    const int64_t n = in->instalments;
    const int64_t fee = (in->amount.minor * in->rate_ppm + 500000) / 1000000;
    const int64_t merchant_fee = in->bearer == FQ_BEARER_BUYER ? 0
                                 : in->bearer == FQ_BEARER_MERCHANT
                                     ? fee
                                     : fee * in->merchant_percent / 100;
    const int64_t buyer_fee = fee - merchant_fee;
    ret->lines = host->alloc(host, in->instalments * sizeof(*ret->lines));
    if (ret->lines == NULL)
        return host->fail(host, "out of memory");
    ret->n_lines = in->instalments;
    for (int64_t i = 0; i < n; i++) {
        ret->lines[i].principal_minor = in->amount.minor / n + (i == 0 ? in->amount.minor % n : 0);
        ret->lines[i].fee_minor = buyer_fee / n + (i == 0 ? buyer_fee % n : 0);
    }
    ret->buyer_fee_minor = buyer_fee;
    ret->merchant_fee_minor = merchant_fee;
    return 0;
}

/* ---- the table ---- */

/* What is not named here is NULL, which means "cannot": this platform has no settlement file
 * (`statement`) and wants nothing done from time to time (`task`). close is NULL too: the instance
 * lives in the host's memory and needs no freeing. */
static const struct fq_adapter example = {
    .struct_size = sizeof(example),
    .abi_version = FQ_ABI_VERSION,
    .threads = FQ_THREADS_PARALLEL,
    .name = "example",
    .version = "1.0.0",
    .open = example_open,
    .describe = example_describe,
    .quote = example_quote,
    .create = { example_create_begin, example_create_resume },
    .query = { example_query_begin, example_query_resume },
    .close_order = { example_close_begin, example_query_resume },
    .refund = { example_refund_begin, example_refund_resume },
    .query_refund = { example_query_refund_begin, example_refund_resume },
    .undo = { example_undo_begin, example_refund_resume },
    .fetch_key = { example_fetch_key_begin, example_fetch_key_resume },
    .notification = example_notification,
    .browser_return = example_browser_return,
};

FQ_REGISTER_ADAPTER(example)
