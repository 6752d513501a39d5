/* SPDX-License-Identifier: Apache-2.0 */
/* The signed envelope around every request and answer of gateway.do. */
#include <string.h>

#include "adapters/huabei/huabei.h"

static const struct {
    const char *name;
    const char *node;
} gateway_methods[HUABEI_N_METHODS] = {
    [HUABEI_QUERY] = { "alipay.trade.query", "alipay_trade_query_response" },
    [HUABEI_CLOSE] = { "alipay.trade.close", "alipay_trade_close_response" },
    [HUABEI_REFUND] = { "alipay.trade.refund", "alipay_trade_refund_response" },
    [HUABEI_QUERY_REFUND] = { "alipay.trade.fastpay.refund.query",
                              "alipay_trade_fastpay_refund_query_response" },
};

/* ---- requests ---- */

#define GATEWAY_PARAMS_MAX 16
#define GATEWAY_BIZ_MAX    8192

static const char gateway_biz_name[] = "biz_content";

void huabei_biz_begin(struct fq_text *biz, const struct fq_host *host, const struct fq_call *call)
{
    fq_text_init(biz, host, GATEWAY_BIZ_MAX);
    fq_text_add_char(biz, '{');
    fq_json_add_member(biz, "out_trade_no", call->order_number);
}

static void gateway_put(struct fq_pair *items, size_t *n_items, const char *name,
                        struct fq_str value)
{
    if (value.len > 0)
        items[(*n_items)++] = (struct fq_pair){ fq_slice_of(name), value };
}

/*= fact sheet 1.4: every parameter but sign, no empty ones, sorted, raw; RSA2, base64 in one line.
 * The time is Beijing's, of the call's clock. */
int huabei_sign(const struct huabei *self, const struct fq_host *host, const struct fq_call *call,
                const struct huabei_request *request, struct fq_pairs *ret)
{
    static const char *const except[] = { NULL };
    struct fq_pair *items = host->alloc(host, GATEWAY_PARAMS_MAX * sizeof(*items));
    struct fq_text time, sign;
    struct fq_str timestamp, plain, signature, base64;
    size_t n = 0;
    fq_text_init(&time, host, sizeof("yyyy-mm-dd HH:MM:SS"));
    fq_text_add_beijing(&time, call->now_unix_ms);
    if (items == NULL || !fq_text_finish(&time, &timestamp))
        return host->fail(host, "no memory for the parameters, or no such time");
    gateway_put(items, &n, "app_id", self->app_id);
    gateway_put(items, &n, gateway_biz_name, request->biz_content);
    gateway_put(items, &n, "charset", fq_slice("utf-8"));
    gateway_put(items, &n, "format", fq_slice("JSON"));
    gateway_put(items, &n, "method", fq_slice_of(request->method));
    gateway_put(items, &n, "notify_url", request->notify_url);
    gateway_put(items, &n, "return_url", request->return_url);
    gateway_put(items, &n, "sign_type", fq_slice("RSA2"));
    gateway_put(items, &n, "timestamp", timestamp);
    gateway_put(items, &n, "version", fq_slice("1.0"));
    if (!fq_canon_join(host, (struct fq_pairs){ items, n }, except, FQ_CANON_SKIP_EMPTY, &plain))
        return host->fail(host, "no memory for the string to sign");
    if (host->sign(host, HUABEI_KEY_APP, FQ_SCHEME_RSA_SHA256, plain, &signature) != 0)
        return host->fail(host, "the request could not be signed");
    fq_text_init(&sign, host, signature.len / 3 * 4 + 4);
    fq_text_add_base64(&sign, signature);
    if (!fq_text_finish(&sign, &base64))
        return host->fail(host, "no memory for the signature");
    gateway_put(items, &n, "sign", base64);
    *ret = (struct fq_pairs){ items, n };
    return 0;
}

int huabei_url(const struct huabei *self, const struct fq_host *host, struct fq_pairs params,
               bool with_biz_content, struct fq_str *ret)
{
    struct fq_text url;
    size_t size = self->gateway.len + 1;
    for (size_t i = 0; i < params.n_items; i++)
        size += 3 * (params.items[i].name.len + params.items[i].value.len) + 2;
    fq_text_init(&url, host, size);
    fq_text_add(&url, self->gateway);
    fq_text_add_char(&url, '?');
    for (size_t i = 0; i < params.n_items; i++) {
        const struct fq_pair *param = &params.items[i];
        if (with_biz_content || !fq_slice_equal(param->name, fq_slice_of(gateway_biz_name)))
            fq_form_add(&url, param->name, param->value);
    }
    return fq_text_finish(&url, ret) ? 0 : host->fail(host, "no memory for the URL");
}

/* System parameters travel in the URL and biz_content in the body, as the platform's own SDKs do
 * it: the charset must be known before the body can be decoded. */
int huabei_send(const struct huabei *self, const struct fq_host *host, const struct fq_call *call,
                enum huabei_method method, struct fq_text *biz, struct fq_verdict *ret)
{
    struct huabei_request request = { .method = gateway_methods[method].name };
    struct fq_pairs params = { NULL, 0 };
    struct fq_text body;
    fq_text_add_char(biz, '}');
    if (!fq_text_finish(biz, &request.biz_content))
        return host->fail(host, "biz_content is too long");
    if (huabei_sign(self, host, call, &request, &params) != 0 ||
        huabei_url(self, host, params, false, &ret->message.url) != 0)
        return -1;
    fq_text_init(&body, host, 3 * request.biz_content.len + sizeof(gateway_biz_name) + 1);
    fq_form_add(&body, fq_slice_of(gateway_biz_name), request.biz_content);
    if (!fq_text_finish(&body, &ret->message.body))
        return host->fail(host, "no memory for the body");
    ret->step = FQ_STEP_SEND;
    ret->message.struct_size = sizeof(ret->message);
    ret->message.method = fq_slice("POST");
    ret->message.content_type = fq_slice("application/x-www-form-urlencoded;charset=utf-8");
    return 0;
}

/* ---- answers ---- */

bool huabei_verify(const struct fq_host *host, struct fq_str text, struct fq_str signature_base64)
{
    static const char *const keys[] = { HUABEI_KEY_ALIPAY, HUABEI_KEY_ALIPAY_NEXT };
    struct fq_str signature;
    if (signature_base64.len == 0 || !fq_slice_from_base64(host, signature_base64, &signature))
        return false;
    for (size_t i = 0; i < HUABEI_COUNT(keys); i++)
        if (host->verify(host, keys[i], FQ_SCHEME_RSA_SHA256, text, signature) == 0)
            return true;
    return false;
}

/*= fact sheet 1.6: "Signed bytes = the exact bytes of the node's value in the raw body, including
 * both braces"; sign is taken from the top level only. */
bool huabei_split(const struct fq_host *host, struct fq_str body, struct fq_str node,
                  struct huabei_parts *ret)
{
    struct fq_str answer, sign;
    struct huabei_parts parts = { .is_gateway_error = false };
    if (fq_json_check(body, &answer) != 0)
        return false;
    if (!fq_json_member(answer, node, &parts.content)) {
        if (!fq_json_member(answer, fq_slice("error_response"), &parts.content))
            return false;
        parts.is_gateway_error = true;
    }
    if (!fq_json_is_object(parts.content) && !fq_json_is_string(parts.content))
        return false;
    if (fq_json_member(answer, fq_slice("sign"), &sign) && fq_json_is_string(sign))
        fq_json_scalar(host, sign, &parts.sign);
    *ret = parts;
    return true;
}

struct fq_str huabei_field(const struct fq_host *host, struct fq_str node, const char *name)
{
    struct fq_str value, text = { NULL, 0 };
    if (fq_json_member(node, fq_slice_of(name), &value))
        fq_json_scalar(host, value, &text);
    return text;
}

#define GATEWAY_CODE_MAX  128
#define GATEWAY_TEXT_MAX  512
#define GATEWAY_LATER_MS  60000
#define GATEWAY_TERMS_MAX 60

/* "40004/ACQ.TRADE_NOT_EXIST" and the platform's words for it. */
static void gateway_read_codes(const struct fq_host *host, struct fq_str node,
                               struct fq_str *ret_code, struct fq_str *ret_sub_code,
                               struct fq_verdict *ret)
{
    struct fq_text joined;
    *ret_code = huabei_field(host, node, "code");
    *ret_sub_code = huabei_field(host, node, "sub_code");
    fq_text_init(&joined, host, GATEWAY_CODE_MAX);
    fq_text_add(&joined, fq_slice_clip(*ret_code, GATEWAY_CODE_MAX / 2 - 1));
    if (ret_sub_code->len > 0) {
        fq_text_add_char(&joined, '/');
        fq_text_add(&joined, fq_slice_clip(*ret_sub_code, GATEWAY_CODE_MAX / 2));
    }
    fq_text_finish(&joined, &ret->platform_code);
    struct fq_str words = huabei_field(host, node, "sub_msg");
    if (words.len == 0)
        words = huabei_field(host, node, "msg");
    ret->platform_text = fq_slice_clip(words, GATEWAY_TEXT_MAX);
}

int huabei_unknown(struct fq_verdict *ret, const char *why)
{
    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_UNKNOWN;
    ret->platform_text = fq_slice_of(why);
    return 0;
}

/* Why an answer cannot even be looked at; NULL if it can. */
static const char *gateway_transport_fault(const struct fq_message *message)
{
    if (message->transport == FQ_TRANSPORT_NOT_SENT)
        return "the request was not sent";
    if (message->transport != FQ_TRANSPORT_OK)
        return "no whole answer came";
    if (message->http_status != 200)
        return "the gateway's HTTP status is not 200";
    return NULL;
}

enum huabei_class huabei_read(const struct fq_host *host, enum huabei_method method,
                              const struct fq_message *message, struct fq_verdict *ret,
                              struct fq_str *ret_node)
{
    struct huabei_parts parts;
    struct fq_str code, sub_code;
    const char *fault = gateway_transport_fault(message);
    huabei_unknown(ret, fault);
    if (fault != NULL)
        return HUABEI_UNPROVEN;
    if (!huabei_split(host, message->body, fq_slice_of(gateway_methods[method].node), &parts) ||
        !fq_json_is_object(parts.content)) {
        huabei_unknown(ret, "the answer has no such node, or is not JSON");
        return HUABEI_UNPROVEN;
    }
    bool is_verified = huabei_verify(host, parts.content, parts.sign);
    gateway_read_codes(host, parts.content, &code, &sub_code, ret);
    if (!is_verified && (parts.sign.len > 0 || fq_slice_equal(code, fq_slice("10000"))))
        huabei_unknown(ret, "the answer's signature is missing or bad");
    /* A gateway-level error names no method: never a proof, even when it is signed. */
    if (!is_verified || parts.is_gateway_error)
        return HUABEI_UNPROVEN;
    *ret_node = parts.content;
    enum huabei_class class = huabei_classify(method, code, sub_code);
    if (class == HUABEI_LATER)
        ret->retry_after_ms = GATEWAY_LATER_MS;
    return class;
}

uint32_t huabei_terms_read(const struct fq_host *host, struct fq_str pay_info)
{
    struct fq_str object, value, text;
    int64_t terms;
    if (fq_json_is_string(pay_info) && !fq_json_scalar(host, pay_info, &pay_info))
        return 0;
    if (fq_json_check(pay_info, &object) != 0 ||
        !fq_json_member_any_case(object, fq_slice("user_install_num"), &value) ||
        !fq_json_scalar(host, value, &text) || !fq_slice_to_number(text, GATEWAY_TERMS_MAX, &terms))
        return 0;
    return (uint32_t)terms;
}
