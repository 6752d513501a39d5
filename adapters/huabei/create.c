/* SPDX-License-Identifier: Apache-2.0 */
/* Opens an order: signs what takes the buyer to the platform's cashier. */
#include <string.h>

#include "adapters/huabei/huabei.h"

/* One row per terminal: how the buyer gets to the cashier. */
static const struct create_way {
    uint32_t terminal; /* fq_terminal */
    const char *method;
    const char *product_code;
} create_ways[] = {
    { FQ_TERMINAL_DESKTOP, "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY" },
};

uint32_t huabei_create_terminals(void)
{
    uint32_t terminals = 0;
    for (size_t i = 0; i < HUABEI_COUNT(create_ways); i++)
        terminals |= 1u << create_ways[i].terminal;
    return terminals;
}

static const struct create_way *create_way_of(uint32_t terminal)
{
    for (size_t i = 0; i < HUABEI_COUNT(create_ways); i++)
        if (create_ways[i].terminal == terminal)
            return &create_ways[i];
    return NULL;
}

#define CREATE_URL_MAX 256 /* notify_url and return_url, by fact sheet 1.2 */

static const char *create_refuse(const struct fq_call *call)
{
    if (!fq_slice_is_word(call->order_number, 64))
        return "the order number is not 1 to 64 of [0-9A-Za-z]";
    if (call->subject.len == 0 || call->subject.len > 256)
        return "the subject is not 1 to 256 bytes";
    for (size_t i = 0; i < call->subject.len; i++)
        if (call->subject.ptr[i] == '\0' || strchr("/=&", call->subject.ptr[i]) != NULL)
            return "the subject holds one of / = &";
    if (call->notify_url.len > CREATE_URL_MAX || call->return_url.len > CREATE_URL_MAX)
        return "notify_url or return_url is longer than 256 bytes";
    if (call->deadline_unix_ms <= call->now_unix_ms)
        return "the deadline has passed";
    return huabei_refuse_plan(call->amount, call->instalments, call->bearer);
}

/*= fact sheet 3.1: hb_fq_num and hb_fq_seller_percent "both together, both strings";
 * enable_pay_channels keeps the buyer from switching to another channel. */
static bool create_biz_content(const struct fq_host *host, const struct fq_call *call,
                               const char *product_code, struct fq_str *ret)
{
    struct fq_text biz, expiry;
    struct fq_str total_amount, time_expire;
    fq_text_init(&expiry, host, sizeof("yyyy-mm-dd HH:MM:SS"));
    fq_text_add_beijing(&expiry, call->deadline_unix_ms);
    if (!huabei_money_write(host, call->amount, &total_amount) ||
        !fq_text_finish(&expiry, &time_expire))
        return false;
    huabei_biz_begin(&biz, host, call);
    fq_json_add_member(&biz, "total_amount", total_amount);
    fq_json_add_member(&biz, "subject", call->subject);
    fq_json_add_member(&biz, "product_code", fq_slice_of(product_code));
    fq_json_add_member(&biz, "time_expire", time_expire);
    fq_json_add_member(&biz, "goods_type", fq_slice("1")); /* 0, virtual, hides Huabei */
    fq_json_add_member(&biz, "enable_pay_channels", fq_slice("pcreditpayInstallment"));
    fq_text_add_of(&biz, ",\"extend_params\":{\"hb_fq_num\":\"");
    fq_text_add_number(&biz, call->instalments);
    fq_text_add_of(&biz, "\",\"hb_fq_seller_percent\":\"");
    fq_text_add_of(&biz, call->bearer == FQ_BEARER_MERCHANT ? "100\"}}" : "0\"}}");
    return fq_text_finish(&biz, ret);
}

/*= fact sheet 1.9: "GET URLs get long: prefer POST". Some browsers and proxies stop at 2 kB. */
#define CREATE_LINK_MAX 2048

/* A browser page: a signed link, or a form where the link would be too long. */
static int create_page(const struct huabei *self, const struct fq_host *host,
                       const struct fq_call *call, struct fq_pairs params,
                       struct fq_str biz_content, struct fq_verdict *ret)
{
    ret->message.struct_size = sizeof(ret->message);
    ret->message.method = fq_slice("GET");
    ret->action = FQ_ACTION_REDIRECT;
    ret->action_expires_unix_ms = call->deadline_unix_ms;
    if (huabei_url(self, host, params, true, &ret->message.url) != 0)
        return -1;
    if (ret->message.url.len <= CREATE_LINK_MAX)
        return 0;
    struct fq_pair *field = host->alloc(host, sizeof(*field));
    if (field == NULL)
        return host->fail(host, "no memory for the form");
    *field = (struct fq_pair){ fq_slice("biz_content"), biz_content };
    ret->message.fields = (struct fq_pairs){ field, 1 };
    ret->message.method = fq_slice("POST");
    ret->action = FQ_ACTION_FORM_POST;
    return huabei_url(self, host, params, false, &ret->message.url);
}

int huabei_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                        struct fq_verdict *ret)
{
    const struct create_way *way = create_way_of(call->terminal);
    const char *refusal = way == NULL ? "no such terminal" : create_refuse(call);
    struct fq_pairs params = { NULL, 0 };
    if (refusal != NULL)
        return host->fail(host, refusal);
    struct huabei_request request = {
        .method = way->method,
        .notify_url = call->notify_url,
        .return_url = call->return_url,
    };
    if (!create_biz_content(host, call, way->product_code, &request.biz_content))
        return host->fail(host, "biz_content is too long, or a time is out of range");
    if (huabei_sign(self, host, call, &request, &params) != 0 ||
        create_page(self, host, call, params, request.biz_content, ret) != 0)
        return -1;
    ret->step = FQ_STEP_DONE;
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = call->order_number;
    return 0;
}
