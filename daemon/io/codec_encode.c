/* SPDX-License-Identifier: Apache-2.0 */
/* Packs answers: Reply, and SignedReply around it. Everything is built in the arena; whether it
 * was large enough is asked once, before packing. */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/id.h"
#include "daemon/io/codec.h"
#include "proto/fenqi.pb-c.h"

/* An empty message of a generated type, or NULL once the arena is full. */
#define encode_new(arena, type) encode_message((arena), &(type##__descriptor))

static void *encode_message(struct fq_arena *arena, const ProtobufCMessageDescriptor *type)
{
    void *message = fq_arena_alloc(arena, type->sizeof_message);
    if (message != NULL)
        protobuf_c_message_init(type, message);
    return message;
}

/* Room for the pointers of a repeated field. */
static void *encode_pointers(struct fq_arena *arena, size_t n)
{
    return fq_arena_array(arena, n, sizeof(void *));
}

static char *encode_text(struct fq_arena *arena, struct fq_str text)
{
    struct fq_str copy = { NULL, 0 };
    if (text.len > 0)
        copy = fq_arena_copy(arena, text);
    return fq_unconst(copy.ptr != NULL ? copy.ptr : protobuf_c_empty_string);
}

/* For texts that end in NUL and outlive the reply. */
static char *encode_static(const char *text)
{
    return fq_unconst(text != NULL ? text : protobuf_c_empty_string);
}

static ProtobufCBinaryData encode_bytes(struct fq_str bytes)
{
    return (ProtobufCBinaryData){ bytes.len, fq_unconst(bytes.ptr) };
}

static Fenqi__V1__Money *encode_money(struct fq_arena *arena, int64_t minor, struct fq_str currency)
{
    Fenqi__V1__Money *out = encode_new(arena, fenqi__v1__money);
    if (out == NULL)
        return NULL;
    out->minor = minor;
    out->currency = encode_text(arena, currency);
    return out;
}

static struct fq_str encode_currency(const struct fq_money *money)
{
    return (struct fq_str){ money->currency, strnlen(money->currency, sizeof(money->currency)) };
}

/* ---- QuotePlans ---- */

static void encode_schedule(struct fq_arena *arena, const struct fq_quote *quote,
                            Fenqi__V1__Plan *out)
{
    size_t n = quote->lines != NULL ? quote->instalments : 0;
    Fenqi__V1__ScheduleLine *lines = fq_arena_array(arena, n, sizeof(*lines));
    out->schedule = encode_pointers(arena, n);
    if (lines == NULL || out->schedule == NULL)
        return;
    uint32_t year = quote->first_due_month / 100;
    uint32_t month = quote->first_due_month % 100;
    for (size_t i = 0; i < n; i++) {
        fenqi__v1__schedule_line__init(&lines[i]);
        lines[i].number = (int32_t)i + 1;
        lines[i].principal_minor = quote->lines[i].principal_minor;
        lines[i].fee_minor = quote->lines[i].fee_minor;
        lines[i].total_minor = quote->lines[i].principal_minor + quote->lines[i].fee_minor;
        lines[i].due_month = (int32_t)(year * 100 + month);
        month = month % 12 + 1;
        year += month == 1;
        out->schedule[out->n_schedule++] = &lines[i];
    }
}

static Fenqi__V1__Plan *encode_plan(struct fq_arena *arena, const struct fq_plan_offer *offer)
{
    const struct fq_quote *quote = &offer->quote;
    Fenqi__V1__Plan *out = encode_new(arena, fenqi__v1__plan);
    if (out == NULL)
        return NULL;
    out->quote = encode_bytes(offer->signed_quote);
    out->quote_id = encode_text(arena, quote->quote_id);
    out->instalments = (int32_t)quote->instalments;
    out->bearer = quote->bearer;
    out->merchant_percent = (int32_t)quote->merchant_percent;
    out->rate_ppm = (int32_t)quote->rate_ppm;
    out->principal_minor = quote->amount.minor;
    out->buyer_fee_minor = quote->buyer_fee_minor;
    out->merchant_fee_minor = quote->merchant_fee_minor;
    out->buyer_total_minor = quote->buyer_total_minor;
    out->indicative = quote->indicative;
    out->expires_at_unix_ms = quote->expires_ms;
    encode_schedule(arena, quote, out);
    return out;
}

static Fenqi__V1__ChannelPlans *encode_channel(struct fq_arena *arena,
                                               const struct fq_channel_offer *offer)
{
    Fenqi__V1__ChannelPlans *out = encode_new(arena, fenqi__v1__channel_plans);
    if (out == NULL)
        return NULL;
    out->channel = encode_text(arena, offer->channel);
    out->title_zh = encode_text(arena, offer->title_zh);
    out->title_en = encode_text(arena, offer->title_en);
    out->fee_word_zh = encode_text(arena, offer->fee_word_zh);
    out->fee_word_en = encode_text(arena, offer->fee_word_en);
    out->eligible = offer->eligible;
    out->reason = encode_static(offer->reason);
    out->plans = encode_pointers(arena, offer->n_plans);
    for (size_t i = 0; out->plans != NULL && i < offer->n_plans; i++)
        out->plans[out->n_plans++] = encode_plan(arena, &offer->plans[i]);
    return out;
}

static Fenqi__V1__QuotePlansResult *encode_offers(struct fq_arena *arena,
                                                  const struct fq_operation *operation)
{
    Fenqi__V1__QuotePlansResult *out = encode_new(arena, fenqi__v1__quote_plans_result);
    if (out == NULL)
        return NULL;
    out->amount =
        encode_money(arena, operation->quote_plans.amount.minor, operation->quote_plans.currency);
    out->channels = encode_pointers(arena, operation->n_offers);
    for (size_t i = 0; out->channels != NULL && i < operation->n_offers; i++)
        out->channels[out->n_channels++] = encode_channel(arena, &operation->offers[i]);
    return out;
}

/* ---- payments and refunds ---- */

static Fenqi__V1__Terms *encode_terms(struct fq_arena *arena, const struct fq_payment *payment)
{
    Fenqi__V1__Terms *out = encode_new(arena, fenqi__v1__terms);
    if (out == NULL)
        return NULL;
    out->asked = (int32_t)payment->instalments;
    out->used = (int32_t)payment->instalments_used;
    out->match = payment->terms_match;
    out->bearer = payment->bearer;
    out->buyer_fee_minor = payment->buyer_fee_minor;
    out->merchant_fee_minor = payment->merchant_fee_minor;
    return out;
}

static Fenqi__V1__Identity *encode_identity(struct fq_arena *arena,
                                            const struct fq_payment *payment)
{
    Fenqi__V1__Identity *out = encode_new(arena, fenqi__v1__identity);
    if (out == NULL)
        return NULL;
    out->asked =
        payment->identity != FQ_IDENTITY_UNSET && payment->identity != FQ_IDENTITY_NOT_ASKED;
    out->result = payment->identity;
    return out;
}

static Fenqi__V1__NextAction *encode_action(struct fq_arena *arena,
                                            const struct fq_next_action *action)
{
    Fenqi__V1__NextAction *out = encode_new(arena, fenqi__v1__next_action);
    if (out == NULL)
        return NULL;
    char *text = encode_text(arena, action->text);
    out->expires_at_unix_ms = action->expires_ms;
    switch (action->kind) {
    case 1:
        out->action_case = FENQI__V1__NEXT_ACTION__ACTION_HOSTED_URL;
        out->hosted_url = text;
        break;
    case 2:
        out->action_case = FENQI__V1__NEXT_ACTION__ACTION_QR_CODE;
        out->qr_code = text;
        break;
    case 3:
        out->action_case = FENQI__V1__NEXT_ACTION__ACTION_APP_SDK;
        out->app_sdk = text;
        break;
    default:
        return NULL;
    }
    return out;
}

static Fenqi__V1__Refund *encode_refund(struct fq_arena *arena, const struct fq_payment *payment,
                                        const struct fq_refund *refund, struct fq_str payment_id,
                                        struct fq_str refund_id)
{
    Fenqi__V1__Refund *out = encode_new(arena, fenqi__v1__refund);
    if (out == NULL)
        return NULL;
    if (fq_str_is_empty(payment_id))
        payment_id = fq_id_payment(payment->seq, payment->secret, arena);
    if (fq_str_is_empty(refund_id))
        refund_id = fq_id_refund(payment->seq, payment->secret, refund->n, arena);
    out->refund_id = encode_text(arena, refund_id);
    out->payment_id = encode_text(arena, payment_id);
    out->state = refund->state;
    out->origin = refund->origin;
    out->amount = encode_money(arena, refund->amount_minor, encode_currency(&payment->amount));
    out->reason = encode_text(arena, refund->reason);
    out->created_at_unix_ms = refund->created_ms;
    out->finished_at_unix_ms = refund->finished_ms;
    out->platform_code = encode_text(arena, refund->platform_code);
    out->platform_text = encode_text(arena, refund->platform_text);
    return out;
}

static void encode_refunds(struct fq_arena *arena, const struct fq_ledger *ledger,
                           struct fq_str payment_id, Fenqi__V1__Payment *out)
{
    out->refunds = encode_pointers(arena, ledger->n_refunds_loaded);
    for (size_t i = 0; out->refunds != NULL && i < ledger->n_refunds_loaded; i++)
        out->refunds[out->n_refunds++] = encode_refund(arena, &ledger->payment, &ledger->refunds[i],
                                                       payment_id, (struct fq_str){ NULL, 0 });
}

/* What the platform said last: of the attempt that won, or else of the newest that has a word. */
static const struct fq_attempt *encode_last_word(const struct fq_ledger *ledger)
{
    const struct fq_attempt *last = NULL;
    for (size_t i = 0; i < ledger->payment.n_attempts && i < FQ_ATTEMPTS_MAX; i++) {
        if (ledger->attempts[i].state == FQ_ATTEMPT_WON)
            return &ledger->attempts[i];
        if (!fq_str_is_empty(ledger->attempts[i].platform_code))
            last = &ledger->attempts[i];
    }
    return last;
}

static Fenqi__V1__Payment *encode_payment(struct fq_arena *arena,
                                          const struct fq_payment_answer *answer)
{
    const struct fq_payment *payment = &answer->ledger->payment;
    const struct fq_attempt *last = encode_last_word(answer->ledger);
    Fenqi__V1__Payment *out = encode_new(arena, fenqi__v1__payment);
    if (out == NULL)
        return NULL;
    struct fq_str payment_id = answer->payment_id;
    if (fq_str_is_empty(payment_id))
        payment_id = fq_id_payment(payment->seq, payment->secret, arena);
    out->payment_id = encode_text(arena, payment_id);
    out->merchant_order_id = encode_text(arena, payment->merchant_order_id);
    out->version = payment->version;
    out->state = payment->state;
    out->close_reason = payment->close_reason;
    out->amount = encode_money(arena, payment->amount.minor, encode_currency(&payment->amount));
    out->channel = encode_text(arena, payment->channel);
    out->terms = encode_terms(arena, payment);
    out->verification = payment->verification;
    out->identity = encode_identity(arena, payment);
    if (answer->action.kind != 0)
        out->next_action = encode_action(arena, &answer->action);
    out->closing = answer->closing;
    out->closes_by_unix_ms = answer->closes_by_ms;
    out->created_at_unix_ms = payment->created_ms;
    out->expires_at_unix_ms = payment->expires_ms;
    out->paid_at_unix_ms = payment->paid_ms;
    out->closed_at_unix_ms = payment->closed_ms;
    out->platform_ref = encode_text(arena, payment->platform_ref);
    out->late_success = (payment->flags & FQ_FLAG_LATE_SUCCESS) != 0;
    out->double_paid = (payment->flags & FQ_FLAG_DOUBLE_PAID) != 0;
    out->refunded_minor = payment->refunded_minor;
    out->refund_pending_minor = payment->refund_counted_minor - payment->refunded_minor;
    encode_refunds(arena, answer->ledger, payment_id, out);
    if (last != NULL) {
        out->platform_code = encode_text(arena, last->platform_code);
        out->platform_text = encode_text(arena, last->platform_text);
    }
    return out;
}

/* ---- events, keys, info, errors ---- */

static Fenqi__V1__Event *encode_event(struct fq_arena *arena, const struct fq_event_row *row)
{
    Fenqi__V1__Event *out = encode_new(arena, fenqi__v1__event);
    if (out == NULL)
        return NULL;
    out->cursor = row->cursor;
    out->kind = row->kind;
    out->payment_id = encode_text(arena, fq_id_payment(row->seq, row->secret, arena));
    if (row->refund_n > 0)
        out->refund_id =
            encode_text(arena, fq_id_refund(row->seq, row->secret, row->refund_n, arena));
    out->payment_version = row->payment_version;
    out->at_unix_ms = row->at_ms;
    return out;
}

static Fenqi__V1__EventList *encode_events(struct fq_arena *arena,
                                           const struct fq_operation *operation)
{
    Fenqi__V1__EventList *out = encode_new(arena, fenqi__v1__event_list);
    if (out == NULL)
        return NULL;
    out->next_cursor = operation->n_events > 0 ? operation->events[operation->n_events - 1].cursor
                                               : operation->list_events.cursor;
    out->events = encode_pointers(arena, operation->n_events);
    for (size_t i = 0; out->events != NULL && i < operation->n_events; i++)
        out->events[out->n_events++] = encode_event(arena, &operation->events[i]);
    return out;
}

static Fenqi__V1__PublicKey *encode_key(struct fq_arena *arena, const struct fq_public_key *key)
{
    Fenqi__V1__PublicKey *out = encode_new(arena, fenqi__v1__public_key);
    if (out == NULL)
        return NULL;
    out->key_id = encode_text(arena, key->key_id);
    out->algorithm = encode_text(arena, key->algorithm);
    out->public_key = encode_bytes(key->public_key);
    return out;
}

static Fenqi__V1__KeyList *encode_keys(struct fq_arena *arena, const struct fq_operation *operation)
{
    Fenqi__V1__KeyList *out = encode_new(arena, fenqi__v1__key_list);
    if (out == NULL)
        return NULL;
    out->keys = encode_pointers(arena, operation->n_keys);
    for (size_t i = 0; out->keys != NULL && i < operation->n_keys; i++)
        out->keys[out->n_keys++] = encode_key(arena, &operation->keys[i]);
    return out;
}

static Fenqi__V1__Info *encode_info(struct fq_arena *arena, const struct fq_info *info)
{
    Fenqi__V1__Info *out = encode_new(arena, fenqi__v1__info);
    if (out == NULL)
        return NULL;
    out->version = encode_text(arena, info->version);
    out->instance = encode_text(arena, info->instance);
    out->now_unix_ms = info->now_ms;
    return out;
}

static Fenqi__V1__Error *encode_error(struct fq_arena *arena, const struct fq_status *status)
{
    Fenqi__V1__Error *out = encode_new(arena, fenqi__v1__error);
    if (out == NULL)
        return NULL;
    out->code = status->code;
    out->reason = encode_static(status->reason);
    out->field = encode_static(status->field);
    out->blame = status->blame;
    out->may_repeat = status->may_repeat;
    out->retry_after_ms = status->retry_after_ms;
    out->text = encode_text(arena, status->text);
    return out;
}

/* ---- the envelope ---- */

static void encode_outcome(struct fq_arena *arena, const struct fq_operation *operation,
                           Fenqi__V1__Reply *reply)
{
    if (operation->status.code != FQ_CODE_OK) {
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_ERROR;
        reply->error = encode_error(arena, &operation->status);
        return;
    }
    switch (operation->kind) {
    case FQ_OP_QUOTE_PLANS:
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_QUOTE_PLANS;
        reply->quote_plans = encode_offers(arena, operation);
        break;
    case FQ_OP_CREATE_PAYMENT:
    case FQ_OP_GET_PAYMENT:
    case FQ_OP_CLOSE_PAYMENT:
        fq_assert(operation->payment.ledger != NULL);
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_PAYMENT;
        reply->payment = encode_payment(arena, &operation->payment);
        break;
    case FQ_OP_CREATE_REFUND:
    case FQ_OP_GET_REFUND:
        fq_assert(operation->refund.ledger != NULL && operation->refund.refund != NULL);
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_REFUND;
        reply->refund =
            encode_refund(arena, &operation->refund.ledger->payment, operation->refund.refund,
                          operation->refund.payment_id, operation->refund.refund_id);
        break;
    case FQ_OP_LIST_EVENTS:
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_EVENTS;
        reply->events = encode_events(arena, operation);
        break;
    case FQ_OP_GET_KEYS:
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_KEYS;
        reply->keys = encode_keys(arena, operation);
        break;
    case FQ_OP_GET_INFO:
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_INFO;
        reply->info = encode_info(arena, &operation->info);
        break;
    default:
        fq_assert_failed(__FILE__, __LINE__, "neither an error nor a kind of answer");
    }
}

static int encode_pack(const ProtobufCMessage *message, struct fq_arena *arena, struct fq_str *ret)
{
    if (fq_arena_is_full(arena))
        return FQ_FAULT(-ENOMEM, "an answer does not fit into a request's memory");
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = fq_arena_alloc(arena, size);
    if (packed == NULL)
        return FQ_FAULT(-ENOMEM, "an answer of %zu bytes does not fit", size);
    fq_assert(protobuf_c_message_pack(message, packed) == size);
    *ret = (struct fq_str){ (const char *)packed, size };
    return 0;
}

int fq_codec_encode_reply(const struct fq_operation *operation, int64_t now_ms,
                          struct fq_str *ret_payload)
{
    struct fq_arena *arena = operation->arena;
    Fenqi__V1__Reply reply;
    fenqi__v1__reply__init(&reply);
    reply.request_id = encode_text(arena, operation->request_id);
    reply.request_digest = (ProtobufCBinaryData){ sizeof(operation->request_digest),
                                                  fq_unconst(operation->request_digest) };
    if (operation->merchant != NULL)
        reply.merchant_id = encode_text(arena, operation->merchant->id);
    reply.issued_at_unix_ms = now_ms;
    encode_outcome(arena, operation, &reply);
    FQ_TRY(encode_pack(&reply.base, arena, ret_payload));
    return 0;
}

int fq_codec_encode_signed(struct fq_str payload, const struct fq_seal *seals, size_t n_seals,
                           struct fq_arena *arena, struct fq_str *ret)
{
    Fenqi__V1__Signature *signatures = fq_arena_array(arena, n_seals, sizeof(*signatures));
    Fenqi__V1__SignedReply out;
    fenqi__v1__signed_reply__init(&out);
    out.payload = encode_bytes(payload);
    out.payload_type = encode_static(FQ_REPLY_TYPE);
    out.signatures = encode_pointers(arena, n_seals);
    for (size_t i = 0; signatures != NULL && out.signatures != NULL && i < n_seals; i++) {
        fenqi__v1__signature__init(&signatures[i]);
        signatures[i].key_id = encode_text(arena, seals[i].key_id);
        signatures[i].algorithm = encode_text(arena, seals[i].algorithm);
        signatures[i].value = encode_bytes(seals[i].value);
        out.signatures[out.n_signatures++] = &signatures[i];
    }
    FQ_TRY(encode_pack(&out.base, arena, ret));
    return 0;
}
