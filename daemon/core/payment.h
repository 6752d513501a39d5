/* SPDX-License-Identifier: Apache-2.0 */
/* One payment with its attempts and refunds, and the moves it may make.
 *
 *   payment   OPEN ---> PAID
 *               \-----> CLOSED (DECLINED, EXPIRED, REQUESTED)
 *                          \---> PAID     late success: verified evidence only
 *   attempt   PLANNED -> SENT -> WON | DEAD           DEAD -> WON   late success
 *   refund    RESERVED -> SUBMITTED -> REFUNDED | FAILED
 *
 * A `struct fq_ledger` is loaded, changed by the move functions, and written back whole in one
 * transaction. Every move raises the payment's version and adds a journal entry; those that a
 * storefront should know add an event. */
#ifndef FQ_CORE_PAYMENT_H
#define FQ_CORE_PAYMENT_H

#include "daemon/base/arena.h"
#include "daemon/core/plan.h"

#define FQ_ATTEMPTS_MAX 16    /* per payment */
#define FQ_REFUNDS_MAX  10000 /* that we send, per payment; the platform's own are booked beyond */
#define FQ_SECRET_SIZE  10
#define FQ_DIGEST_SIZE  32

/* The numbers stand in the database and in fenqi.proto: append only. */
enum fq_payment_state {
    FQ_PAYMENT_UNSET = 0,
    FQ_PAYMENT_OPEN = 1,
    FQ_PAYMENT_PAID = 2,
    FQ_PAYMENT_CLOSED = 3,
};

enum fq_close_reason {
    FQ_CLOSE_NONE = 0,
    FQ_CLOSE_DECLINED = 1,
    FQ_CLOSE_EXPIRED = 2,
    FQ_CLOSE_REQUESTED = 3,
};

enum fq_attempt_state {
    FQ_ATTEMPT_UNSET = 0,
    FQ_ATTEMPT_PLANNED = 1,
    FQ_ATTEMPT_SENT = 2,
    FQ_ATTEMPT_WON = 3,
    FQ_ATTEMPT_DEAD = 4,
};

enum fq_refund_state {
    FQ_REFUND_UNSET = 0,
    FQ_REFUND_RESERVED = 1,
    FQ_REFUND_SUBMITTED = 2,
    FQ_REFUND_REFUNDED = 3,
    FQ_REFUND_FAILED = 4,
};

enum fq_refund_origin {
    FQ_ORIGIN_UNSET = 0,
    FQ_ORIGIN_STOREFRONT = 1,
    FQ_ORIGIN_PLATFORM = 2,  /* seen at the platform, not sent by us */
    FQ_ORIGIN_AUTOMATIC = 3, /* by merchant policy: late success, double payment */
};

/* How the platform is told to give the money back. */
enum fq_refund_way {
    FQ_WAY_REFUND = 0,
    FQ_WAY_UNDO = 1, /* the whole payment, on its own settlement day */
};

/* The buyer's way through the platform's identity check. */
enum fq_verification {
    FQ_VERIFICATION_UNSET = 0,
    FQ_VERIFICATION_ISSUED = 1,   /* the link was handed out */
    FQ_VERIFICATION_OPENED = 2,   /* the buyer was sent to the platform */
    FQ_VERIFICATION_RETURNED = 3, /* the browser came back: a hint */
    FQ_VERIFICATION_VERIFIED = 4, /* the platform's signed word implies it */
    FQ_VERIFICATION_FAILED = 5,
    FQ_VERIFICATION_EXPIRED = 6,
};

enum fq_terms_match {
    FQ_TERMS_UNSET = 0,     /* not paid yet */
    FQ_TERMS_CONFIRMED = 1, /* the platform named the terms asked for */
    FQ_TERMS_DIFFERENT = 2,
    FQ_TERMS_UNCONFIRMED = 3, /* the platform did not say */
};

enum fq_payment_flag {
    FQ_FLAG_LATE_SUCCESS = 1u << 0,
    FQ_FLAG_DOUBLE_PAID = 1u << 1, /* another payment of the same order is paid too */
    FQ_FLAG_TERMS_DIFFER = 1u << 2,
    FQ_FLAG_FOREIGN_REFUND = 1u << 3, /* a refund was found at the platform that we did not send */
    FQ_FLAG_FOR_OPERATOR = 1u << 4,   /* a part is unknown past its last deadline, or TO_CHECK */
    FQ_FLAG_UNDO_FAILED = 1u << 5,    /* the next refund is not sent as an undo */
    FQ_FLAG_TO_CHECK = 1u << 6,  /* contradicted, or with a refund that cannot be: a person looks */
    FQ_FLAG_CHECKED = 1u << 7,   /* a person has looked */
    FQ_FLAG_OVERDRAWN = 1u << 8, /* more went back than was paid */
};

/* All slices are UTF-8 text in the ledger's arena; absent ones have len 0. Times are unix ms, 0 =
 * never. */
struct fq_payment {
    int64_t seq;                          /* time-ordered; primary key */
    unsigned char secret[FQ_SECRET_SIZE]; /* the unguessable half of the id */
    int64_t version;                      /* starts at 1 */

    struct fq_str merchant_id;
    struct fq_str merchant_order_id;
    struct fq_str channel;
    struct fq_str subject;
    struct fq_money amount;
    uint32_t terminal;        /* fq_terminal */
    struct fq_str return_url; /* the storefront's, from the allow-list */
    struct fq_str buyer_ip;
    struct fq_str buyer_user_agent;
    /* of the business fields: what "same content" means */
    unsigned char content_digest[FQ_DIGEST_SIZE];

    struct fq_str quote; /* the text of the quote that was used (core/plan.h), without its MAC */
    uint32_t instalments;
    uint32_t bearer;
    uint32_t merchant_percent;
    int64_t buyer_fee_minor;
    int64_t merchant_fee_minor;
    struct fq_str issuer; /* of the card, where the quote names one */
    int64_t nominal_annual_bp;
    int64_t effective_annual_bp;
    int64_t simple_annual_bp;
    unsigned char texts_digest[FQ_DIGEST_SIZE]; /* of the disclosure's texts; zeroes: none */
    int64_t disclosure_shown_ms;
    int64_t disclosure_seconds;
    bool disclosure_confirmed;

    uint32_t state;            /* fq_payment_state */
    uint32_t close_reason;     /* fq_close_reason */
    uint32_t verification;     /* fq_verification */
    uint32_t terms_match;      /* fq_terms_match */
    uint32_t instalments_used; /* as the platform says; 0 = not said */
    uint32_t identity;         /* fq_identity */
    bool identity_asked;       /* a payer was named, for the platform to compare */
    struct fq_str payer;       /* that person, sealed; wiped when the payment ends */
    struct fq_str traceparent; /* of the request that made it (core/traceparent.h); or empty */
    struct fq_str buyer;       /* by FQ_BUYER_SIZE bytes (core/risk.h); empty: not asked */
    bool is_counted;           /* among its merchant's payments of an hour */
    uint32_t flags;            /* fq_payment_flag */
    struct fq_str platform_ref;

    int64_t created_ms;
    int64_t updated_ms;
    int64_t expires_ms; /* the buyer cannot start after this */
    int64_t due_ms;     /* when it wants a look itself (expiry without a live attempt); 0: never */
    int64_t paid_ms;
    int64_t closed_ms;
    int64_t close_requested_ms;
    uint32_t token_generation; /* raising it kills every link handed out before */

    int64_t refund_counted_minor; /* sum of all refunds but FAILED; <= amount per attempt that won,
                                     unless the platform says otherwise */
    int64_t refunded_minor;       /* sum of REFUNDED */
    uint32_t n_refunds;
    uint32_t n_attempts;
    uint32_t n_unknown; /* of its attempts and refunds, those with unknown_ms */

    int64_t n_journal;                          /* entries so far */
    unsigned char journal_head[FQ_DIGEST_SIZE]; /* hash of the last one; zeroes at first */
};

struct fq_attempt {
    uint32_t n;                 /* 1.. within the payment */
    uint32_t state;             /* fq_attempt_state */
    struct fq_str order_number; /* ours at the platform; unique */
    struct fq_str platform_ref;
    int64_t created_ms;
    int64_t sent_ms;
    int64_t deadline_ms;     /* told to the platform */
    int64_t settle_after_ms; /* deadline + the adapter's margin: from then a signed "no" is final */
    int64_t due_ms;          /* when to ask the platform next; 0 = never */
    uint32_t n_asked;        /* queries so far: the back-off's step */
    uint32_t last_outcome;   /* fq_outcome */
    struct fq_str platform_code;
    struct fq_str platform_text;
    struct fq_str memory;      /* pairs as canonical text (core/fact.h), at most 2 KiB */
    struct fq_str action_text; /* QR or app string, to answer a repeated request the same */
    int64_t action_expires_ms;
    int64_t refund_counted_minor; /* of its money: sum of its refunds but FAILED */
    int64_t unknown_ms; /* since when it is unknown past its last deadline; 0: it is not */
    bool by_operator;   /* WON or DEAD on the operator's evidence, not on the platform's word */
    bool is_new;
    bool is_dirty;
};

struct fq_refund {
    uint32_t n;           /* 1.. within the payment */
    uint32_t attempt_n;   /* the attempt whose money goes back */
    uint32_t state;       /* fq_refund_state */
    uint32_t origin;      /* fq_refund_origin */
    uint32_t way;         /* fq_refund_way */
    struct fq_str number; /* ours at the platform; unique */
    int64_t amount_minor;
    struct fq_str reason;
    unsigned char content_digest[FQ_DIGEST_SIZE];
    int64_t created_ms;
    int64_t submitted_ms;
    int64_t finished_ms;
    int64_t deadline_ms; /* past this the operator is told */
    int64_t due_ms;
    uint32_t n_asked;
    struct fq_str platform_code;
    struct fq_str platform_text;
    struct fq_str memory; /* as the attempt's, of this refund's own exchanges */
    int64_t unknown_ms;   /* as the attempt's */
    bool by_operator;     /* likewise */
    bool is_new;
    bool is_dirty;
};

/* What is about to be written beside the rows. */
struct fq_journal_entry {
    struct fq_journal_entry *next;
    struct fq_str body; /* canonical text; the exact bytes that are hashed and stored */
    const char *object; /* of it, for counting: static */
    const char *what;
};

/* Kinds of events; the numbers stand in the database and in fenqi.proto: append only. */
enum fq_event_kind {
    FQ_EVENT_UNSET = 0,
    FQ_EVENT_PAYMENT_PAID = 1,
    FQ_EVENT_PAYMENT_CLOSED = 2,
    FQ_EVENT_LATE_SUCCESS = 3,
    FQ_EVENT_DOUBLE_PAID = 4,
    FQ_EVENT_TERMS_DIFFER = 5,
    FQ_EVENT_REFUNDED = 6,
    FQ_EVENT_REFUND_FAILED = 7,
    FQ_EVENT_FOREIGN_REFUND = 8,
    FQ_EVENT_ATTEMPT_DECLINED = 9,
    FQ_EVENT_FOR_OPERATOR = 10,
};

struct fq_event {
    struct fq_event *next;
    uint32_t kind;     /* fq_event_kind */
    uint32_t refund_n; /* refund events */
    int64_t at_ms;
};

struct fq_ledger {
    struct fq_arena *arena;
    struct fq_payment payment;
    struct fq_attempt attempts[FQ_ATTEMPTS_MAX]; /* all of them, by n */
    struct fq_refund *refunds; /* in a transaction: the one asked for, and new ones; else all */
    uint32_t n_refunds_loaded;
    bool payment_is_new;
    bool payment_is_dirty;
    bool is_incomplete; /* a journal entry or an event could not be made: not to be written */
    struct fq_journal_entry *journal; /* to be appended, in order */
    struct fq_journal_entry **journal_end;
    struct fq_event *events; /* to be appended, in order */
    struct fq_event **events_end;
};

#endif
