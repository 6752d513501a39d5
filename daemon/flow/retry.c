/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl retry: the platform is asked now, whatever its schedule. */
#include "daemon/flow/control.h"

struct retry {
    struct fq_control *control;
    struct fq_read read; /* in an arena of its own each time: a ledger is large */
    uint32_t attempt_n;  /* those up to here were asked about */
    uint32_t n_asked;
    bool refund_is_asked;
};

static void retry_read(struct fq_read *read);

static void retry_look(struct retry *retry)
{
    const struct fq_control *control = retry->control;
    fq_arena_free(retry->read.arena);
    retry->read = (struct fq_read){ .arena = fq_arena_new(FQ_ARENA_SIZE_MAX),
                                    .kind = FQ_READ_PAYMENT,
                                    .seq = control->seq,
                                    .refund_n = control->refund_n,
                                    .done = retry_read,
                                    .flow = retry };
    control->flow->world->read(control->flow->world->ctx, &retry->read);
}

/* Before the visit ends, whose memory all of this is. */
static void retry_end(struct retry *retry)
{
    fq_arena_free(FQ_TAKE(retry->read.arena));
}

static void retry_refuse(struct retry *retry, uint32_t status, const char *reason,
                         struct fq_str text, struct fq_str next)
{
    fq_control_say(retry->control, "retry", reason);
    retry_end(retry);
    fq_control_refuse(retry->control, status, reason, text, next);
}

static void retry_answer(struct retry *retry)
{
    struct fq_control *control = retry->control;
    struct fq_buf *buf = &control->answer;
    fq_control_say(control, "retry", retry->n_asked > 0 ? "asked" : "nothing to ask");
    fq_buf_add_char(buf, '{');
    fq_json_write_int(buf, "asked", retry->n_asked);
    fq_json_write_name(buf, "payment");
    fq_control_write_payment(control, retry->read.ledger);
    fq_buf_add_char(buf, '}');
    retry_end(retry);
    fq_control_done(control);
}

static void retry_asked(void *asker)
{
    struct retry *retry = asker;
    retry->n_asked++;
    retry_look(retry);
}

/* ---- what there is to ask ---- */

/* Also one that only the operator's word has ended: the platform may prove it now. */
static bool retry_wants_attempt(const struct fq_attempt *attempt)
{
    return attempt->state == FQ_ATTEMPT_SENT || attempt->state == FQ_ATTEMPT_PLANNED ||
           attempt->unknown_ms > 0 || attempt->by_operator;
}

static bool retry_attempt(struct retry *retry, struct fq_ledger *ledger)
{
    while (retry->control->refund_n == 0 && retry->attempt_n < ledger->payment.n_attempts) {
        const struct fq_attempt *attempt = &ledger->attempts[retry->attempt_n++];
        if (!retry_wants_attempt(attempt))
            continue;
        fq_ask_attempt(retry->control->flow, ledger, attempt->n, retry_asked, retry);
        return true;
    }
    return false;
}

static bool retry_wants_refund(const struct fq_refund *refund)
{
    return refund->state == FQ_REFUND_RESERVED || refund->state == FQ_REFUND_SUBMITTED ||
           refund->due_ms > 0; /* failed, and in doubt */
}

/* The one that was named, or of a payment the newest that is not proven. */
static bool retry_refund(struct retry *retry, struct fq_ledger *ledger)
{
    struct fq_flow *flow = retry->control->flow;
    for (uint32_t i = 0; i < ledger->n_refunds_loaded && !retry->refund_is_asked; i++) {
        const struct fq_refund *refund = &ledger->refunds[i];
        if (!retry_wants_refund(refund))
            continue;
        retry->refund_is_asked = true;
        if (refund->state == FQ_REFUND_RESERVED)
            fq_refund_submit(flow, ledger, refund, retry_asked, retry);
        else
            fq_ask_refund(flow, ledger, refund, retry_asked, retry);
        return true;
    }
    return false;
}

static void retry_next(struct retry *retry, struct fq_ledger *ledger)
{
    const struct fq_flow *flow = retry->control->flow;
    const struct fq_channel *channel = fq_flow_channel(flow, ledger->payment.channel);
    if (channel == NULL) {
        retry_refuse(retry, 409, "CHANNEL_ABSENT",
                     fq_lit("its channel is not configured any more: nobody can be asked"),
                     fq_lit("configure the channel again, and reload"));
        return;
    }
    if (fq_channel_pause_ms(flow, channel) > 0) {
        retry_refuse(retry, 503, "CHANNEL_PAUSED",
                     fq_lit("the channel is paused: its platform does not answer"),
                     fq_lit("fenqictl status"));
        return;
    }
    if (!retry_attempt(retry, ledger) && !retry_refund(retry, ledger))
        retry_answer(retry);
}

static void retry_read(struct fq_read *read)
{
    struct retry *retry = read->flow;
    if (read->result < 0) {
        retry_end(retry);
        fq_control_fault(retry->control, "reading a payment to be asked about", read->trace);
    } else if (!fq_control_is_named(retry->control, read->ledger)) {
        retry_end(retry);
        fq_control_absent(retry->control);
    } else if (retry->n_asked > 0 && retry->control->flow->is_draining) {
        retry_answer(retry);
    } else {
        retry_next(retry, read->ledger);
    }
}

void fq_control_retry(struct fq_control *control)
{
    struct retry *retry = fq_arena_alloc(control->visit->arena, sizeof(*retry));
    if (!fq_control_take_id(control, fq_json_get_text(control->asked, "id")))
        return;
    fq_assert(retry != NULL); /* a control visit is small */
    retry->control = control;
    retry_look(retry);
}
