/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the parts of a ledger and writes down its moves. */
#include "daemon/core/ledger.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/fact.h"

/* The texts of a verdict are at most 512 bytes each, three times that when escaped. */
#define JOURNAL_BODY_SIZE_MAX 8192

struct fq_ledger *fq_ledger_new(struct fq_arena *arena)
{
    struct fq_ledger *ledger = fq_arena_alloc(arena, sizeof(*ledger));
    if (ledger == NULL)
        return NULL;
    ledger->arena = arena;
    ledger->journal_end = &ledger->journal;
    ledger->events_end = &ledger->events;
    return ledger;
}

struct fq_attempt *fq_ledger_attempt(struct fq_ledger *ledger, uint32_t n)
{
    return n >= 1 && n <= ledger->payment.n_attempts ? &ledger->attempts[n - 1] : NULL;
}

struct fq_attempt *fq_ledger_attempt_by_number(struct fq_ledger *ledger, struct fq_str order_number)
{
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        if (fq_str_equal(ledger->attempts[i].order_number, order_number))
            return &ledger->attempts[i];
    }
    return NULL;
}

struct fq_attempt *fq_ledger_live_attempt(struct fq_ledger *ledger)
{
    for (uint32_t i = ledger->payment.n_attempts; i > 0; i--) {
        struct fq_attempt *attempt = &ledger->attempts[i - 1];
        if (attempt->state == FQ_ATTEMPT_SENT || attempt->state == FQ_ATTEMPT_PLANNED)
            return attempt;
    }
    return NULL;
}

const struct fq_attempt *fq_ledger_last_attempt(const struct fq_ledger *ledger)
{
    uint32_t n = ledger->payment.n_attempts;
    return n > 0 ? &ledger->attempts[n - 1] : NULL;
}

bool fq_ledger_has_won(const struct fq_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        if (ledger->attempts[i].state == FQ_ATTEMPT_WON)
            return true;
    }
    return false;
}

struct fq_refund *fq_ledger_refund(struct fq_ledger *ledger, uint32_t n)
{
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++) {
        if (ledger->refunds[i].n == n)
            return &ledger->refunds[i];
    }
    return NULL;
}

struct fq_refund *fq_ledger_refund_by_number(struct fq_ledger *ledger, struct fq_str number)
{
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++) {
        if (fq_str_equal(ledger->refunds[i].number, number))
            return &ledger->refunds[i];
    }
    return NULL;
}

static void ledger_write_move(const struct fq_ledger *ledger, const char *object, uint32_t n,
                              const char *what, struct fq_buf *buf)
{
    fq_fact_add_int(buf, "at", ledger->payment.updated_ms);
    fq_fact_add_int(buf, "version", ledger->payment.version);
    fq_fact_add_text(buf, "object", object);
    if (n > 0)
        fq_fact_add_int(buf, "n", n);
    fq_fact_add_text(buf, "move", what);
}

static void ledger_write_evidence(const struct fq_evidence *evidence, struct fq_buf *buf)
{
    static const unsigned char none[FQ_DIGEST_SIZE];
    fq_fact_add_text(buf, "evidence", evidence->kind);
    if (memcmp(evidence->digest, none, sizeof(none)) != 0)
        fq_fact_add_hex(buf, "sha256", evidence->digest, sizeof(evidence->digest));
    if (evidence->key.len > 0)
        fq_fact_add(buf, "key", evidence->key);
    if (evidence->proof.len > 0)
        fq_fact_add(buf, "proof", evidence->proof);
    if (evidence->code.len > 0)
        fq_fact_add(buf, "code", evidence->code);
    if (evidence->by.len == 0)
        return;
    fq_fact_add(buf, "by", evidence->by);
    fq_fact_add(buf, "and", evidence->and_by);
    fq_fact_add(buf, "uid", evidence->uid);
    if (evidence->note.len > 0)
        fq_fact_add(buf, "note", evidence->note);
}

void fq_ledger_moved(struct fq_ledger *ledger, int64_t now_ms, const char *object, uint32_t n,
                     const char *what, const struct fq_evidence *evidence)
{
    ledger->payment.version++;
    ledger->payment.updated_ms = now_ms;
    ledger->payment_is_dirty = true;

    struct fq_journal_entry *entry = fq_arena_alloc(ledger->arena, sizeof(*entry));
    struct fq_buf buf;
    fq_buf_init(&buf, ledger->arena, JOURNAL_BODY_SIZE_MAX);
    ledger_write_move(ledger, object, n, what, &buf);
    ledger_write_evidence(evidence, &buf);
    /* A move without its journal entry must not be written. */
    if (entry == NULL || fq_buf_finish(&buf, &entry->body) != 0) {
        ledger->is_incomplete = true;
        return;
    }
    entry->object = object;
    entry->what = what;
    *ledger->journal_end = entry;
    ledger->journal_end = &entry->next;
}

void fq_ledger_event(struct fq_ledger *ledger, int64_t now_ms, uint32_t kind, uint32_t refund_n)
{
    struct fq_event *event = fq_arena_alloc(ledger->arena, sizeof(*event));
    if (event == NULL) {
        ledger->is_incomplete = true;
        return;
    }
    *event = (struct fq_event){ .kind = kind, .refund_n = refund_n, .at_ms = now_ms };
    *ledger->events_end = event;
    ledger->events_end = &event->next;
}

const char *fq_payment_state_name(uint32_t state)
{
    static const char *const names[] = { "?", "OPEN", "PAID", "CLOSED" };
    return names[state < fq_array_size(names) ? state : 0];
}

const char *fq_attempt_state_name(uint32_t state)
{
    static const char *const names[] = { "?", "PLANNED", "SENT", "WON", "DEAD" };
    return names[state < fq_array_size(names) ? state : 0];
}

const char *fq_refund_state_name(uint32_t state)
{
    static const char *const names[] = { "?", "RESERVED", "SUBMITTED", "REFUNDED", "FAILED" };
    return names[state < fq_array_size(names) ? state : 0];
}

const char *fq_close_reason_name(uint32_t reason)
{
    static const char *const names[] = { "NONE", "DECLINED", "EXPIRED", "REQUESTED" };
    return names[reason < fq_array_size(names) ? reason : 0];
}

/* ---- the money that can go back ---- */

int64_t fq_ledger_left(const struct fq_ledger *ledger, const struct fq_attempt *attempt)
{
    int64_t left = ledger->payment.amount.minor - attempt->refund_counted_minor;
    return attempt->state == FQ_ATTEMPT_WON && left > 0 ? left : 0;
}

const struct fq_attempt *fq_ledger_refundable(const struct fq_ledger *ledger)
{
    const struct fq_attempt *best = NULL;
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        const struct fq_attempt *attempt = &ledger->attempts[i];
        if (attempt->state == FQ_ATTEMPT_WON &&
            (best == NULL || fq_ledger_left(ledger, attempt) >= fq_ledger_left(ledger, best)))
            best = attempt;
    }
    return best;
}

void fq_ledger_count_refund(struct fq_ledger *ledger, const struct fq_refund *refund, int sign)
{
    struct fq_attempt *attempt = fq_ledger_attempt(ledger, refund->attempt_n);
    ledger->payment.refund_counted_minor += sign * refund->amount_minor;
    if (attempt == NULL)
        return;
    attempt->refund_counted_minor += sign * refund->amount_minor;
    attempt->is_dirty = true;
}

/* ---- what a person looks at ---- */

void fq_ledger_calm(struct fq_ledger *ledger)
{
    struct fq_payment *payment = &ledger->payment;
    if (payment->n_unknown == 0 && (payment->flags & FQ_FLAG_TO_CHECK) == 0)
        payment->flags &= ~(uint32_t)FQ_FLAG_FOR_OPERATOR;
}

bool fq_ledger_is_operators(const struct fq_ledger *ledger)
{
    uint32_t n_proven = 0, n_operators = 0;
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        const struct fq_attempt *attempt = &ledger->attempts[i];
        n_operators += attempt->by_operator;
        n_proven += attempt->state == FQ_ATTEMPT_WON && !attempt->by_operator;
    }
    return ledger->payment.state != FQ_PAYMENT_OPEN && n_operators > 0 && n_proven == 0;
}

/* ---- invariants ---- */

static int64_t ledger_won_minor(const struct fq_ledger *ledger)
{
    int64_t won = 0;
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        if (ledger->attempts[i].state == FQ_ATTEMPT_WON)
            won += ledger->payment.amount.minor;
    }
    return won;
}

static bool ledger_validate_payment(const struct fq_payment *payment)
{
    return payment->seq > 0 && payment->version >= 1 && payment->merchant_id.len > 0 &&
           payment->amount.minor > 0 && payment->state >= FQ_PAYMENT_OPEN &&
           payment->state <= FQ_PAYMENT_CLOSED &&
           (payment->state == FQ_PAYMENT_CLOSED) == (payment->close_reason != FQ_CLOSE_NONE) &&
           (payment->state != FQ_PAYMENT_PAID || payment->paid_ms > 0) &&
           payment->refund_counted_minor >= payment->refunded_minor &&
           payment->refunded_minor >= 0 && payment->n_attempts <= FQ_ATTEMPTS_MAX;
}

bool fq_ledger_validate(const struct fq_ledger *ledger)
{
    const struct fq_payment *payment = &ledger->payment;
    if (ledger->is_incomplete || fq_arena_is_full(ledger->arena) ||
        !ledger_validate_payment(payment))
        return false;
    if ((payment->state == FQ_PAYMENT_PAID) != fq_ledger_has_won(ledger))
        return false;
    if (payment->refund_counted_minor > ledger_won_minor(ledger) &&
        (payment->flags & (FQ_FLAG_FOREIGN_REFUND | FQ_FLAG_FOR_OPERATOR | FQ_FLAG_OVERDRAWN)) == 0)
        return false;
    for (uint32_t i = 0; i < payment->n_attempts; i++) {
        const struct fq_attempt *attempt = &ledger->attempts[i];
        if (attempt->n != i + 1 || attempt->order_number.len == 0 ||
            attempt->state < FQ_ATTEMPT_PLANNED || attempt->state > FQ_ATTEMPT_DEAD ||
            attempt->refund_counted_minor < 0)
            return false;
    }
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++) {
        const struct fq_refund *refund = &ledger->refunds[i];
        if (refund->n == 0 || refund->n > payment->n_refunds || refund->amount_minor <= 0 ||
            refund->state < FQ_REFUND_RESERVED || refund->state > FQ_REFUND_FAILED)
            return false;
    }
    return true;
}
