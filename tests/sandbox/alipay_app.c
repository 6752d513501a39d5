/* SPDX-License-Identifier: Apache-2.0 */
/* alipay.trade.app.pay: the phone. The shop's app hands it a signed string, and is told what came
 * of it; what it is told proves nothing. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

/* What the buyer and the phone do with an order, and what the shop's app then hears. */
struct app_act {
    const char *name;
    const char *result_status;
    const char *memo;
    bool pays;
    bool tells; /* the signed result */
};

static const struct app_act ACTS[] = {
    { "pay", "9000", "", true, true },
    { "open", "", "", false, false },
    { "return", "6001", "用户中途取消", false, false },
    { "cancel", "6001", "用户中途取消", false, false },
    { "decline", "4000", "花呗额度不足", false, false },
    { "pending", "8000", "正在处理中", false, false },
    { "lost", "6002", "网络连接出错", true, false },
    { "unknown", "6004", "支付结果未知", true, false },
};

/* Opens the order, as the phone does when it gets the string. */
void alipay_app_pay(struct alipay *alipay, struct alipay_call *call)
{
    struct alipay_order order;
    if (!alipay_page_read(alipay, call, &order))
        return;
    struct alipay_page *page = alipay_page_make(alipay, call, &order);
    const char *refusal = alipay_buyer_open(alipay, page);
    if (refusal != NULL) {
        alipay_call_fail(call, "40004", refusal, "无法继续支付");
        return;
    }
    page->step = ALIPAY_STEP_IDENTITY;
}

/* The buyer comes back from the cashier. */
static void app_return(struct alipay *alipay, struct alipay_call *call)
{
    if (!alipay_check(alipay, call))
        return;
    call->page = alipay_page_by_order(alipay, call->out_trade_no);
    if (call->page == NULL || call->page->number->trade == NULL)
        alipay_call_fail(call, "40004", "ACQ.TRADE_NOT_EXIST", "交易不存在");
}

static void app_pay(struct alipay *alipay, struct alipay_call *call, const cJSON *wish)
{
    const char *channel = alipay_biz_text(wish, "channel");
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(wish, "instalments");
    unsigned asked = (unsigned)strtoul(call->page->order.hb_fq_num, NULL, 10);
    if (channel[0] == '\0')
        channel = asked > 0 || number != NULL ? ALIPAY_INSTALMENT : "balance";
    if (cJSON_IsNumber(number))
        asked = (unsigned)number->valueint;
    const char *refusal =
        alipay_buyer_pay(alipay, call->page->number->trade, channel,
                         strcmp(channel, ALIPAY_INSTALMENT) == 0 ? asked : 0, false);
    if (refusal != NULL)
        alipay_call_fail(call, "40004", refusal, "支付失败");
}

static void app_fields(const struct alipay *alipay, struct alipay_call *call)
{
    const struct alipay_trade *trade = call->page->number->trade;
    alipay_call_set(call, "app_id", alipay->config.app_id);
    alipay_call_set(call, "auth_app_id", alipay->config.app_id);
    alipay_call_set(call, "charset", "utf-8");
    alipay_call_set_time(call, "timestamp", alipay->now_unix_ms);
    alipay_call_set(call, "out_trade_no", trade->order->out_trade_no);
    alipay_call_set(call, "seller_id", alipay->config.seller_id);
    alipay_call_set_yuan(call, "total_amount", trade->order->total_cents);
    alipay_call_set(call, "trade_no", trade->trade_no);
}

static void app_tell(cJSON *ret, const char *status, const char *memo, const char *result)
{
    cJSON_AddStringToObject(ret, "memo", memo);
    cJSON_AddStringToObject(ret, "result", result);
    cJSON_AddStringToObject(ret, "resultStatus", status);
}

/* Does what the wish says with an order that was opened. */
static void app_act(struct alipay *alipay, struct alipay_call *call, const struct app_act *act,
                    const cJSON *wish, cJSON *ret)
{
    TEXT_CLEANUP cashier = { 0 };
    struct alipay_trade *trade = call->page->number->trade;
    if (act->pays)
        app_pay(alipay, call, wish);
    if (alipay_call_failed(call))
        return;
    if (strcmp(act->name, "decline") == 0)
        trade->n_declines++;
    STRING_CLEANUP result = NULL;
    if (strcmp(act->name, "return") == 0 && trade->state == ALIPAY_TRADE_SUCCESS)
        act = &ACTS[0];
    if (act->tells) {
        app_fields(alipay, call);
        result = alipay_answer_json(alipay, call);
    }
    app_tell(ret, act->result_status, act->memo, result != NULL ? result : "");
    text_printf(&cashier, "/cashier?token=%s", call->page->token);
    cJSON_AddStringToObject(ret, "out_trade_no", trade->order->out_trade_no);
    cJSON_AddStringToObject(ret, "cashier_path", cashier.bytes);
}

void alipay_app(struct alipay *alipay, const cJSON *wish, cJSON *ret)
{
    struct alipay_call call = { 0 };
    const char *order_string = alipay_biz_text(wish, "order_string");
    const char *name = alipay_biz_text(wish, "act");
    struct sandbox_request request = { .method = "POST",
                                       .query = "",
                                       .content_type = "application/x-www-form-urlencoded",
                                       .body = order_string,
                                       .body_size = strlen(order_string) };
    const struct app_act *act = name[0] == '\0' ? &ACTS[0] : NULL;
    for (size_t i = 0; i < sizeof(ACTS) / sizeof(ACTS[0]); i++) {
        if (strcmp(ACTS[i].name, name) == 0)
            act = &ACTS[i];
    }
    alipay_call_read(&call, &request);
    call.fault = alipay_fault_take(alipay, call.method_name, NULL);
    if (call.method != NULL && !call.method->is_app)
        call.method = NULL;
    if (act == NULL)
        alipay_call_fail(&call, "40002", "isv.invalid-parameter",
                         "act: pay, open, return, cancel, decline, pending, lost, unknown");
    else if (strcmp(act->name, "return") == 0)
        app_return(alipay, &call);
    else
        alipay_call_run(alipay, &call);
    if (!alipay_call_failed(&call) && call.page == NULL)
        app_tell(ret, "6002", "网络连接出错", ""); /* a fault kept the order from being opened */
    else if (act != NULL && !alipay_call_failed(&call))
        app_act(alipay, &call, act, wish, ret);
    if (alipay_call_failed(&call)) {
        app_tell(ret, "4000", call.sub_msg, "");
        cJSON_AddStringToObject(ret, "sub_code", call.sub_code);
    }
    alipay_log_add(alipay, &call);
    alipay_call_free(&call);
}
