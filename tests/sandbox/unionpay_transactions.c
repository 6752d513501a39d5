/* SPDX-License-Identifier: Apache-2.0 */
/* What each transaction does once its request was found good. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"

static void transaction_set(struct unionpay_call *call, const char *name, const char *value)
{
    form_set(&call->fields, name, value);
}

static bool transaction_is_known(const struct unionpay *unionpay, const struct unionpay_call *call)
{
    return unionpay_order_find(unionpay, call->merchant->mer_id, unionpay_call_get(call, "orderId"),
                               unionpay_call_get(call, "txnTime")) != NULL;
}

/* ---- the browser's form --------------------------------------------------------------------- */

/* Of "{numberOfInstallments=06}", braces, two digits and all; 0: unreadable. */
static unsigned front_terms(const char *info)
{
    static const char NAME[] = "numberOfInstallments=";
    const char *at = strstr(info, NAME);
    size_t size = strlen(info);
    if (size < 2 || info[0] != '{' || info[size - 1] != '}' || at == NULL ||
        (at[-1] != '{' && at[-1] != '&'))
        return 0;
    const char *digits = at + sizeof(NAME) - 1;
    unsigned terms = (unsigned)strtoul(digits, NULL, 10);
    bool is_two = strspn(digits, "0123456789") == 2 && (digits[2] == '}' || digits[2] == '&');
    return is_two && (terms == 3 || terms == 6 || terms == 12) ? terms : 0;
}

static bool front_refuse(struct unionpay_call *call, const char *code, const char *detail)
{
    unionpay_call_end(call, code, detail);
    return false;
}

static bool front_check(const struct unionpay *unionpay, struct unionpay_call *call)
{
    int64_t amount_fen = strtoll(unionpay_call_get(call, "txnAmt"), NULL, 10);
    const char *channel = unionpay_call_get(call, "channelType");
    const char *info = unionpay_call_get(call, "instalTransInfo");
    bool by_instalments = strcmp(unionpay_call_get(call, "txnSubType"), "03") == 0;
    if (!unionpay_lists("07 08", channel))
        return front_refuse(call, "10", "channelType");
    if (info[0] != '\0' && (!by_instalments || front_terms(info) == 0))
        return front_refuse(call, "10", "instalTransInfo");
    if (amount_fen < unionpay->settings.min_fen || amount_fen > unionpay->settings.max_fen)
        return front_refuse(call, "33", "txnAmt");
    return true;
}

static bool front_is_clear_number(const char *acc_no)
{
    return acc_no[0] != '\0' && strspn(acc_no, "0123456789") == strlen(acc_no);
}

/* A merchant that must encrypt sends none of these in the clear. */
static bool front_is_open(const char *info)
{
    FORM_CLEANUP clear = { 0 };
    form_set(&clear, "customerInfo", info);
    struct unionpay nobody = { 0 };
    FORM_CLEANUP customer = { 0 };
    STRING_CLEANUP acc_no = NULL;
    const char *field;
    unionpay_customer_read(&nobody, &clear, &customer, &acc_no, &field);
    return form_get(&customer, "phoneNo") != NULL || form_get(&customer, "cvn2") != NULL ||
           form_get(&customer, "expired") != NULL;
}

void unionpay_front(struct unionpay *unionpay, struct unionpay_call *call)
{
    const char *field = NULL;
    STRING_CLEANUP acc_no = NULL;
    FORM_CLEANUP customer = { 0 };
    if (!front_check(unionpay, call))
        return;
    if (!unionpay_customer_read(unionpay, &call->form, &customer, &acc_no, &field)) {
        unionpay_call_end(call, "10", field);
        return;
    }
    if (call->merchant->encrypts && front_is_open(unionpay_call_get(call, "customerInfo"))) {
        unionpay_call_end(call, "10", "customerInfo");
        return;
    }
    if (call->merchant->encrypts && front_is_clear_number(unionpay_call_get(call, "accNo"))) {
        unionpay_call_end(call, "10", "accNo");
        return;
    }
    if (transaction_is_known(unionpay, call)) {
        unionpay_call_end(call, "12", NULL);
        return;
    }
    struct unionpay_order *order = unionpay_order_add(unionpay, call->merchant, &call->form);
    order->acc_no = acc_no;
    acc_no = NULL;
    form_copy(&order->customer, &customer);
    order->instalments = front_terms(unionpay_call_get(call, "instalTransInfo"));
    call->order = order;
}

/* ---- query ---------------------------------------------------------------------------------- */

void unionpay_query(struct unionpay *unionpay, struct unionpay_call *call)
{
    const struct unionpay_order *order =
        unionpay_order_find(unionpay, call->merchant->mer_id, unionpay_call_get(call, "orderId"),
                            unionpay_call_get(call, "txnTime"));
    if (order == NULL || order->visible_unix_ms > unionpay->now_unix_ms ||
        strcmp(unionpay_order_answer(unionpay, order), "34") == 0) {
        unionpay_call_end(call, "34", NULL);
        return;
    }
    const char *code = unionpay_order_answer(unionpay, order);
    STRING_CLEANUP text = unionpay_code_text(code, NULL);
    unionpay_order_fields(unionpay, order, &call->fields);
    transaction_set(call, "origRespCode", code);
    transaction_set(call, "origRespMsg", text);
    transaction_set(call, "issuerIdentifyMode", "0");
}

/* ---- refund and undo ------------------------------------------------------------------------ */

static const char *refund_objection(const struct unionpay *unionpay,
                                    const struct unionpay_order *original, int64_t amount_fen)
{
    const struct unionpay_settings *settings = &unionpay->settings;
    int64_t left_fen = original->amount_fen - unionpay_order_taken_fen(original, false);
    if (left_fen == 0)
        return "45";
    if (amount_fen > left_fen)
        return "36";
    if (unionpay->now_unix_ms - original->settled_unix_ms > settings->refund_window_ms)
        return "39";
    if (amount_fen < original->amount_fen &&
        (!settings->partial_refund ||
         (original->instalments > 0 && !settings->instalment_partial_refund)))
        return "36";
    return NULL;
}

/* The whole amount, on the settlement day of the consume, once. */
static const char *undo_objection(const struct unionpay *unionpay,
                                  const struct unionpay_order *original, int64_t amount_fen)
{
    if (!unionpay->settings.undo)
        return "32";
    if (unionpay_order_taken_fen(original, false) > 0)
        return "45";
    if (amount_fen != original->amount_fen)
        return "36";
    if (unionpay_settle_day(unionpay, original->settled_unix_ms) !=
        unionpay_settle_day(unionpay, unionpay->now_unix_ms))
        return "35";
    return NULL;
}

void unionpay_refund(struct unionpay *unionpay, struct unionpay_call *call)
{
    bool is_undo = strcmp(call->kind->method, "undo") == 0;
    int64_t amount_fen = strtoll(unionpay_call_get(call, "txnAmt"), NULL, 10);
    struct unionpay_order *original =
        index_find(&unionpay->orders_by_query_id, unionpay_call_get(call, "origQryId"));
    if (transaction_is_known(unionpay, call)) {
        unionpay_call_end(call, "12", NULL);
        return;
    }
    if (original == NULL || original->merchant != call->merchant ||
        !unionpay_order_is_consume(original) || original->state != UNIONPAY_SUCCEEDED) {
        unionpay_call_end(call, "35", NULL);
        return;
    }
    const char *objection = is_undo ? undo_objection(unionpay, original, amount_fen)
                                    : refund_objection(unionpay, original, amount_fen);
    if (objection != NULL) {
        unionpay_call_end(call, objection, NULL);
        return;
    }
    const struct unionpay_settings *settings = &unionpay->settings;
    const struct unionpay_order *back = unionpay_order_add_back(
        unionpay, original, &call->form, is_undo ? settings->undo_code : settings->refund_code,
        settings->refund_pending_ms);
    transaction_set(call, "queryId", back->query_id);
}

/* ---- keys ----------------------------------------------------------------------------------- */

void unionpay_key_update(struct unionpay *unionpay, struct unionpay_call *call)
{
    if (strcmp(unionpay_call_get(call, "certType"), "01") != 0) {
        unionpay_call_end(call, "10", "certType");
        return;
    }
    struct text text = { 0 };
    for (const char *at = unionpay->encryption[0].pem; *at != '\0'; at++) {
        if (*at != '\n')
            text_add_bytes(&text, at, 1);
        else if (at[1] != '\0')
            text_add(&text, "\r\n");
    }
    STRING_CLEANUP certificate = text_take(&text);
    transaction_set(call, "encryptPubKeyCert", certificate);
}
