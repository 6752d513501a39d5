/* SPDX-License-Identifier: Apache-2.0 */
/* Opens an order: the form that the buyer's browser posts to UnionPay's page. No answer comes to
 * us: what became of it, notifications and queries tell. */
#include "adapters/bankcard/bankcard.h"

/* ---- what is refused before it is signed ---- */

#define CREATE_URL_MAX   256 /* fact sheet 4.1: frontUrl and backUrl, ANS1..256 */
#define CREATE_PAYER_MAX 64

/*= fact sheet 4.1: "no ~; a query string in them is appended to the callback parameters". They are
 * our own addresses, and "http or https both work" (1.5). */
static bool create_is_url(struct fq_str url)
{
    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] <= ' ' || url.ptr[i] >= '~')
            return false;
    return !fq_slice_has_any(url, "?#\"<>\\") && url.len > 0 && url.len <= CREATE_URL_MAX;
}

static bool create_is_personal(struct fq_str value)
{
    return value.len <= CREATE_PAYER_MAX && !fq_slice_has_any(value, "&={}[]");
}

static const char *create_refuse(const struct fq_call *call)
{
    bool is_web = call->terminal == FQ_TERMINAL_DESKTOP || call->terminal == FQ_TERMINAL_MOBILE_WEB;
    const struct fq_check checks[] = {
        { !is_web, "no such terminal" },
        { call->order_number.len < 8 || !fq_slice_is_word(call->order_number, 32),
          "the order number is not 8 to 32 of [0-9A-Za-z]" },
        { !create_is_url(call->notify_url) || !create_is_url(call->return_url),
          "notify_url or return_url has a query, a ~, or more than 256 bytes" },
        { call->deadline_unix_ms <= call->now_unix_ms, "the deadline has passed" },
        { !create_is_personal(call->payer_name) ||
              !create_is_personal(call->payer_document_number) ||
              !create_is_personal(call->payer_phone),
          "a payer's data holds one of & = { } [ ], or more than 64 bytes" },
    };
    const char *refusal = fq_check_first(checks, BANKCARD_COUNT(checks));
    return refusal != NULL
               ? refusal
               : fq_plan_refuse(&bankcard_about, call->amount, call->instalments, call->bearer);
}

/* ---- who shall pay ---- */

static bool create_has_payer(const struct fq_call *call)
{
    return call->payer_name.len > 0 || call->payer_document_number.len > 0 ||
           call->payer_phone.len > 0;
}

/*= fact sheet 3: certifTp "01 ID card, 02 officer, 03 passport, ... 07 soldier, 99 other". */
static const char *create_document(struct fq_str type)
{
    static const char *const types[][2] = {
        { "IDENTITY_CARD", "01" },
        { "OFFICER_CARD", "02" },
        { "PASSPORT", "03" },
        { "SOLDIER_CARD", "07" },
        { "", "01" },
    };
    for (size_t i = 0; i < BANKCARD_COUNT(types); i++)
        if (fq_slice_equal(type, fq_slice_of(types[i][0])))
            return types[i][1];
    return "99";
}

static void create_add_pair(struct fq_text *text, const char *name, struct fq_str value)
{
    if (value.len == 0)
        return;
    if (text->len > 0 && text->bytes[text->len - 1] != '{')
        fq_text_add_char(text, '&');
    fq_text_add_of(text, name);
    fq_text_add_char(text, '=');
    fq_text_add(text, value);
}

/*= fact sheet 3: with permission to encrypt "phoneNo, cvn2, expired are moved into encryptedInfo",
 * base64(RSA("phoneNo=.."))". The card's own numbers are for UnionPay's page alone. */
static bool create_seal_phone(const struct fq_host *host, struct fq_str phone, struct fq_str *ret)
{
    struct fq_str secret, plain = fq_slice_assign(host, "phoneNo", phone);
    return plain.len > 0 &&
           host->encrypt(host, BANKCARD_KEY_ENCRYPT, BANKCARD_CIPHER, plain, &secret) == 0 &&
           fq_notation_base64(host, secret, ret);
}

static int create_add_payer(struct bankcard_request *request, const struct fq_call *call)
{
    const struct fq_host *host = request->host;
    const struct fq_str none = { NULL, 0 };
    bool is_sealed = bankcard_is_yes(request->self->encrypt) && call->payer_phone.len > 0;
    struct fq_str sealed = none, cert_id = none, plain, base64;
    struct fq_text text;
    if (!create_has_payer(call))
        return 0;
    if (is_sealed && (!create_seal_phone(host, call->payer_phone, &sealed) ||
                      host->cert_field(host, BANKCARD_KEY_ENCRYPT, none, 0, FQ_CERT_SERIAL_DECIMAL,
                                       &cert_id) != 0))
        return host->fail(host, "the payer's phone could not be encrypted");
    fq_text_init(&text, host, 1024);
    fq_text_add_char(&text, '{');
    if (call->payer_document_number.len > 0)
        create_add_pair(&text, "certifTp", fq_slice_of(create_document(call->payer_document_type)));
    create_add_pair(&text, "certifId", call->payer_document_number);
    create_add_pair(&text, "customerNm", call->payer_name);
    create_add_pair(&text, "phoneNo", is_sealed ? none : call->payer_phone);
    create_add_pair(&text, "encryptedInfo", sealed);
    fq_text_add_char(&text, '}');
    if (!fq_text_finish(&text, &plain) || !fq_notation_base64(host, plain, &base64))
        return host->fail(host, "no memory for the payer");
    bankcard_request_add(request, "customerInfo", base64);
    bankcard_request_add(request, "encryptCertId", cert_id);
    return 0;
}

/* ---- the form ---- */

/*= fact sheet 4.4: "consume + txnSubType=03; no instalTransInfo needed": the payer chooses the
 * terms on UnionPay's page. One instalment is none: a plain consume. */
enum bankcard_kind bankcard_order_kind(const struct fq_call *call)
{
    return call->instalments == 1 ? BANKCARD_CONSUME : BANKCARD_INSTALMENTS;
}

static int create_fill(struct bankcard_request *request, const struct fq_call *call,
                       struct fq_str *ret_txn_time)
{
    struct fq_str pay_timeout;
    bool is_mobile = call->terminal == FQ_TERMINAL_MOBILE_WEB;
    bankcard_request_add(request, "channelType",
                         is_mobile ? request->self->channel_type_mobile
                                   : request->self->channel_type_desktop);
    bankcard_request_add(request, "orderId", call->order_number);
    bankcard_request_add(request, "frontUrl", call->return_url);
    bankcard_request_add(request, "backUrl", call->notify_url);
    if (bankcard_request_add_time(request, "txnTime", call->now_unix_ms, ret_txn_time) != 0 ||
        bankcard_request_add_time(request, "payTimeout", call->deadline_unix_ms, &pay_timeout) != 0)
        return -1;
    return bankcard_request_add_money(request, call->amount);
}

int bankcard_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                          struct fq_verdict *ret)
{
    struct bankcard_request request;
    struct fq_str txn_time;
    const char *refusal = create_refuse(call);
    if (refusal != NULL)
        return host->fail(host, refusal);
    if (bankcard_request_init(&request, self, host, bankcard_order_kind(call)) != 0 ||
        create_fill(&request, call, &txn_time) != 0 || create_add_payer(&request, call) != 0)
        return -1;
    const struct fq_pair memory[] = {
        { fq_slice("txn_time"), txn_time },
        { fq_slice("payer"), create_has_payer(call) ? fq_slice("sent") : fq_slice("") },
    };
    ret->step = FQ_STEP_DONE;
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = call->order_number;
    ret->action = FQ_ACTION_FORM_POST;
    ret->action_expires_unix_ms = call->deadline_unix_ms;
    ret->message.struct_size = sizeof(ret->message);
    ret->message.method = fq_slice("POST");
    ret->message.url = request.self->front_url;
    if (bankcard_request_sign(&request, &ret->message.fields) != 0)
        return -1;
    return fq_verdict_remember_all(host, memory, BANKCARD_COUNT(memory), ret);
}
