/* SPDX-License-Identifier: Apache-2.0 */
/* Opens an order: signs what takes the buyer to the platform's cashier, or asks for a QR code. */
#include "adapters/huabei/huabei.h"

/* How the buyer gets to the cashier, by fq_terminal. */
static const struct create_way {
    const char *product_code;
    enum huabei_method method;
} create_ways[] = {
    [FQ_TERMINAL_DESKTOP] = { "FAST_INSTANT_TRADE_PAY", HUABEI_PAGE },
    [FQ_TERMINAL_MOBILE_WEB] = { "QUICK_WAP_WAY", HUABEI_WAP },
    [FQ_TERMINAL_APP] = { "QUICK_MSECURITY_PAY", HUABEI_APP },
    [FQ_TERMINAL_QR] = { "FACE_TO_FACE_PAYMENT", HUABEI_PRECREATE },
};

static const struct create_way *create_way_of(const struct fq_call *call)
{
    return &create_ways[call->terminal < HUABEI_COUNT(create_ways) ? call->terminal : 0];
}

/* ---- what is refused before it is sent ---- */

#define CREATE_URL_MAX   256 /* notify_url and return_url, by fact sheet 1.2 */
#define CREATE_PAYER_MAX 64

static bool create_has_payer(const struct fq_call *call)
{
    return call->payer_name.len > 0 || call->payer_document_number.len > 0 ||
           call->payer_phone.len > 0;
}

/* Personal data is posted, by the buyer's browser or by us: it stands in no link, and in no text
 * that the shop gets and keeps. */
static const char *create_refuse(const struct fq_call *call)
{
    bool has_payer = create_has_payer(call);
    const struct fq_check checks[] = {
        { create_way_of(call)->product_code == NULL, "no such terminal" },
        { !fq_slice_is_word(call->order_number, 64),
          "the order number is not 1 to 64 of [0-9A-Za-z]" },
        { call->subject.len == 0 || call->subject.len > 256, "the subject is not 1 to 256 bytes" },
        { fq_slice_has_any(call->subject, "/=&"), "the subject holds one of / = &" },
        { call->notify_url.len > CREATE_URL_MAX || call->return_url.len > CREATE_URL_MAX,
          "notify_url or return_url is longer than 256 bytes" },
        { call->deadline_unix_ms <= call->now_unix_ms, "the deadline has passed" },
        { has_payer && (call->payer_name.len == 0 || call->payer_name.len > CREATE_PAYER_MAX),
          "a payer needs a name" },
        { call->payer_document_number.len > 0 &&
              !fq_slice_is_word(call->payer_document_number, CREATE_PAYER_MAX),
          "the number of a payer's document is not of [0-9A-Za-z]" },
        { has_payer && call->terminal == FQ_TERMINAL_APP,
          "a payer's data cannot travel in the text for an app" },
    };
    const char *refusal = fq_check_first(checks, HUABEI_COUNT(checks));
    return refusal != NULL
               ? refusal
               : fq_plan_refuse(&huabei_about, call->amount, call->instalments, call->bearer);
}

/* ---- what is asked for ---- */

#define CREATE_MINUTE_MS INT64_C(60000)
#define CREATE_QR_MS     (120 * CREATE_MINUTE_MS) /* fact sheet 2.1: QR life "default 2 h" */

/* A QR code lives as long as the order may be paid, but not longer than two hours. */
static int64_t create_qr_life_ms(const struct fq_call *call)
{
    int64_t life_ms = call->deadline_unix_ms - call->created_unix_ms;
    return life_ms < CREATE_QR_MS ? life_ms : CREATE_QR_MS;
}

/* What only one way says. goods_type 0, virtual, would hide Huabei; a QR code dies in whole
 * minutes, and not before it is said to. */
static void create_add_way(const struct huabei_question *asked, struct fq_text *biz)
{
    const struct fq_call *call = asked->call;
    if (asked->method == HUABEI_WAP && call->return_url.len > 0)
        fq_json_add_member(biz, "quit_url", call->return_url);
    if (asked->method != HUABEI_PRECREATE) {
        fq_json_add_member(biz, "goods_type", fq_slice("1"));
        return;
    }
    fq_text_add_of(biz, ",\"qr_code_timeout_express\":\"");
    fq_text_add_number(biz, create_qr_life_ms(call) / CREATE_MINUTE_MS + 1);
    fq_text_add_of(biz, "m\"");
}

/* The platform repeats passback_params: a paid order then says by itself that it lets nobody else
 * pay. */
static const char create_bound[] = "need_check_info";

/* Many people bear one name: with a name alone the order is bound, but it says less of who paid. */
static void create_add_payer(const struct fq_call *call, struct fq_text *biz)
{
    if (!create_has_payer(call))
        return;
    bool has_number = call->payer_document_number.len > 0;
    bool has_type = call->payer_document_type.len > 0;
    if (has_number)
        fq_json_add_member(biz, "passback_params", fq_slice(create_bound));
    fq_text_add_of(biz, ",\"ext_user_info\":{");
    fq_json_add_member(biz, "name", call->payer_name);
    if (call->payer_phone.len > 0)
        fq_json_add_member(biz, "mobile", call->payer_phone);
    if (has_number) {
        fq_json_add_member(biz, "cert_type",
                           has_type ? call->payer_document_type : fq_slice("IDENTITY_CARD"));
        fq_json_add_member(biz, "cert_no", call->payer_document_number);
    }
    fq_json_add_member(biz, "need_check_info", fq_slice("T"));
    fq_text_add_char(biz, '}');
}

uint32_t huabei_identity(struct fq_str passback_params)
{
    return fq_slice_equal(passback_params, fq_slice(create_bound)) ? FQ_IDENTITY_REAL_NAME_MATCHED
                                                                   : FQ_IDENTITY_PLATFORM_LOGIN;
}

/*= fact sheet 3.1: hb_fq_num and hb_fq_seller_percent "both together, both strings";
 * enable_pay_channels keeps the buyer from switching to another channel. */
int huabei_create_biz(const struct huabei_question *asked, struct fq_text *biz)
{
    const struct fq_call *call = asked->call;
    struct fq_str total_amount, time_expire;
    if (!fq_plan_write(asked->host, &huabei_about, call->amount, &total_amount) ||
        !fq_notation_beijing(asked->host, call->deadline_unix_ms, &time_expire))
        return asked->host->fail(asked->host, "no memory for the order, or no such deadline");
    fq_json_add_member(biz, "out_trade_no", call->order_number);
    fq_json_add_member(biz, "total_amount", total_amount);
    fq_json_add_member(biz, "subject", call->subject);
    fq_json_add_member(biz, "product_code", fq_slice_of(create_way_of(call)->product_code));
    fq_json_add_member(biz, "time_expire", time_expire);
    create_add_way(asked, biz);
    create_add_payer(call, biz);
    fq_json_add_member(biz, "enable_pay_channels", fq_slice("pcreditpayInstallment"));
    fq_text_add_of(biz, ",\"extend_params\":{\"hb_fq_num\":\"");
    fq_text_add_number(biz, call->instalments);
    fq_text_add_of(biz, "\",\"hb_fq_seller_percent\":\"");
    fq_text_add_of(biz, call->bearer == FQ_BEARER_MERCHANT ? "100\"}" : "0\"}");
    return 0;
}

/* ---- out: a page, a text for the app, or a question ---- */

/*= fact sheet 1.9: "GET URLs get long: prefer POST". Some browsers and proxies stop at 2 kB. */
#define CREATE_LINK_MAX 2048

/* A browser page: a signed link; or a form, for personal data or where the link would be too long.
 */
static int create_page(const struct huabei_question *asked, struct fq_pairs params,
                       struct fq_verdict *ret)
{
    const struct fq_host *host = asked->host;
    struct fq_str gateway = asked->self->gateway;
    ret->message.struct_size = sizeof(ret->message);
    ret->message.method = fq_slice("GET");
    ret->action = FQ_ACTION_REDIRECT;
    if (fq_form_join(host, gateway, params, NULL, &ret->message.url) != 0)
        return -1;
    if (ret->message.url.len <= CREATE_LINK_MAX && !create_has_payer(asked->call))
        return 0;
    ret->message.fields = (struct fq_pairs){ fq_pairs_find(params, HUABEI_BIZ), 1 };
    ret->message.method = fq_slice("POST");
    ret->action = FQ_ACTION_FORM_POST;
    return fq_form_join(host, gateway, params, HUABEI_BIZ, &ret->message.url);
}

int huabei_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                        struct fq_verdict *ret)
{
    const char *refusal = create_refuse(call);
    if (refusal != NULL)
        return host->fail(host, refusal);
    const struct huabei_question asked = { self, host, call, create_way_of(call)->method };
    struct fq_pairs params = { NULL, 0 };
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = call->order_number;
    if (asked.method == HUABEI_PRECREATE)
        return huabei_send(&asked, ret);
    ret->step = FQ_STEP_DONE;
    ret->action_expires_unix_ms = call->deadline_unix_ms;
    if (huabei_sign(&asked, &params) != 0)
        return -1;
    if (asked.method != HUABEI_APP)
        return create_page(&asked, params, ret);
    ret->action = FQ_ACTION_APP_SDK;
    return fq_form_join(host, fq_slice(""), params, NULL, &ret->action_text);
}

/* ---- back: only QR codes are asked for ---- */

/* No trade exists until the buyer scans: the request is taken, and nothing is known to be pending.
 */
static int create_qr(const struct fq_host *host, const struct fq_call *call, struct fq_str node,
                     struct fq_verdict *ret)
{
    struct fq_str code = fq_json_text(host, node, "qr_code");
    int64_t expires_ms = call->now_unix_ms + create_qr_life_ms(call);
    if (!fq_slice_equal(fq_json_text(host, node, "out_trade_no"), call->order_number))
        return fq_verdict_unknown(ret, "the answer is about another order");
    if (!fq_slice_starts(code, fq_slice("https://")))
        return fq_verdict_unknown(ret, "the answer brings no QR code");
    ret->outcome = FQ_OUTCOME_ACCEPTED;
    ret->number = call->order_number;
    ret->proof = fq_slice("alipay.trade.precreate code=10000");
    ret->action = FQ_ACTION_QR_CODE;
    ret->action_text = code;
    ret->action_expires_unix_ms =
        expires_ms < call->deadline_unix_ms ? expires_ms : call->deadline_unix_ms;
    return 0;
}

/* A final refusal is one of this try: whether an earlier one made an order is for queries to tell.
 */
int huabei_create_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                         const struct fq_message *message, struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_PRECREATE };
    struct fq_str node;
    ret->object = FQ_OBJECT_PAYMENT;
    enum huabei_class class = huabei_read(&asked, message, ret, &node);
    if (class == HUABEI_DONE)
        return create_qr(host, call, node, ret);
    if (class == HUABEI_ASK)
        return fq_verdict_ask(ret, FQ_OBJECT_PAYMENT, call->order_number);
    if (class == HUABEI_FINAL) {
        ret->outcome = FQ_OUTCOME_DECLINED;
        ret->number = call->order_number;
        ret->proof = fq_slice_assign(host, "sub_code", fq_json_text(host, node, "sub_code"));
    }
    return 0;
}
