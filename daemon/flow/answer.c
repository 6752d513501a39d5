/* SPDX-License-Identifier: Apache-2.0 */
/* Fills answers from ledgers, and makes and checks the links that buyers follow. */
#include "daemon/flow/parts.h"

#define ACTION_HOSTED_URL 1
#define ACTION_QR_CODE    2
#define ACTION_APP_SDK    3

/* A "back" link lives as long as the payment's row; an "open" link dies with its generation. */
static void link_mac(struct fq_flow *flow, const char *purpose, const struct fq_payment *payment,
                     struct fq_arena *arena, unsigned char ret[32])
{
    bool is_open = purpose[0] == 'o';
    struct fq_str subject = fq_token_subject(payment->seq, payment->secret,
                                             is_open ? payment->token_generation : 0, arena);
    flow->world->mac(flow->world->ctx, purpose, subject, ret);
}

struct fq_str fq_link(struct fq_flow *flow, const char *purpose, const struct fq_payment *payment,
                      struct fq_arena *arena)
{
    unsigned char mac[32];
    link_mac(flow, purpose, payment, arena, mac);
    struct fq_str token = fq_token_text(payment->seq, mac, arena);
    return fq_arena_printf(arena, "%.*s/%s/%.*s", fq_str_arg(flow->conf.public_url),
                           purpose[0] == 'o' ? "r" : "back", fq_str_arg(token));
}

bool fq_link_is_valid(struct fq_flow *flow, const char *purpose, const struct fq_payment *payment,
                      struct fq_str mac_text, struct fq_arena *arena)
{
    unsigned char mac[32];
    struct fq_str expected;
    int64_t seq = 0;
    link_mac(flow, purpose, payment, arena, mac);
    struct fq_str token = fq_token_text(payment->seq, mac, arena);
    return fq_token_parse(token, &seq, &expected) == 0 && fq_str_equal_secret(expected, mac_text);
}

bool fq_link_was_valid(struct fq_flow *flow, const struct fq_payment *payment,
                       struct fq_str mac_text, struct fq_arena *arena)
{
    struct fq_payment earlier = *payment;
    while (earlier.token_generation > 1) {
        earlier.token_generation--;
        if (fq_link_is_valid(flow, "open", &earlier, mac_text, arena))
            return true;
    }
    return false;
}

static struct fq_next_action answer_action(struct fq_flow *flow, struct fq_operation *operation,
                                           struct fq_ledger *ledger)
{
    const struct fq_payment *payment = &ledger->payment;
    struct fq_next_action action = { 0 };
    if (payment->state != FQ_PAYMENT_OPEN || payment->close_requested_ms > 0 ||
        fq_flow_now(flow) >= payment->expires_ms)
        return action;
    const struct fq_attempt *live = fq_ledger_live_attempt(ledger);
    if (payment->terminal == FQ_TERMINAL_QR || payment->terminal == FQ_TERMINAL_APP) {
        if (live == NULL || live->action_text.len == 0 ||
            fq_flow_now(flow) >= live->action_expires_ms)
            return action; /* a repeated CreatePayment brings a new one */
        action.kind = payment->terminal == FQ_TERMINAL_QR ? ACTION_QR_CODE : ACTION_APP_SDK;
        action.text = live->action_text;
        action.expires_ms = live->action_expires_ms;
        return action;
    }
    action.kind = ACTION_HOSTED_URL;
    action.text = fq_link(flow, "open", payment, operation->arena);
    action.expires_ms = payment->expires_ms;
    return action;
}

bool fq_may_see(const struct fq_operation *operation, const struct fq_ledger *ledger,
                const unsigned char secret[FQ_SECRET_SIZE])
{
    if (ledger == NULL)
        return false;
    struct fq_str ours = { (const char *)ledger->payment.secret, FQ_SECRET_SIZE };
    struct fq_str theirs = { (const char *)secret, FQ_SECRET_SIZE };
    return fq_str_equal(ledger->payment.merchant_id, operation->merchant->id) &&
           fq_str_equal_secret(ours, theirs);
}

struct fq_status fq_not_found(const char *field)
{
    struct fq_status status = fq_status_refused(
        FQ_CODE_NOT_FOUND, "NOT_FOUND", fq_lit("this merchant has no such payment or refund"));
    status.field = field;
    return status;
}

void fq_answer_payment(struct fq_flow *flow, struct fq_operation *operation,
                       struct fq_ledger *ledger)
{
    const struct fq_payment *payment = &ledger->payment;
    struct fq_payment_answer *answer = &operation->payment;
    answer->ledger = ledger;
    answer->payment_id = fq_id_payment(payment->seq, payment->secret, operation->arena);
    answer->action = answer_action(flow, operation, ledger);
    answer->closing = payment->state == FQ_PAYMENT_OPEN && payment->close_requested_ms > 0;
    answer->closes_by_ms = answer->closing ? fq_closes_by_ms(ledger) : 0;
    fq_finish(flow, operation);
}

void fq_answer_refund(struct fq_flow *flow, struct fq_operation *operation,
                      struct fq_ledger *ledger, const struct fq_refund *refund)
{
    const struct fq_payment *payment = &ledger->payment;
    operation->refund = (struct fq_refund_answer){
        .ledger = ledger,
        .refund = refund,
        .payment_id = fq_id_payment(payment->seq, payment->secret, operation->arena),
        .refund_id = fq_id_refund(payment->seq, payment->secret, refund->n, operation->arena),
    };
    fq_finish(flow, operation);
}
