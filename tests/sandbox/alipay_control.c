/* SPDX-License-Identifier: Apache-2.0 */
/* The control side: what a test or a demonstration does in place of the buyer and of bad luck. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

/* One request of the control side; a handler fills `answer`, or `refusal`. */
struct control_call {
    const char *rest; /* of the path, behind the route's */
    cJSON *wish;      /* the body; NULL where there is none */
    cJSON *answer;
    const char *refusal; /* why not: a sub_code or a text */
    unsigned status;
};

struct control_route {
    const char *method;
    const char *path; /* ending in '/': with a rest */
    void (*handle)(struct alipay *alipay, struct control_call *call);
};

static void control_refuse(struct control_call *call, unsigned status, const char *refusal)
{
    call->status = status;
    call->refusal = refusal;
}

static void control_health(struct alipay *alipay, struct control_call *call)
{
    char text[BEIJING_SIZE];
    cJSON_AddStringToObject(call->answer, "now", beijing_format(alipay->now_unix_ms, text));
}

static void control_trades(struct alipay *alipay, struct control_call *call)
{
    cJSON *list = cJSON_AddArrayToObject(call->answer, "trades");
    for (const struct alipay_page *page = alipay->pages; page != NULL; page = page->next) {
        if (page->number->pages == page)
            cJSON_AddItemToArray(list, alipay_trade_json(alipay, page->order.out_trade_no));
    }
}

static void control_trade(struct alipay *alipay, struct control_call *call)
{
    cJSON *trade = alipay_trade_json(alipay, call->rest);
    if (trade == NULL) {
        control_refuse(call, 404, "no page was asked for under this out_trade_no");
        return;
    }
    cJSON_Delete(call->answer);
    call->answer = trade;
}

static void control_pay(struct alipay *alipay, struct control_call *call,
                        struct alipay_trade *trade)
{
    const char *channel = alipay_biz_text(call->wish, "channel");
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(call->wish, "instalments");
    bool late = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(call->wish, "even_if_closed"));
    unsigned asked = (unsigned)strtoul(trade->order->hb_fq_num, NULL, 10);
    if (channel[0] == '\0')
        channel = asked > 0 || number != NULL ? ALIPAY_INSTALMENT : "balance";
    unsigned instalments = strcmp(channel, ALIPAY_INSTALMENT) == 0 ? asked : 0;
    if (cJSON_IsNumber(number))
        instalments = (unsigned)number->valueint;
    const char *refusal = alipay_buyer_pay(alipay, trade, channel, instalments, late);
    if (refusal != NULL)
        control_refuse(call, 409, refusal);
}

static void control_expire(struct alipay *alipay, struct control_call *call,
                           struct alipay_page *page, struct alipay_trade *trade)
{
    for (struct alipay_page *at = page->number->pages; at != NULL; at = at->older)
        at->order.expires_unix_ms = alipay->now_unix_ms;
    const char *refusal = trade != NULL ? alipay_trade_close(alipay, trade) : NULL;
    if (refusal != NULL)
        control_refuse(call, 409, refusal);
}

static void control_act(struct alipay *alipay, struct control_call *call, struct alipay_page *page,
                        const char *act)
{
    const char *refusal = NULL;
    struct alipay_trade *trade = alipay_trade_find(alipay, page->order.out_trade_no);
    if (strcmp(act, "expire") == 0) {
        control_expire(alipay, call, page, trade);
        return;
    }
    /* The buyer's and the platform's acts need a trade: the buyer opens the page first. */
    if (trade == NULL || strcmp(act, "open") == 0)
        refusal = alipay_buyer_open(alipay, page);
    trade = alipay_trade_find(alipay, page->order.out_trade_no);
    if (refusal != NULL || trade == NULL)
        control_refuse(call, 409, refusal);
    else if (strcmp(act, "pay") == 0)
        control_pay(alipay, call, trade);
    else if (strcmp(act, "decline") == 0)
        trade->n_declines++;
    else if (strcmp(act, "close") == 0 && (refusal = alipay_trade_close(alipay, trade)) != NULL)
        control_refuse(call, 409, refusal);
}

/* /trades/<out_trade_no>/<act> */
static void control_trade_act(struct alipay *alipay, struct control_call *call)
{
    static const char *const ACTS[] = { "open", "pay", "decline", "close", "expire" };
    char out_trade_no[ALIPAY_NO_MAX + 1] = "";
    const char *slash = strchr(call->rest, '/');
    bool known = false;
    if (slash != NULL && slash - call->rest <= ALIPAY_NO_MAX)
        memcpy(out_trade_no, call->rest, (size_t)(slash - call->rest));
    for (size_t i = 0; slash != NULL && i < sizeof(ACTS) / sizeof(ACTS[0]); i++)
        known = known || strcmp(ACTS[i], slash + 1) == 0;
    struct alipay_page *page = alipay_page_by_order(alipay, out_trade_no);
    if (!known || page == NULL) {
        control_refuse(call, 404,
                       known ? "no page was asked for under this out_trade_no"
                             : "the acts are open, pay, decline, close, expire");
        return;
    }
    control_act(alipay, call, page, slash + 1);
    if (call->refusal == NULL) {
        call->rest = page->order.out_trade_no;
        control_trade(alipay, call);
    }
}

static void control_console_refund(struct alipay *alipay, struct control_call *call)
{
    int64_t cents = 0;
    char number[32] = "console";
    struct alipay_refund *refund = NULL;
    struct alipay_trade *trade =
        alipay_trade_find(alipay, alipay_biz_text(call->wish, "out_trade_no"));
    if (trade == NULL) {
        control_refuse(call, 404, "ACQ.TRADE_NOT_EXIST");
        return;
    }
    if (!yuan_parse(alipay_biz_text(call->wish, "amount"), &cents) || cents < 1) {
        control_refuse(call, 400, "amount must be yuan, as in \"12.34\"");
        return;
    }
    alipay_digits(alipay, number + strlen(number), 20);
    const char *refusal =
        alipay_refund_add(alipay, trade, number, cents, "商家后台退款", true, &refund);
    if (refusal != NULL)
        control_refuse(call, 409, refusal);
    else
        cJSON_AddStringToObject(call->answer, "out_request_no", refund->out_request_no);
}

static void control_fault(struct alipay *alipay, struct control_call *call)
{
    if (!alipay_fault_add(alipay, call->wish))
        control_refuse(call, 400, "unknown kind of fault");
}

static void control_faults_clear(struct alipay *alipay, struct control_call *call)
{
    alipay_faults_clear(alipay);
    alipay_notify_release(alipay);
    cJSON_AddBoolToObject(call->answer, "cleared", true);
}

static void control_clock(struct alipay *alipay, struct control_call *call)
{
    const cJSON *by_ms = cJSON_GetObjectItemCaseSensitive(call->wish, "advance_ms");
    if (!cJSON_IsNumber(by_ms) || by_ms->valuedouble < 0 || by_ms->valuedouble > 1e14) {
        control_refuse(call, 400, "advance_ms must be a number of milliseconds");
        return;
    }
    alipay_age(alipay, (int64_t)by_ms->valuedouble);
}

static void control_app(struct alipay *alipay, struct control_call *call)
{
    alipay_app(alipay, call->wish, call->answer);
}

/* The buyer holds the phone before a code. */
static void control_scan(struct alipay *alipay, struct control_call *call)
{
    struct alipay_page *page = alipay_page_by_code(alipay, alipay_biz_text(call->wish, "qr_code"));
    const char *refusal = page != NULL ? alipay_buyer_open(alipay, page) : "no such code";
    if (refusal != NULL) {
        control_refuse(call, page != NULL ? 409 : 404, refusal);
        return;
    }
    call->rest = page->order.out_trade_no;
    control_trade(alipay, call);
}

static void control_log(struct alipay *alipay, struct control_call *call)
{
    cJSON_AddItemToObject(call->answer, "log", alipay_log_json(alipay));
}

static void control_notifications(struct alipay *alipay, struct control_call *call)
{
    cJSON *list = cJSON_AddArrayToObject(call->answer, "notifications");
    for (const struct alipay_notification *at = alipay->notifications; at != NULL; at = at->next)
        cJSON_AddItemToArray(list, alipay_notification_json(at));
}

static void control_resend(struct alipay *alipay, struct control_call *call)
{
    if (!alipay_notify_resend(alipay, call->rest))
        control_refuse(call, 404, "nothing was sent for this out_trade_no");
}

static void control_forge(struct alipay *alipay, struct control_call *call)
{
    const struct alipay_trade *trade =
        alipay_trade_find(alipay, alipay_biz_text(call->wish, "out_trade_no"));
    const char *url = alipay_biz_text(call->wish, "url");
    if (url[0] == '\0' && trade != NULL)
        url = trade->order->notify_url;
    if (url[0] == '\0') {
        control_refuse(call, 400, "url, or the out_trade_no of a trade with a notify_url");
        return;
    }
    alipay_notify_forged(alipay, trade, url, alipay_biz_text(call->wish, "key"),
                         cJSON_GetObjectItemCaseSensitive(call->wish, "fields"));
}

static void control_settings(struct alipay *alipay, struct control_call *call)
{
    const char *refusal = alipay_settings_apply(alipay, call->wish);
    if (refusal != NULL) {
        control_refuse(call, 400, refusal);
        return;
    }
    cJSON_Delete(call->answer);
    call->answer = alipay_settings_json(&alipay->settings);
}

static const struct control_route ROUTES[] = {
    { "GET", "/health", control_health },
    { "GET", "/trades", control_trades },
    { "GET", "/trades/", control_trade },
    { "POST", "/trades/", control_trade_act },
    { "POST", "/refunds/console", control_console_refund },
    { "POST", "/faults", control_fault },
    { "DELETE", "/faults", control_faults_clear },
    { "POST", "/clock", control_clock },
    { "POST", "/app", control_app },
    { "POST", "/scan", control_scan },
    { "GET", "/log", control_log },
    { "GET", "/notifications", control_notifications },
    { "POST", "/notify/resend/", control_resend },
    { "POST", "/notify/forge", control_forge },
    { "GET", "/settings", control_settings },
    { "POST", "/settings", control_settings },
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

void alipay_control(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                    struct sandbox_response *ret)
{
    struct alipay *alipay = model;
    struct control_call call = { .status = 200, .answer = cJSON_CreateObject() };
    const struct control_route *route = control_find(request, &call.rest);
    alipay_advance(alipay, now_unix_ms);
    if (request->body_size > 0)
        call.wish = cJSON_ParseWithLength(request->body, request->body_size);
    if (route == NULL)
        control_refuse(&call, 404, "no such route");
    else if (request->body_size > 0 && !cJSON_IsObject(call.wish))
        control_refuse(&call, 400, "the body must be a JSON object");
    else
        route->handle(alipay, &call);
    if (call.status != 200)
        cJSON_AddStringToObject(call.answer, "error",
                                call.refusal != NULL ? call.refusal : "impossible");
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
