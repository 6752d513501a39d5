/* SPDX-License-Identifier: Apache-2.0 */
/* Answers reads from one snapshot of committed data. */
#include "daemon/store/read.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/store/list.h"
#include "daemon/store/load.h"

#define REFUNDS_MAX  100 /* of one payment, in one read */
#define DUE_ROWS_MAX 65536

static struct fq_read *read_of(struct fq_job *job)
{
    return fq_container_of(job, struct fq_read, job);
}

/* ---- ledgers ---- */

static int read_refunds(struct fq_engine *engine, struct fq_read *read)
{
    if (read->ledger != NULL && read->refund_n > 0)
        FQ_TRY(fq_load_refund(engine, read->ledger, read->refund_n));
    else if (read->ledger != NULL)
        FQ_TRY(fq_load_refunds(engine, read->ledger, REFUNDS_MAX));
    return 0;
}

static int read_payment(struct fq_engine *engine, struct fq_read *read)
{
    FQ_TRY(fq_load_ledger(engine, read->arena, read->seq, &read->ledger));
    return read_refunds(engine, read);
}

static int read_by_order(struct fq_engine *engine, struct fq_read *read)
{
    FQ_TRY(fq_load_ledger_of_order(engine, read->arena, read->merchant_id, read->merchant_order_id,
                                   &read->ledger));
    return read_refunds(engine, read);
}

static int read_idempotent(struct fq_engine *engine, struct fq_read *read)
{
    FQ_TRY(fq_load_idempotent(engine, read->merchant_id, read->idempotency_key, &read->known));
    if (read->known.kind == FQ_IDEMPOTENT_NONE)
        return 0;
    FQ_TRY(fq_load_ledger(engine, read->arena, read->known.seq, &read->ledger));
    return read_refunds(engine, read);
}

/* ---- lists ---- */

static int read_make_room(struct fq_read *read, void **ret, size_t size)
{
    *ret = fq_arena_array(read->arena, read->n_max, size);
    if (*ret == NULL)
        return FQ_FAULT(-ENOMEM, "%u rows do not fit into their arena", read->n_max);
    return 0;
}

/* ---- what is due ---- */

struct read_due {
    struct fq_read *read;
    uint32_t wish;
    struct fq_str channel; /* the one that is read now, or was */
};

static int read_due_row(void *ctx, const struct fq_row *row)
{
    struct read_due *self = ctx;
    self->read->due[self->read->n_rows++] = (struct fq_due){
        .seq = row->cells[0].number,
        .kind = (uint32_t)row->cells[1].number,
        .n = (uint32_t)row->cells[2].number,
        .due_ms = row->cells[3].number,
        .wish = self->wish,
    };
    return 0;
}

static int read_due_make_room(struct fq_read *read)
{
    uint64_t n = 2 * (uint64_t)read->n_max;
    for (uint32_t i = 0; i < read->n_wishes; i++)
        n += read->wishes[i].n_max;
    read->due = n <= DUE_ROWS_MAX ? fq_arena_array(read->arena, n, sizeof(*read->due)) : NULL;
    if (read->due == NULL)
        return FQ_FAULT(-ENOMEM, "so many due rows do not fit into their arena");
    return 0;
}

static uint32_t read_due_wish(const struct fq_read *read, struct fq_str channel)
{
    uint32_t i = 0;
    while (i < read->n_wishes && !fq_str_equal(read->wishes[i].channel, channel))
        i++;
    return i;
}

static int read_due_channel(struct fq_engine *engine, struct read_due *self, uint32_t n_max)
{
    int64_t now_ms = self->read->now_ms, ahead_ms = 0;
    if (__builtin_add_overflow(now_ms, FQ_DUE_AHEAD_MAX_MS, &ahead_ms))
        ahead_ms = INT64_MAX;
    const struct fq_cell cells[] = { fq_cell_text(self->channel), fq_cell_number(now_ms),
                                     fq_cell_number(n_max), fq_cell_number(ahead_ms) };
    if (n_max == 0)
        return 0;
    return engine->calls->run(engine, FQ_QUERY_DUE, cells, 4, read_due_row, self);
}

static int read_due_next(void *ctx, const struct fq_row *row)
{
    struct read_due *self = ctx;
    struct fq_str next = row->cells[0].bytes, other = row->cells[1].bytes;
    if (next.len == 0 || (other.len > 0 && fq_str_compare(other, next) < 0))
        next = other;
    if (next.len == 0)
        return 0;
    self->channel = fq_arena_copy(self->read->arena, next);
    if (self->channel.ptr == NULL)
        return FQ_FAULT(-ENOMEM, "the arena is full");
    return 0;
}

static int read_due(struct fq_engine *engine, struct fq_read *read)
{
    struct read_due self = { .read = read, .wish = read->n_wishes, .channel = fq_lit("") };
    const struct fq_cell cells[] = { fq_cell_number(read->now_ms), fq_cell_number(read->n_max) };
    uint32_t n_others = read->n_max;
    FQ_TRY(read_due_make_room(read));
    FQ_TRY(engine->calls->run(engine, FQ_QUERY_DUE_PAYMENTS, cells, 2, read_due_row, &self));
    for (;;) {
        const struct fq_cell after = fq_cell_text(self.channel);
        self.channel = (struct fq_str){ NULL, 0 };
        FQ_TRY(engine->calls->run(engine, FQ_QUERY_DUE_CHANNEL, &after, 1, read_due_next, &self));
        if (self.channel.ptr == NULL)
            return 0;
        self.wish = read_due_wish(read, self.channel);
        bool is_other = self.wish == read->n_wishes;
        uint32_t n_before = read->n_rows;
        FQ_TRY(
            read_due_channel(engine, &self, is_other ? n_others : read->wishes[self.wish].n_max));
        if (is_other)
            n_others -= read->n_rows - n_before;
    }
}

/* ---- other lists ---- */

static int read_journal_row(void *ctx, const struct fq_row *row)
{
    struct fq_read *read = ctx;
    struct fq_journal_row *entry = &read->journal[read->n_rows++];
    if (row->cells[3].bytes.len != FQ_DIGEST_SIZE)
        return FQ_FAULT(-EBADMSG, "a journal hash has a wrong size");
    entry->n = row->cells[0].number;
    entry->at_ms = row->cells[1].number;
    entry->body = fq_arena_copy(read->arena, row->cells[2].bytes);
    memcpy(entry->hash, row->cells[3].bytes.ptr, FQ_DIGEST_SIZE);
    if (fq_arena_is_full(read->arena))
        return FQ_FAULT(-ENOMEM, "the journal does not fit into its arena");
    return 0;
}

static int read_journal(struct fq_engine *engine, struct fq_read *read)
{
    const struct fq_cell cells[] = { fq_cell_number(read->seq), fq_cell_number(read->from),
                                     fq_cell_number(read->n_max) };
    void *room = NULL;
    FQ_TRY(read_make_room(read, &room, sizeof(*read->journal)));
    read->journal = room;
    return engine->calls->run(engine, FQ_QUERY_JOURNAL, cells, 3, read_journal_row, read);
}

static int read_event_row(void *ctx, const struct fq_row *row)
{
    struct fq_read *read = ctx;
    struct fq_event_row *event = &read->events[read->n_rows++];
    if (row->cells[2].bytes.len != FQ_SECRET_SIZE)
        return FQ_FAULT(-EBADMSG, "a payment's secret has a wrong size");
    event->cursor = row->cells[0].number;
    event->seq = row->cells[1].number;
    memcpy(event->secret, row->cells[2].bytes.ptr, FQ_SECRET_SIZE);
    event->kind = (uint32_t)row->cells[3].number;
    event->refund_n = (uint32_t)row->cells[4].number;
    event->at_ms = row->cells[5].number;
    event->payment_version = row->cells[6].number;
    event->traceparent = fq_arena_copy(read->arena, row->cells[7].bytes);
    return 0;
}

static int read_events(struct fq_engine *engine, struct fq_read *read)
{
    const struct fq_cell cells[] = { fq_cell_text(read->merchant_id), fq_cell_number(read->from),
                                     fq_cell_number(read->n_max) };
    void *room = NULL;
    FQ_TRY(read_make_room(read, &room, sizeof(*read->events)));
    read->events = room;
    return engine->calls->run(engine, FQ_QUERY_EVENTS, cells, 3, read_event_row, read);
}

static int read_channel_row(void *ctx, const struct fq_row *row)
{
    struct fq_read *read = ctx;
    struct fq_str name = fq_arena_copy(read->arena, row->cells[0].bytes);
    if (name.ptr == NULL)
        return FQ_FAULT(-ENOMEM, "the arena is full");
    read->channels[read->n_rows++] = name;
    return 0;
}

static int read_live_channels(struct fq_engine *engine, struct fq_read *read)
{
    const struct fq_cell cells[] = { fq_cell_number(read->n_max) };
    void *room = NULL;
    FQ_TRY(read_make_room(read, &room, sizeof(*read->channels)));
    read->channels = room;
    return engine->calls->run(engine, FQ_QUERY_LIVE_CHANNELS, cells, 1, read_channel_row, read);
}

static int read_note_row(void *ctx, const struct fq_row *row)
{
    struct fq_read *read = ctx;
    read->notes[read->n_rows++] = (struct fq_note){
        .owner = read->owner,
        .name = fq_arena_copy(read->arena, row->cells[0].bytes),
        .value = fq_arena_copy(read->arena, row->cells[1].bytes),
        .at_ms = row->cells[2].number,
    };
    if (fq_arena_is_full(read->arena))
        return FQ_FAULT(-ENOMEM, "notes do not fit into their arena");
    return 0;
}

static int read_notes(struct fq_engine *engine, struct fq_read *read)
{
    const struct fq_cell cells[] = { fq_cell_text(read->owner), fq_cell_number(read->n_max) };
    void *room = NULL;
    FQ_TRY(read_make_room(read, &room, sizeof(*read->notes)));
    read->notes = room;
    return engine->calls->run(engine, FQ_QUERY_NOTES, cells, 2, read_note_row, read);
}

static int read_history(struct fq_engine *engine, struct fq_read *read)
{
    return fq_load_history(engine, read->arena, read->risk, &read->history);
}

/* ---- for the operator ---- */

static int read_unknown_row(void *ctx, const struct fq_row *row)
{
    struct fq_read *read = ctx;
    const struct fq_cell *cells = row->cells;
    struct fq_unknown_row *unknown = &read->unknown[read->n_rows++];
    if (cells[1].bytes.len != FQ_SECRET_SIZE ||
        cells[12].bytes.len >= sizeof(unknown->amount.currency))
        return FQ_FAULT(-EBADMSG, "a payment's secret or currency has a wrong size");
    *unknown = (struct fq_unknown_row){
        .seq = cells[0].number,
        .kind = (uint32_t)cells[2].number,
        .n = (uint32_t)cells[3].number,
        .since_ms = cells[4].number,
        .merchant_id = fq_arena_copy(read->arena, cells[5].bytes),
        .merchant_order_id = fq_arena_copy(read->arena, cells[6].bytes),
        .channel = fq_arena_copy(read->arena, cells[7].bytes),
        .number = fq_arena_copy(read->arena, cells[8].bytes),
        .platform_code = fq_arena_copy(read->arena, cells[9].bytes),
        .platform_text = fq_arena_copy(read->arena, cells[10].bytes),
        .amount = { .minor = cells[11].number, .exponent = (uint32_t)cells[13].number },
        .state = (uint32_t)cells[14].number,
        .n_asked = (uint32_t)cells[15].number,
        .deadline_ms = cells[16].number,
        .due_ms = cells[17].number,
    };
    memcpy(unknown->secret, cells[1].bytes.ptr, FQ_SECRET_SIZE);
    memcpy(unknown->amount.currency, cells[12].bytes.ptr, cells[12].bytes.len);
    if (fq_arena_is_full(read->arena))
        return FQ_FAULT(-ENOMEM, "what is unknown does not fit into its arena");
    return 0;
}

static int read_unknown(struct fq_engine *engine, struct fq_read *read)
{
    const struct fq_cell cells[] = { fq_cell_number(read->n_max) };
    void *room = NULL;
    FQ_TRY(read_make_room(read, &room, sizeof(*read->unknown)));
    read->unknown = room;
    return engine->calls->run(engine, FQ_QUERY_UNKNOWN, cells, 1, read_unknown_row, read);
}

static int read_work_row(void *ctx, const struct fq_row *row)
{
    struct fq_read *read = ctx;
    read->work = (struct fq_work){ .n_waiting = row->cells[0].number,
                                   .n_due = row->cells[1].number,
                                   .due_ms = row->cells[2].number,
                                   .n_groups = row->cells[3].number,
                                   .n_behind = row->cells[4].number,
                                   .behind_ms = row->cells[5].number };
    return 0;
}

static int read_work(struct fq_engine *engine, struct fq_read *read)
{
    const struct fq_cell cells[] = { fq_cell_number(read->now_ms) };
    return engine->calls->run(engine, FQ_QUERY_WORK, cells, 1, read_work_row, read);
}

/* ---- all of them ---- */

static int read_run(struct fq_engine *engine, struct fq_read *read)
{
    switch ((enum fq_read_kind)read->kind) {
    case FQ_READ_PAYMENT:
        return read_payment(engine, read);
    case FQ_READ_BY_ORDER:
        return read_by_order(engine, read);
    case FQ_READ_DUE:
        return read_due(engine, read);
    case FQ_READ_JOURNAL:
        return read_journal(engine, read);
    case FQ_READ_EVENTS:
        return read_events(engine, read);
    case FQ_READ_IDEMPOTENT:
        return read_idempotent(engine, read);
    case FQ_READ_LIVE_CHANNELS:
        return read_live_channels(engine, read);
    case FQ_READ_NOTES:
        return read_notes(engine, read);
    case FQ_READ_HISTORY:
        return read_history(engine, read);
    case FQ_READ_UNKNOWN:
        return read_unknown(engine, read);
    case FQ_READ_WORK:
        return read_work(engine, read);
    case FQ_READ_LIST:
        return fq_list_payments(engine, read);
    case FQ_READ_GROUPS:
        return fq_list_groups(engine, read);
    case FQ_READ_UNSET:
        break;
    }
    return FQ_FAULT(-EINVAL, "unknown kind of read %u", read->kind);
}

static void read_reset(struct fq_read *read)
{
    read->ledger = NULL;
    read->known = (struct fq_idempotent){ 0 };
    read->due = NULL;
    read->journal = NULL;
    read->events = NULL;
    read->channels = NULL;
    read->notes = NULL;
    read->unknown = NULL;
    read->work = (struct fq_work){ 0 };
    read->history = NULL;
    read->listed = NULL;
    read->groups = NULL;
    read->listed_next = 0;
    read->n_rows = 0;
    read->trace[0] = '\0';
}

static void read_finish(struct fq_read *read, int r)
{
    read->result = r;
    if (r == 0)
        return;
    (void)snprintf(read->trace, sizeof(read->trace), "%s", fq_trace());
    read->ledger = NULL;
    read->n_rows = 0;
}

void fq_read_all(struct fq_engine *engine, struct fq_job *jobs)
{
    fq_trace_clear();
    int begun = engine->calls->begin(engine);
    for (struct fq_job *job = jobs; job != NULL; job = job->next) {
        read_reset(read_of(job));
        read_finish(read_of(job), begun != 0 ? begun : read_run(engine, read_of(job)));
    }
    if (begun == 0 && engine->calls->commit(engine) != 0)
        engine->calls->rollback(engine);
}
