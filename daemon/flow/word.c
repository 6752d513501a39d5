/* SPDX-License-Identifier: Apache-2.0 */
/* The platform's word that came unasked: whom it is about, whether it is believed, what it moves.
 */
#include "daemon/flow/parts.h"

/* An attempt, or a refund and its attempt. */
static struct fq_attempt *word_find(const struct fq_word *word, struct fq_ledger *ledger,
                                    struct fq_refund **ret_refund)
{
    const struct fq_verdict *verdict = &word->answer.verdict;
    *ret_refund = NULL;
    if (ledger == NULL)
        return NULL;
    if (verdict->object == FQ_OBJECT_PAYMENT)
        return fq_ledger_attempt_by_number(ledger, verdict->number);
    *ret_refund = fq_ledger_refund_by_number(ledger, verdict->number);
    return *ret_refund != NULL ? fq_ledger_attempt(ledger, (*ret_refund)->attempt_n) : NULL;
}

/* The message was verified before anyone knew the payment: now its amount and number are compared.
 */
static const char *word_refusal(const struct fq_word *word, const struct fq_ledger *ledger,
                                const struct fq_attempt *attempt, const struct fq_refund *refund)
{
    const struct fq_verdict *verdict = &word->answer.verdict;
    struct fq_verdict_context asked = { .object = verdict->object,
                                        .number = verdict->number,
                                        .order_number = attempt->order_number,
                                        .amount = ledger->payment.amount,
                                        .now_ms = word->now_ms };
    if (refund != NULL)
        asked.amount.minor = refund->amount_minor;
    if (!fq_str_equal(ledger->payment.channel, word->channel->conf->name))
        return "the order belongs to another channel";
    return fq_drive_refuse(word->channel, &word->answer, asked);
}

/* The message is true but proves nothing final: the platform is asked at once. About a dead attempt
 * or a failed refund, too: it may be a late success. */
static int word_decide_ask(const struct fq_word *word, struct fq_attempt *attempt,
                           struct fq_refund *refund)
{
    if (refund != NULL)
        fq_move_ask_refund(refund, word->now_ms);
    else if (attempt->state != FQ_ATTEMPT_WON)
        fq_move_ask_attempt(attempt, word->now_ms);
    return FQ_DECIDE_WRITE;
}

int fq_word_decide(struct fq_word *word, struct fq_tx *tx)
{
    struct fq_ledger *ledger = tx->ledger;
    struct fq_refund *refund = NULL;
    struct fq_attempt *attempt = word_find(word, ledger, &refund);
    word->refusal = attempt == NULL ? "no such order" : word_refusal(word, ledger, attempt, refund);
    if (word->refusal != NULL)
        return FQ_DECIDE_KEEP;
    word->refund_n = refund != NULL ? refund->n : 0;
    if (word->answer.verdict.step == FQ_STEP_ASK)
        return word_decide_ask(word, attempt, refund);
    struct fq_judgement judgement = { .verdict = &word->answer.verdict,
                                      .evidence = fq_evidence_of(&word->answer, word->kind),
                                      .now_ms = word->now_ms,
                                      .schedule = word->schedule };
    if (refund != NULL)
        word->move = fq_settle_refund(ledger, refund, &judgement);
    else
        word->move = fq_settle_attempt(ledger, attempt, &judgement);
    if (word->move == FQ_MOVE_WIN)
        fq_settle_won(word->catalog, tx, attempt, word->policy_number, word->now_ms);
    return FQ_DECIDE_WRITE;
}
