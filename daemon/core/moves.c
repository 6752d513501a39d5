/* SPDX-License-Identifier: Apache-2.0 */
/* The moves that are ours to make: create, open, come back, close, expire, refund. */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/settle.h"

void fq_move_create(struct fq_ledger *ledger, int64_t now_ms)
{
    static const unsigned char none[FQ_DIGEST_SIZE];
    fq_move_create_on(ledger, none, now_ms);
}

void fq_move_create_on(struct fq_ledger *ledger, const unsigned char request[FQ_DIGEST_SIZE],
                       int64_t now_ms)
{
    struct fq_evidence storefront = { .kind = "storefront" };
    struct fq_payment *payment = &ledger->payment;
    payment->state = FQ_PAYMENT_OPEN;
    payment->verification = FQ_VERIFICATION_ISSUED;
    payment->identity = payment->identity_asked ? FQ_IDENTITY_UNKNOWN : FQ_IDENTITY_NOT_ASKED;
    payment->created_ms = now_ms;
    payment->due_ms = payment->expires_ms;
    payment->token_generation = 1;
    memcpy(storefront.digest, request, FQ_DIGEST_SIZE);
    ledger->payment_is_new = true;
    fq_ledger_moved(ledger, now_ms, "payment", 0, "created OPEN", &storefront);
}

int fq_move_open_attempt(struct fq_ledger *ledger, const struct fq_attempt *plan, bool is_beside,
                         int64_t now_ms, const struct fq_schedule *schedule)
{
    static const struct fq_evidence buyer = { .kind = "buyer" };
    struct fq_payment *payment = &ledger->payment;
    if (payment->state != FQ_PAYMENT_OPEN || payment->close_requested_ms > 0 ||
        now_ms >= payment->expires_ms || payment->n_attempts >= FQ_ATTEMPTS_MAX ||
        (!is_beside && fq_ledger_live_attempt(ledger) != NULL))
        return FQ_MOVE_E_NOT_NOW;
    struct fq_attempt *attempt = &ledger->attempts[payment->n_attempts];
    *attempt = *plan;
    attempt->n = ++payment->n_attempts;
    attempt->state = FQ_ATTEMPT_SENT;
    attempt->created_ms = now_ms;
    attempt->sent_ms = now_ms;
    attempt->due_ms = now_ms + schedule->first_ms;
    attempt->is_new = true;
    attempt->is_dirty = true;
    payment->due_ms = 0; /* the attempt's due time drives from here */
    payment->verification = FQ_VERIFICATION_OPENED;
    struct fq_evidence evidence = buyer;
    evidence.proof = attempt->order_number;
    fq_ledger_moved(ledger, now_ms, "attempt", attempt->n, "-> SENT", &evidence);
    return 0;
}

void fq_move_returned(struct fq_ledger *ledger, int64_t now_ms)
{
    static const struct fq_evidence buyer = { .kind = "buyer" };
    if (ledger->payment.verification != FQ_VERIFICATION_OPENED)
        return;
    ledger->payment.verification = FQ_VERIFICATION_RETURNED;
    fq_ledger_moved(ledger, now_ms, "payment", 0, "the buyer's browser came back", &buyer);
}

void fq_move_close(struct fq_ledger *ledger, uint32_t reason, int64_t now_ms,
                   const struct fq_evidence *evidence)
{
    struct fq_payment *payment = &ledger->payment;
    payment->state = FQ_PAYMENT_CLOSED;
    payment->close_reason = reason;
    payment->closed_ms = now_ms;
    payment->due_ms = 0;
    payment->payer = (struct fq_str){ NULL, 0 };
    payment->token_generation++;
    if (reason == FQ_CLOSE_EXPIRED && payment->verification != FQ_VERIFICATION_VERIFIED)
        payment->verification = FQ_VERIFICATION_EXPIRED;
    fq_ledger_moved(ledger, now_ms, "payment", 0,
                    reason == FQ_CLOSE_REQUESTED  ? "OPEN -> CLOSED REQUESTED"
                    : reason == FQ_CLOSE_DECLINED ? "OPEN -> CLOSED DECLINED"
                                                  : "OPEN -> CLOSED EXPIRED",
                    evidence);
    fq_ledger_event(ledger, now_ms, FQ_EVENT_PAYMENT_CLOSED, 0);
}

/* Nothing was ever sent, or all of it is proven dead: our own ledger is the evidence. */
static void move_close_unsent(struct fq_ledger *ledger, uint32_t reason, int64_t now_ms)
{
    static const struct fq_evidence own = { .kind = "own", .proof = { "no live attempt", 15 } };
    const struct fq_attempt *last = fq_ledger_last_attempt(ledger);
    if (reason == FQ_CLOSE_EXPIRED && last != NULL && last->last_outcome == FQ_OUTCOME_DECLINED)
        reason = FQ_CLOSE_DECLINED;
    fq_move_close(ledger, reason, now_ms, &own);
}

void fq_move_request_close(struct fq_ledger *ledger, int64_t now_ms)
{
    static const struct fq_evidence storefront = { .kind = "storefront" };
    struct fq_payment *payment = &ledger->payment;
    if (payment->state != FQ_PAYMENT_OPEN || payment->close_requested_ms > 0)
        return;
    payment->close_requested_ms = now_ms;
    payment->token_generation++;
    fq_ledger_moved(ledger, now_ms, "payment", 0, "close requested", &storefront);
    struct fq_attempt *live = fq_ledger_live_attempt(ledger);
    if (live != NULL)
        fq_move_ask_attempt(live, now_ms);
    else
        move_close_unsent(ledger, FQ_CLOSE_REQUESTED, now_ms);
}

void fq_move_expire(struct fq_ledger *ledger, int64_t now_ms)
{
    if (ledger->payment.state == FQ_PAYMENT_OPEN && now_ms >= ledger->payment.expires_ms &&
        fq_ledger_live_attempt(ledger) == NULL)
        move_close_unsent(ledger, FQ_CLOSE_EXPIRED, now_ms);
}

/* Appends a row for a refund, with the next number. */
static int move_append_refund(struct fq_ledger *ledger, const struct fq_refund *plan,
                              int64_t now_ms, struct fq_refund **ret)
{
    struct fq_refund *refunds =
        fq_arena_array(ledger->arena, ledger->n_refunds_loaded + 1, sizeof(*refunds));
    if (refunds == NULL)
        return FQ_FAULT(-ENOMEM, "the arena is full");
    if (ledger->n_refunds_loaded > 0)
        memcpy(refunds, ledger->refunds, ledger->n_refunds_loaded * sizeof(*refunds));
    struct fq_refund *refund = &refunds[ledger->n_refunds_loaded];
    *refund = *plan;
    refund->n = ++ledger->payment.n_refunds;
    refund->created_ms = now_ms;
    refund->is_new = true;
    refund->is_dirty = true;
    ledger->refunds = refunds;
    ledger->n_refunds_loaded++;
    fq_ledger_count_refund(ledger, refund, 1);
    *ret = refund;
    return 0;
}

int fq_move_reserve_refund(struct fq_ledger *ledger, const struct fq_refund *plan, int64_t now_ms,
                           struct fq_refund **ret)
{
    struct fq_payment *payment = &ledger->payment;
    const struct fq_attempt *attempt = fq_ledger_attempt(ledger, plan->attempt_n);
    if (payment->state != FQ_PAYMENT_PAID || payment->n_refunds >= FQ_REFUNDS_MAX ||
        attempt == NULL)
        return FQ_MOVE_E_NOT_NOW;
    if (plan->amount_minor <= 0 || plan->amount_minor > fq_ledger_left(ledger, attempt))
        return FQ_MOVE_E_TOO_MUCH;
    struct fq_refund *refund = NULL;
    FQ_TRY(move_append_refund(ledger, plan, now_ms, &refund));
    refund->state = FQ_REFUND_RESERVED;
    refund->deadline_ms = now_ms + FQ_REFUND_DEADLINE_MS;
    refund->due_ms = now_ms;
    struct fq_evidence evidence = {
        .kind = refund->origin == FQ_ORIGIN_STOREFRONT ? "storefront" : "own",
        .proof = refund->number,
    };
    fq_ledger_moved(ledger, now_ms, "refund", refund->n, "-> RESERVED", &evidence);
    *ret = refund;
    return 0;
}

/* The platform's truth is counted whatever we thought was left. */
int fq_move_book_refund(struct fq_ledger *ledger, const struct fq_refund *found, int64_t now_ms,
                        const struct fq_evidence *evidence)
{
    struct fq_payment *payment = &ledger->payment;
    struct fq_refund *refund = NULL;
    if (payment->state != FQ_PAYMENT_PAID || found->amount_minor <= 0 ||
        fq_ledger_refund_by_number(ledger, found->number) != NULL)
        return FQ_MOVE_E_NOT_NOW;
    FQ_TRY(move_append_refund(ledger, found, now_ms, &refund));
    refund->state = FQ_REFUND_REFUNDED;
    refund->submitted_ms = now_ms;
    refund->finished_ms = now_ms;
    payment->refunded_minor += refund->amount_minor;
    payment->flags |= FQ_FLAG_FOREIGN_REFUND;
    fq_ledger_moved(ledger, now_ms, "refund", refund->n, "found at the platform, REFUNDED",
                    evidence);
    fq_ledger_event(ledger, now_ms, FQ_EVENT_FOREIGN_REFUND, refund->n);
    return 0;
}

int fq_move_submit_refund(struct fq_ledger *ledger, struct fq_refund *refund, int64_t now_ms,
                          const struct fq_schedule *schedule)
{
    static const struct fq_evidence own = { .kind = "own" };
    if (refund->state != FQ_REFUND_RESERVED && refund->state != FQ_REFUND_SUBMITTED)
        return FQ_MOVE_E_NOT_NOW;
    bool is_first = refund->state == FQ_REFUND_RESERVED;
    refund->state = FQ_REFUND_SUBMITTED;
    refund->submitted_ms = now_ms;
    refund->due_ms = now_ms + schedule->first_ms;
    refund->is_dirty = true;
    fq_ledger_moved(ledger, now_ms, "refund", refund->n,
                    is_first ? "RESERVED -> SUBMITTED" : "submitted again, same number", &own);
    return 0;
}

void fq_move_undo_to_refund(struct fq_ledger *ledger, struct fq_refund *refund, int64_t now_ms)
{
    static const struct fq_evidence own = { .kind = "own" };
    if (refund->state != FQ_REFUND_RESERVED || refund->way != FQ_WAY_UNDO)
        return;
    refund->way = FQ_WAY_REFUND;
    refund->is_dirty = true;
    fq_ledger_moved(ledger, now_ms, "refund", refund->n, "the day of an undo is over", &own);
}

/* No connection, no first byte: nothing can have come of it, whatever the platform may say later.
 */
void fq_move_withdraw_refund(struct fq_ledger *ledger, struct fq_refund *refund, int64_t now_ms)
{
    static const struct fq_evidence own = { .kind = "own" };
    if (refund->state != FQ_REFUND_SUBMITTED)
        return;
    refund->state = FQ_REFUND_RESERVED;
    refund->submitted_ms = 0;
    refund->is_dirty = true;
    fq_ledger_moved(ledger, now_ms, "refund", refund->n, "SUBMITTED -> RESERVED it never left",
                    &own);
}

void fq_move_ask_attempt(struct fq_attempt *attempt, int64_t due_ms)
{
    attempt->due_ms = due_ms;
    attempt->is_dirty = true;
}

void fq_move_ask_refund(struct fq_refund *refund, int64_t due_ms)
{
    if (refund->state == FQ_REFUND_REFUNDED)
        return;
    refund->due_ms = due_ms;
    refund->is_dirty = true;
}

int64_t fq_closes_by_ms(const struct fq_ledger *ledger)
{
    int64_t by = 0;
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        const struct fq_attempt *attempt = &ledger->attempts[i];
        if ((attempt->state == FQ_ATTEMPT_SENT || attempt->state == FQ_ATTEMPT_PLANNED) &&
            attempt->settle_after_ms > by)
            by = attempt->settle_after_ms;
    }
    return by;
}
