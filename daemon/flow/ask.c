/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges with the platform about what exists already: query, close, refund, query of a refund.
 */
#include "daemon/base/hash.h"
#include "daemon/flow/parts.h"

struct ask {
    void (*done)(void *asker);
    void *asker;
};

static void ask_done(struct ask ask)
{
    if (ask.done != NULL)
        ask.done(ask.asker);
}

/* ---- one question at a time: whoever asks the same meanwhile waits for its answer ---- */

/* All its bytes are the key of a table. */
struct question_of {
    int64_t seq;        // cppcheck-suppress unusedStructMember
    uint32_t attempt_n; // cppcheck-suppress unusedStructMember
    uint32_t refund_n;  // cppcheck-suppress unusedStructMember; 0: the attempt itself
};

struct asker {
    struct asker *next;
    struct ask ask;
};

struct fq_question {
    struct question_of of;
    struct fq_flow *flow;
    struct asker *askers;
    UT_hash_handle hh;
};

/* NULL: the same question is on its way, and `ask` hears of its end. Else it is to be put, and
 * ended. */
static struct fq_question *question_begin(struct fq_flow *flow, struct question_of of,
                                          struct ask ask)
{
    struct fq_question *question = NULL;
    struct asker *asker = fq_zalloc(sizeof(*asker));
    HASH_FIND(hh, flow->questions, &of, sizeof(of), question);
    bool is_new = question == NULL;
    if (is_new) {
        question = fq_zalloc(sizeof(*question));
        question->of = of;
        question->flow = flow;
        HASH_ADD(hh, flow->questions, of, sizeof(of), question);
    }
    asker->ask = ask;
    asker->next = question->askers;
    question->askers = asker;
    return is_new ? question : NULL;
}

/* Whoever is told may ask again at once: that is another question. */
static void question_end(void *ended)
{
    struct fq_question *question = ended;
    struct asker *asker = question->askers;
    HASH_DEL(question->flow->questions, question);
    fq_free(question);
    while (asker != NULL) {
        struct asker *told = asker;
        asker = asker->next;
        ask_done(told->ask);
        fq_free(told);
    }
}

/* NULL, after saying so, if the payment's channel is not configured any more; or if it is paused:
 * what is due is asked about after the pause. */
static struct fq_drive *ask_drive(struct fq_flow *flow, const struct fq_ledger *ledger,
                                  uint32_t kind, uint32_t attempt_n, uint32_t refund_n,
                                  struct ask ask)
{
    const struct fq_channel *channel = fq_flow_channel(flow, ledger->payment.channel);
    if (channel == NULL) {
        fq_say_payment(LOG_ERR, FQ_MSG_FAULT,
                       "a payment's channel is not configured: configure it again", ledger);
        return NULL;
    }
    if (fq_channel_pause_ms(flow, channel) > 0)
        return NULL;
    struct fq_drive *drive = fq_drive_new(flow, channel, kind, ledger, attempt_n, refund_n);
    struct ask *kept = fq_arena_alloc(drive->arena, sizeof(*kept));
    fq_assert(kept != NULL);
    *kept = ask;
    drive->asker = kept;
    return drive;
}

/* ---- query and close of the live attempt ---- */

static void ask_closed(struct fq_drive *drive)
{
    ask_done(*(struct ask *)drive->asker);
}

static void ask_close(struct fq_flow *flow, const struct fq_ledger *ledger, uint32_t attempt_n,
                      struct ask ask)
{
    struct fq_drive *drive = ask_drive(flow, ledger, FQ_CALL_CLOSE_ORDER, attempt_n, 0, ask);
    if (drive == NULL) {
        ask_done(ask);
        return;
    }
    drive->done = ask_closed;
    fq_drive_start(drive);
}

/* The order could still be paid, and shall not be: a close was asked for, its time is over, or
 * another attempt has won. */
static bool ask_must_close(const struct fq_drive *drive)
{
    const struct fq_payment *payment = &drive->ledger->payment;
    const struct fq_attempt *attempt = &drive->ledger->attempts[drive->attempt_n - 1];
    uint32_t outcome = drive->answer.verdict.outcome;
    bool is_unwanted = payment->close_requested_ms > 0 || payment->state == FQ_PAYMENT_PAID ||
                       drive->settle_ms >= attempt->deadline_ms;
    return is_unwanted && attempt->state == FQ_ATTEMPT_SENT && drive->refusal == NULL &&
           (outcome == FQ_OUTCOME_PENDING || outcome == FQ_OUTCOME_DECLINED) &&
           fq_channel_can(drive->channel, FQ_CALL_CLOSE_ORDER);
}

static void ask_queried(struct fq_drive *drive)
{
    struct ask ask = *(struct ask *)drive->asker;
    if (drive->ledger != NULL && ask_must_close(drive))
        ask_close(drive->flow, drive->ledger, drive->attempt_n, ask);
    else
        ask_done(ask);
}

static void ask_query(struct fq_flow *flow, const struct fq_ledger *ledger, uint32_t attempt_n,
                      struct ask ask)
{
    const struct question_of of = { ledger->payment.seq, attempt_n, 0 };
    struct fq_question *question = question_begin(flow, of, ask);
    if (question == NULL)
        return;
    struct fq_drive *drive = ask_drive(flow, ledger, FQ_CALL_QUERY, attempt_n, 0,
                                       (struct ask){ question_end, question });
    if (drive == NULL) {
        question_end(question);
        return;
    }
    drive->done = ask_queried;
    fq_drive_start(drive);
}

static uint32_t ask_live_attempt(const struct fq_ledger *ledger)
{
    for (uint32_t n = ledger->payment.n_attempts; n > 0; n--) {
        if (ledger->attempts[n - 1].state == FQ_ATTEMPT_SENT ||
            ledger->attempts[n - 1].state == FQ_ATTEMPT_PLANNED)
            return n;
    }
    return 0;
}

/* A close that was answered with "query first": the order was paid just now, perhaps. */
static void ask_close_tried(struct fq_drive *drive)
{
    struct ask ask = *(struct ask *)drive->asker;
    if (drive->ledger != NULL && drive->is_asked_back)
        ask_query(drive->flow, drive->ledger, drive->attempt_n, ask);
    else
        ask_done(ask);
}

void fq_close_at_platform(struct fq_flow *flow, const struct fq_ledger *ledger,
                          void (*done)(void *asker), void *asker)
{
    struct ask ask = { done, asker };
    uint32_t attempt_n = ask_live_attempt(ledger);
    const struct fq_channel *channel = fq_flow_channel(flow, ledger->payment.channel);
    if (attempt_n == 0 || channel == NULL) {
        ask_done(ask);
        return;
    }
    if (!fq_channel_can(channel, FQ_CALL_CLOSE_ORDER)) {
        ask_query(flow, ledger, attempt_n, ask);
        return;
    }
    struct fq_drive *drive = ask_drive(flow, ledger, FQ_CALL_CLOSE_ORDER, attempt_n, 0, ask);
    if (drive == NULL) {
        ask_done(ask);
        return;
    }
    drive->done = ask_close_tried;
    fq_drive_start(drive);
}

/* ---- refunds ---- */

static int ask_commit_refund(struct fq_drive *drive, struct fq_ledger *ledger)
{
    struct fq_refund *refund = fq_ledger_refund(ledger, drive->refund_n);
    if (refund == NULL)
        return FQ_FAULT(-ENOENT, "the refund of a drive is gone");
    /* It was sent, or taken back, by somebody else since this was planned. */
    if (drive->is_first != (refund->state == FQ_REFUND_RESERVED))
        return FQ_DRIVE_E_STOP;
    if (drive->kind == FQ_CALL_REFUND && refund->way == FQ_WAY_UNDO)
        fq_move_undo_to_refund(ledger, refund, drive->asked_ms);
    if (!drive->is_first && drive->asked_ms - refund->submitted_ms < FQ_RESUBMIT_AFTER_MS)
        return FQ_DRIVE_E_STOP;
    int r = fq_move_submit_refund(ledger, refund, drive->asked_ms, &drive->flow->conf.schedule);
    if (r == FQ_MOVE_E_NOT_NOW)
        return FQ_DRIVE_E_STOP;
    FQ_TRY(r);
    return FQ_DECIDE_WRITE;
}

static void ask_refund_query(struct fq_flow *flow, const struct fq_ledger *ledger,
                             const struct fq_refund *refund, struct ask ask);

static void ask_submitted(struct fq_drive *drive)
{
    struct ask ask = *(struct ask *)drive->asker;
    const struct fq_ledger *ledger = drive->ledger;
    for (uint32_t i = 0; ledger != NULL && i < ledger->n_refunds_loaded; i++) {
        /* "Accepted" is not "done": the query that proves it follows at once. */
        if (ledger->refunds[i].n == drive->refund_n &&
            ledger->refunds[i].state == FQ_REFUND_SUBMITTED && drive->refusal == NULL &&
            !drive->is_stopped) {
            ask_refund_query(drive->flow, ledger, &ledger->refunds[i], ask);
            return;
        }
    }
    ask_done(ask);
}

/* An undo that never left before its day was over would be refused. */
static uint32_t ask_refund_kind(const struct fq_flow *flow, const struct fq_ledger *ledger,
                                const struct fq_refund *refund)
{
    const struct fq_channel *channel = fq_flow_channel(flow, ledger->payment.channel);
    if (refund->way != FQ_WAY_UNDO)
        return FQ_CALL_REFUND;
    bool is_late = channel != NULL && refund->state == FQ_REFUND_RESERVED &&
                   !fq_undo_is_in_time(channel, &ledger->payment, fq_flow_now(flow));
    return is_late ? FQ_CALL_REFUND : FQ_CALL_UNDO;
}

void fq_refund_submit(struct fq_flow *flow, const struct fq_ledger *ledger,
                      const struct fq_refund *refund, void (*done)(void *asker), void *asker)
{
    struct ask ask = { done, asker };
    uint32_t kind = ask_refund_kind(flow, ledger, refund);
    struct fq_drive *drive = ask_drive(flow, ledger, kind, refund->attempt_n, refund->n, ask);
    if (drive == NULL) {
        ask_done(ask);
        return;
    }
    drive->is_first = refund->state == FQ_REFUND_RESERVED;
    drive->commit = ask_commit_refund;
    drive->done = ask_submitted;
    fq_drive_start(drive);
}

/* The platform was heard, and does not show it: it never arrived. */
static bool ask_must_resubmit(const struct fq_drive *drive, const struct fq_refund *refund)
{
    return refund->state == FQ_REFUND_SUBMITTED && drive->channel->about.refund_once == 0 &&
           refund->platform_code.len > 0 && !drive->flow->is_draining &&
           fq_flow_now(drive->flow) - refund->submitted_ms >= FQ_RESUBMIT_AFTER_MS;
}

/* Whoever asked: each question puts the next round off, and a shop may ask for ever. */
static void ask_refund_heard(struct fq_drive *drive)
{
    struct ask ask = *(struct ask *)drive->asker;
    const struct fq_refund *refund =
        drive->ledger != NULL ? fq_ledger_refund(drive->ledger, drive->refund_n) : NULL;
    if (refund != NULL && ask_must_resubmit(drive, refund))
        fq_refund_submit(drive->flow, drive->ledger, refund, ask.done, ask.asker);
    else
        ask_done(ask);
}

static void ask_refund_query(struct fq_flow *flow, const struct fq_ledger *ledger,
                             const struct fq_refund *refund, struct ask ask)
{
    struct fq_drive *drive =
        ask_drive(flow, ledger, FQ_CALL_QUERY_REFUND, refund->attempt_n, refund->n, ask);
    if (drive == NULL) {
        ask_done(ask);
        return;
    }
    drive->done = ask_refund_heard;
    fq_drive_start(drive);
}

void fq_ask_refund(struct fq_flow *flow, const struct fq_ledger *ledger,
                   const struct fq_refund *refund, void (*done)(void *asker), void *asker)
{
    const struct question_of of = { ledger->payment.seq, refund->attempt_n, refund->n };
    struct fq_question *question = question_begin(flow, of, (struct ask){ done, asker });
    if (question != NULL)
        ask_refund_query(flow, ledger, refund, (struct ask){ question_end, question });
}

/* ---- whatever is open ---- */

void fq_ask_attempt(struct fq_flow *flow, const struct fq_ledger *ledger, uint32_t attempt_n,
                    void (*done)(void *asker), void *asker)
{
    ask_query(flow, ledger, attempt_n, (struct ask){ done, asker });
}

void fq_ask_now(struct fq_flow *flow, const struct fq_ledger *ledger, void (*done)(void *asker),
                void *asker)
{
    struct ask ask = { done, asker };
    uint32_t attempt_n = ask_live_attempt(ledger);
    if (attempt_n > 0) {
        ask_query(flow, ledger, attempt_n, ask);
        return;
    }
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++) {
        if (ledger->refunds[i].state == FQ_REFUND_SUBMITTED) {
            fq_ask_refund(flow, ledger, &ledger->refunds[i], done, asker);
            return;
        }
    }
    ask_done(ask);
}
