/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a batch of transactions under one commit. */
#include "daemon/store/transact.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/store/load.h"

static struct fq_tx *transact_tx(struct fq_job *job)
{
    return fq_container_of(job, struct fq_tx, job);
}

/* ---- one transaction ---- */

/* Which payment it is about; 0: none. */
static int transact_find(struct fq_engine *engine, struct fq_tx *tx, int64_t *ret_seq,
                         uint32_t *ret_refund_n)
{
    *ret_seq = 0;
    *ret_refund_n = 0;
    if (tx->idempotency_key.len > 0)
        FQ_TRY(fq_load_idempotent(engine, tx->merchant_id, tx->idempotency_key, &tx->known));
    if (tx->known.kind != FQ_IDEMPOTENT_NONE) {
        *ret_seq = tx->known.seq;
        *ret_refund_n = tx->known.refund_n;
        return 0;
    }
    switch ((enum fq_lookup)tx->lookup) {
    case FQ_LOOKUP_NEW:
        return 0;
    case FQ_LOOKUP_SEQ:
        *ret_seq = tx->seq;
        *ret_refund_n = tx->refund_n;
        return 0;
    case FQ_LOOKUP_ORDER_NUMBER:
        FQ_TRY(fq_load_order_number(engine, tx->number, ret_seq));
        return 0;
    case FQ_LOOKUP_REFUND_NUMBER:
        FQ_TRY(fq_load_refund_number(engine, tx->number, ret_seq, ret_refund_n));
        return 0;
    }
    return FQ_FAULT(-EINVAL, "unknown lookup %u", tx->lookup);
}

static int transact_load_siblings(struct fq_engine *engine, struct fq_tx *tx)
{
    if (tx->ledger != NULL && tx->want_siblings) {
        const struct fq_payment *payment = &tx->ledger->payment;
        FQ_TRY(fq_load_siblings(engine, tx, payment->merchant_id, payment->merchant_order_id,
                                payment->seq));
    } else if (tx->ledger == NULL && tx->lookup == FQ_LOOKUP_NEW && tx->merchant_order_id.len > 0) {
        FQ_TRY(fq_load_siblings(engine, tx, tx->merchant_id, tx->merchant_order_id, 0));
    }
    return 0;
}

static int transact_load(struct fq_engine *engine, struct fq_tx *tx)
{
    int64_t seq = 0;
    uint32_t refund_n = 0;
    tx->ledger = NULL;
    tx->known = (struct fq_idempotent){ 0 };
    tx->n_siblings = 0;
    tx->history = NULL;
    tx->keep_key = false;
    tx->has_written = false;
    tx->notes = NULL;
    tx->n_notes = 0;
    FQ_TRY(transact_find(engine, tx, &seq, &refund_n));
    if (seq != 0)
        FQ_TRY(fq_load_ledger(engine, tx->arena, seq, &tx->ledger));
    if (tx->ledger != NULL && refund_n != 0)
        FQ_TRY(fq_load_refund(engine, tx->ledger, refund_n));
    FQ_TRY(transact_load_siblings(engine, tx));
    if (tx->risk != NULL && tx->known.kind == FQ_IDEMPOTENT_NONE)
        FQ_TRY(fq_load_history(engine, tx->arena, tx->risk, &tx->history));
    if (tx->group != NULL)
        FQ_TRY(fq_load_group(engine, tx->group));
    return 0;
}

static int transact_keep_key(struct fq_engine *engine, const struct fq_tx *tx)
{
    struct fq_idempotent known = { 0 };
    const struct fq_ledger *ledger = tx->ledger;
    if (ledger != NULL && ledger->payment_is_new) {
        known = (struct fq_idempotent){ FQ_IDEMPOTENT_PAYMENT, ledger->payment.seq, 0 };
    } else if (ledger != NULL) {
        for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++)
            if (ledger->refunds[i].is_new)
                known = (struct fq_idempotent){ FQ_IDEMPOTENT_REFUND, ledger->payment.seq,
                                                ledger->refunds[i].n };
    }
    if (known.kind == FQ_IDEMPOTENT_NONE)
        return FQ_FAULT(-EINVAL, "a key, and nothing new that it could stand for");
    FQ_TRY(fq_write_idempotent(engine, tx->merchant_id, tx->idempotency_key, &known));
    return 0;
}

/* What was built in a full arena may be incomplete, and it stays full when all runs again. */
static int transact_check_arena(const struct fq_tx *tx)
{
    if (fq_arena_is_full(tx->arena))
        return FQ_FAULT(-ENOMEM, "a decision does not fit into its arena");
    return 0;
}

static int transact_write(struct fq_engine *engine, fq_sha256_of2_fn *sha256_of2, struct fq_tx *tx,
                          int64_t loaded_version)
{
    FQ_TRY(transact_check_arena(tx));
    if (tx->ledger != NULL)
        FQ_TRY(fq_write_ledger(engine, sha256_of2, tx->ledger,
                               tx->ledger->payment_is_new ? 0 : loaded_version));
    if (tx->keep_key)
        FQ_TRY(transact_keep_key(engine, tx));
    for (size_t i = 0; i < tx->n_notes; i++)
        FQ_TRY(fq_write_note(engine, &tx->notes[i]));
    if (tx->group != NULL && tx->group->is_dirty)
        FQ_TRY(fq_write_group(engine, tx->group));
    return 0;
}

static int transact_run(struct fq_engine *engine, fq_sha256_of2_fn *sha256_of2, struct fq_tx *tx)
{
    FQ_TRY(transact_check_arena(tx));
    FQ_TRY(transact_load(engine, tx));
    int64_t loaded_version = tx->ledger != NULL ? tx->ledger->payment.version : 0;
    int decision = tx->decide(tx);
    if (decision == FQ_DECIDE_KEEP)
        return 0;
    FQ_TRY(decision);
    FQ_TRY(transact_write(engine, sha256_of2, tx, loaded_version));
    tx->has_written = true;
    return 0;
}

/* ---- many ---- */

static void transact_fail(struct fq_tx *tx, int fault)
{
    tx->result = fault;
    (void)snprintf(tx->trace, sizeof(tx->trace), "%s", fq_trace());
}

static void transact_begin(struct fq_tx *tx)
{
    tx->result = 0;
    tx->trace[0] = '\0';
    fq_trace_clear();
}

/* Faults are rare, and savepoints cost as much as a small statement each: the batch runs without
 * them. */
static int transact_bare(struct fq_engine *engine, fq_sha256_of2_fn *sha256_of2,
                         struct fq_job *jobs)
{
    FQ_TRY(engine->calls->begin(engine));
    for (struct fq_job *job = jobs; job != NULL; job = job->next) {
        transact_begin(transact_tx(job));
        FQ_TRY(transact_run(engine, sha256_of2, transact_tx(job)));
    }
    return 0;
}

/* The outer fault: the whole transaction is gone. */
static int transact_in_savepoint(struct fq_engine *engine, fq_sha256_of2_fn *sha256_of2,
                                 struct fq_tx *tx)
{
    transact_begin(tx);
    FQ_TRY(engine->calls->savepoint(engine));
    int r = transact_run(engine, sha256_of2, tx);
    if (r == 0) {
        FQ_TRY(engine->calls->release(engine));
        return 0;
    }
    transact_fail(tx, r);
    if (!engine->calls->is_in_transaction(engine))
        return r;
    FQ_TRY(engine->calls->rollback_to(engine));
    return 0;
}

/* Whoever faults leaves the others alone. */
static int transact_guarded(struct fq_engine *engine, fq_sha256_of2_fn *sha256_of2,
                            struct fq_job *jobs)
{
    FQ_TRY(engine->calls->begin(engine));
    for (struct fq_job *job = jobs; job != NULL; job = job->next)
        FQ_TRY(transact_in_savepoint(engine, sha256_of2, transact_tx(job)));
    return 0;
}

int fq_transact(struct fq_engine *engine, fq_sha256_of2_fn *sha256_of2, struct fq_job *jobs)
{
    int r = transact_bare(engine, sha256_of2, jobs);
    /* Somebody's lock was waited for already, for all of them. */
    if (r != 0 && r != -EBUSY && !engine->disk_failed) {
        if (engine->calls->is_in_transaction(engine))
            engine->calls->rollback(engine);
        r = transact_guarded(engine, sha256_of2, jobs);
    }
    if (r == 0 && !engine->disk_failed)
        r = engine->calls->commit(engine);
    if (engine->disk_failed)
        return FQ_TRANSACT_E_UNTRUSTED;
    if (r != 0) {
        for (struct fq_job *job = jobs; job != NULL; job = job->next)
            transact_fail(transact_tx(job), r);
    }
    if (engine->calls->is_in_transaction(engine))
        engine->calls->rollback(engine);
    return 0;
}
