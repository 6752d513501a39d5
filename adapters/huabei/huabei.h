/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Huabei adapter share: the account, the signed envelope, the codes. */
#ifndef FQ_HUABEI_HUABEI_H
#define FQ_HUABEI_HUABEI_H

#include "adapters/sdk/canon.h"
#include "adapters/sdk/form.h"
#include "adapters/sdk/json.h"
#include "adapters/sdk/settings.h"

/* The account, as the settings name it. */
struct huabei {
    struct fq_str app_id;
    struct fq_str seller_id;
    struct fq_str gateway; /* https://.../gateway.do, without a query */
};

#define HUABEI_CURRENCY   "CNY"
#define HUABEI_EXPONENT   2
#define HUABEI_AMOUNT_MIN INT64_C(1)
#define HUABEI_AMOUNT_MAX INT64_C(10000000000) /* 100000000.00 yuan */

#define HUABEI_KEY_APP         "app"         /* ours: signs requests */
#define HUABEI_KEY_ALIPAY      "alipay"      /* the platform's: verifies answers */
#define HUABEI_KEY_ALIPAY_NEXT "alipay_next" /* the platform's next one, while keys change */

#define HUABEI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- huabei.c ---- */

/* Amounts in yuan, to and fro. False: not one, or out of range. */
bool huabei_money_read(struct fq_str yuan, struct fq_money *ret);
bool huabei_money_write(const struct fq_host *host, struct fq_money amount, struct fq_str *ret);
/* Why this cannot be asked for; NULL if it can. */
const char *huabei_refuse_plan(struct fq_money amount, uint32_t instalments, uint32_t bearer);

/* ---- codes.c: the platform's codes, and what to do about each ---- */

enum huabei_class {
    HUABEI_UNPROVEN = 0, /* no verified answer: nothing is known */
    HUABEI_DONE,         /* the platform did, or tells, what it was asked */
    HUABEI_REPEAT,       /* R: the same request may be sent again */
    HUABEI_LATER,        /* R after something else happened first (a top-up, a settlement) */
    HUABEI_ABSENT,       /* the platform knows no such trade */
    HUABEI_FINAL,        /* F: refused, and so would be the same request again */
    HUABEI_ASK,          /* Q: the outcome is unknown, query first */
    HUABEI_CONFIGURE,    /* C: the operator has to act */
};

enum huabei_method {
    HUABEI_QUERY = 0,
    HUABEI_CLOSE,
    HUABEI_REFUND,
    HUABEI_QUERY_REFUND,
};

#define HUABEI_N_METHODS 4

enum huabei_class huabei_classify(enum huabei_method method, struct fq_str code,
                                  struct fq_str sub_code);

/* ---- gateway.c: the signed envelope, out and back ---- */

struct huabei_request {
    const char *method; /* alipay.trade.page.pay */
    struct fq_str biz_content;
    struct fq_str notify_url; /* may be absent */
    struct fq_str return_url; /* may be absent */
};

/* Signs; *ret holds every parameter that travels, sign included, none empty. */
int huabei_sign(const struct huabei *self, const struct fq_host *host, const struct fq_call *call,
                const struct huabei_request *request, struct fq_pairs *ret);
/* The gateway with the parameters in its query; biz_content only if asked for. */
int huabei_url(const struct huabei *self, const struct fq_host *host, struct fq_pairs params,
               bool with_biz_content, struct fq_str *ret);
/* Closes `biz` and makes a POST of it: fills `ret` with step SEND. */
int huabei_send(const struct huabei *self, const struct fq_host *host, const struct fq_call *call,
                enum huabei_method method, struct fq_text *biz, struct fq_verdict *ret);

/* Verifies `signature_base64` over `text` by one of the platform's keys. */
bool huabei_verify(const struct fq_host *host, struct fq_str text, struct fq_str signature_base64);

/* The parts of a raw answer. */
struct huabei_parts {
    struct fq_str content; /* the exact bytes that are signed: quotes or braces included */
    struct fq_str sign;    /* of the top level; empty if there is none */
    bool is_gateway_error; /* content is that of error_response */
};

/* Splits an answer at the member `node`, or else at error_response. False: there is neither. */
bool huabei_split(const struct fq_host *host, struct fq_str body, struct fq_str node,
                  struct huabei_parts *ret);

/* Reads an answer. *ret starts as DONE and UNKNOWN with the platform's code and text, or with why
 * there is none; *ret_node is the verified object, if the result is not HUABEI_UNPROVEN. */
enum huabei_class huabei_read(const struct fq_host *host, enum huabei_method method,
                              const struct fq_message *message, struct fq_verdict *ret,
                              struct fq_str *ret_node);

/* The text of one field of a verified object; absent if there is none. */
struct fq_str huabei_field(const struct fq_host *host, struct fq_str node, const char *name);

/* The terms in hb_fq_pay_info, which is an object in answers and its text in notifications; 0 = not
 * said. */
uint32_t huabei_terms_read(const struct fq_host *host, struct fq_str pay_info);

/* Begins biz_content with out_trade_no; fq_json_add_member goes on, huabei_send closes it. */
void huabei_biz_begin(struct fq_text *biz, const struct fq_host *host, const struct fq_call *call);

/* Makes `ret` say UNKNOWN, and why. Returns 0. */
int huabei_unknown(struct fq_verdict *ret, const char *why);

/* ---- the operations ---- */

uint32_t huabei_create_terminals(void); /* bit per terminal */
fq_begin_fn huabei_create_begin;
fq_begin_fn huabei_query_begin;
fq_resume_fn huabei_query_resume;
fq_begin_fn huabei_close_begin;
fq_resume_fn huabei_close_resume;
fq_begin_fn huabei_refund_begin;
fq_resume_fn huabei_refund_resume;
fq_begin_fn huabei_query_refund_begin;
fq_resume_fn huabei_query_refund_resume;
fq_resume_fn huabei_notification;
fq_resume_fn huabei_browser_return;

#endif
