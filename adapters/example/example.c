/* SPDX-License-Identifier: Apache-2.0 */
/* What the adapter is: its settings, what it can do, what it costs, and its table of functions. */
#include "adapters/example/example.h"

#include <string.h>

/* ---- opening a channel ---- */

/* The configuration dies with open(); what the instance needs later is copied into memory of this
 * one host, which lives as long as the channel. */
static struct fq_str example_copy(const struct fq_host *host, struct fq_str text)
{
    return example_join(host, text, "", EXAMPLE_STR(""));
}

/* Name the setting that is wrong: the operator reads "fenqid.conf:41: settings.gateway: ...". */
static int example_refuse(const struct fq_host *host, struct fq_str key, const char *text,
                          struct fq_str *reterr_key)
{
    *reterr_key = key;
    return host->fail(host, text);
}

static int example_open(const struct fq_host *host, const struct fq_pair *conf, size_t n_conf,
                        void **ret_self, struct fq_str *reterr_key)
{
    static const char https[] = "https://";
    struct example *self = host->alloc(host, sizeof(*self));
    if (self == NULL)
        return host->fail(host, "out of memory");
    for (size_t i = 0; i < n_conf; i++) {
        if (example_equal(conf[i].name, "gateway"))
            self->gateway = example_copy(host, conf[i].value);
        else if (example_equal(conf[i].name, "shop"))
            self->shop = example_copy(host, conf[i].value);
        else
            return example_refuse(host, conf[i].name, "unknown setting", reterr_key);
    }
    if (self->shop.len == 0)
        return example_refuse(host, EXAMPLE_STR("shop"), "is missing", reterr_key);
    if (self->gateway.len < sizeof(https) ||
        memcmp(self->gateway.ptr, https, sizeof(https) - 1) != 0)
        return example_refuse(host, EXAMPLE_STR("gateway"), "must be https://host", reterr_key);
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
