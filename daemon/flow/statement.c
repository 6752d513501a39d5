/* SPDX-License-Identifier: Apache-2.0 */
/* A day's settlement file: each line is a verified word about a payment or a refund. */
#include <string.h>

#include "daemon/core/beijing.h"
#include "daemon/core/money.h"
#include "daemon/flow/parts.h"

/* The file as it came, unpacked, and its lines. */
#define STATEMENT_SIZE_MAX ((size_t)128 << 20)
#define ANSWER_SIZE_MAX    ((size_t)16 << 20)
#define LINES_AT_ONCE      16

struct statement {
    struct fq_errand *errand;
    uint32_t object; /* of the lines that are settled now: what goes back had come in before */
    size_t n_seen;   /* lines, of whatever object */
    size_t n_open;
    size_t n_settled;
    size_t n_foreign; /* not ours: another system of this account, or a kind we do not send */
    size_t n_refused;
    bool has_failed; /* the store: the whole day is taken again */
    void (*done)(void *asker, const char *refusal, int64_t retry_after_ms);
    void *asker;
};

struct line {
    struct statement *statement;
    struct fq_arena *arena; /* its own */
    const struct fq_statement_line *said;
    struct fq_word word;
    struct fq_tx tx;
    bool is_found_refund; /* looked up once more, by the order whose money went back */
};

static void statement_say_taken(const struct statement *statement)
{
    const struct fq_errand *errand = statement->errand;
    fq_log(LOG_NOTICE, FQ_MSG_STATEMENT_TAKEN, "statement taken",
           FQ_LOG_STR("CHANNEL", errand->channel->conf->name), FQ_LOG_STR("DAY", errand->call.day),
           FQ_LOG_INT("LINES", errand->answer.verdict.n_lines),
           FQ_LOG_INT("SETTLED", statement->n_settled),
           FQ_LOG_INT("NOT_OURS", statement->n_foreign),
           FQ_LOG_INT("REFUSED", statement->n_refused),
           FQ_LOG_TEXT("NEXT", statement->n_refused > 0
                                   ? "look at the refused lines above: they contradict the ledger"
                                   : "nothing"));
}

static void statement_end(struct statement *statement, const char *refusal, int64_t retry_after_ms)
{
    struct fq_errand *errand = statement->errand;
    if (refusal == NULL)
        statement_say_taken(statement);
    else
        fq_say_unclear(errand->channel, FQ_CALL_STATEMENT, errand->call.day, refusal,
                       errand->detail);
    statement->done(statement->asker, refusal, retry_after_ms);
    fq_errand_free(errand);
}

/* ---- one line ---- */

static void statement_go_on(struct statement *statement);
static void line_transact(struct line *line, uint32_t lookup, struct fq_str number,
                          int (*decide)(struct fq_tx *tx));

static void line_end(struct line *line)
{
    struct statement *statement = line->statement;
    fq_arena_free(line->arena);
    statement->n_open--;
    statement_go_on(statement);
}

static int line_decide(struct fq_tx *tx)
{
    struct line *line = tx->flow;
    return fq_word_decide(&line->word, tx);
}

/* Any amount, in the payment's money, of an order that was paid on this channel. */
static const char *line_refuse_found(const struct line *line, const struct fq_ledger *ledger,
                                     const struct fq_attempt *attempt)
{
    const struct fq_money *said = &line->said->amount;
    struct fq_money amount = ledger->payment.amount;
    amount.minor = said->minor;
    if (!fq_str_equal(ledger->payment.channel, line->word.channel->conf->name))
        return "the order belongs to another channel";
    if (attempt->state != FQ_ATTEMPT_WON)
        return "money went back that is not known to have come in";
    return fq_money_equal(*said, amount) ? NULL : "amount is not in the payment's money";
}

/* Somebody gave money back at the platform, not we. */
static int line_decide_found(struct fq_tx *tx)
{
    struct line *line = tx->flow;
    struct fq_attempt *attempt =
        tx->ledger != NULL ? fq_ledger_attempt_by_number(tx->ledger, line->said->order_number)
                           : NULL;
    line->word.refusal =
        attempt == NULL ? "no such order" : line_refuse_found(line, tx->ledger, attempt);
    if (line->word.refusal != NULL)
        return FQ_DECIDE_KEEP;
    const struct fq_refund found = { .attempt_n = attempt->n,
                                     .origin = FQ_ORIGIN_PLATFORM,
                                     .number = line->said->number,
                                     .amount_minor = line->said->amount.minor };
    struct fq_evidence evidence = fq_evidence_of(&line->word.answer, line->word.kind);
    int r = fq_move_book_refund(tx->ledger, &found, line->word.now_ms, &evidence);
    if (r == FQ_MOVE_E_NOT_NOW) {
        line->word.refusal = "it cannot be booked";
        return FQ_DECIDE_KEEP;
    }
    FQ_TRY(r);
    line->word.move = FQ_MOVE_REFUNDED;
    line->word.refund_n = tx->ledger->payment.n_refunds;
    return FQ_DECIDE_WRITE;
}

static void line_say_refused(const struct line *line)
{
    fq_log_always(
        LOG_ERR, FQ_MSG_STATEMENT_DIFFERS, "a line of the statement contradicts the ledger",
        FQ_LOG_STR("CHANNEL", line->word.channel->conf->name),
        FQ_LOG_STR("NUMBER", line->said->number),
        FQ_LOG_INT("AMOUNT_MINOR", line->said->amount.minor),
        FQ_LOG_TEXT("REASON", line->word.refusal), FQ_LOG_TEXT("FAULT", "theirs"),
        FQ_LOG_TEXT("NEXT", "nothing was changed; look both up in the platform's console"));
}

static void line_committed(struct fq_tx *tx)
{
    struct line *line = tx->flow;
    struct statement *statement = line->statement;
    if (tx->result < 0) {
        fq_say_fault_of(&(struct fq_fault){ .what = "settling a line of a statement",
                                            .trace = tx->trace,
                                            .result = tx->result,
                                            .channel = line->word.channel->conf->name,
                                            .number = line->said->number });
        statement->has_failed = true;
    } else if (tx->ledger == NULL && line->said->object == FQ_OBJECT_REFUND &&
               !line->is_found_refund && line->said->order_number.len > 0) {
        line->is_found_refund = true;
        line_transact(line, FQ_LOOKUP_ORDER_NUMBER, line->said->order_number, line_decide_found);
        return;
    } else if (tx->ledger == NULL) {
        statement->n_foreign++;
    } else if (line->word.refusal != NULL) {
        statement->n_refused++;
        line_say_refused(line);
    } else {
        statement->n_settled += line->word.move != FQ_MOVE_IGNORE;
        if (line->is_found_refund)
            fq_say_payment(LOG_WARNING, FQ_MSG_REFUND_FOUND,
                           "a refund was found that we did not send", tx->ledger);
        fq_after_settle(statement->errand->flow, tx->ledger, line->word.refund_n, line->word.move);
    }
    line_end(line);
}

static void line_transact(struct line *line, uint32_t lookup, struct fq_str number,
                          int (*decide)(struct fq_tx *tx))
{
    line->tx = (struct fq_tx){ .arena = line->arena,
                               .lookup = lookup,
                               .number = number,
                               .want_siblings = line->said->object == FQ_OBJECT_PAYMENT,
                               .decide = decide,
                               .done = line_committed,
                               .flow = line };
    fq_flow_transact(line->statement->errand->flow, &line->tx);
}

/* The line as if an answer had said it. */
static void line_start(struct statement *statement, const struct fq_statement_line *said)
{
    struct fq_errand *errand = statement->errand;
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct line *line = fq_arena_alloc(arena, sizeof(*line));
    bool is_refund = said->object == FQ_OBJECT_REFUND;
    fq_assert(line != NULL);
    line->statement = statement;
    line->arena = arena;
    line->said = said;
    line->word = (struct fq_word){
        .channel = errand->channel,
        .catalog = errand->catalog,
        .schedule = &errand->flow->conf.schedule,
        .kind = "statement",
        .answer = errand->answer,
        .policy_number = fq_flow_order_number(errand->flow, arena),
        .now_ms = fq_flow_now(errand->flow),
    };
    line->word.answer.verdict =
        (struct fq_verdict){ .struct_size = sizeof(struct fq_verdict),
                             .step = FQ_STEP_DONE,
                             .outcome = is_refund ? FQ_OUTCOME_REFUNDED : FQ_OUTCOME_PAID,
                             .object = said->object,
                             .number = said->number,
                             .order_number = said->order_number,
                             .amount = said->amount,
                             .platform_ref = said->platform_ref,
                             .instalments = said->instalments,
                             .proof = said->proof };
    line_transact(line, is_refund ? FQ_LOOKUP_REFUND_NUMBER : FQ_LOOKUP_ORDER_NUMBER, said->number,
                  line_decide);
}

/* ---- the file ---- */

static const struct fq_statement_line *statement_next(struct statement *statement)
{
    const struct fq_verdict *verdict = &statement->errand->answer.verdict;
    while (statement->n_seen < verdict->n_lines) {
        const struct fq_statement_line *line = verdict->lines[statement->n_seen++];
        if (line->object == statement->object)
            return line;
    }
    return NULL;
}

static void statement_settle(struct statement *statement, uint32_t object)
{
    const struct fq_statement_line *line = NULL;
    if (statement->object != object)
        statement->n_seen = 0;
    statement->object = object;
    while (statement->n_open < LINES_AT_ONCE && !statement->has_failed &&
           (line = statement_next(statement)) != NULL) {
        statement->n_open++;
        line_start(statement, line);
    }
}

static void statement_go_on(struct statement *statement)
{
    statement_settle(statement, statement->object);
    if (statement->n_open == 0 && statement->object == FQ_OBJECT_PAYMENT)
        statement_settle(statement, FQ_OBJECT_REFUND);
    if (statement->n_open == 0)
        statement_end(statement,
                      statement->has_failed ? "the store failed: the day is taken again" : NULL, 0);
}

static void statement_came(struct fq_errand *errand)
{
    struct statement *statement = errand->asker;
    const struct fq_verdict *verdict = &errand->answer.verdict;
    if (errand->refusal != NULL)
        statement_end(statement, errand->refusal, 0);
    else if (verdict->has_statement == 0)
        statement_end(statement, "it is not there yet", verdict->retry_after_ms);
    else
        statement_go_on(statement);
}

void fq_statement_take(struct fq_flow *flow, const struct fq_channel *channel, int64_t day,
                       void (*done)(void *asker, const char *refusal, int64_t retry_after_ms),
                       void *asker)
{
    struct fq_errand *errand = fq_errand_new(flow, channel, FQ_CALL_STATEMENT, STATEMENT_SIZE_MAX);
    struct statement *statement = fq_arena_alloc(errand->arena, sizeof(*statement));
    char text[9];
    fq_assert(statement != NULL);
    statement->errand = errand;
    statement->object = FQ_OBJECT_PAYMENT;
    statement->done = done;
    statement->asker = asker;
    fq_beijing_day_text(day, text);
    errand->call.day = fq_arena_copy(errand->arena, fq_str_of(text));
    errand->body_size_max = ANSWER_SIZE_MAX;
    errand->done = statement_came;
    errand->asker = statement;
    fq_errand_start(errand);
}
