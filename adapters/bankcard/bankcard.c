/* SPDX-License-Identifier: Apache-2.0 */
/* Instalments by bank card through UnionPay: the account, what it can do, what it costs. */
#include "adapters/bankcard/bankcard.h"

/* ---- settings ---- */

static bool setting_is_gateway(struct fq_str value)
{
    return fq_setting_is_url(value) && value.ptr[value.len - 1] != '/';
}

static bool setting_is_mer_id(struct fq_str value)
{
    return value.len == 15 && fq_slice_is_word(value, 15);
}

static bool setting_is_access_type(struct fq_str value)
{
    return fq_slice_is_listed(value, "0 2");
}

static bool setting_is_word(struct fq_str value)
{
    return fq_slice_is_word(value, 15);
}

/* It is signed as it stands, and the platform trims before it verifies. */
static bool setting_is_name(struct fq_str value)
{
    return value.len > 0 && value.len <= 120 && fq_slice_is_utf8(value) && value.ptr[0] != ' ' &&
           value.ptr[value.len - 1] != ' ' && !fq_slice_has_any(value, "&={}[]\"'\r\n\t");
}

static bool setting_is_channel_type(struct fq_str value)
{
    return value.len == 2 && fq_slice_is_digits(value, 2);
}

static bool setting_is_empty_values(struct fq_str value)
{
    return fq_slice_is_listed(value, "sample keep skip");
}

#define SETTING(name, is_good, complaint, is_optional)                          \
    {                                                                           \
#        name, offsetof(struct bankcard, name), is_good, complaint, is_optional \
    }
#define SETTING_PATH(name)    SETTING(name, fq_setting_is_path, "must be /path, without a query", true)
#define SETTING_CHANNEL(name) SETTING(name, setting_is_channel_type, "must be two digits", true)
#define SETTING_SWITCH(name)  SETTING(name, fq_setting_is_yes_or_no, "must be yes or no", true)

/* clang-format off */
static const struct fq_setting bankcard_settings[] = {
    SETTING(mer_id, setting_is_mer_id, "must be 15 of 0-9 A-Z a-z", false),
    SETTING(gateway, setting_is_gateway, "must be https://host, without a / at its end", false),
    SETTING(file_gateway, setting_is_gateway, "must be https://host, without a / at its end", true),
    SETTING_PATH(front_path),
    SETTING_PATH(back_path),
    SETTING_PATH(query_path),
    SETTING_PATH(file_path),
    SETTING(access_type, setting_is_access_type, "must be 0 or 2", true),
    SETTING(sub_mer_id, setting_is_word, "must be 1 to 15 of 0-9 A-Z a-z", true),
    SETTING(sub_mer_name, setting_is_name, "must be 1 to 120 bytes without & = { } [ ]", true),
    SETTING(sub_mer_abbr, setting_is_name, "must be 1 to 120 bytes without & = { } [ ]", true),
    SETTING(cn, setting_is_name, "must be names between commas", true),
    SETTING_CHANNEL(channel_type_desktop),
    SETTING_CHANNEL(channel_type_mobile),
    SETTING(empty_values, setting_is_empty_values, "must be sample, keep or skip", true),
    SETTING_SWITCH(encrypt),
    SETTING_SWITCH(partial_refund),
    SETTING_SWITCH(confirm_by_query),
    SETTING_SWITCH(identity_is_checked),
    SETTING_SWITCH(pending_is_final_after_timeout),
};

static const struct bankcard bankcard_defaults = {
    .front_path = fq_slice("/gateway/api/frontTransReq.do"),
    .back_path = fq_slice("/gateway/api/backTransReq.do"),
    .query_path = fq_slice("/gateway/api/queryTrans.do"),
    .file_path = fq_slice("/"),
    .access_type = fq_slice("0"),
    .cn = fq_slice("中国银联股份有限公司"),
    .channel_type_desktop = fq_slice("07"),
    .channel_type_mobile = fq_slice("08"),
    .empty_values = fq_slice("sample"),
    .confirm_by_query = fq_slice("yes"),
};

/* clang-format on */

bool bankcard_is_yes(struct fq_str setting)
{
    return fq_slice_equal(setting, fq_slice("yes"));
}

static bool bankcard_join(const struct fq_host *host, struct fq_str gateway, struct fq_str path,
                          struct fq_str *ret)
{
    struct fq_text url;
    fq_text_init(&url, host, gateway.len + path.len);
    fq_text_add(&url, gateway);
    fq_text_add(&url, path);
    return fq_text_finish(&url, ret);
}

/*= fact sheet 4.1: accessType "2 platform (then subMerId, subMerName, subMerAbbr required)". */
static bool bankcard_is_whole(const struct bankcard *self)
{
    bool is_platform = fq_slice_equal(self->access_type, fq_slice("2"));
    return (self->sub_mer_id.len > 0) == is_platform &&
           (self->sub_mer_name.len > 0) == is_platform &&
           (self->sub_mer_abbr.len > 0) == is_platform;
}

static int bankcard_open(const struct fq_host *host, const struct fq_pair *conf, size_t n_conf,
                         void **ret_self, struct fq_str *reterr_key)
{
    struct bankcard *self = host->alloc(host, sizeof(*self));
    if (self == NULL)
        return host->fail(host, "no memory for the channel");
    *self = bankcard_defaults;
    if (fq_settings_read(host, bankcard_settings, BANKCARD_COUNT(bankcard_settings),
                         (struct fq_pairs){ conf, n_conf }, self, reterr_key) != 0)
        return -1;
    if (!bankcard_is_whole(self)) {
        *reterr_key = fq_slice("access_type");
        return host->fail(host, "must be 2 with sub_mer_id, sub_mer_name and sub_mer_abbr, else 0");
    }
    if (self->file_gateway.len == 0)
        self->file_gateway = self->gateway;
    if (!bankcard_join(host, self->gateway, self->front_path, &self->front_url) ||
        !bankcard_join(host, self->gateway, self->back_path, &self->back_url) ||
        !bankcard_join(host, self->gateway, self->query_path, &self->query_url) ||
        !bankcard_join(host, self->file_gateway, self->file_path, &self->file_url))
        return host->fail(host, "no memory for the channel's URLs");
    *ret_self = self;
    return 0;
}

/* ---- what it can do ---- */

/* Which of them a card gets, its bank decides; 1 is the whole amount at once, a plain consume. */
static const uint32_t bankcard_term_counts[] = { 1, 3, 6, 9, 10, 12, 18, 24, 36 };

static const struct fq_key_need bankcard_keys[] = {
    { BANKCARD_KEY_SIGN, FQ_KEY_PRIVATE_SIGN, 1 },
    { BANKCARD_KEY_SIGN_CERT, FQ_KEY_OWN_CERTIFICATE, 1 },
    { BANKCARD_KEY_ROOTS, FQ_KEY_ROOTS, 1 },
    { BANKCARD_KEY_ENCRYPT, FQ_KEY_PUBLIC_ENCRYPT, 0 },
};

#define BANKCARD_DAY_MS INT64_C(86400000)

const struct fq_description bankcard_about = {
    .struct_size = sizeof(bankcard_about),
    .title_zh = "银行卡分期",
    .title_en = "Bank card instalments",
    /* 银保监规〔2022〕13号: the cost of a credit card's instalments is to be called interest. */
    .fee_word_zh = "利息",
    .fee_word_en = "interest",
    .currency = "CNY",
    .exponent = 2,
    .terms = bankcard_term_counts,
    .n_terms = BANKCARD_COUNT(bankcard_term_counts),
    .terminals = 1u << FQ_TERMINAL_DESKTOP | 1u << FQ_TERMINAL_MOBILE_WEB,
    .bearers = 1u << FQ_BEARER_BUYER | 1u << FQ_BEARER_MERCHANT,
    .pins_terms = 0, /* fact sheet 4.4: the payer chooses "on UnionPay's page" */
    .partial_refund = 0,
    .reopen_is_same_order = 0, /* fact sheet 4.3: "create a new orderId per attempt" */
    .amount_min_minor = 1,
    .amount_max_minor = INT64_C(999999999999), /* txnAmt: N1..12 */
    .deadline_min_ms = INT64_C(60) * 1000,
    .deadline_max_ms = BANKCARD_DAY_MS,
    /* "one query at payTimeout + margin closes the order" (fact sheet 6.3): two clocks, a
     * payTimeout of whole seconds, and banks whose answer was under way. What a net bank brings
     * still later is given back by UnionPay; should it be booked after all, it is a late success.
     */
    .settle_margin_ms = INT64_C(300) * 1000,
    .keys = bankcard_keys,
    .n_keys = BANKCARD_COUNT(bankcard_keys),
    .takes_payer = 1,
    .refund_once = 1,                /* fact sheet 6.2: "never re-sent with the same key" */
    .day_ends_minute = 23 * 60,      /* fact sheet 4.9: "settlement day = 23:00..23:00" */
    .statement_minute = 9 * 60 + 30, /* "at about 09:00 on T+1" */
    .task_every_ms = 0,
};

static int bankcard_describe(void *instance, struct fq_description *ret)
{
    const struct bankcard *self = instance;
    struct fq_description about = bankcard_about;
    about.partial_refund = bankcard_is_yes(self->partial_refund);
    about.task_every_ms = bankcard_is_yes(self->encrypt) ? BANKCARD_DAY_MS : 0;
    return fq_plan_describe(&about, ret);
}

/* ---- what it costs ---- */

static int bankcard_quote(void *self, const struct fq_host *host, const struct fq_quote_in *in,
                          struct fq_quote_out *ret)
{
    (void)self;
    const char *refusal = fq_plan_refuse(&bankcard_about, in->amount, in->instalments, in->bearer);
    if (refusal == NULL && in->rate_ppm > FQ_PLAN_PPM)
        refusal = "the rate is above 100 %";
    if (refusal != NULL)
        return host->fail(host, refusal);
    return fq_plan_quote(host, in, ret);
}

/* ---- the adapter ---- */

/* UnionPay has no call that closes an order: close_order is NULL, and payTimeout ends it. Its
 * certificates travel inside of the messages: there is no fetch_key. */
static const struct fq_adapter bankcard_adapter = {
    .struct_size = sizeof(bankcard_adapter),
    .abi_version = FQ_ABI_VERSION,
    .threads = FQ_THREADS_PARALLEL,
    .name = "bankcard",
    .version = FQ_VERSION,
    .open = bankcard_open,
    .describe = bankcard_describe,
    .quote = bankcard_quote,
    .create = { bankcard_create_begin, NULL },
    .query = { bankcard_query_begin, bankcard_query_resume },
    .refund = { bankcard_refund_begin, bankcard_refund_resume },
    .query_refund = { bankcard_query_refund_begin, bankcard_query_refund_resume },
    .undo = { bankcard_undo_begin, bankcard_undo_resume },
    .statement = { bankcard_statement_begin, bankcard_statement_resume },
    .task = { bankcard_task_begin, bankcard_task_resume },
    .notification = bankcard_notification,
    .browser_return = bankcard_browser_return,
    .ready = bankcard_ready,
};
FQ_REGISTER_ADAPTER(bankcard_adapter)
