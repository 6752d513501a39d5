/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the Alipay model: its records, and what its files do for one another. */
#ifndef SANDBOX_ALIPAY_MODEL_H
#define SANDBOX_ALIPAY_MODEL_H

#include <cjson/cJSON.h>

#include "tests/sandbox/alipay.h"
#include "tests/sandbox/cert.h"
#include "tests/sandbox/cipher.h"
#include "tests/sandbox/due.h"
#include "tests/sandbox/form.h"
#include "tests/sandbox/index.h"
#include "tests/sandbox/key.h"
#include "tests/sandbox/text.h"
#include "tests/sandbox/units.h"

#define ALIPAY_BUYER_ID       "2088722003899169"
#define ALIPAY_BUYER_LOGON_ID "ifv***@sandbox.com"
#define ALIPAY_PASSWORD       "111111"
#define ALIPAY_INSTALMENT     "pcreditpayInstallment"

enum {
    ALIPAY_NO_MAX = 64, /* characters of out_trade_no, out_request_no */
    ALIPAY_CHANNEL_SIZE = 32,
};

/* ---- records ---------------------------------------------------------------------------------*/

/* WAIT_BUYER_PAY -> TRADE_SUCCESS -> TRADE_FINISHED
 *       |                 | full refund
 *       +-> TRADE_CLOSED <+                                                                     */
enum alipay_state {
    ALIPAY_WAIT_BUYER_PAY,
    ALIPAY_TRADE_SUCCESS,
    ALIPAY_TRADE_CLOSED,
    ALIPAY_TRADE_FINISHED,
};

/* What the merchant asked for; the texts live in the page that holds it. */
struct alipay_order {
    const char *out_trade_no;
    const char *subject;
    const char *body;
    const char *passback_params;
    const char *goods_type;
    const char *enable_pay_channels;
    const char *disable_pay_channels;
    const char *specified_channel;
    const char *hb_fq_num; /* "" where no instalments were asked for */
    const char *hb_fq_seller_percent;
    const char *notify_url;
    const char *return_url;
    const char *quit_url; /* where a mobile buyer goes who leaves */
    int64_t total_cents;
    int64_t expires_unix_ms;
    int64_t code_expires_unix_ms; /* of a QR code; 0: there is none */
};

/* One way of asking for money. */
struct alipay_product {
    const char *method;
    const char *codes; /* product_code may be one of them */
    bool needs_code;
    bool face_to_face;         /* a QR code; may be cancelled */
    const char *return_method; /* of the signed way back; NULL: there is none */
    int64_t timeout_ms;        /* where the order names none */
    int64_t timeout_min_ms;
};

enum alipay_step { ALIPAY_STEP_LOGIN, ALIPAY_STEP_IDENTITY, ALIPAY_STEP_CONFIRM, ALIPAY_STEP_LEFT };

/* What stands under one out_trade_no. */
struct alipay_number {
    struct alipay_page *pages; /* newest first, by `older` */
    struct alipay_trade *trade;
    struct alipay_notification *notifications; /* newest first, by `older` */
};

/* One accepted order: a way to the cashier. No trade exists before somebody logs in there. */
struct alipay_page {
    struct alipay_page *next;
    struct alipay_page *older; /* of the same number */
    struct alipay_number *number;
    const struct alipay_product *product;
    char token[33];
    struct form request;
    cJSON *biz;
    struct alipay_order order;
    enum alipay_step step;
    unsigned n_wrong_passwords;
    const char *message; /* shown once on the next page */
};

struct alipay_refund {
    struct alipay_refund *next;
    char *out_request_no;
    char *reason;
    int64_t cents;
    int64_t settles_unix_ms;
    int64_t settled_unix_ms; /* 0: pending */
    bool from_console;
};

struct alipay_trade {
    struct alipay_trade *next;
    struct alipay_number *number;
    const struct alipay_page *page; /* which opened it */
    const struct alipay_order *order;
    char trade_no[29];
    enum alipay_state state;
    int64_t created_unix_ms;
    int64_t paid_unix_ms;   /* 0: never */
    int64_t closed_unix_ms; /* 0: never */
    int64_t expires_unix_ms;
    int64_t finishes_unix_ms;
    int64_t cancel_until_unix_ms;
    int64_t last_refund_unix_ms;
    bool cancelled;
    char channel[ALIPAY_CHANNEL_SIZE];
    unsigned instalments; /* 0: not by instalments */
    unsigned n_declines;
    struct alipay_refund *refunds; /* newest first */
};

struct alipay_attempt {
    int64_t at_unix_ms;
    long http_status;
    char *answer;
    const char *fault; /* "" */
};

enum { ALIPAY_ATTEMPTS_MAX = 16 };

struct alipay_notification {
    struct alipay_notification *next;
    struct alipay_notification *older; /* of the same number */
    struct alipay_notification *next_waiting;
    uint64_t id;
    char *out_trade_no;
    char *url;
    struct form fields; /* without notify_time, sign, sign_type */
    int64_t due_unix_ms;
    bool in_flight;
    bool held; /* until a later one was delivered */
    bool done;
    bool forged;
    const char *key_name; /* of a forged one: platform, foreign, none */
    const char *fault;    /* of the delivery in flight, "" */
    unsigned extra;       /* deliveries owed after a success */
    unsigned n_retries;
    struct alipay_attempt attempts[ALIPAY_ATTEMPTS_MAX];
    size_t n_attempts;
};

struct alipay_fault {
    struct alipay_fault *next;
    char *method;
    const char *kind;
    char *field; /* tamper: which */
    char *value; /* tamper: to what; sub_code: which */
    int64_t delay_ms;
    int count; /* negative: for ever */
};

struct alipay_log {
    int64_t at_unix_ms;
    char *method;
    char *out_trade_no;
    char *out_request_no;
    char *code;
    char *sub_code;
    const char *fault;
};

struct alipay_settings {
    bool hb_fq_pay_info;
    bool upper_case_key;
    bool charge_info;
    bool notify_closed;
    bool seller_pays_allowed;
    int64_t refund_pending_ms;
    int64_t refund_interval_ms;
    int64_t refund_window_ms;
    int64_t timestamp_tolerance_ms;
    int64_t time_expire_min_ms;
    int64_t min_cents;
    int64_t max_cents;
    int64_t cancel_window_ms;
    int64_t bill_ready_ms;
    int64_t service_ppm;
    int64_t credit_cents;
    bool bill_at_once;
    bool empty_bill;
    bool encryption_required;
    bool notify_cert_sn;
    const char *fee_refund;           /* none, proportional, full */
    const char *cancel_unknown;       /* success, refused */
    const char *permissions;          /* granted, app, user */
    const char *platform_certificate; /* first, next */
};

/* Certificate mode; in public-key mode nothing but NULL and "". */
struct alipay_certs {
    char *app;
    char *platform[2]; /* before and after a rotation */
    char *forged;      /* made when first needed */
    char *root_sn;
    char app_sn[CERT_SN_SIZE];
    char platform_sn[2][CERT_SN_SIZE];
    char forged_sn[CERT_SN_SIZE];
};

/* A way to a bill file, for half a minute. */
struct alipay_bill {
    struct alipay_bill *next;
    char token[33];
    int64_t from_unix_ms;
    int64_t to_unix_ms;
    int64_t expires_unix_ms;
};

struct alipay {
    struct alipay_config config;
    EVP_PKEY *own_foreign_private;
    struct alipay_certs certs;
    bool has_content_key;
    unsigned char content_key[CIPHER_KEY_SIZE];
    struct alipay_settings settings;
    int64_t now_unix_ms;
    uint64_t n_numbers;
    struct alipay_page *pages;                 /* newest first */
    struct alipay_trade *trades;               /* newest first */
    struct alipay_notification *notifications; /* oldest first */
    struct alipay_notification *newest_notification;
    struct alipay_notification *in_flight; /* by next_waiting */
    struct alipay_notification *held;      /* by next_waiting */
    struct index numbers;                  /* alipay_number by out_trade_no */
    struct index trades_by_no;
    struct index pages_by_token;
    struct due_list dues;        /* of trades and refunds */
    struct due_list notify_dues; /* of notifications */
    struct alipay_fault *faults; /* oldest first */
    struct alipay_bill *bills;
    struct alipay_log *log;
    size_t n_log;
    size_t log_room;
};

/* ---- one call of the gateway
 * --------------------------------------------------------------------*/

struct alipay_call;

struct alipay_method {
    const char *name;
    const char *node;
    void (*handle)(struct alipay *alipay, struct alipay_call *call);
    bool is_page; /* answers a browser */
    bool is_app;  /* comes from the phone, not over the gateway */
};

struct alipay_call {
    struct form form;
    const char *undecodable; /* why the parameters cannot be read, or NULL */
    char *method_name;       /* as sent, "" */
    char *out_trade_no;
    char *out_request_no;
    const struct alipay_method *method; /* NULL: no such */
    const char *host;                   /* of links back to this server */
    bool encrypted;
    cJSON *biz;
    const struct alipay_fault *fault; /* or NULL */
    const char *code;
    const char *msg;
    const char *sub_code; /* "" on success */
    char *sub_msg;
    cJSON *fields;            /* of the answer's node */
    char *location;           /* of a page that was accepted */
    struct alipay_page *page; /* that the call made */
};

/* The text of a biz_content field; "" where it is absent. */
const char *alipay_biz_text(const cJSON *biz, const char *name);
void alipay_call_set(struct alipay_call *call, const char *name, const char *value);
void alipay_call_set_yuan(struct alipay_call *call, const char *name, int64_t cents);
void alipay_call_set_time(struct alipay_call *call, const char *name, int64_t unix_ms);

void alipay_call_fail(struct alipay_call *call, const char *code, const char *sub_code,
                      const char *sub_msg);
void alipay_call_succeed(struct alipay_call *call);
bool alipay_call_failed(const struct alipay_call *call);
bool alipay_call_asks(const struct alipay_call *call, const char *query_option);

/* alipay_gateway.c */
void alipay_gateway(struct alipay *alipay, const struct sandbox_request *request,
                    struct sandbox_response *ret);
/* Query and body as one set of parameters; nothing is judged here. */
void alipay_call_read(struct alipay_call *call, const struct sandbox_request *request);
/* The business content, in the clear. */
void alipay_call_read_biz(struct alipay_call *call, const char *biz_content);
/* Checks, and unless something stands against it, does. */
void alipay_call_run(struct alipay *alipay, struct alipay_call *call);
void alipay_call_free(struct alipay_call *call);
/* alipay_check.c: everything that is looked at before the business; false after a failure. */
bool alipay_check(const struct alipay *alipay, struct alipay_call *call);
/* alipay_answer.c */
char *alipay_answer_json(struct alipay *alipay, const struct alipay_call *call);
void alipay_answer(struct alipay *alipay, struct alipay_call *call, struct sandbox_response *ret);
void alipay_answer_page(const struct alipay_call *call, struct sandbox_response *ret);

/* ---- methods
 * ------------------------------------------------------------------------------------*/

void alipay_page_pay(struct alipay *alipay, struct alipay_call *call); /* wap.pay as well */
void alipay_app_pay(struct alipay *alipay, struct alipay_call *call);
void alipay_precreate(struct alipay *alipay, struct alipay_call *call);
void alipay_query(struct alipay *alipay, struct alipay_call *call);
void alipay_close(struct alipay *alipay, struct alipay_call *call);
void alipay_cancel(struct alipay *alipay, struct alipay_call *call);
void alipay_refund(struct alipay *alipay, struct alipay_call *call);
void alipay_refund_query(struct alipay *alipay, struct alipay_call *call);
void alipay_bill_query(struct alipay *alipay, struct alipay_call *call);
void alipay_cert_download(struct alipay *alipay, struct alipay_call *call);

/* ---- orders, trades, refunds
 * ----------------------------------------------------------------------*/

/* Reads biz_content into an order; fails the call for what the platform would refuse. */
bool alipay_order_read(const struct alipay *alipay, struct alipay_call *call,
                       struct alipay_order *ret);
bool alipay_order_allows(const struct alipay_order *order, const char *channel);
/* Is `item` in the comma-separated list? */
bool alipay_order_lists(const char *list, const char *item);
const struct alipay_product *alipay_product_of(const char *method);
/* Same amount, subject and terms? */
bool alipay_order_same(const struct alipay_order *a, const struct alipay_order *b);

/* Lets time pass: expiry, pending refunds, the end of the refund window. */
void alipay_advance(struct alipay *alipay, int64_t now_unix_ms);
/* Brings every deadline nearer, as if that much time had passed since it was set. */
void alipay_age(struct alipay *alipay, int64_t by_ms);
int64_t alipay_next_due(void *model);

/* NULL where nothing was asked for under it. */
struct alipay_number *alipay_number_find(const struct alipay *alipay, const char *out_trade_no);
struct alipay_trade *alipay_trade_find(const struct alipay *alipay, const char *out_trade_no);
/* Makes a page of an order that was read from the call, whose texts move into the page. */
struct alipay_page *alipay_page_make(struct alipay *alipay, struct alipay_call *call,
                                     const struct alipay_order *order);
/* From now on the page can be found. */
void alipay_page_add(struct alipay *alipay, struct alipay_page *page);
/* Reads the order and asks whether a trade stands against it; fails the call for that. */
bool alipay_page_read(struct alipay *alipay, struct alipay_call *call, struct alipay_order *ret);
/* By trade_no, else by out_trade_no; fails the call where there is none. */
struct alipay_trade *alipay_trade_named(const struct alipay *alipay, struct alipay_call *call);
struct alipay_page *alipay_page_by_token(const struct alipay *alipay, const char *token);
struct alipay_page *alipay_page_by_order(const struct alipay *alipay, const char *out_trade_no);
const char *alipay_state_name(enum alipay_state state);

/* What the buyer does. Each returns NULL, or the sub_code of what stands against it. */
const char *alipay_buyer_open(struct alipay *alipay, struct alipay_page *page);
const char *alipay_buyer_pay(struct alipay *alipay, struct alipay_trade *trade, const char *channel,
                             unsigned instalments, bool even_if_closed);
/* What the platform does to an unpaid trade. */
const char *alipay_trade_close(struct alipay *alipay, struct alipay_trade *trade);

int64_t alipay_refunds_sum(const struct alipay_trade *trade, bool settled_only);
struct alipay_refund *alipay_refund_find(const struct alipay_trade *trade,
                                         const char *out_request_no);
/* NULL, or the sub_code. The amount was checked to be positive. */
const char *alipay_refund_add(struct alipay *alipay, struct alipay_trade *trade,
                              const char *out_request_no, int64_t cents, const char *reason,
                              bool from_console, struct alipay_refund **ret);
/* What the platform gives the merchant back of the instalment fee that he bore. */
int64_t alipay_refund_fee_back(const struct alipay *alipay, const struct alipay_trade *trade,
                               const struct alipay_refund *refund);
void alipay_refund_settle(struct alipay *alipay, struct alipay_trade *trade,
                          struct alipay_refund *refund);

/* ---- the buyer's browser
 * ---------------------------------------------------------------------------*/

void alipay_cashier(struct alipay *alipay, const struct sandbox_request *request,
                    struct sandbox_response *ret);
/* Where a scanned code leads. */
void alipay_scanned(struct alipay *alipay, const struct sandbox_request *request,
                    struct sandbox_response *ret);
/* Of a link that precreate gave out; NULL for any other. */
struct alipay_page *alipay_page_by_code(const struct alipay *alipay, const char *link);
/* The signed way back to the shop, or "" where the order has none. */
char *alipay_return_link(const struct alipay *alipay, const struct alipay_trade *trade,
                         const struct alipay_page *page);
/* What the app on the phone is told about an order string; `wish` as in README.md. */
void alipay_app(struct alipay *alipay, const cJSON *wish, cJSON *ret);

/* ---- certificates, bills
 * ---------------------------------------------------------------------------*/

void alipay_certs_init(struct alipay_certs *certs, const struct alipay_config *config);
void alipay_certs_free(struct alipay_certs *certs);
/* What the platform signs with now, and the serial that belongs to it ("" in public-key mode). */
EVP_PKEY *alipay_platform_key(const struct alipay *alipay);
const char *alipay_platform_sn(const struct alipay *alipay);
/* Of a certificate that bears the platform's name and the foreign key. */
const char *alipay_forged_sn(struct alipay *alipay);

/* The archive of that time, or NULL where nothing was paid or refunded then and `empty` is false.
 */
char *alipay_bill_file(const struct alipay *alipay, int64_t from_unix_ms, int64_t to_unix_ms,
                       bool empty, size_t *ret_size);
void alipay_bill_serve(struct alipay *alipay, const struct sandbox_request *request,
                       struct sandbox_response *ret);
void alipay_bills_free(struct alipay *alipay);

/* ---- notifications
 * ----------------------------------------------------------------------------------*/

/* `refund` may be NULL. Nothing happens where the order has no notify_url. */
void alipay_notify(struct alipay *alipay, const struct alipay_trade *trade,
                   const struct alipay_refund *refund);
void alipay_notify_forged(struct alipay *alipay, const struct alipay_trade *trade, const char *url,
                          const char *key_name, const cJSON *fields);
/* Sends the newest notification of an order once more; false where there is none. */
bool alipay_notify_resend(struct alipay *alipay, const char *out_trade_no);
void alipay_notify_release(struct alipay *alipay);
/* When the next one is to be sent; INT64_MAX for never. */
int64_t alipay_notify_next_due(struct alipay *alipay);
bool alipay_next_delivery(void *model, int64_t now_unix_ms, struct sandbox_delivery *ret);
void alipay_delivered(void *model, uint64_t id, int64_t now_unix_ms, long http_status,
                      const char *answer, size_t answer_size);
void alipay_notifications_free(struct alipay *alipay);
EVP_PKEY *alipay_foreign_key(struct alipay *alipay);
/* The fields of a notification about this trade, as far as they do not change per delivery. */
void alipay_notify_fields(struct alipay *alipay, const struct alipay_trade *trade,
                          const struct alipay_refund *refund, struct form *ret);

/* ---- faults, settings, log, control
 * ---------------------------------------------------------------------*/

/* False for an unknown kind. */
bool alipay_fault_add(struct alipay *alipay, const cJSON *wish);
/* The first fault that waits for `method` and is of one of `kinds` (space-separated), spent by
 * one; NULL where there is none. Valid until faults are added or cleared. */
const struct alipay_fault *alipay_fault_take(struct alipay *alipay, const char *method,
                                             const char *kinds);
bool alipay_fault_is(const struct alipay_fault *fault, const char *kind);
void alipay_faults_clear(struct alipay *alipay);

void alipay_settings_init(struct alipay_settings *settings);
/* NULL, or the name of the setting that is unknown or out of range; then nothing was changed. */
const char *alipay_settings_apply(struct alipay *alipay, const cJSON *wish);
cJSON *alipay_settings_json(const struct alipay_settings *settings);

void alipay_log_add(struct alipay *alipay, const struct alipay_call *call);
/* What a fault of the line itself does to a finished answer. */
void alipay_fault_line(const struct alipay_fault *fault, struct sandbox_response *ret);
void alipay_control(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                    struct sandbox_response *ret);
cJSON *alipay_trade_json(const struct alipay *alipay, const char *out_trade_no);
cJSON *alipay_log_json(const struct alipay *alipay);
cJSON *alipay_notification_json(const struct alipay_notification *notification);

/* n decimal digits that did not come before. */
void alipay_digits(struct alipay *alipay, char *ret, size_t n_digits);
int64_t alipay_scaled(const struct alipay *alipay, int64_t ms);

#endif
