/* SPDX-License-Identifier: Apache-2.0 */
/* The claims about money: who was charged, what went back, what is still open. */
#include "tests/sim/claims.h"

#include <string.h>

#include "daemon/core/id.h"

static const struct sim_platform *claims_platform(const struct claims *claims, int64_t seq)
{
    const struct claims_payment *payment = claims_payment(claims, seq);
    const char *channel = payment != NULL ? payment->channel : "";
    return sim_platform_of(claims->sim, channel, strlen(channel));
}

struct sim_truth claims_truth(const struct claims *claims, const struct claims_attempt *attempt)
{
    struct sim_truth truth = { 0 };
    const struct sim_platform *platform = claims_platform(claims, attempt->payment_seq);
    if (platform != NULL)
        platform->calls->truth(platform, attempt->number, &truth);
    return truth;
}

/* ---- payments ---- */

static bool claims_was_acknowledged(const struct claims *claims, const char *number)
{
    const struct sim_number *at = claims->sim->acknowledged;
    while (at != NULL && strcmp(at->number, number) != 0)
        at = at->next;
    return at != NULL;
}

/* A settlement day ends at 23:00 in Beijing; its file is there ten hours later, and was asked for.
 */
static bool claims_was_in_a_file(const struct claims *claims, const struct sim_platform *platform,
                                 int64_t settled_ms)
{
    int64_t end_of_day_ms = INT64_C(15) * 3600000; /* 23:00, in UTC */
    int64_t day = (settled_ms - end_of_day_ms) / 86400000 + 1;
    int64_t taken_ms = day * 86400000 + end_of_day_ms + INT64_C(14) * 3600000;
    return sim_takes_statements(claims->sim) && platform == claims->sim->platforms[SIM_BANKCARD] &&
           !platform->has_bad_files && sim_now_ms(claims->sim) > taken_ms;
}

static void claims_not_forgotten(const struct claims *claims, const struct sim_platform *platform)
{
    size_t n = platform->calls->n_charged(platform);
    for (size_t i = 0; i < n; i++) {
        struct sim_truth truth;
        const char *number = platform->calls->charged(platform, i);
        platform->calls->truth(platform, number, &truth);
        const struct claims_attempt *attempt = claims_attempt(claims, number);
        const struct claims_payment *payment =
            attempt != NULL ? claims_payment(claims, attempt->payment_seq) : NULL;
        if (payment != NULL && truth.amount_minor != payment->amount_minor)
            continue; /* not what was asked for: see claims_states_true */
        bool is_known = payment != NULL && attempt->state == FQ_ATTEMPT_WON &&
                        payment->state == FQ_PAYMENT_PAID &&
                        strcmp(payment->channel, platform->calls->channel) == 0;
        /* What the platform broke its word for, and then told nobody, nobody can know before the
         * settlement file. */
        if (!is_known && (!truth.is_late || claims_was_acknowledged(claims, number) ||
                          claims_was_in_a_file(claims, platform, truth.paid_ms)))
            sim_violate(claims->sim, "no-verified-payment-forgotten", "%s is charged%s", number,
                        payment == NULL ? " and unknown" : "");
    }
}

static bool claims_is_for_operator(const struct claims *claims, int64_t seq);

/* Of two tries beside each other, which only a shop with that policy has, the later was given back;
 * or it cannot be, and the operator knows. */
static bool claims_went_back(const struct claims *claims, const struct claims_payment *payment,
                             const struct claims_attempt *attempt)
{
    if (payment->n_attempts < 2 || strcmp(payment->merchant_id, "boutique") != 0)
        return false;
    if (attempt->state != FQ_ATTEMPT_WON && claims_is_for_operator(claims, payment->seq))
        return true;
    for (size_t i = 0; i < claims->n_refunds; i++) {
        const struct claims_refund *refund = &claims->refunds[i];
        if (refund->payment_seq == payment->seq && refund->attempt_n == attempt->n &&
            refund->origin == FQ_ORIGIN_AUTOMATIC)
            return true;
    }
    return false;
}

static bool claims_is_charged(const struct claims *claims, const struct sim_order *order,
                              const struct claims_attempt *attempt)
{
    const struct claims_payment *payment = claims_payment(claims, attempt->payment_seq);
    if (payment == NULL || strcmp(payment->order_id, order->id) != 0)
        return false;
    struct sim_truth truth = claims_truth(claims, attempt);
    return truth.is_paid && !truth.is_late && !claims_went_back(claims, payment, attempt);
}

static void claims_charged_once(const struct claims *claims)
{
    for (const struct sim_order *order = claims->sim->orders; order != NULL; order = order->next) {
        size_t n_charged = 0;
        for (size_t i = 0; i < claims->n_attempts && !order->is_parallel; i++)
            n_charged += claims_is_charged(claims, order, &claims->attempts[i]);
        if (n_charged > 1)
            sim_violate(claims->sim, "charged-at-most-once", "%s is charged %zu times", order->id,
                        n_charged);
    }
}

/* Paid, but another amount than ours, and perhaps given back at once: what the platform says of it
 * is not said of ours, and the operator knows. */
static bool claims_is_other_amount(const struct claims *claims,
                                   const struct claims_attempt *attempt)
{
    const struct claims_payment *payment = claims_payment(claims, attempt->payment_seq);
    struct sim_truth truth = claims_truth(claims, attempt);
    return payment != NULL && truth.amount_minor > 0 && truth.amount_minor != payment->amount_minor;
}

/* Neither time nor the platform ends it, and the operator knows. */
static bool claims_is_for_operator(const struct claims *claims, int64_t seq)
{
    const struct claims_payment *payment = claims_payment(claims, seq);
    bool is_open = false;
    for (size_t i = 0; i < claims->n_attempts && !is_open; i++) {
        const struct claims_attempt *attempt = &claims->attempts[i];
        is_open = attempt->payment_seq == seq && (claims_is_other_amount(claims, attempt) ||
                                                  claims_truth(claims, attempt).is_doubtful);
    }
    return is_open && payment != NULL && (payment->flags & FQ_FLAG_FOR_OPERATOR) != 0;
}

static void claims_states_true(const struct claims *claims)
{
    for (size_t i = 0; i < claims->n_attempts; i++) {
        const struct claims_attempt *attempt = &claims->attempts[i];
        struct sim_truth truth = claims_truth(claims, attempt);
        if (attempt->state == FQ_ATTEMPT_WON && !truth.is_paid)
            sim_violate(claims->sim, "every-signed-result-true", "%s: won, and nobody paid",
                        attempt->number);
        if (attempt->state == FQ_ATTEMPT_WON && claims_is_other_amount(claims, attempt))
            sim_violate(claims->sim, "every-signed-result-true", "%s: won by another amount",
                        attempt->number);
        if (attempt->state == FQ_ATTEMPT_DEAD && truth.is_paid && !truth.is_late)
            sim_violate(claims->sim, "every-signed-result-true", "%s: dead, and paid",
                        attempt->number);
    }
}

/* ---- refunds ---- */

static bool claims_find_refund(const struct claims *claims, const struct claims_attempt *attempt,
                               const char *number, struct sim_refund_truth *ret)
{
    const struct sim_platform *platform = claims_platform(claims, attempt->payment_seq);
    for (size_t i = 0; platform->calls->refund(platform, attempt->number, i, ret); i++) {
        if (strcmp(ret->number, number) == 0)
            return true;
    }
    return false;
}

static void claims_refund_agrees(const struct claims *claims, const struct claims_attempt *attempt,
                                 const struct claims_refund *refund)
{
    struct sim_refund_truth truth = { 0 };
    bool is_there = claims_find_refund(claims, attempt, refund->number, &truth);
    bool is_done = is_there && truth.settled_ms > 0 && truth.amount_minor == refund->amount_minor;
    if (refund->state == FQ_REFUND_REFUNDED && !is_done)
        sim_violate(claims->sim, "refunds-agree-with-platform", "%s: refunded here alone",
                    refund->number);
    if (refund->state != FQ_REFUND_REFUNDED && is_there)
        sim_violate(claims->sim, "refunds-agree-with-platform", "%s: state %lld, and it was made",
                    refund->number, (long long)refund->state);
}

/* What went back by somebody else's hand: the settlement file tells it. */
static void claims_foreign_refund(const struct claims *claims, const struct claims_attempt *attempt,
                                  const struct sim_refund_truth *made)
{
    const struct sim_platform *platform = claims_platform(claims, attempt->payment_seq);
    if (!made->is_foreign || made->settled_ms == 0 || attempt->state != FQ_ATTEMPT_WON ||
        !claims_was_in_a_file(claims, platform, made->settled_ms))
        return;
    for (size_t i = 0; i < claims->n_refunds; i++) {
        const struct claims_refund *refund = &claims->refunds[i];
        if (strcmp(refund->number, made->number) == 0 && refund->state == FQ_REFUND_REFUNDED &&
            refund->origin == FQ_ORIGIN_PLATFORM && refund->amount_minor == made->amount_minor)
            return;
    }
    sim_violate(claims->sim, "refunds-agree-with-platform", "%s: made by hand, and unknown here",
                made->number);
}

static void claims_refunds_of(const struct claims *claims, const struct claims_attempt *attempt,
                              const struct claims_payment *payment)
{
    struct sim_truth truth = claims_truth(claims, attempt);
    struct sim_refund_truth made;
    const struct sim_platform *platform = claims_platform(claims, attempt->payment_seq);
    int64_t counted_minor = 0;
    size_t n_here = 0, n_there = 0;
    for (size_t i = 0; i < claims->n_refunds; i++) {
        const struct claims_refund *refund = &claims->refunds[i];
        if (refund->payment_seq != attempt->payment_seq || refund->attempt_n != attempt->n)
            continue;
        claims_refund_agrees(claims, attempt, refund);
        if (refund->state != FQ_REFUND_FAILED && refund->origin != FQ_ORIGIN_PLATFORM)
            counted_minor += refund->amount_minor;
        n_here += refund->state == FQ_REFUND_REFUNDED && refund->origin != FQ_ORIGIN_PLATFORM;
    }
    for (size_t i = 0; platform->calls->refund(platform, attempt->number, i, &made); i++) {
        n_there += !made.is_foreign;
        claims_foreign_refund(claims, attempt, &made);
    }
    if (counted_minor > payment->amount_minor || truth.taken_minor > truth.amount_minor)
        sim_violate(claims->sim, "refunds-never-exceed-paid", "%s: %lld of %lld", attempt->number,
                    (long long)counted_minor, (long long)payment->amount_minor);
    if (n_there != n_here)
        sim_violate(claims->sim, "refunds-agree-with-platform", "%s: %zu made there, %zu here",
                    attempt->number, n_there, n_here);
}

static void claims_refunds(const struct claims *claims)
{
    for (size_t i = 0; i < claims->n_attempts; i++) {
        const struct claims_payment *payment =
            claims_payment(claims, claims->attempts[i].payment_seq);
        if (payment != NULL)
            claims_refunds_of(claims, &claims->attempts[i], payment);
    }
}

/* ---- keys ---- */

static const struct claims_key *claims_key(const struct claims *claims, size_t merchant,
                                           const char *key)
{
    for (size_t i = 0; i < claims->n_keys; i++) {
        if (strcmp(claims->keys[i].key, key) == 0 &&
            strcmp(claims->keys[i].merchant_id, merchant == 0 ? "shop" : "boutique") == 0)
            return &claims->keys[i];
    }
    return NULL;
}

/* What a shop was told once is there, and its key stands for it. */
static void claims_intent(const struct claims *claims, const struct sim_order *order,
                          const struct sim_intent *intent)
{
    unsigned char secret[FQ_SECRET_SIZE];
    int64_t seq = 0;
    const struct claims_key *key = claims_key(claims, order->merchant, intent->key);
    if (intent->payment_id == NULL)
        return;
    if (fq_id_parse_payment(fq_str_of(intent->payment_id), &seq, secret) != 0 || key == NULL ||
        key->payment_seq != seq) {
        sim_violate(claims->sim, "idempotent-answers-same", "%s: the key is forgotten",
                    intent->key);
        return;
    }
    const struct claims_payment *payment = claims_payment(claims, seq);
    if (payment == NULL || memcmp(payment->secret, secret, sizeof(secret)) != 0)
        sim_violate(claims->sim, "answered-is-durable", "%s is gone", intent->payment_id);
    else if ((intent->was_paid && payment->state != FQ_PAYMENT_PAID) ||
             (intent->was_closed && payment->state == FQ_PAYMENT_OPEN))
        sim_violate(claims->sim, "answered-is-durable", "%s: an end was undone", intent->key);
    for (size_t i = 0; i < intent->n_refunds; i++) {
        const struct sim_refund_wish *refund = &intent->refunds[i];
        if (refund->refund_id != NULL && claims_key(claims, order->merchant, refund->key) == NULL)
            sim_violate(claims->sim, "answered-is-durable", "%s is gone", refund->refund_id);
    }
}

/* ---- what is still open ---- */

/* UnionPay takes a refund's request once, and this one was lost: the operator knows. */
static bool claims_is_lost_refund(const struct claims *claims, const struct claims_refund *refund)
{
    struct sim_refund_truth made;
    const struct claims_payment *payment = claims_payment(claims, refund->payment_seq);
    if (payment == NULL || refund->state != FQ_REFUND_SUBMITTED ||
        strcmp(payment->channel, "bankcard") != 0 || (payment->flags & FQ_FLAG_FOR_OPERATOR) == 0)
        return false;
    for (size_t i = 0; i < claims->n_attempts; i++) {
        const struct claims_attempt *attempt = &claims->attempts[i];
        if (attempt->payment_seq == refund->payment_seq &&
            claims_find_refund(claims, attempt, refund->number, &made))
            return false;
    }
    return true;
}

static void claims_nothing_left(const struct claims *claims)
{
    for (size_t i = 0; i < claims->n_payments; i++) {
        const struct claims_payment *payment = &claims->payments[i];
        if (claims_is_for_operator(claims, payment->seq))
            continue;
        if (payment->state == FQ_PAYMENT_OPEN || payment->due_ms != 0)
            sim_violate(claims->sim, "nothing-left-due", "%s: payment state %lld, due %lld",
                        payment->order_id, (long long)payment->state, (long long)payment->due_ms);
    }
    for (size_t i = 0; i < claims->n_attempts; i++) {
        const struct claims_attempt *attempt = &claims->attempts[i];
        if (claims_is_for_operator(claims, attempt->payment_seq))
            continue;
        if (attempt->state < FQ_ATTEMPT_WON || attempt->due_ms != 0)
            sim_violate(claims->sim, "nothing-left-due", "%s: attempt state %lld, due %lld",
                        attempt->number, (long long)attempt->state, (long long)attempt->due_ms);
    }
    for (size_t i = 0; i < claims->n_refunds; i++) {
        const struct claims_refund *refund = &claims->refunds[i];
        if (claims_is_lost_refund(claims, refund))
            continue;
        if (refund->state < FQ_REFUND_REFUNDED || refund->due_ms != 0)
            sim_violate(claims->sim, "nothing-left-due", "%s: refund state %lld, due %lld",
                        refund->number, (long long)refund->state, (long long)refund->due_ms);
    }
}

/* Once a payment has ended nobody needs to know who was to pay; and nothing else ever says it. */
static void claims_payers(const struct claims *claims)
{
    for (size_t i = 0; i < claims->n_payments; i++) {
        const struct claims_payment *payment = &claims->payments[i];
        if (payment->state != FQ_PAYMENT_OPEN && payment->payer_size > 0)
            sim_violate(claims->sim, "payers-reach-the-platform-alone", "%s: kept",
                        payment->order_id);
    }
    for (size_t i = 0; i < claims->n_journal; i++) {
        const struct claims_journal *row = &claims->journal[i];
        if (memmem(row->body, row->body_size, SIM_PAYER_DOCUMENT, strlen(SIM_PAYER_DOCUMENT)))
            sim_violate(claims->sim, "payers-reach-the-platform-alone", "in the journal");
    }
}

void sim_claims(struct sim *sim)
{
    struct claims claims;
    sim->is_quiet = true;
    if (!claims_read(&claims, sim)) {
        sim_violate(sim, "ledger-is-readable", "after everything came to rest");
        return;
    }
    for (size_t i = 0; i < SIM_CHANNELS; i++)
        claims_not_forgotten(&claims, sim->platforms[i]);
    claims_charged_once(&claims);
    claims_states_true(&claims);
    claims_refunds(&claims);
    for (const struct sim_order *order = sim->orders; order != NULL; order = order->next) {
        for (size_t i = 0; i < order->n_intents; i++)
            claims_intent(&claims, order, &order->intents[i]);
    }
    claims_nothing_left(&claims);
    claims_payers(&claims);
    claims_about_the_journal(&claims);
    claims_about_consumers(&claims);
    claims_about_renewed_keys(&claims);
    for (size_t i = 0; i < claims.n_journal; i++)
        sim_say_text(sim, "journal", (const char *)claims.journal[i].body,
                     claims.journal[i].body_size, claims.journal[i].payment_seq);
    sim_say(sim, "ledger", "payments", (int64_t)claims.n_payments);
    sim_say(sim, "ledger", "journal rows", (int64_t)claims.n_journal);
}
