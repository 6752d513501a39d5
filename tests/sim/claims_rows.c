/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the ledger for the claims: SQL of its own, nothing of daemon/store. */
#include <string.h>

#include "tests/sim/claims.h"
#include "tests/sim/daemon.h"

/* Where a column goes: a number, a text, or bytes of a known or told size. */
enum rows_type { ROWS_NUMBER, ROWS_TEXT, ROWS_BYTES, ROWS_SIZE_OF_LAST };

struct rows_column {
    enum rows_type type;
    size_t offset;
};

#define ROWS_COLUMNS_MAX 20

struct rows_plan {
    const char *table;
    const char *sql;
    size_t size;
    struct rows_column columns[ROWS_COLUMNS_MAX]; /* ends with { 0, 0 } behind the first */
};

static sqlite3_stmt *rows_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    return sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK ? statement : NULL;
}

static int64_t rows_count(sqlite3 *db, const char *table)
{
    char sql[64];
    int64_t n = -1;
    (void)sqlite3_snprintf(sizeof(sql), sql, "SELECT count(*) FROM %s", table);
    sqlite3_stmt *statement = rows_prepare(db, sql);
    if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
        n = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return n;
}

static void rows_take(struct sim *sim, sqlite3_stmt *statement, int i,
                      const struct rows_column *column, char *row)
{
    const char *bytes = sqlite3_column_blob(statement, i);
    size_t size = (size_t)sqlite3_column_bytes(statement, i);
    const char *copy = NULL;
    int64_t number = sqlite3_column_int64(statement, i);
    switch (column->type) {
    case ROWS_NUMBER:
        memcpy(row + column->offset, &number, sizeof(number));
        return;
    case ROWS_TEXT:
    case ROWS_BYTES:
        copy = sim_copy(sim, bytes, size);
        memcpy(row + column->offset, &copy, sizeof(copy));
        return;
    case ROWS_SIZE_OF_LAST:
        size = (size_t)sqlite3_column_bytes(statement, i - 1);
        memcpy(row + column->offset, &size, sizeof(size));
        return;
    }
}

static bool rows_read(struct sim *sim, sqlite3 *db, const struct rows_plan *plan, void **ret_rows,
                      size_t *ret_n)
{
    int64_t n = rows_count(db, plan->table);
    sqlite3_stmt *statement = rows_prepare(db, plan->sql);
    if (n < 0 || statement == NULL)
        return false;
    char *rows = sim_alloc(sim, plan->size * (size_t)(n + 1));
    size_t got = 0;
    int r = SQLITE_DONE;
    while (got <= (size_t)n && (r = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            rows_take(sim, statement, i, &plan->columns[i], rows + got * plan->size);
        got++;
    }
    (void)sqlite3_finalize(statement);
    *ret_rows = rows;
    *ret_n = got;
    return r == SQLITE_DONE && got == (size_t)n;
}

/* clang-format off */
#define NUMBER(type, member) { ROWS_NUMBER, offsetof(struct type, member) }
#define TEXT(type, member)   { ROWS_TEXT, offsetof(struct type, member) }
#define BYTES(type, member)  { ROWS_BYTES, offsetof(struct type, member) }
#define SIZE(type, member)   { ROWS_SIZE_OF_LAST, offsetof(struct type, member) }

static const struct rows_plan rows_payments = {
    "payment",
    "SELECT seq, version, state, close_reason, flags, amount_minor, due_ms, refund_counted_minor, "
    "refunded_minor, n_journal, n_attempts, n_refunds, merchant_id, merchant_order_id, channel, journal_head, secret, length(payer) "
    "FROM payment ORDER BY seq",
    sizeof(struct claims_payment),
    { NUMBER(claims_payment, seq), NUMBER(claims_payment, version), NUMBER(claims_payment, state),
      NUMBER(claims_payment, close_reason), NUMBER(claims_payment, flags),
      NUMBER(claims_payment, amount_minor), NUMBER(claims_payment, due_ms),
      NUMBER(claims_payment, refund_counted_minor), NUMBER(claims_payment, refunded_minor),
      NUMBER(claims_payment, n_journal), NUMBER(claims_payment, n_attempts),
      NUMBER(claims_payment, n_refunds), TEXT(claims_payment, merchant_id),
      TEXT(claims_payment, order_id), TEXT(claims_payment, channel), BYTES(claims_payment, journal_head),
      BYTES(claims_payment, secret), NUMBER(claims_payment, payer_size) },
};
static const struct rows_plan rows_attempts = {
    "attempt",
    "SELECT payment_seq, n, state, due_ms, deadline_ms, order_number FROM attempt ORDER BY payment_seq, n",
    sizeof(struct claims_attempt),
    { NUMBER(claims_attempt, payment_seq), NUMBER(claims_attempt, n), NUMBER(claims_attempt, state),
      NUMBER(claims_attempt, due_ms), NUMBER(claims_attempt, deadline_ms),
      TEXT(claims_attempt, number) },
};
static const struct rows_plan rows_refunds = {
    "refund",
    "SELECT payment_seq, n, attempt_n, state, origin, amount_minor, due_ms, number FROM refund "
    "ORDER BY payment_seq, n",
    sizeof(struct claims_refund),
    { NUMBER(claims_refund, payment_seq), NUMBER(claims_refund, n), NUMBER(claims_refund, attempt_n),
      NUMBER(claims_refund, state), NUMBER(claims_refund, origin), NUMBER(claims_refund, amount_minor),
      NUMBER(claims_refund, due_ms), TEXT(claims_refund, number) },
};
static const struct rows_plan rows_journal = {
    "journal",
    "SELECT payment_seq, n, body, 0, hash FROM journal ORDER BY payment_seq, n",
    sizeof(struct claims_journal),
    { NUMBER(claims_journal, payment_seq), NUMBER(claims_journal, n), BYTES(claims_journal, body),
      SIZE(claims_journal, body_size), BYTES(claims_journal, hash) },
};
static const struct rows_plan rows_events = {
    "event",
    "SELECT merchant_id, cursor, payment_seq, kind, refund_n, at_ms, payment_version FROM event ORDER BY merchant_id, cursor",
    sizeof(struct claims_event),
    { TEXT(claims_event, merchant_id), NUMBER(claims_event, cursor),
      NUMBER(claims_event, payment_seq), NUMBER(claims_event, kind), NUMBER(claims_event, refund_n),
      NUMBER(claims_event, at_ms), NUMBER(claims_event, payment_version) },
};
static const struct rows_plan rows_keys = {
    "idempotency",
    "SELECT merchant_id, key, kind, payment_seq, refund_n FROM idempotency",
    sizeof(struct claims_key),
    { TEXT(claims_key, merchant_id), TEXT(claims_key, key), NUMBER(claims_key, kind),
      NUMBER(claims_key, payment_seq), NUMBER(claims_key, refund_n) },
};
static const struct rows_plan rows_groups = {
    "consumer_group",
    "SELECT merchant_id, name, cursor FROM consumer_group",
    sizeof(struct claims_group),
    { TEXT(claims_group, merchant_id), TEXT(claims_group, name), NUMBER(claims_group, cursor) },
};
static const struct rows_plan rows_notes = {
    "note",
    "SELECT owner, name, value FROM note",
    sizeof(struct claims_note),
    { TEXT(claims_note, owner), TEXT(claims_note, name), TEXT(claims_note, value) },
};

/* clang-format on */

bool claims_read(struct claims *claims, struct sim *sim)
{
    sqlite3 *db = NULL;
    *claims = (struct claims){ .sim = sim };
    bool is_read =
        sqlite3_open_v2(SIM_LEDGER, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        rows_read(sim, db, &rows_payments, (void **)&claims->payments, &claims->n_payments) &&
        rows_read(sim, db, &rows_attempts, (void **)&claims->attempts, &claims->n_attempts) &&
        rows_read(sim, db, &rows_refunds, (void **)&claims->refunds, &claims->n_refunds) &&
        rows_read(sim, db, &rows_journal, (void **)&claims->journal, &claims->n_journal) &&
        rows_read(sim, db, &rows_events, (void **)&claims->events, &claims->n_events) &&
        rows_read(sim, db, &rows_keys, (void **)&claims->keys, &claims->n_keys) &&
        rows_read(sim, db, &rows_groups, (void **)&claims->groups, &claims->n_groups) &&
        rows_read(sim, db, &rows_notes, (void **)&claims->notes, &claims->n_notes);
    (void)sqlite3_close(db);
    return is_read;
}

const struct claims_payment *claims_payment(const struct claims *claims, int64_t seq)
{
    for (size_t i = 0; i < claims->n_payments; i++) {
        if (claims->payments[i].seq == seq)
            return &claims->payments[i];
    }
    return NULL;
}

const struct claims_attempt *claims_attempt(const struct claims *claims, const char *number)
{
    for (size_t i = 0; i < claims->n_attempts; i++) {
        if (strcmp(claims->attempts[i].number, number) == 0)
            return &claims->attempts[i];
    }
    return NULL;
}
