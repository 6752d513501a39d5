/* SPDX-License-Identifier: Apache-2.0 */
/* Builds ledgers from rows. */
#include "daemon/store/load.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/id.h"
#include "daemon/core/ledger.h"
#include "daemon/store/columns.h"

/* ---- the payment and its attempts ---- */

struct load {
    struct fq_arena *arena;
    struct fq_ledger *ledger; /* NULL until the payment's row came */
    uint32_t n_attempts;
};

static int load_payment(void *ctx, const struct fq_row *row)
{
    struct load *load = ctx;
    struct fq_ledger *ledger = fq_ledger_new(load->arena);
    if (ledger == NULL)
        return FQ_FAULT(-ENOMEM, "a ledger does not fit into its arena");
    FQ_TRY(fq_columns_read(&fq_payment_columns, row->cells, load->arena, &ledger->payment));
    load->ledger = ledger;
    return 0;
}

static int load_attempt(void *ctx, const struct fq_row *row)
{
    struct load *load = ctx;
    if (load->n_attempts >= FQ_ATTEMPTS_MAX)
        return FQ_FAULT(-EBADMSG, "a payment has too many attempts");
    struct fq_attempt *attempt = &load->ledger->attempts[load->n_attempts++];
    FQ_TRY(fq_columns_read(&fq_attempt_columns, row->cells, load->arena, attempt));
    return 0;
}

static int load_attempts(struct fq_engine *engine, struct load *load, struct fq_ledger **ret)
{
    *ret = load->ledger;
    if (load->ledger == NULL)
        return 0;
    const struct fq_payment *payment = &load->ledger->payment;
    const struct fq_cell seq = fq_cell_number(payment->seq);
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_ATTEMPTS, &seq, 1, load_attempt, load));
    if (load->n_attempts != payment->n_attempts)
        return FQ_FAULT(-EBADMSG, "payment %lld has %u attempts, and says %u",
                        (long long)payment->seq, load->n_attempts, payment->n_attempts);
    return 0;
}

int fq_load_ledger(struct fq_engine *engine, struct fq_arena *arena, int64_t seq,
                   struct fq_ledger **ret)
{
    struct load load = { .arena = arena };
    const struct fq_cell parameter = fq_cell_number(seq);
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_PAYMENT, &parameter, 1, load_payment, &load));
    return load_attempts(engine, &load, ret);
}

int fq_load_ledger_of_order(struct fq_engine *engine, struct fq_arena *arena,
                            struct fq_str merchant_id, struct fq_str merchant_order_id,
                            struct fq_ledger **ret)
{
    struct load load = { .arena = arena };
    const struct fq_cell parameters[] = { fq_cell_text(merchant_id),
                                          fq_cell_text(merchant_order_id) };
    FQ_TRY(
        engine->calls->run(engine, FQ_QUERY_PAYMENT_OF_ORDER, parameters, 2, load_payment, &load));
    return load_attempts(engine, &load, ret);
}

/* ---- refunds ---- */

static int load_refund(void *ctx, const struct fq_row *row)
{
    struct fq_ledger *ledger = ctx;
    struct fq_refund *refund = &ledger->refunds[ledger->n_refunds_loaded++];
    FQ_TRY(fq_columns_read(&fq_refund_columns, row->cells, ledger->arena, refund));
    return 0;
}

static int load_make_room(struct fq_ledger *ledger, uint32_t n)
{
    fq_assert(ledger->n_refunds_loaded == 0);
    ledger->refunds = fq_arena_array(ledger->arena, n, sizeof(*ledger->refunds));
    if (ledger->refunds == NULL)
        return FQ_FAULT(-ENOMEM, "refunds do not fit into their arena");
    return 0;
}

int fq_load_refund(struct fq_engine *engine, struct fq_ledger *ledger, uint32_t n)
{
    const struct fq_cell parameters[] = { fq_cell_number(ledger->payment.seq), fq_cell_number(n) };
    FQ_TRY(load_make_room(ledger, 1));
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_REFUND, parameters, 2, load_refund, ledger));
    return 0;
}

int fq_load_refunds(struct fq_engine *engine, struct fq_ledger *ledger, uint32_t n_max)
{
    if (ledger->payment.n_refunds < n_max)
        n_max = ledger->payment.n_refunds;
    if (n_max == 0)
        return 0;
    const struct fq_cell parameters[] = { fq_cell_number(ledger->payment.seq),
                                          fq_cell_number(n_max) };
    FQ_TRY(load_make_room(ledger, n_max));
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_REFUNDS, parameters, 2, load_refund, ledger));
    return 0;
}

/* ---- keys and numbers ---- */

static int load_idempotent(void *ctx, const struct fq_row *row)
{
    struct fq_idempotent *known = ctx;
    known->kind = (uint32_t)row->cells[0].number;
    known->seq = row->cells[1].number;
    known->refund_n = (uint32_t)row->cells[2].number;
    return 0;
}

int fq_load_idempotent(struct fq_engine *engine, struct fq_str merchant_id, struct fq_str key,
                       struct fq_idempotent *ret)
{
    const struct fq_cell parameters[] = { fq_cell_text(merchant_id), fq_cell_text(key) };
    *ret = (struct fq_idempotent){ 0 };
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_IDEMPOTENT, parameters, 2, load_idempotent, ret));
    return 0;
}

struct load_number {
    int64_t seq;
    uint32_t n;
};

static int load_number(void *ctx, const struct fq_row *row)
{
    struct load_number *found = ctx;
    found->seq = row->cells[0].number;
    found->n = row->n_cells > 1 ? (uint32_t)row->cells[1].number : 0;
    return 0;
}

int fq_load_order_number(struct fq_engine *engine, struct fq_str order_number, int64_t *ret_seq)
{
    struct load_number found = { 0 };
    const struct fq_cell number = fq_cell_text(order_number);
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_ATTEMPT_BY_NUMBER, &number, 1, load_number, &found));
    *ret_seq = found.seq;
    return 0;
}

int fq_load_refund_number(struct fq_engine *engine, struct fq_str number, int64_t *ret_seq,
                          uint32_t *ret_n)
{
    struct load_number found = { 0 };
    const struct fq_cell parameter = fq_cell_text(number);
    FQ_TRY(
        engine->calls->run(engine, FQ_QUERY_REFUND_BY_NUMBER, &parameter, 1, load_number, &found));
    *ret_seq = found.seq;
    *ret_n = found.n;
    return 0;
}

/* ---- siblings ---- */

static int load_sibling(void *ctx, const struct fq_row *row)
{
    struct fq_tx *tx = ctx;
    fq_assert(tx->n_siblings < FQ_SIBLINGS_MAX);
    struct fq_sibling *sibling = &tx->siblings[tx->n_siblings++];
    if (row->cells[1].bytes.len != FQ_SECRET_SIZE)
        return FQ_FAULT(-EBADMSG, "a payment's secret has a wrong size");
    *sibling = (struct fq_sibling){
        .seq = row->cells[0].number,
        .state = (uint32_t)row->cells[2].number,
        .expires_ms = row->cells[3].number,
        .channel = fq_arena_copy(tx->arena, row->cells[4].bytes),
        .settle_after_ms = row->cells[5].number,
    };
    memcpy(sibling->secret, row->cells[1].bytes.ptr, FQ_SECRET_SIZE);
    if (fq_arena_is_full(tx->arena))
        return FQ_FAULT(-ENOMEM, "siblings do not fit into their arena");
    return 0;
}

int fq_load_siblings(struct fq_engine *engine, struct fq_tx *tx, struct fq_str merchant_id,
                     struct fq_str merchant_order_id, int64_t seq)
{
    const struct fq_cell parameters[] = { fq_cell_text(merchant_id),
                                          fq_cell_text(merchant_order_id), fq_cell_number(seq),
                                          fq_cell_number(FQ_SIBLINGS_MAX) };
    tx->n_siblings = 0;
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_SIBLINGS, parameters, 4, load_sibling, tx));
    return 0;
}

/* ---- what the rules against cash-out ask ---- */

static int load_history_payment(void *ctx, const struct fq_row *row)
{
    struct fq_risk_history *history = ctx;
    fq_assert(history->n_payments < FQ_RISK_PAYMENTS_MAX);
    history->payments[history->n_payments++] = (struct fq_risk_payment){
        .created_ms = row->cells[0].number,
        .amount_minor = row->cells[1].number,
        .went_back = row->cells[2].number != 0,
    };
    return 0;
}

static int load_history_nth(void *ctx, const struct fq_row *row)
{
    struct fq_risk_history *history = ctx;
    history->nth_created_ms = row->cells[0].number;
    return 0;
}

/* A sequence may be later than its payment's time, never earlier: of each window a little more is
 * read than the rules look at. */
static int load_history_buyer(struct fq_engine *engine, struct fq_arena *arena,
                              const struct fq_risk_query *query, struct fq_risk_history *history)
{
    const struct fq_cell parameters[] = {
        fq_cell_text(query->merchant_id), fq_cell_bytes(query->buyer.ptr, query->buyer.len),
        fq_cell_number(fq_sequence_at(query->now_ms - FQ_RISK_WEEK_MS)),
        fq_cell_number(FQ_RISK_PAYMENTS_MAX), fq_cell_number(FQ_RISK_DAY_MS)
    };
    history->payments = fq_arena_array(arena, FQ_RISK_PAYMENTS_MAX, sizeof(*history->payments));
    if (history->payments == NULL)
        return FQ_FAULT(-ENOMEM, "a buyer's payments do not fit into their arena");
    FQ_TRY(
        engine->calls->run(engine, FQ_QUERY_HISTORY, parameters, 5, load_history_payment, history));
    return 0;
}

int fq_load_history(struct fq_engine *engine, struct fq_arena *arena,
                    const struct fq_risk_query *query, const struct fq_risk_history **ret)
{
    struct fq_risk_history *history = fq_arena_alloc(arena, sizeof(*history));
    if (history == NULL)
        return FQ_FAULT(-ENOMEM, "the arena is full");
    if (query->buyer.len > 0)
        FQ_TRY(load_history_buyer(engine, arena, query, history));
    if (query->n_in_hour > 0) {
        const struct fq_cell parameters[] = { fq_cell_text(query->merchant_id),
                                              fq_cell_number(
                                                  fq_sequence_at(query->now_ms - FQ_RISK_HOUR_MS)),
                                              fq_cell_number(query->n_in_hour - 1) };
        FQ_TRY(
            engine->calls->run(engine, FQ_QUERY_COUNTED, parameters, 3, load_history_nth, history));
    }
    *ret = history;
    return 0;
}

/* ---- groups of event consumers ---- */

static int load_group(void *ctx, const struct fq_row *row)
{
    struct fq_group_row *group = ctx;
    group->is_known = row->cells[0].type == FQ_CELL_NUMBER;
    group->cursor = group->is_known ? row->cells[0].number : 0;
    group->n_of_merchant = (uint32_t)row->cells[1].number;
    group->newest_cursor = row->cells[2].number;
    return 0;
}

int fq_load_group(struct fq_engine *engine, struct fq_group_row *group)
{
    const struct fq_cell parameters[] = { fq_cell_text(group->merchant_id),
                                          fq_cell_text(group->name) };
    group->is_dirty = false;
    group->is_removed = false;
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_GROUP, parameters, 2, load_group, group));
    return 0;
}
