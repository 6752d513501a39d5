/* SPDX-License-Identifier: Apache-2.0 */
/* Judges by the operator's evidence, where the platform's word is wanting. */
#include "daemon/core/resolve.h"

#include "daemon/base/err.h"

/* The operator's word in the form of the platform's; what that said last stays to be seen. */
static uint32_t resolve_judge(struct fq_ledger *ledger, struct fq_attempt *attempt,
                              struct fq_refund *refund, uint32_t outcome,
                              const struct fq_resolution *resolution)
{
    const struct fq_verdict verdict = {
        .struct_size = sizeof(verdict),
        .step = FQ_STEP_DONE,
        .outcome = outcome,
        .object = refund != NULL ? FQ_OBJECT_REFUND : FQ_OBJECT_PAYMENT,
        .platform_code = refund != NULL ? refund->platform_code : attempt->platform_code,
        .platform_text = refund != NULL ? refund->platform_text : attempt->platform_text,
    };
    const struct fq_judgement judgement = { .verdict = &verdict,
                                            .evidence = resolution->evidence,
                                            .asked_ms = resolution->now_ms,
                                            .now_ms = resolution->now_ms,
                                            .schedule = resolution->schedule };
    if (refund != NULL)
        return fq_settle_refund(ledger, refund, &judgement);
    return fq_settle_attempt(ledger, attempt, &judgement);
}

/* ---- a payment: which of its attempts ---- */

static bool resolve_is_live(const struct fq_attempt *attempt)
{
    return attempt->state == FQ_ATTEMPT_SENT || attempt->state == FQ_ATTEMPT_PLANNED;
}

/* The platform was asked after the last deadline and did not say; or nobody can ask it. */
static bool resolve_is_unknown(const struct fq_attempt *attempt,
                               const struct fq_resolution *resolution)
{
    if (attempt->unknown_ms > 0)
        return true;
    return resolve_is_live(attempt) && !resolution->can_be_asked &&
           resolution->now_ms > attempt->settle_after_ms + FQ_OPERATOR_AFTER_MS;
}

static bool resolve_was_said(const struct fq_attempt *attempt,
                             const struct fq_resolution *resolution)
{
    uint32_t state = resolution->as == FQ_RESOLVE_PAID ? FQ_ATTEMPT_WON : FQ_ATTEMPT_DEAD;
    return attempt->by_operator && attempt->state == state;
}

/* "Unpaid" was only an operator's word: another one may say better. */
static bool resolve_may_correct(const struct fq_attempt *attempt,
                                const struct fq_resolution *resolution)
{
    return resolution->as == FQ_RESOLVE_PAID && attempt->by_operator &&
           attempt->state == FQ_ATTEMPT_DEAD;
}

static int resolve_attempt(struct fq_ledger *ledger, struct fq_attempt *attempt,
                           struct fq_resolution *resolution)
{
    bool is_paid = resolution->as == FQ_RESOLVE_PAID;
    resolution->resolved_n = attempt->n;
    if (resolve_was_said(attempt, resolution)) {
        resolution->is_repeated = true;
        return 0;
    }
    if (!resolve_is_unknown(attempt, resolution) && !resolve_may_correct(attempt, resolution))
        return resolve_is_live(attempt) ? FQ_RESOLVE_E_CAN_BE_ASKED : FQ_RESOLVE_E_PROVEN;
    resolution->move = resolve_judge(ledger, attempt, NULL,
                                     is_paid ? FQ_OUTCOME_PAID : FQ_OUTCOME_CLOSED, resolution);
    return 0;
}

/* The unknown one; else one of which it was said already; else one that can be corrected; else any,
 * to tell why not. */
static int resolve_choose(struct fq_ledger *ledger, const struct fq_resolution *resolution,
                          struct fq_attempt **ret)
{
    struct fq_attempt *unknown = NULL, *said = NULL, *wrong = NULL;
    uint32_t n_unknown = 0;
    for (uint32_t n = 1; n <= ledger->payment.n_attempts; n++) {
        struct fq_attempt *attempt = fq_ledger_attempt(ledger, n);
        if (resolve_is_unknown(attempt, resolution))
            unknown = attempt, n_unknown++;
        else if (resolve_was_said(attempt, resolution))
            said = attempt;
        else if (resolve_may_correct(attempt, resolution))
            wrong = attempt;
    }
    struct fq_attempt *last = fq_ledger_attempt(ledger, ledger->payment.n_attempts);
    struct fq_attempt *const choices[] = { unknown, said, wrong, fq_ledger_live_attempt(ledger),
                                           last };
    size_t i = 0;
    if (last == NULL)
        return FQ_RESOLVE_E_NOT_SENT;
    while (choices[i] == NULL)
        i++;
    *ret = choices[i];
    return n_unknown > 1 ? FQ_RESOLVE_E_SEVERAL : 0;
}

static int resolve_payment(struct fq_ledger *ledger, struct fq_resolution *resolution)
{
    struct fq_attempt *attempt = fq_ledger_attempt(ledger, resolution->attempt_n);
    if (resolution->amount_minor != 0 && resolution->amount_minor != ledger->payment.amount.minor)
        return FQ_RESOLVE_E_AMOUNT;
    if (resolution->attempt_n > 0 && attempt == NULL)
        return FQ_RESOLVE_E_ABSENT;
    int r = attempt == NULL ? resolve_choose(ledger, resolution, &attempt) : 0;
    return r != 0 ? r : resolve_attempt(ledger, attempt, resolution);
}

/* ---- a refund ---- */

static int resolve_refund(struct fq_ledger *ledger, struct fq_resolution *resolution)
{
    bool is_refunded = resolution->as == FQ_RESOLVE_REFUNDED;
    uint32_t wished = is_refunded ? FQ_REFUND_REFUNDED : FQ_REFUND_FAILED;
    struct fq_refund *refund = fq_ledger_refund(ledger, resolution->refund_n);
    if (refund == NULL)
        return FQ_RESOLVE_E_ABSENT;
    if (resolution->amount_minor != 0 && resolution->amount_minor != refund->amount_minor)
        return FQ_RESOLVE_E_AMOUNT;
    resolution->resolved_n = refund->n;
    if (refund->by_operator && refund->state == wished) {
        resolution->is_repeated = true;
        return 0;
    }
    bool is_over = refund->state == FQ_REFUND_REFUNDED || refund->state == FQ_REFUND_FAILED;
    bool is_unknown = refund->unknown_ms > 0 ||
                      (!resolution->can_be_asked && resolution->now_ms > refund->deadline_ms);
    bool may_correct = is_refunded && refund->by_operator && refund->state == FQ_REFUND_FAILED;
    if (is_over && !may_correct && refund->unknown_ms == 0)
        return FQ_RESOLVE_E_PROVEN;
    if (!is_over && !is_unknown)
        return FQ_RESOLVE_E_CAN_BE_ASKED;
    resolution->move =
        resolve_judge(ledger, NULL, refund,
                      is_refunded ? FQ_OUTCOME_REFUNDED : FQ_OUTCOME_REFUND_FAILED, resolution);
    return 0;
}

/* ---- a contradiction ---- */

static int resolve_check(struct fq_ledger *ledger, struct fq_resolution *resolution)
{
    struct fq_payment *payment = &ledger->payment;
    if ((payment->flags & FQ_FLAG_TO_CHECK) == 0) {
        resolution->is_repeated = (payment->flags & FQ_FLAG_CHECKED) != 0;
        return resolution->is_repeated ? 0 : FQ_RESOLVE_E_NO_DOUBT;
    }
    payment->flags &= ~(uint32_t)FQ_FLAG_TO_CHECK;
    payment->flags |= FQ_FLAG_CHECKED;
    fq_ledger_calm(ledger);
    fq_ledger_moved(ledger, resolution->now_ms, "payment", 0, "checked by the operator",
                    &resolution->evidence);
    return 0;
}

int fq_resolve(struct fq_ledger *ledger, struct fq_resolution *resolution)
{
    bool is_refund = resolution->refund_n > 0;
    fq_assert(resolution->evidence.by.len > 0 && resolution->evidence.and_by.len > 0);
    switch ((enum fq_resolve_as)resolution->as) {
    case FQ_RESOLVE_PAID:
    case FQ_RESOLVE_UNPAID:
        return is_refund ? FQ_RESOLVE_E_OTHER_OBJECT : resolve_payment(ledger, resolution);
    case FQ_RESOLVE_REFUNDED:
    case FQ_RESOLVE_NOT_REFUNDED:
        return is_refund ? resolve_refund(ledger, resolution) : FQ_RESOLVE_E_OTHER_OBJECT;
    case FQ_RESOLVE_CHECKED:
        return is_refund ? FQ_RESOLVE_E_OTHER_OBJECT : resolve_check(ledger, resolution);
    case FQ_RESOLVE_UNSET:
        break;
    }
    return FQ_FAULT(-EINVAL, "resolved as nothing");
}
