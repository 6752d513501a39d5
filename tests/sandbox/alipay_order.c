/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the order in a biz_content and refuses what the platform refuses. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

enum { ORDER_MINUTE_MS = 60 * 1000, ORDER_HOUR_MS = 3600 * 1000, ORDER_DAY_MS = 86400 * 1000 };

#define ORDER_LONGEST_MS (INT64_C(15) * ORDER_DAY_MS)

/* A further way of asking for money is a further row. */
static const struct alipay_product PRODUCTS[] = {
    { "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY", true, false,
      "alipay.trade.page.pay.return", ORDER_LONGEST_MS, ORDER_MINUTE_MS },
    { "alipay.trade.wap.pay", "QUICK_WAP_WAY", true, false, "alipay.trade.wap.pay.return",
      ORDER_LONGEST_MS, 5 * ORDER_MINUTE_MS },
    { "alipay.trade.app.pay", "QUICK_MSECURITY_PAY", true, false, NULL, ORDER_LONGEST_MS,
      ORDER_MINUTE_MS },
    { "alipay.trade.precreate", "FACE_TO_FACE_PAYMENT,QR_CODE_OFFLINE", false, true, NULL,
      3 * ORDER_HOUR_MS, ORDER_MINUTE_MS },
};

const struct alipay_product *alipay_product_of(const char *method)
{
    for (size_t i = 0; i < sizeof(PRODUCTS) / sizeof(PRODUCTS[0]); i++) {
        if (strcmp(PRODUCTS[i].method, method) == 0)
            return &PRODUCTS[i];
    }
    return NULL;
}

struct order_limit {
    const char *name;
    size_t max_characters;
    bool required;
};

static const struct order_limit ORDER_LIMITS[] = {
    { "out_trade_no", ALIPAY_NO_MAX, true },
    { "total_amount", 12, true },
    { "subject", 256, true },
    { "product_code", 64, false },
    { "body", 128, false },
    { "passback_params", 512, false },
    { "time_expire", 19, false },
    { "timeout_express", 6, false },
    { "goods_type", 2, false },
    { "enable_pay_channels", 128, false },
    { "disable_pay_channels", 128, false },
    { "specified_channel", 128, false },
    { "qr_code_timeout_express", 6, false },
    { "quit_url", 400, false },
    { "seller_id", 28, false },
    { "store_id", 32, false },
    { "operator_id", 30, false },
    { "terminal_id", 32, false },
};

static bool order_refuse(struct alipay_call *call, const char *why)
{
    struct text message = { 0 };
    text_printf(&message, "参数无效：%s", why);
    alipay_call_fail(call, "40004", "ACQ.INVALID_PARAMETER", message.bytes);
    text_free(&message);
    return false;
}

static bool order_check_texts(struct alipay_call *call)
{
    for (size_t i = 0; i < sizeof(ORDER_LIMITS) / sizeof(ORDER_LIMITS[0]); i++) {
        const struct order_limit *limit = &ORDER_LIMITS[i];
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(call->biz, limit->name);
        const char *value = alipay_biz_text(call->biz, limit->name);
        size_t n_characters;
        if (item != NULL && !cJSON_IsString(item))
            return order_refuse(call, limit->name);
        if ((limit->required && value[0] == '\0') || !utf8_count(value, &n_characters) ||
            n_characters > limit->max_characters)
            return order_refuse(call, limit->name);
    }
    const char *number = alipay_biz_text(call->biz, "out_trade_no");
    static const char NUMBER[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    if (number[strspn(number, NUMBER)] != '\0')
        return order_refuse(call, "out_trade_no");
    if (strpbrk(alipay_biz_text(call->biz, "subject"), "/=&") != NULL)
        return order_refuse(call, "subject");
    return true;
}

static bool order_read_amount(const struct alipay *alipay, struct alipay_call *call,
                              struct alipay_order *order)
{
    if (!yuan_parse(alipay_biz_text(call->biz, "total_amount"), &order->total_cents) ||
        order->total_cents < 1)
        return order_refuse(call, "total_amount");
    if (order->total_cents > alipay->settings.max_cents) {
        alipay_call_fail(call, "40004", "ACQ.TOTAL_FEE_EXCEED", "订单总金额不在允许范围内");
        return false;
    }
    if (order->total_cents < alipay->settings.min_cents)
        return order_refuse(call, "total_amount");
    return true;
}

/* "90m", "2h", "15d", "1c" (until midnight); false for anything else. */
static bool order_read_timeout(const char *raw, int64_t now_unix_ms, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } UNITS[] = { { 'm', ORDER_MINUTE_MS }, { 'h', ORDER_HOUR_MS }, { 'd', ORDER_DAY_MS } };

    size_t n_digits = strspn(raw, "0123456789");
    if (strcmp(raw, "1c") == 0) {
        *ret_ms = ORDER_DAY_MS - (now_unix_ms + 8 * ORDER_HOUR_MS) % ORDER_DAY_MS;
        return true;
    }
    if (n_digits == 0 || n_digits > 5 || strlen(raw) != n_digits + 1)
        return false;
    for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        if (raw[n_digits] == UNITS[i].unit) {
            *ret_ms = strtol(raw, NULL, 10) * UNITS[i].ms;
            return *ret_ms >= ORDER_MINUTE_MS && *ret_ms <= ORDER_LONGEST_MS;
        }
    }
    return false;
}

static bool order_read_expiry(const struct alipay *alipay, struct alipay_call *call,
                              const struct alipay_product *product, struct alipay_order *order)
{
    const char *absolute = alipay_biz_text(call->biz, "time_expire");
    const char *relative = alipay_biz_text(call->biz, "timeout_express");
    int64_t left_ms = product->timeout_ms;
    if (relative[0] != '\0' && (!order_read_timeout(relative, alipay->now_unix_ms, &left_ms) ||
                                left_ms < product->timeout_min_ms))
        return order_refuse(call, "timeout_express");
    if (absolute[0] != '\0') {
        int64_t at_unix_ms;
        if (!beijing_parse(absolute, &at_unix_ms))
            return order_refuse(call, "time_expire");
        left_ms = at_unix_ms - alipay->now_unix_ms;
        if (left_ms <= 0) {
            alipay_call_fail(call, "40004", "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR",
                             "当前时间已超过允许支付的时间");
            return false;
        }
        /* Written in whole seconds: the last one may be begun. */
        if (left_ms + 1000 < alipay->settings.time_expire_min_ms || left_ms > ORDER_LONGEST_MS)
            return order_refuse(call, "time_expire");
    }
    order->expires_unix_ms = alipay->now_unix_ms + alipay_scaled(alipay, left_ms);
    return true;
}

/* How long the code itself can be scanned. */
static bool order_read_code_expiry(const struct alipay *alipay, struct alipay_call *call,
                                   struct alipay_order *order)
{
    const char *raw = alipay_biz_text(call->biz, "qr_code_timeout_express");
    int64_t left_ms = 2 * ORDER_HOUR_MS;
    if (raw[0] != '\0' && !order_read_timeout(raw, alipay->now_unix_ms, &left_ms))
        return order_refuse(call, "qr_code_timeout_express");
    order->code_expires_unix_ms = alipay->now_unix_ms + alipay_scaled(alipay, left_ms);
    return true;
}

/* discountable_amount and undiscountable_amount make up the total where both are given. */
static bool order_check_parts(struct alipay_call *call, const struct alipay_order *order)
{
    int64_t discountable = 0;
    int64_t undiscountable = 0;
    const char *one = alipay_biz_text(call->biz, "discountable_amount");
    const char *other = alipay_biz_text(call->biz, "undiscountable_amount");
    if ((one[0] != '\0' && !yuan_parse(one, &discountable)) ||
        (other[0] != '\0' && !yuan_parse(other, &undiscountable)))
        return order_refuse(call, "discountable_amount、undiscountable_amount");
    int64_t sum = discountable + undiscountable;
    if (sum > order->total_cents ||
        (one[0] != '\0' && other[0] != '\0' && sum != order->total_cents))
        return order_refuse(call, "discountable_amount、undiscountable_amount");
    return true;
}

bool alipay_order_lists(const char *list, const char *item)
{
    size_t size = strlen(item);
    for (const char *at = list; *at != '\0';) {
        size_t n = strcspn(at, ",");
        if (n == size && strncmp(at, item, n) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return false;
}

static bool order_covers(const char *list, const char *channel)
{
    static const char CREDIT_GROUP[] = "creditCardExpress,creditCardCartoon,pcredit,"
                                       "pcreditpayInstallment";
    return alipay_order_lists(list, channel) ||
           (alipay_order_lists(list, "credit_group") && alipay_order_lists(CREDIT_GROUP, channel));
}

bool alipay_order_allows(const struct alipay_order *order, const char *channel)
{
    bool is_credit = strncmp(channel, "pcredit", 7) == 0 || strncmp(channel, "creditCard", 10) == 0;
    if (is_credit && strcmp(order->goods_type, "0") == 0)
        return false;
    if (order->specified_channel[0] != '\0')
        return strcmp(order->specified_channel, channel) == 0;
    if (order->enable_pay_channels[0] != '\0')
        return order_covers(order->enable_pay_channels, channel);
    return !order_covers(order->disable_pay_channels, channel);
}

/* hb_fq_num in {3, 6, 12}, percent in {0, 100}, both or neither, both as strings. */
static bool order_read_terms(const struct alipay *alipay, struct alipay_call *call,
                             struct alipay_order *order)
{
    const cJSON *extend = cJSON_GetObjectItemCaseSensitive(call->biz, "extend_params");
    const cJSON *num = cJSON_GetObjectItemCaseSensitive(extend, "hb_fq_num");
    const cJSON *percent = cJSON_GetObjectItemCaseSensitive(extend, "hb_fq_seller_percent");
    if (extend != NULL && !cJSON_IsObject(extend))
        return order_refuse(call, "extend_params");
    if (num == NULL && percent == NULL)
        return true;
    if (!cJSON_IsString(num) || !alipay_order_lists("3,6,12", num->valuestring))
        return order_refuse(call, "hb_fq_num");
    if (!cJSON_IsString(percent) || !alipay_order_lists("0,100", percent->valuestring))
        return order_refuse(call, "hb_fq_seller_percent");
    order->hb_fq_num = num->valuestring;
    order->hb_fq_seller_percent = percent->valuestring;
    if (alipay_biz_text(call->biz, "specified_channel")[0] != '\0')
        return order_refuse(call, "specified_channel 与花呗分期参数不能同时使用");
    if (!alipay_order_allows(order, ALIPAY_INSTALMENT))
        return order_refuse(call, "花呗分期渠道不可用");
    if (strcmp(order->hb_fq_seller_percent, "100") == 0 && !alipay->settings.seller_pays_allowed) {
        alipay_call_fail(call, "40004", "ACQ.ACCESS_FORBIDDEN", "商户未签约贴息产品");
        return false;
    }
    return true;
}

/* Fields that belong together, and what the product asks for. */
static bool order_check(const struct alipay *alipay, struct alipay_call *call,
                        const struct alipay_product *product, const struct alipay_order *order)
{
    const char *code = alipay_biz_text(call->biz, "product_code");
    const char *seller_id = alipay_biz_text(call->biz, "seller_id");
    if (code[0] == '\0' ? product->needs_code : !alipay_order_lists(product->codes, code))
        return order_refuse(call, "product_code");
    if (seller_id[0] != '\0' && strcmp(seller_id, alipay->config.seller_id) != 0) {
        alipay_call_fail(call, "40004", "ACQ.SELLER_NOT_EXIST", "商家账号不存在");
        return false;
    }
    if (order->goods_type[0] != '\0' && !alipay_order_lists("0,1", order->goods_type))
        return order_refuse(call, "goods_type");
    if (order->enable_pay_channels[0] != '\0' && order->disable_pay_channels[0] != '\0')
        return order_refuse(call, "enable_pay_channels 与 disable_pay_channels 不能同时使用");
    if (order->specified_channel[0] != '\0' && strcmp(order->specified_channel, "pcredit") != 0)
        return order_refuse(call, "specified_channel");
    return true;
}

bool alipay_order_read(const struct alipay *alipay, struct alipay_call *call,
                       struct alipay_order *ret)
{
    const struct alipay_product *product = alipay_product_of(call->method->name);
    const char *notify_url = form_get(&call->form, "notify_url");
    const char *return_url = form_get(&call->form, "return_url");
    struct alipay_order order = {
        .out_trade_no = alipay_biz_text(call->biz, "out_trade_no"),
        .subject = alipay_biz_text(call->biz, "subject"),
        .body = alipay_biz_text(call->biz, "body"),
        .passback_params = alipay_biz_text(call->biz, "passback_params"),
        .goods_type = alipay_biz_text(call->biz, "goods_type"),
        .enable_pay_channels = alipay_biz_text(call->biz, "enable_pay_channels"),
        .disable_pay_channels = alipay_biz_text(call->biz, "disable_pay_channels"),
        .specified_channel = alipay_biz_text(call->biz, "specified_channel"),
        .hb_fq_num = "",
        .hb_fq_seller_percent = "",
        .notify_url = notify_url != NULL ? notify_url : "",
        .return_url = return_url != NULL ? return_url : "",
        .quit_url = alipay_biz_text(call->biz, "quit_url"),
    };
    if (product == NULL)
        return order_refuse(call, "method");
    if (!order_check_texts(call) || !order_check(alipay, call, product, &order) ||
        !order_read_amount(alipay, call, &order) || !order_check_parts(call, &order) ||
        !order_read_terms(alipay, call, &order) ||
        !order_read_expiry(alipay, call, product, &order) ||
        (product->face_to_face && !order_read_code_expiry(alipay, call, &order)))
        return false;
    *ret = order;
    return true;
}

bool alipay_order_same(const struct alipay_order *a, const struct alipay_order *b)
{
    return a->total_cents == b->total_cents && strcmp(a->subject, b->subject) == 0 &&
           strcmp(a->hb_fq_num, b->hb_fq_num) == 0 &&
           strcmp(a->hb_fq_seller_percent, b->hb_fq_seller_percent) == 0;
}
