/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an attempt: the order is planned and committed before the buyer or the platform sees it.
 */
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/core/fact.h"
#include "daemon/flow/parts.h"

#define ROUNDS_MAX 3

static void open_look(struct fq_open *open);
static void open_read(struct fq_read *read);

static void open_end(struct fq_open *open, uint32_t result)
{
    open->result = result;
    open->done(open);
}

static void open_start_read(struct fq_open *open, void (*done)(struct fq_read *read))
{
    open->read = (struct fq_read){
        .arena = open->arena, .kind = FQ_READ_PAYMENT, .seq = open->seq, .done = done, .flow = open
    };
    open->flow->world->read(open->flow->world->ctx, &open->read);
}

void fq_open_run(struct fq_open *open)
{
    if (open->n_rounds++ == 0 && open->ledger != NULL)
        open_look(open); /* the asker has just read it */
    else
        open_start_read(open, open_read);
}

/* ---- one opening at a time, where the answer is the order's own text ---- */

struct fq_opening {
    int64_t seq;
    struct fq_open *joined; /* the last one first */
    UT_hash_handle hh;
};

/* A duplicate of a request that is still in flight waits for it. */
static bool open_join(struct fq_open *open)
{
    struct fq_opening *opening = NULL;
    HASH_FIND(hh, open->flow->openings, &open->seq, sizeof(open->seq), opening);
    if (opening == NULL)
        return false;
    open->next = opening->joined;
    opening->joined = open;
    return true;
}

static void open_begin(struct fq_open *open)
{
    struct fq_opening *opening = fq_zalloc(sizeof(*opening));
    opening->seq = open->seq;
    HASH_ADD(hh, open->flow->openings, seq, sizeof(opening->seq), opening);
}

/* The opening is over: those who waited for it. */
static struct fq_open *open_over(struct fq_flow *flow, int64_t seq)
{
    struct fq_opening *opening = NULL;
    HASH_FIND(hh, flow->openings, &seq, sizeof(seq), opening);
    if (opening == NULL)
        return NULL;
    struct fq_open *joined = opening->joined;
    HASH_DEL(flow->openings, opening);
    fq_free(opening);
    return joined;
}

/* What came of it is theirs, too: nobody sends the same again because it is unclear. */
static void open_tell_joined(struct fq_open *joined, bool is_unclear)
{
    while (joined != NULL) {
        struct fq_open *open = joined;
        joined = open->next;
        if (is_unclear)
            open_end(open, FQ_OPEN_UNCLEAR);
        else
            fq_open_run(open);
    }
}

/* ---- what the adapter planned, kept for the asker and for the store ---- */

static void open_take_action(struct fq_open *open, const struct fq_verdict *verdict)
{
    struct fq_pair *fields =
        fq_arena_array(open->arena, verdict->message.fields.n_items, sizeof(*fields));
    if (open->ledger->payment.identity_asked)
        fq_arena_wipe_on_free(open->arena); /* the form names the payer */
    open->action = verdict->action;
    open->action_expires_ms = verdict->action_expires_unix_ms;
    open->action_text = fq_arena_copy(open->arena, verdict->action_text);
    open->message = (struct fq_message){ .struct_size = sizeof(open->message),
                                         .url = fq_arena_copy(open->arena, verdict->message.url) };
    for (size_t i = 0; fields != NULL && i < verdict->message.fields.n_items; i++) {
        fields[i].name = fq_arena_copy(open->arena, verdict->message.fields.items[i].name);
        fields[i].value = fq_arena_copy(open->arena, verdict->message.fields.items[i].value);
        open->message.fields.n_items = i + 1;
    }
    open->message.fields.items = fields;
}

static int open_commit(struct fq_drive *drive, struct fq_ledger *ledger)
{
    const struct fq_verdict *verdict = &drive->answer.verdict;
    struct fq_attempt plan = {
        .order_number = drive->call.order_number,
        .deadline_ms = drive->call.deadline_unix_ms,
        .settle_after_ms = drive->call.deadline_unix_ms + drive->channel->about.settle_margin_ms,
        .action_text = verdict->action_text,
        .action_expires_ms = verdict->action_expires_unix_ms,
    };
    const struct fq_open *open = drive->asker;
    int r = fq_move_open_attempt(ledger, &plan, open->is_beside, drive->asked_ms,
                                 &drive->flow->conf.schedule);
    if (r == FQ_MOVE_E_NOT_NOW)
        return FQ_DRIVE_E_STOP;
    FQ_TRY(r);
    drive->attempt_n = ledger->payment.n_attempts;
    return FQ_DECIDE_WRITE;
}

/* The drive's memory ends with it: the asker gets the committed ledger in its own. */
static void open_reread_done(struct fq_read *read)
{
    struct fq_open *open = read->flow;
    if (read->result == 0 && read->ledger != NULL)
        open->ledger = read->ledger;
    open_end(open, FQ_OPEN_OK);
}

static void open_reread(struct fq_open *open)
{
    if (!open->wants_ledger) {
        open_end(open, FQ_OPEN_OK);
        return;
    }
    open_start_read(open, open_reread_done);
}

static void open_settle(struct fq_open *open, struct fq_drive *drive)
{
    if (drive->is_stopped && drive->ledger != NULL && open->n_rounds < ROUNDS_MAX) {
        fq_open_run(open); /* another click was faster: look again */
        return;
    }
    bool is_lost = drive->commit != NULL && drive->ledger == NULL; /* the store failed */
    if (drive->is_stopped || is_lost || drive->refusal != NULL ||
        drive->answer.verdict.action == FQ_ACTION_NONE) {
        open_end(open, FQ_OPEN_UNCLEAR);
        return;
    }
    if (drive->commit != NULL)
        fq_say_payment(LOG_INFO, FQ_MSG_ATTEMPT_OPENED, "the buyer is sent to the platform",
                       drive->ledger);
    open_take_action(open, &drive->answer.verdict);
    open_reread(open);
}

static void open_driven(struct fq_drive *drive)
{
    struct fq_open *joined = open_over(drive->flow, drive->seq);
    bool is_unclear = drive->refusal != NULL;
    open_settle(drive->asker, drive);
    open_tell_joined(joined, is_unclear);
}

/* One try may be shorter than the payment: what it leaves unpaid can then be tried again. */
static int64_t open_deadline_ms(const struct fq_open *open, const struct fq_channel *channel)
{
    int64_t expires_ms = open->ledger->payment.expires_ms;
    int64_t life_ms = channel->conf->attempt_life_ms;
    int64_t now_ms = fq_flow_now(open->flow);
    return life_ms > 0 && now_ms + life_ms < expires_ms ? now_ms + life_ms : expires_ms;
}

static bool open_is_at_create(const struct fq_open *open, const struct fq_channel *channel)
{
    return (channel->about.opens_at_create & 1u << open->ledger->payment.terminal) != 0;
}

static void open_drive(struct fq_open *open, const struct fq_channel *channel,
                       const struct fq_attempt *live)
{
    struct fq_drive *drive = fq_drive_new(open->flow, channel, FQ_CALL_CREATE, open->ledger,
                                          live != NULL ? live->n : 0, 0);
    if (open_is_at_create(open, channel))
        open_begin(open);
    if (live == NULL) {
        drive->call.order_number = fq_flow_order_number(open->flow, drive->arena);
        drive->call.created_unix_ms = fq_flow_now(open->flow);
        drive->call.deadline_unix_ms = open_deadline_ms(open, channel);
        drive->commit = open_commit;
    }
    drive->done = open_driven;
    drive->asker = open;
    fq_drive_start(drive);
}

static void open_read(struct fq_read *read)
{
    struct fq_open *open = read->flow;
    open->ledger = read->ledger;
    if (read->result < 0 || read->ledger == NULL) {
        fq_say_fault("reading a payment to open", read->trace);
        open_end(open, FQ_OPEN_UNCLEAR);
        return;
    }
    open_look(open);
}

/* The buyer comes again while an earlier try is open at the platform, and each try is an order of
 * its own there. Whether the earlier one is over, only the platform knows. */
static void open_wait(struct fq_open *open)
{
    struct fq_flow *flow = open->flow;
    if (fq_flow_may_ask(flow, open->seq))
        fq_ask_now(flow, open->ledger, NULL, NULL);
    open_end(open, FQ_OPEN_WAIT);
}

/* The operator holds the channel, but a try that is under way may be opened again. Or what the
 * payer would be encrypted to may be too old. */
static bool open_is_put_off(const struct fq_open *open, const struct fq_channel *channel,
                            bool is_new)
{
    const struct fq_payment *payment = &open->ledger->payment;
    if (payment->identity_asked && !fq_chores_know_keys(open->flow, channel))
        return true;
    return is_new && fq_channel_is_held(open->flow, payment->channel, NULL);
}

static void open_look(struct fq_open *open)
{
    const struct fq_payment *payment = &open->ledger->payment;
    const struct fq_channel *channel = fq_flow_channel(open->flow, payment->channel);
    const struct fq_merchant *merchant = fq_flow_merchant(open->flow, payment->merchant_id);
    const struct fq_attempt *live = fq_ledger_live_attempt(open->ledger);
    int64_t left = payment->expires_ms - fq_flow_now(open->flow);
    bool is_new = live == NULL || channel == NULL || channel->about.reopen_is_same_order == 0;
    bool is_used_up = is_new && payment->n_attempts >= FQ_ATTEMPTS_MAX;
    open->is_beside = live != NULL && merchant != NULL && merchant->reopen;
    if (payment->state != FQ_PAYMENT_OPEN || payment->close_requested_ms > 0 || channel == NULL ||
        left < channel->about.deadline_min_ms || is_used_up) {
        open_end(open, FQ_OPEN_NOT_NOW);
    } else if (live != NULL && live->action_text.len > 0 &&
               fq_flow_now(open->flow) < live->action_expires_ms) {
        open_end(open, FQ_OPEN_OK); /* QR or app: the attempt's own text, from the ledger */
    } else if (open_is_at_create(open, channel) && open_join(open)) {
        return;
    } else if (live != NULL && is_new && !open->is_beside) {
        open_wait(open);
    } else if (open_is_put_off(open, channel, is_new)) {
        open_end(open, FQ_OPEN_UNCLEAR);
    } else {
        open_drive(open, channel, is_new ? NULL : live);
    }
}

/* ---- the buyer's link ---- */

struct open_visit {
    struct fq_flow *flow;
    struct fq_visit *visit;
    struct fq_str mac_text;
    struct fq_read read;
    struct fq_open open;
};

void fq_page_facts_of(struct fq_flow *flow, const struct fq_ledger *ledger,
                      struct fq_page_facts *ret)
{
    *ret = (struct fq_page_facts){ 0 };
    if (ledger == NULL)
        return;
    const struct fq_channel *channel = fq_flow_channel(flow, ledger->payment.channel);
    ret->payment = &ledger->payment;
    ret->merchant = fq_flow_merchant(flow, ledger->payment.merchant_id);
    ret->shop_url = ledger->payment.return_url;
    if (channel == NULL)
        return;
    ret->title_zh = fq_str_of(channel->about.title_zh);
    ret->title_en = fq_str_of(channel->about.title_en);
    ret->fee_word_zh = fq_str_of(channel->about.fee_word_zh);
    ret->fee_word_en = fq_str_of(channel->about.fee_word_en);
}

static void open_visit_page(struct open_visit *self, uint32_t status, enum fq_page page,
                            const struct fq_ledger *ledger, const struct fq_message *form)
{
    struct fq_page_facts facts;
    fq_page_facts_of(self->flow, ledger, &facts);
    facts.form = form;
    fq_page_fill(self->visit, status, page, &facts);
    fq_visit_finish(self->flow, self->visit);
}

/* A link that does not open (any more): say why. While a try may still be paid nobody knows that
 * nothing was, and who was told so would buy again. */
static void open_visit_closed(struct open_visit *self, struct fq_ledger *ledger)
{
    const struct fq_payment *payment = &ledger->payment;
    bool is_open = payment->state == FQ_PAYMENT_OPEN;
    if (is_open && fq_ledger_live_attempt(ledger) != NULL)
        open_visit_page(self, 410, FQ_PAGE_WAITING, ledger, NULL);
    else if (payment->state == FQ_PAYMENT_PAID)
        open_visit_page(self, 200, FQ_PAGE_PAID, ledger, NULL);
    else if (payment->close_reason == FQ_CLOSE_REQUESTED || payment->close_requested_ms > 0 ||
             payment->close_reason == FQ_CLOSE_DECLINED)
        open_visit_page(self, 410, FQ_PAGE_CLOSED, ledger, NULL);
    else
        open_visit_page(self, 410, FQ_PAGE_EXPIRED, ledger, NULL);
}

static void open_visit_opened(struct fq_open *open)
{
    struct open_visit *self = open->asker;
    struct fq_visit *visit = self->visit;
    switch ((enum fq_open_result)open->result) {
    case FQ_OPEN_NOT_NOW:
        open_visit_closed(self, open->ledger);
        return;
    case FQ_OPEN_WAIT:
        open_visit_page(self, 200, FQ_PAGE_WAITING, open->ledger, NULL);
        return;
    case FQ_OPEN_UNCLEAR:
        open_visit_page(self, 503, FQ_PAGE_TROUBLE, open->ledger, NULL);
        return;
    case FQ_OPEN_OK:
        break;
    }
    if (open->action == FQ_ACTION_FORM_POST) {
        open_visit_page(self, 200, FQ_PAGE_FORM, open->ledger, &open->message);
        return;
    }
    if (open->action != FQ_ACTION_REDIRECT || open->message.url.len == 0) {
        open_visit_page(self, 503, FQ_PAGE_TROUBLE, open->ledger, NULL);
        return;
    }
    visit->status = 303;
    visit->location = open->message.url;
    fq_visit_finish(self->flow, visit);
}

static void open_visit_read(struct fq_read *read)
{
    struct open_visit *self = read->flow;
    struct fq_ledger *ledger = read->ledger;
    if (read->result < 0) {
        fq_say_fault("reading a link's payment", read->trace);
        open_visit_page(self, 503, FQ_PAGE_TROUBLE, NULL, NULL);
        return;
    }
    if (ledger == NULL) {
        open_visit_page(self, 404, FQ_PAGE_UNKNOWN, NULL, NULL);
        return;
    }
    if (!fq_link_is_valid(self->flow, "open", &ledger->payment, self->mac_text,
                          self->visit->arena)) {
        if (fq_link_was_valid(self->flow, &ledger->payment, self->mac_text, self->visit->arena))
            open_visit_closed(self, ledger);
        else
            open_visit_page(self, 404, FQ_PAGE_UNKNOWN, NULL, NULL);
        return;
    }
    const struct fq_channel *channel = fq_flow_channel(self->flow, ledger->payment.channel);
    int64_t left = ledger->payment.expires_ms - fq_flow_now(self->flow);
    if (ledger->payment.state != FQ_PAYMENT_OPEN || channel == NULL ||
        left < channel->about.deadline_min_ms) {
        open_visit_closed(self, ledger);
    } else if (fq_str_equal(self->visit->method, fq_lit("POST"))) {
        self->open = (struct fq_open){ .flow = self->flow,
                                       .arena = self->visit->arena,
                                       .seq = ledger->payment.seq,
                                       .ledger = ledger,
                                       .done = open_visit_opened,
                                       .asker = self };
        fq_open_run(&self->open);
    } else {
        open_visit_page(self, 200, FQ_PAGE_GO, ledger, NULL);
    }
}

void fq_open_visit(struct fq_flow *flow, struct fq_visit *visit, struct fq_str token)
{
    struct open_visit *self = fq_arena_alloc(visit->arena, sizeof(*self));
    fq_assert(self != NULL);
    self->flow = flow;
    self->visit = visit;
    int64_t seq = 0;
    if (fq_token_parse(token, &seq, &self->mac_text) != 0) {
        open_visit_page(self, 404, FQ_PAGE_UNKNOWN, NULL, NULL);
        return;
    }
    self->read = (struct fq_read){ .arena = visit->arena,
                                   .kind = FQ_READ_PAYMENT,
                                   .seq = seq,
                                   .done = open_visit_read,
                                   .flow = self };
    flow->world->read(flow->world->ctx, &self->read);
}
