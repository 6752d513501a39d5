/* SPDX-License-Identifier: Apache-2.0 */
/* GetPayment, GetRefund, ListEvents: what is committed, after asking the platform if wished. */
#include "daemon/flow/parts.h"

#define WAIT_MS_MAX    25000
#define EVENTS_MAX     200
#define EVENTS_DEFAULT 100

struct get {
    struct fq_flow *flow;
    struct fq_operation *operation;
    unsigned char secret[FQ_SECRET_SIZE];
    bool has_secret;
    bool refresh;     /* not asked yet */
    int64_t until_ms; /* answer at the latest then; 0 = at once */
    uint32_t refund_n;
    uint64_t n_moved; /* flow->n_moved when the read was asked for */
    struct fq_read read;
};

static void get_read(struct get *get)
{
    get->n_moved = get->flow->n_moved;
    get->flow->world->read(get->flow->world->ctx, &get->read);
}

/* A payment named by an order or a key was read as the merchant's own: it has no secret to show. */
static bool get_may_see(const struct get *get, const struct fq_ledger *ledger)
{
    if (get->has_secret)
        return fq_may_see(get->operation, ledger, get->secret);
    return ledger != NULL && fq_may_see(get->operation, ledger, ledger->payment.secret);
}

static struct get *get_new(struct fq_flow *flow, struct fq_operation *operation)
{
    struct get *get = fq_arena_alloc(operation->arena, sizeof(*get));
    if (get == NULL) {
        fq_finish_with(flow, operation, fq_status_internal());
        return NULL;
    }
    get->flow = flow;
    get->operation = operation;
    get->read.arena = operation->arena;
    get->read.flow = get;
    get->read.merchant_id = operation->merchant->id;
    return get;
}

static void get_asked(void *asker)
{
    get_read(asker);
}

static bool get_failed(struct get *get)
{
    if (get->read.result >= 0)
        return false;
    fq_say_fault_for("reading for an answer", get->read.trace, get->read.result, get->operation);
    fq_finish_with(get->flow, get->operation, fq_status_internal());
    return true;
}

/* ---- GetPayment ---- */

static bool get_payment_must_wait(const struct get *get, const struct fq_ledger *ledger,
                                  int64_t now)
{
    const struct fq_get_payment *request = &get->operation->get_payment;
    if (get->until_ms <= now || get->flow->is_draining)
        return false;
    if (request->known_version > 0)
        return ledger->payment.version == request->known_version;
    return ledger->payment.state == FQ_PAYMENT_OPEN;
}

static const char *get_payment_key(const struct get *get)
{
    return get->read.kind == FQ_READ_PAYMENT    ? "get_payment.payment_id"
           : get->read.kind == FQ_READ_BY_ORDER ? "get_payment.merchant_order_id"
                                                : "get_payment.idempotency_key";
}

static void get_payment_read(struct fq_read *read)
{
    struct get *get = read->flow;
    int64_t now = fq_flow_now(get->flow);
    bool is_refund = read->known.kind == FQ_IDEMPOTENT_REFUND; /* a key of CreateRefund's */
    if (get_failed(get))
        return;
    if (get->until_ms > now + WAIT_MS_MAX) /* the clock was set back meanwhile */
        get->until_ms = now + WAIT_MS_MAX;
    if (is_refund || !get_may_see(get, read->ledger)) {
        fq_finish_with(get->flow, get->operation, fq_not_found(get_payment_key(get)));
        return;
    }
    if (get->refresh) {
        get->refresh = false;
        fq_ask_now(get->flow, read->ledger, get_asked, get);
        return;
    }
    if (get_payment_must_wait(get, read->ledger, now)) {
        int64_t seq = read->ledger->payment.seq;
        if (fq_wait_has_moved(get->flow, seq, get->n_moved))
            get_read(get);
        else
            fq_wait_add(get->flow, seq, get->until_ms - now, get_asked, get);
        return;
    }
    fq_answer_payment(get->flow, get->operation, read->ledger);
}

void fq_get_payment_run(struct fq_flow *flow, struct fq_operation *operation)
{
    const struct fq_get_payment *request = &operation->get_payment;
    struct get *get = get_new(flow, operation);
    if (get == NULL)
        return;
    if (request->wait_ms < 0 || request->wait_ms > WAIT_MS_MAX) {
        fq_finish_with(flow, operation,
                       fq_status_invalid("get_payment.wait_ms", "WAIT_OUT_OF_RANGE",
                                         fq_lit("must be 0 to 25000")));
        return;
    }
    get->refresh = request->refresh;
    get->until_ms = request->wait_ms > 0 ? fq_flow_now(flow) + request->wait_ms : 0;
    get->read.done = get_payment_read;
    get->read.merchant_order_id = request->merchant_order_id;
    get->read.idempotency_key = request->idempotency_key;
    if (request->payment_id.len > 0) {
        get->read.kind = FQ_READ_PAYMENT;
        get->has_secret = true;
        if (fq_id_parse_payment(request->payment_id, &get->read.seq, get->secret) != 0) {
            fq_finish_with(flow, operation, fq_not_found("get_payment.payment_id"));
            return;
        }
    } else if (request->merchant_order_id.len > 0) {
        get->read.kind = FQ_READ_BY_ORDER;
    } else if (request->idempotency_key.len > 0) {
        get->read.kind = FQ_READ_IDEMPOTENT;
    } else {
        fq_finish_with(flow, operation,
                       fq_status_invalid("get_payment.payment_id", "KEY_MISSING",
                                         fq_lit("name a payment, an order or an idempotency key")));
        return;
    }
    get_read(get);
}

/* ---- GetRefund ---- */

static void get_refund_read(struct fq_read *read)
{
    struct get *get = read->flow;
    if (get_failed(get))
        return;
    struct fq_refund *refund =
        get_may_see(get, read->ledger) ? fq_ledger_refund(read->ledger, get->refund_n) : NULL;
    if (refund == NULL) {
        fq_finish_with(get->flow, get->operation, fq_not_found("get_refund.refund_id"));
        return;
    }
    if (get->refresh && refund->state == FQ_REFUND_SUBMITTED) {
        get->refresh = false;
        fq_ask_refund(get->flow, read->ledger, refund, get_asked, get);
        return;
    }
    fq_answer_refund(get->flow, get->operation, read->ledger, refund);
}

void fq_get_refund_run(struct fq_flow *flow, struct fq_operation *operation)
{
    const struct fq_get_refund *request = &operation->get_refund;
    struct get *get = get_new(flow, operation);
    if (get == NULL)
        return;
    get->refresh = request->refresh;
    get->has_secret = true;
    get->read.kind = FQ_READ_PAYMENT;
    get->read.done = get_refund_read;
    if (fq_id_parse_refund(request->refund_id, &get->read.seq, get->secret, &get->refund_n) != 0) {
        fq_finish_with(flow, operation, fq_not_found("get_refund.refund_id"));
        return;
    }
    get->read.refund_n = get->refund_n;
    get_read(get);
}

/* ---- ListEvents ---- */

static void get_events_read(struct fq_read *read)
{
    struct get *get = read->flow;
    if (get_failed(get))
        return;
    get->operation->events = read->events;
    get->operation->n_events = read->n_rows;
    fq_finish(get->flow, get->operation);
}

void fq_list_events_run(struct fq_flow *flow, struct fq_operation *operation)
{
    const struct fq_list_events *request = &operation->list_events;
    if (request->cursor < 0 || request->n_max > EVENTS_MAX) {
        bool is_cursor = request->cursor < 0;
        fq_finish_with(flow, operation,
                       fq_status_invalid(is_cursor ? "list_events.cursor" : "list_events.limit",
                                         is_cursor ? "CURSOR_INVALID" : "LIMIT_OUT_OF_RANGE",
                                         fq_lit("cursor from 0, limit 1 to 200")));
        return;
    }
    struct get *get = get_new(flow, operation);
    if (get == NULL)
        return;
    get->read.kind = FQ_READ_EVENTS;
    get->read.from = request->cursor;
    get->read.n_max = request->n_max > 0 ? request->n_max : EVENTS_DEFAULT;
    get->read.done = get_events_read;
    get_read(get);
}
