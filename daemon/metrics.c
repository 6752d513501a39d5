/* SPDX-License-Identifier: Apache-2.0 */
/* Counts what the daemon does. */
#include "daemon/metrics.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

#define NAME_SIZE_MAX 32

struct fq_metrics_channel {
    char name[NAME_SIZE_MAX];
    size_t name_size;
    struct fq_metrics_call calls[FQ_METRICS_CALLS_N];
    struct fq_metrics_move moves[FQ_METRICS_MOVES_MAX];
    UT_hash_handle hh;
};

struct fq_metrics *fq_metrics_new(void)
{
    return fq_zalloc(sizeof(struct fq_metrics));
}

void fq_metrics_free(struct fq_metrics *metrics)
{
    struct fq_metrics_channel *channel;
    struct fq_metrics_channel *next;
    if (metrics == NULL)
        return;
    HASH_ITER(hh, metrics->channels, channel, next)
    {
        HASH_DEL(metrics->channels, channel);
        fq_free(channel);
    }
    fq_free(metrics);
}

/* Once per channel it is made; beyond so many of them in one life (reloads may rename them) the
 * others are one. */
static struct fq_metrics_channel *metrics_channel(struct fq_metrics *metrics, struct fq_str name)
{
    struct fq_metrics_channel *channel = NULL;
    if (name.len == 0 || name.len > NAME_SIZE_MAX)
        name = fq_lit("other");
    HASH_FIND(hh, metrics->channels, name.ptr, name.len, channel);
    if (channel == NULL && metrics->n_channels >= FQ_METRICS_CHANNELS_MAX) {
        name = fq_lit("other");
        HASH_FIND(hh, metrics->channels, name.ptr, name.len, channel);
    }
    if (channel != NULL)
        return channel;
    channel = fq_zalloc(sizeof(*channel));
    memcpy(channel->name, name.ptr, name.len);
    channel->name_size = name.len;
    HASH_ADD(hh, metrics->channels, name, name.len, channel);
    metrics->n_channels++;
    return channel;
}

void fq_metrics_answered(struct fq_metrics *metrics, const struct fq_operation *operation,
                         int64_t took_us)
{
    const uint32_t kind = operation->kind < FQ_OP_N ? operation->kind : FQ_OP_UNSET;
    const uint32_t code =
        operation->status.code < FQ_METRICS_CODES_N ? operation->status.code : FQ_CODE_UNKNOWN;
    bool is_wait = kind == FQ_OP_GET_PAYMENT && operation->get_payment.wait_ms > 0;
    struct fq_metrics_operation *counted = is_wait ? &metrics->waits : &metrics->operations[kind];
    fq_count(&counted->answers[code], 1);
    fq_histogram_add(&counted->took_us, &fq_bounds_request, took_us);
}

static enum fq_metrics_route metrics_route(struct fq_str path)
{
    if (fq_str_starts(path, fq_lit("/r/")))
        return FQ_METRICS_ROUTE_LINK;
    if (fq_str_starts(path, fq_lit("/back/")))
        return FQ_METRICS_ROUTE_BACK;
    if (fq_str_starts(path, fq_lit("/notify/")))
        return FQ_METRICS_ROUTE_NOTIFY;
    return FQ_METRICS_ROUTE_OTHER;
}

void fq_metrics_visited(struct fq_metrics *metrics, struct fq_str path, uint32_t status,
                        int64_t took_us)
{
    struct fq_metrics_web *counted = &metrics->web[metrics_route(path)];
    fq_count(&counted->answers[status / 100 < 6 ? status / 100 : 0], 1);
    fq_histogram_add(&counted->took_us, &fq_bounds_request, took_us);
}

static struct fq_metrics_call *metrics_call(struct fq_metrics *metrics, struct fq_str channel,
                                            uint32_t call)
{
    return &metrics_channel(metrics, channel)->calls[call < FQ_METRICS_CALLS_N ? call : 0];
}

void fq_metrics_adapted(struct fq_metrics *metrics, struct fq_str channel, uint32_t call,
                        bool is_begin, bool is_fault, int64_t took_us)
{
    struct fq_metrics_call *counted = metrics_call(metrics, channel, call);
    fq_histogram_add(&counted->work_us[is_begin ? FQ_METRICS_BEGIN : FQ_METRICS_RESUME],
                     &fq_bounds_work, took_us);
    if (is_fault)
        fq_count(&counted->n_faults, 1);
}

void fq_metrics_sent(struct fq_metrics *metrics, struct fq_str channel, uint32_t call,
                     uint32_t transport, int64_t took_us)
{
    struct fq_metrics_call *counted = metrics_call(metrics, channel, call);
    fq_histogram_add(&counted->exchange_us, &fq_bounds_exchange, took_us);
    fq_count(
        &counted->exchanges[transport < FQ_METRICS_TRANSPORTS_N ? transport : FQ_TRANSPORT_LOST],
        1);
}

/* The code's own words: there are fewer of them than places. */
static struct fq_metrics_move *metrics_move(struct fq_metrics_channel *channel,
                                            const struct fq_journal_entry *entry)
{
    for (size_t i = 0; i < FQ_METRICS_MOVES_MAX; i++) {
        struct fq_metrics_move *move = &channel->moves[i];
        if (move->object == NULL) {
            move->object = entry->object;
            move->what = entry->what;
            return move;
        }
        if (strcmp(move->what, entry->what) == 0 && strcmp(move->object, entry->object) == 0)
            return move;
    }
    return NULL;
}

void fq_metrics_moved(struct fq_metrics *metrics, const struct fq_ledger *ledger)
{
    if (ledger->journal == NULL)
        return;
    struct fq_metrics_channel *channel = metrics_channel(metrics, ledger->payment.channel);
    for (const struct fq_journal_entry *entry = ledger->journal; entry != NULL;
         entry = entry->next) {
        struct fq_metrics_move *move = metrics_move(channel, entry);
        if (move != NULL)
            fq_count(&move->n, 1);
    }
}

void fq_metrics_each_channel(const struct fq_metrics *metrics,
                             void (*tell)(struct fq_buf *buf, struct fq_str channel,
                                          const struct fq_metrics_call *calls,
                                          const struct fq_metrics_move *moves),
                             struct fq_buf *buf)
{
    for (const struct fq_metrics_channel *channel = metrics->channels; channel != NULL;
         channel = channel->hh.next)
        tell(buf, (struct fq_str){ channel->name, channel->name_size }, channel->calls,
             channel->moves);
}
