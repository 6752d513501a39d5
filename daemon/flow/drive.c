/* SPDX-License-Identifier: Apache-2.0 */
/* The one order for every exchange with a platform: plan, commit, send, resume, settle, reply. */
#include <string.h>

#include "daemon/core/fact.h"
#include "daemon/core/traceparent.h"
#include "daemon/flow/parts.h"

/* ---- before: the call ---- */

static struct fq_pairs drive_read_memory(struct fq_drive *drive, struct fq_str memory)
{
    struct fq_pairs pairs = { NULL, 0 };
    if (fq_facts_read(fq_arena_copy(drive->arena, memory), drive->arena, &pairs) != 0)
        pairs = (struct fq_pairs){ NULL, 0 };
    return pairs;
}

static void drive_fill_attempt(struct fq_drive *drive, const struct fq_attempt *attempt)
{
    struct fq_call *call = &drive->call;
    call->order_number = fq_arena_copy(drive->arena, attempt->order_number);
    call->platform_ref = fq_arena_copy(drive->arena, attempt->platform_ref);
    call->created_unix_ms = attempt->created_ms;
    call->deadline_unix_ms = attempt->deadline_ms;
    call->memory = drive_read_memory(drive, attempt->memory);
}

/* Without the person who is to pay, somebody else could. */
static void drive_fill_payer(struct fq_drive *drive, const struct fq_payment *payment)
{
    if (drive->kind != FQ_CALL_CREATE || !payment->identity_asked)
        return;
    drive->has_payer = fq_payer_open(drive->flow, payment, drive->arena, &drive->payer) == 0;
    drive->is_payer_lost = !drive->has_payer;
    if (drive->has_payer)
        fq_payer_fill(&drive->payer, &drive->call);
}

static void drive_fill_refund(struct fq_drive *drive, const struct fq_refund *refund,
                              struct fq_money amount)
{
    struct fq_call *call = &drive->call;
    call->object = FQ_OBJECT_REFUND;
    call->refund_number = fq_arena_copy(drive->arena, refund->number);
    call->refund_amount = amount;
    call->refund_amount.minor = refund->amount_minor;
    call->refund_reason = fq_arena_copy(drive->arena, refund->reason);
    call->refund_created_unix_ms = refund->created_ms;
    call->attempt_memory = call->memory;
    call->memory = drive_read_memory(drive, refund->memory);
}

struct fq_drive *fq_drive_new(struct fq_flow *flow, const struct fq_channel *channel, uint32_t kind,
                              const struct fq_ledger *ledger, uint32_t attempt_n, uint32_t refund_n)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_drive *drive = fq_arena_alloc(arena, sizeof(*drive));
    const struct fq_payment *payment = &ledger->payment;
    fq_assert(drive != NULL);
    drive->flow = flow;
    drive->arena = arena;
    drive->ledgers = fq_arena_new(FQ_ARENA_SIZE_MAX);
    drive->channel = channel;
    drive->kind = kind;
    drive->seq = payment->seq;
    drive->payment_id = fq_id_payment(payment->seq, payment->secret, arena);
    drive->merchant_id = fq_arena_copy(arena, payment->merchant_id);
    drive->trace_id = fq_arena_copy(arena, fq_traceparent_trace_id(payment->traceparent));
    drive->attempt_n = attempt_n;
    drive->refund_n = refund_n;

    struct fq_call *call = &drive->call;
    call->struct_size = sizeof(*call);
    call->object = FQ_OBJECT_PAYMENT;
    call->amount = payment->amount;
    call->instalments = payment->instalments;
    call->bearer = payment->bearer;
    call->merchant_percent = payment->merchant_percent;
    call->terminal = payment->terminal;
    call->subject = fq_arena_copy(arena, payment->subject);
    call->buyer_ip = fq_arena_copy(arena, payment->buyer_ip);
    call->buyer_user_agent = fq_arena_copy(arena, payment->buyer_user_agent);
    call->notify_url = fq_arena_printf(arena, "%.*s/notify/%.*s", fq_str_arg(flow->conf.public_url),
                                       fq_str_arg(channel->conf->name));
    call->return_url = fq_link(flow, "back", payment, arena);
    drive_fill_payer(drive, payment);
    if (attempt_n > 0)
        drive_fill_attempt(drive, &ledger->attempts[attempt_n - 1]);
    for (uint32_t i = 0; refund_n > 0 && i < ledger->n_refunds_loaded; i++) {
        if (ledger->refunds[i].n == refund_n)
            drive_fill_refund(drive, &ledger->refunds[i], payment->amount);
    }
    return drive;
}

/* ---- whether a word is believed ---- */

static bool drive_url_is_allowed(const void *allowed, struct fq_str url)
{
    return fq_channel_allows_url(allowed, url);
}

const char *fq_drive_refuse(const struct fq_channel *channel, const struct fq_answer *answer,
                            struct fq_verdict_context asked)
{
    asked.verified = answer->verified;
    asked.url_is_allowed = drive_url_is_allowed;
    asked.allowed = channel->conf;
    return fq_verdict_refuse(&asked, &answer->verdict);
}

struct fq_evidence fq_evidence_of(const struct fq_answer *answer, const char *kind)
{
    struct fq_evidence evidence = { .kind = kind, .code = answer->verdict.platform_code };
    if (answer->verified) {
        evidence.key = answer->verified_key;
        evidence.proof = answer->verdict.proof;
    }
    memcpy(evidence.digest, answer->digest, sizeof(evidence.digest));
    return evidence;
}

static const char *drive_judge(const struct fq_drive *drive, bool is_begin)
{
    bool is_refund = drive->call.object == FQ_OBJECT_REFUND;
    struct fq_verdict_context asked = {
        .is_begin = is_begin,
        .object = drive->call.object,
        .number = is_refund ? drive->call.refund_number : drive->call.order_number,
        .order_number = drive->call.order_number,
        .amount = is_refund ? drive->call.refund_amount : drive->call.amount,
        .now_ms = drive->call.now_unix_ms,
        .n_sends = drive->n_sends,
        .payer = drive->has_payer ? &drive->payer : NULL,
    };
    return fq_drive_refuse(drive->channel, &drive->answer, asked);
}

/* A plan that leads nowhere would be committed, and asked about for nothing. */
static const char *drive_judge_plan(const struct fq_drive *drive)
{
    const struct fq_verdict *verdict = &drive->answer.verdict;
    const char *refusal = drive_judge(drive, true);
    bool hands_out = drive->kind == FQ_CALL_CREATE && verdict->action != FQ_ACTION_NONE;
    if (refusal == NULL && verdict->step != FQ_STEP_SEND && !hands_out)
        refusal = "it neither sends nor hands out anything";
    return refusal;
}

/* ---- plan ---- */

static void drive_planned(struct fq_adapt *adapt);
static void drive_commit(struct fq_drive *drive);
static void drive_send(struct fq_drive *drive);
static void drive_sent(struct fq_send *send);
static void drive_heard(struct fq_adapt *adapt);
static void drive_settle(struct fq_drive *drive);
static void drive_finish(struct fq_drive *drive);

static void drive_adapt(struct fq_drive *drive, const struct fq_message *message,
                        void (*done)(struct fq_adapt *adapt))
{
    drive->call.now_unix_ms = fq_flow_now(drive->flow);
    drive->call.round = drive->n_sends;
    drive->adapt = (struct fq_adapt){ .channel = drive->channel,
                                      .kind = drive->kind,
                                      .call = drive->call,
                                      .message = message,
                                      .arena = drive->arena,
                                      .done = done,
                                      .flow = drive };
    drive->flow->world->adapt(drive->flow->world->ctx, &drive->adapt);
}

static struct fq_str drive_number(const struct fq_drive *drive)
{
    return drive->refund_n > 0 ? drive->call.refund_number : drive->call.order_number;
}

static void drive_say_fault(const struct fq_drive *drive, const char *what, const char *trace,
                            int result)
{
    fq_say_fault_of(&(struct fq_fault){ .what = what,
                                        .trace = trace,
                                        .result = result,
                                        .payment = drive->payment_id,
                                        .merchant = drive->merchant_id,
                                        .channel = drive->channel->conf->name,
                                        .number = drive_number(drive),
                                        .trace_id = drive->trace_id });
}

void fq_drive_start(struct fq_drive *drive)
{
    fq_flow_busy(drive->flow, drive->seq, drive->refund_n);
    drive->breaker = fq_channel_enter(drive->flow, drive->channel);
    drive->catalog = fq_catalog_hold(drive->flow->conf.catalog);
    drive->asked_ms = fq_flow_now(drive->flow);
    if (drive->is_payer_lost) {
        drive->refusal = "the payer's data cannot be opened";
        drive_say_fault(drive, "planning a payment for its payer",
                        "the data cannot be opened: is the key they were sealed with configured?",
                        0);
        drive_finish(drive);
        return;
    }
    drive_adapt(drive, NULL, drive_planned);
}

static void drive_say_unclear(const struct fq_drive *drive, const char *why, struct fq_str detail)
{
    fq_say_unclear_of(&(struct fq_unclear){
        .channel = drive->channel,
        .call = drive->kind,
        .payment = drive->payment_id,
        .merchant = drive->merchant_id,
        .number = drive_number(drive),
        .trace_id = drive->trace_id,
        .why = why,
        .detail = detail,
    });
}

/* Nothing that can be believed came of it: the outcome is unknown, and asked about again. */
static void drive_unclear(struct fq_drive *drive, const char *why, struct fq_str detail)
{
    drive->refusal = why;
    drive->unclear = (struct fq_verdict){ .struct_size = sizeof(drive->unclear),
                                          .step = FQ_STEP_DONE,
                                          .outcome = FQ_OUTCOME_UNKNOWN,
                                          .object = drive->call.object,
                                          .platform_code = drive->answer.verdict.platform_code,
                                          .platform_text = drive->answer.verdict.platform_text };
    drive_say_unclear(drive, why, detail);
    drive_settle(drive);
}

static void drive_take_answer(struct fq_drive *drive, const struct fq_adapt *adapt)
{
    drive->answer = adapt->answer;
    if (drive->has_payer)
        fq_payer_scrub(&drive->payer, &drive->answer);
}

static void drive_planned(struct fq_adapt *adapt)
{
    struct fq_drive *drive = adapt->flow;
    drive_take_answer(drive, adapt);
    if (drive->answer.is_fault) {
        drive_unclear(drive,
                      drive->answer.is_busy ? "there is no time to plan it now"
                                            : "the adapter failed to plan",
                      drive->answer.reason);
        return;
    }
    const char *refusal = drive_judge_plan(drive);
    if (refusal != NULL) {
        drive_unclear(drive, refusal, fq_lit("in begin"));
        return;
    }
    if (drive->answer.verdict.step == FQ_STEP_SEND &&
        fq_channel_pause_ms(drive->flow, drive->channel) > 0) {
        drive->refusal = "the channel is paused";
        drive->is_stopped = true;
        drive_finish(drive);
    } else if (drive->commit != NULL) {
        drive_commit(drive);
    } else {
        drive_send(drive);
    }
}

/* What the adapter wants to remember of the call's object. */
static int drive_keep_memory(struct fq_drive *drive, struct fq_ledger *ledger)
{
    struct fq_pairs pairs = drive->answer.verdict.memory;
    struct fq_attempt *attempt = fq_ledger_attempt(ledger, drive->attempt_n);
    struct fq_refund *refund =
        drive->refund_n > 0 ? fq_ledger_refund(ledger, drive->refund_n) : NULL;
    struct fq_str memory;
    if (pairs.n_items == 0 || attempt == NULL)
        return 0;
    FQ_TRY(fq_facts_write(pairs, ledger->arena, FQ_MEMORY_SIZE_MAX, &memory));
    if (refund != NULL) {
        refund->memory = memory;
        refund->is_dirty = true;
    } else {
        attempt->memory = memory;
        attempt->is_dirty = true;
    }
    return 0;
}

/* ---- commit: the intent is durable before the first byte leaves ---- */

static int drive_decide_commit(struct fq_tx *tx)
{
    struct fq_drive *drive = tx->flow;
    if (tx->ledger == NULL)
        return FQ_FAULT(-ENOENT, "the payment of a drive is gone");
    int r = drive->commit(drive, tx->ledger);
    drive->is_stopped = r == FQ_DRIVE_E_STOP;
    if (r != FQ_DECIDE_WRITE)
        return drive->is_stopped ? FQ_DECIDE_KEEP : r;
    FQ_TRY(drive_keep_memory(drive, tx->ledger));
    return FQ_DECIDE_WRITE;
}

static void drive_committed(struct fq_tx *tx)
{
    struct fq_drive *drive = tx->flow;
    if (tx->result < 0) {
        drive_say_fault(drive, "noting a call before it is sent", tx->trace, tx->result);
        drive->is_stopped = true;
        drive_finish(drive);
        return;
    }
    drive->ledger = tx->ledger;
    if (drive->is_stopped) {
        drive_finish(drive);
        return;
    }
    fq_wait_wake(drive->flow, drive->seq);
    drive_send(drive);
}

static void drive_commit(struct fq_drive *drive)
{
    drive->tx = (struct fq_tx){ .arena = drive->ledgers,
                                .lookup = FQ_LOOKUP_SEQ,
                                .seq = drive->seq,
                                .refund_n = drive->refund_n,
                                .decide = drive_decide_commit,
                                .done = drive_committed,
                                .flow = drive };
    fq_flow_transact(drive->flow, &drive->tx);
}

/* ---- send ---- */

static void drive_send(struct fq_drive *drive)
{
    if (drive->answer.verdict.step != FQ_STEP_SEND) {
        drive_finish(drive); /* the buyer's browser or app carries the message */
        return;
    }
    drive->n_sends++;
    if (drive->answer.verdict.memory.n_items > 0)
        drive->call.memory = drive->answer.verdict.memory;
    drive->send = (struct fq_send){ .channel = drive->channel,
                                    .kind = drive->kind,
                                    .arena = drive->arena,
                                    .request = drive->answer.verdict.message,
                                    .done = drive_sent,
                                    .flow = drive };
    fq_flow_send(drive->flow, &drive->send);
}

static void drive_sent(struct fq_send *send)
{
    struct fq_drive *drive = send->flow;
    drive->never_left = send->answer.transport == FQ_TRANSPORT_NOT_SENT && drive->n_sends == 1;
    if (send->answer.transport != FQ_TRANSPORT_OK) {
        drive_unclear(drive,
                      send->answer.transport == FQ_TRANSPORT_NOT_SENT
                          ? "the platform could not be reached"
                          : "the platform's answer was lost",
                      send->reason);
        return;
    }
    drive_adapt(drive, &send->answer, drive_heard);
}

/* ---- resume ---- */

/* An answer that was read, but says nothing: unsigned, not theirs, "system error". */
static void drive_say_unknown(const struct fq_drive *drive)
{
    const struct fq_verdict *verdict = &drive->answer.verdict;
    if (verdict->outcome != FQ_OUTCOME_UNKNOWN)
        return;
    drive_say_unclear(drive, "the platform's answer proves nothing",
                      fq_arena_printf(drive->arena, "%.*s%s%.*s",
                                      fq_str_arg(verdict->platform_code),
                                      verdict->platform_code.len > 0 ? " " : "",
                                      fq_str_arg(verdict->platform_text)));
}

/* The same answer is read again, once, with the key that it needs. */
static void drive_has_key(void *asker, bool is_kept)
{
    struct fq_drive *drive = asker;
    if (is_kept && !drive->has_fetched) {
        drive->has_fetched = true;
        drive_adapt(drive, &drive->send.answer, drive_heard);
        return;
    }
    drive_unclear(drive, "the platform signed with a key that is not to be had",
                  drive->answer.verdict.key_name);
}

static void drive_heard(struct fq_adapt *adapt)
{
    struct fq_drive *drive = adapt->flow;
    drive_take_answer(drive, adapt);
    if (drive->answer.is_fault) {
        drive_unclear(drive, "the adapter could not read the answer", drive->answer.reason);
        return;
    }
    const char *refusal = drive_judge(drive, false);
    if (refusal != NULL) {
        drive_unclear(drive, refusal, drive->answer.verdict.platform_code);
        return;
    }
    switch (drive->answer.verdict.step) {
    case FQ_STEP_SEND:
        drive_send(drive);
        return;
    case FQ_STEP_ASK:
        drive->is_asked_back = true;
        drive_settle(drive);
        return;
    case FQ_STEP_NEED_KEY:
        fq_key_fetch(drive->flow, drive->channel, drive->answer.verdict.key_name, true,
                     drive_has_key, drive);
        return;
    default:
        drive_say_unknown(drive);
        drive_settle(drive);
    }
}

/* ---- settle ---- */

static void drive_keep_action(struct fq_drive *drive, struct fq_attempt *attempt)
{
    const struct fq_verdict *verdict = &drive->answer.verdict;
    if (drive->refusal != NULL || verdict->action_text.len == 0)
        return;
    attempt->action_text = verdict->action_text;
    attempt->action_expires_ms = verdict->action_expires_unix_ms;
    attempt->is_dirty = true;
}

/* It was sent again meanwhile: what this answer wants remembered is about the sending before. */
static bool drive_is_overtaken(const struct fq_drive *drive, struct fq_ledger *ledger)
{
    const struct fq_refund *refund =
        drive->refund_n > 0 ? fq_ledger_refund(ledger, drive->refund_n) : NULL;
    return refund != NULL && drive->commit != NULL && refund->submitted_ms != drive->asked_ms;
}

static int drive_decide_settle(struct fq_tx *tx)
{
    struct fq_drive *drive = tx->flow;
    struct fq_ledger *ledger = tx->ledger;
    if (drive->settle != NULL)
        return drive->settle(drive, tx);
    struct fq_attempt *attempt =
        ledger != NULL ? fq_ledger_attempt(ledger, drive->attempt_n) : NULL;
    if (attempt == NULL)
        return FQ_FAULT(-ENOENT, "the attempt of a drive is gone");
    bool is_unclear = drive->refusal != NULL || drive->is_asked_back;
    struct fq_judgement judgement = {
        .verdict = is_unclear ? &drive->unclear : &drive->answer.verdict,
        .evidence = fq_evidence_of(&drive->answer, "answer"),
        .asked_ms = drive->asked_ms,
        .now_ms = drive->settle_ms,
        .schedule = &drive->flow->conf.schedule,
    };
    if (drive->refusal == NULL && !drive_is_overtaken(drive, ledger))
        FQ_TRY(drive_keep_memory(drive, ledger));
    drive_keep_action(drive, attempt);
    if (drive->refund_n == 0) {
        drive->move = fq_settle_attempt(ledger, attempt, &judgement);
        if (drive->move == FQ_MOVE_WIN)
            fq_settle_won(drive->catalog, tx, attempt, drive->policy_number, drive->settle_ms);
        return FQ_DECIDE_WRITE;
    }
    struct fq_refund *refund = fq_ledger_refund(ledger, drive->refund_n);
    if (refund == NULL)
        return FQ_FAULT(-ENOENT, "the refund of a drive is gone");
    if (drive->is_first && drive->never_left && !drive_is_overtaken(drive, ledger))
        fq_move_withdraw_refund(ledger, refund, drive->settle_ms);
    drive->move = fq_settle_refund(ledger, refund, &judgement);
    return FQ_DECIDE_WRITE;
}

static void drive_settled(struct fq_tx *tx)
{
    struct fq_drive *drive = tx->flow;
    if (tx->result < 0) {
        drive_say_fault(drive, "settling the platform's word", tx->trace, tx->result);
        drive->ledger = NULL; /* the due time still stands in the store: asked again */
        drive_finish(drive);
        return;
    }
    drive->ledger = tx->ledger;
    fq_after_settle(drive->flow, tx->ledger, drive->refund_n, drive->move);
    drive_finish(drive);
}

static void drive_settle(struct fq_drive *drive)
{
    if (drive->attempt_n == 0) {
        drive_finish(drive); /* a new attempt that was never committed */
        return;
    }
    if (drive->is_asked_back)
        drive->unclear =
            (struct fq_verdict){ .struct_size = sizeof(drive->unclear),
                                 .step = FQ_STEP_DONE,
                                 .outcome = FQ_OUTCOME_UNKNOWN,
                                 .platform_code = drive->answer.verdict.platform_code,
                                 .platform_text = drive->answer.verdict.platform_text };
    drive->settle_ms = fq_flow_now(drive->flow);
    drive->policy_number = fq_flow_order_number(drive->flow, drive->ledgers);
    drive->tx = (struct fq_tx){ .arena = drive->ledgers,
                                .lookup = FQ_LOOKUP_SEQ,
                                .seq = drive->seq,
                                .refund_n = drive->refund_n,
                                .want_siblings = drive->refund_n == 0,
                                .decide = drive_decide_settle,
                                .done = drive_settled,
                                .flow = drive };
    fq_flow_transact(drive->flow, &drive->tx);
}

/* ---- reply ---- */

static void drive_finish(struct fq_drive *drive)
{
    fq_flow_idle(drive->flow, drive->seq, drive->refund_n);
    fq_channel_leave(drive->breaker);
    if (drive->done != NULL)
        drive->done(drive);
    fq_catalog_release(drive->catalog);
    fq_arena_free(drive->ledgers);
    fq_arena_free(drive->arena);
}
