/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform's word does to a payment: the tables of moves, and the moves of our own. */
#ifndef FQ_CORE_SETTLE_H
#define FQ_CORE_SETTLE_H

#include "daemon/core/ledger.h"

/* When to ask again. */
struct fq_schedule {
    int64_t first_ms; /* after the attempt was sent, then twice as long each time... */
    int64_t max_ms;   /* ...up to this */
};

/* An adapter may not put a question off for longer than this. */
#define FQ_RETRY_AFTER_MAX_MS INT64_C(3600000)
/* How long past its last deadline something may stay unknown before the operator is told. */
#define FQ_OPERATOR_AFTER_MS INT64_C(3600000)
/* A refund that is not proven after this long is shown to the operator. */
#define FQ_REFUND_DEADLINE_MS INT64_C(86400000)
/* A refund that the platform does not show is submitted again, under the same number, after this.
 */
#define FQ_RESUBMIT_AFTER_MS INT64_C(15000)

/* A verdict that core/verdict believed. */
struct fq_judgement {
    const struct fq_verdict *verdict;
    struct fq_evidence evidence;
    int64_t
        asked_ms; /* when the question was put (before it was sent); 0: nobody asked, it was told */
    int64_t now_ms;
    const struct fq_schedule *schedule;
};

/* What a cell of the tables says. */
enum fq_move {
    FQ_MOVE_BUG = 0,  /* core/verdict never lets this through */
    FQ_MOVE_IGNORE,   /* known already, or said too late to matter */
    FQ_MOVE_AGAIN,    /* nothing new: ask again by the schedule */
    FQ_MOVE_WIN,      /* attempt -> WON; payment -> PAID */
    FQ_MOVE_CONFIRM,  /* paid already; perhaps the terms are named now */
    FQ_MOVE_DECLINE,  /* provisional before the deadline, then DEAD */
    FQ_MOVE_DIE,      /* attempt -> DEAD */
    FQ_MOVE_ABSENT,   /* never seen at the platform: DEAD only after the deadline */
    FQ_MOVE_MISTRUST, /* contradicts what was proven: flagged for the operator, nothing undone */
    FQ_MOVE_REFUNDED, /* refund -> REFUNDED */
    FQ_MOVE_FAIL,     /* refund -> FAILED, its reservation released */
};

/* The tables: attempt or refund state by outcome. For the walk of all pairs in the tests. */
uint32_t fq_attempt_move(uint32_t attempt_state, uint32_t outcome);
uint32_t fq_refund_move(uint32_t refund_state, uint32_t outcome);

/* Applies a word about attempt or refund. Returns the cell that was applied. Repeating it changes
 * nothing more. */
uint32_t fq_settle_attempt(struct fq_ledger *ledger, struct fq_attempt *attempt,
                           const struct fq_judgement *judgement);
uint32_t fq_settle_refund(struct fq_ledger *ledger, struct fq_refund *refund,
                          const struct fq_judgement *judgement);

/* Another payment of the same order is paid too: flag, journal, event. Once. */
void fq_settle_double_paid(struct fq_ledger *ledger, int64_t now_ms,
                           struct fq_str other_payment_id);

/* ---- moves of our own ---- */

void fq_move_create(struct fq_ledger *ledger, int64_t now_ms);
/* The same, on a request whose digest is known. */
void fq_move_create_on(struct fq_ledger *ledger, const unsigned char request[FQ_DIGEST_SIZE],
                       int64_t now_ms);

/* Appends an attempt that is about to be sent. `plan` gives order_number, deadline_ms,
 * settle_after_ms, memory, action_text, action_expires_ms; the rest is filled. `is_beside`: though
 * an earlier one is not proven dead. */
enum {
    FQ_MOVE_E_NOT_NOW = 1, /* the payment's state does not allow it (any more) */
};

int fq_move_open_attempt(struct fq_ledger *ledger, const struct fq_attempt *plan, bool is_beside,
                         int64_t now_ms, const struct fq_schedule *schedule);

/* The buyer's browser came back. */
void fq_move_returned(struct fq_ledger *ledger, int64_t now_ms);

/* OPEN -> CLOSED on evidence that nothing can be paid any more. */
void fq_move_close(struct fq_ledger *ledger, uint32_t reason, int64_t now_ms,
                   const struct fq_evidence *evidence);

/* The storefront wants no more paying: links die; CLOSED at once if nothing was ever sent. */
void fq_move_request_close(struct fq_ledger *ledger, int64_t now_ms);

/* The buyer's time is over and no attempt lives: CLOSED. Nothing otherwise. */
void fq_move_expire(struct fq_ledger *ledger, int64_t now_ms);

/* Reserves `amount_minor`. FQ_MOVE_E_NOT_NOW: not paid, or too many refunds; FQ_MOVE_E_TOO_MUCH:
 * more than is left. */
enum {
    FQ_MOVE_E_TOO_MUCH = 2,
};

int fq_move_reserve_refund(struct fq_ledger *ledger, const struct fq_refund *plan, int64_t now_ms,
                           struct fq_refund **ret);

/* A refund that we did not send, proven by the platform: counted, flagged, an event.
 * FQ_MOVE_E_NOT_NOW: not paid, or known already. */
int fq_move_book_refund(struct fq_ledger *ledger, const struct fq_refund *found, int64_t now_ms,
                        const struct fq_evidence *evidence);

/* The refund is about to be sent (again): RESERVED -> SUBMITTED, or the same number once more. */
int fq_move_submit_refund(struct fq_ledger *ledger, struct fq_refund *refund, int64_t now_ms,
                          const struct fq_schedule *schedule);

/* A reserved undo whose day is over goes as a refund. */
void fq_move_undo_to_refund(struct fq_ledger *ledger, struct fq_refund *refund, int64_t now_ms);

/* The first request for this refund provably never left: SUBMITTED -> RESERVED. */
void fq_move_withdraw_refund(struct fq_ledger *ledger, struct fq_refund *refund, int64_t now_ms);

/* The due time of an attempt or of a refund that is not done; no move that anybody is told of. One
 * that is over is in doubt then, until the platform says a plain no. */
void fq_move_ask_attempt(struct fq_attempt *attempt, int64_t due_ms);
void fq_move_ask_refund(struct fq_refund *refund, int64_t due_ms);

/* Until when a close that was asked for is proven at the latest; 0: nothing is open. */
int64_t fq_closes_by_ms(const struct fq_ledger *ledger);

#endif
