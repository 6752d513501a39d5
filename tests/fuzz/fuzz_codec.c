/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the codec: hostile bytes are refused or become clean texts, and always the same ones. */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/io/codec.h"
#include "daemon/io/codec_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct fq_str text, size_t size_max)
{
    fq_assert(text.len <= size_max);
    fq_assert(text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL);
    fq_assert(fq_str_is_utf8(text));
}

static void check_create_payment(const struct fq_create_payment *create)
{
    check_text(create->idempotency_key, 64);
    check_text(create->merchant_order_id, 64);
    check_text(create->currency, 8);
    check_text(create->subject, 128);
    check_text(create->return_url, 512);
    check_text(create->buyer_ip, 45);
    check_text(create->buyer_user_agent, 512);
    check_text(create->buyer_reference, 64);
    fq_assert(create->quote.len <= 8192);
    fq_assert(create->terminal <= FQ_TERMINAL_QR);
    check_text(create->payer.name, 64);
    check_text(create->payer.document_number, 32);
    check_text(create->payer.phone, 20);
    fq_assert(create->payer.document_type <= FQ_DOCUMENT_HOKOU);
    fq_assert(create->has_payer || create->payer.name.len == 0);
}

static void check_quote_plans(const struct fq_quote_plans *plans)
{
    check_text(plans->currency, 8);
    check_text(plans->issuer, 32);
    check_text(plans->card_prefix, 8);
    check_text(plans->buyer_reference, 64);
    fq_assert(plans->n_channels <= 16);
    for (size_t i = 0; i < plans->n_channels; i++)
        check_text(plans->channels[i], 32);
    fq_assert(plans->terminal <= FQ_TERMINAL_QR);
    fq_assert(plans->has_line_amounts || plans->has_unlike_lines || plans->lines_total_minor == 0);
}

static void check_decoded(const struct fq_operation *operation)
{
    fq_assert(operation->request_id.len > 0);
    switch (operation->kind) {
    case FQ_OP_QUOTE_PLANS:
        check_quote_plans(&operation->quote_plans);
        break;
    case FQ_OP_LIST_CHANNELS:
        fq_assert(operation->list_channels.terminal <= FQ_TERMINAL_QR);
        break;
    case FQ_OP_CREATE_PAYMENT:
        check_create_payment(&operation->create_payment);
        break;
    case FQ_OP_GET_PAYMENT:
        check_text(operation->get_payment.payment_id, 64);
        check_text(operation->get_payment.merchant_order_id, 64);
        check_text(operation->get_payment.idempotency_key, 64);
        fq_assert(operation->get_payment.wait_ms >= 0 && operation->get_payment.wait_ms <= 25000);
        break;
    case FQ_OP_CLOSE_PAYMENT:
        check_text(operation->close_payment.payment_id, 64);
        break;
    case FQ_OP_CREATE_REFUND:
        check_text(operation->create_refund.idempotency_key, 64);
        check_text(operation->create_refund.payment_id, 64);
        check_text(operation->create_refund.currency, 8);
        check_text(operation->create_refund.reason, 128);
        break;
    case FQ_OP_GET_REFUND:
        check_text(operation->get_refund.refund_id, 64);
        break;
    case FQ_OP_LIST_EVENTS:
        fq_assert(operation->list_events.n_max >= 1 && operation->list_events.n_max <= 200);
        break;
    case FQ_OP_SUBSCRIBE:
        check_text(operation->subscribe.group, 64);
        fq_assert(operation->subscribe.has_cursor || operation->subscribe.cursor == 0);
        break;
    case FQ_OP_ACK_EVENTS:
        check_text(operation->ack_events.group, 64);
        break;
    default:
        fq_assert(operation->kind == FQ_OP_GET_KEYS || operation->kind == FQ_OP_GET_INFO);
    }
}

/* A refusal says why, and its answer can be packed, if there is room for one. */
static void check_refused(const struct fq_operation *operation)
{
    struct fq_str payload = { NULL, 0 };
    fq_assert(operation->status.code != FQ_CODE_OK && operation->status.reason != NULL);
    int r = fq_codec_encode_reply(operation, 1, &payload);
    fq_assert(r == 0 ? payload.len > 0 : fq_arena_is_full(operation->arena));
}

static bool texts_agree(const struct fq_operation *a, const struct fq_operation *b)
{
    return fq_str_equal(a->request_id, b->request_id) && a->kind == b->kind &&
           a->status.code == b->status.code && a->deadline_ms == b->deadline_ms &&
           (a->kind != FQ_OP_CREATE_PAYMENT ||
            (fq_str_equal(a->create_payment.subject, b->create_payment.subject) &&
             fq_str_equal(a->create_payment.quote, b->create_payment.quote) &&
             fq_str_equal(a->create_payment.payer.name, b->create_payment.payer.name) &&
             a->create_payment.amount.minor == b->create_payment.amount.minor)) &&
           (a->kind != FQ_OP_SUBSCRIBE || (a->subscribe.cursor == b->subscribe.cursor &&
                                           a->subscribe.credit == b->subscribe.credit &&
                                           fq_str_equal(a->subscribe.group, b->subscribe.group))) &&
           (a->kind != FQ_OP_ACK_EVENTS || a->ack_events.cursor == b->ack_events.cursor) &&
           (a->kind != FQ_OP_QUOTE_PLANS ||
            a->quote_plans.lines_total_minor == b->quote_plans.lines_total_minor);
}

/* The first byte chooses how much memory there is: the arena fails at every place in turn. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    FQ_CLEANUP(fq_arena) *small = fq_arena_new((size_t)data[0] * 16);
    FQ_CLEANUP(fq_arena) *roomy = fq_arena_new(FQ_ARENA_SIZE_MAX);
    FQ_CLEANUP(fq_arena) *again = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str bytes = { (const char *)data + 1, size - 1 };
    struct fq_operation tight = { .arena = small };
    struct fq_operation first = { .arena = roomy };
    struct fq_operation second = { .arena = again };

    int r = fq_codec_decode(bytes, &first);
    fq_assert(r == 0 || r == FQ_CODEC_E_REFUSED);
    check_text(first.request_id, 64);
    if (r == 0)
        check_decoded(&first);
    else
        check_refused(&first);
    /* What the walk lets through, the unpacker takes: only the walk names a field. */
    fq_assert(r == 0 || strcmp(first.status.reason, "MALFORMED") != 0 ||
              first.status.field != NULL);

    fq_assert(fq_codec_decode(bytes, &second) == r);
    fq_assert(texts_agree(&first, &second));

    if (fq_codec_decode(bytes, &tight) == 0)
        fq_assert(r == 0 && texts_agree(&first, &tight));
    else
        check_refused(&tight);
    return 0;
}
