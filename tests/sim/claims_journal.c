/* SPDX-License-Identifier: Apache-2.0 */
/* The claims about journal and events: the chain holds, every final state has its evidence. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/sim/claims.h"

/* ---- the chain: SHA-256(previous || length of body, 8 bytes big endian || body) ---- */

static void journal_hash(const unsigned char previous[32], const struct claims_journal *row,
                         unsigned char ret[32])
{
    unsigned char size[8];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    for (int i = 0; i < 8; i++)
        size[i] = (unsigned char)((uint64_t)row->body_size >> (56 - 8 * i));
    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(context, previous, 32) != 1 || EVP_DigestUpdate(context, size, 8) != 1 ||
        EVP_DigestUpdate(context, row->body, row->body_size) != 1 ||
        EVP_DigestFinal_ex(context, ret, NULL) != 1)
        abort();
    EVP_MD_CTX_free(context);
}

static void journal_claim_chain(const struct claims *claims, const struct claims_payment *payment,
                                const struct claims_journal *rows, size_t n)
{
    unsigned char head[32] = { 0 };
    bool holds = (int64_t)n == payment->n_journal;
    for (size_t i = 0; i < n && holds; i++) {
        unsigned char hash[32];
        journal_hash(head, &rows[i], hash);
        holds = rows[i].n == (int64_t)i + 1 && memcmp(hash, rows[i].hash, 32) == 0;
        memcpy(head, hash, 32);
    }
    if (!holds || memcmp(head, payment->journal_head, 32) != 0)
        sim_violate(claims->sim, "journal-chain-intact", "%s: %zu rows of %lld", payment->order_id,
                    n, (long long)payment->n_journal);
}

/* ---- what the rows say ---- */

/* Does the body have the line "name=value"? */
static bool journal_has(const struct claims_journal *row, const char *line)
{
    size_t size = strlen(line);
    const char *at = (const char *)row->body;
    const char *end = at + row->body_size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            return false;
        if ((size_t)(stop - at) == size && memcmp(at, line, size) == 0)
            return true;
        at = stop + 1;
    }
    return false;
}

static bool journal_starts(const struct claims_journal *row, const char *name)
{
    const char *body = (const char *)row->body;
    return strstr(body, name) != NULL &&
           (strstr(body, name) == body || strstr(body, name)[-1] == '\n');
}

/* The platform's own signed word: raw bytes, and the key that verified them. */
static bool journal_is_proven(const struct claims_journal *row)
{
    return (journal_has(row, "evidence=answer") || journal_has(row, "evidence=notification") ||
            journal_has(row, "evidence=statement")) &&
           journal_starts(row, "sha256=") && journal_starts(row, "key=");
}

/* How many rows tell this move of this object, and how many of them are proven. */
static size_t journal_count(const struct claims_journal *rows, size_t n, const char *object,
                            int64_t number, const char *move, size_t *ret_n_proven)
{
    char object_line[32], n_line[32], move_line[64];
    size_t n_found = 0;
    *ret_n_proven = 0;
    (void)sqlite3_snprintf(sizeof(object_line), object_line, "object=%s", object);
    (void)sqlite3_snprintf(sizeof(n_line), n_line, "n=%lld", (long long)number);
    (void)sqlite3_snprintf(sizeof(move_line), move_line, "move=%s", move);
    for (size_t i = 0; i < n; i++) {
        if (!journal_has(&rows[i], object_line) || !journal_has(&rows[i], move_line) ||
            (number > 0 && !journal_has(&rows[i], n_line)))
            continue;
        n_found++;
        *ret_n_proven += journal_is_proven(&rows[i]);
    }
    return n_found;
}

static void journal_need(const struct claims *claims, const struct claims_payment *payment,
                         const struct claims_journal *rows, size_t n, const char *object,
                         int64_t number, const char *move, const char *other_move)
{
    size_t n_proven = 0, n_other = 0;
    (void)journal_count(rows, n, object, number, move, &n_proven);
    (void)journal_count(rows, n, object, number, other_move, &n_other);
    if (n_proven + n_other != 1)
        sim_violate(claims->sim, "no-final-state-without-evidence",
                    "%s: %s %lld \"%s\" is proven %zu times", payment->order_id, object,
                    (long long)number, move, n_proven + n_other);
}

static void journal_claim_attempts(const struct claims *claims,
                                   const struct claims_payment *payment,
                                   const struct claims_journal *rows, size_t n)
{
    for (size_t i = 0; i < claims->n_attempts; i++) {
        const struct claims_attempt *attempt = &claims->attempts[i];
        if (attempt->payment_seq != payment->seq)
            continue;
        if (attempt->state == FQ_ATTEMPT_WON)
            journal_need(claims, payment, rows, n, "attempt", attempt->n, "SENT -> WON",
                         "DEAD -> WON");
        if (attempt->state == FQ_ATTEMPT_DEAD)
            journal_need(claims, payment, rows, n, "attempt", attempt->n, "SENT -> DEAD", "none");
    }
}

static void journal_claim_evidence(const struct claims *claims,
                                   const struct claims_payment *payment,
                                   const struct claims_journal *rows, size_t n)
{
    journal_claim_attempts(claims, payment, rows, n);
    if (payment->state == FQ_PAYMENT_PAID)
        journal_need(claims, payment, rows, n, "payment", 0, "OPEN -> PAID",
                     "CLOSED -> PAID late success");
    for (size_t i = 0; i < claims->n_refunds; i++) {
        const struct claims_refund *refund = &claims->refunds[i];
        if (refund->payment_seq != payment->seq || refund->origin == FQ_ORIGIN_PLATFORM)
            continue;
        if (refund->state == FQ_REFUND_REFUNDED)
            journal_need(claims, payment, rows, n, "refund", refund->n, "SUBMITTED -> REFUNDED",
                         "FAILED -> REFUNDED");
        if (refund->state == FQ_REFUND_FAILED)
            journal_need(claims, payment, rows, n, "refund", refund->n, "SUBMITTED -> FAILED",
                         "none");
    }
}

/* ---- events ---- */

static size_t events_count(const struct claims *claims, int64_t seq, int64_t kind, int64_t refund_n)
{
    size_t n = 0;
    for (size_t i = 0; i < claims->n_events; i++)
        n += claims->events[i].payment_seq == seq && claims->events[i].kind == kind &&
             (refund_n == 0 || claims->events[i].refund_n == refund_n);
    return n;
}

static void events_claim_payment(const struct claims *claims, const struct claims_payment *payment,
                                 const struct claims_journal *rows, size_t n)
{
    size_t ignored = 0;
    size_t n_paid = events_count(claims, payment->seq, FQ_EVENT_PAYMENT_PAID, 0) +
                    events_count(claims, payment->seq, FQ_EVENT_LATE_SUCCESS, 0);
    size_t n_closed = events_count(claims, payment->seq, FQ_EVENT_PAYMENT_CLOSED, 0);
    bool is_late =
        journal_count(rows, n, "payment", 0, "CLOSED -> PAID late success", &ignored) > 0;
    bool is_closed = payment->state == FQ_PAYMENT_CLOSED || is_late;
    if (n_paid != (payment->state == FQ_PAYMENT_PAID ? 1u : 0u))
        sim_violate(claims->sim, "events-match-moves", "%s: told %zu times that it is paid",
                    payment->order_id, n_paid);
    if (n_closed != (is_closed ? 1u : 0u))
        sim_violate(claims->sim, "events-match-moves", "%s: told %zu times that it is closed",
                    payment->order_id, n_closed);
    for (size_t i = 0; i < claims->n_refunds; i++) {
        const struct claims_refund *refund = &claims->refunds[i];
        if (refund->payment_seq != payment->seq || refund->origin == FQ_ORIGIN_PLATFORM)
            continue;
        size_t n_told = events_count(claims, payment->seq, FQ_EVENT_REFUNDED, refund->n);
        if (n_told != (refund->state == FQ_REFUND_REFUNDED ? 1u : 0u))
            sim_violate(claims->sim, "events-match-moves", "%s: told %zu times of refund %lld",
                        payment->order_id, n_told, (long long)refund->n);
    }
}

/* Cursors rise by one, and what a reader was told stands there still. */
static void events_claim_readers(const struct claims *claims)
{
    for (size_t m = 0; m < SIM_MERCHANTS; m++) {
        const struct sim_reader *reader = claims->sim->readers[m];
        const char *merchant = m == 0 ? "shop" : "boutique";
        int64_t cursor = 0;
        uint64_t digest = 0;
        for (size_t i = 0; i < claims->n_events; i++) {
            const struct claims_event *event = &claims->events[i];
            if (strcmp(event->merchant_id, merchant) != 0)
                continue;
            if (event->cursor != ++cursor)
                sim_violate(claims->sim, "events-match-moves", "%s: a cursor is missing", merchant);
            if (cursor <= reader->cursor)
                digest = (digest * 31 + (uint64_t)event->payment_seq) * 31 + (uint64_t)event->kind;
        }
        if (cursor < reader->cursor || digest != reader->digest)
            sim_violate(claims->sim, "events-match-moves", "%s: told events are gone", merchant);
    }
}

void claims_about_the_journal(const struct claims *claims)
{
    const struct claims_journal *rows = claims->journal;
    size_t left = claims->n_journal;
    for (size_t i = 0; i < claims->n_payments; i++) {
        const struct claims_payment *payment = &claims->payments[i];
        size_t n = 0;
        while (n < left && rows[n].payment_seq == payment->seq)
            n++;
        journal_claim_chain(claims, payment, rows, n);
        journal_claim_evidence(claims, payment, rows, n);
        events_claim_payment(claims, payment, rows, n);
        rows += n;
        left -= n;
    }
    if (left > 0)
        sim_violate(claims->sim, "journal-chain-intact", "rows of no payment");
    events_claim_readers(claims);
}
