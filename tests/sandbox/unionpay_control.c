/* SPDX-License-Identifier: Apache-2.0 */
/* The control side: what a test or a demonstration does in place of the buyer and of bad luck. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"
#include "tests/sandbox/units.h"

/* One request of the control side; a handler fills `answer`, or `refusal`. */
struct control_call {
    const char *rest; /* of the path, behind the route's */
    cJSON *wish;      /* the body; NULL where there is none */
    cJSON *answer;
    const char *refusal;
    unsigned status;
};

struct control_route {
    const char *method;
    const char *path; /* ending in '/': with a rest */
    void (*handle)(struct unionpay *unionpay, struct control_call *call);
};

static void control_refuse(struct control_call *call, unsigned status, const char *refusal)
{
    call->status = status;
    call->refusal = refusal;
}

static void control_replace(struct control_call *call, cJSON *answer)
{
    cJSON_Delete(call->answer);
    call->answer = answer;
}

/* ---- looking -------------------------------------------------------------------------------- */

static void control_health(struct unionpay *unionpay, struct control_call *call)
{
    char text[BEIJING_SIZE];
    char date[5];
    unionpay_settle_date(unionpay_settle_day(unionpay, unionpay->now_unix_ms), date);
    cJSON_AddStringToObject(call->answer, "now", beijing_format(unionpay->now_unix_ms, text));
    cJSON_AddStringToObject(call->answer, "settle_date", date);
}

static void control_certificates(struct unionpay *unionpay, struct control_call *call)
{
    TEXT_CLEANUP roots = { 0 };
    text_printf(&roots, "%s%s", unionpay->config.chain->root.pem,
                unionpay->config.chain->middle.pem);
    cJSON_AddStringToObject(call->answer, "roots", roots.bytes);
    cJSON_AddStringToObject(call->answer, "leaf", unionpay->leaf.pem);
    cJSON_AddStringToObject(call->answer, "leaf_cert_id", unionpay->leaf.serial);
    cJSON_AddStringToObject(call->answer, "encryption", unionpay->encryption[0].pem);
    cJSON_AddStringToObject(call->answer, "encryption_cert_id", unionpay->encryption[0].serial);
}

static void control_orders(struct unionpay *unionpay, struct control_call *call)
{
    cJSON *list = cJSON_AddArrayToObject(call->answer, "orders");
    for (const struct unionpay_order *order = unionpay->orders; order != NULL; order = order->next)
        cJSON_AddItemToArray(list, unionpay_order_json(unionpay, order));
}

static void control_order(struct unionpay *unionpay, struct control_call *call)
{
    const struct unionpay_order *order = unionpay_order_newest(unionpay, call->rest);
    if (order == NULL)
        control_refuse(call, 404, "nothing arrived under this orderId");
    else
        control_replace(call, unionpay_order_json(unionpay, order));
}

static void control_notifications(struct unionpay *unionpay, struct control_call *call)
{
    cJSON *list = cJSON_AddArrayToObject(call->answer, "notifications");
    for (const struct unionpay_notification *at = unionpay->notifications; at != NULL;
         at = at->next)
        cJSON_AddItemToArray(list, unionpay_notification_json(at));
}

static void control_log(struct unionpay *unionpay, struct control_call *call)
{
    cJSON_AddItemToObject(call->answer, "log", unionpay_log_json(unionpay));
}

/* ---- the buyer, the bank, time -------------------------------------------------------------- */

/* Two characters, or the default. NULL after a refusal. */
static const char *control_code(struct control_call *call, const char *otherwise)
{
    const char *code = unionpay_wish(call->wish, "code");
    if (code[0] == '\0')
        return otherwise;
    if (strlen(code) == 2)
        return code;
    control_refuse(call, 400, "code must have two characters");
    return NULL;
}

static void control_pay(struct unionpay *unionpay, struct control_call *call,
                        struct unionpay_order *order)
{
    const cJSON *terms = cJSON_GetObjectItemCaseSensitive(call->wish, "instalments");
    const char *number = unionpay_wish(call->wish, "card");
    bool late = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(call->wish, "even_if_late"));
    const char *code = control_code(call, unionpay->settings.pay_code);
    const struct unionpay_card *card =
        number[0] != '\0' ? unionpay_card_find(number) : unionpay_card_default();
    bool by_instalments = strcmp(unionpay_order_get(order, "txnSubType"), "03") == 0;
    unsigned instalments = !by_instalments ? 0 : order->instalments > 0 ? order->instalments : 12;
    if (cJSON_IsNumber(terms))
        instalments = (unsigned)terms->valueint;
    if (card == NULL)
        control_refuse(call, 400, "no such test card");
    if (code == NULL || card == NULL)
        return;
    const char *refusal = unionpay_order_pay(unionpay, order, card, instalments, code, late);
    if (refusal != NULL)
        control_refuse(call, 409, refusal);
}

/* A refund that the merchant makes in the portal, or the platform of its own accord: no message
 * tells of it, the file does. */
static void control_console_refund(struct unionpay *unionpay, struct control_call *call)
{
    const cJSON *amount = cJSON_GetObjectItemCaseSensitive(call->wish, "amount_fen");
    struct unionpay_order *order =
        unionpay_order_newest(unionpay, unionpay_wish(call->wish, "order_id"));
    if (order == NULL || !order->charged || !unionpay_order_is_consume(order)) {
        control_refuse(call, 404, "nothing was charged under this order_id");
        return;
    }
    int64_t left_fen = order->amount_fen - unionpay_order_taken_fen(order, false);
    int64_t amount_fen = cJSON_IsNumber(amount) ? (int64_t)amount->valuedouble : left_fen;
    if (amount_fen < 1 || amount_fen > left_fen) {
        control_refuse(call, 409, "amount_fen exceeds what is left");
        return;
    }
    struct unionpay_order *back = unionpay_order_give_back(unionpay, order, amount_fen, 0);
    unionpay_order_settle(unionpay, back, "00");
    cJSON_AddStringToObject(call->answer, "order_id", back->order_id);
}

static void control_settle(struct unionpay *unionpay, struct control_call *call,
                           struct unionpay_order *order)
{
    const char *code = control_code(call, "00");
    if (order->state != UNIONPAY_PROCESSING)
        control_refuse(call, 409, "the transaction is not being processed");
    else if (code != NULL)
        unionpay_order_settle(unionpay, order, code);
}

static void control_act(struct unionpay *unionpay, struct control_call *call,
                        struct unionpay_order *order, const char *act)
{
    if (strcmp(act, "pay") == 0) {
        control_pay(unionpay, call, order);
    } else if (strcmp(act, "settle") == 0) {
        control_settle(unionpay, call, order);
    } else if (strcmp(act, "decline") == 0) {
        const char *code = control_code(call, "60");
        if (code != NULL)
            unionpay_order_decline(order, code);
    } else if (strcmp(act, "expire") == 0) {
        order->times_out_unix_ms = unionpay->now_unix_ms;
    } else {
        control_refuse(call, 404, "the acts are pay, settle, decline, expire");
    }
}

/* /orders/<orderId>/<act> */
static void control_order_act(struct unionpay *unionpay, struct control_call *call)
{
    STRING_CLEANUP order_id = text_copy(call->rest);
    char *slash = strchr(order_id, '/');
    if (slash != NULL)
        *slash = '\0';
    struct unionpay_order *order = unionpay_order_newest(unionpay, order_id);
    if (order == NULL || slash == NULL) {
        control_refuse(call, 404, "nothing arrived under this orderId");
        return;
    }
    control_act(unionpay, call, order, slash + 1);
    if (call->refusal == NULL)
        control_replace(call, unionpay_order_json(unionpay, order));
}

/* The signed form that the buyer's browser would carry back, without the page around it. */
static void control_return(struct unionpay *unionpay, struct control_call *call)
{
    FORM_CLEANUP form = { 0 };
    const struct unionpay_order *order = unionpay_order_newest(unionpay, call->rest);
    if (order == NULL || order->card == NULL) {
        control_refuse(call, 404, "nobody tried to pay under this orderId");
        return;
    }
    unionpay_order_notice(unionpay, order, &form);
    unionpay_seal(unionpay, unionpay_fault_take(unionpay, "return", order->order_id, NULL), false,
                  &form);
    cJSON_AddStringToObject(call->answer, "url", unionpay_order_get(order, "frontUrl"));
    cJSON *fields = cJSON_AddArrayToObject(call->answer, "fields");
    for (size_t i = 0; i < form.n_fields; i++) {
        cJSON *pair = cJSON_CreateArray();
        cJSON_AddItemToArray(pair, cJSON_CreateString(form.fields[i].name));
        cJSON_AddItemToArray(pair, cJSON_CreateString(form.fields[i].value));
        cJSON_AddItemToArray(fields, pair);
    }
}

static void control_clock(struct unionpay *unionpay, struct control_call *call)
{
    const cJSON *by_ms = cJSON_GetObjectItemCaseSensitive(call->wish, "advance_ms");
    if (!cJSON_IsNumber(by_ms) || by_ms->valuedouble < 0 || by_ms->valuedouble > 1e14) {
        control_refuse(call, 400, "advance_ms must be a number of milliseconds");
        return;
    }
    int64_t caller_unix_ms = unionpay->now_unix_ms - unionpay->ahead_ms;
    unionpay->ahead_ms += (int64_t)by_ms->valuedouble;
    unionpay_advance(unionpay, caller_unix_ms);
    control_health(unionpay, call);
}

/* ---- merchants, certificates, faults, settings ---------------------------------------------- */

static void control_merchant(struct unionpay *unionpay, struct control_call *call)
{
    const char *mer_id = unionpay_wish(call->wish, "mer_id");
    bool encrypts = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(call->wish, "encrypts"));
    if (strlen(mer_id) != 15 ||
        !unionpay_add_merchant(unionpay, mer_id, unionpay_wish(call->wish, "certificate"),
                               encrypts)) {
        control_refuse(call, 400, "mer_id must have 15 characters, certificate must be PEM");
        return;
    }
    cJSON_AddStringToObject(call->answer, "cert_id",
                            unionpay_merchant_find(unionpay, mer_id)->cert_id);
}

static void control_rotate(struct unionpay *unionpay, struct control_call *call)
{
    const char *what = unionpay_wish(call->wish, "what");
    if (strcmp(what, "leaf") == 0)
        unionpay_rotate_leaf(unionpay);
    else if (strcmp(what, "encryption") == 0)
        unionpay_rotate_encryption(unionpay);
    else
        control_refuse(call, 400, "what must be leaf or encryption");
    control_certificates(unionpay, call);
}

static void control_resend(struct unionpay *unionpay, struct control_call *call)
{
    if (!unionpay_notify_resend(unionpay, call->rest))
        control_refuse(call, 404, "nothing was sent for this orderId");
}

static void control_forge(struct unionpay *unionpay, struct control_call *call)
{
    const struct unionpay_order *order =
        unionpay_order_newest(unionpay, unionpay_wish(call->wish, "order_id"));
    const char *url = unionpay_wish(call->wish, "url");
    if (url[0] == '\0' && order != NULL)
        url = unionpay_order_get(order, "backUrl");
    if (url[0] == '\0') {
        control_refuse(call, 400, "url, or the order_id of an order");
        return;
    }
    unionpay_notify_forged(unionpay, order, url, unionpay_wish(call->wish, "signer"),
                           cJSON_GetObjectItemCaseSensitive(call->wish, "fields"));
}

static void control_fault(struct unionpay *unionpay, struct control_call *call)
{
    if (!unionpay_fault_add(unionpay, call->wish))
        control_refuse(call, 400, "unknown kind of fault");
}

static void control_faults_clear(struct unionpay *unionpay, struct control_call *call)
{
    unionpay_faults_clear(unionpay);
    cJSON_AddBoolToObject(call->answer, "cleared", true);
}

static void control_settings(struct unionpay *unionpay, struct control_call *call)
{
    const char *refusal = unionpay_settings_apply(unionpay, call->wish);
    if (refusal != NULL)
        control_refuse(call, 400, refusal);
    else
        control_replace(call, unionpay_settings_json(&unionpay->settings));
}

static const struct control_route ROUTES[] = {
    { "GET", "/unionpay/health", control_health },
    { "GET", "/unionpay/certificates", control_certificates },
    { "POST", "/unionpay/rotate", control_rotate },
    { "POST", "/unionpay/merchants", control_merchant },
    { "GET", "/unionpay/orders", control_orders },
    { "GET", "/unionpay/orders/", control_order },
    { "POST", "/unionpay/orders/", control_order_act },
    { "GET", "/unionpay/return/", control_return },
    { "POST", "/unionpay/refunds/console", control_console_refund },
    { "POST", "/unionpay/clock", control_clock },
    { "POST", "/unionpay/faults", control_fault },
    { "DELETE", "/unionpay/faults", control_faults_clear },
    { "GET", "/unionpay/log", control_log },
    { "GET", "/unionpay/notifications", control_notifications },
    { "POST", "/unionpay/notify/resend/", control_resend },
    { "POST", "/unionpay/notify/forge", control_forge },
    { "GET", "/unionpay/settings", control_settings },
    { "POST", "/unionpay/settings", control_settings },
};

static const struct control_route *control_find(const struct sandbox_request *request,
                                                const char **ret_rest)
{
    for (size_t i = 0; i < sizeof(ROUTES) / sizeof(ROUTES[0]); i++) {
        size_t size = strlen(ROUTES[i].path);
        bool has_rest = ROUTES[i].path[size - 1] == '/';
        if (strcmp(ROUTES[i].method, request->method) != 0 ||
            strncmp(ROUTES[i].path, request->path, size) != 0 ||
            (!has_rest && request->path[size] != '\0'))
            continue;
        *ret_rest = request->path + size;
        return &ROUTES[i];
    }
    return NULL;
}

void unionpay_control(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                      struct sandbox_response *ret)
{
    struct unionpay *unionpay = model;
    struct control_call call = { .status = 200, .answer = cJSON_CreateObject() };
    const struct control_route *route = control_find(request, &call.rest);
    unionpay_advance(unionpay, now_unix_ms);
    if (request->body_size > 0)
        call.wish = cJSON_ParseWithLength(request->body, request->body_size);
    if (route == NULL)
        control_refuse(&call, 404, "no such route");
    else if (request->body_size > 0 && !cJSON_IsObject(call.wish))
        control_refuse(&call, 400, "the body must be a JSON object");
    else
        route->handle(unionpay, &call);
    if (call.status != 200)
        cJSON_AddStringToObject(call.answer, "error", call.refusal);
    char *printed = cJSON_PrintUnformatted(call.answer);
    TEXT_CLEANUP body = { 0 };
    text_printf(&body, "%s\n", printed);
    cJSON_free(printed);
    cJSON_Delete(call.answer);
    cJSON_Delete(call.wish);
    ret->status = call.status;
    ret->content_type = "application/json; charset=utf-8";
    ret->body_size = body.size;
    ret->body = text_take(&body);
}
