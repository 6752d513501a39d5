/* SPDX-License-Identifier: Apache-2.0 */
/* Gives money back: as a refund, or on the settlement day of the payment as an undo; and asks what
 * became of either.
 *
 * Each is a transaction of its own, with its own number and txnTime. The request is sent once. Its
 * answer says at most that it was accepted, or finally that it was not; everything else is asked
 * about. "Already refunded" and "not now" may be the echo of something that went before, or be said
 * of one of two copies: they are noted, and fail the refund only when the platform still does not
 * know it after some minutes. */
#include "adapters/bankcard/bankcard.h"
#include "adapters/sdk/refusal.h"

/* ---- when to ask ---- */

#define REFUND_FIRST_MS INT64_C(1000)
#define REFUND_LAST_MS  (63 * REFUND_FIRST_MS)
#define REFUND_GONE_MS  INT64_C(300000) /* after a refusal: a copy would have come, and be shown */

/*= fact sheet 6.3: "query at 1, 2, 4, 8, 16, 32 s (max 6)", each after the one before; then the
 * daemon's own schedule. */
static int64_t refund_wait_ms(const struct fq_call *call)
{
    int64_t age_ms = call->now_unix_ms - call->refund_created_unix_ms;
    for (int64_t step_ms = REFUND_FIRST_MS, due_ms = step_ms; due_ms <= REFUND_LAST_MS;
         step_ms *= 2, due_ms += step_ms)
        if (age_ms >= 0 && age_ms < due_ms)
            return due_ms - age_ms;
    return 0;
}

/* ---- what is remembered of it ---- */

static int refund_remember(const struct bankcard_asked *asked, enum bankcard_kind kind,
                           struct fq_str refused, struct fq_verdict *ret)
{
    const struct fq_pair memory[] = {
        { fq_slice("kind"), kind == BANKCARD_UNDO ? fq_slice("undo") : fq_slice("refund") },
        { fq_slice("txn_time"), asked->txn_time },
        { fq_slice(FQ_REFUSAL_NAME), refused },
    };
    return fq_verdict_remember_all(asked->host, memory, BANKCARD_COUNT(memory), ret);
}

static struct bankcard_asked refund_of(const struct bankcard *self, const struct fq_host *host,
                                       const struct fq_call *call)
{
    return (struct bankcard_asked){ self, host, call, call->refund_number,
                                    fq_pairs_get(call->memory, "txn_time") };
}

/* ---- the request ---- */

/* The platform's number of the payment: of a verified answer to a query, or else of a notification.
 */
static struct fq_str refund_original(const struct fq_call *call)
{
    struct fq_str query_id = { NULL, 0 };
    if (FQ_HAS(call, attempt_memory))
        query_id = fq_pairs_get(call->attempt_memory, "query_id");
    return query_id.len > 0 ? query_id : call->platform_ref;
}

static const char *refund_refuse(const struct fq_call *call, enum bankcard_kind kind)
{
    const struct fq_money *paid = &call->amount;
    const struct fq_money *back = &call->refund_amount;
    const struct fq_check checks[] = {
        { call->refund_number.len < 8 || !fq_slice_is_word(call->refund_number, 32),
          "the refund's number is not 8 to 32 of [0-9A-Za-z]" },
        { back->minor <= 0 || back->minor > paid->minor, "no such amount can be refunded" },
        { kind == BANKCARD_UNDO && back->minor != paid->minor, "only all of it can be undone" },
        { refund_original(call).len == 0, "the queryId of the payment is not known" },
    };
    return fq_check_first(checks, BANKCARD_COUNT(checks));
}

/* The time is one of the refund's own, and part of its key: what was committed once is what is
 * asked about for ever, so a request that never left goes out under it, too. */
static int refund_begin(enum bankcard_kind kind, struct bankcard_asked asked,
                        struct fq_verdict *ret)
{
    const struct fq_call *call = asked.call;
    struct bankcard_request request;
    const char *refusal = refund_refuse(call, kind);
    if (refusal != NULL)
        return asked.host->fail(asked.host, refusal);
    if (bankcard_request_init(&request, asked.self, asked.host, kind) != 0)
        return -1;
    bankcard_request_add(&request, "channelType", asked.self->channel_type_desktop);
    bankcard_request_add(&request, "orderId", call->refund_number);
    bankcard_request_add(&request, "txnTime", asked.txn_time);
    bankcard_request_add(&request, "origQryId", refund_original(call));
    bankcard_request_add(&request, "backUrl", call->notify_url);
    if ((asked.txn_time.len == 0 &&
         bankcard_request_add_time(&request, "txnTime", call->now_unix_ms, &asked.txn_time) != 0) ||
        bankcard_request_add_money(&request, call->refund_amount) != 0 ||
        refund_remember(&asked, kind, fq_slice(""), ret) != 0)
        return -1;
    return bankcard_request_send(&request, asked.self->back_url, ret);
}

int bankcard_refund_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                          struct fq_verdict *ret)
{
    return refund_begin(BANKCARD_REFUND, refund_of(self, host, call), ret);
}

int bankcard_undo_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                        struct fq_verdict *ret)
{
    return refund_begin(BANKCARD_UNDO, refund_of(self, host, call), ret);
}

/* ---- its answer ---- */

static int refund_note(enum bankcard_kind kind, const struct bankcard_asked *asked,
                       struct fq_verdict *ret)
{
    struct fq_str note;
    if (!fq_refusal_write(asked->host, asked->call, ret->platform_code, &note))
        return asked->host->fail(asked->host, "no memory for the note of a refusal");
    return refund_remember(asked, kind, note, ret);
}

/*= fact sheet 4.6: "Sync respCode=00 = accepted only." The call's memory may still be that of
 * before begin; the txnTime is what the platform repeats of the one request that there was. */
static int refund_resume(enum bankcard_kind kind, struct bankcard_asked asked,
                         const struct fq_message *message, struct fq_verdict *ret)
{
    struct fq_pairs fields = { NULL, 0 };
    ret->object = FQ_OBJECT_REFUND;
    ret->retry_after_ms = refund_wait_ms(asked.call);
    if (!bankcard_read(&asked, message, ret, &fields))
        return 0;
    if (!bankcard_is_kind(fields, kind))
        return fq_verdict_unknown(ret, "the answer is about another kind of transaction");
    enum bankcard_class class = bankcard_classify(fq_pairs_get(fields, "respCode"));
    asked.txn_time = fq_pairs_get(fields, "txnTime");
    ret->number = fq_pairs_get(fields, "orderId");
    ret->proof = fq_slice_assign(asked.host, "respCode", ret->platform_code);
    if (class == BANKCARD_DONE)
        ret->outcome = FQ_OUTCOME_ACCEPTED;
    if (class == BANKCARD_FAILED)
        ret->outcome = FQ_OUTCOME_REFUND_FAILED;
    if (class == BANKCARD_TWICE || class == BANKCARD_ECHO || class == BANKCARD_LATER)
        fq_verdict_ask(ret, FQ_OBJECT_REFUND, ret->number);
    return class == BANKCARD_ECHO || class == BANKCARD_LATER ? refund_note(kind, &asked, ret) : 0;
}

int bankcard_refund_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                           const struct fq_message *message, struct fq_verdict *ret)
{
    return refund_resume(BANKCARD_REFUND, refund_of(self, host, call), message, ret);
}

int bankcard_undo_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                         const struct fq_message *message, struct fq_verdict *ret)
{
    return refund_resume(BANKCARD_UNDO, refund_of(self, host, call), message, ret);
}

/* ---- what became of it ---- */

/* Of a refund that was made elsewhere there is no txnTime, and without it no question. */
int bankcard_query_refund_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                                struct fq_verdict *ret)
{
    const struct bankcard_asked asked = refund_of(self, host, call);
    return bankcard_ask(&asked, ret);
}

/*= fact sheet 6.3: "A back request that timed out and queries 34: may be in flight." */
static void refund_absent(const struct bankcard_asked *asked, struct fq_verdict *ret)
{
    struct fq_str refusal;
    int64_t age_ms;
    ret->outcome = FQ_OUTCOME_NOT_FOUND;
    if (!fq_refusal_read(asked->call, &age_ms, &refusal))
        return;
    if (age_ms < REFUND_GONE_MS) {
        ret->outcome = FQ_OUTCOME_PENDING;
        return;
    }
    ret->outcome = FQ_OUTCOME_REFUND_FAILED;
    ret->number = asked->order_id;
    ret->platform_code = refusal;
    ret->platform_text = fq_slice("UnionPay refused the refund and knows no such refund");
    ret->proof = fq_slice_assign(asked->host, "respCode=34 after code", refusal);
}

static int refund_found(const struct bankcard_asked *asked, enum bankcard_class class,
                        struct fq_pairs fields, struct fq_verdict *ret)
{
    bool is_undo = fq_slice_equal(fq_pairs_get(asked->call->memory, "kind"), fq_slice("undo"));
    if (!bankcard_is_kind(fields, is_undo ? BANKCARD_UNDO : BANKCARD_REFUND))
        return fq_verdict_unknown(ret, "the answer is about another kind of transaction");
    if (!bankcard_money(fields, &ret->amount) &&
        (class == BANKCARD_DONE || fq_pairs_get(fields, "txnAmt").len > 0))
        return fq_verdict_unknown(ret, "the answer says no amount in CNY");
    ret->number = fq_pairs_get(fields, "orderId");
    ret->platform_ref = bankcard_query_id(fields);
    if (class == BANKCARD_DONE)
        ret->outcome = FQ_OUTCOME_REFUNDED;
    if (class == BANKCARD_FAILED || class == BANKCARD_ECHO)
        ret->outcome = FQ_OUTCOME_REFUND_FAILED;
    if (class == BANKCARD_WAITS)
        ret->outcome = FQ_OUTCOME_PENDING;
    return 0;
}

int bankcard_query_refund_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                                 const struct fq_message *message, struct fq_verdict *ret)
{
    const struct bankcard_asked asked = refund_of(self, host, call);
    struct fq_pairs fields = { NULL, 0 };
    ret->object = FQ_OBJECT_REFUND;
    ret->retry_after_ms = refund_wait_ms(call);
    enum bankcard_class class = bankcard_hear(&asked, message, ret, &fields);
    if (class == BANKCARD_UNPROVEN)
        return 0;
    if (class != BANKCARD_ABSENT)
        return refund_found(&asked, class, fields, ret);
    refund_absent(&asked, ret);
    return 0;
}
