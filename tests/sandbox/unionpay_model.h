/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the UnionPay model: its records, and what its files do for one another. */
#ifndef SANDBOX_UNIONPAY_MODEL_H
#define SANDBOX_UNIONPAY_MODEL_H

#include <cjson/cJSON.h>

#include "tests/sandbox/due.h"
#include "tests/sandbox/form.h"
#include "tests/sandbox/index.h"
#include "tests/sandbox/text.h"
#include "tests/sandbox/unionpay.h"

#define UNIONPAY_CASHIER "/unionpay/cashier"

enum {
    UNIONPAY_CODE_SIZE = 3,
    UNIONPAY_TIME_SIZE = 15, /* YYYYMMDDhhmmss */
    UNIONPAY_TERMS_N = 3,
    UNIONPAY_SENDS_MAX = 5,
};

/* ---- records -------------------------------------------------------------------------------- */

struct unionpay_merchant {
    struct unionpay_merchant *next;
    char *mer_id;
    char *pem;
    char *cert_id;
    EVP_PKEY *public_key;
    bool encrypts;
};

/* A test card and who holds it. */
struct unionpay_card {
    const char *number;
    const char *type; /* payCardType: 01 debit, 02 credit */
    const char *bank;
    const char *bank_code;
    const char *customer_name;
    const char *document_type;
    const char *document_number;
    const char *phone;
    const char *expiry; /* MMYY; "" of a debit card */
    const char *cvn2;
};

/* OPEN -> PROCESSING -> SUCCEEDED | FAILED. A decline leaves a front order OPEN: the buyer may try
 * again until payTimeout. A back transaction is PROCESSING from its arrival on.               */
enum unionpay_state {
    UNIONPAY_OPEN,
    UNIONPAY_PROCESSING,
    UNIONPAY_SUCCEEDED,
    UNIONPAY_FAILED,
};

enum unionpay_step {
    UNIONPAY_STEP_CARD,
    UNIONPAY_STEP_TERMS,
    UNIONPAY_STEP_CODE,
    UNIONPAY_STEP_DECLINED,
    UNIONPAY_STEP_LEFT,
};

/* What stands under one orderId. */
struct unionpay_number {
    struct unionpay_order *orders;               /* newest first, by `older` */
    struct unionpay_notification *notifications; /* newest first, by `older` */
};

/* A consume, a refund or an undo, under (merId, orderId, txnTime). */
struct unionpay_order {
    struct unionpay_order *next;
    struct unionpay_order *older; /* of the same orderId */
    struct unionpay_number *number;
    const struct unionpay_merchant *merchant;
    struct unionpay_order *original; /* of a refund, an undo */
    struct unionpay_order *backs;    /* refunds and undos of a consume, newest first, by `beside` */
    struct unionpay_order *beside;
    struct form request;  /* as it came, without the signature */
    struct form customer; /* its customerInfo, opened */
    char *key;
    char *acc_no; /* the request's, opened, "" */
    const char *order_id;
    int64_t amount_fen;
    enum unionpay_state state;
    char code[UNIONPAY_CODE_SIZE];         /* final, or of processing */
    char decline_code[UNIONPAY_CODE_SIZE]; /* of the newest try, "" */
    char next_code[UNIONPAY_CODE_SIZE];    /* what it settles to */
    char query_id[22];
    char trace_no[7];
    int64_t arrived_unix_ms;
    int64_t visible_unix_ms;   /* to queries */
    int64_t times_out_unix_ms; /* payTimeout; INT64_MAX: never */
    int64_t settles_unix_ms;   /* while PROCESSING; INT64_MAX: by the control side alone */
    int64_t settled_unix_ms;   /* 0: not yet */
    unsigned instalments;      /* 0: all at once */
    int64_t surcharge_fen;
    bool charged; /* money moved */
    bool late;    /* the buyer paid after payTimeout */
    unsigned n_declines;
    const struct unionpay_card *card;
    /* The buyer's way through the pages. */
    char token[33];
    enum unionpay_step step;
    unsigned n_wrong_codes;
    char *message; /* shown once, or NULL */
};

struct unionpay_attempt {
    int64_t at_unix_ms;
    long http_status;
    char *answer;
    const char *fault;
};

struct unionpay_notification {
    struct unionpay_notification *next;
    struct unionpay_notification *older; /* of the same orderId */
    struct unionpay_notification *next_in_flight;
    uint64_t id;
    char *order_id;
    char *url;
    struct form fields; /* not yet sealed */
    int64_t due_unix_ms;
    bool in_flight;
    bool done;
    bool forged;
    char *signer;      /* of a forged one: which leaf, or none */
    const char *fault; /* of the delivery in flight, "" */
    unsigned n_extra;  /* deliveries owed after a success */
    unsigned n_sends;
    struct unionpay_attempt attempts[UNIONPAY_SENDS_MAX + 3];
    size_t n_attempts;
};

struct unionpay_fault {
    struct unionpay_fault *next;
    char *method;
    char *order_id; /* "": any */
    const char *kind;
    char *field;
    char *value;
    int64_t delay_ms;
    int count; /* negative: for ever */
};

struct unionpay_log {
    int64_t at_unix_ms;
    const char *method;
    char *mer_id;
    char *order_id;
    char *txn_time;
    char *code;
    char *text;
    const char *fault;
};

struct unionpay_settings {
    int64_t txn_time_tolerance_ms;
    int64_t arrival_delay_ms;
    int64_t pay_pending_ms;
    int64_t refund_pending_ms;
    int64_t late_refund_ms; /* until what came too late (42) is given back */
    int64_t refund_window_ms;
    int64_t cutoff_minutes;
    int64_t file_ready_ms;
    int64_t key_grace_ms; /* what is encrypted to the certificate before still opens so long */
    int64_t fee_ppm;
    int64_t subsidy_ppm;
    int64_t surcharge_ppm[UNIONPAY_TERMS_N];
    int64_t min_fen;
    int64_t max_fen;
    bool partial_refund;
    bool instalment_partial_refund;
    bool undo;
    bool instal_trans_info;
    bool card_facts;
    bool braces;
    bool file_at_once;
    bool strict_names;
    char pay_code[UNIONPAY_CODE_SIZE];
    char refund_code[UNIONPAY_CODE_SIZE];
    char undo_code[UNIONPAY_CODE_SIZE];
    const char *acc_no;           /* masked, encrypted, absent, clear */
    const char *notify_minutes;   /* 0124, 1245 */
    const char *open_answer;      /* 05, 34, 70 */
    const char *expired_answer;   /* 34, 01 */
    const char *late_pay;         /* refused, success, refund */
    const char *unknown_merchant; /* unsigned, http_500, signed */
    const char *file_flaw;        /* none, traversal, bomb, truncated, width */
};

struct unionpay {
    struct unionpay_config config;
    char *seed;
    EVP_PKEY *own_foreign_private;
    struct unionpay_leaf leaf;          /* what signs now */
    struct unionpay_leaf encryption[2]; /* now, and before the newest rotation */
    int64_t renewed_unix_ms;            /* when that was */
    /* Made when first needed. */
    struct unionpay_leaf wrong_name;
    struct unionpay_leaf expired;
    struct unionpay_leaf self_made;
    struct unionpay_settings settings;
    int64_t ahead_ms; /* of the caller's clock */
    int64_t now_unix_ms;
    uint64_t n_numbers;
    uint64_t n_rotations;
    struct unionpay_merchant *merchants;
    struct unionpay_order *orders;               /* newest first */
    struct unionpay_notification *notifications; /* oldest first */
    struct unionpay_notification *newest_notification;
    struct unionpay_notification *in_flight; /* by next_in_flight */
    struct index numbers;                    /* unionpay_number by orderId */
    struct index orders_by_key;
    struct index orders_by_query_id;
    struct index orders_by_token;
    struct due_list dues;          /* of orders */
    struct due_list notify_dues;   /* of notifications */
    struct unionpay_fault *faults; /* oldest first */
    struct unionpay_log *log;
    size_t n_log;
    size_t log_room;
};

/* ---- one request ---------------------------------------------------------------------------- */

struct unionpay_call;

/* One kind of transaction at one address. */
struct unionpay_kind {
    const char *method; /* its name here: front, query, refund, undo, key, file */
    const char *path;
    const char *txn_type;
    const char *txn_sub_types; /* one of them, space-separated */
    const char *biz_types;     /* the same */
    const char *required;      /* names besides those that every request has */
    void (*handle)(struct unionpay *unionpay, struct unionpay_call *call);
    bool is_page; /* answers a browser */
};

struct unionpay_call {
    const char *path;
    struct form form;
    const char *unreadable;           /* why no parameter can be believed: HTTP 400; or NULL */
    const struct unionpay_kind *kind; /* NULL: no such */
    const struct unionpay_merchant *merchant;
    const struct unionpay_fault *fault; /* or NULL */
    const char *code;
    char *text;                   /* respMsg */
    bool unidentified;            /* nobody to answer to */
    struct form fields;           /* of the answer, beyond those echoed */
    struct unionpay_order *order; /* that a page was opened for */
};

/* The text of a field of the request; "" where it is absent. */
const char *unionpay_call_get(const struct unionpay_call *call, const char *name);
/* `detail` goes before the bracket, as the name of a field; or NULL. */
void unionpay_call_end(struct unionpay_call *call, const char *code, const char *detail);

/* unionpay_gateway.c */
bool unionpay_is_gateway(const char *path);
void unionpay_gateway(struct unionpay *unionpay, const struct sandbox_request *request,
                      struct sandbox_response *ret);
/* unionpay_check.c: everything that is looked at before the business; false after a failure. */
bool unionpay_check(struct unionpay *unionpay, struct unionpay_call *call);
const char *unionpay_code_words(const char *code);
const char *unionpay_code_brackets(const char *code);
/* "成功[0000000]"; the caller's to free. */
char *unionpay_code_text(const char *code, const char *detail);
const struct unionpay_merchant *unionpay_merchant_find(const struct unionpay *unionpay,
                                                       const char *mer_id);

/* unionpay_seal.c: signs what the platform says, and lies as the fault says (NULL: not at all).
 * `is_answer`: the order of fields of a synchronous answer. */
void unionpay_seal(struct unionpay *unionpay, const struct unionpay_fault *fault, bool is_answer,
                   struct form *form);
/* With a leaf by name: good, wrong_cn, expired_leaf, self_made. */
void unionpay_seal_as(struct unionpay *unionpay, const char *signer, struct form *form);
/* key=value joined by &, sorted by byte; without `signature`. */
char *unionpay_to_sign(const struct form *form);
/* Not url-encoded. */
char *unionpay_write_plain(const struct form *form);
/* The double hash of 5.1.0. */
bool unionpay_verify(EVP_PKEY *key, const struct form *form);
char *unionpay_sign(EVP_PKEY *key, const struct form *form);

/* ---- transactions --------------------------------------------------------------------------- */

void unionpay_front(struct unionpay *unionpay, struct unionpay_call *call);
void unionpay_query(struct unionpay *unionpay, struct unionpay_call *call);
void unionpay_refund(struct unionpay *unionpay, struct unionpay_call *call); /* undo as well */
void unionpay_key_update(struct unionpay *unionpay, struct unionpay_call *call);
void unionpay_statement(struct unionpay *unionpay, struct unionpay_call *call);

/* ---- orders --------------------------------------------------------------------------------- */

/* Keeps a request whose key is new. */
struct unionpay_order *unionpay_order_add(struct unionpay *unionpay,
                                          const struct unionpay_merchant *merchant,
                                          const struct form *request);
/* A refund or an undo, which comes to `code` after a while. */
struct unionpay_order *unionpay_order_add_back(struct unionpay *unionpay,
                                               struct unionpay_order *original,
                                               const struct form *request, const char *code,
                                               int64_t wait_ms);
struct unionpay_order *unionpay_order_find(const struct unionpay *unionpay, const char *mer_id,
                                           const char *order_id, const char *txn_time);
/* The newest of that orderId, or NULL. */
struct unionpay_order *unionpay_order_newest(const struct unionpay *unionpay, const char *order_id);
const char *unionpay_order_get(const struct unionpay_order *order, const char *name);
bool unionpay_order_is_consume(const struct unionpay_order *order);
bool unionpay_order_timed_out(const struct unionpay *unionpay, const struct unionpay_order *order);
/* What a query says of it. */
const char *unionpay_order_answer(const struct unionpay *unionpay,
                                  const struct unionpay_order *order);
/* The transaction comes to `code` now: processing, success or failure, with all that follows. */
/* The platform's own doing, or the merchant portal's: no message tells of it, the file does. */
struct unionpay_order *unionpay_order_give_back(struct unionpay *unionpay,
                                                struct unionpay_order *original, int64_t amount_fen,
                                                int64_t wait_ms);
void unionpay_order_settle(struct unionpay *unionpay, struct unionpay_order *order,
                           const char *code);
/* A decline of the buyer's try; `code` becomes the newest. */
void unionpay_order_decline(struct unionpay_order *order, const char *code);
/* The buyer pays in so many instalments. NULL, or why not. */
const char *unionpay_order_pay(struct unionpay *unionpay, struct unionpay_order *order,
                               const struct unionpay_card *card, unsigned instalments,
                               const char *code, bool even_if_late);
/* What refunds and undos took or will take. */
int64_t unionpay_order_taken_fen(const struct unionpay_order *order, bool settled_only);
/* instalTransInfo of a paid order, or "" where it has none; the caller's to free. */
char *unionpay_order_instalments(const struct unionpay *unionpay,
                                 const struct unionpay_order *order);
/* What queries, notifications and returns say of a transaction that has a queryId. */
void unionpay_order_fields(struct unionpay *unionpay, const struct unionpay_order *order,
                           struct form *ret);
/* Of a notification or a return. */
void unionpay_order_notice(struct unionpay *unionpay, const struct unionpay_order *order,
                           struct form *ret);
int64_t unionpay_surcharge_fen(const struct unionpay *unionpay, int64_t amount_fen,
                               unsigned instalments);
/* The settlement day that a moment belongs to, as a number of days. */
int64_t unionpay_settle_day(const struct unionpay *unionpay, int64_t unix_ms);
/* MMDD of such a number. */
void unionpay_settle_date(int64_t day, char ret[5]);

void unionpay_advance(struct unionpay *unionpay, int64_t now_unix_ms);
int64_t unionpay_next_due(void *model);

/* unionpay_card.c */
const struct unionpay_card *unionpay_card_find(const char *number);
const struct unionpay_card *unionpay_card_default(void);
/* 6221********0000; the caller's to free. */
char *unionpay_card_masked(const char *number);
/* Opens customerInfo and accNo of a request; false, with the field's name, where it cannot. */
bool unionpay_customer_read(const struct unionpay *unionpay, const struct form *request,
                            struct form *ret_customer, char **ret_acc_no, const char **ret_field);

/* ---- the buyer's browser -------------------------------------------------------------------- */

void unionpay_cashier(struct unionpay *unionpay, const struct sandbox_request *request,
                      struct sandbox_response *ret);
void unionpay_cashier_show(struct unionpay *unionpay, struct unionpay_order *order,
                           struct sandbox_response *ret);
void unionpay_cashier_error(const char *code, const char *text, struct sandbox_response *ret);

/* ---- notifications -------------------------------------------------------------------------- */

void unionpay_notify(struct unionpay *unionpay, const struct unionpay_order *order);
bool unionpay_notify_resend(struct unionpay *unionpay, const char *order_id);
void unionpay_notify_forged(struct unionpay *unionpay, const struct unionpay_order *order,
                            const char *url, const char *signer, const cJSON *fields);
int64_t unionpay_notify_next_due(struct unionpay *unionpay);
bool unionpay_next_delivery(void *model, int64_t now_unix_ms, struct sandbox_delivery *ret);
void unionpay_delivered(void *model, uint64_t id, int64_t now_unix_ms, long http_status,
                        const char *answer, size_t answer_size);
void unionpay_notifications_free(struct unionpay *unionpay);

/* ---- faults, settings, log, control --------------------------------------------------------- */

/* False for an unknown kind. */
bool unionpay_fault_add(struct unionpay *unionpay, const cJSON *wish);
/* The first fault that waits for `method` (and this order) and is of one of `kinds`
 * (space-separated; NULL: any), spent by one; NULL where there is none. */
const struct unionpay_fault *unionpay_fault_take(struct unionpay *unionpay, const char *method,
                                                 const char *order_id, const char *kinds);
bool unionpay_fault_is(const struct unionpay_fault *fault, const char *kind);
/* What a fault of the line does to a finished answer. */
void unionpay_fault_line(const struct unionpay_fault *fault, struct sandbox_response *ret);
void unionpay_faults_clear(struct unionpay *unionpay);
/* Is `item` in a space-separated list? */
bool unionpay_lists(const char *list, const char *item);

void unionpay_settings_init(struct unionpay_settings *settings);
/* NULL, or the name of the setting that is unknown or out of range; then nothing was changed. */
const char *unionpay_settings_apply(struct unionpay *unionpay, const cJSON *wish);
cJSON *unionpay_settings_json(const struct unionpay_settings *settings);

void unionpay_control(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                      struct sandbox_response *ret);
void unionpay_log_add(struct unionpay *unionpay, const struct unionpay_call *call);
cJSON *unionpay_log_json(const struct unionpay *unionpay);
cJSON *unionpay_order_json(struct unionpay *unionpay, const struct unionpay_order *order);
cJSON *unionpay_notification_json(const struct unionpay_notification *notification);

/* ---- tools ---------------------------------------------------------------------------------- */

/* The text of a JSON member; "" where it is absent. */
const char *unionpay_wish(const cJSON *json, const char *name);
/* n decimal digits that did not come before. */
void unionpay_digits(struct unionpay *unionpay, char *ret, size_t n_digits);
EVP_PKEY *unionpay_foreign_key(struct unionpay *unionpay);
void unionpay_rotate_leaf(struct unionpay *unionpay);
void unionpay_rotate_encryption(struct unionpay *unionpay);
/* To this one, which is taken over: its members are zeroed. */
void unionpay_renew_encryption(struct unionpay *unionpay, struct unionpay_leaf *leaf);
/* Whose certificate opens what is encrypted, by its serial; NULL: nobody's, or no more. */
const struct unionpay_leaf *unionpay_encryption_find(const struct unionpay *unionpay,
                                                     const char *serial);
/* YYYYMMDDhhmmss in Beijing; returns `ret`. */
const char *unionpay_time_format(int64_t unix_ms, char ret[UNIONPAY_TIME_SIZE]);
bool unionpay_time_parse(const char *raw, int64_t *ret_unix_ms);

#endif
