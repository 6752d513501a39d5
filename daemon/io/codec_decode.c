/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the bytes of a Request into a struct fq_operation. */
#include "daemon/core/traceparent.h"
#include "daemon/io/codec.h"
#include "daemon/io/codec_walk.h"
#include "proto/fenqi.pb-c.h"

#define EVENTS_DEFAULT 100
#define EVENTS_MAX     200
#define WAIT_MAX_MS    25000

static bool decode_changes_state(uint32_t operation_case)
{
    return operation_case == FENQI__V1__REQUEST__OPERATION_CREATE_PAYMENT ||
           operation_case == FENQI__V1__REQUEST__OPERATION_CLOSE_PAYMENT ||
           operation_case == FENQI__V1__REQUEST__OPERATION_CREATE_REFUND ||
           operation_case == FENQI__V1__REQUEST__OPERATION_SUBSCRIBE ||
           operation_case == FENQI__V1__REQUEST__OPERATION_ACK_EVENTS;
}

/* Reads, without believing anything else, what an answer to a refused message needs, and how
 * strict the walk has to be. */
static void decode_glance(struct fq_str bytes, struct fq_operation *operation,
                          bool *ret_changes_state)
{
    struct fq_wire_field field;
    *ret_changes_state = false;
    while (bytes.len > 0 && fq_wire_next(&bytes, &field) == 0) {
        if (decode_changes_state(field.number))
            *ret_changes_state = true;
        if (field.number == 1 && operation->request_id.len == 0 && field.bytes.len > 0 &&
            field.bytes.len <= FQ_WALK_TEXT_MAX && fq_str_is_utf8(field.bytes))
            operation->request_id = field.bytes;
    }
}

/* ---- the operations; the walk has checked every text ---- */

static void decode_money(const Fenqi__V1__Money *money, struct fq_money *ret_money,
                         struct fq_str *ret_currency)
{
    if (money == NULL)
        return;
    ret_money->minor = money->minor;
    *ret_currency = fq_str_of(money->currency);
    for (size_t i = 0; i < ret_currency->len && i + 1 < sizeof(ret_money->currency); i++)
        ret_money->currency[i] = ret_currency->ptr[i];
}

/* Lines of virtual goods, and what those with an amount sum to: saturated once, at the end. */
static void decode_lines(const Fenqi__V1__QuotePlans *in, struct fq_quote_plans *ret)
{
    __int128 total = 0;
    size_t n_amounts = 0;
    for (size_t i = 0; i < in->n_lines; i++) {
        const Fenqi__V1__Money *amount = in->lines[i]->amount;
        if (in->lines[i]->kind == FENQI__V1__ORDER_LINE__KIND__KIND_VIRTUAL)
            ret->has_virtual_goods = true;
        if (amount == NULL)
            continue;
        if (!fq_str_equal(fq_str_of(amount->currency), ret->currency))
            ret->has_unlike_lines = true;
        total += amount->minor;
        n_amounts++;
    }
    if (n_amounts > 0 && n_amounts < in->n_lines)
        ret->has_unlike_lines = true;
    ret->has_line_amounts = n_amounts > 0 && n_amounts == in->n_lines;
    ret->lines_total_minor = total > INT64_MAX   ? INT64_MAX
                             : total < INT64_MIN ? INT64_MIN
                                                 : (int64_t)total;
}

static void decode_quote_plans(const Fenqi__V1__QuotePlans *in, struct fq_arena *arena,
                               struct fq_quote_plans *ret)
{
    decode_money(in->amount, &ret->amount, &ret->currency);
    struct fq_str *channels = fq_arena_array(arena, in->n_channels, sizeof(*channels));
    for (size_t i = 0; channels != NULL && i < in->n_channels; i++)
        channels[ret->n_channels++] = fq_str_of(in->channels[i]);
    ret->channels = channels;
    ret->terminal = in->terminal;
    ret->issuer = fq_str_of(in->issuer);
    ret->card_prefix = fq_str_of(in->card_prefix);
    ret->buyer_reference = fq_str_of(in->buyer_reference);
    decode_lines(in, ret);
}

static void decode_payer(const Fenqi__V1__Payer *in, struct fq_create_payment *ret)
{
    ret->has_payer = in != NULL;
    if (in == NULL)
        return;
    ret->payer.name = fq_str_of(in->name);
    ret->payer.document_type = in->document_type;
    ret->payer.document_number = fq_str_of(in->document_number);
    ret->payer.phone = fq_str_of(in->phone);
}

static void decode_create_payment(const Fenqi__V1__CreatePayment *in, struct fq_create_payment *ret)
{
    ret->idempotency_key = fq_str_of(in->idempotency_key);
    ret->merchant_order_id = fq_str_of(in->merchant_order_id);
    ret->quote = (struct fq_str){ (const char *)in->quote.data, in->quote.len };
    decode_money(in->amount, &ret->amount, &ret->currency);
    ret->subject = fq_str_of(in->subject);
    ret->terminal = in->terminal;
    ret->return_url = fq_str_of(in->return_url);
    if (in->buyer != NULL) {
        ret->buyer_ip = fq_str_of(in->buyer->ip);
        ret->buyer_user_agent = fq_str_of(in->buyer->user_agent);
        ret->buyer_reference = fq_str_of(in->buyer->reference);
    }
    ret->expires_in_ms = in->expires_in_ms;
    ret->allow_parallel = in->allow_parallel != 0;
    if (in->disclosure != NULL) {
        ret->disclosure_shown_ms = in->disclosure->shown_at_unix_ms;
        ret->disclosure_seconds = in->disclosure->seconds;
        ret->disclosure_confirmed = in->disclosure->confirmed != 0;
    }
    decode_payer(in->payer, ret);
}

static struct fq_status decode_get_payment(const Fenqi__V1__GetPayment *in,
                                           struct fq_get_payment *ret)
{
    switch ((uint32_t)in->key_case) {
    case FENQI__V1__GET_PAYMENT__KEY_PAYMENT_ID:
        ret->payment_id = fq_str_of(in->payment_id);
        break;
    case FENQI__V1__GET_PAYMENT__KEY_MERCHANT_ORDER_ID:
        ret->merchant_order_id = fq_str_of(in->merchant_order_id);
        break;
    case FENQI__V1__GET_PAYMENT__KEY_IDEMPOTENCY_KEY:
        ret->idempotency_key = fq_str_of(in->idempotency_key);
        break;
    case FENQI__V1__GET_PAYMENT__KEY__NOT_SET:
    default:
        break;
    }
    if (ret->payment_id.len + ret->merchant_order_id.len + ret->idempotency_key.len == 0)
        return fq_status_invalid("get_payment.key", "MISSING", fq_lit("which payment?"));
    if (in->wait_ms < 0 || in->wait_ms > WAIT_MAX_MS)
        return fq_status_invalid("get_payment.wait_ms", "OUT_OF_RANGE", fq_lit("0..25000"));
    ret->refresh = in->refresh != 0;
    ret->wait_ms = in->wait_ms;
    ret->known_version = in->known_version;
    return (struct fq_status){ 0 };
}

static void decode_create_refund(const Fenqi__V1__CreateRefund *in, struct fq_create_refund *ret)
{
    ret->idempotency_key = fq_str_of(in->idempotency_key);
    ret->payment_id = fq_str_of(in->payment_id);
    decode_money(in->amount, &ret->amount, &ret->currency);
    ret->reason = fq_str_of(in->reason);
}

static struct fq_status decode_list_events(const Fenqi__V1__ListEvents *in,
                                           struct fq_list_events *ret)
{
    if (in->limit < 0 || in->limit > EVENTS_MAX)
        return fq_status_invalid("list_events.limit", "OUT_OF_RANGE", fq_lit("0..200"));
    if (in->cursor < 0)
        return fq_status_invalid("list_events.cursor", "OUT_OF_RANGE", fq_lit("0 or more"));
    ret->cursor = in->cursor;
    ret->n_max = in->limit > 0 ? (uint32_t)in->limit : EVENTS_DEFAULT;
    return (struct fq_status){ 0 };
}

static void decode_subscribe(const Fenqi__V1__Subscribe *in, struct fq_subscribe *ret)
{
    ret->group = fq_str_of(in->group);
    ret->has_cursor = in->start_case == FENQI__V1__SUBSCRIBE__START_CURSOR;
    ret->cursor = ret->has_cursor ? in->cursor : 0;
    ret->credit = in->credit;
}

static struct fq_status decode_operation(const Fenqi__V1__Request *in,
                                         struct fq_operation *operation)
{
    switch ((uint32_t)in->operation_case) {
    case FENQI__V1__REQUEST__OPERATION_QUOTE_PLANS:
        operation->kind = FQ_OP_QUOTE_PLANS;
        decode_quote_plans(in->quote_plans, operation->arena, &operation->quote_plans);
        break;
    case FENQI__V1__REQUEST__OPERATION_CREATE_PAYMENT:
        operation->kind = FQ_OP_CREATE_PAYMENT;
        decode_create_payment(in->create_payment, &operation->create_payment);
        break;
    case FENQI__V1__REQUEST__OPERATION_GET_PAYMENT:
        operation->kind = FQ_OP_GET_PAYMENT;
        return decode_get_payment(in->get_payment, &operation->get_payment);
    case FENQI__V1__REQUEST__OPERATION_CLOSE_PAYMENT:
        operation->kind = FQ_OP_CLOSE_PAYMENT;
        operation->close_payment.payment_id = fq_str_of(in->close_payment->payment_id);
        break;
    case FENQI__V1__REQUEST__OPERATION_CREATE_REFUND:
        operation->kind = FQ_OP_CREATE_REFUND;
        decode_create_refund(in->create_refund, &operation->create_refund);
        break;
    case FENQI__V1__REQUEST__OPERATION_GET_REFUND:
        operation->kind = FQ_OP_GET_REFUND;
        operation->get_refund.refund_id = fq_str_of(in->get_refund->refund_id);
        operation->get_refund.refresh = in->get_refund->refresh != 0;
        break;
    case FENQI__V1__REQUEST__OPERATION_LIST_EVENTS:
        operation->kind = FQ_OP_LIST_EVENTS;
        return decode_list_events(in->list_events, &operation->list_events);
    case FENQI__V1__REQUEST__OPERATION_GET_KEYS:
        operation->kind = FQ_OP_GET_KEYS;
        break;
    case FENQI__V1__REQUEST__OPERATION_GET_INFO:
        operation->kind = FQ_OP_GET_INFO;
        break;
    case FENQI__V1__REQUEST__OPERATION_LIST_CHANNELS:
        operation->kind = FQ_OP_LIST_CHANNELS;
        operation->list_channels.terminal = in->list_channels->terminal;
        break;
    case FENQI__V1__REQUEST__OPERATION_SUBSCRIBE:
        operation->kind = FQ_OP_SUBSCRIBE;
        decode_subscribe(in->subscribe, &operation->subscribe);
        break;
    case FENQI__V1__REQUEST__OPERATION_ACK_EVENTS:
        operation->kind = FQ_OP_ACK_EVENTS;
        operation->ack_events.group = fq_str_of(in->ack_events->group);
        operation->ack_events.cursor = in->ack_events->cursor;
        break;
    case FENQI__V1__REQUEST__OPERATION__NOT_SET:
    default:
        return fq_status_refused(FQ_CODE_UNIMPLEMENTED, "UNKNOWN_OPERATION",
                                 fq_lit("no operation that this version knows"));
    }
    return (struct fq_status){ 0 };
}

/* ---- unpacking: protobuf-c's memory is the arena ---- */

static void *decode_alloc(void *arena, size_t size)
{
    return fq_arena_alloc(arena, size);
}

static void decode_free(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

static struct fq_status decode_message(struct fq_str bytes, struct fq_operation *operation)
{
    bool changes_state = false;
    struct fq_status status = { 0 };
    decode_glance(bytes, operation, &changes_state);
    if (fq_walk_check(bytes, &fenqi__v1__request__descriptor, changes_state, operation->arena,
                      &status) != 0)
        return status;

    ProtobufCAllocator allocator = { decode_alloc, decode_free, operation->arena };
    const Fenqi__V1__Request *request =
        fenqi__v1__request__unpack(&allocator, bytes.len, (const uint8_t *)bytes.ptr);
    if (request == NULL && fq_arena_is_full(operation->arena))
        return fq_status_refused(FQ_CODE_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                                 fq_lit("the message does not fit into a request's memory"));
    if (request == NULL)
        return fq_status_invalid(NULL, "MALFORMED", fq_lit("not a protobuf message"));
    if (operation->request_id.len == 0)
        return fq_status_invalid("request_id", "MISSING", fq_lit("1..64 bytes"));
    operation->deadline_ms = request->deadline_unix_ms;
    /* As its specification wants: what is malformed is ignored, the request is not. */
    if (fq_traceparent_is_valid(fq_str_of(request->traceparent)))
        operation->traceparent = fq_str_of(request->traceparent);
    return decode_operation(request, operation);
}

int fq_codec_decode(struct fq_str bytes, struct fq_operation *operation)
{
    operation->status = decode_message(bytes, operation);
    return operation->status.code != FQ_CODE_OK ? FQ_CODEC_E_REFUSED : 0;
}
