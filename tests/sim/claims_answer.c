/* SPDX-License-Identifier: Apache-2.0 */
/* The claims about one answer, compared with the platform's truth at the moment it is given. */
#include <string.h>

#include "tests/sim/consumer.h"

/* Both hold of every answer that shows a payment; `is_paid`: some of its orders was paid. */
struct answer_truth {
    bool is_paid;
    bool knows_payer;
    bool has_terms;       /* those that the answer names were used */
    bool is_paid_unasked; /* not by a platform that broke its word */
    int64_t refunded_minor;
};

static const struct sim_platform *answer_platform(const struct sim *sim,
                                                  const struct fq_ledger *ledger)
{
    return sim_platform_of(sim, ledger->payment.channel.ptr, ledger->payment.channel.len);
}

static struct answer_truth answer_truth(struct sim *sim, const struct fq_ledger *ledger)
{
    struct answer_truth all = { 0 };
    const struct sim_platform *platform = answer_platform(sim, ledger);
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        struct sim_truth truth;
        char number[SIM_NUMBER_SIZE] = "";
        struct fq_str text = ledger->attempts[i].order_number;
        memcpy(number, text.ptr, text.len < sizeof(number) ? text.len : sizeof(number) - 1);
        platform->calls->truth(platform, number, &truth);
        all.is_paid |= truth.is_paid && truth.amount_minor == ledger->payment.amount.minor;
        all.is_paid_unasked |= truth.is_paid && !truth.is_late;
        all.knows_payer |= truth.is_paid && truth.knows_payer;
        all.has_terms |= truth.is_paid && truth.instalments == ledger->payment.instalments_used;
        all.refunded_minor += truth.refunded_minor;
    }
    return all;
}

static void answer_claim_state(struct sim *sim, const struct sim_ask *ask,
                               const struct fq_ledger *ledger)
{
    const struct fq_payment *payment = &ledger->payment;
    struct answer_truth truth = answer_truth(sim, ledger);
    const char *order = ask->order->id;
    if (payment->state == FQ_PAYMENT_PAID && !truth.is_paid)
        sim_violate(sim, "every-signed-result-true", "%s: PAID, and nobody paid", order);
    if (payment->state == FQ_PAYMENT_CLOSED && truth.is_paid_unasked)
        sim_violate(sim, "every-signed-result-true", "%s: CLOSED, and the buyer has paid", order);
    if (payment->instalments_used > 0 &&
        (!truth.has_terms || (payment->terms_match == FQ_TERMS_CONFIRMED) !=
                                 (payment->instalments_used == ask->order->instalments)))
        sim_violate(sim, "every-signed-result-true", "%s: in %u instalments, and it is not so",
                    order, payment->instalments_used);
    if (payment->refunded_minor > truth.refunded_minor)
        sim_violate(sim, "every-signed-result-true", "%s: %lld refunded, it is %lld", order,
                    (long long)payment->refunded_minor, (long long)truth.refunded_minor);
    if (payment->state == FQ_PAYMENT_PAID && ask->intent->names_payer != truth.knows_payer)
        sim_violate(sim, "payers-reach-the-platform-alone", "%s: another payer", order);
    if (payment->amount.minor != ask->order->amount_minor)
        sim_violate(sim, "every-signed-result-true", "%s: another amount", order);
}

/* Who asked after an answer was given is not told of an earlier time. */
static void answer_claim_order(struct sim *sim, const struct sim_ask *ask,
                               const struct fq_ledger *ledger)
{
    struct sim_intent *intent = ask->intent;
    int64_t version = ledger->payment.version;
    if (version < intent->told_version && ask->asked_us > intent->told_us)
        sim_violate(sim, "no-answer-goes-back", "%s: version %lld after %lld", ask->order->id,
                    (long long)version, (long long)intent->told_version);
    if (version > intent->told_version) {
        intent->told_version = version;
        intent->told_us = sim->now_us;
    }
    intent->told_state = ledger->payment.state;
    intent->was_paid = intent->was_paid || ledger->payment.state == FQ_PAYMENT_PAID;
    intent->was_closed = intent->was_closed || ledger->payment.state == FQ_PAYMENT_CLOSED;
}

static void answer_claim_same(struct sim *sim, const struct sim_ask *ask, const char **known,
                              struct fq_str id)
{
    if (*known == NULL)
        *known = sim_copy(sim, id.ptr, id.len);
    else if (!fq_str_equal(fq_str_of(*known), id))
        sim_violate(sim, "idempotent-answers-same", "%s: %.*s, and before %s", ask->order->id,
                    fq_str_arg(id), *known);
}

static void answer_claim_created(struct sim *sim, const struct sim_ask *ask,
                                 const struct fq_operation *operation)
{
    struct sim_intent *intent = ask->intent;
    const struct fq_payment_answer *answer = &operation->payment;
    answer_claim_same(sim, ask, ask->is_other ? &intent->other_id : &intent->payment_id,
                      answer->payment_id);
    if (intent->other_id != NULL && intent->payment_id != NULL)
        sim_violate(sim, "idempotent-answers-same", "%s: one key for two contents", ask->order->id);
    if (ask->is_other || answer->action.kind == 0)
        return;
    bool is_link = answer->action.kind == 1;
    if (is_link && intent->action != NULL &&
        !fq_str_equal(fq_str_of(intent->action), answer->action.text))
        sim_violate(sim, "idempotent-answers-same", "%s: another link", ask->order->id);
    intent->action = sim_copy(sim, answer->action.text.ptr, answer->action.text.len);
}

static void answer_claim_payment(struct sim *sim, const struct sim_ask *ask,
                                 const struct fq_operation *operation)
{
    const struct fq_ledger *ledger = operation->payment.ledger;
    if (ask->kind == FQ_OP_CREATE_PAYMENT)
        answer_claim_created(sim, ask, operation);
    if (ask->is_other || (ask->intent->payment_id == NULL && ask->intent->other_id != NULL))
        return;
    answer_claim_same(sim, ask, &ask->intent->payment_id, operation->payment.payment_id);
    answer_claim_state(sim, ask, ledger);
    answer_claim_order(sim, ask, ledger);
}

/* ---- refunds ---- */

static bool answer_find_refund(struct sim *sim, const struct fq_ledger *ledger,
                               const struct fq_refund *refund, struct sim_refund_truth *ret)
{
    const struct sim_platform *platform = answer_platform(sim, ledger);
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        char number[SIM_NUMBER_SIZE] = "";
        struct fq_str text = ledger->attempts[i].order_number;
        memcpy(number, text.ptr, text.len < sizeof(number) ? text.len : sizeof(number) - 1);
        for (size_t k = 0; platform->calls->refund(platform, number, k, ret); k++) {
            if (fq_str_equal(fq_str_of(ret->number), refund->number))
                return true;
        }
    }
    return false;
}

static void answer_claim_refund(struct sim *sim, const struct sim_ask *ask,
                                const struct fq_operation *operation)
{
    const struct fq_refund *refund = operation->refund.refund;
    struct sim_refund_truth truth = { 0 };
    bool is_there = answer_find_refund(sim, operation->refund.ledger, refund, &truth);
    answer_claim_same(sim, ask, &ask->refund->refund_id, operation->refund.refund_id);
    if (refund->state == FQ_REFUND_REFUNDED &&
        (!is_there || truth.settled_ms == 0 || truth.amount_minor != refund->amount_minor))
        sim_violate(sim, "every-signed-result-true", "%s: REFUNDED, and no money went back",
                    ask->order->id);
    if (refund->state == FQ_REFUND_FAILED && is_there)
        sim_violate(sim, "every-signed-result-true", "%s: refund FAILED, and it was made",
                    ask->order->id);
    if (refund->amount_minor != ask->refund->amount_minor)
        sim_violate(sim, "every-signed-result-true", "%s: refund of another amount",
                    ask->order->id);
    ask->refund->told_state = refund->state;
}

/* ---- events ---- */

static void answer_claim_events(struct sim *sim, const struct sim_ask *ask,
                                const struct fq_operation *operation)
{
    struct sim_reader *reader = ask->reader;
    for (size_t i = 0; i < operation->n_events; i++) {
        const struct fq_event_row *event = &operation->events[i];
        if (event->cursor <= reader->cursor)
            continue; /* two answers of one reader may cross */
        if (event->cursor != reader->cursor + 1)
            sim_violate(sim, "events-match-moves", "cursor %lld after %lld",
                        (long long)event->cursor, (long long)reader->cursor);
        reader->cursor = event->cursor;
        reader->digest = reader->digest * 31 + (uint64_t)event->seq;
        reader->digest = reader->digest * 31 + event->kind;
        sim->totals->n_events++;
    }
}

void sim_claim_answer(struct sim *sim, struct sim_ask *ask, const struct fq_operation *operation)
{
    if (ask->subscription != NULL)
        sim_claim_subscription(sim, ask, operation);
    else if (operation->status.code != 0)
        return;
    else if (ask->kind == FQ_OP_LIST_EVENTS)
        answer_claim_events(sim, ask, operation);
    else if (operation->refund.refund != NULL && ask->refund != NULL)
        answer_claim_refund(sim, ask, operation);
    else if (operation->payment.ledger != NULL && ask->intent != NULL)
        answer_claim_payment(sim, ask, operation);
}
