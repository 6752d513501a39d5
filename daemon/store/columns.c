/* SPDX-License-Identifier: Apache-2.0 */
/* Moves structs of core/payment.h into cells of a row, and back. */
#include "daemon/store/columns.h"

#include <string.h>

#include "daemon/base/err.h"

/* clang-format off */
#define COLUMN(type, noun, name, member, is_fixed) \
    { name, FQ_COLUMN_##type, is_fixed, offsetof(struct noun, member), sizeof(((struct noun *)NULL)->member) }

#define PAYMENT(type, member)           COLUMN(type, fq_payment, #member, member, false)
#define PAYMENT_FIXED(type, member)     COLUMN(type, fq_payment, #member, member, true)
#define PAYMENT_AS(type, name, member)  COLUMN(type, fq_payment, name, member, false)

static const struct fq_column payment_columns[] = {
    PAYMENT_FIXED(INT64, seq),
    PAYMENT_FIXED(BYTES, secret),
    PAYMENT(INT64, version),
    PAYMENT_FIXED(TEXT, merchant_id),
    PAYMENT_FIXED(TEXT, merchant_order_id),
    PAYMENT(TEXT, channel),
    PAYMENT(TEXT, subject),
    PAYMENT_AS(INT64, "amount_minor", amount.minor),
    PAYMENT_AS(WORD, "amount_currency", amount.currency),
    PAYMENT_AS(UINT32, "amount_exponent", amount.exponent),
    PAYMENT(UINT32, terminal),
    PAYMENT(TEXT, return_url),
    PAYMENT(TEXT, buyer_ip),
    PAYMENT(TEXT, buyer_user_agent),
    PAYMENT(BYTES, content_digest),
    PAYMENT(TEXT, quote),
    PAYMENT(UINT32, instalments),
    PAYMENT(UINT32, bearer),
    PAYMENT(UINT32, merchant_percent),
    PAYMENT(INT64, buyer_fee_minor),
    PAYMENT(INT64, merchant_fee_minor),
    PAYMENT_FIXED(TEXT, issuer),
    PAYMENT_FIXED(INT64, nominal_annual_bp),
    PAYMENT_FIXED(INT64, effective_annual_bp),
    PAYMENT_FIXED(INT64, simple_annual_bp),
    PAYMENT_FIXED(BYTES, texts_digest),
    PAYMENT(INT64, disclosure_shown_ms),
    PAYMENT(INT64, disclosure_seconds),
    PAYMENT(BOOL, disclosure_confirmed),
    PAYMENT(UINT32, state),
    PAYMENT(UINT32, close_reason),
    PAYMENT(UINT32, verification),
    PAYMENT(UINT32, terms_match),
    PAYMENT(UINT32, instalments_used),
    PAYMENT(UINT32, identity),
    PAYMENT_FIXED(BOOL, identity_asked),
    PAYMENT(BLOB, payer),
    PAYMENT_FIXED(BLOB, buyer),
    PAYMENT_FIXED(BOOL, is_counted),
    PAYMENT_FIXED(TEXT, traceparent),
    PAYMENT(UINT32, flags),
    PAYMENT(TEXT, platform_ref),
    PAYMENT_FIXED(INT64, created_ms),
    PAYMENT(INT64, updated_ms),
    PAYMENT(INT64, expires_ms),
    PAYMENT(INT64, due_ms),
    PAYMENT(INT64, paid_ms),
    PAYMENT(INT64, closed_ms),
    PAYMENT(INT64, close_requested_ms),
    PAYMENT(UINT32, token_generation),
    PAYMENT(INT64, refund_counted_minor),
    PAYMENT(INT64, refunded_minor),
    PAYMENT(UINT32, n_refunds),
    PAYMENT(UINT32, n_attempts),
    PAYMENT(UINT32, n_unknown),
    PAYMENT(INT64, n_journal),
    PAYMENT(BYTES, journal_head),
};

#define ATTEMPT(type, member)       COLUMN(type, fq_attempt, #member, member, false)
#define ATTEMPT_FIXED(type, member) COLUMN(type, fq_attempt, #member, member, true)

static const struct fq_column attempt_columns[] = {
    ATTEMPT_FIXED(UINT32, n),
    ATTEMPT(UINT32, state),
    ATTEMPT_FIXED(TEXT, order_number),
    ATTEMPT(TEXT, platform_ref),
    ATTEMPT_FIXED(INT64, created_ms),
    ATTEMPT(INT64, sent_ms),
    ATTEMPT(INT64, deadline_ms),
    ATTEMPT(INT64, settle_after_ms),
    ATTEMPT(INT64, due_ms),
    ATTEMPT(UINT32, n_asked),
    ATTEMPT(UINT32, last_outcome),
    ATTEMPT(TEXT, platform_code),
    ATTEMPT(TEXT, platform_text),
    ATTEMPT(TEXT, memory),
    ATTEMPT(TEXT, action_text),
    ATTEMPT(INT64, action_expires_ms),
    ATTEMPT(INT64, refund_counted_minor),
    ATTEMPT(INT64, unknown_ms),
    ATTEMPT(BOOL, by_operator),
};

#define REFUND(type, member)       COLUMN(type, fq_refund, #member, member, false)
#define REFUND_FIXED(type, member) COLUMN(type, fq_refund, #member, member, true)

static const struct fq_column refund_columns[] = {
    REFUND_FIXED(UINT32, n),
    REFUND_FIXED(UINT32, attempt_n),
    REFUND(UINT32, state),
    REFUND(UINT32, origin),
    REFUND_FIXED(UINT32, way),
    REFUND_FIXED(TEXT, number),
    REFUND(INT64, amount_minor),
    REFUND(TEXT, reason),
    REFUND(BYTES, content_digest),
    REFUND_FIXED(INT64, created_ms),
    REFUND(INT64, submitted_ms),
    REFUND(INT64, finished_ms),
    REFUND(INT64, deadline_ms),
    REFUND(INT64, due_ms),
    REFUND(UINT32, n_asked),
    REFUND(TEXT, platform_code),
    REFUND(TEXT, platform_text),
    REFUND(TEXT, memory),
    REFUND(INT64, unknown_ms),
    REFUND(BOOL, by_operator),
};
/* clang-format on */

const struct fq_columns fq_payment_columns = { payment_columns, fq_array_size(payment_columns) };
const struct fq_columns fq_attempt_columns = { attempt_columns, fq_array_size(attempt_columns) };
const struct fq_columns fq_refund_columns = { refund_columns, fq_array_size(refund_columns) };

/* A statement may bind two more values behind the columns. */
_Static_assert(fq_array_size(payment_columns) + 2 <= FQ_CELLS_MAX, "FQ_CELLS_MAX is too small");

static struct fq_cell column_write(const struct fq_column *column, const void *member)
{
    switch ((enum fq_column_type)column->type) {
    case FQ_COLUMN_INT64:
        return fq_cell_number(*(const int64_t *)member);
    case FQ_COLUMN_UINT32:
        return fq_cell_number(*(const uint32_t *)member);
    case FQ_COLUMN_BOOL:
        return fq_cell_number(*(const bool *)member ? 1 : 0);
    case FQ_COLUMN_TEXT:
        return fq_cell_text(*(const struct fq_str *)member);
    case FQ_COLUMN_BLOB:
        return fq_cell_bytes(((const struct fq_str *)member)->ptr,
                             ((const struct fq_str *)member)->len);
    case FQ_COLUMN_BYTES:
        return fq_cell_bytes(member, column->size);
    case FQ_COLUMN_WORD:
        return fq_cell_text((struct fq_str){ member, strnlen(member, column->size) });
    }
    fq_assert(false);
    return (struct fq_cell){ 0 };
}

void fq_columns_write(const struct fq_columns *columns, const void *object,
                      struct fq_cell *ret_cells)
{
    for (size_t i = 0; i < columns->n_items; i++) {
        const struct fq_column *column = &columns->items[i];
        ret_cells[i] = column_write(column, (const char *)object + column->offset);
    }
}

static int column_read_text(const struct fq_cell *cell, struct fq_arena *arena, struct fq_str *ret)
{
    *ret = (struct fq_str){ NULL, 0 };
    if (cell->bytes.len == 0)
        return 0;
    *ret = fq_arena_copy(arena, cell->bytes);
    if (ret->ptr == NULL)
        return FQ_FAULT(-ENOMEM, "a row does not fit into its arena");
    return 0;
}

/* False: the cell cannot be a value of this column. */
static bool column_fits(const struct fq_column *column, const struct fq_cell *cell)
{
    switch ((enum fq_column_type)column->type) {
    case FQ_COLUMN_INT64:
        return cell->type == FQ_CELL_NUMBER;
    case FQ_COLUMN_UINT32:
        return cell->type == FQ_CELL_NUMBER && cell->number >= 0 && cell->number <= UINT32_MAX;
    case FQ_COLUMN_BOOL:
        return cell->type == FQ_CELL_NUMBER && (cell->number == 0 || cell->number == 1);
    case FQ_COLUMN_TEXT:
        return cell->type == FQ_CELL_TEXT;
    case FQ_COLUMN_BLOB:
        return cell->type == FQ_CELL_BYTES;
    case FQ_COLUMN_BYTES:
        return cell->type == FQ_CELL_BYTES && cell->bytes.len == column->size;
    case FQ_COLUMN_WORD:
        return cell->type == FQ_CELL_TEXT && cell->bytes.len < column->size;
    }
    return false;
}

static int column_read(const struct fq_column *column, const struct fq_cell *cell,
                       struct fq_arena *arena, void *member)
{
    if (!column_fits(column, cell))
        return FQ_FAULT(-EBADMSG, "column %s holds what it cannot", column->name);
    switch ((enum fq_column_type)column->type) {
    case FQ_COLUMN_INT64:
        *(int64_t *)member = cell->number;
        break;
    case FQ_COLUMN_UINT32:
        *(uint32_t *)member = (uint32_t)cell->number;
        break;
    case FQ_COLUMN_BOOL:
        *(bool *)member = cell->number != 0;
        break;
    case FQ_COLUMN_TEXT:
    case FQ_COLUMN_BLOB:
        FQ_TRY(column_read_text(cell, arena, member));
        break;
    case FQ_COLUMN_BYTES:
        memcpy(member, cell->bytes.ptr, column->size);
        break;
    case FQ_COLUMN_WORD:
        memset(member, 0, column->size);
        memcpy(member, cell->bytes.ptr, cell->bytes.len);
        break;
    }
    return 0;
}

int fq_columns_read(const struct fq_columns *columns, const struct fq_cell *cells,
                    struct fq_arena *arena, void *object)
{
    for (size_t i = 0; i < columns->n_items; i++) {
        const struct fq_column *column = &columns->items[i];
        FQ_TRY(column_read(column, &cells[i], arena, (char *)object + column->offset));
    }
    return 0;
}
