/* SPDX-License-Identifier: Apache-2.0 */
/* Lists for the operator. There is no index for each filter: a page of payments looks at so many
 * and no more, and says where the next one goes on. */
#include "daemon/store/list.h"

#include <string.h>

#include "daemon/base/err.h"

#define LOOKED_AT_MAX 4000

static int list_row(void *ctx, const struct fq_row *row)
{
    struct fq_read *read = ctx;
    const struct fq_cell *cells = row->cells;
    struct fq_listed *listed = &read->listed[read->n_rows++];
    if (cells[1].bytes.len != FQ_SECRET_SIZE ||
        cells[8].bytes.len >= sizeof(listed->amount.currency))
        return FQ_FAULT(-EBADMSG, "a payment's secret or currency has a wrong size");
    *listed = (struct fq_listed){
        .seq = cells[0].number,
        .merchant_id = fq_arena_copy(read->arena, cells[2].bytes),
        .merchant_order_id = fq_arena_copy(read->arena, cells[3].bytes),
        .channel = fq_arena_copy(read->arena, cells[4].bytes),
        .state = (uint32_t)cells[5].number,
        .close_reason = (uint32_t)cells[6].number,
        .amount = { .minor = cells[7].number, .exponent = (uint32_t)cells[9].number },
        .refunded_minor = cells[10].number,
        .instalments = (uint32_t)cells[11].number,
        .flags = (uint32_t)cells[12].number,
        .created_ms = cells[13].number,
        .updated_ms = cells[14].number,
        .platform_ref = fq_arena_copy(read->arena, cells[15].bytes),
    };
    memcpy(listed->secret, cells[1].bytes.ptr, FQ_SECRET_SIZE);
    memcpy(listed->amount.currency, cells[8].bytes.ptr, cells[8].bytes.len);
    if (fq_arena_is_full(read->arena))
        return FQ_FAULT(-ENOMEM, "so many payments do not fit into their arena");
    return 0;
}

/* Where the look ended, and whether it ended for its length. */
static int list_end_row(void *ctx, const struct fq_row *row)
{
    struct fq_read *read = ctx;
    if (row->cells[1].number == LOOKED_AT_MAX)
        read->listed_next = row->cells[0].number - 1;
    return 0;
}

static int list_find_end(struct fq_engine *engine, struct fq_read *read)
{
    const struct fq_cell cells[] = { fq_cell_number(read->list->seq_min),
                                     fq_cell_number(read->list->seq_max),
                                     fq_cell_number(LOOKED_AT_MAX) };
    return engine->calls->run(engine, FQ_QUERY_LIST_END, cells, 3, list_end_row, read);
}

static struct fq_str list_text(struct fq_str text)
{
    return text.ptr != NULL ? text : fq_lit("");
}

int fq_list_payments(struct fq_engine *engine, struct fq_read *read)
{
    const struct fq_list *list = read->list;
    bool is_order = list->merchant_id.len > 0 && list->merchant_order_id.len > 0;
    const struct fq_cell cells[] = {
        fq_cell_number(list->seq_min),
        fq_cell_number(list->seq_max),
        fq_cell_number(LOOKED_AT_MAX),
        fq_cell_number(read->n_max),
        fq_cell_text(list_text(list->merchant_id)),
        fq_cell_text(list_text(list->merchant_order_id)),
        fq_cell_text(list_text(list->channel)),
        fq_cell_number(list->state),
    };
    read->listed = fq_arena_array(read->arena, read->n_max, sizeof(*read->listed));
    if (read->listed == NULL)
        return FQ_FAULT(-ENOMEM, "%u payments do not fit into their arena", read->n_max);
    FQ_TRY(engine->calls->run(engine, is_order ? FQ_QUERY_LIST_ORDER : FQ_QUERY_LIST, cells, 8,
                              list_row, read));
    if (read->n_rows == read->n_max && read->n_rows > 0)
        read->listed_next = read->listed[read->n_rows - 1].seq - 1;
    else if (!is_order)
        FQ_TRY(list_find_end(engine, read));
    if (read->listed_next < list->seq_min)
        read->listed_next = 0;
    return 0;
}

/* ---- groups of event consumers ---- */

static int list_group_row(void *ctx, const struct fq_row *row)
{
    struct fq_read *read = ctx;
    const struct fq_cell *cells = row->cells;
    read->groups[read->n_rows++] =
        (struct fq_group_lag){ .merchant_id = fq_arena_copy(read->arena, cells[0].bytes),
                               .name = fq_arena_copy(read->arena, cells[1].bytes),
                               .cursor = cells[2].number,
                               .at_ms = cells[3].number,
                               .newest_cursor = cells[4].number };
    return fq_arena_is_full(read->arena) ? FQ_FAULT(-ENOMEM, "so many groups do not fit") : 0;
}

int fq_list_groups(struct fq_engine *engine, struct fq_read *read)
{
    const struct fq_cell parameters[] = { fq_cell_number(read->n_max),
                                          fq_cell_text(read->merchant_id) };
    read->groups = fq_arena_array(read->arena, read->n_max, sizeof(*read->groups));
    if (read->groups == NULL)
        return FQ_FAULT(-ENOMEM, "%u groups do not fit into their arena", read->n_max);
    return engine->calls->run(engine, FQ_QUERY_GROUPS, parameters, 2, list_group_row, read);
}
