/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform's word does to a payment: the tables, and what each cell means. */
#include "daemon/core/settle.h"

#include <string.h>

#include "daemon/base/err.h"

/* clang-format off */

/* Attempt state by outcome. An attempt is committed as SENT before the first byte leaves, so PLANNED
 * stands in the store only if an older release wrote it; it is treated alike. */
static const uint8_t attempt_moves[5][10] = {
    /*               UNSET UNKNOWN         PENDING         ACCEPTED        PAID             DECLINED          CLOSED             REFUNDED REFUND_FAILED NOT_FOUND */
    /* UNSET   */ {  0,    0,              0,              0,              0,               0,                0,                 0,       0,            0 },
    /* PLANNED */ {  0,    FQ_MOVE_AGAIN,  FQ_MOVE_AGAIN,  FQ_MOVE_AGAIN,  FQ_MOVE_WIN,     FQ_MOVE_DECLINE,  FQ_MOVE_DIE,       0,       0,            FQ_MOVE_ABSENT },
    /* SENT    */ {  0,    FQ_MOVE_AGAIN,  FQ_MOVE_AGAIN,  FQ_MOVE_AGAIN,  FQ_MOVE_WIN,     FQ_MOVE_DECLINE,  FQ_MOVE_DIE,       0,       0,            FQ_MOVE_ABSENT },
    /* WON     */ {  0,    FQ_MOVE_IGNORE, FQ_MOVE_IGNORE, FQ_MOVE_IGNORE, FQ_MOVE_CONFIRM, FQ_MOVE_MISTRUST, FQ_MOVE_MISTRUST,  0,       0,            FQ_MOVE_MISTRUST },
    /* DEAD    */ {  0,    FQ_MOVE_IGNORE, FQ_MOVE_IGNORE, FQ_MOVE_IGNORE, FQ_MOVE_WIN,     FQ_MOVE_IGNORE,   FQ_MOVE_IGNORE,    0,       0,            FQ_MOVE_IGNORE },
};

/* Refund state by outcome. RESERVED was never sent: a word about it is one about an earlier life of
 * this ledger (a restored backup), so it counts; UNKNOWN: it could not even be planned, and is tried
 * again. NOT_FOUND: the request never arrived; it is repeated under the same number. */
static const uint8_t refund_moves[5][10] = {
    /*                 UNSET UNKNOWN         PENDING         ACCEPTED        PAID DECLINED CLOSED REFUNDED          REFUND_FAILED     NOT_FOUND */
    /* UNSET     */ {  0,    0,              0,              0,              0,   0,       0,     0,                0,                0 },
    /* RESERVED  */ {  0,    FQ_MOVE_AGAIN,  FQ_MOVE_IGNORE, FQ_MOVE_IGNORE, 0,   0,       0,     FQ_MOVE_REFUNDED, FQ_MOVE_IGNORE,   FQ_MOVE_IGNORE },
    /* SUBMITTED */ {  0,    FQ_MOVE_AGAIN,  FQ_MOVE_AGAIN,  FQ_MOVE_AGAIN,  0,   0,       0,     FQ_MOVE_REFUNDED, FQ_MOVE_FAIL,     FQ_MOVE_AGAIN },
    /* REFUNDED  */ {  0,    FQ_MOVE_IGNORE, FQ_MOVE_IGNORE, FQ_MOVE_IGNORE, 0,   0,       0,     FQ_MOVE_IGNORE,   FQ_MOVE_MISTRUST, FQ_MOVE_MISTRUST },
    /* FAILED    */ {  0,    FQ_MOVE_IGNORE, FQ_MOVE_IGNORE, FQ_MOVE_IGNORE, 0,   0,       0,     FQ_MOVE_REFUNDED, FQ_MOVE_IGNORE,   FQ_MOVE_IGNORE },
};

/* clang-format on */

uint32_t fq_attempt_move(uint32_t attempt_state, uint32_t outcome)
{
    if (attempt_state >= fq_array_size(attempt_moves) || outcome >= fq_array_size(attempt_moves[0]))
        return FQ_MOVE_BUG;
    return attempt_moves[attempt_state][outcome];
}

uint32_t fq_refund_move(uint32_t refund_state, uint32_t outcome)
{
    if (refund_state >= fq_array_size(refund_moves) || outcome >= fq_array_size(refund_moves[0]))
        return FQ_MOVE_BUG;
    return refund_moves[refund_state][outcome];
}

/* ---- asking again ---- */

/* What the adapter wishes, within reason, or twice as long each time. */
static int64_t settle_delay_ms(const struct fq_judgement *judgement, uint32_t n_asked)
{
    const struct fq_schedule *schedule = judgement->schedule;
    int64_t wish = judgement->verdict->retry_after_ms;
    int64_t delay = schedule->first_ms;
    if (wish > 0)
        return wish < FQ_RETRY_AFTER_MAX_MS ? wish : FQ_RETRY_AFTER_MAX_MS;
    for (uint32_t i = 0; i < n_asked && delay < schedule->max_ms; i++)
        delay *= 2;
    return delay < schedule->max_ms ? delay : schedule->max_ms;
}

/* ---- what the operator is shown, and what the operator has said ---- */

/* An attempt or a refund is unknown past its last deadline. Told once. */
static void settle_for_operator(struct fq_ledger *ledger, const char *object, uint32_t n,
                                int64_t *unknown_ms, const struct fq_judgement *judgement)
{
    if (*unknown_ms > 0)
        return;
    *unknown_ms = judgement->now_ms;
    ledger->payment.n_unknown++;
    ledger->payment.flags |= FQ_FLAG_FOR_OPERATOR;
    fq_ledger_moved(ledger, judgement->now_ms, object, n, "unknown past its last deadline",
                    &judgement->evidence);
    fq_ledger_event(ledger, judgement->now_ms, FQ_EVENT_FOR_OPERATOR, 0);
}

static void settle_known(struct fq_ledger *ledger, int64_t *unknown_ms)
{
    if (*unknown_ms == 0)
        return;
    *unknown_ms = 0;
    ledger->payment.n_unknown--;
    fq_ledger_calm(ledger);
}

static bool judgement_is_operators(const struct fq_judgement *judgement)
{
    return judgement->evidence.by.len > 0;
}

/* Asked before that was proven: the answer, too, may be of before, and contradicts nothing. */
static bool judgement_is_older(const struct fq_judgement *judgement, int64_t proven_ms)
{
    return judgement->asked_ms > 0 && judgement->asked_ms <= proven_ms;
}

static void settle_mistrust(struct fq_ledger *ledger, const char *object, uint32_t n,
                            const struct fq_judgement *judgement)
{
    if (ledger->payment.flags & FQ_FLAG_TO_CHECK)
        return;
    ledger->payment.flags |= FQ_FLAG_FOR_OPERATOR | FQ_FLAG_TO_CHECK;
    fq_ledger_moved(ledger, judgement->now_ms, object, n, "the platform contradicts what is known",
                    &judgement->evidence);
    fq_ledger_event(ledger, judgement->now_ms, FQ_EVENT_FOR_OPERATOR, 0);
}

/* ---- asking about an attempt again ---- */

static void attempt_ask_again(struct fq_ledger *ledger, struct fq_attempt *attempt,
                              const struct fq_judgement *judgement)
{
    int64_t delay = settle_delay_ms(judgement, attempt->n_asked);
    int64_t operator_ms = attempt->settle_after_ms + FQ_OPERATOR_AFTER_MS;
    if (judgement->now_ms > operator_ms) {
        settle_for_operator(ledger, "attempt", attempt->n, &attempt->unknown_ms, judgement);
        delay = FQ_OPERATOR_AFTER_MS;
    }
    int64_t due = judgement->now_ms + delay;
    /* Just after the deadline the answer becomes final: do not sleep past it. */
    if (judgement->now_ms < attempt->settle_after_ms && due > attempt->settle_after_ms)
        due = attempt->settle_after_ms;
    attempt->due_ms = due;
    attempt->n_asked++;
    attempt->is_dirty = true;
}

/* ---- the attempt ---- */

static void attempt_keep_code(struct fq_attempt *attempt, const struct fq_verdict *verdict)
{
    attempt->platform_code = verdict->platform_code;
    attempt->platform_text = verdict->platform_text;
    attempt->is_dirty = true;
}

static void attempt_remember(struct fq_attempt *attempt, const struct fq_verdict *verdict)
{
    attempt_keep_code(attempt, verdict);
    attempt->last_outcome = verdict->outcome;
    if (verdict->platform_ref.len > 0)
        attempt->platform_ref = verdict->platform_ref;
}

/* The platform has shown the order. That there is none mostly names no order, so it may be the
 * answer to somebody else's question. */
static bool attempt_was_seen(const struct fq_attempt *attempt)
{
    return attempt->platform_ref.len > 0 || attempt->last_outcome == FQ_OUTCOME_PENDING;
}

/* "There is no such order", and it is not this one's answer for sure. */
static bool attempt_is_not_meant(const struct fq_attempt *attempt, const struct fq_verdict *verdict)
{
    return verdict->outcome == FQ_OUTCOME_NOT_FOUND && verdict->number.len == 0 &&
           attempt_was_seen(attempt);
}

static bool attempt_is_final_time(const struct fq_attempt *attempt,
                                  const struct fq_judgement *judgement)
{
    return judgement->asked_ms > 0 && judgement->asked_ms >= attempt->settle_after_ms;
}

/* An attempt is over. If nothing else can be paid and nobody may start again, so is the payment. */
static void payment_after_death(struct fq_ledger *ledger, const struct fq_attempt *attempt,
                                const struct fq_judgement *judgement)
{
    struct fq_payment *payment = &ledger->payment;
    if (payment->state != FQ_PAYMENT_OPEN || fq_ledger_live_attempt(ledger) != NULL)
        return;
    bool is_declined = attempt->last_outcome == FQ_OUTCOME_DECLINED;
    if (payment->close_requested_ms > 0) {
        fq_move_close(ledger, FQ_CLOSE_REQUESTED, judgement->now_ms, &judgement->evidence);
    } else if (judgement->now_ms >= payment->expires_ms) {
        fq_move_close(ledger, is_declined ? FQ_CLOSE_DECLINED : FQ_CLOSE_EXPIRED, judgement->now_ms,
                      &judgement->evidence);
    } else {
        payment->due_ms = payment->expires_ms; /* the buyer may try again until then */
        ledger->payment_is_dirty = true;
    }
}

static void attempt_die(struct fq_ledger *ledger, struct fq_attempt *attempt,
                        const struct fq_judgement *judgement)
{
    uint32_t before = attempt->last_outcome;
    attempt_remember(attempt, judgement->verdict);
    /* "Not found" after a decline is still a decline. */
    if (before == FQ_OUTCOME_DECLINED)
        attempt->last_outcome = FQ_OUTCOME_DECLINED;
    attempt->state = FQ_ATTEMPT_DEAD;
    attempt->by_operator = judgement_is_operators(judgement);
    attempt->due_ms = 0;
    settle_known(ledger, &attempt->unknown_ms);
    fq_ledger_moved(ledger, judgement->now_ms, "attempt", attempt->n, "SENT -> DEAD",
                    &judgement->evidence);
    payment_after_death(ledger, attempt, judgement);
}

static void attempt_decline(struct fq_ledger *ledger, struct fq_attempt *attempt,
                            const struct fq_judgement *judgement)
{
    if (attempt_is_final_time(attempt, judgement)) {
        attempt_die(ledger, attempt, judgement);
        return;
    }
    bool is_news = attempt->last_outcome != FQ_OUTCOME_DECLINED;
    attempt_remember(attempt, judgement->verdict);
    if (is_news) {
        fq_ledger_moved(ledger, judgement->now_ms, "attempt", attempt->n, "declined, may try again",
                        &judgement->evidence);
        fq_ledger_event(ledger, judgement->now_ms, FQ_EVENT_ATTEMPT_DECLINED, 0);
    }
    attempt_ask_again(ledger, attempt, judgement);
}

/* Of an order that was seen it proves nothing, however late, unless it names that order; in the end
 * it is the operator's. */
static uint32_t attempt_absent(struct fq_ledger *ledger, struct fq_attempt *attempt,
                               const struct fq_judgement *judgement)
{
    uint32_t move = FQ_MOVE_ABSENT;
    if (attempt_is_not_meant(attempt, judgement->verdict)) {
        attempt_keep_code(attempt, judgement->verdict);
        move = FQ_MOVE_AGAIN;
    } else if (attempt_is_final_time(attempt, judgement)) {
        attempt_die(ledger, attempt, judgement);
        return move;
    }
    attempt_ask_again(ledger, attempt, judgement);
    return move;
}

/* ---- winning ---- */

static void payment_match_terms(struct fq_ledger *ledger, const struct fq_judgement *judgement)
{
    struct fq_payment *payment = &ledger->payment;
    uint32_t used = judgement->verdict->instalments;
    if (used == 0) {
        if (payment->terms_match == FQ_TERMS_UNSET)
            payment->terms_match = FQ_TERMS_UNCONFIRMED;
        return;
    }
    payment->instalments_used = used;
    payment->terms_match = used == payment->instalments ? FQ_TERMS_CONFIRMED : FQ_TERMS_DIFFERENT;
    if (payment->terms_match == FQ_TERMS_DIFFERENT && !(payment->flags & FQ_FLAG_TERMS_DIFFER)) {
        payment->flags |= FQ_FLAG_TERMS_DIFFER;
        fq_ledger_event(ledger, judgement->now_ms, FQ_EVENT_TERMS_DIFFER, 0);
    }
}

static void payment_learn_identity(struct fq_payment *payment, uint32_t identity)
{
    if (identity == FQ_IDENTITY_UNSET)
        return;
    payment->identity = identity;
    payment->verification =
        identity == FQ_IDENTITY_MISMATCH ? FQ_VERIFICATION_FAILED : FQ_VERIFICATION_VERIFIED;
}

static void payment_win(struct fq_ledger *ledger, const struct fq_attempt *attempt,
                        const struct fq_judgement *judgement)
{
    struct fq_payment *payment = &ledger->payment;
    bool is_late = payment->state == FQ_PAYMENT_CLOSED;
    payment->state = FQ_PAYMENT_PAID;
    payment->close_reason = FQ_CLOSE_NONE;
    payment->paid_ms = judgement->now_ms;
    payment->due_ms = 0;
    payment->token_generation++;
    payment->payer = (struct fq_str){ NULL, 0 };
    payment->platform_ref = attempt->platform_ref;
    payment_learn_identity(payment, judgement->verdict->identity);
    if (is_late)
        payment->flags |= FQ_FLAG_LATE_SUCCESS;
    fq_ledger_moved(ledger, judgement->now_ms, "payment", 0,
                    is_late ? "CLOSED -> PAID late success" : "OPEN -> PAID", &judgement->evidence);
    fq_ledger_event(ledger, judgement->now_ms,
                    is_late ? FQ_EVENT_LATE_SUCCESS : FQ_EVENT_PAYMENT_PAID, 0);
    payment_match_terms(ledger, judgement);
}

static void attempt_win(struct fq_ledger *ledger, struct fq_attempt *attempt,
                        const struct fq_judgement *judgement)
{
    bool was_dead = attempt->state == FQ_ATTEMPT_DEAD;
    bool was_paid = ledger->payment.state == FQ_PAYMENT_PAID;
    attempt_remember(attempt, judgement->verdict);
    attempt->state = FQ_ATTEMPT_WON;
    attempt->by_operator = judgement_is_operators(judgement);
    attempt->due_ms = 0;
    settle_known(ledger, &attempt->unknown_ms);
    fq_ledger_moved(ledger, judgement->now_ms, "attempt", attempt->n,
                    was_dead ? "DEAD -> WON" : "SENT -> WON", &judgement->evidence);
    if (!was_paid) {
        payment_win(ledger, attempt, judgement);
        return;
    }
    ledger->payment.flags |= FQ_FLAG_DOUBLE_PAID;
    fq_ledger_moved(ledger, judgement->now_ms, "payment", 0, "paid twice: a second attempt won",
                    &judgement->evidence);
    fq_ledger_event(ledger, judgement->now_ms, FQ_EVENT_DOUBLE_PAID, 0);
}

/* More went back than we know of: somebody refunded at the platform. Told once. */
static void attempt_see_refunds(struct fq_ledger *ledger, const struct fq_attempt *attempt,
                                const struct fq_judgement *judgement)
{
    struct fq_payment *payment = &ledger->payment;
    if (judgement->verdict->has_refunded_total == 0 || (payment->flags & FQ_FLAG_FOREIGN_REFUND) ||
        judgement->verdict->refunded_total_minor <= attempt->refund_counted_minor)
        return;
    payment->flags |= FQ_FLAG_FOREIGN_REFUND;
    fq_ledger_moved(ledger, judgement->now_ms, "payment", 0, "refunded elsewhere",
                    &judgement->evidence);
    fq_ledger_event(ledger, judgement->now_ms, FQ_EVENT_FOREIGN_REFUND, 0);
}

static bool identity_is_known(uint32_t identity)
{
    return identity == FQ_IDENTITY_PLATFORM_LOGIN || identity == FQ_IDENTITY_REAL_NAME_MATCHED ||
           identity == FQ_IDENTITY_MISMATCH;
}

/* What only the operator knew is the platform's word now. */
static void attempt_prove(struct fq_ledger *ledger, struct fq_attempt *attempt,
                          const struct fq_judgement *judgement)
{
    attempt_remember(attempt, judgement->verdict);
    attempt->by_operator = false;
    ledger->payment.platform_ref = attempt->platform_ref;
    fq_ledger_moved(ledger, judgement->now_ms, "attempt", attempt->n, "proven by the platform too",
                    &judgement->evidence);
}

/* Paid already: only the terms and the buyer's identity may be news, from a message that names
 * them. What was named once stays. */
static uint32_t attempt_confirm(struct fq_ledger *ledger, struct fq_attempt *attempt,
                                const struct fq_judgement *judgement)
{
    struct fq_payment *payment = &ledger->payment;
    const struct fq_verdict *verdict = judgement->verdict;
    bool has_terms = verdict->instalments > 0 && payment->terms_match == FQ_TERMS_UNCONFIRMED;
    bool has_identity =
        identity_is_known(verdict->identity) && !identity_is_known(payment->identity);
    bool is_proof = attempt->by_operator && !judgement_is_operators(judgement);
    if (!has_terms && !has_identity && !is_proof)
        return FQ_MOVE_IGNORE;
    if (is_proof)
        attempt_prove(ledger, attempt, judgement);
    if (!has_terms && !has_identity)
        return FQ_MOVE_CONFIRM;
    if (has_terms)
        payment_match_terms(ledger, judgement);
    if (has_identity)
        payment_learn_identity(payment, verdict->identity);
    fq_ledger_moved(ledger, judgement->now_ms, "payment", 0,
                    has_terms ? "terms named by the platform" : "identity named by the platform",
                    &judgement->evidence);
    return FQ_MOVE_CONFIRM;
}

/* Dead, and asked about once more because a signed message hinted at a late success: until the
 * platform says a plain no. */
static uint32_t attempt_stay(struct fq_ledger *ledger, struct fq_attempt *attempt,
                             const struct fq_judgement *judgement)
{
    uint32_t outcome = judgement->verdict->outcome;
    bool is_no =
        outcome == FQ_OUTCOME_DECLINED || outcome == FQ_OUTCOME_CLOSED ||
        (outcome == FQ_OUTCOME_NOT_FOUND && !attempt_is_not_meant(attempt, judgement->verdict));
    if (attempt->due_ms == 0 || judgement->asked_ms == 0)
        return FQ_MOVE_IGNORE;
    if (attempt->state == FQ_ATTEMPT_DEAD && !is_no) {
        attempt_ask_again(ledger, attempt, judgement);
        return FQ_MOVE_AGAIN;
    }
    attempt->due_ms = 0;
    attempt->is_dirty = true;
    if (attempt->unknown_ms == 0)
        return FQ_MOVE_IGNORE;
    settle_known(ledger, &attempt->unknown_ms);
    fq_ledger_moved(ledger, judgement->now_ms, "attempt", attempt->n, "in doubt no more",
                    &judgement->evidence);
    return FQ_MOVE_IGNORE;
}

/* The platform's own number of an order, once stored, does not change. */
static bool attempt_is_renamed(const struct fq_attempt *attempt, const struct fq_verdict *verdict)
{
    return attempt->platform_ref.len > 0 && verdict->platform_ref.len > 0 &&
           !fq_str_equal(attempt->platform_ref, verdict->platform_ref);
}

uint32_t fq_settle_attempt(struct fq_ledger *ledger, struct fq_attempt *attempt,
                           const struct fq_judgement *judgement)
{
    uint32_t move = fq_attempt_move(attempt->state, judgement->verdict->outcome);
    if (move == FQ_MOVE_MISTRUST && judgement_is_older(judgement, ledger->payment.paid_ms))
        move = FQ_MOVE_IGNORE;
    if (move != FQ_MOVE_IGNORE && attempt_is_renamed(attempt, judgement->verdict))
        move = FQ_MOVE_MISTRUST;
    switch ((enum fq_move)move) {
    case FQ_MOVE_AGAIN:
        if (judgement->verdict->outcome != FQ_OUTCOME_UNKNOWN)
            attempt_remember(attempt, judgement->verdict);
        attempt_ask_again(ledger, attempt, judgement);
        break;
    case FQ_MOVE_WIN:
        attempt_win(ledger, attempt, judgement);
        attempt_see_refunds(ledger, attempt, judgement);
        break;
    case FQ_MOVE_CONFIRM:
        move = attempt_confirm(ledger, attempt, judgement);
        attempt_see_refunds(ledger, attempt, judgement);
        break;
    case FQ_MOVE_DECLINE:
        attempt_decline(ledger, attempt, judgement);
        break;
    case FQ_MOVE_DIE:
        attempt_die(ledger, attempt, judgement);
        break;
    case FQ_MOVE_ABSENT:
        move = attempt_absent(ledger, attempt, judgement);
        break;
    case FQ_MOVE_MISTRUST:
        settle_mistrust(ledger, "attempt", attempt->n, judgement);
        if (attempt->due_ms > 0)
            attempt_ask_again(ledger, attempt, judgement);
        break;
    case FQ_MOVE_IGNORE:
        move = attempt_stay(ledger, attempt, judgement);
        break;
    case FQ_MOVE_BUG:
    case FQ_MOVE_REFUNDED:
    case FQ_MOVE_FAIL:
        fq_assert(move == FQ_MOVE_IGNORE); /* core/verdict lets no such outcome through */
    }
    return move;
}

void fq_settle_double_paid(struct fq_ledger *ledger, int64_t now_ms, struct fq_str other_payment_id)
{
    if (ledger->payment.flags & FQ_FLAG_DOUBLE_PAID)
        return;
    struct fq_evidence own = { .kind = "own", .proof = other_payment_id };
    ledger->payment.flags |= FQ_FLAG_DOUBLE_PAID;
    fq_ledger_moved(ledger, now_ms, "payment", 0, "order paid twice", &own);
    fq_ledger_event(ledger, now_ms, FQ_EVENT_DOUBLE_PAID, 0);
}

/* ---- the refund ---- */

static void refund_remember(struct fq_refund *refund, const struct fq_verdict *verdict)
{
    refund->platform_code = verdict->platform_code;
    refund->platform_text = verdict->platform_text;
    refund->is_dirty = true;
}

static void refund_ask_again(struct fq_ledger *ledger, struct fq_refund *refund,
                             const struct fq_judgement *judgement)
{
    int64_t delay = settle_delay_ms(judgement, refund->n_asked);
    if (judgement->now_ms > refund->deadline_ms) {
        settle_for_operator(ledger, "refund", refund->n, &refund->unknown_ms, judgement);
        delay = FQ_OPERATOR_AFTER_MS;
    }
    refund->due_ms = judgement->now_ms + delay;
    refund->n_asked++;
    refund->is_dirty = true;
}

static void refund_succeed(struct fq_ledger *ledger, struct fq_refund *refund,
                           const struct fq_judgement *judgement)
{
    struct fq_payment *payment = &ledger->payment;
    bool was_failed = refund->state == FQ_REFUND_FAILED;
    bool was_reserved = refund->state == FQ_REFUND_RESERVED;
    refund_remember(refund, judgement->verdict);
    refund->state = FQ_REFUND_REFUNDED;
    refund->by_operator = judgement_is_operators(judgement);
    refund->finished_ms = judgement->now_ms;
    refund->due_ms = 0;
    settle_known(ledger, &refund->unknown_ms);
    payment->refunded_minor += refund->amount_minor;
    if (was_failed) {
        /* The reservation was released and may be used by another refund meanwhile. */
        const struct fq_attempt *attempt = fq_ledger_attempt(ledger, refund->attempt_n);
        fq_ledger_count_refund(ledger, refund, 1);
        if (attempt == NULL || attempt->refund_counted_minor > payment->amount.minor)
            payment->flags |= FQ_FLAG_FOR_OPERATOR | FQ_FLAG_TO_CHECK | FQ_FLAG_OVERDRAWN;
    }
    fq_ledger_moved(ledger, judgement->now_ms, "refund", refund->n,
                    was_failed     ? "FAILED -> REFUNDED"
                    : was_reserved ? "RESERVED -> REFUNDED"
                                   : "SUBMITTED -> REFUNDED",
                    &judgement->evidence);
    fq_ledger_event(ledger, judgement->now_ms, FQ_EVENT_REFUNDED, refund->n);
}

static void refund_fail(struct fq_ledger *ledger, struct fq_refund *refund,
                        const struct fq_judgement *judgement)
{
    bool was_reserved = refund->state == FQ_REFUND_RESERVED;
    refund_remember(refund, judgement->verdict);
    refund->state = FQ_REFUND_FAILED;
    refund->by_operator = judgement_is_operators(judgement);
    refund->finished_ms = judgement->now_ms;
    refund->due_ms = 0;
    settle_known(ledger, &refund->unknown_ms);
    fq_ledger_count_refund(ledger, refund, -1);
    if (refund->way == FQ_WAY_UNDO)
        ledger->payment.flags |= FQ_FLAG_UNDO_FAILED;
    fq_ledger_moved(ledger, judgement->now_ms, "refund", refund->n,
                    was_reserved ? "RESERVED -> FAILED" : "SUBMITTED -> FAILED",
                    &judgement->evidence);
    fq_ledger_event(ledger, judgement->now_ms, FQ_EVENT_REFUND_FAILED, refund->n);
}

/* Sent once more since the question was put: that it failed is about the sending before. */
static bool refund_was_sent_since(const struct fq_refund *refund,
                                  const struct fq_judgement *judgement)
{
    return judgement->asked_ms > 0 && judgement->asked_ms < refund->submitted_ms;
}

/* What never left can be given up, by those who know why; no platform can say so. */
static bool refund_is_given_up(const struct fq_refund *refund, const struct fq_judgement *judgement)
{
    return refund->state == FQ_REFUND_RESERVED &&
           judgement->verdict->outcome == FQ_OUTCOME_REFUND_FAILED &&
           judgement_is_operators(judgement);
}

/* Failed, and asked about once more because a message hinted that money moves after all, or a
 * sending that took its time was accepted: until the platform says a plain no. */
static uint32_t refund_stay(struct fq_ledger *ledger, struct fq_refund *refund,
                            const struct fq_judgement *judgement)
{
    uint32_t outcome = judgement->verdict->outcome;
    bool is_no = outcome == FQ_OUTCOME_REFUND_FAILED || outcome == FQ_OUTCOME_NOT_FOUND;
    bool is_doubt = refund->due_ms > 0 || outcome == FQ_OUTCOME_ACCEPTED;
    if (refund->state != FQ_REFUND_FAILED || !is_doubt || judgement->asked_ms == 0)
        return FQ_MOVE_IGNORE;
    if (!is_no) {
        refund_ask_again(ledger, refund, judgement);
        return FQ_MOVE_AGAIN;
    }
    refund->due_ms = 0;
    refund->is_dirty = true;
    if (refund->unknown_ms == 0)
        return FQ_MOVE_IGNORE;
    settle_known(ledger, &refund->unknown_ms);
    fq_ledger_moved(ledger, judgement->now_ms, "refund", refund->n, "in doubt no more",
                    &judgement->evidence);
    return FQ_MOVE_IGNORE;
}

uint32_t fq_settle_refund(struct fq_ledger *ledger, struct fq_refund *refund,
                          const struct fq_judgement *judgement)
{
    uint32_t move = fq_refund_move(refund->state, judgement->verdict->outcome);
    if (move == FQ_MOVE_MISTRUST && judgement_is_older(judgement, refund->finished_ms))
        move = FQ_MOVE_IGNORE;
    if (refund_is_given_up(refund, judgement))
        move = FQ_MOVE_FAIL;
    if (move == FQ_MOVE_FAIL && refund_was_sent_since(refund, judgement))
        move = FQ_MOVE_AGAIN;
    switch ((enum fq_move)move) {
    case FQ_MOVE_AGAIN:
        refund_remember(refund, judgement->verdict);
        refund_ask_again(ledger, refund, judgement);
        break;
    case FQ_MOVE_REFUNDED:
        refund_succeed(ledger, refund, judgement);
        break;
    case FQ_MOVE_FAIL:
        refund_fail(ledger, refund, judgement);
        break;
    case FQ_MOVE_MISTRUST:
        settle_mistrust(ledger, "refund", refund->n, judgement);
        break;
    case FQ_MOVE_IGNORE:
        move = refund_stay(ledger, refund, judgement);
        break;
    case FQ_MOVE_BUG:
    case FQ_MOVE_WIN:
    case FQ_MOVE_CONFIRM:
    case FQ_MOVE_DECLINE:
    case FQ_MOVE_DIE:
    case FQ_MOVE_ABSENT:
        fq_assert(move == FQ_MOVE_IGNORE); /* core/verdict lets no such outcome through */
    }
    return move;
}
