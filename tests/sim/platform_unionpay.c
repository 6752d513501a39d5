/* SPDX-License-Identifier: Apache-2.0 */
/* The UnionPay model of tests/sandbox as a platform of a history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"
#include "tests/sim/certificates.h"
#include "tests/sim/platform.h"
#include "tests/sim/renewal.h"
#include "tests/sim/shop.h"

#define FRONT_PATH "/gateway/api/frontTransReq.do"

struct sim_unionpay {
    struct sim_platform platform;
    struct unionpay *model;
};

static struct unionpay *unionpay_of(const struct sim_platform *platform)
{
    return ((const struct sim_unionpay *)platform)->model;
}

static void unionpay_platform_free(struct sim_platform *platform)
{
    unionpay_free(unionpay_of(platform));
    free(platform);
}

/* ---- lies ---- */

void sim_unionpay_lie(struct unionpay *model, const char *kind, const char *field,
                      const char *value)
{
    cJSON *wish = cJSON_CreateObject();
    cJSON_AddStringToObject(wish, "method", "*");
    cJSON_AddStringToObject(wish, "kind", kind);
    cJSON_AddStringToObject(wish, "field", field);
    cJSON_AddStringToObject(wish, "value", value);
    cJSON_AddNumberToObject(wish, "count", 1);
    if (!unionpay_fault_add(model, wish))
        abort();
    cJSON_Delete(wish);
}

/* Only such as a careful merchant can see through or wait out: 06 and 03 are "not now" and "nobody
 * knows", and what they say of what was carried out is no lie. */
static const struct {
    const char *kind, *value;
} unionpay_lies[SIM_LIES] = {
    [SIM_LIE_BAD_SIGNATURE] = { "bad_signature", "" },
    [SIM_LIE_WRONG_KEY] = { "wrong_cn", "" },
    [SIM_LIE_UNSIGNED] = { "unsigned", "" },
    [SIM_LIE_SYSTEM_ERROR] = { "refuse", "06" },
    [SIM_LIE_ERROR_AFTER] = { "answer", "03" },
    [SIM_LIE_LIMITED] = { "refuse", "37" },
    [SIM_LIE_AMOUNT] = { "lie", "" },
    [SIM_LIE_DOWNGRADED] = { "downgrade_version", "" },
    [SIM_LIE_FIELD_TWICE] = { "duplicate_key", "" },
    [SIM_LIE_EXPIRED_LEAF] = { "expired_leaf", "" },
    [SIM_LIE_SELF_MADE] = { "self_made", "" },
    [SIM_LIE_TAMPERED] = { "tamper", "" },
    [SIM_LIE_OPEN_BRACE] = { "open_brace", "" },
    [SIM_LIE_LINE_ENDS] = { "line_ends", "" },
};

static void unionpay_serve(struct sim_platform *platform, const struct sandbox_request *request,
                           struct sandbox_response *ret)
{
    bool is_about_key = sim_renewal_is_asked(platform->sim, request);
    if (is_about_key)
        sim_renewal_lie(platform->sim);
    platform->sandbox.serve(platform->sandbox.model, request, sim_platform_now_ms(platform), ret);
    if (is_about_key)
        sim_renewal_spoil(platform->sim, ret);
}

static bool unionpay_can_lie(enum sim_lie lie)
{
    return unionpay_lies[lie].kind != NULL;
}

static void unionpay_lie(struct sim_platform *platform, enum sim_lie lie)
{
    sim_unionpay_lie(unionpay_of(platform), unionpay_lies[lie].kind, "", unionpay_lies[lie].value);
}

/* ---- buyers ---- */

static struct unionpay_order *unionpay_order_now(const struct sim_platform *platform,
                                                 const char *number)
{
    struct unionpay *unionpay = unionpay_of(platform);
    unionpay_advance(unionpay, sim_platform_now_ms(platform));
    struct unionpay_order *order = unionpay_order_newest(unionpay, number);
    return order != NULL && unionpay_order_is_consume(order) ? order : NULL;
}

/* The browser posts the form; the page that comes leads on if it belongs to the order. */
static bool unionpay_open(struct sim_platform *platform, const char *what,
                          char ret[SIM_NUMBER_SIZE])
{
    FORM_CLEANUP form = { 0 };
    struct sandbox_response response = { 0 };
    const char *body = strchr(what, '?');
    if (body == NULL || strstr(what, FRONT_PATH "?") == NULL ||
        !form_decode(&form, body + 1, strlen(body + 1)))
        return false;
    struct sandbox_request request = { .method = "POST",
                                       .path = FRONT_PATH,
                                       .query = "",
                                       .content_type = "application/x-www-form-urlencoded",
                                       .body = body + 1,
                                       .body_size = strlen(body + 1) };
    platform->sandbox.serve(platform->sandbox.model, &request, sim_platform_now_ms(platform),
                            &response);
    sim_claim_form(platform->sim, &form);
    const char *number = form_get(&form, "orderId");
    const struct unionpay_order *order =
        number != NULL ? unionpay_order_now(platform, number) : NULL;
    bool is_open = order != NULL && strstr(response.body, order->token) != NULL;
    if (is_open)
        (void)snprintf(ret, SIM_NUMBER_SIZE, "%s", number);
    sandbox_response_free(&response);
    return is_open;
}

static const char *unionpay_login(struct sim_platform *platform, const char *number)
{
    return unionpay_order_now(platform, number) != NULL ? NULL : "no such order";
}

/* The platform takes less, and says so with its signature. */
static void unionpay_change_amount(struct unionpay_order *order, int64_t by_fen)
{
    char fen[24];
    order->amount_fen += by_fen;
    (void)snprintf(fen, sizeof(fen), "%lld", (long long)order->amount_fen);
    form_set(&order->request, "txnAmt", fen);
}

static const char *unionpay_pay_code(struct sim *sim, const struct unionpay *unionpay, bool is_late)
{
    if (is_late && sim_hit(sim, SIM_CARD_GIVES_BACK))
        return "42";
    if (sim_hit(sim, SIM_CARD_DEBITED))
        return "74";
    return unionpay->settings.pay_code;
}

static const char *unionpay_pay(struct sim_platform *platform, const char *number,
                                struct sim_pay how)
{
    struct unionpay *unionpay = unionpay_of(platform);
    struct unionpay_order *order = unionpay_order_now(platform, number);
    unsigned instalments = how.instalments;
    if (order == NULL)
        return "no such order";
    if (order->state != UNIONPAY_OPEN)
        return "it does not wait for its payer";
    if (!how.is_late && unionpay_order_timed_out(unionpay, order))
        return "payTimeout has passed";
    if (how.other_terms)
        instalments = instalments == 3 ? 6 : 3;
    if (how.other_amount)
        unionpay_change_amount(order, -101);
    const char *code = unionpay_pay_code(platform->sim, unionpay, how.is_late);
    return unionpay_order_pay(unionpay, order, unionpay_card_default(), instalments, code,
                              how.is_late);
}

static void unionpay_decline(struct sim_platform *platform, const char *number)
{
    struct unionpay_order *order = unionpay_order_now(platform, number);
    if (order != NULL && order->state == UNIONPAY_OPEN)
        unionpay_order_decline(order, "60");
}

/* Without a payment there is only the address. */
static char *unionpay_way_back(struct sim_platform *platform, const char *number, char **ret_body)
{
    FORM_CLEANUP form = { 0 };
    struct unionpay *unionpay = unionpay_of(platform);
    const struct unionpay_order *order = unionpay_order_now(platform, number);
    *ret_body = NULL;
    if (order == NULL)
        return text_copy("");
    if (order->state == UNIONPAY_SUCCEEDED) {
        unionpay_order_notice(unionpay, order, &form);
        unionpay_seal(unionpay, NULL, false, &form);
        *ret_body = form_encode(&form, 1);
    }
    return text_copy(unionpay_order_get(order, "frontUrl"));
}

static void unionpay_refund_by_hand(struct sim_platform *platform, const char *number,
                                    int64_t minor)
{
    struct unionpay *unionpay = unionpay_of(platform);
    struct unionpay_order *order = unionpay_order_now(platform, number);
    if (order == NULL || order->state != UNIONPAY_SUCCEEDED ||
        minor > order->amount_fen - unionpay_order_taken_fen(order, false))
        return;
    unionpay_order_give_back(unionpay, order, minor, unionpay->settings.refund_pending_ms);
}

static void unionpay_forge(struct sim_platform *platform, const char *number, bool is_signed)
{
    static const char *const signers[] = { "self_made", "wrong_cn", "expired_leaf" };
    const struct unionpay_order *order = unionpay_order_now(platform, number);
    cJSON *fields = cJSON_CreateObject();
    cJSON_AddStringToObject(fields, "respCode", "00");
    const char *signer = is_signed ? signers[sim_draw(platform->sim) % 3] : "none";
    if (order != NULL)
        unionpay_notify_forged(unionpay_of(platform), order, unionpay_order_get(order, "backUrl"),
                               signer, fields);
    cJSON_Delete(fields);
}

static const char *unionpay_told_paid(const char *notification)
{
    static const char field[] = "&orderId=";
    const char *at = strstr(notification, field);
    bool is_paid = strstr(notification, "&respCode=00&") != NULL &&
                   strstr(notification, "&txnType=01&") != NULL;
    return at != NULL && is_paid ? at + sizeof(field) - 1 : NULL;
}

/* ---- truth ---- */

/* What was debited and not posted, or came too late, stands in the settlement file, too: whoever
 * takes it, and can read it, is told so. */
static bool unionpay_is_charged(const struct sim_platform *platform,
                                const struct unionpay_order *order)
{
    return unionpay_order_is_consume(order) &&
           (order->state == UNIONPAY_SUCCEEDED ||
            (order->charged && sim_takes_statements(platform->sim) && !platform->has_bad_files));
}

static size_t unionpay_n_charged(const struct sim_platform *platform)
{
    size_t n = 0;
    const struct unionpay_order *order = unionpay_of(platform)->orders;
    for (; order != NULL; order = order->next)
        n += unionpay_is_charged(platform, order);
    return n;
}

static const char *unionpay_charged(const struct sim_platform *platform, size_t i)
{
    const struct unionpay_order *order = unionpay_of(platform)->orders;
    while (!unionpay_is_charged(platform, order) || i-- > 0)
        order = order->next;
    return order->order_id;
}

static bool unionpay_is_payer(const struct unionpay_order *order)
{
    const char *name = form_get(&order->customer, "customerNm");
    const char *document = form_get(&order->customer, "certifId");
    const char *phone = form_get(&order->customer, "phoneNo");
    return name != NULL && strcmp(name, SIM_PAYER_NAME) == 0 && document != NULL &&
           strcmp(document, SIM_PAYER_DOCUMENT) == 0 && phone != NULL &&
           strcmp(phone, SIM_PAYER_PHONE) == 0;
}

static void unionpay_truth(const struct sim_platform *platform, const char *number,
                           struct sim_truth *ret)
{
    const struct unionpay_order *order = unionpay_order_newest(unionpay_of(platform), number);
    *ret = (struct sim_truth){ 0 };
    if (order == NULL || !unionpay_order_is_consume(order))
        return;
    bool is_paid = unionpay_is_charged(platform, order);
    ret->is_paid = is_paid;
    ret->is_late = order->late;
    ret->is_doubtful = !is_paid && order->charged && strcmp(order->code, "42") != 0;
    ret->paid_ms = is_paid ? order->settled_unix_ms : 0;
    ret->amount_minor = order->amount_fen;
    ret->instalments = order->instalments;
    ret->knows_payer = unionpay_is_payer(order);
    ret->refunded_minor = unionpay_order_taken_fen(order, true);
    ret->taken_minor = unionpay_order_taken_fen(order, false);
}

/* What the platform began by itself names nobody to be told. */
static bool unionpay_refund_truth(const struct sim_platform *platform, const char *number, size_t i,
                                  struct sim_refund_truth *ret)
{
    const struct unionpay_order *order = unionpay_order_newest(unionpay_of(platform), number);
    const struct unionpay_order *back = order != NULL ? order->backs : NULL;
    for (; back != NULL; back = back->beside) {
        if (back->state != UNIONPAY_FAILED && i-- == 0)
            break;
    }
    if (back == NULL)
        return false;
    *ret = (struct sim_refund_truth){ back->order_id, back->amount_fen,
                                      back->state == UNIONPAY_SUCCEEDED ? back->settled_unix_ms : 0,
                                      unionpay_order_get(back, "backUrl")[0] == '\0' };
    return true;
}

static const struct sim_platform_calls unionpay_calls = {
    .channel = "bankcard",
    .free = unionpay_platform_free,
    .serve = unionpay_serve,
    .can_lie = unionpay_can_lie,
    .lie = unionpay_lie,
    .open = unionpay_open,
    .login = unionpay_login,
    .pay = unionpay_pay,
    .decline = unionpay_decline,
    .way_back = unionpay_way_back,
    .refund_by_hand = unionpay_refund_by_hand,
    .forge = unionpay_forge,
    .told_paid = unionpay_told_paid,
    .n_charged = unionpay_n_charged,
    .charged = unionpay_charged,
    .truth = unionpay_truth,
    .refund = unionpay_refund_truth,
};

/* ---- a new one ---- */

/* What UnionPay does not say in public, or agrees on with each merchant. */
static void unionpay_draw_habits(struct sim *sim, struct unionpay_settings *settings)
{
    static const char *const open_answers[] = { "05", "34", "70" };
    static const char *const acc_numbers[] = { "masked", "absent", "clear" };
    settings->open_answer = open_answers[sim_draw(sim) % 3];
    settings->expired_answer = sim_draw(sim) % 2 == 0 ? "34" : "01";
    settings->acc_no = acc_numbers[sim_draw(sim) % 3];
    settings->notify_minutes = sim_draw(sim) % 2 == 0 ? "0124" : "1245";
    settings->instal_trans_info = sim_draw(sim) % 4 != 0;
    settings->card_facts = sim_draw(sim) % 2 == 0;
    settings->braces = sim_draw(sim) % 2 == 0;
}

static void unionpay_draw_faults(struct sim *sim, struct unionpay_settings *settings)
{
    if (sim_hit(sim, SIM_CARD_ARRIVES_LATE))
        settings->arrival_delay_ms = sim_between(sim, 1000, 120000);
    if (sim_hit(sim, SIM_CARD_PAYS_SLOWLY))
        settings->pay_pending_ms = sim_between(sim, 1000, 1800000);
    if (sim_hit(sim, SIM_PLATFORM_REFUNDS_SLOWLY))
        settings->refund_pending_ms = sim_between(sim, 1000, 7200000);
    if (sim_hit(sim, SIM_CARD_REFUND_FAILS))
        memcpy(settings->refund_code, "61", 3);
    if (sim_hit(sim, SIM_CARD_FILE_DAMAGED))
        settings->file_flaw = sim_draw(sim) % 2 == 0 ? "truncated" : "width";
    if (sim_hit(sim, SIM_CARD_UNDO_FAILS))
        memcpy(settings->undo_code, "61", 3);
}

struct sim_platform *sim_unionpay_new(struct sim *sim, const struct sim_keys *keys)
{
    char seed[32];
    struct sim_unionpay *self = text_alloc(sizeof(*self));
    (void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)sim->seed);
    const struct unionpay_config config = {
        .chain = keys->chain,
        .seed = seed,
        .leaf_private = keys->keys[SIM_KEY_LEAF],
        .foreign_private = keys->keys[SIM_KEY_FOREIGN],
        .time_scale = 1,
    };
    self->model = unionpay_new(&config);
    if (!unionpay_add_merchant(self->model, SIM_MER_ID, sim_certificate_of_merchant(),
                               sim_renews_keys(sim)))
        abort();
    unionpay_draw_habits(sim, &self->model->settings);
    unionpay_draw_faults(sim, &self->model->settings);
    self->platform.has_bad_files = strcmp(self->model->settings.file_flaw, "none") != 0;
    if (sim_hit(sim, SIM_PLATFORM_SKEW))
        self->platform.skew_ms = sim_between(sim, -60000, 60000);
    self->platform.calls = &unionpay_calls;
    self->platform.sandbox = unionpay_platform(self->model);
    self->platform.sim = sim;
    sim_renewal_begin(sim, self->model);
    return &self->platform;
}
