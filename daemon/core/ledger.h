/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger in hand: finding its parts, and writing down what moved and why. */
#ifndef FQ_CORE_LEDGER_H
#define FQ_CORE_LEDGER_H

#include "daemon/core/payment.h"

/* Why a move is believed. Goes into the journal with the move. */
struct fq_evidence {
    const char *kind; /* "storefront", "answer", "notification", "buyer", "own", "operator" */
    unsigned char digest[FQ_DIGEST_SIZE]; /* SHA-256 of the raw bytes; zeroes: none */
    struct fq_str key;                    /* the key that verified */
    struct fq_str proof;                  /* the verified field that says it */
    struct fq_str code;                   /* the platform's code */

    /* of kind "operator" */
    struct fq_str by, and_by; /* two people */
    struct fq_str uid;        /* of who asked for it on this machine */
    struct fq_str note;
};

/* A new, empty ledger; NULL if the arena is full. The store's loader and create use it. */
struct fq_ledger *fq_ledger_new(struct fq_arena *arena);

struct fq_attempt *fq_ledger_attempt(struct fq_ledger *ledger, uint32_t n);
struct fq_attempt *fq_ledger_attempt_by_number(struct fq_ledger *ledger,
                                               struct fq_str order_number);
/* The newest attempt that may still be paid; NULL: none. */
struct fq_attempt *fq_ledger_live_attempt(struct fq_ledger *ledger);
const struct fq_attempt *fq_ledger_last_attempt(const struct fq_ledger *ledger);
struct fq_refund *fq_ledger_refund(struct fq_ledger *ledger, uint32_t n);
struct fq_refund *fq_ledger_refund_by_number(struct fq_ledger *ledger, struct fq_str number);
bool fq_ledger_has_won(const struct fq_ledger *ledger);

/* What can still be refunded of an attempt's money; 0 if it did not win. */
int64_t fq_ledger_left(const struct fq_ledger *ledger, const struct fq_attempt *attempt);
/* The attempt of whose money the most is left; of equals the later. NULL: none has won. */
const struct fq_attempt *fq_ledger_refundable(const struct fq_ledger *ledger);
/* Counts a refund in (`sign` 1) or out (-1), for the payment and for its attempt. */
void fq_ledger_count_refund(struct fq_ledger *ledger, const struct fq_refund *refund, int sign);

/* What the operator was to look at is settled: takes the flag away if nothing else is left. */
void fq_ledger_calm(struct fq_ledger *ledger);
/* Does its final state rest on the operator's evidence alone? */
bool fq_ledger_is_operators(const struct fq_ledger *ledger);

/* A move was made: raises the version, touches updated_ms, appends the journal entry
 * "<object> <what>" (both static) with its evidence. `n` is the attempt's or refund's number, 0 for
 * the payment. */
void fq_ledger_moved(struct fq_ledger *ledger, int64_t now_ms, const char *object, uint32_t n,
                     const char *what, const struct fq_evidence *evidence);

/* The storefront shall know. */
void fq_ledger_event(struct fq_ledger *ledger, int64_t now_ms, uint32_t kind, uint32_t refund_n);

const char *fq_payment_state_name(uint32_t state);
const char *fq_attempt_state_name(uint32_t state);
const char *fq_refund_state_name(uint32_t state);
const char *fq_close_reason_name(uint32_t reason);

/* Every invariant that one ledger can show by itself: used in tests, as fuzz oracle, and before
 * every write. */
bool fq_ledger_validate(const struct fq_ledger *ledger);

#endif
