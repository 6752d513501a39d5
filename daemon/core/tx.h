/* SPDX-License-Identifier: Apache-2.0 */
/* What flow/ asks of the store: transactions on one payment, and reads. Plain data; the store does
 * it. */
#ifndef FQ_CORE_TX_H
#define FQ_CORE_TX_H

#include "daemon/base/queue.h"
#include "daemon/core/payment.h"
#include "daemon/core/risk.h"

/* ---- a transaction: load, decide, write, commit, tell ---- */

enum fq_lookup {
    FQ_LOOKUP_NEW = 0,           /* nothing: `decide` makes a new ledger */
    FQ_LOOKUP_SEQ = 1,           /* by seq */
    FQ_LOOKUP_ORDER_NUMBER = 2,  /* the payment that has the attempt with this order number */
    FQ_LOOKUP_REFUND_NUMBER = 3, /* the payment of the refund with this number, and the refund */
};

/* Another payment of the same merchant order that is not closed. */
struct fq_sibling {
    int64_t seq;
    unsigned char secret[FQ_SECRET_SIZE];
    uint32_t state;
    int64_t expires_ms;
    int64_t settle_after_ms; /* the latest of its attempts; 0 = none */
    struct fq_str channel;
};

#define FQ_SIBLINGS_MAX 16

enum fq_idempotent_kind {
    FQ_IDEMPOTENT_NONE = 0,
    FQ_IDEMPOTENT_PAYMENT = 1,
    FQ_IDEMPOTENT_REFUND = 2,
};

/* What an idempotency key (per merchant) stands for. */
struct fq_idempotent {
    uint32_t kind; /* fq_idempotent_kind; NONE: not known */
    int64_t seq;
    uint32_t refund_n;
};

/* Something small that is kept beside the payments, by owner and name: what a channel was told (the
 * last statement's day, a renewed key), the texts of a disclosure that was used. */
struct fq_note {
    struct fq_str owner; /* "channel.<name>", "disclosure" */
    struct fq_str name;
    struct fq_str value; /* any bytes, at most 64 KiB */
    int64_t at_ms;
};

/* A group of event consumers, and its place in its merchant's log. */
struct fq_group_row {
    struct fq_str merchant_id;
    struct fq_str name;

    /* loaded */
    bool is_known;
    int64_t cursor;         /* up to and including it everything is handled; 0: nothing yet */
    int64_t newest_cursor;  /* of the merchant's newest event; 0: there is none */
    uint32_t n_of_merchant; /* its groups, this one included if it is known */

    /* set by decide */
    bool is_dirty;   /* `cursor` is written, and the row made if there is none */
    bool is_removed; /* with is_dirty: instead, the row goes */
    int64_t at_ms;
};

enum {
    FQ_DECIDE_WRITE = 0, /* write what is dirty */
    FQ_DECIDE_KEEP = 1,  /* write nothing */
};

struct fq_tx {
    struct fq_job job;      /* the store's */
    struct fq_arena *arena; /* everything loaded and written lives here */

    /* what to load */
    uint32_t lookup; /* fq_lookup */
    int64_t seq;
    struct fq_str number;          /* ORDER_NUMBER, REFUND_NUMBER */
    uint32_t refund_n;             /* SEQ: also load this refund; 0 = none */
    struct fq_str merchant_id;     /* with idempotency_key or merchant_order_id */
    struct fq_str idempotency_key; /* if not empty: `known` is looked up first, and what it names is
                                      loaded as `ledger` (with its refund) instead of the lookup */
    struct fq_str merchant_order_id; /* NEW: fill siblings for it */
    bool want_siblings; /* other lookups: fill siblings for the loaded payment's order */
    const struct fq_risk_query *risk; /* NEW: fill history, unless the key is known; or NULL */
    struct fq_group_row *group;       /* loaded too, by merchant_id and name; or NULL */

    /* loaded */
    struct fq_ledger *ledger; /* NULL: no such payment */
    struct fq_idempotent known;
    struct fq_sibling siblings[FQ_SIBLINGS_MAX]; /* the paid ones first, then the newest; without
                                                    the payment itself */
    uint32_t n_siblings;
    const struct fq_risk_history *history; /* NULL: not asked for */

    /* Runs on the store thread, inside the transaction, perhaps twice if the engine has to repeat
     * it: pure, touches only this tx. May replace tx->ledger by a new one (payment_is_new). Returns
     * FQ_DECIDE_* or a fault (negative: this transaction writes nothing). */
    int (*decide)(struct fq_tx *tx);
    bool keep_key; /* set by decide: record idempotency_key for the new payment or the new refund */
    const struct fq_note *notes; /* set by decide: written too, each in the place of an earlier one;
                                    a transaction may be of notes or a group alone (ledger NULL) */
    size_t n_notes;

    /* Runs on the loop, after COMMIT returned, or with a fault: then nothing was written. */
    void (*done)(struct fq_tx *tx);
    int result;                           /* 0, or a fault */
    bool has_written;                     /* with result 0: it did not only look */
    char trace[256];                      /* of the fault */
    void *flow;                           /* the asker's own */
    void (*world_done)(struct fq_tx *tx); /* the world's */
    void *world_ctx;                      /* likewise */
    struct fq_flow *passed;               /* fq_flow_transact()'s */
    void (*told)(struct fq_tx *tx);       /* likewise: the asker's done */
};

/* ---- a read: committed data only, for replies ---- */

/* What is asked about again is so within an hour (settle.h, poll.max). What stands further ahead
 * was written by a clock that was ahead, and would be forgotten until then. */
#define FQ_DUE_AHEAD_MAX_MS INT64_C(7200000)

enum fq_read_kind {
    FQ_READ_UNSET = 0,
    FQ_READ_PAYMENT = 1,  /* by seq: the ledger with its refunds (the newest 100, newest first), or
                             with refund_n alone */
    FQ_READ_BY_ORDER = 2, /* the newest payment of merchant_id + merchant_order_id, likewise */
    FQ_READ_DUE = 3,      /* what is due at or before `now_ms`: payments, at most `n_max`; then of
                             each channel in `wishes` what it may have, oldest first; and of all
                             other channels together at most `n_max`. Attempts and refunds, too,
                             that are due too far ahead to be true */
    FQ_READ_JOURNAL = 4,  /* entries of payment seq, from entry `from` on, at most n_max */
    FQ_READ_EVENTS = 5,   /* of merchant_id, with cursor > from, at most n_max */
    FQ_READ_IDEMPOTENT = 6,    /* what merchant_id + idempotency_key stands for, and its ledger */
    FQ_READ_LIVE_CHANNELS = 7, /* of payments or refunds that are not final, at most n_max */
    FQ_READ_NOTES = 8,         /* of `owner`, by name, at most n_max */
    FQ_READ_HISTORY = 9,       /* what `risk` asks */
    FQ_READ_UNKNOWN = 10,      /* what a person has to look at, oldest first, at most n_max */
    FQ_READ_WORK = 11,         /* how much waits, and is due at `now_ms` */
    FQ_READ_LIST = 12,         /* payments that `list` asks for, newest first, at most n_max */
    FQ_READ_GROUPS = 13, /* of event consumers, of one merchant_id or (empty) all, the furthest
                            behind first, at most n_max */
};

/* How many of a channel's due attempts and refunds are wanted; 0: none. */
struct fq_due_wish {
    struct fq_str channel;
    uint32_t n_max;
};

struct fq_due {
    int64_t seq;
    uint32_t kind; /* 1 attempt, 2 refund, 3 payment */
    uint32_t n;    /* of the attempt or refund */
    int64_t due_ms;
    uint32_t wish; /* of which wish; n_wishes: of none */
};

struct fq_journal_row {
    int64_t n;
    int64_t at_ms;
    struct fq_str body;
    unsigned char hash[FQ_DIGEST_SIZE];
};

struct fq_event_row {
    int64_t cursor;
    int64_t seq;
    unsigned char secret[FQ_SECRET_SIZE];
    uint32_t kind;
    uint32_t refund_n;
    int64_t at_ms;
    int64_t payment_version;
    struct fq_str traceparent; /* of the payment */
};

/* Something that a person has to look at. */
struct fq_unknown_row {
    int64_t seq;
    unsigned char secret[FQ_SECRET_SIZE];
    uint32_t kind; /* 1 attempt, 2 refund: unknown past its last deadline; 3 payment: TO_CHECK */
    uint32_t n;
    int64_t since_ms;
    struct fq_str merchant_id;
    struct fq_str merchant_order_id;
    struct fq_str channel;
    struct fq_str number; /* ours at the platform */
    struct fq_str platform_code;
    struct fq_str platform_text;
    struct fq_money amount;
    uint32_t state; /* of the attempt, the refund or the payment */
    uint32_t n_asked;
    int64_t deadline_ms;
    int64_t due_ms; /* when it is asked about again */
};

/* Which payments an operator wants to see; what is empty or 0 does not matter. */
struct fq_list {
    struct fq_str merchant_id;
    struct fq_str merchant_order_id;
    struct fq_str channel;
    uint32_t state;           /* fq_payment_state */
    int64_t seq_min, seq_max; /* both included */
};

struct fq_listed {
    int64_t seq;
    unsigned char secret[FQ_SECRET_SIZE];
    struct fq_str merchant_id;
    struct fq_str merchant_order_id;
    struct fq_str channel;
    uint32_t state;
    uint32_t close_reason;
    struct fq_money amount;
    int64_t refunded_minor;
    uint32_t instalments;
    uint32_t flags;
    int64_t created_ms;
    int64_t updated_ms;
    struct fq_str platform_ref;
};

/* A group of event consumers, and how far it is behind. */
struct fq_group_lag {
    struct fq_str merchant_id;
    struct fq_str name;
    int64_t cursor;        /* up to which it has handled its merchant's events */
    int64_t newest_cursor; /* of these */
    int64_t at_ms;         /* when it last said so */
};

/* What waits for its time to ask a platform, or to expire. */
struct fq_work {
    int64_t n_waiting;
    int64_t n_due;  /* of them, those whose time has come */
    int64_t due_ms; /* the earliest; 0: none waits */

    int64_t n_groups;  /* of consumers of events, */
    int64_t n_behind;  /* events that the slowest of them has not acknowledged, */
    int64_t behind_ms; /* when the first of such was written; 0: there is none */
};

struct fq_read {
    struct fq_job job; /* the store's */
    struct fq_arena *arena;
    uint32_t kind; /* fq_read_kind */
    int64_t seq;
    struct fq_str merchant_id;
    struct fq_str merchant_order_id;
    struct fq_str idempotency_key;
    struct fq_str owner;
    int64_t now_ms;
    int64_t from;
    uint32_t n_max;
    uint32_t refund_n;                /* PAYMENT; 0: the newest */
    const struct fq_due_wish *wishes; /* DUE */
    uint32_t n_wishes;
    const struct fq_risk_query *risk; /* HISTORY */
    const struct fq_list *list;       /* LIST */

    struct fq_ledger *ledger; /* NULL: none */
    struct fq_idempotent known;
    struct fq_due *due;
    struct fq_journal_row *journal;
    struct fq_event_row *events;
    struct fq_str *channels;
    struct fq_note *notes;
    const struct fq_risk_history *history;
    struct fq_unknown_row *unknown;
    struct fq_work work;
    struct fq_listed *listed;
    int64_t listed_next; /* the seq_max of the next page, which may find more although this one is
                            not full; 0: there is none */
    struct fq_group_lag *groups;
    uint32_t n_rows; /* of groups, due, journal, events, channels, notes, unknown or listed */

    void (*done)(struct fq_read *read); /* on the loop */
    int result;                         /* 0, or a fault */
    char trace[256];
    void *flow;
};

#endif
