/* SPDX-License-Identifier: Apache-2.0 */
/* A platform's notification: verified over the bytes that came, committed, then acknowledged. */
#include "daemon/core/money.h"
#include "daemon/flow/parts.h"

struct notify {
    struct fq_flow *flow;
    struct fq_visit *visit;
    const struct fq_channel *channel;
    struct fq_message message;
    struct fq_adapt adapt;
    struct fq_tx tx;
    struct fq_word word;
    bool has_fetched; /* a key, for this very message */
};

/* Anything that is not proven gets an error, changes nothing, and is not acknowledged. */
static void notify_refuse(struct notify *notify, uint32_t status, const char *why,
                          struct fq_str detail)
{
    fq_log(LOG_WARNING, FQ_MSG_NOTIFICATION_REFUSED, "notification refused",
           FQ_LOG_STR("CHANNEL", notify->channel->conf->name), FQ_LOG_TEXT("REASON", why),
           FQ_LOG_STR("DETAIL", detail), FQ_LOG_STR("NUMBER", notify->adapt.answer.verdict.number),
           FQ_LOG_STR("PEER", notify->visit->peer), FQ_LOG_TEXT("FAULT", "theirs"),
           FQ_LOG_TEXT("NEXT", "nothing was changed; the platform is asked on schedule"));
    notify->visit->status = status;
    notify->visit->answer_type = fq_lit("text/plain; charset=utf-8");
    notify->visit->answer_body = fq_arena_printf(notify->visit->arena, "refused: %s\n", why);
    fq_visit_finish(notify->flow, notify->visit);
}

/* Nothing is known of it, and nothing was changed: the platform sends it again. */
static void notify_fault(struct notify *notify, const char *what, const struct fq_tx *tx)
{
    fq_say_fault_of(&(struct fq_fault){ .what = what,
                                        .trace = tx->trace,
                                        .result = tx->result,
                                        .channel = notify->channel->conf->name,
                                        .number = notify->adapt.answer.verdict.number });
    notify->visit->status = 503;
    fq_visit_finish(notify->flow, notify->visit);
}

static void notify_acknowledge(struct notify *notify)
{
    const struct fq_verdict *verdict = &notify->adapt.answer.verdict;
    notify->visit->status = 200;
    notify->visit->answer_type = verdict->ack_content_type;
    notify->visit->answer_body = verdict->ack_body;
    fq_visit_finish(notify->flow, notify->visit);
}

/* ---- a refund that we did not send: asked about, booked, and only then acknowledged ---- */

static int notify_book(struct fq_drive *drive, struct fq_tx *tx)
{
    const struct fq_verdict *verdict = &drive->answer.verdict;
    struct fq_refund found = { .attempt_n = drive->attempt_n,
                               .origin = FQ_ORIGIN_PLATFORM,
                               .number = drive->call.refund_number,
                               .amount_minor = verdict->amount.minor,
                               .platform_code = verdict->platform_code,
                               .platform_text = verdict->platform_text };
    struct fq_evidence evidence = fq_evidence_of(&drive->answer, "answer");
    if (tx->ledger == NULL)
        return FQ_FAULT(-ENOENT, "the payment of a drive is gone");
    struct fq_money amount = tx->ledger->payment.amount;
    amount.minor = verdict->amount.minor; /* any; in the payment's currency */
    if (drive->refusal != NULL || verdict->outcome != FQ_OUTCOME_REFUNDED ||
        !fq_money_equal(verdict->amount, amount))
        return FQ_DECIDE_KEEP;
    int r = fq_move_book_refund(tx->ledger, &found, drive->settle_ms, &evidence);
    if (r == FQ_MOVE_E_NOT_NOW)
        return FQ_DECIDE_KEEP;
    FQ_TRY(r);
    drive->move = FQ_MOVE_REFUNDED;
    return FQ_DECIDE_WRITE;
}

static void notify_booked(struct fq_drive *drive)
{
    struct notify *notify = drive->asker;
    if (drive->ledger == NULL || drive->move != FQ_MOVE_REFUNDED) {
        notify_refuse(notify, 503, "a refund that we did not send is not proven yet",
                      notify->adapt.answer.verdict.number);
        return;
    }
    fq_say_payment(LOG_WARNING, FQ_MSG_REFUND_FOUND, "a refund was found that we did not send",
                   drive->ledger);
    notify_acknowledge(notify);
}

static void notify_ask_foreign(struct fq_tx *tx)
{
    struct notify *notify = tx->flow;
    const struct fq_verdict *verdict = &notify->adapt.answer.verdict;
    if (tx->result < 0) {
        notify_fault(notify, "looking for the order of a refund that we did not send", tx);
        return;
    }
    struct fq_attempt *attempt =
        tx->ledger != NULL ? fq_ledger_attempt_by_number(tx->ledger, verdict->order_number) : NULL;
    if (attempt == NULL || attempt->state != FQ_ATTEMPT_WON ||
        !fq_str_equal(tx->ledger->payment.channel, notify->channel->conf->name) ||
        !fq_channel_can(notify->channel, FQ_CALL_QUERY_REFUND)) {
        notify_refuse(notify, 404, "no such refund, and no paid order of that number",
                      verdict->order_number);
        return;
    }
    struct fq_drive *drive = fq_drive_new(notify->flow, notify->channel, FQ_CALL_QUERY_REFUND,
                                          tx->ledger, attempt->n, 0);
    drive->call.object = FQ_OBJECT_REFUND;
    drive->call.refund_number = fq_arena_copy(drive->arena, verdict->number);
    drive->call.attempt_memory = drive->call.memory;
    drive->call.memory = (struct fq_pairs){ NULL, 0 };
    drive->settle = notify_book;
    drive->done = notify_booked;
    drive->asker = notify;
    fq_drive_start(drive);
}

static int notify_look(struct fq_tx *tx)
{
    (void)tx;
    return FQ_DECIDE_KEEP;
}

/* The order is ours, the refund is not (yet): found by the order's number. */
static void notify_foreign(struct notify *notify)
{
    notify->tx = (struct fq_tx){ .arena = notify->visit->arena,
                                 .lookup = FQ_LOOKUP_ORDER_NUMBER,
                                 .number = notify->adapt.answer.verdict.order_number,
                                 .decide = notify_look,
                                 .done = notify_ask_foreign,
                                 .flow = notify };
    fq_flow_transact(notify->flow, &notify->tx);
}

/* ---- commit ---- */

static int notify_decide(struct fq_tx *tx)
{
    struct notify *notify = tx->flow;
    return fq_word_decide(&notify->word, tx);
}

static void notify_committed(struct fq_tx *tx)
{
    struct notify *notify = tx->flow;
    const struct fq_verdict *verdict = &notify->adapt.answer.verdict;
    if (tx->result < 0) {
        notify_fault(notify, "committing a notification", tx);
        return;
    }
    if (tx->ledger == NULL && verdict->object == FQ_OBJECT_REFUND &&
        verdict->order_number.len > 0) {
        notify_foreign(notify);
        return;
    }
    if (notify->word.refusal != NULL) {
        notify_refuse(notify, tx->ledger == NULL ? 404 : 400, notify->word.refusal,
                      verdict->platform_ref);
        return;
    }
    fq_after_settle(notify->flow, tx->ledger, notify->word.refund_n, notify->word.move);
    notify_acknowledge(notify);
}

/* ---- verify ---- */

/* What can be said of it before anybody knows the order. */
static const char *notify_refusal_at_once(const struct notify *notify)
{
    const struct fq_verdict *verdict = &notify->adapt.answer.verdict;
    const struct fq_verdict_context anything = { .now_ms = notify->word.now_ms };
    const char *refusal = fq_drive_refuse(notify->channel, &notify->adapt.answer, anything);
    if (refusal == NULL && verdict->step != FQ_STEP_DONE && verdict->step != FQ_STEP_ASK)
        refusal = "it tells nothing";
    if (refusal == NULL && (verdict->number.len == 0 || verdict->object == FQ_OBJECT_UNSET))
        refusal = "it names no order";
    return refusal;
}

static void notify_adapt(struct notify *notify);

/* The same message is read again, once, with the key that it needs. */
static void notify_has_key(void *asker, bool is_kept)
{
    struct notify *notify = asker;
    if (is_kept && !notify->has_fetched) {
        notify->has_fetched = true;
        notify_adapt(notify);
        return;
    }
    notify_refuse(notify, 400, "it is signed with a key that is not to be had",
                  notify->adapt.answer.verdict.key_name);
}

static void notify_verified(struct fq_adapt *adapt)
{
    struct notify *notify = adapt->flow;
    const struct fq_answer *answer = &adapt->answer;
    const struct fq_verdict *verdict = &answer->verdict;
    notify->word = (struct fq_word){
        .channel = notify->channel,
        .catalog = notify->visit->catalog,
        .schedule = &notify->flow->conf.schedule,
        .kind = "notification",
        .answer = *answer,
        .policy_number = fq_flow_order_number(notify->flow, notify->visit->arena),
        .now_ms = fq_flow_now(notify->flow),
    };
    if (answer->is_busy) {
        notify_refuse(notify, 503, "there is no time for it now", answer->reason);
        return;
    }
    if (answer->is_fault) {
        notify_refuse(notify, 400, "it cannot be read or is not for us", answer->reason);
        return;
    }
    if (verdict->step == FQ_STEP_NEED_KEY) {
        fq_key_fetch(notify->flow, notify->channel, verdict->key_name, false, notify_has_key,
                     notify);
        return;
    }
    if (!answer->verified) {
        notify_refuse(notify, 400, "its signature is not the platform's", answer->reason);
        return;
    }
    const char *refusal = notify_refusal_at_once(notify);
    if (refusal != NULL) {
        notify_refuse(notify, 400, refusal, verdict->platform_code);
        return;
    }
    bool is_refund = verdict->object == FQ_OBJECT_REFUND;
    notify->tx =
        (struct fq_tx){ .arena = notify->visit->arena,
                        .lookup = is_refund ? FQ_LOOKUP_REFUND_NUMBER : FQ_LOOKUP_ORDER_NUMBER,
                        .number = verdict->number,
                        .want_siblings = !is_refund,
                        .decide = notify_decide,
                        .done = notify_committed,
                        .flow = notify };
    fq_flow_transact(notify->flow, &notify->tx);
}

static void notify_adapt(struct notify *notify)
{
    notify->adapt = (struct fq_adapt){ .channel = notify->channel,
                                       .kind = FQ_CALL_NOTIFICATION,
                                       .call = { .struct_size = sizeof(struct fq_call),
                                                 .now_unix_ms = fq_flow_now(notify->flow) },
                                       .message = &notify->message,
                                       .arena = notify->visit->arena,
                                       .done = notify_verified,
                                       .flow = notify };
    notify->flow->world->adapt(notify->flow->world->ctx, &notify->adapt);
}

void fq_notify_visit(struct fq_flow *flow, struct fq_visit *visit, struct fq_str channel_name)
{
    const struct fq_channel *channel = fq_flow_channel(flow, channel_name);
    struct notify *notify = fq_arena_alloc(visit->arena, sizeof(*notify));
    if (channel == NULL || notify == NULL || !fq_str_equal(visit->method, fq_lit("POST")) ||
        !fq_channel_can(channel, FQ_CALL_NOTIFICATION)) {
        visit->status = channel != NULL ? 405 : 404;
        fq_visit_finish(flow, visit);
        return;
    }
    notify->flow = flow;
    notify->visit = visit;
    notify->channel = channel;
    notify->message = fq_visit_message(visit);
    notify_adapt(notify);
}
