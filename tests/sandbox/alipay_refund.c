/* SPDX-License-Identifier: Apache-2.0 */
/* alipay.trade.refund, alipay.trade.fastpay.refund.query, and the refunds of the merchant console.
 */
#include <string.h>

#include "tests/sandbox/alipay_model.h"

int64_t alipay_refunds_sum(const struct alipay_trade *trade, bool settled_only)
{
    int64_t cents = 0;
    for (const struct alipay_refund *refund = trade->refunds; refund != NULL; refund = refund->next)
        cents += !settled_only || refund->settled_unix_ms != 0 ? refund->cents : 0;
    return cents;
}

struct alipay_refund *alipay_refund_find(const struct alipay_trade *trade,
                                         const char *out_request_no)
{
    struct alipay_refund *refund = trade->refunds;
    while (refund != NULL && strcmp(refund->out_request_no, out_request_no) != 0)
        refund = refund->next;
    return refund;
}

void alipay_refund_settle(struct alipay *alipay, struct alipay_trade *trade,
                          struct alipay_refund *refund)
{
    refund->settled_unix_ms = alipay->now_unix_ms;
    if (alipay_refunds_sum(trade, true) == trade->order->total_cents) {
        trade->state = ALIPAY_TRADE_CLOSED;
        trade->closed_unix_ms = alipay->now_unix_ms;
    }
    alipay_notify(alipay, trade, refund);
}

const char *alipay_refund_add(struct alipay *alipay, struct alipay_trade *trade,
                              const char *out_request_no, int64_t cents, const char *reason,
                              bool from_console, struct alipay_refund **ret)
{
    if (trade->state == ALIPAY_TRADE_FINISHED)
        return "ACQ.TRADE_HAS_FINISHED";
    if (trade->state == ALIPAY_TRADE_CLOSED)
        return "ACQ.TRADE_HAS_CLOSE";
    if (trade->state != ALIPAY_TRADE_SUCCESS)
        return "ACQ.TRADE_STATUS_ERROR";
    if (cents > trade->order->total_cents - alipay_refunds_sum(trade, false))
        return "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL";
    if (trade->refunds != NULL && alipay->now_unix_ms - trade->last_refund_unix_ms <
                                      alipay_scaled(alipay, alipay->settings.refund_interval_ms))
        return "ACQ.SYSTEM_ERROR";
    struct alipay_refund *refund = text_alloc(sizeof(*refund));
    refund->out_request_no = text_copy(out_request_no);
    refund->reason = text_copy(reason);
    refund->cents = cents;
    refund->from_console = from_console;
    refund->settles_unix_ms = alipay->now_unix_ms + alipay->settings.refund_pending_ms;
    refund->next = trade->refunds;
    trade->refunds = refund;
    trade->last_refund_unix_ms = alipay->now_unix_ms;
    if (refund->settles_unix_ms <= alipay->now_unix_ms)
        alipay_refund_settle(alipay, trade, refund);
    else
        due_add(&alipay->dues, refund->settles_unix_ms, trade, refund);
    *ret = refund;
    return NULL;
}

static const char *refund_words(const char *sub_code)
{
    static const char *const WORDS[][2] = {
        { "ACQ.TRADE_HAS_FINISHED", "交易已完结" },
        { "ACQ.TRADE_HAS_CLOSE", "交易已关闭" },
        { "ACQ.TRADE_STATUS_ERROR", "交易状态不合法" },
        { "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限" },
    };
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (strcmp(WORDS[i][0], sub_code) == 0)
            return WORDS[i][1];
    }
    return "系统错误";
}

/* Whether it comes back is by contract: the switch fee_refund. */
int64_t alipay_refund_fee_back(const struct alipay *alipay, const struct alipay_trade *trade,
                               const struct alipay_refund *refund)
{
    int64_t total_cents = trade->order->total_cents;
    const char *policy = alipay->settings.fee_refund;
    if (trade->instalments == 0 || strcmp(trade->order->hb_fq_seller_percent, "100") != 0 ||
        strcmp(policy, "none") == 0)
        return 0;
    int64_t fee = huabei_fee(total_cents, trade->instalments, true);
    if (strcmp(policy, "proportional") == 0)
        return fee * refund->cents / total_cents;
    return refund->cents == total_cents ? fee : 0;
}

static void refund_charge(const struct alipay *alipay, struct alipay_call *call,
                          const struct alipay_trade *trade, const struct alipay_refund *refund)
{
    char yuan[YUAN_SIZE];
    if (trade->instalments == 0 || strcmp(trade->order->hb_fq_seller_percent, "100") != 0 ||
        strcmp(alipay->settings.fee_refund, "none") == 0)
        return;
    int64_t back_cents = alipay_refund_fee_back(alipay, trade, refund);
    cJSON *list = cJSON_AddArrayToObject(call->fields, "refund_charge_info_list");
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddItemToArray(list, entry);
    cJSON_AddStringToObject(entry, "charge_type", "hbfq");
    cJSON_AddStringToObject(entry, "refund_charge_fee", yuan_format(back_cents, yuan));
    cJSON_AddStringToObject(entry, "switch_fee_rate", "N");
    alipay_call_set_yuan(call, "refund_charge_amount", back_cents);
}

static void refund_answer(const struct alipay *alipay, struct alipay_call *call,
                          const struct alipay_trade *trade, const struct alipay_refund *refund,
                          bool moved_now)
{
    alipay_call_set(call, "buyer_logon_id", ALIPAY_BUYER_LOGON_ID);
    alipay_call_set(call, "buyer_user_id", ALIPAY_BUYER_ID);
    alipay_call_set(call, "fund_change", moved_now ? "Y" : "N");
    if (refund->settled_unix_ms != 0)
        alipay_call_set_time(call, "gmt_refund_pay", refund->settled_unix_ms);
    alipay_call_set(call, "out_trade_no", trade->order->out_trade_no);
    alipay_call_set_yuan(call, "refund_fee", alipay_refunds_sum(trade, true));
    bool detailed = moved_now && alipay_call_asks(call, "refund_detail_item_list");
    alipay_call_set_yuan(call, "send_back_fee", detailed ? refund->cents : 0);
    alipay_call_set(call, "trade_no", trade->trade_no);
    if (moved_now)
        refund_charge(alipay, call, trade, refund);
}

/* The amount and the number to refund under; false after a failure. */
static bool refund_read(struct alipay_call *call, const struct alipay_trade *trade,
                        int64_t *ret_cents, const char **ret_out_request_no)
{
    const char *out_request_no = alipay_biz_text(call->biz, "out_request_no");
    const char *amount = alipay_biz_text(call->biz, "refund_amount");
    size_t n_characters;
    if (!yuan_parse(amount, ret_cents) || *ret_cents < 1 ||
        !utf8_count(out_request_no, &n_characters) || n_characters > ALIPAY_NO_MAX) {
        alipay_call_fail(call, "40004", "ACQ.INVALID_PARAMETER",
                         "参数无效：refund_amount、out_request_no");
        return false;
    }
    if (out_request_no[0] == '\0' && *ret_cents != trade->order->total_cents) {
        alipay_call_fail(call, "40004", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
                         "部分退款必须传入 out_request_no");
        return false;
    }
    *ret_out_request_no = out_request_no[0] != '\0' ? out_request_no : trade->order->out_trade_no;
    return true;
}

void alipay_refund(struct alipay *alipay, struct alipay_call *call)
{
    int64_t cents;
    const char *out_request_no;
    struct alipay_trade *trade = alipay_trade_named(alipay, call);
    if (trade == NULL || !refund_read(call, trade, &cents, &out_request_no))
        return;
    struct alipay_refund *refund = alipay_refund_find(trade, out_request_no);
    if (refund != NULL && refund->cents != cents) {
        alipay_call_fail(call, "40004", "ACQ.DISCORDANT_REPEAT_REQUEST", "请求信息不一致");
        return;
    }
    if (refund != NULL) {
        refund_answer(alipay, call, trade, refund, false);
        return;
    }
    const char *reason = alipay_biz_text(call->biz, "refund_reason");
    const char *refusal =
        alipay_refund_add(alipay, trade, out_request_no, cents, reason, false, &refund);
    if (refusal != NULL)
        alipay_call_fail(call, "40004", refusal, refund_words(refusal));
    else
        refund_answer(alipay, call, trade, refund, refund->settled_unix_ms != 0);
}

void alipay_refund_query(struct alipay *alipay, struct alipay_call *call)
{
    const char *out_request_no = alipay_biz_text(call->biz, "out_request_no");
    const struct alipay_trade *trade = alipay_trade_named(alipay, call);
    if (trade == NULL)
        return;
    if (out_request_no[0] == '\0') {
        alipay_call_fail(call, "40004", "ACQ.INVALID_PARAMETER", "参数无效：out_request_no");
        return;
    }
    /* Success without refund_status: not refunded, or not yet. */
    const struct alipay_refund *refund = alipay_refund_find(trade, out_request_no);
    if (refund == NULL || refund->settled_unix_ms == 0)
        return;
    alipay_call_set(call, "out_request_no", refund->out_request_no);
    alipay_call_set(call, "out_trade_no", trade->order->out_trade_no);
    alipay_call_set_yuan(call, "refund_amount", refund->cents);
    alipay_call_set(call, "refund_reason", refund->reason);
    alipay_call_set(call, "refund_status", "REFUND_SUCCESS");
    alipay_call_set_yuan(call, "total_amount", trade->order->total_cents);
    alipay_call_set(call, "trade_no", trade->trade_no);
    if (alipay_call_asks(call, "gmt_refund_pay"))
        alipay_call_set_time(call, "gmt_refund_pay", refund->settled_unix_ms);
    refund_charge(alipay, call, trade, refund);
}
