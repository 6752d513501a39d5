/* SPDX-License-Identifier: Apache-2.0 */
/* The Alipay model of tests/sandbox as a platform of a history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"
#include "tests/sim/platform.h"
#include "tests/sim/shop.h"

#define LATE_MAX 64

struct sim_alipay {
    struct sim_platform platform;
    struct alipay *model;
    char late[LATE_MAX][SIM_NUMBER_SIZE]; /* paid after they were closed */
    size_t n_late;
};

static struct alipay *alipay_of(const struct sim_platform *platform)
{
    return ((const struct sim_alipay *)platform)->model;
}

static void alipay_platform_free(struct sim_platform *platform)
{
    alipay_free(alipay_of(platform));
    free(platform);
}

static const char *const alipay_lies[SIM_LIES] = {
    [SIM_LIE_BAD_SIGNATURE] = "bad_signature",
    [SIM_LIE_WRONG_KEY] = "wrong_key",
    [SIM_LIE_UNSIGNED] = "unsigned",
    [SIM_LIE_SYSTEM_ERROR] = "system_error",
    [SIM_LIE_ERROR_AFTER] = "system_error_after",
    [SIM_LIE_LIMITED] = "call_limited",
    [SIM_LIE_AMOUNT] = "lie_amount",
};

static bool alipay_can_lie(enum sim_lie lie)
{
    return alipay_lies[lie] != NULL;
}

static void alipay_lie(struct sim_platform *platform, enum sim_lie lie)
{
    cJSON *wish = cJSON_CreateObject();
    cJSON_AddStringToObject(wish, "method", "*");
    cJSON_AddStringToObject(wish, "kind", alipay_lies[lie]);
    cJSON_AddNumberToObject(wish, "count", 1);
    if (!alipay_fault_add(alipay_of(platform), wish))
        abort();
    cJSON_Delete(wish);
}

/* ---- buyers ---- */

static bool alipay_take_number(const struct alipay_page *page, char ret[SIM_NUMBER_SIZE])
{
    if (page == NULL)
        return false;
    (void)snprintf(ret, SIM_NUMBER_SIZE, "%s", page->order.out_trade_no);
    return true;
}

/* The browser follows a link to the gateway, or posts a form to it, which shows the way to the
 * cashier. */
static bool alipay_follow(struct sim_platform *platform, const char *url, char ret[SIM_NUMBER_SIZE])
{
    static const char cashier[] = "/cashier?token=";
    struct sandbox_response response = { 0 };
    STRING_CLEANUP query = text_copy(strchr(url, '?') != NULL ? strchr(url, '?') + 1 : "");
    char *body = strchr(query, '?');
    struct sandbox_request request = { .method = body != NULL ? "POST" : "GET",
                                       .path = "/gateway.do",
                                       .query = query,
                                       .content_type = "application/x-www-form-urlencoded",
                                       .body = body != NULL ? body + 1 : "",
                                       .body_size = body != NULL ? strlen(body + 1) : 0 };
    if (body != NULL)
        *body = '\0';
    platform->sandbox.serve(platform->sandbox.model, &request, sim_platform_now_ms(platform),
                            &response);
    const char *location = response.location != NULL ? response.location : "";
    bool is_found =
        strncmp(location, cashier, sizeof(cashier) - 1) == 0 &&
        alipay_take_number(
            alipay_page_by_token(alipay_of(platform), location + sizeof(cashier) - 1), ret);
    sandbox_response_free(&response);
    return is_found;
}

/* The phone gets the signed order, or shows who it is. */
static bool alipay_hand_to_app(struct sim_platform *platform, const char *order,
                               char ret[SIM_NUMBER_SIZE])
{
    cJSON *wish = cJSON_CreateObject();
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(wish, "order_string", order);
    cJSON_AddStringToObject(wish, "act", "open");
    alipay_advance(alipay_of(platform), sim_platform_now_ms(platform));
    alipay_app(alipay_of(platform), wish, answer);
    const char *number = alipay_biz_text(answer, "out_trade_no");
    bool is_found = number[0] != '\0';
    (void)snprintf(ret, SIM_NUMBER_SIZE, "%s", number);
    cJSON_Delete(wish);
    cJSON_Delete(answer);
    return is_found;
}

static bool alipay_open(struct sim_platform *platform, const char *what, char ret[SIM_NUMBER_SIZE])
{
    if (strncmp(what, "https://", 8) != 0)
        return alipay_hand_to_app(platform, what, ret);
    if (strstr(what, "/gateway.do?") != NULL)
        return alipay_follow(platform, what, ret);
    return alipay_take_number(alipay_page_by_code(alipay_of(platform), what), ret);
}

static struct alipay_trade *alipay_trade_now(const struct sim_platform *platform,
                                             const char *number)
{
    struct alipay *alipay = alipay_of(platform);
    alipay_advance(alipay, sim_platform_now_ms(platform));
    return alipay_trade_find(alipay, number);
}

static const char *alipay_login(struct sim_platform *platform, const char *number)
{
    struct alipay *alipay = alipay_of(platform);
    alipay_advance(alipay, sim_platform_now_ms(platform));
    struct alipay_page *page = alipay_page_by_order(alipay, number);
    return page != NULL ? alipay_buyer_open(alipay, page) : "no such page";
}

static void alipay_change_amount(struct alipay_trade *trade, int64_t by_cents)
{
    for (struct alipay_page *page = trade->number->pages; page != NULL; page = page->older)
        page->order.total_cents += by_cents;
}

static const char *alipay_pay(struct sim_platform *platform, const char *number, struct sim_pay how)
{
    struct sim_alipay *self = (struct sim_alipay *)platform;
    struct alipay_trade *trade = alipay_trade_now(platform, number);
    if (trade == NULL)
        return "no such trade";
    unsigned instalments = (unsigned)strtoul(trade->order->hb_fq_num, NULL, 10);
    bool was_closed = trade->state == ALIPAY_TRADE_CLOSED;
    if (how.other_terms)
        instalments = instalments == 3 ? 6 : 3;
    if (was_closed && self->n_late == LATE_MAX)
        return "late often enough";
    if (how.other_amount)
        alipay_change_amount(trade, -101);
    const char *refusal =
        alipay_buyer_pay(self->model, trade, ALIPAY_INSTALMENT, instalments, how.is_late);
    if (refusal != NULL && how.other_amount)
        alipay_change_amount(trade, 101);
    if (refusal == NULL && was_closed)
        (void)snprintf(self->late[self->n_late++], SIM_NUMBER_SIZE, "%s", number);
    return refusal;
}

static void alipay_decline(struct sim_platform *platform, const char *number)
{
    struct alipay_trade *trade = alipay_trade_now(platform, number);
    if (trade != NULL)
        trade->n_declines++;
}

static char *alipay_way_back(struct sim_platform *platform, const char *number, char **ret_body)
{
    const struct alipay_trade *trade = alipay_trade_now(platform, number);
    *ret_body = NULL;
    if (trade == NULL || trade->paid_unix_ms == 0)
        return text_copy("");
    return alipay_return_link(alipay_of(platform), trade, trade->page);
}

static void alipay_refund_by_hand(struct sim_platform *platform, const char *number, int64_t minor)
{
    char request_no[32] = "console";
    struct alipay_refund *refund = NULL;
    struct alipay_trade *trade = alipay_trade_now(platform, number);
    if (trade == NULL)
        return;
    alipay_digits(alipay_of(platform), request_no + strlen(request_no), 20);
    (void)alipay_refund_add(alipay_of(platform), trade, request_no, minor, "by hand", true,
                            &refund);
}

static void alipay_forge(struct sim_platform *platform, const char *number, bool is_signed)
{
    const struct alipay_trade *trade = alipay_trade_now(platform, number);
    cJSON *fields = cJSON_CreateObject();
    cJSON_AddStringToObject(fields, "trade_status", "TRADE_SUCCESS");
    if (trade != NULL)
        alipay_notify_forged(alipay_of(platform), trade, trade->order->notify_url,
                             is_signed ? "foreign" : "none", fields);
    cJSON_Delete(fields);
}

static const char *alipay_told_paid(const char *notification)
{
    static const char field[] = "out_trade_no=";
    const char *at = strstr(notification, field);
    bool is_paid = strstr(notification, "TRADE_SUCCESS") != NULL;
    return at != NULL && is_paid ? at + sizeof(field) - 1 : NULL;
}

/* ---- truth ---- */

static const struct alipay_trade *alipay_charged_trade(const struct sim_platform *platform,
                                                       size_t i)
{
    const struct alipay_trade *trade = alipay_of(platform)->trades;
    for (; trade != NULL; trade = trade->next) {
        if (trade->paid_unix_ms != 0 && i-- == 0)
            return trade;
    }
    return NULL;
}

static size_t alipay_n_charged(const struct sim_platform *platform)
{
    size_t n = 0;
    const struct alipay_trade *trade = alipay_of(platform)->trades;
    for (; trade != NULL; trade = trade->next)
        n += trade->paid_unix_ms != 0;
    return n;
}

static const char *alipay_charged(const struct sim_platform *platform, size_t i)
{
    return alipay_charged_trade(platform, i)->order->out_trade_no;
}

static bool alipay_knows_payer(const struct alipay_trade *trade)
{
    for (const struct alipay_page *page = trade->number->pages; page != NULL; page = page->older) {
        const cJSON *payer = cJSON_GetObjectItemCaseSensitive(page->biz, "ext_user_info");
        if (payer != NULL && strcmp(alipay_biz_text(payer, "name"), SIM_PAYER_NAME) == 0 &&
            strcmp(alipay_biz_text(payer, "cert_no"), SIM_PAYER_DOCUMENT) == 0 &&
            strcmp(alipay_biz_text(payer, "need_check_info"), "T") == 0)
            return true;
    }
    return false;
}

static void alipay_truth(const struct sim_platform *platform, const char *number,
                         struct sim_truth *ret)
{
    const struct sim_alipay *self = (const struct sim_alipay *)platform;
    const struct alipay_trade *trade = alipay_trade_find(self->model, number);
    *ret = (struct sim_truth){ 0 };
    if (trade == NULL)
        return;
    ret->is_paid = trade->paid_unix_ms != 0;
    ret->paid_ms = trade->paid_unix_ms;
    ret->amount_minor = trade->order->total_cents;
    ret->instalments = trade->instalments;
    ret->knows_payer = alipay_knows_payer(trade);
    ret->refunded_minor = alipay_refunds_sum(trade, true);
    ret->taken_minor = alipay_refunds_sum(trade, false);
    for (size_t i = 0; i < self->n_late; i++)
        ret->is_late = ret->is_late || strcmp(self->late[i], number) == 0;
}

static bool alipay_refund_truth(const struct sim_platform *platform, const char *number, size_t i,
                                struct sim_refund_truth *ret)
{
    const struct alipay_trade *trade = alipay_trade_find(alipay_of(platform), number);
    const struct alipay_refund *refund = trade != NULL ? trade->refunds : NULL;
    while (refund != NULL && i-- > 0)
        refund = refund->next;
    if (refund == NULL)
        return false;
    *ret = (struct sim_refund_truth){ refund->out_request_no, refund->cents,
                                      refund->settled_unix_ms, refund->from_console };
    return true;
}

static const struct sim_platform_calls alipay_calls = {
    .channel = "huabei",
    .free = alipay_platform_free,
    .can_lie = alipay_can_lie,
    .lie = alipay_lie,
    .open = alipay_open,
    .login = alipay_login,
    .pay = alipay_pay,
    .decline = alipay_decline,
    .way_back = alipay_way_back,
    .refund_by_hand = alipay_refund_by_hand,
    .forge = alipay_forge,
    .told_paid = alipay_told_paid,
    .n_charged = alipay_n_charged,
    .charged = alipay_charged,
    .truth = alipay_truth,
    .refund = alipay_refund_truth,
};

struct sim_platform *sim_alipay_new(struct sim *sim, const struct sim_keys *keys)
{
    char seed[32];
    struct sim_alipay *self = text_alloc(sizeof(*self));
    (void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)sim->seed);
    const struct alipay_config config = {
        .app_id = "2021000122671080",
        .seller_id = "2088721003899159",
        .seed = seed,
        .app_public = keys->keys[SIM_KEY_APP],
        .alipay_private = keys->keys[SIM_KEY_PLATFORM],
        .foreign_private = keys->keys[SIM_KEY_FOREIGN],
        .time_scale = 1,
    };
    self->model = alipay_new(&config);
    self->model->settings.notify_closed = sim_draw(sim) % 2 == 0;
    self->model->settings.hb_fq_pay_info = sim_draw(sim) % 4 != 0;
    if (sim_hit(sim, SIM_PLATFORM_REFUNDS_SLOWLY))
        self->model->settings.refund_pending_ms = sim_between(sim, 1000, 7200000);
    if (sim_hit(sim, SIM_PLATFORM_SKEW))
        self->platform.skew_ms = sim_between(sim, -60000, 60000);
    self->platform.calls = &alipay_calls;
    self->platform.sandbox = alipay_platform(self->model);
    self->platform.sim = sim;
    return &self->platform;
}
