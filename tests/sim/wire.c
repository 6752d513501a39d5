/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and replies as the bytes that travel. */
#include "tests/sim/wire.h"

#include <string.h>

#include "daemon/core/id.h"
#include "daemon/io/codec.h"
#include "proto/fenqi.pb-c.h"

/* ---- requests ---- */

struct wire {
    Fenqi__V1__Request request;
    Fenqi__V1__Money amount;
    Fenqi__V1__QuotePlans quote_plans;
    Fenqi__V1__Buyer buyer;
    Fenqi__V1__Disclosure disclosure;
    Fenqi__V1__Payer payer;
    Fenqi__V1__CreatePayment create_payment;
    Fenqi__V1__GetPayment get_payment;
    Fenqi__V1__ClosePayment close_payment;
    Fenqi__V1__CreateRefund create_refund;
    Fenqi__V1__GetRefund get_refund;
    Fenqi__V1__ListEvents list_events;
    Fenqi__V1__Subscribe subscribe;
    Fenqi__V1__AckEvents ack_events;
};

/* The arena's texts end with a NUL, and protobuf-c wants them writable. */
static char *wire_text(struct fq_arena *arena, struct fq_str text)
{
    char *copy = fq_arena_alloc(arena, text.len + 1);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

static Fenqi__V1__Money *wire_money(struct wire *wire, struct fq_arena *arena, int64_t minor)
{
    fenqi__v1__money__init(&wire->amount);
    wire->amount.minor = minor;
    wire->amount.currency = wire_text(arena, fq_lit("CNY"));
    return &wire->amount;
}

static void wire_quote_plans(struct wire *wire, const struct fq_operation *wish)
{
    fenqi__v1__quote_plans__init(&wire->quote_plans);
    wire->quote_plans.amount = wire_money(wire, wish->arena, wish->quote_plans.amount.minor);
    wire->quote_plans.terminal = (Fenqi__V1__Terminal)wish->quote_plans.terminal;
    wire->request.operation_case = FENQI__V1__REQUEST__OPERATION_QUOTE_PLANS;
    wire->request.quote_plans = &wire->quote_plans;
}

static Fenqi__V1__Payer *wire_payer(struct wire *wire, struct fq_arena *arena,
                                    const struct fq_payer *payer)
{
    fenqi__v1__payer__init(&wire->payer);
    wire->payer.name = wire_text(arena, payer->name);
    wire->payer.document_type = (Fenqi__V1__DocumentType)payer->document_type;
    wire->payer.document_number = wire_text(arena, payer->document_number);
    wire->payer.phone = wire_text(arena, payer->phone);
    return &wire->payer;
}

static void wire_create_payment(struct wire *wire, const struct fq_operation *wish)
{
    const struct fq_create_payment *in = &wish->create_payment;
    Fenqi__V1__CreatePayment *out = &wire->create_payment;
    fenqi__v1__create_payment__init(out);
    fenqi__v1__buyer__init(&wire->buyer);
    fenqi__v1__disclosure__init(&wire->disclosure);
    wire->buyer.ip = wire_text(wish->arena, in->buyer_ip);
    wire->buyer.user_agent = wire_text(wish->arena, in->buyer_user_agent);
    wire->disclosure.shown_at_unix_ms = in->disclosure_shown_ms;
    wire->disclosure.seconds = in->disclosure_seconds;
    wire->disclosure.confirmed = in->disclosure_confirmed;
    out->idempotency_key = wire_text(wish->arena, in->idempotency_key);
    out->merchant_order_id = wire_text(wish->arena, in->merchant_order_id);
    out->quote.data = (uint8_t *)wire_text(wish->arena, in->quote);
    out->quote.len = in->quote.len;
    out->amount = wire_money(wire, wish->arena, in->amount.minor);
    out->subject = wire_text(wish->arena, in->subject);
    out->terminal = (Fenqi__V1__Terminal)in->terminal;
    out->return_url = wire_text(wish->arena, in->return_url);
    out->buyer = &wire->buyer;
    out->expires_in_ms = in->expires_in_ms;
    out->allow_parallel = in->allow_parallel;
    out->disclosure = &wire->disclosure;
    if (in->has_payer)
        out->payer = wire_payer(wire, wish->arena, &in->payer);
    wire->request.operation_case = FENQI__V1__REQUEST__OPERATION_CREATE_PAYMENT;
    wire->request.create_payment = out;
}

static void wire_get_payment(struct wire *wire, const struct fq_operation *wish)
{
    const struct fq_get_payment *in = &wish->get_payment;
    Fenqi__V1__GetPayment *out = &wire->get_payment;
    fenqi__v1__get_payment__init(out);
    if (in->payment_id.len > 0) {
        out->key_case = FENQI__V1__GET_PAYMENT__KEY_PAYMENT_ID;
        out->payment_id = wire_text(wish->arena, in->payment_id);
    } else if (in->merchant_order_id.len > 0) {
        out->key_case = FENQI__V1__GET_PAYMENT__KEY_MERCHANT_ORDER_ID;
        out->merchant_order_id = wire_text(wish->arena, in->merchant_order_id);
    } else {
        out->key_case = FENQI__V1__GET_PAYMENT__KEY_IDEMPOTENCY_KEY;
        out->idempotency_key = wire_text(wish->arena, in->idempotency_key);
    }
    out->refresh = in->refresh;
    out->wait_ms = (int32_t)in->wait_ms;
    wire->request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_PAYMENT;
    wire->request.get_payment = out;
}

static void wire_close_payment(struct wire *wire, const struct fq_operation *wish)
{
    fenqi__v1__close_payment__init(&wire->close_payment);
    wire->close_payment.payment_id = wire_text(wish->arena, wish->close_payment.payment_id);
    wire->request.operation_case = FENQI__V1__REQUEST__OPERATION_CLOSE_PAYMENT;
    wire->request.close_payment = &wire->close_payment;
}

static void wire_create_refund(struct wire *wire, const struct fq_operation *wish)
{
    const struct fq_create_refund *in = &wish->create_refund;
    fenqi__v1__create_refund__init(&wire->create_refund);
    wire->create_refund.idempotency_key = wire_text(wish->arena, in->idempotency_key);
    wire->create_refund.payment_id = wire_text(wish->arena, in->payment_id);
    wire->create_refund.amount = wire_money(wire, wish->arena, in->amount.minor);
    wire->create_refund.reason = wire_text(wish->arena, in->reason);
    wire->request.operation_case = FENQI__V1__REQUEST__OPERATION_CREATE_REFUND;
    wire->request.create_refund = &wire->create_refund;
}

static void wire_get_refund(struct wire *wire, const struct fq_operation *wish)
{
    fenqi__v1__get_refund__init(&wire->get_refund);
    wire->get_refund.refund_id = wire_text(wish->arena, wish->get_refund.refund_id);
    wire->get_refund.refresh = wish->get_refund.refresh;
    wire->request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_REFUND;
    wire->request.get_refund = &wire->get_refund;
}

static void wire_list_events(struct wire *wire, const struct fq_operation *wish)
{
    fenqi__v1__list_events__init(&wire->list_events);
    wire->list_events.cursor = wish->list_events.cursor;
    wire->list_events.limit = (int32_t)wish->list_events.n_max;
    wire->request.operation_case = FENQI__V1__REQUEST__OPERATION_LIST_EVENTS;
    wire->request.list_events = &wire->list_events;
}

static void wire_subscribe(struct wire *wire, const struct fq_operation *wish)
{
    fenqi__v1__subscribe__init(&wire->subscribe);
    wire->subscribe.group = wire_text(wish->arena, wish->subscribe.group);
    wire->subscribe.credit = wish->subscribe.credit;
    if (wish->subscribe.has_cursor) {
        wire->subscribe.start_case = FENQI__V1__SUBSCRIBE__START_CURSOR;
        wire->subscribe.cursor = wish->subscribe.cursor;
    }
    wire->request.operation_case = FENQI__V1__REQUEST__OPERATION_SUBSCRIBE;
    wire->request.subscribe = &wire->subscribe;
}

static void wire_ack_events(struct wire *wire, const struct fq_operation *wish)
{
    fenqi__v1__ack_events__init(&wire->ack_events);
    wire->ack_events.group = wire_text(wish->arena, wish->ack_events.group);
    wire->ack_events.cursor = wish->ack_events.cursor;
    wire->request.operation_case = FENQI__V1__REQUEST__OPERATION_ACK_EVENTS;
    wire->request.ack_events = &wire->ack_events;
}

static bool wire_same_payment(const struct fq_create_payment *a, const struct fq_create_payment *b)
{
    return fq_str_equal(a->idempotency_key, b->idempotency_key) &&
           fq_str_equal(a->merchant_order_id, b->merchant_order_id) &&
           fq_str_equal(a->quote, b->quote) && a->amount.minor == b->amount.minor &&
           fq_str_equal(a->currency, b->currency) && fq_str_equal(a->subject, b->subject) &&
           a->terminal == b->terminal && fq_str_equal(a->return_url, b->return_url) &&
           fq_str_equal(a->buyer_ip, b->buyer_ip) && a->expires_in_ms == b->expires_in_ms &&
           a->allow_parallel == b->allow_parallel &&
           a->disclosure_shown_ms == b->disclosure_shown_ms && a->has_payer == b->has_payer &&
           fq_str_equal(a->payer.name, b->payer.name) &&
           fq_str_equal(a->payer.document_number, b->payer.document_number);
}

static bool wire_same_refund(const struct fq_create_refund *a, const struct fq_create_refund *b)
{
    return fq_str_equal(a->idempotency_key, b->idempotency_key) &&
           fq_str_equal(a->payment_id, b->payment_id) && a->amount.minor == b->amount.minor &&
           fq_str_equal(a->currency, b->currency) && fq_str_equal(a->reason, b->reason);
}

/* What changes state arrives as it was meant. */
static bool wire_same(const struct fq_operation *wish, const struct fq_operation *told)
{
    if (told->kind != wish->kind)
        return false;
    if (wish->kind == FQ_OP_CREATE_PAYMENT)
        return wire_same_payment(&wish->create_payment, &told->create_payment);
    if (wish->kind == FQ_OP_CLOSE_PAYMENT)
        return fq_str_equal(wish->close_payment.payment_id, told->close_payment.payment_id);
    if (wish->kind == FQ_OP_SUBSCRIBE)
        return fq_str_equal(wish->subscribe.group, told->subscribe.group) &&
               wish->subscribe.has_cursor == told->subscribe.has_cursor &&
               wish->subscribe.cursor == told->subscribe.cursor &&
               wish->subscribe.credit == told->subscribe.credit;
    if (wish->kind == FQ_OP_ACK_EVENTS)
        return fq_str_equal(wish->ack_events.group, told->ack_events.group) &&
               wish->ack_events.cursor == told->ack_events.cursor;
    return wish->kind != FQ_OP_CREATE_REFUND ||
           wire_same_refund(&wish->create_refund, &told->create_refund);
}

bool sim_wire_request(const struct fq_operation *wish, struct fq_operation *ret)
{
    static void (*const fill[FQ_OP_N])(struct wire * wire, const struct fq_operation *wish) = {
        [FQ_OP_QUOTE_PLANS] = wire_quote_plans,     [FQ_OP_CREATE_PAYMENT] = wire_create_payment,
        [FQ_OP_GET_PAYMENT] = wire_get_payment,     [FQ_OP_CLOSE_PAYMENT] = wire_close_payment,
        [FQ_OP_CREATE_REFUND] = wire_create_refund, [FQ_OP_GET_REFUND] = wire_get_refund,
        [FQ_OP_LIST_EVENTS] = wire_list_events,     [FQ_OP_SUBSCRIBE] = wire_subscribe,
        [FQ_OP_ACK_EVENTS] = wire_ack_events,
    };
    struct wire wire;
    fenqi__v1__request__init(&wire.request);
    wire.request.request_id = wire_text(wish->arena, fq_lit("r"));
    fill[wish->kind](&wire, wish);
    size_t size = fenqi__v1__request__get_packed_size(&wire.request);
    uint8_t *bytes = fq_arena_alloc(wish->arena, size);
    (void)fenqi__v1__request__pack(&wire.request, bytes);
    return fq_codec_decode((struct fq_str){ (const char *)bytes, size }, ret) == 0 &&
           wire_same(wish, ret);
}

/* ---- replies ---- */

static bool wire_is(const char *said, struct fq_str text)
{
    return fq_str_equal(fq_str_of(said), text);
}

static const char *wire_payment(const Fenqi__V1__Payment *said, const struct fq_operation *told)
{
    const struct fq_payment *payment = &told->payment.ledger->payment;
    if (said == NULL || !wire_is(said->payment_id, told->payment.payment_id))
        return "another payment";
    if ((uint32_t)said->state != payment->state || said->version != payment->version ||
        said->refunded_minor != payment->refunded_minor || said->amount == NULL ||
        said->amount->minor != payment->amount.minor)
        return "another state";
    if ((said->next_action != NULL) != (told->payment.action.kind != 0))
        return "another action";
    return NULL;
}

static const char *wire_refund(const Fenqi__V1__Refund *said, const struct fq_operation *told)
{
    const struct fq_refund *refund = told->refund.refund;
    if (said == NULL || !wire_is(said->refund_id, told->refund.refund_id))
        return "another refund";
    if ((uint32_t)said->state != refund->state || said->amount == NULL ||
        said->amount->minor != refund->amount_minor)
        return "another state of a refund";
    return NULL;
}

static bool wire_same_event(const Fenqi__V1__Event *said, const struct fq_event_row *row)
{
    int64_t seq = 0, refund_seq = row->seq;
    uint32_t refund_n = 0;
    unsigned char secret[FQ_SECRET_SIZE];
    return said->cursor == row->cursor && (uint32_t)said->kind == row->kind &&
           said->payment_version == row->payment_version && said->at_unix_ms == row->at_ms &&
           fq_id_parse_payment(fq_str_of(said->payment_id), &seq, secret) == 0 &&
           memcmp(secret, row->secret, sizeof(secret)) == 0 && seq == row->seq &&
           (row->refund_n == 0 ||
            fq_id_parse_refund(fq_str_of(said->refund_id), &refund_seq, secret, &refund_n) == 0) &&
           refund_seq == row->seq && refund_n == row->refund_n;
}

static const char *wire_subscription(const Fenqi__V1__EventList *said,
                                     const struct fq_operation *told)
{
    const struct fq_subscription *subscription = &told->subscription;
    if (said == NULL || said->subscription == NULL)
        return "no subscription";
    return wire_is(said->subscription->group, subscription->group) &&
                   said->subscription->is_active == subscription->is_active &&
                   said->subscription->acknowledged_cursor == subscription->acknowledged_cursor
               ? NULL
               : "another subscription";
}

static const char *wire_events(const Fenqi__V1__EventList *said, const struct fq_operation *told)
{
    if (said == NULL || said->n_events != told->n_events)
        return "other events";
    for (size_t i = 0; i < said->n_events; i++) {
        if (!wire_same_event(said->events[i], &told->events[i]))
            return "another event";
    }
    return told->kind == FQ_OP_LIST_EVENTS ? NULL : wire_subscription(said, told);
}

static const char *wire_error(const Fenqi__V1__Error *said, const struct fq_operation *told)
{
    bool is_same = said != NULL && (uint32_t)said->code == told->status.code &&
                   wire_is(said->reason, fq_str_of(told->status.reason));
    return is_same ? NULL : "another error";
}

static const char *wire_compare(const Fenqi__V1__Reply *reply, const struct fq_operation *told)
{
    bool is_error = reply->outcome_case == FENQI__V1__REPLY__OUTCOME_ERROR;
    if (told->status.code != 0)
        return wire_error(is_error ? reply->error : NULL, told);
    if (told->kind == FQ_OP_LIST_EVENTS || told->kind == FQ_OP_SUBSCRIBE ||
        told->kind == FQ_OP_ACK_EVENTS)
        return wire_events(
            reply->outcome_case == FENQI__V1__REPLY__OUTCOME_EVENTS ? reply->events : NULL, told);
    if (told->refund.refund != NULL)
        return wire_refund(
            reply->outcome_case == FENQI__V1__REPLY__OUTCOME_REFUND ? reply->refund : NULL, told);
    if (told->payment.ledger != NULL)
        return wire_payment(
            reply->outcome_case == FENQI__V1__REPLY__OUTCOME_PAYMENT ? reply->payment : NULL, told);
    return reply->outcome_case == FENQI__V1__REPLY__OUTCOME_QUOTE_PLANS ? NULL : "no plans";
}

const char *sim_wire_reply(const struct fq_operation *operation, int64_t now_ms)
{
    struct fq_str payload;
    if (fq_codec_encode_reply(operation, now_ms, &payload) != 0)
        return "it cannot be packed";
    Fenqi__V1__Reply *reply =
        fenqi__v1__reply__unpack(NULL, payload.len, (const uint8_t *)payload.ptr);
    const char *wrong = reply != NULL ? wire_compare(reply, operation) : "it cannot be read";
    if (reply != NULL)
        fenqi__v1__reply__free_unpacked(reply, NULL);
    return wrong;
}
