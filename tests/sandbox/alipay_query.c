/* SPDX-License-Identifier: Apache-2.0 */
/* alipay.trade.query. */
#include <string.h>

#include "tests/sandbox/alipay_model.h"

static const char *query_fund_channel(const char *channel)
{
    if (strncmp(channel, "pcredit", 7) == 0)
        return "PCREDIT";
    return strcmp(channel, "balance") == 0 ? "ALIPAYACCOUNT" : "BANKCARD";
}

/* What the fact sheet calls unconfirmed stands behind a switch each. */
static void query_instalments(const struct alipay *alipay, struct alipay_call *call,
                              const struct alipay_trade *trade)
{
    char yuan[YUAN_SIZE];
    STRING_CLEANUP num = NULL;
    struct text text = { 0 };
    if (trade->instalments == 0)
        return;
    if (alipay->settings.hb_fq_pay_info) {
        text_printf(&text, "%u", trade->instalments);
        num = text_take(&text);
        cJSON *info = cJSON_AddObjectToObject(call->fields, "hb_fq_pay_info");
        cJSON_AddStringToObject(info, "user_install_num", num);
        cJSON_AddStringToObject(info, "fq_amount", yuan_format(trade->order->total_cents, yuan));
        cJSON_AddStringToObject(info, "fq_inst_id", trade->trade_no + 12);
    }
    if (alipay->settings.charge_info) {
        bool seller_pays = strcmp(trade->order->hb_fq_seller_percent, "100") == 0;
        int64_t fee = huabei_fee(trade->order->total_cents, trade->instalments, seller_pays);
        cJSON *list = cJSON_AddArrayToObject(call->fields, "charge_info_list");
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(list, entry);
        cJSON_AddStringToObject(entry, "charge_fee", yuan_format(seller_pays ? fee : 0, yuan));
        cJSON_AddStringToObject(entry, "charge_type", "hbfq");
        cJSON_AddStringToObject(entry, "original_charge_fee",
                                yuan_format(seller_pays ? fee : 0, yuan));
        cJSON_AddStringToObject(entry, "switch_fee_rate", "N");
    }
}

void alipay_query(struct alipay *alipay, struct alipay_call *call)
{
    char yuan[YUAN_SIZE];
    const struct alipay_trade *trade = alipay_trade_named(alipay, call);
    if (trade == NULL)
        return;
    int64_t paid_cents = trade->paid_unix_ms != 0 ? trade->order->total_cents : 0;
    alipay_call_set(call, "buyer_logon_id", ALIPAY_BUYER_LOGON_ID);
    alipay_call_set(call, "buyer_user_id", ALIPAY_BUYER_ID);
    alipay_call_set(call, "buyer_user_type", "PRIVATE");
    alipay_call_set_yuan(call, "buyer_pay_amount", paid_cents);
    alipay_call_set_yuan(call, "invoice_amount", paid_cents);
    alipay_call_set(call, "out_trade_no", trade->order->out_trade_no);
    alipay_call_set_yuan(call, "point_amount", 0);
    alipay_call_set_yuan(call, "receipt_amount", paid_cents);
    alipay_call_set_yuan(call, "total_amount", trade->order->total_cents);
    alipay_call_set(call, "trade_no", trade->trade_no);
    alipay_call_set(call, "trade_status", alipay_state_name(trade->state));
    alipay_call_set(call, "passback_params", trade->order->passback_params);
    if (trade->paid_unix_ms != 0) {
        alipay_call_set_time(call, "send_pay_date", trade->paid_unix_ms);
        query_instalments(alipay, call, trade);
    }
    if (trade->paid_unix_ms != 0 && alipay_call_asks(call, "fund_bill_list")) {
        cJSON *list = cJSON_AddArrayToObject(call->fields, "fund_bill_list");
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(list, entry);
        cJSON_AddStringToObject(entry, "amount", yuan_format(trade->order->total_cents, yuan));
        cJSON_AddStringToObject(entry, "fund_channel", query_fund_channel(trade->channel));
    }
}
