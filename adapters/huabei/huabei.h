/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Huabei adapter share: the account, the signed envelope, the codes. */
#ifndef FQ_HUABEI_HUABEI_H
#define FQ_HUABEI_HUABEI_H

#include "adapters/sdk/answer.h"
#include "adapters/sdk/canon.h"
#include "adapters/sdk/form.h"
#include "adapters/sdk/json.h"
#include "adapters/sdk/keys.h"
#include "adapters/sdk/notation.h"
#include "adapters/sdk/plan.h"
#include "adapters/sdk/settings.h"

#define HUABEI_SCHEME FQ_SCHEME_RSA_SHA256         /* sign_type RSA2 */
#define HUABEI_CIPHER FQ_CIPHER_AES128_CBC_ZERO_IV /* encrypt_type AES */

#define HUABEI_N_PLATFORM_KEYS 2

/* A key of the platform's that is configured. */
struct huabei_key {
    const char *name;
    struct fq_str serial; /* empty with plain keys */
};

/* The account: what the settings name, and what was made of the keys. */
struct huabei {
    struct fq_str app_id;
    struct fq_str seller_id;
    struct fq_str gateway; /* https://.../gateway.do, without a query */
    struct huabei_key platform[HUABEI_N_PLATFORM_KEYS];
    size_t n_platform;
    struct fq_str app_cert_sn; /* empty with plain keys */
    struct fq_str root_cert_sn;
    bool is_encrypted;
};

#define HUABEI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- huabei.c ---- */

extern const struct fq_description huabei_about;

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
    HUABEI_PRECREATE,
    HUABEI_FETCH_KEY,
    HUABEI_PAGE, /* these three are sent by the buyer's device: no answer comes to us */
    HUABEI_WAP,
    HUABEI_APP,
};

enum huabei_class huabei_classify(enum huabei_method method, struct fq_str code,
                                  struct fq_str sub_code);

/* ---- gateway.c: the signed envelope around a request ---- */

/* What is asked, and by whom. */
struct huabei_question {
    const struct huabei *self;
    const struct fq_host *host;
    const struct fq_call *call;
    enum huabei_method method;
};

/* Adds the members of biz_content to an open object: made of the call alone, and the same whenever
 * the same is asked. 0, or -1 after host->fail(). */
typedef int huabei_biz_fn(const struct huabei_question *asked, struct fq_text *biz);
huabei_biz_fn huabei_order_biz; /* out_trade_no, and nothing more */
huabei_biz_fn huabei_create_biz;
huabei_biz_fn huabei_refund_biz;
huabei_biz_fn huabei_query_refund_biz;
huabei_biz_fn huabei_fetch_key_biz;

#define HUABEI_BIZ "biz_content"

/* Signs; *ret holds every parameter that travels, sign included, none empty. */
int huabei_sign(const struct huabei_question *asked, struct fq_pairs *ret);
/* Signs and makes a POST of it: fills `ret` with step SEND. */
int huabei_send(const struct huabei_question *asked, struct fq_verdict *ret);
/* What is signed, if it is asked at that time. 0, or -1 after host->fail(). */
int huabei_string_to_sign(const struct huabei_question *asked, struct fq_str timestamp,
                          struct fq_str *ret);
/* The member of an answer that is signed: alipay_trade_query_response. */
struct fq_str huabei_node(enum huabei_method method);

/* ---- answer.c: the signed envelope around an answer ---- */

/* The parts of a raw answer. */
struct huabei_parts {
    struct fq_str content; /* the exact bytes that are signed: quotes or braces included */
    struct fq_str sign;    /* of the top level; empty if there is none */
    struct fq_str serial;  /* alipay_cert_sn, likewise */
    bool is_gateway_error; /* content is that of error_response */
};

/* Splits an answer at the member `node`, or else at error_response. False: there is neither. */
bool huabei_split(const struct fq_host *host, struct fq_str body, struct fq_str node,
                  struct huabei_parts *ret);

/* Reads an answer. *ret starts as DONE and UNKNOWN with the platform's code and text, or with why
 * there is none, or as NEED_KEY; *ret_node is the object, and is verified unless the result is
 * HUABEI_UNPROVEN. */
enum huabei_class huabei_read(const struct huabei_question *asked, const struct fq_message *message,
                              struct fq_verdict *ret, struct fq_str *ret_node);

/* The terms in hb_fq_pay_info, which is an object in answers and its text in notifications; 0 = not
 * said. */
uint32_t huabei_terms_read(const struct fq_host *host, struct fq_str pay_info);

/* ---- key.c: the platform's keys, ours, and the serials of both ---- */

enum huabei_proof {
    HUABEI_FORGED = 0, /* no signature, or none by a key of the platform's */
    HUABEI_GENUINE,
    HUABEI_STRANGE, /* by a certificate that is not known yet */
};

/* Verifies `signature_base64` over `text` by the key that `serial` names, or by any if it is empty.
 */
enum huabei_proof huabei_verify(const struct huabei *self, const struct fq_host *host,
                                struct fq_str text, struct fq_str signature_base64,
                                struct fq_str serial);

int huabei_ready(void *instance, const struct fq_host *host, const struct fq_str *keys,
                 size_t n_keys, struct fq_str *reterr_key);

/* ---- create.c ---- */

/* How far a paid order proves who paid it, by the passback_params that it repeats. */
uint32_t huabei_identity(struct fq_str passback_params);

/* ---- the operations ---- */

fq_begin_fn huabei_create_begin;
fq_resume_fn huabei_create_resume;
fq_begin_fn huabei_query_begin;
fq_resume_fn huabei_query_resume;
fq_begin_fn huabei_close_begin;
fq_resume_fn huabei_close_resume;
fq_begin_fn huabei_refund_begin;
fq_resume_fn huabei_refund_resume;
fq_begin_fn huabei_query_refund_begin;
fq_resume_fn huabei_query_refund_resume;
fq_begin_fn huabei_fetch_key_begin;
fq_resume_fn huabei_fetch_key_resume;
fq_resume_fn huabei_notification;
fq_resume_fn huabei_browser_return;

#endif
