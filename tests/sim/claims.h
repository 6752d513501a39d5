/* SPDX-License-Identifier: Apache-2.0 */
/* The claims about a history that has come to rest: the ledger's rows against the platform's truth.
 */
#ifndef SIM_CLAIMS_H
#define SIM_CLAIMS_H

#include <sqlite3.h>

#include "tests/sim/shop.h"

struct claims_attempt {
    int64_t payment_seq, n, state, due_ms, deadline_ms;
    const char *number;
};

struct claims_refund {
    int64_t payment_seq, n, attempt_n, state, origin, amount_minor, due_ms;
    const char *number;
};

struct claims_payment {
    int64_t seq, version, state, close_reason, flags, amount_minor, due_ms, refund_counted_minor,
        refunded_minor, n_journal, n_attempts, n_refunds, payer_size;
    const char *merchant_id, *order_id, *channel;
    const unsigned char *journal_head, *secret;
};

struct claims_journal {
    int64_t payment_seq, n;
    const unsigned char *body, *hash;
    size_t body_size;
};

struct claims_event {
    const char *merchant_id;
    int64_t cursor, payment_seq, kind, refund_n, at_ms, payment_version;
};

struct claims_group {
    const char *merchant_id, *name;
    int64_t cursor;
};

struct claims_note {
    const char *owner, *name, *value;
};

struct claims_key {
    const char *merchant_id, *key;
    int64_t kind, payment_seq, refund_n;
};

/* All rows, read with SQL of our own. */
struct claims {
    struct sim *sim;
    sqlite3 *db;
    struct claims_payment *payments;
    struct claims_attempt *attempts;
    struct claims_refund *refunds;
    struct claims_journal *journal;
    struct claims_event *events;
    struct claims_key *keys;
    struct claims_group *groups;
    struct claims_note *notes;
    size_t n_payments, n_attempts, n_refunds, n_journal, n_events, n_keys, n_groups, n_notes;
};

/* claims_rows.c; false: the ledger cannot be read. */
bool claims_read(struct claims *claims, struct sim *sim);
const struct claims_payment *claims_payment(const struct claims *claims, int64_t seq);
const struct claims_attempt *claims_attempt(const struct claims *claims, const char *number);

/* claims.c: what the platform behind the payment's channel says of an attempt. */
struct sim_truth claims_truth(const struct claims *claims, const struct claims_attempt *attempt);

/* claims_journal.c */
void claims_about_the_journal(const struct claims *claims);

/* claims_feed.c */
void claims_about_consumers(const struct claims *claims);

/* claims_renewal.c */
void claims_about_renewed_keys(const struct claims *claims);

/* claims.c: all of them. */
void sim_claims(struct sim *sim);

#endif
