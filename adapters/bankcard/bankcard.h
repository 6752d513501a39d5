/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the bank-card adapter share: the account, the messages of ACP 5.1.0, the codes.
 */
#ifndef FQ_BANKCARD_BANKCARD_H
#define FQ_BANKCARD_BANKCARD_H

#include "adapters/sdk/answer.h"
#include "adapters/sdk/canon.h"
#include "adapters/sdk/form.h"
#include "adapters/sdk/keys.h"
#include "adapters/sdk/notation.h"
#include "adapters/sdk/plan.h"
#include "adapters/sdk/settings.h"

#define BANKCARD_VERSION     "5.1.0" /* pinned, and so is the method: */
#define BANKCARD_SIGN_METHOD "01"    /* RSA over the hex digits of SHA-256 */
#define BANKCARD_SCHEME      FQ_SCHEME_RSA_SHA256_HEX
#define BANKCARD_CIPHER      FQ_CIPHER_RSA_PKCS1

/* Names of keys, as they stand in the channel's `keys` group. */
#define BANKCARD_KEY_SIGN      "sign"
#define BANKCARD_KEY_SIGN_CERT "sign_cert"
#define BANKCARD_KEY_ROOTS     "roots"
#define BANKCARD_KEY_ENCRYPT   "encrypt"

/* The account: the settings, and what was made of them and of the keys. */
struct bankcard {
    struct fq_str gateway; /* https://host */
    struct fq_str file_gateway;
    struct fq_str front_path;
    struct fq_str back_path;
    struct fq_str query_path;
    struct fq_str file_path;
    struct fq_str mer_id;
    struct fq_str access_type; /* 0; 2: with the three behind it */
    struct fq_str sub_mer_id;
    struct fq_str sub_mer_name;
    struct fq_str sub_mer_abbr;
    struct fq_str cn; /* whose certificates sign: one of these, between commas */
    struct fq_str channel_type_desktop;
    struct fq_str channel_type_mobile;
    struct fq_str empty_values; /* sample, keep, skip */
    struct fq_str encrypt;      /* from here on: yes, no */
    struct fq_str partial_refund;
    struct fq_str confirm_by_query;
    struct fq_str identity_is_checked;
    struct fq_str pending_is_final_after_timeout;

    struct fq_str front_url; /* of gateways and paths */
    struct fq_str back_url;
    struct fq_str query_url;
    struct fq_str file_url;
    struct fq_str cert_id; /* of sign_cert, in decimal */
};

#define BANKCARD_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What was asked, by whom; and the key of the transaction that it is about, where it has one: the
 * number and the time of its own request, which every answer repeats. */
struct bankcard_asked {
    const struct bankcard *self;
    const struct fq_host *host;
    const struct fq_call *call;
    struct fq_str order_id;
    struct fq_str txn_time;
};

/* ---- bankcard.c ---- */

extern const struct fq_description bankcard_about;

bool bankcard_is_yes(struct fq_str setting);

/* ---- codes.c: respCode and origRespCode, and what each says of a transaction ---- */

enum bankcard_class {
    BANKCARD_UNPROVEN = 0, /* no verified answer says a code: nothing is known */
    BANKCARD_UNCLEAR,      /* U: nobody can tell yet; so is every code that is not listed */
    BANKCARD_DONE,         /* OK; in the answer to a request for money: accepted, and no more */
    BANKCARD_WAITS,        /* U: known, and under way */
    BANKCARD_DEBITED,      /* U: the card was debited and the posting failed, or is unknown */
    BANKCARD_FAILED,       /* F */
    BANKCARD_LATER,        /* R: refused for now */
    BANKCARD_ECHO,         /* F, but perhaps because of this very refund */
    BANKCARD_TWICE,        /* the same key was here before */
    BANKCARD_ABSENT,       /* only of queries: no such transaction */
    BANKCARD_BUSY,         /* too many questions */
};

enum bankcard_class bankcard_classify(struct fq_str code);

/* ---- request.c: what we send ---- */

enum bankcard_kind {
    BANKCARD_CONSUME = 0,
    BANKCARD_INSTALMENTS, /* a consume in instalments */
    BANKCARD_QUERY,
    BANKCARD_REFUND,
    BANKCARD_UNDO,
    BANKCARD_STATEMENT,
    BANKCARD_RENEW_KEY,
};

struct bankcard_codes {
    struct fq_str txn_type;
    struct fq_str txn_sub_type;
    struct fq_str biz_type;
};

extern const struct bankcard_codes bankcard_codes[]; /* by kind */

/* Whether a message is about a transaction of that kind. */
bool bankcard_is_kind(struct fq_pairs fields, enum bankcard_kind kind);

#define BANKCARD_FIELDS_MAX 32

struct bankcard_request {
    const struct bankcard *self;
    const struct fq_host *host;
    struct fq_pair items[BANKCARD_FIELDS_MAX];
    size_t n_items;
};

/* Begins with what every request says. 0, or -1 after host->fail(). */
int bankcard_request_init(struct bankcard_request *request, const struct bankcard *self,
                          const struct fq_host *host, enum bankcard_kind kind);
/* An empty value is left out. `name` and `value` must outlive the request. */
void bankcard_request_add(struct bankcard_request *request, const char *name, struct fq_str value);
/* yyyymmddHHMMSS in Beijing, and what that is. 0, or -1 after host->fail(). */
int bankcard_request_add_time(struct bankcard_request *request, const char *name, int64_t unix_ms,
                              struct fq_str *ret);
/* Amount, currency and the platform's merchant, if there is one. 0, or -1 after host->fail(). */
int bankcard_request_add_money(struct bankcard_request *request, struct fq_money amount);
/* Signs; *ret holds every field that travels. 0, or -1 after host->fail(). */
int bankcard_request_sign(const struct bankcard_request *request, struct fq_pairs *ret);
/* Signs and makes a POST to `url` of it. 0, or -1 after host->fail(). */
int bankcard_request_send(const struct bankcard_request *request, struct fq_str url,
                          struct fq_verdict *ret);

/* ---- wire.c: what comes, and whether it is UnionPay's ---- */

/* Parses an answer as the platform's own SDK does. NULL, or why it cannot be read; *ret_is_open: a
 * brace did not close, and swallowed what follows. */
const char *bankcard_parse(const struct fq_host *host, struct fq_str body, struct fq_pairs *ret,
                           bool *ret_is_open);

/* Checks a certificate that came in a message: validity, name, chain. NULL and a key to verify
 * with, or why it is refused. */
const char *bankcard_certificate(const struct bankcard *self, const struct fq_host *host,
                                 int64_t now_unix_ms, struct fq_str pem, const char **ret_key);

enum bankcard_channel {
    BANKCARD_ANSWER = 0,
    BANKCARD_FORM, /* notifications and browsers */
};

/* NULL if all the fields are signed by UnionPay, and for this merchant; or why they are refused. */
const char *bankcard_verify(const struct bankcard *self, const struct fq_host *host,
                            int64_t now_unix_ms, struct fq_pairs fields,
                            enum bankcard_channel channel);

/* Reads an answer. *ret starts as DONE and UNKNOWN, with respCode and its text or with why there is
 * none. True: it is UnionPay's, and about what was asked. */
bool bankcard_read(const struct bankcard_asked *asked, const struct fq_message *message,
                   struct fq_verdict *ret, struct fq_pairs *ret_fields);

/* ---- fields.c: what stands in the fields of a verified message ---- */

/* Takes over a code and the text beside it: "34/2600000". */
void bankcard_tell(const struct fq_host *host, struct fq_pairs fields, const char *code_name,
                   const char *text_name, struct fq_verdict *ret);

/* A number of up to 12 digits, zeros in front allowed. False: none. */
bool bankcard_digits(struct fq_str text, int64_t *ret);

/* txnAmt in fen. False: none, or of another currency. */
bool bankcard_money(struct fq_pairs fields, struct fq_money *ret);

/* The terms that were used: those of instalTransInfo; 1 for a plain consume; 0 = not said. */
uint32_t bankcard_terms(const struct fq_host *host, struct fq_pairs fields);

struct fq_str bankcard_query_id(struct fq_pairs fields);

/* ---- create.c ---- */

/* What an order is to UnionPay: INSTALMENTS, or CONSUME. */
enum bankcard_kind bankcard_order_kind(const struct fq_call *call);

/* ---- query.c ---- */

/* Asks about the transaction of that key. */
int bankcard_ask(const struct bankcard_asked *asked, struct fq_verdict *ret);
/* What became of it, by its origRespCode, which *ret tells; ABSENT if the platform does not know
 * it.
 */
enum bankcard_class bankcard_hear(const struct bankcard_asked *asked,
                                  const struct fq_message *message, struct fq_verdict *ret,
                                  struct fq_pairs *ret_fields);

/* ---- key.c ---- */

int bankcard_ready(void *instance, const struct fq_host *host, const struct fq_str *keys,
                   size_t n_keys, struct fq_str *reterr_key);

/* ---- the operations ---- */

fq_begin_fn bankcard_create_begin;
fq_begin_fn bankcard_query_begin;
fq_resume_fn bankcard_query_resume;
fq_begin_fn bankcard_refund_begin;
fq_resume_fn bankcard_refund_resume;
fq_begin_fn bankcard_undo_begin;
fq_resume_fn bankcard_undo_resume;
fq_begin_fn bankcard_query_refund_begin;
fq_resume_fn bankcard_query_refund_resume;
fq_begin_fn bankcard_statement_begin;
fq_resume_fn bankcard_statement_resume;
fq_begin_fn bankcard_task_begin;
fq_resume_fn bankcard_task_resume;
fq_resume_fn bankcard_notification;
fq_resume_fn bankcard_browser_return;

#endif
