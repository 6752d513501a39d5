/* SPDX-License-Identifier: Apache-2.0 */
/* The signed envelope around every request to gateway.do. */
#include "adapters/huabei/huabei.h"

enum {
    GATEWAY_NOTIFY = 1, /* carries notify_url */
    GATEWAY_RETURN = 2, /* carries return_url */
    GATEWAY_CLEAR = 4,  /* never encrypted */
};

/* The answer of FETCH_KEY brings what answers are verified with: nothing can verify it before it is
 * decrypted, so it is asked for in clear. */
static const struct gateway_method {
    const char *name;
    const char *node;
    huabei_biz_fn *biz;
    uint32_t flags;
} gateway_methods[] = {
    [HUABEI_QUERY] = { "alipay.trade.query", "alipay_trade_query_response", huabei_order_biz, 0 },
    [HUABEI_CLOSE] = { "alipay.trade.close", "alipay_trade_close_response", huabei_order_biz, 0 },
    [HUABEI_REFUND] = { "alipay.trade.refund", "alipay_trade_refund_response", huabei_refund_biz,
                        0 },
    [HUABEI_QUERY_REFUND] = { "alipay.trade.fastpay.refund.query",
                              "alipay_trade_fastpay_refund_query_response", huabei_query_refund_biz,
                              0 },
    [HUABEI_PRECREATE] = { "alipay.trade.precreate", "alipay_trade_precreate_response",
                           huabei_create_biz, GATEWAY_NOTIFY },
    [HUABEI_FETCH_KEY] = { "alipay.open.app.alipaycert.download",
                           "alipay_open_app_alipaycert_download_response", huabei_fetch_key_biz,
                           GATEWAY_CLEAR },
    [HUABEI_PAGE] = { "alipay.trade.page.pay", NULL, huabei_create_biz,
                      GATEWAY_NOTIFY | GATEWAY_RETURN },
    [HUABEI_WAP] = { "alipay.trade.wap.pay", NULL, huabei_create_biz,
                     GATEWAY_NOTIFY | GATEWAY_RETURN },
    [HUABEI_APP] = { "alipay.trade.app.pay", NULL, huabei_create_biz, GATEWAY_NOTIFY },
};

struct fq_str huabei_node(enum huabei_method method)
{
    return fq_slice_of(gateway_methods[method].node);
}

/* ---- biz_content ---- */

#define GATEWAY_BIZ_MAX 8192

int huabei_order_biz(const struct huabei_question *asked, struct fq_text *biz)
{
    fq_json_add_member(biz, "out_trade_no", asked->call->order_number);
    return 0;
}

static bool gateway_encrypts(const struct huabei_question *asked)
{
    return asked->self->is_encrypted && (gateway_methods[asked->method].flags & GATEWAY_CLEAR) == 0;
}

/*= fact sheet 1.8: "encrypt, then sign". */
static int gateway_biz(const struct huabei_question *asked, struct fq_str *ret)
{
    const struct fq_host *host = asked->host;
    struct fq_text biz;
    struct fq_str secret;
    fq_text_init(&biz, host, GATEWAY_BIZ_MAX);
    fq_text_add_char(&biz, '{');
    if (gateway_methods[asked->method].biz(asked, &biz) != 0)
        return -1;
    fq_text_add_char(&biz, '}');
    if (!fq_text_finish(&biz, ret))
        return host->fail(host, "biz_content is too long");
    if (gateway_encrypts(asked) &&
        (host->encrypt(host, "content", HUABEI_CIPHER, *ret, &secret) != 0 ||
         !fq_notation_base64(host, secret, ret)))
        return host->fail(host, "biz_content could not be encrypted");
    return 0;
}

/* ---- what travels, and what is signed of it ---- */

#define GATEWAY_PARAMS_MAX 16

struct gateway_request {
    struct fq_pair items[GATEWAY_PARAMS_MAX];
    size_t n_items;
    struct fq_str plain;
};

/*= fact sheet 1.4: "Drop parameters with an empty name or an empty value", sort, raw. */
/* NULL after host->fail(). */
static struct gateway_request *gateway_request(const struct huabei_question *asked,
                                               struct fq_str timestamp)
{
    static const char *const except[] = { NULL };
    const struct fq_str none = { NULL, 0 };
    const struct fq_host *host = asked->host;
    const struct gateway_method *method = &gateway_methods[asked->method];
    struct gateway_request *request = host->alloc(host, sizeof(*request));
    struct fq_str biz = none;
    if (gateway_biz(asked, &biz) != 0)
        return NULL;
    const struct fq_pair all[] = {
        { fq_slice("alipay_root_cert_sn"), asked->self->root_cert_sn },
        { fq_slice("app_cert_sn"), asked->self->app_cert_sn },
        { fq_slice("app_id"), asked->self->app_id },
        { fq_slice(HUABEI_BIZ), biz },
        { fq_slice("charset"), fq_slice("utf-8") },
        { fq_slice("encrypt_type"), gateway_encrypts(asked) ? fq_slice("AES") : none },
        { fq_slice("format"), fq_slice("JSON") },
        { fq_slice("method"), fq_slice_of(method->name) },
        { fq_slice("notify_url"), method->flags & GATEWAY_NOTIFY ? asked->call->notify_url : none },
        { fq_slice("return_url"), method->flags & GATEWAY_RETURN ? asked->call->return_url : none },
        { fq_slice("sign_type"), fq_slice("RSA2") },
        { fq_slice("timestamp"), timestamp },
        { fq_slice("version"), fq_slice("1.0") },
    };
    for (size_t i = 0; request != NULL && i < HUABEI_COUNT(all); i++)
        if (all[i].value.len > 0)
            request->items[request->n_items++] = all[i];
    if (request == NULL ||
        !fq_canon_join(host, (struct fq_pairs){ request->items, request->n_items }, except,
                       FQ_CANON_SKIP_EMPTY, &request->plain)) {
        (void)host->fail(host, "no memory for the string to sign");
        return NULL;
    }
    return request;
}

int huabei_string_to_sign(const struct huabei_question *asked, struct fq_str timestamp,
                          struct fq_str *ret)
{
    const struct gateway_request *request = gateway_request(asked, timestamp);
    if (request == NULL)
        return -1;
    *ret = request->plain;
    return 0;
}

/* RSA2, base64 in one line. The time is Beijing's, of the call's clock. */
int huabei_sign(const struct huabei_question *asked, struct fq_pairs *ret)
{
    const struct fq_host *host = asked->host;
    struct fq_str timestamp, signature, base64;
    if (!fq_notation_beijing(host, asked->call->now_unix_ms, &timestamp))
        return host->fail(host, "no memory for the time, or no such time");
    struct gateway_request *request = gateway_request(asked, timestamp);
    if (request == NULL)
        return -1;
    if (host->sign(host, "app", HUABEI_SCHEME, request->plain, &signature) != 0)
        return host->fail(host, "the request could not be signed");
    if (!fq_notation_base64(host, signature, &base64))
        return host->fail(host, "no memory for the signature");
    request->items[request->n_items++] = (struct fq_pair){ fq_slice("sign"), base64 };
    *ret = (struct fq_pairs){ request->items, request->n_items };
    return 0;
}

/* System parameters travel in the URL and biz_content in the body, as the platform's own SDKs do
 * it: the charset must be known before the body can be decoded. */
int huabei_send(const struct huabei_question *asked, struct fq_verdict *ret)
{
    struct fq_pairs params = { NULL, 0 };
    if (huabei_sign(asked, &params) != 0)
        return -1;
    struct fq_pairs body = { fq_pairs_find(params, HUABEI_BIZ), 1 };
    if (fq_form_join(asked->host, asked->self->gateway, params, HUABEI_BIZ, &ret->message.url) !=
            0 ||
        fq_form_join(asked->host, fq_slice(""), body, NULL, &ret->message.body) != 0)
        return -1;
    ret->step = FQ_STEP_SEND;
    ret->message.struct_size = sizeof(ret->message);
    ret->message.method = fq_slice("POST");
    ret->message.content_type = fq_slice("application/x-www-form-urlencoded;charset=utf-8");
    return 0;
}
