/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds: whatever is due is asked about, again and again, until the platform's own word ends it.
 * Start-up is only the first round. */
#include "daemon/flow/parts.h"

#define ROUND_MS      500
#define ROUND_MS_FULL 50
#define DUE_MAX       128   /* payments, or what is begun of all channels, in one round */
#define SHARE_MIN     4     /* of one channel, however many there are */
#define IN_WORK_MAX   512   /* rows of a channel that are seen once more because they are in work */
#define ROWS_MAX      16384 /* of all channels */

enum { DUE_ATTEMPT = 1, DUE_REFUND = 2, DUE_PAYMENT = 3 };

/* One due row on its way: its ledger is read, then the right question is asked. */
struct recovery {
    struct fq_flow *flow;
    struct fq_due due;
    struct fq_breaker *place; /* of the channel; NULL: no platform has to be asked */
    struct fq_read read;
    struct fq_tx tx;
    int64_t now_ms;
    uint32_t move; /* fq_move: of what was postponed */
};

struct round {
    struct fq_flow *flow;
    struct fq_read read;
    struct fq_due_wish *wishes;
    size_t *n_places; /* to be begun of each wish */
    bool is_behind;   /* more is due than was begun */
};

static uint32_t recovery_refund_n(const struct fq_due *due)
{
    return due->kind == DUE_REFUND ? due->n : 0;
}

static void recovery_end(struct recovery *recovery)
{
    fq_flow_idle(recovery->flow, recovery->due.seq, recovery_refund_n(&recovery->due));
    if (recovery->place != NULL)
        fq_channel_give(recovery->place);
    fq_arena_free(recovery->read.arena);
}

/* ---- a payment that nobody may start any more ---- */

static int recovery_decide_expire(struct fq_tx *tx)
{
    struct recovery *recovery = tx->flow;
    if (tx->ledger == NULL)
        return FQ_DECIDE_KEEP;
    fq_move_expire(tx->ledger, recovery->now_ms);
    fq_assert(tx->ledger->payment.state != FQ_PAYMENT_OPEN ||
              fq_ledger_live_attempt(tx->ledger) != NULL ||
              tx->ledger->payment.due_ms > recovery->now_ms);
    return FQ_DECIDE_WRITE;
}

static void recovery_expired(struct fq_tx *tx)
{
    struct recovery *recovery = tx->flow;
    if (tx->result < 0)
        fq_say_fault_with("closing an expired payment", tx->trace, tx->result,
                          recovery->read.ledger);
    else if (tx->ledger != NULL && tx->ledger->payment.state == FQ_PAYMENT_CLOSED)
        fq_say_payment(LOG_INFO, FQ_MSG_PAYMENT_CLOSED, "payment closed", tx->ledger);
    fq_wait_wake(recovery->flow, recovery->due.seq);
    recovery_end(recovery);
}

static void recovery_expire(struct recovery *recovery)
{
    recovery->now_ms = fq_flow_now(recovery->flow);
    recovery->tx = (struct fq_tx){ .arena = recovery->read.arena,
                                   .lookup = FQ_LOOKUP_SEQ,
                                   .seq = recovery->due.seq,
                                   .decide = recovery_decide_expire,
                                   .done = recovery_expired,
                                   .flow = recovery };
    fq_flow_transact(recovery->flow, &recovery->tx);
}

/* ---- a refund that is not proven yet, or in doubt again ---- */

static void recovery_asked(void *asker)
{
    recovery_end(asker);
}

static void recovery_refund(struct recovery *recovery, struct fq_ledger *ledger)
{
    struct fq_refund *refund = fq_ledger_refund(ledger, recovery->due.n);
    if (refund == NULL || refund->due_ms == 0)
        recovery_end(recovery);
    else if (refund->state == FQ_REFUND_RESERVED)
        fq_refund_submit(recovery->flow, ledger, refund, recovery_asked, recovery);
    else
        fq_ask_refund(recovery->flow, ledger, refund, recovery_asked, recovery);
}

/* ---- one whose channel is not configured (any more): nobody can be asked ---- */

/* As if it had been asked in vain: past its last deadline it is the operator's, and meanwhile out
 * of the others' way, since what is due is read oldest first. */
static int recovery_decide_postpone(struct fq_tx *tx)
{
    struct recovery *recovery = tx->flow;
    const struct fq_schedule *schedule = &recovery->flow->conf.schedule;
    const struct fq_verdict verdict = { .struct_size = sizeof(verdict),
                                        .step = FQ_STEP_DONE,
                                        .outcome = FQ_OUTCOME_UNKNOWN,
                                        .retry_after_ms = schedule->max_ms };
    struct fq_judgement judgement = { .verdict = &verdict,
                                      .evidence = { .kind = "own",
                                                    .proof = fq_lit("no such channel") },
                                      .asked_ms = recovery->now_ms,
                                      .now_ms = recovery->now_ms,
                                      .schedule = schedule };
    if (tx->ledger == NULL)
        return FQ_DECIDE_KEEP;
    bool is_refund = recovery->due.kind == DUE_REFUND;
    struct fq_attempt *attempt = is_refund ? NULL : fq_ledger_attempt(tx->ledger, recovery->due.n);
    struct fq_refund *refund = is_refund ? fq_ledger_refund(tx->ledger, recovery->due.n) : NULL;
    if (attempt != NULL && attempt->due_ms > 0)
        recovery->move = fq_settle_attempt(tx->ledger, attempt, &judgement);
    if (refund != NULL && refund->due_ms > 0)
        recovery->move = fq_settle_refund(tx->ledger, refund, &judgement);
    return FQ_DECIDE_WRITE;
}

static void recovery_postponed(struct fq_tx *tx)
{
    struct recovery *recovery = tx->flow;
    if (tx->result < 0)
        fq_say_fault_with("postponing what nobody can be asked about", tx->trace, tx->result,
                          recovery->read.ledger);
    if (tx->result >= 0 && tx->ledger != NULL) {
        fq_say_payment(LOG_ERR, FQ_MSG_FAULT,
                       "a payment's channel is not configured: configure it again", tx->ledger);
        fq_after_settle(recovery->flow, tx->ledger, recovery_refund_n(&recovery->due),
                        recovery->move);
    }
    recovery_end(recovery);
}

static void recovery_postpone(struct recovery *recovery)
{
    bool is_refund = recovery->due.kind == DUE_REFUND;
    recovery->now_ms = fq_flow_now(recovery->flow);
    recovery->tx = (struct fq_tx){ .arena = recovery->read.arena,
                                   .lookup = FQ_LOOKUP_SEQ,
                                   .seq = recovery->due.seq,
                                   .refund_n = is_refund ? recovery->due.n : 0,
                                   .decide = recovery_decide_postpone,
                                   .done = recovery_postponed,
                                   .flow = recovery };
    fq_flow_transact(recovery->flow, &recovery->tx);
}

/* ---- any of them ---- */

/* It may have been asked about meanwhile. */
static void recovery_attempt(struct recovery *recovery, struct fq_ledger *ledger)
{
    const struct fq_attempt *attempt = fq_ledger_attempt(ledger, recovery->due.n);
    if (attempt == NULL || attempt->due_ms == 0)
        recovery_end(recovery);
    else
        fq_ask_attempt(recovery->flow, ledger, attempt->n, recovery_asked, recovery);
}

static void recovery_read(struct fq_read *read)
{
    struct recovery *recovery = read->flow;
    if (read->result < 0 || read->ledger == NULL) {
        fq_say_fault("reading a due payment", read->trace);
        recovery_end(recovery);
        return;
    }
    if (recovery->due.kind != DUE_PAYMENT &&
        fq_flow_channel(recovery->flow, read->ledger->payment.channel) == NULL) {
        recovery_postpone(recovery);
        return;
    }
    switch (recovery->due.kind) {
    case DUE_ATTEMPT:
        recovery_attempt(recovery, read->ledger);
        return;
    case DUE_REFUND:
        recovery_refund(recovery, read->ledger);
        return;
    default:
        recovery_expire(recovery);
    }
}

static void recovery_start(struct fq_flow *flow, const struct fq_due *due, struct fq_breaker *place)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct recovery *recovery = fq_arena_alloc(arena, sizeof(*recovery));
    fq_assert(recovery != NULL);
    recovery->flow = flow;
    recovery->due = *due;
    recovery->place = place;
    recovery->read = (struct fq_read){ .arena = arena,
                                       .kind = FQ_READ_PAYMENT,
                                       .seq = due->seq,
                                       .refund_n = recovery_refund_n(due),
                                       .done = recovery_read,
                                       .flow = recovery };
    fq_flow_busy(flow, due->seq, recovery_refund_n(due));
    flow->world->read(flow->world->ctx, &recovery->read);
}

/* ---- the round: of each channel, what it can send now ---- */

static void round_begin_due(struct round *round, const struct fq_due *due)
{
    struct fq_flow *flow = round->flow;
    if (fq_flow_is_busy(flow, due->seq, recovery_refund_n(due)))
        return;
    /* A reload may have come in between. */
    const struct fq_channel *channel = due->wish < round->read.n_wishes
                                           ? fq_flow_channel(flow, round->wishes[due->wish].channel)
                                           : NULL;
    if (due->kind == DUE_PAYMENT || channel == NULL) {
        recovery_start(flow, due, NULL);
        return;
    }
    struct fq_breaker *place =
        round->n_places[due->wish] > 0 ? fq_channel_take(flow, channel) : NULL;
    if (place == NULL) {
        round->is_behind = true;
        return;
    }
    round->n_places[due->wish]--;
    recovery_start(flow, due, place);
}

static void round_done(struct fq_read *read)
{
    struct round *round = read->flow;
    struct fq_flow *flow = round->flow;
    uint32_t n_unasked = 0; /* of nobody's wish */
    flow->n_running--;
    if (read->result < 0)
        fq_say_fault("reading what is due", read->trace);
    for (uint32_t i = 0; i < read->n_rows && !flow->is_draining; i++) {
        n_unasked += read->due[i].wish == read->n_wishes;
        round_begin_due(round, &read->due[i]);
    }
    round->is_behind |= n_unasked >= DUE_MAX;
    if (!flow->is_draining)
        flow->world->after(flow->world->ctx, &flow->round_timer,
                           round->is_behind ? ROUND_MS_FULL : ROUND_MS);
    fq_arena_free(read->arena);
}

/* One row more than can be begun, so that it is known whether there is more. */
static void round_wish(struct round *round)
{
    struct fq_flow *flow = round->flow;
    const struct fq_catalog *catalog = flow->conf.catalog;
    size_t n = catalog->n_channels;
    size_t share = n > 0 && DUE_MAX / n > SHARE_MIN ? DUE_MAX / n : SHARE_MIN;
    size_t n_left = ROWS_MAX;
    round->wishes = fq_arena_array(round->read.arena, n, sizeof(*round->wishes));
    round->n_places = fq_arena_array(round->read.arena, n, sizeof(*round->n_places));
    fq_assert(n == 0 || (round->wishes != NULL && round->n_places != NULL));
    for (size_t i = 0; i < n; i++) {
        const struct fq_channel *channel = catalog->channels[i];
        size_t room = fq_channel_room(flow, channel);
        size_t n_drives = fq_channel_n_drives(flow, channel);
        size_t n_rows =
            room == 0 ? 0 : 1 + share + (n_drives < IN_WORK_MAX ? n_drives : IN_WORK_MAX);
        n_rows = n_rows < n_left ? n_rows : n_left;
        n_left -= n_rows;
        round->n_places[i] = room < share ? room : share;
        round->wishes[i] =
            (struct fq_due_wish){ fq_arena_copy(round->read.arena, channel->conf->name),
                                  (uint32_t)n_rows };
        round->is_behind |= room == 0 && fq_channel_pause_ms(flow, channel) == 0;
    }
    round->read.wishes = round->wishes;
    round->read.n_wishes = (uint32_t)n;
}

static void round_start(struct fq_timer *timer)
{
    struct fq_flow *flow = fq_container_of(timer, struct fq_flow, round_timer);
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct round *round = fq_arena_alloc(arena, sizeof(*round));
    fq_assert(round != NULL);
    fq_stepped_look(flow);
    fq_floods_look(flow);
    fq_writable_try(flow);
    round->flow = flow;
    round->read = (struct fq_read){ .arena = arena,
                                    .kind = FQ_READ_DUE,
                                    .now_ms = fq_flow_now(flow),
                                    .n_max = DUE_MAX,
                                    .done = round_done,
                                    .flow = round };
    round_wish(round);
    flow->n_running++;
    flow->world->read(flow->world->ctx, &round->read);
}

void fq_flow_start(struct fq_flow *flow)
{
    flow->round_timer.fire = round_start;
    flow->world->after(flow->world->ctx, &flow->round_timer, 1);
    fq_chores_start(flow);
}
