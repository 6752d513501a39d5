/* SPDX-License-Identifier: Apache-2.0 */
/* The buyer's way through UnionPay's pages: card, terms, one-time code, result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"
#include "tests/sandbox/unionpay_page.h"

enum { CASHIER_CODES_MAX = 3 };

static const unsigned CASHIER_TERMS[UNIONPAY_TERMS_N] = { 3, 6, 12 };

static bool cashier_by_instalments(const struct unionpay_order *order)
{
    return strcmp(unionpay_order_get(order, "txnSubType"), "03") == 0;
}

/* The merchant has named them already. */
static bool cashier_terms_given(const struct unionpay_order *order)
{
    return unionpay_order_get(order, "instalTransInfo")[0] != '\0';
}

static const char *cashier_code(const struct unionpay_order *order)
{
    return strcmp(unionpay_order_get(order, "channelType"), "08") == 0 ? "123456" : "111111";
}

static const char *cashier_customer(const struct unionpay_order *order, const char *name)
{
    const char *value = form_get(&order->customer, name);
    return value != NULL ? value : "";
}

static void cashier_answer(struct sandbox_response *ret, struct text *html)
{
    ret->status = 200;
    ret->content_type = "text/html;charset=UTF-8";
    ret->body_size = html->size;
    ret->body = text_take(html);
}

void unionpay_cashier_error(const char *code, const char *text, struct sandbox_response *ret)
{
    TEXT_CLEANUP html = { 0 };
    unionpay_page_error(&html, code, text);
    cashier_answer(ret, &html);
}

static struct unionpay_page_order cashier_order(const struct unionpay_order *order)
{
    return (struct unionpay_page_order){
        .token = order->token,
        .action = UNIONPAY_CASHIER,
        .merchant_name = "沙箱商户",
        .order_id = order->order_id,
        .description = unionpay_order_get(order, "orderDesc"),
        .amount_fen = order->amount_fen,
        .until_unix_ms = order->times_out_unix_ms == INT64_MAX ? 0 : order->times_out_unix_ms,
        .by_instalments = cashier_by_instalments(order),
        .message = order->message,
    };
}

static struct unionpay_page_term cashier_term(const struct unionpay *unionpay,
                                              const struct unionpay_order *order, unsigned n)
{
    int64_t surcharge_fen = unionpay_surcharge_fen(unionpay, order->amount_fen, n);
    int64_t all_fen = order->amount_fen + surcharge_fen;
    return (struct unionpay_page_term){
        .n_instalments = n,
        .surcharge_fen = surcharge_fen,
        .first_fen = all_fen - all_fen / n * (n - 1),
        .each_fen = all_fen / n,
    };
}

/* ---- what is shown -------------------------------------------------------------------------- */

static void cashier_show_card(const struct unionpay_order *order, struct text *html)
{
    struct unionpay_page_order shown = cashier_order(order);
    const char *name = cashier_customer(order, "customerNm");
    const char *document = cashier_customer(order, "certifId");
    const char *phone = cashier_customer(order, "phoneNo");
    bool is_locked = strstr(unionpay_order_get(order, "reserved"), "cardNumberLock=1") != NULL;
    struct unionpay_page_card card = {
        .card_number = { order->acc_no, is_locked && order->acc_no[0] != '\0' },
        .customer_name = { name, name[0] != '\0' },
        .document_number = { document, document[0] != '\0' },
        .phone = { phone, phone[0] != '\0' },
        .test_hint = "6221558812340000，全渠道，341126197709218366，13552535506，11/23，123",
    };
    unionpay_page_card(html, &shown, &card);
}

static void cashier_show_terms(const struct unionpay *unionpay, const struct unionpay_order *order,
                               struct text *html)
{
    struct unionpay_page_order shown = cashier_order(order);
    struct unionpay_page_term offered[UNIONPAY_TERMS_N];
    for (size_t i = 0; i < UNIONPAY_TERMS_N; i++)
        offered[i] = cashier_term(unionpay, order, CASHIER_TERMS[i]);
    struct unionpay_page_terms terms = {
        .terms = offered,
        .n_terms = UNIONPAY_TERMS_N,
        .chosen = order->instalments,
        .bank_name = order->card->bank,
        .card_number = order->card->number,
    };
    unionpay_page_terms(html, &shown, &terms);
}

static void cashier_show_code(const struct unionpay *unionpay, const struct unionpay_order *order,
                              struct text *html)
{
    struct unionpay_page_order shown = cashier_order(order);
    struct unionpay_page_term term = { 0 };
    struct unionpay_page_code code = {
        .phone = order->card->phone,
        .card_number = order->card->number,
        .test_hint = cashier_code(order),
    };
    if (order->instalments > 0) {
        term = cashier_term(unionpay, order, order->instalments);
        code.term = &term;
    }
    unionpay_page_code(html, &shown, &code);
}

static enum unionpay_page_outcome cashier_outcome(const struct unionpay *unionpay,
                                                  const struct unionpay_order *order)
{
    if (order->state == UNIONPAY_SUCCEEDED)
        return UNIONPAY_PAGE_PAID;
    if (order->state == UNIONPAY_PROCESSING)
        return UNIONPAY_PAGE_PROCESSING;
    if (order->state == UNIONPAY_OPEN && unionpay_order_timed_out(unionpay, order))
        return UNIONPAY_PAGE_TIMED_OUT;
    if (order->state == UNIONPAY_OPEN && order->step == UNIONPAY_STEP_LEFT)
        return UNIONPAY_PAGE_LEFT;
    return UNIONPAY_PAGE_FAILED;
}

/* The signed way back; without a payment, only an address. */
static void cashier_show_result(struct unionpay *unionpay, const struct unionpay_order *order,
                                struct text *html)
{
    bool is_paid = order->state == UNIONPAY_SUCCEEDED;
    const char *code = unionpay_order_answer(unionpay, order);
    const char *fail_url = unionpay_order_get(order, "frontFailUrl");
    FORM_CLEANUP form = { 0 };
    struct unionpay_page_order shown = cashier_order(order);
    if (is_paid) {
        unionpay_order_notice(unionpay, order, &form);
        unionpay_seal(unionpay, unionpay_fault_take(unionpay, "return", order->order_id, NULL),
                      false, &form);
    }
    struct unionpay_page_field *fields = text_alloc(form.n_fields * sizeof(*fields));
    for (size_t i = 0; i < form.n_fields; i++)
        fields[i] = (struct unionpay_page_field){ form.fields[i].name, form.fields[i].value };
    STRING_CLEANUP text = unionpay_code_text(code, NULL);
    struct unionpay_page_result result = {
        .outcome = cashier_outcome(unionpay, order),
        .code = code,
        .text = text,
        .query_id = order->query_id,
        .card_number = order->card != NULL ? order->card->number : NULL,
        .n_instalments = order->instalments,
        .paid_unix_ms = is_paid ? order->settled_unix_ms : 0,
        .return_url =
            is_paid || fail_url[0] == '\0' ? unionpay_order_get(order, "frontUrl") : fail_url,
        .fields = fields,
        .n_fields = form.n_fields,
    };
    unionpay_page_result(html, &shown, &result);
    free(fields);
}

void unionpay_cashier_show(struct unionpay *unionpay, struct unionpay_order *order,
                           struct sandbox_response *ret)
{
    TEXT_CLEANUP html = { 0 };
    bool is_late = unionpay_order_timed_out(unionpay, order) &&
                   strcmp(unionpay->settings.late_pay, "refused") == 0;
    if (order->state != UNIONPAY_OPEN || is_late || order->step == UNIONPAY_STEP_DECLINED ||
        order->step == UNIONPAY_STEP_LEFT)
        cashier_show_result(unionpay, order, &html);
    else if (order->step == UNIONPAY_STEP_TERMS)
        cashier_show_terms(unionpay, order, &html);
    else if (order->step == UNIONPAY_STEP_CODE)
        cashier_show_code(unionpay, order, &html);
    else
        cashier_show_card(order, &html);
    free(order->message);
    order->message = NULL;
    cashier_answer(ret, &html);
}

/* ---- what the buyer does -------------------------------------------------------------------- */

static void cashier_say(struct unionpay_order *order, const char *message)
{
    free(order->message);
    order->message = text_copy(message);
}

/* The bank says no; the buyer may try again with other data. */
static void cashier_decline(struct unionpay_order *order, const char *code)
{
    TEXT_CLEANUP message = { 0 };
    unionpay_order_decline(order, code);
    text_printf(&message, "(%s) %s", code, unionpay_code_words(code));
    cashier_say(order, message.bytes);
}

static const char *cashier_typed(const struct form *form, const char *name, const char *known)
{
    const char *typed = form_get(form, name);
    return typed != NULL && typed[0] != '\0' && known[0] == '\0' ? typed : known;
}

/* "11/23", "1123" */
static bool cashier_expiry_is(const char *typed, const char *expiry)
{
    char digits[8] = "";
    size_t n = 0;
    for (; *typed != '\0' && n < sizeof(digits) - 1; typed++) {
        if (*typed >= '0' && *typed <= '9')
            digits[n++] = *typed;
    }
    return strcmp(digits, expiry) == 0;
}

/* Is it his? What the merchant has bound him to counts before what was typed. */
static bool cashier_holder_is(const struct unionpay_order *order, const struct form *form,
                              const struct unionpay_card *card)
{
    const char *document_type = cashier_customer(order, "certifTp");
    return strcmp(cashier_typed(form, "customer_name", cashier_customer(order, "customerNm")),
                  card->customer_name) == 0 &&
           strcmp(cashier_typed(form, "document_number", cashier_customer(order, "certifId")),
                  card->document_number) == 0 &&
           strcmp(cashier_typed(form, "phone", cashier_customer(order, "phoneNo")), card->phone) ==
               0 &&
           (document_type[0] == '\0' || strcmp(document_type, card->document_type) == 0);
}

static const char *cashier_number(const struct unionpay_order *order, const struct form *form)
{
    const char *typed = form_get(form, "card_number");
    bool is_locked = strstr(unionpay_order_get(order, "reserved"), "cardNumberLock=1") != NULL;
    if (typed == NULL || typed[0] == '\0' || (is_locked && order->acc_no[0] != '\0'))
        return order->acc_no;
    return typed;
}

static void cashier_take_card(struct unionpay_order *order, const struct form *form)
{
    const char *expiry = form_get(form, "expiry");
    const char *cvn2 = form_get(form, "cvn2");
    char number[32] = "";
    size_t n = 0;
    for (const char *at = cashier_number(order, form); *at != '\0' && n < sizeof(number) - 1;
         at++) {
        if (*at != ' ')
            number[n++] = *at;
    }
    const struct unionpay_card *card = unionpay_card_find(number);
    if (card == NULL) {
        cashier_decline(order, "61");
    } else if (cashier_by_instalments(order) && strcmp(card->type, "02") != 0) {
        cashier_decline(order, "68");
    } else if (!cashier_holder_is(order, form, card)) {
        cashier_decline(order, "66");
    } else if (card->cvn2[0] != '\0' &&
               (expiry == NULL || cvn2 == NULL || !cashier_expiry_is(expiry, card->expiry) ||
                strcmp(cvn2, card->cvn2) != 0)) {
        cashier_decline(order, "65");
    } else {
        order->card = card;
        order->n_wrong_codes = 0;
        order->step = cashier_by_instalments(order) && !cashier_terms_given(order)
                          ? UNIONPAY_STEP_TERMS
                          : UNIONPAY_STEP_CODE;
    }
}

static void cashier_take_terms(struct unionpay_order *order, const struct form *form)
{
    const char *wish = form_get(form, "instalments");
    unsigned long n = wish != NULL ? strtoul(wish, NULL, 10) : 0;
    for (size_t i = 0; i < UNIONPAY_TERMS_N; i++) {
        if (CASHIER_TERMS[i] != n)
            continue;
        order->instalments = CASHIER_TERMS[i];
        order->step = UNIONPAY_STEP_CODE;
        return;
    }
    cashier_say(order, "请选择分期期数");
}

static void cashier_take_code(struct unionpay *unionpay, struct unionpay_order *order,
                              const struct form *form)
{
    const char *code = form_get(form, "sms_code");
    if (code != NULL && strcmp(code, cashier_code(order)) == 0) {
        bool refunds = unionpay_order_timed_out(unionpay, order) &&
                       strcmp(unionpay->settings.late_pay, "refund") == 0;
        unionpay_order_pay(unionpay, order, order->card, order->instalments,
                           refunds ? "42" : unionpay->settings.pay_code, true);
        return;
    }
    cashier_decline(order, "71");
    if (++order->n_wrong_codes == CASHIER_CODES_MAX)
        order->step = UNIONPAY_STEP_CARD;
}

static void cashier_act(struct unionpay *unionpay, struct unionpay_order *order,
                        const struct form *form)
{
    const char *posted = form_get(form, "do");
    const char *act = posted != NULL ? posted : "";
    bool is_late = unionpay_order_timed_out(unionpay, order) &&
                   strcmp(unionpay->settings.late_pay, "refused") == 0;
    if (order->state != UNIONPAY_OPEN || is_late)
        return;
    if (strcmp(act, "cancel") == 0) {
        order->step = UNIONPAY_STEP_LEFT;
    } else if (strcmp(act, "decline") == 0) {
        unionpay_order_decline(order, "60");
        order->step = UNIONPAY_STEP_DECLINED;
    } else if (strcmp(act, "retry") == 0) {
        order->step = UNIONPAY_STEP_CARD;
    } else if (strcmp(act, "card") == 0) {
        cashier_take_card(order, form);
    } else if (strcmp(act, "terms") == 0 && order->step == UNIONPAY_STEP_TERMS) {
        cashier_take_terms(order, form);
    } else if (strcmp(act, "code") == 0 && order->step == UNIONPAY_STEP_CODE) {
        cashier_take_code(unionpay, order, form);
    } else if (strcmp(act, "resend") == 0 && order->step == UNIONPAY_STEP_CODE) {
        order->n_wrong_codes = 0;
        cashier_say(order, "验证码已重新发送");
    } else if (strcmp(act, "terms_again") == 0 && order->step == UNIONPAY_STEP_CODE &&
               cashier_by_instalments(order) && !cashier_terms_given(order)) {
        order->step = UNIONPAY_STEP_TERMS;
    }
}

void unionpay_cashier(struct unionpay *unionpay, const struct sandbox_request *request,
                      struct sandbox_response *ret)
{
    FORM_CLEANUP form = { 0 };
    bool is_post = strcmp(request->method, "POST") == 0;
    bool decoded = form_decode(&form, request->query, strlen(request->query)) &&
                   (!is_post || form_decode(&form, request->body, request->body_size));
    const char *token = form_get(&form, "token");
    struct unionpay_order *order =
        decoded && token != NULL ? index_find(&unionpay->orders_by_token, token) : NULL;
    if (order == NULL) {
        unionpay_cashier_error("34", "查无此交易[2600000]", ret);
        return;
    }
    if (is_post)
        cashier_act(unionpay, order, &form);
    else if (order->step == UNIONPAY_STEP_DECLINED || order->step == UNIONPAY_STEP_LEFT)
        order->step = UNIONPAY_STEP_CARD; /* he comes back */
    unionpay_cashier_show(unionpay, order, ret);
}
