/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a changed ledger: rows, journal, events. */
#include "daemon/store/write.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/ledger.h"
#include "daemon/store/columns.h"

/* A part may be dirty alone: when it was asked about again, nothing moved. */
static bool write_wants_payment(const struct fq_ledger *ledger)
{
    return ledger->payment_is_new || ledger->payment_is_dirty || ledger->journal != NULL ||
           ledger->events != NULL;
}

static int write_check(const struct fq_ledger *ledger, int64_t loaded_version)
{
    const struct fq_payment *payment = &ledger->payment;
    if (!fq_ledger_validate(ledger))
        return FQ_FAULT(-EINVAL, "payment %" PRId64 " breaks an invariant", payment->seq);
    if (ledger->payment_is_new != (loaded_version == 0))
        return FQ_FAULT(-EINVAL, "payment %" PRId64 " is new and was loaded", payment->seq);
    if (write_wants_payment(ledger) && payment->version <= loaded_version)
        return FQ_FAULT(-EINVAL, "payment %" PRId64 " changed, its version did not", payment->seq);
    return 0;
}

/* ---- the journal's chain ---- */

void fq_write_journal_hash(fq_sha256_of2_fn *sha256_of2,
                           const unsigned char previous[FQ_DIGEST_SIZE], struct fq_str body,
                           unsigned char ret[FQ_DIGEST_SIZE])
{
    char head[FQ_DIGEST_SIZE + 8];
    memcpy(head, previous, FQ_DIGEST_SIZE);
    for (unsigned i = 0; i < 8; i++)
        head[FQ_DIGEST_SIZE + i] = (char)((uint64_t)body.len >> (56 - 8 * i) & 0xff);
    sha256_of2((struct fq_str){ head, sizeof(head) }, body, ret);
}

struct write_hash {
    unsigned char bytes[FQ_DIGEST_SIZE];
};

/* Moves the payment's head over the new entries; their rows wait until the payment's row stands. */
static int write_chain(struct fq_ledger *ledger, fq_sha256_of2_fn *sha256_of2,
                       struct write_hash **ret_hashes)
{
    struct fq_payment *payment = &ledger->payment;
    size_t n = 0;
    for (const struct fq_journal_entry *entry = ledger->journal; entry != NULL; entry = entry->next)
        n++;
    struct write_hash *hashes = fq_arena_array(ledger->arena, n + 1, sizeof(*hashes));
    if (hashes == NULL)
        return FQ_FAULT(-ENOMEM, "the journal's hashes do not fit into their arena");
    struct write_hash *hash = hashes;
    for (const struct fq_journal_entry *entry = ledger->journal; entry != NULL;
         entry = entry->next) {
        fq_write_journal_hash(sha256_of2, payment->journal_head, entry->body, hash->bytes);
        memcpy(payment->journal_head, hash->bytes, FQ_DIGEST_SIZE);
        payment->n_journal++;
        hash++;
    }
    *ret_hashes = hashes;
    return 0;
}

static int write_journal(struct fq_engine *engine, const struct fq_ledger *ledger, int64_t n_before,
                         const struct write_hash *hash)
{
    const struct fq_payment *payment = &ledger->payment;
    int64_t n = n_before;
    for (const struct fq_journal_entry *entry = ledger->journal; entry != NULL;
         entry = entry->next) {
        const struct fq_cell cells[] = {
            fq_cell_number(payment->seq),
            fq_cell_number(++n),
            fq_cell_number(payment->updated_ms),
            fq_cell_bytes(entry->body.ptr, entry->body.len),
            fq_cell_bytes(hash->bytes, FQ_DIGEST_SIZE),
        };
        FQ_TRY(engine->calls->run(engine, FQ_QUERY_JOURNAL_INSERT, cells, fq_array_size(cells),
                                  NULL, NULL));
        hash++;
    }
    return 0;
}

/* ---- rows ---- */

static int write_payment(struct fq_engine *engine, const struct fq_ledger *ledger,
                         int64_t loaded_version)
{
    struct fq_cell cells[FQ_CELLS_MAX];
    size_t n = fq_payment_columns.n_items;
    fq_columns_write(&fq_payment_columns, &ledger->payment, cells);
    if (ledger->payment_is_new) {
        FQ_TRY(engine->calls->run(engine, FQ_QUERY_PAYMENT_INSERT, cells, n, NULL, NULL));
        return 0;
    }
    cells[n] = fq_cell_number(loaded_version);
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_PAYMENT_UPDATE, cells, n + 1, NULL, NULL));
    if (engine->n_changed != 1)
        return FQ_FAULT(-ESTALE, "payment %" PRId64 " is no longer at version %" PRId64,
                        ledger->payment.seq, loaded_version);
    return 0;
}

/* An attempt or a refund: its columns, then the payment's seq. */
static int write_part(struct fq_engine *engine, uint32_t query, const struct fq_columns *columns,
                      const void *object, int64_t seq)
{
    struct fq_cell cells[FQ_CELLS_MAX];
    fq_columns_write(columns, object, cells);
    cells[columns->n_items] = fq_cell_number(seq);
    FQ_TRY(engine->calls->run(engine, query, cells, columns->n_items + 1, NULL, NULL));
    if (engine->n_changed != 1)
        return FQ_FAULT(-ESTALE, "a part of payment %" PRId64 " is not there", seq);
    return 0;
}

static int write_parts(struct fq_engine *engine, const struct fq_ledger *ledger)
{
    const int64_t seq = ledger->payment.seq;
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        const struct fq_attempt *attempt = &ledger->attempts[i];
        if (attempt->is_new)
            FQ_TRY(write_part(engine, FQ_QUERY_ATTEMPT_INSERT, &fq_attempt_columns, attempt, seq));
        else if (attempt->is_dirty)
            FQ_TRY(write_part(engine, FQ_QUERY_ATTEMPT_UPDATE, &fq_attempt_columns, attempt, seq));
    }
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++) {
        const struct fq_refund *refund = &ledger->refunds[i];
        if (refund->is_new)
            FQ_TRY(write_part(engine, FQ_QUERY_REFUND_INSERT, &fq_refund_columns, refund, seq));
        else if (refund->is_dirty)
            FQ_TRY(write_part(engine, FQ_QUERY_REFUND_UPDATE, &fq_refund_columns, refund, seq));
    }
    return 0;
}

static int write_events(struct fq_engine *engine, const struct fq_ledger *ledger)
{
    for (const struct fq_event *event = ledger->events; event != NULL; event = event->next) {
        const struct fq_cell cells[] = {
            fq_cell_text(ledger->payment.merchant_id),
            fq_cell_number(ledger->payment.seq),
            fq_cell_number(event->kind),
            fq_cell_number(event->refund_n),
            fq_cell_number(event->at_ms),
            fq_cell_number(ledger->payment.version),
        };
        FQ_TRY(engine->calls->run(engine, FQ_QUERY_EVENT_INSERT, cells, fq_array_size(cells), NULL,
                                  NULL));
    }
    return 0;
}

int fq_write_ledger(struct fq_engine *engine, fq_sha256_of2_fn *sha256_of2,
                    struct fq_ledger *ledger, int64_t loaded_version)
{
    struct write_hash *hashes = NULL;
    const int64_t n_journal = ledger->payment.n_journal;
    FQ_TRY(write_check(ledger, loaded_version));
    FQ_TRY(write_chain(ledger, sha256_of2, &hashes));
    if (write_wants_payment(ledger))
        FQ_TRY(write_payment(engine, ledger, loaded_version));
    FQ_TRY(write_parts(engine, ledger));
    FQ_TRY(write_journal(engine, ledger, n_journal, hashes));
    FQ_TRY(write_events(engine, ledger));
    return 0;
}

int fq_write_idempotent(struct fq_engine *engine, struct fq_str merchant_id, struct fq_str key,
                        const struct fq_idempotent *known)
{
    const struct fq_cell cells[] = {
        fq_cell_text(merchant_id),       fq_cell_text(key),
        fq_cell_number(known->kind),     fq_cell_number(known->seq),
        fq_cell_number(known->refund_n),
    };
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_IDEMPOTENT_INSERT, cells, fq_array_size(cells), NULL,
                              NULL));
    return 0;
}

int fq_write_note(struct fq_engine *engine, const struct fq_note *note)
{
    const struct fq_cell cells[] = {
        fq_cell_text(note->owner),
        fq_cell_text(note->name),
        fq_cell_bytes(note->value.ptr, note->value.len),
        fq_cell_number(note->at_ms),
    };
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_NOTE_PUT, cells, fq_array_size(cells), NULL, NULL));
    return 0;
}

int fq_write_group(struct fq_engine *engine, const struct fq_group_row *group)
{
    const struct fq_cell cells[] = {
        fq_cell_text(group->merchant_id),
        fq_cell_text(group->name),
        fq_cell_number(group->cursor),
        fq_cell_number(group->at_ms),
    };
    if (group->is_removed)
        FQ_TRY(engine->calls->run(engine, FQ_QUERY_GROUP_DELETE, cells, 2, NULL, NULL));
    else
        FQ_TRY(engine->calls->run(engine, FQ_QUERY_GROUP_PUT, cells, fq_array_size(cells), NULL,
                                  NULL));
    return 0;
}
