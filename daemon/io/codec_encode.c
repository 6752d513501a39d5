/* SPDX-License-Identifier: Apache-2.0 */
/* Packs answers: Reply, and SignedReply around it. Everything is built in the arena; whether it
 * was large enough is asked once, before packing. */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/id.h"
#include "daemon/core/ledger.h"
#include "daemon/io/codec.h"
#include "daemon/io/codec_pack.h"
#include "proto/fenqi.pb-c.h"

/* ---- payments and refunds ---- */

static struct fq_str encode_currency(const struct fq_money *money)
{
    return (struct fq_str){ money->currency, strnlen(money->currency, sizeof(money->currency)) };
}

static Fenqi__V1__Disclosure *encode_disclosed(struct fq_arena *arena,
                                               const struct fq_payment *payment)
{
    if (payment->disclosure_shown_ms == 0 && payment->disclosure_seconds == 0 &&
        !payment->disclosure_confirmed)
        return NULL;
    Fenqi__V1__Disclosure *out = fq_pack_new(arena, fenqi__v1__disclosure);
    if (out == NULL)
        return NULL;
    out->shown_at_unix_ms = payment->disclosure_shown_ms;
    out->seconds = payment->disclosure_seconds;
    out->confirmed = payment->disclosure_confirmed;
    return out;
}

static Fenqi__V1__Terms *encode_terms(struct fq_arena *arena, const struct fq_payment *payment)
{
    Fenqi__V1__Terms *out = fq_pack_new(arena, fenqi__v1__terms);
    if (out == NULL)
        return NULL;
    out->asked = (int32_t)payment->instalments;
    out->used = (int32_t)payment->instalments_used;
    out->match = payment->terms_match;
    out->bearer = payment->bearer;
    out->buyer_fee_minor = payment->buyer_fee_minor;
    out->merchant_fee_minor = payment->merchant_fee_minor;
    out->nominal_annual_bp = payment->nominal_annual_bp;
    out->effective_annual_bp = payment->effective_annual_bp;
    out->simple_annual_bp = payment->simple_annual_bp;
    out->issuer = fq_pack_text(arena, payment->issuer);
    out->texts_digest = fq_pack_digest(payment->texts_digest);
    out->disclosed = encode_disclosed(arena, payment);
    return out;
}

static Fenqi__V1__Identity *encode_identity(struct fq_arena *arena,
                                            const struct fq_payment *payment)
{
    Fenqi__V1__Identity *out = fq_pack_new(arena, fenqi__v1__identity);
    if (out == NULL)
        return NULL;
    out->asked = payment->identity_asked;
    out->result = payment->identity;
    return out;
}

static Fenqi__V1__NextAction *encode_action(struct fq_arena *arena,
                                            const struct fq_next_action *action)
{
    Fenqi__V1__NextAction *out = fq_pack_new(arena, fenqi__v1__next_action);
    if (out == NULL)
        return NULL;
    char *text = fq_pack_text(arena, action->text);
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
    Fenqi__V1__Refund *out = fq_pack_new(arena, fenqi__v1__refund);
    if (out == NULL)
        return NULL;
    if (fq_str_is_empty(payment_id))
        payment_id = fq_id_payment(payment->seq, payment->secret, arena);
    if (fq_str_is_empty(refund_id))
        refund_id = fq_id_refund(payment->seq, payment->secret, refund->n, arena);
    out->refund_id = fq_pack_text(arena, refund_id);
    out->payment_id = fq_pack_text(arena, payment_id);
    out->state = refund->state;
    out->origin = refund->origin;
    out->amount = fq_pack_money(arena, refund->amount_minor, encode_currency(&payment->amount));
    out->reason = fq_pack_text(arena, refund->reason);
    out->created_at_unix_ms = refund->created_ms;
    out->finished_at_unix_ms = refund->finished_ms;
    out->platform_code = fq_pack_text(arena, refund->platform_code);
    out->platform_text = fq_pack_text(arena, refund->platform_text);
    out->operator_evidence = refund->by_operator;
    return out;
}

static void encode_refunds(struct fq_arena *arena, const struct fq_ledger *ledger,
                           struct fq_str payment_id, Fenqi__V1__Payment *out)
{
    out->refunds = fq_pack_pointers(arena, ledger->n_refunds_loaded);
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
    Fenqi__V1__Payment *out = fq_pack_new(arena, fenqi__v1__payment);
    if (out == NULL)
        return NULL;
    struct fq_str payment_id = answer->payment_id;
    if (fq_str_is_empty(payment_id))
        payment_id = fq_id_payment(payment->seq, payment->secret, arena);
    out->payment_id = fq_pack_text(arena, payment_id);
    out->merchant_order_id = fq_pack_text(arena, payment->merchant_order_id);
    out->version = payment->version;
    out->state = payment->state;
    out->close_reason = payment->close_reason;
    out->amount = fq_pack_money(arena, payment->amount.minor, encode_currency(&payment->amount));
    out->channel = fq_pack_text(arena, payment->channel);
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
    out->platform_ref = fq_pack_text(arena, payment->platform_ref);
    out->late_success = (payment->flags & FQ_FLAG_LATE_SUCCESS) != 0;
    out->double_paid = (payment->flags & FQ_FLAG_DOUBLE_PAID) != 0;
    out->refunded_minor = payment->refunded_minor;
    out->refund_pending_minor = payment->refund_counted_minor - payment->refunded_minor;
    out->operator_evidence = fq_ledger_is_operators(answer->ledger);
    encode_refunds(arena, answer->ledger, payment_id, out);
    if (last != NULL) {
        out->platform_code = fq_pack_text(arena, last->platform_code);
        out->platform_text = fq_pack_text(arena, last->platform_text);
    }
    return out;
}

/* ---- events, keys, info, errors ---- */

static Fenqi__V1__Event *encode_event(struct fq_arena *arena, const struct fq_event_row *row)
{
    Fenqi__V1__Event *out = fq_pack_new(arena, fenqi__v1__event);
    if (out == NULL)
        return NULL;
    out->cursor = row->cursor;
    out->kind = row->kind;
    out->payment_id = fq_pack_text(arena, fq_id_payment(row->seq, row->secret, arena));
    if (row->refund_n > 0)
        out->refund_id =
            fq_pack_text(arena, fq_id_refund(row->seq, row->secret, row->refund_n, arena));
    out->payment_version = row->payment_version;
    out->at_unix_ms = row->at_ms;
    out->traceparent = fq_pack_text(arena, row->traceparent);
    return out;
}

static Fenqi__V1__Subscription *encode_subscription(struct fq_arena *arena,
                                                    const struct fq_subscription *subscription)
{
    Fenqi__V1__Subscription *out = fq_pack_new(arena, fenqi__v1__subscription);
    if (out == NULL)
        return NULL;
    out->group = fq_pack_text(arena, subscription->group);
    out->is_active = subscription->is_active;
    out->acknowledged_cursor = subscription->acknowledged_cursor;
    out->lease_ms = subscription->lease_ms;
    return out;
}

static Fenqi__V1__EventList *encode_events(struct fq_arena *arena,
                                           const struct fq_operation *operation)
{
    bool is_list = operation->kind == FQ_OP_LIST_EVENTS;
    Fenqi__V1__EventList *out = fq_pack_new(arena, fenqi__v1__event_list);
    if (out == NULL)
        return NULL;
    out->next_cursor = operation->n_events > 0 ? operation->events[operation->n_events - 1].cursor
                       : is_list               ? operation->list_events.cursor
                                               : operation->subscription.sent_cursor;
    if (!is_list)
        out->subscription = encode_subscription(arena, &operation->subscription);
    out->events = fq_pack_pointers(arena, operation->n_events);
    for (size_t i = 0; out->events != NULL && i < operation->n_events; i++)
        out->events[out->n_events++] = encode_event(arena, &operation->events[i]);
    return out;
}

static Fenqi__V1__PublicKey *encode_key(struct fq_arena *arena, const struct fq_public_key *key)
{
    Fenqi__V1__PublicKey *out = fq_pack_new(arena, fenqi__v1__public_key);
    if (out == NULL)
        return NULL;
    out->key_id = fq_pack_text(arena, key->key_id);
    out->algorithm = fq_pack_text(arena, key->algorithm);
    out->public_key = fq_pack_bytes(key->public_key);
    return out;
}

static Fenqi__V1__KeyList *encode_keys(struct fq_arena *arena, const struct fq_operation *operation)
{
    Fenqi__V1__KeyList *out = fq_pack_new(arena, fenqi__v1__key_list);
    if (out == NULL)
        return NULL;
    out->keys = fq_pack_pointers(arena, operation->n_keys);
    for (size_t i = 0; out->keys != NULL && i < operation->n_keys; i++)
        out->keys[out->n_keys++] = encode_key(arena, &operation->keys[i]);
    return out;
}

static Fenqi__V1__Info *encode_info(struct fq_arena *arena, const struct fq_info *info)
{
    Fenqi__V1__Info *out = fq_pack_new(arena, fenqi__v1__info);
    if (out == NULL)
        return NULL;
    out->version = fq_pack_text(arena, info->version);
    out->instance = fq_pack_text(arena, info->instance);
    out->now_unix_ms = info->now_ms;
    return out;
}

static Fenqi__V1__Error *encode_error(struct fq_arena *arena, const struct fq_status *status)
{
    Fenqi__V1__Error *out = fq_pack_new(arena, fenqi__v1__error);
    if (out == NULL)
        return NULL;
    out->code = status->code;
    out->reason = fq_pack_static(status->reason);
    out->field = fq_pack_static(status->field);
    out->blame = status->blame;
    out->may_repeat = status->may_repeat;
    out->retry_after_ms = status->retry_after_ms;
    out->text = fq_pack_text(arena, status->text);
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
        reply->quote_plans = fq_pack_offers(arena, operation);
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
    case FQ_OP_SUBSCRIBE:
    case FQ_OP_ACK_EVENTS:
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_EVENTS;
        reply->events = encode_events(arena, operation);
        break;
    case FQ_OP_GET_KEYS:
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_KEYS;
        reply->keys = encode_keys(arena, operation);
        break;
    case FQ_OP_LIST_CHANNELS:
        reply->outcome_case = FENQI__V1__REPLY__OUTCOME_CHANNEL_LIST;
        reply->channel_list = fq_pack_channels(arena, operation);
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
    reply.request_id = fq_pack_text(arena, operation->request_id);
    reply.request_digest = (ProtobufCBinaryData){ sizeof(operation->request_digest),
                                                  fq_unconst(operation->request_digest) };
    if (operation->merchant != NULL)
        reply.merchant_id = fq_pack_text(arena, operation->merchant->id);
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
    out.payload = fq_pack_bytes(payload);
    out.payload_type = fq_pack_static(FQ_REPLY_TYPE);
    out.signatures = fq_pack_pointers(arena, n_seals);
    for (size_t i = 0; signatures != NULL && out.signatures != NULL && i < n_seals; i++) {
        fenqi__v1__signature__init(&signatures[i]);
        signatures[i].key_id = fq_pack_text(arena, seals[i].key_id);
        signatures[i].algorithm = fq_pack_text(arena, seals[i].algorithm);
        signatures[i].value = fq_pack_bytes(seals[i].value);
        out.signatures[out.n_signatures++] = &signatures[i];
    }
    FQ_TRY(encode_pack(&out.base, arena, ret));
    return 0;
}
