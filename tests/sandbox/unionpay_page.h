/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's cashier as the buyer sees it: plain values in, whole HTML documents out. */
#ifndef SANDBOX_UNIONPAY_PAGE_H
#define SANDBOX_UNIONPAY_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sandbox/text.h"

/* Texts are UTF-8 and come out escaped; NULL is the same as "". Every form POSTs to `action` with
 * the hidden fields `token` and `do`; what `do` may be stands at each page. Everywhere it may also
 * be `cancel` (the buyer leaves), and `decline` (a test button: the bank says no). */
struct unionpay_page_order {
    const char *token;  /* opaque */
    const char *action; /* the path that takes the forms */
    const char *merchant_name;
    const char *order_id;
    const char *description;
    int64_t amount_fen;
    int64_t until_unix_ms; /* payTimeout; 0: none */
    bool by_instalments;   /* then there is a step for the terms, and credit cards alone will do */
    const char *message;   /* what was wrong with the step before, or NULL */
};

/* A value that is known already, from the merchant or from an earlier try, is shown masked and
 * never written out. If it is not locked, the buyer may type another one: the form then brings
 * that, else an empty field, which means the known one. */
struct unionpay_page_known {
    const char *value;
    bool locked; /* no field at all in the form */
};

/* do=card with card_number, customer_name, document_number, phone, expiry ("MM/YY" or "MMYY", as
 * the buyer typed it), cvn2. */
struct unionpay_page_card {
    struct unionpay_page_known card_number;
    struct unionpay_page_known customer_name;
    struct unionpay_page_known document_number;
    struct unionpay_page_known phone;
    const char *test_hint; /* "测试卡 6221558812340000 ..." or NULL */
};

void unionpay_page_card(struct text *html, const struct unionpay_page_order *order,
                        const struct unionpay_page_card *card);

struct unionpay_page_term {
    unsigned n_instalments; /* 0: all at once */
    int64_t surcharge_fen;  /* the buyer's, in all */
    int64_t first_fen;      /* what he pays in the first month, surcharge included */
    int64_t each_fen;       /* and in every later one */
};

struct unionpay_page_terms {
    const struct unionpay_page_term *terms;
    size_t n_terms;
    unsigned chosen;         /* n_instalments of the term that is checked; none: the first one */
    const char *bank_name;   /* or NULL */
    const char *card_number; /* shown masked */
};

/* do=terms with instalments ("03", "06", "12"; "00": all at once). */
void unionpay_page_terms(struct text *html, const struct unionpay_page_order *order,
                         const struct unionpay_page_terms *terms);

struct unionpay_page_code {
    const char *phone;                     /* shown masked */
    const char *card_number;               /* shown masked */
    const struct unionpay_page_term *term; /* what was chosen, or NULL */
    const char *test_hint;                 /* the code that passes here, or NULL */
};

/* do=code with sms_code; do=resend; and do=terms_again where the order is paid by instalments. */
void unionpay_page_code(struct text *html, const struct unionpay_page_order *order,
                        const struct unionpay_page_code *code);

enum unionpay_page_outcome {
    UNIONPAY_PAGE_PAID,
    UNIONPAY_PAGE_FAILED,
    UNIONPAY_PAGE_TIMED_OUT,
    UNIONPAY_PAGE_PROCESSING, /* the bank has not said yet */
    UNIONPAY_PAGE_LEFT,       /* the buyer went away unpaid */
};

struct unionpay_page_field {
    const char *name;
    const char *value;
};

struct unionpay_page_result {
    enum unionpay_page_outcome outcome;
    const char *code; /* respCode */
    const char *text; /* respMsg */
    const char *query_id;
    const char *card_number; /* shown masked */
    unsigned n_instalments;
    int64_t paid_unix_ms; /* 0: not paid */
    bool may_retry;       /* a form with do=retry: he may still pay */
    /* "返回商户". With fields it is a form that POSTs them, without them a link. Nothing where the
     * address is neither http nor https. CR and LF in a value reach the merchant as CR LF. */
    const char *return_url;
    const struct unionpay_page_field *fields;
    size_t n_fields;
};

/* Scripts find id="paid", "failed", "timed_out", "processing" or "left", and id="return". */
void unionpay_page_result(struct text *html, const struct unionpay_page_order *order,
                          const struct unionpay_page_result *result);

/* The request was refused: there is no order. Scripts find id="resp_code". */
void unionpay_page_error(struct text *html, const char *code, const char *text);

#endif
