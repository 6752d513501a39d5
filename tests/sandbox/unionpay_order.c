/* SPDX-License-Identifier: Apache-2.0 */
/* Consumes, refunds and undos: from arrival to their end, and what is said of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"

static const int64_t ORDER_DAY_MS = INT64_C(86400) * 1000;
static const int64_t ORDER_BEIJING_MS = INT64_C(8) * 3600 * 1000;

static char *order_key(const char *mer_id, const char *order_id, const char *txn_time)
{
    struct text key = { 0 };
    text_printf(&key, "%s %s %s", mer_id, order_id, txn_time);
    return text_take(&key);
}

/* ---- found ---------------------------------------------------------------------------------- */

struct unionpay_order *unionpay_order_find(const struct unionpay *unionpay, const char *mer_id,
                                           const char *order_id, const char *txn_time)
{
    STRING_CLEANUP key = order_key(mer_id, order_id, txn_time);
    return index_find(&unionpay->orders_by_key, key);
}

struct unionpay_order *unionpay_order_newest(const struct unionpay *unionpay, const char *order_id)
{
    const struct unionpay_number *number = index_find(&unionpay->numbers, order_id);
    return number != NULL ? number->orders : NULL;
}

const char *unionpay_order_get(const struct unionpay_order *order, const char *name)
{
    const char *value = form_get(&order->request, name);
    return value != NULL ? value : "";
}

bool unionpay_order_is_consume(const struct unionpay_order *order)
{
    return strcmp(unionpay_order_get(order, "txnType"), "01") == 0;
}

/* ---- arrival -------------------------------------------------------------------------------- */

static void order_number(struct unionpay *unionpay, struct unionpay_order *order)
{
    struct unionpay_number *number = index_find(&unionpay->numbers, order->order_id);
    if (number == NULL) {
        number = text_alloc(sizeof(*number));
        index_add(&unionpay->numbers, order->order_id, number);
    }
    order->number = number;
    order->older = number->orders;
    number->orders = order;
}

/* Two digits, YYMMDDhhmmss, the trace number, 8: as in the messages that were seen. */
static void order_identify(struct unionpay *unionpay, struct unionpay_order *order)
{
    char random[3];
    char time[UNIONPAY_TIME_SIZE];
    unionpay_digits(unionpay, random, 2);
    snprintf(order->trace_no, sizeof(order->trace_no), "%06u",
             (unsigned)(unionpay->n_numbers++ * 7919 % 1000000));
    snprintf(order->query_id, sizeof(order->query_id), "%s%s%s8", random,
             unionpay_time_format(unionpay->now_unix_ms, time) + 2, order->trace_no);
}

struct unionpay_order *unionpay_order_add(struct unionpay *unionpay,
                                          const struct unionpay_merchant *merchant,
                                          const struct form *request)
{
    struct unionpay_order *order = text_alloc(sizeof(*order));
    form_copy(&order->request, request);
    order->merchant = merchant;
    const char *pay_timeout = unionpay_order_get(order, "payTimeout");
    order->key = order_key(merchant->mer_id, unionpay_order_get(order, "orderId"),
                           unionpay_order_get(order, "txnTime"));
    order->order_id = unionpay_order_get(order, "orderId");
    order->amount_fen = strtoll(unionpay_order_get(order, "txnAmt"), NULL, 10);
    order->arrived_unix_ms = unionpay->now_unix_ms;
    order->visible_unix_ms = unionpay->now_unix_ms + unionpay->settings.arrival_delay_ms;
    order->settles_unix_ms = INT64_MAX;
    order->times_out_unix_ms = INT64_MAX;
    if (pay_timeout[0] != '\0')
        unionpay_time_parse(pay_timeout, &order->times_out_unix_ms);
    unionpay_digits(unionpay, order->token, sizeof(order->token) - 1);
    order_identify(unionpay, order);
    order_number(unionpay, order);
    index_add(&unionpay->orders_by_key, order->key, order);
    index_add(&unionpay->orders_by_token, order->token, order);
    if (index_find(&unionpay->orders_by_query_id, order->query_id) == NULL)
        index_add(&unionpay->orders_by_query_id, order->query_id, order);
    order->next = unionpay->orders;
    unionpay->orders = order;
    return order;
}

/* Comes to its next code then. */
static void order_wait(struct unionpay *unionpay, struct unionpay_order *order, const char *code,
                       int64_t wait_ms)
{
    order->state = UNIONPAY_PROCESSING;
    snprintf(order->code, sizeof(order->code), "05");
    snprintf(order->next_code, sizeof(order->next_code), "%.2s", code);
    order->settles_unix_ms = unionpay->now_unix_ms + wait_ms;
    due_add(&unionpay->dues, order->settles_unix_ms, order, NULL);
}

struct unionpay_order *unionpay_order_add_back(struct unionpay *unionpay,
                                               struct unionpay_order *original,
                                               const struct form *request, const char *code,
                                               int64_t wait_ms)
{
    struct unionpay_order *back = unionpay_order_add(unionpay, original->merchant, request);
    back->original = original;
    back->beside = original->backs;
    original->backs = back;
    order_wait(unionpay, back, code, wait_ms);
    return back;
}

struct unionpay_order *unionpay_order_give_back(struct unionpay *unionpay,
                                                struct unionpay_order *original, int64_t amount_fen,
                                                int64_t wait_ms)
{
    char number[32] = "console";
    char fen[32];
    char time[UNIONPAY_TIME_SIZE];
    FORM_CLEANUP request = { 0 };
    unionpay_digits(unionpay, number + strlen(number), 16);
    snprintf(fen, sizeof(fen), "%" PRId64, amount_fen);
    const char *const fields[][2] = {
        { "txnType", "04" },
        { "txnSubType", "00" },
        { "bizType", unionpay_order_get(original, "bizType") },
        { "accessType", unionpay_order_get(original, "accessType") },
        { "merId", original->merchant->mer_id },
        { "orderId", number },
        { "txnTime", unionpay_time_format(unionpay->now_unix_ms, time) },
        { "txnAmt", fen },
        { "origQryId", original->query_id },
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        form_set(&request, fields[i][0], fields[i][1]);
    return unionpay_order_add_back(unionpay, original, &request, "00", wait_ms);
}

/* ---- the buyer's part ----------------------------------------------------------------------- */

bool unionpay_order_timed_out(const struct unionpay *unionpay, const struct unionpay_order *order)
{
    return unionpay->now_unix_ms >= order->times_out_unix_ms;
}

void unionpay_order_decline(struct unionpay_order *order, const char *code)
{
    snprintf(order->decline_code, sizeof(order->decline_code), "%.2s", code);
    order->n_declines++;
}

int64_t unionpay_surcharge_fen(const struct unionpay *unionpay, int64_t amount_fen,
                               unsigned instalments)
{
    int64_t ppm = instalments == 3    ? unionpay->settings.surcharge_ppm[0]
                  : instalments == 6  ? unionpay->settings.surcharge_ppm[1]
                  : instalments == 12 ? unionpay->settings.surcharge_ppm[2]
                                      : 0;
    return (amount_fen * ppm + 500000) / 1000000;
}

const char *unionpay_order_pay(struct unionpay *unionpay, struct unionpay_order *order,
                               const struct unionpay_card *card, unsigned instalments,
                               const char *code, bool even_if_late)
{
    bool is_late = unionpay_order_timed_out(unionpay, order);
    if (order->state != UNIONPAY_OPEN || !unionpay_order_is_consume(order))
        return "the order does not wait for its payer";
    if (is_late && !even_if_late)
        return "payTimeout has passed";
    order->card = card;
    order->late = is_late;
    order->instalments = instalments;
    order->surcharge_fen = unionpay_surcharge_fen(unionpay, order->amount_fen, instalments);
    if (unionpay->settings.pay_pending_ms > 0)
        order_wait(unionpay, order, code, unionpay->settings.pay_pending_ms);
    else
        unionpay_order_settle(unionpay, order, code);
    return NULL;
}

/* ---- the end -------------------------------------------------------------------------------- */

void unionpay_order_settle(struct unionpay *unionpay, struct unionpay_order *order,
                           const char *code)
{
    bool is_consume = unionpay_order_is_consume(order);
    bool succeeds = unionpay_lists("00 A6", code);
    memmove(order->code, code, 2);
    order->settles_unix_ms = INT64_MAX;
    if (unionpay_lists("03 04 05 70 83", code)) {
        order->state = UNIONPAY_PROCESSING;
        return;
    }
    order->state = succeeds ? UNIONPAY_SUCCEEDED : UNIONPAY_FAILED;
    order->charged = succeeds || (is_consume && unionpay_lists("42 74 75", code));
    order->settled_unix_ms = unionpay->now_unix_ms;
    if (is_consume && unionpay_lists("42", code))
        unionpay_order_give_back(unionpay, order, order->amount_fen,
                                 unionpay->settings.late_refund_ms);
    if (!is_consume || (succeeds && !order->late))
        unionpay_notify(unionpay, order);
}

const char *unionpay_order_answer(const struct unionpay *unionpay,
                                  const struct unionpay_order *order)
{
    if (order->state != UNIONPAY_OPEN)
        return order->code;
    if (order->decline_code[0] != '\0')
        return order->decline_code;
    return unionpay_order_timed_out(unionpay, order) ? unionpay->settings.expired_answer
                                                     : unionpay->settings.open_answer;
}

int64_t unionpay_order_taken_fen(const struct unionpay_order *order, bool settled_only)
{
    int64_t fen = 0;
    for (const struct unionpay_order *back = order->backs; back != NULL; back = back->beside) {
        if (back->charged || (!settled_only && back->state == UNIONPAY_PROCESSING))
            fen += back->amount_fen;
    }
    return fen;
}

/* ---- what is said --------------------------------------------------------------------------- */

int64_t unionpay_settle_day(const struct unionpay *unionpay, int64_t unix_ms)
{
    int64_t cutoff_ms = unionpay->settings.cutoff_minutes * 60 * 1000;
    return (unix_ms + ORDER_BEIJING_MS + ORDER_DAY_MS - cutoff_ms) / ORDER_DAY_MS;
}

void unionpay_settle_date(int64_t day, char ret[5])
{
    char text[UNIONPAY_TIME_SIZE];
    memcpy(ret, unionpay_time_format(day * ORDER_DAY_MS - ORDER_BEIJING_MS, text) + 4, 4);
    ret[4] = '\0';
}

char *unionpay_order_instalments(const struct unionpay *unionpay,
                                 const struct unionpay_order *order)
{
    struct text text = { 0 };
    int64_t subsidy_fen = order->amount_fen * unionpay->settings.subsidy_ppm / 1000000;
    if (!order->charged || order->instalments == 0 || !unionpay->settings.instal_trans_info)
        return text_copy("");
    text_printf(&text, "{numberOfInstallments=%02u", order->instalments);
    if (subsidy_fen > 0)
        text_printf(&text, "&mchntFeeSubsidy=%06" PRId64, subsidy_fen);
    text_add(&text, "}");
    return text_take(&text);
}

static void order_say(struct form *ret, const char *name, const char *value)
{
    if (value[0] != '\0')
        form_set(ret, name, value);
}

static char *order_acc_no(const struct unionpay *unionpay, const struct unionpay_order *order)
{
    const char *how = unionpay->settings.acc_no;
    if (order->card == NULL || strcmp(how, "absent") == 0)
        return text_copy("");
    if (strcmp(how, "clear") == 0)
        return text_copy(order->card->number);
    char *masked = unionpay_card_masked(order->card->number);
    if (!order->merchant->encrypts && strcmp(how, "encrypted") != 0)
        return masked;
    char *sealed = unionpay_encrypt(order->merchant->public_key, masked);
    free(masked);
    return sealed;
}

static void order_settlement(const struct unionpay *unionpay, const struct unionpay_order *order,
                             struct form *ret)
{
    char date[5];
    unionpay_settle_date(unionpay_settle_day(unionpay, order->settled_unix_ms), date);
    form_set(ret, "settleAmt", unionpay_order_get(order, "txnAmt"));
    form_set(ret, "settleCurrencyCode", "156");
    form_set(ret, "settleDate", date);
}

void unionpay_order_fields(struct unionpay *unionpay, const struct unionpay_order *order,
                           struct form *ret)
{
    static const char *const KEPT[] = { "accessType", "merId",   "orderId",
                                        "origQryId",  "txnTime", "txnAmt",
                                        "txnSubType", "txnType", "reqReserved" };
    char time[UNIONPAY_TIME_SIZE];
    for (size_t i = 0; i < sizeof(KEPT) / sizeof(KEPT[0]); i++)
        order_say(ret, KEPT[i], unionpay_order_get(order, KEPT[i]));
    form_set(ret, "currencyCode", "156");
    form_set(ret, "queryId", order->query_id);
    form_set(ret, "traceNo", order->trace_no);
    form_set(ret, "traceTime", unionpay_time_format(order->arrived_unix_ms, time) + 4);
    if (order->charged)
        order_settlement(unionpay, order, ret);
    if (order->card == NULL || !unionpay_order_is_consume(order))
        return;
    STRING_CLEANUP acc_no = order_acc_no(unionpay, order);
    STRING_CLEANUP instalments = unionpay_order_instalments(unionpay, order);
    order_say(ret, "accNo", acc_no);
    order_say(ret, "instalTransInfo", instalments);
    if (unionpay->settings.card_facts) {
        form_set(ret, "payCardType", order->card->type);
        form_set(ret, "payType", "0001");
    }
}

void unionpay_order_notice(struct unionpay *unionpay, const struct unionpay_order *order,
                           struct form *ret)
{
    const char *code = unionpay_order_answer(unionpay, order);
    STRING_CLEANUP text = unionpay_code_text(code, NULL);
    unionpay_order_fields(unionpay, order, ret);
    order_say(ret, "bizType", unionpay_order_get(order, "bizType"));
    order_say(ret, "encoding", unionpay_order_get(order, "encoding"));
    form_set(ret, "respCode", code);
    form_set(ret, "respMsg", text);
    if (unionpay_order_is_consume(order))
        form_set(ret, "exchangeRate", "0");
}

/* ---- time ----------------------------------------------------------------------------------- */

void unionpay_advance(struct unionpay *unionpay, int64_t now_unix_ms)
{
    const struct due *due;
    unionpay->now_unix_ms = now_unix_ms + unionpay->ahead_ms;
    while ((due = due_first(&unionpay->dues)) != NULL && due->at_unix_ms <= unionpay->now_unix_ms) {
        struct unionpay_order *order = due->what;
        bool holds =
            order->state == UNIONPAY_PROCESSING && order->settles_unix_ms == due->at_unix_ms;
        due_remove_first(&unionpay->dues);
        if (holds)
            unionpay_order_settle(unionpay, order, order->next_code);
    }
}

int64_t unionpay_next_due(void *model)
{
    struct unionpay *unionpay = model;
    const struct due *due = due_first(&unionpay->dues);
    int64_t notify = unionpay_notify_next_due(unionpay);
    int64_t next = due != NULL && due->at_unix_ms < notify ? due->at_unix_ms : notify;
    return next == INT64_MAX ? next : next - unionpay->ahead_ms;
}
